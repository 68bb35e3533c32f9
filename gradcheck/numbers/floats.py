"""Floats: NumPy arrays of a given dtype, without compilation. What has no rule falls back to JAX's own primitive.

Sixteen-bit floats are widened to 32 bits for each primitive and rounded again after it, as XLA does on a CPU.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.numbers.constants import nearest
from gradcheck.numbers.contraction import matmul_form
from gradcheck.numbers.elementwise import ROWS
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import LARGE, STRUCTURAL, rearranged
from gradcheck.numbers.system import NoRuleError, Visits
from gradcheck.program.program import is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

_FRESH = frozenset(("dot_general", "reduce_sum", "reduce_prod", "reduce_max", "reduce_min"))  # share no memory
_CASTS = frozenset(("convert_element_type", "reduce_precision"))

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Step = tuple[Callable[..., Any], tuple[int, ...], tuple[int, ...]]  # what is computed, of which slots, into which


def select(params: Params, which: Array, *cases: Array) -> Array:
    """``select_n``: the case that `which` says, element by element."""
    if len(cases) <= 2:
        return np.where(which.astype(bool), cases[-1], cases[0])
    stacked = np.stack(cases)
    places = np.broadcast_to(which, cases[0].shape).astype(np.int64)
    return np.asarray(np.take_along_axis(stacked, places[None], axis=0)[0])


def _convert(params: Params, x: Array) -> Array:
    real = x.dtype.kind == "c" and np.dtype(params["new_dtype"]).kind != "c"
    return (x.real if real else x).astype(params["new_dtype"])


def factorised(params: Params, x: Array, rounded: Callable[[Array], Array] = lambda part: part) -> list[Array]:
    """`linear_algebra.lu` for all matrices of a batch at once; `rounded` gets what each step of elimination computes."""
    (rows, columns), batch = x.shape[-2:], x.shape[:-2]
    factors = np.array(x).reshape(-1, rows, columns)
    which = np.arange(len(factors))
    permutation = np.tile(np.arange(rows), (len(factors), 1))
    exchanges = np.zeros((len(factors), min(rows, columns)), dtype=np.int32)
    for k in range(min(rows, columns)):
        pivot = k + np.argmax(np.abs(factors[:, k:, k]), axis=1)
        exchanges[:, k] = pivot
        for exchanged in (factors, permutation):
            exchanged[which, k], exchanged[which, pivot] = exchanged[which, pivot], exchanged[which, k].copy()
        factors[:, k + 1 :, k] = rounded(factors[:, k + 1 :, k] / factors[:, k, k, None])
        product = rounded(factors[:, k + 1 :, k, None] * factors[:, k, None, k + 1 :])
        factors[:, k + 1 :, k + 1 :] = rounded(factors[:, k + 1 :, k + 1 :] - product)
    shape = (*batch, min(rows, columns))
    return [factors.reshape(x.shape), exchanges.reshape(shape), permutation.astype(np.int32).reshape(*batch, rows)]


def _rounded_to(params: Params, x: Array) -> Array:
    """The number with fewer bits, to even where it lies halfway (numbers that overflow or underflow on the way aside)."""
    fraction, exponent = np.frexp(x)
    bits = params["mantissa_bits"] + 1
    return np.asarray(np.ldexp(np.rint(np.ldexp(fraction, bits)), exponent - bits), dtype=x.dtype)


def _fft(params: Params, x: Array) -> Array:
    lengths = tuple(params["fft_lengths"])
    functions: dict[str, Callable[..., Any]] = {
        "FFT": np.fft.fftn,
        "IFFT": np.fft.ifftn,
        "RFFT": np.fft.rfftn,
        "IRFFT": np.fft.irfftn,
    }
    return np.asarray(functions[params["fft_type"].name](x, lengths, axes=tuple(range(x.ndim - len(lengths), x.ndim))))


def _iota(params: Params, *_: Array) -> Array:
    shape, axis = params["shape"], params["dimension"]
    aligned = [1] * len(shape)
    aligned[axis] = shape[axis]
    counted = np.arange(shape[axis]).astype(params["dtype"])
    return np.broadcast_to(counted.reshape(aligned), shape)


def _argument_of(extreme: Callable[..., Any]) -> Callable[..., Array]:
    def rule(params: Params, x: Array) -> Array:
        (axis,) = params["axes"]
        return np.asarray(extreme(x, axis=axis), dtype=params["index_dtype"])

    return rule


def _round(params: Params, x: Array) -> Array:
    if int(params["rounding_method"]) == 0:  # halves away from zero
        whole = np.trunc(x)
        return np.where(np.abs(x - whole) >= 0.5, whole + np.sign(x), whole)
    return np.round(x)


def _dot(params: Params, a: Array, b: Array) -> Array:
    form = matmul_form(params["dimension_numbers"], a.shape, b.shape)
    batch, rows, inner, columns = form.sizes
    wanted = params.get("preferred_element_type")
    if wanted is not None and np.dtype(wanted).itemsize > a.dtype.itemsize:
        a, b = a.astype(wanted), b.astype(wanted)
    left = _spread_out(a.transpose(form.left).reshape(batch, rows, inner))
    right = _spread_out(b.transpose(form.right).reshape(batch, inner, columns))
    return np.asarray(np.matmul(left, right).reshape(form.shape))


def _spread_out(x: Array) -> Array:
    """An array that is repeated along an axis, with room for each entry: BLAS takes no other."""
    return np.ascontiguousarray(x) if 0 in x.strides else x


def _sort(params: Params, *operands: Array) -> list[Array]:
    axis, keys = params["dimension"], params["num_keys"]
    order = np.lexsort(tuple(reversed(operands[:keys])), axis=axis)
    return [np.take_along_axis(x, order, axis=axis) for x in operands]


def _top_k(params: Params, x: Array) -> list[Array]:
    axis, k = params.get("axis", -1), params["k"]
    order = np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)  # stable, from the largest
    places = np.take(x.shape[axis] - 1 - order, np.arange(k), axis=axis)
    return [np.take_along_axis(x, places, axis=axis), places.astype(np.int32)]


def _cumulative(fold: Callable[..., Any]) -> Callable[..., Array]:
    def rule(params: Params, x: Array) -> Array:
        axis = params["axis"]
        if params["reverse"]:
            return np.asarray(np.flip(fold(np.flip(x, axis), axis=axis), axis))
        return np.asarray(fold(x, axis=axis))

    return rule


def _clamp(params: Params, low: Array, x: Array, high: Array) -> Array:
    return np.minimum(np.maximum(x, low), high)


def _reduced(function: Callable[..., Any], start: float | None = None) -> Callable[..., Array]:
    """A reduction; over nothing it is `start`, where the function has no start of its own."""

    def rule(params: Params, x: Array) -> Array:
        options = {} if start is None or x.size else {"initial": start}
        return np.asarray(function(x, axis=tuple(params["axes"]), **options))

    return rule


def _whole_quotient(params: Params, a: Array, b: Array) -> Array:
    """Integer division rounds towards zero in XLA, and is −1 for a divisor of 0."""
    quotient = np.abs(a) // np.where(b == 0, 1, np.abs(b))
    return np.where(b == 0, -1, np.where((a < 0) != (b < 0), -quotient, quotient)).astype(a.dtype)


def _remainder(params: Params, a: Array, b: Array) -> Array:
    if a.dtype.kind in "iu":  # XLA gives the dividend back for a divisor of 0
        return np.where(b == 0, a, np.fmod(a, np.where(b == 0, 1, b))).astype(a.dtype)
    return np.fmod(a, b)


def _total_less(or_equal: bool) -> Callable[..., Array]:
    """The total order of XLA's searches: NaN is the largest, and equal to itself."""

    def rule(params: Params, a: Array, b: Array) -> Array:
        plain = np.less_equal(a, b) if or_equal else np.less(a, b)
        return plain | (np.isnan(b) & (or_equal | ~np.isnan(a)))

    return rule


RULES: dict[str, Callable[..., Any]] = {
    "add_any": lambda p, a, b: a + b,
    "abs": lambda p, x: np.abs(x),
    "sign": lambda p, x: np.sign(x),
    "floor": lambda p, x: np.floor(x),
    "ceil": lambda p, x: np.ceil(x),
    "round": _round,
    "max": lambda p, a, b: np.maximum(a, b),
    "min": lambda p, a, b: np.minimum(a, b),
    "rem": _remainder,
    "clamp": _clamp,
    "nextafter": lambda p, a, b: np.nextafter(a, b),
    "is_finite": lambda p, x: np.isfinite(x),
    "signbit": lambda p, x: np.signbit(x),
    "eq": lambda p, a, b: np.equal(a, b),
    "ne": lambda p, a, b: np.not_equal(a, b),
    "lt": lambda p, a, b: np.less(a, b),
    "le": lambda p, a, b: np.less_equal(a, b),
    "gt": lambda p, a, b: np.greater(a, b),
    "ge": lambda p, a, b: np.greater_equal(a, b),
    "lt_to": _total_less(or_equal=False),
    "le_to": _total_less(or_equal=True),
    "and": lambda p, a, b: np.bitwise_and(a, b),
    "or": lambda p, a, b: np.bitwise_or(a, b),
    "xor": lambda p, a, b: np.bitwise_xor(a, b),
    "not": lambda p, x: np.invert(x),
    "select_n": select,
    "convert_element_type": _convert,
    "real": lambda p, x: np.real(x),
    "imag": lambda p, x: np.imag(x),
    "conj": lambda p, x: np.conj(x),
    "complex": lambda p, a, b: a + 1j * b,
    "reduce_precision": _rounded_to,
    "fft": _fft,
    "lu": factorised,
    "iota": _iota,
    "dot_general": _dot,
    "reduce_sum": _reduced(np.add.reduce),
    "reduce_prod": _reduced(np.prod),
    "reduce_max": _reduced(np.max, -np.inf),
    "reduce_min": _reduced(np.min, np.inf),
    "reduce_and": _reduced(np.bitwise_and.reduce),
    "reduce_or": _reduced(np.bitwise_or.reduce),
    "reduce_xor": _reduced(np.bitwise_xor.reduce),
    "argmax": _argument_of(np.argmax),
    "argmin": _argument_of(np.argmin),
    "cumsum": _cumulative(np.cumsum),
    "cumprod": _cumulative(np.cumprod),
    "cummax": _cumulative(np.maximum.accumulate),
    "cummin": _cumulative(np.minimum.accumulate),
    "cumlogsumexp": _cumulative(np.logaddexp.accumulate),
    "sort": _sort,
    "top_k": _top_k,
}
_WHOLE: dict[str, Callable[..., Any]] = {"div": _whole_quotient, "integer_pow": lambda p, x: x ** p["y"]}


def _of_row(function: Callable[..., Any], options: tuple[str, ...]) -> Callable[..., Any]:
    if not options:
        return lambda params, *values: function(*values)
    return lambda params, *values: function(*values, **{name: params[name] for name in options})


_RULES = {row.name: _of_row(row.float_, tuple(name for name, _ in row.params)) for row in ROWS} | RULES


class Floats:
    """NumPy arrays in the program's own dtypes; or all floating point values in ``dtype``, if one is given.

    With a dtype, constants are read as written and conversions round nothing: the program is taken for the function that it
    stands for, in the precision of that dtype.
    """

    name = "floats"

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = None if dtype is None else np.dtype(dtype)
        self.visits: dict[int, Visits] | None = None

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Array:
        """The input in the program's dtype, or in this system's."""
        return np.asarray(value, dtype=self._target(dtype))

    def _target(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """The dtype that a value of the program's dtype has here."""
        if self.dtype is None or not is_inexact(dtype):
            return dtype
        return np.result_type(self.dtype, np.complex64) if dtype.kind == "c" else self.dtype

    def leave(self, value: Array) -> Array:
        """An output, as it is."""
        return value

    def constants(self, plan: Plan) -> Mapping[int, Array]:
        """The constants of a plan; those in this system's dtype are kept with it."""
        if self.dtype is None:
            return plan.constants
        known: Mapping[int, Array] | None = plan.memo.get(self.dtype)
        if known is None:
            known = plan.memo[self.dtype] = {slot: self.constant(value) for slot, value in plan.constants.items()}
        return known

    def constant(self, value: Array) -> Array:
        """A constant in this system's dtype if it has one: as written, if that is a wider one."""
        target = self._target(value.dtype)
        if target == value.dtype:
            return value
        if value.dtype.itemsize < target.itemsize:
            if value.dtype.kind == "c":
                return np.asarray(self.constant(value.real) + 1j * self.constant(value.imag), dtype=target)
            return nearest(value).astype(target)
        return value.astype(target)

    def exact(self, number: int, shape: tuple[int, ...]) -> Array:
        """A whole number, everywhere."""
        return np.full(shape, number, dtype=self.dtype or np.float64)

    def pi(self, shape: tuple[int, ...] = ()) -> Array:
        """π, everywhere."""
        return np.full(shape, np.pi, dtype=self.dtype or np.float64)

    def nearest(self, value: Array) -> Array:
        """The nearest floats: the value itself."""
        return value

    def knows(self, name: str) -> bool:
        """Whether NumPy computes the primitive."""
        return name in _RULES or name in STRUCTURAL or name in LOWERED

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Array]) -> Any:
        """Run a structural function on the arrays themselves."""
        return move(params, *data)

    def steps(self, plan: Plan, over: Sequence[Sequence[int]] | None = None) -> Sequence[Step] | None:
        """The instructions of a plan as functions with their slots, found once and kept with it; None where one is a loop.

        They compute what `step` does. With ``over``, the slots that are emptied after each, large results are written where an
        operand was that nothing reads again. A subclass whose steps are others has none.
        """
        if type(self) is not Floats:
            return None
        name = f"steps in {self.dtype}{'' if over is None else ', in place'}"
        if name not in plan.__dict__:
            functions = plan.memo.setdefault(("functions", self.dtype), {})
            for one in plan.instructions:
                if id(one) not in functions:
                    functions[id(one)] = self._function(one), one  # which is kept, so that no other can have its id
            made = [(functions[id(one)][0], one.ins, one.outs) for one in plan.instructions]
            if over is not None:
                places = self._spent(plan, over)
                made = [
                    (function if place is None else _in_place(one, place, function), one.ins, one.outs)
                    for (function, _, _), one, place in zip(made, plan.instructions, places, strict=True)
                ]
            plan.__dict__[name] = made if all(function for function, _, _ in made) else None
        known: Sequence[Step] | None = plan.__dict__[name]
        return known

    def _spent(self, plan: Plan, over: Sequence[Sequence[int]]) -> Iterator[int | None]:
        """For each instruction the operand that its result may be written into, if there is one.

        It is a large array of the result's shape that a NumPy function has made for this plan, and that is not read again.
        What a structural primitive has taken (it may have given a view of it) does not count.
        """
        own: dict[int, tuple[int, ...]] = {}
        for one, done in zip(plan.instructions, over, strict=True):
            plain = isinstance(_PLAIN.get(one.name), np.ufunc) and not one.whole
            made = plain and self._target(one.dtypes[0]) == np.float64 and math.prod(one.shapes[0]) >= LARGE
            free = (place for place, slot in enumerate(one.ins) if slot in done and own.get(slot) == one.shapes[0])
            yield next(free, None) if made else None
            if not plain and one.name not in _FRESH:
                for slot in one.ins:
                    own.pop(slot, None)
            if made:
                own[one.outs[0]] = one.shapes[0]

    def _function(self, instruction: Instruction) -> Callable[..., Any] | None:
        """What `step` does for one instruction, without looking for it again."""
        name, params = instruction.name, instruction.params
        if name in ("cond", "while", "scan"):
            return None
        narrow = instruction.whole or not (self.dtype == np.float64 or (self.dtype is None and _is_wide(instruction)))
        plain = None if narrow else _PLAIN.get(name)
        if plain is None and name in STRUCTURAL:
            plain = functools.partial(STRUCTURAL[name].move, params)
        elif plain is None and not narrow and name not in _CASTS:
            rule = _RULES.get(name)  # nothing has sixteen bits here, so that nothing is to be widened
            plain = None if rule is None else functools.partial(rule, params)
        system = _OWN if instruction.whole else self
        if plain is None or len(instruction.outs) != 1:
            return lambda *values: system.step(instruction, values, -1)
        compute, target = plain, system._target(instruction.dtypes[0])

        def computed(*values: Any) -> Any:
            result = compute(*values)
            if type(result) is np.ndarray and result.dtype is target:
                return result
            return (
                system._rounded(result, target)
                if not isinstance(result, list)
                else system.step(instruction, values, -1)
            )

        return computed

    def step(self, instruction: Instruction, values: Sequence[Array], position: int) -> Any:
        """One instruction in NumPy, in its own dtypes or this system's; through JAX's eager evaluation without a rule.

        Raises:
            Exception: whatever JAX raises for a primitive that it cannot evaluate eagerly.
        """
        if not self.knows(instruction.name):
            results = self._through_jax(instruction, values)
        elif instruction.whole:
            rule = _WHOLE.get(instruction.name) or _RULES.get(instruction.name)
            results = (
                rule(instruction.params, *values) if rule else self.apply(instruction.name, instruction.params, values)
            )
        else:
            results = self.apply(instruction.name, instruction.params, values)
        if isinstance(results, list):
            return [self._rounded(result, dtype) for result, dtype in zip(results, instruction.dtypes, strict=True)]
        return self._rounded(results, instruction.dtypes[0])

    def _rounded(self, result: Any, dtype: np.dtype[Any]) -> Array:
        target = self._target(dtype)
        array = np.asarray(result)
        return array if array.dtype == target or target.kind == "O" else array.astype(target)

    def apply(self, name: str, params: Params, values: Sequence[Array], position: int = -1) -> Any:
        """One primitive in NumPy.

        Raises:
            NoRuleError: NumPy does not compute the primitive.
        """
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        rule = _RULES.get(name)
        if rule is not None:
            if self.dtype is not None and name in _CASTS:
                return self._cast(params, *values)
            return rule(params, *map(_widened, values))
        lowered = LOWERED.get(name)
        if lowered is None:
            raise NoRuleError(name)
        return lowered(self, params, values)

    def _cast(self, params: Params, x: Array) -> Array:
        """Between floating point dtypes nothing is rounded: all are this system's."""
        wanted = np.dtype(params.get("new_dtype", x.dtype))
        return (
            x
            if is_inexact(wanted) and (wanted.kind == "c") == (x.dtype.kind == "c")
            else _convert({"new_dtype": wanted}, x)
        )

    def _through_jax(self, instruction: Instruction, values: Sequence[Array]) -> Any:
        import jax

        with jax.enable_x64(True):
            results = instruction.primitive.bind(*values, **instruction.params)
            if instruction.primitive.multiple_results:
                return [_to_numpy(result) for result in results]
            return _to_numpy(results)


_OWN = Floats()
# What NumPy computes in one call, with nothing to be said by parameters, and in float64 without widening.
_PLAIN: Mapping[str, Callable[..., Any]] = {
    **{row.name: row.float_ for row in ROWS if not row.params},
    "add_any": np.add,
    "abs": np.abs,
    "sign": np.sign,
    "max": np.maximum,
    "min": np.minimum,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "floor": np.floor,
    "ceil": np.ceil,
    "is_finite": np.isfinite,
    "select_n": lambda *values: select({}, *values),
}


def _in_place(instruction: Instruction, place: int, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """What a NumPy function computes, written into its operand at `place` where that has the dtype."""
    function, shape = _PLAIN[instruction.name], instruction.shapes[0]

    def computed(*values: Any) -> Any:
        room = values[place]
        fits = type(room) is np.ndarray and room.dtype == np.float64 and room.shape == shape
        return function(*values, out=room) if fits else otherwise(*values)

    return computed


def _widened(x: Array) -> Array:
    """Sixteen-bit floats in 32 bits."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and is_inexact(x.dtype) else x


def _is_wide(instruction: Instruction) -> bool:
    """Whether an instruction computes with floats of 32 bits or more: operands have the dtype of the result but in casts."""
    (dtype, *_) = instruction.dtypes
    return dtype.kind in "fc" and dtype.itemsize >= 4 and instruction.name not in _CASTS


def _to_numpy(result: Any) -> Any:
    """JAX's array as NumPy's; a random key as it is."""
    return np.asarray(result) if isinstance(result.dtype, np.dtype) else result
