"""A derivation judged: every step against the line before it, every line against the derivative itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.checking import check
from gradcheck.claim import Claim, Kind, Status, Step
from gradcheck.derivations.continuation import continuation
from gradcheck.derivations.model import Derivation, DerivationReport, LineReport, State
from gradcheck.derivations.rules import rules_of
from gradcheck.derivations.sample import Sample, sampled
from gradcheck.expressions import traces_kept
from gradcheck.verdict import StepResult, Verdict

_ORDER: tuple[Status, ...] = ("fails", "undecided", "ambiguous", "conditional", "holds")
_GOOD = ("holds", "conditional")


@dataclass(frozen=True)
class Asked:
    """The claims that a derivation makes: of each step, and of each line."""

    derivation: Derivation
    seed: int

    @property
    def claim(self) -> Claim:
        """The derivation as a claim."""
        return self.derivation.claim

    def check(self, claim: Claim) -> Verdict:
        """The verdict on one of the claims, at the points of the derivation."""
        return check(claim, seed=self.seed, cases=self.derivation.made, **self.derivation.budget)

    def form(self, number: int) -> Kind | None:
        """The form in which a line gives the derivative; an elementwise one may be told entry by entry."""
        form, claim = self.derivation.form, self.claim
        if form != "derivation":
            return form
        if claim.primal is None or claim.wrt is None:
            return None
        value = claim.steps[number].value
        chosen = self.derivation.made(claim, self.derivation.stated)
        if not chosen:
            return None
        case = chosen[0]
        output = case.primal().shape(case.example())
        if output == ():
            return "gradient"
        wrt = claim.inputs[claim.wrt].shape
        said = case.value("this line", value, list(claim.inputs)).shape(case.example()) if value is not None else ()
        return "derivative" if said == output == wrt else "jacobian"

    def itself(self, number: int) -> Verdict | None:
        """Whether a line is the derivative; None where nothing says of what."""
        value = self.claim.steps[number].value
        if value is None or (form := self.form(number)) is None:
            return None
        return self.check(replace(self.claim, kind=form, steps=(), claimed=value, recorded=None))

    def step(self, number: int) -> Verdict:
        """Whether a line equals the line before it."""
        value, before = self.claim.steps[number].value, self.claim.steps[number - 1].value
        if before is None:
            verdict = self.itself(number)
            assert verdict is not None, "only the derivative has no value of its own"
            return verdict
        return self.check(self.equality(before, value))

    def equality(self, before: Any, value: Any) -> Claim:
        """The claim that two functions of the inputs are equal."""
        return replace(
            self.claim,
            kind="equality",
            steps=(),
            primal=before,
            claimed=value,
            wrt=None,
            layout="numerator",
            recorded=None,
        )


@traces_kept()
def judge(derivation: Derivation, *, seed: int = 0) -> DerivationReport:
    """The report on a derivation, at points of this seed.

    Raises:
        EvaluationError: a line raises, or returns something that is not one real array.
    """
    return continued(judged(derivation, seed), seed)


@traces_kept()
def continued(report: DerivationReport, seed: int) -> DerivationReport:
    """The report with how the line that is wrong first should read."""
    wrong = report.first_wrong
    if wrong is None:
        return report
    return replace(report, continuation=continuation(Asked(report.derivation, seed), wrong))


@traces_kept()
def judged(derivation: Derivation, seed: int) -> DerivationReport:
    """The report but for the right continuation.

    Raises:
        EvaluationError: a line raises, or returns something that is not one real array.
    """
    asked = Asked(derivation, seed)
    lines: list[LineReport] = []
    for number, step in enumerate(derivation.claim.steps):
        lines.append(_line(asked, number, step, lines))
    wrong = next((line for line in lines if line.state == "wrong"), None)
    conditions = tuple(dict.fromkeys(text for line in lines for text in line.under))
    sample = sampled(derivation, wrong, conditions, seed)
    lines = [_with_values(line, sample) for line in lines]
    lines = [replace(line, rules=rules_of(asked, line)) for line in lines]
    return DerivationReport(derivation, tuple(lines), _whole(derivation, lines, seed), sample.shown, sample.given)


def _line(asked: Asked, number: int, step: Step, before: Sequence[LineReport]) -> LineReport:
    """One line judged, after those before it."""
    report = LineReport(number + 1, step.formula, "start", under=before[-1].under if before else ())
    if reason := asked.derivation.read.unread.get(number):
        return replace(report, state="undecided", diagnosis=reason)
    if not number:
        itself = asked.itself(0)
        state: State = "start" if itself is None else _alone(itself)
        return replace(report, state=state, itself=itself, under=_conditions(report.under, itself))
    if number - 1 in asked.derivation.read.unread:
        itself = asked.itself(number)
        if itself is None:
            return replace(report, state="undecided", diagnosis="the line before it was not read")
        return replace(report, state=_alone(itself), itself=itself, under=_conditions(report.under, itself))
    verdict = asked.step(number)
    itself = verdict if asked.claim.steps[number - 1].value is None else asked.itself(number)
    state = _state(verdict, itself, before)
    under = _conditions(report.under, verdict) if state != "wrong" else report.under
    diagnosis = _diagnosis(asked, number, verdict) if state in ("wrong", "undecided", "right again") else ""
    return replace(report, state=state, step=verdict, itself=itself, under=under, diagnosis=diagnosis)


def _diagnosis(asked: Asked, number: int, verdict: Verdict) -> str:
    """The pattern of what is wrong; an index that no other line has is more than a pattern."""
    repeated = asked.derivation.read.repeated
    alone = [name for axis, name in repeated.get(number - 1, {}).items() if axis not in repeated.get(number, {})]
    if alone:
        named = ", ".join(rf"\({name}\)" for name in alone)
        return rf"{named} stands free in this line: a sum over it is missing, or it should be another index"
    return verdict.diagnosis or verdict.reason


def _alone(itself: Verdict) -> State:
    """The state of a line that is compared with the derivative alone."""
    states: dict[str, State] = {"holds": "holds", "conditional": "conditional", "fails": "wrong"}
    return states.get(itself.status, "undecided")


def _state(step: Verdict, itself: Verdict | None, before: Sequence[LineReport]) -> State:
    """What a line is, by its step, itself, and what lines before it are."""
    astray = any(line.state == "wrong" for line in before) and before[-1].state != "right again"
    sound = itself is not None and itself.status in _GOOD
    if step.status in _GOOD:
        if astray and not sound:
            return "follows"
        return "holds" if step.status == "holds" else "conditional"
    if step.status == "fails":
        return "right again" if astray and sound else "wrong"
    return "undecided"


def _conditions(known: tuple[str, ...], verdict: Verdict | None) -> tuple[str, ...]:
    """The unstated assumptions known, and that of a verdict."""
    return tuple(dict.fromkeys((*known, *([verdict.assumption] if verdict is not None and verdict.assumption else []))))


def _with_values(line: LineReport, sample: Sample) -> LineReport:
    before = sample.values[line.number - 2] if line.number > 1 else None
    return replace(line, value=sample.values[line.number - 1], before=before)


def _whole(derivation: Derivation, lines: Sequence[LineReport], seed: int) -> Verdict:
    """One verdict on the derivation, as an audit tells it: that on the worst step, with what was found of all of them."""
    steps = tuple(
        StepResult(
            line.formula,
            _status(line),
            line.step.assumption if line.step is not None else "",
            line.diagnosis or ("where the derivation starts" if line.state == "start" else ""),
        )
        for line in lines
    )
    judged = [(line, verdict) for line in lines if (verdict := line.step or line.itself) is not None]
    if not judged:
        reason = "no line was read"
        return Verdict(derivation.claim, "undecided", reason=reason, steps=steps, notes=derivation.notes, seed=seed)
    unread = [line for line in lines if line.state == "undecided" and line.step is None]
    line, worst = min(judged, key=lambda pair: _ORDER.index(_status(pair[0])))
    status = _status(line)
    if unread and status != "fails":
        (line, *_), status = unread, "undecided"
        worst = replace(worst, certified=False, reason=line.diagnosis, diagnosis="")
    digits = [verdict.digits for _, verdict in judged if verdict.digits is not None]
    diagnosis = line.diagnosis or worst.diagnosis or worst.reason
    if status == "conditional":
        diagnosis = f"needs {worst.assumption}"
    return replace(
        worst,
        claim=derivation.claim,
        status=status,
        steps=steps,
        diagnosis="" if status == "holds" else f"step {line.number}: {diagnosis or 'not equal to the line before'}",
        digits=min(digits) if digits and status in _GOOD else None,
        certified=worst.certified if status == "fails" else all(verdict.certified for _, verdict in judged),
        points=max(verdict.points for _, verdict in judged),
        notes=tuple(dict.fromkeys((*derivation.notes, *worst.notes))),
    )


def _status(line: LineReport) -> Status:
    """The state of a line as the status of a claim."""
    states: dict[State, Status] = {"conditional": "conditional", "undecided": "undecided", "wrong": "fails"}
    return states.get(line.state, "fails" if line.state == "right again" else "holds")
