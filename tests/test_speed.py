"""The table of speeds: its tasks are right, whoever is timed tells right from wrong, and the page is what the figures say."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("contenders", "counted", "formulas", "large", "page", "planted", "rows", "worker")
SAMPLE = ("sine", "least squares", "softmax")  # one of each form


@pytest.fixture(scope="module")
def speed() -> Iterator[SimpleNamespace]:
    """The modules of the benchmark, with its folder on the path as when it runs."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(f"speed_tasks.{name}") for name in MODULES})
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def slopes(f: Any, point: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The Jacobian by central differences, outputs times inputs."""
    columns = []
    for k in range(point.size):
        step = np.zeros(point.size)
        step[k] = 1e-6
        moved = step.reshape(point.shape)
        columns.append((np.ravel(f(point + moved)) - np.ravel(f(point - moved))) / 2e-6)
    return np.stack(columns, axis=1)


def test_the_forty_formulas_are_forty_and_right(speed: SimpleNamespace) -> None:
    formulas = speed.formulas.formulas(np)
    assert len({formula.name for formula in formulas}) == len(formulas) == 40
    for formula in formulas:
        claimed = speed.formulas.jacobian_of(formula)
        assert np.allclose(claimed, slopes(formula.primal, formula.point), 1e-6, 1e-8), formula.name


@pytest.mark.parametrize("name", ["softmax", "elementwise", "dense_layer", "loss"])
def test_the_large_tasks_are_right_in_small(speed: SimpleNamespace, name: str) -> None:
    task = getattr(speed.large, name)(np, n=5)
    jacobian = slopes(task.primal, task.point)
    claimed = np.diag(task.claim(task.point)) if task.form == "derivative" else task.claim(task.point)
    assert np.allclose(np.reshape(claimed, jacobian.shape), jacobian, 1e-6, 1e-8)
    cotangent = np.arange(1.0, 1 + len(jacobian))
    shaped = cotangent[0] if task.form == "gradient" else cotangent
    assert np.allclose(np.ravel(task.vjp(shaped, task.point)), cotangent @ jacobian, 1e-6, 1e-8)


def test_errors_are_planted_as_they_are_told(speed: SimpleNamespace) -> None:
    right = [formula.claim(formula.point) for formula in speed.formulas.formulas(np)]
    everywhere = [formula.claim(formula.point) for formula in speed.planted.off_everywhere(np)]
    assert all(np.allclose(wrong, 1.0001 * good, 1e-12, 0) for wrong, good in zip(everywhere, right, strict=True))
    one = [
        formula.claim(formula.point) - good
        for formula, good in zip(speed.planted.off_in_one_entry(np), right, strict=True)
    ]
    assert [np.count_nonzero(difference) for difference in one] == 40 * [1]
    assert np.allclose([np.sum(difference) for difference in one], 1e-4)
    tasks = speed.planted.doubled_largest(np, 50)
    ratios = [task.claim(task.point) / speed.large.loss(np, 50).claim(task.point) for task in tasks]
    assert [sorted(ratio.tolist())[-2:] for ratio in ratios] == 40 * [[1.0, 2.0]]
    task, places = speed.planted.faults(np, 1000, 7)
    wrong = np.flatnonzero(task.claim(task.point) != speed.large.loss(np, 1000).claim(task.point))
    assert wrong.tolist() == places


NAMES = ["gradcheck", "torch slow", "torch fast", "jax", "autograd", "numdifftools", "jacobi", "scipy"]


@pytest.mark.parametrize("name", [*NAMES, "scipy along one direction"])
@pytest.mark.filterwarnings("default")  # peers warn of what they like
def test_whoever_is_timed_passes_what_is_right_and_objects_to_twice_of_it(speed: SimpleNamespace, name: str) -> None:
    pytest.importorskip(speed.contenders.PACKAGES[name], reason="pip install 'gradcheck[bench]'")
    import jax

    x64 = jax.config.jax_enable_x64
    try:
        contender = speed.contenders.CONTENDERS[name]()
        for formula in speed.formulas.formulas(contender.np):
            if formula.name not in SAMPLE:
                continue
            twice = speed.planted._with(formula, lambda claimed: 2 * claimed)
            assert speed.contenders.asked(contender.prepared(formula)) == "", formula.name
            assert speed.contenders.asked(contender.prepared(twice)) != "", formula.name
    finally:
        jax.config.update("jax_enable_x64", x64)


def test_the_certified_oracle_is_timed_alone_too_and_tells_right_from_wrong(speed: SimpleNamespace) -> None:
    row = next(row for row in speed.rows.ROWS if row.key == "warm")
    contender = row.contenders[speed.rows.ALONE]()
    with contender.kept:
        formula = next(one for one in speed.formulas.formulas(contender.np) if one.name == "sine")
        assert speed.contenders.asked(contender.prepared(formula)) == ""
        twice = speed.planted._with(formula, lambda claimed: 2 * claimed)
        assert speed.contenders.asked(contender.prepared(twice)).startswith("fails")
    assert speed.counted.version(speed.rows.ALONE) == speed.counted.version("gradcheck") != ""


def test_scipy_told_the_sparsity_tells_right_from_wrong(speed: SimpleNamespace) -> None:
    contender = speed.contenders.CONTENDERS["scipy told the sparsity"]()
    task = speed.large.elementwise(np, n=20)
    assert speed.contenders.asked(contender.prepared(task)) == ""
    twice = speed.large.Task("twice", task.point, task.primal, task.form, lambda x: 2 * task.claim(x), task.vjp)
    assert "off by" in speed.contenders.asked(contender.prepared(twice))


def test_memory_is_what_was_held_at_most_and_not_before(speed: SimpleNamespace) -> None:
    before = np.ones(6_000_000)
    del before
    start = speed.worker.settled()
    held = np.ones(3_000_000)
    del held
    assert 23e6 < speed.worker.peak() - start < 30e6


def kept(speed: SimpleNamespace) -> dict[str, Any]:
    """Figures of two rows, from one run."""
    machine = {
        "processor": "a processor",
        "cores": 2,
        "python": "3.11.9",
        "load": 1.5,
        "versions": {"jax": "0.10", "torch": ""},
    }
    row = next(row for row in speed.rows.ROWS if row.key == "warm")
    entries = {name: {"seconds": 0.1, "wall": 0.1, "turns": 5} for name in row.contenders if name != "jacobi"}
    entries["gradcheck"]["seconds"] = 0.05
    entries["jax"]["said"] = ["AssertionError: a | b"]
    loss = {"gradcheck": {"seconds": 0.3, "wall": 0.3, "turns": 5, "floor": 0.15, "bytes": 160_000_000}}
    return {
        "rows": {
            "warm": {"entries": entries, "lacking": ["jacobi"], "run": "a", "machine": machine},
            "loss": {"entries": loss, "lacking": [], "run": "a", "machine": machine},
        }
    }


def test_the_page_tells_what_is_met_and_by_how_much_it_is_missed(speed: SimpleNamespace) -> None:
    text = speed.page.written(f"# Speed\n{speed.page.BEGIN}old\n{speed.page.END}after\n", kept(speed))
    assert "old" not in text
    assert text.startswith("# Speed\n")
    assert text.endswith("after\n")
    assert "at most 60 ms, 0.57 of torch slow | 50 ms, 0.5 of torch slow | yes |" in text
    assert "at most 1.8 × its floor | 2.00 × | **no** |" in text
    assert "at most 2.5 doubles a parameter | 2.00 | yes |" in text
    assert "| jax | 100 ms | 2 × | **false alarm**: AssertionError: a \\| b |" in text
    assert "Not installed, and so not asked: jacobi." in text
    assert "a processor, 2 cores, Python 3.11.9. One thread a library. Versions: jax 0.10." in text
    assert "another run" not in text


def test_a_row_from_another_run_is_named_and_an_objection_of_ours_meets_nothing(speed: SimpleNamespace) -> None:
    figures = kept(speed)
    figures["rows"]["loss"]["run"] = "b"
    figures["rows"]["warm"]["entries"]["gradcheck"]["said"] = ["undecided: no"]
    text = speed.page.written(f"{speed.page.BEGIN}{speed.page.END}", figures)
    assert "Measured in another run than the rest: loss." in text
    assert "| **no**: it objects |" in text


def test_a_page_without_its_markers_is_refused(speed: SimpleNamespace) -> None:
    with pytest.raises(speed.page.MarkersError, match="needs the lines"):
        speed.page.written("# Speed\n", kept(speed))


def test_the_page_is_what_the_kept_figures_say(speed: SimpleNamespace) -> None:
    text = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    figures = json.loads((ROOT / "benchmarks" / "speed.json").read_text(encoding="utf-8"))
    assert speed.page.written(text, figures) == text, "`python benchmarks/speed.py --render` writes it"
