"""The points of benchmarks/finite_differences.py: their number, their derivatives, and that our bars are honest there."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck as gc
from gradcheck.oracles.finite_differences import differentiate

BENCHMARKS = str(Path(__file__).resolve().parents[1] / "benchmarks")


@pytest.fixture(scope="module")
def drawn() -> Any:
    """The module of points, with the folder of the benchmarks on the path as when one is run."""
    sys.path.insert(0, BENCHMARKS)
    try:
        return importlib.import_module("derivative_points")
    finally:
        sys.path.remove(BENCHMARKS)


def functions(cases: list[Any]) -> list[list[Any]]:
    """The cases, those of one function together."""
    groups: dict[int, list[Any]] = {}
    for case in cases:
        groups.setdefault(id(case.function), []).append(case)
    return list(groups.values())


def test_four_groups_of_four_hundred_points(drawn: Any) -> None:
    counted = Counter(case.group for case in drawn.points(0))
    assert counted == {"smooth": 400, "stiff": 400, "scaled by 1e±8": 400, "near singularity": 400}


def test_the_truth_is_what_balls_enclose(drawn: Any) -> None:
    for cases in functions(list(drawn.points(0))):
        found = gc.differentiate(cases[0].function, [case.point for case in cases], batched=True)
        truth = np.array([case.right for case in cases])
        assert found.certified.all()
        assert np.all(np.abs(found.value - truth) <= 4e-16 * np.abs(truth))


@pytest.mark.parametrize("seed", range(3))
def test_a_point_that_is_off_is_flagged_by_its_bar(drawn: Any, seed: int) -> None:
    visited = off = 0
    for cases in functions([*drawn.points(seed), *drawn.traps(seed)]):
        function, points = cases[0].function, np.array([[case.point] for case in cases])
        estimate = differentiate(lambda rows, f=function: f(rows[:, 0])[:, None], points, np.ones((1, 1)))  # type: ignore[misc]
        value, error = estimate.value[:, 0, 0], estimate.error[:, 0, 0]
        truth = np.array([case.right for case in cases])
        wrong = np.abs(value - truth)
        far = ~(wrong <= 1e-3 * np.where(truth == 0, 1, np.abs(truth)))
        assert np.all((wrong <= error)[far])
        visited += len(cases)
        off += int(
            np.sum(far[[case.group in ("smooth", "stiff", "scaled by 1e±8", "near singularity") for case in cases]])
        )
    assert visited == 1600 + 362
    assert off < 8


def test_a_bar_that_is_too_narrow_would_be_seen(drawn: Any) -> None:
    lies = 0
    for case in drawn.points(0):
        if case.group != "stiff":
            continue
        slope = (case.function(case.point + 1e-4) - case.function(case.point - 1e-4)) / 2e-4
        lies += abs(slope - case.right) > 1e-3 * abs(case.right)
    assert lies > 100
