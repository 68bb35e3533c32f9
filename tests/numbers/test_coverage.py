"""Every function of the catalogue, in every number system."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.numbers.balls import Balls, precision
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.jets import Jets
from gradcheck.numbers.system import NoRuleError
from tests.numbers.catalogue import CATALOGUE, A, P, S, V
from tests.numbers.comparator import check, enclosed_jacobians, traced


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_number_system_agrees_with_xla(name: str) -> None:
    entry = CATALOGUE[name]
    check(name, entry.function, entry.args, entry.leaf, entry.relative)


def test_a_derivative_that_has_no_formula_is_named() -> None:
    program = traced(lambda a: jax.scipy.special.gammainc(a, 2.0), P)
    with precision(64):
        run(program, [P], Balls())
        with pytest.raises(NoRuleError, match=r"^derivative of igamma in its first argument"):
            enclosed_jacobians(program, [P], 0, 64)


@pytest.mark.parametrize(
    ("primitive", "function", "argument"),
    [
        ("eigh of a batch", lambda s: jnp.linalg.eigh(jnp.stack([s, s])), S),
        ("svd of a batch", lambda a: jnp.linalg.svd(jnp.stack([a, a]), full_matrices=False), A),
        ("svd with vectors that the matrix leaves open", lambda a: jnp.linalg.svd(a)[1], A),
        ("qr of a batch", lambda a: jnp.linalg.qr(jnp.stack([a, a])), A),
        ("qr of a batch of matrices, with pivoting", lambda a: jax.scipy.linalg.qr(a, pivoting=True)[1], A),
        ("bitcast_convert_type", lambda v: jax.lax.bitcast_convert_type(v, jnp.int64) * 1.0, V),
        ("nextafter", lambda v: jnp.nextafter(v, 1.0), V),
        ("regularized_incomplete_beta", lambda v: jax.scipy.special.betainc(2.0, 1.5, jnp.abs(v) / 4), V),
    ],
)
def test_what_has_no_rule_is_named(primitive: str, function: object, argument: np.ndarray) -> None:
    program = traced(function, argument)  # type: ignore[arg-type] # the list above is of functions
    for system in (Balls(), Jets(Balls(), 1)):
        with precision(64), pytest.raises(NoRuleError, match=f"^{primitive}"):
            run(program, [argument], system)
