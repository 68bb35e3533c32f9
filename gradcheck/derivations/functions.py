"""A derivation in code: a function, typical arguments, and lines of a formula with the function that computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.api import plan_of, points_on_trees, subject_of
from gradcheck.cases import Case
from gradcheck.claim import Assumption, Claim, Source, Step
from gradcheck.derivations.model import Derivation
from gradcheck.derivations.reading import read_formulas
from gradcheck.domains import Space, SpaceError
from gradcheck.functions.options import UsageError
from gradcheck.functions.reproduction import called, place
from gradcheck.functions.subject import Subject
from gradcheck.functions.trial import Refusals, grown_space, tacit, trials
from gradcheck.torch import is_torch

Function = Callable[..., Any]


def from_functions(
    f: Function,
    args: tuple[Any, ...],
    steps: Sequence[Any],
    *,
    wrt: Any = None,
    rules: Mapping[int, str] | Sequence[str] | None = None,
    domain: Any = None,
    assume: Function | None = None,
    points: int | None = None,
    seed: int = 0,
    about: str | Sequence[str] = "",
    notation: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Derivation:
    """The derivation that is made of functions of `args`.

    Raises:
        UsageError: a keyword or a step is nothing that can be meant.
        ArgumentsError: an argument holds something else than numbers.
        EvaluationError: `f` raises at `args`.
    """
    if not callable(f):
        raise UsageError(f"f: a function, a LaTeX display or a claim is expected; got {type(f).__name__}")
    if not isinstance(args, tuple):
        raise UsageError(
            f"args: a tuple of arguments is expected; got {type(args).__name__}. For one argument, write (x,)"
        )
    if is_torch(f, args):
        raise UsageError("f: a derivation is judged on NumPy or JAX functions; write f and its lines in NumPy")
    left, formulas, values, told = _steps(steps)
    subject, names = subject_of(f, args, {"jacobian": values[0]}, wrt)
    if len(subject.checked) != 1:
        known = ", ".join(leaf.name for leaf in subject.checked)
        raise UsageError(
            f"wrt= is missing: a derivation is about the derivative by one argument, which is one of {known}"
        )
    (leaf,) = subject.checked
    if leaf.complex:
        raise UsageError(f"wrt={leaf.name!r} is complex: a derivation is about a derivative by real numbers")
    plan = plan_of(subject, names, domain, assume, points, seed)
    label = name or called(f)
    spaces = {one: _space(one, value, leaf.name, plan.bounds) for one, value in subject.arguments.inputs.items()}
    stated = [Assumption("assume=", True, where=points_on_trees(assume, subject))] if assume is not None else []
    given = subject.arguments.inputs.items() if plan.drawn is None else ()
    unstated = [more for one, value in given for more in tacit(one, value, spaces[one])]
    claim = Claim(
        name=label,
        kind="derivation",
        source=Source(
            *_place(f, values[0]), f"a derivation of the derivative of {label} by {leaf.name}", origin="code"
        ),
        primal=subject.primal(),
        inputs=spaces,
        wrt=leaf.name,
        assumptions=(*stated, *unstated),
        steps=(
            Step(left or rf"\frac{{\partial}}{{\partial {_latex(leaf.name)}}} \operatorname{{{_latex(label)}}}", None),
            *(Step(formula, _on_trees(value, subject)) for formula, value in zip(formulas, values, strict=True)),
        ),
        notation=dict(notation or {}),
    )
    refusals = Refusals()

    def made(about_: Claim, assumptions: Sequence[Assumption]) -> list[Case]:
        return trials(about_, assumptions, subject.arguments.inputs, plan.drawn, False, np.zeros(0), refusals)

    generic = -(-plan.points // 3)
    derivation = Derivation(
        label,
        claim,
        about=tuple(rf"\({one}\)" for one in ([about] if isinstance(about, str) else about) if one),
        rules=_rules(rules, told, formulas),
        made=made,
        budget={"generic": generic, "special": plan.points - generic},
    )
    return replace(derivation, read=read_formulas(derivation))


def _steps(steps: Sequence[Any]) -> tuple[str, list[str], list[Function], dict[int, str]]:
    """What the derivative is called, the formulas, functions and rules of the lines after it. Raises UsageError for others."""
    if isinstance(steps, (str, bytes)) or not isinstance(steps, Sequence) or not steps:
        raise UsageError(
            "steps: the lines after the derivative itself are expected, each a formula with the function that computes it, "
            'as in [("2 x", lambda x: 2 * x)]'
        )
    formulas, values, told, left = [], [], {}, ""
    pairs = [(step.formula, step.value) if isinstance(step, Step) else step for step in steps]
    if isinstance(pairs[0], (tuple, list)) and len(pairs[0]) == 2 and pairs[0][1] is None:
        left, pairs = str(pairs[0][0]), pairs[1:]
        if not pairs:
            raise UsageError(
                "steps: only the derivative itself is given; at least one line that it is equal to is expected"
            )
    for number, step in enumerate(pairs, 1):
        if not isinstance(step, (tuple, list)) or len(step) not in (2, 3):
            raise UsageError(
                f"steps: line {number} is {step!r}; (formula, function) or (formula, function, rule) is expected"
            )
        if not isinstance(step[0], str):
            raise UsageError(
                f"steps: line {number}: a formula in LaTeX is expected first; got {type(step[0]).__name__}"
            )
        if not callable(step[1]):
            raise UsageError(
                f"steps: line {number}: a function of the arguments is expected second; got {type(step[1]).__name__}. "
                f"It is called at many points, so pass what computes the line"
            )
        formulas.append(step[0])
        values.append(step[1])
        if len(step) == 3:
            told[number] = str(step[2])
    return left, formulas, values, told


def _rules(rules: Any, told: dict[int, str], formulas: Sequence[str]) -> dict[int, str]:
    """The stated rules by line. Raises UsageError where there are more than lines."""
    if rules is None:
        return told
    if isinstance(rules, str):
        raise UsageError(
            "rules: a list with one rule a line, or a mapping from line numbers, is expected; got a string"
        )
    found = dict(rules) if isinstance(rules, Mapping) else dict(enumerate(rules, 1))
    strange = [number for number in found if not isinstance(number, int) or not 1 <= number <= len(formulas)]
    if strange:
        raise UsageError(
            f"rules: there is no line {strange[0]!r}; the lines after the derivative are 1 to {len(formulas)}"
        )
    return {**told, **{number: str(rule) for number, rule in found.items() if rule}}


def _on_trees(value: Function, subject: Subject) -> Function:
    def line(*inputs: Any) -> Any:
        return value(*subject.arguments.rebuild(inputs))

    line.__wrapped__ = value  # type: ignore[attr-defined] # so that messages tell where it is defined
    return line


def _space(name: str, value: Any, wrt: str, bounds: Mapping[str, tuple[float, float]]) -> Space:
    try:
        return grown_space(value, name == wrt, *bounds.get(name, (-np.inf, np.inf)))
    except SpaceError as error:
        raise UsageError(f"domain: {name}: {error}") from error


def _place(f: Function, value: Function) -> tuple[str, int]:
    file, line = place(value)
    return (file, line) if file else place(f)


def _latex(name: str) -> str:
    return name.replace("_", r"\_")
