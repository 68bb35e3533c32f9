"""What the names of a formula stand for: definitions, labels of layers, entries of matrices, names of derivatives."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gradcheck.formulas.question import Question
from gradcheck.formulas.targets import LOSS, Aim
from gradcheck.latex import tree
from gradcheck.latex.claims import as_derivative
from gradcheck.latex.definitions import definition_of
from gradcheck.latex.evaluate import Definition, Problem, name_of
from gradcheck.latex.names import free_indices, parts, used
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset
from gradcheck.latex.values import Size
from gradcheck.latex.vocabulary import KNOWN, SIGMAS


@dataclass
class Naming:
    """Makes a table of names for every choice of ranks."""

    question: Question
    aim: Aim
    sums: dict[Any, tree.Big] = field(default_factory=dict)

    def problem(self, ranks: Mapping[str, int], generic: Mapping[str, int]) -> Problem:
        """A fresh table of names: definitions, indices, ranks."""
        said = self.question.said
        problem = Problem(indices=self.question.indices(), ranks=dict(ranks), generic=dict(generic))
        self.entries(problem)
        problem.symmetric = frozenset(self._like(said.symmetric | self.question.notation.symmetric, ranks))
        problem.diagonal = frozenset(self._like(said.diagonal, ranks))
        for name, limits in said.ranges.items():
            problem.ranges[name_of(name, problem)[0]] = limits
        self.question.declared.apply(problem)
        for statement in (*said.statements, *self._defined_here()):
            made = definition_of(statement)
            if made is None:
                continue
            name, parameters, body = made
            key, indices = name_of(name, problem)
            if body == tree.Name(key) or key in problem.definitions:
                continue
            if (
                isinstance(body, tree.Name)
                and len(statement.members) == 2
                and body.text in ("softmax", "sigmoid", "tanh", "relu")
            ):
                body = tree.Call(body, tuple(tree.Name(p) for p in parameters)) if parameters else body
            if (
                isinstance(body, tree.Name)
                and not parameters
                and key in self.question.functions
                and self._is_function(body)
            ):
                body = tree.Call(body, (tree.Name("u"),))
                parameters = ("u",)
            if (
                isinstance(body, tree.Call)
                and not parameters
                and len(statement.members) > 2
                and len(body.arguments) == 1
            ):
                body = statement.members[2] if body.function == tree.Name(key) else body
            names = tuple(index.text for index in indices if isinstance(index, tree.Name))
            if len(names) != len(indices):
                continue
            body = self._summed(body, names, problem)
            problem.definitions[key] = Definition(body, parameters, names, tuple(Size(name=n) for n in names))
        if self.aim.vector is not None:
            name_of_all, components = self.aim.vector
            problem.ranks[name_of_all] = 1
            for number, component in enumerate(components, 1):
                entry = tree.Script(tree.Name(name_of_all), (tree.Number(str(number)),))
                problem.definitions[component] = Definition(entry)
        for name_text, kind in said.kinds.items():
            applied = name_text in self.question.functions
            call = tree.Call(tree.Name(kind), (tree.Name("z"),))
            problem.definitions.setdefault(name_text, Definition(call, ("z",) if applied else ()))
            if kind == "softmax" and not applied:
                problem.ranks["z"] = max(problem.ranks.get("z", 1), 1)
        for part in parts(self.question.statements):
            if isinstance(part, tree.Prime) and isinstance(part.base, tree.Name):
                problem.generic.setdefault(part.base.text, 1)
        self._deltas(problem)
        self._differentials(problem)
        self._labelled(problem)
        self._subscripted(problem)
        self._losses(problem)
        for alias, derivative in self.aim.aliases:
            key, indices = name_of(alias, problem)
            names = tuple(index.text for index in indices if isinstance(index, tree.Name))
            problem.definitions.setdefault(key, Definition(derivative, (), names, tuple(Size() for _ in names)))
        return problem

    def _is_function(self, name: tree.Name) -> bool:
        return name.text in self.question.functions or name.text in KNOWN or name.text in SIGMAS

    def _summed(self, body: Expr, names: tuple[str, ...], problem: Problem) -> Expr:
        """Einstein's convention, where it is announced, or where an index that occurs twice is not on the left."""
        free = [name for name in free_indices(body, problem) if name not in names]
        announced = "Einstein" in self.question.said.words
        repeated = [
            name
            for name in free
            if announced
            or (
                names
                and isinstance(body, tree.Product)
                and sum(
                    isinstance(part, tree.Script) and name in free_indices(part, problem)
                    for part in parts((body.left, body.right))
                )
                >= 2
            )
        ]
        if not repeated:
            return body
        key = (id(body), tuple(repeated))
        return self.sums.setdefault(key, tree.Big("sum", tuple(repeated), None, None, body))

    def _losses(self, problem: Problem) -> None:
        """Where δ is said to be ∂L/∂h and L is not defined, L is some function of h.

        Of several such h it is the one that the others lead to: z of the next layer, not z of this one.
        """
        found: dict[str, list[str]] = {}
        for known in list(problem.definitions.values()):
            body = known.body
            if not isinstance(body, tree.Derivative) or len(body.wrt) != 1:
                continue
            named = body.body.function if isinstance(body.body, tree.Call) else body.body
            if isinstance(named, tree.Name) and named.text not in problem.definitions:
                found.setdefault(named.text, []).append(name_of(body.wrt[0], problem)[0])
        for loss, names in found.items():
            defined = [name for name in names if name in problem.definitions]
            last = [
                name
                for name in defined
                if not any(
                    name in used(k.body, problem)
                    for k in problem.definitions.values()
                    if not isinstance(k.body, tree.Derivative)
                )
            ]
            order = list(problem.definitions)
            chosen = min(last, key=order.index) if last else (defined or names)[0]
            problem.definitions[loss] = Definition(tree.Call(tree.Name("generic " + loss), (tree.Name(chosen),)))

    def _labelled(self, problem: Problem) -> None:
        """A definition without a layer's label serves every layer: a = f(z) says that a^{(l)} = f(z^{(l)})."""
        everything = self.question.everything()
        labels = {
            part.sup for part in parts(everything) if isinstance(part, tree.Script) and isinstance(part.sup, tree.Fence)
        }
        for label in labels:
            suffix = "^{" + typeset(label) + "}" if label is not None else ""
            for key, known in list(problem.definitions.items()):
                written = tree.Name(key)
                if "^" in key or known.parameters or key + suffix in problem.definitions or label is None:
                    continue
                if not any(
                    isinstance(p, tree.Script) and p.sup == label and p.base == written for p in parts(everything)
                ):
                    continue
                problem.definitions[key + suffix] = Definition(
                    self._with_label(known.body, label), (), known.indices, known.sizes
                )

    def _subscripted(self, problem: Problem) -> None:
        """The same for a label below: y = softmax(q) says that y_t = softmax(q_t), where q_t is what the rest speaks of."""
        names = used(self.question.everything(), problem)
        for key in names:
            bare, mark, label = key.partition("_{")
            known = problem.definitions.get(bare)
            if not mark or key in problem.definitions or known is None or known.parameters or "^" in key:
                continue
            body = _labelled_below(known.body, label[:-1], names)
            problem.definitions[key] = Definition(body, (), known.indices, known.sizes)

    def _deltas(self, problem: Problem) -> None:
        r"""``\delta_{c}`` beside c is the derivative of the loss by c, where nothing else is said."""
        for key in list(used(self.question.everything(), problem)):
            variable = key.removeprefix(r"\delta_{").removesuffix("}")
            if key == variable or key in problem.definitions or variable not in problem.definitions:
                continue
            loss = tree.Name(LOSS)
            problem.definitions[key] = Definition(tree.Derivative("partial", loss, (tree.Name(variable),)))

    def _with_label(self, body: Expr, label: Expr) -> Expr:
        if isinstance(body, tree.Name):
            return (
                body
                if body.text in self.question.functions | KNOWN or body.text in ("e", r"\pi")
                else tree.Script(body, (), label)
            )
        if isinstance(body, tree.Script) and body.sup is None and isinstance(body.base, tree.Name):
            return tree.Script(body.base, body.subs, label)
        if isinstance(body, tree.Derivative):
            return replace(body, wrt=tuple(self._with_label(name, label) for name in body.wrt))
        if isinstance(body, tree.Call):
            return replace(body, arguments=tuple(self._with_label(a, label) for a in body.arguments))
        if isinstance(body, tree.Sum):
            return replace(body, terms=tuple((sign, self._with_label(t, label)) for sign, t in body.terms))
        if isinstance(body, tree.Product):
            return replace(body, left=self._with_label(body.left, label), right=self._with_label(body.right, label))
        if isinstance(body, tree.Fence):
            return replace(body, body=self._with_label(body.body, label))
        return body

    def entries(self, problem: Problem) -> None:
        """``x_{ij}`` for the entries of a matrix that is otherwise written as a capital."""
        names = [part for part in parts(self.question.everything()) if isinstance(part, tree.Name)]
        whole = {part.text for part in names}
        bases = [
            part
            for part in parts(self.question.everything())
            if isinstance(part, tree.Script) and isinstance(part.base, tree.Name)
        ]
        for text in {part.base.text for part in bases if isinstance(part.base, tree.Name)}:
            if len(text) != 1 or not text.islower() or text.upper() not in whole:
                continue
            scripted = [part for part in bases if part.base == tree.Name(text)]
            if all(len(part.subs) == 2 for part in scripted) and sum(name.text == text for name in names) == len(
                scripted
            ):
                problem.entries[text] = text.upper()

    def _differentials(self, problem: Problem) -> None:
        """A name such as dz that stands beside z is the derivative of the loss by z."""
        root = self.question.last_defined()
        if root is None:
            return
        names = used(self.question.everything(), problem)
        for key in list(names):
            word = re.match(r"d([A-Za-z])(?=$|_|\^)", key)
            if word is None or key in problem.definitions:
                continue
            variable = key[1:]
            if variable in names and variable != name_of(root[0], problem)[0]:
                derivative = tree.Derivative("partial", root[0], (tree.Name(variable),))
                problem.definitions[key] = Definition(derivative)

    def _defined_here(self) -> list[Statement]:
        """Definitions that stand in the formula itself, beside the claim."""
        return [
            s
            for s in self.question.statements
            if not s.continued
            and len(s.members) > 1
            and as_derivative(s.members[0]) is None
            and len(self.question.statements) > 1
        ]

    def _like(self, named: frozenset[str], ranks: Mapping[str, int]) -> Iterator[str]:
        for key in ranks:
            base = key.split("_")[0].split("^")[0]
            if (
                key in named
                or base in named
                or any(n.replace("{", "").replace("}", "") == key.replace("{", "").replace("}", "") for n in named)
            ):
                yield key


def _labelled_below(body: Expr, label: str, names: Mapping[str, int]) -> Expr:
    """Names that occur with the label elsewhere get it."""

    def walk(node: Any) -> Any:
        if isinstance(node, tree.Name):
            return tree.Script(node, (tree.Name(label),)) if f"{node.text}_{{{label}}}" in names else node
        if isinstance(node, tree.Script):
            base = node.base
            if isinstance(base, tree.Name) and f"{base.text}_{{{label}}}" in names:
                return replace(node, subs=(tree.Name(label), *node.subs))
            return node
        if isinstance(node, tuple):
            return tuple(walk(child) for child in node)
        if dataclasses.is_dataclass(node) and not isinstance(node, type):
            changes = {f.name: walk(getattr(node, f.name)) for f in dataclasses.fields(node) if f.name != "at"}
            return replace(node, **changes)
        return node

    found: Expr = walk(body)
    return found
