"""Attention and what belongs to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem
from verdict_cases.normalisations import softmax

Args = tuple[Any, ...]

CAUSAL = np.triu(np.full((3, 3), True), 1)


def softmax_back(g: Array, p: Array) -> Array:
    return p * (g - np.sum(g * p, axis=-1, keepdims=True))


def attention(q: Array, k: Array, v: Array) -> Array:
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def attention_vjp(
    g: Array, q: Array, k: Array, v: Array, *, scaled: bool = True, diagonal: bool = False, swap: bool = False
) -> Args:
    scale = 1 / np.sqrt(q.shape[1])
    p = softmax(q @ k.T * scale)
    dp = g @ v.T
    ds = (dp * p * (1 - p) if diagonal else softmax_back(dp, p)) * (scale if scaled else 1.0)
    if swap:
        return ds.T @ k, ds @ q, p.T @ g
    return ds @ k, ds.T @ q, p.T @ g


def attention_v_transposed(g: Array, q: Array, k: Array, v: Array) -> Args:
    dq, dk, _ = attention_vjp(g, q, k, v)
    return dq, dk, softmax(q @ k.T / np.sqrt(q.shape[1])) @ g


def causal_attention(q: Array, k: Array, v: Array) -> Array:
    scores = np.where(CAUSAL, -1e9, q @ k.T / np.sqrt(q.shape[1]))
    return softmax(scores) @ v


def causal_attention_vjp(g: Array, q: Array, k: Array, v: Array, *, masked: bool = True) -> Args:
    scores = q @ k.T / np.sqrt(q.shape[1])
    p = softmax(np.where(CAUSAL, -1e9, scores) if masked else scores)
    ds = softmax_back(g @ v.T, p) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ g


def projected(params: dict[str, Array], x: Array) -> Array:
    """Self-attention with its three projections."""
    q, k, v = x @ params["wq"], x @ params["wk"], x @ params["wv"]
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def projected_vjp(g: Array, params: dict[str, Array], x: Array, *, values: bool = True) -> Args:
    wq, wk, wv = params["wq"], params["wk"], params["wv"]
    dq, dk, dv = attention_vjp(g, x @ wq, x @ wk, x @ wv)
    dx = dq @ wq.T + dk @ wk.T
    if values:
        dx = dx + dv @ wv.T
    return {"wq": x.T @ dq, "wk": x.T @ dk, "wv": x.T @ dv}, dx


def rotary(x: Array) -> Array:
    """Rotary positions for pairs of channels."""
    half = x.shape[1] // 2
    phase = np.arange(len(x))[:, None] / 10.0 ** np.arange(half)
    a, b = x[:, :half], x[:, half:]
    return np.concatenate([a * np.cos(phase) - b * np.sin(phase), a * np.sin(phase) + b * np.cos(phase)], axis=1)


def rotary_vjp(g: Array, x: Array, *, back: bool = True) -> Array:
    half = x.shape[1] // 2
    phase = np.arange(len(x))[:, None] / 10.0 ** np.arange(half) * (1 if back else -1)
    a, b = g[:, :half], g[:, half:]
    return np.concatenate([a * np.cos(phase) + b * np.sin(phase), b * np.cos(phase) - a * np.sin(phase)], axis=1)


def two_heads(q: Array, k: Array, v: Array) -> Array:
    """Two heads side by side, by einsum."""
    qh, kh, vh = (np.reshape(t, (t.shape[0], 2, -1)) for t in (q, k, v))
    p = softmax(np.einsum("ihd,jhd->hij", qh, kh))
    return np.einsum("hij,jhd->ihd", p, vh).reshape(q.shape)


def two_heads_vjp(g: Array, q: Array, k: Array, v: Array, *, mixed: bool = False) -> Args:
    qh, kh, vh, gh = (np.reshape(t, (t.shape[0], 2, -1)) for t in (q, k, v, g))
    p = softmax(np.einsum("ihd,jhd->hij", qh, kh))
    ds = softmax_back(np.einsum("ihd,jhd->hij", gh, vh), p)
    dq = np.einsum("hij,jhd->ihd", ds, kh)
    dk = np.einsum("hij,ihd->jhd", ds, qh)
    dv = np.einsum("hij,ihd->jhd", p[::-1] if mixed else p, gh)
    return dq.reshape(q.shape), dk.reshape(k.shape), dv.reshape(v.shape)


def cases() -> list[Case]:
    """All of this family."""
    family = "attention"
    triple = (numbers(80, 3, 2), numbers(81, 3, 2), numbers(82, 3, 2))
    params = {name: numbers(seed, 2, 2) for name, seed in (("wq", 83), ("wk", 84), ("wv", 85))}
    heads = (numbers(86, 2, 4), numbers(87, 2, 4), numbers(88, 2, 4))
    return [
        *problem(
            family,
            "attention",
            attention,
            triple,
            right=attention_vjp,
            wrong={
                "scale lost": lambda g, q, k, v: attention_vjp(g, q, k, v, scaled=False),
                "softmax by its diagonal": lambda g, q, k, v: attention_vjp(g, q, k, v, diagonal=True),
                "scores transposed": lambda g, q, k, v: attention_vjp(g, q, k, v, swap=True),
                "weights not transposed": attention_v_transposed,
            },
        ),
        *problem(
            family,
            "causal attention",
            causal_attention,
            triple,
            right=causal_attention_vjp,
            wrong={"mask lost": lambda g, q, k, v: causal_attention_vjp(g, q, k, v, masked=False)},
        ),
        *problem(
            family,
            "self-attention with projections",
            projected,
            (params, numbers(89, 3, 2)),
            right=projected_vjp,
            wrong={"path through the values lost": lambda g, params, x: projected_vjp(g, params, x, values=False)},
        ),
        *problem(
            family,
            "rotary positions",
            rotary,
            (numbers(90, 3, 4),),
            right=rotary_vjp,
            wrong={"rotated forwards": lambda g, x: rotary_vjp(g, x, back=False)},
        ),
        *problem(
            family,
            "two heads",
            two_heads,
            heads,
            right=two_heads_vjp,
            wrong={"heads mixed up": lambda g, q, k, v: two_heads_vjp(g, q, k, v, mixed=True)},
        ),
    ]
