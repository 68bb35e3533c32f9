"""Derivation reports as Markdown that GitHub renders, formulas as ``math`` blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.derivations import words
from gradcheck.derivations.model import DerivationReport, LineReport
from gradcheck.report import text
from gradcheck.report.markdown import code, plain


def markdown(reports: Sequence[DerivationReport]) -> str:
    """All reports, one after the other."""
    heading = [] if len(reports) == 1 else ["# Derivations, line by line"]
    parts = [*heading, *(part for report in reports for part in _report(report, len(reports) == 1))]
    return "\n\n".join(parts) + "\n"


def _report(report: DerivationReport, alone: bool) -> Iterator[str]:
    yield f"{'#' if alone else '##'} {said(report.derivation.title)}"
    yield f"**{said(text.stop(text.capital(report.sentence())))}**"
    if source := words.source(report):
        yield plain(source)
    for one in report.derivation.about:
        yield said(one)
    if report.sample:
        yield f"Sample point: {code(words.point(report))}"
    for line in report.lines:
        yield from _line(report, line)
    for note in report.verdict.notes:
        yield said(text.stop(text.capital(note)))


def _line(report: DerivationReport, line: LineReport) -> Iterator[str]:
    mark = {"wrong": "❌ ", "right again": "❌ ", "follows": "⚠️ ", "start": ""}.get(line.state, "")
    yield f"### Line {line.number}: {mark}{said(words.state(line))}"
    yield block(words.formula(line))
    items = [f"- {said(rule.text)} — {said(rule.how)}" for rule in line.rules]
    if items:
        yield "\n".join(items)
    if members := words.members(line):
        yield f"At the sample point: {code(members)}"
    if report.first_wrong is not None and line.number == report.first_wrong.number:
        yield from _finding(report, line)


def _finding(report: DerivationReport, line: LineReport) -> Iterator[str]:
    if diagnosis := words.diagnosis(report):
        yield f"**Diagnosis.** {said(text.stop(text.capital(diagnosis)))}"
    if at := words.counterexample(line):
        yield f"**Counterexample.** {code(at)}"
    rows = [f"| {code(index)} | {plain(claimed)} | {plain(true)} |" for index, claimed, true in words.entries(line)]
    if rows:
        yield "\n".join(["| entry | claimed | true |", "|---|---|---|", *rows])
    found = report.continuation
    if found is not None:
        yield (
            f"**It should be** ({said(found.origin)}):" if found.formula else f"**{said(text.capital(found.origin))}.**"
        )
        if found.formula:
            yield block(f"= {found.formula}")
        if checked := words.checked(report):
            yield said(text.stop(text.capital(checked)))


def block(latex: str) -> str:
    """A formula on lines of its own."""
    formula = words.aligned(text.clean(latex))
    fence = "```"
    while fence in formula:
        fence += "`"
    return f"{fence}math\n{formula}\n{fence}"


def said(sentence: str) -> str:
    """A sentence as Markdown, the formulas in it as GitHub takes them."""
    return "".join(
        f"$`{text.one_line(piece)}`$" if formula else plain_piece(piece) for formula, piece in words.pieces(sentence)
    )


def plain_piece(piece: str) -> str:
    """Words between formulas, the spaces at their ends kept."""
    inner = plain(piece)
    return f"{' ' * piece[:1].isspace()}{inner}{' ' * (piece[-1:].isspace() and bool(inner))}"
