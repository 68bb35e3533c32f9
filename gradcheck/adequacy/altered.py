"""A claim's program at several points, run again from a changed instruction on: only what depends on it is computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.adequacy.margins import padded
from gradcheck.adequacy.mutants import Array, ProgramMutant
from gradcheck.numbers.batching import NoBatchingRuleError, batched
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import execute
from gradcheck.numbers.plan import Plan, plan_of
from gradcheck.program.program import Program

MOST_SINGLE = 4  # points at which a program is looked at that runs point by point only


def slot_shapes(program: Program) -> dict[int, tuple[int, ...]]:
    """The shape of every slot of a program's plan."""
    plan = plan_of(program)
    shapes = {slot: value.shape for slot, value in plan.constants.items()}
    shapes.update(zip(plan.inputs, (leaf.shape for leaf in program.inputs), strict=True))
    for instruction in plan.instructions:
        shapes.update(zip(instruction.outs, instruction.shapes, strict=True))
    return shapes


@dataclass(frozen=True, eq=False)
class _Run:
    """One pass over some points: the plan, and what each of its slots held; ``many`` tells that it has an axis of points."""

    plan: Plan
    slots: Mapping[int, Array]
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
    outs = tuple(dict.fromkeys(slot for instruction in plan.instructions for slot in instruction.outs))
    system = Floats(np.float64)
    values = [value.astype(np.float64) if value.dtype.kind == "f" else value for value in inputs]
    with np.errstate(all="ignore"):
        found = execute(replace(plan, outputs=outs), values, system)
    slots = {
        **system.constants(plan),
        **dict(zip(plan.inputs, values, strict=True)),
        **dict(zip(outs, found, strict=True)),
    }
    return _Run(plan, slots, many)


def _altered(run: _Run, mutant: ProgramMutant) -> Array | None:
    plan = run.plan
    origins = range(len(plan.instructions)) if plan.origins is None else plan.origins
    place = len(origins) - 1 - origins[::-1].index(mutant.position)  # the last: what precedes it prepares operands
    instruction = plan.instructions[place]
    (target,) = instruction.outs
    operands = [np.asarray(run.slots[slot]) for slot in instruction.ins]
    try:
        with np.errstate(all="ignore"):
            value = np.broadcast_to(mutant.change(instruction, *operands), instruction.shapes[0])
    except (ValueError, IndexError):
        return None
    dirty, kept = {target}, []
    for later in plan.instructions[place + 1 :]:
        if not dirty.isdisjoint(later.ins):
            kept.append(later)
            dirty.update(later.outs)
    known = {slot for later in kept for slot in later.ins} - (dirty - {target}) - set(plan.constants)
    known.add(target)
    if plan.outputs[0] not in dirty:
        return run.output
    values = {**run.slots, target: value}
    rest = replace(plan, inputs=tuple(known), instructions=tuple(kept), origins=None)
    with np.errstate(all="ignore"):
        (found,) = execute(rest, [values[slot] for slot in known], Floats(np.float64))
    return np.asarray(found) if run.many else np.asarray(found)[None]
