"""What the terminal shows: brackets survive, control characters do not, and everything fits 100 columns."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest

from gradcheck.audit import Audit, Problem
from gradcheck.claim import Sheet
from gradcheck.report import terminal
from gradcheck.verdict import StepResult, Verdict

Printed = Callable[..., str]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Printed:
    """A function that prints an audit, or one verdict of it, and gives back what is on standard output."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def show(audit: Audit, verdict: Verdict | None = None) -> str:
        if verdict is None:
            terminal.print_audit(terminal.console(), audit)
        else:
            terminal.print_claim(terminal.console(), audit, verdict)
        return capsys.readouterr().out

    return show


def named(audit: Audit, name: str) -> Verdict:
    return next(verdict for verdict in audit.verdicts if verdict.claim.name == name)


def test_the_table_fits_100_columns_and_loses_nothing(printed: Printed, full_audit: Audit) -> None:
    lines = printed(full_audit).splitlines()
    assert max(map(len, lines)) <= 100
    for verdict in full_audit.verdicts:
        row = next(line for line in lines if verdict.claim.name in line.split())
        assert verdict.claim.source.document in row and verdict.status in row and verdict.claim.kind in row


def test_every_outcome_is_counted_apart(printed: Printed, full_audit: Audit) -> None:
    shown = printed(full_audit)
    assert "holds 2 · fails 3 · conditional 2 · ambiguous 1 · undecided 1 · unreadable 2 · problems 1" in shown
    assert "4 claims do not simply hold" in shown


def test_bracketed_text_and_emoji_codes_survive(printed: Printed) -> None:
    formula = r"[bold]x[/bold] w_{[0]} [/] [red] :smile: \[a\]"
    claim = Sheet("doc[1]", "d.txt", "D").claim("name[2]", "equality", 1, formula, origin="sentence")
    verdict = Verdict(
        claim, "fails", diagnosis="entry [0, 0] [/] is off", steps=(StepResult("s[3]", "fails", "", "[4]"),)
    )
    audit = Audit((claim,), (verdict,), (Problem("where[5]", "what[6]", "remedy[7]"),))
    everything = printed(audit) + printed(audit, verdict)
    for told in (
        formula,
        "doc[1]",
        "name[2]",
        "entry [0, 0] [/] is off",
        "s[3]",
        "[4]",
        "where[5]",
        "what[6]",
        "emedy[7]",
    ):
        assert told in everything


def test_control_characters_are_taken_out(printed: Printed) -> None:
    evil = "a\x1b[2Jb\x07c\u202ed\x9be"
    claim = Sheet("doc", "d.txt", "D").claim(evil, "equality", 1, evil, notes=evil)
    verdict = Verdict(claim, "unreadable", reason=evil, diagnosis=evil)
    audit = Audit((claim,), (verdict,), (Problem(evil, evil, evil),))
    everything = printed(audit) + printed(audit, verdict)
    assert "abcde" in everything
    assert not set(everything) & {"\x1b", "\x07", "\u202e", "\x9b"}


def test_a_finding_has_its_formula_numbers_and_correction(printed: Printed, full_audit: Audit) -> None:
    flat = " ".join(printed(full_audit).split())
    assert "X = [-1, 0.5], entry [0, 0]: claimed 0, true 0.36787944" in flat
    assert "wrong only where X < 0: the diagonal entry is 0 there instead of exp(X)" in flat
    assert r"J_{i,j} = \begin{cases} 1, & i=j, X_i > 0" in flat


def test_a_verdict_that_differs_from_the_record_is_told(printed: Printed, full_audit: Audit) -> None:
    verdict = dataclasses.replace(named(full_audit, "elu-jacobian"), status="holds")
    audit = Audit((verdict.claim,), (verdict,))
    assert "holds, certified (recorded: fails)" in printed(audit)
    told = "On record: fails, because the negative branch has derivative e^x, the text prints 0; NOT what was computed."
    assert told in " ".join(printed(audit, verdict).split())
    assert "every verdict is as recorded" in printed(Audit((verdict.claim,), (named(full_audit, "elu-jacobian"),)))


def test_an_audit_of_nothing_says_so(printed: Printed) -> None:
    assert "nothing was checked" in printed(Audit((), ()))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("elu-jacobian", ["X > 0", "31", "0.36787944117 ± 4.1e-11", "[0, 0]", "wrong", "elu-jacobian-corrected"]),
        (
            "delta-derivation",
            ["first step that does not hold as it stands", "not stated by the source", r"a_k^L - t_k"],
        ),
        ("dL-dW3", ["⊙ needs equal shapes", "shape () against (1, 2)", "holds, certified"]),
        ("jacobian-diagonal", ["f: any function; tanh, softmax stand in for it", "f = softmax, X = [0, 0, 0]"]),
        ("gelu-derivative", ["no ball rule for the primitive igamma", "real, 2, above 0"]),
        ("softmax-jacobian", ["Values at a sample point", "to 55 digits", "24 visited; seed 0"]),
        ("lost-picture", ["nothing readable is printed there", "No verdict is on record, so holds was expected."]),
    ],
)
def test_one_claim_is_told_in_full(printed: Printed, full_audit: Audit, name: str, told: list[str]) -> None:
    shown = printed(full_audit, named(full_audit, name))
    for words in told:
        assert words in shown
    assert f"gradcheck show {named(full_audit, name).claim.key}" in shown


def test_what_is_accepted_is_told_with_its_reason_and_counted(printed: Printed, located_audit: Audit) -> None:
    accepted = {"notes/sigmoid.md::3:5": "known since May", "notes/sigmoid.md::15:5": "known"}
    told = printed(dataclasses.replace(located_audit, accepted=accepted))
    assert re.search(r"accepted +known since May", told)
    assert "accepted by the baseline: 2" in told and "every verdict is as recorded" not in told
