"""JUnit XML: well formed whatever stands in a formula, and nothing that is open looks like a success."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from gradcheck.audit import Audit
from gradcheck.report.junit import audit_junit
from tests.report.conftest import HOSTILE, found


def parsed(audit: Audit) -> ET.Element:
    return ET.fromstring(audit_junit(audit))  # noqa: S314 - our own text


def test_a_suite_a_document_and_a_case_a_claim(located_audit: Audit) -> None:
    root = parsed(located_audit)
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7",
        "failures": "2",
        "errors": "0",
        "skipped": "4",
    }
    assert [suite.get("name") for suite in root] == ["notes/sigmoid.md", "notes/plain.txt"]
    first = root[0][0]
    assert (first.get("file"), first.get("line")) == ("notes/sigmoid.md", "3")
    assert first.get("name") == r"\sigma' = \sigma(1+\sigma) (notes/sigmoid.md:3:5)"
    assert first.find("failure") is not None
    assert first[0].get("message") == "fails: a sign; x = 1: claimed 2, true 1"
    assert "a sign" in (first[0].text or "")
    assert [case[0].tag if len(case) else "" for case in root[0].findall("testcase")] == [
        *("failure", "", "skipped", "skipped", "skipped", "failure", "skipped")
    ]
    assert root[1].findtext("system-out") == "notes/plain.txt: 0 formulas found"
    assert "30:1: a display is never closed" in (root[0].findtext("system-out") or "")


def test_a_problem_is_an_error(full_audit: Audit) -> None:
    root = parsed(full_audit)
    assert root.get("errors") == "1"
    error = root.find("./testsuite[@name='problems']/testcase/error")
    assert error is not None and (error.get("message") or "").startswith("its check raised ValueError")


def test_what_is_accepted_is_skipped_with_its_reason(located_audit: Audit) -> None:
    root = parsed(replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known since May"}))
    assert root.get("failures") == "1"
    assert (root[0][0][0].get("message") or "").endswith("(accepted: known since May)")


def test_hostile_text_stays_text() -> None:
    verdict = found(1, HOSTILE, "fails", path=f"{HOSTILE}.md", diagnosis=HOSTILE)
    told = audit_junit(Audit((verdict.claim,), (verdict,)))
    root = ET.fromstring(told.encode("utf-8"))  # noqa: S314 - our own text
    assert "\x1b" not in told and "\x00" not in told
    assert "<b>& ]]>" in (root[0][0][0].get("message") or "")
    assert [element.tag for element in root.iter()] == ["testsuites", "testsuite", "testcase", "failure"]
