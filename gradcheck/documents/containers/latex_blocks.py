"""The blocks of LaTeX: paragraphs, items, headings, cells of tables; whatever stands within a formula ends none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcheck.documents.containers.code import within
from gradcheck.documents.containers.parts import FILLER, Block
from gradcheck.documents.containers.sections import Sections
from gradcheck.latex.macros import braced

LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
MAX_TITLE = 300

_TABLES = "tabular|tabularx|tabulary|longtable|tabu"
_ENDS = re.compile(
    r"\n[ \t]*(?=\n)|\\(?:item|par|newpage|bigskip|medskip|smallskip|caption)(?![A-Za-z])"
    r"|\\(?P<level>" + "|".join(LEVELS) + r")\*?\s*(?:\[[^\]\n]*\]\s*)?(?=\{)"
    r"|\\(?P<edge>begin|end)\s*\{(?P<name>[A-Za-z]+)\*?\}"
    r"|(?P<row>\\\\(?:\[[^\]\n]*\])?)|(?P<cell>(?<!\\)&)"
)


class LatexBlocks:
    """Makes the blocks of a document stretch by stretch, in its order, so that headings and tables are counted on."""

    def __init__(self) -> None:
        self.sections = Sections()
        self.tables = 0
        self._row: tuple[int, int] | None = None

    def of(self, text: str, start: int, stop: int, formulas: Sequence[tuple[int, int]]) -> Iterator[Block]:
        """The blocks from `start` to `stop` of a text; `formulas` are the spans in which nothing ends a block."""
        at = start
        for found in _ENDS.finditer(text, start, stop):
            if found.start() < at or within(found.start(), formulas):
                continue
            if self._row is None and (found["row"] or found["cell"]):
                continue
            yield from self._block(text, at, found.start())
            at = found.end()
            if found["level"]:
                title = braced(text[at : at + MAX_TITLE], 0)
                self.sections.enter(LEVELS.index(found["level"]) + 1)
                end = at + (title[1] if title is not None else 0)
                if title is not None:
                    yield Block(at + 1, end - 1, self.sections.numbers, heading=True)
                at = end
            elif found["row"] and self._row is not None:
                self._row = (self._row[0], self._row[1] + 1)
            elif found["edge"] and re.fullmatch(_TABLES, found["name"]):
                self.tables += found["edge"] == "begin"
                self._row = (self.tables, 0) if found["edge"] == "begin" else None
        yield from self._block(text, at, stop)

    def _block(self, text: str, start: int, stop: int) -> Iterator[Block]:
        if text[start:stop].replace(FILLER, " ").strip():
            yield Block(start, stop, self.sections.numbers, self._row)
