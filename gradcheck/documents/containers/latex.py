r"""LaTeX: formulas of the document and of the files that it includes, macros of its preamble and of its own packages.

``\input`` and its kin are followed within the folder of the document only. Comments and verbatim code hold no formulas, apart
from directives in comments.
"""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradcheck.documents.containers.code import merged, within
from gradcheck.documents.containers.delimiters import PLAIN, ROWS, Delimited, Found, Rules, Unclosed
from gradcheck.documents.containers.directives import directives
from gradcheck.documents.containers.latex_blocks import LatexBlocks
from gradcheck.documents.containers.latex_masks import Masked, masked
from gradcheck.documents.containers.macros import brace_ends, definitions
from gradcheck.documents.containers.mapped import Mapped, mapped
from gradcheck.documents.containers.parts import FILLER, Origin, Parts, Said, gather
from gradcheck.documents.encoding import DocumentError, is_there, text_of
from gradcheck.documents.model import Trouble

MAX_FILES = 200
MAX_INCLUDES = 5_000  # each is looked for in the file system, up to four times

_INCLUDES = re.compile(
    r"\\(?P<how>input|include|subfile|subimport|import|usepackage)(?![A-Za-z])\s*(?:\[[^\]\n]*\]\s*)?"
    r"(?:\{(?P<first>[^{}\n]*)\}(?:\s*\{(?P<second>[^{}\n]*)\})?|[ \t]+(?P<bare>[\w./-]+))"
)
_ENVIRONMENT = re.compile(r"\\(?:re|provide)?newenvironment\*?\s*\{[^{}]*\}\s*(?:\[[^\]\n]*\]\s*){0,2}(?=\{)")
_GAP = re.compile(r"\s*")
_BODY = re.compile(r"\\begin\s*\{document\}")
_SHORT = re.compile(
    r"(?P<name>\\[A-Za-z]+)\s*\}?\s*(?:\[0\])?\s*\{\s*\\(?P<edge>begin|end)\s*\{(?P<what>[A-Za-z]+\*?)\}\s*\}\Z"
)


def read_latex(text: Mapped, file: Path | None) -> Parts:
    """The formulas of a LaTeX file and of what it includes; without a file, nothing that it names is opened."""
    reading = _Reading(file)
    reading.read(text, file, Origin())
    return reading.parts


class _Reading:
    """One document, across its files."""

    def __init__(self, file: Path | None) -> None:
        self.parts = Parts()
        self.folder = file.parent if file is not None else None
        self.blocks = LatexBlocks()
        self.seen = {file.resolve()} if file is not None else set()
        self.included = 0
        self.shorthands: dict[str, tuple[str, str]] = {}

    def read(self, text: Mapped, file: Path | None, origin: Origin) -> None:
        """Add what a file holds, in the order in which it is printed."""
        mask = masked(text.text)
        source = mask.text
        hidden = list(definitions(source))
        environments = list(_environments(source))
        body = _BODY.search(source)
        start = body.end() if body is not None else 0
        self._macros(source, hidden)
        includes = [one for one in _INCLUDES.finditer(source) if not within(one.start(), hidden)]
        for called in includes:
            if called.end() <= start or called["how"] == "usepackage":
                self._include(called, text, origin, preamble=True)
        hidden = merged([(0, start)] if start else [], hidden, environments)
        found = list(self._found(source, hidden, mask))
        spans = merged([(one.start, one.stop) for one in found if isinstance(one, Found)])
        said = list(directives(text, mask.code, tex=True))
        hidden_text = Mapped(source, text.starts, text.places)
        events: list[Found | Unclosed | Said] = sorted([*found, *said], key=lambda event: event.start)
        at, number = start, 0
        for one in [*(one for one in includes if one.start() >= start and one["how"] != "usepackage"), None]:
            stop = one.start() if one is not None else len(source)
            first = number
            while number < len(events) and events[number].start < stop:
                number += 1
            here = events[first:number]
            gather(
                self.parts,
                hidden_text,
                [event for event in here if not isinstance(event, Said)],
                list(self.blocks.of(source, at, stop, spans)),
                [event for event in here if isinstance(event, Said)],
                origin,
            )
            if one is not None:
                at = one.end()
                self._include(one, text, origin, preamble=False)

    def _macros(self, source: str, spans: Sequence[tuple[int, int]]) -> None:
        for start, stop in spans:
            body = source[start:stop].replace(FILLER, " ")
            self.parts.macros.append(body)
            short = _SHORT.search(body)
            if short is not None and short["what"].rstrip("*") in (*PLAIN, *ROWS):
                self.shorthands[short["name"]] = (short["edge"], short["what"])

    def _found(self, source: str, hidden: Sequence[tuple[int, int]], mask: Masked) -> Iterator[Found | Unclosed]:
        short = list(self._abbreviated(source, hidden))
        opaque = merged(hidden, [(one.start, one.stop) for one in short])
        starts = [start for start, _ in mask.comments]
        for one in sorted(
            [*short, *Delimited(source, opaque, Rules(inner=False, any_dollar=True))], key=lambda one: one.start
        ):
            if isinstance(one, Found) and starts:
                one = dataclasses.replace(one, cuts=_between(mask.comments, one.inner, one.end))
            yield one

    def _abbreviated(self, source: str, hidden: Sequence[tuple[int, int]]) -> Iterator[Found]:
        r"""Formulas between private names of ``\begin`` and ``\end``; their macros are expanded when the formula is read."""
        if not self.shorthands:
            return
        names = re.compile("(" + "|".join(map(re.escape, self.shorthands)) + ")(?![A-Za-z])")
        opened: re.Match[str] | None = None
        for found in names.finditer(source):
            edge, what = self.shorthands[found[0]]
            if within(found.start(), hidden):
                continue
            if edge == "begin":
                opened = found
            elif opened is not None and self.shorthands[opened[0]][1] == what:
                plain = what.rstrip("*") in PLAIN
                inner, end = (opened.end(), found.start()) if plain else (opened.start(), found.end())
                yield Found(opened.start(), found.end(), inner, end, display=True)
                opened = None

    def _include(self, one: re.Match[str], text: Mapped, origin: Origin, *, preamble: bool) -> None:
        how = one["how"]
        name = (one["first"] or one["bare"] or "").strip()
        if how in ("import", "subimport"):
            name = f"{name.rstrip('/')}/{(one['second'] or '').strip()}"
        names = [f"{part.strip()}.sty" for part in name.split(",")] if how == "usepackage" else [name]
        for called in names:
            self.included += 1
            if self.included > MAX_INCLUDES:
                continue
            if self.included == MAX_INCLUDES:
                what = f"the document includes more than {MAX_INCLUDES} files; from here on none is looked for"
                self.parts.troubles.append(Trouble(text.place(one.start()), what))
                continue
            trouble = self._open(called, origin, package=how == "usepackage", macros=preamble)
            if trouble:
                where = f"in {origin.path}, " if origin.path else ""
                self.parts.troubles.append(Trouble(text.place(one.start()), f"{where}{trouble}"))

    def _open(self, name: str, origin: Origin, *, package: bool, macros: bool) -> str:
        """Read an included file; what comes back is why it could not be, empty where it was."""
        if self.folder is None:
            return "" if package else f"{name} is included, and was not opened: the document has no folder"
        here = (Path(origin.path) if origin.path else self.folder / "_").parent
        candidates = [base / f"{name}{end}" for base in (self.folder, here) for end in ("", ".tex")]
        if any(mark in name for mark in "\\#\x00"):
            return f"{name!r} is included, and its name is made by macros, which are not run"
        path = next((path for path in candidates if name and is_there(path)), None)
        if path is None:
            return "" if package else f"{name} is included, and there is no such file in the document's folder"
        if not path.resolve().is_relative_to(self.folder.resolve()):
            return f"{name} is included, and was not opened: it lies outside of the document's folder"
        if path.resolve() in self.seen:
            return "" if package else f"{name} is included, and was not opened again: it has been read already"
        if len(self.seen) >= MAX_FILES:
            return f"{name} is included, and was not opened: the document has more than {MAX_FILES} files"
        self.seen.add(path.resolve())
        try:
            source, troubles = text_of(path)
        except DocumentError as error:
            return f"{name} is included, and was not read: {error}"
        self.parts.troubles += [Trouble(one.place, f"in {path}, {one.what}") for one in troubles]
        if macros:
            hidden = masked(source).text
            self._macros(hidden, list(definitions(hidden)))
        else:
            self.read(mapped(source), path, Origin(str(path)))
        return ""


def _environments(source: str) -> Iterator[tuple[int, int]]:
    """Where private environments are defined, with what they begin and end with."""
    ends: dict[int, int] | None = None
    for found in _ENVIRONMENT.finditer(source):
        ends = brace_ends(source) if ends is None else ends
        at = ends.get(found.end(), found.end())
        gap = _GAP.match(source, at)
        yield found.start(), ends.get(gap.end() if gap is not None else at, at)


def _between(spans: Sequence[tuple[int, int]], start: int, stop: int) -> tuple[tuple[int, int], ...]:
    """The spans that lie from `start` to `stop`."""
    first = bisect_left(spans, (start, start))
    last = bisect_left(spans, (stop, stop))
    return tuple(span for span in spans[first:last] if span[1] <= stop)
