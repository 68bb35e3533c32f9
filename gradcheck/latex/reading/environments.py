"""Environments inside of an expression: cases and matrices."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.reading.cases import case_rows
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import is_text, refusal, text_of, without_elision
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import DISPLAYS, DOTS, MATRICES, RELATIONS


def environment(cursor: Cursor, item: lay.Environment) -> Expr:
    """What an environment is.

    Raises:
        UnreadableError: it is a display or unknown, or the rows of a matrix differ in length.
    """
    if item.name in ("cases", "dcases", "rcases"):
        return case_rows(cursor, item.rows, item)
    if item.name in DISPLAYS:
        raise refusal(f"a display ({item.name}) inside of an expression", item)
    if item.name not in MATRICES:
        raise refusal(f"the environment {item.name} is not understood", item)
    if item.name == "Bmatrix":
        return case_rows(cursor, item.rows, item)
    rows = [tuple(cursor.expression(without_elision(cell)) for cell in row) for row in item.rows if any(row)]
    if not rows or len({len(row) for row in rows}) != 1:
        raise refusal("a matrix whose rows differ in length", item)
    made: Expr = tree.Matrix(tuple(rows), item.at)
    bars = {"vmatrix": "||", "Vmatrix": "‖‖"}.get(item.name)
    return made if bars is None else tree.Fence(bars, made, item.at)


def bare_rows(cursor: Cursor, rows: lay.Rows) -> Expr | None:
    """Cases or a matrix of which only the rows are quoted, without what stands around them."""
    full = [[without_elision(cell) for cell in row] for row in rows if any(row)]
    full = [[cell for cell in row if cell and not all(text_of(item) in DOTS for item in cell)] for row in full]
    marks = [[{text_of(item) for item in cell} & set(RELATIONS) for cell in row] for row in full]
    if len(full) < 2 or any(len(row) < 2 or first[0] for row, first in zip(full, marks, strict=True)):
        return None
    at = full[0][0][0].at
    if all(
        len(row) == 2 and (found[1] or is_text(row[1][0])) and text_of(row[1][0]) not in RELATIONS
        for row, found in zip(full, marks, strict=True)
    ):
        made = tuple(tuple(tuple(cell) for cell in row) for row in full)
        return case_rows(cursor, made, lay.Group((), at))
    if len(full[0]) >= 3 and len({len(row) for row in full}) == 1 and not any(any(row) for row in marks):
        return tree.Matrix(tuple(tuple(cursor.expression(cell) for cell in row) for row in full), at)
    return None
