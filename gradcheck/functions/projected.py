"""Large leaves: the claim contracted with a few dense directions, so that one number stands for thousands of entries.

Let f be the primal, x the leaf, V₁ … V_K directions in it, c a weight for each output, and

    g(s) = ⟨c, f(x + Σ s_k V_k)⟩,        ∂g/∂s_k at s = 0 is cᵀ J V_k

A claim about J (a gradient, a VJP, a Jacobian …) says what cᵀ J V_k is, so that it becomes a claim about the gradient of the
scalar function g of K numbers, which all oracles can be asked about at the cost of K directions. All entries of V and c
lie between 1/2 and 2 in size, with random signs: an error in one entry of J moves the product by at least a quarter of it,
far more than the width of an enclosure to 30 digits. With V a unit vector the product is one entry; with parts of V set to
zero it is that of the other entries, which is how wrong entries are found among many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.claim import Claim
from gradcheck.domains import Space
from gradcheck.numbers.plan import work
from gradcheck.program.program import BlackBox, Program

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, np.dtype[Any]]

DIRECTIONS = 4
FEW_DIRECTIONS = 2  # for a leaf of more numbers than
VERY_LARGE = 20_000
MOST_WORK = 200_000  # ball operations for the Jacobian at one point; more are projected
MOST_RUNS = 300  # evaluations of a black box along one direction each
KINDS = ("vjp", "gradient", "derivative", "jacobian", "jvp")
STEPS, ALONG, WEIGHTS = "s", "directions", "weights"


def is_large(claim: Claim, primal: Program | BlackBox, leaf: Array, outputs: int) -> bool:
    """Whether the Jacobian in this leaf is too large to be enclosed, or approximated, entry by entry."""
    if claim.kind not in KINDS:
        return False
    directions = 1 if claim.kind == "jvp" else leaf.size
    if isinstance(primal, BlackBox):
        return leaf.size > MOST_RUNS
    return leaf.size > DIRECTIONS and max(directions, outputs // 16) * max(work(primal), leaf.size) > MOST_WORK


@dataclass(frozen=True, eq=False)
class Fixed:
    """One value and no other."""

    value: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the value."""
        return tuple(self.value.shape)

    @property
    def differentiable(self) -> bool:
        """True: the value stays, a derivative is taken there."""
        return True

    def sample(self, rng: np.random.Generator) -> Array:
        """The value."""
        return self.value

    def special(self) -> Iterator[Array]:
        """None beside the value."""
        return iter(())

    def strategy(self) -> SearchStrategy[Array]:
        """The value."""
        from hypothesis import strategies as st

        return st.just(self.value)

    def contains(self, value: Array) -> bool:
        """Whether it has the shape of the value: other directions are meant, too."""
        return np.shape(value) == self.shape


def projected(claim: Claim, leaf: Array, output_shape: tuple[int, ...], seed: int) -> Claim:
    """The claim about ∂g/∂s that `claim` amounts to; its inputs are those of `claim` after s, V and c.

    A VJP or JVP claim is asked along its own cotangent or tangent: c is the cotangent, V the tangent.
    """
    rng = np.random.default_rng([seed, 1])
    count = 1 if claim.kind == "jvp" else DIRECTIONS if leaf.size <= VERY_LARGE else FEW_DIRECTIONS
    rank = leaf.ndim
    names = list(claim.inputs)
    index = names.index(str(claim.wrt))
    (reading,) = claim.readings
    said: Callable[..., Any] = reading.claimed
    assert claim.primal is not None, "claims of derivative kinds have a primal"
    primal: Callable[..., Any] = claim.primal
    axes = tuple(range(-rank, 0))

    def moved(s: Any, along: Any, weights: Any, *inputs: Any) -> Any:
        step = (s.reshape((count,) + (1,) * rank) * along).sum(axis=0)
        value = primal(*inputs[:index], inputs[index] + step, *inputs[index + 1 :])
        return (weights * value).sum()

    def contracted(_: Any, along: Any, weights: Any, *inputs: Any) -> Any:
        if claim.kind == "jvp":
            return (weights * said(along[0], *inputs)).sum().reshape((1,))
        if claim.kind == "vjp":
            gradient = said(weights, *inputs)
        elif claim.kind == "gradient":
            gradient = said(*inputs) * weights.reshape((1,) * rank)
        elif claim.kind == "derivative":
            gradient = (said(*inputs) * weights).reshape(leaf.shape)
        else:  # a Jacobian: outputs first
            flat = said(*inputs).reshape((weights.size, *leaf.shape))
            gradient = (weights.reshape((weights.size,) + (1,) * rank) * flat).sum(axis=0)
        return (along * gradient).sum(axis=axes) if rank else along * gradient

    dtype = leaf.dtype
    spaces: dict[str, Space] = {
        STEPS: Fixed(np.zeros(count, dtype)),
        ALONG: Fixed(dense_numbers(rng, (count, *leaf.shape)).astype(dtype)),
        WEIGHTS: Fixed(np.ones(()) if claim.kind == "gradient" else dense_numbers(rng, output_shape).astype(dtype)),
        **claim.inputs,
    }
    return replace(
        claim,
        kind="gradient",
        wrt=STEPS,
        inputs=spaces,
        primal=_named(moved, primal),
        claimed=_named(contracted, said),
        layout="numerator",
    )


def dense_numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Numbers of two digits after the point in binary, from 1/2 to 2 in size, of either sign."""
    return np.asarray(rng.integers(2, 9, shape) / 4 * rng.choice((-1.0, 1.0), shape))


def _named(function: Callable[..., Any], original: Callable[..., Any]) -> Any:
    from gradcheck.functions.subject import Adapted

    return Adapted(original, function)
