"""NumPy's functions that give views: what shares memory with an array there is written through here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.tape import Raw, TracingError
from gradcheck.program.traced_array import TracedArray, raw_of, unwrap

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]


def view(func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A function of one array that only moves entries: a view of it wherever NumPy gives one."""
    x, *rest = args if args else (kwargs.pop("a"),)
    x = x if isinstance(x, TracedArray) else TracedArray(raw_of(x))
    options = {name: unwrap(value) for name, value in kwargs.items()}
    if options.get("order", "C") not in ("C", "F") and not (x.ordered and x.shadow.flags.c_contiguous):
        raise TracingError(f"np.{func.__name__} in the order of memory has no traced form. Give order='C' or order='F'")
    move = _Move(lambda array: func(array, *rest, **options), x.shape)
    return x.moved_by(move.function, move.forward, move.back)


def views(func: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """A function of one array that returns several views of it."""
    x, *rest = args
    shadows = func(x.shadow, *rest, **kwargs)
    made = [view(_part(func, k), [x, *rest], kwargs) for k in range(len(shadows))]
    return tuple(made) if isinstance(shadows, tuple) else made


def _part(func: Function, k: int) -> Function:
    return lambda *args, **kwargs: func(*args, **kwargs)[k]


class _Move:
    """A movement of entries, there and back: a reshape, a transposition, or else a choice of entries by number."""

    def __init__(self, function: Function, shape: tuple[int, ...]) -> None:
        self.function = function
        self._shape = shape
        self._entries: Array | None = None
        self._permutation: tuple[int, ...] | None = None
        self._in_order = False

    def _look(self) -> Array:
        """The number, in C order, of the entry that goes to each place."""
        if self._entries is None:
            size = math.prod(self._shape)
            self._entries = np.asarray(self.function(np.arange(size).reshape(self._shape)))
            self._in_order = self._entries.size == size and np.array_equal(self._entries.ravel(), np.arange(size))
            self._permutation = None if self._in_order else _permutation(self._entries, self._shape)
        return self._entries

    def forward(self, raw: Raw) -> Raw:
        """The entries of a raw value where they go."""
        entries = self._look()
        if self._in_order:
            return recording.reshape(raw, entries.shape)
        if self._permutation is not None:
            return recording.transpose(raw, self._permutation)
        return recording.take(raw, entries)

    def back(self, raw: Raw, new: Raw) -> Raw:
        """The raw value, with the entries of `new` where they come from."""
        entries = self._look()
        if self._in_order:
            return recording.reshape(new, self._shape)
        if self._permutation is not None:
            return recording.transpose(new, [int(axis) for axis in np.argsort(self._permutation)])
        return recording.put(raw, entries, new)


def _permutation(entries: Array, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The permutation of axes that turned ``arange(size).reshape(shape)`` into `entries`, if it was one."""
    if entries.ndim != len(shape) or 1 in (*shape, *entries.shape) or not entries.size:
        return None
    steps = {math.prod(shape[axis + 1 :]): axis for axis in range(len(shape))}
    origin = (0,) * entries.ndim
    found = []
    for axis in range(entries.ndim):
        unit = (*origin[:axis], 1, *origin[axis + 1 :])
        found.append(steps.get(int(entries[unit] - entries[origin]), -1))
    if sorted(found) != list(range(len(shape))) or entries[origin] != 0:
        return None
    return tuple(found) if entries.shape == tuple(shape[axis] for axis in found) else None


VIEWS = frozenset(
    {
        *(np.reshape, np.ravel, np.squeeze, np.expand_dims, np.broadcast_to),
        *(np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.matrix_transpose, np.linalg.matrix_transpose),
        np.lib.stride_tricks.sliding_window_view,
        *(np.diagonal, np.linalg.diagonal, np.flip, np.fliplr, np.flipud, np.rot90),
    }
)
IN_PARTS = frozenset({np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit})
