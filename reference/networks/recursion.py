r"""The network of the document ``feedforward-backprop``: L layers, each with an activation of its own, and the recursion of δ.

`reference.feedforward_backprop` has its formulas for one sample. Here samples are rows: Z⁽ˡ⁾ = A⁽ˡ⁻¹⁾ W⁽ˡ⁾ᵀ + b⁽ˡ⁾, and
δ⁽ˡ⁾ = f_l′(Z⁽ˡ⁾) ⊙ (δ⁽ˡ⁺¹⁾ W⁽ˡ⁺¹⁾). The document's product with f′ is right for an elementwise f alone; a pullback is right
for softmax, too, which may be the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from reference.networks.network import Network, Parameters, Penalty
from reference.networks.pieces import (
    CROSS_ENTROPY,
    ELU,
    HALF_SQUARED_ERROR,
    SIGMOID,
    SOFTMAX,
    TANH,
    Activation,
    Array,
    Draw,
    Loss,
    NetworkError,
    fitting,
    named,
)
from reference.networks.pieces import INITIALISATIONS as FIRST_WEIGHTS

SHEET = Sheet("recursion", "networks/recursion.py", "L layers by the recursion of δ")


class Feedforward(Network):
    """The network; W of layer l, from 1, is (to, from) and b is (to,); ``activations`` has one for each layer."""

    def __init__(
        self, parameters: Parameters, activations: Sequence[Activation], loss: Loss, penalty: Penalty | None = None
    ) -> None:
        super().__init__(parameters, penalty)
        self.activations = tuple(activations)
        self.of_output = loss

    @classmethod
    def drawn(
        cls,
        sizes: Sequence[int],
        activations: Sequence[Activation],
        loss: Loss,
        rng: np.random.Generator,
        draw: Draw | None = None,
        penalty: Penalty | None = None,
    ) -> Feedforward:
        """With first weights for the sizes of all layers, input first; by the draw that is `fitting` unless one is given.

        Raises:
            NetworkError: there is not one activation a layer.
        """
        if len(activations) != len(sizes) - 1:
            raise NetworkError(
                f"{len(sizes)} sizes make {len(sizes) - 1} layers, and {len(activations)} activations are given: "
                "one for each layer is expected"
            )
        parameters: Parameters = {}
        for layer, (origin, to, f) in enumerate(zip(sizes, sizes[1:], activations, strict=False), 1):
            weights = draw or named("initialisation", fitting(f), FIRST_WEIGHTS)
            parameters |= {f"W{layer}": weights(rng, to, origin), f"b{layer}": np.zeros(to)}
        return cls(parameters, activations, loss, penalty)

    def forward(self, parameters: Mapping[str, Array], X: Array) -> tuple[list[Array], list[Array]]:
        """All activations A⁽⁰⁾ = X, …, A⁽ᴸ⁾ and all net inputs Z⁽¹⁾, …, Z⁽ᴸ⁾."""
        activations, net_inputs = [X], []
        for layer, f in enumerate(self.activations, 1):
            net_inputs.append(activations[-1] @ parameters[f"W{layer}"].T + parameters[f"b{layer}"])
            activations.append(f(net_inputs[-1]))
        return activations, net_inputs

    def deltas(self, X: Array, T: Array) -> list[Array]:
        """δ⁽¹⁾, …, δ⁽ᴸ⁾ of all samples, each shaped like its Z, by the recursion from the last."""
        activations, net_inputs = self.forward(self.parameters, X)
        last = self.activations[-1].pullback(self.of_output.gradient(activations[-1], T), net_inputs[-1])
        deltas = [last]
        for layer in range(len(self.activations) - 1, 0, -1):
            above = deltas[0] @ self.parameters[f"W{layer + 1}"]
            deltas.insert(0, self.activations[layer - 1].pullback(above, net_inputs[layer - 1]))
        return deltas

    def data_loss(self, parameters: Mapping[str, Array], X: Array, T: Array) -> Any:
        """L of the last activation."""
        return self.of_output.value(self.forward(parameters, X)[0][-1], T)

    def data_gradients(self, X: Array, T: Array) -> Parameters:
        """∂L/∂W⁽ˡ⁾ = δ⁽ˡ⁾ᵀ A⁽ˡ⁻¹⁾ and ∂L/∂b⁽ˡ⁾ = the sum of δ⁽ˡ⁾ over the samples."""
        activations, _ = self.forward(self.parameters, X)
        gradients: Parameters = {}
        for layer, delta in enumerate(self.deltas(X, T), 1):
            gradients |= {f"W{layer}": delta.T @ activations[layer - 1], f"b{layer}": delta.sum(axis=0)}
        return gradients

    def scores(self, X: Array) -> Array:
        """A⁽ᴸ⁾."""
        return self.forward(self.parameters, X)[0][-1]


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
KINDS: Mapping[str, tuple[tuple[Activation, ...], Loss]] = {
    "classes": ((TANH, ELU, SOFTMAX), CROSS_ENTROPY),
    "squares": ((SIGMOID, TANH, SIGMOID), HALF_SQUARED_ERROR),
}
"""Two networks that the claims are about: different activations in all layers, softmax with cross-entropy, and ½‖a − y‖²."""


def gradient_of(kind: str, name: str, X: Array, *arrays: Array) -> Array:
    """∂L/∂ of one parameter."""
    activations, loss = KINDS[kind]
    network = Feedforward(dict(zip(NAMES, arrays[:-1], strict=True)), activations, loss)
    return network.gradients(X, arrays[-1])[name]


def loss_sample_by_sample(kind: str, X: Array, *arrays: Array) -> Any:
    """The mean loss from its meaning: each sample through all layers by itself, as a vector."""
    activations, loss = KINDS[kind]
    *parameters, T = arrays
    total: Any = 0
    for x, t in zip(X, T, strict=True):
        a = x
        for W, b, f in zip(parameters[::2], parameters[1::2], activations, strict=True):
            a = f(W @ a + b)
        total = total + loss.value(a[None, :], t[None, :])
    return total / len(X)


for kind in KINDS:
    for wrt in NAMES:
        SHEET.claim(
            f"{kind}-gradient-{wrt.lower()}",
            "gradient",
            0,
            f"recursion.Feedforward.gradients: {wrt}",
            origin="code",
            primal=lambda X, *arrays, kind=kind: loss_sample_by_sample(kind, X, *arrays),
            claimed=lambda X, *arrays, kind=kind, name=wrt: gradient_of(kind, name, X, *arrays),
            inputs=INPUTS,
            wrt=wrt,
            notes="With tanh, ELU and softmax, and cross-entropy."
            if kind == "classes"
            else "With sigmoid, tanh and sigmoid, and ½‖a − y‖².",
        )
