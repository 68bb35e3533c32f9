"""Looking a formula up by words: in its name, title, family, other names and notes, with typing mistakes forgiven."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property

from gradcheck.library.entries import Catalogue, Entry

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PREFIX, _TYPO, _INSIDE = 0.75, 0.5, 0.4
"""What a word counts that only begins as one that is asked for, that is nearly it, or that holds it."""
_CLOSE = 0.75
_SHORTEST = 4  # letters of a word in which a typing mistake is forgiven: fewer, and most words are near


@dataclass(frozen=True)
class Hit:
    """An entry that was found, and what its words are worth; ``exact`` where what was asked for is one of its names."""

    entry: Entry
    score: float
    exact: bool


def find(catalogue: Catalogue, asked: str) -> list[Hit]:
    """The entries in which every word that is asked for is found, the best first; those of equal worth in their order.

    Letters are compared without their case, and words without what stands between them: ``LayerNorm`` is ``layer norm``.
    """
    words = _words(asked)
    if not words:
        return []
    sought = [_Sought(entry) for entry in catalogue.entries]
    known = sorted({word for one in sought for word in one.weights})
    alike = {word: _alike(word, known) for word in words}
    hits = []
    for one in sought:
        exact = _joined(asked) in one.names
        scores = [one.worth(word, alike[word]) for word in words]
        if exact or all(scores):
            hits.append(Hit(one.entry, sum(scores) / len(words), exact))
    return sorted(hits, key=lambda hit: (not hit.exact, -hit.score, len(hit.entry.title)))


def nearest(catalogue: Catalogue, asked: str, most: int = 5) -> list[str]:
    """The names that are nearest to what was asked for and not found."""
    names = {name: entry for entry in catalogue.entries for name in _names(entry)}
    wanted = " ".join(_words(asked))
    spoken = {" ".join(_words(name)): name for name in reversed(names)}
    close = [spoken[name] for name in get_close_matches(wanted, list(spoken), n=3 * most, cutoff=0.6)]
    for word in _words(asked):
        near = get_close_matches(word, [w for name in spoken for w in name.split()], n=1, cutoff=0.7)
        close += [spoken[name] for name in spoken if near and near[0] in name.split()][:most]
    return list(dict.fromkeys(names[name].name for name in close))[:most]


@dataclass(frozen=True)
class _Sought:
    """An entry with the words that it is found by."""

    entry: Entry

    @cached_property
    def weights(self) -> dict[str, float]:
        """Each word with what it is worth."""
        one = self.entry
        fields: Sequence[tuple[float, Iterable[str]]] = (
            (10.0, (one.name,)),
            (8.0, (one.title,)),
            (6.0, [name.rpartition(".")[2] for name in one.also]),
            (3.0, (one.family,)),
            (0.5, [name.rpartition(".")[0] for name in one.also]),
            (1.0, (one.notes, one.kinks, one.why, one.source)),
        )
        found: dict[str, float] = {}
        for worth, texts in fields:
            for text in texts:
                for word in _words(text):
                    found.setdefault(word, worth)
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """Its names without what stands between their words."""
        return frozenset(map(_joined, _names(self.entry)))

    def worth(self, word: str, alike: Sequence[str]) -> float:
        """What a word is worth that is asked for, by the best word that it may stand for; 0 where there is none."""
        weights = self.weights
        begins = [_PREFIX * worth for known, worth in weights.items() if known.startswith(word) and len(word) > 1]
        typos = [_TYPO * weights[known] for known in alike if known in weights]
        inside = [_INSIDE * 10.0] if len(word) >= _SHORTEST and any(word in name for name in self.names) else []
        return max([weights.get(word, 0.0), *begins, *typos, *inside])


def _names(entry: Entry) -> list[str]:
    """What an entry is called, also in other libraries, with and without the module."""
    others = [part for name in entry.also for part in (name, name.rpartition(".")[2])]
    return [entry.name, entry.key, entry.title, *re.split(r"[,()]", entry.title), *others]


def _words(text: str) -> list[str]:
    """The words of a text in lower case, those of camel case apart."""
    return [word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text))]


def _joined(text: str) -> str:
    return "".join(_words(text))


def _alike(word: str, known: Sequence[str]) -> list[str]:
    """Words that differ by a typing mistake, or by an ending."""
    if len(word) < _SHORTEST or word in known:
        return []
    near = get_close_matches(word, known, n=4, cutoff=_CLOSE)
    return [one for one in near if SequenceMatcher(None, word, one).ratio() >= _CLOSE and len(one) >= _SHORTEST]
