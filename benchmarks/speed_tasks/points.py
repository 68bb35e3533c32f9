"""A numeric derivative at 1,600 hard points, by who computes one: ``python -m speed_tasks.points ENGINE``, an answer in JSON.

The points and the engines are those of benchmarks/finite_differences.py.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import numpy as np
from derivative_points import points
from finite_differences import ENGINES, ask

OFF = 1e-3  # relative to the truth
TOGETHER = 10_000
NAMES = {
    "gradcheck": "gradcheck",
    "torch": "torch's 1e-6",
    "jax": "jax's 1e-4",
    "numdifftools": "numdifftools",
    "jacobi": "jacobi",
    "scipy": "scipy derivative",
}


def black_box(name: str) -> dict[str, Any]:
    """How often an engine is off, and whether its own bar tells."""
    engine = ENGINES[NAMES[name]]()
    cases = list(points(0))
    ask(engine, cases[0])
    results = [ask(engine, case) for case in cases]
    value, bar = (np.array([getattr(result, field) for result in results]) for field in ("value", "error"))
    truth = np.array([case.right for case in cases])
    wrong = np.where(np.isfinite(value), np.abs(value - truth), np.inf)
    off = wrong > OFF * np.abs(truth)
    flagged = ~np.isfinite(value) | ~np.isfinite(bar) | (wrong <= bar)
    return {
        "points": len(cases),
        "off": int(np.sum(off)),
        "flagged": int(np.sum(off & flagged)),
        "median": float(np.median(np.minimum(wrong / np.abs(truth), 1.0))),
        "evaluations": float(np.mean([result.evaluations for result in results])),
        "seconds": float(np.mean([result.seconds for result in results])),
    }


def traceable() -> dict[str, Any]:
    """The widest proven bar, whether the bars cover the truth, and what a point costs with others in a batch."""
    import gradcheck as gc

    groups: dict[int, list[Any]] = {}
    for case in points(0):
        groups.setdefault(id(case.function), []).append(case)
    gc.differentiate(np.sin, np.ones(2), batched=True)
    counts = {"points": 0, "certified": 0, "covered": 0}
    worst = spent = 0.0
    for cases in groups.values():
        at, truth = (np.array([getattr(case, field) for case in cases]) for field in ("point", "right"))
        began = time.process_time()
        found = gc.differentiate(cases[0].function, at, batched=True, oracle="certified")
        spent += time.process_time() - began
        worst = max(worst, float(np.max(found.error / np.abs(found.value))))
        counts["points"] += len(cases)
        counts["certified"] += int(np.sum(found.certified))
        counts["covered"] += int(np.sum(np.abs(found.value - truth) <= found.error + np.spacing(np.abs(truth))))
    large = np.resize([case.point for case in next(iter(groups.values()))], TOGETHER)
    began = time.process_time()
    gc.differentiate(next(iter(groups.values()))[0].function, large, batched=True, oracle="certified")
    many = (time.process_time() - began) / TOGETHER
    return {**counts, "worst": worst, "seconds": spent / counts["points"], "many": many}


def main() -> None:
    """Ask one engine, or for *traceable* derivatives."""
    name = sys.argv[1]
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        print(json.dumps(traceable() if name == "traceable" else black_box(name)))


if __name__ == "__main__":
    main()
