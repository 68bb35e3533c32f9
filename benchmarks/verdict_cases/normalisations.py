"""Softmax and the layers that normalise."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]

EPS = 1e-5


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_vjp(g: Array, x: Array) -> Array:
    p = softmax(x)
    return p * (g - np.sum(g * p, axis=-1, keepdims=True))


def softmax_diagonal(g: Array, x: Array) -> Array:
    p = softmax(x)
    return g * p * (1 - p)


def softmax_sum_over_batch(g: Array, x: Array) -> Array:
    p = softmax(x)
    return p * (g - np.sum(g * p))


def softmax_sum_of_g(g: Array, x: Array) -> Array:
    p = softmax(x)
    return p * (g - p * np.sum(g, axis=-1, keepdims=True))


def log_softmax(x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def layer_norm(x: Array, gamma: Array, beta: Array) -> Array:
    mu = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    return gamma * (x - mu) / np.sqrt(var + EPS) + beta


def layer_norm_vjp(
    g: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    *,
    mean_term: bool = True,
    variance_term: bool = True,
    eps: float = EPS,
    scaled: bool = True,
) -> Args:
    sd = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    z = (x - x.mean(axis=-1, keepdims=True)) / sd
    h = g * gamma if scaled else g
    dx = h
    if mean_term:
        dx = dx - h.mean(axis=-1, keepdims=True)
    if variance_term:
        dx = dx - z * (h * z).mean(axis=-1, keepdims=True)
    rows = tuple(range(x.ndim - 1))
    return dx / sd, np.sum(g * z, axis=rows), np.sum(g, axis=rows)


def batch_norm(x: Array, gamma: Array, beta: Array) -> Array:
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + EPS) + beta


def batch_norm_vjp(g: Array, x: Array, gamma: Array, beta: Array, *, fixed: bool = False, n: int | None = None) -> Args:
    sd = np.sqrt(x.var(axis=0) + EPS)
    z = (x - x.mean(axis=0)) / sd
    n = len(x) if n is None else n
    dx = gamma / sd * g if fixed else gamma / sd * (g - g.sum(axis=0) / n - z * np.sum(g * z, axis=0) / n)
    return dx, np.sum(g * z, axis=0), np.sum(g, axis=0)


def batch_norm_gamma_mean(g: Array, x: Array, gamma: Array, beta: Array) -> Args:
    dx, dgamma, dbeta = batch_norm_vjp(g, x, gamma, beta)
    return dx, dgamma / len(x), dbeta


def rms_norm(x: Array, w: Array) -> Array:
    return w * x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + EPS)


def rms_norm_vjp(g: Array, x: Array, w: Array, *, power: int = 3) -> Args:
    r = np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + EPS)
    h = g * w
    return h / r - x * np.mean(h * x, axis=-1, keepdims=True) / r**power, np.sum(g * x / r, axis=0)


def unit(x: Array) -> Array:
    return x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True))


def unit_vjp(g: Array, x: Array, *, project: bool = True) -> Array:
    n = np.sqrt(np.sum(x**2, axis=-1, keepdims=True))
    y = x / n
    return (g - y * np.sum(g * y, axis=-1, keepdims=True)) / n if project else g / n


def group_norm(x: Array) -> Array:
    """Channels in two groups; no scale."""
    n, c = x.shape
    y = x.reshape(n, 2, c // 2)
    y = (y - y.mean(axis=2, keepdims=True)) / np.sqrt(y.var(axis=2, keepdims=True) + EPS)
    return y.reshape(n, c)


def group_norm_vjp(g: Array, x: Array, *, groups: int = 2) -> Array:
    n, c = x.shape
    y, h = x.reshape(n, groups, c // groups), g.reshape(n, groups, c // groups)
    sd = np.sqrt(y.var(axis=2, keepdims=True) + EPS)
    z = (y - y.mean(axis=2, keepdims=True)) / sd
    dx = (h - h.mean(axis=2, keepdims=True) - z * (h * z).mean(axis=2, keepdims=True)) / sd
    return dx.reshape(n, c)


def temperature(x: Array, t: Array) -> Array:
    return softmax(x / t)


def temperature_vjp(g: Array, x: Array, t: Array, *, square: bool = True) -> Args:
    dz = softmax_vjp(g, x / t)
    return dz / t, -np.sum(dz * x) / (t**2 if square else t)


def cases() -> list[Case]:
    """All of this family."""
    family = "normalisations"
    x, gamma, beta = numbers(60, 3, 4), numbers(61, 4, low=0.5, high=1.5), numbers(62, 4)
    return [
        *problem(
            family,
            "softmax",
            softmax,
            (numbers(63, 2, 3),),
            right=softmax_vjp,
            wrong={
                "diagonal only": softmax_diagonal,
                "sum over the batch as well": softmax_sum_over_batch,
                "sum of g without p": softmax_sum_of_g,
            },
        ),
        *problem(
            family,
            "softmax, one row",
            softmax,
            (numbers(63, 1, 3),),
            right=softmax_vjp,
        ),
        *problem(family, "softmax saturated", softmax, (np.array([[30.0, -30.0, 0.0]]),), right=softmax_vjp),
        *problem(
            family,
            "log-softmax",
            log_softmax,
            (numbers(64, 2, 3),),
            right=lambda g, x: g - softmax(x) * g.sum(axis=-1, keepdims=True),
            wrong={"cotangent of ones taken for granted": lambda g, x: g - softmax(x) * x.shape[-1]},
        ),
        *problem(
            family,
            "layer norm",
            layer_norm,
            (x, gamma, beta),
            right=layer_norm_vjp,
            wrong={
                "mean taken as fixed": lambda g, x, gamma, beta: layer_norm_vjp(g, x, gamma, beta, mean_term=False),
                "variance taken as fixed": lambda g, x, gamma, beta: layer_norm_vjp(
                    g, x, gamma, beta, variance_term=False
                ),
                "gamma lost": lambda g, x, gamma, beta: layer_norm_vjp(g, x, gamma, beta, scaled=False),
                "eps 1e-6 for 1e-5": lambda g, x, gamma, beta: layer_norm_vjp(g, x, gamma, beta, eps=1e-6),
            },
        ),
        *problem(
            family,
            "batch norm",
            batch_norm,
            (numbers(65, 4, 2), numbers(66, 2, low=0.5, high=1.5), numbers(67, 2)),
            right=batch_norm_vjp,
            wrong={
                "statistics taken as fixed": lambda g, x, gamma, beta: batch_norm_vjp(g, x, gamma, beta, fixed=True),
                "n - 1 for n": lambda g, x, gamma, beta: batch_norm_vjp(g, x, gamma, beta, n=len(x) - 1),
                "mean for sum in gamma": batch_norm_gamma_mean,
            },
        ),
        *problem(
            family,
            "RMS norm",
            rms_norm,
            (numbers(68, 2, 3), numbers(69, 3)),
            right=rms_norm_vjp,
            wrong={"r² for r³": lambda g, x, w: rms_norm_vjp(g, x, w, power=2)},
        ),
        *problem(
            family,
            "unit vectors",
            unit,
            (numbers(70, 2, 3),),
            right=unit_vjp,
            wrong={"norm taken as fixed": lambda g, x: unit_vjp(g, x, project=False)},
        ),
        *problem(
            family,
            "group norm",
            group_norm,
            (numbers(71, 2, 6),),
            right=group_norm_vjp,
            wrong={"three groups for two": lambda g, x: group_norm_vjp(g, x, groups=3)},
        ),
        *problem(
            family,
            "softmax with temperature",
            temperature,
            (numbers(72, 3), np.array(0.7)),
            right=temperature_vjp,
            wrong={"t for t²": lambda g, x, t: temperature_vjp(g, x, t, square=False)},
            domain={"t": (0.1, 10)},
        ),
    ]
