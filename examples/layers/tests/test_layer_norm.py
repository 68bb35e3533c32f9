"""Forward with a cache: the bridge to gradcheck is one line each way."""

import numpy as np

from layers.layer_norm import backward, forward

X = np.array([[0.5, 1.5, -2.0], [1.0, -0.25, 0.75]])
GAMMA, BETA = np.array([1.0, 0.5, -2.0]), np.array([0.1, 0.0, -0.3])


def test_layer_norm(gradcheck):
    def value(x, gamma, beta):
        return forward(x, gamma, beta)[0]

    def vjp(cotangent, x, gamma, beta):
        return backward(cotangent, forward(x, gamma, beta)[1])

    gradcheck.assert_holds(value, (X, GAMMA, BETA), vjp=vjp)
