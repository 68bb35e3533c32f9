"""The simulation in docs/scale.md: where one thing alone takes time, it gives what arithmetic gives."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def simulation() -> Iterator[SimpleNamespace]:
    """The modules of the benchmark, with its folder on the path as when it runs."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        names = ("cluster", "sharded", "units")
        yield SimpleNamespace(**{name: importlib.import_module(f"simulation.{name}") for name in names})
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def free(simulation: SimpleNamespace) -> SimpleNamespace:
    """Costs of nothing at all."""
    return simulation.cluster.Costs(0.0, 0.0, 0.0, 0.0, 0.0, bandwidth=1e9, between_failures=1e12)


def test_workers_alone_share_the_work(simulation: SimpleNamespace, free: SimpleNamespace) -> None:
    outcome = simulation.cluster.simulate(np.full(1000, 0.5), 10, 1, free)
    assert outcome.seconds == pytest.approx(50)
    assert outcome.busy["workers"] == pytest.approx(1)
    assert outcome.bottleneck == "workers"


@pytest.mark.parametrize(
    ("changed", "together", "expected", "bottleneck"),
    [
        ({"task": 0.1}, 1, 100, "scheduler"),
        ({"task": 0.1}, 10, 10, "scheduler"),
        ({"kept": 0.2}, 1, 200, "store"),
        ({"kept": 0.2}, 10, 200, "store"),
        ({"claim_bytes": 3e8}, 1, 300, "network"),
        ({"start": 40.0}, 1, 40, "starting"),
    ],
)
def test_what_is_slowest_decides_and_is_named(
    simulation: SimpleNamespace,
    free: SimpleNamespace,
    changed: dict[str, float],
    together: int,
    expected: float,
    bottleneck: str,
) -> None:
    outcome = simulation.cluster.simulate(np.full(1000, 1e-3), 1000, together, replace(free, **changed))
    assert outcome.seconds == pytest.approx(expected, rel=0.02)
    assert outcome.bottleneck == bottleneck


def test_what_a_failed_worker_had_is_done_again(simulation: SimpleNamespace, free: SimpleNamespace) -> None:
    work = np.full(2000, 1.0)
    safe = simulation.cluster.simulate(work, 10, 1, free)
    failing = simulation.cluster.simulate(work, 10, 1, replace(free, between_failures=10.0, start=1.0))
    assert safe.lost == 0
    assert failing.lost == pytest.approx(2000 * (1 - np.exp(-0.1)), rel=0.2)
    assert failing.seconds > safe.seconds


def test_the_last_one_is_waited_for(simulation: SimpleNamespace, free: SimpleNamespace) -> None:
    outcome = simulation.cluster.simulate(np.array([*[0.01] * 100, 60.0]), 50, 1, free)
    assert outcome.seconds == pytest.approx(60, rel=0.01)
    assert outcome.tail == pytest.approx(60, rel=0.01)
    assert outcome.bottleneck == "the last units"


def test_the_model_has_as_many_parameters_as_is_told_and_fits(simulation: SimpleNamespace) -> None:
    model, fabric = simulation.sharded.Model(), simulation.sharded.Fabric()
    assert model.parameters == pytest.approx(1e11, rel=0.01)
    for check in (simulation.sharded.gathered(model, fabric), simulation.sharded.split(model, fabric)):
        assert sum(check.bytes.values()) < fabric.memory
        assert check.total == pytest.approx(sum(check.seconds.values()))
        assert check.seconds[check.bottleneck] == max(check.seconds.values())


def test_gathering_takes_what_the_network_allows(simulation: SimpleNamespace) -> None:
    model, fabric = simulation.sharded.Model(), simulation.sharded.Fabric()
    slow = simulation.sharded.gathered(model, replace(fabric, outside=fabric.outside / 10))
    assert slow.bottleneck == "gathering layers"
    passes = 4 * model.parameters * 2 + model.parameters * 4
    assert slow.seconds["gathering layers"] == pytest.approx(10 * passes / fabric.outside)


def test_a_projection_is_off_by_more_where_doubles_are_halved(simulation: SimpleNamespace) -> None:
    double, single = (simulation.units.projection_error(10_000, dtype, draws=5) for dtype in ("float64", "float32"))
    assert 0 < double < 1e-7 < single < 1e-1


def test_every_formula_that_is_timed_is_judged_and_one_is_not_read(simulation: SimpleNamespace) -> None:
    assert len(set(simulation.units.FORMULAS)) == len(simulation.units.FORMULAS) > 20


def test_the_page_names_a_bottleneck_in_every_row(simulation: SimpleNamespace) -> None:
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    audited = text.partition("simulate.py: audit -->")[2].partition("<!--")[0]
    rows = [line for line in audited.splitlines() if re.match(r"\| [\d,]+ \|", line)]
    assert len(rows) == 15
    assert all(re.search(r"\*\*(workers|scheduler|store|network|starting|the last units)\*\*", row) for row in rows)
