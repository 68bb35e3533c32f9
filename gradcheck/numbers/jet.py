"""A jet: a value with its derivatives along several directions, and the arithmetic that formulas need of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.numbers.jets import Jets
    from gradcheck.numbers.system import Unsure


class Jet:
    """A value and its tangents, of the shape ``(directions, *value.shape)``; None stands for an exact zero.

    While a program runs, further rows may follow those of the directions (see `numbers.kinks`). ``mask`` is the open
    predicate that a jet of zeros and ones was made from.
    """

    __slots__ = ("mask", "system", "tangent", "value")
    __array_ufunc__ = None

    def __init__(self, system: Jets, value: Any, tangent: Any, mask: Unsure | None = None) -> None:
        self.system = system
        self.value = value
        self.tangent = tangent
        self.mask = mask

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return tuple(self.value.shape)

    def _with(self, name: str, other: Any, swapped: bool = False) -> Jet:
        other = other if isinstance(other, Jet) else self.system.exact(other, ())
        result: Jet = self.system.apply(name, {}, [other, self] if swapped else [self, other])
        return result

    def __add__(self, other: Any) -> Jet:
        return self._with("add", other)

    def __radd__(self, other: Any) -> Jet:
        return self._with("add", other, swapped=True)

    def __sub__(self, other: Any) -> Jet:
        return self._with("sub", other)

    def __rsub__(self, other: Any) -> Jet:
        return self._with("sub", other, swapped=True)

    def __mul__(self, other: Any) -> Jet:
        return self._with("mul", other)

    def __rmul__(self, other: Any) -> Jet:
        return self._with("mul", other, swapped=True)

    def __truediv__(self, other: Any) -> Jet:
        return self._with("div", other)

    def __rtruediv__(self, other: Any) -> Jet:
        return self._with("div", other, swapped=True)

    def __neg__(self) -> Jet:
        result: Jet = self.system.apply("neg", {}, [self])
        return result
