"""What can be recorded of a torch function and what cannot, with the reason; views and writes that share memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: it is the extra gradcheck[torch]")

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.trace import trace
from gradcheck.torch import adapt

Function = Callable[..., Any]


def traced(function: Function, *args: Any) -> Program | BlackBox:
    found = adapt(function, args)
    return trace(found.function, found.args)


def same(function: Function, *args: Any) -> bool:
    """Whether the recording, made at one point, computes what torch does at another."""
    found = adapt(function, args)
    program = trace(found.function, found.args)
    assert isinstance(program, Program), program.reason
    others = tuple(np.asarray(np.random.default_rng(1).normal(size=arg.shape)) for arg in found.args)
    (ours,) = run(program, program.flatten(others), Floats())
    return np.allclose(ours, found.function(*others), rtol=1e-12, atol=0)


def test_views_of_views_are_followed() -> None:
    assert same(lambda x: x.t()[1:].reshape(2, 4)[:, ::3].unsqueeze(0).expand(2, 2, 2).diagonal(0, 1, 2), X)


def test_a_write_through_a_view_is_seen_through_the_others() -> None:
    def f(x: Any) -> Any:
        y = x.clone()
        flat, column, turned = y.view(-1), y[:, 1], y.t()
        column.mul_(2)
        flat[0] = x.sum()
        turned[2] += column
        return y * flat.view(4, 3)

    assert same(f, X)


def test_a_write_into_the_real_part_of_complex_numbers() -> None:
    def f(x: Any) -> Any:
        z = torch.view_as_complex(x.reshape(2, 3, 2).contiguous()) * 1j
        z.real.mul_(3)
        z.imag[0] = x[0]
        return torch.view_as_real(z.conj() * z.mH.mT)

    assert same(f, X)


def test_tensors_that_the_function_brings_along_are_constants() -> None:
    matrix = torch.arange(12, dtype=torch.float64).reshape(3, 4)
    assert same(lambda x: x @ matrix.t()[:, 1:][:3] + torch.tensor([1.0, 2.0]), X[:, :3])


def test_a_write_into_a_tensor_that_was_brought_along_stays_in_the_recording() -> None:
    counter = torch.zeros(3, dtype=torch.float64)

    def f(x: Any) -> Any:
        counter.add_(1)
        return x + counter * 0 + 1

    assert isinstance(traced(f, X), Program)
    assert counter.tolist() == [0, 0, 0]


def test_numbers_made_inside_are_constants() -> None:
    def f(x: Any) -> Any:
        grid = torch.linspace(0, 1, 3, dtype=x.dtype) * torch.eye(3, dtype=x.dtype)
        return x @ grid + torch.arange(3) + torch.full((3,), 0.5) + torch.zeros_like(x)

    assert same(f, X)


REFUSED: dict[str, tuple[Function, str]] = {
    "if": (lambda x: x * 2 if x.sum() > 0 else x * 3, "its path depends on the numbers in a tensor"),
    "item": (lambda x: x * x.sum().item(), "its path depends on the numbers in a tensor"),
    "mask": (
        lambda x: x[x > 0].sum(),
        "the shape of a result depends on the numbers in a tensor (aten.nonzero.default)",
    ),
    "numpy": (lambda x: torch.from_numpy(np.exp(x.detach().numpy())), "it leaves torch, by numpy() or tolist()"),
    "random": (lambda x: x * torch.rand_like(x), "it draws random numbers (aten.rand_like.default)"),
    "dropout": (lambda x: torch.nn.functional.dropout(x, 0.5), "it draws random numbers (aten."),
    "no row": (lambda x: torch.special.erfcx(x), "torch's operation prims.erfcx.default has no row"),
    "bits": (lambda x: x.view(torch.int64) * x, "the bits of float64 numbers are read as int64"),
    "its own error": (lambda x: x @ x, "a and b must have same reduction dim"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_recorded_is_a_black_box_with_the_reason(name: str) -> None:
    function, reason = REFUSED[name]
    found = traced(function, X)
    assert isinstance(found, BlackBox)
    assert reason in found.reason


def test_a_tensor_kept_from_another_call_is_refused() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.append(x * 2)
        return kept[0] + x

    found = adapt(f, (X,))
    assert isinstance(trace(found.function, found.args), Program)
    found.function._recordings.clear()
    again = trace(found.function, found.args)
    assert isinstance(again, BlackBox)
    assert again.reason == "NotRecordableError: it keeps a tensor of one call for the next"


def test_the_line_of_a_comparison_is_the_users() -> None:
    from gradcheck.numbers.plan import plan_of

    def f(x: Any) -> Any:
        y = x * 2
        return torch.where(y > 1, x, y)

    program = traced(f, X)
    plan = plan_of(program)
    places = {plan.place(i) for i, instruction in enumerate(plan.instructions) if instruction.name == "gt"}
    assert places == {f"test_recording.py:{f.__code__.co_firstlineno + 2}"}


X = torch.randn((4, 3), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
