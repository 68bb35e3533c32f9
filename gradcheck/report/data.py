"""The audit as data: one JSON array of rows for programs, one JSON object and one CSV file for the report folder."""

from __future__ import annotations

import json
from typing import Any

from gradcheck import __version__
from gradcheck.audit import Audit
from gradcheck.report.table import rows, table


def rows_json(audit: Audit) -> str:
    """The rows as one JSON array, a row a line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows(audit))
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def audit_json(audit: Audit) -> str:
    """Rows, counts, problems, seed and version as one JSON object; and of documents the roles of all formulas."""
    document: dict[str, Any] = {
        "gradcheck": __version__,
        "seed": audit.seed,
        "counts": audit.counts,
        "transcriptions": audit.transcriptions,
        "problems": [
            {"where": problem.where, "what": problem.what, "remedy": problem.remedy} for problem in audit.problems
        ],
        "rows": rows(audit),
    }
    if audit.documents:
        document["documents"] = [
            {
                "document": one.path,
                "formulas": one.roles,
                "not judged": [
                    {
                        "path": left.path or one.path,
                        "line": left.place.line,
                        "column": left.place.column,
                        "role": left.role,
                        "reason": left.reason,
                    }
                    for left in one.left
                ],
                "troubles": list(one.troubles),
            }
            for one in audit.documents
        ]
    if audit.accepted:
        document["accepted"] = dict(audit.accepted)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def audit_csv(audit: Audit) -> str:
    """The table as comma-separated values with a header line."""
    csv: str = table(audit).to_csv(index=False, lineterminator="\n")
    return csv
