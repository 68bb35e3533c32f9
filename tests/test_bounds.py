"""Bounds over a whole range: what is touched holds, what is broken anywhere fails, and what is not proven is not called so."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from flint import arb

from gradcheck import Assumption, Claim, Generic, OneHot, Reals, Sheet, Verdict
from gradcheck.bounds import Quantity, _first_pieces, _number_in, _Pieces
from gradcheck.cases import cases
from gradcheck.checking import EvaluationError, check
from gradcheck.numbers.ball_arrays import precision
from gradcheck.numbers.intervals import Interval
from gradcheck.numbers.plan import plan_of
from gradcheck.numbers.simplify import with_logistic
from gradcheck.oracles import certified
from gradcheck.program.program import Program
from gradcheck.program.trace import trace

Array = Any
LINE = {"x": Reals()}
TOO_CLOSE = "too close to the bound to tell"


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def cubic(x: Array) -> Array:
    return x**2 * (1 - x)


def rational(x: Array) -> Array:
    return x / (1 + x * x)


def spike(x: Array) -> Array:
    """1 at 1.2345, and nearly 0 a hundredth away from it."""
    return np.exp(-((1000 * (x - 1.2345)) ** 2))


def claim(primal: Any, inputs: Any = None, **fields: Any) -> Claim:
    return Sheet("tests", "none.txt", "Tests").claim(
        "c", "bound", 1, "f", primal=primal, inputs=inputs or LINE, **fields
    )


def verdict(primal: Any, inputs: Any = None, **fields: Any) -> Verdict:
    return check(claim(primal, inputs, **fields))


HOLDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "σ' in [0, 1/4], which it touches at 0": (sigmoid, {"lower": 0, "upper": 0.25}),
    "tanh' in [0, 1], which it touches at 0": (np.tanh, {"lower": 0, "upper": 1}),
    "σ' < 1": (sigmoid, {"upper": 1, "strict": True}),
    "tanh in (-1, 1), which it approaches": (np.tanh, {"order": 0, "lower": -1, "upper": 1, "strict": True}),
    "σ' beyond 3": (sigmoid, {"inputs": {"x": Reals(low=3)}, "lower": 0, "upper": 0.0452}),
    "σ' below −3": (sigmoid, {"inputs": {"x": Reals(high=-3)}, "lower": 0, "upper": 0.0452}),
    "σ' beyond 50": (sigmoid, {"inputs": {"x": Reals(low=50)}, "lower": 0, "upper": 1e-20}),
    "σ' below −50": (sigmoid, {"inputs": {"x": Reals(high=-50)}, "lower": 0, "upper": 1e-20}),
    "σ'' within 1/(6√3)": (sigmoid, {"order": 2, "lower": -0.0962250449, "upper": 0.0962250449}),
    "x²(1 − x) ≤ 4/27, at x = 2/3": (cubic, {"inputs": {"x": Reals(low=0, high=1)}, "order": 0, "upper": 4 / 27}),
    "x/(1 + x²) within 1/2, at ±1": (
        rational,
        {"inputs": {"x": Reals(low=-3, high=3)}, "order": 0, "lower": -0.5, "upper": 0.5},
    ),
    "ReLU' in [0, 1], over its kink": (lambda x: np.maximum(x, 0), {"lower": 0, "upper": 1}),
    "a step between 0 and 1": (lambda x: np.where(x > 0, 1.0, 0.0), {"order": 0, "lower": 0, "upper": 1}),
    "sin on the whole line": (np.sin, {"order": 0, "lower": -1, "upper": 1}),
    "√' ≥ 0 up to the border": (np.sqrt, {"inputs": {"x": Reals(low=0)}, "lower": 0}),
    "a constant": (lambda x: 0 * x + 3, {"order": 1, "lower": 0, "upper": 0}),
    "a spike": (spike, {"order": 0, "lower": 0, "upper": 1}),
    "x > 0 where x is positive": (
        lambda x: 1 * x,
        {"inputs": {"x": Reals(low=0)}, "order": 0, "lower": 0, "strict": True},
    ),
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_stays_within_its_bounds_is_enclosed_over_the_whole_range(name: str) -> None:
    primal, fields = HOLDS[name]
    found = verdict(primal, **fields)
    assert (found.status, found.certified, found.reason) == ("holds", True, ""), found.sentence()
    assert found.digits is not None
    assert found.digits >= 30
    assert found.notes[0].startswith("enclosed in [")


FAILS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "σ' ≤ 0.2499": (sigmoid, {"upper": 0.2499}, "the value is 0.25, and ≤ 0.2499 is claimed"),
    "σ' within a billionth of 1/4": (
        sigmoid,
        {"upper": 0.249999999},
        "the value is 0.25, and ≤ 0.249999999 is claimed",
    ),
    "tanh' < 1": (np.tanh, {"upper": 1, "strict": True}, "the value is 1, and < 1 is claimed"),
    "tanh' ≥ 0.1": (np.tanh, {"lower": 0.1}, "and ≥ 0.1 is claimed"),
    "σ' beyond 3 ≤ 0.04": (sigmoid, {"inputs": {"x": Reals(low=3)}, "upper": 0.04}, "and ≤ 0.04 is claimed"),
    "σ'' ≤ 0.0962, between the points": (sigmoid, {"order": 2, "upper": 0.0962}, "and ≤ 0.0962 is claimed"),
    "x²(1 − x) ≤ 0.148, between the points": (
        cubic,
        {"inputs": {"x": Reals(low=0, high=1)}, "order": 0, "upper": 0.148},
        "and ≤ 0.148 is claimed",
    ),
    "a narrow spike": (spike, {"order": 0, "upper": 0.5}, "and ≤ 0.5 is claimed"),
    "a narrow spike downwards": (lambda x: -spike(x), {"order": 0, "lower": -0.5}, "and ≥ -0.5 is claimed"),
    "far out in the tail": (
        lambda x: x * np.exp(-x / 1000),
        {"inputs": {"x": Reals(low=0)}, "order": 0, "upper": 100},
        "and ≤ 100 is claimed",
    ),
    "far out to the left": (lambda x: 1 * x, {"order": 0, "lower": -1e5}, "and ≥ -100000 is claimed"),
    "ReLU' ≤ 1/2": (lambda x: np.maximum(x, 0), {"upper": 0.5}, "the value is 1, and ≤ 0.5 is claimed"),
    "a kink that no tangent sees": (
        np.abs,
        {"inputs": {"x": Reals(low=-1, high=0.55)}, "order": 0, "upper": 0.6},
        "≤ 0.6",
    ),
    "a strict bound touched at a number": (
        lambda x: (x - 1.5) ** 2,
        {"inputs": {"x": Reals(low=-1, high=3)}, "order": 0, "lower": 0, "strict": True},
        "the value is 0, and > 0 is claimed",
    ),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_breaks_a_bound_anywhere_fails_with_the_place(name: str) -> None:
    primal, fields, message = FAILS[name]
    found = verdict(primal, **fields)
    assert (found.status, found.certified) == ("fails", True), found.sentence()
    assert message in found.diagnosis
    assert found.counterexample is not None
    space = fields.get("inputs", LINE)["x"]
    assert space.contains(np.array(found.counterexample.inputs["x"]))
    worst = found.counterexample.worst
    assert worst.wrong
    assert worst.error >= 0
    strict = fields.get("strict", False)
    assert (worst.error > 0) or strict


def test_counterexamples_are_the_plainest_at_hand() -> None:
    for primal, fields in ((sigmoid, {"upper": 0.2499}), (np.tanh, {"upper": 1, "strict": True})):
        found = verdict(primal, **fields)
        assert found.counterexample is not None
        assert found.counterexample.inputs == {"x": 0.0}
    found = verdict(spike, order=0, upper=0.5)
    assert found.counterexample is not None
    assert abs(found.counterexample.inputs["x"] - 1.2345) < 1e-3
    assert len(repr(found.counterexample.inputs["x"])) <= 8


UNDECIDED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "true, but no interval shows it": (
        lambda x: x * np.exp(-x / 1000),
        {"inputs": {"x": Reals(low=0)}, "order": 0, "upper": 400},
        r"within the bounds at the 13 points sampled, but not proven between them: near 1048576\.\d+ the enclosure stays",
    ),
    "true, but a quotient of infinities": (rational, {"order": 0, "upper": 0.5}, "the enclosure stays too wide"),
    "broken nearer to the border than pieces go": (
        np.sqrt,
        {"inputs": {"x": Reals(low=0)}, "upper": 1e5},
        "not proven between them: near 0 the enclosure stays too wide",
    ),
    "a strict bound touched where no short number is": (
        lambda x: (x - 1 / 3) ** 2,
        {"inputs": {"x": Reals(low=-1, high=1)}, "order": 0, "lower": 0, "strict": True},
        "the enclosure stays too wide",
    ),
    "no rule": (
        lambda x: np.sin(np.fromiter([x], float)),
        {"order": 0, "upper": 1},
        "no enclosure: the primal could not be traced",
    ),
    "no rule over intervals": (
        lambda x: np.arctan2(1.0, x),
        {"inputs": {"x": Reals(low=1, high=2)}, "order": 0, "upper": 1},
        "no rule over intervals",
    ),
    "never finite": (
        lambda x: np.log(-1 - x * x),
        {"order": 0, "upper": 1},
        "no point of the domain was reached where the quantity is finite",
    ),
    "a derivative where the function is never finite": (
        lambda x: np.log(-1 - x * x),
        {"order": 1, "upper": 0.5},
        "no point of the domain was reached where the quantity is finite",
    ),
    "no entries": (
        np.sum,
        {"inputs": {"x": Reals(0)}, "wrt": "x", "upper": 1},
        "nothing to compare: the arrays have no entries",
    ),
    "no outputs": (lambda x: x[:0], {"inputs": {"x": Reals(2)}, "order": 0, "upper": 1}, "nothing to compare"),
    "no point": (
        np.sin,
        {"upper": 1, "assumptions": (Assumption("x > 99", stated=True, where=lambda x: bool(x > 99)),)},
        "none of 200 points drawn satisfies: x > 99",
    ),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_is_not_proven_is_undecided_and_says_why(name: str) -> None:
    primal, fields, message = UNDECIDED[name]
    found = verdict(primal, **fields)
    assert (found.status, found.certified) == ("undecided", False), found.sentence()
    assert re.search(message, found.reason)


def test_several_numbers_are_sampled_and_the_verdict_says_so() -> None:
    base = {"inputs": {"x": Reals(3)}, "wrt": "x", "lower": 0}
    found = verdict(lambda x: np.sum(np.tanh(x)), upper=1, **base)
    assert (found.status, found.digits) == ("holds", None)
    assert found.reason == "at the points sampled only: the range of a function of several numbers is not enclosed"
    found = verdict(lambda x: np.sum(np.tanh(x)), upper=0.5, **base)
    assert (found.status, found.diagnosis) == ("fails", "the value is 1, and ≤ 0.5 is claimed")


def test_a_domain_cut_out_by_a_predicate_is_sampled_and_the_verdict_says_so() -> None:
    positive = Assumption("x > 0", stated=True, where=lambda x: bool(x > 0))
    found = verdict(lambda x: 1 * x, order=0, lower=0, assumptions=(positive,))
    assert found.reason == "at the points sampled only: the domain is given by a predicate"
    assert verdict(lambda x: 1 * x, order=0, lower=0).status == "fails"


def test_the_entry_that_breaks_a_bound_by_most_comes_first() -> None:
    found = verdict(lambda x: np.stack([x, 3 * x, 2 * x]), {"x": Reals(low=0.5, high=1.5)}, order=0, upper=1)
    assert found.counterexample is not None
    assert [entry.index for entry in found.counterexample.entries][:2] == [(1,), (2,)]
    number = found.counterexample.inputs["x"]
    assert found.counterexample.worst.error == pytest.approx(3 * number - 1)
    one_hot = verdict(lambda x: np.sum(x), {"x": OneHot(3)}, order=0, upper=0.5)
    assert one_hot.status == "fails"


def test_an_unstated_assumption_makes_a_bound_conditional() -> None:
    positive = Assumption("x > 0", stated=False, spaces={"x": Reals(low=0)})
    found = verdict(lambda x: 1 * x, order=0, lower=0, assumptions=(positive,))
    assert (found.status, found.assumption) == ("conditional", "x > 0")
    assert found.counterexample is not None
    assert found.counterexample.inputs["x"] < 0


def test_every_generic_function_must_stay_within_the_bounds() -> None:
    family = (Generic("sine", np.sin, np.cos), Generic("twice the sine", lambda x: 2 * np.sin(x), np.cos))

    def applied(x: Array, f: Generic) -> Array:
        return f(x)

    assert verdict(applied, generics={"f": family[:1]}, order=0, upper=1).status == "holds"
    found = verdict(applied, generics={"f": family}, order=0, upper=1)
    assert found.status == "fails"
    assert found.counterexample is not None
    assert found.counterexample.given == {"f": "twice the sine"}


def test_the_float_oracles_are_heard_and_do_not_echo_the_certified_one() -> None:
    found = verdict(sigmoid, upper=0.2499)
    assert [found.oracle(name).stance for name in ("finite differences", "autodiff", "certified")] == ["disagrees"] * 3
    found = verdict(sigmoid, upper=0.25)
    assert [found.oracle(name).stance for name in ("finite differences", "autodiff", "certified")] == ["agrees"] * 3
    found = verdict(np.tanh, upper=1, strict=True)
    assert [found.oracle(name).reason for name in ("finite differences", "autodiff")] == [TOO_CLOSE, TOO_CLOSE]
    assert found.oracle("certified").stance == "disagrees"


def test_an_autodiff_that_is_wrong_disagrees_with_a_bound_that_holds() -> None:
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp
    def tripled(x: Any) -> Any:
        return jnp.tanh(x)

    tripled.defjvp(lambda primals, tangents: (jnp.tanh(primals[0]), 30 * tangents[0]))
    found = verdict(tripled, upper=1)
    assert found.status == "holds"
    assert found.oracle("autodiff").stance == "disagrees"
    assert found.oracle("finite differences").stance == "agrees"


def test_bounds_on_derivatives_that_do_not_exist_are_refused() -> None:
    with pytest.raises(EvaluationError, match="a bound on a derivative needs a scalar function, or wrt="):
        verdict(np.tanh, {"x": Reals(2)}, upper=1)
    with pytest.raises(
        EvaluationError, match=r"a bound of order 2 is on a scalar function of a scalar.*\(2,\) to \(\)"
    ):
        verdict(lambda x: np.sum(x**3), {"x": Reals(2)}, wrt="x", order=2, upper=1)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_derivatives_of_any_order_are_those_of_the_function(order: int) -> None:
    (case,) = cases(claim(np.sin, upper=1), [])
    program = case.primal().program
    assert isinstance(program, Program)
    quantity = Quantity(program, 0, order, [np.array(0.0)])
    with precision(128):
        found = quantity.taylor(arb("0.75"), extra=1)
        piece = quantity.taylor(Interval(arb("0.5"), arb(1)), balls=_Pieces())[0]
        exact = [arb("0.75").sin(), arb("0.75").cos(), -arb("0.75").sin(), -arb("0.75").cos()]
        assert found[0].overlaps(exact[order])
        assert found[1].overlaps(exact[(order + 1) % 4])
        assert piece.low <= exact[order]
        assert piece.high >= exact[order]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-math.inf, math.inf),
        (3, math.inf),
        (50, math.inf),
        (-math.inf, -50),
        (-100, -50),
        (40, 60),
        (0, 1),
        (-0.1, 0.1),
        (0, 1e-3),
    ],
)
def test_pieces_cover_the_space_without_gaps_and_reach_no_further(low: float, high: float) -> None:
    pieces = sorted((float(piece.low), float(piece.high)) for piece in _first_pieces(low, high))
    assert (pieces[0][0], pieces[-1][1]) == (low, high)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(pieces))
    assert all(a < b for a, b in pieces)


@pytest.mark.parametrize(
    ("low", "high", "number"),
    [(-0.25, 0.25, 0), (1.2, 1.8, 1.5), (1.23, 1.24, 1.235), (3, 4, 3.5), (64, math.inf, 128), (-math.inf, -64, -128)],
)
def test_the_number_tried_in_a_piece_is_short_and_inside(low: float, high: float, number: float) -> None:
    assert _number_in(Interval(arb(low), arb(high))) == pytest.approx(number, abs=1e-2 if high == 1.24 else 0.2)
    assert low < _number_in(Interval(arb(low), arb(high))) < high


REWRITTEN = (
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: 1 / (np.exp(-x) + 1),
    lambda x: np.exp(-x) + 1 / (1 + np.exp(-x)),
)
LEFT = (
    lambda x: 2 / (1 + np.exp(-x)),
    lambda x: 1 / (2 + np.exp(-x)),
    lambda x: 1 / (1 + np.exp(x)),
    lambda x: 1 / (1 - np.exp(-x)),
    lambda x: 1 / (1 + np.exp(-x) + x),
    lambda x: (1 + np.exp(-x)) / 1,
)


@pytest.mark.parametrize("function", [*REWRITTEN, *LEFT])
def test_the_rewritten_program_computes_the_same(function: Any) -> None:
    x = np.array([-2.5, 0.3, 4.0])
    program = trace(function, (x,))
    assert isinstance(program, Program)
    rewritten = with_logistic(program)
    names = [instruction.name for instruction in plan_of(rewritten).instructions]
    assert ("logistic" in names) == (function in REWRITTEN)
    with precision(128):
        (before,), (after,) = certified.value(program, [x]), certified.value(rewritten, [x])
        slopes = [certified.jacobian(made, [x], 0) for made in (program, rewritten)]
        assert all(a.overlaps(b) and b.rad() < arb("1e-30") for a, b in zip(before, after, strict=True))
        assert all(a.overlaps(b) and b.rad() < arb("1e-30") for a, b in zip(*(s.ravel() for s in slopes), strict=True))
