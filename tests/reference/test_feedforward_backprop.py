"""The sheet of ``feedforward-backprop``: quotations, records, the forward and backward code, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Generic, Sheet, without_record
from reference import feedforward_backprop as reference
from reference.feedforward_backprop import SHEET, TWO_LAYERS
from reference.generic import CHAINED_SINES, GATED_SOFTMAX, TANH

Array = np.ndarray[Any, np.dtype[Any]]
Estimate = Callable[[Callable[[Array], Any], Array], Array]

RECORDS = {
    "net-input-by-weight": "ambiguous",
    "net-input-by-bias": "ambiguous",
    "delta-factors": "ambiguous",
    "delta": "conditional",
    "three-steps": "conditional",
    "delta-in-summary": "ambiguous",
    "tanh-slope-below-one": "fails",
}
"""The faults of the document; every other claim is on record as holding."""

CORRECTIONS = [claim for claim in SHEET.claims if claim.source.origin == "correction"]
ACTIVATIONS = pytest.mark.parametrize("f", [TANH, GATED_SOFTMAX], ids=lambda f: f.name)


def named(name: str) -> Claim:
    """The claim of this name."""
    return next(claim for claim in SHEET.claims if claim.name == name)


@pytest.fixture
def inputs() -> dict[str, Array]:
    """A network with two layers of different widths and generic parameters."""
    rng = np.random.default_rng(6)
    return {name: rng.normal(size=space.shape) for name, space in TWO_LAYERS.items()}


def test_every_printed_formula_stands_on_its_line(misquotations: Callable[[Sheet], list[str]]) -> None:
    assert misquotations(SHEET) == []


def test_the_records_are_the_known_faults() -> None:
    assert {claim.name: claim.recorded.verdict for claim in SHEET.claims if claim.recorded} == RECORDS


def test_every_fault_has_its_correction(uncorrected: Callable[[Sheet], list[str]]) -> None:
    assert uncorrected(SHEET) == []


@ACTIVATIONS
def test_the_forward_pass_is_the_sums_over_single_weights(f: Generic, inputs: dict[str, Array]) -> None:
    x, W1, b1, W2, b2 = inputs.values()
    activations, net_inputs = reference.forward(x, (W1, W2), (b1, b2), f)

    np.testing.assert_allclose(net_inputs[0], reference.affine_entry_by_entry(W1, x, b1), rtol=1e-12)
    np.testing.assert_allclose(net_inputs[1], reference.affine_entry_by_entry(W2, f(net_inputs[0]), b2), rtol=1e-12)
    np.testing.assert_allclose(activations[2], f(net_inputs[1]), rtol=1e-12)


@pytest.mark.parametrize("parameter", ["W1", "b1", "W2", "b2"])
@ACTIVATIONS
def test_the_backward_pass_gives_the_gradient_of_every_parameter(
    f: Generic, parameter: str, inputs: dict[str, Array], central_jacobian: Estimate
) -> None:
    dL_dW, dL_db = reference.network_gradients(**inputs, f=f, L=CHAINED_SINES)
    gradient = {"W1": dL_dW[0], "b1": dL_db[0], "W2": dL_dW[1], "b2": dL_db[1]}[parameter]

    def loss(value: Array) -> Any:
        return reference.network_loss(**{**inputs, parameter: value}, f=f, L=CHAINED_SINES)

    np.testing.assert_allclose(gradient, central_jacobian(loss, inputs[parameter]), rtol=0, atol=1e-8)


@pytest.mark.parametrize(("f", "right"), [(TANH, True), (GATED_SOFTMAX, False)], ids=["tanh", "gated softmax"])
def test_the_three_steps_of_the_document_need_an_elementwise_activation(
    f: Generic, right: bool, inputs: dict[str, Array]
) -> None:
    by_document = reference.three_steps(**inputs, f=f, L=CHAINED_SINES)
    by_jacobians = reference.network_gradients(**inputs, f=f, L=CHAINED_SINES)[0][0]

    assert np.allclose(by_document, by_jacobians, rtol=1e-12) == right


def test_an_entrywise_product_refuses_different_shapes() -> None:
    with pytest.raises(
        ValueError, match=r"the shapes \(3, 1\) and \(3, 4\) of an entrywise product must match exactly"
    ):
        reference.entrywise(np.ones((3, 1)), np.ones((3, 4)))


@pytest.mark.parametrize("claim", SHEET.claims, ids=lambda claim: claim.name)
def test_the_verdict_is_the_one_on_record(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.as_recorded, verdict.sentence()
    assert verdict.status == RECORDS.get(claim.name, "holds")


@pytest.mark.parametrize("claim", CORRECTIONS, ids=lambda claim: claim.name)
def test_every_correction_is_certified(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.certified
    assert (verdict.digits or 0) >= 30


@pytest.mark.parametrize("claim", [claim for claim in SHEET.claims if claim.kind == "bound"], ids=lambda c: c.name)
def test_every_bound_is_certified(claim: Claim) -> None:
    assert check(claim).certified


@pytest.mark.parametrize("name", RECORDS)
def test_the_verdict_does_not_depend_on_the_record(name: str) -> None:
    assert check(without_record(named(name))).status == RECORDS[name]


def test_the_step_that_needs_an_elementwise_activation_is_named() -> None:
    verdict = check(named("delta"))

    assert verdict.assumption == "f works entry by entry"
    assert [step.status for step in verdict.steps] == ["holds", "holds", "conditional", "holds"]
    assert verdict.diagnosis.startswith("step 3: ")


@pytest.mark.parametrize("name", ["net-input-by-weight", "net-input-by-bias", "delta-factors"])
def test_only_the_first_reading_holds(name: str) -> None:
    first, *others = check(named(name)).readings

    assert first.status == "holds"
    assert {reading.status for reading in others} == {"fails"}


def test_the_derivative_of_tanh_is_not_below_one_at_zero() -> None:
    verdict = check(named("tanh-slope-below-one"))

    assert verdict.counterexample is not None
    assert verdict.counterexample.inputs == {"x": 0.0}
    assert verdict.counterexample.worst.true == "1"
