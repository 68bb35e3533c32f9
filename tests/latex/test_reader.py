"""What is printed is read as it stands, typeset back to what reads the same, or refused by name and position."""

from __future__ import annotations

import pytest

from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.macros import expand, read_macros
from gradcheck.latex.reader import read, read_expression
from gradcheck.latex.typeset import typeset, typeset_statement

FUNCTIONS = frozenset(("f", "g", "R", r"\phi"))


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac12 x", r"\frac{1}{2} \, x"),
        ("x^23", r"{x}^{2} \, 3".replace("{x}^", "x^")),
        (r"\cdot -1".replace(r"\cdot", r"y \cdot"), r"y \cdot \left(-1\right)"),
        (r"W^{[l]T}", r"{W^{\left[l\right]}}^{\top}"),
        (r"\tanh^2(z)", r"{\tanh\left(z\right)}^{2}"),
        ("tanh(z)^{2}", r"{\tanh\left(z\right)}^{2}"),
        (r"e^-x", r"e^{-x}"),
        (r"\ln \hat y_i", r"\log\left(\hat{y}_{i}\right)"),
        ("||x||", r"\left\|x\right\|"),
        (r"x^{\mathrm T}", r"x^{\top}"),
        (
            r"\left\{\begin{array}{ll} 1 & x>0 \\ 0 & \text{otherwise}\end{array}\right.",
            r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        ),
        (r"\left.\frac{df}{dx}\right|_{x=2}", r"\left.\frac{d}{d x} f\right|_{x = 2}"),
        (r"\frac{df}{dx}\Big|_{x=x_0, y=2}", r"\left.\frac{d}{d x} f\right|_{x = x_{0}, y = 2}"),
        (r"\frac{d}{dx} x^2 \bigg\vert_{x=2}", r"\left.\frac{d}{d x} x^{2}\right|_{x = 2}"),
        (r"\nabla f|_{x=0} + |y|", r"\left.\nabla f\right|_{x = 0} + \left|y\right|"),
        (
            r"\frac{dy}{du}|_{u=x} \frac{du}{dx}|_{x=2}",
            r"\left.\frac{d}{d u} y\right|_{u = x} \, \left.\frac{d}{d x} u\right|_{x = 2}",
        ),
        (r"\frac{a \sum - b}{(\sum)^2}", r"\frac{a \, \sum - b}{\left(\sum\right)^{2}}"),
        (r"\frac{1}{n} \sum -2 x_i", r"\frac{1}{n} \, \sum \left(-2 \, x_{i}\right)"),
        (r"\delta^{i,l} (a^{(i,l-1)})^T", r"\delta^{i, l} \, \left(a^{\left(i, l - 1\right)}\right)^{\top}"),
        (r"\sum_n w_{in} x_n", r"\sum_{n} w_{i, n} \, x_{n}"),
        (r"W_{in} x_i", r"W_{\text{in}} \, x_{i}"),
        (r"\sum_i w_{ijk} x_j y_k", r"\sum_{i} w_{i, j, k} \, x_{j} \, y_{k}"),
        (
            r"\frac{\partial L}{\partial y} (W)^T",
            r"\left(\frac{\partial}{\partial y} L\right) \, \left(W\right)^{\top}",
        ),
        (r"\frac{\partial L}{\partial y} (W X)", r"\left(\frac{\partial}{\partial y} L\right) \, \left(W \, X\right)"),
        (r"\frac{\partial L}{\partial y} (W, X)", r"\frac{\partial}{\partial y} L\left(W, X\right)"),
        (r"\frac{dy}{dx}^T", r"\left(\frac{d}{d x} y\right)^{\top}"),
        (r"\frac{\partial^3 f}{\partial x^2 \partial y}", r"\frac{\partial^{3}}{\partial x \partial x \partial y} f"),
        (r"\frac{\partial L}{\partial W^{3}}", r"\frac{\partial}{\partial W^{3}} L"),
        (r"\text{trace}(A \D)", r"\operatorname{tr}\left(A \, \D\right)"),
        (r"a + \dots", r"a + \dots"),
        (r"a + …", r"a + \dots"),
        (
            r"\left\{\begin{array}{rlr} x, & i f, & x>0 \\ a x & \text { if, } & x \leq 0 \end{array}\right.",
            r"\begin{cases} x & x > 0 \\ a \, x & x \leq 0 \end{cases}",
        ),
        (r"\left\|\begin{matrix} 1 \end{matrix}\right\|", r"\left\|\begin{bmatrix} 1 \end{bmatrix}\right\|"),
        (r"\begin{Vmatrix} 1 \end{Vmatrix}", r"\left\|\begin{bmatrix} 1 \end{bmatrix}\right\|"),
        (r"e^{(x-1)}", r"e^{\left(x - 1\right)}"),
        (r"\begin{cases} 0,x<0 \\ 1,x>0 \end{cases}", r"\begin{cases} 0 & x < 0 \\ 1 & x > 0 \end{cases}"),
    ],
)
def test_what_is_read(latex: str, expected: str) -> None:
    assert typeset(read_expression(latex, FUNCTIONS)) == expected


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial L}{\partial w_{ij}} = \sum_{k=1}^{n} \delta_{jk} x_i (y_k - t_k)",
        r"f'(x) = 2x \cdot -1 + \frac{d}{dx} (x^2)",
        r"\nabla_{\mathbf{x}} (\mathbf{x}^\top \mathbf{A} \mathbf{x}) = (\mathbf{A} + \mathbf{A}^\top)\mathbf{x}",
        r"\frac{\partial^2 f}{\partial x \partial y} = \begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"R'(z) = \begin{Bmatrix} 1 & z>0 \\ α & z<0 \end{Bmatrix}",
        r"\|x - y\|_2^2 = \sqrt{\pi} \prod_{i \neq j} x_i",
        r"\phi(x) = \begin{bmatrix} 1 & x \\ x & x^2 \end{bmatrix}^{-1}",
        r"a^{(l)} = x - (y - (z + 1)) - 2",
        r"x (y z) / (u / v)",
    ],
)
def test_what_is_typeset_reads_as_the_same_tree(latex: str) -> None:
    (first,) = read(latex, FUNCTIONS)
    (second,) = read(typeset_statement(first), FUNCTIONS)
    assert typeset_statement(second) == typeset_statement(first)


def test_rows_of_a_display_continue_a_chain() -> None:
    (statement,) = read(r"\begin{align} f'(x) &= 2x + \\ & 1 \\ &= 1 + 2x \end{align}", FUNCTIONS)
    assert statement.marks == ("=", "=")
    assert [typeset(member) for member in statement.members[1:]] == [r"2 \, x + 1", r"1 + 2 \, x"]


def test_words_and_arrows_separate_formulas() -> None:
    found = read(r"f(x) = x^2 \implies f'(x) = 2x", FUNCTIONS)
    assert [typeset_statement(statement) for statement in found] == [
        r"f\left(x\right) = x^{2}",
        r"f'\left(x\right) = 2 \, x",
    ]


def test_the_sets_of_a_function_are_declared_before_an_arrow() -> None:
    found = read(r"f: \mathbb{R}^n \to \mathbb{R}^m \Rightarrow x \in \mathbb{R}^n")
    assert [statement.marks for statement in found] == [(":",), (), ("∈",)]
    assert found[0].members[0] == tree.Name("f")


def test_a_power_of_e_is_no_label() -> None:
    assert isinstance(read_expression(r"e^{(x-1)}"), tree.Power)
    assert isinstance(read_expression(r"e^T"), tree.Power)
    assert isinstance(read_expression(r"x^{(i)}"), tree.Script)


def test_a_name_before_brackets_is_a_factor_unless_it_is_a_function() -> None:
    assert isinstance(read_expression("y(1-y)"), tree.Product)
    assert isinstance(read_expression("f(1-y)", frozenset("f")), tree.Call)


@pytest.mark.parametrize(
    ("latex", "what", "position"),
    [
        (r"2x + \foo", r"\foo is not understood", 6),
        (r"x^\T", r"\T is not understood", 3),
        (r"A : B", "':' is not understood here", 3),
        (r"\nabla f|_{(1,2)}", "a point without names (as x = 2) under an evaluation bar", 9),
        (r"\frac{df}{dx}|_{\sin x=1}", "an evaluation bar at a value of more than a name", 14),
        (r"x^2 + x|_{x=2}", "an evaluation bar of which it is not clear how far it reaches to the left", 8),
        (r"x \cdot x|_{x=2}", "an evaluation bar of which it is not clear how far it reaches to the left", 10),
        (r"\left.x^2\right|_{x=0}^{1}", "a bar with two bounds", 1),
        (r"\frac{d}{dx}^2 f", "a script on a differential operator", 1),
        (r"\frac{\partial^2 f}{\partial x^3}", "a derivative of order 2 by what adds up to order 3", 1),
        (r"\partial_x^2 f", "a power of ∂ outside of a fraction", 1),
        (r"\nabla' f", "a prime on ∇", 1),
        (r"\sum'_i x_i", "a prime on a sign of a sum", 1),
        (r"\frac{x}{\text{some words}}", "the words 'some words' are not understood here", 10),
        (r"\frac{1}{x", "{ is never closed", 9),
        (r"(x + 1", "( is never closed", 1),
        (r"x^{2", "{ is never closed", 3),
        (r"\begin{cases} 1 & x>0", r"\begin{cases} is never closed", 1),
        (r"\begin{cases} 1 & x>0 \end{matrix}", r"is not closed before \end{matrix}", 23),
        (r"\left( x", r"\left is never closed", 1),
        (r"x_1_2", "a second subscript", 4),
        (r"^2", "is not understood", 0),
        (r"x ¿ y", "the character '¿' is not understood", 3),
        (r"\frac{1}", "the formula ends too early", 0),
        (r"\begin{tikzpicture} x \end{tikzpicture}", "the environment tikzpicture is not understood", 1),
    ],
)
def test_what_is_not_understood_is_named_with_its_position(latex: str, what: str, position: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_expression(latex)
    assert what in str(caught.value)
    if position:
        assert caught.value.position == position


@pytest.mark.parametrize(
    ("latex", "what"),
    [
        ("{" * 10_000 + "x" + "}" * 10_000, "nested deeper than"),
        ("(" * 5_000 + "x" + ")" * 5_000, "nested deeper than"),
        ("x" * 10_000_000, "at most"),
        (r"\frac" * 3_000, "ends too early"),
        ("x^" * 3_000 + "x", "a second superscript"),
        ("\ufffd\x00", "is not understood"),
    ],
)
def test_hostile_input_ends_in_a_clear_outcome(latex: str, what: str) -> None:
    with pytest.raises(UnreadableError, match=what):
        read(latex)


def test_macros_are_read_and_expanded() -> None:
    macros, rest = read_macros(
        r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} \def\w{\mathbf{w}} \pd{L}{\w} = 1"
    )
    assert expand(rest, macros).strip() == r"\frac{\partial L}{\partial \mathbf{w}} = 1"


def test_an_optional_argument_has_a_default() -> None:
    macros, _ = read_macros(r"\newcommand{\s}[2][n]{\sum_{i=1}^{#1} #2}")
    assert expand(r"\s{x_i} + \s[m]{x_i}", macros) == r"\sum_{i=1}^{n} x_i + \sum_{i=1}^{m} x_i"


def test_recursive_macros_end() -> None:
    macros, _ = read_macros(r"\def\a{\b\b}\def\b{\a\a}")
    with pytest.raises(UnreadableError, match=r"the macro \\[ab] expands without end"):
        expand(r"\a", macros)


def test_a_macro_without_its_argument_is_named() -> None:
    macros, _ = read_macros(r"\newcommand{\pd}[2]{#1 #2}")
    with pytest.raises(UnreadableError, match=r"the macro \\pd lacks argument 2 of 2"):
        expand(r"\pd{x}", macros)


def test_cells_that_hold_formulas_of_their_own_are_not_multiplied() -> None:
    found = read(r"\begin{align} a &= x & b &= y \end{align}")
    assert [typeset_statement(statement) for statement in found] == ["a = x", "b = y"]


def test_rows_without_their_environment_are_cases_or_a_matrix() -> None:
    (cases,) = read(r"0 & \text{if } x > 0 \\ -t & \mbox{otherwise}")
    (matrix,) = read(r"a & b & c \\ d & e & f")
    assert isinstance(cases.members[0], tree.Cases)
    assert isinstance(matrix.members[0], tree.Matrix)


def test_conditions_with_several_parts_are_all_kept() -> None:
    read_ = read_expression(r"\left\{ \begin{aligned} &1 ,& i=j, x>0 \\ &0 ,& \text{otherwise.} \end{aligned} \right.")
    assert isinstance(read_, tree.Cases)
    condition = read_.rows[0][1]
    assert isinstance(condition, tree.Product)
    assert condition.mark == r"\land"
    assert read_.rows[1][1] is None
