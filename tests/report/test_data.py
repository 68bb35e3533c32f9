"""JSON and CSV: complete, and the same bytes for the same audit."""

from __future__ import annotations

import csv
import io
import json

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


def test_csv_reads_back_as_the_rows(full_audit: Audit) -> None:
    read = list(csv.DictReader(io.StringIO(audit_csv(full_audit))))
    assert tuple(read[0]) == COLUMNS
    for line, row in zip(read, rows(full_audit), strict=True):
        expected = {name: "" if value is None else str(value) for name, value in row.items()}
        assert line == expected


def test_the_same_audit_gives_the_same_bytes(full_audit: Audit, same_audit: Audit) -> None:
    for render in (rows_json, audit_json, audit_csv):
        assert render(full_audit) == render(same_audit)
