"""Constants are read as written.

A program's literal ``0.1`` is a double near 1/10. In exact arithmetic the two differ by 5e-18, so that ``0.1 * x`` and
``x / 10`` would be *proven* different. What was written is 1/10, so a constant is read, in this order, as

1. the decimal of at most 12 significant digits that it prints as (0.1, 0.044715, 1e-5);
2. a fraction p/q with q ≤ 1000 of which it is the nearest double (-1/3);
3. a widened float32, if that has a reading by 1 or 2 (``np.float32(0.1)`` among doubles);
4. a small rational multiple of π, √π, √2, √(2π), √3, ln 2, ln 10, e or of an inverse of these, if within 2 ulp of it
   (`np.pi`, ``np.sqrt(2 / np.pi)``): it was computed from that;
5. otherwise a number within 4 ulp of the double: it was computed somehow, in floats. What agrees up to such a constant
   cannot be told apart, so it never proves a claim wrong, and limits the digits of agreement to about 15.

A decimal double that was *computed* and happens to print short is read as that decimal: the difference is below 1 ulp.

The lower dtypes hold fewer numbers, so that fewer readings are told from chance: `LIMITS` has, for each, how many digits,
which fractions and which multiples are believed (in float32 one number in a hundred is read by chance, and both sides of a
claim must be for that to matter). In 16 bits none is believed to the last ulp but whole numbers and the likes of 1/2 and 3/4.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from gradcheck.program.program import epsilon

Array = np.ndarray[Any, np.dtype[Any]]

_MOST_LOOKED_AT = 512


class Written(NamedTuple):
    """``rational`` × the constant named by ``factor`` (empty for 1), give or take ``slack``."""

    rational: Fraction
    factor: str
    slack: float


# Each is evaluated exactly in balls by `numbers.balls`, and here in floats for recognition only.
FACTORS: dict[str, float] = {
    "pi": math.pi,
    "1/pi": 1 / math.pi,
    "sqrt(pi)": math.sqrt(math.pi),
    "1/sqrt(pi)": 1 / math.sqrt(math.pi),
    "sqrt(2)": math.sqrt(2.0),
    "sqrt(2*pi)": math.sqrt(2 * math.pi),
    "1/sqrt(2*pi)": 1 / math.sqrt(2 * math.pi),
    "sqrt(3)": math.sqrt(3.0),
    "log(2)": math.log(2.0),
    "1/log(2)": 1 / math.log(2.0),
    "log(10)": math.log(10.0),
    "1/log(10)": 1 / math.log(10.0),
    "log(2*pi)": math.log(2 * math.pi),
    "e": math.e,
    "1/e": 1 / math.e,
}
_MULTIPLES = tuple(Fraction(p, q) for q in (1, 2, 3, 4, 6, 8) for p in (1, 2, 3, 4, 6, 8) if math.gcd(p, q) == 1)
_FEW = (Fraction(1), Fraction(2), Fraction(1, 2))


class Limits(NamedTuple):
    """What is believed of a dtype: decimals of so many digits, fractions with denominators up to so much, these multiples.

    A multiple is recognised within ``near`` ulp, and what is recognised is believed within ``slack`` ulp.
    """

    digits: int
    denominator: int
    multiples: tuple[Fraction, ...]
    near: float
    slack: float


LIMITS: dict[str, Limits] = {
    "float64": Limits(12, 1000, _MULTIPLES, 2, 0),
    "float32": Limits(5, 100, _MULTIPLES, 2, 0),
    "float16": Limits(3, 8, _FEW, 0.5, 1),
    "bfloat16": Limits(2, 8, _FEW, 0.5, 1),
}


@lru_cache(maxsize=4096)
def as_written(value: float, kind: str = "float64") -> Written:
    """What the constant `value`, a finite number of the dtype `kind`, was written as.

    A dtype that is not in `LIMITS` is taken for one that holds fewer numbers than any that is.
    """
    limits = LIMITS.get(kind, LIMITS["bfloat16"])
    dtype = _dtype(kind)
    exact = Fraction(float(value))
    if exact.denominator == 1 or (exact.denominator <= 8 and abs(exact.numerator) < 8):
        return Written(exact, "", 0.0)
    ulp = _ulp(float(value), dtype)
    shortest = _shortest(float(value), dtype, limits.digits)
    if shortest is not None:
        return Written(shortest, "", limits.slack * ulp)
    nearby = exact.limit_denominator(limits.denominator)
    if dtype.type(float(nearby)) == dtype.type(value):
        return Written(nearby, "", limits.slack * ulp)
    normal = kind == "float64" and abs(value) >= float(np.finfo(np.float32).tiny)
    if normal and float(np.float32(value)) == value:  # one double in 2²⁹: a float32 that was widened
        single = as_written(value, "float32")
        if single.slack == 0:
            return single
    for name, factor in FACTORS.items():
        for multiple in limits.multiples:
            if abs(abs(float(value)) - float(multiple) * factor) <= limits.near * ulp:
                return Written(multiple if value > 0 else -multiple, name, limits.slack * ulp)
    return Written(exact, "", 4 * ulp)


def read_all(values: Array) -> list[Written]:
    """`as_written` of every entry of an array of finite floats, in C order.

    In an array of many different numbers, which nobody has written by hand, only whole numbers and decimals are looked for;
    the others are known to a few ulp, which is always safe.
    """
    kind = values.dtype.name
    wide = values.astype(np.float64).ravel()
    different, places = np.unique(wide, return_inverse=True)
    looked_at = np.ones(different.shape, dtype=bool)
    if different.size > _MOST_LOOKED_AT:
        looked_at = _short(different, LIMITS.get(kind, LIMITS["bfloat16"]).digits)
    dtype = _dtype(kind)
    read = [
        as_written(value, kind) if looked else Written(Fraction(value), "", 4 * _ulp(value, dtype))
        for value, looked in zip(different.tolist(), looked_at.tolist(), strict=True)
    ]
    return [read[place] for place in places.tolist()]


def _short(values: Array, digits: int) -> Array:
    """Where a number may be whole, or a decimal of so many digits: nearly all that are not are ruled out."""
    with np.errstate(all="ignore"):
        scaled = values * 10.0 ** (digits - 1 - np.floor(np.log10(np.abs(values))))
        off = np.abs(scaled - np.rint(scaled)) > 1e-3 * 10.0 ** max(0, digits - 12) + 1e-15 * np.abs(scaled)
    return np.asarray((values == np.rint(values)) | ~np.isfinite(scaled) | ~off)


def nearest(values: Array) -> Array:
    """The doubles nearest to what the constants of an array were written as; infinities and NaN are themselves."""
    wide = values.astype(np.float64)
    finite = np.isfinite(wide)
    wide[finite] = [float(w.rational) * FACTORS.get(w.factor, 1.0) for w in read_all(values[finite])]
    return wide


def slacks(values: Array) -> Array:
    """How far the constants of an array may be from what `nearest` makes of them."""
    wide = values.astype(np.float64)
    finite = np.isfinite(wide)
    result = np.zeros(wide.shape)
    result[finite] = [written.slack for written in read_all(values[finite])]
    return result


def _dtype(kind: str) -> np.dtype[Any]:
    if kind not in ("float64", "float32", "float16"):
        import ml_dtypes

        kind = getattr(ml_dtypes, kind)
    found: np.dtype[Any] = np.dtype(kind)
    return found


def _shortest(value: float, dtype: np.dtype[Any], digits: int) -> Fraction | None:
    """The decimal of at most so many significant digits that rounds to the number, if there is one."""
    text = f"{value:.{digits - 1}e}"
    return Fraction(text) if dtype.type(float(text)) == dtype.type(value) else None


def _ulp(value: float, dtype: np.dtype[Any]) -> float:
    """The distance to the next number of the dtype."""
    if dtype.kind == "f":
        return float(np.spacing(np.abs(dtype.type(value))))
    return 2.0 ** math.floor(math.log2(abs(value))) * epsilon(dtype)
