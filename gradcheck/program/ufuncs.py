"""NumPy's ufunc protocol under tracing: dtypes as NumPy resolves them, shapes as it broadcasts them, one lax operation."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.program import is_inexact
from gradcheck.program.reductions import accumulate_, reduce_
from gradcheck.program.results import PLAIN_OUT, as_known, broadcast_shape, deliver, entrywise, known, wrapped
from gradcheck.program.tape import Raw, TracingError, call, emit
from gradcheck.program.traced import Traced
from gradcheck.program.traced_array import TracedArray, raw_of, unwrap
from gradcheck.program.traced_index import changed, mentions_tracer
from gradcheck.program.ufunc_table import UFUNCS, in_jax

# How the ufuncs with an unbuffered form are recorded: with which scatter, and after which change of the operand.
_AT = {
    "add": ("add", ""),
    "subtract": ("add", "negative"),
    "multiply": ("mul", ""),
    "divide": ("mul", "reciprocal"),
    "maximum": ("max", ""),
    "minimum": ("min", ""),
}


@functools.lru_cache(maxsize=4096)
def _loop(ufunc: np.ufunc, kinds: tuple[Any, ...], wanted: Any) -> tuple[np.dtype[Any], ...]:
    """The dtypes of operands and results in the loop that NumPy would run."""
    asked = (*kinds, *(None,) * ufunc.nout)
    if wanted is None:
        return ufunc.resolve_dtypes(asked)
    return ufunc.resolve_dtypes(asked, signature=(*(None,) * ufunc.nin, *(wanted,) * ufunc.nout))


def _kind(operand: Any) -> Any:
    """What NumPy's promotion asks of an operand: its dtype, or the type of a Python number, which is weak."""
    if type(operand) in (int, float, complex):
        return type(operand)
    return operand.dtype if isinstance(operand, Traced | np.ndarray | np.generic) else np.asarray(operand).dtype


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The ufunc protocol: ``ufunc.method(*inputs, **kwargs)`` where an input or an output is traced.

    Raises:
        TracingError: the call has no traced form.
    """
    out = kwargs.pop("out", None)
    handler = {"__call__": _call, "reduce": reduce_, "accumulate": accumulate_, "outer": _outer, "at": _at}.get(method)
    if handler is None:
        raise TracingError(f"np.{ufunc.__name__}.{method} has no traced form. Write it as a loop or with np.add.at")
    if out is None and method != "at" and known(inputs) and not isinstance(kwargs.get("where"), Traced):
        plain = [x.value[()] if isinstance(x, Traced) else x for x in inputs]
        return as_known(getattr(ufunc, method)(*plain, **kwargs))
    where = kwargs.pop("where", True)
    if method == "__call__" and where is not True:
        return _call_where(ufunc, inputs, kwargs, out, where)
    if where is not True:
        kwargs["where"] = where
    result = handler(ufunc, inputs, kwargs)
    return deliver(result, out)


def _operands(
    ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[list[Raw], tuple[np.dtype[Any], ...]]:
    """The inputs in the dtypes of the loop, and those dtypes (operands, then results)."""
    kwargs.pop("casting", None)
    kwargs.pop("order", None)
    kwargs.pop("subok", None)
    wanted = kwargs.pop("dtype", None)
    if kwargs:
        raise TracingError(f"np.{ufunc.__name__} with {', '.join(kwargs)}= has no traced form. Leave it out")
    loop = _loop(ufunc, tuple(map(_kind, inputs)), None if wanted is None else np.dtype(wanted))
    if any(dtype.kind == "O" for dtype in loop):
        raise TracingError(
            f"{ufunc.__name__} works on Python objects one by one. Write it with NumPy functions of whole arrays"
        )
    raws = [recording.cast(raw_of(value), dtype) for value, dtype in zip(inputs, loop, strict=False)]
    return raws, loop


def _call(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    if ufunc.signature is not None:
        return _generalized(ufunc, inputs, kwargs)
    raws, loop = _operands(ufunc, inputs, kwargs)
    shape = broadcast_shape(*(raw.shape for raw in raws))
    if ufunc.__name__ == "divmod" and is_inexact(loop[-1]):
        return np.floor_divide(*inputs), np.remainder(*inputs)
    operation = UFUNCS.get(ufunc.__name__)
    if operation is None:
        return _by_jax(ufunc, raws, loop, inputs)
    return entrywise(recording.broadcast(operation(raws, shape, loop[-1]), shape), inputs)


def _by_jax(ufunc: np.ufunc, raws: list[Raw], loop: tuple[np.dtype[Any], ...], inputs: Sequence[Any]) -> Any:
    """A ufunc that only jax.numpy or jax.scipy.special computes."""
    results = call(in_jax(ufunc.__name__), *raws)
    if ufunc.nout == 1:
        return entrywise(recording.cast(results, loop[-1]), inputs)
    return tuple(
        entrywise(recording.cast(raw, dtype), inputs) for raw, dtype in zip(results, loop[ufunc.nin :], strict=True)
    )


def _generalized(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Matrix products, and the other ufuncs that work on more than single entries."""
    raws, loop = _operands(ufunc, inputs, kwargs)
    if ufunc.__name__ == "matmul" and all(raw.ndim in (1, 2) for raw in raws):
        raw = matrix_product(*raws)
    elif ufunc.__name__ == "matmul" and all(raw.ndim and raw.dtype.kind in "fc" for raw in raws):
        from gradcheck.program.products import stacked_product

        raw = stacked_product(*raws)
    else:
        raw = call(in_jax(ufunc.__name__), *raws)
    return wrapped(recording.cast(raw, loop[-1]))


def matrix_product(a: Raw, b: Raw) -> Raw:
    """The product of vectors and matrices of one dtype.

    Raises:
        ValueError: the contracted sizes differ.
    """
    if a.shape[-1] != b.shape[0]:
        raise ValueError(
            f"matmul: Input operand 1 has a mismatch in its core dimension 0 (size {b.shape[0]} is different from "
            f"{a.shape[-1]})"
        )
    params = {"dimension_numbers": (((a.ndim - 1,), (0,)), ((), ())), "preferred_element_type": None}
    return emit("dot_general", params, [a, b], (*a.shape[:-1], *b.shape[1:]), a.dtype)


def _call_where(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any], out: Any, where: Any) -> Any:
    """A ufunc that computes where a mask holds, and leaves ``out=`` alone elsewhere."""
    target = out[0] if isinstance(out, tuple) else out
    if not isinstance(target, TracedArray):
        raise TracingError(
            f"np.{ufunc.__name__} with where= and no traced out= leaves entries undefined. Use np.where on the result instead"
        )
    result = _call(ufunc, inputs, kwargs)
    if not np.can_cast(result.dtype, target.dtype, "same_kind"):
        raise TypeError(f"Cannot cast output from {result.dtype!r} to {target.dtype!r} with casting rule 'same_kind'")
    target.assign(result, mask=recording.cast(raw_of(where), np.dtype(bool)))
    return target


def _outer(ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Every entry of the first with every entry of the second."""
    first, second = inputs
    a, b = raw_of(first), raw_of(second)
    a = TracedArray(recording.reshape(a, (*a.shape, *(1,) * b.ndim)))
    return _call(ufunc, [a, TracedArray(b)], kwargs)


def _at(ufunc: np.ufunc, inputs: Sequence[Any], _: dict[str, Any]) -> None:
    """Unbuffered writing: repeated indices count repeatedly."""
    target, index, *operands = inputs
    if ufunc.__name__ not in _AT or len(operands) != 1:
        raise TracingError(f"np.{ufunc.__name__}.at has no traced form. Use np.add.at, np.multiply.at, or a loop")
    if not isinstance(target, TracedArray):
        raise TracingError(PLAIN_OUT)
    loop = _loop(ufunc, (target.dtype, _kind(operands[0])), None)[-1]
    if not np.can_cast(loop, target.dtype, "same_kind"):
        raise TypeError(f"Cannot cast ufunc '{ufunc.__name__}' output from {loop!r} to {target.dtype!r}")
    key, raw = unwrap(index), recording.cast(raw_of(operands[0]), target.dtype)
    name, change = _AT[ufunc.__name__]
    if change:
        raw = UFUNCS[change]([raw], raw.shape, raw.dtype)
    if mentions_tracer(key):
        target.overwrite(changed(name, target.value, key, raw))
        return
    places = np.asarray(np.arange(target.size).reshape(target.shape)[key])
    target.overwrite(recording.combine(name, target.value, places, recording.broadcast(raw, places.shape)))
