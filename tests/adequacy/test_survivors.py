"""Changed claims: those that the points would have missed are named, or points are found that show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck as gc
from gradcheck import Reals, Sheet
from gradcheck.adequacy.altered import Alterable, slot_shapes
from gradcheck.adequacy.mutants import array_mutants, program_mutants, single_terms
from gradcheck.cases import cases
from gradcheck.checking import check
from gradcheck.numbers.plan import plan_of
from gradcheck.program.program import Program
from gradcheck.program.trace import trace

Array = Any
Function = Callable[..., Any]
W = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0], [-2.0, 0.25, 1.0]])
SYMMETRIC = np.array([[1.0, 2.0, 3.0], [2.0, 5.0, -1.0], [3.0, -1.0, 4.0]])
X = np.array([0.5, -1.25, 2.0])


def product(x: Array, w: Array) -> Array:
    return w @ x


def product_backward(cotangent: Array, x: Array, w: Array) -> Array:
    return w.T @ cotangent


def mean_square(x: Array, w: Array) -> Array:
    return np.mean(np.sum((x @ w) ** 2, axis=1), axis=0)


def mean_square_gradient(x: Array, w: Array) -> Array:
    return 2 * x.T @ (x @ w) / x.shape[0]


def test_a_right_claim_at_generic_points_has_no_survivors() -> None:
    found = gc.check(product, (X, W), vjp=product_backward, wrt="x")
    assert found.status == "holds"
    assert found.mutants >= 5
    assert found.survivors == ()
    assert f"{found.mutants} of {found.mutants} deliberate changes of the claim were noticed" in str(found)


def test_a_sum_that_no_input_reaches_is_changed_as_well() -> None:
    """The last instruction of such a program, batched, is the one that spreads the number over all points."""

    def constant(x: Array) -> Array:
        return jnp.asarray(1.0) + jnp.asarray(1.0)

    sheet = Sheet("test", "test.txt", "A constant derivative")
    claim = sheet.claim(
        "constant",
        "derivative",
        1,
        "f'(x) = 1 + 1",
        primal=lambda x: x + x,
        claimed=constant,
        inputs={"x": Reals()},
        wrt="x",
    )
    found = check(claim)
    assert found.status == "holds"
    assert found.mutants >= 1
    assert found.survivors == ()


def test_a_symmetric_matrix_lets_a_transpose_survive() -> None:
    found = gc.check(product, (X, SYMMETRIC), vjp=product_backward, wrt="x", points=0)
    assert found.status == "holds"
    line = product_backward.__code__.co_firstlineno + 1
    assert f"a transposition left out at test_survivors.py:{line}" in found.survivors
    assert f"not noticed: a transposition left out at test_survivors.py:{line}" in str(found)
    generic = gc.check(product, (X, W), vjp=product_backward, wrt="x", points=0)
    assert generic.survivors == ()


def test_a_domain_of_symmetric_matrices_lets_it_survive_too() -> None:
    def draw(rng: np.random.Generator) -> tuple[Array, Array]:
        half = rng.normal(size=(3, 3))
        return rng.normal(size=3), half + half.T

    found = gc.check(product, (X, SYMMETRIC), vjp=product_backward, wrt="x", domain=draw)
    assert any(name.startswith("a transposition left out") for name in found.survivors)


def test_points_are_found_for_what_would_survive() -> None:
    only = gc.check(product, (X, SYMMETRIC), vjp=product_backward, wrt="x", points=0)
    more = gc.check(product, (X, SYMMETRIC), vjp=product_backward, wrt="x")
    assert only.survivors
    assert more.survivors == ()


class MostlySymmetric:
    """Matrices that are symmetric three times out of four."""

    shape, differentiable = (2, 2), True

    def sample(self, rng: np.random.Generator) -> Array:
        half = rng.normal(size=self.shape)
        return half if rng.integers(4) == 0 else half + half.T

    def special(self) -> Iterator[Array]:
        return iter(())

    def strategy(self) -> Any:
        raise NotImplementedError

    def contains(self, value: Array) -> bool:
        return bool(np.shape(value) == self.shape)


def test_points_found_for_survivors_are_judged() -> None:
    fields: dict[str, Any] = {
        "primal": lambda x, w: np.sum(np.sin(w @ x)),
        "inputs": {"x": Reals(2), "w": MostlySymmetric()},
        "wrt": "x",
    }
    sheet = Sheet("tests", "none.txt", "Tests")
    right = sheet.claim("right", "gradient", 1, "f", claimed=lambda x, w: w.T @ np.cos(w @ x), **fields)
    assert gc.check_claim(right).status == "holds"
    wrong = sheet.claim("mostly", "gradient", 1, "f", claimed=lambda x, w: w @ np.cos(w @ x), **fields)
    (case,) = cases(wrong, [])
    usual = [point["w"] for point in case.points(0, 2, 0)]
    assert all(np.array_equal(w, w.T) for w in usual), "the usual points cannot tell"
    assert gc.check_claim(wrong, generic=2, special=0).status == "fails"


def test_a_batch_of_one_hides_the_number_of_terms() -> None:
    w = W[:, :2]
    one = gc.check(mean_square, (W[:1], w), gradient=mean_square_gradient, wrt="w")
    line = mean_square.__code__.co_firstlineno + 1
    (name,) = one.survivors
    assert name.startswith("a factor n or 1/n for a sum over n entries: the axis has length 1 at")
    assert f"test_survivors.py:{line}" in name
    wrong = gc.check(mean_square, (W[:1], w), gradient=lambda x, w: 2 * x.T @ (x @ w), wrt="w")
    assert wrong.status == "holds"
    assert wrong.survivors
    three = gc.check(mean_square, (W, w), gradient=mean_square_gradient, wrt="w")
    assert three.survivors == ()
    assert gc.check(mean_square, (W, w), gradient=lambda x, w: 2 * x.T @ (x @ w), wrt="w").status == "fails"


def test_an_entry_that_is_zero_at_all_points_is_named() -> None:
    def relu_sum(x: Array) -> Array:
        return np.sum(np.maximum(x, 0) ** 2)

    found = gc.check(relu_sum, (X,), gradient=lambda x: 2 * np.maximum(x, 0), points=0)
    assert "set to zero: entry [1]" in found.survivors
    assert gc.check(relu_sum, (X,), gradient=lambda x: 2 * np.maximum(x, 0)).survivors == ()


def test_what_changes_nothing_is_no_survivor_and_zeros_are_told() -> None:
    linear = gc.check(lambda x: 3 * np.sum(x), (X,), gradient=lambda x: 3 + 0 * x)
    assert (linear.status, linear.survivors) == ("holds", ())  # shifting equal entries is no change
    flat = gc.check(lambda x: np.sum(np.floor(x)), (X,), gradient=lambda x: 0 * x)
    assert (flat.status, flat.survivors) == ("holds", ())
    assert any(note.startswith("what is claimed is 0 wherever it was looked at") for note in flat.notes)
    partly = gc.check(lambda x: x[0] ** 2, (X,), gradient=lambda x: np.array([2.0, 0.0, 0.0]) * x)
    assert partly.survivors == ()
    assert "0 wherever it was looked at: entries [1], [2] of what is claimed" in partly.notes


def test_no_changes_are_told_of_a_claim_that_is_wrong() -> None:
    found = gc.check(product, (X, W), vjp=lambda c, x, w: w @ c, wrt="x")
    assert (found.status, found.mutants, found.survivors) == ("fails", 0, ())


def test_black_boxes_are_changed_as_arrays() -> None:
    def loop(x: Array) -> Array:
        return np.array([3 * value * value if value > 0 else 3 * (-value) ** 2 for value in x])

    found = gc.check(lambda x: np.sum(x**3), (X,), gradient=loop)
    assert (found.status, found.survivors) == ("holds", ())
    assert found.mutants == 5  # sign, 2, 1/3, a shift, a zero


def test_loops_are_changed_point_by_point() -> None:
    def scanned(x: Array) -> Array:
        return jax.lax.scan(lambda carry, y: (carry + y, jnp.cos(y) * 3 / 3), 0.0, x)[1] * 2 / 2

    found = gc.check(jnp.sin, (X,), derivative=scanned)
    assert found.status == "holds"
    assert found.mutants > 4
    assert found.survivors == ()


def names(function: Function, *arguments: Array) -> list[str]:
    """The changes of single steps of a function, without their places."""
    program = trace(function, arguments)
    assert isinstance(program, Program)
    return [mutant.name.rpartition(" at ")[0] for mutant in program_mutants(plan_of(program), slot_shapes(program))]


CHANGES: dict[str, tuple[Function, tuple[Array, ...], Function]] = {
    "the first term of a sum left out": (lambda x, y: x + y, (X, 2 * X), lambda x, y: y),
    "the second term of a sum left out": (lambda x, y: x + y, (X, 2 * X), lambda x, y: x),
    "the sign of the second term of a sum turned": (lambda x, y: x + y, (X, 3 * X), lambda x, y: x - y),
    "the first term of a difference left out": (lambda x, y: x - y, (X, 2 * X), lambda x, y: -y),
    "the second term of a difference left out": (lambda x, y: x - y, (X, 2 * X), lambda x, y: x),
    "the sign of the second term of a difference turned": (lambda x, y: x - y, (X, 2 * X), lambda x, y: x + y),
    "the first factor of a product left out": (lambda x, y: x * y, (X, 2 + X), lambda x, y: y),
    "the second factor of a product left out": (lambda x, y: x * y, (X, 2 + X), lambda x, y: x),
    "a division left out": (lambda x, y: x / y, (X, 2 + X), lambda x, y: x),
    "a minus sign left out": (lambda x: np.exp(-x), (X,), np.exp),
    "a power lowered by one": (lambda x: x**3, (X,), lambda x: x**2),
    "the smaller taken for the larger": (np.maximum, (X, -X), np.minimum),
    "the larger taken for the smaller": (np.minimum, (X, -X), np.maximum),
    "the branches of a choice swapped": (
        lambda x: np.where(x > 0, x, 5.0),
        (X,),
        lambda x: np.where(x > 0, 5.0, x),
    ),
    "a sum divided by the number of its terms": (lambda x: np.sum(x, axis=0), (W,), lambda x: np.mean(x, axis=0)),
    "a transposition left out": (lambda w: np.exp(w.T), (W,), np.exp),
    "the first factor of a matrix product transposed": (lambda w, v: w @ v, (W, W + 1), lambda w, v: w.T @ v),
    "the second factor of a matrix product transposed": (lambda w, v: w @ v, (W, W + 1), lambda w, v: w @ v.T),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_of_a_step_computes_what_it_says(name: str) -> None:
    function, arguments, changed = CHANGES[name]
    program = trace(function, arguments)
    assert isinstance(program, Program)
    made = program_mutants(plan_of(program), slot_shapes(program))
    (mutant,) = [mutant for mutant in made if mutant.name.startswith(f"{name} at test_survivors.py:")]
    points = [np.stack([argument, 2 * argument]) for argument in arguments]
    altered = Alterable(program, points, 2)
    expected = [changed(*(point[i] for point in points)) for i in range(2)]
    right = [function(*(point[i] for point in points)) for i in range(2)]
    np.testing.assert_allclose(altered.output, right, rtol=1e-12)
    np.testing.assert_allclose(altered.altered(mutant), expected, rtol=1e-12)
    assert not np.allclose(expected, right)


def test_entries_of_repeated_indices_may_be_overwritten() -> None:
    def spread(x: Array) -> Array:
        return jnp.zeros(2).at[jnp.array([1, 0, 1])].add(x)

    program = trace(spread, (X,))
    assert isinstance(program, Program)
    (mutant,) = program_mutants(plan_of(program), slot_shapes(program))
    assert mutant.name.startswith("entries of repeated indices overwritten instead of added")
    altered = Alterable(program, [X[None]], 1)
    np.testing.assert_array_equal(altered.output, [[-1.25, 2.5]])
    np.testing.assert_array_equal(altered.altered(mutant), [[-1.25, 2.0]])


def test_a_change_that_makes_no_other_array_of_the_shape_is_not_made() -> None:
    assert names(lambda w: w[:2].T @ w[:2], W) == []
    assert names(lambda x: np.sum(x, axis=0), W[:1]) == []
    assert names(lambda w: w[:2].T, W) == []
    assert names(lambda x: x > 1, X) == []


def test_changes_of_a_whole_array() -> None:
    made = {mutant.name: mutant.change(W[None])[0] for mutant in array_mutants((3, 3), (3, 2, 1))}
    assert list(made) == [
        "the sign turned",
        "multiplied by 2",
        "divided by 2",
        "divided by 3",
        "transposed",
        "shifted by one entry along axis 0",
        "shifted by one entry along axis 1",
    ]
    np.testing.assert_array_equal(made["transposed"], W.T)
    np.testing.assert_array_equal(made["divided by 3"], W / 3)
    np.testing.assert_array_equal(made["shifted by one entry along axis 1"], np.roll(W, 1, 1))
    assert [mutant.name for mutant in array_mutants((), ())] == ["the sign turned", "multiplied by 2"]


def test_sums_of_a_single_term_are_found() -> None:
    def both(x: Array) -> Array:
        return np.sum(x, axis=0) + (x.T @ x)[0]

    for rows, count in ((1, 2), (2, 0)):
        program = trace(both, (W[:rows],))
        assert isinstance(program, Program)
        assert len(single_terms(plan_of(program), slot_shapes(program))) == count
