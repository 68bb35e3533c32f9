"""Stand-ins for NumPy's arrays under tracing: contents that are written to, and views that share them.

Semantics are NumPy's, not JAX's, where the two differ. Item assignment, augmented assignment and ``out=`` write into the
array; a view sees later writes to its base and writes through to it; a constant index out of bounds raises. Which operations
give views is asked of NumPy itself: every array has a *shadow*, a plain array of the same shape and memory layout without
contents, and what shares memory with it there is a view here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.program import recording
from gradcheck.program.tape import Raw, TracingError
from gradcheck.program.traced import Traced, TracedScalar
from gradcheck.program.traced_index import gathered, mentions_tracer, scattered

Array = np.ndarray[Any, np.dtype[Any]]


class TracedArray(Traced):
    """An array whose operations are recorded: one with contents of its own, or a view of another.

    A view has a ``base``, and two functions: ``pick`` makes its value from the base's, ``place`` makes the base's value from
    the base's and its own. ``ordered`` says whether the memory layout is known to be that of a fresh array.
    """

    def __init__(
        self,
        value: Raw,
        base: TracedArray | None = None,
        pick: Callable[[Raw], Raw] | None = None,
        place: Callable[[Raw, Raw], Raw] | None = None,
        shadow: Array | None = None,
        ordered: bool = True,
    ) -> None:
        self._value = value
        self._base, self._pick, self._place = base, pick, place
        self._shadow = shadow
        self._version = 0
        self._seen = base.version if base is not None else 0
        self.ordered: bool = ordered if base is None else base.ordered
        self.key: Any = None

    @property  # type: ignore[misc] # as for scalars
    def __class__(self) -> type:
        return np.ndarray

    @property
    def version(self) -> int:
        """How often the contents have changed, as far back as anyone has looked."""
        self._refresh()
        return self._version

    def _refresh(self) -> None:
        """Read a view again whose base has been written to."""
        if self._base is None:
            return
        now = self._base.version
        if now != self._seen:
            if self._pick is None:
                raise TracingError(_UNCLEAR)
            self._value, self._seen = self._pick(self._base.value), now
            self._version += 1

    @property
    def value(self) -> Raw:
        """The current contents."""
        self._refresh()
        return self._value

    @property
    def base(self) -> TracedArray | None:
        """The array that this one is a view of."""
        return self._base

    @property
    def shadow(self) -> Array:
        """A plain array of this shape and memory layout, without contents."""
        if self._shadow is None:
            self._shadow = np.empty(self.shape, dtype=np.int8)
        return self._shadow

    def overwrite(self, value: Raw) -> None:
        """Replace the contents by a raw value of the same shape and dtype, in the base too if this is a view."""
        if self._base is not None:
            if not self.shadow.flags.writeable:
                raise ValueError("assignment destination is read-only")
            if self._place is None:
                raise TracingError(_UNCLEAR)
            self._base.overwrite(self._place(self._base.value, value))
            self._seen = self._base.version
        self._value = value
        self._version += 1

    def assign(self, new: Any, mask: Raw | None = None) -> None:
        """Write `new`, broadcast and cast as NumPy does; where the mask holds, if there is one."""
        raw = recording.cast(raw_of(new), self.dtype)
        raw = recording.broadcast(without_leading_ones(raw, self.ndim), self.shape)
        if mask is not None:
            raw = recording.choose(recording.broadcast(mask, self.shape), raw, self.value)
        self.overwrite(raw)

    def moved_by(
        self, moved: Callable[[Any], Any], forward: Callable[[Raw], Raw], back: Callable[[Raw, Raw], Raw]
    ) -> Any:
        """What `moved`, a function of plain arrays that only moves entries, makes of this array: a view, or a copy.

        ``forward`` does the same to a raw value, and ``back`` puts a changed result back into the raw value.
        """
        shadow = moved(self.shadow)
        if shadow is self.shadow:
            return self
        value = forward(self.value)
        shared = {_shares(moved(layout), layout) for layout in self._layouts()}
        if len(shared) > 1:
            return TracedArray(value, self, None, None, shadow)
        return TracedArray(value, self, forward, back, shadow) if shared == {True} else TracedArray(value)

    def _layouts(self) -> list[Array]:
        """Plain arrays of this shape in every memory layout that this array may have."""
        if self.ordered:
            return [self.shadow]
        orders = (
            itertools.permutations(range(self.ndim)) if self.ndim <= 3 else [range(self.ndim), range(self.ndim)[::-1]]
        )
        return [
            np.empty([self.shape[axis] for axis in order], dtype=np.int8).transpose(np.argsort(order))
            for order in orders
        ]

    def copy(self, order: Any = "C") -> Any:
        """An array of its own with the same contents, in the memory layout that `order` asks for."""
        return TracedArray(self.value, shadow=self.shadow.copy(order), ordered=self.ordered or order in ("C", "F"))

    def _parted(self) -> Array:
        """The shadow of one part of complex numbers: every other place in memory."""
        return np.empty_like(self.shadow, dtype=np.complex64).real

    @property
    def real(self) -> Any:
        """The real part: a view; of real numbers, the array itself."""
        if self.dtype.kind != "c":
            return self
        place = lambda raw, new: recording.complex_of(new, recording.imag(raw))  # noqa: E731 - beside its other half
        return TracedArray(recording.real(self.value), self, recording.real, place, self._parted())

    @real.setter
    def real(self, new: Any) -> None:
        self.real.assign(new)

    @property
    def imag(self) -> Any:
        """The imaginary part: a view; of real numbers, zeros that cannot be written to."""
        if self.dtype.kind != "c":
            zeros = np.zeros((), dtype=np.int8)
            return TracedArray(recording.imag(self.value), shadow=np.broadcast_to(zeros, self.shape))
        place = lambda raw, new: recording.complex_of(recording.real(raw), new)  # noqa: E731 - as above
        return TracedArray(recording.imag(self.value), self, recording.imag, place, self._parted())

    @imag.setter
    def imag(self, new: Any) -> None:
        if self.dtype.kind != "c":
            raise TypeError("array does not have imaginary part to set")
        self.imag.assign(new)

    @property
    def flat(self) -> TracedArray:
        """The entries in C order: always a view, also where ``ravel`` would copy."""
        shape, size = self.shape, self.size
        return TracedArray(
            recording.reshape(self.value, (size,)),
            self,
            lambda raw: recording.reshape(raw, (size,)),
            lambda _, new: recording.reshape(new, shape),
            np.empty(size, dtype=np.int8),
        )

    @flat.setter
    def flat(self, new: Any) -> None:
        raw = raw_of(new)
        places = np.arange(self.size) % max(math.prod(raw.shape), 1)
        self.flat.assign(TracedArray(recording.take(raw, places)))

    def fill(self, number: Any) -> None:
        """Write the same number everywhere."""
        self.assign(number)

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort in place."""
        self.assign(np.sort(self, axis=axis, **options))

    def __getitem__(self, key: Any) -> Any:
        raw_key = unwrap(key)
        if mentions_tracer(raw_key):
            result = gathered(self.value, raw_key)
            return TracedArray(result) if result.ndim else TracedScalar(result)
        shadow = self.shadow[raw_key]
        if not recording.is_basic(raw_key):
            places = np.arange(self.size).reshape(self.shape)[raw_key]
            result = recording.take(self.value, np.asarray(places))
            return TracedArray(result) if isinstance(places, np.ndarray) else TracedScalar(result)
        if not isinstance(shadow, np.ndarray):
            return TracedScalar(recording.read(self.value, raw_key, ()))
        shape = shadow.shape

        def pick(raw: Raw) -> Raw:
            return recording.read(raw, raw_key, shape)

        def place(raw: Raw, new: Raw) -> Raw:
            return recording.write(raw, raw_key, new)

        result = TracedArray(pick(self.value), self, pick, place, shadow)
        result.key = raw_key
        return result

    def __setitem__(self, key: Any, new: Any) -> None:
        raw_key = unwrap(key)
        if isinstance(new, TracedArray) and new.base is self and new.key is not None and _same_key(new.key, raw_key):
            return  # x[i] += y has written through the view x[i] already
        if not self.shadow.flags.writeable:
            raise ValueError("assignment destination is read-only")
        if mentions_tracer(raw_key):
            self.overwrite(scattered(self.value, raw_key, recording.cast(raw_of(new), self.dtype)))
            return
        shape = np.shape(self.shadow[raw_key])
        raw = without_leading_ones(recording.cast(raw_of(new), self.dtype), len(shape))
        raw = recording.broadcast(raw, shape)
        if recording.is_basic(raw_key):
            self.overwrite(recording.write(self.value, raw_key, raw))
        else:
            places = np.arange(self.size).reshape(self.shape)[raw_key]
            self.overwrite(recording.put(self.value, np.asarray(places), raw))


def _shares(result: Any, source: Array) -> bool:
    return isinstance(result, np.ndarray) and result.base is not None and np.may_share_memory(result, source)


_UNCLEAR = (
    "an array made from a transposed one is reshaped and then written to; whether that writes to the original depends on "
    "memory layout. Use x = x.reshape(...).copy() if it is not to, and assign to the original if it is"
)


def raw_of(value: Any) -> Raw:
    """The raw value of an operand: that of a traced array, or a plain array.

    Raises:
        TracingError: a list contains traced arrays.
    """
    return value.value if isinstance(value, Traced) else np.array(value)  # a copy: the caller may write into his own


def unwrap(tree: Any) -> Any:
    """The same nesting of tuples, lists and dicts with raw values in place of traced arrays, and copies of plain ones."""
    if isinstance(tree, Traced):
        return tree.value
    if type(tree) is tuple:
        return tuple(unwrap(part) for part in tree)
    if type(tree) is list:
        return [unwrap(part) for part in tree]
    if type(tree) is dict:
        return {name: unwrap(part) for name, part in tree.items()}
    return tree.copy() if isinstance(tree, np.ndarray) else tree


def without_leading_ones(raw: Raw, most: int) -> Raw:
    """NumPy assigns (1, n) to (n,): leading axes of length 1 beyond the target's are dropped."""
    shape = tuple(raw.shape)
    while len(shape) > most and shape[0] == 1:
        shape = shape[1:]
    return recording.reshape(raw, shape)


def _same_key(a: Any, b: Any) -> bool:
    """Whether two basic indices are the same."""
    if type(a) is not type(b) or not recording.is_basic(b):
        return False
    return bool(a == b)
