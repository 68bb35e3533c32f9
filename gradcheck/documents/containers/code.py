"""Spans of a text in which nothing is a formula: code between backquotes, and the HTML elements that hold code."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

_RUNS = re.compile(r"(?<!\\)`+|\n[ \t]*(?=\n)")
_ELEMENTS = re.compile(r"<(?P<name>pre|code|script|style|textarea)\b|<!--", re.IGNORECASE)


def code_spans(text: str, hidden: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int]]:
    """Code between two runs of equally many backquotes in one paragraph (CommonMark 6.1), outside of `hidden` spans."""
    runs: list[tuple[int, int]] = []
    spans = iter(hidden)
    span = next(spans, None)
    for found in _RUNS.finditer(text):
        while span is not None and span[1] <= found.start():
            span = next(spans, None)
        if span is not None and span[0] <= found.start():
            continue
        if found[0].startswith("`"):
            runs.append(found.span())
        else:
            yield from _paired(runs)
            runs = []
    yield from _paired(runs)


def _paired(runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    later: dict[int, list[int]] = {}
    for number in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[number][1] - runs[number][0], []).append(number)
    at = 0
    for number, (start, stop) in enumerate(runs):
        same = later[stop - start]
        same.pop()
        if number < at or not same:
            continue
        at = same[-1] + 1
        yield start, runs[same[-1]][1]


def elements(text: str) -> Iterator[tuple[int, int]]:
    """HTML comments and the elements that hold code, with their tags; one that is never closed is none."""
    low, at = text.lower() if "<" in text else "", 0
    missing: set[str] = set()
    while low and (found := _ELEMENTS.search(low, at)) is not None:
        close = f"</{found['name']}" if found["name"] else "-->"
        stop = low.find(close, found.end()) if close not in missing else -1
        if stop < 0:
            missing.add(close)
            at = found.end()
        else:
            at = stop + len(close)
            yield found.start(), at


def merged(*spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """All spans, ascending, those that meet put together."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(span for several in spans for span in several):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def within(offset: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether an offset stands in one of the spans, which ascend apart from one another."""
    number = bisect_right(spans, offset, key=lambda span: span[0]) - 1
    return number >= 0 and offset < spans[number][1]
