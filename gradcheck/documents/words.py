"""The words of annotations: one row a word, how its value is read, and what it says. Directives and claim sheets share it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.claim import STATUSES, Record
from gradcheck.documents.annotation import Annotation, AnnotationError, ranges_of
from gradcheck.documents.conditions import Condition, SentenceError, read_conditions, read_name, read_names, read_shapes
from gradcheck.documents.model import Place
from gradcheck.formulas.notation import Wanted

LAYOUTS = ("numerator", "denominator")


@dataclass(frozen=True, slots=True)
class Entry:
    """One word with its value as it stands, and where the two stand: ``at`` tells the place of a character of the value."""

    word: str
    value: str
    place: Place
    at: Callable[[int], Place]


@dataclass(frozen=True, slots=True)
class Word:
    """A word: the field of `Annotation` that it fills, how its value is read, an example, and what it is for."""

    field: str
    read: Callable[[str], Any]
    example: str
    means: str
    longest: int = 1_000


def _derivative(text: str) -> Wanted:
    r"""``\ell by z``, ``by z``, ``f by x twice``."""
    match = re.fullmatch(
        r"(?:of\s+)?(?P<of>.*?)(?:^|\s+)(?:by|with respect to)\s+(?P<by>.+?)(?P<twice>\s+twice)?",
        text.strip(),
        re.DOTALL,
    )
    if match is None:
        raise SentenceError(rf"{text!r} does not say by what; say '\ell by z', 'by z' or 'f by x twice'", 0)
    return Wanted(match["of"].strip(), read_name(match["by"], match.start("by")), 2 if match["twice"] else 1)


def _formula(text: str) -> tuple[str]:
    if not re.search(r"=|\\(?:equiv|triangleq|coloneqq|approx)|\bis\b|\bare\b", text):
        raise SentenceError(rf"{text!r} defines nothing; say 'name = formula', as in '\ell = -\log p'", 0)
    return (text.strip(),)


def _trait(trait: str) -> Callable[[str], tuple[Condition, ...]]:
    def read(text: str) -> tuple[Condition, ...]:
        return tuple(condition for name in read_names(text) for condition in read_conditions(f"{name} is {trait}"))

    return read


def _layout(text: str) -> str:
    layout = re.sub(r"\s+layout$", "", text.strip().lower())
    if layout not in LAYOUTS:
        raise SentenceError(f"the layout {text!r} is not known; say 'numerator' (outputs × inputs) or 'denominator'", 0)
    return layout


def _verdict(text: str) -> Record:
    word, _, why = re.sub(r"^(\w+)\s*[,:]?\s*(?:because\b:?)?\s*", r"\1\n", text.strip(), count=1).partition("\n")
    if word not in STATUSES:
        near = difflib.get_close_matches(word, STATUSES, 1)
        told = f"; did you mean {near[0]!r}?" if near else "."
        raise SentenceError(f"{word!r} is no verdict{told} The verdicts are {', '.join(STATUSES)}", 0)
    if not why.strip():
        raise SentenceError(f"the verdict {word!r} gives no reason; say '{word} because …'", 0)
    return Record(word, " ".join(why.split()))  # type: ignore[arg-type]


def _words(text: str) -> str:
    if not text.strip():
        raise SentenceError("the reason is missing; say in a few words why", 0)
    return " ".join(text.split())


def _hash(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{6,64}", text.strip()):
        raise SentenceError(f"{text!r} is no hash: expected 6 or more of the digits 0-9 and letters a-f", 0)
    return text.strip()


def _line(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,8}", text.strip()):
        raise SentenceError(f"{text!r} is no line: expected a whole number from 1", 0)
    return int(text)


WORDS: dict[str, Word] = {
    "line": Word("line", _line, "12", "the line that the formula stands on"),
    "quote": Word(
        "quote", str.strip, r"\sigma'(z) =", "the formula, or a part of it that occurs once, letter by letter", 100_000
    ),
    "hash": Word("hash", _hash, "3b1c9f20a7d4", "the fingerprint of the whole formula: a changed formula is noticed"),
    "name": Word("name", _words, "slope of the sigmoid", "what the claim is called in reports"),
    "derivative": Word("derivative", _derivative, r"\ell by z", "what the formula is the derivative of, and by what"),
    "where": Word("where", _formula, r"\ell = -\log p_k", "a definition that the formula rests on", 10_000),
    "shape": Word(
        "shape", read_shapes, "W is n by m, x is a vector of length n", "numbers, vectors, matrices, and sizes"
    ),
    "range": Word("stated", read_conditions, r"0 < \alpha < 1, x > 0", "which values a name takes"),
    "symmetric": Word("stated", _trait("symmetric"), "A, B", "matrices that equal their transpose"),
    "diagonal": Word("stated", _trait("diagonal"), "D", "matrices that are 0 off the diagonal"),
    "stated": Word("stated", read_conditions, r"\sum_k t_k = 1", "an assumption that the document states"),
    "unstated": Word("unstated", read_conditions, "A is symmetric", "an assumption that the document does not state"),
    "layout": Word("layout", _layout, "denominator", "how a Jacobian lies: rows are outputs in numerator layout"),
    "macros": Word("macros", str.strip, r"\newcommand{\R}{\mathbb{R}}", "LaTeX commands that the formulas use", 10_000),
    "verdict": Word("verdict", _verdict, "fails because the sign is reversed", "the verdict that is known, and why"),
    "ignore": Word("ignore", _words, "a limit, and no derivative", "the formula is not judged, for this reason"),
    "note": Word("note", _words, "printed so since the second edition", "anything else, for readers", 10_000),
}
_REPEATED = ("where", "shape", "range", "symmetric", "diagonal", "stated", "unstated", "macros", "note")


def annotate(
    entries: Sequence[Entry], path: str, place: Place, *, everywhere: bool = False, directive: bool = False
) -> Annotation:
    """The annotation that entries make up.

    Raises:
        AnnotationError: a word that does not exist, is given twice, or has a value that is not understood.
    """
    found: dict[str, Any] = {}
    given: dict[str, Place] = {}
    for entry in entries:
        word = WORDS.get(entry.word)
        if word is None:
            raise AnnotationError(path, entry.place, unknown(entry.word, WORDS))
        if everywhere and entry.word in ("line", "quote", "hash", "name", "derivative", "verdict", "ignore"):
            raise AnnotationError(
                path, entry.place, f"'{entry.word}' is about one formula, and this is said of every formula"
            )
        if entry.word in given and entry.word not in _REPEATED:
            raise AnnotationError(
                path, entry.place, f"'{entry.word}' was already given at {given[entry.word]}; keep one"
            )
        given.setdefault(entry.word, entry.place)
        if len(entry.value) > word.longest:
            what = f"'{entry.word}' has {len(entry.value)} characters; at most {word.longest} are read"
            raise AnnotationError(path, entry.place, what)
        try:
            value = word.read(entry.value)
        except SentenceError as error:
            raise AnnotationError(path, entry.at(error.offset), f"{entry.word}: {error}") from None
        if isinstance(value, tuple):
            value = (*found.get(word.field, ()), *value)
        elif entry.word in ("macros", "note") and word.field in found:
            value = f"{found[word.field]} {value}"
        found[word.field] = value
    made = Annotation(path, place, everywhere=everywhere, directive=directive, **found)
    for name, (low, high) in ranges_of(made.stated).items():
        if not low < high:
            raise AnnotationError(path, place, f"the ranges given for {name} have no number in common")
    return made


def unknown(word: str, known: Sequence[str] | dict[str, Word]) -> str:
    """What is said of a word that does not exist: the nearest one, and all of them."""
    near = difflib.get_close_matches(word.lower(), list(known), 1, 0.6)
    meant = f"; did you mean '{near[0]}'?" if near else "."
    return f"there is no word '{word}'{meant} The words are {', '.join(known)}"
