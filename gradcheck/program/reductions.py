"""Reductions and running folds of ufuncs, and the functions and methods that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.results import wrapped
from gradcheck.program.tape import TracingError, emit
from gradcheck.program.traced_array import raw_of
from gradcheck.program.ufunc_table import UFUNCS

# What each ufunc's reduce and accumulate are in lax, and where they start.
_REDUCTIONS = {
    "add": "reduce_sum",
    "multiply": "reduce_prod",
    "maximum": "reduce_max",
    "minimum": "reduce_min",
    "logical_and": "reduce_and",
    "logical_or": "reduce_or",
}
_START = {"add": 0, "multiply": 1, "logical_and": True, "logical_or": False}
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod", "maximum": "cummax", "minimum": "cummin"}


def reduce_(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The call ``ufunc.reduce(*inputs, **kwargs)``: along axis 0, if none is given."""
    (x, *rest) = inputs
    options = dict(zip(("axis", "dtype"), rest, strict=False))
    return reduced(ufunc, x, **{"axis": 0, **options, **kwargs})


def reduced(
    ufunc: np.ufunc,
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """``ufunc.reduce`` with NumPy's arguments, dtypes and errors.

    Raises:
        TracingError: the ufunc has no reduction in lax.
    """
    name = ufunc.__name__
    operation = _REDUCTIONS.get(name)
    if operation is None:
        raise TracingError(f"np.{name}.reduce has no traced form. Use np.sum, np.prod, np.max or np.min, or a loop")
    raw = raw_of(x)
    keepdims = False if keepdims is np._NoValue else bool(keepdims)
    initial = None if initial is np._NoValue else initial
    where = True if where is np._NoValue else where
    ndim = raw.ndim
    axes = tuple(range(ndim)) if axis is None else tuple(np.lib.array_utils.normalize_axis_tuple(axis, ndim))
    target = ufunc.reduce(
        np.ones((1,) * max(ndim, 1), dtype=raw.dtype), axis=None if ndim < 2 else tuple(range(ndim)), dtype=dtype
    ).dtype
    raw = recording.cast(raw, np.dtype(target))
    if where is not True:
        start = _START.get(name, initial)
        if start is None:
            raise ValueError(
                f"reduction operation '{name}' does not have an identity, so to use a where mask, give 'initial'"
            )
        mask = recording.broadcast(recording.cast(raw_of(where), np.dtype(bool)), raw.shape)
        raw = recording.choose(mask, raw, recording.broadcast(np.asarray(start, dtype=raw.dtype), raw.shape))
    if name not in _START and initial is None and any(raw.shape[a] == 0 for a in axes):
        raise ValueError(f"zero-size array to reduction operation {name} which has no identity")
    rest = tuple(n for a, n in enumerate(raw.shape) if a not in axes)
    result = emit(operation, {"axes": axes}, [raw], rest, raw.dtype) if axes else raw
    if initial is not None:
        result = UFUNCS[name]([result, recording.cast(raw_of(initial), raw.dtype)], rest, raw.dtype)
    if keepdims:
        result = recording.reshape(result, tuple(1 if a in axes else n for a, n in enumerate(raw.shape)))
    return wrapped(result, x)


def accumulate_(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The call ``ufunc.accumulate(*inputs, **kwargs)``: along axis 0, if none is given."""
    (x, *rest) = inputs
    options = {"axis": 0, **dict(zip(("axis", "dtype"), rest, strict=False)), **kwargs}
    return accumulated(ufunc, x, **options)


def accumulated(ufunc: np.ufunc, x: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``ufunc.accumulate`` with NumPy's arguments and dtypes.

    Raises:
        TracingError: the ufunc has no running form in lax.
    """
    operation = _ACCUMULATIONS.get(ufunc.__name__)
    if operation is None:
        raise TracingError(f"np.{ufunc.__name__}.accumulate has no traced form. Use np.cumsum or np.cumprod, or a loop")
    raw = raw_of(x)
    axis = np.lib.array_utils.normalize_axis_index(axis, raw.ndim)
    target = ufunc.accumulate(np.ones((1,), dtype=raw.dtype), dtype=dtype).dtype
    raw = recording.cast(raw, np.dtype(target))
    return wrapped(emit(operation, {"axis": axis, "reverse": False}, [raw], raw.shape, raw.dtype), x)
