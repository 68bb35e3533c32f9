"""Constants are read as written.

A program's literal ``0.1`` is a double near 1/10. In exact arithmetic the two differ by 5e-18, so that ``0.1 * x`` and
``x / 10`` would be *proven* different. What was written is 1/10, so a constant is read, in this order, as

1. the decimal of at most 12 significant digits that it prints as (0.1, 0.044715, 1e-5);
2. a fraction p/q with q ≤ 1000 of which it is the nearest double (-1/3);
3. a small rational multiple of π, √π, √2, √(2π), √3, ln 2, ln 10, e or of an inverse of these, if within 2 ulp of it
   (`np.pi`, ``np.sqrt(2 / np.pi)``): it was computed from that;
4. otherwise a number within 4 ulp of the double: it was computed somehow, in floats. What agrees up to such a constant
   cannot be told apart, so it never proves a claim wrong, and limits the digits of agreement to about 15.

A decimal double that was *computed* and happens to print short is read as that decimal: the difference is below 1 ulp.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np


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
_MULTIPLES = [Fraction(p, q) for q in (1, 2, 3, 4, 6, 8) for p in (1, 2, 3, 4, 6, 8) if math.gcd(p, q) == 1]


@lru_cache(maxsize=4096)
def as_written(value: float, kind: str = "float64") -> Written:
    """What the constant `value`, a finite number of the dtype `kind`, was written as."""
    dtype: Any = np.dtype(kind) if kind in ("float64", "float32", "float16") else np.dtype("float32")
    number = dtype.type(value)
    digits = {"float64": 12, "float32": 5, "float16": 3}.get(kind, 3)
    text = np.format_float_scientific(number, unique=True)
    exact = Fraction(float(value))
    if exact.denominator == 1 or len(text.split("e")[0].replace(".", "").replace("-", "").rstrip("0")) <= digits:
        return Written(exact if exact.denominator == 1 else Fraction(text), "", 0.0)
    nearby = exact.limit_denominator(1000)
    if dtype.type(float(nearby)) == number:
        return Written(nearby, "", 0.0)
    ulp = float(np.spacing(np.abs(number)))
    for name, factor in FACTORS.items():
        for multiple in _MULTIPLES:
            if abs(abs(float(value)) - float(multiple) * factor) <= 2 * ulp:
                return Written(multiple if value > 0 else -multiple, name, 0.0)
    return Written(exact, "", 4 * ulp)
