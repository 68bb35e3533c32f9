"""Attention, which torch computes as one operation on a CPU, with its backward pass."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradcheck.torch.rows import Row


def _scores(q: Any, k: Any, is_causal: bool, attn_mask: Any, scale: float | None) -> Any:
    """scale · Q K^T, plus the mask; −∞ above the diagonal of a causal one."""
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = jnp.einsum("...ld,...sd->...ls", q, k) * factor
    if is_causal:
        scores = jnp.where(np.tril(np.ones(scores.shape[-2:], dtype=bool)), scores, -jnp.inf)
    if attn_mask is not None:
        scores = scores + attn_mask
    return scores


def attention(
    q: Any,
    k: Any,
    v: Any,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    attn_mask: Any = None,
    scale: float | None = None,
) -> tuple[Any, Any]:
    """softmax(S) V and log Σ exp(S) of the scores S."""
    scores = _scores(q, k, is_causal, attn_mask, scale)
    return jnp.einsum("...ls,...sd->...ld", jax.nn.softmax(scores, axis=-1), v), jax.nn.logsumexp(scores, axis=-1)


def attention_backward(
    g: Any,
    q: Any,
    k: Any,
    v: Any,
    out: Any,
    logsumexp: Any,
    dropout_p: float,
    is_causal: bool,
    *,
    attn_mask: Any = None,
    scale: float | None = None,
) -> tuple[Any, Any, Any]:
    """With P = exp(S − logsumexp): dV = P^T g, dS = P ⊙ (g V^T − Σ g ⊙ out), dQ = scale · dS K, dK = scale · dS^T Q."""
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    p = jnp.exp(_scores(q, k, is_causal, attn_mask, scale) - logsumexp[..., None])
    ds = p * (jnp.einsum("...ld,...sd->...ls", g, v) - jnp.sum(g * out, axis=-1, keepdims=True))
    return (
        factor * jnp.einsum("...ls,...sd->...ld", ds, k),
        factor * jnp.einsum("...ls,...ld->...sd", ds, q),
        jnp.einsum("...ls,...ld->...sd", p, g),
    )


ROWS: dict[str, Row] = {
    "_scaled_dot_product_flash_attention_for_cpu": attention,
    "_scaled_dot_product_flash_attention_for_cpu_backward": attention_backward,
}
