"""Jets at kinks and jumps: comparisons that are tied, and choices that depend on them.

A comparison is *tied* where its sides are equal, or cannot be told apart, while their difference moves. Which side it takes
is then left open by a symbol, the same wherever the same comparison is made, and the tangent of a choice that depends on it
is what `numbers.choices` makes of both. For a piecewise smooth continuous function the enclosure at the end contains Clarke's
generalized derivative (Clarke, Optimization and Nonsmooth Analysis, 1983, theorem 2.5.1).

Where the values of the two sides differ, the function jumps and its derivative is unknown.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.choices import TooManyError, chosen, enclosed, joined, parts_of, picked
from gradcheck.numbers.jet import Jet
from gradcheck.numbers.logic import of_booleans
from gradcheck.numbers.system import Unsure, settle

Array = np.ndarray[Any, np.dtype[Any]]

_numbering = itertools.count(1)


def compare(system: Any, name: str, values: Sequence[Any], position: int = -1) -> Array | Unsure:
    """A comparison of values, open where it is tied.

    Equal sides that do not move (constants, or the same number twice) decide it.
    """
    if any(isinstance(value, Unsure) for value in values):
        return of_booleans(name, {}, values)  # type: ignore[no-any-return] # eq and ne of booleans are booleans
    a, b = (system.lift(value) for value in values)
    base = system.base
    answer = base.apply(name, {}, [a.value, a.value if values[0] is values[1] else b.value], position)
    if (a.tangent is None and b.tangent is None) or values[0] is values[1]:
        return answer  # type: ignore[no-any-return] # booleans, plain or open
    tied = ~certain(base.apply("ne", {}, [a.value, b.value]))
    if not np.any(tied):
        return answer  # type: ignore[no-any-return] # as above
    tied = tied & moves(system, a, b, tied.shape)
    yes, may = (answer.certain, answer.possible) if isinstance(answer, Unsure) else (answer, answer)
    return settle(yes & ~tied, may | tied, _symbols(system, name, values, tied.shape))


def certain(answer: Array | Unsure) -> Array:
    """Where it certainly holds."""
    return answer.certain if isinstance(answer, Unsure) else answer


def moves(system: Any, a: Jet, b: Jet, shape: tuple[int, ...]) -> Array:
    """Where the difference of `a` and `b` changes along some direction, as far as can be told."""
    difference = None
    for jet, tangent in ((a, a.tangent), (b, system.minus(b.tangent))):
        if tangent is not None:
            difference = system.plus(difference, system.spread(tangent, len(shape) - len(jet.shape)))
    still = system.base.apply("eq", {}, [difference, system.base.exact(0, ())])
    return np.broadcast_to(~np.all(certain(still), axis=0), shape)


def _symbols(system: Any, name: str, values: Sequence[Any], shape: tuple[int, ...]) -> Array:
    """One number an element; the same for the same operands, negated where the comparison is turned round."""
    first, second = (_identity(system, value) for value in values)
    turned = name in ("lt", "le", "lt_to", "le_to")
    if name in ("eq", "ne"):
        key: tuple[Any, ...] = ("eq", *sorted((first, second)))
        turned = name == "ne"
    else:
        turned = turned != (first > second)
        key = ("gt", *sorted((first, second)))
    known = system.choices.ties.get(key)
    if known is None:
        count = math.prod(shape)
        numbers = np.fromiter(itertools.islice(_numbering, count), dtype=np.int64, count=count).reshape(shape)
        # The operands are kept, so that no other value can have their identity.
        known = system.choices.ties[key] = (tuple(values), numbers)
    numbers = np.broadcast_to(known[1], shape) if known[1].size == math.prod(shape) else known[1]
    return -numbers if turned else numbers


def _identity(system: Any, value: Any) -> int:
    """What tells operands apart: the value itself, and 0 for a constant zero, however it was made."""
    jet = system.lift(value)
    if jet.tangent is None:
        zero = system.base.apply("eq", {}, [jet.value, system.base.exact(0, ())])
        if np.all(certain(zero)):
            return 0
    return id(value)


def select(system: Any, which: Any, off: Any, on: Any) -> Any:
    """``select_n`` of two cases: `on` where the predicate holds; both, held together by a symbol, where it is open."""
    if not isinstance(off, Jet) and not isinstance(on, Jet):
        return system.lift_result(system.base.apply("select_n", {}, [which, off, on]))
    shape = np.broadcast_shapes(*(np.shape(part) if isinstance(part, np.ndarray) else part.shape for part in (off, on)))
    off, on = (spread_to(system, system.lift(case), shape) for case in (off, on))
    value = system.base.apply("select_n", {}, [which, off.value, on.value])
    return Jet(system, value, chosen_tangent(system, which, off, on))


def chosen_tangent(system: Any, which: Any, off: Jet, on: Jet) -> Any:
    """The tangent of a choice between two jets of the same shape."""
    base, rows = system.base, system.rows(off, on)
    if not isinstance(which, Unsure):
        if off.tangent is None and on.tangent is None:
            return None
        wide = np.broadcast_to(which, (rows, *off.shape))
        return base.apply("select_n", {}, [wide, system.dense(off, rows), system.dense(on, rows)])
    open_ = np.broadcast_to(which.certain != which.possible, off.shape)
    jump = open_ & certain(base.apply("ne", {}, [off.value, on.value]))
    if off.tangent is None and on.tangent is None and not np.any(jump):
        return None
    low, high = (parts_of(system, system.dense(jet, rows)) for jet in (off, on))
    symbols = _named(which, open_)
    sure, turned = np.broadcast_to(which.certain, off.shape), symbols < 0
    at_zero = picked(system, np.where(open_, turned, sure), low, high)
    at_one = picked(system, np.where(open_, ~turned, sure), low, high)
    try:
        tangent = joined(system, chosen(system, at_zero, at_one, np.abs(symbols)))
    except TooManyError:
        tangent = enclosed(system, at_zero, at_one, open_)
    return unknown_where(system, jump, tangent, off.shape)


def _named(which: Unsure, open_: Array) -> Array:
    """The symbols of the open elements; new ones for those that have none."""
    symbols = np.zeros(open_.shape, dtype=np.int64)
    if which.symbols is not None:
        symbols[...] = which.symbols
    nameless = open_ & (symbols == 0)
    count = int(np.sum(nameless))
    symbols[nameless] = np.fromiter(itertools.islice(_numbering, count), dtype=np.int64, count=count)
    return np.where(open_, symbols, 0)


def spread_to(system: Any, x: Jet, shape: tuple[int, ...]) -> Jet:
    """The jet broadcast to a shape."""
    if x.shape == shape:
        return x
    spread: Jet = system.rearrange(lambda _, data: np.broadcast_to(data, shape), {}, [x])
    return spread


def unknown_where(system: Any, border: Any, tangent: Any, shape: tuple[int, ...]) -> Any:
    """The tangent, replaced by an enclosure of everything where `border` may hold."""
    possible = border.possible if isinstance(border, Unsure) else border
    if tangent is None or not np.any(possible):
        return tangent
    full = (tangent.shape[0], *shape)
    return system.base.apply("select_n", {}, [np.broadcast_to(possible, full), tangent, system.base.unknown(full)])
