"""JSON, CSV and Parquet: complete, and the same bytes for the same audit."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd

from gradcheck.audit import Audit
from gradcheck.report.data import audit_csv, audit_json, audit_parquet
from gradcheck.report.table import COLUMNS, rows, table


def test_the_object_counts_every_outcome_and_has_problems_and_rows(full_audit: Audit) -> None:
    read = json.loads(audit_json(full_audit))
    assert read["counts"] == full_audit.counts
    assert read["problems"][0]["where"] == "network-basics::mse"
    assert set(read["problems"][0]) == {"where", "what", "remedy"}
    assert read["rows"] == rows(full_audit)
    assert json.loads(audit_json(Audit((), ())))["rows"] == []


def test_of_documents_the_roles_and_what_was_not_judged_are_told(located_audit: Audit) -> None:
    read = json.loads(audit_json(replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known"})))
    first, second = read["documents"]
    assert (first["path"], first["roles"]) == ("notes/sigmoid.md", {"definition": 2, "claim": 6, "unreadable": 1})
    assert first["verdicts"] == [0, 1, 2, 3, 4, 5]
    assert first["left"][0] == {
        "place": {"line": 20, "column": 4},
        "role": "unreadable",
        "reason": "the brace is never closed",
        "path": "",
    }
    assert first["troubles"] == ["notes/sigmoid.md:30:1: a display is never closed"]
    assert second == {"path": "notes/plain.txt", "verdicts": [], "roles": {}, "left": [], "troubles": []}
    assert read["accepted"] == {"notes/sigmoid.md::3:5": "known"}


def test_parquet_reads_back_as_the_table(full_audit: Audit) -> None:
    read = pd.read_parquet(io.BytesIO(audit_parquet(full_audit)))
    pd.testing.assert_frame_equal(read, table(full_audit), check_dtype=False)
    assert read.dtypes["digits"] == pd.Int64Dtype() and read.dtypes["certified"] == np.dtype(bool)


def test_csv_reads_back_as_the_rows(full_audit: Audit) -> None:
    read = list(csv.DictReader(io.StringIO(audit_csv(full_audit))))
    assert tuple(read[0]) == COLUMNS
    for line, row in zip(read, rows(full_audit), strict=True):
        expected = {name: "" if value is None else str(value) for name, value in row.items()}
        assert line == expected


def test_the_same_audit_gives_the_same_bytes(full_audit: Audit, same_audit: Audit) -> None:
    for render in (audit_json, audit_csv, audit_parquet):
        assert render(full_audit) == render(same_audit)


def test_a_spreadsheet_computes_nothing_of_what_a_document_says(full_audit: Audit) -> None:
    formulas = ("=cmd|'/c calc'!A1", "-\\eta", "+1", "@SUM(A1)", " =1", "\t=1", "x = 1", "f(x) = -1")

    def with_formula(formula: str) -> Audit:
        verdict = full_audit.verdicts[0]
        claim = replace(verdict.claim, source=replace(verdict.claim.source, formula=formula, origin="printed"))
        return replace(full_audit, claims=(claim,), verdicts=(replace(verdict, claim=claim),), problems=())

    printed = [next(csv.DictReader(io.StringIO(audit_csv(with_formula(formula)))))["printed"] for formula in formulas]
    assert printed == [*(f"'{formula}" for formula in formulas[:6]), *formulas[6:]]
    assert rows(with_formula("-\\eta"))[0]["printed"] == "-\\eta"
    numbers = [line["certified_value"] for line in csv.DictReader(io.StringIO(audit_csv(full_audit)))]
    assert numbers == [row["certified_value"] for row in rows(full_audit)]
