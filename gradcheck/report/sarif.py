"""SARIF 2.1.0 (OASIS, errata 01): what editors and code scanning read. A rule is a kind of claim, a result a verdict.

A result's *kind* is its outcome: *pass* (holds), *fail* (fails the run, or is accepted and then suppressed with the
reason), *review* (conditional, ambiguous), *open* (undecided), *notApplicable* (unreadable, or
ignored because an annotation says so). Its *level* is *error* for a
fail and *none* for everything else.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from gradcheck import __version__
from gradcheck.audit import Audit
from gradcheck.baseline import fingerprints
from gradcheck.report import text
from gradcheck.report.notices import Notice, notices

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

RULES = {
    "derivative": "A claimed elementwise derivative is the derivative of its function.",
    "gradient": "A claimed gradient is the gradient of its function.",
    "jacobian": "A claimed Jacobian is the Jacobian of its function.",
    "vjp": "A claimed pullback of a cotangent is that of its function.",
    "jvp": "A claimed derivative along a tangent is that of its function.",
    "hessian": "A claimed Hessian is the Hessian of its function.",
    "equality": "Two expressions that are claimed to be equal are equal.",
    "bound": "A claimed bound on a function or its derivative is kept.",
    "structure": "A Jacobian has the structure that is claimed.",
    "derivation": "Each step of a derivation equals the one before it.",
    "formula": "A formula of a document can be read.",
}
_KINDS = {
    "holds": "pass",
    "fails": "fail",
    "conditional": "review",
    "ambiguous": "review",
    "undecided": "open",
    "unreadable": "notApplicable",
    "ignored": "notApplicable",
}


def audit_sarif(audit: Audit) -> str:
    """The audit as one SARIF log with one run; paths are relative, problems are notifications of the tool."""
    marks = fingerprints(audit.claims)
    results = [_result(notice, marks) for notice in notices(audit)]
    used = [rule for rule in RULES if any(result["ruleId"] == rule for result in results)]
    for result in results:
        result["ruleIndex"] = used.index(result["ruleId"])
    troubles = [trouble for document in audit.documents for trouble in document.troubles]
    notifications = [_notification("error", str(problem)) for problem in audit.problems]
    notifications += [_notification("warning", trouble) for trouble in troubles]
    notifications += [_notification("note", document.summary) for document in audit.documents]
    run = {
        "tool": {
            "driver": {
                "name": "gradcheck",
                "semanticVersion": __version__,
                "rules": [
                    {"id": rule, "shortDescription": {"text": RULES[rule]}, "defaultConfiguration": {"level": "error"}}
                    for rule in used
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not audit.problems,
                "exitCode": audit.exit_code,
                "toolExecutionNotifications": notifications,
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"seed": audit.seed, "counts": audit.counts},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    # What UTF-8 cannot hold becomes an escape, which within a JSON string means the same.
    return (
        json.dumps(log, ensure_ascii=False, allow_nan=False, indent=1).encode("utf-8", "backslashreplace").decode()
        + "\n"
    )


def _result(notice: Notice, marks: dict[str, str]) -> dict[str, Any]:
    """The result of one notice. A verdict that is not the one on record fails, whatever it is."""
    kind = "fail" if notice.weight == "failure" else _KINDS[notice.status]
    told = f"{notice.what}: {notice.status}" if notice.what else notice.status
    result: dict[str, Any] = {
        "ruleId": "formula" if notice.verdict is None else notice.verdict.claim.kind,
        "kind": kind,
        "level": "error" if kind == "fail" else "none",
        "message": {"text": text.one_line(f"{told}: {notice.message}" if notice.message else told)},
        "locations": [{"physicalLocation": _location(notice)}],
    }
    if notice.verdict is not None:
        mark = marks[notice.verdict.claim.key]
        # The second name is the only one that GitHub goes by.
        result["partialFingerprints"] = {"formula/v1": mark, "primaryLocationLineHash": mark}
        formula = text.clean(notice.verdict.claim.source.formula)
        result["properties"] = {"verdict": notice.status, "certified": notice.verdict.certified, "formula": formula}
    if notice.weight == "accepted":
        kind_of_suppression = "inSource" if notice.verdict is None else "external"
        result["suppressions"] = [
            {"kind": kind_of_suppression, "status": "accepted", "justification": text.one_line(notice.reason)}
        ]
    return result


def _location(notice: Notice) -> dict[str, Any]:
    """Where it is: a relative URI, and a region as far as it is known."""
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(notice.path)}}
    if not notice.line:
        return place
    region: dict[str, Any] = {"startLine": notice.line}
    if notice.column:
        region["startColumn"] = notice.column
    if notice.end is not None and notice.end > (notice.line, notice.column):
        region |= {"endLine": notice.end[0], "endColumn": notice.end[1]}
    return {**place, "region": region}


def uri(path: str) -> str:
    """A path as a relative URI reference, its characters percent-encoded where a URI cannot hold them."""
    return quote(text.one_line(path).encode("utf-8", "backslashreplace").lstrip(b"/")) or "."


def _notification(level: str, words: str) -> dict[str, Any]:
    """Something that the tool itself has to say."""
    return {"level": level, "message": {"text": text.one_line(words)}}
