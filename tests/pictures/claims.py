"""Claims to draw, in planted pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.checking import check
from gradcheck.claim import Claim, Kind, Source
from gradcheck.domains import Reals, Space
from gradcheck.pictures.along import Along
from gradcheck.pictures.scene import scene_of
from gradcheck.verdict import Verdict


def claim(
    primal: Callable[..., Any],
    claimed: Any,
    kind: Kind = "derivative",
    inputs: Mapping[str, Space] | None = None,
    wrt: str | None = "x",
    **fields: Any,
) -> Claim:
    return Claim("c", kind, Source("d", 1, "f"), primal, claimed, inputs or {"x": Reals()}, wrt, **fields)


def judged(*arguments: Any, **fields: Any) -> Verdict:
    return check(claim(*arguments, **fields))


def along(verdict: Verdict) -> Along:
    return Along(scene_of(verdict))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def printed_derivative(x: Any) -> Any:
    """e^{-x}/(1+e^{-x})²: right, and overflows."""
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def stable_derivative(x: Any) -> Any:
    return 1 / (2 * np.cosh(x / 2)) ** 2


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def step(x: Any) -> Any:
    return np.where(x > 0, 1.0, 0.0)


def softmax(x: Any) -> Any:
    powers = np.exp(x)
    return powers / np.sum(powers)


def softmax_jacobian(x: Any) -> Any:
    s = softmax(x)
    return np.diag(s) - np.outer(s, s)


def shifted_softmax_jacobian(x: Any) -> Any:
    return softmax_jacobian(x - np.max(x))


def black_box(x: Any) -> Any:
    """x², in a way that cannot be traced."""
    return np.array([float.fromhex(float(entry).hex()) ** 2 for entry in np.ravel(x)]).reshape(np.shape(x))
