"""Judging a leaf of many numbers: by projections, and where they fail, by finding the entries that are wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.cases import Case
from gradcheck.claim import Claim
from gradcheck.compare import float_text, text
from gradcheck.diagnose import Observation, diagnose
from gradcheck.expressions import Point
from gradcheck.functions.entries import SEEN, SLACK, Suspects
from gradcheck.functions.projected import ALONG, STEPS, WEIGHTS, Fixed
from gradcheck.functions.searching import MOST_FOUND, Fault, faults
from gradcheck.judge import settle
from gradcheck.judging.outcome import Comparable
from gradcheck.judging.shown import MOST_ENTRIES
from gradcheck.numbers.balls import midpoints
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.system import CannotDecideError, NoRuleError
from gradcheck.oracles.autodiff import vjp_program
from gradcheck.program.program import BlackBox, Program
from gradcheck.verdict import Counterexample, Entry, Evidence, Verdict

Array = np.ndarray[Any, np.dtype[Any]]

TOO_MUCH_WORK = 400_000  # operations along one direction; more are not enclosed at all
BUDGET = 64  # projections looked at for the wrong entries of one point
MOST_LOOKED_AT = 3e6  # entries of a claimed Jacobian that are enclosed to look at single ones
_WHOLE = ("jacobian", "jvp")  # kinds of which no single entry is a projection along one direction of the input alone


@dataclass(frozen=True, eq=False)
class Search:
    """The sides of a projected claim at a point, to be asked along other directions."""

    sides: Comparable
    point: Point
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many directions are asked about at once."""
        return len(self.point[ALONG])

    def along(self, directions: Array) -> tuple[Array, Array, Array]:
        """Which projections are wrong, and both sides of them."""
        like = self.point[ALONG]
        point = {**self.point, ALONG: directions.reshape(like.shape).astype(like.dtype)}
        comparison, claimed, true = settle(self.sides, point)
        return comparison.wrong, claimed, true

    def entries(self, flat: Sequence[int]) -> list[Entry]:
        """The entries at these places, as the product with a unit vector gives them."""
        found: list[Entry] = []
        for start in range(0, len(flat), self.count):
            part = list(flat[start : start + self.count])
            directions = np.zeros((self.count, math.prod(self.shape)))
            directions[np.arange(len(part)), part] = 1
            wrong, claimed, true = self.along(directions)
            for k, place in enumerate(part):
                index = tuple(int(i) for i in np.unravel_index(place, self.shape))
                gap = float(abs(midpoints(claimed[k : k + 1] - true[k : k + 1])[0]))
                said = text(claimed[k]) if claimed[k].is_finite() else "no finite value"
                found.append(Entry(index, said, text(true[k]), gap, bool(wrong[k])))
        return found

    def single(self, flat: Sequence[int]) -> list[Entry]:
        """The entries at these places of a Jacobian, or of a JVP, as unit vectors on both sides give them."""
        like, weights = self.point[ALONG], self.point[WEIGHTS]
        outputs, leaf = weights.shape, like.shape[1:]
        jvp = len(self.shape) == len(outputs)
        found = []
        for place in flat:
            row, column = (place, 0) if jvp else divmod(place, math.prod(leaf))
            units = np.zeros(weights.size)
            units[row] = 1
            point = {**self.point, WEIGHTS: units.reshape(outputs).astype(weights.dtype)}
            directions = np.zeros((self.count, math.prod(leaf)))
            directions[0, column] = 1
            if not jvp:
                point[ALONG] = directions.reshape(like.shape).astype(like.dtype)
            comparison, claimed, true = settle(self.sides, point)
            index = tuple(int(i) for i in np.unravel_index(place, self.shape))
            gap = float(abs(midpoints(claimed[:1] - true[:1])[0]))
            said = text(claimed[0]) if claimed[0].is_finite() else "no finite value"
            found.append(Entry(index, said, text(true[0]), gap, bool(comparison.wrong[0])))
        return found

    def bisect(self) -> list[int]:
        """Places of wrong entries: the leaf is cut into as many parts as there are directions, and wrong parts again."""
        size = math.prod(self.shape)
        dense = np.asarray(self.point[ALONG][0], dtype=np.float64).ravel()
        queue, found, left = [(0, size)], list[int](), BUDGET
        while queue and left and len(found) < MOST_ENTRIES:
            low, high = queue.pop(0)
            left -= 1
            cuts = np.linspace(low, high, self.count + 1).astype(int)
            directions = np.zeros((self.count, size))
            for k in range(self.count):
                directions[k, cuts[k] : cuts[k + 1]] = dense[cuts[k] : cuts[k + 1]]
            wrong, _, _ = self.along(directions)
            for k in np.flatnonzero(wrong).tolist():
                if cuts[k + 1] - cuts[k] == 1:
                    found.append(int(cuts[k]))
                else:
                    queue.insert(0, (int(cuts[k]), int(cuts[k + 1])))
        return found


def with_entries(
    verdict: Verdict,
    claim: Claim,
    case: Case,
    primal: Program | BlackBox,
    said: Callable[[Point], Array],
    suspects: Suspects | None = None,
) -> Verdict:
    """The verdict on the projections, told as one on the claim: what was compared, and the entries that are wrong.

    ``said`` evaluates the claim in floats at a point of the projected claim; ``suspects`` are the entries that are wrong at the
    arguments as far as floats can tell.
    """
    count = len(case.example()[ALONG])
    note = f"compared in {count} dense projection{'s' if count > 1 else ''}, since {claim.wrt} holds many numbers"
    verdict = replace(verdict, claim=claim, notes=(*verdict.notes, note))
    if case.floats_only and verdict.status == "holds":
        return _entry_by_entry(verdict, claim, case, primal, said)
    if suspects is not None and suspects.places.size and verdict.status in ("holds", "fails"):
        projected, verdict = verdict, _suspected(verdict, claim, case, said, suspects)
        if verdict.status == "fails" and (claim.kind in _WHOLE or projected.status == "holds"):
            return verdict  # with the entries that it was refuted by
    shown = verdict.counterexample
    if shown is None or verdict.status not in ("fails", "conditional"):
        return _with_limit(verdict, claim, case, said)
    point = {name: np.asarray(value).astype(case.example()[name].dtype) for name, value in shown.inputs.items()}
    inputs = {name: value for name, value in shown.inputs.items() if name not in (STEPS, ALONG)}
    if claim.kind == "vjp":
        inputs["cotangent"] = inputs.pop(WEIGHTS)
    inputs.pop(WEIGHTS, None)
    told = replace(verdict, counterexample=replace(shown, inputs=inputs), diagnosis="")
    if claim.kind not in ("vjp", "gradient", "derivative"):
        return replace(told, diagnosis="a projection of it is wrong; the entry was not looked for")
    search = Search(
        Comparable(case, case.claimed(case.claim.readings[0]), case.truth()), point, np.shape(claim_leaf(claim, point))
    )
    gap = _gap(claim, primal, point, said)
    places = _largest(gap) if gap is not None else []
    if isinstance(primal, BlackBox):
        return _searched(told, claim, primal, point, said, inputs)
    if case.floats_only:
        entries = _float_entries(claim, primal, point, said, places)
        return _told_entries(told, entries, gap, search.shape, inputs, _diagnosis(claim, primal, point, said, gap))
    try:
        entries = (
            search.entries(places[:MOST_ENTRIES]) if places else []
        )  # each takes a pass in balls over the whole leaf
        if not any(entry.wrong for entry in entries):
            entries = search.entries(search.bisect())
    except (NoRuleError, CannotDecideError):
        return told
    return _told_entries(told, entries, gap, search.shape, inputs, _diagnosis(claim, primal, point, said, gap))


def _searched(
    verdict: Verdict,
    claim: Claim,
    primal: BlackBox,
    point: Point,
    said: Callable[[Point], Array],
    inputs: dict[str, Any],
) -> Verdict:
    """The verdict with the entries that group testing finds wrong, of a function that can only be called."""
    leaf, names = claim_leaf(claim, point), list(claim.inputs)
    place, weights = names.index(str(claim.wrt)), np.asarray(point[WEIGHTS], dtype=np.float64)

    def value(flat: Array) -> float:
        arguments = [np.array(point[name]) for name in names]
        arguments[place] = flat.reshape(leaf.shape).astype(leaf.dtype)
        with np.errstate(all="ignore"):
            return float(np.sum(weights * np.asarray(primal.function(*arguments), dtype=np.float64)))

    claimed = np.asarray(said(point), dtype=np.float64)
    if claim.kind == "derivative":
        claimed = claimed.reshape(leaf.shape) * weights.reshape(leaf.shape)
    try:
        found, _ = faults(value, np.ravel(leaf).astype(np.float64), claimed.ravel(), verdict.seed)
    except Exception as error:  # noqa: BLE001 - whatever the user's function raises beside the point
        return replace(verdict, notes=(*verdict.notes, f"which entries are wrong was not found: f raised {error}"))
    if not found:
        return verdict
    entries = [
        Entry(
            tuple(int(i) for i in np.unravel_index(fault.place, leaf.shape)),
            f"{fault.claimed:.15g}",
            *_with_bar(fault),
            True,
        )
        for fault in found
    ]
    told = _told_entries(verdict, entries, None, leaf.shape, inputs, "")
    more = (f"{MOST_FOUND} wrong entries were found, and no more looked for",) if len(found) == MOST_FOUND else ()
    return replace(told, notes=(*told.notes, *more))


def _with_bar(fault: Fault) -> tuple[str, float]:
    """What finite differences found, as text, and how far the claim is from it."""
    value, bar = float_text(fault.true, fault.bar)
    return f"{value} ± {bar}", abs(fault.claimed - fault.true)


def _suspected(
    verdict: Verdict, claim: Claim, case: Case, said: Callable[[Point], Array], suspects: Suspects
) -> Verdict:
    """The verdict, with what enclosures say of the suspects: a projection may be right to what floats resolve of it.

    Where enclosures say that they are right, the claim is unstable in floats, which is told.
    """
    whole = claim.kind in _WHOLE
    if verdict.status == "fails" and not whole:
        return verdict  # its wrong entries are looked for where it was refuted
    point = case.example()
    shape = np.shape(said(point))
    search = Search(Comparable(case, case.claimed(case.claim.readings[0]), case.truth()), point, shape)
    most = max(1, min(MOST_ENTRIES, int(MOST_LOOKED_AT // math.prod(shape)))) if whole else MOST_ENTRIES
    chosen = [int(place) for place in suspects.places[:most]]
    try:
        entries = search.single(chosen) if whole else search.entries(chosen)
    except (NoRuleError, CannotDecideError):
        return verdict
    wrong = sorted((entry for entry in entries if entry.wrong), key=lambda entry: -entry.error)
    if not wrong:
        if verdict.status == "fails":
            return verdict
        note = f"{suspects.places.size} of {math.prod(shape)} entries are off in floating point, though not as formulas"
        return replace(verdict, notes=(*verdict.notes, note))
    inputs = {name: np.asarray(point[name]).tolist() for name in claim.inputs}
    if claim.kind in ("vjp", "jvp"):
        inputs = {name: np.asarray(value).tolist() for name, value in _direction(claim, point).items()} | inputs
    return replace(
        verdict,
        status="fails",
        certified=True,
        digits=None,
        reason="",
        sample=None,
        detection_limit={},
        evidence=tuple(_against(evidence, wrong[0]) for evidence in verdict.evidence),
        counterexample=Counterexample(inputs, tuple(wrong)),
        wrong=int(suspects.places.size),
        entries=math.prod(shape),
        diagnosis=suspects.diagnosis,
    )


def _direction(claim: Claim, point: Point) -> dict[str, Array]:
    """The cotangent or tangent that a claim is asked along, by its name."""
    together = along(claim, point)
    return {name: together[name] for name in ("cotangent", "tangent") if name in together}


def _against(evidence: Evidence, entry: Entry) -> Evidence:
    """What an oracle found, told of an entry that is wrong: enclosures were asked for it, and autodiff has pointed at it."""
    if evidence.oracle == "certified":
        return replace(evidence, stance="disagrees", value=entry.true, error="", reason="")
    if evidence.oracle == "autodiff" and evidence.stance != "abstains":
        return replace(evidence, stance="disagrees", value=f"{float(entry.true.partition(' ±')[0]):.9g}", error="")
    return evidence


def _entry_by_entry(
    verdict: Verdict, claim: Claim, case: Case, primal: Program | BlackBox, said: Callable[[Point], Array]
) -> Verdict:
    """What floats alone have confirmed in projections, compared with autodiff in every entry at the arguments."""
    point = case.example()
    gap = _gap(claim, primal, point, said)
    if gap is None:
        return _with_limit(verdict, claim, case, said)
    if not np.any(gap):
        return replace(verdict, sample=None, detection_limit={str(claim.wrt): SEEN * _eps(claim, point)})
    inputs = {name: np.asarray(point[name]).tolist() for name in claim.inputs}
    entries = _float_entries(claim, primal, point, said, _largest(gap))
    failed = replace(
        verdict, status="fails", digits=None, sample=None, counterexample=Counterexample(inputs, tuple(entries))
    )
    return _told_entries(failed, entries, gap, gap.shape, inputs, _diagnosis(claim, primal, point, said, gap))


def _eps(claim: Claim, point: Point) -> float:
    return float(np.finfo(claim_leaf(claim, point).dtype).eps)


def _told_entries(
    verdict: Verdict,
    entries: list[Entry],
    gap: Array | None,
    shape: tuple[int, ...],
    inputs: dict[str, Any],
    diagnosis: str,
) -> Verdict:
    """The verdict with the entries that were found, the worst first."""
    entries = sorted(entries, key=lambda entry: (not entry.wrong, -entry.error))
    wrong = int(np.count_nonzero(gap)) if gap is not None else 0
    shown = verdict.counterexample
    return replace(
        verdict,
        counterexample=Counterexample(inputs, tuple(entries), shown.given) if entries and shown else shown,
        wrong=max(wrong, sum(entry.wrong for entry in entries)),
        entries=math.prod(shape),
        diagnosis=diagnosis,
    )


def _float_entries(
    claim: Claim, primal: Program | BlackBox, point: Point, said: Callable[[Point], Array], places: list[int]
) -> list[Entry]:
    """The entries at these places in floats: the claim, and one reverse pass of autodiff."""
    true = _true_gradient(claim, primal, point)
    if true is None:
        return []
    claimed = np.asarray(said(point) * (point[WEIGHTS] if claim.kind == "derivative" else 1), dtype=np.float64)
    found = []
    for place in places:
        index = tuple(int(i) for i in np.unravel_index(place, true.shape))
        gap = float(abs(claimed[index] - true[index]))
        found.append(Entry(index, f"{claimed[index]:.15g}", f"{true[index]:.15g}", gap, True))
    return found


def claim_leaf(claim: Claim, point: Point) -> Array:
    """The leaf's value at a point."""
    return point[str(claim.wrt)]


def _true_gradient(claim: Claim, primal: Program | BlackBox, point: Point) -> Array | None:
    """cᵀ J in floats by one reverse pass; None where there is no trace, or no rule."""
    if isinstance(primal, BlackBox):
        return None
    index = list(claim.inputs).index(str(claim.wrt))
    weights = np.broadcast_to(point[WEIGHTS], primal.outputs[0].shape).astype(primal.outputs[0].dtype)
    try:
        derived = vjp_program(primal, index)
        (found,) = run(derived, [weights, *(point[name] for name in claim.inputs)], Floats())
    except Exception:  # noqa: BLE001 - JAX has no common base for "no rule in this mode"
        return None
    return np.asarray(found, dtype=np.float64)


def _gap(claim: Claim, primal: Program | BlackBox, point: Point, said: Callable[[Point], Array]) -> Array | None:
    """|claimed − true| of every entry in floats, 0 where rounding may explain it; None where autodiff has no say."""
    true = _true_gradient(claim, primal, point)
    if true is None:
        return None
    claimed = said(point)
    if claim.kind == "derivative":
        claimed = claimed * point[WEIGHTS]
    if claimed.shape != true.shape:
        return None
    with np.errstate(all="ignore"):
        gap = np.abs(claimed - true)
    eps = _eps(claim, point)
    explained = gap <= SLACK * eps * np.maximum(np.abs(true), np.abs(claimed)) + 16 * eps * np.max(
        np.abs(true), initial=0.0
    )
    return np.asarray(np.where(explained, 0.0, np.where(np.isfinite(gap), gap, np.inf)))


def _largest(gap: Array) -> list[int]:
    order = np.argsort(-gap.ravel(), kind="stable")[:MOST_FOUND]
    return [int(place) for place in order if gap.ravel()[place] > 0]


def _diagnosis(
    claim: Claim, primal: Program | BlackBox, point: Point, said: Callable[[Point], Array], gap: Array | None
) -> str:
    true = _true_gradient(claim, primal, point)
    if true is None or gap is None or not np.any(gap):
        return ""
    claimed = said(point) * (point[WEIGHTS] if claim.kind == "derivative" else 1)
    inputs = {name: point[name] for name in claim.inputs}
    return diagnose([Observation(np.asarray(claimed, dtype=np.float64), true, gap > 0, inputs)])


def _with_limit(verdict: Verdict, claim: Claim, case: Case, said: Callable[[Point], Array]) -> Verdict:
    """The smallest error that the projections would have shown, relative to an entry of middling size.

    An error δ in one entry moves a projection t by δ/4 at least, and is seen if that is more than t is known to.
    """
    if verdict.status != "holds" or verdict.digits is None or verdict.sample is None or claim.kind == "jacobian":
        return replace(verdict, sample=None, detection_limit={})
    sizes = np.abs(np.asarray(said(case.example()), dtype=np.float64))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    projections = [
        abs(float(entry.true.partition(" ±")[0])) for entry in verdict.sample.entries if entry.true[:1] in "-0123456789"
    ]
    if not sizes.size or not projections:
        return replace(verdict, sample=None, detection_limit={})
    known = max([10.0**-verdict.digits, *verdict.detection_limit.values()])
    limit = 4 * known * max(projections) / float(np.median(sizes))
    return replace(verdict, sample=None, detection_limit={str(claim.wrt): limit})


def along(claim: Claim, point: Point) -> Point:
    """A point of the projected claim as one of the claim: with the cotangent or tangent that it is asked along."""
    if claim.kind == "vjp":
        return {**point, "cotangent": point[WEIGHTS]}
    return {**point, "tangent": point[ALONG][0]} if claim.kind == "jvp" else point


def projected_first(claim: Claim, first: Point) -> dict[str, Array]:
    """The arguments with the projections before them."""
    fixed = {name: space.value for name, space in claim.inputs.items() if isinstance(space, Fixed)}
    return {**fixed, **first}
