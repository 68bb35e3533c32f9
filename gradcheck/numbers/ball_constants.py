"""Constants as balls: what `numbers.constants` recognises, enclosed at the precision in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb, fmpq

from gradcheck.numbers.ball_arrays import boxed
from gradcheck.numbers.constants import FACTORS, Written, as_written, read_all

Array = np.ndarray[Any, np.dtype[Any]]

_EXACT = np.frompyfunc(arb, 1, 1)
_NAMED: Mapping[str, Callable[[], arb]] = {
    "": lambda: arb(1),
    "pi": arb.pi,
    "1/pi": lambda: 1 / arb.pi(),
    "sqrt(pi)": lambda: arb.pi().sqrt(),
    "1/sqrt(pi)": lambda: 1 / arb.pi().sqrt(),
    "sqrt(2)": lambda: arb(2).sqrt(),
    "sqrt(2*pi)": lambda: arb(2).sqrt() * arb.pi().sqrt(),
    "1/sqrt(2*pi)": lambda: 1 / (2 * arb.pi()).sqrt(),
    "sqrt(3)": lambda: arb(3).sqrt(),
    "log(2)": lambda: arb(2).log(),
    "1/log(2)": lambda: 1 / arb(2).log(),
    "log(10)": lambda: arb(10).log(),
    "1/log(10)": lambda: 1 / arb(10).log(),
    "log(2*pi)": lambda: arb(2).log() + arb.pi().log(),
    "e": lambda: arb(1).exp(),
    "1/e": lambda: arb(-1).exp(),
}
assert set(_NAMED) == {"", *FACTORS}, "every factor that constants.py recognises has a ball"


def read_constants(values: Array) -> Array:
    """The constants of an array as written."""
    wide = values.astype(np.float64)
    result = boxed(_EXACT(wide))
    if (wide == np.rint(wide)).all():  # whole numbers, and infinities, are what they are
        return result
    finite = np.isfinite(wide)
    balls = [_ball(written) for written in read_all(values[finite])]
    result[finite] = balls[0] if result.ndim == 0 and balls else balls
    return result


def read_constant(value: float, kind: str = "float64") -> arb:
    """A constant as written: an exact or enclosed ball; infinities and NaN are themselves."""
    if value != value or value in (float("inf"), float("-inf")):
        return arb(value)
    return _ball(as_written(value, kind))


def _ball(written: Written) -> arb:
    ball = arb(fmpq(written.rational.numerator, written.rational.denominator)) * _NAMED[written.factor]()
    return arb(ball, written.slack) if written.slack else ball
