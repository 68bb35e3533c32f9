"""The networks and rules by name, with the settings that they are trained with unless others are given."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reference.networks import descent
from reference.networks.layers import Dense, Layer, Model
from reference.networks.linear import Linear
from reference.networks.network import Network, Penalty
from reference.networks.pieces import (
    ACTIVATIONS,
    CROSS_ENTROPY,
    HALF_SQUARED_ERROR,
    IDENTITY,
    INITIALISATIONS,
    SIGMOID,
    SOFTMAX,
    SOFTMAX_CROSS_ENTROPY,
    Activation,
    Draw,
    NetworkError,
    named,
)
from reference.networks.recursion import Feedforward
from reference.networks.relu_softmax import ReluSoftmax
from reference.networks.remedies import BatchNorm, Dropout, Residual
from reference.optimisers import FIRST_ORDER, SECOND_ORDER, OptimiserError


@dataclass(frozen=True)
class Choice:
    """What a user chooses of a network; None for the network's own way."""

    hidden: tuple[int, ...] | None = None
    activation: str | None = None
    initialisation: str | None = None
    l1: float = 0.0
    l2: float = 0.0
    dropout: float = 0.0
    batch_norm: bool = False
    residual: bool = False

    def sizes(self, inputs: int, outputs: int) -> tuple[int, ...]:
        """Of all layers; two hidden ones unless given: 96 and 48 for pictures, 16 and 8 for a few numbers."""
        hidden = self.hidden if self.hidden is not None else ((96, 48) if inputs > 16 else (16, 8))
        if not hidden or min(hidden) < 1:
            raise NetworkError(f"hidden layers {hidden}: at least one, of at least one unit each, is expected")
        return (inputs, *hidden, outputs)


Build = Callable[[Choice, tuple[int, ...], np.random.Generator], Network]


@dataclass(frozen=True)
class Kind:
    """A document's network: its build, what it may be told, and its loss in words."""

    name: str
    document: str
    build: Build
    may: frozenset[str]
    loss: str
    shifts: bool = True


def relu_softmax(choice: Choice, sizes: tuple[int, ...], rng: np.random.Generator) -> Network:
    """N-I-J-K, ReLU and softmax."""
    return ReluSoftmax.drawn(_four("relu-softmax", sizes), rng, _draw(choice, "he"), _penalty(choice))


def linear(choice: Choice, sizes: tuple[int, ...], rng: np.random.Generator) -> Network:
    """Three linear layers without biases."""
    return Linear.drawn(_four("linear", sizes), rng, _draw(choice, "xavier"), _penalty(choice))


def fully_connected(choice: Choice, sizes: tuple[int, ...], rng: np.random.Generator) -> Network:
    """Layers with forward and backward, and the remedies between them."""
    f = _activation(choice, "elu")
    draw = INITIALISATIONS[choice.initialisation] if choice.initialisation else None
    layers: list[Layer] = []
    for n, m in itertools.pairwise(sizes[:-1]):
        layers.append(Dense.drawn(n, m, f, rng, draw))
        if choice.batch_norm:
            layers.append(BatchNorm(np.ones(m), np.zeros(m)))
        if choice.residual:
            layers.append(Residual([Dense.drawn(m, m, f, rng, draw)]))
        if choice.dropout:
            layers.append(Dropout(choice.dropout))
    layers.append(Dense.drawn(sizes[-2], sizes[-1], IDENTITY, rng, draw))
    return Model(layers, SOFTMAX_CROSS_ENTROPY, _penalty(choice))


def feedforward(choice: Choice, sizes: tuple[int, ...], rng: np.random.Generator) -> Network:
    """L layers by the recursion of δ, tanh and softmax with cross-entropy."""
    activations = [_activation(choice, "tanh")] * (len(sizes) - 2) + [SOFTMAX]
    draw = INITIALISATIONS[choice.initialisation] if choice.initialisation else None
    return Feedforward.drawn(sizes, activations, CROSS_ENTROPY, rng, draw, _penalty(choice))


def dnn(choice: Choice, sizes: tuple[int, ...], rng: np.random.Generator) -> Network:
    """σ in all layers and ½‖a − y‖²."""
    draw = INITIALISATIONS[choice.initialisation] if choice.initialisation else None
    activations = [_activation(choice, "tanh")] * (len(sizes) - 2) + [SIGMOID]
    return Feedforward.drawn(sizes, activations, HALF_SQUARED_ERROR, rng, draw, _penalty(choice))


_ANY = frozenset({"initialisation", "l1", "l2", "hidden"})
NETWORKS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "fully-connected",
            "fully-connected",
            fully_connected,
            _ANY | {"activation", "dropout", "batch_norm", "residual"},
            "cross-entropy of softmax",
        ),
        Kind("relu-softmax", "three-layer-network", relu_softmax, _ANY, "cross-entropy of softmax"),
        Kind("linear", "network-basics", linear, _ANY, "½ (y − y_out)²", shifts=False),
        Kind(
            "feedforward", "feedforward-backprop", feedforward, _ANY | {"activation"}, "cross-entropy of probabilities"
        ),
        Kind("dnn", "dnn-notation", dnn, _ANY | {"activation"}, "½ ‖a − y‖²"),
    )
}
"""The documents' networks. The linear one is not trained with shifts: no linear map suits a picture and the same one moved."""


def built(name: str, choice: Choice, inputs: int, outputs: int, rng: np.random.Generator) -> Network:
    """A network by its name, with first weights.

    Raises:
        NetworkError: there is none of that name, or it cannot be as it was chosen.
    """
    kind: Kind = named("network", name, NETWORKS)
    given = {word for word, value in vars(choice).items() if value}
    for word in sorted(given - kind.may):
        able = ", ".join(other.name for other in NETWORKS.values() if word in other.may)
        raise NetworkError(f"{name} has no {word.replace('_', ' ')}, which only {able} can have: leave it out")
    return kind.build(choice, choice.sizes(inputs, outputs), rng)


def rule(name: str, step: float | None) -> descent.Rule:
    """An optimiser by its name, with a step or its own.

    Raises:
        NetworkError: there is none of that name, or it takes no step.
        OptimiserError: the step has no meaning.
    """
    if name in SECOND_ORDER:
        if step is not None:
            raise OptimiserError(f"{name} finds its steps by itself: leave the step {step:g} out")
        return SECOND_ORDER[name]()
    chosen: Callable[..., descent.Rule] = named("optimiser", name, {**FIRST_ORDER, **SECOND_ORDER})
    return chosen() if step is None else chosen(step)


def shown(sizes: Sequence[int]) -> str:
    """Sizes as 64-96-48-10."""
    return "-".join(map(str, sizes))


def _four(name: str, sizes: tuple[int, ...]) -> tuple[int, int, int, int]:
    if len(sizes) != 4:
        raise NetworkError(f"{name} has two hidden layers, as its document has it, and {len(sizes) - 2} are given")
    n, i, j, k = sizes
    return n, i, j, k


def _activation(choice: Choice, own: str) -> Activation:
    f: Activation = named("activation", choice.activation or own, ACTIVATIONS)
    return f


def _draw(choice: Choice, own: str) -> Draw:
    draw: Draw = named("initialisation", choice.initialisation or own, INITIALISATIONS)
    return draw


def _penalty(choice: Choice) -> Penalty:
    for name, rate in (("l1", choice.l1), ("l2", choice.l2)):
        if not 0 <= rate < np.inf:
            raise NetworkError(f"{name}={rate}: a rate of at least 0 is expected")
    return Penalty(choice.l1, choice.l2)
