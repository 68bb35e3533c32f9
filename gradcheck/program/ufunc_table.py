"""NumPy's universal functions as primitives: a table.

``UFUNCS`` says which primitive computes each ufunc from raw values of one dtype, or which function records it. What is not
in it is asked of ``jax.numpy``, and of ``jax.scipy.special`` for the ufuncs of SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.program import is_inexact
from gradcheck.program.recording import Shape
from gradcheck.program.tape import Node, Raw, TracingError, call

Dtype = np.dtype[Any]
Operation = Callable[[list[Raw], Shape, Dtype], Raw]


_APPROXIMATED = frozenset(("ndtri", "expi", "exp1", "expn", "spence"))


def in_jax(name: str) -> Callable[..., Any]:
    """The function of this name in jax.numpy or jax.scipy.special.

    Raises:
        TracingError: there is none, or it is an approximation: what is proven of it is not true of the function itself.
    """
    if name in _APPROXIMATED:
        raise TracingError(
            f"scipy.special.{name} is approximated in jax.scipy.special, so a trace of it would be another function"
        )
    import jax

    function = getattr(jax.numpy, name, None) or getattr(jax.scipy.special, {"psi": "digamma"}.get(name, name), None)
    if function is None:
        raise TracingError(
            f"np.{name} has no counterpart in jax.numpy, so it cannot be traced. Use functions that have one"
        )
    return function  # type: ignore[no-any-return] # jax.numpy's functions return arrays


def _primitive(name: str, boolean: str = "") -> Operation:
    """A primitive; booleans may have another."""

    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        return recording.entrywise(boolean if boolean and raws[0].dtype.kind == "b" else name, raws, shape, dtype)

    return record


def _logical(name: str) -> Operation:
    """A connective of truth values: zero is false."""

    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        return recording.entrywise(name, [recording.cast(raw, np.dtype(bool)) for raw in raws], shape, dtype)

    return record


def _of_float(name: str, **params: Any) -> Operation:
    """A step to whole numbers, which leaves integers alone."""

    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        return recording.entrywise(name, raws, shape, dtype, **params) if is_inexact(dtype) else raws[0]

    return record


def _same(raws: list[Raw], *_: Any) -> Raw:
    return raws[0]


def _absolute(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    return raws[0] if dtype.kind in "bu" else recording.entrywise("abs", raws, shape, dtype)


def _conjugate(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    return raws[0] if dtype.kind != "c" else recording.entrywise("conj", raws, shape, dtype)


def _power(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    """Constant whole exponents become products, which admit any base."""
    x, y = raws
    known = None if isinstance(y, Node) or not y.size or not np.all(y == y.flat[0]) else y.flat[0]
    if known is not None and known == np.rint(np.real(known)) and abs(known) <= 64:
        exponent = int(np.real(known))
        if is_inexact(dtype) or exponent >= 0:
            return recording.entrywise("integer_pow", [recording.broadcast(x, shape)], shape, dtype, y=exponent)
    if dtype.kind in "iu":
        return call(in_jax("power"), x, y)
    return recording.entrywise("pow", [recording.broadcast(x, shape), recording.broadcast(y, shape)], shape, dtype)


def _hypot(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    squares = [recording.entrywise("square", [raw], raw.shape, dtype) for raw in raws]
    return recording.entrywise("sqrt", [recording.entrywise("add", squares, shape, dtype)], shape, dtype)


def _reciprocal(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    return recording.entrywise("div", [np.ones((), dtype=dtype), *raws], shape, dtype)


def _is_nan(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    return recording.entrywise("ne", [raws[0], raws[0]], shape, dtype)


def _is_finite(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    (x,) = raws
    return recording.entrywise(
        "is_finite", [x if is_inexact(x.dtype) else recording.cast(x, np.dtype(float))], shape, dtype
    )


def _log_to(base: float) -> Operation:
    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        logarithm = recording.entrywise("log", raws, shape, dtype)
        return recording.entrywise("div", [logarithm, np.log(np.asarray(base, dtype=dtype))], shape, dtype)

    return record


def _scaled(factor: float, divisor: float) -> Operation:
    """x · factor / divisor: two constants that are read as written, where their quotient would not be."""

    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        product = recording.entrywise("mul", [*raws, np.asarray(factor, dtype=dtype)], shape, dtype)
        return recording.entrywise("div", [product, np.asarray(divisor, dtype=dtype)], shape, dtype)

    return record


def _is_infinite(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    (x,) = raws
    size = _absolute(raws, shape, x.dtype) if x.dtype.kind != "c" else None
    if size is None or not is_inexact(x.dtype):
        return call(in_jax("isinf"), x)
    return recording.entrywise("eq", [size, np.asarray(np.inf, dtype=x.dtype)], shape, dtype)


def _towards_zero(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    (x,) = raws
    if not is_inexact(dtype):
        return x
    negative = recording.entrywise("lt", [x, np.zeros((), dtype=dtype)], shape, np.dtype(bool))
    up, down = (recording.entrywise(name, [x], shape, dtype) for name in ("ceil", "floor"))
    return recording.choose(negative, up, down)


def _signed(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    """The size of the one with the sign of the other."""
    x, y = (recording.broadcast(raw, shape) for raw in raws)
    size = recording.entrywise("abs", [x], shape, dtype)
    minus = recording.entrywise("neg", [size], shape, dtype)
    return recording.choose(recording.entrywise("signbit", [y], shape, np.dtype(bool)), minus, size)


def _heaviside(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    x, middle = (recording.broadcast(raw, shape) for raw in raws)
    zero, bools = np.zeros((), dtype=dtype), np.dtype(bool)
    below, above = (recording.entrywise(name, [x, zero], shape, bools) for name in ("lt", "gt"))
    ends = recording.choose(above, np.ones(shape, dtype), middle)
    return recording.choose(below, np.zeros(shape, dtype), ends)


def _but_nan(name: str) -> Operation:
    """The larger or smaller one; of a NaN and a number, the number."""

    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        if not is_inexact(dtype):
            return recording.entrywise(name, raws, shape, dtype)
        x, y = (recording.broadcast(raw, shape) for raw in raws)
        made = recording.entrywise(name, [x, y], shape, dtype)
        for raw, other in ((x, y), (y, x)):
            if isinstance(raw, Node):
                missing: Raw = recording.entrywise("ne", [raw, raw], shape, np.dtype(bool))
            else:
                missing = np.isnan(raw)
            made = recording.choose(missing, other, made)
        return made

    return record


def _log_add_exp2(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    two = np.log(np.asarray(2.0, dtype=dtype))
    scaled = [recording.entrywise("mul", [raw, two], raw.shape, dtype) for raw in raws]
    return recording.entrywise("div", [recording.entrywise("logaddexp", scaled, shape, dtype), two], shape, dtype)


def _floor_mod(raws: list[Raw], shape: Shape, dtype: Dtype) -> tuple[Raw, Raw]:
    """x − y⌊x/y⌋ of floats, of the sign of y, and where one y more was added to the remainder of x's sign."""
    x, y = (recording.broadcast(raw, shape) for raw in raws)
    bools, zero = np.dtype(bool), np.zeros((), dtype=dtype)
    rest = recording.entrywise("rem", [x, y], shape, dtype)
    some = recording.entrywise("ne", [rest, zero], shape, bools)
    signs = [recording.entrywise("lt", [raw, zero], shape, bools) for raw in (rest, y)]
    apart = recording.entrywise("and", [recording.entrywise("ne", signs, shape, bools), some], shape, bools)
    return recording.choose(apart, recording.entrywise("add", [rest, y], shape, dtype), rest), apart


def _remainder(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    return _floor_mod(raws, shape, dtype)[0] if is_inexact(dtype) else call(in_jax("remainder"), *raws)


def _floor_divide(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    if not is_inexact(dtype):
        return call(in_jax("floor_divide"), *raws)
    x, y = (recording.broadcast(raw, shape) for raw in raws)
    rest, _ = _floor_mod(raws, shape, dtype)
    quotient = recording.entrywise("div", [recording.entrywise("sub", [x, rest], shape, dtype), y], shape, dtype)
    return recording.entrywise("round", [quotient], shape, dtype, rounding_method=0)


def _rest(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    return recording.entrywise("rem", raws, shape, dtype) if is_inexact(dtype) else call(in_jax("fmod"), *raws)


def _logit(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    (x,) = raws
    rest = recording.entrywise("sub", [np.ones((), dtype=dtype), x], shape, dtype)
    return recording.entrywise("log", [recording.entrywise("div", [x, rest], shape, dtype)], shape, dtype)


def _log_beta(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    """log Γ(x) + log Γ(y) − log Γ(x + y), for positive x and y."""
    total = recording.entrywise("add", raws, shape, dtype)
    parts = [recording.entrywise("lgamma", [raw], raw.shape, dtype) for raw in (*raws, total)]
    upper = recording.entrywise("add", parts[:2], shape, dtype)
    return recording.entrywise("sub", [upper, parts[2]], shape, dtype)


def _normal_distribution(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
    """Φ(x) = erfc(−x/√2) / 2."""
    minus = recording.entrywise("neg", raws, shape, dtype)
    two = np.asarray(2.0, dtype=dtype)
    scaled = recording.entrywise("div", [minus, recording.entrywise("sqrt", [two], (), dtype)], shape, dtype)
    return recording.entrywise("div", [recording.entrywise("erfc", [scaled], shape, dtype), two], shape, dtype)


def _log_of(operation: Operation) -> Operation:
    def record(raws: list[Raw], shape: Shape, dtype: Dtype) -> Raw:
        return recording.entrywise("log", [operation(raws, shape, dtype)], shape, dtype)

    return record


UFUNCS: Mapping[str, Operation] = {
    "add": _primitive("add", boolean="or"),
    "subtract": _primitive("sub"),
    "multiply": _primitive("mul", boolean="and"),
    "divide": _primitive("div"),
    "true_divide": _primitive("div"),
    "negative": _primitive("neg"),
    "positive": _same,
    "absolute": _absolute,
    "fabs": _primitive("abs"),
    "sign": _primitive("sign"),
    "power": _power,
    "float_power": _power,
    "square": _primitive("square", boolean="and"),
    "sqrt": _primitive("sqrt"),
    "cbrt": _primitive("cbrt"),
    "reciprocal": _reciprocal,
    "conjugate": _conjugate,
    "hypot": _hypot,
    "exp": _primitive("exp"),
    "exp2": _primitive("exp2"),
    "expm1": _primitive("expm1"),
    "log": _primitive("log"),
    "log1p": _primitive("log1p"),
    "log2": _log_to(2.0),
    "log10": _log_to(10.0),
    "degrees": _scaled(180.0, np.pi),
    "rad2deg": _scaled(180.0, np.pi),
    "radians": _scaled(np.pi, 180.0),
    "deg2rad": _scaled(np.pi, 180.0),
    "sin": _primitive("sin"),
    "cos": _primitive("cos"),
    "tan": _primitive("tan"),
    "arcsin": _primitive("asin"),
    "arccos": _primitive("acos"),
    "arctan": _primitive("atan"),
    "arctan2": _primitive("atan2"),
    "sinh": _primitive("sinh"),
    "cosh": _primitive("cosh"),
    "tanh": _primitive("tanh"),
    "arcsinh": _primitive("asinh"),
    "arccosh": _primitive("acosh"),
    "arctanh": _primitive("atanh"),
    "floor": _of_float("floor"),
    "ceil": _of_float("ceil"),
    "rint": _of_float("round", rounding_method=1),
    "maximum": _primitive("max", boolean="or"),
    "minimum": _primitive("min", boolean="and"),
    "equal": _primitive("eq"),
    "not_equal": _primitive("ne"),
    "less": _primitive("lt"),
    "less_equal": _primitive("le"),
    "greater": _primitive("gt"),
    "greater_equal": _primitive("ge"),
    "isnan": _is_nan,
    "isfinite": _is_finite,
    "logical_and": _logical("and"),
    "logical_or": _logical("or"),
    "logical_xor": _logical("xor"),
    "logical_not": _logical("not"),
    "bitwise_and": _primitive("and"),
    "bitwise_or": _primitive("or"),
    "bitwise_xor": _primitive("xor"),
    "invert": _primitive("not"),
    "isinf": _is_infinite,
    "trunc": _towards_zero,
    "copysign": _signed,
    "heaviside": _heaviside,
    "fmax": _but_nan("max"),
    "fmin": _but_nan("min"),
    "logaddexp": _primitive("logaddexp"),
    "logaddexp2": _log_add_exp2,
    "remainder": _remainder,
    "fmod": _rest,
    "floor_divide": _floor_divide,
    "signbit": _primitive("signbit"),
    # SciPy's
    "expit": _primitive("logistic"),
    "logit": _logit,
    "erf": _primitive("erf"),
    "erfc": _primitive("erfc"),
    "erfinv": _primitive("erf_inv"),
    "gammaln": _primitive("lgamma"),
    "betaln": _log_beta,
    "psi": _primitive("digamma"),
    "_zeta": _primitive("zeta"),
    "ndtr": _normal_distribution,
    "log_ndtr": _log_of(_normal_distribution),
    "i0e": _primitive("bessel_i0e"),
    "i1e": _primitive("bessel_i1e"),
}
