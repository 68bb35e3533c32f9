"""LaTeX to MathML, and what becomes of LaTeX that cannot be converted."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from gradcheck.report.mathml import mathml, typeset, typeset_prose, typeset_sentence


class Elements(HTMLParser):
    """The tags and the attribute names of a piece of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{\partial L}{\partial W} = X\frac{\partial L}{\partial Y}J_f(W^TX+b)",
        r"J_{i,j} &= \left\{ \begin{aligned} &1 ,& i=j,X_i > 0 \\ &0 ,& \text{otherwise.} \\ \end{aligned} \right.",
        r"\mathbb{1}_{d=k} = \begin{cases} 1 & \quad \text{if } d=k \\ 0 & \quad \text{otherwise }. \end{cases}",
        r"W^{3}=[w_{11}^{3}, w_{21}^{3}],\quad \begin{bmatrix}x_{1}\\x_{2} \end{bmatrix} \odot Z",
        r"\operatorname{diag}\left(f_{l}^{\prime}\left(\mathbf{z}^{(l)}\right)\right) \triangleq \delta^{(l)}",
        r"max(0, z_i^{L-2}",
        r"a_k \tag{0}",
    ],
)
def test_the_documents_kinds_of_latex_are_typeset(latex: str) -> None:
    converted = mathml(latex)
    assert converted is not None
    assert converted.startswith('<math display="block" alttext=') and converted.endswith("</semantics></math>")


def test_lines_of_a_display_stay_lines() -> None:
    for latex in (r"a &= b \\ &= c", r"a \\ b", r"\begin{align} a &= b \\ &= c \end{align}"):
        assert (mathml(latex) or "").count("<mtr>") == 2


def test_a_line_break_inside_an_environment_makes_no_fragment() -> None:
    assert (mathml(r"\begin{bmatrix}\begin{matrix}a\\b\end{matrix}\\c\end{bmatrix}") or "").count("<mtable") == 2


def test_a_printed_number_is_shown_and_none_is_made_up() -> None:
    assert "<mn>3</mn>" in (mathml(r"\begin{align} a &= b \end{align} \tag{3}") or "")
    assert "1" not in (mathml(r"\begin{align} a &= b \\ &= c \end{align}") or "").replace(
        'scriptlevel="0"', ""
    ).replace("100%", "")


@pytest.mark.parametrize("latex", [r"\frac{a", r"\unknowncommand x", "", "   "])
def test_what_cannot_be_converted_is_none(latex: str) -> None:
    assert mathml(latex) is None


def test_what_cannot_be_converted_is_shown_as_latex_and_escaped() -> None:
    assert typeset(r"\frac{<b>") == r'<code class="latex">\frac{&lt;b&gt;</code>'


@pytest.mark.parametrize(
    "latex",
    [
        "<script>alert(1)</script>",
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\color{red\"onmouseover=\"alert(1)}x",
        r"\begin{array}{c\"onclick=} a \end{array}",
    ],
)
def test_hostile_latex_is_text(latex: str) -> None:
    for page in (typeset(latex), typeset_prose(latex), typeset_sentence(latex), typeset_sentence(rf"see \({latex}\)")):
        found = Elements(page)
        assert not found.tags & {"script", "a", "img"}
        assert not [name for name in found.attributes if name.startswith("on")]
        shown = re.sub("<annotation.*?</annotation>|<[^>]*>", "", page)
        assert "alert" not in latex or "".join(shown.split()).count("alert(1)") == 1


def test_formulas_in_a_sentence_are_typeset_and_the_rest_is_escaped() -> None:
    page = typeset_sentence(r"J is <diagonal> where \(x > 0\)")
    assert page.startswith('J is &lt;diagonal&gt; where <math alttext="x &gt; 0"><semantics><mrow><mi>x</mi>')
    assert page.endswith('<annotation encoding="application/x-tex">x &gt; 0</annotation></semantics></math>')


def test_the_latex_as_it_was_given_goes_along_for_who_copies_it_or_has_no_mathml() -> None:
    converted = mathml("a &= b < c \\\\ &= d\\tag{1}") or ""
    latex = "a &amp;= b &lt; c \\\\ &amp;= d\\tag{1}"
    assert f'alttext="{latex}"' in converted and f">{latex}</annotation>" in converted


def test_names_in_our_own_words_are_typeset_and_the_rest_is_escaped() -> None:
    page = typeset_prose(r"\alpha ≥ 0 and z_{j} <b> sum; a_b is code, as is X[0] or f(x), \(x\) is not")
    assert page.count("<math") == 3 and "&lt;b&gt; sum; a_b is code, as is X[0] or f(x)," in page
