r"""Matrices that are printed entry by entry: multiplied out, so that a claim about them becomes claims about numbers.

``W^{1} = \begin{bmatrix} w_{11} & … \end{bmatrix}`` makes ``W^{1} X`` a column of sums, and ``y = W^{2} Z`` a number. A
matrix of derivatives is then compared with a product of such matrices entry by entry. A name is multiplied out only where
all of it is printed: what is not is left as it is, and the claim with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradcheck.documents.sorting import stands_for
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset

_MOST = 64
"""Entries of a matrix, beyond which nothing is multiplied out."""

Grid = tuple[tuple[Expr, ...], ...]


@dataclass
class Printed:
    """What is printed entry by entry, by name as typeset, and the definitions that are made of such names."""

    grids: dict[str, Grid] = field(default_factory=dict)
    bodies: dict[str, list[Expr]] = field(default_factory=dict)
    sources: list[Statement] = field(default_factory=list)

    def value(self, expr: Expr, depth: int = 0) -> Grid | None:
        """The entries of an expression, a number as one; None where some of it is not printed."""
        if depth > 8:
            return None
        if (grid := grid_of(expr)) is not None:
            return grid
        if isinstance(expr, tree.Fence) and expr.kind in ("()", "[]"):
            return self.value(expr.body, depth)
        if isinstance(expr, (tree.Name, tree.Script)):
            return self._name(expr, depth)
        if isinstance(expr, tree.Number):
            return ((expr,),)
        if isinstance(expr, tree.Transpose):
            inner = self.value(expr.base, depth)
            return None if inner is None else tuple(zip(*inner, strict=True))
        if isinstance(expr, tree.Product):
            return _multiplied(self.value(expr.left, depth), self.value(expr.right, depth), expr.mark)
        if isinstance(expr, tree.Sum):
            return _added([(sign, self.value(term, depth)) for sign, term in expr.terms])
        return None

    def _name(self, expr: Expr, depth: int) -> Grid | None:
        key = typeset(expr)
        if key in self.grids:
            return self.grids[key]
        for body in self.bodies.get(key, ()):
            found = self.value(body, depth + 1)
            if found is not None:
                return found
        number = isinstance(expr, tree.Script) and any(isinstance(sub, tree.Number) for sub in expr.subs)
        return ((expr,),) if number else None


def printed(definitions: Sequence[Statement]) -> Printed:
    """The names whose entries the definitions print, and those made of them."""
    found = Printed()
    chains = [statement for statement in definitions if set(statement.marks) <= {"="}]
    for statement in chains:
        left = statement.members[0]
        if isinstance(left, (tree.Name, tree.Script)):
            literal = [grid for member in statement.members[1:] if (grid := grid_of(member)) is not None]
            others = [member for member in statement.members[1:] if grid_of(member) is None]
            if literal and not (others and _own_entries(left, literal[0])):
                found.grids.setdefault(typeset(left), literal[0])
                found.sources.append(statement)
            elif others:
                found.bodies.setdefault(typeset(left), others)
    for statement in chains:
        for one in statement.members:
            for other in statement.members:
                _matched(one, other, found)
    return found


@dataclass(frozen=True)
class Step:
    """A member of a claim, and what it claims of each entry: a statement with the definitions it needs, and its place."""

    member: Expr
    parts: tuple[tuple[Statement, tuple[Statement, ...]], ...]
    places: tuple[tuple[int, int], ...]


def entry_claims(claim: Statement, known: Printed) -> list[Step]:
    """What a claim says of numbers, member by member; nothing where not all of it is printed entry by entry."""
    if not known.grids:
        return []
    for start, member in enumerate(claim.members[:-1]):
        grid = derivatives_in(member)
        if grid is None and start == 0 and (one := as_derivative(member)) is not None and len(one.wrt) == 1:
            grid = ((one,),) if isinstance(one.wrt[0], tree.Script) and one.wrt[0].subs else None
        if grid is None:
            continue
        first = as_derivative(grid[0][0])
        body = first.body if first is not None else None
        value = number(known.value(body)) if isinstance(body, (tree.Name, tree.Script)) else None
        if body is None or value is None or value == body:
            return []
        said = (Statement((body, value), ("=",)),)
        steps = []
        for other in claim.members[start + 1 :]:
            values = known.value(other) or (((other,),) if len(grid) == len(grid[0]) == 1 else None)
            if values is None or (len(values), len(values[0])) != (len(grid), len(grid[0])):
                return []
            places = [(i, j) for i in range(len(grid)) for j in range(len(grid[0]))]
            asked = tuple((Statement((grid[i][j], values[i][j]), ("=",)), said) for i, j in places)
            steps.append(Step(other, asked, tuple((i + 1, j + 1) for i, j in places)))
        return steps
    return []


def grid_of(expr: Expr) -> Grid | None:
    """The entries of a matrix or a row that is printed whole."""
    if isinstance(expr, tree.Matrix):
        rows = expr.rows
    elif isinstance(expr, tree.Listing) and expr.kind == "[]":
        rows = (expr.items,)
    else:
        return None
    if any(isinstance(part, tree.Dots) for part in parts(rows)) or len({len(row) for row in rows}) != 1:
        return None
    return rows if sum(map(len, rows)) <= _MOST else None


def number(grid: Grid | None) -> Expr | None:
    """The one entry of a 1 × 1 matrix."""
    return grid[0][0] if grid is not None and len(grid) == 1 and len(grid[0]) == 1 else None


def derivatives_in(expr: Expr) -> Grid | None:
    """A matrix of derivatives of one name."""
    grid = grid_of(expr)
    if grid is None:
        return None
    made = [as_derivative(entry) for row in grid for entry in row]
    bodies = {typeset(one.body) if one is not None and one.body is not None else "" for one in made}
    return grid if len(bodies) == 1 and "" not in bodies else None


def _own_entries(left: Expr, grid: Grid) -> bool:
    """``Z = [z_1; z_2]``: its entries under its own letter, which says nothing of where they come from."""
    name = stands_for(left).lower()
    return all(isinstance(entry, tree.Script) and stands_for(entry).lower() == name for row in grid for entry in row)


def _matched(one: Expr, other: Expr, found: Printed) -> None:
    """``[w] [x] = W X`` says that X is [x], where W is known to be [w]."""
    if not isinstance(one, tree.Product) or not isinstance(other, tree.Product):
        return
    if grid_of(one.left) is None or not isinstance(other.right, (tree.Name, tree.Script)):
        return
    right = grid_of(one.right)
    if right is not None and found.grids.get(typeset(other.left)) == grid_of(one.left):
        found.grids.setdefault(typeset(other.right), right)


def _multiplied(left: Grid | None, right: Grid | None, mark: str) -> Grid | None:
    """A product; ``⊙`` of a row and a column repeats each along the other."""
    if left is None or right is None:
        return None
    if number(left) is not None or number(right) is not None:
        one, many = (left, right) if number(left) is not None else (right, left)
        return tuple(tuple(_times(one[0][0], entry) for entry in row) for row in many)
    if mark in (r"\odot", r"\circ", "*"):
        rows, columns = max(len(left), len(right)), max(len(left[0]), len(right[0]))
        if any(len(side) not in (1, rows) or len(side[0]) not in (1, columns) for side in (left, right)):
            return None
        return tuple(tuple(_times(_at(left, i, j), _at(right, i, j)) for j in range(columns)) for i in range(rows))
    if mark not in ("", r"\cdot", r"\times") or len(left[0]) != len(right):
        return None
    return tuple(
        tuple(_sum([_times(row[k], right[k][j]) for k in range(len(right))]) for j in range(len(right[0])))
        for row in left
    )


def _added(terms: Sequence[tuple[int, Grid | None]]) -> Grid | None:
    grids = [grid for _, grid in terms if grid is not None]
    if len(grids) != len(terms) or len({(len(grid), len(grid[0])) for grid in grids}) != 1:
        return None
    return tuple(
        tuple(
            tree.Sum(tuple((sign, grid[i][j]) for (sign, _), grid in zip(terms, grids, strict=True)))
            for j in range(len(grids[0][0]))
        )
        for i in range(len(grids[0]))
    )


def _at(grid: Grid, i: int, j: int) -> Expr:
    row = grid[i if len(grid) > 1 else 0]
    return row[j if len(row) > 1 else 0]


def _times(left: Expr, right: Expr) -> Expr:
    return tree.Product("", _closed(left), _closed(right))


def _closed(expr: Expr) -> Expr:
    return tree.Fence("()", expr) if isinstance(expr, tree.Sum) else expr


def _sum(terms: Sequence[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else tree.Sum(tuple((1, term) for term in terms))
