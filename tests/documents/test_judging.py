r"""Documents of our own, without annotation: right claims pass, wrong ones are caught, the rest is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.audit import audit, collect, documents_in
from gradcheck.documents.deciding import Page, decide
from gradcheck.documents.judging import Judged, judge_document
from gradcheck.documents.opening import read_text
from gradcheck.documents.sorting import Piece, Sorted
from gradcheck.verdict import Verdict


def judged(text: str, kind: str = "markdown") -> Judged:
    return judge_document(read_text(text, kind, "notes"))


def verdict_on(text: str) -> Verdict:
    """The verdict on the last claim of a text."""
    return judged(text).verdicts[-1]


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("2x", "3x", "exactly 3/2 times the true value"),
        ("2x", "-2x", "the sign is wrong: exactly −1 times the true value"),
    ],
)
def test_a_function_and_its_derivative_in_one_sentence(right: str, wrong: str, why: str) -> None:
    text = "The square $f(x) = x^2$ has $f'(x) = {}$ everywhere."
    assert verdict_on(text.format(right)).status == "holds"
    failing = verdict_on(text.format(wrong))
    assert (failing.status, failing.certified, failing.diagnosis) == ("fails", True, why)


def test_a_jacobian_of_the_function_in_the_same_display() -> None:
    text = (
        "$$\n\\begin{{aligned}} \\operatorname{{Bent}}(X)_i &= X_i^3 \\\\ "
        "J_{{i,j}} &= \\begin{{cases}} 3X_i^2 & i=j \\\\ {} & i \\ne j \\end{{cases}} \\end{{aligned}}\n$$\n"
    )
    assert verdict_on(text.format("0")).status == "holds"
    failing = verdict_on(text.format("X_i"))
    assert failing.status == "fails" and failing.certified
    assert (
        failing.notes[0] == "J is read as the Jacobian of Bent, which the same display defines; F stands for its value"
    )


def test_a_product_with_a_jacobian_is_the_derivative_of_the_composition() -> None:
    text = (
        "$$S(X)_i = \\frac{{e^{{X_i}}}}{{\\sum_j e^{{X_j}}}}$$\n\n"
        "with $L(P, Y) = -\\sum_i Y_i \\log P_i$ and $\\sum Y = 1$:\n\n"
        "$$\\frac{{\\partial L}}{{\\partial P}} J_S = {}$$\n"
    )
    assert verdict_on(text.format("(P - Y)^T")).status in ("holds", "conditional")
    failing = verdict_on(text.format("(Y - P)^T"))
    assert failing.status == "fails"
    assert failing.diagnosis == "the sign is wrong: exactly −1 times the true value"


def test_matrices_of_entries_with_a_slip_in_one_index() -> None:
    text = (
        "$$A^{{1}} = \\begin{{bmatrix}} a_{{11}}^{{1}} & a_{{12}}^{{1}} \\end{{bmatrix}}, "
        "A^{{2}} = \\begin{{bmatrix}} a_{{11}}^{{2}} & a_{{12}}^{{2}} \\\\ "
        "a_{{21}}^{{2}} & a_{{22}}^{{2}} \\end{{bmatrix}}$$\n\n"
        "$$y = A^{{1}} A^{{2}} u, \\quad u = \\begin{{bmatrix}} u_1 \\\\ u_2 \\end{{bmatrix}}$$\n\n"
        "$$\\begin{{bmatrix}} \\frac{{\\partial y}}{{\\partial u_1}} & "
        "\\frac{{\\partial y}}{{\\partial u_2}} \\end{{bmatrix}} = "
        "\\begin{{bmatrix}} a_{{11}}^{{1}} a_{{11}}^{{2}} + a_{{12}}^{{1}} a_{{21}}^{{2}} & "
        "a_{{11}}^{{1}} a_{{{}}}^{{2}} + a_{{12}}^{{1}} a_{{22}}^{{2}} \\end{{bmatrix}}$$\n"
    )
    made = "$$\\frac{{\\partial y}}{{\\partial u}} = \\begin{{bmatrix}} \\frac"
    text = text.replace("$$\\begin{{bmatrix}} \\frac", made)
    assert verdict_on(text.format("12")).status == "holds"
    failing = verdict_on(text.format("22"))
    assert failing.status == "fails"
    assert failing.diagnosis.startswith("entry [1, 2]: ")


def test_the_first_wrong_step_of_a_derivation_is_the_finding() -> None:
    text = (
        "With $y = (3x+1)^2$ we get\n\n$$\n\\begin{{aligned}} \\frac{{dy}}{{dx}} &= 2(3x+1) \\cdot 3 \\\\ "
        "&= {} \\\\ &= 18x + 6 \\end{{aligned}}\n$$\n"
    )
    assert verdict_on(text.format("6(3x+1)")).status == "holds"
    failing = verdict_on(text.format("5(3x+1)"))
    assert failing.status == "fails"
    assert [step.status for step in failing.steps] == ["holds", "fails", "holds"]


def test_an_assumption_of_a_derivation_is_named() -> None:
    text = (
        "Let $a_k = \\frac{e^{z_k}}{\\sum_c e^{z_c}}$ and $E = -\\sum_k t_k \\log a_k$. "
        "Then $\\frac{\\partial E}{\\partial z_k} = a_k - t_k$."
    )
    found = verdict_on(text)
    assert (found.status, found.assumption) == ("conditional", "the entries of t sum to 1")


def test_a_claim_that_two_definitions_answer_differently_is_ambiguous() -> None:
    text = "# One\n\n$f(x) = x^3$\n\n# Two\n\n$f(x) = x^2$\n\nSo much.\n\nNow $f'(x) = {}$ is said.\n"
    assert verdict_on(text.format("2x")).status == "holds"
    either = verdict_on(text.format("3x^2"))
    assert either.status == "ambiguous"
    assert either.reason == "it fails with what is said on line 7, and holds with what is said on line 3"
    assert verdict_on(text.format("4x")).status == "fails"


def test_a_symmetric_matrix_in_the_words_makes_it_conditional() -> None:
    text = "{} and $y = x^T A x$ we have $\\frac{{\\partial y}}{{\\partial x}} = 2 A x$.\n"
    found = verdict_on(text.format("For a symmetric matrix $A$"))
    assert (found.status, found.assumption) == (
        "conditional",
        "the matrices are symmetric, which the text around speaks of",
    )
    assert verdict_on(text.format("For a matrix $A$")).status == "fails"


def test_a_letter_that_is_a_function_elsewhere_is_a_matrix_here() -> None:
    text = (
        "The area $A(r) = \\pi r^2$ grows.\n\n# Forms\n\n"
        "With $y = x^T A x$ we have $\\frac{{\\partial y}}{{\\partial x}} = {}$.\n"
    )
    assert verdict_on(text.format("2 A x")).status == "fails"
    assert verdict_on(text.format("(A + A^T) x")).status == "holds"


def test_a_condition_beside_the_claim_is_tried() -> None:
    text = "Let $f(x) = |x|$. For ${}$ we have $f'(x) = 1$."
    found = verdict_on(text.format("x > 0"))
    assert (found.status, found.assumption) == ("conditional", "x > 0, which is said near it")
    assert verdict_on(text.format("x < 0")).status == "fails"


def test_words_that_are_not_understood_leave_what_fails_undecided() -> None:
    text = "Let $y = x^T x$.\n\n{} $\\frac{{\\partial y}}{{\\partial x}} = x$ follows.\n"
    assert verdict_on(text.format("Here")).status == "fails"
    found = verdict_on(text.format("Assuming this,"))
    assert found.status == "undecided"
    assert found.reason == "it fails as read, and the text beside it says 'Assum', which was not understood"


def test_formulas_are_counted_by_role_and_what_is_left_says_why() -> None:
    text = "$f(x) = x^2$, $f'(x) = 2x$, $x \\in \\mathbb{R}$, $(a$\n"
    found = judged(text)
    assert found.summary == "notes: 4 formulas found: 1 claim, 1 definition, 1 other, 1 unreadable"
    assert [(str(left.place), left.role, left.reason) for left in found.left] == [
        ("1:30", "other", "it is a relation by ∈, no equation"),
        ("1:50", "unreadable", "( is never closed"),
    ]


def test_rows_that_could_not_be_read_are_counted() -> None:
    found = judged("$$\n\\begin{align} y &= x^2 \\\\ z &= (x \\end{align}\n$$\n")
    assert found.summary == "notes: 1 formula found: 1 definition; 1 row unreadable"


def test_a_claim_whose_judging_raises_is_a_problem_and_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(page: Page, one: Sorted, piece: Piece) -> Verdict:
        if "g" in one.formula.latex:
            raise ZeroDivisionError("out of luck")
        return decide(page, one, piece)

    monkeypatch.setattr("gradcheck.documents.judging.decide", broken)
    (tmp_path / "notes.md").write_text("$f(x) = x^2$: $f'(x) = 2x$ and $g'(x) = 3x$", encoding="utf-8")
    done = audit([], documents=documents_in([tmp_path / "notes.md"]))
    assert [verdict.status for verdict in done.verdicts] == ["holds"]
    (problem,) = done.problems
    assert problem.where == "notes.md:1:33"
    assert problem.what == "judging it raised ZeroDivisionError: out of luck"
    assert done.exit_code == 2


def test_a_document_without_formulas_says_so() -> None:
    assert judged("Only words here.\n").summary == "notes: 0 formulas found"


def test_claims_are_named_by_their_place() -> None:
    found = judged("$f(x) = x^2$\n\nand $f'(x) = 2x$\n")
    (one,) = found.verdicts
    assert one.claim.key == "notes::3:6"
    assert (one.claim.source.line, one.claim.source.formula) == (3, "f'(x) = 2x")


def test_an_audit_takes_documents_beside_python(tmp_path: Path) -> None:
    (tmp_path / "right.md").write_text("$f(x) = x^2$ has $f'(x) = 2x$", encoding="utf-8")
    (tmp_path / "wrong.md").write_text("$f(x) = x^2$ has $f'(x) = x$", encoding="utf-8")
    (tmp_path / "open.md").write_text("$f'(x) = x$ for some function", encoding="utf-8")
    claims, problems = collect([tmp_path])
    assert (claims, problems) == ([], [])
    found = documents_in([tmp_path])
    assert [path.name for path in found] == ["open.md", "right.md", "wrong.md"]
    done = audit([], documents=found)
    assert [verdict.status for verdict in done.verdicts] == ["undecided", "holds", "fails"]
    assert [document.formulas for document in done.documents] == [1, 2, 2]
    assert [verdict.claim.source.document for verdict in done.unexpected] == ["wrong.md"]
    assert done.exit_code == 1
    assert replace(done, verdicts=done.verdicts[:2]).exit_code == 0


def test_a_document_without_formulas_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "words.md").write_text("Only words.", encoding="utf-8")
    done = audit([], documents=documents_in([tmp_path / "words.md"]))
    assert (done.exit_code, done.verdicts) == (0, ())
    assert done.documents[0].summary.endswith("words.md: 0 formulas found")
