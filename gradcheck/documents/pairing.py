"""The definitions that a claim rests on, taken from the formulas around it, the nearest first.

A name may be defined more than once in a document. What is said in the claim's own formula, table row or paragraph decides;
elsewhere every definition is plausible, and each way to choose among them is a `Candidate`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from gradcheck.documents.entries import grid_of
from gradcheck.documents.labels import label_of, shifted
from gradcheck.documents.model import Formula
from gradcheck.documents.sorting import Sorted, chained, jacobian_of, stands_for
from gradcheck.documents.trees import outermost
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.definitions import definition_of
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import Problem, name_of
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset
from gradcheck.latex.vocabulary import KNOWN

MAX_CANDIDATES = 4
"""How many ways to choose among definitions of the same name are tried; a claim with more is judged under these."""

_DEPTH = 6
_MOST = 12
_MOST_NAMES = 40
_SAME_FORMULA, _SAME_ROW, _SAME_BLOCK, _EARLIER_HERE, _LATER_HERE, _EARLIER, _LATER = range(7)
_WHERE = (
    "the same display",
    "the same row of the table",
    "the same paragraph",
    "earlier in the section",
    "later in the section",
    "earlier in the document",
    "later in the document",
)


@dataclass(frozen=True, slots=True)
class Used:
    """A definition that was taken: the statement, the number of its formula, and how near it stands (0 is nearest)."""

    statement: Statement
    number: int
    nearness: int

    @property
    def where(self) -> str:
        """How near it stands, in words."""
        return _WHERE[self.nearness]

    @property
    def decisive(self) -> bool:
        """Whether nothing else can be meant: it stands in the same formula, row or paragraph."""
        return self.nearness <= _SAME_BLOCK


@dataclass(frozen=True, slots=True)
class Candidate:
    """One choice of definitions for a claim. ``open`` names what is left undefined by choice."""

    used: tuple[Used, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The definitions alone."""
        return tuple(used.statement for used in self.used)


@dataclass(frozen=True)
class Around:
    """A document's definitions, and where each stands."""

    found: tuple[Sorted, ...]

    def definitions(self, claim: int) -> list[Used]:
        """All definitions with their nearness to formula number `claim`, the nearest first."""
        return self._near(claim, self.said)

    def of(self, base: str, claim: int) -> list[Used]:
        """The definitions of a name that can be handed on, nearest first: at most `_MOST` of them."""
        return self._near(claim, self._by_base.get(base, ()))[:_MOST]

    def functions(self, claim: int) -> list[Used]:
        """Equations that define a function entry by entry or as a whole, ``F(X)_i = …`` or ``F(X) = …``, the nearest first."""
        return self._near(claim, self._functions)

    def aliases(self, claim: int) -> list[Used]:
        """Equations that make a name a derivative, ``δ = ∂L/∂z``, the nearest first."""
        return self._near(claim, self._aliases)

    def _near(self, claim: int, said: Sequence[tuple[int, Statement]]) -> list[Used]:
        here = self.found[claim]
        made = [Used(statement, number, nearness_of(here, self.found[number])) for number, statement in said]
        return sorted(made, key=lambda used: (used.nearness, abs(used.number - claim)))

    @cached_property
    def said(self) -> list[tuple[int, Statement]]:
        """All definitions, each with the number of its formula."""
        return [
            (one.number, piece.statement)
            for one in self.found
            for piece in one.pieces
            if piece.role == "definition" or (piece.role == "derivation" and _named(piece.statement))
        ]

    @cached_property
    def printed(self) -> bool:
        """Whether some matrix is printed entry by entry as what a name stands for."""
        return any(grid_of(member) is not None for _, statement in self.said for member in statement.members)

    @cached_property
    def _by_base(self) -> dict[str, list[tuple[int, Statement]]]:
        found: dict[str, list[tuple[int, Statement]]] = {}
        for number, statement in self.said:
            if usable(statement):
                base = stands_for(_defined(statement.members[0]))
                found.setdefault(base, []).append((number, spelt_out(statement)))
        return found

    @cached_property
    def _functions(self) -> list[tuple[int, Statement]]:
        return [(number, statement) for number, statement in self.said if function_of(statement) is not None]

    @cached_property
    def _aliases(self) -> list[tuple[int, Statement]]:
        return [(number, statement) for number, statement in self.said if _named(statement)]


def nearness_of(claim: Sorted, other: Sorted) -> int:
    """How near a formula stands to a claim, from 0."""
    here, there = claim.formula, other.formula
    if claim.number == other.number:
        return _SAME_FORMULA
    if here.row is not None and here.row == there.row:
        return _SAME_ROW
    if here.block == there.block and here.row is None and not _far(here, there):
        return _SAME_BLOCK
    if here.section == there.section:
        return _EARLIER_HERE if other.number < claim.number else _LATER_HERE
    return _EARLIER if other.number < claim.number else _LATER


def definitions_for(claim: Statement, number: int, around: Around) -> list[Candidate]:
    """The choices of definitions for a claim in formula `number` of a sorted document, the likeliest first."""
    free = _free(claim)
    applied = _applied(claim) | {_subject(claim)}
    wanted = [(mention, 0) for mention in _mentions(claim)]
    choices: dict[str, list[Used]] = {}
    seen: set[Expr] = set()
    while wanted and len(choices) < _MOST_NAMES:
        mention, depth = wanted.pop(0)
        if mention in seen or key_of(mention) in free or stands_for(mention) in free:
            continue
        seen.add(mention)
        for key, uses in _matching(
            mention,
            [
                used
                for used in around.of(stands_for(mention), number)
                if not _same(used.statement, claim) and _fits(used.statement, applied)
            ],
        ):
            if key in choices:
                continue
            choices[key] = _plausible(uses)
            for used in choices[key]:
                parameters = {stands_for(part) for part in _parameters(used.statement)}
                if used is choices[key][0]:
                    free |= parameters
                applied |= _applied(used.statement)
                if depth < _DEPTH:
                    wanted += [(m, depth + 1) for m in _mentions(used.statement) if stands_for(m) not in parameters]
    return _candidates(choices, claim)


def _applied(statement: Statement) -> set[str]:
    """The names that are applied to something in a statement."""
    called = (part.function for part in parts(statement.members) if isinstance(part, tree.Call))
    return {stands_for(one.base if isinstance(one, tree.Prime) else one) for one in called}


def _fits(statement: Statement, applied: set[str]) -> bool:
    """Whether a definition is meant: that of a function A(r) says nothing of a matrix A, which is applied to nothing."""
    left = statement.members[0]
    name = stands_for(_defined(left))
    return not isinstance(left, tree.Call) or not name[:1].isupper() or name in applied


def _candidates(choices: dict[str, list[Used]], claim: Statement) -> list[Candidate]:
    """Every way to choose, the nearest of all first."""
    subject = _subject(claim)
    keys = list(choices)
    options: list[list[Used | None]] = []
    for key in keys:
        listed: list[Used | None] = list(choices[key])
        loose = stands_for(_defined(choices[key][0].statement.members[0])) == subject and _passes(claim, subject)
        if loose and choices[key][0].nearness >= _LATER_HERE:
            listed.insert(0, None)
        options.append(listed)
    found = []
    for chosen in itertools.islice(itertools.product(*options), MAX_CANDIDATES):
        used = tuple(sorted((one for one in chosen if one is not None), key=lambda one: (one.nearness, one.number)))
        left_open = tuple(key for key, one in zip(keys, chosen, strict=True) if one is None)
        found.append(Candidate(used, left_open))
    return found or [Candidate()]


def _plausible(uses: Sequence[Used]) -> list[Used]:
    """What may be meant: the nearest, and unless it decides, the others that say something else."""
    kept = [uses[0]]
    if uses[0].decisive:
        return kept
    for other in uses[1:]:
        if all(other.statement.members[1:2] != known.statement.members[1:2] for known in kept):
            kept.append(other)
    return kept[:MAX_CANDIDATES]


def usable(statement: Statement) -> bool:
    """Whether a definition can be handed on: it says what a name is, and not merely which number it happens to be."""
    made = definition_of(statement)
    if made is None or isinstance(made[2], tree.Number):
        return False
    if any(isinstance(part, tree.Dots) for part in parts(statement.members)):
        return False
    name = made[0]
    if isinstance(name, tree.Name) and name.text in KNOWN:
        return False
    try:
        name_of(name, Problem())
    except UnresolvedError:
        return False
    left = statement.members[0]
    return not isinstance(left, tree.Call) or all(isinstance(p, (tree.Name, tree.Script)) for p in left.arguments)


def function_of(statement: Statement) -> tuple[Expr, tuple[Expr, ...], tuple[Expr, ...], Expr] | None:
    """The function, its arguments, the indices of its entry and its value where a statement is ``F(X)_i = …``."""
    left = statement.members[0]
    if statement.continued or statement.marks[:1] != ("=",):
        return None
    subs: tuple[Expr, ...] = ()
    if isinstance(left, tree.Script) and left.sup is None and isinstance(left.base, (tree.Call, tree.Fence)):
        subs, left = left.subs, left.base
    if isinstance(left, tree.Fence):
        left = left.body
    if not isinstance(left, tree.Call) or as_derivative(left) is not None:
        return None
    if not isinstance(left.function, (tree.Name, tree.Script)) or jacobian_of(left.function) is not None:
        return None
    return left.function, left.arguments, subs, statement.members[1]


def key_of(left: Expr) -> str:
    """What tells two defined names apart: the name, its labels and numbers, not the letters of its indices."""
    left = _defined(left)
    if isinstance(left, tree.Script):
        subs = [typeset(sub) for sub in left.subs if not (isinstance(sub, tree.Name) and len(sub.text) == 1)]
        sup = typeset(left.sup) if left.sup is not None else ""
        return f"{key_of(left.base)}_{','.join(subs)}^{sup}"
    return typeset(left)


def _defined(left: Expr) -> Expr:
    return left.function if isinstance(left, tree.Call) else left


def _named(statement: Statement) -> bool:
    """``δ = ∂L/∂z = …`` also says what δ is."""
    return (
        isinstance(statement.members[0], (tree.Name, tree.Script)) and as_derivative(statement.members[1]) is not None
    )


def _matching(mention: Expr, same: Sequence[Used]) -> Iterator[tuple[str, list[Used]]]:
    """The definitions of what is mentioned: under its own label; else said of another layer; else without a label."""
    exact: dict[str, list[Used]] = {}
    for used in same:
        if _suits(mention, used.statement):
            exact.setdefault(key_of(used.statement.members[0]), []).append(used)
    label = label_of(mention)
    if not exact and _words(mention):
        bare = [used for used in same if isinstance(_defined(used.statement.members[0]), tree.Name)]
        exact = {key_of(bare[0].statement.members[0]): bare} if bare else {}
    if exact or label is None:
        yield from exact.items()
        return
    moved: dict[str, list[Used]] = {}
    for used in same:
        there = label_of(_defined(used.statement.members[0]))
        said = shifted(used.statement, there, label) if there is not None else used.statement
        if said is not None and (there is None or _suits(mention, said)):
            moved.setdefault(key_of(said.members[0]), []).append(replace(used, statement=said))
    yield from moved.items()


def _suits(mention: Expr, statement: Statement) -> bool:
    """Whether a definition has the label of what is mentioned, and where both have numbers as subscripts, the same ones."""
    left = _defined(statement.members[0])
    if label_of(left) != label_of(mention) or _words(left) != _words(mention):
        return False
    here, there = _numbers(mention), _numbers(left)
    return not there or here == there


def _numbers(expr: Expr) -> list[str]:
    return [sub.text for sub in expr.subs if isinstance(sub, tree.Number)] if isinstance(expr, tree.Script) else []


def _words(expr: Expr) -> list[str]:
    if not isinstance(expr, tree.Script):
        return []
    return [sub.text for sub in expr.subs if isinstance(sub, tree.Name) and len(sub.text) > 1]


def needed(claim: Statement, definitions: Sequence[Statement]) -> list[Statement]:
    """The definitions through which the claim's function depends on what it is differentiated by.

    What all others define stays free, which makes the claim more general: where it holds so, it holds.
    """
    derivative = as_derivative(claim.members[0])
    if derivative is None:
        return list(definitions)
    moving = {(stands_for(expr), label_of(expr)) for expr in derivative.wrt}
    kept: list[Statement] = []
    while True:
        more = [
            one
            for one in definitions
            if one not in kept
            and any((stands_for(m), label_of(m)) in moving for m in _mentions(replace(one, members=one.members[1:])))
        ]
        if not more:
            return [one for one in definitions if one in kept]
        for one in more:
            left = _defined(one.members[0])
            moving.add((stands_for(left), label_of(left)))
        kept += more


def _mentions(statement: Statement) -> list[Expr]:
    """The names in a statement with their scripts, in order, without bound indices and known functions."""
    bound = {index for part in parts(statement.members) if isinstance(part, tree.Big) for index in part.indices}
    found: dict[Expr, None] = {}

    def noted(node: Any) -> Any:
        if isinstance(node, tree.Script) or (isinstance(node, tree.Name) and node.text not in bound | KNOWN):
            if stands_for(node):
                found.setdefault(node)
            elif isinstance(node, tree.Script):
                outermost((node.base, node.subs), noted)
        return node

    outermost(statement.members, noted)
    return list(found)


def _free(claim: Statement) -> set[str]:
    """What a claim differentiates by: free there, whatever it is said to be elsewhere; and the arguments of its function."""
    left = claim.members[0]
    derivative = as_derivative(left)
    if derivative is None and (found := chained(left)) is not None:
        derivative = found[0]
    if derivative is None and len(claim.members) > 1:
        derivative = as_derivative(claim.members[1])
    if derivative is None:
        return set()
    free = {key_of(expr) for expr in derivative.wrt if isinstance(expr, (tree.Name, tree.Script))}
    for expr in derivative.wrt:
        if isinstance(expr, tree.Name) or (isinstance(expr, tree.Script) and expr.sup is None):
            free.add(stands_for(expr))
    return free


def _parameters(statement: Statement) -> Iterable[Expr]:
    left = statement.members[0]
    return left.arguments if isinstance(left, tree.Call) else ()


def _subject(claim: Statement) -> str:
    """The function that is differentiated."""
    derivative = as_derivative(claim.members[0])
    if derivative is None or derivative.body is None:
        return ""
    body = derivative.body
    return stands_for(body.function if isinstance(body, tree.Call) else body)


def _passes(claim: Statement, subject: str) -> bool:
    """Whether what is claimed goes on through a derivative of the same function, so that it may be any function."""
    for part in parts(claim.members[1:]):
        if isinstance(part, tree.Derivative) and part.body is not None:
            body = part.body.function if isinstance(part.body, tree.Call) else part.body
            if stands_for(body) == subject:
                return True
    return False


def _same(statement: Statement, claim: Statement) -> bool:
    return statement.at == claim.at and statement.members[0] == claim.members[0]


def spelt_out(statement: Statement) -> Statement:
    r"""A definition in a form that can be handed on.

    ``a_k = softmax(z_k) = …`` is spelt out by the next member, else as the entry of softmax(z); in ``f(z_h) = …`` the argument
    is one name.
    """
    left, value = statement.members[0], statement.members[1]
    if isinstance(left, tree.Call) and any(isinstance(argument, tree.Script) for argument in left.arguments):
        names = {
            argument: tree.Name(typeset(argument)) for argument in left.arguments if isinstance(argument, tree.Script)
        }
        return replace(statement, members=outermost(statement.members, lambda node: names.get(node, node)))
    if not isinstance(left, tree.Script) or not isinstance(value, tree.Call) or len(value.arguments) != 1:
        return statement
    argument = value.arguments[0]
    if value.function != tree.Name("softmax") or not isinstance(argument, tree.Script) or argument.subs != left.subs:
        return statement
    if len(statement.members) > 2:
        return replace(statement, members=(left, *statement.members[2:]), marks=statement.marks[1:])
    whole = argument.base if argument.sup is None else tree.Script(argument.base, (), argument.sup)
    entry = tree.Script(tree.Call(value.function, (whole,)), left.subs)
    return replace(statement, members=(left, entry))


def _far(here: Formula, there: Formula) -> bool:
    """Whether two formulas of one block stand more than a paragraph's length of lines apart."""
    return abs(here.place.line - there.place.line) > 12


def equation(statement: Statement) -> Statement:
    """A statement up to its first sign that is no equality, ``≡`` read as ``=``, without a last ``= 0``."""
    equal = 0
    while equal < len(statement.marks) and statement.marks[equal] in ("=", "≈", "≡"):
        equal += 1
    members = statement.members[: equal + 1]
    if len(members) > 2 and members[-1] == tree.Number("0"):
        members = members[:-1]
    marks = tuple("=" if mark == "≡" else mark for mark in statement.marks[: len(members) - 1])
    return replace(statement, members=members, marks=marks)
