"""Exact rewrites of a program that make enclosures over wide intervals narrower; values do not change in exact arithmetic.

    1 / (1 + exp(−x))  →  logistic(x)

In the left form the argument occurs in an exponential that overflows every enclosure of a left tail; the derivative of the
right one is y(1 − y), which stays bounded there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcheck.numbers.plan import Instruction, Plan, plan_of
from gradcheck.program.program import Program


def with_logistic(program: Program) -> Program:
    """The same program, its plan rewritten."""
    rewritten = replace(program)
    object.__setattr__(rewritten, "_plan", _rewritten(plan_of(program)))
    return rewritten


def _rewritten(plan: Plan) -> Plan:
    made_by = {slot: instruction for instruction in plan.instructions for slot in instruction.outs}

    def is_one(slot: int) -> bool:
        constant = plan.constants.get(slot)
        return constant is not None and bool(np.all(constant == 1))

    def argument(instruction: Instruction) -> int | None:
        """The slot x of an instruction that divides 1 by 1 + exp(−x)."""
        if instruction.name != "div" or not is_one(instruction.ins[0]):
            return None
        total = made_by.get(instruction.ins[1])
        if total is None or total.name != "add" or not any(map(is_one, total.ins)):
            return None
        power = made_by.get(total.ins[1] if is_one(total.ins[0]) else total.ins[0])
        negated = made_by.get(power.ins[0]) if power is not None and power.name == "exp" else None
        return negated.ins[0] if negated is not None and negated.name == "neg" else None

    instructions = []
    for instruction in plan.instructions:
        slot = argument(instruction)
        made = instruction if slot is None else replace(instruction, name="logistic", ins=(slot,))
        instructions.append(made)
    needed, kept = set(plan.outputs), []
    for instruction in reversed(instructions):
        if needed.intersection(instruction.outs):
            needed.update(instruction.ins)
            kept.append(instruction)
    return replace(plan, instructions=tuple(reversed(kept)), memo={})
