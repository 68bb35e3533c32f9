"""The tables of reStructuredText, cut into cells: grid tables by their borders, simple ones by the gaps of their rulers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_GRID = re.compile(r"[ \t]*\+(?:[-=]+\+)+[ \t]*")
_SIMPLE = re.compile(r"[ \t]*={2,}(?:[ \t]+={2,})+[ \t]*")
_COLUMN = re.compile(r"=+")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its row, from 0, and the stretches of the source that its lines take, borders left out."""

    row: int
    pieces: tuple[tuple[int, int], ...]


def is_grid(line: str) -> bool:
    """Whether a line is the border of a grid table."""
    return _GRID.fullmatch(line) is not None


def is_simple(line: str) -> bool:
    """Whether a line is the ruler of a simple table."""
    return _SIMPLE.fullmatch(line) is not None


def grid_cells(lines: Sequence[tuple[int, str]]) -> Iterator[Cell]:
    """The cells of a grid table, given as lines with the offsets at which they start."""
    borders = [found.start() for found in re.finditer(r"\+", lines[0][1])]
    row = 0
    pending: dict[int, list[tuple[int, int]]] = {}
    for start, line in lines[1:]:
        if is_grid(line):
            yield from (Cell(row, tuple(pieces)) for _, pieces in sorted(pending.items()))
            row += bool(pending)
            pending = {}
            continue
        here = [at for at in borders if line[at : at + 1] in ("|", "+")]
        for left, right in pairwise(here):
            if line[left + 1 : right].strip(" \t-="):
                pending.setdefault(left, []).append(_trimmed(start, line, left + 1, right))
    yield from (Cell(row, tuple(pieces)) for _, pieces in sorted(pending.items()))


def simple_cells(lines: Sequence[tuple[int, str]]) -> Iterator[Cell]:
    """The cells of a simple table; a line with nothing in its first column goes on with the row above."""
    columns = [found.start() for found in _COLUMN.finditer(lines[0][1])]
    edges = [*columns, None]
    row = -1
    pending: dict[int, list[tuple[int, int]]] = {}
    for start, line in lines:
        ruled = is_simple(line) or not line.strip(" \t-")
        if ruled or line[columns[0] : columns[1]].strip():
            yield from (Cell(row, tuple(pieces)) for _, pieces in sorted(pending.items()))
            pending = {}
        if ruled:
            continue
        row += bool(line[columns[0] : columns[1]].strip())
        for left, right in pairwise(edges):
            stop = len(line) if right is None else min(right, len(line))
            if line[left:stop].strip():
                pending.setdefault(left or 0, []).append(_trimmed(start, line, left or 0, stop))
    yield from (Cell(max(row, 0), tuple(pieces)) for _, pieces in sorted(pending.items()))


def _trimmed(start: int, line: str, left: int, right: int) -> tuple[int, int]:
    inside = line[left:right]
    return start + left + len(inside) - len(inside.lstrip()), start + left + len(inside.rstrip())
