"""What stands between commas: an expression, or a relation as in an indicator or a case."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import split, text_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import RELATIONS

_AND = (",", r"\land", r"\wedge")


def condition(cursor: Cursor, items: list[lay.Item]) -> Expr:
    """An expression, or relations joined by "and" where there are commas, ∧ or a chain of them.

    Raises:
        UnreadableError: a relation lacks a side, or nothing stands between two commas.
    """
    several = [part for part in split(items, _AND) if part]
    if not several:
        raise UnreadableError("an expression is missing between commas", items[0].at if items else 0)
    if len(several) > 1:
        return _joined([condition(cursor, part) for part in several], items[0].at)
    items = several[0]
    parts = split(items, tuple(RELATIONS), keep=True)
    if len(parts) == 1:
        return cursor.expression(items)
    relations: list[Expr] = []
    for place in range(1, len(parts) - 1, 2):
        mark = RELATIONS[text_of(parts[place][0])]
        left, right = cursor.expression(parts[place - 1]), cursor.expression(parts[place + 1])
        relations.append(tree.Relation(mark, left, right, items[0].at))
    return _joined(relations, items[0].at)


def _joined(parts: list[Expr], at: int) -> Expr:
    found = parts[0]
    for part in parts[1:]:
        found = tree.Product(r"\land", found, part, at)
    return found
