"""What a container's reader finds, put together: blocks, formulas with the words around them, directives, troubles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gradcheck.documents.containers.delimiters import Found, Unclosed
from gradcheck.documents.containers.macros import only_macros
from gradcheck.documents.containers.mapped import Mapped
from gradcheck.documents.containers.sections import Sections
from gradcheck.documents.model import Directive, Formula, Place, Trouble

FILLER = "\x00"  # stands for each character of a comment or of code, where a container hides them

_COMMENT = re.compile(r"<!--.*?(?:-->|$)|^[ \t]*%[^\n]*", re.DOTALL | re.MULTILINE)
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table cell or heading of a text: where it stands, under which headings, in which row."""

    start: int
    stop: int
    section: tuple[int, ...] = ()
    row: tuple[int, int] | None = None
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A directive in a comment: the comment from ``start`` to ``stop``, its text, and where the text begins."""

    start: int
    stop: int
    text: str
    place: Place


@dataclass(slots=True)
class Parts:
    """Everything found so far, in the order of the file; ``blocks`` and ``tables`` count, ``sections`` are open headings."""

    formulas: list[Formula] = field(default_factory=list)
    directives: list[Directive] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    blocks: int = 0
    tables: int = 0
    sections: Sections = field(default_factory=Sections)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where formulas come from beyond their place: an included file, the cell of a notebook."""

    path: str = ""
    cell: int = 0


HERE = Origin()


def gather(
    parts: Parts,
    text: Mapped,
    found: Iterable[Found | Unclosed],
    blocks: Sequence[Block],
    said: Sequence[Said] = (),
    origin: Origin = HERE,
) -> None:
    """Add to `parts` what was found in a text, block by block. ``blocks`` ascend, apart from one another."""
    kept: list[Found] = []
    for one in found:
        if isinstance(one, Found):
            kept.append(one)
        else:
            where = f" of {origin.path}" if origin.path else ""
            parts.troubles.append(
                Trouble(text.place(one.start), f"{one.what} opens a formula that is never closed{where}")
            )
    events: list[Found | Said] = sorted([*kept, *said], key=lambda event: event.start)
    number, lead = 0, ""
    for block in _covering(blocks, events):
        inside: list[Found | Said] = []
        while number < len(events) and events[number].start < max(block.stop, block.start + 1):
            inside.append(events[number])
            number += 1
        lead = _block(parts, text, block, inside, origin, lead)


def _covering(blocks: Sequence[Block], events: Sequence[Found | Said]) -> Iterable[Block]:
    """The blocks, and one for each event that stands in none."""
    number = 0
    for block in blocks:
        while number < len(events) and events[number].start < block.start:
            yield Block(events[number].start, events[number].stop, block.section)
            number += 1
        while number < len(events) and events[number].start < max(block.stop, block.start + 1):
            number += 1
        yield block
    for event in events[number:]:
        yield Block(event.start, event.stop, blocks[-1].section if blocks else ())


def _block(parts: Parts, text: Mapped, block: Block, inside: list[Found | Said], origin: Origin, lead: str) -> str:
    """Add a block; what comes back are its last words, which lead to a display right below it."""
    formulas = [event.start for event in inside if isinstance(event, Found)] + [block.stop]
    following = 0
    parts.blocks += 1
    fresh = True
    at = block.start
    for event in inside:
        words = _words(text.text[at : event.start])
        fresh = fresh and not words
        if isinstance(event, Said):
            parts.directives.append(Directive(event.text, event.place, parts.blocks, origin.path))
            at = max(at, event.stop)
            continue
        if event.display and not fresh:
            parts.blocks += 1
        following += 1
        before = words or (lead if event.display and at <= block.start else "")
        after = _words(text.text[event.stop : max(formulas[following], event.stop)])
        _add(parts, text, block, event, origin, (before, after))
        at, fresh = max(at, event.stop), False
        if event.display:
            parts.blocks += 1
            fresh = True
    return "" if block.heading else _words(text.text[at : block.stop])


def _add(parts: Parts, text: Mapped, block: Block, event: Found, origin: Origin, around: tuple[str, str]) -> None:
    whole = text.cut(event.inner, event.end)
    if event.cuts:
        whole = whole.without([(left - event.inner, right - event.inner) for left, right in event.cuts])
    piece = _stripped(whole)
    if event.escaped:
        piece = piece.without([(found.start(), found.start() + 1) for found in _ESCAPED.finditer(piece.text)])
    if not piece.text:
        return
    macros = only_macros(piece.text)
    if macros is not None:
        parts.macros.append(macros[0])
        if macros[1]:
            return
    parts.formulas.append(
        Formula(
            latex=piece.text,
            breaks=tuple(zip(piece.starts, piece.places, strict=True)),
            end=piece.after(len(piece.text)),
            display=event.display,
            block=parts.blocks,
            section=block.section,
            row=block.row,
            before=around[0],
            after=around[1],
            path=origin.path,
            cell=origin.cell,
        )
    )


def _stripped(text: Mapped) -> Mapped:
    """Without the white space at both ends."""
    start = len(text.text) - len(text.text.lstrip())
    return text.cut(start, max(len(text.text.rstrip()), start))


def _words(text: str) -> str:
    """The words of a stretch, on one line, without comments."""
    return " ".join(_COMMENT.sub(" ", text.replace(FILLER, " ")).split())
