"""Sub- and superscripts: indices and labels, powers, transpositions, primes."""

from __future__ import annotations

from gradcheck.latex import layout as lay
from gradcheck.latex import tree
from gradcheck.latex.reading.brackets import fenced
from gradcheck.latex.reading.conditions import condition
from gradcheck.latex.reading.cursor import Cursor
from gradcheck.latex.reading.items import is_text, letter, plain_word, refusal, split, text_of, upright
from gradcheck.latex.reading.rows import items_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import PRODUCTS, RELATIONS

_UPRIGHT = (r"\mathrm", r"\rm", r"\operatorname")
_LABELS = ("in", "out", "rec")


def with_scripts(cursor: Cursor, base: Expr, source: lay.Item) -> Expr:
    """An expression with the scripts that its item has; for brackets, that of the one that closes."""
    if not isinstance(source, lay.Scripted):
        return base
    found = base
    subs = subscripts(cursor, source.sub) if source.sub is not None else ()
    label, power = (None, None) if source.sup is None else _superscript(cursor, source.sup, base)
    if subs or label is not None:
        found = tree.Script(base, subs, label, source.at)
    if source.primes:
        found = tree.Prime(found, source.primes, source.at)
    if power == "T":
        return tree.Transpose(found, source.at)
    if power == "-T":
        return tree.Transpose(tree.Power(found, tree.Sum(((-1, tree.Number("1")),)), source.at), source.at)
    if power is None:
        return found
    assert not isinstance(power, str)
    return tree.Power(found, power, source.at)


def subscripts(cursor: Cursor, sub: lay.Item) -> tuple[Expr, ...]:
    """What stands in a subscript: a word that is a label, or indices and conditions.

    Raises:
        UnreadableError: it is not understood.
    """
    items = items_of(sub)
    if (word := _label(cursor, sub, items)) is not None:
        return (tree.Name(rf"\text{{{word}}}", at=sub.at),)
    parts: list[Expr] = []
    for part in split(items, (",",)):
        if not part:
            continue
        if any(text_of(other) in RELATIONS for other in part):
            parts.append(condition(cursor, cursor.merged(part)))
            continue
        inner = cursor.over(part)
        whole = any(text_of(other) in ("+", "-", "/") or text_of(other) in PRODUCTS for other in part)
        while inner.item() is not None:
            parts.append(inner.sum() if whole else inner.factor())
    return tuple(parts)


def _label(cursor: Cursor, sub: lay.Item, items: list[lay.Item]) -> str | None:
    """The word that a subscript is: in words, in an upright font, or letters that are no indices."""
    only = items[0] if len(items) == 1 else sub
    if isinstance(only, lay.Leaf) and is_text(only):
        return only.text
    styled = sub if isinstance(sub, lay.Styled) else None
    if isinstance(only, lay.Styled) and only.command in _UPRIGHT:
        styled = only
    if styled is not None and (plain := plain_word(styled.body)) is not None and len(plain) > 1:
        return plain
    letters = [letter(item) for item in items]
    word = "".join(letters)
    if all(letters) and cursor.names.indices.spell(word):
        return None
    spelt = all(letters) and len(word) > 2 and len(set(word)) == len(word)
    return word if spelt or (all(letters) and word in _LABELS) else None


def _superscript(cursor: Cursor, sup: lay.Item, base: Expr) -> tuple[Expr | None, Expr | str | None]:
    """A label (a layer, a sample), and a power, "T" or "-T"."""
    items = items_of(sup)
    if not items:
        return None, None
    of_e = isinstance(base, tree.Name) and base.text == "e"
    named = isinstance(base, (tree.Name, tree.Script)) and not of_e
    label, items = _bracketed_label(cursor, items) if named else (None, items)
    if not items:
        return label, None
    if named and label is None and len(parts := split(items, (",",))) > 1 and all(parts):
        return tree.Listing("", tuple(cursor.expression(part) for part in parts), sup.at), None
    texts = [upright(item) for item in items]
    if texts in (["T"], [r"\top"], [r"\intercal"], ["⊤"]) and not of_e:
        return label, "T"
    if texts in (["-", "T"], ["-", r"\top"], ["-", "1", "T"]):
        return label, "-T"
    if texts == ["-"]:
        return None, _split_exponent(cursor, sup, base)
    if texts in (["*"], [r"\ast"], [r"\star"], ["+"], [r"\dagger"]):
        return tree.Name(texts[0]), None
    if texts == [r"\circ"]:
        raise refusal("degrees are not understood", sup)
    power = cursor.expression(items)
    if label is None and named and len(items) == 1 and isinstance(power, tree.Name):
        return power, None
    return label, power


def _bracketed_label(cursor: Cursor, items: list[lay.Item]) -> tuple[Expr | None, list[lay.Item]]:
    """A label in brackets at the beginning of a superscript, and what follows it."""
    first = items[0]
    mark = text_of(first)
    if isinstance(first, lay.Fenced) and first.left in "([":
        return fenced(cursor, first), items[1:]
    if mark not in ("(", "["):
        return None, items
    depth = end = 0
    for end, item in enumerate(items):  # noqa: B007 - where the bracket closes is used below
        depth += (text_of(item) in ("(", "[")) - (text_of(item) in (")", "]"))
        if depth == 0:
            break
    kind = "()" if mark == "(" else "[]"
    inner = [cursor.expression(part) for part in split(items[1:end], (",",))]
    label = tree.Fence(kind, inner[0], first.at) if len(inner) == 1 else tree.Listing(kind, tuple(inner), first.at)
    return label, items[end + 1 :]


def _split_exponent(cursor: Cursor, sup: lay.Item, base: Expr) -> Expr:
    """``e^-x``, of which LaTeX raises only the sign."""
    following = cursor.item()
    if not isinstance(base, tree.Name) or base.text != "e" or following is None:
        raise refusal("a lone minus sign as an exponent", sup)
    cursor.place += 1
    return tree.Sum(((-1, cursor.atom(following)),), sup.at)
