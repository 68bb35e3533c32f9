"""The five documents' derivations: what the committed reports say, and what is read off the documents themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.derivations.documents import from_document
from gradcheck.derivations.judging import judge
from gradcheck.derivations.model import Derivation
from gradcheck.derivations.sheets import from_sheet
from gradcheck.documents.opening import read_text
from reference import derivations, feedforward_backprop, three_layer_network

REPORTS = Path(__file__).resolve().parents[2] / "reports" / "derivations"
SHEETS = (
    derivations.FULLY_CONNECTED,
    derivations.THREE_LAYER_NETWORK,
    derivations.NETWORK_BASICS,
    feedforward_backprop.SHEET,
    three_layer_network.SHEET,
)
STATES = {
    "input-gradient-derivation": ["start", "holds", "holds"],
    "softmax-jacobian-derivation": ["start", "holds"],
    "softmax-cross-entropy-derivation": ["holds", "wrong"],
    "output-weight-derivation": ["start", "holds", "conditional"],
    "output-bias-derivation": ["start", "holds", "conditional"],
    "first-layer-by-paths-derivation": ["start", "wrong", "wrong", "wrong"],
    "third-layer-derivation": ["start", "wrong", "follows", "right again"],
    "second-layer-derivation": ["start", "holds", "holds", "holds"],
    "second-layer-derivation in full": ["start", "wrong", "right again", "holds"],
    "first-layer-derivation": ["start", "holds", "wrong"],
    "delta": ["start", "holds", "conditional", "holds"],
    "output-delta": ["start", "holds", "holds", "holds", "holds", "conditional"],
}
DERIVATIONS = [one for sheet in SHEETS for one in from_sheet(sheet)]


def named(derivation: Derivation) -> str:
    """The name of its claim, and which of two readings it has."""
    return derivation.claim.name + " in full" * ("∂Z/∂W in full" in derivation.title)


def test_every_derivation_of_the_documents_is_listed() -> None:
    assert [named(one) for one in DERIVATIONS] == list(STATES)
    assert {file.name for file in REPORTS.iterdir()} == {
        "README.md",
        "derivations.html",
        *(f"{one.claim.source.document}-{named(one).replace(' in full', '-2')}.md" for one in DERIVATIONS),
    }


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=named)
def test_each_line_has_its_state(derivation: Derivation) -> None:
    report = judge(derivation)
    assert [line.state for line in report.lines] == STATES[named(derivation)]
    assert report.verdict.as_recorded == ("in full" not in named(derivation))  # on record is both readings' verdict
    wrong = report.first_wrong
    if wrong is not None:
        assert report.continuation is not None
        assert report.continuation.formula is None or report.continuation.verdict is not None


def test_a_wrong_sign_is_turned() -> None:
    (found,) = from_sheet(derivations.FULLY_CONNECTED, "softmax-cross-entropy-derivation")
    report = judge(found)
    assert report.continuation is not None
    assert report.continuation.formula == r"\left(\hat{Y} - Y\right)^{\top}"
    assert report.lines[-1].diagnosis == "the sign is wrong: exactly −1 times the true value"


def test_what_cannot_be_settled_is_left_with_a_reason() -> None:
    text = "Let $g(x) = x^2$.\n\n$$ \\frac{d}{dx} h(x) = 2x + p(x) = p(x) + 2x + 0 $$\n"
    reports, left = from_document(read_text(text, "markdown", "notes.md"))
    assert reports == []
    assert [str(one).startswith("notes.md:3:4: not judged: ") for one in left] == [True]


def test_lines_with_words_beside_them_are_one_derivation() -> None:
    text = (
        "Let $f(x) = \\log(\\sin x)$. Then\n\n$$\n\\begin{align*}\n"
        "f'(x) &= \\frac{1}{\\sin x} \\cdot \\frac{d}{dx}\\sin x && \\text{(chain rule)} \\\\\n"
        "&= \\frac{\\cos x}{\\sin x} \\\\\n&= -\\cot x\n\\end{align*}\n$$\n"
    )
    (report,), left = from_document(read_text(text, "markdown", "notes.md"))
    assert left == []
    assert [line.state for line in report.lines] == ["start", "holds", "holds", "wrong"]
    assert [rule.how for rule in report.lines[1].rules][:1] == ["stated by the author"]
    assert report.derivation.claim.source.line == 5
    assert report.continuation is not None
    assert report.continuation.verdict is not None
    assert report.continuation.verdict.status == "holds"
