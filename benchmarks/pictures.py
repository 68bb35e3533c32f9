"""What pictures cost, in processor time, beside what they go with: a check, and matplotlib's own way to draw the same curve.

Usage: ``python benchmarks/pictures.py [--runs N]``
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from gradcheck.audit import collect
from gradcheck.checking import check
from gradcheck.picture import Curve
from gradcheck.pictures import drawn, measured
from gradcheck.report.plots import svg
from gradcheck.verdict import Verdict

ROOT = Path(__file__).resolve().parent.parent


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of a call, and what it returned."""
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def plainly(curve: Curve) -> None:
    """The same two lines on axes of their own, ticks and legend as matplotlib makes them."""
    figure = Figure(figsize=(420 / 72, 260 / 72))
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    for name, values in (("true", curve.true), ("claimed", curve.claimed)):
        axes.plot(curve.x, [float("nan") if value is None else value for value in values], label=name)
    axes.legend()
    figure.savefig(StringIO(), format="svg")


def main() -> None:
    """Check, draw and measure every claim under ``reference``, and draw a curve both ways; print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    claims, _ = collect([ROOT / "reference"])
    checks, drawings, measures = list[float](), list[float](), list[float]()
    curve: Curve | None = None
    for claim in claims:
        taken, verdict = seconds(lambda claim=claim: check(claim))
        pictures, with_pictures = seconds(lambda verdict=verdict: drawn(verdict))
        quality, found = seconds(lambda verdict=verdict: measured(verdict))
        curve = curve or next((made for made in with_pictures.pictures if isinstance(made, Curve)), None)
        if isinstance(found, Verdict) and found.quality is not None and found.quality.measured:
            checks.append(taken)
            measures.append(quality)
            drawings.append(pictures)
    for name, times in (("check", checks), ("pictures", drawings), ("numerical quality", measures)):
        print(f"{name:18s} median {1e3 * statistics.median(times):6.1f} ms a claim, in all {sum(times):5.1f} s")
    print(f"(pictures + quality) / check: {(sum(drawings) + sum(measures)) / sum(checks):.2f}  ({len(checks)} claims)")
    assert curve is not None, "the reference has elementwise claims"
    both = [(seconds(lambda: svg(curve, "curve"))[0], seconds(lambda: plainly(curve))[0]) for _ in range(runs + 1)][1:]
    ours, theirs = (statistics.median(column) for column in zip(*both, strict=True))
    print(f"svg(curve) {1e3 * ours:.1f} ms, matplotlib as it comes {1e3 * theirs:.1f} ms: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
