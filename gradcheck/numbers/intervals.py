"""Intervals with endpoints in `flint.arb`, infinite ones included: what balls cannot be, and a tail [a, ∞) needs.

An `Interval` answers the same operators and methods as a ball, so the rules for balls and jets serve it unchanged. Functions
that are monotone on the reals map endpoints; the others fall back on a ball over a finite interval, and are unknown over an
infinite one. Lower endpoints are rounded down and upper ones up, by `arb.lower` and `arb.upper`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flint import arb, fmpz

_INF = arb("inf")


def _number(x: Any) -> Interval:
    """A ball, a whole number or a float as an interval."""
    if isinstance(x, Interval):
        return x
    ball = x if isinstance(x, arb) else arb(x)
    if not ball.is_finite() and not ball.is_nan() and ball.is_exact():
        return Interval(ball, ball)
    return Interval(ball.lower(), ball.upper())


def _scalar(operator: Callable[[Interval, Any], Interval]) -> Callable[[Interval, Any], Interval]:
    """An operator that leaves arrays to NumPy, which then applies it to each entry."""

    @functools.wraps(operator)
    def guarded(self: Interval, other: Any) -> Interval:
        return operator(self, other) if isinstance(other, Interval | arb | int | float) else NotImplemented

    return guarded


class Interval:
    """[low, high], endpoints exact or infinite; NaN endpoints mean that nothing is known."""

    __slots__ = ("high", "low")

    def __init__(self, low: arb, high: arb) -> None:
        known = not (low.is_nan() or high.is_nan())
        self.low = low if known else -_INF
        self.high = high if known else _INF

    def __repr__(self) -> str:
        return f"[{self.low.str(8, radius=False)}, {self.high.str(8, radius=False)}]"

    @_scalar
    def __add__(self, other: Any) -> Interval:
        b = _number(other)
        return Interval((self.low + b.low).lower(), (self.high + b.high).upper())

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    @_scalar
    def __sub__(self, other: Any) -> Interval:
        return self + (-_number(other))

    @_scalar
    def __rsub__(self, other: Any) -> Interval:
        return _number(other) + (-self)

    @_scalar
    def __mul__(self, other: Any) -> Interval:
        """Products of endpoints; 0 · ∞ is 0 here, since an infinite endpoint is a limit that is never reached."""
        if other is self:
            return Interval._square(self)
        b = _number(other)
        products = [_times(x, y) for x in (self.low, self.high) for y in (b.low, b.high)]
        low, high = products[0].lower(), products[0].upper()
        for product in products[1:]:
            low, high = low.min(product.lower()), high.max(product.upper())
        return Interval(low.lower(), high.upper())

    __rmul__ = __mul__

    def _square(self) -> Interval:
        size = abs(self)
        return Interval(_times(size.low, size.low).lower(), _times(size.high, size.high).upper())

    @_scalar
    def __truediv__(self, other: Any) -> Interval:
        return self * _number(other)._reciprocal()

    @_scalar
    def __rtruediv__(self, other: Any) -> Interval:
        return _number(other) * self._reciprocal()

    def _reciprocal(self) -> Interval:
        """Of the numbers other than 0; an endpoint 0 is the limit ±∞, and 0 inside leaves nothing known."""
        if self.low >= 0 and self.high > 0:
            return Interval(_inverse(self.high).lower(), _INF if self.low == 0 else _inverse(self.low).upper())
        if self.high <= 0 and self.low < 0:
            return Interval(-_INF if self.high == 0 else _inverse(self.high).lower(), _inverse(self.low).upper())
        return Interval(-_INF, _INF)

    def __pow__(self, exponent: Any) -> Interval:
        """Whole exponents by products; others as exp(exponent · log), unknown if part of the base is negative."""
        if not isinstance(exponent, int | fmpz):
            return (self.log() * exponent).exp() if self.low >= 0 else Interval(-_INF, _INF)
        n = int(exponent)
        if n < 0:
            return (self ** (-n))._reciprocal()
        result = _number(1)
        base = abs(self) if n % 2 == 0 else self
        for _ in range(n):
            result = (
                Interval(_times(result.low, base.low).lower(), _times(result.high, base.high).upper())
                if (base.low >= 0)
                else result * base
            )
        return result

    def __rpow__(self, base: Any) -> Interval:
        return _number(base) ** self

    def __abs__(self) -> Interval:
        if self.low >= 0:
            return self
        if self.high <= 0:
            return -self
        return Interval(arb(0), (-self.low).max(self.high).upper())

    def __lt__(self, other: Any) -> bool:
        return bool(self.high < _number(other).low)

    def __le__(self, other: Any) -> bool:
        return bool(self.high <= _number(other).low)

    def __gt__(self, other: Any) -> bool:
        return bool(self.low > _number(other).high)

    def __ge__(self, other: Any) -> bool:
        return bool(self.low >= _number(other).high)

    def __eq__(self, other: object) -> bool:
        b = _number(other)
        return bool(self.low == self.high == b.low == b.high)

    def __ne__(self, other: object) -> bool:
        b = _number(other)
        return bool(self.high < b.low or b.high < self.low)

    __hash__ = None  # type: ignore[assignment] # equality is certainty, not identity

    def union(self, other: Any) -> Interval:
        """The hull."""
        b = _number(other)
        return Interval(self.low.min(b.low).lower(), self.high.max(b.high).upper())

    def max(self, other: Any) -> Interval:
        """The larger of the two."""
        b = _number(other)
        return Interval(self.low.max(b.low).lower(), self.high.max(b.high).upper())

    def min(self, other: Any) -> Interval:
        """The smaller of the two."""
        b = _number(other)
        return Interval(self.low.min(b.low).lower(), self.high.min(b.high).upper())

    def is_finite(self) -> bool:
        """Whether both endpoints are."""
        return bool(self.low.is_finite() and self.high.is_finite())

    def is_exact(self) -> bool:
        """Whether it is one number."""
        return bool(self.low == self.high)

    def unique_fmpz(self) -> Any:
        """The only whole number inside; None where there is another or none."""
        return self.low.union(self.high).unique_fmpz() if self.is_finite() else None

    def sqrt(self) -> Interval:
        """Unknown if part of the interval is negative."""
        return self._rising(arb.sqrt) if self.low >= 0 else Interval(-_INF, _INF)

    def log(self) -> Interval:
        """−∞ at 0; unknown if part of the interval is negative."""
        if self.low < 0:
            return Interval(-_INF, _INF)
        low = -_INF if self.low == 0 else self.low.log().lower()
        return Interval(low, _INF if not self.high.is_finite() else self.high.log().upper())

    def exp(self) -> Interval:
        """0 at −∞."""
        return self._rising(arb.exp, arb(0), _INF)

    def expm1(self) -> Interval:
        """−1 at −∞."""
        return self._rising(arb.expm1, arb(-1), _INF)

    def tanh(self) -> Interval:
        """±1 at ±∞."""
        return self._rising(arb.tanh, arb(-1), arb(1))

    def sin(self) -> Interval:
        """Never outside [−1, 1]."""
        return self._wave("sin")

    def cos(self) -> Interval:
        """Never outside [−1, 1]."""
        return self._wave("cos")

    def _wave(self, name: str) -> Interval:
        if not self.is_finite():
            return Interval(arb(-1), arb(1))
        found = _number(getattr(self.low.union(self.high), name)())
        return Interval(found.low.max(arb(-1)), found.high.min(arb(1)))

    def atan(self) -> Interval:
        """±π/2 at ±∞."""
        return self._rising(arb.atan, -(arb.pi() / 2), arb.pi() / 2)

    def erf(self) -> Interval:
        """±1 at ±∞."""
        return self._rising(arb.erf, arb(-1), arb(1))

    def logistic(self) -> Interval:
        """1/(1 + e^−x): 0 and 1 at ∓∞."""
        return self._rising(lambda x: 1 / (1 + (-x).exp()), arb(0), arb(1))

    def _rising(self, function: Callable[[arb], arb], at_minus: arb | None = None, at_plus: arb = _INF) -> Interval:
        """A function that rises on the reals, with its limits."""
        low = self.low if self.low.is_finite() else None
        high = self.high if self.high.is_finite() else None
        lowest = function(low) if low is not None else (at_minus if at_minus is not None else -_INF)
        highest = function(high) if high is not None else at_plus
        return Interval(lowest.lower(), highest.upper())

    @staticmethod
    def atan2(*_: Any) -> Interval:
        """Unknown: FLINT's function of two numbers takes no interval."""
        return Interval(-_INF, _INF)

    def __getattr__(self, name: str) -> Any:
        """Any other function of balls: on a ball over a finite interval, unknown over an infinite one."""
        if name.startswith("_") or not hasattr(arb, name):
            raise AttributeError(name)

        def call(*args: Any) -> Interval:
            if not self.is_finite():
                return Interval(-_INF, _INF)
            return _number(getattr(self.low.union(self.high), name)(*args))

        return call


def _times(x: arb, y: arb) -> arb:
    return arb(0) if x == 0 or y == 0 else x * y


def _inverse(x: arb) -> arb:
    return 1 / x if x.is_finite() else arb(0)
