"""NumPy functions as users write them, each with its arguments: what a trace must reproduce to the last ulp or two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

X = np.array([0.3, -0.5, 0.7, 1.2])
Y = np.array([1.5, 0.25, -0.75, 2.0])
A = np.array([[0.5, -1.25, 2.0, 0.1], [1.0, 0.75, -0.3, 0.6], [-0.2, 0.4, 1.1, -0.9]])
B = np.array([[1.0, 0.2], [-0.4, 0.8], [0.6, -1.1], [0.3, 0.9]])
S = np.array([[2.0, 0.3, -0.5], [0.1, 3.0, 0.4], [-0.2, 0.6, 4.0]])
K = np.array([2, 0, 1])
INTEGERS = np.array([3, -7, 5])
FLAGS = np.array([True, False, True, True])

SNIPPETS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}


def snippet(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function to the list, with the arguments that it is called with."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        SNIPPETS[function.__name__.strip("_")] = (function, args)
        return function

    return add


# Expressions: each is a function of x, or of x and y.
for _text in (
    "x + 1",
    "1 - x",
    "2 * x / 3",
    "x / np.float32(3)",
    "x ** 2",
    "x ** 0.5 if False else abs(x) ** 0.5",
    "x ** -1",
    "2 ** x",
    "x // 0.4",
    "x % 0.4",
    "-x",
    "+x",
    "abs(x)",
    "divmod(x, 0.4)",
    "x > 0",
    "(x > 0) & (x < 1)",
    "~(x > 0)",
    "(x > 0) * x",
    "np.exp(x)",
    "np.log1p(np.exp(-np.abs(x)))",
    "np.maximum(x, 0)",
    "np.minimum(0.5, x)",
    "np.tanh(x) * np.cosh(x)",
    "np.sum(x)",
    "x.sum()",
    "x.mean()",
    "np.mean(x, keepdims=True)",
    "x.max() - x.min()",
    "np.ptp(x)",
    "x.prod()",
    "np.var(x)",
    "x.std(ddof=1)",
    "np.median(x)",
    "np.linalg.norm(x)",
    "np.linalg.norm(x, 1)",
    "np.dot(x, x)",
    "x @ x",
    "np.outer(x, x)",
    "np.einsum('i,i->', x, x)",
    "np.tensordot(x, x, 1)",
    "np.inner(x, x)",
    "np.vdot(x, x)",
    "np.kron(x, np.ones(2))",
    "np.cross(x[:3], x[1:])",
    "np.diag(x)",
    "np.diag(x, 1)",
    "np.cumsum(x)",
    "np.cumprod(x)",
    "np.diff(x)",
    "np.sort(x)",
    "np.sort(x)[::-1]",
    "np.argsort(x)",
    "x[np.argsort(x)]",
    "np.argmax(x)",
    "x[np.argmax(x)]",
    "np.where(x > 0, x, 0.1 * x)",
    "np.select([x < 0, x < 1], [x * x, x], 5.0)",
    "np.clip(x, -0.2, 0.8)",
    "x.clip(0, 1)",
    "np.interp(x, [0.0, 0.5, 1.0], [1.0, 3.0, 2.0])",
    "np.polyval([1.0, 2.0, 3.0], x)",
    "np.convolve(x, [1.0, -1.0])",
    "np.trapezoid(x)",
    "np.gradient(x)",
    "np.roll(x, 1)",
    "np.flip(x)",
    "np.repeat(x, 2)",
    "np.tile(x, 2)",
    "np.pad(x, 1)",
    "np.concatenate([x, x * 2])",
    "np.concatenate([x, [1.0, 2.0]])",
    "np.append(x, 3.0)",
    "np.hstack([x, 1.0])",
    "np.stack([x, x])",
    "np.vstack([x, x])",
    "np.column_stack([x, x])",
    "np.dstack([x, x])",
    "np.atleast_2d(x)",
    "np.array_split(x, 3)",
    "np.split(x, [1, 3])",
    "x.reshape(2, 2)",
    "x.reshape(-1, 1)",
    "x[:, None] - x[None, :]",
    "np.expand_dims(x, 0)",
    "np.squeeze(x[None])",
    "np.broadcast_to(x, (2, 4))",
    "x[1]",
    "x[-1]",
    "x[1:3]",
    "x[::-2]",
    "x[[0, 2, 2]]",
    "x[np.array([True, False, True, True])]",
    "x[...]",
    "x[1:][0]",
    "np.take(x, [0, -1])",
    "np.take_along_axis(x, np.array([1, 0]), 0)",
    "np.ones_like(x) * 3",
    "np.zeros_like(x)",
    "np.full_like(x, 2.5)",
    "np.zeros_like(x, shape=(2, 3)) + x[0]",
    "x.astype(np.float32)",
    "x.astype(int)",
    "np.round(x, 1)",
    "np.rint(x * 3)",
    "np.floor(x)",
    "np.ceil(x)",
    "np.trunc(x * 2)",
    "np.sign(x)",
    "np.hypot(x, 1)",
    "np.arctan2(x, 2.0)",
    "np.logaddexp(x, 0)",
    "np.log2(np.abs(x))",
    "np.log10(np.abs(x))",
    "np.exp2(x)",
    "np.cbrt(x)",
    "np.square(x)",
    "np.reciprocal(x)",
    "np.sinc(x)",
    "np.degrees(x)",
    "np.radians(x)",
    "np.isnan(x)",
    "np.isfinite(x)",
    "np.isinf(x)",
    "np.nan_to_num(x)",
    "np.heaviside(x, 0.5)",
    "np.all(x > -1)",
    "np.any(x > 1)",
    "np.count_nonzero(x > 0)",
    "np.add.reduce(x)",
    "np.multiply.reduce(x)",
    "np.maximum.reduce(x)",
    "np.add.accumulate(x)",
    "np.maximum.accumulate(x)",
    "np.subtract.outer(x, x)",
    "np.multiply.outer(x, [1.0, 2.0])",
    "np.sum(x, where=np.array([True, False, True, True]))",
    "np.sum(x, initial=3.0)",
    "np.max(x, initial=9.0)",
    "np.max(x, where=x > 0, initial=-1.0)",
    "np.exp(x, dtype=np.float32)",
    "np.sum(x, dtype=np.float32)",
    "len(x) * x.size * x.ndim * x",
    "x.T",
    "x.flatten()",
    "x.view() * 2",
    "x.view(np.ndarray)[1] + x.view(np.float64)",
    "x.ravel()",
    "x.copy()",
    "x.tolist()",
    "x.item(2)",
    "x.dot(x)",
    "sum(x)",
    "[v * 2 for v in x]",
    "{'a': x, 'b': (x[0], 2.0)}",
    "x.real",
    "np.real(x)",
    "np.copy(x)",
    "x.dtype.itemsize * x",
    "np.float64(2.0) * x",
    "np.float32(0.1) * x",
    "np.array(2.0) * x",
    "np.array([1, 2, 3, 4]) * x",
    "np.sqrt(np.arange(4.0)) + x",
    "x * (x > 0)",
    "np.matmul(x, np.eye(4))",
    "np.average(x, weights=[1.0, 2.0, 3.0, 4.0])",
    "np.quantile(x, 0.3)",
    "np.nansum(x)",
    "np.triu(np.outer(x, x))",
    "np.tril(np.outer(x, x), -1)",
    "np.fmax(x, 0.1)",
    "np.copysign(1.0, x)",
    "np.apply_along_axis(lambda v: v * v.sum(), 0, x)",
    "np.searchsorted([0.0, 0.5, 1.0], x)",
    "np.isclose(x, 0.3)",
    "np.emath.sqrt(4.0) * x",
    "np.linspace(0, 1, 4) * x",
    "np.block([x, x])",
    "np.insert(x, 1, 5.0)",
    "np.delete(x, 1)",
    "np.rot90(np.outer(x, x))",
    "np.moveaxis(np.outer(x, x), 0, 1)",
    "np.trace(np.outer(x, x))",
    "np.corrcoef(x, x ** 2)[0, 1]",
    "np.var(x, ddof=1, keepdims=True)",
    "np.std(x + 1j)",
    "np.median(x[:3])",
    "np.median(x, keepdims=True)",
    "np.quantile(x, 1.0)",
    "np.percentile(x, 50, keepdims=True)",
    "np.nanmean(x)",
    "np.nansum(x, keepdims=True)",
    "np.ptp(x, keepdims=True)",
    "np.diff(x, n=2)",
    "np.trapezoid(x, dx=0.5)",
    "np.trapezoid(x, np.array([0.0, 1.0, 3.0, 4.0]))",
    "np.gradient(x, 0.5)",
    "np.convolve(x, x)",
    "np.convolve(x, [1.0, 2.0, 3.0], mode='same')",
    "np.convolve([1.0, 2.0, 3.0], x, 'valid')",
    "np.correlate(x, [1.0, 2.0], 'full')",
    "np.correlate(x, [1.0, 2.0])",
    "np.round(x, -1)",
    "np.round(x)",
    "np.around(x, 2)",
    "np.pad(x, (2, 1), mode='edge')",
    "np.pad(x, 2, mode='reflect')",
    "np.pad(x, 2, mode='symmetric')",
    "np.pad(x, 3, mode='wrap')",
    "np.insert(x, [0, 2], x[:2])",
    "np.append(x, [1, 2])",
    "np.block([[x, x], [x, 2 * x]])",
    "np.meshgrid(x, x[:2])[0]",
    "np.meshgrid(x, x[:2], indexing='ij')[1]",
    "np.broadcast_arrays(x, x[:, None])[0]",
    "np.argmin(x)",
    "np.argmax(x, keepdims=True)",
    'np.searchsorted([0.0, 0.5, 1.0], x, side="right")',
    "np.logaddexp2(x, 1.0)",
    "np.fmin(x, 0.1)",
    "np.fmax(x, np.nan)",
    "np.copysign(x, -1.0)",
    "np.remainder(-x, 0.3)",
    "np.fmod(-x, 0.3)",
    "x % -0.4",
    "-x // 0.4",
    "np.signbit(x)",
    "np.nan_to_num(x / 0.0, nan=1.0, posinf=2.0)",
    "np.isclose(x, np.inf)",
    "np.inner(x[:, None], x[:, None])",
    "np.kron(x, np.outer(x, x))",
    "np.tensordot(x, x, 0)",
    "np.einsum('i,j->ij', x, x)",
    "np.einsum('i,i->i', x, x)",
    "np.einsum('i,j,k', x[:2], x[:2], x[:2])",
    "np.linalg.norm(x, np.inf)",
    "np.linalg.norm(x, -np.inf)",
    "np.linalg.norm(x, 3)",
    "np.linalg.norm(x, keepdims=True)",
    "np.linalg.norm(x + 1j * x)",
    "np.take(x, [1, 1], axis=0)",
    "np.average(x)",
    "np.diagflat(x)",
    "np.cov(x)",
    "np.trace(np.outer(x, x), 1)",
    "x.argmin()",
    "x.std(keepdims=True)",
    "np.select([x > 1, x > 0], [x, -x])",
):
    SNIPPETS[_text] = (eval(f"lambda x: {_text}", {"np": np}), (X,))  # noqa: S307 - the texts are those above
for _text in (
    "a @ b",
    "np.dot(a, b)",
    "a.T @ a",
    "np.einsum('ij,jk->ki', a, b)",
    "np.sum(a, axis=0)",
    "a.sum(axis=1, keepdims=True)",
    "np.max(a, axis=1)",
    "a - a.max(axis=-1, keepdims=True)",
    "a.mean(axis=0)",
    "np.argmax(a, axis=1)",
    "np.sort(a, axis=0)",
    "np.cumsum(a, axis=1)",
    "np.cumsum(a)",
    "np.prod(a, axis=(0, 1))",
    "a[1]",
    "a[:, 1]",
    "a[1, 2]",
    "a[1:, ::2]",
    "a[..., 0]",
    "a[[0, 2]]",
    "a[[0, 2], [1, 3]]",
    "a[np.ix_([0, 2], [1, 3])]",
    "a[np.arange(3), [2, 0, 1]]",
    "a.reshape(2, 6)",
    "a.ravel()",
    "a.T.ravel()",
    "a.T.reshape(-1)",
    "a.flatten('F')",
    "np.ravel(a, order='F')",
    "a.reshape((2, 6), order='F')",
    "a.transpose()",
    "a.transpose(1, 0)",
    "np.swapaxes(a, 0, 1)",
    "a.swapaxes(0, 1)",
    "a.diagonal()",
    "np.diagonal(a, 1)",
    "np.trace(a)",
    "np.flipud(a)",
    "np.fliplr(a)",
    "np.rot90(a)",
    "np.roll(a, 1, axis=1)",
    "np.concatenate([a, a], axis=1)",
    "np.concatenate([a, a], axis=None)",
    "np.stack([a, a], axis=2)",
    "np.tensordot(a, b, axes=([1], [0]))",
    "np.linalg.norm(a, axis=1)",
    "np.linalg.norm(a)",
    "np.vstack([a, a[0]])",
    "np.hstack([a, a[:, :1]])",
    "np.hsplit(a, 2)",
    "np.vsplit(a, 3)",
    "np.mean(a, axis=(0, 1))",
    "np.take(a, [1, 0], axis=1)",
    "np.take_along_axis(a, np.array([[1], [0], [2]]), axis=1)",
    "np.where(a > 0, a, a.T.T * 2)",
    "np.apply_along_axis(np.sum, 1, a)",
    "np.apply_along_axis(lambda v: v[:2] * 2, 1, a)",
    "[row.sum() for row in a]",
    "np.std(a, axis=0)",
    "np.cov(a)",
    "np.percentile(a, 30, axis=1)",
    "np.multiply(a, a, dtype=np.float32)",
    "np.add.reduce(a, axis=None)",
    "np.repeat(a, [1, 2, 0], axis=0)",
    "np.tile(a, (2, 1))",
    "np.pad(a, ((1, 0), (0, 2)), constant_values=7.0)",
    "a.squeeze()",
    "np.expand_dims(a, (0, 3))",
    "a.tolist()",
    "a.max(axis=0, initial=0.5)",
    "np.compress([True, False, True], a, axis=0)",
    "np.unravel_index(5, a.shape)[0] * a",
    "np.zeros((2,) + a.shape) + a",
    "a.nbytes * a",
    "np.einsum('ij,jk', a, b)",
    "np.einsum('ij->j', a)",
    "np.einsum('ij,ij->', a, a)",
    "np.einsum('ij,kj,jl->ikl', a, a, b)",
    "np.tensordot(a, b, 1)",
    "np.tensordot(a, b.T, axes=(1, 1))",
    "np.inner(a, b.T)",
    "np.kron(a, b)",
    "np.cross(a[:, :3], a[:, 1:])",
    "np.cross(a[:, :3].T, a[:, 1:].T, axis=0)",
    "np.stack([a, a]) @ b",
    "a @ np.stack([b, b])",
    "np.stack([a, 2 * a]) @ b[:, 0]",
    "a[0] @ np.stack([b, b])",
    "np.dot(np.stack([a, a]), b)",
    "np.var(a, axis=(0, 1))",
    "np.std(a, axis=1, keepdims=True)",
    "np.median(a, axis=0)",
    "np.median(a, axis=1, keepdims=True)",
    "np.quantile(a, 0.25, axis=0)",
    "np.cov(a, rowvar=False)",
    "np.cov(a, ddof=0)",
    "np.corrcoef(a)",
    "np.average(a, axis=1, weights=[1.0, 2.0, 3.0, 4.0])",
    "np.average(a, axis=0)",
    "np.argmin(a, axis=0, keepdims=True)",
    "np.argsort(a, axis=0)",
    "np.diff(a, axis=0)",
    "np.trapezoid(a, axis=0)",
    "np.trapezoid(a, [0.0, 1.0, 2.0, 4.0])",
    "np.ptp(a, axis=1)",
    "np.pad(a, ((1, 1), (2, 0)), mode='edge')",
    "np.insert(a, 1, 9.0, axis=1)",
    "np.insert(a, 1, a[0], axis=0)",
    "np.append(a, a[:1], axis=0)",
    "np.append(a, b)",
    "np.block([[a, a], [2 * a, a]])",
    "np.linalg.norm(a, 1)",
    "np.linalg.multi_dot([a.T, a, b])",
    "np.einsum('ii->i', b.T @ b)",
    "np.einsum('ii', b.T @ b)",
    "np.linalg.norm(a, np.inf)",
    "np.linalg.norm(a, -1)",
    "np.linalg.norm(a, 3, axis=0)",
    "np.linalg.norm(a, 'fro', keepdims=True)",
    "np.linalg.norm(a, axis=(0, 1))",
    "np.count_nonzero(a > 0, axis=1)",
    "np.nansum(a, axis=0)",
    "np.trace(a, 1)",
    "np.take(a, [0, 2, 0], axis=1)",
    "np.searchsorted([0.0, 1.0], a)",
):
    SNIPPETS[_text] = (eval(f"lambda a, b: {_text}", {"np": np}), (A, B))  # noqa: S307 - the texts are those above
for _text in (
    "np.linalg.inv(s)",
    "np.linalg.solve(s, np.ones(3))",
    "np.linalg.det(s)",
    "np.linalg.cholesky(s @ s.T)",
    "s @ s @ s",
    "np.linalg.matrix_power(s, 3)",
    "np.triu(s)",
    "np.linalg.slogdet(s)[1]",
    "np.diag(s)",
    "np.diag(np.diag(s))",
    "s + np.eye(3)",
    "np.linalg.trace(s)",
    "np.linalg.matrix_transpose(s)",
    "np.linalg.pinv(s)",
    "s.trace()",
    "np.linalg.det(s[:2, :2])",
    "np.linalg.det(s[:1, :1])",
    "np.linalg.det(np.block([[s, s[:, :1]], [s[:1], 9 * s[:1, :1]]]))",
    "np.linalg.slogdet(-s)[0]",
    "np.linalg.slogdet(s)",
    "np.linalg.solve(s, s.T)",
    "np.linalg.inv(s.T @ s)",
    "np.linalg.matrix_power(s, -2)",
    "np.linalg.matrix_power(s, 0)",
    "np.linalg.inv(s[::-1])",
):
    SNIPPETS[_text] = (eval(f"lambda s: {_text}", {"np": np}), (S,))  # noqa: S307 - the texts are those above


@snippet(X)
def _fills_an_array_in_a_loop(x: Any) -> Any:
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = x[i] ** 2 + (out[i - 1] if i else 0.0)
    return out


@snippet(A)
def _fills_a_matrix_in_two_loops(a: Any) -> Any:
    out = np.empty_like(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] * a[i, 0]
    return out


@snippet(X)
def _changes_its_argument(x: Any) -> Any:
    x += 1
    x[0] *= 2
    return x


@snippet(X)
def _two_names_of_one_array(x: Any) -> Any:
    y = x
    y += 1
    return x * y


@snippet(X)
def _a_new_array_by_plain_addition(x: Any) -> Any:
    y = x
    y = y + 1
    return x * y


@snippet(X)
def _scalars_do_not_change(x: Any) -> Any:
    s = x[0]
    t = s
    s += 1
    return x * s * t


@snippet(X)
def _sums_do_not_change(x: Any) -> Any:
    s = np.sum(x)
    t = s
    t *= 3
    return s + t


@snippet(A)
def _writes_through_a_row(a: Any) -> Any:
    row = a[1]
    row[:] = 7.0
    row[2] += a[0, 2]
    return a


@snippet(A)
def _sees_later_writes(a: Any) -> Any:
    row = a[1]
    a[1, 0] = 100.0
    a *= 2
    return row


@snippet(A)
def _writes_through_a_transpose(a: Any) -> Any:
    t = a.T
    t[0] = 5.0
    t[1, 2] *= 3
    return a + t.T


@snippet(A)
def _writes_through_a_reshape(a: Any) -> Any:
    flat = a.reshape(-1)
    flat[5] = -1.0
    flat[::3] *= 2
    return a


@snippet(A)
def _writes_through_ravel(a: Any) -> Any:
    np.ravel(a)[1] = 9.0
    a.ravel()[2] = 8.0
    a.flatten()[3] = 7.0
    return a


@snippet(A)
def _a_copy_is_apart(a: Any) -> Any:
    flat = a.T.ravel()
    flat[0] = 99.0
    other = a.copy()
    other[0, 0] = 55.0
    picked = a[[0, 1]]
    picked[0] = 44.0
    return a + flat[1] + other[0, 1] + picked[1, 1]


@snippet(A)
def _views_of_views(a: Any) -> Any:
    block = a[1:, 1:]
    corner = block[::-1][:, 0]
    corner += 10.0
    block.T[0, 0] = 0.5
    return a


@snippet(A)
def _diagonals_and_flips(a: Any) -> Any:
    np.flip(a, axis=1)[0, 0] = 3.0
    np.fill_diagonal(a, 1.5)
    np.rot90(a)[0] *= 2
    return a


@snippet(A)
def _assigns_slices_of_all_kinds(a: Any) -> Any:
    a[0] = [1.0, 2.0, 3.0, 4.0]
    a[:, 1] = 0.5
    a[1:, ::2] = a[1:, 1::2]
    a[..., -1] = a[0][:3]
    a[[0, 2], [1, 1]] = [6.0, 7.0]
    a[np.array([True, False, True])] += 0.25
    a[2, ::-1] = a[1]
    return a


@snippet(X)
def _masks(x: Any) -> Any:
    y = x.copy()
    y[x < 0] = 0.0
    y[y > 1] = 1.0
    return y


@snippet(A)
def _masks_of_rows(a: Any) -> Any:
    a[a.sum(axis=1) > 1] = 0.5
    a[a < 0] = -0.1
    return a


@snippet(X)
def _repeated_indices(x: Any) -> Any:
    y = np.zeros_like(x)
    y[[0, 0, 1]] = x[:3]
    y[[2, 2]] += 1.0
    np.add.at(y, [3, 3, 1], x[1:])
    np.multiply.at(y, [0, 0], 2.0)
    np.maximum.at(y, 2, 0.25)
    np.subtract.at(y, slice(0, 2), x[:2])
    return y


@snippet(X)
def _outputs_into_arrays(x: Any) -> Any:
    out = np.empty_like(x)
    np.multiply(x, 3.0, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out, where=x > 0)
    np.clip(out, 0.0, 5.0, out=out)
    total = np.zeros_like(x[0:1])
    np.sum(x, out=total[0:1].reshape(()))
    return out + total


@snippet(X)
def _copies_and_fills(x: Any) -> Any:
    y = np.empty_like(x)
    np.copyto(y, x)
    np.copyto(y, -1.0, where=x > 1)
    z = np.ones_like(x)
    z.fill(4.0)
    z.flat[1] = 2.0
    np.put(z, [2, 3], [7.0, 8.0])
    np.putmask(y, x < 0, 0.0)
    return y * z


@snippet(A)
def _sorts_in_place(a: Any) -> Any:
    a.sort(axis=0)
    a[1].sort()
    return a


@snippet(A)
def _rows_in_a_loop(a: Any) -> Any:
    for row in a:
        row /= np.sum(np.abs(row))
    return a


@snippet(X)
def _a_plain_array_that_changes_meanwhile(x: Any) -> Any:
    weights = np.ones(4)
    total = np.zeros_like(x)
    for _ in range(3):
        total = total + weights * x
        weights += 1
    return total


@snippet(X)
def _an_index_that_changes_meanwhile(x: Any) -> Any:
    index = np.array([0, 1])
    first = x[index]
    index += 1
    return first + x[index]


@snippet(INTEGERS)
def _whole_numbers(k: Any) -> Any:
    return {
        "half": k / 2,
        "quotient": k // 2,
        "rest": k % 4,
        "sum": k.sum(),
        "mean": k.mean(),
        "power": k**2,
        "root": np.sqrt(k * k),
    }


@snippet(X.astype(np.float32), INTEGERS[:2])
def _dtypes_as_numpy_promotes_them(x: Any, k: Any) -> Any:
    return [
        x * 2.0,
        x * np.float64(2),
        x + np.arange(4),
        x[:2] * k,
        x.sum(),
        x.mean(),
        np.exp(x),
        x > k[0],
        x * True,
        k * 1.5,
    ]


@snippet(FLAGS, X)
def _booleans(flags: Any, x: Any) -> Any:
    return [
        flags.sum(),
        flags & (x > 0),
        flags | ~flags,
        flags * x,
        np.where(flags, x, -x),
        flags.mean(),
        flags + flags,
        np.any(flags),
    ]


@snippet(K, A)
def _traced_indices(k: Any, a: Any) -> Any:
    return [a[k, 0], a[np.arange(3), k], a[k], a[:, k[0]], np.take_along_axis(a, k[:, None], axis=1), a[k[1]]]


@snippet(K, A)
def _more_traced_indices(k: Any, a: Any) -> Any:
    return [a[:, k], a[:, k - 3], a.T[k], np.take(a, k, axis=1), a[k[:, None], k], np.stack([a, a])[:, k, 1]]


@snippet(K, A)
def _writes_at_traced_indices(k: Any, a: Any) -> Any:
    a[np.arange(3), k] -= 1.0
    out = np.zeros_like(a)
    out[k, 1] = 5.0
    np.add.at(out, (k, k), 2.0)
    return a + out


@snippet(np.array(0.7))
def _a_scalar_argument(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


@snippet(np.array(0.7), 2.5)
def _an_array_without_dimensions(x: Any, y: Any) -> Any:
    x += y
    y += 1
    return x * y


@snippet(np.zeros((0, 3)))
def _nothing(a: Any) -> Any:
    return [
        a.sum(axis=0),
        a.sum(),
        a @ np.ones(3),
        a * 2,
        np.exp(a),
        a[:0],
        a.T,
        a.reshape(3, 0),
        np.concatenate([a, a]),
    ]


@snippet({"w": A, "b": X}, [Y, K])
def _trees(parameters: Any, others: Any) -> Any:
    return {
        "z": parameters["w"] @ others[0] + parameters["b"][:3],
        "same": parameters["b"],
        "constant": 3.0,
        "k": others[1] + 1,
    }


@snippet(X)
def _nothing_of_its_argument(x: Any) -> Any:
    return np.arange(3.0), 2.5


@snippet(X)
def _its_argument(x: Any) -> Any:
    return x


@snippet(A, X)
def _softmax_layer(w: Any, x: Any) -> Any:
    z = w @ x
    e = np.exp(z - np.max(z))
    return e / e.sum()


@snippet(A)
def _a_jacobian_in_loops(a: Any) -> Any:
    s = np.exp(a[0]) / np.sum(np.exp(a[0]))
    jacobian = np.zeros_like(a, shape=(4, 4))
    for i in range(4):
        for j in range(4):
            jacobian[i, j] = s[i] * ((i == j) - s[j])
    return jacobian


@snippet(X)
def _asks_what_it_got(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.ndim == 1 and x.dtype == np.float64 and not np.isscalar(x):
        return x[0] * 2 if isinstance(x[0], float) and np.isscalar(x[0]) else x * 5
    return x * 7


@snippet(X)
def _copies_by_the_copy_module(x: Any) -> Any:
    import copy

    y, z = copy.copy(x), copy.deepcopy(x)
    y[0] = 5.0
    z[1] = 6.0
    return x + y + z


@snippet(X)
def _flat_writing(x: Any) -> Any:
    y = np.zeros_like(x, shape=(4, 4))
    y.flat[::5] = x
    y.T.flat[1] = 3.0
    y[1:3, 1:3].flat = 2.0
    return y


@snippet(X)
def _broadcast_assignment(x: Any) -> Any:
    y = np.zeros_like(x, shape=(2, 4))
    y[:] = x
    y[0, 1:3] = x[None, :2]
    y[:, 3] = np.array([[9.0]])
    return y


@snippet(A)
def _membership_and_length(a: Any) -> Any:
    first, *others = a
    return first * len(others) + others[-1][-1]
