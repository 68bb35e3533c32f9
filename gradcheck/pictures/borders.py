"""Where a program changes sides: the places along one entry at which a comparison in it turns.

Each comparison, absolute value, maximum, sort and rounding of a program is recorded at many points at once. Between two points
at which a record differs there is a border, and it is closed in on until floats cannot tell more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.expressions import Value
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run_batched
from gradcheck.pictures.along import Along
from gradcheck.program.program import BlackBox

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction

Array = np.ndarray[Any, np.dtype[Any]]

_SPLITS = 32  # of every gap in a round
_ROUNDS = 10
_COMPARED = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))
_STEPS = frozenset(("floor", "ceil", "round", "sort", "argmax", "argmin"))
_SIGNS = frozenset(("abs", "sign", "sqrt", "cbrt"))


class _Recording(Floats):
    """Floats that keep which side every comparison took, one array of (points, …) each."""

    def __init__(self, points: int) -> None:
        super().__init__(np.float64)
        self.points = points
        self.sides: list[Array] = []

    def step(self, instruction: Instruction, values: Sequence[Array], position: int) -> Any:
        """One instruction in floats, its side kept if it takes one."""
        result = super().step(instruction, values, position)
        if instruction.varies:
            self._keep(instruction.name, instruction, values, result)
        return result

    def _keep(self, name: str, instruction: Instruction, values: Sequence[Array], result: Any) -> None:
        side: Any = None
        if name in _COMPARED:
            side = result
        elif name in _SIGNS:
            side = values[0] > 0
        elif name in ("max", "min"):
            side = values[0] > values[1]
        elif name == "clamp":
            side = (values[1] > values[0]).astype(np.int8) + (values[1] > values[2])
        elif name in _STEPS:
            side = np.argsort(values[0], axis=instruction.params["dimension"]) if name == "sort" else result
        elif name in ("reduce_max", "reduce_min"):
            axes = tuple(instruction.params["axes"])
            kept = values[0].max(axes, keepdims=True) if name == "reduce_max" else values[0].min(axes, keepdims=True)
            side = values[0] == kept
        elif name in ("cummax", "cummin"):
            side = values[0] == result
        if isinstance(side, np.ndarray) and side.shape[:1] == (self.points,):
            self.sides.append(side.reshape(self.points, -1).astype(np.float64))


def borders(along: Along, value: Value, xs: Array) -> list[float]:
    """The places within ``xs`` (ascending) where a comparison of the function turns, as floats of few digits.

    None are found in a black box, nor in a program that cannot be run at many points at once.
    """
    program = value.program
    if isinstance(program, BlackBox) or along.wrt not in value.arguments or len(program.inputs) != len(value.arguments):
        return []

    def record(some: Array) -> Array:
        arguments, which = along.inputs(value, some)
        system = _Recording(len(some))
        run_batched(program, arguments, which, len(some), system)
        return np.concatenate(system.sides, axis=1) if system.sides else np.zeros((len(some), 0))

    try:
        gaps = _turning(xs, record(xs))
        for _ in range(_ROUNDS):
            wide = [gap for gap in gaps if gap[1] - gap[0] > 4 * np.spacing(max(abs(gap[0]), abs(gap[1]), 1e-9))]
            if not wide:
                break
            points = np.concatenate([np.linspace(low, high, _SPLITS + 1) for low, high in gaps])
            gaps = _turning(points, record(points))
    except NoBatchingRuleError:
        return []
    span = float(xs[-1] - xs[0])
    return sorted({_short((low + high) / 2, span) for low, high in gaps})


def _turning(xs: Array, sides: Array) -> list[tuple[float, float]]:
    """The gaps between neighbours on different sides. A point at a border has sides of its own, and two gaps."""
    with np.errstate(invalid="ignore"):
        differ = np.any((sides[1:] != sides[:-1]) & ~(np.isnan(sides[1:]) & np.isnan(sides[:-1])), axis=1)
    return [(float(xs[i]), float(xs[i + 1])) for i in np.flatnonzero(differ) if xs[i + 1] > xs[i]]


def _short(x: float, span: float) -> float:
    """The place with ten digits of the span, so that the last bits of a search are not told."""
    return round(x / span, 10) * span if abs(x) > 1e-10 * span else 0.0
