"""From claims to cases: which generic functions meet, which points are drawn, and which are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import Assumption, Claim, Generic, Integers, OneHot, Reals, Sheet, Simplex
from gradcheck.cases import Case, NoPointError, cases
from gradcheck.checking import check
from gradcheck.expressions import Derivative, EvaluationError, Value

ELEMENTWISE = frozenset({"elementwise"})
SMOOTH = frozenset({"elementwise", "smooth"})
FUNCTIONS = (
    Generic("sine", np.sin, lambda x: np.diag(np.cos(x)), SMOOTH),
    Generic("square", np.square, lambda x: np.diag(2 * x), ELEMENTWISE),
    Generic("reverse", lambda x: x[::-1] * x, lambda x: np.diag(x[::-1]) + np.diag(x)[::-1]),
)
LOSSES = (
    Generic("sum", np.sum, np.ones_like),
    Generic("square sum", lambda y: np.sum(y * y), lambda y: 2 * y),
)


def claim(kind: Any = "gradient", name: str = "c", **fields: Any) -> Claim:
    given: dict[str, Any] = {
        "primal": lambda x, **_: np.sum(x * x),
        "claimed": lambda x, **_: 2 * x,
        "inputs": {"x": Reals(3)},
        "wrt": "x",
    }
    return Sheet("tests", "none.txt", "Tests").claim(name, kind, 1, "f", **{**given, **fields})


def only(made: list[Case]) -> Case:
    (case,) = made
    return case


def test_a_claim_without_generic_functions_is_one_case() -> None:
    case = only(cases(claim(), []))
    assert case.given == {}
    assert case.spaces == {"x": Reals(3)}


def test_every_generic_function_is_used_and_choices_are_cycled() -> None:
    made = cases(claim(generics={"f": FUNCTIONS, "loss": LOSSES}), [])
    assert [case.given for case in made] == [
        {"f": "sine", "loss": "sum"},
        {"f": "square", "loss": "square sum"},
        {"f": "reverse", "loss": "sum"},
    ]


def test_a_trait_keeps_the_functions_that_have_it_in_families_where_one_does() -> None:
    schematic = claim(generics={"f": FUNCTIONS, "loss": LOSSES})
    made = cases(schematic, [Assumption("f is elementwise", stated=False, trait="elementwise")])
    assert [case.given["f"] for case in made] == ["sine", "square"]
    assert {case.given["loss"] for case in made} == {"sum", "square sum"}
    both = [Assumption(word, stated=True, trait=word) for word in ("elementwise", "smooth")]
    assert [case.given["f"] for case in cases(schematic, both)] == ["sine", "sine"]


def test_traits_that_no_function_has_together_leave_nothing_to_check_and_the_verdict_says_so() -> None:
    apart = tuple(Generic(word, np.sin, np.cos, frozenset({word})) for word in ("odd", "even"))
    assumptions = tuple(Assumption(word, stated=True, trait=word) for word in ("odd", "even"))
    schematic = claim(generics={"f": apart, "loss": LOSSES}, assumptions=assumptions)
    assert cases(schematic, assumptions) == []
    found = check(schematic)
    assert (found.status, found.reason) == ("undecided", "no generic function has all the traits assumed: odd, even")


def test_generic_functions_of_the_same_name_are_not_taken_for_each_other() -> None:
    def applied(x: Any, f: Generic) -> Any:
        return f(x)

    def slope(x: Any, f: Generic) -> Any:
        return f.derivative(x)

    for value, derivative in ((np.sin, np.cos), (np.exp, np.exp)):
        twin = Generic("g", value, derivative)
        made = claim("derivative", primal=applied, claimed=slope, inputs={"x": Reals()}, generics={"f": (twin,)})
        assert check(made).status == "holds"


def test_an_assumption_replaces_spaces() -> None:
    simplex = Assumption("Σx = 1", stated=True, spaces={"x": Simplex(3)})
    case = only(cases(claim(assumptions=(simplex,)), [simplex]))
    assert case.spaces == {"x": Simplex(3)}
    assert all(np.sum(point["x"]) == 1 for point in case.points(0, 3, 8))


def test_a_predicate_filters_every_point() -> None:
    ordered = Assumption("x is rising", stated=True, where=lambda x: bool(np.all(np.diff(x) > 0)))
    case = only(cases(claim(), [ordered]))
    points = list(case.points(0, 5, 8))
    assert len(points) > 5, "special points too"
    assert all(np.all(np.diff(point["x"]) > 0) for point in points)
    assert np.all(np.diff(case.example()["x"]) > 0), "functions are traced inside the domain"


def test_predicates_that_nothing_satisfies_are_named() -> None:
    never = [
        Assumption("x > 99", stated=True, where=lambda x: bool(np.all(x > 99))),
        Assumption("x < 0", stated=True, where=lambda x: bool(np.all(x < 0))),
    ]
    case = only(cases(claim(), never))
    with pytest.raises(NoPointError, match="none of 200 points drawn satisfies: x > 99; x < 0"):
        list(case.points(0, 3, 8))


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (lambda x: 1 / 0, r"the predicate of 'odd' raised ZeroDivisionError at test_cases.py:\d+: division by zero"),
        (lambda x: x > 0, r"the predicate of 'odd' raised ValueError.*: The truth value of an array"),
        (lambda y: True, r"the predicate of 'odd' raised TypeError.*unexpected keyword argument 'x'"),
    ],
)
def test_a_predicate_that_raises_is_reported(where: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        check(claim(assumptions=(Assumption("odd", stated=True, where=where),)))


def test_a_vjp_has_a_dense_cotangent_and_a_jvp_a_tangent() -> None:
    two = {"primal": lambda x: np.sin(x)[:2], "claimed": lambda v, x: v}
    vjp = only(cases(claim("vjp", **two), []))
    assert list(vjp.spaces) == ["cotangent", "x"]
    assert vjp.spaces["cotangent"].shape == (2,)
    jvp = only(cases(claim("jvp", **two), []))
    assert jvp.spaces["tangent"].shape == (3,)
    for name, case in (("cotangent", vjp), ("tangent", jvp)):
        generic = next(iter(case.points(0, 1, 0)))[name]
        assert np.all(generic != 0)
        assert case.claimed(case.claim.readings[0]).arguments == (name, "x")


def test_points_depend_on_the_seed_and_the_claim_and_on_nothing_else() -> None:
    def drawn(seed: int, name: str = "c") -> list[list[float]]:
        return [point["x"].tolist() for point in only(cases(claim(name=name), [])).points(seed, 3, 8)]

    assert drawn(0) == drawn(0)
    assert drawn(0)[:3] != drawn(1)[:3]
    assert drawn(0)[:3] != drawn(0, "d")[:3]


@pytest.mark.parametrize(("generic", "special"), [(1, 0), (3, 0), (3, 4), (5, 100)])
def test_as_many_points_are_drawn_as_asked_for(generic: int, special: int) -> None:
    points = list(only(cases(claim(), [])).points(0, generic, special))
    available = len(list(Reals(3).special()))
    assert len(points) == generic + min(special, available)


def test_a_claim_is_never_judged_at_no_point() -> None:
    assert len(list(only(cases(claim(), [])).points(0, 0, 0))) == 1


def test_special_points_take_turns_between_the_inputs_and_start_with_the_differentiated_one() -> None:
    inputs = {"a": OneHot(2), "x": Reals(2), "i": Integers(low=0, high=1)}
    case = only(cases(claim(inputs=inputs, primal=lambda a, x, i: np.sum(x), claimed=lambda a, x, i: x), []))
    special = list(case.points(0, 1, 6))[1:]
    assert [value.tolist() for value in (special[0]["x"], special[1]["a"], special[2]["i"], special[3]["x"])] == [
        [0.0, 0.0],
        [1.0, 0.0],
        0,
        [-0.5, 0.0],
    ]


def test_the_sides_of_a_case() -> None:
    case = only(cases(claim("hessian"), []))
    truth = case.truth()
    assert isinstance(truth, Derivative)
    assert (truth.kind, truth.wrt, truth.name) == ("hessian", "x", "the hessian of the primal with respect to x")
    equality = only(cases(claim("equality"), []))
    assert isinstance(equality.truth(), Value)
    assert case.numbers == 3
