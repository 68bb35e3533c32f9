"""Verdicts and audits as the output of a notebook's cell: formulas typeset, everything foreign escaped, no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gradcheck.report.html import environment
from gradcheck.report.table import findings

if TYPE_CHECKING:
    from gradcheck.audit import Audit
    from gradcheck.verdict import Verdict

MOST_ROWS = 60
"""How many claims a table in a notebook shows, findings first."""

# White on each is read well, and each stands out from light and dark paper.
TONES: Mapping[str, str] = {
    "holds": "#1a7a40",
    "fails": "#c02b2b",
    "conditional": "#8a5a00",
    "ambiguous": "#7a3fb0",
    "undecided": "#53616f",
    "unreadable": "#7c5548",
    "problems": "#a3195b",
}


def verdict_output(verdict: Verdict) -> str:
    """HTML of one verdict."""
    return _macro("verdict_output", verdict)


def audit_output(audit: Audit) -> str:
    """HTML of the counts and the claims, findings first."""
    found = findings(audit)
    standing = {id(verdict) for verdict in found}
    rest = [verdict for verdict in audit.verdicts if id(verdict) not in standing]
    return _macro("audit_output", audit, found, rest, MOST_ROWS)


def _macro(name: str, *arguments: object) -> str:
    """What a macro of the template makes of its arguments."""
    module = environment().get_template("notebook.html").make_module({"tones": TONES})
    return str(getattr(module, name)(*arguments)).strip()
