"""One question about a printed formula: what is claimed, what is said beside it, what is declared about names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gradcheck.formulas.notation import Declared, Notation, declared, key_of
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.definitions import Text, definition_of
from gradcheck.latex.evaluate import INDEX_LETTERS, Problem, name_of
from gradcheck.latex.names import parts, used
from gradcheck.latex.tree import Expr, Statement

__all__ = ["Notation", "Question"]


@dataclass(frozen=True)
class Question:
    """A formula as read, the text beside it, and the names that are applied to what stands in parentheses after them."""

    formula: str
    statements: tuple[Statement, ...]
    said: Text
    notation: Notation
    functions: frozenset[str]
    seed: int = 0
    words: frozenset[str] = frozenset()
    wanted: tree.Derivative | None = None

    @cached_property
    def declared(self) -> Declared:
        """What is declared, by keys of names. Raises UnresolvedError where it is about what is no name."""
        return declared(self.notation, self.indices(), self.functions, self.words)

    @property
    def unmet(self) -> tuple[str, ...]:
        """Names that the notation says something about, and that occur nowhere."""
        if not self.notation.expected:
            return ()
        scratch = Problem(indices=self.indices())
        occurring = {part.text for part in parts(self.everything()) if isinstance(part, tree.Name)}
        occurring.update(used(self.everything(), scratch))
        keys = {name: key_of(name, self.indices(), self.functions, self.words) for name in self.notation.expected}
        return tuple(sorted(name for name, key in keys.items() if key not in occurring))

    def everything(self) -> Any:
        """All expressions that were read, claimed or said."""
        said = self.said
        return (
            tuple(self.statements)
            + tuple(said.statements)
            + tuple(said.lone)
            + ((said.target,) if said.target is not None else ())
            + ((self.wanted,) if self.wanted is not None else ())
        )

    def defined(self) -> frozenset[str]:
        """The names that the text beside the formula defines without an index: their ranks follow from what they are."""
        scratch = Problem(indices=self.indices())
        found = set()
        for statement in self.said.statements:
            made = definition_of(statement)
            if made is not None:
                key, indices = name_of(made[0], scratch)
                if not indices:
                    found.add(key)
        return frozenset(found)

    def indices(self) -> frozenset[str]:
        """The letters that are indices: the usual ones, those that a sum binds, those beside one of them."""
        everything = self.everything()
        letters = set(INDEX_LETTERS)
        bound = [part for part in parts(everything) if isinstance(part, tree.Big)]
        for big in bound:
            for name in big.indices:
                if (
                    any(isinstance(p, tree.Script) and tree.Name(name) in p.subs for p in parts(big.body))
                    or name in letters
                    or any(
                        isinstance(p, tree.Relation) and tree.Name(name) in (p.left, p.right) for p in parts(big.body)
                    )
                    or any(
                        isinstance(p, tree.Script) and isinstance(p.sup, tree.Fence) and p.sup.body == tree.Name(name)
                        for p in parts(big.body)
                    )
                ):
                    letters.add(name)
        for _ in range(2):
            for part in parts(everything):
                if (
                    isinstance(part, tree.Script)
                    and len(part.subs) >= 2
                    and all(isinstance(s, tree.Name) and len(s.text) == 1 for s in part.subs)
                ) and any(s.text in letters for s in part.subs if isinstance(s, tree.Name)):
                    letters.update(s.text for s in part.subs if isinstance(s, tree.Name))
        return frozenset(letters - self._labels(everything))

    def _labels(self, everything: Any) -> set[str]:
        r"""Letters that mark one name alone, as in ``\\sqrt{d_k}``: nothing runs through them."""
        marked: dict[str, set[Expr]] = {}
        running: set[str] = set()
        for part in parts(everything):
            if isinstance(part, tree.Script):
                for sub in part.subs:
                    if isinstance(sub, tree.Name):
                        marked.setdefault(sub.text, set()).add(part.base)
                        running.update([sub.text] if len(part.subs) > 1 else [])
                    else:
                        running.update(node.text for node in parts(sub) if isinstance(node, tree.Name))
                if part.sup is not None:
                    running.update(node.text for node in parts(part.sup) if isinstance(node, tree.Name))
            elif isinstance(part, tree.Big):
                running.update(part.indices)
            elif isinstance(part, tree.Relation):
                running.update(node.text for node in (part.left, part.right) if isinstance(node, tree.Name))
            elif isinstance(part, tree.Derivative):
                running.update(node.text for name in part.wrt for node in parts(name) if isinstance(node, tree.Name))
        said = self.said
        heads = [statement.members[0] for statement in (*said.statements, *self.statements) if statement.members]
        heads += [] if said.target is None else [said.target]
        for head in heads:
            if isinstance(head, tree.Script):
                running.update(node.text for node in head.subs if isinstance(node, tree.Name))
        return {letter for letter, bases in marked.items() if len(bases) == 1 and letter not in running}

    def last_defined(self) -> tuple[Expr, tuple[str, ...]] | None:
        """The function that nothing else is made of: the loss, where one is defined."""
        made = [
            found
            for found in map(definition_of, self.said.statements)
            if found is not None and as_derivative(found[2]) is None
        ]
        for derivative in (found[2] for found in map(definition_of, self.said.statements) if found is not None):
            if not isinstance(derivative, tree.Derivative) or not isinstance(derivative.body, tree.Name):
                continue
            if not any(name == derivative.body for name, _, _ in made):
                return derivative.body, ()
        scratch = Problem(indices=self.indices())
        for name, parameters, _ in made:
            key = name_of(name, scratch)[0]
            if not any(key in used(body, scratch) for _, _, body in made):
                return name, parameters
        return (made[0][0], made[0][1]) if made else None
