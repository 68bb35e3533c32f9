"""The sheet of ``three-layer-network``: quotations, records, the forward and backward code, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Sheet, without_record
from reference import three_layer_network as reference
from reference.three_layer_network import PARAMETERS, SHEET, Gradients, K

Array = np.ndarray[Any, np.dtype[Any]]
Estimate = Callable[[Callable[[Array], Any], Array], Array]

RECORDS = {
    "output-layer-has-n-units": "fails",
    "first-activation-by-maximum": "unreadable",
    "second-activation-by-maximum": "unreadable",
    "update-direction": "ambiguous",
    "single-path-chain-rule": "fails",
    "output-delta": "conditional",
    "output-weight-gradient": "conditional",
    "output-bias-gradient": "conditional",
}
"""The faults of the document; every other claim is on record as holding."""


def named(name: str) -> Claim:
    """The claim of this name."""
    return next(claim for claim in SHEET.claims if claim.name == name)


@pytest.fixture
def inputs() -> dict[str, Array]:
    """A network with generic weights at which both hidden layers have active and inactive units, and a dense target."""
    rng = np.random.default_rng(4)
    values = {name: rng.normal(size=space.shape) for name, space in PARAMETERS.items()}
    return {**values, "t": rng.normal(size=K)}


def test_every_printed_formula_stands_on_its_line(misquotations: Callable[[Sheet], list[str]]) -> None:
    assert misquotations(SHEET) == []


def test_the_records_are_the_known_faults() -> None:
    assert {claim.name: claim.recorded.verdict for claim in SHEET.claims if claim.recorded} == RECORDS


def test_every_fault_has_its_correction(uncorrected: Callable[[Sheet], list[str]]) -> None:
    assert uncorrected(SHEET) == []


def test_the_network_is_tested_with_active_and_inactive_units(inputs: dict[str, Array]) -> None:
    target = inputs.pop("t")
    layers = reference.forward(**inputs)

    for z in (layers.z1, layers.z2):
        assert np.any(z > 0)
        assert np.any(z < 0)
    assert abs(np.sum(target) - 1) > 0.1


def test_the_forward_pass_is_the_sums_over_single_weights(inputs: dict[str, Array]) -> None:
    del inputs["t"]

    assert reference.forward(**inputs).a3 == pytest.approx(reference.network_entry_by_entry(**inputs), rel=1e-12)


@pytest.mark.parametrize("parameter", Gradients._fields)
def test_the_backward_pass_gives_the_gradient_of_every_parameter(
    parameter: str, inputs: dict[str, Array], central_jacobian: Estimate
) -> None:
    gradient = getattr(reference.network_gradients(**inputs), parameter)
    estimate = central_jacobian(lambda value: reference.network_loss(**{**inputs, parameter: value}), inputs[parameter])

    np.testing.assert_allclose(gradient, estimate, rtol=0, atol=1e-8)


def test_one_hot_targets_do_not_hide_the_missing_sum_of_the_single_path() -> None:
    W, b, a, rate = (
        np.array([[0.3, -1.1], [0.9, 0.4], [-0.7, 1.6]]),
        np.array([0.2, -0.5, 0.1]),
        np.array([0.8, 1.7]),
        1.0,
    )
    target = np.array([0.0, 1.0, 0.0])
    printed = reference.single_path_step_as_printed(W, b, a, target, np.array(rate))
    true = reference.weight_step(W, b, a, target, np.array(rate))

    np.testing.assert_allclose(printed[1], true[1], rtol=1e-12)
    assert np.all(printed[[0, 2]] == 0)
    assert np.all(np.abs(true[[0, 2]]) > 0.01)


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


def test_the_first_step_that_needs_the_assumption_is_named() -> None:
    verdict = check(named("output-delta"))

    assert verdict.assumption == "Σt = 1"
    assert [step.formula for step in verdict.steps if step.status == "conditional"] == [r"a_k^L - t_k"]
