"""NumPy code as users write it is traced, and its trace computes what a plain call computes; JAX is asked for few of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.program import trees
from gradcheck.program.program import Program
from gradcheck.program.trace import trace
from tests.program.snippets import SNIPPETS

ROOT = Path(__file__).parents[2]
# What is asked of jax.numpy: singular values, and quotients of traced whole numbers.
BY_JAX = ["np.linalg.pinv(s)", "whole_numbers"]

PROBE = f"""
import sys
sys.modules["jax"] = None  # whoever imports it now gets an ImportError
sys.path.insert(0, {str(ROOT)!r})
from gradcheck.program.program import Program
from gradcheck.program.trace import trace
from tests.program.snippets import SNIPPETS

for name, (function, args) in SNIPPETS.items():
    if not isinstance(trace(function, args), Program):
        print(name)
"""


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_trace_computes_what_a_plain_call_computes(name: str) -> None:
    function, args = SNIPPETS[name]
    program = trace(function, args)
    assert isinstance(program, Program), program.reason
    with np.errstate(all="ignore"):
        plain = trees.leaves(function(*(np.array(arg) if isinstance(arg, np.ndarray) else arg for arg in args)))
    found = run(program, program.flatten(args), Floats())
    assert len(found) == len(plain)
    for traced, expected in zip(found, map(np.asarray, plain), strict=True):
        assert (traced.shape, traced.dtype) == (expected.shape, expected.dtype)
        digits = 1e-6 if expected.dtype == np.float32 else 1e-13
        np.testing.assert_allclose(traced, expected, rtol=digits, atol=digits)


def test_a_trace_of_another_function_computes_something_else() -> None:
    def shifted(x: Any) -> Any:
        return np.roll(x, 1)

    x = np.array([1.0, 2.0, 3.0])
    program = trace(shifted, (x,))
    assert isinstance(program, Program)
    (found,) = run(program, [x], Floats())
    assert found.tolist() == [3.0, 1.0, 2.0]


def test_jax_is_asked_for_what_is_named_and_for_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout.splitlines() == BY_JAX
