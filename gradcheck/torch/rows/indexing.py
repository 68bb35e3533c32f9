"""Operations that select, move, repeat and put together entries, by numbers or by tensors of places."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from gradcheck.torch.rows import Operation, Row, aware

_INSIDE = "promise_in_bounds"  # torch refuses any other place


def counted(places: Any, length: int) -> Any:
    """Places along an axis with those that count from its end made positive."""
    return jnp.where(places < 0, places + length, places)


def keys_of(x: Any, indices: list[Any]) -> tuple[Any, ...]:
    """The index of ``x[i, :, j]``, as torch gives it: None for an axis that is kept."""
    return tuple(
        slice(None) if places is None else counted(places, x.shape[axis]) for axis, places in enumerate(indices)
    )


def index(x: Any, indices: list[Any]) -> Any:
    """``x[i, :, j]``, with arrays of places."""
    return x.at[keys_of(x, indices)].get(mode=_INSIDE)


def index_put(x: Any, indices: list[Any], values: Any, accumulate: bool = False, *_: Any) -> Any:
    """x with ``x[i, :, j]`` replaced, or added to; or with one number where a mask holds."""
    if any(places is not None and places.dtype == bool for places in indices):
        if len(indices) != 1 or values.size != 1:
            raise TypeError("several values are written through a mask, so that their places depend on its numbers")
        mask = indices[0].reshape(indices[0].shape + (1,) * (x.ndim - indices[0].ndim))
        return jnp.where(mask, x + values.reshape(()) if accumulate else values.reshape(()), x)
    at = x.at[keys_of(x, indices)]
    return at.add(values, mode=_INSIDE) if accumulate else at.set(values, mode=_INSIDE)


def positions(places: Any, dim: int) -> tuple[Any, ...]:
    """The index of each entry of `places` in an array that it selects from along one axis."""
    shape: tuple[int, ...] = places.shape
    return tuple(places if axis == dim % len(shape) else _count(shape, axis) for axis in range(len(shape)))


def _count(shape: tuple[int, ...], axis: int) -> Any:
    return np.arange(shape[axis]).reshape([-1 if other == axis else 1 for other in range(len(shape))])


def gather(x: Any, dim: int, places: Any, *, sparse_grad: bool = False) -> Any:
    """out[i][j] = x[places[i][j]][j] for dim = 0."""
    if not x.ndim or not places.ndim:
        return jnp.broadcast_to(jnp.ravel(x)[0], places.shape)
    return x.at[positions(places, dim)].get(mode=_INSIDE)


def scatter(x: Any, dim: int, places: Any, source: Any, *, reduce: str | None = None) -> Any:
    """x with x[places[i][j]][j] replaced by source[i][j] for dim = 0, or added to, or multiplied."""
    return _scattered(x, dim, places, source, {None: "set", "add": "add", "multiply": "multiply"}[reduce])


def scatter_add(x: Any, dim: int, places: Any, source: Any) -> Any:
    """x with source[i][j] added to x[places[i][j]][j] for dim = 0."""
    return _scattered(x, dim, places, source, "add")


def _scattered(x: Any, dim: int, places: Any, source: Any, how: str) -> Any:
    if not x.ndim:
        return _scattered(x[None], 0, jnp.reshape(places, (1,)), jnp.reshape(source, (1,)), how)[0]
    source = jnp.asarray(source)
    part = source[tuple(slice(n) for n in places.shape)] if source.ndim else source
    return getattr(x.at[positions(places, dim)], how)(part.astype(x.dtype), mode=_INSIDE)


def scatter_reduce(x: Any, dim: int, places: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """x with source[i][j] combined into x[places[i][j]][j] for dim = 0."""
    start = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -math.inf, "amin": math.inf}[reduce]
    how = {"sum": "add", "mean": "add", "prod": "multiply", "amax": "max", "amin": "min"}[reduce]
    ones = jnp.ones(places.shape, dtype=x.dtype)
    hits = _scattered(jnp.zeros_like(x), dim, places, ones, "add")
    base = x if include_self else jnp.where(hits > 0, jnp.asarray(start, dtype=x.dtype), x)
    found = _scattered(base, dim, places, source, how)
    if reduce == "mean":
        count = hits + 1 if include_self else jnp.maximum(hits, 1)
        return found / count
    return found


def index_select(x: Any, dim: int, places: Any) -> Any:
    """The entries at some places along an axis."""
    return x.at[_key(x, dim, places)].get(mode=_INSIDE) if x.ndim else x


def _key(x: Any, dim: int, places: Any) -> tuple[Any, ...]:
    before: tuple[Any, ...] = (slice(None),) * (dim % x.ndim)
    return (*before, counted(places, x.shape[dim]))


def index_add(x: Any, dim: int, places: Any, source: Any, *, alpha: float = 1) -> Any:
    """x with α · source added at some places along an axis, as often as they occur."""
    return x.at[_key(x, dim, places)].add(alpha * source, mode=_INSIDE)


def index_copy(x: Any, dim: int, places: Any, source: Any) -> Any:
    """x with source at some places along an axis."""
    return x.at[_key(x, dim, places)].set(source, mode=_INSIDE)


def index_fill(x: Any, dim: int, places: Any, value: Any) -> Any:
    """x with one value at some places along an axis."""
    return x.at[_key(x, dim, places)].set(value, mode=_INSIDE)


def take(x: Any, places: Any) -> Any:
    """Entries by their numbers in C order."""
    return jnp.ravel(x).at[counted(places, x.size)].get(mode=_INSIDE)


def put(x: Any, places: Any, source: Any, accumulate: bool = False) -> Any:
    """x with entries, by their numbers in C order, replaced or added to."""
    at = jnp.ravel(x).at[counted(jnp.ravel(places), x.size)]
    source = jnp.ravel(source)
    return (at.add(source, mode=_INSIDE) if accumulate else at.set(source, mode=_INSIDE)).reshape(x.shape)


def embedding(
    weight: Any, places: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """The rows of a matrix at some places."""
    return weight.at[places].get(mode=_INSIDE)


def embedding_backward(g: Any, places: Any, rows: int, padding_idx: int, scale_grad_by_freq: bool) -> Any:
    """The sum, for each row, of the cotangents of its copies; none for the row that pads."""
    g = jnp.where((places == padding_idx)[..., None], 0, g)
    if scale_grad_by_freq:
        often = jnp.zeros(rows, dtype=g.dtype).at[places].add(1.0, mode=_INSIDE)
        g = g / often[places][..., None]
    return jnp.zeros((rows, g.shape[-1]), dtype=g.dtype).at[places].add(g, mode=_INSIDE)


def slice_scatter(x: Any, source: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    """x with ``x[start:end:step]`` along an axis replaced."""
    return x.at[(slice(None),) * (dim % x.ndim) + (slice(start, end, step),)].set(source)


def slice_backward(g: Any, sizes: list[int], dim: int, start: int, end: int, step: int) -> Any:
    """Zeros with g at ``[start:end:step]`` along an axis."""
    return slice_scatter(jnp.zeros(sizes, dtype=g.dtype), g, dim, start, end, step)


def select_scatter(x: Any, source: Any, dim: int, index: int) -> Any:
    """x with its slice at one place along an axis replaced."""
    return x.at[(slice(None),) * (dim % x.ndim) + (index,)].set(source)


def select_backward(g: Any, sizes: list[int], dim: int, index: int) -> Any:
    """Zeros with g at one place along an axis."""
    return select_scatter(jnp.zeros(sizes, dtype=g.dtype), g, dim, index)


def diagonal_scatter(x: Any, source: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """x with a diagonal replaced."""
    numbers = np.arange(x.size).reshape(x.shape)
    return put(x, np.diagonal(numbers, offset, dim1, dim2), source)


def diagonal_backward(g: Any, sizes: list[int], offset: int, dim1: int, dim2: int) -> Any:
    """Zeros with g on a diagonal."""
    return diagonal_scatter(jnp.zeros(sizes, dtype=g.dtype), g, offset, dim1, dim2)


def strided(size: list[int], stride: list[int], offset: int | None) -> Any:
    """The numbers of the entries that ``as_strided`` shows."""
    places = np.asarray(offset or 0)
    for n, step in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(n) * step
    return places.reshape(size)


def unfold_backward(g: Any, sizes: list[int], dim: int, size: int, step: int) -> Any:
    """Zeros with the windows of g, of some size and distance along an axis, added where they were taken."""
    numbers = np.arange(math.prod(sizes)).reshape(sizes)
    windows = np.lib.stride_tricks.sliding_window_view(numbers, size, axis=dim)
    windows = windows[(slice(None),) * (dim % len(sizes)) + (slice(None, None, step),)]
    return put(jnp.zeros(sizes, dtype=g.dtype), windows, g, accumulate=True)


def roll(x: Any, shifts: Any, dims: Any = ()) -> Any:
    """x moved round along axes."""
    return jnp.roll(x, tuple(shifts) if dims else shifts[0], tuple(dims) if dims else None)


def constant_pad(x: Any, pad: list[int], value: Any = 0) -> Any:
    """x with a border of one value, or cut where its width is negative; the last axis comes first in `pad`."""
    pairs = [(pad[i], pad[i + 1], 0) for i in range(0, len(pad), 2)]
    widths = [(0, 0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    return lax.pad(x, jnp.asarray(value, dtype=x.dtype), widths)


def border(mode: str) -> tuple[Row, Row]:
    """Padding by entries of the array itself (NumPy's "reflect" and "edge"), and its backward pass."""

    def numbers(shape: tuple[int, ...], pad: list[int]) -> Any:
        pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
        places = np.arange(math.prod(shape)).reshape(shape)
        return np.pad(places, [(0, 0)] * (len(shape) - len(pairs)) + pairs[::-1], mode=mode)  # type: ignore[call-overload] # a mode

    def forward(x: Any, pad: list[int]) -> Any:
        return take(x, numbers(x.shape, pad))

    def backward(g: Any, x: Any, pad: list[int]) -> Any:
        return put(jnp.zeros_like(x), numbers(x.shape, pad), g, accumulate=True)

    return forward, backward


@aware
def repeat(operation: Operation, x: Any, repeats: list[int]) -> Any:
    """x side by side with itself."""
    return jnp.tile(x, repeats)


reflection, reflection_backward = border("reflect")
replication, replication_backward = border("edge")

ROWS: dict[str, Row] = {
    "index": index,
    "_unsafe_index": index,
    "index_put": index_put,
    "_unsafe_index_put": index_put,
    "gather": gather,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "scatter_reduce": scatter_reduce,
    "index_select": index_select,
    "index_add": index_add,
    "index_copy": index_copy,
    "index_fill": index_fill,
    "take": take,
    "put": put,
    "embedding": embedding,
    "embedding_dense_backward": embedding_backward,
    "slice_scatter": slice_scatter,
    "slice_backward": slice_backward,
    "select_scatter": select_scatter,
    "select_backward": select_backward,
    "diagonal_scatter": diagonal_scatter,
    "diagonal_backward": diagonal_backward,
    "unfold_backward": unfold_backward,
    "flip": lambda x, dims: jnp.flip(x, tuple(dims)),
    "roll": roll,
    "repeat": repeat,
    "cat": lambda parts, dim=0: jnp.concatenate([part for part in parts if part.shape != (0,)] or parts[:1], axis=dim),
    "stack": lambda parts, dim=0: jnp.stack(parts, axis=dim),
    "constant_pad_nd": constant_pad,
    **dict.fromkeys(("reflection_pad1d", "reflection_pad2d", "reflection_pad3d"), reflection),
    **dict.fromkeys(
        ("reflection_pad1d_backward", "reflection_pad2d_backward", "reflection_pad3d_backward"), reflection_backward
    ),
    **dict.fromkeys(("replication_pad1d", "replication_pad2d", "replication_pad3d"), replication),
    **dict.fromkeys(
        ("replication_pad1d_backward", "replication_pad2d_backward", "replication_pad3d_backward"), replication_backward
    ),
    # copies of views
    "view_copy": lambda x, size: x.reshape(size),
    "expand_copy": aware(lambda operation, x, *size, **_: jnp.broadcast_to(x, operation.shape)),
    "as_strided_scatter": lambda x, source, size, stride, offset=None: put(x, strided(size, stride, offset), source),
    "diag_embed": aware(lambda operation, x, *args, **options: _diag_embed(operation.shape, x, *args, **options)),
    "searchsorted": lambda edges, x, *, right=False, side=None, **_: jnp.searchsorted(
        edges, x, side=side or ("right" if right else "left")
    ),
}


def _diag_embed(shape: tuple[int, ...], x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    return diagonal_scatter(jnp.zeros(shape, dtype=x.dtype), x, offset, dim1, dim2)
