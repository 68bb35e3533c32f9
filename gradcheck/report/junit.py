"""JUnit's XML, which most servers of CI read: a suite a document, a case a claim.

The elements are those that Jenkins, GitLab and GitHub's reporters share; there is no official schema.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from gradcheck.audit import Audit
from gradcheck.report import text
from gradcheck.report.notices import Notice, notices

# What XML 1.0 cannot hold, not even as a reference (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def audit_junit(audit: Audit) -> str:
    """A failure for each claim that fails the run, an error for each problem, and skipped, with why, for all that is open."""
    suites: dict[str, list[Notice]] = {}
    for notice in notices(audit):
        suites.setdefault(notice.path, []).append(notice)
    for document in audit.documents:
        suites.setdefault(document.path, [])
    root = ET.Element("testsuites", name="gradcheck")
    for path, told in suites.items():
        suite = ET.SubElement(root, "testsuite", name=_text(path), tests=str(len(told)))
        for notice in told:
            _case(suite, notice)
        for document in audit.documents:
            if document.path == path:
                ET.SubElement(suite, "system-out").text = _text("\n".join((document.summary, *document.troubles)))
    if audit.problems:
        suite = ET.SubElement(root, "testsuite", name="problems", tests=str(len(audit.problems)))
        for problem in audit.problems:
            case = ET.SubElement(suite, "testcase", classname="problems", name=_text(problem.where))
            ET.SubElement(case, "error", type="problem", message=_text(f"{problem.what}; {problem.remedy}"))
    for element in (root, *root.findall("testsuite")):
        for name, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(name, str(len(element.findall(f".//{outcome}"))))
    root.set("tests", str(len(root.findall(".//testcase"))))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _case(suite: ET.Element, notice: Notice) -> None:
    """A claim's case: its place, and what became of it."""
    name = f"{notice.what} ({notice.place})" if notice.what else notice.place
    case = ET.SubElement(suite, "testcase", classname=_text(notice.path), name=_text(name), file=_text(notice.path))
    if notice.line:
        case.set("line", str(notice.line))
    if notice.weight == "pass":
        return
    told = ": ".join(filter(None, (notice.status, notice.message)))
    if notice.weight == "failure":
        failure = ET.SubElement(case, "failure", type=notice.status, message=_text(told))
        failure.text = _text("" if notice.verdict is None else str(notice.verdict))
        return
    accepted = f" (accepted: {notice.reason})" if notice.weight == "accepted" else ""
    ET.SubElement(case, "skipped", message=_text(told + accepted))


def _text(words: str) -> str:
    """What XML can hold of the words, without what a terminal would obey."""
    return _NOT_XML.sub("", text.clean(words))
