"""Values by cases: where a row splits into value and condition, and what the words of a condition say."""

from __future__ import annotations

import re

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.layout import lay_out
from gradcheck.latex.reading.conditions import condition
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import contents, is_text, letter, refusal, text_of, without_elision
from gradcheck.latex.reading.rows import flat
from gradcheck.latex.tree import Expr

_OTHERWISE = re.compile(r"^(?:otherwise|else|sonst|иначе|否则|其他|其它|other(?:wise)?\.?)\.?,?$", re.IGNORECASE)
_IF = re.compile(r"^(?:for|if|when|where|при|если|当|若|and|,|:|;)?[\s,:.]*$", re.IGNORECASE)


def in_a_brace(cursor: Cursor, fenced: lay.Fenced) -> Expr:
    """Cases after a brace that nothing closes, with or without an array in it."""
    inner = contents(lay.Group(fenced.rows, fenced.at))
    if len(inner) == 1 and isinstance(inner[0], lay.Environment):
        return case_rows(cursor, inner[0].rows, inner[0])
    return case_rows(cursor, fenced.rows, fenced)


def case_rows(cursor: Cursor, rows: lay.Rows, item: lay.Item) -> Expr:
    """The cases that rows are.

    Raises:
        UnreadableError: there is no row, or a row has no condition.
    """
    found: list[tuple[Expr, Expr | None]] = []
    for row in rows:
        cells = [cell for cell in row if cell]
        if not cells:
            continue
        value, stated = _split(cursor, cells)
        found.append((cursor.expression(value), _stated(cursor, stated, item)))
    if not found:
        raise refusal("cases without a row", item)
    return tree.Cases(tuple(found), item.at)


def _split(cursor: Cursor, cells: list[lay.Cell]) -> tuple[list[lay.Item], list[lay.Item]]:
    if len(cells) > 2 and _is_if(cells[1]):
        return _unpunctuated(without_elision(cells[0])), [other for cell in cells[2:] for other in cell]
    items = cursor.merged(without_elision([other for cell in cells for other in cell]))
    depth = 0
    for place, other in enumerate(items):
        mark = text_of(other)
        depth += (mark in ("(", "[")) - (mark in (")", "]"))
        if place and depth == 0 and (is_text(other) or mark in (",", ";", ":", r"\quad")):
            return items[:place], items[place:]
    if len(cells) > 1:
        return without_elision(cells[0]), [other for cell in cells[1:] for other in cell]
    raise refusal("a case without a condition", items[0])


def _is_if(cell: lay.Cell) -> bool:
    """Whether a cell of its own holds the word "if", set in words or in letters as ``i f,``."""
    found = _unpunctuated(list(cell))
    word = text_of(found[0]) if len(found) == 1 and is_text(found[0]) else "".join(letter(other) for other in found)
    return bool(word) and _IF.match(word) is not None


def _unpunctuated(items: list[lay.Item]) -> list[lay.Item]:
    """Items without the commas and colons at their end."""
    while len(items) > 1 and text_of(items[-1]) in (",", ":", ";"):
        items = items[:-1]
    return items


def _stated(cursor: Cursor, items: list[lay.Item], item: lay.Item) -> Expr | None:
    """The condition of a case; words such as "if" carry no meaning, "otherwise" is None."""
    rest: list[lay.Item] = []
    for other in items:
        mark = text_of(other)
        if is_text(other):
            text = mark.strip()
            if _OTHERWISE.match(text):
                return None
            if _IF.match(text):
                continue
            inner = re.match(r"^(?:if|for|when)\s+(.*)$", text)
            if inner is None:
                raise refusal(f"the words {text!r} are not understood as a condition", other)
            rest.extend(flat(lay_out(inner[1].replace("$", ""))))
        elif mark in (",", ":", ";", r"\quad", ".") and not (rest and mark == ","):
            continue
        else:
            rest.append(other)
    word = "".join(letter(other) for other in rest)
    if _OTHERWISE.match(word):
        return None
    if not rest:
        raise refusal("a case without a condition", item)
    for prefix in ("if", "for", "when"):
        if word.startswith(prefix) and len(rest) > len(prefix):
            rest = rest[len(prefix) :]
            break
    while rest and text_of(rest[0]) in (",", ":"):
        rest = rest[1:]
    return condition(cursor, cursor.merged(rest))
