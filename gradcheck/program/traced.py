"""Stand-ins for NumPy's arrays and scalars under tracing: what both have in common, and scalars."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcheck.program import recording
from gradcheck.program.tape import Node, Raw, TracingError

Array = np.ndarray[Any, np.dtype[Any]]

_TO_PLAIN = (
    "a traced array was converted to a plain one ({how}); a trace cannot record that. Use NumPy functions on arrays: "
    "np.where for a branch, np.zeros_like(x) for an array to fill, np.stack for np.array of results"
)
_NOT_TRACED = (
    "ndarray.{name} has no traced form. Use the NumPy function or operator that computes the same, or give the array "
    "to the function in the form that it needs"
)


class Traced(NDArrayOperatorsMixin):
    """What arrays and scalars have in common: a raw value, shape and dtype, operators, conversions that are refused."""

    __array_priority__ = 1000.0
    _value: Raw

    @property
    def value(self) -> Raw:
        """The node of the tape, or the NumPy array that is known already."""
        return self._value

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return self._value.shape  # type: ignore[no-any-return] # a tuple, of nodes and of arrays

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, as NumPy's."""
        return self._value.dtype  # type: ignore[no-any-return] # NumPy's, of nodes and of arrays

    @property
    def itemsize(self) -> int:
        """Bytes of one entry."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all entries."""
        return self.size * self.itemsize

    @property
    def shadow(self) -> Array:
        """A plain array of this shape and memory layout, without contents."""
        return np.empty(self.shape, dtype=np.int8)

    def item(self, *index: Any) -> TracedScalar:
        """One entry, as a scalar."""
        numbers = np.arange(self.size).reshape(self.shape)
        return TracedScalar(recording.take(self.value, np.asarray(numbers.item(*index))))

    def tolist(self) -> Any:
        """Nested lists of scalars."""
        if not self.ndim:
            return TracedScalar(self.value)
        return [part.tolist() for part in self]

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """The transpose: a view."""
        return np.transpose(self)

    @property
    def real(self) -> Any:
        """The real part; of real numbers, the number itself."""
        return TracedScalar(recording.real(self.value))

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return TracedScalar(recording.imag(self.value))

    def copy(self, order: Any = "C") -> Any:
        """An array of its own with the same contents; a scalar is its own copy."""
        return self

    def __copy__(self) -> Any:
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy("K")

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if not isinstance(self.value, Node) and copy is not False:
            return np.array(self.value, dtype=dtype)
        raise TracingError(_TO_PLAIN.format(how="by np.array, np.asarray, or assignment into a plain array"))

    def _known(self, how: str) -> Any:
        """The only entry, if it is known while tracing: shapes and indices computed from constants are."""
        if isinstance(self.value, Node):
            raise TracingError(_TO_PLAIN.format(how=how))
        return self.value.item()

    def __bool__(self) -> bool:
        return bool(self._known("by a Python condition on its value, such as if x > 0"))

    def __float__(self) -> float:
        return float(self._known("by float(), a function of math, or assignment into a plain array"))

    def __complex__(self) -> complex:
        return complex(self._known("by complex()"))

    def __int__(self) -> int:
        return int(self._known("by int()"))

    def __index__(self) -> int:
        value = self._known("as an index of a plain array or list, or as a count")
        if self.dtype.kind not in "iu":
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(value)

    def __round__(self, digits: int | None = None) -> Any:
        raise TracingError(_TO_PLAIN.format(how="by round()"))

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"'numpy.ndarray' object has no attribute '{name}'", name=name, obj=self)
        raise TracingError(_NOT_TRACED.format(name=name))

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from gradcheck.program.ufuncs import apply_ufunc

        return apply_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        from gradcheck.program.functions import apply_function

        return apply_function(func, args, kwargs)


class TracedScalar(Traced):
    """What NumPy returns where a result has no dimensions: it does not change, so ``s += 1`` makes another."""

    def __init__(self, value: Raw) -> None:
        self._value = value

    @property  # type: ignore[misc] # isinstance asks for it, and is to be told what a plain call is told
    def __class__(self) -> type:
        return self.dtype.type

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and not key:
            return self
        from gradcheck.program.traced_array import TracedArray

        return TracedArray(self.value)[key]

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """The scalar itself."""
        return self


def _without_writing(name: str) -> Callable[[Any, Any], Any]:
    """``a op= b`` as ``a op b``."""

    def augmented(self: Any, other: Any) -> Any:
        return getattr(self, f"__{name}__")(other)

    return augmented


for _name in (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "lshift",
    "rshift",
    "and",
    "or",
    "xor",
):
    setattr(TracedScalar, f"__i{_name}__", _without_writing(_name))
