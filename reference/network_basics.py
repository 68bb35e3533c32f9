r"""Claims of the document ``network-basics``: a bias-free 2-3-2-1 network, activations, losses, vanishing gradients.

Conventions of the document, kept here: w_{jk} of a layer leads *from* node j *to* node k, and the printed matrices have
one row a target node, so that a layer is the column Z = W X. X: (2, 1), W1: (3, 2), Z1: (3, 1), W2: (2, 3), Z2: (2, 1),
W3: (1, 2); the output y_out and the target y are numbers. There is no activation: y_out is linear in every weight.
The document arranges ∂y_out/∂W as W itself (line 33), so that is how a derivative with respect to a matrix is compared.

A function whose name ends in ``_as_printed`` computes a formula that is wrong in print, and is wrong in the same way;
all other functions are right. The claims follow the functions that they speak of, in the order of the document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradcheck.claim import Assumption, Reading, Record, Sheet
from gradcheck.domains import Integers, Reals

Array = np.ndarray[Any, np.dtype[Any]]

SHEET = Sheet("network-basics", "002_33b12ac2f473fa07.txt", "Basics of neural networks")


class Nodes(NamedTuple):
    """What the forward pass leaves for the backward pass: both hidden layers, (3, 1) and (2, 1), and the output."""

    Z1: Array
    Z2: Array
    y_out: Any


class Gradients(NamedTuple):
    """∂L/∂W of each layer, each of the weights' own shape: (3, 2), (2, 3), (1, 2)."""

    W1: Array
    W2: Array
    W3: Array


def forward(W1: Array, W2: Array, W3: Array, X: Array) -> Nodes:
    """Both hidden layers and the output for one input column X: (2, 1)."""
    Z1 = W1 @ X
    Z2 = W2 @ Z1
    return Nodes(Z1, Z2, (W3 @ Z2)[0, 0])


def backward(nodes: Nodes, W2: Array, W3: Array, X: Array, y: Any) -> Gradients:
    """∂L/∂W of each layer from what `forward` left and the target y, for L = ½ (y − y_out)².

    δ is ∂L/∂Z of a layer, a column. It goes one layer down by δ ← Wᵀ δ, and a layer's ∂L/∂W is the column δ times the
    row of the layer's inputs.
    """
    delta3 = np.reshape(nodes.y_out - y, (1, 1))
    delta2 = W3.T @ delta3
    delta1 = W2.T @ delta2
    return Gradients(delta1 @ X.T, delta2 @ nodes.Z1.T, delta3 @ nodes.Z2.T)


def half_squared_error(y_out: Any, y: Any) -> Any:
    """L = ½ (y − y_out)², a number."""
    return (y - y_out) ** 2 / 2


def output(W1: Array, W2: Array, W3: Array, X: Array) -> Any:
    """y_out as a function of the weights and the input, a number."""
    return forward(W1, W2, W3, X).y_out


def loss(W1: Array, W2: Array, W3: Array, X: Array, y: Any) -> Any:
    """L of the whole network for one input and its target, a number."""
    return half_squared_error(output(W1, W2, W3, X), y)


def gradients(W1: Array, W2: Array, W3: Array, X: Array, y: Any) -> Gradients:
    """One forward and one backward pass."""
    return backward(forward(W1, W2, W3, X), W2, W3, X, y)


def output_slope(W1: Array, W2: Array, W3: Array, X: Array, y: Any) -> Any:
    """∂L/∂y_out = y_out − y, a number."""
    return output(W1, W2, W3, X) - y


def w(W: Array, j: int, k: int) -> Any:
    """w_{jk}: the weight from node j to node k, both counted from 1, in a matrix laid out as printed."""
    return W[k - 1, j - 1]


def from_edges(W: Array, Z: Array) -> Array:
    """The next layer node by node: z_k = Σ_j w_{jk} z_j, (to, from), (from, 1) → (to, 1)."""
    to, origin = W.shape
    return np.stack([np.stack([sum(w(W, j + 1, k + 1) * Z[j, 0] for j in range(origin))]) for k in range(to)])


def matrix(*rows: tuple[Any, ...]) -> Array:
    """The matrix with these rows of numbers."""
    return np.stack([np.stack(row) for row in rows])


def named_weights(edges: Array, *rows: tuple[tuple[int, int], ...]) -> Array:
    """The matrix with ``edges[j − 1, k − 1]``, the weight from node j to node k, where a row names (j, k)."""
    return matrix(*(tuple(edges[j - 1, k - 1] for j, k in row) for row in rows))


EDGES = (
    "edges[j − 1, k − 1] is the weight from node j to node k, w_{jk} of line 27; Z = W X needs one row a target node."
)

PRINTED = {
    "W^{1}": "W1",
    "W^{2}": "W2",
    "W^{3}": "W3",
    "w_{jk}^{1}": "W_{kj}^{1}",
    "w_{jk}^{2}": "W_{kj}^{2}",
    "w_{jk}^{3}": "W_{kj}^{3}",
    "x_j": "X_{j1}",
    "Z^{1}": "W^{1} X",
    "Z^{2}": "W^{2} Z^{1}",
    "y_{out}": "W_{11}^{3} Z_{11}^{2} + W_{12}^{3} Z_{21}^{2}",
    "L": r"\frac{1}{2} (y - y_{out})^2",
}

EDGE_NAMES = {f"w_{{jk}}^{{{layer}}}": r"e_{jk}" for layer in (1, 2, 3)} | {"e": "edges"}
SHEET.claim(
    "layout-of-w1",
    "equality",
    11,
    r"W^{1} = \begin{bmatrix}w_{11}^{1} & w_{21}^{1}\\w_{12}^{1} & w_{22}^{1}\\w_{13}^{1}& w_{23}^{1}\end{bmatrix}",
    primal=np.transpose,
    claimed=lambda edges: named_weights(edges, ((1, 1), (2, 1)), ((1, 2), (2, 2)), ((1, 3), (2, 3))),
    notation=EDGE_NAMES,
    inputs={"edges": Reals(2, 3)},
    notes=EDGES,
)
SHEET.claim(
    "layout-of-w2",
    "equality",
    11,
    r"W^{2} = \begin{bmatrix}w_{11}^{2} & w_{21}^{2} & w_{31}^{2}\\w_{12}^{2} & w_{22}^{2} & w_{32}^{2}\end{bmatrix}",
    primal=np.transpose,
    claimed=lambda edges: named_weights(edges, ((1, 1), (2, 1), (3, 1)), ((1, 2), (2, 2), (3, 2))),
    notation=EDGE_NAMES,
    inputs={"edges": Reals(3, 2)},
    notes=EDGES,
)
SHEET.claim(
    "layout-of-w3",
    "equality",
    11,
    r"W^{3}=[w_{11}^{3}, w_{21}^{3}]",
    primal=np.transpose,
    claimed=lambda edges: named_weights(edges, ((1, 1), (2, 1))),
    notation=EDGE_NAMES,
    inputs={"edges": Reals(2, 1)},
    notes=EDGES,
)

WEIGHTS = {"W1": Reals(3, 2), "W2": Reals(2, 3), "W3": Reals(1, 2)}
NETWORK = {**WEIGHTS, "X": Reals(2, 1)}
TRAINING = {**NETWORK, "y": Reals()}

SHEET.claim(
    "first-layer",
    "equality",
    15,
    r"\begin{bmatrix}w_{11}^{1} & w_{21}^{1}\\w_{12}^{1} & w_{22}^{1}\\w_{13}^{1}& w_{23}^{1}\end{bmatrix}"
    r" \begin{bmatrix}x_{1}\\x_{2} \end{bmatrix} ="
    r" \begin{bmatrix}z_{1}^{1} \\ z_{2}^{1} \\ z_{3}^{1}\end{bmatrix} = W^{1}X",
    primal=from_edges,
    claimed=lambda W1, X: W1 @ X,
    notation=PRINTED,
    inputs={"W1": Reals(3, 2), "X": Reals(2, 1)},
)
SHEET.claim(
    "second-layer",
    "equality",
    15,
    r"Z^{2} = W^{2}Z^{1}",
    primal=from_edges,
    claimed=lambda W2, Z1: W2 @ Z1,
    notation={"W^{2}": "W2", "Z^{1}": "Z1"},
    inputs={"W2": Reals(2, 3), "Z1": Reals(3, 1)},
)
SHEET.claim(
    "output-layer",
    "equality",
    15,
    r"y_{out} = W^{3}Z^{2}",
    primal=from_edges,
    claimed=lambda W3, Z2: W3 @ Z2,
    notation={"W^{3}": "W3", "Z^{2}": "Z2"},
    inputs={"W3": Reals(1, 2), "Z2": Reals(2, 1)},
)
SHEET.claim(
    "half-squared-error",
    "equality",
    17,
    r"Loss = \dfrac{1}{2}(y^{i} - y_{out})^{2}",
    primal=lambda y_out, y: (y_out * y_out + y * y) / 2 - y * y_out,
    claimed=half_squared_error,
    notation={"y^{i}": "y"},
    inputs={"y_out": Reals(), "y": Reals()},
    notes="The superscript i numbers the samples; y_out is that of the same sample.",
)


def in_order_of_w(W1: Array, W2: Array, W3: Array) -> Array:
    """The order printed for W: w11, w21, w12, w22, …, that is row by row; (3, 2), (2, 3), (1, 2) → (14,)."""
    return np.concatenate([W1.ravel(), W2.ravel(), W3.ravel()])


def in_order_of_nabla_as_printed(W1: Array, W2: Array, W3: Array) -> Array:
    """The order printed for ∇L: w11, w12, w13, w21, …, that is column by column; (3, 2), (2, 3), (1, 2) → (14,)."""
    return np.concatenate([W1.T.ravel(), W2.T.ravel(), W3.T.ravel()])


def split(W: Array) -> tuple[Array, Array, Array]:
    """The three matrices whose weights `in_order_of_w` lists: (14,) → (3, 2), (2, 3), (1, 2)."""
    return W[:6].reshape(3, 2), W[6:12].reshape(2, 3), W[12:].reshape(1, 2)


def loss_of_list(W: Array, X: Array, y: Any) -> Any:
    """L as a function of all weights in the order printed for W, (14,): a number."""
    return loss(*split(W), X, y)


def gradient_of_list(W: Array, X: Array, y: Any) -> Array:
    """∇L in the order of W, (14,)."""
    return in_order_of_w(*gradients(*split(W), X, y))


def descended(W: Array, X: Array, y: Any, alpha: Any) -> Array:
    """One step of gradient descent, W − α ∇L, (14,)."""
    new: Array = W - alpha * gradient_of_list(W, X, y)
    return new


def descent_potential(W: Array, X: Array, y: Any, alpha: Any) -> Any:
    """½ ‖W‖² − α L, a number: its gradient with respect to W is W − α ∇L, what one step of gradient descent gives."""
    return np.sum(W * W) / 2 - alpha * loss_of_list(W, X, y)


LISTED = {"W": Reals(14), "X": Reals(2, 1), "y": Reals()}
NABLA = (
    r"\nabla L(w) = [\dfrac{\partial L(w)}{\partial w_{11}^{1}}, \dfrac{\partial L(w)}{\partial w_{12}^{1}},"
    r"...\dfrac{\partial L(w)}{\partial w_{21}^{3}}]^{T}"
)

SHEET.claim(
    "order-of-nabla",
    "gradient",
    19,
    NABLA,
    primal=loss_of_list,
    claimed=lambda W, X, y: in_order_of_nabla_as_printed(*gradients(*split(W), X, y)),
    inputs=LISTED,
    wrt="W",
    recorded=Record(
        "fails", "W lists w21 second, ∇L lists ∂L/∂w12 second: subtracted place by place, they do not match"
    ),
    notes="W is listed as on the same line, [w11, w21, …], row by row of the matrices of line 11. Whether the lists "
    "are rows or columns is set aside here; see transposed-nabla.",
)
SHEET.claim(
    "order-of-nabla-as-w",
    "gradient",
    19,
    r"\nabla L(w) = \left[\frac{\partial L}{\partial w_{11}^{1}}, \frac{\partial L}{\partial w_{21}^{1}},"
    r" \ldots, \frac{\partial L}{\partial w_{21}^{3}}\right]",
    origin="correction",
    corrects="order-of-nabla",
    primal=loss_of_list,
    claimed=gradient_of_list,
    inputs=LISTED,
    wrt="W",
)
SHEET.claim(
    "transposed-nabla",
    "structure",
    19,
    NABLA,
    primal=lambda W, X, y: loss_of_list(W[0], X, y),
    claimed=lambda W, X, y: (14, 1),
    inputs={**LISTED, "W": Reals(1, 14)},
    wrt="W",
    structure="shape",
    recorded=Record("fails", "W is printed as a row and ∇L as a column, so that W − α∇L is a sum of different shapes"),
    notes="∇L must have the shape of W, a row of 14 weights, to be subtracted from it.",
)
SHEET.claim(
    "nabla-as-a-row",
    "structure",
    19,
    r"\nabla L(w) \in \mathbb{R}^{1 \times 14}",
    origin="correction",
    corrects="transposed-nabla",
    primal=lambda W, X, y: loss_of_list(W[0], X, y),
    claimed=lambda W, X, y: (1, 14),
    inputs={**LISTED, "W": Reals(1, 14)},
    wrt="W",
    structure="shape",
)
SHEET.claim(
    "update-rule",
    "gradient",
    21,
    r"W^{k+1} = W^{k} - \alpha \nabla L(w)",
    primal=descent_potential,
    claimed=descended,
    inputs={**LISTED, "alpha": Reals()},
    wrt="W",
    notes="Right where W and ∇L are listed in one order, which line 19 does not do. The new W is compared with the "
    "gradient of ½‖W‖² − αL.",
)


def first_paths(W2: Array, W3: Array) -> Any:
    """w11³ w11² + w21³ w12²: the weights of all paths from the first node of Z1 to the output."""
    return w(W3, 1, 1) * w(W2, 1, 1) + w(W3, 2, 1) * w(W2, 1, 2)


def second_paths(W2: Array, W3: Array) -> Any:
    """w11³ w21² + w21³ w22²: the weights of all paths from the second node of Z1 to the output."""
    return w(W3, 1, 1) * w(W2, 2, 1) + w(W3, 2, 1) * w(W2, 2, 2)


def third_paths(W2: Array, W3: Array) -> Any:
    """w11³ w31² + w21³ w32²: the weights of all paths from the third node of Z1 to the output."""
    return w(W3, 1, 1) * w(W2, 3, 1) + w(W3, 2, 1) * w(W2, 3, 2)


def third_paths_as_printed(W2: Array, W3: Array) -> Any:
    """w11³ w21² + w21³ w32²: the first index of the second factor is 2, though the path starts at node 3."""
    return w(W3, 1, 1) * w(W2, 2, 1) + w(W3, 2, 1) * w(W2, 3, 2)


FIRST_WEIGHTS = ("w11", "w21", "w12", "w22", "w13", "w23")
SINGLE_WEIGHTS = {**{name: Reals() for name in FIRST_WEIGHTS}, "W2": Reals(2, 3), "W3": Reals(1, 2), "X": Reals(2, 1)}


def output_of_single(*weights: Any) -> Any:
    """y_out as a function of w11, w21, w12, w22, w13 and w23 of the first layer, W2, W3 and X: a number."""
    *first, W2, W3, X = weights
    return output(np.stack(first).reshape(3, 2), W2, W3, X)


def part_with(weight: str) -> Callable[..., Any]:
    """What vanishes from y_out when ``weight`` is set to 0: the sum of the terms of y_out that contain it."""
    place = FIRST_WEIGHTS.index(weight)

    def part(*weights: Any) -> Any:
        without = (*weights[:place], 0 * weights[place], *weights[place + 1 :])
        return output_of_single(*weights) - output_of_single(*without)

    return part


def term(paths: Callable[[Array, Array], Any], weight: str, input_node: int) -> Callable[..., Any]:
    """paths · weight · x, as a function of the arguments of `output_of_single`."""
    return lambda *weights: paths(*weights[6:8]) * weights[FIRST_WEIGHTS.index(weight)] * weights[8][input_node - 1, 0]


def slope(paths: Callable[[Array, Array], Any], input_node: int) -> Callable[..., Any]:
    """paths · x, as a function of the arguments of `output_of_single`."""
    return lambda *weights: paths(*weights[6:8]) * weights[8][input_node - 1, 0]


PRINTED_SINGLE = {
    **{name: PRINTED[name] for name in ("W^{2}", "W^{3}", "w_{jk}^{2}", "w_{jk}^{3}", "x_j", "y_{out}")},
    **{f"w_{{{name[1:]}}}^{{1}}": name for name in FIRST_WEIGHTS},
}
MISPRINTED_TERMS = {"w22": Record("fails", "w22 leads from the second input: x_2 belongs where x_1 is printed")}

for weight, paths, x_of_term, x_of_slope, printed_term, printed_slope in (
    (
        "w11",
        first_paths,
        1,
        1,
        r"y_{out} \sim (w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2 ) w_{11}^1 x_{1}",
        r"\dfrac{\partial y_{out}}{\partial w_{11}^1} = (w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2 )x_{1}",
    ),
    (
        "w21",
        first_paths,
        2,
        2,
        r"y_{out} \sim (w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2 ) w_{21}^1 x_{2}",
        r"\dfrac{\partial y_{out}}{\partial w_{21}^1} = (w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2 )x_{2}",
    ),
    (
        "w12",
        second_paths,
        1,
        1,
        r"y_{out} \sim (w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2 ) w_{12}^1 x_{1}",
        r"\dfrac{\partial y_{out}}{\partial w_{12}^1} = (w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2 )x_{1}",
    ),
    (
        "w22",
        second_paths,
        1,
        2,
        r"y_{out} \sim (w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2 ) w_{22}^1 x_{1}",
        r"\dfrac{\partial y_{out}}{\partial w_{22}^1} = (w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2 )x_{2}",
    ),
    (
        "w13",
        third_paths,
        1,
        1,
        r"y_{out} \sim (w_{11}^3 w_{31}^2 + w_{21}^3 w_{32}^2 ) w_{13}^1 x_{1}",
        r"\dfrac{\partial y_{out}}{\partial w_{13}^1} = (w_{11}^3 w_{31}^2 + w_{21}^3 w_{32}^2 )x_{1}",
    ),
    (
        "w23",
        third_paths,
        2,
        2,
        r"y_{out} \sim (w_{11}^3 w_{31}^2 + w_{21}^3 w_{32}^2 ) w_{23}^1 x_{2}",
        r"\dfrac{\partial y_{out}}{\partial w_{23}^1} = (w_{11}^3 w_{31}^2 + w_{21}^3 w_{32}^2 )x_{2}",
    ),
):
    SHEET.claim(
        f"term-with-{weight}",
        "equality",
        29,
        printed_term,
        primal=part_with(weight),
        claimed=term(paths, weight, x_of_term),
        inputs=SINGLE_WEIGHTS,
        notation=PRINTED_SINGLE,
        recorded=MISPRINTED_TERMS.get(weight),
        notes="y_out ∼ T is read as: T is the sum of the terms of y_out that contain the weight.",
    )
    SHEET.claim(
        f"slope-of-{weight}",
        "derivative",
        29,
        printed_slope,
        primal=output_of_single,
        claimed=slope(paths, x_of_slope),
        inputs=SINGLE_WEIGHTS,
        notation=PRINTED_SINGLE,
        wrt=weight,
    )
SHEET.claim(
    "term-with-w22-from-x2",
    "equality",
    29,
    r"y_{out} \sim (w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2) w_{22}^1 x_{2}",
    origin="correction",
    corrects="term-with-w22",
    primal=part_with("w22"),
    claimed=term(second_paths, "w22", 2),
    notation=PRINTED_SINGLE,
    inputs=SINGLE_WEIGHTS,
)


def output_slopes(W2: Array, W3: Array, X: Array) -> Array:
    """∂y_out/∂W¹ entry by entry, arranged as W¹, from the six derivatives of line 29: (3, 2)."""
    return matrix(
        *((paths(W2, W3) * X[0, 0], paths(W2, W3) * X[1, 0]) for paths in (first_paths, second_paths, third_paths))
    )


def row_of_paths(W2: Array, W3: Array) -> Array:
    """The row of the weights of all paths from each node of Z1 to the output: (1, 3)."""
    return matrix((first_paths(W2, W3), second_paths(W2, W3), third_paths(W2, W3)))


def row_of_paths_as_printed(W2: Array, W3: Array) -> Array:
    """The same row with the misprint of line 33 in its third entry: (1, 3)."""
    return matrix((first_paths(W2, W3), second_paths(W2, W3), third_paths_as_printed(W2, W3)))


def entrywise(a: Array, b: Array) -> Array:
    """a ⊙ b of arrays of the same shape. Raises ValueError for different shapes."""
    if a.shape != b.shape:
        raise ValueError(f"the shapes {a.shape} and {b.shape} of an entrywise product must match exactly")
    return a * b


REPEATED = "⊙ entrywise, the row and the column each repeated to fit the other"
EQUAL = "⊙ entrywise, of equal shapes"
OUTER = "⊙ the outer product, first factor down and second across"
TIGHTER = "⊙ before the matrix product, row and column repeated to fit"
NEEDS_A_LAYOUT = "⊙ joins a row and a column, which only one reading of it allows"

SHEET.claim(
    "loss-slopes-are-output-slopes",
    "gradient",
    33,
    r"\dfrac{\partial L}{\partial W^{1}} = \begin{bmatrix}\dfrac{\partial y_{out}}{\partial w_{11}^{1}}&"
    r"\dfrac{\partial y_{out}}{\partial w_{21}^1}\\ \dfrac{\partial y_{out}}{\partial w_{12}^1}&"
    r"\dfrac{\partial y_{out}}{\partial w_{22}^1} \\ \dfrac{\partial y_{out}}{\partial w_{13}^1}&"
    r" \dfrac{\partial y_{out}}{\partial w_{23}^1}\end{bmatrix}",
    primal=loss,
    claimed=lambda W1, W2, W3, X, y: output_slopes(W2, W3, X),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W1",
    recorded=Record("fails", "on the left L is differentiated, on the right y_out: the factor ∂L/∂y_out is missing"),
)
SHEET.claim(
    "output-slopes",
    "gradient",
    33,
    r"\frac{\partial y_{out}}{\partial W^{1}} = \begin{bmatrix}"
    r"\frac{\partial y_{out}}{\partial w_{11}^{1}} & \frac{\partial y_{out}}{\partial w_{21}^{1}} \\"
    r" \frac{\partial y_{out}}{\partial w_{12}^{1}} & \frac{\partial y_{out}}{\partial w_{22}^{1}} \\"
    r" \frac{\partial y_{out}}{\partial w_{13}^{1}} & \frac{\partial y_{out}}{\partial w_{23}^{1}}\end{bmatrix}",
    origin="correction",
    corrects="loss-slopes-are-output-slopes",
    primal=output,
    claimed=lambda W1, W2, W3, X: output_slopes(W2, W3, X),
    notation=PRINTED,
    inputs=NETWORK,
    wrt="W1",
)
SHEET.claim(
    "row-of-paths",
    "jacobian",
    33,
    r"\begin{bmatrix}w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2& w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2&"
    r" w_{11}^3 w_{21}^2 + w_{21}^3 w_{32}^2 \end{bmatrix}",
    primal=lambda z1, W2, W3: W3 @ (W2 @ z1),
    claimed=lambda z1, W2, W3: row_of_paths_as_printed(W2, W3),
    notation=PRINTED,
    inputs={"z1": Reals(3), "W2": Reals(2, 3), "W3": Reals(1, 2)},
    wrt="z1",
    recorded=Record("fails", "the third entry has w21 of the second layer where w31 belongs"),
    notes="The row is ∂y_out/∂Z¹, one entry a node of Z¹.",
)
SHEET.claim(
    "row-of-paths-from-node-3",
    "jacobian",
    33,
    r"\begin{bmatrix}w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2 & w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2 &"
    r" w_{11}^3 w_{31}^2 + w_{21}^3 w_{32}^2\end{bmatrix}",
    origin="correction",
    corrects="row-of-paths",
    primal=lambda z1, W2, W3: W3 @ (W2 @ z1),
    claimed=lambda z1, W2, W3: row_of_paths(W2, W3),
    notation=PRINTED,
    inputs={"z1": Reals(3), "W2": Reals(2, 3), "W3": Reals(1, 2)},
    wrt="z1",
)
SHEET.claim(
    "row-of-paths-times-input",
    "gradient",
    33,
    r"(\begin{bmatrix}w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2& w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2&"
    r" w_{11}^3 w_{21}^2 + w_{21}^3 w_{32}^2 \end{bmatrix} \odot \begin{bmatrix}x_{1}\\x_{2} \end{bmatrix})^{T}",
    primal=output,
    claimed=(
        Reading(REPEATED, lambda W1, W2, W3, X: (row_of_paths_as_printed(W2, W3) * X).T),
        Reading(EQUAL, lambda W1, W2, W3, X: entrywise(row_of_paths_as_printed(W2, W3), X).T),
        Reading(OUTER, lambda W1, W2, W3, X: np.outer(row_of_paths_as_printed(W2, W3), X).T),
    ),
    notation=PRINTED,
    inputs=NETWORK,
    wrt="W1",
    recorded=Record("fails", "wrong in its third row by the misprint w21 for w31, or in its shape, however ⊙ is read"),
)
SHEET.claim(
    "column-of-paths-times-input",
    "gradient",
    33,
    r"\begin{bmatrix}w_{11}^3 w_{11}^2 + w_{21}^3 w_{12}^2 \\ w_{11}^3 w_{21}^2 + w_{21}^3 w_{22}^2 \\"
    r" w_{11}^3 w_{31}^2 + w_{21}^3 w_{32}^2\end{bmatrix} \begin{bmatrix}x_{1} & x_{2}\end{bmatrix}",
    origin="correction",
    corrects="row-of-paths-times-input",
    primal=output,
    claimed=lambda W1, W2, W3, X: row_of_paths(W2, W3).T @ X.T,
    notation=PRINTED,
    inputs=NETWORK,
    wrt="W1",
)
SHEET.claim(
    "output-slopes-by-matrices",
    "gradient",
    33,
    r"(W^{3}W^{2} \odot X)^{T}",
    primal=output,
    claimed=(
        Reading(REPEATED, lambda W1, W2, W3, X: ((W3 @ W2) * X).T),
        Reading(EQUAL, lambda W1, W2, W3, X: entrywise(W3 @ W2, X).T),
        Reading(OUTER, lambda W1, W2, W3, X: np.outer(W3 @ W2, X).T),
        Reading(TIGHTER, lambda W1, W2, W3, X: (W3 @ (W2 * X)).T),
    ),
    notation=PRINTED,
    inputs=NETWORK,
    wrt="W1",
    recorded=Record("ambiguous", NEEDS_A_LAYOUT),
    notes="Compared with ∂y_out/∂W¹, the second member of the line.",
)
SHEET.claim(
    "output-slopes-by-column-and-row",
    "gradient",
    33,
    r"(W^{3} W^{2})^{T} X^{T}",
    origin="correction",
    corrects="output-slopes-by-matrices",
    primal=output,
    claimed=lambda W1, W2, W3, X: (W3 @ W2).T @ X.T,
    notation=PRINTED,
    inputs=NETWORK,
    wrt="W1",
)


def third_layer_slopes(W1: Array, W2: Array, W3: Array, X: Array) -> tuple[Any, Any]:
    """∂y_out/∂w11³ and ∂y_out/∂w21³: the two nodes of Z²."""
    Z2 = forward(W1, W2, W3, X).Z2
    return Z2[0, 0], Z2[1, 0]


def first_layer_gradient(W1: Array, W2: Array, W3: Array, X: Array, y: Any) -> Array:
    """∂L/∂W¹ = (y_out − y) (W³ W²)ᵀ Xᵀ by `backward`: (3, 2)."""
    return gradients(W1, W2, W3, X, y).W1


def second_layer_gradient(W1: Array, W2: Array, W3: Array, X: Array, y: Any) -> Array:
    """∂L/∂W² = (y_out − y) (W³)ᵀ (Z¹)ᵀ by `backward`: (2, 3)."""
    return gradients(W1, W2, W3, X, y).W2


SHEET.claim(
    "third-layer-chain",
    "gradient",
    37,
    r"\dfrac{\partial L}{\partial W^{3}} = \dfrac{\partial L}{\partial y_{out}}\odot"
    r" (\dfrac{\partial y_{out}}{\partial W^{3}})^{T}",
    primal=loss,
    claimed=(
        Reading(
            "∂y_out/∂W³ arranged as W³, as line 33 does",
            lambda *a: output_slope(*a) * matrix(third_layer_slopes(*a[:4])).T,
        ),
        Reading(
            "∂y_out/∂W³ arranged as the transpose of W³",
            lambda *a: output_slope(*a) * matrix(third_layer_slopes(*a[:4])).T.T,
        ),
    ),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W3",
    recorded=Record("ambiguous", "with the arrangement of line 33 the transpose makes a column of the row ∂L/∂W³"),
)
SHEET.claim(
    "third-layer-chain-untransposed",
    "gradient",
    37,
    r"\frac{\partial L}{\partial W^{3}} = \frac{\partial L}{\partial y_{out}} \frac{\partial y_{out}}{\partial W^{3}}",
    origin="correction",
    corrects="third-layer-chain",
    primal=loss,
    claimed=lambda *a: output_slope(*a) * matrix(third_layer_slopes(*a[:4])),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W3",
)
SHEET.claim(
    "third-layer-entries",
    "gradient",
    37,
    r"\dfrac{\partial L}{\partial y_{out}}\odot [\dfrac{\partial y_{out}}{\partial w_{11}^{3}},"
    r"\dfrac{\partial y_{out}}{\partial w_{12}^{3}}]^{T}",
    primal=loss,
    claimed=(
        Reading("w12 as the w21 of line 11", lambda *a: output_slope(*a) * matrix(third_layer_slopes(*a[:4])).T),
        Reading(
            "w12 as a weight to a second output, of which y_out is independent",
            lambda *a: output_slope(*a) * matrix((third_layer_slopes(*a[:4])[0], 0 * a[4])).T,
        ),
    ),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W3",
    recorded=Record("fails", "a column for the row W³; and its second weight is w21, there is no w12"),
)
SHEET.claim(
    "third-layer-entries-in-a-row",
    "gradient",
    37,
    r"\frac{\partial L}{\partial y_{out}} \left[\frac{\partial y_{out}}{\partial w_{11}^{3}},"
    r" \frac{\partial y_{out}}{\partial w_{21}^{3}}\right]",
    origin="correction",
    corrects="third-layer-entries",
    primal=loss,
    claimed=lambda *a: output_slope(*a) * matrix(third_layer_slopes(*a[:4])),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W3",
)
SHEET.claim(
    "third-layer-gradient",
    "gradient",
    37,
    r"\dfrac{\partial L}{\partial y_{out}} \odot (Z^{2})^{T}",
    primal=loss,
    claimed=lambda *a: output_slope(*a) * forward(*a[:4]).Z2.T,
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W3",
    notes="⊙ with a number is multiplication.",
)


def weight_tensor(Z: Array, nodes: int) -> Array:
    """∂Z⁺_i/∂W_kj = 1_{i=k} Z_j for Z⁺ = W Z with so many nodes in Z⁺: (from, 1) → (to, to, from)."""
    return np.eye(nodes)[:, :, None] * Z[:, 0]


def summed_over_nodes(row: Array, tensor: Array) -> Array:
    """Σ_i row_i tensor_i: (1, to), (to, to, from) → (to, from)."""
    total: Array = np.sum(row[0][:, None, None] * tensor, axis=0)
    return total


SHORT = "∂Z/∂W short for the layer's input, ∂y_out/∂Z a row; ⊙ entrywise, repeated to fit"
IN_FULL = "∂Z/∂W in full, to × to × from; ⊙ the sum over the nodes of Z"
COLUMN = "the same, with ∂y_out/∂Z a column like Z"

SECOND_LAYER_READINGS = (
    Reading(SHORT, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * (W3 * (W1 @ X)).T),
    Reading(
        IN_FULL,
        lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * summed_over_nodes(W3, weight_tensor(W1 @ X, 2)).T,
    ),
)

SHEET.claim(
    "second-layer-chain",
    "gradient",
    39,
    r"\dfrac{\partial L}{\partial W^{2}} = \dfrac{\partial L}{\partial y_{out}}"
    r" (\dfrac{\partial y_{out}}{\partial Z^{2}} \odot \dfrac{\partial Z^{2}}{\partial W^{2}})^{T}",
    primal=loss,
    claimed=SECOND_LAYER_READINGS,
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W2",
    recorded=Record(
        "ambiguous", "right only where ∂Z²/∂W² means Z¹; with all its entries the transpose is one too many"
    ),
)
SHEET.claim(
    "second-layer-chain-in-full",
    "gradient",
    39,
    r"\frac{\partial L}{\partial W^{2}} = \frac{\partial L}{\partial y_{out}}"
    r" \sum_i \frac{\partial y_{out}}{\partial Z_i^{2}} \frac{\partial Z_i^{2}}{\partial W^{2}}",
    origin="correction",
    corrects="second-layer-chain",
    primal=loss,
    claimed=lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * summed_over_nodes(W3, weight_tensor(W1 @ X, 2)),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W2",
)
SHEET.claim(
    "second-layer-with-input",
    "gradient",
    39,
    r"\dfrac{\partial L}{\partial y_{out}}(\dfrac{\partial y_{out}}{\partial Z^{2}}\odot Z^{1})^{T}",
    primal=loss,
    claimed=(
        Reading(SHORT, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * (W3 * (W1 @ X)).T),
        Reading(COLUMN, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * (W3.T * (W1 @ X)).T),
    ),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W2",
    recorded=Record(
        "ambiguous", "right only where ∂y_out/∂Z² is a row; a column with two entries does not fit Z¹ with three"
    ),
)
SHEET.claim(
    "second-layer-with-input-transposed",
    "gradient",
    39,
    r"\frac{\partial L}{\partial y_{out}} \left(\frac{\partial y_{out}}{\partial Z^{2}}\right)^{T} (Z^{1})^{T}",
    origin="correction",
    corrects="second-layer-with-input",
    primal=loss,
    claimed=second_layer_gradient,
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W2",
    notes="∂y_out/∂Z² is the row W³.",
)
SHEET.claim(
    "second-layer-gradient",
    "gradient",
    39,
    r"\dfrac{\partial L}{\partial y_{out}}(W^{3}\odot Z^{1})^{T}",
    primal=loss,
    claimed=(
        Reading(REPEATED, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * (W3 * (W1 @ X)).T),
        Reading(EQUAL, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * entrywise(W3, W1 @ X).T),
        Reading(OUTER, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * np.outer(W3, W1 @ X).T),
    ),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W2",
    recorded=Record("ambiguous", NEEDS_A_LAYOUT),
)
SHEET.claim(
    "second-layer-gradient-transposed",
    "gradient",
    39,
    r"\frac{\partial L}{\partial y_{out}} (W^{3})^{T} (Z^{1})^{T}",
    origin="correction",
    corrects="second-layer-gradient",
    primal=loss,
    claimed=second_layer_gradient,
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W2",
)
SHEET.claim(
    "first-layer-chain",
    "gradient",
    41,
    r"\dfrac{\partial L}{\partial W^{1}} = \dfrac{\partial L}{\partial y_{out}}"
    r" (\dfrac{\partial y_{out}}{\partial Z^{2}} \dfrac{\partial Z^{2}}{\partial Z^{1}}"
    r"\odot \dfrac{\partial Z^{1}}{\partial W^{1}})^{T}",
    primal=loss,
    claimed=(
        Reading(SHORT, lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * ((W3 @ W2) * X).T),
        Reading(
            "the same, with a row for each entry of the Z of the denominator",
            lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * ((W3.T @ W2.T) * X).T,
        ),
        Reading(
            IN_FULL,
            lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * summed_over_nodes(W3 @ W2, weight_tensor(X, 3)).T,
        ),
    ),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W1",
    recorded=Record(
        "ambiguous", "right only for rows from the left and with ∂Z¹/∂W¹ meaning X; otherwise no shapes fit"
    ),
)
SHEET.claim(
    "first-layer-chain-in-full",
    "gradient",
    41,
    r"\frac{\partial L}{\partial W^{1}} = \frac{\partial L}{\partial y_{out}} \sum_i \left("
    r"\frac{\partial y_{out}}{\partial Z^{2}} \frac{\partial Z^{2}}{\partial Z^{1}}\right)_i"
    r" \frac{\partial Z_i^{1}}{\partial W^{1}}",
    origin="correction",
    corrects="first-layer-chain",
    primal=loss,
    claimed=lambda W1, W2, W3, X, y: output_slope(W1, W2, W3, X, y) * summed_over_nodes(W3 @ W2, weight_tensor(X, 3)),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W1",
)
SHEET.claim(
    "first-layer-gradient",
    "gradient",
    41,
    r"\dfrac{\partial L}{\partial W^{1}} (W^{3}W^{2}\odot X)^{T}",
    primal=loss,
    claimed=(
        Reading(
            "∂L/∂W¹ times the bracket as a matrix product",
            lambda W1, W2, W3, X, y: first_layer_gradient(W1, W2, W3, X, y) @ ((W3 @ W2) * X).T,
        ),
        Reading(
            "∂L/∂W¹ times the bracket entrywise",
            lambda W1, W2, W3, X, y: entrywise(first_layer_gradient(W1, W2, W3, X, y), ((W3 @ W2) * X).T),
        ),
    ),
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W1",
    recorded=Record("fails", "∂L/∂W¹ stands on both sides; on the right ∂L/∂y_out belongs"),
    notes="⊙ is read in the one way that makes the bracket ∂y_out/∂W¹.",
)
SHEET.claim(
    "first-layer-gradient-transposed",
    "gradient",
    41,
    r"\frac{\partial L}{\partial y_{out}} (W^{3} W^{2})^{T} X^{T}",
    origin="correction",
    corrects="first-layer-gradient",
    primal=loss,
    claimed=first_layer_gradient,
    notation=PRINTED,
    inputs=TRAINING,
    wrt="W1",
)


def sigmoid(x: Any) -> Any:
    """σ(x) = 1 / (1 + e^{−x}), any shape."""
    return 1 / (1 + np.exp(-x))


def sigmoid_slope(x: Any) -> Any:
    """σ′(x) = σ(x) (1 − σ(x)), any shape; at most 1/4."""
    return sigmoid(x) * (1 - sigmoid(x))


def softmax(x: Array) -> Array:
    """s(x)_i = e^{x_i} / Σ_j e^{x_j}: (n,) → (n,)."""
    e = np.exp(x)
    probabilities: Array = e / np.sum(e)
    return probabilities


def three_sigmoids(x: Any) -> Any:
    """σ(σ(σ(x))), any shape: what three layers of one node each do, with weights of 1."""
    return sigmoid(sigmoid(sigmoid(x)))


def three_weighted_sigmoids(x: Any, w1: Any, w2: Any, w3: Any) -> Any:
    """σ(w3 σ(w2 σ(w1 x))): three layers of one node each."""
    return sigmoid(w3 * sigmoid(w2 * sigmoid(w1 * x)))


def product_of_factors(x: Any, w1: Any, w2: Any, w3: Any) -> Any:
    """The derivative of `three_weighted_sigmoids` with respect to x: a factor w σ′(z) from each layer."""
    z1 = w1 * x
    z2 = w2 * sigmoid(z1)
    z3 = w3 * sigmoid(z2)
    return w3 * sigmoid_slope(z3) * w2 * sigmoid_slope(z2) * w1 * sigmoid_slope(z1)


NUMBER = {"x": Reals()}
BEYOND_3 = {"x": Reals(low=3)}
BEYOND_MINUS_3 = {"x": Reals(high=-3)}
VERY_NEAR_ZERO = "“Very near 0” is read as below 0.05."

SHEET.claim(
    "sigmoid",
    "equality",
    53,
    r"f(x)=\frac{1}{1+e^{-x}}",
    primal=lambda x: (1 + np.tanh(x / 2)) / 2,
    claimed=sigmoid,
    inputs=NUMBER,
)
SHEET.claim(
    "sigmoid-range",
    "bound",
    55,
    "The values of the sigmoid lie between 0 and 1.",
    origin="sentence",
    primal=sigmoid,
    inputs=NUMBER,
    order=0,
    lower=0,
    upper=1,
)
SHEET.claim(
    "sigmoid-saturates-above-3",
    "bound",
    59,
    "For inputs greater than 3 the derivative of the sigmoid is very near 0.",
    origin="sentence",
    primal=sigmoid,
    inputs=BEYOND_3,
    lower=0,
    upper=0.05,
    notes=VERY_NEAR_ZERO,
)
SHEET.claim(
    "sigmoid-saturates-below-minus-3",
    "bound",
    59,
    "For inputs smaller than −3 the derivative of the sigmoid is very near 0.",
    origin="sentence",
    primal=sigmoid,
    inputs=BEYOND_MINUS_3,
    lower=0,
    upper=0.05,
    notes=VERY_NEAR_ZERO,
)
SHEET.claim(
    "softmax",
    "equality",
    66,
    r"softmax(x_{i}) = \dfrac{e^{x_{i}}}{\sum_{j=1}^{n}e^{x_{j}}}",
    primal=lambda x: np.exp(x - np.log(np.sum(np.exp(x)))),
    claimed=softmax,
    inputs={"x": Reals(3)},
    notes="The left side depends on all entries of x, not on x_i alone.",
)
SHEET.claim(
    "softmax-generalises-sigmoid",
    "equality",
    68,
    "Softmax is the sigmoid, carried from two classes to many: of two classes it gives σ(x₁ − x₂) and σ(x₂ − x₁).",
    origin="sentence",
    primal=softmax,
    claimed=lambda x: sigmoid(x - x[::-1]),
    inputs={"x": Reals(2)},
)
SHEET.claim(
    "softmax-range",
    "bound",
    68,
    "Softmax maps each output to a number between 0 and 1.",
    origin="sentence",
    primal=lambda x, others: np.exp(x) / (np.exp(x) + np.sum(np.exp(others))),
    inputs={"x": Reals(), "others": Reals(2)},
    wrt="x",
    order=0,
    lower=0,
    upper=1,
    strict=True,
)
SHEET.claim(
    "softmax-sums-to-one",
    "equality",
    68,
    "The entries of softmax(x) sum to 1.",
    origin="sentence",
    primal=lambda x: np.sum(softmax(x)),
    claimed=lambda x: np.ones(()),
    inputs={"x": Reals(3)},
)
SHEET.claim(
    "tanh-by-exponential",
    "equality",
    72,
    r"f(x)=\tanh (x)=\frac{2}{1+e^{-2 x}}-1",
    primal=np.tanh,
    claimed=lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
    inputs=NUMBER,
)
SHEET.claim(
    "tanh-by-sigmoid",
    "equality",
    72,
    r"2 \operatorname{sigmoid}(2 x)-1",
    primal=np.tanh,
    claimed=lambda x: 2 * sigmoid(2 * x) - 1,
    inputs=NUMBER,
)
SHEET.claim(
    "tanh-by-two-exponentials",
    "equality",
    72,
    r"\tanh x=\frac{e^{x}-e^{-x}}{e^{x}+e^{-x}}",
    primal=np.tanh,
    claimed=lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    inputs=NUMBER,
)
SHEET.claim(
    "tanh-range",
    "bound",
    74,
    "The values of tanh lie in (−1, 1).",
    origin="sentence",
    primal=np.tanh,
    inputs=NUMBER,
    order=0,
    lower=-1,
    upper=1,
    strict=True,
)
SHEET.claim(
    "tanh-mean",
    "equality",
    74,
    "The values of tanh have the mean 0.",
    origin="sentence",
    primal=lambda x: (np.tanh(x) + np.tanh(-x)) / 2,
    claimed=np.zeros_like,
    inputs=NUMBER,
    notes="Read as: over inputs that lie symmetrically about 0, because tanh(−x) = −tanh(x).",
)
SHEET.claim(
    "tanh-saturates-above-3",
    "bound",
    76,
    "Tanh does not cure vanishing gradients: for inputs greater than 3 its derivative is very near 0, too.",
    origin="sentence",
    primal=np.tanh,
    inputs=BEYOND_3,
    lower=0,
    upper=0.05,
    notes=VERY_NEAR_ZERO + " The limit of 3 is that of line 59.",
)
SHEET.claim(
    "tanh-saturates-below-minus-3",
    "bound",
    76,
    "Tanh does not cure vanishing gradients: for inputs smaller than −3 its derivative is very near 0, too.",
    origin="sentence",
    primal=np.tanh,
    inputs=BEYOND_MINUS_3,
    lower=0,
    upper=0.05,
    notes=VERY_NEAR_ZERO + " The limit of −3 is that of line 59.",
)


def relu(x: Any) -> Any:
    """max(0, x), any shape."""
    return np.maximum(0, x)


def leaky_relu(x: Any, alpha: Any) -> Any:
    """x where x > 0, αx elsewhere, any shape and any α. The form max(αx, x) is the same only for α ≤ 1."""
    return np.where(x > 0, x, alpha * x)


def leaky_relu_by_absolute_value(x: Any, alpha: Any) -> Any:
    """((1 + α) x + (1 − α) |x|) / 2, any shape: the same function from another formula, to compare with."""
    return ((1 + alpha) * x + (1 - alpha) * np.abs(x)) / 2


def relu_unit(w: Array, x: Array, b: Any) -> Any:
    """relu(w·x + b), a number."""
    return relu(w @ x + b)


POSITIVE = {"x": Reals(low=0)}
NEGATIVE = {"x": Reals(high=0)}

SHEET.claim(
    "relu",
    "equality",
    82,
    r"\text { Relu }=\max (0, x)",
    primal=lambda x: (x + np.abs(x)) / 2,
    claimed=relu,
    inputs=NUMBER,
)
SHEET.claim(
    "relu-positive-side",
    "derivative",
    86,
    "For inputs above 0 the derivative of ReLU is always 1.",
    origin="sentence",
    primal=relu,
    claimed=np.ones_like,
    inputs=POSITIVE,
    wrt="x",
)
SHEET.claim(
    "relu-negative-side",
    "derivative",
    90,
    "For inputs below 0 the derivative of ReLU falls to 0.",
    origin="sentence",
    primal=relu,
    claimed=np.zeros_like,
    inputs=NEGATIVE,
    wrt="x",
    notes="The document lets it fall quickly; it does not fall, it is 0 throughout.",
)
SHEET.claim(
    "relu-dead-unit",
    "gradient",
    90,
    "Where its input is below 0, a ReLU unit no longer takes part in training: its weights get the gradient 0.",
    origin="sentence",
    primal=relu_unit,
    claimed=lambda w, x, b: np.zeros_like(w),
    inputs={"w": Reals(3), "x": Reals(3), "b": Reals()},
    wrt="w",
    assumptions=(Assumption("w·x + b < 0", stated=True, where=lambda w, x, b: bool(w @ x + b < 0)),),
)
SHEET.claim(
    "leaky-relu-by-maximum",
    "equality",
    94,
    r"f(x)=\max (0.01 x, x)",
    primal=lambda x: (1.01 * x + 0.99 * np.abs(x)) / 2,
    claimed=lambda x: np.maximum(0.01 * x, x),
    inputs=NUMBER,
)
SHEET.claim(
    "leaky-relu-by-cases",
    "equality",
    94,
    r"f\left(y_{i}\right)=\left\{\begin{array}{rlr} y_{i} & i f, & y_{i}>0 \\"
    r" 0.01 * y_{i} & \text { if, } & y_{i} \leq 0 \end{array}\right.",
    primal=lambda y: np.maximum(0.01 * y, y),
    claimed=lambda y: np.where(y > 0, y, 0.01 * y),
    inputs={"y": Reals(3)},
    notes="The two forms of the line are compared with each other.",
)
SHEET.claim(
    "leaky-relu-any-slope",
    "equality",
    96,
    "In both forms the 0.01 may be replaced by α, usually a small positive number.",
    origin="sentence",
    primal=leaky_relu_by_absolute_value,
    claimed=lambda x, alpha: np.maximum(alpha * x, x),
    inputs={"x": Reals(), "alpha": Reals()},
    assumptions=(Assumption("α ≤ 1", stated=False, spaces={"alpha": Reals(high=1)}),),
    recorded=Record("conditional", "for α > 1, which “usually” does not exclude, max(αx, x) picks the wrong branch"),
    notes="Line 98 speaks of a learned α, which can come to lie anywhere.",
)
SHEET.claim(
    "leaky-relu-any-slope-by-cases",
    "equality",
    96,
    r"f(x) = \begin{cases} x & x > 0 \\ \alpha x & x \leq 0 \end{cases}",
    origin="correction",
    corrects="leaky-relu-any-slope",
    primal=leaky_relu_by_absolute_value,
    claimed=leaky_relu,
    inputs={"x": Reals(), "alpha": Reals()},
)
SHEET.claim(
    "leaky-relu-below-zero",
    "equality",
    96,
    r"f(x)=αx",
    primal=leaky_relu_by_absolute_value,
    claimed=lambda x, alpha: alpha * x,
    inputs={"x": Reals(), "alpha": Reals()},
    assumptions=(Assumption("x ≤ 0", stated=True, where=lambda x, alpha: bool(x <= 0)),),
)
SHEET.claim(
    "leaky-relu-negative-slope",
    "derivative",
    98,
    "For inputs below 0 the derivative of Leaky ReLU is α.",
    origin="sentence",
    primal=leaky_relu,
    claimed=lambda x, alpha: alpha,
    inputs={**NEGATIVE, "alpha": Reals()},
    wrt="x",
)
SHEET.claim(
    "prelu-slope-gradient",
    "derivative",
    98,
    r"\frac{\partial f}{\partial \alpha} = \min(0, x)",
    origin="reconstructed",
    primal=leaky_relu,
    claimed=lambda x, alpha: np.minimum(0, x),
    inputs={"x": Reals(), "alpha": Reals()},
    wrt="alpha",
    notes="PReLU learns α; the derivative that this needs is not in the document.",
)


def mean_absolute_error(prediction: Array, y: Array) -> Any:
    """MAE = Σ_i |f(x_i) − y_i| / n: (n,), (n,) → number."""
    return np.sum(np.abs(prediction - y)) / len(y)


def mean_squared_error(prediction: Array, y: Array) -> Any:
    """MSE = Σ_i (f(x_i) − y_i)² / n: (n,), (n,) → number."""
    return np.sum((prediction - y) ** 2) / len(y)


def mean_absolute_error_as_printed(prediction: Array, y: Array, i: Any) -> Any:
    """Σ_{n=1}^{n} |f(x_i) − y_i| / n, n equal summands, since the sum leaves i alone: (n,), (n,), index → number."""
    n = len(y)
    return sum(np.abs(prediction[i] - y[i]) for _ in range(n)) / n


def binary_cross_entropy(p: Any, y: Any) -> Any:
    """−[y log p + (1 − y) log(1 − p)] for a prediction p in (0, 1) and a label y, any shape."""
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def squared_error_of_unit(w: Array, x: Array, y: Any) -> Any:
    """(σ(w·x) − y)², a number."""
    return (sigmoid(w @ x) - y) ** 2


def squared_error_gradient(w: Array, x: Array, y: Any) -> Array:
    """The gradient of `squared_error_of_unit` with respect to w: 2 (σ − y) σ (1 − σ) x, the shape of w."""
    s = sigmoid(w @ x)
    gradient: Array = 2 * (s - y) * s * (1 - s) * x
    return gradient


def cross_entropy_of_unit(w: Array, x: Array, y: Any) -> Any:
    """The binary cross-entropy of σ(w·x) and y, a number."""
    return binary_cross_entropy(sigmoid(w @ x), y)


def cross_entropy_gradient(w: Array, x: Array, y: Any) -> Array:
    """The gradient of `cross_entropy_of_unit` with respect to w: (σ − y) x, the shape of w."""
    gradient: Array = (sigmoid(w @ x) - y) * x
    return gradient


PROBABILITY = {"p": Reals(low=0, high=1)}
UNIT = {"w": Reals(3), "x": Reals(3), "y": Reals()}
ERROR_OF_ZERO_LABEL = "The label is 0, so that the error σ(z) grows with z."

SHEET.claim(
    "mean-absolute-error",
    "equality",
    106,
    r"M A E=\frac{\sum_{n=1}^{n}\left|f\left(x_{i}\right)-y_{i}\right|}{n}",
    primal=lambda prediction, y, i: np.mean(np.maximum(prediction - y, y - prediction)),
    claimed=mean_absolute_error_as_printed,
    inputs={"prediction": Reals(4), "y": Reals(4), "i": Integers(low=0, high=3)},
    recorded=Record("fails", "the sum runs over n, its own upper limit, while i is left free"),
    notes="The sentence before the formula says what is meant: the mean of the distances.",
)
SHEET.claim(
    "mean-absolute-error-over-i",
    "equality",
    106,
    r"MAE = \frac{\sum_{i=1}^{n} \left|f(x_{i}) - y_{i}\right|}{n}",
    origin="correction",
    corrects="mean-absolute-error",
    primal=lambda prediction, y: np.mean(np.maximum(prediction - y, y - prediction)),
    claimed=mean_absolute_error,
    notation={"f(x_i)": "prediction"},
    inputs={"prediction": Reals(4), "y": Reals(4)},
)
SHEET.claim(
    "mean-squared-error",
    "equality",
    110,
    r"M S E=\frac{\sum_{i=1}^{n}\left(f_{x_{i}}-y_{i}\right)^{2}}{n}",
    primal=lambda prediction, y: np.mean(np.abs(prediction - y) * np.abs(prediction - y)),
    claimed=mean_squared_error,
    notation={"f_{x_i}": "prediction"},
    inputs={"prediction": Reals(4), "y": Reals(4)},
    notes="f with the index x_i is read as f(x_i), as on line 106.",
)
SHEET.claim(
    "binary-cross-entropy",
    "equality",
    114,
    r"L = -[ylog(y_{out})+(1-y)log(1-y_{out})]",
    primal=lambda p, y: -np.log(np.where(y == 1, p, 1 - p)),
    claimed=binary_cross_entropy,
    notation={"y_{out}": "p"},
    inputs={**PROBABILITY, "y": Integers(low=0, high=1)},
    notes="Compared with −log of the probability that the prediction gives to the label, which is 0 or 1.",
)
SHEET.claim(
    "cross-entropy-of-label-0",
    "equality",
    118,
    r"L=-log(1-y_{out})",
    primal=lambda p: binary_cross_entropy(p, 0),
    claimed=lambda p: -np.log(1 - p),
    notation={"y_{out}": "p"},
    inputs=PROBABILITY,
)
SHEET.claim(
    "cross-entropy-of-label-0-grows",
    "bound",
    118,
    "For the label 0 the smaller y_out, the smaller L: L is least at y_out = 0.",
    origin="sentence",
    primal=lambda p: binary_cross_entropy(p, 0),
    inputs=PROBABILITY,
    lower=0,
    strict=True,
)
SHEET.claim(
    "cross-entropy-of-label-1",
    "equality",
    119,
    r"L=-log(y_{out})",
    primal=lambda p: binary_cross_entropy(p, 1),
    claimed=lambda p: -np.log(p),
    notation={"y_{out}": "p"},
    inputs=PROBABILITY,
)
SHEET.claim(
    "cross-entropy-of-label-1-falls",
    "bound",
    119,
    "For the label 1 the larger y_out, the smaller L: L is least at y_out = 1.",
    origin="sentence",
    primal=lambda p: binary_cross_entropy(p, 1),
    inputs=PROBABILITY,
    upper=0,
    strict=True,
)
SHEET.claim(
    "squared-error-gradient",
    "gradient",
    123,
    r"\frac{\partial}{\partial w} (\sigma(w^{T} x) - y)^{2} = 2 (\sigma - y) \sigma (1 - \sigma) x",
    origin="reconstructed",
    primal=squared_error_of_unit,
    claimed=squared_error_gradient,
    notation={r"\sigma": r"\operatorname{sigmoid}(w^{T}x)"},
    inputs=UNIT,
    wrt="w",
    notes="What the comparison of the line rests on: σ(1 − σ) makes the gradient small where the error is largest.",
)
SHEET.claim(
    "squared-error-gradient-grows-at-first",
    "bound",
    123,
    "With the squared error, the gradient of the parameters grows with the error as long as that is not very large.",
    origin="sentence",
    primal=lambda z: sigmoid(z) ** 2,
    inputs={"z": Reals(low=-4, high=0.69)},
    order=2,
    lower=0,
    notes=ERROR_OF_ZERO_LABEL + " The turning point is an error of 2/3, at z = log 2.",
)
SHEET.claim(
    "squared-error-gradient-falls-again",
    "bound",
    123,
    "With the squared error, the gradient of the parameters falls again where the error is very large.",
    origin="sentence",
    primal=lambda z: sigmoid(z) ** 2,
    inputs={"z": Reals(low=0.7, high=4)},
    order=2,
    upper=0,
    notes=ERROR_OF_ZERO_LABEL + " The turning point is an error of 2/3, at z = log 2.",
)
SHEET.claim(
    "cross-entropy-gradient",
    "gradient",
    123,
    r"\frac{\partial L}{\partial w} = (\sigma - y) x",
    origin="reconstructed",
    primal=cross_entropy_of_unit,
    claimed=cross_entropy_gradient,
    notation={r"\sigma": r"\operatorname{sigmoid}(w^{T}x)"},
    inputs=UNIT,
    wrt="w",
    notes="What the comparison of the line rests on: the gradient is the error times the input.",
)
SHEET.claim(
    "cross-entropy-gradient-grows",
    "derivative",
    123,
    "With the cross-entropy, the larger the error, the larger the gradient: before the sigmoid it is the error itself.",
    origin="sentence",
    primal=lambda z, y: binary_cross_entropy(sigmoid(z), y),
    claimed=lambda z, y: sigmoid(z) - y,
    inputs={"z": Reals(), "y": Reals()},
    wrt="z",
)
SHEET.claim(
    "linear-equations",
    "equality",
    154,
    r"W_{m\times n}X_{n\times 1} = Y_{m\times 1}",
    primal=from_edges,
    claimed=lambda W, X: W @ X,
    notation={r"W_{m\times n}": "W", r"X_{n\times 1}": "X"},
    inputs={"W": Reals(2, 3), "X": Reals(3, 1)},
    notes="Y has m rows, and each is one equation.",
)
SHEET.claim(
    "product-of-factors",
    "derivative",
    175,
    "By the chain rule, the derivative that reaches the input is a product with a factor from every layer.",
    origin="sentence",
    primal=three_weighted_sigmoids,
    claimed=product_of_factors,
    inputs={"x": Reals(), "w1": Reals(), "w2": Reals(), "w3": Reals()},
    wrt="x",
)
SHEET.claim(
    "sigmoids-make-gradients-vanish",
    "bound",
    177,
    "With sigmoids the product of the factors becomes small: at most (1/4)³ for three of them.",
    origin="sentence",
    primal=three_sigmoids,
    inputs=NUMBER,
    lower=0,
    upper=1 / 64,
)
