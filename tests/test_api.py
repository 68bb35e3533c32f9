"""`gradcheck.check` and `assert_holds`: planted faults in pairs for every form, kind of argument and keyword."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

import gradcheck as gc

Array = np.ndarray[Any, np.dtype[Any]]

X = np.array([0.5, 1.5, 2.0])
A = np.array([[1.0, 2.0, 0.5], [0.25, -1.0, 3.0]])


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_backward(cotangent: Any, x: Any) -> Any:
    s = softmax(x)
    return s * (cotangent - (cotangent * s).sum(-1, keepdims=True))


def softmax_diagonal_only(cotangent: Any, x: Any) -> Any:
    s = softmax(x)
    return s * (1 - s) * cotangent


def affine(params: dict[str, Any], x: Any) -> Any:
    return np.tanh(x @ params["W"] + params["b"])


def affine_backward(cotangent: Any, params: dict[str, Any], x: Any) -> Any:
    slope = cotangent * (1 - affine(params, x) ** 2)
    return {"W": x.T @ slope, "b": slope.sum(0)}, slope @ params["W"].T


def affine_forgets_the_sum(cotangent: Any, params: dict[str, Any], x: Any) -> Any:
    slope = cotangent * (1 - affine(params, x) ** 2)
    return {"W": x.T @ slope, "b": slope[0]}, slope @ params["W"].T


PARAMS = {"W": np.array([[1.0, -0.5], [0.25, 2.0], [0.1, 0.3]]), "b": np.array([0.1, -0.2])}

FORMS: list[tuple[str, Callable[..., Any], tuple[Any, ...], Callable[..., Any], Callable[..., Any]]] = [
    ("vjp", softmax, (A,), softmax_backward, softmax_diagonal_only),
    ("vjp", affine, (PARAMS, A), affine_backward, affine_forgets_the_sum),
    (
        "jvp",
        lambda x, y: x * y,
        (X, X + 1),
        lambda tangents, x, y: tangents[0] * y + tangents[1] * x,
        lambda tangents, x, y: tangents[0] * y - tangents[1] * x,
    ),
    ("jacobian", lambda x: np.cumsum(x), (X,), lambda x: np.tril(np.ones((3, 3))), lambda x: np.triu(np.ones((3, 3)))),
    ("gradient", lambda x: np.sum(x**2) / x.size, (X,), lambda x: 2 * x / x.size, lambda x: 2 * x),
    (
        "derivative",
        lambda x: 1 / (1 + np.exp(-x)),
        (X,),
        lambda x: 0.25 / np.cosh(x / 2) ** 2,
        lambda x: 1 / (1 + np.exp(-x)),
    ),
    ("hessian", lambda x: np.sum(x**3), (X,), lambda x: np.diag(6 * x), lambda x: np.diag(3 * x)),
    ("gradient", lambda x: x**2, (3.0,), lambda x: 2 * x, lambda x: x),
]


@pytest.mark.parametrize(("form", "f", "args", "right", "wrong"), FORMS)
def test_each_form_in_pairs(form: str, f: Any, args: Any, right: Any, wrong: Any) -> None:
    verdict = gc.assert_holds(f, args, **{form: right})
    assert verdict.status == "holds"
    assert verdict.certified
    assert verdict.digits is not None
    assert verdict.digits >= 30
    with pytest.raises(gc.DerivativeMismatch, match="FAILS") as caught:
        gc.assert_holds(f, args, **{form: wrong})
    assert caught.value.verdict.status == "fails"
    assert caught.value.verdict.counterexample is not None
    assert str(caught.value) == str(caught.value.verdict)


def test_every_leaf_is_judged_by_itself_and_named() -> None:
    verdict = gc.check(affine, (PARAMS, A), vjp=affine_forgets_the_sum)
    assert [(leaf.claim.wrt, leaf.status) for leaf in verdict.leaves] == [
        ("params['W']", "holds"),
        ("params['b']", "fails"),
        ("x", "holds"),
    ]
    assert verdict.status == "fails"
    assert "params['b']: fails" in str(verdict)


def test_a_large_leaf_hides_no_small_one() -> None:
    def f(a: Any, b: Any) -> Any:
        return 1e8 * np.sum(a) + np.sum(b**2)

    right = gc.check(f, (X, X), gradient=lambda a, b: (np.full(3, 1e8), 2 * b))
    wrong = gc.check(f, (X, X), gradient=lambda a, b: (np.full(3, 1e8), -7 * b))
    assert (right.status, wrong.status) == ("holds", "fails")
    assert [leaf.claim.wrt for leaf in wrong.leaves if leaf.status == "fails"] == ["b"]


def test_a_branch_that_the_arguments_do_not_reach_is_checked() -> None:
    def elu(x: Any) -> Any:
        return np.where(x > 0, x, np.expm1(x))

    right = gc.check(elu, (X,), derivative=lambda x: np.where(x > 0, 1.0, np.exp(x)))
    wrong = gc.check(elu, (X,), derivative=lambda x: np.where(x > 0, 1.0, np.expm1(x)))
    assert right.status == "holds"
    assert wrong.status == "conditional"
    assert wrong.assumption == "x > 0"
    with pytest.raises(gc.DerivativeMismatch, match="HOLDS only under a condition"):
        gc.assert_holds(elu, (X,), derivative=lambda x: np.where(x > 0, 1.0, np.expm1(x)))


def test_a_symmetric_argument_hides_no_transposition() -> None:
    w = np.array([[2.0, 1.0], [1.0, 3.0]])
    x = np.array([[1.0, 2.0]])
    right = gc.check(lambda x, w: x @ w, (x, w), vjp=lambda c, x, w: (c @ w.T, x.T @ c))
    wrong = gc.check(lambda x, w: x @ w, (x, w), vjp=lambda c, x, w: (c @ w, x.T @ c))
    assert (right.status, wrong.status) == ("holds", "conditional")
    assert wrong.assumption == "w is symmetric"


def test_targets_that_are_not_differentiated_stay_weights() -> None:
    def loss(z: Any, t: Any) -> Any:
        return -np.sum(t * np.log(softmax(z)))

    t = np.array([0.0, 1.0, 0.0])
    assert gc.check(loss, (X, t), gradient=lambda z, t: softmax(z) - t, wrt="z").status == "holds"
    assert gc.check(loss, (X, t), gradient=lambda z, t: t - softmax(z), wrt="z").diagnosis.startswith(
        "the sign is wrong"
    )


def test_jax_functions_are_checked_by_their_own_rules() -> None:
    def cube(x: Any) -> Any:
        return jnp.sum(x**3)

    def with_rule(factor: float) -> Any:
        f = jax.custom_vjp(cube)
        f.defvjp(lambda x: (cube(x), x), lambda x, c: (factor * c * x**2,))
        return f

    def with_forward_rule(factor: float) -> Any:
        f = jax.custom_jvp(cube)
        f.defjvp(lambda primals, tangents: (cube(*primals), jnp.sum(factor * primals[0] ** 2 * tangents[0])))
        return f

    for make in (with_rule, with_forward_rule):
        assert gc.check(make(3.0), (X,)).status == "holds"
        wrong = gc.check(make(2.0), (X,))
        assert wrong.status == "fails"
        assert "exactly 2/3 times the true value" in wrong.diagnosis
    assert {leaf.claim.name for leaf in gc.check(cube, (X,)).leaves} == {
        "cube: reverse mode of cube, x",
        "cube: forward mode of cube, x",
    }


def test_integer_leaves_are_inputs_that_have_no_derivative() -> None:
    def pick(x: Any, i: Any) -> Any:
        return np.sum(x[i])

    def right(c: Any, x: Any, i: Any) -> Any:
        found = np.zeros_like(x)
        np.add.at(found, i, c)
        return found

    def wrong(c: Any, x: Any, i: Any) -> Any:
        found = np.zeros_like(x)
        found[i] = c
        return found

    i = np.array([0, 2, 1])
    assert gc.check(pick, (X, i), vjp=right).status == "holds"
    assert gc.check(pick, (X, i), vjp=lambda c, x, i: (right(c, x, i), None)).status == "holds"
    assert gc.check(pick, (X, i), vjp=wrong).status == "fails", "repeated indices are tried, though none is given"


def test_empty_and_zero_dimensional_leaves() -> None:
    def f(x: Any, nothing: Any, a: Any) -> Any:
        return a * np.sum(x) + np.sum(nothing)

    args = (X, np.zeros((0, 2)), np.array(2.0))
    verdict = gc.check(f, args, gradient=lambda x, nothing, a: (a * np.ones(3), np.ones((0, 2)), np.sum(x)))
    assert verdict.status == "holds"
    assert "nothing has no entries, so nothing was compared there" in verdict.notes
    wrong = gc.check(f, args, gradient=lambda x, nothing, a: (a * np.ones(3), np.ones((0, 2)), np.sum(x) + 1))
    assert wrong.status == "fails"
    alone = gc.check(lambda x: np.sum(x), (np.zeros(0),), gradient=lambda x: x)
    assert (alone.status, alone.reason) == ("undecided", "nothing to compare: the arrays have no entries")


def test_results_in_trees() -> None:
    def f(x: Any) -> Any:
        return x**2, {"a": np.sin(x), "count": np.arange(3)}

    right = gc.check(f, (X,), vjp=lambda c, x: c[0] * 2 * x + c[1]["a"] * np.cos(x))
    wrong = gc.check(f, (X,), vjp=lambda c, x: c[0] * 2 * x)
    assert (right.status, wrong.status) == ("holds", "fails")


def test_a_wrong_shape_and_a_wrong_number_of_gradients_are_told() -> None:
    shape = gc.check(lambda x, w: x @ w, (A, A.T), vjp=lambda c, x, w: (w @ c, x.T @ c), wrt="x")
    assert (shape.status, shape.diagnosis) == ("fails", "shape 3×2 for 2×3: transposed")
    with_three = gc.check(lambda x, w: x @ w, (A, A.T), vjp=lambda c, x, w: (c, c, c))
    assert with_three.status == "fails"
    assert "returns 3 values; a tuple of 2 is expected, one for each checked argument" in with_three.reason


def test_randomness_is_named_and_no_wrong_gradient() -> None:
    rng = np.random.default_rng()
    verdict = gc.check(lambda x: x * rng.random(3), (X,), derivative=lambda x: x, points=0)
    again = gc.check(lambda x: x**2, (X,), derivative=lambda x: 2 * x * rng.random(3))
    assert verdict.status == again.status == "undecided"
    assert again.reason.startswith("the derivative is random: two calls with the same arguments gave ")
    assert again.reason.endswith("Fix the seed inside, or pass what is random as an argument")


def test_a_gradient_that_adds_up_is_told() -> None:
    kept = np.zeros(3)

    def adds(x: Any) -> Any:
        np.add(kept, 2 * x, out=kept)
        return kept

    verdict = gc.check(lambda x: np.sum(x**2), (X,), gradient=adds)
    assert (verdict.status, verdict.reason) == (
        "fails",
        "the gradient adds to what it returned before: a second call gave twice the first; return a new array",
    )


def test_a_cotangent_that_is_not_used_or_not_linearly_is_told() -> None:
    unused = gc.check(softmax, (A,), vjp=lambda c, x: softmax_backward(np.ones_like(c) + x, x))
    squared = gc.check(softmax, (A,), vjp=lambda c, x: softmax_backward(c * c, x))
    assert unused.diagnosis == "the cotangent is not used: another one gives the same answer"
    assert squared.diagnosis.startswith("the answer is not linear in the cotangent")
    assert gc.check(softmax, (A,), vjp=softmax_diagonal_only).diagnosis.startswith("all 6 entries are wrong")


def test_a_function_that_changes_its_argument_is_told() -> None:
    def spoils(x: Any) -> Any:
        x *= 2
        return np.sum(x)

    def spoils_too(x: Any) -> Any:
        x[0] = 0
        return np.ones(3)

    assert gc.check(spoils, (X.copy(),), gradient=lambda x: 2 * np.ones(3)).reason == (
        "f changes its argument x in place; work on a copy"
    )
    verdict = gc.check(lambda x: np.sum(x), (X,), gradient=spoils_too)
    assert (verdict.status, verdict.reason) == ("fails", "the gradient changes its argument x in place; work on a copy")
    assert X[0] == 0.5


def test_where_the_function_raises_the_claim_is_called_too() -> None:
    def root(x: Any) -> Any:
        if np.any(np.asarray(x, dtype=float) < 0):
            raise ValueError("negative")
        return np.sqrt(x)

    verdict = gc.check(root, (X,), derivative=lambda x: 0.5 / np.sqrt(np.abs(x)))
    assert verdict.status == "holds"
    (note,) = [note for note in verdict.notes if note.startswith("f raises at")]
    assert "the claim answers all the same" in note


def test_complex_arguments_in_both_conventions() -> None:
    z = np.array([1.0 + 2.0j, 0.5j])

    def energy(z: Any) -> Any:
        return np.sum(np.abs(z) ** 2)

    torch_like = gc.check(energy, (z,), gradient=lambda z: 2 * z)
    jax_like = gc.check(energy, (z,), gradient=lambda z: 2 * np.conj(z))
    assert torch_like.status == jax_like.status == "holds"
    assert any("torch's convention" in note for note in torch_like.notes)
    assert any("JAX's convention" in note for note in jax_like.notes)
    assert gc.check(energy, (z,), gradient=lambda z: 2 * z, convention="jax").status == "fails"
    assert gc.check(energy, (z,), gradient=lambda z: z).status == "fails"
    assert gc.check(lambda z: jnp.sum(jnp.abs(z) ** 2), (z,)).status == "holds"


def test_holomorphic_functions() -> None:
    z = np.array([1.0 + 2.0j, 0.5j])
    assert gc.check(lambda z: z**3, (z,), derivative=lambda z: 3 * z**2).status == "holds"
    assert gc.check(lambda z: z**3, (z,), derivative=lambda z: 3 * np.conj(z) ** 2).status == "fails"
    assert gc.check(lambda z: z * np.conj(z), (z,), derivative=lambda z: 2 * z).status == "fails"


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_low_precision(dtype: str) -> None:
    x = jnp.asarray(X, dtype=dtype)
    assert gc.check(lambda x: jnp.sum(jnp.exp(x)), (x,)).status == "holds"
    right = gc.check(lambda x: jnp.sum(jnp.exp(x)), (X,), gradient=jnp.exp, dtype=dtype)
    wrong = gc.check(lambda x: jnp.sum(jnp.exp(x)), (X,), gradient=lambda x: jnp.exp(x) * 1.5, dtype=dtype)
    assert (right.status, wrong.status) == ("holds", "fails")


def test_black_boxes_are_checked_in_floats() -> None:
    def loop(x: Any) -> Any:
        return np.array(sum(value**3 for value in np.fromiter(x, float)))

    right = gc.check(loop, (X,), gradient=lambda x: 3 * x**2)
    wrong = gc.check(loop, (X,), gradient=lambda x: 3 * x**2 * (1 + 1e-6))
    assert (right.status, right.certified) == ("holds", False)
    assert (wrong.status, wrong.certified) == ("fails", False)
    assert right.detection_limit["x"] < 1e-6


def test_a_declared_pattern_must_hold_all_that_is_not_zero() -> None:
    def f(x: Any) -> Any:
        return x[:-1] * x[1:]

    def jacobian(x: Any) -> Any:
        found = np.zeros((2, 3))
        found[0, 0], found[0, 1] = x[1], x[0]
        found[1, 1], found[1, 2] = x[2], x[1]
        return found

    full = np.array([[1, 1, 0], [0, 1, 1]])
    short = np.array([[1, 1, 0], [0, 1, 0]])
    assert gc.check(f, (X,), jacobian=jacobian, sparsity=full).status == "holds"
    verdict = gc.check(f, (X,), jacobian=jacobian, sparsity=short)
    assert (verdict.status, verdict.diagnosis) == (
        "fails",
        "the Jacobian is not zero outside the declared pattern: at [1, 2]",
    )


def test_sparse_jacobians() -> None:
    from scipy import sparse

    right = gc.check(lambda x: x**2, (X,), jacobian=lambda x: sparse.diags_array(2 * np.asarray(x)))
    wrong = gc.check(lambda x: x**2, (X,), jacobian=lambda x: sparse.diags_array(3 * np.asarray(x)))
    assert (right.status, wrong.status) == ("holds", "fails")


def test_second_order() -> None:
    def cube(x: Any) -> Any:
        return jnp.sum(x**3)

    def with_rule(backward: Any) -> Any:
        f = jax.custom_vjp(cube)
        f.defvjp(lambda x: (cube(x), x), lambda x, c: (backward(x, c),))
        return f

    right = with_rule(lambda x, c: c * 3 * x**2)
    stopped = with_rule(lambda x, c: c * 3 * jax.lax.stop_gradient(x) ** 2)
    assert gc.check(right, (X,), order=2).status == "holds"
    assert gc.check(stopped, (X,)).status == "holds", "at first order it is right"
    verdict = gc.check(stopped, (X,), order=2)
    assert verdict.status == "fails"
    assert "second derivative" in str(verdict)
    assert gc.check(lambda x: np.sum(x**3), (X,), gradient=lambda x: 3 * x**2, order=2).status == "holds"


def test_batches() -> None:
    def right(x: Any) -> Any:
        return np.sum(x**2, axis=-1)

    assert gc.check(lambda x: jnp.sum(jnp.sin(x)), (X,), batched=True).status == "holds"
    assert gc.check(right, (X,), vjp=lambda c, x: 2 * x * np.asarray(c)[..., None], batched=True).status == "holds"
    verdict = gc.check(lambda x: np.sum(x**2), (X,), gradient=lambda x: 2 * x, batched=True)
    assert (verdict.status, verdict.reason) == (
        "fails",
        "a batch of 3 gives an array of shape (); a leading axis of 3 is expected",
    )
    mixed = gc.check(lambda x: x - x.mean(), (X,), vjp=lambda c, x: c - c.mean(), batched=True)
    assert mixed.status == "fails"


def test_domains() -> None:
    def arc(x: Any) -> Any:
        return np.sqrt(1 - x**2)

    def slope(x: Any) -> Any:
        return -x / np.sqrt(1 - x**2)

    x = np.array([0.3])
    domains = [{"x": (-1, 1)}, [(-1, 1)], lambda rng: (rng.uniform(-0.9, 0.9, 1),), st.just((np.array([0.5]),))]
    for domain in domains:
        assert gc.check(arc, (x,), derivative=slope, domain=domain).status == "holds"
        assert gc.check(arc, (x,), derivative=lambda x: -slope(x), domain=domain).status == "fails"
    # Wrong for x > 0.4 only: the domain decides whether that matters.
    bad = {"derivative": lambda x: np.where(x > 0.4, 0.0, slope(x))}
    assert gc.check(arc, (x,), **bad, domain={"x": (-1, 0.35)}).status == "holds"
    assert gc.check(arc, (x,), **bad, domain={"x": (-1, 1)}).status == "fails"
    assert gc.check(arc, (x,), **bad, assume=lambda x: np.all(x < 0.35)).status == "holds"


def test_points_zero_visits_the_arguments_only() -> None:
    wrong_elsewhere = {"derivative": lambda x: np.where(x == 3.0, 6.0, 0.0)}
    assert gc.check(lambda x: x**2, (np.array([3.0]),), **wrong_elsewhere, points=0).status == "holds"
    verdict = gc.check(lambda x: x**2, (np.array([3.0]),), **wrong_elsewhere)
    assert verdict.status in ("fails", "conditional")
    assert any("it holds at the arguments themselves" in note for note in verdict.notes)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"jacobain": np.sum}, r"check\(\) has no keyword jacobain=; did you mean jacobian=\?"),
    ({"gradient": np.ones_like, "rtol": 1e-3}, r"has no keyword rtol=: there is no tolerance"),
    ({"gradient": np.ones_like, "vjp": np.sum}, r"vjp= and gradient=: one claim at a time"),
    ({"gradient": np.ones(3)}, r"gradient: a function is expected; got ndarray"),
    ({"gradient": np.ones_like, "order": 3}, r"order=3: 1 or 2 is expected"),
    ({"gradient": np.ones_like, "points": -1}, r"points=-1: a whole number, 0 or more, is expected"),
    ({"gradient": np.ones_like, "seed": 0.5}, r"seed=0.5: a whole number"),
    ({"gradient": np.ones_like, "wrt": "y"}, r"wrt='y' fits no argument; there are x"),
    ({"gradient": np.ones_like, "convention": "numpy"}, r"convention='numpy': 'jax' or 'torch' is expected"),
    ({"gradient": np.ones_like, "batched": 3}, r"batched=3: True or False is expected"),
    ({"gradient": np.ones_like, "assume": True}, r"assume: a predicate of the arguments is expected"),
    ({"gradient": np.ones_like, "sparsity": np.eye(3)}, r"sparsity=: a pattern is that of a Jacobian; pass jacobian="),
    ({"gradient": np.ones_like, "domain": 3}, r"domain: int was given; a Hypothesis strategy"),
    ({"gradient": np.ones_like, "domain": {"y": (0, 1)}}, r"domain: 'y' fits no argument; there are x"),
    ({"gradient": np.ones_like, "domain": {"x": 3}}, r"domain: 'x': 3 is no interval; a pair \(low, high\)"),
    ({"gradient": np.ones_like, "domain": {"x": (0, 1)}}, r"domain: x: the argument itself does not lie between"),
    (
        {"gradient": np.ones_like, "domain": lambda rng: (np.ones(4),)},
        r"it draws arguments of shapes \[\(4,\)\], where args has",
    ),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_meant_is_refused_at_once(options: dict[str, Any], message: str) -> None:
    def f(x: Any) -> Any:
        return np.sum(x)

    with pytest.raises(gc.UsageError, match=message):
        gc.check(f, (X,), **options)


def test_arguments_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(gc.UsageError, match=r"args: a tuple of arguments is expected; got ndarray. For one"):
        gc.check(np.sum, X, gradient=np.ones_like)  # type: ignore[arg-type] # that is what is refused
    with pytest.raises(gc.UsageError, match="f: a function is expected; got int"):
        gc.check(3, (X,))  # type: ignore[arg-type] # that is what is refused
    with pytest.raises(gc.UsageError, match="there is nothing to check: f has no derivative rule of its own"):
        gc.check(lambda x: np.sort(x), (X,))
    with pytest.raises(gc.UsageError, match="no argument holds floating point numbers"):
        gc.check(lambda i: i, (np.arange(3),), gradient=np.ones_like)
    with pytest.raises(gc.UsageError, match="wrt='i' names int64 numbers; only floating point ones have derivatives"):
        gc.check(lambda x, i: x[i], (X, np.arange(3)), vjp=lambda c, x, i: c, wrt="i")
    with pytest.raises(gc.UsageError, match="f returns int64 numbers only; there is no derivative to check"):
        gc.check(lambda x: np.argsort(x), (X,), gradient=np.ones_like)
    with pytest.raises(
        gc.ArgumentsError, match=r"x\['mode'\] is of type ndarray with dtype object: a number, an array of numbers"
    ):
        gc.check(lambda x: x["a"], ({"a": X, "mode": np.array([object()])},), gradient=lambda x: x)
    with pytest.raises(gc.EvaluationError, match=r"f raised ZeroDivisionError at test_api.py:\d+"):
        gc.check(lambda x: 1 / 0, (X,), gradient=np.ones_like)
    with pytest.raises(gc.EvaluationError, match=r"the gradient raised KeyError at test_api.py:\d+: 'w'"):
        gc.check(np.sum, (X,), gradient=lambda x: {}["w"])
    with pytest.raises(gc.EvaluationError, match="f returns str; numbers, arrays, and trees of them are expected"):
        gc.check(lambda x: "no", (X,), gradient=np.ones_like)


def test_settings_among_the_arguments_stay_as_they_are() -> None:
    def power(x: Any, n: int, mode: str) -> Any:
        return np.sum(x**n) if mode == "sum" else x**n

    assert gc.check(power, (X, 3, "sum"), gradient=lambda x, n, mode: n * x ** (n - 1)).status == "holds"
    assert gc.check(power, (X, 3, "sum"), gradient=lambda x, n, mode: x ** (n - 1)).status == "fails"


def test_the_verdict_can_be_shown_copied_and_tabulated() -> None:
    verdict = gc.check(softmax, (A,), vjp=softmax_diagonal_only)
    table = verdict.table()
    assert list(table.columns) == ["leaf", "index", "claimed", "true", "error", "wrong"]
    assert table["error"].iloc[0] == table["error"].max()
    assert set(verdict.oracles) == {"finite differences", "autodiff", "certified"}
    assert verdict._repr_html_().startswith('<div class="gradcheck"')
    assert "softmax_diagonal_only" in repr(verdict)
    error = gc.DerivativeMismatch(verdict)
    assert str(pickle.loads(pickle.dumps(error))) == str(verdict)  # noqa: S301 - our own bytes
    assert copy.copy(verdict) == verdict


def test_the_line_to_paste_shows_the_verdict_again() -> None:
    verdict = gc.check(softmax, (A,), vjp=softmax_diagonal_only)
    *imports, line = verdict.reproduce().splitlines()
    assert "import numpy as np" in imports
    found: dict[str, Any] = {}
    exec("\n".join([line.replace("print(", "again = (")]), {**globals(), "np": np, "gc": gc}, found)  # noqa: S102 - the line is ours
    assert found["again"].status == "fails"


def test_the_same_seed_gives_the_same_verdict() -> None:
    first, second = (gc.check(softmax, (A,), vjp=softmax_backward, seed=3) for _ in range(2))
    assert str(first) == str(second)
    assert "seed 3" in str(first)


def test_large_leaves_are_projected_and_their_wrong_entries_found() -> None:
    x = np.random.default_rng(0).normal(size=10_000)
    one = np.arange(x.size) == 777

    right = gc.check(lambda x: np.sum(x**2), (x,), gradient=lambda x: 2 * x)
    wrong = gc.check(lambda x: np.sum(x**2), (x,), gradient=lambda x: 2 * x * (1 + 1e-9 * one))
    assert (right.status, right.certified) == ("holds", True)
    assert 1e-14 < right.detection_limit["x"] < 1e-10, (
        "64 units in the last place of a sum of 10,000 terms are not resolved"
    )
    assert any("compared in 4 dense projections" in note for note in right.notes)
    assert (wrong.status, wrong.certified) == ("fails", True)
    assert wrong.counterexample is not None
    assert [entry.index for entry in wrong.counterexample.entries if entry.wrong] == [(777,)]
    assert (wrong.wrong, wrong.entries) == (1, 10_000)


@pytest.mark.parametrize("form", ["vjp", "derivative", "jvp"])
def test_large_elementwise_functions(form: str) -> None:
    x = np.random.default_rng(0).normal(size=5_000)
    one = np.arange(x.size) == 123

    def claim(off: float) -> dict[str, Any]:
        slope = lambda x: 1 - np.tanh(x) ** 2 + off * one  # noqa: E731 - of one test
        if form == "derivative":
            return {form: slope}
        return {form: lambda c, x: c * slope(x)}

    assert gc.check(np.tanh, (x,), **claim(0.0)).status == "holds"
    wrong = gc.check(np.tanh, (x,), **claim(1e-6))
    assert wrong.status == "fails"
    if form != "jvp":
        assert wrong.counterexample is not None
        assert wrong.counterexample.worst.index == (123,)


def test_large_black_boxes_are_projected_too() -> None:
    def loop(x: Any) -> Any:
        return np.array(np.fromiter(x, float) @ np.fromiter(x, float))

    x = np.random.default_rng(0).normal(size=1_000)
    assert gc.check(loop, (x,), gradient=lambda x: 2 * np.asarray(x)).status == "holds"
    wrong = gc.check(loop, (x,), gradient=lambda x: 2 * np.asarray(x) * (1 + 0.01 * (np.arange(1_000) == 3)))
    assert (wrong.status, wrong.certified) == ("fails", False)


def test_a_claim_that_is_wrong_at_one_value_only_is_found() -> None:
    def sinc(x: Any) -> Any:
        return np.where(x == 0, 1.0, np.sin(x) / np.where(x == 0, 1.0, x))

    def slope(at_zero: float) -> Any:
        safe = lambda x: np.where(x == 0, 1.0, x)  # noqa: E731 - of one test
        return lambda x: np.where(x == 0, at_zero, np.cos(x) / safe(x) - np.sin(x) / safe(x) ** 2)

    x = np.array([0.5, -1.5, 2.0])
    assert gc.check(sinc, (x,), derivative=slope(0.0)).status == "holds"
    wrong = gc.check(sinc, (x,), derivative=slope(0.5))
    assert (wrong.status, wrong.certified, wrong.diagnosis) == (
        "fails",
        False,
        "wrong only where x = 0: 1/2 is claimed there",
    )


def test_a_tail_that_no_usual_point_reaches_is_found() -> None:
    def f(x: Any) -> Any:
        return np.where(x > 5000, x * x, x)

    assert gc.check(f, (X,), derivative=lambda x: np.where(x > 5000, 2 * x, 1.0)).status == "holds"
    wrong = gc.check(f, (X,), derivative=lambda x: np.where(x > 5000, x, 1.0))
    assert wrong.status in ("fails", "conditional")
    assert wrong.counterexample is not None


def test_points_without_a_derivative_are_left_out_of_the_float_path() -> None:
    m = np.array([[2.0, 0.5, 0.1], [0.3, 3.0, 0.2], [0.2, 0.4, 1.5]])
    verdict = gc.check(lambda a: jnp.linalg.eigh((a + a.T)[None])[0], (m,))
    assert (verdict.status, verdict.certified) == ("holds", False)
    assert any("f has no derivative as far as floats can tell" in note for note in verdict.notes)
    assert gc.check(lambda a: jnp.linalg.qr(a)[1], (m,)).status == "holds"


def test_a_sign_that_is_read_from_the_bits_of_a_number() -> None:
    args = np.array([0.5, 1.25]), np.array([1.5, 0.75])
    verdict = gc.check(jax.scipy.special.beta, args, points=0)
    assert verdict.status == "holds"
    assert verdict.certified


def test_a_sign_that_is_read_from_the_bits_of_a_number_and_a_wrong_slope() -> None:
    @jax.custom_jvp
    def beta(a: Any, b: Any) -> Any:
        return jax.scipy.special.beta(a, b)

    beta.defjvps(lambda t, ans, a, b: t * ans * jax.scipy.special.digamma(a), lambda t, ans, a, b: t * ans)
    assert gc.check(beta, (np.array([0.5, 1.25]), np.array([1.5, 0.75])), points=0).status == "fails"


@pytest.mark.parametrize(("off", "expected"), [(0.0, "holds"), (1e-8, "fails")])
def test_scipy_s_beta_function_is_known_to_more_digits_than_jax_computes(off: float, expected: str) -> None:
    from scipy.special import beta, betaln, psi

    a, b = np.array([1.5, 30.0, 2.5]), np.array([9.0, 30.0, 8.25])
    by_both = (lambda c, a, b: c * (psi(a) - psi(a + b)) * (1 + off)), (lambda c, a, b: c * (psi(b) - psi(a + b)))
    verdict = gc.check(betaln, (a, b), vjp=lambda c, a, b: tuple(rule(c, a, b) for rule in by_both), points=0)
    assert (verdict.status, verdict.certified) == (expected, True)
    verdict = gc.check(
        beta, (a, b), vjp=lambda c, a, b: tuple(rule(c * beta(a, b), a, b) for rule in by_both), points=0
    )
    assert (verdict.status, verdict.certified) == (expected, True)
