"""reStructuredText: roles, directives, tables; literal text holds no formulas."""

from __future__ import annotations

import pytest

from gradcheck.documents.model import Place
from tests.documents.exact import exact, formulas

GRID = """\
+-----------+-----------+
| :math:`f` | :math:`a  |
|           | + b`      |
+===========+===========+
| :math:`g` | :math:`c` |
+-----------+-----------+
"""
SIMPLE = """\
=========  =========
first      second
=========  =========
:math:`f`  :math:`a`
:math:`g`  :math:`c`
=========  =========
"""
LIST = """\
.. list-table::
   :header-rows: 1

   * - :math:`f`
     - :math:`a`
   * - :math:`g`
     - :math:`c`
"""


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("So :math:`a = 1` and `b`:math: and ``:math:`no` ``.", ["a = 1", "b"]),
        ("So :math:`a\n= \\frac{1}{2}`.", ["a\n= \\frac{1}{2}"]),
        (".. math:: a = b\n", ["a = b"]),
        (".. math:: a\n   = b\n", ["a\n   = b"]),
        (
            ".. math::\n   :label: slope\n\n   a = b\n\n   c &= d \\\\\n     &= e\n\nwords",
            ["a = b", "c &= d \\\\\n     &= e"],
        ),
        ("Code::\n\n   :math:`no`\n\n:math:`a`", ["a"]),
        (".. code-block:: python\n\n   :math:`no`\n\n:math:`a`", ["a"]),
        (".. a comment\n   :math:`no`\n\n:math:`a`", ["a"]),
        (".. note:: See\n\n   :math:`a`", ["a"]),
        (">>> f(':math:`no`')\n1\n\n:math:`a`", ["a"]),
        (".. default-role:: math\n\nSo `a` and `link <there>`_.", ["a"]),
        ("So `a` is no formula, and $b$ neither.", []),
    ],
)
def test_what_is_a_formula(source: str, found: list[str]) -> None:
    assert formulas(source, "rst") == found


@pytest.mark.parametrize(("table", "first", "cut"), [(GRID, 0, True), (SIMPLE, 1, False), (LIST, 0, False)])
def test_tables(table: str, first: int, cut: bool) -> None:
    document = exact(f"Before :math:`x`.\n\n{table}\nAfter :math:`y`.", "rst")
    assert [(formula.latex, formula.row) for formula in document.formulas] == [
        ("x", None),
        ("f", (1, first)),
        ("a\n+ b" if cut else "a", (1, first)),
        ("g", (1, first + 1)),
        ("c", (1, first + 1)),
        ("y", None),
    ]


def test_sections_and_words() -> None:
    document = exact(
        "=\nA\n=\n".replace("=", "===") + "\nso :math:`a` is\n\nB\n---\n\n:math:`b`\n\nC\n---\n\n:math:`c`\n", "rst"
    )
    assert [formula.section for formula in document.formulas] == [(1,), (1, 1), (1, 2)]
    assert (document.formulas[0].before, document.formulas[0].after) == ("so", "is")


def test_directives() -> None:
    document = exact(":math:`f'`\n\n.. gradcheck: derivative: f by x\n   note: one\n\nwords\n", "rst")
    (directive,) = document.directives
    assert directive.place == Place(3, 15)
    assert [line.strip() for line in directive.text.split("\n")] == ["derivative: f by x", "note: one"]
