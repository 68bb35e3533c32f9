"""A jaxpr or tape flattened into a list of instructions over numbered slots, made once and run in any number system.

Calls are inlined, what no output depends on is dropped, what occurs twice is computed once, and what depends on no input
is computed here, if it is exact: whole numbers, booleans, and arrays of literals.

``jit``, ``custom_jvp``, ``custom_vjp``, ``remat`` and other calls are replaced by the body of the *primal*: what a custom
rule claims about the derivative plays no part in evaluating the function. ``cond``, ``scan`` and ``while`` keep their
bodies as plans of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.structural import LARGE, STRUCTURAL
from gradcheck.program.program import is_inexact
from gradcheck.program.tape import Node, Tape

Array = np.ndarray[Any, np.dtype[Any]]

_BODY = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_CALLS = (
    *("jit", "pjit", "closed_call", "core_call", "checkpoint", "remat", "remat2"),
    *("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"),
)
_LOOPS = ("cond", "scan", "while")
_MADE = ("iota", "convert_element_type")  # with structural ones, what makes arrays of literals without rounding
_MOST_FOLDED = 2**16


@dataclass(frozen=True)
class Instruction:
    """One primitive applied to slots. ``shapes`` and ``dtypes`` describe its outputs; ``traceback`` its origin.

    ``whole`` says that all operands and results are integers or booleans; ``asks``, that some operand is boolean;
    ``varies``, that some operand depends on a floating point input of the program.
    """

    name: str
    primitive: Any
    params: Mapping[str, Any]
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[np.dtype[Any], ...]
    traceback: Any
    whole: bool = False
    asks: bool = True
    varies: bool = True


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
        return place_of(self.instructions[position]) or f"instruction {position}"


_NOT_THE_USERS = ("/site-packages/", "/gradcheck/program/", "/gradcheck/torch/")


def place_of(instruction: Instruction) -> str:
    """``file:line`` of the user's code behind an instruction; empty where none is known."""
    return place_of_traceback(instruction.traceback)


def place_of_traceback(traceback: Any) -> str:
    """The innermost ``file:line`` of the user's code; empty where none is known."""
    for frame in getattr(traceback, "frames", ()) or ():
        name = frame.file_name.replace("\\", "/")
        if name.endswith("/gradcheck/torch/foreign.py") or "/gradcheck/functions/" in name:
            return ""  # torch works by itself, and so does a wrapper: what lies behind called the check
        if not name.startswith("<") and not any(part in name for part in _NOT_THE_USERS):
            return f"{name.rsplit('/', 1)[-1]}:{frame.line_num}"
    return ""


def in_library(instruction: Instruction) -> bool:
    """Whether a function of linear algebra, a special function or torch itself compares, not the user's code that calls it."""
    for frame in getattr(instruction.traceback, "frames", ()) or ():
        name = frame.file_name.replace("\\", "/")
        if "/jax/_src/" in name and ("linalg" in name or "/scipy/" in name):
            return True
        if name.endswith(("/gradcheck/torch/foreign.py", "/gradcheck/program/linear_algebra.py")):
            return True
        if "/site-packages/" not in name and "/gradcheck/torch/" not in name:
            return False
    return False


@dataclass(frozen=True)
class _Within:
    """The origin of a step of a library function, and that of the call of it."""

    step: Any
    caller: Any

    @property
    def frames(self) -> tuple[Any, ...]:
        """Innermost first."""
        return (*(getattr(self.step, "frames", ()) or ()), *(getattr(self.caller, "frames", ()) or ()))


class _Builder:
    """Instructions and constants as they are collected; a slot is known by its number."""

    def __init__(self) -> None:
        self.slots = 0
        self.constants: dict[int, Array] = {}
        self.instructions: list[Instruction] = []
        self.varying: set[int] = set()
        self._dtypes: list[np.dtype[Any]] = []
        self._caller: Any = None
        self._shapes: list[tuple[int, ...]] = []
        self._literals: dict[tuple[Any, ...], int] = {}
        self._done: dict[tuple[Any, ...], list[int]] = {}
        self._booleans: dict[int, int] = {}
        self._floats = Floats()

    def fresh(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        self.slots += 1
        self._shapes.append(shape)
        self._dtypes.append(dtype)
        return self.slots - 1

    def input(self, aval: Any) -> int:
        slot = self.fresh(tuple(aval.shape), _dtype(aval))
        if is_inexact(self._dtypes[slot]):
            self.varying.add(slot)
        return slot

    def constant(self, value: Any, dtype: Any) -> int:
        if not isinstance(dtype, np.dtype):  # a random key: for JAX alone
            slot = self.fresh((), np.dtype(object))
            self.constants[slot] = value
            return slot
        array = np.asarray(value)
        array = array if array.dtype == dtype else array.astype(dtype)
        key = (array.dtype, array.shape, array.tobytes()) if array.size <= 64 else None
        if key is not None and key in self._literals:
            return self._literals[key]
        slot = self.fresh(array.shape, array.dtype)
        self.constants[slot] = array
        if key is not None:
            self._literals[key] = slot
        return slot

    def inline(self, jaxpr: Any, consts: list[int], inputs: list[int]) -> list[int]:
        slots: dict[Any, int] = dict(zip(jaxpr.constvars, consts, strict=True))
        slots.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom: Any) -> int:
            if hasattr(atom, "val"):
                return self.constant(atom.val, atom.aval.dtype)
            return slots[atom]

        for eqn in jaxpr.eqns:
            results = self._equation(eqn, [read(atom) for atom in eqn.invars])
            slots.update(zip(eqn.outvars, results, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _equation(self, eqn: Any, arguments: list[int]) -> list[int]:
        name = eqn.primitive.name
        if name == "platform_index":
            return [self.constant(_platform(eqn.params["platforms"]), np.dtype(np.int32))]
        if name == "custom_linear_solve":
            lengths, bodies = eqn.params["const_lengths"], eqn.params["jaxprs"]
            before = lengths.matvec + lengths.vecmat
            consts = arguments[before : before + lengths.solve]
            return self.closed(bodies.solve, [*consts, *arguments[sum(lengths) :]])
        if name == "cond" and arguments[0] in self.constants:
            branches = eqn.params["branches"]
            which = int(np.clip(int(self.constants[arguments[0]]), 0, len(branches) - 1))
            return self.closed(branches[which], arguments[1:])
        if name in ("jit", "pjit") and eqn.params.get("name") == "signbit" and is_inexact(self._dtypes[arguments[0]]):
            return self._instruction(eqn, "signbit", arguments[:1], {})  # its derivative brings an unused tangent
        body = next((eqn.params[key] for key in _BODY if key in eqn.params), None) if name in _CALLS else None
        if body is None or not (hasattr(body, "consts") or hasattr(body, "eqns")):
            return self._instruction(eqn, name, arguments)
        if name == "custom_jvp_call" and _is_log_add_exp(body):
            return self._instruction(eqn, "logaddexp", arguments, {})
        caller = self._caller
        if _is_library(body):
            self._caller = _Within(eqn.source_info.traceback, caller)
        inlined = self.closed(body, arguments) if hasattr(body, "consts") else self.inline(body, [], arguments)
        self._caller = caller
        return inlined

    def closed(self, body: Any, arguments: list[int]) -> list[int]:
        """The instructions of a ``ClosedJaxpr``."""
        consts = [self.constant(value, value.dtype) for value in body.consts]
        return self.inline(body.jaxpr, consts, arguments)

    def _instruction(self, eqn: Any, name: str, arguments: list[int], params: Any = None) -> list[int]:
        if name == "cond":  # the predicate itself, so that both branches can be run where it is left open
            arguments = [self._booleans.get(arguments[0], arguments[0]), *arguments[1:]]
        return self.record(
            name,
            eqn.primitive,
            eqn.params if params is None else params,
            arguments,
            tuple(tuple(var.aval.shape) for var in eqn.outvars),
            tuple(_dtype(var.aval) for var in eqn.outvars),
            _Within(eqn.source_info.traceback, self._caller) if self._caller else eqn.source_info.traceback,
            pure=not eqn.effects and name not in _LOOPS,
        )

    def record(
        self,
        name: str,
        primitive: Any,
        params: Any,
        arguments: list[int],
        shapes: tuple[tuple[int, ...], ...],
        dtypes: tuple[np.dtype[Any], ...],
        traceback: Any,
        pure: bool = True,
    ) -> list[int]:
        """One more instruction, unless it has been computed before or can be computed now; the slots of its results."""
        if name in ("dynamic_slice", "dynamic_update_slice"):
            name, params, arguments = self._static(name, params, arguments)
        key = (name, tuple(arguments), _hashable(params)) if pure else ()
        if pure and key in self._done:
            return self._done[key]
        results = [self.fresh(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
        kinds = [self._dtypes[slot] for slot in arguments]
        whole = not any(is_inexact(dtype) for dtype in (*dtypes, *kinds))
        asks = any(dtype.kind == "b" for dtype in kinds)
        varies = not self.varying.isdisjoint(arguments)
        if varies:
            self.varying.update(results)
        made = _with_plans(params) if name in _LOOPS else params
        slots = (tuple(arguments), tuple(results))
        instruction = Instruction(name, primitive, made, *slots, shapes, dtypes, traceback, whole, asks, varies)
        if name == "convert_element_type" and self._dtypes[arguments[0]].kind == "b":
            self._booleans[results[0]] = arguments[0]
        if pure:
            self._done[key] = results
        if not (pure and self._folded(instruction)):
            self.instructions.append(instruction)
        return results

    def _static(self, name: str, params: Any, arguments: list[int]) -> tuple[str, Any, list[int]]:
        """A dynamic slice or update at constant places, as one whose parameters say where it is."""
        data = 1 if name == "dynamic_slice" else 2
        if any(slot not in self.constants for slot in arguments[data:]):
            return name, params, arguments
        shape, starts = self._shapes[arguments[0]], [int(self.constants[slot]) for slot in arguments[data:]]
        sizes = params["slice_sizes"] if name == "dynamic_slice" else self._shapes[arguments[1]]
        low = tuple(min(max(start, 0), n - size) for start, n, size in zip(starts, shape, sizes, strict=True))
        if name == "dynamic_update_slice":
            return "update_slice", {"start_indices": low}, arguments[:2]
        high = tuple(start + size for start, size in zip(low, sizes, strict=True))
        return "slice", {"start_indices": low, "limit_indices": high, "strides": None}, arguments[:1]

    def _folded(self, instruction: Instruction) -> bool:
        """Whether the results are constants, and have been recorded as such."""
        if any(slot not in self.constants for slot in instruction.ins):
            return False
        makes_literals = instruction.name in STRUCTURAL or (
            instruction.name in _MADE and not any(is_inexact(self._dtypes[slot]) for slot in instruction.ins)
        )
        size = sum(int(np.prod(shape, dtype=np.int64)) for shape in instruction.shapes)
        if not (instruction.whole or makes_literals) or not self._floats.knows(instruction.name) or size > _MOST_FOLDED:
            return False
        results = self._floats.step(instruction, [self.constants[slot] for slot in instruction.ins], -1)
        results = results if isinstance(results, list) else [results]
        self.constants.update(zip(instruction.outs, results, strict=True))
        return True


def _hashable(params: Mapping[str, Any]) -> Any:
    """Parameters as a key: equal keys mean equal parameters."""
    items = tuple(params.items())
    try:
        hash(items)
    except TypeError:
        return str(items)
    return items


def _is_library(body: Any) -> bool:
    """Whether a compiled function is JAX's own, as `jnp.where` is: its steps then have the place of the call."""
    steps = getattr(body, "jaxpr", body).eqns[:1]
    return not any(place_of_traceback(eqn.source_info.traceback) for eqn in steps)


def _is_log_add_exp(body: Any) -> bool:
    """Whether the body of a custom_jvp is JAX's logaddexp: the kinks of its max and abs cancel, but intervals cannot see it."""
    info = getattr(getattr(body, "jaxpr", None), "debug_info", None)
    source = str(getattr(info, "func_src_info", "")).replace("\\", "/")
    return source.startswith("logaddexp at ") and "/jax/_src/" in source


def _platform(groups: Sequence[tuple[str, ...] | None]) -> int:
    """Which of a ``platform_dependent``'s branches is the CPU's; None stands for every platform not named."""
    return next(i for i, group in enumerate(groups) if group is None or "cpu" in group)


def _dtype(aval: Any) -> np.dtype[Any]:
    """The dtype; `object` where NumPy does not know it (JAX's random keys have one of their own)."""
    dtype = getattr(aval, "dtype", None)
    return dtype if isinstance(dtype, np.dtype) else np.dtype(object)


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
    """The plan of a ``ClosedJaxpr``."""
    builder = _Builder()
    consts = [builder.constant(value, value.dtype) for value in closed.consts]
    inputs = [builder.input(var.aval) for var in closed.jaxpr.invars]
    return _finished(builder, inputs, builder.inline(closed.jaxpr, consts, inputs))


def build_tape(tape: Tape) -> Plan:
    """The plan of a tape."""
    builder = _Builder()
    slots: dict[Node, int] = {node: builder.input(node) for node in tape.inputs}
    inputs = list(slots.values())

    def read(raw: Any) -> int:
        return slots[raw] if isinstance(raw, Node) else builder.constant(raw, raw.dtype)

    for step in tape.steps:
        arguments = [read(raw) for raw in step.operands]
        if step.closed is not None:
            results = builder.closed(step.closed, arguments)
        else:
            shapes, dtypes = (tuple(getattr(node, part) for node in step.results) for part in ("shape", "dtype"))
            results = builder.record(step.name, None, step.params, arguments, shapes, dtypes, step.place)
        slots.update(zip(step.results, results, strict=True))
    return _finished(builder, inputs, [read(raw) for raw in tape.outputs])


def _finished(builder: _Builder, inputs: list[int], outputs: list[int]) -> Plan:
    """The plan, without what no output depends on."""
    needed, kept = set(outputs), []
    for instruction in reversed(builder.instructions):
        if needed.intersection(instruction.outs):
            needed.update(instruction.ins)
            kept.append(instruction)
    constants = {slot: value for slot, value in builder.constants.items() if slot in needed}
    return Plan(tuple(inputs), tuple(outputs), constants, tuple(reversed(kept)), builder.slots)


def plan_of(program: Any) -> Plan:
    """The plan of a Program, built once and kept with it."""
    plan: Plan | None = program.__dict__.get("_plan")
    if plan is None:
        plan = build_tape(program.traced) if isinstance(program.traced, Tape) else build(program.traced)
        object.__setattr__(program, "_plan", plan)
    return plan


def widest(program: Any) -> int:
    """How many numbers the largest array in a run of the program holds."""
    plan = plan_of(program)
    if "widest" not in plan.memo:
        shapes = [leaf.shape for leaf in (*program.inputs, *program.outputs)]
        shapes += [shape for instruction in plan.instructions for shape in instruction.shapes]
        plan.memo["widest"] = max((math.prod(shape) for shape in shapes), default=1) or 1
    found: int = plan.memo["widest"]
    return found


def work(program: Any) -> int:
    """About how many operations on numbers the program takes."""
    plan = plan_of(program)
    known: int | None = plan.memo.get("work")
    if known is None:
        longest = max((max(leaf.shape, default=1) for leaf in program.inputs), default=1)
        known = 0
        for instruction in plan.instructions:
            size = sum(math.prod(shape) for shape in instruction.shapes)
            # each entry of a product is a sum; its length is that of some axis of an input
            known += size * longest if instruction.name == "dot_general" else size
        plan.memo["work"] = known
    return known


def last_uses(plan: Plan) -> Sequence[Sequence[int]] | None:
    """For each instruction the slots that nothing reads after it; None for a plan without large arrays, which may keep all."""
    if "last uses" not in plan.memo:
        plan.memo["last uses"] = _last_uses(plan)
    found: Sequence[Sequence[int]] | None = plan.memo["last uses"]
    return found


def _last_uses(plan: Plan) -> Sequence[Sequence[int]] | None:
    if not any(math.prod(shape) >= LARGE for one in plan.instructions for shape in one.shapes):
        return None
    read, found = set(plan.outputs), []
    for instruction in reversed(plan.instructions):
        over = {*instruction.ins, *instruction.outs} - read
        read |= over
        found.append(tuple(over))
    return found[::-1]
