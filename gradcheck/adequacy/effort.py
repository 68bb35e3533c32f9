"""What one run of a program costs, about, so that searches can be bounded without a clock."""

from __future__ import annotations

import math

from gradcheck.adequacy.margins import FEWEST_ROWS
from gradcheck.numbers.batching import NoBatchingRuleError, batched
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.plan import Plan, plan_of
from gradcheck.program.program import Program

STEP = 5_000.0  # what an instruction costs beside its numbers, in numbers computed
_SINGLE = 4 * STEP  # the same where it is run for one point alone, with what surrounds it
_FOREIGN = 2e6  # of a primitive that NumPy does not compute, and JAX evaluates
_PRODUCT = 8.0  # what an entry of a product of matrices costs
_TRIPS = 50.0  # of a loop whose length is not known
_LOOPS = ("scan", "while", "cond")
_FLOATS = Floats()


def effort(program: Program) -> tuple[float, float]:
    """Numbers computed for each point, and once for each pass over many points."""
    plan = plan_of(program)
    known: tuple[float, float] | None = plan.memo.get("effort")
    if known is None:
        shapes = [leaf.shape for leaf in program.inputs]
        try:
            batched(plan, [True] * len(shapes), shapes, FEWEST_ROWS)  # as it will be needed
            known = (_of(plan, 0.0), STEP * len(plan.instructions))
        except NoBatchingRuleError:
            known = (_of(plan, _SINGLE), 0.0)
        plan.memo["effort"] = known
    return known


def _of(plan: Plan, each: float) -> float:
    """Numbers computed in one run, with `each` for every instruction; the body of a loop counts as often as it runs."""
    total = 0.0
    for instruction in plan.instructions:
        size = sum(math.prod(shape) for shape in instruction.shapes)
        total += size * (_PRODUCT if instruction.name == "dot_general" else 1.0)
        total += each if _FLOATS.knows(instruction.name) or instruction.name in _LOOPS else _FOREIGN
        trips = {"scan": float(instruction.params.get("length", 1)), "while": _TRIPS}.get(instruction.name, 1.0)
        for value in instruction.params.values():
            bodies = value if isinstance(value, tuple) else (value,)
            total += trips * sum(_of(body, each) for body in bodies if isinstance(body, Plan))
    return total
