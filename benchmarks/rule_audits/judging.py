"""A subject in, an outcome out: gradcheck's verdict on the rule, the floats at hard points, and what may be a finding."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck as gc
from rule_audits import extremes
from rule_audits.extremes import CONVENTION, LOST, NON_FINITE, OUTSIDE, Hard
from rule_audits.subject import Function, Subject

WRONG, SHAPE, RAISES = "another number", "another shape", "an error is raised"
SORTS = (WRONG, SHAPE, OUTSIDE, NON_FINITE, LOST, RAISES)


@dataclass(frozen=True)
class Candidate:
    """What may be a finding: where, what the peer says, what is true, and how far that reaches."""

    package: str
    name: str
    call: str
    sort: str
    where: str
    says: str
    true: str
    remark: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of one call of one function.

    ``status`` is a verdict's, or ``refused`` where the peer says itself that it has no derivative. ``kinks`` are points at
    which the peer's number is one of those between the slopes of both sides.
    """

    package: str
    name: str
    call: str
    status: str
    certified: bool
    digits: int | None
    why: str
    kinks: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    compared: int = 0
    open: int = 0


def judge(subject: Subject) -> Outcome:
    """Ask about each way of the rule, and at hard points if the function is elementwise."""
    status, certified, digits, why = "holds", True, 99, ""
    kinks: list[str] = []
    candidates: list[Candidate] = []
    for way, asked in _ways(subject):
        try:
            verdict = _quietly(gc.check, subject.primal, subject.args, **asked, **subject.options)
        except gc.EvaluationError as error:
            refusal, told = _told(error)
            status, why = ("refused", told) if status == "holds" else (status, why or told)
            if not refusal:
                candidates.append(_candidate(subject, RAISES, _arguments(subject), told, "", way))
            continue
        if verdict.status in ("fails", "conditional"):
            status = "fails"
            candidates.append(_failing(subject, verdict, way))
        elif verdict.status != "holds":
            status, why = "undecided", verdict.reason
        certified &= verdict.certified
        if verdict.digits is not None and digits is not None:
            digits = min(digits, verdict.digits)
        if verdict.status == "holds" and not verdict.certified:
            why = why or verdict.reason.removeprefix("not certified: ")
        if verdict.kinks and subject.slope is None:
            kinks.append(f"{verdict.kinks} of {verdict.points} points")
    compared = left = 0
    if subject.slope is not None and status != "refused":
        seen = _quietly(extremes.sweep, subject)
        compared, left = seen.compared, seen.open
        candidates += _at_hard_points(subject, (*seen.lost, *(hard for hard in seen.kinks if hard.sort == OUTSIDE)))
        kinks += [_convention(hard) for hard in seen.kinks if hard.sort == CONVENTION]
    return Outcome(
        subject.package,
        subject.name,
        subject.call,
        status,
        certified,
        digits if status == "holds" else None,
        " ".join(why.split()),
        tuple(kinks),
        tuple(candidates),
        compared,
        left,
    )


def _ways(subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """The keywords of each check: backward at once, forward for each argument by itself."""
    checked = list(subject.wrt) if subject.wrt is not None else None
    if subject.vjp is None:
        yield "", {"wrt": checked}
        return
    yield "backward", {"vjp": subject.vjp, "wrt": checked}
    if subject.jvp is not None:
        for k in subject.wrt or ():
            yield "forward", {"jvp": functools.partial(_of_argument, subject.jvp, k), "wrt": [k]}


def _of_argument(jvp: Function, k: int, tangent: Any, *args: Any) -> Any:
    return jvp(k, tangent, *args)


def _quietly(function: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*args, **options)


def _told(error: gc.EvaluationError) -> tuple[bool, str]:
    """Whether the peer refuses in its own words, and its words."""
    behind: BaseException = error
    while behind.__cause__ is not None:
        behind = behind.__cause__
    lines = str(behind).strip().splitlines() or [""]
    said = f"{type(behind).__name__}: {lines[0]}"
    own = (
        isinstance(behind, NotImplementedError | AssertionError)
        or "not supported" in said
        or "not differentiable" in said
    )
    return own, said


def _candidate(subject: Subject, sort: str, where: str, says: str, true: str, remark: str = "") -> Candidate:
    return Candidate(subject.package, subject.name, subject.call, sort, where, says, true, remark)


def _arguments(subject: Subject) -> str:
    shapes = [f"shape {arg.shape}" if hasattr(arg, "shape") else repr(arg) for arg in subject.args]
    return ", ".join(shapes)


def _failing(subject: Subject, verdict: gc.Verdict, way: str) -> Candidate:
    """The verdict as a candidate: its worst entry, where it is, and whether it holds at the arguments themselves."""
    said = f"{verdict.diagnosis} {verdict.reason}"
    sort = SHAPE if "shape is wrong" in said else NON_FINITE if "no finite value" in said else WRONG
    remarks = [way, verdict.diagnosis]
    if any("holds at the arguments themselves" in note for note in verdict.notes):
        remarks.append("it holds at generic arguments")
    if verdict.counterexample is None or not verdict.counterexample.entries:
        return _candidate(subject, sort, _arguments(subject), "", "", "; ".join(filter(None, remarks)))
    worst = verdict.counterexample.worst
    inputs = ", ".join(f"{name} = {value}" for name, value in verdict.counterexample.inputs.items())
    entry = f", entry {list(worst.index)}" if worst.index else ""
    return _candidate(subject, sort, inputs + entry, worst.claimed, worst.true, "; ".join(filter(None, remarks)))


def _at_hard_points(subject: Subject, hard: tuple[Hard, ...]) -> Iterator[Candidate]:
    """One candidate for each argument and sort: the plainest of the worst points, and how many there are."""
    for sort in (OUTSIDE, NON_FINITE, LOST):
        for k in sorted({one.k for one in hard}):
            found = [one for one in hard if one.sort == sort and one.k == k]
            if not found:
                continue
            worst = min(
                found,
                key=lambda one: (round(one.digits), sum(abs(np.log10(abs(p) or 1.0)) for p in one.point), one.point),
            )
            true = (
                f"{worst.true:.16g}"
                if worst.slopes is None
                else f"between {worst.slopes[0]:.6g} and {worst.slopes[1]:.6g}"
            )
            digits = f"{worst.digits:.0f} digits are right; " if sort == LOST else ""
            reach = f"{len(found)} such points, truth {worst.by}"
            about = f"with respect to argument {k}; " if len(worst.point) > 1 else ""
            where = ", ".join(f"{part:.16g}" for part in worst.point)
            yield _candidate(subject, sort, where, f"{worst.says:.16g}", true, about + digits + reach)


def _convention(hard: Hard) -> str:
    """What is said at a kink: which of the numbers between the slopes."""
    assert hard.slopes is not None
    low, high = hard.slopes
    width = high - low
    place = "between"
    for name, value in (("the smaller", low), ("the larger", high), ("the middle", (low + high) / 2)):
        if abs(hard.says - value) <= 1e-6 * width:
            place = name
    point = ", ".join(f"{part:g}" for part in hard.point)
    sides = [f"{round(side / width, 6) * width + 0.0:.4g}" for side in (low, high)]
    return f"at {point}: {hard.says:g}, {place} {'' if place == 'between' else 'of '}{sides[0]} and {sides[1]}"
