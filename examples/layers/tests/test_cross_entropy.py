"""The gradient of a scalar; integer labels are arguments without a derivative."""

import numpy as np

from layers.cross_entropy import cross_entropy, cross_entropy_gradient

LOGITS = np.array([[0.5, 1.5, -2.0], [1.0, -0.25, 0.75], [0.1, 0.2, 0.3], [2.0, 0.0, -1.0]])
LABELS = np.array([0, 2, 1, 1])


def test_cross_entropy(gradcheck):
    gradcheck.assert_holds(cross_entropy, (LOGITS, LABELS), gradient=cross_entropy_gradient)


def test_cross_entropy_of_large_logits(gradcheck):
    gradcheck.assert_holds(cross_entropy, (300 * LOGITS, LABELS), gradient=cross_entropy_gradient)
