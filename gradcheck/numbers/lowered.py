"""Primitives expressed by simpler ones, once for every number system: folds, running folds, windows, convolutions.

Each rule is called with the system, the primitive's parameters and its operands, and uses nothing but ``system.apply`` and
``system.rearrange``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Rule = Callable[[Any, Params, Sequence[Any]], Any]


def _slabs(system: Any, x: Any, axes: Sequence[int]) -> tuple[list[Any], tuple[int, ...]]:
    """The slices of `x` along `axes` (flattened), each of the shape of the other axes, and that shape."""
    shape = tuple(x.shape)
    rest = [axis for axis in range(len(shape)) if axis not in axes]
    rest_shape = tuple(shape[axis] for axis in rest)
    count = int(np.prod([shape[axis] for axis in axes], dtype=np.int64))
    moved = system.apply("transpose", {"permutation": (*axes, *rest)}, [x])
    flat = system.apply("reshape", {"new_sizes": (count, *rest_shape)}, [moved])
    cut = {"strides": None}
    slabs = []
    for i in range(count):
        bounds = {"start_indices": (i, *(0,) * len(rest)), "limit_indices": (i + 1, *rest_shape), **cut}
        slab = system.apply("slice", bounds, [flat])
        slabs.append(system.apply("reshape", {"new_sizes": rest_shape}, [slab]))
    return slabs, rest_shape


def _fold(operation: str, start: float) -> Rule:
    """A reduction over ``axes`` by a binary primitive; over nothing it is `start`."""

    def rule(system: Any, params: Params, values: Sequence[Any]) -> Any:
        slabs, shape = _slabs(system, values[0], tuple(int(axis) for axis in params["axes"]))
        if not slabs:
            return system.constant(np.full(shape, start))
        result = slabs[0]
        for slab in slabs[1:]:
            result = system.apply(operation, {}, [result, slab], params.get("position", -1))
        return result

    return rule


def _log_add_exp(system: Any, a: Any, b: Any) -> Any:
    exponentials = [system.apply("exp", {}, [x]) for x in (a, b)]
    return system.apply("log", {}, [system.apply("add", {}, exponentials)])


def _running(operation: str) -> Rule:
    """A cumulative fold along ``axis``, from the end if ``reverse``."""

    def rule(system: Any, params: Params, values: Sequence[Any]) -> Any:
        (x,) = values
        axis = int(params["axis"])
        slabs, shape = _slabs(system, x, (axis,))
        if not slabs:
            return x
        if params["reverse"]:
            slabs.reverse()
        for i in range(1, len(slabs)):
            if operation == "logaddexp":
                slabs[i] = _log_add_exp(system, slabs[i - 1], slabs[i])
            else:
                slabs[i] = system.apply(operation, {}, [slabs[i - 1], slabs[i]])
        if params["reverse"]:
            slabs.reverse()
        rows = [system.apply("reshape", {"new_sizes": (1, *shape)}, [slab]) for slab in slabs]
        stacked = system.apply("concatenate", {"dimension": 0}, rows)
        order = [*range(1, axis + 1), 0, *range(axis + 1, len(x.shape))]
        return system.apply("transpose", {"permutation": tuple(order)}, [stacked])

    return rule


def window_places(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    base_dilation: Sequence[int],
    window_dilation: Sequence[int],
) -> tuple[list[Array], list[Array]]:
    """For each axis, which input index every (output position, window position) reads, and whether there is one."""
    places, inside = [], []
    for n, k, stride, (low, high), spread, reach in zip(
        sizes, window, strides, padding, base_dilation, window_dilation, strict=True
    ):
        padded = (max(n - 1, 0) * spread + min(n, 1)) + low + high
        outputs = max((padded - ((k - 1) * reach + 1)) // stride + 1, 0)
        raw = np.arange(outputs)[:, None] * stride + np.arange(k)[None, :] * reach - low
        exists = (raw % spread == 0) & (raw >= 0) & (raw // spread < n)
        places.append(np.where(exists, raw // spread, 0))
        inside.append(exists)
    return places, inside


def _read_windows(numbers: Array, filler: Array, places: list[Array], inside: list[Array]) -> Array:
    """Windows of `numbers` over its trailing axes: shape (leading…, outputs…, window…)."""
    axes = len(places)
    lead = numbers.ndim - axes
    index: list[Any] = [slice(None)] * lead
    exists = np.array(True)
    for axis, (place, kept) in enumerate(zip(places, inside, strict=True)):
        shape = [1] * (2 * axes)
        shape[axis], shape[axes + axis] = place.shape
        index.append(place.reshape(shape))
        exists = exists & kept.reshape(shape)
    return np.where(exists, numbers[tuple(index)], filler)


def _windowed(reduction: str, filler: float) -> Rule:
    """A reduction over sliding windows."""

    def rule(system: Any, params: Params, values: Sequence[Any]) -> Any:
        (x,) = values
        places, inside = window_places(
            x.shape,
            params["window_dimensions"],
            params["window_strides"],
            params["padding"],
            params["base_dilation"],
            params["window_dilation"],
        )
        padding = system.constant(np.array(filler))
        windows = system.rearrange(lambda _, data, fill: _read_windows(data, fill, places, inside), {}, [x, padding])
        axes = tuple(range(len(x.shape), 2 * len(x.shape)))
        return system.apply(reduction, {"axes": axes}, [windows])

    return rule


def _convolution(system: Any, params: Params, values: Sequence[Any]) -> Any:
    """``conv_general_dilated`` as a gather of windows and one batched matrix product a group."""
    lhs, rhs = values
    dims = params["dimension_numbers"]
    groups, batch_groups = params["feature_group_count"], params["batch_group_count"]
    lhs = system.apply("transpose", {"permutation": dims.lhs_spec}, [lhs])
    rhs = system.apply("transpose", {"permutation": dims.rhs_spec}, [rhs])
    n, channels, *sizes = lhs.shape
    features, per_group, *kernel = rhs.shape
    places, inside = window_places(
        sizes, kernel, params["window_strides"], params["padding"], params["lhs_dilation"], params["rhs_dilation"]
    )
    outputs = tuple(place.shape[0] for place in places)
    cells, taps = int(np.prod(outputs, dtype=np.int64)), int(np.prod(kernel, dtype=np.int64))
    g = groups * batch_groups
    spatial = len(sizes)

    def windows(_: Params, data: Array, fill: Array) -> Array:
        read = _read_windows(data, fill, places, inside)  # (n, channels, outputs…, kernel…)
        read = read.reshape(batch_groups, n // batch_groups, groups, channels // groups, cells, taps)
        return read.transpose(0, 2, 1, 4, 3, 5).reshape(g, n // batch_groups * cells, channels // groups * taps)

    patches = system.rearrange(windows, {}, [lhs, system.constant(np.array(0.0))])
    weights = system.apply("reshape", {"new_sizes": (g, features // g, per_group * taps)}, [rhs])
    product = system.apply("dot_general", {"dimension_numbers": (((2,), (2,)), ((0,), (0,)))}, [patches, weights])
    shaped = system.apply("reshape", {"new_sizes": (g, n // batch_groups, *outputs, features // g)}, [product])
    order = (1, 0, 2 + spatial, *range(2, 2 + spatial))
    moved = system.apply("transpose", {"permutation": order}, [shaped])
    joined = system.apply("reshape", {"new_sizes": (n // batch_groups, features, *outputs)}, [moved])
    inverse = tuple(int(axis) for axis in np.argsort(dims.out_spec))
    return system.apply("transpose", {"permutation": inverse}, [joined])


def _clamp(system: Any, params: Params, values: Sequence[Any]) -> Any:
    low, x, high = values
    at_least = system.apply("max", {}, [x, low], params.get("position", -1))
    return system.apply("min", {}, [at_least, high])


def _triangular_solve(system: Any, params: Params, values: Sequence[Any]) -> Any:
    """``a x = b`` by substitution (or ``x a = b``), for one matrix; a batch is refused by name upstream."""
    a, b = values
    if not params["left_side"]:
        swapped = {**params, "left_side": True, "transpose_a": not params["transpose_a"]}
        flipped = system.apply("transpose", {"permutation": (1, 0)}, [b])
        solved = _triangular_solve(system, swapped, [a, flipped])
        return system.apply("transpose", {"permutation": (1, 0)}, [solved])
    lower = params["lower"]
    if params["transpose_a"]:
        a = system.apply("transpose", {"permutation": (1, 0)}, [a])
        lower = not lower
    n, columns = b.shape

    def entry(x: Any, i: int, j: int, shape: tuple[int, ...]) -> Any:
        bounds = {"start_indices": (i, j), "limit_indices": (i + 1, j + (columns if shape else 1)), "strides": None}
        return system.apply("reshape", {"new_sizes": shape}, [system.apply("slice", bounds, [x])])

    rows: dict[int, Any] = {}
    for i in range(n) if lower else range(n - 1, -1, -1):
        row = entry(b, i, 0, (columns,))
        for j in rows:
            row = system.apply("sub", {}, [row, system.apply("mul", {}, [entry(a, i, j, ()), rows[j]])])
        rows[i] = row if params["unit_diagonal"] else system.apply("div", {}, [row, entry(a, i, i, ())])
    stacked = [system.apply("reshape", {"new_sizes": (1, columns)}, [rows[i]]) for i in range(n)]
    return system.apply("concatenate", {"dimension": 0}, stacked)


def _cholesky(system: Any, params: Params, values: Sequence[Any]) -> Any:
    """The lower Cholesky factor of one matrix, row by row (Cholesky–Banachiewicz), from its lower triangle.

    JAX symmetrises the operand before this primitive where it is asked to, so that derivatives are those of its lower half.
    """
    (a,) = values
    n = a.shape[0]
    entries = {}
    for i, j in itertools.product(range(n), range(n)):
        if j <= i:
            bounds = {"start_indices": (i, j), "limit_indices": (i + 1, j + 1), "strides": None}
            entries[i, j] = system.apply("reshape", {"new_sizes": ()}, [system.apply("slice", bounds, [a])])
    factor: dict[tuple[int, int], Any] = {}
    for i in range(n):
        for j in range(i + 1):
            total = entries[i, j]
            for k in range(j):
                total = system.apply("sub", {}, [total, system.apply("mul", {}, [factor[i, k], factor[j, k]])])
            factor[i, j] = (
                system.apply("sqrt", {}, [total]) if i == j else system.apply("div", {}, [total, factor[j, j]])
            )
    zero = system.constant(np.array(0.0))
    flat = [factor.get((i, j), zero) for i, j in itertools.product(range(n), range(n))]
    cells = [system.apply("reshape", {"new_sizes": (1,)}, [cell]) for cell in flat]
    return system.apply("reshape", {"new_sizes": (n, n)}, [system.apply("concatenate", {"dimension": 0}, cells)])


LOWERED: Mapping[str, Rule] = {
    "reduce_prod": _fold("mul", 1.0),
    "reduce_max": _fold("max", -np.inf),
    "reduce_min": _fold("min", np.inf),
    "cumsum": _running("add"),
    "cumprod": _running("mul"),
    "cummax": _running("max"),
    "cummin": _running("min"),
    "cumlogsumexp": _running("logaddexp"),
    "reduce_window_sum": _windowed("reduce_sum", 0.0),
    "reduce_window_max": _windowed("reduce_max", -np.inf),
    "reduce_window_min": _windowed("reduce_min", np.inf),
    "conv_general_dilated": _convolution,
    "clamp": _clamp,
    "triangular_solve": _triangular_solve,
    "cholesky": _cholesky,
}
