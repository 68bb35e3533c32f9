"""Spaces of matrices that formulas of linear algebra are about: invertible, positive definite, of full rank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, np.dtype[Any]]

_SEEDS = 99
_SMALLEST = 0.3  # the smallest singular value of a generic matrix


class _Matrices:
    """What these spaces share: a strategy that draws generic matrices by a seed."""

    differentiable = True

    def sample(self, rng: np.random.Generator) -> Array:
        """One generic matrix."""
        raise NotImplementedError

    def strategy(self) -> SearchStrategy[Array]:
        """Generic matrices, by a seed that shrinks."""
        from hypothesis import strategies as st

        return st.integers(0, _SEEDS).map(lambda seed: self.sample(np.random.default_rng(seed)))


@dataclass(frozen=True)
class Invertible(_Matrices):
    """Square matrices with n rows and a determinant that is not zero, of either sign. A derivative is taken in all entries."""

    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, n)``."""
        return (self.n, self.n)

    def sample(self, rng: np.random.Generator) -> Array:
        """Two-decimal entries between −3 and 3, drawn again until every singular value is at least 0.3."""
        while True:
            drawn = np.asarray(np.round(rng.uniform(-3, 3, self.shape), 2))
            if np.linalg.svd(drawn, compute_uv=False)[-1] >= _SMALLEST:
                return drawn

    def special(self) -> Iterator[Array]:
        """The identity, one with a zero where elimination starts, a triangular one, and one that is close to singular."""
        identity = np.eye(self.n)
        yield identity
        yield -2 * identity[::-1]
        yield np.triu(np.ones(self.shape)) - 3 * identity
        yield np.ones(self.shape) + 1e-3 * np.diag(np.arange(1.0, self.n + 1))

    def contains(self, value: Array) -> bool:
        """Whether the shape is right, every entry is finite, and the rank is n."""
        value = np.asarray(value)
        finite = value.shape == self.shape and bool(np.isfinite(value).all())
        return finite and int(np.linalg.matrix_rank(value)) == self.n


@dataclass(frozen=True)
class FullRank(_Matrices):
    """Matrices of ``rows`` × ``columns`` whose rank is the smaller of the two. A derivative is taken in all entries."""

    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(rows, columns)``."""
        return (self.rows, self.columns)

    def sample(self, rng: np.random.Generator) -> Array:
        """Two-decimal entries between −3 and 3, drawn again until every singular value is at least 0.3."""
        while True:
            drawn = np.asarray(np.round(rng.uniform(-3, 3, self.shape), 2))
            if np.linalg.svd(drawn, compute_uv=False)[-1] >= _SMALLEST:
                return drawn

    def special(self) -> Iterator[Array]:
        """One with rows and columns far apart in size, one of few digits, and one that is close to a lower rank."""
        ramp = np.arange(1.0, self.rows * self.columns + 1).reshape(self.shape)
        yield ramp + np.eye(self.rows, self.columns)
        yield np.sin(ramp) * 10.0 ** np.arange(-1, self.columns - 1)
        yield np.ones(self.shape) + 1e-3 * np.cos(ramp)

    def contains(self, value: Array) -> bool:
        """Whether the shape is right, every entry is finite, and the rank is full."""
        value = np.asarray(value)
        finite = value.shape == self.shape and bool(np.isfinite(value).all())
        return finite and int(np.linalg.matrix_rank(value)) == min(self.shape)


@dataclass(frozen=True)
class PositiveDefinite(_Matrices):
    """Symmetric matrices with n rows and positive eigenvalues. A derivative is taken in all entries, as if none were tied."""

    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, n)``."""
        return (self.n, self.n)

    def sample(self, rng: np.random.Generator) -> Array:
        """M Mᵀ + I/2 with M of one-decimal entries between −1 and 1."""
        factor = rng.integers(-10, 11, self.shape)
        return np.asarray(factor @ factor.T / 100 + np.eye(self.n) / 2)

    def special(self) -> Iterator[Array]:
        """A diagonal one, one close to singular, and one of large entries."""
        yield np.diag(np.arange(1.0, self.n + 1))
        yield np.ones(self.shape) + 1e-3 * np.diag(np.arange(1.0, self.n + 1))
        yield 30 * np.diag(np.arange(1.0, self.n + 1)) + np.ones(self.shape)

    def contains(self, value: Array) -> bool:
        """Whether the shape is right, and the matrix is finite, symmetric and has a Cholesky factor."""
        value = np.asarray(value)
        if value.shape != self.shape or not np.isfinite(value).all() or not np.array_equal(value, value.T):
            return False
        try:
            np.linalg.cholesky(value)
        except np.linalg.LinAlgError:
            return False
        return True


@dataclass(frozen=True)
class LowerTriangular(_Matrices):
    """Lower triangular matrices with n rows and a positive diagonal: Cholesky factors."""

    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, n)``."""
        return (self.n, self.n)

    def sample(self, rng: np.random.Generator) -> Array:
        """Two-decimal entries: between 0.3 and 2 on the diagonal, between −2 and 2 below it."""
        below = np.tril(np.round(rng.uniform(-2, 2, self.shape), 2), -1)
        return np.asarray(below + np.diag(np.round(rng.uniform(_SMALLEST, 2, self.n), 2)))

    def special(self) -> Iterator[Array]:
        """A diagonal one, one of ones, and one with diagonal entries far apart."""
        yield np.diag(np.arange(1.0, self.n + 1))
        yield np.tril(np.ones(self.shape))
        yield np.diag(10.0 ** -np.arange(self.n)) - np.tril(np.ones(self.shape), -1)

    def contains(self, value: Array) -> bool:
        """Whether the shape is right, nothing stands above the diagonal, and the diagonal is positive."""
        value = np.asarray(value)
        if value.shape != self.shape or not np.isfinite(value).all():
            return False
        return bool(np.array_equal(value, np.tril(value)) and np.all(np.diag(value) > 0))
