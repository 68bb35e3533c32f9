"""What is read of one item alone: numbers, names in their fonts and accents, groups, roots."""

from __future__ import annotations

import re

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.reading.brackets import fenced
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.environments import environment
from gradcheck.latex.reading.items import only_leaf, plain_word, refusal, shown
from gradcheck.latex.reading.rows import flat, items_of
from gradcheck.latex.reading.words import BOLD
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import ACTIVATIONS, DOTS, GREEK, GREEK_COMMANDS, KNOWN

_ACCENTS = frozenset(
    [
        r"\hat",
        r"\widehat",
        r"\tilde",
        r"\widetilde",
        r"\bar",
        r"\overline",
        r"\dot",
        r"\ddot",
        r"\check",
        r"\breve",
        r"\mathring",
        r"\underline",
        r"\overrightarrow",
    ]
)
_SAME_ACCENT = {r"\widehat": r"\hat", r"\widetilde": r"\tilde", r"\overline": r"\bar"}
_OWN = frozenset("ABCDFGJKMNQSUVWXYZefghmnpqswxyz")
r"""Letters that a document uses for names of its own, as in ``\\D``: neither an accent of TeX nor an operator (T, E, P, …)."""
_FONTS = frozenset(
    [
        r"\mathbb",
        r"\mathrm",
        r"\operatorname",
        r"\mathit",
        r"\mathsf",
        r"\mathtt",
        r"\mathcal",
        r"\mathfrak",
        r"\mathscr",
        r"\textbf",
        r"\mathbf",
        r"\boldsymbol",
        r"\mathop",
    ]
)


def atom(cursor: Cursor, item: lay.Item) -> Expr:
    """One item without its scripts.

    Raises:
        UnreadableError: it is not understood.
    """
    if isinstance(item, lay.Leaf):
        return _leaf(item)
    if isinstance(item, lay.Group):
        inner = items_of(item)
        if not inner:
            raise UnreadableError("an empty group", item.at)
        found = cursor.expression(inner)
        return tree.Fence("()", found, item.at) if isinstance(found, tree.Sum) else found
    if isinstance(item, lay.Root):
        body = cursor.inside(item.body)
        if item.index is None:
            return tree.Call(tree.Name("sqrt"), (body,), item.at)
        index = cursor.expression(flat(item.index))
        return tree.Power(body, tree.Quotient(tree.Number("1"), index), item.at)
    if isinstance(item, lay.Styled):
        return _styled(cursor, item)
    if isinstance(item, lay.Fenced):
        return fenced(cursor, item)
    if isinstance(item, lay.Environment):
        return environment(cursor, item)
    raise refusal(f"{shown(item)} is not understood here", item)


def _leaf(item: lay.Leaf) -> Expr:
    text = item.text
    if item.kind == "NUMBER":
        return tree.Number(text, item.at)
    if item.kind == "WORD":
        return tree.Name(ACTIVATIONS.get(text, text), at=item.at)
    if item.kind == "TEXT":
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", text):
            return tree.Name(ACTIVATIONS.get(text, text), at=item.at)
        raise refusal(f"the words {text!r} are not understood here", item)
    text = GREEK.get(text, text)
    if text in DOTS:
        return tree.Dots(item.at)
    if (len(text) == 1 and text.isalpha()) or text in GREEK_COMMANDS:
        return tree.Name({r"\varepsilon": r"\epsilon"}.get(text, text), at=item.at)
    if text == r"\infty" or text == "∞":
        return tree.Name(r"\infty", at=item.at)
    bare = text[1:] if text.startswith("\\") else text
    if bare in KNOWN:
        return tree.Name(ACTIVATIONS.get(bare, bare), at=item.at)
    if text == r"\I" or text == r"\Bbbk":
        return tree.Name(r"\mathbb{I}", at=item.at)
    if len(text) == 2 and text[1] in _OWN:
        return tree.Name(text, at=item.at)
    raise refusal(f"{text} is not understood", item)


def _styled(cursor: Cursor, item: lay.Styled) -> Expr:
    command = item.command
    if command in _FONTS and (found := _word(item)) is not None:
        return found
    inner = cursor.inside(item.body)
    if command in _ACCENTS:
        return _accented(inner, item)
    if command in BOLD:
        return _emboldened(inner, item)
    if command in (r"\not", r"\substack", r"\cancel", r"\bcancel", r"\stackrel"):
        raise refusal(f"{command} is not understood here", item)
    return inner


def _word(item: lay.Styled) -> Expr | None:
    """A name of several letters in one font, or one letter or digit whose font is part of the name."""
    word = plain_word(item.body)
    bold = item.command in BOLD
    if word is None:
        number = only_leaf(item.body)
        if item.command in (r"\mathbf", r"\boldsymbol", r"\textbf") and number is not None and number.kind == "NUMBER":
            return tree.Name(rf"\mathbf{{{number.text}}}", True, item.at)
        return None
    if item.command == r"\mathbb" and word in ("1", "I", "E"):
        return tree.Name(rf"\mathbb{{{word}}}", at=item.at)
    if len(word) > 1 or item.command == r"\mathbb":
        return tree.Name(ACTIVATIONS.get(word, word), bold, item.at)
    return None


def _accented(inner: Expr, item: lay.Styled) -> Expr:
    name = inner.base if isinstance(inner, tree.Script) else inner
    if not isinstance(name, tree.Name):
        raise refusal(f"{item.command} over more than a name", item)
    made = tree.Name(f"{_SAME_ACCENT.get(item.command, item.command)}{{{name.text}}}", name.bold, item.at)
    if isinstance(inner, tree.Script):
        return tree.Script(made, inner.subs, inner.sup, item.at)
    return tree.Name(name.text, True, item.at) if item.command == r"\overrightarrow" else made


def _emboldened(inner: Expr, item: lay.Styled) -> Expr:
    if isinstance(inner, tree.Name):
        return tree.Name(inner.text, True, item.at)
    if isinstance(inner, tree.Script) and isinstance(inner.base, tree.Name):
        return tree.Script(tree.Name(inner.base.text, True, inner.base.at), inner.subs, inner.sup, inner.at)
    return inner
