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

NOT_COMPARED = {}
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
