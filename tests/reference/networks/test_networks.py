"""Every claim about the networks is certified, faults in them are caught, and they compute what the documents' formulas do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim, Sheet
from gradcheck.transcription.comparing import compare
from reference import dnn_notation
from reference.generic import TANH as TANH_OF_DOCUMENT
from reference.networks import descent, layers, linear, network, pieces, recursion, relu_softmax, remedies
from reference.networks.descent import Diverged, Plan, descend
from reference.networks.layers import Dense, Layer, Model
from reference.networks.network import Network, Penalty
from reference.networks.pieces import (
    ACTIVATIONS,
    CROSS_ENTROPY,
    ELU,
    HALF_SQUARED_ERROR,
    IDENTITY,
    INITIALISATIONS,
    SIGMOID,
    SOFTMAX,
    SOFTMAX_CROSS_ENTROPY,
    TANH,
    Activation,
    NetworkError,
)
from reference.networks.recursion import Feedforward
from reference.networks.relu_softmax import ReluSoftmax
from reference.networks.remedies import BatchNorm, Dropout, Maxout, PRelu, Residual, RRelu
from reference.optimisers import Adam, Bfgs, Newton, Sgd

Array = np.ndarray[Any, np.dtype[Any]]
SHEETS = (
    pieces.SHEET,
    network.SHEET,
    relu_softmax.SHEET,
    linear.SHEET,
    layers.SHEET,
    recursion.SHEET,
    remedies.SHEET,
    descent.SHEET,
)
CLAIMS = [claim for sheet in SHEETS for claim in sheet.claims]


def claim_of(sheet: Sheet, name: str) -> Claim:
    return next(claim for claim in sheet.claims if claim.name == name)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_a_claim_is_certified_and_is_what_is_printed(claim: Claim) -> None:
    verdict = check(claim)
    assert verdict.status == "holds" and verdict.certified, str(verdict)
    if claim.source.origin == "cited":
        printed = compare(claim)
        assert printed is not None and printed.outcome == "agrees", printed


def forgetful(da: Array, z: Array) -> Array:
    """Softmax's pullback as if it worked entry by entry."""
    a = pieces.softmax(z)
    return a * (1 - a) * da


class Unsummed(Dense):
    """A layer that takes the mean over the samples where the sum belongs."""

    def pulled_back(self, dL_dY: Array) -> tuple[Array, dict[str, Array]]:
        dL_dX, gradients = super().pulled_back(dL_dY)
        return dL_dX, {**gradients, "b": gradients["b"] / len(dL_dY)}


class FixedStatistics(BatchNorm):
    """Batch normalisation that differentiates as if mean and variance did not move with X."""

    def pulled_back(self, dL_dY: Array) -> tuple[Array, dict[str, Array]]:
        _, gradients = super().pulled_back(dL_dY)
        return self.parameters["gamma"] * dL_dY / self.root, gradients


class Unskipped(Residual):
    """A residual layer whose backward forgets the way past it."""

    def pulled_back(self, dL_dY: Array) -> tuple[Array, dict[str, Array]]:
        dL_dX, gradients = super().pulled_back(dL_dY)
        return dL_dX - dL_dY, gradients


def dense(kind: type[Dense], X: Array, W: Array, b: Array) -> Array:
    layer = kind(W, b, TANH)
    Y = layer.forward(X)
    layer.backward(np.stack([layers.CHAINED_SINES.derivative(y) for y in Y]))
    return layer.gradients["b"]


@pytest.mark.parametrize(
    ("sheet", "name", "wrong"),
    [
        (pieces.SHEET, "softmax-pullback", forgetful),
        (pieces.SHEET, "elu-pullback", lambda da, z: np.where(z > 0, da, 0.0)),  # as the document prints it
        (pieces.SHEET, "softmax-cross-entropy-gradient", lambda y, t: (t - pieces.softmax(y)) / len(y)),  # likewise
        (layers.SHEET, "dense-tanh-b", lambda X, W, b: dense(Unsummed, X, W, b)),
        (
            remedies.SHEET,
            "batch-norm-x",
            lambda dY, X, *rest: remedies.backward_of(FixedStatistics, "X", dY, X, *rest),
        ),
        (
            remedies.SHEET,
            "residual-x",
            lambda dY, X, W, b, V, c: remedies.backward_of(
                lambda *_: Unskipped([Dense(W, b, TANH), Dense(V, c, TANH)]), "X", dY, X
            ),
        ),
        (remedies.SHEET, "dropout-x", lambda dY, X, mask: dY * mask),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_backward_is_caught(sheet: Sheet, name: str, wrong: Callable[..., Any]) -> None:
    verdict = check(replace(claim_of(sheet, name), claimed=wrong))
    assert verdict.status == "fails" and verdict.certified
    assert "is claimed" in verdict.sentence()


def samples(rng: np.random.Generator, count: int = 12, width: int = 5, classes: int = 3) -> tuple[Array, Array]:
    return rng.normal(size=(count, width)), np.eye(classes)[rng.integers(classes, size=count)]


def with_every_layer(rng: np.random.Generator) -> Model:
    return Model(
        [
            Dense.drawn(5, 6, ELU, rng),
            BatchNorm(rng.uniform(0.5, 2, 6), rng.normal(size=6)),
            PRelu(np.full(6, 0.25)),
            Residual([Dense.drawn(6, 4, TANH, rng), Dropout(0.3), Dense.drawn(4, 6, TANH, rng)]),
            RRelu(),
            Maxout(rng.normal(size=(2, 6, 4)), rng.normal(size=(2, 4))),
            Dropout(0.25),
            Dense.drawn(4, 3, IDENTITY, rng),
        ],
        SOFTMAX_CROSS_ENTROPY,
        Penalty(1e-3, 1e-3),
    )


def central(of: Network, name: str, place: tuple[int, ...], X: Array, T: Array) -> float:
    values = []
    for half in (1e-6, -1e-6):
        moved = dict(of.parameters)
        moved[name] = moved[name].copy()
        moved[name][place] += half
        values.append(float(of.loss(moved, X, T)))
    return (values[0] - values[1]) / 2e-6


def test_a_model_of_all_layers_has_the_gradients_of_its_loss() -> None:
    rng = np.random.default_rng(3)
    of = with_every_layer(rng)
    X, T = samples(rng)
    of.draw(rng, len(X))
    for name, g in of.gradients(X, T).items():
        place = tuple(int(rng.integers(n)) for n in g.shape)
        assert g[place] == pytest.approx(central(of, name, place, X, T), rel=1e-5, abs=1e-7), name


def test_a_backward_improves_each_layer_s_own_parameters_after_it_has_used_them() -> None:
    rng = np.random.default_rng(4)
    of = with_every_layer(rng)
    X, T = samples(rng)
    of.draw(rng, len(X))
    before, gradients = dict(of.parameters), of.gradients(X, T)
    of.improve(X, T, Sgd(0.5))
    assert set(of.parameters) == set(before)
    for name, w in of.parameters.items():
        assert w == pytest.approx(before[name] - 0.5 * gradients[name], abs=1e-12), name


def test_without_being_told_how_a_backward_leaves_the_parameters_alone() -> None:
    rng = np.random.default_rng(5)
    of = with_every_layer(rng)
    X, T = samples(rng)
    of.draw(rng, len(X))
    before = copy.deepcopy(of.parameters)
    of.gradients(X, T)
    assert all(np.array_equal(w, before[name]) for name, w in of.parameters.items())


def test_dropout_is_random_in_training_only_and_keeps_what_is_expected() -> None:
    layer, X = Dropout(0.25), np.ones((400, 50))
    layer.draw(np.random.default_rng(0), 400)
    first = layer.forward(X)
    assert set(np.unique(first)) == {0.0, 1 / 0.75}
    assert np.mean(first) == pytest.approx(1, abs=0.01)
    assert np.array_equal(layer.forward(X), first)
    layer.draw(np.random.default_rng(1), 400)
    assert not np.array_equal(layer.forward(X), first)
    assert np.array_equal(layer.forward(X, training=False), X)


def test_batch_norm_learns_the_mean_and_the_variance_that_it_is_used_with() -> None:
    rng = np.random.default_rng(0)
    layer = BatchNorm(np.ones(3), np.zeros(3))
    for _ in range(200):
        X = rng.normal([1.0, -2.0, 5.0], [0.5, 1.0, 3.0], size=(64, 3))
        assert np.mean(layer.forward(X), axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
        layer.backward(np.ones((64, 3)), lambda name, w, g: w)
    assert layer.running[0] == pytest.approx([1.0, -2.0, 5.0], abs=0.5)
    assert layer.running[1] == pytest.approx([0.25, 1.0, 9.0], rel=0.2)
    assert layer.forward(np.array([[1.0, -2.0, 5.0]]), training=False) == pytest.approx(np.zeros((1, 3)), abs=0.3)


@pytest.mark.parametrize("iterations", [1, 7])
def test_descent_is_the_document_s_algorithm(iterations: int) -> None:
    rng = np.random.default_rng(6)
    X, T = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    of = descent.network((3, 5, 2), TANH, TANH, HALF_SQUARED_ERROR, rng)
    weights, biases = [of.parameters["W1"], of.parameters["W2"]], [of.parameters["b1"], of.parameters["b2"]]
    true_W, true_b, made = dnn_notation.train(
        X, weights, biases, T, TANH_OF_DOCUMENT, alpha=0.02, threshold=0.0, most_iterations=iterations
    )
    run = descend(of, X, T, Sgd(0.02 * len(X)), Plan(iterations), rng)
    assert run.iterations == made == iterations
    for layer in (0, 1):
        assert of.parameters[f"W{layer + 1}"] == pytest.approx(true_W[layer], abs=1e-12)
        assert of.parameters[f"b{layer + 1}"] == pytest.approx(true_b[layer], abs=1e-12)


def test_descent_stops_at_the_threshold_as_the_document_s_algorithm_does() -> None:
    rng = np.random.default_rng(7)
    X, T = rng.normal(size=(4, 3)), rng.uniform(-0.5, 0.5, size=(4, 2))
    of = descent.network((3, 5, 2), TANH, TANH, HALF_SQUARED_ERROR, rng)
    weights, biases = [of.parameters["W1"], of.parameters["W2"]], [of.parameters["b1"], of.parameters["b2"]]
    _, _, made = dnn_notation.train(
        X, weights, biases, T, TANH_OF_DOCUMENT, alpha=0.05, threshold=2e-3, most_iterations=400
    )
    run = descend(of, X, T, Sgd(0.05 * len(X)), Plan(400, threshold=2e-3), rng)
    assert run.iterations == made < 400
    assert run.why == "every change is below 0.002"


def test_stochastic_and_mini_batch_look_at_every_sample_once_an_iteration() -> None:
    rng = np.random.default_rng(8)
    X, T = samples(rng, 11)
    for batch, sizes in ((1, [1] * 11), (4, [4, 4, 3]), (None, [11]), (50, [11])):
        seen: list[Array] = []
        of = ReluSoftmax.drawn((5, 4, 4, 3), rng)
        descend(of, X, T, Sgd(0.1), Plan(1, batch=batch), rng, before=lambda of, X, T, seen=seen: seen.append(X))
        assert [len(some) for some in seen] == sizes
        assert np.array_equal(np.sort(np.concatenate(seen), axis=0), np.sort(X, axis=0))


@pytest.mark.parametrize("rule", [Newton(), Bfgs(), Adam(0.02)], ids=lambda rule: rule.name)
def test_the_loss_falls(rule: descent.Rule) -> None:
    rng = np.random.default_rng(9)
    X, T = samples(rng, 30)
    of = Feedforward.drawn((5, 6, 3), (TANH, SOFTMAX), CROSS_ENTROPY, rng)
    run = descend(of, X, T, rule, Plan(60, batch=5 if isinstance(rule, Adam) else None), rng)
    assert run.losses[-1] < 0.5 * run.losses[0]


def test_early_stopping_keeps_the_weights_that_were_best_for_samples_held_out() -> None:
    """Labels that mean nothing can be learnt by heart only: held-out samples suffer, and training ends."""
    rng = np.random.default_rng(10)
    X, T = samples(rng, 40)
    held_out = samples(rng, 40)
    of = ReluSoftmax.drawn((5, 30, 30, 3), rng)
    run = descend(of, X, T, Adam(0.01), Plan(500, patience=15), rng, validation=held_out)
    assert run.iterations < 500
    best = int(np.argmin(run.validation))
    assert run.why == f"the validation loss was least after iteration {best + 1}, 15 before the last"
    assert float(of.used_loss(*held_out)) == pytest.approx(run.validation[best], rel=1e-12)
    without = ReluSoftmax.drawn((5, 30, 30, 3), np.random.default_rng(11))
    descend(without, X, T, Adam(0.01), Plan(500), np.random.default_rng(11))
    assert without.used_loss(*held_out) > 2 * of.used_loss(*held_out)


def trained(penalty: Penalty, dropout: float = 0.0) -> tuple[float, float, Model]:
    """The training loss, the loss of new samples, and the model, of a task with few samples and many weights."""
    rng = np.random.default_rng(12)
    truth = rng.normal(size=(20, 3))

    def drawn(count: int) -> tuple[Array, Array]:
        X = rng.normal(size=(count, 20))
        return X, np.eye(3)[np.argmax(X @ truth + rng.normal(size=(count, 3)), axis=1)]

    X, T = drawn(60)
    new = drawn(2000)
    drop: list[Layer] = [Dropout(dropout)] if dropout else []
    layers = [*drop, Dense.drawn(20, 60, ELU, rng), *copy.deepcopy(drop), Dense.drawn(60, 3, IDENTITY, rng)]
    of = Model(layers, SOFTMAX_CROSS_ENTROPY, penalty)
    descend(of, X, T, Adam(0.01), Plan(150), rng)
    return float(of.used_loss(X, T)), float(of.used_loss(*new)), of


def test_penalties_and_dropout_help_against_overfitting() -> None:
    plain_train, plain_new, plain = trained(Penalty())
    for penalty, dropout in ((Penalty(l2=0.01), 0.0), (Penalty(l1=0.005), 0.0), (Penalty(), 0.5)):
        train, new, of = trained(penalty, dropout)
        assert train > plain_train
        assert new < 0.8 * plain_new
        if penalty.l1:
            small = [np.mean(np.abs(model.parameters["0.W"]) < 0.01) for model in (of, plain)]
            assert small[0] > 5 * small[1]  # weights that L1 brings to 0


def depth_norms(activation: Activation, draw: str, residual: bool = False, norm: bool = False) -> float:
    """The norm of the gradient at the first of 20 layers of 30 units, as a share of that at the last."""
    rng = np.random.default_rng(13)
    stack: list[Layer] = []
    for _ in range(20):
        one: Layer = Dense.drawn(30, 30, activation, rng, INITIALISATIONS[draw])
        stack.append(Residual([one]) if residual else one)
        if norm:
            stack.append(BatchNorm(np.ones(30), np.zeros(30)))
    of = Model(stack, HALF_SQUARED_ERROR)
    X = rng.normal(size=(50, 30))
    dL_dY = rng.normal(size=of.forward(X).shape)
    return float(np.linalg.norm(of.backward(dL_dY)) / np.linalg.norm(dL_dY))


def test_the_remedies_against_gradients_that_vanish_and_explode() -> None:
    sigmoid = depth_norms(SIGMOID, "xavier")
    assert sigmoid < 1e-9  # at most a quarter a layer
    assert 1e-2 < depth_norms(ACTIVATIONS["relu"], "he") < 1e2
    assert 1e-2 < depth_norms(ACTIVATIONS["leaky-relu"], "he") < 1e2
    assert depth_norms(SIGMOID, "xavier", residual=True) > 1
    assert depth_norms(SIGMOID, "xavier", norm=True) > 1e6 * sigmoid
    assert depth_norms(ACTIVATIONS["relu"], "small") < 1e-12
    assert depth_norms(ACTIVATIONS["relu"], "large") > 1e6


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Dropout(1.0), r"dropout: p=1.0 is the share that is dropped, and does not lie in \[0, 1\)"),
        (lambda: Dropout(0.5).forward(np.ones((2, 2))), r"dropout: draw\(\) comes before a forward in training"),
        (lambda: RRelu().forward(np.ones((2, 2))), r"rrelu: draw\(\) comes before a forward in training"),
        (
            lambda: Residual([Dense(np.ones((2, 3)), np.ones(3), TANH)]).forward(np.ones((4, 2))),
            "residual: its layers take 2 numbers to 3: as many are expected",
        ),
        (lambda: Plan(0), "most=0 is not a whole number of at least 1"),
        (lambda: Plan(batch=0), "batch=0 is not a whole number of at least 1"),
        (lambda: Plan(threshold=-1.0), "threshold=-1.0 is not a number of at least 0"),
        (
            lambda: Feedforward.drawn((3, 4, 2), (TANH,), CROSS_ENTROPY, np.random.default_rng(0)),
            "3 sizes make 2 layers, and 1 activations are given: one for each layer is expected",
        ),
        (
            lambda: pieces.named("activation", "relux", ACTIVATIONS),
            "there is no activation 'relux'; there are identity",
        ),
    ],
)
def test_what_does_not_fit_is_refused(made: Callable[[], Any], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        made()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.ones((3, 5))}, r"samples of shape \(3, 5\) and targets of shape \(12, 3\)"),
        ({"X": np.full((12, 5), np.nan)}, "hold a number that is not finite"),
        ({"rule": Newton(), "plan": Plan(batch=4)}, "newton looks at all samples at once: leave batch=4 out"),
        ({"plan": Plan(patience=3)}, "patience=3 is about the loss of validation samples: give them, too"),
    ],
)
def test_what_cannot_be_trained_is_refused(change: dict[str, Any], message: str) -> None:
    rng = np.random.default_rng(14)
    X, T = samples(rng)
    given = {"X": X, "T": T, "rule": Sgd(0.1), "plan": Plan(2), "rng": rng, **change}
    of = ReluSoftmax.drawn((5, 4, 4, 3), rng)
    with pytest.raises(NetworkError, match=message):
        descend(of, **given)


def test_a_loss_that_overflows_is_told_with_the_iteration() -> None:
    rng = np.random.default_rng(15)
    X, T = samples(rng)
    of = linear.Linear.drawn((5, 4, 4, 3), rng)
    with pytest.raises(
        Diverged, match=r"the loss is (nan|inf) after iteration \d+: make the step or the first weights"
    ):
        descend(of, 10 * X, T, Sgd(5.0), Plan(50), rng)
