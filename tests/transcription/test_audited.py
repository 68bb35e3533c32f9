"""An audit compares every function with its formula: one that differs fails it and is told everywhere."""

from __future__ import annotations

import json

import pytest

from gradcheck.audit import Audit, audit
from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from gradcheck.report import terminal
from gradcheck.report.data import audit_json
from gradcheck.report.html import audit_html
from gradcheck.report.markdown import audit_markdown
from gradcheck.report.table import findings, rows


def audited(factor: float) -> Audit:
    """The audit of the derivative of x², printed as 2x and transcribed with this factor, and of what is not compared."""
    sheet = Sheet("notes", "notes.txt", "Notes")
    square = {"primal": lambda x: x**2, "inputs": {"x": Reals()}, "wrt": "x"}
    sheet.claim("slope", "derivative", 3, r"\frac{d y}{d x} = 2 x", claimed=lambda x: factor * x, **square)
    sheet.claim("unknown", "derivative", 4, r"\frac{d y}{d x} = 2 q", claimed=lambda x: 2 * x, **square)
    sheet.claim("code", "derivative", 5, "twice", origin="code", claimed=lambda x: 2 * x, **square)
    return audit(sheet.claims)


def test_a_right_transcription_is_counted_and_no_finding() -> None:
    done = audited(2)

    assert [str(verdict.printed or "") for verdict in done.verdicts] == [
        "agrees",
        "not compared: nothing says what q is",
        "",
    ]
    assert done.transcriptions == {"agrees": 1, "differs": 0, "not compared": 1, "unreadable": 0}
    assert done.mistranscribed == ()
    assert findings(done) == []
    assert done.exit_code == 0


def test_a_wrong_transcription_fails_the_audit() -> None:
    done = audited(3)

    assert [verdict.claim.name for verdict in done.mistranscribed] == ["slope"]
    assert done.transcriptions["differs"] == 1
    assert done.exit_code == 1
    assert [verdict.claim.name for verdict in findings(done)] == ["slope"]


def test_a_fault_that_was_corrected_in_passing_fails_the_audit_though_the_function_is_right() -> None:
    sheet = Sheet("notes", "notes.txt", "Notes")
    fields = {"primal": lambda x: x**2, "inputs": {"x": Reals()}, "wrt": "x"}
    sheet.claim("slope", "derivative", 3, r"\frac{d y}{d x} = 3 x", claimed=lambda x: 2 * x, **fields)
    done = audit(sheet.claims)

    assert done.verdicts[0].status == "holds"
    assert done.unexpected == ()
    assert done.exit_code == 1
    assert findings(done) == [done.verdicts[0]]


def test_every_report_tells_the_difference(capsys: pytest.CaptureFixture[str]) -> None:
    done = audited(3)
    assert done.verdicts[0].printed is not None
    detail = done.verdicts[0].printed.detail
    data = json.loads(audit_json(done))
    markdown = audit_markdown(done)
    terminal.print_audit(terminal.console(), done)
    shown = " ".join(capsys.readouterr().out.split())

    assert data["transcriptions"]["differs"] == 1
    assert [row["transcription"] for row in data["rows"]] == [row["transcription"] for row in rows(done)]
    assert data["rows"][0]["transcription"] == f"differs: {detail}"
    assert (
        "Functions compared with the formula that is printed: agrees 0, differs 1, not compared 1, unreadable 0."
        in markdown
    )
    assert "**The function is not what is printed: " in markdown
    assert "1 function is not what is printed." in audit_html(done)
    assert "functions that are not what is printed: 1" in shown
    assert "transcription" in shown
