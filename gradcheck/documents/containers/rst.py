r"""reStructuredText: ``:math:`` roles and ``math`` directives, read from the source, since docutils tells no columns.

Headings, paragraphs and the rows of grid, simple and list tables are told apart as
https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html says; literal blocks, code and comments hold no formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.documents.containers.delimiters import Found
from gradcheck.documents.containers.directives import directives
from gradcheck.documents.containers.mapped import Mapped, joined
from gradcheck.documents.containers.parts import Block, Parts, Said, gather
from gradcheck.documents.containers.rst_tables import Cell, grid_cells, is_grid, is_simple, simple_cells

_ADORNED = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*")
_MARKUP = re.compile(r"[ \t]*\.\.(?:[ \t]+(?P<rest>.*))?")
_DIRECTIVE = re.compile(r"(?P<name>[\w:.+-]+?)[ \t]*::(?:[ \t]+(?P<argument>.*))?[ \t]*")
_OPTION = re.compile(r"[ \t]+:[\w-]+:(?:[ \t].*)?")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\(?(?:\d+|[a-zA-Z#])[.)])[ \t]+")
_LIST_ROW = re.compile(r"[ \t]*(?P<row>\*[ \t]+)?-(?:[ \t]+|$)")
_INLINE = re.compile(
    r"``[\s\S]+?``(?!`)|:(?P<role>[\w:.+-]+):`(?P<roled>(?:\\[\s\S]|[^`\\])+)`"
    r"|`(?P<plain>(?:\\[\s\S]|[^`\\])+)`(?::(?P<suffix>[\w.+-]+):|(?P<link>__?))?|\|[^|\s][^|\n]*\|_"
)
# What these hold is text of the document; what any other directive holds is taken for code.
_TEXT = re.compile(
    r"admonition|attention|caution|danger|error|hint|important|note|tip|warning|topic|sidebar|"
    r"epigraph|highlights|pull-quote|compound|container|table|list-table|rst-class|class|figure|"
    r"seealso|versionadded|versionchanged|deprecated|only|theorem|proof|lemma|proposition|definition|"
    r"example|exercise|remark|corollary|details|dropdown|centered|rubric|py:function|py:class|"
    r"py:method|function|method|autofunction|grid|grid-item|card|tab-set|tab-item"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line: where it starts and stops, and how far its text is indented; -1 for an empty line."""

    start: int
    stop: int
    indent: int


def read(text: Mapped) -> Parts:
    """The formulas and directives of a reStructuredText document."""
    reading = _Reading(text)
    reading.run()
    return reading.parts


class _Reading:
    """One document, line by line."""

    def __init__(self, text: Mapped) -> None:
        self.text = text
        self.parts = Parts()
        self.lines = list(_lines(text.text))
        self.said = list(directives(text))[::-1]
        self.styles: list[str] = []
        self.role = "title-reference"
        self.list_row: tuple[int, int, int] | None = None

    def run(self) -> None:
        """Read the document from its first line to its last."""
        number, literal = 0, -1
        while number < len(self.lines):
            line = self.lines[number]
            written = self._written(number)
            if line.indent < 0:
                number += 1
            elif literal >= 0 and line.indent > literal:
                number = self._below(number, literal)
            elif (markup := _MARKUP.fullmatch(written)) is not None:
                literal = -1
                number = self._explicit(number, markup["rest"] or "")
            elif written.lstrip().startswith(">>>"):
                while number < len(self.lines) and self.lines[number].indent >= 0:
                    number += 1
            elif (level := self._heading(number)) is not None:
                literal = -1
                number = level
            elif is_grid(written) or is_simple(written):
                number = self._table(number, grid=is_grid(written))
            else:
                begin, number = number, self._paragraph(number)
                self._inline(self.lines[begin].start, self.lines[number - 1].stop, self._row(begin))
                literal = line.indent if self._written(number - 1).rstrip().endswith("::") else -1

    def _written(self, number: int) -> str:
        line = self.lines[number]
        return self.text.text[line.start : line.stop]

    def _below(self, number: int, indent: int) -> int:
        """The first line from `number` on that is indented by no more than `indent`."""
        while number < len(self.lines) and not 0 <= self.lines[number].indent <= indent:
            number += 1
        return number

    def _paragraph(self, number: int) -> int:
        """The line after a paragraph: an empty one, or the start of a list item or of explicit markup."""
        number += 1
        while number < len(self.lines) and self.lines[number].indent >= 0:
            written = self._written(number)
            if _ITEM.match(written) or _MARKUP.fullmatch(written):
                break
            number += 1
        return number

    def _heading(self, number: int) -> int | None:
        """The line after a heading that begins here, None where none does."""
        over = _ADORNED.fullmatch(self._written(number)) is not None and number + 2 < len(self.lines)
        under = number + 1 + over
        if (
            under >= len(self.lines)
            or self.lines[under - 1].indent < 0
            or _ADORNED.fullmatch(self._written(under)) is None
        ):
            return None
        title, mark = self._written(under - 1), self._written(under).rstrip()
        if len(mark) < min(len(title.strip()), 4) or (over and self._written(number)[:1] != mark[:1]):
            return None
        if not over and self.lines[number].indent > 0:
            return None
        style = mark[0] * (2 if over else 1)
        if style not in self.styles:
            self.styles.append(style)
        self.parts.sections.enter(self.styles.index(style) + 1)
        self._inline(self.lines[under - 1].start, self.lines[under - 1].stop, None, heading=True)
        return under + 1

    def _explicit(self, number: int, rest: str) -> int:
        """The line after a directive or a comment that begins here."""
        line = self.lines[number]
        stop = self._below(number + 1, line.indent)
        directive = _DIRECTIVE.match(rest)
        if directive is None:
            if rest.startswith("gradcheck:"):
                self._gather([], [Block(line.start, self.lines[stop - 1].stop, self.parts.sections.numbers)])
            if rest.startswith(("[", "|")):
                self._inline(line.start, self.lines[stop - 1].stop, None)
            return stop
        name = directive["name"]
        if name == "math":
            self._math(number, stop, rest, directive)
        elif name == "default-role":
            self.role = (directive["argument"] or "title-reference").strip()
        elif _TEXT.fullmatch(name):
            if name == "list-table":
                self.parts.tables += 1
                self.list_row = (self.parts.tables, -1, stop)
            return self._past_options(number + 1, stop)
        return stop

    def _past_options(self, number: int, stop: int) -> int:
        while number < stop and _OPTION.fullmatch(self._written(number)):
            number += 1
        return number

    def _row(self, number: int) -> tuple[int, int] | None:
        """The row of a list table that a paragraph stands in."""
        if self.list_row is None or number >= self.list_row[2]:
            self.list_row = None
            return None
        item = _LIST_ROW.match(self._written(number))
        table, row, stop = self.list_row
        if item is not None and item["row"]:
            row += 1
            self.list_row = (table, row, stop)
        return table, row

    def _math(self, number: int, stop: int, rest: str, directive: re.Match[str]) -> None:
        """The equations of a ``math`` directive, each between empty lines."""
        source, line = self.text.text, self.lines[number]
        spans: list[tuple[int, int]] = []
        if (directive["argument"] or "").strip():
            begin = line.stop - len(rest) + directive.start("argument")
            spans.append((begin, line.stop))
        first = True
        for at in range(self._past_options(number + 1, stop), stop):
            here = self.lines[at]
            if here.indent < 0:
                first = True
            elif first and not (spans and at == number + 1):
                spans.append((here.start + here.indent, here.stop))
                first = False
            else:
                spans[-1] = (spans[-1][0], here.stop)
                first = False
        found = [Found(begin, end, begin, end, display=True) for begin, end in spans if source[begin:end].strip()]
        self._gather(found, [Block(one.start, one.stop, self.parts.sections.numbers) for one in found])

    def _inline(self, start: int, stop: int, row: tuple[int, int] | None, *, heading: bool = False) -> None:
        """The roles of a paragraph or a heading."""
        found = list(self._roles(self.text.text, start, stop))
        self._gather(found, [Block(start, stop, self.parts.sections.numbers, row, heading)])

    def _roles(self, source: str, start: int, stop: int) -> Iterator[Found]:
        for one in _INLINE.finditer(source, start, stop):
            kind = "roled" if one["role"] else "plain"
            role = one["role"] or one["suffix"] or ("" if one["link"] or not one["plain"] else self.role)
            if role == "math":
                yield Found(one.start(), one.end(), *one.span(kind), display=False)

    def _gather(self, found: Sequence[Found], blocks: Sequence[Block]) -> None:
        said: list[Said] = []
        for block in blocks[-1:]:
            while self.said and self.said[-1].start < block.stop:
                said.append(self.said.pop())
        gather(self.parts, self.text, found, blocks, said)

    def _table(self, number: int, *, grid: bool) -> int:
        """The line after a table that begins here; each cell is read as a paragraph, whatever borders cut it."""
        stop = number + 1
        while stop < len(self.lines) and (self.lines[stop].indent >= 0 or (not grid and self._goes_on(number, stop))):
            stop += 1
        rows = [(self.lines[at].start, self._written(at)) for at in range(number, stop)]
        self.parts.tables += 1
        cells = list(grid_cells(rows) if grid else simple_cells(rows))
        for cell in cells:
            self._cell(cell)
        return stop

    def _goes_on(self, first: int, number: int) -> bool:
        """Whether an empty line stands within a simple table: its border comes again below."""
        border = self._written(first)
        for at in range(number + 1, min(number + 50, len(self.lines))):
            if self._written(at).rstrip() == border.rstrip():
                return True
            if self.lines[at].indent < 0 and self.lines[at - 1].indent < 0:
                return False
        return False

    def _cell(self, cell: Cell) -> None:
        text = joined(_apart(self.text, cell.pieces))
        found = list(self._roles(text.text, 0, len(text.text)))
        block = Block(0, len(text.text), self.parts.sections.numbers, (self.parts.tables, cell.row))
        gather(self.parts, text, found, [block])


def _apart(text: Mapped, pieces: Sequence[tuple[int, int]]) -> Iterator[Mapped]:
    """The lines of a cell, with a line end between two of them."""
    for number, (start, stop) in enumerate(pieces):
        if number:
            yield Mapped("\n", (0,), (text.place(start),))
        yield text.cut(start, stop)


def _lines(source: str) -> Iterator[_Line]:
    at = 0
    for written in source.split("\n"):
        bare = written.lstrip()
        yield _Line(at, at + len(written), len(written) - len(bare) if bare else -1)
        at += len(written) + 1
