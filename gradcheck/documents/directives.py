"""Directives: what an author says to gradcheck in a comment beside a formula, as ``word: value``.

One entry a line, or several on a line with ``;`` between them; a line that does not start with ``word:`` goes on with the one
above. ``everywhere`` as the first entry makes the directive speak of every formula of the document.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.model import Directive, Document, Place
from gradcheck.documents.words import Entry, annotate

_START = re.compile(r"[^\S\n]*([A-Za-z][A-Za-z-]*)\s*:(?!=)")
_EVERYWHERE = re.compile(r"\s*everywhere\s*(?:[;:.]|\n|$)\s*", re.IGNORECASE)


def parse(directive: Directive, path: str = "", lines: Sequence[str] = ()) -> Annotation:
    """What a directive says. ``path`` and the document's ``lines`` make the places in messages exact.

    Raises:
        AnnotationError: it is empty, has a word that does not exist, or a value that is not understood.
    """
    text = directive.text
    general = _EVERYWHERE.match(text)
    start = general.end() if general is not None else 0
    places = _Places(directive, lines)
    path = directive.path or path
    entries = list(_entries(text, start, path, places))
    if not entries:
        raise AnnotationError(
            path, directive.place, "the directive says nothing; say for instance 'derivative: f by x'"
        )
    made = annotate(entries, path, directive.place, everywhere=general is not None, directive=True)
    return replace(made, included=bool(directive.path))


def annotations_of(document: Document) -> tuple[tuple[Annotation, ...], tuple[AnnotationError, ...]]:
    """The annotations that a document's own directives make, and what is wrong with the others."""
    found: list[Annotation] = []
    errors: list[AnnotationError] = []
    for directive in document.directives:
        try:
            lines = () if directive.path else document.lines
            found.append(parse(directive, document.path, lines))
        except AnnotationError as error:
            errors.append(error)
    return tuple(found), tuple(errors)


class _Places:
    """Where the characters of a directive's text stand in the file, as far as the file's lines tell."""

    def __init__(self, directive: Directive, lines: Sequence[str]) -> None:
        self.text = directive.text
        self.first = directive.place
        self.lines = lines

    def at(self, offset: int) -> Place:
        """The place of a character."""
        above = self.text.count("\n", 0, offset)
        begin = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", begin)
        whole = self.text[begin : end if end >= 0 else len(self.text)]
        written = whole.strip()
        line = self.first.line + above
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        column = shown.find(written, self.first.column - 1 if above == 0 else 0)
        if column < 0:
            return Place(line, self.first.column + offset) if above == 0 else Place(line, 1)
        return Place(line, column + 1 + max(offset - begin - (len(whole) - len(whole.lstrip())), 0))


def _entries(text: str, start: int, path: str, places: _Places) -> Iterator[Entry]:
    """The entries: each goes on until a line end or a semicolon that another one follows."""
    starts = (start, *(cut + 1 for cut in _cuts(text, start)))
    words = [word for begin in starts if (word := _START.match(text, begin)) is not None]
    first = words[0].start() if words else len(text)
    if stray := text[start:first].strip(" \t\n;"):
        raise AnnotationError(
            path,
            places.at(text.index(stray, start)),
            f"{stray!r} is no entry; an entry is a word, a colon and a value, as in 'derivative: f by x'",
        )
    for word, following in itertools.zip_longest(words, words[1:]):
        yield _entry(text, word, following.start() if following is not None else len(text), places)


def _entry(text: str, word: re.Match[str], end: int, places: _Places) -> Entry:
    raw = text[word.end() : end]
    lead = word.end() + len(raw) - len(raw.lstrip())
    return Entry(
        word[1].lower(),
        raw.strip().rstrip(";").rstrip(),
        places.at(word.start(1)),
        lambda offset: places.at(lead + offset),
    )


def _cuts(text: str, start: int) -> Iterator[int]:
    r"""Line ends, and semicolons outside of braces that are not the thick space ``\;``."""
    depth = 0
    for place in range(start, len(text)):
        char = text[place]
        depth += (char == "{") - (char == "}")
        if char == "\n" or (char == ";" and depth <= 0 and text[place - 1 : place] != "\\"):
            yield place
