"""Why autodiff dissents from the other oracles: what it follows that is not the function itself.

Three causes are known. JAX differentiates both branches of a ``where``, and 0 times the infinite slope of the one not taken
is NaN; it treats what ``stop_gradient`` returns as a constant; and it follows ``custom_jvp`` and ``custom_vjp`` rules, right
or wrong. The last two are told only if autodiff of the program without them agrees with the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.compare import compare_floats
from gradcheck.expressions import Derivative, Expression, Point
from gradcheck.numbers.plan import place_of, plan_of
from gradcheck.program.flat import rules_of, without_rules, without_stops
from gradcheck.program.program import Program

Array = np.ndarray[Any, np.dtype[Any]]

_MOST_PLACES = 3


def dissents(which: str, truth: Expression, point: Point, meant: Array) -> tuple[str, ...]:
    """Notes on the oracle that dissents at a point where `meant` is true (NaN where no single number is); none without one."""
    if not which:
        return ()
    said = f"{which} dissents from the other oracles at the point shown"
    why = explained(truth, point, meant) if which == "autodiff" and isinstance(truth, Derivative) else ""
    return (said, why) if why else (said,)


def explained(truth: Derivative, point: Point, meant: Array) -> str:
    """What autodiff follows at the point instead of the function, in words; empty where no known cause explains it."""
    program = truth.program
    if not isinstance(program, Program):
        return ""
    plain = without_rules(program)
    if plain is not program and _agrees(truth, plain, point, meant):
        rules = _listed(rules_of(program))
        return f"autodiff follows a custom derivative rule ({rules}); without the rule it agrees with the others"
    free = without_stops(program)
    if free is not program and _agrees(truth, free, point, meant):
        places = _listed(_places(program, "stop_gradient"))
        return f"autodiff treats as a constant what stop_gradient returns ({places}); without it, it agrees with the others"
    found = truth.autodiff(point)
    if isinstance(found, str) or np.all(np.isfinite(found[0]) & np.isfinite(found[1]) | ~np.isfinite(meant)):
        return ""
    branches = _listed(_places(program, "select_n"))
    if branches:
        return f"autodiff is not finite where the function is smooth: an unselected branch of a where ({branches})"
    return "autodiff is not finite where the function is smooth: its chain rule overflows, or multiplies 0 by infinity"


def _agrees(truth: Derivative, program: Program, point: Point, meant: Array) -> bool:
    """Whether autodiff of another program gives what is true, wherever that is a single number."""
    found = truth.autodiff(point, program)
    if isinstance(found, str):
        return False
    known = np.isfinite(meant)
    forward, reverse, allowance = found
    with np.errstate(all="ignore"):
        wide = allowance + 1e-6 * np.abs(meant)
    return all(bool(np.all(compare_floats(mode, meant, wide).agrees | ~known)) for mode in (forward, reverse))


def _places(program: Program, primitive: str) -> Iterator[str]:
    """Where in the user's code a primitive stands."""
    return (place_of(one) or "a library" for one in plan_of(program).instructions if one.name == primitive)


def _listed(places: Iterator[str]) -> str:
    different = list(dict.fromkeys(places))
    return ", ".join(different[:_MOST_PLACES]) + (", …" if len(different) > _MOST_PLACES else "")
