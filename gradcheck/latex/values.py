"""Arrays with named sizes: what an expression evaluates to, first in shapes alone and then in numbers.

Vectors are columns unless transposed. Sizes are found by unification: every operation says which must be equal, and what
is left over becomes different small numbers, so that a transposed shape shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradcheck.latex.errors import UnresolvedError

SIZES = (3, 2, 4, 5)


class Size:
    """The size of an axis; unified sizes share a root, and a root has a number once it is known."""

    __slots__ = ("_number", "_parent", "name")

    def __init__(self, number: int | None = None, name: str = "") -> None:
        self._parent: Size | None = None
        self._number = number
        self.name = name

    def root(self) -> Size:
        """The size that stands for all that are equal to this one."""
        found = self
        while found._parent is not None:
            found = found._parent
        return found

    @property
    def number(self) -> int | None:
        """How many, where that is known."""
        return self.root()._number

    def settle(self, number: int) -> None:
        """Say how many."""
        self.root()._number = number

    def same(self, other: Size) -> None:
        """Both are equal from now on. Raises UnresolvedError where they cannot be."""
        one, two = self.root(), other.root()
        if one is two:
            return
        if one._number is not None and two._number is not None and one._number != two._number:
            raise UnresolvedError(f"sizes {one._number} and {two._number} do not fit together")
        if one._number is None:
            one._number = two._number
        one.name = one.name or two.name
        two._parent = one


@dataclass(frozen=True)
class Val:
    """An array of rank 0, 1 or 2 (more for arrays of indices); ``data`` is None while only shapes are worked out."""

    sizes: tuple[Size, ...] = ()
    data: Any = None
    row: bool = False

    @property
    def rank(self) -> int:
        """How many axes."""
        return len(self.sizes)


def unify(one: tuple[Size, ...], two: tuple[Size, ...]) -> None:
    """Axis by axis. Raises UnresolvedError where the ranks differ."""
    if len(one) != len(two):
        raise UnresolvedError(f"arrays of {len(one)} and of {len(two)} axes do not fit together")
    for left, right in zip(one, two, strict=True):
        left.same(right)
