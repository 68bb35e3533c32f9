r"""Markdown: blocks by markdown-it-py, formulas cut out of the source, since Markdown's own escapes would spoil them.

Formulas stand between dollar signs and LaTeX's delimiters outside of code, in GitHub's ``$`…`$`` and ```` ```math ````, and in
MyST's ``{math}`` directives and roles. ``\\(…\\)`` is read as Markdown does, which takes one backslash of every pair away.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gradcheck.documents.containers.code import code_spans, elements, merged, within
from gradcheck.documents.containers.delimiters import Delimited, Found, Rules, Unclosed
from gradcheck.documents.containers.directives import directives
from gradcheck.documents.containers.mapped import Mapped
from gradcheck.documents.containers.markdown_blocks import blocks_of, masked, span_of, tokens_of
from gradcheck.documents.containers.parts import HERE, Origin, Parts, gather

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT = re.compile(r"---[ \t]*\n(?:[\s\S]*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_ROLE = re.compile(r"\{math\}(?P<ticks>`+)(?P<role>[^`]+)(?P=ticks)|\$(?P<git>`[^`\n]+`)\$")
_COLONS = re.compile(
    r"^[ \t]*(?P<colons>:{3,})[ \t]*\{math\}[^\n]*\n(?P<body>(?:(?![ \t]*:{3})[^\n]*\n)*)[ \t]*(?P=colons)", re.M
)
_OPTION = re.compile(r"[ \t>]*(?::[\w-]+:[^\n]*|---[ \t]*)(?:\n|$)")
_QUOTED = re.compile(r"[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(?:>[ \t]?)+")
_QUOTE = re.compile(r"(?<=\n)[ \t]*(?:>[ \t]?)+")
_MATH = re.compile(r"(?:math|\{math\})(?=\s|$)")


def read(text: Mapped) -> Parts:
    """The formulas and directives of a Markdown document."""
    parts = Parts()
    read_into(parts, text)
    return parts


def read_into(parts: Parts, text: Mapped, origin: Origin = HERE) -> None:
    """Add to `parts` what a Markdown text holds; a notebook has one in each of its cells."""
    source = text.text
    lines = [0, *(found.end() for found in re.finditer("\n", source)), len(source)]
    front = _FRONT.match(source)
    blank = [front.span()] if front is not None else []
    fences = [token for token in tokens_of(masked(source, blank)) if token.type == "fence"]
    fenced = [span_of(token, lines) for token in fences]
    hidden = merged(blank, fenced, elements(source))
    special = list(_special(source, hidden))
    hidden = merged(hidden, [(one.start, one.stop) for one in special])
    code = list(code_spans(source, hidden))
    found: list[Found | Unclosed] = [*special]
    found += [_unquoted(one, source) for one in Delimited(source, merged(hidden, code), Rules(doubled=True))]
    taken = merged([(one.start, one.stop) for one in found if isinstance(one, Found)])
    second = tokens_of(masked(source, blank, taken))
    indented = [span_of(token, lines) for token in second if token.type == "code_block"]
    found = [one for one in found if not within(one.start, indented)]
    found += [one for token in fences if (one := _fence(token, source, lines)) is not None]
    said = list(directives(text, merged(blank, fenced, code, indented)))
    gather(parts, text, found, blocks_of(source, second, lines, taken, parts), said, origin)


def _special(source: str, hidden: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """MyST's roles and colon directives, GitHub's backquoted formulas."""
    for found in _COLONS.finditer(source):
        if not within(found.start(), hidden):
            start = _past_options(source, *found.span("body"))
            yield Found(found.start(), found.end(), start, found.end("body"), display=True)
    for found in _ROLE.finditer(source):
        if not within(found.start(), hidden):
            role = found["role"] is not None
            inner, end = found.span("role") if role else (found.start("git") + 1, found.end("git") - 1)
            yield Found(found.start(), found.end(), inner, end, display=False)


def _fence(token: Token, source: str, lines: Sequence[int]) -> Found | None:
    """The formula of a fenced block that holds one: its lines without the indentation and quotation marks before them."""
    if _MATH.match(token.info.strip()) is None or token.map is None or not token.content.strip():
        return None
    first = token.map[0] + 1
    cuts, inner, end = [], -1, 0
    for number, content in enumerate(token.content.split("\n")[:-1], first):
        line = source[lines[number] : lines[number + 1]].rstrip("\n")
        begin = lines[number] + len(line) - len(content)
        if inner < 0 and _OPTION.fullmatch(content):
            continue
        if inner >= 0:
            cuts.append((lines[number], begin))
        inner = begin if inner < 0 else inner
        end = begin + len(content)
    start, stop = span_of(token, lines)
    return Found(start, stop, max(inner, start), max(end, inner, start), display=True, cuts=tuple(cuts))


def _past_options(source: str, start: int, stop: int) -> int:
    """Where the formula of a directive begins, after lines such as ``:label: slope``."""
    while (option := _OPTION.match(source, start, stop)) is not None and option.end() > start:
        start = option.end()
    return start


def _unquoted(found: Found | Unclosed, source: str) -> Found | Unclosed:
    """A formula in a quotation without the quotation's marks at the starts of its lines."""
    if not isinstance(found, Found) or "\n" not in source[found.inner : found.end]:
        return found
    if _QUOTED.match(source, source.rfind("\n", 0, found.start) + 1, found.start) is None:
        return found
    cuts = tuple(mark.span() for mark in _QUOTE.finditer(source, found.inner, found.end))
    return dataclasses.replace(found, cuts=cuts)
