"""Convolutions and pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]


def conv1d(x: Array, w: Array) -> Array:
    n = x.size - w.size + 1
    return np.array([np.sum(x[i : i + w.size] * w) for i in range(n)])


def conv1d_vjp(g: Array, x: Array, w: Array, *, flip: bool = True, shift: int = 0) -> Args:
    k = w.size
    padded = np.concatenate([np.zeros(k - 1), g, np.zeros(k - 1)])
    kernel = w[::-1] if flip else w
    dx = np.array([np.sum(padded[i : i + k] * kernel) for i in range(x.size)])
    dw = np.array([np.sum(g * x[j : j + g.size]) for j in range(k)])
    return np.roll(dx, shift), dw


def im2col(x: Array, kh: int, kw: int, stride: int = 1) -> Array:
    _, h, w = x.shape
    rows = [
        x[:, i : i + kh, j : j + kw].reshape(-1)
        for i in range(0, h - kh + 1, stride)
        for j in range(0, w - kw + 1, stride)
    ]
    return np.stack(rows)


def col2im(cols: Array, shape: tuple[int, ...], kh: int, kw: int, stride: int = 1, *, add: bool = True) -> Array:
    channels, h, w = shape
    x = np.zeros(shape)
    places = [(i, j) for i in range(0, h - kh + 1, stride) for j in range(0, w - kw + 1, stride)]
    for row, (i, j) in enumerate(places):
        block = cols[row].reshape(channels, kh, kw)
        if add:
            x[:, i : i + kh, j : j + kw] += block
        else:
            x[:, i : i + kh, j : j + kw] = block
    return x


def conv2d(x: Array, w: Array, b: Array) -> Array:
    """Channels first, no padding: (c, h, w) with (o, c, kh, kw) gives (o, h', w')."""
    o, _, kh, kw = w.shape
    out = im2col(x, kh, kw) @ w.reshape(o, -1).T + b
    return out.T.reshape(o, x.shape[1] - kh + 1, x.shape[2] - kw + 1)


def conv2d_vjp(
    g: Array, x: Array, w: Array, b: Array, *, add: bool = True, transpose: bool = True, bias: Any = np.sum
) -> Args:
    o, _, kh, kw = w.shape
    g2 = g.reshape(o, -1).T if transpose else g.reshape(-1, o)
    dw = (g2.T @ im2col(x, kh, kw)).reshape(w.shape)
    dx = col2im(g2 @ w.reshape(o, -1), x.shape, kh, kw, add=add)
    return dx, dw, bias(g, axis=(1, 2))


def strided(x: Array, w: Array) -> Array:
    """Every second place, one channel."""
    cols = im2col(x[None], w.shape[0], w.shape[1], stride=2)
    return cols @ w.reshape(-1)


def strided_vjp(g: Array, x: Array, w: Array, *, stride: int = 2) -> Args:
    kh, kw = w.shape
    dx = np.zeros_like(x)
    place = 0
    for i in range(0, x.shape[0] - kh + 1, 2):
        for j in range(0, x.shape[1] - kw + 1, 2):
            a, b = (i, j) if stride == 2 else (i // 2, j // 2)
            dx[a : a + kh, b : b + kw] += g[place] * w
            place += 1
    return dx, (g @ im2col(x[None], kh, kw, stride=2)).reshape(w.shape)


def same_padding(x: Array, w: Array) -> Array:
    """3 taps, zeros beyond the ends."""
    p = np.pad(x, 1)
    return w[0] * p[:-2] + w[1] * p[1:-1] + w[2] * p[2:]


def same_padding_vjp(g: Array, x: Array, w: Array, *, wrap: bool = False) -> Args:
    if wrap:
        dx = w[0] * np.roll(g, -1) + w[1] * g + w[2] * np.roll(g, 1)
    else:
        q = np.pad(g, 1)
        dx = w[0] * q[2:] + w[1] * q[1:-1] + w[2] * q[:-2]
    p = np.pad(x, 1)
    return dx, np.stack([np.sum(g * p[:-2]), np.sum(g * p[1:-1]), np.sum(g * p[2:])])


def max_pool(x: Array) -> Array:
    """Windows of 2 by 2."""
    h, w = x.shape
    return x.reshape(h // 2, 2, w // 2, 2).max(axis=(1, 3))


def max_pool_vjp(g: Array, x: Array) -> Array:
    """To the first of the largest."""
    h, w = x.shape
    blocks = x.reshape(h // 2, 2, w // 2, 2).transpose(0, 2, 1, 3).reshape(h // 2, w // 2, 4)
    hit = np.arange(4) == np.argmax(blocks, axis=2)[..., None]
    back = np.where(hit, g[..., None], 0.0).reshape(h // 2, w // 2, 2, 2)
    return back.transpose(0, 2, 1, 3).reshape(h, w)


def max_pool_every_tie(g: Array, x: Array) -> Array:
    top = np.repeat(np.repeat(max_pool(x), 2, axis=0), 2, axis=1)
    return np.where(x == top, np.repeat(np.repeat(g, 2, axis=0), 2, axis=1), 0.0)


def mean_pool(x: Array) -> Array:
    h, w = x.shape
    return x.reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3))


def depthwise(x: Array, w: Array) -> Array:
    """Each channel with taps of its own: (c, n) with (c, k)."""
    k = w.shape[1]
    windows = np.stack([x[:, j : x.shape[1] - k + 1 + j] for j in range(k)], axis=2)
    return np.einsum("cnk,ck->cn", windows, w)


def depthwise_vjp(g: Array, x: Array, w: Array, *, shared: bool = False) -> Args:
    k, n = w.shape[1], g.shape[1]
    taps = np.broadcast_to(w.mean(axis=0), w.shape) if shared else w
    dx = np.zeros_like(x)
    for j in range(k):
        dx[:, j : j + n] += g * taps[:, j : j + 1]
    return dx, np.stack([np.sum(g * x[:, j : j + n], axis=1) for j in range(k)], axis=1)


def upsampled(x: Array) -> Array:
    return np.repeat(x, 3)


def cases() -> list[Case]:
    """All of this family."""
    family = "convolution"
    image, kernel, bias = numbers(100, 2, 3, 3), numbers(101, 2, 2, 2, 2), numbers(102, 2)
    return [
        *problem(
            family,
            "1-d convolution",
            conv1d,
            (numbers(103, 6), numbers(104, 3)),
            right=conv1d_vjp,
            wrong={
                "kernel not flipped": lambda g, x, w: conv1d_vjp(g, x, w, flip=False),
                "off by one": lambda g, x, w: conv1d_vjp(g, x, w, shift=1),
            },
        ),
        *problem(
            family,
            "1-d convolution, symmetric kernel",
            conv1d,
            (numbers(103, 6), np.array([0.25, 0.5, 0.25])),
            wrong={"kernel not flipped": lambda g, x, w: conv1d_vjp(g, x, w, flip=False)},
        ),
        *problem(
            family,
            "2-d convolution by im2col",
            conv2d,
            (image, kernel, bias),
            right=conv2d_vjp,
            wrong={
                "overlaps overwritten": lambda g, x, w, b: conv2d_vjp(g, x, w, b, add=False),
                "reshaped without transposing": lambda g, x, w, b: conv2d_vjp(g, x, w, b, transpose=False),
                "mean for sum in the bias": lambda g, x, w, b: conv2d_vjp(g, x, w, b, bias=np.mean),
            },
        ),
        *problem(
            family,
            "strided convolution",
            strided,
            (numbers(105, 5, 5), numbers(106, 3, 3)),
            right=strided_vjp,
            wrong={"stride forgotten": lambda g, x, w: strided_vjp(g, x, w, stride=1)},
        ),
        *problem(
            family,
            "padded convolution",
            same_padding,
            (numbers(107, 5), numbers(108, 3)),
            right=same_padding_vjp,
            wrong={"wraps around": lambda g, x, w: same_padding_vjp(g, x, w, wrap=True)},
        ),
        *problem(
            family,
            "padded convolution, quiet borders",
            same_padding,
            (np.array([0.0, 1.2, -0.7, 0.4, 0.0]), np.array([0.0, 0.5, 0.0])),
            wrong={"wraps around": lambda g, x, w: same_padding_vjp(g, x, w, wrap=True)},
        ),
        *problem(
            family,
            "max pooling",
            max_pool,
            (numbers(109, 4, 4),),
            right=max_pool_vjp,
            wrong={"whole to every tie": max_pool_every_tie},
        ),
        *problem(
            family,
            "max pooling with ties",
            max_pool,
            (np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 2.0]]),),
            right=max_pool_vjp,
            wrong={"whole to every tie": max_pool_every_tie},
        ),
        *problem(
            family,
            "mean pooling",
            mean_pool,
            (numbers(110, 4, 2),),
            right=lambda g, x: np.repeat(np.repeat(g, 2, axis=0), 2, axis=1) / 4,
            wrong={
                "1/4 lost": lambda g, x: np.repeat(np.repeat(g, 2, axis=0), 2, axis=1),
                "tiled for repeated": lambda g, x: np.tile(g, (2, 2)) / 4,
            },
        ),
        *problem(
            family,
            "depthwise convolution",
            depthwise,
            (numbers(111, 2, 4), numbers(112, 2, 2)),
            right=depthwise_vjp,
            wrong={"kernels averaged": lambda g, x, w: depthwise_vjp(g, x, w, shared=True)},
        ),
        *problem(
            family,
            "upsampling",
            upsampled,
            (numbers(113, 3),),
            right=lambda g, x: g.reshape(-1, 3).sum(axis=1),
            wrong={
                "first of each": lambda g, x: g[::3],
                "reshaped the other way": lambda g, x: g.reshape(3, -1).sum(axis=0),
            },
        ),
    ]
