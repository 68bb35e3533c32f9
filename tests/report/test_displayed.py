"""Which formulas may be handed to LaTeX: what is harmless and whole passes, in one form, and everything else is refused."""

from __future__ import annotations

import pytest

from gradcheck.report.displayed import displayed, for_github


@pytest.mark.parametrize(
    ("latex", "made"),
    [
        (r"\frac{a}{b}", r"\frac{a}{b}"),
        ("a &= b \\\\\n &= c", r"\begin{aligned} a &= b \\ &= c \end{aligned}"),
        (r"\begin{align*} a &= b \nonumber \\ &= c \end{align*}", r"\begin{aligned} a &= b \\ &= c \end{aligned}"),
        (r"\begin{equation} a = b \label{eq:1} \end{equation}", "a = b"),
        (r"\begin{gather} a \\ [b] \end{gather}", r"\begin{gathered} a \\{} [b] \end{gathered}"),
        (r"\begin{array}{cc} a & b \\[2pt] c & d \end{array}", r"\begin{array}{cc} a & b \\ c & d \end{array}"),
        (r"a = b \tag{3}", r"a = b \qquad(3)"),
        (r"\mathbb{1}_{i=j}", r"\mathbf{1}_{i=j}"),
        ("σ(x) ≤ 1", r"\sigma(x) \leq 1"),
        (r"\text{if } x < 0", r"\text{if } x < 0"),
        (r"\text {if } x \textbf{b}", r"\text{if } x \textbf{b}"),
        (r"\left( \frac{a}{b} \right)^2", r"\left( \frac{a}{b} \right)^2"),
        (r"\sum\limits_i x_i", r"\sum\limits_i x_i"),
        (r"\hat Y + \frac12 x^\mathrm{T}", r"\hat{Y} + \frac{1}{2} x^{\mathrm{T}}"),
        (r"f''^2 + \sqrt[3]{x}_i", r"f''^2 + \sqrt[3]{x}_i"),
    ],
)
def test_what_is_whole_and_harmless_is_a_display(latex: str, made: str) -> None:
    assert displayed(latex) == made


@pytest.mark.parametrize(
    "latex",
    [
        "",
        r"\input{secret}",
        r"\write18{ls}",
        r"\def\x{y} \x",
        r"\catcode`\%=12",
        r"\unknown{x}",
        r"\href{http://a.example}{x}",
        r"\frac{a}{b",
        r"a } b {",
        r"\left( a",
        r"\begin{aligned} a",
        r"\begin{aligned} { a & b } \end{aligned}",
        r"\left( a \\ b \right)",
        r"\begin{verbatim} a \end{verbatim}",
        r"\begin{array}{p{3cm}} a \end{array}",
        r"a \] \[ b",
        "a $ b",
        "a % b",
        "a # b",
        "a~b",
        "深 = 1",
        r"\text{深}",
        r"\text{$x$}",
        r"x\limits_a",
        "x²",
        "x^a^b",
        "x_a_b",
        "x'_i'",
        "x^2'",
        r"x_",
        r"\frac{a}",
        r"\frac{a} & b",
        r"\hat & Y",
        r"\left a b \right)",
        r"\begin{array}{cc} a & b & c \end{array}",
        r"\begin{cases} 1 & 2 & 3 \end{cases}",
        r"a \hline b",
        r"\frac{a \middle| b}{c}",
        r"x = \begin{equation} a \end{equation}",
    ],
)
def test_what_is_broken_or_could_do_something_else_is_refused(latex: str) -> None:
    assert displayed(latex) is None


def test_github_gets_no_macro_that_it_forbids() -> None:
    assert for_github(r"\operatorname*{arg\,max}_x") == r"\mathop{\mathrm{arg\,max}}\limits_x"
    assert for_github(r"\operatorname{diag}(x)") == r"\mathop{\mathrm{diag}}(x)"
    assert for_github(r"\begin{array}{c} \hline a \end{array}") is None
    assert for_github("a ` b") is None


def test_what_was_made_is_accepted_again() -> None:
    for latex in (
        r"a &= b \\ &= c",
        r"\begin{align} x &= \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases} \end{align}",
    ):
        made = displayed(latex)
        assert made is not None and displayed(made) == made
