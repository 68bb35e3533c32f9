r"""What an annotation says about names, read as data: shapes (``W is n by m``) and conditions (``0 < \alpha < 1``).

The sentences are few and fixed; a sentence that is not one of them is refused with those that are, never guessed at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LARGEST_SIZE = 12

_FONTS = "hat|bar|tilde|vec|dot|mathbf|mathcal|mathrm|mathsf|mathit|boldsymbol|bm|mathbb|overline|operatorname|text"
_BASE = rf"(?:\\(?:{_FONTS})\s*(?:\{{[^{{}}]+\}}|\\?[A-Za-z]+)|\\[A-Za-z]+|[^\W\d_]+)"
_SCRIPT = r"\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|\w)"
_NAME = rf"{_BASE}(?:{_SCRIPT})*"
_RELATION = re.compile(r"\\(?:leqslant|geqslant|leq|geq|le|ge|lt|gt)(?![A-Za-z])|<=|>=|[<>≤≥]")
_RISING = ("\\l", "<", "≤")
_NUMBER = r"[-+−]?\s*(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?|\\infty|∞|\\d?frac\{\d+\}\{\d+\})"
_IN_INTERVAL = re.compile(rf"({_NAME})\s*(?:\\in(?![A-Za-z])|∈)\s*[(\[]\s*({_NUMBER})\s*,\s*({_NUMBER})\s*[)\]]")
_IN_REALS = re.compile(
    rf"({_NAME})\s*(?:\\in(?![A-Za-z])|∈)\s*(?:\\(?:mathbb|Bbb)\s*(?:\{{\s*R\s*\}}|R)|ℝ|\\R(?![A-Za-z]))\s*(?:\^\s*(.+))?"
)
_ABSOLUTE = re.compile(rf"(?:\||\\lvert|\\left\|)\s*({_NAME})\s*(?:\||\\rvert|\\right\|)")
_SUM = re.compile(rf"\\sum(?:\\limits)?(?:\s*[_^]\s*(?:\{{[^{{}}]*\}}|\w))*\s*({_NAME})\s*=\s*1")
_OWN_TRANSPOSE = re.compile(
    rf"({_BASE})\s*=\s*\1\s*\^\s*\{{?\s*(?:T|\\top|\\intercal|\\mathrm\{{T\}}|'|\\prime)\s*\}}?"
)
_TRAIT = re.compile(
    rf"(?:the\s+)?(?:entries\s+of\s+)?({_NAME})\s+(?:is\s+|are\s+)?(?:an?\s+)?(symmetric|diagonal|positive|negative|"
    r"sums?\s+to\s+(?:1|one))(?:\s+matri(?:x|ces)|\s+numbers?)?"
)
_VERB = re.compile(r"\s+(?:is|are|has)\s+|\s*:\s*")
_AND = re.compile(r"\s+and\s+")
_BY = re.compile(r"\s*(?:\bby\b|×|\\times(?![A-Za-z])|\bx\b)\s*")
_SIZE = re.compile(r"[A-Za-z](?:_(?:\w|\{\w+\}))?|\\ell|\d+")

SHAPES = (
    r"'x is a number', 'x is a vector', 'x is a vector of length n', 'W is a matrix', 'W is n by m', "
    r"'W \in \mathbb{R}^{n \times m}'"
)
CONDITIONS = (
    r"'x > 0', '0 < \alpha < 1', '|x| < 1', '\alpha \in (0, 1)', 't sums to 1', '\sum_k t_k = 1', 'A is symmetric', "
    r"'A = A^T', 'A is diagonal'"
)

Trait = Literal["range", "sums to 1", "symmetric", "diagonal"]


class SentenceError(ValueError):
    """A sentence that is not understood: what is wrong, and at which character (from 0) of the text."""

    def __init__(self, what: str, offset: int) -> None:
        self.offset = offset
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a name, one an axis: a number, or a letter that means the same size wherever it is used."""

    name: str
    sizes: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one name. ``low`` and ``high`` belong to a range, which is open; ``text`` is as it was written."""

    text: str
    name: str
    trait: Trait
    low: float = -math.inf
    high: float = math.inf


def read_name(text: str, offset: int = 0) -> str:
    """A name in LaTeX, without the blanks around it. Raises SentenceError for anything else."""
    if not re.fullmatch(_NAME, text.strip()):
        raise SentenceError(f"{text.strip()!r} is no name: expected a letter, a LaTeX command or a word", offset)
    return text.strip()


def read_names(text: str) -> tuple[str, ...]:
    """Names with commas or *and* between them. Raises SentenceError for anything else."""
    return tuple(read_name(piece, offset) for offset, piece in _pieces(text))


def read_shapes(text: str) -> tuple[Shape, ...]:
    r"""The shapes that a text gives: ``x is a vector of length n, W is n by m``.

    Raises:
        SentenceError: a part that gives no shape, or a size beyond `LARGEST_SIZE`.
    """
    found: list[Shape] = []
    waiting: list[str] = []
    last = 0
    for offset, piece in _pieces(text):
        last = offset
        if re.fullmatch(_NAME, piece):
            waiting.append(piece)
            continue
        name, sizes = _shape(piece, offset)
        found += [Shape(each, sizes) for each in (*waiting, name)]
        waiting = []
    if waiting or not found:
        raise SentenceError(f"nothing says which shape {', '.join(waiting) or 'anything'} has; say {SHAPES}", last)
    return tuple(found)


def read_conditions(text: str) -> tuple[Condition, ...]:
    r"""The conditions that a text states: ``0 < \alpha < 1, x > 0``.

    Raises:
        SentenceError: a part that is none of the sentences in `CONDITIONS`, or that no number satisfies.
    """
    found: list[Condition] = []
    waiting: list[str] = []
    last = 0
    for offset, piece in _pieces(text):
        last = offset
        if re.fullmatch(_NAME, piece):
            waiting.append(piece)
            continue
        made = _condition(piece, offset)
        found += [Condition(f"{name}: {made.text}", name, made.trait, made.low, made.high) for name in waiting]
        found.append(made)
        waiting = []
    if waiting or not found:
        raise SentenceError(f"nothing is said about {', '.join(waiting) or 'anything'}; say {CONDITIONS}", last)
    return tuple(found)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """What stands between commas and *and*, outside of brackets, with the place of each."""
    depth, start, place = 0, 0, 0
    marks: list[tuple[int, int]] = []
    while place < len(text):
        char = text[place]
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and char == ",":
            marks.append((place, place + 1))
        elif depth == 0 and (word := _AND.match(text, place)) is not None:
            marks.append((place, word.end()))
            place = word.end() - 1
        place += 1
    for begin, end in (*marks, (len(text), len(text))):
        piece = text[start:begin]
        stripped = piece.strip().rstrip(".").rstrip()
        if stripped:
            yield start + len(piece) - len(piece.lstrip()), stripped
        start = end


def _shape(piece: str, offset: int) -> tuple[str, tuple[str | int, ...]]:
    """The name and the sizes of one sentence."""
    if (reals := _IN_REALS.fullmatch(piece)) is not None:
        power = (reals[2] or "").strip()
        inside = power[1:-1] if power.startswith("{") and power.endswith("}") else power
        return reals[1], tuple(_size(size, offset) for size in _BY.split(inside)) if inside.strip() else ()
    name, *rest = _VERB.split(piece, maxsplit=1)
    if not rest or not re.fullmatch(_NAME, name.strip()):
        if _RELATION.search(piece) or _IN_INTERVAL.fullmatch(piece):
            raise SentenceError(f"{piece!r} is a condition and no shape; say it with the word 'range'", offset)
        raise SentenceError(f"{piece!r} gives no shape; say {SHAPES}", offset)
    said = re.sub(r"^(?:an?|the)\s+", "", rest[0].strip())
    if re.fullmatch(r"(?:real\s+)?(?:numbers?|scalars?)", said):
        return name.strip(), ()
    if re.fullmatch(r"(?:column\s+)?vectors?", said):
        return name.strip(), (f"?{name.strip()} 1",)
    if re.fullmatch(r"(?:matrix|matrices)", said):
        return name.strip(), (f"?{name.strip()} 1", f"?{name.strip()} 2")
    length = re.fullmatch(
        r"(?:(?:column\s+)?vectors?\s+(?:of|with)\s+)?(?:length|size)\s+(\S+)"
        r"|(?:(?:column\s+)?vectors?\s+(?:of|with)\s+)?(\S+)\s+(?:entries|numbers|components)",
        said,
    )
    if length is not None:
        return name.strip(), (_size(length[1] or length[2], offset),)
    said = re.sub(r"\s*(?:matrix|matrices)$", "", re.sub(r"^(?:matrix|matrices)\s+of\s+(?:size\s+)?", "", said))
    sizes = _BY.split(said)
    if len(sizes) >= 2 and all(_SIZE.fullmatch(size) for size in sizes):
        return name.strip(), tuple(_size(size, offset) for size in sizes)
    raise SentenceError(f"{piece!r} gives no shape; say {SHAPES}", offset)


def _size(text: str, offset: int) -> str | int:
    text = text.strip()
    if not _SIZE.fullmatch(text):
        raise SentenceError(f"{text!r} is no size: expected a letter or a whole number", offset)
    if not text.isdigit():
        return text
    if not 1 <= int(text) <= LARGEST_SIZE:
        raise SentenceError(
            f"the size {text} is not between 1 and {LARGEST_SIZE}: formulas are checked on small arrays; "
            "give the size a letter, and gradcheck chooses one",
            offset,
        )
    return int(text)


def _condition(piece: str, offset: int) -> Condition:
    """The condition of one sentence."""
    if (trait := _TRAIT.fullmatch(piece)) is not None:
        word = trait[2]
        if word in ("positive", "negative"):
            return Condition(piece, trait[1], "range", *((0.0, math.inf) if word == "positive" else (-math.inf, 0.0)))
        kind: Trait = "symmetric" if word == "symmetric" else "diagonal" if word == "diagonal" else "sums to 1"
        return Condition(piece, trait[1], kind)
    if (total := _SUM.fullmatch(piece)) is not None:
        return Condition(piece, _without_index(total[1]), "sums to 1")
    if (own := _OWN_TRANSPOSE.fullmatch(piece)) is not None:
        return Condition(piece, own[1], "symmetric")
    if (interval := _IN_INTERVAL.fullmatch(piece)) is not None:
        return _range(piece, interval[1], _number(interval[2]), _number(interval[3]), offset)
    if _IN_REALS.fullmatch(piece):
        raise SentenceError(f"{piece!r} is a shape and no condition; say it with the word 'shape'", offset)
    marks = _RELATION.findall(piece)
    members = [member.strip() for member in _RELATION.split(piece)]
    directions = {mark.startswith(_RISING) for mark in marks}
    if len(marks) in (1, 2) and len(directions) == 1:
        if not directions.pop():
            members.reverse()
        places = [number for number, member in enumerate(members) if not re.fullmatch(_NUMBER, member)]
        if len(places) == 1:
            place = places[0]
            low = max((_number(member) for member in members[:place]), default=-math.inf)
            high = min((_number(member) for member in members[place + 1 :]), default=math.inf)
            absolute = _ABSOLUTE.fullmatch(members[place])
            if absolute is not None and place == 0:
                return _range(piece, absolute[1], -high, high, offset)
            if re.fullmatch(_NAME, members[place]):
                return _range(piece, members[place], low, high, offset)
    raise SentenceError(f"{piece!r} is not understood; say {CONDITIONS}", offset)


def _range(text: str, name: str, low: float, high: float, offset: int) -> Condition:
    if not low < high:
        raise SentenceError(f"{text!r} leaves no number for {name}: {low:g} is not below {high:g}", offset)
    return Condition(text, name, "range", low, high)


def _number(text: str) -> float:
    text = text.replace(" ", "").replace("−", "-")
    if text.endswith((r"\infty", "∞")):
        return -math.inf if text.startswith("-") else math.inf
    if (quotient := re.fullmatch(r"([-+]?)\\d?frac\{(\d+)\}\{(\d+)\}", text)) is not None:
        text = f"{quotient[1]}{quotient[2]}/{quotient[3]}"
    above, _, below = text.partition("/")
    if not below:
        return float(above)
    return float(above) / float(below) if float(below) else math.nan


def _without_index(name: str) -> str:
    """``t_k`` is an entry of t, and so is ``t_{k}``."""
    return re.sub(r"\s*_\s*(?:\{\s*\w\s*\}|\w)$", "", name)
