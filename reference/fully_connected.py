r"""Claims of the document ``fully-connected``: the layer, the activations and the losses, in plain NumPy.

Conventions of the document, kept here: a layer is Y = f(WᵀX + b) with X: (n,), W: (n, m), b: (m,); the derivative of a
number with respect to a vector is a *row*, so that cotangents multiply from the left, ``row @ jacobian``; the
derivative of a number with respect to a matrix has the matrix's shape.

A function whose name ends in ``_as_printed`` computes a formula that is wrong in print, and is wrong in the same way;
all other functions are right. The claims follow the functions that they speak of, in the order of the document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.claim import Assumption, Generic, Reading, Record, Sheet
from gradcheck.domains import Reals, Simplex
from reference.generic import ACTIVATIONS, LOSSES, QUADRATIC, SOFTMAX, TANH

Array = np.ndarray[Any, np.dtype[Any]]
Map = Callable[[Array], Array]

SHEET = Sheet(
    "fully-connected",
    "000_9070e21f81076793.txt",
    "Fully connected neural networks",
    {"X": "x", r"\lambda": "rate"},
)


def affine(x: Array, W: Array, b: Array) -> Array:
    """WᵀX + b: (n,), (n, m), (m,) → (m,)."""
    return W.T @ x + b


def layer_forward(x: Array, W: Array, b: Array, f: Map) -> Array:
    """Y = f(WᵀX + b): (n,), (n, m), (m,) → (m,)."""
    return f(affine(x, W, b))


def layer_backward(dL_dY: Array, x: Array, W: Array, b: Array, jacobian: Map) -> tuple[Array, Array, Array]:
    """The pullback of the layer: the row ∂L/∂Y, (m,), to (∂L/∂X, ∂L/∂W, ∂L/∂b), shapes (n,), (n, m), (m,).

    ``jacobian`` is that of the activation, (m,) → (m, m). With the row ∂L/∂z = ∂L/∂Y J_f(z) at z = WᵀX + b:
    ∂L/∂X = ∂L/∂z Wᵀ, ∂L/∂W is the column X times that row, and ∂L/∂b is the row itself.
    """
    dL_dz = dL_dY @ jacobian(affine(x, W, b))
    return dL_dz @ W.T, np.outer(x, dL_dz), dL_dz


def layer_entry_by_entry(x: Array, W: Array, b: Array, *, f: Map) -> Array:
    """The layer from its meaning: unit j receives b_j and W_ij X_i from each input i, then f maps all, → (m,)."""
    n, m = W.shape
    return f(np.stack([sum(W[i, j] * x[i] for i in range(n)) + b[j] for j in range(m)]))


def layer(x: Array, W: Array, b: Array, *, f: Map) -> Array:
    """`layer_forward` with the activation by keyword, as claims call it: (n,), (n, m), (m,) → (m,)."""
    return layer_forward(x, W, b, f)


def layer_loss(x: Array, W: Array, b: Array, *, f: Map, L: Callable[[Array], Any]) -> Any:
    """L(f(WᵀX + b)), a number."""
    return L(layer_forward(x, W, b, f))


def layer_pullback_of_loss(x: Array, W: Array, b: Array, f: Generic, L: Generic) -> tuple[Array, Array, Array]:
    """`layer_backward` applied to ∂L/∂Y at Y = f(WᵀX + b): shapes (n,), (n, m), (m,)."""
    return layer_backward(L.derivative(layer_forward(x, W, b, f)), x, W, b, f.derivative)


def three_factors(x: Array, W: Array, b: Array, *, f: Generic, L: Generic) -> Array:
    """∂L/∂Y · ∂Y/∂z · ∂z/∂X with z = WᵀX + b, as a product of Jacobians: (m,) @ (m, m) @ (m, n) → (n,).

    z is affine in X, so that column i of ∂z/∂X is the difference that a unit step in X_i makes.
    """
    z = affine(x, W, b)
    dz_dX = np.stack([affine(x + step, W, b) - z for step in np.eye(len(x))], axis=1)
    gradient: Array = L.derivative(f(z)) @ f.derivative(z) @ dz_dX
    return gradient


ANY_LAYER: dict[str, Any] = {
    "inputs": {"x": Reals(2), "W": Reals(2, 3), "b": Reals(3)},
    "generics": {"f": ACTIVATIONS, "L": LOSSES},
    "notation": {"Y": "f(W^TX+b)", "L": "L(Y)"},
}


def two_layers_loss(x: Array, W: Array, b: Array, U: Array, c: Array, *, f: Map, L: Callable[[Array], Any]) -> Any:
    """L of a layer (W, b) followed by a layer (U, c): (n,), (n, m), (m,), (m, k), (k,) → number."""
    return L(layer_forward(layer_forward(x, W, b, f), U, c, f))


def second_layer_pullback(x: Array, W: Array, b: Array, U: Array, c: Array, f: Generic, L: Generic) -> Array:
    """What the second layer's backward hands on: ∂L/∂Y of the first layer's output Y, (m,)."""
    return layer_pullback_of_loss(layer_forward(x, W, b, f), U, c, f, L)[0]


def forward_for_backward_as_printed(
    x: Array, W: Array, b: Array, U: Array, c: Array, *, f: Generic, L: Generic
) -> Array:
    """The second layer's backward, handed to the first layer's *forward*: (m,) → (n,), which needs n = m."""
    return layer_forward(second_layer_pullback(x, W, b, U, c, f, L), W, b, f)


def backward_through_two_layers(x: Array, W: Array, b: Array, U: Array, c: Array, *, f: Generic, L: Generic) -> Array:
    """The second layer's backward, handed to the first layer's backward: ∂L/∂X, (n,)."""
    return layer_backward(second_layer_pullback(x, W, b, U, c, f, L), x, W, b, f.derivative)[0]


SHEET.claim(
    "backward-into-forward",
    "gradient",
    14,
    "Going backwards, what a layer's backward returns is given to the forward of the layer before it.",
    origin="sentence",
    primal=two_layers_loss,
    claimed=forward_for_backward_as_printed,
    inputs={"x": Reals(2), "W": Reals(2, 2), "b": Reals(2), "U": Reals(2, 2), "c": Reals(2)},
    wrt="x",
    generics={"f": (TANH, SOFTMAX), "L": (QUADRATIC,)},
    recorded=Record("fails", "a cotangent must go through the backward of the layer before, not through its forward"),
    notes="All widths are equal because only then can the sentence be followed: a cotangent of m entries fits the "
    "forward of a layer with n inputs only where n = m.",
)
SHEET.claim(
    "backward-into-backward",
    "gradient",
    14,
    r"\frac{\partial L}{\partial X} = \operatorname{backward}_1\left(\operatorname{backward}_2"
    r"\left(\frac{\partial L}{\partial \hat Y}\right)\right)",
    origin="correction",
    corrects="backward-into-forward",
    primal=two_layers_loss,
    claimed=backward_through_two_layers,
    inputs={"x": Reals(2), "W": Reals(2, 3), "b": Reals(3), "U": Reals(3, 4), "c": Reals(4)},
    wrt="x",
    generics={"f": (TANH, SOFTMAX), "L": (QUADRATIC,)},
)
SHEET.claim(
    "layer-forward",
    "equality",
    20,
    r"Y=f(W^TX+b)",
    primal=layer_entry_by_entry,
    claimed=layer,
    inputs={"x": Reals(2), "W": Reals(2, 3), "b": Reals(3)},
    generics={"f": ACTIVATIONS},
)
SHEET.claim(
    "input-gradient-chain",
    "gradient",
    24,
    r"\frac{\partial L}{\partial X}&= \frac{\partial L}{\partial Y}"
    r"\frac{\partial Y}{\partial (W^TX+b)}\frac{\partial (W^TX+b)}{\partial X}",
    primal=layer_loss,
    claimed=three_factors,
    wrt="x",
    **ANY_LAYER,
)
SHEET.claim(
    "input-gradient",
    "gradient",
    24,
    r"\frac{\partial L}{\partial Y}J_f(W^TX+b)W^T",
    primal=layer_loss,
    claimed=lambda x, W, b, *, f, L: layer_pullback_of_loss(x, W, b, f, L)[0],
    wrt="x",
    **ANY_LAYER,
)


def activation(x: Array, *, f: Map) -> Array:
    """f(X): (m,) → (m,)."""
    return f(x)


def own_entry_moved(x: Array, moved: Array, i: int) -> Array:
    """X with its entry i replaced by that of ``moved``, the other entries held: (m,), (m,) → (m,)."""
    return np.where(np.arange(len(x)) == i, moved, x)


def own_entries(moved: Array, x: Array, *, f: Map) -> Array:
    """Entry i: f(X)⁽ⁱ⁾ when X⁽ⁱ⁾ alone moves, (m,), (m,) → (m,). Its derivative is the diagonal of J_f."""
    return np.stack([f(own_entry_moved(x, moved, i))[i] for i in range(len(x))])


def own_entry_slopes(moved: Array, x: Array, *, f: Generic) -> Array:
    """Entry i: J_f(i; i) where X⁽ⁱ⁾ alone has moved, (m,), (m,) → (m,)."""
    return np.stack([f.derivative(own_entry_moved(x, moved, i))[i, i] for i in range(len(x))])


SHEET.claim(
    "jacobian-is-diagonal",
    "structure",
    26,
    "Because f(X)⁽ⁱ⁾ depends on X⁽ⁱ⁾ alone, J_f is a diagonal matrix.",
    origin="sentence",
    primal=activation,
    inputs={"x": Reals(3)},
    wrt="x",
    generics={"f": ACTIVATIONS},
    structure="diagonal",
    assumptions=(Assumption("f acts on each entry by itself", stated=False, trait="elementwise"),),
    recorded=Record("conditional", "false for Softmax, which the document lists among its activations"),
    notes="The document asserts that f(X)⁽ⁱ⁾ depends on X⁽ⁱ⁾ alone as a fact about every activation f: ℝᵐ → ℝᵐ; it "
    "does not restrict itself to such f, and lists Softmax. The premise is therefore counted as an unstated condition. "
    "The backward formulas of lines 24 and 34 do not need it.",
)
SHEET.claim(
    "jacobian-is-diagonal-if-elementwise",
    "structure",
    26,
    r"f(X)^{(i)} = g(X^{(i)}) \ \text{for all } i \;\Rightarrow\; J_f \text{ is diagonal}",
    origin="correction",
    corrects="jacobian-is-diagonal",
    primal=activation,
    inputs={"x": Reals(3)},
    wrt="x",
    generics={"f": ACTIVATIONS},
    structure="diagonal",
    assumptions=(Assumption("f acts on each entry by itself", stated=True, trait="elementwise"),),
)
SHEET.claim(
    "jacobian-diagonal-entries",
    "derivative",
    26,
    r"J_f(i;i) = \frac{\partial f}{\partial X^{(i)}}",
    primal=own_entries,
    claimed=own_entry_slopes,
    inputs={"moved": Reals(3), "x": Reals(3)},
    wrt="moved",
    generics={"f": ACTIVATIONS},
    notes="Read with f's own component i, as the equation of a number requires: J_f(i;i) = ∂f⁽ⁱ⁾/∂X⁽ⁱ⁾. So read, it "
    "is true of coupled f too.",
)
SHEET.claim(
    "jacobian-shape",
    "structure",
    28,
    "The Jacobian matrix of a function from ℝⁿ to ℝᵐ lies in ℝ^{n×m}.",
    origin="sentence",
    primal=layer,
    claimed=lambda x, W, b, *, f: W.shape,
    inputs={"x": Reals(2), "W": Reals(2, 3), "b": Reals(3)},
    wrt="x",
    generics={"f": ACTIVATIONS},
    structure="shape",
    recorded=Record("fails", "the products of lines 24 and 34 need outputs × inputs, that is m × n"),
    notes="With row-vector derivatives, which the same line demands, and with the factor Wᵀ of line 24 the Jacobian is "
    "m × n; and for m = 1 the sentence would make the derivative of a number a column.",
)
SHEET.claim(
    "jacobian-shape-outputs-by-inputs",
    "structure",
    28,
    r"f: \mathbb{R}^n \to \mathbb{R}^m \;\Rightarrow\; J_f \in \mathbb{R}^{m\times n}",
    origin="correction",
    corrects="jacobian-shape",
    primal=layer,
    claimed=lambda x, W, b, *, f: W.T.shape,
    inputs={"x": Reals(2), "W": Reals(2, 3), "b": Reals(3)},
    wrt="x",
    generics={"f": ACTIVATIONS},
    structure="shape",
)
SHEET.claim(
    "number-by-vector-is-a-row",
    "structure",
    28,
    "The derivative of a number with respect to a vector, ∂L/∂Y, is a row vector.",
    origin="sentence",
    primal=lambda y, *, L: np.reshape(L(y), (1,)),
    claimed=lambda y, *, L: (1, len(y)),
    inputs={"y": Reals(3)},
    wrt="y",
    generics={"L": LOSSES},
    structure="shape",
)
SHEET.claim(
    "number-by-matrix-has-its-shape",
    "structure",
    28,
    "The derivative of a number with respect to a matrix, ∂L/∂W, has the shape of the matrix.",
    origin="sentence",
    primal=layer_loss,
    claimed=lambda x, W, b, *, f, L: W.shape,
    wrt="W",
    structure="shape",
    **ANY_LAYER,
)
SHEET.claim(
    "weight-gradient",
    "gradient",
    34,
    r"\frac{\partial L}{\partial W} &= X\frac{\partial L}{\partial Y}J_f(W^TX+b)",
    primal=layer_loss,
    claimed=lambda x, W, b, *, f, L: layer_pullback_of_loss(x, W, b, f, L)[1],
    wrt="W",
    **ANY_LAYER,
)
SHEET.claim(
    "bias-gradient",
    "gradient",
    34,
    r"\frac{\partial L}{\partial b} &= \frac{\partial L}{\partial Y}J_f(W^TX+b)",
    primal=layer_loss,
    claimed=lambda x, W, b, *, f, L: layer_pullback_of_loss(x, W, b, f, L)[2],
    wrt="b",
    **ANY_LAYER,
)


def softmax(x: Array) -> Array:
    """e^{X_i} / Σ_j e^{X_j}, (m,) → (m,)."""
    e = np.exp(x)
    shares: Array = e / np.sum(e)
    return shares


def softmax_jacobian(x: Array) -> Array:
    """(e^{X_i} Σ − (e^{X_i})²) / Σ² on the diagonal, −e^{X_i} e^{X_j} / Σ² off it, with Σ = Σ_k e^{X_k}: (m, m)."""
    e = np.exp(x)
    total = np.sum(e)
    return np.where(np.eye(len(x), dtype=bool), np.diag((e * total - e * e) / total**2), -np.outer(e, e) / total**2)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^{−X_i}), (m,) → (m,)."""
    return 1 / (1 + np.exp(-x))


def sigmoid_jacobian(x: Array) -> Array:
    """e^{−X_i} / (1 + e^{−X_i})² on the diagonal, 0 off it: (m,) → (m, m)."""
    return np.diag(np.exp(-x) / (1 + np.exp(-x)) ** 2)


def tanh_jacobian(x: Array) -> Array:
    """1 − tanh²(X_i) on the diagonal, 0 off it: (m,) → (m, m)."""
    return np.diag(1 - np.tanh(x) ** 2)


def relu(x: Array) -> Array:
    """max(X_i, 0), (m,) → (m,)."""
    return np.maximum(x, 0)


def positive_diagonal(x: Array) -> Array:
    """The case that three Jacobians of the document single out, i = j and X_i > 0: a boolean (m, m)."""
    return np.eye(len(x), dtype=bool) & (x > 0)[:, None]


def relu_jacobian(x: Array) -> Array:
    """1 where i = j and X_i > 0, else 0: (m,) → (m, m)."""
    return np.where(positive_diagonal(x), 1.0, 0.0)


def leaky_relu(x: Array, alpha: Array | float) -> Array:
    """max(X_i, α X_i), (m,), () → (m,). X_i for X_i > 0 and α X_i for X_i < 0 only as long as α ≤ 1."""
    larger: Array = np.maximum(x, alpha * x)
    return larger


def leaky_relu_jacobian_as_printed(x: Array, alpha: Array | float) -> Array:
    """1 where i = j and X_i > 0, and α in *every* other place, off the diagonal too: (m,), () → (m, m)."""
    return np.where(positive_diagonal(x), 1.0, alpha)


def leaky_relu_jacobian(x: Array, alpha: Array | float) -> Array:
    """1 or α on the diagonal, whichever argument of the maximum is the larger, 0 off it: (m,), () → (m, m)."""
    return np.diag(np.where(x > alpha * x, 1.0, alpha))


def elu(x: Array) -> Array:
    """X_i where X_i > 0, else e^{X_i} − 1: (m,) → (m,)."""
    return np.where(x > 0, x, np.exp(x) - 1)


def elu_jacobian_as_printed(x: Array) -> Array:
    """1 where i = j and X_i > 0, else 0, as if the negative side were flat: (m,) → (m, m)."""
    return np.where(positive_diagonal(x), 1.0, 0.0)


def elu_jacobian(x: Array) -> Array:
    """1 where X_i > 0 and e^{X_i} elsewhere on the diagonal, 0 off it: (m,) → (m, m)."""
    return np.diag(np.where(x > 0, 1.0, np.exp(x)))


VECTOR = {"x": Reals(3)}
SLOPED = {"x": Reals(3), "alpha": Reals(low=-3, high=3)}
NOT_ABOVE_ONE = {"alpha": Reals(low=-3, high=1)}

SHEET.claim(
    "softmax",
    "equality",
    40,
    r"\operatorname{Softmax}(X)_{i}&=\frac{e^{X_{i}}}{\sum_j{e^{X_{j}}}}",
    primal=lambda x: np.exp(x - np.log(np.sum(np.exp(x)))),
    claimed=softmax,
    inputs=VECTOR,
)
SHEET.claim(
    "softmax-jacobian",
    "jacobian",
    40,
    r"J_{i,j} &= \left\{ \begin{aligned} &\frac{e^{X_i}\sum - (e^{X_i})^2}{(\sum)^2} &, i=j \\ "
    r"&\frac{-e^{X_i}e^{X_j}}{(\sum)^2} &, i \ne j \end{aligned} \right.",
    primal=softmax,
    claimed=softmax_jacobian,
    notation={r"\sum": r"\sum_k e^{X_k}"},
    inputs=VECTOR,
    wrt="x",
    notes="The bare Σ is read as the denominator of Softmax, the sum of all e^{X_k}.",
)
SHEET.claim(
    "sigmoid",
    "equality",
    44,
    r"\operatorname{Sigmoid}(X)_{i}&=\frac{1}{1+e^{-X_i}}",
    primal=lambda x: (1 + np.tanh(x / 2)) / 2,
    claimed=sigmoid,
    inputs=VECTOR,
)
SHEET.claim(
    "sigmoid-jacobian",
    "jacobian",
    44,
    r"J_{i,j} &= \left\{ \begin{aligned} &\frac{e^{-X_i}}{(1 + e^{-X_i})^2} &, i=j \\ "
    r"&0 &, i \ne j \end{aligned} \right.",
    primal=sigmoid,
    claimed=sigmoid_jacobian,
    inputs=VECTOR,
    wrt="x",
)
SHEET.claim(
    "tanh",
    "equality",
    48,
    r"\tanh(X)_{i}&=\tanh(X_i)",
    primal=lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    claimed=np.tanh,
    inputs=VECTOR,
)
SHEET.claim(
    "tanh-jacobian",
    "jacobian",
    48,
    r"J_{i,j} &= \left\{ \begin{aligned} &1-\tanh^2(X_i) &, i=j \\ &0 &, i \ne j \end{aligned} \right.",
    primal=np.tanh,
    claimed=tanh_jacobian,
    inputs=VECTOR,
    wrt="x",
)
SHEET.claim(
    "relu",
    "equality",
    52,
    r"\operatorname{ReLU}(X)_{i}&=\max(X_i,0)",
    primal=lambda x: (x + np.abs(x)) / 2,
    claimed=relu,
    inputs=VECTOR,
)
SHEET.claim(
    "relu-jacobian",
    "jacobian",
    52,
    r"J_{i,j} &= \left\{ \begin{aligned} &1 ,& i=j,X_i > 0 \\ &0 ,& \text{otherwise.} \\ \end{aligned} \right.",
    primal=relu,
    claimed=relu_jacobian,
    inputs=VECTOR,
    wrt="x",
)
SHEET.claim(
    "leaky-relu",
    "equality",
    56,
    r"\operatorname{LeakyReLU}(X)_{i}&=\max(X_i,\alpha X_i)",
    primal=lambda x, alpha: np.where(x > 0, x, alpha * x),
    claimed=leaky_relu,
    inputs=SLOPED,
    assumptions=(Assumption("α ≤ 1", stated=False, spaces=NOT_ABOVE_ONE),),
    recorded=Record("conditional", "for α > 1 the maximum picks the other branch on both sides of 0"),
    notes="Compared with the leaky ReLU by its meaning: the identity where X_i > 0, slope α elsewhere.",
)
SHEET.claim(
    "leaky-relu-by-cases",
    "equality",
    56,
    r"\operatorname{LeakyReLU}(X)_i = \begin{cases} X_i, & X_i > 0 \\ \alpha X_i, & X_i \le 0 \end{cases}"
    r" \ = \max(X_i, 0) + \alpha \min(X_i, 0)",
    origin="correction",
    corrects="leaky-relu",
    primal=lambda x, alpha: np.where(x > 0, x, alpha * x),
    claimed=lambda x, alpha: np.maximum(x, 0) + alpha * np.minimum(x, 0),
    inputs=SLOPED,
)
SHEET.claim(
    "leaky-relu-jacobian",
    "jacobian",
    56,
    r"J_{i,j} &= \left\{ \begin{aligned} &1 ,& i=j,X_i > 0 \\ &\alpha ,& \text{otherwise.} \\ \end{aligned} \right.",
    primal=leaky_relu,
    claimed=leaky_relu_jacobian_as_printed,
    inputs=SLOPED,
    wrt="x",
    assumptions=(Assumption("α ≤ 1", stated=False, spaces=NOT_ABOVE_ONE),),
    recorded=Record("fails", "the case otherwise puts α off the diagonal, where the derivative is 0"),
    notes="A second fault, on the diagonal alone, is the claim leaky-relu-slope.",
)
SHEET.claim(
    "leaky-relu-jacobian-diagonal",
    "jacobian",
    56,
    r"J_{i,j} = \begin{cases} 1, & i=j,\ X_i > \alpha X_i \\ \alpha, & i=j,\ X_i \le \alpha X_i \\ "
    r"0, & i \ne j \end{cases}",
    origin="correction",
    corrects="leaky-relu-jacobian",
    primal=leaky_relu,
    claimed=leaky_relu_jacobian,
    inputs=SLOPED,
    wrt="x",
)
SHEET.claim(
    "leaky-relu-slope",
    "derivative",
    56,
    r"&1 ,& i=j,X_i > 0 \\ &\alpha ,& \text{otherwise.}",
    primal=leaky_relu,
    claimed=lambda x, alpha: np.where(x > 0, 1.0, alpha),
    inputs=SLOPED,
    wrt="x",
    assumptions=(Assumption("α ≤ 1", stated=False, spaces=NOT_ABOVE_ONE),),
    recorded=Record("conditional", "for α > 1 the slope of max(X, αX) is α where X > 0 and 1 where X < 0"),
    notes="The two cases read for i = j alone, so that the fault off the diagonal does not hide this one.",
)
SHEET.claim(
    "leaky-relu-slope-any-alpha",
    "derivative",
    56,
    r"\frac{d}{dx}\max(x, \alpha x) = \begin{cases} 1, & x > \alpha x \\ \alpha, & x \le \alpha x \end{cases}",
    origin="correction",
    corrects="leaky-relu-slope",
    primal=leaky_relu,
    claimed=lambda x, alpha: np.where(x > alpha * x, 1.0, alpha),
    inputs=SLOPED,
    wrt="x",
)
SHEET.claim(
    "elu",
    "equality",
    60,
    r"\operatorname{ELU}(X)_{i}&=\left\{ \begin{aligned} &X_i, &X_i>0\\ &e^{X_i}-1, &X_i \le 0 \end{aligned} \right.",
    primal=lambda x: np.maximum(x, 0) + np.exp(np.minimum(x, 0)) - 1,
    claimed=elu,
    inputs=VECTOR,
)
SHEET.claim(
    "elu-jacobian",
    "jacobian",
    60,
    r"J_{i,j} &= \left\{ \begin{aligned} &1 ,& i=j,X_i > 0 \\ &0 ,& \text{otherwise.} \\ \end{aligned} \right.",
    primal=elu,
    claimed=elu_jacobian_as_printed,
    inputs=VECTOR,
    wrt="x",
    recorded=Record("fails", "the derivative of e^x − 1 is e^x where X_i ≤ 0, not 0"),
)
SHEET.claim(
    "elu-jacobian-with-exponential",
    "jacobian",
    60,
    r"J_{i,j} = \begin{cases} 1, & i=j,\ X_i > 0 \\ e^{X_i}, & i=j,\ X_i \le 0 \\ 0, & i \ne j \end{cases}",
    origin="correction",
    corrects="elu-jacobian",
    primal=elu,
    claimed=elu_jacobian,
    inputs=VECTOR,
    wrt="x",
)


def cross_entropy(prediction: Array, target: Array) -> Any:
    """L = −Σ_i Y_i log Ŷ_i: (k,), (k,) → number, for Ŷ_i > 0."""
    return -np.sum(target * np.log(prediction))


def cross_entropy_gradient(prediction: Array, target: Array) -> Array:
    """∂L/∂Ŷ_i = −Y_i / Ŷ_i: (k,), (k,) → (k,)."""
    return -target / prediction


def softmax_cross_entropy(x: Array, target: Array) -> Any:
    """−Σ_i Y_i log Softmax(X)_i: (k,), (k,) → number."""
    return cross_entropy(softmax(x), target)


def softmax_cross_entropy_gradient(x: Array, target: Array) -> Array:
    """∂L/∂X = (Σ_i Y_i) Ŷ − Y with Ŷ = Softmax(X): (k,), (k,) → (k,). For Σ Y = 1 it is Ŷ − Y."""
    gradient: Array = np.sum(target) * softmax(x) - target
    return gradient


NORMALISED = "ΣY = ΣŶ = 1"
LOGITS_AND_TARGET = {"x": Reals(3), "target": Reals(3)}
TARGET_SUMS_TO_ONE = Assumption(NORMALISED, stated=True, spaces={"target": Simplex(3)})

SHEET.claim(
    "cross-entropy",
    "equality",
    70,
    r"L(\hat Y, Y) &= -\sum_i Y_i \log \hat Y_i",
    primal=lambda prediction, target: np.sum(target * np.log(target / prediction)) - np.sum(target * np.log(target)),
    claimed=cross_entropy,
    notation={"Y": "target", r"\hat Y": "prediction"},
    inputs={"prediction": Reals(3, low=0), "target": Reals(3, low=0)},
    assumptions=(Assumption(NORMALISED, stated=True, spaces={"prediction": Simplex(3), "target": Simplex(3)}),),
    notes="Compared with its meaning in information theory: the divergence of Ŷ from Y plus the entropy of Y.",
)
SHEET.claim(
    "cross-entropy-gradient",
    "gradient",
    70,
    r"\frac{\partial L}{\partial \hat Y_i} &= -\frac{Y_i}{\hat Y_i}",
    primal=cross_entropy,
    claimed=cross_entropy_gradient,
    notation={"Y": "target", r"\hat Y": "prediction"},
    inputs={"prediction": Reals(3, low=0), "target": Reals(3)},
    wrt="prediction",
    notes="Checked without the document's ΣY = ΣŶ = 1, which it does not need.",
)
SHEET.claim(
    "softmax-cross-entropy-shortcut",
    "gradient",
    74,
    r"\frac{\partial L}{\partial \hat Y} J_{\operatorname{Softmax}}=(Y - \hat Y)^T",
    primal=softmax_cross_entropy,
    claimed=lambda x, target: target - softmax(x),
    notation={"Y": "target", r"\hat Y": r"\operatorname{softmax}(X)"},
    inputs=LOGITS_AND_TARGET,
    wrt="x",
    assumptions=(TARGET_SUMS_TO_ONE,),
    recorded=Record("fails", "the sign is reversed: it is Ŷ − Y"),
)
SHEET.claim(
    "softmax-cross-entropy-shortcut-sign",
    "gradient",
    74,
    r"\frac{\partial L}{\partial \hat Y} J_{\operatorname{Softmax}} = (\hat Y - Y)^T",
    origin="correction",
    corrects="softmax-cross-entropy-shortcut",
    primal=softmax_cross_entropy,
    claimed=lambda x, target: softmax(x) - target,
    notation={"Y": "target", r"\hat Y": r"\operatorname{softmax}(X)"},
    inputs=LOGITS_AND_TARGET,
    wrt="x",
    assumptions=(TARGET_SUMS_TO_ONE,),
)
SHEET.claim(
    "softmax-cross-entropy-any-target",
    "gradient",
    74,
    r"\frac{\partial L}{\partial \hat Y} J_{\operatorname{Softmax}} = \left(\hat Y \sum_i Y_i - Y\right)^T",
    origin="correction",
    corrects="softmax-cross-entropy-shortcut",
    primal=softmax_cross_entropy,
    claimed=softmax_cross_entropy_gradient,
    notation={"Y": "target", r"\hat Y": r"\operatorname{softmax}(X)"},
    inputs=LOGITS_AND_TARGET,
    wrt="x",
    notes="The same without ΣY = 1, for targets that are not normalised.",
)


def l0(x: Array) -> Array:
    """[x ≠ 0]: 1 where x differs from 0, else 0, any shape."""
    return np.where(x != 0, 1.0, 0.0)


def l1(x: Array) -> Array:
    """|x|, any shape."""
    return np.abs(x)


def l2(x: Array) -> Array:
    """x², any shape. A regulariser sums it over all entries."""
    return x**2


def regularised(loss: Any, rate: Array, W: Array, b: Array) -> Any:
    """L + λ (Σ L₂(W) + Σ L₂(b)): the penalty weighs all parameters with the same λ. (), (), (n, m), (m,) → number."""
    return loss + rate * (np.sum(l2(W)) + np.sum(l2(b)))


def regularised_layer_loss(x: Array, W: Array, b: Array, rate: Array, *, L: Callable[[Array], Any]) -> Any:
    """The regularised loss of the layer Ŷ = tanh(WᵀX + b): (n,), (n, m), (m,), () → number."""
    return regularised(layer_loss(x, W, b, f=np.tanh, L=L), rate, W, b)


def unregularised_gradients(x: Array, W: Array, b: Array, L: Generic) -> tuple[Array, Array]:
    """(∂L/∂W, ∂L/∂b) of the layer Ŷ = tanh(WᵀX + b) with no penalty: (n, m), (m,)."""
    return layer_pullback_of_loss(x, W, b, TANH, L)[1:]


NOT_ZERO = Assumption("x ≠ 0", stated=True, where=lambda x: bool(np.all(x != 0)))
PENALISED = {"loss": Reals(), "rate": Reals(), "W": Reals(2, 3), "b": Reals(3)}
PENALISED_LAYER = {"x": Reals(2), "W": Reals(2, 3), "b": Reals(3), "rate": Reals()}
SAME_RATE = "λ weighs both penalties"
RATE_ON_W = "λ weighs the penalty of W alone"

SHEET.claim(
    "l0",
    "equality",
    84,
    r"L_0(x)=[x \ne 0]",
    primal=lambda x: np.abs(np.sign(x)),
    claimed=l0,
    inputs=VECTOR,
)
SHEET.claim(
    "l1",
    "equality",
    84,
    r"L_1(x) = |x|",
    primal=lambda x: np.maximum(x, -x),
    claimed=l1,
    inputs=VECTOR,
)
SHEET.claim(
    "l2",
    "equality",
    84,
    r"L_2(x)=x^2",
    primal=lambda x: np.abs(x) * np.abs(x),
    claimed=l2,
    inputs=VECTOR,
)
SHEET.claim(
    "l0-derivative",
    "derivative",
    84,
    r"L_0'(x) = 0 \quad (x \ne 0)",
    origin="reconstructed",
    primal=l0,
    claimed=np.zeros_like,
    inputs=VECTOR,
    wrt="x",
    assumptions=(NOT_ZERO,),
    notes="What line 88 asks for and the document leaves out. L₀ jumps at 0 and is flat elsewhere: added to a loss, it "
    "changes no gradient.",
)
SHEET.claim(
    "l1-derivative",
    "derivative",
    84,
    r"L_1'(x) = \operatorname{sign}(x)",
    origin="reconstructed",
    primal=l1,
    claimed=np.sign,
    inputs=VECTOR,
    wrt="x",
    notes="What line 88 asks for and the document leaves out; 0 at the kink is a permitted convention.",
)
SHEET.claim(
    "l2-derivative",
    "derivative",
    84,
    r"L_2'(x) = 2x",
    origin="reconstructed",
    primal=l2,
    claimed=lambda x: 2 * x,
    inputs=VECTOR,
    wrt="x",
    notes="What line 88 asks for and the document leaves out.",
)
SHEET.claim(
    "regularised-loss",
    "equality",
    86,
    r"L'(\hat Y, Y)=L(\hat Y, Y) + \lambda \sum L_2(W)+L_2(b)",
    primal=regularised,
    claimed=(
        Reading(SAME_RATE, lambda loss, rate, W, b: loss + rate * (np.sum(l2(W)) + np.sum(l2(b)))),
        Reading(RATE_ON_W, lambda loss, rate, W, b: loss + rate * np.sum(l2(W)) + np.sum(l2(b))),
    ),
    notation={r"L(\hat Y, Y)": "loss", "L_2(w)": r"w \odot w"},
    inputs=PENALISED,
    recorded=Record("ambiguous", "how far the sum, and with it λ, reaches is not shown"),
    notes="Compared with the regulariser by its meaning: one penalty for all parameters, weighted by λ. In both "
    "readings the squares of the entries of b are summed as well; without that the loss would not be a number.",
)
SHEET.claim(
    "regularised-loss-bracketed",
    "equality",
    86,
    r"L'(\hat Y, Y) = L(\hat Y, Y) + \lambda \left(\sum_{i,j} W_{i,j}^2 + \sum_j b_j^2\right)",
    origin="correction",
    corrects="regularised-loss",
    primal=regularised,
    claimed=lambda loss, rate, W, b: loss + rate * (np.sum(W * W) + np.sum(b * b)),
    notation={r"L(\hat Y, Y)": "loss", "L_2(w)": r"w \odot w"},
    inputs=PENALISED,
)
SHEET.claim(
    "regularised-weight-gradient",
    "gradient",
    88,
    "In the derivative, the regulariser is added as well: with respect to W that is 2λW.",
    origin="sentence",
    primal=regularised_layer_loss,
    claimed=lambda x, W, b, rate, *, L: unregularised_gradients(x, W, b, L)[0] + 2 * rate * W,
    inputs=PENALISED_LAYER,
    wrt="W",
    generics={"L": LOSSES},
)
SHEET.claim(
    "regularised-bias-gradient",
    "gradient",
    88,
    "In the derivative, the regulariser is added as well: with respect to b that is 2λb, or 2b.",
    origin="sentence",
    primal=regularised_layer_loss,
    claimed=(
        Reading(SAME_RATE, lambda x, W, b, rate, *, L: unregularised_gradients(x, W, b, L)[1] + 2 * rate * b),
        Reading(RATE_ON_W, lambda x, W, b, rate, *, L: unregularised_gradients(x, W, b, L)[1] + 2 * b),
    ),
    inputs=PENALISED_LAYER,
    wrt="b",
    generics={"L": LOSSES},
    recorded=Record("ambiguous", "line 86 does not show whether λ weighs the penalty of b"),
)
SHEET.claim(
    "regularised-bias-gradient-same-rate",
    "gradient",
    88,
    r"\frac{\partial L'}{\partial b} = \frac{\partial L}{\partial b} + 2 \lambda b",
    origin="correction",
    corrects="regularised-bias-gradient",
    primal=regularised_layer_loss,
    claimed=lambda x, W, b, rate, *, L: unregularised_gradients(x, W, b, L)[1] + 2 * rate * b,
    notation={r"\hat Y": r"\tanh(W^TX+b)", "L": r"L(\hat Y)"},
    inputs=PENALISED_LAYER,
    wrt="b",
    generics={"L": LOSSES},
)
