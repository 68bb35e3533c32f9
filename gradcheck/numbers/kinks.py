"""Jets at kinks and jumps: comparisons, choices, largest entries, steps, sorts.

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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.numbers.ball_arrays import certainly
from gradcheck.numbers.jet import Jet
from gradcheck.numbers.logic import of_booleans
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.ordering import Order, ordered
from gradcheck.numbers.system import CannotDecideError, Unsure, settle
from gradcheck.program.program import is_inexact

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

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
    tied = ~_certain(base.apply("ne", {}, [a.value, b.value]))
    if not np.any(tied):
        return answer  # type: ignore[no-any-return] # as above
    tied = tied & _moves(system, a, b, tied.shape)
    certain, possible = (answer.certain, answer.possible) if isinstance(answer, Unsure) else (answer, answer)
    certain, possible = certain & ~tied, possible | tied
    return settle(certain, possible, _symbols(system, name, values, tied.shape))


def _certain(answer: Array | Unsure) -> Array:
    return answer.certain if isinstance(answer, Unsure) else answer


def _moves(system: Any, a: Jet, b: Jet, shape: tuple[int, ...]) -> Array:
    """Where the difference of `a` and `b` changes along some direction, as far as can be told."""
    difference = None
    for jet, negative in ((a, False), (b, True)):
        if jet.tangent is not None:
            term = system.spread(jet.tangent, len(shape) - len(jet.shape))
            difference = system.plus(difference, system.base.apply("neg", {}, [term]) if negative else term)
    still = system.base.apply("eq", {}, [difference, system.base.exact(0, ())])
    return np.broadcast_to(~np.all(_certain(still), axis=0), shape)


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
        if np.all(_certain(zero)):
            return 0
    return id(value)


def select(system: Any, which: Any, off: Any, on: Any) -> Any:
    """``select_n`` of two cases: `on` where the predicate holds; both, held together by a symbol, where it is open."""
    if not isinstance(off, Jet) and not isinstance(on, Jet):
        return system.lift_result(system.base.apply("select_n", {}, [which, off, on]))
    shape = np.broadcast_shapes(*(np.shape(part) if isinstance(part, np.ndarray) else part.shape for part in (off, on)))
    off, on = (_broadcast(system, system.lift(case), shape) for case in (off, on))
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
    jump = open_ & _certain(base.apply("ne", {}, [off.value, on.value]))
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


def unknown_where(system: Any, border: Any, tangent: Any, shape: tuple[int, ...]) -> Any:
    """The tangent, replaced by an enclosure of everything where `border` may hold."""
    possible = border.possible if isinstance(border, Unsure) else border
    if tangent is None or not np.any(possible):
        return tangent
    full = (tangent.shape[0], *shape)
    return system.base.apply("select_n", {}, [np.broadcast_to(possible, full), tangent, system.base.unknown(full)])


def _comparison(name: str) -> Callable[..., Any]:
    def rule(system: Any, params: Params, values: Sequence[Any], position: int) -> Array | Unsure:
        return compare(system, name, values, position)

    return rule


def _select_n(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """The chosen case; among three or more, the predicate must be decided."""
    which, *cases = values
    if len(cases) == 2:
        return select(system, which, *cases)
    if isinstance(which, Unsure):
        raise CannotDecideError("a choice among several depends on a comparison that is left open")
    result = cases[0]
    for k, case in enumerate(cases[1:], start=1):
        result = select(system, which == k, result, case)
    return result


def _extreme(name: str, wins: str) -> Callable[..., Any]:
    """max or min: the jet of the winner; both, where they are tied."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
        if not any(isinstance(value, Jet) for value in values):
            return system.lift_result(system.base.apply(name, params, values, position))
        first_wins = compare(system, wins, values, position)
        a, b = (system.lift(value) for value in values)
        shape = np.broadcast_shapes(a.shape, b.shape)
        value = system.base.apply(name, {}, [a.value, b.value])
        a, b = (_broadcast(system, jet, shape) for jet in (a, b))
        return Jet(system, value, chosen_tangent(system, first_wins, b, a))

    return rule


def _broadcast(system: Any, x: Jet, shape: tuple[int, ...]) -> Jet:
    if x.shape == shape:
        return x
    spread: Jet = system.rearrange(lambda _, data: np.broadcast_to(data, shape), {}, [x])
    return spread


def _abs(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """|x| is x or −x, as x > 0 says."""
    x = system.lift(values[0])
    value = system.base.apply("abs", {}, [x.value])
    if x.tangent is None:
        return Jet(system, value, None)
    positive = compare(system, "gt", [x, system.exact(0, ())], position)
    return Jet(system, value, chosen_tangent(system, positive, -x, x))


def _entire(name: str) -> Callable[..., Any]:
    """The largest or smallest entry along axes: read where it is, if no other may be equal, else by comparing one by one."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        if not isinstance(x, Jet) or x.tangent is None or 0 in x.shape:
            plain = x.value if isinstance(x, Jet) else x
            return system.lift_result(system.base.apply(name, {"axes": params["axes"]}, [plain]))
        axes = tuple(params["axes"])
        rest = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
        shape = tuple(x.shape[axis] for axis in rest)

        def lines(data: Array) -> Array:
            return data.transpose((*rest, *axes)).reshape(*shape, -1)

        entries = lines(system.ground(x))
        best = _best(entries, name == "reduce_max")
        largest = np.take_along_axis(entries, best, axis=-1)
        beaten = certainly("lt" if name == "reduce_max" else "gt", entries, largest)
        if np.all(np.sum(beaten, axis=-1) == entries.shape[-1] - 1):
            return system.rearrange(lambda _, data: np.take_along_axis(lines(data), best, axis=-1)[..., 0], {}, [x])
        return LOWERED[name](system, params, values)

    return rule


def _best(entries: Array, largest: bool) -> Array:
    """The place of the largest (or smallest) centre, with an axis of length 1."""
    nearest = np.asarray(np.frompyfunc(lambda ball: float(ball.mid()), 1, 1)(entries), dtype=np.float64)
    return np.expand_dims(np.argmax(nearest if largest else -nearest, axis=-1), -1)


def _rem(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """fmod(a, b) = a − q b, where q = trunc(a/b) is constant between its jumps."""
    a, b = (system.lift(value) for value in values)
    value = system.base.apply("rem", {}, [a.value, b.value])
    quotient = system.base.apply("div", {}, [system.base.apply("sub", {}, [a.value, value]), b.value])
    smooth = a - Jet(system, quotient, None) * b
    zero = system.base.exact(0, ())
    at_jump = ~_certain(system.base.apply("ne", {}, [value, zero]))
    at_jump &= ~_certain(system.base.apply("eq", {}, [quotient, zero]))  # fmod passes smoothly through a = 0
    return Jet(system, value, unknown_where(system, at_jump, smooth.tangent, tuple(value.shape)))


def _step(name: str) -> Callable[..., Any]:
    """Piecewise constant: derivative 0 between the jumps, unknown at one."""

    def rule(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        if not isinstance(x, Jet):
            return system.lift_result(system.base.apply(name, params, values, position))
        base = system.base
        value = base.apply(name, params, [x.value], position)
        if x.tangent is None:
            return Jet(system, value, None)
        if name == "sign":
            away: Any = base.exact(0, ())
        elif name == "round":  # halfway between whole numbers
            half = base.apply("div", {}, [base.exact(1, ()), base.exact(2, ())])
            away = base.apply("add", {}, [base.apply("floor", {}, [x.value]), half])
        else:
            away = value
        border = ~_certain(base.apply("ne", {}, [x.value, away])) & _moving(system, x)
        zero = base.exact(0, (system.directions, *x.shape))
        tangent = unknown_where(system, border, zero, x.shape)
        return Jet(system, value, tangent if np.any(border) else None)

    return rule


def _moving(system: Any, x: Jet) -> Array:
    """Where `x` changes along some direction, as far as can be told."""
    return _moves(system, x, system.exact(0, ()), x.shape)


def _convert(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """Open predicates become zeros and ones that remember them; a number at a jump becomes no whole number.

    Raises:
        CannotDecideError: the whole part of a number is asked for where it jumps.
    """
    (x,) = values
    dtype = np.dtype(params["new_dtype"])
    if is_inexact(dtype):
        if isinstance(x, Jet):
            return x
        if isinstance(x, Unsure):
            zero, one = (system.exact(number, x.shape) for number in (0, 1))
            made = select(system, x, zero, one)
            return Jet(system, made.value, made.tangent, x)
        return system.lift_result(system.base.apply("convert_element_type", params, values))
    if not isinstance(x, Jet):
        return system.base.apply("convert_element_type", params, values)
    if dtype.kind == "b":
        return compare(system, "ne", [x, system.exact(0, ())])
    whole = system.base.apply("convert_element_type", params, [x.value])
    if x.tangent is not None:
        floor = system.base.apply("floor", {}, [x.value])
        at_jump = ~_certain(system.base.apply("ne", {}, [x.value, floor]))
        if np.any(at_jump & (whole != 0) & _moving(system, x)):
            raise CannotDecideError("the whole part of a number is asked for where it jumps")
    return whole


def _ties(system: Any, x: Jet, order: Order, axis: int) -> Array:
    """Neighbours in a sorting order that may change places, with the axis first."""
    apart = np.moveaxis(order.apart, axis, 0)
    if np.all(apart):
        return np.zeros_like(apart)
    first, second = system.rearrange(lambda _, data: _neighbours(data, order.places, axis), {}, [x])
    open_ = ~(apart | np.moveaxis(order.same, axis, 0))
    if first.tangent is None:
        return open_
    return open_ | (~apart & _moves(system, first, second, first.shape))


def _neighbours(data: Array, places: Array, axis: int) -> list[Array]:
    moved = np.moveaxis(np.take_along_axis(data, places, axis=axis), axis, 0)
    return [moved[:-1], moved[1:]]


def _sort(system: Any, params: Params, values: Sequence[Any], position: int) -> list[Any]:
    """Sorted jets. Where single numbers are tied, comparing and exchanging tied neighbours encloses every order.

    Raises:
        CannotDecideError: other operands follow tied keys.
    """
    axis, count = params["dimension"], params["num_keys"]
    keys = values[:count]
    if not any(isinstance(value, Jet) for value in values):
        results = system.base.apply("sort", params, values)
        return [system.lift_result(result) for result in results]
    order = ordered([system.ground(key) if isinstance(key, Jet) else key for key in keys], axis)
    ties = np.zeros((), dtype=bool)
    for key in keys:
        if isinstance(key, Jet):
            ties = ties | _ties(system, key, order, axis)
    moved = [
        system.rearrange(lambda _, data: np.take_along_axis(data, order.places, axis=axis), {}, [value])
        for value in values
    ]
    if not np.any(ties):
        return moved
    if len(values) > 1:
        raise CannotDecideError("the order of a sort is left open")
    return [_exchanged(system, moved[0], ties, axis)]


def _exchanged(system: Any, x: Jet, ties: Array, axis: int) -> Any:
    """Sorting by exchanges of neighbours within runs of ties, once for each of the longest run."""
    slabs = system.rearrange(
        lambda _, data: [np.moveaxis(data, axis, 0)[i, ...] for i in range(data.shape[axis])], {}, [x]
    )
    tied = [bool(np.any(tie)) for tie in ties]
    longest = max(len(list(run)) for is_tied, run in itertools.groupby(tied) if is_tied)
    for _ in range(longest):
        for i, is_tied in enumerate(tied):
            if is_tied:
                pair = [slabs[i], slabs[i + 1]]
                slabs[i], slabs[i + 1] = system.apply("min", {}, pair), system.apply("max", {}, pair)
    return system.rearrange(lambda _, *parts: np.stack(parts, axis=axis), {}, slabs)


def _top_k(system: Any, params: Params, values: Sequence[Any], position: int) -> list[Any]:
    """The k largest, from the largest, and where they are.

    Raises:
        CannotDecideError: which they are is left open, or changes at the point.
    """
    (x,) = values
    axis, k = params.get("axis", -1) % len(x.shape), params["k"]
    negative = -x
    order = ordered([system.ground(negative)], axis)
    if np.any(_ties(system, negative, order, axis)[:k]):
        raise CannotDecideError("the order of a top_k is left open")
    places = np.take(order.places, np.arange(k), axis=axis)
    largest = system.rearrange(lambda _, data: np.take_along_axis(data, places, axis=axis), {}, [x])
    return [largest, places.astype(np.int32)]


def _extreme_place(name: str) -> Callable[..., Any]:
    """argmax or argmin, where no other entry is as large and moves.

    Raises:
        CannotDecideError: the place is left open, or changes at the point.
    """

    def rule(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        if not isinstance(x, Jet):
            return system.base.apply(name, params, values)
        places = system.base.apply(name, params, [x.value])
        (axis,) = params["axes"]
        if x.tangent is not None:
            best = np.expand_dims(places.astype(np.int64), axis)
            winner = system.rearrange(lambda _, data: np.take_along_axis(data, best, axis=axis), {}, [x])
            winner = _broadcast(system, winner, x.shape)
            itself = np.expand_dims(np.arange(x.shape[axis]), tuple(range(1, len(x.shape) - axis))) == best
            level = ~itself & ~_certain(system.base.apply("ne", {}, [x.value, winner.value]))
            if np.any(level & _moves(system, x, winner, x.shape)):
                raise CannotDecideError("the place of the largest entry is left open (a tie)")
        return places

    return rule


RULES: dict[str, Callable[..., Any]] = {
    **{name: _comparison(name) for name in ("eq", "ne", "lt", "le", "gt", "ge", "lt_to", "le_to")},
    "select_n": _select_n,
    "max": _extreme("max", "gt"),
    "min": _extreme("min", "lt"),
    "abs": _abs,
    "reduce_max": _entire("reduce_max"),
    "reduce_min": _entire("reduce_min"),
    **{name: _step(name) for name in ("sign", "floor", "ceil", "round")},
    "rem": _rem,
    "convert_element_type": _convert,
    "sort": _sort,
    "top_k": _top_k,
    "argmax": _extreme_place("argmax"),
    "argmin": _extreme_place("argmin"),
}
