"""The autodiff oracle: JAX's forward and reverse mode, traced once and evaluated by our interpreter, without compilation.

Rounding is measured, not assumed: the same derivative program is run in float32 as well. How far that is from the float64
answer, scaled by the ratio of the two unit roundoffs, bounds what rounding and one-ulp changes of the inputs do to the
float64 answer, up to a safety factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.program.flat import flat_function, has_custom_vjp
from gradcheck.program.program import Leaf, Program
from gradcheck.program.trace import derive

Array = np.ndarray[Any, np.dtype[Any]]

# Unit roundoff of float64 over that of float32, times 64 for luck in a single float32 run.
_SCALE = 2.0**-29 * 64
_FLOOR = 16 * np.finfo(np.float64).eps


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
    count = len(program.outputs)
    linear = None if has_custom_vjp(program) else flat_function(jvp_program(program, wrt))

    def transform(flat: Any) -> Any:
        import jax

        def pulled(*arguments: Any) -> Any:
            cotangents, inputs = list(arguments[:count]), arguments[count:]
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
        memo[key] = derive(f"{key[0]} of {program.name}", program, transform, *extra)
    derived: Program = memo[key]
    return derived


def jacobians(program: Program, inputs: Sequence[Array], wrt: int) -> Autodiff:
    """Forward and reverse Jacobians of a program at flat `inputs`, with respect to leaf `wrt`."""
    reasons = []
    forward = reverse = None
    narrow: list[Array] = []
    try:
        derived = jvp_program(program, wrt)
        forward = _columns(derived, program, inputs, wrt, Floats())
        narrow.append(_columns(derived, program, inputs, wrt, Floats(np.float32)))
    except Exception as error:  # noqa: BLE001 - JAX has no common base for "no rule in this mode"
        reasons.append(f"forward mode: {_first_line(error)}")
    try:
        derived = vjp_program(program, wrt)
        reverse = _rows(derived, program, inputs, wrt, Floats())
        if not narrow:
            narrow.append(_rows(derived, program, inputs, wrt, Floats(np.float32)))
    except Exception as error:  # noqa: BLE001 - as above
        reasons.append(f"reverse mode: {_first_line(error)}")
    value = forward if forward is not None else reverse
    if value is None:
        return Autodiff(None, None, np.zeros((0, 0)), "; ".join(reasons))
    with np.errstate(all="ignore"):
        spread = np.abs(narrow[0].astype(np.float64) - value) if narrow else np.full(value.shape, np.inf)
        allowance = _SCALE * np.where(np.isfinite(spread), spread, np.abs(value)) + _FLOOR * np.abs(value)
    return Autodiff(forward, reverse, allowance, "; ".join(reasons))


def _columns(derived: Program, program: Program, inputs: Sequence[Array], wrt: int, system: Floats) -> Array:
    """The Jacobian column by column: one unit tangent each."""
    leaf = program.inputs[wrt]
    units = np.eye(leaf.size).reshape(leaf.size, *leaf.shape)
    results = _over(derived, [units], inputs, leaf.size, system)
    return np.concatenate([result.reshape(leaf.size, -1) for result in results], axis=1).T


def _rows(derived: Program, program: Program, inputs: Sequence[Array], wrt: int, system: Floats) -> Array:
    """The Jacobian row by row: one unit cotangent each."""
    sizes = [leaf.size for leaf in program.outputs]
    starts = np.cumsum([0, *sizes])
    total = int(starts[-1])
    units = np.eye(total)
    parts = [
        units[:, start : start + leaf.size].reshape(total, *leaf.shape)
        for start, leaf in zip(starts, program.outputs, strict=False)
    ]
    (result,) = _over(derived, parts, inputs, total, system)
    return result.reshape(total, program.inputs[wrt].size)


def _over(derived: Program, units: list[Array], inputs: Sequence[Array], count: int, system: Floats) -> list[Array]:
    """A linearised program at each of `count` unit vectors: in one pass, or one by one where a primitive cannot be batched."""
    if not count:
        return [np.zeros((0, *leaf.shape)) for leaf in derived.outputs]
    which = [True] * len(units) + [False] * len(inputs)
    try:
        return run_batched(derived, [*units, *inputs], which, count, system)
    except NoBatchingRuleError:
        single = [run(derived, [*(unit[i] for unit in units), *inputs], system) for i in range(count)]
        return [np.stack(parts) for parts in zip(*single, strict=True)]


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
