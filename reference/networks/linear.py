r"""The network of the document ``network-basics``: three linear layers without biases, ½ (y − y_out)², and three gradients.

`reference.network_basics` has its formulas for one sample as a column, y_out = W³W²W¹X, and finds those that are printed for
the gradients wrong; used here are the corrections:

    ∂L/∂W³ = ∂L/∂y (Z²)ᵀ,   ∂L/∂W² = (W³)ᵀ ∂L/∂y (Z¹)ᵀ,   ∂L/∂W¹ = (W³W²)ᵀ ∂L/∂y Xᵀ.

Here samples are rows, so that Z¹ = X (W¹)ᵀ; and there may be several outputs, as many as classes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from reference import network_basics as document
from reference.networks.network import Network, Parameters, Penalty
from reference.networks.pieces import Array, Draw, half_squared_error, half_squared_error_gradient, xavier

SHEET = Sheet("linear-network", "networks/linear.py", "Three linear layers without biases")


class Linear(Network):
    """The network; W1: (I, N), W2: (J, I), W3: (K, J)."""

    @classmethod
    def drawn(
        cls,
        sizes: tuple[int, int, int, int],
        rng: np.random.Generator,
        draw: Draw = xavier,
        penalty: Penalty | None = None,
    ) -> Linear:
        """With first weights for the sizes N, I, J, K."""
        pairs = itertools.pairwise(sizes)
        return cls({f"W{layer}": draw(rng, to, origin) for layer, (origin, to) in enumerate(pairs, 1)}, penalty)

    def nodes(self, parameters: Mapping[str, Array], X: Array) -> tuple[Array, Array, Array]:
        """Z¹, Z² and y_out of all samples."""
        Z1 = X @ parameters["W1"].T
        Z2 = Z1 @ parameters["W2"].T
        return Z1, Z2, Z2 @ parameters["W3"].T

    def data_loss(self, parameters: Mapping[str, Array], X: Array, T: Array) -> Any:
        """½ Σ (y − y_out)², the mean over the samples."""
        return half_squared_error(self.nodes(parameters, X)[-1], T)

    def data_gradients(self, X: Array, T: Array) -> Parameters:
        """The three gradients."""
        Z1, Z2, y_out = self.nodes(self.parameters, X)
        W2, W3 = self.parameters["W2"], self.parameters["W3"]
        dL_dy = half_squared_error_gradient(y_out, T).T
        return {"W1": (W3 @ W2).T @ dL_dy @ X, "W2": W3.T @ dL_dy @ Z1, "W3": dL_dy @ Z2}

    def scores(self, X: Array) -> Array:
        """y_out."""
        return self.nodes(self.parameters, X)[-1]


NAMES = ("W1", "W2", "W3")
INPUTS = {"X": Reals(5, 2), "W1": Reals(3, 2), "W2": Reals(2, 3), "W3": Reals(4, 2), "T": Reals(5, 4)}


def made(X: Array, *arrays: Array) -> tuple[Linear, Array, Array]:
    """The network of three weights, the samples and the targets."""
    return Linear(dict(zip(NAMES, arrays[:-1], strict=True))), X, arrays[-1]


def network_loss(X: Array, *arrays: Array) -> Any:
    """L of the network with three weights, for samples and targets."""
    network, X, T = made(X, *arrays)
    return network.loss(network.parameters, X, T)


def network_gradient(name: str, X: Array, *arrays: Array) -> Array:
    """∂/∂ of one parameter by the network's own formulas."""
    network, X, T = made(X, *arrays)
    return network.gradients(X, T)[name]


def loss_by_the_document(X: Array, W1: Array, W2: Array, W3: Array, T: Array) -> Any:
    """The mean of `reference.network_basics.loss` over the samples, summed over the outputs, each with its row of W³."""
    return sum(
        document.loss(W1, W2, W3[k : k + 1], np.reshape(x, (-1, 1)), t[k])
        for x, t in zip(X, T, strict=True)
        for k in range(len(W3))
    ) / len(X)


SHEET.claim(
    "loss",
    "equality",
    0,
    "linear.Linear.loss = the mean of network_basics.loss",
    origin="code",
    primal=loss_by_the_document,
    claimed=network_loss,
    inputs=INPUTS,
)
for wrt in NAMES:
    SHEET.claim(
        f"gradient-{wrt.lower()}",
        "gradient",
        0,
        f"linear.Linear.gradients: {wrt}",
        origin="code",
        primal=loss_by_the_document,
        claimed=lambda X, *arrays, name=wrt: network_gradient(name, X, *arrays),
        inputs=INPUTS,
        wrt=wrt,
    )
