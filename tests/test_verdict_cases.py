"""The cases of benchmarks/verdicts.py: enough of them, of both kinds, told apart by name; and the tools that judge them."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def cases() -> Any:
    """All cases, with the folder of the benchmarks on the path as when one is run."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield importlib.import_module("verdict_cases").every_case()
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def test_there_are_enough_of_both_kinds_in_every_family(cases: Any) -> None:
    assert len(cases) >= 150
    kinds = Counter((case.family, case.right) for case in cases)
    for family in {case.family for case in cases}:
        assert kinds[family, True], f"{family} has no right derivative"
        assert kinds[family, False], f"{family} has no wrong derivative"


def test_names_tell_cases_apart(cases: Any) -> None:
    names = Counter((case.family, case.name) for case in cases)
    assert [name for name, count in names.items() if count > 1] == []


def test_right_derivatives_predict_small_steps(cases: Any) -> None:
    """Where float64 and smoothness let a central difference see three digits, right ones agree with it."""
    tools = importlib.import_module("verdict_cases.tools")
    seen = 0
    plain = {"losses", "normalisations", "attention", "recurrent", "indexing", "Jacobians and Hessians"}
    for case in cases:
        if case.family not in plain or not case.right:
            continue
        try:
            pair = tools.as_pair(case, "torch")
        except tools.NotApplicable:
            continue
        rng = np.random.default_rng(0)
        steps = [rng.normal(size=leaf.shape) for leaf in pair.leaves]
        results = pair.primal(*pair.leaves)
        cotangents = [rng.normal(size=result.shape) for result in results]
        ahead, behind = (
            pair.primal(*(leaf + h * step for leaf, step in zip(pair.leaves, steps, strict=True)))
            for h in (1e-6, -1e-6)
        )
        slope = sum(np.sum(g * (a - b)) / 2e-6 for g, a, b in zip(cotangents, ahead, behind, strict=True))
        try:
            gradients = pair.vjp(cotangents, *pair.leaves)
        except tools.NotApplicable:
            continue
        told = sum(np.sum(step * gradient) for step, gradient in zip(steps, gradients, strict=True))
        assert told == pytest.approx(slope, rel=1e-3, abs=1e-6), case.name
        seen += 1
    assert seen > 50


def test_the_tools_tell_a_right_derivative_from_a_wrong_one(cases: Any) -> None:
    tools = importlib.import_module("verdict_cases.tools").TOOLS
    right, wrong = (next(c for c in cases if c.name == name) for name in ("layer norm", "layer norm: gamma lost"))
    for name in ("gradcheck", "jax", "scipy"):
        tool = tools[name]()
        assert tool(right) == "", name
        try:
            said = tool(wrong)
        except AssertionError as alarm:
            said = str(alarm)
        assert said, name
