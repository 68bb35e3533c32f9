"""Definitions that a text leaves unsaid and readers supply: an activation, a prediction. What rests on one is *conditional*.

A supposition is never a reason for *fails*: it is tried only where a name has no meaning at all, and the verdict names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.formulas.question import Question
from gradcheck.latex import tree
from gradcheck.latex.claims import targets
from gradcheck.latex.definitions import definition_of
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import Problem, name_of
from gradcheck.latex.names import parts, substituted, used
from gradcheck.latex.rewriting import rewritten
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset
from gradcheck.latex.vocabulary import KNOWN, SIGMAS

ACTIVATIONS = ("sigmoid", "tanh")


@dataclass(frozen=True)
class Supposition:
    """A definition that is supposed, in words, and the question with it."""

    text: str
    question: Question


def suppositions(question: Question) -> Iterator[Supposition]:
    """What may be meant, one definition at a time."""
    scratch = Problem(indices=question.indices())
    names = used(question.everything(), scratch)
    defined = set()
    for statement in (*question.said.statements, *question.statements):
        made = definition_of(statement)
        if made is not None:
            defined.add(name_of(made[0], scratch)[0])
    for function in sorted(question.functions):
        if function in defined or function in KNOWN or function in SIGMAS or function not in names:
            continue
        for kind in ACTIVATIONS:
            left = tree.Call(tree.Name(function), (tree.Name("u"),))
            yield _with(question, left, tree.Call(tree.Name(kind), (tree.Name("u"),)))
    yield from _renamed(question)
    yield from _rows(question, defined)
    yield from _layers(question, defined, scratch)
    yield from _partitions(question, defined, scratch)
    for variable in _variables(question):
        for named in _activated(variable):
            if name_of(named, scratch)[0] not in defined:
                for kind in ACTIVATIONS:
                    yield _with(question, named, tree.Call(tree.Name(kind), (variable,)))
    for named in _predictions(question, defined, scratch):
        for exponent in _exponents(question):
            yield _with(question, named, tree.Call(tree.Name("sigmoid"), (exponent,)))


def _rows(question: Question, defined: set[str]) -> Iterator[Supposition]:
    """X, of which nothing is said, beside x_i: the matrix whose rows, or whose columns, the x_i are."""
    everything = question.everything()
    names = {part.text for part in parts(everything) if isinstance(part, tree.Name)}
    for capital in sorted(name for name in names - defined if len(name) == 1 and name.isupper()):
        small = tree.Name(capital.lower())
        scripted = [part for part in parts(everything) if isinstance(part, tree.Script) and part.base == small]
        indices = {index for part in scripted if (index := _one_index(part, question)) is not None}
        if not scripted or not indices or any(_one_index(part, question) is None for part in scripted):
            continue
        whole = tree.Name(capital, True)
        for what, base in (("rows", whole), ("columns", tree.Fence("()", tree.Transpose(whole)))):

            def entry(node: Any, small: Expr = small, base: Expr = base) -> Any:
                if isinstance(node, tree.Script) and node.base == small:
                    index = _one_index(node, question)
                    return node if index is None else tree.Script(base, (index,))
                return node

            said = rewritten(question.said, entry)
            statements = tuple(rewritten(question.statements, entry))
            told_of = f"the {what} of {capital} are the {typeset(scripted[0])}"
            yield Supposition(told_of, replace(question, said=said, statements=statements))


def _one_index(part: tree.Script, question: Question) -> Expr | None:
    """The index of x_i or x^{(i)}."""
    found: Expr | None = None
    if len(part.subs) == 1 and part.sup is None:
        found = part.subs[0]
    elif not part.subs and isinstance(part.sup, tree.Fence):
        found = part.sup.body
    return found if isinstance(found, tree.Name) and found.text in question.indices() else None


def _layers(question: Question, defined: set[str], scratch: Problem) -> Iterator[Supposition]:
    """a^{(l)} = f(z^{(l)}), where the formula speaks of f'(z^{(l)}) and nothing says what a^{(l)} is."""
    primed = [
        part
        for part in parts(question.statements)
        if isinstance(part, tree.Call) and isinstance(part.function, tree.Prime) and len(part.arguments) == 1
    ]
    for part in primed[:1]:
        inner = part.arguments[0]
        if not isinstance(inner, tree.Script) or inner.sup is None or not isinstance(part.function, tree.Prime):
            continue
        activation = tree.Script(tree.Name("a"), (), inner.sup)
        if name_of(activation, scratch)[0] not in defined:
            argument = tree.Script(inner.base, (), inner.sup)
            yield _with(question, activation, tree.Call(part.function.base, (argument,)))


def _partitions(question: Question, defined: set[str], scratch: Problem) -> Iterator[Supposition]:
    """e^{z_i} over something that nothing defines: what makes them sum to 1."""
    for part in parts(tuple(question.said.statements)):
        if not isinstance(part, tree.Quotient) or not isinstance(part.under, (tree.Name, tree.Script)):
            continue
        over = part.over
        if (
            not isinstance(over, tree.Power)
            or over.base != tree.Name("e")
            or not isinstance(over.exponent, tree.Script)
        ):
            continue
        index = over.exponent.subs[-1] if over.exponent.subs else None
        if not isinstance(index, tree.Name) or name_of(part.under, scratch)[0] in defined:
            continue
        other = tree.Name("m" if index.text != "m" else "n")
        total = tree.Big("sum", (other.text,), None, None, substituted(over, index, other))
        yield _with(question, part.under, total)


def _renamed(question: Question) -> Iterator[Supposition]:
    """A recursion under another letter: f_{k+1} = σ(W f_k) beside ∂h_{t+1}/∂h_t."""
    for target in targets(question.statements):
        body, wrt = target.derivative.body, target.derivative.wrt
        step = _step(body) if body is not None else None
        if step is None or len(wrt) != 1 or wrt[0] != tree.Script(step[0], (step[1],)):
            continue
        for statement in question.said.statements:
            made = definition_of(statement)
            other = _step(made[0]) if made is not None else None
            if made is None or other is None or other == step or other[0] == step[0]:
                continue
            found = substituted(substituted(made[2], other[1], step[1]), other[0], step[0])
            yield _with(question, body, found)  # type: ignore[arg-type]


def _step(expr: Expr) -> tuple[Expr, Expr] | None:
    """The letter and the index of ``h_{t+1}``."""
    if isinstance(expr, tree.Script) and len(expr.subs) == 1 and expr.sup is None and isinstance(expr.base, tree.Name):
        index = expr.subs[0]
        if isinstance(index, tree.Sum) and len(index.terms) == 2 and index.terms[1] == (1, tree.Number("1")):
            return expr.base, index.terms[0][1]
    return None


def _with(question: Question, left: Expr, right: Expr) -> Supposition:
    statement = Statement((left, right), ("=",))
    said = replace(question.said, statements=[*question.said.statements, statement])
    functions = question.functions
    return Supposition(f"{typeset(left)} = {typeset(right)}", replace(question, said=said, functions=functions))


def _variables(question: Question) -> list[Expr]:
    """What is differentiated by."""
    found = [name for target in targets(question.statements) for name in target.derivative.wrt]
    if question.said.target is not None:
        found.append(question.said.target)
    return list(dict.fromkeys(found))


def _activated(variable: Expr) -> Iterator[Expr]:
    """``z_{f_t}`` is what f_t is the activation of; ``z`` beside a is what a is the activation of."""
    if isinstance(variable, tree.Script) and len(variable.subs) == 1 and variable.sup is None:
        inner = variable.subs[0]
        if isinstance(inner, tree.Script) or (isinstance(inner, tree.Name) and not inner.text.isdigit()):
            yield inner


def _predictions(question: Question, defined: set[str], scratch: Problem) -> list[Expr]:
    r"""Names with a hat that the formula uses and nothing defines: predictions."""
    found: dict[str, Expr] = {}
    for part in parts(question.statements):
        base = part.base if isinstance(part, tree.Script) else part
        if isinstance(base, tree.Name) and base.text.startswith((r"\hat{", r"\pi")) and isinstance(part, tree.Script):
            try:
                key = name_of(part, scratch)[0]
            except UnresolvedError:
                continue
            if key not in defined:
                found.setdefault(key, part)
    return list(found.values())


def _exponents(question: Question) -> list[Expr]:
    """The u of every log(1 + e^u) that is said: its derivative is the logistic function of u."""
    found: dict[Expr, None] = {}
    for part in parts(tuple(question.said.statements)):
        if not isinstance(part, tree.Call) or part.function != tree.Name("log") or len(part.arguments) != 1:
            continue
        inner = part.arguments[0]
        while isinstance(inner, tree.Fence):
            inner = inner.body
        if isinstance(inner, tree.Sum) and len(inner.terms) == 2 and (1, tree.Number("1")) in inner.terms:
            other = next(term for sign, term in inner.terms if term != tree.Number("1"))
            if isinstance(other, tree.Power) and other.base == tree.Name("e"):
                found[other.exponent] = None
    return list(found)
