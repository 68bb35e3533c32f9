"""Why autodiff dissents: each cause beside a program that has the same part, in which it is not the cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck as gc

Array = Any
X = np.array([0.5, -1.0, 2.0])


@jax.custom_jvp
def doubled(x: Array) -> Array:
    return jnp.sin(x)


@doubled.defjvp
def doubled_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return doubled(primals[0]), 2 * jnp.cos(primals[0]) * tangents[0]


@jax.custom_jvp
def right(x: Array) -> Array:
    return jnp.sin(x)


@right.defjvp
def right_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return right(primals[0]), jnp.cos(primals[0]) * tangents[0]


def negated_pullback(x: Array, weight: Array) -> tuple[Array]:
    return (-weight * jnp.cos(x),)


@jax.custom_vjp
def negated(x: Array) -> Array:
    return jnp.sin(x)


negated.defvjp(lambda x: (jnp.sin(x), x), negated_pullback)


def notes(f: Callable[..., Array], x: Array, gradient: Callable[..., Array] | None = None) -> tuple[str, ...]:
    given: dict[str, Any] = {} if gradient is None else {"gradient": gradient}
    verdict = gc.check(f, (x,), points=0, **given)
    assert verdict.status == ("holds" if given else "fails"), str(verdict)
    return tuple(note for note in verdict.notes if note.startswith("autodiff"))


def test_a_wrong_custom_jvp_is_named_with_its_place() -> None:
    dissent, why = notes(lambda x: jnp.sum(doubled(x)), X, jnp.cos)
    assert dissent == "autodiff dissents from the other oracles at the point shown"
    assert why.startswith("autodiff follows a custom derivative rule (custom_jvp doubled_rule at test_dissent.py:")
    assert why.endswith("without the rule it agrees with the others")


def test_a_wrong_custom_vjp_is_named_with_its_place() -> None:
    _, why = notes(lambda x: jnp.sum(negated(x)), X, jnp.cos)
    assert why.startswith("autodiff follows a custom derivative rule (custom_vjp negated_pullback at test_dissent.py:")


def test_a_right_custom_rule_is_no_dissent() -> None:
    assert notes(lambda x: jnp.sum(right(x)), X, jnp.cos) == ()


def test_stop_gradient_is_named_where_it_makes_a_part_constant() -> None:
    for gradient in (lambda x: 2 * x, None):
        _, why = notes(lambda x: jnp.sum(x * jax.lax.stop_gradient(x)), X, gradient)
        assert why.startswith("autodiff treats as a constant what stop_gradient returns (test_dissent.py:")


def test_stop_gradient_of_what_does_not_matter_is_no_dissent() -> None:
    def logsumexp(x: Array) -> Array:
        largest = jax.lax.stop_gradient(jnp.max(x))
        return largest + jnp.log(jnp.sum(jnp.exp(x - largest)))

    assert notes(logsumexp, X, lambda x: jnp.exp(x) / jnp.sum(jnp.exp(x))) == ()


def test_a_right_rule_beside_stop_gradient_is_not_blamed() -> None:
    _, why = notes(lambda x: jnp.sum(right(x) * jax.lax.stop_gradient(x)), X, lambda x: x * jnp.cos(x) + jnp.sin(x))
    assert "stop_gradient" in why
    assert "custom" not in why


def sinc(x: Array) -> Array:
    return jnp.sum(jnp.where(jnp.abs(x) < 1e-3, 1 - x * x / 6, jnp.sin(x) / x))


def sinc_slope(x: Array) -> Array:
    safe = jnp.where(x == 0, 1, x)
    return jnp.where(jnp.abs(x) < 1e-3, -x / 3, (safe * jnp.cos(x) - jnp.sin(x)) / safe**2)


def test_the_branch_of_a_where_that_is_not_taken_is_named() -> None:
    at_zero = np.array([0.0, 0.5, 1.0])
    for gradient in (sinc_slope, None):
        _, why = notes(sinc, at_zero, gradient)
        line = sinc.__code__.co_firstlineno + 1
        assert why == (
            f"autodiff is not finite where the function is smooth: an unselected branch of a where (test_dissent.py:{line})"
        )


def test_away_from_it_the_same_where_is_no_dissent() -> None:
    assert notes(sinc, X, sinc_slope) == ()


def test_an_overflow_in_the_chain_rule_is_told() -> None:
    def slope(x: Array) -> Array:
        small = jnp.exp(-jnp.abs(x))
        return small / (1 + small) ** 2

    _, why = notes(lambda x: jnp.sum(1 / (1 + jnp.exp(-x))), np.array([-1000.0, 0.5]), slope)
    assert (
        why
        == "autodiff is not finite where the function is smooth: its chain rule overflows, or multiplies 0 by infinity"
    )


@pytest.mark.parametrize("loop", [False, True])
def test_rules_inside_loops_are_found(loop: bool) -> None:
    def f(x: Array) -> Array:
        if loop:
            return jnp.sum(jax.lax.fori_loop(0, 1, lambda _, y: doubled(y), x))
        return jnp.sum(jax.jit(doubled)(x))

    _, why = notes(f, X, jnp.cos)
    assert "custom_jvp doubled_rule at test_dissent.py:" in why


def test_autodiff_abstains_where_its_rounding_is_not_known() -> None:
    """A difference that is 1 leaves the domain of arccos when it is moved by half a unit in the last place."""
    x, label = np.array([0.3, -1.2, 2.0]), jnp.array(0.0)

    def primal(x: Array) -> Array:
        return x * jnp.arccos(1.0 - label) + x * x

    right, wrong = (gc.check(primal, (x,), derivative=lambda x, two=two: two * x) for two in (2.0, 2.1))
    assert (right.status, wrong.status) == ("holds", "fails")
    for verdict in (right, wrong):
        heard = next(one for one in verdict.evidence if one.oracle == "autodiff")
        assert heard.stance == "abstains"
        assert heard.reason.startswith("its rounding is not known there: a change in the last places leaves the domain")
