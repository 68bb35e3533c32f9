r"""The smallest changes of a line that may make it right: a sign, an index, a function, a factor, a sum.

Every change is one edit of the tree of the formula. What it may put in comes from the line before and from what people
mistake for each other. A change is tried in floats at two points first; what passes is for the oracles to judge.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gradcheck.claim import Claim
from gradcheck.expressions import Point
from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.names import parts, substituted
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset

if TYPE_CHECKING:
    from gradcheck.derivations.judging import Asked

Array = np.ndarray[Any, np.dtype[Any]]

MOST = 600  # changes that are tried
FEWER = 60  # where each has to be differentiated to be tried
MOST_DERIVATIVES = 4
FEW = 3  # changes that are handed to the oracles
_LARGE = 40  # nodes of a part of the line before that is put in
_ALIKE = (
    (r"\sin", r"\cos", r"\tan", "sin", "cos", "tan"),
    (r"\sinh", r"\cosh", r"\tanh", "sinh", "cosh", "tanh"),
    ("exp", "log", r"\exp", r"\log", r"\ln"),
)

Edit = tuple[Expr, str]


@dataclass(frozen=True)
class Repair:
    """A changed line that is right in floats: its tree, its function, and the change in words."""

    expr: Expr
    function: Callable[..., Any]
    told: str


def repairs(asked: Asked, truth: Claim, number: int) -> Iterator[Repair]:
    """Changes of a line, by number from 0, that have the true value at two points, the smallest first."""
    read = asked.derivation.read
    after, before = read.lines[number], read.lines[number - 1] if number else None
    inside = sum(isinstance(part, tree.Derivative) for part in parts(after))
    if after is None or inside > MOST_DERIVATIVES or (function := read.function(number)) is None:
        return
    most = FEWER if inside else MOST
    points, values = _true(asked, truth)
    (reading,) = truth.readings
    try:
        printed = function(after)
    except UnresolvedError:
        return
    as_read = [_floats(reading.claimed, asked.claim, point) for point in points]
    if not points or not all(_equal(printed, asked.claim, *pair) for pair in zip(points, as_read, strict=True)):
        return  # what is printed is not what stands beside it, so its changes say nothing
    seen: set[Expr] = {after}
    found = 0
    for expr, told in itertools.islice(_unseen(edits(after, before), seen), most):
        try:
            made = function(expr)
        except UnresolvedError:  # a change may make no sense at all
            continue
        if all(_equal(made, asked.claim, point, value) for point, value in zip(points, values, strict=True)):
            yield Repair(expr, made, told)
            found += 1
            if found == FEW:
                return


def _unseen(made: Iterator[Edit], seen: set[Expr]) -> Iterator[Edit]:
    for expr, told in made:
        if expr not in seen:
            seen.add(expr)
            yield expr, told


def _true(asked: Asked, truth: Claim) -> tuple[list[Point], list[Array]]:
    """Two points of the domain, and the true values there."""
    from gradcheck.derivations.sample import evaluated

    chosen = asked.derivation.made(truth, asked.derivation.stated)
    if not chosen or chosen[0].generics:
        return [], []
    case = chosen[0]
    points, values = [], []
    for point in case.points(asked.seed, 2, 0):
        value = evaluated(case.truth(), point)
        if value is None:
            return [], []
        array = np.asarray(value, dtype=np.float64)
        if truth.kind == "derivative":
            array = np.diagonal(array).reshape(np.shape(point[str(truth.wrt)]))
        points.append(point)
        values.append(array)
    return points[:2], values[:2]


def _equal(made: Callable[..., Any], claim: Claim, point: Point, true: Array) -> bool:
    try:
        value = _floats(made, claim, point)
    except Exception:  # noqa: BLE001 - a change may make no sense at all, and is then no repair
        return False
    return value.shape == true.shape and bool(np.allclose(value, true, rtol=1e-4, atol=1e-6))


def _floats(made: Callable[..., Any], claim: Claim, point: Point) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(made(*(np.asarray(point[name], dtype=np.float64) for name in claim.inputs)))


def edits(after: Expr, before: Expr | None) -> Iterator[Edit]:
    """Every change of one place, those first that people make most easily."""
    lines = [after] if before is None else [before, after]
    donors = _donors(before) if before is not None else []
    indices = list(dict.fromkeys(sub for line in lines for part in parts(line) for sub in _subs(part)))
    bound = list(dict.fromkeys(name for line in lines for part in parts(line) for name in _bound(part)))
    called = list(dict.fromkeys(part.function for line in lines for part in parts(line) if isinstance(part, tree.Call)))
    kinds: tuple[Callable[[Expr], Iterator[Edit]], ...] = (
        _signs,
        _minus,
        lambda node: _indices(node, indices),
        lambda node: _functions(node, called),
        _numbers,
        lambda node: _sums(node, indices, bound),
        lambda node: _factors(node, donors),
        lambda node: _replaced(node, donors),
        _dropped,
        _transposed,
        lambda node: _terms(node, donors),
    )
    for kind in kinds:
        yield from _everywhere(after, kind)


def _everywhere(node: Any, change: Callable[[Expr], Iterator[Edit]]) -> Iterator[tuple[Any, str]]:
    """A change tried at every place of an expression, from the outside in."""
    if isinstance(node, tuple):
        for number, child in enumerate(node):
            for made, told in _everywhere(child, change):
                yield (*node[:number], made, *node[number + 1 :]), told
        return
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return
    yield from change(cast("Expr", node))  # every node is an expression
    if isinstance(node, tree.Derivative):
        return
    for one in dataclasses.fields(node):
        value = getattr(node, one.name)
        if one.compare and (isinstance(value, tuple) or dataclasses.is_dataclass(value)):
            if isinstance(node, tree.Script) and one.name in ("subs", "sup"):
                continue  # an index is changed with the name that has it
            for made, told in _everywhere(value, change):
                yield dataclasses.replace(node, **{one.name: made}), told


def _signs(node: Expr) -> Iterator[Edit]:
    if isinstance(node, tree.Sum):
        for number, (sign, term) in enumerate(node.terms):
            terms = (*node.terms[:number], (-sign, term), *node.terms[number + 1 :])
            now, was = ("+", "-") if sign < 0 else ("-", "+")
            yield (
                dataclasses.replace(node, terms=terms),
                rf"\({now}\) in place of \({was}\) before \({typeset(term)}\)",
            )
        if len(node.terms) > 1:
            turned = sorted(((-sign, term) for sign, term in node.terms), key=lambda pair: -pair[0])
            yield dataclasses.replace(node, terms=tuple(turned)), rf"the opposite sign of \({typeset(node)}\)"


def _minus(node: Expr) -> Iterator[Edit]:
    if not isinstance(node, tree.Sum):
        yield tree.Sum(((-1, node),)), rf"a minus sign before \({typeset(node)}\)"


def _indices(node: Expr, indices: Sequence[Expr]) -> Iterator[Edit]:
    if isinstance(node, tree.Script):
        for number, sub in enumerate(node.subs):
            for index in indices:
                if index != sub:
                    made = dataclasses.replace(node, subs=(*node.subs[:number], index, *node.subs[number + 1 :]))
                    yield made, rf"\({typeset(made)}\) in place of \({typeset(node)}\)"


def _functions(node: Expr, called: Sequence[Expr]) -> Iterator[Edit]:
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        name = node.function.text
        alike = [tree.Name(other) for group in _ALIKE if name in group for other in group]
        for function in dict.fromkeys([*called, *alike]):
            if function != node.function:
                made = dataclasses.replace(node, function=function)
                yield made, rf"\({typeset(made)}\) in place of \({typeset(node)}\)"


def _numbers(node: Expr) -> Iterator[Edit]:
    if isinstance(node, tree.Number) and node.text.isdigit():
        for other in dict.fromkeys((int(node.text) + 1, int(node.text) - 1, 2, 1)):
            if other >= 0 and str(other) != node.text:
                yield tree.Number(str(other)), rf"\({other}\) in place of \({node.text}\)"
    if isinstance(node, tree.Power) and isinstance(node.exponent, tree.Number):
        yield node.base, rf"\({typeset(node.base)}\) in place of \({typeset(node)}\)"
    if isinstance(node, (tree.Name, tree.Script, tree.Call, tree.Fence)):
        squared = tree.Power(node, tree.Number("2"))
        yield squared, rf"\({typeset(squared)}\) in place of \({typeset(node)}\)"


def _sums(node: Expr, indices: Sequence[Expr], bound: Sequence[str]) -> Iterator[Edit]:
    """A sum over an index that stands free in the node, under a name that sums have in the lines, or its own."""
    if isinstance(node, (tree.Number, tree.Name, tree.Big)):
        return
    inside = {index.text for part in parts(node) for index in _subs(part) if isinstance(index, tree.Name)}
    for index in indices:
        if not isinstance(index, tree.Name) or index.text not in inside:
            continue
        for name in dict.fromkeys((*bound, index.text)):
            renamed = substituted(node, index, tree.Name(name)) if name != index.text else node
            made = tree.Big(
                "sum", (name,), None, None, tree.Fence("()", renamed) if isinstance(node, tree.Sum) else renamed
            )
            yield made, rf"\({typeset(made)}\) in place of \({typeset(node)}\)"


def _factors(node: Expr, donors: Sequence[Expr]) -> Iterator[Edit]:
    """A factor that is missing: from the line before, or a small number."""
    if isinstance(node, (tree.Number, tree.Relation)):
        return
    for factor in [*donors, tree.Number("2")]:
        yield _times(factor, node), rf"the factor \({typeset(factor)}\) before \({typeset(node)}\)"
    half = tree.Quotient(tree.Number("1"), tree.Number("2"))
    yield _times(half, node), rf"the factor \(\frac{{1}}{{2}}\) before \({typeset(node)}\)"


def _replaced(node: Expr, donors: Sequence[Expr]) -> Iterator[Edit]:
    for donor in donors:
        if donor != node:
            yield _closed(donor), rf"\({typeset(donor)}\) in place of \({typeset(node)}\)"


def _dropped(node: Expr) -> Iterator[Edit]:
    if isinstance(node, tree.Product):
        yield node.left, rf"without the factor \({typeset(node.right)}\)"
        yield node.right, rf"without the factor \({typeset(node.left)}\)"
    if isinstance(node, tree.Sum) and len(node.terms) > 1:
        for number, (_, term) in enumerate(node.terms):
            terms = (*node.terms[:number], *node.terms[number + 1 :])
            yield dataclasses.replace(node, terms=terms), rf"without the term \({typeset(term)}\)"
    if isinstance(node, tree.Big):
        yield node.body, "without the sum"


def _transposed(node: Expr) -> Iterator[Edit]:
    if isinstance(node, tree.Transpose):
        yield node.base, rf"\({typeset(node.base)}\) in place of \({typeset(node)}\)"
    elif isinstance(node, (tree.Name, tree.Script, tree.Fence)):
        made = tree.Transpose(node)
        yield made, rf"\({typeset(made)}\) in place of \({typeset(node)}\)"
    if isinstance(node, tree.Product):
        yield dataclasses.replace(node, left=node.right, right=node.left), "the factors in the other order"


def _terms(node: Expr, donors: Sequence[Expr]) -> Iterator[Edit]:
    """A term that is missing."""
    terms = node.terms if isinstance(node, tree.Sum) else ((1, node),)
    for donor in [*donors, tree.Number("1")]:
        for sign in (1, -1):
            made = tree.Sum((*terms, (sign, donor)))
            yield made, rf"the term \({'+' if sign > 0 else '-'} {typeset(donor)}\)"


def _donors(before: Expr) -> list[Expr]:
    """The parts of the line before that a line may lack."""
    found: dict[Expr, None] = {}
    for part in parts(before):
        if isinstance(part, (tuple, tree.Relation, tree.Number, tree.Dots)) or not dataclasses.is_dataclass(part):
            continue
        if part != before and sum(1 for _ in parts(part)) <= _LARGE:
            found[part] = None  # type: ignore[index] # every node is an expression
    return list(found)


def _subs(part: Any) -> tuple[Expr, ...]:
    return part.subs if isinstance(part, tree.Script) else ()


def _bound(part: Any) -> tuple[str, ...]:
    return part.indices if isinstance(part, tree.Big) else ()


def _times(factor: Expr, node: Expr) -> Expr:
    return tree.Product("", _closed(factor), _closed(node))


def _closed(node: Expr) -> Expr:
    return tree.Fence("()", node) if isinstance(node, tree.Sum) else node
