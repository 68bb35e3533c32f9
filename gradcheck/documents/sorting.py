"""What each formula of a document is there for: it defines, claims a derivative, derives, equates, or does none of it.

Sorting looks at the formula's own form, and at the names that the document defines as derivatives: once ``δ = ∂L/∂z`` is
said anywhere, ``δ = …`` is a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from gradcheck.documents.model import Document, Formula, Place
from gradcheck.documents.names import Names, names_of
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.names import parts
from gradcheck.latex.tree import Expr, Statement

Role = Literal["claim", "derivation", "definition", "identity", "other", "unreadable"]
_STYLED = re.compile(r"\\(?:text|operatorname|mathrm|mathit|textrm)\{([^{}]*)\}")
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a formula and its role, with the reason where it is *other*. ``left`` is the derivative claimed."""

    statement: Statement
    role: Role
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A formula, or a row of one, that could not be read: where the token to blame stands, and why."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """A formula with its pieces. ``role`` is that of its most telling piece; ``number`` counts formulas from 0."""

    number: int
    formula: Formula
    role: Role
    pieces: tuple[Piece, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def sort(document: Document, names: Names | None = None) -> list[Sorted]:
    """Every formula of a document with its role, in order."""
    names = names_of(document) if names is None else names
    read = [names.read(formula.latex) for formula in document.formulas]
    everything = tuple(statement for made in read for statement in made.statements)
    stand_ins = frozenset(_stand_ins(everything)) | _functions(everything)
    found = []
    for number, (formula, made) in enumerate(zip(document.formulas, read, strict=True)):
        pieces = tuple(_sorted(statement, stand_ins) for statement in made.statements)
        unreadable = tuple(Unreadable(formula.place_of(part.offset), part.reason) for part in made.unread)
        role: Role = min((piece.role for piece in pieces), key=ROLES.index) if pieces else "unreadable"
        if unreadable and role == "other":
            role = "unreadable"
        found.append(Sorted(number, formula, role, pieces, unreadable))
    return found


def jacobian_of(expr: Expr) -> tuple[Expr | None, tuple[Expr, ...]] | None:
    """The function and the indices of ``J``, ``J_{i,j}`` or ``J_f``; None for anything else."""
    if expr == tree.Name("J"):
        return None, ()
    if not isinstance(expr, tree.Script) or expr.base != tree.Name("J") or expr.sup is not None:
        return None
    if len(expr.subs) == 2:
        return None, expr.subs
    return (expr.subs[0], ()) if len(expr.subs) == 1 else None


def chained(expr: Expr) -> tuple[tree.Derivative, Expr] | None:
    """``∂L/∂y J_f``: the derivative and the Jacobian that it is multiplied by."""
    if isinstance(expr, tree.Product) and jacobian_of(expr.right) is not None:
        made = as_derivative(_inside(expr.left))
        if made is not None:
            return made, expr.right
    return None


def stands_for(expr: Expr) -> str:
    """How a name is recognised again: without its indices and labels; empty for what is no name."""
    while isinstance(expr, (tree.Script, tree.Fence)):
        expr = expr.base if isinstance(expr, tree.Script) else expr.body
    if not isinstance(expr, tree.Name):
        return ""
    styled = _STYLED.fullmatch(expr.text)
    return styled[1].strip() if styled else expr.text


def _stand_ins(statements: Iterable[Statement]) -> Iterable[str]:
    """Names that are said to be a derivative."""
    for statement in statements:
        first = statement.members[0]
        if statement.continued or len(statement.members) < 2 or statement.marks[0] not in ("=", "≡"):
            continue
        named = isinstance(first, (tree.Name, tree.Script)) and stands_for(first) != ""
        if named and as_derivative(_inside(statement.members[1])) is not None:
            yield stands_for(first)


def _functions(statements: tuple[Statement, ...]) -> frozenset[str]:
    """``"= J"`` where J is differentiated somewhere: a function then, and no Jacobian."""
    differentiated = {stands_for(_called(part.body)) for part in parts(statements) if isinstance(part, tree.Derivative)}
    return frozenset(["= J"] if "J" in differentiated else [])


def _called(body: Expr | None) -> Expr:
    return body.function if isinstance(body, tree.Call) else body if body is not None else tree.Number("0")


def _sorted(statement: Statement, stand_ins: frozenset[str]) -> Piece:
    left, marks = statement.members[0], statement.marks
    values = _values(statement)
    derives = _derives(left) and not ("= J" in stand_ins and stands_for(_called(left)) == "J")
    if statement.continued:
        return Piece(statement, "other", "what stands left of its first sign is missing")
    if len(statement.members) < 2:
        return Piece(statement, "other", "it says nothing of its own: there is no equals sign")
    if marks[0] not in ("=", "≈"):
        return Piece(statement, "other", f"it is a relation by {marks[0]}, no equation")
    if any(isinstance(part, tree.Dots) for part in parts(statement.members)) and derives:
        return Piece(statement, "other", "an ellipsis leaves out a part of what is claimed")
    if derives:
        if not values:
            return Piece(statement, "other", "the derivative is set to 0, which is a condition and no claim")
        return Piece(statement, "derivation" if len(values) > 1 else "claim")
    if isinstance(left, (tree.Name, tree.Script)):
        second = as_derivative(_inside(statement.members[1])) is not None
        if second and len(values) > 1:
            return Piece(statement, "derivation")
        if second:
            return Piece(statement, "definition")
        if stands_for(left) in stand_ins:
            return Piece(statement, "derivation" if len(values) > 1 else "claim")
    if _updates(statement):
        return Piece(statement, "other", "it is a rule for the next value, which mentions the derivative")
    return Piece(statement, "definition" if _defines(left) else "identity")


def _derives(left: Expr) -> bool:
    return (
        as_derivative(_inside(left)) is not None
        or chained(left) is not None
        or (jacobian_of(left) is not None)
        or _applied_jacobian(left)
    )


def _applied_jacobian(left: Expr) -> bool:
    return isinstance(left, tree.Call) and jacobian_of(left.function) is not None


def _values(statement: Statement) -> Sequence[Expr]:
    """The members that are said to equal the first: up to the first sign that is no equality, without a last 0."""
    equal = 1
    while equal <= len(statement.marks) and statement.marks[equal - 1] in ("=", "≈", "≡"):
        equal += 1
    values = statement.members[1:equal]
    return values[:-1] if values and values[-1] == tree.Number("0") else values


def _defines(left: Expr) -> bool:
    """Whether an equation with this left side says what a name or a function is."""
    if isinstance(left, tree.Script):
        return _defines(left.base)
    if isinstance(left, tree.Name):
        return True
    if isinstance(left, tree.Call):
        return isinstance(left.function, (tree.Name, tree.Script)) and not any(
            isinstance(part, (tree.Sum, tree.Product, tree.Quotient)) for part in parts(left.arguments)
        )
    return word(left) != ""


def word(left: Expr) -> str:
    """A name that is printed as a product of capitals, as ``MSE``; empty for anything else."""
    letters: list[str] = []
    while isinstance(left, tree.Product) and left.mark == "" and isinstance(left.right, tree.Name):
        letters.append(left.right.text)
        left = left.left
    if isinstance(left, tree.Name) and len(letters) >= 2:
        letters.append(left.text)
        if all(len(letter) == 1 and letter.isupper() for letter in letters):
            return "".join(reversed(letters))
    return ""


def _updates(statement: Statement) -> bool:
    """``W^{k+1} = W^k - α ∇L``: a name set to something that mentions both the name and a derivative."""
    left = statement.members[0]
    inside = list(parts(statement.members[1:]))
    if not any(isinstance(part, tree.Derivative) for part in inside):
        return False
    name = left.base if isinstance(left, (tree.Script, tree.Power)) else left
    return name in inside or any(isinstance(part, tree.Name) and part.text in (r"\eta", r"\alpha") for part in inside)


def _inside(expr: Expr) -> Expr:
    return _inside(expr.body) if isinstance(expr, tree.Fence) and expr.kind in ("()", "[]") else expr
