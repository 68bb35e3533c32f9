"""A torch.autograd.Function and a module: the rule of the function is judged, the module's parameters are leaves."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; pip install torch==2.13.0")

from layers.swish import Swish, SwishLayer  # noqa: E402 - it imports torch

X = torch.tensor([[0.5, -1.0, 3.0], [2.0, 0.25, -4.0]], dtype=torch.float64)


def test_swish(gradcheck):
    gradcheck.assert_holds(Swish.apply, (X,))


def test_swish_layer(gradcheck):
    torch.manual_seed(0)
    verdict = gradcheck.assert_holds(SwishLayer(3, 2), (X,))
    assert {"linear.weight", "linear.bias"} <= {leaf.claim.wrt for leaf in verdict.leaves}
