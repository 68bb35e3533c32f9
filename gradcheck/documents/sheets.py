r"""Claim sheets: what is said about the formulas of a document that one does not own, in a TOML file beside it.

``document = 'notes.md'``, then ``[everywhere]`` with what holds for every formula, then one ``[[formula]]`` for each that
something is said about. The words are those of directives; LaTeX stands in literal strings (``'…'``, or ``'''…'''``
around primes).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.documents.annotation import Annotation, AnnotationError
from gradcheck.documents.directives import annotations_of
from gradcheck.documents.encoding import DocumentError, bytes_of, is_there, within
from gradcheck.documents.model import Document, Place
from gradcheck.documents.quotes import fingerprint
from gradcheck.documents.words import WORDS, Entry, annotate, unknown

SUFFIX = ".gradcheck.toml"
MAX_BYTES = 1_000_000
_TOP = ("document", "everywhere", "formula")


@dataclass(frozen=True)
class Sheet:
    """A claim sheet: the document that it is about, and what it says."""

    path: str
    document: Path
    annotations: tuple[Annotation, ...]


def beside(document: Path) -> Path | None:
    """The claim sheet that stands beside a document: ``notes.md.gradcheck.toml`` for ``notes.md``, where there is one."""
    sheet = document.with_name(document.name + SUFFIX)
    return sheet if is_there(sheet) else None


def annotations_for(document: Document, path: Path) -> tuple[tuple[Annotation, ...], tuple[AnnotationError, ...]]:
    """What a document's directives and the claim sheet beside it say, and what of that is not understood."""
    own, errors = annotations_of(document)
    sheet = beside(path)
    if sheet is None:
        return own, errors
    try:
        read = read_sheet(sheet, document.path + SUFFIX)
        if read.document.resolve() != path.resolve():
            what = f"this sheet is about {read.document.name}, and lies beside {path.name}; rename one of them"
            raise AnnotationError(read.path, Place(1, 1), what)
        return (*own, *read.annotations), errors
    except AnnotationError as error:
        return own, (*errors, error)


def read_sheet(path: Path, shown: str = "") -> Sheet:
    """Read a claim sheet; ``shown`` is how its path is written in messages.

    Raises:
        AnnotationError: it is no TOML, names no document, or says something that is not understood.
    """
    shown = shown or path.as_posix()
    try:
        text = bytes_of(path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnnotationError(shown, Place(1, 1), f"a claim sheet is UTF-8, and byte {error.start} is not") from None
    except DocumentError as error:
        raise AnnotationError(shown, Place(1, 1), f"the claim sheet {str(error).removeprefix(f'{path} ')}") from None
    text = text.replace("\r\n", "\n")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(shown, text, str(error)) from None
    except RecursionError:
        raise AnnotationError(shown, Place(1, 1), "this is no TOML that can be read: it is nested too deeply") from None
    where = _Keys(text)
    for key in table:
        if key not in _TOP:
            raise AnnotationError(shown, where.of((key,)), _unknown_top(key))
    document = table.get("document", path.name.removesuffix(SUFFIX) if path.name.endswith(SUFFIX) else None)
    if not isinstance(document, str) or not document:
        at = where.of(("document",))
        raise AnnotationError(shown, at, "the sheet does not say which document it is about; say document = 'notes.md'")
    if not within(path.parent / document, path.parent):
        what = f"document = {literal(document)} lies outside of the sheet's folder and of the working folder, and is not opened"
        raise AnnotationError(shown, where.of(("document",)), what)
    found: list[Annotation] = []
    general = table.get("everywhere")
    if general is not None:
        found.append(_annotation(shown, where, ("everywhere",), general, everywhere=True))
    formulas = table.get("formula", [])
    if not isinstance(formulas, list):
        raise AnnotationError(shown, where.of(("formula",)), "'formula' is a list; write [[formula]] with two brackets")
    for number, one in enumerate(formulas):
        made = _annotation(shown, where, ("formula", number), one)
        if not (made.line or made.quote or made.hash):
            raise AnnotationError(shown, made.place, "which formula is meant? give its 'line', its 'quote', or both")
        found.append(made)
    return Sheet(shown, path.parent / document, tuple(found))


def claims_of(document: Document) -> dict[int, str]:
    """The formulas of a document that claim a derivative or could not be read, by number, with what they are."""
    from gradcheck.documents.sorting import sort

    return {one.number: one.role for one in sort(document) if one.role in ("claim", "derivation", "unreadable")}


def template(document: Document, numbers: Mapping[int, str] | None = None) -> str:
    """A claim sheet for a document to be filled in: line, quote and hash of formulas, by number with a remark on each."""
    chosen = numbers if numbers is not None else dict.fromkeys(range(len(document.formulas)), "")
    name = re.split(r"[\\/]", document.path)[-1]
    parts = [f"document = {literal(name)}\n"]
    for number, remark in chosen.items():
        formula = document.formulas[number]
        told = "".join(char for char in " ".join(remark.split()) if char.isprintable())
        parts.append(
            f"\n[[formula]]{'  # ' + told if told else ''}\n"
            f"line = {formula.place.line}\nquote = {literal(formula.latex.strip())}\nhash = '{fingerprint(formula.latex)}'\n"
        )
    return "".join(parts)


def literal(text: str) -> str:
    """A TOML string: literal where TOML allows, else with escapes."""
    text = text.replace("\r\n", "\n")
    printable = all(char in "\n\t" or (char.isprintable() and char != "\x7f") for char in text)
    if printable and "'" not in text and "\n" not in text:
        return f"'{text}'"
    if printable and "'''" not in text and not text.startswith("\n") and not text.endswith("'"):
        return f"'''{text}'''"
    escaped = "".join(_ESCAPES.get(char, char if char.isprintable() else _code(char)) for char in text)
    return f'"{escaped}"'


_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _annotation(
    path: str, where: _Keys, address: tuple[str | int, ...], table: Any, *, everywhere: bool = False
) -> Annotation:
    at = where.of(address)
    if not isinstance(table, dict):
        raise AnnotationError(path, at, f"'{address[0]}' is a table of words and values")
    entries = []
    for word, value in table.items():
        place = where.of((*address, word))
        if word not in WORDS:
            raise AnnotationError(path, place, unknown(word, WORDS))
        values = value if isinstance(value, list) else [value]
        for one in values:
            if isinstance(one, bool) or not isinstance(one, (str, int)):
                raise AnnotationError(
                    path, place, f"'{word}' has a value that is no text; write {word} = {literal(WORDS[word].example)}"
                )
            entries.append(Entry(word, str(one), place, _fixed(place)))
    if not entries:
        raise AnnotationError(path, at, f"nothing is said here; the words are {', '.join(WORDS)}")
    return annotate(entries, path, at, everywhere=everywhere)


def _fixed(place: Place) -> Callable[[int], Place]:
    return lambda _: place


def _unknown_top(key: str) -> str:
    if key in WORDS:
        return f"'{key}' stands above the first [[formula]]; write it below one, or below [everywhere]"
    return unknown(key, _TOP)


def _no_toml(path: str, text: str, error: str) -> AnnotationError:
    """What tomllib says, with the advice on strings where a string is to blame."""
    at = re.search(r" \(at line (\d+), column (\d+)\)$", error)
    place = Place(int(at[1]), int(at[2])) if at else Place(text.count("\n") + 1, 1)
    what = error[: at.start()] if at else error.removesuffix(" (at end of document)")
    line = text.split("\n")[place.line - 1] if place.line <= text.count("\n") + 1 else ""
    advice = ""
    if "escape" in what.lower() or '"' in line:
        advice = "; LaTeX stands in single quotes: '\\alpha'"
    elif "'" in line:
        advice = "; a formula with primes stands in three single quotes: '''f'(x)'''"
    return AnnotationError(path, place, f"this is no TOML: {what[:1].lower()}{what[1:]}{advice}")


class _Keys:
    """Where the tables and keys of a TOML text stand, which tomllib does not tell."""

    def __init__(self, text: str) -> None:
        self.places: dict[tuple[str | int, ...], Place] = {}
        self._scan(text)

    def of(self, address: tuple[str | int, ...]) -> Place:
        """The place of a key or a table; of what it stands in, where it was written in another way."""
        while address and address not in self.places:
            address = address[:-1]
        return self.places.get(address, Place(1, 1))

    def _scan(self, text: str) -> None:
        table: tuple[str | int, ...] = ()
        counts: dict[str, int] = {}
        for line, content in _statements(text):
            column = len(content) - len(content.lstrip()) + 1
            written = content.strip()
            if (header := re.match(r"\[\[\s*([\w-]+)\s*\]\]", written)) is not None:
                number = counts.get(header[1], 0)
                counts[header[1]] = number + 1
                table = (header[1], number)
                self.places[table] = Place(line, column)
            elif (header := re.match(r"\[\s*([\w-]+)\s*\]", written)) is not None:
                table = (header[1],)
                self.places[table] = Place(line, column)
            elif (key := re.match(r"([\w-]+)\s*=", written)) is not None:
                self.places.setdefault((*table, key[1]), Place(line, column))


_TOKEN = re.compile(r"'''.*?'''+|\"\"\"(?:\\.|[^\\])*?\"\"\"+|'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*|\n|.", re.DOTALL)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a TOML text that are not inside of a string, with their numbers from 1; strings are left out."""
    line, start, kept = 1, 1, ""
    for token in _TOKEN.finditer(text):
        if token[0] == "\n":
            yield start, kept
            line += 1
            start, kept = line, ""
        elif len(token[0]) > 1:
            line += token[0].count("\n")
            kept += " " if not token[0].startswith("#") else ""
        else:
            kept += token[0]
    yield start, kept
