"""NumPy code is judged without JAX, from the call to the message: in a process of its own, which tells what it has loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck as gc
from tests.numpy_formulas import FORMULAS, Formula

ROOT = Path(__file__).parent.parent
WITHOUT = ("certified", "finite differences")

PROBE = """
import json, sys
sys.path.insert(0, {root!r})
import gradcheck as gc
from tests.numpy_formulas import FORMULAS

told = {{}}
for one in FORMULAS:
    for kind in ("right", "wrong"):
        verdict = gc.check(one.f, one.args, **{{one.form: getattr(one, kind)}}, **one.options, oracles={oracles!r})
        told[f"{{one.name}}, {{kind}}"] = [str(verdict), verdict.status, verdict.certified]
heavy = {{name.partition(".")[0] for name in sys.modules}} & {{"jax", "jaxlib", "pandas", "scipy", "sympy"}}
print(json.dumps([sorted(heavy), told]))
"""


@pytest.fixture(scope="module")
def alone() -> tuple[list[str], dict[str, list[Any]]]:
    """What a process without JAX has loaded, and its verdicts: message, status, whether certified."""
    code = PROBE.format(root=str(ROOT), oracles=WITHOUT)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    heavy, told = json.loads(done.stdout)
    return heavy, told


def test_nothing_heavy_is_loaded(alone: tuple[list[str], dict[str, list[Any]]]) -> None:
    assert alone[0] == []


@pytest.mark.parametrize("kind", ["right", "wrong"])
@pytest.mark.parametrize("one", FORMULAS, ids=lambda one: one.name)
def test_the_verdict_is_that_of_all_three_oracles(
    alone: tuple[list[str], dict[str, list[Any]]], one: Formula, kind: str
) -> None:
    message, status, certified = alone[1][f"{one.name}, {kind}"]
    claim = {one.form: getattr(one, kind)}
    verdict = gc.check(one.f, one.args, **claim, **one.options)
    assert (verdict.status, verdict.certified) == (status, certified)
    assert status == ("holds" if kind == "right" else "fails"), message
    assert certified, message
    assert "autodiff: not applicable (not asked)" in message
    assert "finite differences: not applicable" not in message
    assert verdict.diagnosis in " ".join(message.split())


def test_one_oracle_alone_is_heard() -> None:
    x = np.array([0.3, -1.2])
    for oracle in gc.check(np.sin, (x,), derivative=np.cos).evidence:
        right = gc.check(np.sin, (x,), derivative=np.cos, oracles=oracle.oracle)
        wrong = gc.check(np.sin, (x,), derivative=np.sin, oracles=[oracle.oracle])
        assert (right.status, wrong.status) == ("holds", "fails")
        assert right.certified is (oracle.oracle == "certified")
        for verdict in (right, wrong):
            silent = {e.oracle for e in verdict.evidence if e.stance == "not applicable" and e.reason == "not asked"}
            assert silent == {"certified", "autodiff", "finite differences"} - {oracle.oracle}


def test_a_call_to_reproduce_names_the_oracles() -> None:
    verdict = gc.check(np.sin, (np.array([0.3]),), derivative=np.sin, oracles=WITHOUT)
    assert "oracles=('finite differences', 'certified')" in str(verdict)
    assert "oracles=" not in str(gc.check(np.sin, (np.array([0.3]),), derivative=np.sin))


@pytest.mark.parametrize(
    ("oracles", "message"),
    [
        (("certifed",), r"oracles: there is no oracle 'certifed'; did you mean 'certified'\?"),
        (("certified", 3), "there is no oracle 3; known are 'finite differences', 'autodiff', 'certified'"),
        ((), r"oracles=\(\): nobody is left to ask"),
        (7, "there is no oracle 7"),
    ],
    ids=str,
)
def test_oracles_that_do_not_exist_are_refused(oracles: Any, message: str) -> None:
    with pytest.raises(gc.UsageError, match=message):
        gc.check(np.sin, (np.array([0.3]),), derivative=np.cos, oracles=oracles)


def test_the_second_order_needs_autodiff() -> None:
    with pytest.raises(gc.UsageError, match=r"order=2 differentiates the claim by autodiff.*add 'autodiff'"):
        gc.check(np.sin, (np.array([0.3]),), vjp=lambda c, x: c * np.cos(x), order=2, oracles=WITHOUT)


def sinc(x: np.ndarray[Any, Any]) -> Any:
    at = x == 0
    y = np.where(at, 1.0, x)
    return np.sum(np.where(at, 1.0, np.sin(y) / y))


def sinc_gradient(x: np.ndarray[Any, Any]) -> Any:
    """NaN at 0, where the slope is 0."""
    return (x * np.cos(x) - np.sin(x)) / x**2


def geometric_mean(x: np.ndarray[Any, Any]) -> Any:
    return np.prod(x) ** (1 / 3)


def geometric_mean_gradient(x: np.ndarray[Any, Any]) -> Any:
    """NaN at 0, where there is no derivative, though the slopes along the axes are 0."""
    return geometric_mean(x) / (3 * x)


@pytest.mark.parametrize(
    ("f", "gradient", "status"),
    [(geometric_mean, geometric_mean_gradient, "holds"), (sinc, sinc_gradient, "conditional")],
)
@pytest.mark.parametrize("oracles", [None, WITHOUT], ids=str)
def test_no_number_is_wrong_where_there_is_a_derivative_only(f: Any, gradient: Any, status: str, oracles: Any) -> None:
    verdict = gc.check(f, (np.array([0.5, 1.5, 4.0]),), gradient=gradient, oracles=oracles)
    assert verdict.status == status, verdict
    assert verdict.assumption == ("x > 0" if status == "conditional" else "")
