"""How time and memory of each path grow with what it is handed: inputs, outputs, points, claims, bits, cores.

    python benchmarks/scaling.py [--only NAME]

Each size is a process of its own, forked once everything is imported: it does the work in small, then at its size.
Memory is by how much the process grows at most. Time is the processor's, the least of several turns; for cores it is wall
time. The exponent is the slope of the straight line through the larger half of the sizes, in logarithms. What is measured
is kept in ``scaling.json`` beside this file, and goes into ``docs/scaling.md`` with two pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scaling_work import SERIES, Series, on_cores

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIGURES = Path(__file__).with_suffix(".json")
HEAD = (
    "| path | grows with | time | allowed | met | memory | largest | memory there |",
    "|---|---|---|---|---|---|---|---|",
)
START, END = "<!-- written by benchmarks/scaling.py -->", "<!-- up to here -->"
ENOUGH = 0.2  # the processor's seconds after which a size gets no more turns
TURNS = 3


@dataclass(frozen=True)
class Cost:
    """What one size took: seconds, and megabytes beyond what was there."""

    size: int
    seconds: float
    megabytes: float


def measured(series: Series, size: int) -> Cost:
    """The cost of one size, in a fork of this process.

    Raises:
        RuntimeError: the work raised; its traceback is printed.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            series.prepare(series.sizes[0])()
            work = series.prepare(size)
            before = _peak()
            taken = [_timed(work)]
            grown = _peak() - before
            while sum(taken) < ENOUGH and len(taken) < TURNS:
                taken.append(_timed(work))
            os.write(writer, json.dumps([min(taken), grown]).encode())
        except BaseException:  # noqa: BLE001 the fork ends here, whatever happens
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise RuntimeError(f"{series.name} at {size}: see above")
    seconds, megabytes = json.loads(told)
    return Cost(size, seconds, megabytes)


def _timed(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _peak() -> float:
    """The most memory that this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of the line through the larger half of the sizes, in logarithms."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(np.maximum(costs[half:], 1e-9)), 1)[0])


def row(series: Series, costs: Sequence[Cost]) -> str:
    """A row of the table."""
    sizes = [cost.size for cost in costs]
    largest = costs[-1]
    time_grows = exponent(sizes, [cost.seconds for cost in costs])
    grown = [cost.megabytes for cost in costs]
    memory_grows = f"{exponent(sizes, grown):.2f}" if largest.megabytes >= 4 else "–"
    met = "yes" if time_grows <= series.most + 0.1 else "**no**"
    return (
        f"| {series.name} | {series.what}, {sizes[0]:,} to {sizes[-1]:,} | {time_grows:.2f} | {series.most:g} | {met} | "
        f"{memory_grows} | {_seconds(largest.seconds)} | {largest.megabytes:.0f} MB |"
    )


def missing(series: Series) -> str:
    """The row of a path that has not been measured."""
    sizes = f"{series.sizes[0]:,} to {series.sizes[-1]:,}"
    return f"| {series.name} | {series.what}, {sizes} | – | {series.most:g} | not measured | – | – | – |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def draw(found: dict[str, tuple[Series, list[Cost]]], folder: Path) -> None:
    """Both pictures: a panel a path, points and the fitted line, and a dashed line of what is allowed."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "scaling", "svg.fonttype": "none", "font.size": 8})
    import matplotlib.pyplot as plt

    for kind, unit in (("seconds", "s"), ("megabytes", "MB")):
        across = 3
        down = -(-len(found) // across)
        figure, axes = plt.subplots(down, across, figsize=(9, 2.2 * down), squeeze=False)
        for axis in axes.flat[len(found) :]:
            axis.set_axis_off()
        for axis, (name, (series, costs)) in zip(axes.flat, found.items(), strict=False):
            sizes = np.array([cost.size for cost in costs], dtype=np.float64)
            values = np.array([getattr(cost, kind) for cost in costs])
            shown = values > (0 if kind == "seconds" else 1)
            axis.loglog(sizes[shown], values[shown], "o", color="#1f6feb", markersize=4)
            if np.count_nonzero(shown) > 2:
                half = len(sizes) // 2
                slope, height = np.polyfit(np.log(sizes[half:]), np.log(np.maximum(values[half:], 1e-9)), 1)
                axis.loglog(sizes[half:], np.exp(height) * sizes[half:] ** slope, color="#1f6feb", linewidth=1)
                allowed = values[-1] * (sizes / sizes[-1]) ** series.most
                axis.loglog(sizes, allowed, "--", color="#999999", linewidth=0.8)
                axis.set_title(f"{name}: {slope:.2f}", fontsize=8)
            else:
                axis.set_title(f"{name}: nothing to speak of" if kind == "megabytes" else name, fontsize=8)
            axis.set_xlabel(series.what)
            axis.set_ylabel(unit)
        figure.tight_layout()
        figure.savefig(folder / f"scaling_{kind}.svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


def cores() -> str:
    """One audit by one and more workers, in wall time: what a second core brings; in a sentence."""
    count = os.cpu_count() or 1
    busy = os.getloadavg()[0]
    found = on_cores(sorted({1, 2, count}))
    if found is None:
        return "Cores: this version of gradcheck has no `--workers`; nothing was measured."
    (_, alone), *others = found
    told = [f"with {workers} {_seconds(seconds)} ({alone / seconds:.2f} times as fast)" for workers, seconds in others]
    return (
        f"Cores: an audit of formulas takes {_seconds(alone)} of wall time with one worker, {', '.join(told)}; the machine has "
        f"{count} cores, and {busy:.1f} processes wanted one of them while this ran."
    )


def page(known: dict[str, Any]) -> None:
    """Write what has been measured into the documentation; what has not, is told."""
    found = {one.name: (one, [Cost(*cost) for cost in known[one.name]]) for one in SERIES if one.name in known}
    lines = [*HEAD, *(row(one, found[one.name][1]) if one.name in found else missing(one) for one in SERIES)]
    lines += ["", known.get("cores", "Cores: not measured.")]
    draw(found, DOCS)
    place = DOCS / "scaling.md"
    text = place.read_text(encoding="utf-8")
    before, after = text.split(START)[0], text.split(END)[1]
    place.write_text(f"{before}{START}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", encoding="utf-8")


def keep(name: str, found: Any) -> dict[str, Any]:
    """Write down what was measured, beside what is known."""
    known = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    known[name] = found
    FIGURES.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return dict(known)


def main() -> None:
    """Measure the paths, print the table, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="only the paths whose name has this in it")
    chosen = parser.parse_args()
    wanted = [
        name for name in (*(one.name for one in SERIES), "cores") if any(part in name for part in chosen.only or [""])
    ]
    known: dict[str, Any] = {}
    print("\n".join(HEAD), flush=True)
    for one in SERIES:
        if one.name in wanted:
            costs = [measured(one, size) for size in one.sizes]
            known = keep(one.name, [[cost.size, cost.seconds, cost.megabytes] for cost in costs])
            print(row(one, costs), flush=True)
    if "cores" in wanted:
        known = keep("cores", cores())
        print(f"\n{known['cores']}")
    if known:
        page(known)


if __name__ == "__main__":
    sys.exit(main())
