"""Balanced delimiters: what is right passes, what is not is named with its position."""

from __future__ import annotations

import pytest

from gradcheck.latex.delimiters import imbalance


@pytest.mark.parametrize(
    "latex",
    [
        "",
        r"\frac{\partial L}{\partial X}",
        r"\left\{ \begin{aligned} &1, & i=j \\ &0 \end{aligned} \right.",
        r"\left( x \right]",
        r"[0, 1)",
        r"(0, 1]",
        r"\{ x \mid x > 0 \}",
        r"a^{(0)} \rightarrow z \leftarrow b \leftrightarrow c",
        r"\left\langle a, b \right\rangle",
    ],
)
def test_balanced_formulas_pass(latex: str) -> None:
    assert imbalance(latex) is None


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"max(0, z_i^{L-2} \\", "'(' at 4 is never closed"),
        (r"x)", "')' at 2 closes nothing"),
        (r"\frac{a}{b", "'{' at 9 is never closed"),
        (r"\left( x", r"'\\left' at 1 is never closed"),
        (r"\begin{cases} 1", r"\\begin{cases}' at 1 is never closed"),
        (r"\begin{cases} 1 \end{aligned}", r"is never closed before '\\end{aligned}'"),
        (r"(a}", "'(' at 1 is never closed before '}' at 3"),
        (r"\right)", r"'\\right' at 1 closes nothing"),
    ],
)
def test_unbalanced_formulas_are_named_with_their_position(latex: str, message: str) -> None:
    found = imbalance(latex)
    assert found is not None
    assert message in found
