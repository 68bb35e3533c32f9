"""How long `gradcheck formula` takes from a cold start, in units of ``python -c "import jax"``.

    python benchmarks/formula_speed.py [--rounds N]

Every round starts each command once, so that what else the machine does meets all alike; the medians are compared. Wall
time is told, and processor time (user and system), which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

FORMULAS = {
    "elementwise": (r"\sigma'(x) = \sigma(x)(1 - \sigma(x))", r"\sigma(x) = \frac{1}{1 + e^{-x}}"),
    "softmax Jacobian": (
        r"\frac{\partial s_i}{\partial z_j} = s_i (\delta_{ij} - s_j)",
        r"s_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",
    ),
    "matrix gradient": (r"\frac{\partial \|Ax - b\|^2}{\partial A} = 2 (Ax - b) x^T", "A is a matrix"),
    "unreadable": (r"\frac{d f}{d x} = {", ""),
}


def main() -> None:
    """Prints one line a formula."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    commands = {"import jax": [sys.executable, "-c", "import jax"]}
    for name, (claim, where) in FORMULAS.items():
        commands[name] = [sys.executable, "-m", "gradcheck", "formula", claim, "--where", where]
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            seen[name].append(_timed(command))
    base = [statistics.median(column) for column in zip(*seen["import jax"], strict=True)]
    print(f"{'':18} {'wall':>7} {'ratio':>6} {'cpu':>8} {'ratio':>6}")
    for name, times in seen.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"{name:18} {wall:6.2f}s {wall / base[0]:6.2f} {cpu:7.2f}s {cpu / base[1]:6.2f}")


def _timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor time of one run of a command, in seconds."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{' '.join(command[2:])} ended with {os.waitstatus_to_exitcode(status)}")
    return took, used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
