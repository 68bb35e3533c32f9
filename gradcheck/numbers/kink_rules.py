"""The rules for jets at comparisons: choices, largest entries, steps, sorts. What ties mean is in `numbers.kinks`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.ball_arrays import certainly, midpoints
from gradcheck.numbers.choices import enclosed, parts_of
from gradcheck.numbers.jet import Jet
from gradcheck.numbers.kinks import certain, chosen_tangent, compare, moves, select, spread_to, unknown_where
from gradcheck.numbers.ordering import Order, ordered
from gradcheck.numbers.system import CannotDecideError, Unsure
from gradcheck.program.program import is_inexact

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


def _comparison(name: str) -> Callable[..., Any]:
    def rule(system: Any, params: Params, values: Sequence[Any], position: int) -> Array | Unsure:
        return compare(system, name, values, position)

    return rule


def _signbit(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """Whether a number is negative."""
    return compare(system, "lt", [values[0], system.exact(0, ())], position)


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
        a, b = (spread_to(system, jet, shape) for jet in (a, b))
        return Jet(system, value, chosen_tangent(system, first_wins, b, a))

    return rule


def _abs(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """|x| is x or −x, as x > 0 says."""
    x = system.lift(values[0])
    value = system.base.apply("abs", {}, [x.value])
    if x.tangent is None:
        return Jet(system, value, None)
    positive = compare(system, "gt", [x, system.exact(0, ())], position)
    return Jet(system, value, chosen_tangent(system, positive, -x, x))


def _entire(name: str) -> Callable[..., Any]:
    """The largest or smallest entry along axes: one entry, and for each that may be as large a choice of that one instead.

    The generalized derivative of a maximum is a mean of those of the largest entries, ẋ_best + Σ λⱼ (ẋⱼ − ẋ_best).
    """
    below, beats = ("lt", "gt") if name == "reduce_max" else ("gt", "lt")

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
        beaten = certainly(below, entries, np.take_along_axis(entries, best, axis=-1))
        winner = system.rearrange(lambda _, data: np.take_along_axis(lines(data), best, axis=-1)[..., 0], {}, [x])
        if np.sum(beaten) == beaten.size - best.size:
            return winner
        tangent = winner.tangent
        for j in range(entries.shape[-1]):
            if np.all(beaten[..., j] | (best[..., 0] == j)):
                continue
            rival = system.rearrange(lambda _, data, j=j: lines(data)[..., j], {}, [x])
            wins = _and(compare(system, beats, [rival, winner]), best[..., 0] != j)
            change = system.plus(chosen_tangent(system, wins, winner, rival), system.minus(winner.tangent))
            tangent = system.plus(tangent, change)
        return Jet(system, system.base.apply(name, {"axes": axes}, [x.value]), tangent)

    return rule


def _and(answer: Array | Unsure, mask: Array) -> Array | Unsure:
    if not isinstance(answer, Unsure):
        return answer & mask
    return Unsure(answer.certain & mask, answer.possible & mask, answer.symbols)


def _best(entries: Array, largest: bool) -> Array:
    """The place of the largest (or smallest) centre, with an axis of length 1."""
    nearest = midpoints(entries)
    return np.expand_dims(np.argmax(nearest if largest else -nearest, axis=-1), -1)


def _hypot(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """√(a² + b²): smooth away from 0, where its slope in either argument may be anything in [−1, 1]."""
    if not any(isinstance(value, Jet) for value in values):
        return system.lift_result(system.base.apply("hypot", params, values))
    base = system.base
    a, b = (system.lift(value) for value in values)
    value = base.apply("hypot", {}, [a.value, b.value])
    shape = tuple(value.shape)
    tip = ~certain(base.apply("gt", {}, [value, base.exact(0, ())]))
    either = Unsure(np.zeros(shape, dtype=bool), np.ones(shape, dtype=bool))
    slope = base.apply("select_n", {}, [either, base.exact(-1, shape), base.exact(1, shape)])
    tangent = None
    for jet in (spread_to(system, a, shape), spread_to(system, b, shape)):
        if jet.tangent is not None:
            part = base.apply("select_n", {}, [tip, base.apply("div", {}, [jet.value, value]), slope])
            tangent = system.plus(tangent, base.apply("mul", {}, [part, jet.tangent]))
    return Jet(system, value, tangent)


def _atan2(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """The angle of (x, y) as x = r sin θ and y = r cos θ: it jumps by 2π where x changes sign left of the origin, at y < 0."""
    if not any(isinstance(value, Jet) for value in values):
        return system.lift_result(system.base.apply("atan2", params, values))
    base = system.base
    x, y = (system.lift(value) for value in values)
    value = base.apply("atan2", {}, [x.value, y.value])
    shape = tuple(value.shape)
    x, y = (spread_to(system, jet, shape) for jet in (x, y))
    if x.tangent is None and y.tangent is None:
        return Jet(system, value, None)
    square = base.apply("add", {}, [base.apply("mul", {}, [jet.value, jet.value]) for jet in (x, y)])
    smooth = None
    for jet, partial in ((x, y.value), (y, base.apply("neg", {}, [x.value]))):
        if jet.tangent is not None:
            slope = base.apply("div", {}, [partial, square])
            smooth = system.plus(smooth, base.apply("mul", {}, [slope, jet.tangent]))
    if x.tangent is None:
        return Jet(system, value, smooth)
    zero = base.exact(0, ())
    at_cut = ~certain(base.apply("ne", {}, [x.value, zero])) & ~certain(base.apply("gt", {}, [y.value, zero]))
    return Jet(system, value, unknown_where(system, at_cut & _moving(system, x), smooth, shape))


def _rem(system: Any, params: Params, values: Sequence[Any], position: int) -> Any:
    """fmod(a, b) = a − q b, where q = trunc(a/b) is constant between its jumps."""
    a, b = (system.lift(value) for value in values)
    value = system.base.apply("rem", {}, [a.value, b.value])
    quotient = system.base.apply("div", {}, [system.base.apply("sub", {}, [a.value, value]), b.value])
    smooth = a - Jet(system, quotient, None) * b
    zero = system.base.exact(0, ())
    at_jump = ~certain(system.base.apply("ne", {}, [value, zero]))
    at_jump &= ~certain(system.base.apply("eq", {}, [quotient, zero]))  # fmod passes smoothly through a = 0
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
        border = ~certain(base.apply("ne", {}, [x.value, away])) & _moving(system, x)
        zero = base.exact(0, (system.directions, *x.shape))
        tangent = unknown_where(system, border, zero, x.shape)
        return Jet(system, value, tangent if np.any(border) else None)

    return rule


def _moving(system: Any, x: Jet) -> Array:
    """Where `x` changes along some direction, as far as can be told."""
    return moves(system, x, system.exact(0, ()), x.shape)


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
        at_jump = ~certain(system.base.apply("ne", {}, [x.value, floor]))
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
    return open_ | (~apart & moves(system, first, second, first.shape))


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
    """Tied neighbours may be in either order: each gets the hull of both, as often as the longest run of ties is long."""
    slabs = system.rearrange(
        lambda _, data: [np.moveaxis(data, axis, 0)[i, ...] for i in range(data.shape[axis])], {}, [x]
    )
    tied = [bool(np.any(tie)) for tie in ties]
    longest = max(len(list(run)) for is_tied, run in itertools.groupby(tied) if is_tied)
    for i in [i for _ in range(longest) for i, is_tied in enumerate(tied) if is_tied]:
        pair = [slabs[i], slabs[i + 1]]
        values = [system.base.apply(name, {}, [jet.value for jet in pair]) for name in ("min", "max")]
        rows = system.rows(*pair)
        low, high = (parts_of(system, system.dense(jet, rows)) for jet in pair)
        either = enclosed(system, low, high, ties[i])
        for k, value in enumerate(values):
            wide = np.broadcast_to(ties[i], either.shape)
            own = system.dense(pair[k], either.shape[0])
            slabs[i + k] = Jet(system, value, system.base.apply("select_n", {}, [wide, own, either]))
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
            winner = spread_to(system, winner, x.shape)
            itself = np.expand_dims(np.arange(x.shape[axis]), tuple(range(1, len(x.shape) - axis))) == best
            level = ~itself & ~certain(system.base.apply("ne", {}, [x.value, winner.value]))
            if np.any(level & moves(system, x, winner, x.shape)):
                raise CannotDecideError("the place of the largest entry is left open (a tie)")
        return places

    return rule


RULES: dict[str, Callable[..., Any]] = {
    **{name: _comparison(name) for name in ("eq", "ne", "lt", "le", "gt", "ge", "lt_to", "le_to")},
    "signbit": _signbit,
    "select_n": _select_n,
    "max": _extreme("max", "gt"),
    "min": _extreme("min", "lt"),
    "abs": _abs,
    "reduce_max": _entire("reduce_max"),
    "reduce_min": _entire("reduce_min"),
    **{name: _step(name) for name in ("sign", "floor", "ceil", "round")},
    "rem": _rem,
    "hypot": _hypot,
    "atan2": _atan2,
    "convert_element_type": _convert,
    "sort": _sort,
    "top_k": _top_k,
    "argmax": _extreme_place("argmax"),
    "argmin": _extreme_place("argmin"),
}
