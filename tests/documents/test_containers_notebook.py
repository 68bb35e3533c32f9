"""Notebooks: the Markdown of cells, with places in the notebook's own file and the number of the cell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradcheck.documents.model import Place
from gradcheck.documents.opening import DocumentError, read_text
from tests.documents.exact import exact


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"cells": "$no$"}, "cells": list(cells), "nbformat": 4}


def markdown(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"source": "$no$"}, "source": list(lines)}


CODE = {"cell_type": "code", "source": ["x = '$no$'"], "outputs": [{"text": ["$no$"]}]}


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [None, 1])
def test_cells(indent: int | None, ascii_only: bool) -> None:
    first = markdown("# A $a$\n", 'say "é😀" $\\sigma\\,$ and\n', "\n", "$$\n", "b \\\\\n", "c\n", "$$")
    tree = notebook(
        first, CODE, {"cell_type": "markdown", "source": "## B\n$d$"}, {"cell_type": "raw", "source": "$no$"}
    )
    document = exact(json.dumps(tree, indent=indent, ensure_ascii=ascii_only), "notebook")
    told = [(formula.latex, formula.cell, formula.section) for formula in document.formulas]
    assert told == [("a", 1, (1,)), (r"\sigma\,", 1, (1,)), ("b \\\\\nc", 1, (1,)), ("d", 3, (1, 1))]
    assert document.troubles == ()


def test_places_in_the_file() -> None:
    source = '{"cells": [\n {"source": ["so \\"$x\\\\,\\n",\n  "y$\\""],\n  "cell_type": "markdown"}]}'
    (formula,) = exact(source, "notebook").formulas
    assert formula.latex == "x\\,\ny"
    assert [formula.place_of(offset) for offset in (0, 1, 2, 4)] == [
        Place(2, 21),
        Place(2, 22),
        Place(2, 24),
        Place(3, 4),
    ]


def test_an_older_format() -> None:
    source = json.dumps({"worksheets": [{"cells": [markdown("$a$")]}], "nbformat": 3})
    assert [(formula.latex, formula.cell) for formula in exact(source, "notebook").formulas] == [("a", 1)]


def test_directives() -> None:
    source = json.dumps(notebook(markdown("<!-- gradcheck: note: one -->\n", "$a$")), indent=1)
    (directive,) = read_text(source, "notebook").directives
    line = source.split("\n")[directive.place.line - 1]
    assert line[directive.place.column - 1 :].startswith(directive.text)
    assert directive.text == "note: one"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('{"cells":\n [}', "2:3: Expecting value"),
        ("[1]", "there is no list of cells in it"),
        ('{"cells": 3}', "there is no list of cells in it"),
        ("[" * 100_000, "its JSON is nested too deeply"),
    ],
)
def test_what_is_no_notebook(source: str, said: str) -> None:
    with pytest.raises(DocumentError, match=r"^notes\.ipynb is no Jupyter notebook: ") as caught:
        read_text(source, "notebook", "notes.ipynb")
    assert str(caught.value).endswith(said)
