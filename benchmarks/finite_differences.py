"""Accuracy, honesty and cost of the finite-difference oracle beside numdifftools, jacobi and SciPy, on hard points.

    python benchmarks/finite_differences.py [--seed 0]

Needs only gradcheck; engines that are not installed are left out. Every engine differentiates one function of one
variable at one point, with its defaults and no hint. The truth is the derivative's formula in extended precision.
*Off* means wrong by more than 1e-3 of the truth (by more than 1e-3 where the truth is 0); *flagged*, that the engine's
own bar covers the truth up to a billionth of it, is infinite, or that no number was given. *Covered* is the same over
all points. The second table holds points that have a left and a right derivative but no derivative: there a bar should
cover both.
"""

from __future__ import annotations

import argparse
import importlib
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.oracles.finite_differences import COARSEST, RATIO, RUNGS, differentiate

Array = np.ndarray[Any, np.dtype[Any]]
Scalar = Callable[[Any], Any]
Engine = Callable[[Scalar, float], tuple[float, float]]


@dataclass(frozen=True)
class Case:
    """A function at a point, with its derivative there (left and right where they differ)."""

    group: str
    function: Scalar
    point: float
    left: float
    right: float


@dataclass(frozen=True)
class Result:
    """What an engine answered or raised, and the evaluations and seconds that it took."""

    value: float
    error: float
    evaluations: int
    seconds: float
    raised: str


SMOOTH: list[tuple[Scalar, Scalar, float, float]] = [
    (np.exp, np.exp, -5, 5),
    (np.sin, np.cos, -6, 6),
    (np.log, lambda x: 1 / x, 0.1, 9),
    (np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.1, 9),
    (np.arctan, lambda x: 1 / (1 + x * x), -5, 5),
    (np.tanh, lambda x: 1 / np.cosh(x) ** 2, -3, 3),
    (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, -6, 6),
    (lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x)), -5, 5),
    (lambda x: x**5 - 3 * x**2 + 1, lambda x: 5 * x**4 - 6 * x, -3, 3),
    (lambda x: 1 / (1 + 25 * x * x), lambda x: -50 * x / (1 + 25 * x * x) ** 2, -1, 1),
    (lambda x: x * np.exp(-x * x), lambda x: (1 - 2 * x * x) * np.exp(-x * x), -2, 2),
    (lambda x: np.exp(np.sin(3 * x)), lambda x: 3 * np.cos(3 * x) * np.exp(np.sin(3 * x)), -3, 3),
]


Pair = tuple[Scalar, Scalar]


def wave(k: float) -> Pair:
    """sin(k x)."""
    return lambda x: np.sin(k * x), lambda x: k * np.cos(k * x)


def step(k: float, at: float) -> Pair:
    """tanh(k (x - at)), a step of width 1/k."""
    return lambda x: np.tanh(k * (x - at)), lambda x: k / np.cosh(k * (x - at)) ** 2


def ramp(k: float) -> Pair:
    """log(1 + exp(k (x - 1))) / k, which bends at 1 within 1/k."""
    return lambda x: np.logaddexp(0, k * (x - 1)) / k, lambda x: 1 / (1 + np.exp(-k * (x - 1)))


def stretched(pair: Pair, s: float) -> Pair:
    """f(s x)."""
    return lambda x: pair[0](x * s), lambda x: pair[1](x * np.longdouble(s)) * s


def magnified(pair: Pair, s: float) -> Pair:
    """s f(x)."""
    return lambda x: s * pair[0](x), lambda x: s * pair[1](x)


def bent(where: float, below: float, offset: float = 0.0) -> Pair:
    """offset + slope below up to ``where`` and 1 beyond."""
    return (
        lambda x: offset + np.where(x > where, 1.0, below) * (x - where),
        lambda x: np.where(x > where, 1.0, below),
    )


def broken(where: float) -> Pair:
    """sin with a jump of 1."""
    return lambda x: np.sin(x) + (x > where), np.cos


def single(function: Scalar) -> Scalar:
    """The function computed in float32, as doubles."""
    return lambda x: np.asarray(function(np.asarray(x, np.float32)), np.float64)


def cosine_quotient(x: Array) -> Array:
    """Derivative of (1 - cos x) / x², by its series since the closed form cancels."""
    return -x / 12 + x**3 / 180 - x**5 / 6720


NEAR_SINGULARITIES: list[tuple[Scalar, Scalar, list[float]]] = [
    (np.sqrt, lambda x: 0.5 / np.sqrt(x), [1e-4, 1e-6, 3e-7, 1e-8, 1e-10]),
    (np.log, lambda x: 1 / x, [1e-3, 1e-6, 2e-8, 5e-10]),
    (lambda x: 1 / x, lambda x: -1 / x**2, [1e-3, -1e-5, 1e-7]),
    (lambda x: np.log(x - 1), lambda x: 1 / (x - 1), [1.001, 1.00001, 1 + 1e-7]),
    (lambda x: np.sqrt(1 - x), lambda x: -0.5 / np.sqrt(1 - x), [0.999, 0.99999, 1 - 1e-7]),
    (np.tan, lambda x: 1 / np.cos(x) ** 2, [np.pi / 2 - 1e-3, np.pi / 2 - 1e-5]),
    (np.arccos, lambda x: -1 / np.sqrt(1 - x * x), [0.999, 0.99999]),
    (lambda x: x * np.log(x), lambda x: np.log(x) + 1, [1e-3, 1e-7]),
]


def cases(seed: int) -> Iterator[Case]:
    """The points that have a derivative, group by group."""
    rng = np.random.default_rng(seed)

    def add(group: str, pair: Pair, points: Any) -> Iterator[Case]:
        for point in np.atleast_1d(np.asarray(points, dtype=np.float64)):
            with np.errstate(all="ignore"):
                truth = float(pair[1](np.longdouble(point)))
            yield Case(group, pair[0], float(point), truth, truth)

    for f, df, low, high in SMOOTH:
        yield from add("smooth", (f, df), rng.uniform(low, high, 8))
    yield from add("smooth", (np.exp, np.exp), [0, 1e-10, 1e-6])
    yield from add("smooth", (np.sin, np.cos), [0, 1e-10, 1e-6])
    for k in (1e2, 1e3, 1e4):
        yield from add(f"sin({k:g} x)", wave(k), [1.0, *rng.uniform(0.5, 2, 11)])
    for k in (1e2, 3e3, 1e5):
        near = 1 + rng.uniform(-2, 2, 8) / k
        yield from add("stiff", step(k, 1.0), near)
        yield from add("stiff", step(k, 0.0), [0, 0.5 / k])
        yield from add("stiff", ramp(k), near)
    yield from add("stiff", stretched((np.exp, np.exp), -1e3), rng.uniform(0, 0.01, 8))
    for s in (1e8, 1e-8):
        for f, df, low, high in SMOOTH:
            points = rng.uniform(low, high, 3)
            yield from add(f"f({s:g} x)", stretched((f, df), s), points / s)
            yield from add(f"{s:g} f(x)", magnified((f, df), s), points[:1])
    yield from add("x^3", (lambda x: x**3, lambda x: 3 * x * x), [1e8, -3.3e8, 1e-8, 7e-9])
    for f, df, singular in NEAR_SINGULARITIES:
        yield from add("near singularity", (f, df), singular)
    right: Pair = (lambda x: np.where(x >= 1, np.exp(x), np.nan), np.exp)
    left: Pair = (lambda x: np.where(x <= 1, np.exp(x), np.nan), np.exp)
    for c in (0.0, 1e-12, 1e-9, 1e-4):
        yield from add("border", right, 1 + c)
        yield from add("border", left, 1 - c)
    distances = [*(10.0 ** -np.arange(1, 11)), *(0.9 * COARSEST * RATIO ** -np.arange(RUNGS - 2.0))]
    for c in [sign * distance for distance in distances for sign in (1, -1)]:
        yield from add("kink near", bent(1 - c, 0.0), 1.0)
        yield from add("kink near", bent(0.0, 0.0), c)
        yield from add("kink near", bent(1 - c, 0.9, offset=1.0), 1.0)
    for c in [share * COARSEST * RATIO**-rung for share in (-0.9, -0.5, 0.5, 0.9) for rung in (RUNGS - 2, RUNGS - 1)]:
        yield from add("kink at 1e-11", bent(1 - c, 0.0), 1.0)
    for c in (1e-2, 1e-5, 1e-7, 1e-9):
        yield from add("jump near", broken(1 + c), 1.0)
        yield from add("jump near", broken(1 - c), 1.0)
    for f, df, low, high in SMOOTH[:8]:
        yield from add("float32", (single(f), df), rng.uniform(low, high, 4))
    points = rng.uniform(0.5, 2, 12)
    rounded = single(np.positive)
    yield from add("rounding inside", (lambda x: np.sin(rounded(x)), np.cos), points)
    yield from add("rounding inside", (lambda x: np.sin(rounded(x)) + x * x, lambda x: np.cos(x) + 2 * x), points)
    yield from add("rounding inside", (lambda x: np.exp((1e8 + x) - 1e8), np.exp), points)
    yield from add("rounding inside", (lambda x: (1 - np.cos(x)) / x**2, cosine_quotient), points / 100)
    yield from add("cancellation", (lambda x: (1e8 + x) - 1e8, np.ones_like), rng.uniform(0.5, 2, 4))
    yield from add("cancellation", (lambda x: 1e6 + np.sin(x), np.cos), rng.uniform(0.5, 2, 4))


def kinks() -> Iterator[Case]:
    """Points without a derivative, and their one-sided derivatives."""
    for where in (0.0, 1.0, -3.3, 1e8):
        yield Case("|x|", bent(where, -1.0)[0], where, -1, 1)
        yield Case("relu", bent(where, 0.0)[0], where, 0, 1)
        yield Case("leaky 0.9", bent(where, 0.9)[0], where, 0.9, 1)
        yield Case("1 + leaky", bent(where, 0.5, offset=1.0)[0], where, 0.5, 1)


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


ENGINES: dict[str, Callable[[], Engine]] = {
    "gradcheck": gradcheck_engine,
    "numdifftools": numdifftools_engine,
    "jacobi": jacobi_engine,
    "scipy derivative": scipy_engine,
    "scipy approx_fprime": approx_fprime_engine,
}


def ask(engine: Engine, case: Case) -> Result:
    """One answer; an engine that raises has given no number."""
    count, raised = 0, ""

    def counted(x: Any) -> Any:
        nonlocal count
        count += np.size(x)
        return case.function(np.asarray(x, dtype=np.float64))

    start = time.perf_counter()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            value, error = engine(counted, case.point)
        except Exception as trouble:  # noqa: BLE001 what an engine raises on a hard point is its answer
            value, error, raised = np.nan, np.nan, repr(trouble)
    return Result(value, error, count, time.perf_counter() - start, raised)


def report(title: str, points: list[Case], results: list[Result]) -> None:
    """One row of the first table."""
    truth = np.array([case.right for case in points])
    value = np.array([result.value for result in results])
    bar = np.nan_to_num(np.array([result.error for result in results]), nan=np.inf)
    wrong = np.where(np.isfinite(value), np.abs(value - truth), np.inf)
    relative = np.where(truth == 0, wrong, wrong / np.where(truth == 0, 1, np.abs(truth)))
    covered = (wrong <= bar + 1e-9 * np.abs(truth)) | ~np.isfinite(value)
    off = relative > 1e-3
    flagged = f"{100 * np.mean(covered[off]):6.1f} %" if off.any() else "      – "
    evaluations = np.mean([result.evaluations for result in results])
    seconds = 1e3 * np.median([result.seconds for result in results])
    print(
        f"{title:20} {len(points):6d} {100 * np.mean(off):7.1f} % {np.median(relative):10.1e} {flagged} "
        f"{100 * np.mean(covered):7.1f} % {evaluations:9.1f} {seconds:9.2f}"
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the random points (default: 0)")
    seed = parser.parse_args().seed
    engines: dict[str, Engine] = {}
    for name, make in ENGINES.items():
        try:
            engines[name] = make()
        except ImportError:
            print(f"{name} is not installed: left out")
    smooth, broken = list(cases(seed)), list(kinks())
    answers = {name: [ask(engine, case) for case in smooth] for name, engine in engines.items()}
    head = f"{'':20} {'points':>6} {'off':>9} {'median':>10} {'flagged':>8} {'covered':>9} {'evals':>9} {'ms':>9}"
    print(head)
    for name in engines:
        report(name, smooth, answers[name])
    for name, results in answers.items():
        raised = [result.raised for result in results if result.raised]
        if raised:
            print(f"{name} raised at {len(raised)} points, first {raised[0]}")
    for group in dict.fromkeys(case.group for case in smooth):
        print(f"\n{group}")
        here = [index for index, case in enumerate(smooth) if case.group == group]
        for name in engines:
            report(name, [smooth[i] for i in here], [answers[name][i] for i in here])
    print(f"\n{len(broken)} points with two one-sided derivatives: bars that cover both, median bar where they do not")
    for name, engine in engines.items():
        results = [ask(engine, case) for case in broken]
        cover = [
            not np.isfinite(r.value) or max(abs(r.value - c.left), abs(r.value - c.right)) <= r.error * (1 + 1e-9)
            for c, r in zip(broken, results, strict=True)
        ]
        bars = [r.error for r, good in zip(results, cover, strict=True) if not good]
        print(f"{name:20} {100 * np.mean(cover):7.1f} % {f'{np.median(bars):.1e}' if bars else '–':>10}")


if __name__ == "__main__":
    main()
