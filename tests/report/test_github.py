"""Workflow commands: what becomes an annotation, where it points, and that no text can make one of its own."""

from __future__ import annotations

import re
from dataclasses import replace

from gradcheck.audit import Audit
from gradcheck.report.github import audit_github
from tests.report.conftest import HOSTILE, found


def test_failures_are_errors_findings_are_warnings_and_the_rest_stays_in_the_log(located_audit: Audit) -> None:
    lines = audit_github(located_audit).splitlines()
    assert lines[0] == (
        r"::error file=notes/sigmoid.md,line=3,col=5,endLine=3,endColumn=15,title=\sigma' = \sigma(1+\sigma)"
        r"::fails: a sign; x = 1: claimed 2, true 1%0A\sigma' = \sigma(1+\sigma)"
    )
    assert [line.partition(" ")[0] for line in lines] == [
        "::error",
        "::warning",
        "notes/sigmoid.md:11:5:",
        "notes/sigmoid.md:13:5:",
        "::error",
        "notes/sigmoid.md:20:4:",
        "::warning",
        "::notice",
    ]
    assert lines[-1].endswith(
        "undecided 1 · unreadable 0 · problems 0%0A1 claim does not hold, 1 verdict is not as recorded"
    )


def test_what_is_accepted_is_no_annotation(located_audit: Audit) -> None:
    first = audit_github(replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known"})).splitlines()[0]
    assert first.startswith("notes/sigmoid.md:3:5: fails:") and first.endswith("(accepted: known)")


def test_a_problem_is_an_error_without_a_place(full_audit: Audit) -> None:
    (line,) = [line for line in audit_github(full_audit).splitlines() if "could not do this" in line]
    assert line.startswith("::error title=gradcheck could not do this::network-basics::mse: its check raised")


def test_a_formula_on_several_lines_has_no_end_column() -> None:
    verdict = found(3, "x' = 1", "fails")
    claim = replace(verdict.claim, source=replace(verdict.claim.source, end=(5, 2)))
    line = audit_github(Audit((claim,), (replace(verdict, claim=claim),))).splitlines()[0]
    assert line.startswith("::error file=notes/sigmoid.md,line=3,col=5,endLine=5,title=")


def test_hostile_text_makes_no_command_of_its_own() -> None:
    path = "::error a,b:c%\n::stop-commands::x.md"
    verdicts = [found(1, HOSTILE, status, path=path, diagnosis=HOSTILE) for status in ("fails", "undecided")]
    verdicts[1] = replace(verdicts[1], claim=replace(verdicts[1].claim, name="1:5-2"))
    told = audit_github(Audit(tuple(one.claim for one in verdicts), tuple(verdicts)))
    first, *rest = told.splitlines()
    assert first.startswith("::error file=%3A%3Aerror a%2Cb%3Ac%25 %3A%3Astop-commands%3A%3Ax.md,line=1,col=5,")
    assert r"%2C" in first and "%250A" in first
    assert [line for line in told.splitlines() if re.match(r"\s*::(?!error file=|notice )", line)] == []
    assert "##[" not in told and "\x1b" not in told and "\r" not in told and len(rest) == 2
