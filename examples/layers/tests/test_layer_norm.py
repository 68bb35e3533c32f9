"""Forward with a cache: the bridge to gradcheck is one line each way. Arguments are given, or drawn by Hypothesis."""

import gradcheck as gc
import numpy as np
from gradcheck import strategies

from layers.layer_norm import backward, forward

X = np.array([[0.5, 1.5, -2.0], [1.0, -0.25, 0.75]])
GAMMA, BETA = np.array([1.0, 0.5, -2.0]), np.array([0.1, 0.0, -0.3])


def test_layer_norm(gradcheck):
    def value(x, gamma, beta):
        return forward(x, gamma, beta)[0]

    def vjp(cotangent, x, gamma, beta):
        return backward(cotangent, forward(x, gamma, beta)[1])

    gradcheck.assert_holds(value, (X, GAMMA, BETA), vjp=vjp)


@gc.given_args(
    strategies.scaled(2, 3, smallest=1e-3, largest=1e3), strategies.generic(3), strategies.generic(3), max_examples=5
)
def test_layer_norm_of_scales_side_by_side(gradcheck, args):
    def value(x, gamma, beta):
        return forward(x, gamma, beta)[0]

    gradcheck.assert_holds(value, args, vjp=lambda cotangent, *args: backward(cotangent, forward(*args)[1]), points=2)
