"""Recurrent networks: one step of each cell, and backpropagation through time.

x is (n, p), the state h (n, q). The gates of a cell are a leading axis of its weights: w is (gates, p, q), u (gates, q, q)
and b (gates, q), so that ``x @ w + h @ u + b[:, None]`` is what all gates receive, (gates, n, q). A sequence is (t, n, p), time
first. The new state is y, and its cotangent dy, printed ȳ. Backpropagation through time goes through the steps backwards:
the cotangent of a state is what comes from outside, ȳ of that step, and what comes from the step after it; the gradients
by weights are sums over the steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("recurrent", "recurrent.py", "Recurrent networks", notation={r"\bar y": "dy", r"\bar s": "ds"})


def sigmoid(z: Array) -> Any:
    """1 / (1 + e⁻ᶻ)."""
    return 1 / (1 + np.exp(-z))


def transposed(a: Array) -> Any:
    """The last two axes exchanged."""
    return a.swapaxes(-1, -2)


def rnn_cell(x: Array, h: Array, w: Array, u: Array, b: Array) -> Any:
    """tanh(x w + h u + b), (n, p), (n, q), (p, q), (q, q), (q,) → (n, q)."""
    return np.tanh(x @ w + h @ u + b)


def rnn_cell_backward(
    dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them."""
    dz = dy * (1 - rnn_cell(x, h, w, u, b) ** 2)
    return dz @ w.T, dz @ u.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)


LIBRARY.formula(
    "rnn-cell",
    "RNN cell (Elman), one step",
    formula=r"y = \tanh(x w + h u + b)",
    forward=rnn_cell,
    inputs={"x": Reals(4, 3), "h": Reals(4, 2), "w": Reals(3, 2), "u": Reals(2, 2), "b": Reals(2)},
    backward=rnn_cell_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \delta w^T",
        "h": r"\frac{\partial L}{\partial h} = \delta u^T",
        "w": r"\frac{\partial L}{\partial w} = x^T \delta",
        "u": r"\frac{\partial L}{\partial u} = h^T \delta",
        "b": r"\frac{\partial L}{\partial b_j} = \sum_i \delta_{ij}",
    },
    notation={
        "y_{ij}": r"\tanh\left(\sum_k x_{ik} w_{kj} + \sum_l h_{il} u_{lj} + b_j\right)",
        r"\delta_{ij}": r"\bar{y}_{ij} (1 - y_{ij}^2)",
    },
    source="J. Elman, Finding structure in time, Cognitive Science 14, 1990",
    also=("torch.nn.RNNCell", "flax.linen.SimpleCell", "vanilla RNN", "Elman network"),
)


def rnn(x: Array, h: Array, w: Array, u: Array, b: Array) -> Any:
    """The states of all steps, (t, n, p), (n, q), (p, q), (q, q), (q,) → (t, n, q)."""
    states = []
    for step in x:
        h = rnn_cell(step, h, w, u, b)
        states.append(h)
    return np.stack(states)


def rnn_backward(
    dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them; h is the first state."""
    y = rnn(x, h, w, u, b)
    before = np.concatenate([h[None], y[:-1]])
    dx = []
    dh, dw, du, db = np.zeros_like(h), np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
    for t in reversed(range(len(x))):
        dz = (dy[t] + dh) * (1 - y[t] ** 2)
        dx.append(dz @ w.T)
        dh = dz @ u.T
        dw, du, db = dw + x[t].T @ dz, du + before[t].T @ dz, db + dz.sum(axis=0)
    return np.stack(dx[::-1]), dh, dw, du, db


THROUGH_TIME = r"\delta_t = \left(\bar{y}_t + \delta_{t+1} u^T\right) \odot (1 - y_t \odot y_t)"

LIBRARY.formula(
    "rnn",
    "RNN, backpropagation through time",
    formula=r"y_t = \tanh(x_t w + y_{t-1} u + b)",
    forward=rnn,
    inputs={"x": Reals(3, 2, 4), "h": Reals(2, 2), "w": Reals(4, 2), "u": Reals(2, 2), "b": Reals(2)},
    backward=rnn_backward,
    printed={
        "x": rf"{THROUGH_TIME}, \quad \frac{{\partial L}}{{\partial x_t}} = \delta_t w^T",
        "h": rf"{THROUGH_TIME}, \quad \frac{{\partial L}}{{\partial y_0}} = \delta_1 u^T",
        "w": rf"{THROUGH_TIME}, \quad \frac{{\partial L}}{{\partial w}} = \sum_t x_t^T \delta_t",
        "u": rf"{THROUGH_TIME}, \quad \frac{{\partial L}}{{\partial u}} = \sum_t y_{{t-1}}^T \delta_t",
        "b": rf"{THROUGH_TIME}, \quad \frac{{\partial L}}{{\partial b_j}} = \sum_t \sum_i \delta_{{tij}}",
    },
    source="P. Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78, 1990",
    also=("BPTT", "torch.nn.RNN", "flax.linen.RNN", "unrolled network", "vanishing gradients", "exploding gradients"),
    notes="h is the state before the first step, y₀. δ after the last step is 0. The cotangent of a state passes "
    "through u once a "
    "step: that is why it vanishes or explodes.",
)


def lstm_cell(x: Array, h: Array, c: Array, w: Array, u: Array, b: Array) -> tuple[Array, Array]:
    """y = o tanh s and s = f c + i g, (n, p), (n, q), (n, q), (4, p, q), (4, q, q), (4, q) → (n, q), (n, q).

    The gates i, f, o are σ, the candidate g is tanh, of x w + h u + b.
    """
    i, f, g, o = x @ w + h @ u + b[:, None]
    s = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(s), s


def lstm_cell_backward(
    dy: Array, ds: Array, x: Array, h: Array, c: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂c, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them. ds is the cotangent of the new cell s, dy that of y."""
    i, f, g, o = x @ w + h @ u + b[:, None]
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    t = np.tanh(f * c + i * g)
    ds = ds + dy * o * (1 - t**2)
    dz = np.stack([ds * g * i * (1 - i), ds * c * f * (1 - f), ds * i * (1 - g**2), dy * t * o * (1 - o)])
    dx = (dz @ transposed(w)).sum(axis=0)
    dh = (dz @ transposed(u)).sum(axis=0)
    return dx, dh, ds * f, x.T @ dz, h.T @ dz, dz.sum(axis=1)


LSTM_GATES = {
    "z_{m,i,j}": r"\sum_k x_{ik} w_{m,k,j} + \sum_l h_{il} u_{m,l,j} + b_{mj}",
    r"\iota_{ij}": r"\sigma(z_{1,i,j})",
    r"\phi_{ij}": r"\sigma(z_{2,i,j})",
    r"\gamma_{ij}": r"\tanh(z_{3,i,j})",
    r"\omega_{ij}": r"\sigma(z_{4,i,j})",
    "t_{ij}": r"\tanh(\phi_{ij} c_{ij} + \iota_{ij} \gamma_{ij})",
    r"\kappa_{ij}": r"\bar{s}_{ij} + \bar{y}_{ij} \omega_{ij} (1 - t_{ij}^2)",
    r"\delta_{m,i,j}": r"\begin{cases} \kappa_{ij} \gamma_{ij} \iota_{ij} (1 - \iota_{ij}) & m = 1 \\"
    r" \kappa_{ij} c_{ij} \phi_{ij} (1 - \phi_{ij}) & m = 2 \\"
    r" \kappa_{ij} \iota_{ij} (1 - \gamma_{ij}^2) & m = 3 \\"
    r" \bar{y}_{ij} t_{ij} \omega_{ij} (1 - \omega_{ij}) & m = 4 \end{cases}",
}
"""What the four gates receive, the gates, tanh of the new cell, all that reaches it, κ, and δ by what the gates receive."""
GATES_PRINTED = {
    "x": r"\frac{\partial L}{\partial x_{ik}} = \sum_{m,j} \delta_{m,i,j} w_{m,k,j}",
    "w": r"\frac{\partial L}{\partial w_{m,k,j}} = \sum_i x_{ik} \delta_{m,i,j}",
    "b": r"\frac{\partial L}{\partial b_{mj}} = \sum_i \delta_{m,i,j}",
}

LIBRARY.formula(
    "lstm-cell",
    "LSTM cell, one step",
    formula=r"y = o \odot \tanh(s), \quad s = f \odot c + i \odot g",
    forward=lstm_cell,
    inputs={
        "x": Reals(2, 3),
        "h": Reals(2, 2),
        "c": Reals(2, 2),
        "w": Reals(4, 3, 2),
        "u": Reals(4, 2, 2),
        "b": Reals(4, 2),
    },
    cotangents={"dy": Reals(2, 2), "ds": Reals(2, 2)},
    backward=lstm_cell_backward,
    printed={
        "x": GATES_PRINTED["x"],
        "h": r"\frac{\partial L}{\partial h_{il}} = \sum_{m,j} \delta_{m,i,j} u_{m,l,j}",
        "c": r"\frac{\partial L}{\partial c_{ij}} = \kappa_{ij} \phi_{ij}",
        "w": GATES_PRINTED["w"],
        "u": r"\frac{\partial L}{\partial u_{m,l,j}} = \sum_i h_{il} \delta_{m,i,j}",
        "b": GATES_PRINTED["b"],
    },
    notation=LSTM_GATES,
    source="F. Gers, J. Schmidhuber and F. Cummins, Learning to forget: continual prediction with LSTM, Neural "
    "Computation 12, 2000",
    also=("torch.nn.LSTMCell", "flax.linen.OptimizedLSTMCell", "long short-term memory"),
    notes="In print the gates i, f, g, o are ι, φ, γ, ω, in this order along the first axis, as torch stacks them. "
    "t is tanh s, and "
    "κ what reaches the new cell. S. Hochreiter and J. Schmidhuber (1997) had no forget gate. torch adds two "
    "biases; their "
    "gradients are equal.",
)


def lstm(x: Array, h: Array, c: Array, w: Array, u: Array, b: Array) -> Any:
    """The states y of all steps, (t, n, p), (n, q), (n, q), (4, p, q), (4, q, q), (4, q) → (t, n, q)."""
    states = []
    for step in x:
        h, c = lstm_cell(step, h, c, w, u, b)
        states.append(h)
    return np.stack(states)


def lstm_backward(
    dy: Array, x: Array, h: Array, c: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂c, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them; h and c are the first state and cell."""
    before = []
    for step in x:
        before.append((h, c))
        h, c = lstm_cell(step, h, c, w, u, b)
    dx = []
    dh, dc, dw, du, db = np.zeros_like(h), np.zeros_like(c), np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
    for t in reversed(range(len(x))):
        dstep, dh, dc, *more = lstm_cell_backward(dy[t] + dh, dc, x[t], *before[t], w, u, b)
        dx.append(dstep)
        dw, du, db = dw + more[0], du + more[1], db + more[2]
    return np.stack(dx[::-1]), dh, dc, dw, du, db


LIBRARY.formula(
    "lstm",
    "LSTM, backpropagation through time",
    formula=r"(y_t, s_t) = \operatorname{lstm}(x_t, y_{t-1}, s_{t-1})",
    forward=lstm,
    inputs={
        "x": Reals(3, 2, 2),
        "h": Reals(2, 2),
        "c": Reals(2, 2),
        "w": Reals(4, 2, 2),
        "u": Reals(4, 2, 2),
        "b": Reals(4, 2),
    },
    backward=lstm_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_t} = \sum_m \Delta_{m,t} w_m^T",
        "h": r"\frac{\partial L}{\partial y_0} = \sum_m \Delta_{m,1} u_m^T",
        "c": r"\frac{\partial L}{\partial s_0} = \kappa_1 \odot \phi_1",
        "w": r"\frac{\partial L}{\partial w_m} = \sum_t x_t^T \Delta_{m,t}",
        "u": r"\frac{\partial L}{\partial u_m} = \sum_t y_{t-1}^T \Delta_{m,t}",
        "b": r"\frac{\partial L}{\partial b_{mj}} = \sum_t \sum_i \Delta_{m,t,i,j}",
    },
    source="F. Gers, J. Schmidhuber and F. Cummins, Learning to forget: continual prediction with LSTM, Neural "
    "Computation 12, 2000",
    also=("torch.nn.LSTM", "flax.linen.RNN", "BPTT", "long short-term memory"),
    notes="Δ_t, κ_t and φ_t are δ, κ and φ of lstm-cell at step t, where ȳ_t + Σ_m Δ_{m,t+1} u_mᵀ stands for ȳ and "
    "κ_{t+1} ⊙ φ_{t+1} for s̄. "
    "h and c are y₀ and s₀.",
)


def gru_cell(x: Array, h: Array, w: Array, u: Array, b: Array) -> Any:
    """z h + (1 − z) g, (n, p), (n, q), (3, p, q), (3, q, q), (3, q) → (n, q).

    r = σ(x w₁ + h u₁ + b₁), z = σ(x w₂ + h u₂ + b₂), g = tanh(x w₃ + (r h) u₃ + b₃).
    """
    r = sigmoid(x @ w[0] + h @ u[0] + b[0])
    z = sigmoid(x @ w[1] + h @ u[1] + b[1])
    return z * h + (1 - z) * np.tanh(x @ w[2] + (r * h) @ u[2] + b[2])


def gru_cell_backward(
    dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them."""
    r = sigmoid(x @ w[0] + h @ u[0] + b[0])
    z = sigmoid(x @ w[1] + h @ u[1] + b[1])
    g = np.tanh(x @ w[2] + (r * h) @ u[2] + b[2])
    dg = dy * (1 - z) * (1 - g**2)
    drh = dg @ u[2].T
    da = np.stack([drh * h * r * (1 - r), dy * (h - g) * z * (1 - z), dg])
    dh = dy * z + drh * r + da[0] @ u[0].T + da[1] @ u[1].T
    du = np.stack([h.T @ da[0], h.T @ da[1], (r * h).T @ dg])
    return (da @ transposed(w)).sum(axis=0), dh, x.T @ da, du, da.sum(axis=1)


GRU_GATES = {
    "r_{ij}": r"\sigma\left(\sum_k x_{ik} w_{1,k,j} + \sum_l h_{il} u_{1,l,j} + b_{1,j}\right)",
    "z_{ij}": r"\sigma\left(\sum_k x_{ik} w_{2,k,j} + \sum_l h_{il} u_{2,l,j} + b_{2,j}\right)",
    "g_{ij}": r"\tanh\left(\sum_k x_{ik} w_{3,k,j} + \sum_l r_{il} h_{il} u_{3,l,j} + b_{3,j}\right)",
    r"\rho_{il}": r"\sum_j \bar{y}_{ij} (1 - z_{ij}) (1 - g_{ij}^2) u_{3,l,j}",
    r"\delta_{m,i,j}": r"\begin{cases} \rho_{ij} h_{ij} r_{ij} (1 - r_{ij}) & m = 1 \\"
    r" \bar{y}_{ij} (h_{ij} - g_{ij}) z_{ij} (1 - z_{ij}) & m = 2 \\"
    r" \bar{y}_{ij} (1 - z_{ij}) (1 - g_{ij}^2) & m = 3 \end{cases}",
}
"""The gates r and z, the candidate g, ρ = ∂L/∂(r ⊙ h), and δ by what the gates and the candidate are applied to."""

GRU = {"x": Reals(2, 3), "h": Reals(2, 2), "w": Reals(3, 3, 2), "u": Reals(3, 2, 2), "b": Reals(3, 2)}

LIBRARY.formula(
    "gru-cell",
    "GRU cell, one step",
    formula=r"y = z \odot h + (1 - z) \odot g, \quad g = \tanh(x w_3 + (r \odot h) u_3 + b_3)",
    forward=gru_cell,
    inputs=GRU,
    backward=gru_cell_backward,
    printed={
        "x": GATES_PRINTED["x"],
        "h": r"\frac{\partial L}{\partial h_{il}} = \bar{y}_{il} z_{il} + \rho_{il} r_{il}"
        r" + \sum_j \delta_{1,i,j} u_{1,l,j} + \sum_j \delta_{2,i,j} u_{2,l,j}",
        "w": GATES_PRINTED["w"],
        "u": r"\frac{\partial L}{\partial u_{m,l,j}} = \sum_i \begin{cases} r_{il} h_{il} \delta_{m,i,j} & m = 3 \\"
        r" h_{il} \delta_{m,i,j} & \text{otherwise} \end{cases}",
        "b": GATES_PRINTED["b"],
    },
    notation=GRU_GATES,
    source="K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014, section 2.3",
    also=("gated recurrent unit", "torch.nn.GRUCell", "keras.layers.GRU reset_after=False"),
    notes="As in the paper: the reset gate r comes before the product with u₃. torch and flax apply it after: see "
    "gru-cell-reset-after. ρ is ∂L/∂(r ⊙ h).",
)


def gru_cell_reset_after(x: Array, h: Array, w: Array, u: Array, b: Array, c: Array) -> Any:
    """z h + (1 − z) g, (n, p), (n, q), (3, p, q), (3, q, q), (3, q), (q,) → (n, q).

    r and z as in `gru_cell`, g = tanh(x w₃ + b₃ + r (h u₃ + c)).
    """
    r = sigmoid(x @ w[0] + h @ u[0] + b[0])
    z = sigmoid(x @ w[1] + h @ u[1] + b[1])
    return z * h + (1 - z) * np.tanh(x @ w[2] + b[2] + r * (h @ u[2] + c))


def gru_cell_reset_after_backward(
    dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array, c: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂w, ∂L/∂u, ∂L/∂b and ∂L/∂c, shaped like them."""
    r = sigmoid(x @ w[0] + h @ u[0] + b[0])
    z = sigmoid(x @ w[1] + h @ u[1] + b[1])
    m = h @ u[2] + c
    g = np.tanh(x @ w[2] + b[2] + r * m)
    dg = dy * (1 - z) * (1 - g**2)
    da = np.stack([dg * m * r * (1 - r), dy * (h - g) * z * (1 - z), dg])
    dv = np.stack([da[0], da[1], dg * r])  # by h u: the candidate's passes the reset gate
    dh = dy * z + (dv @ transposed(u)).sum(axis=0)
    return (da @ transposed(w)).sum(axis=0), dh, x.T @ da, h.T @ dv, da.sum(axis=1), dv[2].sum(axis=0)


RESET_AFTER = {
    "r_{ij}": GRU_GATES["r_{ij}"],
    "z_{ij}": GRU_GATES["z_{ij}"],
    r"\mu_{ij}": r"\sum_l h_{il} u_{3,l,j} + c_j",
    "g_{ij}": r"\tanh\left(\sum_k x_{ik} w_{3,k,j} + b_{3,j} + r_{ij} \mu_{ij}\right)",
    r"\delta_{m,i,j}": r"\begin{cases} \bar{y}_{ij} (1 - z_{ij}) (1 - g_{ij}^2) \mu_{ij} r_{ij} (1 - r_{ij}) & m = 1 \\"
    r" \bar{y}_{ij} (h_{ij} - g_{ij}) z_{ij} (1 - z_{ij}) & m = 2 \\"
    r" \bar{y}_{ij} (1 - z_{ij}) (1 - g_{ij}^2) & m = 3 \end{cases}",
    r"\epsilon_{m,i,j}": r"\begin{cases} r_{ij} \delta_{m,i,j} & m = 3 \\ \delta_{m,i,j} & \text{otherwise} \end{cases}",
}
"""The gates, μ = h u₃ + c, the candidate g, δ by what they are applied to, and ε by h u."""

LIBRARY.formula(
    "gru-cell-reset-after",
    "GRU cell with the reset after the product, one step",
    formula=r"y = z \odot h + (1 - z) \odot g, \quad g = \tanh(x w_3 + b_3 + r \odot (h u_3 + c))",
    forward=gru_cell_reset_after,
    inputs={**GRU, "c": Reals(2)},
    backward=gru_cell_reset_after_backward,
    printed={
        "x": GATES_PRINTED["x"],
        "h": r"\frac{\partial L}{\partial h_{il}} = \bar{y}_{il} z_{il} + \sum_{m,j} \epsilon_{m,i,j} u_{m,l,j}",
        "w": GATES_PRINTED["w"],
        "u": r"\frac{\partial L}{\partial u_{m,l,j}} = \sum_i h_{il} \epsilon_{m,i,j}",
        "b": GATES_PRINTED["b"],
        "c": r"\frac{\partial L}{\partial c_j} = \sum_i \epsilon_{3,i,j}",
    },
    notation=RESET_AFTER,
    source="K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014, section 2.3, with "
    "the product "
    "and the reset exchanged",
    also=("torch.nn.GRUCell", "torch.nn.GRU", "flax.linen.GRUCell", "cuDNN GRU", "keras.layers.GRU"),
    notes="Gates in torch's order: r, z, candidate. b is the sum of torch's two biases, but for the candidate's "
    "second one, which "
    "is c.",
)


def gru(x: Array, h: Array, w: Array, u: Array, b: Array) -> Any:
    """The states of all steps, (t, n, p), (n, q), (3, p, q), (3, q, q), (3, q) → (t, n, q)."""
    states = []
    for step in x:
        h = gru_cell(step, h, w, u, b)
        states.append(h)
    return np.stack(states)


def gru_backward(
    dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them; h is the first state."""
    before = [h, *gru(x, h, w, u, b)[:-1]]
    dx = []
    dh, dw, du, db = np.zeros_like(h), np.zeros_like(w), np.zeros_like(u), np.zeros_like(b)
    for t in reversed(range(len(x))):
        dstep, dh, *more = gru_cell_backward(dy[t] + dh, x[t], before[t], w, u, b)
        dx.append(dstep)
        dw, du, db = dw + more[0], du + more[1], db + more[2]
    return np.stack(dx[::-1]), dh, dw, du, db


LIBRARY.formula(
    "gru",
    "GRU, backpropagation through time",
    formula=r"y_t = \operatorname{gru}(x_t, y_{t-1})",
    forward=gru,
    inputs={
        "x": Reals(3, 2, 2),
        "h": Reals(2, 2),
        "w": Reals(3, 2, 2),
        "u": Reals(3, 2, 2),
        "b": Reals(3, 2),
    },
    backward=gru_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_t} = \sum_m \Delta_{m,t} w_m^T",
        "h": r"\frac{\partial L}{\partial y_0} = \bar{h}_1",
        "w": r"\frac{\partial L}{\partial w_m} = \sum_t x_t^T \Delta_{m,t}",
        "u": r"\frac{\partial L}{\partial u_m} = \sum_t y_{t-1}^T \Delta_{m,t}",
        "b": r"\frac{\partial L}{\partial b_{mj}} = \sum_t \sum_i \Delta_{m,t,i,j}",
    },
    source="K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014, section 2.3",
    also=("torch.nn.GRU", "flax.linen.RNN", "BPTT", "gated recurrent unit"),
    notes="Δ_{m,t} and h̄_t are δ_m and ∂L/∂h of gru-cell at step t, where ȳ_t + h̄_{t+1} stands for ȳ; for m = 3 "
    "the factor y_{t−1} "
    "is r_t ⊙ y_{t−1}. h is y₀.",
)


def minimal_gated_cell(x: Array, h: Array, w: Array, u: Array, b: Array) -> Any:
    """(1 − f) h + f g, (n, p), (n, q), (2, p, q), (2, q, q), (2, q) → (n, q).

    f = σ(x w₁ + h u₁ + b₁), g = tanh(x w₂ + (f h) u₂ + b₂).
    """
    f = sigmoid(x @ w[0] + h @ u[0] + b[0])
    return (1 - f) * h + f * np.tanh(x @ w[1] + (f * h) @ u[1] + b[1])


def minimal_gated_cell_backward(
    dy: Array, x: Array, h: Array, w: Array, u: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂h, ∂L/∂w, ∂L/∂u and ∂L/∂b, shaped like them. f acts in three places."""
    f = sigmoid(x @ w[0] + h @ u[0] + b[0])
    g = np.tanh(x @ w[1] + (f * h) @ u[1] + b[1])
    dg = dy * f * (1 - g**2)
    dfh = dg @ u[1].T
    da = np.stack([(dy * (g - h) + dfh * h) * f * (1 - f), dg])
    dh = dy * (1 - f) + dfh * f + da[0] @ u[0].T
    du = np.stack([h.T @ da[0], (f * h).T @ dg])
    return (da @ transposed(w)).sum(axis=0), dh, x.T @ da, du, da.sum(axis=1)


LIBRARY.formula(
    "minimal-gated-cell",
    "Minimal gated unit, one step",
    formula=r"y = (1 - f) \odot h + f \odot g, \quad g = \tanh(x w_2 + (f \odot h) u_2 + b_2)",
    forward=minimal_gated_cell,
    inputs={"x": Reals(4, 3), "h": Reals(4, 2), "w": Reals(2, 3, 2), "u": Reals(2, 2, 2), "b": Reals(2, 2)},
    backward=minimal_gated_cell_backward,
    printed={
        "x": GATES_PRINTED["x"],
        "h": r"\frac{\partial L}{\partial h_{il}} = \bar{y}_{il} (1 - \phi_{il}) + \rho_{il} \phi_{il} + \sum_j"
        r" \delta_{1,i,j} u_{1,l,j}",
        "w": GATES_PRINTED["w"],
        "u": r"\frac{\partial L}{\partial u_{m,l,j}} = \sum_i \begin{cases} \phi_{il} h_{il} \delta_{m,i,j} & m = 2 \\"
        r" h_{il} \delta_{m,i,j} & \text{otherwise} \end{cases}",
        "b": GATES_PRINTED["b"],
    },
    notation={
        r"\phi_{ij}": r"\sigma\left(\sum_k x_{ik} w_{1,k,j} + \sum_l h_{il} u_{1,l,j} + b_{1,j}\right)",
        "g_{ij}": r"\tanh\left(\sum_k x_{ik} w_{2,k,j} + \sum_l \phi_{il} h_{il} u_{2,l,j} + b_{2,j}\right)",
        r"\rho_{il}": r"\sum_j \bar{y}_{ij} \phi_{ij} (1 - g_{ij}^2) u_{2,l,j}",
        r"\delta_{m,i,j}": r"\begin{cases}"
        r" (\bar{y}_{ij} (g_{ij} - h_{ij}) + \rho_{ij} h_{ij}) \phi_{ij} (1 - \phi_{ij}) & m = 1 \\"
        r" \bar{y}_{ij} \phi_{ij} (1 - g_{ij}^2) & m = 2 \end{cases}",
    },
    source="G.-B. Zhou et al., Minimal gated unit for recurrent neural networks, 2016",
    also=("MGU", "flax.linen.MGUCell"),
    notes="In print f is φ, and ρ is ∂L/∂(f ⊙ h).",
)


def bidirectional_rnn(x: Array, w: Array, u: Array, v: Array, a: Array) -> Any:
    """States from the front, by w and u, beside those from the back, by v and a, (t, n, p), (p, q), (q, q), … → (t, n, 2 q)."""
    start, none = np.zeros((x.shape[1], w.shape[1])), np.zeros(w.shape[1])
    return np.concatenate([rnn(x, start, w, u, none), rnn(x[::-1], start, v, a, none)[::-1]], axis=2)


def bidirectional_rnn_backward(
    dy: Array, x: Array, w: Array, u: Array, v: Array, a: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """∂L/∂x, ∂L/∂w, ∂L/∂u, ∂L/∂v and ∂L/∂a, shaped like them. What goes backwards in time pulls back forwards."""
    q = w.shape[1]
    start, none = np.zeros((x.shape[1], q)), np.zeros(q)
    front, _, dw, du, _ = rnn_backward(dy[..., :q], x, start, w, u, none)
    back, _, dv, da, _ = rnn_backward(dy[::-1, :, q:], x[::-1], start, v, a, none)
    return front + back[::-1], dw, du, dv, da


LIBRARY.formula(
    "bidirectional-rnn",
    "Bidirectional RNN, backpropagation through time",
    formula=r"y_t = \begin{pmatrix} h_t & g_t \end{pmatrix}, \quad h_t = \tanh(x_t w + h_{t-1} u), \quad g_t ="
    r" \tanh(x_t v + g_{t+1} a)",
    forward=bidirectional_rnn,
    inputs={"x": Reals(3, 2, 2), "w": Reals(2, 2), "u": Reals(2, 2), "v": Reals(2, 2), "a": Reals(2, 2)},
    backward=bidirectional_rnn_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_t} = \delta_t w^T + \epsilon_t v^T",
        "w": r"\frac{\partial L}{\partial w} = \sum_t x_t^T \delta_t",
        "u": r"\frac{\partial L}{\partial u} = \sum_t h_{t-1}^T \delta_t",
        "v": r"\frac{\partial L}{\partial v} = \sum_t x_t^T \epsilon_t",
        "a": r"\frac{\partial L}{\partial a} = \sum_t g_{t+1}^T \epsilon_t",
    },
    source="M. Schuster and K. Paliwal, Bidirectional recurrent neural networks, IEEE Transactions on Signal "
    "Processing 45, 1997",
    also=("torch.nn.RNN bidirectional", "flax.linen.Bidirectional", "BiRNN", "BPTT"),
    notes="Without biases, and with zeros before the first step and after the last. δ_t = (ȳ_t' + δ_{t+1} uᵀ) ⊙ (1 "
    "− h_t²) and "
    "ε_t = (ȳ_t'' + ε_{t−1} aᵀ) ⊙ (1 − g_t²), where ȳ' and ȳ'' are the two halves of ȳ.",
)


def linear_recurrence(x: Array, a: Array) -> Any:
    """y_t = a y_{t−1} + x_t for every channel, from zeros, (t, q), (q,) → (t, q)."""
    y = np.zeros_like(x[0])
    states = []
    for step in x:
        y = a * y + step
        states.append(y)
    return np.stack(states)


def linear_recurrence_backward(dy: Array, x: Array, a: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂a: (t, q), (q,). The same recurrence, run backwards over the cotangents, gives ∂L/∂x."""
    dx = linear_recurrence(dy[::-1], a)[::-1]
    return dx, (dx[1:] * linear_recurrence(x, a)[:-1]).sum(axis=0)


LIBRARY.formula(
    "linear-recurrence",
    "Linear recurrence (diagonal state space)",
    formula=r"y_t = a \odot y_{t-1} + x_t",
    forward=linear_recurrence,
    inputs={"x": Reals(4, 3), "a": Reals(3, low=0, high=2)},
    backward=linear_recurrence_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \sum_k \bar{y}_{kj} \exp((k - i) \log a_j) [k \ge i]",
        "a": r"\frac{\partial L}{\partial a_j} = \sum_{k,i} \bar{y}_{kj} x_{ij} (k - i) \exp((k - i - 1) \log a_j)"
        r" [k > i]",
    },
    source="A. Gu et al., On the parameterization and initialization of diagonal state space models, NeurIPS 2022",
    also=("state space model", "S4D", "LRU", "exponential moving average", "jax.lax.associative_scan", "IIR filter"),
    notes="Unrolled, y_k is the sum of a^{k−i} x_i over i ≤ k; in print the power is written with a logarithm.",
)
