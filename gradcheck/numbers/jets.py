"""Jets: a value with its derivatives along several directions, over any exact number system (balls, or jets again).

A jet's ``tangent`` has the shape ``(directions, *value.shape)``; None stands for an exact zero. The rule of an
elementwise primitive is the chain rule with the partial derivatives of its row in `numbers.elementwise`:

    ẏ = Σᵢ ∂y/∂xᵢ · ẋᵢ

Linear primitives act on value and tangents alike, products by Leibniz' rule, structural ones move both. At a comparison
that is left open, or whose two sides are equal while their difference moves, the jet becomes the hull of the jets of both
branches. For a piecewise smooth continuous function that hull contains Clarke's generalized derivative (Clarke, Optimization
and Nonsmooth Analysis, 1983, theorem 2.5.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.elementwise import ROWS
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import REORDERED, STRUCTURAL, OutOfBoundsError, scatter_add
from gradcheck.numbers.system import CannotDecideError, NoRuleError, Unsure, Visits, settle

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

_ROWS = {row.name: row for row in ROWS}
_MONOTONE_STEPS = ("floor", "ceil", "round", "sign")
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


class Jet:
    """A value and its tangents; arithmetic is that of its system."""

    __slots__ = ("system", "tangent", "value")
    __array_ufunc__ = None

    def __init__(self, system: Jets, value: Any, tangent: Any) -> None:
        self.system = system
        self.value = value
        self.tangent = tangent

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return tuple(self.value.shape)

    def _with(self, name: str, other: Any, swapped: bool = False) -> Jet:
        other = other if isinstance(other, Jet) else self.system.exact(other, ())
        pair = [other, self] if swapped else [self, other]
        result: Jet = self.system.apply(name, {}, pair)
        return result

    def __add__(self, other: Any) -> Jet:
        return self._with("add", other)

    def __radd__(self, other: Any) -> Jet:
        return self._with("add", other, swapped=True)

    def __sub__(self, other: Any) -> Jet:
        return self._with("sub", other)

    def __rsub__(self, other: Any) -> Jet:
        return self._with("sub", other, swapped=True)

    def __mul__(self, other: Any) -> Jet:
        return self._with("mul", other)

    def __rmul__(self, other: Any) -> Jet:
        return self._with("mul", other, swapped=True)

    def __truediv__(self, other: Any) -> Jet:
        return self._with("div", other)

    def __rtruediv__(self, other: Any) -> Jet:
        return self._with("div", other, swapped=True)

    def __neg__(self) -> Jet:
        result: Jet = self.system.apply("neg", {}, [self])
        return result


class Functions:
    """What the derivative formulas of the rule table call ``n``: the functions and constants of one number system."""

    def __init__(self, system: Any) -> None:
        self._system = system

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **params: Any) -> Any:
            return self._system.apply(name, params, list(args))

        return call

    def one(self, like: Any) -> Any:
        """1, in the shape of `like`."""
        return self._system.exact(1, tuple(like.shape))

    def two(self, like: Any) -> Any:
        """2, in the shape of `like`."""
        return self._system.exact(2, tuple(like.shape))

    def pi(self, like: Any) -> Any:
        """π, in the shape of `like`."""
        return self._system.pi(tuple(like.shape))


class Jets:
    """Jets over the system `base`, along ``directions`` directions."""

    name = "jets"

    def __init__(self, base: Any, directions: int) -> None:
        self.base = base
        self.directions = directions
        self.functions = Functions(base)

    @property
    def visits(self) -> dict[int, Visits] | None:
        """The visit counts of the system underneath."""
        return self.base.visits  # type: ignore[no-any-return] # every system has them

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Any:
        """An input with no tangent."""
        entered = self.base.enter(value, dtype)
        return entered if dtype.kind in "biu" else Jet(self, entered, None)

    def constant(self, value: Array) -> Any:
        """A constant with no tangent; integers and booleans stay plain."""
        return value if value.dtype.kind in "biu" else Jet(self, self.base.constant(value), None)

    def exact(self, number: int, shape: tuple[int, ...]) -> Jet:
        """A whole number, everywhere."""
        return Jet(self, self.base.exact(number, shape), None)

    def pi(self, shape: tuple[int, ...]) -> Jet:
        """π, everywhere."""
        return Jet(self, self.base.pi(shape), None)

    def interval(self, low: int, high: int, shape: tuple[int, ...]) -> Jet:
        """An interval is no point: its own derivative is unknown."""
        return Jet(self, self.base.interval(low, high, shape), self.base.unknown((self.directions, *shape)))

    def unknown(self, shape: tuple[int, ...]) -> Jet:
        """A jet that encloses everything."""
        return Jet(self, self.base.unknown(shape), self.base.unknown((self.directions, *shape)))

    def seed(self, value: Any, tangent: Any) -> Jet:
        """A jet from a base value and tangents of shape ``(directions, *value.shape)``."""
        return Jet(self, value, tangent)

    def _lift(self, x: Any) -> Any:
        """A float operand as a jet."""
        if isinstance(x, Jet) and x.system is self:
            return x
        if isinstance(x, np.ndarray) and x.dtype != object:
            return self.constant(np.asarray(x, dtype=np.float64))
        return Jet(self, x, None)

    def _spread(self, x: Jet, shape: tuple[int, ...]) -> Any:
        """The tangent of `x`, reshaped so that it broadcasts against ``(directions, *shape)``."""
        extra = len(shape) - len(x.shape)
        if not extra:
            return x.tangent
        return self.base.apply("reshape", {"new_sizes": (self.directions, *(1,) * extra, *x.shape)}, [x.tangent])

    def _dense(self, x: Jet) -> Any:
        """The tangent of `x`, zeros written out."""
        return self.base.exact(0, (self.directions, *x.shape)) if x.tangent is None else x.tangent

    def _tangents(self, x: Jet) -> list[Any]:
        """The tangents one by one, each of the value's shape."""
        rank = len(x.shape)
        rows = []
        for k in range(self.directions):
            bounds = {"start_indices": (k, *(0,) * rank), "limit_indices": (k + 1, *x.shape), "strides": None}
            row = self.base.apply("slice", bounds, [x.tangent])
            rows.append(self.base.apply("reshape", {"new_sizes": x.shape}, [row]))
        return rows

    def _stack(self, rows: Sequence[Any]) -> Any:
        """The inverse of `_tangents`."""
        slabs = [self.base.apply("reshape", {"new_sizes": (1, *row.shape)}, [row]) for row in rows]
        return self.base.apply("concatenate", {"dimension": 0}, slabs)

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
        """Run a structural function on the values, and on element numbers to move the tangents likewise."""
        if not any(isinstance(part, Jet) for part in data):
            return self.base.rearrange(move, params, data)
        jets = [self._lift(part) for part in data]
        values = self.base.rearrange(move, params, [jet.value for jet in jets])
        if all(jet.tangent is None for jet in jets):
            return [Jet(self, v, None) for v in values] if isinstance(values, list) else Jet(self, values, None)
        sizes = [int(np.prod(jet.shape, dtype=np.int64)) for jet in jets]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        numbers = [
            np.arange(start, start + size).reshape(jet.shape)
            for start, size, jet in zip(starts, sizes, jets, strict=False)
        ]
        pool = [
            self.base.apply("reshape", {"new_sizes": (self.directions, size)}, [self._dense(jet)])
            for jet, size in zip(jets, sizes, strict=True)
        ]
        pooled = self.base.apply("concatenate", {"dimension": 1}, pool) if len(pool) > 1 else pool[0]
        places = move(params, *numbers)
        if isinstance(values, list):
            return [Jet(self, v, self._picked(pooled, p)) for v, p in zip(values, places, strict=True)]
        return Jet(self, values, self._picked(pooled, places))

    def _picked(self, pooled: Any, places: Array) -> Any:
        return self.base.rearrange(lambda _, pool: pool[:, places], {}, [pooled])

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive on jets.

        Raises:
            NoRuleError: neither the table nor the system below has a rule for the primitive.
            CannotDecideError: an index or a number depends on a comparison that is left open.
        """
        if not any(isinstance(value, Jet) for value in values):
            return self._plain(name, params, values, position)
        structural = STRUCTURAL.get(name)
        if structural is not None:
            return self._structural(name, structural.data, structural.move, params, values)
        row = _ROWS.get(name)
        if row is not None:
            return self._by_row(name, params, values)
        rule = getattr(self, "_" + name.replace("-", "_"), None)
        if rule is not None:
            return rule(params, values, position)
        if name in _COMPARISONS:
            return self._compare(name, values, position)
        if name in _MONOTONE_STEPS:
            return self._step(name, params, values)
        lowered = LOWERED.get(name)
        if lowered is not None:
            return lowered(self, {**params, "position": position}, values)
        raise NoRuleError(name)

    def _plain(self, name: str, params: Params, values: Sequence[Any], position: int) -> Any:
        """A primitive without jets among its operands: integers, booleans, or what makes floats of them."""
        result = self.base.apply(name, params, values, position)
        floating = not (isinstance(result, Unsure) or (isinstance(result, np.ndarray) and result.dtype != object))
        return Jet(self, result, None) if floating and not isinstance(result, list) else result

    def _structural(
        self, name: str, count: int | None, move: Callable[..., Any], params: Params, values: Sequence[Any]
    ) -> Any:
        ordered = [values[place] for place in REORDERED[name]] if name in REORDERED else list(values)
        count = len(ordered) if count is None else count
        data, control = ordered[:count], ordered[count:]
        if any(not isinstance(index, np.ndarray) or index.dtype == object for index in control):
            raise CannotDecideError(f"an index of {name} depends on a comparison that is left open")
        try:
            return self.rearrange(lambda p, *parts: move(p, *parts, *control), params, data)
        except OutOfBoundsError as error:
            raise NoRuleError(f"{name} out of bounds") from error

    def _by_row(self, name: str, params: Params, values: Sequence[Any]) -> Jet:
        """The chain rule with the partial derivatives of the primitive's row."""
        row = _ROWS[name]
        jets = [self._lift(value) for value in values]
        arguments = [jet.value for jet in jets]
        options = {option: params[option] for option, _ in row.params}
        value = self.base.apply(name, options, arguments)
        shape = tuple(value.shape)
        total = None
        for jet, partial in zip(jets, row.partials, strict=True):
            if jet.tangent is None:
                continue
            if partial is None:
                raise NoRuleError(f"derivative of {name} in its order")
            tangent = self._spread(jet, shape)
            if name in ("add", "sub", "neg"):  # the partials are ±1: nothing to multiply
                negative = name == "neg" or (name == "sub" and jet is jets[1])
                term = self.base.apply("neg", {}, [tangent]) if negative else tangent
            else:
                factor = partial(self.functions, *arguments, value, **options)
                term = self.base.apply("mul", {}, [factor, tangent])
            total = term if total is None else self.base.apply("add", {}, [total, term])
        return Jet(self, value, self._filled(total, shape))

    def _filled(self, tangent: Any, shape: tuple[int, ...]) -> Any:
        """A tangent broadcast to the full shape (an operand may have been a scalar)."""
        if tangent is None or tuple(tangent.shape) == (self.directions, *shape):
            return tangent
        full = (self.directions, *shape)
        params = {"shape": full, "broadcast_dimensions": tuple(range(len(full)))}
        return self.base.apply("broadcast_in_dim", params, [tangent])

    def _add_any(self, params: Params, values: Sequence[Any], position: int) -> Jet:
        return self._by_row("add", params, values)

    def _linear(self, name: str, params: Params, x: Jet) -> Jet:
        """A linear primitive: the same on the value and on each tangent."""
        value = self.base.apply(name, params, [x.value])
        if x.tangent is None:
            return Jet(self, value, None)
        return Jet(self, value, self._stack([self.base.apply(name, params, [row]) for row in self._tangents(x)]))

    def _reduce_sum(self, params: Params, values: Sequence[Any], position: int) -> Jet:
        (x,) = values
        value = self.base.apply("reduce_sum", {"axes": params["axes"]}, [x.value])
        if x.tangent is None:
            return Jet(self, value, None)
        axes = tuple(int(axis) + 1 for axis in params["axes"])
        return Jet(self, value, self.base.apply("reduce_sum", {"axes": axes}, [x.tangent]))

    def _convert_element_type(self, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        dtype = np.dtype(params["new_dtype"])
        if dtype.kind == "c":
            raise NoRuleError("complex numbers")
        if dtype.kind in "biu":
            return self.base.apply("convert_element_type", params, [x.value])
        return x

    def _reduce_precision(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return values[0]

    def _is_finite(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return self.base.apply("is_finite", params, [values[0].value])

    def _dot_general(self, params: Params, values: Sequence[Any], position: int) -> Jet:
        """Leibniz: d(AB) = dA B + A dB."""
        a, b = (self._lift(value) for value in values)
        dims = {"dimension_numbers": params["dimension_numbers"]}

        def dot(left: Any, right: Any) -> Any:
            return self.base.apply("dot_general", dims, [left, right])

        terms = []
        if a.tangent is not None:
            terms.append([dot(row, b.value) for row in self._tangents(a)])
        if b.tangent is not None:
            terms.append([dot(a.value, row) for row in self._tangents(b)])
        value = dot(a.value, b.value)
        if not terms:
            return Jet(self, value, None)
        rows = terms[0] if len(terms) == 1 else [self.base.apply("add", {}, list(pair)) for pair in zip(*terms, strict=True)]
        return Jet(self, value, self._stack(rows))

    def _scatter_add(self, params: Params, values: Sequence[Any], position: int) -> Jet:
        x, indices, updates = values
        x, updates = self._lift(x), self._lift(updates)

        def add(a: Any, b: Any) -> Any:
            return self.base.rearrange(lambda p, c, d: scatter_add(p, c, d, indices), params, [a, b])

        if isinstance(x.value, Jet):
            raise NoRuleError("scatter-add, second derivative")
        value = add(x.value, updates.value)
        if x.tangent is None and updates.tangent is None:
            return Jet(self, value, None)
        dense = [Jet(self, jet.value, self._dense(jet)) for jet in (x, updates)]
        pairs = zip(self._tangents(dense[0]), self._tangents(dense[1]), strict=True)
        return Jet(self, value, self._stack([add(a, b) for a, b in pairs]))

    def _moves(self, a: Jet, b: Jet, shape: tuple[int, ...]) -> Array:
        """Where the difference of `a` and `b` changes along some direction, as far as can be told."""
        moving = np.zeros(shape, dtype=bool)
        if a.tangent is None and b.tangent is None:
            return moving
        difference = None
        for jet, sign in ((a, 1), (b, -1)):
            if jet.tangent is not None:
                term = self._spread(jet, shape)
                term = term if sign > 0 else self.base.apply("neg", {}, [term])
                difference = term if difference is None else self.base.apply("add", {}, [difference, term])
        still = self.base.apply("eq", {}, [difference, self.base.exact(0, ())])
        certain = still.certain if isinstance(still, Unsure) else still
        return moving | ~np.all(certain, axis=0)

    def _compare(self, name: str, values: Sequence[Any], position: int) -> Array | Unsure:
        """A comparison of values; it counts as open where the sides are equal but their difference moves."""
        a, b = (self._lift(value) for value in values)
        if a is b or (name in ("eq", "ne") and values[0] is values[1]):
            return self.base.apply(name, {}, [a.value, a.value], position)  # type: ignore[no-any-return]
        answer = self.base.apply(name, {}, [a.value, b.value], position)
        certain, possible = (answer.certain, answer.possible) if isinstance(answer, Unsure) else (answer, answer)
        apart = self.base.apply("ne", {}, [a.value, b.value])
        surely_apart = apart.certain if isinstance(apart, Unsure) else apart
        open_ = ~surely_apart & self._moves(a, b, tuple(certain.shape))
        return settle(certain & ~open_, possible | open_)

    def select(self, which: Any, *cases: Any) -> Any:
        """The chosen case, or the hull of both where the predicate is open."""
        if not any(isinstance(case, Jet) for case in cases):
            return self.base.apply("select_n", {}, [which, *cases])
        jets = [self._lift(case) for case in cases]
        value = self.base.apply("select_n", {}, [which, *(jet.value for jet in jets)])
        if all(jet.tangent is None for jet in jets) and not isinstance(which, Unsure):
            return Jet(self, value, None)
        shape = (self.directions, *jets[0].shape)

        def spread(mask: Array) -> Array:
            return np.broadcast_to(mask, shape)

        wide = Unsure(spread(which.certain), spread(which.possible)) if isinstance(which, Unsure) else spread(which)
        return Jet(self, value, self.base.apply("select_n", {}, [wide, *(self._dense(jet) for jet in jets)]))

    def _select_n(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return self.select(*values)

    def _extreme(self, name: str, values: Sequence[Any], position: int) -> Any:
        """max or min: the jet of the winner, or the hull of both where the winner is open."""
        a, b = (self._lift(value) for value in values)
        first_wins = self._compare("gt" if name == "max" else "lt", [a, b], position)
        shape = np.broadcast_shapes(a.shape, b.shape)
        a, b = (self._broadcast(jet, shape) for jet in (a, b))
        picked = self.select(first_wins, b, a)
        return Jet(self, self.base.apply(name, {}, [a.value, b.value]), picked.tangent)

    def _broadcast(self, x: Jet, shape: tuple[int, ...]) -> Jet:
        if x.shape == shape:
            return x
        offset = len(shape) - len(x.shape)
        params = {"shape": shape, "broadcast_dimensions": tuple(range(offset, len(shape)))}
        spread: Jet = self.apply("broadcast_in_dim", params, [x])
        return spread

    def _max(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return self._extreme("max", values, position)

    def _min(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return self._extreme("min", values, position)

    def _abs(self, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        return self._extreme("max", [x, -x], position)

    def _rem(self, params: Params, values: Sequence[Any], position: int) -> Jet:
        """fmod(a, b) = a − trunc(a/b) b: between its jumps the quotient is constant."""
        a, b = (self._lift(value) for value in values)
        value = self.base.apply("rem", {}, [a.value, b.value])
        quotient = self.base.apply("div", {}, [self.base.apply("sub", {}, [a.value, value]), b.value])
        held = Jet(self, quotient, None)
        smooth = a - held * b
        jumps = self.base.apply("eq", {}, [value, self.base.exact(0, ())])
        return Jet(self, value, self._where_unknown(jumps, smooth.tangent, tuple(value.shape)))

    def _step(self, name: str, params: Params, values: Sequence[Any]) -> Jet:
        """Piecewise constant: derivative 0 between the jumps, unknown at one."""
        (x,) = values
        value = self.base.apply(name, params, [x.value])
        if x.tangent is None:
            return Jet(self, value, None)
        if name == "sign":
            border = self.base.apply("eq", {}, [x.value, self.base.exact(0, ())])
        elif name == "round":
            half = x.value + x.value
            odd = self.base.apply("floor", {}, [half])
            border = self.base.apply("eq", {}, [half, odd])
        else:
            border = self.base.apply("eq", {}, [x.value, value])
        zero = self.base.exact(0, (self.directions, *x.shape))
        return Jet(self, value, self._where_unknown(border, zero, x.shape))

    def _where_unknown(self, border: Any, tangent: Any, shape: tuple[int, ...]) -> Any:
        """The tangent, replaced by an enclosure of everything where `border` may hold."""
        possible = border.possible if isinstance(border, Unsure) else border
        if tangent is None or not np.any(possible):
            return tangent
        wide = np.broadcast_to(possible, (self.directions, *shape))
        return self.base.apply("select_n", {}, [wide, tangent, self.base.unknown((self.directions, *shape))])

    def _sort(self, params: Params, values: Sequence[Any], position: int) -> list[Any]:
        """Sorted jets; neighbours that may be tied get the hull of the tangents of their whole group.

        Raises:
            CannotDecideError: other operands follow tied keys.
        """
        axis = params["dimension"]
        jets = [self._lift(value) for value in values]
        keys = jets[: params["num_keys"]]
        if isinstance(keys[0].value, Jet):
            raise NoRuleError("sort, second derivative")
        order, (open_,) = self.base.order([key.value for key in keys], axis)
        if len(jets) > 1 and np.any(open_):
            raise CannotDecideError("the order of a sort is left open")
        moved = [
            self.rearrange(lambda _, x: np.take_along_axis(x, order, axis=axis), {}, [jet]) for jet in jets
        ]
        if not np.any(open_):
            return moved
        return [self._hull_of_ties(moved[0], open_, axis)]

    def _hull_of_ties(self, x: Jet, open_: Array, axis: int) -> Jet:
        """Sweep the hull forwards and backwards through each run of possible ties."""
        tangent = self._dense(x)
        value, n = x.value, x.shape[axis]
        sweeps = [*range(n - 1), *range(n - 2, -1, -1)]
        for i in sweeps:
            link = np.take(open_, [i], axis=axis)
            for array, lead in ((value, 0), (tangent, 1)):
                here = [slice(None)] * array.ndim
                there = list(here)
                here[axis + lead], there[axis + lead] = slice(i, i + 1), slice(i + 1, i + 2)
                a, b = array[tuple(here)], array[tuple(there)]
                wide = np.broadcast_to(link, a.shape)
                both = Unsure(np.zeros_like(wide), wide)
                array = array.copy()
                array[tuple(here)] = self.base.apply("select_n", {}, [both, a, b])
                array[tuple(there)] = self.base.apply("select_n", {}, [both, b, a])
                if lead:
                    tangent = array
                else:
                    value = array
        return Jet(self, value, tangent)

    def _extreme_place(self, name: str, params: Params, values: Sequence[Any]) -> Any:
        return self.base.apply(name, params, [values[0].value])

    def _argmax(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return self._extreme_place("argmax", params, values)

    def _argmin(self, params: Params, values: Sequence[Any], position: int) -> Any:
        return self._extreme_place("argmin", params, values)
