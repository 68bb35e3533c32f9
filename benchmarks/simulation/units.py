"""What one unit of work costs on this machine, each measured as the simulation uses it."""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# Claims as papers on machine learning print them: of every form, right, wrong, and not to be read.
FORMULAS: tuple[tuple[str, str], ...] = (
    (r"\sigma'(x) = \sigma(x)(1 - \sigma(x))", r"\sigma(x) = \frac{1}{1 + e^{-x}}"),
    (r"\tanh'(x) = 1 - \tanh^2(x)", ""),
    (r"\frac{d}{dx} \log(1 + e^x) = \frac{1}{1 + e^{-x}}", ""),
    (r"\frac{d}{dx} x \log x = \log x + 1", ""),
    (r"\frac{d}{dx} \frac{x}{1 + e^{-x}} = \frac{1 + e^{-x} + x e^{-x}}{(1 + e^{-x})^2}", ""),
    (r"\frac{d}{dx} e^{-x^2/2} = -x e^{-x^2/2}", ""),
    (r"\frac{d}{dx} e^{-x^2/2} = x e^{-x^2/2}", ""),
    (r"\frac{\partial s_i}{\partial z_j} = s_i (\delta_{ij} - s_j)", r"s_i = \frac{e^{z_i}}{\sum_k e^{z_k}}"),
    (r"\frac{\partial s_i}{\partial z_j} = s_i (1 - s_j)", r"s_i = \frac{e^{z_i}}{\sum_k e^{z_k}}"),
    (r"\frac{\partial}{\partial x_i} \log \sum_k e^{x_k} = \frac{e^{x_i}}{\sum_k e^{x_k}}", ""),
    (r"\frac{\partial L}{\partial z_i} = p_i - y_i", r"L = -\sum_i y_i \log p_i, p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}"),
    (r"\nabla_x \frac{1}{2} \|x\|^2 = x", ""),
    (r"\nabla_x x^T A x = (A + A^T) x", "A is a matrix"),
    (r"\nabla_x x^T A x = 2 A x", "A is a matrix"),
    (r"\frac{\partial \|Ax - b\|^2}{\partial A} = 2 (Ax - b) x^T", "A is a matrix"),
    (r"\frac{\partial \|Ax - b\|^2}{\partial x} = 2 A^T (Ax - b)", "A is a matrix"),
    (r"\frac{\partial}{\partial X} \mathrm{tr}(A X) = A^T", ""),
    (r"\frac{\partial}{\partial X} \log \det X = X^{-T}", ""),
    (r"\frac{\partial L}{\partial w} = \sum_i (p_i - y_i) x_i", r"L = \frac{1}{2}\sum_i (p_i - y_i)^2, p_i = w x_i"),
    (r"\frac{\partial L}{\partial W} = \delta x^T", r"L = \frac12 \|W x - t\|^2, \delta = W x - t"),
    (r"\frac{d f}{d x} = {", ""),
    (r"\frac{\partial \mathcal{J}}{\partial \theta} = \mathbb{E}[\nabla \log \pi]", ""),
)  # fmt: skip
CONSTANT = 1_000_000  # numbers of an array for costs an entry


@dataclass(frozen=True)
class Units:
    """Seconds and bytes. ``formulas`` are the processor seconds of one formula each, warm."""

    formulas: list[float]
    start: float
    worker_bytes: int
    claim_bytes: float
    verdict_bytes: float
    store: float
    scheduler: float | None
    sign: float
    move: float
    dot: float
    projection: dict[str, float]  # dtype: share of the gradient's norm by which a projection of 10^6 numbers is off
    growth: dict[str, float]  # and the exponent in n with which that grows


def measured() -> Units:
    """All of them; about two minutes of an idle core."""
    seconds, claims, verdicts = formula_costs()
    start, held = worker()
    sizes = {dtype: [projection_error(n, dtype) for n in SIZES] for dtype in ("float64", "float32")}
    growth = {dtype: float(np.polyfit(np.log(SIZES), np.log(found), 1)[0]) for dtype, found in sizes.items()}
    return Units(
        formulas=seconds,
        start=start,
        worker_bytes=held,
        claim_bytes=claims,
        verdict_bytes=verdicts,
        store=store_write(int(verdicts)),
        scheduler=dask_task(),
        sign=an_entry(signs),
        move=an_entry(lambda w: np.add(w, 1e-6, out=w)),
        dot=an_entry(lambda w: np.dot(w, w)),
        projection={dtype: found[-1] for dtype, found in sizes.items()},
        growth=growth,
    )


def formula_costs() -> tuple[list[float], float, float]:
    """Processor seconds of each formula, after one of each kind has warmed the process; bytes of a claim and of a verdict."""
    import gradcheck as gc
    from gradcheck.stored import verdict_text

    for claim, definitions in FORMULAS[::5]:
        gc.check_latex(claim, definitions)
    seconds, texts = [], []
    for claim, definitions in FORMULAS:
        began = time.process_time()
        verdict = gc.check_latex(claim, definitions)
        seconds.append(time.process_time() - began)
        texts.append(len(verdict_text(verdict).encode()))
    return seconds, statistics.mean(len(json.dumps(pair)) for pair in FORMULAS), statistics.mean(texts)


def worker() -> tuple[float, int]:
    """Processor seconds until a fresh process has judged its first formula, and the most bytes that it held."""
    lines = f"import gradcheck as gc\nfor claim in {FORMULAS[:1]!r}:\n    gc.check_latex(*claim)\n"
    process = subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"a worker ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def store_write(size: int, count: int = 500) -> float:
    """Processor seconds to keep one verdict: SQLite, a write-ahead log, one transaction each."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "verdicts")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("CREATE TABLE verdicts (key TEXT PRIMARY KEY, verdict BLOB)")
        text = b"x" * size
        began = time.process_time()
        for number in range(count):
            with connection:
                connection.execute("INSERT INTO verdicts VALUES (?, ?)", (f"{number:064x}", text))
        spent = time.process_time() - began
        connection.close()
    return spent / count


def dask_task(count: int = 2000) -> float | None:
    """Processor seconds of a Dask scheduler a task that does nothing; None without Dask."""
    script = Path(__file__).with_name("scheduler.py")
    found = subprocess.run([sys.executable, str(script), str(count)], capture_output=True, text=True, check=False)
    return float(found.stdout.splitlines()[-1]) if found.returncode == 0 else None


def an_entry(work: Callable[[Array], Any], turns: int = 9) -> float:
    """Processor seconds a number of what is done to an array of doubles."""
    array = np.random.default_rng(0).uniform(-1, 1, CONSTANT)
    spent = []
    for _ in range(turns):
        began = time.process_time()
        work(array)
        spent.append(time.process_time() - began)
    return statistics.median(spent) / CONSTANT


def signs(array: Array) -> Array:
    """Random signs: 64 from each 64 bits of a counter-based generator."""
    bits = np.random.Philox(key=1).random_raw(-(-array.size // 64))
    return np.unpackbits(bits.view(np.uint8))[: array.size]


SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)


def projection_error(n: int, dtype: str, draws: int = 12) -> float:
    """By how much a central difference along random signs misses, as a share of the gradient's norm; the median of some.

    L(w) = Σ log(1 + w²), computed in ``dtype``; the gradient is exact. Rounding of the sum costs eps √n / h of the norm, and
    the third derivative h², so the step is h = (eps √n)^(1/3).
    """
    step = (float(np.finfo(dtype).eps) * np.sqrt(n)) ** (1 / 3)
    errors = []
    for draw in range(draws):
        rng = np.random.default_rng([n, draw])
        w = rng.uniform(-2, 2, n).astype(dtype)
        along = (1 - 2 * rng.integers(0, 2, n)).astype(dtype)
        exact = w.astype(np.float64)
        gradient = 2 * exact / (1 + exact**2)
        h = np.asarray(step, dtype)
        ahead, behind = (float(np.sum(np.log1p(np.square(w + side * along)))) for side in (h, -h))
        slope = (ahead - behind) / (2 * float(h))
        errors.append(abs(slope - float(gradient @ along)) / float(np.linalg.norm(gradient)))
    return statistics.median(errors)
