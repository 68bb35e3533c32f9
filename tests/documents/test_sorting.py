r"""What formulas are there for, and what a document's notation means."""

from __future__ import annotations

import pytest

from gradcheck.documents.names import names_of
from gradcheck.documents.opening import read_text
from gradcheck.documents.sorting import Sorted, sort
from gradcheck.latex.typeset import typeset


def sorted_in(text: str) -> list[Sorted]:
    return sort(read_text(text, "markdown", "notes.md"))


@pytest.mark.parametrize(
    ("formula", "role"),
    [
        (r"f(x) = \frac{1}{1+e^{-x}}", "definition"),
        (r"a_i = \max(0, z_i)", "definition"),
        (r"MSE = \frac{1}{n}\sum_i (y_i - t_i)^2", "definition"),
        (r"\frac{dy}{dx} = 2x", "claim"),
        ("f'(x) = 2x", "claim"),
        (r"\nabla_x y = 2Ax", "claim"),
        (r"J_{i,j} = \begin{cases} 1 & i=j \\ 0 & i \ne j \end{cases}", "claim"),
        (r"\frac{dy}{dx} = 2(x+1) = 2x + 2", "derivation"),
        (r"\delta = \frac{\partial E}{\partial z}", "definition"),
        (r"\delta = \frac{\partial E}{\partial z} = a - t", "derivation"),
        (r"(a+b)^2 = a^2 + 2ab + b^2", "identity"),
        (r"\frac{dy}{dx} = 0", "other"),
        (r"w = w - \eta \frac{\partial E}{\partial w}", "other"),
        (r"x \in \mathbb{R}^n", "other"),
        (r"\frac{\partial E}{\partial w}", "other"),
        (r"\nabla E = [\frac{\partial E}{\partial w_1}, \dots, \frac{\partial E}{\partial w_n}]", "other"),
    ],
)
def test_a_formula_is_sorted_by_its_form(formula: str, role: str) -> None:
    (found,) = sorted_in(f"Then ${formula}$ is said.")
    assert (found.role, found.unreadable) == (role, ())


def test_what_is_not_a_claim_says_why() -> None:
    (stationary, update) = sorted_in(r"$\frac{dy}{dx} = 0$ and $w = w - \eta \frac{\partial E}{\partial w}$")
    assert stationary.pieces[0].reason == "the derivative is set to 0, which is a condition and no claim"
    assert update.pieces[0].reason == "it is a rule for the next value, which mentions the derivative"


def test_a_name_that_is_said_to_be_a_derivative_makes_a_claim_anywhere() -> None:
    found = sorted_in(r"$\delta = W^T g$ follows, where $\delta = \frac{\partial E}{\partial z}$.")
    assert [one.role for one in found] == ["claim", "definition"]
    (alone,) = sorted_in(r"$\delta = W^T g$ follows.")
    assert alone.role == "definition"


def test_a_letter_j_that_is_differentiated_is_a_function_and_no_jacobian() -> None:
    cost = r"$J = \frac{1}{2}(y-a)^2$"
    assert [one.role for one in sorted_in(rf"{cost}, so $\frac{{\partial J}}{{\partial a}} = a - y$")] == [
        "definition",
        "claim",
    ]
    assert [one.role for one in sorted_in(r"$J = \operatorname{diag}(s)$")] == ["claim"]


def test_a_formula_that_cannot_be_read_is_named_with_its_place() -> None:
    (found,) = sorted_in("First a line.\n\nThen $f'(x) = (2x$ is said.")
    assert found.role == "unreadable"
    (bad,) = found.unreadable
    assert (str(bad.place), bad.reason) == ("3:15", "( is never closed")


def test_a_row_that_cannot_be_read_leaves_the_other_rows() -> None:
    rows = r"z &= w x + b \\ a &= \max(0, z \\ E &= (a-t)^2"
    (found,) = sorted_in(f"$$\n\\begin{{align}} {rows} \\end{{align}}\n$$")
    assert [typeset(piece.statement.members[0]) for piece in found.pieces] == ["z", "E"]
    assert [bad.reason for bad in found.unreadable] == ["( is never closed"]
    assert found.role == "definition"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"$W^{1} = \begin{bmatrix} a & b \end{bmatrix}$ and $y = W^{1} x$ with $z = W^{2}$", r"W^{\left(2\right)}"),
        (r"$\frac{\partial E}{\partial W^{2}} = g$ and $z = W^{2}$", r"W^{\left(2\right)}"),
        (r"$\frac{\partial^2 y}{\partial x^2} = g$ and $z = x^{2}$", "x^{2}"),
        (r"$r^2 = a^2 + b^2$ and $z = r^2$", "r^{2}"),
    ],
)
def test_a_superscript_is_a_label_where_it_cannot_be_a_power(text: str, shown: str) -> None:
    last = sorted_in(text)[-1].pieces[-1]
    assert typeset(last.statement.members[1]) == shown


def test_a_label_left_out_is_supplied_where_the_indices_tell_it() -> None:
    text = r"$z_j^{L-1} = b_j$, $a_j^{L-1} = \max(0, z_j^{L-1})$, $z_k^{L} = \sum_j w_{kj} a_j$, $a_k^{L} = z_k^{L}$"
    value = sorted_in(text)[2].pieces[0].statement.members[1]
    assert typeset(value) == r"\sum_{j} w_{k, j} \, a_{j}^{\left(L - 1\right)}"


def test_functions_are_known_from_the_whole_document() -> None:
    names = names_of(
        read_text(r"$C(a, t) = (a-t)^2$, then $g = f_l'(z)$ and $\operatorname{Swish}(x) = x$", "text", "n")
    )
    assert {"C", "f", "Swish"} <= names.functions
    assert "l" not in names.functions
