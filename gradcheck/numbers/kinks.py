"""Jets at kinks and jumps: comparisons that are tied, and choices that depend on them.

A comparison is *tied* where its sides are equal, or cannot be told apart, while their difference moves. Which side it takes
is then left open by a symbol λ ∈ [0, 1], and a choice between a (λ = 0) and b (λ = 1) has the tangent

    ȧ + λ (ḃ − ȧ)

As long as what follows is linear in tangents, so is it in λ: the coefficient of λ is one more row a direction, which every
rule carries along without knowing. What depends on no choice after all (a softmax from which the maximum is subtracted) ends
with a coefficient of 0. Only at the end, for λ anywhere in [0, 1], the tangent becomes an enclosure. For a piecewise smooth
continuous function it contains Clarke's generalized derivative (Clarke, Optimization and Nonsmooth Analysis, 1983, theorem
2.5.1). The same comparison has the same λ wherever it is made, so that nested choices agree with each other.

Where the values of the two sides differ, the function jumps and its derivative is unknown.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.numbers.jet import Jet
from gradcheck.numbers.logic import of_booleans
from gradcheck.numbers.system import Unsure, settle

Array = np.ndarray[Any, np.dtype[Any]]

# More symbols, or more numbers in one tangent, are not kept apart: each choice is then enclosed on its own.
_MOST_SYMBOLS = 64
_MOST_NUMBERS = 2**17

_numbering = itertools.count(1)


@dataclass
class Kinks:
    """The symbols of one evaluation: ``places`` gives the rows that belong to each, ``ties`` the comparisons seen."""

    places: dict[int, int] = field(default_factory=dict)
    ties: dict[tuple[Any, ...], tuple[Any, Array]] = field(default_factory=dict)


def collapsed(system: Any, jet: Jet) -> Any:
    """The tangent of `jet` with every symbol replaced by [0, 1]: shape ``(directions, *value.shape)``, or None."""
    d = system.directions
    if jet.tangent is None or jet.tangent.shape[0] == d:
        return jet.tangent
    base, (smooth, extra) = system.base, _split(system, jet.tangent)
    blocks = base.apply("reshape", {"new_sizes": (extra.shape[0] // d, d, *jet.shape)}, [extra])
    anything = Unsure(np.zeros(blocks.shape, dtype=bool), np.ones(blocks.shape, dtype=bool))
    between = base.apply("select_n", {}, [anything, base.exact(0, tuple(blocks.shape)), blocks])
    return base.apply("add", {}, [smooth, base.apply("reduce_sum", {"axes": (0,)}, [between])])


def _split(system: Any, tangent: Any) -> tuple[Any, Any]:
    """The rows of the directions, and those of the symbols."""
    d = system.directions
    smooth, extra = system.base.rearrange(lambda _, data: [data[:d], data[d:]], {}, [tangent])
    return smooth, extra


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
    for jet, negative in ((a, False), (b, True)):
        if jet.tangent is not None:
            term = system.spread(jet.tangent, len(shape) - len(jet.shape))
            difference = system.plus(difference, system.base.apply("neg", {}, [term]) if negative else term)
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
    known = system.kinks.ties.get(key)
    if known is None:
        count = math.prod(shape)
        numbers = np.fromiter(itertools.islice(_numbering, count), dtype=np.int64, count=count).reshape(shape)
        # The operands are kept, so that no other value can have their identity.
        known = system.kinks.ties[key] = (tuple(values), numbers)
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
    tangent = _between(system, which, open_, system.dense(off, rows), system.dense(on, rows))
    return unknown_where(system, jump, tangent, off.shape)


def _between(system: Any, which: Unsure, open_: Array, off: Any, on: Any) -> Any:
    """Two tangents of as many rows as one, with a symbol at every open element."""
    base, d = system.base, system.directions
    shape = tuple(open_.shape)
    symbols = _named(which, open_)
    sure, turned = np.broadcast_to(which.certain, shape), symbols < 0
    low = base.apply("select_n", {}, [_wide(np.where(open_, turned, sure), off.shape[0]), off, on])
    high = base.apply("select_n", {}, [_wide(np.where(open_, ~turned, sure), off.shape[0]), off, on])
    symbols = np.abs(symbols)
    fresh = [int(s) for s in np.unique(symbols[open_])]
    places = system.kinks.places
    count = len({*places, *fresh})
    if count > _MOST_SYMBOLS or d * (1 + count) * math.prod(shape) > _MOST_NUMBERS:
        anything = Unsure(np.zeros(low.shape, dtype=bool), np.broadcast_to(open_, low.shape))
        return base.apply("select_n", {}, [anything, low, high])
    for s in fresh:
        places.setdefault(s, len(places))
    return _with_rows(system, symbols, fresh, low, high)


def _wide(mask: Array, rows: int) -> Array:
    return np.broadcast_to(mask, (rows, *mask.shape))


def _named(which: Unsure, open_: Array) -> Array:
    """The symbols of the open elements; new ones for those that have none."""
    symbols = np.zeros(open_.shape, dtype=np.int64)
    if which.symbols is not None:
        symbols[...] = which.symbols
    nameless = open_ & (symbols == 0)
    count = int(np.sum(nameless))
    symbols[nameless] = np.fromiter(itertools.islice(_numbering, count), dtype=np.int64, count=count)
    return np.where(open_, symbols, 0)


def _with_rows(system: Any, symbols: Array, fresh: list[int], low: Any, high: Any) -> Any:
    """low + λ (high − low) at the elements that a symbol names, where ``low`` and ``high`` may contain λ themselves.

    With λ fixed at 0 in ``low`` and at 1 in ``high``, the right-hand side is linear in λ and right at both ends.
    """
    base, d, places = system.base, system.directions, system.kinks.places
    shape = tuple(symbols.shape)
    total = d * (1 + len(places))
    zero = base.exact(0, ())
    low, high = system.padded(low, total), system.padded(high, total)

    def block(tangent: Any, k: int) -> Any:
        return base.rearrange(lambda _, data: data[d * (k + 1) : d * (k + 2)], {}, [tangent])

    def only(mask: Array, part: Any) -> Any:
        return base.rearrange(lambda _, data, nothing: np.where(mask, data, nothing), {}, [part, zero])

    smooth_low, smooth_high = (base.rearrange(lambda _, data: data[:d], {}, [tangent]) for tangent in (low, high))
    others = []
    for s, k in places.items():
        here = symbols == s
        from_low, from_high = block(low, k), block(high, k)
        if np.any(here):
            smooth_high = base.apply("add", {}, [smooth_high, only(here, from_high)])
            from_low, from_high = only(~here, from_low), only(~here, from_high)
        elsewhere = (symbols != 0) & ~here  # a product of two symbols: enclosed
        if np.any(elsewhere):
            anything = Unsure(np.zeros((d, *shape), dtype=bool), _wide(elsewhere, d))
            from_low = base.apply("select_n", {}, [anything, from_low, from_high])
        others.append(from_low)
    step = base.apply("sub", {}, [smooth_high, smooth_low])
    for s in fresh:
        k = places[s]
        others[k] = base.apply("add", {}, [others[k], only(symbols == s, step)])
    return base.rearrange(lambda _, *parts: np.concatenate(parts), {}, [smooth_low, *others])


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
