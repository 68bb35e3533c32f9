r"""Brackets and bars: plain ones, which are matched here, and those of ``\\left`` and ``\\right``."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.reading.conditions import condition
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.environments import environment
from gradcheck.latex.reading.items import OPENS, is_bar, refusal, split, text_of
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import MATRICES

PLAIN = {"(": "()", "[": "[]", r"\{": "{}", r"\lbrace": "{}", r"\langle": "⟨⟩", "⟨": "⟨⟩"}
"""What each bracket that opens makes."""
BARS = dict.fromkeys(("|", r"\lvert", r"\vert"), "||") | dict.fromkeys((r"\|", "‖", "∥", r"\lVert", r"\Vert"), "‖‖")
"""What each bar makes."""
_FENCES = {
    "()": "()",
    "[]": "[]",
    "||": "||",
    r"\|\|": "‖‖",
    r"\{\}": "{}",
    r"\lvert\rvert": "||",
    r"\lVert\rVert": "‖‖",
    r"\Vert\Vert": "‖‖",
    r"\langle\rangle": "⟨⟩",
    r"\lbrack\rbrack": "[]",
}


def bracketed(cursor: Cursor) -> Expr:
    """The brackets that open here, to where they close.

    Raises:
        UnreadableError: they are never closed, or empty.
    """
    start = cursor.items[cursor.place]
    mark = text_of(start)
    depth = 0
    for end in range(cursor.place, len(cursor.items)):
        other = text_of(cursor.items[end])
        depth += (other == mark) - (other == OPENS[mark])
        if depth == 0:
            inner = cursor.items[cursor.place + 1 : end]
            cursor.place = end + 1
            return _in_brackets(cursor, PLAIN[mark], inner, start)
    raise refusal(f"{mark} is never closed", start)


def barred(cursor: Cursor) -> Expr:
    """The bars that open here, to where they close; two plain bars on each side are a norm.

    Raises:
        UnreadableError: they are never closed, or nothing is between them.
    """
    start = cursor.items[cursor.place]
    mark = text_of(start)
    closes = {r"\lVert": r"\rVert", r"\lvert": r"\rvert"}.get(mark, mark)
    kind = BARS[mark]
    first = cursor.place + 1
    ends = [end for end in range(first, len(cursor.items)) if text_of(cursor.items[end]) == closes]
    if not ends:
        raise refusal(f"{mark} is never closed", start)
    if kind == "||" and ends[0] == first and len(ends) >= 3 and cursor.items[first].at == start.at + 1:
        inner = cursor.items[first + 1 : ends[1]]
        cursor.place = ends[2] + 1
        return _in_brackets(cursor, "‖‖", inner, start)
    inner = cursor.items[first : ends[0]]
    cursor.place = ends[0] + 1
    return _in_brackets(cursor, kind, inner, start)


def fenced(cursor: Cursor, item: lay.Fenced) -> Expr:
    r"""What stands between ``\\left`` and ``\\right``; around a matrix only bars mean something.

    Raises:
        UnreadableError: the two brackets are no pair, or empty.
    """
    inner = items_of(lay.Group(item.rows, item.at))
    kind = _FENCES.get(item.left + item.right)
    if len(inner) == 1 and isinstance(inner[0], lay.Environment) and inner[0].name in MATRICES:
        made = environment(cursor, inner[0])
        return tree.Fence(kind, made, item.at) if kind in ("||", "‖‖") else made
    if kind is None:
        raise refusal(f"the brackets {item.left} {item.right} are not understood", item)
    return _in_brackets(cursor, kind, inner, item)


def _in_brackets(cursor: Cursor, kind: str, inner: list[lay.Item], item: lay.Item) -> Expr:
    inner = cursor.merged(inner)
    parts = split(inner, (",", ";"))
    if kind == "()" and sum(text_of(other) in ("|", r"\mid") and not is_bar(other) for other in inner) == 1:
        parts = split(inner, (",", ";", "|", r"\mid"))
    if not inner:
        raise refusal("nothing stands between the brackets", item)
    made = [condition(cursor, part) for part in parts]
    if len(made) == 1:
        return tree.Fence(kind, made[0], item.at)
    return tree.Listing(kind, tuple(made), item.at)
