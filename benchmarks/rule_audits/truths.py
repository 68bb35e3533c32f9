"""Functions of mpmath by name: the truth where gradcheck's balls have no rule, and a second opinion on every finding.

Each row is the function's definition, not its derivative; that is taken by mpmath's differences at many digits.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

DIGITS = (60, 300)
# Series and quadratures that take mpmath long at extreme arguments.
_SLOW = frozenset(
    (
        *("beta", "betaln", "gammainc", "gammaincc", "poch", "polygamma", "spence", "zeta"),
        *(f"{kind}{order}" for kind in "jyi" for order in (0, 1)),
    )
)


def rows() -> dict[str, Callable[..., Any]]:
    """Functions of mpmath numbers, by the last part of a peer's name."""
    mp = importlib.import_module("mpmath")

    def phi(x: Any) -> Any:
        return mp.erfc(-x / mp.sqrt(2)) / 2

    def incomplete(a: Any, low: Any, high: Any) -> Any:
        if mp.re(a) <= 0 or min(low, high) < 0:  # mpmath does not come back from negative whole numbers
            raise ValueError("the regularised incomplete gamma function is meant for a > 0 and x ≥ 0")
        return mp.gammainc(a, low, high, regularized=True)

    return {
        "j0": lambda x: mp.besselj(0, x),
        "j1": lambda x: mp.besselj(1, x),
        "y0": lambda x: mp.bessely(0, x),
        "y1": lambda x: mp.bessely(1, x),
        "i0": lambda x: mp.besseli(0, x),
        "i1": lambda x: mp.besseli(1, x),
        "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
        "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
        "dawsn": lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-(x**2)) * mp.erfi(x),
        "digamma": mp.digamma,
        "psi": mp.digamma,
        "entr": lambda x: -x * mp.log(x),
        "erf": mp.erf,
        "erfc": mp.erfc,
        "erfcx": lambda x: mp.exp(x**2) * mp.erfc(x),
        "erfinv": mp.erfinv,
        "erfcinv": lambda x: mp.erfinv(1 - x),
        "exp1": mp.e1,
        "expi": mp.ei,
        "expit": lambda x: 1 / (1 + mp.exp(-x)),
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "expm1": mp.expm1,
        "gamma": mp.gamma,
        "gammaln": lambda x: mp.log(abs(mp.gamma(x))),
        "loggamma": lambda x: mp.log(abs(mp.gamma(x))),
        "lgamma": lambda x: mp.log(abs(mp.gamma(x))),
        "rgamma": mp.rgamma,
        "gelu": lambda x: x * phi(x),
        "log_ndtr": lambda x: mp.log(phi(x)),
        "ndtr": phi,
        "ndtri": lambda x: -mp.sqrt(2) * mp.erfinv(1 - 2 * x),
        "logit": lambda x: mp.log(x / (1 - x)),
        "log1mexp": lambda x: mp.log(-mp.expm1(-x)),
        "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
        "silu": lambda x: x / (1 + mp.exp(-x)),
        "softplus": lambda x: mp.log1p(mp.exp(x)),
        "log_sigmoid": lambda x: -mp.log1p(mp.exp(-x)),
        "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
        "sinc": mp.sincpi,
        "spence": lambda x: mp.polylog(2, 1 - x),
        "tanh": mp.tanh,
        "beta": mp.beta,
        "betaln": lambda a, b: mp.log(abs(mp.beta(a, b))),
        "gammainc": lambda a, x: incomplete(a, 0, x),
        "gammaincc": lambda a, x: incomplete(a, x, mp.inf),
        "polygamma": mp.polygamma,
        "zeta": mp.zeta,
        "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
        "logaddexp2": lambda x, y: mp.log(mp.mpf(2) ** x + mp.mpf(2) ** y, 2),
        "hypot": mp.hypot,
        "power": mp.power,
        "pow": mp.power,
        "float_power": mp.power,
        "arctan2": mp.atan2,
        "atan2": mp.atan2,
        "xlogy": lambda x, y: x * mp.log(y),
        "xlog1py": lambda x, y: x * mp.log1p(y),
        "poch": mp.rf,
    }


def slope(name: str, k: int, point: tuple[float, ...]) -> float | None:
    """The derivative with respect to argument `k` at a point of doubles; None where the function has no row or no value.

    Steps of two sizes on both sides must agree: at a kink, and where rounding is all that is left, nothing is said.
    """
    short = name.rpartition(".")[2].rstrip("'")
    function = rows().get(short)
    if function is None or (short in _SLOW and not all(1e-40 < abs(part) < 1e4 or not part for part in point)):
        return None
    sizes = [math.log10(abs(part)) for part in point if part] or [0.0]
    spread = int(2 * (max(*sizes, 0.0) - min(*sizes, 0.0)))
    for digits in DIGITS:
        found = _slope(function, k, point, digits + spread, 10 ** min(*sizes, 0.0))
        if found is not None:
            return found
    return None


def _slope(function: Callable[..., Any], k: int, point: tuple[float, ...], digits: int, unit: float) -> float | None:
    mp = importlib.import_module("mpmath")
    with mp.workdps(digits):
        exact = [mp.mpf(part) for part in point]
        try:
            here = function(*exact)
            quotients = []
            for exponent in (-20, -26):
                step = mp.mpf(10) ** exponent * (abs(exact[k]) or mp.mpf(unit))
                for side in (step, -step):
                    moved = [part + side if j == k else part for j, part in enumerate(exact)]
                    quotients.append((function(*moved) - here) / side)
        except (ArithmeticError, ValueError, NotImplementedError, TypeError):
            return None
        if any(mp.im(quotient) != 0 or not mp.isfinite(quotient) for quotient in quotients):
            return None
        quotients = [mp.re(quotient) for quotient in quotients]
        largest = max(abs(quotient) for quotient in quotients)
        if largest == 0:
            return None  # less than the digits show, which is not yet nothing
        if all(abs(quotient - quotients[-1]) <= largest * mp.mpf(10) ** -14 for quotient in quotients):
            return float(quotients[2] + quotients[3]) / 2
        # Both sides vanish with the step where the curve is flat: quotients a millionth as large for such a step.
        if exact[k] == 0 and largest < mp.mpf(10) ** -15 and abs(quotients[2]) < abs(quotients[0]) * mp.mpf(10) ** -5:
            return 0.0
    return None
