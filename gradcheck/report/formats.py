"""The renderings that `gradcheck audit --format` and `gradcheck report --format` know, by name."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from gradcheck.audit import Audit


def render(audit: Audit, name: str) -> str | bytes:
    """The audit in the format of that name; bytes where it is no text. Raises KeyError where there is none."""
    return renderings()[name](audit)


def renderings() -> Mapping[str, Callable[[Audit], str | bytes]]:
    """The rendering of each format."""
    from gradcheck.report.data import audit_csv, audit_json, audit_parquet
    from gradcheck.report.github import audit_github
    from gradcheck.report.junit import audit_junit
    from gradcheck.report.lines import audit_lines
    from gradcheck.report.markdown import audit_markdown
    from gradcheck.report.sarif import audit_sarif
    from gradcheck.report.tex import audit_tex

    return {
        "table": _table,
        "lines": audit_lines,
        "github": audit_github,
        "sarif": audit_sarif,
        "junit": audit_junit,
        "json": audit_json,
        "csv": audit_csv,
        "parquet": audit_parquet,
        "md": audit_markdown,
        "html": _html,
        "tex": audit_tex,
    }


def _html(audit: Audit) -> str:
    """The page; what it needs is imported for it alone."""
    from gradcheck.report.html import audit_html

    return audit_html(audit)


def _table(audit: Audit) -> str:
    """What the terminal shows, without colour."""
    from rich.console import Console

    from gradcheck.report.terminal import WIDTH_WHEN_PIPED, print_audit

    text = io.StringIO()
    print_audit(Console(file=text, width=WIDTH_WHEN_PIPED, markup=False, emoji=False, highlight=False), audit)
    return text.getvalue()
