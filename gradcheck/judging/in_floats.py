"""Judging without the certified oracle: autodiff and finite differences must agree on the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.compare import compare_floats, float_text
from gradcheck.diagnose import Observation, diagnose
from gradcheck.expressions import Derivative, Point, Value
from gradcheck.judging.hearing import differences_of, told
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.judging.shown import MOST_ENTRIES, is_jacobian, plain, worst
from gradcheck.verdict import Counterexample, Entry, Evidence, Stance

Array = np.ndarray[Any, np.dtype[Any]]


def in_floats(sides: Comparable, points: Sequence[Point], why: str) -> Outcome:
    """Without the certified oracle: autodiff and finite differences must agree on the verdict."""
    abstains = Evidence("certified", "abstains", reason=why)
    if not isinstance(sides.truth, Derivative):
        return _values_in_floats(sides, points, abstains)
    if not isinstance(sides.claimed, Value):
        return Outcome("undecided", reason=why, evidence=(abstains,))
    used, failing, mixed, first = 0, None, None, None
    digits = np.inf
    for point in points:
        said = sides.claimed_floats(point)
        opinion = _float_opinion(sides, point, said, abstains)
        if opinion is None:
            continue
        used += 1
        digits = min(digits, opinion.digits)
        stances = {evidence.stance for evidence in opinion.evidence} - {"abstains"}
        failing = failing or (opinion if stances == {"disagrees"} else None)
        mixed = mixed or (opinion if len(stances) > 1 else None)
        first = first or (opinion if stances == {"agrees"} else None)
    if failing is not None:
        observation = Observation(failing.said, failing.true, failing.wrong, failing.point)
        return Outcome(
            "fails",
            reason=f"not certified: {why}",
            evidence=failing.evidence,
            counterexample=failing.example(sides),
            points=used,
            diagnosis=diagnose([observation], is_jacobian(sides)),
            failing=failing.point,
        )
    if mixed is not None:
        reason = f"the oracles disagree, and the certified one abstains: {why}"
        return Outcome(
            "undecided", reason=reason, evidence=mixed.evidence, counterexample=mixed.example(sides), points=used
        )
    if first is None:
        return Outcome("undecided", reason=f"no oracle could be used: {why}", evidence=(abstains,))
    kept = max(0, int(digits))
    sample = first.example(sides)
    return Outcome("holds", False, kept, f"not certified: {why}", first.evidence, sample=sample, points=used)


@dataclass(frozen=True, eq=False)
class FloatOpinion:
    """What autodiff and finite differences say of a claim at one point, and the numbers to show."""

    point: Point
    said: Array
    true: Array
    wrong: Array
    digits: float
    evidence: tuple[Evidence, ...]

    def example(self, sides: Comparable) -> Counterexample:
        """The entries, wrong ones first and the worst of those first."""
        gap = np.abs(self.said - self.true)
        entries = []
        for flat in np.lexsort((-np.ravel(gap), ~np.ravel(self.wrong)))[:MOST_ENTRIES]:
            index = tuple(int(i) for i in np.unravel_index(flat, gap.shape)) if gap.shape else ()
            said, true = f"{self.said[index]:.15g}", f"{self.true[index]:.15g}"
            entries.append(Entry(index, said, true, float(gap[index]), bool(self.wrong[index])))
        return Counterexample(plain(self.point), tuple(entries), sides.case.given)


def _float_opinion(sides: Comparable, point: Point, said: Array, abstains: Evidence) -> FloatOpinion | None:
    """Both float oracles at one point; None where no oracle has a usable number.

    Autodiff is compared within its own rounding and the claim's sensitivity to one ulp; finite differences within their bar.
    """
    truth = sides.truth
    assert isinstance(truth, Derivative), "values are compared without oracles"
    if not np.all(np.isfinite(truth.primal.floats(point))):
        return None  # the rule of log has a derivative for negative numbers, where the function is not defined
    slack = _sensitivity(sides, point, said)
    differences, value, bar, kink = differences_of(truth, point)
    usable = np.isfinite(value) & np.isfinite(bar)
    evidence = []
    stance: Stance
    wrong, digits = np.zeros_like(usable), np.inf
    if np.any(usable):
        wrong = usable & ~(np.abs(value - said) <= bar + slack)
        index = worst(np.where(usable, np.abs(value - said), 0.0))
        stance = "disagrees" if np.any(wrong) else "agrees"
        evidence.append(replace(differences, stance=stance, **told(value[index], bar[index])))
        size = np.abs(value)
        known = usable & (size > 2 * bar)
        scale = np.where(known, size, np.min(size, initial=1.0, where=known))  # as in compare.py
        with np.errstate(all="ignore"):
            off = np.maximum(bar, np.abs(value - said)) / scale
            digits = float(np.min(-np.log10(off), initial=17.0, where=usable))
    else:
        evidence.append(differences)
    found = truth.autodiff(point)
    if isinstance(found, str):
        evidence.append(Evidence("autodiff", "abstains", reason=found))
        if not np.any(usable):
            return None
        return FloatOpinion(point, said, value, wrong, digits, (*evidence, abstains))
    forward, reverse, allowance = found
    comparisons = [compare_floats(said, value, allowance + slack) for value in (forward, reverse)]
    # At a kink autodiff follows a convention of its own; there only the one-sided slopes of finite differences count.
    wrong = ~(comparisons[0].agrees & comparisons[1].agrees) & ~kink
    index = worst(np.where(wrong, np.nan_to_num(np.abs(said - forward)), -1.0) if np.any(wrong) else np.abs(forward))
    stance = "disagrees" if np.any(wrong) else "agrees"
    evidence.append(Evidence("autodiff", stance, *float_text(forward[index], allowance[index])))
    digits = min(float(np.min(one.digits, initial=17.0, where=~kink)) for one in comparisons)
    return FloatOpinion(point, said, forward, wrong, digits, (*evidence, abstains))


def _sensitivity(sides: Comparable, point: Point, said: Array) -> Array:
    """How much the claim's own floats move when each input is nudged by one ulp: what rounding alone may explain."""
    moved = np.zeros_like(said)
    for direction in (np.inf, -np.inf):
        nudged = {
            name: np.nextafter(value, direction) if value.dtype.kind == "f" else value for name, value in point.items()
        }
        moved = np.fmax(moved, np.abs(sides.claimed_floats(nudged) - said))
    return np.asarray(16 * moved + 16 * np.finfo(np.float64).eps * np.abs(said))


def _values_in_floats(sides: Comparable, points: Sequence[Point], abstains: Evidence) -> Outcome:
    """An equality without balls: both sides in float64, within what one-ulp changes of the inputs explain."""
    others = tuple(
        Evidence(name, "not applicable", reason="no derivative is taken") for name in ("finite differences", "autodiff")
    )
    evidence = (*others, abstains)
    assert isinstance(sides.truth, Value), "a derivative is compared with its oracles"
    digits, used = np.inf, 0
    for point in points:
        said = sides.claimed_floats(point)
        meant = np.asarray(sides.truth.floats(point), dtype=np.float64)
        swapped = Comparable(sides.case, sides.truth, sides.truth)
        allowance = _sensitivity(sides, point, said) + _sensitivity(swapped, point, meant)
        comparison = compare_floats(said, meant, allowance)
        if not np.any(comparison.finite):
            continue
        used += 1
        if np.any(comparison.wrong):
            index = tuple(int(i) for i in np.argwhere(comparison.wrong)[0]) if said.ndim else ()
            entry = Entry(
                index, f"{said[index]:.15g}", f"{meant[index]:.15g}", float(abs(said[index] - meant[index])), True
            )
            shown = Counterexample(plain(point), (entry,), sides.case.given)
            diagnosis = diagnose([Observation(said, meant, comparison.wrong, point)])
            return Outcome(
                "fails",
                reason=f"not certified: {abstains.reason}",
                evidence=evidence,
                counterexample=shown,
                diagnosis=diagnosis,
                points=used,
                failing=point,
            )
        digits = min(digits, float(np.min(comparison.digits, initial=17.0, where=comparison.finite)))
    if not used:
        return Outcome("undecided", reason="no point was reached where both sides are finite", evidence=evidence)
    return Outcome(
        "holds", False, max(0, int(digits)), reason=f"not certified: {abstains.reason}", evidence=evidence, points=used
    )
