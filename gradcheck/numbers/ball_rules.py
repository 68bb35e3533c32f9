"""The rules for balls: one row a primitive, beside those of `numbers.elementwise`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, arb_mat

from gradcheck.numbers.ball_arrays import (
    LARGER,
    NAN,
    NEGATED,
    SMALLER,
    boxed,
    certainly,
    filled,
    from_floats,
    midpoints,
    numbers,
)
from gradcheck.numbers.contraction import matmul_form
from gradcheck.numbers.elementwise import ROWS, whole_power
from gradcheck.numbers.floats import RULES as FLOAT_RULES
from gradcheck.numbers.logic import of_booleans
from gradcheck.numbers.ordering import ordered
from gradcheck.numbers.spectral import eigenvectors, orthogonalised, singular_vectors
from gradcheck.numbers.system import CannotDecideError, NoRuleError, Unsure, Value, settle
from gradcheck.program.program import is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.balls import Balls

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Rule = Callable[["Balls", Params, Sequence[Any], int], Any]

# A product of matrices with more multiplications than this is left to FLINT.
_LARGE_PRODUCT = 512


def _whole(rounding: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """A step function on balls: NaN where the ball reaches over a step."""

    def step(x: arb) -> arb:
        n = rounding(x).unique_fmpz()
        return arb(n) if n is not None else NAN

    return step


def _round_half_even(x: arb) -> arb:
    n = (x + arb(0.5)).floor().unique_fmpz()
    if n is None:
        return NAN
    tie = x - arb(n) == arb(-0.5)
    return arb(n - 1) if tie and int(n) % 2 else arb(n)


def _round_half_away(x: arb) -> arb:
    n = (abs(x) + arb(0.5)).floor().unique_fmpz()
    if n is None:
        return NAN
    return arb(0) if n == 0 else arb(n) if x > 0 else -arb(n)


def _toward_zero(x: arb) -> arb:
    n = abs(x).floor().unique_fmpz()
    if n is None:
        return NAN
    return arb(0) if n == 0 else arb(n) if x > 0 else -arb(n)


def _remainder(a: arb, b: arb) -> arb:
    """C's fmod: the sign of `a`; where the balls leave the quotient open, NaN."""
    return a - _toward_zero(a / b) * b


def _sign(x: arb) -> arb:
    return arb(1) if x > 0 else arb(-1) if x < 0 else arb(0) if x == 0 else arb(0, 1) if x.is_finite() else NAN


def _elementwise(ufunc: Callable[..., Any]) -> Rule:
    """A function of balls, applied to each; formulas also call it with bare balls."""

    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        result = ufunc(*[from_floats(v) if type(v) is np.ndarray and v.dtype.kind != "O" else v for v in values])
        return result if type(result) is np.ndarray else boxed(result)

    return rule


def _counted(ufunc: np.ufunc) -> Rule:
    """A function that compares its arguments (or one with zero), and counts which was larger."""

    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        if system.visits is not None and position >= 0:
            a, b = (*values, filled(arb(0), ()))[:2]
            system.visit(position, certainly("gt", a, b), certainly("le", a, b), certainly("eq", a, b))
        return boxed(ufunc(*values))

    return rule


def _compare(name: str) -> Rule:
    opposite = NEGATED[name]

    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        a, b = values
        if isinstance(a, Unsure) or isinstance(b, Unsure):
            return of_booleans(name, params, values)
        if a is b and np.all(numbers(a)):  # x != x asks for NaN
            return np.full(a.shape, name in ("eq", "le", "ge"))
        a, b = (v if v.dtype == object else from_floats(v) for v in (a, b))
        yes, no = certainly(name, a, b), certainly(opposite, a, b)
        if system.visits is not None and position >= 0:
            system.visit(position, yes, no, certainly("eq", a, b))
        return settle(yes, ~no)

    return rule


def _signbit(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    """Whether a number is negative: there is only one zero."""
    return _compare("lt")(system, {}, [values[0], filled(arb(0), ())], position)


def _logic(name: str) -> Rule:
    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        return of_booleans(name, params, values)

    return rule


def _select_n(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    which, *cases = values
    if len(cases) == 2:
        return system.select(which, *cases)
    if isinstance(which, Unsure) or any(isinstance(case, Unsure) for case in cases):
        return of_booleans("select_n", params, values)
    return boxed(FLOAT_RULES["select_n"](params, which, *cases))


def _integer_pow(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    return boxed(whole_power(values[0], params["y"])) if params["y"] else system.exact(1, values[0].shape)


def _round(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    rule = _round_half_away if int(params["rounding_method"]) == 0 else _round_half_even
    return boxed(np.frompyfunc(rule, 1, 1)(values[0]))


def _convert(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    """Numbers stay what they are; only the step to whole numbers and booleans changes them."""
    (x,) = values
    dtype = np.dtype(params["new_dtype"])
    if dtype.kind == "c":
        raise NoRuleError("complex numbers")
    if not is_inexact(dtype):
        if isinstance(x, Unsure):
            if dtype.kind == "b":
                return x
            raise CannotDecideError("a whole number is made of a comparison that is left open")
        return x.astype(dtype) if x.dtype != object else _to_whole(x, dtype)
    if isinstance(x, Unsure):
        return system.select(x, system.exact(0, x.shape), system.exact(1, x.shape))
    return x if x.dtype == object else from_floats(x)


def _to_whole(x: Value, dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "b":
        zero = filled(arb(0), ())
        yes = certainly("ne", x, zero)
        if not np.all(yes | certainly("eq", x, zero)):
            raise CannotDecideError("whether a number is zero is left open")
        return yes
    whole = boxed(np.frompyfunc(_toward_zero, 1, 1)(x))
    if not np.all(numbers(whole)):
        raise CannotDecideError("the whole part of a number is left open")
    return np.asarray(np.frompyfunc(lambda ball: int(ball.unique_fmpz()), 1, 1)(whole)).astype(dtype)


def _same(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    return values[0]


def _is_finite(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    return numbers(values[0])


def _iota(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    return from_floats(FLOAT_RULES["iota"](params))


def _reduced(fold: Callable[..., Any], start: int) -> Rule:
    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        axes = tuple(params["axes"])
        return boxed(fold(values[0], axis=axes, initial=arb(start))) if axes else values[0]

    return rule


def _extreme(ufunc: np.ufunc, start: str) -> Rule:
    """The largest or smallest entry; over nothing, `start`."""

    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        axes = tuple(params["axes"])
        rest = [axis for axis in range(x.ndim) if axis not in axes]
        shape = tuple(x.shape[axis] for axis in rest)
        if not x.size:
            return filled(arb(start), shape)
        return boxed(ufunc.reduce(x.transpose((*rest, *axes)).reshape(*shape, -1), axis=-1))

    return rule


def _running(accumulate: Callable[..., Any]) -> Rule:
    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,), axis = values, params["axis"]
        if not params["reverse"]:
            return accumulate(x, axis=axis)
        return np.flip(accumulate(np.flip(x, axis), axis=axis), axis)

    return rule


def _dot_general(system: Balls, params: Params, values: Sequence[Any], position: int) -> Any:
    a, b = (value if value.dtype == object else from_floats(value) for value in values)
    form = matmul_form(params["dimension_numbers"], a.shape, b.shape)
    batch, rows, inner, columns = form.sizes
    if not inner or not batch * rows * columns:
        return filled(arb(0), form.shape)
    left = a.transpose(form.left).reshape(batch, rows, inner)
    right = b.transpose(form.right).reshape(batch, inner, columns)
    if rows * inner * columns > _LARGE_PRODUCT:
        try:
            return np.stack([_product(x, y) for x, y in zip(left, right, strict=True)]).reshape(form.shape)
        except TypeError:  # elements that only answer as balls do
            pass
    return boxed(np.matmul(left, right)).reshape(form.shape)


def _product(a: Array, b: Array) -> Array:
    """One matrix product in FLINT."""
    (rows, inner), columns = a.shape, b.shape[1]
    result = np.empty(rows * columns, dtype=object)
    result[:] = (arb_mat(rows, inner, a.ravel().tolist()) * arb_mat(inner, columns, b.ravel().tolist())).entries()
    return result.reshape(rows, columns)


def _sort(system: Balls, params: Params, values: Sequence[Any], position: int) -> list[Value]:
    axis = params["dimension"]
    order = ordered(values[: params["num_keys"]], axis)
    if not order.decided:
        raise CannotDecideError("the order of a sort is left open")
    return [np.take_along_axis(x, order.places, axis=axis) for x in values]


def _top_k(system: Balls, params: Params, values: Sequence[Any], position: int) -> list[Value]:
    (x,), axis = values, params.get("axis", -1) % values[0].ndim
    order = ordered([-x], axis)
    if not order.decided:
        raise CannotDecideError("the order of a top_k is left open")
    places = np.take(order.places, np.arange(params["k"]), axis=axis)
    return [np.take_along_axis(x, places, axis=axis), places.astype(np.int32)]


def _extreme_place(sign: int) -> Rule:
    def rule(system: Balls, params: Params, values: Sequence[Any], position: int) -> Array:
        """The first place of the largest entry (of the smallest, for a negative sign)."""
        (axis,) = params["axes"]
        x = values[0] if sign > 0 else -values[0]
        lines = np.moveaxis(x, axis, -1)
        best = np.argmax(midpoints(lines), axis=-1)[..., None]
        largest = np.take_along_axis(lines, best, axis=-1)
        counting = np.arange(lines.shape[-1])
        below, not_above = certainly("lt", lines, largest), certainly("le", lines, largest)
        if not np.all((counting == best) | np.where(counting < best, below, not_above)):
            raise CannotDecideError("the place of the largest entry is left open (a tie)")
        return np.asarray(best[..., 0], dtype=params["index_dtype"])

    return rule


RULES: dict[str, Rule] = {
    row.name: _elementwise(np.frompyfunc(row.ball, len(row.domain), 1)) for row in ROWS if not row.params
}
RULES |= {
    "neg": _elementwise(np.negative),
    "add": _elementwise(np.add),
    "sub": _elementwise(np.subtract),
    "mul": _elementwise(np.multiply),
    "div": _elementwise(np.true_divide),
    "square": _elementwise(lambda x: x * x),
    "integer_pow": _integer_pow,
    "abs": _counted(np.absolute),
    "sign": _counted(np.frompyfunc(_sign, 1, 1)),
    "max": _counted(LARGER),
    "min": _counted(SMALLER),
    "floor": _elementwise(np.frompyfunc(_whole(lambda x: x.floor()), 1, 1)),
    "ceil": _elementwise(np.frompyfunc(_whole(lambda x: x.ceil()), 1, 1)),
    "round": _round,
    "rem": _elementwise(np.frompyfunc(_remainder, 2, 1)),
    "is_finite": _is_finite,
    "signbit": _signbit,
    "convert_element_type": _convert,
    **dict.fromkeys(("reduce_precision", "conj", "real"), _same),
    "iota": _iota,
    "select_n": _select_n,
    "reduce_sum": _reduced(np.add.reduce, 0),
    "reduce_prod": _reduced(np.multiply.reduce, 1),
    "reduce_max": _extreme(LARGER, "-inf"),
    "reduce_min": _extreme(SMALLER, "inf"),
    "cumsum": _running(np.add.accumulate),
    "cumprod": _running(np.multiply.accumulate),
    "cummax": _running(LARGER.accumulate),
    "cummin": _running(SMALLER.accumulate),
    "dot_general": _dot_general,
    "sort": _sort,
    "top_k": _top_k,
    "argmax": _extreme_place(1),
    "argmin": _extreme_place(-1),
    "eigh": eigenvectors,
    "svd": singular_vectors,
    "qr": orthogonalised,
}
RULES |= {name: _compare(name) for name in NEGATED} | {"lt_to": _compare("lt"), "le_to": _compare("le")}
RULES |= {name: _logic(name) for name in ("and", "or", "not", "xor", "reduce_and", "reduce_or")}
