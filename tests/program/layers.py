"""NumPy code of common layers and losses as people write it, each with an argument: what must be traced and certified."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import zeros as blank
from numpy.lib.stride_tricks import sliding_window_view

_rng = np.random.default_rng(0)
X, S = _rng.normal(size=(3, 4)), _rng.normal(size=(4, 4))
IMAGE, KERNEL = _rng.normal(size=(2, 2, 5, 4)), _rng.normal(size=(3, 2, 2, 3))
V = _rng.normal(size=5)
SPD = S @ S.T + 4 * np.eye(4)

LAYERS: dict[str, tuple[Callable[[Any], Any], Any]] = {}


def layer(example: Any) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Add a function to the list, with its argument."""

    def add(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        LAYERS[function.__name__] = (function, example)
        return function

    return add


@layer(IMAGE)
def convolution_by_loops(x: Any) -> Any:
    n, _, height, width = x.shape
    features, _, kh, kw = KERNEL.shape
    out = np.zeros((n, features, height - kh + 1, width - kw + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            patch = x[:, :, i : i + kh, j : j + kw]
            out[:, :, i, j] = np.tensordot(patch, KERNEL, axes=([1, 2, 3], [1, 2, 3]))
    return out


@layer(IMAGE)
def convolution_by_columns(x: Any) -> Any:
    _, channels, height, width = x.shape
    kh, kw = 2, 3
    i = np.tile(np.repeat(np.arange(kh), kw), channels)[:, None] + np.repeat(np.arange(height - kh + 1), width - kw + 1)
    j = np.tile(np.arange(kw), kh * channels)[:, None] + np.tile(np.arange(width - kw + 1), height - kh + 1)
    k = np.repeat(np.arange(channels), kh * kw)[:, None]
    columns = x[:, k, i, j].transpose(1, 2, 0).reshape(kh * kw * channels, -1)
    return KERNEL.reshape(3, -1) @ columns


@layer(X)
def convolution_by_windows(x: Any) -> Any:
    return np.einsum("ijkl,kl->ij", sliding_window_view(x, (2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]))


@layer(IMAGE)
def max_pooling(x: Any) -> Any:
    n, channels, _, _ = x.shape
    return x[:, :, :4, :4].reshape(n, channels, 2, 2, 2, 2).max(axis=(3, 5))


@layer(IMAGE)
def max_pooling_by_loops(x: Any) -> Any:
    out = np.empty((2, 2, 4, 3))
    for i in range(4):
        for j in range(3):
            out[:, :, i, j] = np.max(x[:, :, i : i + 2, j : j + 2], axis=(2, 3))
    return out


@layer(X)
def batch_norm(x: Any) -> Any:
    return (x - x.mean(0)) / np.sqrt(x.var(axis=0) + 1e-5) * np.array([1.0, 2.0, 3.0, 4.0]) + 1


@layer(X)
def attention(x: Any) -> Any:
    q, k = x @ S, x @ S.T
    scores = q @ k.T / np.sqrt(q.shape[-1])
    scores[np.triu_indices(3, 1)] = -1e9
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ x


@layer(X)
def recurrent(x: Any) -> Any:
    states, h = [], np.zeros(4)
    for row in x:
        h = np.tanh(S @ h + row)
        states.append(h)
    return np.array(states)


@layer(X)
def lstm(x: Any) -> Any:
    h, c = np.zeros((4,)), blank(4)
    for t in range(len(x)):
        gate = x[t] @ S + h @ S.T
        i, f = 1 / (1 + np.exp(-gate)), 1 / (1 + np.exp(-2 * gate))
        c = f * c + i * np.tanh(gate)
        h = i * np.tanh(c)
    return h


@layer(X)
def cross_entropy(x: Any) -> Any:
    shifted = x - x.max(1, keepdims=True)
    logarithms = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return float(-logarithms[np.arange(3), [0, 2, 3]].mean())


@layer(X)
def embedding(x: Any) -> Any:
    return x[np.array([[0, 1], [2, 2]])].sum(1) + np.eye(3)[[0, 2]] @ x


@layer(V)
def scattered(x: Any) -> Any:
    out = np.zeros(3)
    np.add.at(out, [0, 1, 1, 2, 0], x)
    return out + np.bincount([0, 1, 1, 2, 0], weights=x)


@layer(V)
def masked(x: Any) -> Any:
    keep = np.ones(5, dtype=bool)
    keep[2] = False
    out = np.zeros(5)
    out[keep] = x[keep] ** 2
    return out


@layer(V)
def counted_in_an_array(x: Any) -> Any:
    order = np.zeros(5, dtype=int)
    for i in range(5):
        order[i] = (3 * i) % 5
    return x[order] * np.arange(5)


@layer(V)
def by_math(x: Any) -> Any:
    return np.array([math.exp(x[0]) * math.pi, math.sqrt(math.fabs(x[1])), math.tanh(float(x[2]))])


@layer(V)
def chosen(x: Any) -> Any:
    return np.choose(np.array([0, 1, 2, 0, 1]), [x, 2 * x, x**2])


@layer(SPD)
def gaussian_likelihood(x: Any) -> Any:
    y = np.arange(4.0)
    return -0.5 * (y @ np.linalg.solve(x, y) + np.linalg.slogdet(x)[1])


@layer(SPD)
def cholesky(x: Any) -> Any:
    return np.linalg.inv(np.linalg.cholesky(x)) @ np.ones(4) * np.linalg.det(x)


@layer(X)
def padded(x: Any) -> Any:
    return np.pad(x, ((1, 1), (2, 0))).sum() + np.pad(x, 1, mode="reflect") * 2


@layer(V)
def interpolated(x: Any) -> Any:
    places, values = [-1.0, -0.25, 0.5, 2.0], np.array([1.0, 3.0, 2.0, 5.0])
    return np.interp(x, places, values) + np.interp([0.1, 0.7], places, x[:4]).sum()
