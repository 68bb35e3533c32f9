"""JAX's derivatives, evaluated by our interpreter: equal to JAX's own, within what they say rounding may do, or a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.scipy import special

from gradcheck import Reals, Sheet, Verdict
from gradcheck.checking import check
from gradcheck.numbers.ball_arrays import midpoints, precision
from gradcheck.oracles import certified
from gradcheck.oracles.autodiff import MOST_STEPS, Autodiff, jacobians, jvp_program, vjp_program
from gradcheck.program.program import Program
from gradcheck.program.trace import trace

Array = Any


def program_of(function: Callable[..., Any], *inputs: Array) -> Program:
    made = trace(function, inputs)
    assert isinstance(made, Program), made
    return made


def autodiff(function: Callable[..., Any], *inputs: Array, wrt: int = 0) -> Autodiff:
    program = program_of(function, *inputs)
    return jacobians(program, program.flatten(inputs), wrt)


def network(x: Array, w: Array, label: Array) -> Array:
    hidden = jnp.tanh(w @ x)
    return jnp.stack([hidden[label], jnp.sum(jax.nn.softmax(hidden) * jnp.sin(x[:2])), jax.nn.logsumexp(x)])


POINT = (np.array([0.3, -1.2, 2.5]), np.array([[1.0, -0.5, 2.0], [0.25, 3.0, -1.0]]), np.array(1))


@pytest.mark.parametrize("wrt", [0, 1])
def test_both_modes_are_those_of_jax(wrt: int) -> None:
    found = autodiff(network, *POINT, wrt=wrt)
    assert found.forward is not None
    assert found.reverse is not None
    with jax.enable_x64(True):
        for mode, mine in ((jax.jacfwd, found.forward), (jax.jacrev, found.reverse)):
            theirs = np.asarray(mode(network, argnums=wrt)(*map(jnp.asarray, POINT))).reshape(3, -1)
            assert np.allclose(mine, theirs, rtol=1e-13, atol=1e-15)
    assert found.reason == ""
    assert found.value is found.forward


@settings(max_examples=30)
@given(x=st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=2, max_size=2))
def test_a_numpy_function_has_the_derivatives_of_its_formula(x: list[float]) -> None:
    a, b = x
    found = autodiff(lambda v: np.stack([v[0] * np.sin(v[1]), np.exp(v[0] / 4)]), np.array(x))
    exact = np.array([[np.sin(b), a * np.cos(b)], [np.exp(a / 4) / 4, 0.0]])
    assert found.forward is not None
    assert found.reverse is not None
    assert np.all(np.abs(found.forward - exact) <= found.allowance + 1e-300)
    assert np.all(np.abs(found.reverse - exact) <= found.allowance + 1e-300)


NASTY: dict[str, tuple[Callable[[Array], Array], list[float]]] = {
    "tanh, saturated": (np.tanh, [0.1, 3.3, 10.7, 18.9, 30.1]),
    "1 − tanh²": (lambda x: 1 - np.tanh(x) ** 2, [0.5, 9.0, 15.0, 25.0]),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), [0.1, -10.7, 37.9, -30.1, 60.0]),
    "log-sum-exp": (lambda x: np.log(np.sum(np.exp(x))), [0.1, 30.3, -10.7]),
    "softmax": (lambda x: np.exp(x) / np.sum(np.exp(x)), [0.1, 20.3, -10.7]),
    "softmax of jax.nn": (jax.nn.softmax, [0.1, 20.3, -10.7]),
    "(eˣ − 1)/x": (lambda x: (np.exp(x) - 1) / x, [1e-3, 1e-5, 1e-7, 1e-9]),
    "(1 − cos x)/x²": (lambda x: (1 - np.cos(x)) / x**2, [1e-2, 1e-4, 1e-6]),
    "absorbed": (lambda x: ((1 + x) - 1) ** 2, [1e-3, 1e-8, 1e-12, 1.37e-15]),
    "difference of squares": (lambda x: (x + 1e6) ** 2 - (x - 1e6) ** 2, [0.3, 1.7, -2.2]),
    "fast wave": (lambda x: np.sin(1000 * x), [1.3, 2.7, -3.1]),
    "very fast wave": (lambda x: np.sin(1e6 * x), [1.3, 2.7, -3.1]),
    "high power": (lambda x: x**20, [1.3, 0.7, -3.1]),
    "(x − 1)⁵ by Horner": (lambda x: ((((x - 5) * x + 10) * x - 10) * x + 5) * x - 1, [1.001, 0.99, 1.1]),
    "difference of roots": (lambda x: np.sqrt(x + 1) - np.sqrt(x), [1e2, 1e6, 1e10]),
    "variance": (lambda x: np.mean((x - np.mean(x)) ** 2), [1000.1, 1000.2, 1000.30001]),
    "variance by squares": (lambda x: np.mean(x * x) - np.mean(x) ** 2, [1000.1, 1000.2, 1000.30001]),
    "standardised": (
        lambda x: (x - np.mean(x)) / np.sqrt(np.mean((x - np.mean(x)) ** 2) + 1e-5),
        [100.1, 100.2, 100.3],
    ),
    "product": (np.prod, [1e-3, 1e5, 7.7]),
    "difference of exponentials": (lambda x: np.exp(x) - np.exp(x - 1e-6), [0.3, 10.0, -5.0]),
    "near a pole": (np.tan, [1.5707, 1.57079]),
    "near another": (lambda x: 1 / (1 - x), [0.9999999, 0.99]),
    "long sum": (lambda x: np.sum(np.sin(np.outer(np.arange(200.0), x))), [0.3, 1.7]),
    "error function": (special.erf, [0.3, 4.7, -6.0]),
    "log gamma": (special.gammaln, [0.3, 4.7, 60.0]),
    "digamma": (special.digamma, [0.3, 4.7, 60.0]),
}


@pytest.mark.parametrize("name", NASTY)
def test_the_allowance_covers_what_rounding_does_and_little_more(name: str) -> None:
    function, numbers = NASTY[name]
    x = np.array(numbers)
    program = program_of(function, x)
    found = jacobians(program, [x], 0)
    with precision(300):
        true = midpoints(certified.jacobian(program, [x], 0))
    assert found.forward is not None
    assert found.reverse is not None
    for value in (found.forward, found.reverse):
        assert np.all(np.abs(value - true) <= found.allowance)
    scale = np.max(np.abs(true))
    assert np.median(found.allowance) <= 1e-3 * scale, "an allowance that admits anything tells nothing"


def test_an_exact_derivative_has_next_to_no_allowance() -> None:
    found = autodiff(lambda x: 3 * x, np.array([1.0, 2.0]))
    assert np.all(found.allowance <= 3 * 64 * np.finfo(np.float64).eps)
    assert np.all(found.allowance[~np.eye(2, dtype=bool)] == 0)


def test_the_allowance_is_the_same_every_time() -> None:
    first, second = (autodiff(network, *POINT) for _ in range(2))
    assert np.array_equal(first.allowance, second.allowance)


@jax.custom_vjp
def reverse_only(x: Array) -> Array:
    return jnp.sin(x)


reverse_only.defvjp(lambda x: (jnp.sin(x), x), lambda x, w: (w * jnp.cos(x),))


def test_a_function_without_forward_mode_says_so_and_is_differentiated_in_reverse() -> None:
    found = autodiff(reverse_only, np.array([0.5, 2.0]))
    assert found.forward is None
    assert found.reason.startswith("forward mode: ")
    assert "custom_vjp" in found.reason
    assert found.value is found.reverse
    assert found.reverse is not None
    assert np.allclose(found.reverse, np.diag(np.cos([0.5, 2.0])))
    assert np.all(np.isfinite(found.allowance))


def test_a_function_without_either_mode_has_two_reasons_and_no_value() -> None:
    def looped(x: Array) -> Array:
        return jax.lax.while_loop(lambda v: jnp.sum(v) < 10, lambda v: v * 2, x)

    found = autodiff(looped, np.array([1.0, 2.0]))
    assert found.forward is not None
    assert found.reverse is None
    assert found.reason.startswith("reverse mode: ")

    @jax.custom_jvp
    def without(x: Array) -> Array:
        return jnp.sin(x)

    @without.defjvp
    def _(primals: Array, tangents: Array) -> Array:
        raise NotImplementedError("no rule of any kind")

    found = autodiff(without, np.array([1.0]))
    assert found.value is None
    assert found.reason.count("NotImplementedError: no rule of any kind") == 2


def test_linear_programs_map_tangents_and_cotangents() -> None:
    program = program_of(network, *POINT)
    assert [leaf.shape for leaf in jvp_program(program, 1).inputs] == [(2, 3), (3,), (2, 3), ()]
    assert [leaf.shape for leaf in vjp_program(program, 1).inputs] == [(3,), (3,), (2, 3), ()]
    assert jvp_program(program, 1) is jvp_program(program, 1)


def test_no_inputs_and_no_outputs_give_empty_jacobians() -> None:
    found = autodiff(lambda x: x[:0], np.array([1.0, 2.0]))
    assert found.forward is not None
    assert found.forward.shape == (0, 2)
    found = autodiff(lambda x: jnp.sum(x), np.zeros(0))
    assert found.reverse is not None
    assert found.reverse.shape == (1, 0)


@jax.custom_jvp
def doubled(x: Array) -> Array:
    return jnp.sin(x)


doubled.defjvp(lambda primals, tangents: (jnp.sin(primals[0]), 2 * jnp.cos(primals[0]) * tangents[0]))


@jax.custom_vjp
def negated(x: Array) -> Array:
    return jnp.sin(x)


negated.defvjp(lambda x: (jnp.sin(x), x), lambda x, w: (-w * jnp.cos(x),))


def guarded(x: Array) -> Array:
    """√x for positive x, without the second `where` that would keep √'s infinite slope from the branch not taken."""
    return jnp.where(x > 0, jnp.sqrt(x * (x > 0)), 0.0 * x)


def many_slopes(x: Array) -> Array:
    """The derivative of `many_steps`, which multiplies as often."""
    slope = x * 0 + 1.0
    for _ in range(MOST_STEPS // 2 + 1):
        slope = slope * 1.0009765625
    return slope


MISLED: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array], str]] = {
    "a wrong custom_jvp": (doubled, jnp.cos, ""),
    "a wrong custom_vjp": (negated, jnp.cos, ""),
    "stop_gradient": (lambda x: jax.lax.stop_gradient(x) * x, lambda x: 2 * x, ""),
    "where NaN": (
        guarded,
        lambda x: jnp.where(x > 0, 0.5 / jnp.sqrt(jnp.abs(x)), 0.0 * x),
        "not finite at some entry",
    ),
}


def verdict(primal: Callable[[Array], Array], claimed: Callable[[Array], Array]) -> Verdict:
    sheet = Sheet("tests", "none.txt", "Tests")
    return check(
        sheet.claim("c", "derivative", 1, "f", primal=primal, claimed=claimed, inputs={"x": Reals(3)}, wrt="x")
    )


@pytest.mark.parametrize("name", MISLED)
def test_where_jax_is_misled_a_right_claim_holds_and_the_dissenter_is_named(name: str) -> None:
    primal, claimed, reason = MISLED[name]
    found = verdict(primal, claimed)
    assert (found.status, found.certified) == ("holds", True), found.sentence()
    assert found.notes[0] == "autodiff dissents from the other oracles at the point shown"
    assert found.oracle("autodiff").stance == "disagrees"
    assert found.oracle("autodiff").reason == reason
    assert found.oracle("finite differences").stance == "agrees"


def test_what_a_misled_jax_says_is_no_proof_of_a_wrong_claim() -> None:
    found = verdict(doubled, lambda x: 2 * jnp.cos(x))
    assert (found.status, found.diagnosis) == ("fails", "exactly 2 times the true value")
    assert found.oracle("autodiff").stance == "agrees"
    assert found.oracle("finite differences").stance == "disagrees"
    assert "autodiff dissents from the other oracles at the point shown" in found.notes


def test_a_nan_of_autodiff_is_no_agreement_without_the_certified_oracle_either() -> None:
    def opaque(x: Array) -> Array:
        return np.array([0.5 / np.sqrt(v) if v > 0 else 0.0 for v in map(float, x)])

    found = verdict(guarded, opaque)
    assert found.status == "undecided"
    assert "the oracles disagree" in found.reason


@pytest.mark.parametrize("number", [1.0, 0.0, 0.5])
def test_at_a_kink_no_convention_of_autodiff_overrules_a_black_box(number: float) -> None:
    def opaque(x: Array) -> Array:
        return np.array([1.0 if v > 0 else 0.0 if v < 0 else number for v in map(float, x)])

    assert verdict(lambda x: np.maximum(x, 0), opaque).status == "holds"


def test_an_accurate_black_box_is_not_undone_by_a_rounded_autodiff() -> None:
    def opaque(x: Array) -> Array:
        return np.array([1 / np.cosh(v) ** 2 for v in map(float, x)])

    assert verdict(np.tanh, opaque).status == "holds"
    assert verdict(np.tanh, lambda x: opaque(x) * 1.0001).status == "fails"


@pytest.mark.parametrize("name", ["solve", "inverse", "determinant", "cholesky"])
def test_the_allowance_knows_the_condition_of_a_matrix(name: str) -> None:
    functions = {
        "solve": lambda a: np.linalg.solve(a, np.ones(5)),
        "inverse": np.linalg.inv,
        "determinant": np.linalg.det,
        "cholesky": np.linalg.cholesky,
    }
    hilbert = 1 / (np.add.outer(np.arange(5), np.arange(5)) + 1.0)
    program = trace(functions[name], (hilbert,))
    assert isinstance(program, Program)
    with precision(256):
        truth = midpoints(certified.jacobian(program, [hilbert], 0))
    said = jacobians(program, [hilbert], 0)
    for mode in (said.forward, said.reverse):
        assert mode is not None
        assert np.all(np.abs(mode - truth) <= said.allowance)
    assert np.max(said.allowance) < 1e-8 * np.max(np.abs(truth))
    well = trace(functions[name], (hilbert + np.eye(5),))
    assert isinstance(well, Program)
    assert np.max(jacobians(well, [hilbert + np.eye(5)], 0).allowance) < 1e-11


@pytest.mark.parametrize(("factor", "status"), [(1.0, "holds"), (1 + 1e-9, "fails")])
def test_a_program_of_thousands_of_steps_is_left_to_the_other_oracles(factor: float, status: str) -> None:
    def many_steps(x: Array) -> Array:
        for _ in range(MOST_STEPS // 2 + 1):
            x = x * 1.0009765625 + 0.5
        return x

    slope = factor * 1.0009765625 ** (MOST_STEPS // 2 + 1)
    found = verdict(many_steps, lambda x: slope + 0 * x) if factor != 1 else verdict(many_steps, many_slopes)
    assert found.status == status, found.sentence()
    assert "steps, and JAX would take long to differentiate them" in found.oracle("autodiff").reason
