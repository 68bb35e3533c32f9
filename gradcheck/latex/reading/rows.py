"""The rows of a display as one run of items."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex.reading.items import breaks, is_line_end, text_of
from gradcheck.latex.vocabulary import DISPLAYS, RELATIONS


def flat(rows: lay.Rows) -> list[lay.Item]:
    """The rows of a display, one after the other; ``&`` only aligns there."""
    found: list[lay.Item] = []
    for number, row in enumerate(rows):
        if number:
            found.append(lay.Leaf("NEWLINE", r"\\", 0))
        for place, cell in enumerate(row):
            if place and breaks(row[place - 1], cell):
                found.append(lay.Leaf("CMD", r"\quad", cell[0].at))
            for item in cell:
                inner = _opened(item, cell, row, rows)
                found.extend([item] if inner is None else flat(inner))
    return found


def items_of(item: lay.Item) -> list[lay.Item]:
    """What an argument or a group consists of, in one line."""
    if isinstance(item, lay.Group):
        return [other for other in flat(item.rows) if not is_line_end(other)]
    return [item]


def _opened(item: lay.Item, cell: lay.Cell, row: lay.Row, rows: lay.Rows) -> lay.Rows | None:
    """The rows inside of an item that belong to the display itself."""
    if isinstance(item, lay.Group) and len(cell) == 1 and len(rows) > 1 and _relates(item):
        return item.rows
    if isinstance(item, lay.Environment) and _is_display(item, row, len(rows) == 1):
        return item.rows
    if isinstance(item, lay.Styled) and item.command in (r"\boxed", r"\fbox", r"\ensuremath"):
        return item.body.rows if isinstance(item.body, lay.Group) else (((item.body,),),)
    return None


def _relates(item: lay.Group) -> bool:
    """Whether braces hold a whole equation, as in an array that is a display."""
    return any(text_of(other) in RELATIONS for row in item.rows for cell in row for other in cell)


def _is_display(item: lay.Environment, row: lay.Row, only: bool) -> bool:
    """A display by name, or an array that is all there is, with relations in cells of their own."""
    if item.name in DISPLAYS:
        return True
    alone = only and item.name == "array" and sum(len(cell) for cell in row) == 1
    return alone and any(
        len(cell) >= 1 and (text_of(cell[0]) in RELATIONS or (isinstance(cell[0], lay.Group) and _relates(cell[0])))
        for line in item.rows
        for cell in line
    )
