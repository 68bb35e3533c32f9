"""What torch's elementary operations compute, as functions of JAX arrays: one row an operation.

A row has the signature of the operation in aten (its schema), without what only says where or how numbers are stored; dtypes
arrive as NumPy's, tensors as JAX arrays. Its result is brought to the dtype and shape that torch gives. Operations in place
(``add_``) use the row of those that are not. Operations without a row are taken apart by torch's own decompositions; what
only makes another view of the same memory needs no row at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

Row = Callable[..., Any]

_STORAGE = ("layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "implicit", "out")


class NoRowError(TypeError):
    """An operation has no row here, and no decomposition into operations that have; the message names it."""


@dataclass(frozen=True)
class Operation:
    """What a row may know beside the numbers: the windows of the operands and results of the recorded call."""

    call: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the first result."""
        shape: tuple[int, ...] = self.call.results[0].size
        return shape

    def in_c_order(self, position: int) -> bool:
        """Whether an operand is laid out contiguously, which decides what LAPACK is given."""
        found: bool = self.call.args[position].contiguous
        return found


@cache
def table() -> dict[str, Row]:
    """Every row, by the operation's name with or without its overload."""
    from gradcheck.torch.rows import (
        convolutions,
        elementwise,
        fourier,
        indexing,
        layers,
        linear_algebra,
        pooling,
        reductions,
    )

    found: dict[str, Row] = {}
    for part in (elementwise, reductions, linear_algebra, indexing, convolutions, pooling, layers, fourier):
        twice = found.keys() & part.ROWS.keys()
        assert not twice, f"two rows for {sorted(twice)}"
        found.update(part.ROWS)
    return found


def has_row(name: str) -> bool:
    """Whether `row_of` knows the operation, named as ``aten.add.Tensor``."""
    return _key(name) is not None


def row_of(name: str) -> Row:
    """The row of an operation, to be called with its `Operation` first.

    Raises:
        NoRowError: there is none.
    """
    key = _key(name)
    if key is None:
        raise NoRowError(f"torch's operation {name} has no row in the tables of gradcheck.torch")
    row = table()[key]
    aware = getattr(row, "aware", False)

    def called(operation: Operation, *args: Any, **kwargs: Any) -> Any:
        options = {word: value for word, value in kwargs.items() if word not in _STORAGE}
        return row(operation, *args, **options) if aware else row(*args, **options)

    return called


def aware(row: Row) -> Row:
    """Mark a row that takes the `Operation` first."""
    row.aware = True  # type: ignore[attr-defined] # the mark
    return row


def _key(name: str) -> str | None:
    _, packet, overload = name.split(".", 2)
    plain = packet[:-1] if packet.endswith("_") and not packet.endswith("__") else packet
    for key in (f"{packet}.{overload}", packet, f"{plain}.{overload}", plain):
        if key in table():
            return key
    return None
