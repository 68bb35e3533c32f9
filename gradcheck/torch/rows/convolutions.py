"""Convolutions (cross-correlations, as torch means them) and their backward passes, in any number of dimensions.

Their derivatives are those of a map that is linear in the input and in the weight: JAX transposes it.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from gradcheck.torch.rows import Row


def convolution(
    x: Any,
    weight: Any,
    bias: Any,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,
    output_padding: list[int],
    groups: int,
    *_: Any,
) -> Any:
    """out[n, o, p] = Σ_{c, k} weight[o, c, k] · x[n, c, stride · p + dilation · k − padding] + bias[o], within groups.

    A transposed one is the adjoint of that in x, with its weight as [c, o, k].
    """
    n = x.ndim - 2
    stride, padding, dilation, output_padding = (
        list(values) * (n if len(values) == 1 else 1) for values in (stride, padding, dilation, output_padding)
    )
    if transposed:
        reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        sides = [(r - p, r - p + extra) for r, p, extra in zip(reach, padding, output_padding, strict=True)]
        strides, spread = [1] * n, stride
        weight = _adjoint(weight, groups)
    else:
        sides = [(p, p) for p in padding]
        strides, spread = stride, [1] * n
    out = lax.conv_general_dilated(
        x, weight, strides, sides, lhs_dilation=spread, rhs_dilation=dilation, feature_group_count=groups
    )
    return out if bias is None else out + bias.reshape((1, -1) + (1,) * n)


def _adjoint(weight: Any, groups: int) -> Any:
    """A weight [c, o / groups, k] as [o, c / groups, −k]."""
    c, o, *kernel = weight.shape
    split = weight.reshape((groups, c // groups, o, *kernel))
    joined = jnp.swapaxes(split, 1, 2).reshape((groups * o, c // groups, *kernel))
    return jnp.flip(joined, tuple(range(2, joined.ndim)))


def convolution_backward(
    g: Any,
    x: Any,
    weight: Any,
    bias_sizes: Any,
    stride: list[int],
    padding: list[int],
    dilation: list[int],
    transposed: bool,
    output_padding: list[int],
    groups: int,
    wanted: list[bool],
) -> tuple[Any, Any, Any]:
    """Gradients of the input, the weight and the bias."""
    settings = (None, stride, padding, dilation, transposed, output_padding, groups)
    dx = dw = db = None
    if wanted[0]:
        (dx,) = jax.vjp(lambda value: convolution(value, weight, *settings), x)[1](g)
    if wanted[1]:
        (dw,) = jax.vjp(lambda value: convolution(x, value, *settings), weight)[1](g)
    if wanted[2]:
        db = jnp.sum(g, axis=(0, *range(2, g.ndim)))
    return dx, dw, db


ROWS: dict[str, Row] = {
    "convolution": convolution,
    "convolution_backward": convolution_backward,
}
