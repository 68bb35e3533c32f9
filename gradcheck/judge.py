"""One case judged at its points: precision doubled until each entry is decided, and the other oracles heard.

What comes out is an `Outcome`: everything that a verdict says about one reading under one set of assumptions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from flint import arb

from gradcheck.adequacy.reach import adequately
from gradcheck.cases import NoPointError
from gradcheck.compare import Comparison, compare, fewest_digits
from gradcheck.diagnose import Observation, diagnose, shapes
from gradcheck.expressions import Derivative, Point, ShapeError, Value
from gradcheck.judging.dissent import dissents
from gradcheck.judging.hearing import hear
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.judging.shown import example_at, is_jacobian, visited
from gradcheck.numbers.balls import IS_NUMBER, RADIUS, midpoints, precision
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.plan import plan_of
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.program.program import BlackBox, Program, epsilon, is_inexact

Array = np.ndarray[Any, np.dtype[Any]]
Judged = tuple[Point, Array, Array, Comparison]  # a point, both sides there in balls, and how they compare

LADDER = (128, 256, 512, 1024, 2048)
EXACT = 99  # the digits that are told when both sides are the same number, or agree to more than these
MOST_UNKNOWN = 4  # points at which floats are asked what the enclosures do not know
SMALL = 6  # input numbers up to which a case gets all its adversarial points; larger ones get half


@dataclass
class Seen:
    """What the points have shown so far."""

    points: int = 0
    outside: int = 0
    kinks: int = 0
    digits: float = np.inf
    open: list[str] = field(default_factory=list)
    smooth: list[Judged] = field(default_factory=list)
    at_kinks: list[Judged] = field(default_factory=list)
    failing: list[Judged] = field(default_factory=list)
    slight: bool = False
    together: list[tuple[Point, str]] = field(default_factory=list)
    unknown: list[Point] = field(default_factory=list)
    first: Judged | None = None


def judge(sides: Comparable, seed: int, generic: int, special: int) -> Outcome:
    """Compare the sides at the case's points, certified where possible, in floats otherwise."""
    example = sides.case.example()
    if isinstance(sides.truth, Derivative):
        sides.truth.check_kind()
    try:
        said, meant = sides.claimed.shape(example), sides.truth.shape(example)
    except ShapeError as error:
        return Outcome(
            "fails", reason="the formula as printed cannot be evaluated", diagnosis=f"the shapes do not fit: {error}"
        )
    if said != meant:
        return _wrong_shape(sides, said, meant)
    if not math.prod(meant):
        return Outcome("undecided", reason="nothing to compare: the arrays have no entries")
    if not sides.case.runs and sides.case.numbers > SMALL:
        special //= 2
    try:
        points = list(sides.case.points(seed, generic, special))
    except NoPointError as error:
        return Outcome("undecided", reason=str(error))
    grow = sides.case.open and generic + special > 0
    return adequately(sides, points, seed, grow, lambda chosen: _judged_at(sides, chosen))


def _judged_at(sides: Comparable, points: Sequence[Point]) -> Outcome:
    """The sides compared at the points given."""
    if sides.case.floats_only:
        return _in_floats(sides, points, sides.case.floats_only)
    if "certified" not in sides.case.oracles:
        return _in_floats(sides, points, "the certified oracle was not asked")
    seen, tied = Seen(), list[str]()
    try:
        together = at_once(sides, points)
        for i, point in enumerate(points):
            try:
                _visit(sides, point, seen, None if together is None else together[i])
            except CannotDecideError as error:
                seen.points += 1
                tied.append(str(error))
    except NoRuleError as error:
        traced = isinstance(sides.claimed.program, Program) and isinstance(sides.truth.program, Program)
        return _in_floats(sides, points, f"no ball rule for {error}" if traced else str(error))
    if len(tied) == len(points):
        return _in_floats(sides, points, tied[0])
    seen.open += tied
    outcome = _conclude(sides, seen)
    if outcome.status == "holds" and seen.unknown:
        from gradcheck.judging.in_floats import refuted_where_unknown

        why = "the enclosure of the derivative knows nothing at this point"
        refuted = refuted_where_unknown(sides, seen.unknown[:MOST_UNKNOWN], why)
        return outcome if refuted is None else replace(refuted, points=outcome.points, branches=outcome.branches)
    return outcome


def _in_floats(sides: Comparable, points: Sequence[Point], why: str) -> Outcome:
    """The sides compared in floats alone; imported where balls will not do."""
    from gradcheck.judging.in_floats import in_floats

    return in_floats(sides, points, why)


def _wrong_shape(sides: Comparable, said: tuple[int, ...], meant: tuple[int, ...]) -> Outcome:
    """Shapes are facts of the traced programs: no number is needed to refute them."""
    traced = not any(isinstance(side.program, BlackBox) for side in (sides.claimed, sides.truth))
    return Outcome("fails", certified=traced, reason="the shape is wrong", diagnosis=shapes(said, meant))


def at_once(sides: Comparable, points: Sequence[Point]) -> list[tuple[Array, Array]] | None:
    """Both sides at all points in one pass at the first precision; None where only one by one will do."""
    if len(points) < 2:
        return None
    try:
        with precision(LADDER[0]):
            pairs = list(zip(sides.claimed.balls_at(points), sides.truth.balls_at(points), strict=True))
            return [(sides.spread(claimed) if sides.elementwise else claimed, true) for claimed, true in pairs]
    except (NoBatchingRuleError, CannotDecideError, NoRuleError):
        for side in (sides.claimed, sides.truth):  # the points will be visited, and counted, again
            side.visits.clear()
        return None


def settle(
    sides: Comparable, point: Point, first: tuple[Array, Array] | None = None
) -> tuple[Comparison, Array, Array]:
    """Both sides at one point, with the precision doubled until nothing is open or doubling no longer helps.

    ``first`` holds both sides at the first precision where they are known already.

    Raises:
        NoRuleError: a side has no rule in balls.
        CannotDecideError: a side depends on a comparison that no precision settles.
    """
    before: Array | None = None
    claimed, true = None, None
    for bits in LADDER:
        with precision(bits):
            claimed, true = first if first is not None and bits == LADDER[0] else sides.balls(point)
            comparison = compare(claimed, true)
            open_ = comparison.open
            if not open_.any() or not comparison.finite.any():
                return resolved(sides, comparison, claimed, true), claimed, true
            if before is not None and not np.any(comparison.digits[open_] > before[open_] + 5):
                break
            before = comparison.digits
    assert claimed is not None and true is not None, "the ladder is not empty"
    with precision(bits):
        comparison = compare(claimed, true, final=True, fewest=fewest_digits(sides.case.example()))
        return resolved(sides, comparison, claimed, true), claimed, true


def resolved(sides: Comparable, comparison: Comparison, claimed: Array, true: Array) -> Comparison:
    """For code that runs in floats: a difference that floats do not resolve, as between two approximations, is none.

    It is at most 64 units in the last place of the true entry, whatever the others are.
    """
    if not sides.case.runs or not comparison.wrong.any():
        return comparison
    with np.errstate(invalid="ignore"):
        gap, size = np.abs(midpoints(claimed - true)), np.abs(midpoints(true))
        slight = comparison.wrong & (gap <= resolution(sides) * size)
    return replace(
        comparison, wrong=comparison.wrong & ~slight, agrees=comparison.agrees | slight, slight=bool(np.any(slight))
    )


def resolution(sides: Comparable) -> float:
    """The relative difference that counts as none in code: 64 units in the last place, of the coarsest dtype but 16 bits."""
    if not sides.case.runs:
        return 0.0
    coarsest = max((epsilon(v.dtype) for v in sides.case.example().values() if is_inexact(v.dtype)), default=0.0)
    return min(64 * coarsest, 1e-5)  # sixteen bits are no excuse: nothing is rounded in an enclosure


def _visit(sides: Comparable, point: Point, seen: Seen, first: tuple[Array, Array] | None) -> None:
    comparison, claimed, true = settle(sides, point, first)
    if (undefined := _undefined(sides, point, claimed, true, comparison)).any():
        comparison = replace(comparison, wrong=comparison.wrong | undefined)
    elif sides.case.runs and (overflow := _overflow(sides, point, comparison)).any():
        comparison = replace(comparison, wrong=comparison.wrong | overflow)
        claimed = claimed.copy()
        claimed[overflow] = arb("nan")
    elif not comparison.finite.any():
        seen.outside += 1
        seen.unknown.append(point)
        return
    if comparison.permitted.any() and not comparison.wrong.any():
        from gradcheck.judging.ties import outside

        together = outside(sides, point, claimed)
        if together:
            seen.together.append((point, together))
            comparison = replace(comparison, wrong=comparison.permitted, permitted=np.zeros_like(comparison.permitted))
    judged = (point, claimed, true, comparison)
    kinked, undecided = comparison.permitted.any(), comparison.open.any()
    seen.slight |= comparison.slight
    seen.points += 1
    seen.kinks += bool(kinked)
    (seen.at_kinks if kinked else seen.smooth).append(judged)
    if comparison.wrong.any():
        seen.failing.append(judged)
        return
    if undecided and np.any(comparison.open & comparison.finite):
        seen.open.append("the enclosures of both sides overlap, but stay too wide to show agreement")
    elif undecided:
        seen.outside += 1
        seen.unknown.append(point)
    if seen.first is None and not kinked and not undecided:
        seen.first = judged
    settled = comparison.digits[comparison.agrees]
    seen.digits = min(seen.digits, float(settled.min(initial=np.inf)))


def _undefined(sides: Comparable, point: Point, claimed: Array, true: Array, comparison: Comparison) -> Array:
    """Where the claim has no finite value, neither in balls nor in floats, though the truth has one and it is no kink."""
    if comparison.finite.all():
        return np.zeros(comparison.finite.shape, dtype=bool)
    missing = ~np.asarray(IS_NUMBER(claimed), dtype=bool) & np.asarray(IS_NUMBER(true), dtype=bool)
    if not np.any(missing) or not isinstance(sides.claimed, Value):
        return np.zeros_like(missing)
    single = np.asarray(RADIUS(true), dtype=np.float64) <= 1e-6 * np.maximum(1.0, np.abs(midpoints(true)))
    return np.asarray(missing & single & ~np.isfinite(sides.claimed_floats(point)))


def _overflow(sides: Comparable, point: Point, comparison: Comparison) -> Array:
    """Where the claim as it runs in floats is not finite, though it should be: the truth is known to be."""
    if not isinstance(sides.claimed, Value) or not comparison.finite.any():
        return np.zeros(comparison.wrong.shape, dtype=bool)
    return np.asarray(comparison.finite & ~np.isfinite(sides.claimed_floats(point)))


def _proven(found: Judged) -> bool:
    """Whether some entry is wrong by disjoint enclosures, and not only for want of a finite value."""
    _, claimed, _, comparison = found
    return bool(np.any(comparison.wrong & np.asarray(IS_NUMBER(claimed), dtype=bool)))


def _diagnosis(sides: Comparable, seen: Seen) -> str:
    """The pattern, away from kinks if the claim is wrong there too: at one, a right claim need not fit any pattern."""
    tied = {id(point) for point, _ in seen.together}
    if seen.together and all(id(found[0]) in tied for found in seen.failing):
        return seen.together[0][1]
    if not any(_proven(found) for found in seen.failing):
        run = ", as it is run in floating point," if sides.case.runs else ""
        return f"no finite value is claimed{run} where the true one is finite{_unselected(sides)}"
    clear = any(comparison.wrong.any() for *_, comparison in seen.smooth)
    found = seen.smooth if clear else seen.at_kinks
    observations = [Observation(midpoints(said), midpoints(true), c.wrong, point) for point, said, true, c in found]
    return diagnose(observations, is_jacobian(sides))


def _unselected(sides: Comparable) -> str:
    """A choice in the primal, whose branch that is not taken autodiff multiplies by zero, and 0 · ∞ is NaN."""
    program = sides.truth.program
    if not sides.case.inline_rules or not isinstance(program, Program):
        return ""
    plan = plan_of(program)
    for position, instruction in enumerate(plan.instructions):
        if instruction.name == "select_n":
            return f"; it comes from the branch that is not selected at {plan.place(position)}, where its slope is infinite"
    return ""


def _conclude(sides: Comparable, seen: Seen) -> Outcome:
    branches = visited(sides)
    common: dict[str, Any] = {"branches": branches, "points": seen.points, "kinks": seen.kinks}
    if seen.failing:
        point, claimed, true, comparison = next(filter(_proven, seen.failing), seen.failing[0])
        proven = _proven((point, claimed, true, comparison))
        evidence, dissent = hear(sides, point, comparison, claimed, true)
        shown = example_at(sides, point, claimed, true, comparison)
        if dissent == "both":
            reason = "the certified oracle says that the claim is wrong; finite differences and autodiff contradict it"
            return Outcome("undecided", reason=reason, evidence=evidence, counterexample=shown, **common)
        return Outcome(
            "fails",
            proven,
            evidence=evidence,
            counterexample=shown,
            diagnosis=_diagnosis(sides, seen),
            failing=point,
            wrong=int(np.count_nonzero(comparison.wrong)),
            entries=comparison.wrong.size,
            notes=dissents(dissent, sides.truth, point, _single(true, comparison)) if dissent else (),
            **common,
        )
    if seen.first is None:
        if not seen.points:
            reason = "no point of the domain was reached where both sides are finite"
        else:
            reason = seen.open[0] if seen.open else "only kinks and borders of the domain were reached"
        return Outcome("undecided", reason=reason, **common)
    point, claimed, true, comparison = seen.first
    evidence, dissent = hear(sides, point, comparison, claimed, true)
    digits = int(min(seen.digits, EXACT)) if np.isfinite(seen.digits) else EXACT
    notes = dissents(dissent, sides.truth, point, _single(true, comparison)) if dissent else ()
    if digits < 30:
        notes = (
            *notes,
            f"agreement is shown to {digits} digits: constants are rounded, or the functions approximations",
        )
    if seen.open:
        notes = (*notes, f"left open at {len(seen.open)} of {seen.points} points: {seen.open[0]}")
    if dissent == "both":
        reason = "the certified oracle says that the claim holds; finite differences and autodiff contradict it"
        return Outcome("undecided", reason=reason, evidence=evidence, **common)
    if seen.kinks:
        within = "what is claimed there lies between the slopes of both sides"
        notes = (*notes, f"{seen.kinks} of {seen.points} points lie on a kink: {within}")
    sample = example_at(sides, point, claimed, true, comparison, later=True)
    limit = max(float(10.0**-digits), resolution(sides))
    if seen.slight:
        notes = (
            *notes,
            "claimed and true value differ by less than floats resolve; that is no proof, and none is claimed",
        )
    return Outcome(
        "holds", not seen.slight, digits, evidence=evidence, sample=sample, notes=notes, detection=limit, **common
    )


def _single(true: Array, comparison: Comparison) -> Array:
    """The true numbers; NaN at a kink, where a hull's centre is no value."""
    return np.where(comparison.permitted, np.nan, midpoints(true))
