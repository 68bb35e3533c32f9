"""How numbers and arrays are put into words: as short as they can be without hiding a difference."""

from __future__ import annotations

import math
from decimal import Context, Decimal, InvalidOperation
from typing import Any


def ball(number: str) -> str:
    """A number with its radius; the centre 0 is written out."""
    return f"0 {number}" if number.startswith("±") else number


def short(number: str, digits: int = 8) -> str:
    """A decimal in at most ``digits`` significant digits: ``"0.36787944117 ± 1e-38"`` becomes ``"0.36787944"``.

    The radius is left out when it is below the last digit shown; text that is no decimal comes back as it is.
    """
    number = ball(number)
    value, _, radius = (part.strip() for part in number.partition("±"))
    try:
        exact = Decimal(value)
        spread = Decimal(radius) if radius else Decimal(0)
    except InvalidOperation:
        return number
    if not exact.is_finite() or not spread.is_finite():
        return number
    rounded = exact.normalize(Context(prec=digits))
    if spread and spread > Decimal(1).scaleb(rounded.adjusted() - digits + 1):
        return number
    return _decimal(rounded)


def short_pair(claimed: str, true: str, digits: int = 8) -> tuple[str, str]:
    """Both numbers `short`, with as many more digits as it takes to tell them apart."""
    for places in range(digits, 60):
        pair = short(claimed, places), short(true, places)
        if pair[0] != pair[1]:
            return pair
    return short(claimed, digits), short(true, digits)


def numbers(value: Any) -> str:
    """A number or nested lists of numbers, as short as they can be written exactly: ``[-1, 0.5]``."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(numbers(item) for item in value) + "]"
    if isinstance(value, float) and math.isfinite(value):
        return _decimal(Decimal(repr(value)))
    return str(value)


def index(place: tuple[int, ...]) -> str:
    """An index as it is written in code: ``[0, 2]``; empty for a scalar."""
    return f"[{', '.join(map(str, place))}]" if place else ""


def _decimal(number: Decimal) -> str:
    """A decimal in plain notation when that is short, else with an exponent; no trailing zeros."""
    if not number:
        return "0"
    if -5 <= number.adjusted() < 12:
        plain = format(number, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, _, exponent = format(number.normalize(), "e").partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"
