"""Where XLA's gathers and scatters read and write, as arrays of indices (XLA operation semantics: Gather, Scatter)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

_FEW = 512


@dataclass(frozen=True)
class Window:
    """One array of operand indices a dimension, which broadcast together, and which of the places exist."""

    places: tuple[Array, ...]
    inside: Array


def gather_window(params: Params, shape: tuple[int, ...], indices: Array) -> Window:
    """Operand indices of every element of a gather's result; only in the filling mode may places not exist."""
    dims = params["dimension_numbers"]
    return _window(
        shape,
        indices,
        offset=tuple(dims.offset_dims),
        collapsed=tuple(dims.collapsed_slice_dims),
        start_map=tuple(dims.start_index_map),
        operand_batch=tuple(dims.operand_batching_dims),
        indices_batch=tuple(dims.start_indices_batching_dims),
        sizes=tuple(params["slice_sizes"]),
        clip="FILL" not in str(params["mode"]),
    )


def scatter_window(params: Params, shape: tuple[int, ...], indices: Array, updates_shape: tuple[int, ...]) -> Window:
    """Operand indices of every element of a scatter's updates; what does not exist is not written."""
    dims = params["dimension_numbers"]
    offset = tuple(dims.update_window_dims)
    outside = set(dims.inserted_window_dims) | set(dims.operand_batching_dims)
    lengths = iter(updates_shape[axis] for axis in offset)
    return _window(
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


def _window(shape: tuple[int, ...], indices: Array, **dims: Any) -> Window:
    """`_windows`, remembered for few indices: these are mostly constants of a program, which is run many times."""
    if indices.size > _FEW:
        return _windows(shape, indices, **dims)
    return _remembered(shape, indices.dtype.str, indices.shape, indices.tobytes(), **dims)


@lru_cache(maxsize=256)
def _remembered(shape: tuple[int, ...], dtype: str, indices: tuple[int, ...], content: bytes, **dims: Any) -> Window:
    return _windows(shape, np.frombuffer(content, dtype).reshape(indices), **dims)


def _windows(
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
    """Gather and scatter alike: ``offset`` are the result's window dimensions, the others come from ``indices``."""
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
            start = np.clip(start, 0, max(n - size, 0))
        place = along_batch(start)
        if d in window_dims:
            full = [1] * rank
            full[offset[window_dims.index(d)]] = size
            place = place + np.arange(size).reshape(full)
        places.append(place)
    return Window(tuple(places), inside)
