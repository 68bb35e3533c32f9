"""Every format, and every report, of an audit of hostile documents: no escape reaches a terminal, no markup a page."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from gradcheck.audit import Audit, Problem
from gradcheck.documents.judging import Judged, Left
from gradcheck.documents.model import Place
from gradcheck.report.data import audit_parquet
from gradcheck.report.files import renderings as reports
from gradcheck.report.formats import render, renderings
from tests.report.conftest import HOSTILE, found


@pytest.fixture
def hostile_audit() -> Audit:
    """An audit in which every text that comes from a document, or from its path, is hostile."""
    path = f"a{HOSTILE}.md"
    verdict = found(1, HOSTILE, "fails", path=path, diagnosis=HOSTILE, reason=HOSTILE)
    accepted = found(2, HOSTILE, "fails", path=path, diagnosis=HOSTILE)
    judged = Judged(
        path, (verdict, accepted), {"claim": 2}, (Left(Place(3, 1), "unreadable", HOSTILE, path),), (HOSTILE,)
    )
    return Audit(
        (verdict.claim, accepted.claim),
        (verdict, accepted),
        (Problem(HOSTILE, HOSTILE, HOSTILE),),
        documents=(judged,),
        accepted={accepted.claim.key: HOSTILE},
    )


@pytest.mark.parametrize("name", sorted(set(renderings()) - {"parquet"}))
def test_no_format_hands_on_what_a_terminal_obeys(hostile_audit: Audit, name: str) -> None:
    told = render(hostile_audit, name)
    assert isinstance(told, str)
    assert "fails" in told
    assert not {"\x1b", "\x00", "\x9b"} & set(told)
    told.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("name", sorted(reports()))
def test_no_report_hands_on_what_a_terminal_obeys(hostile_audit: Audit, name: str) -> None:
    told = reports()[name](hostile_audit)
    assert "fails" in told
    assert not {"\x1b", "\x00", "\x9b"} & set(told)
    if name == "html":
        assert "<b>&" not in told


def test_parquet_is_bytes_that_hold_what_utf8_holds(hostile_audit: Audit) -> None:
    read = pd.read_parquet(io.BytesIO(audit_parquet(hostile_audit)))
    assert list(read["verdict"]) == ["fails", "fails"]
    assert read["printed"][0] == "red\n::error file=x::y%0A##[error]<b>&\\ud800 ]]>"
