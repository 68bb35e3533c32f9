"""The sheet of ``dnn-notation``: the gaps, the records, the reconstructed algorithm, and the verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Sheet, without_record
from reference import dnn_notation as reference
from reference.dnn_notation import BATCH, SHEET
from reference.generic import SINE, TANH

Array = np.ndarray[Any, np.dtype[Any]]
Estimate = Callable[[Callable[[Array], Any], Array], Array]

LOST = {
    "neuron": 20,
    "neuron-in-short": 21,
    "weight-index": 28,
    "product-with-source-index-first": 33,
    "product-with-target-index-first": 34,
    "second-layer-outputs": 51,
    "third-layer-outputs": 52,
    "layer-output-of-one-node": 55,
    "weight-matrix-shape": 65,
    "layer-by-matrix": 82,
    "forward-loop": 94,
    "series-of-computations": 99,
    "squared-error": 102,
    "output-layer": 111,
    "output-layer-error": 112,
    "output-layer-gradients": 114,
    "hadamard-product": 118,
    "output-delta": 122,
    "delta": 123,
    "pre-activation": 126,
    "gradients-of-any-layer": 129,
    "delta-recursion-by-jacobian": 135,
    "pre-activation-above": 140,
    "step-up": 141,
    "delta-recursion": 145,
    "delta-recursion-by-hadamard-product": 146,
    "output-delta-of-sample": 164,
    "delta-of-sample": 165,
    "parameter-update": 169,
}
"""The gaps that an argument rests on, with their lines; every other claim is on record as holding."""

READABLE = [claim for claim in SHEET.claims if claim.source.formula]


@pytest.fixture
def batch() -> dict[str, Array]:
    """Generic samples and parameters of a network with three layers of different widths."""
    rng = np.random.default_rng(7)
    shapes = {name: space.shape for name, space in BATCH["inputs"].items() if name != "alpha"}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def parameters(batch: dict[str, Array]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The weights and the biases of layers 2 and 3."""
    return (batch["W2"], batch["W3"]), (batch["b2"], batch["b3"])


def test_the_document_holds_no_formula_at_all(documents: Path) -> None:
    text = (documents / SHEET.file).read_text(encoding="utf-8")

    assert not any(mark in text for mark in ("\\(", "\\[", "$", "\\frac"))


def test_every_lost_formula_is_a_gap_at_the_edge_of_its_line(documents: Path) -> None:
    lines = (documents / SHEET.file).read_text(encoding="utf-8").split("\n")

    assert [
        name
        for name, line in LOST.items()
        if not (lines[line - 1].startswith((",", "。", "的")) or lines[line - 1].endswith((":", "的", "计算")))
    ] == []


def test_the_records_are_the_lost_formulas() -> None:
    recorded = {claim.name: claim.source.line for claim in SHEET.claims if claim.recorded}

    assert recorded == LOST
    assert {claim.recorded.verdict for claim in SHEET.claims if claim.recorded} == {"unreadable"}


def test_no_formula_of_this_document_passes_as_printed(misquotations: Callable[[Sheet], list[str]]) -> None:
    assert misquotations(SHEET) == []
    assert {claim.source.origin for claim in READABLE} == {"reconstructed", "sentence"}


def test_the_forward_pass_is_the_sums_over_single_weights(batch: dict[str, Array]) -> None:
    arguments = (batch["X"][0], batch["W2"], batch["b2"], batch["W3"], batch["b3"])

    np.testing.assert_allclose(
        reference.network(*arguments, sigma=SINE), reference.network_node_by_node(*arguments, sigma=SINE), rtol=1e-12
    )


@pytest.mark.parametrize(("parameter", "kind", "layer"), [("W2", 0, 0), ("b2", 1, 0), ("W3", 0, 1), ("b3", 1, 1)])
def test_the_change_is_minus_alpha_times_the_gradient_of_the_summed_error(
    parameter: str, kind: int, layer: int, batch: dict[str, Array], central_jacobian: Estimate
) -> None:
    change = reference.batch_change(batch["X"], *parameters(batch), batch["Y"], 0.5, TANH)[kind][layer]
    estimate = central_jacobian(
        lambda value: reference.batch_error(**{**batch, parameter: value}, sigma=TANH), batch[parameter]
    )

    np.testing.assert_allclose(change, -0.5 * estimate, rtol=0, atol=1e-8)


def test_training_stops_once_every_change_is_below_the_threshold(batch: dict[str, Array]) -> None:
    weights, biases, iterations = reference.train(
        batch["X"], *parameters(batch), batch["Y"], TANH, alpha=0.05, threshold=0.01, most_iterations=500
    )
    changes = reference.batch_change(batch["X"], weights, biases, batch["Y"], 0.05, TANH)
    before = reference.batch_error(**batch, sigma=TANH)
    after = reference.batch_error(batch["X"], weights[0], biases[0], weights[1], biases[1], batch["Y"], sigma=TANH)

    assert 1 < iterations < 500
    assert all(np.max(np.abs(change)) < 0.01 for change in (*changes[0], *changes[1]))
    assert after < before


def test_training_stops_after_the_most_iterations(batch: dict[str, Array]) -> None:
    start = parameters(batch)
    weights, biases, iterations = reference.train(
        batch["X"], *start, batch["Y"], TANH, alpha=0.05, threshold=0.0, most_iterations=2
    )
    once_weights, once_biases = (
        [value + change for value, change in zip(values, changes, strict=True)]
        for values, changes in zip(
            start, reference.batch_change(batch["X"], *start, batch["Y"], 0.05, TANH), strict=True
        )
    )
    second = reference.batch_change(batch["X"], once_weights, once_biases, batch["Y"], 0.05, TANH)

    assert iterations == 2
    np.testing.assert_allclose(weights[0], once_weights[0] + second[0][0], rtol=1e-12)
    np.testing.assert_allclose(biases[1], once_biases[1] + second[1][1], rtol=1e-12)


@pytest.mark.parametrize("name", LOST)
def test_a_lost_formula_is_unreadable_whatever_is_on_record(name: str) -> None:
    claim = next(claim for claim in SHEET.claims if claim.name == name)
    verdict = check(without_record(claim))

    assert verdict.status == "unreadable"
    assert not verdict.as_recorded
    assert check(claim).as_recorded


@pytest.mark.parametrize("claim", READABLE, ids=lambda claim: claim.name)
def test_what_the_words_describe_is_certified(claim: Claim) -> None:
    verdict = check(claim)

    assert verdict.status == "holds", verdict.sentence()
    assert verdict.certified
    assert claim.kind == "structure" or (verdict.digits or 0) >= 30
