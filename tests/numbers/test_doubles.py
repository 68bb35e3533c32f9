"""Doubles with bounds enclose what balls say, also where the argument has a bound; a wrong bound is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb

import gradcheck as gc
from gradcheck.numbers.ball_arrays import midpoints, precision
from gradcheck.numbers.doubles import _FUNCTIONS, Double, DoubleJets
from gradcheck.numbers.interpreter import run
from gradcheck.oracles import certified
from tests.numbers.comparator import traced

RNG = np.random.default_rng(5)
X = np.concatenate([RNG.normal(size=60) * scale for scale in (1e-9, 1e-3, 0.1, 1.0, 8.0, 200.0)])
BALLS: dict[str, Callable[[Any], Any]] = {
    "exp": lambda b: b.exp(),
    "expm1": lambda b: b.expm1(),
    "log": lambda b: b.log(),
    "log1p": lambda b: b.log1p(),
    "tanh": lambda b: b.tanh(),
    "sqrt": lambda b: b.sqrt(),
    "rsqrt": lambda b: b.rsqrt(),
    "logistic": lambda b: 1 / (1 + (-b).exp()),
    "sinh": lambda b: b.sinh(),
    "cosh": lambda b: b.cosh(),
}


def outside(name: str, radius: float, shrunk: float = 1.0) -> int:
    """How many numbers of the arguments' enclosures are mapped to outside of the result's, made smaller by a factor."""
    with np.errstate(all="ignore"):
        found = _FUNCTIONS[name](Double(X, np.full(X.shape, radius)))
    count = 0
    with precision(200):
        for x, middle, bound in zip(X, found.middle, np.broadcast_to(found.radius, X.shape), strict=True):
            for part in (-1, 0, 1) if radius else (0,):
                true = BALLS[name](arb(float(x)) + arb(radius) * part)
                if np.isfinite(bound) and true.is_finite():
                    count += bool(abs(true - arb(float(middle))) > arb(float(bound) * shrunk))
    return count


@pytest.mark.parametrize("radius", [0.0, 1e-10])
@pytest.mark.parametrize("name", BALLS)
def test_functions_are_enclosed(name: str, radius: float) -> None:
    assert outside(name, radius) == 0


def test_a_bound_that_is_too_small_is_noticed() -> None:
    assert outside("exp", 1e-10, shrunk=1e-3) > 0


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda x: jnp.exp(x - jnp.max(x)) / jnp.sum(jnp.exp(x - jnp.max(x))),
    "gelu": lambda x: 0.5 * x * (1 + jnp.tanh(0.7978845608028654 * (x + 0.044715 * x**3))),
    "layer": lambda x: jnp.tanh(x.reshape(6, 5) @ jnp.arange(10.0).reshape(5, 2) / 7),
    "branches": lambda x: jnp.where(x > 0.5, x**2, jnp.abs(x)) + jnp.maximum(x, 0.1),
    "cumulated": lambda x: jnp.cumsum(jnp.log1p(x**2)),
}


@pytest.mark.parametrize("function", PROGRAMS.values(), ids=PROGRAMS)
def test_directional_derivatives_enclose_those_of_balls(function: Callable[[Any], Any]) -> None:
    x, v = np.linspace(-2, 2, 30), np.where(np.arange(30) % 3, 1.25, -0.75)
    program, jets = traced(function, x), DoubleJets({}, 1)
    (found,) = run(program, [jets.seed(Double(x, 0.0), Double(v.reshape(1, -1), 0.0))], jets)
    with precision(150):
        true = midpoints(certified.directional(program, [x], 0, v.reshape(1, -1))[:, 0])
    middle = found.tangent.middle.ravel()
    radius = np.broadcast_to(found.tangent.radius, found.tangent.shape).ravel()
    assert np.all(np.abs(middle - true) <= radius + 1e-16 * np.abs(true))
    assert np.all(radius < 1e-10)


def test_what_overlaps_zero_cannot_be_divided_by() -> None:
    assert np.isinf((1 / Double(np.array([1e-20]), 1e-10)).radius).all()


def penalised(W: Any, x: Any) -> Any:
    return np.sum(np.tanh(x @ W.T) ** 2) + 0 * np.sum(np.abs(W))


def penalised_gradient(W: Any, x: Any, factor: float = 2.0) -> Any:
    a = np.tanh(x @ W.T)
    return factor * (a * (1 - a * a)).T @ x


@pytest.mark.parametrize(
    ("factor", "sentence"), [(2.0, "holds, certified"), (2.02, "fails, certified: -3.0979231 is claimed")]
)
def test_a_choice_that_is_open_is_left_to_balls(factor: float, sentence: str) -> None:
    rng = np.random.default_rng(0)
    W, x = rng.normal(size=(90, 64)), rng.normal(size=(3, 64))
    W[3, 4] = 0
    verdict = gc.check(
        penalised, (W, x), gradient=lambda W, x: penalised_gradient(W, x, factor), wrt=0, points=0, name="penalised"
    )
    assert verdict.sentence().startswith(sentence)
