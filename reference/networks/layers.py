r"""The network of the document ``fully-connected``: layers that have a forward, and a backward that returns ∂L/∂X and learns.

A layer's backward is called after its forward. It is given ∂L/∂Y, leaves ∂L/∂ of its parameters in ``gradients``, improves
them if it is told how, and returns ∂L/∂X for the layer before. A model hands what comes out of one layer's forward to the
next one's, and what comes out of one layer's backward to the backward of the one before.

`reference.fully_connected` has the formulas of a layer, Y = f(WᵀX + b), for one sample; here samples are rows, so that it is
Y = f(X W + b). Where the document takes a row times the Jacobian of f, a pullback takes every row times it at once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from reference import fully_connected as document
from reference.generic import CHAINED_SINES
from reference.networks.network import Network, Parameters, Penalty
from reference.networks.pieces import (
    ELU,
    IDENTITY,
    INITIALISATIONS,
    SOFTMAX,
    SOFTMAX_CROSS_ENTROPY,
    TANH,
    Activation,
    Array,
    Draw,
    Loss,
    fitting,
)
from reference.optimisers import Optimiser

SHEET = Sheet("layer-objects", "networks/layers.py", "Layers with forward and backward")

Improve = Callable[[str, Array, Array], Array]
"""The new value of a parameter from its name, its value and its gradient."""


class Layer:
    """A layer: ``parameters`` by name, the ``gradients`` that the last backward left, ``random`` if `draw` does something."""

    random = False

    def __init__(self, **parameters: Array) -> None:
        self.parameters: Parameters = parameters
        self.gradients: Parameters = {}

    def draw(self, rng: np.random.Generator, samples: int) -> None:
        """Draw what is random in the next forward; nothing, for most layers."""

    def forward(self, X: Array, training: bool = True) -> Array:
        """Y of every sample; in training, what backward needs is kept."""
        raise NotImplementedError

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """∂L/∂X and ∂L/∂ of the parameters, after a forward."""
        raise NotImplementedError

    def backward(self, dL_dY: Array, improve: Improve | None = None) -> Array:
        """∂L/∂X. The parameters are improved after it was computed, if ``improve`` says how."""
        dL_dX, self.gradients = self.pulled_back(dL_dY)
        if improve is not None:
            self.parameters = {name: improve(name, self.parameters[name], g) for name, g in self.gradients.items()}
            self.learn()
        return dL_dX

    def learn(self) -> None:
        """Take in what else the last batch teaches, once for each improvement; nothing, for most layers."""

    def holding(self, parameters: Parameters) -> Layer:
        """The same layer with other values in its parameters, and with nothing that the two share being changed by either."""
        other = copy.copy(self)
        other.parameters, other.gradients = dict(parameters), {}
        return other


class Dense(Layer):
    """Y = f(X W + b): (samples, n) → (samples, m), W: (n, m), b: (m,)."""

    def __init__(self, W: Array, b: Array, f: Activation) -> None:
        super().__init__(W=W, b=b)
        self.f = f

    @classmethod
    def drawn(cls, n: int, m: int, f: Activation, rng: np.random.Generator, draw: Draw | None = None) -> Dense:
        """With first weights by the draw that is `fitting`, or by another."""
        weights = draw or INITIALISATIONS[fitting(f)]
        return cls(weights(rng, m, n).T, np.zeros(m), f)

    def forward(self, X: Array, training: bool = True) -> Array:
        """See `Layer`."""
        self.X, self.Z = X, X @ self.parameters["W"] + self.parameters["b"]
        return self.f(self.Z)

    def pulled_back(self, dL_dY: Array) -> tuple[Array, Parameters]:
        """∂L/∂X = ∂L/∂Z Wᵀ, ∂L/∂W = Xᵀ ∂L/∂Z, ∂L/∂b = the sum of the rows of ∂L/∂Z = ∂L/∂Y J_f(Z)."""
        dL_dZ = self.f.pullback(dL_dY, self.Z)
        return dL_dZ @ self.parameters["W"].T, {"W": self.X.T @ dL_dZ, "b": dL_dZ.sum(axis=0)}


class Model(Network):
    """Layers one after the other, and a loss of the last one's output."""

    def __init__(self, layers: Sequence[Layer], loss: Loss, penalty: Penalty | None = None) -> None:
        self.layers = list(layers)
        self.of_output = loss
        super().__init__(self.collected("parameters"), penalty)

    def collected(self, of: str) -> Parameters:
        """The parameters, or the gradients, of all layers, as ``layer.name``."""
        return {f"{i}.{name}": w for i, layer in enumerate(self.layers) for name, w in getattr(layer, of).items()}

    @property
    def random(self) -> bool:
        """See `Network`."""
        return any(layer.random for layer in self.layers)

    def draw(self, rng: np.random.Generator, samples: int) -> None:
        """See `Network`."""
        for layer in self.layers:
            layer.draw(rng, samples)

    def forward(self, X: Array, training: bool = True) -> Array:
        """Ŷ: each layer's output is the next one's input."""
        for layer in self.layers:
            X = layer.forward(X, training)
        return X

    def backward(self, dL_dY: Array, improve: Improve | None = None) -> Array:
        """∂L/∂X: what each layer's backward returns is given to the backward of the one before."""
        for i in reversed(range(len(self.layers))):
            of_layer = None if improve is None else lambda name, w, g, i=i: improve(f"{i}.{name}", w, g)
            dL_dY = self.layers[i].backward(dL_dY, of_layer)
        return dL_dY

    def data_loss(self, parameters: Mapping[str, Array], X: Array, T: Array) -> Any:
        """L of the output in training."""
        layers = [layer.holding(part(parameters, i)) for i, layer in enumerate(self.layers)]
        for layer in layers:
            X = layer.forward(X)
        return self.of_output.value(X, T)

    def data_gradients(self, X: Array, T: Array) -> Parameters:
        """A forward and a backward that leaves the parameters as they are."""
        self._hold()
        self.backward(self.of_output.gradient(self.forward(X), T))
        return self.collected("gradients")

    def improve(self, X: Array, T: Array, optimiser: Optimiser) -> None:
        """A forward, and a backward in which each layer improves its own parameters."""
        self._hold()
        dL_dY = self.of_output.gradient(self.forward(X), T)
        self.backward(dL_dY, lambda key, w, g: optimiser.update(key, w, g + self.penalty.gradient(w)))
        self.parameters = self.collected("parameters")

    def scores(self, X: Array) -> Array:
        """Ŷ as it is used, with nothing random."""
        self._hold()
        return self.forward(X, training=False)

    def used_loss(self, X: Array, T: Array) -> Any:
        """See `Network`."""
        return self.of_output.value(self.scores(X), T)

    def _hold(self) -> None:
        """The layers have the parameters that the model has, which may have been set from outside."""
        for i, layer in enumerate(self.layers):
            layer.parameters = part(self.parameters, i)


def part(parameters: Mapping[str, Array], i: int) -> Parameters:
    """The parameters of layer i by their own names."""
    prefix = f"{i}."
    return {name.removeprefix(prefix): w for name, w in parameters.items() if name.startswith(prefix)}


BATCH = {"X": Reals(2, 3), "W": Reals(3, 4), "b": Reals(4)}


def one_layer_loss(f: Callable[[Array], Array], X: Array, W: Array, b: Array) -> Any:
    """Σ over the samples of L(f(Wᵀx + b)), by `reference.fully_connected`."""
    return sum(CHAINED_SINES(document.layer_forward(x, W, b, f)) for x in X)


def one_layer_backward(f: Activation, X: Array, W: Array, b: Array) -> tuple[Array, Array, Array]:
    """(∂L/∂X, ∂L/∂W, ∂L/∂b) by the layer's own backward."""
    layer = Dense(W, b, f)
    Y = layer.forward(X)
    dL_dX = layer.backward(np.stack([CHAINED_SINES.derivative(y) for y in Y]))
    return dL_dX, layer.gradients["W"], layer.gradients["b"]


PRINTED = {
    "X": r"\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Y} J_f(XW + b) W^T",
    "W": r"\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Y} J_f(XW + b)",
    "b": r"\frac{\partial L}{\partial b} = \sum_s \frac{\partial L}{\partial Y_s} J_f(X_s W + b)",
}
ONE_LAYER: tuple[tuple[Activation, Callable[[Array], Array]], ...] = (
    (TANH, np.tanh),
    (SOFTMAX, document.softmax),
    (ELU, document.elu),
)
for activation, of_document in ONE_LAYER:
    for place, wrt in enumerate(BATCH):
        SHEET.claim(
            f"dense-{activation.name}-{wrt.lower()}",
            "gradient",
            0,
            f"layers.Dense.backward: {PRINTED[wrt]}",
            origin="code",
            primal=lambda X, W, b, f=of_document: one_layer_loss(f, X, W, b),
            claimed=lambda X, W, b, f=activation, place=place: one_layer_backward(f, X, W, b)[place],
            inputs=BATCH,
            wrt=wrt,
            notes="Against the sum over the samples of the layer of fully_connected.",
        )


def two_layers(X: Array, W: Array, b: Array, U: Array, c: Array, T: Array) -> tuple[Model, Array, Array]:
    """A model of an ELU layer and a linear one under softmax with cross-entropy, with samples and targets."""
    return Model([Dense(W, b, ELU), Dense(U, c, IDENTITY)], SOFTMAX_CROSS_ENTROPY), X, T


def two_layers_loss(X: Array, W: Array, b: Array, U: Array, c: Array, T: Array) -> Any:
    """The mean loss of the two layers by the formulas of `reference.fully_connected`, sample by sample."""
    return sum(
        document.softmax_cross_entropy(document.affine(document.layer_forward(x, W, b, document.elu), U, c), t)
        for x, t in zip(X, T, strict=True)
    ) / len(X)


def two_layers_gradient(key: str, X: Array, W: Array, b: Array, U: Array, c: Array, T: Array) -> Array:
    """What the model's backward leaves for one parameter, or returns for X."""
    model, X, T = two_layers(X, W, b, U, c, T)
    dL_dX = model.backward(SOFTMAX_CROSS_ENTROPY.gradient(model.forward(X), T))
    return dL_dX if key == "X" else model.collected("gradients")[key]


TWO_LAYERS = {**BATCH, "U": Reals(4, 2), "c": Reals(2), "T": Reals(2, 2)}
for key, wrt in {"0.W": "W", "0.b": "b", "1.W": "U", "1.b": "c"}.items():
    SHEET.claim(
        f"model-{wrt.lower()}",
        "gradient",
        0,
        f"layers.Model.gradients: {key}",
        origin="code",
        primal=two_layers_loss,
        claimed=lambda *arrays, key=key: two_layers_gradient(key, *arrays),
        inputs=TWO_LAYERS,
        wrt=wrt,
    )
SHEET.claim(
    "model-x",
    "gradient",
    0,
    "layers.Model.backward: X",
    origin="code",
    primal=two_layers_loss,
    claimed=lambda *arrays: two_layers_gradient("X", *arrays),
    inputs=TWO_LAYERS,
    wrt="X",
    notes="What the first layer's backward returns, ∂L/∂X of the whole model.",
)
