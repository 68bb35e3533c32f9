"""Trees and programs into SymPy and back: exactly, in the order in which a person writes, and refused by name."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from gradcheck.latex.reader import read_expression
from gradcheck.numbers.constants import FACTORS as KNOWN
from gradcheck.program.program import Program
from gradcheck.program.trace import trace
from gradcheck.symbolic.entries import FACTORS, Symbols, array_of_symbols, entries, real
from gradcheck.symbolic.functions import ROWS, Logistic, opened
from gradcheck.symbolic.model import NotSymbolic
from gradcheck.symbolic.pieces import pieces
from gradcheck.symbolic.plain import plain
from gradcheck.symbolic.reading import symbolic
from gradcheck.symbolic.simplest import is_zero, simplest
from gradcheck.symbolic.style import Style
from gradcheck.symbolic.tidy import cost
from gradcheck.symbolic.writing import as_tree

X, A = real("x"), real("a")
SYMBOLS = {"x": X, "a": A}


def read(latex: str) -> Any:
    return symbolic(plain(read_expression(latex, frozenset((r"\sigma",)))), SYMBOLS)


READ = {
    "0.1 x": X / 10,
    "0.044715 x^3": sp.Rational(8943, 200000) * X**3,
    r"\sqrt{\frac{2}{\pi}} x": sp.sqrt(2 / sp.pi) * X,
    "x^x": X**X,
    "e^{-x}": sp.exp(-X),
    r"\exp(-|x|)": sp.exp(-sp.Abs(X)),
    r"\sigma(a x)": Logistic(A * X),
    r"\log_2 x": sp.log(X) / sp.log(2),
    r"\max(0, x)": sp.Max(0, X),
    r"\begin{cases} x & x > 0 \\ a x & x \leq 0 \end{cases}": sp.Piecewise((X, X > 0), (A * X, True)),
    r"\tfrac12 \left(1 + \tanh^2 x\right)": (1 + sp.tanh(X) ** 2) / 2,
}


@pytest.mark.parametrize("latex", READ)
def test_read_exactly(latex: str) -> None:
    assert read(latex) == READ[latex]


@pytest.mark.parametrize("latex", READ)
def test_what_is_written_reads_as_the_same(latex: str) -> None:
    assert sp.simplify(read(Style()(as_tree(READ[latex]))) - READ[latex]) == 0


WRITTEN = {
    X * sp.exp(-X) * (2 - X): r"x \left(2 - x\right) e^{-x}",
    sp.exp(-X) / (1 + sp.exp(-X)) ** 2: r"\frac{e^{-x}}{\left(1 + e^{-x}\right)^{2}}",
    1 - sp.tanh(X) ** 2: r"1 - \tanh^{2}(x)",
    -X * (Logistic(X) - 1): r"x \left(1 - \sigma(x)\right)",
    X**2 - 3 * X + 1: r"x^{2} - 3 x + 1",
    X / sp.sqrt(2): r"\frac{x}{\sqrt{2}}",
    sp.Rational(1, 100) * X: "0.01 x",
    sp.Rational(2, 3) * X: r"\frac{2 x}{3}",
    (1 + X**2) ** sp.Rational(-3, 2): r"\frac{1}{\left(x^{2} + 1\right)^{\frac{3}{2}}}",
    sp.sqrt(2) * X * sp.exp(-(X**2) / 2) / (2 * sp.sqrt(sp.pi)): r"\frac{x e^{-\frac{x^{2}}{2}}}{\sqrt{2 \pi}}",
}


@pytest.mark.parametrize("expr", WRITTEN)
def test_written_as_a_person_does(expr: Any) -> None:
    assert Style()(as_tree(expr)) == WRITTEN[expr]


def test_the_notation_of_the_source_is_kept() -> None:
    tree = as_tree(sp.log(Logistic(X)))
    assert Style(r"\ln x")(tree) == r"\ln\left(\sigma(x)\right)"
    assert Style(r"\operatorname{sigmoid}(x)")(tree) == r"\log\left(\operatorname{sigmoid}(x)\right)"
    assert Style()(tree) == r"\log\left(\sigma(x)\right)"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_states_the_derivative_of_its_function(row: Any) -> None:
    """At a number where the function is defined, to 20 digits."""
    u = sp.Symbol("u", real=True)
    at = sp.Rational(3, 7)
    stated = opened(symbolic(row.slope, {"u": u})).subs(u, at)
    true = sp.diff(opened(row.symbolic(u)), u)
    assert abs(sp.N(stated - true.subs(sp.DiracDelta(u), 0).subs(u, at).doit(), 25)) < 1e-20


def test_a_wrong_row_is_noticed() -> None:
    from dataclasses import replace

    (sine,) = (row for row in ROWS if row.name == "sin")
    with pytest.raises(AssertionError):
        test_each_row_states_the_derivative_of_its_function(replace(sine, derivative=r"-\cos(u)"))


def test_constants_are_those_of_the_number_system() -> None:
    assert set(FACTORS) == {"", *KNOWN}
    for name, value in KNOWN.items():
        assert float(FACTORS[name]) == pytest.approx(value, rel=1e-15)
    read = Symbols().constant(np.array([0.1, 1 / 3, np.pi, np.sqrt(2 / np.pi), -2.0]))
    assert list(read) == [sp.Rational(1, 10), sp.Rational(1, 3), sp.pi, sp.sqrt(2 / sp.pi), -2]
    with pytest.raises(NotSymbolic, match=r"the constant 0\.7345678912345678 was computed in floats"):
        Symbols().constant(np.array(0.7345678912345678))


def test_a_program_in_symbols() -> None:
    program = trace(lambda x, w: np.maximum(w @ x, 0).sum(), (np.ones(2), np.ones((2, 2))), "f")
    assert isinstance(program, Program)
    x, w = array_of_symbols("x", (2,), 0), array_of_symbols("w", (2, 2), 1)
    found = entries(program, [x, w])[()]
    names = {symbol.name for symbol in found.free_symbols}
    assert names == {"x_{1}", "x_{2}", "w_{1,1}", "w_{1,2}", "w_{2,1}", "w_{2,2}"}
    assert found == sum(sp.Max(0, w[i, 0] * x[0] + w[i, 1] * x[1]) for i in range(2))


def test_too_many_operations_are_refused() -> None:
    program = trace(lambda x: x @ x, (np.ones((40, 40)),), "f")
    assert isinstance(program, Program)
    with pytest.raises(NotSymbolic, match="more than 20000 operations on single entries"):
        entries(program, [array_of_symbols("x", (40, 40), 0)])


def test_what_would_grow_is_left_as_it_is() -> None:
    large = sp.Mul(*(1 + sp.Symbol(f"y{k}") + X for k in range(12)))
    assert simplest(large)[0] == large
    assert not is_zero(large - sp.expand(large.subs(X, 2)))
    assert is_zero((X + 1) ** 2 - X**2 - 2 * X - 1)
    assert is_zero(opened(Logistic(X)) - sp.exp(X) / (1 + sp.exp(X)))


def test_pieces_lie_between_the_numbers_at_which_a_choice_changes() -> None:
    found = pieces(sp.Max(-1, sp.Min(1, X)), X)
    assert found is not None
    assert [(piece.low, piece.high, piece.value) for piece in found] == [(-sp.oo, -1, -1), (-1, 1, X), (1, sp.oo, 1)]
    assert pieces(sp.Max(A, X), X) is None
    with pytest.raises(NotSymbolic, match="a case for a single point"):
        pieces(sp.Piecewise((1, sp.Eq(X, 0)), (X, True)), X)


def test_cost_is_what_there_is_to_read() -> None:
    assert cost(as_tree(X)) < cost(as_tree(X + 1)) < cost(as_tree(X / (X + 1)))
    assert cost(as_tree(sp.Rational(*Fraction("0.044715").as_integer_ratio()))) > cost(as_tree(sp.Integer(2)))


def test_sympy_is_imported_on_use_alone() -> None:
    code = "import sys, gradcheck.symbolic; print([name for name in ('sympy', 'jax', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
