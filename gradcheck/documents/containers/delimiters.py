r"""Where formulas stand between delimiters: ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]`` and bare environments.

A dollar sign opens a formula by pandoc's rule (https://pandoc.org/MANUAL.html#math): something other than white space stands
right of it, something other than white space left of the closing one, and no digit right of that, so that "$5 and $6" stays
money. Beyond that, ``$ x^2 $`` with spaces on both sides is read where it is plainly mathematics: a command, a script or an
equals sign. An inline formula ends before the next empty line.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Environments that stand on their own in LaTeX; what is inside of a "plain" one is the formula itself.
PLAIN = ("equation", "displaymath", "math")
ROWS = ("align", "alignat", "flalign", "gather", "multline", "eqnarray", "xalignat", "dmath", "IEEEeqnarray")
# These stand within a formula in LaTeX; MathJax takes them bare as well.
INNER = ("aligned", "alignedat", "gathered", "split", "cases", "array", "matrix", "pmatrix", "bmatrix", "vmatrix")

MAX_FAILURES = 20  # how often the end of a nested environment is looked for in vain, each time through the whole text

_EMPTY_LINE = re.compile(r"\n[ \t]*(?=\n)")
_PLAINLY = re.compile(r"\\[A-Za-z]|[=^_]")
_CLOSES = {
    r"\(": re.compile(r"\\\\|\\[()]"),
    r"\[": re.compile(r"\\\\|\\[\[\]]"),
    r"\\(": re.compile(r"(?<!\\)\\\\[()]"),
    r"\\[": re.compile(r"(?<!\\)\\\\[\[\]]"),
}
_BRACES = re.compile(r"\\.|[{}$]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """A formula: it stands from ``start`` to ``stop`` with its delimiters, and from ``inner`` to ``end`` without them.

    ``cuts`` are the spans in it that belong to the container: the ``>`` of quotations, the prefixes of comments. In an
    ``escaped`` one, a backslash before punctuation is the container's.
    """

    start: int
    stop: int
    inner: int
    end: int
    display: bool
    escaped: bool = False
    cuts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Unclosed:
    """A delimiter that opens a formula and is never closed."""

    start: int
    what: str


@dataclass(frozen=True, slots=True)
class Rules:
    r"""What counts as a delimiter in a container: bare inner environments, ``\\(``, dollar signs without pandoc's rule."""

    inner: bool = True
    doubled: bool = False
    any_dollar: bool = False


class Delimited:
    """The formulas of a text, outside of its opaque spans (code, comments): ascending spans apart from one another."""

    def __init__(self, text: str, opaque: Sequence[tuple[int, int]] = (), rules: Rules = Rules()) -> None:
        self.text = text
        self.rules = rules
        self.opaque = opaque
        self._starts = [start for start, _ in opaque]
        self._empty = [found.start() for found in _EMPTY_LINE.finditer(text)]
        names = (*PLAIN, *ROWS, *(INNER if rules.inner else ()))
        self._opens = re.compile(
            (r"\\\\[(\[]|" if rules.doubled else "")
            + r"\\\\|\\\$|\\\(|\\\[|\\begin\s*\{(?P<name>(?:"
            + "|".join(names)
            + r")\*?)\}|\$\$|\$"
        )
        self._missing: set[str] = set()
        self._closes: dict[str, int] = {}
        self._failures = 0
        self._unbalanced = -1

    def __iter__(self) -> Iterator[Found | Unclosed]:
        """In order: what is found, and what is opened and never closed."""
        at = 0
        while (opened := self._opens.search(self.text, at)) is not None:
            hidden = self._hidden(opened.start(), opened.end())
            if hidden is not None:
                at = max(hidden, opened.start() + 1)
                continue
            found = self._closed(opened)
            if isinstance(found, Found) and (inside := self._hidden(found.start, found.stop)) is not None:
                found = Unclosed(found.start, opened[0]) if found.display else None
                at = inside
            elif isinstance(found, Found):
                at = found.stop
            else:
                at = opened.end()
            if found is not None and not (isinstance(found, Found) and not self._says(found)):
                yield found

    def _says(self, found: Found) -> bool:
        return bool(self.text[found.inner : found.end].strip())

    def _hidden(self, start: int, stop: int) -> int | None:
        """The end of the last opaque span that meets this stretch; None where there is none."""
        number = bisect.bisect_left(self._starts, stop) - 1
        if number >= 0 and self.opaque[number][1] > start:
            return self.opaque[number][1]
        return None

    def _paragraph(self, offset: int) -> int:
        """Where the paragraph of an offset ends: at the next empty line."""
        number = bisect.bisect_left(self._empty, offset)
        return self._empty[number] if number < len(self._empty) else len(self.text)

    def _closed(self, opened: re.Match[str]) -> Found | Unclosed | None:
        mark = opened[0]
        if opened["name"]:
            return self._environment(opened)
        if mark in (r"\\", r"\$"):
            return None
        if mark == "$":
            return self._dollar(opened.start())
        if mark == "$$":
            return self._dollars(opened)
        return self._bracket(opened)

    def _bracket(self, opened: re.Match[str]) -> Found | Unclosed:
        mark = opened[0]
        display, doubled = mark.endswith("["), len(mark) == 3
        close = mark[:-1] + ("]" if display else ")")
        stop = len(self.text) if display else self._paragraph(opened.end())
        for found in _CLOSES[mark].finditer(self.text, opened.end(), stop):
            if found[0] == close:
                return Found(opened.start(), found.end(), opened.end(), found.start(), display, doubled)
            if found[0] == mark:
                break
        return Unclosed(opened.start(), mark)

    def _environment(self, opened: re.Match[str]) -> Found | Unclosed:
        name = opened["name"]
        close = rf"\end{{{name}}}"
        at = self._close_of(close, opened.end())
        again = self.text.find(opened[0], opened.end(), at) if at >= 0 else -1
        if at < 0:
            return Unclosed(opened.start(), opened[0])
        if again >= 0 and (name.rstrip("*") not in INNER or self._failures > MAX_FAILURES):
            return Unclosed(opened.start(), opened[0])
        stop = at + len(close)
        if again >= 0:
            nested = re.compile(rf"\\(?P<begin>begin)?(?:end)?\{{{re.escape(name)}\}}")
            depth = 0
            for found in nested.finditer(self.text, opened.start()):
                depth += 1 if found["begin"] else -1
                if depth == 0:
                    stop = found.end()
                    break
            else:
                self._failures += 1
                return Unclosed(opened.start(), opened[0])
        if name.rstrip("*") in PLAIN:
            return Found(opened.start(), stop, opened.end(), stop - len(close), name != "math")
        return Found(opened.start(), stop, opened.start(), stop, True)

    def _close_of(self, close: str, start: int) -> int:
        """Where the next `close` stands, -1 where none does; a text full of openings is searched once."""
        known = self._closes.get(close, -2)
        if known == -1 or known >= start:
            return known
        self._closes[close] = self.text.find(close, start)
        return self._closes[close]

    def _dollars(self, opened: re.Match[str]) -> Found | Unclosed:
        """``$$…$$``; across empty lines only where the opening one begins a line."""
        before = self.text[max(opened.start() - 200, 0) : opened.start()].rstrip(" \t>")
        begins = not before or before.endswith("\n")
        stop = self._paragraph(opened.end())
        found = self._next("$$", opened.end(), stop)
        if found is None and begins:
            found = self._next("$$", opened.end(), len(self.text)) if "$$" not in self._missing else None
            if found is None:
                self._missing.add("$$")
        if found is None:
            return Unclosed(opened.start(), "$$")
        return Found(opened.start(), found + 2, opened.end(), found, True)

    def _next(self, mark: str, start: int, stop: int) -> int | None:
        while (at := self.text.find(mark, start, stop)) >= 0:
            before = self.text[max(at - 50, 0) : at]
            if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
                return at
            start = at + 1
        return None

    def _dollar(self, start: int) -> Found | None:
        """``$…$``: the first closing dollar sign outside of braces; where the braces do not close, the first at all."""
        text, inner, stop = self.text, start + 1, self._paragraph(start + 1)
        first: Found | None = None
        depth = 0
        for found in _BRACES.finditer(text, inner, stop):
            if found[0] in "{}":
                depth += 1 if found[0] == "{" else -1
            elif found[0] == "$":
                if depth > 0 and self._unbalanced != stop and first is not None:
                    continue
                made = Found(start, found.end(), inner, found.start(), display=False)
                if not self._allowed(made):
                    if depth <= 0:
                        return first
                    continue
                if depth <= 0 or self._unbalanced == stop:
                    return made
                first = made
        if depth > 0:
            self._unbalanced = stop
        return first

    def _allowed(self, found: Found) -> bool:
        body = self.text[found.inner : found.end]
        if not body.strip():
            return False
        if self.rules.any_dollar:
            return True
        if self.text[found.stop : found.stop + 1].isdigit():
            return False
        left, right = body[0].isspace(), body[-1].isspace()
        return not (left or right) or (left and right and _PLAINLY.search(body) is not None)
