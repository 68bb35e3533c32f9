"""What tests of containers share: every character of every formula stands where its place says."""

from __future__ import annotations

from gradcheck.documents.model import Document
from gradcheck.documents.opening import read_text


def formulas(source: str, kind: str) -> list[str]:
    """The formulas of a source, after their places were compared with it, character by character."""
    return [formula.latex for formula in exact(source, kind).formulas]


def exact(source: str, kind: str) -> Document:
    """The document of a source, whose places were compared with it; an escaped character stands where its escape begins."""
    document = read_text(source, kind)
    lines = source.split("\n")
    for formula in document.formulas:
        for offset, char in enumerate(formula.latex):
            place = formula.place_of(offset)
            written = lines[place.line - 1][place.column - 1 : place.column]
            if char != "\n":
                assert written == char or written in ("&", "\\"), (formula, char, place)
        assert formula.place <= formula.end
    return document
