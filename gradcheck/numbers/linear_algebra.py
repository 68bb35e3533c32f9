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


def _entries(system: Any, x: Any) -> Entries:
    """The entries of the matrices in the last two axes."""
    rows, columns = x.shape[-2:]
    places = list(itertools.product(range(rows), range(columns)))
    if not places:
        return {}
    parts = system.rearrange(lambda _, data: [data[..., i, j] for i, j in places], {}, [x])
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
    """``a x = b``, or ``x a = b`` on the right-hand side, by substitution."""
    a, b = values
    coefficients, right = _entries(system, a), _entries(system, b)
    lower, transposed = params["lower"], params["transpose_a"]
    if params.get("conjugate_a"):
        coefficients = {place: _conjugate(system, entry) for place, entry in coefficients.items()}
    if not params["left_side"]:  # x a = b is aᵀ xᵀ = bᵀ
        right = {(j, i): entry for (i, j), entry in right.items()}
        transposed = not transposed
    if transposed:
        coefficients = {(j, i): entry for (i, j), entry in coefficients.items()}
        lower = not lower
    n = a.shape[-1]
    columns = range(1 + max((j for _, j in right), default=-1))
    solved: Entries = {}
    order = range(n) if lower else range(n - 1, -1, -1)
    for column, (step, i) in itertools.product(columns, enumerate(order)):
        total = right[i, column]
        for j in order[:step]:
            total = _minus(system, total, coefficients[i, j], solved[j, column])
        solved[i, column] = total if params["unit_diagonal"] else system.apply("div", {}, [total, coefficients[i, i]])
    if not params["left_side"]:
        solved = {(j, i): entry for (i, j), entry in solved.items()}
    return _assembled(system, solved, tuple(b.shape))


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
    entries = _entries(system, x)
    permutation, exchanges = np.arange(rows), np.zeros(min(rows, columns), dtype=np.int64)
    for k in range(min(rows, columns)):
        pivot = k + _largest(system, [entries[i, k] for i in range(k, rows)])
        exchanges[k] = pivot
        permutation[[k, pivot]] = permutation[[pivot, k]]
        for j in range(columns):
            entries[k, j], entries[pivot, j] = entries[pivot, j], entries[k, j]
        for i in range(k + 1, rows):
            entries[i, k] = system.apply("div", {}, [entries[i, k], entries[k, k]])
            for j in range(k + 1, columns):
                entries[i, j] = _minus(system, entries[i, j], entries[i, k], entries[k, j])
    return _assembled(system, entries, (rows, columns)), exchanges, permutation


def _largest(system: Any, candidates: list[Any]) -> int:
    """Which of the scalars has the largest magnitude."""
    return int(np.argmax([np.abs(system.nearest(candidate)) for candidate in candidates]))
