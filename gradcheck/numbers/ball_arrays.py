"""Object arrays of `flint.arb`: made from floats, read back as floats, compared; and the precision that they work at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, ctx

Array = np.ndarray[Any, np.dtype[Any]]

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


def filled(element: Any, shape: tuple[int, ...]) -> Array:
    """An object array with the same element everywhere."""
    result = np.empty(shape, dtype=object)
    result[...] = element
    return result


def identity(size: int) -> Array:
    """The identity matrix."""
    result = filled(arb(0), (size, size))
    result.reshape(-1)[:: size + 1] = arb(1)
    return result


def from_floats(values: Array) -> Array:
    """Exact balls of floats, or of whole numbers of any size."""
    values = np.asarray(values)
    if values.dtype.kind not in "biu":
        values = values.astype(np.float64, copy=False)
    elif values.dtype.kind == "b":
        values = values.astype(np.int64)
    return boxed(_EXACT(values))


def midpoints(values: Array) -> Array:
    """The nearest floats of the balls' centres, which is what `float` makes of a ball."""
    return np.asarray(values, dtype=np.float64)


def certainly(comparison: str, a: Array, b: Array) -> Array:
    """Where a comparison holds for all numbers of both balls; "ne" where they are disjoint."""
    return np.asarray(_COMPARISONS[comparison](a, b), dtype=bool)


def numbers(values: Array) -> Array:
    """Where a ball encloses finite numbers only."""
    return np.asarray(IS_NUMBER(values), dtype=bool)


_EXACT = np.frompyfunc(arb, 1, 1)
IS_NUMBER = np.frompyfunc(lambda ball: ball.is_finite(), 1, 1)
RADIUS = np.frompyfunc(lambda ball: 0.0 if ball.is_exact() else float(ball.rad().upper()), 1, 1)
NAN = arb("nan")


def _symmetric(method: str) -> np.ufunc:
    """A method of two balls, asked of the one that is more than a ball, if one is."""
    of_ball = getattr(arb, method)

    def call(a: Any, b: Any) -> Any:
        if type(a) is arb is type(b):
            return of_ball(a, b)
        return getattr(b, method)(a) if type(a) is arb else getattr(a, method)(b)

    ufunc: np.ufunc = np.frompyfunc(call, 2, 1)
    return ufunc


HULL, LARGER, SMALLER = _symmetric("union"), _symmetric("max"), _symmetric("min")

_COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}
NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
