"""A stack of layers, measured: the gradient at the input of each, from one cotangent at the end, pulled back layer by layer.

A layer is a function of one array, or has a ``forward`` that is one; the layers are applied in turn. What is pulled back is
computed by JAX's reverse mode from the traced layer, be it NumPy or JAX code.

    gᴸ = c,  gˡ⁻¹ = Jˡᵀ gˡ

with c a random cotangent of norm 1 unless another is given, so that ‖gˡ‖ is the norm of ∂L/∂ of what layer l returns, for a
loss L whose gradient by the last result is c.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.oracles.autodiff import vjp_program
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.trace import trace

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Any], Any]

LIMIT = 1000.0
"""By how much a gradient may shrink or grow over the whole stack before it is called vanishing or exploding."""

FLAT = 0.05
"""A slope below this is called saturated: what the document ``network-basics`` calls very near 0, as its claims read it."""

SHARE = 0.9
"""Of the samples at which a unit is flat, for it to be called saturated."""

MOST_UNITS = 2048
"""In one layer, whose units are looked at one by one."""


class StackError(ValueError):
    """A stack of layers cannot be measured: the message says which layer, what it did, and what is expected."""


@dataclass(frozen=True)
class Layer:
    """What was measured of one layer.

    ``signal`` is the root mean square of what it returns, ``gradient`` the norm of the gradient at its input, ``factor`` that
    norm over the one at its output. ``dead`` lists the units (places of the last axis) that return 0 for every sample and
    hand no gradient back; ``saturated`` those whose slope is nearly 0 at most samples, where the layer works entry by entry,
    and is None where it does not, since small slopes are then not told from small weights.
    """

    name: str
    units: int
    signal: float
    gradient: float
    factor: float
    dead: tuple[int, ...]
    saturated: tuple[int, ...] | None


@dataclass(frozen=True)
class Health:
    """A stack that was measured, its layers in the order in which they are applied; ``end`` is the norm at its output."""

    layers: tuple[Layer, ...]
    end: float
    limit: float = LIMIT

    @property
    def ratio(self) -> float:
        """The norm of the gradient at the input of the stack, over that at its output."""
        return self.layers[0].gradient / self.end

    @property
    def status(self) -> str:
        """``"healthy"``, ``"vanishing"``, ``"exploding"``, ``"dead"`` (the gradient is 0) or ``"overflowing"``."""
        norms = [layer.gradient for layer in self.layers]
        if not all(map(math.isfinite, norms)):
            return "overflowing"
        if not norms[0]:
            return "dead"
        if self.ratio < 1 / self.limit:
            return "vanishing"
        return "exploding" if self.ratio > self.limit else "healthy"

    @property
    def where(self) -> int | None:
        """The layer at whose input the gradient is first beyond the limit, going back from the output; None in health."""
        for place in reversed(range(len(self.layers))):
            share = self.layers[place].gradient / self.end
            beyond = {
                "vanishing": share < 1 / self.limit,
                "exploding": share > self.limit,
                "dead": share == 0,
                "overflowing": not math.isfinite(share),
            }
            if beyond.get(self.status, False):
                return place
        return None


def measure(
    layers: Sequence[Any], x: Any, *, cotangent: Any = None, seed: int = 0, limit: float = LIMIT, units: bool = True
) -> Health:
    """Measure a stack of layers at an input, which is best a batch: the last axis is taken for the units, others for samples.

    Args:
        layers: functions, objects with a ``forward``, or pairs of a name and one of these.
        x: the input of the first.
        cotangent: ∂L/∂ of what the last returns; random, of norm 1, by default.
        seed: of that cotangent.
        limit: from which shrinking and growing is told, see `LIMIT`.
        units: whether to look for dead and saturated units, which takes as many pullbacks as there are.

    Raises:
        StackError: there is no layer, one raises or cannot be traced, or a number is not finite.
    """
    if not layers:
        raise StackError(
            "there are no layers: a list of functions is expected, each applied to what the last one returns"
        )
    if not limit > 1:
        raise StackError(f"limit={limit}: a number above 1 is expected, by how much gradients may shrink or grow")
    named = [_named(layer, place) for place, layer in enumerate(layers, 1)]
    value = _numbers(x, "the input")
    passes = []
    for name, function in named:
        program = _traced(name, function, value)
        before, value = value, _numbers(_run(name, program, [value]), f"what layer {name} returns")
        passes.append((name, program, before, value))
    g = _end(cotangent, value, seed)
    end = _norm(g)
    found: list[Layer] = []
    for name, program, before, after in reversed(passes):
        pull = _pullback(name, program, before)
        back = pull(g)
        dead, saturated = _units(pull, before, after, seed) if units else ((), None)
        norm = _norm(back)
        found.insert(
            0,
            Layer(
                name,
                after.shape[-1] if after.ndim else 1,
                _norm(after) / math.sqrt(after.size),
                norm,
                norm / _norm(g) if np.any(g) else math.nan,
                dead,
                saturated,
            ),
        )
        g = back
    return Health(tuple(found), end, limit)


def _norm(g: Array) -> float:
    """The root of the sum of squares, which overflow only where it does."""
    largest = float(np.max(np.abs(g), initial=0.0))
    if not largest or not math.isfinite(largest):
        return largest
    with np.errstate(over="ignore"):
        return largest * float(np.linalg.norm(g / largest))


def _named(layer: Any, place: int) -> tuple[str, Function]:
    """The name of a layer, with its place, and its function."""
    name = ""
    if isinstance(layer, tuple) and len(layer) == 2 and isinstance(layer[0], str):
        name, layer = layer
    forward = getattr(layer, "forward", None)
    function = forward if callable(forward) else layer
    if not callable(function):
        raise StackError(
            f"layer {place} is {type(layer).__name__!r}: a function of one array is expected, an object with a forward, "
            "or a pair of a name and one of these"
        )
    own = getattr(layer, "__name__", "") or type(layer).__name__
    name = name or ("" if own in ("<lambda>", "partial", "function") else own)
    return f"{place} {name}".strip(), function


def _numbers(value: Any, what: str) -> Array:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StackError(f"{what} is no array of numbers: {type(value).__name__}") from error
    if not array.size:
        raise StackError(f"{what} has the shape {array.shape}, which holds no numbers")
    if not np.all(np.isfinite(array)):
        raise StackError(f"{what} holds a number that is not finite: the values overflow before the gradients do")
    return array


def _traced(name: str, function: Function, x: Array) -> Program:
    program = trace(function, (x,), name)
    if isinstance(program, BlackBox):
        raise StackError(f"layer {name} cannot be differentiated at an input of shape {x.shape}: {program.reason}")
    if len(program.outputs) != 1:
        raise StackError(f"layer {name} returns {len(program.outputs)} arrays: one is expected, the next layer's input")
    return program


def _run(name: str, program: Program, inputs: list[Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            (result,) = run(program, inputs, Floats(np.float64))
    except Exception as error:
        raise StackError(f"layer {name} raises {type(error).__name__}: {error}") from error
    return result


def _end(cotangent: Any, value: Array, seed: int) -> Array:
    if cotangent is None:
        g = np.asarray(np.random.default_rng(seed).normal(size=value.shape))
        return g / _norm(g)
    given = _numbers(cotangent, "the cotangent")
    if given.shape != value.shape:
        raise StackError(
            f"the cotangent has the shape {given.shape}, and what the last layer returns has {value.shape}"
        )
    if not np.any(given):
        raise StackError("the cotangent is 0, and so is every gradient")
    return given


def _pullback(name: str, program: Program, x: Array) -> Function:
    """g ↦ Jᵀ g at x. Raises StackError where JAX has no reverse mode for it."""
    try:
        derived = vjp_program(program, 0)
    except Exception as error:
        raise StackError(f"layer {name} has no reverse mode: {type(error).__name__}: {error}") from error
    return lambda g: np.asarray(_run(name, derived, [g, x]), dtype=np.float64)


def _units(pull: Function, before: Array, after: Array, seed: int) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
    """The units that are dead, and those that are saturated; None where that is not told from small weights."""
    if not after.ndim or after.shape[-1] > MOST_UNITS:
        return (), None
    silent = np.flatnonzero(~np.any(after, axis=tuple(range(after.ndim - 1))))
    dead = []
    for unit in silent:
        g = np.zeros(after.shape)
        g[..., unit] = 1.0
        if not np.any(pull(g)):
            dead.append(int(unit))
    if not _entry_by_entry(pull, before, after, seed):
        return tuple(dead), None
    flat = np.abs(pull(np.ones(after.shape))) < FLAT
    shares = np.mean(flat.reshape(-1, after.shape[-1]), axis=0)
    saturated = [int(unit) for unit in np.flatnonzero(shares >= SHARE) if int(unit) not in dead]
    return tuple(dead), tuple(saturated)


def _entry_by_entry(pull: Function, before: Array, after: Array, seed: int) -> bool:
    """Whether J is diagonal: then (Jᵀ a) ⊙ b and (Jᵀ b) ⊙ a are the same for all a and b, here for two at random."""
    if before.shape != after.shape:
        return False
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=after.shape), rng.normal(size=after.shape)
    left, right = pull(a) * b, pull(b) * a
    return bool(np.allclose(left, right, rtol=1e-9, atol=1e-12 * max(1.0, float(np.max(np.abs(left))))))
