"""Definitions as a person writes them: formulas with words between them.

The text is cut at commas, semicolons and words; every piece that reads as ``name = expression`` defines that name. Words
that carry a meaning (symmetric, "derivative in w", sigmoid) are kept as facts. All other words are kept as well: a verdict
of *fails* that rests on a text that was not wholly understood is not said.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.reader import read
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import ACTIVATIONS, KNOWN

_CONDITION = r"\((?P<c>[^()]*(?:[<>≤≥]|\\leq?(?![a-z])|\\geq?(?![a-z]))[^()]*)\)"
_PIECE = re.compile(rf"\s*(?P<v>(?:[^,;()]|\([^()]*\))+?)\s*{_CONDITION}\s*(?:,|$|;)")
_BY = r"(?:derivative|gradient|differentiated)\s+(?:taken\s+)?(?:in|by|of it in|with respect to|w\.r\.t\.?)\s+"
_TARGET = re.compile(_BY + r"(?P<n>\\?[^\s,;(){}]+(?:\{(?:[^{}]|\{[^{}]*\})*\}(?:[_^][A-Za-z0-9])?|[_^]+)*)")
_IN = re.compile(
    r"(?P<f>\\?[^\s,;=][^,;=]*(?:\([^=;]*\))?)\s+(?:in|by|with respect to|w\.r\.t\.?)\s+(?P<n>\\?[A-Za-z]+(?:_\{?\w+\}?)?)\s*"
)
"""A whole text such as ``f(x, y) in x``."""
_SHORT = 400  # characters that such a text has at most
_AT = re.compile(r"(?<=\s)at\s+(?:the\s+point\s+)?(?P<p>\((?:[^()]|\([^()]*\))*\))")
_STACKING = re.compile(r"(?P<by>column|row)-major(?:\s+(?:vec|vectori[sz]ation|order))?(?:\s+of\s+[^,;]*)?")
_NAME = r"(?P<n>(?:\\|(?<![A-Za-z\\]))[A-Za-z]+(?:_\{?[A-Za-z]+\}?)?)"
_LIST = re.compile(_NAME.replace("?P<n>", "?:"))
_NAMES_LISTED = rf"(?:(?:^|(?<=[,;])|(?<=\bwith)|(?<=\bwhere))\s*(?P<many>(?:{_LIST.pattern}\s*(?:,|,?\s+and\s)\s*)+))?"
_SYMMETRIC = re.compile(_NAMES_LISTED + _NAME + r"(?:\s+(?:is|be|are))?\s+(?:both\s+)?(?:a\s+)?symmetric")
_DIAGONAL = re.compile(_NAMES_LISTED + _NAME + r"(?:\s+(?:is|be|are))?\s+(?:both\s+)?diagonal")
_IS = re.compile(
    r"(?P<n>\b[A-Za-z]\b|\\[A-Za-z]+)\s+(?:is\s+|the\s+|a\s+){0,3}(?P<f>sigmoid|tanh|softmax|relu|ReLU|logistic|softplus)\b"
)
_PROSE = re.compile(
    r"(?<![\\A-Za-z_{^])(?:(?:is|of|in|at|to|as|by|or|an|be|on|if|so|we|it|no)(?![A-Za-z])|[A-Za-z]{3,}(?:-[A-Za-z]+)*)"
    r"(?![A-Za-z(=]|\s*=|_\{|\^)"
)
_ASIDE = re.compile(r"(?:^|(?<=[\s,;]))\(\s*[A-Za-z]{3,}(?:[\s-]+[A-Za-z]+)*\s*\)")
_HARMLESS = frozenset(
    [
        "and",
        "with",
        "where",
        "for",
        "the",
        "of",
        "is",
        "are",
        "be",
        "in",
        "as",
        "a",
        "an",
        "from",
        "given",
        "function",
        "functions",
        "same",
        "previous",
        "earlier",
        "above",
        "formula",
        "formulas",
        "table",
        "cell",
        "display",
        "displays",
        "built",
        "inside",
        "brackets",
        "operator",
        "symmetric",
        "diagonal",
        "derivative",
        "gradient",
        "Hessian",
        "matrix",
        "scalar",
        "stated",
        "dst",
        "Frobenius",
        "net",
        "generic",
        "feature",
        "vector",
        "vectors",
        "three",
        "two",
        "first",
        "sigmoid",
        "by",
        "then",
        "so",
        "softmax",
        "tanh",
        "logistic",
        "unit",
        "likelihood",
        "some",
        "any",
        "all",
        "list",
        "lists",
        "be",
        "bullets",
        "stated",
        "above",
        "next",
        "prior",
        "it",
        "its",
        "offered",
        "guess",
        "analogy",
        "first",
        "using",
        "rule",
        "used",
        "see",
        "eq",
        "equation",
        "here",
        "this",
        "that",
        "also",
        "same",
        "case",
        "cases",
        "shown",
        "using",
        "case",
        "spread",
        "lines",
    ]
)


_NAMES = re.compile(r"\s+\\?[A-Za-z]+(?:_\w|_\{[^{}]*\})?(?:\([^()=]*\))?\s*=")
r"""What follows a word that only says what is defined: ``softplus \zeta(x) = …``."""


@dataclass
class Text:
    """What the definitions say: statements, lone expressions, the name to differentiate by, traits, words left over."""

    statements: list[Statement] = field(default_factory=list)
    lone: list[Expr] = field(default_factory=list)
    target: Expr | None = None
    symmetric: frozenset[str] = frozenset()
    diagonal: frozenset[str] = frozenset()
    kinds: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    words: tuple[str, ...] = ()
    ranges: dict[Expr, tuple[float, float]] = field(default_factory=dict)
    point: tuple[Expr, ...] = ()
    named: str = ""
    hessian: bool = False
    stacking: str = ""


def read_text(text: str, functions: frozenset[str], words: frozenset[str]) -> Text:
    """What a text of formulas and words says."""
    found = Text()
    text = _ASIDE.sub(lambda aside: f" ; {aside[0][1:-1]} ; ", text.replace('"', " "))
    target = _TARGET.search(text) or (_IN.fullmatch(text) if len(text) <= _SHORT else None)
    if target is not None:
        try:
            read_target = read(target["n"].strip("."), functions, words)
            found.target = read_target[0].members[0]
        except UnreadableError:
            found.unread.append(target[0])
        kept = target["f"] if "f" in target.groupdict() else ""
        text = f"{text[: target.start()]} {kept} ; {text[target.end() :]}"
    found.symmetric = frozenset(name for m in _SYMMETRIC.finditer(text) for name in _listed(m))
    found.diagonal = frozenset(name for m in _DIAGONAL.finditer(text) for name in _listed(m))
    found.kinds = {m["n"]: ACTIVATIONS.get(m["f"], m["f"]) for m in _IS.finditer(text)}
    for pattern in (_SYMMETRIC, _DIAGONAL, _IS):
        text = pattern.sub(" ; ", text)
    named = [
        ACTIVATIONS[word] for word in re.findall(r"(?<![\\A-Za-z])[A-Za-z]+(?![A-Za-z({])", text) if word in ACTIVATIONS
    ]
    found.named = named[0] if len(set(named)) == 1 and "=" not in text else ""
    found.hessian = re.search(r"\bHessian\b", text) is not None
    if (stacked := _STACKING.search(text)) is not None:
        found.stacking = stacked["by"]
        text = _STACKING.sub(" ; ", text)
    text = _piecewise(text)
    if (place := _AT.search(text)) is not None:
        try:
            (told,) = read(place["p"], functions, words)
            point = told.members[0]
            found.point = point.items if isinstance(point, tree.Listing) else (point,)
            text = f"{text[: place.start()]} ; {text[place.end() :]}"
        except (UnreadableError, ValueError):
            found.unread.append(place[0].strip())
    for piece in _pieces(text, words):
        if _PROSE.fullmatch(piece.strip()) or not piece.strip():
            continue
        try:
            statements = read(piece, functions, words)
        except UnreadableError:
            found.unread.append(piece.strip())
            continue
        for statement in statements:
            if len(statement.members) == 1:
                found.lone.append(statement.members[0])
            elif any(mark not in ("=", "≈") for mark in statement.marks):
                limits = _limits(statement)
                found.ranges.update(limits or {})
                found.unread += [] if limits else [piece.strip()]
            else:
                found.statements.append(statement)
    understood = _HARMLESS | KNOWN | words
    left_over = [
        word
        for word in _PROSE.findall(text)
        if word not in understood and not re.search(rf"\\[A-Za-z]*{{?{word}", text)
    ]
    found.words = tuple(dict.fromkeys(left_over))
    return found


def _listed(found: re.Match[str]) -> list[str]:
    """The names of ``A, B and C symmetric``."""
    return [*(name for name in _LIST.findall(found["many"] or "") if name != "and"), found["n"]]


def _limits(statement: Statement) -> dict[Expr, tuple[float, float]] | None:
    """The range of a name that is compared with numbers, as in ``0 < α < 1``; None for other conditions."""
    members, marks = statement.members, statement.marks
    names = [place for place, member in enumerate(members) if isinstance(member, (tree.Name, tree.Script))]
    if (
        len(names) != 1
        or statement.continued
        or len(set(marks) & {"<", "≤"}) + len(set(marks) & {">", "≥"}) != len(set(marks))
    ):
        return None
    if set(marks) & {"<", "≤"} and set(marks) & {">", "≥"}:
        return None
    if set(marks) & {">", "≥"}:
        members, names = members[::-1], [len(members) - 1 - names[0]]
    values = [_value(member) for place, member in enumerate(members) if place != names[0]]
    if len(members) > 3 or None in values:
        return None
    (place,) = names
    low = _value(members[place - 1]) if place else None
    high = _value(members[place + 1]) if place + 1 < len(members) else None
    return {members[place]: (-math.inf if low is None else low, math.inf if high is None else high)}


def _value(expr: Expr) -> float | None:
    if isinstance(expr, tree.Number):
        return float(expr.text)
    if isinstance(expr, tree.Sum) and len(expr.terms) == 1 and isinstance(expr.terms[0][1], tree.Number):
        return expr.terms[0][0] * float(expr.terms[0][1].text)
    return None


def _piecewise(text: str) -> str:
    """``f(x)=a (x>0), b (x≤0)`` as cases."""
    head, mark, rest = text.partition("=")
    if not mark:
        return text
    rows = []
    place = 0
    while (found := _PIECE.match(rest, place)) is not None:
        rows.append(f"{found['v']} & {found['c']}")
        place = found.end()
    if len(rows) < 2:
        return text
    joined = r" \\ ".join(rows)
    return rf"{head}=\begin{{cases}}{joined}\end{{cases}}, {rest[place:]}"


def _pieces(text: str, words: frozenset[str]) -> list[str]:
    """The text between commas, semicolons and words that stand outside of brackets and groups."""
    marks = []
    depth = 0
    place = 0
    inside_command = re.compile(r"\\(?:text|mathrm|operatorname|mathbf|mbox|textrm|begin|end|textbf)\*?\s*\{[^{}]*\}")
    while place < len(text):
        if (skipped := inside_command.match(text, place)) is not None:
            if text.startswith(r"\begin", place):
                depth += 1
            elif text.startswith(r"\end", place):
                depth -= 1
            place = skipped.end()
            continue
        char = text[place]
        if char == "\\":
            command = re.compile(r"\\[A-Za-z]+|\\.").match(text, place)
            place = command.end() if command else place + 1
            continue
        depth += (char in "([{") - (char in ")]}")
        if depth <= 0 and char in ",;":
            marks.append((place, place + 1))
        elif depth <= 0 and (word := _PROSE.match(text, place)) is not None:
            named = _NAMES.match(text, word.end()) if word[0] in ACTIVATIONS else None
            if (word[0] not in KNOWN or named) and word[0] not in words:
                marks.append((place, word.end()))
            place = word.end()
            continue
        place += 1
    pieces = []
    start = 0
    for begin, end in marks:
        pieces.append(text[start:begin])
        start = end
    pieces.append(text[start:])
    return [piece.strip().strip(".").strip() for piece in pieces if piece.strip(" .,:;")]


def functions_in(*texts: str) -> frozenset[str]:
    """Names that a text applies to arguments: ``f(x)=``, ``f'(``, ``f(g(x))`` for the usual letters of functions."""
    found: set[str] = set()
    name = r"(\\[A-Za-z]+|(?<![A-Za-z\\])[A-Za-z])"
    script = r"(?:\s*(?:_\{[^{}]*\}|_\\?[A-Za-z0-9]+|\^\{\([^()]*\)\})){0,4}\s*"
    argument = r"\([^()=+\-]*\)"
    for text in texts:
        for match in re.finditer(rf"{name}\}}?{script}(?:\\left)?{argument}\s*(?:&?=|&=&)", text):
            if match[1] not in (r"\left", r"\right", r"\log", r"\exp") and not match[1].startswith(
                (r"\math", r"\bold")
            ):
                found.add(match[1])
        for match in re.finditer(rf"{name}\}}?(?:\^\{{?(?:'|\\prime)\}}?|')\s*(?:_\S+)?\s*(?:\\left)?[(\[]", text):
            found.add(match[1])
        for match in re.finditer(
            r"(?<![A-Za-z\\])([fghpFGJLECPRSABOZ])\s*(?:_\\?\w+)?(?:\\left)?[(\[](?:[^()\[\]=+\-/*\\]|\\[A-Za-z]+(?![A-Za-z])|[(\[][^()\[\]]*[)\]])*[)\]]",
            text,
        ):
            found.add(match[1])
        for match in re.finditer(r"(\\(?:phi|varphi|psi|Phi|Psi|ell|mathcal\{[A-Z]\}))\s*\((?:[^()=+\-])*\)", text):
            found.add(match[1])
        found.update(re.findall(r"(?<![A-Za-z\\])d?([fgh])\s*(?:\\left)?\(", text))
        found.update(re.findall(r"\\text(?:rm|it|sf)?\{\s*([A-Z][A-Za-z0-9]+)\s*\}\(", text))
    bare = " ".join(texts)
    paths = frozenset(match for text in texts for match in re.findall(r"(?<![A-Za-z\\])([xyzuvw])\(t\)\s*=", text))
    return frozenset(
        f
        for f in found
        if f in (r"\phi", r"\psi", r"\varphi", r"\ell")
        or len(f) == 1
        or f in (r"\sigma", r"\varsigma")
        or f[0].isupper()
        or rf"{f}(" in bare
    ) - (frozenset("xyzwabtuvde") - paths)


def words_in(latex: str, definitions: str) -> frozenset[str]:
    """Names of several letters: what stands alone before an equals sign, and differentials used as names (dW, ds)."""
    found = set()
    for text in (latex, definitions):
        for match in re.finditer(r"(?<![\\A-Za-z{])([A-Za-z]{2,8})(?:_\{?\w+\}?)?\s*&?=", text):
            found.add(match[1])
        for match in re.finditer(r"\\partial\s*\{?\s*([a-z]{2,8})\b", text):
            found.add(match[1])
        for match in re.finditer(r"\\text(?:rm|it|sf)?\{\s*([A-Za-z][A-Za-z0-9]*)\s*\}\s*(?:\\left)?\(", text):
            if match[1] not in _HARMLESS and match[1] not in ("if", "when", "otherwise", "else", "or"):
                found.add(match[1])
    found.update(re.findall(r"(?<![\\A-Za-z{])(undefined|undef)(?![A-Za-z])", f"{latex} {definitions}"))
    lead = re.search(r"(?:^|(?<=[&=\s]))(d[A-Za-z])(?:_\{?\w+\}?)?\s*(?:&?=|\\cdot)", latex)
    if lead:
        found.update(re.findall(r"(?<![\\A-Za-z])(d[A-Za-z])(?![A-Za-z])", latex))
    return frozenset(word for word in found if word not in KNOWN and not _is_product(word, f"{latex} {definitions}"))


def _is_product(word: str, text: str) -> bool:
    """``AB`` is a product where A and B stand alone as well; ``dd`` is a name."""
    return (
        len(word) <= 3
        and not word.startswith("d")
        and all(re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", text) is not None for letter in word)
    )


def definition_of(statement: Statement) -> tuple[Expr, tuple[str, ...], Expr] | None:
    """The name (perhaps scripted), the parameters and the body of a statement that defines something."""
    left = statement.members[0]
    if statement.continued or statement.marks[:1] not in (("=",), ("≈",)):
        return None
    body = statement.members[1]
    if isinstance(left, (tree.Name, tree.Script)):
        return left, (), body
    if isinstance(left, tree.Call) and isinstance(left.function, (tree.Name, tree.Script)):
        parameters = []
        for argument in left.arguments:
            if not isinstance(argument, tree.Name):
                return left.function, (), body
            parameters.append(argument.text)
        return left.function, tuple(parameters), body
    return None


__all__ = ["Text", "UnresolvedError", "definition_of", "functions_in", "read_text", "words_in"]
