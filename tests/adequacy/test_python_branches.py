"""Black boxes: conditions in Python code of which only one side runs are followed, and the other side is sought."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

import gradcheck as gc
from gradcheck.adequacy.python_branches import Followed
from gradcheck.expressions import EvaluationError

Array = Any
X = np.array(0.5)


def cosine(x: Array) -> float:
    if x > 40:
        return math.cos(x) + 1e-3
    return math.cos(x)


def right_cosine(x: Array) -> float:
    return math.cos(x) if x > 40 else math.sin(x + math.pi / 2)


def guarded(x: Array) -> float:
    if math.isnan(x):
        return 0.0
    return math.cos(x)


def refusing(x: Array) -> float:
    if x > 40:
        raise EvaluationError("too far")
    return math.cos(x)


def test_a_fault_on_a_side_that_no_usual_point_runs_is_found() -> None:
    wrong = gc.check(np.sin, (X,), derivative=cosine)
    assert (wrong.status, wrong.certified) == ("fails", False)
    assert wrong.counterexample is not None
    assert wrong.counterexample.inputs["x"] > 40
    right = gc.check(np.sin, (X,), derivative=right_cosine)
    assert right.status == "holds"
    assert not any("one side never taken" in note for note in right.notes)


def test_a_side_that_never_runs_is_named_with_its_place() -> None:
    found = gc.check(np.sin, (X,), derivative=guarded)
    assert found.status == "holds"
    line = guarded.__code__.co_firstlineno + 1
    assert f"one side never taken: the condition at test_python_branches.py:{line}" in found.notes


def test_only_the_points_given_are_visited_where_no_others_are_of_the_domain() -> None:
    found = gc.check(np.sin, (X,), derivative=cosine, points=0)
    assert found.status == "holds"
    assert any("one side never taken" in note for note in found.notes)


def test_points_at_which_the_claim_raises_are_left_out() -> None:
    found = gc.check(np.sin, (X,), derivative=refusing)
    assert found.status == "holds"
    assert any("one side never taken" in note for note in found.notes)


def test_both_sides_of_conditions_are_told_apart_and_another_tracer_comes_back() -> None:
    followed, seen = Followed(), list[str]()

    def tracer(_frame: Any, event: str, _argument: Any) -> None:
        seen.append(event)

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        assert followed.call(lambda: cosine(1.0)) == math.cos(1.0)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
    assert [sides for (code, _), sides in followed.sides.items() if code is cosine.__code__] != []
    assert len(followed.open) == 1
    followed.call(lambda: cosine(50.0))
    assert followed.open == []


def test_what_is_not_the_user_s_code_is_not_followed() -> None:
    followed = Followed()
    followed.call(lambda: np.linalg.norm(np.ones(3)))
    assert followed.sides == {}
