"""Every entry of large derivatives at the arguments: right ones hold, a single wrong entry is found and named."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gradcheck as gc
from gradcheck.functions.searching import faults
from gradcheck.oracles.stepping import of_four

X = np.random.default_rng(0).normal(size=400)


def softmax(x: Any) -> Any:
    e = jnp.exp(x - jnp.max(x))
    return e / jnp.sum(e)


def softmax_jacobian(x: Any) -> Any:
    s = softmax(x)
    return jnp.diag(s) - jnp.outer(s, s)


def spoilt(claim: Any, place: int, relative: float) -> Any:
    """The claim with one entry off."""

    def wrong(*args: Any) -> Any:
        array = claim(*args)
        return array * (1 + relative * (np.arange(array.size) == place).reshape(array.shape))

    return wrong


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_entry_of_a_jacobian(dtype: Any) -> None:
    x = X.astype(dtype)
    right = gc.check(softmax, (x,), jacobian=softmax_jacobian, points=0)
    assert (right.status, right.certified) == ("holds", True)
    assert "all 160,000 entries were compared with autodiff in floats, in 400 rows" in right.notes[-1]
    assert "enclosed was their product with 1 dense direction" in right.notes[-1]
    assert right.detection_limit["x"] < 1e-4
    wrong = gc.check(softmax, (x,), jacobian=spoilt(softmax_jacobian, 777, 1e-2), points=0)
    assert wrong.status == "fails"
    assert wrong.counterexample is not None
    assert [entry.index for entry in wrong.counterexample.entries] == [(1, 377)]
    assert (wrong.wrong, wrong.entries) == (1, 160_000)


def test_an_elementwise_function_takes_one_tangent() -> None:
    x = np.linspace(-3, 3, 5_000)
    slope = lambda x: jnp.tanh(x) + x * (1 - jnp.tanh(x) ** 2)  # noqa: E731 - of one test
    right = gc.check(lambda x: x * jnp.tanh(x), (x,), derivative=slope, points=0)
    assert (right.status, right.certified) == ("holds", True)
    assert "one tangent gives them all; each of them was enclosed as well" in right.notes[-1]
    wrong = gc.check(lambda x: x * jnp.tanh(x), (x,), derivative=spoilt(slope, 123, 1e-6), points=0)
    assert wrong.status == "fails"
    assert wrong.counterexample is not None
    assert wrong.counterexample.worst.index == (123,)


def test_a_function_that_is_not_elementwise_is_not_taken_for_one() -> None:
    wrong = gc.check(lambda x: x * x[::-1], (np.linspace(1, 2, 3_000),), derivative=lambda x: x[::-1], points=0)
    assert wrong.status == "fails"


def test_group_testing_finds_all_faults_of_a_function_that_is_only_called() -> None:
    n = 5_000
    x = np.random.default_rng(1).normal(size=n)
    places = sorted(np.random.default_rng(2).choice(n, 20, replace=False).tolist())
    gradient = 2 * x / (1 + x**2)
    claimed = gradient.copy()
    claimed[places] += 0.01
    found, asked = faults(lambda y: float(np.sum(np.log1p(y**2))), x, claimed, 0)
    assert sorted(fault.place for fault in found) == places
    assert all(abs(fault.true - gradient[fault.place]) <= 1e-4 for fault in found)
    assert asked <= 2 * np.log2(n) * len(places) + 50
    none, few = faults(lambda y: float(np.sum(np.log1p(y**2))), x, gradient, 0)
    assert (none, few) == ([], 12)


def test_faults_of_a_black_box_are_named_in_the_verdict() -> None:
    x = np.linspace(1, 2, 600)

    def loop(x: Any) -> Any:
        return np.array(sum(float(value) ** 2 for value in np.fromiter(x, float)))

    wrong = gc.check(loop, (x,), gradient=spoilt(lambda x: 2 * np.asarray(x), 3, 0.01), points=0)
    assert (wrong.status, wrong.certified) == ("fails", False)
    assert wrong.counterexample is not None
    assert [entry.index for entry in wrong.counterexample.entries] == [(3,)]


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one wherever two evaluations along random signs have not decided, from 50,000 numbers on."""
    asked: list[int] = []

    def four(*args: Any) -> tuple[float, float]:
        asked.append(1)
        return of_four(*args)

    monkeypatch.setattr("gradcheck.functions.very_large.VERY_LARGE", 50_000)
    monkeypatch.setattr("gradcheck.functions.very_large.of_four", four)
    return asked


@pytest.mark.parametrize(("frequency", "more"), [(1.0, 0), (3e3, 1)])
def test_two_evaluations_decide_unless_the_slope_is_truncated(
    monkeypatch: pytest.MonkeyPatch, frequency: float, more: int
) -> None:
    asked = counting(monkeypatch)
    w = np.random.default_rng(3).uniform(-2, 2, 60_000)
    right = gc.check(
        lambda w: jnp.sum(jnp.sin(frequency * w)),
        (w,),
        gradient=lambda w: frequency * jnp.cos(frequency * w),
        points=0,
    )
    assert right.status == "holds"
    assert "their sum with random signs was compared with finite differences" in right.notes[-1]
    assert len(asked) == more


def test_a_rule_that_is_as_wrong_as_the_claim_is_seen_by_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    counting(monkeypatch)
    w = np.random.default_rng(3).uniform(-2, 2, 60_000)

    @jax.custom_jvp
    def loss(w: Any) -> Any:
        return jnp.sum(jnp.log1p(w**2))

    @loss.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (w,), (t,) = primals, tangents
        return loss(w), jnp.sum(1.001 * t * 2 * w / (1 + w**2))

    wrong = gc.check(loss, (w,), gradient=lambda w: 1.001 * (2 * w / (1 + w**2)), points=0)
    assert wrong.status == "fails"


@pytest.mark.parametrize("very_large", [50_000, 2**20], ids=["compiled", "interpreted"])
@pytest.mark.parametrize("measured", [0.0, 4e6], ids=["not measured", "measured"])
@pytest.mark.parametrize("enclosed", [0.0, 4e5], ids=["floats only", "enclosed"])
def test_an_error_of_twice_the_limit_that_is_stated_is_seen(
    monkeypatch: pytest.MonkeyPatch, very_large: int, measured: float, enclosed: float
) -> None:
    monkeypatch.setattr("gradcheck.functions.very_large.VERY_LARGE", very_large)
    monkeypatch.setattr("gradcheck.functions.entries.MOST_MEASURED", measured)
    monkeypatch.setattr("gradcheck.functions.large.TOO_MUCH_WORK", enclosed)
    monkeypatch.setattr("gradcheck.functions.entries.MOST_BOUNDED", enclosed)
    monkeypatch.setattr("gradcheck.functions.entries.MOST_ENCLOSED", enclosed)
    w = np.random.default_rng(3).uniform(-2, 2, 60_000)
    loss, slope = lambda w: jnp.sum(jnp.log1p(w**2)), lambda w: 2 * w / (1 + w**2)
    right = gc.check(loss, (w,), gradient=slope, points=0)
    assert right.status == "holds"
    limit = right.detection_limit["w"]
    assert limit < 1e-10
    sizes = np.abs(2 * w / (1 + w**2))
    for place in (int(np.argmax(sizes)), int(np.argmin(np.where(sizes > np.max(sizes) / 60, sizes, np.inf)))):
        wrong = gc.check(loss, (w,), gradient=spoilt(slope, place, 2 * limit), points=0)  # two runs have measured it
        assert wrong.status == "fails"


def test_gradients_of_a_million_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.functions.very_large.VERY_LARGE", 50_000)
    w = np.random.default_rng(3).uniform(-2, 2, 60_000)
    loss, slope = lambda w: jnp.sum(jnp.log1p(w**2)), lambda w: 2 * w / (1 + w**2)
    right = gc.check(loss, (w,), gradient=slope, points=0)
    assert right.status == "holds"
    assert "their sum with random signs was compared with finite differences" in right.notes[-1]
    wrong = gc.check(loss, (w,), gradient=spoilt(slope, 77, 1e-4), points=0)
    assert wrong.status == "fails"
    assert wrong.counterexample is not None
    assert wrong.counterexample.worst.index == (77,)
