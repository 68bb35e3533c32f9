"""Memory as torch sees it: tensors are windows onto flat storages, and several may look at the same one.

A recorded operation that only makes another window (``view``, ``transpose``, ``select``, ``expand``, ``diagonal`` …) therefore
needs no rule: the window says which numbers it shows. What writes in place writes through its window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]


class WindowError(TypeError):
    """A storage is looked at in a way that a program cannot follow, such as the bits of a float as an integer."""


@dataclass(frozen=True)
class Window:
    """A tensor: storage number, size, strides and offset in entries, dtype, and torch's lazy conjugate and negative bits."""

    storage: int
    size: Shape
    stride: Shape
    offset: int
    dtype: np.dtype[Any]
    conjugate: bool = False
    negative: bool = False

    @property
    def entries(self) -> int:
        """How many numbers it shows, repetitions counted."""
        return math.prod(self.size)

    @property
    def contiguous(self) -> bool:
        """Whether it is laid out in C order."""
        return _is_dense(self.size, self.stride)

    def numbers(self) -> Array:
        """The places in the storage of the entries, in the window's shape."""
        places = np.full((), self.offset, dtype=np.int64)
        for size, stride in zip(self.size, self.stride, strict=True):
            places = places[..., None] + np.arange(size) * stride
        return places.reshape(self.size)


@dataclass
class Cell:
    """One storage while a program runs: the window that it was last written through as a whole, and the value there."""

    home: Window
    value: Any
    seen: dict[Window, Any] = field(default_factory=dict)


class Memory:
    """All storages while a recorded function is run again with JAX arrays."""

    def __init__(self) -> None:
        self._cells: dict[int, Cell] = {}

    def create(self, window: Window, value: Any) -> None:
        """A new storage, all of which the window shows."""
        self._cells[window.storage] = Cell(_plain(window), value)

    def read(self, window: Window) -> Any:
        """The array that a window shows."""
        import jax.numpy as jnp

        cell, plain = self._cells[window.storage], _plain(window)
        if plain == cell.home:
            value = cell.value
        elif plain in cell.seen:
            value = cell.seen[plain]
        else:
            value = cell.seen[plain] = _shown(_flat(cell, plain.dtype), plain)
        if window.conjugate:
            value = jnp.conj(value)
        return -value if window.negative else value

    def write(self, window: Window, value: Any) -> None:
        """Replace what a window shows by an array of its shape and dtype."""
        import jax.numpy as jnp

        if window.conjugate:
            value = jnp.conj(value)
        value = -value if window.negative else value
        cell, plain = self._cells[window.storage], _plain(window)
        if plain == cell.home:
            self._cells[window.storage] = Cell(plain, value)
        elif window.entries:
            flat = _flat(cell, plain.dtype)
            places = plain.numbers().ravel()
            flat = flat.at[places].set(jnp.ravel(value), mode="promise_in_bounds", unique_indices=True)
            whole = Window(plain.storage, flat.shape, (1,), 0, plain.dtype)
            self._cells[window.storage] = Cell(whole, flat)


def _plain(window: Window) -> Window:
    """The window without lazy bits, and with strides that matter only (an axis of length 1 has none)."""
    stride = tuple(s if n != 1 else 0 for n, s in zip(window.size, window.stride, strict=True))
    return Window(window.storage, window.size, stride, window.offset, window.dtype)


def _is_dense(size: Sequence[int], stride: Sequence[int]) -> bool:
    expected = 1
    for n, s in zip(reversed(size), reversed(stride), strict=True):
        if n != 1 and s != expected:
            return False
        expected *= n
    return True


def _flat(cell: Cell, dtype: np.dtype[Any]) -> Any:
    """All of a storage as a flat array in `dtype`, complex numbers as pairs of real ones and the other way round."""
    import jax.numpy as jnp

    home = cell.home
    order = sorted(range(len(home.size)), key=lambda axis: (-home.stride[axis], home.size[axis] == 1))
    if home.offset or not _is_dense([home.size[i] for i in order], [home.stride[i] for i in order]):
        raise WindowError(f"a tensor of shape {home.size} with strides {home.stride} does not fill its memory")
    flat = jnp.ravel(jnp.transpose(cell.value, order))
    if dtype == home.dtype:
        return flat
    if home.dtype.kind == "c" and dtype.kind == "f" and 2 * dtype.itemsize == home.dtype.itemsize:
        return jnp.ravel(jnp.stack([jnp.real(flat), jnp.imag(flat)], axis=-1))
    if home.dtype.kind == "f" and dtype.kind == "c" and 2 * home.dtype.itemsize == dtype.itemsize:
        from jax import lax

        return lax.complex(flat[0::2], flat[1::2])
    raise WindowError(f"the bits of {home.dtype} numbers are read as {dtype}; a derivative says nothing about these")


def _shown(flat: Any, window: Window) -> Any:
    """The entries of a flat array that a window shows: a slice, reshaped, transposed and repeated where that is all."""
    import jax.numpy as jnp

    size, stride = window.size, window.stride
    if not window.entries:
        return jnp.zeros(size, dtype=window.dtype)
    kept = [axis for axis, n in enumerate(size) if n != 1 and stride[axis] != 0]
    order = sorted(kept, key=lambda axis: -stride[axis])
    dense = [size[axis] for axis in order]
    if not _is_dense(dense, [stride[axis] for axis in order]):
        return flat.at[window.numbers()].get(mode="promise_in_bounds")
    count = math.prod(dense)
    part = flat if count == flat.size else flat[window.offset : window.offset + count]
    part = jnp.transpose(part.reshape(dense), [order.index(axis) for axis in kept])
    part = part.reshape([n if axis in kept else 1 for axis, n in enumerate(size)])
    return jnp.broadcast_to(part, size)
