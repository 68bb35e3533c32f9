"""Enclosures in doubles: a float and a bound on how far the number may be from it, whole arrays at a time.

What balls know to 38 digits is known here to some 15, at a hundredth of the cost: enough to prove what a large derivative in
floats is compared with. Nothing is assumed but IEEE 754, by which a sum, product, quotient or square root is off by at
most u = 2⁻⁵³ of it, and a sum of n products by γₙ = n u / (1 − n u) of the sum of their sizes, in any order and with or without
fused operations (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, SIAM 2002, section 3.1). Bounds are
themselves computed in floats, and made larger by more than their rounding.

No library of functions is believed: exp and expm1 are computed here, by reducing the argument and a Taylor sum whose error is
bounded below, and a logarithm is what exp shows it to be. Other functions have no rule.

    exp x = 2ᵏ exp r,  r = x − k log 2,  |r| ≤ log(2)/2:   Σ rʲ/j!, j ≤ 14, leaves less than 4e-19 r out.

k log 2 is subtracted in two parts, of which the first has 21 bits less than a double, so that its product with k is exact for
|k| < 2²⁰; the error of r is at most 2u in total, that of Horner's sum at most 3u of it, and `_SERIES` is more than both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.numbers.ball_arrays import from_floats
from gradcheck.numbers.constants import slacks
from gradcheck.numbers.contraction import matmul_form
from gradcheck.numbers.elementwise import whole_power
from gradcheck.numbers.floats import RULES as FLOAT_RULES
from gradcheck.numbers.jets import Jet, Jets
from gradcheck.numbers.logic import moved, of_booleans
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import STRUCTURAL, rearranged
from gradcheck.numbers.system import NoRuleError, Unsure, Visits, settle
from gradcheck.program.program import is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

_U = 2.0**-53
_UP = 1 + 2.0**-48  # more than the rounding of a bound of a few terms
_TINY = 2.0**-1000  # more than anything that underflows
_SERIES = 2.0**-49  # relative, of exp and expm1
_LOG_HIGH, _LOG_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # of fdlibm: log 2 in two parts
_TERMS = 14
MOST_FACTORS = 64  # of a whole power that is multiplied out
_LARGEST = 700.0  # arguments of exp up to here neither overflow nor underflow


class Double:
    """Numbers ``middle`` ± ``radius``; the radius may have fewer entries, that of all. An infinite one knows nothing."""

    __slots__ = ("middle", "radius")
    __array_ufunc__ = None

    def __init__(self, middle: Any, radius: Any) -> None:
        self.middle = np.asarray(middle)
        self.radius = np.asarray(radius)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return tuple(self.middle.shape)

    @property
    def size(self) -> int:
        """How many numbers."""
        return int(self.middle.size)

    def __add__(self, other: Any) -> Double:
        other = _double(other)
        middle = self.middle + other.middle
        return _made(middle, self.radius + other.radius + _U * np.abs(middle))

    __radd__ = __add__

    def __neg__(self) -> Double:
        return Double(-self.middle, self.radius)

    def __sub__(self, other: Any) -> Double:
        return self + (-_double(other))

    def __rsub__(self, other: Any) -> Double:
        return _double(other) - self

    def __mul__(self, other: Any) -> Double:
        other = _double(other)
        middle = self.middle * other.middle
        radius = _U * np.abs(middle)
        if np.any(self.radius):
            radius = radius + self.radius * (np.abs(other.middle) + other.radius)
        if np.any(other.radius):
            radius = radius + other.radius * np.abs(self.middle)
        return _made(middle, radius)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Double:
        """The numerator's error and the quotient times the divisor's, over the smallest divisor there may be."""
        other = _double(other)
        middle = self.middle / other.middle
        least = np.abs(other.middle) - other.radius * _UP
        radius = (self.radius + np.abs(middle) * _UP * other.radius) / least * _UP + _U * np.abs(middle)
        return _made(middle, np.where(least > 0, radius, np.inf))

    def __rtruediv__(self, other: Any) -> Double:
        return _double(other) / self


def _double(value: Any) -> Double:
    """A whole number as an enclosure; one as it is."""
    return value if isinstance(value, Double) else Double(np.float64(value), 0.0)


def _made(middle: Any, radius: Any) -> Double:
    """An enclosure whose radius was computed in floats; what is not finite is not known."""
    middle = np.asarray(middle)
    known = np.isfinite(middle)
    if np.all(known):
        return Double(middle, radius * _UP + _TINY)
    return Double(np.where(known, middle, 0.0), np.where(known, radius * _UP + _TINY, np.inf))


def _sums(count: int) -> float:
    """γₙ, more than the rounding of a sum of so many products."""
    return (count + 1) * _U / (1 - (count + 1) * _U) * _UP


def _series(x: Array) -> tuple[Array, Array]:
    """expm1 of the reduced argument, and the power of two: exp x = 2ᵏ (1 + s)."""
    k = np.rint(x * (1 / math.log(2)))
    r = (x - k * _LOG_HIGH) - k * _LOG_LOW
    total = np.full_like(r, 1 / math.factorial(_TERMS))
    for j in range(_TERMS - 1, 0, -1):
        total *= r
        total += 1 / math.factorial(j)
    total *= r
    return total, k


def _spread(x: Double, value: Array, error: Array | float, slope: Any) -> Double:
    """f(x ± radius) from f at the middle, known to `error`, and a bound on |f'| there."""
    inside = np.abs(x.middle) <= _LARGEST
    known = inside & np.isfinite(value) & (x.radius < 0.5)
    radius = np.where(known, error + slope * x.radius * _UP, np.inf)
    return _made(np.where(known, value, 0.0), radius)


def _exp(x: Double) -> Double:
    total, k = _series(np.clip(x.middle, -_LARGEST, _LARGEST))
    value = np.ldexp(1 + total, k.astype(np.int64))
    return _spread(x, value, value * _SERIES, 2 * value)  # exp(radius) < 2


def _expm1(x: Double) -> Double:
    total, k = _series(np.clip(x.middle, -_LARGEST, _LARGEST))
    power = np.ldexp(1.0, k.astype(np.int64))
    value = np.where(k == 0, total, power * total + (power - 1))
    size = np.where(k == 0, np.abs(total), np.abs(value) + power)
    return _spread(x, value, size * _SERIES, 2 * (np.abs(value) + 1))


def _log(x: Double) -> Double:
    """log x = y − log(exp(y)/x) for any y near it, and |log(1 + d)| ≤ 2 |d| for |d| ≤ 1/2."""
    guess = np.log(x.middle)
    off = _exp(Double(-guess, 0.0)) * Double(x.middle, 0.0) - 1
    far = (np.abs(off.middle) + off.radius) * _UP
    least = x.middle - x.radius * _UP
    slope = np.where(least > 0, 1 / least, np.inf)
    known = (x.middle > 0) & (least > 0) & (far <= 0.5)
    return _made(
        np.where(known, guess, 0.0),
        np.where(known, 2 * far + np.where(x.radius > 0, slope * x.radius, 0.0) * _UP, np.inf),
    )


def _log1p(x: Double) -> Double:
    """y is off by |expm1(y) − x| / (1 + x) and less than that again, where this is small."""
    guess = np.log1p(x.middle)
    off = _expm1(Double(guess, 0.0)) - Double(x.middle, 0.0)
    least = (1 + x.middle) * (1 - 2 * _U) - x.radius * _UP
    far = (np.abs(off.middle) + off.radius) / least * _UP
    known = (least > 0) & (far <= 0.5)
    return _made(np.where(known, guess, 0.0), np.where(known, 2 * far + x.radius / least * _UP, np.inf))


def _tanh(x: Double) -> Double:
    """tanh x = e/(e + 2) with e = expm1(2x), odd; its slope is at most 1."""
    e = _expm1(Double(np.minimum(2 * np.abs(x.middle), 60.0), 0.0))
    at = e / (e + 2)
    value = np.where(np.abs(x.middle) < 30, at.middle, 1.0)
    error = np.where(np.abs(x.middle) < 30, at.radius, _U)
    return _made(np.copysign(value, x.middle), error + x.radius)


def _sqrt(x: Double) -> Double:
    middle = np.sqrt(x.middle)
    least = x.middle - x.radius * _UP
    moved_by = np.where(x.radius > 0, x.radius / (np.sqrt(np.maximum(least, 0.0)) + middle) * _UP, 0.0)
    return _made(middle, np.where(least >= 0, moved_by + _U * middle, np.inf))


def _logistic(x: Double) -> Double:
    return 1 / (1 + _exp(-x))


def _absolute(x: Double) -> Double:
    return Double(np.abs(x.middle), x.radius)


def _larger(x: Double, y: Double) -> Double:
    return Double(np.maximum(x.middle, y.middle), np.maximum(x.radius, y.radius))


def _smaller(x: Double, y: Double) -> Double:
    return -_larger(-x, -y)


def _logaddexp(x: Double, y: Double) -> Double:
    """log(eˣ + eʸ) = max + log(1 + e^−|x−y|)."""
    return _larger(x, y) + _log1p(_exp(-_absolute(x - y)))


_FUNCTIONS: Mapping[str, Callable[..., Double]] = {
    "add": lambda x, y: x + y,
    "add_any": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "square": lambda x: x * x,
    "sqrt": _sqrt,
    "rsqrt": lambda x: 1 / _sqrt(x),
    "exp": _exp,
    "expm1": _expm1,
    "log": _log,
    "log1p": _log1p,
    "tanh": _tanh,
    "logistic": _logistic,
    "logaddexp": _logaddexp,
    "sinh": lambda x: (_expm1(x) + _expm1(x) / (_expm1(x) + 1)) / 2,
    "cosh": lambda x: (_exp(x) + _exp(-x)) / 2,
    "abs": _absolute,
    "max": _larger,
    "min": _smaller,
    **dict.fromkeys(("reduce_precision", "conj", "real"), lambda x: x),
}


class Doubles:
    """Arrays of `Double`. What has no rule here is asked of balls instead, by who runs the program."""

    name = "doubles with bounds"

    def __init__(self, visits: dict[int, Visits] | None = None) -> None:
        self.visits = visits

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Any:
        """Floats are exact; integers and booleans stay as they are.

        Raises:
            NoRuleError: the input is complex.
        """
        if dtype.kind == "c":
            raise NoRuleError("complex numbers")
        array = np.asarray(value, dtype=dtype)
        return Double(array.astype(np.float64), 0.0) if is_inexact(dtype) else array

    def leave(self, value: Any) -> Any:
        """An output, as it is."""
        return value

    def constants(self, plan: Plan) -> Mapping[int, Any]:
        """The constants of a plan, kept with it."""
        known: Mapping[int, Any] | None = plan.memo.get("doubles")
        if known is None:
            known = plan.memo["doubles"] = {slot: self.constant(value) for slot, value in plan.constants.items()}
        return known

    def constant(self, value: Array) -> Any:
        """A constant as written: a float stands for any number that is rounded to it, but for a whole one.

        Raises:
            NoRuleError: the constant is complex.
        """
        if value.dtype.kind == "c":
            raise NoRuleError("complex numbers")
        if not is_inexact(value.dtype):
            return value
        wide = value.astype(np.float64)
        if value.dtype.itemsize < 8:
            return _made(wide, slacks(value) + _U * np.abs(wide))
        whole = (wide == np.rint(wide)) & (np.abs(wide) < 2.0**53)
        return Double(wide, np.where(whole, 0.0, 2 * _U * np.abs(wide)))

    def exact(self, number: int, shape: tuple[int, ...]) -> Double:
        """A whole number, everywhere."""
        return Double(np.full(shape, float(number)), 0.0)

    def pi(self, shape: tuple[int, ...] = ()) -> Double:
        """π, everywhere."""
        return Double(np.full(shape, math.pi), 4 * _U)

    def unknown(self, shape: tuple[int, ...]) -> Double:
        """Anything, everywhere."""
        return Double(np.zeros(shape), np.inf)

    def nearest(self, value: Double) -> Array:
        """The middles."""
        return value.middle

    def ground(self, value: Double) -> Array:
        """The same as balls."""
        from flint import arb

        radius = np.broadcast_to(value.radius, value.shape)
        together = np.frompyfunc(lambda ball, width: ball + arb(0, width), 2, 1)
        return np.asarray(together(from_floats(value.middle), radius.astype(object)), dtype=object)

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
        """Run a structural function on the middles and the radii."""
        if any(isinstance(part, Unsure) for part in data):
            return moved(move, params, data)
        if not any(isinstance(part, Double) for part in data):
            return move(params, *data)
        parts = [part if isinstance(part, Double) else Double(np.asarray(part, dtype=np.float64), 0.0) for part in data]
        middles = move(params, *(part.middle for part in parts))
        radii = move(params, *(np.broadcast_to(part.radius, part.shape) for part in parts))
        if isinstance(middles, list):
            return [Double(middle, radius) for middle, radius in zip(middles, radii, strict=True)]
        return Double(middles, radii)

    def step(self, instruction: Instruction, values: Sequence[Any], position: int) -> Any:
        """One instruction; raises as `apply` does."""
        return self.apply(instruction.name, instruction.params, values, position)

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive.

        Raises:
            NoRuleError: there is none for it in doubles.
        """
        rule = RULES.get(name)
        if rule is not None:
            return rule(self, params, values, position)
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        if name in LOWERED:
            return LOWERED[name](self, params, values, position)
        raise NoRuleError(name)


class DoubleJets(Jets):
    """Jets over doubles with bounds; the largest of many entries is found without balls, where it is clear of the others."""

    def __init__(self, visits: dict[int, Visits] | None, directions: int) -> None:
        super().__init__(Doubles(visits), directions)

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive on jets; raises as `Jets` does."""
        x = values[0]
        if name not in _EXTREMES or not isinstance(x, Jet) or x.tangent is None or not math.prod(x.shape):
            return super().apply(name, params, values, position)
        axes = tuple(params["axes"])
        rest = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
        shape = tuple(x.shape[axis] for axis in rest)

        def lines(data: Array) -> Array:
            return data.transpose((*rest, *axes)).reshape(*shape, -1)

        middles = lines(x.value.middle) * _EXTREMES[name]
        radii = lines(np.broadcast_to(x.value.radius, x.shape))
        best = np.expand_dims(np.argmax(middles, axis=-1), -1)
        ahead = np.take_along_axis(middles, best, -1) - middles
        clear = ahead > (np.take_along_axis(radii, best, -1) + radii) * _UP * _UP
        if np.sum(clear) != clear.size - best.size:
            return super().apply(name, params, values, position)
        return self.rearrange(lambda _, data: np.take_along_axis(lines(data), best, axis=-1)[..., 0], {}, [x])


_EXTREMES = {"reduce_max": 1.0, "reduce_min": -1.0}


def _elementwise(function: Callable[..., Double]) -> Callable[..., Any]:
    def rule(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
        return function(*map(_double, values))

    return rule


def _integer_pow(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    found = whole_power(values[0], params["y"])
    return found if isinstance(found, Double) else system.exact(found, values[0].shape)


def _power(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    """x^y = exp(y log x), of positive x; a whole exponent that all entries share admits any."""
    base, exponent = (_double(value) for value in values)
    whole = exponent.middle.ravel()[:1]
    shared = whole.size == 1 and not np.any(exponent.radius) and bool(np.all(exponent.middle == whole[0]))
    if shared and whole[0] == np.rint(whole[0]) and abs(whole[0]) <= MOST_FACTORS:
        return whole_power(base, int(whole[0])) + system.exact(0, exponent.shape)
    return _exp(exponent * _log(base))


def _reduced(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    (x,) = values
    axes = tuple(params["axes"])
    count = math.prod(x.shape[axis] for axis in axes)
    radius = np.sum(np.broadcast_to(x.radius, x.shape), axis=axes)
    return _made(
        np.sum(x.middle, axis=axes), radius + _sums(2 * count) * (np.sum(np.abs(x.middle), axis=axes) + radius)
    )


def _entire(function: Callable[..., Any]) -> Callable[..., Any]:
    """The largest or smallest entry: off by no more than the entries are."""

    def rule(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        axes = tuple(params["axes"])
        radius = np.max(np.broadcast_to(x.radius, x.shape), axis=axes, initial=0.0)
        return Double(function(x.middle, axis=axes), radius)

    return rule


def _running(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    (x,) = values
    sums = FLOAT_RULES["cumsum"]
    radius = sums(params, np.array(np.broadcast_to(x.radius, x.shape)))
    size = sums(params, np.abs(x.middle))
    return _made(sums(params, x.middle), radius + _sums(2 * x.shape[params["axis"]]) * (size + radius))


def _product(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    a, b = (_double(value) for value in values)
    form = matmul_form(params["dimension_numbers"], a.shape, b.shape)
    batch, rows, inner, columns = form.sizes

    def left(part: Array) -> Array:
        return np.broadcast_to(part, a.shape).transpose(form.left).reshape(batch, rows, inner)

    def right(part: Array) -> Array:
        return np.broadcast_to(part, b.shape).transpose(form.right).reshape(batch, inner, columns)

    size = np.matmul(np.abs(left(a.middle)), np.abs(right(b.middle)))
    radius = size * _sums(2 * inner)
    if np.any(a.radius):
        radius = radius + np.matmul(left(a.radius), np.abs(right(b.middle)) + right(b.radius)) * (1 + _sums(2 * inner))
    if np.any(b.radius):
        radius = radius + np.matmul(np.abs(left(a.middle)), right(b.radius)) * (1 + _sums(2 * inner))
    middle = np.matmul(left(a.middle), right(b.middle))
    return _made(middle.reshape(form.shape), radius.reshape(form.shape))


def _compared(name: str) -> Callable[..., Any]:
    """Decided where the difference is more than both bounds; of exact numbers always."""

    def rule(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
        if any(isinstance(value, Unsure) for value in values):
            return of_booleans(name, params, values)
        a, b = (_double(value) for value in values)
        apart, width = a.middle - b.middle, (a.radius + b.radius) * _UP
        more, less, same = apart > width * _UP, -apart > width * _UP, (apart == 0) & (width == 0)
        sure, never = {
            "gt": (more, less | same),
            "lt": (less, more | same),
            "ge": (more | same, less),
            "le": (less | same, more),
            "eq": (same, more | less),
            "ne": (more | less, same),
        }[name]
        if system.visits is not None and position >= 0:
            visits = system.visits.setdefault(position, Visits())
            tied = same | ~(sure | never)
            visits.true += int(np.sum(sure & ~tied))
            visits.false += int(np.sum(never & ~tied))
            visits.tied += int(np.sum(tied))
        return settle(sure, ~never)

    return rule


def _selected(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    """The chosen case; where the choice is open, both."""
    which, *cases = values
    if not any(isinstance(case, Double) for case in cases):
        return (
            of_booleans("select_n", params, values)
            if isinstance(which, Unsure)
            else FLOAT_RULES["select_n"](params, *values)
        )
    off, on = (_double(case) for case in cases)
    certain, possible = (which.certain, which.possible) if isinstance(which, Unsure) else (which.astype(bool),) * 2
    middle, radius = np.where(certain, on.middle, off.middle), np.where(certain, on.radius, off.radius)
    if certain is possible:
        return Double(middle, radius)
    both = (np.abs(off.middle - on.middle) + np.maximum(off.radius, on.radius)) * _UP
    return Double(middle, np.where(certain == possible, radius, both))


def _converted(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    """To another floating point dtype nothing changes; of whole numbers, those that a double holds.

    Raises:
        NoRuleError: a number with a bound is to become a whole one, or an open boolean a number.
    """
    (x,) = values
    floating = is_inexact(np.dtype(params["new_dtype"]))
    if isinstance(x, Double) and floating:
        return x
    if isinstance(x, Double | Unsure):
        raise NoRuleError("convert_element_type of what is not known exactly")
    return Double(np.asarray(x, dtype=np.float64), 0.0) if floating else x.astype(params["new_dtype"])


def _signed(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    """The sign, where it is known; otherwise anything between −1 and 1."""
    (x,) = values
    known = (np.abs(x.middle) > x.radius * _UP) | (np.broadcast_to(x.radius, x.shape) == 0)
    return Double(np.where(known, np.sign(x.middle), 0.0), np.where(known, 0.0, 1.0))


def _finite(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    (x,) = values
    known = np.isfinite(np.broadcast_to(x.radius, x.shape))
    return settle(known, np.ones_like(known))


def _counting(system: Doubles, params: Params, values: Sequence[Any], position: int) -> Any:
    made = FLOAT_RULES["iota"](params)
    return Double(made.astype(np.float64), 0.0) if is_inexact(made.dtype) else made


RULES: Mapping[str, Callable[..., Any]] = {
    **{name: _elementwise(function) for name, function in _FUNCTIONS.items()},
    **{name: _compared(name) for name in ("gt", "lt", "ge", "le", "eq", "ne")},
    "integer_pow": _integer_pow,
    "pow": _power,
    "reduce_sum": _reduced,
    "reduce_max": _entire(np.max),
    "reduce_min": _entire(np.min),
    "cumsum": _running,
    "dot_general": _product,
    "select_n": _selected,
    "convert_element_type": _converted,
    "sign": _signed,
    "is_finite": _finite,
    "iota": _counting,
}
