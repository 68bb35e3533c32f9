r"""What the documents claim of gradients against depth, as claims: slopes are bounded, and what a layer multiplies by as well.

One unit a layer is enclosed over the whole line, so that (w/4)ᵏ is proven for every input. Of a whole layer, the norm of
σ′(z) ⊙ (Wᵀδ) is at most ¼ ‖W‖ ‖δ‖, since |σ′| ≤ ¼ takes out σ′, and Lagrange's identity

    ‖W‖² ‖δ‖² − ‖Wᵀδ‖² = Σ_j Σ_{i<k} (W_ij δ_k − W_kj δ_i)²

the rest: it is a sum of squares. ‖W‖ is the root of the sum of all squares, which the largest singular value is at most.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Sheet
from gradcheck.domains import Reals
from gradcheck.health.depth import elu, leaky_relu, relu, sigmoid

Array = np.ndarray[Any, np.dtype[Any]]

SHEET = Sheet("depth", "gradcheck/health/claims.py", "Gradients against depth")

NUMBER = {"x": Reals()}
SLOPES: dict[str, tuple[Any, float, float, str]] = {
    "sigmoid": (sigmoid, 0, 0.25, r"0 \le \sigma'(x) \le \frac{1}{4}"),
    "tanh": (np.tanh, 0, 1, r"0 \le \tanh'(x) \le 1"),
    "relu": (relu, 0, 1, "The slope of ReLU is 0 or 1."),
    "leaky-relu": (leaky_relu, 0.01, 1, "The slope of leaky ReLU is 0.01 or 1."),
    "elu": (elu, 0, 1, "The slope of ELU lies between 0 and 1."),
}
for name, (function, low, high, said) in SLOPES.items():
    SHEET.claim(
        f"{name}-slope",
        "bound",
        0,
        said,
        origin="sentence",
        primal=function,
        inputs=NUMBER,
        lower=low,
        upper=high,
        notes="Documents network-basics (1.3) and feedforward-backprop (summary).",
    )


def sigmoids(x: Any, depth: int, weight: float) -> Any:
    """σ(w σ(w … σ(w x))): so many layers of one unit each."""
    for _ in range(depth):
        x = sigmoid(weight * x)
    return x


for depth, weight in ((1, 3.0), (2, 1.0), (2, 3.0), (3, 2.0), (4, 1.0)):
    SHEET.claim(
        f"sigmoids-{depth}-weight-{weight:g}",
        "bound",
        0,
        f"Through {depth} sigmoid{'s' if depth > 1 else ''} with weights of {weight:g}, the gradient is at most"
        f" ({weight:g}/4)^{depth} of what it was.",
        origin="sentence",
        primal=lambda x, depth=depth, weight=weight: sigmoids(x, depth, weight),
        inputs=NUMBER,
        lower=0,
        upper=(weight / 4) ** depth,
        notes="Below 1 for every weight below 4: then gradients vanish however deep the network is.",
    )


def layer_excess(z: Array, W: Array, delta: Array) -> Any:
    """‖σ′(z) ⊙ (Wᵀδ)‖² − (¼ ‖W‖ ‖δ‖)²: (m,), (n, m), (n,) → number; never above 0."""
    below = sigmoid(z) * (1 - sigmoid(z)) * (W.T @ delta)
    return np.sum(below**2) - np.sum(W**2) * np.sum(delta**2) / 16


def lagrange(W: Array, delta: Array) -> Any:
    """Σ_j Σ_{i<k} (W_ij δ_k − W_kj δ_i)²: (n, m), (n,) → number."""
    n = len(delta)
    return sum(np.sum((W[i] * delta[k] - W[k] * delta[i]) ** 2) for k in range(n) for i in range(k))


SHEET.claim(
    "layer-of-sigmoids",
    "bound",
    0,
    "A layer of sigmoids multiplies the norm of the gradient by at most a quarter of the norm of its weights.",
    origin="sentence",
    primal=layer_excess,
    inputs={"z": Reals(3), "W": Reals(2, 3), "delta": Reals(2)},
    order=0,
    upper=0,
    notes="‖σ′(z) ⊙ (Wᵀδ)‖² − (¼ ‖W‖ ‖δ‖)² ≤ 0 at sampled points; everywhere by sigmoid-slope and norm-of-product.",
)
SHEET.claim(
    "norm-of-product",
    "equality",
    0,
    "‖W‖² ‖δ‖² − ‖Wᵀδ‖² is a sum of squares: Lagrange's identity.",
    origin="sentence",
    primal=lambda W, delta: np.sum(W**2) * np.sum(delta**2) - np.sum((W.T @ delta) ** 2),
    claimed=lagrange,
    inputs={"W": Reals(3, 2), "delta": Reals(3)},
)
SHEET.claim(
    "linear-path",
    "derivative",
    0,
    r"\frac{\partial y}{\partial x} = w^3",
    origin="cited",
    primal=lambda x, w: w * (w * (w * x)),
    claimed=lambda x, w: w**3,
    inputs={"x": Reals(), "w": Reals()},
    wrt="x",
    notes="What no activation shrinks grows or shrinks like a power of the weights: it explodes where they are above 1.",
)
SHEET.claim(
    "relu-path",
    "derivative",
    0,
    r"\frac{\partial y}{\partial x} = w^3",
    origin="cited",
    primal=lambda x, w: relu(w * relu(w * relu(w * x))),
    claimed=lambda x, w: w**3,
    inputs={"x": Reals(low=0), "w": Reals(low=0)},
    wrt="x",
    notes="Where units are active, ReLU shrinks nothing: the document's “it is that simple”.",
)
