"""Views and writing, in random sequences: the traced function changes exactly what the plain one changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.trace import trace

START = np.arange(24.0).reshape(2, 3, 4)

# Each makes one array from another: a view or a copy, as NumPy decides.
MOVES = {
    "transpose": lambda a: a.T,
    "first": lambda a: a[0] if a.ndim > 1 else a,
    "last": lambda a: a[-1] if a.ndim > 1 else a,
    "inner": lambda a: a[..., 1:],
    "backwards": lambda a: a[::-1],
    "every other": lambda a: a[..., ::2],
    "flat": lambda a: a.reshape(-1),
    "ravel": np.ravel,
    "ravel F": lambda a: np.ravel(a, order="F"),
    "rows": lambda a: a.reshape(a.shape[0], -1),
    "new axis": lambda a: a[:, None],
    "squeeze": np.squeeze,
    "swap": lambda a: np.swapaxes(a, 0, -1),
    "flip": np.flip,
    "picked": lambda a: a[[0, -1]],
    "copy": lambda a: a.copy(),
    "sum": lambda a: a + 1,
    "same": lambda a: a,
    "split": lambda a: np.array_split(a, 2)[0],
    "atleast": np.atleast_2d,
    "flattened": lambda a: a.flatten(),
    "view": lambda a: a.view(),
    "moved": lambda a: np.moveaxis(a, 0, -1),
    "turned": lambda a: np.rot90(a) if a.ndim > 1 else a,
}


def _set_first(a: Any, b: Any) -> None:
    a[0] = 100.0


def _add_in_place(a: Any, b: Any) -> None:
    a += 0.5


def _scale_row(a: Any, b: Any) -> None:
    a[-1] *= 3.0


def _copy_over(a: Any, b: Any) -> None:
    if a.shape == b.shape:
        a[...] = b


def _take_sum(a: Any, b: Any) -> None:
    a[..., 0] = np.sum(b)


def _mask(a: Any, b: Any) -> None:
    a[a > 50] = -1.0


def _picked(a: Any, b: Any) -> None:
    a[[0, 0]] += 7.0


def _out(a: Any, b: Any) -> None:
    np.multiply(a, 2.0, out=a)


WRITES = [_set_first, _add_in_place, _scale_row, _copy_over, _take_sum, _mask, _picked, _out]

steps = st.one_of(
    st.tuples(st.just("move"), st.integers(0, 9), st.sampled_from(sorted(MOVES))),
    st.tuples(st.just("write"), st.integers(0, 9), st.integers(0, len(WRITES) - 1)),
)


def play(sequence: list[tuple[str, int, Any]], x: Any) -> list[Any]:
    """All arrays that a sequence of moves and writes leaves behind."""
    arrays = [x]
    for kind, which, what in sequence:
        source = arrays[which % len(arrays)]
        if kind == "move":
            arrays.append(MOVES[what](source))
        elif source.size:
            WRITES[what](source, arrays[-1])
    return arrays


@given(st.lists(steps, min_size=1, max_size=9))
@settings(max_examples=150)
def test_a_trace_writes_where_numpy_writes(sequence: list[tuple[str, int, Any]]) -> None:
    plain = play(sequence, START.copy())
    program = trace(lambda x: play(sequence, x), (START,))
    if isinstance(program, BlackBox):
        assert "memory layout" in program.reason, program.reason
        return
    assert isinstance(program, Program)
    for found, expected in zip(run(program, [START], Floats()), plain, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-15)
