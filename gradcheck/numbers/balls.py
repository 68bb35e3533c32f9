"""Balls: rigorous enclosures in `flint.arb`, at any precision, in object arrays.

Exact real semantics: conversions between float dtypes round nothing, constants are read as written (`numbers.constants`),
inputs are the exact numbers that they are. A comparison whose balls overlap is left open and gives `Unsure`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from gradcheck.numbers.constants import FACTORS, as_written
from gradcheck.numbers.elementwise import ROWS
from gradcheck.numbers.floats import RULES as FLOAT_RULES
from gradcheck.numbers.floats import Floats, matmul_form
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import REORDERED, STRUCTURAL, OutOfBoundsError, scatter_add
from gradcheck.numbers.system import CannotDecideError, NoRuleError, Unsure, Value, Visits, settle

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

_lock = threading.RLock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work at `bits` of precision; FLINT's setting is global to the process, so other threads wait."""
    with _lock:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def boxed(value: Any) -> Array:
    """An object array, where NumPy has handed back the bare element of a 0-dimensional one."""
    if isinstance(value, np.ndarray):
        return value
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def from_floats(values: Array) -> Array:
    """Exact balls of floats."""
    return boxed(_EXACT(np.asarray(values, dtype=np.float64)))


def midpoints(values: Array) -> Array:
    """The nearest floats of the balls' centres."""
    return np.asarray(_MID(values), dtype=np.float64)


def _radius(ball: arb) -> float:
    return float(ball.rad().upper())


def _midpoint(ball: arb) -> float:
    return float(ball.mid())


_EXACT = np.frompyfunc(lambda x: arb(float(x)), 1, 1)
_MID = np.frompyfunc(_midpoint, 1, 1)
RADIUS = np.frompyfunc(_radius, 1, 1)
_HULL = np.frompyfunc(lambda a, b: a.union(b) if type(b) is arb else b.union(a), 2, 1)
IS_NUMBER = np.frompyfunc(lambda x: bool(x.is_finite()), 1, 1)
_NAN = arb("nan")

_NAMED: Mapping[str, Callable[[], arb]] = {
    "": lambda: arb(1),
    "pi": arb.pi,
    "1/pi": lambda: 1 / arb.pi(),
    "sqrt(pi)": lambda: arb.pi().sqrt(),
    "1/sqrt(pi)": lambda: 1 / arb.pi().sqrt(),
    "sqrt(2)": lambda: arb(2).sqrt(),
    "sqrt(2*pi)": lambda: (2 * arb.pi()).sqrt(),
    "1/sqrt(2*pi)": lambda: 1 / (2 * arb.pi()).sqrt(),
    "sqrt(3)": lambda: arb(3).sqrt(),
    "log(2)": lambda: arb(2).log(),
    "1/log(2)": lambda: 1 / arb(2).log(),
    "log(10)": lambda: arb(10).log(),
    "1/log(10)": lambda: 1 / arb(10).log(),
    "log(2*pi)": lambda: (2 * arb.pi()).log(),
    "e": lambda: arb(1).exp(),
    "1/e": lambda: arb(-1).exp(),
}
assert set(_NAMED) == {"", *FACTORS}, "every factor that constants.py recognises has a ball"


def read_constant(value: float, kind: str = "float64") -> arb:
    """A constant as written: an exact or enclosed ball."""
    if value != value or value in (float("inf"), float("-inf")):
        return arb(value)
    written = as_written(value, kind)
    ball = arb(fmpq(written.rational.numerator, written.rational.denominator)) * _NAMED[written.factor]()
    return arb(ball, written.slack) if written.slack else ball


def _remainder(a: arb, b: arb) -> arb:
    """C's fmod: the sign of `a`; a ball that leaves the quotient open is NaN, which encloses everything."""
    quotient = a / b
    whole = (quotient.floor() if quotient >= 0 else quotient.ceil()).unique_fmpz()
    return a - whole * b if whole is not None else _NAN


def _whole(rounding: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """A step function on balls: NaN where the ball reaches over a step."""

    def step(x: arb) -> arb:
        n = rounding(x).unique_fmpz()
        return arb(n) if n is not None else _NAN

    return step


def _round_half_even(x: arb) -> arb:
    n = (x + arb(0.5)).floor().unique_fmpz()
    if n is None:
        return _NAN
    tie = (x + arb(0.5)) == arb(n)
    return arb(n - 1) if tie and int(n) % 2 else arb(n)


def _round_half_away(x: arb) -> arb:
    return _whole(lambda v: (v + arb(0.5)).floor())(x) if x >= 0 else -_whole(lambda v: (v + arb(0.5)).floor())(-x)


def _sign(x: arb) -> arb:
    return arb(1) if x > 0 else arb(-1) if x < 0 else arb(0) if x == 0 else arb(0, 1)


_ELEMENTWISE: dict[str, tuple[np.ufunc, tuple[str, ...]]] = {}
for _row in ROWS:
    if not _row.params and _row.name not in ("add", "sub", "mul", "div", "neg"):
        _ELEMENTWISE[_row.name] = (np.frompyfunc(_row.ball, len(_row.domain), 1), ())
for _name, _function, _arity in (
    ("abs", abs, 1),
    ("sign", _sign, 1),
    ("floor", _whole(lambda x: x.floor()), 1),  # arb.floor itself does not check its argument's type
    ("ceil", _whole(lambda x: x.ceil()), 1),
    ("rem", _remainder, 2),
    ("max", lambda a, b: a.max(b) if type(b) is arb else b.max(a), 2),
    ("min", lambda a, b: a.min(b) if type(b) is arb else b.min(a), 2),
):
    _ELEMENTWISE[_name] = (np.frompyfunc(_function, _arity, 1), ())
_OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "add_any": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "neg": np.negative,
}

# Certainly true, and certainly false, of two balls.
_COMPARISONS: Mapping[str, tuple[np.ufunc, np.ufunc]] = {
    name: (np.frompyfunc(yes, 2, 1), np.frompyfunc(no, 2, 1))
    for name, yes, no in (
        ("lt", lambda a, b: a < b, lambda a, b: a >= b),
        ("le", lambda a, b: a <= b, lambda a, b: a > b),
        ("gt", lambda a, b: a > b, lambda a, b: a <= b),
        ("ge", lambda a, b: a >= b, lambda a, b: a < b),
        ("eq", lambda a, b: a == b, lambda a, b: a != b),
        ("ne", lambda a, b: a != b, lambda a, b: a == b),
    )
}
_LOGIC = ("and", "or", "not", "xor", "reduce_and", "reduce_or")


class Balls:
    """Object arrays of `flint.arb`, at the precision in force (see `precision`)."""

    name = "balls"

    def __init__(self, visits: dict[int, Visits] | None = None) -> None:
        self.visits = visits
        self._concrete = Floats()
        self._constants: dict[int, Array] = {}
        self._keep: list[Array] = []

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Value:
        """Floats become exact balls; integers and booleans stay as they are.

        Raises:
            NoRuleError: the input is complex.
        """
        if dtype.kind == "c":
            raise NoRuleError("complex numbers")
        return np.asarray(value, dtype=dtype) if dtype.kind in "biu" else from_floats(value)

    def constant(self, value: Array) -> Value:
        """Constants as written; the reading of one array is kept as long as this system lives (one precision)."""
        if value.dtype.kind in "biu":
            return value
        if value.dtype.kind == "c":
            raise NoRuleError("complex numbers")
        known = self._constants.get(id(value))
        if known is None:
            kind = value.dtype.name
            known = np.empty(value.shape, dtype=object)
            flat = np.asarray(value, dtype=np.float64).ravel()
            known.ravel()[...] = [read_constant(float(number), kind) for number in flat] if flat.size else []
            if value.ndim == 0:
                known[()] = read_constant(float(flat[0]), kind)
            self._constants[id(value)] = known
            self._keep.append(value)
        return known

    def exact(self, number: int, shape: tuple[int, ...]) -> Value:
        """A whole number, everywhere."""
        result = np.empty(shape, dtype=object)
        result[...] = arb(number)
        return result

    def pi(self, shape: tuple[int, ...]) -> Value:
        """π, everywhere."""
        result = np.empty(shape, dtype=object)
        result[...] = arb.pi()
        return result

    def interval(self, low: int, high: int, shape: tuple[int, ...]) -> Value:
        """The whole interval [low, high], everywhere."""
        result = np.empty(shape, dtype=object)
        result[...] = arb(low).union(arb(high))
        return result

    def unknown(self, shape: tuple[int, ...]) -> Value:
        """A ball that encloses everything, everywhere."""
        result = np.empty(shape, dtype=object)
        result[...] = _NAN
        return result

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Value]) -> Any:
        """Run a structural function on the arrays themselves."""
        if any(isinstance(part, Unsure) for part in data):
            halves = [
                move(params, *(getattr(part, side, part) for part in data)) for side in ("certain", "possible")
            ]
            return settle(*halves)
        if any(part.dtype == object for part in data):
            data = [part if part.dtype == object else from_floats(part) for part in data]
        return move(params, *data)

    def apply(self, name: str, params: Params, values: Sequence[Value], position: int = -1) -> Any:
        """One primitive in balls.

        Raises:
            NoRuleError: there is no rule for the primitive.
            CannotDecideError: a sort or an index depends on a comparison that is left open.
        """
        structural = STRUCTURAL.get(name)
        if structural is not None:
            return self._structural(name, structural.data, structural.move, params, values)
        if name in _LOGIC:
            return _logic(name, params, values)
        if name == "select_n":
            return self.select(*values)
        plain = all(isinstance(v, np.ndarray) and v.dtype != object for v in values)
        if plain and (name in FLOAT_RULES or values or name == "iota") and self._stays_concrete(params, values):
            return self._concrete.apply(name, params, values)
        operator = _OPERATORS.get(name)
        if operator is not None:
            return boxed(operator(*values))
        elementwise = _ELEMENTWISE.get(name)
        if elementwise is not None:
            if self.visits is not None and name in ("max", "min", "abs", "sign"):
                other = values[1] if len(values) == 2 else self.exact(0, ())
                self._visit(position, *self._sides("gt", values[0], other))
            return boxed(elementwise[0](*values))
        rule = getattr(self, "_" + name.replace("-", "_"), None)
        if rule is not None:
            return rule(params, *values)
        if name in _COMPARISONS:
            return self._compare(name, values, position)
        lowered = LOWERED.get(name)
        if lowered is not None:
            return lowered(self, {**params, "position": position}, values)
        raise NoRuleError(name)

    def _stays_concrete(self, params: Params, values: Sequence[Value]) -> bool:
        """Whether a primitive of integers and booleans yields such again."""
        instruction = params.get("instruction")
        if instruction is not None:
            return all(dtype.kind in "biu" for dtype in instruction.dtypes)
        return bool(values)

    def _structural(
        self, name: str, count: int | None, move: Callable[..., Any], params: Params, values: Sequence[Value]
    ) -> Any:
        ordered = [values[place] for place in REORDERED[name]] if name in REORDERED else list(values)
        count = len(ordered) if count is None else count
        data, control = ordered[:count], ordered[count:]
        for index in control:
            if isinstance(index, Unsure) or index.dtype == object:
                raise CannotDecideError(f"an index of {name} depends on a comparison that is left open")
        try:
            return self.rearrange(lambda p, *parts: move(p, *parts, *control), params, data)
        except OutOfBoundsError as error:
            raise NoRuleError(f"{name} out of bounds") from error

    def _sides(self, name: str, a: Value, b: Value) -> tuple[Array, Array]:
        """Where the comparison certainly holds, and where it certainly does not."""
        yes, no = _COMPARISONS[name]
        a, b = (v if v.dtype == object else from_floats(v) for v in (a, b))
        return np.asarray(yes(a, b), dtype=bool), np.asarray(no(a, b), dtype=bool)

    def _compare(self, name: str, values: Sequence[Value], position: int) -> Array | Unsure:
        a, b = values
        if a is b and name in ("eq", "ne", "le", "ge", "lt", "gt"):  # x != x asks for NaN; a ball of numbers is none
            numbers = np.asarray(IS_NUMBER(a), dtype=bool)
            if np.all(numbers):
                return np.full(a.shape, name in ("eq", "le", "ge"))
        yes, no = self._sides(name, a, b)
        self._visit(position, yes, no)
        return settle(yes, ~no)

    def _visit(self, position: int, yes: Array, no: Array) -> None:
        if self.visits is None or position < 0:
            return
        visits = self.visits.setdefault(position, Visits())
        visits.true += int(np.sum(yes))
        visits.false += int(np.sum(no))
        visits.tied += int(np.sum(~(yes | no)))

    def select(self, which: Value, *cases: Value) -> Value:
        """The case that the predicate says, or the hull of both where it is open."""
        if isinstance(which, Unsure):
            off, on = cases
            if isinstance(off, Unsure) or isinstance(on, Unsure) or off.dtype.kind in "biu":
                return _select_booleans(which, off, on)
            sure = np.where(which.certain, on, off)
            return boxed(np.where(which.certain == which.possible, sure, _HULL(off, on)))
        if any(isinstance(case, Unsure) for case in cases):
            return _select_booleans(Unsure(which, which), *cases)
        if len(cases) == 2:
            return boxed(np.where(which.astype(bool), cases[1], cases[0]))
        return boxed(np.choose(np.broadcast_to(which, cases[0].shape).astype(np.int64), cases))

    def _integer_pow(self, params: Params, x: Value) -> Value:
        return boxed(x ** params["y"])

    def _round(self, params: Params, x: Value) -> Value:
        rule = _round_half_away if int(params["rounding_method"]) == 0 else _round_half_even
        return boxed(np.frompyfunc(rule, 1, 1)(x))

    def _convert_element_type(self, params: Params, x: Value) -> Value:
        dtype = np.dtype(params["new_dtype"])
        if dtype.kind in "biu":
            if isinstance(x, Unsure):
                if dtype.kind == "b":
                    return x
                raise CannotDecideError("a number is made of a comparison that is left open")
            if x.dtype != object:
                return x.astype(dtype)
            return self._to_whole(x, dtype)
        if isinstance(x, Unsure):
            zero, one = self.exact(0, x.shape), self.exact(1, x.shape)
            return self.select(x, zero, one)
        return x if x.dtype == object else from_floats(x)

    def _to_whole(self, x: Value, dtype: np.dtype[Any]) -> Array:
        if dtype.kind == "b":
            yes, no = self._sides("ne", x, self.exact(0, ()))
            if not np.all(yes | no):
                raise CannotDecideError("whether a number is zero is left open")
            return yes
        toward_zero = np.frompyfunc(_whole(lambda v: v.floor() if v >= 0 else v.ceil()), 1, 1)(x)
        if not np.all(np.asarray(IS_NUMBER(toward_zero), dtype=bool)):
            raise CannotDecideError("the whole part of a number is left open")
        return midpoints(toward_zero).astype(dtype)

    def _reduce_precision(self, params: Params, x: Value) -> Value:
        return x

    def _is_finite(self, params: Params, x: Value) -> Array:
        return np.asarray(IS_NUMBER(x), dtype=bool)

    def _iota(self, params: Params, *_: Value) -> Value:
        return from_floats(FLOAT_RULES["iota"](params))

    def _reduce_sum(self, params: Params, x: Value) -> Value:
        axes = tuple(int(axis) for axis in params["axes"])
        return boxed(np.add.reduce(x, axis=axes, initial=arb(0)) if axes else x)

    def _scatter_add(self, params: Params, x: Value, indices: Value, updates: Value) -> Value:
        return self.rearrange(lambda p, a, b: scatter_add(p, a, b, indices), params, [x, updates])

    def _dot_general(self, params: Params, a: Value, b: Value) -> Value:
        order_a, order_b, (batch, rows, inner, columns), shape = matmul_form(
            params["dimension_numbers"], a.shape, b.shape
        )
        if not inner or not batch * rows * columns:
            return self.exact(0, shape)
        left = a.transpose(order_a).reshape(batch, rows, inner)
        right = b.transpose(order_b).reshape(batch, inner, columns)
        return boxed(np.matmul(left, right)).reshape(shape)

    def order(self, keys: Sequence[Value], axis: int) -> tuple[Array, list[Array]]:
        """A sorting order along `axis`, and the groups of neighbours (a boolean array) that may be tied.

        Raises:
            CannotDecideError: there are several keys and the first does not decide.
        """
        first = keys[0] if keys[0].dtype == object else from_floats(keys[0])
        order = np.argsort(midpoints(first), axis=axis, kind="stable")
        sorted_ = np.take_along_axis(first, order, axis=axis)
        ahead = np.moveaxis(sorted_, axis, 0)
        yes, _ = self._sides("lt", ahead[:-1], ahead[1:])
        if len(keys) > 1 and not np.all(yes):
            raise CannotDecideError("a sort by several keys is tied in the first")
        return order, [np.moveaxis(~yes, 0, axis)]

    def _sort(self, params: Params, *operands: Value) -> list[Value]:
        axis = params["dimension"]
        order, (open_,) = self.order(operands[: params["num_keys"]], axis)
        key = operands[0]
        sorted_ = np.take_along_axis(key, order, axis=axis)
        ahead = np.moveaxis(sorted_, axis, 0)
        # Exact equal keys are in order whichever comes first; overlapping ones are not, and other operands follow them.
        unequal = np.moveaxis(open_, axis, 0) & ~np.asarray(_COMPARISONS["eq"][0](ahead[:-1], ahead[1:]), dtype=bool)
        if np.any(unequal) or (len(operands) > 1 and np.any(open_)):
            raise CannotDecideError("the order of a sort is left open")
        return [np.take_along_axis(x, order, axis=axis) for x in operands]

    def _extreme_place(self, params: Params, x: Value, sign: int) -> Array:
        (axis,) = (int(axis) for axis in params["axes"])
        x = x * sign if sign < 0 else x
        place = np.expand_dims(np.argmax(midpoints(x), axis=axis), axis)
        best = np.take_along_axis(x, place, axis=axis)
        _, below = self._sides("ge", x, np.broadcast_to(best, x.shape))
        itself = np.arange(x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(x.ndim)]) == place
        if not np.all(below | itself):
            raise CannotDecideError("the place of the largest entry is left open (a tie)")
        return np.squeeze(place, axis).astype(params["index_dtype"])

    def _argmax(self, params: Params, x: Value) -> Array:
        return self._extreme_place(params, x, 1)

    def _argmin(self, params: Params, x: Value) -> Array:
        return self._extreme_place(params, x, -1)


def _select_booleans(which: Unsure, off: Any, on: Any) -> Array | Unsure:
    """select_n of booleans under an open predicate; whole numbers cannot be open."""
    for case in (off, on):
        if not isinstance(case, Unsure) and case.dtype.kind != "b":
            raise CannotDecideError("a whole number depends on a comparison that is left open")
    (off_yes, off_may), (on_yes, on_may) = (
        (c.certain, c.possible) if isinstance(c, Unsure) else (c, c) for c in (off, on)
    )
    certain = (which.certain & on_yes) | (~which.possible & off_yes) | (on_yes & off_yes)
    possible = (which.possible & on_may) | (~which.certain & off_may)
    return settle(certain, possible)


def _logic(name: str, params: Params, values: Sequence[Any]) -> Any:
    """Boolean connectives on bounds; on plain integers they are bitwise."""
    if all(isinstance(value, np.ndarray) for value in values):
        return FLOAT_RULES[name](params, *values)
    bounds = [(v.certain, v.possible) if isinstance(v, Unsure) else (v, v) for v in values]
    if name == "not":
        ((yes, may),) = bounds
        return settle(~may, ~yes)
    if name in ("reduce_and", "reduce_or"):
        ((yes, may),) = bounds
        return settle(FLOAT_RULES[name](params, yes), FLOAT_RULES[name](params, may))
    (a_yes, a_may), (b_yes, b_may) = bounds
    if name == "and":
        return settle(a_yes & b_yes, a_may & b_may)
    if name == "or":
        return settle(a_yes | b_yes, a_may | b_may)
    certain = (a_yes & ~b_may) | (b_yes & ~a_may)
    possible = (a_may & ~b_yes) | (b_may & ~a_yes)
    return settle(certain, possible)
