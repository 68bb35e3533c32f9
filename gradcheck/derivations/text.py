"""A derivation report on one screen of a terminal."""

from __future__ import annotations

import textwrap

from gradcheck.derivations import words
from gradcheck.derivations.model import DerivationReport, LineReport
from gradcheck.message import LABEL, WIDTH, printable

_MARGIN = 4


def text(report: DerivationReport) -> str:
    """The report, without a trailing line feed."""
    verdict = report.verdict
    status = "HOLDS only under a condition" if verdict.status == "conditional" else verdict.status.upper()
    lines = [f"{status}: {words.plain(report.derivation.title)}: {words.sentence(report)}"]
    if source := words.source(report):
        lines += _labelled("printed in", source)
    for said in report.derivation.about:
        lines += _labelled("about", words.plain(said))
    if report.sample:
        lines += _labelled("numbers at", words.point(report))
    for line in report.lines:
        lines += ["", *_line(line)]
    if report.first_wrong is not None:
        lines += ["", *_wrong(report, report.first_wrong)]
    for note in report.verdict.notes:
        lines += _labelled("note", words.plain(note))
    return printable("\n".join(lines))


def _line(line: LineReport) -> list[str]:
    mark = {"wrong": "✗", "undecided": "?", "start": " "}.get(line.state, "✓" if line.state != "follows" else "~")
    shown = [f"{mark} {line.number:>2}  {' '.join(words.formula(line).split())}"]
    shown += _indented(words.state(line))
    if line.rules:
        shown += _indented(f"by {words.plain(words.in_short(line))}")
    if members := words.members(line):
        shown += _indented(members)
    return shown


def _wrong(report: DerivationReport, line: LineReport) -> list[str]:
    shown = [f"line {line.number} is wrong"]
    if diagnosis := words.diagnosis(report):
        shown += _labelled("diagnosis", words.plain(diagnosis))
    if at := words.counterexample(line):
        shown += _labelled("at", at)
    rows = [("entry", "claimed", "true"), *words.entries(line)]
    if len(rows) > 1:
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        table = ["   ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip() for row in rows]
        shown += _labelled("entries", table[0])
        shown += [" " * (LABEL + 4) + row for row in table[1:]]
    found = report.continuation
    if found is not None:
        shown += _labelled("should be", f"= {words.tidy(found.formula)}" if found.formula else _numbers(report, line))
        shown += _labelled("", words.plain(found.origin))
        if checked := words.checked(report):
            shown += _labelled("", checked)
    return shown


def _numbers(report: DerivationReport, line: LineReport) -> str:
    """The line before, where only the numbers of the right line are known."""
    return " ".join(report.lines[line.number - 2].formula.split()) if line.number > 1 else ""


def _indented(words_: str) -> list[str]:
    margin = " " * (2 + _MARGIN)
    wrapped = textwrap.wrap(words_, WIDTH - len(margin), break_long_words=False, break_on_hyphens=False)
    return [margin + row for row in wrapped]


def _labelled(label: str, words_: str) -> list[str]:
    margin = " " * (LABEL + 4)
    rows = textwrap.wrap(words_, WIDTH - len(margin), break_long_words=False, break_on_hyphens=False) or [""]
    return [f"  {label.ljust(LABEL)}  {rows[0]}", *(margin + row for row in rows[1:])]
