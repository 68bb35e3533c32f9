"""Logic on booleans that are known between two bounds: what a comparison of overlapping balls leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.system import CannotDecideError, Unsure, settle

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


def _bounds(value: Array | Unsure) -> tuple[Array, Array]:
    """Where it certainly holds, and where it may."""
    return (value.certain, value.possible) if isinstance(value, Unsure) else (value, value)


def _not(params: Params, a: Any) -> Array | Unsure:
    if isinstance(a, Unsure):
        return Unsure(~a.possible, ~a.certain, None if a.symbols is None else -a.symbols)
    return np.asarray(np.invert(a))


def _and(params: Params, a: Any, b: Any) -> Array | Unsure:
    (a_yes, a_may), (b_yes, b_may) = _bounds(a), _bounds(b)
    return settle(a_yes & b_yes, a_may & b_may)


def _or(params: Params, a: Any, b: Any) -> Array | Unsure:
    (a_yes, a_may), (b_yes, b_may) = _bounds(a), _bounds(b)
    return settle(a_yes | b_yes, a_may | b_may)


def _xor(params: Params, a: Any, b: Any) -> Array | Unsure:
    (a_yes, a_may), (b_yes, b_may) = _bounds(a), _bounds(b)
    return settle((a_yes & ~b_may) | (b_yes & ~a_may), (a_may & ~b_yes) | (b_may & ~a_yes))


def _eq(params: Params, a: Any, b: Any) -> Array | Unsure:
    return _not(params, _xor(params, a, b))


def _all(params: Params, a: Any) -> Array | Unsure:
    yes, may = _bounds(a)
    return settle(np.all(yes, axis=tuple(params["axes"])), np.all(may, axis=tuple(params["axes"])))


def _any(params: Params, a: Any) -> Array | Unsure:
    yes, may = _bounds(a)
    return settle(np.any(yes, axis=tuple(params["axes"])), np.any(may, axis=tuple(params["axes"])))


def select(params: Params, which: Any, off: Any, on: Any) -> Array | Unsure:
    """``select_n`` of booleans, where the predicate or the cases may be open."""
    for case in (off, on):
        if not isinstance(case, Unsure) and case.dtype.kind != "b":
            raise CannotDecideError("a whole number depends on a comparison that is left open")
    (yes, may), (off_yes, off_may), (on_yes, on_may) = _bounds(which), _bounds(off), _bounds(on)
    certain = (yes & on_yes) | (~may & off_yes) | (on_yes & off_yes)
    return settle(certain, (may & on_may) | (~yes & off_may))


LOGIC: Mapping[str, Callable[..., Any]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "not": _not,
    "eq": _eq,
    "ne": _xor,
    "reduce_and": _all,
    "reduce_or": _any,
    "reduce_min": _all,
    "reduce_max": _any,
    "min": _and,
    "max": _or,
    "select_n": select,
}


def of_booleans(name: str, params: Params, values: Sequence[Any]) -> Any:
    """A primitive on booleans of which some are open.

    Raises:
        CannotDecideError: the result would be a number, or an order.
    """
    rule = LOGIC.get(name)
    if rule is None or (name == "select_n" and len(values) != 3):
        raise CannotDecideError(f"{name} depends on a comparison that the enclosures leave open")
    return rule(params, *values)


def moved(move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
    """A structural function on booleans of which some are open."""
    shapes = [np.shape(part.certain) if isinstance(part, Unsure) else np.shape(part) for part in data]
    certain = move(params, *(_bounds(part)[0] for part in data))
    possible = move(params, *(_bounds(part)[1] for part in data))
    named = [
        part.symbols if isinstance(part, Unsure) and part.symbols is not None else np.zeros(shape, dtype=np.int64)
        for part, shape in zip(data, shapes, strict=True)
    ]
    symbols = move(params, *named)
    if isinstance(certain, list):
        return [settle(*triple) for triple in zip(certain, possible, symbols, strict=True)]
    return settle(certain, possible, symbols)
