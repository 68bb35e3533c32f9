r"""Evaluation bars: what stands before ``|_{x = 2}``, or between ``\\left.`` and ``\\right|_{x = 2}``, at a point."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import refusal, split, text_of
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import RELATIONS

_UPRIGHT = ("|", r"\vert", r"\rvert")
_EQUALS = tuple(mark for mark, meaning in RELATIONS.items() if meaning == "=")


def at_bar(cursor: Cursor, body: Expr, before: Expr | None) -> Expr:
    """The last factor of a term at the point of the bar that stands here.

    Raises:
        UnreadableError: the subscript gives no names with values; or what stands before the factor mentions such a name,
            so that it might be meant as well.
    """
    item = cursor.items[cursor.place]
    assert isinstance(item, lay.Scripted)
    point = _point(cursor, item)
    if before is not None and not isinstance(body, (tree.Derivative, tree.At)):
        alone(before, point, item)
    cursor.place += 1
    return tree.At(body, point, item.at)


def alone(before: Expr, point: tuple[tuple[Expr, Expr], ...], item: lay.Item) -> None:
    """Refuses a bar that may belong to what stands before as well.

    Raises:
        UnreadableError: what stands before mentions a name of the point.
    """
    names = [name for name, _ in point]
    if any(_occurs(name, before) for name in names):
        raise refusal("an evaluation bar of which it is not clear how far it reaches to the left", item)


def between(cursor: Cursor, fence: lay.Fenced, item: lay.Item) -> Expr | None:
    r"""What stands between ``\\left.`` and ``\\right|`` at a point; None for other brackets, and without a point.

    Raises:
        UnreadableError: the subscript gives no names with values.
    """
    if fence.left != "." or fence.right not in _UPRIGHT or not isinstance(item, lay.Scripted) or item.sub is None:
        return None
    if item.sup is not None:
        raise refusal("a bar with two bounds", item)
    body = cursor.inside(lay.Group(fence.rows, fence.at))
    return tree.At(body, _point(cursor, item), item.at)


def _point(cursor: Cursor, item: lay.Scripted) -> tuple[tuple[Expr, Expr], ...]:
    assert item.sub is not None
    found: list[tuple[Expr, Expr]] = []
    for part in split(items_of(item.sub), (",", ";")):
        sides = split(part, _EQUALS)
        if len(sides) != 2 or not all(sides) or any(text_of(other) in RELATIONS for side in sides for other in side):
            raise refusal("a point without names (as x = 2) under an evaluation bar", item)
        name, value = (cursor.expression(side) for side in sides)
        if not isinstance(name, (tree.Name, tree.Script)):
            raise refusal("an evaluation bar at a value of more than a name", item)
        found.append((name, value))
    return tuple(found)


def _occurs(name: Expr, node: Any) -> bool:
    if isinstance(node, tuple):
        return any(_occurs(name, child) for child in node)
    if node == name:
        return True
    return is_dataclass(node) and any(_occurs(name, getattr(node, field.name)) for field in fields(node))
