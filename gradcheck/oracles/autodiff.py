"""The autodiff oracle: JAX's forward and reverse mode, traced once and evaluated by our interpreter, without compilation.

Programs in lower dtypes are run in float64 as well: what is asked is the derivative of the function, not its rounding.
Rounding is measured, not assumed: the derivative program is run again with every rounded result moved by about a unit in the
last place, at random. How far the answers move, times a safety factor, is what rounding may have done to the one that is
told. (This is Monte Carlo arithmetic: D. S. Parker, "Monte Carlo arithmetic", UCLA CSD-970002, 1997. A run in float32 would
see less: what is absorbed there, as in 1 − tanh² at 30, is absorbed in float64 too.)
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.constants import slacks
from gradcheck.numbers.floats import Floats, Step, factorised
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.lowered import LOWERED
from gradcheck.numbers.plan import plan_of
from gradcheck.numbers.structural import STRUCTURAL
from gradcheck.program.flat import flat_function, has_custom_vjp
from gradcheck.program.program import Leaf, Program, epsilon, is_inexact
from gradcheck.program.trace import derive
from gradcheck.program.transposing import pulled_back, transposable

if TYPE_CHECKING:
    from gradcheck.numbers.plan import Instruction, Plan

Array = np.ndarray[Any, np.dtype[Any]]

MOST_STEPS = 2500
_ANYWHERE = np.full((1, 1, 1), np.inf)  # how far rounding moves what could not be run again
_DOUBLE, _FEW = np.dtype(np.float64), 4096  # numbers, for which one pool of steps will do
RUNS = 2
SAFETY = 16  # for luck in few runs, and for functions whose own error is several units in the last place
FLOOR = 16 * np.finfo(np.float64).eps

# Primitives that round nothing, beside the structural ones; and sums, which round on the way and not only at the end.
_EXACT = frozenset(
    [
        "neg",
        "abs",
        "sign",
        "floor",
        "ceil",
        "round",
        "max",
        "min",
        "clamp",
        "select_n",
        "convert_element_type",
        "reduce_precision",
        "copy",
        "copy_p",
        "stop_gradient",
        "reduce_max",
        "reduce_min",
        "cummax",
        "cummin",
        "sort",
        "top_k",
        "iota",
        "real",
        "imag",
        "nextafter",
    ]
)
_SUMS = frozenset(("dot_general", "reduce_sum", "cumsum", "conv_general_dilated", "reduce_window_sum", "scatter-add"))


class Shaken(Floats):
    """NumPy floats of which every rounded result is moved by about a unit in the last place; inputs stay as they are."""

    name = "shaken floats"

    def __init__(self, dtype: Any = np.float64) -> None:
        super().__init__(dtype)
        self._next = 0
        self._inside = False

    def constants(self, plan: Plan) -> Mapping[int, Array]:
        """The constants of a plan; those that were rounded to a lower dtype are moved by what that leaves open."""
        known, key = super().constants(plan), ("slacks", self.dtype)
        if key not in plan.memo:
            plan.memo[key] = {
                slot: slacks(value) / SAFETY
                for slot, value in plan.constants.items()
                if is_inexact(value.dtype)
                and value.dtype.itemsize < known[slot].dtype.itemsize
                and value.dtype.kind != "c"
            }
        low: Mapping[int, Array] = plan.memo[key]
        moved = {slot: known[slot] + slack * self._either(slack.shape) for slot, slack in low.items()}
        return {**known, **moved} if moved else known

    def _either(self, shape: tuple[int, ...]) -> Array:
        """From a half to 1, either way."""
        pool = _steps(_DOUBLE, max(_FEW, 2 ** math.prod(shape).bit_length())) / np.finfo(np.float64).eps
        return np.asarray(pool[: math.prod(shape)].reshape(shape))

    def steps(self, plan: Plan, over: Sequence[Sequence[int]] | None = None) -> Sequence[Step] | None:
        """The instructions of a plan as functions that compute what `step` does."""
        plain = None if self.dtype is None else Floats(self.dtype).steps(plan, over)
        if plain is None:
            return None
        ways = plan.__dict__.get("ways of shaking")
        if ways is None:
            ways = plan.__dict__["ways of shaking"] = [_way(instruction) for instruction in plan.instructions]
        return [
            (way(self, function, instruction) if way else function, ins, outs)
            for (function, ins, outs), way, instruction in zip(plain, ways, plan.instructions, strict=True)
        ]

    def step(self, instruction: Instruction, values: Sequence[Array], position: int) -> Any:
        """One instruction; raises as floats do."""
        name = instruction.name
        if name in _SUMS:
            return super().step(instruction, [self._moved(value) for value in values], position)
        results = super().step(instruction, values, position)
        if name in _EXACT or name in STRUCTURAL:
            return results
        return [self._moved(result) for result in results] if isinstance(results, list) else self._moved(results)

    def apply(self, name: str, params: Mapping[str, Any], values: Sequence[Array], position: int = -1) -> Any:
        """One primitive; of those that are made of others (a factorisation) every step is moved."""
        if name == "lu":
            return factorised(params, values[0], self._moved)
        outside, self._inside = not self._inside, True
        try:
            results = super().apply(name, params, values, position)
        finally:
            self._inside = not outside
        if outside or name in _EXACT or name in STRUCTURAL or isinstance(results, list):
            return results
        return self._moved(np.asarray(results))

    def _moved(self, value: Array) -> Array:
        if value.dtype is _DOUBLE and value.size < _FEW:
            pool = _steps(_DOUBLE, _FEW)
        elif value.dtype.kind == "c":  # each part by an ulp of the whole number, since products mix the parts
            turned = self._moved(np.abs(value)) - np.abs(value) + 1j * (self._moved(np.abs(value)) - np.abs(value))
            return np.asarray(value + turned, dtype=value.dtype)
        elif not is_inexact(value.dtype) or value.dtype.kind == "O":
            return value
        else:
            pool = _steps(value.dtype, max(_FEW, 2 ** value.size.bit_length()))
        start = self._next % (pool.size - value.size + 1)
        self._next += 7919 + value.size  # a prime, so that no two operations meet the same steps
        moved = value * pool[start : start + value.size].reshape(value.shape)
        moved += value
        return np.asarray(moved)


Way = Callable[[Shaken, Callable[..., Any], "Instruction"], Callable[..., Any]]


def _way(instruction: Instruction) -> Way | None:
    """How one instruction is shaken, given what computes it in floats; None where it rounds nothing."""
    name = instruction.name
    if instruction.whole or name in _EXACT or name in STRUCTURAL:
        return None
    if name in _SUMS:
        return lambda system, function, _: lambda *values: function(*map(system._moved, values))
    if name in LOWERED or name == "lu" or len(instruction.outs) != 1:
        return lambda system, _, one: lambda *values: system.step(one, values, -1)
    return lambda system, function, _: lambda *values: system._moved(function(*values))


@functools.cache
def _steps(dtype: np.dtype[Any], count: int) -> Array:
    """From half a unit in the last place to a whole one, either way."""
    rng = np.random.default_rng(0)
    steps = epsilon(dtype) * rng.uniform(0.5, 1.0, count) * rng.choice((-1.0, 1.0), count)
    return np.asarray(steps, dtype=dtype)


class LongProgramError(Exception):
    """A program has so many steps, as of a loop over thousands of entries, that JAX is not asked to differentiate it."""


@dataclass(frozen=True)
class Autodiff:
    """Jacobians (outputs × inputs, flattened) by both modes, and the rounding allowance of each entry.

    ``forward`` or ``reverse`` is None where JAX has no rule in that mode; ``reason`` then says what JAX said.
    """

    forward: Array | None
    reverse: Array | None
    allowance: Array
    reason: str = ""

    @property
    def value(self) -> Array | None:
        """The forward Jacobian, or the reverse one where there is none."""
        return self.forward if self.forward is not None else self.reverse


def jvp_program(program: Program, wrt: int) -> Program:
    """The program ``(tangent, *inputs) ↦ output tangents`` in the leaf `wrt`, by JAX's forward mode.

    Raises:
        Exception: what JAX raises where a primitive or a custom rule has no forward mode.
    """

    def transform(flat: Any) -> Any:
        import jax

        def pushed(tangent: Any, *inputs: Any) -> Any:
            def of_leaf(leaf: Any) -> Any:
                return flat(*inputs[:wrt], leaf, *inputs[wrt + 1 :])

            return jax.jvp(of_leaf, (inputs[wrt],), (tangent,))[1]

        return pushed

    return _kept(program, ("jvp", wrt), transform, (program.inputs[wrt],))


def vjp_program(program: Program, wrt: int) -> Program:
    """The program ``(*cotangents, *inputs) ↦ gradient`` in the leaf `wrt`, by JAX's reverse mode.

    Raises:
        Exception: what JAX raises where a primitive or a custom rule has no reverse mode.
    """
    known: Program | None = program.__dict__.get("_derived", {}).get(("vjp", wrt))
    if known is not None:
        return known
    count = len(program.outputs)
    pushed = None if has_custom_vjp(program) else jvp_program(program, wrt)
    linear = None if pushed is None else flat_function(pushed)

    def transform(flat: Any) -> Any:
        import jax

        def pulled(*arguments: Any) -> Any:
            cotangents, inputs = list(arguments[:count]), arguments[count:]
            if pushed is not None and transposable(pushed.jaxpr):
                with suppress(Exception):  # a rule that wants to be called otherwise: JAX knows how
                    return [pulled_back(pushed.jaxpr, cotangents, inputs)]
            if linear is not None:  # reverse mode is the transpose of forward mode; JAX is quicker told so
                return list(jax.linear_transpose(lambda tangent: linear(tangent, *inputs), inputs[wrt])(cotangents))

            def of_leaf(leaf: Any) -> Any:
                return flat(*inputs[:wrt], leaf, *inputs[wrt + 1 :])

            return list(jax.vjp(of_leaf, inputs[wrt])[1](cotangents))

        return pulled

    return _kept(program, ("vjp", wrt), transform, program.outputs)


def _kept(program: Program, key: tuple[str, int], transform: Any, extra: tuple[Leaf, ...]) -> Program:
    memo = program.__dict__.setdefault("_derived", {})
    if key not in memo:
        steps = len(plan_of(program).instructions)
        if steps > MOST_STEPS:
            raise LongProgramError(f"{program.name} takes {steps} steps, and JAX would take long to differentiate them")
        memo[key] = derive(f"{key[0]} of {program.name}", program, transform, *extra)
    derived: Program = memo[key]
    return derived


def jacobians(program: Program, inputs: Sequence[Array], wrt: int) -> Autodiff:
    """Forward and reverse Jacobians of a program at flat `inputs`, with respect to leaf `wrt`."""
    reasons = []
    forward = reverse = None
    moved = _ANYWHERE
    with np.errstate(all="ignore"):
        try:
            derived = jvp_program(program, wrt)
            (forward,) = _columns(derived, program, inputs, wrt, Floats(np.float64))
            moved = _columns(derived, program, inputs, wrt, Shaken(), RUNS) - forward
        except Exception as error:  # noqa: BLE001 - JAX has no common base for "no rule in this mode"
            reasons.append(f"forward mode: {_first_line(error)}")
        try:
            derived = vjp_program(program, wrt)
            (reverse,) = _rows(derived, program, inputs, wrt, Floats(np.float64))
            if forward is None:
                moved = _rows(derived, program, inputs, wrt, Shaken(), RUNS) - reverse
        except Exception as error:  # noqa: BLE001 - as above
            reasons.append(f"reverse mode: {_first_line(error)}")
        value = forward if forward is not None else reverse
        if value is None:
            return Autodiff(None, None, np.zeros((0, 0)), "; ".join(reasons))
        allowance = SAFETY * np.abs(moved).max(axis=0) + FLOOR * np.abs(value)
    return Autodiff(forward, reverse, allowance, "; ".join(reasons))


def _columns(
    derived: Program, program: Program, inputs: Sequence[Array], wrt: int, system: Floats, runs: int = 1
) -> Array:
    """The Jacobian column by column, one unit tangent each: shape (runs, outputs, inputs)."""
    leaf = program.inputs[wrt]
    units = np.eye(leaf.size).reshape(leaf.size, *leaf.shape)
    results = _over(derived, [units], inputs, leaf.size, system, runs)
    columns = [result.reshape(runs, leaf.size, -1) for result in results]
    return (columns[0] if len(columns) == 1 else np.concatenate(columns, axis=2)).transpose(0, 2, 1)


def _rows(
    derived: Program, program: Program, inputs: Sequence[Array], wrt: int, system: Floats, runs: int = 1
) -> Array:
    """The Jacobian row by row, one unit cotangent each: shape (runs, outputs, inputs)."""
    sizes = [leaf.size for leaf in program.outputs]
    starts = np.cumsum([0, *sizes])
    total = int(starts[-1])
    units = np.eye(total)
    parts = [
        units[:, start : start + leaf.size].reshape(total, *leaf.shape)
        for start, leaf in zip(starts, program.outputs, strict=False)
    ]
    (result,) = _over(derived, parts, inputs, total, system, runs)
    return result.reshape(runs, total, program.inputs[wrt].size)


def _over(
    derived: Program, units: list[Array], inputs: Sequence[Array], count: int, system: Floats, runs: int
) -> list[Array]:
    """A linearised program at `count` unit vectors, `runs` times over: in one pass, or one by one where it cannot be batched.

    With several runs every vector has floating point inputs of its own, so that the runs round apart from the first step on.
    """
    rows = count * runs
    if not rows:
        return [np.zeros((0, *leaf.shape)) for leaf in derived.outputs]
    apart = [runs > 1 and is_inexact(value.dtype) for value in inputs]
    tiled = [np.concatenate([unit] * runs) for unit in units] if runs > 1 else units
    wide = [np.broadcast_to(v, (rows, *v.shape)) if own else v for v, own in zip(inputs, apart, strict=True)]
    try:
        return run_batched(derived, [*tiled, *wide], [True] * len(units) + apart, rows, system)
    except NoBatchingRuleError:
        single = [run(derived, [*(unit[i] for unit in tiled), *inputs], system) for i in range(rows)]
        return [np.stack(parts) for parts in zip(*single, strict=True)]


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
