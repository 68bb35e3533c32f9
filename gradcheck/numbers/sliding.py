"""Sliding windows: pooling, its derivatives and convolution as a gather of windows, then a reduction or a matrix product.

Notation, for each spatial axis: n entries, window of k taps, stride s, padding (low, high), base dilation d (holes between
the entries), window dilation r (holes between the taps). Output position o and tap t read the padded, dilated entry
o·s + t·r − low, which exists if it is a multiple of d inside the array (XLA operation semantics: ConvWithGeneralPadding).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


def _window_places(
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[int, int]],
    base_dilation: Sequence[int],
    window_dilation: Sequence[int],
) -> tuple[list[Array], list[Array]]:
    """For each axis, which input index every (output position, tap) reads, and whether there is one."""
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


def _read_windows(data: Array, filler: Array, places: list[Array], inside: list[Array]) -> Array:
    """Windows of `data` over its trailing axes: shape (leading…, outputs…, taps…)."""
    axes = len(places)
    index: list[Any] = [slice(None)] * (data.ndim - axes)
    exists = np.array(True)
    for axis, (place, kept) in enumerate(zip(places, inside, strict=True)):
        shape = [1] * (2 * axes)
        shape[axis], shape[axes + axis] = place.shape
        index.append(place.reshape(shape))
        exists = exists & kept.reshape(shape)
    if not data.size:
        return np.broadcast_to(filler, (*data.shape[: data.ndim - axes], *exists.shape))
    return np.where(exists, data[tuple(index)], filler)


def windowed(reduction: str, filler: float) -> Callable[..., Any]:
    """A reduction over sliding windows; what lies in the padding is `filler`."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        (x,) = values
        places, inside = _window_places(
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


def chosen_places(system: Any, params: Params, operand: Any) -> Array:
    """For every window of the operand, in C order, the number of its largest entry (its smallest, for select_prim le)."""
    ones = (1,) * len(operand.shape)
    places, inside = _window_places(
        operand.shape,
        params["window_dimensions"],
        params["window_strides"],
        params["padding"],
        params.get("base_dilation", ones),
        params.get("window_dilation", ones),
    )
    smallest = str(params["select_prim"]) == "le"
    filler = system.constant(np.array(np.inf if smallest else -np.inf))
    taps = math.prod(params["window_dimensions"])
    windows = system.rearrange(
        lambda _, data, fill: _read_windows(data, fill, places, inside).reshape(-1, taps), {}, [operand, filler]
    )
    best = system.apply(
        "argmin" if smallest else "argmax", {"axes": (1,), "index_dtype": np.dtype(np.int64)}, [windows]
    )
    numbers = np.arange(math.prod(operand.shape)).reshape(operand.shape)
    read = _read_windows(numbers, np.array(-1), places, inside).reshape(-1, taps)
    return np.asarray(np.take_along_axis(read, best[:, None], axis=1)[:, 0])


def chosen_tangents(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    """``select_and_gather_add``: the derivative of pooling by maximum, forward: each window's tangent at its largest entry."""
    tangents, operand = values
    places = chosen_places(system, params, operand)
    ones = (1,) * len(operand.shape)
    sizes = _window_places(
        operand.shape,
        params["window_dimensions"],
        params["window_strides"],
        params["padding"],
        params.get("base_dilation", ones),
        params.get("window_dilation", ones),
    )[0]
    shape = tuple(place.shape[0] for place in sizes)
    return system.rearrange(lambda _, data: data.ravel()[places].reshape(shape), {}, [tangents])


def convolution(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    """``conv_general_dilated``: windows times weights, one matrix product for each group."""
    lhs, rhs = values
    dims = params["dimension_numbers"]
    groups, batch_groups = params["feature_group_count"], params["batch_group_count"]
    lhs = system.apply("transpose", {"permutation": dims.lhs_spec}, [lhs])
    rhs = system.apply("transpose", {"permutation": dims.rhs_spec}, [rhs])
    n, channels, *sizes = lhs.shape
    features, per_group, *kernel = rhs.shape
    places, inside = _window_places(
        sizes, kernel, params["window_strides"], params["padding"], params["lhs_dilation"], params["rhs_dilation"]
    )
    outputs = tuple(place.shape[0] for place in places)
    cells, taps, spatial = math.prod(outputs), math.prod(kernel), len(sizes)
    g = groups * batch_groups

    def windows(_: Params, data: Array, fill: Array) -> Array:
        read = _read_windows(data, fill, places, inside)  # (n, channels, outputs…, taps…)
        read = read.reshape(batch_groups, n // batch_groups, groups, channels // groups, cells, taps)
        return read.transpose(0, 2, 1, 4, 3, 5).reshape(g, n // batch_groups * cells, channels // groups * taps)

    patches = system.rearrange(windows, {}, [lhs, system.constant(np.array(0.0))])
    weights = system.apply("reshape", {"new_sizes": (g, features // g, per_group * taps)}, [rhs])
    product = system.apply("dot_general", {"dimension_numbers": (((2,), (2,)), ((0,), (0,)))}, [patches, weights])

    def arranged(_: Params, data: Array) -> Array:
        shaped = data.reshape(g, n // batch_groups, *outputs, features // g)
        moved = shaped.transpose(1, 0, 2 + spatial, *range(2, 2 + spatial))
        joined = moved.reshape(n // batch_groups, features, *outputs)
        return joined.transpose(np.argsort(dims.out_spec))

    return system.rearrange(arranged, {}, [product])
