"""The sheet of ``network-basics``: quotations, records, the forward and backward code, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Sheet, without_record
from reference import network_basics as reference
from reference.network_basics import SHEET, TRAINING, Gradients

Array = np.ndarray[Any, np.dtype[Any]]
Estimate = Callable[[Callable[[Array], Any], Array], Array]

RECORDS = {
    "order-of-nabla": "fails",
    "transposed-nabla": "fails",
    "term-with-w22": "fails",
    "loss-slopes-are-output-slopes": "fails",
    "row-of-paths": "fails",
    "row-of-paths-times-input": "fails",
    "output-slopes-by-matrices": "ambiguous",
    "third-layer-chain": "ambiguous",
    "third-layer-entries": "fails",
    "second-layer-chain": "ambiguous",
    "second-layer-with-input": "ambiguous",
    "second-layer-gradient": "ambiguous",
    "first-layer-chain": "ambiguous",
    "first-layer-gradient": "fails",
    "leaky-relu-any-slope": "conditional",
    "mean-absolute-error": "fails",
}
"""The faults of the document; every other claim is on record as holding."""

CERTAIN = [claim for claim in SHEET.claims if claim.source.origin in ("correction", "reconstructed")]
WEIGHTS, INPUT = np.array([0.7, -1.3, 0.4]), np.array([1.1, 0.6, -0.9])


def named(name: str) -> Claim:
    """The claim of this name."""
    return next(claim for claim in SHEET.claims if claim.name == name)


@pytest.fixture
def inputs() -> dict[str, Array]:
    """Generic weights, input and target of the 2-3-2-1 network."""
    rng = np.random.default_rng(5)
    return {name: rng.normal(size=space.shape) for name, space in TRAINING.items()}


def test_every_printed_formula_stands_on_its_line(misquotations: Callable[[Sheet], list[str]]) -> None:
    assert misquotations(SHEET) == []


def test_the_records_are_the_known_faults() -> None:
    assert {claim.name: claim.recorded.verdict for claim in SHEET.claims if claim.recorded} == RECORDS


def test_every_fault_has_its_correction(uncorrected: Callable[[Sheet], list[str]]) -> None:
    assert uncorrected(SHEET) == []


def test_the_forward_pass_is_the_sums_over_single_weights(inputs: dict[str, Array]) -> None:
    nodes = reference.forward(inputs["W1"], inputs["W2"], inputs["W3"], inputs["X"])
    Z1 = reference.from_edges(inputs["W1"], inputs["X"])
    Z2 = reference.from_edges(inputs["W2"], Z1)

    np.testing.assert_allclose(nodes.Z1, Z1, rtol=1e-12)
    np.testing.assert_allclose(nodes.Z2, Z2, rtol=1e-12)
    assert nodes.y_out == pytest.approx(reference.from_edges(inputs["W3"], Z2)[0, 0], rel=1e-12)


@pytest.mark.parametrize("layer", Gradients._fields)
def test_the_backward_pass_gives_the_gradient_of_every_weight(
    layer: str, inputs: dict[str, Array], central_jacobian: Estimate
) -> None:
    gradient = getattr(reference.gradients(**inputs), layer)
    estimate = central_jacobian(lambda value: reference.loss(**{**inputs, layer: value}), inputs[layer])

    assert gradient.shape == inputs[layer].shape
    np.testing.assert_allclose(gradient, estimate, rtol=0, atol=1e-8)


def test_a_step_of_descent_lowers_the_loss(inputs: dict[str, Array]) -> None:
    W = reference.in_order_of_w(inputs["W1"], inputs["W2"], inputs["W3"])
    rest = (inputs["X"], inputs["y"])

    assert reference.loss_of_list(reference.descended(W, *rest, 0.001), *rest) < reference.loss_of_list(W, *rest)


def test_the_printed_order_of_nabla_exchanges_the_second_and_third_weight() -> None:
    marked = [np.zeros((3, 2)), np.zeros((2, 3)), np.zeros((1, 2))]
    marked[0][1, 0] = 1.0

    assert np.argmax(reference.in_order_of_w(*marked)) == 2
    assert np.argmax(reference.in_order_of_nabla_as_printed(*marked)) == 1


def test_an_entrywise_product_refuses_different_shapes() -> None:
    with pytest.raises(
        ValueError, match=r"the shapes \(1, 3\) and \(2, 1\) of an entrywise product must match exactly"
    ):
        reference.entrywise(np.ones((1, 3)), np.ones((2, 1)))


@pytest.mark.parametrize("target", [0.0, 1.0, 0.3], ids=lambda target: f"y={target}")
@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        (reference.squared_error_of_unit, reference.squared_error_gradient),
        (reference.cross_entropy_of_unit, reference.cross_entropy_gradient),
    ],
    ids=["squared error", "cross-entropy"],
)
def test_the_gradients_of_a_sigmoid_unit(
    loss: Callable[..., Any], gradient: Callable[..., Array], target: float, central_jacobian: Estimate
) -> None:
    estimate = central_jacobian(lambda w: loss(w, INPUT, target), WEIGHTS)

    np.testing.assert_allclose(gradient(WEIGHTS, INPUT, target), estimate, rtol=0, atol=1e-8)


def test_a_very_wrong_unit_learns_from_the_cross_entropy_and_not_from_the_squared_error() -> None:
    w, x = np.array([12.0]), np.array([1.0])

    assert abs(reference.squared_error_gradient(w, x, 0.0)[0]) < 1e-4
    assert reference.cross_entropy_gradient(w, x, 0.0)[0] > 0.99


@pytest.mark.parametrize("alpha", [0.01, 0.5, 1.5])
def test_leaky_relu_is_its_form_by_absolute_value_for_any_slope(alpha: float) -> None:
    x = np.array([-2.0, -0.5, 0.0, 1.5])

    np.testing.assert_allclose(
        reference.leaky_relu(x, alpha), reference.leaky_relu_by_absolute_value(x, alpha), rtol=0, atol=1e-15
    )
    assert np.allclose(reference.leaky_relu(x, alpha), np.maximum(alpha * x, x)) == (alpha <= 1)


@pytest.mark.parametrize("claim", SHEET.claims, ids=lambda claim: claim.name)
def test_the_verdict_is_the_one_on_record(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.as_recorded, verdict.sentence()
    assert verdict.status == RECORDS.get(claim.name, "holds")


@pytest.mark.parametrize("claim", CERTAIN, ids=lambda claim: claim.name)
def test_every_correction_and_reconstruction_is_certified(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.certified
    assert claim.kind == "structure" or (verdict.digits or 0) >= 30


@pytest.mark.parametrize("claim", [claim for claim in SHEET.claims if claim.kind == "bound"], ids=lambda c: c.name)
def test_every_bound_is_certified(claim: Claim) -> None:
    assert check(claim).certified


@pytest.mark.parametrize("name", RECORDS)
def test_the_verdict_does_not_depend_on_the_record(name: str) -> None:
    assert check(without_record(named(name))).status == RECORDS[name]


@pytest.mark.parametrize(
    ("name", "diagnosis"),
    [
        ("transposed-nabla", "shape 14×1 for 1×14: transposed"),
        ("row-of-paths", "only column 2 wrong, of 3"),
        ("row-of-paths-times-input", "only row 2 wrong, of 3"),
        ("third-layer-entries", "shape 2×1 for 1×2: transposed"),
        ("first-layer-gradient", "the shapes do not fit"),
    ],
)
def test_the_fault_is_diagnosed(name: str, diagnosis: str) -> None:
    assert diagnosis in check(named(name)).diagnosis


def test_the_repeated_row_and_column_are_the_only_reading_that_holds() -> None:
    for name in ("output-slopes-by-matrices", "second-layer-gradient"):
        statuses = {reading.name: reading.status for reading in check(named(name)).readings}

        assert [reading for reading, status in statuses.items() if status == "holds"] == [reference.REPEATED]
        assert statuses[reference.EQUAL] == statuses[reference.OUTER] == "fails"


def test_the_slope_of_leaky_relu_by_maximum_is_bounded() -> None:
    verdict = check(named("leaky-relu-any-slope"))

    assert verdict.assumption == "α ≤ 1"
    assert verdict.counterexample is not None
    assert verdict.counterexample.inputs["alpha"] > 1
