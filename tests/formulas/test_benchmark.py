"""The measuring script counts as it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark_script() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "formulas.py"
    spec = importlib.util.spec_from_file_location("formulas_benchmark", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("status", "truth", "mark"),
    [
        ("holds", "right", "right"),
        ("conditional", "right", "right"),
        ("fails", "right", "WRONG"),
        ("fails", "wrong", "right"),
        ("holds", "wrong", "WRONG"),
        ("conditional", "wrong", "WRONG"),
        ("undecided", "right", "open"),
        ("unreadable", "wrong", "open"),
        ("ambiguous", "right", "open"),
        ("ambiguous", "ambiguous", "right"),
        ("fails", "ambiguous", "decided"),
    ],
)
def test_an_outcome_is_right_wrong_or_open(benchmark_script: ModuleType, status: str, truth: str, mark: str) -> None:
    assert benchmark_script.outcome(status, truth) == mark


def test_a_wrong_verdict_is_counted_and_is_the_exit_code(
    benchmark_script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": "a", "latex": "f'(x) = 1", "truth": "right"}, {"id": "b", "latex": "x", "truth": "wrong"}]
    code = benchmark_script.report(rows, [("fails", "", 0.1), ("undecided", "", 0.1)], 0.2, show=False)
    assert code == 1
    assert "1 decided (50 %)" in capsys.readouterr().out
