"""Jets: derivatives along several directions, over any exact number system (balls, or jets again).

The rule of an elementwise primitive is the chain rule with the partial derivatives of its row in `numbers.elementwise`:

    ẏ = Σᵢ ∂y/∂xᵢ · ẋᵢ

Linear primitives act on value and tangents alike, products by Leibniz' rule, structural ones move both. What happens at
kinks and jumps is in `numbers.kinks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.numbers import choices, kinks
from gradcheck.numbers.elementwise import ROWS, Row
from gradcheck.numbers.formula import MINUS_ONE, ONE
from gradcheck.numbers.jet import Jet
from gradcheck.numbers.kink_rules import RULES as KINK_RULES
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.spectral import moving_eigenvectors, orthogonalised, singular_vectors
from gradcheck.numbers.structural import STRUCTURAL, rearranged
from gradcheck.numbers.system import NoRuleError, Unsure, Visits
from gradcheck.program.program import is_inexact

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

__all__ = ["Jet", "Jets"]

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Rule = Callable[["Jets", Params, Sequence[Any], int], Any]


class Jets:
    """Jets over the system `base`, along ``directions`` directions. One instance serves one evaluation."""

    name = "jets"

    def __init__(self, base: Any, directions: int) -> None:
        self.base = base
        self.directions = directions
        self.choices = choices.Choices()

    @property
    def visits(self) -> dict[int, Visits] | None:
        """The visit counts of the system underneath."""
        return self.base.visits  # type: ignore[no-any-return] # every system has them

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Any:
        """An input with no tangent."""
        entered = self.base.enter(value, dtype)
        return Jet(self, entered, None) if is_inexact(dtype) else entered

    def leave(self, value: Any) -> Any:
        """An output with one tangent a direction: what kinks have left open is enclosed."""
        if not isinstance(value, Jet):
            return value
        return Jet(self, self.base.leave(value.value), self.base.leave(choices.collapsed(self, value)))

    def constants(self, plan: Plan) -> Mapping[int, Any]:
        """The constants of a plan, with no tangents; integers and booleans stay plain."""
        known = self.base.constants(plan)
        return {slot: Jet(self, v, None) if is_inexact(plan.constants[slot].dtype) else v for slot, v in known.items()}

    def constant(self, value: Array) -> Any:
        """A constant with no tangent; integers and booleans stay plain."""
        return Jet(self, self.base.constant(value), None) if is_inexact(value.dtype) else value

    def exact(self, number: int, shape: tuple[int, ...]) -> Jet:
        """A whole number, everywhere."""
        return Jet(self, self.base.exact(number, shape), None)

    def pi(self, shape: tuple[int, ...] = ()) -> Jet:
        """π, everywhere."""
        return Jet(self, self.base.pi(shape), None)

    def unknown(self, shape: tuple[int, ...]) -> Jet:
        """A jet that encloses everything."""
        return Jet(self, self.base.unknown(shape), self.base.unknown((self.directions, *shape)))

    def seed(self, value: Any, tangent: Any) -> Jet:
        """A jet from a base value and tangents of shape ``(directions, *value.shape)``."""
        return Jet(self, value, tangent)

    def nearest(self, value: Any) -> Array:
        """The nearest floats of the value."""
        return self.base.nearest(value.value if isinstance(value, Jet) else value)  # type: ignore[no-any-return] # floats

    def ground(self, value: Any) -> Array:
        """The balls of the value."""
        return self.base.ground(value.value if isinstance(value, Jet) else value)  # type: ignore[no-any-return] # balls

    def lift(self, x: Any) -> Jet:
        """An operand as a jet; numbers and values of the system below have no tangent."""
        if isinstance(x, Jet) and x.system is self:
            return x
        if isinstance(x, np.ndarray) and x.dtype != object:
            x = self.base.apply("convert_element_type", {"new_dtype": np.dtype(np.float64)}, [x])
        return Jet(self, x, None)

    def dense(self, x: Jet, rows: int | None = None) -> Any:
        """The tangent of `x`, zeros written out, with at least so many rows."""
        if x.tangent is None:
            return self.base.exact(0, (rows or self.directions, *x.shape))
        return self.padded(x.tangent, rows or self.directions)

    def padded(self, tangent: Any, rows: int) -> Any:
        """A tangent with rows of zeros after its own, up to so many."""
        missing = rows - tangent.shape[0]
        if missing <= 0:
            return tangent
        zeros = self.base.exact(0, (missing, *tangent.shape[1:]))
        return self.base.rearrange(lambda _, *parts: np.concatenate(parts), {}, [tangent, zeros])

    def rows(self, *jets: Jet) -> int:
        """The most rows of any of the tangents."""
        return max((jet.tangent.shape[0] for jet in jets if jet.tangent is not None), default=self.directions)

    def plus(self, a: Any, b: Any) -> Any:
        """The sum of two tangents; None is zero."""
        if a is None or b is None:
            return b if a is None else a
        rows = max(a.shape[0], b.shape[0])
        return self.base.apply("add", {}, [self.padded(a, rows), self.padded(b, rows)])

    def minus(self, tangent: Any) -> Any:
        """The tangent with its sign changed; None is zero."""
        return None if tangent is None else self.base.apply("neg", {}, [tangent])

    def spread(self, tangent: Any, missing: int) -> Any:
        """A tangent with `missing` axes of length 1 after the rows, so that it broadcasts as its value does."""
        if not missing:
            return tangent
        shape = tuple(tangent.shape)
        return self.base.apply("reshape", {"new_sizes": (shape[0], *(1,) * missing, *shape[1:])}, [tangent])

    def filled(self, tangent: Any, shape: tuple[int, ...]) -> Any:
        """A tangent broadcast to the shape of its value (an operand may have been a scalar)."""
        if tangent is None or tuple(tangent.shape[1:]) == shape:
            return tangent
        full = (tangent.shape[0], *shape)
        return self.base.rearrange(lambda _, data: np.broadcast_to(data, full), {}, [tangent])

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Any]) -> Any:
        """Run a structural function on the values, and on element numbers to move the tangents likewise."""
        if not any(isinstance(part, Jet) for part in data):
            return self.base.rearrange(move, params, data)
        jets = [self.lift(part) for part in data]
        values = self.base.rearrange(move, params, [jet.value for jet in jets])
        if all(jet.tangent is None for jet in jets):
            return [Jet(self, v, None) for v in values] if isinstance(values, list) else Jet(self, values, None)
        rows, numbers, start = self.rows(*jets), [], 0
        for jet in jets:
            size = math.prod(jet.shape)
            numbers.append(np.arange(start, start + size).reshape(jet.shape))
            start += size
        places = move(params, *numbers)
        several = isinstance(values, list)

        def moved_alike(_: Params, *parts: Array) -> Any:
            flat = [part.reshape(rows, -1) if part.size else part.reshape(rows, 0) for part in parts]
            pool = np.concatenate(flat, axis=1) if len(flat) > 1 else flat[0]
            return [pool[:, place] for place in places] if several else pool[:, places]

        tangent = self.base.rearrange(moved_alike, {}, [self.dense(jet, rows) for jet in jets])
        if several:
            return [Jet(self, value, part) for value, part in zip(values, tangent, strict=True)]
        mask = jets[0].mask if len(jets) == 1 else None
        moved = None if mask is None else self.base.rearrange(move, params, [mask])
        return Jet(self, values, tangent, moved if isinstance(moved, Unsure) else None)

    def step(self, instruction: Instruction, values: Sequence[Any], position: int) -> Any:
        """One instruction; raises as `apply` does."""
        return self.apply(instruction.name, instruction.params, values, position)

    def apply(self, name: str, params: Params, values: Sequence[Any], position: int = -1) -> Any:
        """One primitive on jets.

        Raises:
            NoRuleError: neither the table nor the system below has a rule for the primitive.
            CannotDecideError: an index or a number depends on a comparison that is left open.
        """
        rule = RULES.get(name)
        if rule is not None:
            return rule(self, params, values, position)
        if name in STRUCTURAL:
            return rearranged(self, name, params, values)
        lowered = LOWERED.get(name)
        if lowered is not None:
            return lowered(self, params, values, position)
        if any(isinstance(value, Jet) for value in values):
            raise NoRuleError(name)
        return self.lift_result(self.base.apply(name, params, values, position))

    def lift_result(self, result: Any) -> Any:
        """A result of the system below: floating point values as jets, others as they are."""
        plain = isinstance(result, Unsure) or (isinstance(result, np.ndarray) and result.dtype != object)
        return result if plain else Jet(self, result, None)


def _chain(row: Row) -> Rule:
    """The chain rule with the partial derivatives of a row."""
    options = tuple(name for name, _ in row.params)

    def rule(system: Jets, params: Params, values: Sequence[Any], position: int) -> Any:
        if not any(isinstance(value, Jet) for value in values):
            return system.lift_result(system.base.apply(row.name, params, values, position))
        base = system.base
        jets = [system.lift(value) for value in values]
        arguments = [jet.value for jet in jets]
        given = {name: params[name] for name in options}
        value = base.apply(row.name, given, arguments)
        env = {"x": arguments[0], "y": arguments[-1], "z": value}
        if options:
            env["n"] = given[options[0]]
        total, rank = None, len(value.shape)
        for jet, partial in zip(jets, row.partials, strict=True):
            term = jet.tangent
            if term is None:
                continue
            if partial is None:
                raise NoRuleError(f"derivative of {row.name} in its first argument")
            if len(jet.value.shape) < rank:
                term = system.spread(term, rank - len(jet.value.shape))
            if partial is MINUS_ONE:
                term = base.apply("neg", {}, [term])
            elif partial is not ONE:
                term = base.apply("mul", {}, [partial.value(base, env), term])
            total = term if total is None else system.plus(total, term)
        return Jet(system, value, system.filled(total, tuple(value.shape)))

    return rule


def _mul(system: Jets, params: Params, values: Sequence[Any], position: int) -> Any:
    """The product rule; a factor that was an open predicate chooses instead."""
    for k in (0, 1):
        mask = getattr(values[k], "mask", None)
        if mask is not None:
            other = system.lift(values[1 - k])
            return kinks.select(system, mask, system.exact(0, other.shape), other)
    return _PRODUCT(system, params, values, position)


def _integer_pow(system: Jets, params: Params, values: Sequence[Any], position: int) -> Any:
    """x⁰ = 1 and x¹ = x have derivatives at 0 as well, which the power rule does not see."""
    if params["y"] == 0:
        return system.exact(1, values[0].shape)
    return values[0] if params["y"] == 1 else _POWER(system, params, values, position)


def _linear(name: str, shifted: str) -> Rule:
    """A linear primitive: the same on the value and, one axis later, on the tangents; `shifted` names its axes."""

    def rule(system: Jets, params: Params, values: Sequence[Any], position: int) -> Any:
        (x,) = values
        if not isinstance(x, Jet):
            return system.lift_result(system.base.apply(name, params, values, position))
        value = system.base.apply(name, params, [x.value])
        if x.tangent is None:
            return Jet(system, value, None)
        axes = params[shifted]
        later = axes + 1 if isinstance(axes, int) else tuple(axis + 1 for axis in axes)
        return Jet(system, value, system.base.apply(name, {**params, shifted: later}, [x.tangent]))

    return rule


def _dot_general(system: Jets, params: Params, values: Sequence[Any], position: int) -> Jet:
    """Leibniz: d(AB) = dA B + A dB, with the rows of the tangent as one more free axis."""
    a, b = (system.lift(value) for value in values)
    (contract_a, contract_b), (batch_a, batch_b) = params["dimension_numbers"]
    batch = len(batch_a)

    def product(left: Any, right: Any, later_left: int, later_right: int) -> Any:
        dims = (
            (tuple(axis + later_left for axis in contract_a), tuple(axis + later_right for axis in contract_b)),
            (tuple(axis + later_left for axis in batch_a), tuple(axis + later_right for axis in batch_b)),
        )
        return system.base.apply("dot_general", {"dimension_numbers": dims}, [left, right])

    def rows_first(result: Any, place: int) -> Any:
        return system.base.rearrange(lambda _, data: np.moveaxis(data, place, 0), {}, [result]) if place else result

    tangent = None
    if a.tangent is not None:
        tangent = rows_first(product(a.tangent, b.value, 1, 0), batch)
    if b.tangent is not None:
        free = batch + len(a.shape) - len(contract_a) - batch
        tangent = system.plus(tangent, rows_first(product(a.value, b.tangent, 0, 1), free))
    return Jet(system, product(a.value, b.value, 0, 0), tangent)


def _same(system: Jets, params: Params, values: Sequence[Any], position: int) -> Any:
    return values[0]


def _of_value(name: str) -> Rule:
    """A primitive that answers about the value alone."""

    def rule(system: Jets, params: Params, values: Sequence[Any], position: int) -> Any:
        plain = [value.value if isinstance(value, Jet) else value for value in values]
        return system.base.apply(name, params, plain, position)

    return rule


_CHAIN = {row.name: _chain(row) for row in ROWS}
_PRODUCT, _POWER = _CHAIN["mul"], _CHAIN["integer_pow"]
RULES: dict[str, Rule] = {
    **_CHAIN,
    "mul": _mul,
    "integer_pow": _integer_pow,
    "add_any": _CHAIN["add"],
    "reduce_sum": _linear("reduce_sum", "axes"),
    "cumsum": _linear("cumsum", "axis"),
    "dot_general": _dot_general,
    **dict.fromkeys(("reduce_precision", "conj", "real"), _same),
    "is_finite": _of_value("is_finite"),
    "eigh": moving_eigenvectors,
    "svd": singular_vectors,
    "qr": orthogonalised,
    **KINK_RULES,
}
