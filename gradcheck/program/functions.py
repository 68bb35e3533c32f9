"""NumPy's functions under tracing: the commonest are written in primitives, or made of others; the rest is asked of jax.numpy.

Of what is asked of jax.numpy, NumPy itself says first, with plain numbers of the same shapes, whether it raises, and which
dtype and shape the result has; a result of another shape is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.reductions import accumulated, reduced
from gradcheck.program.results import as_known, broadcast_shape, deliver, known, wrapped
from gradcheck.program.tape import Node, TracingError, call, emit
from gradcheck.program.traced import Traced, TracedScalar
from gradcheck.program.traced_array import TracedArray, raw_of, unwrap
from gradcheck.program.ufuncs import apply_ufunc
from gradcheck.program.uncovered import Uncovered
from gradcheck.program.views import IN_PARTS, VIEWS, view, views
from gradcheck.program.writes import WRITES

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

# Beyond this many numbers, a plain call that only tells shape and dtype would cost more than the trace.
_MOST_REHEARSED = 2**14
_MOST_SEGMENTS = 64
_IGNORED = ("order", "subok", "casting", "like")


def apply_function(func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The function protocol: ``func(*args, **kwargs)`` where an argument is traced.

    Raises:
        TracingError: the call has no traced form.
    """
    leaves = _traced_leaves([args, kwargs])
    if func not in WRITES and func not in VIEWS and func not in IN_PARTS and "out" not in kwargs and known(leaves):
        return as_known(func(*map(_plain, args), **{name: _plain(value) for name, value in kwargs.items()}))
    if func in _REFUSED:
        raise TracingError(f"np.{func.__name__} has no traced form. {_REFUSED[func]}")
    own = OWN.get(func)
    if own is not None:
        return own(*args, **kwargs)
    if func in VIEWS:
        return view(func, args, kwargs)
    if func in IN_PARTS:
        return views(func, args, kwargs)
    made = _composed(func, args, kwargs)
    if made is not NotImplemented:
        return made
    out = kwargs.pop("out", None)
    place = MOVES.get(func)
    if place is not None and isinstance(args[place], Traced) and len(leaves) == 1:
        return deliver(_moved(func, place, args, kwargs), out)
    return deliver(_by_jax(func, args, kwargs), out)


def _plain(tree: Any) -> Any:
    """The same tree with plain arrays in place of stand-ins whose contents are known."""
    if isinstance(tree, Traced):
        return tree.value[()] if isinstance(tree, TracedScalar) else tree.value
    return type(tree)(map(_plain, tree)) if type(tree) in (tuple, list) else tree


def _moved(func: Function, place: int, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A function that only chooses entries, put to their numbers."""
    x = args[place]
    numbers = np.arange(x.size).reshape(x.shape)
    chosen = func(*args[:place], numbers, *args[place + 1 :], **kwargs)
    return wrapped(recording.take(x.value, np.asarray(chosen)), x)


def _asked(func: Function) -> Function:
    """A question about shape or dtype, put to a plain array of the same kind."""

    def ask(*args: Any, **kwargs: Any) -> Any:
        return func(*map(_stand_in, args), **{name: _stand_in(value) for name, value in kwargs.items()})

    return ask


def _stand_in(tree: Any) -> Any:
    """The same tree with plain arrays of the same shapes and dtypes: numbers in (0, 1), and a dominant diagonal."""
    if isinstance(tree, Traced):
        made = np.linspace(0.3, 0.7, tree.size).reshape(tree.shape)
        if tree.ndim >= 2 and tree.shape[-1] == tree.shape[-2]:
            made = made + tree.shape[-1] * np.eye(tree.shape[-1])
        made = made.astype(tree.dtype)
        return made[()] if isinstance(tree, TracedScalar) else made
    if type(tree) in (tuple, list):
        return type(tree)(map(_stand_in, tree))
    return tree


def _traced_leaves(tree: Any) -> list[Traced]:
    if isinstance(tree, Traced):
        return [tree]
    if type(tree) in (tuple, list):
        return [leaf for part in tree for leaf in _traced_leaves(part)]
    if type(tree) is dict:
        return _traced_leaves(list(tree.values()))
    return []


def _composed(func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A function that is written with others, in NumPy's dtype and shape; NotImplemented where this use of it is not."""
    from gradcheck.program.composed import COMPOSED

    own = COMPOSED.get(func)
    if own is None or kwargs.get("out") is not None:
        return NotImplemented
    leaves = _traced_leaves([args, kwargs])
    expected = _rehearsed(func, args, kwargs, leaves)
    options = {name: value for name, value in kwargs.items() if name != "out"}
    try:
        return _as_numpy(_raws(own(*args, **options)), expected, leaves, func.__name__)
    except Uncovered:
        return NotImplemented


def _raws(tree: Any) -> Any:
    """A function's results as raw values: nodes, or stand-ins whose contents are known."""
    if isinstance(tree, tuple | list):
        made = [_raws(part) for part in tree]
        return type(tree)(*made) if hasattr(tree, "_fields") else type(tree)(made)
    return tree.value if isinstance(tree, Traced) and isinstance(tree.value, Node) else tree


def _rehearsed(func: Function, args: Sequence[Any], kwargs: dict[str, Any], leaves: Sequence[Traced]) -> Any:
    """What NumPy itself says of plain numbers of the same shapes; None where these would be too many."""
    if sum(leaf.size for leaf in leaves) > _MOST_REHEARSED:
        return None
    with np.errstate(all="ignore"):
        return func(*map(_stand_in, args), **{name: _stand_in(value) for name, value in kwargs.items()})


def _by_jax(func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The function of the same name in jax.numpy, with NumPy's dtype and shape.

    Raises:
        TracingError: there is none, or it gives another shape than NumPy.
    """
    import jax

    counterpart = _counterpart(func)
    leaves = _traced_leaves([args, kwargs])
    expected = _rehearsed(func, args, kwargs, leaves)
    options = {name: _ready(unwrap(value)) for name, value in kwargs.items() if name not in _IGNORED}
    try:
        result = call(counterpart, *(_ready(unwrap(value)) for value in args), **options)
    except (jax.errors.JAXTypeError, jax.errors.JAXIndexError) as error:
        message = f"np.{func.__name__} needs to know values, and a trace has only shapes. Use np.where, or plain arrays"
        raise TracingError(message) from error
    return _as_numpy(result, expected, leaves, func.__name__)


def _ready(raw: Any) -> Any:
    """A list of raw values as jax.numpy takes it: it refuses lists of numbers, which NumPy does not."""
    if (
        type(raw) is list
        and raw
        and not any(hasattr(part, "shape") or isinstance(part, list | tuple | str) for part in raw)
    ):
        return np.asarray(raw)
    return raw


def _counterpart(func: Function) -> Function:
    import jax.numpy as jnp

    place: Any = jnp
    for part in (func.__module__ or "numpy").split(".")[1:]:
        place = getattr(place, part, place)
    name = func.__name__
    found = getattr(place, name, None)
    if found is None:
        raise TracingError(
            f"np.{name} has no counterpart in jax.numpy, so it cannot be traced. Write it with functions that have"
        )
    return found  # type: ignore[no-any-return] # jax.numpy's functions return arrays


def _as_numpy(result: Any, expected: Any, sources: Sequence[Traced], name: str) -> Any:
    """What jax.numpy returned, wrapped, in the dtype and with the shape that NumPy expects."""
    if isinstance(result, tuple | list):
        parts = list(expected) if isinstance(expected, tuple | list) else [None] * len(result)
        if len(parts) != len(result):
            raise TracingError(f"np.{name} returns {len(parts)} arrays here, and jax.numpy {len(result)}")
        made = [_as_numpy(part, wanted, sources, name) for part, wanted in zip(result, parts, strict=True)]
        return type(result)(*made) if hasattr(result, "_fields") else type(result)(made)
    if not isinstance(result, Node):
        return result
    if expected is not None and np.shape(expected) != tuple(result.shape):
        raise TracingError(
            f"np.{name} gives shape {np.shape(expected)} here, and its counterpart {tuple(result.shape)}"
        )
    if expected is not None:
        result = recording.cast(result, np.asarray(expected).dtype)
    if not result.ndim and isinstance(expected, np.ndarray):
        return TracedArray(result)
    return wrapped(result, *sources)


def _reduction(ufunc: np.ufunc) -> Function:
    """np.sum and its siblings."""

    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        return deliver(reduced(ufunc, a, axis, dtype, keepdims, initial, where), out)

    return call


def _extreme(ufunc: np.ufunc) -> Function:
    """np.max and np.min, which take no dtype."""

    def call(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
    ) -> Any:
        return deliver(reduced(ufunc, a, axis, None, keepdims, initial, where), out)

    return call


def _truth(ufunc: np.ufunc) -> Function:
    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
        return deliver(reduced(ufunc, a, axis, None, keepdims, None, where), out)

    return call


def _running(ufunc: np.ufunc) -> Function:
    """np.cumsum and np.cumprod: of the flattened array, if no axis is given."""

    def call(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
        if axis is None:
            a, axis = np.ravel(a), 0
        if raw_of(a).dtype.kind in "biu" and dtype is None:
            dtype = np.cumsum(np.zeros(1, dtype=raw_of(a).dtype)).dtype
        return deliver(accumulated(ufunc, a, axis, dtype), out)

    return call


def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    if where is not True and where is not np._NoValue:
        return deliver(_by_jax(np.mean, [a], {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}), out)
    kind = np.mean(np.ones((1,), dtype=raw_of(a).dtype), dtype=dtype).dtype
    total = reduced(np.add, a, axis, np.float32 if kind == np.float16 else kind, keepdims)
    count = math.prod(raw_of(a).shape) // max(total.size, 1) if total.size else 1
    mean = total / np.asarray(count, dtype=total.dtype) if count else total / np.asarray(0, dtype=total.dtype)
    return deliver(wrapped(recording.cast(mean.value, kind), a), out)


def _dot(a: Any, b: Any, out: Any = None) -> Any:
    x, y = raw_of(a), raw_of(b)
    if not x.ndim or not y.ndim:
        return deliver(np.multiply(a, b), out)
    if x.ndim <= 2 and y.ndim <= 2:
        return deliver(np.matmul(a, b), out)
    from gradcheck.program.products import DOT

    try:
        return deliver(DOT(a, b), out)
    except Uncovered:
        return deliver(_by_jax(np.dot, [a, b], {}), out)


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    return deliver(apply_ufunc(np.multiply, "outer", [np.ravel(a), np.ravel(b)], {}), out)


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        raise TracingError("np.where(condition) has a length that depends on values. Use np.where(condition, x, y)")
    kind = np.where(True, _weak(x), _weak(y)).dtype
    raws = [recording.cast(raw_of(value), kind) for value in (x, y)]
    mask = recording.cast(raw_of(condition), np.dtype(bool))
    shape = broadcast_shape(mask.shape, *(raw.shape for raw in raws))
    mask, on, off = (recording.broadcast(raw, shape) for raw in (mask, *raws))
    made = recording.choose(mask, on, off)
    return wrapped(made, condition, x, y) if shape else TracedArray(made)


def _weak(value: Any) -> Any:
    """A plain number or array of the same kind, for NumPy's promotion."""
    if type(value) in (int, float, complex, bool):
        return value
    return np.zeros((1,), dtype=raw_of(value).dtype)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:  # noqa: A002 - NumPy's names
    low, high = (
        given if given is not None and given is not np._NoValue else other
        for given, other in ((a_min, min), (a_max, max))
    )
    result = a
    for function, bound in ((np.maximum, low), (np.minimum, high)):
        if bound is not None and bound is not np._NoValue:
            result = function(result, bound)
    return deliver(result if result is not a else np.copy(a), out)


def _concatenate(arrays: Any, axis: int | None = 0, out: Any = None, *, dtype: Any = None, **_: Any) -> Any:
    parts = [part if isinstance(part, Traced) else np.asarray(part) for part in arrays]
    if axis is None:
        parts, axis = [np.ravel(part) for part in parts], 0
    kind = np.result_type(*(raw_of(part).dtype for part in parts)) if dtype is None else np.dtype(dtype)
    stand_ins = [np.broadcast_to(np.zeros((), dtype=np.int8), raw_of(part).shape) for part in parts]
    shape = np.concatenate(stand_ins, axis=axis).shape  # raises as NumPy does
    raws = [recording.cast(raw_of(part), kind) for part in parts]
    place = np.lib.array_utils.normalize_axis_index(axis, len(shape))
    made = emit("concatenate", {"dimension": place}, raws, shape, kind)
    return deliver(wrapped(made), out)


def _stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, **_: Any) -> Any:
    parts = [part if isinstance(part, Traced) else np.asarray(part) for part in arrays]
    if not parts:
        raise ValueError("need at least one array to stack")
    if len({raw_of(part).shape for part in parts}) > 1:
        raise ValueError("all input arrays must have the same shape")
    place = np.lib.array_utils.normalize_axis_index(axis, raw_of(parts[0]).ndim + 1)
    return _concatenate([np.expand_dims(part, place) for part in parts], place, out, dtype=dtype)


def _diag(v: Any, k: int = 0) -> Any:
    """A diagonal matrix of a vector; of a matrix, its diagonal (a read-only view)."""
    if v.ndim == 2:
        return np.diagonal(v, k)
    made = np.diag(np.arange(1, v.size + 1), k)
    places = np.flatnonzero(made)
    zeros = np.zeros(made.shape, dtype=v.dtype)
    return TracedArray(recording.put(zeros, places, v.value)) if v.size else TracedArray(zeros)


def _triangle(func: Function) -> Function:
    """np.tril and np.triu: entries kept by a mask."""

    def call(m: Any, k: int = 0) -> Any:
        mask = func(np.ones(m.shape, dtype=bool), k)
        return np.where(mask, m, np.zeros((), dtype=m.dtype))

    return call


def _apply_along_axis(func1d: Function, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """The function of each line along an axis; its result's axes take the place of that axis."""
    moved = np.moveaxis(arr, axis, -1)
    lead = moved.shape[:-1]
    results = []
    for index in np.ndindex(lead):
        result = func1d(moved[index], *args, **kwargs)
        results.append(result if isinstance(result, Traced) else np.asarray(result))
    stacked = np.stack(results)
    inner = stacked.shape[1:]
    place = axis % arr.ndim
    joined = np.reshape(stacked, (*lead, *inner))
    return np.moveaxis(joined, range(len(lead), len(lead) + len(inner)), range(place, place + len(inner)))


def _at_least(func: Function) -> Function:
    """np.atleast_1d and its siblings: views, of one array or of each of several."""

    def call(*arrays: Any) -> Any:
        made = tuple(view(func, [array], {}) for array in arrays)
        return made[0] if len(made) == 1 else made

    return call


def _joined(at_least: Function, axis: int, axis_of_vectors: int) -> Function:
    """np.vstack and its siblings."""

    def call(tup: Any, *, dtype: Any = None, **_: Any) -> Any:
        parts = [at_least(part) for part in tup]
        return _concatenate(parts, axis_of_vectors if raw_of(parts[0]).ndim == 1 else axis, dtype=dtype)

    return call


def _as_columns(tup: Any) -> Any:
    parts = [part if isinstance(part, Traced) else np.asarray(part) for part in tup]
    return _concatenate([np.reshape(part, (-1, 1)) if raw_of(part).ndim < 2 else part for part in parts], 1)


def _sorted(a: Any, axis: int | None = -1, *_: Any, **__: Any) -> Any:
    """np.sort; every kind of sort gives the same numbers."""
    if axis is None:
        a, axis = np.ravel(a), 0
    raw = raw_of(a)
    params = {"dimension": np.lib.array_utils.normalize_axis_index(axis, raw.ndim), "num_keys": 1, "is_stable": True}
    return wrapped(emit("sort", params, [raw], raw.shape, raw.dtype), a)


def _choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """np.choose, where the numbers of the choices are plain."""
    if isinstance(a, Traced):
        raise TracingError("np.choose with a traced selector has no traced form. Use np.where or np.select")
    parts = np.broadcast_arrays(*(part if isinstance(part, Traced) else np.asarray(part) for part in choices))
    places = np.arange(len(parts)).take(a, mode=mode)  # type: ignore[call-overload] # a str
    stacked = np.stack(parts)
    grid = np.arange(math.prod(stacked.shape)).reshape(stacked.shape)
    return deliver(wrapped(recording.take(raw_of(stacked), np.choose(places, list(grid)))), out)


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """np.interp between a few plain places: one choice a segment, each counted as a branch of its own."""
    few = not isinstance(xp, Traced) and np.ndim(xp) == 1 and 0 < np.size(xp) <= _MOST_SEGMENTS
    if not few or left is not None or right is not None or period is not None:
        options = {"left": left, "right": right, "period": period}
        return _by_jax(np.interp, [x, xp, fp], {name: value for name, value in options.items() if value is not None})
    places = np.asarray(xp, dtype=np.float64)
    values = fp if isinstance(fp, Traced) else np.asarray(fp, dtype=np.float64)
    result = values[0] + 0 * (x if isinstance(x, Traced) else np.asarray(x))
    for k in range(places.size - 1):
        slope = (values[k + 1] - values[k]) / (places[k + 1] - places[k])
        result = np.where(np.greater(x, places[k]), values[k] + slope * np.subtract(x, places[k]), result)
    return np.where(np.greater(x, places[-1]), values[-1], result)


def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """np.bincount of plain numbers with traced weights."""
    if isinstance(x, Traced):
        raise TracingError(
            "np.bincount of traced numbers has a length that depends on them. Give them as a plain array"
        )
    zeros = np.zeros(np.bincount(x, minlength=minlength).shape)
    return TracedArray(recording.combine("add", zeros, np.asarray(x), recording.cast(raw_of(weights), zeros.dtype)))


def _size(a: Any, axis: int | None = None) -> int:
    shape = raw_of(a).shape
    return int(math.prod(shape) if axis is None else shape[axis])


def _copy(a: Any, order: str = "K", **_: Any) -> Any:
    return a.copy(order) if isinstance(a, TracedArray) else TracedArray(a.value)


def _real(val: Any) -> Any:
    return val.real


def _imag(val: Any) -> Any:
    return val.imag


def _angle(z: Any, deg: bool = False) -> Any:
    """The angle of each number; that of a negative real one is π."""
    made = np.arctan2(z.imag, z.real)
    return np.degrees(made) if deg else made


def _vdot(a: Any, b: Any) -> Any:
    """Σ āᵢ bᵢ over all entries."""
    return np.dot(np.conj(np.ravel(a)), np.ravel(b))


_WHOLE_ARRAYS = "Use np.where or np.select with functions of whole arrays"
_REFUSED: Mapping[Function, str] = {
    **dict.fromkeys(
        (np.partition, np.argpartition), "It leaves the order of most entries open: use np.sort or np.argsort"
    ),
    **dict.fromkeys((np.piecewise, np.apply_over_axes), _WHOLE_ARRAYS),
}

# Functions that choose entries as their plain arguments say, and the place of the array among the arguments.
MOVES: Mapping[Function, int] = {
    **dict.fromkeys((np.take, np.delete, np.repeat, np.tile, np.roll, np.resize, np.take_along_axis), 0),
    **dict.fromkeys((np.compress, np.extract), 1),
}

OWN: Mapping[Function, Function] = {
    **WRITES,
    **{func: _asked(func) for func in (np.result_type, np.can_cast, np.min_scalar_type, np.common_type)},
    **{func: _asked(func) for func in (np.iscomplexobj, np.isrealobj)},
    **{func: _at_least(func) for func in (np.atleast_1d, np.atleast_2d, np.atleast_3d)},
    np.shape: lambda a: raw_of(a).shape,
    np.ndim: lambda a: raw_of(a).ndim,
    np.size: _size,
    np.sum: _reduction(np.add),
    np.prod: _reduction(np.multiply),
    np.max: _extreme(np.maximum),
    np.amax: _extreme(np.maximum),
    np.min: _extreme(np.minimum),
    np.amin: _extreme(np.minimum),
    np.all: _truth(np.logical_and),
    np.any: _truth(np.logical_or),
    np.cumsum: _running(np.add),
    np.cumprod: _running(np.multiply),
    np.mean: _mean,
    np.dot: _dot,
    np.outer: _outer,
    np.where: _where,
    np.clip: _clip,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.vstack: _joined(np.atleast_2d, 0, 0),
    np.hstack: _joined(np.atleast_1d, 1, 0),
    np.dstack: _joined(np.atleast_3d, 2, 2),
    np.column_stack: _as_columns,
    np.diag: _diag,
    np.tril: _triangle(np.tril),
    np.triu: _triangle(np.triu),
    np.sort: _sorted,
    np.copy: _copy,
    np.choose: _choose,
    np.bincount: _bincount,
    np.interp: _interp,
    np.real: _real,
    np.imag: _imag,
    np.angle: _angle,
    np.vdot: _vdot,
    np.fix: np.trunc,
    np.apply_along_axis: _apply_along_axis,
}
