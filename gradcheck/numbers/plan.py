"""A jaxpr flattened into a list of instructions over numbered slots: calls inlined, dead code dropped.

``jit``, ``custom_jvp``, ``custom_vjp``, ``remat`` and other calls are replaced by the body of the *primal*: what a custom
rule claims about the derivative plays no part in evaluating the function. ``cond``, ``scan`` and ``while`` keep their
bodies as plans of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_BODY = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_CALLS = frozenset(
    "jit pjit closed_call core_call custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr remat remat2 checkpoint".split()
)
_LOOPS = ("cond", "scan", "while")


@dataclass(frozen=True)
class Instruction:
    """One primitive applied to slots. ``shapes`` and ``dtypes`` describe its outputs; ``traceback`` its origin."""

    name: str
    primitive: Any
    params: Mapping[str, Any]
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[np.dtype[Any], ...]
    traceback: Any


@dataclass(frozen=True, eq=False)
class Plan:
    """Instructions in order; ``constants`` maps slots to arrays; ``memo`` holds what number systems keep per plan.

    ``origins`` gives the instructions' positions in the plan that this one was made from; None where it is that plan.
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    constants: Mapping[int, Array]
    instructions: tuple[Instruction, ...]
    slots: int
    memo: dict[Any, Any] = field(default_factory=dict)
    origins: tuple[int, ...] | None = None

    def place(self, position: int) -> str:
        """``file:line`` of the user's code behind an instruction, or the primitive's number where none is known."""
        instruction = self.instructions[position]
        frames = getattr(instruction.traceback, "frames", ()) or ()
        for frame in frames:
            name = frame.file_name.replace("\\", "/")
            if "/site-packages/" not in name and "/gradcheck/program/" not in name and not name.startswith("<"):
                return f"{name.rsplit('/', 1)[-1]}:{frame.line_num}"
        return f"instruction {position}"


class _Builder:
    def __init__(self) -> None:
        self.slots = 0
        self.constants: dict[int, Array] = {}
        self.instructions: list[Instruction] = []
        self._literals: dict[tuple[Any, ...], int] = {}

    def fresh(self) -> int:
        self.slots += 1
        return self.slots - 1

    def constant(self, value: Any, dtype: Any) -> int:
        array = np.asarray(value, dtype=dtype) if getattr(value, "dtype", None) != dtype else np.asarray(value)
        if array.ndim == 0 and array.dtype.kind in "fiub":
            key = (array.dtype, array.tobytes())
            if key not in self._literals:
                self._literals[key] = self.fresh()
                self.constants[self._literals[key]] = array
            return self._literals[key]
        slot = self.fresh()
        self.constants[slot] = array
        return slot

    def inline(self, jaxpr: Any, consts: list[int], inputs: list[int]) -> list[int]:
        slots: dict[Any, int] = dict(zip(jaxpr.constvars, consts, strict=True))
        slots.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom: Any) -> int:
            if hasattr(atom, "val"):
                return self.constant(atom.val, atom.aval.dtype)
            return slots[atom]

        for eqn in jaxpr.eqns:
            arguments = [read(atom) for atom in eqn.invars]
            name = eqn.primitive.name
            body = next((eqn.params[key] for key in _BODY if key in eqn.params), None) if name in _CALLS else None
            if name == "platform_index":
                results = [self.constant(_platform(eqn.params["platforms"]), np.dtype(np.int32))]
            elif name == "cond" and arguments[0] in self.constants:
                which = int(np.clip(int(self.constants[arguments[0]]), 0, len(eqn.params["branches"]) - 1))
                branch = eqn.params["branches"][which]
                inner = [self.constant(value, value.dtype) for value in branch.consts]
                results = self.inline(branch.jaxpr, inner, arguments[1:])
            elif body is not None and hasattr(body, "consts"):
                consts = [self.constant(value, value.dtype) for value in body.consts]
                results = self.inline(body.jaxpr, consts, arguments)
            elif body is not None and hasattr(body, "eqns"):
                results = self.inline(body, [], arguments)
            else:
                results = [self.fresh() for _ in eqn.outvars]
                self.instructions.append(
                    Instruction(
                        name,
                        eqn.primitive,
                        _with_plans(eqn.params) if name in _LOOPS else eqn.params,
                        tuple(arguments),
                        tuple(results),
                        tuple(tuple(var.aval.shape) for var in eqn.outvars),
                        tuple(np.dtype(var.aval.dtype) if _plain(var.aval) else np.dtype(object) for var in eqn.outvars),
                        eqn.source_info.traceback,
                    )
                )
            for var, slot in zip(eqn.outvars, results, strict=True):
                slots[var] = slot
        return [read(atom) for atom in jaxpr.outvars]


def _platform(groups: Sequence[tuple[str, ...] | None]) -> int:
    """Which of a ``platform_dependent``'s branches is the CPU's; None stands for every platform not named."""
    return next(i for i, group in enumerate(groups) if group is None or "cpu" in group)


def _plain(aval: Any) -> bool:
    """Whether NumPy knows the dtype (JAX's random keys have one of their own)."""
    try:
        np.dtype(aval.dtype)
    except (TypeError, AttributeError):
        return False
    return True


def _with_plans(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a control-flow primitive with a plan in place of every closed jaxpr."""

    def convert(value: Any) -> Any:
        if hasattr(value, "jaxpr") and hasattr(value, "consts"):
            return build(value)
        if isinstance(value, tuple | list) and any(hasattr(part, "jaxpr") for part in value):
            return tuple(convert(part) for part in value)
        return value

    return {name: convert(value) for name, value in params.items()}


def build(closed: Any) -> Plan:
    """The plan of a ``ClosedJaxpr``, without the instructions that no output depends on."""
    builder = _Builder()
    consts = [builder.constant(value, value.dtype) for value in closed.consts]
    inputs = [builder.fresh() for _ in closed.jaxpr.invars]
    outputs = builder.inline(closed.jaxpr, consts, inputs)
    needed, kept = set(outputs), []
    for instruction in reversed(builder.instructions):
        if needed.intersection(instruction.outs) or getattr(instruction.primitive, "has_effects", False):
            needed.update(instruction.ins)
            kept.append(instruction)
    constants = {slot: value for slot, value in builder.constants.items() if slot in needed}
    return Plan(tuple(inputs), tuple(outputs), constants, tuple(reversed(kept)), builder.slots)


def plan_of(program: Any) -> Plan:
    """The plan of a Program, built once and kept with it."""
    plan: Plan | None = program.__dict__.get("_plan")
    if plan is None:
        plan = build(program.jaxpr)
        object.__setattr__(program, "_plan", plan)
    return plan
