"""The interpreter: walks a plan in any number system. Loops and branches are handled here."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.batching import batched
from gradcheck.numbers.complex_pairs import with_pairs
from gradcheck.numbers.floats import Floats, Step
from gradcheck.numbers.logic import of_booleans as _of_booleans
from gradcheck.numbers.plan import Instruction, Plan, last_uses, plan_of
from gradcheck.numbers.structural import STRUCTURAL
from gradcheck.numbers.system import CannotDecideError, System, Unsure, Value
from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]

MOST_TRIPS = 100_000
_WHOLE = Floats()  # integers and booleans are concrete in every system
_TAKES_OPEN = frozenset((*STRUCTURAL, "select_n", "convert_element_type"))


def run(program: Program, inputs: Sequence[Any], system: System) -> list[Value]:
    """Evaluate `program` at flat `inputs` (NumPy arrays, or values of the system) in `system`.

    Raises:
        NoRuleError: a primitive has no rule in the system; the message names it.
        CannotDecideError: control flow or an index depends on a comparison that the enclosures leave open.
    """
    return _top(plan_of(program), program, inputs, system)


def run_batched(
    program: Program, inputs: Sequence[Any], which: Sequence[bool], size: int, system: System
) -> list[Value]:
    """Evaluate `program` at `size` points at once.

    The inputs that `which` marks have a leading axis of points, and so have all outputs. Values that the number system has
    made itself (jets) carry it behind the axis of their directions.

    Raises:
        NoBatchingRuleError: a primitive cannot be batched; evaluate point by point.
        NoRuleError, CannotDecideError: as for `run`, at one of the points.
    """
    return _top(
        batched(plan_of(program), which, [leaf.shape for leaf in program.inputs], size), program, inputs, system
    )


def _top(plan: Plan, program: Program, inputs: Sequence[Any], system: System) -> list[Value]:
    if not isinstance(system, Floats):
        system = with_pairs(plan, system)
    values = [
        system.enter(value, leaf.dtype) if isinstance(value, np.ndarray) and value.dtype.kind != "O" else value
        for value, leaf in zip(inputs, program.inputs, strict=True)
    ]
    with np.errstate(all="ignore"):  # infinities and NaN are answers here, to be judged later
        return [system.leave(value) for value in execute(plan, values, system, top=True)]


def execute(plan: Plan, inputs: Sequence[Value], system: System, top: bool = False) -> list[Value]:
    """Evaluate a plan; `top` tells that instruction positions are those of the program itself, so that visits count."""
    slots = filled(plan, inputs, system, top, last_uses(plan))
    return [slots[slot] for slot in plan.outputs]


def filled(
    plan: Plan, inputs: Sequence[Value], system: System, top: bool = False, over: Sequence[Sequence[int]] | None = None
) -> list[Value]:
    """What every slot of a plan holds when it has been evaluated; ``over`` are those emptied after each instruction."""
    slots: list[Value] = [None] * plan.slots
    for slot, constant in system.constants(plan).items():
        slots[slot] = constant
    for slot, value in zip(plan.inputs, inputs, strict=True):
        slots[slot] = value
    del inputs  # which may be let go of as well
    steps = system.steps(plan, over) if isinstance(system, Floats) else None
    if steps is not None:
        follow(steps, slots, over)
        return slots
    positions = range(len(plan.instructions)) if plan.origins is None else plan.origins
    ends = itertools.repeat(()) if over is None else over
    for position, instruction, done in zip(positions, plan.instructions, ends, strict=False):
        arguments = [slots[slot] for slot in instruction.ins]
        results: Any
        if instruction.name in _CONTROL:
            results = _CONTROL[instruction.name](instruction, arguments, system)
        elif instruction.asks and any(type(argument) is Unsure for argument in arguments):
            apply = system.apply if instruction.name in _TAKES_OPEN else _of_booleans
            results = apply(instruction.name, instruction.params, arguments)
        elif instruction.whole:
            results = _WHOLE.step(instruction, arguments, -1)
        else:
            results = system.step(instruction, arguments, position if top and instruction.varies else -1)
        if isinstance(results, list):
            for slot, value in zip(instruction.outs, results, strict=True):
                slots[slot] = value
        else:
            slots[instruction.outs[0]] = results
        for slot in done:
            slots[slot] = None
    return slots


def follow(steps: Iterable[Step], slots: list[Value], over: Iterable[Sequence[int]] | None = None) -> None:
    """Compute steps one after the other, from slots into slots; those in ``over`` are emptied after each."""
    for (function, ins, outs), done in zip(steps, itertools.repeat(()) if over is None else over, strict=False):
        found = function(*[slots[slot] for slot in ins])
        if type(found) is list:
            for slot, value in zip(outs, found, strict=True):
                slots[slot] = value
        else:
            slots[outs[0]] = found
        for slot in done:
            slots[slot] = None


def _concrete(value: Value, what: str) -> Array:
    if not _plain(value):
        raise CannotDecideError(f"{what} depends on a comparison that the enclosures leave open")
    return np.asarray(value)


def _cond(instruction: Instruction, arguments: list[Value], system: System) -> list[Value]:
    """The branch that the predicate says; where a tie leaves it open, the choice between the results of both."""
    which, *operands = arguments
    branches = instruction.params["branches"]
    if isinstance(which, Unsure) and len(branches) == 2:
        off, on = (execute(branch, operands, system) for branch in branches)
        return [
            system.apply("select_n", {}, [_spread(which, shape), *pair])
            for shape, *pair in zip(instruction.shapes, off, on, strict=True)
        ]
    chosen = int(np.clip(int(_concrete(which, "the branch of a cond")), 0, len(branches) - 1))
    return execute(branches[chosen], operands, system)


def _spread(which: Unsure, shape: tuple[int, ...]) -> Unsure:
    """One open predicate for all entries of a result."""
    parts = (which.certain, which.possible, which.symbols)
    certain, possible, symbols = (None if part is None else np.broadcast_to(part, shape) for part in parts)
    assert certain is not None and possible is not None, "only symbols may be missing"
    return Unsure(certain, possible, symbols)


def _while(instruction: Instruction, arguments: list[Value], system: System) -> list[Value]:
    params = instruction.params
    for_test, for_body = params["cond_nconsts"], params["body_nconsts"]
    test_consts, rest = arguments[:for_test], arguments[for_test:]
    body_consts, carry = rest[:for_body], rest[for_body:]
    for _ in range(MOST_TRIPS):
        (again,) = execute(params["cond_jaxpr"], [*test_consts, *carry], system)
        going = _concrete(again, "the end of a while loop")
        if not np.any(going):
            return carry
        after = execute(params["body_jaxpr"], [*body_consts, *carry], system)
        carry = after if np.all(going) else [_where(system, going, pair) for pair in zip(carry, after, strict=True)]
    raise CannotDecideError(f"a while loop has not ended after {MOST_TRIPS} trips")


def _where(system: System, going: Array, pair: tuple[Value, Value]) -> Value:
    """What a loop over several lines at once (a vmap of one) carries on: the new value in those that have not ended."""
    shape = pair[0].shape
    aligned = going.reshape((*going.shape, *(1,) * (len(shape) - going.ndim)))
    wide, numbers = np.broadcast_to(aligned, shape), all(_plain(value) for value in pair)
    return np.where(wide, pair[1], pair[0]) if numbers else system.apply("select_n", {}, [wide, *pair])


def _plain(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype != object


def _scan(instruction: Instruction, arguments: list[Value], system: System) -> list[Value]:
    params = instruction.params
    length, n_consts, n_carry = params["length"], params["num_consts"], params["num_carry"]
    consts, carry = arguments[:n_consts], arguments[n_consts : n_consts + n_carry]
    columns = arguments[n_consts + n_carry :]
    outputs: list[list[Value]] = []
    for i in range(length - 1, -1, -1) if params["reverse"] else range(length):
        row = [system.rearrange(lambda _, data, i=i: data[i, ...], {}, [column]) for column in columns]
        results = execute(params["jaxpr"], [*consts, *carry, *row], system)
        carry = results[:n_carry]
        outputs.append(results[n_carry:])
    if params["reverse"]:
        outputs.reverse()
    if not length:
        empty = zip(instruction.shapes[n_carry:], instruction.dtypes[n_carry:], strict=True)
        return [*carry, *(system.constant(np.zeros(shape, dtype)) for shape, dtype in empty)]
    stacked = [
        system.rearrange(lambda _, *parts: np.stack(parts), {}, [output[k] for output in outputs])
        for k in range(len(instruction.shapes) - n_carry)
    ]
    return [*carry, *stacked]


_CONTROL = {"cond": _cond, "while": _while, "scan": _scan}
