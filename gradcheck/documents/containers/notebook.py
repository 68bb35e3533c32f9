"""Jupyter notebooks: the Markdown of their cells, with the places in the notebook's own file; outputs are not looked at.

The cells are read by the places of their strings in the file (formats 3 and 4 of https://nbformat.readthedocs.io), which the
``nbformat`` package does not tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from gradcheck.documents.containers.json_strings import Path, decoded, strings
from gradcheck.documents.containers.mapped import Mapped, joined
from gradcheck.documents.containers.markdown import read_into
from gradcheck.documents.containers.parts import Origin, Parts

MAX_LINES = 200_000
"""Of all Markdown cells together."""


class NotebookError(ValueError):
    """A file that is no notebook: broken JSON, or JSON without cells."""


def read_notebook(text: Mapped) -> Parts:
    """The formulas and directives of a notebook's Markdown cells.

    Raises:
        NotebookError: the text is no JSON, has no list of cells, or too much Markdown.
    """
    try:
        tree = json.loads(text.text, strict=False)
    except json.JSONDecodeError as error:
        raise NotebookError(f"{error.lineno}:{error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise NotebookError("its JSON is nested too deeply") from error
    except ValueError as error:  # int() refuses numbers of thousands of digits
        raise NotebookError(f"its JSON is not read: {error}") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("cells", tree.get("worksheets")), list):
        raise NotebookError("there is no list of cells in it")
    parts = Parts()
    lines = 0
    for number, (kind, pieces) in enumerate(_cells(text), 1):
        if kind == "markdown":
            cell = joined(pieces)
            lines += cell.text.count("\n") + 1
            if lines > MAX_LINES:
                raise NotebookError(f"its cells have more than {MAX_LINES} lines; split it")
            read_into(parts, cell, Origin(cell=number))
        elif kind == "heading":
            parts.sections.enter(1)
    return parts


def _cells(text: Mapped) -> Iterator[tuple[str, list[Mapped]]]:
    """The type of each cell, and the strings of its source."""
    here: Path = ()
    kind = ""
    pieces: list[Mapped] = []
    for path, start, stop in strings(text.text):
        depth = 2 if path[0] == "cells" else 4 if path[0] == "worksheets" and path[2:3] == ("cells",) else 0
        if not depth or len(path) <= depth:
            continue
        if path[:depth] != here:
            if here:
                yield kind, pieces
            here, kind, pieces = path[:depth], "", []
        if path[depth:] == ("cell_type",):
            kind = decoded(text, start, stop).text
        elif path[depth] == "source" and kind != "code":
            pieces.append(decoded(text, start, stop))
    if here:
        yield kind, pieces
