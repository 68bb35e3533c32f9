"""Plain text: paragraphs between empty lines, numbered or bare one-line headings, formulas between delimiters."""

from __future__ import annotations

import re

from gradcheck.documents.containers.delimiters import Delimited
from gradcheck.documents.containers.directives import directives
from gradcheck.documents.containers.mapped import Mapped
from gradcheck.documents.containers.parts import Block, Parts, gather
from gradcheck.documents.containers.sections import Sections

_LINE = re.compile(r"[^\n]+")
_ITEM = re.compile(r"[ \t]*(?:[•‣◦▪*+-]|\(?[0-9]{1,3}[.)])[ \t]")
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2})*)\.?[ \t]+\S")
_ENDS = tuple(".,;:!?。,;:!?、…")
MAX_HEADING = 60
UNNUMBERED = 9  # the level of a heading without number: below all others


def read(text: Mapped) -> Parts:
    """The formulas and directives of a plain text."""
    parts = Parts()
    said = list(directives(text))
    opaque = [(one.start, one.stop) for one in said]
    gather(parts, text, Delimited(text.text, opaque), blocks_of(text.text), said)
    return parts


def blocks_of(text: str) -> list[Block]:
    """The paragraphs of a text: an empty line or the mark of a list item begins a new one."""
    blocks: list[Block] = []
    sections = Sections()
    start = stop = -1
    for line in _LINE.finditer(text):
        if not line[0].strip():
            continue
        apart = stop >= 0 and text.count("\n", stop, line.start()) > 1
        if start >= 0 and (apart or _ITEM.match(line[0])):
            blocks.append(_block(text, start, stop, sections))
            start = -1
        start = line.start() if start < 0 else start
        stop = line.end()
    if start >= 0:
        blocks.append(_block(text, start, stop, sections))
    return blocks


def _block(text: str, start: int, stop: int, sections: Sections) -> Block:
    level = _heading(text[start : min(stop, start + MAX_HEADING + 1)])
    if level:
        sections.enter(level)
    return Block(start, stop, sections.numbers, heading=0 < level < UNNUMBERED)


def _heading(paragraph: str) -> int:
    """The level of a heading; 0 for what is none: a line of its own that is short, without formula and without full stop."""
    if len(paragraph) > MAX_HEADING or "\n" in paragraph or "\\" in paragraph or "$" in paragraph:
        return 0
    numbered = _NUMBERED.match(paragraph)
    if numbered is not None and "." in numbered["number"]:
        return numbered["number"].count(".") + 1
    if paragraph.rstrip().endswith(_ENDS) or _ITEM.match(paragraph):
        return 0
    return UNNUMBERED
