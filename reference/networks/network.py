r"""What every network answers: its parameters by name, its loss, its gradients, its scores; and the penalties on its weights.

The penalties are those of the document ``fully-connected``, with one rate for weights and biases: L′ = L + λ₁ Σ |w| + λ₂ Σ w².
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from reference.optimisers import Optimiser

Array = np.ndarray[Any, np.dtype[Any]]
Parameters = dict[str, Array]


@dataclass(frozen=True)
class Penalty:
    """λ₁ Σ |w| + λ₂ Σ w² over all parameters, with |w| = w sign(w), so that its slope at w = 0 is 0 for JAX, too."""

    l1: float = 0.0
    l2: float = 0.0

    def value(self, parameters: Mapping[str, Array]) -> Any:
        """The penalty, a number."""
        total: Any = 0.0
        for w in parameters.values():
            total = (
                total
                + (self.l1 * np.sum(w * np.sign(w)) if self.l1 else 0)
                + (self.l2 * np.sum(w**2) if self.l2 else 0)
            )
        return total

    def gradient(self, w: Array) -> Array:
        """λ₁ sign(w) + 2 λ₂ w, the shape of w."""
        slopes: Array = self.l1 * np.sign(w) + 2 * self.l2 * w
        return slopes


class Network:
    """A network that can be trained. Samples are rows; the loss is a mean over them, and the gradients are of that mean."""

    def __init__(self, parameters: Parameters, penalty: Penalty | None = None) -> None:
        self.parameters = parameters
        self.penalty = penalty or Penalty()

    @property
    def random(self) -> bool:
        """Whether `draw` does anything."""
        return False

    def draw(self, rng: np.random.Generator, samples: int) -> None:
        """Draw what is random in the next pass, as the mask of a dropout; nothing, for most networks."""

    def data_loss(self, parameters: Mapping[str, Array], X: Array, T: Array) -> Any:
        """L of the training pass with these parameters: (samples, in), (samples, out) → number."""
        raise NotImplementedError

    def data_gradients(self, X: Array, T: Array) -> Parameters:
        """∂L/∂ of every parameter, by the document's formulas, each of its parameter's shape."""
        raise NotImplementedError

    def scores(self, X: Array) -> Array:
        """What the network says of each sample when it is used: (samples, in) → (samples, out); the largest is its choice."""
        raise NotImplementedError

    def used_loss(self, X: Array, T: Array) -> Any:
        """L of the network as it is used, with nothing random."""
        return self.data_loss(self.parameters, X, T)

    def loss(self, parameters: Mapping[str, Array], X: Array, T: Array) -> Any:
        """`data_loss` and the penalty."""
        return self.data_loss(parameters, X, T) + self.penalty.value(parameters)

    def gradients(self, X: Array, T: Array) -> Parameters:
        """The gradients of `loss` at the network's own parameters."""
        if self.penalty == Penalty():
            return self.data_gradients(X, T)
        return {name: g + self.penalty.gradient(self.parameters[name]) for name, g in self.data_gradients(X, T).items()}

    def improve(self, X: Array, T: Array, optimiser: Optimiser) -> None:
        """One step of an optimiser with the gradients of these samples."""
        for name, g in self.gradients(X, T).items():
            self.parameters[name] = optimiser.update(name, self.parameters[name], g)

    def accuracy(self, X: Array, labels: Array) -> float:
        """The share of samples whose largest score is at their label."""
        return float(np.mean(np.argmax(self.scores(X), axis=1) == labels))


SHEET = Sheet("network-penalties", "networks/network.py", "Penalties on all parameters")
SHEET.claim(
    "penalty-gradient",
    "gradient",
    0,
    r"\frac{\partial L'}{\partial w_i} = \frac{3}{10} \operatorname{sign}(w_i) + \frac{7}{5} w_i",
    origin="cited",
    primal=lambda w: Penalty(0.3, 0.7).value({"w": w}),
    claimed=Penalty(0.3, 0.7).gradient,
    inputs={"w": Reals(4)},
    wrt="w",
    notes="With λ₁ = 0.3 and λ₂ = 0.7.",
)
