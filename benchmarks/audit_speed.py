"""How long an audit takes, beside what it cannot avoid: importing JAX, or reading what an earlier one has kept.

Whole processes, interleaved: their processor time, medians and ratios. What is told again from the store is the audit of
``reference/`` with all of its reports, kept once at the beginning, which takes minutes; to read the store is to import
gradcheck, to open the file, and to decode the entry of that run.

Usage: ``python benchmarks/audit_speed.py [--runs N]``
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READ = """\
import gradcheck, json
from gradcheck.store.database import Database
database = Database.open({store!r})
(key,) = database._connection.execute("SELECT key FROM entries WHERE kind = 'run'").fetchone()
json.loads(database.get("run", key))
"""
AUDIT = [sys.executable, "-m", "gradcheck", "audit", "reference"]
COMPUTED = "audit reference but its library"
AGAIN = "audit reference, unchanged"
STORED = "import gradcheck, read the store"
RATIOS = ((COMPUTED, "import jax"), (AGAIN, STORED), ("import gradcheck", "import numpy"))


def commands(folder: str) -> dict[str, list[str]]:
    """What is timed, by its name; ``folder`` is for the store and the reports."""
    store = str(Path(folder) / "verdicts.sqlite")
    return {
        "import jax": [sys.executable, "-c", "import jax"],
        COMPUTED: [*AUDIT, "--exclude", "reference/library", "--no-store", "--json", "-"],
        STORED: [sys.executable, "-c", READ.format(store=store)],
        AGAIN: [*AUDIT, "--store", store, "--output", str(Path(folder) / "reports")],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "import gradcheck": [sys.executable, "-c", "import gradcheck"],
        "gradcheck --help": [sys.executable, "-m", "gradcheck", "--help"],
    }


def seconds(command: list[str]) -> float:
    """Processor seconds of one run, output thrown away.

    Raises:
        RuntimeError: it ended with anything but 0.
    """
    # A package that is installed has its bytecode beside it; one that is never written would be compiled in each process.
    left_out = ("PYTHONDONTWRITEBYTECODE", "GRADCHECK_NO_STORE", "GRADCHECK_STORE")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Time every command in turn, `runs` times after one warm-up, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        timed = commands(folder)
        seconds(timed[AGAIN])  # which keeps it
        times: dict[str, list[float]] = {name: [] for name in timed}
        for turn in range(runs + 1):
            for name, command in timed.items():
                taken = seconds(command)
                if turn:
                    times[name].append(taken)
    print(f"{'command':34s} {'median s':>9s} {'min s':>8s} {'max s':>8s}   ({runs} runs each, interleaved)")
    for name, taken_ in times.items():
        print(f"{name:34s} {statistics.median(taken_):9.3f} {min(taken_):8.3f} {max(taken_):8.3f}")
    for name, other in RATIOS:
        ratios = [a / b for a, b in zip(times[name], times[other], strict=True)]
        print(f"{name} / {other}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
