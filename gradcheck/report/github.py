"""Annotations for GitHub Actions: workflow commands that show a finding at its line of a pull request.

The form of commands, and what is escaped in them, is that of GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from gradcheck.audit import Audit
from gradcheck.report import text
from gradcheck.report.lines import summary
from gradcheck.report.notices import Notice, notices


def audit_github(audit: Audit) -> str:
    """An ``::error`` for each failure and problem, a ``::warning`` for what a person should look at, a line for the rest.

    What is accepted, open or not read stays in the log without an annotation; a ``::notice`` counts everything at the end.
    """
    told = [_line(notice) for notice in notices(audit) if notice.weight != "pass"]
    for document in audit.documents:
        told += [command("warning", "trouble in a document", trouble) for trouble in document.troubles]
    for problem in audit.problems:
        told.append(command("error", "gradcheck could not do this", str(problem)))
    told.append(command("notice", "gradcheck", "\n".join(summary(audit))))
    return "".join(f"{line}\n" for line in told)


def _line(notice: Notice) -> str:
    """The annotation of a notice, or a plain line of the log."""
    level = {"failure": "error", "finding": "warning"}.get(notice.weight)
    if level is None:
        return inert(str(notice))
    place = {"file": notice.path}
    if notice.line:
        place |= {"line": str(notice.line)}
    if notice.column:
        place |= {"col": str(notice.column)}
    if notice.end is not None:
        place |= {"endLine": str(notice.end[0])}
        if notice.end[0] == notice.line:
            place |= {"endColumn": str(notice.end[1])}
    formula = notice.verdict.claim.source.formula if notice.verdict is not None else ""
    message = "\n".join(filter(None, (f"{notice.status}: {notice.message}", text.one_line(formula))))
    return command(level, notice.what, message, **place)


def command(level: str, title: str, message: str, **properties: str) -> str:
    """A workflow command whose text cannot end it or begin another."""
    told = {**properties, "title": title}
    return (
        f"::{level} {','.join(f'{name}={_property(value)}' for name, value in told.items() if value)}::{_data(message)}"
    )


def _data(words: str) -> str:
    """The message of a command: per cent signs and line ends are escaped, control characters dropped."""
    return text.clean(words.replace("\r", "\n")).replace("%", "%25").replace("\n", "%0A").replace("##[", "## [")


def _property(words: str) -> str:
    """The value of a property, on one line: colons and commas are escaped as well."""
    return _data(text.one_line(words)).replace(":", "%3A").replace(",", "%2C")


def inert(line: str) -> str:
    """A line of the log that no runner takes for a command, in the form of today (``::``) or of old (``##[``)."""
    line = line.replace("##[", "## [")
    return f"./{line}" if line.startswith("::") else line
