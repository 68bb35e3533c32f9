r"""Directives: what they may say, what enters the judgement, and what is refused, with its place."""

from __future__ import annotations

import math

import pytest

import gradcheck as gc
from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.conditions import SentenceError, read_conditions, read_shapes
from gradcheck.documents.directives import annotations_of, parse
from gradcheck.documents.model import Directive, Document, Formula, Place
from gradcheck.documents.quotes import bind
from gradcheck.documents.words import WORDS
from gradcheck.verdict import Verdict
from tests.documents.pages import document


def said(text: str) -> Annotation:
    return parse(Directive(text, Place(7, 17)), "notes.md")


def judged(latex: str, directive: str, *definitions: str) -> Verdict:
    applied = said(directive).apply(latex, definitions)
    return gc.check_latex(applied.claim, applied.definitions, applied.notation)


def bound(*lines: str) -> dict[int, str]:
    """The notes of the annotations by the number of the formula."""
    page = document(*lines)
    annotations, errors = annotations_of(page)
    assert errors == ()
    found = bind(page, annotations)
    assert found.errors == ()
    return {number: annotation.note for number, annotation in found.formulas.items()}


def test_a_directive_says_what_by_what_shapes_ranges_and_a_verdict() -> None:
    made = said(
        r"""
        derivative: \ell by z
        where: \ell = -\sum_k t_k \log p_k
        where: p = \mathrm{softmax}(z)
        shape: z, t are vectors of length n, W is n by m
        range: 0 < \alpha < 1; stated: t sums to 1
        unstated: A is symmetric
        layout: denominator
        verdict: fails because the sign
                 is reversed
        """
    )
    assert made.derivative is not None
    assert (made.derivative.of, made.derivative.by, made.derivative.order) == (r"\ell", "z", 1)
    assert made.where == (r"\ell = -\sum_k t_k \log p_k", r"p = \mathrm{softmax}(z)")
    assert {shape.name: shape.sizes for shape in made.shape} == {"z": ("n",), "t": ("n",), "W": ("n", "m")}
    assert [(c.name, c.trait, c.low, c.high) for c in made.stated] == [
        (r"\alpha", "range", 0.0, 1.0),
        ("t", "sums to 1", -math.inf, math.inf),
    ]
    assert [(c.text, c.trait) for c in made.unstated] == [("A is symmetric", "symmetric")]
    assert made.layout == "denominator"
    assert made.verdict is not None
    assert (made.verdict.verdict, made.verdict.why) == ("fails", "the sign is reversed")


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("x is a number", ()),
        (r"x \in \mathbb{R}", ()),
        (r"x \in \mathbb{R}^n", ("n",)),
        (r"x \in \mathbb R^{n \times m}", ("n", "m")),
        ("x ∈ ℝ^3", (3,)),
        ("x is a vector of length k", ("k",)),
        ("x has 4 entries", (4,)),
        ("x is 2 × 3", (2, 3)),
        ("x is an n by m matrix", ("n", "m")),
        ("x: n x n", ("n", "n")),
    ],
)
def test_a_shape_is_said_in_words_or_in_symbols(text: str, sizes: tuple[str | int, ...]) -> None:
    (shape,) = read_shapes(text)
    assert (shape.name, shape.sizes) == ("x", sizes)


@pytest.mark.parametrize(
    ("text", "name", "trait", "low", "high"),
    [
        ("x > 0", "x", "range", 0, math.inf),
        ("1/2 >= x_1", "x_1", "range", -math.inf, 0.5),
        (r"-1 \le \hat{y} \leq 2.5", r"\hat{y}", "range", -1, 2.5),
        (r"3 > \alpha > -\infty", r"\alpha", "range", -math.inf, 3),
        ("|x| < 2", "x", "range", -2, 2),
        (r"\alpha \in (0, 1)", r"\alpha", "range", 0, 1),
        ("t sums to 1", "t", "sums to 1", -math.inf, math.inf),
        (r"\sum_{k=1}^{K} t_k = 1", "t", "sums to 1", -math.inf, math.inf),
        (r"A = A^\top", "A", "symmetric", -math.inf, math.inf),
        ("D is a diagonal matrix", "D", "diagonal", -math.inf, math.inf),
        (r"\beta is positive", r"\beta", "range", 0, math.inf),
        ("x is a negative number", "x", "range", -math.inf, 0),
        ("the entries of t sum to one", "t", "sums to 1", -math.inf, math.inf),
    ],
)
def test_a_condition_is_said_in_words_or_in_symbols(text: str, name: str, trait: str, low: float, high: float) -> None:
    (condition,) = read_conditions(text)
    assert (condition.name, condition.trait, condition.low, condition.high) == (name, trait, low, high)


def test_several_names_share_what_is_said_of_the_last() -> None:
    assert [(c.name, c.low) for c in read_conditions("x, y and z > 0")] == [("x", 0.0), ("y", 0.0), ("z", 0.0)]


@pytest.mark.parametrize("word", WORDS)
def test_the_example_of_every_word_is_understood(word: str) -> None:
    assert getattr(said(f"{word}: {WORDS[word].example}"), WORDS[word].field)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "shpae: W is n by m",
            "notes.md:7:18: there is no word 'shpae'; did you mean 'shape'? The words are line, quote",
        ),
        ("", "notes.md:7:17: the directive says nothing; say for instance 'derivative: f by x'"),
        ("this holds", "notes.md:7:17: 'this holds' is no entry; an entry is a word, a colon and a value"),
        ("derivative: the loss", "'the loss' does not say by what; say '\\ell by z', 'by z' or 'f by x twice'"),
        ("derivative: f by 2x", "derivative: '2x' is no name: expected a letter, a LaTeX command or a word"),
        ("where: the usual", "where: 'the usual' defines nothing; say 'name = formula'"),
        ("shape: x > 0", "'x > 0' is a condition and no shape; say it with the word 'range'"),
        ("shape: x is tall", "'x is tall' gives no shape; say 'x is a number', 'x is a vector'"),
        ("shape: x is a vector of length 784", "the size 784 is not between 1 and 12"),
        ("shape: x", "nothing says which shape x has"),
        (r"range: x \in \mathbb{R}^n", "is a shape and no condition; say it with the word 'shape'"),
        ("range: 1 < x < 0", "'1 < x < 0' leaves no number for x: 1 is not below 0"),
        ("range: x < 0; range: x > 1", "the ranges given for x have no number in common"),
        ("unstated: the classes exclude one another", "is not understood; say 'x > 0'"),
        ("layout: sideways", "the layout 'sideways' is not known; say 'numerator'"),
        (
            "verdict: fials because of the sign",
            "'fials' is no verdict; did you mean 'fails'? The verdicts are holds, fails",
        ),
        ("verdict: fails", "the verdict 'fails' gives no reason; say 'fails because …'"),
        ("ignore:", "ignore: the reason is missing; say in a few words why"),
        ("layout: numerator; layout: denominator", "'layout' was already given at 7:18; keep one"),
        (
            "everywhere; verdict: holds because it does",
            "'verdict' is about one formula, and this is said of every formula",
        ),
        ("hash: xyz", "'xyz' is no hash"),
        ("line: 0", "'0' is no line: expected a whole number from 1"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(AnnotationError) as refused:
        said(f" {text}" if text and text != "this holds" else text)
    assert message in str(refused.value)
    assert str(refused.value).startswith("notes.md:7:")


def test_the_place_in_a_message_is_that_of_the_file() -> None:
    lines = ("Words.", "<!-- gradcheck:", "  derivative: f by x", "  range: x > 0, y > z", "-->", "$2x$")
    page = Document(
        "notes.md", "markdown", lines, (), (Directive("\n  derivative: f by x\n  range: x > 0, y > z\n", Place(2, 16)),)
    )
    _, (error,) = annotations_of(page)
    assert str(error).startswith("notes.md:4:17: range: 'y > z' is not understood; say 'x > 0'")


def test_semicolons_of_latex_do_not_end_an_entry() -> None:
    made = said(r"where: f = \{a;b\} \; c; note: short")
    assert (made.where, made.note) == ((r"f = \{a;b\} \; c",), "short")


def test_text_is_data_and_never_runs() -> None:
    with pytest.raises(AnnotationError, match="is no size"):
        said(r"shape: x \in \mathbb{R}^{__import__('os').getcwd()}")
    with pytest.raises(SentenceError, match="is not understood"):
        read_conditions("x < __import__('os').getpid()")


# What a directive says enters the judgement: each pair is judged without it and with it.


def test_a_derivative_that_the_formula_does_not_name() -> None:
    definitions = (r"\ell = -\sum_k t_k \log p_k", r"p = \mathrm{softmax}(z)")
    right = judged(r"\delta = p - t", r"derivative: \ell by z; stated: t sums to 1", *definitions)
    wrong = judged(r"\delta = t - p", r"derivative: \ell by z; stated: t sums to 1", *definitions)
    assert (right.status, right.certified, wrong.status, wrong.certified) == ("holds", True, "fails", True)
    assert wrong.claim.source.formula == r"\frac{d}{d z} \ell = t - p"


def test_an_unstated_assumption_makes_the_verdict_conditional() -> None:
    assert judged(r"\nabla_x f = 2Ax", "note: nothing", "f = x^T A x").status == "fails"
    assert judged(r"\nabla_x f = 2Ax", "symmetric: A", "f = x^T A x").status == "holds"
    verdict = judged(r"\nabla_x f = 2Ax", "unstated: A is symmetric", "f = x^T A x")
    assert (verdict.status, verdict.assumption) == ("conditional", "A is symmetric")
    assert verdict.counterexample is not None
    assert judged(r"\nabla_x f = 3Ax", "unstated: A is symmetric", "f = x^T A x").status == "fails"


def test_a_range_decides_on_which_side_of_a_kink_a_formula_is_judged() -> None:
    assert judged(r"f'(x) = 1", "range: x > 0", "f(x) = |x|").status == "holds"
    assert judged(r"f'(x) = 1", "range: -3 < x < 0", "f(x) = |x|").status == "fails"


def test_a_range_without_a_number_in_the_domain_is_undecided() -> None:
    verdict = judged(r"f'(x) = \frac{1}{x}", "range: x < 0", r"f(x) = \log x")
    assert verdict.status == "undecided"
    assert verdict.reason == "the range declared for x holds no number for which the formulas are defined"


def test_shapes_say_what_is_a_matrix_and_layout_how_a_jacobian_lies() -> None:
    shapes = "shape: W is m by n, x is a vector of length n"
    right = judged(r"\frac{\partial y}{\partial x} = W", f"{shapes}; layout: numerator", "y = W x")
    assert (right.status, right.claim.inputs["W"].shape) == ("holds", (2, 3))
    flipped = judged(r"\frac{\partial y}{\partial x} = W^T", f"{shapes}; layout: denominator", "y = W x")
    assert flipped.status == "holds"
    other = judged(r"\frac{\partial y}{\partial x} = W^T", f"{shapes}; layout: numerator", "y = W x")
    assert other.status == "undecided"


def test_sizes_that_are_declared_apart_are_not_made_equal() -> None:
    shapes = "shape: W is m by n, x is a vector of length m; layout: numerator"
    verdict = judged(r"\frac{\partial y}{\partial x} = W", shapes, "y = W x")
    assert verdict.status == "undecided"


def test_a_name_that_does_not_occur_is_told() -> None:
    verdict = judged(r"f'(x) = 2x", "shape: Q is n by n", "f(x) = x^2")
    assert verdict.status == "holds"
    assert "nothing in the formula or its definitions is called Q, which the notation speaks of" in verdict.notes


def test_macros_serve_names_as_well() -> None:
    text = r"macros: \newcommand{\vx}{\mathbf{x}} \newcommand{\mA}{\mathbf{A}}; symmetric: \mA; shape: \vx is a vector"
    verdict = judged(r"\nabla_{\vx} f = 2\mA\vx", text, r"f = \vx^T\mA\vx")
    assert (verdict.status, verdict.notes) == ("holds", ())


# Which formula a directive speaks of.


def test_a_directive_speaks_of_the_formula_after_it() -> None:
    assert bound("$a$", "<!-- gradcheck: note: N -->", "", "$b$ and $c$") == {1: "N"}


def test_a_directive_at_the_end_of_a_line_speaks_of_the_formula_before_it() -> None:
    assert bound("$a$ and $b$ % gradcheck: note: N", "$c$") == {1: "N"}


def test_a_directive_between_two_formulas_of_a_line_speaks_of_the_second() -> None:
    assert bound("$a$ <!-- gradcheck: note: N --> $b$") == {1: "N"}


@pytest.mark.parametrize(("place", "row"), [(Place(2, 5), "a"), (Place(3, 1), "b"), (Place(1, 12), "a")])
def test_a_directive_inside_of_a_display_speaks_of_its_line_or_the_next(place: Place, row: str) -> None:
    breaks = ((0, Place(1, 10)), (1, Place(2, 1)), (3, Place(4, 1)))
    formula = Formula("\na\nb\n", breaks, Place(5, 1), True)
    page = Document("n.tex", "latex", (r"\begin{align}",), (formula,), (Directive("note: N", place),))
    (part,) = bind(page, annotations_of(page)[0]).parts[0]
    assert part.span is not None
    assert formula.latex[slice(*part.span)].strip() == row


def test_two_directives_on_one_formula_add_up_and_may_not_contradict() -> None:
    lines = ("<!-- gradcheck: symmetric: A -->", "<!-- gradcheck: where: f = x^T A x -->", "$2Ax$")
    page = document(*lines)
    (own,) = bind(page, annotations_of(page)[0]).formulas.values()
    assert (own.where, [c.name for c in own.stated]) == (("f = x^T A x",), ["A"])
    page = document("<!-- gradcheck: layout: numerator -->", "<!-- gradcheck: layout: denominator -->", "$2Ax$")
    (error,) = bind(page, annotations_of(page)[0]).errors
    assert "'layout' was already given for this formula at notes.md:1:16, and otherwise; keep one" in str(error)


def test_a_directive_without_a_formula_after_it_is_told() -> None:
    page = document("$a$", "<!-- gradcheck: note: N -->")
    (error,) = bind(page, annotations_of(page)[0]).errors
    assert str(error) == (
        "notes.md:2:16: no formula follows this directive; put it before the formula that it speaks of"
    )


def test_what_is_said_everywhere_yields_to_what_is_said_of_one() -> None:
    page = document(
        "<!-- gradcheck: everywhere; shape: x is a vector; layout: numerator -->",
        "<!-- gradcheck: shape: x is a number -->",
        "$a$ and $b$",
    )
    found = bind(page, annotations_of(page)[0])
    one, other = found.of(0), found.of(1)
    assert one is not None
    assert other is not None
    assert ([shape.sizes for shape in one.shape], one.layout) == ([()], "numerator")
    assert [len(shape.sizes) for shape in other.shape] == [1]


def test_a_wrong_directive_does_not_hide_the_others() -> None:
    page = document("<!-- gradcheck: nmae: N -->", "<!-- gradcheck: note: N -->", "$a$")
    annotations, errors = annotations_of(page)
    assert len(annotations) == 1
    assert str(errors[0]).startswith("notes.md:1:17: there is no word 'nmae'; did you mean 'name'?")


def test_a_directive_of_an_included_file_speaks_of_a_formula_of_that_file() -> None:
    formulas = (
        Formula("a", ((0, Place(2, 1)),), Place(2, 2), True, path="chapter.tex"),
        Formula("b", ((0, Place(2, 1)),), Place(2, 2), True),
    )
    directives = (Directive("note: N", Place(1, 1), path="chapter.tex"), Directive("note: M", Place(1, 1)))
    page = Document("book.tex", "latex", ("", ""), formulas, directives)
    found = bind(page, annotations_of(page)[0]).formulas
    assert (found[0].note, found[1].note) == ("N", "M")
    assert (found[0].path, found[1].path) == ("chapter.tex", "book.tex")
