"""The methods of NumPy's arrays, as the functions of the same names; attached to the stand-ins when this is imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.tape import TracingError
from gradcheck.program.traced import Traced, TracedScalar
from gradcheck.program.traced_array import TracedArray

Function = Callable[..., Any]


def _method(name: str) -> Function:
    """The array method `name`, as the function of the same name."""
    func = getattr(np, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return func(self, *args, **kwargs)

    call.__name__ = name
    call.__doc__ = f"As ``numpy.ndarray.{name}``."
    return call


def _reshape_method(self: Any, *shape: Any, order: Any = "C", copy: bool | None = None) -> Any:
    """As ``numpy.ndarray.reshape``."""
    made: Any = np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)
    return made.copy() if copy else made


def _transpose_method(self: Any, *axes: Any) -> Any:
    """As ``numpy.ndarray.transpose``."""
    given = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)) else axes or None
    return np.transpose(self, given)


def _astype_method(
    self: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", copy: bool = True, **_: Any
) -> Any:
    """As ``numpy.ndarray.astype``."""
    if not np.can_cast(self.dtype, dtype, casting):
        raise TypeError(
            f"Cannot cast array data from {self.dtype!r} to {np.dtype(dtype)!r} according to the rule '{casting}'"
        )
    if not copy and self.dtype == np.dtype(dtype):
        return self
    made = recording.cast(self.value, np.dtype(dtype))
    if isinstance(self, TracedScalar):
        return TracedScalar(made)
    return TracedArray(made, shadow=self.shadow.copy(order), ordered=self.ordered or order in ("C", "F"))


def _flatten_method(self: Any, order: str = "C") -> Any:
    """As ``numpy.ndarray.flatten``: always a copy."""
    return np.ravel(self, order=order).copy()  # type: ignore[call-overload] # dispatched, and the order is a str


def _view_method(self: Any, *kinds: Any, **named: Any) -> Any:
    """As ``numpy.ndarray.view``: the same numbers once more, as an array of the same dtype.

    Raises:
        TracingError: the bits are to be read as another dtype, or the array as one of another class.
    """
    if any(kind is not np.ndarray and kind != self.dtype for kind in (*kinds, *named.values())):
        raise TracingError(_OTHER_VIEW)
    return self if isinstance(self, TracedScalar) else self[...]


_OTHER_VIEW = (
    "ndarray.view of another dtype or class has no traced form. Use astype, or give the array to the function in the form "
    "that it needs"
)

_METHODS = (
    *("sum", "prod", "mean", "max", "min", "std", "var", "all", "any", "ptp", "cumsum", "cumprod", "argmax", "argmin"),
    *("ravel", "squeeze", "swapaxes", "diagonal", "trace", "repeat", "take", "compress", "choose", "searchsorted"),
    *("dot", "clip", "round", "argsort", "conj", "conjugate", "nonzero", "put"),
)
for _name in _METHODS:
    if hasattr(np.ndarray, _name):
        setattr(Traced, _name, _method(_name))
for _name, _call in {
    "reshape": _reshape_method,
    "transpose": _transpose_method,
    "astype": _astype_method,
    "flatten": _flatten_method,
    "view": _view_method,
}.items():
    setattr(Traced, _name, _call)
