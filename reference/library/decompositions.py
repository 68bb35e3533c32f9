"""Decompositions of matrices and functions of their eigenvalues, each with its backward.

A symmetric matrix is the mean of the argument and its transpose, so that the derivative by all entries is symmetric too. Signs
that a decomposition leaves open are chosen: the first entry of every eigenvector and left singular vector is positive. dy is
printed ȳ; where there are several results, the cotangent of each has its own bar.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.claim import Assumption
from gradcheck.domains import Reals, Symmetric
from gradcheck.library.formulas import Library
from gradcheck.library.spaces import FullRank, Invertible, LowerTriangular, PositiveDefinite

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("decompositions", "decompositions.py", "Matrix decompositions", notation={r"\bar y": "dy"})

GILES = (
    "M. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation, "
    "Advances in Automatic Differentiation, 2008"
)
MURRAY = "I. Murray, Differentiation of the Cholesky decomposition, 2016"
SEEGER = "M. Seeger et al., Auto-differentiating linear algebra, 2017"
TOWNSEND = "J. Townsend, Differentiating the singular value decomposition, 2016"
MAGNUS = "J. Magnus, On differentiating eigenvalues and eigenvectors, Econometric Theory 1, 1985"
HIGHAM = "N. Higham, Functions of Matrices, SIAM 2008"
WATSON = (
    "G. A. Watson, Characterization of the subdifferential of some matrix norms, Linear Algebra and its Appl. 170, 1992"
)
GAP = 0.02


def symmetric(A: Array) -> Any:
    """(A + Aᵀ)/2."""
    return (A + A.T) / 2


def _gap(values: Any) -> float:
    """How far apart the closest of some numbers are, relative to the largest of them and 1."""
    ordered = np.sort(np.asarray(values))
    return float(np.min(np.diff(ordered)) / max(1.0, np.max(np.abs(ordered))))


EIGENVALUES_APART = Assumption(
    "the eigenvalues differ",
    stated=True,
    where=lambda **values: _gap(np.linalg.eigvalsh(values["A"])) > GAP,
)
VECTORS_SIGNED = Assumption(
    "the eigenvalues differ, and no first entry of an eigenvector is 0",
    stated=True,
    where=lambda **values: bool(
        _gap(np.linalg.eigvalsh(values["A"])) > GAP and np.min(np.abs(np.linalg.eigh(values["A"])[1][0])) > GAP
    ),
)
SINGULAR_VALUES_APART = Assumption(
    "the singular values differ",
    stated=True,
    where=lambda **values: _gap(np.linalg.svd(values["A"], compute_uv=False)) > GAP,
)
SINGULAR_VECTORS_SIGNED = Assumption(
    "the singular values differ, and no first entry of a left singular vector is 0",
    stated=True,
    where=lambda **values: bool(
        _gap(np.linalg.svd(values["A"], compute_uv=False)) > GAP
        and np.min(np.abs(np.linalg.svd(values["A"], full_matrices=False)[0][0])) > GAP
    ),
)


def cholesky(A: Array) -> Any:
    """The lower triangular y with y yᵀ = A, A symmetric and positive definite: (n, n) → (n, n)."""
    return np.linalg.cholesky(symmetric(A))


def cholesky_backward(dy: Array, A: Array) -> Any:
    """y⁻ᵀ Φ(yᵀ ȳ) y⁻¹, symmetrised, where Φ keeps the lower triangle and halves the diagonal."""
    y = cholesky(A)
    product = np.tril(y.T @ np.tril(dy))
    halved = product - np.diag(np.diagonal(product)) / 2
    inverse = np.linalg.inv(y)
    return symmetric(inverse.T @ halved @ inverse)


LIBRARY.formula(
    "cholesky",
    "Cholesky factor",
    formula=r"y y^T = A",
    forward=cholesky,
    inputs={"A": PositiveDefinite(3)},
    backward=cholesky_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = \operatorname{sym}\left(y^{-T} \Phi(y^T \bar y) y^{-1}\right),"
            r" \quad \Phi(M)_{ij} = \begin{cases} M_{ij} & i > j \\ \frac12 M_{ii} & i = j \\ 0 & i < j \end{cases}"
        )
    },
    source=f"{MURRAY}; S. Smith, Differentiation of the Cholesky algorithm, J. Comp. Graph. Statistics 4, 1995",
    also=("np.linalg.cholesky", "jax.numpy.linalg.cholesky", "torch.linalg.cholesky", "scale_tril"),
    notes="With solves by the triangular factor in place of its inverse it is as cheap as the factorisation.",
)


def triangular_solution(C: Array, b: Array) -> Any:
    """x with C x = b, C lower triangular, above its diagonal not read: (n, n), (n,) → (n,)."""
    return np.linalg.solve(np.tril(C), b)


def triangular_solution_backward(dy: Array, C: Array, b: Array) -> tuple[Any, Any]:
    """The lower triangle of −v xᵀ, and v, where Cᵀ v = ȳ."""
    v = np.linalg.solve(np.tril(C).T, dy)
    return -np.tril(np.outer(v, triangular_solution(C, b))), v


LIBRARY.formula(
    "triangular-solve",
    "Solution of a triangular system",
    formula=r"x = C^{-1} b",
    forward=triangular_solution,
    inputs={"C": LowerTriangular(3), "b": Reals(3)},
    backward=triangular_solution_backward,
    printed={
        "C": r"\frac{\partial L}{\partial C_{ij}} = \begin{cases} -v_i x_j & i \ge j \\ 0 & i < j \end{cases}",
        "b": r"\frac{\partial L}{\partial b} = C^{-T} \bar y",
    },
    notation={"x": r"C^{-1} b", "v": r"C^{-T} \bar y"},
    source=GILES,
    also=("scipy.linalg.solve_triangular", "jax.scipy.linalg.solve_triangular", "torch.linalg.solve_triangular"),
)


def lu(A: Array) -> tuple[Any, Any]:
    """L and U with L U = A, L lower with ones on its diagonal, U upper triangular: (n, n) → (n, n), (n, n)."""
    n = A.shape[0]
    lower, upper = np.eye(n), A
    for k in range(n):
        below = np.where(np.arange(n) > k, upper[:, k] / upper[k, k], 0.0)
        upper = upper - np.outer(below, upper[k])
        lower = lower + np.outer(below, np.eye(n)[k])
    return lower, np.triu(upper)


def lu_backward(dl: Array, du: Array, A: Array) -> Any:
    """L⁻ᵀ (strictly lower part of Lᵀ L̄ + upper part of Ū Uᵀ) U⁻ᵀ."""
    lower, upper = lu(A)
    middle = np.tril(lower.T @ np.tril(dl, -1), -1) + np.triu(np.triu(du) @ upper.T)
    return np.linalg.inv(lower).T @ middle @ np.linalg.inv(upper).T


LIBRARY.formula(
    "lu",
    "LU decomposition without row exchanges",
    formula=r"L U = A",
    forward=lu,
    inputs={"A": PositiveDefinite(3)},
    cotangents={"dl": Reals(3, 3), "du": Reals(3, 3)},
    backward=lu_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = L^{-T} \left(\operatorname{tril}_{-1}(L^T \bar L)"
            r" + \operatorname{triu}(\bar U U^T)\right) U^{-T}"
        )
    },
    source="F. de Hoog, R. Anderssen and M. Lukas, Differentiation of matrix functionals using triangular factorization, 2011",
    also=("scipy.linalg.lu", "torch.linalg.lu"),
    notes="Where rows are exchanged, P A = L U, the derivative by A is that by P A, its rows exchanged back by Pᵀ.",
)


def qr(A: Array) -> tuple[Any, Any]:
    """Q and R with Q R = A, QᵀQ = I and R upper triangular, m ≥ n: (m, n) → (m, n), (n, n)."""
    q, r = np.linalg.qr(A)
    return q, r


def qr_backward(dq: Array, dr: Array, A: Array) -> Any:
    """(Q̄ + Q copyltu(M)) R⁻ᵀ, M = R R̄ᵀ − Q̄ᵀ Q, copyltu: the lower triangle mirrored."""
    q, r = np.linalg.qr(A)
    m = r @ np.triu(dr).T - dq.T @ q
    mirrored = np.tril(m) + np.tril(m, -1).T
    return (dq + q @ mirrored) @ np.linalg.inv(r).T


LIBRARY.formula(
    "qr",
    "QR decomposition (reduced)",
    formula=r"Q R = A",
    forward=qr,
    inputs={"A": FullRank(3, 2)},
    cotangents={"dq": Reals(3, 2), "dr": Reals(2, 2)},
    backward=qr_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = \left(\bar Q + Q \operatorname{copyltu}(M)\right) R^{-T},"
            r" \quad M = R \bar R^T - \bar Q^T Q"
        )
    },
    source=f"{SEEGER}; S. Walter and L. Lehmann, Algorithmic differentiation of linear algebra functions, 2013",
    also=("np.linalg.qr", "jax.numpy.linalg.qr", "torch.linalg.qr", "Gram-Schmidt", "orthogonalisation"),
    notes="copyltu(M) is the lower triangle of M, mirrored. For m ≥ n and full rank.",
)


def eigenvalues(A: Array) -> Any:
    """The eigenvalues of (A + Aᵀ)/2, ascending: (n, n) → (n,)."""
    return np.linalg.eigvalsh(symmetric(A))


def eigenvalues_backward(dy: Array, A: Array) -> Any:
    """V diag(ȳ) Vᵀ: the derivative of an eigenvalue is v vᵀ."""
    _, V = np.linalg.eigh(symmetric(A))
    return (V * dy) @ V.T


LIBRARY.formula(
    "eigenvalues",
    "Eigenvalues of a symmetric matrix",
    formula=r"A v = \lambda v",
    forward=eigenvalues,
    inputs={"A": Symmetric(Reals(3, 3))},
    backward=eigenvalues_backward,
    printed={"A": r"\frac{\partial L}{\partial A} = V \operatorname{diag}(\bar \lambda) V^T"},
    source=f"{MAGNUS}; {GILES}",
    assumptions=(EIGENVALUES_APART,),
    also=("np.linalg.eigvalsh", "jax.numpy.linalg.eigvalsh", "torch.linalg.eigvalsh", "spectrum"),
    notes="Where eigenvalues coincide each of them has a kink; a symmetric function of all of them is smooth there.",
)


def signed(V: Array) -> Any:
    """The columns of V, each with the sign that makes its first entry positive."""
    return V * np.where(V[0] < 0, -1.0, 1.0)


def eigenvectors(A: Array) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors of (A + Aᵀ)/2: (n, n) → (n,), (n, n), a vector a column."""
    values, V = np.linalg.eigh(symmetric(A))
    return values, signed(V)


def eigenvectors_backward(dw: Array, dv: Array, A: Array) -> Any:
    """V (diag(λ̄) + F ⊙ Vᵀ V̄) Vᵀ, symmetrised, Fᵢⱼ = 1/(λⱼ − λᵢ) for i ≠ j and 0 on the diagonal."""
    values, V = eigenvectors(A)
    gaps = values[None, :] - values[:, None] + np.eye(len(values))
    F = 1 / gaps - np.eye(len(values))
    return symmetric(V @ (np.diag(dw) + F * (V.T @ dv)) @ V.T)


LIBRARY.formula(
    "eigenvectors",
    "Eigenvalues and eigenvectors of a symmetric matrix",
    formula=r"A V = V \operatorname{diag}(\lambda), \quad V^T V = I",
    forward=eigenvectors,
    inputs={"A": Symmetric(Reals(3, 3))},
    cotangents={"dw": Reals(3), "dv": Reals(3, 3)},
    backward=eigenvectors_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = \operatorname{sym}\left(V \left(\operatorname{diag}(\bar \lambda)"
            r" + F \odot (V^T \bar V)\right) V^T\right), \quad F_{ij} = \frac{1}{\lambda_j - \lambda_i}, \quad F_{ii} = 0"
        )
    },
    source=f"{MAGNUS}; {GILES}",
    assumptions=(VECTORS_SIGNED,),
    also=("np.linalg.eigh", "jax.numpy.linalg.eigh", "torch.linalg.eigh", "principal component analysis"),
    notes="F grows without bound where eigenvalues come close: eigenvectors are not continuous there.",
)


def largest_eigenvalue(A: Array) -> Any:
    """The largest eigenvalue of (A + Aᵀ)/2: (n, n) → ()."""
    return np.linalg.eigvalsh(symmetric(A))[-1]


def largest_eigenvalue_gradient(A: Array) -> Any:
    """v vᵀ of its eigenvector: (n, n)."""
    v = np.linalg.eigh(symmetric(A))[1][:, -1]
    return np.outer(v, v)


LIBRARY.formula(
    "largest-eigenvalue",
    "Largest eigenvalue of a symmetric matrix",
    formula=r"f = \lambda_{\max}(A)",
    forward=largest_eigenvalue,
    inputs={"A": Symmetric(Reals(3, 3))},
    gradient=largest_eigenvalue_gradient,
    printed={"A": r"\frac{\partial f}{\partial A} = v v^T, \quad A v = \lambda_{\max} v, \quad \|v\| = 1"},
    source="M. Overton, On minimizing the maximum eigenvalue of a symmetric matrix, SIAM J. Matrix Anal. Appl. 9, 1988",
    assumptions=(EIGENVALUES_APART,),
    also=("spectral radius", "power iteration", "eigenvalue optimisation"),
    notes="Convex; a kink where the largest eigenvalue is not simple.",
)


def largest_eigenvalues_sum(A: Array) -> Any:
    """The sum of the two largest eigenvalues of (A + Aᵀ)/2: (n, n) → ()."""
    return np.sum(np.linalg.eigvalsh(symmetric(A))[-2:])


def largest_eigenvalues_sum_gradient(A: Array) -> Any:
    """V Vᵀ of their eigenvectors, the projector on them: (n, n)."""
    V = np.linalg.eigh(symmetric(A))[1][:, -2:]
    return V @ V.T


LIBRARY.formula(
    "largest-eigenvalues-sum",
    "Sum of the k largest eigenvalues of a symmetric matrix, at k = 2 (Ky Fan)",
    formula=r"f = \max_{V^T V = I} \operatorname{tr}(V^T A V)",
    forward=largest_eigenvalues_sum,
    inputs={"A": Symmetric(Reals(3, 3))},
    gradient=largest_eigenvalues_sum_gradient,
    printed={"A": r"\frac{\partial f}{\partial A} = V V^T"},
    source=(
        "M. Overton and R. Womersley, Optimality conditions and duality theory for minimizing sums of the largest eigenvalues,"
        " Mathematical Programming 62, 1993"
    ),
    assumptions=(EIGENVALUES_APART,),
    also=("Ky Fan", "principal component analysis", "explained variance"),
)


def projector(A: Array) -> Any:
    """V Vᵀ of the eigenvectors of the two largest eigenvalues of (A + Aᵀ)/2: (n, n) → (n, n)."""
    V = np.linalg.eigh(symmetric(A))[1][:, -2:]
    return V @ V.T


def projector_backward(dy: Array, A: Array) -> Any:
    """Σ (uᵀ S v)(u vᵀ + v uᵀ)/(λ_v − λ_u) over u outside and v inside, S = ȳ + ȳᵀ, halved."""
    values, V = np.linalg.eigh(symmetric(A))
    outside, inside = V[:, :-2], V[:, -2:]
    coupling = outside.T @ symmetric(dy) @ inside / (values[None, -2:] - values[:-2, None])
    half = outside @ coupling @ inside.T
    return half + half.T


LIBRARY.formula(
    "spectral-projector",
    "Projector on the leading eigenvectors of a symmetric matrix, at k = 2",
    formula=r"y = V V^T",
    forward=projector,
    inputs={"A": Symmetric(Reals(3, 3))},
    backward=projector_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = \sum_i \sum_j"
            r" \frac{v_i^T \operatorname{sym}(\bar y) v_j}{\lambda_j - \lambda_i} (v_i v_j^T + v_j v_i^T)"
        )
    },
    source="T. Kato, Perturbation Theory for Linear Operators, Springer 1966, chapter 2",
    assumptions=(EIGENVALUES_APART,),
    also=("subspace", "principal component analysis", "density matrix"),
    notes="The sum is over i outside and j inside."
    " No signs are left open, and eigenvalues inside or outside may coincide: only the gap between them matters.",
)


def square_root(A: Array) -> Any:
    """The positive definite y with y y = A, A symmetric and positive definite: (n, n) → (n, n)."""
    values, V = np.linalg.eigh(symmetric(A))
    return (V * np.sqrt(values)) @ V.T


def square_root_backward(dy: Array, A: Array) -> Any:
    """S with y S + S y = ȳ, symmetrised: in eigenvectors each entry is divided by √λᵢ + √λⱼ."""
    values, V = np.linalg.eigh(symmetric(A))
    roots = np.sqrt(values)
    return V @ (V.T @ symmetric(dy) @ V / (roots[:, None] + roots[None, :])) @ V.T


LIBRARY.formula(
    "symmetric-square-root",
    "Square root of a symmetric positive definite matrix",
    formula=r"y y = A",
    forward=square_root,
    inputs={"A": PositiveDefinite(3)},
    backward=square_root_backward,
    printed={"A": r"y S + S y = \operatorname{sym}(\bar y), \quad \frac{\partial L}{\partial A} = S"},
    source=f"{HIGHAM}, chapter 6",
    assumptions=(EIGENVALUES_APART,),
    also=(
        "scipy.linalg.sqrtm",
        "jax.scipy.linalg.sqrtm",
        "Fréchet inception distance",
        "Wasserstein distance",
        "Bures",
    ),
    notes="The formula holds where eigenvalues coincide as well; what was checked has them apart.",
)


def inverse_square_root(A: Array) -> Any:
    """The positive definite y with y A y = I: (n, n) → (n, n)."""
    values, V = np.linalg.eigh(symmetric(A))
    return (V / np.sqrt(values)) @ V.T


def inverse_square_root_backward(dy: Array, A: Array) -> Any:
    """In eigenvectors each entry is multiplied by −1/(√λᵢ √λⱼ (√λᵢ + √λⱼ))."""
    values, V = np.linalg.eigh(symmetric(A))
    roots = np.sqrt(values)
    quotients = np.outer(roots, roots) * (roots[:, None] + roots[None, :])
    return -V @ (V.T @ symmetric(dy) @ V / quotients) @ V.T


LIBRARY.formula(
    "inverse-square-root",
    "Inverse square root of a symmetric positive definite matrix (whitening)",
    formula=r"y A y = I",
    forward=inverse_square_root,
    inputs={"A": PositiveDefinite(3)},
    backward=inverse_square_root_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = -V \left(\frac{(V^T \operatorname{sym}(\bar y) V)_{ij}}"
            r"{\sqrt{\lambda_i \lambda_j} (\sqrt{\lambda_i} + \sqrt{\lambda_j})}\right)_{ij} V^T"
        )
    },
    source=f"{HIGHAM}, chapter 3",
    assumptions=(EIGENVALUES_APART,),
    also=("ZCA whitening", "decorrelated batch normalisation", "Shampoo", "symmetric orthogonalisation"),
    notes="The divided differences of λ^{−1/2}: the formula of Daleckii and Krein.",
)


def matrix_logarithm(A: Array) -> Any:
    """V diag(log λ) Vᵀ, A symmetric and positive definite: (n, n) → (n, n)."""
    values, V = np.linalg.eigh(symmetric(A))
    return (V * np.log(values)) @ V.T


def matrix_logarithm_backward(dy: Array, A: Array) -> Any:
    """In eigenvectors each entry is multiplied by (log λᵢ − log λⱼ)/(λᵢ − λⱼ), and by 1/λᵢ on the diagonal."""
    values, V = np.linalg.eigh(symmetric(A))
    same = np.eye(len(values))
    logs = np.log(values)
    slopes = (logs[:, None] - logs[None, :]) / (values[:, None] - values[None, :] + same) + np.diag(1 / values)
    return V @ (V.T @ symmetric(dy) @ V * slopes) @ V.T


LIBRARY.formula(
    "symmetric-function",
    "Function of a symmetric matrix by its eigenvalues, at f = log",
    formula=r"y = V \operatorname{diag}(f(\lambda)) V^T",
    forward=matrix_logarithm,
    inputs={"A": PositiveDefinite(3)},
    backward=matrix_logarithm_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = V \left(D \odot (V^T \operatorname{sym}(\bar y) V)\right) V^T,"
            r" \quad D_{ij} = \frac{f(\lambda_i) - f(\lambda_j)}{\lambda_i - \lambda_j}, \quad D_{ii} = f'(\lambda_i)"
        )
    },
    source=f"{HIGHAM}, chapter 3",
    assumptions=(EIGENVALUES_APART,),
    also=("scipy.linalg.logm", "Daleckii-Krein", "log-Euclidean", "covariance descriptor"),
    notes="Where eigenvalues come close the divided difference loses digits: take f' at their mean there.",
)


def singular_values(A: Array) -> Any:
    """The singular values of A, descending: (m, n) → (min(m, n),)."""
    return np.linalg.svd(A, compute_uv=False)


def singular_values_backward(dy: Array, A: Array) -> Any:
    """U diag(ȳ) Vᵀ: the derivative of a singular value is u vᵀ."""
    U, _, Vt = np.linalg.svd(A, full_matrices=False)
    return (U * dy) @ Vt


LIBRARY.formula(
    "singular-values",
    "Singular values",
    formula=r"A = U \operatorname{diag}(\sigma) V^T",
    forward=singular_values,
    inputs={"A": FullRank(3, 2)},
    backward=singular_values_backward,
    printed={"A": r"\frac{\partial L}{\partial A} = U \operatorname{diag}(\bar \sigma) V^T"},
    source=f"{TOWNSEND}; {GILES}",
    assumptions=(SINGULAR_VALUES_APART,),
    also=("np.linalg.svd", "jax.numpy.linalg.svd", "torch.linalg.svdvals"),
    notes="For singular values that differ and are not 0; at 0 they have the kink of an absolute value.",
)


def svd(A: Array) -> tuple[Any, Any, Any]:
    """U, σ and V of A = U diag(σ) Vᵀ, m ≥ n: (m, n) → (m, n), (n,), (n, n)."""
    U, sizes, Vt = np.linalg.svd(A, full_matrices=False)
    signs = np.where(U[0] < 0, -1.0, 1.0)
    return U * signs, sizes, Vt.T * signs


def svd_backward(du: Array, ds: Array, dv: Array, A: Array) -> Any:
    """Townsend's formula for m ≥ n = rank A, with Fᵢⱼ = 1/(σⱼ² − σᵢ²) for i ≠ j and 0 on the diagonal.

    [U (F ⊙ (UᵀŪ − ŪᵀU)) Σ + (I − UUᵀ) Ū Σ⁻¹] Vᵀ + U diag(σ̄) Vᵀ + U Σ (F ⊙ (VᵀV̄ − V̄ᵀV)) Vᵀ.
    """
    U, sizes, V = svd(A)
    same = np.eye(len(sizes))
    F = 1 / (sizes[None, :] ** 2 - sizes[:, None] ** 2 + same) - same
    by_u = U @ (F * (U.T @ du - du.T @ U)) * sizes + (du - U @ (U.T @ du)) / sizes
    by_v = (U * sizes) @ (F * (V.T @ dv - dv.T @ V))
    return (by_u + U * ds + by_v) @ V.T


LIBRARY.formula(
    "svd",
    "Singular value decomposition (reduced)",
    formula=r"A = U \operatorname{diag}(\sigma) V^T",
    forward=svd,
    inputs={"A": FullRank(3, 2)},
    cotangents={"du": Reals(3, 2), "ds": Reals(2), "dv": Reals(2, 2)},
    backward=svd_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = \left(U (F \odot (U^T \bar U - \bar U^T U)) \Sigma"
            r" + (I - U U^T) \bar U \Sigma^{-1} + U \operatorname{diag}(\bar \sigma)"
            r" + U \Sigma (F \odot (V^T \bar V - \bar V^T V))\right) V^T,"
            r" \quad F_{ij} = \frac{1}{\sigma_j^2 - \sigma_i^2}, \quad F_{ii} = 0"
        )
    },
    source=TOWNSEND,
    assumptions=(SINGULAR_VECTORS_SIGNED,),
    also=("np.linalg.svd", "jax.numpy.linalg.svd", "torch.linalg.svd", "principal component analysis", "low rank"),
    notes="F grows without bound where singular values come close. Of a wide matrix, decompose the transposed one.",
)


def nuclear_norm(A: Array) -> Any:
    """Σ σᵢ: (m, n) → ()."""
    return np.sum(np.linalg.svd(A, compute_uv=False))


def nuclear_norm_gradient(A: Array) -> Any:
    """U Vᵀ: (m, n)."""
    U, _, Vt = np.linalg.svd(A, full_matrices=False)
    return U @ Vt


LIBRARY.formula(
    "nuclear-norm",
    "Nuclear norm (sum of the singular values)",
    formula=r"f = \sum_i \sigma_i(A)",
    forward=nuclear_norm,
    inputs={"A": FullRank(3, 2)},
    gradient=nuclear_norm_gradient,
    printed={"A": r"\frac{\partial f}{\partial A} = U V^T"},
    source=WATSON,
    assumptions=(SINGULAR_VALUES_APART,),
    also=("np.linalg.norm(A, 'nuc')", "torch.linalg.matrix_norm(ord='nuc')", "trace norm", "matrix completion"),
    notes="For A of full rank; at a lower rank there is a kink.",
)


def spectral_norm(A: Array) -> Any:
    """σ₁: (m, n) → ()."""
    return np.linalg.svd(A, compute_uv=False)[0]


def spectral_norm_gradient(A: Array) -> Any:
    """u₁ v₁ᵀ: (m, n)."""
    U, _, Vt = np.linalg.svd(A, full_matrices=False)
    return np.outer(U[:, 0], Vt[0])


LIBRARY.formula(
    "spectral-norm",
    "Spectral norm (largest singular value)",
    formula=r"f = \sigma_1(A)",
    forward=spectral_norm,
    inputs={"A": FullRank(3, 2)},
    gradient=spectral_norm_gradient,
    printed={"A": r"\frac{\partial f}{\partial A} = u_1 v_1^T"},
    source=WATSON,
    assumptions=(SINGULAR_VALUES_APART,),
    also=("np.linalg.norm(A, 2)", "torch.linalg.matrix_norm(ord=2)", "spectral normalisation", "Lipschitz constant"),
    notes="A kink where the largest singular value is not simple.",
)


def condition_number(A: Array) -> Any:
    """σ₁/σₙ: (m, n) → ()."""
    sizes = np.linalg.svd(A, compute_uv=False)
    return sizes[0] / sizes[-1]


def condition_number_gradient(A: Array) -> Any:
    """(u₁ v₁ᵀ − κ uₙ vₙᵀ)/σₙ: (m, n)."""
    U, sizes, Vt = np.linalg.svd(A, full_matrices=False)
    return (np.outer(U[:, 0], Vt[0]) - sizes[0] / sizes[-1] * np.outer(U[:, -1], Vt[-1])) / sizes[-1]


LIBRARY.formula(
    "condition-number",
    "Condition number in the 2-norm",
    formula=r"\kappa = \frac{\sigma_1}{\sigma_n}",
    forward=condition_number,
    inputs={"A": FullRank(3, 2)},
    gradient=condition_number_gradient,
    printed={"A": r"\frac{\partial \kappa}{\partial A} = \frac{u_1 v_1^T - \kappa u_n v_n^T}{\sigma_n}"},
    source=f"{TOWNSEND}; the quotient rule",
    assumptions=(SINGULAR_VALUES_APART,),
    also=("np.linalg.cond", "torch.linalg.cond"),
)


def pseudo_inverse(A: Array) -> Any:
    """(AᵀA)⁻¹ Aᵀ, m ≥ n = rank A: (m, n) → (n, m)."""
    return np.linalg.solve(A.T @ A, A.T)


def pseudo_inverse_backward(dy: Array, A: Array) -> Any:
    """−yᵀ ȳ yᵀ + (I − A y) ȳᵀ y yᵀ."""
    y = pseudo_inverse(A)
    across = dy.T @ (y @ y.T)
    return -y.T @ dy @ y.T + across - A @ (y @ across)


LIBRARY.formula(
    "pseudo-inverse",
    "Pseudo-inverse of a matrix of full column rank",
    formula=r"y = (A^T A)^{-1} A^T",
    forward=pseudo_inverse,
    inputs={"A": FullRank(3, 2)},
    backward=pseudo_inverse_backward,
    printed={
        "A": r"\frac{\partial L}{\partial A} = -P^T \bar y P^T + \bar y^T P P^T - A P \bar y^T P P^T",
    },
    notation={"P": r"(A^T A)^{-1} A^T"},
    source=(
        "G. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables"
        " separate, SIAM Journal on Numerical Analysis 10, 1973"
    ),
    also=("np.linalg.pinv", "jax.numpy.linalg.pinv", "torch.linalg.pinv", "Moore-Penrose inverse"),
    notes="Where the rank changes the pseudo-inverse jumps.",
)


def polar_factor(A: Array) -> Any:
    """U Vᵀ, the orthogonal matrix closest to an invertible A: (n, n) → (n, n)."""
    U, _, Vt = np.linalg.svd(A)
    return U @ Vt


def polar_factor_backward(dy: Array, A: Array) -> Any:
    """U (E − Eᵀ)ᵢⱼ/(σᵢ + σⱼ) Vᵀ, E = Uᵀ ȳ V."""
    U, sizes, Vt = np.linalg.svd(A)
    turned = U.T @ dy @ Vt.T
    return U @ ((turned - turned.T) / (sizes[:, None] + sizes[None, :])) @ Vt


LIBRARY.formula(
    "polar-factor",
    "Orthogonal polar factor",
    formula=r"A = Q P, \quad Q^T Q = I, \quad P = P^T",
    forward=polar_factor,
    inputs={"A": Invertible(3)},
    backward=polar_factor_backward,
    printed={
        "A": (
            r"\frac{\partial L}{\partial A} = U \left(\frac{E_{ij} - E_{ji}}{\sigma_i + \sigma_j}\right)_{ij} V^T,"
            r" \quad E = U^T \bar y V"
        )
    },
    source=f"{HIGHAM}, chapter 8",
    assumptions=(SINGULAR_VALUES_APART,),
    also=("scipy.linalg.polar", "orthogonal Procrustes", "Muon", "closest rotation", "Kabsch"),
    notes="The formula holds where singular values coincide as well; what was checked has them apart.",
)
