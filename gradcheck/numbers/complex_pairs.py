"""Complex numbers as pairs of real ones, over any number system: what makes complex code run in balls and in jets.

Inputs and outputs of a program are real; only what lies between may be complex. Functions are in `numbers.complex_rules`;
what is linear acts on both parts alike, and a product of matrices is

    (A + iB)(C + iD) = AC − BD + i(AD + BC)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.numbers.complex_rules import COMPOSED, PARTS, REAL, Parts
from gradcheck.numbers.elementwise import whole_power
from gradcheck.numbers.formula import Formula
from gradcheck.numbers.fourier import transform
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import STRUCTURAL, rearranged
from gradcheck.numbers.system import NoRuleError, System, Visits

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Rule = Callable[["Pairs", Params, Sequence[Any], int], Any]


class Pair:
    """A complex value: its real and its imaginary part, values of the system below, of one shape."""

    __slots__ = ("imag", "real", "system")
    __array_ufunc__ = None

    def __init__(self, system: Pairs, real: Any, imag: Any) -> None:
        self.system = system
        self.real = real
        self.imag = imag

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of both parts."""
        return tuple(self.real.shape)

    def _with(self, name: str, other: Any, swapped: bool = False) -> Any:
        other = self.system.exact(other, ()) if isinstance(other, int) else other
        return self.system.apply(name, {}, [other, self] if swapped else [self, other])

    def __add__(self, other: Any) -> Any:
        return self._with("add", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("add", other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with("sub", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("sub", other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._with("mul", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("mul", other, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("div", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("div", other, swapped=True)

    def __neg__(self) -> Any:
        return self.system.apply("neg", {}, [self])


class Pairs:
    """A number system of real numbers, with pairs of them as its complex numbers."""

    name = "pairs"

    def __init__(self, base: Any) -> None:
        self.base = base

    @property
    def visits(self) -> dict[int, Visits] | None:
        """The visit counts of the system underneath."""
        return self.base.visits  # type: ignore[no-any-return] # every system has them

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Any:
        """An input; a complex one in two parts."""
        if dtype.kind != "c":
            return self.base.enter(value, dtype)
        value, part = np.asarray(value), np.dtype(np.float64)
        return Pair(self, self.base.enter(value.real, part), self.base.enter(value.imag, part))

    def leave(self, value: Any) -> Any:
        """An output, which is real.

        Raises:
            NoRuleError: it is complex.
        """
        if isinstance(value, Pair):
            raise NoRuleError("a complex result (return its real and imaginary parts)")
        return self.base.leave(value)

    def constants(self, plan: Plan) -> Mapping[int, Any]:
        """The constants of a plan, complex ones in two parts."""
        real = {slot: value for slot, value in plan.constants.items() if value.dtype.kind != "c"}
        split = {slot: self.constant(value) for slot, value in plan.constants.items() if slot not in real}
        return {slot: self.base.constant(value) for slot, value in real.items()} | split

    def constant(self, value: Array) -> Any:
        """A constant; a complex one in two parts, each read as written."""
        if value.dtype.kind != "c":
            return self.base.constant(value)
        return Pair(self, self.base.constant(value.real), self.base.constant(value.imag))

    def exact(self, number: int, shape: tuple[int, ...]) -> Any:
        """A whole number, everywhere."""
        return self.base.exact(number, shape)

    def pi(self, shape: tuple[int, ...] = ()) -> Any:
        """π, everywhere."""
        return self.base.pi(shape)

    def imaginary_unit(self) -> Pair:
        """The number i."""
        return Pair(self, self.base.exact(0, ()), self.base.exact(1, ()))

    def nearest(self, value: Any) -> Array:
        """The nearest floats, complex ones for a pair."""
        if not isinstance(value, Pair):
            return self.base.nearest(value)  # type: ignore[no-any-return] # floats
        return np.asarray(self.base.nearest(value.real) + 1j * self.base.nearest(value.imag))

    def lift(self, value: Any) -> Pair:
        """A real value as a complex one."""
        if isinstance(value, Pair):
            return value
        if isinstance(value, np.ndarray) and value.dtype != object:
            value = self.base.apply("convert_element_type", {"new_dtype": np.dtype(np.float64)}, [value])
        value = self.boxed(value)
        return Pair(self, value, self.base.exact(0, tuple(value.shape)))

    def boxed(self, value: Any) -> Any:
        """A value of the system below, where a formula of scalars has left a bare number."""
        return value if hasattr(value, "shape") else self.base.rearrange(lambda _, x: x, {}, [_array_of(value)])

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
        """Run a structural function on both parts."""
        if not any(isinstance(part, Pair) for part in data):
            return self.base.rearrange(move, params, data)
        pairs = [self.lift(part) for part in data]
        real = self.base.rearrange(move, params, [pair.real for pair in pairs])
        imag = self.base.rearrange(move, params, [pair.imag for pair in pairs])
        if isinstance(real, list):
            return [Pair(self, *parts) for parts in zip(real, imag, strict=True)]
        return Pair(self, real, imag)

    def step(self, instruction: Instruction, values: Sequence[Any], position: int) -> Any:
        """One instruction; raises as `apply` does."""
        return self.apply(instruction.name, instruction.params, values, position)

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive on pairs, or on real values by the system below.

        Raises:
            NoRuleError: there is no rule for the primitive, or none for complex numbers.
            CannotDecideError: as in the system below.
        """
        if name in _MAKERS:
            return _MAKERS[name](self, params, values, position)
        if not any(isinstance(value, Pair) for value in values):
            return self.base.apply(name, params, values, position)
        rule = _RULES.get(name)
        if rule is not None:
            return rule(self, params, values, position)
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        lowered = LOWERED.get(name)
        if lowered is not None:
            return lowered(self, params, values, position)
        raise NoRuleError(f"{name} of complex numbers")

    def real_formula(self, formula: Formula, pairs: Sequence[Pair]) -> Any:
        """A formula in the parts a, b (c, d) of one pair (two), in the system below."""
        parts = [part for pair in pairs for part in (pair.real, pair.imag)]
        return self.boxed(formula.value(self.base, dict(zip("abcd", parts, strict=False))))


def _array_of(number: Any) -> Array:
    result = np.empty((), dtype=object)
    result[()] = number
    return result


def by_parts(row: Parts) -> Rule:
    """The rule of a row of real and imaginary parts."""

    def rule(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Pair:
        pairs = [system.lift(value) for value in values]
        return Pair(system, system.real_formula(row.real, pairs), system.real_formula(row.imaginary, pairs))

    return rule


def _real(name: str) -> Rule:
    def rule(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Any:
        return system.real_formula(REAL[name][0], [system.lift(value) for value in values])

    return rule


def _composed(name: str) -> Rule:
    def rule(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Any:
        return COMPOSED[name][0].value(system, dict(zip("zw", map(system.lift, values), strict=False)))

    return rule


def _linear(name: str) -> Rule:
    """What acts on both parts alike."""

    def rule(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Pair:
        (x,) = values
        return Pair(system, system.base.apply(name, params, [x.real]), system.base.apply(name, params, [x.imag]))

    return rule


def _integer_pow(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Any:
    return whole_power(values[0], params["y"])


def _dot_general(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Pair:
    """(A + iB)(C + iD) = AC − BD + i(AD + BC)."""
    x, y = (system.lift(value) for value in values)
    base, form = system.base, {"dimension_numbers": params["dimension_numbers"]}
    ac, bd, ad, bc = (
        base.apply("dot_general", form, [left, right])
        for left, right in ((x.real, y.real), (x.imag, y.imag), (x.real, y.imag), (x.imag, y.real))
    )
    return Pair(system, base.apply("sub", {}, [ac, bd]), base.apply("add", {}, [ad, bc]))


def _select_n(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Pair:
    which, *cases = values
    pairs = [system.lift(case) for case in cases]
    real, imag = (
        system.base.apply("select_n", params, [which, *(getattr(pair, part) for pair in pairs)])
        for part in ("real", "imag")
    )
    return Pair(system, real, imag)


def _equal(name: str, joined: str) -> Rule:
    """Equal where both parts are; unequal where one is not."""

    def rule(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Any:
        x, y = (system.lift(value) for value in values)
        answers = [system.base.apply(name, {}, pair) for pair in ([x.real, y.real], [x.imag, y.imag])]
        return system.base.apply(joined, {}, answers)

    return rule


def _is_finite(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Any:
    (x,) = values
    return system.base.apply("and", {}, [system.base.apply("is_finite", {}, [part]) for part in (x.real, x.imag)])


def _convert(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Any:
    """Between real and complex dtypes; a real one takes the real part."""
    (x,) = values
    if np.dtype(params["new_dtype"]).kind == "c":
        if isinstance(x, Pair):
            return x
        wide = {"new_dtype": np.dtype(np.float64)}
        return system.lift(system.base.apply("convert_element_type", wide, [x], position))
    return system.base.apply("convert_element_type", params, [x.real if isinstance(x, Pair) else x], position)


def _complex(system: Pairs, params: Params, values: Sequence[Any], position: int) -> Pair:
    real, imag = (system.lift(value).real for value in values)
    return Pair(system, real, imag)


# What has complex results for real operands.
_MAKERS: Mapping[str, Rule] = {
    "complex": _complex,
    "convert_element_type": _convert,
    "fft": lambda system, params, values, position: transform(system, params, values),
}
_RULES: Mapping[str, Rule] = {
    **{name: by_parts(row) for name, row in PARTS.items()},
    **{name: _real(name) for name in REAL},
    **{name: _composed(name) for name in COMPOSED},
    **{name: _linear(name) for name in ("reduce_sum", "cumsum", "reduce_precision")},
    "integer_pow": _integer_pow,
    "dot_general": _dot_general,
    "select_n": _select_n,
    "eq": _equal("eq", "and"),
    "ne": _equal("ne", "or"),
    "is_finite": _is_finite,
}


def with_pairs(plan: Plan, system: System) -> System:
    """The system, able to compute with complex numbers if the plan has any."""
    return Pairs(system) if _complex_inside(plan) else system


def _complex_inside(plan: Plan) -> bool:
    known = plan.memo.get("complex inside")
    if known is None:
        known = plan.memo["complex inside"] = any(value.dtype.kind == "c" for value in plan.constants.values()) or any(
            any(dtype.kind == "c" for dtype in instruction.dtypes)
            or any(_complex_inside(body) for body in _bodies(instruction.params))
            for instruction in plan.instructions
        )
    return bool(known)


def _bodies(params: Params) -> list[Plan]:
    """The plans of a loop or branch."""
    nested = [part for value in params.values() for part in (value if isinstance(value, tuple) else (value,))]
    return [part for part in nested if hasattr(part, "instructions")]
