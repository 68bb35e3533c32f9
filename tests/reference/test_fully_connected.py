"""The sheet of ``fully-connected``: quotations, records, the forward and backward code, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Sheet, without_record
from reference import fully_connected as reference
from reference.fully_connected import SHEET
from reference.generic import GATED_SOFTMAX, QUADRATIC

Array = np.ndarray[Any, np.dtype[Any]]
Estimate = Callable[[Callable[[Array], Any], Array], Array]

RECORDS = {
    "backward-into-forward": "fails",
    "jacobian-is-diagonal": "conditional",
    "jacobian-shape": "fails",
    "leaky-relu": "conditional",
    "leaky-relu-jacobian": "fails",
    "leaky-relu-slope": "conditional",
    "elu-jacobian": "fails",
    "softmax-cross-entropy-shortcut": "fails",
    "regularised-loss": "ambiguous",
    "regularised-bias-gradient": "ambiguous",
}
"""The faults of the document; every other claim is on record as holding."""

X = np.array([0.7, -1.3])
W = np.array([[0.2, -0.9, 1.4], [1.1, 0.6, -0.5]])
B = np.array([-0.3, 0.8, 0.1])
LOGITS = np.array([-1.2, 0.4, 2.1])


def named(name: str) -> Claim:
    """The claim of this name."""
    return next(claim for claim in SHEET.claims if claim.name == name)


def test_every_printed_formula_stands_on_its_line(misquotations: Callable[[Sheet], list[str]]) -> None:
    assert misquotations(SHEET) == []


def test_a_formula_that_is_not_on_its_line_is_reported(misquotations: Callable[[Sheet], list[str]]) -> None:
    sheet = Sheet(SHEET.document, SHEET.file, SHEET.title)
    sheet.claim("silently-corrected", "equality", 74, r"J_{\operatorname{Softmax}}=(\hat Y - Y)^T")

    assert misquotations(sheet) == [
        (
            "fully-connected::silently-corrected: not on line 74 of 000_9070e21f81076793.txt: "
            r"J_{\operatorname{Softmax}}=(\hat Y - Y)^T"
        )
    ]


def test_the_records_are_the_known_faults() -> None:
    assert {claim.name: claim.recorded.verdict for claim in SHEET.claims if claim.recorded} == RECORDS


def test_every_fault_has_its_correction(uncorrected: Callable[[Sheet], list[str]]) -> None:
    assert uncorrected(SHEET) == []


def test_the_layer_is_the_sum_over_its_inputs() -> None:
    assert reference.layer_forward(X, W, B, np.tanh) == pytest.approx(
        reference.layer_entry_by_entry(X, W, B, f=np.tanh), rel=1e-15
    )


def test_the_layer_pulls_back_to_input_weights_and_bias(central_jacobian: Estimate) -> None:
    f, loss = GATED_SOFTMAX, QUADRATIC
    dx, dW, db = reference.layer_backward(loss.derivative(reference.layer_forward(X, W, B, f)), X, W, B, f.derivative)

    np.testing.assert_allclose(dx, central_jacobian(lambda x: reference.layer_loss(x, W, B, f=f, L=loss), X), atol=1e-8)
    np.testing.assert_allclose(dW, central_jacobian(lambda w: reference.layer_loss(X, w, B, f=f, L=loss), W), atol=1e-8)
    np.testing.assert_allclose(db, central_jacobian(lambda b: reference.layer_loss(X, W, b, f=f, L=loss), B), atol=1e-8)


@pytest.mark.parametrize(
    ("function", "jacobian"),
    [
        (reference.softmax, reference.softmax_jacobian),
        (reference.sigmoid, reference.sigmoid_jacobian),
        (np.tanh, reference.tanh_jacobian),
        (reference.relu, reference.relu_jacobian),
        (lambda x: reference.leaky_relu(x, 0.2), lambda x: reference.leaky_relu_jacobian(x, 0.2)),
        (lambda x: reference.leaky_relu(x, 1.5), lambda x: reference.leaky_relu_jacobian(x, 1.5)),
        (reference.elu, reference.elu_jacobian),
    ],
    ids=["softmax", "sigmoid", "tanh", "relu", "leaky relu 0.2", "leaky relu 1.5", "elu"],
)
def test_the_jacobians_that_are_not_marked_as_printed_are_right(
    function: Callable[[Array], Array], jacobian: Callable[[Array], Array], central_jacobian: Estimate
) -> None:
    np.testing.assert_allclose(jacobian(LOGITS), central_jacobian(function, LOGITS), rtol=0, atol=1e-8)


def test_the_jacobians_marked_as_printed_are_wrong_where_the_record_says() -> None:
    leaky = reference.leaky_relu_jacobian_as_printed(LOGITS, 0.2) - reference.leaky_relu_jacobian(LOGITS, 0.2)
    elu = reference.elu_jacobian_as_printed(LOGITS) - reference.elu_jacobian(LOGITS)

    np.testing.assert_array_equal(leaky, 0.2 * (1 - np.eye(3)))
    np.testing.assert_array_equal(elu, np.diag([-np.exp(-1.2), 0, 0]))


@pytest.mark.parametrize("target", [np.array([0.2, 0.5, 0.3]), np.array([1.5, -0.4, 2.0])], ids=["Σ=1", "Σ≠1"])
def test_the_gradient_of_softmax_and_cross_entropy_needs_no_normalised_target(
    target: Array, central_jacobian: Estimate
) -> None:
    np.testing.assert_allclose(
        reference.softmax_cross_entropy_gradient(LOGITS, target),
        central_jacobian(lambda x: reference.softmax_cross_entropy(x, target), LOGITS),
        rtol=0,
        atol=1e-8,
    )


@pytest.mark.parametrize("claim", SHEET.claims, ids=lambda claim: claim.name)
def test_the_verdict_is_the_one_on_record(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.as_recorded, verdict.sentence()
    assert verdict.status == RECORDS.get(claim.name, "holds")


@pytest.mark.parametrize("claim", [c for c in SHEET.claims if c.source.origin == "correction"], ids=lambda c: c.name)
def test_every_correction_is_certified(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.certified
    assert claim.kind == "structure" or (verdict.digits or 0) >= 30


@pytest.mark.parametrize("name", RECORDS)
def test_the_verdict_does_not_depend_on_the_record(name: str) -> None:
    assert check(without_record(named(name))).status == RECORDS[name]
