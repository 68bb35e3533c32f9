"""NumPy's linear algebra under tracing: norms, and what a factorisation with row exchanges gives.

The comparisons that are made here are the algorithm's, not the user's: `tape` marks what is recorded in this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.results import wrapped
from gradcheck.program.tape import Raw, emit, emit_all
from gradcheck.program.traced_array import raw_of
from gradcheck.program.uncovered import Uncovered

Function = Callable[..., Any]

_INT32 = np.dtype(np.int32)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 - NumPy's name
    """Of vectors: (Σ |x|^p)^(1/p), and the largest or smallest size. Of matrices: those that need no singular values."""
    raw = raw_of(x)
    if ord is None and axis is None:
        flat = np.sqrt(np.sum(_squares(x)))
        return np.reshape(flat, (1,) * raw.ndim) if keepdims else flat
    axes = tuple(range(raw.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(int(np.lib.array_utils.normalize_axis_index(one, raw.ndim)) for one in axes)
    keep: dict[str, Any] = {"keepdims": bool(keepdims)}
    if ord in (None, "fro") or (ord == 2 and len(axes) == 1):
        if ord == "fro" and len(axes) != 2:
            raise Uncovered
        return np.sqrt(np.sum(_squares(x), axis=axes, **keep))
    sizes = np.abs(x)
    if len(axes) == 1:
        return _vector_norm(sizes, ord, axes[0], keep)
    if len(axes) != 2 or ord not in (1, -1, np.inf, -np.inf):
        raise Uncovered
    summed, kept = axes if abs(ord) == 1 else axes[::-1]
    extreme = np.max if ord > 0 else np.min
    return extreme(np.sum(sizes, axis=summed, keepdims=True), axis=axes, **keep) if kept >= 0 else None


def _vector_norm(sizes: Any, ord: Any, axis: int, keep: dict[str, Any]) -> Any:  # noqa: A002 - as above
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(sizes, axis=axis, **keep)
    if not isinstance(ord, int | float) or not ord:
        raise Uncovered
    if ord == 1:
        return np.sum(sizes, axis=axis, **keep)
    return np.power(np.sum(np.power(sizes, ord), axis=axis, **keep), 1 / ord)


def _squares(x: Any) -> Any:
    return np.square(np.real(x)) + np.square(np.imag(x)) if raw_of(x).dtype.kind == "c" else np.square(x)


def _square(a: Any) -> Raw:
    """A matrix of floating point numbers that has as many rows as columns."""
    raw = raw_of(a)
    if raw.ndim != 2 or raw.shape[0] != raw.shape[1] or not raw.shape[0] or raw.dtype.kind not in "fc":
        raise Uncovered
    return raw


def _factorised(raw: Raw) -> tuple[Raw, Raw, Raw]:
    """L and U in one matrix, LAPACK's row exchanges, and the permutation that they make."""
    n = raw.shape[0]
    kinds = [(raw.shape, raw.dtype), ((n,), _INT32), ((n,), _INT32)]
    factors, exchanges, permutation = emit_all("lu", {}, [raw], kinds)
    return factors, exchanges, permutation


def _triangular(a: Raw, b: Raw, **how: bool) -> Raw:
    usual = {"left_side": True, "lower": True, "transpose_a": False, "conjugate_a": False, "unit_diagonal": False}
    return emit("triangular_solve", {**usual, **how}, [a, b], b.shape, b.dtype)


def _solve(a: Any, b: Any) -> Any:
    """P A = L U, so that x = U⁻¹ L⁻¹ P b."""
    matrix, right = _square(a), raw_of(b)
    kind = np.result_type(matrix.dtype, right.dtype)
    if right.ndim not in (1, 2) or right.shape[0] != matrix.shape[0] or 0 in right.shape or kind.kind not in "fc":
        raise Uncovered
    factors, _, permutation = _factorised(recording.cast(matrix, kind))
    columns = recording.reshape(recording.cast(right, kind), (right.shape[0], 1 if right.ndim == 1 else right.shape[1]))
    exchanged = recording.rows_at(columns, permutation)
    lower = _triangular(factors, exchanged, unit_diagonal=True)
    return wrapped(recording.reshape(_triangular(factors, lower, lower=False), right.shape))


def _inv(a: Any) -> Any:
    matrix = _square(a)
    return _solve(a, np.eye(matrix.shape[0], dtype=matrix.dtype))


def _det(a: Any) -> Any:
    """The sum over permutations for up to 3 × 3; beyond, the product of U's diagonal with the sign of the exchanges."""
    n = _square(a).shape[0]
    if n == 1:
        return a[0, 0]
    if n == 2:
        return a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    if n == 3:
        return (
            a[0, 0] * a[1, 1] * a[2, 2]
            + a[0, 1] * a[1, 2] * a[2, 0]
            + a[0, 2] * a[1, 0] * a[2, 1]
            - a[0, 2] * a[1, 1] * a[2, 0]
            - a[0, 0] * a[1, 2] * a[2, 1]
            - a[0, 1] * a[1, 0] * a[2, 2]
        )
    factors, exchanges, _ = _factorised(raw_of(a))
    return np.prod(np.diagonal(wrapped(factors))) * _sign(exchanges, raw_of(a).dtype)


def _sign(exchanges: Raw, dtype: np.dtype[Any]) -> Any:
    """−1 for each row that was exchanged with another."""
    moved = np.not_equal(wrapped(exchanges), np.arange(exchanges.shape[0], dtype=_INT32))
    return np.prod(np.where(moved, -1.0, 1.0)).astype(dtype)


def _slogdet(a: Any) -> Any:
    if _square(a).dtype.kind != "f":
        raise Uncovered
    factors, exchanges, _ = _factorised(raw_of(a))
    diagonal = np.diagonal(wrapped(factors))
    sign = _sign(exchanges, diagonal.dtype) * np.prod(np.sign(diagonal))
    return _Slogdet(sign, np.sum(np.log(np.abs(diagonal))))


_Slogdet: Any = type(np.linalg.slogdet(np.eye(1)))


def _cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The lower factor; both triangles are averaged, since a matrix that has one is symmetric."""
    matrix = _square(a)
    if upper or matrix.dtype.kind != "f":
        raise Uncovered
    symmetric = raw_of((a + np.transpose(a)) / 2)
    factor = emit("cholesky", {"symmetrize_input": False}, [symmetric], matrix.shape, matrix.dtype)
    return np.tril(wrapped(factor))


def _matrix_power(a: Any, n: int) -> Any:
    if raw_of(a).ndim != 2 or isinstance(n, bool) or not isinstance(n, int):
        raise Uncovered
    if n < 0:
        return _matrix_power(_inv(a), -n)
    if n == 0:
        return np.eye(raw_of(a).shape[0], dtype=raw_of(a).dtype) + 0 * a
    made = a
    for _ in range(n - 1):
        made = np.matmul(made, a)
    return made


FUNCTIONS: Mapping[Function, Function] = {
    np.linalg.norm: _norm,
    np.linalg.solve: _solve,
    np.linalg.inv: _inv,
    np.linalg.det: _det,
    np.linalg.slogdet: _slogdet,
    np.linalg.cholesky: _cholesky,
    np.linalg.matrix_power: _matrix_power,
}
