r"""How a document writes its names: its macros, which of them are functions, which superscripts are labels.

A formula alone does not say whether ``W^{2}`` is a square or the second layer's weights, nor whether ``L(y, z)`` is a
product; its document mostly does. A superscript is a label where a name carrying it is differentiated by
(``\partial W^{2}`` under a plain ``\partial``), or stands, as ``W^{1}``, for what an equation defines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gradcheck.documents.model import Document
from gradcheck.documents.trees import mapped
from gradcheck.latex import tree
from gradcheck.latex.conventions import conventional
from gradcheck.latex.definitions import functions_in, words_in
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.macros import Macro, expand, read_macros
from gradcheck.latex.names import parts
from gradcheck.latex.reader import read
from gradcheck.latex.tree import Statement

_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_FONT = rf"(?<!\\)\\(?:mathbf|mathcal|boldsymbol|bm|hat|mathrm){_GROUP}"
_BASE = rf"(?P<base>(?<![A-Za-z])(?<!(?<!\\)\\)[A-Za-z](?![A-Za-z])|{_FONT}|(?<!\\)\\[a-z]+(?![A-Za-z]))"
_SUBS = rf"(?P<subs>\s*_\s*(?:{_GROUP}|[A-Za-z0-9]))?"
_LABEL = r"(?P<label>\d+|[A-Za-z](?:\s*[+-]\s*\d+)?)"
_SCRIPTED = re.compile(rf"{_BASE}{_SUBS}\s*\^\s*(?:\{{\s*{_LABEL}\s*\}}|(?P<one>[A-Za-z0-9]))")
_BARE = re.compile(rf"{_BASE}(?P<subs>\s*_\s*(?:{_GROUP}|[A-Za-z0-9]))(?!\s*[\^_'(A-Za-z0-9])")
_UNDER = re.compile(
    r"\\d?frac\s*\{\s*\\partial(?!\s*\^)(?P<top>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}\s*\{\s*\\partial\s*"
)
_PRIMED = re.compile(
    rf"(?<![A-Za-z])(?<!(?<!\\)\\)(?P<name>[A-Za-z]|\\[a-z]+)\s*_\s*(?:{_GROUP}|[A-Za-z0-9])\s*(?:'|\^\s*\{{?\s*(?:\\prime|'))"
    r"\s*\}?\s*(?:\\left)?\s*\("
)
_OPERATOR = re.compile(r"\\(?:operatorname\*?|mathrm|text)\s*\{(?P<name>\s*[A-Za-z][A-Za-z ]*)\}\s*(?:\\left)?\s*\(")
_STARTS = re.compile(r"(?:^|\\\\|,|;|&|\\begin\{[a-z]+\*?\}(?:\{[a-z]+\})?|\s)\s*\{?\s*$")
_ENVIRONMENT = re.compile(
    r"^\s*\\begin\{(?P<name>[a-zA-Z]+\*?)\}(?:\{[lcr|]*\})?(?P<body>.*)\\end\{(?P=name)\}(?P<rest>.*)$", re.DOTALL
)
_ROWS = frozenset(("align", "aligned", "alignat", "gather", "gathered", "eqnarray", "split", "array"))
_POWERS = frozenset(("T", "t", "e"))


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read of a formula: the reason, and the offset into its LaTeX of the token to blame."""

    reason: str
    offset: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What a formula says: statements in order, and the rows that could not be read."""

    statements: tuple[Statement, ...]
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True)
class Names:
    """What a document's notation means, gathered from all of its formulas.

    ``capitals`` are small letters whose entries, as ``w_{ij}``, are those of the capital, ``W_{ij}``, which is written as well;
    ``layers`` are letters that number layers, as in ``z^{(l)}``. ``labels`` are pairs of a name and a kind of label ("1" for
    numerals, else a letter); ``implied`` supplies a label that is left out where a name with these subscripts occurs with
    one label only.
    """

    macros: dict[str, Macro] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    labels: frozenset[tuple[str, str]] = frozenset()
    capitals: frozenset[str] = frozenset()
    layers: frozenset[tree.Expr] = frozenset()
    implied: dict[tuple[str, str], str] = field(default_factory=dict)

    def expanded(self, latex: str) -> str:
        """Without private macros. Raises UnreadableError where they recur."""
        return conventional(expand(read_macros(latex)[1], self.macros), self.macros)

    def read(self, latex: str) -> Parts:
        """The statements of a formula; a display that does not read as a whole is read row by row."""
        try:
            return Parts(tuple(self._read(latex)))
        except UnreadableError as error:
            whole = Unread(error.what, max(self.position(latex, error.position) - 1, 0))
        except RecursionError:
            return Parts((), (Unread("nested too deeply", 0),))
        rows = _rows(latex)
        if len(rows) < 2:
            return Parts((), (whole,))
        statements: list[Statement] = []
        unread: list[Unread] = []
        attached = False
        for start, row in rows:
            try:
                found = self._read(row)
            except UnreadableError as error:
                unread.append(Unread(error.what, start + max(self.position(row, error.position) - 1, 0)))
                attached = False
                continue
            except RecursionError:
                unread.append(Unread("nested too deeply", start))
                attached = False
                continue
            for statement in found:
                if not statement.continued:
                    statements.append(statement)
                elif attached and statements:
                    statements[-1] = _joined(statements[-1], statement)
                attached = True
        return Parts(tuple(statements), tuple(unread)) if statements else Parts((), (whole,))

    def _read(self, latex: str) -> list[Statement]:
        found = read(self.labelled(self.expanded(latex)), self.functions, self.words)
        return [replace(one, members=mapped(one.members, self._plainer)) for one in found]

    def _plainer(self, node: Any) -> Any:
        """Entries of a capital under its own name, and one function whose subscript only tells the layer."""
        if not isinstance(node, tree.Script) or not isinstance(node.base, tree.Name):
            return node
        if node.base.text in self.capitals and len(node.subs) == 2:
            return replace(node, base=tree.Name(node.base.text.upper()))
        if node.base.text in self.functions and node.sup is None and node.subs and set(node.subs) <= self.layers:
            return node.base
        return node

    def position(self, latex: str, position: int) -> int:
        """Where in `latex` the character is that stands at `position` (from 1) once labels are marked; 1 if macros moved it."""
        try:
            expanded = self.expanded(latex)
        except UnreadableError:  # the place is that of the macro, as the formula stands
            return min(max(position, 1), max(len(latex), 1))
        if expanded != latex:
            return position if len(expanded) == len(latex) else 1
        moved = self.labelled(latex)
        place = 0
        for at, char in enumerate(moved, 1):
            if at == position:
                break
            if place < len(latex) and char == latex[place]:
                place += 1
        return min(place + 1, max(len(latex), 1))

    def labelled(self, latex: str) -> str:
        """`latex` with labels in parentheses, as ``W^{(2)}``, which is how the reader knows a label."""
        if not self.labels:
            return latex

        def marked(found: re.Match[str]) -> str:
            label = found["label"] or found["one"]
            if (_bare(found["base"]), _kind(label)) not in self.labels:
                return found[0]
            return f"{found['base']}{found['subs'] or ''}^{{({label.replace(' ', '')})}}"

        def supplied(found: re.Match[str]) -> str:
            label = self.implied.get((_bare(found["base"]), _plain(found["subs"])))
            return f"{found[0]}^{{({label})}}" if label else found[0]

        return _BARE.sub(supplied, _SCRIPTED.sub(marked, latex))


def _macros_of(document: Document) -> dict[str, Macro]:
    """The macros of a preamble or a configuration; none where their braces do not close."""
    try:
        return read_macros(document.macros)[0] if document.macros else {}
    except UnreadableError:
        return {}


def names_of(document: Document) -> Names:
    """What the formulas of a document, taken together, say about its names."""
    macros = _macros_of(document)
    texts: list[str] = []
    for formula in document.formulas:
        try:
            own, _ = read_macros(formula.latex)
            macros = {**macros, **own}
            texts.append(conventional(expand(read_macros(formula.latex)[1], macros), macros))
        except UnreadableError:
            continue
    labels = frozenset(_labels(texts))
    known = Names(macros, frozenset(_functions(texts)), words_in(" ; ".join(texts), ""), labels)
    implied = _implied(texts, labels)
    known = replace(known, implied=implied)
    everything = tuple(part for formula in document.formulas for part in parts(known.read(formula.latex).statements))
    return replace(
        known,
        functions=known.functions | _called(everything),
        capitals=frozenset(_capitals(everything)),
        layers=frozenset(_layers(everything)),
    )


def _functions(texts: Sequence[str]) -> Iterator[str]:
    """Names that are applied to arguments anywhere in the document; one that only ever labels another is none."""
    everything = " ; ".join(texts)
    for name in functions_in(*texts) if texts else ():
        if re.search(rf"(?<![A-Za-z\\])(?<!_)(?<!_\{{){re.escape(name)}(?![A-Za-z])", everything) or len(name) > 1:
            yield name
    for found in _PRIMED.finditer(everything):
        yield found["name"]
    for found in _OPERATOR.finditer(everything):
        yield found["name"].strip()


def _labels(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names whose superscripts are labels, and of which kind."""
    seen: set[tuple[str, str]] = set()
    strong: set[tuple[str, str]] = set()
    defined: dict[str, set[str]] = {}
    for text in texts:
        for found in _SCRIPTED.finditer(text):
            label = found["label"] or found["one"]
            base, kind = _bare(found["base"]), _kind(label)
            if kind in _POWERS:
                continue
            seen.add((base, kind))
            before, after = text[: found.start()], text[found.end() :]
            if (under := _last(_UNDER, before)) is not None and under.end() == found.start():
                strong.add((base, kind))
            elif re.match(r"\s*\}?\s*&?\s*=", after) and _STARTS.search(before):
                if label == "1":
                    strong.add((base, kind))
                elif kind != "1" and found["subs"]:
                    defined.setdefault(kind, set()).add(base)
    for kind, bases in defined.items():
        if len(bases) >= 2:
            strong.update((base, kind) for base in bases)
    for base, kind in seen:
        if (base, kind) in strong or (len(base) == 1 and (base.swapcase(), kind) in strong):
            yield base, kind


def _implied(texts: Sequence[str], labels: frozenset[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The one label that a name with these subscripts carries, where it also stands without."""
    found: dict[tuple[str, str], set[str]] = {}
    for text in texts:
        for match in _SCRIPTED.finditer(text):
            label = match["label"] or match["one"]
            if (_bare(match["base"]), _kind(label)) in labels and match["subs"]:
                found.setdefault((_bare(match["base"]), _plain(match["subs"])), set()).add(label.replace(" ", ""))
    return {key: next(iter(seen)) for key, seen in found.items() if len(seen) == 1}


def _called(everything: Sequence[Any]) -> frozenset[str]:
    """Names with a list of arguments after them: ``L(y, z)`` is no product."""
    return frozenset(
        part.left.text
        for part in everything
        if isinstance(part, tree.Product)
        and part.mark == ""
        and isinstance(part.left, tree.Name)
        and isinstance(part.right, tree.Listing)
        and part.right.kind == "()"
    )


def _capitals(everything: Sequence[Any]) -> Iterator[str]:
    """Small letters that only ever occur with two letters as indices, while the capital occurs with two as well."""
    scripted: set[str] = set()
    other: set[str] = set()
    bare: Counter[str] = Counter()
    for part in everything:
        if isinstance(part, tree.Name):
            bare[part.text] += 1
        elif isinstance(part, tree.Script) and isinstance(part.base, tree.Name):
            bare[part.base.text] -= 1
            if len(part.subs) == 2 and all(isinstance(sub, tree.Name) and len(sub.text) == 1 for sub in part.subs):
                scripted.add(part.base.text)
            elif any(not (isinstance(sub, tree.Name) and len(sub.text) > 1) for sub in part.subs):
                other.add(part.base.text)
    other |= {name for name, count in bare.items() if count > 0 and name.islower()}
    for name in scripted:
        if len(name) == 1 and name.islower() and name not in other and name.upper() in scripted:
            yield name


def _layers(everything: Sequence[Any]) -> Iterator[tree.Expr]:
    """Letters in parentheses as superscripts of names."""
    for part in everything:
        if isinstance(part, tree.Script) and isinstance(part.sup, tree.Fence) and isinstance(part.sup.body, tree.Name):
            yield part.sup.body


def _rows(latex: str) -> list[tuple[int, str]]:
    """The rows of a display with their offsets; none where it is no environment of rows."""
    outer = _ENVIRONMENT.match(latex)
    if outer is None or outer["name"].rstrip("*") not in _ROWS or outer["rest"].strip(" .,;"):
        return []
    start = outer.start("body")
    rows, depth, place = [], 0, start
    for mark in re.finditer(r"\\begin(?![a-zA-Z])|\\end(?![a-zA-Z])|\\\\(?:\[[^\]]*\])?|\\.|[{}]", outer["body"]):
        text = mark[0]
        depth += (text in (r"\begin", "{")) - (text in (r"\end", "}"))
        if text.startswith("\\\\") and depth == 0:
            rows.append((place, latex[place : start + mark.start()]))
            place = start + mark.end()
    rows.append((place, latex[place : outer.end("body")]))
    return [(at, row) for at, row in rows if row.strip(" &\n\t")]


def _joined(first: Statement, second: Statement) -> Statement:
    """A chain that goes on in the next row."""
    return Statement(
        first.members + second.members,
        first.marks + second.marks,
        first.continued,
        first.words,
        first.certain,
        first.at,
    )


def _bare(base: str) -> str:
    """A name without its font."""
    inner = re.fullmatch(r"\\(?:mathbf|boldsymbol|bm|mathrm)\{(.*)\}", base)
    return inner[1].strip() if inner else base


def _plain(subs: str) -> str:
    return re.sub(r"[\s_{},]", "", subs)


def _kind(label: str) -> str:
    return "1" if label[0].isdigit() else label[0]


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The match that ends where `text` ends."""
    for found in pattern.finditer(text[-200:]):
        if found.end() == len(text[-200:]):
            return re.compile(pattern).search(text, len(text) - len(text[-200:]) + found.start())
    return None
