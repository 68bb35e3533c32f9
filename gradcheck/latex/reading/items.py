"""Questions about the items of a layout: their text, their letters, where brackets and marks split them."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.latex import layout as lay
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.vocabulary import ARROWS, PRODUCTS, RELATIONS

OPENS = {
    "(": ")",
    "[": "]",
    r"\{": r"\}",
    r"\langle": r"\rangle",
    "⟨": "⟩",
    r"\lbrace": r"\rbrace",
    r"\lfloor": r"\rfloor",
}
CLOSES = frozenset((")", "]", r"\}", r"\rangle", "⟩"))


def nucleus(item: lay.Item) -> lay.Item:
    """What scripts are put on."""
    return item.nucleus if isinstance(item, lay.Scripted) else item


def text_of(item: lay.Item) -> str:
    """The text of a leaf or of the leaf under scripts; empty for anything else."""
    found = nucleus(item)
    return found.text if isinstance(found, lay.Leaf) else ""


def letter(item: lay.Item) -> str:
    """The one letter that an item is, with or without scripts; empty for anything else."""
    found = nucleus(item)
    if isinstance(found, lay.Leaf) and found.kind == "CHAR" and found.text.isalpha():
        return found.text
    return ""


def is_text(item: lay.Item) -> bool:
    """Whether an item is words."""
    return isinstance(item, lay.Leaf) and item.kind == "TEXT"


def is_bar(item: lay.Item) -> bool:
    """Whether an item is a bar with a subscript and nothing else: what stands before it is taken at a point."""
    return (
        isinstance(item, lay.Scripted)
        and text_of(item) in ("|", r"\vert", r"\rvert")
        and item.sub is not None
        and item.sup is None
        and not item.primes
    )


def is_line_end(item: lay.Item) -> bool:
    """Whether an item ends a line of a display."""
    return isinstance(item, lay.Leaf) and item.kind == "NEWLINE"


def deepening(item: lay.Item) -> int:
    """1 for a bracket that opens, -1 for one that closes, else 0."""
    mark = text_of(item)
    return (mark in OPENS) - (mark in CLOSES)


def contents(group: lay.Group) -> list[lay.Item]:
    """All that stands in a group, whatever its rows and cells."""
    return [other for row in group.rows for cell in row for other in cell]


def only_leaf(item: lay.Item) -> lay.Leaf | None:
    """The leaf that is all there is in braces."""
    while isinstance(item, lay.Group):
        flat = contents(item)
        if len(flat) != 1:
            return None
        item = flat[0]
    return item if isinstance(item, lay.Leaf) else None


def plain_word(item: lay.Item) -> str | None:
    """The letters and digits in a group of nothing else."""
    if isinstance(item, lay.Leaf):
        return item.text if item.text.isalnum() else None
    if not isinstance(item, lay.Group):
        return None
    flat = contents(item)
    texts = [other.text for other in flat if isinstance(other, lay.Leaf) and other.text.isalnum()]
    return "".join(texts) if flat and len(texts) == len(flat) and texts[0].isalpha() | (texts[0] == "1") else None


def upright(item: lay.Item) -> str:
    """The text of a leaf through fonts."""
    while isinstance(item, (lay.Styled, lay.Group)):
        if isinstance(item, lay.Styled):
            item = item.body
            continue
        leaf = only_leaf(item)
        if leaf is None:
            flat = [other for other in contents(item) if not isinstance(other, lay.Switch)]
            return upright(flat[0]) if len(flat) == 1 else ""
        item = leaf
    return item.text if isinstance(item, lay.Leaf) else ""


def without_elision(cell: Sequence[lay.Item]) -> list[lay.Item]:
    """A bare ``…`` at the start of a row says that the quotation skips a line end."""
    items = list(cell)
    while len(items) > 1 and text_of(items[0]) == "…":
        items = items[1:]
    return items


def breaks(before: lay.Cell, after: lay.Cell) -> bool:
    """Whether ``&`` separates two things, instead of aligning one at a sign or a relation."""
    if not before or not after:
        return False
    joints = {"+", "-", ",", r"\quad", *PRODUCTS, *RELATIONS, *ARROWS}
    return text_of(before[-1]) not in joints and text_of(after[0]) not in joints and not is_text(after[0])


def split(items: Sequence[lay.Item], marks: tuple[str, ...], keep: bool = False) -> list[list[lay.Item]]:
    """The parts between marks that stand outside of brackets; the marks as parts of their own, if they are kept."""
    parts: list[list[lay.Item]] = [[]]
    depth = 0
    for item in items:
        depth += deepening(item)
        if depth == 0 and text_of(item) in marks:
            parts.extend([[item], []] if keep else [[]])
        else:
            parts[-1].append(item)
    return parts


def shown(item: lay.Item) -> str:
    """How an item is called in a message."""
    found = nucleus(item)
    if isinstance(found, lay.Leaf):
        return repr(found.text)
    if isinstance(found, lay.Environment):
        return rf"\begin{{{found.name}}}"
    return f"a {type(found).__name__.lower()}"


def refusal(what: str, item: lay.Item) -> UnreadableError:
    """The error for what is not understood at an item."""
    return UnreadableError(what, item.at)
