"""Accuracy, honesty and cost of numeric derivatives: gradcheck, numdifftools, jacobi, SciPy, and the steps of torch and JAX.

    python benchmarks/finite_differences.py [--seed 0] [--seeds 20] [--groups]

Needs only gradcheck; engines that are not installed are left out. Every engine differentiates one function of one
variable at one point, with its defaults and no hint. *Off* means wrong by more than 1e-3 of the truth (by more than 1e-3
where the truth is 0); *flagged*, that the engine's own bar covers the truth up to a billionth of it, is infinite, or that
no number was given. *Covered* is the same over all points. Times are processor time.

The first table has 1,600 points: smooth, stiff, scaled by 1e±8, near singularities. Below it, the same with many points in
one call of `gradcheck.differentiate`: of the black box, and of the traced function in balls. The second table has worse
neighbourhoods, the third points that have a left and a right derivative but no derivative: there a bar should cover both.
With ``--seeds`` our own bars are tried at that many other sets of points.
"""

from __future__ import annotations

import argparse
import importlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from derivative_points import SMOOTH, Case, Scalar, kinks, points, traps

import gradcheck as gc
from gradcheck.oracles.finite_differences import differentiate

Engine = Callable[[Scalar, float], tuple[float, float]]


@dataclass(frozen=True)
class Result:
    """What an engine answered or raised, and the evaluations and the processor's seconds that it took."""

    value: float
    error: float
    evaluations: int
    seconds: float
    raised: str


def gradcheck_engine() -> Engine:
    """The oracle of this project."""

    def run(function: Scalar, point: float) -> tuple[float, float]:
        estimate = differentiate(lambda rows: function(rows[:, 0])[:, None], np.array([[point]]), np.array([[1.0]]))
        return estimate.value.item(), estimate.error.item()

    return run


def numdifftools_engine() -> Engine:
    """Its defaults: adaptive steps, Richardson extrapolation."""
    package = importlib.import_module("numdifftools")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        found = package.Derivative(function, full_output=True)(point)
        # Since 0.11 one named tuple, before that the value and an info.
        value, error = (
            (found[0], found.error_estimate) if hasattr(found, "estimate") else (found[0], found[1].error_estimate)
        )
        return float(np.squeeze(value)), float(np.max(error))

    return run


def jacobi_engine() -> Engine:
    """Its defaults."""
    package = importlib.import_module("jacobi")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        value, error = package.jacobi(lambda x: function(np.asarray(x)), point)
        return float(np.squeeze(value)), float(np.squeeze(error))

    return run


def scipy_engine() -> Engine:
    """scipy.differentiate.derivative with its defaults."""
    package = importlib.import_module("scipy.differentiate")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        result = package.derivative(function, point)
        return float(result.df), float(result.error)

    return run


def approx_fprime_engine() -> Engine:
    """scipy.optimize.approx_fprime: forward differences, without a bar."""
    package = importlib.import_module("scipy.optimize")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        slope = package.approx_fprime(np.array([point]), lambda x: float(function(x)[0]))
        return float(slope[0]), 0.0

    return run


def three_point_engine() -> Engine:
    """scipy.optimize's own 3-point differences, with relative steps, without a bar."""
    package = importlib.import_module("scipy.optimize._numdiff")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        return float(np.squeeze(package.approx_derivative(function, point))), 0.0

    return run


def central_engine(step: float) -> Callable[[], Engine]:
    """Central differences with an absolute step, without a bar."""

    def run(function: Scalar, point: float) -> tuple[float, float]:
        return float((function(point + step) - function(point - step)) / (2 * step)), 0.0

    return lambda: run


ENGINES: dict[str, Callable[[], Engine]] = {
    "gradcheck": gradcheck_engine,
    "numdifftools": numdifftools_engine,
    "jacobi": jacobi_engine,
    "scipy derivative": scipy_engine,
    "scipy approx_fprime": approx_fprime_engine,
    "scipy 3-point": three_point_engine,
    "torch's 1e-6": central_engine(1e-6),  # the step of torch.autograd.gradcheck
    "jax's 1e-4": central_engine(1e-4),  # the step of jax.test_util.check_grads
}


def ask(engine: Engine, case: Case) -> Result:
    """One answer; an engine that raises has given no number."""
    count, raised = 0, ""

    def counted(x: Any) -> Any:
        nonlocal count
        count += np.size(x)
        return case.function(np.asarray(x, dtype=np.float64))

    start = time.process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value, error = engine(counted, case.point)
        except Exception as trouble:  # noqa: BLE001 what an engine raises on a hard point is its answer
            value, error, raised = np.nan, np.nan, repr(trouble)
    return Result(value, error, count, time.process_time() - start, raised)


def together(cases: list[Case], oracle: str) -> tuple[list[Result], float]:
    """Our answers with all points of a function in one call, and the processor's seconds for all."""
    groups: dict[int, list[int]] = {}
    for index, case in enumerate(cases):
        groups.setdefault(id(case.function), []).append(index)
    results: list[Result | None] = [None] * len(cases)
    start = time.process_time()
    for indices in groups.values():
        at = np.array([cases[index].point for index in indices])
        found = gc.differentiate(cases[indices[0]].function, at, batched=True, oracle=oracle)
        for index, value, error in zip(indices, found.value, found.error, strict=True):
            results[index] = Result(float(value), float(error), found.evaluations // len(at), 0.0, "")
    return [result for result in results if result is not None], time.process_time() - start


HEAD = (
    f"{'':20} {'points':>6} {'off':>9} {'median':>10} {'worst':>9} {'flagged':>8} {'covered':>9} {'evals':>7} {'µs':>8}"
)


def report(title: str, cases: list[Case], results: list[Result], seconds: float | None = None) -> int:
    """One row of a table; how many points are off and not flagged. A point takes the median time, or a share of ``seconds``."""
    truth = np.array([case.right for case in cases])
    value = np.array([result.value for result in results])
    bar = np.nan_to_num(np.array([result.error for result in results]), nan=np.inf)
    wrong = np.where(np.isfinite(value), np.abs(value - truth), np.inf)
    relative = np.where(truth == 0, wrong, wrong / np.where(truth == 0, 1, np.abs(truth)))
    covered = (wrong <= bar + 1e-9 * np.abs(truth)) | ~np.isfinite(value)
    off = relative > 1e-3
    flagged = f"{100 * np.mean(covered[off]):6.1f} %" if off.any() else "      – "
    evaluations = np.mean([result.evaluations for result in results])
    each = np.median([result.seconds for result in results]) if seconds is None else seconds / len(cases)
    print(
        f"{title:20} {len(cases):6d} {100 * np.mean(off):7.2f} % {np.median(relative):10.1e} {np.max(relative):9.1e} "
        f"{flagged} {100 * np.mean(covered):7.1f} % {evaluations:7.1f} {1e6 * each:8.1f}"
    )
    return int(np.sum(off & ~covered))


def throughput() -> None:
    """The processor's time a point where one call has 1,600 points of one function, its trace included."""
    for oracle in ("finite differences", "certified"):
        taken = []
        for function, _, low, high in SMOOTH:
            at = np.linspace(low, high, 1600)
            start = time.process_time()
            gc.differentiate(function, at, batched=True, oracle=oracle)
            taken.append(1e6 * (time.process_time() - start) / len(at))
        print(
            f"1,600 points of one function in one call, {oracle}: {np.median(taken):.1f} µs a point "
            f"(from {min(taken):.1f} to {max(taken):.1f})"
        )


def honesty(seeds: int) -> None:
    """Our own bars at other points."""
    run, unflagged, visited = gradcheck_engine(), 0, 0
    print(f"\nthe same points and traps drawn from {seeds} seeds")
    for name, drawn in (("the 1,600 points", points), ("traps", traps)):
        cases = [case for seed in range(seeds) for case in drawn(seed)]
        unflagged += report(name, cases, [ask(run, case) for case in cases])
        visited += len(cases)
    print(f"{unflagged} of {visited} points are off by more than 1e-3 without their bar saying so")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the random points (default: 0)")
    parser.add_argument("--seeds", type=int, default=0, help="try our own bars at the points of that many seeds")
    parser.add_argument("--groups", action="store_true", help="a table for each group of points, too")
    chosen = parser.parse_args()
    engines: dict[str, Engine] = {}
    for name, make in ENGINES.items():
        try:
            engines[name] = make()
        except ImportError:
            print(f"{name} is not installed: left out")
    first, second, third = list(points(chosen.seed)), list(traps(chosen.seed)), list(kinks())
    print("smooth, stiff, scaled by 1e±8, near singularities\n" + HEAD)
    tables(first, engines, chosen.groups)
    gc.differentiate(np.sin, np.ones(2), batched=True)  # what is imported once is not a point's cost
    for oracle, name in (("finite differences", "gradcheck, batched"), ("certified", "gradcheck, balls")):
        found, seconds = together(first, oracle)
        report(name, first, found, seconds)
    throughput()
    print("\nkinks, jumps and borders beside the point, float32, rounding inside, cancellation\n" + HEAD)
    tables(second, engines, chosen.groups)
    print(f"\n{len(third)} points with two one-sided derivatives: bars that cover both, median bar where they do not")
    for name, engine in engines.items():
        results = [ask(engine, case) for case in third]
        cover = [
            not np.isfinite(r.value) or max(abs(r.value - c.left), abs(r.value - c.right)) <= r.error * (1 + 1e-9)
            for c, r in zip(third, results, strict=True)
        ]
        bars = [r.error for r, good in zip(results, cover, strict=True) if not good]
        print(f"{name:20} {100 * np.mean(cover):7.1f} % {f'{np.median(bars):.1e}' if bars else '–':>10}")
    if chosen.seeds:
        honesty(chosen.seeds)


def tables(cases: list[Case], engines: dict[str, Engine], groups: bool) -> None:
    """A row for each engine, and if wanted the same for each group of points."""
    answers = {name: [ask(engine, case) for case in cases] for name, engine in engines.items()}
    for name, results in answers.items():
        report(name, cases, results)
        raised = [result.raised for result in results if result.raised]
        if raised:
            print(f"  raised at {len(raised)} points, first {raised[0]}")
    for group in dict.fromkeys(case.group for case in cases) if groups else ():
        print(f"\n{group}")
        here = [index for index, case in enumerate(cases) if case.group == group]
        for name, results in answers.items():
            report(name, [cases[i] for i in here], [results[i] for i in here])


if __name__ == "__main__":
    main()
