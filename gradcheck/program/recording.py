"""What a NumPy trace is made of: refusals, and the few lax operations that NumPy's semantics need.

A *raw* value below is a JAX tracer, or a NumPy array that is known already. Everything here is called while JAX is tracing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Raw = Any


@dataclass
class Recording:
    """One trace: what was refused in it, and the constants that it has made."""

    refusals: list[str] = field(default_factory=list)
    constants: dict[Any, Raw] = field(default_factory=dict)


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def recording() -> Iterator[Recording]:
    """A new trace, for as long as the context lasts."""
    made = Recording()
    token = _current.set(made)
    try:
        yield made
    finally:
        _current.reset(token)


class TracingError(TypeError):
    """The function does something with a traced array that a trace cannot record; the message says what, and what to do.

    It is remembered: a function that catches it has taken another path than it takes with plain arrays.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        current = _current.get()
        if current is not None:
            current.refusals.append(message)


def is_tracer(raw: Raw) -> bool:
    """Whether the value is only known when the program runs."""
    return not isinstance(raw, np.ndarray | np.generic)


def cast(raw: Raw, dtype: np.dtype[Any]) -> Raw:
    """The value in another dtype, rounded as NumPy's astype does."""
    if raw.dtype == dtype:
        return raw
    if not is_tracer(raw):
        return np.asarray(raw).astype(dtype)
    from jax import lax

    if dtype.kind == "b":
        return lax.ne(raw, constant(0, raw.dtype, raw.shape))
    return lax.convert_element_type(raw, dtype)


def constant(number: Any, dtype: Any, shape: tuple[int, ...]) -> Raw:
    """The same number everywhere; made once in a trace."""
    from jax import lax

    value = np.asarray(number, dtype=dtype)
    current = _current.get()
    if current is None or not shape:
        return value if not shape else lax.broadcast_in_dim(value, shape, ())
    key = (value.tobytes(), value.dtype, shape)
    if key not in current.constants:
        current.constants[key] = lax.broadcast_in_dim(value, shape, ())
    return current.constants[key]


def broadcast(raw: Raw, shape: tuple[int, ...]) -> Raw:
    """The value repeated to `shape`, as NumPy broadcasts."""
    own = tuple(raw.shape)
    if own == shape:
        return raw
    if not is_tracer(raw):
        return constant(raw, raw.dtype, shape) if not own else np.array(np.broadcast_to(raw, shape))
    from jax import lax

    missing = len(shape) - len(own)
    kept = [axis for axis, size in enumerate(own) if size == shape[axis + missing]]
    if len(kept) < len(own):
        raw = lax.reshape(raw, tuple(own[axis] for axis in kept))
    return lax.broadcast_in_dim(raw, shape, tuple(axis + missing for axis in kept))


def reshape(raw: Raw, shape: Sequence[int]) -> Raw:
    """The value in another shape of the same size."""
    shape = tuple(shape)
    if tuple(raw.shape) == shape:
        return raw
    if not is_tracer(raw):
        return raw.reshape(shape)
    from jax import lax

    return lax.reshape(raw, shape)


def transpose(raw: Raw, permutation: Sequence[int]) -> Raw:
    """The value with its axes permuted."""
    if tuple(permutation) == tuple(range(raw.ndim)):
        return raw
    if not is_tracer(raw):
        return raw.transpose(permutation)
    from jax import lax

    return lax.transpose(raw, tuple(permutation))


def take(raw: Raw, places: Array) -> Raw:
    """Entries by their numbers in C order: an array of the shape of `places`."""
    if not is_tracer(raw):
        return np.ravel(raw)[places]
    from jax import lax

    dims = lax.GatherDimensionNumbers(offset_dims=(), collapsed_slice_dims=(0,), start_index_map=(0,))
    flat = reshape(raw, (math.prod(raw.shape),))
    if not places.size:
        return np.zeros(places.shape, dtype=raw.dtype)
    return lax.gather(flat, places[..., None], dims, slice_sizes=(1,), mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS)


def put(raw: Raw, places: Array, new: Raw) -> Raw:
    """The value with the entries of these numbers replaced; of equal numbers, the last counts."""
    from jax import lax

    if not places.size:
        return raw
    last = {int(place): k for k, place in enumerate(places.ravel())}
    if len(last) < places.size:
        kept = np.fromiter(last.values(), dtype=np.int64)
        places, new = places.ravel()[kept], take(new, kept)
    dims = lax.ScatterDimensionNumbers(
        update_window_dims=(), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
    )
    flat = reshape(raw, (math.prod(raw.shape),))
    mode = lax.GatherScatterMode.PROMISE_IN_BOUNDS
    done = lax.scatter(flat, places.reshape(-1, 1), reshape(new, (places.size,)), dims, unique_indices=True, mode=mode)
    return reshape(done, raw.shape)


def combine(name: str, raw: Raw, places: Array, new: Raw) -> Raw:
    """The value with entries of these numbers combined with new ones, as often as their numbers occur."""
    from jax import lax

    if not places.size:
        return raw
    if name == "subtract":
        name, new = "add", lax.neg(new)
    elif name == "divide":
        name, new = "multiply", lax.div(constant(1, new.dtype, tuple(new.shape)), new)
    scatter = {"add": lax.scatter_add, "multiply": lax.scatter_mul, "max": lax.scatter_max, "min": lax.scatter_min}[
        name
    ]
    dims = lax.ScatterDimensionNumbers(
        update_window_dims=(), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
    )
    flat = reshape(raw, (math.prod(raw.shape),))
    mode = lax.GatherScatterMode.PROMISE_IN_BOUNDS
    done = scatter(flat, places.reshape(-1, 1), reshape(new, (places.size,)), dims, mode=mode)
    return reshape(done, raw.shape)


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


def read(raw: Raw, key: Any, shape: tuple[int, ...]) -> Raw:
    """``raw[key]`` for a basic index that is in bounds; `shape` is that of the result."""
    if not is_tracer(raw):
        return np.asarray(raw[key])
    from jax import lax

    ranges = _ranges(key, raw.shape)
    if any(not len(r) for r in ranges):
        return np.zeros(shape, dtype=raw.dtype)
    low, high = [min(r[0], r[-1]) for r in ranges], [max(r[0], r[-1]) + 1 for r in ranges]
    if any(len(r) < n for r, n in zip(ranges, raw.shape, strict=True)):
        raw = lax.slice(raw, low, high, [abs(r.step) for r in ranges])
    turned = [axis for axis, r in enumerate(ranges) if r.step < 0 and len(r) > 1]
    return reshape(lax.rev(raw, turned) if turned else raw, shape)


def write(raw: Raw, key: Any, new: Raw) -> Raw:
    """``raw[key] = new`` for a basic index that is in bounds, and a new value of the shape and dtype of what is replaced."""
    from jax import lax

    ranges = _ranges(key, raw.shape)
    sizes = tuple(map(len, ranges))
    if not math.prod(sizes):
        return raw
    new = reshape(new, sizes)
    if sizes == tuple(raw.shape) and all(r.step > 0 for r in ranges):
        return new
    if any(r.step != 1 and len(r) > 1 for r in ranges):
        numbers = np.arange(math.prod(raw.shape)).reshape(raw.shape)
        return put(raw, numbers[np.ix_(*ranges)], new)
    return lax.dynamic_update_slice_p.bind(raw, new, *(np.int32(r[0]) for r in ranges))


def choose(mask: Raw, on: Raw, off: Raw) -> Raw:
    """`on` where the mask holds, else `off`; all of one shape."""
    from jax import lax

    return lax.select_n(mask, off, on)
