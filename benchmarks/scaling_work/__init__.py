"""The paths of `benchmarks/scaling.py`: what each is handed at a size, and how much its cost may grow.

All are asked through the public interface, at the arguments given (``points=0``), and the answer is looked at.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gradcheck as gc

Array = np.ndarray[Any, np.dtype[Any]]
Work = Callable[[], None]


@dataclass(frozen=True)
class Series:
    """One path: its name, what grows, the sizes, what prepares the work at a size, and the exponent that is allowed."""

    name: str
    what: str
    sizes: tuple[int, ...]
    prepare: Callable[[int], Work]
    most: float = 1.0


def numbers(*shape: int) -> Array:
    """Arguments, the same each time."""
    return np.random.default_rng(0).normal(size=shape)


def checked(f: Callable[..., Any], args: tuple[Any, ...], **claim: Any) -> Work:
    """A check of a right claim, which must say so."""

    def work() -> None:
        verdict = gc.check(f, args, points=0, **claim)
        if verdict.status != "holds":
            raise AssertionError(str(verdict))

    return work


def elementwise(n: int) -> Work:
    """A derivative of n independent entries."""
    return checked(np.tanh, (numbers(n),), derivative=lambda x: 1 - np.tanh(x) ** 2)


def gradient(n: int) -> Work:
    """The gradient of a scalar of n inputs."""
    return checked(lambda x: np.sum(np.log1p(x**2)), (numbers(n),), gradient=lambda x: 2 * x / (1 + x**2))


def outputs(m: int) -> Work:
    """A full Jacobian, m outputs of 16 inputs."""
    weights = numbers(m, 16)
    return checked(
        lambda x: np.tanh(weights @ x),
        (numbers(16),),
        jacobian=lambda x: (1 - np.tanh(weights @ x) ** 2)[:, None] * weights,
    )


def inputs(n: int) -> Work:
    """A full Jacobian, 16 outputs of n inputs."""
    weights = numbers(16, n) / n
    return checked(
        lambda x: np.tanh(weights @ x),
        (numbers(n),),
        jacobian=lambda x: (1 - np.tanh(weights @ x) ** 2)[:, None] * weights,
    )


def square(n: int) -> Work:
    """A full Jacobian of n × n entries."""

    def softmax(x: Any) -> Any:
        weights = np.exp(x)
        return weights / np.sum(weights)

    return checked(softmax, (numbers(n),), jacobian=lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x)))


def opaque(x: Any) -> Any:
    """The identity, in a way that cannot be traced."""
    return np.asarray(memoryview(np.ascontiguousarray(x)))


def black_box(n: int) -> Work:
    """The Jacobian of a black box with one output and n inputs, from values alone."""
    x = numbers(1, n)

    def work() -> None:
        found = gc.differentiate(lambda x: np.sum(np.sin(opaque(x)), axis=1), x, batched=True)
        if not np.all(np.abs(found.value - np.cos(x)) <= found.error):
            raise AssertionError(str(found))

    return work


def differentiated(oracle: str) -> Callable[[int], Work]:
    """Many points of one function of one number in a call, by one oracle."""

    def prepare(count: int) -> Work:
        points = np.linspace(-2, 2, count)

        def work() -> None:
            found = gc.differentiate(np.tanh, points, batched=True, oracle=oracle)
            if not np.all(np.abs(found.value - 1 / np.cosh(points) ** 2) <= found.error + 1e-9):
                raise AssertionError(str(found))

        return work

    return prepare


def precision(bits: int) -> Work:
    """Balls of ever more bits, 200 points."""
    points = np.linspace(-2, 2, 200)

    def work() -> None:
        found = gc.differentiate(np.tanh, points, batched=True, bits=bits)
        if not found.certified.all():
            raise AssertionError(str(found))

    return work


def claims(count: int) -> Work:
    """An audit of as many claims, each with functions of its own."""
    from gradcheck.audit import audit

    sheet = gc.Sheet("scaling", "scaling.md", "Scaling")
    made = [_claim(sheet, k) for k in range(count)]

    def work() -> None:
        verdicts = audit(made).verdicts
        if len(verdicts) != count or any(verdict.status != "holds" for verdict in verdicts):
            raise AssertionError(f"{len(verdicts)} verdicts")

    return work


def _claim(sheet: gc.Sheet, k: int) -> gc.Claim:
    a = k + 2
    return sheet.claim(
        f"claim-{k}",
        "derivative",
        k + 1,
        rf"(\sin {a}x)' = {a} \cos {a}x",
        primal=lambda x: np.sin(a * x),
        claimed=lambda x: a * np.cos(a * x),
        inputs={"x": gc.Reals(3)},
        wrt="x",
    )


def document(count: int) -> Work:
    """An audit of a page with as many printed formulas, in this process."""
    from gradcheck.audit import audit

    folder = Path(tempfile.mkdtemp())
    page = folder / "page.md"
    page.write_text(_page(count), encoding="utf-8")

    def work() -> None:
        verdicts = audit([], documents=[page]).verdicts
        if len(verdicts) != count:
            raise AssertionError(f"{len(verdicts)} verdicts of {count}")

    return work


def _page(count: int) -> str:
    formulas = (f"$$\\frac{{d}}{{dx}} \\sin({k + 2} x) = {k + 2} \\cos({k + 2} x)$$" for k in range(count))
    return "# Formulas\n\n" + "\n\nAnd another.\n\n".join(formulas) + "\n"


def on_cores(workers: list[int]) -> list[tuple[int, float]] | None:
    """Wall seconds of one audit of a page by so many workers; None where the command has no such option."""
    command = [sys.executable, "-m", "gradcheck", "audit"]
    known = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
    if "--workers" not in known:
        return None
    fresh = ["--no-store"] if "--no-store" in known else []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for part in range(8):
            (Path(folder) / f"page{part}.md").write_text(_page(24), encoding="utf-8")
        for count in workers:
            options = ["--no-files", *fresh, "--workers", str(count), folder]
            start = time.perf_counter()
            subprocess.run([*command, *options], capture_output=True, check=True)
            found.append((count, time.perf_counter() - start))
    return found


SERIES = (
    Series("elementwise derivative", "entries", (8, 16, 32, 64, 128), elementwise),
    Series("elementwise derivative, large", "entries", (4096, 16_384, 65_536), elementwise),
    Series("gradient", "inputs", (8, 16, 32, 64, 128), gradient),
    Series("gradient, large", "inputs", (20_000, 80_000, 320_000), gradient),
    Series("full Jacobian of 16 inputs", "outputs", (8, 32, 128, 512), outputs),
    Series("full Jacobian of 16 outputs", "inputs", (8, 32, 128, 512), inputs),
    Series("full Jacobian, n × n", "inputs", (4, 8, 16, 32, 64), square, 2.0),
    Series("black box, every entry", "inputs", (16, 64, 256), black_box, 2.0),
    Series("many points, ladder", "points", (100, 1000, 10_000, 100_000), differentiated("finite differences")),
    Series("many points, balls", "points", (100, 1000, 10_000, 100_000), differentiated("certified")),
    Series("precision", "bits", (128, 512, 2048, 8192, 32_768), precision, 2.0),
    Series("claims in code", "claims", (2, 8, 32, 128), claims),
    Series("formulas of a page", "formulas", (2, 8, 32, 128), document),
)
