"""What the layout of a formula tells of its indices and sums before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

from gradcheck.latex import layout as lay
from gradcheck.latex.reading.items import CLOSES, contents, letter, text_of
from gradcheck.latex.vocabulary import BIG, RELATIONS


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters that a sum runs over, and letters that are a subscript or stand beside a comma in one."""

    summed: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()

    def spell(self, word: str) -> bool:
        """Whether a subscript is these indices side by side, and no word."""
        known = self.summed | self.alone
        return bool(self.summed.intersection(word)) and (len(word) == 2 or known.issuperset(word))


def letters_in(rows: lay.Rows) -> Letters:
    """The index letters of a formula."""
    summed: set[str] = set()
    alone: set[str] = set()
    for item in _parts(rows):
        if not isinstance(item, lay.Scripted) or item.sub is None:
            continue
        inside = contents(item.sub) if isinstance(item.sub, lay.Group) else [item.sub]
        if text_of(item) in BIG:
            for other in inside:
                if text_of(other) in RELATIONS:
                    break
                summed.add(letter(other))
        elif len(inside) == 1 or any(text_of(other) == "," for other in inside):
            alone.update(letter(other) for other in inside)
    return Letters(frozenset(summed - {""}), frozenset(alone - {""}))


def has_short_sums(rows: lay.Rows) -> bool:
    """Whether a sign of a sum ends a group or a bracket: it is short for a sum that was printed before."""
    for cell in _parts(rows):
        if not isinstance(cell, tuple):
            continue
        for place, item in enumerate(cell):
            last = place + 1 == len(cell) or _closes(cell[place + 1])
            if last and isinstance(item, lay.Leaf) and item.text in BIG:
                return True
    return False


def _closes(item: Any) -> bool:
    return isinstance(item, (lay.Leaf, lay.Scripted)) and text_of(item) in CLOSES


def _parts(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here, tuple):
            waiting.extend(here)
        else:
            waiting.extend(getattr(here, name) for name in _names(here.__class__))


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of the items of one kind; none of text and numbers."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
