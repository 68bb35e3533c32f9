"""The float oracles heard at one point: do they agree with the claim, and with the certified oracle?"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.compare import Comparison, apart, float_text, text
from gradcheck.expressions import Derivative, Point
from gradcheck.judging.outcome import Comparable
from gradcheck.judging.shown import worst
from gradcheck.numbers.balls import RADIUS, midpoints, precision
from gradcheck.numbers.system import NoRuleError
from gradcheck.verdict import Evidence, Stance, not_asked

Array = np.ndarray[Any, np.dtype[Any]]


def hear(
    sides: Comparable, point: Point, comparison: Comparison, claimed: Array, true: Array
) -> tuple[tuple[Evidence, ...], str]:
    """The evidence of all three oracles at a point, and which of the float oracles dissents from the certified one."""
    centres, wrong = midpoints(true), comparison.wrong.any()
    if wrong:
        index = worst(np.where(comparison.wrong, np.nan_to_num(np.abs(midpoints(claimed - true))), -1.0))
    else:
        index = worst(np.abs(centres))
    with precision(256):
        certified = Evidence("certified", "disagrees" if wrong else "agrees", text(true[index]))
    if not isinstance(sides.truth, Derivative):
        reason = "no derivative is taken"
        others = [Evidence(name, "not applicable", reason=reason) for name in ("finite differences", "autodiff")]
        return (*others, certified), ""
    oracles = sides.case.oracles
    if "finite differences" not in oracles and "autodiff" not in oracles:
        return (not_asked("finite differences"), not_asked("autodiff"), certified), ""
    said, meant = midpoints(claimed), np.where(comparison.permitted, np.nan, centres)  # a hull's centre is no value
    # Constants of low dtypes are known to a few ulp only, and so is what is made of them.
    loose = np.asarray(RADIUS(claimed) + RADIUS(true), dtype=np.float64)
    loose = np.where(np.isfinite(loose) & ~comparison.permitted, loose, 0.0)
    differences, fd_off, autodiff, ad_off = not_asked("finite differences"), False, not_asked("autodiff"), False
    if "finite differences" in oracles:
        differences, fd_off = _hear_differences(sides.truth, point, said, meant, index, loose)
    if "autodiff" in oracles:
        autodiff, ad_off = _hear_autodiff(sides.truth, point, said, meant, index, loose)
    dissent = "both" if fd_off and ad_off else "finite differences" if fd_off else "autodiff" if ad_off else ""
    return (differences, autodiff, certified), dissent


def _hear_differences(
    truth: Derivative, point: Point, said: Array, meant: Array, index: tuple[int, ...], loose: Array
) -> tuple[Evidence, bool]:
    """Finite differences on the claim; and whether they contradict the certified value. Balls are `loose` by so much."""
    evidence, value, bar, _ = differences_of(truth, point)
    if evidence.stance == "abstains":
        return evidence, False
    usable = np.isfinite(value) & np.isfinite(bar)
    with np.errstate(invalid="ignore"):
        off = usable & (np.abs(value - meant) > 2 * bar + loose)
        wrong = usable & ~(np.abs(value - said) <= bar + loose)
    dissents = bool(off.any()) and bool((off & _gross(value, meant)).any())
    stance: Stance = "disagrees" if wrong.any() else "agrees"
    return Evidence(
        evidence.oracle, stance, *float_text(float(value[index]), float(bar[index])), evidence.reason
    ), dissents


def differences_of(truth: Derivative, point: Point) -> tuple[Evidence, Array, Array, Array]:
    """Finite differences in the claimed form, error bars and kinks, and the evidence before it has a stance."""
    name = "finite differences"
    try:
        found = truth.differences(point)
    except NoRuleError as error:
        shape = (1,) * len(truth.shape(point))
        nothing = np.full(shape, np.nan)
        return Evidence(name, "abstains", reason=str(error)), nothing, nothing, np.zeros(shape, dtype=bool)
    value, bar, kink = found.value[0].T, found.error[0].T, found.kink[0].T.astype(np.float64)
    if truth.kind == "hessian":
        value, bar, kink = (part.reshape(truth.shape(point)) for part in (value, bar, kink))
    else:
        value = truth.arrange(value, point)
        bar, kink = (truth.arrange(part, point, absolute=True) for part in (bar, kink))
    if not (np.isfinite(value) & np.isfinite(bar)).any():
        return Evidence(name, "abstains", reason="no step size gave a usable estimate"), value, bar, kink > 0
    bent = kink > 0
    reason = "a kink lies at the point" if bent.any() else ""
    return Evidence(name, "agrees", reason=reason), value, bar, bent


def _hear_autodiff(
    truth: Derivative, point: Point, said: Array, meant: Array, index: tuple[int, ...], loose: Array
) -> tuple[Evidence, bool]:
    """Autodiff on the claim; and whether it contradicts the certified value."""
    found = truth.autodiff(point)
    if isinstance(found, str):
        return Evidence("autodiff", "abstains", reason=found), False
    forward, reverse, rounding = found
    allowance = rounding + loose
    ones, others = (
        np.array([forward, reverse, said, said, forward]),
        np.array([meant, meant, forward, reverse, reverse]),
    )
    wrong, agrees = apart(ones, others, allowance)
    off = any(bool(wrong[i].any() and np.any(wrong[i] & _gross(mode, meant))) for i, mode in enumerate(found[:2]))
    finite = np.isfinite(forward) & np.isfinite(reverse)
    unknown = finite & ~np.isfinite(allowance)
    if unknown.any() and unknown.all():
        reason = "its rounding is not known there: a change in the last places leaves the domain of a function"
        return Evidence("autodiff", "abstains", reason=reason), off
    reason = ""
    if not finite.all():
        reason = "not finite at some entry"
    elif wrong[4].any():
        reason = f"forward and reverse mode differ: {forward[index]:.9g} and {reverse[index]:.9g}"
    stance: Stance = "agrees" if (agrees[2:4] | unknown).all() else "disagrees"
    evidence = Evidence("autodiff", stance, *float_text(forward[index], allowance[index]), reason)
    return evidence, off


def _gross(value: Array, meant: Array) -> Array:
    """Whether a float oracle is off by more than bad conditioning makes of rounding, which its bar does not know.

    A fault of the certified oracle would be one of its rules, and such are not off by a few digits in the last places.
    """
    largest = float(np.nanmax(np.abs(meant), initial=0.0))
    with np.errstate(invalid="ignore"):
        return np.asarray(~(np.abs(value - meant) <= 1e-6 * largest))


def told(value: float, bar: float) -> dict[str, str]:
    """A float oracle's number and bar, as fields of its evidence."""
    said, error = float_text(float(value), float(bar))
    return {"value": said, "error": error}
