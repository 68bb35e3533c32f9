"""The blocks of Markdown: paragraphs, headings, list items, rows and cells of tables, by the lines markdown-it-py gives."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gradcheck.documents.containers.code import within
from gradcheck.documents.containers.parts import Block, Parts

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BAR = re.compile(r"\\.|\|")
_FILLED = re.compile(r"[^\n]")
_EMPTY = re.compile(r"\n(?=\n)")


def tokens_of(source: str) -> list[Token]:
    """The block tokens of a Markdown source, with the lines that each takes."""
    return _parser().parse(source)


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable(["inline"])


def masked(source: str, blank: Sequence[tuple[int, int]], taken: Sequence[tuple[int, int]] = ()) -> str:
    """A source for the block parser, line for line: `blank` spans emptied, and `taken` ones a word that marks up nothing."""
    pieces, at = [], 0
    for start, stop in sorted([*blank, *taken]):
        if start < at:
            continue
        inside = source[start:stop]
        filled = "\n" * inside.count("\n") if (start, stop) in blank else _EMPTY.sub("\nx", _FILLED.sub("x", inside))
        pieces += [source[at:start], filled]
        at = stop
    return "".join([*pieces, source[at:]])


def span_of(token: Token, lines: Sequence[int]) -> tuple[int, int]:
    """From the start of a token's first line to the end of its last, by the offsets at which lines start."""
    first, last = token.map or (0, 0)
    return lines[min(first, len(lines) - 1)], lines[min(last, len(lines) - 1)]


def blocks_of(
    source: str, tokens: Sequence[Token], lines: Sequence[int], taken: Sequence[tuple[int, int]], parts: Parts
) -> list[Block]:
    """The blocks of a source, ascending; the cells of a table by the bars of its lines outside of `taken` spans.

    Headings and tables are counted on from those of `parts`.
    """
    blocks: list[Block] = []
    sections = parts.sections
    row = 0
    heading = in_table = False
    for token in tokens:
        if token.type == "heading_open":
            sections.enter(int(token.tag[1:]))
            heading = True
        elif token.type == "heading_close":
            heading = False
        elif token.type == "table_open":
            parts.tables, row, in_table = parts.tables + 1, -1, True
        elif token.type == "table_close":
            in_table = False
        elif token.type == "tr_open":
            row += 1
            for start, stop in _cells(source, span_of(token, lines), taken):
                blocks.append(Block(start, stop, sections.numbers, row=(parts.tables, row)))
        elif token.type in ("inline", "html_block") and not in_table:
            blocks.append(Block(*span_of(token, lines), sections.numbers, heading=heading))
    return blocks


def _cells(source: str, line: tuple[int, int], taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    at = line[0]
    for bar in _BAR.finditer(source, *line):
        if bar[0] != "|" or within(bar.start(), taken):
            continue
        if source[at : bar.start()].strip():
            yield at, bar.start()
        at = bar.end()
    if source[at : line[1]].strip():
        yield at, line[1]
