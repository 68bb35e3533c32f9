"""The gradients of a network's first steps: against JAX, at every one of them, and judged by gradcheck, at the first.

The loss is the network's own NumPy code, which gradcheck traces; JAX differentiates what was traced, and knows nothing of the
formulas that the network computes its gradients by.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import gradcheck as gc
from gradcheck.program import trees
from gradcheck.program.program import BlackBox
from gradcheck.program.trace import trace
from gradcheck.verdict import Verdict
from reference.networks.network import Network, Parameters
from reference.networks.pieces import Array, NetworkError

SAMPLES = 8
"""How many gradcheck looks at, in a network of its full size."""

ALLOWED = 1e-9
"""How far a gradient may be from JAX's, as a share of its largest entry: sums of some thousand products in float64 are off by
less than 1e-12, and a wrong formula by more than 1e-3."""


class WrongGradientError(NetworkError):
    """A gradient that a network computes is not that of its loss: the message says which entry of which parameter."""


@dataclass
class FirstSteps:
    """Looks at the gradients of the first improvements before they are made; `descend` calls it.

    Args:
        steps: how many improvements are looked at.
        judge: whether gradcheck judges the first.
    """

    steps: int = 3
    judge: bool = True
    checked: int = field(default=0, init=False)
    farthest: float = field(default=0.0, init=False)
    verdict: Verdict | None = field(default=None, init=False)

    def __call__(self, network: Network, X: Array, T: Array) -> None:
        """Check the gradients with these samples, if they are among the first. Raises WrongGradientError."""
        if self.checked >= self.steps:
            return
        self.checked += 1
        self.farthest = max(self.farthest, against_jax(network, X, T, self.checked))
        if self.judge and self.checked == 1:
            self.verdict = judged(network, X[:SAMPLES], T[:SAMPLES])


def against_jax(network: Network, X: Array, T: Array, step: int = 1) -> float:
    """How far a network's gradients are from JAX's, as the largest share of a parameter's largest entry.

    Raises:
        WrongGradientError: one is farther off than rounding explains.
    """
    found, true = network.gradients(X, T), by_jax(network, X, T)
    farthest = 0.0
    for name, expected in true.items():
        if found[name].shape != expected.shape:
            raise WrongGradientError(
                f"step {step}: the gradient of {name} has the shape {found[name].shape}, and {name} has {expected.shape}"
            )
        off = np.abs(found[name] - expected)
        scale = float(np.max(np.abs(expected)))
        share = float(np.max(off)) / scale if scale > ALLOWED else float(np.max(off))
        if not share <= ALLOWED:
            place = np.unravel_index(np.nanargmax(np.where(np.isnan(off), np.inf, off)), off.shape)
            entry = ", ".join(map(str, place))
            raise WrongGradientError(
                f"step {step}: the gradient of {name} is wrong: entry [{entry}] is {found[name][place]:.8g}, "
                f"and JAX says {expected[place]:.8g}"
            )
        farthest = max(farthest, share)
    return farthest


def by_jax(network: Network, X: Array, T: Array) -> Parameters:
    """The gradients of the loss at the network's parameters, by ``jax.grad`` of the traced loss."""
    import jax

    differentiated = _differentiated(network, X, T)
    leaves, tree = trees.flatten((network.parameters, X, T))
    with jax.enable_x64(True):
        found = differentiated(leaves)
    names = trees.unflatten(tree, list(range(len(leaves))))[0]
    return {name: np.asarray(found[place]) for name, place in names.items()}


def judged(network: Network, X: Array, T: Array) -> Verdict:
    """gradcheck's verdict on the gradients at the network's parameters; biases, which start from 0, are moved off it.

    At 0 the penalty Σ |w| has a kink, where either slope would be right.

    Raises:
        WrongGradientError: they are not those of the loss; the message is the finding.
    """
    of = copy.deepcopy(network)

    def gradient(parameters: Parameters, X: Array, T: Array) -> Parameters:
        of.parameters = parameters
        return of.gradients(X, T)

    def loss(parameters: Parameters, X: Array, T: Array) -> Any:
        return network.loss(parameters, X, T)

    rng = np.random.default_rng(0)
    parameters = {
        name: w if np.any(w) else w + rng.normal(scale=0.1, size=w.shape) for name, w in network.parameters.items()
    }
    verdict = gc.check(loss, (parameters, X, T), gradient=gradient, wrt=0, points=0, name="the loss")
    if verdict.status in ("fails", "ambiguous"):
        raise WrongGradientError(f"step 1: a gradient is wrong:\n{verdict}")
    return verdict


_compiled: dict[Any, tuple[Any, Callable[..., Any]]] = {}


def _differentiated(network: Network, X: Array, T: Array) -> Callable[..., Any]:
    """The compiled gradient of the loss by all leaves; kept for the networks in which nothing is random."""
    import jax
    from jax.extend.core import jaxpr_as_fun

    key = (id(network), X.shape, T.shape)
    if key in _compiled:
        return _compiled[key][1]
    program = trace(network.loss, (network.parameters, X, T), "the loss")
    if isinstance(program, BlackBox):
        raise NetworkError(f"the loss cannot be traced, so that JAX cannot differentiate it: {program.reason}")
    value = jaxpr_as_fun(program.jaxpr)
    found = jax.jit(jax.grad(lambda leaves: value(*leaves)[0]))
    if not network.random:
        _compiled.clear()
        _compiled[key] = (network, found)
    return found
