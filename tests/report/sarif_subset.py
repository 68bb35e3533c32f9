"""A JSON Schema for the part of SARIF 2.1.0 that gradcheck writes, in our own words (sections 3.13 to 3.58 of the standard).

It is stricter than the official schema: no property beyond those named here, and what the standard says only in prose
is required as well (a level that is not *none* goes with the kind *fail*; relative URIs; an end behind its start).
"""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
MESSAGE = {"type": "object", "properties": {"text": TEXT}, "required": ["text"], "additionalProperties": False}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


REGION = _object({"startLine": COUNT}, {"startColumn": COUNT, "endLine": COUNT, "endColumn": COUNT})
LOCATION = _object(
    {
        "physicalLocation": _object(
            {
                "artifactLocation": _object(
                    {"uri": {"type": "string", "pattern": "^(?![A-Za-z][A-Za-z0-9+.-]*:|/)[!-~]+$"}}
                )
            },
            {"region": REGION},
        )
    }
)
RESULT: dict[str, Any] = {
    **_object(
        {
            "ruleId": TEXT,
            "ruleIndex": {"type": "integer", "minimum": 0},
            "kind": {"enum": ["pass", "fail", "review", "open", "notApplicable"]},
            "level": {"enum": ["none", "error"]},
            "message": MESSAGE,
            "locations": _list(LOCATION),
        },
        {
            "partialFingerprints": {"type": "object", "additionalProperties": TEXT},
            "suppressions": _list(
                _object(
                    {
                        "kind": {"enum": ["external", "inSource"]},
                        "status": {"enum": ["accepted"]},
                        "justification": TEXT,
                    }
                )
            ),
            "properties": {"type": "object"},
        },
    ),
    "if": {"properties": {"kind": {"const": "fail"}}},
    "then": {"properties": {"level": {"const": "error"}}},
    "else": {"properties": {"level": {"const": "none"}}},
}
RULE = _object(
    {"id": TEXT, "shortDescription": MESSAGE, "defaultConfiguration": _object({"level": {"enum": ["error"]}})}
)
NOTIFICATION = _object({"level": {"enum": ["note", "warning", "error"]}, "message": MESSAGE})
RUN = _object(
    {
        "tool": _object({"driver": _object({"name": TEXT, "semanticVersion": TEXT, "rules": _list(RULE)})}),
        "invocations": _list(
            _object(
                {
                    "executionSuccessful": {"type": "boolean"},
                    "exitCode": {"type": "integer"},
                    "toolExecutionNotifications": _list(NOTIFICATION),
                }
            )
        ),
        "columnKind": {"enum": ["unicodeCodePoints"]},
        "results": _list(RESULT),
        "properties": {"type": "object"},
    }
)
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        {
            "$schema": {"type": "string", "pattern": "^https://docs.oasis-open.org/.*sarif-schema-2.1.0.json$"},
            "version": {"const": "2.1.0"},
            "runs": {**_list(RUN), "minItems": 1, "maxItems": 1},
        }
    ),
}
