"""Primitives expressed by simpler ones, once for every number system.

Each rule is called with the system, the primitive's parameters and its operands, and uses nothing but ``system.apply``,
``system.rearrange`` and the system's constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.indexing import gather_window, scatter_window
from gradcheck.numbers.linear_algebra import cholesky, lu, triangular_solve
from gradcheck.numbers.sliding import chosen_places, chosen_tangents, convolution, windowed
from gradcheck.program.program import is_inexact

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Rule = Callable[..., Any]


def _slabs(system: Any, x: Any, axes: Sequence[int]) -> tuple[list[Any], tuple[int, ...]]:
    """The slices of `x` along `axes` (flattened), each of the shape of the other axes, and that shape."""
    shape = tuple(x.shape)
    rest = [axis for axis in range(len(shape)) if axis not in axes]
    rest_shape = tuple(shape[axis] for axis in rest)
    count = math.prod(shape[axis] for axis in axes)

    def cut(_: Params, data: Array) -> list[Array]:
        flat = data.transpose((*axes, *rest)).reshape(count, *rest_shape)
        return [flat[i, ...] for i in range(count)]

    return system.rearrange(cut, {}, [x]) if count else [], rest_shape


def _fold(operation: str, start: float) -> Rule:
    """A reduction over ``axes`` by a binary primitive; over nothing it is `start`."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        slabs, shape = _slabs(system, values[0], tuple(params["axes"]))
        if not slabs:
            return system.constant(np.full(shape, start))
        result = slabs[0]
        for slab in slabs[1:]:
            result = system.apply(operation, {}, [result, slab])
        return result

    return rule


def _running(operation: str) -> Rule:
    """A cumulative fold along ``axis``, from the end if ``reverse``."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        axis = params["axis"]
        slabs, _ = _slabs(system, values[0], (axis,))
        if not slabs:
            return values[0]
        if params["reverse"]:
            slabs.reverse()
        for i in range(1, len(slabs)):
            slabs[i] = system.apply(operation, {}, [slabs[i - 1], slabs[i]])
        if params["reverse"]:
            slabs.reverse()
        return system.rearrange(lambda _, *parts: np.stack(parts, axis=axis), {}, slabs)

    return rule


def _clamp(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    low, x, high = values
    return system.apply("min", {}, [system.apply("max", {}, [x, low], position), high], position)


def _add_any(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    return system.apply("add", {}, values)


def _gather(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    """Entries by index; in the filling mode, what does not exist is the filler (NaN unless given)."""
    x, indices = values
    found = gather_window(params, x.shape, indices)
    *places, inside = np.broadcast_arrays(*found.places, found.inside)
    if np.all(inside):
        return system.rearrange(lambda _, data: data[tuple(places)], {}, [x])
    filler = system.constant(_filler(params.get("fill_value"), x))
    if 0 in x.shape:
        return system.rearrange(lambda _, fill: np.broadcast_to(fill, inside.shape), {}, [filler])
    return system.rearrange(lambda _, data, fill: np.where(inside, data[tuple(places)], fill), {}, [x, filler])


def _filler(given: Any, x: Any) -> Array:
    """What a filling gather reads outside: NaN, the smallest signed or the largest unsigned integer, true."""
    dtype = x.dtype if isinstance(x, np.ndarray) and x.dtype != object else np.result_type(float, type(given or 0.0))
    if given is not None:
        return np.asarray(given, dtype=dtype)
    if is_inexact(dtype):
        return np.asarray(np.nan, dtype=dtype)
    if dtype.kind == "b":
        return np.asarray(True)
    return np.asarray(np.iinfo(dtype).min if dtype.kind == "i" else np.iinfo(dtype).max, dtype=dtype)


def _scattered(operation: str) -> Rule:
    """A scatter that combines: one round for each time that an index occurs, so that the places of a round are distinct."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        x, indices, updates = values
        found = scatter_window(params, x.shape, indices, updates.shape)
        *places, inside = np.broadcast_arrays(*found.places, found.inside)
        kept = np.flatnonzero(inside)
        if not kept.size:
            return x
        targets = np.ravel_multi_index([np.ravel(place)[kept] for place in places], x.shape)
        for chosen in _rounds(targets):
            where, which = targets[chosen], kept[chosen]
            old = system.rearrange(lambda _, data, t=where: data.ravel()[t], {}, [x])
            part = system.rearrange(lambda _, data, w=which: data.ravel()[w], {}, [updates])
            new = system.apply(operation, {}, [old, part])
            x = system.rearrange(lambda _, data, piece, t=where: _replaced(data, piece, t), {}, [x, new])
        return x

    return rule


def _rounds(targets: Array) -> list[Array]:
    """Positions of `targets`, in groups within which no target occurs twice, in order of occurrence."""
    order = np.argsort(targets, kind="stable")
    ordered = targets[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    occurrence = np.empty(len(order), dtype=np.int64)
    occurrence[order] = np.arange(len(order)) - start
    return [np.flatnonzero(occurrence == k) for k in range(int(occurrence.max()) + 1)]


def _scatter_to_chosen(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    """``select_and_scatter_add``: the derivative of pooling by maximum, backward: each cotangent to its window's largest."""
    source, operand = values
    targets = chosen_places(system, params, operand)
    result = system.exact(0, tuple(operand.shape))
    for chosen in _rounds(targets):
        where = targets[chosen]
        old = system.rearrange(lambda _, data, t=where: data.ravel()[t], {}, [result])
        part = system.rearrange(lambda _, data, w=chosen: data.ravel()[w], {}, [source])
        new = system.apply("add", {}, [old, part])
        result = system.rearrange(lambda _, data, piece, t=where: _replaced(data, piece, t), {}, [result, new])
    return result


def _replaced(data: Array, piece: Array, places: Array) -> Array:
    """`data` with the flat `places` replaced by `piece`."""
    result = data.ravel().copy()
    result[places] = piece
    return result.reshape(data.shape)


LOWERED: Mapping[str, Rule] = {
    "add_any": _add_any,
    "reduce_prod": _fold("mul", 1.0),
    "reduce_max": _fold("max", -np.inf),
    "reduce_min": _fold("min", np.inf),
    "cumsum": _running("add"),
    "cumprod": _running("mul"),
    "cummax": _running("max"),
    "cummin": _running("min"),
    "cumlogsumexp": _running("logaddexp"),
    "gather": _gather,
    "scatter-add": _scattered("add"),
    "scatter-sub": _scattered("sub"),
    "scatter-mul": _scattered("mul"),
    "scatter-min": _scattered("min"),
    "scatter-max": _scattered("max"),
    "reduce_window_sum": windowed("reduce_sum", 0.0),
    "reduce_window_max": windowed("reduce_max", -np.inf),
    "reduce_window_min": windowed("reduce_min", np.inf),
    "select_and_gather_add": chosen_tangents,
    "select_and_scatter_add": _scatter_to_chosen,
    "conv_general_dilated": convolution,
    "clamp": _clamp,
    "triangular_solve": triangular_solve,
    "cholesky": cholesky,
    "lu": lu,
}
