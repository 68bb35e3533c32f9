"""Convolutions and poolings: every claim holds, certified, as printed; JAX and torch say the same; wrong ones are caught."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library import convolution
from reference.library.convolution import LIBRARY, conv1d_backward, conv2d_backward, count_of, places
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_same_as_torch,
    claims_of,
    faults_in,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED: dict[str, str] = {}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]


def by_lax(
    jax: Any, stride: int = 1, padding: tuple[int, int] = (0, 0), dilation: int = 1, groups: int = 1
) -> Callable[..., Any]:
    """JAX's convolution, in one dimension or in two."""

    def convolve(x: Any, w: Any) -> Any:
        axes = x.ndim - 2
        return jax.lax.conv_general_dilated(
            x, w, (stride,) * axes, (padding,) * axes, rhs_dilation=(dilation,) * axes, feature_group_count=groups
        )

    return convolve


def transposed_by_lax(jax: Any, padding: int) -> Callable[..., Any]:
    """A convolution of x with zeros between its places, by the kernel turned around."""

    def convolve(x: Any, w: Any) -> Any:
        axes = tuple(range(2, x.ndim))
        turned = jax.numpy.flip(jax.numpy.swapaxes(w, 0, 1), axes)
        pads = [(size - 1 - padding, size - 1 - padding) for size in w.shape[2:]]
        return jax.lax.conv_general_dilated(x, turned, (1,) * len(axes), pads, lhs_dilation=(2,) * len(axes))

    return convolve


def pooled_by_lax(jax: Any, what: str, size: int, stride: int, padding: int = 0) -> Callable[..., Any]:
    lax = jax.lax

    def pool(x: Any) -> Any:
        axes = x.ndim - 2
        window, strides = (1, 1, *(size,) * axes), (1, 1, *(stride,) * axes)
        pads = ((0, 0), (0, 0), *((padding, padding),) * axes)
        if what == "max":
            return lax.reduce_window(x, -np.inf, lax.max, window, strides, pads)
        return lax.reduce_window(x, 0.0, lax.add, window, strides, pads) / size**axes

    return pool


JAX: Peers = {
    "conv1d": by_lax,
    "conv1d-strided": lambda jax: by_lax(jax, stride=2, padding=(1, 1)),
    "conv1d-dilated": lambda jax: by_lax(jax, dilation=2),
    "conv1d-grouped": lambda jax: by_lax(jax, groups=2),
    "conv1d-depthwise": lambda jax: lambda x, w: by_lax(jax, groups=3)(x, w[:, None]),
    "conv1d-causal": lambda jax: by_lax(jax, padding=(1, 0)),
    "conv2d": by_lax,
    "conv2d-strided": lambda jax: by_lax(jax, stride=2, padding=(1, 1)),
    "conv2d-dilated": lambda jax: by_lax(jax, dilation=2),
    "conv2d-depthwise": lambda jax: lambda x, w: by_lax(jax, groups=3)(x, w[:, None]),
    "conv2d-pointwise": lambda jax: lambda x, w: by_lax(jax)(x, w[:, :, None, None]),
    "channel-bias": lambda jax: lambda x, b: x + b.reshape(1, 3, 1, 1),
    "conv1d-transposed": lambda jax: transposed_by_lax(jax, 1),
    "conv2d-transposed": lambda jax: transposed_by_lax(jax, 0),
    "max-pool1d": lambda jax: pooled_by_lax(jax, "max", 2, 2),
    "max-pool1d-overlapping": lambda jax: pooled_by_lax(jax, "max", 3, 2),
    "max-pool2d": lambda jax: pooled_by_lax(jax, "max", 2, 2),
    "average-pool1d": lambda jax: pooled_by_lax(jax, "mean", 3, 2),
    "average-pool1d-padded": lambda jax: pooled_by_lax(jax, "mean", 2, 2, 1),
    "average-pool2d": lambda jax: pooled_by_lax(jax, "mean", 2, 2),
    "global-average-pool": lambda jax: lambda x: jax.numpy.mean(x, axis=(2, 3)),
    "global-max-pool": lambda jax: lambda x: jax.numpy.max(x, axis=2),
    "lp-pool1d": lambda jax: lambda x: jax.numpy.cbrt(jax.numpy.sum(jax.numpy.abs(x).reshape(2, 3, 2, 2) ** 3, axis=3)),
    "upsample-nearest": lambda jax: lambda x: jax.numpy.kron(x, jax.numpy.ones((2, 2))),
    "pixel-shuffle": lambda jax: (
        lambda x: jax.numpy.einsum("neklij->neikjl", x.reshape(2, 2, 2, 2, 1, 2)).reshape(2, 2, 2, 4)
    ),
    "zero-padding": lambda jax: lambda x: jax.numpy.pad(x, ((0, 0), (0, 0), (1, 2))),
    "squeeze-excitation": lambda jax: lambda x, u, v: x * jax.nn.sigmoid(jax.nn.relu(x.mean(2) @ u) @ v)[:, :, None],
}
"""What does the same, in JAX."""
TORCH: Peers = {
    "conv1d": lambda torch: torch.nn.functional.conv1d,
    "conv1d-strided": lambda torch: lambda x, w: torch.nn.functional.conv1d(x, w, stride=2, padding=1),
    "conv1d-dilated": lambda torch: lambda x, w: torch.nn.functional.conv1d(x, w, dilation=2),
    "conv1d-grouped": lambda torch: lambda x, w: torch.nn.functional.conv1d(x, w, groups=2),
    "conv1d-depthwise": lambda torch: lambda x, w: torch.nn.functional.conv1d(x, w[:, None], groups=3),
    "conv2d": lambda torch: torch.nn.functional.conv2d,
    "conv2d-strided": lambda torch: lambda x, w: torch.nn.functional.conv2d(x, w, stride=2, padding=1),
    "conv2d-dilated": lambda torch: lambda x, w: torch.nn.functional.conv2d(x, w, dilation=2),
    "conv2d-depthwise": lambda torch: lambda x, w: torch.nn.functional.conv2d(x, w[:, None], groups=3),
    "conv2d-pointwise": lambda torch: lambda x, w: torch.nn.functional.conv2d(x, w[:, :, None, None]),
    "conv1d-transposed": lambda torch: lambda x, w: torch.nn.functional.conv_transpose1d(x, w, stride=2, padding=1),
    "conv2d-transposed": lambda torch: lambda x, w: torch.nn.functional.conv_transpose2d(x, w, stride=2),
    "max-pool1d": lambda torch: lambda x: torch.nn.functional.max_pool1d(x, 2),
    "max-pool1d-overlapping": lambda torch: lambda x: torch.nn.functional.max_pool1d(x, 3, 2),
    "max-pool2d": lambda torch: lambda x: torch.nn.functional.max_pool2d(x, 2),
    "average-pool1d": lambda torch: lambda x: torch.nn.functional.avg_pool1d(x, 3, 2),
    "average-pool1d-padded": lambda torch: lambda x: torch.nn.functional.avg_pool1d(x, 2, 2, 1),
    "average-pool2d": lambda torch: lambda x: torch.nn.functional.avg_pool2d(x, 2),
    "global-average-pool": lambda torch: lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 1)[..., 0, 0],
    "global-max-pool": lambda torch: lambda x: torch.nn.functional.adaptive_max_pool1d(x, 1)[..., 0],
    "lp-pool1d": lambda torch: lambda x: torch.nn.functional.lp_pool1d(torch.abs(x), 3.0, 2),
    "upsample-nearest": lambda torch: lambda x: torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest"),
    "pixel-shuffle": lambda torch: lambda x: torch.nn.functional.pixel_shuffle(x, 2),
    "zero-padding": lambda torch: lambda x: torch.nn.functional.pad(x, (1, 2)),
}
"""What does the same, out of torch's own functions."""
LINE = np.arange(30.0).reshape(2, 3, 5) % 7
TIED: Mapping[str, Sequence[Sequence[Any]]] = {
    "max-pool1d": [[LINE[:, :, :2] + 1, np.zeros((2, 3, 4))]],
    "max-pool1d-overlapping": [[LINE[:, :, :2] + 1, np.where(LINE > 2, 1.0, 0.0)]],
    "max-pool2d": [[np.ones((2, 1, 1, 2)), np.zeros((2, 1, 2, 4))]],
}
"""Windows in which the largest number stands more than once: JAX and torch give the cotangent to the first."""


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", JAX)
def test_jax_says_the_same(name: str) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    assert_same_as_jax(FORMULAS[name], JAX[name](jax), *TIED.get(name, ()))


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch), *TIED.get(name, ()))


def test_torch_gives_the_largest_of_a_channel_to_the_first_place() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    assert_same_as_torch(
        FORMULAS["global-max-pool"], TORCH["global-max-pool"](torch), [np.ones((2, 3)), np.zeros((2, 3, 4))]
    )


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"), [*itertools.product((1, 3), (0, 2), (1, 3), (1, 3))]
)
def test_convolutions_in_general_are_those_of_jax(stride: int, padding: int, dilation: int, groups: int) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    rng = np.random.default_rng(3)
    convolve = by_lax(jax, stride, (padding, padding), dilation, groups)
    for name, lengths, size in (("conv1d", (11,), (3,)), ("conv2d", (8, 9), (3, 2))):
        x, w = rng.normal(size=(2, 6, *lengths)), rng.normal(size=(9, 6 // groups, *size))
        with jax.enable_x64(True):
            y, pull = jax.vjp(convolve, x, w)
            dy = rng.normal(size=y.shape)
            dx, dw = pull(dy)
        options = (stride, padding, dilation, groups)
        found = (
            getattr(convolution, name)(x, w, *options),
            *getattr(convolution, f"{name}_backward")(dy, x, w, *options),
        )
        for mine, theirs in zip(found, (y, dx, dw), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("size", "stride"), [(2, 1), (3, 2), (2, 3), (3, 3)])
def test_poolings_in_general_are_those_of_jax(size: int, stride: int) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    rng = np.random.default_rng(4)
    for name, what, lengths in (
        ("max_pool1d", "max", (10,)),
        ("max_pool2d", "max", (7, 8)),
        ("average_pool1d", "mean", (10,)),
        ("average_pool2d", "mean", (7, 8)),
    ):
        x = np.round(rng.normal(size=(2, 3, *lengths)))  # with ties
        with jax.enable_x64(True):
            y, pull = jax.vjp(pooled_by_lax(jax, what, size, stride), x)
            dy = rng.normal(size=y.shape)
            (dx,) = pull(dy)
        np.testing.assert_allclose(getattr(convolution, name)(x, size, stride), y, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(
            getattr(convolution, f"{name}_backward")(dy, x, size, stride), dx, rtol=1e-13, atol=1e-13
        )


def not_turned(dy: Any, x: Any, w: Any) -> tuple[Any, Any]:
    """∂L/∂x with a kernel that is turned around once too often."""
    return conv1d_backward(dy, x, w[..., ::-1])[0], conv1d_backward(dy, x, w)[1]


def assigned(dy: Any, x: Any) -> Any:
    """The cotangent of a later window in the place of that of an earlier one."""
    dx = np.zeros_like(x)
    for k in range(3):
        met = places(k, dy.shape[-1], 2)
        windows = np.stack([x[..., places(m, dy.shape[-1], 2)] for m in range(3)])
        dx[..., met] = np.where(windows.argmax(axis=0) == k, dy, dx[..., met])
    return dx


MEAN = "is a mean taken for a sum, or a sum for a mean?"
FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "conv1d": (not_turned, {"x": "all 24 entries are wrong, by no simple pattern"}),
    "conv1d-strided": (
        lambda dy, x, w: (conv1d_backward(dy, x, w, 2, 1)[0], conv1d_backward(dy[..., ::-1], x, w, 2, 1)[1]),
        {"w": "all 18 entries are wrong, by no simple pattern"},
    ),
    "conv1d-dilated": (
        lambda dy, x, w: (
            conv1d_backward(dy, x, w, dilation=2)[0],
            conv1d_backward(dy, x[..., : count_of(5, 2, dilation=2) + 1], w)[1],
        ),
        {"w": "12 of 24 entries wrong: [0, 0, 1]; [0, 1, 1]; [0, 2, 1]; [1, 0, 1] …"},
    ),
    "conv2d": (
        lambda dy, x, w: (conv2d_backward(dy, x, w.transpose(0, 1, 3, 2))[0], conv2d_backward(dy, x, w)[1]),
        {"x": "28 of 36 entries wrong: [0, 0, 0, 1]; [0, 0, 0, 2]; [0, 0, 1, 0]; [0, 0, 1, 1] …"},
    ),
    "channel-bias": (
        lambda dy, x, b: (dy, dy.sum(axis=(2, 3)).mean(axis=0)),
        {"b": "exactly 1/2 times the true value"},
    ),
    "max-pool1d-overlapping": (assigned, {"x": "4 of 30 entries wrong: [0, 1, 2]; [0, 2, 2]; [1, 0, 2]; [1, 2, 2]"}),
    "average-pool2d": (
        lambda dy, x: dy.repeat(2, axis=2).repeat(2, axis=3),
        {"x": f"exactly 4 times the true value; 4 is the length of axis 3 of x: {MEAN}"},
    ),
    "global-average-pool": (
        lambda dy, x: np.broadcast_to(dy[:, :, None, None] / 2, x.shape),
        {"x": f"exactly 4 times the true value; 4 is the length of axis 3 of x: {MEAN}"},
    ),
    "pixel-shuffle": (
        lambda dy, x: dy.reshape(x.shape),
        {"x": "16 of 32 entries wrong: [0, 0, 0, 1]; [0, 1, 0, 0]; [0, 2, 0, 1]; [0, 3, 0, 0] …"},
    ),
    "squeeze-excitation": (
        lambda dy, x, u, v: (
            dy / (1 + np.exp(-np.maximum(x.mean(axis=2) @ u, 0) @ v))[:, :, None],
            *FORMULAS["squeeze-excitation"].derivative(dy, x, u, v)[1:],
        ),
        {"x": "all 24 entries are wrong, by no simple pattern"},
    ),
}
"""A backward that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_backward_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said
