"""Matrix calculus: traces, determinants, inverses, solutions, forms, norms and products, with general and structured arguments.

Capitals are matrices, small letters vectors or numbers. The derivative of a number by a matrix has the shape of the matrix
(denominator layout). Where the result is an array, its derivative is given as a backward: dy, printed ȳ, is ∂L/∂y for
whatever scalar loss L comes after. A backward takes every input of its forward.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Reals, Symmetric
from gradcheck.library.formulas import Library, Stable
from gradcheck.library.spaces import FullRank, Invertible, PositiveDefinite

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("matrices", "matrices.py", "Matrix calculus", notation={r"\bar y": "dy"})

COOKBOOK = "K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, version of November 15, 2012"
KAO = "T.-C. Kao and G. Hennequin, Automatic differentiation of Sylvester, Lyapunov, and algebraic Riccati equations, 2020"
MAGNUS = (
    "J. Magnus and H. Neudecker, Matrix Differential Calculus with Applications in Statistics and Econometrics, Wiley"
)
GILES = (
    "M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation, "
    "Advances in Automatic Differentiation, 2008"
)


def trace_of_product(A: Array, X: Array) -> Any:
    """tr(A X), (p, q), (q, p) → ()."""
    return np.trace(A @ X)


def trace_of_product_gradient(A: Array, X: Array) -> tuple[Array, Array]:
    """Xᵀ and Aᵀ: (p, q), (q, p)."""
    return X.T, A.T


LIBRARY.formula(
    "trace-of-product",
    "Trace of a product, tr(AX)",
    formula=r"f = \operatorname{tr}(A X)",
    forward=trace_of_product,
    inputs={"A": Reals(2, 3), "X": Reals(3, 2)},
    gradient=trace_of_product_gradient,
    printed={"A": r"\frac{\partial f}{\partial A} = X^T", "X": r"\frac{\partial f}{\partial X} = A^T"},
    source=f"{COOKBOOK}, section 2.5.1",
    also=("np.trace", "linear form of a matrix"),
)


def trace_of_sandwich(A: Array, X: Array, B: Array) -> Any:
    """tr(A X B), (p, q), (q, r), (r, p) → ()."""
    return np.trace(A @ X @ B)


def trace_of_sandwich_gradient(A: Array, X: Array, B: Array) -> Any:
    """Aᵀ Bᵀ: (q, r)."""
    return A.T @ B.T


LIBRARY.formula(
    "trace-of-sandwich",
    "Trace of a product of three, tr(AXB)",
    formula=r"f = \operatorname{tr}(A X B)",
    forward=trace_of_sandwich,
    inputs={"A": Reals(2, 3), "X": Reals(3, 4), "B": Reals(4, 2)},
    gradient=trace_of_sandwich_gradient,
    printed={"X": r"\frac{\partial f}{\partial X} = A^T B^T"},
    source=f"{COOKBOOK}, section 2.5.1",
)


def trace_of_quadratic(A: Array, X: Array) -> Any:
    """tr(Xᵀ A X), (n, n), (n, p) → ()."""
    return np.trace(X.T @ A @ X)


def trace_of_quadratic_gradient(A: Array, X: Array) -> tuple[Array, Array]:
    """X Xᵀ and (A + Aᵀ) X: (n, n), (n, p)."""
    return X @ X.T, (A + A.T) @ X


LIBRARY.formula(
    "trace-of-quadratic",
    "Trace of a quadratic form, tr(XᵀAX)",
    formula=r"f = \operatorname{tr}(X^T A X)",
    forward=trace_of_quadratic,
    inputs={"A": Reals(3, 3), "X": Reals(3, 2)},
    gradient=trace_of_quadratic_gradient,
    printed={
        "A": r"\frac{\partial f}{\partial A} = X X^T",
        "X": r"\frac{\partial f}{\partial X} = (A + A^T) X",
    },
    source=f"{COOKBOOK}, section 2.5.2",
    notes="Only where A is symmetric is the derivative by X 2AX.",
)


def trace_of_two_sandwiched(A: Array, X: Array, B: Array) -> Any:
    """tr(A X B X), (p, q), (q, p), (p, q) → ()."""
    return np.trace(A @ X @ B @ X)


def trace_of_two_sandwiched_gradient(A: Array, X: Array, B: Array) -> Any:
    """Aᵀ Xᵀ Bᵀ + Bᵀ Xᵀ Aᵀ: (q, p)."""
    return A.T @ X.T @ B.T + B.T @ X.T @ A.T


LIBRARY.formula(
    "trace-of-two-sandwiched",
    "Trace of a product with X twice, tr(AXBX)",
    formula=r"f = \operatorname{tr}(A X B X)",
    forward=trace_of_two_sandwiched,
    inputs={"A": Reals(2, 3), "X": Reals(3, 2), "B": Reals(2, 3)},
    gradient=trace_of_two_sandwiched_gradient,
    printed={"X": r"\frac{\partial f}{\partial X} = A^T X^T B^T + B^T X^T A^T"},
    source=f"{COOKBOOK}, section 2.5.2",
)


def trace_of_cube(X: Array) -> Any:
    """tr(X³), (n, n) → ()."""
    return np.trace(np.linalg.matrix_power(X, 3))


def trace_of_cube_gradient(X: Array) -> Any:
    """3 (X²)ᵀ; of tr(Xᵏ) it is k (Xᵏ⁻¹)ᵀ: (n, n)."""
    return 3 * np.linalg.matrix_power(X, 2).T


LIBRARY.formula(
    "trace-of-power",
    "Trace of a power, tr(Xᵏ), at k = 3",
    formula=r"f = \operatorname{tr}(X X X)",
    forward=trace_of_cube,
    inputs={"X": Reals(3, 3)},
    gradient=trace_of_cube_gradient,
    printed=r"\frac{\partial f}{\partial X} = 3 (X X)^T",
    source=f"{COOKBOOK}, section 2.5.3",
    notes="The same for every whole k, negative ones as well where X is invertible: k (Xᵏ⁻¹)ᵀ.",
)


def trace_of_inverse(X: Array) -> Any:
    """tr(X⁻¹), (n, n) → ()."""
    return np.trace(np.linalg.inv(X))


def trace_of_inverse_gradient(X: Array) -> Any:
    """−(X⁻¹ X⁻¹)ᵀ: (n, n)."""
    inverse = np.linalg.inv(X)
    return -(inverse @ inverse).T


LIBRARY.formula(
    "trace-of-inverse",
    "Trace of the inverse",
    formula=r"f = \operatorname{tr}(X^{-1})",
    forward=trace_of_inverse,
    inputs={"X": Invertible(3)},
    gradient=trace_of_inverse_gradient,
    printed=r"\frac{\partial f}{\partial X} = -(X^{-1} X^{-1})^T",
    source=f"{COOKBOOK}, section 2.5.4",
    also=("A-optimality",),
)


def trace_around_inverse(A: Array, X: Array, B: Array) -> Any:
    """tr(A X⁻¹ B), (p, n), (n, n), (n, p) → ()."""
    return np.trace(A @ np.linalg.inv(X) @ B)


def trace_around_inverse_gradient(A: Array, X: Array, B: Array) -> Any:
    """−(X⁻¹ B A X⁻¹)ᵀ: (n, n)."""
    inverse = np.linalg.inv(X)
    return -(inverse @ B @ A @ inverse).T


LIBRARY.formula(
    "trace-around-inverse",
    "Trace of a product with an inverse, tr(AX⁻¹B)",
    formula=r"f = \operatorname{tr}(A X^{-1} B)",
    forward=trace_around_inverse,
    inputs={"A": Reals(2, 3), "X": Invertible(3), "B": Reals(3, 2)},
    gradient=trace_around_inverse_gradient,
    printed={"X": r"\frac{\partial f}{\partial X} = -(X^{-1} B A X^{-1})^T"},
    source=f"{COOKBOOK}, section 2.2",
)


def frobenius_product(A: Array, B: Array) -> Any:
    """⟨A, B⟩ = Σᵢⱼ Aᵢⱼ Bᵢⱼ = tr(AᵀB), (m, n), (m, n) → ()."""
    return np.sum(A * B)


def frobenius_product_gradient(A: Array, B: Array) -> tuple[Array, Array]:
    """B and A."""
    return B, A


LIBRARY.formula(
    "frobenius-product",
    "Inner product of matrices (Frobenius)",
    formula=r"f = \operatorname{tr}(A^T B)",
    forward=frobenius_product,
    inputs={"A": Reals(3, 2), "B": Reals(3, 2)},
    gradient=frobenius_product_gradient,
    printed={"A": r"\frac{\partial f}{\partial A} = B", "B": r"\frac{\partial f}{\partial B} = A"},
    source=f"{COOKBOOK}, section 2.5.1",
    also=("np.vdot", "np.sum(A * B)"),
)


def determinant(X: Array) -> Any:
    """det X, (n, n) → ()."""
    return np.linalg.det(X)


def determinant_gradient(X: Array) -> Any:
    """det(X) X⁻ᵀ, the matrix of cofactors: (n, n)."""
    return np.linalg.det(X) * np.linalg.inv(X).T


LIBRARY.formula(
    "determinant",
    "Determinant",
    formula=r"f = \det X",
    forward=determinant,
    inputs={"X": Invertible(3)},
    gradient=determinant_gradient,
    printed=r"\frac{\partial f}{\partial X} = \det(X) X^{-T}",
    source=f"{COOKBOOK}, section 2.1",
    also=("np.linalg.det", "jax.numpy.linalg.det", "torch.linalg.det", "Jacobi's formula"),
    notes="At a singular X the derivative exists as well: it is the matrix of cofactors. See the one of 3 × 3.",
)


def determinant_of_three(X: Array) -> Any:
    """x₀ · (x₁ × x₂) of the rows of X, (3, 3) → ()."""
    return np.sum(X[0] * np.cross(X[1], X[2]))


def determinant_of_three_gradient(X: Array) -> Any:
    """The cofactors, a row each: x₁ × x₂, x₂ × x₀, x₀ × x₁."""
    return np.stack([np.cross(X[1], X[2]), np.cross(X[2], X[0]), np.cross(X[0], X[1])])


LIBRARY.formula(
    "determinant-by-cofactors",
    "Determinant of a 3 × 3 matrix, singular ones too (triple product)",
    formula=r"f = \det X",
    forward=determinant_of_three,
    inputs={"X": Reals(3, 3)},
    gradient=determinant_of_three_gradient,
    printed=(
        r"\frac{\partial f}{\partial X} = \begin{pmatrix}"
        r"X_{2,2} X_{3,3} - X_{2,3} X_{3,2} & X_{2,3} X_{3,1} - X_{2,1} X_{3,3} & X_{2,1} X_{3,2} - X_{2,2} X_{3,1} \\"
        r"X_{1,3} X_{3,2} - X_{1,2} X_{3,3} & X_{1,1} X_{3,3} - X_{1,3} X_{3,1} & X_{1,2} X_{3,1} - X_{1,1} X_{3,2} \\"
        r"X_{1,2} X_{2,3} - X_{1,3} X_{2,2} & X_{1,3} X_{2,1} - X_{1,1} X_{2,3} & X_{1,1} X_{2,2} - X_{1,2} X_{2,1}"
        r"\end{pmatrix}"
    ),
    source=f"{COOKBOOK}, section 2.1",
    also=("cofactor", "adjugate", "triple product"),
    notes="Nothing is divided by the determinant, so that it serves where X is singular as well.",
)


def determinant_of_sandwich(A: Array, X: Array, B: Array) -> Any:
    """det(A X B), (n, n) each → ()."""
    return np.linalg.det(A @ X @ B)


def determinant_of_sandwich_gradient(A: Array, X: Array, B: Array) -> Any:
    """det(A X B) X⁻ᵀ: (n, n)."""
    return np.linalg.det(A @ X @ B) * np.linalg.inv(X).T


LIBRARY.formula(
    "determinant-of-sandwich",
    "Determinant of a product, det(AXB)",
    formula=r"f = \det(A X B)",
    forward=determinant_of_sandwich,
    inputs={"A": Reals(2, 2), "X": Invertible(2), "B": Reals(2, 2)},
    gradient=determinant_of_sandwich_gradient,
    printed={"X": r"\frac{\partial f}{\partial X} = \det(A X B) X^{-T}"},
    source=f"{COOKBOOK}, section 2.1.2",
)


def determinant_of_gram(X: Array) -> Any:
    """det(Xᵀ X), (m, n) → ()."""
    return np.linalg.det(X.T @ X)


def determinant_of_gram_gradient(X: Array) -> Any:
    """2 det(XᵀX) X (XᵀX)⁻¹: (m, n)."""
    return 2 * np.linalg.det(X.T @ X) * X @ np.linalg.inv(X.T @ X)


LIBRARY.formula(
    "determinant-of-gram",
    "Determinant of a Gram matrix, det(XᵀX)",
    formula=r"f = \det(X^T X)",
    forward=determinant_of_gram,
    inputs={"X": FullRank(3, 2)},
    gradient=determinant_of_gram_gradient,
    printed=r"\frac{\partial f}{\partial X} = 2 \det(X^T X) X (X^T X)^{-1}",
    source=f"{COOKBOOK}, section 2.1.3",
    also=("squared volume",),
)


def log_determinant(X: Array) -> Any:
    """log |det X|, (n, n) → ()."""
    return np.log(np.abs(np.linalg.det(X)))


def log_determinant_gradient(X: Array) -> Any:
    """X⁻ᵀ: (n, n)."""
    return np.linalg.inv(X).T


def stable_log_determinant(X: Array) -> Any:
    """Σ log |Uᵢᵢ| of P X = L U: the determinant itself is not formed."""
    return np.linalg.slogdet(X)[1]


LIBRARY.formula(
    "log-determinant",
    "Log-determinant",
    formula=r"f = \log |\det X|",
    forward=log_determinant,
    inputs={"X": Invertible(3)},
    gradient=log_determinant_gradient,
    printed=r"\frac{\partial f}{\partial X} = X^{-T}",
    source=f"{COOKBOOK}, section 2.1.4",
    stable=Stable(
        "The determinant of a large matrix overflows or vanishes where its logarithm is a moderate number.",
        forward=stable_log_determinant,
    ),
    also=("np.linalg.slogdet", "jax.numpy.linalg.slogdet", "torch.linalg.slogdet", "torch.logdet", "logdet"),
)


def log_determinant_of_positive(X: Array) -> Any:
    """log det X, (n, n) symmetric and positive definite → ()."""
    return np.log(np.linalg.det(X))


def log_determinant_of_positive_gradient(X: Array) -> Any:
    """X⁻¹, in all entries as if none were tied: (n, n)."""
    return np.linalg.inv(X)


def stable_log_determinant_of_positive(X: Array) -> Any:
    """2 Σ log Lᵢᵢ, X = L Lᵀ."""
    return 2 * np.sum(np.log(np.diagonal(np.linalg.cholesky(X))))


LIBRARY.formula(
    "log-determinant-positive-definite",
    "Log-determinant of a symmetric positive definite matrix",
    formula=r"f = \log \det X",
    forward=log_determinant_of_positive,
    inputs={"X": PositiveDefinite(3)},
    gradient=log_determinant_of_positive_gradient,
    printed=r"\frac{\partial f}{\partial X} = X^{-1}",
    source="S. Boyd and L. Vandenberghe, Convex Optimization, Cambridge University Press 2004, appendix A.4.1",
    stable=Stable(
        "The determinant overflows or vanishes; half of the work of a factorisation with row exchanges is saved as well.",
        forward=stable_log_determinant_of_positive,
    ),
    also=("logdet", "log_det", "D-optimality", "log barrier"),
    notes="X⁻ᵀ is X⁻¹ here. Where an entry and its mirror image are one variable, see log-determinant-symmetric.",
)


def mirrored(X: Array) -> Any:
    """The symmetric matrix whose lower triangle is that of X; what stands above the diagonal is not read."""
    return np.tril(X) + np.tril(X, -1).T


def log_determinant_of_symmetric(X: Array) -> Any:
    """log det of the symmetric matrix with the lower triangle of X, (n, n) → ()."""
    return np.log(np.linalg.det(mirrored(X)))


def log_determinant_of_symmetric_gradient(X: Array) -> Any:
    """The lower triangle of 2 X⁻¹ − diag(X⁻¹): each entry below the diagonal stands at two places."""
    inverse = np.linalg.inv(mirrored(X))
    return np.tril(2 * inverse - np.diag(np.diagonal(inverse)))


LIBRARY.formula(
    "log-determinant-symmetric",
    "Log-determinant by the independent entries of a symmetric matrix",
    formula=r"f = \log \det X, \quad X_{ij} = X_{ji}",
    forward=log_determinant_of_symmetric,
    inputs={"X": PositiveDefinite(3)},
    gradient=log_determinant_of_symmetric_gradient,
    printed=(
        r"\frac{\partial f}{\partial X_{ij}} = \begin{cases} 2 (X^{-1})_{ij} & i > j \\ (X^{-1})_{ij} & i = j \\"
        r" 0 & i < j \end{cases}"
    ),
    source=f"{COOKBOOK}, section 2.8.2",
    also=("structured derivative", "symmetric derivative", "2X^{-1} - X^{-1} o I"),
    notes=(
        "The variables are the lower triangle, as np.linalg.eigh and np.linalg.cholesky read it, so that the upper one has"
        " derivative 0. Written in both triangles it is 2X⁻¹ − X⁻¹ ∘ I, which is no gradient to make a step with: in the"
        " inner product of matrices the gradient is X⁻¹."
    ),
)


def log_determinant_of_gram(A: Array) -> Any:
    """log det(A Aᵀ), (m, n), m ≤ n → ()."""
    return np.log(np.linalg.det(A @ A.T))


def log_determinant_of_gram_gradient(A: Array) -> Any:
    """2 (A Aᵀ)⁻¹ A, twice the transposed pseudo-inverse: (m, n)."""
    return 2 * np.linalg.solve(A @ A.T, A)


LIBRARY.formula(
    "log-determinant-of-gram",
    "Log-determinant of a Gram matrix, log det(AAᵀ)",
    formula=r"f = \log \det(A A^T)",
    forward=log_determinant_of_gram,
    inputs={"A": FullRank(2, 3)},
    gradient=log_determinant_of_gram_gradient,
    printed=r"\frac{\partial f}{\partial A} = 2 (A A^T)^{-1} A",
    source=f"{COOKBOOK}, section 2.1.4",
    also=("independent component analysis", "volume"),
)


def inverse(X: Array) -> Any:
    """X⁻¹, (n, n) → (n, n)."""
    return np.linalg.inv(X)


def inverse_backward(dy: Array, X: Array) -> Any:
    """−X⁻ᵀ ȳ X⁻ᵀ: dX⁻¹ = −X⁻¹ dX X⁻¹."""
    transposed = np.linalg.inv(X).T
    return -transposed @ dy @ transposed


LIBRARY.formula(
    "inverse",
    "Inverse of a matrix",
    formula=r"y = X^{-1}",
    forward=inverse,
    inputs={"X": Invertible(3)},
    backward=inverse_backward,
    printed={"X": r"\frac{\partial L}{\partial X} = -X^{-T} \bar y X^{-T}"},
    source=f"{GILES}, section 2",
    also=("np.linalg.inv", "jax.numpy.linalg.inv", "torch.linalg.inv"),
)


def solution(A: Array, b: Array) -> Any:
    """x with A x = b, (n, n), (n,) → (n,)."""
    return np.linalg.solve(A, b)


def solution_backward(dy: Array, A: Array, b: Array) -> tuple[Array, Array]:
    """−λ xᵀ and λ, where Aᵀ λ = ȳ: one more solve, with the transposed matrix."""
    multiplier = np.linalg.solve(A.T, dy)
    return -np.outer(multiplier, np.linalg.solve(A, b)), multiplier


LIBRARY.formula(
    "solve",
    "Solution of a linear system, by the matrix and by the right-hand side",
    formula=r"x = A^{-1} b",
    forward=solution,
    inputs={"A": Invertible(3), "b": Reals(3)},
    backward=solution_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = -A^{-T} \bar y (A^{-1} b)^T",
        "b": r"\frac{\partial L}{\partial b} = A^{-T} \bar y",
    },
    source=f"{GILES}, section 2",
    also=("np.linalg.solve", "jax.numpy.linalg.solve", "torch.linalg.solve", "adjoint method", "implicit layer"),
)


def solutions(A: Array, B: Array) -> Any:
    """X with A X = B, (n, n), (n, p) → (n, p)."""
    return np.linalg.solve(A, B)


def solutions_backward(dy: Array, A: Array, B: Array) -> tuple[Array, Array]:
    """−Λ Xᵀ and Λ, where Aᵀ Λ = ȳ."""
    multiplier = np.linalg.solve(A.T, dy)
    return -multiplier @ np.linalg.solve(A, B).T, multiplier


LIBRARY.formula(
    "solve-several",
    "Solution of a linear system with several right-hand sides",
    formula=r"X = A^{-1} B",
    forward=solutions,
    inputs={"A": Invertible(3), "B": Reals(3, 2)},
    backward=solutions_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = -A^{-T} \bar y (A^{-1} B)^T",
        "B": r"\frac{\partial L}{\partial B} = A^{-T} \bar y",
    },
    source=f"{GILES}, section 2",
    also=("np.linalg.solve", "torch.linalg.solve"),
)


def form_of_inverse(a: Array, X: Array, b: Array) -> Any:
    """aᵀ X⁻¹ b, (n,), (n, n), (n,) → ()."""
    return a @ np.linalg.solve(X, b)


def form_of_inverse_gradient(a: Array, X: Array, b: Array) -> tuple[Array, Array, Array]:
    """X⁻¹ b, −X⁻ᵀ a bᵀ X⁻ᵀ and X⁻ᵀ a: (n,), (n, n), (n,)."""
    left, right = np.linalg.solve(X.T, a), np.linalg.solve(X, b)
    return right, -np.outer(left, right), left


LIBRARY.formula(
    "bilinear-form-of-inverse",
    "Bilinear form of an inverse, aᵀX⁻¹b",
    formula=r"f = a^T X^{-1} b",
    forward=form_of_inverse,
    inputs={"a": Reals(3), "X": Invertible(3), "b": Reals(3)},
    gradient=form_of_inverse_gradient,
    printed={
        "a": r"\frac{\partial f}{\partial a} = X^{-1} b",
        "X": r"\frac{\partial f}{\partial X} = -X^{-T} a b^T X^{-T}",
        "b": r"\frac{\partial f}{\partial b} = X^{-T} a",
    },
    source=f"{COOKBOOK}, section 2.2",
)


def bilinear_form(a: Array, X: Array, b: Array) -> Any:
    """aᵀ X b, (m,), (m, n), (n,) → ()."""
    return a @ X @ b


def bilinear_form_gradient(a: Array, X: Array, b: Array) -> tuple[Array, Array, Array]:
    """X b, a bᵀ and Xᵀ a: (m,), (m, n), (n,)."""
    return X @ b, np.outer(a, b), X.T @ a


LIBRARY.formula(
    "bilinear-form",
    "Bilinear form, aᵀXb",
    formula=r"f = a^T X b",
    forward=bilinear_form,
    inputs={"a": Reals(3), "X": Reals(3, 2), "b": Reals(2)},
    gradient=bilinear_form_gradient,
    printed={
        "a": r"\frac{\partial f}{\partial a} = X b",
        "X": r"\frac{\partial f}{\partial X} = a b^T",
        "b": r"\frac{\partial f}{\partial b} = X^T a",
    },
    source=f"{COOKBOOK}, section 2.4.1",
    also=("torch.nn.Bilinear",),
)


def quadratic_form(x: Array, A: Array) -> Any:
    """xᵀ A x, (n,), (n, n) → ()."""
    return x @ A @ x


def quadratic_form_gradient(x: Array, A: Array) -> tuple[Array, Array]:
    """(A + Aᵀ) x and x xᵀ: (n,), (n, n)."""
    return (A + A.T) @ x, np.outer(x, x)


LIBRARY.formula(
    "quadratic-form",
    "Quadratic form, xᵀAx",
    formula=r"f = x^T A x",
    forward=quadratic_form,
    inputs={"x": Reals(3), "A": Reals(3, 3)},
    gradient=quadratic_form_gradient,
    printed={
        "x": r"\frac{\partial f}{\partial x} = (A + A^T) x",
        "A": r"\frac{\partial f}{\partial A} = x x^T",
    },
    source=f"{COOKBOOK}, section 2.4.2, equation 81",
)


def quadratic_form_of_symmetric_gradient(x: Array, A: Array) -> Any:
    """2 A x: (n,)."""
    return 2 * A @ x


LIBRARY.formula(
    "quadratic-form-symmetric",
    "Quadratic form of a symmetric matrix",
    formula=r"f = x^T A x, \quad A = A^T",
    forward=quadratic_form,
    inputs={"x": Reals(3), "A": Symmetric(Reals(3, 3))},
    gradient=quadratic_form_of_symmetric_gradient,
    printed={"x": r"\frac{\partial f}{\partial x} = 2 A x"},
    source=f"{COOKBOOK}, section 2.4.2",
    notes="Not for a general A: see quadratic-form.",
)


def norm(x: Array) -> Any:
    """‖x‖ = √Σ xᵢ², (n,) → ()."""
    return np.sqrt(np.sum(x**2))


def norm_gradient(x: Array) -> Any:
    """x / ‖x‖: (n,)."""
    return x / np.sqrt(np.sum(x**2))


def stable_norm(x: Array) -> Any:
    """m √Σ (xᵢ/m)² with m = max |xᵢ|."""
    largest = np.max(np.abs(x))
    scale = np.where(largest > 0, largest, 1.0)
    return scale * np.sqrt(np.sum((x / scale) ** 2))


NOT_ZERO = Assumption("x ≠ 0", stated=True, where=lambda **values: bool(np.any(values["x"])))

LIBRARY.formula(
    "norm",
    "Euclidean norm (2-norm)",
    formula=r"f = \|x\| = \sqrt{\sum_i x_i^2}",
    forward=norm,
    inputs={"x": Reals(3)},
    gradient=norm_gradient,
    printed=r"\frac{\partial f}{\partial x} = \frac{x}{\|x\|}",
    source=f"{COOKBOOK}, section 2.6.1",
    stable=Stable(
        "xᵢ² overflows for |xᵢ| above 1.3e154 and vanishes for |xᵢ| below 1.5e-162.",
        forward=stable_norm,
    ),
    assumptions=(NOT_ZERO,),
    also=("np.linalg.norm", "jax.numpy.linalg.norm", "torch.linalg.vector_norm", "L2 norm"),
    notes=(
        "Not differentiable at 0, where every vector of length up to 1 is a subgradient: the code divides 0 by 0, as JAX does;"
        " torch returns 0."
    ),
)


def squared_norm(x: Array) -> Any:
    """Σ xᵢ², (n,) → ()."""
    return np.sum(x**2)


def squared_norm_gradient(x: Array) -> Any:
    """2 x: (n,)."""
    return 2 * x


LIBRARY.formula(
    "squared-norm",
    "Squared Euclidean norm",
    formula=r"f = \|x\|^2",
    forward=squared_norm,
    inputs={"x": Reals(3)},
    gradient=squared_norm_gradient,
    printed=r"\frac{\partial f}{\partial x} = 2 x",
    source=f"{COOKBOOK}, section 2.6.1",
)


def frobenius_norm(X: Array) -> Any:
    """√Σ Xᵢⱼ², (m, n) → ()."""
    return np.sqrt(np.sum(X**2))


def frobenius_norm_gradient(X: Array) -> Any:
    """X / ‖X‖: (m, n)."""
    return X / np.sqrt(np.sum(X**2))


LIBRARY.formula(
    "frobenius-norm",
    "Frobenius norm",
    formula=r"f = \|X\|_F = \sqrt{\operatorname{tr}(X^T X)}",
    forward=frobenius_norm,
    inputs={"X": Reals(3, 2)},
    gradient=frobenius_norm_gradient,
    printed=r"\frac{\partial f}{\partial X} = \frac{X}{\sqrt{\operatorname{tr}(X^T X)}}",
    source=f"{COOKBOOK}, section 2.7.1",
    assumptions=(Assumption("X ≠ 0", stated=True, where=lambda **values: bool(np.any(values["X"]))),),
    also=("np.linalg.norm", "torch.linalg.matrix_norm"),
    notes="Not differentiable at 0, where the code divides 0 by 0.",
)


def squared_frobenius_norm(A: Array, X: Array, B: Array) -> Any:
    """‖A X − B‖², (m, n), (n, p), (m, p) → ()."""
    return np.sum((A @ X - B) ** 2)


def squared_frobenius_norm_gradient(A: Array, X: Array, B: Array) -> tuple[Array, Array, Array]:
    """2 R Xᵀ, 2 Aᵀ R and −2 R, where R = A X − B."""
    residual = A @ X - B
    return 2 * residual @ X.T, 2 * A.T @ residual, -2 * residual


LIBRARY.formula(
    "squared-frobenius-residual",
    "Squared Frobenius norm of a residual, ‖AX − B‖²",
    formula=r"f = \operatorname{tr}((A X - B)^T (A X - B))",
    forward=squared_frobenius_norm,
    inputs={"A": Reals(4, 3), "X": Reals(3, 2), "B": Reals(4, 2)},
    gradient=squared_frobenius_norm_gradient,
    printed={
        "A": r"\frac{\partial f}{\partial A} = 2 (A X - B) X^T",
        "X": r"\frac{\partial f}{\partial X} = 2 A^T (A X - B)",
        "B": r"\frac{\partial f}{\partial B} = -2 (A X - B)",
    },
    source=f"{COOKBOOK}, section 2.5.2",
    also=("matrix factorisation", "dictionary learning", "non-negative matrix factorisation"),
)


def p_norm(x: Array, p: Array) -> Any:
    """(Σ |xᵢ|ᵖ)^{1/p}, (n,), () → ()."""
    return np.sum(np.abs(x) ** p) ** (1 / p)


def p_norm_gradient(x: Array, p: Array) -> tuple[Array, Any]:
    """sign(x) (|x| / ‖x‖)ᵖ⁻¹ and (‖x‖ / p) (Σ wᵢ log |xᵢ| − log ‖x‖), w = (|x| / ‖x‖)ᵖ: (n,), ()."""
    size = np.sum(np.abs(x) ** p) ** (1 / p)
    weights = (np.abs(x) / size) ** p
    by_p = size / p * (np.sum(weights * np.log(np.abs(x))) - np.log(size))
    return np.sign(x) * (np.abs(x) / size) ** (p - 1), by_p


LIBRARY.formula(
    "p-norm",
    "p-norm, and its derivative by p",
    formula=r"f = \left(\sum_i |x_i|^p\right)^{1/p}",
    forward=p_norm,
    inputs={"x": Reals(3), "p": Reals(low=1)},
    gradient=p_norm_gradient,
    printed={
        "x": r"\frac{\partial f}{\partial x_i} = \operatorname{sign}(x_i) \left(\frac{|x_i|}{f}\right)^{p - 1}",
        "p": (
            r"\frac{\partial f}{\partial p} = \frac{f}{p}"
            r" \left(\frac{\sum_i |x_i|^p \log |x_i|}{\sum_i |x_i|^p} - \log f\right)"
        ),
    },
    notation={"f": r"\left(\sum_i |x_i|^p\right)^{1/p}"},
    source="G. Hardy, J. Littlewood and G. Pólya, Inequalities, Cambridge University Press 1934, chapter 2",
    assumptions=(Assumption("no entry of x is 0", stated=True, where=lambda **values: bool(np.all(values["x"]))),),
    also=("np.linalg.norm", "torch.linalg.vector_norm", "Lp norm"),
    notes="For p > 1 the derivative at an entry that is 0 is 0, unless all are; at p = 1 there is a kink.",
)


def one_norm(x: Array) -> Any:
    """Σ |xᵢ|, (n,) → ()."""
    return np.sum(np.abs(x))


def one_norm_gradient(x: Array) -> Any:
    """sign(x); 0 where an entry is 0: (n,)."""
    return np.sign(x)


LIBRARY.formula(
    "one-norm",
    "1-norm",
    formula=r"f = \sum_i |x_i|",
    forward=one_norm,
    inputs={"x": Reals(3)},
    gradient=one_norm_gradient,
    printed=r"\frac{\partial f}{\partial x_i} = \operatorname{sign}(x_i)",
    source="R. Tibshirani, Regression shrinkage and selection via the lasso, J. Royal Statistical Society B 58, 1996",
    kinks="Where an entry is 0 the slopes are −1 and 1; the code returns 0, as torch does; JAX returns 1.",
    also=("np.linalg.norm(x, 1)", "L1 norm", "lasso"),
)


def max_norm(x: Array) -> Any:
    """max |xᵢ|, (n,) → ()."""
    return np.max(np.abs(x))


def max_norm_gradient(x: Array) -> Any:
    """The sign of the largest entry at its place; where several are as large, each has its share: (n,)."""
    largest = np.where(np.abs(x) == np.max(np.abs(x)), 1.0, 0.0)
    return np.sign(x) * largest / np.sum(largest)


LIBRARY.formula(
    "max-norm",
    "Maximum norm (∞-norm)",
    formula=r"f = \max_i |x_i|",
    forward=max_norm,
    inputs={"x": Reals(3)},
    gradient=max_norm_gradient,
    printed=(
        r"\frac{\partial f}{\partial x_i} = \begin{cases} \operatorname{sign}(x_i) & |x_i| = f \\ 0 & |x_i| < f \end{cases}"
    ),
    notation={"f": r"\max(|x_1|, |x_2|, |x_3|)"},
    source="S. Boyd and L. Vandenberghe, Convex Optimization, Cambridge University Press 2004, appendix A.1.2",
    kinks=(
        "Where several entries are the largest, the slopes are 0 and that of the entry; the code divides 1 among them, as JAX"
        " and torch do. At 0 it returns 0, as torch does; JAX divides 1."
    ),
    also=("np.linalg.norm(x, np.inf)", "infinity norm", "Chebyshev norm"),
)


def log_sum_exp(x: Array, t: Array) -> Any:
    """t log Σ exp(xᵢ/t), (n,), () → (): the largest entry, smoothed at the temperature t."""
    return t * np.log(np.sum(np.exp(x / t)))


def log_sum_exp_gradient(x: Array, t: Array) -> tuple[Array, Any]:
    """softmax(x/t), and the entropy of it: (n,), ()."""
    powers = np.exp(x / t)
    weights = powers / np.sum(powers)
    return weights, np.log(np.sum(powers)) - np.sum(weights * x) / t


def stable_log_sum_exp(x: Array, t: Array) -> Any:
    """m + t log Σ exp((xᵢ − m)/t) with m = max xᵢ."""
    largest = np.max(x)
    return largest + t * np.log(np.sum(np.exp((x - largest) / t)))


LIBRARY.formula(
    "smooth-maximum",
    "Log-sum-exp with a temperature (smooth maximum)",
    formula=r"f = t \log \sum_i e^{x_i / t}",
    forward=log_sum_exp,
    inputs={"x": Reals(3), "t": Reals(low=0.1)},
    gradient=log_sum_exp_gradient,
    printed={
        "x": r"\frac{\partial f}{\partial x_i} = \frac{e^{x_i / t}}{\sum_j e^{x_j / t}}",
        "t": (
            r"\frac{\partial f}{\partial t} = \log \sum_i e^{x_i / t}"
            r" - \frac{\sum_i x_i e^{x_i / t}}{t \sum_j e^{x_j / t}}"
        ),
    },
    source="S. Boyd and L. Vandenberghe, Convex Optimization, Cambridge University Press 2004, section 3.1.5",
    stable=Stable("exp(xᵢ/t) overflows for xᵢ above 709 t, and all of them vanish below −745 t.", stable_log_sum_exp),
    also=("jax.scipy.special.logsumexp", "torch.logsumexp", "LSE", "free energy", "softmax"),
)


def matrix_product(A: Array, B: Array) -> Any:
    """A B, (m, n), (n, p) → (m, p)."""
    return A @ B


def matrix_product_backward(dy: Array, A: Array, B: Array) -> tuple[Array, Array]:
    """ȳ Bᵀ and Aᵀ ȳ."""
    return dy @ B.T, A.T @ dy


LIBRARY.formula(
    "matrix-product",
    "Matrix product",
    formula=r"y = A B",
    forward=matrix_product,
    inputs={"A": Reals(4, 3), "B": Reals(3, 2)},
    backward=matrix_product_backward,
    printed={"A": r"\frac{\partial L}{\partial A} = \bar y B^T", "B": r"\frac{\partial L}{\partial B} = A^T \bar y"},
    source=f"{GILES}, section 2",
    also=("np.matmul", "torch.matmul", "GEMM", "dot"),
)


def linear_map(A: Array, X: Array, B: Array) -> Any:
    """A X B, (m, n), (n, p), (p, q) → (m, q)."""
    return A @ X @ B


def linear_map_backward(dy: Array, A: Array, X: Array, B: Array) -> tuple[Array, Array, Array]:
    """ȳ Bᵀ Xᵀ, Aᵀ ȳ Bᵀ and Xᵀ Aᵀ ȳ."""
    return dy @ B.T @ X.T, A.T @ dy @ B.T, X.T @ A.T @ dy


LIBRARY.formula(
    "linear-map",
    "Linear map of a matrix, AXB",
    formula=r"y = A X B",
    forward=linear_map,
    inputs={"A": Reals(2, 3), "X": Reals(3, 4), "B": Reals(4, 5)},
    backward=linear_map_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = \bar y B^T X^T",
        "X": r"\frac{\partial L}{\partial X} = A^T \bar y B^T",
        "B": r"\frac{\partial L}{\partial B} = X^T A^T \bar y",
    },
    source=f"{MAGNUS}, chapter 9",
)


def congruence(A: Array, S: Array) -> Any:
    """A S Aᵀ, (m, n), (n, n) → (m, m): the covariance of A x where S is that of x."""
    return A @ S @ A.T


def congruence_backward(dy: Array, A: Array, S: Array) -> tuple[Array, Array]:
    """ȳ A Sᵀ + ȳᵀ A S and Aᵀ ȳ A."""
    return dy @ A @ S.T + dy.T @ A @ S, A.T @ dy @ A


LIBRARY.formula(
    "congruence",
    "Congruence, ASAᵀ (a propagated covariance)",
    formula=r"y = A S A^T",
    forward=congruence,
    inputs={"A": Reals(2, 3), "S": Reals(3, 3)},
    backward=congruence_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = \bar y A S^T + \bar y^T A S",
        "S": r"\frac{\partial L}{\partial S} = A^T \bar y A",
    },
    source=f"{GILES}, section 2",
    also=("Kalman filter", "uncertainty propagation"),
)


def gram(X: Array) -> Any:
    """XᵀX, (m, n) → (n, n)."""
    return X.T @ X


def gram_backward(dy: Array, X: Array) -> Any:
    """X (ȳ + ȳᵀ)."""
    return X @ (dy + dy.T)


LIBRARY.formula(
    "gram-matrix",
    "Gram matrix, XᵀX",
    formula=r"y = X^T X",
    forward=gram,
    inputs={"X": Reals(3, 2)},
    backward=gram_backward,
    printed={"X": r"\frac{\partial L}{\partial X} = X (\bar y + \bar y^T)"},
    source=f"{MAGNUS}, chapter 9",
    also=("style loss", "normal equations"),
)


def sample_covariance(X: Array) -> Any:
    """Cᵀ C / (n − 1) of n samples, one a row, where C has the mean row taken off: (n, p) → (p, p)."""
    centred = X - np.mean(X, axis=0)
    return centred.T @ centred / (len(X) - 1)


def sample_covariance_backward(dy: Array, X: Array) -> Any:
    """C (ȳ + ȳᵀ) / (n − 1): the columns of C sum to 0, so that taking the mean off again changes nothing."""
    centred = X - np.mean(X, axis=0)
    return centred @ (dy + dy.T) / (len(X) - 1)


LIBRARY.formula(
    "sample-covariance",
    "Sample covariance of a batch",
    formula=r"y_{jk} = \frac{1}{n - 1} \sum_i (X_{ij} - m_j) (X_{ik} - m_k)",
    forward=sample_covariance,
    inputs={"X": Reals(4, 2)},
    backward=sample_covariance_backward,
    printed={
        "X": r"\frac{\partial L}{\partial X_{ij}} = \frac{1}{4 - 1} \sum_k (X_{ik} - m_k) (\bar{y}_{jk} + \bar{y}_{kj})"
    },
    notation={"m_k": r"\frac{1}{4} \sum_i X_{ik}"},
    source=f"{MAGNUS}, chapter 9",
    also=("np.cov", "torch.cov"),
    notes="n = 4 in what is printed. np.cov has one variable a row: this is np.cov(X.T).",
)


def hadamard(A: Array, B: Array) -> Any:
    """A ⊙ B, entry by entry, (m, n), (m, n) → (m, n)."""
    return A * B


def hadamard_backward(dy: Array, A: Array, B: Array) -> tuple[Array, Array]:
    """ȳ ⊙ B and ȳ ⊙ A."""
    return dy * B, dy * A


LIBRARY.formula(
    "hadamard-product",
    "Hadamard product (entry by entry)",
    formula=r"y = A \odot B",
    forward=hadamard,
    inputs={"A": Reals(3, 2), "B": Reals(3, 2)},
    backward=hadamard_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = \bar y \odot B",
        "B": r"\frac{\partial L}{\partial B} = \bar y \odot A",
    },
    source=f"{MAGNUS}, chapter 3",
    also=("np.multiply", "elementwise product", "gate"),
)


def outer(a: Array, b: Array) -> Any:
    """a bᵀ, (m,), (n,) → (m, n)."""
    return np.outer(a, b)


def outer_backward(dy: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """ȳ b and ȳᵀ a."""
    return dy @ b, dy.T @ a


LIBRARY.formula(
    "outer-product",
    "Outer product",
    formula=r"y = a b^T",
    forward=outer,
    inputs={"a": Reals(3), "b": Reals(2)},
    backward=outer_backward,
    printed={"a": r"\frac{\partial L}{\partial a} = \bar y b", "b": r"\frac{\partial L}{\partial b} = \bar y^T a"},
    source=f"{COOKBOOK}, section 2.4.1",
    also=("np.outer", "torch.outer"),
)


def inner(a: Array, b: Array) -> Any:
    """aᵀ b, (n,), (n,) → ()."""
    return a @ b


def inner_gradient(a: Array, b: Array) -> tuple[Array, Array]:
    """b and a."""
    return b, a


LIBRARY.formula(
    "inner-product",
    "Inner product of vectors",
    formula=r"f = a^T b",
    forward=inner,
    inputs={"a": Reals(3), "b": Reals(3)},
    gradient=inner_gradient,
    printed={"a": r"\frac{\partial f}{\partial a} = b", "b": r"\frac{\partial f}{\partial b} = a"},
    source=f"{COOKBOOK}, section 2.4.1",
    also=("np.dot", "torch.dot", "np.inner"),
)


def kronecker(A: Array, B: Array) -> Any:
    """A ⊗ B: the block at (i, j) is Aᵢⱼ B, (m, n), (p, q) → (m p, n q)."""
    return np.kron(A, B)


def kronecker_backward(dy: Array, A: Array, B: Array) -> tuple[Array, Array]:
    """Of the blocks ȳᵢⱼ, each shaped like B: ⟨ȳᵢⱼ, B⟩ at (i, j), and Σᵢⱼ Aᵢⱼ ȳᵢⱼ."""
    blocks = np.reshape(dy, (A.shape[0], B.shape[0], A.shape[1], B.shape[1]))
    return np.einsum("ikjl,kl->ij", blocks, B), np.einsum("ikjl,ij->kl", blocks, A)


LIBRARY.formula(
    "kronecker-product",
    "Kronecker product",
    formula=r"y = A \otimes B",
    forward=kronecker,
    inputs={"A": Reals(3, 2), "B": Reals(2, 4)},
    backward=kronecker_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A_{ij}} = \sum_{k, l} \bar{y}_{(i, k), (j, l)} B_{kl}",
        "B": r"\frac{\partial L}{\partial B_{kl}} = \sum_{i, j} \bar{y}_{(i, k), (j, l)} A_{ij}",
    },
    source=f"{MAGNUS}, chapter 9",
    also=("np.kron", "torch.kron", "K-FAC"),
    notes="(i, k) is row k of the blocks in row i, and (j, l) column l of the blocks in column j.",
)


def vec_of_product(A: Array, X: Array, B: Array) -> Any:
    """The entries of A X B, row by row."""
    return np.reshape(A @ X @ B, -1)


def vec_by_kronecker(A: Array, X: Array, B: Array) -> Any:
    """(A ⊗ Bᵀ) times the entries of X, row by row."""
    return np.kron(A, B.T) @ np.reshape(X, -1)


LIBRARY.formula(
    "vec-of-product",
    "A linear map of a matrix as one of its entries, vec(AXB)",
    formula=r"\operatorname{vec}(A X B) = (A \otimes B^T) \operatorname{vec}(X)",
    forward=vec_of_product,
    inputs={"A": Reals(2, 3), "X": Reals(3, 2), "B": Reals(2, 3)},
    equality=vec_by_kronecker,
    printed=r"\operatorname{vec}(A X B) = (A \otimes B^T) \operatorname{vec}(X)",
    source=f"{MAGNUS}, chapter 2",
    also=("np.reshape", "vec trick"),
    notes="vec stacks rows here, as NumPy does. Where it stacks columns it is (Bᵀ ⊗ A) vec X.",
)


def matrix_cube(X: Array) -> Any:
    """X³, (n, n) → (n, n)."""
    return np.linalg.matrix_power(X, 3)


def matrix_cube_backward(dy: Array, X: Array) -> Any:
    """Σ_{r=0}^{k−1} (Xʳ)ᵀ ȳ (Xᵏ⁻¹⁻ʳ)ᵀ at k = 3."""
    return sum(np.linalg.matrix_power(X.T, r) @ dy @ np.linalg.matrix_power(X.T, 2 - r) for r in range(3))


LIBRARY.formula(
    "matrix-power",
    "Power of a matrix, Xᵏ, at k = 3",
    formula=r"y = X X X",
    forward=matrix_cube,
    inputs={"X": Reals(3, 3)},
    backward=matrix_cube_backward,
    printed={
        "X": (r"\frac{\partial L}{\partial X} = \bar y (X X)^T + X^T \bar y X^T + (X X)^T \bar y"),
    },
    source=f"{COOKBOOK}, section 2.4.3",
    also=("np.linalg.matrix_power", "torch.linalg.matrix_power"),
    notes="For every whole k it is Σ_{r=0}^{k−1} (Xʳ)ᵀ ȳ (Xᵏ⁻¹⁻ʳ)ᵀ: matrices do not commute, so that it is not k Xᵏ⁻¹ ȳ.",
)

SQUARINGS = 6
TERMS = 18


def exponential(X: Array) -> Any:
    """exp X, (n, n) → (n, n): 18 terms of the series of X/2⁶, squared 6 times; to all digits where ‖X‖ is at most 64."""
    scaled = X / 2**SQUARINGS
    identity = np.eye(X.shape[0])
    result = identity
    for k in range(TERMS, 0, -1):
        result = identity + scaled @ result / k
    for _ in range(SQUARINGS):
        result = result @ result
    return result


def blocks_of_two(X: Array, E: Array) -> Any:
    """The matrix of blocks X, E; 0, X."""
    above = np.concatenate([X, E], axis=1)
    below = np.concatenate([np.zeros(X.shape), X], axis=1)
    return np.concatenate([above, below], axis=0)


def exponential_backward(dy: Array, X: Array) -> Any:
    """The upper right block of exp of the blocks Xᵀ, ȳ; 0, Xᵀ.

    For a power series f, f([X, E; 0, X]) = [f(X), Df(X)[E]; 0, f(X)], and the adjoint of Df(X) is Df(Xᵀ).
    """
    n = X.shape[0]
    return exponential(blocks_of_two(X.T, dy))[:n, n:]


LIBRARY.formula(
    "matrix-exponential",
    "Matrix exponential",
    formula=r"y = \sum_k \frac{X^k}{k!}",
    forward=exponential,
    inputs={"X": Reals(2, 2, low=-8, high=8)},
    backward=exponential_backward,
    printed={
        "X": (
            r"\exp \begin{pmatrix} X^T & \bar y \\ 0 & X^T \end{pmatrix} ="
            r" \begin{pmatrix} \exp X^T & \frac{\partial L}{\partial X} \\ 0 & \exp X^T \end{pmatrix}"
        )
    },
    source=(
        "R. Mathias, A chain rule for matrix functions and applications, SIAM Journal on Matrix Analysis and Applications 17,"
        " 1996"
    ),
    also=("scipy.linalg.expm", "jax.scipy.linalg.expm", "torch.linalg.matrix_exp", "expm", "Fréchet derivative"),
    notes=(
        "The block formula holds for every power series and rational function f with the same steps in the code, so that it"
        " is exact for the approximation as well."
    ),
)


def trace_of_polynomial(c: Array, X: Array) -> Any:
    """tr f(X) with f(x) = c₀ + c₁ x + c₂ x² + …, (k,), (n, n) → ()."""
    value = c[-1] * np.eye(X.shape[0])
    for coefficient in c[-2::-1]:
        value = X @ value + coefficient * np.eye(X.shape[0])
    return np.trace(value)


def trace_of_polynomial_gradient(c: Array, X: Array) -> tuple[Array, Array]:
    """tr Xᵏ for each k, and f'(X)ᵀ = Σ k cₖ (Xᵏ⁻¹)ᵀ: (k,), (n, n)."""
    powers = [np.linalg.matrix_power(X, k) for k in range(len(c))]
    slope = sum(k * c[k] * powers[k - 1] for k in range(1, len(c)))
    return np.stack([np.trace(power) for power in powers]), slope.T


LIBRARY.formula(
    "trace-of-function",
    "Trace of a function of a matrix, tr f(X), f a power series",
    formula=r"f = \operatorname{tr}(c_0 I + c_1 X + c_2 X X + c_3 X X X)",
    forward=trace_of_polynomial,
    inputs={"c": Reals(4), "X": Reals(3, 3)},
    gradient=trace_of_polynomial_gradient,
    printed={
        "c": (
            r"\frac{\partial f}{\partial c} = \begin{pmatrix} 3 \\ \operatorname{tr}(X) \\ \operatorname{tr}(X X) \\"
            r" \operatorname{tr}(X X X) \end{pmatrix}"
        ),
        "X": r"\frac{\partial f}{\partial X} = (c_2 I + 2 c_3 X + 3 c_4 X X)^T",
    },
    source=f"{COOKBOOK}, section 2.5",
    also=("spectral function", "tr f(X)", "f'(X)^T"),
    notes="For every f that is applied to eigenvalues: the derivative of tr f(X) is f'(X)ᵀ. Printed indices count from 1.",
)


def sylvester(A: Array, B: Array, C: Array) -> Any:
    """X with A X + X B = C, (m, m), (n, n), (m, n) → (m, n): (A ⊗ I + I ⊗ Bᵀ) of its entries, row by row, is C."""
    m, n = C.shape
    system = np.kron(A, np.eye(n)) + np.kron(np.eye(m), B.T)
    return np.reshape(np.linalg.solve(system, np.reshape(C, -1)), C.shape)


def sylvester_backward(dy: Array, A: Array, B: Array, C: Array) -> tuple[Array, Array, Array]:
    """−S Xᵀ, −Xᵀ S and S, where Aᵀ S + S Bᵀ = ȳ."""
    X, S = sylvester(A, B, C), sylvester(A.T, B.T, dy)
    return -S @ X.T, -X.T @ S, S


LIBRARY.formula(
    "sylvester",
    "Solution of Sylvester's equation, AX + XB = C",
    formula=r"A X + X B = C",
    forward=sylvester,
    inputs={"A": PositiveDefinite(2), "B": Invertible(3), "C": Reals(2, 3)},
    backward=sylvester_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = -S X^T, \quad A^T S + S B^T = \bar y",
        "B": r"\frac{\partial L}{\partial B} = -X^T S, \quad A^T S + S B^T = \bar y",
        "C": r"\frac{\partial L}{\partial C} = S, \quad A^T S + S B^T = \bar y",
    },
    source=KAO,
    assumptions=(
        Assumption(
            "no eigenvalue of A is the opposite of one of B",
            stated=True,
            where=lambda **values: bool(
                np.min(np.abs(np.add.outer(np.linalg.eigvals(values["A"]), np.linalg.eigvals(values["B"])))) > 0.05
            ),
        ),
    ),
    also=("scipy.linalg.solve_sylvester", "matrix equation"),
    notes="For matrices of more than a few rows use scipy.linalg.solve_sylvester for both solutions.",
)


def lyapunov(A: Array, Q: Array) -> Any:
    """X with A X + X Aᵀ = Q, (n, n), (n, n) → (n, n)."""
    return sylvester(A, A.T, Q)


def lyapunov_backward(dy: Array, A: Array, Q: Array) -> tuple[Array, Array]:
    """−(S Xᵀ + Sᵀ X) and S, where Aᵀ S + S A = ȳ."""
    X, S = lyapunov(A, Q), lyapunov(A.T, dy)
    return -(S @ X.T + S.T @ X), S


LIBRARY.formula(
    "lyapunov",
    "Solution of Lyapunov's equation, AX + XAᵀ = Q",
    formula=r"A X + X A^T = Q",
    forward=lyapunov,
    inputs={"A": PositiveDefinite(2), "Q": Reals(2, 2)},
    backward=lyapunov_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = -(S X^T + S^T X), \quad A^T S + S A = \bar y",
        "Q": r"\frac{\partial L}{\partial Q} = S, \quad A^T S + S A = \bar y",
    },
    source=KAO,
    also=("scipy.linalg.solve_continuous_lyapunov", "stability", "Gramian"),
    notes="A derivative is taken in all entries of A and Q, also where they are symmetric.",
)


def least_squares(A: Array, x: Array, b: Array) -> Any:
    """½ ‖A x − b‖², (m, n), (n,), (m,) → ()."""
    return np.sum((A @ x - b) ** 2) / 2


def least_squares_gradient(A: Array, x: Array, b: Array) -> tuple[Array, Array, Array]:
    """r xᵀ, Aᵀ r and −r, where r = A x − b."""
    residual = A @ x - b
    return np.outer(residual, x), A.T @ residual, -residual


LIBRARY.formula(
    "least-squares",
    "Least squares residual, ½‖Ax − b‖²",
    formula=r"f = \frac12 \|A x - b\|^2",
    forward=least_squares,
    inputs={"A": Reals(4, 3), "x": Reals(3), "b": Reals(4)},
    gradient=least_squares_gradient,
    printed={
        "A": r"\frac{\partial f}{\partial A} = (A x - b) x^T",
        "x": r"\frac{\partial f}{\partial x} = A^T (A x - b)",
        "b": r"\frac{\partial f}{\partial b} = b - A x",
    },
    source="S. Boyd and L. Vandenberghe, Convex Optimization, Cambridge University Press 2004, section 1.2.1",
    also=("linear regression", "normal equations", "mean squared error"),
)


def least_squares_solution(A: Array, b: Array) -> Any:
    """(AᵀA)⁻¹ Aᵀ b, the x of least ‖A x − b‖, (m, n), (m,) → (n,), m ≥ n."""
    return np.linalg.solve(A.T @ A, A.T @ b)


def least_squares_solution_backward(dy: Array, A: Array, b: Array) -> tuple[Array, Array]:
    """(b − A x) vᵀ − A v xᵀ and A v, where AᵀA v = ȳ."""
    x, v = least_squares_solution(A, b), np.linalg.solve(A.T @ A, dy)
    return np.outer(b - A @ x, v) - np.outer(A @ v, x), A @ v


LIBRARY.formula(
    "least-squares-solution",
    "Solution of a least squares problem",
    formula=r"x = (A^T A)^{-1} A^T b",
    forward=least_squares_solution,
    inputs={"A": FullRank(4, 2), "b": Reals(4)},
    backward=least_squares_solution_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = (b - A x) v^T - A v x^T",
        "b": r"\frac{\partial L}{\partial b} = A v",
    },
    notation={"x": r"(A^T A)^{-1} A^T b", "v": r"(A^T A)^{-1} \bar y"},
    source=(
        "G. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables"
        " separate, SIAM Journal on Numerical Analysis 10, 1973"
    ),
    also=("np.linalg.lstsq", "jax.numpy.linalg.lstsq", "torch.linalg.lstsq", "variable projection"),
    notes="AᵀA has the square of A's condition number: solve with a QR factorisation where that matters.",
)


def ridge_solution(A: Array, b: Array, t: Array) -> Any:
    """(AᵀA + t I)⁻¹ Aᵀ b, (m, n), (m,), () → (n,)."""
    return np.linalg.solve(A.T @ A + t * np.eye(A.shape[1]), A.T @ b)


def ridge_solution_backward(dy: Array, A: Array, b: Array, t: Array) -> tuple[Array, Array, Any]:
    """(b − A x) vᵀ − A v xᵀ, A v and −vᵀ x, where (AᵀA + t I) v = ȳ."""
    x = ridge_solution(A, b, t)
    v = np.linalg.solve(A.T @ A + t * np.eye(A.shape[1]), dy)
    return np.outer(b - A @ x, v) - np.outer(A @ v, x), A @ v, -v @ x


LIBRARY.formula(
    "ridge-solution",
    "Solution of ridge regression, and its derivative by the penalty",
    formula=r"x = (A^T A + t I)^{-1} A^T b",
    forward=ridge_solution,
    inputs={"A": Reals(4, 2), "b": Reals(4), "t": Reals(low=0.1)},
    backward=ridge_solution_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = (b - A x) v^T - A v x^T",
        "b": r"\frac{\partial L}{\partial b} = A v",
        "t": r"\frac{\partial L}{\partial t} = -v^T x",
    },
    notation={"x": r"(A^T A + t I)^{-1} A^T b", "v": r"(A^T A + t I)^{-1} \bar y"},
    source="A. Hoerl and R. Kennard, Ridge regression: biased estimation for nonorthogonal problems, Technometrics 12, 1970",
    also=("Tikhonov regularisation", "hyperparameter gradient", "L2 penalty"),
)


def rayleigh_quotient(x: Array, A: Array) -> Any:
    """xᵀ A x / xᵀ x, (n,), (n, n) → ()."""
    return x @ A @ x / (x @ x)


def rayleigh_quotient_gradient(x: Array, A: Array) -> tuple[Array, Array]:
    """((A + Aᵀ) x − 2 ρ x) / xᵀx and x xᵀ / xᵀx: (n,), (n, n)."""
    size, quotient = x @ x, rayleigh_quotient(x, A)
    return ((A + A.T) @ x - 2 * quotient * x) / size, np.outer(x, x) / size


LIBRARY.formula(
    "rayleigh-quotient",
    "Rayleigh quotient",
    formula=r"f = \frac{x^T A x}{x^T x}",
    forward=rayleigh_quotient,
    inputs={"x": Reals(3), "A": Reals(3, 3)},
    gradient=rayleigh_quotient_gradient,
    printed={
        "x": r"\frac{\partial f}{\partial x} = \frac{(A + A^T) x - 2 f x}{x^T x}",
        "A": r"\frac{\partial f}{\partial A} = \frac{x x^T}{x^T x}",
    },
    notation={"f": r"\frac{x^T A x}{x^T x}"},
    source="R. Horn and C. Johnson, Matrix Analysis, Cambridge University Press 1985, section 4.2",
    assumptions=(NOT_ZERO,),
    also=("eigenvalue estimate", "power iteration"),
    notes="For a symmetric A the first is 2 (A x − f x) / xᵀx, which is 0 at eigenvectors.",
)


def mahalanobis(x: Array, m: Array, S: Array) -> Any:
    """√((x − m)ᵀ S⁻¹ (x − m)), (n,), (n,), (n, n) → ()."""
    return np.sqrt((x - m) @ np.linalg.solve(S, x - m))


def mahalanobis_gradient(x: Array, m: Array, S: Array) -> tuple[Array, Array, Array]:
    """v / d, −v / d and −v vᵀ / 2 d, where v = S⁻¹ (x − m) and d is the distance."""
    v = np.linalg.solve(S, x - m)
    distance = np.sqrt((x - m) @ v)
    return v / distance, -v / distance, -np.outer(v, v) / (2 * distance)


LIBRARY.formula(
    "mahalanobis-distance",
    "Mahalanobis distance",
    formula=r"d = \sqrt{(x - m)^T S^{-1} (x - m)}",
    forward=mahalanobis,
    inputs={"x": Reals(3), "m": Reals(3), "S": PositiveDefinite(3)},
    gradient=mahalanobis_gradient,
    printed={
        "x": r"\frac{\partial d}{\partial x} = \frac{v}{d}",
        "m": r"\frac{\partial d}{\partial m} = -\frac{v}{d}",
        "S": r"\frac{\partial d}{\partial S} = -\frac{v v^T}{2 d}",
    },
    notation={"v": r"S^{-1} (x - m)", "d": r"\sqrt{(x - m)^T S^{-1} (x - m)}"},
    source="P. Mahalanobis, On the generalised distance in statistics, Proc. National Institute of Sciences of India 2, 1936",
    assumptions=(Assumption("x ≠ m", stated=True, where=lambda **v: bool(np.any(v["x"] != v["m"]))),),
    also=("scipy.spatial.distance.mahalanobis", "whitening", "metric learning"),
    notes="A derivative is taken in all entries of S, as if none were tied.",
)


def cosine_similarity(a: Array, b: Array) -> Any:
    """aᵀb / ‖a‖ ‖b‖, (n,), (n,) → ()."""
    return a @ b / (np.sqrt(a @ a) * np.sqrt(b @ b))


def cosine_similarity_gradient(a: Array, b: Array) -> tuple[Array, Array]:
    """(b/‖b‖ − c a/‖a‖) / ‖a‖ and (a/‖a‖ − c b/‖b‖) / ‖b‖, where c is the similarity."""
    size_a, size_b = np.sqrt(a @ a), np.sqrt(b @ b)
    similarity = a @ b / (size_a * size_b)
    return (b / size_b - similarity * a / size_a) / size_a, (a / size_a - similarity * b / size_b) / size_b


LIBRARY.formula(
    "cosine-similarity",
    "Cosine similarity",
    formula=r"c = \frac{a^T b}{\|a\| \|b\|}",
    forward=cosine_similarity,
    inputs={"a": Reals(3), "b": Reals(3)},
    gradient=cosine_similarity_gradient,
    printed={
        "a": r"\frac{\partial c}{\partial a} = \frac{b}{\|a\| \|b\|} - c \frac{a}{\|a\|^2}",
        "b": r"\frac{\partial c}{\partial b} = \frac{a}{\|a\| \|b\|} - c \frac{b}{\|b\|^2}",
    },
    notation={"c": r"\frac{a^T b}{\|a\| \|b\|}"},
    source="G. Salton, A. Wong and C. Yang, A vector space model for automatic indexing, Communications of the ACM 18, 1975",
    assumptions=(
        Assumption("a ≠ 0 and b ≠ 0", stated=True, where=lambda **v: bool(np.any(v["a"]) and np.any(v["b"]))),
    ),
    also=("torch.nn.CosineSimilarity", "optax.losses.cosine_similarity", "angular distance"),
    notes="Not differentiable where a or b is 0; libraries add a small number to the norms there.",
)


def on_sphere(x: Array) -> Any:
    """x / ‖x‖, (n,) → (n,)."""
    return x / np.sqrt(x @ x)


def on_sphere_backward(dy: Array, x: Array) -> Any:
    """(ȳ − u uᵀ ȳ) / ‖x‖, where u = x / ‖x‖: what points along x does not turn it."""
    size = np.sqrt(x @ x)
    return (dy - x * (x @ dy) / size**2) / size


LIBRARY.formula(
    "unit-vector",
    "Normalisation to length 1",
    formula=r"u = \frac{x}{\|x\|}",
    forward=on_sphere,
    inputs={"x": Reals(3)},
    backward=on_sphere_backward,
    printed={"x": r"\frac{\partial L}{\partial x} = \frac{1}{\|x\|} \left(\bar y - u u^T \bar y\right)"},
    notation={"u": r"\frac{x}{\|x\|}"},
    source="T. Salimans and D. Kingma, Weight normalization, NIPS 2016, section 2.1",
    assumptions=(NOT_ZERO,),
    also=("torch.nn.functional.normalize", "weight normalisation", "L2 normalisation", "projection on the sphere"),
)


def squared_distances(X: Array, Y: Array) -> Any:
    """‖xᵢ‖² + ‖yⱼ‖² − 2 xᵢᵀ yⱼ of all pairs of rows, (m, p), (n, p) → (m, n): one matrix product."""
    return np.sum(X**2, axis=1)[:, None] + np.sum(Y**2, axis=1)[None, :] - 2 * X @ Y.T


def squared_distances_backward(dy: Array, X: Array, Y: Array) -> tuple[Array, Array]:
    """2 Σⱼ ȳᵢⱼ (xᵢ − yⱼ) and 2 Σᵢ ȳᵢⱼ (yⱼ − xᵢ)."""
    return 2 * (dy.sum(axis=1)[:, None] * X - dy @ Y), 2 * (dy.sum(axis=0)[:, None] * Y - dy.T @ X)


def stable_squared_distances(X: Array, Y: Array) -> Any:
    """Σₖ (xᵢₖ − yⱼₖ)²: differences first."""
    return np.sum((X[:, None, :] - Y[None, :, :]) ** 2, axis=2)


LIBRARY.formula(
    "pairwise-squared-distances",
    "Squared distances of all pairs",
    formula=r"y_{ij} = \sum_k (X_{ik} - Y_{jk})^2",
    forward=squared_distances,
    inputs={"X": Reals(3, 2), "Y": Reals(4, 2)},
    backward=squared_distances_backward,
    printed={
        "X": r"\frac{\partial L}{\partial X_{ik}} = 2 \sum_j \bar{y}_{ij} (X_{ik} - Y_{jk})",
        "Y": r"\frac{\partial L}{\partial Y_{jk}} = 2 \sum_i \bar{y}_{ij} (Y_{jk} - X_{ik})",
    },
    source="J. Goldberger et al., Neighbourhood components analysis, NIPS 2004",
    stable=Stable(
        "‖x‖² + ‖y‖² − 2xᵀy loses the digits of the distance of points that are close, and may come out negative.",
        forward=stable_squared_distances,
        along="X",
    ),
    also=("scipy.spatial.distance.cdist", "torch.cdist", "k-means", "radial basis function", "Gaussian kernel"),
)


def pairwise_distances(X: Array, Y: Array) -> Any:
    """‖xᵢ − yⱼ‖ of all pairs of rows, (m, p), (n, p) → (m, n)."""
    return np.sqrt(np.sum((X[:, None, :] - Y[None, :, :]) ** 2, axis=2))


def pairwise_distances_backward(dy: Array, X: Array, Y: Array) -> tuple[Array, Array]:
    """Σⱼ ȳᵢⱼ (xᵢ − yⱼ) / dᵢⱼ and Σᵢ ȳᵢⱼ (yⱼ − xᵢ) / dᵢⱼ."""
    weights = (dy / pairwise_distances(X, Y))[:, :, None] * (X[:, None, :] - Y[None, :, :])
    return weights.sum(axis=1), -weights.sum(axis=0)


LIBRARY.formula(
    "pairwise-distances",
    "Distances of all pairs",
    formula=r"y_{ij} = \sqrt{\sum_k (X_{ik} - Y_{jk})^2}",
    forward=pairwise_distances,
    inputs={"X": Reals(3, 2), "Y": Reals(4, 2)},
    backward=pairwise_distances_backward,
    printed={
        "X": r"\frac{\partial L}{\partial X_{ik}} = \sum_j \bar{y}_{ij} \frac{X_{ik} - Y_{jk}}{d_{ij}}",
        "Y": r"\frac{\partial L}{\partial Y_{jk}} = \sum_i \bar{y}_{ij} \frac{Y_{jk} - X_{ik}}{d_{ij}}",
    },
    notation={"d_{ij}": r"\sqrt{\sum_l (X_{il} - Y_{jl})^2}"},
    source="L. van der Maaten and G. Hinton, Visualizing data using t-SNE, Journal of Machine Learning Research 9, 2008",
    assumptions=(
        Assumption(
            "no two points coincide",
            stated=True,
            where=lambda **v: bool(np.all(np.any(v["X"][:, None, :] != v["Y"][None, :, :], axis=2))),
        ),
    ),
    also=("scipy.spatial.distance.cdist", "torch.cdist"),
    notes="Where two points coincide there is a kink, and the code divides 0 by 0; torch.cdist returns 0.",
)


def reflection(v: Array, x: Array) -> Any:
    """x − 2 v (vᵀx) / vᵀv, (n,), (n,) → (n,): Householder's reflection."""
    return x - 2 * v * (v @ x) / (v @ v)


def reflection_backward(dy: Array, v: Array, x: Array) -> tuple[Array, Array]:
    """(4 (vᵀx)(vᵀȳ)/vᵀv v − 2 (vᵀx) ȳ − 2 (vᵀȳ) x) / vᵀv, and ȳ reflected."""
    along_x, along_dy, size = v @ x, v @ dy, v @ v
    by_v = (4 * along_x * along_dy / size * v - 2 * along_x * dy - 2 * along_dy * x) / size
    return by_v, reflection(v, dy)


LIBRARY.formula(
    "householder-reflection",
    "Householder reflection",
    formula=r"y = x - 2 \frac{v v^T x}{v^T v}",
    forward=reflection,
    inputs={"v": Reals(3), "x": Reals(3)},
    backward=reflection_backward,
    printed={
        "v": (
            r"\frac{\partial L}{\partial v} = \frac{4 (v^T x) (v^T \bar y)}{(v^T v)^2} v"
            r" - \frac{2 (v^T x)}{v^T v} \bar y - \frac{2 (v^T \bar y)}{v^T v} x"
        ),
        "x": r"\frac{\partial L}{\partial x} = \bar y - 2 \frac{v v^T \bar y}{v^T v}",
    },
    source="J. Tomczak and M. Welling, Improving variational auto-encoders using Householder flow, 2016",
    assumptions=(Assumption("v ≠ 0", stated=True, where=lambda **values: bool(np.any(values["v"]))),),
    also=("Householder flow", "orthogonal layer"),
)


def cross_product(a: Array, b: Array) -> Any:
    """a × b, (3,), (3,) → (3,)."""
    return np.cross(a, b)


def cross_product_backward(dy: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """b × ȳ and ȳ × a."""
    return np.cross(b, dy), np.cross(dy, a)


LIBRARY.formula(
    "cross-product",
    "Cross product",
    formula=r"y = \begin{pmatrix} a_2 b_3 - a_3 b_2 \\ a_3 b_1 - a_1 b_3 \\ a_1 b_2 - a_2 b_1 \end{pmatrix}",
    forward=cross_product,
    inputs={"a": Reals(3), "b": Reals(3)},
    backward=cross_product_backward,
    printed={
        "a": (
            r"\frac{\partial L}{\partial a} = \begin{pmatrix} b_2 \bar{y}_3 - b_3 \bar{y}_2 \\"
            r" b_3 \bar{y}_1 - b_1 \bar{y}_3 \\ b_1 \bar{y}_2 - b_2 \bar{y}_1 \end{pmatrix}"
        ),
        "b": (
            r"\frac{\partial L}{\partial b} = \begin{pmatrix} \bar{y}_2 a_3 - \bar{y}_3 a_2 \\"
            r" \bar{y}_3 a_1 - \bar{y}_1 a_3 \\ \bar{y}_1 a_2 - \bar{y}_2 a_1 \end{pmatrix}"
        ),
    },
    source="J. Gibbs and E. Wilson, Vector Analysis, Scribner 1901, chapter 2",
    also=("np.cross", "torch.linalg.cross"),
    notes="y = a × b, ∂L/∂a = b × ȳ and ∂L/∂b = ȳ × a.",
)


def from_diagonal(x: Array) -> Any:
    """The matrix with x on its diagonal, (n,) → (n, n)."""
    return np.diag(x)


def from_diagonal_backward(dy: Array, x: Array) -> Any:
    """The diagonal of ȳ."""
    return np.diagonal(dy)


LIBRARY.formula(
    "diagonal-matrix",
    "Diagonal matrix of a vector",
    formula=r"y = \operatorname{diag}(x)",
    forward=from_diagonal,
    inputs={"x": Reals(3)},
    backward=from_diagonal_backward,
    printed={"x": r"\frac{\partial L}{\partial x_i} = \bar{y}_{ii}"},
    source=f"{MAGNUS}, chapter 9",
    also=("np.diag", "torch.diag"),
)


def determinant_of_update(A: Array, u: Array, v: Array) -> Any:
    """det(A + u vᵀ), (n, n), (n,), (n,) → ()."""
    return np.linalg.det(A + np.outer(u, v))


def determinant_of_update_by_lemma(A: Array, u: Array, v: Array) -> Any:
    """(1 + vᵀ A⁻¹ u) det A: one solve where the determinant of A is known."""
    return (1 + v @ np.linalg.solve(A, u)) * np.linalg.det(A)


LIBRARY.formula(
    "matrix-determinant-lemma",
    "Determinant after an update of rank 1",
    formula=r"\det(A + u v^T) = (1 + v^T A^{-1} u) \det A",
    forward=determinant_of_update,
    inputs={"A": Invertible(3), "u": Reals(3), "v": Reals(3)},
    equality=determinant_of_update_by_lemma,
    printed=r"\det(A + u v^T) = (1 + v^T A^{-1} u) \det A",
    source="D. Harville, Matrix Algebra From a Statistician's Perspective, Springer 1997, chapter 18",
    also=("planar flow", "rank-one update"),
)


def inverse_of_update(A: Array, u: Array, v: Array) -> Any:
    """(A + u vᵀ)⁻¹, (n, n), (n,), (n,) → (n, n)."""
    return np.linalg.inv(A + np.outer(u, v))


def inverse_of_update_by_formula(A: Array, u: Array, v: Array) -> Any:
    """A⁻¹ − A⁻¹ u vᵀ A⁻¹ / (1 + vᵀ A⁻¹ u)."""
    inverse = np.linalg.inv(A)
    return inverse - np.outer(inverse @ u, v @ inverse) / (1 + v @ inverse @ u)


LIBRARY.formula(
    "sherman-morrison",
    "Inverse after an update of rank 1",
    formula=r"(A + u v^T)^{-1} = A^{-1} - \frac{A^{-1} u v^T A^{-1}}{1 + v^T A^{-1} u}",
    forward=inverse_of_update,
    inputs={"A": Invertible(3), "u": Reals(3), "v": Reals(3)},
    equality=inverse_of_update_by_formula,
    printed=r"(A + u v^T)^{-1} = A^{-1} - \frac{A^{-1} u v^T A^{-1}}{1 + v^T A^{-1} u}",
    source="J. Sherman and W. Morrison, Annals of Mathematical Statistics 21, 1950",
    assumptions=(
        Assumption(
            "A + u vᵀ is invertible",
            stated=True,
            where=lambda **values: abs(1 + values["v"] @ np.linalg.solve(values["A"], values["u"])) > 0.01,
        ),
    ),
    also=("rank-one update", "quasi-Newton", "BFGS", "recursive least squares"),
)


def inverse_of_low_rank_update(A: Array, U: Array, V: Array) -> Any:
    """(A + U V)⁻¹, (n, n), (n, k), (k, n) → (n, n)."""
    return np.linalg.inv(A + U @ V)


def inverse_of_low_rank_update_by_formula(A: Array, U: Array, V: Array) -> Any:
    """A⁻¹ − A⁻¹ U (I + V A⁻¹ U)⁻¹ V A⁻¹: k × k is inverted where the inverse of A is known."""
    inverse = np.linalg.inv(A)
    small = np.eye(U.shape[1]) + V @ inverse @ U
    return inverse - inverse @ U @ np.linalg.solve(small, V @ inverse)


LIBRARY.formula(
    "woodbury",
    "Inverse after an update of low rank",
    formula=r"(A + U V)^{-1} = A^{-1} - A^{-1} U (I + V A^{-1} U)^{-1} V A^{-1}",
    forward=inverse_of_low_rank_update,
    inputs={"A": PositiveDefinite(3), "U": Reals(3, 2), "V": Reals(2, 3)},
    equality=inverse_of_low_rank_update_by_formula,
    printed=r"(A + U V)^{-1} = A^{-1} - A^{-1} U (I + V A^{-1} U)^{-1} V A^{-1}",
    source=f"{COOKBOOK}, section 3.2.2",
    assumptions=(
        Assumption(
            "A + U V is invertible",
            stated=True,
            where=lambda **values: abs(np.linalg.det(values["A"] + values["U"] @ values["V"])) > 0.01,
        ),
    ),
    also=("matrix inversion lemma", "Kalman gain", "factor analysis"),
)
