"""The audit as one self-contained HTML page: no request leaves it, and everything foreign in it is escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck import __version__, decimals
from gradcheck.audit import Audit
from gradcheck.claim import STATUSES, Claim
from gradcheck.report import text
from gradcheck.report.mathml import typeset, typeset_sentence
from gradcheck.report.table import COLUMNS, findings, rows
from gradcheck.verdict import Entry

if TYPE_CHECKING:
    from jinja2 import Environment

MEANINGS: Mapping[str, str] = {
    "holds": "the oracles and the claim agree at every point",
    "fails": "the claim is wrong, and a point shows it",
    "conditional": "right only under an assumption that the source does not state",
    "ambiguous": "admissible readings get different verdicts",
    "undecided": "the oracles abstain or disagree, or no point was reached",
    "unreadable": "the formula cannot be read, or is missing",
    "problems": "what the audit itself could not do",
}

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def audit_html(audit: Audit) -> str:
    """The whole page."""
    from markupsafe import Markup

    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8")
    found = findings(audit)
    standing = {id(verdict) for verdict in found}
    return (
        _environment()
        .get_template("page.html")
        .render(
            audit=audit,
            version=__version__,
            statuses=STATUSES,
            meanings=MEANINGS,
            documents=_documents(audit),
            findings=found,
            holding=[verdict for verdict in audit.verdicts if id(verdict) not in standing],
            columns=COLUMNS,
            rows=list(zip(audit.verdicts, rows(audit), strict=True)),
            anchors=_anchors(audit),
            style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
            font=base64.b64encode((_TEMPLATES / "math.woff2").read_bytes()).decode(),
            script=Markup(script),
            script_hash=base64.b64encode(sha256(script.encode()).digest()).decode(),
        )
    )


def formula(claim: Claim) -> str:
    """HTML of a claim's formula: typeset, or the sentence with its formulas typeset; names of code are as they are."""
    if claim.source.origin == "code":
        return f"<p>{escape(claim.source.formula)}</p>"
    if claim.source.origin == "sentence":
        return f"<p>{typeset_sentence(claim.source.formula)}</p>"
    return typeset(claim.source.formula)


def _environment() -> Environment:
    """Jinja with everything escaped, names that must exist, and the words that the template uses."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda printed: text.clean(printed) if type(printed) is str else printed,
    )
    environment.filters.update(
        typeset=lambda latex: Markup(typeset(latex)),
        formula=lambda claim: Markup(formula(claim)),
        capital=text.capital,
        stop=text.stop,
        pair=_pair,
        index=decimals.index,
        point=text.point,
        numbers=decimals.numbers,
        space=text.space,
        value=text.value,
        record=text.record,
        reproduce=text.reproduce,
        first_wrong=text.first_wrong_step,
        wrong_step=text.wrong_step,
    )
    return environment


def _pair(entry: Entry) -> tuple[str, str]:
    """Claimed and true value of an entry, short, with enough digits to tell wrong ones apart."""
    if entry.wrong:
        return decimals.short_pair(entry.claimed, entry.true)
    return decimals.short(entry.claimed), decimals.short(entry.true)


def _documents(audit: Audit) -> dict[str, dict[str, int]]:
    """The counts of each document, in the order in which the documents come."""
    counts: dict[str, dict[str, int]] = {}
    for verdict in audit.verdicts:
        row = counts.setdefault(verdict.claim.source.document, dict.fromkeys(STATUSES, 0))
        row[verdict.status] += 1
    return counts


def _anchors(audit: Audit) -> dict[str, str]:
    """The fragment of each claim, ``document--claim``, made of letters, digits, dots and hyphens, no two alike."""
    anchors: dict[str, str] = {}
    taken: set[str] = set()
    for claim in audit.claims:
        plain = "--".join(re.sub(r"[^\w.-]+", "-", part) for part in (claim.source.document, claim.name))
        anchor, again = plain, 1
        while anchor in taken:
            again += 1
            anchor = f"{plain}-{again}"
        taken.add(anchor)
        anchors[claim.key] = anchor
    return anchors
