r"""The algorithm of the document ``dnn-notation``: gradient descent over all samples, over some, or over one at a time.

As the document has it: layer sizes, an activation for the hidden layers and the output layer, a loss, a step size, a most
number of iterations MAX and a threshold ε. In each iteration the samples go forward, δ comes back, W and b are improved; it
stops when every change is smaller than ε, or after MAX. `reference.dnn_notation.train` is that algorithm for one σ and
½‖a − y‖², which sums over the samples where this one takes the mean, so that its α is m times smaller.

Beside batch gradient descent the document names two variants, mini-batch and stochastic, which differ in the samples that an
improvement looks at. Here ``batch`` says how many: None for all, 1 for stochastic. One iteration is one pass over all samples.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from reference import dnn_notation as document
from reference.generic import TANH as TANH_OF_DOCUMENT
from reference.networks.network import Network, Parameters, Penalty
from reference.networks.pieces import HALF_SQUARED_ERROR, TANH, Activation, Array, Loss, NetworkError
from reference.networks.recursion import Feedforward
from reference.optimisers import Bfgs, Newton, Optimiser, Sgd

SHEET = Sheet("descent", "networks/descent.py", "Batch gradient descent")

Rule = Optimiser | Newton | Bfgs


def network(
    sizes: Sequence[int],
    hidden: Activation,
    output: Activation,
    loss: Loss,
    rng: np.random.Generator,
    penalty: Penalty | None = None,
) -> Feedforward:
    """The network that the algorithm initialises: sizes of all layers, one σ for those that are hidden, one for the output."""
    activations = [hidden] * (len(sizes) - 2) + [output]
    return Feedforward.drawn(sizes, activations, loss, rng, penalty=penalty)


@dataclass(frozen=True)
class Plan:
    """When to stop and what to look at.

    Args:
        most: MAX, the most iterations.
        threshold: ε; 0 never stops early.
        batch: samples in an improvement; None for all of them.
        patience: iterations that the loss of the validation samples may go without falling; None for any number.
    """

    most: int = 100
    threshold: float = 0.0
    batch: int | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        """Refuse what would not run."""
        for name, least in (("most", 1), ("batch", 1), ("patience", 1)):
            value = getattr(self, name)
            if value is not None and (value < least or value != int(value)):
                raise NetworkError(f"{name}={value} is not a whole number of at least {least}")
        if not self.threshold >= 0:
            raise NetworkError(f"threshold={self.threshold} is not a number of at least 0")


@dataclass
class Run:
    """What came of it: the loss of all training samples after each iteration, that of the validation samples, why it ended."""

    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    why: str = ""

    @property
    def iterations(self) -> int:
        """How many were made."""
        return len(self.losses)


class Diverged(NetworkError):  # noqa: N818 - what the run did
    """The loss is no longer a finite number; the message says in which iteration, and what to do."""


def descend(
    of: Network,
    X: Array,
    T: Array,
    rule: Rule,
    plan: Plan,
    rng: np.random.Generator,
    *,
    validation: tuple[Array, Array] | None = None,
    before: Callable[[Network, Array, Array], None] | None = None,
    watch: Callable[[Run], None] | None = None,
) -> Run:
    """Train a network in place; with validation samples and patience, the best weights are kept.

    ``before`` is called before each improvement, with the network and the samples and targets that it looks at, and ``watch``
    after each iteration.

    Raises:
        NetworkError: shapes that do not belong together, or a second-order rule with a part of the samples.
        Diverged: the loss overflows.
    """
    _refuse(X, T, rule, plan, validation)
    run = Run(why=f"the most iterations, {plan.most}, were made")
    best, least, best_at = copy.deepcopy(of), np.inf, 0
    for iteration in range(1, plan.most + 1):
        old = dict(of.parameters)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            went_on = _iteration(of, X, T, rule, plan, rng, before or _nothing)
            run.losses.append(float(of.used_loss(X, T) + of.penalty.value(of.parameters)))
        if not np.isfinite(run.losses[-1]):
            raise Diverged(
                f"the loss is {run.losses[-1]} after iteration {iteration}: make the step or the first weights smaller"
            )
        if validation is not None:
            run.validation.append(float(of.used_loss(*validation)))
            if run.validation[-1] < least:
                best, least, best_at = copy.deepcopy(of), run.validation[-1], iteration
        if watch is not None:
            watch(run)
        if not went_on:
            run.why = "no step goes down any more"
            break
        if max(float(np.max(np.abs(of.parameters[name] - w))) for name, w in old.items()) < plan.threshold:
            run.why = f"every change is below {plan.threshold:g}"
            break
        if validation is not None and plan.patience is not None and iteration - best_at >= plan.patience:
            run.why = f"the validation loss was least after iteration {best_at}, {plan.patience} before the last"
            break
    if validation is not None and plan.patience is not None:
        of.__dict__.update(best.__dict__)
    return run


def _nothing(of: Network, X: Array, T: Array) -> None:
    """What is called before an improvement where nobody looks."""


def _iteration(
    of: Network,
    X: Array,
    T: Array,
    rule: Rule,
    plan: Plan,
    rng: np.random.Generator,
    before: Callable[[Network, Array, Array], None],
) -> bool:
    """One pass over the samples; false where a second-order rule finds no step down."""
    if not isinstance(rule, Optimiser):
        of.draw(rng, len(X))
        before(of, X, T)
        return _at_once(of, X, T, rule)
    whole = plan.batch is None or plan.batch >= len(X)
    order = np.arange(len(X)) if whole else rng.permutation(len(X))
    size = len(X) if plan.batch is None else plan.batch
    for start in range(0, len(X), size):
        some = order[start : start + size]
        of.draw(rng, len(some))
        before(of, X[some], T[some])
        of.improve(X[some], T[some], rule)
    return True


def _at_once(of: Network, X: Array, T: Array, rule: Newton | Bfgs) -> bool:
    """One step of a rule that takes all weights as one vector; false where none goes down."""
    names, shapes = list(of.parameters), [w.shape for w in of.parameters.values()]
    ends = np.cumsum([w.size for w in of.parameters.values()])[:-1]

    def apart(w: Array) -> Parameters:
        return {name: np.reshape(w, shape) for name, shape, w in zip(names, shapes, np.split(w, ends), strict=True)}

    def together(parameters: Parameters) -> Array:
        return np.concatenate([np.ravel(parameters[name]) for name in names])

    def gradient(w: Array) -> Array:
        of.parameters = apart(w)
        return together(of.gradients(X, T))

    here = together(of.parameters)
    found = rule.minimise(lambda w: float(of.loss(apart(w), X, T)), gradient, here)
    of.parameters = apart(here if found is None else found)
    return found is not None


def _refuse(X: Array, T: Array, rule: Rule, plan: Plan, validation: tuple[Array, Array] | None) -> None:
    """Raise NetworkError for what cannot be trained."""
    if X.ndim != 2 or T.ndim != 2 or len(X) != len(T) or not len(X):
        raise NetworkError(
            f"samples of shape {X.shape} and targets of shape {T.shape}: as many rows of either are expected, and at least one"
        )
    if not (np.all(np.isfinite(X)) and np.all(np.isfinite(T))):
        raise NetworkError(
            "the samples or targets hold a number that is not finite: leave these samples out, or mend them"
        )
    if not isinstance(rule, Optimiser) and plan.batch is not None:
        raise NetworkError(f"{rule.name} looks at all samples at once: leave batch={plan.batch} out")
    if plan.patience is not None and validation is None:
        raise NetworkError(f"patience={plan.patience} is about the loss of validation samples: give them, too")


NAMES = ("W2", "b2", "W3", "b3")
INPUTS = {
    "X": Reals(2, 3),
    "W2": Reals(4, 3),
    "b2": Reals(4),
    "W3": Reals(5, 4),
    "b3": Reals(5),
    "T": Reals(2, 5),
    "alpha": Reals(low=0, high=1),
}


def improved(name: str, X: Array, W2: Array, b2: Array, W3: Array, b3: Array, T: Array, alpha: Any) -> Array:
    """One parameter after an iteration of batch gradient descent with tanh and ½‖a − y‖², with the step α times the samples."""
    of = Feedforward({"W1": W2, "b1": b2, "W2": W3, "b2": b3}, [TANH, TANH], HALF_SQUARED_ERROR)
    gradients = of.gradients(X, T)
    key = {"W2": "W1", "b2": "b1", "W3": "W2", "b3": "b2"}[name]
    return Sgd(1.0).update(key, of.parameters[key], alpha * len(X) * gradients[key])


def improved_by_the_document(
    name: str, X: Array, W2: Array, b2: Array, W3: Array, b3: Array, T: Array, alpha: Any
) -> Array:
    """The same by `reference.dnn_notation.batch_change`."""
    changes = document.batch_change(X, (W2, W3), (b2, b3), T, alpha, TANH_OF_DOCUMENT)
    place = NAMES.index(name)
    old: Array = (W2, b2, W3, b3)[place]
    new: Array = old + changes[place % 2][place // 2]
    return new


for wrt in NAMES:
    SHEET.claim(
        f"iteration-{wrt.lower()}",
        "equality",
        0,
        f"descent: {wrt} after an iteration = dnn_notation.batch_change",
        origin="code",
        primal=lambda *arrays, name=wrt: improved_by_the_document(name, *arrays),
        claimed=lambda *arrays, name=wrt: improved(name, *arrays),
        inputs=INPUTS,
        notes="The document sums over the samples; here a mean is taken, so that the step is the number of samples times α.",
    )
