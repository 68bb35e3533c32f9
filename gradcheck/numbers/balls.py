"""Balls: rigorous enclosures in `flint.arb`, at any precision, in object arrays.

Exact real semantics: conversions between float dtypes round nothing, constants are read as written (`numbers.constants`),
inputs are the exact numbers that they are. A comparison whose balls overlap is left open and gives `Unsure`. A NaN ball
encloses everything: it stands for what is not known, or not defined.

Any elements that answer as `arb` does will serve (see `numbers.intervals`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, ctx

from gradcheck.numbers.ball_arrays import HULL, IS_NUMBER, NAN, RADIUS, boxed, filled, from_floats, midpoints, precision
from gradcheck.numbers.ball_constants import read_constant, read_constants
from gradcheck.numbers.ball_rules import RULES
from gradcheck.numbers.logic import moved, of_booleans
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.structural import STRUCTURAL, rearranged
from gradcheck.numbers.system import NoRuleError, Unsure, Value, Visits
from gradcheck.program.program import is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

__all__ = ["IS_NUMBER", "RADIUS", "Balls", "boxed", "from_floats", "midpoints", "precision", "read_constant"]

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


class Balls:
    """Object arrays of `flint.arb`, at the precision in force (see `precision`)."""

    name = "balls"

    def __init__(self, visits: dict[int, Visits] | None = None) -> None:
        self.visits = visits

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Value:
        """Floats become exact balls; integers and booleans stay as they are.

        Raises:
            NoRuleError: the input is complex.
        """
        if dtype.kind == "c":
            raise NoRuleError("complex numbers")
        array = np.asarray(value, dtype=dtype)
        return from_floats(array) if is_inexact(dtype) else array

    def leave(self, value: Value) -> Value:
        """An output, as it is."""
        return value

    def constants(self, plan: Plan) -> Mapping[int, Value]:
        """The constants of a plan, read once for each precision and kept with it."""
        key = ("balls", ctx.prec)
        known: Mapping[int, Value] | None = plan.memo.get(key)
        if known is None:
            known = plan.memo[key] = {slot: self.constant(value) for slot, value in plan.constants.items()}
        return known

    def constant(self, value: Array) -> Value:
        """A constant as written.

        Raises:
            NoRuleError: the constant is complex.
        """
        if value.dtype.kind == "c":
            raise NoRuleError("complex numbers")
        if not is_inexact(value.dtype):
            return value
        return read_constants(value)

    def exact(self, number: int, shape: tuple[int, ...]) -> Value:
        """A whole number, everywhere."""
        return filled(arb(number), shape)

    def pi(self, shape: tuple[int, ...] = ()) -> Value:
        """π, everywhere."""
        return filled(arb.pi(), shape)

    def unknown(self, shape: tuple[int, ...]) -> Value:
        """A ball that encloses everything, everywhere."""
        return filled(NAN, shape)

    def nearest(self, value: Value) -> Array:
        """The nearest floats."""
        return midpoints(value)

    def ground(self, value: Value) -> Array:
        """The balls of a value: itself."""
        return value if value.dtype == object else from_floats(value)

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Value]) -> Any:
        """Run a structural function on the arrays themselves."""
        if len(data) != 1 or type(data[0]) is Unsure:
            if any(isinstance(part, Unsure) for part in data):
                return moved(move, params, data)
            if len({part.dtype == object for part in data}) > 1:
                data = [part if part.dtype == object else from_floats(part) for part in data]
        result = move(params, *data)
        return result if isinstance(result, list) else boxed(result)

    def step(self, instruction: Instruction, values: Sequence[Value], position: int) -> Any:
        """One instruction; raises as `apply` does."""
        return self.apply(instruction.name, instruction.params, values, position)

    def apply(self, name: str, params: Params, values: Sequence[Value], position: int = -1) -> Any:
        """One primitive in balls.

        Raises:
            NoRuleError: there is no rule for the primitive.
            CannotDecideError: a number, a sort or an index depends on a comparison that is left open.
        """
        rule = RULES.get(name)
        if rule is not None:
            return rule(self, params, values, position)
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        lowered = LOWERED.get(name)
        if lowered is not None:
            return lowered(self, params, values, position)
        raise NoRuleError(name)

    def select(self, which: Value, off: Value, on: Value) -> Value:
        """The case that the predicate says, or the hull of both where it is open."""
        if not isinstance(which, Unsure):
            return boxed(np.where(which.astype(bool, copy=False), on, off))
        if isinstance(off, Unsure) or isinstance(on, Unsure) or off.dtype != object:
            return of_booleans("select_n", {}, [which, off, on])
        sure = np.where(which.certain, on, off)
        return boxed(np.where(which.certain == which.possible, sure, HULL(off, on)))

    def visit(self, position: int, yes: Array, no: Array, border: Array) -> None:
        """Count the sides of the comparison at `position`; what is open or exactly at the border is tied."""
        if self.visits is None or position < 0:
            return
        visits = self.visits.setdefault(position, Visits())
        visits.true += int(np.sum(yes & ~border))
        visits.false += int(np.sum(no & ~border))
        visits.tied += int(np.sum(border | ~(yes | no)))
