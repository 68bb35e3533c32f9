"""What a check could not have seen: the way from the two sides of a case to the parts that look for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.adequacy.coverage import Found, seek
from gradcheck.adequacy.python_branches import seek_branches
from gradcheck.adequacy.survivors import Adequacy, Look, examine
from gradcheck.cases import Case
from gradcheck.expressions import Derivative, Expression, Point, Value


def unvisited(
    case: Case, truth: Expression, claimed: Expression, visited: Sequence[Point], seed: int, grow: bool = True
) -> Found:
    """Points that run what the `visited` ones have not run, in the functions of both sides, and what never ran, in words.

    ``grow`` says whether points beside those visited are of the domain.
    """
    values = list(_functions(truth, claimed))
    if not values:
        return Found()
    compared = seek(case, values, visited, seed, grow)
    branched = seek_branches(case, values, visited, seed, grow)
    return Found((*compared.points, *branched.points), (*compared.never, *branched.never))


def unnoticed(
    case: Case, truth: Expression, claimed: Expression, looks: Sequence[Look], seed: int, grow: bool = True
) -> Adequacy:
    """Deliberate changes of the claim that do not show at the points where it was found right."""
    values = list(_functions(truth, claimed))
    if not isinstance(claimed, Value) or not values or not looks:
        return Adequacy()
    return examine(case, values[0], claimed, looks, seed, grow)


def _functions(truth: Expression, claimed: Expression) -> Iterator[Value]:
    """The primal and what is claimed, as far as they are functions of their own."""
    for side in (truth, claimed):
        value = side.primal if isinstance(side, Derivative) else side
        if isinstance(value, Value):
            yield value
