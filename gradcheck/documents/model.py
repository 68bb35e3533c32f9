"""What is found in a document: formulas with their places, directives, macros. Plain data, whatever the container."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line and a column of a file, both counted from 1; columns count characters, not bytes."""

    line: int
    column: int

    def __str__(self) -> str:
        """As editors and compilers print it."""
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Formula:
    r"""A formula as it stands in a document.

    ``latex`` is what stands between its delimiters, with the container's own escapes undone (``&lt;`` in HTML, JSON strings in
    notebooks), white space around it left away, and nothing else changed. ``breaks`` maps places in it to places in the
    file: pairs of an offset into ``latex`` and the place of that character, in order, the first at offset 0; between two of
    them characters follow one another on a line.

    ``block`` numbers the paragraph, list item, table cell or display that it stands in, in document order; ``section`` is the
    numbers of the headings above it, outermost first; ``row`` is the table and the row of a formula in a table, else None.
    ``before`` and ``after`` are the words of its own block that stand between it and its neighbours (or the block's ends);
    for a display, those of the paragraph that it interrupts or stands right below.

    ``path`` is the file that it stands in where that is not the document's own (``\input``), ``cell`` the number of a
    notebook's cell, from 1. ``end`` is the place right after its last character.
    """

    latex: str
    breaks: tuple[tuple[int, Place], ...]
    end: Place
    display: bool
    block: int = 0
    section: tuple[int, ...] = ()
    row: tuple[int, int] | None = None
    before: str = ""
    after: str = ""
    path: str = ""
    cell: int = 0

    @property
    def place(self) -> Place:
        """Where its first character stands."""
        return self.breaks[0][1]

    def place_of(self, offset: int) -> Place:
        """Where the character at `offset` (from 0) of ``latex`` stands in the file."""
        number = bisect.bisect_right([start for start, _ in self.breaks], max(offset, 0)) - 1
        start, place = self.breaks[number]
        return Place(place.line, place.column + max(offset, 0) - start)


@dataclass(frozen=True, slots=True)
class Directive:
    r"""What an author says to gradcheck in a comment: the text after ``gradcheck:``, and where it stands.

    ``path`` is the file that it stands in where that is not the document's own (``\input``).
    """

    text: str
    place: Place
    block: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in a document that could not be read: where, and what. Never dropped in silence."""

    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Document:
    r"""A file's formulas in the order in which they stand, its directives, the macros that it defines, its troubles.

    ``path`` is how the file is written in outputs. ``macros`` are the LaTeX definitions (``\newcommand`` …) of a preamble or
    a configuration block, one after the other, ready for `gradcheck.latex.macros`. ``lines`` are the file's lines as text.
    """

    path: str
    kind: str
    lines: tuple[str, ...]
    formulas: tuple[Formula, ...]
    directives: tuple[Directive, ...] = ()
    macros: str = ""
    troubles: tuple[Trouble, ...] = field(default=())
