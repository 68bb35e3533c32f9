"""The message of a failed check, word by word, for ten planted faults; and that the right version of each passes."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcheck as gc
from gradcheck.message import WIDTH, message
from tests.faults import FAULTS

MESSAGES = Path(__file__).parent / "messages"


@pytest.mark.parametrize("name", FAULTS)
def test_the_message_of_a_fault(name: str, request: pytest.FixtureRequest) -> None:
    fault = FAULTS[name]
    with pytest.raises(gc.DerivativeMismatch) as caught:
        gc.assert_holds(fault.f, fault.args, **fault.wrong, **fault.options)
    found = f"{caught.value}\n"
    file = MESSAGES / f"{name}.txt"
    if request.config.getoption("--rewrite-messages"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8"), "if the new message is better, --rewrite-messages keeps it"


@pytest.mark.parametrize("name", FAULTS)
def test_the_right_version_passes(name: str) -> None:
    fault = FAULTS[name]
    verdict = gc.assert_holds(fault.right_f or fault.f, fault.args, **fault.right, **fault.options)
    assert verdict.status == "holds"


def test_every_message_kept_belongs_to_a_fault() -> None:
    assert {file.stem for file in MESSAGES.glob("*.txt")} == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_message_fits_a_screen(name: str) -> None:
    lines = (MESSAGES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    code = lines.index(next(line for line in lines if line.startswith("  reproduce")))
    assert len(lines) <= 50
    assert all(len(line) <= WIDTH + 30 for line in lines[:code]), "numbers and places may stand out, prose may not"


def test_a_verdict_that_holds_says_what_could_have_been_seen() -> None:
    fault = FAULTS["branch"]
    verdict = gc.check(fault.f, fault.args, **fault.right)
    assert message(verdict) == str(verdict)
    assert str(verdict).startswith("HOLDS (certified): elu_slope is the derivative of elu\n")
    assert "reproduce" not in str(verdict)
