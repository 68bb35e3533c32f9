r"""Claims of the document ``dnn-notation``: the algorithm that its prose describes, for all its formulas are lost.

The formulas were pictures; the text has gaps in their places. Each gap that an argument rests on is a claim without a
formula, which is *unreadable*; beside it stands, marked as reconstructed, what the words around the gap describe.

Conventions of the document, kept here: the input is layer 1; w_jk of layer l leads to node j of layer l from node k of
layer l − 1, so that z = W a + b with W: (to, from) needs no transpose; σ works node by node; J = ½ ‖aᴸ − y‖² for one
sample; δ = ∂J/∂z of a layer. The claims follow the functions that they speak of, in the order of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Generic, Record, Sheet
from gradcheck.domains import Reals
from reference.generic import SINE, TANH

Array = np.ndarray[Any, np.dtype[Any]]
Map = Callable[[Array], Array]

SHEET = Sheet("dnn-notation", "004_dbbe67ffc066e56e.txt", "Notation for deep networks, before convolutional ones")

ANY_SIGMA = {"sigma": (TANH, SINE)}


def lost(name: str, line: int) -> None:
    """Claim what stood in the gap at this line: nothing can be read there, so nothing can be right."""
    SHEET.claim(name, "equality", line, "", recorded=Record("unreadable", "the formula was a picture and is lost"))


def affine(W: Array, a: Array, b: Array) -> Array:
    """z = W a + b: (to, from), (from,), (to,) → (to,)."""
    return W @ a + b


def layer_node_by_node(W: Array, a: Array, b: Array, *, sigma: Map) -> Array:
    """a⁺_j = σ(Σ_k w_jk a_k + b_j) for each node j: (to, from), (from,), (to,) → (to,)."""
    to, origin = W.shape
    return np.stack([sigma(sum(W[j, k] * a[k] for k in range(origin)) + b[j]) for j in range(to)])


def layer_by_matrix(W: Array, a: Array, b: Array, *, sigma: Map) -> Array:
    """a⁺ = σ(W a + b): (to, from), (from,), (to,) → (to,)."""
    return sigma(affine(W, a, b))


def forward(x: Array, weights: Sequence[Array], biases: Sequence[Array], sigma: Map) -> tuple[list[Array], list[Array]]:
    """All activations, x first, and all pre-activations z of layers 2 to L, of one input x."""
    activations, pre_activations = [x], []
    for W, b in zip(weights, biases, strict=True):
        pre_activations.append(affine(W, activations[-1], b))
        activations.append(sigma(pre_activations[-1]))
    return activations, pre_activations


LAYER = {"W": Reals(3, 2), "a": Reals(2), "b": Reals(3)}

lost("neuron", 20)
SHEET.claim(
    "neuron-from-words",
    "equality",
    20,
    r"a = \sigma\left(\sum_i w_i x_i + b\right)",
    origin="reconstructed",
    corrects="neuron",
    primal=lambda w, x, b, *, sigma: sigma(w @ x + b),
    claimed=lambda w, x, b, *, sigma: sigma(w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + b),
    inputs={"w": Reals(3), "x": Reals(3), "b": Reals()},
    generics=ANY_SIGMA,
)
lost("neuron-in-short", 21)
lost("weight-index", 28)
lost("product-with-source-index-first", 33)
SHEET.claim(
    "source-index-first-needs-transpose",
    "equality",
    33,
    "With the index of the source node first, the matrix must be transposed: z = Wᵀa + b.",
    origin="sentence",
    primal=lambda W, a, b: np.stack([sum(W[k, j] * a[k] for k in range(2)) + b[j] for j in range(3)]),
    claimed=lambda W, a, b: W.T @ a + b,
    inputs={"W": Reals(2, 3), "a": Reals(2), "b": Reals(3)},
)
lost("product-with-target-index-first", 34)
SHEET.claim(
    "target-index-first-needs-no-transpose",
    "equality",
    33,
    "With the index of the target node first, no transpose is needed: z = Wa + b.",
    origin="sentence",
    primal=lambda W, a, b: np.stack([sum(W[j, k] * a[k] for k in range(2)) + b[j] for j in range(3)]),
    claimed=affine,
    inputs=LAYER,
)
lost("second-layer-outputs", 51)
lost("third-layer-outputs", 52)
lost("layer-output-of-one-node", 55)
lost("weight-matrix-shape", 65)
SHEET.claim(
    "weight-matrix-shape-from-words",
    "structure",
    65,
    r"\frac{\partial z^{l}}{\partial a^{l-1}} = W^{l} \in \mathbb{R}^{m \times n}",
    origin="reconstructed",
    corrects="weight-matrix-shape",
    primal=affine,
    claimed=lambda W, a, b: (3, 2),
    inputs=LAYER,
    wrt="a",
    structure="shape",
    notes="m nodes in layer l and n in the layer before.",
)
lost("layer-by-matrix", 82)
SHEET.claim(
    "layer-by-matrix-from-words",
    "equality",
    82,
    r"a^{l} = \sigma(z^{l}) = \sigma(W^{l} a^{l-1} + b^{l})",
    origin="reconstructed",
    corrects="layer-by-matrix",
    primal=layer_node_by_node,
    claimed=layer_by_matrix,
    inputs=LAYER,
    generics=ANY_SIGMA,
)

NETWORK = {"x": Reals(2), "W2": Reals(3, 2), "b2": Reals(3), "W3": Reals(4, 3), "b3": Reals(4)}
PRINTED_NETWORK = {
    "a^{l-1}": "x",
    "W^{l}": "W2",
    "b^{l}": "b2",
    "z^{l}": "W^{l} a^{l-1} + b^{l}",
    "W^{l+1}": "W3",
    "b^{l+1}": "b3",
    "z^{l+1}": r"W^{l+1} \sigma(z^{l}) + b^{l+1}",
    "J": r"\frac{1}{2} \|\sigma(z^{l+1}) - y\|^2",
    r"\delta^{l}": r"\frac{\partial J}{\partial z^{l}}",
}


def network(x: Array, W2: Array, b2: Array, W3: Array, b3: Array, *, sigma: Map) -> Array:
    """The output a³ of a network with layers 1, 2 and 3 for one input, by `forward`: (4,)."""
    return forward(x, (W2, W3), (b2, b3), sigma)[0][-1]


def network_node_by_node(x: Array, W2: Array, b2: Array, W3: Array, b3: Array, *, sigma: Map) -> Array:
    """The same from sums over single weights: (4,)."""
    return layer_node_by_node(W3, layer_node_by_node(W2, x, b2, sigma=sigma), b3, sigma=sigma)


lost("forward-loop", 94)
SHEET.claim(
    "forward-loop-from-words",
    "equality",
    94,
    r"a^{l} = \sigma(W^{l} a^{l-1} + b^{l}) \quad (l = 2, \ldots, L)",
    origin="reconstructed",
    corrects="forward-loop",
    primal=network_node_by_node,
    claimed=network,
    notation={
        "W^{l-1}": "W2",
        "b^{l-1}": "b2",
        "a^{l-1}": r"\sigma(W^{l-1} x + b^{l-1})",
        "W^{l}": "W3",
        "b^{l}": "b3",
    },
    inputs=NETWORK,
    generics=ANY_SIGMA,
    notes="With L = 3.",
)
lost("series-of-computations", 99)


def squared_error(a: Array, y: Array) -> Any:
    """J = ½ ‖a − y‖²: (n,), (n,) → number."""
    return np.sum((a - y) ** 2) / 2


def layer_error(W: Array, a: Array, b: Array, y: Array, *, sigma: Map) -> Any:
    """J of the output layer as a function of its parameters: (to, from), (from,), (to,), (to,) → number."""
    return squared_error(layer_by_matrix(W, a, b, sigma=sigma), y)


def slopes(z: Array, sigma: Generic) -> Array:
    """σ′(z), node by node: (n,) → (n,)."""
    return np.diag(sigma.derivative(z))


def output_delta(z: Array, y: Array, *, sigma: Generic) -> Array:
    """δᴸ = (aᴸ − y) ⊙ σ′(zᴸ): (n,), (n,) → (n,)."""
    delta: Array = (sigma(z) - y) * slopes(z, sigma)
    return delta


def delta_below(z: Array, W: Array, delta: Array, sigma: Generic) -> Array:
    """(Wᵀ δ) ⊙ σ′(z): δ of a layer from W and δ of the layer above, (from,), (to, from), (to,) → (from,)."""
    return (W.T @ delta) * slopes(z, sigma)


OUTPUT_LAYER = {"W": Reals(3, 2), "a": Reals(2), "b": Reals(3), "y": Reals(3)}
PRINTED_OUTPUT_LAYER = {"a^{L-1}": "a", "z^{L}": "W^{L} a^{L-1} + b^{L}", "a^{L}": r"\sigma(z^{L})"}

lost("squared-error", 102)
SHEET.claim(
    "squared-error-from-words",
    "equality",
    102,
    r"J(W, b, x, y) = \frac{1}{2} \left\|a^{L} - y\right\|_2^2",
    origin="reconstructed",
    corrects="squared-error",
    primal=lambda a, y: (a @ a + y @ y) / 2 - a @ y,
    claimed=squared_error,
    inputs={"a": Reals(3), "y": Reals(3)},
)
lost("output-layer", 111)
lost("output-layer-error", 112)
SHEET.claim(
    "output-layer-error-from-words",
    "equality",
    112,
    r"J(W, b, x, y) = \frac{1}{2} \left\|\sigma(W^{L} a^{L-1} + b^{L}) - y\right\|_2^2",
    origin="reconstructed",
    corrects="output-layer-error",
    primal=lambda W, a, b, y, *, sigma: (
        sum((layer_node_by_node(W, a, b, sigma=sigma)[j] - y[j]) ** 2 for j in range(3)) / 2
    ),
    claimed=layer_error,
    inputs=OUTPUT_LAYER,
    generics=ANY_SIGMA,
)
lost("output-layer-gradients", 114)
SHEET.claim(
    "output-weight-gradient-from-words",
    "gradient",
    114,
    r"\frac{\partial J}{\partial W^{L}} = \left[(a^{L} - y) \odot \sigma^{\prime}(z^{L})\right] (a^{L-1})^{T}",
    origin="reconstructed",
    corrects="output-layer-gradients",
    primal=layer_error,
    claimed=lambda W, a, b, y, *, sigma: np.outer(output_delta(affine(W, a, b), y, sigma=sigma), a),
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="W",
    generics=ANY_SIGMA,
)
SHEET.claim(
    "output-bias-gradient-from-words",
    "gradient",
    114,
    r"\frac{\partial J}{\partial b^{L}} = (a^{L} - y) \odot \sigma^{\prime}(z^{L})",
    origin="reconstructed",
    corrects="output-layer-gradients",
    primal=layer_error,
    claimed=lambda W, a, b, y, *, sigma: output_delta(affine(W, a, b), y, sigma=sigma),
    notation=PRINTED_OUTPUT_LAYER,
    inputs=OUTPUT_LAYER,
    wrt="b",
    generics=ANY_SIGMA,
)
lost("hadamard-product", 118)
SHEET.claim(
    "hadamard-product-from-words",
    "equality",
    118,
    r"A \odot B = (a_1 b_1, a_2 b_2, \ldots, a_n b_n)^{T}",
    origin="reconstructed",
    corrects="hadamard-product",
    primal=lambda a, b: np.diag(a) @ b,
    claimed=lambda a, b: a * b,
    inputs={"a": Reals(3), "b": Reals(3)},
    notes="For two vectors of the same dimension, as line 116 says.",
)
lost("output-delta", 122)
SHEET.claim(
    "output-delta-from-words",
    "gradient",
    122,
    r"\delta^{L} = \frac{\partial J}{\partial z^{L}} = (a^{L} - y) \odot \sigma^{\prime}(z^{L})",
    origin="reconstructed",
    corrects="output-delta",
    primal=lambda z, y, *, sigma: squared_error(sigma(z), y),
    claimed=output_delta,
    notation={"a^{L}": r"\sigma(z^{L})"},
    inputs={"z": Reals(3), "y": Reals(3)},
    wrt="z",
    generics=ANY_SIGMA,
)


def pre_activation_above(z: Array, W: Array, b: Array, *, sigma: Map) -> Array:
    """zˡ⁺¹ = W σ(zˡ) + b: (from,), (to, from), (to,) → (to,)."""
    return affine(W, sigma(z), b)


def step_up(z: Array, W: Array, sigma: Generic) -> Array:
    """∂zˡ⁺¹/∂zˡ = W diag(σ′(zˡ)): (to, from)."""
    jacobian: Array = W @ np.diag(slopes(z, sigma))
    return jacobian


def error_above(z: Array, W: Array, b: Array, y: Array, *, sigma: Map) -> Any:
    """J as a function of zˡ with one layer above, a number."""
    return squared_error(sigma(pre_activation_above(z, W, b, sigma=sigma)), y)


def delta_above(z: Array, W: Array, b: Array, y: Array, sigma: Generic) -> Array:
    """δˡ⁺¹ for that layer above, (to,)."""
    return output_delta(pre_activation_above(z, W, b, sigma=sigma), y, sigma=sigma)


def error_two_above(z: Array, W3: Array, b3: Array, W4: Array, b4: Array, y: Array, *, sigma: Map) -> Any:
    """J as a function of z² with layers 3 and 4 above, a number."""
    return error_above(pre_activation_above(z, W3, b3, sigma=sigma), W4, b4, y, sigma=sigma)


def delta_through_two_steps(z: Array, W3: Array, b3: Array, W4: Array, b4: Array, y: Array, *, sigma: Generic) -> Array:
    """(∂z⁴/∂z³ ∂z³/∂z²)ᵀ ∂J/∂z⁴, the shape of z."""
    z3 = pre_activation_above(z, W3, b3, sigma=sigma)
    steps = step_up(z3, W4, sigma) @ step_up(z, W3, sigma)
    delta: Array = steps.T @ delta_above(z3, W4, b4, y, sigma)
    return delta


PRINTED_ABOVE = {
    "z^{l}": "z",
    "W^{l+1}": "W",
    "b^{l+1}": "b",
    "a^{l}": r"\sigma(z^{l})",
    "z^{l+1}": "W^{l+1} a^{l} + b^{l+1}",
    "J": r"\frac{1}{2} \|\sigma(z^{l+1}) - y\|^2",
    r"\delta^{l+1}": r"\frac{\partial J}{\partial z^{l+1}}",
}
ABOVE: dict[str, Any] = {
    "inputs": {"z": Reals(3), "W": Reals(4, 3), "b": Reals(4), "y": Reals(4)},
    "wrt": "z",
    "generics": ANY_SIGMA,
    "notation": PRINTED_ABOVE,
}

lost("delta", 123)
SHEET.claim(
    "delta-from-words",
    "gradient",
    123,
    r"\delta^{l} = \frac{\partial J}{\partial z^{l}} = \left(\frac{\partial z^{L}}{\partial z^{L-1}}"
    r" \cdots \frac{\partial z^{l+1}}{\partial z^{l}}\right)^{T} \frac{\partial J}{\partial z^{L}}",
    origin="reconstructed",
    corrects="delta",
    primal=error_two_above,
    claimed=delta_through_two_steps,
    inputs={"z": Reals(2), "W3": Reals(3, 2), "b3": Reals(3), "W4": Reals(4, 3), "b4": Reals(4), "y": Reals(4)},
    wrt="z",
    generics=ANY_SIGMA,
    notes="With two layers above layer l.",
)
lost("pre-activation", 126)
lost("gradients-of-any-layer", 129)
SHEET.claim(
    "weight-gradient-from-words",
    "gradient",
    129,
    r"\frac{\partial J}{\partial W^{l}} = \delta^{l} (a^{l-1})^{T}",
    origin="reconstructed",
    corrects="gradients-of-any-layer",
    primal=lambda x, W2, b2, W3, b3, y, *, sigma: squared_error(network(x, W2, b2, W3, b3, sigma=sigma), y),
    claimed=lambda x, W2, b2, W3, b3, y, *, sigma: backward(x, (W2, W3), (b2, b3), y, sigma)[0][0],
    notation=PRINTED_NETWORK,
    inputs={**NETWORK, "y": Reals(4)},
    wrt="W2",
    generics=ANY_SIGMA,
    notes="For layer 2 of 3.",
)
SHEET.claim(
    "bias-gradient-from-words",
    "gradient",
    129,
    r"\frac{\partial J}{\partial b^{l}} = \delta^{l}",
    origin="reconstructed",
    corrects="gradients-of-any-layer",
    primal=lambda x, W2, b2, W3, b3, y, *, sigma: squared_error(network(x, W2, b2, W3, b3, sigma=sigma), y),
    claimed=lambda x, W2, b2, W3, b3, y, *, sigma: backward(x, (W2, W3), (b2, b3), y, sigma)[1][0],
    notation=PRINTED_NETWORK,
    inputs={**NETWORK, "y": Reals(4)},
    wrt="b2",
    generics=ANY_SIGMA,
    notes="For layer 2 of 3.",
)
lost("delta-recursion-by-jacobian", 135)
SHEET.claim(
    "delta-recursion-by-jacobian-from-words",
    "gradient",
    135,
    r"\delta^{l} = \left(\frac{\partial z^{l+1}}{\partial z^{l}}\right)^{T} \delta^{l+1}",
    origin="reconstructed",
    corrects="delta-recursion-by-jacobian",
    primal=error_above,
    claimed=lambda z, W, b, y, *, sigma: step_up(z, W, sigma).T @ delta_above(z, W, b, y, sigma),
    **ABOVE,
)
lost("pre-activation-above", 140)
SHEET.claim(
    "pre-activation-above-from-words",
    "equality",
    140,
    r"z^{l+1} = W^{l+1} a^{l} + b^{l+1} = W^{l+1} \sigma(z^{l}) + b^{l+1}",
    origin="reconstructed",
    corrects="pre-activation-above",
    primal=lambda z, W, b, *, sigma: np.stack([sum(W[j, k] * sigma(z)[k] for k in range(3)) + b[j] for j in range(4)]),
    claimed=pre_activation_above,
    inputs={"z": Reals(3), "W": Reals(4, 3), "b": Reals(4)},
    generics=ANY_SIGMA,
)
lost("step-up", 141)
SHEET.claim(
    "step-up-from-words",
    "jacobian",
    141,
    r"\frac{\partial z^{l+1}}{\partial z^{l}} = W^{l+1} \operatorname{diag}(\sigma^{\prime}(z^{l}))",
    origin="reconstructed",
    corrects="step-up",
    primal=pre_activation_above,
    claimed=lambda z, W, b, *, sigma: step_up(z, W, sigma),
    inputs={"z": Reals(3), "W": Reals(4, 3), "b": Reals(4)},
    wrt="z",
    generics=ANY_SIGMA,
)
lost("delta-recursion", 145)
SHEET.claim(
    "delta-recursion-from-words",
    "gradient",
    145,
    r"\delta^{l} = \operatorname{diag}(\sigma^{\prime}(z^{l})) (W^{l+1})^{T} \delta^{l+1}",
    origin="reconstructed",
    corrects="delta-recursion",
    primal=error_above,
    claimed=lambda z, W, b, y, *, sigma: np.diag(slopes(z, sigma)) @ W.T @ delta_above(z, W, b, y, sigma),
    notes="W is transposed, as line 143 says of the differentiation of a matrix product.",
    **ABOVE,
)
lost("delta-recursion-by-hadamard-product", 146)
SHEET.claim(
    "delta-recursion-by-hadamard-product-from-words",
    "gradient",
    146,
    r"\delta^{l} = (W^{l+1})^{T} \delta^{l+1} \odot \sigma^{\prime}(z^{l})",
    origin="reconstructed",
    corrects="delta-recursion-by-hadamard-product",
    primal=error_above,
    claimed=lambda z, W, b, y, *, sigma: delta_below(z, W, delta_above(z, W, b, y, sigma), sigma),
    notes="The matrix product comes before ⊙.",
    **ABOVE,
)


def backward(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], y: Array, sigma: Generic
) -> tuple[list[Array], list[Array]]:
    """∂J/∂W and ∂J/∂b of layers 2 to L for one sample: `forward`, then δ from the last layer down.

    ∂J/∂W of a layer is the column δ times the row of the layer's inputs, and ∂J/∂b is δ.
    """
    activations, pre_activations = forward(x, weights, biases, sigma)
    delta = output_delta(pre_activations[-1], y, sigma=sigma)
    dJ_dW, dJ_db = [np.outer(delta, activations[-2])], [delta]
    for l in reversed(range(len(weights) - 1)):  # noqa: E741 - the document's letter
        delta = delta_below(pre_activations[l], weights[l + 1], delta, sigma)
        dJ_dW.insert(0, np.outer(delta, activations[l]))
        dJ_db.insert(0, delta)
    return dJ_dW, dJ_db


def batch_change(
    X: Array, weights: Sequence[Array], biases: Sequence[Array], Y: Array, alpha: Any, sigma: Generic
) -> tuple[list[Array], list[Array]]:
    """What one iteration adds to W and b of every layer: −α Σ_i δⁱ (aⁱ)ᵀ and −α Σ_i δⁱ.

    The samples are the rows of X: (samples, in) and Y: (samples, out). The sum is not divided by their number.
    """
    per_sample = [backward(x, weights, biases, y, sigma) for x, y in zip(X, Y, strict=True)]
    W_changes = [-alpha * sum(dJ_dW[l] for dJ_dW, _ in per_sample) for l in range(len(weights))]  # noqa: E741
    b_changes = [-alpha * sum(dJ_db[l] for _, dJ_db in per_sample) for l in range(len(biases))]  # noqa: E741
    return W_changes, b_changes


def train(
    X: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    Y: Array,
    sigma: Generic,
    *,
    alpha: float,
    threshold: float,
    most_iterations: int,
) -> tuple[list[Array], list[Array], int]:
    """Batch gradient descent: the trained weights and biases, and how many iterations were made.

    It stops when every entry of every change is below the threshold, or after ``most_iterations``.
    """
    trained_W, trained_b = list(weights), list(biases)
    for iteration in range(1, most_iterations + 1):
        W_changes, b_changes = batch_change(X, trained_W, trained_b, Y, alpha, sigma)
        trained_W = [W + change for W, change in zip(trained_W, W_changes, strict=True)]
        trained_b = [b + change for b, change in zip(trained_b, b_changes, strict=True)]
        if all(np.max(np.abs(change)) < threshold for change in (*W_changes, *b_changes)):
            return trained_W, trained_b, iteration
    return trained_W, trained_b, most_iterations


def batch_error(X: Array, W2: Array, b2: Array, W3: Array, b3: Array, Y: Array, *, sigma: Map) -> Any:
    """Σ_i J of all samples, the rows of X and Y: a number."""
    return sum(squared_error(network(x, W2, b2, W3, b3, sigma=sigma), y) for x, y in zip(X, Y, strict=True))


PRINTED_BATCH = {
    "W^{l}": "W2",
    "b^{l}": "b2",
    "W^{l+1}": "W3",
    "b^{l+1}": "b3",
    "a^{i,l-1}": "X_{i}",
    "z^{i,l}": "W^{l} a^{i,l-1} + b^{l}",
    "J": r"\frac{1}{2} \|\sigma(W^{l+1} \sigma(z^{i,l}) + b^{l+1}) - Y_{i}\|^2",
    r"\delta^{i,l}": r"\frac{\partial J}{\partial z^{i,l}}",
}
BATCH: dict[str, Any] = {
    "inputs": {
        "X": Reals(2, 3),
        "W2": Reals(4, 3),
        "b2": Reals(4),
        "W3": Reals(5, 4),
        "b3": Reals(5),
        "Y": Reals(2, 5),
        "alpha": Reals(),
    },
    "generics": {"sigma": (TANH,)},
}

lost("output-delta-of-sample", 164)
lost("delta-of-sample", 165)
lost("parameter-update", 169)
SHEET.claim(
    "weight-update-from-words",
    "gradient",
    169,
    r"W^{l} = W^{l} - \alpha \sum_{i=1}^{m} \delta^{i,l} (a^{i,l-1})^{T}",
    origin="reconstructed",
    corrects="parameter-update",
    primal=lambda X, W2, b2, W3, b3, Y, alpha, *, sigma: (
        np.sum(W2 * W2) / 2 - alpha * batch_error(X, W2, b2, W3, b3, Y, sigma=sigma)
    ),
    claimed=lambda X, W2, b2, W3, b3, Y, alpha, *, sigma: (
        W2 + batch_change(X, (W2, W3), (b2, b3), Y, alpha, sigma)[0][0]
    ),
    notation=PRINTED_BATCH,
    wrt="W2",
    notes="The new W is compared with the gradient of ½‖W‖² − α Σ_i J, for layer 2 of 3.",
    **BATCH,
)
SHEET.claim(
    "bias-update-from-words",
    "gradient",
    169,
    r"b^{l} = b^{l} - \alpha \sum_{i=1}^{m} \delta^{i,l}",
    origin="reconstructed",
    corrects="parameter-update",
    primal=lambda X, W2, b2, W3, b3, Y, alpha, *, sigma: (
        np.sum(b2 * b2) / 2 - alpha * batch_error(X, W2, b2, W3, b3, Y, sigma=sigma)
    ),
    claimed=lambda X, W2, b2, W3, b3, Y, alpha, *, sigma: (
        b2 + batch_change(X, (W2, W3), (b2, b3), Y, alpha, sigma)[1][0]
    ),
    notation=PRINTED_BATCH,
    wrt="b2",
    notes="The new b is compared with the gradient of ½‖b‖² − α Σ_i J, for layer 2 of 3.",
    **BATCH,
)
SHEET.claim(
    "change-below-threshold-from-words",
    "gradient",
    170,
    r"\Delta b^{l} = -\alpha \frac{\partial}{\partial b^{l}} \sum_{i=1}^{m} J_i, \quad"
    r" \text{stop if } |\Delta W_{jk}^{l}|, |\Delta b_{j}^{l}| < \epsilon",
    origin="reconstructed",
    primal=lambda X, W2, b2, W3, b3, Y, alpha, *, sigma: -alpha * batch_error(X, W2, b2, W3, b3, Y, sigma=sigma),
    claimed=lambda X, W2, b2, W3, b3, Y, alpha, *, sigma: batch_change(X, (W2, W3), (b2, b3), Y, alpha, sigma)[1][1],
    notation={
        "W^{l-1}": "W2",
        "b^{l-1}": "b2",
        "W^{l}": "W3",
        "b^{l}": "b3",
        "J_i": r"\frac{1}{2} \|\sigma(W^{l} \sigma(W^{l-1} X_{i} + b^{l-1}) + b^{l}) - Y_{i}\|^2",
    },
    wrt="b3",
    notes="What is held against the threshold ϵ is −α times the gradient of the summed error, here for the "
    "biases of layer 3 of 3.",
    **BATCH,
)
