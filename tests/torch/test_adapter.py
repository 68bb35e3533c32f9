"""torch functions as functions of NumPy trees: conversions, modules, settings, own rules, and what is remarked on them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: it is the extra gradcheck[torch]")

import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import nn

from gradcheck.program.program import Program
from gradcheck.program.trace import trace
from gradcheck.torch import adapt, adapt_claims, is_torch
from gradcheck.torch.arrays import DtypeError, numpy_dtype, to_numpy, to_tensor

X = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)


class Cube(torch.autograd.Function):
    """scale · x³, with a setting that has no gradient."""

    @staticmethod
    def forward(ctx: Any, x: Any, scale: float) -> Any:
        ctx.save_for_backward(x)
        ctx.scale = scale
        return scale * x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return ctx.scale * 3 * x**2 * g, None


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "bfloat16", "complex64", "complex128", "int64", "int8", "bool"]
)
def test_tensors_and_arrays_are_the_same_numbers(dtype: str) -> None:
    tensor = torch.tensor([[0.0, 1.0], [2.0, -3.5]]).to(getattr(torch, dtype))
    array = to_numpy(tensor.t())
    assert array.dtype.name == dtype
    again = to_tensor(array)
    assert again.dtype == tensor.dtype
    assert torch.equal(again, tensor.t())


def test_lazy_bits_are_resolved() -> None:
    z = torch.tensor([1 + 2j])
    assert to_numpy(z.conj()).tolist() == [1 - 2j]
    assert to_numpy(z.conj().imag).tolist() == [-2]


def test_a_dtype_without_a_counterpart_is_named() -> None:
    with pytest.raises(DtypeError, match=r"dtype torch\.quint8 has no counterpart in NumPy; use float64"):
        numpy_dtype(torch.quint8)


@pytest.mark.parametrize(
    ("function", "args", "theirs"),
    [
        (torch.exp, (np.ones(2),), True),
        (F.relu, (np.ones(2),), True),
        (nn.Linear(2, 2), (np.ones(2),), True),
        (Cube.apply, (np.ones(2), 2.0), True),
        (lambda x: x, (torch.ones(2),), True),
        (lambda p: p, ({"w": [torch.ones(2)]},), True),
        (lambda x: x, (np.ones(2),), False),
        (np.exp, (np.ones(2),), False),
    ],
)
def test_what_counts_as_torch(function: Any, args: Any, theirs: bool) -> None:
    assert is_torch(function, args) is theirs


def test_asking_does_not_import_torch() -> None:
    code = (
        "import sys, numpy as np\n"
        "from gradcheck.torch import is_torch\n"
        "print(is_torch(np.exp, (1.0,)), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout.split() == ["False", "False"]


def test_settings_stay_what_they_are() -> None:
    found = adapt(Cube.apply, (X, 2.0))
    assert found.args[1] is None
    np.testing.assert_array_equal(found.function(*found.args), 2 * X.numpy() ** 3)
    gradient, nothing = found.vjp(np.ones(3), *found.args)
    np.testing.assert_array_equal(gradient, 6 * X.numpy() ** 2)
    assert nothing is None


def test_without_any_array_numbers_are_tensors() -> None:
    found = adapt(torch.exp, (0.5,))
    assert found.function(*found.args) == pytest.approx(np.exp(0.5))


def test_the_parameters_of_a_module_are_an_argument() -> None:
    module = nn.Linear(3, 2).double()
    module.bias.requires_grad_(False)
    found = adapt(module, (X,))
    assert found.name == "Linear"
    assert found._names == ["parameters['weight']", "input"]
    (weight, x) = found.vjp(np.array([1.0, 0.0]), *found.args)
    np.testing.assert_array_equal(weight["weight"], [X.tolist(), [0, 0, 0]])
    np.testing.assert_array_equal(x, to_numpy(module.weight)[0])


def test_a_module_is_left_as_it_was() -> None:
    module = nn.BatchNorm1d(2).double()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = adapt(module, (torch.randn((4, 2), dtype=torch.float64, generator=torch.Generator().manual_seed(0)),))
    found.function(*found.args)
    found.vjp(np.ones((4, 2)), *found.args)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert module.weight.grad is None


def test_what_a_module_keeps_of_a_call_is_forgotten() -> None:
    class Keeping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kept: Any = None

        def forward(self, x: Any) -> Any:
            self.kept = 2 * x if self.kept is None else self.kept
            return self.kept + x

    module = Keeping()
    found = adapt(module, (X,))
    assert isinstance(trace(found.function, found.args), Program)
    assert module.kept is None
    np.testing.assert_array_equal(found.function(*found.args), 3 * X.numpy())


def test_arguments_are_not_changed_by_a_function_that_works_in_place() -> None:
    found = adapt(lambda x: x.mul_(2), (X,))
    array = found.args[0].copy()
    np.testing.assert_array_equal(found.function(array), 2 * X.numpy())
    np.testing.assert_array_equal(array, X.numpy())
    np.testing.assert_array_equal(found.vjp(np.ones(3), array)[0], [2, 2, 2])


def test_only_what_asks_for_a_gradient_is_checked() -> None:
    found = adapt(lambda x, y: x * y, (X.clone().requires_grad_(), X))
    assert found.checked == [(0, "")]
    assert adapt(lambda x, y: x * y, (X, X)).checked is None


def test_named_tuples_of_torch_are_tuples() -> None:
    found = adapt(lambda x: x.topk(2), (X,))
    values, places = found.function(*found.args)
    assert values.tolist() == [3, 1]
    assert places.tolist() == [2, 0]


def test_what_the_graph_leaves_out_is_remarked_on() -> None:
    assert adapt(lambda x: (2 * x, (x**3).detach()), (X,)).remarks == (
        "output 1 is detached from the graph: torch gives no gradient for it, which counts as zero",
    )
    assert adapt(lambda x, y: 2 * x, (X, X)).remarks == (
        "y is not reached by torch's graph: its gradient is None, which counts as zero",
    )
    assert adapt(lambda x: (2 * x, x.argmax()), (X,)).remarks == ()


def test_a_claim_may_be_written_in_torch_or_numpy() -> None:
    found = adapt(torch.sin, (X,))
    written = adapt_claims(found, {"vjp": lambda g, x: g * torch.cos(x)})["vjp"]
    np.testing.assert_array_equal(written(np.ones(3), *found.args), np.cos(X.numpy()))
    other = adapt_claims(found, {"vjp": lambda g, x: (g * torch.cos(x)).numpy()})["vjp"]
    np.testing.assert_array_equal(other(np.ones(3), *found.args), np.cos(X.numpy()))


def test_a_sparse_argument_is_refused_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"tensor of layout torch\.sparse_coo; pass it dense, by x\.to_dense\(\)"):
        adapt(torch.sin, (X.to_sparse(),)).args  # noqa: B018 - reading is the test
