"""The suite of misbehaving claims: each is told for itself, and no other verdict is lost."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

PLANTED = runpy.run_path(str(Path(__file__).resolve().parents[2] / "benchmarks" / "misbehaving.py"))
QUICK = tuple(kind for kind in PLANTED["KINDS"] if kind not in ("endless loop", "sleeps for hours"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are those of POSIX")
def test_each_is_told_and_no_other_verdict_is_lost() -> None:
    found = list(PLANTED["rows"](QUICK))
    assert [(row.kind, row.lost) for row in found] == [(kind, 0) for kind in QUICK]
    for row in found:
        assert PLANTED["KINDS"][row.kind][1] in row.told, row
    told = {row.kind: row.told for row in found}
    assert told["prints megabytes"].startswith("holds")
    assert told["leaves a thread"].startswith("holds") and "running" in told["leaves a thread"]
    assert "MemoryError" in told["asks for 80 GB"]
    assert "Bad file descriptor" in told["closes standard output"]
