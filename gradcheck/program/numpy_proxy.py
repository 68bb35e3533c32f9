"""A stand-in for NumPy arrays under tracing: it answers NumPy's dispatch protocols with ``jax.numpy``.

Semantics follow NumPy, not JAX, where the two differ: item assignment and ``out=`` work, basic indexing gives views
that see later writes to their base and write through to it, and a constant index out of bounds raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class TracingError(TypeError):
    """The function does something with a traced array that a trace cannot record; the message says what, and what to do."""


_TO_PLAIN = (
    "a traced array was converted to a plain one ({how}); a trace cannot record that. Use NumPy functions on arrays "
    "(np.where for a branch, np.zeros_like(x) for an array to fill, np.stack for np.array of results)"
)

_METHODS = [
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "std",
    "var",
    "reshape",
    "ravel",
    "flatten",
    "transpose",
    "dot",
    "clip",
    "argmax",
    "argmin",
    "argsort",
    "cumsum",
    "cumprod",
    "squeeze",
    "swapaxes",
    "repeat",
    "take",
    "trace",
    "diagonal",
    "round",
    "conj",
    "all",
    "any",
    "astype",
]
_VIEW_METHODS = ("reshape", "ravel", "transpose", "squeeze", "swapaxes", "diagonal")

# NumPy's ufunc names that jax.numpy spells differently, or has only as a reduction's companion.
_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
    "logaddexp": "logaddexp",
}
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod"}


class TracedArray(NDArrayOperatorsMixin):
    """An array whose operations are recorded. ``value`` is the JAX array or tracer that it stands for."""

    __array_priority__ = 1000.0

    def __init__(self, value: Any, base: TracedArray | None = None, key: Any = None) -> None:
        self._value = value
        self._base = base
        self._key = key  # an index, or a function from the base's value to this view's
        self._version = 0
        self._seen = base._version if base is not None else 0

    @property
    def value(self) -> Any:
        """The current JAX value; a view is read again when its base has been written to."""
        if self._base is not None:
            base_value = self._base.value
            if self._seen != self._base._version:
                self._value = self._key(base_value) if callable(self._key) else base_value[self._key]
                self._seen = self._base._version
                self._version += 1
        return self._value

    def _write(self, value: Any) -> None:
        """Replace the whole contents, and those of the base if this is a view."""
        import jax.numpy as jnp

        current = self.value
        value = jnp.broadcast_to(jnp.asarray(value), current.shape).astype(current.dtype)
        if self._base is None:
            self._value = value
            self._version += 1
        elif callable(self._key):
            raise TracingError(
                "a reshaped or transposed view is written to; a trace cannot record that. Write to the array itself"
            )
        else:
            self._base[self._key] = TracedArray(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(self._value.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, as NumPy's."""
        dtype: np.dtype[Any] = np.dtype(self._value.dtype)
        return dtype

    @property
    def T(self) -> TracedArray:  # noqa: N802 - NumPy's name
        """The transpose: a view."""
        return TracedArray(self.value.T, self, lambda base: base.T)

    @property
    def real(self) -> TracedArray:
        """The real part."""
        return TracedArray(self.value.real)

    @property
    def imag(self) -> TracedArray:
        """The imaginary part."""
        return TracedArray(self.value.imag)

    def copy(self) -> TracedArray:
        """An array of its own with the same contents."""
        return TracedArray(self.value)

    def fill(self, number: Any) -> None:
        """Write the same number everywhere."""
        self._write(_unwrap(number))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[TracedArray]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> TracedArray:
        _refuse_out_of_bounds(key, self.shape)
        raw = _index(key)
        value = self.value[raw]
        if _is_basic(raw) and value.ndim:
            return TracedArray(value, self, raw)
        return TracedArray(value)

    def __setitem__(self, key: Any, new: Any) -> None:
        import jax.numpy as jnp

        _refuse_out_of_bounds(key, self.shape)
        current = self.value
        self._write(current.at[_index(key)].set(jnp.asarray(_unwrap(new)).astype(current.dtype)))

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TracingError(_TO_PLAIN.format(how="by np.array, np.asarray, or assignment into a plain array"))

    def __bool__(self) -> bool:
        if not _is_tracer(self.value):
            return bool(self.value)
        raise TracingError(_TO_PLAIN.format(how="by a Python condition on its value"))

    def __float__(self) -> float:
        if not _is_tracer(self.value):
            return float(self.value)
        raise TracingError(_TO_PLAIN.format(how="by float(), math.*, or assignment into a plain array"))

    def __int__(self) -> int:
        if not _is_tracer(self.value):
            return int(self.value)
        raise TracingError(_TO_PLAIN.format(how="by int()"))

    def __index__(self) -> int:
        if not _is_tracer(self.value):
            return int(self.value)
        raise TracingError(_TO_PLAIN.format(how="as an index or a count"))

    def __repr__(self) -> str:
        return f"TracedArray(shape={self.shape}, dtype={self.dtype})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        import jax.numpy as jnp

        out = kwargs.pop("out", None)
        if kwargs.pop("where", True) is not True:
            raise TracingError(f"np.{ufunc.__name__} with where=: use np.where on the result instead")
        name = ufunc.__name__
        if method == "at":
            target, index, *operands = inputs
            if name not in ("add", "multiply", "maximum", "minimum") or not isinstance(target, TracedArray):
                raise TracingError(f"np.{name}.at on this target has no traced form")
            short = {"maximum": "max", "minimum": "min"}.get(name, name)
            updated = getattr(target.value.at[_unwrap(index)], short)(*_unwrap(tuple(operands)))
            target._write(updated)
            return None
        table = {"reduce": _REDUCTIONS, "accumulate": _ACCUMULATIONS}.get(method)
        if method == "outer":
            first, second = (jnp.asarray(_unwrap(operand)) for operand in inputs)
            result = _lookup(name)(first.reshape(first.shape + (1,) * second.ndim), second, **_unwrap(kwargs))
        elif method == "__call__":
            result = _lookup(name)(*_unwrap(inputs), **_unwrap(kwargs))
        elif table is not None and name in table:
            options = {"axis": 0, **_unwrap(kwargs)}
            result = getattr(jnp, table[name])(*_unwrap(inputs), **options)
        else:
            raise TracingError(f"np.{name}.{method} has no traced form")
        return _deliver(result, out)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        special = _SPECIAL.get(func.__name__)
        if special is not None:
            return special(*args, **kwargs)
        out = kwargs.pop("out", None)
        module = func.__module__ or "numpy"
        result = _lookup(func.__name__, module)(*_unwrap(args), **_unwrap(kwargs))
        return _deliver(result, None if out is None else (out,))


def _method(name: str) -> Callable[..., Any]:
    """The array method `name`, forwarded to the JAX array's."""

    def call(self: TracedArray, *args: Any, **kwargs: Any) -> Any:
        arguments, options = _unwrap(args), _unwrap(kwargs)
        result = _wrap(getattr(self.value, name)(*arguments, **options))
        if name in _VIEW_METHODS:
            return TracedArray(result.value, self, lambda base: getattr(base, name)(*arguments, **options))
        return result

    call.__name__ = name
    call.__doc__ = f"As ``numpy.ndarray.{name}``."
    return call


for _name in _METHODS:
    setattr(TracedArray, _name, _method(_name))


def _copyto(target: TracedArray, source: Any, **kwargs: Any) -> None:
    if kwargs:
        raise TracingError("np.copyto with where= or casting=: use np.where on the result instead")
    target._write(_unwrap(source))


def _fill_diagonal(target: TracedArray, value: Any, wrap: bool = False) -> None:
    rows, columns = target.shape
    if wrap:
        raise TracingError("np.fill_diagonal with wrap=True has no traced form")
    places = np.arange(min(rows, columns))
    target[places, places] = value


def _shape(target: TracedArray) -> tuple[int, ...]:
    return target.shape


def _ndim(target: TracedArray) -> int:
    return target.ndim


def _size(target: TracedArray, axis: int | None = None) -> int:
    return target.size if axis is None else target.shape[axis]


# NumPy functions that write in place or ask about the array: jax.numpy has no counterpart of the same meaning.
_SPECIAL: dict[str, Callable[..., Any]] = {
    "copyto": _copyto,
    "fill_diagonal": _fill_diagonal,
    "shape": _shape,
    "ndim": _ndim,
    "size": _size,
}


def _lookup(name: str, module: str = "numpy") -> Callable[..., Any]:
    """The jax.numpy function of this name, in the submodule that NumPy has it in."""
    import jax.numpy as jnp

    place: Any = jnp
    for part in module.split(".")[1:]:
        place = getattr(place, part, place)
    function = getattr(place, name, None)
    if function is None:
        raise TracingError(f"np.{name} has no counterpart in jax.numpy, so it cannot be traced")
    return function  # type: ignore[no-any-return] # jax.numpy is untyped here


def _index(key: Any) -> Any:
    """An index for JAX, which takes arrays where NumPy takes lists too."""
    if isinstance(key, tuple):
        return tuple(_index(part) for part in key)
    return np.asarray(_unwrap(key)) if isinstance(key, list) else _unwrap(key)


def _is_tracer(value: Any) -> bool:
    import jax

    return isinstance(value, jax.core.Tracer)


def _is_basic(key: Any) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return all(isinstance(part, int | np.integer | slice) or part is None or part is Ellipsis for part in parts)


def _refuse_out_of_bounds(key: Any, shape: tuple[int, ...]) -> None:
    """JAX clamps an index that is out of bounds; NumPy raises, so this raises too."""
    parts = key if isinstance(key, tuple) else (key,)
    if any(part is None or part is Ellipsis or getattr(part, "dtype", None) == np.bool_ for part in parts):
        return
    for axis, part in enumerate(parts):
        if axis >= len(shape):
            raise IndexError(f"too many indices: the array has {len(shape)} dimensions, {len(parts)} were indexed")
        if isinstance(part, int | np.integer | list | np.ndarray) and np.size(part):
            numbers = np.asarray(part)
            if numbers.dtype.kind in "iu" and (numbers.max() >= shape[axis] or numbers.min() < -shape[axis]):
                raise IndexError(f"index {part} is out of bounds for axis {axis} with size {shape[axis]}")


def _unwrap(tree: Any) -> Any:
    """The same nesting of tuples, lists and dicts with JAX values in place of traced arrays."""
    if isinstance(tree, TracedArray):
        return tree.value
    if type(tree) is tuple:
        return tuple(_unwrap(part) for part in tree)
    if type(tree) is list:
        return [_unwrap(part) for part in tree]
    if type(tree) is dict:
        return {name: _unwrap(part) for name, part in tree.items()}
    return tree


def _wrap(result: Any) -> Any:
    """JAX arrays wrapped again, inside tuples and lists too."""
    import jax

    if isinstance(result, jax.Array):
        return TracedArray(result)
    if isinstance(result, tuple | list):
        return type(result)(*map(_wrap, result)) if hasattr(result, "_fields") else type(result)(map(_wrap, result))
    return result


def _deliver(result: Any, out: Any) -> Any:
    """The wrapped result, written into ``out`` where one was given."""
    if out is None:
        return _wrap(result)
    (target,) = out
    if not isinstance(target, TracedArray):
        raise TracingError(_TO_PLAIN.format(how="by out= or an in-place operator on a plain array"))
    target._write(result)
    return target
