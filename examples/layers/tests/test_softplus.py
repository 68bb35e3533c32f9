"""A JAX function with a rule of its own: nothing but the function is passed, and the rule is judged against the value."""

import jax.numpy as jnp
import numpy as np
import pytest

from layers.softplus import softplus

X = np.array([0.5, -1.0, 3.0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softplus(gradcheck, dtype):
    gradcheck.assert_holds(softplus, (X,), dtype=dtype)


@pytest.mark.gradcheck(points=30, seed=1)
def test_softplus_far_out(gradcheck):
    gradcheck.assert_holds(softplus, (1000 * X,))


def test_softplus_within_a_loss(gradcheck):
    gradcheck.assert_holds(lambda x, w: jnp.sum(w * softplus(x * w)), (X, X[::-1].copy()))
