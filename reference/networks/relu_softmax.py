r"""The network of the document ``three-layer-network``: N inputs, I and J ReLU units, K softmax units, cross-entropy.

`reference.three_layer_network` has its formulas for one sample, as vectors. Here samples are the rows of X: (S, N), so that
a layer z = W a + b is Z = A Wᵀ + b, and δ = ∂E/∂z of each sample is a row of Δ. Then ∂E/∂W = Δᵀ A and ∂E/∂b sums Δ's rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from reference import three_layer_network as document
from reference.networks.network import Network, Parameters, Penalty
from reference.networks.pieces import (
    RELU,
    Array,
    Draw,
    he,
    relu,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)

SHEET = Sheet("relu-softmax", "networks/relu_softmax.py", "The N-I-J-K network with ReLU and softmax")


class ReluSoftmax(Network):
    """The network; W1: (I, N), b1: (I,), W2: (J, I), b2: (J,), W3: (K, J), b3: (K,)."""

    @classmethod
    def drawn(
        cls, sizes: tuple[int, int, int, int], rng: np.random.Generator, draw: Draw = he, penalty: Penalty | None = None
    ) -> ReluSoftmax:
        """With first weights for the sizes N, I, J, K, and biases of 0."""
        parameters: Parameters = {}
        for layer, (origin, to) in enumerate(itertools.pairwise(sizes), 1):
            parameters |= {f"W{layer}": draw(rng, to, origin), f"b{layer}": np.zeros(to)}
        return cls(parameters, penalty)

    def layers(self, parameters: Mapping[str, Array], X: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Z1, A1, Z2, A2, Z3 of all samples; the prediction is the softmax of Z3."""
        Z1 = X @ parameters["W1"].T + parameters["b1"]
        A1 = relu(Z1)
        Z2 = A1 @ parameters["W2"].T + parameters["b2"]
        A2 = relu(Z2)
        return Z1, A1, Z2, A2, A2 @ parameters["W3"].T + parameters["b3"]

    def data_loss(self, parameters: Mapping[str, Array], X: Array, T: Array) -> Any:
        """E = −Σ_k t_k (z_k − log Σ_c e^{z_c}), the mean over the samples."""
        return softmax_cross_entropy(self.layers(parameters, X)[-1], T)

    def data_gradients(self, X: Array, T: Array) -> Parameters:
        """Δ³ = A³ − T, then Δ ← (Δ W) ⊙ relu′(Z), one layer down at a time."""
        Z1, A1, Z2, A2, Z3 = self.layers(self.parameters, X)
        D3 = softmax_cross_entropy_gradient(Z3, T)
        D2 = RELU.pullback(D3 @ self.parameters["W3"], Z2)
        D1 = RELU.pullback(D2 @ self.parameters["W2"], Z1)
        return {
            "W1": D1.T @ X,
            "b1": D1.sum(axis=0),
            "W2": D2.T @ A1,
            "b2": D2.sum(axis=0),
            "W3": D3.T @ A2,
            "b3": D3.sum(axis=0),
        }

    def scores(self, X: Array) -> Array:
        """Z3: the largest is where the softmax is the largest."""
        return self.layers(self.parameters, X)[-1]


NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
INPUTS = {
    "X": Reals(2, 5),
    "W1": Reals(4, 5),
    "b1": Reals(4),
    "W2": Reals(2, 4),
    "b2": Reals(2),
    "W3": Reals(3, 2),
    "b3": Reals(3),
    "T": Reals(2, 3),
}


def made(X: Array, *arrays: Array) -> tuple[ReluSoftmax, Array, Array]:
    """The network of six parameters, the samples and the targets."""
    return ReluSoftmax(dict(zip(NAMES, arrays[:-1], strict=True))), X, arrays[-1]


def network_loss(X: Array, *arrays: Array) -> Any:
    """E of the network with six parameters, for samples and targets: the mean of the document's E of each sample."""
    network, X, T = made(X, *arrays)
    return network.loss(network.parameters, X, T)


def network_gradient(name: str, X: Array, *arrays: Array) -> Array:
    """∂/∂ of one parameter by the network's own formulas."""
    network, X, T = made(X, *arrays)
    return network.gradients(X, T)[name]


def loss_by_the_document(X: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, T: Array) -> Any:
    """The mean of `reference.three_layer_network.network_loss` over the samples."""
    losses = [document.network_loss(x, W1, b1, W2, b2, W3, b3, t) for x, t in zip(X, T, strict=True)]
    return sum(losses) / len(X)


SHEET.claim(
    "loss",
    "equality",
    0,
    "relu_softmax.ReluSoftmax.loss = the mean of three_layer_network.network_loss",
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
        f"relu_softmax.ReluSoftmax.gradients: {wrt}",
        origin="code",
        primal=loss_by_the_document,
        claimed=lambda X, *arrays, name=wrt: network_gradient(name, X, *arrays),
        inputs=INPUTS,
        wrt=wrt,
    )
