"""Every claim of the documents is read from its printed LaTeX: no transcription differs, and what is not compared is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradcheck.claim import Claim
from gradcheck.transcription.comparing import compare
from reference import dnn_notation, feedforward_backprop, fully_connected, network_basics, three_layer_network

CLAIMS = [
    claim
    for module in (dnn_notation, fully_connected, three_layer_network, network_basics, feedforward_backprop)
    for claim in module.SHEET.claims
    if claim.source.origin not in ("sentence", "code") and claim.source.formula
]

UNREADABLE = {
    "three-layer-network::first-activation-by-maximum": "its parenthesis is never closed",
    "three-layer-network::second-activation-by-maximum": "its parenthesis is never closed",
}
"""The formulas that are no LaTeX: they stand so in the document, and are on record as unreadable."""

ANOTHER_SENSE = "the transcription is of what the formula means, which is not what its signs say"
LEFT_OUT = "an ellipsis stands for what is not printed"
NO_VALUE = "a shape or a structure is claimed, which is not a value"
SHORT = "∂Z/∂W is short for the input of a layer, or has four axes, and ⊙ joins what has different ones"
NOT_COMPARED = {
    "dnn-notation::weight-matrix-shape-from-words": NO_VALUE,
    "dnn-notation::hadamard-product-from-words": LEFT_OUT,
    "dnn-notation::delta-from-words": LEFT_OUT,
    "fully-connected::backward-into-backward": "backward is a map that no formula of the claim defines",
    "fully-connected::jacobian-is-diagonal-if-elementwise": NO_VALUE,
    "fully-connected::jacobian-diagonal-entries": ANOTHER_SENSE,
    "fully-connected::jacobian-shape-outputs-by-inputs": NO_VALUE,
    "fully-connected::leaky-relu-slope": "two rows of cases without what they are cases of",
    "fully-connected::regularised-loss": ANOTHER_SENSE,
    "three-layer-network::output-layer-has-k-units": NO_VALUE,
    "three-layer-network::update-direction": "two relation signs in a row are no equality",
    "network-basics::order-of-nabla": LEFT_OUT,
    "network-basics::order-of-nabla-as-w": LEFT_OUT,
    "network-basics::transposed-nabla": NO_VALUE,
    "network-basics::nabla-as-a-row": NO_VALUE,
    "network-basics::update-rule": "∇ is by the list of all weights, which no formula of the claim writes out",
    "network-basics::third-layer-entries": "the weight w₁₂ in print does not exist",
    "network-basics::second-layer-chain": SHORT,
    "network-basics::second-layer-chain-in-full": SHORT,
    "network-basics::first-layer-chain": SHORT,
    "network-basics::first-layer-chain-in-full": SHORT,
    "network-basics::first-layer-gradient": "in no reading do the shapes of its factors fit",
    "network-basics::mean-absolute-error": "i is free in print, and an input of the transcription",
    "feedforward-backprop::forward-chain": "arrows are no equality",
    "feedforward-backprop::delta-shape": NO_VALUE,
}
"""The claims that keep their transcription unchecked, and why."""


def named(key: str) -> Claim:
    """The claim of this key."""
    return next(claim for claim in CLAIMS if claim.key == key)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_the_transcription_is_what_is_printed(claim: Claim) -> None:
    found = compare(claim)

    assert found is not None
    expected = "unreadable" if claim.key in UNREADABLE else "not compared" if claim.key in NOT_COMPARED else "agrees"
    assert found.outcome == expected, found


def test_the_lists_name_claims_that_there_are() -> None:
    keys = {claim.key for claim in CLAIMS}

    assert UNREADABLE.keys() | NOT_COMPARED.keys() <= keys
    assert UNREADABLE.keys() & NOT_COMPARED.keys() == set()


@pytest.mark.parametrize(
    ("wrong_in_print", "corrected"),
    [
        ("fully-connected::elu-jacobian", "fully-connected::elu-jacobian-with-exponential"),
        ("fully-connected::leaky-relu-jacobian", "fully-connected::leaky-relu-jacobian-diagonal"),
        ("fully-connected::softmax-cross-entropy-shortcut", "fully-connected::softmax-cross-entropy-shortcut-sign"),
        ("three-layer-network::single-path-chain-rule", "three-layer-network::all-paths-chain-rule"),
        ("network-basics::row-of-paths", "network-basics::row-of-paths-from-node-3"),
        ("network-basics::term-with-w22", "network-basics::term-with-w22-from-x2"),
    ],
)
def test_a_formula_that_is_corrected_while_it_is_transcribed_is_caught(wrong_in_print: str, corrected: str) -> None:
    printed, right = named(wrong_in_print), named(corrected)
    found = compare(replace(printed, claimed=right.claimed, assumptions=()))

    assert found is not None
    assert found.outcome == "differs"
    assert "is printed" in found.detail
    assert "is transcribed" in found.detail
