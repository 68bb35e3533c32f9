"""Factorisations and solves of small matrices, written with arithmetic of entries, for every number system.

Leading axes are batches. An entry is a value of the batch's shape, so that the loops below run once for all matrices.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]
Entries = dict[tuple[int, int], Any]


def _entries(system: Any, x: Any, wide: bool = False) -> Entries:
    """The entries of the matrices in the last two axes; with an axis of length 1 where they are `wide`."""
    rows, columns = x.shape[-2:]
    places = list(itertools.product(range(rows), range(columns)))
    if not places:
        return {}
    tail = (None,) if wide else ()
    parts = system.rearrange(lambda _, data: [data[(..., i, j, *tail)] for i, j in places], {}, [x])
    return dict(zip(places, parts, strict=True))


def _assembled(system: Any, entries: Entries, shape: tuple[int, ...]) -> Any:
    """The inverse of `_entries`, for matrices of the whole `shape`."""
    if not entries:
        return system.constant(np.zeros(shape))
    places = list(itertools.product(range(shape[-2]), range(shape[-1])))
    parts = [entries[place] for place in places]
    return system.rearrange(lambda _, *cells: np.stack(cells, axis=-1).reshape(shape), {}, parts)


def _minus(system: Any, a: Any, b: Any, c: Any) -> Any:
    """a − b c."""
    return system.apply("sub", {}, [a, system.apply("mul", {}, [b, c])])


def _conjugate(system: Any, entry: Any) -> Any:
    """The complex conjugate; a real number is its own."""
    return system.apply("conj", {}, [entry])


def triangular_solve(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    """``a x = b``, or ``x a = b`` on the right-hand side, by substitution, one line of b after the other."""
    a, b = values
    if 0 in b.shape:
        return b
    axis = -2 if params["left_side"] else -1
    lower, transposed = params["lower"], params["transpose_a"]
    if axis == -1:  # x a = b is aᵀ xᵀ = bᵀ
        transposed = not transposed
    coefficients = _entries(system, a, wide=True)
    if params.get("conjugate_a"):
        coefficients = {place: _conjugate(system, entry) for place, entry in coefficients.items()}
    if transposed:
        coefficients = {(j, i): entry for (i, j), entry in coefficients.items()}
        lower = not lower
    n = a.shape[-1]
    lines = system.rearrange(lambda _, data: [np.take(data, i, axis=axis) for i in range(n)], {}, [b])
    order = range(n) if lower else range(n - 1, -1, -1)
    for step, i in enumerate(order):
        for j in order[:step]:
            lines[i] = _minus(system, lines[i], coefficients[i, j], lines[j])
        if not params["unit_diagonal"]:
            lines[i] = system.apply("div", {}, [lines[i], coefficients[i, i]])
    return system.rearrange(lambda _, *solved: np.stack(solved, axis=axis), {}, lines)


def cholesky(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> Any:
    """The lower factor L of A = L L*, row by row, from the lower triangle of A.

    L_ij = (A_ij − Σ_{k<j} L_ik L̄_jk) / L_jj for i > j, and L_jj = √(A_jj − Σ_{k<j} |L_jk|²), which is real
    (Golub and Van Loan, Matrix Computations, 4.2.5). JAX symmetrises the operand before where it is asked to.
    """
    (x,) = values
    given = _entries(system, x)
    factor: Entries = {}
    for i, j in itertools.product(range(x.shape[-1]), repeat=2):
        if j > i:
            factor[i, j] = system.exact(0, tuple(x.shape[:-2]))
            continue
        total = given[i, j]
        for k in range(j):
            total = _minus(system, total, factor[i, k], _conjugate(system, factor[j, k]))
        total = system.apply("real", {}, [total]) if i == j else total
        factor[i, j] = system.apply("sqrt", {}, [total]) if i == j else system.apply("div", {}, [total, factor[j, j]])
    return _assembled(system, factor, tuple(x.shape))


def lu(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> list[Any]:
    """P A = L U by elimination with row exchanges: L and U in one matrix, LAPACK's exchanges, and the permutation.

    The pivot is the entry of largest magnitude in its column, as in LAPACK, judged by the nearest floats: every choice gives
    a factorization, and what is solved with it does not depend on the choice.
    """
    (x,) = values
    batch, (rows, columns) = tuple(x.shape[:-2]), x.shape[-2:]
    count = int(np.prod(batch, dtype=np.int64))
    flat = system.apply("reshape", {"new_sizes": (count, rows, columns)}, [x])
    factors, exchanges, permutations = [], [], []
    for b in range(count):
        matrix = system.rearrange(lambda _, data, b=b: data[b, ...], {}, [flat])
        factor, exchange, permutation = _lu(system, matrix)
        factors.append(factor)
        exchanges.append(exchange)
        permutations.append(permutation)
    if not count:
        return [x, np.zeros((*batch, min(rows, columns)), np.int32), np.zeros((*batch, rows), np.int32)]
    joined = system.rearrange(lambda _, *parts: np.stack(parts).reshape(x.shape), {}, factors)
    return [
        joined,
        np.stack(exchanges).astype(np.int32).reshape(*batch, -1),
        np.stack(permutations).astype(np.int32).reshape(*batch, rows),
    ]


def _lu(system: Any, x: Any) -> tuple[Any, Array, Array]:
    rows, columns = x.shape
    permutation, exchanges = np.arange(rows), np.zeros(min(rows, columns), dtype=np.int64)
    for k in range(min(rows, columns)):
        pivot = k + int(np.argmax(np.abs(system.nearest(x)[k:, k])))
        exchanges[k] = pivot
        order = np.arange(rows)
        order[[k, pivot]] = order[[pivot, k]]
        permutation = permutation[order]
        if k + 1 == rows:
            break
        done, below, corner, column, *rest = system.rearrange(
            lambda _, data, k=k, order=order: _blocks(data[order], k), {}, [x]
        )
        column = system.apply("div", {}, [column, corner])
        block = [_minus(system, rest[1], column, rest[0])] if rest else []
        x = system.rearrange(_joined, {}, [done, below, column, *block])
    return x, exchanges, permutation


def _blocks(x: Array, k: int) -> list[Array]:
    """The rows up to k, those below, the entry k, what is below it, and if there is more, what is right of both."""
    entry = [x[: k + 1], x[k + 1 :], x[k : k + 1, k : k + 1], x[k + 1 :, k : k + 1]]
    return [*entry, x[k : k + 1, k + 1 :], x[k + 1 :, k + 1 :]] if k + 1 < x.shape[1] else entry


def _joined(_: Params, done: Array, below: Array, column: Array, *block: Array) -> Array:
    """The rows done, and those below with a column and what is right of it in place of their own."""
    return np.concatenate([done, np.concatenate([below[:, : len(done) - 1], column, *block], axis=1)])
