"""An audit that is killed at a random moment loses no verdict, and comes to the same when it is resumed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "kills.py"


def test_an_audit_that_was_killed_comes_to_the_same() -> None:
    """A few kills; `make reliability` has 200."""
    spec = importlib.util.spec_from_file_location("kills", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kills"] = module
    spec.loader.exec_module(module)
    outcome = module.tally(3)
    assert outcome.kills >= 3
    assert (outcome.lost, outcome.different) == (0, 0), str(outcome)
