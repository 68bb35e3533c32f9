"""Markdown: formulas outside of code, cut out of the source; directives of MyST and GitHub; tables, quotations, lists."""

from __future__ import annotations

import pytest

from gradcheck.documents.model import Place
from gradcheck.documents.opening import read_text
from tests.documents.exact import exact, formulas


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a $x_1 * y$ and `$code$`", ["x_1 * y"]),
        ("``a ` $no$`` and $b$", ["b"]),
        ("a ` tick and $b$", ["b"]),
        ("```\n$no$\n```\n$b$", ["b"]),
        ("~~~python\n$no$\n~~~\n", []),
        ("words\n\n    $no$\n\n$b$", ["b"]),
        ("<pre>$no$</pre>\n\n<div>$b$</div>", ["b"]),
        ("<!-- $no$ -->\n\n$b$", ["b"]),
        ("---\ntitle: $no$\n---\n$b$", ["b"]),
        ("$`a\\_b`$ and $c$", ["a\\_b", "c"]),
        ("{math}`a^2` and ``x``", ["a^2"]),
        ("```math\na = b\n```", ["a = b"]),
        ("```{math}\n:label: slope\n\na = b\nc\n```", ["a = b\nc"]),
        (":::{math}\n:label: slope\na = b\n:::", ["a = b"]),
        ("````\n```math\nno\n```\n````", []),
        (r"\\(a\\) and \\[ b \\{ c \\\\ d\_1 \\]", ["a", r"b \{ c \\ d_1"]),
        (r"\(a\) and \[b\]", ["a", "b"]),
        ("$$\nx\n\n- y\n=\n    + z\n$$ and $t$", ["x\n\n- y\n=\n    + z", "t"]),
        ("> $$\n> a \\\\\n> b\n> $$\n", ["a \\\\\nb"]),
        ("- one\n  $$\n  a\n  $$\n- $b$", ["a", "b"]),
        (r"\begin{align*} a &= b \\ c &= d \end{align*}", [r"\begin{align*} a &= b \\ c &= d \end{align*}"]),
        ("costs $5 and $6", []),
    ],
)
def test_what_is_a_formula(source: str, found: list[str]) -> None:
    assert formulas(source, "markdown") == found


def test_rows_of_tables() -> None:
    source = "| $f$ | $f'$ |\n|---|---|\n| $|x|$ | $\\|y\\|$ |\n| $a$ | $b$ |\n\n$c$\n\n| $d$ |\n|---|\n| $e$ |\n"
    found = {formula.latex: formula for formula in exact(source, "markdown").formulas}
    assert {latex: formula.row for latex, formula in found.items()} == {
        "f": (1, 0),
        "f'": (1, 0),
        "|x|": (1, 1),
        r"\|y\|": (1, 1),
        "a": (1, 2),
        "b": (1, 2),
        "c": None,
        "d": (2, 0),
        "e": (2, 1),
    }
    assert found["a"].block != found["b"].block


def test_sections_are_counted_by_headings() -> None:
    document = exact("# A\n$a$\n## B\n$b$\n## C\n$c$\n# D\n$d$\n", "markdown")
    assert [formula.section for formula in document.formulas] == [(1,), (1, 1), (1, 2), (2,)]


def test_macros_are_collected() -> None:
    document = read_text("$$\\newcommand{\\R}{\\mathbb{R}}\n\\def\\T{^{\\top}}$$\n\n$x \\in \\R$", "markdown")
    assert [formula.latex for formula in document.formulas] == [r"x \in \R"]
    assert document.macros == "\\newcommand{\\R}{\\mathbb{R}}\n\\def\\T{^{\\top}}"


def test_a_directive_in_code_is_none() -> None:
    source = "```\n<!-- gradcheck: note: no -->\n```\n\n<!-- gradcheck: note: yes -->\n$a$\n"
    (directive,) = read_text(source, "markdown").directives
    assert (directive.text, directive.place) == ("note: yes", Place(5, 17))


def test_words_around_a_formula_in_a_list() -> None:
    (formula,) = exact("- the slope $s$ of it\n- else\n", "markdown").formulas
    assert (formula.before, formula.after) == ("- the slope", "of it")
