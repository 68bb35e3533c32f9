"""The audit as a folder of HTML pages: a summary with a search over all claims, and one page a document.

Style and script are files beside the pages, and every address is a relative one: the folder can be moved, zipped, opened
from a disk, or put on any web server. The address of a claim is ``documents/<document>.html#<document>--<claim>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gradcheck.audit import Audit
from gradcheck.claim import Claim
from gradcheck.report import html
from gradcheck.report.files import ReportError, replace, swept
from gradcheck.report.html import Assets, Report, distinct, plain
from gradcheck.verdict import Verdict

LARGE = 500
"""With more claims than this, `gradcheck audit` writes a folder beside the report files, since one page opens slowly."""

COLUMNS = ("document", "line", "claim", "kind", "printed", "verdict", "certified", "digits", "diagnosis", "recorded")

_POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src data:; img-src data:; script-src 'self'"
_LONGEST = 80
_MARK = '<meta name="generator" content="gradcheck">'


def pages(audit: Audit) -> Mapping[str, str]:
    """The content of every file by its path in the folder, with forward slashes: pages, then what they share."""
    addresses = _addresses(audit)
    report = Report(audit, addresses)
    made = {"index.html": _index(report)}
    made.update(
        {addresses[document]: _page(report, document, found) for document, found in _by_document(audit).items()}
    )
    return {**made, "report.css": html.style(), "report.js": html.script()}


def write(audit: Audit, folder: str | Path) -> list[Path]:
    """Write `pages` into ``folder``, made if it is missing; pages of documents that are gone are removed.

    Everything is rendered before the first file is touched, the first page is written last, and each file is written whole or
    not at all. Raises ReportError when the folder cannot be written.
    """
    folder = Path(folder)
    made = pages(audit)
    if (folder / "index.html").exists() and not _ours(folder / "index.html"):
        raise ReportError(f"{folder / 'index.html'} is no page of a report; name an empty folder, or a report's own")
    for name in reversed(list(made)):
        replace(folder / name, made[name])
    kept = {folder / name for name in made}
    for old in sorted((folder / "documents").glob("*.html")):
        if old not in kept and _ours(old):
            old.unlink()
    swept(folder)
    return [folder / name for name in made]


def _ours(page: Path) -> bool:
    """Whether a page was written by this module."""
    with page.open(encoding="utf-8", errors="replace") as stream:
        return _MARK in stream.read(2_000)


def _addresses(audit: Audit) -> dict[str, str]:
    """The path of each document's page; they differ in more than the case of letters, which some file systems ignore."""
    taken: set[str] = set()
    found = {}
    for document in dict.fromkeys(verdict.claim.source.document for verdict in audit.verdicts):
        name = plain(document).strip(".-").lower()[-_LONGEST:] or "document"
        found[document] = f"documents/{distinct(name, taken)}.html"
    return found


def _by_document(audit: Audit) -> dict[str, list[Verdict]]:
    """The verdicts of each document, in order."""
    found: dict[str, list[Verdict]] = {}
    for verdict in audit.verdicts:
        found.setdefault(verdict.claim.source.document, []).append(verdict)
    return found


def _index(report: Report) -> str:
    """The first page: counts, findings, and the table of all claims."""

    def link(claim: Claim) -> str:
        return f"{report.pages[claim.source.document]}#{report.anchors[claim.key]}"

    return report.page("page.html", report.audit.verdicts, link, _assets(""), columns=COLUMNS, cards=False)


def _page(report: Report, document: str, found: list[Verdict]) -> str:
    """The page of one document: its claims in full."""

    def link(claim: Claim) -> str:
        fragment = f"#{report.anchors[claim.key]}"
        there = claim.source.document
        return fragment if there == document else report.pages[there].removeprefix("documents/") + fragment

    return report.page("page.html", found, link, _assets("../"), title=document, home="../index.html")


def _assets(up: str) -> Assets:
    """What a page links to, from a folder that is ``up`` from its own."""
    return Assets(f'<link rel="stylesheet" href="{up}report.css">\n<script src="{up}report.js"></script>', _POLICY)
