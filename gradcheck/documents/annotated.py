"""A sorted document with what annotations say of it: definitions that it leaves out, and formulas that are derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.claim import Record
from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.model import Document
from gradcheck.documents.names import Names, names_of
from gradcheck.documents.quotes import Bound
from gradcheck.documents.sorting import Piece, Sorted, sort
from gradcheck.formulas.notation import Notation, Wanted
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.definitions import functions_in
from gradcheck.latex.evaluate import is_name
from gradcheck.latex.tree import Expr, Statement


@dataclass(frozen=True)
class Annotated:
    """What a document's names mean, its sorted formulas, what is said of each, and what of that could not be obeyed."""

    names: Names
    found: tuple[Sorted, ...]
    bound: Bound
    errors: tuple[AnnotationError, ...] = ()

    def notation(self, number: int, ranks: dict[str, int]) -> Notation:
        """What is declared for a formula, beside the ranks that are inferred."""
        annotation = self.bound.of(number)
        return Notation(ranks) if annotation is None else replace(annotation.apply("").notation, ranks=ranks, macros="")

    def ignored(self, number: int) -> str:
        """Why a formula is not to be judged; empty where it is."""
        annotation = self.bound.of(number)
        return annotation.ignore if annotation is not None else ""

    def recorded(self, number: int) -> Record | None:
        """The verdict on record for a formula."""
        annotation = self.bound.of(number)
        return annotation.verdict if annotation is not None else None

    def name(self, number: int) -> str:
        """What the claim of a formula is called; empty where nothing is said."""
        annotation = self.bound.of(number)
        return annotation.name if annotation is not None else ""


def annotated(document: Document, bound: Bound) -> Annotated:
    """Sort a document with what is said of it. What cannot be read of an annotation is an error, and left out."""
    said = {number: own for number in range(len(document.formulas)) if (own := bound.of(number)) is not None}
    macros = "".join(dict.fromkeys(own.macros for own in said.values() if own.macros))
    document = replace(document, macros=document.macros + macros)
    names = names_of(document)
    texts = [
        text for own in said.values() for text in (*own.where, own.derivative.of if own.derivative else "") if text
    ]
    names = replace(names, functions=names.functions | functions_in(*texts)) if texts else names
    found = sort(document, names)
    errors: dict[str, AnnotationError] = {}
    for number, own in said.items():
        try:
            found[number] = _with(found[number], own, names)
        except AnnotationError as error:
            errors.setdefault(str(error), error)
    return Annotated(names, tuple(found), bound, tuple(errors.values()))


def _with(one: Sorted, own: Annotation, names: Names) -> Sorted:
    """A formula with the definitions that are given for it, and as the derivative that it is said to be."""
    definitions = tuple(Piece(statement, "definition") for text in own.where for statement in _read(text, own, names))
    pieces = one.pieces
    if own.derivative is not None:
        if not pieces:
            return one
        pieces = tuple(_derivatives(pieces, own.derivative, own, names))
        role = "derivation" if any(piece.role == "derivation" for piece in pieces) else "claim"
        return replace(one, pieces=(*definitions, *pieces), role=role)  # type: ignore[arg-type]
    return replace(one, pieces=(*definitions, *pieces))


def _derivatives(pieces: Sequence[Piece], wanted: Wanted, own: Annotation, names: Names) -> Iterator[Piece]:
    """The pieces with the left side that is declared; a name that stands there is one for the derivative."""
    by = _expression(wanted.by, own, names)
    of = _expression(wanted.of, own, names) if wanted.of else None
    printed = [piece for piece in pieces if not piece.statement.continued and _printed(piece.statement) is not None]
    for piece in pieces:
        statement = piece.statement
        left, values = statement.members[0], statement.members[1:]
        if printed and piece not in printed:
            yield piece
            continue
        derivative = _printed(statement)
        body = of if of is not None else derivative.body if derivative is not None else None
        if body is None:
            what = f"the formula does not say of what it is the derivative by {wanted.by}; say 'f by {wanted.by}'"
            raise AnnotationError(own.path, own.place, what)
        if not printed and (left == body or (isinstance(left, tree.Call) and left.function == body)):
            yield piece
            continue
        named = (
            bool(values) and not statement.continued and (is_name(left) or isinstance(left, (tree.Call, tree.Prime)))
        )
        if derivative is None and not named:
            values = statement.members
        made = tree.Derivative("d", body, (by,) * wanted.order, wanted.order)
        marks = statement.marks if derivative is not None or named or statement.continued else ("=", *statement.marks)
        yield Piece(
            replace(statement, members=(made, *values), marks=marks, continued=False),
            "derivation" if len(values) > 1 else "claim",
        )
        if derivative is None and named and is_name(left):
            yield Piece(replace(statement, members=(left, made), marks=("=",)), "definition")


def _printed(statement: Statement) -> tree.Derivative | None:
    left = statement.members[0]
    if len(statement.members) < 2:
        return None
    return tree.Derivative("d", left.base, (), left.order) if isinstance(left, tree.Prime) else as_derivative(left)


def _read(text: str, own: Annotation, names: Names) -> Sequence[Statement]:
    made = names.read(text)
    if made.unread or not made.statements:
        why = made.unread[0].reason if made.unread else "it says nothing"
        raise AnnotationError(own.path, own.place, f"'{text}' could not be read: {why}")
    return made.statements


def _expression(text: str, own: Annotation, names: Names) -> Expr:
    statements = _read(text, own, names)
    if len(statements) != 1 or len(statements[0].members) != 1:
        raise AnnotationError(own.path, own.place, f"'{text}' is not one expression")
    return statements[0].members[0]
