"""Positions: what tells a place in a sequence, added to a sample or turned into it.

In print places and columns count from 1, and the first place is at 0: i − 1. Columns come in pairs, 2 m − 1 and 2 m, each
with an angle θ_m of its own. A bracket with a condition in it is 1 where the condition is met, and 0 elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Integers, Reals
from gradcheck.library.formulas import Library

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("positions", "positions.py", "Positions", notation={r"\bar y": "dy", r"\theta": "theta"})
VASWANI = "A. Vaswani et al., Attention is all you need, NIPS 2017"
SU = "J. Su et al., RoFormer: enhanced transformer with rotary position embedding, 2021"


def rotary(x: Array, theta: Array) -> Any:
    """Each pair of columns m of row i turned by the angle i θ_m, (n, 2 k), (k,) → (n, 2 k)."""
    angle = np.arange(len(x))[:, None] * theta
    a, b = x[:, 0::2], x[:, 1::2]
    turned = [a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)]
    return np.stack(turned, axis=2).reshape(x.shape)


def rotary_backward(dy: Array, x: Array, theta: Array) -> Any:
    """∂L/∂x, (n, 2 k): a rotation is pulled back by turning the other way."""
    return rotary(dy, -theta)


PAIRS = r"([j = 2 m - 1] [k = 2 m - 1] + [j = 2 m] [k = 2 m])"
CROSSED = r"([j = 2 m - 1] [k = 2 m] - [j = 2 m] [k = 2 m - 1])"

LIBRARY.formula(
    "rotary",
    "Rotary position embedding (RoPE)",
    formula=r"\begin{pmatrix} y_{i,2m-1} \\ y_{i,2m} \end{pmatrix} = \begin{pmatrix} \cos i \theta_m & -\sin i"
    r" \theta_m \\"
    r" \sin i \theta_m & \cos i \theta_m \end{pmatrix} \begin{pmatrix} x_{i,2m-1} \\ x_{i,2m} \end{pmatrix}",
    forward=rotary,
    inputs={"x": Reals(3, 4), "theta": Reals(2, low=0, high=2)},
    backward=rotary_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \sum_{m=1}^2 \sum_k \bar{y}_{ik}"
        rf" (\cos((i - 1) \theta_m) {PAIRS} + \sin((i - 1) \theta_m) {CROSSED})"
    },
    source=f"{SU}, section 3.2.2",
    also=("RoPE", "rotary embedding", "LLaMA positions", "rotate_half"),
    notes="Pairs are neighbouring columns, as in the paper. LLaMA's rotate_half pairs column m with column k + m: "
    "the same after a "
    "permutation of columns. θ_m is usually 10000^(−(m − 1)/k), and is not differentiated by.",
)


def rotary_score(q: Array, r: Array, theta: Array, i: Array, j: Array) -> Any:
    """⟨q turned by i θ, r turned by j θ⟩, (2 k,), (2 k,), (k,), (), () → ()."""
    turned = []
    for vector, place in ((q, i), (r, j)):
        a, b = vector[0::2], vector[1::2]
        cos, sin = np.cos(place * theta), np.sin(place * theta)
        turned.append((a * cos - b * sin, a * sin + b * cos))
    (qa, qb), (ra, rb) = turned
    return (qa * ra + qb * rb).sum()


def relative_score(q: Array, r: Array, theta: Array, i: Array, j: Array) -> Any:
    """The same from the difference i − j of the places alone."""
    a, b = q[0::2] * r[0::2] + q[1::2] * r[1::2], q[1::2] * r[0::2] - q[0::2] * r[1::2]
    return (a * np.cos((i - j) * theta) - b * np.sin((i - j) * theta)).sum()


LIBRARY.formula(
    "rotary-is-relative",
    "Rotary scores depend on the difference of places",
    formula=r"\langle R_i q, R_j r \rangle = \langle R_{i-j} q, r \rangle",
    forward=rotary_score,
    inputs={
        "q": Reals(4),
        "r": Reals(4),
        "theta": Reals(2, low=0, high=2),
        "i": Integers(low=0, high=9),
        "j": Integers(low=0, high=9),
    },
    equality=relative_score,
    printed=r"\langle R_i q, R_j r \rangle = \sum_{m=1}^2 \sum_{k,l} q_k r_l (\cos((i - j) \theta_m)"
    r" ([k = 2 m - 1] [l = 2 m - 1] + [k = 2 m] [l = 2 m])"
    r" - \sin((i - j) \theta_m) ([k = 2 m] [l = 2 m - 1] - [k = 2 m - 1] [l = 2 m]))",
    source=f"{SU}, section 3.2.1",
    also=("RoPE", "relative position"),
)


def sinusoidal(t: Array, theta: Array) -> Any:
    """sin t_i θ_m and cos t_i θ_m side by side for each m, (n,), (k,) → (n, 2 k)."""
    angle = t[:, None] * theta
    return np.stack([np.sin(angle), np.cos(angle)], axis=2).reshape(len(t), -1)


def sinusoidal_backward(dy: Array, t: Array, theta: Array) -> tuple[Array, Array]:
    """∂L/∂t and ∂L/∂θ: (n,), (k,)."""
    angle = t[:, None] * theta
    by_angle = dy[:, 0::2] * np.cos(angle) - dy[:, 1::2] * np.sin(angle)
    return by_angle @ theta, t @ by_angle


BY_ANGLE = {
    r"\alpha_{im}": r"\sum_k \bar{y}_{ik} (\cos(t_i \theta_m) [k = 2 m - 1] - \sin(t_i \theta_m) [k = 2 m])",
}

LIBRARY.formula(
    "sinusoidal",
    "Sinusoidal positions (and times)",
    formula=r"y_{i,2m-1} = \sin t_i \theta_m, \quad y_{i,2m} = \cos t_i \theta_m",
    forward=sinusoidal,
    inputs={"t": Reals(4), "theta": Reals(2, low=0, high=2)},
    backward=sinusoidal_backward,
    printed={
        "t": r"\frac{\partial L}{\partial t_i} = \sum_m \alpha_{im} \theta_m",
        "theta": r"\frac{\partial L}{\partial \theta_m} = \sum_i \alpha_{im} t_i",
    },
    notation=BY_ANGLE,
    source=f"{VASWANI}, section 3.5",
    also=("positional encoding", "time embedding", "diffusion timestep embedding"),
    notes="α is the gradient of L by the angles. Whole numbers t and θ_m = 10000^(−(m − 1)/k) give the paper's "
    "positions; where t is a "
    "time, as in diffusion models, it is differentiated by.",
)


def shifted_positions(t: Array, s: Array, theta: Array) -> Any:
    """The sinusoidal positions of t + s, (n,), (), (k,) → (n, 2 k)."""
    return sinusoidal(t + s, theta)


def turned_positions(t: Array, s: Array, theta: Array) -> Any:
    """The same as a linear map of the positions of t, which depends on s alone."""
    y = sinusoidal(t, theta)
    a, b = y[:, 0::2], y[:, 1::2]
    turned = [a * np.cos(s * theta) + b * np.sin(s * theta), b * np.cos(s * theta) - a * np.sin(s * theta)]
    return np.stack(turned, axis=2).reshape(y.shape)


LIBRARY.formula(
    "sinusoidal-shift",
    "A shift of sinusoidal positions is a linear map",
    formula=r"y(t + s) = R_s y(t)",
    forward=shifted_positions,
    inputs={"t": Reals(3), "s": Reals(), "theta": Reals(2, low=0, high=2)},
    equality=turned_positions,
    printed=r"y_{ik} = \sum_{m=1}^2 \left( \sin(t_i \theta_m + s \theta_m) [k = 2 m - 1] + \cos(t_i \theta_m + s"
    r" \theta_m) [k = 2 m] \right)",
    source=f"{VASWANI}, section 3.5",
    also=("relative position", "positional encoding"),
)


def learnt_positions(x: Array, p: Array) -> Any:
    """x with the first rows of p added to every sample, (b, n, d), (m, d) → (b, n, d) with n at most m."""
    return x + p[: x.shape[1]]


def learnt_positions_backward(dy: Array, x: Array, p: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂p, shaped like them: positions that no sample reaches receive 0."""
    dp = np.zeros_like(p)
    dp[: x.shape[1]] = dy.sum(axis=0)
    return dy, dp


LIBRARY.formula(
    "learnt-positions",
    "Learnt positions",
    formula=r"y_{bij} = x_{bij} + p_{ij}",
    forward=learnt_positions,
    inputs={"x": Reals(2, 3, 2), "p": Reals(4, 2)},
    backward=learnt_positions_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{l,i,j}} = \bar{y}_{l,i,j}",
        "p": r"\frac{\partial L}{\partial p_{ij}} = \sum_{l,k} \bar{y}_{l,k,j} [k - i = 0]",
    },
    source="J. Devlin et al., BERT: pre-training of deep bidirectional transformers, NAACL 2019, section 3",
    also=("position embedding", "GPT positions", "absolute positions"),
)


def fourier_features(x: Array, W: Array) -> Any:
    """sin x W beside cos x W, (n, p), (p, k) → (n, 2 k)."""
    return np.concatenate([np.sin(x @ W), np.cos(x @ W)], axis=1)


def fourier_features_backward(dy: Array, x: Array, W: Array) -> tuple[Array, Array]:
    """∂L/∂x and ∂L/∂W, shaped like them."""
    k = W.shape[1]
    dz = dy[:, :k] * np.cos(x @ W) - dy[:, k:] * np.sin(x @ W)
    return dz @ W.T, x.T @ dz


LIBRARY.formula(
    "fourier-features",
    "Fourier features",
    formula=r"y = \begin{pmatrix} \sin(x W) & \cos(x W) \end{pmatrix}",
    forward=fourier_features,
    inputs={"x": Reals(4, 2), "W": Reals(2, 3)},
    backward=fourier_features_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x_{ij}} = \sum_m \delta_{im} W_{jm}",
        "W": r"\frac{\partial L}{\partial W_{jm}} = \sum_i x_{ij} \delta_{im}",
    },
    notation={
        "p": "3",
        "z_{im}": r"\sum_j x_{ij} W_{jm}",
        r"\delta_{im}": r"\sum_k \bar{y}_{ik} (\cos(z_{im}) [k - m = 0] - \sin(z_{im}) [k - m = p])",
    },
    source="M. Tancik et al., Fourier features let networks learn high frequency functions in low dimensional "
    "domains, NeurIPS 2020, "
    "section 5",
    also=("random Fourier features", "NeRF encoding", "positional encoding of coordinates"),
    notes="p is the number of columns of W, and δ the gradient of L by x W. The paper has a factor 2π in the angle.",
)
