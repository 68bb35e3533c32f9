"""A derivation written out: the derivative of a definition, rule by rule until none is left, and then in its shortest form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Reals
from gradcheck.latex import tree
from gradcheck.latex.definitions import definition_of, functions_in, words_in
from gradcheck.latex.errors import UnreadableError
from gradcheck.latex.evaluate import Definition, Problem
from gradcheck.latex.names import parts, substituted
from gradcheck.latex.problem import name_of
from gradcheck.latex.reader import read
from gradcheck.latex.spaces import bounds
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import ELEMENTARY, KNOWN, SIGMAS
from gradcheck.symbolic.evaluating import evaluated
from gradcheck.symbolic.model import Derived, NotSymbolic, WrittenStep
from gradcheck.symbolic.plain import plain
from gradcheck.symbolic.rules import Applied, Setting, applied, trivial
from gradcheck.symbolic.style import Style
from gradcheck.symbolic.tidy import ONE, ZERO, cost, keys, minus, over, plus, power, times

MOST_STEPS = 40
MOST_PARTS = 600
_CONSTANTS = frozenset(("e", r"\pi"))
_OPERATOR = re.compile(r"\\(?:operatorname|mathrm|text)\*?\{([A-Za-z]+)\}\s*(?:\\left)?\(")


def written(latex: str, wrt: str, definitions: str = "", ranges: Mapping[str, Any] | None = None) -> Derived:
    """The derivation of the derivative of what `latex` defines; see `gradcheck.symbolic.written`."""
    style = Style(f"{latex} ; {definitions}")
    named, name, parameters, body, known = _read(latex, definitions)
    x = _key(wrt)
    everything = _reached(body, known)
    if x not in everything:
        made_of = ", ".join(_free(everything, known)) or "numbers alone"
        raise NotSymbolic(f"{style(body)} does not depend on {wrt}, so its derivative is 0; it is made of {made_of}")
    free = _free(everything, known)
    alone = parameters == (x,) or (not parameters and len(free) == 1)
    at = Setting(x, style, known, "d" if alone else "partial")
    inputs = _inputs(x, free, [body, *(one.body for one in known.values())], ranges or {})
    names = list(inputs)
    lines = list(_lines(body, at))
    from gradcheck.symbolic.finish import Finish

    finish = Finish(at, name, parameters, body, inputs)
    told = finish.definitions
    steps: list[WrittenStep] = []
    for line, rule, why in (*lines, *finish.lines(lines[-1][0])):
        shown = style(line)
        if not steps or steps[-1].latex != shown:
            steps.append(WrittenStep(shown, rule, why, evaluated(line, names, told), line))
    d = "d" if alone else r"\partial"
    left = rf"\frac{{{d}}}{{{d} {wrt}}} {named}" if "(" in named else rf"\frac{{{d} {named}}}{{{d} {wrt}}}"
    return Derived(
        named,
        style(body),
        left,
        x,
        inputs,
        evaluated(body, names, known),
        tuple(steps),
        finish.corners(),
        (*finish.borders(), *_covered(body, known, names)),
    )


def _read(latex: str, definitions: str) -> tuple[str, str, tuple[str, ...], Expr, dict[str, Definition]]:
    """The left side as printed, its name and arguments, the formula, and what other names stand for."""
    whole = f"{latex} ; {definitions}"
    functions = functions_in(latex, definitions) | frozenset(
        word for word in _OPERATOR.findall(whole) if word not in KNOWN
    )
    words = words_in(latex, definitions)
    statements = read(latex, functions, words)
    if len(statements) != 1:
        raise NotSymbolic(f"one definition is expected, and {len(statements)} formulas are given")
    made = definition_of(statements[0])
    if made is None:
        if "=" in latex or len(statements[0].members) > 1:
            raise NotSymbolic("a definition such as f(x) = … is expected, with a name on the left")
        made = (tree.Name("f"), (), statements[0].members[0])
        left = "f"
    else:
        left = latex.partition("=")[0].replace("&", "").strip()
    known: dict[str, Definition] = {}
    for piece in filter(str.strip, re.split(r";|\\quad|\n", definitions)):
        for statement in read(piece, functions, words):
            other = definition_of(statement)
            if other is None:
                raise NotSymbolic(f"{piece.strip()} is not a definition such as u = …")
            known[name_of(other[0], Problem(indices=frozenset()))[0]] = Definition(plain(other[2]), other[1])
    name = name_of(made[0], Problem(indices=frozenset()))[0]
    body = plain(made[2], known)
    if name in keys(body) and name not in ("sigmoid", *SIGMAS):
        raise NotSymbolic(f"{left} is defined in terms of itself")
    return left, name, made[1], body, known


def _covered(body: Expr, known: Mapping[str, Definition], names: Sequence[str]) -> tuple[Assumption, ...]:
    """That one of the cases applies, where the last one has a condition of its own; what is evaluated takes it for the rest."""
    found = []
    for part in parts((body, *(one.body for one in known.values()))):
        if not isinstance(part, tree.Cases) or part.rows[-1][1] is None or _complementary(part):
            continue
        rows: list[tuple[Expr, Expr | None]] = [(ONE, condition) for _, condition in part.rows]
        met = evaluated(tree.Cases((*rows, (ZERO, None))), names, known)

        def applies(met: Callable[..., Any] = met, **point: Any) -> bool:
            return bool(np.all(np.asarray(met(*(np.asarray(point[name], dtype=np.float64) for name in names))) == 1))

        found.append(Assumption("one of the cases applies", True, where=applies))
    return tuple(found)


def _complementary(cases: tree.Cases) -> bool:
    """Whether the last condition is what the one before leaves."""
    if len(cases.rows) != 2:
        return False
    one, two = (condition for _, condition in cases.rows)
    opposite = {">": "≤", "<": "≥", "≤": ">", "≥": "<", "=": "≠", "≠": "="}
    if not isinstance(one, tree.Relation) or not isinstance(two, tree.Relation):
        return False
    return (one.left, opposite.get(one.mark), one.right) == (two.left, two.mark, two.right)


def _key(wrt: str) -> str:
    statements = read(wrt)
    try:
        if len(statements) != 1:
            raise ValueError
        return name_of(statements[0].members[0], Problem(indices=frozenset()))[0]
    except ValueError as error:
        raise UnreadableError(f"{wrt!r} is not a name to differentiate by") from error


def _reached(body: Expr, known: Mapping[str, Definition]) -> list[str]:
    """All names that a formula depends on, in the order in which they are met."""
    found: dict[str, None] = {}

    def walk(expr: Expr, local: tuple[str, ...]) -> None:
        calls = [part.function for part in parts(expr) if isinstance(part, tree.Call)]
        called = {function.text for function in calls if isinstance(function, tree.Name)}
        for part in parts(expr):
            if isinstance(part, tree.Name) and part.text not in local and part.text not in found:
                if part.text in called and part.text not in known:
                    continue
                if part.text in ELEMENTARY:
                    continue
                found[part.text] = None
                if part.text in known:
                    walk(known[part.text].body, known[part.text].parameters)
            elif isinstance(part, tree.Call) and part.function == tree.Name("elu"):
                found.setdefault(r"\alpha", None)

    walk(body, ())
    return list(found)


def _free(everything: Sequence[str], known: Mapping[str, Definition]) -> list[str]:
    return [key for key in everything if key not in known and key not in _CONSTANTS]


def _inputs(x: str, free: Sequence[str], bodies: Sequence[Expr], ranges: Mapping[str, Any]) -> dict[str, Reals]:
    """The names with the ranges in which the formulas are defined, the name that is differentiated by first."""
    limits = bounds(bodies, Problem(indices=frozenset()))
    unknown = sorted(set(ranges) - set(free))
    if unknown:
        raise NotSymbolic(f"a range is given for {', '.join(unknown)}, which the formula does not mention")
    inputs = {}
    for name in sorted(free, key=lambda name: name != x):
        low, high = limits.get(name, (-float("inf"), float("inf")))
        below, above = ranges.get(name, (-float("inf"), float("inf")))
        inputs[name] = Reals(low=max(low, below), high=min(high, above))
    return inputs


def _lines(body: Expr, at: Setting) -> Iterator[tuple[Expr, str, str]]:
    """Each line of the derivation, with the rule that gave it and why."""
    line: Expr = at.d(body)
    yield line, "definition", "The derivative of what is defined."
    for _ in range(MOST_STEPS):
        open_ = [part for part in parts(line) if isinstance(part, tree.Derivative)]
        if not open_:
            return
        told = [applied(_body(part), at) for part in open_]
        rule = told[0].rule
        chosen = [(part, one) for part, one in zip(open_, told, strict=True) if one.rule == rule]
        before = line
        for part, one in chosen:
            line = substituted(line, part, _in_passing(one.result, at))
        line = tidied(line)
        if sum(1 for _ in parts(line)) > MOST_PARTS:
            raise NotSymbolic(f"the derivation has lines of more than {MOST_PARTS} parts")
        whys = dict.fromkeys(one.why for _, one in chosen)
        if line != before:
            yield line, rule, " ".join(whys)
    raise NotSymbolic(f"the derivation has more than {MOST_STEPS} lines")


def _body(part: tree.Derivative) -> Expr:
    assert part.body is not None, "every derivative here has been made of a formula"
    return part.body


def _in_passing(result: Expr, at: Setting) -> Expr:
    """A result with the derivatives of constants and of x itself worked out."""
    for part in list(parts(result)):
        if isinstance(part, tree.Derivative):
            found = trivial(_body(part), at)
            if found is not None:
                result = substituted(result, part, found)
    return result


def tidied(expr: Expr) -> Expr:
    """The same without terms 0, factors 1 and double signs."""
    if isinstance(expr, tree.Sum):
        return plus(*(tidied(term) if sign > 0 else minus(tidied(term)) for sign, term in expr.terms))
    if isinstance(expr, tree.Product) and expr.mark != r"\land":
        return times(tidied(expr.left), tidied(expr.right))
    if isinstance(expr, tree.Quotient):
        return over(tidied(expr.over), tidied(expr.under))
    if isinstance(expr, tree.Power):
        return power(tidied(expr.base), tidied(expr.exponent))
    if isinstance(expr, tree.Cases):
        return tree.Cases(tuple((tidied(value), condition) for value, condition in expr.rows))
    if isinstance(expr, tree.Call):
        return tree.Call(expr.function, tuple(tidied(argument) for argument in expr.arguments))
    if isinstance(expr, tree.Fence):
        return tree.Fence(expr.kind, tidied(expr.body))
    return expr


__all__ = ["Applied", "cost", "tidied", "written"]
