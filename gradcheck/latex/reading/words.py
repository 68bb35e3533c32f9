"""Letters that spell a word, and font switches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradcheck.latex import layout as lay
from gradcheck.latex.reading.indices import Letters
from gradcheck.latex.reading.items import is_text, letter, text_of
from gradcheck.latex.vocabulary import KNOWN

BOLD = frozenset(
    [
        r"\mathbf",
        r"\boldsymbol",
        r"\bm",
        r"\vec",
        r"\textbf",
        r"\pmb",
        r"\symbf",
        r"\bf",
        r"\boldmath",
        r"\bfseries",
        r"\overrightarrow",
    ]
)
_LONGEST = 14


@dataclass(frozen=True, slots=True)
class Names:
    """What is known about names while a formula is read: those of functions, those of several letters, index letters.

    ``short_sums`` tells that a sign of a sum stands for itself somewhere, with nothing to sum.
    """

    functions: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    indices: Letters = field(default_factory=Letters)
    short_sums: bool = False


def merged(items: Sequence[lay.Item], words: frozenset[str]) -> list[lay.Item]:
    """Letters that touch and spell a known word become that word; what follows a font switch is styled."""
    done: list[lay.Item] = []
    place = 0
    bold = False
    while place < len(items):
        item = items[place]
        if isinstance(item, lay.Switch):
            bold = item.command in BOLD
            place += 1
            continue
        if is_text(item) and (name := _named(item, words)):
            done.append(lay.Leaf("WORD", name, item.at))
            place += 1
            continue
        length = _word(items, place, words)
        if length > 1:
            letters = items[place : place + length]
            last = letters[-1]
            word: lay.Item = lay.Leaf("WORD", "".join(letter(other) for other in letters), item.at)
            if isinstance(last, lay.Scripted):
                word = lay.Scripted(word, last.sub, last.sup, last.primes, item.at)
            done.append(word)
        else:
            done.append(lay.Styled(r"\mathbf", item, item.at) if bold and letter(item) else item)
        place += length
    return done


def _named(item: lay.Item, words: frozenset[str]) -> str:
    r"""The known name that words spell, as in ``\\text{trace}(A)``; empty for other words."""
    text = text_of(item).strip()
    return text if text in words or (text in KNOWN and len(text) > 2) else ""


def _word(items: Sequence[lay.Item], place: int, words: frozenset[str]) -> int:
    """How many items from `place` on spell a word that is known; 1 if none do."""
    run = ""
    best = 1
    for length, item in enumerate(items[place : place + _LONGEST], 1):
        found = letter(item)
        if not found or (length > 1 and item.at != items[place].at + length - 1):
            break
        run += found
        if length > 1 and (run in KNOWN or run in words):
            best = length
        if isinstance(item, lay.Scripted):
            break
    return best
