"""Patterns of Jacobians found in programs: what lies outside is zero, and what is known to be sparse is seen to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers import dependence
from gradcheck.numbers.dependence import Pattern, coloured, pattern
from tests.numbers.comparator import traced

X = np.arange(1.0, 61.0) / 7 - 3
ROWS = (12, 5)

SPARSE: dict[str, tuple[Callable[[Any], Any], int]] = {
    "elementwise": (lambda x: jnp.tanh(x) * jnp.where(x > 0, x, 0.1 * x), 1),
    "elementwise, in NumPy": (lambda x: np.tanh(x) * np.maximum(x, 0.1), 1),
    "reversed": (lambda x: x[::-1] ** 2, 1),
    "differences": (lambda x: x[1:] ** 2 - x[:-1], 2),
    "convolution": (lambda x: jnp.convolve(x, jnp.array([1.0, 2.0, 3.0]), mode="same"), 3),
    "softmax of rows": (lambda x: jax.nn.softmax(x.reshape(ROWS), axis=1), 5),
    "running sums of rows": (lambda x: jnp.cumsum(x.reshape(ROWS), axis=1), 5),
    "sorted rows": (lambda x: jnp.sort(x.reshape(ROWS), axis=1), 5),
    "rows times a matrix": (lambda x: jnp.tanh(x.reshape(20, 3) @ jnp.arange(6.0).reshape(3, 2)), 3),
    "gathered": (lambda x: x[jnp.array([3, 3, 5, 59])] * 2, 1),
    "on the diagonal": (lambda x: jnp.diag(x), 1),
    "maxima of windows": (
        lambda x: jax.lax.reduce_window(x.reshape(6, 10), -jnp.inf, jax.lax.max, (2, 2), (2, 2), "VALID"),
        4,
    ),
    "a transform of rows": (lambda x: jnp.fft.fft(x.reshape(ROWS)).real, 5),
}


def found(function: Callable[..., Any], *args: Any) -> Pattern | None:
    return pattern(traced(function, *args), list(args), 0)


@pytest.mark.parametrize(("function", "colours"), SPARSE.values(), ids=SPARSE)
def test_what_is_outside_of_a_pattern_is_zero(function: Callable[[Any], Any], colours: int) -> None:
    sparse = found(function, X)
    assert sparse is not None
    groups = coloured(sparse, colours)
    assert groups is not None
    assert coloured(sparse, colours - 1) is None
    assert int(groups.max()) + 1 == colours
    inside = np.zeros(sparse.shape, dtype=bool)
    inside[sparse.rows, sparse.columns] = True
    for row in inside:  # no two columns of a colour share a row
        assert np.bincount(groups[row], minlength=1).max() <= 1
    if function is not SPARSE["elementwise, in NumPy"][0]:
        with jax.enable_x64(True):
            jacobian = np.asarray(jax.jacfwd(function)(jnp.asarray(X))).reshape(sparse.shape)
        assert not np.any(jacobian[~inside])
        assert np.any(jacobian[inside])


DENSE: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda x: jax.nn.softmax(x),
    "normalised": lambda x: x / jnp.sqrt(jnp.sum(x**2)),
    "an index that depends on the input": lambda x: x[jnp.argmax(x)] * x,
    "inverses": lambda x: jax.vmap(lambda a: jnp.linalg.inv(a.reshape(2, 2) + 9 * jnp.eye(2)))(x.reshape(15, 4)),
}


@pytest.mark.parametrize("function", DENSE.values(), ids=DENSE)
def test_what_is_dense_or_not_known_is_no_pattern(function: Callable[[Any], Any]) -> None:
    wide = np.tile(X, 5) if function in (DENSE["softmax"], DENSE["normalised"]) else X
    assert found(function, wide) is None


def test_colours_are_not_looked_for_where_one_row_needs_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Pattern] = []
    monkeypatch.setattr(dependence, "_coloured", lambda known: looked.append(known) or np.arange(known.shape[1]))
    every = Pattern(np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3), (3, 5))
    assert coloured(every, 4) is None and not looked
    assert coloured(every, 5) is not None and looked == [every]


def test_only_a_diagonal_one_is_diagonal() -> None:
    diagonal, reversed_ = found(lambda x: x**2, X), found(lambda x: x[::-1] ** 2, X)
    assert diagonal is not None
    assert reversed_ is not None
    assert (diagonal.diagonal, reversed_.diagonal) == (True, False)


def test_whole_numbers_choose_the_places_at_each_point_anew() -> None:
    program = traced(lambda x, places: x[places] ** 2, X, np.array([1, 2]))
    for places in (np.array([1, 2]), np.array([7, 7])):
        sparse = pattern(program, [X, places], 0)
        assert sparse is not None
        assert sparse.columns.tolist() == places.tolist()


def test_a_loop_is_followed() -> None:
    steps = found(lambda x: jax.lax.scan(lambda c, v: (v, c * v), 1.0, x)[1], X)
    assert steps is not None
    expected = [(i, j) for i in range(60) for j in (i - 1, i) if j >= 0]
    assert list(zip(steps.rows.tolist(), steps.columns.tolist(), strict=True)) == expected
