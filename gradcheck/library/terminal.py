"""An entry of a catalogue on a terminal, as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from gradcheck.library import words
from gradcheck.library.entries import Entry
from gradcheck.library.finding import Hit
from gradcheck.message import LABEL, WIDTH, printable


def entry_text(entry: Entry, *, code: bool = True) -> str:
    """Everything about an entry, without a trailing line feed; formulas are LaTeX, on a line of their own, never broken."""
    lines = [f"{entry.title}  ({entry.key})", f"  {entry.verdict}", ""]
    lines += [f"    {_one_line(latex)}" for latex in (entry.formula, *(one for _, one in entry.derivatives)) if latex]
    lines.append("")
    for label, told in _labelled(entry):
        margin = " " * (LABEL + 4)
        rows = textwrap.wrap(told, WIDTH - len(margin), break_long_words=False, break_on_hyphens=False)
        lines += [f"  {label.ljust(LABEL)}  {rows[0]}", *(margin + row for row in rows[1:])]
    if code and entry.code:
        lines += ["", *(f"    {line}".rstrip() for line in entry.code.rstrip().splitlines())]
    return printable("\n".join(lines))


def hits_text(hits: Sequence[Hit]) -> str:
    """A line for each entry: its name, its title and its verdict where that is not simply certified."""
    width = max(len(hit.entry.key) for hit in hits)
    rows = [
        f"{hit.entry.key.ljust(width)}  {hit.entry.title}" + ("" if hit.entry.certified else f"  [{hit.entry.verdict}]")
        for hit in hits
    ]
    return printable("\n".join(rows))


def _labelled(entry: Entry) -> Iterator[tuple[str, str]]:
    """What there is to say, each with its label."""
    yield "domain", "; ".join(words.domain(entry))
    if entry.cotangents:
        yield "cotangents", "; ".join(f"{one.name}: {one.space}" for one in entry.cotangents)
    if entry.kinks:
        yield "kinks", entry.kinks
    if entry.why:
        yield "stable form", entry.why
    for one in entry.digits:
        if one.reason:
            yield f"{one.what}:", f"digits not measured, {one.reason}"
            continue
        where = f" ({one.where})" if one.where else ""
        form = ", textbook's form" if one.stable else ""
        yield "digits", f"{one.what}{form}: {'; '.join(words.ranges(one.textbook, one.axis))}{where}"
        if one.stable:
            yield "", f"{one.what}, stable form: {'; '.join(words.ranges(one.stable, one.axis))}"
    if entry.notes:
        yield "notes", entry.notes
    yield (
        "printed",
        f"the LaTeX of the forward function and its code: {entry.compared}"
        + (f" ({entry.detail})" if entry.detail else ""),
    )
    yield "source", entry.source
    if entry.also:
        yield "also", ", ".join(entry.also)


def _one_line(text: str) -> str:
    return " ".join(text.split())
