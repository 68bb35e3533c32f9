"""What a run has found: the checks of each test, gathered where they are made and sent along with the test's report.

One way for all runs: a check becomes JSON at once, travels on the report of its test, and is read where the summary is
printed, in this process or in that of another worker.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradcheck.audit import Audit, Problem, shown
from gradcheck.claim import Source
from gradcheck.report.text import one_line
from gradcheck.stored import verdict_from, verdict_text
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    import pytest

_WORST_LAST = ("holds", "conditional", "ambiguous", "unreadable", "undecided", "fails")


@dataclass(frozen=True)
class Check:
    """One check: the verdict as JSON, whether it is on a claim of a sheet, whether Hypothesis drew its arguments, how often."""

    text: str
    sheet: str = ""
    drawn: bool = False
    times: int = 1

    @property
    def verdict(self) -> Verdict:
        """The verdict, read."""
        return verdict_from(self.text)


@dataclass
class TestFindings:
    """The checks of one test, what went wrong in making them, and why there are none if the test is marked.

    ``place`` is file and line (counted from 1) of the test; ``outcome`` that of pytest; ``expected`` the verdict that its
    mark expects.
    """

    __test__ = False  # a name that pytest would collect

    test: str
    place: tuple[str, int] = ("", 0)
    checks: list[Check] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    outcome: str = "passed"
    expected: str = "holds"
    idle: str = ""

    def add(self, verdict: Verdict, *, sheet: str = "", drawn: bool = False) -> None:
        """Keep a verdict. Of those on the same claim at arguments that Hypothesis drew, the worst; of equals the last."""
        check = Check(verdict_text(verdict), sheet, drawn)
        if drawn:
            for place, known in enumerate(self.checks):
                if known.drawn and known.verdict.claim.name == verdict.claim.name:
                    kept = check if _badness(verdict) >= _badness(known.verdict) else known
                    self.checks[place] = replace(kept, times=known.times + 1)
                    return
        self.checks.append(check)

    def verdicts(self) -> list[Verdict]:
        """All verdicts, read."""
        return [check.verdict for check in self.checks]

    def hear(self, report: pytest.TestReport) -> None:
        """Take in how a part of the test ended, and why a test that is marked was skipped."""
        if report.outcome != "passed":
            self.outcome = report.outcome
        if report.skipped and not self.checks:
            told = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
            self.idle = f"skipped ({told.removeprefix('Skipped: ')})"

    def properties(self) -> list[tuple[str, object]]:
        """What JUnit XML tells of the test: its worst verdict, how many there are, and each in a sentence."""
        verdicts = self.verdicts()
        if not verdicts:
            return []
        worst = max(verdicts, key=_badness)
        digits = [verdict.digits for verdict in verdicts if verdict.digits is not None]
        return [
            ("gradcheck.verdict", worst.status),
            ("gradcheck.claims", len(verdicts)),
            ("gradcheck.certified", str(all(verdict.certified for verdict in verdicts)).lower()),
            *([("gradcheck.digits", min(digits))] if digits else []),
            *(("gradcheck.claim", one_line(f"{verdict.claim.name}: {verdict.sentence()}")) for verdict in verdicts),
        ]

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_text(text: str) -> TestFindings:
        """What `to_text` wrote."""
        data: dict[str, Any] = json.loads(text)
        data["place"] = tuple(data["place"])
        data["checks"] = [Check(**check) for check in data["checks"]]
        data["problems"] = [Problem(**problem) for problem in data["problems"]]
        return TestFindings(**data)


def _badness(verdict: Verdict) -> tuple[int, int]:
    """Larger is worse: by outcome, then by how few digits agree."""
    return _WORST_LAST.index(verdict.status), -(verdict.digits or 0)


def in_order(found: Iterable[TestFindings]) -> list[TestFindings]:
    """By file and line, so that a report does not depend on which worker was first; of one line, by id."""
    return sorted(found, key=lambda one: (*one.place, one.test))


def as_audit(found: Iterable[TestFindings], seed: int, paths: Iterable[str]) -> Audit:
    """The findings as the audit that reports are made from.

    A claim of a sheet stands as it is. A check made by a test stands under the test's file and line, with the test's name
    before its own and the command that runs the test again.
    """
    verdicts: list[Verdict] = []
    problems: list[Problem] = []
    for test in in_order(found):
        verdicts += [check.verdict if check.sheet else _of_test(check.verdict, test, seed) for check in test.checks]
        problems += test.problems
    named = _named_apart(verdicts)
    claims = tuple(verdict.claim for verdict in named)
    return Audit(claims, tuple(named), tuple(problems), seed, tuple(shown(path) for path in paths))


def _of_test(verdict: Verdict, test: TestFindings, seed: int) -> Verdict:
    """A verdict with the test that asked for it as its source."""
    claim, (file, line) = verdict.claim, test.place
    where = f"claimed in {claim.source.document}, line {claim.source.line}" if claim.source.document else ""
    moved = replace(
        claim,
        name=f"{test.test.partition('::')[2] or test.test}: {claim.name}",
        source=Source(file, line, claim.source.formula, "code"),
        notes="; ".join(filter(None, (claim.notes, where))),
    )
    words = ["pytest", test.test] + ([f"--gradcheck-seed={seed}"] if seed else [])
    return replace(verdict, claim=moved, reproduction=shlex.join(words))


def _named_apart(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts with claims of the same key numbered."""
    met: dict[str, int] = {}
    apart = []
    for verdict in verdicts:
        key = verdict.claim.key
        met[key] = met.get(key, 0) + 1
        if met[key] > 1:
            verdict = replace(verdict, claim=replace(verdict.claim, name=f"{verdict.claim.name} ({met[key]})"))
        apart.append(verdict)
    return apart
