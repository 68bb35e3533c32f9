"""The JSON Schema of stored results, made of the same forms that write and read them."""

from __future__ import annotations

import json
from typing import Any

from gradcheck.claim import STATUSES
from gradcheck.report.table import COLUMNS
from gradcheck.stored.document import FORMAT, VERSION, forms

_ROW = {"line": {"type": "integer"}, "certified": {"type": "boolean"}, "digits": {"type": ["integer", "null"]}}


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what `gradcheck.report.data.audit_json` writes in this version."""
    definitions: dict[str, Any] = {}
    stored = {name: form.schema(definitions) for name, form in forms().items()}
    count = {"type": "integer", "minimum": 0}
    row = {name: _ROW.get(name, {"type": "string"}) for name in COLUMNS}
    properties = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "gradcheck": {"description": "The version of gradcheck that wrote the document.", "type": "string"},
        "seed": stored.pop("seed"),
        "paths": stored.pop("paths"),
        "counts": {"description": "How many verdicts of each outcome, and problems.", **_object(STATUSES, count)},
        "transcriptions": {
            "description": "How many functions were compared with what is printed, by outcome.",
            **_object(("agrees", "differs", "not compared", "unreadable"), count, problems=False),
        },
        "exit_code": {"description": "That of gradcheck audit.", "enum": [0, 1, 2]},
        **stored,
        "rows": {
            "description": "The table that every rendering shows, a row a verdict.",
            "type": "array",
            "items": {
                "type": "object",
                "properties": row,
                "required": list(row),
                "additionalProperties": False,
            },
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gradcheck:results:{VERSION}",
        "title": "Results of gradcheck",
        "description": "What an audit found. A verdict refers to its claim, a document to its verdicts, by number, from 0.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as it is published in ``gradcheck/report/schemas/results.schema.json``."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _object(names: tuple[str, ...], one: dict[str, Any], *, problems: bool = True) -> dict[str, Any]:
    """An object with these names, and problems besides."""
    properties = dict.fromkeys((*names, "problems") if problems else names, one)
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
