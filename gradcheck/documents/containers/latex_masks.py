"""What is no text in a LaTeX file: comments, verbatim code, what stands after its end. Hidden with every place kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.documents.containers.parts import FILLER

_MARKS = re.compile(
    r"\\begin\s*\{(?P<name>(?:verbatim|Verbatim|lstlisting|minted|alltt|comment|filecontents)\*?)\}"
    r"|\\(?:verb\*?|lstinline(?:\[[^\]\n]*\])?)(?P<mark>[^A-Za-z0-9\s*])|\\mintinline(?:\[[^\]\n]*\])?\{\w+\}(?P<other>[^\s])"
    r"|\\iffalse(?![A-Za-z])|\\end\s*\{document\}"
    r"|(?P<line>^[ \t]*%[^\n]*\n)|(?P<rest>%[^\n]*)|\\.",
    re.MULTILINE,
)
_FILLED = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text as long as the file, and what is hidden in it: comments, and code. Spans, each ascending."""

    text: str
    comments: tuple[tuple[int, int], ...]
    code: tuple[tuple[int, int], ...]


def masked(source: str) -> Masked:
    """A LaTeX source with a filler for each character that is no text of the document."""
    pieces: list[str] = []
    comments: list[tuple[int, int]] = []
    code: list[tuple[int, int]] = []
    at = 0
    for start, stop, comment in _hidden(source):
        pieces += [source[at:start], _filled(source[start:stop], comment=comment)]
        at = stop
        (comments if comment else code).append((start, stop))
    return Masked("".join([*pieces, source[at:]]), tuple(comments), tuple(code))


def _filled(hidden: str, *, comment: bool) -> str:
    """A line that holds nothing but a comment is no empty line: its end goes with it."""
    return FILLER * len(hidden) if comment else _FILLED.sub(FILLER, hidden)


def _hidden(source: str) -> Iterator[tuple[int, int, bool]]:
    at = 0
    missing: set[str] = set()
    while (found := _MARKS.search(source, at)) is not None:
        at = found.end()
        if found["line"] or found["rest"]:
            yield *found.span(), True
        elif found["name"] or found[0].startswith(r"\iffalse"):
            close = rf"\end{{{found['name']}}}" if found["name"] else r"\fi"
            end = source.find(close, at) if close not in missing else -1
            if end < 0:
                missing.add(close)
                continue
            at = end + len(close)
            yield found.start(), at, False
        elif found["mark"] or found["other"]:
            mark = found["mark"] or found["other"]
            end = source.find("}" if mark == "{" else mark, at)
            line = source.find("\n", at)
            if end >= 0 and (line < 0 or end < line):
                at = end + 1
                yield found.start(), at, False
        elif found[0].startswith(r"\end"):
            yield at, len(source), False
            return
