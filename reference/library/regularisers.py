"""Regularisers: what is added to a loss, or done to the weights, against overfitting; each with its gradient.

R is the penalty and λ ≥ 0 its weight, w a vector of weights and W a matrix. A gradient is added to that of the loss.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library, Stable
from reference.library.activations import centred, softmax, stable_log_softmax, stable_softmax

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("regularisers", "regularisers.py", "Regularisers", notation={r"\lambda": "lam"})


def l0(w: Array, lam: Array) -> Any:
    """λ times the number of weights that are not 0."""
    return lam * np.sum(np.where(w == 0, 0.0, 1.0))


def l0_gradient(w: Array, lam: Array) -> Any:
    """0, wherever there is a derivative."""
    return np.zeros_like(w)


LIBRARY.formula(
    "l0",
    "L0 regularisation (number of weights)",
    formula=r"R = \lambda \sum_i [w_i \ne 0]",
    forward=l0,
    inputs={"w": Reals(3), "lam": Reals(low=0)},
    gradient=l0_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = 0"},
    source="C. Louizos, M. Welling and D. Kingma, Learning sparse neural networks through L0 regularization, ICLR 2018,"
    " section 2",
    kinks="Where a weight is 0 it jumps; the code returns 0 there too.",
    also=("sparsity", "subset selection"),
    notes="The derivative is 0 wherever it exists, so that gradient descent cannot see this penalty: take L1, hard"
    " thresholding,"
    " or the expected L0 of hard concrete gates.",
)


def l1(w: Array, lam: Array) -> Any:
    """λ Σ |w|."""
    return lam * np.sum(np.abs(w))


def l1_gradient(w: Array, lam: Array) -> Any:
    """λ times the sign of w; 0 at 0."""
    return lam * np.sign(w)


LIBRARY.formula(
    "l1",
    "L1 regularisation (lasso)",
    formula=r"R = \lambda \sum_i |w_i|",
    forward=l1,
    inputs={"w": Reals(3), "lam": Reals(low=0)},
    gradient=l1_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = \lambda \operatorname{sign}(w_i)"},
    source="R. Tibshirani, Regression shrinkage and selection via the lasso, Journal of the Royal Statistical Society B 58,"
    " 1996",
    kinks="Where a weight is 0 the slopes are ±λ; the code returns 0, as torch does, and JAX's |w| has the slope 1 there.",
    also=("lasso", "sparsity"),
    notes="Its proximal operator is softshrink.",
)


def l2(w: Array, lam: Array) -> Any:
    """(λ/2) Σ w²."""
    return lam / 2 * np.sum(w**2)


def l2_gradient(w: Array, lam: Array) -> Any:
    """λ w."""
    return lam * w


LIBRARY.formula(
    "l2",
    "L2 regularisation (ridge, Tikhonov)",
    formula=r"R = \frac{\lambda}{2} \sum_i w_i^2",
    forward=l2,
    inputs={"w": Reals(3), "lam": Reals(low=0)},
    gradient=l2_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = \lambda w_i"},
    source="A. Hoerl and R. Kennard, Ridge regression: Biased estimation for nonorthogonal problems, Technometrics 12, 1970",
    also=("ridge", "Tikhonov", "weight decay", "Gaussian prior"),
    notes="Of a matrix it is (λ/2) ‖W‖². Without the ½, and in scikit-learn's ridge, the gradient is 2 λ w.",
)


def norm(w: Array, lam: Array) -> Any:
    """λ ‖w‖, not squared."""
    return lam * np.sqrt(np.sum(w**2))


def norm_gradient(w: Array, lam: Array) -> Any:
    """λ w / ‖w‖."""
    return lam * w / np.sqrt(np.sum(w**2))


LIBRARY.formula(
    "frobenius-norm",
    "Euclidean norm of weights, not squared (Frobenius norm of a matrix)",
    formula=r"R = \lambda \sqrt{\sum_{i,j} W_{ij}^2}",
    forward=norm,
    inputs={"W": Reals(2, 3), "lam": Reals(low=0)},
    gradient=norm_gradient,
    printed={"W": r"\frac{\partial R}{\partial W_{ij}} = \frac{\lambda W_{ij}}{\sqrt{\sum_{k,l} W_{kl}^2}}"},
    source="G. Golub and C. Van Loan, Matrix computations, Johns Hopkins University Press 2013, section 2.3",
    kinks="At W = 0 it has no derivative, and the code returns NaN (0/0), torch 0.",
    also=("jax.numpy.linalg.norm", "torch.linalg.norm", "L2 norm"),
)


def elastic_net(w: Array, lam: Array, alpha: Array) -> Any:
    """λ (α Σ |w| + ½ (1 − α) Σ w²)."""
    return lam * (alpha * np.sum(np.abs(w)) + (1 - alpha) / 2 * np.sum(w**2))


def elastic_net_gradient(w: Array, lam: Array, alpha: Array) -> Any:
    """λ (α sign(w) + (1 − α) w)."""
    return lam * (alpha * np.sign(w) + (1 - alpha) * w)


LIBRARY.formula(
    "elastic-net",
    "Elastic net",
    formula=r"R = \lambda \left( \alpha \sum_i |w_i| + \frac{1 - \alpha}{2} \sum_i w_i^2 \right)",
    forward=elastic_net,
    inputs={"w": Reals(3), "lam": Reals(low=0), "alpha": Reals(low=0, high=1)},
    gradient=elastic_net_gradient,
    printed={
        "w": r"\frac{\partial R}{\partial w_i} = \lambda (\alpha \operatorname{sign}(w_i) + (1 - \alpha) w_i)",
    },
    source="H. Zou and T. Hastie, Regularization and variable selection via the elastic net, Journal of the Royal Statistical"
    " Society B 67, 2005",
    kinks="Where a weight is 0 the slopes are ±λα; the code returns 0.",
    also=("sklearn.linear_model.ElasticNet",),
    notes="α is scikit-learn's l1_ratio.",
)


def group_lasso(W: Array, lam: Array) -> Any:
    """λ √d Σ_g ‖W_g‖, each row of d weights a group."""
    return lam * np.sqrt(W.shape[1]) * np.sum(np.sqrt(np.sum(W**2, axis=1)))


def group_lasso_gradient(W: Array, lam: Array) -> Any:
    """λ √d W_g / ‖W_g‖, row by row."""
    return lam * np.sqrt(W.shape[1]) * W / np.sqrt(np.sum(W**2, axis=1, keepdims=True))


LIBRARY.formula(
    "group-lasso",
    "Group lasso",
    formula=r"R = \lambda \sqrt{d} \sum_g \sqrt{\sum_j W_{gj}^2}",
    forward=group_lasso,
    inputs={"W": Reals(3, 2), "lam": Reals(low=0)},
    gradient=group_lasso_gradient,
    printed={"W": r"\frac{\partial R}{\partial W_{gj}} = \lambda \sqrt{d} \frac{W_{gj}}{\sqrt{\sum_k W_{gk}^2}}"},
    notation={"d": "2"},
    source="M. Yuan and Y. Lin, Model selection and estimation in regression with grouped variables, Journal of the Royal"
    " Statistical Society B 68, 2006",
    kinks="Where a whole group is 0 it has no derivative, and the code returns NaN (0/0); its proximal step sets the group to"
    " 0.",
    also=("structured sparsity", "L2,1 norm"),
    notes="Rows are the groups, d their length.",
)


def bridge(w: Array, lam: Array, p: Array) -> Any:
    """λ Σ |w|^p, for p > 1."""
    return lam * np.sum(np.abs(w) ** p)


def bridge_gradient(w: Array, lam: Array, p: Array) -> Any:
    """λ p |w|^{p−1} sign(w)."""
    return lam * p * np.abs(w) ** (p - 1) * np.sign(w)


LIBRARY.formula(
    "bridge",
    "Bridge penalty (Lp regularisation)",
    formula=r"R = \lambda \sum_i |w_i|^p",
    forward=bridge,
    inputs={"w": Reals(3), "lam": Reals(low=0), "p": Reals(low=1)},
    gradient=bridge_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = \lambda p |w_i|^{p - 1} \operatorname{sign}(w_i)"},
    source="I. Frank and J. Friedman, A statistical view of some chemometrics regression tools, Technometrics 35, 1993",
    also=("Lp norm",),
    notes="For p > 1 it is smooth also at 0, where the slope is 0.",
)


def log_sum_penalty(w: Array, lam: Array, epsilon: Array) -> Any:
    """λ Σ log(1 + |w|/ε)."""
    return lam * np.sum(np.log(1 + np.abs(w) / epsilon))


def log_sum_penalty_gradient(w: Array, lam: Array, epsilon: Array) -> Any:
    """λ sign(w) / (ε + |w|)."""
    return lam * np.sign(w) / (epsilon + np.abs(w))


def stable_log_sum_penalty(w: Array, lam: Array, epsilon: Array) -> Any:
    """By log1p."""
    return lam * np.sum(np.log1p(np.abs(w) / epsilon))


LIBRARY.formula(
    "log-sum-penalty",
    "Log-sum penalty (reweighted L1)",
    formula=r"R = \lambda \sum_i \log\left( 1 + \frac{|w_i|}{\epsilon} \right)",
    forward=log_sum_penalty,
    inputs={"w": Reals(3), "lam": Reals(low=0), "epsilon": Reals(low=0.1)},
    gradient=log_sum_penalty_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = \frac{\lambda \operatorname{sign}(w_i)}{\epsilon + |w_i|}"},
    source="E. Candès, M. Wakin and S. Boyd, Enhancing sparsity by reweighted l1 minimization, Journal of Fourier Analysis and"
    " Applications 14, 2008",
    kinks="Where a weight is 0 the slopes are ±λ/ε; the code returns 0.",
    stable=Stable("1 + |w|/ε loses the digits of a small w.", forward=stable_log_sum_penalty),
)


def smoothed_l0(w: Array, lam: Array, sigma: Array) -> Any:
    """λ Σ (1 − e^{−w² / 2σ²})."""
    return lam * np.sum(1 - np.exp(-(w**2) / (2 * sigma**2)))


def smoothed_l0_gradient(w: Array, lam: Array, sigma: Array) -> Any:
    """λ (w / σ²) e^{−w² / 2σ²}."""
    return lam * w / sigma**2 * np.exp(-(w**2) / (2 * sigma**2))


def stable_smoothed_l0(w: Array, lam: Array, sigma: Array) -> Any:
    """By expm1."""
    return -lam * np.sum(np.expm1(-(w**2) / (2 * sigma**2)))


LIBRARY.formula(
    "smoothed-l0",
    "Smoothed L0",
    formula=r"R = \lambda \sum_i \left( 1 - e^{-w_i^2 / (2 \sigma^2)} \right)",
    forward=smoothed_l0,
    inputs={"w": Reals(3, reach=6), "lam": Reals(low=0), "sigma": Reals(low=0.3)},
    gradient=smoothed_l0_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = \frac{\lambda w_i}{\varsigma^2} e^{-w_i^2 / (2 \varsigma^2)}"},
    notation={r"\varsigma": "sigma"},
    source="H. Mohimani, M. Babaie-Zadeh and C. Jutten, A fast approach for overcomplete sparse decomposition based on smoothed"
    " l0 norm, IEEE Transactions on Signal Processing 57, 2009",
    stable=Stable("1 − e^{−w²/2σ²} cancels where w is small.", forward=stable_smoothed_l0),
    also=("L0 surrogate",),
    notes="Tends to L0 as σ tends to 0; the printed ς is σ.",
)


def expected_l0(x: Array, b: Array, lam: Array) -> Any:
    """λ Σ σ(x + b): the expected number of gates that are not 0."""
    return lam * np.sum(1 / (1 + np.exp(-(x + b))))


def expected_l0_gradient(x: Array, b: Array, lam: Array) -> Any:
    """λ s (1 − s), with s the probability that a gate is not 0."""
    s = 1 / (1 + np.exp(-(x + b)))
    return lam * s * (1 - s)


def stable_expected_l0_gradient(x: Array, b: Array, lam: Array) -> Any:
    """λ e^{−|z|} / (1 + e^{−|z|})², at z = x + b."""
    small = np.exp(-np.abs(x + b))
    return lam * small / (1 + small) ** 2


LIBRARY.formula(
    "expected-l0",
    "Expected L0 of hard concrete gates",
    formula=r"R = \lambda \sum_i \sigma(x_i + b)",
    forward=expected_l0,
    inputs={"x": Reals(3), "b": Reals(), "lam": Reals(low=0)},
    gradient=expected_l0_gradient,
    printed={"x": r"\frac{\partial R}{\partial x_i} = \lambda \sigma(x_i + b) (1 - \sigma(x_i + b))"},
    source="C. Louizos, M. Welling and D. Kingma, Learning sparse neural networks through L0 regularization, ICLR 2018,"
    " section 2",
    stable=Stable("e^{−z} overflows far below 0, and 1 − s cancels far above.", derivative=stable_expected_l0_gradient),
    also=("L0 relaxation", "hard concrete", "gates", "pruning"),
    notes="x is the paper's log α and b its −β log(−γ/ζ): with β = 2/3, γ = −0.1 and ζ = 1.1 it is (2/3) log 11.",
)


def max_norm(w: Array, lam: Array) -> Any:
    """λ max |w|."""
    return lam * np.max(np.abs(w))


def max_norm_gradient(w: Array, lam: Array) -> Any:
    """λ times the sign of the largest weight, at its place; equal ones share it."""
    largest = np.where(np.abs(w) == np.max(np.abs(w)), 1.0, 0.0)
    return lam * np.sign(w) * largest / np.sum(largest)


LIBRARY.formula(
    "max-norm",
    "Maximum norm (L∞)",
    formula=r"R = \lambda \max_i |w_i|",
    forward=max_norm,
    inputs={"w": Reals(3), "lam": Reals(low=0)},
    gradient=max_norm_gradient,
    printed={"w": r"\frac{\partial R}{\partial w_i} = \lambda \operatorname{sign}(w_i) \frac{m_i}{\sum_j m_j}"},
    notation={"m_i": r"\begin{cases} 1 & \sum_k \max(0, |w_k| - |w_i|) = 0 \\ 0 & \text{otherwise} \end{cases}"},
    source="S. Boyd and L. Vandenberghe, Convex optimization, Cambridge University Press 2004, section 6.1",
    kinks="Where several weights are largest they share λ equally, as in JAX and torch.amax; where all are 0 the code returns"
    " 0.",
    also=("infinity norm", "Chebyshev norm"),
    notes="m_i is 1 where |w_i| is largest and 0 elsewhere. For the max-norm constraint see max-norm-projection.",
)


def max_norm_projection(w: Array, c: Array) -> Any:
    """w scaled down to the length c where it is longer: w min(1, c / ‖w‖)."""
    return w * np.minimum(1, c / np.sqrt(np.sum(w**2)))


def max_norm_projection_backward(dy: Array, w: Array, c: Array) -> Any:
    """ȳ inside of the ball; outside, c/‖w‖ times ȳ less its part along w."""
    length = np.sqrt(np.sum(w**2))
    u = w / length
    return np.where(length > c, c / length * (dy - u * np.sum(u * dy)), dy)


LIBRARY.formula(
    "max-norm-projection",
    "Max-norm constraint (projection on a ball; clipping by norm)",
    formula=r"y = w \min\left( 1, \frac{c}{\|w\|} \right)",
    forward=max_norm_projection,
    inputs={"w": Reals(3), "c": Reals(low=0)},
    backward=max_norm_projection_backward,
    printed={
        "w": r"\frac{\partial L}{\partial w_i} = \begin{cases} \bar{y}_i & r \le c \\"
        r" \frac{c}{r} \left( \bar{y}_i - \frac{w_i}{r^2} \sum_j w_j \bar{y}_j \right) & r > c \end{cases}"
    },
    notation={r"\bar y": "dy", "r": r"\sqrt{\sum_k w_k^2}"},
    source="N. Srivastava et al., Dropout: A simple way to prevent neural networks from overfitting, JMLR 15, 2014, section"
    " 5.1",
    also=("clip by norm", "optax.clip_by_global_norm", "torch.nn.utils.clip_grad_norm_", "torch.renorm"),
    notes="r is the length of w. The projection is usually done after a step, and not differentiated through. The code of the"
    " forward divides by 0 at w = 0.",
)


def orthogonality(W: Array, lam: Array) -> Any:
    """(λ/4) ‖WᵀW − I‖²."""
    surplus = W.T @ W - np.eye(W.shape[1])
    return lam / 4 * np.sum(surplus**2)


def orthogonality_gradient(W: Array, lam: Array) -> Any:
    """λ W (WᵀW − I)."""
    return lam * W @ (W.T @ W - np.eye(W.shape[1]))


LIBRARY.formula(
    "orthogonality",
    "Orthogonality penalty",
    formula=r"R = \frac{\lambda}{4} \| W^T W - I \|_F^2",
    forward=orthogonality,
    inputs={"W": Reals(3, 2), "lam": Reals(low=0)},
    gradient=orthogonality_gradient,
    printed={"W": r"\frac{\partial R}{\partial W} = \lambda W (W^T W - I)"},
    source="A. Brock, T. Lim, J. Ritchie and N. Weston, Neural photo editing with introspective adversarial networks, ICLR"
    " 2017",
    also=("orthonormal columns", "soft orthogonality"),
)


def spectral_norm(W: Array, lam: Array) -> Any:
    """λ times the largest singular value."""
    return lam * np.linalg.norm(W, 2)


def spectral_norm_gradient(W: Array, lam: Array) -> Any:
    """λ u vᵀ, with the singular vectors of the largest singular value."""
    u, _, vt = np.linalg.svd(W, full_matrices=False)
    return lam * np.outer(u[:, 0], vt[0])


LIBRARY.formula(
    "spectral-norm",
    "Spectral norm",
    formula=r"R = \lambda \sigma_1(W)",
    forward=spectral_norm,
    inputs={"W": Reals(3, 2), "lam": Reals(low=0)},
    gradient=spectral_norm_gradient,
    printed={"W": r"\frac{\partial R}{\partial W} = \lambda u_1 v_1^T"},
    source="Y. Yoshida and T. Miyato, Spectral norm regularization for improving the generalizability of deep learning, 2017,"
    " arXiv:1705.10941",
    also=("torch.linalg.matrix_norm(ord=2)", "operator norm", "Lipschitz constant"),
    notes="u₁ and v₁ are the singular vectors of σ₁. Where σ₁ is double it has no derivative; the code returns that of one of"
    " the pairs.",
)


def spectral_norm_of_two_columns(W: Array) -> Any:
    """√(t/2 + √(t²/4 − det WᵀW)), with t = tr WᵀW: (n, 2) → number."""
    G = W.T @ W
    t = G[0, 0] + G[1, 1]
    return np.sqrt(t / 2 + np.sqrt(t**2 / 4 - (G[0, 0] * G[1, 1] - G[0, 1] ** 2)))


def spectral_norm_of_two_columns_gradient(W: Array) -> Any:
    """W (WᵀW − (t − R²) I) / (R (2 R² − t)).

    The eigenvalues of WᵀW are R² and t − R², so that v vᵀ, the projection on the eigenvector of R², is
    (WᵀW − (t − R²) I) / (R² − (t − R²)); and u vᵀ = W v vᵀ / R.
    """
    G = W.T @ W
    t, R = G[0, 0] + G[1, 1], spectral_norm_of_two_columns(W)
    return W @ (G - (t - R**2) * np.eye(2)) / (R * (2 * R**2 - t))


LIBRARY.formula(
    "spectral-norm-of-two-columns",
    "Spectral norm of a matrix with two columns, in closed form",
    formula=r"R = \sqrt{\frac{t}{2} + \sqrt{\frac{t^2}{4} - \det(W^T W)}}, \quad t = \operatorname{tr}(W^T W)",
    forward=spectral_norm_of_two_columns,
    inputs={"W": Reals(3, 2)},
    gradient=spectral_norm_of_two_columns_gradient,
    printed={"W": r"\frac{\partial R}{\partial W} = \frac{1}{R (2 R^2 - t)} W \left( W^T W - (t - R^2) I \right)"},
    notation={
        "t": r"\operatorname{tr}(W^T W)",
        "R": r"\sqrt{\frac{t}{2} + \sqrt{\frac{t^2}{4} - \det(W^T W)}}",
    },
    source="G. Golub and C. Van Loan, Matrix computations, Johns Hopkins University Press 2013, section 2.4",
    kinks="Where the singular values are equal it has no derivative, and the code returns NaN (0/0).",
)


def nuclear_norm(W: Array, lam: Array) -> Any:
    """λ times the sum of the singular values."""
    return lam * np.linalg.norm(W, "nuc")


def nuclear_norm_gradient(W: Array, lam: Array) -> Any:
    """λ U Vᵀ."""
    u, _, vt = np.linalg.svd(W, full_matrices=False)
    return lam * u @ vt


LIBRARY.formula(
    "nuclear-norm",
    "Nuclear norm (trace norm)",
    formula=r"R = \lambda \sum_i \sigma_i(W)",
    forward=nuclear_norm,
    inputs={"W": Reals(3, 2), "lam": Reals(low=0)},
    gradient=nuclear_norm_gradient,
    printed={"W": r"\frac{\partial R}{\partial W} = \lambda U V^T"},
    source="G. Watson, Characterization of the subdifferential of some matrix norms, Linear Algebra and its Applications 170,"
    " 1992",
    also=("trace norm", "Schatten 1-norm", "low rank"),
    notes="W = U Σ Vᵀ. Where W has not full rank it has no derivative; U Vᵀ is one of its subgradients.",
)


def total_variation(x: Array, lam: Array) -> Any:
    """λ Σ_i |x_{i+1} − x_i|: (n,) → number."""
    return lam * np.sum(np.abs(x[1:] - x[:-1]))


def total_variation_gradient(x: Array, lam: Array) -> Any:
    """λ (sign(x_i − x_{i−1}) − sign(x_{i+1} − x_i)), without the terms beyond the ends."""
    s = np.sign(x[1:] - x[:-1])
    return lam * (np.concatenate([np.zeros(1), s]) - np.concatenate([s, np.zeros(1)]))


LIBRARY.formula(
    "total-variation",
    "Total variation (fused lasso), of a sequence",
    formula=r"R = \lambda \sum_{i=1}^{n-1} |x_{i+1} - x_i|",
    forward=total_variation,
    inputs={"x": Reals(4), "lam": Reals(low=0)},
    gradient=total_variation_gradient,
    printed={
        "x": r"\frac{\partial R}{\partial x_j}"
        r" = \lambda \sum_{i=1}^{3} \operatorname{sign}\left( \sum_k D_{ik} x_k \right) D_{ij}"
    },
    notation={"D_{ik}": r"\begin{cases} -1 & k = i \\ 1 & k = i + 1 \\ 0 & \text{otherwise} \end{cases}"},
    source="R. Tibshirani, M. Saunders, S. Rosset, J. Zhu and K. Knight, Sparsity and smoothness via the fused lasso, Journal"
    " of"
    " the Royal Statistical Society B 67, 2005",
    kinks="Where neighbours are equal the slopes are ±λ; the code returns 0 for their term.",
    also=("fused lasso", "TV"),
    notes="D takes the n − 1 differences: row i has −1 at i and 1 at i + 1. Printed for n = 4.",
)


def total_variation_of_image(x: Array, lam: Array, epsilon: Array) -> Any:
    """λ Σ √((x_{i+1,j} − x_ij)² + (x_{i,j+1} − x_ij)² + ε²): (h, w) → number, without the last row and column."""
    down, right = x[1:, :-1] - x[:-1, :-1], x[:-1, 1:] - x[:-1, :-1]
    return lam * np.sum(np.sqrt(down**2 + right**2 + epsilon**2))


def total_variation_of_image_gradient(x: Array, lam: Array, epsilon: Array) -> Any:
    """λ times the divergence of the normalised differences, with the sign turned."""
    down, right = x[1:, :-1] - x[:-1, :-1], x[:-1, 1:] - x[:-1, :-1]
    length = np.sqrt(down**2 + right**2 + epsilon**2)
    p, q = down / length, right / length
    here = np.pad(-p - q, ((0, 1), (0, 1)))
    return lam * (here + np.pad(p, ((1, 0), (0, 1))) + np.pad(q, ((0, 1), (1, 0))))


LIBRARY.formula(
    "total-variation-of-image",
    "Total variation of an image, isotropic and smoothed",
    formula=r"R = \lambda \sum_{i,j} \sqrt{(x_{i+1,j} - x_{ij})^2 + (x_{i,j+1} - x_{ij})^2 + \epsilon^2}",
    forward=total_variation_of_image,
    inputs={"x": Reals(3, 4), "lam": Reals(low=0), "epsilon": Reals(low=0.1)},
    gradient=total_variation_of_image_gradient,
    printed={
        "x": r"\frac{\partial R}{\partial x_{ij}} = \lambda \left( p_{i-1,j} + q_{i,j-1} - p_{ij} - q_{ij} \right)",
    },
    source="L. Rudin, S. Osher and E. Fatemi, Nonlinear total variation based noise removal algorithms, Physica D 60, 1992",
    also=("TV loss", "image denoising", "tf.image.total_variation"),
    notes="p and q are the differences downwards and to the right over their common length √(· + ε²), and 0 outside.",
)


def laplacian(x: Array, A: Array, lam: Array) -> Any:
    """(λ/2) Σ_ij A_ij (x_i − x_j)², of weights A between n nodes: (n,), (n, n) → number."""
    return lam / 2 * np.sum(A * (x[:, None] - x[None, :]) ** 2)


def laplacian_gradient(x: Array, A: Array, lam: Array) -> Any:
    """λ Σ_j (A_ij + A_ji) (x_i − x_j), which is 2 λ (diag(A 1) − A) x where A is symmetric."""
    return lam * np.sum((A + A.T) * (x[:, None] - x[None, :]), axis=1)


LIBRARY.formula(
    "laplacian",
    "Graph Laplacian smoothing",
    formula=r"R = \frac{\lambda}{2} \sum_{i,j} A_{ij} (x_i - x_j)^2",
    forward=laplacian,
    inputs={"x": Reals(3), "A": Reals(3, 3), "lam": Reals(low=0)},
    gradient=laplacian_gradient,
    printed={"x": r"\frac{\partial R}{\partial x_i} = \lambda \sum_j (A_{ij} + A_{ji}) (x_i - x_j)"},
    source="M. Belkin, P. Niyogi and V. Sindhwani, Manifold regularization: A geometric framework for learning from labeled and"
    " unlabeled examples, JMLR 7, 2006",
    also=("graph regularisation", "manifold regularisation"),
)


def sparsity(a: Array, rho: Array, lam: Array) -> Any:
    """λ Σ_j KL(ρ ‖ mean activation of unit j): activations (n, k) between 0 and 1 → number."""
    mean = np.mean(a, axis=0)
    return lam * np.sum(rho * np.log(rho / mean) + (1 - rho) * np.log((1 - rho) / (1 - mean)))


def sparsity_gradient(a: Array, rho: Array, lam: Array) -> Any:
    """(λ/n) (−ρ / mean + (1 − ρ) / (1 − mean)), the same for every sample."""
    mean = np.mean(a, axis=0)
    return lam / len(a) * np.ones_like(a) * (-rho / mean + (1 - rho) / (1 - mean))


LIBRARY.formula(
    "kl-sparsity",
    "Sparsity penalty of mean activations (sparse autoencoder)",
    formula=r"R = \lambda \sum_j \left( \rho \log \frac{\rho}{r_j} + (1 - \rho) \log \frac{1 - \rho}{1 - r_j} \right),"
    r" \quad r_j = \frac{1}{n} \sum_i a_{ij}",
    forward=sparsity,
    inputs={"a": Reals(3, 2, low=0, high=1), "rho": Reals(low=0, high=1), "lam": Reals(low=0)},
    gradient=sparsity_gradient,
    printed={
        "a": r"\frac{\partial R}{\partial a_{ij}}"
        r" = \frac{\lambda}{n} \left( \frac{1 - \rho}{1 - r_j} - \frac{\rho}{r_j} \right)"
    },
    notation={"n": "3", "r_j": r"\frac{1}{3} \sum_k a_{kj}"},
    source="H. Lee, C. Ekanadham and A. Ng, Sparse deep belief net model for visual area V2, NIPS 2007",
    also=("sparse autoencoder",),
    notes="r_j is the mean activation of unit j.",
)


def confidence(x: Array, lam: Array) -> Any:
    """λ Σ_k s_k log s_k, with s = softmax(x): minus the entropy, (k,) → number."""
    s = softmax(x)
    return lam * np.sum(s * np.log(s))


def confidence_gradient(x: Array, lam: Array) -> Any:
    """λ s_k (log s_k − Σ_j s_j log s_j)."""
    s = softmax(x)
    return lam * s * (np.log(s) - np.sum(s * np.log(s)))


def stable_confidence(x: Array, lam: Array) -> Any:
    """By the stable log-softmax."""
    return lam * np.sum(stable_softmax(x) * stable_log_softmax(x))


def stable_confidence_gradient(x: Array, lam: Array) -> Any:
    """By the stable log-softmax."""
    s = stable_softmax(x)
    return lam * s * centred(stable_log_softmax(x), s)


LIBRARY.formula(
    "confidence-penalty",
    "Confidence penalty (negative entropy of a softmax)",
    formula=r"R = \lambda \sum_k s_k \log s_k, \quad s = \operatorname{softmax}(x)",
    forward=confidence,
    inputs={"x": Reals(3), "lam": Reals(low=0)},
    gradient=confidence_gradient,
    printed={"x": r"\frac{\partial R}{\partial x_k} = \lambda s_k \left( \log s_k - \sum_j s_j \log s_j \right)"},
    notation={"s": r"\operatorname{softmax}(x)"},
    source="G. Pereyra, G. Tucker, J. Chorowski, Ł. Kaiser and G. Hinton, Regularizing neural networks by penalizing confident"
    " output distributions, 2017, arXiv:1701.06548",
    stable=Stable(
        "eˣ overflows above 709, and the softmax of what is far below the largest is 0, whose logarithm is infinite.",
        forward=stable_confidence,
        derivative=stable_confidence_gradient,
    ),
    also=("entropy bonus", "maximum entropy"),
)


def decorrelation(h: Array, lam: Array) -> Any:
    """(λ/2) Σ_{j≠k} C_jk², with C the covariance (over n) of the activations: (n, k) → number."""
    centred = h - np.mean(h, axis=0)
    c = centred.T @ centred / len(h)
    return lam / 2 * (np.sum(c**2) - np.sum(np.diag(c) ** 2))


def decorrelation_gradient(h: Array, lam: Array) -> Any:
    """(2λ/n) (h − mean) (C − diag C)."""
    centred = h - np.mean(h, axis=0)
    c = centred.T @ centred / len(h)
    return 2 * lam / len(h) * centred @ (c - np.diag(np.diag(c)))


LIBRARY.formula(
    "decorrelation",
    "Decorrelation penalty (DeCov)",
    formula=r"R = \frac{\lambda}{2} \sum_{j \ne k} C_{jk}^2, \quad C_{jk} = \frac{1}{n} \sum_i (h_{ij} - m_j) (h_{ik} - m_k)",
    forward=decorrelation,
    inputs={"h": Reals(3, 2), "lam": Reals(low=0)},
    gradient=decorrelation_gradient,
    printed={"h": r"\frac{\partial R}{\partial h_{ij}} = \frac{2 \lambda}{n} \sum_{k \ne j} (h_{ik} - m_k) C_{kj}"},
    notation={
        "n": "3",
        "m_k": r"\frac{1}{3} \sum_i h_{ik}",
        "C_{kj}": r"\frac{1}{3} \sum_i (h_{ik} - m_k) (h_{ij} - m_j)",
    },
    source="M. Cogswell, F. Ahmed, R. Girshick, L. Zitnick and D. Batra, Reducing overfitting in deep networks by decorrelating"
    " representations, ICLR 2016",
    also=("DeCov", "whitening", "redundancy reduction"),
    notes="m is the mean of h over the samples and C its covariance.",
)


def step_with_l2(w: Array, g: Array, eta: Array, lam: Array) -> Any:
    """A step of gradient descent on the loss plus (λ/2) ‖w‖²: w − η (g + λ w)."""
    return w - eta * (g + lam * w)


def step_with_decay(w: Array, g: Array, eta: Array, lam: Array) -> Any:
    """A step of gradient descent on the loss alone, after the weights were scaled by 1 − η λ."""
    return (1 - eta * lam) * w - eta * g


LIBRARY.formula(
    "weight-decay-is-l2-under-sgd",
    "Weight decay is L2 regularisation under gradient descent",
    formula=r"w - \eta (g + \lambda w) = (1 - \eta \lambda) w - \eta g",
    forward=step_with_l2,
    inputs={"w": Reals(3), "g": Reals(3), "eta": Reals(low=0), "lam": Reals(low=0)},
    equality=step_with_decay,
    printed=r"w - \eta (g + \lambda w) = (1 - \eta \lambda) w - \eta g",
    source="I. Loshchilov and F. Hutter, Decoupled weight decay regularization, ICLR 2019, section 2",
    also=("weight decay", "optax.add_decayed_weights"),
    notes="Under methods that scale the gradient (Adam, RMSProp, AdaGrad) the two differ: see"
    " weight-decay-under-adaptive-steps.",
)


def adaptive_step_with_l2(w: Array, g: Array, s: Array, eta: Array, lam: Array) -> Any:
    """A step that scales the gradient of the loss plus (λ/2) ‖w‖² by s, entry by entry: w − η s (g + λ w)."""
    return w - eta * s * (g + lam * w)


def adaptive_step_with_decay(w: Array, g: Array, s: Array, eta: Array, lam: Array) -> Any:
    """A step with decoupled decay at the rate λ, less what it decays too much: (1 − s) λ of each weight."""
    return (1 - eta * lam) * w - eta * s * g + eta * lam * (1 - s) * w


LIBRARY.formula(
    "weight-decay-under-adaptive-steps",
    "Weight decay and L2 regularisation differ under adaptive steps",
    formula=r"w - \eta s (g + \lambda w) = (1 - \eta \lambda) w - \eta s g + \eta \lambda (1 - s) w",
    forward=adaptive_step_with_l2,
    inputs={"w": Reals(3), "g": Reals(3), "s": Reals(3, low=0), "eta": Reals(low=0), "lam": Reals(low=0)},
    equality=adaptive_step_with_decay,
    printed=r"u_i = (1 - \eta \lambda) w_i - \eta s_i g_i + \eta \lambda (1 - s_i) w_i",
    source="I. Loshchilov and F. Hutter, Decoupled weight decay regularization, ICLR 2019, section 2",
    also=("AdamW", "decoupled weight decay"),
    notes="The left side is L2, whose part is scaled like the gradient; (1 − η λ) w − η s g is decoupled decay, as in AdamW."
    " They"
    " differ by η λ (1 − s) w: weights with small s (large past gradients) are decayed less by L2.",
)
