"""The operations that NumPy's semantics are made of, each recorded as one primitive, or done at once where all is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gradcheck.program.program import is_inexact
from gradcheck.program.tape import Node, Raw, emit

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
# The modes of gathers and scatters as JAX names them: all places exist, or those that do not are filled in or left out.
IN_BOUNDS, FILLED = "PROMISE_IN_BOUNDS", "FILL_OR_DROP"


class GatherDimensions(NamedTuple):
    """As ``jax.lax.GatherDimensionNumbers``, which `program.replay` makes of it."""

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()


class ScatterDimensions(NamedTuple):
    """As ``jax.lax.ScatterDimensionNumbers``, which `program.replay` makes of it."""

    update_window_dims: tuple[int, ...]
    inserted_window_dims: tuple[int, ...]
    scatter_dims_to_operand_dims: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    scatter_indices_batching_dims: tuple[int, ...] = ()


def cast(raw: Raw, dtype: np.dtype[Any]) -> Raw:
    """The value in another dtype, rounded as NumPy's astype does."""
    if raw.dtype == dtype:
        return raw
    if not isinstance(raw, Node) and not _rounded_before(raw, dtype):
        return np.asarray(raw).astype(dtype)
    if dtype.kind == "b":
        return emit("ne", {}, [raw, np.zeros((), dtype=raw.dtype)], raw.shape, dtype)
    return emit("convert_element_type", {"new_dtype": dtype}, [raw], raw.shape, dtype)


def _rounded_before(raw: Array, dtype: np.dtype[Any]) -> bool:
    """Whether a constant was rounded in a lower dtype: how it was written can only be told while it is in that."""
    lower = is_inexact(raw.dtype) and is_inexact(dtype) and raw.dtype.itemsize < dtype.itemsize
    return lower and raw.dtype.itemsize < 8 and not np.array_equal(raw, np.rint(raw))


def broadcast(raw: Raw, shape: Shape) -> Raw:
    """The value repeated to `shape`, as NumPy broadcasts."""
    own = raw.shape
    if own == shape:
        return raw
    if not isinstance(raw, Node):
        return np.array(np.broadcast_to(raw, shape))
    missing = len(shape) - len(own)
    kept = [axis for axis, size in enumerate(own) if size == shape[axis + missing]]
    if len(kept) < len(own):
        raw = reshape(raw, tuple(own[axis] for axis in kept))
    params = {"shape": shape, "broadcast_dimensions": tuple(axis + missing for axis in kept)}
    return emit("broadcast_in_dim", params, [raw], shape, raw.dtype)


def real(raw: Raw) -> Raw:
    """The real part."""
    if raw.dtype.kind != "c":
        return raw
    return emit("real", {}, [raw], raw.shape, _part(raw)) if isinstance(raw, Node) else np.array(np.real(raw))


def imag(raw: Raw) -> Raw:
    """The imaginary part."""
    if raw.dtype.kind != "c":
        return np.zeros(raw.shape, dtype=raw.dtype)
    return emit("imag", {}, [raw], raw.shape, _part(raw)) if isinstance(raw, Node) else np.array(np.imag(raw))


def complex_of(re: Raw, im: Raw) -> Raw:
    """The complex numbers of these parts."""
    return emit("complex", {}, [re, im], re.shape, np.result_type(re.dtype, np.complex64))


def _part(raw: Raw) -> np.dtype[Any]:
    return np.dtype(f"f{raw.dtype.itemsize // 2}")


def entrywise(name: str, operands: Sequence[Raw], shape: Shape, dtype: np.dtype[Any], **params: Any) -> Raw:
    """A primitive on operands that broadcast to `shape`; operands without dimensions are left as they are."""
    ready = [operand if not operand.shape else broadcast(operand, shape) for operand in operands]
    return emit(name, params, ready, shape, dtype)


def reshape(raw: Raw, shape: Sequence[int]) -> Raw:
    """The value in another shape of the same size."""
    shape = tuple(int(n) for n in shape)
    if raw.shape == shape:
        return raw
    if not isinstance(raw, Node):
        return raw.reshape(shape)
    return emit("reshape", {"new_sizes": shape}, [raw], shape, raw.dtype)


def transpose(raw: Raw, permutation: Sequence[int]) -> Raw:
    """The value with its axes permuted."""
    order = tuple(int(axis) for axis in permutation)
    if order == tuple(range(raw.ndim)):
        return raw
    if not isinstance(raw, Node):
        return raw.transpose(order)
    return emit("transpose", {"permutation": order}, [raw], tuple(raw.shape[axis] for axis in order), raw.dtype)


def take(raw: Raw, places: Array) -> Raw:
    """Entries by their numbers in C order: an array of the shape of `places`."""
    if not isinstance(raw, Node):
        return np.asarray(np.ravel(raw)[places])
    if not places.size:
        return np.zeros(places.shape, dtype=raw.dtype)
    params = {
        "dimension_numbers": GatherDimensions((), (0,), (0,)),
        "slice_sizes": (1,),
        "mode": IN_BOUNDS,
        "fill_value": None,
    }
    return emit("gather", params, [reshape(raw, (raw.size,)), places[..., None]], places.shape, raw.dtype)


def entries_at(raw: Raw, places: Sequence[Raw]) -> Raw:
    """``raw[places]`` for whole numbers, one array an axis from the first on, that are only known when the program runs.

    Those out of bounds read NaN, the smallest integer, or true.
    """
    where, shape = _indices(raw, places)
    rest = raw.shape[len(places) :]
    params = {
        "dimension_numbers": GatherDimensions(
            tuple(range(len(shape), len(shape) + len(rest))), tuple(range(len(places))), tuple(range(len(places)))
        ),
        "slice_sizes": (*(1,) * len(places), *rest),
        "mode": FILLED,
        "fill_value": None,
    }
    return emit("gather", params, [raw, where], (*shape, *rest), raw.dtype)


def rows_at(raw: Raw, places: Raw) -> Raw:
    """Rows by their numbers, which exist."""
    return entries_at(raw, [places])


def changed_at(name: str, raw: Raw, places: Sequence[Raw], new: Raw) -> Raw:
    """The value with entries replaced ("set") or combined (as by `combine`) there; those out of bounds are left out."""
    where, shape = _indices(raw, places)
    rest = raw.shape[len(places) :]
    numbers = tuple(range(len(places)))
    params = {
        "dimension_numbers": ScatterDimensions(tuple(range(len(shape), len(shape) + len(rest))), numbers, numbers),
        "mode": FILLED,
        "unique_indices": False,
    }
    operands = [raw, where, broadcast(new, (*shape, *rest))]
    return emit("scatter" if name == "set" else f"scatter-{name}", params, operands, raw.shape, raw.dtype)


def _indices(raw: Raw, places: Sequence[Raw]) -> tuple[Raw, Shape]:
    """Whole numbers for the first axes as one array with a last axis, negative ones counted from the end; their shape."""
    shape = np.broadcast_shapes(*(place.shape for place in places))
    whole = np.dtype(np.int64)
    columns = []
    for n, place in zip(raw.shape, places, strict=False):
        given = cast(place, whole)
        if isinstance(given, Node):
            from_end = emit("add", {}, [given, np.full(given.shape, n)], given.shape, whole)
            negative = emit("lt", {}, [given, np.zeros(given.shape, whole)], given.shape, np.dtype(bool))
            given = choose(negative, from_end, given)
        else:
            given = np.where(given < 0, given + n, given)
        columns.append(reshape(broadcast(given, shape), (*shape, 1)))
    if len(columns) == 1:
        return columns[0], shape
    return emit("concatenate", {"dimension": len(shape)}, columns, (*shape, len(columns)), whole), shape


def put(raw: Raw, places: Array, new: Raw) -> Raw:
    """The value with the entries of these numbers replaced; of equal numbers, the last counts."""
    if not places.size:
        return raw
    last = {int(place): k for k, place in enumerate(places.ravel())}
    if len(last) < places.size:
        kept = np.fromiter(last.values(), dtype=np.int64)
        places, new = places.ravel()[kept], take(new, kept)
    return _scattered("scatter", raw, places, new, unique=True)


def combine(name: str, raw: Raw, places: Array, new: Raw) -> Raw:
    """The value with entries of these numbers combined with new ones, as often as their numbers occur.

    ``name`` is one of add, mul, max, min.
    """
    return _scattered(f"scatter-{name}", raw, places, new, unique=False) if places.size else raw


_COMBINING = {"scatter-add": np.add, "scatter-mul": np.multiply, "scatter-max": np.maximum, "scatter-min": np.minimum}


def _scattered(name: str, raw: Raw, places: Array, new: Raw, unique: bool) -> Raw:
    if not isinstance(raw, Node) and not isinstance(new, Node):
        flat = np.array(raw).reshape(-1)
        if name == "scatter":
            flat[places.ravel()] = np.ravel(new)
        else:
            _COMBINING[name].at(flat, places.ravel(), np.ravel(new))
        return flat.reshape(raw.shape)
    params = {
        "dimension_numbers": ScatterDimensions((), (0,), (0,)),
        "mode": IN_BOUNDS,
        "unique_indices": unique,
    }
    size = math.prod(raw.shape)
    operands = [reshape(raw, (size,)), places.reshape(-1, 1), reshape(new, (places.size,))]
    return reshape(emit(name, params, operands, (size,), raw.dtype), raw.shape)


def is_basic(key: Any) -> bool:
    """Whether an index is made of whole numbers, slices, None and Ellipsis only: NumPy then gives a view."""
    parts = key if type(key) is tuple else (key,)
    return all(
        part is None
        or part is Ellipsis
        or (isinstance(part, slice | int | np.integer) and not isinstance(part, bool | np.bool))
        for part in parts
    )


def _ranges(key: Any, shape: tuple[int, ...]) -> list[range]:
    """The positions that a basic index reads, for each axis of the array."""
    parts = [part for part in (key if type(key) is tuple else (key,)) if part is not None]
    if Ellipsis in parts:
        place = parts.index(Ellipsis)
        parts[place : place + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    parts += [slice(None)] * (len(shape) - len(parts))
    return [
        range(n)[part] if isinstance(part, slice) else range(int(part) % n, int(part) % n + 1)
        for part, n in zip(parts, shape, strict=True)
    ]


def read(raw: Raw, key: Any, shape: Shape) -> Raw:
    """``raw[key]`` for a basic index that is in bounds; `shape` is that of the result."""
    if not isinstance(raw, Node):
        return np.asarray(raw[key])
    ranges = _ranges(key, raw.shape)
    sizes = tuple(map(len, ranges))
    if not math.prod(sizes):
        return np.zeros(shape, dtype=raw.dtype)
    low, high = [min(r[0], r[-1]) for r in ranges], [max(r[0], r[-1]) + 1 for r in ranges]
    if sizes != raw.shape:
        steps = tuple(abs(r.step) for r in ranges)
        params = {"start_indices": tuple(low), "limit_indices": tuple(high), "strides": steps}
        raw = emit("slice", params, [raw], sizes, raw.dtype)
    turned = tuple(axis for axis, r in enumerate(ranges) if r.step < 0 and len(r) > 1)
    if turned:
        raw = emit("rev", {"dimensions": turned}, [raw], sizes, raw.dtype)
    return reshape(raw, shape)


def write(raw: Raw, key: Any, new: Raw) -> Raw:
    """``raw[key] = new`` for a basic index that is in bounds, and a new value of the shape and dtype of what is replaced."""
    ranges = _ranges(key, raw.shape)
    sizes = tuple(map(len, ranges))
    if not math.prod(sizes):
        return raw
    new = reshape(new, sizes)
    if sizes == raw.shape and all(r.step > 0 for r in ranges):
        return new
    if any(r.step != 1 and len(r) > 1 for r in ranges):
        numbers = np.arange(math.prod(raw.shape)).reshape(raw.shape)
        return put(raw, numbers[np.ix_(*ranges)], new)
    if not isinstance(raw, Node) and not isinstance(new, Node):
        known = np.array(raw)
        known[tuple(slice(r[0], r[0] + len(r)) for r in ranges)] = new
        return known
    return emit("update_slice", {"start_indices": tuple(r[0] for r in ranges)}, [raw, new], raw.shape, raw.dtype)


def choose(mask: Raw, on: Raw, off: Raw) -> Raw:
    """`on` where the mask holds, else `off`; all of one shape."""
    if not any(isinstance(raw, Node) for raw in (mask, on, off)):
        return np.where(mask, on, off)
    return emit("select_n", {}, [mask, off, on], on.shape, on.dtype)
