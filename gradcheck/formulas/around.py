"""What stands around a formula: definitions that its own text leaves out, taken from the formulas nearby, nearest first.

Only what is missing is taken: a name that the text itself defines keeps its meaning, and a definition is taken over only
where something that is already there mentions its name. Where the text says nothing of its own (``same``), the nearest
text speaks for it, and so does its derivative for a formula without a left side.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gradcheck.latex import tree
from gradcheck.latex.claims import targets
from gradcheck.latex.definitions import Text, definition_of
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import Problem, name_of
from gradcheck.latex.names import used
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import KNOWN

SAME = re.compile(r"\b(?:same|previous|earlier|above|ibid)\b", re.IGNORECASE)
NEAREST = 14


@dataclass(frozen=True)
class Neighbour:
    """A formula nearby, as read, and what is said beside it."""

    statements: tuple[Statement, ...]
    said: Text


@dataclass(frozen=True)
class Widened:
    """A text with what was taken over: the names, and whether all of it came from the nearest neighbour."""

    said: Text
    taken: tuple[str, ...]
    near: bool


def widened(statements: Sequence[Statement], said: Text, around: Sequence[Neighbour]) -> Widened:
    """The text with the definitions that it lacks."""
    problem = Problem()
    told = replace(said, statements=list(said.statements), lone=list(said.lone))
    taken: list[str] = []
    farthest = 0
    silent = not told.statements and not told.lone and not told.kinds
    if silent and around and all(statement.continued or _is_claim(statement) for statement in statements):
        nearest = around[0].said
        told = replace(
            nearest,
            statements=list(nearest.statements),
            target=said.target if said.target is not None else nearest.target,
            unread=[*said.unread],
            words=said.words,
        )
        taken += [key for statement in nearest.statements if (key := _key(statement, problem))]
    if told.target is None and statements and all(s.continued or len(s.members) == 1 for s in statements):
        told.target = _target(around)
    present = {key for s in (*told.statements, *statements) if (key := _key(s, problem))}
    while (found := _missing(statements, told, around, present, problem)) is not None:
        distance, statement, key = found
        if "Einstein" in around[distance].said.words and "Einstein" not in told.words:
            told.words = (*told.words, "Einstein")
        told.statements.append(statement)
        present.add(key)
        taken.append(key)
        farthest = max(farthest, distance)
    for neighbour in around:
        for name, kind in neighbour.said.kinds.items():
            if name in _wanted(statements, told, problem) and name not in told.kinds and name not in present:
                told.kinds = {**told.kinds, name: kind}
                taken.append(name)
    return Widened(told, tuple(dict.fromkeys(taken)), farthest == 0)


def _missing(
    statements: Sequence[Statement], told: Text, around: Sequence[Neighbour], present: set[str], problem: Problem
) -> tuple[int, Statement, str] | None:
    """A definition of what is mentioned and not defined, the nearest.

    One with as many indices as are used goes first, then a name without a label or with fewer of them, then one with a label
    for a letter without (q_t for q).
    """
    wanted = {key: count for key, count in _wanted(statements, told, problem).items() if key not in present}
    for alike in (True, False, None):
        for distance, neighbour in enumerate(around):
            for statement in (*neighbour.said.statements, *_compared(neighbour.statements)):
                key = _key(statement, problem)
                if not key or key in present:
                    continue
                if alike and wanted.get(key) == _indices(statement, problem):
                    return distance, statement, key
                if alike is False and (key in wanted or _family(key, wanted)):
                    return distance, statement, key
                if alike is None and any(key.startswith(name + "_{") for name in wanted if len(name) == 1):
                    return distance, statement, key
    return None


def _compared(statements: Sequence[Statement]) -> list[Statement]:
    """``A (y - t) = A δ`` in a chain says that δ is y - t."""
    found = []
    for statement in statements:
        for one, two in pairwise(statement.members):
            if (
                isinstance(one, tree.Product)
                and isinstance(two, tree.Product)
                and one.left == two.left
                and isinstance(two.right, (tree.Name, tree.Script))
                and not isinstance(one.right, (tree.Name, tree.Script))
            ):
                found.append(Statement((two.right, one.right), ("=",)))
    return found


def _indices(statement: Statement, problem: Problem) -> int:
    made = definition_of(statement)
    return len(name_of(made[0], problem)[1]) if made is not None else 0


def _is_claim(statement: Statement) -> bool:
    return bool(targets([statement]))


def _target(around: Sequence[Neighbour]) -> Expr | None:
    """The derivative that the nearest formula is about."""
    for neighbour in around[:1]:
        if neighbour.said.target is not None:
            return neighbour.said.target
        for target in targets(neighbour.statements):
            if target.derivative.wrt:
                return target.derivative
    return None


def _key(statement: Statement, problem: Problem) -> str:
    made = definition_of(statement)
    if made is None:
        return ""
    try:
        return name_of(made[0], problem)[0]
    except UnresolvedError:
        return ""


def _wanted(statements: Sequence[Statement], told: Text, problem: Problem) -> dict[str, int]:
    everything = (*statements, *told.statements, *told.lone, *((told.target,) if told.target is not None else ()))
    found = used(everything, problem)  # type: ignore[arg-type]
    return {key: count for key, count in found.items() if key not in ("e", r"\pi") and key not in KNOWN}


def _family(key: str, wanted: Mapping[str, int]) -> bool:
    """A definition without a label serves the labelled name."""
    return any(name.startswith((key + "_{", key + "^{")) for name in wanted)


def explicit(text: str) -> bool:
    """Whether a text refers to what stands before it."""
    return SAME.search(text) is not None


__all__ = ["NEAREST", "Neighbour", "Widened", "explicit", "widened"]
