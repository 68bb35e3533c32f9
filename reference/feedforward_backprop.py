r"""Claims of the document ``feedforward-backprop``: backpropagation through any layers, and why sigmoids starve it.

Conventions of the document, kept here: a layer is z = W a + b and a⁺ = f(z) with a: (n,), W: (m, n), b: (m,), and its
error term is δ = ∂L/∂z, (m,). Its f is any function from ℝᵐ to ℝᵐ; f′(z) is the vector of the derivatives of each
entry with respect to itself, which is all there is to f's Jacobian only if f works entry by entry. The document never
says that it does.

In a claim, f and L are generic functions; what follows the layer in question is part of L. All names without
``as_printed`` compute what is right for elementwise and coupled f alike. The claims follow the functions that they
speak of, in the order of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Assumption, Generic, Reading, Record, Sheet, Step
from gradcheck.domains import Reals
from reference.generic import CHAINED_SINES, GATED_SOFTMAX, QUADRATIC, TANH

Array = np.ndarray[Any, np.dtype[Any]]
Map = Callable[[Array], Array]
Number = Callable[[Array], Any]

SHEET = Sheet("feedforward-backprop", "003_93b0f6ebb2e6c79f.txt", "Feed-forward networks at a glance: backpropagation")


def affine(W: Array, a: Array, b: Array) -> Array:
    """z = W a + b: (m, n), (n,), (m,) → (m,)."""
    return W @ a + b


def affine_entry_by_entry(W: Array, a: Array, b: Array) -> Array:
    """z_i = Σ_j W_ij a_j + b_i from its meaning: (m, n), (n,), (m,) → (m,)."""
    m, n = W.shape
    return np.stack([sum(W[i, j] * a[j] for j in range(n)) + b[i] for i in range(m)])


def forward(x: Array, weights: Sequence[Array], biases: Sequence[Array], f: Map) -> tuple[list[Array], list[Array]]:
    """All activations a⁽⁰⁾ = x, a⁽¹⁾, …, a⁽ᴸ⁾ and all net inputs z⁽¹⁾, …, z⁽ᴸ⁾ of a network with L layers."""
    activations, net_inputs = [x], []
    for W, b in zip(weights, biases, strict=True):
        net_inputs.append(affine(W, activations[-1], b))
        activations.append(f(net_inputs[-1]))
    return activations, net_inputs


def backward(
    activations: Sequence[Array], net_inputs: Sequence[Array], weights: Sequence[Array], dL_da: Array, jacobian: Map
) -> tuple[list[Array], list[Array]]:
    """∂L/∂W and ∂L/∂b of every layer, from what `forward` left and ∂L/∂a⁽ᴸ⁾.

    ``jacobian`` is that of f, (m,) → (m, m). From the last layer down: δ = J_f(z)ᵀ ∂L/∂a, then ∂L/∂W is the column δ
    times the row of the layer's inputs, ∂L/∂b is δ, and Wᵀ δ is ∂L/∂a of the layer below.
    """
    dL_dW: list[Array] = []
    dL_db: list[Array] = []
    for l in reversed(range(len(weights))):  # noqa: E741 - the document's letter
        delta = jacobian(net_inputs[l]).T @ dL_da
        dL_dW.insert(0, np.outer(delta, activations[l]))
        dL_db.insert(0, delta)
        dL_da = weights[l].T @ delta
    return dL_dW, dL_db


LAYER = {"W": Reals(3, 2), "a": Reals(2), "b": Reals(3)}
TWO_LAYERS = {"x": Reals(2), "W1": Reals(3, 2), "b1": Reals(3), "W2": Reals(4, 3), "b2": Reals(4)}
ANY_F = (TANH, GATED_SOFTMAX)
ANY_L = (QUADRATIC, CHAINED_SINES)

SHEET.claim(
    "layer-forward",
    "equality",
    5,
    r"\begin{array}{l}{\mathbf{z}^{(l)}=W^{(l)} \cdot \mathbf{a}^{(l-1)}+\mathbf{b}^{(l)},} \\"
    r" {\mathbf{a}^{(l)}=f_{l}\left(\mathbf{z}^{(l)}\right)}\end{array}",
    primal=lambda W, a, b, *, f: f(affine_entry_by_entry(W, a, b)),
    claimed=lambda W, a, b, *, f: f(affine(W, a, b)),
    notation={r"\mathbf{z}^{(l)}": r"W^{(l)} \mathbf{a}^{(l-1)} + \mathbf{b}^{(l)}"},
    inputs=LAYER,
    generics={"f": ANY_F},
)
SHEET.claim(
    "forward-chain",
    "equality",
    7,
    r"\mathbf{x}=\mathbf{a}^{(0)} \rightarrow \mathbf{z}^{(1)} \rightarrow \mathbf{a}^{(1)}"
    r" \rightarrow \mathbf{z}^{(2)} \rightarrow \cdots \rightarrow \mathbf{a}^{(L-1)}"
    r" \rightarrow \mathbf{z}^{(L)} \rightarrow \mathbf{a}^{(L)}",
    primal=lambda x, W1, b1, W2, b2, *, f: f(affine_entry_by_entry(W2, f(affine_entry_by_entry(W1, x, b1)), b2)),
    claimed=lambda x, W1, b1, W2, b2, *, f: forward(x, (W1, W2), (b1, b2), f)[0][-1],
    inputs=TWO_LAYERS,
    generics={"f": ANY_F},
    notes="With two layers.",
)


def layer_loss(W: Array, a: Array, b: Array, *, f: Map, L: Number) -> Any:
    """L(f(W a + b)), a number."""
    return L(f(affine(W, a, b)))


def layer_delta(W: Array, a: Array, b: Array, f: Generic, L: Generic) -> Array:
    """δ = ∂L/∂z of `layer_loss` at z = W a + b: J_f(z)ᵀ ∂L/∂a, (m,)."""
    z = affine(W, a, b)
    delta: Array = f.derivative(z).T @ L.derivative(f(z))
    return delta


def only_entry_i(a: Array, m: int) -> Array:
    """∂z/∂W in full: entry (k, i, j) is a_j if k = i and 0 otherwise; (n,) → (m, m, n)."""
    return np.eye(m)[:, :, None] * a


def every_entry(a: Array, m: int) -> Array:
    """a_j in every entry (k, i, j): (n,) → (m, m, n)."""
    return np.ones((m, m, 1)) * a


PRINTED_LAYER = {
    "W^{(l)}": "W",
    r"\mathbf{a}^{(l-1)}": "a",
    r"\mathbf{b}^{(l)}": "b",
    r"\mathbf{z}^{(l)}": r"W^{(l)} \mathbf{a}^{(l-1)} + \mathbf{b}^{(l)}",
    r"\mathcal{L}": r"L(f(\mathbf{z}^{(l)}))",
    r"\delta^{(l)}": r"\frac{\partial \mathcal{L}}{\partial \mathbf{z}^{(l)}}",
}
ANY_LAYER: dict[str, Any] = {
    "inputs": LAYER,
    "generics": {"f": ANY_F, "L": ANY_L},
    "notation": PRINTED_LAYER,
}

SHEET.claim(
    "weight-chain-rule",
    "gradient",
    18,
    r"\frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial W_{i j}^{(l)}}"
    r"=\left(\frac{\partial \mathbf{z}^{(l)}}{\partial W_{i j}^{(l)}}\right)^{\mathrm{T}}"
    r" \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{z}^{(l)}}",
    primal=layer_loss,
    claimed=lambda W, a, b, *, f, L: np.sum(only_entry_i(a, 3) * layer_delta(W, a, b, f, L)[:, None, None], axis=0),
    wrt="W",
    notes="For every i and j. ∂z/∂W_ij is a column, one entry for each of z: the numerator layout.",
    **ANY_LAYER,
)
SHEET.claim(
    "bias-chain-rule",
    "gradient",
    20,
    r"\frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{b}^{(l)}}"
    r"=\left(\frac{\partial \mathbf{z}^{(l)}}{\partial \mathbf{b}^{(l)}}\right)^{\mathrm{T}}"
    r" \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{z}^{(l)}}",
    primal=layer_loss,
    claimed=lambda W, a, b, *, f, L: np.eye(3).T @ layer_delta(W, a, b, f, L),
    wrt="b",
    **ANY_LAYER,
)
SHEET.claim(
    "net-input-by-weight",
    "jacobian",
    26,
    r"\frac{\partial \mathbf{z}^{(l)}}{\partial W_{i j}^{(l)}} = a_{j}^{(l-1)}",
    primal=affine,
    claimed=(
        Reading("a_j in the i-th entry of the vector and 0 elsewhere", lambda W, a, b: only_entry_i(a, 3)),
        Reading("a_j in every entry of the vector", lambda W, a, b: every_entry(a, 3)),
        Reading("a number for each i and j", lambda W, a, b: every_entry(a, 3)[0]),
    ),
    inputs=LAYER,
    wrt="W",
    recorded=Record("ambiguous", "a vector on the left, a number on the right, and no word on the other entries"),
    notes="For every i and j.",
)
SHEET.claim(
    "net-input-by-weight-as-vector",
    "jacobian",
    26,
    r"\frac{\partial \mathbf{z}^{(l)}}{\partial W_{i j}^{(l)}} = a_{j}^{(l-1)} \mathbf{e}_i",
    origin="correction",
    corrects="net-input-by-weight",
    primal=affine,
    claimed=lambda W, a, b: only_entry_i(a, 3),
    notation={"U": "I", r"\mathbf{e}_i": "U_{i}"},
    inputs=LAYER,
    wrt="W",
)
SHEET.claim(
    "net-input-by-bias",
    "jacobian",
    27,
    r"\frac{\partial \mathbf{z}^{(l)}}{\partial \mathbf{b}^{(l)}} = 1",
    primal=affine,
    claimed=(
        Reading("1 is the unit matrix", lambda W, a, b: np.eye(3)),
        Reading("1 is a matrix of ones", lambda W, a, b: np.ones((3, 3))),
        Reading("1 is the number", lambda W, a, b: np.ones(())),
    ),
    inputs=LAYER,
    wrt="b",
    recorded=Record("ambiguous", "a vector by a vector is a matrix: right only if 1 stands for the unit matrix"),
)
SHEET.claim(
    "net-input-by-bias-as-matrix",
    "jacobian",
    27,
    r"\frac{\partial \mathbf{z}^{(l)}}{\partial \mathbf{b}^{(l)}} = I",
    origin="correction",
    corrects="net-input-by-bias",
    primal=affine,
    claimed=lambda W, a, b: np.eye(3),
    inputs=LAYER,
    wrt="b",
)


def loss_above(z: Array, W: Array, b: Array, *, f: Map, L: Number) -> Any:
    """L as a function of z = z⁽ˡ⁾, where z⁽ˡ⁺¹⁾ = W f(z) + b: (m,), (k, m), (k,) → number."""
    return L(affine(W, f(z), b))


def delta_above(z: Array, W: Array, b: Array, f: Map, L: Generic) -> Array:
    """δ⁽ˡ⁺¹⁾ = ∂L/∂z⁽ˡ⁺¹⁾, (k,)."""
    delta: Array = L.derivative(affine(W, f(z), b))
    return delta


def own_slopes(z: Array, f: Generic) -> Array:
    """f′(z): the derivative of each entry of f with respect to the same entry of z, (m,)."""
    return np.diag(f.derivative(z))


def delta_by_jacobians(z: Array, W: Array, b: Array, *, f: Generic, L: Generic) -> Array:
    """δ⁽ˡ⁾ = J_f(z)ᵀ Wᵀ δ⁽ˡ⁺¹⁾, right for every f: (m,)."""
    delta: Array = f.derivative(z).T @ W.T @ delta_above(z, W, b, f, L)
    return delta


def delta_by_diagonal(z: Array, W: Array, b: Array, *, f: Generic, L: Generic) -> Array:
    """diag(f′(z)) Wᵀ δ⁽ˡ⁺¹⁾, right for an elementwise f: (m,)."""
    return np.diag(own_slopes(z, f)) @ W.T @ delta_above(z, W, b, f, L)


def delta_by_product(z: Array, W: Array, b: Array, *, f: Generic, L: Generic) -> Array:
    """f′(z) ⊙ (Wᵀ δ⁽ˡ⁺¹⁾), right for an elementwise f: (m,)."""
    delta: Array = own_slopes(z, f) * (W.T @ delta_above(z, W, b, f, L))
    return delta


def entrywise(a: Array, b: Array) -> Array:
    """a ⊙ b of arrays of the same shape. Raises ValueError for different shapes."""
    if a.shape != b.shape:
        raise ValueError(f"the shapes {a.shape} and {b.shape} of an entrywise product must match exactly")
    return a * b


PRINTED_ABOVE = {
    r"\mathbf{z}^{(l)}": "z",
    "W^{(l+1)}": "W",
    r"\mathbf{b}^{(l+1)}": "b",
    r"\mathbf{a}^{(l)}": r"f(\mathbf{z}^{(l)})",
    r"\mathbf{z}^{(l+1)}": r"W^{(l+1)} \mathbf{a}^{(l)} + \mathbf{b}^{(l+1)}",
    r"\mathcal{L}": r"L(\mathbf{z}^{(l+1)})",
    r"\delta^{(l+1)}": r"\frac{\partial \mathcal{L}}{\partial \mathbf{z}^{(l+1)}}",
}
ABOVE: dict[str, Any] = {
    "inputs": {"z": Reals(3), "W": Reals(4, 3), "b": Reals(4)},
    "wrt": "z",
    "generics": {"f": ANY_F, "L": ANY_L},
    "notation": PRINTED_ABOVE,
}
ELEMENTWISE = Assumption("f works entry by entry", stated=False, trait="elementwise")
GIVEN_ELEMENTWISE = Assumption("f works entry by entry", stated=True, trait="elementwise")
SOFTMAX_COUPLES = "f′(z) is all of f's Jacobian only if f works entry by entry; softmax does not"

SHEET.claim(
    "delta-shape",
    "structure",
    28,
    r"\delta^{(l)}=\frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{z}^{(l)}}"
    r" \in \mathbb{R}^{m^{(l)}}",
    primal=loss_above,
    claimed=lambda z, W, b, *, f, L: (3,),
    structure="shape",
    **ABOVE,
)
SHEET.claim(
    "delta-factors",
    "gradient",
    28,
    r"\frac{\partial \mathbf{a}^{(l)}}{\partial \mathbf{z}^{(l)}} \cdot"
    r" \frac{\partial \mathbf{z}^{(l+1)}}{\partial \mathbf{a}^{(l)}} \cdot"
    r" \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{z}^{(l+1)}}",
    primal=loss_above,
    claimed=(
        Reading("∂a/∂z has one row an entry of z (denominator layout)", delta_by_jacobians),
        Reading(
            "∂a/∂z has one row an entry of a (numerator layout), as in line 18",
            lambda z, W, b, *, f, L: f.derivative(z) @ W @ delta_above(z, W, b, f, L),
        ),
    ),
    recorded=Record("ambiguous", "the order of the factors fits the denominator layout; line 18 uses the other one"),
    **ABOVE,
)
SHEET.claim(
    "delta-factors-transposed",
    "gradient",
    28,
    r"\left(\frac{\partial \mathbf{a}^{(l)}}{\partial \mathbf{z}^{(l)}}\right)^{\mathrm{T}}"
    r" \left(\frac{\partial \mathbf{z}^{(l+1)}}{\partial \mathbf{a}^{(l)}}\right)^{\mathrm{T}}"
    r" \frac{\partial \mathcal{L}}{\partial \mathbf{z}^{(l+1)}}",
    origin="correction",
    corrects="delta-factors",
    primal=loss_above,
    claimed=delta_by_jacobians,
    notes="With the numerator layout throughout.",
    **ABOVE,
)
SHEET.claim(
    "delta",
    "derivation",
    28,
    r"\begin{aligned} \delta^{(l)} & \triangleq \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}"
    r"{\partial \mathbf{z}^{(l)}} \\ &=\frac{\partial \mathbf{a}^{(l)}}{\partial \mathbf{z}^{(l)}} \cdot"
    r" \frac{\partial \mathbf{z}^{(l+1)}}{\partial \mathbf{a}^{(l)}} \cdot"
    r" \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{z}^{(l+1)}} \\"
    r" &=\operatorname{diag}\left(f_{l}^{\prime}\left(\mathbf{z}^{(l)}\right)\right)"
    r" \cdot\left(W^{(l+1)}\right)^{\mathrm{T}} \cdot \delta^{(l+1)} \\ &=f_{l}^{\prime}\left(\mathbf{z}^{(l)}\right)"
    r" \odot\left(\left(W^{(l+1)}\right)^{\mathrm{T}} \delta^{(l+1)}\right) \end{aligned}",
    primal=loss_above,
    steps=(
        Step(
            r"\delta^{(l)} & \triangleq \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}"
            r"{\partial \mathbf{z}^{(l)}}",
            None,
        ),
        Step(
            r"\frac{\partial \mathbf{a}^{(l)}}{\partial \mathbf{z}^{(l)}} \cdot"
            r" \frac{\partial \mathbf{z}^{(l+1)}}{\partial \mathbf{a}^{(l)}} \cdot"
            r" \frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{z}^{(l+1)}}",
            delta_by_jacobians,
        ),
        Step(
            r"\operatorname{diag}\left(f_{l}^{\prime}\left(\mathbf{z}^{(l)}\right)\right) \cdot"
            r"\left(W^{(l+1)}\right)^{\mathrm{T}} \cdot \delta^{(l+1)}",
            delta_by_diagonal,
        ),
        Step(
            r"f_{l}^{\prime}\left(\mathbf{z}^{(l)}\right) \odot"
            r"\left(\left(W^{(l+1)}\right)^{\mathrm{T}} \delta^{(l+1)}\right)",
            delta_by_product,
        ),
    ),
    assumptions=(ELEMENTWISE,),
    recorded=Record("conditional", SOFTMAX_COUPLES),
    notes="The second member is read in the denominator layout; see delta-factors.",
    **ABOVE,
)
SHEET.claim(
    "delta-for-any-f",
    "gradient",
    28,
    r"\delta^{(l)} = J_{f_l}(\mathbf{z}^{(l)})^{\mathrm{T}} (W^{(l+1)})^{\mathrm{T}} \delta^{(l+1)}",
    origin="correction",
    corrects="delta",
    primal=loss_above,
    claimed=delta_by_jacobians,
    **ABOVE,
)
SHEET.claim(
    "weight-gradient",
    "gradient",
    32,
    r"\frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial W^{(l)}}"
    r"=\delta^{(l)}\left(\mathbf{a}^{(l-1)}\right)^{\mathrm{T}}",
    primal=layer_loss,
    claimed=lambda W, a, b, *, f, L: np.outer(layer_delta(W, a, b, f, L), a),
    wrt="W",
    notes="The arrow that follows only points back at the factor that was used.",
    **ANY_LAYER,
)
SHEET.claim(
    "bias-gradient",
    "gradient",
    34,
    r"\frac{\partial \mathcal{L}(\mathbf{y}, \hat{\mathbf{y}})}{\partial \mathbf{b}^{(l)}}=\delta^{(l)}",
    primal=layer_loss,
    claimed=lambda W, a, b, *, f, L: layer_delta(W, a, b, f, L),
    wrt="b",
    **ANY_LAYER,
)


def network_loss(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, *, f: Map, L: Number) -> Any:
    """L of the output of a network with two layers, a number."""
    return L(forward(x, (W1, W2), (b1, b2), f)[0][-1])


def network_gradients(
    x: Array, W1: Array, b1: Array, W2: Array, b2: Array, f: Generic, L: Generic
) -> tuple[list[Array], list[Array]]:
    """∂L/∂W and ∂L/∂b of both layers by `forward` and `backward`."""
    activations, net_inputs = forward(x, (W1, W2), (b1, b2), f)
    return backward(activations, net_inputs, (W1, W2), L.derivative(activations[-1]), f.derivative)


def three_steps(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, *, f: Generic, L: Generic) -> Array:
    """∂L/∂W⁽¹⁾ by the document's own algorithm, with line 28 for both δ: right for an elementwise f, (m, n)."""
    (_, _, y), (z1, z2) = forward(x, (W1, W2), (b1, b2), f)
    delta2 = own_slopes(z2, f) * L.derivative(y)
    delta1 = own_slopes(z1, f) * (W2.T @ delta2)
    return np.outer(delta1, x)


SHEET.claim(
    "three-steps",
    "gradient",
    36,
    "Feeding forward, taking the error terms back, and δaᵀ: these three steps give the gradient of every layer.",
    origin="sentence",
    primal=network_loss,
    claimed=three_steps,
    inputs=TWO_LAYERS,
    wrt="W1",
    generics={"f": ANY_F, "L": ANY_L},
    assumptions=(ELEMENTWISE,),
    recorded=Record("conditional", SOFTMAX_COUPLES),
    notes="Checked for the weights of the first of two layers, to which all three steps contribute.",
)
SHEET.claim(
    "three-steps-for-any-f",
    "gradient",
    36,
    r"\frac{\partial \mathcal{L}}{\partial W^{(1)}} = J_{f_1}(\mathbf{z}^{(1)})^{\mathrm{T}} (W^{(2)})^{\mathrm{T}}"
    r" J_{f_2}(\mathbf{z}^{(2)})^{\mathrm{T}} \frac{\partial \mathcal{L}}{\partial \hat{\mathbf{y}}}"
    r" \mathbf{x}^{\mathrm{T}}",
    origin="correction",
    corrects="three-steps",
    primal=network_loss,
    claimed=lambda x, W1, b1, W2, b2, *, f, L: network_gradients(x, W1, b1, W2, b2, f, L)[0][0],
    notation={
        "W^{(1)}": "W1",
        r"\mathbf{b}^{(1)}": "b1",
        r"\mathbf{z}^{(1)}": r"W^{(1)} \mathbf{x} + \mathbf{b}^{(1)}",
        "W^{(2)}": "W2",
        r"\mathbf{b}^{(2)}": "b2",
        r"\mathbf{z}^{(2)}": r"W^{(2)} f(\mathbf{z}^{(1)}) + \mathbf{b}^{(2)}",
        r"\hat{\mathbf{y}}": r"f(\mathbf{z}^{(2)})",
        r"\mathcal{L}": r"L(\hat{\mathbf{y}})",
    },
    inputs=TWO_LAYERS,
    wrt="W1",
    generics={"f": ANY_F, "L": ANY_L},
)
SHEET.claim(
    "delta-in-summary",
    "gradient",
    48,
    r"\delta^{(l)}=f_{l}^{\prime}\left(\mathbf{z}^{(l)}\right)"
    r" \odot\left(W^{(l+1)}\right)^{\mathrm{T}} \delta^{(l+1)}",
    primal=loss_above,
    claimed=(
        Reading("the matrix product before ⊙", delta_by_product),
        Reading(
            "⊙ before the matrix product, entrywise, of equal shapes",
            lambda z, W, b, *, f, L: entrywise(own_slopes(z, f)[:, None], W.T) @ delta_above(z, W, b, f, L),
        ),
        Reading(
            "⊙ before the matrix product, f′(z) repeated in every column of Wᵀ",
            lambda z, W, b, *, f, L: (own_slopes(z, f)[:, None] * W.T) @ delta_above(z, W, b, f, L),
        ),
    ),
    assumptions=(ELEMENTWISE,),
    recorded=Record("ambiguous", "without the brackets of line 28, ⊙ may come first, and then its factors do not fit"),
    notes="Also needs an f that works entry by entry, as line 28 does.",
    **ABOVE,
)
SHEET.claim(
    "delta-in-summary-with-brackets",
    "gradient",
    48,
    r"\delta^{(l)} = f_{l}^{\prime}(\mathbf{z}^{(l)}) \odot \left((W^{(l+1)})^{\mathrm{T}} \delta^{(l+1)}\right)"
    r" \quad (f_l \text{ elementwise})",
    origin="correction",
    corrects="delta-in-summary",
    primal=loss_above,
    claimed=delta_by_product,
    assumptions=(GIVEN_ELEMENTWISE,),
    **ABOVE,
)


def sigmoid(x: Any) -> Any:
    """σ(x) = 1 / (1 + e^{−x}), any shape."""
    return 1 / (1 + np.exp(-x))


def relu(x: Any) -> Any:
    """max(0, x), any shape."""
    return np.maximum(0, x)


NUMBER = {"x": Reals()}

SHEET.claim(
    "sigmoid-slope-below-one",
    "bound",
    50,
    "Derivatives of functions of the sigmoid type are below 1: the sigmoid.",
    origin="sentence",
    primal=sigmoid,
    inputs=NUMBER,
    upper=1,
    strict=True,
)
SHEET.claim(
    "tanh-slope-below-one",
    "bound",
    50,
    "Derivatives of functions of the sigmoid type are below 1: tanh.",
    origin="sentence",
    primal=np.tanh,
    inputs=NUMBER,
    upper=1,
    strict=True,
    recorded=Record("fails", "the derivative of tanh at 0 is 1"),
    notes="Line 54 counts tanh among these functions, and 1 among the values of its derivative.",
)
SHEET.claim(
    "tanh-slope-at-most-one",
    "bound",
    50,
    r"0 < \tanh^{\prime}(x) \leq 1",
    origin="correction",
    corrects="tanh-slope-below-one",
    primal=np.tanh,
    inputs=NUMBER,
    lower=0,
    upper=1,
)
SHEET.claim(
    "sigmoid-derivative",
    "derivative",
    52,
    r"\sigma^{\prime}(x)=\sigma(x)(1-\sigma(x))",
    primal=sigmoid,
    claimed=lambda x: sigmoid(x) * (1 - sigmoid(x)),
    inputs=NUMBER,
    wrt="x",
)
SHEET.claim(
    "sigmoid-derivative-range",
    "bound",
    52,
    r"\sigma^{\prime}(x)=\sigma(x)(1-\sigma(x)) \in[0,0.25]",
    primal=sigmoid,
    inputs=NUMBER,
    lower=0,
    upper=0.25,
    notes="0 is approached, never reached.",
)
SHEET.claim(
    "tanh-derivative",
    "derivative",
    54,
    r"\tanh ^{\prime}(x)=1-(\tanh (x))^{2}",
    primal=np.tanh,
    claimed=lambda x: 1 - np.tanh(x) ** 2,
    inputs=NUMBER,
    wrt="x",
)
SHEET.claim(
    "tanh-derivative-range",
    "bound",
    54,
    r"\tanh ^{\prime}(x)=1-(\tanh (x))^{2} \in[0,1]",
    primal=np.tanh,
    inputs=NUMBER,
    lower=0,
    upper=1,
    notes="0 is approached, never reached; 1 is reached at 0.",
)
SHEET.claim(
    "relu-does-not-shrink-gradients",
    "derivative",
    56,
    "ReLU is the remedy: where it is active, its derivative is 1, so that its factor does not shrink δ.",
    origin="sentence",
    primal=relu,
    claimed=np.ones_like,
    inputs={"x": Reals(low=0)},
    wrt="x",
    notes="Where it is inactive the factor is 0; the document does not mention that.",
)
