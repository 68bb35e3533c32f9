"""Deliberate changes of a claim: of the array that it computes, and of single steps of its program.

They are the faults that people make in derivations and in code: a sign, a factor 2, 1/n, a transpose, a term or factor left
out, a branch swapped, an index shifted, overwriting where entries of repeated indices should add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.plan import Instruction, Plan
from gradcheck.program.program import is_inexact

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class ArrayMutant:
    """A change of the claimed array, in words and as a function of the arrays at several points (along the first axis)."""

    name: str
    change: Callable[[Array], Array]


def array_mutants(shape: tuple[int, ...], lengths: Sequence[int]) -> Iterator[ArrayMutant]:
    """The changes that make sense for a claimed array of this shape; `lengths` are those of the inputs' axes."""
    yield ArrayMutant("the sign turned", np.negative)
    yield ArrayMutant("multiplied by 2", lambda c: 2 * c)
    for n in sorted(set(lengths) - {0, 1}):
        yield ArrayMutant(f"divided by {n}", partial(_divided, n))
    if len(shape) >= 2 and shape[-1] == shape[-2] > 1:
        yield ArrayMutant("transposed", lambda c: np.swapaxes(c, -1, -2))
    for axis, n in enumerate(shape):
        if n > 1:
            along = f" along axis {axis}" if len(shape) > 1 else ""
            yield ArrayMutant(f"shifted by one entry{along}", partial(np.roll, shift=1, axis=axis + 1))


def _divided(n: int, c: Array) -> Array:
    return c / n


Change = Callable[..., Any]  # takes an instruction and its operands, returns another result


@dataclass(frozen=True)
class ProgramMutant:
    """A change of one instruction: where, in words, and as a function of the instruction and its operands."""

    position: int
    name: str
    change: Change


def program_mutants(plan: Plan, shapes: Mapping[int, tuple[int, ...]]) -> list[ProgramMutant]:
    """The changes of single instructions that make sense; `shapes` are those of the plan's slots."""
    known: list[ProgramMutant] | None = plan.memo.get("mutants")
    if known is not None:
        return known
    known = plan.memo["mutants"] = [
        ProgramMutant(position, f"{row.name} at {plan.place(position)}", row.change)
        for position, instruction in enumerate(plan.instructions)
        if len(instruction.outs) == 1 and is_inexact(instruction.dtypes[0]) and instruction.dtypes[0].kind != "c"
        for row in _ROWS.get(instruction.name, ())
        if row.applies(instruction, [shapes[slot] for slot in instruction.ins])
    ]
    return known


Shapes = Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class _Row:
    """One change of a primitive: in words, what it computes instead, and whether that is another thing of the same shape."""

    name: str
    change: Change
    applies: Callable[[Instruction, Shapes], bool] = lambda instruction, shapes: True


def _terms(instruction: Instruction, shapes: Shapes) -> int:
    return math.prod(shapes[0][axis] for axis in instruction.params["axes"])


def _mean(instruction: Instruction, x: Array) -> Array:
    return np.asarray(np.sum(x, axis=tuple(instruction.params["axes"])) / _terms(instruction, [x.shape]))


def _swap(instruction: Instruction, operand: int, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The contracted axis of a factor, and another of the same length that could be taken for it."""
    contracted, batch = instruction.params["dimension_numbers"]
    if len(contracted[operand]) != 1:
        return None
    (axis,) = contracted[operand]
    others = (i for i in range(len(shape)) if i != axis and i not in batch[operand] and shape[i] == shape[axis] > 1)
    found = next(others, None)
    return None if found is None else (int(axis), found)


def _transposed(operand: int) -> Change:
    def change(instruction: Instruction, *factors: Array) -> Any:
        given = list(factors)
        axes = _swap(instruction, operand, given[operand].shape)
        assert axes is not None, "the row applies to factors with two axes of one length"
        given[operand] = np.swapaxes(given[operand], *axes)
        return Floats(np.float64).apply("dot_general", instruction.params, given)

    return change


def _overwritten(instruction: Instruction, *values: Array) -> Any:
    return Floats(np.float64).apply("scatter", instruction.params, values)


_SUM = (
    _Row("the first term of a sum left out", lambda i, a, b: b),
    _Row("the second term of a sum left out", lambda i, a, b: a),
    _Row("the sign of the second term of a sum turned", lambda i, a, b: a - b),
)
_ROWS: Mapping[str, tuple[_Row, ...]] = {
    "add": _SUM,
    "add_any": _SUM,
    "sub": (
        _Row("the first term of a difference left out", lambda i, a, b: -b),
        _Row("the second term of a difference left out", lambda i, a, b: a),
        _Row("the sign of the second term of a difference turned", lambda i, a, b: a + b),
    ),
    "mul": (
        _Row("the first factor of a product left out", lambda i, a, b: b),
        _Row("the second factor of a product left out", lambda i, a, b: a),
    ),
    "div": (_Row("a division left out", lambda i, a, b: a),),
    "neg": (_Row("a minus sign left out", lambda i, a: a),),
    "integer_pow": (_Row("a power lowered by one", lambda i, x: np.power(x, float(i.params["y"] - 1))),),
    "max": (_Row("the smaller taken for the larger", lambda i, a, b: np.minimum(a, b)),),
    "min": (_Row("the larger taken for the smaller", lambda i, a, b: np.maximum(a, b)),),
    "select_n": (
        _Row(
            "the branches of a choice swapped",
            lambda i, which, off, on: np.where(which.astype(bool), off, on),
            lambda i, shapes: len(shapes) == 3,
        ),
    ),
    "reduce_sum": (_Row("a sum divided by the number of its terms", _mean, lambda i, s: _terms(i, s) > 1),),
    "transpose": (_Row("a transposition left out", lambda i, x: x, lambda i, s: i.shapes[0] == s[0]),),
    "dot_general": (
        _Row(
            "the first factor of a matrix product transposed",
            _transposed(0),
            lambda i, s: _swap(i, 0, s[0]) is not None,
        ),
        _Row(
            "the second factor of a matrix product transposed",
            _transposed(1),
            lambda i, s: _swap(i, 1, s[1]) is not None,
        ),
    ),
    "scatter-add": (_Row("entries of repeated indices overwritten instead of added", _overwritten),),
}


def single_terms(plan: Plan, shapes: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Positions of sums and matrix products over a single term, where a factor of n or 1/n makes no difference."""
    found = []
    for position, instruction in enumerate(plan.instructions):
        if instruction.name == "reduce_sum":
            axes = instruction.params["axes"]
        elif instruction.name == "dot_general":
            axes = instruction.params["dimension_numbers"][0][0]
        else:
            continue
        lengths = [shapes[instruction.ins[0]][axis] for axis in axes]
        if instruction.varies and lengths and math.prod(lengths) == 1:
            found.append(position)
    return found
