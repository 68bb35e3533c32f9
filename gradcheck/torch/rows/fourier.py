"""Fourier transforms. The normalisation is 0 for none, 1 for division by √n, 2 for division by n."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from gradcheck.torch.rows import Row


def _scale(sizes: list[int], normalization: int) -> float:
    n = math.prod(sizes)
    return {0: 1.0, 1: 1 / math.sqrt(n), 2: 1 / n}[normalization]


def _transform(x: Any, dims: list[int], forward: bool) -> Any:
    """Σ_k x_k exp(∓ 2πi j k / n) along each axis, without normalisation."""
    sizes = math.prod(x.shape[axis] for axis in dims)
    return jnp.fft.fftn(x, axes=tuple(dims)) if forward else jnp.fft.ifftn(x, axes=tuple(dims)) * sizes


def complex_to_complex(x: Any, dims: list[int], normalization: int, forward: bool) -> Any:
    """The transform of complex numbers, or its adjoint."""
    return _transform(x, dims, forward) * _scale([x.shape[axis] for axis in dims], normalization)


def real_to_complex(x: Any, dims: list[int], normalization: int, onesided: bool) -> Any:
    """The transform of real numbers, without the half of the last axis that is the conjugate of the other."""
    out = _transform(x.astype(jnp.result_type(x.dtype, jnp.complex64)), dims, True)
    last = dims[-1] % x.ndim
    if onesided:
        out = out[(slice(None),) * last + (slice(0, x.shape[last] // 2 + 1),)]
    return out * _scale([x.shape[axis] for axis in dims], normalization)


def complex_to_real(x: Any, dims: list[int], normalization: int, length: int) -> Any:
    """The inverse transform of what has half of its last axis left out."""
    *others, last = dims
    x = _transform(x, others, False) if others else x
    out = jnp.fft.irfft(x, n=length, axis=last) * length
    return out * _scale([x.shape[axis] for axis in others] + [length], normalization)


ROWS: dict[str, Row] = {
    "_fft_c2c": complex_to_complex,
    "_fft_r2c": real_to_complex,
    "_fft_c2r": complex_to_real,
}
