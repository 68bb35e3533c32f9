"""Gradients and VJPs of a million numbers and more: every entry compared inside of one compiled function.

What is claimed and what autodiff gives are never written out where XLA can help it: what comes back is a boolean an entry. One
projection along random signs is compared with finite differences, whose points x + t v are made inside of the compiled
function as well, from signs of one byte. Beside a copy of the arguments (none where XLA can use their memory) that takes two
bytes a parameter, and what XLA needs to hold of the claim and of the reverse pass.

What XLA computes is cheap beside memory that is touched for the first time: each function has one result, so that XLA fuses
all of it into one loop, where two sums of one array make it write out the array. Two evaluations of the function decide where
their slope is the claim's within rounding; only otherwise there are two more, which tell the truncation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.compare import float_text
from gradcheck.numbers import xla
from gradcheck.numbers.plan import work
from gradcheck.oracles.autodiff import vjp_program
from gradcheck.oracles.lines import in_double
from gradcheck.oracles.stepping import STEP, of_four, of_two, scale_of
from gradcheck.program.flat import flat_function
from gradcheck.program.program import Program
from gradcheck.verdict import Evidence

if TYPE_CHECKING:
    from gradcheck.functions.entries import Sides

Array = np.ndarray[Any, np.dtype[Any]]

VERY_LARGE = 2**20  # numbers in the leaf from which nothing is written out
_EPS = float(np.finfo(np.float64).eps)
ALONG_SIGNS = "along 1 direction of random signs"


def fits(sides: Sides) -> bool:
    """Whether a claim is judged so: one line of many numbers, of programs in 64 bit on both sides."""
    said = sides.said.program
    large = sides.claim.kind in ("gradient", "vjp") and sides.shape[1] >= VERY_LARGE
    return large and isinstance(said, Program) and in_double(said) and in_double(sides.program)


def agrees(sides: Sides) -> tuple[Evidence, Evidence] | None:
    """What finite differences and autodiff have found, if both agree with the claim in all that they look at; else None.

    Raises:
        Exception: what JAX raises where the primal has no reverse mode.
    """
    said, primal = sides.said.program, sides.program
    assert isinstance(said, Program), "only programs fit"
    assert sides.weights is not None, "gradients and VJPs have weights"
    weights = sides.weights.reshape(primal.outputs[0].shape)
    held = {name: xla.held(np.asarray(value)) for name, value in sides.point.items()}
    inputs = tuple(held[name] for name in sides.truth.primal.arguments)
    claimed = tuple(held[name] for name in sides.said.arguments)
    (bad,) = xla.compiled(said, ("compared", sides.resolved), lambda: _comparing(sides, said))(weights, inputs, claimed)
    if np.any(bad):
        return None
    signs = _signs(sides.shape[1], sides.seed).reshape(primal.inputs[sides.index].shape)
    product = float(xla.compiled(said, "projected", lambda: _projecting(said))(signs, claimed)[0])
    step = STEP * scale_of(np.asarray(sides.point[str(sides.claim.wrt)]).ravel())
    shifted = xla.compiled(primal, ("shifted", sides.index), lambda: _shifting(primal, sides.index))

    def value(steps: float) -> float:
        return float(shifted(weights, signs, step * steps, inputs)[0])

    before, after = value(-1.0), value(1.0)
    slope, bar = of_two(before, after, step, work(primal))
    if not abs(product - slope) <= bar:
        slope, bar = of_four([before, value(0.0), after, value(2.0)], step, work(primal))
        (size,) = xla.compiled(said, "size", lambda: _sizing(said))(claimed)
        slack = (sides.resolved + 2 * _EPS) * float(size)  # signs make a sum of n terms a random walk of √n roundings
        if not abs(product - slope) <= bar + slack:
            return None
    differences = Evidence("finite differences", "agrees", *float_text(slope, bar), ALONG_SIGNS)
    return differences, Evidence("autodiff", "agrees", reason="in every entry")


def _comparing(sides: Sides, said: Program) -> Callable[..., Any]:
    """Where the claim and the reverse pass differ by more than floats resolve."""
    derived, resolved = flat_function(vjp_program(sides.program, sides.index)), sides.resolved
    claim = flat_function(said)

    def compared(weights: Any, inputs: Any, claimed: Any) -> list[Any]:
        import jax.numpy as jnp

        (true,), (answer,) = derived(weights, *inputs), claim(*claimed)
        return [~(jnp.abs(answer - true) <= resolved * jnp.abs(true))]

    return compared


def _projecting(said: Program) -> Callable[..., Any]:
    """The sum of the claim's entries, each with its sign."""
    claim = flat_function(said)

    def projected(signs: Any, claimed: Any) -> list[Any]:
        import jax.numpy as jnp

        (answer,) = claim(*claimed)
        return [jnp.sum(answer * signs)]

    return projected


def _sizing(said: Program) -> Callable[..., Any]:
    """The sum of the sizes of the claim's entries."""
    claim = flat_function(said)

    def sized(claimed: Any) -> list[Any]:
        import jax.numpy as jnp

        (answer,) = claim(*claimed)
        return [jnp.sum(jnp.abs(answer))]

    return sized


def _shifting(primal: Program, index: int) -> Callable[..., Any]:
    """The outputs at x + t v, summed with their weights."""
    function = flat_function(primal)

    def shifted(weights: Any, signs: Any, step: Any, inputs: Any) -> list[Any]:
        import jax.numpy as jnp

        moved = list(inputs)
        moved[index] = inputs[index] + step * signs
        (answer,) = function(*moved)
        return [jnp.sum(weights * answer)]

    return shifted


# The eight signs of each byte, in eight bytes.
_EIGHT = (np.unpackbits(np.arange(256, dtype=np.uint8)) * np.int8(2) - np.int8(1)).astype(np.int8).view(np.uint64)


def _signs(count: int, seed: int) -> Array:
    """Random signs, of a byte each."""
    drawn = np.frombuffer(np.random.default_rng([seed, 4]).bytes(-(-count // 8)), dtype=np.uint8)
    return _EIGHT[drawn].view(np.int8)[:count]
