"""Products of matrices, factorisations and solutions of linear systems.

A^H stands for the conjugate transpose. Pivots are LAPACK's: row i was exchanged with row pivots[i], counted from one.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import linalg

from gradcheck.torch.rows import Operation, Row, aware
from gradcheck.torch.rows.elementwise import scaled


def transposed(a: Any) -> Any:
    """A^T, of the last two axes."""
    return jnp.swapaxes(a, -1, -2)


def adjoint(a: Any) -> Any:
    """A^H, of the last two axes."""
    return jnp.conj(transposed(a)) if a.dtype.kind == "c" else transposed(a)


def lu(a: Any) -> tuple[Any, Any]:
    """L and U in one matrix, and the pivots."""
    factors, pivots, _ = lax.linalg.lu(a)
    return factors, pivots + 1


def lu_unpack(factors: Any, pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> tuple[Any, Any, Any]:
    """P, L and U with A = P L U."""
    rows, columns = factors.shape[-2:]
    k = min(rows, columns)
    order = lax.linalg.lu_pivots_to_permutation((pivots - 1).astype(np.int32), rows)
    p = (jnp.arange(rows)[:, None] == order[..., None, :]).astype(factors.dtype)
    lower = jnp.tril(factors[..., :, :k], -1) + jnp.eye(rows, k, dtype=factors.dtype)
    nothing = jnp.zeros((0,), dtype=factors.dtype)
    upper = jnp.triu(factors[..., :k, :])
    return p if unpack_pivots else nothing, *((lower, upper) if unpack_data else (nothing, nothing))


def lu_solve(factors: Any, pivots: Any, b: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """The X with A X = B (X A = B unless `left`; A^H for A if `adjoint`), of a factorisation P A = L U."""
    if not left:
        return _h(lu_solve(factors, pivots, _h(b), left=True, adjoint=not adjoint))
    b = jnp.broadcast_to(b, (*factors.shape[:-2], *b.shape[-2:]))
    rows = lax.linalg.lu_pivots_to_permutation((pivots - 1).astype(np.int32), factors.shape[-1])
    if adjoint:
        y = triangular_solve(factors, b, upper=True, conjugate=True)
        z = triangular_solve(factors, y, upper=False, unit=True, conjugate=True)
        return jnp.take_along_axis(z, jnp.argsort(rows, axis=-1)[..., None], axis=-2, mode="promise_in_bounds")
    b = jnp.take_along_axis(b, rows[..., None], axis=-2, mode="promise_in_bounds")
    y = triangular_solve(factors, b, upper=False, unit=True)
    return triangular_solve(factors, y, upper=True)


def triangular_solve(
    a: Any,
    b: Any,
    *,
    upper: bool,
    left: bool = True,
    unit: bool = False,
    transpose: bool = False,
    conjugate: bool = False,
) -> Any:
    """The X with A X = B, or X A = B, for a triangular A (its transpose, or its conjugate transpose)."""
    shape = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (jnp.broadcast_to(x, (*shape, *x.shape[-2:])) for x in (a, b))
    return lax.linalg.triangular_solve(
        a,
        b,
        left_side=left,
        lower=not upper,
        transpose_a=transpose or conjugate,
        conjugate_a=conjugate and a.dtype.kind == "c",
        unit_diagonal=unit,
    )


def _h(a: Any) -> Any:
    return adjoint(a)


@aware
def determinant(operation: Operation, a: Any) -> Any:
    """det A with the factors of A, or of A^T where that is what lies in memory column by column."""
    factors, pivots = lu(_lapack(operation, a))
    return _sign(pivots) * jnp.prod(_diagonal(factors), axis=-1), factors, pivots


@aware
def log_determinant(operation: Operation, a: Any) -> Any:
    """det A / |det A| and log |det A|, with the factors as for `determinant`."""
    factors, pivots = lu(_lapack(operation, a))
    diagonal = _diagonal(factors)
    return (
        _sign(pivots) * jnp.prod(jnp.sign(diagonal), axis=-1),
        jnp.sum(jnp.log(jnp.abs(diagonal)), axis=-1),
        factors,
        pivots,
    )


def solve(a: Any, b: Any, *, left: bool = True, check_errors: bool = False) -> Any:
    """The X with A X = B, or X A = B, with the factors of A and its pivots."""
    factors, pivots = lu(a)
    vector = b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])
    x = lu_solve(factors, pivots, b[..., None] if vector else b, left=left)
    return x[..., 0] if vector else x, factors, pivots, _fine(a)


def trilinear(
    a: Any, b: Any, c: Any, expand1: Any, expand2: Any, expand3: Any, summed: Any, unroll_dim: int = 1
) -> Any:
    """Σ a b c over some axes, each factor with new axes where it has none."""
    parts = [jnp.expand_dims(x, tuple(axes)) for x, axes in zip((a, b, c), (expand1, expand2, expand3), strict=True)]
    return jnp.sum(parts[0] * parts[1] * parts[2], axis=tuple(summed))


def distances(a: Any, b: Any, p: float, compute_mode: int | None = None) -> Any:
    """‖a_i − b_j‖_p for all rows i and j."""
    away = jnp.abs(a[..., :, None, :] - b[..., None, :, :])
    if p == 0:
        return jnp.sum((away != 0).astype(away.dtype), axis=-1)
    if p == 1:
        return jnp.sum(away, axis=-1)
    if p == 2:
        return jnp.sqrt(jnp.sum(away * away, axis=-1))
    if p == math.inf:
        return jnp.max(away, axis=-1)
    return jnp.power(jnp.sum(jnp.power(away, p), axis=-1), 1 / p)


def distances_backward(g: Any, a: Any, b: Any, p: float, found: Any) -> Any:
    """Σ_j g_ij · ∂‖a_i − b_j‖_p / ∂a_i, with 0 where the distance is 0; by b it is the same with the sides exchanged."""
    away = a[..., :, None, :] - b[..., None, :, :]
    far = found[..., None]
    if p == 0:
        return jnp.zeros_like(a)
    if p == 1:
        slope = jnp.sign(away)
    elif p == math.inf:
        slope = jnp.sign(away) * (jnp.abs(away) == far)
    else:
        ratio = jnp.where(far == 0, 0, away / jnp.where(far == 0, 1, far))
        slope = ratio if p == 2 else jnp.sign(ratio) * jnp.power(jnp.abs(ratio), p - 1)
    return jnp.sum(g[..., None] * slope, axis=-2)


def weight_norm(v: Any, g: Any, dim: int = 0) -> Any:
    """g v / ‖v‖, with the norm over all axes but one."""
    norms = _norms(v, dim)
    return v * (g / norms), norms


def weight_norm_backward(grad: Any, v: Any, g: Any, norms: Any, dim: int) -> Any:
    """With n = ‖v‖ and s = Σ grad ⊙ v: dv = g/n · (grad − v s/n²), dg = s/n."""
    s = jnp.sum(grad * v, axis=tuple(i for i in range(v.ndim) if i != dim % v.ndim), keepdims=True)
    return (g / norms) * (grad - v * (s / (norms * norms))), s / norms


def _norms(v: Any, dim: int) -> Any:
    return jnp.sqrt(jnp.sum(v * v, axis=tuple(i for i in range(v.ndim) if i != dim % v.ndim), keepdims=True))


def _lapack(operation: Operation, a: Any) -> Any:
    """A, or A^T where a real A lies in memory row by row: LAPACK reads it column by column."""
    return transposed(a) if operation.in_c_order(0) and a.dtype.kind != "c" else a


def _sign(pivots: Any) -> Any:
    exchanged = jnp.sum(pivots != jnp.arange(1, pivots.shape[-1] + 1), axis=-1)
    return 1 - 2 * (exchanged % 2)


def _diagonal(a: Any) -> Any:
    return jnp.diagonal(a, axis1=-2, axis2=-1)


def _fine(a: Any) -> Any:
    """LAPACK's word that nothing went wrong."""
    return jnp.zeros(a.shape[:-2], dtype=np.int32)


def inverse(a: Any, *, check_errors: bool = False) -> Any:
    """A⁻¹."""
    factors, pivots = lu(a)
    eye = jnp.broadcast_to(jnp.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return lu_solve(factors, pivots, eye), _fine(a)


def cholesky(a: Any, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The lower L with A = L L^H, or its conjugate transpose; only one triangle of A is read."""
    lower = adjoint(a) if upper else a
    full = jnp.tril(lower) + adjoint(jnp.tril(lower, -1))
    factor = jnp.tril(lax.linalg.cholesky(full, symmetrize_input=False))
    return (adjoint(factor) if upper else factor), _fine(a)


def cholesky_solve(b: Any, factor: Any, upper: bool = False) -> Any:
    """The X with A X = B, of the Cholesky factor of A."""
    if upper:
        return triangular_solve(factor, triangular_solve(factor, b, upper=True, conjugate=True), upper=True)
    return triangular_solve(factor, triangular_solve(factor, b, upper=False), upper=False, conjugate=True)


def cholesky_inverse(factor: Any, upper: bool = False) -> Any:
    """A⁻¹, of the Cholesky factor of A."""
    eye = jnp.broadcast_to(jnp.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    return cholesky_solve(eye, factor, upper)


def old_triangular_solve(
    b: Any, a: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Any, Any]:
    """`triangular_solve` with the arguments of ``torch.triangular_solve``, which also returns A."""
    return triangular_solve(a, b, upper=upper, transpose=transpose, unit=unitriangular), a


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q R = A with Q orthonormal."""
    if mode == "r":
        return jnp.zeros((0,), dtype=a.dtype), jnp.linalg.qr(a, mode="r")
    return tuple(jnp.linalg.qr(a, mode=mode))


def eigh(a: Any, uplo: str = "L", compute_v: bool = True) -> Any:
    """Eigenvalues, ascending, and eigenvectors of a symmetric A, of which one triangle is read."""
    values, vectors = jnp.linalg.eigh(a, UPLO=uplo, symmetrize_input=False)
    return values, vectors


def svd(a: Any, full_matrices: bool = False, compute_uv: bool = True, *, driver: str | None = None) -> Any:
    """U, the singular values, and V^H, with A = U diag(s) V^H."""
    return tuple(jnp.linalg.svd(a, full_matrices=full_matrices))


def product_plus(product: Any) -> Row:
    """β C + α A B."""

    def row(c: Any, a: Any, b: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        together = scaled(product(a, b), alpha)
        return together if beta == 0 else scaled(c, beta) + together

    return row


def _batch_sum(a: Any, b: Any) -> Any:
    return jnp.einsum("bij,bjk->ik", a, b)


ROWS: dict[str, Row] = {
    "mm": jnp.matmul,
    "bmm": jnp.matmul,
    "mv": jnp.matmul,
    "dot": jnp.dot,
    "vdot": jnp.vdot,
    "addmm": product_plus(jnp.matmul),
    "addmv": product_plus(jnp.matmul),
    "baddbmm": product_plus(jnp.matmul),
    "addbmm": product_plus(_batch_sum),
    "addr": product_plus(jnp.outer),
    "linalg_cross": lambda a, b, *, dim=-1: jnp.cross(a, b, axis=dim),
    "trace": jnp.trace,
    "tril": lambda a, k=0: jnp.tril(a, k),
    "triu": lambda a, k=0: jnp.triu(a, k),
    "_linalg_det": determinant,
    "_linalg_slogdet": log_determinant,
    "_linalg_solve_ex": solve,
    "linalg_lu_factor_ex": lambda a, *, pivot=True, check_errors=False: (*lu(a), _fine(a)),
    "linalg_lu_solve": lu_solve,
    "lu_unpack": lu_unpack,
    "linalg_inv_ex": inverse,
    "linalg_cholesky_ex": cholesky,
    "cholesky": lambda a, upper=False: cholesky(a, upper=upper)[0],
    "cholesky_solve": cholesky_solve,
    "cholesky_inverse": cholesky_inverse,
    "linalg_solve_triangular": lambda a, b, *, upper, left=True, unitriangular=False: triangular_solve(
        a, b, upper=upper, left=left, unit=unitriangular
    ),
    "triangular_solve": old_triangular_solve,
    "linalg_qr": qr,
    "_linalg_eigh": eigh,
    "_linalg_svd": svd,
    "linalg_matrix_exp": linalg.expm,
    "_trilinear": trilinear,
    "_cdist_forward": distances,
    "_cdist_backward": distances_backward,
    "_weight_norm_interface": weight_norm,
    "_weight_norm_interface_backward": weight_norm_backward,
}
