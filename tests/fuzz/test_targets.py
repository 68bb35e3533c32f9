"""The inputs that are kept are tried on every run; where atheris is there, some new ones as well."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.run import Tally, folder_of_tests
from tests.fuzz.targets import TARGETS, Target

BOUNDED = 400  # inputs of a target in CI; `make fuzz` tries many more


@pytest.mark.parametrize("name", TARGETS)
def test_the_kept_inputs_crash_nothing_and_end(name: str) -> None:
    target, tally = TARGETS[name], Tally(name)
    kept = target.kept()
    for data in kept:
        tally.one(target, data)
    assert len(kept) >= 3
    assert (tally.runs, tally.crashes) == (len(kept), [])


def test_what_crashes_or_takes_too_long_is_told_with_its_input() -> None:
    def one(data: bytes) -> None:
        if data == b"slow":
            sum(range(10_000_000))
        elif data != b"well":
            raise IndexError(f"no such place in {len(data)} bytes")

    planted, tally = Target("planted", one, (), budget=0.01), Tally("planted")
    for data in (b"well", b"slow", b"bad", b"\xff!!"):
        tally.one(planted, data)
    assert tally.runs == 4
    assert [crash["input"] for crash in tally.crashes] == ["bad"]  # the second crash is the same one
    assert tally.crashes[0]["what"].startswith("IndexError at test_targets.py:")
    assert tally.crashes[0]["what"].endswith("no such place in 3 bytes")
    assert [slow["input"] for slow in tally.slow] == ["slow"]


def test_tallies_of_several_processes_are_added_up(tmp_path: Path) -> None:
    one, two = Tally("grammar", 5, [{"what": "a", "input": "x"}], [], 0.5), Tally("grammar", 7, slowest=0.25)
    two.add(one)
    two.add(one)
    two.write(tmp_path / "tally.json")
    told = json.loads((tmp_path / "tally.json").read_text(encoding="utf-8"))
    assert told == {"target": "grammar", "runs": 17, "crashes": one.crashes, "slow": [], "slowest": 0.5}


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: pip install atheris")
@pytest.mark.parametrize("name", TARGETS)
def test_new_inputs_crash_nothing(name: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.run",
        name,
        "--runs",
        str(BOUNDED),
        "--summary",
        str(tmp_path / "t.json"),
    ]
    done = subprocess.run(command, cwd=folder_of_tests(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: {BOUNDED} inputs, 0 crashes, 0 over" in done.stdout
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["runs"] == BOUNDED
