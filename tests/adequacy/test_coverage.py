"""Sides of comparisons that the usual points miss are sought, so that a fault behind one is found; others are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck as gc
from gradcheck import Assumption, Claim, Reals, Sheet, Verdict
from gradcheck.adequacy.coverage import Found, seek
from gradcheck.cases import Case, cases

Array = Any
Function = Callable[..., Any]
X = np.array([0.5, -1.25, 2.0])


def claim(primal: Function, claimed: Function, low: float = -np.inf, high: float = np.inf, **fields: Any) -> Claim:
    inputs = {"x": Reals(3, low=low, high=high)}
    return Sheet("tests", "none.txt", "Tests").claim(
        "c", "derivative", 1, "f", primal=primal, claimed=claimed, inputs=inputs, wrt="x", **fields
    )


def sought(about: Claim, seed: int = 0, grow: bool = True) -> tuple[Case, Found]:
    """What is found for a claim beside its usual points."""
    (case,) = cases(about, about.assumptions)
    values = [case.primal(), case.claimed(about.readings[0])]
    return case, seek(case, values, list(case.points(seed, 3, 8)), seed, grow)


def verdict(primal: Function, claimed: Function, **fields: Any) -> Verdict:
    return gc.check_claim(claim(primal, claimed, **fields))


def behind(condition: Callable[[Array], Array], xp: Any = np) -> Function:
    """The derivative of the sine, and 1.5 where the condition holds."""
    return lambda x: xp.where(condition(x), 1.5, xp.cos(x))


CONDITIONS: dict[str, Callable[[Array], Array]] = {
    "a tail": lambda x: x > 40,
    "the other tail": lambda x: x <= -40,
    "far out": lambda x: x > 2e4,
    "a window": lambda x: np.abs(x - 7.3) < 1e-4,
    "a window of a function": lambda x: np.abs(np.sin(x) - 0.5) < 1e-4,
    "a sum": lambda x: np.sum(x) > 1000,
    "a sum of squares, by climbing": lambda x: np.abs(np.sum(x * x) - 333.1) < 1e-3,
    "a function of the input": lambda x: np.exp(x) > 1e25,
    "one number": lambda x: x == 3.25,
    "all but one number": lambda x: (x != 3.25) == (x == 3.25 + 0 * x),
    "a tiny one": lambda x: np.abs(x) < 1e-9,
    "a difference of entries": lambda x: x[0] - x[2] > 77,
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_fault_behind_a_condition_is_found(name: str) -> None:
    condition = CONDITIONS[name]
    wrong = verdict(np.sin, behind(condition))
    if name == "all but one number":  # it contradicts itself, so nothing lies behind it
        assert wrong.status == "holds"
        return
    assert (wrong.status, wrong.certified) == ("fails", True)
    assert wrong.counterexample is not None
    right = verdict(np.sin, lambda x: np.where(condition(x), 2 * np.cos(x) / 2, np.cos(x)))
    assert right.status == "holds", right.sentence()
    assert not any(note.startswith("never") for note in right.notes)


def test_a_side_that_cannot_be_reached_is_named_with_its_place() -> None:
    found = verdict(np.sin, behind(lambda x: x * x + 1 < 0))
    assert found.status == "holds"
    (note,) = [note for note in found.notes if note.startswith("never")]
    assert note.startswith("never true: lt at test_coverage.py:")
    assert note.endswith("in the claimed formula")


def test_the_spaces_and_the_predicates_are_kept() -> None:
    beyond = behind(lambda x: x > 40)
    assert verdict(np.sin, beyond, high=40).status == "holds"
    assert verdict(np.sin, beyond, high=41).status == "fails"
    small = Assumption("Σx ≤ 100", stated=True, where=lambda x: np.sum(x) <= 100)
    assert verdict(np.sin, behind(lambda x: np.sum(x) > 100), assumptions=(small,)).status == "holds"
    assert verdict(np.sin, behind(lambda x: np.sum(x) > 99), assumptions=(small,)).status == "fails"
    case, found = sought(claim(np.sin, beyond, high=50))
    assert found.points
    assert all(case.spaces["x"].contains(point["x"]) and np.any(point["x"] > 40) for point in found.points[1:])


def test_only_points_where_the_primal_is_finite_count() -> None:
    def root(x: Array) -> Array:
        return np.sqrt(30 - x)

    def slope(x: Array) -> Array:
        return np.where(x > 29.5, -0.5 / np.sqrt(30 - x), -1 / (2 * np.sqrt(30 - x)))

    _, found = sought(claim(root, slope))
    assert found.points
    assert not found.never
    assert all(np.all(point["x"] < 30) for point in found.points)
    _, beyond = sought(claim(root, lambda x: np.where(x > 30.5, 0 * x, slope(x))))
    assert [note[:14] for note in beyond.never] == ["never true: gt"]


def test_the_primal_s_own_branches_are_sought() -> None:
    def clipped(x: Array) -> Array:
        return np.minimum(x * x, 5000.0)

    assert verdict(clipped, lambda x: 2 * x).status == "fails"
    assert verdict(clipped, lambda x: np.where(x * x < 5000, 2 * x, 0.0)).status == "holds"


def test_ties_next_to_constants_are_visited() -> None:
    def hinge(x: Array) -> Array:
        return np.maximum(x - 1.5, 0)

    def slope(at_the_tie: float) -> Function:
        return lambda x: np.where(x > 1.5, 1.0, np.where(x == 1.5, at_the_tie, 0.0))

    assert verdict(hinge, slope(0.25)).status == "holds"
    assert verdict(hinge, slope(7.0)).status == "fails"


def test_inputs_that_are_equal_are_visited() -> None:
    sheet = Sheet("tests", "none.txt", "Tests")
    fields: dict[str, Any] = {
        "primal": lambda x, y: np.sum(np.maximum(x, y)),
        "inputs": {"x": Reals(3), "y": Reals(3)},
        "wrt": "x",
    }
    for at_the_tie, status in ((0.5, "holds"), (3.0, "fails")):

        def slope(x: Array, y: Array, at_the_tie: float = at_the_tie) -> Array:
            return np.where(x > y, 1.0, np.where(x == y, at_the_tie, 0.0))

        made = sheet.claim(f"at {at_the_tie}", "gradient", 1, "f", claimed=slope, **fields)
        assert gc.check_claim(made).status == status


def three_pieces(x: Array) -> Array:
    return np.where(x < 1, x, np.where(x < 3, 2 * x - 1, 5.0))


def test_the_piece_between_two_thresholds_is_visited() -> None:
    x = np.array([0.2, 0.5])

    def right(x: Array) -> Array:
        return np.where(x < 1, 1.0, np.where(x < 3, 2.0, 0.0))

    assert gc.check(three_pieces, (x,), derivative=right).status == "holds"
    assert gc.check(three_pieces, (x,), derivative=lambda x: np.where(x < 3, 1.0, 0.0)).status == "fails"
    jumping = {"x": Weights()}
    sheet = Sheet("tests", "none.txt", "Tests")
    made = sheet.claim("c", "derivative", 1, "f", primal=three_pieces, claimed=right, inputs=jumping, wrt="x")
    found = gc.check_claim(made)
    assert found.status == "holds"
    assert any(note.startswith("never between 1 and 3: lt at test_coverage.py:") for note in found.notes)


class Weights:
    """Vectors of two numbers, none of them between 1 and 3."""

    shape, differentiable = (2,), True

    def sample(self, rng: np.random.Generator) -> Array:
        return rng.choice([-1, 1], 2) * rng.uniform(5, 9, 2)

    def special(self) -> Iterator[Array]:
        return iter(())

    def strategy(self) -> Any:
        raise NotImplementedError

    def contains(self, value: Array) -> bool:
        return bool(np.shape(value) == (2,) and np.all(np.abs(value) >= 5))


def test_sides_of_two_inputs_meet_in_one_entry() -> None:
    def corner(x: Array, y: Array) -> Array:
        return np.sum(np.where(x > 20, np.where(y > 20, x * y, x), y))

    def right(x: Array, y: Array) -> Array:
        return np.where(x > 20, np.where(y > 20, y, 1.0), 0.0)

    arguments = (np.array([0.2, 0.5]), np.array([1.0, 2.0]))
    assert gc.check(corner, arguments, gradient=right, wrt="x").status == "holds"
    wrong = gc.check(corner, arguments, gradient=lambda x, y: np.where(x > 20, 1.0, 0.0 * y), wrt="x")
    assert wrong.status == "fails"


def test_branches_within_branches_and_loops_are_sought() -> None:
    def nested(x: Array, wrong: float) -> Array:
        far = lambda x: jnp.where(x > 90, wrong * jnp.cos(x), jnp.cos(x))  # noqa: E731 - two branches side by side
        return jax.lax.cond(jnp.sum(x) > 50, far, jnp.cos, x)

    def scanned(x: Array, wrong: float) -> Array:
        step = lambda carry, y: (carry, jnp.where(y > 45, wrong * jnp.cos(y), jnp.cos(y)))  # noqa: E731 - as above
        return jax.lax.scan(step, 0.0, x)[1]

    for claimed in (nested, scanned):
        assert verdict(jnp.sin, lambda x, claimed=claimed: claimed(x, 1.0)).status == "holds"
        assert verdict(jnp.sin, lambda x, claimed=claimed: claimed(x, 1.5)).status == "fails"


def test_a_question_about_nan_or_infinity_has_no_sides() -> None:
    def guarded(x: Array) -> Array:
        return jnp.where(jnp.isnan(x) | (x == jnp.inf), 0.0, jnp.cos(x))

    _, found = sought(claim(jnp.sin, guarded))
    assert found == Found()


def test_linear_algebra_s_own_comparisons_and_complex_numbers_have_none_either() -> None:
    def log_determinant(x: Array) -> Array:
        return np.linalg.slogdet(np.diag(x) + 5 * np.eye(3))[1] + 0 * x

    def squared(x: Array) -> Array:
        z = x + 1j
        return np.abs(z) ** 2

    for function in (log_determinant, squared):
        _, found = sought(claim(function, lambda x: 2 * x))
        assert found == Found()


def test_what_was_not_visited_under_a_condition_is_not_told_of_the_whole_claim() -> None:
    def elu(x: Array) -> Array:
        return np.where(x > 0, x, np.exp(x) - 1)

    found = gc.check(elu, (np.array([0.5, 2.0]),), derivative=lambda x: np.where(x > 0, 1.0, elu(x)))
    assert (found.status, found.assumption) == ("conditional", "x > 0")
    assert not any(note.startswith("never") for note in found.notes)


def test_a_side_that_only_meets_a_cotangent_of_zeros_counts_as_not_taken() -> None:
    for seed in range(4):
        x = np.array([1.0, 2.0])
        right = gc.check(lambda x: x**3, (x,), vjp=lambda g, x: 3 * np.abs(x) ** 2 * g, points=4, seed=seed)
        assert right.status == "holds"
        wrong = gc.check(lambda x: x**3, (x,), vjp=lambda g, x: 3 * x * np.abs(x) * g, points=4, seed=seed)
        assert wrong.status == "conditional"
        assert wrong.assumption == "x > 0"


def test_the_same_seed_finds_the_same_points() -> None:
    about = claim(np.sin, behind(CONDITIONS["a sum"]))
    (_, first), (_, again) = sought(about, 3), sought(about, 3)
    assert first.points
    for one, other in zip(first.points, again.points, strict=True):
        assert np.array_equal(one["x"], other["x"])


def test_other_points_than_those_given_are_not_sought_where_there_are_none() -> None:
    _, found = sought(claim(np.sin, behind(CONDITIONS["a tail"])), grow=False)
    assert found.points == ()
    assert [note[:14] for note in found.never] == ["never true: gt"]


def test_check_seeks_too_but_keeps_to_the_arguments_and_domains_that_are_given() -> None:
    beyond = behind(CONDITIONS["a tail"])
    assert gc.check(np.sin, (X,), derivative=beyond).status == "fails"
    only_there = gc.check(np.sin, (X,), derivative=beyond, points=0)
    assert only_there.status == "holds"
    assert any(note.startswith("never true: gt at test_coverage.py") for note in only_there.notes)
    drawn = gc.check(np.sin, (X,), derivative=beyond, domain=lambda rng: (rng.uniform(-9, 9, 3),))
    assert drawn.status == "holds"
    assert gc.check(np.sin, (X,), derivative=beyond, domain={"x": (-39, 39)}).status == "holds"
    assert gc.check(np.sin, (X,), derivative=beyond, domain={"x": (-41, 41)}).status == "fails"


def test_programs_that_cost_too_much_are_left_alone() -> None:
    def costly(size: int) -> Function:
        return lambda x: np.where(np.sum(x[0] * np.ones(size)) > 1e9, 1.0, np.cos(x))

    _, found = sought(claim(np.sin, costly(4_000_000)))
    assert found == Found()
    _, found = sought(claim(np.sin, costly(2_000)))
    assert found.points
