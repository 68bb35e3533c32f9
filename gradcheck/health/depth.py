r"""The gradient against depth, for the usual activations and first weights: how it vanishes and explodes.

A network of equally wide layers with no bias, a⁽ˡ⁾ = f(W⁽ˡ⁾ a⁽ˡ⁻¹⁾). Its δ⁽ˡ⁾ = ∂L/∂z⁽ˡ⁾ follows the recursion of the document
``feedforward-backprop``, δ⁽ˡ⁾ = f′(z⁽ˡ⁾) ⊙ (W⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾), so that a layer multiplies its norm by at most max |f′| ‖W⁽ˡ⁺¹⁾‖.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.health.stack import LIMIT, StackError

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Activation:
    """f and f′, entry by entry, and the most that |f′| can be, which is a claim in `gradcheck.health.claims`."""

    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    steepest: float


def sigmoid(z: Any) -> Any:
    """1 / (1 + e^{−z})."""
    return 1 / (1 + np.exp(-z))


def relu(z: Any) -> Any:
    """z where z > 0, else 0."""
    return np.where(z > 0, z, 0.0)


def leaky_relu(z: Any) -> Any:
    """z where z > 0, else 0.01 z."""
    return np.where(z > 0, z, 0.01 * z)


def elu(z: Any) -> Any:
    """z where z > 0, else e^z − 1."""
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


ACTIVATIONS: Mapping[str, Activation] = {
    "identity": Activation(lambda z: z, np.ones_like, 1.0),
    "sigmoid": Activation(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z)), 0.25),
    "tanh": Activation(np.tanh, lambda z: 1 - np.tanh(z) ** 2, 1.0),
    "relu": Activation(relu, lambda z: np.where(z > 0, 1.0, 0.0), 1.0),
    "leaky-relu": Activation(leaky_relu, lambda z: np.where(z > 0, 1.0, 0.01), 1.0),
    "elu": Activation(elu, lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))), 1.0),
}
INITIALISATIONS: Mapping[str, Callable[[int], float]] = {
    "xavier": lambda width: math.sqrt(1 / width),
    "he": lambda width: math.sqrt(2 / width),
    "large": lambda width: 1.0,
    "small": lambda width: 0.01,
}
"""The standard deviation of normal first weights, by the width: Xavier's and He's, one that is too large and one too small."""


@dataclass(frozen=True)
class Profile:
    """‖δ⁽ˡ⁾‖ / ‖δ⁽ᴸ⁾‖ for l = 1 … L, and the most that the first can be: the product of max |f′| ‖W⁽ˡ⁾‖ over l = 2 … L."""

    activation: str
    initialisation: str
    norms: tuple[float, ...]
    most: float
    limit: float = LIMIT

    @property
    def factor(self) -> float:
        """By how much a layer multiplies the gradient: the geometric mean."""
        return float(self.norms[0] ** (1 / (len(self.norms) - 1)))

    @property
    def word(self) -> str:
        """What becomes of the gradient over all layers."""
        if not all(map(math.isfinite, self.norms)):
            return "overflows"
        if self.norms[0] < 1 / self.limit:
            return "vanishes"
        return "explodes" if self.norms[0] > self.limit else "stays"


def profile(
    activation: str, initialisation: str, *, depth: int = 30, width: int = 64, samples: int = 32, seed: int = 0
) -> Profile:
    """Measure one activation with one initialisation, at normal inputs and a normal ∂L/∂a of the last layer.

    Raises:
        StackError: a name or a size that there is not.
    """
    if activation not in ACTIVATIONS or initialisation not in INITIALISATIONS:
        raise StackError(
            f"{activation} with {initialisation}: activations are {', '.join(ACTIVATIONS)}, "
            f"initialisations {', '.join(INITIALISATIONS)}"
        )
    for name, size, least in (("depth", depth, 2), ("width", width, 1), ("samples", samples, 1)):
        if size < least:
            raise StackError(f"{name}={size}: at least {least} is expected")
    weights, net_inputs = network(activation, initialisation, depth, width, samples, seed)
    f = ACTIVATIONS[activation]
    delta = np.random.default_rng(seed + 1).normal(size=net_inputs[-1].shape) * f.slope(net_inputs[-1])
    norms = [float(np.linalg.norm(delta))]
    most = 1.0
    for W, z in zip(reversed(weights[1:]), reversed(net_inputs[:-1]), strict=True):
        delta = f.slope(z) * (delta @ W)
        norms.insert(0, float(np.linalg.norm(delta)))
        most *= f.steepest * float(np.linalg.norm(W, 2))
    last = norms[-1]
    shares = tuple(norm / last if last else math.nan for norm in norms)
    return Profile(activation, initialisation, shares, most)


def network(
    activation: str, initialisation: str, depth: int, width: int, samples: int, seed: int
) -> tuple[list[Array], list[Array]]:
    """The weights W⁽ˡ⁾: (width, width), and the net inputs z⁽ˡ⁾: (samples, width), of all layers."""
    rng = np.random.default_rng(seed)
    deviation, f = INITIALISATIONS[initialisation](width), ACTIVATIONS[activation]
    a = rng.normal(size=(samples, width))
    weights, net_inputs = [], []
    with np.errstate(over="ignore"):
        for _ in range(depth):
            weights.append(deviation * rng.normal(size=(width, width)))
            net_inputs.append(a @ weights[-1].T)
            a = f.value(net_inputs[-1])
    return weights, net_inputs


def profiles(*, depth: int = 30, width: int = 64, samples: int = 32, seed: int = 0) -> list[Profile]:
    """Every activation with every initialisation. Raises StackError for a size that there is not."""
    return [
        profile(activation, initialisation, depth=depth, width=width, samples=samples, seed=seed)
        for initialisation in INITIALISATIONS
        for activation in ACTIVATIONS
    ]
