"""A program run on symbols: every entry of every array is a SymPy expression, exact, with constants as they were written.

What moves entries moves them here as in every other number system; reductions are sums of entries. A choice by a comparison
becomes cases. What has no symbol is refused by the name of the primitive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from gradcheck.domains import Space
from gradcheck.numbers.constants import read_all
from gradcheck.numbers.contraction import matmul_form
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.plan import Instruction, Plan, plan_of
from gradcheck.numbers.structural import STRUCTURAL, rearranged
from gradcheck.program.program import Program, is_inexact
from gradcheck.symbolic.functions import Logistic, Softplus
from gradcheck.symbolic.model import NotSymbolic

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

MOST_OPERATIONS = 20_000
"""How many operations on entries a program may take."""
_WHOLE = Floats()
FACTORS: dict[str, Any] = {
    "": sp.S.One,
    "pi": sp.pi,
    "1/pi": 1 / sp.pi,
    "sqrt(pi)": sp.sqrt(sp.pi),
    "1/sqrt(pi)": 1 / sp.sqrt(sp.pi),
    "sqrt(2)": sp.sqrt(2),
    "sqrt(2*pi)": sp.sqrt(2 * sp.pi),
    "1/sqrt(2*pi)": 1 / sp.sqrt(2 * sp.pi),
    "sqrt(3)": sp.sqrt(3),
    "log(2)": sp.log(2),
    "1/log(2)": 1 / sp.log(2),
    "log(10)": sp.log(10),
    "1/log(10)": 1 / sp.log(10),
    "log(2*pi)": sp.log(2 * sp.pi),
    "e": sp.E,
    "1/e": sp.exp(-1),
}
"""The constants of `numbers.constants.FACTORS`."""


def _where(condition: Any, on: Any, off: Any) -> Any:
    if isinstance(condition, (bool, np.bool_)):
        return on if condition else off
    return on if on == off else sp.Piecewise((on, condition), (off, True))


def _log_add_exp(x: Any, y: Any) -> Any:
    if x == 0:
        return Softplus(y)
    return Softplus(x) if y == 0 else sp.log(sp.exp(x) + sp.exp(y))


ENTRYWISE: dict[str, Callable[..., Any]] = {
    "neg": lambda x: -x,
    "add": lambda x, y: x + y,
    "add_any": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "square": lambda x: x**2,
    "sqrt": sp.sqrt,
    "rsqrt": lambda x: 1 / sp.sqrt(x),
    "exp": sp.exp,
    "exp2": lambda x: 2**x,
    "expm1": lambda x: sp.exp(x) - 1,
    "log": sp.log,
    "log1p": lambda x: sp.log(1 + x),
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "asin": sp.asin,
    "acos": sp.acos,
    "atan": sp.atan,
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "tanh": sp.tanh,
    "asinh": sp.asinh,
    "atanh": sp.atanh,
    "logistic": Logistic,
    "erf": sp.erf,
    "erfc": lambda x: 1 - sp.erf(x),
    "logaddexp": _log_add_exp,
    "abs": sp.Abs,
    "sign": sp.sign,
    "max": sp.Max,
    "min": sp.Min,
    "gt": sp.Gt,
    "ge": sp.Ge,
    "lt": sp.Lt,
    "le": sp.Le,
    "eq": sp.Eq,
    "ne": sp.Ne,
    "and": sp.And,
    "or": sp.Or,
    "not": sp.Not,
    "is_finite": lambda x: sp.true,
}


class Symbols:
    """Object arrays of SymPy expressions."""

    def __init__(self) -> None:
        self.spent = 0

    def constant(self, value: Array) -> Array:
        """A constant as written.

        Raises:
            NotSymbolic: it was computed in floats, so that nobody knows the exact number.
        """
        value = np.asarray(value)
        if not is_inexact(value.dtype):
            return value
        if value.dtype.kind == "c":
            raise NotSymbolic("complex numbers are not written in symbols")
        found = np.empty(value.shape, dtype=object)
        flat = value.astype(np.float64).ravel()
        read: dict[int, Any] = {}
        finite = np.flatnonzero(np.isfinite(flat)).tolist()
        for number, one in zip(finite, read_all(value.ravel()[finite]), strict=True):
            if one.slack:
                told = f"the constant {float(flat[number])!r} was computed in floats: its exact value is not known"
                raise NotSymbolic(told)
            rational = sp.Rational(one.rational.numerator, one.rational.denominator)
            read[number] = rational * FACTORS[one.factor]
        for place in range(flat.size):
            here = float(flat[place])
            other = sp.nan if np.isnan(here) else sp.oo if here > 0 else -sp.oo
            found.flat[place] = read.get(place, other)
        return found

    def exact(self, number: int, shape: tuple[int, ...]) -> Array:
        """A whole number, everywhere."""
        return np.full(shape, sp.Integer(number), dtype=object)

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
        """Run a structural function on the arrays themselves."""
        if any(part.dtype == object for part in data):
            data = [part if part.dtype == object else _as_objects(part) for part in data]
        return move(params, *data)

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive on symbols.

        Raises:
            NotSymbolic: it has no symbol; the message is its name.
        """
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        if name in ENTRYWISE:
            return self._each(ENTRYWISE[name], *values)
        if name in _RULES:
            return _RULES[name](self, params, *values)
        if name in LOWERED:
            return LOWERED[name](self, params, values)
        raise NotSymbolic(f"the operation {name} has no symbol")

    def _each(self, function: Callable[..., Any], *values: Any) -> Array:
        wide = np.broadcast_arrays(*(np.asarray(value) for value in values))
        arrays = [array if array.dtype == object else _as_objects(array) for array in wide]
        found = np.empty(arrays[0].shape, dtype=object)
        self.spend(found.size)
        for place in np.ndindex(found.shape):
            found[place] = function(*(array[place] for array in arrays))
        return found

    def spend(self, count: int) -> None:
        """Count operations. Raises NotSymbolic where they are too many."""
        self.spent += count
        if self.spent > MOST_OPERATIONS:
            raise NotSymbolic(f"the program takes more than {MOST_OPERATIONS} operations on single entries")


def _as_objects(array: Array) -> Array:
    """Numbers and truth values as SymPy has them."""
    found = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        value = array[place]
        if array.dtype == object:
            found[place] = value
        elif array.dtype.kind == "b":
            found[place] = sp.true if value else sp.false
        else:
            found[place] = sp.Integer(int(value)) if array.dtype.kind in "iu" else sp.Float(float(value))
    return found


def _integer_pow(system: Symbols, params: Params, x: Any) -> Any:
    return system._each(lambda entry: entry ** int(params["y"]), x)


def _select(system: Symbols, params: Params, which: Any, *cases: Any) -> Any:
    if len(cases) != 2:
        raise NotSymbolic("a choice between more than two arrays has no symbol")
    off, on = cases
    return system._each(_where, np.broadcast_to(which, on.shape), on, off)


def _convert(system: Symbols, params: Params, x: Any) -> Any:
    to = np.dtype(params["new_dtype"])
    if x.dtype != object:
        return _as_objects(x) if to.kind == "f" and x.dtype.kind != "b" else x.astype(to)
    if x.size and isinstance(x.flat[0], (sp.logic.boolalg.Boolean, bool)):
        return system._each(_where_true, x)
    if to.kind in "iub":
        raise NotSymbolic("a conversion to whole numbers has no symbol")
    return x


def _where_true(entry: Any) -> Any:
    if entry in (sp.true, sp.false):
        return sp.Integer(1 if entry == sp.true else 0)
    return sp.Piecewise((sp.S.One, entry), (sp.S.Zero, True))


def _reduce_sum(system: Symbols, params: Params, x: Any) -> Any:
    axes = tuple(params["axes"])
    data = x if x.dtype == object else _as_objects(x)
    system.spend(data.size)
    kept = [axis for axis in range(data.ndim) if axis not in axes]
    moved = data.transpose(*kept, *axes).reshape(*(data.shape[axis] for axis in kept), -1)
    found = np.empty(moved.shape[:-1], dtype=object)
    for place in np.ndindex(found.shape):
        found[place] = sp.Add(*moved[place])
    return found


def _dot_general(system: Symbols, params: Params, a: Any, b: Any) -> Any:
    form = matmul_form(params["dimension_numbers"], a.shape, b.shape)
    batch, rows, inner, columns = form.sizes
    system.spend(batch * rows * inner * columns)
    left = a.transpose(form.left).reshape(batch, rows, inner)
    right = b.transpose(form.right).reshape(batch, inner, columns)
    found = np.empty((batch, rows, columns), dtype=object)
    for place, i, j in np.ndindex(found.shape):
        found[place, i, j] = sp.Add(*(left[place, i, k] * right[place, k, j] for k in range(inner)))
    return found.reshape(form.shape)


def _same(system: Symbols, params: Params, x: Any) -> Any:
    return x


_RULES: dict[str, Callable[..., Any]] = {
    "integer_pow": _integer_pow,
    "select_n": _select,
    "convert_element_type": _convert,
    "reduce_precision": _same,
    "reduce_sum": _reduce_sum,
    "dot_general": _dot_general,
}


def entries(program: Program, inputs: Sequence[Array]) -> Array:
    """The one output of a program at arrays of symbols.

    Raises:
        NotSymbolic: a primitive has no symbol, a constant no exact value, or there are several outputs.
    """
    plan: Plan = plan_of(program)
    if len(plan.outputs) != 1:
        raise NotSymbolic(f"{program.name} has {len(plan.outputs)} results; one array is written")
    system = Symbols()
    slots: dict[int, Any] = {slot: system.constant(value) for slot, value in plan.constants.items()}
    slots.update(zip(plan.inputs, inputs, strict=True))
    for instruction in plan.instructions:
        arguments = [slots[slot] for slot in instruction.ins]
        results = _step(system, instruction, arguments)
        results = results if isinstance(results, list) else [results]
        slots.update(zip(instruction.outs, results, strict=True))
    found = np.asarray(slots[plan.outputs[0]])
    return found if found.dtype == object else _as_objects(found)


def _step(system: Symbols, instruction: Instruction, arguments: list[Any]) -> Any:
    if instruction.name in ("cond", "while", "scan"):
        raise NotSymbolic(f"the control flow {instruction.name} has no symbol")
    if instruction.whole and all(argument.dtype != object for argument in arguments):
        return _WHOLE.step(instruction, arguments, -1)
    return system.apply(instruction.name, instruction.params, arguments)


def real(name: str, sign: int = 0) -> Any:
    """The symbol of a real number: a positive one for the sign 1, a negative one for -1."""
    known = {1: {"positive": True}, -1: {"negative": True}}.get(sign, {})
    return sp.Symbol(name, real=True, **known)


def sign_of(space: Space) -> int:
    """The sign that all numbers of a space have, or 0."""
    low, high = getattr(space, "low", -np.inf), getattr(space, "high", np.inf)
    return 0 if not space.differentiable else 1 if low >= 0 else -1 if high <= 0 else 0


def entry_symbol(name: str, place: tuple[int, ...], sign: int) -> Any:
    """The symbol of one entry of an input, numbered from 1."""
    label = "" if not place else "_{" + ",".join(str(i + 1) for i in place) + "}"
    return real(name + label, sign)


def array_of_symbols(name: str, shape: tuple[int, ...], sign: int) -> Array:
    """The symbols of all entries of an input."""
    found = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        found[place] = entry_symbol(name, place, sign)
    return found
