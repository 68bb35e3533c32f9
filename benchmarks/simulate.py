"""What a million formulas, and a model of 10^11 parameters, would cost: measured units, a simulation, the bottleneck.

    python benchmarks/simulate.py [--only-print]

Unit costs are measured on this machine, in processor time; what stands for other machines (bandwidths, failures) is an
assumption, told as one. The tables between the markers of docs/scale.md are written.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from simulation import sharded, units
from simulation.cluster import Costs, simulate

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scale.md"
BEGIN, END = "<!-- written by benchmarks/simulate.py: {} -->\n", "<!-- up to here: {} -->\n"
FORMULAS = 1_000_000
WORKERS = (1, 16, 128, 1000, 8000)
TOGETHER = (1, 32, 512)
# Assumptions.
BANDWIDTH = 1.25e8  # bytes a second: 1 Gbit/s at the scheduler's machine
BETWEEN_FAILURES = 3.6e6  # seconds of a worker: a thousand hours
HANGS, LIMIT = 1e-4, 60.0  # share of formulas that are stopped at the time limit, and that limit
SCHEDULER = 1e-3  # seconds a task, from Dask's documentation, where Dask is not installed


def seconds(value: float) -> str:
    """A duration as people say it."""
    for size, name in ((86400.0, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value * 1e9:.3g} ns"


def amount(value: float) -> str:
    """Bytes as people say them."""
    for size, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.0f} bytes"


def table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def unit_table(found: units.Units) -> str:
    """The measured units."""
    costs = np.array(found.formulas)
    scheduler = seconds(found.scheduler) if found.scheduler else "no Dask here"
    double, single = (f"{found.projection[dtype]:.1e}" for dtype in ("float64", "float32"))
    rows = [
        [
            "a printed formula, read and judged, warm",
            f"{seconds(costs.mean())} ({seconds(costs.min())} to {seconds(costs.max())})",
        ],
        ["a worker's start, until its first verdict", seconds(found.start)],
        ["a worker's memory", amount(found.worker_bytes)],
        ["a claim that travels; its verdict", f"{amount(found.claim_bytes)}; {amount(found.verdict_bytes)}"],
        ["a verdict kept in the store", seconds(found.store)],
        ["a task at a Dask scheduler, with its client and a worker", scheduler],
        ["a random sign", seconds(found.sign)],
        ["a parameter moved; an entry of a sum of products", f"{seconds(found.move)}; {seconds(found.dot)}"],
        [
            "error of a projection of 10^6 numbers, float64",
            f"{double} of the gradient's norm, as n^{found.growth['float64']:.2f}",
        ],
        ["the same, float32", f"{single}, as n^{found.growth['float32']:.2f}"],
    ]
    return table(["unit", "measured"], rows)


def audit_table(found: units.Units) -> str:
    """The audit of a million formulas."""
    rng = np.random.default_rng(0)
    drawn = rng.choice(np.array(found.formulas), FORMULAS)
    drawn[rng.random(FORMULAS) < HANGS] = LIMIT
    costs = Costs(
        task=found.scheduler or SCHEDULER,
        kept=found.store,
        start=found.start,
        claim_bytes=found.claim_bytes,
        verdict_bytes=found.verdict_bytes,
        bandwidth=BANDWIDTH,
        between_failures=BETWEEN_FAILURES,
    )
    rows = []
    for workers in WORKERS:
        for together in TOGETHER:
            outcome = simulate(drawn, workers, together, costs)
            busy = sorted(outcome.busy.items(), key=lambda item: -item[1])[:3]
            rows.append(
                [
                    f"{workers:,}",
                    str(together),
                    seconds(outcome.seconds),
                    f"{FORMULAS / outcome.seconds:,.0f} a second",
                    f"**{outcome.bottleneck}**",
                    seconds(outcome.tail),
                    ", ".join(f"{name} {100 * share:.0f} %" for name, share in busy),
                    str(outcome.lost),
                    amount(workers * found.worker_bytes),
                ]
            )
    columns = [
        "workers",
        "a unit",
        "takes",
        "formulas",
        "bottleneck",
        "wait for the last",
        "busy",
        "units again",
        "memory",
    ]
    return table(columns, rows)


def model_table(found: units.Units) -> str:
    """The check of a sharded model."""
    model, fabric = sharded.Model(), sharded.Fabric()
    rows = []
    for name, check in (
        ("layers gathered as they are needed", sharded.gathered(model, fabric)),
        ("layers split, activations travel", sharded.split(model, fabric)),
    ):
        parts = ", ".join(f"{part} {seconds(spent)}" for part, spent in check.seconds.items())
        held = sum(check.bytes.values())
        rows.append([name, seconds(check.total), f"**{check.bottleneck}**", parts, amount(held)])
    written = table(["parameters are", "a projection", "bottleneck", "spent on", "held by a device"], rows)
    errors = []
    for dtype in ("float64", "float32"):
        error = found.projection[dtype] * (model.parameters / 1e6) ** found.growth[dtype]
        layer = model.parameters / model.layers
        part = found.projection[dtype] * (layer / 1e6) ** found.growth[dtype]
        errors.append(
            [
                dtype,
                f"{error:.0e}",
                f"{part:.0e}",
                f"{error * math.sqrt(model.parameters):.0e}",
                f"{part * math.sqrt(layer):.0e}",
            ]
        )
    columns = [
        "the loss is computed in",
        "all entries off: seen from",
        "all of one layer, projected alone",
        "one typical entry off: seen from",
        "one entry, its layer projected alone",
    ]
    evaluations = math.ceil(2 * math.log2(model.parameters))
    cost = found.sign + 3 * found.move + found.dot
    alone = model.parameters * cost / 86400
    return (
        f"{written}\n{table(columns, errors)}\nFinding one wrong entry takes 2 log₂ n = {evaluations} evaluations more. "
        f"Signs, steps and sums alone would keep one core of this machine busy for {alone * 24:.2g} hours, and are "
        f"{seconds(model.parameters / fabric.devices * cost)} of a core's time on each of {fabric.devices:,}.\n"
    )


def main() -> None:
    """Measure, simulate, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only-print", action="store_true", help="leave docs/scale.md as it is")
    options = parser.parse_args()
    found = units.measured()
    tables = {"units": unit_table(found), "audit": audit_table(found), "model": model_table(found)}
    text = PAGE.read_text(encoding="utf-8")
    for name, content in tables.items():
        print(content)
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END.format(name))
        if not rest or not after:
            raise SystemExit(
                f"docs/scale.md needs the lines {BEGIN.format(name).strip()} and {END.format(name).strip()}"
            )
        text = f"{before}{BEGIN.format(name)}\n{content}\n{END.format(name)}{after}"
    if not options.only_print:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
