"""How a printed expression lies beside the array that the transcription returns: which index runs along which axis."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from gradcheck.claim import Claim
from gradcheck.latex import tree
from gradcheck.latex.evaluate import Problem
from gradcheck.latex.names import free_indices, parts
from gradcheck.latex.tree import Expr


def axes(claim: Claim, left: Expr | None, free: list[str], count: int, problem: Problem) -> Iterator[tuple[str, ...]]:
    """The indices of the first `count` axes, in every order that is admissible: as on the printed left side, if there is one.

    An index may stand at two axes (∂z_k/∂W_{kj}): then only entries with equal numbers there are printed.
    """
    if left is not None:
        order = _of_left(claim, left, problem)
        if len(order) == count and set(free) <= set(order):
            yield tuple(order)
            return
    if len(free) == count:
        yield from itertools.permutations(free)


def indices_of(expr: Expr, problem: Problem) -> list[str]:
    """The free indices of an expression: those of its arrays, then those that only its conditions compare (i = j)."""
    inside = list(parts(expr))
    bound = {name for part in inside if isinstance(part, tree.Big) for name in part.indices}
    compared = [
        side.text
        for part in inside
        if isinstance(part, tree.Relation)
        for side in (part.left, part.right)
        if isinstance(side, tree.Name) and side.text in problem.indices - bound
    ]
    return list(dict.fromkeys((*free_indices(expr, problem), *compared)))


def _of_left(claim: Claim, left: Expr, problem: Problem) -> list[str]:
    if not isinstance(left, tree.Derivative):
        return indices_of(left, problem)
    above = free_indices(left.body, problem) if left.body is not None else []
    below = [name for wrt in left.wrt for name in free_indices(wrt, problem)]
    if claim.kind in ("gradient", "derivative"):
        return below
    return [*below, *above] if claim.layout == "denominator" else [*above, *below]
