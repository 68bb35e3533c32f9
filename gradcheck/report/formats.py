"""The renderings that `gradcheck audit --format` knows, by name."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from gradcheck.audit import Audit


def render(audit: Audit, name: str) -> str:
    """The audit in the format of that name. Raises KeyError where there is none."""
    return renderings()[name](audit)


def renderings() -> Mapping[str, Callable[[Audit], str]]:
    """The rendering of each format."""
    from gradcheck.report.data import rows_json
    from gradcheck.report.github import audit_github
    from gradcheck.report.junit import audit_junit
    from gradcheck.report.lines import audit_lines
    from gradcheck.report.sarif import audit_sarif

    return {
        "table": _table,
        "lines": audit_lines,
        "github": audit_github,
        "sarif": audit_sarif,
        "junit": audit_junit,
        "json": rows_json,
    }


def _table(audit: Audit) -> str:
    """What the terminal shows, without colour."""
    from rich.console import Console

    from gradcheck.report.terminal import WIDTH_WHEN_PIPED, print_audit

    text = io.StringIO()
    print_audit(Console(file=text, width=WIDTH_WHEN_PIPED, markup=False, emoji=False, highlight=False), audit)
    return text.getvalue()
