"""Which letters of a formula are indices, as far as its layout tells: summed over, or alone in a subscript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from gradcheck.latex import layout as lay
from gradcheck.latex.reading.items import contents, letter, text_of
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
    for item in _scripted(rows):
        assert item.sub is not None
        inside = contents(item.sub) if isinstance(item.sub, lay.Group) else [item.sub]
        if text_of(item) in BIG:
            for other in inside:
                if text_of(other) in RELATIONS:
                    break
                summed.add(letter(other))
        elif len(inside) == 1 or any(text_of(other) == "," for other in inside):
            alone.update(letter(other) for other in inside)
    return Letters(frozenset(summed - {""}), frozenset(alone - {""}))


def _scripted(node: Any) -> Iterator[lay.Scripted]:
    """Everything with a subscript."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, tuple):
            waiting.extend(here)
        elif is_dataclass(here):
            if isinstance(here, lay.Scripted) and here.sub is not None:
                yield here
            waiting.extend(getattr(here, field.name) for field in fields(here))
