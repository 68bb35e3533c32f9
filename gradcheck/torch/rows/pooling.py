"""Pooling and resizing. What is linear (averages, interpolation) has its backward pass by transposition.

The windows of a pool are looked up by the numbers of their entries, those outside the array being one more number.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradcheck.torch.rows import Operation, Row, aware

Array = np.ndarray[Any, np.dtype[Any]]


def windows(
    spatial: tuple[int, ...], out: tuple[int, ...], kernel: Any, stride: Any, padding: Any, dilation: Any = 1
) -> Array:
    """The numbers of the entries of each window, [*out, entries]; the size of the array stands for one outside."""
    n = len(spatial)
    kernel, padding, dilation = _each(kernel, n), _each(padding, n), _each(dilation, n)
    stride = _each(stride, n) if stride not in (None, [], ()) else kernel
    grids = np.meshgrid(*map(np.arange, out), *map(np.arange, kernel), indexing="ij")
    number, inside = np.zeros(grids[0].shape, dtype=np.int64), np.ones(grids[0].shape, dtype=bool)
    for axis, length in enumerate(spatial):
        place = grids[axis] * stride[axis] - padding[axis] + grids[n + axis] * dilation[axis]
        inside &= (place >= 0) & (place < length)
        number = number * length + np.clip(place, 0, length - 1)
    return np.where(inside, number, math.prod(spatial)).reshape(*out, -1)


def _each(value: Any, n: int) -> list[int]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    return values * n if len(values) == 1 else values


def _flat(x: Any, n: int) -> Any:
    return x.reshape((*x.shape[: x.ndim - n], -1))


def _taken(x: Any, numbers: Array, outside: float, n: int) -> Any:
    """The entries of every window, with a value for those outside."""
    flat = _flat(x, n)
    edge = jnp.full((*flat.shape[:-1], 1), outside, dtype=x.dtype)
    return jnp.concatenate([flat, edge], axis=-1).at[..., numbers].get(mode="promise_in_bounds")


def max_pool(n: int) -> Row:
    """The largest entry of every window, and its number among the entries of the channel."""

    @aware
    def row(
        operation: Operation, x: Any, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, *_: Any
    ) -> Any:
        numbers = windows(x.shape[-n:], operation.shape[-n:], kernel, stride, padding, dilation)
        return _largest(_taken(x, numbers, -math.inf, n), numbers)

    return row


def adaptive_max(x: Any, out: Any) -> Any:
    """The largest entry of each of as many windows as are asked for, and its number."""
    spatial = x.shape[-len(out) :]
    numbers = np.arange(math.prod(spatial)).reshape(spatial)
    cells = []
    for place in np.ndindex(*out):
        ranges = [slice(i * n // o, -(-(i + 1) * n // o)) for i, n, o in zip(place, spatial, out, strict=True)]
        cells.append(numbers[tuple(ranges)].ravel())
    table = np.full((len(cells), max(map(len, cells))), numbers.size)
    for row, cell in zip(table, cells, strict=True):
        row[: len(cell)] = cell
    table = table.reshape(*out, -1)
    return _largest(_taken(x, table, -math.inf, len(out)), table)


def _largest(entries: Any, numbers: Array) -> tuple[Any, Any]:
    """The largest entry of every window, and its number; of several, the first."""
    best = jnp.argmax(entries, axis=-1, keepdims=True)
    table = jnp.broadcast_to(jnp.asarray(numbers), entries.shape)
    return jnp.max(entries, axis=-1), jnp.take_along_axis(table, best, axis=-1, mode="promise_in_bounds")[..., 0]


def sent_back(n: int) -> Row:
    """g added at the places that were the largest of their windows; `places` is the last argument."""

    def row(g: Any, x: Any, *settings: Any) -> Any:
        places = settings[-1]
        lead = x.shape[: x.ndim - n]
        count = math.prod(lead)
        flat = jnp.zeros((count, math.prod(x.shape[-n:])), dtype=g.dtype)
        rows = np.arange(count)[:, None]
        added = flat.at[rows, places.reshape((count, -1))].add(g.reshape((count, -1)), mode="promise_in_bounds")
        return added.reshape(x.shape)

    return row


def average(
    x: Any, out: tuple[int, ...], kernel: Any, stride: Any, padding: Any, include_pad: bool, divisor: int | None
) -> Any:
    """The mean of every window; entries of the border count, or not, or the divisor is given."""
    n = len(out)
    spatial = x.shape[-n:]
    numbers = windows(spatial, out[-n:], kernel, stride, padding)
    count: Any = (numbers < math.prod(spatial)).sum(-1)
    if divisor is not None:
        count = divisor
    elif include_pad:
        padded = tuple(length + 2 * p for length, p in zip(spatial, _each(padding, n), strict=True))
        inside = windows(padded, out[-n:], kernel, stride or kernel, 0)
        count = (inside < math.prod(padded)).sum(-1)
    return jnp.sum(_taken(x, numbers, 0.0, n), axis=-1) / np.asarray(count, dtype=np.float64).astype(x.dtype)


def average_pool(n: int) -> tuple[Row, Row]:
    """``avg_pool`` in n dimensions, and its backward pass."""

    @aware
    def forward(
        operation: Operation,
        x: Any,
        kernel: Any,
        stride: Any = (),
        padding: Any = 0,
        ceil_mode: bool = False,
        include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Any:
        return average(x, operation.shape[-n:], kernel, stride, padding, include_pad, divisor_override)

    def backward(
        g: Any, x: Any, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, include_pad: bool, divisor: int | None
    ) -> Any:
        def pooled(value: Any) -> Any:
            return average(value, g.shape[-n:], kernel, stride, padding, include_pad, divisor)

        return jax.vjp(pooled, x)[1](g)[0]

    return forward, backward


def means(length: int, out: int) -> Array:
    """The matrix of an adaptive average: row i has 1/n at the n places from ⌊i·length/out⌋ to ⌈(i+1)·length/out⌉."""
    matrix = np.zeros((out, length))
    for i in range(out):
        start, end = i * length // out, -(-(i + 1) * length // out)
        matrix[i, start:end] = 1 / (end - start)
    return matrix


def nearest(length: int, out: int, scale: float | None) -> Array:
    """The matrix that repeats the nearest entry to the left."""
    ratio = 1 / scale if scale else length / out
    matrix = np.zeros((out, length))
    matrix[np.arange(out), np.minimum((np.arange(out) * ratio).astype(int), length - 1)] = 1
    return matrix


def linear(length: int, out: int, align: bool, scale: float | None) -> Array:
    """The matrix that interpolates between the two neighbours."""
    if align:
        place = np.arange(out) * ((length - 1) / (out - 1) if out > 1 else 0.0)
    else:
        place = np.maximum((np.arange(out) + 0.5) * (1 / scale if scale else length / out) - 0.5, 0)
    low = np.minimum(place.astype(int), length - 1)
    matrix = np.zeros((out, length))
    np.add.at(matrix, (np.arange(out), low), 1 - (place - low))
    np.add.at(matrix, (np.arange(out), np.minimum(low + 1, length - 1)), place - low)
    return matrix


def applied(x: Any, matrices: list[Array]) -> Any:
    """One matrix along each of the last axes."""
    for axis, matrix in enumerate(matrices, start=x.ndim - len(matrices)):
        x = jnp.moveaxis(jnp.tensordot(matrix.astype(x.dtype), x, axes=(1, axis)), 0, axis)
    return x


def _adaptive(x: Any, out: Any) -> Any:
    sizes = [length if size is None else size for size, length in zip(out, x.shape[-len(out) :], strict=True)]
    return applied(x, [means(length, size) for length, size in zip(x.shape[-len(out) :], sizes, strict=True)])


def _adaptive_backward(n: int) -> Row:
    def row(g: Any, x: Any) -> Any:
        pairs = zip(x.shape[-n:], g.shape[-n:], strict=True)
        return applied(g, [means(length, size).T for length, size in pairs])

    return row


def resize(n: int, kind: str) -> tuple[Row, Row]:
    """Upsampling in n dimensions, nearest or linear, and its backward pass."""

    def matrices(spatial: Any, out: Any, settings: tuple[Any, ...]) -> list[Array]:
        align, scales = (settings[0], settings[1:]) if kind == "linear" else (False, settings)
        factors = list(scales) + [None] * (n - len(scales))
        if kind == "linear":
            return [linear(i, o, align, s) for i, o, s in zip(spatial, out, factors, strict=True)]
        return [nearest(i, o, s) for i, o, s in zip(spatial, out, factors, strict=True)]

    def forward(x: Any, out: Any, *settings: Any, **named: Any) -> Any:
        return applied(x, matrices(x.shape[-n:], out, (*settings, *named.values())))

    def backward(g: Any, out: Any, shape: Any, *settings: Any, **named: Any) -> Any:
        return applied(g, [matrix.T for matrix in matrices(shape[-n:], out, (*settings, *named.values()))])

    return forward, backward


_WORDS = ((1, "linear1d"), (2, "bilinear2d"), (3, "trilinear3d"))

ROWS: dict[str, Row] = {
    "max_pool2d_with_indices": max_pool(2),
    "max_pool3d_with_indices": max_pool(3),
    "adaptive_max_pool2d": adaptive_max,
    "adaptive_max_pool3d": adaptive_max,
    "max_pool2d_with_indices_backward": sent_back(2),
    "max_pool3d_with_indices_backward": sent_back(3),
    "adaptive_max_pool2d_backward": sent_back(2),
    "adaptive_max_pool3d_backward": sent_back(3),
    **{f"avg_pool{n}d": average_pool(n)[0] for n in (2, 3)},
    **{f"avg_pool{n}d_backward": average_pool(n)[1] for n in (2, 3)},
    "_adaptive_avg_pool2d": _adaptive,
    "_adaptive_avg_pool3d": _adaptive,
    "_adaptive_avg_pool2d_backward": _adaptive_backward(2),
    "_adaptive_avg_pool3d_backward": _adaptive_backward(3),
    **{f"upsample_nearest{n}d": resize(n, "nearest")[0] for n in (1, 2, 3)},
    **{f"upsample_nearest{n}d_backward": resize(n, "nearest")[1] for n in (1, 2, 3)},
    **{f"upsample_{word}": resize(n, "linear")[0] for n, word in _WORDS},
    **{f"upsample_{word}_backward": resize(n, "linear")[1] for n, word in _WORDS},
}
