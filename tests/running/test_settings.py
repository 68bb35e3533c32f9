"""Global settings: what a claim changes is told and put back, and what it reads it may rely on."""

from __future__ import annotations

import os
import random
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest

from gradcheck.settings import Settings, kept


def _printing() -> None:
    np.set_printoptions(precision=3)


def _numpy() -> None:
    np.seterr(over="raise")


def _jax() -> None:
    jax.config.update("jax_debug_nans", not jax.config.jax_debug_nans)


def _environment() -> None:
    os.environ["PLANTED"] = "1"


def _removed() -> None:
    os.environ.pop("PATH")


def _folder() -> None:
    os.chdir("/")


def _recursion() -> None:
    sys.setrecursionlimit(sys.getrecursionlimit() + 10)


def _output() -> None:
    sys.stdout = sys.stderr


def _warnings() -> None:
    warnings.simplefilter("ignore")


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (_numpy, "NumPy's floating-point errors: over"),
        (_printing, "NumPy's print option precision"),
        (_jax, "jax_debug_nans"),
        (_environment, "the environment variable PLANTED"),
        (_removed, "the environment variable PATH"),
        (_folder, "the working folder"),
        (_recursion, "Python's recursion limit"),
        (_output, "Python's standard output"),
        (_warnings, "Python's warning filters"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_a_claim_changes_is_put_back_and_told(deed: Callable[[], None], told: str) -> None:
    before = Settings.now()
    with kept(0) as notes:
        deed()
        assert before.changed()
    assert notes == [f"its code changed settings for everyone, which were put back: {told}"]
    assert before.changed() == []


def test_a_claim_that_changes_nothing_is_told_nothing() -> None:
    with kept(0) as notes:
        np.sin(1.0)
    assert notes == []


def test_threads_that_are_left_are_told() -> None:
    ended = threading.Event()
    with kept(0) as notes:
        threading.Thread(target=ended.wait, daemon=True).start()
    ended.set()
    assert notes == ["its code left 1 thread running"]


def test_global_random_numbers_are_the_same_for_each_claim_and_go_on_afterwards() -> None:
    def drawn() -> tuple[float, float]:
        return random.random(), float(np.random.random())  # noqa: NPY002, S311 - the global ones are meant

    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = drawn(), drawn()
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    found = [drawn()]
    with kept(3):
        inside = drawn()
    found.append(drawn())
    with kept(3):
        assert drawn() == inside
    assert tuple(found) == expected


def test_what_a_module_sets_when_it_is_imported_is_for_its_own_claims(tmp_path: Path) -> None:
    from gradcheck.audit import audit, collect

    code = """
import numpy as np
from gradcheck.claim import Sheet
from gradcheck.domains import Reals
{first}
{name} = Sheet("{name}", "", "")
def primal(x):
    assert np.geterr()["over"] == "{expected}", np.geterr()
    return x * x
{name}.claim("d", "derivative", 1, "2x", primal=primal, claimed=lambda x: 2 * x, inputs={{"x": Reals()}}, wrt="x")
"""
    sets = 'np.seterr(over="print")'
    (tmp_path / "a_sets.py").write_text(code.format(first=sets, name="a", expected="print"), encoding="utf-8")
    (tmp_path / "b_not.py").write_text(code.format(first="", name="b", expected="warn"), encoding="utf-8")
    usual = np.geterr()
    with np.errstate(over="warn"):
        claims, problems = collect([tmp_path])

        def runs(claim: object, *, seed: int) -> object:
            claim.primal(1.0)  # type: ignore[attr-defined]
            raise ValueError("it ran")

        done = audit(claims, problems, check=runs)  # type: ignore[arg-type]
    assert [problem.what.partition(" at ")[0] for problem in done.problems] == [
        "its check raised ValueError: it ran"
    ] * 2
    assert np.geterr() == usual
