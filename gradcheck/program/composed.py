"""NumPy's functions that are made of others: written with those, so that their trace is made of theirs, without JAX.

Each takes NumPy's arguments. What a function here does not cover (an option that is rare, a shape that it leaves out) it says
by `Uncovered`; jax.numpy is asked then. `program.functions` compares shape and dtype of each result with NumPy's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.program import linear_algebra, products, recording
from gradcheck.program.results import wrapped
from gradcheck.program.tape import emit, emit_all
from gradcheck.program.traced import Traced
from gradcheck.program.traced_array import TracedArray, raw_of
from gradcheck.program.uncovered import Uncovered, nothing_else

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

_MOST_PLACES = 4096  # of a table that is searched


def _given(value: Any) -> bool:
    return value is not None and value is not np._NoValue


def _flat(a: Any, axis: Any) -> tuple[Any, int]:
    """The array and its axis; without one, the flattened array and axis 0."""
    if axis is None:
        return np.ravel(a), 0
    if not isinstance(axis, int | np.integer):
        raise Uncovered
    return a, int(np.lib.array_utils.normalize_axis_index(int(axis), raw_of(a).ndim))


def _along(a: Any, axis: int, key: Any) -> Any:
    """``a[..., key, ...]`` at the place of the axis."""
    return a[(slice(None),) * axis + (key,)]


def _kept(made: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """A reduction's result, with axes of length 1 if they are wanted."""
    if not _given(keepdims) or not keepdims:
        return made
    return np.reshape(made, (1,) * raw_of(a).ndim) if axis is None else np.expand_dims(made, axis)


def _var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, **rest: Any
) -> Any:
    """Σ |x − mean|² / (n − ddof)."""
    nothing_else(dtype, out, **rest)
    x = raw_of(a)
    axes = tuple(range(x.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, x.ndim)
    count = math.prod(x.shape[axis] for axis in axes) - ddof
    centred = a - np.mean(a, axis=axes, keepdims=True)
    squares = np.square(np.real(centred)) + np.square(np.imag(centred)) if x.dtype.kind == "c" else np.square(centred)
    return np.sum(squares, axis=axes, keepdims=bool(_given(keepdims) and keepdims)) / max(count, 0)


def _std(a: Any, *args: Any, **kwargs: Any) -> Any:
    return np.sqrt(_var(a, *args, **kwargs))


def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    nothing_else(out)
    keep: dict[str, Any] = {"keepdims": bool(_given(keepdims) and keepdims)}
    return np.max(a, axis=axis, **keep) - np.min(a, axis=axis, **keep)


def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Any:
    if returned or weights is None or np.shape(weights) != np.shape(a):
        if returned or (weights is not None and (axis is None or not isinstance(axis, int) or np.ndim(weights) != 1)):
            raise Uncovered
        if weights is None:
            return np.mean(a, axis=axis, keepdims=bool(_given(keepdims) and keepdims))
        shape = [1] * raw_of(a).ndim
        shape[axis] = -1
        weights = np.broadcast_to(np.reshape(weights, shape), np.shape(a))
    keep: dict[str, Any] = {"keepdims": bool(_given(keepdims) and keepdims)}
    return np.sum(a * weights, axis=axis, **keep) / np.sum(weights, axis=axis, **keep)


def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:  # noqa: ARG001 - NumPy's name
    nothing_else(out)
    x, place = _flat(a, axis)
    n = raw_of(x).shape[place]
    ordered = np.sort(x, axis=place)
    middle = _along(ordered, place, n // 2)
    return _kept(middle if n % 2 else (_along(ordered, place, n // 2 - 1) + middle) / 2, a, axis, keepdims)


def _quantile(hundredths: int) -> Function:
    """np.quantile or np.percentile of one plain q, linear between the sorted numbers."""

    def call(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,  # noqa: ARG001 - NumPy's name
        method: str = "linear",
        keepdims: Any = False,
        **rest: Any,
    ) -> Any:
        nothing_else(out, **rest)
        if isinstance(q, Traced) or np.ndim(q) or method != "linear":
            raise Uncovered
        x, place = _flat(a, axis)
        n = raw_of(x).shape[place]
        # The place between two numbers as it is written: 3 × 0.3 in floats is not 0.9.
        where = Fraction(str(float(q))) / hundredths * (n - 1)
        low = math.floor(where)
        part = float(where - low)
        ordered = np.sort(x, axis=place)
        below = _along(ordered, place, low)
        if not part:
            return _kept(below + 0.0, a, axis, keepdims)
        above = _along(ordered, place, low + 1)
        made = below + (above - below) * part if part < 0.5 else above - (above - below) * float(1 - (where - low))
        return _kept(made, a, axis, keepdims)

    return call


def _nan_sum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **rest: Any) -> Any:
    nothing_else(dtype, out, **rest)
    kept = np.where(np.isnan(a), np.zeros((), dtype=raw_of(a).dtype), a)
    return np.sum(kept, axis=axis, keepdims=bool(_given(keepdims) and keepdims))


def _nan_mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **rest: Any) -> Any:
    nothing_else(dtype, out, **rest)
    keep: dict[str, Any] = {"keepdims": bool(_given(keepdims) and keepdims)}
    return _nan_sum(a, axis, **keep) / np.sum(~np.isnan(a), axis=axis, **keep)


def _cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, **rest: Any) -> Any:
    nothing_else(y, **rest)
    if raw_of(m).ndim > 2:
        raise Uncovered
    x = np.atleast_2d(m)
    x = x if rowvar or raw_of(m).ndim < 2 else np.transpose(x)
    count = x.shape[1] - (ddof if ddof is not None else 0 if bias else 1)
    centred = x - np.mean(x, axis=1, keepdims=True)
    return np.squeeze(centred @ np.conj(np.transpose(centred)) / count)


def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, **rest: Any) -> Any:
    nothing_else(**rest)
    if y is not None:
        rows = [np.atleast_2d(part) if rowvar or raw_of(part).ndim < 2 else np.transpose(part) for part in (x, y)]
        x, rowvar = np.concatenate(rows), True
    c = _cov(x, rowvar=rowvar)
    if not c.ndim:
        raise Uncovered
    spread = np.sqrt(np.real(np.diagonal(c)))
    return np.clip(c / spread[:, None] / spread[None], -1, 1)


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    if _given(prepend) or _given(append) or raw_of(a).dtype.kind == "b":
        raise Uncovered
    place = np.lib.array_utils.normalize_axis_index(axis, raw_of(a).ndim)
    for _ in range(n):
        a = _along(a, place, slice(1, None)) - _along(a, place, slice(None, -1))
    return a


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    place = np.lib.array_utils.normalize_axis_index(axis, raw_of(y).ndim)
    step = dx
    if x is not None:
        step = np.diff(x) if raw_of(x).ndim == 1 else np.diff(x, axis=axis)
        if raw_of(x).ndim == 1:
            step = np.reshape(step, [-1 if k == place else 1 for k in range(raw_of(y).ndim)])
    pairs = _along(y, place, slice(1, None)) + _along(y, place, slice(None, -1))
    return np.sum(step * pairs / 2.0, axis=place)


def _gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences of one array of one axis, one-sided at its ends."""
    if (
        raw_of(f).ndim != 1
        or axis not in (None, 0, -1)
        or edge_order != 1
        or len(spacing) > 1
        or any(np.ndim(step) for step in spacing)
    ):
        raise Uncovered
    step = spacing[0] if spacing else 1.0
    inner = (f[2:] - f[:-2]) / (2.0 * step)
    return np.concatenate([(f[1:2] - f[0:1]) / step, inner, (f[-1:] - f[-2:-1]) / step])


def _polyval(p: Any, x: Any) -> Any:
    """Horner's rule."""
    value = np.zeros_like(x)
    for k in range(raw_of(p).shape[0]):
        value = value * x + p[k]
    return value


def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Σ_k v_k a_{i−k}, a sum of shifted copies of the longer one."""
    parts = [part if isinstance(part, Traced) else np.asarray(part) for part in (a, v)]
    if any(raw_of(part).ndim != 1 or not raw_of(part).size for part in parts) or mode not in ("full", "same", "valid"):
        raise Uncovered
    longer, shorter = parts if parts[0].size >= parts[1].size else parts[::-1]
    n, k = longer.size, shorter.size
    kind = np.result_type(longer.dtype, shorter.dtype)
    total: Any = np.zeros(n + k - 1, dtype=kind)
    for shift in range(k):
        total = total + np.concatenate([np.zeros(shift, kind), shorter[shift] * longer, np.zeros(k - 1 - shift, kind)])
    low, size = {"full": (0, n + k - 1), "same": ((k - 1) // 2, n), "valid": (k - 1, n - k + 1)}[mode]
    return total[low : low + size]


def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    if raw_of(a).ndim != 1 or raw_of(v).ndim != 1 or raw_of(a).size < raw_of(v).size:
        raise Uncovered
    return _convolve(a, np.conj(v)[::-1], mode)


def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    nothing_else(out)
    if raw_of(a).dtype.kind in "biu":
        if decimals < 0:
            raise Uncovered
        return a
    scale = 10.0 ** abs(decimals)
    if decimals < 0:
        return np.rint(a / scale) * scale
    return np.rint(a * scale) / scale if decimals else np.rint(a)


def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """The first choice whose condition holds."""
    result: Any = default
    for condition, choice in zip(reversed(list(condlist)), reversed(list(choicelist)), strict=True):
        result = np.where(condition, choice, result)
    return result


def _sinc(x: Any) -> Any:
    """sin πx / πx, and 1 at 0."""
    nowhere = np.equal(x, 0)
    y = np.pi * np.where(nowhere, 1.0, x)
    return np.where(nowhere, 1.0, np.sin(y) / y)


def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    kind = raw_of(x).dtype
    if kind.kind != "f" or not copy:
        raise Uncovered
    limits = np.finfo(kind)
    x = np.where(np.isnan(x), kind.type(nan), x)
    x = np.where(np.equal(x, np.inf), limits.max if posinf is None else kind.type(posinf), x)
    return np.where(np.equal(x, -np.inf), limits.min if neginf is None else kind.type(neginf), x)


def _is_close(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    if equal_nan or any(raw_of(part).dtype.kind not in "fiub" for part in (a, b)):
        raise Uncovered
    near = np.less_equal(np.abs(np.subtract(a, b)), atol + rtol * np.abs(b))
    return np.where(np.isfinite(b), near, np.equal(a, b))


def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    kind = raw_of(a).dtype
    return np.sum(np.not_equal(a, np.zeros((), dtype=kind)), axis=axis, keepdims=keepdims)


def _place_of(name: str) -> Function:
    """np.argmax or np.argmin: the first of the largest or smallest."""

    def call(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
        nothing_else(out)
        x, place = _flat(a, axis)
        raw = raw_of(x)
        if not raw.shape[place] or raw.dtype.kind not in "fiu":
            raise Uncovered
        shape = (*raw.shape[:place], *raw.shape[place + 1 :])
        made = emit(name, {"axes": (place,), "index_dtype": np.dtype(np.int64)}, [raw], shape, np.dtype(np.int64))
        return _kept(wrapped(made, x), a, axis, keepdims)

    return call


def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **rest: Any) -> Any:  # noqa: ARG001 - NumPy's name
    """Where equal numbers stand is told by none but the stable sort; NumPy's others agree with it for few numbers."""
    nothing_else(order, **rest)
    x, place = _flat(a, axis)
    raw = raw_of(x)
    numbers = np.broadcast_to(
        np.arange(raw.shape[place]).reshape([-1 if k == place else 1 for k in range(raw.ndim)]), raw.shape
    )
    params = {"dimension": place, "num_keys": 1, "is_stable": True}
    _, places = emit_all("sort", params, [raw, np.array(numbers)], [(raw.shape, raw.dtype), (raw.shape, numbers.dtype)])
    return wrapped(places, x)


def _search_sorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """How many numbers of a plain table lie before each of the traced ones."""
    if isinstance(a, Traced) or sorter is not None or np.size(a) > _MOST_PLACES:
        raise Uncovered
    table = np.asarray(a)
    before = np.less if side == "left" else np.less_equal
    lifted = np.reshape(v, (*raw_of(v).shape, 1))
    return np.sum(before(table, lifted), axis=-1)


def _take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    """Entries at whole numbers that may be traced themselves."""
    nothing_else(out)
    if mode != "raise" or not isinstance(a, Traced) or raw_of(indices).dtype.kind not in "iu":
        raise Uncovered
    x, place = _flat(a, axis)
    return x[(*(slice(None),) * place, indices)]


def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    x, place = _flat(arr, axis)
    where = raw_of(indices)
    if not isinstance(x, Traced) or where.ndim != x.ndim:
        raise Uncovered
    grid = [
        np.arange(n).reshape([-1 if k == other else 1 for k in range(x.ndim)]) for other, n in enumerate(where.shape)
    ]
    return x[tuple(indices if other == place else numbers for other, numbers in enumerate(grid))]


def _padded(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """Entries where they go, and constants around them."""
    if mode in ("edge", "reflect", "symmetric", "wrap") and set(kwargs) <= {"reflect_type"}:
        if kwargs.get("reflect_type", "even") != "even":
            raise Uncovered
        return _rearranged(lambda numbers: np.pad(numbers, pad_width, mode), [array])
    if mode not in ("constant", "empty") or set(kwargs) - {"constant_values"}:
        raise Uncovered
    filler = kwargs.get("constant_values", 0)
    filler = filler if isinstance(filler, Traced) else np.asarray(filler)
    dtype = raw_of(array).dtype
    cast = filler.astype(dtype)
    return _rearranged(lambda numbers, places: np.pad(numbers, pad_width, constant_values=places), [array, cast])


def _rearranged(move: Function, arrays: Sequence[Any]) -> Any:
    """What a function that moves entries of several arrays makes of them, found out with their numbers."""
    parts = [part if isinstance(part, Traced) else np.asarray(part) for part in arrays]
    kind = np.result_type(*(part.dtype for part in parts))
    raws = [recording.reshape(recording.cast(raw_of(part), kind), (part.size,)) for part in parts]
    starts = np.cumsum([0, *(part.size for part in parts)])
    numbers = [
        np.arange(start, start + part.size).reshape(part.shape) for start, part in zip(starts, parts, strict=False)
    ]
    places = move(*numbers)
    kept = [raw for raw in raws if raw.size]
    joined = kept[0] if len(kept) == 1 else emit("concatenate", {"dimension": 0}, kept, (int(starts[-1]),), kind)
    if isinstance(places, tuple | list):
        return type(places)(TracedArray(recording.take(joined, np.asarray(part))) for part in places)
    return TracedArray(recording.take(joined, np.asarray(places)))


def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, values, axis = np.ravel(arr), np.ravel(values), 0
    return np.concatenate([arr, values], axis=axis)


def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    if isinstance(obj, Traced) or np.result_type(raw_of(values), raw_of(arr).dtype) != raw_of(arr).dtype:
        raise Uncovered
    return _rearranged(lambda numbers, new: np.insert(numbers, obj, new, axis), [arr, values])


def _block(arrays: Any) -> Any:
    """Nested lists of arrays, set together."""
    found: list[Any] = []

    def numbered(tree: Any, fill: Any) -> Any:
        if type(tree) is list:
            return [numbered(part, fill) for part in tree]
        if fill is None:
            found.append(tree)
            return None
        return next(fill)

    numbered(arrays, None)
    return _rearranged(lambda *numbers: np.block(numbered(arrays, iter(numbers))), found)


def _meshgrid(*arrays: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:  # noqa: ARG001 - NumPy's name
    if len({raw_of(part).dtype for part in arrays}) > 1:
        raise Uncovered
    return _rearranged(lambda *numbers: np.meshgrid(*numbers, sparse=sparse, indexing=indexing), arrays)  # type: ignore[call-overload] # a str


def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:  # noqa: ARG001 - NumPy's name
    shape = np.broadcast_shapes(*(raw_of(part).shape for part in args))
    return tuple(np.broadcast_to(part, shape) for part in args)


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    nothing_else(dtype, out)
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return _trace(x, offset, -2, -1, dtype)


def _diag_flat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


COMPOSED: Mapping[Function, Function] = {
    np.var: _var,
    np.std: _std,
    np.ptp: _ptp,
    np.average: _average,
    np.median: _median,
    np.quantile: _quantile(1),
    np.percentile: _quantile(100),
    np.nansum: _nan_sum,
    np.nanmean: _nan_mean,
    np.cov: _cov,
    np.corrcoef: _corrcoef,
    np.diff: _diff,
    np.trapezoid: _trapezoid,
    np.gradient: _gradient,
    np.polyval: _polyval,
    np.convolve: _convolve,
    np.correlate: _correlate,
    np.round: _round,
    np.around: _round,
    np.select: _select,
    np.sinc: _sinc,
    np.nan_to_num: _nan_to_num,
    np.isclose: _is_close,
    np.count_nonzero: _count_nonzero,
    np.argmax: _place_of("argmax"),
    np.argmin: _place_of("argmin"),
    np.argsort: _argsort,
    np.searchsorted: _search_sorted,
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.pad: _padded,
    np.append: _append,
    np.insert: _insert,
    np.block: _block,
    np.meshgrid: _meshgrid,
    np.broadcast_arrays: _broadcast_arrays,
    np.trace: _trace,
    np.linalg.trace: _linalg_trace,
    np.diagflat: _diag_flat,
    **products.PRODUCTS,
    **linear_algebra.FUNCTIONS,
}
