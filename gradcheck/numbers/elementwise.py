"""The rule table: one row an elementwise primitive, with its value in floats, its value in balls, and its derivative.

Reading a row from the left: the primitive's name; its value in NumPy; a function that encloses its value, given one
`flint.arb` an argument; one formula an argument for ∂z/∂xᵢ, in the arguments x and y and the value z (None: there is no such
derivative, since the argument is whole, or none that has a formula); where the self-test draws arguments; where the derivative does not exist within the
domain of the function; and where the formula is printed (sections of the NIST Digital Library of Mathematical Functions).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from gradcheck.numbers.formula import MINUS_ONE, ONE, PI, Formula, constant, function, symbol

Function = Callable[..., Any]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One primitive. ``params`` are example parameters of the primitive for the self-test."""

    name: str
    float_: Function
    ball: Function
    partials: tuple[Formula | None, ...]
    domain: tuple[Interval, ...]
    singular: str
    source: str
    params: tuple[tuple[str, Any], ...] = ()


def _scipy(name: str) -> Function:
    """A function of scipy.special, imported at its first use."""

    def call(*args: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*args)

    return call


def _cube_root(x: Any) -> Any:
    return x.root(3) if x > 0 else -((-x).root(3)) if x < 0 else x if x == 0 else x.nan()


def _exp2(x: Any) -> Any:
    return (x * x.const_log2()).exp()


def _log_add_exp(x: Any, y: Any) -> Any:
    """log(eˣ + eʸ) = max + log(1 + e^−|x−y|): the right side does not overflow."""
    return x.max(y) + (-abs(x - y)).exp().log1p()


def _log_abs_gamma(x: Any) -> Any:
    return x.lgamma() if x > 0 else abs(x.gamma()).log()


def _bessel_scaled(order: int) -> Function:
    """exp(−|x|) I_order(x)."""

    def ball(x: Any) -> Any:
        return (-abs(x)).exp() * x.bessel_i(order)

    return ball


def _polygamma(order: Any, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n+1, x) for whole n ≥ 1 (DLMF 25.11.12); ψ itself for n = 0."""
    whole = order.unique_fmpz()
    if whole is None or whole < 0:
        return x.nan()
    if whole == 0:
        return x.digamma()
    return (-1) ** (int(whole) + 1) * (order + 1).gamma() * _hurwitz_zeta(order + 1, x)


def _hurwitz_zeta(s: Any, q: Any) -> Any:
    """ζ(s, q), by ζ(s, q) = q⁻ˢ + ζ(s, q + 1) where q is not positive (DLMF 25.11.3; whole s only, since q⁻ˢ is complex)."""
    total, steps = q * 0, 0
    while not q > 0:
        whole = s.unique_fmpz()
        if whole is None or steps == _MOST_STEPS or not q.is_finite():
            return q.nan()
        total, q, steps = total + 1 / whole_power(q, int(whole)), q + 1, steps + 1
    return total + s.zeta(q)


def whole_power(x: Any, n: int) -> Any:
    """xⁿ by repeated squaring: any base, also a ball around zero, where `arb.__pow__` gives up."""
    if n < 0:
        return 1 / whole_power(x, -n)
    if n == 0:
        return x * 0 + 1
    result, square = None, x
    while n:
        if n & 1:
            result = square if result is None else result * square
        n >>= 1
        square = square * square if n else square
    return result


def _power(x: Any, y: Any) -> Any:
    """x^y, where a small whole exponent admits any base."""
    whole = y.unique_fmpz() if isinstance(y, arb) and y.is_exact() else None
    return whole_power(x, int(whole)) if whole is not None and abs(whole) <= 64 else x**y


def _incomplete_gamma(s: Any, x: Any) -> Any:
    return x.gamma_lower(s, regularized=1)


def _incomplete_gamma_above(s: Any, x: Any) -> Any:
    return x.gamma_upper(s, regularized=1)


def _integer_power(x: Any, *, y: int) -> Any:
    return whole_power(x, y)


_MOST_STEPS = 1000

_LINE, _POSITIVE, _UNIT, _SMALL = (-4.0, 4.0), (0.05, 6.0), (-0.95, 0.95), (-1.5, 1.5)

x, y, z = symbol("x"), symbol("y"), symbol("z")
n = symbol("n")
exp, log, sqrt = function("exp"), function("log"), function("sqrt")
sin, cos, sinh, cosh = function("sin"), function("cos"), function("sinh"), function("cosh")
sign, power, integer_power = function("sign"), function("pow"), function("integer_pow")
digamma, polygamma, lgamma, zeta = function("digamma"), function("polygamma"), function("lgamma"), function("zeta")
bessel_i0e, bessel_i1e = function("bessel_i0e"), function("bessel_i1e")

# fmt: off
ROWS: tuple[Row, ...] = (
    #   primitive   in floats             in balls                 derivatives         drawn from  singular       source
    Row("neg",      np.negative,          lambda x: -x,            (MINUS_ONE,),       (_LINE,),   "",            "1.4(iii)"),
    Row("square",   np.square,            lambda x: x * x,         (2 * x,),           (_LINE,),   "",            "1.4(iii)"),
    Row("sqrt",     np.sqrt,              lambda x: x.sqrt(),      (1 / (2 * z),),     (_POSITIVE,), "x = 0",     "4.7(ii)"),
    Row("rsqrt",    lambda x: 1 / np.sqrt(x), lambda x: x.rsqrt(), (-z / (2 * x),),    (_POSITIVE,), "",          "4.7(ii)"),
    Row("cbrt",     np.cbrt,              _cube_root,              (z / (3 * x),),     (_LINE,),   "x = 0",       "4.7(ii)"),
    Row("exp",      np.exp,               lambda x: x.exp(),       (z,),               (_LINE,),   "",            "4.7(ii)"),
    Row("exp2",     np.exp2,              _exp2,                   (log(constant(2, x)) * z,), (_LINE,), "",      "4.7(ii)"),
    Row("expm1",    np.expm1,             lambda x: x.expm1(),     (z + 1,),           (_LINE,),   "",            "4.7(ii)"),
    Row("log",      np.log,               lambda x: x.log(),       (1 / x,),           (_POSITIVE,), "",          "4.7(i)"),
    Row("log1p",    np.log1p,             lambda x: x.log1p(),     (1 / (1 + x),),     (_UNIT,),   "",            "4.7(i)"),
    Row("sin",      np.sin,               lambda x: x.sin(),       (cos(x),),          (_LINE,),   "",            "4.20"),
    Row("cos",      np.cos,               lambda x: x.cos(),       (-sin(x),),         (_LINE,),   "",            "4.20"),
    Row("tan",      np.tan,               lambda x: x.tan(),       (1 + z * z,),       (_SMALL,),  "",            "4.20"),
    Row("asin",     np.arcsin,            lambda x: x.asin(),      (1 / sqrt(1 - x * x),),  (_UNIT,), "x = ±1",   "4.24(ii)"),
    Row("acos",     np.arccos,            lambda x: x.acos(),      (-1 / sqrt(1 - x * x),), (_UNIT,), "x = ±1",   "4.24(ii)"),
    Row("atan",     np.arctan,            lambda x: x.atan(),      (1 / (1 + x * x),), (_LINE,),   "",            "4.24(ii)"),
    Row("sinh",     np.sinh,              lambda x: x.sinh(),      (cosh(x),),         (_LINE,),   "",            "4.34"),
    Row("cosh",     np.cosh,              lambda x: x.cosh(),      (sinh(x),),         (_LINE,),   "",            "4.34"),
    Row("tanh",     np.tanh,              lambda x: x.tanh(),      (1 - z * z,),       (_LINE,),   "",            "4.34"),
    Row("asinh",    np.arcsinh,           lambda x: x.asinh(),     (1 / sqrt(1 + x * x),),  (_LINE,), "",         "4.38(ii)"),
    Row("acosh",    np.arccosh,           lambda x: x.acosh(),     (1 / sqrt(x * x - 1),),  ((1.1, 6.0),), "x = 1", "4.38(ii)"),
    Row("atanh",    np.arctanh,           lambda x: x.atanh(),     (1 / (1 - x * x),), (_UNIT,),   "",            "4.38(ii)"),
    Row("logistic", lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + (-x).exp()), (z * (1 - z),), (_LINE,), "", "4.7(ii)"),
    Row("erf",      _scipy("erf"),        lambda x: x.erf(),       (2 / sqrt(PI) * exp(-x * x),),  (_LINE,), "",  "7.10"),
    Row("erfc",     _scipy("erfc"),       lambda x: x.erfc(),      (-2 / sqrt(PI) * exp(-x * x),), (_LINE,), "",  "7.10"),
    Row("erf_inv",  _scipy("erfinv"),     lambda x: x.erfinv(),    (sqrt(PI) / 2 * exp(z * z),),   (_UNIT,), "",  "7.17"),
    Row("lgamma",   _scipy("gammaln"),    _log_abs_gamma,          (digamma(x),),      (_POSITIVE,), "",          "5.2(i)"),
    Row("digamma",  _scipy("digamma"),    lambda x: x.digamma(),   (polygamma(constant(1, x), x),), (_POSITIVE,), "", "5.15"),
    Row("bessel_i0e", _scipy("i0e"),      _bessel_scaled(0),       (bessel_i1e(x) - sign(x) * z,), (_LINE,), "x = 0", "10.29(ii)"),
    Row("bessel_i1e", _scipy("i1e"),      _bessel_scaled(1),       (bessel_i0e(x) - (sign(x) + 1 / x) * z,), (_LINE,), "x = 0",
        "10.29(ii)"),
    Row("integer_pow", lambda x, *, y: np.power(x, float(y) if y < 0 else y), _integer_power,
        (n * integer_power(x, y=n - 1),), (_POSITIVE,), "", "1.4(iii)", (("y", -3),)),

    Row("add",      np.add,               lambda x, y: x + y,      (ONE, ONE),         (_LINE, _LINE), "",        "1.4(iii)"),
    Row("sub",      np.subtract,          lambda x, y: x - y,      (ONE, MINUS_ONE),   (_LINE, _LINE), "",        "1.4(iii)"),
    Row("mul",      np.multiply,          lambda x, y: x * y,      (y, x),             (_LINE, _LINE), "",        "1.4(iii)"),
    Row("div",      np.true_divide,       lambda x, y: x / y,      (1 / y, -z / y),    (_LINE, _POSITIVE), "",    "1.4(iii)"),
    Row("pow",      np.power,             _power,                  (y * power(x, y - 1), log(x) * z), (_POSITIVE, _LINE),
        "x = 0, y < 1", "4.7(ii)"),
    Row("atan2",    np.arctan2,           lambda x, y: x.atan2(x, y), (y / (x * x + y * y), -x / (x * x + y * y)),
        (_LINE, _POSITIVE), "x = 0, y ≤ 0", "4.23(iv)"),
    Row("hypot",    np.hypot,             lambda x, y: (x * x + y * y).sqrt(), (x / z, y / z), (_LINE, _POSITIVE), "x = y = 0", "1.9(i)"),
    Row("logaddexp", np.logaddexp,        _log_add_exp,            (exp(x - z), exp(y - z)), (_LINE, _LINE), "",  "4.7"),
    Row("zeta",     _scipy("zeta"),       _hurwitz_zeta,           (None, -x * zeta(x + 1, y)), ((2.5, 2.5), _POSITIVE), "", "25.11"),
    Row("igamma",   _scipy("gammainc"),   _incomplete_gamma,       (None, exp((x - 1) * log(y) - y - lgamma(x))),
        ((1.5, 1.5), _POSITIVE), "", "8.8"),
    Row("igammac",  _scipy("gammaincc"),  _incomplete_gamma_above, (None, -exp((x - 1) * log(y) - y - lgamma(x))),
        ((1.5, 1.5), _POSITIVE), "", "8.8"),
    Row("polygamma", _scipy("polygamma"), _polygamma,              (None, polygamma(x + 1, y)), ((1.0, 1.0), _POSITIVE), "", "5.15"),
)
# fmt: on
