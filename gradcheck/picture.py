"""What a report draws, as plain data: curves, heat maps, step-size sweeps, digits of agreement; and numerical quality.

Nothing here computes or draws. Every number is a float of few digits, so that pictures can be stored and compared; None
stands where there is no value (outside of the domain, or not finite).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Curve:
    """Claimed and true derivative of an elementwise or scalar claim over a range of one input, the others held fixed.

    ``axis`` names the input that varies (``"x"``, ``"x[2]"``) and ``held`` the others with their values, for the caption.
    ``kinks`` are the places where the primal has no derivative, ``marked`` those of counterexamples.
    """

    axis: str
    x: tuple[float, ...]
    claimed: Values
    true: Values
    kinks: tuple[float, ...] = ()
    marked: tuple[float, ...] = ()
    held: str = ""


@dataclass(frozen=True)
class Heat:
    """|claimed − true| of every entry of a Jacobian (or another array, as a matrix) at the counterexample.

    ``errors`` has one row a row of the matrix; ``wrong`` lists the entries (row, column) that are wrong; ``rows`` and
    ``columns`` say what a row and a column stand for (``"output"``, ``"X"``).
    """

    errors: tuple[Values, ...]
    wrong: tuple[tuple[int, int], ...]
    rows: str = ""
    columns: str = ""
    at: str = ""


@dataclass(frozen=True)
class Sweep:
    """The V curve: |finite difference − truth| at each step size, for one entry at one point.

    ``claimed`` is |claimed − truth| there, the line that a wrong claim stands on; ``chosen`` is the step that the oracle
    took, if it took one.
    """

    steps: tuple[float, ...]
    errors: Values
    claimed: float | None
    chosen: float | None = None
    entry: str = ""
    at: str = ""
    truth: str = ""


@dataclass(frozen=True)
class Agreement:
    """The decimal digits to which the claim as coded agrees with the certified derivative, by dtype, over a range."""

    axis: str
    x: tuple[float, ...]
    digits: Mapping[str, Values]
    held: str = ""


Picture = Curve | Heat | Sweep | Agreement


@dataclass(frozen=True)
class Range:
    """The inputs from ``low`` to ``high`` over which a claim as coded keeps half of a dtype's digits.

    ``looked`` are the ends of what was looked at. ``low`` is None where it keeps them nowhere. ``reason`` says what
    happens outside ("overflows below", "cancels above"); empty where the range is all that was looked at.
    """

    dtype: str
    low: float | None
    high: float | None
    looked: tuple[float, float]
    reason: str = ""

    @property
    def whole(self) -> bool:
        """Whether half of the digits are kept over all that was looked at."""
        return self.low == self.looked[0] and self.high == self.looked[1]


@dataclass(frozen=True)
class Quality:
    """The numerical quality of a claim as coded: per dtype, the range of one input over which it keeps half its digits.

    ``sentence`` is the finding in words (``"right, but unstable below x = -710 in float64"``), empty where there is none.
    Where nothing was measured there are no ranges, and ``reason`` says why, as what follows "not measured: ".
    """

    axis: str
    ranges: tuple[Range, ...] = field(default=())
    sentence: str = ""
    reason: str = ""

    @property
    def measured(self) -> bool:
        """Whether the claim was evaluated in several dtypes."""
        return bool(self.ranges)
