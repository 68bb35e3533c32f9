"""Judging without the certified oracle: autodiff and finite differences must agree on the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from gradcheck.compare import compare_floats, float_text
from gradcheck.diagnose import Observation, diagnose
from gradcheck.expressions import Derivative, Point, Value
from gradcheck.judging.hearing import differences_of, told
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.judging.shown import MOST_ENTRIES, is_jacobian, plain, worst
from gradcheck.judging.ties import directions, excused, outside_in_floats
from gradcheck.oracles import finite_differences
from gradcheck.program.program import BlackBox, epsilon, is_inexact
from gradcheck.verdict import Counterexample, Entry, Evidence, Stance, not_asked

Array = np.ndarray[Any, np.dtype[Any]]

_NUDGES = ((1, 3, 8), (-1, -4, -7))  # in units of the last place
_STEP = 1e-3
_AT_A_TIE = "at a tie each entry is permitted by itself, but not all together: no slopes beside the tie mix to them"
_SAFETY = 16
_SIXTEEN_BITS = 1e-4
_UNRESOLVED = 0.01  # of a small entry may be what rounding leaves of large numbers that cancel
_AT_KINK = 1e-5  # relative to the slopes on both sides
MOST_RUNS = 12_000  # of a black box, for the finite differences of one claim
_RUNS = 30  # of a direction at a point
FEWEST_POINTS = 4


def in_floats(sides: Comparable, points: Sequence[Point], why: str) -> Outcome:
    """Without the certified oracle: autodiff and finite differences must agree on the verdict."""
    asked = "certified" in sides.case.oracles
    abstains = Evidence("certified", "abstains", reason=why) if asked else not_asked("certified")
    if not isinstance(sides.truth, Derivative):
        return _values_in_floats(sides, points, abstains)
    if not isinstance(sides.claimed, Value):
        return Outcome("undecided", reason=why, evidence=(abstains,))
    opinions, bare = [], 0
    usual = _usual(sides, points[0])
    for point in affordable(sides.truth, points):
        with np.errstate(all="ignore"):  # infinities and NaN are looked at, entry by entry
            opinion = opinion_at(sides, point, abstains, usual)
        if opinion is None:
            continue
        if opinion.singular:
            bare += 1
        else:
            opinions.append(opinion)
    notes = (
        (f"at {bare} of the points f has no derivative as far as floats can tell; they were left out",) if bare else ()
    )
    failing = [opinion for opinion in opinions if opinion.stances == {"disagrees"}]
    if failing:
        return _refuted(sides, failing, opinions, why, notes)
    mixed = next((opinion for opinion in opinions if len(opinion.stances) > 1), None)
    if mixed is not None:
        reason = f"the oracles disagree, and the certified one abstains: {why}"
        shown = mixed.example(sides)
        return Outcome(
            "undecided", reason=reason, evidence=mixed.evidence, counterexample=shown, points=len(opinions), notes=notes
        )
    agreeing = [opinion for opinion in opinions if opinion.stances == {"agrees"}]
    if not agreeing:
        return Outcome("undecided", reason=f"no oracle could be used: {why}", evidence=(abstains,), notes=notes)
    first = agreeing[0]
    return Outcome(
        "holds",
        False,
        max(0, int(min(opinion.digits for opinion in agreeing))),
        f"not certified: {why}",
        first.evidence,
        sample=first.example(sides),
        points=len(opinions),
        notes=notes,
        detection=_detection(agreeing),
    )


def affordable(truth: Derivative, points: Sequence[Point]) -> Sequence[Point]:
    """The points, or some from first to last where the function is a black box of many inputs: it is run for each alone."""
    if not isinstance(truth.program, BlackBox):
        return points
    count = max(FEWEST_POINTS, MOST_RUNS // (_RUNS * max(1, math.prod(truth.shapes[1]))))
    if count >= len(points):
        return points
    return [points[round(i * (len(points) - 1) / (count - 1))] for i in range(count)]


def refuted_where_unknown(sides: Comparable, points: Sequence[Point], why: str) -> Outcome | None:
    """The float oracles at points where the enclosure knows nothing, as at a single value that a branch sets apart.

    They refute a claim there, not certified, if finite differences see no kink and clearly another slope, and autodiff does
    not side with the claim; and at a point that was given, NaN is no claim even at a kink. They never confirm one.
    """
    if not isinstance(sides.truth, Derivative) or not isinstance(sides.claimed, Value):
        return None
    abstains = Evidence("certified", "abstains", reason=why)
    failing = []
    for point in points:
        with np.errstate(all="ignore"):
            opinion = opinion_at(sides, point, abstains)
        if opinion is None:
            continue
        missing = sides.case.is_given(point) and bool(np.any(np.isnan(opinion.said) & opinion.usable))
        smooth = not opinion.singular and not opinion.kink and opinion.stances == {"disagrees"}
        if smooth or missing:
            failing.append(opinion)
    return _refuted(sides, failing, failing, why, ()) if failing else None


def _refuted(
    sides: Comparable, failing: list[FloatOpinion], opinions: list[FloatOpinion], why: str, notes: tuple[str, ...]
) -> Outcome:
    """The claim fails: the first point where all float oracles say so is shown."""
    first = min(failing, key=lambda opinion: opinion.tied)
    # At a kink more than one slope is true, and the one at hand need not be the one that is meant.
    smooth = [o for o in opinions if not o.kink] if not all(o.kink for o in failing) else opinions
    observations = [Observation(o.said, o.true, o.wrong, o.point) for o in smooth]
    return Outcome(
        "fails",
        reason=f"not certified: {why}",
        evidence=first.evidence,
        counterexample=first.example(sides),
        points=len(opinions),
        diagnosis=_AT_A_TIE if first.tied else diagnose(observations, is_jacobian(sides)) or _no_number(first),
        failing=first.point,
        wrong=int(np.count_nonzero(first.wrong)),
        entries=first.wrong.size,
        notes=notes,
    )


def _no_number(opinion: FloatOpinion) -> str:
    return "" if np.all(np.isfinite(opinion.said)) else "no finite value is claimed where f has slopes"


@dataclass(frozen=True, eq=False)
class FloatOpinion:
    """What autodiff and finite differences say of a claim at one point, and the numbers to show.

    ``limit`` is the smallest error of each entry that would have been seen, ``usable`` tells where finite differences
    gave a number and a bar. ``kink`` says that finite differences saw one; ``singular``, that the function seems to have no
    derivative there: they saw a kink, or gave nothing usable, and autodiff or the claim is not finite, or they contradict
    each other; ``tied``, that the entries are permitted each by itself, but not together.
    """

    point: Point
    said: Array
    true: Array
    wrong: Array
    digits: float
    limit: Array
    usable: Array
    evidence: tuple[Evidence, ...]
    kink: bool = False
    singular: bool = False
    tied: bool = False

    @property
    def stances(self) -> set[Stance]:
        """What the oracles that do not abstain say."""
        return {evidence.stance for evidence in self.evidence} - {"abstains", "not applicable"}

    def example(self, sides: Comparable) -> Counterexample:
        """The entries, wrong ones first and the worst of those first."""
        gap = np.abs(self.said - self.true)
        entries = []
        for flat in np.lexsort((-np.ravel(gap), ~np.ravel(self.wrong)))[:MOST_ENTRIES]:
            index = tuple(int(i) for i in np.unravel_index(flat, gap.shape)) if gap.shape else ()
            said, true = f"{self.said[index]:.15g}", f"{self.true[index]:.15g}"
            entries.append(Entry(index, said, true, float(gap[index]), bool(self.wrong[index])))
        return Counterexample(plain(self.point), tuple(entries), sides.case.given)


def _usual(sides: Comparable, point: Point) -> Array:
    """The claim's size at the first point, which is the arguments where some were given; 0 where it has none."""
    with np.errstate(all="ignore"):
        return np.asarray(np.nan_to_num(np.abs(sides.claimed_floats(point)), posinf=0.0))


def opinion_at(sides: Comparable, point: Point, abstains: Evidence, usual: Array | float = 0.0) -> FloatOpinion | None:
    """Both float oracles at one point; None where no oracle has a usable number.

    What cancels from numbers of the ``usual`` size to a small one is known to an ulp of these, as 1 − tanh² is at 15.
    Autodiff is compared within its own rounding and the claim's sensitivity to one ulp; finite differences within their bar.
    """
    truth = sides.truth
    assert isinstance(truth, Derivative), "values are compared without oracles"
    if not np.all(np.isfinite(truth.primal.floats(point))):
        return None  # the rule of log has a derivative for negative numbers, where the function is not defined
    said = sides.claimed_floats(point)
    slack = sensitivity(sides, point, said)
    slack = np.fmax(slack, np.minimum(_SAFETY * np.finfo(np.float64).eps * usual, _UNRESOLVED * np.abs(said)))
    asked = "finite differences" in sides.case.oracles
    differences, value, bar, kink = differences_of(truth, point) if asked else _no_differences(said)
    usable = np.isfinite(value) & np.isfinite(bar)
    with np.errstate(all="ignore"):  # at a kink a claim jumps, and what it jumps by is no rounding
        slack = np.where(kink & usable, np.fmin(slack, _AT_KINK * (np.abs(value) + bar)), slack)
    rough = asked and bool(np.any(kink) or not np.all(usable))
    apart = bool(np.any(kink)) and outside_in_floats(truth, point, said, kink)
    evidence = []
    stance: Stance
    wrong, digits, limit = np.zeros_like(usable), np.inf, np.full(usable.shape, np.inf)
    free = np.zeros_like(usable)
    if np.any(usable):
        wrong = usable & ~(np.abs(value - said) <= bar + slack)
        if np.any(wrong) and np.any(kink):
            free = excused(truth, point, said, wrong, kink)
            wrong = wrong & ~free
        apart = apart and not np.any(wrong)
        wrong = wrong | (usable & kink & apart)
        index = worst(np.where(usable, np.abs(value - said), 0.0))
        stance = "disagrees" if np.any(wrong) else "agrees"
        evidence.append(replace(differences, stance=stance, **told(value[index], bar[index])))
        size = np.abs(value)
        known = usable & (size > 2 * bar)
        scale = np.where(known, size, np.min(size, initial=1.0, where=known))  # as in compare.py
        with np.errstate(all="ignore"):
            off = np.maximum(bar, np.where(free, 0.0, np.abs(value - said))) / scale
            digits = float(np.min(-np.log10(off), initial=17.0, where=usable))
            limit = np.where(usable, bar + slack, np.inf)
    else:
        evidence.append(differences)
    heard = "autodiff" in sides.case.oracles
    found = truth.autodiff(point) if heard else "not asked"
    if isinstance(found, str):
        evidence.append(Evidence("autodiff", "abstains", reason=found) if heard else not_asked("autodiff"))
        if not np.any(usable):
            return None
        singular = rough and not np.all(np.isfinite(said))
        if not heard and np.any(np.isnan(said)) and not sides.case.is_given(point):
            singular = singular or _bent(truth, point)
        return FloatOpinion(
            point, said, value, wrong, digits, limit, usable, (*evidence, abstains), bool(np.any(kink)), singular, apart
        )
    forward, reverse, allowance = found
    comparisons = [compare_floats(said, value, allowance + slack) for value in (forward, reverse)]
    # At a kink autodiff follows a convention of its own; there only the one-sided slopes of finite differences count.
    wrong = ~(comparisons[0].agrees & comparisons[1].agrees) & ~kink & ~free
    index = worst(np.where(wrong, np.nan_to_num(np.abs(said - forward)), -1.0) if np.any(wrong) else np.abs(forward))
    stance = "disagrees" if np.any(wrong) else "agrees"
    evidence.append(Evidence("autodiff", stance, *float_text(forward[index], allowance[index])))
    digits = min(float(np.min(one.digits, initial=17.0, where=~kink)) for one in comparisons)
    finite = np.isfinite(forward) & np.isfinite(allowance)
    limit = np.fmin(limit, np.where(finite & ~kink, allowance + slack, np.inf))
    opinion = FloatOpinion(
        point, said, forward, wrong, digits, limit, usable, (*evidence, abstains), bool(np.any(kink))
    )
    undefined = not np.all(np.isfinite(forward) & np.isfinite(reverse) & np.isfinite(said))
    # Where the claim and autodiff both give NaN, nobody but finite differences speaks for a derivative.
    nowhere = bool(np.any(np.isnan(said) & np.isnan(forward))) and not sides.case.is_given(point)
    return replace(opinion, singular=nowhere or (rough and (undefined or len(opinion.stances) > 1)))


def _bent(truth: Derivative, point: Point) -> bool:
    """Whether slopes along dense directions are not those that the slopes along the axes add up to.

    Then f has no derivative at the point, though it may have slopes along every axis, as (x₁ x₂ x₃)^(1/3) has at 0. It is
    asked where autodiff, which tells such points by NaN, has no say.
    """
    if truth.kind == "hessian":
        return False
    x = np.asarray(point[truth.wrt], dtype=np.float64).reshape(1, -1)
    rows, dense = truth.rows(point), directions(x.size)
    axes, along = (finite_differences.differentiate(rows, x, which) for which in (np.eye(x.size), dense))
    bars = np.abs(dense) @ axes.error[0] + along.error[0]
    return bool(np.any(np.abs(along.value[0] - dense @ axes.value[0]) > 4 * bars + 1e-6 * np.abs(along.value[0])))


def _no_differences(said: Array) -> tuple[Evidence, Array, Array, Array]:
    """What stands for finite differences that are not asked for."""
    nothing = np.full(said.shape, np.nan)
    return not_asked("finite differences"), nothing, nothing, np.zeros(said.shape, dtype=bool)


def _detection(opinions: Sequence[FloatOpinion]) -> float:
    """The smallest relative error in an entry that would have been seen: the best point's, for the worst entry.

    Relative to the entry; to the largest of all where it is 0 at every point, or not known to be anything else.
    """
    limits, sizes = np.stack([o.limit for o in opinions]), np.abs(np.stack([o.true for o in opinions]))
    with np.errstate(all="ignore"):
        relative = np.min(np.where(sizes > 2 * limits, limits / sizes, np.inf), axis=0)
        largest = float(np.max(sizes, initial=0.0, where=np.isfinite(sizes))) or 1.0
        found = np.where(np.isfinite(relative), relative, np.min(limits, axis=0) / largest)
    return max(float(np.max(found, initial=0.0)), float(np.finfo(np.float64).eps))


class InFloats(Protocol):
    """A side that is claimed, as floats have it."""

    def claimed_floats(self, point: Point) -> Array:
        """What is claimed, in float64."""


def sensitivity(sides: InFloats, point: Point, said: Array) -> Array:
    """How much the claim's own floats move when the inputs are nudged by a few ulp: what rounding alone may explain.

    By several steps, since the result of one may be rounded to the same number; a zero stays one, as in rounding.
    """
    dtypes = [value.dtype for value in point.values() if is_inexact(value.dtype)]
    low = any(epsilon(dtype) > _SIXTEEN_BITS for dtype in dtypes)
    up, down = (
        np.stack([_moved_by(sides, point, said, steps) for steps in (side[:1] if low else side)]) for side in _NUDGES
    )
    largest = float(np.max(np.abs(said), initial=0.0, where=np.isfinite(said)))
    up, down = (
        np.where(_jumps(one, other, largest), 0.0, np.fmax.reduce(one)) for one, other in ((up, down), (down, up))
    )
    coarsest = max(map(epsilon, dtypes), default=float(np.finfo(np.float64).eps))
    smallest = max((float(np.nextafter(np.zeros((), kind), np.ones((), kind))) for kind in dtypes), default=0.0)
    factor = _SAFETY if coarsest < _SIXTEEN_BITS else _SAFETY / 4  # 16 ulp of bfloat16 are an eighth
    return np.asarray(factor * (np.fmax(up, down) + coarsest * np.abs(said) + smallest))


def _moved_by(sides: InFloats, point: Point, said: Array, steps: int) -> Array:
    """How much the claim moves when its inputs do by so many ulp."""
    nudged = {
        name: (value * (1 + steps * value.dtype.type(epsilon(value.dtype)))).astype(value.dtype)
        if is_inexact(value.dtype)
        else value
        for name, value in point.items()
    }
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(sides.claimed_floats(nudged) - said))


def _jumps(one: Array, other: Array, largest: float) -> Array:
    """Where a claim steps by the same amount however far it is nudged to a side, and to the other alike or not at all.

    No rounding does so, where the step is no tiny one.
    """
    step = np.max(one, axis=0)
    if len(one) == 1:
        return np.zeros(step.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        same, alike = (np.ptp(side, axis=0) <= _STEP * step for side in (one, other))
    return np.asarray(same & alike & (step > 0.01 * largest))


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
        allowance = sensitivity(sides, point, said) + sensitivity(swapped, point, meant)
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
