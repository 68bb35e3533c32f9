"""Ten planted faults, as engineers make them: each with a right version, so that the pair can be told apart.

Their messages are kept, word by word, in ``tests/messages/``; ``pytest tests/test_message.py --rewrite-messages`` writes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class Fault:
    """A function, arguments, a wrong claim about its derivative, and the right one; None where it is the function's own."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    wrong: dict[str, Any]
    right: dict[str, Any]
    right_f: Callable[..., Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)


def cross_entropy(logits: Any, labels: Any) -> Any:
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


def cross_entropy_gradient(logits: Any, labels: Any) -> Any:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    weights[np.arange(len(labels)), labels] -= 1
    return weights / len(labels)


def cross_entropy_gradient_of_the_sum(logits: Any, labels: Any) -> Any:
    return cross_entropy_gradient(logits, labels) * len(labels)


def cross_entropy_gradient_with_the_sign_turned(logits: Any, labels: Any) -> Any:
    return -cross_entropy_gradient(logits, labels)


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    return gamma * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) + beta


def layer_norm_backward(cotangent: Any, x: Any, gamma: Any, beta: Any) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    normal, scaled = centred / sigma, cotangent * gamma
    slope = scaled - scaled.mean(axis=-1, keepdims=True) - normal * (scaled * normal).mean(axis=-1, keepdims=True)
    return slope / sigma, (cotangent * normal).sum(axis=0), cotangent.sum(axis=0)


def layer_norm_backward_without_the_variance(cotangent: Any, x: Any, gamma: Any, beta: Any) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    normal, scaled = centred / sigma, cotangent * gamma
    slope = scaled - scaled.mean(axis=-1, keepdims=True)
    return slope / sigma, (cotangent * normal).sum(axis=0), cotangent.sum(axis=0)


def layer_norm_backward_without_the_sums(cotangent: Any, x: Any, gamma: Any, beta: Any) -> Any:
    slope, _, _ = layer_norm_backward(cotangent, x, gamma, beta)
    centred = x - x.mean(axis=-1, keepdims=True)
    return slope, cotangent * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5), cotangent


def dense(params: Any, x: Any) -> Any:
    return np.tanh(x @ params["weights"] + params["bias"])


def dense_backward(cotangent: Any, params: Any, x: Any) -> Any:
    slope = cotangent * (1 - dense(params, x) ** 2)
    return {"weights": x.T @ slope, "bias": slope.sum(axis=0)}, slope @ params["weights"].T


def dense_backward_with_a_slip(cotangent: Any, params: Any, x: Any) -> Any:
    slope = cotangent * (1 - dense(params, x))
    return {"weights": x.T @ slope, "bias": slope.sum(axis=0)}, slope @ params["weights"].T


def product(x: Any, w: Any) -> Any:
    return x @ w


def product_backward(cotangent: Any, x: Any, w: Any) -> Any:
    return cotangent @ w.T, x.T @ cotangent


def product_backward_without_transposing(cotangent: Any, x: Any, w: Any) -> Any:
    return cotangent @ w, x.T @ cotangent


def elu(x: Any) -> Any:
    return np.where(x > 0, x, np.exp(x) - 1)


def elu_slope(x: Any) -> Any:
    return np.where(x > 0, 1, np.exp(x))


def elu_slope_as_printed(x: Any) -> Any:
    return np.where(x > 0, 1, elu(x))


def lookup(table: Any, rows: Any) -> Any:
    return table[rows]


def lookup_backward(cotangent: Any, table: Any, rows: Any) -> Any:
    found = np.zeros_like(table)
    np.add.at(found, rows, cotangent)
    return found


def lookup_backward_by_assignment(cotangent: Any, table: Any, rows: Any) -> Any:
    found = np.zeros_like(table)
    found[rows] = cotangent
    return found


def softplus(x: Any) -> Any:
    return jnp.sum(jnp.logaddexp(x, 0.0))


def with_backward(factor: float) -> Any:
    f = jax.custom_vjp(softplus)
    f.defvjp(lambda x: (softplus(x), x), lambda x, cotangent: (factor * cotangent * jax.nn.sigmoid(x),))
    return f


def power_sum(x: Any) -> Any:
    return np.array(sum(value**3 for value in np.fromiter(x, float)))


def power_sum_gradient(x: Any) -> Any:
    return 3 * np.asarray(x) ** 2


def power_sum_gradient_a_little_off(x: Any) -> Any:
    return power_sum_gradient(x) * (1 + 1e-6)


X = np.array([[0.5, 1.5, -2.0], [1.0, -0.25, 0.75]])
LOGITS = np.array([[0.5, 1.5, -2.0], [1.0, -0.25, 0.75], [0.1, 0.2, 0.3], [2.0, 0.0, -1.0]])
LABELS = np.array([0, 2, 1, 1])
NORM = (X, np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0]))
PARAMS = {"weights": np.array([[1.0, -0.5], [0.25, 2.0], [0.1, 0.3]]), "bias": np.array([0.1, -0.2])}
SYMMETRIC = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 1.0]])

FAULTS: dict[str, Fault] = {
    "sign": Fault(
        cross_entropy,
        (LOGITS, LABELS),
        {"gradient": cross_entropy_gradient_with_the_sign_turned},
        {"gradient": cross_entropy_gradient},
    ),
    "mean": Fault(
        cross_entropy,
        (LOGITS, LABELS),
        {"gradient": cross_entropy_gradient_of_the_sum},
        {"gradient": cross_entropy_gradient},
    ),
    "dropped_term": Fault(
        layer_norm, NORM, {"vjp": layer_norm_backward_without_the_variance}, {"vjp": layer_norm_backward}
    ),
    "missing_sum": Fault(layer_norm, NORM, {"vjp": layer_norm_backward_without_the_sums}, {"vjp": layer_norm_backward}),
    "forgotten_square": Fault(dense, (PARAMS, X), {"vjp": dense_backward_with_a_slip}, {"vjp": dense_backward}),
    "transpose": Fault(
        product, (X, SYMMETRIC), {"vjp": product_backward_without_transposing}, {"vjp": product_backward}
    ),
    "branch": Fault(
        elu, (np.array([0.5, 2.0, -1.5]),), {"derivative": elu_slope_as_printed}, {"derivative": elu_slope}
    ),
    "repeated_rows": Fault(
        lookup, (X, np.array([1, 0])), {"vjp": lookup_backward_by_assignment}, {"vjp": lookup_backward}
    ),
    "custom_rule": Fault(with_backward(2.0), (np.array([0.5, -1.0]),), {}, {}, right_f=with_backward(1.0)),
    "black_box": Fault(
        power_sum,
        (np.array([0.5, 2.0, -1.5]),),
        {"gradient": power_sum_gradient_a_little_off},
        {"gradient": power_sum_gradient},
    ),
}
