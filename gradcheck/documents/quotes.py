"""Which formula an annotation speaks of: by line, verbatim quote and hash, so that a source that has changed is noticed."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.model import Document, Formula

HASH_LENGTH = 12
_SHOWN = 60
_DELIMITERS = (("$$", "$$"), ("$`", "`$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)"))


@dataclass(frozen=True)
class Bound:
    """Annotations by the number of the formula that each speaks of, what is said of every formula, and what went wrong.

    ``formulas`` already include what is said of every formula; ``moved`` are notes on quotes found at another line than given.
    """

    formulas: dict[int, Annotation] = field(default_factory=dict)
    everywhere: Annotation | None = None
    errors: tuple[AnnotationError, ...] = ()
    moved: tuple[str, ...] = ()

    def of(self, number: int) -> Annotation | None:
        """What is said of a formula by its number, or of all where nothing is said of it alone."""
        return self.formulas.get(number, self.everywhere)


def fingerprint(latex: str) -> str:
    """The hash of a formula: the first 12 hexadecimal digits of SHA-256 over its text, every run of blanks as one blank."""
    return hashlib.sha256(_plain(latex).encode()).hexdigest()[:HASH_LENGTH]


def bind(document: Document, annotations: Iterable[Annotation]) -> Bound:
    """Find the formula of every annotation; one that finds none, several, or a changed one is an error and binds nothing."""
    formulas: dict[int, Annotation] = {}
    everywhere: Annotation | None = None
    errors: list[AnnotationError] = []
    moved: list[str] = []
    for annotation in annotations:
        try:
            if annotation.everywhere:
                everywhere = annotation if everywhere is None else everywhere.beside(annotation)
                continue
            number, note = _found(document, annotation)
            known = formulas.get(number)
            formulas[number] = annotation if known is None else known.beside(annotation)
            if note:
                moved.append(note)
        except AnnotationError as error:
            errors.append(error)
    if everywhere is not None:
        formulas = {number: own.over(everywhere) for number, own in formulas.items()}
    return Bound(formulas, everywhere, tuple(errors), tuple(moved))


def _found(document: Document, annotation: Annotation) -> tuple[int, str]:
    """The number of the formula, and a note where it stands elsewhere than said."""
    if annotation.directive and not annotation.line and not annotation.quote and not annotation.hash:
        return _beside(document, annotation), ""
    numbers = range(len(document.formulas))
    at_line = [n for n in numbers if _spans(document.formulas[n], annotation.line)]
    quoted = _quoted(document, annotation, numbers)
    chosen = [n for n in quoted if n in at_line] if annotation.line else quoted
    note = ""
    if not chosen and annotation.line and quoted:
        chosen = quoted
        note = _moved(document, annotation, quoted) if len(quoted) == 1 else ""
    if annotation.hash and len(chosen) > 1:
        chosen = [n for n in chosen if _agrees(document.formulas[n], annotation.hash)] or chosen
    if not chosen:
        raise _refused(annotation, _missing(document, annotation, at_line))
    if len(chosen) > 1:
        raise _refused(annotation, _several(document, annotation, chosen))
    formula = document.formulas[chosen[0]]
    if annotation.hash and not _agrees(formula, annotation.hash):
        what = (
            f"the formula at {document.path}:{formula.place} has changed since this was written: its hash was "
            f"{annotation.hash} and is {fingerprint(formula.latex)} now, and it reads {_shown(formula.latex)}; "
            "look at it again, and write the new hash"
        )
        raise _refused(annotation, what)
    return chosen[0], note


def _beside(document: Document, annotation: Annotation) -> int:
    """The formula that a directive stands in, behind on the same line, or before."""
    place = annotation.place
    for number, formula in enumerate(document.formulas):
        if formula.place <= place <= formula.end:
            return number
    before = [n for n, formula in enumerate(document.formulas) if formula.end <= place]
    after = [n for n, formula in enumerate(document.formulas) if formula.place > place]
    alone = not after or document.formulas[after[0]].place.line > place.line
    if before and alone and document.formulas[before[-1]].end.line == place.line:
        return before[-1]
    if not after:
        raise _refused(annotation, "no formula follows this directive; put it before the formula that it speaks of")
    return after[0]


def _quoted(document: Document, annotation: Annotation, numbers: Sequence[int]) -> list[int]:
    """The formulas that a quote occurs in; those that it is the whole of, where there are any."""
    if not annotation.quote:
        if not annotation.line and annotation.hash:
            return [n for n in numbers if _agrees(document.formulas[n], annotation.hash)]
        return [n for n in numbers if _spans(document.formulas[n], annotation.line)]
    wanted = _plain(_undelimited(annotation.quote))
    texts = {number: _plain(document.formulas[number].latex) for number in numbers}
    whole = [number for number, text in texts.items() if text == wanted]
    return whole or [number for number, text in texts.items() if wanted in text]


def _spans(formula: Formula, line: int) -> bool:
    return formula.place.line <= line <= formula.end.line


def _agrees(formula: Formula, given: str) -> bool:
    full = hashlib.sha256(_plain(formula.latex).encode()).hexdigest()
    return full.startswith(given)


def _plain(latex: str) -> str:
    return re.sub(r"\s+", " ", latex).strip()


def _undelimited(quote: str) -> str:
    """A quote without the delimiters around it."""
    text = quote.strip()
    for begin, end in _DELIMITERS:
        if text.startswith(begin) and text.endswith(end) and len(text) > len(begin) + len(end):
            return text[len(begin) : -len(end)]
    return text


def _refused(annotation: Annotation, what: str) -> AnnotationError:
    return AnnotationError(annotation.path, annotation.place, what)


def _moved(document: Document, annotation: Annotation, quoted: Sequence[int]) -> str:
    place = document.formulas[quoted[0]].place
    return (
        f"{annotation.path}:{annotation.place}: the formula quoted for line {annotation.line} of {document.path} "
        f"stands at line {place.line} now"
    )


def _missing(document: Document, annotation: Annotation, at_line: Sequence[int]) -> str:
    """Why no formula was found: what stands there instead."""
    if not annotation.quote:
        where = f"line {annotation.line} of {document.path}" if annotation.line else document.path
        told = f" with the hash {annotation.hash}" if annotation.hash and not annotation.line else ""
        return f"there is no formula{told} on {where}; {_nearest_line(document, annotation.line)}"
    if at_line:
        formula = document.formulas[at_line[0]]
        if annotation.hash and _agrees(formula, annotation.hash):
            return (
                f"the quote is not what stands at {document.path}:{formula.place}, which has not changed: it reads "
                f"{_shown(formula.latex)}; quote it letter by letter"
            )
        return (
            f"what stands at {document.path}:{formula.place} is not what is quoted: it reads {_shown(formula.latex)}; either "
            "it has changed or the quote was mistyped; look at it again, and quote it letter by letter"
        )
    texts = {_plain(formula.latex): formula for formula in document.formulas}
    near = difflib.get_close_matches(
        _plain(_undelimited(annotation.quote))[:500], [t for t in texts if len(t) <= 500], 1, 0.6
    )
    told = f"; the nearest one, at {texts[near[0]].place}, reads {_shown(near[0])}" if near else ""
    return f"no formula of {document.path} contains the quote {_shown(annotation.quote)}{told}"


def _nearest_line(document: Document, line: int) -> str:
    if not document.formulas:
        return "the document has no formulas"
    nearest = min(document.formulas, key=lambda formula: abs(formula.place.line - line))
    return f"the nearest one is on line {nearest.place.line}, and reads {_shown(nearest.latex)}"


def _several(document: Document, annotation: Annotation, chosen: Sequence[int]) -> str:
    places = ", ".join(str(document.formulas[number].place) for number in chosen[:6])
    more = f" and {len(chosen) - 6} more" if len(chosen) > 6 else ""
    said = "the quote fits" if annotation.quote else f"on line {annotation.line} there are"
    remedy = "quote more of it" if annotation.quote else "quote the one that is meant"
    if annotation.quote and not annotation.line:
        remedy += ", or give its line"
    return f"{said} {len(chosen)} formulas of {document.path} (at {places}{more}); {remedy}, or give its hash"


def _shown(latex: str) -> str:
    text = _plain(latex)
    return f"‘{text}’" if len(text) <= _SHOWN else f"‘{text[: _SHOWN - 1]}…’"
