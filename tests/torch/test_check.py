"""`gradcheck.check` on torch: right rules are certified, wrong ones caught, with their messages; each in a pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck as gc

torch = pytest.importorskip("torch", reason="torch is not installed: it is the extra gradcheck[torch]")

import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn

Function = torch.autograd.Function
_generator = torch.Generator().manual_seed(0)


def normal(*shape: int, dtype: Any = torch.float64) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=_generator).to(dtype)


class Affine(Function):
    """tanh(x w + b), with its rule written by hand."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
        y = torch.tanh(x @ w + b)
        ctx.save_for_backward(x, w, y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w, y = ctx.saved_tensors
        d = g * (1 - y * y)
        return d @ w.T, x.T @ d, d.sum(0)


class AffineNotSummed(Affine):
    """The gradient of the bias is that of the last example."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w, y = ctx.saved_tensors
        d = g * (1 - y * y)
        return d @ w.T, x.T @ d, d[-1]


class AffineWrongSlope(Affine):
    """1 − y in place of 1 − y²."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w, y = ctx.saved_tensors
        d = g * (1 - y)
        return d @ w.T, x.T @ d, d.sum(0)


class Cube(Function):
    """x³."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * g


class CubeOff(Cube):
    """Off by a relative 1e-9."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3.000000003 * x * x * g


class CubeDetached(Cube):
    """Right at first order, and constant for the second."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x.detach() ** 2 * g


class ByNumPy(Function):
    """Leaves torch on the way: a black box."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return torch.from_numpy(np.exp(x.detach().numpy()))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * torch.from_numpy(np.exp(x.numpy()))


class ByNumPyOff(ByNumPy):
    """Off by a relative 1e-4."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * torch.from_numpy(np.exp(x.numpy()) * 1.0001)


class SquaredModulus(Function):
    """|z|², whose gradient is 2 z in torch's convention."""

    @staticmethod
    def forward(ctx: Any, z: Any) -> Any:
        ctx.save_for_backward(z)
        return (z * z.conj()).real

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (z,) = ctx.saved_tensors
        return 2 * g * z


class SquaredModulusConjugate(SquaredModulus):
    """As JAX would have it."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (z,) = ctx.saved_tensors
        return 2 * g * z.conj()


class Sine(Function):
    """Both modes by hand."""

    @staticmethod
    def forward(x: Any) -> Any:
        return x.sin()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, _output: Any) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0].cos()

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        return t * ctx.saved_tensors[0].cos()


class SineForwardWrong(Sine):
    """The sign of the forward rule is wrong."""

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        return -t * ctx.saved_tensors[0].cos()


AFFINE = (normal(3, 4), normal(4, 2), normal(2))
X = (normal(3),)
Z = (torch.complex(normal(2), normal(2)),)


def certified(function: Any, args: tuple[Any, ...], **options: Any) -> gc.Verdict:
    verdict = gc.check(function, args, points=4, **options)
    assert verdict.status == "holds", str(verdict)
    assert verdict.certified, str(verdict)
    assert verdict.digits is not None and verdict.digits >= 30
    return verdict


def caught(function: Any, args: tuple[Any, ...], **options: Any) -> gc.Verdict:
    verdict = gc.check(function, args, points=4, **options)
    assert verdict.status == "fails", str(verdict)
    return verdict


def test_a_rule_of_several_tensors() -> None:
    verdict = certified(Affine.apply, AFFINE)
    assert [leaf.claim.wrt for leaf in verdict.leaves] == ["x", "w", "b"]


def test_a_sum_over_the_batch_that_was_forgotten() -> None:
    verdict = caught(AffineNotSummed.apply, AFFINE)
    assert {leaf.claim.wrt: leaf.status for leaf in verdict.leaves} == {"x": "holds", "w": "holds", "b": "fails"}
    assert "backward of AffineNotSummed.apply is the VJP of AffineNotSummed.apply" in str(verdict)
    assert "test_check.py:" in str(verdict)


def test_a_wrong_slope() -> None:
    verdict = caught(AffineWrongSlope.apply, AFFINE)
    assert verdict.certified, str(verdict)
    assert [leaf.status for leaf in verdict.leaves] == ["fails"] * 3


def test_the_line_to_paste_makes_tensors() -> None:
    verdict = caught(CubeOff.apply, X)
    assert verdict.reproduction.splitlines()[:3] == ["import numpy as np", "import torch", "import gradcheck as gc"]
    line = verdict.reproduction.splitlines()[-1]
    assert line.startswith("print(gc.check(CubeOff.apply, (torch.tensor([")
    names = {"gc": gc, "torch": torch, "CubeOff": CubeOff, "print": lambda found: found.status}
    assert eval(line, names) == "fails"  # noqa: S307 - the line that we wrote


def test_off_by_a_relative_one_in_a_billion() -> None:
    certified(Cube.apply, X)
    assert caught(CubeOff.apply, X).certified


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_low_dtypes(dtype: Any) -> None:
    args = (normal(3, dtype=dtype),)
    certified(Cube.apply, args)
    assert caught(ThreeAndABit.apply, args).certified


class ThreeAndABit(Cube):
    """3.125 in place of 3, which every dtype can hold."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3.125 * x * x * g


def test_a_dtype_may_be_asked_for() -> None:
    assert certified(Cube.apply, (normal(3, dtype=torch.float32),), dtype="float64").claim.inputs["x"].shape == (3,)


def test_a_function_that_leaves_torch_is_judged_in_floats() -> None:
    verdict = gc.check(ByNumPy.apply, X, points=4)
    assert verdict.status == "holds"
    assert not verdict.certified
    assert "it leaves torch, by numpy() or tolist()" in verdict.reason
    assert caught(ByNumPyOff.apply, X).diagnosis == "1.0001 times the true value"


def test_an_operation_without_a_row_is_named_in_the_reason() -> None:
    verdict = gc.check(lambda x: torch.special.erfcx(x), X, points=4)
    assert verdict.status == "holds"
    assert not verdict.certified
    assert "torch's operation prims.erfcx.default has no row in the tables of gradcheck.torch" in verdict.reason


def test_complex_gradients_follow_the_convention_of_torch() -> None:
    certified(SquaredModulus.apply, Z)
    caught(SquaredModulusConjugate.apply, Z)
    certified(lambda z: torch.exp(z) * z.conj(), Z)


def test_forward_mode_of_a_function_is_checked_too() -> None:
    certified(Sine.apply, X)
    verdict = caught(SineForwardWrong.apply, X)
    assert "forward mode of SineForwardWrong.apply is the JVP" in str(verdict)


def test_the_second_order() -> None:
    certified(Cube.apply, X, order=2)
    certified(CubeDetached.apply, X)
    verdict = caught(CubeDetached.apply, X, order=2)
    assert "backward of CubeDetached.apply" in str(verdict)


def test_a_detached_output() -> None:
    certified(lambda x: (2 * x, x**3), X)
    verdict = caught(lambda x: (2 * x, (x**3).detach()), X)
    assert "output 1 is detached from the graph: torch gives no gradient for it" in " ".join(verdict.notes)


def test_detached_where_only_other_arguments_ask_for_gradients() -> None:
    certified(lambda x, y: x * y.detach(), (X[0].clone().requires_grad_(), normal(3)))
    verdict = caught(lambda x, y: x * y.detach(), (X[0], normal(3)))
    assert "y is not reached by torch's graph" in " ".join(verdict.notes)


def test_parameters_of_a_module() -> None:
    class Layer(nn.Module):
        def __init__(self, function: Any) -> None:
            super().__init__()
            self.weight = nn.Parameter(normal(4, 2))
            self.bias = nn.Parameter(normal(2))
            self.function = function

        def forward(self, x: Any) -> Any:
            return self.function(x, self.weight, self.bias)

    verdict = certified(Layer(Affine.apply), (normal(3, 4),))
    assert [leaf.claim.wrt for leaf in verdict.leaves] == ["parameters['bias']", "parameters['weight']", "x"]
    verdict = caught(Layer(AffineNotSummed.apply), (normal(3, 4),))
    assert verdict.claim.wrt == "parameters['bias']"


@pytest.mark.parametrize(
    ("module", "args"),
    [
        (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 2)), (normal(2, 3),)),
        (nn.Conv2d(2, 3, 2, groups=1, padding=1), (normal(1, 2, 3, 2),)),
        (nn.Conv1d(4, 2, 2, groups=2), (normal(1, 4, 3),)),
        (nn.BatchNorm1d(3), (normal(4, 3),)),
        (nn.Embedding(4, 2), (torch.tensor([1, 1, 3]),)),
        (nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5)).eval(), (normal(2, 3),)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_layers_of_torch(module: Any, args: Any) -> None:
    certified(module.double(), args)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (lambda x: F.max_pool2d(x, 2), (normal(1, 1, 4, 2),)),
        (lambda x: F.cross_entropy(x, torch.tensor([0, 2])), (normal(2, 3),)),
        (lambda x: x.topk(2), (normal(4),)),
        (lambda x: x.gather(0, torch.tensor([1, 1, 0])).cumsum(0), (normal(3),)),
        (torch.linalg.solve, (normal(2, 2) + 3 * torch.eye(2), normal(2))),
        (lambda a: torch.linalg.cholesky(a @ a.T + torch.eye(2)), (normal(2, 2),)),
        (lambda a: torch.linalg.slogdet(a).logabsdet, (normal(2, 2),)),
        (F.scaled_dot_product_attention, (normal(1, 1, 2, 2), normal(1, 1, 3, 2), normal(1, 1, 3, 2))),
    ],
    ids=["max_pool2d", "cross_entropy", "topk", "gather", "solve", "cholesky", "slogdet", "attention"],
)
def test_functions_of_torch(function: Any, args: Any) -> None:
    certified(function, args)


class LogNdtrOff(Function):
    """log Φ with a slope that is off by a relative 1e-9, which nine right digits of the truth would not show."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = torch.special.log_ndtr(x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * torch.exp(-x * x / 2 - y) * (2 * torch.pi) ** -0.5 * (1 + 1e-9)


FAR_OUT = (torch.tensor([-30.0, -20.5, -19.5, -100.0, 0.5], dtype=torch.float64),)


def test_a_normal_tail_is_known_to_all_digits_of_floats() -> None:
    assert gc.check(torch.special.log_ndtr, FAR_OUT).status == "holds"


def test_a_normal_tail_that_is_off_in_the_ninth_digit() -> None:
    verdict = gc.check(LogNdtrOff.apply, FAR_OUT)
    assert verdict.status == "fails"
    assert "off: by a relative 1.0e-09" in verdict.diagnosis


def test_a_function_in_place() -> None:
    certified(lambda x: F.silu(x, inplace=True), X)


def test_randomness_is_named_and_no_wrong_gradient() -> None:
    verdict = gc.check(nn.Dropout(0.5), (normal(20),), points=4)
    assert verdict.status == "undecided"
    assert verdict.reason.startswith("f is random: two calls with the same arguments gave")


def test_claims_written_in_torch() -> None:
    certified(torch.sin, X, vjp=lambda g, x: g * torch.cos(x))
    assert caught(torch.sin, X, vjp=lambda g, x: g * torch.sin(x)).certified
    certified(lambda x, y: x * y, (normal(3), normal(3)), jvp=lambda t, x, y: t[0] * y + x * t[1])
    caught(lambda x, y: x * y, (normal(3), normal(3)), jvp=lambda t, x, y: t[0] * y)
    certified(lambda x: (x**3).sum(), X, hessian=lambda x: torch.diag(6 * x))
    caught(lambda x: (x**3).sum(), X, gradient=lambda x: 3 * x)


def test_domains_and_assumptions_are_of_tensors() -> None:
    class HalfRight(Cube):
        """Right for positive numbers."""

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x.abs() * g

    args = (torch.tensor([1.0, 2.0], dtype=torch.float64),)
    assert gc.check(HalfRight.apply, args).status == "conditional"  # it holds at the arguments, which are positive
    certified(HalfRight.apply, args, assume=lambda x: bool(torch.all(x > 0)))
    certified(HalfRight.apply, args, assume=lambda x: bool(torch.all(x > 0)), order=2)
    certified(HalfRight.apply, args, domain=lambda rng: (torch.from_numpy(rng.uniform(1, 2, 2)),), order=2)
    certified(HalfRight.apply, args, domain={"x": (0.5, 3)})


def test_the_assumption_about_a_module_is_not_shown_the_parameters() -> None:
    module = nn.Linear(2, 1).double()
    verdict = certified(module, (normal(2).abs(),), assume=lambda x: bool(torch.all(x > 0)))
    assert {leaf.claim.wrt for leaf in verdict.leaves} == {"parameters['bias']", "parameters['weight']", "input"}
    assert "container.py" not in str(verdict)
    assert "linear.py" not in str(verdict)


def test_trees_of_tensors() -> None:
    args = ({"w": normal(3), "b": [normal(3)]}, normal(3))
    verdict = certified(lambda p, x: {"y": p["w"] * x, "z": (p["b"][0] - x,)}, args)
    assert [leaf.claim.wrt for leaf in verdict.leaves] == ["p['b'][0]", "p['w']", "x"]


def test_a_rule_that_raises_is_told_with_its_line() -> None:
    class Raising(Cube):
        @staticmethod
        def backward(_ctx: Any, _g: Any) -> Any:
            raise ValueError("not today")

    with pytest.raises(gc.EvaluationError, match=r"the vjp raised ValueError at test_check.py:\d+: not today"):
        gc.check(Raising.apply, X)
