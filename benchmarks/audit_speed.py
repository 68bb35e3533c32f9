"""How long an audit takes, beside what it cannot avoid: importing JAX. Whole processes, interleaved, medians and ratios.

Usage: ``python benchmarks/audit_speed.py [--runs N]``
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    "import jax": [sys.executable, "-c", "import jax"],
    "audit reference --json -": [sys.executable, "-m", "gradcheck", "audit", "reference", "--json", "-"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import gradcheck": [sys.executable, "-c", "import gradcheck"],
    "gradcheck --help": [sys.executable, "-m", "gradcheck", "--help"],
}
RATIOS = (("audit reference --json -", "import jax"), ("import gradcheck", "import numpy"))


def seconds(command: list[str]) -> float:
    """Wall seconds of one run, output thrown away."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Time every command in turn, `runs` times after one warm-up, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(runs + 1):
        for name, command in COMMANDS.items():
            taken = seconds(command)
            if turn:
                times[name].append(taken)
    print(f"{'command':28s} {'median s':>9s} {'min s':>8s} {'max s':>8s}   ({runs} runs each, interleaved)")
    for name, taken_ in times.items():
        print(f"{name:28s} {statistics.median(taken_):9.3f} {min(taken_):8.3f} {max(taken_):8.3f}")
    for name, other in RATIOS:
        ratios = [a / b for a, b in zip(times[name], times[other], strict=True)]
        print(f"{name} / {other}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
