"""A function and its VJP: trees of parameters are taken apart by themselves, and each leaf is judged."""

import numpy as np

from layers.dense import dense, dense_backward

PARAMS = {"W": np.array([[1.0, -0.5], [0.25, 2.0], [0.1, 0.3]]), "b": np.array([0.1, -0.2])}
X = np.array([[0.5, 1.5, -2.0], [1.0, -0.25, 0.75], [0.1, 0.0, 2.0], [-0.3, 0.6, -0.9]])


def test_dense(gradcheck):
    gradcheck.assert_holds(dense, (PARAMS, X), vjp=dense_backward)


def test_dense_for_the_parameters_only(gradcheck):
    verdict = gradcheck.assert_holds(
        dense, (PARAMS, X), vjp=lambda cotangent, params, x: dense_backward(cotangent, params, x)[0], wrt="params"
    )
    assert verdict.certified
