"""Operations that combine the entries along axes: sums, extrema, norms, running sums, orders."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from gradcheck.torch.rows import Row

Axes = list[int] | int | None


def axes_of(x: Any, dim: Axes) -> tuple[int, ...]:
    """Axes as torch means them: none and an empty list are all."""
    if dim is None or (isinstance(dim, list | tuple) and not len(dim)):
        return tuple(range(x.ndim))
    found = dim if isinstance(dim, list | tuple) else [dim]
    return tuple(axis % x.ndim for axis in found) if x.ndim else ()


def total(x: Any, dim: Axes = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum along axes."""
    return jnp.sum(_summed(x, dtype), axis=axes_of(x, dim), keepdims=keepdim)


def mean(x: Any, dim: Axes = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum along axes divided by how many there are."""
    axes = axes_of(x, dim)
    return total(x, dim, keepdim, dtype=dtype) / math.prod(x.shape[axis] for axis in axes)


def product(x: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product of all entries, or along one axis."""
    return jnp.prod(_summed(x, dtype), axis=axes_of(x, dim), keepdims=keepdim)


def _summed(x: Any, dtype: Any) -> Any:
    if dtype is not None:
        return x.astype(dtype)
    return x.astype(np.int64) if x.dtype.kind in "biu" else x


def variance(
    x: Any, dim: Axes = None, *args: Any, correction: float | None = 1, keepdim: bool = False, **other: Any
) -> Any:
    """Σ (x − mean)² / (n − correction); the older overload gives ``unbiased`` for the correction."""
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, args = None, (dim, *args)
    if args:
        correction, keepdim = float(args[0]), bool(args[1]) if len(args) > 1 else keepdim
    if "unbiased" in other:
        correction = float(other["unbiased"])
    correction = 1 if correction is None else correction
    axes = axes_of(x, dim)
    count = math.prod(x.shape[axis] for axis in axes)
    away = x - jnp.mean(x, axis=axes, keepdims=True)
    square = jnp.real(away * jnp.conj(away)) if x.dtype.kind == "c" else away * away
    return jnp.sum(square, axis=axes, keepdims=keepdim) / max(count - correction, 0)


def variance_and_mean(x: Any, dim: Axes = None, *args: Any, **options: Any) -> Any:
    """`variance` and the mean along the same axes."""
    keepdim = options.get("keepdim", bool(args[1]) if len(args) > 1 else False)
    return variance(x, dim, *args, **options), mean(x, None if isinstance(dim, bool) else dim, keepdim)


def norm(x: Any, ord: float = 2, dim: Axes = None, keepdim: bool = False, *, dtype: Any = None) -> Any:  # noqa: A002
    """(Σ |x|^p)^(1/p) along axes, with its limits for p = ∞, −∞ and 0."""
    x, axes = x if dtype is None else x.astype(dtype), axes_of(x, dim)
    size = jnp.abs(x)
    if ord == math.inf:
        return jnp.max(size, axis=axes, keepdims=keepdim)
    if ord == -math.inf:
        return jnp.min(size, axis=axes, keepdims=keepdim)
    if ord == 0:
        return jnp.sum((x != 0).astype(size.dtype), axis=axes, keepdims=keepdim)
    if ord == 1:
        return jnp.sum(size, axis=axes, keepdims=keepdim)
    if ord == 2:
        square = jnp.real(x * jnp.conj(x)) if x.dtype.kind == "c" else x * x
        return jnp.sqrt(jnp.sum(square, axis=axes, keepdims=keepdim))
    return jnp.power(jnp.sum(jnp.power(size, ord), axis=axes, keepdims=keepdim), 1 / ord)


def old_norm(x: Any, p: float | None = 2, dim: Axes = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """`norm` with the arguments of ``torch.norm``."""
    return norm(x, 2 if p is None else p, dim, keepdim, dtype=dtype)


def extremum(which: str) -> Row:
    """``max`` and ``min``: of everything, or along an axis with the place of the first such entry."""

    def row(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is None:
            return getattr(jnp, which)(x)
        if not x.ndim:
            return x, jnp.zeros((), dtype=np.int64)
        found = getattr(jnp, f"arg{which}")(x, axis=dim, keepdims=True)
        value = jnp.take_along_axis(x, found, axis=dim, mode="promise_in_bounds")
        return (value, found) if keepdim else (jnp.squeeze(value, dim), jnp.squeeze(found, dim))

    return row


def place_of(which: str) -> Row:
    """``argmax`` and ``argmin``."""

    def row(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        return getattr(jnp, f"arg{which}")(x, axis=dim, keepdims=keepdim)

    return row


def ordered(x: Any, dim: int = -1, descending: bool = False, *, stable: bool = True) -> Any:
    """The entries in order along an axis, and where they stood."""
    if not x.ndim:
        return x, jnp.zeros((), dtype=np.int64)
    places = jnp.argsort(x, axis=dim, stable=True, descending=descending)
    return jnp.take_along_axis(x, places, axis=dim, mode="promise_in_bounds"), places


def sort_stable(x: Any, *, stable: bool | None = None, dim: int = -1, descending: bool = False) -> Any:
    """`ordered` with the arguments of the overload ``stable``."""
    return ordered(x, dim, descending)


def top(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:  # noqa: A002 - the schema's name
    """The k largest (or smallest) entries along an axis, in order, and where they stood."""
    values, places = ordered(x, dim, largest)
    return (values, places) if not x.ndim else (_first(values, k, dim), _first(places, k, dim))


def kth(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest entry along an axis, counted from one, and where it stood."""
    if not x.ndim:
        return x, jnp.zeros((), dtype=np.int64)
    found = [lax.slice_in_dim(part, k - 1, k, axis=dim % x.ndim) for part in ordered(x, dim)]
    return found if keepdim else [jnp.squeeze(part, dim) for part in found]


def median(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower of the two middle entries, of everything or along an axis."""
    if dim is None:
        return kth(jnp.ravel(x), (x.size + 1) // 2, 0)[0]
    return kth(x, (x.shape[dim] + 1) // 2 if x.ndim else 1, dim, keepdim)


def _first(x: Any, k: int, dim: int) -> Any:
    return lax.slice_in_dim(x, 0, k, axis=dim % x.ndim)


def running(which: str) -> Row:
    """``cummax`` and ``cummin``: the extremum so far along an axis, and the place of its last such entry."""

    def row(x: Any, dim: int) -> Any:
        if not x.ndim:
            return x, jnp.zeros((), dtype=np.int64)
        axis = dim % x.ndim
        value = getattr(lax, f"cum{which}")(x, axis=axis)
        places = lax.broadcasted_iota(np.int64, x.shape, axis)
        return value, lax.cummax(jnp.where(x == value, places, 0), axis=axis)

    return row


def along(function: Any) -> Row:
    """A running sum or product along an axis."""

    def row(x: Any, dim: int, *, dtype: Any = None) -> Any:
        x = _summed(x, dtype)
        return function(x, axis=dim % x.ndim) if x.ndim else x

    return row


def soft(function: Any) -> Row:
    """``_softmax`` and ``_log_softmax``."""

    def row(x: Any, dim: int, half_to_float: bool) -> Any:
        return function(x, axis=dim) if x.ndim else function(x[None], axis=0)[0]

    return row


ROWS: dict[str, Row] = {
    "sum": total,
    "mean": mean,
    "prod": product,
    "nansum": lambda x, dim=None, keepdim=False, *, dtype=None: total(
        jnp.where(jnp.isnan(x), 0, x), dim, keepdim, dtype=dtype
    ),
    "var": variance,
    "std": lambda *args, **options: jnp.sqrt(variance(*args, **options)),
    "var_mean": variance_and_mean,
    "amax": lambda x, dim=None, keepdim=False: jnp.max(x, axis=axes_of(x, dim), keepdims=keepdim),
    "amin": lambda x, dim=None, keepdim=False: jnp.min(x, axis=axes_of(x, dim), keepdims=keepdim),
    "max": extremum("max"),
    "min": extremum("min"),
    "argmax": place_of("max"),
    "argmin": place_of("min"),
    "all": lambda x, dim=None, keepdim=False: jnp.all(x, axis=axes_of(x, dim), keepdims=keepdim),
    "any": lambda x, dim=None, keepdim=False: jnp.any(x, axis=axes_of(x, dim), keepdims=keepdim),
    "logsumexp": lambda x, dim, keepdim=False: jax.nn.logsumexp(x, axis=axes_of(x, dim), keepdims=keepdim),
    "linalg_vector_norm": norm,
    "norm": old_norm,
    "cumsum": along(jnp.cumsum),
    "cumprod": along(jnp.cumprod),
    "logcumsumexp": along(lax.cumlogsumexp),
    "cummax": running("max"),
    "cummin": running("min"),
    "sort": ordered,
    "sort.stable": sort_stable,
    "topk": top,
    "kthvalue": kth,
    "median": median,
    "_softmax": soft(jax.nn.softmax),
    "_log_softmax": soft(jax.nn.log_softmax),
    "_softmax_backward_data": lambda g, y, dim, dtype: y * (g - jnp.sum(g * y, axis=axes_of(y, dim), keepdims=True)),
    "_log_softmax_backward_data": lambda g, y, dim, dtype: (
        g - jnp.exp(y) * jnp.sum(g, axis=axes_of(y, dim), keepdims=True)
    ),
}
