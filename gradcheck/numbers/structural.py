"""Structural primitives: they move entries about and compute nothing, so one rule serves every number system.

Each function takes the primitive's parameters and its operands as NumPy arrays of any dtype, and returns the rearranged
array. A number system whose arrays are not NumPy arrays runs it on arrays of element numbers and indexes with the answer.
``STRUCTURAL`` says how many of the leading operands hold data; those after them (start indices) are concrete integers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


class OutOfBoundsError(Exception):
    """An index lies outside the array in a mode that fills or drops; only the float system, through XLA, does that."""


def _reshape(params: Params, x: Array) -> Array:
    return x.reshape(params["new_sizes"])


def _squeeze(params: Params, x: Array) -> Array:
    return np.squeeze(x, axis=tuple(int(axis) for axis in params["dimensions"]))


def _expand_dims(params: Params, x: Array) -> Array:
    return np.expand_dims(x, axis=tuple(int(axis) for axis in params["dimensions"]))


def _transpose(params: Params, x: Array) -> Array:
    return np.transpose(x, params["permutation"])


def _reverse(params: Params, x: Array) -> Array:
    return np.flip(x, axis=tuple(params["dimensions"]))


def _broadcast_in_dim(params: Params, x: Array) -> Array:
    shape = tuple(int(size) for size in params["shape"])
    aligned = [1] * len(shape)
    for axis, place in enumerate(params["broadcast_dimensions"]):
        aligned[int(place)] = x.shape[axis]
    return np.broadcast_to(x.reshape(aligned), shape)


def _slice(params: Params, x: Array) -> Array:
    strides = params["strides"] or (1,) * x.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return x[tuple(slice(start, limit, stride) for start, limit, stride in bounds)]


def _clamped(starts: tuple[Array, ...], shape: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[slice, ...]:
    """The window of the given sizes, moved inside the array as XLA moves it."""
    corner = [min(max(int(start), 0), n - size) for start, n, size in zip(starts, shape, sizes, strict=True)]
    return tuple(slice(low, low + size) for low, size in zip(corner, sizes, strict=True))


def _dynamic_slice(params: Params, x: Array, *starts: Array) -> Array:
    return x[_clamped(starts, x.shape, params["slice_sizes"])]


def _dynamic_update_slice(params: Params, x: Array, update: Array, *starts: Array) -> Array:
    result = x.copy()
    result[_clamped(starts, x.shape, update.shape)] = update
    return result


def _concatenate(params: Params, *xs: Array) -> Array:
    return np.concatenate(xs, axis=params["dimension"])


def _stack(params: Params, *xs: Array) -> Array:
    return np.stack(xs, axis=params["axis"])


def _unstack(params: Params, x: Array) -> list[Array]:
    return [np.take(x, i, axis=params["axis"]) for i in range(x.shape[params["axis"]])]


def _pad(params: Params, x: Array, filler: Array) -> Array:
    for axis, (low, high, interior) in enumerate(params["padding_config"]):
        n = x.shape[axis]
        length = n + max(n - 1, 0) * interior
        places = low + np.arange(n) * (interior + 1)
        total = max(length + low + high, 0)
        kept = (places >= 0) & (places < total)
        shape = (*x.shape[:axis], total, *x.shape[axis + 1 :])
        padded = np.empty(shape, dtype=np.result_type(x, filler) if x.dtype != object else object)
        padded[...] = filler
        padded[(slice(None),) * axis + (places[kept],)] = np.compress(kept, x, axis=axis)
        x = padded
    return x


def _split(params: Params, x: Array) -> list[Array]:
    cuts = np.cumsum([int(size) for size in params["sizes"]])[:-1]
    return list(np.split(x, cuts, axis=int(params["axis"])))


def _copy(params: Params, x: Array) -> Array:
    return x


def _tile(params: Params, x: Array) -> Array:
    return np.tile(x, params["reps"])


@dataclass(frozen=True)
class Window:
    """Where a gather reads or a scatter writes: one array of operand indices a dimension, and which of them exist."""

    places: tuple[Array, ...]
    inside: Array


def window(
    shape: tuple[int, ...],
    indices: Array,
    *,
    offset: tuple[int, ...],
    collapsed: tuple[int, ...],
    start_map: tuple[int, ...],
    operand_batch: tuple[int, ...],
    indices_batch: tuple[int, ...],
    sizes: tuple[int, ...],
    clip: bool,
) -> Window:
    """Operand indices of every element of a gather's result (or of a scatter's updates), by XLA's gather semantics."""
    batch_shape = indices.shape[:-1]
    rank = len(batch_shape) + len(offset)
    batch_axes = [axis for axis in range(rank) if axis not in offset]
    window_dims = [d for d in range(len(shape)) if d not in collapsed and d not in operand_batch]

    def along_batch(numbers: Array) -> Array:
        full = [1] * rank
        for axis, size in zip(batch_axes, batch_shape, strict=True):
            full[axis] = size
        return np.broadcast_to(numbers, batch_shape).reshape(full)

    places, inside = [], np.array(True)
    for d, n in enumerate(shape):
        start = np.zeros(batch_shape, dtype=np.int64)
        if d in start_map:
            start = indices[..., start_map.index(d)].astype(np.int64)
        elif d in operand_batch:
            axis = indices_batch[operand_batch.index(d)]
            counting = [1] * len(batch_shape)
            counting[axis] = batch_shape[axis]
            start = np.arange(batch_shape[axis]).reshape(counting)
        size = sizes[d]
        if clip:
            start = np.clip(start, 0, n - size)
        else:
            inside = inside & along_batch((start >= 0) & (start <= n - size))
        place = along_batch(start)
        if d in window_dims:
            full = [1] * rank
            full[offset[window_dims.index(d)]] = size
            place = place + np.arange(size).reshape(full)
        places.append(place)
    return Window(tuple(places), inside)


def _gather(params: Params, x: Array, indices: Array) -> Array:
    dims = params["dimension_numbers"]
    found = window(
        x.shape,
        indices,
        offset=tuple(dims.offset_dims),
        collapsed=tuple(dims.collapsed_slice_dims),
        start_map=tuple(dims.start_index_map),
        operand_batch=tuple(dims.operand_batching_dims),
        indices_batch=tuple(dims.start_indices_batching_dims),
        sizes=tuple(params["slice_sizes"]),
        clip="FILL" not in str(params["mode"]),
    )
    if not np.all(found.inside):
        raise OutOfBoundsError("gather reads outside the array and fills")
    return x[tuple(np.broadcast_arrays(*found.places))]


def scatter_window(params: Params, shape: tuple[int, ...], indices: Array, updates_shape: tuple[int, ...]) -> Window:
    """Operand indices of every element of a scatter's updates."""
    dims = params["dimension_numbers"]
    offset = tuple(dims.update_window_dims)
    outside = set(dims.inserted_window_dims) | set(dims.operand_batching_dims)
    lengths = iter(updates_shape[axis] for axis in offset)
    return window(
        shape,
        indices,
        offset=offset,
        collapsed=tuple(dims.inserted_window_dims),
        start_map=tuple(dims.scatter_dims_to_operand_dims),
        operand_batch=tuple(dims.operand_batching_dims),
        indices_batch=tuple(dims.scatter_indices_batching_dims),
        sizes=tuple(1 if d in outside else next(lengths) for d in range(len(shape))),
        clip="CLIP" in str(params["mode"]),
    )


def _scatter(params: Params, x: Array, updates: Array, indices: Array) -> Array:
    found = scatter_window(params, x.shape, indices, updates.shape)
    places = np.broadcast_arrays(*found.places, found.inside)
    kept = places[-1]
    result = x.copy()
    result[tuple(place[kept] for place in places[:-1])] = updates[kept]
    return result


def scatter_add(params: Params, x: Array, updates: Array, indices: Array) -> Array:
    """``x`` with the updates added where the indices say; repeated indices add up. A linear map of ``x`` and updates."""
    found = scatter_window(params, x.shape, indices, updates.shape)
    places = np.broadcast_arrays(*found.places, found.inside)
    kept = places[-1]
    result = x.copy()
    np.add.at(result, tuple(place[kept] for place in places[:-1]), updates[kept])
    return result


@dataclass(frozen=True)
class Structural:
    """How many leading operands hold data, in which order the operands go to the function, and the function."""

    data: int | None
    move: Callable[..., Any]


STRUCTURAL: Mapping[str, Structural] = {
    "reshape": Structural(1, _reshape),
    "squeeze": Structural(1, _squeeze),
    "expand_dims": Structural(1, _expand_dims),
    "transpose": Structural(1, _transpose),
    "rev": Structural(1, _reverse),
    "broadcast_in_dim": Structural(1, _broadcast_in_dim),
    "slice": Structural(1, _slice),
    "dynamic_slice": Structural(1, _dynamic_slice),
    "dynamic_update_slice": Structural(2, _dynamic_update_slice),
    "concatenate": Structural(None, _concatenate),
    "stack": Structural(None, _stack),
    "unstack": Structural(1, _unstack),
    "pad": Structural(2, _pad),
    "split": Structural(1, _split),
    "tile": Structural(1, _tile),
    "copy": Structural(1, _copy),
    "copy_p": Structural(1, _copy),
    "stop_gradient": Structural(1, _copy),
    "optimization_barrier": Structural(None, lambda params, *xs: list(xs)),
    "gather": Structural(1, _gather),
    "scatter": Structural(2, _scatter),
}

# XLA's operand order for scatters is (array, indices, updates): data first, as everywhere else here.
REORDERED: Mapping[str, tuple[int, ...]] = {"scatter": (0, 2, 1), "scatter-add": (0, 2, 1)}
