"""A place in a sequence of items, from which the parts of the grammar read on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from gradcheck.latex import layout as lay
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reading.items import is_bar, nucleus, refusal, shown, text_of
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.reading.words import Names, merged
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import ARROWS, RELATIONS

_ENDS = frozenset(
    (")", "]", r"\}", ",", ";", ":", r"\rangle", "⟩", "+", "-", "", "|", r"\|", "‖", "∥"),
)


class Cursor(ABC):
    """A recursive descent over the items of one sequence; nesting is bounded by the tokens.

    ``left`` tells that the sequence is the left side of a formula, where ∇ applies to all that follows. ``operand`` is set
    while the operand of a derivative is read: an evaluation bar behind it belongs to the derivative.
    """

    def __init__(self, names: Names, items: list[lay.Item], left: bool = False) -> None:
        self.names = names
        self.items = items
        self.place = 0
        self.left = left
        self.operand = False

    @abstractmethod
    def sum(self) -> Expr:
        """Terms with signs between them."""

    @abstractmethod
    def term(self) -> Expr:
        """Factors with products and slashes between them."""

    @abstractmethod
    def factor(self) -> Expr:
        """One factor with what is applied to it."""

    @abstractmethod
    def atom(self, item: lay.Item) -> Expr:
        """One item without its scripts."""

    def over(self, items: list[lay.Item]) -> Self:
        """A cursor of its own at the beginning of other items."""
        return type(self)(self.names, items)

    def expression(self, items: Sequence[lay.Item], left: bool = False) -> Expr:
        """The expression that a sequence of items is, to its end."""
        inner = type(self)(self.names, self.merged(items), left)
        found = inner.sum()
        inner.finish()
        return found

    def inside(self, item: lay.Item) -> Expr:
        """The expression in an argument or a group."""
        return self.expression(items_of(item))

    def merged(self, items: Sequence[lay.Item]) -> list[lay.Item]:
        """The items with the letters of words joined."""
        return merged(items, self.names.words)

    def peek(self, ahead: int = 0) -> str:
        """The text of the item here, or some items further on; empty where there is none."""
        place = self.place + ahead
        return text_of(self.items[place]) if place < len(self.items) else ""

    def item(self) -> lay.Item | None:
        """The item here, if there is one."""
        return self.items[self.place] if self.place < len(self.items) else None

    def sign(self) -> int:
        """Steps over signs: -1 for an odd number of minus signs, else 1."""
        found = 1
        while (mark := self.peek()) in ("+", "-"):
            found = -found if mark == "-" else found
            self.place += 1
        return found

    def goes_on(self) -> bool:
        """Whether the item here begins a further factor."""
        item = self.item()
        if item is None or is_bar(item):
            return False
        mark = text_of(item)
        if mark in _ENDS and isinstance(nucleus(item), lay.Leaf):
            return mark in ("|", r"\|", "‖") and sum(text_of(other) == mark for other in self.items[self.place :]) >= 2
        return mark not in RELATIONS and mark not in ARROWS

    def finish(self) -> None:
        """Everything must have been understood."""
        if (item := self.item()) is not None:
            raise refusal(f"{shown(item)} is not understood here", item)

    def missing(self) -> UnreadableError:
        """The error for a factor that is not there."""
        return UnreadableError("something is missing at the end", self.items[-1].at if self.items else 0)
