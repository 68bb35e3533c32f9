"""The criterion, written once: when do a claimed and a true number agree, and to how many digits?

With c the claimed ball and t the true ball of an entry (or the hull of both branches at a kink):

- *wrong*     iff c and t are disjoint: proven, whatever the precision;
- *agrees*    iff |c − t| ≤ 10⁻³⁰ max(|t|, s): shown to 30 digits, where s is the smallest non-zero |t| of the array, and at
  most 1, and matters only for entries whose true value is zero or cannot be told from it;
- *permitted* iff t is a kink's hull (its width does not shrink with the precision) and c lies in it;
- *open*      otherwise: more precision is needed, or nothing can be said.

A NaN ball encloses everything, so it is never wrong and never agrees. Infinity agrees with nothing but is not compared:
a point where the truth is not finite is no point of the domain.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from gradcheck.numbers.balls import from_floats
from gradcheck.program.program import epsilon, is_inexact

Array = np.ndarray[Any, np.dtype[Any]]

DIGITS = 30
FEWEST = 10  # digits that a comparison limited by rounded constants must still show
_TWICE = math.log10(2)
_INSIDE = np.frompyfunc(lambda c, t: bool(t.contains(c)), 2, 1)


def _log10(x: arb) -> float:
    """The logarithm of an exact number from 0 to ∞, also of one that no float can hold."""
    number = float(x)
    if 1e-300 < number < 1e300:
        return math.log10(number)
    if not x.is_finite():
        return math.nan if x.is_nan() else math.inf
    if x.is_zero():
        return -math.inf
    mantissa, exponent = x.man_exp()
    return (math.log2(int(mantissa)) + int(exponent)) * math.log10(2)


def _looked_at(c: arb, t: arb) -> tuple[bool, bool, float, float, float]:
    """Of one entry: whether both are finite and whether disjoint; the logarithms of the gap, of |t|, and of its radius.

    What is not finite has none of these, and its size is not known.
    """
    if t.is_zero() and c.is_zero():
        return True, False, -math.inf, -math.inf, -math.inf
    if not t.is_finite():
        return False, False, 0.0, 0.0, 0.0
    size, radius = _log10(abs(t.mid())), _log10(t.rad())
    if not c.is_finite():
        return False, False, 0.0, size, radius
    return True, bool(c != t), _log10((c - t).abs_upper()), size, radius


@dataclass(frozen=True)
class Comparison:
    """Entrywise outcome, all arrays of the same shape. ``digits`` is inf where both are the same exact number."""

    wrong: Array
    agrees: Array
    permitted: Array
    digits: Array
    finite: Array
    slight: bool = False  # something was wrong by less than floats resolve, and counts as agreeing

    @cached_property
    def open(self) -> Array:
        """Entries about which nothing is decided."""
        return ~(self.wrong | self.agrees | self.permitted)


def fewest_digits(point: Mapping[str, Array]) -> int:
    """How many digits an agreement that rounded constants limit must still show: by the coarsest dtype of the inputs.

    10 for float64, 5 for float32, 1 for float16, and none for bfloat16, where a constant is known to less than two.
    """
    coarsest = max((epsilon(v.dtype) for v in map(np.asarray, point.values()) if is_inexact(v.dtype)), default=0.0)
    return FEWEST if coarsest < 1e-12 else max(0, math.floor(-math.log10(64 * coarsest)))


def compare(claimed: Array, true: Array, final: bool = False, fewest: int = FEWEST) -> Comparison:
    """Compare two object arrays of balls of the same shape, entry by entry.

    ``final`` says that no more precision will be tried: then a true ball that is still wide counts as a kink's hull, and
    an agreement that rounded constants limit to fewer than 30 digits (but at least ``fewest``) is accepted with its digits.
    """
    # In logarithms to base 10, since exp(900) and its like are no floats.
    pairs = map(_looked_at, claimed.ravel().tolist(), true.ravel().tolist())
    flat = np.fromiter(itertools.chain.from_iterable(pairs), np.float64, 5 * claimed.size)
    looked_at = flat.reshape(-1, 5).T.reshape(5, *claimed.shape)
    gap, size, radius = looked_at[2:]
    finite, wrong = looked_at[:2] != 0
    known = size > radius + _TWICE
    scale = np.where(known, size, np.minimum.reduce(size, axis=None, initial=0.0, where=known))
    digits = np.where(finite, scale - gap, -np.inf)
    agrees = (digits >= DIGITS) & ~wrong
    permitted = np.zeros(wrong.shape, dtype=bool)
    if final:
        wide = radius > np.maximum(scale, 0.0) - 6
        permitted = ~wrong & ~agrees & wide & finite & np.asarray(_INSIDE(claimed, true), dtype=bool)
        agrees = agrees | (~wrong & ~permitted & (digits >= fewest))
    return Comparison(wrong, agrees, permitted, digits, finite)


def compare_floats(claimed: Array, true: Array, allowance: Array) -> Comparison:
    """The same without balls: wrong iff |c − t| exceeds the allowance; NaN and infinity are never agreement."""
    with np.errstate(all="ignore"):
        gap = np.abs(claimed - true)
        scale = np.where(true == 0, 1.0, np.abs(true))
        digits = np.where(gap == 0, 17.0, -np.log10(gap / scale))
        floor = np.where(allowance == 0, 17.0, -np.log10(allowance / scale))
        finite = np.isfinite(claimed) & np.isfinite(true) & np.isfinite(allowance)
        digits = np.where(finite, np.minimum(digits, floor), -np.inf)
    wrong, agrees = apart(claimed, true, allowance)
    return Comparison(wrong, agrees, np.zeros_like(wrong), digits, finite)


def apart(claimed: Array, true: Array, allowance: Array) -> tuple[Array, Array]:
    """``wrong`` and ``agrees`` of `compare_floats`, without the digits."""
    with np.errstate(all="ignore"):
        gap = np.abs(claimed - true)
        if (gap <= allowance).all() and np.isfinite(allowance).all():  # as they mostly are, and then both are finite
            return np.zeros(gap.shape, dtype=bool), np.ones(gap.shape, dtype=bool)
        finite = np.isfinite(claimed) & np.isfinite(true) & np.isfinite(allowance)
        wrong = np.where(finite, gap > allowance, np.isfinite(true) & ~np.isfinite(claimed))
    return wrong, finite & ~wrong


def text(ball: arb, digits: int = 32) -> str:
    """A ball as decimal text, ``mid ± rad``; exact numbers without the second part."""
    if not ball.is_finite():
        return "unknown"
    if ball.is_zero():  # as many entries of a Jacobian are
        return "0"
    if ball.is_exact():
        number = float(ball.mid())
        if arb(number) == ball and abs(number) < 1e15:
            short = format(number, ".15g")
            return short if float(short) == number else repr(number)
    if float(ball.rad()) > 1e-6 * max(1.0, abs(float(ball.mid()))):  # every number between two slopes
        low, high = float(ball.lower()), float(ball.upper())
        return f"between {_end(low, high - low)} and {_end(high, high - low)}"
    written = str(ball.str(digits, radius=True)).strip("[]").replace("+/-", "±")
    return f"0 {written}" if written.startswith("±") else written


def _end(number: float, width: float) -> str:
    """An end of an interval; what is next to zero beside its width came from widening alone."""
    return f"{0.0 if abs(number) < 1e-6 * width else number:.6g}"


def float_text(value: float, bar: float) -> tuple[str, str]:
    """A float oracle's number and its error bar, as text that does not depend on the last bits of a processor.

    The bar is widened to the next of 10⁻⁹, 10⁻⁶, 10⁻³, 1 … of the number's size; the number is rounded to a tenth of that.
    """
    if not (np.isfinite(value) and np.isfinite(bar)):
        return f"{value:.6g}", f"{bar:.1g}"
    size = 0 if value == 0 or abs(value) <= bar else int(np.floor(np.log10(abs(value))))
    exponent = size - 9
    while bar > 10.0**exponent:
        exponent += 3
    rounded = round(float(value), 1 - exponent) + 0.0  # + 0.0: no negative zero
    return f"{rounded:.{max(2, size - exponent + 2)}g}", f"1e{exponent:+03d}"


def as_balls(values: Any) -> Array:
    """Any array as an object array of balls (whole numbers and booleans exactly)."""
    array = np.asarray(values)
    return array if array.dtype == object else from_floats(array)
