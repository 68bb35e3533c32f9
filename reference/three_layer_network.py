r"""Claims of the document ``three-layer-network``: N inputs, I and J ReLU units, K softmax units, cross-entropy.

Conventions of the document, kept here: w_in leads from input n to unit i, so a weight matrix is (to, from) and a
layer is z = W a + b; E = −Σ_k t_k log a_k. The layers that the document numbers L−2, L−1, L have W1: (I, N),
W2: (J, I), W3: (K, J). The document does not say that the target t sums to 1, so nothing here takes it for granted.

A function whose name ends in ``_as_printed`` computes a formula that is wrong in print, and is wrong in the same way;
all other functions are right. The claims follow the functions that they speak of, in the order of the document.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.claim import Assumption, Reading, Record, Sheet, Step
from gradcheck.domains import Reals, Simplex

Array = np.ndarray[Any, np.dtype[Any]]

SHEET = Sheet("three-layer-network", "001_2b3cbc678bcf34d1.txt", "A network with two hidden layers")

N, I, J, K = 5, 4, 2, 3  # noqa: E741 - the document's letters; all different, so that no transposition can hide


class Layers(NamedTuple):
    """What the forward pass leaves for the backward pass: pre-activations z and activations a, layer by layer."""

    z1: Array
    a1: Array
    z2: Array
    a2: Array
    z3: Array
    a3: Array


class Gradients(NamedTuple):
    """∂E/∂ of every parameter, each of the parameter's own shape."""

    W1: Array
    b1: Array
    W2: Array
    b2: Array
    W3: Array
    b3: Array


def affine(W: Array, a: Array, b: Array) -> Array:
    """z = W a + b: (to, from), (from,), (to,) → (to,)."""
    return W @ a + b


def affine_entry_by_entry(W: Array, a: Array, b: Array) -> Array:
    """z_k = Σ_j W_kj a_j + b_k, as the double index prescribes: (to, from), (from,), (to,) → (to,)."""
    to, origin = W.shape
    return np.stack([sum(W[k, j] * a[j] for j in range(origin)) + b[k] for k in range(to)])


def relu(z: Array) -> Array:
    """max(0, z), any shape."""
    return np.maximum(0, z)


def relu_by_absolute_value(z: Array) -> Array:
    """(z + |z|) / 2, any shape: the same function from another formula, to compare with."""
    return (z + np.abs(z)) / 2


def softmax(z: Array) -> Array:
    """a_k = e^{z_k} / Σ_c e^{z_c}: (K,) → (K,)."""
    e = np.exp(z)
    shares: Array = e / np.sum(e)
    return shares


def softmax_by_logarithm(z: Array) -> Array:
    """e^{z_k − log Σ_c e^{z_c}}: (K,) → (K,), the same function from another formula, to compare with."""
    shares: Array = np.exp(z - np.log(np.sum(np.exp(z))))
    return shares


def softmax_jacobian(z: Array) -> Array:
    """∂a_c/∂z_k = a_c (1_{c=k} − a_k), row c and column k: (K,) → (K, K)."""
    a = softmax(z)
    jacobian: Array = np.diag(a) - np.outer(a, a)
    return jacobian


def cross_entropy(z: Array, t: Array) -> Any:
    """E = −Σ_k t_k log softmax(z)_k: (K,), (K,) → number."""
    return -np.sum(t * np.log(softmax(z)))


def output_delta(z: Array, t: Array) -> Array:
    """∂E/∂z = softmax(z) Σ_d t_d − t: (K,), (K,) → (K,)."""
    delta: Array = softmax(z) * np.sum(t) - t
    return delta


def forward(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array) -> Layers:
    """All pre-activations and activations for one input x: (N,); the last of them, a3: (K,), is the prediction."""
    z1 = affine(W1, x, b1)
    a1 = relu(z1)
    z2 = affine(W2, a1, b2)
    a2 = relu(z2)
    z3 = affine(W3, a2, b3)
    return Layers(z1, a1, z2, a2, z3, softmax(z3))


def backward(layers: Layers, x: Array, W2: Array, W3: Array, t: Array) -> Gradients:
    """∂E/∂ of all parameters from what `forward` left and the target t: (K,).

    δ is ∂E/∂z of a layer. It goes one layer down by δ ← (Wᵀ δ) ⊙ relu′(z): Wᵀ is the sum over all units above. From δ,
    ∂E/∂W is the column δ times the row of the layer's inputs, and ∂E/∂b is δ itself. relu′(0) is taken as 0.
    """
    delta3 = output_delta(layers.z3, t)
    delta2 = (W3.T @ delta3) * np.where(layers.z2 > 0, 1.0, 0.0)
    delta1 = (W2.T @ delta2) * np.where(layers.z1 > 0, 1.0, 0.0)
    return Gradients(
        np.outer(delta1, x), delta1, np.outer(delta2, layers.a1), delta2, np.outer(delta3, layers.a2), delta3
    )


def network_loss(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, t: Array) -> Any:
    """E of the whole network for one input and its target, a number."""
    return cross_entropy(forward(x, W1, b1, W2, b2, W3, b3).z3, t)


def network_gradients(
    x: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, t: Array
) -> Gradients:
    """One forward and one backward pass."""
    return backward(forward(x, W1, b1, W2, b2, W3, b3), x, W2, W3, t)


def prediction(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array) -> Array:
    """The network as a function of its input and parameters: a3, (K,)."""
    return forward(x, W1, b1, W2, b2, W3, b3).a3


def network_entry_by_entry(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array) -> Array:
    """The prediction (K,) from sums over single weights, with ReLU and softmax written by other formulas than above."""
    z1 = affine_entry_by_entry(W1, x, b1)
    z2 = affine_entry_by_entry(W2, relu_by_absolute_value(z1), b2)
    z3 = affine_entry_by_entry(W3, relu_by_absolute_value(z2), b3)
    return softmax_by_logarithm(z3)


PARAMETERS = {
    "x": Reals(N),
    "W1": Reals(I, N),
    "b1": Reals(I),
    "W2": Reals(J, I),
    "b2": Reals(J),
    "W3": Reals(K, J),
    "b3": Reals(K),
}

SHEET.claim(
    "output-layer-has-n-units",
    "structure",
    27,
    "The output layer has N units.",
    origin="sentence",
    primal=prediction,
    claimed=lambda x, W1, b1, W2, b2, W3, b3: (N, N),
    inputs=PARAMETERS,
    wrt="x",
    structure="shape",
    recorded=Record("fails", "N is the number of inputs; the output layer has K units, as line 28 says"),
    notes="Checked as the number of rows of ∂a^L/∂x, one for each output.",
)
SHEET.claim(
    "output-layer-has-k-units",
    "structure",
    27,
    r"\frac{\partial a^{L}}{\partial x} \in \mathbb{R}^{K \times N}",
    origin="correction",
    corrects="output-layer-has-n-units",
    primal=prediction,
    claimed=lambda x, W1, b1, W2, b2, W3, b3: (K, N),
    inputs=PARAMETERS,
    wrt="x",
    structure="shape",
)
SHEET.claim(
    "network-forward",
    "equality",
    30,
    "Each unit receives all activations of the layer before; two ReLU layers, then softmax.",
    origin="sentence",
    primal=network_entry_by_entry,
    claimed=prediction,
    inputs=PARAMETERS,
)
SHEET.claim(
    "first-pre-activation",
    "equality",
    33,
    r"z_i^{L-2} &= \sum_n^N w_{in}^{L-2} x_n + b_i",
    primal=affine,
    claimed=affine_entry_by_entry,
    notation={"w_{i,n}^{L-2}": "W1", "b_i": "b1"},
    inputs={"W1": Reals(I, N), "x": Reals(N), "b1": Reals(I)},
)
SHEET.claim(
    "first-activation",
    "equality",
    33,
    r"a_i^{L-2} &= relu(z_i^{L-2})",
    primal=relu_by_absolute_value,
    claimed=relu,
    notation={"z_i^{L-2}": "z1"},
    inputs={"z1": Reals(I)},
)
SHEET.claim(
    "first-activation-by-maximum",
    "equality",
    33,
    r"max(0, z_i^{L-2} \\",
    recorded=Record("unreadable", "the parenthesis is never closed"),
)
SHEET.claim(
    "first-activation-closed",
    "equality",
    33,
    r"a_i^{L-2} = \max(0, z_i^{L-2})",
    origin="correction",
    corrects="first-activation-by-maximum",
    primal=relu_by_absolute_value,
    claimed=relu,
    notation={"z_i^{L-2}": "z1"},
    inputs={"z1": Reals(I)},
)
SHEET.claim(
    "second-pre-activation",
    "equality",
    33,
    r"z_j^{L-1} &= \sum_i^I w_{ji}^{L-1} a_i + b_j",
    primal=affine,
    claimed=affine_entry_by_entry,
    notation={"w_{ji}^{L-1}": "W2", "a_i": "a1", "b_j": "b2"},
    inputs={"W2": Reals(J, I), "a1": Reals(I), "b2": Reals(J)},
)
SHEET.claim(
    "second-activation",
    "equality",
    33,
    r"a_j^{L-1} &= relu(z_j^{L-1})",
    primal=relu_by_absolute_value,
    claimed=relu,
    notation={"z_j^{L-1}": "z2"},
    inputs={"z2": Reals(J)},
)
SHEET.claim(
    "second-activation-by-maximum",
    "equality",
    33,
    r"max(0, z_j^{L-1} \\",
    recorded=Record("unreadable", "the parenthesis is never closed"),
)
SHEET.claim(
    "second-activation-closed",
    "equality",
    33,
    r"a_j^{L-1} = \max(0, z_j^{L-1})",
    origin="correction",
    corrects="second-activation-by-maximum",
    primal=relu_by_absolute_value,
    claimed=relu,
    notation={"z_j^{L-1}": "z2"},
    inputs={"z2": Reals(J)},
)
SHEET.claim(
    "output-pre-activation",
    "equality",
    33,
    r"z_k^{L} &= \sum_j^{J} w_{kj}^{L} a_j + b_k",
    primal=affine,
    claimed=affine_entry_by_entry,
    notation={"w_{kj}^L": "W3", "a_j": "a2", "b_k": "b3"},
    inputs={"W3": Reals(K, J), "a2": Reals(J), "b3": Reals(K)},
)
SHEET.claim(
    "softmax",
    "equality",
    33,
    r"a_k^{L} &= softmax(z_k^{L}) \\ &= \frac{e^{z_k^{L}}}{\sum_c^K e^{z_c^{L}}}",
    primal=softmax_by_logarithm,
    claimed=softmax,
    inputs={"z": Reals(K)},
)

LOGITS_AND_TARGET = {"z": Reals(K), "t": Reals(K)}
TARGET_SUMS_TO_ONE = Assumption("Σt = 1", stated=False, spaces={"t": Simplex(K)})

SHEET.claim(
    "cross-entropy-two-forms",
    "equality",
    35,
    r"E = -\sum_k^K t_k log a_k^L = -\sum_k^K t_k (z_k^L - log\sum_c^K e^{z_c^L})",
    primal=cross_entropy,
    claimed=lambda z, t: -np.sum(t * (z - np.log(np.sum(np.exp(z))))),
    inputs=LOGITS_AND_TARGET,
)


def output_layer_loss(W: Array, b: Array, a: Array, t: Array) -> Any:
    """E as a function of the output layer's weights (K, J), biases (K,), inputs (J,) and targets (K,): a number."""
    return cross_entropy(affine(W, a, b), t)


def weight_gradient(W: Array, b: Array, a: Array, t: Array) -> Array:
    """∂E/∂W_kj = (a_k Σ_d t_d − t_k) a_j, shape (K, J)."""
    return np.outer(output_delta(affine(W, a, b), t), a)


def negative_scaled_loss(W: Array, b: Array, a: Array, t: Array, rate: Array) -> Any:
    """−η E, whose gradient with respect to W is the step ΔW of gradient descent: a number."""
    return -rate * output_layer_loss(W, b, a, t)


def weight_step(W: Array, b: Array, a: Array, t: Array, rate: Array) -> Array:
    """ΔW = −η ∂E/∂W, one step of gradient descent, shape (K, J)."""
    return -rate * weight_gradient(W, b, a, t)


def error_slopes(z: Array, t: Array) -> Array:
    """∂E/∂a_c = −t_c / a_c at a = softmax(z): (K,), (K,) → (K,)."""
    return -t / softmax(z)


def single_path_step_as_printed(W: Array, b: Array, a: Array, t: Array, rate: Array) -> Array:
    """−η ∂E/∂a_k ∂a_k/∂z_k ∂z_k/∂W_kj, the path through a_k alone, though every a_c depends on z_k. Shape (K, J)."""
    z = affine(W, a, b)
    own_slopes = softmax(z) * (1 - softmax(z))  # ∂a_k/∂z_k
    return -rate * np.outer(error_slopes(z, t) * own_slopes, a)


def all_paths_step(W: Array, b: Array, a: Array, t: Array, rate: Array) -> Array:
    """−η Σ_c ∂E/∂a_c ∂a_c/∂z_k ∂z_k/∂W_kj, shape (K, J)."""
    z = affine(W, a, b)
    return -rate * np.outer(error_slopes(z, t) @ softmax_jacobian(z), a)


PRINTED_OUTPUT_LAYER = {
    "E": r"-\sum_k t_k \log a_k^L",
    "a_k^L": r"\operatorname{softmax}(z^L)_k",
    "z_k^L": r"\sum_j W_{kj} a_j^{L-1} + b_k",
    "a_j^{L-1}": "a",
    r"\eta": "rate",
}
OUTPUT_LAYER = {"W": Reals(K, J), "b": Reals(K), "a": Reals(J), "t": Reals(K)}
OUTPUT_STEP = {**OUTPUT_LAYER, "rate": Reals()}

SHEET.claim(
    "update-direction",
    "gradient",
    37,
    r"\Delta W \propto =-\frac{\partial E}{\partial W}",
    primal=negative_scaled_loss,
    claimed=(
        Reading("∝: a rate η is left out", weight_step),
        Reading("=: nothing is left out", lambda W, b, a, t, rate: -weight_gradient(W, b, a, t)),
    ),
    inputs=OUTPUT_STEP,
    wrt="W",
    recorded=Record("ambiguous", "two relation signs in a row: proportional, or equal"),
    notes="The step ΔW is compared with the gradient of −ηE with respect to W.",
)
SHEET.claim(
    "update-direction-with-rate",
    "gradient",
    37,
    r"\Delta W = -\eta \frac{\partial E}{\partial W} \propto -\frac{\partial E}{\partial W}",
    origin="correction",
    corrects="update-direction",
    primal=negative_scaled_loss,
    claimed=weight_step,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_STEP,
    wrt="W",
)
SHEET.claim(
    "output-weight-step",
    "gradient",
    39,
    r"\Delta W_{kj}^L &= -\eta \frac{\partial E}{\partial W_{kj}}",
    primal=negative_scaled_loss,
    claimed=weight_step,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_STEP,
    wrt="W",
)
SHEET.claim(
    "single-path-chain-rule",
    "gradient",
    39,
    r"-\eta \frac{\partial E}{\partial a_k^L} \frac{\partial a_k^L}{\partial z_k^L} "
    r"\frac{\partial z_k^L}{\partial W_{kj}^l}",
    primal=negative_scaled_loss,
    claimed=single_path_step_as_printed,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_STEP,
    wrt="W",
    recorded=Record("fails", "softmax couples the outputs: the sum over all outputs c is missing"),
    notes="k is free on the left, so no summation over it can be meant. The lower-case superscript l of the last "
    "factor is read as L.",
)
SHEET.claim(
    "all-paths-chain-rule",
    "gradient",
    39,
    r"-\eta \sum_c^K \frac{\partial E}{\partial a_c^L} \frac{\partial a_c^L}{\partial z_k^L}"
    r" \frac{\partial z_k^L}{\partial W_{kj}^L}",
    origin="correction",
    corrects="single-path-chain-rule",
    primal=negative_scaled_loss,
    claimed=all_paths_step,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_STEP,
    wrt="W",
)
SHEET.claim(
    "weight-gradient-through-z",
    "gradient",
    41,
    r"\frac{\partial E}{\partial W_{kj}^L} = \frac{\partial E}{\partial z_{k}^L} "
    r"\frac{\partial z_{k}^L}{\partial W_{kj}^L}",
    primal=output_layer_loss,
    claimed=weight_gradient,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="W",
    notes="W_kj enters z_k alone, so one path is all there is.",
)


def sum_over_targets(z: Array, t: Array) -> Array:
    """−Σ_d t_d (1_{d=k} − e^{z_k} / Σ_c e^{z_c}): (K,), (K,) → (K,)."""
    e = np.exp(z)
    member: Array = -np.sum(t[:, None] * (np.eye(len(z)) - (1 / np.sum(e) * e)[None, :]), axis=0)
    return member


def sum_over_targets_with_activation(z: Array, t: Array) -> Array:
    """−Σ_d t_d (1_{d=k} − a_k): (K,), (K,) → (K,)."""
    member: Array = -np.sum(t[:, None] * (np.eye(len(z)) - softmax(z)[None, :]), axis=0)
    return member


def two_sums_over_targets(z: Array, t: Array) -> Array:
    """Σ_d t_d a_k − Σ_d t_d 1_{d=k}: (K,), (K,) → (K,)."""
    member: Array = np.sum(t[:, None] * softmax(z)[None, :], axis=0) - np.sum(t[:, None] * np.eye(len(z)), axis=0)
    return member


SHEET.claim(
    "output-delta",
    "derivation",
    42,
    r"\frac{\partial E}{\partial z_{k}^L} &= - \sum_{d}^K t_d (\mathbb{1}_{d=k} - "
    r"\frac{1}{\sum_c e^{z_c^L}} e^{z_k^L}) \nonumber \\ &= - \sum_d^K t_d (\mathbb{1}_{d=k} - a_k^L) \nonumber \\ "
    r"&= \sum_d^K t_d a_k^L - \sum_d^K t_d \mathbb{1}_{d=k} \nonumber \\ &= a_k^L \sum_d^K t_d - t_k \nonumber \\ "
    r"&= a_k^L - t_k",
    primal=cross_entropy,
    notation={"a_k^L": r"\operatorname{softmax}(z^L)_k"},
    inputs=LOGITS_AND_TARGET,
    wrt="z",
    steps=(
        Step(r"\frac{\partial E}{\partial z_{k}^L}", None),
        Step(
            r"- \sum_{d}^K t_d (\mathbb{1}_{d=k} - \frac{1}{\sum_c e^{z_c^L}} e^{z_k^L})",
            sum_over_targets,
        ),
        Step(r"- \sum_d^K t_d (\mathbb{1}_{d=k} - a_k^L)", sum_over_targets_with_activation),
        Step(r"\sum_d^K t_d a_k^L - \sum_d^K t_d \mathbb{1}_{d=k}", two_sums_over_targets),
        Step(r"a_k^L \sum_d^K t_d - t_k", output_delta),
        Step(r"a_k^L - t_k", lambda z, t: softmax(z) - t),
    ),
    assumptions=(TARGET_SUMS_TO_ONE,),
    recorded=Record("conditional", "the last step drops Σt, which the document nowhere sets to 1"),
)
SHEET.claim(
    "output-delta-any-target",
    "gradient",
    42,
    r"\frac{\partial E}{\partial z_{k}^L} = a_k^L \sum_d^K t_d - t_k",
    origin="correction",
    corrects="output-delta",
    primal=cross_entropy,
    claimed=output_delta,
    notation={"a_k^L": r"\operatorname{softmax}(z^L)_k"},
    inputs=LOGITS_AND_TARGET,
    wrt="z",
)
SHEET.claim(
    "indicator",
    "jacobian",
    44,
    r"\mathbb{1}_{d=k} = \begin{cases} 1 & \quad \text{if } d=k \\ 0 & \quad \text{otherwise }. \end{cases}",
    primal=lambda z: +z,
    claimed=lambda z: np.eye(len(z)),
    inputs={"z": Reals(K)},
    wrt="z",
    notes="Used in (3) as ∂z_d/∂z_k, and checked as that.",
)


def pre_activation_by_weights(W: Array, b: Array, a: Array) -> Array:  # noqa: ARG001 - a linear map: no W in it
    """∂z_k/∂W_lj: a_j where l = k, 0 where l ≠ k, since W_lj enters z_l alone. Shape (K, K, J)."""
    return np.eye(len(b))[:, :, None] * a


def weight_gradient_as_printed(W: Array, b: Array, a: Array, t: Array) -> Array:
    """(a_k − t_k) a_j, shape (K, J): right only for Σt = 1."""
    return np.outer(softmax(affine(W, a, b)) - t, a)


def bias_gradient_as_printed(W: Array, b: Array, a: Array, t: Array) -> Array:
    """a_k − t_k, shape (K,): right only for Σt = 1."""
    return softmax(affine(W, a, b)) - t


SHEET.claim(
    "pre-activation-by-weights",
    "jacobian",
    45,
    r"\frac{\partial z_{k}^L}{\partial W_{kj}^L} = a_j^{L-1}",
    primal=lambda W, b, a: affine(W, a, b),
    claimed=pre_activation_by_weights,
    inputs={"W": Reals(K, J), "b": Reals(K), "a": Reals(J)},
    wrt="W",
    notes="Printed for the weights of unit k itself; the entries for weights of other units are 0 and checked too.",
)
SHEET.claim(
    "output-weight-gradient",
    "gradient",
    46,
    r"\frac{\partial E}{\partial W_{kj}^L} &= \frac{\partial E}{\partial z_{k}^L} "
    r"\frac{\partial z_{k}^L}{\partial W_{kj}^L} = (a_k^L - t_k) a_j^{L-1}",
    primal=output_layer_loss,
    claimed=weight_gradient_as_printed,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="W",
    assumptions=(TARGET_SUMS_TO_ONE,),
    recorded=Record("conditional", "inherits the last step of (3), which needs Σt = 1"),
)
SHEET.claim(
    "output-weight-gradient-any-target",
    "gradient",
    46,
    r"\frac{\partial E}{\partial W_{kj}^L} = \left(a_k^L \sum_d^K t_d - t_k\right) a_j^{L-1}",
    origin="correction",
    corrects="output-weight-gradient",
    primal=output_layer_loss,
    claimed=weight_gradient,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="W",
)
SHEET.claim(
    "output-bias-gradient",
    "gradient",
    47,
    r"\frac{\partial E}{\partial b_{k}^L} &= \frac{\partial E}{\partial z_{k}^L} "
    r"\frac{\partial z_{k}^L}{\partial b_{k}^L} = a_k^L - t_k",
    primal=output_layer_loss,
    claimed=bias_gradient_as_printed,
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="b",
    assumptions=(TARGET_SUMS_TO_ONE,),
    recorded=Record("conditional", "inherits the last step of (3), which needs Σt = 1"),
)
SHEET.claim(
    "output-bias-gradient-any-target",
    "gradient",
    47,
    r"\frac{\partial E}{\partial b_{k}^L} = a_k^L \sum_d^K t_d - t_k",
    origin="correction",
    corrects="output-bias-gradient",
    primal=output_layer_loss,
    claimed=lambda W, b, a, t: output_delta(affine(W, a, b), t),
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="b",
)

NETWORK = {**PARAMETERS, "t": Reals(K)}
PRINTED_NETWORK = {
    "z^{L-2}": r"W^{L-2} x + b^{L-2}",
    "W^{L-2}": "W1",
    "b^{L-2}": "b1",
    "a^{L-2}": r"\operatorname{relu}(z^{L-2})",
    "z^{L-1}": "W^{L-1} a^{L-2} + b^{L-1}",
    "W^{L-1}": "W2",
    "b^{L-1}": "b2",
    "a^{L-1}": r"\operatorname{relu}(z^{L-1})",
    "z^L": "W^L a^{L-1} + b^L",
    "W^L": "W3",
    "b^L": "b3",
    "E": r"-\sum_k t_k \log \operatorname{softmax}(z^L)_k",
    r"\delta^{L-1}": r"\frac{\partial E}{\partial z^{L-1}}",
    r"\delta^{L-2}": r"\frac{\partial E}{\partial z^{L-2}}",
}

for _parameter, _layer, _formula in (
    ("W2", "second-weight", r"\frac{\partial E}{\partial W_{ji}^{L-1}} = \delta_j^{L-1} a_i^{L-2}"),
    ("b2", "second-bias", r"\frac{\partial E}{\partial b_{j}^{L-1}} = \delta_j^{L-1}"),
    ("W1", "first-weight", r"\frac{\partial E}{\partial W_{in}^{L-2}} = \delta_i^{L-2} x_n"),
    ("b1", "first-bias", r"\frac{\partial E}{\partial b_{i}^{L-2}} = \delta_i^{L-2}"),
):
    SHEET.claim(
        f"{_layer}-gradient",
        "gradient",
        48,
        _formula,
        origin="reconstructed",
        primal=network_loss,
        claimed=lambda *inputs, parameter=_parameter: getattr(network_gradients(*inputs), parameter),
        inputs=NETWORK,
        wrt=_parameter,
        notation=PRINTED_NETWORK,
        notes="The document leaves the hidden layers to the reader. With δ for ∂E/∂z of a layer: "
        "δ_j^{L−1} = relu′(z_j) Σ_k W_kj δ_k^L and δ_i^{L−2} = relu′(z_i) Σ_j W_ji δ_j^{L−1}.",
    )
