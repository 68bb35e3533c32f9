"""A verdict on record is compared with the computed one; it takes no part in computing it."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Record, Status, without_record
from reference import feedforward_backprop, fully_connected, network_basics, three_layer_network

FAULTY = [
    claim
    for module in (fully_connected, three_layer_network, network_basics, feedforward_backprop)
    for claim in module.SHEET.claims
    if claim.recorded is not None and claim.recorded.verdict != "holds"
]


def test_the_documents_have_faults_on_record() -> None:
    assert len(FAULTY) >= 30


@pytest.mark.parametrize("claim", FAULTY, ids=lambda claim: claim.key)
def test_a_verdict_is_the_same_with_its_record_removed_or_falsified(claim: Claim) -> None:
    with_record = check(claim)
    assert with_record.as_recorded
    for changed in (without_record(claim), replace(claim, recorded=Record("holds", "a lie"))):
        found = check(changed)
        assert replace(found, claim=claim) == with_record
        assert not found.as_recorded


def test_every_status_can_be_put_on_record() -> None:
    assert set(get_args(Status)) >= {claim.recorded.verdict for claim in FAULTY if claim.recorded}
