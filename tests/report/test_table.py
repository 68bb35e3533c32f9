"""The one table: its columns, its values, and the order of the findings."""

from __future__ import annotations

import dataclasses

import pandas as pd

from gradcheck.audit import Audit
from gradcheck.report.table import COLUMNS, findings, rows, table


def test_columns_are_these_in_this_order(full_audit: Audit) -> None:
    names = """
    document line claim kind printed transcription verdict certified digits quality finite_differences autodiff
    certified_value counterexample diagnosis correction recorded
    """
    assert list(COLUMNS) == names.split()
    assert all(tuple(row) == COLUMNS for row in rows(full_audit))
    assert tuple(table(full_audit).columns) == COLUMNS


def test_a_wrong_formula_has_its_numbers_its_correction_and_its_record(full_audit: Audit) -> None:
    row = next(row for row in rows(full_audit) if row["claim"] == "elu-jacobian")
    assert row["printed"].startswith(r"J_{i,j} &= \left\{")
    assert (row["verdict"], row["certified"], row["digits"], row["recorded"]) == ("fails", True, None, "fails")
    assert row["finite_differences"] == "disagrees: 0.36787944117 ± 4.1e-11"
    assert row["certified_value"].endswith("81113103177 ± 3e-51")
    assert row["counterexample"] == "X = [-1, 0.5], entry [0, 0]: claimed 0, true 0.36787944"
    assert row["diagnosis"] == "wrong only where X < 0: the diagonal entry is 0 there instead of exp(X)"
    assert row["correction"].startswith(r"J_{i,j} = \begin{cases}")


def test_what_is_not_printed_says_so(full_audit: Audit) -> None:
    printed = {row["claim"]: row["printed"] for row in rows(full_audit)}
    assert printed["jacobian-diagonal"].startswith(r"(sentence) the Jacobian \(J_f\)")
    assert printed["elu-jacobian-corrected"].startswith("(correction) J_")
    assert printed["lost-picture"] == ""


def test_the_frame_has_a_nullable_integer_for_digits(full_audit: Audit) -> None:
    frame = table(full_audit)
    assert frame.dtypes["digits"] == pd.Int64Dtype()
    assert frame.set_index("claim").loc["softmax-jacobian", "digits"] == 55
    assert list(table(Audit((), ())).columns) == list(COLUMNS)


def test_findings_come_worst_first_and_leave_out_what_holds(full_audit: Audit) -> None:
    found = findings(full_audit)
    assert [(verdict.as_recorded, verdict.status) for verdict in found] == [
        (False, "fails"),
        (False, "conditional"),
        (False, "undecided"),
        (False, "unreadable"),
        (True, "fails"),
        (True, "fails"),
        (True, "conditional"),
        (True, "ambiguous"),
        (True, "unreadable"),
    ]


def test_a_verdict_that_holds_against_its_record_is_a_finding(full_audit: Audit) -> None:
    verdict = next(verdict for verdict in full_audit.verdicts if verdict.claim.name == "elu-jacobian")
    surprising = dataclasses.replace(verdict, status="holds")
    assert findings(Audit((verdict.claim,), (surprising,))) == [surprising]
