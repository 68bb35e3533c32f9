"""The losses: every claim holds, certified, and is what is printed; optax and torch say the same; wrong ones are caught."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula
from reference.library.activations import sigmoid, softmax
from reference.library.losses import LIBRARY, contrastive_gradient, jensen_shannon
from tests.reference.library.shared import (
    assert_holds_as_recorded,
    assert_kinks_are_told,
    assert_same_as_jax,
    assert_same_as_torch,
    assert_stable_form_survives,
    claims_of,
    faults_in,
)

NOT_CERTIFIED: dict[str, str] = {}
NOT_COMPARED = {"ctc": "α and β are computed by a recursion, which no formula that can be read defines"}

FORMULAS = {formula.name: formula for formula in LIBRARY.formulas}
Peers = Mapping[str, Callable[[Any], Callable[..., Any]]]
Points = Mapping[str, Sequence[Sequence[Any]]]

OPTAX: Peers = {
    "mse": lambda o: lambda y, t: o.squared_error(y, t).mean(),
    "half-squared-error": lambda o: lambda y, t: o.l2_loss(y, t).sum(),
    "huber": lambda o: lambda r, delta: o.huber_loss(r, delta=delta),
    "log-cosh": lambda o: o.log_cosh,
    "bce-with-logits": lambda o: lambda x, t: o.sigmoid_binary_cross_entropy(x, t).mean(),
    "hinge": lambda o: o.hinge_loss,
    "perceptron": lambda o: o.perceptron_loss,
    "softmax-cross-entropy": lambda o: lambda x, t: o.softmax_cross_entropy(x, t).mean(),
    "cross-entropy-of-labels": lambda o: lambda *of: o.softmax_cross_entropy_with_integer_labels(*of).mean(),
    "poly-one": lambda o: lambda x, t, epsilon: o.poly_loss_cross_entropy(x, t, epsilon=epsilon),
    "kl-of-log-probabilities": lambda o: o.kl_divergence,
    "kl-with-log-targets": lambda o: o.kl_divergence_with_log_targets,
    "generalised-kl-divergence": lambda o: lambda p, t: o.generalized_kl_divergence(jnp_log(p), t),
    "multiclass-hinge": lambda o: o.multiclass_hinge_loss,
    "sparsemax-loss": lambda o: lambda x, label: o.multiclass_sparsemax_loss(x[None], label[None])[0],
    "triplet-of-distances": lambda o: lambda a, p, n, m: o.triplet_margin_loss(a, p, n, margin=m, eps=0.0),
    "cosine-distance": lambda o: o.cosine_distance,
    "nt-xent": lambda o: lambda z, tau: o.ntxent(z, np.array([0, 1, 0, 1]), tau),
    "ctc": lambda o: lambda x: o.ctc_loss(x[None], np.zeros((1, 4)), np.array([[1, 2]]), np.zeros((1, 2)))[0],
}
"""The losses of optax that are the same."""
TORCH: Peers = {
    "mse": lambda nn: nn.mse_loss,
    "mae": lambda nn: nn.l1_loss,
    "huber": lambda nn: lambda r, delta: nn.huber_loss(r, 0 * r.detach(), delta=delta.item()),
    "smooth-l1": lambda nn: lambda r, beta: nn.smooth_l1_loss(r, 0 * r.detach(), beta=beta.item()),
    "poisson-nll": lambda nn: nn.poisson_nll_loss,
    "poisson-nll-of-rate": lambda nn: lambda y, t: nn.poisson_nll_loss(y, t, log_input=False, eps=0.0),
    "gaussian-nll": lambda nn: lambda y, v, t: nn.gaussian_nll_loss(y, t, v),
    "bce": lambda nn: nn.binary_cross_entropy,
    "bce-with-logits": lambda nn: nn.binary_cross_entropy_with_logits,
    "bce-with-pos-weight": lambda nn: lambda x, t, w: nn.binary_cross_entropy_with_logits(x, t, pos_weight=w),
    "soft-margin": lambda nn: nn.soft_margin_loss,
    "softmax-cross-entropy": lambda nn: nn.cross_entropy,
    "cross-entropy-of-labels": lambda nn: nn.cross_entropy,
    "label-smoothing": lambda nn: lambda x, t, e: nn.cross_entropy(x, t, label_smoothing=e.item()),
    "class-weights": lambda nn: lambda x, labels, w: nn.cross_entropy(x, labels, weight=w),
    "nll": lambda nn: nn.nll_loss,
    "kl-of-log-probabilities": lambda nn: lambda x, t: nn.kl_div(x, t, reduction="sum"),
    "kl-with-log-targets": lambda nn: lambda x, u: nn.kl_div(x, u, reduction="sum", log_target=True),
    "multi-margin": lambda nn: nn.multi_margin_loss,
    "triplet-of-distances": lambda nn: lambda a, p, n, m: nn.triplet_margin_loss(a, p, n, margin=m.item(), eps=0.0),
    "margin-ranking": lambda nn: lambda a, b, t, m: nn.margin_ranking_loss(a, b, t, margin=m.item()),
    "ctc": lambda nn: lambda x: nn.ctc_loss(nn.log_softmax(x, -1), np_labels(x), (4,), (2,), reduction="sum"),
}
"""Those of torch.nn.functional; what is a constant there is not differentiated by."""
POINTS: Points = {
    "mse": [[np.zeros(3), np.zeros(3)]],
    "softmax-cross-entropy": [[np.array([[50.0, -50.0, 0.0]]), np.array([[0.2, 0.3, 0.5]])]],
}
"""Further points, and those on kinks where the peers do as the code does."""
POINTS_OF_OPTAX: Points = {
    "huber": [[1.0, 1.0], [-1.0, 1.0]],
    "perceptron": [[0.0, 1]],
    "multiclass-hinge": [[np.array([1.0, 0.0, 0.0, -2.0]), 0]],
    "sparsemax-loss": [[np.array([0.0, 1.0, -1.0]), np.array(1)]],
}
POINTS_OF_TORCH: Points = {
    "mae": [[np.zeros(3), np.zeros(3)]],
    "huber": [[1.0, 1.0], [-1.0, 1.0]],
    "smooth-l1": [[1.0, 1.0], [-1.0, 1.0], [0.0, 1.0]],
}


def jnp_log(p: Any) -> Any:
    import jax

    return jax.numpy.log(p)


def np_labels(x: Any) -> Any:
    """The labels 1, 2 as a tensor beside x."""
    return x.new_tensor([[1, 2]]).long()


@pytest.mark.parametrize("claim", claims_of(LIBRARY), ids=lambda claim: claim.name)
def test_every_claim_holds_certified_and_is_what_is_printed(claim: Claim) -> None:
    assert_holds_as_recorded(claim, NOT_CERTIFIED, NOT_COMPARED)


@pytest.mark.parametrize("formula", LIBRARY.formulas, ids=lambda formula: formula.name)
def test_kinks_are_told_where_there_are_some(formula: Formula) -> None:
    assert_kinks_are_told(formula)


@pytest.mark.parametrize("name", [formula.name for formula in LIBRARY.formulas if formula.stable])
def test_the_stable_form_overflows_nowhere(name: str) -> None:
    assert_stable_form_survives(FORMULAS[name], 1e-12, -1e-12, 0.999, 40.0, -40.0, 800.0, -800.0)


@pytest.mark.parametrize("name", OPTAX)
def test_optax_says_the_same(name: str) -> None:
    losses = pytest.importorskip("optax", reason="optax is not installed here").losses
    assert_same_as_jax(FORMULAS[name], OPTAX[name](losses), *POINTS.get(name, ()), *POINTS_OF_OPTAX.get(name, ()))


@pytest.mark.parametrize("name", TORCH)
def test_torch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    points = (*POINTS.get(name, ()), *POINTS_OF_TORCH.get(name, ()))
    assert_same_as_torch(FORMULAS[name], TORCH[name](torch.nn.functional), *points)


FAULTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "mse": (
        lambda y, t: (2 * (y - t), 2 * (t - y) / 3),
        {
            "y": (
                "exactly 3 times the true value; 3 is the length of y: is a mean taken for a sum, or a sum for a mean?"
            )
        },
    ),
    "huber": (
        lambda r, delta: (np.where(np.abs(r) <= delta, r, np.sign(r)), np.maximum(np.abs(r) - delta, 0)),
        {"r": "the factor delta is missing"},
    ),
    "log-cosh": (
        lambda r: np.tanh(r) ** 2,
        {"r": "fails, certified: 0.58002566 is claimed at entry [0, 0], and 0.76159416 is true"},
    ),
    "pinball": (
        lambda r, tau: (np.where(r > 0, tau, tau - 1), -r),
        {"r": "fails, certified: 0.1 is claimed at entry [0, 0], and 0.9 is true"},
    ),
    "gaussian-nll": (
        lambda y, v, t: ((y - t) / (3 * v), (1 - (y - t) ** 2) / (6 * v)),
        {"v": "all 3 entries are wrong, by no simple pattern"},
    ),
    "bce": (lambda p, t: (p - t) / 3, {"p": "all 3 entries are wrong, by no simple pattern"}),
    "bce-with-logits": (lambda x, t: (t - sigmoid(x)) / 3, {"x": "the sign is wrong: exactly −1 times the true value"}),
    "focal": (
        lambda x, t, gamma: (sigmoid(x) - t) * (1 - sigmoid(x)) ** gamma,
        {"x": "fails, certified: 0.16971779 is claimed at entry [0, 0], and 0.69999256 is true"},
    ),
    "softmax-cross-entropy": (
        lambda x, t: ((softmax(x) - t) / 2, -np.log(softmax(x)) / 2),
        {"x": "all 6 entries are wrong, by no simple pattern"},
    ),
    "class-weights": (
        lambda x, at, w: np.stack([w[at[i]] * (softmax(x[i]) - np.eye(3)[at[i]]) for i in range(2)]) / 2,
        {"x": "all 6 entries are wrong, by no simple pattern"},
    ),
    "kl-divergence": (lambda p, t: (-t / p, np.log(t / p)), {"t": "too small by 1 everywhere"}),
    "jensen-shannon": (
        lambda p, q: ((np.log(2 * p / (p + q)) + 1) / 2, np.log(2 * q / (p + q)) / 2),
        {"p": "too large by 1/2 everywhere"},
    ),
    "contrastive": (
        lambda a, b, s, m: (contrastive_gradient(a, b, s, m)[0], contrastive_gradient(a, b, s, m)[0]),
        {"b": "the sign is wrong: exactly −1 times the true value"},
    ),
    "cosine-distance": (
        lambda a, b: (-b / np.sqrt(a @ a * (b @ b)), -a / np.sqrt(a @ a * (b @ b))),
        {"a": "all 3 entries are wrong, by no simple pattern", "b": "all 3 entries are wrong, by no simple pattern"},
    ),
    "info-nce": (
        lambda q, k, tau: (
            (softmax(q @ k.T / tau) - np.eye(3)) @ k / (3 * tau),
            (softmax(q @ k.T / tau) - np.eye(3)) @ q / (3 * tau),
        ),
        {"k": "all 6 entries are wrong, by no simple pattern"},
    ),
    "dice": (
        lambda p, t, epsilon: -2 * t / (np.sum(p) + np.sum(t) + epsilon),
        {"p": ("off by the same number everywhere, another one at each point: is a mean or a sum not subtracted?")},
    ),
}
"""A derivative that is wrong in a way that happens, and what is said about it, by input."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_derivative_is_caught(name: str) -> None:
    wrong, said = FAULTS[name]
    assert faults_in(FORMULAS[name], wrong) == said


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_optax_has_the_same_focal_loss_of_hard_labels(t: float) -> None:
    optax = pytest.importorskip("optax", reason="optax is not installed here")
    jax = pytest.importorskip("jax", reason="JAX is not installed here")
    formula = FORMULAS["focal"]
    with jax.enable_x64(True):
        for x, gamma in ((0.3, 2.0), (-1.7, 0.5)):
            value, slope = jax.value_and_grad(lambda x, g: optax.losses.sigmoid_focal_loss(x, t, gamma=g))(x, gamma)
            np.testing.assert_allclose(formula.forward(x, t, gamma), value, rtol=1e-12)
            np.testing.assert_allclose(formula.derivative(x, t, gamma), slope, rtol=1e-12)


def test_the_divergence_of_jensen_and_shannon_is_that_of_scipy() -> None:
    distance = pytest.importorskip("scipy.spatial.distance")
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])
    np.testing.assert_allclose(jensen_shannon(p, q), distance.jensenshannon(p, q) ** 2, rtol=1e-13)
