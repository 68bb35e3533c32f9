"""All that is known about names before anything is evaluated, and how a scripted name is taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size

INDEX_LETTERS = frozenset("ijklmn")


@dataclass
class Definition:
    """What a name stands for: arguments of a function, indices of an array, the expression."""

    body: Expr
    parameters: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()


@dataclass
class Problem:
    """All that is known before anything is evaluated: definitions, ranks of inputs, sizes, words that were said."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    indices: frozenset[str] = INDEX_LETTERS
    ranks: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    index_sizes: dict[str, Size] = field(default_factory=dict)
    size_names: dict[str, Size] = field(default_factory=dict)
    symmetric: frozenset[str] = frozenset()
    diagonal: frozenset[str] = frozenset()
    samples: Size = field(default_factory=Size)
    sampled: set[str] = field(default_factory=set)
    fixed: frozenset[str] = frozenset()
    generic: dict[str, int] = field(default_factory=dict)
    inner_dot: bool = True
    sums: dict[int, tuple[Size, ...]] = field(default_factory=dict)
    opened: dict[int, tree.Big] = field(default_factory=dict)
    normalized: frozenset[str] = frozenset()
    entries: dict[str, str] = field(default_factory=dict)
    constants: dict[int, Size] = field(default_factory=dict)
    shapes: dict[str, tuple[Size, ...]] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    stretched: int = 0
    inverted: bool = False


def name_of(expr: Expr, problem: Problem) -> tuple[str, tuple[Expr, ...]]:
    """The name with its labels, and the indices, of a possibly scripted name.

    Raises:
        UnresolvedError: it is not a name.
    """
    if isinstance(expr, tree.Name):
        return expr.text, ()
    if isinstance(expr, tree.Fence) and expr.kind == "()":
        return name_of(expr.body, problem)
    if not isinstance(expr, tree.Script) or not isinstance(expr.base, (tree.Name, tree.Script)):
        raise UnresolvedError("a name is expected")
    key, found = name_of(expr.base, problem)
    key = problem.entries.get(key, key)
    indices = list(found)
    labels: list[str] = []
    single = [sub for sub in expr.subs if isinstance(sub, tree.Name) and len(sub.text) == 1]
    for sub in expr.subs:
        if (
            isinstance(sub, tree.Name) and sub.text in problem.indices and not (labels and len(single) < len(expr.subs))
        ) or (isinstance(sub, tree.Number) and key in problem.ranks and problem.ranks[key] > 0):
            indices.append(sub)
        elif isinstance(sub, tree.Script) and isinstance(sub.base, tree.Name) and len(sub.subs) == 1:
            inner = sub.subs[0]
            if isinstance(inner, tree.Name) and inner.text in problem.indices:
                labels.append(sub.base.text)
                indices.append(inner)
            else:
                labels.append(plain(sub))
        else:
            labels.append(plain(sub))
    if labels:
        key += "_{" + ",".join(labels) + "}"
    if expr.sup is not None:
        inner = expr.sup.body if isinstance(expr.sup, tree.Fence) else expr.sup
        if (
            isinstance(inner, tree.Name)
            and inner.text in problem.index_sizes
            and inner.text in problem.indices
            and inner.text in problem.fixed
        ):
            indices.append(inner)
        else:
            key += "^{" + plain(expr.sup) + "}"
    return key, tuple(indices)


def plain(expr: Expr) -> str:
    """An expression as a label."""
    from gradcheck.latex.typeset import typeset

    return typeset(expr)


def is_name(expr: Expr) -> bool:
    """Whether an expression is a name, with or without scripts."""
    while isinstance(expr, tree.Script):
        expr = expr.base
    return isinstance(expr, tree.Name)
