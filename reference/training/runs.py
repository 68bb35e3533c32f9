"""One network trained on one data set: what was asked for, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reference.networks import descent
from reference.networks.network import Network
from reference.networks.pieces import NetworkError
from reference.optimisers import SECOND_ORDER
from reference.training import choices
from reference.training.choices import Choice
from reference.training.data import Data, shifted
from reference.training.gradients import FirstSteps


@dataclass(frozen=True)
class Wanted:
    """What is to be trained, and how; None for the network's or the data's own way."""

    network: str
    choice: Choice = field(default_factory=Choice)
    optimiser: str = "adam"
    step: float | None = None
    batch: int | None = None
    epochs: int | None = None
    threshold: float = 0.0
    patience: int | None = None
    shifts: bool | None = None
    seed: int = 0
    first_steps: int = 3
    all_at_once: bool = False


@dataclass(frozen=True)
class Trained:
    """What came of it: accuracies after each iteration, in shares, the run, and what the first steps' check found."""

    wanted: Wanted
    data: str
    sizes: tuple[int, ...]
    samples: int
    run: descent.Run
    train: tuple[float, ...]
    test: tuple[float, ...]
    checked: FirstSteps
    network: Network

    @property
    def accuracy(self) -> float:
        """The share of the test samples that the network, as it ended, is right about."""
        return self.test[-1]


def train(wanted: Wanted, data: Data, told: Callable[[int, int, float, float], None] | None = None) -> Trained:
    """Train; ``told`` is called after each iteration: its number, the most there are, the loss and the test accuracy.

    Raises:
        NetworkError: what is wanted does not exist or does not fit.
        WrongGradientError: a gradient of the first steps is wrong.
        Diverged: the loss overflows.
        OptimiserError: the optimiser cannot be used so.
    """
    rng = np.random.default_rng(wanted.seed)
    inputs, outputs = data.X.shape[1], len(data.classes)
    network = choices.built(wanted.network, wanted.choice, inputs, outputs, rng)
    rule = choices.rule(wanted.optimiser, wanted.step)
    second_order = wanted.optimiser in SECOND_ORDER
    if second_order and wanted.batch is not None:
        raise NetworkError(f"{wanted.optimiser} looks at all samples at once: leave the batch of {wanted.batch} out")
    own_shifts = data.name == "digits" and choices.NETWORKS[wanted.network].shifts and not second_order
    validation = None
    if wanted.patience is not None:
        data, validation = data.held_out()
    data = shifted(data) if (own_shifts if wanted.shifts is None else wanted.shifts) else data
    at_once = second_order or wanted.all_at_once
    plan = descent.Plan(
        most=wanted.epochs if wanted.epochs is not None else (20 if len(data.X) > 1000 else 100),
        threshold=wanted.threshold,
        batch=None if at_once else wanted.batch or (64 if len(data.X) > 1000 else 16),
        patience=wanted.patience,
    )
    train_share: list[float] = []
    test_share: list[float] = []

    def look() -> None:
        train_share.append(network.accuracy(data.X, data.labels))
        test_share.append(network.accuracy(data.X_test, data.labels_test))

    def watch(run: descent.Run) -> None:
        look()
        if told is not None:
            told(run.iterations, plan.most, run.losses[-1], test_share[-1])

    checked = FirstSteps(wanted.first_steps)
    run = descent.descend(
        network, data.X, data.targets(data.labels), rule, plan, rng, validation=validation, before=checked, watch=watch
    )
    if validation is not None:  # the best weights are back
        train_share[-1] = network.accuracy(data.X, data.labels)
        test_share[-1] = network.accuracy(data.X_test, data.labels_test)
    sizes = wanted.choice.sizes(inputs, outputs)
    return Trained(wanted, data.name, sizes, len(data.X), run, tuple(train_share), tuple(test_share), checked, network)
