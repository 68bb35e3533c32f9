"""A claim's program at several points, run again from a changed instruction on: only what depends on it is computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.adequacy.margins import padded
from gradcheck.adequacy.mutants import Array, ProgramMutant
from gradcheck.numbers.batching import NoBatchingRuleError, batched
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import execute, filled, follow
from gradcheck.numbers.plan import Plan, plan_of
from gradcheck.program.program import Program

_FLOATS = Floats(np.float64)
MOST_SINGLE = 4  # points at which a program is looked at that runs point by point only


def slot_shapes(program: Program) -> dict[int, tuple[int, ...]]:
    """The shape of every slot of a program's plan."""
    plan = plan_of(program)
    known: dict[int, tuple[int, ...]] | None = plan.memo.get("shapes")
    if known is not None:
        return known
    shapes = plan.memo["shapes"] = {slot: value.shape for slot, value in plan.constants.items()}
    shapes.update(zip(plan.inputs, (leaf.shape for leaf in program.inputs), strict=True))
    for instruction in plan.instructions:
        shapes.update(zip(instruction.outs, instruction.shapes, strict=True))
    return shapes


@dataclass(frozen=True, eq=False)
class _Run:
    """One pass over some points: the plan, and what each of its slots held; ``many`` tells that it has an axis of points."""

    plan: Plan
    slots: list[Any]
    many: bool

    @property
    def output(self) -> Array:
        value = np.asarray(self.slots[self.plan.outputs[0]])
        return value if self.many else value[None]


class Alterable:
    """A program with one output, with everything that it computes at some points."""

    def __init__(self, program: Program, inputs: Sequence[Array], size: int) -> None:
        """``inputs`` carry `size` points along their first axis.

        Raises:
            NoRuleError: a primitive has no rule in NumPy.
        """
        plan, shapes = plan_of(program), [leaf.shape for leaf in program.inputs]
        try:
            count, rows = padded(inputs, size)
            many = batched(plan, [True] * len(inputs), shapes, count)
            self._runs = [_kept(many, rows, many=True)]
            self._size = size
        except NoBatchingRuleError:
            single = range(min(size, MOST_SINGLE))
            self._runs = [_kept(plan, [value[i] for value in inputs], many=False) for i in single]
            self._size = len(single)
        self.output = np.concatenate([run.output for run in self._runs])[: self._size]

    def altered(self, mutant: ProgramMutant) -> Array | None:
        """The output with one instruction changed; None where the change cannot be made."""
        parts = [part for run in self._runs if (part := _altered(run, mutant)) is not None]
        return np.concatenate(parts)[: self._size] if len(parts) == len(self._runs) else None


def _kept(plan: Plan, inputs: Sequence[Array], many: bool) -> _Run:
    values = [value.astype(np.float64) if value.dtype.kind == "f" else value for value in inputs]
    with np.errstate(all="ignore"):
        return _Run(plan, filled(plan, values, _FLOATS), many)


def _altered(run: _Run, mutant: ProgramMutant) -> Array | None:
    plan = run.plan
    place, after = _after(plan, mutant.position)
    instruction = plan.instructions[place]
    (target,) = instruction.outs
    operands = [np.asarray(run.slots[slot]) for slot in instruction.ins]
    try:
        with np.errstate(all="ignore"):
            value = np.broadcast_to(mutant.change(instruction, *operands), instruction.shapes[0])
    except (ValueError, IndexError):
        return None
    if after is None:
        return run.output
    slots = list(run.slots)
    slots[target] = value
    steps = _FLOATS.steps(plan)
    with np.errstate(all="ignore"):
        if steps is not None:
            follow([steps[later] for later in after], slots)
            found = slots[plan.outputs[0]]
        else:
            rest = tuple(plan.instructions[later] for later in after)
            made = {slot for one in rest for slot in one.outs}
            known = tuple({slot for one in rest for slot in one.ins} - made - set(plan.constants) | {target})
            part = replace(plan, inputs=known, instructions=rest, origins=None)
            (found,) = execute(part, [slots[slot] for slot in known], _FLOATS)
    return np.asarray(found) if run.many else np.asarray(found)[None]


def _after(plan: Plan, position: int) -> tuple[int, Sequence[int] | None]:
    """Where an instruction of the program stands in the plan, and which later ones depend on it; None if no output does.

    What is made of one instruction for several points ends with what it computes; before it, operands are prepared.
    """
    known: tuple[int, Sequence[int] | None] | None = plan.memo.get(("after", position))
    if known is None:
        origins = range(len(plan.instructions)) if plan.origins is None else plan.origins
        place = len(origins) - 1 - origins[::-1].index(position)
        dirty, later = set(plan.instructions[place].outs), []
        for i in range(place + 1, len(plan.instructions)):
            if not dirty.isdisjoint(plan.instructions[i].ins):
                later.append(i)
                dirty.update(plan.instructions[i].outs)
        known = plan.memo["after", position] = place, later if plan.outputs[0] in dirty else None
    return known
