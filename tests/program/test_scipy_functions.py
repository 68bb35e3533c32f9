"""SciPy's functions are traced as themselves: never as JAX's approximations of them, of which nothing would be proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import gradcheck as gc
from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals, Space


def claim(primal: Callable[..., Any], derivative: Callable[..., Any], space: Space) -> Claim:
    return Claim(
        name="scipy",
        kind="derivative",
        source=Source("tests", 1, "f'", "code"),
        primal=primal,
        claimed=derivative,
        inputs={"x": space},
        wrt="x",
    )


def density(x: Any) -> Any:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


CASES: dict[str, tuple[Any, Any, Any, Space]] = {
    "betaln": (
        lambda x: special.betaln(x, 2.5),
        lambda x: special.psi(x) - special.psi(x + 2.5),
        lambda x: special.psi(x) + special.psi(x + 2.5),
        Reals(low=0),
    ),
    "digamma": (special.psi, lambda x: special.zeta(2.0, x), lambda x: special.zeta(3.0, x), Reals(low=0)),
    "zeta": (
        lambda x: special.zeta(2.0, x),
        lambda x: -2 * special.zeta(3.0, x),
        lambda x: 2 * special.zeta(3.0, x),
        Reals(low=0),
    ),
    "ndtr": (special.ndtr, density, lambda x: 2 * density(x), Reals()),
    "log_ndtr": (
        special.log_ndtr,
        lambda x: density(x) / special.ndtr(x),
        lambda x: density(x) * special.ndtr(x),
        Reals(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_right_derivative_is_proven(name: str) -> None:
    primal, right, _, space = CASES[name]
    verdict = gc.check_claim(claim(primal, right, space))
    assert verdict.status == "holds" and verdict.certified, str(verdict)
    assert (verdict.digits or 0) >= 30


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_derivative_is_caught(name: str) -> None:
    primal, _, wrong, space = CASES[name]
    verdict = gc.check_claim(claim(primal, wrong, space))
    assert verdict.status == "fails" and verdict.certified, str(verdict)


def test_what_jax_approximates_is_judged_by_floats_and_the_verdict_says_so() -> None:
    verdict = gc.check_claim(
        claim(
            special.ndtri,
            lambda x: np.sqrt(2 * np.pi) * np.exp(special.ndtri(x) ** 2 / 2),
            Reals(low=0, high=1),
        )
    )
    assert verdict.status == "holds" and not verdict.certified
    assert "scipy.special.ndtri is approximated in jax.scipy.special" in verdict.sentence()
