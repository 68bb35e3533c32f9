"""A text of which every character knows its place in the file, through cuts, escapes undone and pieces put together."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gradcheck.documents.model import Place


@dataclass(frozen=True, slots=True)
class Mapped:
    """A text with the places of its characters.

    At the offset ``starts[i]`` stands the character of ``places[i]``; up to the next start, characters follow one another on
    a line. ``starts`` ascends from 0 and holds at least that.
    """

    text: str
    starts: tuple[int, ...]
    places: tuple[Place, ...]

    def place(self, offset: int) -> Place:
        """Where the character at `offset` stands; past the end, the place after the last one."""
        number = bisect.bisect_right(self.starts, offset) - 1
        place = self.places[number]
        return Place(place.line, place.column + offset - self.starts[number])

    def after(self, offset: int) -> Place:
        """The place right after the character before `offset`: the end of a stretch that ends there."""
        if offset == 0:
            return self.place(0)
        last = self.place(offset - 1)
        return Place(last.line, last.column + 1)

    def cut(self, start: int, stop: int) -> Mapped:
        """The characters from `start` up to `stop`, with their places."""
        if start >= stop:
            return Mapped("", (0,), (self.place(start),))
        first = bisect.bisect_right(self.starts, start)
        last = bisect.bisect_left(self.starts, stop)
        return Mapped(
            self.text[start:stop],
            (0, *(offset - start for offset in self.starts[first:last])),
            (self.place(start), *self.places[first:last]),
        )

    def without(self, spans: Iterable[tuple[int, int]]) -> Mapped:
        """What is left when the `spans` (start and stop, ascending, apart from one another) are taken out."""
        pieces, at = [], 0
        for start, stop in spans:
            pieces.append(self.cut(at, start))
            at = stop
        return joined([*pieces, self.cut(at, len(self.text))])


FIRST = Place(1, 1)


def mapped(text: str, place: Place = FIRST) -> Mapped:
    """A text that stands in the file as it is, line by line, from `place` on."""
    starts, places = [0], [place]
    for number, found in enumerate(re.finditer("\n", text), 1):
        starts.append(found.end())
        places.append(Place(place.line + number, 1))
    return Mapped(text, tuple(starts), tuple(places))


def joined(pieces: Iterable[Mapped]) -> Mapped:
    """One text made of pieces; empty pieces leave no trace, unless there is nothing else."""
    kept: list[Mapped] = []
    empty = Mapped("", (0,), (FIRST,))
    for piece in pieces:
        if piece.text:
            kept.append(piece)
        else:
            empty = piece
    if not kept:
        return empty
    starts: list[int] = []
    places: list[Place] = []
    at = 0
    for piece in kept:
        starts += [at + start for start in piece.starts if start < len(piece.text)]
        places += piece.places[: len(starts) - len(places)]
        at += len(piece.text)
    return Mapped("".join(piece.text for piece in kept), tuple(starts), tuple(places))
