"""Rounded floats: every primitive computed exactly enough, then rounded once to a dtype, to nearest, ties to even.

What a program gives in float64, float32, bfloat16 or float16 so is the same on every machine: the vector libraries behind
NumPy and XLA differ in the last place, and so do their orders of summation. Numbers are held in float64, which holds those of
all four dtypes. Overflow gives infinity, underflow is gradual, and what is not finite follows NumPy's rules.

Where IEEE 754 asks for the nearest number (sums of two, products, quotients, square roots), the hardware's answer is taken. A
second rounding, from float64 to fewer bits, is innocuous there: 53 bits are at least twice as many and two more (S. A.
Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30 (1995) 21-26). Everything else is enclosed in balls, at a
precision at which the centre is on the same side of a tie as the number that it stands for. Sums and products of matrices are
rounded at their end, which is the best that any order of summation could give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb

from gradcheck.numbers.ball_arrays import from_floats, midpoints, numbers, precision
from gradcheck.numbers.ball_rules import RULES as BALL_RULES
from gradcheck.numbers.balls import Balls
from gradcheck.numbers.floats import RULES, Floats, factorised
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import STRUCTURAL
from gradcheck.numbers.system import NoRuleError
from gradcheck.program.program import is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

__all__ = ["DTYPES", "Rounded", "nearest"]

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

# Bits of the significand, and the exponents of the largest power of two and of the smallest normal one.
DTYPES: Mapping[str, tuple[int, int, int]] = {
    "float64": (53, 1023, -1022),
    "float32": (24, 127, -126),
    "bfloat16": (8, 127, -126),
    "float16": (11, 15, -14),
}
_ZERO: Any = arb(0)
_BITS = 192  # three times the significand of a double, and more for what cancels inside of a primitive
_BASIC = frozenset(
    ("neg", "square", "sqrt", "add", "sub", "mul", "div", "add_any")
)  # the nearest number, says IEEE 754
_IN_BALLS = frozenset(("reduce_sum", "reduce_prod", "dot_general", "cumsum", "cumprod", "integer_pow"))
_NONE = frozenset(("nextafter", "fft", "complex", "real", "imag", "conj", "reduce_precision"))
_SIGN = np.frompyfunc(lambda ball, number: (ball > number) - (ball < number), 2, 1)


def nearest(value: Array, dtype: str) -> Array:
    """The nearest number of the dtype, as float64: of two that are equally near, the even one."""
    value = np.asarray(value, dtype=np.float64)
    bits, largest, smallest = DTYPES[dtype]
    if bits == 53:
        return value
    with np.errstate(all="ignore"):
        _, exponent = np.frexp(value)
        unit = (
            np.maximum(exponent, smallest + 1) - bits
        )  # of the last place, gradually less of them below the normal ones
        rounded = np.ldexp(np.rint(np.ldexp(value, -unit)), unit)
        most = (2 - 2.0 ** (1 - bits)) * 2.0**largest
        rounded = np.where(np.abs(rounded) > most, np.copysign(np.inf, rounded), rounded)
        return np.where(np.isfinite(value), rounded, value)


class Rounded(Floats):
    """The numbers of one dtype, and of every primitive the one nearest to its result."""

    name = "rounded floats"

    def __init__(self, dtype: str) -> None:
        """`dtype` is a name of `DTYPES`."""
        super().__init__(np.float64)
        self.rounds_to = dtype

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Array:
        """The input rounded to the dtype; integers and booleans stay as they are.

        Raises:
            NoRuleError: the input is complex.
        """
        if dtype.kind == "c":
            raise NoRuleError("complex numbers")
        return nearest(value, self.rounds_to) if is_inexact(dtype) else np.asarray(value, dtype=dtype)

    def constants(self, plan: Plan) -> Mapping[int, Array]:
        """The constants of a plan, rounded to the dtype and kept with it."""
        known: Mapping[int, Array] | None = plan.memo.get(self.rounds_to)
        if known is None:
            known = {slot: self.constant(value) for slot, value in plan.constants.items()}
            plan.memo[self.rounds_to] = known
        return known

    def constant(self, value: Array) -> Array:
        """A constant rounded to the dtype.

        Raises:
            NoRuleError: the constant is complex.
        """
        if value.dtype.kind == "c":
            raise NoRuleError("complex numbers")
        return nearest(super().constant(value), self.rounds_to) if is_inexact(value.dtype) else value

    def pi(self, shape: tuple[int, ...] = ()) -> Array:
        """π, everywhere."""
        return nearest(super().pi(shape), self.rounds_to)

    def step(self, instruction: Instruction, values: Sequence[Array], position: int) -> Any:
        """One instruction.

        Raises:
            NoRuleError: the primitive has no rule here; JAX's own evaluation would differ from machine to machine.
        """
        if not self.knows(instruction.name):
            raise NoRuleError(instruction.name)
        return super().step(instruction, values, position)

    def apply(self, name: str, params: Params, values: Sequence[Array], position: int = -1) -> Any:
        """One primitive, rounded.

        Raises:
            NoRuleError: there is no rule for the primitive.
        """
        if name in _NONE:
            raise NoRuleError(name)
        whole = values and not any(is_inexact(value.dtype) for value in values) and name != "convert_element_type"
        if name in STRUCTURAL or whole:
            return super().apply(name, params, values, position)
        if name == "lu":
            return factorised(params, values[0], lambda part: nearest(part, self.rounds_to))
        if name in _IN_BALLS or (name not in RULES and name not in _BASIC and name in BALL_RULES):
            return self._enclosed(name, params, values)
        if name in LOWERED and name not in ("reduce_max", "reduce_min", "cummax", "cummin", "clamp"):
            return LOWERED[name](self, params, values)
        results = super().apply(name, params, values, position)
        if isinstance(results, list) or not is_inexact(results.dtype):
            return results
        return nearest(results, self.rounds_to)

    def _enclosed(self, name: str, params: Params, values: Sequence[Array]) -> Array:
        """A primitive in balls, rounded; by NumPy's rules where the result is not finite, and the sign of a zero as NumPy's."""
        usual = np.asarray(super().apply(name, params, values), dtype=np.float64)
        with precision(_BITS):
            exact = [from_floats(value) if is_inexact(value.dtype) else value for value in values]
            found = BALL_RULES[name](Balls(), params, exact, -1)
            finite = numbers(found)
            rounded = self._nearest(np.where(finite, found, _ZERO))
        usual = nearest(usual, self.rounds_to)
        return np.where(finite & ~((rounded == 0) & (usual == 0)), rounded, usual)

    def _nearest(self, balls: Array) -> Array:
        """The nearest number of the dtype to each ball; its double alone would not tell on which side of a tie it lies."""
        double = midpoints(balls)
        if self.rounds_to == "float64":
            return double
        with np.errstate(all="ignore"):
            up, down = (nearest(np.nextafter(double, end), self.rounds_to) for end in (np.inf, -np.inf))
        rounded, close = nearest(double, self.rounds_to), up != down
        if not np.any(close):
            return rounded
        side = np.zeros(double.shape)
        side[close] = np.asarray(_SIGN(balls[close], double[close]), dtype=np.float64)
        return np.where(side > 0, up, np.where(side < 0, down, rounded))
