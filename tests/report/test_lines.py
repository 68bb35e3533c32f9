"""Lines as compilers print them: one a finding, nothing for what holds, and no line that a formula could forge."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.audit import Audit, Problem
from gradcheck.documents.judging import Judged, Left
from gradcheck.documents.model import Place
from gradcheck.report.lines import audit_lines, bottom_line, summary
from tests.report.conftest import HOSTILE, found


def test_a_line_a_finding(located_audit: Audit) -> None:
    assert audit_lines(located_audit).splitlines() == [
        r"notes/sigmoid.md:3:5: fails: \sigma' = \sigma(1+\sigma): a sign; x = 1: claimed 2, true 1",
        "notes/sigmoid.md:9:5: conditional: r' = 1: holds only if r > 0",
        "notes/sigmoid.md:11:5: undecided: g' = h: nothing says what g is",
        "notes/sigmoid.md:13:5: fails: u' = 2: twice too large (accepted: left as an exercise)",
        "notes/sigmoid.md:15:5: holds: v' = v: fails is on record",
        "notes/sigmoid.md:20:4: unreadable: the brace is never closed",
        "notes/sigmoid.md:30:1: a display is never closed",
    ]


def test_a_problem_is_a_line_as_well(full_audit: Audit) -> None:
    last = audit_lines(full_audit).splitlines()[-1]
    assert last.startswith("network-basics::mse: problem: its check raised ValueError: operands could not")
    assert last.endswith("; call the function with a point of its inputs to see why")


def test_an_audit_in_which_all_holds_prints_nothing_and_says_so_in_the_summary() -> None:
    verdict = found(1, "x' = 1", "holds")
    audit = Audit((verdict.claim,), (verdict,))
    assert audit_lines(audit) == ""
    assert summary(audit)[-1] == "every verdict is as recorded"


def test_the_summary_counts_roles_outcomes_and_failures(located_audit: Audit) -> None:
    told = summary(located_audit)
    assert told[0].startswith("notes/sigmoid.md: 9 formulas found: 2 definitions, 6 claims")
    assert told[1] == "notes/plain.txt: 0 formulas found"
    assert told[2] == "holds 2 · fails 2 · conditional 1 · ambiguous 0 · undecided 1 · unreadable 0 · problems 0"
    assert told[3] == "1 claim does not hold, 1 verdict is not as recorded"
    assert summary(Audit((), ()))[-1] == "nothing was checked"


def test_problems_stand_before_what_is_said_of_the_verdicts() -> None:
    problem = Problem("notes.md", "it cannot be read", "name a document")
    verdict = found(1, "x' = 1", "holds")
    met = Audit((verdict.claim,), (verdict,), (problem,))
    assert summary(met)[-1] == "1 problem; every verdict given is as recorded"
    assert summary(Audit((), (), (problem, problem)))[-1] == "2 problems; nothing was checked"


def test_what_an_annotation_tells_to_ignore_is_a_line_with_its_reason(located_audit: Audit) -> None:
    judged = Judged("a.md", (), {"claim": 1}, (Left(Place(2, 3), "ignored", "a joke"),))
    assert (
        audit_lines(replace(located_audit, verdicts=(), documents=(judged,)))
        == "a.md:2:3: ignored (accepted: a joke)\n"
    )


def test_the_last_line_says_how_the_verdicts_stand(located_audit: Audit) -> None:
    wrong, surprise = "notes/sigmoid.md::3:5", "notes/sigmoid.md::15:5"
    accepted = replace(located_audit, accepted={wrong: "known", surprise: "known"})
    assert bottom_line(accepted) == "no verdict is unexpected; 2 claims of documents do not simply hold"
    holding = tuple(one for one in located_audit.verdicts if one.status in ("holds", "fails"))
    assert bottom_line(replace(accepted, verdicts=holding)) == "every other verdict is as recorded"
    unaccepted = replace(accepted, verdicts=holding, accepted={})
    assert bottom_line(unaccepted) == "1 claim does not hold, 1 verdict is not as recorded"
    assert bottom_line(replace(accepted, verdicts=holding[:1], accepted={})) == "1 claim does not hold"


def test_a_formula_can_neither_begin_a_line_nor_reach_the_terminal() -> None:
    verdict = found(1, HOSTILE, "fails", path=f"a{HOSTILE}.md", diagnosis=HOSTILE)
    told = audit_lines(Audit((verdict.claim,), (verdict,)))
    assert told.count("\n") == 1
    assert "\x1b" not in told and "\x00" not in told
