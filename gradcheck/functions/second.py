"""Second order: the derivative of the claim, against that of the derivative that is true.

The claim has been found right at first order, so that it may still go wrong only in its own derivative: a backward pass that
JAX differentiates by another rule, or treats as constant. With g(c, x) = cᵀ ∂f/∂x, which is differentiated from the
primal alone (its own rules inlined), ∂g/∂x · t in balls is compared with the derivative that JAX takes of the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.checking import check as check_claim
from gradcheck.claim import Assumption, Claim, Source
from gradcheck.domains import Reals
from gradcheck.functions.forms import claimed
from gradcheck.functions.leaves import one_array
from gradcheck.functions.reproduction import called, place
from gradcheck.functions.subject import Adapted, Subject
from gradcheck.functions.trial import Refusals, grown_space, trials
from gradcheck.oracles.autodiff import vjp_program
from gradcheck.program.flat import flat_function, without_rules
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.trace import trace
from gradcheck.verdict import Verdict

Array = np.ndarray[Any, np.dtype[Any]]

COTANGENT = "c"


def second_verdict(subject: Subject, rules: Sequence[Any], label: str, plan: Any) -> list[Verdict]:
    """The verdicts on the derivative of each claim in each checked leaf; undecided where that cannot be traced."""
    verdicts = []
    for rule in rules:
        if rule.form in ("vjp", "gradient"):
            verdicts += _of_rule(subject, rule, label, plan)
    if not verdicts:
        form = rules[0].form
        verdicts = [
            _undecided(subject, rules[0], label, f"the second order of a {form} claim is not checked; claim a vjp")
        ]
    return verdicts


def _of_rule(subject: Subject, rule: Any, label: str, plan: Any) -> list[Verdict]:
    inputs = subject.arguments.inputs
    names = [name for leaf in subject.checked for name, _ in leaf.parts]
    places = [list(inputs).index(name) for name in names]
    with_cotangent = rule.form == "vjp"
    cotangent = np.random.default_rng(plan.seed).uniform(0.5, 1.5, subject.output_shape).round(2)
    point = {COTANGENT: cotangent, **inputs} if with_cotangent else dict(inputs)
    primal = trace(subject.primal(), tuple(inputs.values()), label)
    pieces = [
        (claimed(subject, rule.form, rule.function, leaf, part))
        for leaf in subject.checked
        for part in range(len(leaf.parts))
    ]
    traced = [trace(piece, tuple(point.values()), f"the {rule.form}") for piece in pieces]
    closed = next((found for found in (primal, *traced) if isinstance(found, BlackBox)), None)
    if closed is not None:
        reason = f"the second order needs functions that can be traced: {closed.name} could not be ({closed.reason})"
        return [_undecided(subject, rule, label, reason)]
    assert isinstance(primal, Program), "black boxes were sorted out"
    plain = without_rules(primal)
    pulled = [flat_function(vjp_program(plain, place)) for place in places]
    backward = [flat_function(found) for found in traced if isinstance(found, Program)]

    def true_gradient(*values: Any) -> Any:
        full = values if with_cotangent else (np.ones(subject.output_shape), *values)
        return one_array([pull(*full)[0].reshape(-1) for pull in pulled])

    def claimed_gradient(*values: Any) -> Any:
        return one_array([back(*values)[0].reshape(-1) for back in backward])

    verdicts = []
    for name in names:
        claim = _claim(rule, label, name, point, true_gradient, claimed_gradient)
        refusals = Refusals()
        like = (
            np.where(np.arange(point[name].size) % 3 == 0, -0.5, 1.5)
            .reshape(point[name].shape)
            .astype(point[name].dtype)
        )

        def made(
            about: Claim, assumptions: Sequence[Assumption], like: Any = like, refusals: Any = refusals
        ) -> list[Any]:
            return trials(about, assumptions, point, None, rule.own, like, refusals)

        generic = -(-plan.points // 3)
        verdicts.append(check_claim(claim, seed=plan.seed, generic=generic, special=plan.points - generic, cases=made))
    return verdicts


def _claim(
    rule: Any,
    label: str,
    wrt: str,
    point: dict[str, Array],
    true: Callable[..., Any],
    said: Callable[..., Any],
) -> Claim:
    """The claim that the derivative of the claimed gradient, along a tangent in one leaf, is the second derivative of f."""
    index = list(point).index(wrt)

    def pushed(tangent: Any, *values: Any) -> Any:
        import jax

        def of_leaf(leaf: Any) -> Any:
            return said(*values[:index], leaf, *values[index + 1 :])

        return jax.jvp(of_leaf, (values[index],), (tangent,))[1]

    file, line = place(rule.function)
    what = f"the derivative of {called(rule.function)} in {wrt} is the second derivative of {label}"
    spaces = {name: grown_space(value, name == wrt) for name, value in point.items()}
    if COTANGENT in spaces:
        spaces[COTANGENT] = Reals(*point[COTANGENT].shape)
    return Claim(
        name=f"{label}: second order of {called(rule.function)}, {wrt}",
        kind="jvp",
        source=Source(file, line, what, origin="code"),
        primal=_jax(true),
        claimed=_jax(pushed),
        inputs=spaces,
        wrt=wrt,
    )


def _jax(function: Callable[..., Any]) -> Adapted:
    import jax

    return Adapted(jax.jit(function), function, name=function.__name__)


def _undecided(subject: Subject, rule: Any, label: str, reason: str) -> Verdict:
    file, line = place(rule.function)
    claim = Claim(
        name=f"{label}: second order of {called(rule.function)}",
        kind="jvp",
        source=Source(file, line, f"the second derivative of {label}", origin="code"),
        primal=subject.primal(),
        claimed=subject.primal(),
        inputs={name: grown_space(value, checked=True) for name, value in subject.arguments.inputs.items()},
        wrt=subject.checked[0].parts[0][0],
    )
    return replace(Verdict(claim, "undecided"), reason=reason)
