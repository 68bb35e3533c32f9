"""Which names an expression mentions, which of its indices are free, and hints about ranks."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.problem import Problem, name_of
from gradcheck.latex.tree import Expr


def parts(node: Any) -> Iterator[Any]:
    """A node and all that is inside of it, from the outside in."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(inside(here)))


def inside(node: Any) -> Sequence[Any]:
    """What a tuple holds, or the nodes and tuples that a node is made of."""
    if isinstance(node, tuple):
        return node
    values = [getattr(node, name) for name in _fields(type(node))]  # type: ignore[arg-type] # classes can be hashed
    return [value for value in values if isinstance(value, tuple) or _fields(type(value))]  # type: ignore[arg-type] # as above


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def substituted(node: Any, old: Expr, new: Expr) -> Any:
    """A node with an expression put in the place of another, everywhere."""
    if node == old:
        return new
    if isinstance(node, tuple):
        return tuple(substituted(child, old, new) for child in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        changes = {f.name: substituted(getattr(node, f.name), old, new) for f in dataclasses.fields(node) if f.compare}
        return dataclasses.replace(node, **changes)
    return node


def mentions(expr: Expr, name: str) -> bool:
    """Whether a name occurs."""
    return any(isinstance(part, tree.Name) and part.text == name for part in parts(expr))


def free_indices(expr: Expr, problem: Problem) -> list[str]:
    """The indices in an expression that no sum in it binds, in order."""
    found: dict[str, None] = {}

    def walk(node: Any, bound: frozenset[str]) -> None:
        if isinstance(node, tree.Big):
            inner = bound | set(node.indices)
            if not node.indices:
                inner = bound | set(_own(node.body, problem))
            walk(node.body, inner)
            return
        if isinstance(node, tree.Script):
            try:
                _, indices = name_of(node, problem)
            except UnresolvedError:
                walk(node.base, bound)
                indices = tuple(node.subs)
            for index in indices:
                if isinstance(index, tree.Name) and index.text in problem.indices and index.text not in bound:
                    found[index.text] = None
            return
        for child in inside(node):
            walk(child, bound)

    walk(expr, frozenset())
    return list(found)


def _own(body: Expr, problem: Problem) -> list[str]:
    return [name for name in free_indices(body, problem) if name not in problem.index_sizes]


def used(expr: Expr, problem: Problem) -> dict[str, int]:
    """The names with their labels, and the most indices with which each occurs."""
    found: dict[str, int] = {}

    def walk(node: Any) -> None:
        if isinstance(node, (tree.Name, tree.Script)):
            try:
                key, indices = name_of(node, problem)
            except UnresolvedError:
                key, indices = "", ()
            if key:
                found[key] = max(found.get(key, 0), len(indices))
                if isinstance(node, tree.Script) and node.sup is not None and not isinstance(node.sup, tree.Fence):
                    walk(node.sup)
                return
        for child in inside(node):
            walk(child)

    walk(expr)
    return found


def is_array_notation(expr: Any) -> bool:
    """Whether something is transposed, bold, normed, traced: then plain letters may be vectors and matrices."""
    for part in parts(expr):
        if isinstance(part, tree.Transpose) or (isinstance(part, tree.Name) and part.bold):
            return True
        if isinstance(part, tree.Product) and part.mark in (r"\odot", r"\otimes"):
            return True
        if isinstance(part, tree.Fence) and part.kind == "‖‖":
            return True
        if (
            isinstance(part, tree.Call)
            and isinstance(part.function, tree.Name)
            and part.function.text in ("tr", "det", "diag", "softmax")
        ):
            return True
    return False
