"""Kills an audit at random moments, starts it again, and compares the result with that of an undisturbed one, byte for byte.

    python benchmarks/kills.py [NUMBER]

What is counted: kills; verdicts that had been written when the process was killed and were not used by the next one; bytes of
the reports, the output and the exit code that differ from the undisturbed audit's. The last two are 0, or something is broken.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORMULAS = (
    ("sin", "np.sin(x)", "np.cos(x)"),
    ("square", "x * x", "2 * x"),
    ("wrong", "np.cos(x)", "np.sin(x)"),
    ("exp", "np.exp(2 * x)", "2 * np.exp(2 * x)"),
    ("branch", "np.where(x > 1, x * x, x)", "np.where(x > 1, 2 * x, 1)"),
    ("logistic", "1 / (1 + np.exp(-x))", "np.exp(-x) / (1 + np.exp(-x)) ** 2"),
    ("off", "np.log(x)", "2 / x"),
    ("tanh", "np.tanh(x)", "1 - np.tanh(x) ** 2"),
)
CLAIM = """
doc.claim("{name}", "derivative", 1, "f'", primal=lambda x: {primal}, claimed=lambda x: {claimed},
          inputs={{"x": Reals(low=0.2, high=3.0)}}, wrt="x")
"""
HEAD = """\
import numpy as np
from gradcheck.claim import Sheet
from gradcheck.domains import Reals
doc = Sheet("doc", "", "")
"""
REUSED = re.compile(rb"(\d+) verdicts? of \d+ from ")


@dataclass(frozen=True)
class Killed:
    """What a number of kills did."""

    kills: int
    lost: int
    different: int

    def __str__(self) -> str:
        return f"{self.kills} kills: {self.lost} verdicts lost, {self.different} audits with another result"


@dataclass(frozen=True)
class Result:
    """All that an audit leaves behind."""

    code: int
    printed: bytes
    files: tuple[tuple[str, bytes], ...]


def tally(times: int, seed: int = 0) -> Killed:
    """Kill audits so often, each at a moment drawn from the time that it takes, and resume each until it is through."""
    draw = random.Random(seed)  # noqa: S311 - moments, not secrets
    done = lost = different = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sheets").mkdir()
        claims = "".join(CLAIM.format(name=n, primal=p, claimed=c) for n, p, c in FORMULAS)
        (folder / "sheets" / "claims.py").write_text(HEAD + claims, encoding="utf-8")
        begun = time.perf_counter()
        wanted, _ = _finished(_started(folder, folder / "undisturbed.sqlite"), folder)
        takes = time.perf_counter() - begun
        turn = 0
        while done < times:
            turn += 1
            store = folder / f"store-{turn}.sqlite"
            written = 0
            for _ in range(4):  # kills of one audit, one after the other
                process = _started(folder, store)
                try:
                    process.wait(draw.uniform(0, takes))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    done += 1
                _, told = process.communicate()
                lost += _lost(written, told) if process.returncode >= 0 else 0
                written = _verdicts(store)
            made, told = _finished(_started(folder, store), folder)
            lost += _lost(written, told)
            different += made != wanted
    return Killed(done, lost, different)


def _started(folder: Path, store: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "GRADCHECK_NO_STORE"}
    return subprocess.Popen(
        [sys.executable, "-m", "gradcheck", "audit", "sheets", "--store", store.name, "--output", "reports"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _finished(process: subprocess.Popen[bytes], folder: Path) -> tuple[Result, bytes]:
    out, err = process.communicate()
    files = tuple((file.name, file.read_bytes()) for file in sorted((folder / "reports").glob("audit.*")))
    return Result(process.returncode, out, files), err


def _verdicts(store: Path) -> int:
    """How many verdicts are written in a store."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("SELECT count(*) FROM entries WHERE kind = 'verdict'").fetchone()[0])


def _lost(written: int, told: bytes) -> int:
    """Of the verdicts that were written, how many an audit that came to its end did not use."""
    if b"nothing has changed since" in told:
        return 0
    found = REUSED.search(told)
    return max(0, written - (int(found[1]) if found else 0))


if __name__ == "__main__":
    outcome = tally(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(outcome)
    sys.exit(bool(outcome.lost or outcome.different))
