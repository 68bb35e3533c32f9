r"""What the names of a printed formula stand for, among the inputs of a claim.

A claim may declare it: ``notation={"w_{jk}": "W", r"\\hat{y}_k": r"\\operatorname{softmax}(z)_k"}`` maps a printed name to
an input, to a generic function, or to LaTeX that defines it. What is not declared is inferred by spelling: the name
itself, then the name without its labels, then the name in the other case. Only the last is a guess.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from gradcheck.claim import Claim
from gradcheck.latex import tree
from gradcheck.latex.conventions import conventional
from gradcheck.latex.definitions import definition_of, functions_in, words_in
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import INDEX_LETTERS, Definition, Problem, name_of, plain
from gradcheck.latex.names import inside, parts
from gradcheck.latex.reader import read
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.values import Size

_NOT_LETTERS = re.compile(r"[^A-Za-z0-9]")
_WORDS = re.compile(r"\\(?:text|mathrm)(?![A-Za-z])")
_NUMBERS = re.compile(r"([^_^]+)_\{(\d+(?:,\d+)*)\}(\^\{.*\})?")
_LABELS = re.compile(r"[_^]\{.*\}$|[_^].$")


@dataclass
class Names:
    """The printed names of one claim: ``inputs`` and ``generics`` by printed key, definitions, and what was guessed.

    ``applied`` are inputs that are printed with arguments, L(ŷ, y) for the number that a loss is.
    """

    problem: Problem
    shapes: Mapping[str, tuple[int, ...]]
    inputs: dict[str, str] = field(default_factory=dict)
    generics: dict[str, str] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    applied: set[str] = field(default_factory=set)
    _mentioned: dict[str, frozenset[str]] = field(default_factory=dict)

    def resolve(self, key: str) -> str | None:
        """The input that a printed key stands for, None where none has that spelling.

        Raises:
            UnresolvedError: two printed names that differ in their labels would be the same input.
        """
        if key in self.inputs:
            return self.inputs[key]
        found = self._spelled(key) or self._spelled(key.partition("^")[0])
        if found is None:
            lower = _letters(_LABELS.sub("", key)).lower()
            alike = [name for name in self.shapes if _letters(name).lower() == lower]
            if len(alike) != 1:
                return None
            found = alike[0]
            self.guessed.add(key)
        rival = next(
            (other for other, name in self.inputs.items() if name == found and _labelled_apart(other, key)), None
        )
        if rival is not None:
            raise UnresolvedError(f"{rival} and {key} could both be the input {found}: notation= says which is")
        self.inputs[key] = found
        return found

    def _spelled(self, key: str) -> str | None:
        return next((name for name in self.shapes if _letters(name) == _letters(key) != ""), None)

    def defined(self, key: str) -> str | None:
        """The definition that a key with labels takes its meaning from, where only the bare name is defined."""
        bare = _LABELS.sub("", key)
        return bare if bare != key and bare in self.problem.definitions else None

    def mentioned(self, key: str) -> frozenset[str]:
        """The names in a definition and in those that it rests on, but for the indices of their sums."""
        if key not in self._mentioned:
            found, waiting = set(self.problem.definitions[key].indices), [key]
            seen = {key}
            while waiting:
                known = self.problem.definitions[waiting.pop()]
                found |= _outside_of_sums(known.body, frozenset(known.indices))
                names = {part.text for part in parts(known.body) if isinstance(part, tree.Name)}
                used = {other for other in self.problem.definitions if re.split("[_^]", other)[0] in names} - seen
                seen |= used
                waiting += used
            self._mentioned[key] = frozenset(found)
        return self._mentioned[key]


def printed_names(claim: Claim, statements: list[Statement], functions: frozenset[str]) -> Names:
    """The table of names of a claim whose formula was read as `statements`.

    Raises:
        UnreadableError: a declared name or its meaning is not LaTeX that can be read.
        UnresolvedError: what is declared is not a name.
    """
    problem = Problem(indices=_indices(claim, statements))
    names = Names(problem, {name: space.shape for name, space in claim.inputs.items()})
    for name in claim.generics:
        names.generics[name] = name
        names.generics["\\" + name] = name
    for printed, meaning in claim.notation.items():
        _declare(names, claim, printed, meaning, functions)
    for name, shape in names.shapes.items():
        problem.ranks.setdefault(name, len(shape))
    for key, name in names.inputs.items():
        _rank(problem, key, len(names.shapes[name]))
    return names


def reading_words(claim: Claim) -> tuple[frozenset[str], frozenset[str]]:
    """The functions and the names of several letters in a claim's formula and in what is declared about it."""
    said = " ; ".join(f"{printed} = {meaning}" for printed, meaning in claim.notation.items())
    formula = conventional(claim.source.formula, {})
    applied = {"J"} if re.search(r"J_", formula + said) else set()
    functions = functions_in(formula, said) | set(claim.generics) | {"\\" + name for name in claim.generics} | applied
    letters = {name for name in claim.inputs if len(name) == 1}
    return frozenset(functions - letters), words_in(formula, said)


def without_numbers(node: Any, generics: Mapping[str, str]) -> Any:
    """A tree in which f_l, a generic function with the number of its layer, is f: one function stands in for all."""
    if (
        isinstance(node, tree.Script)
        and isinstance(node.base, tree.Name)
        and node.base.text in generics
        and plain(node) not in generics
        and node.sup is None
    ):
        return node.base
    if isinstance(node, tuple):
        return tuple(without_numbers(child, generics) for child in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    changed = {part.name: without_numbers(getattr(node, part.name), generics) for part in dataclasses.fields(node)}
    return dataclasses.replace(node, **changed)


def _declare(names: Names, claim: Claim, printed: str, meaning: str, functions: frozenset[str]) -> None:
    words = words_in(printed, f"{printed} = {meaning}")
    problem = names.problem
    if meaning in claim.generics:
        names.generics[_key(_one(printed, functions, words), problem)[0]] = meaning
        return
    if meaning in claim.inputs:
        name = _one(printed, functions, words)
        if isinstance(name, tree.Call):
            name = name.function
            names.applied.add(plain(name))
        key, indices = _key(name, problem)
        if indices and all(isinstance(index, tree.Number) for index in indices):
            key, indices = numbered(key, indices), ()
        names.inputs[key] = meaning
        _rank(problem, key, len(indices) or len(names.shapes[meaning]))
        return
    if len(meaning) > 1 and meaning.isidentifier():
        return  # an input that other claims of the sheet have, and this one has not
    statement = _read(conventional(f"{printed} = {meaning}", {}), functions, words)
    left = statement.members[0]
    if isinstance(left, tree.Call):
        made = definition_of(statement)
        if made is None:
            raise UnresolvedError(f"notation= defines {printed}, which is not a name")
        problem.definitions[_key(made[0], problem)[0]] = Definition(made[2], made[1])
        return
    key, indices = _key(left, problem)
    letters = tuple(index.text for index in indices if isinstance(index, tree.Name))
    problem.definitions[key] = Definition(statement.members[1], (), letters, tuple(Size(name=n) for n in letters))
    _rank(problem, key, len(letters))


def _rank(problem: Problem, key: str, rank: int) -> None:
    bare = _LABELS.sub("", key)
    problem.ranks[bare] = max(problem.ranks.get(bare, 0), rank)


def _one(printed: str, functions: frozenset[str], words: frozenset[str]) -> Expr:
    return _read(conventional(printed, {}), functions, words).members[0]


@lru_cache(maxsize=1024)
def _read(latex: str, functions: frozenset[str], words: frozenset[str]) -> Statement:
    """The first statement of what is declared; a sheet declares the same about many claims, each under several conventions."""
    return read(latex, functions, words)[0]


def _key(expr: Expr, problem: Problem) -> tuple[str, tuple[Expr, ...]]:
    """The key and the indices of a name; a superscript after subscripts is a label here, never a power."""
    if isinstance(expr, tree.Power):
        key, indices = name_of(expr.base, problem)
        return f"{key}^{{{plain(expr.exponent)}}}", indices
    return name_of(expr, problem)


def key_of(expr: Expr, problem: Problem) -> tuple[str, tuple[Expr, ...]]:
    """The key and the indices of a name, whose superscript is taken for a label. Raises UnresolvedError for no name."""
    return _key(expr, problem)


def numbered(key: str, indices: tuple[Expr, ...]) -> str:
    """The key of a single entry, as a name with numbers for labels is spelled."""
    base, mark, label = key.partition("^")
    return f"{base}_{{{','.join(plain(index) for index in indices)}}}{mark}{label}"


def entry_of(key: str) -> tuple[str, tuple[Expr, ...]]:
    """A key whose labels are numbers, taken for an entry: the key of the array, and the numbers; none for another key."""
    found = _NUMBERS.fullmatch(key)
    if found is None:
        return key, ()
    return found[1] + (found[3] or ""), tuple(tree.Number(number) for number in found[2].split(","))


def _outside_of_sums(node: Any, bound: frozenset[str]) -> set[str]:
    """The names in an expression, without the index of a sum inside of that sum."""
    if isinstance(node, tree.Name):
        return {node.text} - bound
    if isinstance(node, tree.Big):
        bound |= set(node.indices)
    return set().union(*(_outside_of_sums(child, bound) for child in inside(node)))


def _indices(claim: Claim, statements: list[Statement]) -> frozenset[str]:
    """The usual letters of indices, those that a sum binds, and those that stand as subscripts beside one of them."""
    letters = set(INDEX_LETTERS)
    scripts = []
    for part in parts(tuple(statements)):
        if isinstance(part, tree.Big):
            letters.update(part.indices)
        elif isinstance(part, tree.Script):
            scripts.append([sub.text for sub in part.subs if isinstance(sub, tree.Name) and len(sub.text) == 1])
        elif isinstance(part, tree.Relation):
            compared = [side.text for side in (part.left, part.right) if isinstance(side, tree.Name)]
            scripts.append(compared if len(compared) == 2 and all(len(name) == 1 for name in compared) else [])
    for beside in scripts:
        if any(letter in letters for letter in beside):
            letters.update(beside)
    for printed in claim.notation:
        letters.update(re.findall(r"_\{?([a-z])[a-z]?\}?", printed))
        letters.update(re.findall(r"_\{[a-z]([a-z])\}", printed))
    return frozenset(letters - set(claim.inputs))


def _letters(name: str) -> str:
    return _NOT_LETTERS.sub("", _WORDS.sub("", name))


def _labelled_apart(one: str, other: str) -> bool:
    bare = _LABELS.sub("", one)
    return one != other and bare == _LABELS.sub("", other) and bare not in (one, other)
