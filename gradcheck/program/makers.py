"""What a traced function gets for NumPy's makers of arrays, and for functions that know no stand-ins.

NumPy tells nobody when an array is made, or when numbers are gathered into one, so that an array to fill is a plain one, and
does not take traced numbers. The versions here do as the originals where nothing is traced. Where something is, ``zeros``
and its siblings make stand-ins whose contents are known, ``array`` and its siblings gather stand-ins, and the functions of
SciPy and ``math`` are asked of JAX. `program.substitution` puts them in place.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.program.results import wrapped
from gradcheck.program.tape import call, is_recording
from gradcheck.program.traced import Traced, TracedScalar
from gradcheck.program.traced_array import TracedArray, raw_of

Function = Callable[..., Any]


def _filled(original: Function, blank: bool = False) -> Function:
    """zeros and its siblings: an array whose contents are known, to be written to; what is never written is NaN."""

    @functools.wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("dtype") is Float:
            kwargs["dtype"] = float
        made = original(*args, **kwargs)
        if not is_recording() or made.dtype.kind not in "fcbiu":
            return made
        if blank and made.dtype.kind in "fc":
            made[...] = np.nan
        return TracedArray(np.ascontiguousarray(made).reshape(made.shape), shadow=np.empty_like(made, dtype=np.int8))

    return make


def _gathering(original: Function, copies: bool) -> Function:
    """array and its siblings: of stand-ins, or lists of them, one stand-in."""

    @functools.wraps(original)
    def gather(value: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_recording() or not _mentions_traced(value):
            return original(value, *args, **kwargs)
        dtype = kwargs.get("dtype", args[0] if args else None)
        made = _gathered(value)
        if dtype is not None:
            made = made.astype(float if dtype is Float else dtype, copy=False)
        made = made if isinstance(made, TracedArray) else TracedArray(made.value)
        while made.ndim < kwargs.get("ndmin", 0):
            made = made[None]
        return made.copy() if copies and made is value and kwargs.get("copy", True) else made

    return gather


def _mentions_traced(value: Any) -> bool:
    return isinstance(value, Traced) or (type(value) in (list, tuple) and any(map(_mentions_traced, value)))


def _gathered(value: Any) -> Any:
    """Nested lists as one stand-in, of the dtype that NumPy finds for them."""
    if isinstance(value, Traced):
        return value
    if type(value) not in (list, tuple):
        return TracedArray(np.array(value))
    return np.stack([_gathered(part) for part in value])


def _by_jax(module: str) -> Callable[[Function], Function]:
    """The function of the same name and arguments in a module of JAX, where an argument is traced."""

    def version(original: Function) -> Function:
        @functools.wraps(original)
        def ask(*args: Any, **kwargs: Any) -> Any:
            if not _mentions_traced(args) and not _mentions_traced(list(kwargs.values())):
                return original(*args, **kwargs)
            import importlib

            counterpart = getattr(importlib.import_module(module), original.__name__)
            result = call(counterpart, *map(_raw, args), **{name: _raw(value) for name, value in kwargs.items()})
            return tuple(map(wrapped, result)) if type(result) is tuple else wrapped(result)

        return ask

    return version


def _raw(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value)(map(_raw, value))
    return raw_of(value) if isinstance(value, Traced) else value


def _of_number(original: Function, ufunc: Function) -> Function:
    """A function of `math`: the ufunc, where the number is traced."""

    @functools.wraps(original)
    def of(*args: Any) -> Any:
        return ufunc(*args) if _mentions_traced(args) else original(*args)

    return of


class _FloatMeta(type):
    def __call__(cls, value: Any = 0.0) -> Any:
        if isinstance(value, Traced) and value.size == 1:
            return TracedScalar(raw_of(np.reshape(value, ()).astype(np.float64)))
        return float(value)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, float)


class Float(float, metaclass=_FloatMeta):
    """What stands for `float` while a function is traced: it leaves traced numbers as they are."""


_SAME = (
    *("sqrt", "exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "tanh", "fabs"),
    *("hypot", "floor", "ceil", "degrees", "radians", "cbrt", "exp2", "isfinite", "isnan"),
)
_MATH = dict(zip(_SAME, _SAME, strict=True)) | {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "pow": "power",
}
_SPECIAL = ("logsumexp", "softmax", "log_softmax", "multigammaln")
_LINALG = ("solve", "inv", "det", "cholesky", "solve_triangular", "block_diag")


def versions() -> Mapping[str, Mapping[str, Function]]:
    """The versions, by the module that the originals are attributes of and by name; SciPy's, if somebody has imported it."""
    return {**_of_numpy(), **(_of_scipy() if "scipy" in sys.modules else {})}


@functools.cache
def _of_numpy() -> Mapping[str, Mapping[str, Function]]:
    return {
        "numpy": {
            **{name: _filled(getattr(np, name)) for name in ("zeros", "ones", "full")},
            "empty": _filled(np.empty, blank=True),
            **{name: _gathering(getattr(np, name), copies=name == "array") for name in _GATHERING},
        },
        "math": {name: _of_number(getattr(math, name), getattr(np, ufunc)) for name, ufunc in _MATH.items()},
    }


@functools.cache
def _of_scipy() -> Mapping[str, Mapping[str, Function]]:
    import scipy.linalg
    import scipy.special

    special, linalg = _by_jax("jax.scipy.special"), _by_jax("jax.scipy.linalg")
    return {
        "scipy.special": {name: special(getattr(scipy.special, name)) for name in _SPECIAL},
        "scipy.linalg": {name: linalg(getattr(scipy.linalg, name)) for name in _LINALG},
    }


_GATHERING = ("array", "asarray", "asanyarray", "ascontiguousarray")
