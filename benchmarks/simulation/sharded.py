"""One check of a model too large for any machine: a projection, with the parameters spread over many devices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Model:
    """A transformer of ``layers`` blocks of width ``width``: 12 width² parameters a block, checked on ``tokens`` tokens."""

    layers: int = 80
    width: int = 10_240
    tokens: int = 4096
    stored: int = 2  # bytes a parameter, as it is kept

    @property
    def parameters(self) -> float:
        """How many."""
        return 12.0 * self.layers * self.width**2


@dataclass(frozen=True)
class Fabric:
    """Devices and what joins them. These are assumptions, of the kind of device that such models are trained on."""

    devices: int = 1000
    together: int = 8  # devices of one machine, joined faster
    memory: float = 80e9  # bytes of a device
    stream: float = 2e12  # bytes a second from its memory
    compute: float = 2e14  # floating point operations a second that a matrix product reaches
    inside: float = 3e11  # bytes a second between devices of one machine
    outside: float = 2.5e10  # bytes a second of one device to others
    latency: float = 1e-5  # seconds of a message
    jitter: float = 0.05  # by which the time of a device varies in a step


@dataclass(frozen=True)
class Check:
    """What one projection takes, in seconds by what they are spent on, and in bytes a device."""

    seconds: dict[str, float]
    bytes: dict[str, float]

    @property
    def total(self) -> float:
        """All of it, nothing overlapping."""
        return sum(self.seconds.values())

    @property
    def bottleneck(self) -> str:
        """What most time is spent on."""
        return max(self.seconds, key=lambda name: self.seconds[name])


def gathered(model: Model, fabric: Fabric, seed: int = 0) -> Check:
    """Every device holds a share of each layer and gathers the layer when it is its turn; each has its own tokens.

    A pass gathers all parameters once; the reverse pass gathers them again and scatters the gradients.
    """
    pass_bytes = model.parameters * model.stored
    reverse_bytes = pass_bytes + model.parameters * 4
    passes = 3  # two of the difference, and the forward half of the VJP
    network = (passes * pass_bytes + reverse_bytes) / fabric.outside
    return _check(model, fabric, network, "gathering layers", 2 * model.parameters / model.layers * model.stored, seed)


def split(model: Model, fabric: Fabric, seed: int = 0) -> Check:
    """Each layer is split over the devices of one machine, and the layers over machines: only activations travel.

    Two all-reduces of tokens × width a layer forwards and two backwards, each moving its size about twice; then once from
    machine to machine. One batch passes through the machines one after another.
    """
    activations = model.tokens * model.width * model.stored
    machines = fabric.devices // fabric.together
    passes = 4  # two of the difference, forwards and backwards of the VJP
    inside = passes * model.layers * 2 * (2 * activations / fabric.inside + 2 * fabric.together * fabric.latency)
    hops = min(machines, model.layers) - 1
    between = passes * hops * (activations / fabric.outside / fabric.together + fabric.latency)
    return _check(model, fabric, inside + between, "moving activations", 4 * activations, seed, at_once=fabric.together)


def _check(
    model: Model, fabric: Fabric, network: float, name: str, working: float, seed: int, at_once: int = 0
) -> Check:
    """What both ways have in common; ``at_once`` devices compute at a time (all of them by default, with a share of tokens)."""
    share = model.parameters / fabric.devices
    operations = (
        (2 * 2 + 2 + 4) * model.parameters * model.tokens
    )  # two f, and a VJP of forwards and twice that backwards
    slowest = _slowest(model.layers, at_once or fabric.devices, fabric.jitter, seed)
    compute = operations / (at_once or fabric.devices) / fabric.compute
    # The step is added where a parameter is used, from signs made there: its share is read once more for each of the two
    # evaluations, and the gradient once to be summed with its signs.
    touched = 2 * share * model.stored + share * 4
    return Check(
        {
            name: network,
            "computing": compute,
            "waiting for the slowest device": (slowest - 1) * compute,
            "signs, steps and sums": touched / fabric.stream,
            "adding up one number": 2 * math.log2(fabric.devices) * fabric.latency,
        },
        {"parameters": share * model.stored, "gradient": share * 4, "at work": working},
    )


def _slowest(layers: int, devices: int, jitter: float, seed: int) -> float:
    """By what factor a step takes longer than its mean when all wait for the slowest, averaged over the layers."""
    rng = np.random.default_rng(seed)
    return float(np.mean(np.max(np.exp(rng.normal(0, jitter, (layers, devices))), axis=1)))
