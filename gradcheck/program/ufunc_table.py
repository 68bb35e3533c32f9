"""NumPy's universal functions as lax operations: a table.

``UFUNCS`` says what computes each ufunc from raw values that have one dtype and one shape. What is not in it is asked of
``jax.numpy``, and of ``jax.scipy.special`` for the ufuncs of SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.recording import Raw, TracingError, is_tracer

Operation = Callable[..., Raw]


def in_jax(name: str) -> Operation:
    """The function of this name in jax.numpy or jax.scipy.special.

    Raises:
        TracingError: there is none.
    """
    import jax

    function = getattr(jax.numpy, name, None) or getattr(jax.scipy.special, {"psi": "digamma"}.get(name, name), None)
    if function is None:
        raise TracingError(
            f"np.{name} has no counterpart in jax.numpy, so it cannot be traced. Write it with functions that have"
        )
    return function  # type: ignore[no-any-return] # jax.numpy's functions return arrays


def _lax(name: str, **options: Any) -> Operation:
    """The lax function of this name."""

    def call(*raws: Raw) -> Raw:
        from jax import lax

        return getattr(lax, name)(*raws, **options)

    return call


def _logical(name: str) -> Operation:
    """A connective of truth values: zero is false."""

    def call(*raws: Raw) -> Raw:
        from jax import lax

        return getattr(lax, name)(*(recording.cast(raw, np.dtype(bool)) for raw in raws))

    return call


def _of_bool(otherwise: Operation, boolean: str) -> Operation:
    """Arithmetic in which booleans have an operation of their own."""

    def call(*raws: Raw) -> Raw:
        return _lax(boolean)(*raws) if raws[0].dtype == bool else otherwise(*raws)

    return call


def power(x: Raw, y: Raw) -> Raw:
    """Constant whole exponents become products, which admit any base."""
    from jax import lax

    if (
        not is_tracer(y)
        and y.size
        and np.all(y == y.flat[0])
        and float(y.flat[0]).is_integer()
        and abs(y.flat[0]) <= 64
    ):
        exponent = int(y.flat[0])
        if x.dtype.kind == "f" or exponent >= 0:
            return lax.integer_pow(x, exponent)
    if x.dtype.kind in "iu":
        return in_jax("power")(x, y)
    return lax.pow(x, recording.broadcast(y, x.shape))


def _hypot(x: Raw, y: Raw) -> Raw:
    from jax import lax

    return lax.sqrt(lax.add(lax.mul(x, x), lax.mul(y, y)))


def _of_float(operation: Operation) -> Operation:
    """A step to whole numbers, which leaves integers alone."""

    def call(raw: Raw) -> Raw:
        return operation(raw) if raw.dtype.kind == "f" else raw

    return call


def _round_even(x: Raw) -> Raw:
    from jax import lax

    return lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)


def _absolute(x: Raw) -> Raw:
    from jax import lax

    return x if x.dtype.kind in "bu" else lax.abs(x)


def _is_finite(x: Raw) -> Raw:
    from jax import lax

    return lax.is_finite(recording.cast(x, np.dtype(np.float64)) if x.dtype.kind in "biu" else x)


def _log_to(base: int) -> Operation:
    def call(x: Raw) -> Raw:
        from jax import lax

        return lax.div(lax.log(x), recording.constant(np.log(float(base)), x.dtype, x.shape))

    return call


def _scaled(factor: float, divisor: float) -> Operation:
    """x · factor / divisor: two constants that are read as written, where their quotient would not be."""

    def call(x: Raw) -> Raw:
        from jax import lax

        product = lax.mul(x, recording.constant(factor, x.dtype, x.shape))
        return lax.div(product, recording.constant(divisor, x.dtype, x.shape))

    return call


def _reciprocal(x: Raw) -> Raw:
    from jax import lax

    return lax.div(recording.constant(1, x.dtype, x.shape), x)


def _is_nan(x: Raw) -> Raw:
    from jax import lax

    return lax.ne(x, x)


UFUNCS: Mapping[str, Operation] = {
    "add": _of_bool(_lax("add"), "bitwise_or"),
    "subtract": _lax("sub"),
    "multiply": _of_bool(_lax("mul"), "bitwise_and"),
    "divide": _lax("div"),
    "true_divide": _lax("div"),
    "negative": _lax("neg"),
    "positive": lambda x: x,
    "absolute": _absolute,
    "fabs": _lax("abs"),
    "sign": _lax("sign"),
    "power": power,
    "float_power": power,
    "square": _lax("square"),
    "sqrt": _lax("sqrt"),
    "cbrt": _lax("cbrt"),
    "reciprocal": _reciprocal,
    "hypot": _hypot,
    "exp": _lax("exp"),
    "exp2": _lax("exp2"),
    "expm1": _lax("expm1"),
    "log": _lax("log"),
    "log1p": _lax("log1p"),
    "log2": _log_to(2),
    "log10": _log_to(10),
    "degrees": _scaled(180.0, np.pi),
    "rad2deg": _scaled(180.0, np.pi),
    "radians": _scaled(np.pi, 180.0),
    "deg2rad": _scaled(np.pi, 180.0),
    "sin": _lax("sin"),
    "cos": _lax("cos"),
    "tan": _lax("tan"),
    "arcsin": _lax("asin"),
    "arccos": _lax("acos"),
    "arctan": _lax("atan"),
    "arctan2": _lax("atan2"),
    "sinh": _lax("sinh"),
    "cosh": _lax("cosh"),
    "tanh": _lax("tanh"),
    "arcsinh": _lax("asinh"),
    "arccosh": _lax("acosh"),
    "arctanh": _lax("atanh"),
    "floor": _of_float(_lax("floor")),
    "ceil": _of_float(_lax("ceil")),
    "rint": _of_float(_round_even),
    "maximum": _of_bool(_lax("max"), "bitwise_or"),
    "minimum": _of_bool(_lax("min"), "bitwise_and"),
    "equal": _lax("eq"),
    "not_equal": _lax("ne"),
    "less": _lax("lt"),
    "less_equal": _lax("le"),
    "greater": _lax("gt"),
    "greater_equal": _lax("ge"),
    "isnan": _is_nan,
    "isfinite": _is_finite,
    "logical_and": _logical("bitwise_and"),
    "logical_or": _logical("bitwise_or"),
    "logical_xor": _logical("bitwise_xor"),
    "logical_not": _logical("bitwise_not"),
    "bitwise_and": _lax("bitwise_and"),
    "bitwise_or": _lax("bitwise_or"),
    "bitwise_xor": _lax("bitwise_xor"),
    "invert": _lax("bitwise_not"),
}
