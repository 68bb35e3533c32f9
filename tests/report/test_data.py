"""JSON and CSV: complete, and the same bytes for the same audit."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from gradcheck.audit import Audit
from gradcheck.report.data import audit_csv, audit_json, rows_json
from gradcheck.report.table import COLUMNS, rows


def test_rows_are_one_array(full_audit: Audit) -> None:
    assert json.loads(rows_json(full_audit)) == rows(full_audit)
    assert json.loads(rows_json(Audit((), ()))) == []


def test_the_object_counts_every_outcome_and_lists_problems(full_audit: Audit) -> None:
    read = json.loads(audit_json(full_audit))
    assert list(read) == ["gradcheck", "seed", "counts", "transcriptions", "problems", "rows"]
    assert read["counts"] == full_audit.counts
    assert read["problems"][0]["where"] == "network-basics::mse"
    assert set(read["problems"][0]) == {"where", "what", "remedy"}
    assert read["rows"] == rows(full_audit)


def test_of_documents_the_roles_and_what_was_not_judged_are_told(located_audit: Audit) -> None:
    read = json.loads(audit_json(replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known"})))
    first, second = read["documents"]
    assert (first["document"], first["formulas"]) == (
        "notes/sigmoid.md",
        {"definition": 2, "claim": 6, "unreadable": 1},
    )
    assert first["not judged"][0] == {
        "path": "notes/sigmoid.md",
        "line": 20,
        "column": 4,
        "role": "unreadable",
        "reason": "the brace is never closed",
    }
    assert first["troubles"] == ["notes/sigmoid.md:30:1: a display is never closed"]
    assert second == {"document": "notes/plain.txt", "formulas": {}, "not judged": [], "troubles": []}
    assert read["accepted"] == {"notes/sigmoid.md::3:5": "known"}


def test_csv_reads_back_as_the_rows(full_audit: Audit) -> None:
    read = list(csv.DictReader(io.StringIO(audit_csv(full_audit))))
    assert tuple(read[0]) == COLUMNS
    for line, row in zip(read, rows(full_audit), strict=True):
        expected = {name: "" if value is None else str(value) for name, value in row.items()}
        assert line == expected


def test_the_same_audit_gives_the_same_bytes(full_audit: Audit, same_audit: Audit) -> None:
    for render in (rows_json, audit_json, audit_csv):
        assert render(full_audit) == render(same_audit)
