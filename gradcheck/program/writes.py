"""NumPy's functions that make arrays like another, and those that write into one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.tape import TracingError
from gradcheck.program.traced import Traced
from gradcheck.program.traced_array import TracedArray, raw_of

Function = Callable[..., Any]


def _like(func: Function) -> Function:
    """zeros_like and its siblings: the contents are known already."""

    def make(prototype: Any, dtype: Any = None, order: Any = "K", *, shape: Any = None, **_: Any) -> Any:
        kind = prototype.dtype if dtype is None else np.dtype(dtype)
        shadow = prototype.shadow if isinstance(prototype, Traced) else np.asarray(prototype)
        made = func(shadow, dtype=kind, order=order, shape=shape)
        known = order in ("C", "F") or shape is not None or not isinstance(prototype, TracedArray) or prototype.ordered
        return TracedArray(np.ascontiguousarray(made).reshape(made.shape), shadow=made.view(), ordered=known)

    return make


def _emptied(prototype: Any, **kwargs: Any) -> Any:
    """What is never written must not look like a number."""
    made = np.zeros_like(prototype, **kwargs)
    return np.full_like(made, np.nan) if made.dtype.kind == "f" else made


_empty_like = _like(_emptied)


def _full_like(prototype: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Any:
    made = _empty_like(prototype, *args, **kwargs)
    made.assign(fill_value)
    return made


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    _written(dst)
    if not np.can_cast(raw_of(src).dtype if isinstance(src, Traced) else np.result_type(src), dst.dtype, casting):  # type: ignore[arg-type] # a str
        raise TypeError(f"Cannot cast array data to {dst.dtype!r} according to the rule '{casting}'")
    dst.assign(src, None if where is True else recording.cast(raw_of(where), np.dtype(bool)))


def _written(target: Any) -> None:
    if not isinstance(target, TracedArray):
        raise TracingError(
            "a plain array is written to with traced values. Make it with np.zeros_like(x) of a traced x"
        )


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    _written(a)
    numbers = np.zeros(a.shape, dtype=bool)
    np.fill_diagonal(numbers, True, wrap=wrap)
    places = np.flatnonzero(numbers)
    raw = recording.cast(raw_of(val), a.dtype)
    raw = recording.take(raw, np.arange(places.size) % max(math.prod(raw.shape), 1))
    a.overwrite(recording.put(a.value, places, raw))


def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    _written(a)
    places = np.arange(a.size).take(np.asarray(ind), mode=mode)  # type: ignore[call-overload] # a str
    raw = recording.cast(raw_of(v), a.dtype)
    raw = recording.take(raw, np.arange(places.size) % max(math.prod(raw.shape), 1))
    a.overwrite(recording.put(a.value, places.ravel(), raw))


def _put_mask(a: Any, mask: Any, values: Any) -> None:
    _written(a)
    raw = recording.cast(raw_of(values), a.dtype)
    repeated = recording.take(raw, np.arange(a.size).reshape(a.shape) % max(math.prod(raw.shape), 1))
    a.overwrite(recording.choose(recording.cast(raw_of(mask), np.dtype(bool)), repeated, a.value))


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    _written(arr)
    numbers = np.arange(arr.size).reshape(arr.shape)
    places = np.take_along_axis(numbers, np.asarray(indices), axis=axis)
    raw = recording.broadcast(recording.cast(raw_of(values), arr.dtype), places.shape)
    arr.overwrite(recording.put(arr.value, places, raw))


WRITES: Mapping[Function, Function] = {
    np.zeros_like: _like(np.zeros_like),
    np.ones_like: _like(np.ones_like),
    np.empty_like: _empty_like,
    np.full_like: _full_like,
    np.copyto: _copyto,
    np.fill_diagonal: _fill_diagonal,
    np.put: _put,
    np.putmask: _put_mask,
    np.put_along_axis: _put_along_axis,
}
