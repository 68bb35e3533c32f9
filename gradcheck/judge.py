"""One case judged at its points: precision doubled until each entry is decided, and the other oracles heard.

What comes out is an `Outcome`: everything that a verdict says about one reading under one set of assumptions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.cases import Case, NoPointError
from gradcheck.claim import Status
from gradcheck.compare import Comparison, as_balls, compare, compare_floats, float_text, text
from gradcheck.diagnose import Observation, diagnose, shapes
from gradcheck.expressions import Derivative, Expression, Point, ShapeError, Value
from gradcheck.numbers.balls import IS_NUMBER, RADIUS, midpoints, precision
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.plan import plan_of
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.program.program import BlackBox, Program
from gradcheck.verdict import Branch, Counterexample, Entry, Evidence, Stance

Array = np.ndarray[Any, np.dtype[Any]]

LADDER = (128, 256, 512, 1024, 2048)
MOST_ENTRIES = 12
EXACT = 99  # the digits that are told when both sides are the same number, or agree to more than these
SMALL = 6  # input numbers up to which a case gets all its adversarial points; larger ones get half


@dataclass(frozen=True)
class Outcome:
    """What was found about one case, or about several merged."""

    status: Status
    certified: bool = False
    digits: int | None = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    counterexample: Counterexample | None = None
    diagnosis: str = ""
    branches: tuple[Branch, ...] = ()
    sample: Counterexample | None = None
    points: int = 0
    kinks: int = 0
    notes: tuple[str, ...] = ()
    failing: Point | None = None
    wrong: int = 0
    entries: int = 0
    detection: float | None = None
    mutants: int = 0
    survivors: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Comparable:
    """The two sides of one case: an expression that is claimed, and one that is true."""

    case: Case
    claimed: Expression
    truth: Expression

    @property
    def elementwise(self) -> bool:
        """Whether the claimed array is the diagonal of the Jacobian that is true."""
        return isinstance(self.truth, Derivative) and self.truth.kind == "derivative"

    def balls(self, point: Point) -> tuple[Array, Array]:
        """Both sides enclosed, in the same shape, at the precision in force."""
        claimed, true = self.claimed.balls(point), self.truth.balls(point)
        return (self.spread(claimed) if self.elementwise else claimed), true

    def spread(self, values: Array) -> Array:
        """An elementwise derivative as the diagonal Jacobian that it stands for."""
        flat = values.ravel()
        result = (
            as_balls(np.zeros((flat.size, flat.size))) if values.dtype == object else np.zeros((flat.size, flat.size))
        )
        result[np.arange(flat.size), np.arange(flat.size)] = flat
        return result

    def claimed_floats(self, point: Point) -> Array:
        """What is claimed, in float64, in the shape that is compared."""
        assert isinstance(self.claimed, Value), "only a value is evaluated in floats as a claim"
        values = np.asarray(self.claimed.floats(point), dtype=np.float64)
        return self.spread(values) if self.elementwise else values


@dataclass
class Seen:
    """What the points have shown so far."""

    points: int = 0
    outside: int = 0
    kinks: int = 0
    digits: float = np.inf
    open: list[str] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    at_kinks: list[Observation] = field(default_factory=list)
    failing: list[tuple[Point, Array, Array, Comparison]] = field(default_factory=list)
    first: tuple[Point, Array, Array, Comparison] | None = None


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
    seen, tied = Seen(), list[str]()
    try:
        points = list(sides.case.points(seed, generic, special if sides.case.numbers <= SMALL else special // 2))
    except NoPointError as error:
        return Outcome("undecided", reason=str(error))
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
    return _conclude(sides, seen)


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
    comparison, claimed, true = None, None, None
    for bits in LADDER:
        with precision(bits):
            claimed, true = first if first is not None and bits == LADDER[0] else sides.balls(point)
            comparison = compare(claimed, true)
            if not np.any(comparison.open) or not np.any(comparison.finite):
                return comparison, claimed, true
            if before is not None and not np.any(comparison.digits[comparison.open] > before[comparison.open] + 5):
                return compare(claimed, true, final=True), claimed, true
            before = comparison.digits
    assert comparison is not None and claimed is not None and true is not None, "the ladder is not empty"
    with precision(LADDER[-1]):
        return compare(claimed, true, final=True), claimed, true


def _visit(sides: Comparable, point: Point, seen: Seen, first: tuple[Array, Array] | None) -> None:
    comparison, claimed, true = settle(sides, point, first)
    undefined = _undefined(sides, point, claimed, true)
    if np.any(undefined):
        comparison = replace(comparison, wrong=comparison.wrong | undefined)
    elif not np.any(comparison.finite):
        seen.outside += 1
        return
    seen.points += 1
    seen.kinks += bool(np.any(comparison.permitted))
    observations = seen.at_kinks if np.any(comparison.permitted) else seen.observations
    observations.append(Observation(midpoints(claimed), midpoints(true), comparison.wrong, point))
    if np.any(comparison.wrong):
        seen.failing.append((point, claimed, true, comparison))
        return
    undecided = comparison.open & comparison.finite
    if np.any(undecided):
        seen.open.append("the enclosures of both sides overlap, but stay too wide to show agreement")
    elif np.any(comparison.open):
        seen.outside += 1
    if seen.first is None and not np.any(comparison.permitted | comparison.open):
        seen.first = (point, claimed, true, comparison)
    settled = comparison.digits[comparison.agrees]
    seen.digits = min(seen.digits, float(np.min(settled, initial=np.inf)))


def _undefined(sides: Comparable, point: Point, claimed: Array, true: Array) -> Array:
    """Where the claim has no finite value, neither in balls nor in floats, though the truth has one and it is no kink."""
    missing = ~np.asarray(IS_NUMBER(claimed), dtype=bool) & np.asarray(IS_NUMBER(true), dtype=bool)
    if not np.any(missing) or not isinstance(sides.claimed, Value):
        return np.zeros_like(missing)
    single = np.asarray(RADIUS(true), dtype=np.float64) <= 1e-6 * np.maximum(1.0, np.abs(midpoints(true)))
    return np.asarray(missing & single & ~np.isfinite(sides.claimed_floats(point)))


def _proven(found: tuple[Point, Array, Array, Comparison]) -> bool:
    """Whether some entry is wrong by disjoint enclosures, and not only for want of a finite value."""
    _, claimed, _, comparison = found
    return bool(np.any(comparison.wrong & np.asarray(IS_NUMBER(claimed), dtype=bool)))


def _diagnosis(sides: Comparable, seen: Seen) -> str:
    """The pattern, away from kinks if the claim is wrong there too: at one, a right claim need not fit any pattern."""
    if not any(_proven(found) for found in seen.failing):
        return "no finite value is claimed where the true one is finite"
    clear = any(np.any(observation.wrong) for observation in seen.observations)
    return diagnose(seen.observations if clear else seen.at_kinks, _is_jacobian(sides))


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
            notes=_dissent(dissent),
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
    notes = _dissent(dissent)
    if digits < 30:
        notes = (*notes, f"rounded constants in the functions limit the agreement to {digits} digits")
    if seen.open:
        notes = (*notes, f"left open at {len(seen.open)} of {seen.points} points: {seen.open[0]}")
    if dissent == "both":
        reason = "the certified oracle says that the claim holds; finite differences and autodiff contradict it"
        return Outcome("undecided", reason=reason, evidence=evidence, **common)
    if seen.kinks:
        within = "what is claimed there lies between the slopes of both sides"
        notes = (*notes, f"{seen.kinks} of {seen.points} points lie on a kink: {within}")
    sample = example_at(sides, point, claimed, true, comparison)
    return Outcome("holds", True, digits, evidence=evidence, sample=sample, notes=notes, **common)


def _dissent(which: str) -> tuple[str, ...]:
    return (f"{which} dissents from the other oracles at the point shown",) if which else ()


def _is_jacobian(sides: Comparable) -> bool:
    truth = sides.truth
    return isinstance(truth, Derivative) and truth.kind in ("jacobian", "derivative")


def example_at(sides: Comparable, point: Point, claimed: Array, true: Array, comparison: Comparison) -> Counterexample:
    """The entries at a point, wrong ones first and the worst of those first."""
    with precision(256):
        gap = np.abs(midpoints(claimed - true))
    rank = np.lexsort((-np.ravel(gap), ~np.ravel(comparison.wrong)))
    entries = []
    for flat in rank[:MOST_ENTRIES]:
        index = tuple(int(i) for i in np.unravel_index(flat, comparison.wrong.shape)) if comparison.wrong.shape else ()
        with precision(256):
            said = text(claimed[index]) if claimed[index].is_finite() else "no finite value"
            entries.append(Entry(index, said, text(true[index]), float(gap[index]), bool(comparison.wrong[index])))
    return Counterexample(plain(point), tuple(entries), sides.case.given)


def plain(point: Point) -> dict[str, Any]:
    """The point as nested lists of numbers."""
    return {name: np.asarray(value).tolist() for name, value in point.items()}


def hear(
    sides: Comparable, point: Point, comparison: Comparison, claimed: Array, true: Array
) -> tuple[tuple[Evidence, ...], str]:
    """The evidence of all three oracles at a point, and which of the float oracles dissents from the certified one."""
    if np.any(comparison.wrong):
        index = _worst(np.where(comparison.wrong, np.nan_to_num(np.abs(midpoints(claimed - true))), -1.0))
    else:
        index = _worst(np.abs(midpoints(true)))
    with precision(256):
        certified = Evidence("certified", "disagrees" if np.any(comparison.wrong) else "agrees", text(true[index]))
    if not isinstance(sides.truth, Derivative):
        reason = "no derivative is taken"
        others = [Evidence(name, "not applicable", reason=reason) for name in ("finite differences", "autodiff")]
        return (*others, certified), ""
    said, meant = (
        midpoints(claimed),
        np.where(comparison.permitted, np.nan, midpoints(true)),
    )  # a hull's centre is no value
    differences, fd_off = _hear_differences(sides.truth, point, said, meant, index)
    autodiff, ad_off = _hear_autodiff(sides.truth, point, said, meant, index)
    dissent = "both" if fd_off and ad_off else "finite differences" if fd_off else "autodiff" if ad_off else ""
    return (differences, autodiff, certified), dissent


def _hear_differences(
    truth: Derivative, point: Point, said: Array, meant: Array, index: tuple[int, ...]
) -> tuple[Evidence, bool]:
    """Finite differences on the claim; and whether they contradict the certified value."""
    evidence, value, bar, _ = _differences(truth, point)
    usable = np.isfinite(value) & np.isfinite(bar)
    if not np.any(usable):
        return evidence, False
    with np.errstate(invalid="ignore"):
        off = bool(np.any(usable & (np.abs(value - meant) > 2 * bar)))
        wrong = usable & ~(np.abs(value - said) <= bar)
    stance: Stance = "disagrees" if np.any(wrong) else "agrees"
    return replace(evidence, stance=stance, **_told(value[index], bar[index])), off


def _differences(truth: Derivative, point: Point) -> tuple[Evidence, Array, Array, Array]:
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
    if not np.any(np.isfinite(value) & np.isfinite(bar)):
        return Evidence(name, "abstains", reason="no step size gave a usable estimate"), value, bar, kink > 0
    reason = "a kink lies at the point" if np.any(kink > 0) else ""
    return Evidence(name, "agrees", reason=reason), value, bar, kink > 0


def _hear_autodiff(
    truth: Derivative, point: Point, said: Array, meant: Array, index: tuple[int, ...]
) -> tuple[Evidence, bool]:
    """Autodiff on the claim; and whether it contradicts the certified value."""
    found = truth.autodiff(point)
    if isinstance(found, str):
        return Evidence("autodiff", "abstains", reason=found), False
    forward, reverse, allowance = found
    off = bool(
        np.any(compare_floats(forward, meant, allowance).wrong | compare_floats(reverse, meant, allowance).wrong)
    )
    agrees = compare_floats(said, forward, allowance).agrees & compare_floats(said, reverse, allowance).agrees
    reason = ""
    if not np.all(np.isfinite(forward) & np.isfinite(reverse)):
        reason = "not finite at some entry"
    elif np.any(compare_floats(forward, reverse, allowance).wrong):
        reason = f"forward and reverse mode differ: {forward[index]:.9g} and {reverse[index]:.9g}"
    stance: Stance = "agrees" if np.all(agrees) else "disagrees"
    evidence = Evidence("autodiff", stance, *float_text(forward[index], allowance[index]), reason)
    return evidence, off


def visited(sides: Comparable) -> tuple[Branch, ...]:
    """The comparisons in the programs of both sides, and how often each side was taken."""
    values = [side.primal if isinstance(side, Derivative) else side for side in (sides.truth, sides.claimed)]
    return tuple(branch for value in values if isinstance(value, Value) for branch in visited_by(value))


def visited_by(value: Value) -> tuple[Branch, ...]:
    """The comparisons in one program, and how often each side was taken."""
    program = value.program
    if not isinstance(program, Program):
        return ()
    plan = plan_of(program)
    branches = []
    for position, visits in sorted(value.visits.items()):
        where = f"{plan.instructions[position].name} at {plan.place(position)}, in {value.name}"
        branches.append(Branch(where, visits.true, visits.false, visits.tied))
    return tuple(branches)


def _in_floats(sides: Comparable, points: Sequence[Point], why: str) -> Outcome:
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
            diagnosis=diagnose([observation], _is_jacobian(sides)),
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
    differences, value, bar, kink = _differences(truth, point)
    usable = np.isfinite(value) & np.isfinite(bar)
    evidence = []
    stance: Stance
    wrong, digits = np.zeros_like(usable), np.inf
    if np.any(usable):
        wrong = usable & ~(np.abs(value - said) <= bar + slack)
        index = _worst(np.where(usable, np.abs(value - said), 0.0))
        stance = "disagrees" if np.any(wrong) else "agrees"
        evidence.append(replace(differences, stance=stance, **_told(value[index], bar[index])))
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
    index = _worst(np.where(wrong, np.nan_to_num(np.abs(said - forward)), -1.0) if np.any(wrong) else np.abs(forward))
    stance = "disagrees" if np.any(wrong) else "agrees"
    evidence.append(Evidence("autodiff", stance, *float_text(forward[index], allowance[index])))
    digits = min(float(np.min(one.digits, initial=17.0, where=~kink)) for one in comparisons)
    return FloatOpinion(point, said, forward, wrong, digits, (*evidence, abstains))


def _told(value: float, bar: float) -> dict[str, str]:
    """A float oracle's number and bar, as fields of its evidence."""
    said, error = float_text(float(value), float(bar))
    return {"value": said, "error": error}


def _worst(gap: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape)) if gap.shape else ()


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
