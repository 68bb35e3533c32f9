"""Every formula of reference/ is typeset, as it is printed and as it is read, and can be had as LaTeX."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from gradcheck.audit import collect
from gradcheck.claim import Claim
from gradcheck.report.html import formula
from gradcheck.report.mathml import mathml
from gradcheck.report.text import one_line
from gradcheck.transcription.reading import READ, as_read

CLAIMS = collect(["reference"])[0]
PRINTED = [claim for claim in CLAIMS if claim.source.origin in READ and claim.source.formula.strip()]

# A parenthesis is never closed in print: there is nothing to read, and what is there is typeset all the same.
NOT_READ = {
    "three-layer-network::first-activation-by-maximum",
    "three-layer-network::second-activation-by-maximum",
}

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]+;")  # what HTML has names for, and XML has not


def well_typeset(converted: str | None, latex: str) -> bool:
    """Whether it is well-formed MathML without an error in it, with the LaTeX as annotation and as alternative text."""
    if converted is None:
        return False
    root = ET.fromstring(_ENTITY.sub(lambda entity: unescape(entity[0]), converted))  # noqa: S314 - our own
    annotation = root.find("semantics/annotation")
    shown = "".join(root.find("semantics")[0].itertext())  # type: ignore[index]
    return (
        root.tag == "math"
        and not list(root.iter("merror"))
        and "\\" not in shown
        and annotation is not None
        and annotation.text == root.get("alttext") == one_line(latex)
    )


def test_there_are_formulas() -> None:
    of_text = {claim.source.document for claim in CLAIMS if claim.source.origin != "code"}
    assert len(PRINTED) > 150 and {claim.source.document for claim in PRINTED} == of_text


@pytest.mark.parametrize("claim", PRINTED, ids=lambda claim: claim.key)
def test_it_is_typeset_as_printed(claim: Claim) -> None:
    assert well_typeset(mathml(claim.source.formula), claim.source.formula)


def test_a_formula_that_falls_back_to_code_is_noticed() -> None:
    assert not well_typeset(mathml(r"\frac{a"), r"\frac{a") and not well_typeset(mathml("a"), "b")


def test_steps_and_formulas_in_sentences_are_typeset() -> None:
    assert all(well_typeset(mathml(step.formula), step.formula) for claim in CLAIMS for step in claim.steps)
    sentences = [claim for claim in CLAIMS if claim.source.origin == "sentence"]
    assert len(sentences) > 20
    for claim in sentences:
        shown = formula(claim)
        assert '<code class="latex">' not in shown
        assert unescape(shown).count("<math") == claim.source.formula.count(r"\(")


def test_as_read_it_is_typeset_too_and_all_but_what_is_broken_in_print_is_read() -> None:
    read = {claim.key: as_read(claim) for claim in PRINTED}
    assert {key for key, statements in read.items() if not statements} == NOT_READ
    assert all(well_typeset(mathml(latex), latex) for statements in read.values() for latex in statements)
    assert as_read(next(claim for claim in CLAIMS if claim.source.origin == "sentence")) == ()


def test_what_is_read_is_not_what_is_printed_word_for_word() -> None:
    claim = next(claim for claim in PRINTED if claim.name == "neuron-from-words")
    assert as_read(claim) == (r"a = \sigma\left(\sum_{i} w_{i} \, x_{i} + b\right)",)
