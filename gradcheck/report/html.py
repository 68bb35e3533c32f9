"""The audit as one self-contained HTML page: no request leaves it, and everything foreign in it is escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck import __version__, decimals
from gradcheck.audit import Audit
from gradcheck.claim import STATUSES, Claim
from gradcheck.picture import Agreement, Curve, Picture
from gradcheck.report import plots, text
from gradcheck.report.mathml import typeset, typeset_prose, typeset_sentence
from gradcheck.report.table import COLUMNS, findings, rows
from gradcheck.verdict import Entry, Verdict

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TITLE = "Audit of derivative claims"

MEANINGS: Mapping[str, str] = {
    "holds": "the oracles and the claim agree at every point",
    "fails": "the claim is wrong, and a point shows it",
    "conditional": "right only under an assumption that the source does not state",
    "ambiguous": "admissible readings get different verdicts",
    "undecided": "the oracles abstain or disagree, or no point was reached",
    "unreadable": "the formula cannot be read, or is missing",
    "problems": "what the audit itself could not do",
}

MOST_PICTURES = 150
"""How many pictures a report draws, those of the worst findings first; the others are told in words. Each takes 40 ms."""

MOST_ENTRIES = 16

_ORIGINS = {
    "printed": "As printed",
    "sentence": "In words",
    "correction": "The correction",
    "reconstructed": "Reconstructed",
    "cited": "From the literature",
    "code": "Code",
}
_TRANSCRIPTIONS = {
    "agrees": "The function that was checked computes what is printed",
    "differs": "The function that was checked is not what is printed",
    "not compared": "The function that was checked was not compared with what is printed",
    "unreadable": "What is printed cannot be read by itself",
}
_NUMERIC = ("line", "digits")
_WIDTHS: Mapping[str, float] = {  # of the columns of the large table, in rem
    "document": 8.5,
    "line": 4.2,
    "claim": 10.0,
    "kind": 5.8,
    "printed": 18.0,
    "transcription": 9.0,
    "verdict": 7.0,
    "certified": 5.2,
    "digits": 4.2,
    "diagnosis": 19.0,
    "correction": 19.0,
    "recorded": 7.0,
}
_WIDTH = 12.0
_NOT_INSTALLED = 'Pictures are drawn by matplotlib, which is not installed: pip install "gradcheck[reports]"'
_NOT_DRAWN = f"In words alone: a report draws {MOST_PICTURES} pictures at most, those of the worst findings first."
_TEMPLATES = Path(__file__).resolve().parent / "templates"


def audit_html(audit: Audit) -> str:
    """The whole page."""
    report = Report(audit)
    return report.page("page.html", audit.verdicts, lambda claim: f"#{report.anchors[claim.key]}", inlined())


def formula(claim: Claim) -> str:
    """HTML of a claim's formula: typeset, or the sentence with its formulas typeset; names of code are as they are."""
    if claim.source.origin == "code":
        return f"<p>{escape(claim.source.formula)}</p>"
    if claim.source.origin == "sentence":
        return f"<p>{typeset_sentence(claim.source.formula)}</p>"
    return typeset(claim.source.formula)


@dataclass(frozen=True)
class Assets:
    """What goes into the head of a page, and the policy that lets the browser use it and nothing else."""

    head: str
    policy: str


@cache
def inlined() -> Assets:
    """Style, font and script inside of the page; only this very script may run."""
    source = script()
    allowed = base64.b64encode(sha256(source.encode()).digest()).decode()
    return Assets(
        f"<style>\n{style()}</style>\n<script>{source}</script>",
        f"default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; script-src 'sha256-{allowed}'",
    )


def script() -> str:
    """The script of every page."""
    return (_TEMPLATES / "page.js").read_text(encoding="utf-8")


def style() -> str:
    """The style of every page, with the mathematics font in it."""
    font = base64.b64encode((_TEMPLATES / "math.woff2").read_bytes()).decode()
    face = f'@font-face {{ font-family: "Report Math"; src: url("data:font/woff2;base64,{font}") format("woff2"); }}\n'
    return (_TEMPLATES / "page.css").read_text(encoding="utf-8") + face


@dataclass
class Report:
    """An audit on its way into pages: what all of them share is made once.

    ``pages`` are the addresses of the documents' own pages, where they have one.
    """

    audit: Audit
    pages: Mapping[str, str] = field(default_factory=dict)

    def page(
        self,
        template: str,
        verdicts: Sequence[Verdict],
        link: Callable[[Claim], str],
        assets: Assets,
        *,
        title: str = TITLE,
        home: str = "",
        columns: Sequence[str] = COLUMNS,
        cards: bool = True,
    ) -> str:
        """A page about some of the verdicts.

        ``link`` gives the address of a claim. ``home`` is that of the first page, on the page of one document; there, what
        belongs to the audit as a whole is left out. Without ``cards`` the claims have no sections of their own.
        """
        from markupsafe import Markup

        here = {id(verdict) for verdict in verdicts}
        found = [verdict for verdict in self.findings if id(verdict) in here]
        standing = {id(verdict) for verdict in found}
        documents = counts_by_document(verdicts)
        drawings, why = self._drawings if cards else ({}, "")
        return (
            environment()
            .get_template(template)
            .render(
                audit=self.audit,
                verdicts=verdicts,
                findings=found,
                holding=[verdict for verdict in verdicts if id(verdict) not in standing],
                unstable=[verdict for verdict in verdicts if verdict.quality is not None and verdict.quality.sentence],
                failing=[verdict for verdict in self.audit.failing if id(verdict) in here],
                mistranscribed=[verdict for verdict in self.audit.mistranscribed if id(verdict) in here],
                counts=next(iter(documents.values())) if home else self.audit.counts,
                documents=documents,
                kinds=sorted({verdict.claim.kind for verdict in verdicts}),
                shown_problems=() if home else self.audit.problems,
                transcriptions="" if home else _transcriptions(self.audit),
                summaries=[one.summary for one in self.audit.documents if not home or one.path in documents],
                rows=[(verdict, self.rows[id(verdict)]) for verdict in verdicts],
                columns=columns,
                cards=cards,
                anchors=self.anchors,
                pages=self.pages,
                link=link,
                home=home,
                title=title,
                drawings=drawings,
                not_drawn=why,
                assets=Markup(assets.head),
                policy=assets.policy,
                seed=self.audit.seed,
            )
        )

    @cached_property
    def anchors(self) -> dict[str, str]:
        """The fragment of each claim, ``document--claim``, made of letters, digits, dots and hyphens, no two alike."""
        taken: set[str] = set()
        return {
            claim.key: distinct("--".join(map(plain, (claim.source.document, claim.name))), taken)
            for claim in self.audit.claims
        }

    @cached_property
    def findings(self) -> list[Verdict]:
        """The findings of the whole audit, worst first."""
        return findings(self.audit)

    @cached_property
    def rows(self) -> dict[int, dict[str, Any]]:
        """The row of each verdict, by the verdict's identity."""
        return {id(verdict): row for verdict, row in zip(self.audit.verdicts, rows(self.audit), strict=True)}

    @cached_property
    def _drawings(self) -> tuple[dict[str, list[Drawing]], str]:
        """The pictures by the key of their claim, and why those that have no SVG have none; findings are drawn first."""
        standing = {id(verdict) for verdict in self.findings}
        ordered = (*self.findings, *(one for one in self.audit.verdicts if id(one) not in standing))
        left, why = MOST_PICTURES, _NOT_DRAWN
        drawn: dict[str, list[Drawing]] = {}
        for verdict in ordered:
            left -= len(verdict.pictures)
            svg = plots.svg if left >= 0 and why is _NOT_DRAWN else None
            try:
                drawn[verdict.claim.key] = [_drawn(picture, verdict.claim, svg) for picture in verdict.pictures]
            except plots.PlotsUnavailable:
                why = _NOT_INSTALLED
                drawn[verdict.claim.key] = [_drawn(picture, verdict.claim, None) for picture in verdict.pictures]
        return drawn, why


@dataclass(frozen=True)
class Drawing:
    """A picture as SVG, if it is drawn, its caption, and what it shows in words."""

    svg: Markup | str
    caption: str
    words: str


def _drawn(picture: Picture, claim: Claim, svg: Callable[[Picture, str], str] | None) -> Drawing:
    """A picture drawn by ``svg``, or in words alone."""
    from markupsafe import Markup

    caption = plots.caption(picture)
    where = picture.held if isinstance(picture, Curve | Agreement) else picture.at
    told = f"{caption}, at {where}" if where else caption
    return Drawing(Markup(svg(picture, f"{caption}: {claim.name}")) if svg else "", told, plots.words(picture))


def counts_by_document(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """The counts of each document, in the order in which the documents come."""
    counts: dict[str, dict[str, int]] = {}
    for verdict in verdicts:
        row = counts.setdefault(verdict.claim.source.document, dict.fromkeys(STATUSES, 0))
        row[verdict.status] += 1
    return counts


def plain(name: str) -> str:
    """A name of letters, digits, dots and hyphens."""
    return re.sub(r"[^\w.-]+", "-", name)


def distinct(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken already; from then on it is taken."""
    chosen, again = name, 1
    while chosen in taken:
        again += 1
        chosen = f"{name}-{again}"
    taken.add(chosen)
    return chosen


def _transcriptions(audit: Audit) -> str:
    """How many functions compare how with what is printed, in a clause; empty where nothing was compared."""
    verbs = {"agrees": "agree", "differs": "differ"}
    told = (f"{count} {verbs.get(outcome, outcome)}" for outcome, count in audit.transcriptions.items() if count)
    return ", ".join(told)


@cache
def environment() -> Environment:
    """Jinja with everything escaped, names that must exist, and the words that the templates use."""
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
    environment.globals.update(
        version=__version__,
        statuses=STATUSES,
        meanings=MEANINGS,
        origins=_ORIGINS,
        transcription_told=_TRANSCRIPTIONS,
        numeric=_NUMERIC,
        most_entries=MOST_ENTRIES,
        tracks=lambda columns: " ".join(f"minmax({_WIDTHS.get(column, _WIDTH)}rem, 1fr)" for column in columns),
        width=lambda columns: sum(_WIDTHS.get(column, _WIDTH) for column in columns),
        # Worst first, what holds last: the order of the statuses with the first one moved to the end.
        severity={status: (place - 1) % len(STATUSES) for place, status in enumerate(STATUSES)},
    )
    environment.filters.update(
        typeset=lambda latex: Markup(typeset(latex)),
        formula=lambda claim: Markup(formula(claim)),
        prose=lambda words: Markup(typeset_prose(words)),
        cause=text.diagnosis,
        capital=text.capital,
        stop=text.stop,
        pair=_pair,
        counted=_counted,
        index=decimals.index,
        point=text.point,
        quality_told=text.quality_told,
        numbers=decimals.numbers,
        space=text.space,
        value=text.value,
        record=text.record,
        reproduce=text.reproduce,
        first_wrong=text.first_wrong_step,
        wrong_step=text.wrong_step,
    )
    return environment


def _counted(count: int, one: str, many: str = "") -> str:
    """``3 claims``, ``1 claim``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _pair(entry: Entry) -> tuple[str, str]:
    """Claimed and true value of an entry, short, with enough digits to tell wrong ones apart."""
    if entry.wrong:
        return decimals.short_pair(entry.claimed, entry.true)
    return decimals.short(entry.claimed), decimals.short(entry.true)
