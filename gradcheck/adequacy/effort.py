"""What one run of a plan costs, about, so that searches can be bounded without a clock."""

from __future__ import annotations

import math

from gradcheck.numbers.floats import Floats
from gradcheck.numbers.plan import Plan

_SINGLE = 3000.0  # what an instruction costs that is run point by point, in numbers computed
_PRODUCT = 8.0  # what an entry of a product of matrices costs
_FOREIGN = 2e6  # what a primitive costs that NumPy does not compute, and JAX evaluates
_TRIPS = 50.0  # of a loop whose length is not known
_LOOPS = ("scan", "while", "cond")
_FLOATS = Floats()


def effort(plan: Plan, each: float = 0.0) -> float:
    """Numbers computed in one run; the body of a loop counts as often as it runs, and `each` is added an instruction."""
    total = 0.0
    if any(instruction.name in _LOOPS for instruction in plan.instructions):
        each = max(each, _SINGLE)
    for instruction in plan.instructions:
        size = sum(math.prod(shape) for shape in instruction.shapes)
        each_of_these = each if _FLOATS.knows(instruction.name) or instruction.name in _LOOPS else _FOREIGN
        total += each_of_these + size * (_PRODUCT if instruction.name == "dot_general" else 1.0)
        trips = {"scan": float(instruction.params.get("length", 1)), "while": _TRIPS}.get(instruction.name, 1.0)
        for value in instruction.params.values():
            bodies = value if isinstance(value, tuple) else (value,)
            total += trips * sum(effort(body, _SINGLE) for body in bodies if isinstance(body, Plan))
    return total
