"""HTML: text as MathJax reads it, and the elements that hold TeX."""

from __future__ import annotations

import pytest

from gradcheck.documents.model import Place
from gradcheck.documents.opening import read_text
from tests.documents.exact import exact, formulas

MATHML = "<math{}><semantics><mi>x</mi><annotation encoding='application/x-tex'>{}</annotation></semantics></math>"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (r"<p>\(a &lt; b &amp; c &#x3c; d\)</p>", ["a < b & c < d"]),
        ("<p>costs $5 and $6, $x$</p>", ["x"]),
        (r"<code>\(no\)</code><pre>$no$</pre><p>\[a\]</p>", ["a"]),
        (r"<script>var s = '\\(no\\)';</script>\(a\)", ["a"]),
        ('<script type="math/tex">a</script><script type="math/tex; mode=display">b < c</script>', ["a", "b < c"]),
        (MATHML.format("", "a^2"), ["a^2"]),
        (MATHML.format("", r"{\displaystyle a &gt; b}"), ["a > b"]),
        (MATHML.format("", "a") + '<img class="mwe-math-fallback-image" alt="a">', ["a"]),
        ('<img class="mwe-math-image" alt="{\\displaystyle a &lt; b}"><img class="photo" alt="c">', ["a < b"]),
        (f'<span class="katex">{MATHML.format("", "k")}<span class="katex-html">\\(no\\)</span></span>', ["k"]),
        ('<span class="math inline">k^2</span> <span class="math display">\\[m\\]</span>', ["k^2", "m"]),
        (r'<div class="tex2jax_ignore">\(no\) <div>\(no\)</div> \(no\)</div> \(a\)', ["a"]),
        (r"<p>\[ a<br>b \]</p>", ["a\nb"]),
        (r"<title>\(no\)</title>", []),
    ],
)
def test_what_is_a_formula(source: str, found: list[str]) -> None:
    document = read_text(source, "html")
    assert [formula.latex for formula in document.formulas] == found
    assert document.troubles == ()


def test_places() -> None:
    document = exact("<p>\n  é \\(a &lt;\n b\\)</p>\n<img class='tex'\n alt='p\nq'>", "html")
    first, second = document.formulas
    assert (first.place, first.place_of(2), first.place_of(5)) == (Place(2, 7), Place(2, 9), Place(3, 2))
    assert (second.place, second.place_of(2)) == (Place(5, 7), Place(6, 1))


def test_display_is_told() -> None:
    source = MATHML.format("", "a") + MATHML.format(' display="block"', "b") + r"<p>\(c\) \[d\]</p>"
    assert [formula.display for formula in read_text(source, "html").formulas] == [False, True, False, True]


def test_a_formula_that_a_tag_interrupts_is_told_and_not_read() -> None:
    document = read_text(r"<p>\(a<em>i + b</em>j\) and \(c\)</p>", "html")
    assert [formula.latex for formula in document.formulas] == ["c"]
    (trouble,) = document.troubles
    assert trouble.place == Place(1, 4)
    assert trouble.what == "a formula is interrupted by a tag, as when Markdown took a part of it for emphasis"


def test_mathml_without_tex_is_told() -> None:
    (trouble,) = read_text("<p>so\n<math><mi>x</mi></math></p>", "html").troubles
    assert (trouble.place, trouble.what) == (
        Place(2, 1),
        "a formula in MathML without an annotation in TeX is not read",
    )


def test_macros_of_the_configuration() -> None:
    source = r"""<head><script>
    MathJax = {tex: {macros: {R: "\\mathbb{R}", 'pd': ["\\frac{\\partial #1}{\\partial #2}", 2], opt: ['#1', 1, "x"]}}};
    </script></head><p>\(\R\)</p>"""
    assert read_text(source, "html").macros.split("\n") == [
        r"\newcommand{\R}{\mathbb{R}}",
        r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}",
        r"\newcommand{\opt}[1][x]{#1}",
    ]


def test_rows_sections_and_directives() -> None:
    source = (
        "<h1>A</h1><table><tr><th>$a$</th></tr><tr><td>$b$</td><td>$c$</td></tr></table><h2>B</h2>\n"
        "<!-- gradcheck: note: one\n two --><p>$d$</p>"
    )
    document = exact(source, "html")
    assert [formula.row for formula in document.formulas] == [(1, 0), (1, 1), (1, 1), None]
    assert [formula.section for formula in document.formulas] == [(1,), (1,), (1,), (1, 1)]
    (directive,) = document.directives
    assert (directive.text, directive.place) == ("note: one\n two", Place(2, 17))


def test_a_page_that_ends_early() -> None:
    assert formulas(r"<p>\(a\) <b>bold", "html") == ["a"]
