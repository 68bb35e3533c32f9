"""Structural primitives: they move entries about and compute nothing, so one rule serves every number system.

Each function takes the primitive's parameters and its operands as NumPy arrays of any dtype, and returns the rearranged
array (a list, for a primitive with several results). A number system whose values are not NumPy arrays runs it on arrays of
element numbers and indexes with the answer. ``STRUCTURAL`` says how many of the leading operands hold data; those after
them (start indices) are concrete integers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.numbers.indexing import scatter_window

LARGE = 2**14  # numbers in an array, from which on none is made, kept or left idle that need not be

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


def _reshape(params: Params, x: Array) -> Array:
    order = params.get("dimensions")  # JAX may transpose on the way
    return (x if order is None else x.transpose(order)).reshape(params["new_sizes"])


def _squeeze(params: Params, x: Array) -> Array:
    return np.squeeze(x, axis=tuple(params["dimensions"]))


def _expand_dims(params: Params, x: Array) -> Array:
    return np.expand_dims(x, axis=tuple(params["dimensions"]))


def _transpose(params: Params, x: Array) -> Array:
    return x.transpose(params["permutation"])


def _reverse(params: Params, x: Array) -> Array:
    return np.flip(x, axis=tuple(params["dimensions"]))


def _broadcast_in_dim(params: Params, x: Array) -> Array:
    shape = params["shape"]
    aligned = [1] * len(shape)
    for axis, place in enumerate(params["broadcast_dimensions"]):
        aligned[place] = x.shape[axis]
    if math.prod(shape) >= LARGE:
        return np.broadcast_to(x.reshape(aligned), shape)
    result = np.empty(shape, dtype=x.dtype)
    result[...] = x.reshape(aligned)
    return result


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


def _update_slice(params: Params, x: Array, update: Array) -> Array:
    """What the plan makes of a dynamic_update_slice at constant places."""
    result = x.copy()
    places = zip(params["start_indices"], update.shape, strict=True)
    result[tuple(slice(start, start + size) for start, size in places)] = update
    return result


def _concatenate(params: Params, *xs: Array) -> Array:
    return np.concatenate(xs, axis=params["dimension"])


def _stack(params: Params, *xs: Array) -> Array:
    return np.stack(xs, axis=params["axis"])


def _unstack(params: Params, x: Array) -> list[Array]:
    return [x[(slice(None),) * params["axis"] + (i, ...)] for i in range(x.shape[params["axis"]])]


def _pad(params: Params, x: Array, filler: Array) -> Array:
    for axis, (low, high, interior) in enumerate(params["padding_config"]):
        n = x.shape[axis]
        places = low + np.arange(n) * (interior + 1)
        total = max(n + max(n - 1, 0) * interior + low + high, 0)
        kept = (places >= 0) & (places < total)
        padded = np.empty((*x.shape[:axis], total, *x.shape[axis + 1 :]), dtype=x.dtype)
        padded[...] = filler
        padded[(slice(None),) * axis + (places[kept],)] = np.compress(kept, x, axis=axis)
        x = padded
    return x


def _split(params: Params, x: Array) -> list[Array]:
    return list(np.split(x, np.cumsum(params["sizes"])[:-1], axis=params["axis"]))


def _tile(params: Params, x: Array) -> Array:
    return np.tile(x, params["reps"])


def _copy(params: Params, x: Array) -> Array:
    return x


def _barrier(params: Params, *xs: Array) -> list[Array]:
    return list(xs)


def _scatter(params: Params, x: Array, indices: Array, updates: Array) -> Array:
    found = scatter_window(params, x.shape, indices, updates.shape)
    result = x.copy()
    if found.inside.all():
        # At one place, an array of objects without axes would be stored as the object.
        result[found.places] = updates if updates.ndim else updates[()]
        return result
    *places, kept = np.broadcast_arrays(*found.places, found.inside)
    result[tuple(place[kept] for place in places)] = updates[kept]
    return result


@dataclass(frozen=True)
class Structural:
    """The function, and the places of the operands that hold data (None: all); the others are concrete integers."""

    move: Callable[..., Any]
    data: tuple[int, ...] | None = (0,)


STRUCTURAL: Mapping[str, Structural] = {
    "reshape": Structural(_reshape),
    "squeeze": Structural(_squeeze),
    "expand_dims": Structural(_expand_dims),
    "transpose": Structural(_transpose),
    "rev": Structural(_reverse),
    "broadcast_in_dim": Structural(_broadcast_in_dim),
    "slice": Structural(_slice),
    "dynamic_slice": Structural(_dynamic_slice),
    "dynamic_update_slice": Structural(_dynamic_update_slice, (0, 1)),
    "update_slice": Structural(_update_slice, (0, 1)),
    "concatenate": Structural(_concatenate, None),
    "stack": Structural(_stack, None),
    "unstack": Structural(_unstack),
    "pad": Structural(_pad, (0, 1)),
    "split": Structural(_split),
    "tile": Structural(_tile),
    "copy": Structural(_copy),
    "copy_p": Structural(_copy),
    "stop_gradient": Structural(_copy),
    "optimization_barrier": Structural(_barrier, None),
    "scatter": Structural(_scatter, (0, 2)),
}


def rearranged(system: Any, name: str, params: Params, values: Any) -> Any:
    """A structural primitive in any number system, by the system's own `rearrange`."""
    structural = STRUCTURAL[name]
    if structural.data is None or len(structural.data) == len(values):
        return system.rearrange(structural.move, params, values)
    data = [values[place] for place in structural.data]

    def move(params: Params, *parts: Any) -> Any:
        operands = list(values)
        for place, part in zip(structural.data or (), parts, strict=True):
            operands[place] = part
        return structural.move(params, *operands)

    return system.rearrange(move, params, data)
