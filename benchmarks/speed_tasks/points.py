"""A numeric derivative at 1,600 points that are hard in one way or another, by who computes one; an answer in JSON.

    python -m speed_tasks.points ENGINE

400 points each: smooth functions; stiff ones (steps and ramps of width down to 1e-5); functions whose argument or value is
scaled by 1e8 or 1e-8; and points that lie between 1e-10 and 0.1 from a singularity at 0, or 1e-7 and 0.1 from one elsewhere.
The truth is the derivative's formula in extended precision. Every engine gets a function of one number, and no hint.
"""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from finite_differences import SMOOTH, Pair, Scalar, ramp, step

Array = np.ndarray[Any, np.dtype[Any]]
Engine = Callable[[Scalar, float], tuple[float, float]]

EACH = 400
OFF = 1e-3  # relative to the truth
EXACT = 1e-17  # of the truth: what extended precision may itself be off by where it cancels

# Function, derivative, the point at a distance from the singularity, and the exponent of the least distance.
SINGULAR: list[tuple[Scalar, Scalar, Scalar, float]] = [
    (np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda d: d, -10),
    (np.log, lambda x: 1 / x, lambda d: d, -10),
    (lambda x: 1 / x, lambda x: -1 / x**2, lambda d: -d, -10),
    (lambda x: x * np.log(x), lambda x: np.log(x) + 1, lambda d: d, -10),
    (lambda x: np.log(x - 1), lambda x: 1 / (x - 1), lambda d: 1 + d, -7),
    (lambda x: np.sqrt(1 - x), lambda x: -0.5 / np.sqrt(1 - x), lambda d: 1 - d, -7),
    (np.tan, lambda x: 1 / np.cos(x) ** 2, lambda d: np.pi / 2 - d, -7),
    (np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)), lambda d: 1 - d, -7),
]


@dataclass(frozen=True, eq=False)
class Points:
    """A function with its derivative, and points of one kind."""

    kind: str
    function: Scalar
    derivative: Scalar
    points: Array

    def truth(self) -> Array:
        """The derivative in extended precision."""
        with np.errstate(all="ignore"):
            return np.asarray(self.derivative(self.points.astype(np.longdouble)))


def stretched(pair: Pair, written: str) -> Pair:
    """f(s x), where s is the decimal that is written: 1e-8 is not the double nearest to it."""
    s, exact = float(written), np.longdouble(written)
    return lambda x: pair[0](x * s), lambda x: pair[1](x * exact) * exact


def magnified(pair: Pair, written: str) -> Pair:
    """s f(x), likewise."""
    s, exact = float(written), np.longdouble(written)
    return lambda x: s * pair[0](x), lambda x: exact * pair[1](x)


def all_points(seed: int = 0) -> list[Points]:
    """The 1,600."""
    rng = np.random.default_rng(seed)

    def shared(makers: list[Callable[[int], Points]]) -> list[Points]:
        counts = [EACH // len(makers) + (k < EACH % len(makers)) for k in range(len(makers))]
        return [make(count) for make, count in zip(makers, counts, strict=True)]

    def of(kind: str, pair: Pair, draw: Callable[[int], Array]) -> Callable[[int], Points]:
        return lambda count: Points(kind, *pair, draw(count))

    def between(low: float, high: float) -> Callable[[int], Array]:
        return lambda count: rng.uniform(low, high, count)

    smooth = [of("smooth", (f, df), between(low, high)) for f, df, low, high in SMOOTH]
    stiff = [
        of("stiff", make(k, at), between(at - 2 / k, at + 2 / k)) for k, at in itertools.product((1e2, 3e3, 1e5), (0.0, 1.0))
        for make in ((step,) if at == 0.0 else (step, lambda k, _: ramp(k)))
    ]  # fmt: skip
    scaled = [
        of(kind, pair, between(low / by, high / by))
        for s in ("1e8", "1e-8")
        for f, df, low, high in SMOOTH
        for kind, pair, by in (("scaled", stretched((f, df), s), float(s)), ("scaled", magnified((f, df), s), 1.0))
    ]
    near = [
        of("near a singularity", (f, df), lambda count, at=at, low=low: at(10.0 ** rng.uniform(low, -1, count)))
        for f, df, at, low in SINGULAR
    ]
    return [points for makers in (smooth, stiff, scaled, near) for points in shared(makers)]


def gradcheck() -> Engine:
    """gradcheck.differentiate of what can only be called."""
    package = importlib.import_module("gradcheck")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        found = package.differentiate(function, point, oracle="finite differences")
        return float(found.value), float(found.error)

    return run


def numdifftools() -> Engine:
    """numdifftools.Derivative."""
    package = importlib.import_module("numdifftools")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        found = package.Derivative(function, full_output=True)(point)
        return float(np.squeeze(found[0])), float(np.max(found.error_estimate))

    return run


def jacobi() -> Engine:
    """jacobi.jacobi."""
    package = importlib.import_module("jacobi")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        value, error = package.jacobi(function, point)
        return float(np.squeeze(value)), float(np.squeeze(error))

    return run


def scipy() -> Engine:
    """scipy.differentiate.derivative."""
    package = importlib.import_module("scipy.differentiate")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        found = package.derivative(function, point)
        return float(found.df), float(found.error)

    return run


def torch() -> Engine:
    """The numerical Jacobian of torch.autograd.gradcheck, which has no bar."""
    package = importlib.import_module("torch")
    numerical = importlib.import_module("torch.autograd.gradcheck").get_numerical_jacobian

    def run(function: Scalar, point: float) -> tuple[float, float]:
        x = package.tensor([point], dtype=package.float64, requires_grad=True)
        found = numerical(lambda inputs: package.from_numpy(np.asarray(function(inputs[0].detach().numpy()))), (x,))
        return float(found[0].item()), 0.0

    return run


def jax() -> Engine:
    """The numerical JVP of jax.test_util.check_grads, which has no bar."""
    tools = importlib.import_module("jax._src.public_test_util")

    def run(function: Scalar, point: float) -> tuple[float, float]:
        return float(tools.numerical_jvp(function, (np.float64(point),), (np.float64(1.0),), eps=tools.EPS)), 0.0

    return run


ENGINES: dict[str, Callable[[], Engine]] = {
    "gradcheck": gradcheck,
    "torch": torch,
    "jax": jax,
    "numdifftools": numdifftools,
    "jacobi": jacobi,
    "scipy": scipy,
}


def asked(engine: Engine, function: Scalar, point: float) -> tuple[float, float]:
    """Value and bar; an engine that raises has given no number."""
    try:
        return engine(function, point)
    except Exception:  # noqa: BLE001 what an engine raises at a hard point is its answer
        return np.nan, np.nan


def black_box(name: str) -> dict[str, Any]:
    """How often an engine is off, and whether its own bar tells."""
    engine = ENGINES[name]()
    evaluations, answers, truths = 0, [], []
    asked(engine, np.sin, 1.0)
    began = time.process_time()
    for points in all_points():

        def counted(x: Any, function: Scalar = points.function) -> Any:
            nonlocal evaluations
            evaluations += np.size(x)
            return function(np.array(memoryview(np.float64(x))))  # what traces has no memory to look at

        answers += [asked(engine, counted, float(point)) for point in points.points]
        truths.append(points.truth())
    seconds = time.process_time() - began
    value, bar = np.array(answers).T
    truth = np.concatenate(truths).astype(np.float64)
    wrong = np.where(np.isfinite(value), np.abs(value - truth), np.inf)
    off = wrong > OFF * np.abs(truth)
    flagged = ~np.isfinite(value) | ~np.isfinite(bar) | (wrong <= bar)
    return {
        "points": len(value),
        "off": int(np.sum(off)),
        "flagged": int(np.sum(off & flagged)),
        "median": float(np.median(np.minimum(wrong / np.abs(truth), 1.0))),
        "evaluations": evaluations / len(value),
        "seconds": seconds / len(value),
    }


def traceable() -> dict[str, Any]:
    """How far the enclosed derivatives are off at worst, whether all are certified, and what a point costs in a batch."""
    package = importlib.import_module("gradcheck")
    sets = all_points()
    package.differentiate(sets[0].function, sets[0].points, batched=True)
    worst, certified, spent, covered = 0.0, 0, 0.0, 0
    for points in sets:
        began = time.process_time()
        found = package.differentiate(points.function, points.points, batched=True)
        spent += time.process_time() - began
        error = np.abs(found.value - points.truth())
        worst = max(worst, float(np.max(error / np.abs(points.truth()))))
        certified += int(np.sum(found.certified))
        covered += int(np.sum(error <= found.error + EXACT * np.abs(points.truth())))
    count = sum(points.points.size for points in sets)
    large = np.resize(sets[0].points, 10_000)
    began = time.process_time()
    package.differentiate(sets[0].function, large, batched=True)
    many = (time.process_time() - began) / large.size
    return {
        "points": count,
        "worst": worst,
        "certified": certified,
        "covered": covered,
        "seconds": spent / count,
        "many": many,
    }


def main() -> None:
    """Ask one engine, or for *traceable* derivatives."""
    name = sys.argv[1]
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        print(json.dumps(traceable() if name == "traceable" else black_box(name)))


if __name__ == "__main__":
    main()
