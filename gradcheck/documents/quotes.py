"""Which formula an annotation speaks of: by line, verbatim quote and hash, so that a source that has changed is noticed."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.model import Document, Formula

HASH_LENGTH = 12
_SHOWN = 60
_LISTED = 6
_COMPARED = 100  # formulas that a quote is compared with where it is found nowhere: those nearest in length
_CHARACTERS = 400  # and how many characters of each
_DELIMITERS = (("$$", "$$"), ("$`", "`$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)"))


@dataclass(frozen=True)
class Bound:
    """Annotations by the number of the formula that each speaks of, what is said of every formula, and what went wrong.

    ``formulas`` are about a formula as a whole, ``parts`` about a ``span`` of it; ``moved`` are notes on quotes that were found
    at another line than given.
    """

    formulas: dict[int, Annotation] = field(default_factory=dict)
    parts: dict[int, tuple[Annotation, ...]] = field(default_factory=dict)
    everywhere: Annotation | None = None
    errors: tuple[AnnotationError, ...] = ()
    moved: tuple[str, ...] = ()

    def of(self, number: int, start: int = 0, end: int = 0) -> Annotation | None:
        """What is said of a formula by its number, and of its part from ``start`` to ``end``; None where nothing is.

        Raises:
            AnnotationError: of the part and of the whole, different things are said where only one can be true.
        """
        found = self.formulas.get(number)
        for part in self.parts.get(number, ()):
            if part.span is not None and part.span[0] < end and start < part.span[1]:
                found = part if found is None else found.beside(part)
        if found is None:
            return self.everywhere
        return found if self.everywhere is None else found.over(self.everywhere)


def fingerprint(latex: str) -> str:
    """The hash of a formula: the first 12 hexadecimal digits of SHA-256 over its text, every run of blanks as one blank."""
    return hashlib.sha256(_plain(latex).encode()).hexdigest()[:HASH_LENGTH]


def bind(document: Document, annotations: Iterable[Annotation]) -> Bound:
    """Find the formula of every annotation; one that finds none, several, or a changed one is an error and binds nothing."""
    page = _Page(document)
    formulas: dict[int, Annotation] = {}
    parts: dict[int, tuple[Annotation, ...]] = {}
    everywhere: Annotation | None = None
    errors: list[AnnotationError] = []
    moved: list[str] = []
    for annotation in annotations:
        try:
            if annotation.everywhere:
                everywhere = annotation if everywhere is None else everywhere.beside(annotation)
                continue
            number, note = _found(page, annotation)
            span = _span(page, annotation, number)
            known = formulas.get(number)
            if span is not None:
                parts[number] = (*parts.get(number, ()), replace(annotation, span=span))
            else:
                formulas[number] = annotation if known is None else known.beside(annotation)
            if note:
                moved.append(note)
        except AnnotationError as error:
            errors.append(error)
    return Bound(formulas, parts, everywhere, tuple(errors), tuple(moved))


class _Page:
    """A document whose formulas are looked up by text, hash and line."""

    def __init__(self, document: Document) -> None:
        self.path = document.path
        self.formulas = document.formulas
        self.texts = [_plain(formula.latex) for formula in document.formulas]
        self.hashes = [hashlib.sha256(text.encode()).hexdigest() for text in self.texts]

    def agrees(self, number: int, given: str) -> bool:
        """Whether a formula has a hash, of which the first digits are enough."""
        return self.hashes[number].startswith(given)

    def on(self, line: int) -> list[int]:
        """The formulas that a line of the document itself is a part of."""
        return [
            n
            for n, formula in enumerate(self.formulas)
            if formula.place.line <= line <= formula.end.line and not formula.path
        ]

    def quoted(self, quote: str) -> list[int]:
        """The formulas that a quote is the whole of, else those that it is a part of."""
        wanted = _plain(_undelimited(quote))
        whole = [number for number, text in enumerate(self.texts) if text == wanted]
        return whole or [number for number, text in enumerate(self.texts) if wanted in text]

    def place(self, number: int) -> str:
        """``path:line:column`` of a formula."""
        return f"{self.formulas[number].path or self.path}:{self.formulas[number].place}"


def _found(page: _Page, annotation: Annotation) -> tuple[int, str]:
    """The number of the formula, and a note where it stands elsewhere than said."""
    if annotation.directive and not (annotation.line or annotation.quote or annotation.hash):
        return _beside(page, annotation), ""
    at_line = page.on(annotation.line) if annotation.line else []
    if annotation.quote:
        fitting = page.quoted(annotation.quote)
    elif annotation.line:
        fitting = at_line
    else:
        fitting = [number for number in range(len(page.formulas)) if page.agrees(number, annotation.hash)]
    chosen = [number for number in fitting if number in at_line] if annotation.line else fitting
    note = ""
    if not chosen and fitting:
        chosen = fitting
        note = (
            f"{annotation.path}:{annotation.place}: the formula quoted for line {annotation.line} of {page.path} "
            f"stands at line {page.formulas[fitting[0]].place.line} now"
        )
    if annotation.hash and len(chosen) > 1:
        chosen = [number for number in chosen if page.agrees(number, annotation.hash)] or chosen
    if not chosen:
        raise AnnotationError(annotation.path, annotation.place, _missing(page, annotation, at_line))
    if len(chosen) > 1:
        raise AnnotationError(annotation.path, annotation.place, _several(page, annotation, chosen))
    number = chosen[0]
    if annotation.hash and not page.agrees(number, annotation.hash):
        what = (
            f"the formula at {page.place(number)} has changed since this was written: its hash was {annotation.hash} and "
            f"is {page.hashes[number][:HASH_LENGTH]} now, and it reads {_shown(page.texts[number])}; look at it again, "
            "and write the new hash"
        )
        raise AnnotationError(annotation.path, annotation.place, what)
    return number, note


def _span(page: _Page, annotation: Annotation, number: int) -> tuple[int, int] | None:
    """Which part of its formula an annotation speaks of, None for the whole.

    It is what is quoted, or the line that a directive inside of the formula stands at the end of, else the next line.
    """
    formula = page.formulas[number]
    if annotation.quote:
        wanted = _plain(_undelimited(annotation.quote))
        if page.texts[number] == wanted:
            return None
        pattern = r"\s+".join(re.escape(word) for word in wanted.split(" "))
        found = [match.span() for match in re.finditer(pattern, formula.latex)]
        if len(found) > 1:
            what = f"the quote occurs {len(found)} times in the formula at {page.place(number)}; quote more of it"
            raise AnnotationError(annotation.path, annotation.place, what)
        return found[0] if found else None
    if not annotation.directive or not formula.place <= annotation.place <= formula.end:
        return None
    for line, (start, end) in sorted(_lines(formula).items()):
        before = line == annotation.place.line and formula.place_of(start) < annotation.place
        written = formula.latex[start:end].strip()
        if written and (before or line > annotation.place.line):
            begin = formula.latex.index(written, start)
            return begin, begin + len(written)
    return None


def _lines(formula: Formula) -> dict[int, tuple[int, int]]:
    """From where to where in the LaTeX each line of the file reaches."""
    found: dict[int, tuple[int, int]] = {}
    starts = [start for start, _ in formula.breaks]
    for (start, place), end in zip(formula.breaks, (*starts[1:], len(formula.latex)), strict=True):
        known = found.get(place.line, (start, end))
        found[place.line] = (min(known[0], start), max(known[1], end))
    return found


def _beside(page: _Page, annotation: Annotation) -> int:
    """The formula that a directive stands in, else the one that it ends the line of, else the next."""
    place = annotation.place
    after: int | None = None
    before: int | None = None
    file = annotation.path if annotation.included else ""
    for number, formula in enumerate(page.formulas):
        if formula.path != file:
            continue
        if formula.place <= place <= formula.end:
            return number
        if formula.place > place and after is None:
            after = number
        if formula.end <= place:
            before = number
    ends = before is not None and page.formulas[before].end.line == place.line
    if before is not None and ends and (after is None or page.formulas[after].place.line > place.line):
        return before
    if after is None:
        what = "no formula follows this directive; put it before the formula that it speaks of"
        raise AnnotationError(annotation.path, place, what)
    return after


def _plain(latex: str) -> str:
    return re.sub(r"\s+", " ", latex).strip()


def _undelimited(quote: str) -> str:
    """A quote without the delimiters around it."""
    text = quote.strip()
    for begin, end in _DELIMITERS:
        if text.startswith(begin) and text.endswith(end) and len(text) > len(begin) + len(end):
            return text[len(begin) : -len(end)]
    return text


def _missing(page: _Page, annotation: Annotation, at_line: Sequence[int]) -> str:
    """Why no formula was found: what stands there instead."""
    if not annotation.quote:
        where = f"line {annotation.line} of {page.path}" if annotation.line else page.path
        told = f" with the hash {annotation.hash}" if annotation.hash and not annotation.line else ""
        return f"there is no formula{told} on {where}; {_nearest(page, annotation.line)}"
    if at_line:
        number = at_line[0]
        told = f"{page.place(number)}, which has not changed: it" if annotation.hash else f"{page.place(number)}: it"
        if annotation.hash and page.agrees(number, annotation.hash):
            return (
                f"the quote is not what stands at {told} reads {_shown(page.texts[number])}; quote it letter by letter"
            )
        return (
            f"what stands at {page.place(number)} is not what is quoted: it reads {_shown(page.texts[number])}; either it "
            "has changed or the quote was mistyped; look at it again, and quote it letter by letter"
        )
    wanted = _plain(_undelimited(annotation.quote))[:_CHARACTERS]
    order = sorted(range(len(page.texts)), key=lambda number: abs(len(page.texts[number]) - len(wanted)))[:_COMPARED]
    texts = {page.texts[number][:_CHARACTERS]: number for number in reversed(order)}
    near = difflib.get_close_matches(wanted, texts, 1, 0.6)
    told = f"; the nearest one, at {page.formulas[texts[near[0]]].place}, reads {_shown(near[0])}" if near else ""
    return f"no formula of {page.path} contains the quote {_shown(annotation.quote)}{told}"


def _nearest(page: _Page, line: int) -> str:
    if not page.formulas:
        return "the document has no formulas"
    number = min(range(len(page.formulas)), key=lambda one: abs(page.formulas[one].place.line - line))
    return f"the nearest one is on line {page.formulas[number].place.line}, and reads {_shown(page.texts[number])}"


def _several(page: _Page, annotation: Annotation, chosen: Sequence[int]) -> str:
    places = ", ".join(str(page.formulas[number].place) for number in chosen[:_LISTED])
    more = f" and {len(chosen) - _LISTED} more" if len(chosen) > _LISTED else ""
    said = "the quote fits" if annotation.quote else f"on line {annotation.line} there are"
    if not annotation.quote and not annotation.line:
        said = "the hash is that of"
    remedy = "quote more of it" if annotation.quote else "quote the one that is meant"
    if not annotation.line:
        remedy += ", or give its line"
    also = "" if annotation.hash else ", or give its hash"
    return f"{said} {len(chosen)} formulas of {page.path} (at {places}{more}); {remedy}{also}"


def _shown(latex: str) -> str:
    text = _plain(latex)
    return f"‘{text}’" if len(text) <= _SHOWN else f"‘{text[: _SHOWN - 1]}…’"
