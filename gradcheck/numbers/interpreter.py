"""The interpreter: walks a plan in any number system. Loops and branches with concrete conditions are handled here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.batching import batched
from gradcheck.numbers.plan import Instruction, Plan, plan_of
from gradcheck.numbers.system import CannotDecideError, NoRuleError, System, Unsure, Value
from gradcheck.program.program import Program

MOST_TRIPS = 100_000


def run(program: Program, inputs: Sequence[Any], system: System) -> list[Value]:
    """Evaluate `program` at flat `inputs` (NumPy arrays, or values of the system) in `system`.

    Raises:
        NoRuleError: a primitive has no rule in the system; the message names it.
        CannotDecideError: control flow or an index depends on a comparison that the enclosures leave open.
    """
    values = [
        system.enter(value, leaf.dtype) if isinstance(value, np.ndarray) and value.dtype != object else value
        for value, leaf in zip(inputs, program.inputs, strict=True)
    ]
    with np.errstate(all="ignore"):  # infinities and NaN are answers here, to be judged later
        return execute(plan_of(program), values, system, top=True)


def run_batched(program: Program, inputs: Sequence[Any], which: Sequence[bool], size: int, system: System) -> list[Value]:
    """Evaluate `program` at `size` points at once.

    The inputs that `which` marks have a leading axis of points, and so have all outputs. Values that the number system has
    made itself (jets) carry it behind the axis of their directions.

    Raises:
        NoBatchingRuleError: a primitive cannot be batched; evaluate point by point.
        NoRuleError, CannotDecideError: as for `run`, at one of the points.
    """
    plan = batched(plan_of(program), which, [leaf.shape for leaf in program.inputs], size)
    values = [
        system.enter(value, leaf.dtype) if isinstance(value, np.ndarray) and value.dtype != object else value
        for value, leaf in zip(inputs, program.inputs, strict=True)
    ]
    with np.errstate(all="ignore"):  # as in `run`
        return execute(plan, values, system, top=True)


def execute(plan: Plan, inputs: Sequence[Value], system: System, top: bool = False) -> list[Value]:
    """Evaluate a plan; `top` tells the system that instruction positions are those of the program itself."""
    slots: list[Value] = [None] * plan.slots
    for slot, constant in plan.constants.items():
        slots[slot] = system.constant(constant)
    for slot, value in zip(plan.inputs, inputs, strict=True):
        slots[slot] = value
    origins = plan.origins if plan.origins is not None else range(len(plan.instructions))
    for position, instruction in zip(origins, plan.instructions, strict=True):
        arguments = [slots[slot] for slot in instruction.ins]
        control = _CONTROL.get(instruction.name)
        results: Any
        if control is not None:
            results = control(instruction, arguments, system)
        else:
            results = system.apply(
                instruction.name, _bound(instruction), arguments, position if top else -1
            )
        if isinstance(results, list):
            for slot, value in zip(instruction.outs, results, strict=True):
                slots[slot] = value
        else:
            slots[instruction.outs[0]] = results
    return [slots[slot] for slot in plan.outputs]


def _bound(instruction: Instruction) -> dict[str, Any]:
    """The primitive's parameters, with the instruction itself for the rules that need its shapes or its primitive."""
    params = instruction.params
    if "instruction" not in params:
        params = {**params, "instruction": instruction}
        object.__setattr__(instruction, "params", params)
    return params  # type: ignore[return-value] # the mapping made two lines above is a dict


def _concrete(value: Value, what: str) -> np.ndarray[Any, Any]:
    if isinstance(value, Unsure) or not isinstance(value, np.ndarray) or value.dtype == object:
        raise CannotDecideError(f"{what} depends on a comparison that the enclosures leave open")
    return value


def _cond(instruction: Instruction, arguments: list[Value], system: System) -> list[Value]:
    which, *operands = arguments
    branches = instruction.params["branches"]
    chosen = int(np.clip(int(_concrete(which, "the branch of a cond")), 0, len(branches) - 1))
    return execute(branches[chosen], operands, system)


def _while(instruction: Instruction, arguments: list[Value], system: System) -> list[Value]:
    params = instruction.params
    for_test, for_body = params["cond_nconsts"], params["body_nconsts"]
    test_consts, rest = arguments[:for_test], arguments[for_test:]
    body_consts, carry = rest[:for_body], rest[for_body:]
    for _ in range(MOST_TRIPS):
        (again,) = execute(params["cond_jaxpr"], [*test_consts, *carry], system)
        if not bool(_concrete(again, "the end of a while loop")):
            return carry
        carry = execute(params["body_jaxpr"], [*body_consts, *carry], system)
    raise CannotDecideError(f"a while loop has not ended after {MOST_TRIPS} trips")


def _scan(instruction: Instruction, arguments: list[Value], system: System) -> list[Value]:
    params = instruction.params
    length, n_consts, n_carry = params["length"], params["num_consts"], params["num_carry"]
    consts, carry = arguments[:n_consts], arguments[n_consts : n_consts + n_carry]
    columns = arguments[n_consts + n_carry :]
    outputs: list[list[Value]] = []
    order = range(length - 1, -1, -1) if params["reverse"] else range(length)
    for i in order:
        row = [_row(column, i, system) for column in columns]
        results = execute(params["jaxpr"], [*consts, *carry, *row], system)
        carry = results[:n_carry]
        outputs.append(results[n_carry:])
    if params["reverse"]:
        outputs.reverse()
    shapes = instruction.shapes[n_carry:]
    if not length:
        return [*carry, *(system.constant(np.zeros(s, d)) for s, d in zip(shapes, instruction.dtypes[n_carry:], strict=True))]
    stacked = []
    for k, shape in enumerate(shapes):
        slabs = [system.apply("reshape", {"new_sizes": (1, *shape[1:])}, [output[k]]) for output in outputs]
        stacked.append(system.apply("concatenate", {"dimension": 0}, slabs))
    return [*carry, *stacked]


def _row(column: Value, i: int, system: System) -> Value:
    """Slice `i` along the leading axis, by the structural rules, so that every system can."""
    shape = tuple(column.shape)
    starts, limits = (i, *(0,) * (len(shape) - 1)), (i + 1, *shape[1:])
    slab = system.apply("slice", {"start_indices": starts, "limit_indices": limits, "strides": None}, [column])
    return system.apply("reshape", {"new_sizes": shape[1:]}, [slab])


_CONTROL = {"cond": _cond, "while": _while, "scan": _scan}
__all__ = ["CannotDecideError", "NoRuleError", "execute", "run", "run_batched"]
