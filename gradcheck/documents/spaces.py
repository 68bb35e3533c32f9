r"""Which ranks a document gives its names: by saying ``X \in \mathbb{R}^n``, and by how many indices they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.documents.sorting import Sorted, stands_for
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.evaluate import INDEX_LETTERS
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement


def ranks_of(found: Sequence[Sorted], scope: Sequence[Statement]) -> Iterator[dict[str, int]]:
    """The ranks of the names in `scope`: as declared, indexed and set in bold; then as declared alone, if that differs.

    What a formula leaves open stays open, and the judge of a formula tries every rank that fits.
    """
    declared = declared_ranks(found)
    first = {**bold_ranks(scope), **indexed_ranks(scope), **declared}
    yield first
    if first != declared:
        yield declared


def declared_ranks(found: Sequence[Sorted]) -> dict[str, int]:
    """The ranks of names that are said, in one way only, to lie in a space."""
    seen: dict[str, set[int]] = {}
    for one in found:
        for piece in one.pieces:
            members, marks = piece.statement.members, piece.statement.marks
            for mark, left, right in zip(marks, members, members[1:], strict=False):
                if mark == "∈" and (rank := _rank(right)) is not None and stands_for(left):
                    seen.setdefault(stands_for(left), set()).add(rank)
    return {name: ranks.pop() for name, ranks in seen.items() if len(ranks) == 1}


def indexed_ranks(scope: Sequence[Statement]) -> dict[str, int]:
    """The ranks of names that carry the same number of indices wherever they carry any, in all of `scope`."""
    everything = tuple(scope)
    letters = set(INDEX_LETTERS)
    for part in parts(everything):
        if isinstance(part, tree.Big):
            letters.update(part.indices)
    counts: dict[str, set[int]] = {}
    for part in parts(everything):
        if not isinstance(part, tree.Script) or not isinstance(part.base, tree.Name) or not part.subs:
            continue
        if all(isinstance(sub, tree.Name) and sub.text in letters for sub in part.subs):
            counts.setdefault(part.base.text, set()).add(len(part.subs))
    return {name: found.pop() for name, found in counts.items() if len(found) == 1}


def normalized(found: Sequence[Sorted], claim: Statement, definitions: Sequence[Statement]) -> frozenset[str]:
    """The names that the document says to sum to 1, of those that are free in the claim."""
    taken = {stands_for(one.members[0]) for one in definitions}
    if (derivative := as_derivative(claim.members[0])) is not None:
        taken.update(stands_for(expr) for expr in derivative.wrt)
    return summing_to_one(found) - taken


def summing_to_one(found: Sequence[Sorted]) -> frozenset[str]:
    r"""The names that a document says to sum to 1, as ``\sum_i t_i = 1``."""
    said: set[str] = set()
    for one in found:
        for piece in one.pieces:
            members, marks = piece.statement.members, piece.statement.marks
            if members[-1] == tree.Number("1") and len(members) > 1 and set(marks) == {"="}:
                for member in members[:-1]:
                    if isinstance(member, tree.Big) and member.kind == "sum" and stands_for(member.body):
                        said.add(stands_for(member.body))
    return frozenset(said)


def bold_ranks(scope: Sequence[Statement]) -> dict[str, int]:
    """Small letters that are always set in bold, and never indexed, are vectors."""
    everything = tuple(scope)
    bold: dict[str, set[bool]] = {}
    for part in parts(everything):
        if isinstance(part, tree.Name):
            bold.setdefault(part.text, set()).add(part.bold)
    indexed = {stands_for(part) for part in parts(everything) if isinstance(part, tree.Script) and part.subs}
    return {name: 1 for name, found in bold.items() if found == {True} and name.islower() and name not in indexed}


def _rank(space: Expr) -> int | None:
    r"""The rank of what lies in ``\mathbb{R}^{n \times m}``."""
    if isinstance(space, tree.Name) and space.text == "R":
        return 0
    if isinstance(space, tree.Power):
        base, size = space.base, space.exponent
    elif isinstance(space, tree.Script) and space.sup is not None and not space.subs:
        base, size = space.base, space.sup
    else:
        return None
    if base != tree.Name("R"):
        return None
    sizes = 1
    while isinstance(size, tree.Product) and size.mark == r"\times":
        sizes += 1
        size = size.left
    return sizes
