"""A torch.autograd.Function and a module: the rule of the function is judged, the module's parameters are leaves."""

from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed: pip install torch==2.13.0"
)


@pytest.fixture
def x():
    import torch

    return torch.tensor([[0.5, -1.0, 3.0], [2.0, 0.25, -4.0]], dtype=torch.float64)


def test_swish(gradcheck, x):
    from layers.swish import Swish

    gradcheck.assert_holds(Swish.apply, (x,))


def test_swish_twice_differentiated(gradcheck, x):
    from layers.swish import Swish

    gradcheck.assert_holds(Swish.apply, (x,), order=2)


def test_swish_layer(gradcheck, x):
    import torch

    from layers.swish import SwishLayer

    torch.manual_seed(0)
    verdict = gradcheck.assert_holds(SwishLayer(3, 2), (x,))
    assert {leaf.claim.wrt for leaf in verdict.leaves} == {
        "parameters['linear.weight']",
        "parameters['linear.bias']",
        "x",
    }
