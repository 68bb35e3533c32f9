"""Where directives stand in a text: ``<!-- gradcheck: … -->``, ``% gradcheck: …`` and ``.. gradcheck: …``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gradcheck.documents.containers.code import within
from gradcheck.documents.containers.mapped import Mapped
from gradcheck.documents.containers.parts import Said

_HTML = r"<!--[ \t]*gradcheck:(?P<html>)"
_PERCENT = r"%+[ \t]*gradcheck:(?P<percent>[^\n]*(?:\n[ \t]*%(?!%*[ \t]*gradcheck:)[^\n]*)*)"
_DOTS = r"^(?P<indent>[ \t]*)\.\.[ \t]+gradcheck:(?P<dots>[^\n]*(?:(?:\n[ \t]*)*\n(?P=indent)[ \t]+[^\s][^\n]*)*)"
_OWN_LINE = re.compile("|".join((_HTML, r"^[ \t]*" + _PERCENT, _DOTS)), re.MULTILINE)
_ANYWHERE = re.compile("|".join((_HTML, r"(?<![\\%])" + _PERCENT, _DOTS)), re.MULTILINE)
_PREFIX = re.compile(r"(?<=\n)[ \t]*%+[ \t]?")


def directives(text: Mapped, opaque: Sequence[tuple[int, int]] = (), *, tex: bool = False) -> Iterator[Said]:
    """The directives outside of opaque spans, in order; a line of a ``%`` comment that follows one goes on with it.

    In a `tex` file, ``%`` begins a comment in the middle of a line, too. An HTML comment that never ends is none.
    """
    source = text.text
    if "gradcheck:" not in source:
        return
    pattern = _ANYWHERE if tex else _OWN_LINE
    at, last = 0, source.rfind("-->")
    while (found := pattern.search(source, at)) is not None:
        at = found.end()
        if within(found.start(), opaque):
            continue
        kind = "html" if found["html"] is not None else "percent" if found["percent"] is not None else "dots"
        start, stop = found.span(kind)
        if kind == "html":
            if last < start:
                continue
            stop = source.find("-->", start)
            at = stop + len("-->")
        raw = source[start:stop]
        said = _PREFIX.sub("", raw) if kind == "percent" else raw
        yield Said(found.start(), at, said.strip(), text.place(start + len(raw) - len(raw.lstrip())))
