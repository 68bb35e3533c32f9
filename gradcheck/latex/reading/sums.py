"""Sums and products over indices."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import refusal, split, text_of
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import BIG, PRODUCTS, RELATIONS


def big(cursor: Cursor) -> Expr:
    """A sum or a product with its range, over the term that follows; a name where nothing is summed.

    Raises:
        UnreadableError: the range is not understood, or a range is given and nothing follows.
    """
    item = cursor.items[cursor.place]
    cursor.place += 1
    if isinstance(item, lay.Scripted):
        if item.primes:
            raise refusal("a prime on a sign of a sum", item)
    elif _stands_for_itself(cursor):
        return tree.Name(rf"\{BIG[text_of(item)]}", at=item.at)
    indices: tuple[str, ...] = ()
    lower: Expr | None = None
    upper: Expr | None = None
    if isinstance(item, lay.Scripted):
        if item.sub is not None:
            indices, lower = _range(cursor, item.sub)
        if item.sup is not None:
            upper = cursor.inside(item.sup)
    sign = cursor.sign()
    body = cursor.term()
    signed = body if sign > 0 else tree.Sum(((-1, body),))
    return tree.Big(BIG[text_of(item)], indices, lower, upper, signed, item.at)


def _stands_for_itself(cursor: Cursor) -> bool:
    """A bare sign with nothing to sum, short for a sum that was printed before; a minus may begin what is summed."""
    if cursor.peek() == "-":
        return cursor.names.short_sums and cursor.place > 1
    return not cursor.goes_on() or cursor.peek() in (*PRODUCTS, "/")


def _range(cursor: Cursor, sub: lay.Item) -> tuple[tuple[str, ...], Expr | None]:
    """The indices, and where they begin or what they satisfy."""
    parts = split(cursor.merged(items_of(sub)), tuple(RELATIONS), keep=True)
    names: list[str] = []
    for part in split(parts[0], (",",)):
        inner = cursor.over(part)
        while inner.item() is not None:
            found = inner.factor()
            if not isinstance(found, tree.Name):
                raise refusal("an index is a name", sub)
            names.append(found.text)
    if len(parts) == 1:
        return tuple(names), None
    if len(parts) != 3:
        raise refusal("the range of a sum is not understood", sub)
    mark = RELATIONS[text_of(parts[1][0])]
    right = cursor.expression(parts[2])
    return tuple(names), right if mark == "=" else tree.Relation(mark, tree.Name(names[0]), right)
