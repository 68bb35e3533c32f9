"""The renderings of a report: what each says, that it is well formed, the same twice over, and safe."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck as gc
from gradcheck import Claim, Reals, Source, Step
from gradcheck.derivations import html, markdown, tex
from tests.derivations.planted import FAULTS, LOSS, PRODUCT


@pytest.fixture(scope="module")
def wrong() -> gc.DerivationReport:
    return gc.derivation(
        PRODUCT.display(PRODUCT.with_fault(FAULTS[0])), definitions=PRODUCT.definitions, name="A planted sign"
    )


@pytest.fixture(scope="module")
def conditional() -> gc.DerivationReport:
    lines = (*LOSS.lines, (r"a_k - t_k", lambda z, t: z))
    return gc.derivation(LOSS.display(lines), definitions=LOSS.definitions)


class Page(HTMLParser):
    """The tags that are open, and every address that is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [str(value) for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_text_is_one_screen(wrong: gc.DerivationReport) -> None:
    assert str(wrong) == (
        "FAILS: A planted sign: line 3 of 4 is the first that is wrong, certified\n"
        "  about         f(x) = x^2 \\sin x\n"
        "  numbers at    x = -2\n"
        "\n"
        "   1  \\frac{d}{d x} f(x)\n"
        "      where it starts\n"
        "      1.9726\n"
        "\n"
        "✓  2  = \\left(\\frac{d}{dx} x^2\\right) \\sin x + x^2 \\frac{d}{dx} \\sin x\n"
        "      holds, certified, to 37 digits\n"
        "      by product rule\n"
        "      1.9726 on both lines\n"
        "\n"
        "✗  3  = 2 x \\sin x - x^2 \\cos x\n"
        "      wrong, certified\n"
        "      1.9726 before, 5.30178 here\n"
        "\n"
        "✓  4  = x (2 \\sin x + x \\cos x)\n"
        "      right in itself, but does not follow from the line before, certified\n"
        "      5.30178 before, 1.9726 here\n"
        "\n"
        "line 3 is wrong\n"
        "  diagnosis     it is right with + in place of - before x^{2} \\cos(x)\n"
        "  at            x = 1\n"
        "  entries       entry      claimed     true\n"
        "                (scalar)   1.1426397   2.2232443\n"
        "  should be     = 2 x \\sin(x) + x^{2} \\cos(x)\n"
        "                the smallest change that makes the line right\n"
        "                checked by the oracles: holds, certified, to 37 digits"
    )


def test_the_table_has_a_row_a_line(wrong: gc.DerivationReport) -> None:
    table = wrong.table()
    assert list(table["line"]) == [1, 2, 3, 4]
    assert list(table["state"]) == ["start", "holds", "wrong", "right again"]
    assert list(table["itself"]) == ["", "holds", "fails", "holds"]
    assert table["digits"].isna().tolist() == [True, False, True, True]
    assert "product rule" in table["rule"][1]
    assert repr(wrong) == "<DerivationReport A planted sign: line 3 of 4 is the first that is wrong, certified>"


def test_the_verdict_is_that_of_an_audit(wrong: gc.DerivationReport, conditional: gc.DerivationReport) -> None:
    assert wrong.verdict.status == "fails"
    assert wrong.verdict.diagnosis == "step 3: not equal to the line before"
    assert [step.status for step in wrong.verdict.steps] == ["holds", "holds", "fails", "fails"]
    assert conditional.verdict.status == "conditional"
    assert conditional.verdict.assumption == "the entries of t sum to 1"
    assert conditional.sentence() == "every step holds, but only if the entries of t sum to 1, certified"
    assert sum(conditional.sample["t"]) == pytest.approx(1)
    (needed, *_) = conditional.lines[-1].rules
    assert (needed.text, needed.how) == ("the entries of t sum to 1", "nothing says so, and without it the step fails")


def test_the_page_stands_alone(wrong: gc.DerivationReport) -> None:
    page = wrong.html()
    parser = Page()
    parser.feed(page)
    assert parser.open == []
    assert [address for address in parser.asked if not address.startswith(("#", "data:"))] == []
    assert page.count("<math") >= 6
    assert "<h1>A planted sign</h1>" in page
    assert "It should be" in page
    assert "It is right with" in page
    assert page == wrong.html()


def test_what_is_foreign_is_escaped() -> None:
    report = gc.derivation(
        lambda x: x * x, (1.0,), steps=[("<script>2x</script>", lambda x: 2 * x)], name="<b>bold</b>"
    )
    for made in (report.html(), report._repr_html_()):
        assert "<script>2x" not in made
        assert "<b>bold" not in made
        assert "&lt;b&gt;bold" in made
    assert "\\<b\\>bold" in report.markdown()


def test_a_notebook_gets_a_fragment_with_its_style(wrong: gc.DerivationReport) -> None:
    made = wrong._repr_html_()
    assert made.startswith("<style>")
    assert '<div class="derivation">' in made
    assert "<html" not in made


def test_markdown_has_math_blocks(wrong: gc.DerivationReport) -> None:
    made = wrong.markdown()
    assert made.startswith("# A planted sign\n\n**Line 3 of 4 is the first that is wrong, certified.**\n")
    assert made.count("```math\n") == 5
    assert "### Line 3: ❌ wrong, certified\n" in made
    assert "```math\n= 2 \\, x \\, \\sin\\left(x\\right) + x^{2} \\, \\cos\\left(x\\right)\n```" in made
    assert "**Diagnosis.** It is right with $`+`$ in place of $`-`$" in made


def test_several_reports_have_contents(wrong: gc.DerivationReport, conditional: gc.DerivationReport) -> None:
    assert '<a href="#2">' in html.page([wrong, conditional])
    assert markdown.markdown([wrong, conditional]).startswith("# Derivations, line by line\n\n## A planted sign")
    assert tex.document([wrong, conditional]).count(r"\section*") == 2


def test_latex_stands_alone(wrong: gc.DerivationReport, conditional: gc.DerivationReport, tmp_path: Path) -> None:
    made = tex.document([wrong, conditional])
    assert made.startswith("\\documentclass")
    assert made.isascii()
    assert made.count(r"\begin{equation*}") == made.count(r"\end{equation*}") == 10
    assert r"\textbf{It should be} (the smallest change that makes the line right):" in made
    if shutil.which("pdflatex") is None:
        return
    (tmp_path / "a.tex").write_text(made, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "a.tex"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, re.findall(rb"^!.*", done.stdout, re.MULTILINE)


def test_latex_of_code_and_words_is_escaped() -> None:
    assert tex.said(r"50% of a_b & {c} ~ \ # $ ^") == (
        r"50\% of a\_b \& \{c\} \textasciitilde{} \textbackslash{} \# \$ \^{}"
    )
    assert tex.said("Σt = 1, ∂L/∂Y with ᵀ") == (
        r"\ensuremath{\Sigma}t = 1, \ensuremath{\partial}L/\ensuremath{\partial}Y with \ensuremath{{}^{\mathsf{T}}}"
    )
    assert tex.formula("a &= b \\\\ &= c") == "\\begin{aligned}a &= b \\\\ &= c\\end{aligned}"


def documented(x: float) -> float:
    """documented(x) -> float

    Three times its argument.
    """  # noqa: D402, D415 - as NumPy's own functions begin
    return 3 * x


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (np.tanh, "tanh: Compute hyperbolic tangent element-wise."),
        (documented, "documented: Three times its argument."),
    ],
)
def test_what_a_function_says_of_itself_is_no_signature(function: Callable[..., Any], told: str) -> None:
    steps = (Step("f'", None), Step("g", lambda x: 1 - np.tanh(x) ** 2 if function is np.tanh else 3 + 0 * x))
    claim = Claim(
        "f", "derivation", Source("s", 1, "f' = g"), primal=function, inputs={"x": Reals()}, wrt="x", steps=steps
    )
    report = gc.derivation(claim)
    assert report.status == "holds"
    assert told in str(report)
