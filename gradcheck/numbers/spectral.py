"""Factorisations that are not made of arithmetic alone: symmetric eigenvectors, singular vectors, and QR, enclosed.

Eigenvectors are enclosed by FLINT and differentiated implicitly. The others are made of them and of arithmetic, in any
system. A sign that the equations leave open is LAPACK's, which is asked about the nearest floats.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from flint import acb_mat, arb

from gradcheck.numbers.ball_arrays import boxed, midpoints
from gradcheck.numbers.jet import Jet
from gradcheck.numbers.system import CannotDecideError, NoRuleError

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]

_PRODUCT = (((1,), (0,)), ((), ()))
_OF_COLUMNS = (((0,), (0,)), ((), ()))
_PLAIN = {"lower": True, "sort_eigenvalues": True, "subset_by_index": None, "algorithm": None}


def _symmetric(system: Any, x: Any, params: Params, tangent: Any = None) -> Any:
    """The symmetric matrix that is meant, or its tangents: that of one triangle; of a symmetric matrix the mean of both.

    So the derivative by the entries of a symmetric matrix is symmetric, as it is in JAX and torch, whichever triangle is read.
    """
    moved = x if tangent is None else tangent
    nearest = system.nearest(x)
    if np.array_equal(nearest, nearest.T):
        turned = system.rearrange(lambda _, data: np.swapaxes(data, -1, -2), {}, [moved])
        return system.apply("div", {}, [system.apply("add", {}, [moved, turned]), system.exact(2, ())])
    i, j = np.indices(x.shape)
    first, second = (np.maximum(i, j), np.minimum(i, j)) if params["lower"] else (np.minimum(i, j), np.maximum(i, j))
    return system.rearrange(lambda _, data: data[..., first, second], {}, [moved])


def _square(x: Any, params: Params, name: str) -> None:
    if len(x.shape) != 2 or x.shape[0] != x.shape[1] or params.get("subset_by_index") is not None:
        raise NoRuleError(f"{name} of a batch of matrices, or of a part of the eigenvalues")


def _of_floats(function: Callable[..., Any], matrix: Array, **options: Any) -> Any:
    """What LAPACK says of the nearest floats, from which signs are taken."""
    matrix = np.asarray(matrix, dtype=np.float64)
    try:
        if np.isfinite(matrix).all():
            return function(matrix, **options)
    except np.linalg.LinAlgError:
        pass
    raise CannotDecideError("a matrix is too large for floats, which say the signs of its factors")


def eigenvectors(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> list[Any]:
    """V and λ of A = V diag(λ) Vᵀ in balls, eigenvalues ascending, for matrices whose eigenvalues are apart.

    FLINT encloses an eigenvector c v of each eigenvalue, v real and c some complex number (Rump, "Computational error bounds
    for multiple or nearly multiple eigenvalues", Linear Algebra and its Applications 324, 2001): its real part Re(c) v is one
    as well, where it is not zero.
    """
    _square(values[0], params, "eigh")
    x = _symmetric(system, values[0], params)
    entries = x.ravel().tolist()
    if not all(isinstance(entry, arb) for entry in entries):
        raise NoRuleError("eigh of intervals")
    n = x.shape[0]
    largest = max((abs(entry.mid()) for entry in entries), default=arb(0))
    if not all(entry.is_finite() for entry in entries) or not largest > 0:
        raise CannotDecideError("eigenvalues are not told apart")
    mantissa, exponent = largest.man_exp()
    unit = arb(2) ** (int(exponent) + int(mantissa).bit_length())  # the entries become smaller than 1, exactly
    x = x / unit
    try:
        found, vectors = acb_mat(n, n, x.ravel().tolist()).eig(right=True)
    except ValueError as error:
        raise CannotDecideError("eigenvalues are not told apart") from error
    numbers = [value.real for value in found]
    order = sorted(range(n), key=lambda k: float(numbers[k].mid()))
    if any(not numbers[a] < numbers[b] for a, b in itertools.pairwise(order)):
        raise CannotDecideError("eigenvalues are not told apart")
    usual = _of_floats(np.linalg.eigh, midpoints(x)).eigenvectors
    columns = []
    for place, k in enumerate(order):
        column = [vectors[i, k].real for i in range(n)]
        size = sum((entry * entry for entry in column), arb(0)).sqrt()
        if not size > 0:
            raise CannotDecideError("the length of an eigenvector is left open")
        along = sum(float(entry.mid()) * usual[i, place] for i, entry in enumerate(column))
        columns.append([entry / size if along > 0 else -entry / size for entry in column])
    cells = np.empty((n, n), dtype=object)
    cells[...] = np.array(columns, dtype=object).reshape(n, n).T
    return [boxed(cells), boxed(np.array([numbers[k] * unit for k in order], dtype=object))]


def moving_eigenvectors(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> list[Any]:
    """The same in jets: A v = λ v and vᵀ v = 1, differentiated and solved for each eigenvector.

    [A − λ I, −v; vᵀ, 0] [v̇; λ̇] = [−Ȧ v; 0], whose matrix is regular where the eigenvalue is simple.
    """
    base, x = system.base, system.lift(values[0])
    _square(x, params, "eigh")
    vectors, numbers = base.apply("eigh", params, [x.value])
    if x.tangent is None:
        return [Jet(system, vectors, None), Jet(system, numbers, None)]
    n, rows = x.shape[0], x.tangent.shape[0]
    matrix, moved = _symmetric(base, x.value, params), _symmetric(base, x.value, params, x.tangent)
    pushed = base.apply("dot_general", {"dimension_numbers": (((2,), (0,)), ((), ()))}, [moved, vectors])
    zero, zeros = base.exact(0, (1, 1)), base.exact(0, (1, rows))
    solved = []
    for k in range(n):
        column = base.rearrange(lambda _, data, k=k: data[:, k : k + 1], {}, [vectors])
        number = base.rearrange(lambda _, data, k=k: np.broadcast_to(data[k], (n, n)), {}, [numbers])
        shift = base.apply("mul", {}, [number, base.constant(np.eye(n))])
        corner = base.apply("sub", {}, [matrix, shift])
        minus = base.apply("neg", {}, [column])
        bordered = base.rearrange(
            lambda _, a, b, c, d: np.concatenate([np.concatenate([a, b], axis=1), np.concatenate([c.T, d], axis=1)]),
            {},
            [corner, minus, column, zero],
        )
        right = base.apply("neg", {}, [base.rearrange(lambda _, data, k=k: data[:, :, k].T, {}, [pushed])])
        stacked = base.rearrange(lambda _, above, below: np.concatenate([above, below]), {}, [right, zeros])
        solved.append(_solved(base, bordered, stacked))
    turned = base.rearrange(lambda _, *parts: np.stack([part[:n].T for part in parts], axis=-1), {}, solved)
    grown = base.rearrange(lambda _, *parts: np.stack([part[n] for part in parts], axis=-1), {}, solved)
    return [Jet(system, vectors, turned), Jet(system, numbers, grown)]


def _solved(system: Any, matrix: Any, right: Any) -> Any:
    """matrix⁻¹ right, by elimination with row exchanges."""
    factors, _, permutation = system.apply("lu", {}, [matrix])
    exchanged = system.rearrange(lambda _, data: data[np.asarray(permutation)], {}, [right])
    how = {"left_side": True, "transpose_a": False, "conjugate_a": False}
    lower = system.apply("triangular_solve", {**how, "lower": True, "unit_diagonal": True}, [factors, exchanged])
    return system.apply("triangular_solve", {**how, "lower": False, "unit_diagonal": False}, [factors, lower])


def singular_vectors(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> list[Any]:
    """σ, U and Vᵀ of A = U diag(σ) Vᵀ: V and σ² are the eigenvectors and eigenvalues of AᵀA, and U = A V diag(1/σ)."""
    (x,) = values
    if len(x.shape) != 2 or params.get("subset_by_index") is not None:
        raise NoRuleError("svd of a batch of matrices, or of a part of the singular values")
    vectors_asked = params["compute_uv"]
    if vectors_asked and params["full_matrices"] and x.shape[0] != x.shape[1]:
        raise NoRuleError("svd with vectors that the matrix leaves open (full_matrices)")
    wide = x.shape[0] < x.shape[1]
    tall = system.rearrange(lambda _, data: data.T, {}, [x]) if wide else x
    squares = system.apply("dot_general", {"dimension_numbers": _OF_COLUMNS}, [tall, tall])
    right, numbers = system.apply("eigh", _PLAIN, [squares])
    right, numbers = (system.rearrange(lambda _, data: data[..., ::-1], {}, [value]) for value in (right, numbers))
    sizes = system.apply("sqrt", {}, [numbers])
    if not vectors_asked:
        return [sizes]
    left, _, usual = _of_floats(np.linalg.svd, system.nearest(x), full_matrices=False)
    signs = np.where(np.sum((left if wide else usual.T) * system.nearest(right), axis=0) < 0, -1.0, 1.0)
    right = system.apply("mul", {}, [right, system.constant(np.broadcast_to(signs, right.shape).copy())])
    pushed = system.apply("dot_general", {"dimension_numbers": _PRODUCT}, [tall, right])
    widened = system.rearrange(lambda _, data: np.broadcast_to(data, pushed.shape), {}, [sizes])
    other = system.apply("div", {}, [pushed, widened])
    first, last = (right, other) if wide else (other, right)
    return [sizes, first, system.rearrange(lambda _, data: data.T, {}, [last])]


def orthogonalised(system: Any, params: Params, values: Sequence[Any], position: int = -1) -> list[Any]:
    """Q and R of A = Q R, column by column (Gram and Schmidt), with the signs that Householder's reflections give."""
    (x,) = values
    rows, columns = x.shape[-2:]
    count = min(rows, columns)
    if len(x.shape) != 2 or params["pivoting"] or (params["full_matrices"] and rows > columns):
        raise NoRuleError("qr of a batch of matrices, with pivoting, or with vectors that the matrix leaves open")
    usual = np.diagonal(_of_floats(np.linalg.qr, system.nearest(x)).R)
    kept: list[Any] = []
    upper: dict[tuple[int, int], Any] = {}
    for j in range(columns):
        rest = system.rearrange(lambda _, data, j=j: data[:, j], {}, [x])
        for i, one in enumerate(kept):
            product = system.apply("mul", {}, [one, rest])
            along = upper[i, j] = system.apply("reduce_sum", {"axes": (0,)}, [product])
            rest = system.apply("sub", {}, [rest, system.apply("mul", {}, [_spread(system, along, rows), one])])
        if j < count:
            squares = system.apply("reduce_sum", {"axes": (0,)}, [system.apply("mul", {}, [rest, rest])])
            if not system.ground(squares)[()] > 0:
                raise CannotDecideError("whether the columns of a matrix are independent is left open")
            size = system.apply("sqrt", {}, [squares])
            if usual[j] < 0:
                size = system.apply("neg", {}, [size])
            upper[j, j] = size
            kept.append(system.apply("div", {}, [rest, _spread(system, size, rows)]))
    zero = system.exact(0, ())
    cells = [upper.get((i, j), zero) for i in range(count) for j in range(columns)]
    return [
        system.rearrange(lambda _, *parts: np.stack(parts, axis=1), {}, kept),
        system.rearrange(lambda _, *parts: np.stack(parts).reshape(count, columns), {}, cells),
    ]


def _spread(system: Any, number: Any, length: int) -> Any:
    """A number, so many times."""
    return system.rearrange(lambda _, data: np.broadcast_to(data, (length,)), {}, [number])
