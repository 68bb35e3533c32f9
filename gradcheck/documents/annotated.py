"""A sorted document with what annotations say of it: definitions that it leaves out, and formulas that are derivatives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.model import Document
from gradcheck.documents.names import Names, names_of
from gradcheck.documents.quotes import Bound
from gradcheck.documents.sorting import ROLES, Piece, Sorted, sort
from gradcheck.formulas.notation import Notation, Wanted
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.definitions import functions_in
from gradcheck.latex.evaluate import is_name
from gradcheck.latex.tree import Expr, Statement


@dataclass(frozen=True)
class Annotated:
    """What a document's names mean, its sorted formulas, what is said of each, and what of that could not be obeyed.

    ``said`` is by the number of a formula and the place of a statement in it.
    """

    names: Names
    found: tuple[Sorted, ...]
    bound: Bound
    said: dict[tuple[int, int], Annotation]
    errors: tuple[AnnotationError, ...] = ()

    def of(self, number: int, piece: Piece) -> Annotation | None:
        """What is said of one statement of a formula."""
        return self.said.get((number, piece.statement.at))

    def ignored(self, number: int) -> str:
        """Why a whole formula is not to be judged; empty where it is."""
        annotation = self.bound.formulas.get(number)
        return annotation.ignore if annotation is not None else ""


def notation_for(annotation: Annotation | None, ranks: dict[str, int]) -> Notation:
    """What is declared for a claim, beside the ranks that are inferred."""
    return Notation(ranks) if annotation is None else replace(annotation.apply("").notation, ranks=ranks, macros="")


def annotated(document: Document, bound: Bound) -> Annotated:
    """Sort a document with what is said of it. What cannot be read of an annotation is an error, and left out."""
    own = [*bound.formulas.values(), *itertools.chain.from_iterable(bound.parts.values())]
    every = own if bound.everywhere is None else [*own, bound.everywhere]
    macros = "".join(dict.fromkeys(one.macros for one in every if one.macros))
    document = replace(document, macros=document.macros + macros)
    names = names_of(document)
    texts = [text for one in every for text in (*one.where, one.derivative.of if one.derivative else "") if text]
    names = replace(names, functions=names.functions | functions_in(*texts)) if texts else names
    found = sort(document, names)
    said: dict[tuple[int, int], Annotation] = {}
    errors: dict[str, AnnotationError] = {}
    for one in tuple(found) if every else ():
        try:
            found[one.number], spoken = _with(one, bound, names)
            said.update({(one.number, at): annotation for at, annotation in spoken.items()})
        except AnnotationError as error:
            errors.setdefault(str(error), error)
    return Annotated(names, tuple(found), bound, said, tuple(errors.values()))


def _with(one: Sorted, bound: Bound, names: Names) -> tuple[Sorted, dict[int, Annotation]]:
    """A formula with the definitions that are given for it, as the derivatives that it is said to be; and what is said."""
    spans = _spans(one, names)
    spoken = [bound.of(one.number, start, end) for start, end in spans]
    pieces: list[Piece] = []
    for own, group in itertools.groupby(zip(one.pieces, spoken, strict=True), key=lambda pair: pair[1]):
        members = [piece for piece, _ in group]
        wanted = own.derivative if own is not None else None
        pieces += members if own is None or wanted is None else _derivatives(members, wanted, own, names)
    said = {piece.statement.at: own for piece, own in zip(one.pieces, spoken, strict=True) if own is not None}
    given = {text: own for own in said.values() for text in own.where}
    definitions = [Piece(made, "definition") for text, own in given.items() for made in _read(text, own, names)]
    role = min((piece.role for piece in pieces), key=ROLES.index) if pieces else one.role
    made = replace(one, pieces=(*definitions, *pieces), role=role)
    for annotation in (bound.formulas.get(one.number), *bound.parts.get(one.number, ())):
        if annotation is not None:
            start, end = annotation.span or (0, len(one.formula.latex))
            meant = {
                p.statement.at for p, span in zip(one.pieces, spans, strict=True) if span[0] < end and start < span[1]
            }
            _effective(made, [piece for piece in pieces if piece.statement.at in meant], annotation)
    return made, said


def _spans(one: Sorted, names: Names) -> list[tuple[int, int]]:
    """From where to where in the formula's LaTeX each statement reaches."""
    latex = one.formula.latex
    starts = [names.position(latex, piece.statement.at) - 1 if piece.statement.at else 0 for piece in one.pieces]
    return [
        (start, max(end, start + 1)) for start, end in itertools.zip_longest(starts, starts[1:], fillvalue=len(latex))
    ]


def _effective(one: Sorted, meant: Sequence[Piece], annotation: Annotation) -> None:
    """Raises AnnotationError where what is said changes nothing, since nothing that it speaks of is judged."""
    if not annotation.judges or any(piece.role in ("claim", "derivation") for piece in meant):
        return
    role = f"read as: {meant[0].role}" if meant else "not read"
    why = f"could not be read ({one.unreadable[0].reason})" if one.unreadable and not meant else f"is {role}"
    what = (
        f"what this speaks of, at {one.formula.place}, claims no derivative: it {why}; say what it is the derivative of, as "
        "in 'derivative: f by x', or say this of 'everywhere'"
    )
    raise AnnotationError(annotation.path, annotation.place, what)


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
