"""Second derivatives where they are used: Hessians, Gauss-Newton and Fisher matrices, products with vectors, Newton steps.

A Hessian has the shape of the variable twice. Where the loss is convex its Hessian is positive semidefinite, and equal to the
Gauss-Newton matrix if the model is linear.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Integers, Reals, Simplex
from gradcheck.library.formulas import Library, Stable
from gradcheck.library.spaces import FullRank, Invertible, PositiveDefinite

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library(
    "second-order",
    "second_order.py",
    "Second order",
    notation={r"\mu": "mu", r"\sigma": "sigma", r"\lambda": "rate"},
)

BISHOP = "C. Bishop, Pattern Recognition and Machine Learning, Springer 2006"
BOYD = "S. Boyd and L. Vandenberghe, Convex Optimization, Cambridge University Press 2004"
NOCEDAL = "J. Nocedal and S. Wright, Numerical Optimization, Springer 2006"
PEARLMUTTER = "B. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6, 1994"
SCHRAUDOLPH = "N. Schraudolph, Fast curvature matrix-vector products for second-order gradient descent, 2002"
AMARI = "S. Amari, Natural gradient works efficiently in learning, Neural Computation 10, 1998"


def softmax(z: Array) -> Any:
    """exp zᵢ / Σ exp zⱼ."""
    powers = np.exp(z - np.max(z))
    return powers / np.sum(powers)


def sigmoid(z: Array) -> Any:
    """1 / (1 + e⁻ᶻ), elementwise."""
    return 1 / (1 + np.exp(-z))


def softmax_covariance(p: Array) -> Any:
    """diag p − p pᵀ, the covariance of a one-hot draw: (n,) → (n, n)."""
    return np.diag(p) - np.outer(p, p)


def cross_entropy(z: Array, t: Array) -> Any:
    """log Σ exp zⱼ − Σ tᵢ zᵢ, targets t that sum to 1: (n,), (n,) → ()."""
    return np.log(np.sum(np.exp(z))) - np.sum(t * z)


def cross_entropy_hessian(z: Array, t: Array) -> Any:
    """diag p − p pᵀ, p = softmax(z), whatever the targets: (n, n)."""
    return softmax_covariance(np.exp(z) / np.sum(np.exp(z)))


def stable_cross_entropy(z: Array, t: Array) -> Any:
    """The same of z − max z."""
    shifted = z - np.max(z)
    return np.log(np.sum(np.exp(shifted))) - np.sum(t * shifted)


def stable_cross_entropy_hessian(z: Array, t: Array) -> Any:
    """The same with the softmax of z − max z."""
    return softmax_covariance(softmax(z))


LIBRARY.formula(
    "cross-entropy-hessian",
    "Hessian of cross-entropy after softmax",
    formula=r"f = \log \sum_j e^{z_j} - \sum_i t_i z_i",
    forward=cross_entropy,
    inputs={"z": Reals(4), "t": Simplex(4)},
    hessian=cross_entropy_hessian,
    printed={"z": r"\frac{\partial^2 f}{\partial z_i \partial z_j} = p_i (\delta_{ij} - p_j)"},
    notation={"p_i": r"\frac{e^{z_i}}{\sum_k e^{z_k}}"},
    source=f"{BISHOP}, section 4.3.4",
    stable=Stable("exp z overflows above 709.", stable_cross_entropy, stable_cross_entropy_hessian),
    also=("softmax cross-entropy", "multinomial logistic regression", "optax.losses.softmax_cross_entropy"),
    notes="For targets with the sum s it is s times as large.",
)


def softmax_regression(W: Array, x: Array, t: Array) -> Any:
    """Cross-entropy of softmax(W x) with targets t that sum to 1: (k, n), (n,), (k,) → ()."""
    return cross_entropy(W @ x, t)


def softmax_regression_hessian(W: Array, x: Array, t: Array) -> Any:
    """pᵢ (δᵢₖ − pₖ) xⱼ xₗ, p = softmax(W x): (k, n, k, n)."""
    return np.einsum("ik,j,l->ijkl", softmax_covariance(softmax(W @ x)), x, x)


LIBRARY.formula(
    "softmax-regression-hessian",
    "Hessian of softmax regression, by the weights",
    formula=r"f = \log \sum_k e^{(W x)_k} - t^T W x",
    forward=softmax_regression,
    inputs={"W": Reals(3, 2, reach=5), "x": Reals(2, reach=5), "t": Simplex(3)},
    hessian=softmax_regression_hessian,
    printed={
        "W": r"\frac{\partial^2 f}{\partial W_{ij} \partial W_{kl}} = p_i (\delta_{ik} - p_k) x_j x_l",
    },
    notation={"p_i": r"\frac{e^{\sum_j W_{ij} x_j}}{\sum_k e^{\sum_j W_{kj} x_j}}"},
    source=f"{BISHOP}, section 4.3.4",
    also=("multinomial logistic regression", "Kronecker factored"),
    notes="The Kronecker product of diag p − p pᵀ and x xᵀ.",
)


def logistic_regression(w: Array, X: Array, y: Array) -> Any:
    """Σ log(1 + e^{zᵢ}) − yᵢ zᵢ, z = X w, yᵢ 0 or 1: (n,), (m, n), (m,) → ()."""
    z = X @ w
    return np.sum(np.log(1 + np.exp(z)) - y * z)


def logistic_regression_hessian(w: Array, X: Array, y: Array) -> Any:
    """Xᵀ D X, D = diag(p (1 − p)), p = σ(X w): (n, n)."""
    p = sigmoid(X @ w)
    return (X.T * (p * (1 - p))) @ X


LIBRARY.formula(
    "logistic-regression-hessian",
    "Hessian of logistic regression",
    formula=r"f = \sum_i \log(1 + e^{z_i}) - y_i z_i, \quad z = X w",
    forward=logistic_regression,
    inputs={"w": Reals(2, reach=5), "X": Reals(4, 2, reach=5), "y": Integers(4, low=0, high=1)},
    hessian=logistic_regression_hessian,
    printed={"w": r"\frac{\partial^2 f}{\partial w_i \partial w_j} = \sum_k p_k (1 - p_k) X_{ki} X_{kj}"},
    notation={"p_k": r"\frac{1}{1 + e^{-\sum_l X_{kl} w_l}}"},
    source=f"{BISHOP}, section 4.3.3",
    also=("binary cross-entropy", "iteratively reweighted least squares", "Newton-Raphson"),
    notes="It does not depend on y: positive semidefinite, so that the loss is convex.",
)


def newton_step(w: Array, X: Array, y: Array) -> Any:
    """w − H⁻¹ g, with gradient g = Xᵀ (p − y) and Hessian H = Xᵀ D X of logistic regression: (n,), (m, n), (m,) → (n,)."""
    p = sigmoid(X @ w)
    return w - np.linalg.solve((X.T * (p * (1 - p))) @ X, X.T @ (p - y))


def weighted_least_squares_step(w: Array, X: Array, y: Array) -> Any:
    """(XᵀDX)⁻¹ XᵀD (X w − D⁻¹ (p − y)): least squares with weights D = diag(p (1 − p))."""
    p = sigmoid(X @ w)
    d = p * (1 - p)
    return np.linalg.solve((X.T * d) @ X, (X.T * d) @ (X @ w - (p - y) / d))


LIBRARY.formula(
    "logistic-regression-newton-step",
    "Newton step of logistic regression as weighted least squares",
    formula=r"w - H^{-1} g = (X^T D X)^{-1} X^T D \left(X w - D^{-1} (p - y)\right)",
    forward=newton_step,
    inputs={"w": Reals(2, reach=2), "X": FullRank(4, 2), "y": Integers(4, low=0, high=1)},
    equality=weighted_least_squares_step,
    printed=r"w - H^{-1} g = (X^T D X)^{-1} X^T D \left(X w - D^{-1} (p - y)\right)",
    notation={"p_k": r"\frac{1}{1 + e^{-\sum_l X_{kl} w_l}}", "D_{ij}": r"p_i (1 - p_i) \delta_{ij}"},
    source=f"{BISHOP}, section 4.3.3",
    also=("iteratively reweighted least squares", "IRLS", "Newton-Raphson", "Fisher scoring"),
)


def logistic_regression_slope_along(w: Array, v: Array, X: Array, y: Array) -> Any:
    """gᵀ v, the slope of logistic regression along v."""
    return (X.T @ (sigmoid(X @ w) - y)) @ v


def logistic_regression_hessian_vector(w: Array, v: Array, X: Array, y: Array) -> Any:
    """H v = Xᵀ (p (1 − p) ⊙ X v): two products with X, no matrix n × n."""
    p = sigmoid(X @ w)
    return X.T @ (p * (1 - p) * (X @ v))


LIBRARY.formula(
    "logistic-regression-hessian-vector",
    "Hessian-vector product of logistic regression",
    formula=r"f = v^T X^T (p - y), \quad p = \sigma(X w)",
    forward=logistic_regression_slope_along,
    inputs={
        "w": Reals(2, reach=5),
        "v": Reals(2),
        "X": Reals(4, 2, reach=5),
        "y": Integers(4, low=0, high=1),
    },
    gradient=logistic_regression_hessian_vector,
    printed={"w": r"\frac{\partial f}{\partial w_i} = \sum_k X_{ki} p_k (1 - p_k) \sum_j X_{kj} v_j"},
    notation={"p_k": r"\frac{1}{1 + e^{-\sum_l X_{kl} w_l}}"},
    source=PEARLMUTTER,
    also=("HVP", "jax.jvp of jax.grad", "conjugate gradients", "truncated Newton"),
    notes="The gradient of the slope along v is H v, for every twice differentiable function.",
)


def cross_entropy_slope_along(z: Array, v: Array, t: Array) -> Any:
    """(p − t)ᵀ v, the slope of cross-entropy after softmax along v."""
    return (softmax(z) - t) @ v


def cross_entropy_hessian_vector(z: Array, v: Array, t: Array) -> Any:
    """p ⊙ (v − pᵀ v)."""
    p = softmax(z)
    return p * (v - p @ v)


LIBRARY.formula(
    "cross-entropy-hessian-vector",
    "Hessian-vector product of cross-entropy after softmax",
    formula=r"f = (p - t)^T v, \quad p = \operatorname{softmax}(z)",
    forward=cross_entropy_slope_along,
    inputs={"z": Reals(4), "v": Reals(4), "t": Simplex(4)},
    gradient=cross_entropy_hessian_vector,
    printed={"z": r"\frac{\partial f}{\partial z_i} = p_i \left(v_i - \sum_k p_k v_k\right)"},
    notation={"p_i": r"\frac{e^{z_i}}{\sum_j e^{z_j}}"},
    source=PEARLMUTTER,
    also=("HVP", "Hessian-free optimisation"),
)


def least_squares(x: Array, A: Array, b: Array) -> Any:
    """½ ‖A x − b‖²: (n,), (m, n), (m,) → ()."""
    return np.sum((A @ x - b) ** 2) / 2


def least_squares_hessian(x: Array, A: Array, b: Array) -> Any:
    """AᵀA: (n, n)."""
    return A.T @ A


LIBRARY.formula(
    "least-squares-hessian",
    "Hessian of least squares",
    formula=r"f = \frac12 \|A x - b\|^2",
    forward=least_squares,
    inputs={"x": Reals(3), "A": Reals(4, 3), "b": Reals(4)},
    hessian=least_squares_hessian,
    printed={"x": r"\frac{\partial^2 f}{\partial x \partial x^T} = A^T A"},
    source=f"{BOYD}, section 1.2.1",
    also=("linear regression", "normal equations", "mean squared error"),
)


def ridge(x: Array, A: Array, b: Array, rate: Array) -> Any:
    """½ ‖A x − b‖² + ½ λ ‖x‖²."""
    return np.sum((A @ x - b) ** 2) / 2 + rate * np.sum(x**2) / 2


def ridge_hessian(x: Array, A: Array, b: Array, rate: Array) -> Any:
    """AᵀA + λ I: (n, n)."""
    return A.T @ A + rate * np.eye(len(x))


LIBRARY.formula(
    "ridge-hessian",
    "Hessian of ridge regression",
    formula=r"f = \frac12 \|A x - b\|^2 + \frac12 \lambda \|x\|^2",
    forward=ridge,
    inputs={"x": Reals(3), "A": Reals(4, 3), "b": Reals(4), "rate": Reals(low=0)},
    hessian=ridge_hessian,
    printed={"x": r"\frac{\partial^2 f}{\partial x_i \partial x_j} = \sum_k A_{ki} A_{kj} + \lambda \delta_{ij}"},
    source=f"{BOYD}, section 6.3.2",
    also=("Tikhonov regularisation", "damping", "Levenberg-Marquardt"),
)


def log_sum_exp(x: Array) -> Any:
    """log Σ exp xᵢ: (n,) → ()."""
    return np.log(np.sum(np.exp(x)))


def log_sum_exp_hessian(x: Array) -> Any:
    """diag p − p pᵀ, p = softmax(x): (n, n)."""
    return softmax_covariance(softmax(x))


LIBRARY.formula(
    "log-sum-exp-hessian",
    "Hessian of log-sum-exp",
    formula=r"f = \log \sum_i e^{x_i}",
    forward=log_sum_exp,
    inputs={"x": Reals(4)},
    hessian=log_sum_exp_hessian,
    printed=(
        r"\frac{\partial^2 f}{\partial x_i \partial x_j} = \frac{e^{x_i} \delta_{ij}}{\sum_k e^{x_k}}"
        r" - \frac{e^{x_i} e^{x_j}}{\left(\sum_k e^{x_k}\right)^2}"
    ),
    source=f"{BOYD}, section 3.1.5",
    also=("logsumexp", "softmax Jacobian"),
)


def quadratic_form(x: Array, A: Array) -> Any:
    """xᵀ A x: (n,), (n, n) → ()."""
    return x @ A @ x


def quadratic_form_hessian(x: Array, A: Array) -> Any:
    """A + Aᵀ: (n, n)."""
    return A + A.T


LIBRARY.formula(
    "quadratic-form-hessian",
    "Hessian of a quadratic form",
    formula=r"f = x^T A x",
    forward=quadratic_form,
    inputs={"x": Reals(3), "A": Reals(3, 3)},
    hessian=quadratic_form_hessian,
    printed={"x": r"\frac{\partial^2 f}{\partial x \partial x^T} = A + A^T"},
    source="K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, version of November 15, 2012, section 2.4.4",
)


def norm(x: Array) -> Any:
    """‖x‖: (n,) → ()."""
    return np.sqrt(np.sum(x**2))


def norm_hessian(x: Array) -> Any:
    """(I − u uᵀ)/‖x‖, u = x/‖x‖: (n, n)."""
    size = np.sqrt(np.sum(x**2))
    return (np.eye(len(x)) - np.outer(x, x) / size**2) / size


LIBRARY.formula(
    "norm-hessian",
    "Hessian of the Euclidean norm",
    formula=r"f = \|x\|",
    forward=norm,
    inputs={"x": Reals(3)},
    hessian=norm_hessian,
    printed=r"\frac{\partial^2 f}{\partial x_i \partial x_j} = \frac{\delta_{ij}}{\|x\|} - \frac{x_i x_j}{\|x\|^3}",
    source="K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, version of November 15, 2012, section 2.6.1",
    assumptions=(Assumption("x ≠ 0", stated=True, where=lambda **values: bool(np.any(values["x"]))),),
    also=("projection", "curvature of a sphere"),
    notes="Not differentiable at 0.",
)


def rosenbrock(x: Array) -> Any:
    """(1 − x₀)² + 100 (x₁ − x₀²)²: (2,) → ()."""
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_gradient(x: Array) -> Any:
    """−2 (1 − x₀) − 400 x₀ (x₁ − x₀²) and 200 (x₁ − x₀²)."""
    inner = x[1] - x[0] ** 2
    return np.stack([-2 * (1 - x[0]) - 400 * x[0] * inner, 200 * inner])


def rosenbrock_hessian(x: Array) -> Any:
    """1200 x₀² − 400 x₁ + 2, −400 x₀; −400 x₀, 200: (2, 2)."""
    corner = 1200 * x[0] ** 2 - 400 * x[1] + 2
    return np.stack([np.stack([corner, -400 * x[0]]), np.stack([-400 * x[0], 200 + 0 * x[0]])])


ROSENBROCK = (
    "H. Rosenbrock, An automatic method for finding the greatest or least value of a function, Computer Journal 3, 1960"
)

LIBRARY.formula(
    "rosenbrock-gradient",
    "Gradient of Rosenbrock's function",
    formula=r"f = (1 - x_1)^2 + 100 (x_2 - x_1^2)^2",
    forward=rosenbrock,
    inputs={"x": Reals(2)},
    gradient=rosenbrock_gradient,
    printed=(r"\nabla f = \begin{pmatrix} -2 (1 - x_1) - 400 x_1 (x_2 - x_1 x_1) \\ 200 (x_2 - x_1 x_1) \end{pmatrix}"),
    source=ROSENBROCK,
    also=("scipy.optimize.rosen_der", "banana function", "test function"),
)

LIBRARY.formula(
    "rosenbrock-hessian",
    "Hessian of Rosenbrock's function",
    formula=r"f = (1 - x_1)^2 + 100 (x_2 - x_1^2)^2",
    forward=rosenbrock,
    inputs={"x": Reals(2)},
    hessian=rosenbrock_hessian,
    printed=(r"\nabla^2 f = \begin{pmatrix} 1200 x_1 x_1 - 400 x_2 + 2 & -400 x_1 \\ -400 x_1 & 200 \end{pmatrix}"),
    source=ROSENBROCK,
    also=("scipy.optimize.rosen_hess", "banana function", "test function"),
)


def softplus_loss(x: Array) -> Any:
    """Σ log(1 + e^{xᵢ}): (n,) → ()."""
    return np.sum(np.log(1 + np.exp(x)))


def softplus_hessian(x: Array) -> Any:
    """diag(σ(x) (1 − σ(x))): (n, n)."""
    return np.diag(sigmoid(x) * (1 - sigmoid(x)))


def stable_softplus_loss(x: Array) -> Any:
    """Σ max(xᵢ, 0) + log(1 + e^{−|xᵢ|})."""
    return np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def stable_softplus_hessian(x: Array) -> Any:
    """diag(e^{−|x|}/(1 + e^{−|x|})²): even in x, and 1 − σ is not formed."""
    small = np.exp(-np.abs(x))
    return np.diag(small / (1 + small) ** 2)


LIBRARY.formula(
    "softplus-hessian",
    "Hessian of a sum of softplus",
    formula=r"f = \sum_i \log(1 + e^{x_i})",
    forward=softplus_loss,
    inputs={"x": Reals(3)},
    hessian=softplus_hessian,
    printed=r"\frac{\partial^2 f}{\partial x_i \partial x_j} = \delta_{ij} \frac{e^{-x_i}}{(1 + e^{-x_i})^2}",
    source=f"{BISHOP}, section 4.3.3",
    stable=Stable(
        "eˣ overflows above 709, and 1 − σ(x) loses its digits above 36.", stable_softplus_loss, stable_softplus_hessian
    ),
    also=("logistic loss", "hinge, smoothed"),
)


def log_determinant(X: Array) -> Any:
    """log |det X|: (n, n) → ()."""
    return np.linalg.slogdet(X)[1]


def log_determinant_hessian(X: Array) -> Any:
    """−(X⁻¹)ⱼₖ (X⁻¹)ₗᵢ at (i, j, k, l): (n, n, n, n)."""
    inverse = np.linalg.inv(X)
    return -np.einsum("jk,li->ijkl", inverse, inverse)


LIBRARY.formula(
    "log-determinant-hessian",
    "Hessian of the log-determinant",
    formula=r"f = \log |\det X|",
    forward=log_determinant,
    inputs={"X": Invertible(2)},
    hessian=log_determinant_hessian,
    printed=r"\frac{\partial^2 f}{\partial X_{ij} \partial X_{kl}} = -(X^{-1})_{jk} (X^{-1})_{li}",
    source=f"{BOYD}, appendix A.4.3",
    also=("logdet", "self-concordant barrier", "interior point"),
    notes="Along a symmetric direction D it is −tr(X⁻¹ D X⁻¹ D), at most 0 for positive definite X: log det is concave.",
)


def neuron(w: Array, x: Array) -> Any:
    """σ(wᵀ x): (n,), (n,) → ()."""
    return sigmoid(w @ x)


def neuron_hessian(w: Array, x: Array) -> Any:
    """σ″ x xᵀ with σ″ = σ (1 − σ) (1 − 2σ): (n, n)."""
    s = sigmoid(w @ x)
    return s * (1 - s) * (1 - 2 * s) * np.outer(x, x)


LIBRARY.formula(
    "neuron-hessian",
    "Hessian of one sigmoid neuron, by its weights",
    formula=r"f = \sigma(w^T x)",
    forward=neuron,
    inputs={"w": Reals(3), "x": Reals(3)},
    hessian=neuron_hessian,
    printed={"w": r"\frac{\partial^2 f}{\partial w \partial w^T} = s (1 - s) (1 - 2 s) x x^T"},
    notation={"s": r"\frac{1}{1 + e^{-w^T x}}"},
    source=f"{BISHOP}, section 5.4",
    also=("second derivative of the sigmoid", "perceptron"),
)


def poisson_regression(w: Array, X: Array, y: Array) -> Any:
    """Σ e^{zᵢ} − yᵢ zᵢ, z = X w: (n,), (m, n), (m,) → ()."""
    z = X @ w
    return np.sum(np.exp(z) - y * z)


def poisson_regression_hessian(w: Array, X: Array, y: Array) -> Any:
    """Xᵀ diag(exp X w) X: (n, n)."""
    return (X.T * np.exp(X @ w)) @ X


LIBRARY.formula(
    "poisson-regression-hessian",
    "Hessian of Poisson regression",
    formula=r"f = \sum_i e^{z_i} - y_i z_i, \quad z = X w",
    forward=poisson_regression,
    inputs={"w": Reals(2, reach=5), "X": Reals(4, 2, reach=5), "y": Integers(4, low=0, high=9)},
    hessian=poisson_regression_hessian,
    printed={"w": r"\frac{\partial^2 f}{\partial w_i \partial w_j} = \sum_k e^{\sum_l X_{kl} w_l} X_{ki} X_{kj}"},
    source="P. McCullagh and J. Nelder, Generalized Linear Models, Chapman and Hall 1989, chapter 6",
    also=("log-linear model", "generalised linear model"),
)


def negative_entropy(p: Array) -> Any:
    """Σ pᵢ log pᵢ: (n,) → ()."""
    return np.sum(p * np.log(p))


def negative_entropy_hessian(p: Array) -> Any:
    """diag(1/p): (n, n)."""
    return np.diag(1 / p)


LIBRARY.formula(
    "negative-entropy-hessian",
    "Hessian of the negative entropy",
    formula=r"f = \sum_i p_i \log p_i",
    forward=negative_entropy,
    inputs={"p": Reals(3, low=0)},
    hessian=negative_entropy_hessian,
    printed=r"\frac{\partial^2 f}{\partial p_i \partial p_j} = \frac{\delta_{ij}}{p_i}",
    source=f"{BOYD}, section 3.1.5",
    also=("mirror descent", "exponentiated gradient", "Fisher information of the simplex"),
)


def log_barrier(x: Array, A: Array, b: Array) -> Any:
    """−Σ log(bᵢ − (A x)ᵢ), A x < b: (n,), (m, n), (m,) → ()."""
    return -np.sum(np.log(b - A @ x))


def log_barrier_hessian(x: Array, A: Array, b: Array) -> Any:
    """Aᵀ diag(1/s²) A, s = b − A x: (n, n)."""
    return (A.T / (b - A @ x) ** 2) @ A


LIBRARY.formula(
    "log-barrier-hessian",
    "Hessian of the logarithmic barrier of linear inequalities",
    formula=r"f = -\sum_i \log(b_i - (A x)_i)",
    forward=log_barrier,
    inputs={"x": Reals(2, low=-1, high=1), "A": Reals(3, 2, low=-1, high=1), "b": Reals(3, low=2)},
    hessian=log_barrier_hessian,
    printed={
        "x": r"\frac{\partial^2 f}{\partial x_i \partial x_j} = \sum_k \frac{A_{ki} A_{kj}}{(b_k - \sum_l A_{kl} x_l)^2}"
    },
    source=f"{BOYD}, section 11.2.1",
    also=("interior point", "barrier method"),
)


def quadratic_over_linear(x: Array) -> Any:
    """x₀²/x₁: (2,) → ()."""
    return x[0] ** 2 / x[1]


def quadratic_over_linear_hessian(x: Array) -> Any:
    """2/x₁³ times the outer product of (x₁, −x₀) with itself: (2, 2)."""
    across = np.stack([x[1], -x[0]])
    return 2 / x[1] ** 3 * np.outer(across, across)


LIBRARY.formula(
    "quadratic-over-linear-hessian",
    "Hessian of a square over a number",
    formula=r"f = \frac{x_1^2}{x_2}",
    forward=quadratic_over_linear,
    inputs={"x": Reals(2, low=0)},
    hessian=quadratic_over_linear_hessian,
    printed=(
        r"\nabla^2 f = \frac{2}{x_2 x_2 x_2} \begin{pmatrix} x_2 x_2 & -x_1 x_2 \\ -x_1 x_2 & x_1 x_1 \end{pmatrix}"
    ),
    source=f"{BOYD}, section 3.1.5",
)


def gaussian_loss(t: Array, x: Array) -> Any:
    """½ (x − μ)² e^{−2s} + s, t = (μ, s), s the logarithm of the standard deviation: (2,), () → ()."""
    return (x - t[0]) ** 2 * np.exp(-2 * t[1]) / 2 + t[1]


def gaussian_loss_hessian(t: Array, x: Array) -> Any:
    """e^{−2s} times 1, 2r; 2r, 2r², r = x − μ: (2, 2)."""
    r = x - t[0]
    return np.exp(-2 * t[1]) * np.stack([np.stack([1 + 0 * r, 2 * r]), np.stack([2 * r, 2 * r**2])])


LIBRARY.formula(
    "gaussian-observed-information",
    "Observed information of a Gaussian, by mean and log standard deviation",
    formula=r"f = \frac12 (x - t_1)^2 e^{-2 t_2} + t_2",
    forward=gaussian_loss,
    inputs={"t": Reals(2, reach=5), "x": Reals()},
    hessian=gaussian_loss_hessian,
    printed={
        "t": (
            r"\nabla^2 f = e^{-2 t_2} \begin{pmatrix} 1 & 2 (x - t_1) \\ 2 (x - t_1) & 2 (x - t_1) (x - t_1) \end{pmatrix}"
        )
    },
    source=AMARI,
    also=("heteroscedastic regression", "Gaussian negative log-likelihood"),
    notes="Its determinant is negative: the loss is not convex. Its expectation, the Fisher information, is diag(e^{−2s}, 2).",
)


def gaussian_fisher(mu: Array, sigma: Array) -> Any:
    """E[s sᵀ] of the scores by μ and σ, by a rule with 5 nodes z = (x − μ)/σ, exact for polynomials of degree 5."""
    # Of the weights 1/12, 2/12, 6/12, 2/12, 1/12 the moments 0, 2 and 4 are those of a standard normal: 1, 1 and 3.
    nodes, weights = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), np.array([1.0, 2.0, 6.0, 2.0, 1.0])
    scores = np.stack([nodes / sigma, (nodes**2 - 1) / sigma])
    return (scores * weights) @ scores.T / 12


def gaussian_fisher_formula(mu: Array, sigma: Array) -> Any:
    """diag(1/σ², 2/σ²)."""
    return np.diag(np.array([1.0, 2.0])) / sigma**2


LIBRARY.formula(
    "gaussian-fisher",
    "Fisher information of a Gaussian, by mean and standard deviation",
    formula=r"F = E\left[s s^T\right], \quad s = \left(\frac{z}{\sigma}, \frac{z^2 - 1}{\sigma}\right)",
    forward=gaussian_fisher,
    inputs={"mu": Reals(), "sigma": Reals(low=0)},
    equality=gaussian_fisher_formula,
    printed=r"F = \begin{pmatrix} \frac{1}{\sigma^2} & 0 \\ 0 & \frac{2}{\sigma^2} \end{pmatrix}",
    source="E. Lehmann and G. Casella, Theory of Point Estimation, Springer 1998, section 2.5",
    also=("natural gradient", "information matrix", "Cramér-Rao bound"),
    notes="The expectation of polynomials of degree 4 is computed exactly, by a rule of five nodes.",
)


def multivariate_normal_loss(m: Array, x: Array, S: Array) -> Any:
    """½ (x − m)ᵀ S⁻¹ (x − m): (n,), (n,), (n, n) → ()."""
    return (x - m) @ np.linalg.solve(S, x - m) / 2


def multivariate_normal_information(m: Array, x: Array, S: Array) -> Any:
    """S⁻¹: (n, n)."""
    return np.linalg.inv(S)


LIBRARY.formula(
    "multivariate-normal-information",
    "Information on the mean of a multivariate Gaussian",
    formula=r"f = \frac12 (x - m)^T S^{-1} (x - m)",
    forward=multivariate_normal_loss,
    inputs={"m": Reals(3), "x": Reals(3), "S": PositiveDefinite(3)},
    hessian=multivariate_normal_information,
    printed={"m": r"\frac{\partial^2 f}{\partial m \partial m^T} = S^{-1}"},
    source=f"{BISHOP}, section 2.3",
    also=("precision matrix", "Fisher information", "Laplace approximation"),
    notes="Observed and expected information are the same here.",
)


def bernoulli_fisher(z: Array) -> Any:
    """Σ over x = 0, 1 of the probability times the square of the score x − p, p = σ(z): () → ()."""
    p = sigmoid(z)
    return (1 - p) * (0 - p) ** 2 + p * (1 - p) ** 2


def bernoulli_fisher_formula(z: Array) -> Any:
    """p (1 − p)."""
    return sigmoid(z) * (1 - sigmoid(z))


LIBRARY.formula(
    "bernoulli-fisher",
    "Fisher information of a Bernoulli distribution, by the logit",
    formula=r"F = E[(x - p)^2], \quad p = \sigma(z)",
    forward=bernoulli_fisher,
    inputs={"z": Reals()},
    equality=bernoulli_fisher_formula,
    printed=r"F = \frac{1}{1 + e^{-z}} \left(1 - \frac{1}{1 + e^{-z}}\right)",
    source=AMARI,
    also=("natural gradient", "logistic regression", "variance of a Bernoulli variable"),
)


def bernoulli_fisher_by_probability(p: Array) -> Any:
    """Σ over x = 0, 1 of the probability times the square of the score (x − p)/p(1 − p)."""
    return (1 - p) / (1 - p) ** 2 + p / p**2


def bernoulli_fisher_by_probability_formula(p: Array) -> Any:
    """1/p(1 − p)."""
    return 1 / (p * (1 - p))


LIBRARY.formula(
    "bernoulli-fisher-by-probability",
    "Fisher information of a Bernoulli distribution, by the probability",
    formula=r"F = E\left[\left(\frac{x - p}{p (1 - p)}\right)^2\right]",
    forward=bernoulli_fisher_by_probability,
    inputs={"p": Reals(low=0, high=1)},
    equality=bernoulli_fisher_by_probability_formula,
    printed=r"F = \frac{1}{p (1 - p)}",
    source="E. Lehmann and G. Casella, Theory of Point Estimation, Springer 1998, section 2.5",
    also=("Jeffreys prior", "Cramér-Rao bound"),
)


def categorical_fisher(z: Array) -> Any:
    """Σₖ pₖ (eₖ − p)(eₖ − p)ᵀ, p = softmax(z): (n,) → (n, n)."""
    p = softmax(z)
    scores = np.eye(len(z)) - p[None, :]
    return (scores.T * p) @ scores


def categorical_fisher_formula(z: Array) -> Any:
    """diag p − p pᵀ."""
    return softmax_covariance(softmax(z))


LIBRARY.formula(
    "categorical-fisher",
    "Fisher information of a categorical distribution, by the logits",
    formula=r"F = \sum_k p_k (e_k - p) (e_k - p)^T, \quad p = \operatorname{softmax}(z)",
    forward=categorical_fisher,
    inputs={"z": Reals(4)},
    equality=categorical_fisher_formula,
    printed=r"F_{ij} = p_i (\delta_{ij} - p_j)",
    notation={"p_i": r"\frac{e^{z_i}}{\sum_j e^{z_j}}"},
    source=AMARI,
    also=("natural gradient", "policy", "Gauss-Newton"),
    notes="The same as the Hessian of cross-entropy after softmax: that does not depend on the target.",
)


def residuals(w: Array, A: Array, b: Array) -> Any:
    """tanh(A w) − b: (n,), (m, n), (m,) → (m,)."""
    return np.tanh(A @ w) - b


def nonlinear_least_squares(w: Array, A: Array, b: Array) -> Any:
    """½ ‖tanh(A w) − b‖²."""
    return np.sum(residuals(w, A, b) ** 2) / 2


def nonlinear_least_squares_hessian(w: Array, A: Array, b: Array) -> Any:
    """JᵀJ + Σ rₖ ∇²rₖ: here J = diag(1 − h²) A and ∇²rₖ = −2 hₖ (1 − hₖ²) aₖ aₖᵀ, h = tanh(A w)."""
    h = np.tanh(A @ w)
    J = (1 - h**2)[:, None] * A
    return J.T @ J + (A.T * ((h - b) * -2 * h * (1 - h**2))) @ A


LIBRARY.formula(
    "nonlinear-least-squares-hessian",
    "Hessian of nonlinear least squares: Gauss-Newton and the rest",
    formula=r"f = \frac12 \|\tanh(A w) - b\|^2",
    forward=nonlinear_least_squares,
    inputs={"w": Reals(2, reach=5), "A": Reals(3, 2, reach=5), "b": Reals(3)},
    hessian=nonlinear_least_squares_hessian,
    printed={
        "w": (
            r"\frac{\partial^2 f}{\partial w_i \partial w_j} = \sum_k (1 - h_k^2)^2 A_{ki} A_{kj}"
            r" - 2 \sum_k (h_k - b_k) h_k (1 - h_k^2) A_{ki} A_{kj}"
        )
    },
    notation={"h_k": r"\tanh\left(\sum_l A_{kl} w_l\right)"},
    source=f"{NOCEDAL}, section 10.1",
    also=("Gauss-Newton", "Levenberg-Marquardt"),
    notes="JᵀJ is the Gauss-Newton matrix; the rest vanishes with the residuals, and may be indefinite.",
)


def linearised_least_squares(d: Array, w: Array, A: Array, b: Array) -> Any:
    """½ ‖r + J d‖², r = tanh(A w) − b, J its Jacobian: the model of a Gauss-Newton step d."""
    h = np.tanh(A @ w)
    return np.sum((h - b + (1 - h**2) * (A @ d)) ** 2) / 2


def gauss_newton(d: Array, w: Array, A: Array, b: Array) -> Any:
    """JᵀJ, J = diag(1 − h²) A, h = tanh(A w): (n, n)."""
    J = (1 - np.tanh(A @ w) ** 2)[:, None] * A
    return J.T @ J


LIBRARY.formula(
    "gauss-newton",
    "Gauss-Newton matrix of least squares: the Hessian of the linearised model",
    formula=r"f = \frac12 \|r + J d\|^2, \quad r = \tanh(A w) - b, \quad J = \frac{\partial r}{\partial w}",
    forward=linearised_least_squares,
    inputs={"d": Reals(2, reach=5), "w": Reals(2, reach=5), "A": Reals(3, 2, reach=5), "b": Reals(3)},
    hessian=gauss_newton,
    printed={"d": r"\frac{\partial^2 f}{\partial d_i \partial d_j} = \sum_k J_{ki} J_{kj}"},
    notation={"J_{kl}": r"\left(1 - \tanh\left(\sum_i A_{ki} w_i\right)^2\right) A_{kl}"},
    source=f"{NOCEDAL}, section 10.3",
    also=("Levenberg-Marquardt", "scipy.optimize.least_squares", "curvature matrix"),
    notes="Positive semidefinite, whatever the residuals.",
)


def linearised_cross_entropy(d: Array, w: Array, A: Array, t: Array) -> Any:
    """Cross-entropy of the logits tanh(A w) + G d, G = ∂ tanh(A w)/∂w, with targets t that sum to 1."""
    h = np.tanh(A @ w)
    return cross_entropy(h + (1 - h**2) * (A @ d), t)


def generalised_gauss_newton(d: Array, w: Array, A: Array, t: Array) -> Any:
    """Gᵀ (diag p − p pᵀ) G, p the softmax of the linearised logits: (n, n)."""
    h = np.tanh(A @ w)
    G = (1 - h**2)[:, None] * A
    return G.T @ softmax_covariance(softmax(h + G @ d)) @ G


LIBRARY.formula(
    "gauss-newton-cross-entropy",
    "Generalised Gauss-Newton matrix of cross-entropy after softmax",
    formula=r"f = \log \sum_k e^{z_k} - t^T z, \quad z = \tanh(A w) + G d, \quad G = \frac{\partial \tanh(A w)}{\partial w}",
    forward=linearised_cross_entropy,
    inputs={"d": Reals(2, reach=5), "w": Reals(2, reach=5), "A": Reals(3, 2, reach=5), "t": Simplex(3)},
    hessian=generalised_gauss_newton,
    printed={
        "d": r"\frac{\partial^2 f}{\partial d \partial d^T} = G^T \left(\operatorname{diag}(p) - p p^T\right) G",
    },
    notation={
        "G_{kl}": r"\left(1 - \tanh\left(\sum_i A_{ki} w_i\right)^2\right) A_{kl}",
        "p": r"\operatorname{softmax}(\tanh(A w) + G d)",
    },
    source=SCHRAUDOLPH,
    also=("K-FAC", "Hessian-free optimisation", "Fisher information of a network"),
    notes="At d = 0 it is the Gauss-Newton matrix of the network, and its Fisher information.",
)


def bfgs_times_difference(H: Array, s: Array, y: Array) -> Any:
    """H₊ y for H₊ = (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, ρ = 1/yᵀs: (n, n), (n,), (n,) → (n,)."""
    rho = 1 / (y @ s)
    left = np.eye(len(s)) - rho * np.outer(s, y)
    return (left @ H @ left.T + rho * np.outer(s, s)) @ y


def step_taken(H: Array, s: Array, y: Array) -> Any:
    """s."""
    return s + 0 * y


LIBRARY.formula(
    "bfgs-secant",
    "BFGS update of an inverse Hessian: it maps the change of the gradient to the step",
    formula=(
        r"H_+ y = s, \quad H_+ = \left(I - \frac{s y^T}{y^T s}\right) H \left(I - \frac{y s^T}{y^T s}\right)"
        r" + \frac{s s^T}{y^T s}"
    ),
    forward=bfgs_times_difference,
    inputs={"H": PositiveDefinite(3), "s": Reals(3), "y": Reals(3)},
    equality=step_taken,
    printed=(
        r"\left(\left(I - \frac{s y^T}{y^T s}\right) H \left(I - \frac{y s^T}{y^T s}\right) + \frac{s s^T}{y^T s}\right) y = s"
    ),
    source=f"{NOCEDAL}, section 6.1",
    assumptions=(
        Assumption("yᵀ s ≠ 0", stated=True, where=lambda **values: abs(float(values["y"] @ values["s"])) > 1e-3),
    ),
    also=("quasi-Newton", "scipy.optimize.minimize(method='BFGS')", "L-BFGS", "secant equation"),
    notes="H₊ is positive definite as well where yᵀ s > 0.",
)
