"""SARIF: valid, each outcome its kind, places and fingerprints that other tools can rely on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from gradcheck.audit import Audit
from gradcheck.claim import KINDS
from gradcheck.documents.judging import Judged, Left
from gradcheck.documents.model import Place
from gradcheck.report.sarif import RULES, audit_sarif, uri
from tests.report.conftest import HOSTILE, found
from tests.report.sarif_subset import SCHEMA


def run_of(audit: Audit) -> dict[str, Any]:
    """The one run of the log, once the log is known to be valid."""
    log = json.loads(audit_sarif(audit))
    jsonschema.validate(log, SCHEMA, cls=jsonschema.Draft202012Validator)
    run: dict[str, Any] = log["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run


def test_every_outcome_has_its_kind_and_only_a_fail_a_level(located_audit: Audit) -> None:
    told = [(result["kind"], result["level"]) for result in run_of(located_audit)["results"]]
    assert told == [
        ("fail", "error"),
        ("pass", "none"),
        ("review", "none"),
        ("open", "none"),
        ("fail", "error"),
        ("fail", "error"),
        ("notApplicable", "none"),
    ]


def test_a_result_has_its_rule_message_and_region(located_audit: Audit) -> None:
    result = run_of(located_audit)["results"][0]
    assert result["ruleId"] == "derivative"
    assert result["message"]["text"] == r"\sigma' = \sigma(1+\sigma): fails: a sign; x = 1: claimed 2, true 1"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "notes/sigmoid.md"},
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 15},
    }


def test_the_fingerprint_is_the_formulas_wherever_it_stands(located_audit: Audit) -> None:
    def marks(audit: Audit) -> list[str]:
        results = run_of(audit)["results"]
        return [result["partialFingerprints"]["formula/v1"] for result in results if "partialFingerprints" in result]

    moved = []
    for verdict in located_audit.verdicts:
        source = verdict.claim.source
        below = replace(source, line=source.line + 40, formula=source.formula.replace(" ", "\n  "))
        moved.append(replace(verdict, claim=replace(verdict.claim, name=f"{below.line}:5", source=below)))
    again = Audit(tuple(verdict.claim for verdict in moved), tuple(moved))
    assert marks(again) == marks(located_audit)
    assert len(set(marks(again))) == len(moved)


def test_what_is_accepted_is_suppressed_with_its_reason(located_audit: Audit) -> None:
    results = run_of(replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known since May"}))["results"]
    assert results[0]["kind"] == "fail"
    assert results[0]["suppressions"][0]["justification"] == "known since May"
    assert results[4]["suppressions"][0]["justification"] == "left as an exercise"
    assert [place for place, result in enumerate(results) if "suppressions" in result] == [0, 4]


def test_what_an_annotation_tells_to_ignore_is_suppressed_in_the_source(located_audit: Audit) -> None:
    judged = Judged("a.md", (), {"claim": 1}, (Left(Place(2, 3), "ignored", "a joke"),))
    (result,) = run_of(replace(located_audit, claims=(), verdicts=(), documents=(judged,)))["results"]
    assert (result["kind"], result["level"], result["message"]["text"]) == ("notApplicable", "none", "ignored")
    assert result["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "a joke"}]


def test_problems_troubles_and_counts_are_notifications(full_audit: Audit, located_audit: Audit) -> None:
    (invocation,) = run_of(full_audit)["invocations"]
    assert invocation["executionSuccessful"] is False and invocation["exitCode"] == 2
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith("network-basics::mse: its check")
    (invocation,) = run_of(located_audit)["invocations"]
    assert invocation["executionSuccessful"] is True and invocation["exitCode"] == 1
    assert [one["level"] for one in invocation["toolExecutionNotifications"]] == ["warning", "note", "note"]
    assert invocation["toolExecutionNotifications"][2]["message"]["text"] == "notes/plain.txt: 0 formulas found"


def test_every_kind_of_claim_has_a_rule() -> None:
    assert set(RULES) == {*KINDS, "formula"}


def test_hostile_text_stays_valid() -> None:
    verdict = found(1, HOSTILE, "fails", path=f"a b:{HOSTILE}.md", diagnosis=HOSTILE)
    audit = Audit((verdict.claim,), (verdict,))
    run_of(audit)
    assert "\\u001b" not in audit_sarif(audit) and "\\u0000" not in audit_sarif(audit)
    audit_sarif(audit).encode("utf-8")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("notes/a.md", "notes/a.md"),
        ("sub folder/a%,b.md", "sub%20folder/a%25%2Cb.md"),
        ("http://x/y.md", "http%3A//x/y.md"),
        ("/etc/σ.md", "etc/%CF%83.md"),
    ],
)
def test_a_path_is_a_relative_uri(path: str, expected: str) -> None:
    assert uri(path) == expected


def test_what_is_not_sarif_would_be_noticed(located_audit: Audit) -> None:
    log = json.loads(audit_sarif(located_audit))
    log["runs"][0]["results"][1]["level"] = "error"
    with pytest.raises(jsonschema.ValidationError, match="'none' was expected"):
        jsonschema.validate(log, SCHEMA)
