r"""What the networks are put together from: activations and losses for a batch, each with its pullback, and first weights.

A batch is a matrix with one sample a row. A pullback takes the cotangent of the result, row by row, to that of the
argument: of an elementwise f it is f′(z) ⊙ ā, of softmax it is each row times the Jacobian. All losses are means over the
samples. What overflows in the textbook's form is shifted here, which changes neither value nor derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals

Array = np.ndarray[Any, np.dtype[Any]]

SHEET = Sheet("network-pieces", "networks/pieces.py", "Activations and losses of a batch")


class NetworkError(ValueError):
    """A network, a layer or a training run was asked for that does not exist or does not fit: the message says what does."""


@dataclass(frozen=True)
class Activation:
    """f of a batch, and its pullback: ``pullback(dL/da, z)`` is dL/dz."""

    name: str
    value: Callable[[Array], Array]
    pullback: Callable[[Array, Array], Array]

    def __call__(self, z: Array) -> Array:
        """The value."""
        return self.value(z)


@dataclass(frozen=True)
class Loss:
    """L of a batch of outputs and targets, a mean over the samples, and ∂L/∂ of the outputs."""

    name: str
    value: Callable[[Array, Array], Any]
    gradient: Callable[[Array, Array], Array]


def identity(z: Array) -> Array:
    """z."""
    return z


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^{−z}), by tanh, which does not overflow."""
    share: Array = (1 + np.tanh(z / 2)) / 2
    return share


def sigmoid_pullback(da: Array, z: Array) -> Array:
    """σ(z) (1 − σ(z)) ⊙ ā."""
    a = sigmoid(z)
    pulled: Array = a * (1 - a) * da
    return pulled


def tanh_pullback(da: Array, z: Array) -> Array:
    """(1 − tanh² z) ⊙ ā."""
    pulled: Array = (1 - np.tanh(z) ** 2) * da
    return pulled


def relu(z: Array) -> Array:
    """z where z > 0, else 0."""
    return np.where(z > 0, z, 0.0)


def relu_pullback(da: Array, z: Array) -> Array:
    """ā where z > 0, else 0."""
    return np.where(z > 0, da, 0.0)


LEAK = 0.01
"""The slope of the leaky ReLU below 0."""


def leaky_relu(z: Array) -> Array:
    """z where z > 0, else 0.01 z."""
    return np.where(z > 0, z, LEAK * z)


def leaky_relu_pullback(da: Array, z: Array) -> Array:
    """ā where z > 0, else 0.01 ā."""
    return np.where(z > 0, da, LEAK * da)


def elu(z: Array) -> Array:
    """z where z > 0, else e^z − 1."""
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def elu_pullback(da: Array, z: Array) -> Array:
    """ā where z > 0, else e^z ā."""
    return np.where(z > 0, da, np.exp(np.minimum(z, 0)) * da)


def softmax(z: Array) -> Array:
    """e^{z_k} / Σ_c e^{z_c} of each row."""
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    shares: Array = e / np.sum(e, axis=-1, keepdims=True)
    return shares


def softmax_pullback(da: Array, z: Array) -> Array:
    """a ⊙ (ā − Σ_c a_c ā_c) of each row, which is ā (diag(a) − a aᵀ)."""
    a = softmax(z)
    pulled: Array = a * (da - np.sum(a * da, axis=-1, keepdims=True))
    return pulled


IDENTITY = Activation("identity", identity, lambda da, z: da)
SIGMOID = Activation("sigmoid", sigmoid, sigmoid_pullback)
TANH = Activation("tanh", np.tanh, tanh_pullback)
RELU = Activation("relu", relu, relu_pullback)
LEAKY_RELU = Activation("leaky-relu", leaky_relu, leaky_relu_pullback)
ELU = Activation("elu", elu, elu_pullback)
SOFTMAX = Activation("softmax", softmax, softmax_pullback)
ACTIVATIONS: Mapping[str, Activation] = {f.name: f for f in (IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU, ELU, SOFTMAX)}


def half_squared_error(outputs: Array, targets: Array) -> Any:
    """½ Σ_k (y_k − t_k)², the mean over the samples."""
    return np.sum((outputs - targets) ** 2) / (2 * len(outputs))


def half_squared_error_gradient(outputs: Array, targets: Array) -> Array:
    """(y − t) / samples."""
    return (outputs - targets) / len(outputs)


def cross_entropy(outputs: Array, targets: Array) -> Any:
    """−Σ_k t_k log y_k of probabilities y, the mean over the samples."""
    return -np.sum(targets * np.log(outputs)) / len(outputs)


def cross_entropy_gradient(outputs: Array, targets: Array) -> Array:
    """−t / y / samples."""
    return -targets / outputs / len(outputs)


def softmax_cross_entropy(scores: Array, targets: Array) -> Any:
    """−Σ_k t_k (z_k − log Σ_c e^{z_c}) of scores z, the mean over the samples."""
    shifted = scores - np.max(scores, axis=-1, keepdims=True)
    logarithms = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return -np.sum(targets * logarithms) / len(scores)


def softmax_cross_entropy_gradient(scores: Array, targets: Array) -> Array:
    """(a Σ_d t_d − t) / samples: for targets that sum to 1, a − t."""
    gradient: Array = (softmax(scores) * np.sum(targets, axis=-1, keepdims=True) - targets) / len(scores)
    return gradient


HALF_SQUARED_ERROR = Loss("half-squared-error", half_squared_error, half_squared_error_gradient)
CROSS_ENTROPY = Loss("cross-entropy", cross_entropy, cross_entropy_gradient)
SOFTMAX_CROSS_ENTROPY = Loss("softmax-cross-entropy", softmax_cross_entropy, softmax_cross_entropy_gradient)
LOSSES: Mapping[str, Loss] = {loss.name: loss for loss in (HALF_SQUARED_ERROR, CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY)}


PULLBACKS: Mapping[str, str] = {
    "identity": r"\frac{\partial L}{\partial z} = \bar a",
    "sigmoid": r"\frac{\partial L}{\partial z_{sk}} = \frac{e^{-z_{sk}}}{(1 + e^{-z_{sk}})^2} \bar{a}_{sk}",
    "tanh": r"\frac{\partial L}{\partial z_{sk}} = (1 - \tanh^2(z_{sk})) \bar{a}_{sk}",
    "relu": r"\frac{\partial L}{\partial z_{sk}} = \begin{cases} \bar{a}_{sk} & z_{sk} > 0 \\ 0 & z_{sk} \le 0 \end{cases}",
    "leaky-relu": r"\frac{\partial L}{\partial z_{sk}} ="
    r" \begin{cases} \bar{a}_{sk} & z_{sk} > 0 \\ 0.01 \bar{a}_{sk} & z_{sk} \le 0 \end{cases}",
    "elu": r"\frac{\partial L}{\partial z_{sk}} ="
    r" \begin{cases} \bar{a}_{sk} & z_{sk} > 0 \\ e^{z_{sk}} \bar{a}_{sk} & z_{sk} \le 0 \end{cases}",
    "softmax": r"\frac{\partial L}{\partial z_{sk}} = \frac{e^{z_{sk}}}{\sum_c e^{z_{sc}}}"
    r" \left(\bar{a}_{sk} - \frac{\sum_d e^{z_{sd}} \bar{a}_{sd}}{\sum_c e^{z_{sc}}}\right)",
}
BATCH = Reals(2, 3)
for activation in ACTIVATIONS.values():
    SHEET.claim(
        f"{activation.name}-pullback",
        "gradient",
        0,
        PULLBACKS[activation.name],
        origin="cited",
        primal=lambda da, z, f=activation.value: np.sum(da * f(z)),
        claimed=lambda da, z, pull=activation.pullback: pull(da, z),
        inputs={"da": BATCH, "z": BATCH},
        wrt="z",
        notation={r"\bar a": "da"},
        notes="L is any function of the result a, by its cotangent ā. At a kink the code returns the slope on the left.",
    )

PROBABILITIES = Reals(2, 3, low=0, high=1)
GRADIENTS: Mapping[str, str] = {
    "half-squared-error": r"\frac{\partial L}{\partial y_{sk}} = \frac{y_{sk} - t_{sk}}{2}",
    "cross-entropy": r"\frac{\partial L}{\partial y_{sk}} = -\frac{t_{sk}}{2 y_{sk}}",
    "softmax-cross-entropy": r"\frac{\partial L}{\partial y_{sk}} ="
    r" \frac{1}{2} \left(\frac{e^{y_{sk}}}{\sum_c e^{y_{sc}}} \sum_d t_{sd} - t_{sk}\right)",
}
for loss in LOSSES.values():
    SHEET.claim(
        f"{loss.name}-gradient",
        "gradient",
        0,
        GRADIENTS[loss.name],
        origin="cited",
        primal=loss.value,
        claimed=loss.gradient,
        inputs={"y": PROBABILITIES if loss is CROSS_ENTROPY else BATCH, "t": BATCH},
        wrt="y",
        notes="For two samples, whence the 2. The targets need not sum to 1.",
    )


Draw = Callable[[np.random.Generator, int, int], Array]


def xavier(rng: np.random.Generator, to: int, origin: int) -> Array:
    """Normal with the variance 2 / (to + from). X. Glorot and Y. Bengio, AISTATS 2010, equation 12."""
    return rng.normal(size=(to, origin)) * math.sqrt(2 / (to + origin))


def he(rng: np.random.Generator, to: int, origin: int) -> Array:
    """Normal with the variance 2 / from. K. He et al., ICCV 2015, equation 10."""
    return rng.normal(size=(to, origin)) * math.sqrt(2 / origin)


def large(rng: np.random.Generator, to: int, origin: int) -> Array:
    """Normal with the variance 1, whatever the width: too large, so that units saturate and gradients explode."""
    return rng.normal(size=(to, origin))


def small(rng: np.random.Generator, to: int, origin: int) -> Array:
    """Normal with the standard deviation 0.01, whatever the width: too small, so that signals and gradients vanish."""
    return 0.01 * rng.normal(size=(to, origin))


INITIALISATIONS: Mapping[str, Draw] = {"xavier": xavier, "he": he, "large": large, "small": small}
"""How the first weights are drawn, as a matrix (to, from); biases start from 0."""


def fitting(activation: Activation) -> str:
    """The initialisation that keeps signals and gradients at one size: He's for what is 0 or flat below 0, else Xavier's."""
    return "he" if activation.name in ("relu", "leaky-relu", "elu") else "xavier"


def named(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    """What is known under a name. Raises NetworkError with the names there are."""
    if name not in known:
        raise NetworkError(f"there is no {kind} {name!r}; there are {', '.join(known)}")
    return known[name]
