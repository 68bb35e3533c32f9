"""Plain text: which delimiters open a formula, where it stands, which words stand around it."""

from __future__ import annotations

import pytest

from gradcheck.documents.model import Place
from gradcheck.documents.opening import read_text
from tests.documents.exact import exact, formulas


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (r"so \(a\) and \[b\]", ["a", "b"]),
        ("so $a$ and $$b$$", ["a", "b"]),
        ("from $5 to $6, or $7", []),
        ("from $5 to $x$6", []),
        (r"a price of \$5 and $x$", ["x"]),
        ("spaced $ x^2 $ is read, $ 5 or $ is not", ["x^2"]),
        (r"$\text{where $y$ is}\; x$", [r"\text{where $y$ is}\; x"]),
        ("$a\n= b$", ["a\n= b"]),
        ("a $ here\n\nand b$ there", []),
        (r"\begin{align} a &= b \\ c &= d \end{align}", [r"\begin{align} a &= b \\ c &= d \end{align}"]),
        (r"\begin{equation} a = b \end{equation}", ["a = b"]),
        (r"\[ \begin{cases} a \\[2pt] b \end{cases} \]", [r"\begin{cases} a \\[2pt] b \end{cases}"]),
        (
            r"\begin{array}{c}\begin{array}{c}a\end{array}\end{array}",
            [r"\begin{array}{c}\begin{array}{c}a\end{array}\end{array}"],
        ),
        ("$$\na\n\n+ b\n$$ then $c$", ["a\n\n+ b", "c"]),
        ("$$$$ and $$ $$", []),
        ("no formula at all", []),
    ],
)
def test_delimiters(source: str, found: list[str]) -> None:
    assert formulas(source, "text") == found


@pytest.mark.parametrize(
    ("source", "place", "mark"),
    [
        ("a\nso \\[ x = 1\nand on", Place(2, 4), r"\["),
        (r"\( x" + "\n\n" + r"\(y\)", Place(1, 1), r"\("),
        (r"\[ x \[ y \]", Place(1, 1), r"\["),
        (r"then \begin{align} a &= b", Place(1, 6), r"\begin{align}"),
        ("$$ a\n\nb", Place(1, 1), "$$"),
    ],
)
def test_what_is_never_closed_is_told(source: str, place: Place, mark: str) -> None:
    (trouble,) = read_text(source).troubles
    assert trouble.place == place
    assert trouble.what == f"{mark} opens a formula that is never closed"


def test_a_formula_after_one_that_is_never_closed_is_found() -> None:
    document = read_text(r"\[ x" + "\n\n" + r"\[ y = 1 \]")
    assert [formula.latex for formula in document.formulas] == ["y = 1"]


def test_places_are_those_of_an_editor() -> None:
    document = exact("é∂\n  so $x\n  = 1$ end", "text")
    (formula,) = document.formulas
    assert (formula.place, formula.place_of(4), formula.end) == (Place(2, 7), Place(3, 3), Place(3, 6))


def test_words_around() -> None:
    document = read_text("Let $f$ be smooth, with slope $g$.\n\nThe slope is\n\n$$ h $$\n\nas said.")
    first, second, third = document.formulas
    assert (first.before, first.after) == ("Let", "be smooth, with slope")
    assert (second.before, second.after) == ("be smooth, with slope", ".")
    assert (third.before, third.display) == ("The slope is", True)


def test_blocks_and_sections() -> None:
    document = read_text("1.1 First\n\n$a$ and $b$\n\n- $c$\n- $d$\n\n1.2 Second\n\n$e$ and a display $$f$$ and $g$")
    a, b, c, d, e, f, g = document.formulas
    assert a.block == b.block < c.block < d.block < e.block < f.block < g.block
    assert a.section == b.section == d.section != e.section == g.section


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- gradcheck: derivative: f by x\n  note: one -->",
        "% gradcheck: derivative: f by x\n% note: one",
        ".. gradcheck: derivative: f by x\n   note: one",
    ],
)
def test_directives(comment: str) -> None:
    document = read_text(f"Words.\n\n{comment}\n\n$f'$")
    (directive,) = document.directives
    assert [line.strip() for line in directive.text.split("\n")] == ["derivative: f by x", "note: one"]
    assert directive.place == Place(3, comment.index("derivative") + 1)
    assert [formula.latex for formula in document.formulas] == ["f'"]


def test_two_comments_are_two_directives() -> None:
    document = read_text("% gradcheck: note: one\n% gradcheck: note: two\n")
    assert [directive.text for directive in document.directives] == ["note: one", "note: two"]


def test_a_formula_in_a_directive_is_none() -> None:
    assert read_text("<!-- gradcheck: where: $f$ = 1 -->\n$g$").formulas[0].latex == "g"
