"""One call of a peer's function, what the peer says its derivative is, and what cannot be exercised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Subject:
    """A peer's function at arguments, and its own rule.

    ``primal`` is what gradcheck differentiates, of the arguments in ``args``. ``vjp`` is the peer's rule; None where
    ``gradcheck.check(primal, args)`` judges the function's own. ``slope(k, *points)`` is what the peer says in floats of the
    derivative with respect to argument k of an elementwise function; None where it is none. ``rows`` is the function as
    it is enclosed at many points. ``call`` tells settings apart. ``limits`` are what an argument is meant to lie between.
    """

    package: str
    name: str
    primal: Function
    args: tuple[Any, ...]
    vjp: Function | None = None
    jvp: Function | None = None
    wrt: tuple[int, ...] | None = None
    slope: Callable[..., Array] | None = None
    rows: Function | None = None
    call: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Left:
    """A function that was found and not exercised, and why."""

    package: str
    name: str
    why: str


Found = Iterator[Subject | Left]
Wanted = Callable[[str], bool]


def every(_: str) -> bool:
    """All names are wanted."""
    return True


@dataclass(frozen=True)
class Call:
    """A recipe: arguments (arrays are differentiated, unless ``wrt`` names positions), settings, and where it is meant.

    ``options`` go to `gradcheck.check`. An ``opaque`` function is not traced: its truth is differences of its values.
    Arguments at the places ``symmetric`` are made so, and what is said of them: other matrices are not meant.
    """

    args: tuple[Any, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    opaque: bool = False
    symmetric: tuple[int, ...] = ()
    limits: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def checked(self) -> tuple[int, ...]:
        """The positions that are differentiated."""
        if self.wrt is not None:
            return self.wrt
        return tuple(k for k, arg in enumerate(self.args) if isinstance(arg, np.ndarray) and arg.dtype.kind in "fc")

    def __str__(self) -> str:
        """The arguments that are no arrays, as they are written in a call."""
        plain = [repr(arg) for arg in self.args if not isinstance(arg, np.ndarray)]
        return ", ".join([*plain, *(f"{name}={_short(value)}" for name, value in self.settings.items())])


def _short(value: Any) -> str:
    return f"array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)


def call(
    *args: Any,
    wrt: Sequence[int] | None = None,
    options: Mapping[str, Any] | None = None,
    opaque: bool = False,
    symmetric: Sequence[int] = (),
    limits: Mapping[int, tuple[float, float]] | None = None,
    **settings: Any,
) -> Call:
    """A recipe, written like the call."""
    return Call(
        args, settings, None if wrt is None else tuple(wrt), options or {}, opaque, tuple(symmetric), limits or {}
    )


def is_elementwise(function: Function, args: Sequence[Array]) -> bool:
    """Whether, whatever the shape, the result has that of the arguments, each entry from the entries at its place."""
    try:
        whole = np.asarray(function(*args))
        if whole.shape != args[0].shape or whole.dtype.kind != "f":
            return False
        order = np.arange(whole.size)[::-1]
        mixed = np.asarray(function(*(arg.ravel()[order] for arg in args)))
        if mixed.shape != order.shape or not _close(mixed[order], whole.ravel()):
            return False
        for place in np.ndindex(whole.shape):
            one = np.asarray(function(*(np.full((1, 1), arg[place]) for arg in args)))
            if one.shape != (1, 1) or not _close(one[0, 0], whole[place]):
                return False
    except Exception:  # noqa: BLE001 what cannot be called with one entry is not elementwise
        return False
    return True


def _close(one: Any, other: Any) -> bool:
    return bool(np.allclose(one, other, rtol=1e-9, atol=0, equal_nan=True))
