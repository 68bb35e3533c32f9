"""Every rule is certified, is what its LaTeX prints, and takes the steps that optax and SciPy take."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import optax
import pytest
from scipy import optimize

import gradcheck as gc
from gradcheck.checking import check
from gradcheck.claim import Claim
from gradcheck.transcription.comparing import compare
from reference import optimisers
from reference.optimisers import (
    FIRST_ORDER,
    LIBRARY,
    SECOND_ORDER,
    AdaGrad,
    Adam,
    Bfgs,
    Momentum,
    Nesterov,
    Newton,
    Optimiser,
    OptimiserError,
    RmsProp,
    Sgd,
)

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.mark.parametrize("claim", LIBRARY.claims, ids=lambda claim: claim.name)
def test_a_rule_is_certified_and_is_what_is_printed(claim: Claim) -> None:
    verdict = check(claim)
    assert verdict.status == "holds" and verdict.certified, str(verdict)
    printed = compare(claim)
    assert printed is None if claim.source.origin == "sentence" else printed is not None and printed.outcome == "agrees"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("momentum", lambda w, g, v, step, beta: w - step * (beta * v + (1 - beta) * g)),
        ("rmsprop", lambda w, g, s, step, beta, eps: w - step * g / np.sqrt(beta * s + (1 - beta) * g * g + eps)),
        ("bfgs", lambda inverse, s, y: optimisers.bfgs(inverse, y, s)),
        (
            "adam",
            lambda w, g, m, v, count, step, beta1, beta2, eps: (
                w - step * optimisers.mean(g, m, beta1) / (np.sqrt(optimisers.mean_square(g, v, beta2)) + eps)
            ),
        ),
    ],
)
def test_a_rule_that_is_another_one_is_caught(name: str, wrong: Callable[..., Any]) -> None:
    claim = next(claim for claim in LIBRARY.claims if claim.name == name)
    verdict = check(replace(claim, claimed=wrong))
    assert verdict.status == "fails" and verdict.certified
    printed = compare(replace(claim, claimed=wrong))
    assert printed is not None and printed.outcome == "differs"


def valley(w: Array) -> Any:
    """Rosenbrock's function of four numbers, on which no two rules take the same way."""
    return np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2)


def valley_gradient(w: Array) -> Array:
    g = np.zeros_like(w)
    off = w[1:] - w[:-1] ** 2
    g[1:] += 200 * off
    g[:-1] -= 400 * w[:-1] * off + 2 * (1 - w[:-1])
    return g


START = np.array([-1.2, 1.0, 0.7, -0.4])


def test_the_gradient_that_the_steps_are_taken_by_is_right() -> None:
    gc.assert_holds(valley, (START,), gradient=valley_gradient)


PAIRS: dict[str, tuple[Optimiser, Any]] = {
    "sgd": (Sgd(1e-3), optax.sgd(1e-3)),
    "momentum": (Momentum(1e-4, 0.8), optax.sgd(1e-4, momentum=0.8)),
    "nesterov": (Nesterov(1e-4, 0.8), optax.sgd(1e-4, momentum=0.8, nesterov=True)),
    "adagrad": (AdaGrad(0.05, 1e-12), optax.adagrad(0.05, initial_accumulator_value=0, eps=0)),
    "rmsprop": (RmsProp(0.01, 0.7, 1e-3), optax.rmsprop(0.01, decay=0.7, eps=1e-3, eps_in_sqrt=False)),
    "adam": (Adam(0.02, 0.8, 0.95, 1e-3), optax.adam(0.02, b1=0.8, b2=0.95, eps=1e-3)),
}


def test_every_first_order_rule_has_its_pair() -> None:
    assert set(PAIRS) == set(FIRST_ORDER)
    assert {type(ours) for ours, _ in PAIRS.values()} == set(FIRST_ORDER.values())


def apart(ours: Optimiser, theirs: Any, steps: int = 12) -> float:
    """The largest difference of two ways down the valley, as a share of the way that was gone."""
    import jax

    farthest = 0.0
    with jax.enable_x64(True):
        w, z, state = START, START, theirs.init(START)
        for _ in range(steps):
            w = ours.update("w", w, valley_gradient(w))
            change, state = theirs.update(valley_gradient(z), state, z)
            z = np.asarray(z + np.asarray(change))
            farthest = max(farthest, float(np.max(np.abs(w - z)) / np.max(np.abs(z - START))))
    return farthest


@pytest.mark.parametrize("name", PAIRS)
def test_a_rule_takes_optax_s_steps(name: str) -> None:
    ours, theirs = PAIRS[name]
    assert apart(replace(ours), theirs) < 1e-9


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (RmsProp(0.01, 0.7, 1e-3), optax.rmsprop(0.01, decay=0.7, eps=1e-3)),  # inside of the root
        (AdaGrad(0.05, 1e-12), optax.adagrad(0.05, eps=0)),  # from a sum of 0.1
        (Adam(0.02, 0.8, 0.95, 1e-3), optax.adam(0.02, b1=0.8, b2=0.95, eps=0, eps_root=1e-3)),
        (Momentum(1e-4, 0.8), optax.chain(optax.ema(0.8, debias=False), optax.scale(-1e-4))),  # weighs g by 1 − β
    ],
    ids=["rmsprop", "adagrad", "adam", "momentum"],
)
def test_another_convention_is_another_way(ours: Optimiser, theirs: Any) -> None:
    assert apart(ours, theirs) > 1e-6


def iterates(method: str, **options: Any) -> list[Array]:
    """The points that SciPy visits."""
    visited = [START]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimize.minimize(
            valley, START, jac=valley_gradient, method=method, callback=lambda w: visited.append(w.copy()), **options
        )
    return visited


def test_bfgs_foresees_scipy_s_directions_from_scipy_s_steps() -> None:
    """Whatever the line search: from the points that SciPy visits, our B says where it goes next."""
    visited = iterates("BFGS")
    B = np.eye(len(START))
    for here, there in itertools.pairwise(visited[1:]):
        last = visited[[np.array_equal(w, here) for w in visited].index(True) - 1]
        B = optimisers.bfgs(B, here - last, valley_gradient(here) - valley_gradient(last))
        direction, step = -B @ valley_gradient(here), there - here
        cosine = direction @ step / np.linalg.norm(direction) / np.linalg.norm(step)
        assert cosine == pytest.approx(1, abs=1e-7)
        if np.linalg.norm(valley_gradient(here)) < 1e-3:
            break
    assert len(visited) > 15


def test_bfgs_from_s_and_y_the_wrong_way_round_goes_elsewhere() -> None:
    visited = iterates("BFGS")
    s, y = visited[1] - visited[0], valley_gradient(visited[1]) - valley_gradient(visited[0])
    direction, step = -optimisers.bfgs(np.eye(4), y, s) @ valley_gradient(visited[1]), visited[2] - visited[1]
    assert abs(direction @ step / np.linalg.norm(direction) / np.linalg.norm(step) - 1) > 1e-3


def test_newton_takes_scipy_s_steps() -> None:
    """One unknown at a time: a root of the gradient by SciPy's Newton method, cut off after each step."""

    def slope(w: float) -> float:
        return float(np.sinh(w) + w - 1)

    w = np.array([2.5])
    for steps in range(1, 6):
        w = optimisers.newton(w, np.array([slope(w[0])]), np.array([[np.cosh(w[0]) + 1]]))
        root = optimize.root_scalar(slope, fprime=lambda w: np.cosh(w) + 1, x0=2.5, method="newton", maxiter=steps)
        assert w[0] == pytest.approx(root.root, rel=1e-14)


def test_newton_in_many_unknowns_takes_the_steps_of_a_wide_trust_region() -> None:
    def hessian(w: Array) -> Array:
        return np.diag(12 * w**2 + 1) + np.ones((4, 4))

    def bowl(w: Array) -> Any:
        return np.sum(w**4) + w @ w / 2 + np.sum(w) ** 2 / 2

    def bowl_gradient(w: Array) -> Array:
        return np.asarray(4 * w**3 + w + np.sum(w))

    gc.assert_holds(bowl, (START,), gradient=bowl_gradient)
    gc.assert_holds(bowl, (START,), hessian=hessian)
    visited = [START]
    optimize.minimize(
        bowl,
        START,
        jac=bowl_gradient,
        hess=hessian,
        method="trust-exact",
        callback=lambda w: visited.append(w.copy()),
        options={"initial_trust_radius": 1e3, "max_trust_radius": 1e4},
    )
    w = START
    for there in visited[1:]:
        w = optimisers.newton(w, bowl_gradient(w), hessian(w))
        assert w == pytest.approx(there, rel=1e-7, abs=1e-9)
    assert len(visited) > 5


@pytest.mark.parametrize("rule", [Newton(), Bfgs()], ids=lambda rule: rule.name)
def test_a_second_order_rule_goes_down_the_valley_to_a_minimum(rule: Newton | Bfgs) -> None:
    w: Array | None = START
    for _ in range(80):
        assert w is not None
        last, w = w, rule.minimise(lambda w: float(valley(w)), valley_gradient, w)
        if w is None:
            break
        assert valley(w) <= valley(last)
    assert np.max(np.abs(valley_gradient(last))) < 1e-4  # one of its two minima
    assert np.linalg.eigvalsh(optimisers.hessian_by_differences(valley_gradient, last))[0] > 0


def test_newton_goes_down_where_the_hessian_is_not_positive_definite() -> None:
    w = np.array([0.0, 0.0, 0.0, 0.9])
    assert np.linalg.eigvalsh(optimisers.hessian_by_differences(valley_gradient, w))[0] < 0
    found = Newton().minimise(lambda w: float(valley(w)), valley_gradient, w)
    assert found is not None and valley(found) < valley(w)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Sgd(-1.0), "sgd: step=-1.0 is not a finite number above 0"),
        (lambda: Sgd(float("nan")), "sgd: step=nan is not a finite number above 0"),
        (lambda: Adam(beta2=1.0), r"adam: beta2=1.0 does not lie in \[0, 1\)"),
        (lambda: RmsProp(eps=0.0), "rmsprop: eps=0.0 is not above 0"),
        (
            lambda: Newton().minimise(lambda w: 0.0, lambda w: w, np.zeros(500)),
            "newton keeps a matrix of 500 × 500 numbers, for 500 weights, and takes at most 400",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(OptimiserError, match=message):
        made()


def test_the_names_are_those_of_the_rules() -> None:
    names = {formula.name for formula in LIBRARY.formulas}
    assert {*FIRST_ORDER, *SECOND_ORDER} == names
