"""Floats: NumPy arrays of a given dtype, without compilation. What has no rule falls back to JAX's own primitive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.numbers.elementwise import ROWS
from gradcheck.numbers.structural import REORDERED, STRUCTURAL, OutOfBoundsError, scatter_add
from gradcheck.numbers.system import Visits

Array = np.ndarray[Any, np.dtype[Any]]
Params = Mapping[str, Any]


def _select(params: Params, which: Array, *cases: Array) -> Array:
    if len(cases) == 2:
        return np.where(which.astype(bool), cases[1], cases[0])
    which = np.broadcast_to(which, cases[0].shape)
    return np.choose(which.astype(np.int64), cases)


def _convert(params: Params, x: Array) -> Array:
    return x.astype(params["new_dtype"])


def _iota(params: Params, *_: Array) -> Array:
    shape, axis = params["shape"], params["dimension"]
    aligned = [1] * len(shape)
    aligned[axis] = shape[axis]
    return np.broadcast_to(np.arange(shape[axis]).reshape(aligned), shape).astype(params["dtype"])


def _axes(params: Params) -> tuple[int, ...]:
    return tuple(int(axis) for axis in params["axes"])


def _argument_of(extreme: Callable[..., Any]) -> Callable[..., Array]:
    def rule(params: Params, x: Array) -> Array:
        (axis,) = _axes(params)
        return np.asarray(extreme(x, axis=axis), dtype=params["index_dtype"])

    return rule


def _round(params: Params, x: Array) -> Array:
    if int(params["rounding_method"]) == 0:  # away from zero
        return np.asarray(np.copysign(np.floor(np.abs(x) + 0.5), x))
    return np.round(x)


def matmul_form(
    dims: Any, a_shape: Sequence[int], b_shape: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, int, int, int], tuple[int, ...]]:
    """How ``dot_general`` becomes one batched matrix product.

    Returns the permutations of both operands, the sizes (batch, rows, contracted, columns), and the result's shape.
    """
    (contract_a, contract_b), (batch_a, batch_b) = dims
    free_a = [axis for axis in range(len(a_shape)) if axis not in contract_a and axis not in batch_a]
    free_b = [axis for axis in range(len(b_shape)) if axis not in contract_b and axis not in batch_b]

    def size(shape: Sequence[int], axes: Sequence[int]) -> int:
        return int(np.prod([shape[axis] for axis in axes], dtype=np.int64))

    sizes = (size(a_shape, batch_a), size(a_shape, free_a), size(a_shape, contract_a), size(b_shape, free_b))
    result = (
        *(a_shape[axis] for axis in batch_a),
        *(a_shape[axis] for axis in free_a),
        *(b_shape[axis] for axis in free_b),
    )
    return (*batch_a, *free_a, *contract_a), (*batch_b, *contract_b, *free_b), sizes, result


def _dot(params: Params, a: Array, b: Array) -> Array:
    order_a, order_b, (batch, rows, inner, columns), shape = matmul_form(params["dimension_numbers"], a.shape, b.shape)
    left = a.transpose(order_a).reshape(batch, rows, inner)
    right = b.transpose(order_b).reshape(batch, inner, columns)
    return np.matmul(left, right).reshape(shape)


def _sort(params: Params, *operands: Array) -> list[Array]:
    axis, keys = params["dimension"], params["num_keys"]
    order = np.lexsort(tuple(reversed(operands[:keys])), axis=axis)
    return [np.take_along_axis(x, order, axis=axis) for x in operands]


def _cumulative(fold: Callable[..., Any]) -> Callable[..., Array]:
    def rule(params: Params, x: Array) -> Array:
        axis = params["axis"]
        if params["reverse"]:
            return np.asarray(np.flip(fold(np.flip(x, axis), axis=axis), axis))
        return np.asarray(fold(x, axis=axis))

    return rule


def _clamp(params: Params, low: Array, x: Array, high: Array) -> Array:
    return np.minimum(np.maximum(x, low), high)


def _reduced(function: Callable[..., Any]) -> Callable[..., Array]:
    def rule(params: Params, x: Array) -> Array:
        return np.asarray(function(x, axis=_axes(params)))

    return rule


RULES: dict[str, Callable[..., Any]] = {
    "add_any": lambda p, a, b: a + b,
    "abs": lambda p, x: np.abs(x),
    "sign": lambda p, x: np.sign(x),
    "floor": lambda p, x: np.floor(x),
    "ceil": lambda p, x: np.ceil(x),
    "round": _round,
    "max": lambda p, a, b: np.maximum(a, b),
    "min": lambda p, a, b: np.minimum(a, b),
    "rem": lambda p, a, b: np.fmod(a, b),
    "clamp": _clamp,
    "is_finite": lambda p, x: np.isfinite(x),
    "eq": lambda p, a, b: np.equal(a, b),
    "ne": lambda p, a, b: np.not_equal(a, b),
    "lt": lambda p, a, b: np.less(a, b),
    "le": lambda p, a, b: np.less_equal(a, b),
    "gt": lambda p, a, b: np.greater(a, b),
    "ge": lambda p, a, b: np.greater_equal(a, b),
    "and": lambda p, a, b: np.bitwise_and(a, b),
    "or": lambda p, a, b: np.bitwise_or(a, b),
    "xor": lambda p, a, b: np.bitwise_xor(a, b),
    "not": lambda p, x: np.invert(x),
    "select_n": _select,
    "convert_element_type": _convert,
    "reduce_precision": lambda p, x: x,
    "real": lambda p, x: np.real(x),
    "imag": lambda p, x: np.imag(x),
    "conj": lambda p, x: np.conj(x),
    "complex": lambda p, a, b: a + 1j * b,
    "iota": _iota,
    "dot_general": _dot,
    "reduce_sum": _reduced(np.sum),
    "reduce_prod": _reduced(np.prod),
    "reduce_max": _reduced(np.max),
    "reduce_min": _reduced(np.min),
    "reduce_and": _reduced(np.all),
    "reduce_or": _reduced(np.any),
    "argmax": _argument_of(np.argmax),
    "argmin": _argument_of(np.argmin),
    "cumsum": _cumulative(np.cumsum),
    "cumprod": _cumulative(np.cumprod),
    "cummax": _cumulative(np.maximum.accumulate),
    "cummin": _cumulative(np.minimum.accumulate),
    "sort": _sort,
    "scatter-add": lambda p, x, indices, updates: scatter_add(p, x, updates, indices),
}
_WHOLE = {"div": lambda p, a, b: (np.trunc(np.true_divide(a, b))).astype(np.result_type(a, b))}
_FLOAT_ROWS = {row.name: row.float_ for row in ROWS}
_PARAMETERS = {row.name: tuple(name for name, _ in row.params) for row in ROWS}


class Floats:
    """NumPy arrays; floating point values are kept in ``dtype`` if one is given, else in the program's own dtypes."""

    name = "floats"

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = None if dtype is None else np.dtype(dtype)
        self.visits: dict[int, Visits] | None = None

    def enter(self, value: Array, dtype: np.dtype[Any]) -> Array:
        """The input in the program's dtype, or in this system's."""
        array = np.asarray(value, dtype=dtype)
        return array if self.dtype is None or dtype.kind in "biu" else array.astype(self.dtype)

    def constant(self, value: Array) -> Array:
        """The constant, rounded to this system's dtype if it has one."""
        return value if self.dtype is None or value.dtype.kind in "biu" else value.astype(self.dtype)

    def rearrange(self, move: Callable[..., Any], params: Params, data: Sequence[Array]) -> Any:
        """Run a structural function on the arrays themselves."""
        return move(params, *data)

    def apply(self, name: str, params: Params, values: Sequence[Array], position: int = -1) -> Any:
        """One primitive in NumPy; through JAX's eager evaluation where there is no rule.

        Raises:
            Exception: whatever JAX raises for a primitive that it cannot evaluate eagerly.
        """
        row = _FLOAT_ROWS.get(name)
        if row is not None:
            if values[0].dtype.kind in "iu" and name in _WHOLE:
                return _WHOLE[name](params, *values)
            options = {option: params[option] for option in _PARAMETERS[name]}
            result = np.asarray(row(*values, **options))
            return result if self.dtype is None or result.dtype.kind in "biuc" else result.astype(self.dtype)
        structural = STRUCTURAL.get(name)
        if structural is not None:
            ordered = [values[place] for place in REORDERED[name]] if name in REORDERED else values
            try:
                return structural.move(params, *ordered)
            except OutOfBoundsError:
                return self._through_jax(params, values)
        rule = RULES.get(name)
        if rule is None:
            return self._through_jax(params, values)
        result = rule(params, *values)
        if not isinstance(result, list | np.ndarray):  # NumPy hands back the bare element of a 0-dimensional array
            result = np.asarray(result)
        if self.dtype is not None and isinstance(result, np.ndarray) and result.dtype.kind == "f":
            result = result.astype(self.dtype)
        return result

    def _through_jax(self, params: Params, values: Sequence[Array]) -> Any:
        import jax

        instruction = params["instruction"]
        options = {name: value for name, value in params.items() if name != "instruction"}
        with jax.enable_x64(True):
            results = instruction.primitive.bind(*map(jax.numpy.asarray, values), **options)
            if instruction.primitive.multiple_results:
                return [np.asarray(result) for result in results]
            return np.asarray(results)
