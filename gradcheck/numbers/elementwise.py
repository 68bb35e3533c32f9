"""The rule table: one row an elementwise primitive, with its value in floats, its value in balls, and its derivative.

Reading a row: ``float_`` computes in NumPy; ``ball`` encloses one value, given one `flint.arb` an argument; ``partials``
holds one formula an argument for ∂y/∂xᵢ, written over any number system: ``n`` has its functions and constants, the
arguments come by their order, and ``y`` is the value already computed (None: no derivative in that argument, which is
whole). ``domain`` is where the self-test draws arguments.

Sources of the derivatives: DLMF 4.10, 4.20, 4.24, 4.34, 4.40 (elementary), 5.4, 5.15 (gamma), 7.2 (error functions),
10.29 (modified Bessel functions).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Row:
    """One primitive. ``params`` are example parameters of the primitive for the self-test."""

    name: str
    float_: Function
    ball: Function
    partials: tuple[Function | None, ...]
    domain: tuple[tuple[float, float], ...]
    params: tuple[tuple[str, Any], ...] = ()


_LINE = (-4.0, 4.0)
_POSITIVE = (0.05, 6.0)
_UNIT = (-0.95, 0.95)


def _special(name: str) -> Function:
    """A function of scipy.special, imported at its first use."""

    def call(*args: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*args)

    return call


def _cube_root(x: Any) -> Any:
    return x.root(3) if x >= 0 else -((-x).root(3))


def _log_abs_gamma(x: Any) -> Any:
    return x.lgamma() if x > 0 else abs(x.gamma()).log()


def _bessel_scaled(order: int) -> Function:
    """exp(−|x|) I_order(x)."""

    def ball(x: Any) -> Any:
        return (-abs(x)).exp() * x.bessel_i(order)

    return ball


def _polygamma(order: Any, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n+1, x) for whole n ≥ 1 and x > 0 (DLMF 25.11.12); ψ itself for n = 0."""
    n = int(order.unique_fmpz() if order.unique_fmpz() is not None else -1)
    if n == 0:
        return x.digamma()
    if n < 0:
        return x.nan()
    return (-1) ** (n + 1) * (order + 1).gamma() * (order + 1).zeta(x)


def _power(x: Any, y: Any) -> Any:
    """x^y, where a whole exponent admits any base."""
    whole = y.unique_fmpz() if y.is_exact() else None
    return x**whole if whole is not None else x**y


def _integer_power(x: Any, *, y: int) -> Any:
    return x**y


# fmt: off
ROWS: tuple[Row, ...] = (
    # primitive    float                       ball                          derivative                                    drawn from
    Row("neg",      np.negative,                lambda x: -x,                 (lambda n, x, y: n.one(x) * -1,),                  (_LINE,)),
    Row("square",   np.square,                  lambda x: x * x,              (lambda n, x, y: 2 * x,),                          (_LINE,)),
    Row("sqrt",     np.sqrt,                    lambda x: x.sqrt(),           (lambda n, x, y: 1 / (2 * y),),                    (_POSITIVE,)),
    Row("rsqrt",    lambda x: 1 / np.sqrt(x),   lambda x: x.rsqrt(),          (lambda n, x, y: -y / (2 * x),),                   (_POSITIVE,)),
    Row("cbrt",     np.cbrt,                    _cube_root,                   (lambda n, x, y: y / (3 * x),),                    (_POSITIVE,)),
    Row("exp",      np.exp,                     lambda x: x.exp(),            (lambda n, x, y: y,),                              (_LINE,)),
    Row("exp2",     np.exp2,                    lambda x: (x * x.const_log2()).exp(), (lambda n, x, y: n.log(n.two(x)) * y,),    (_LINE,)),
    Row("expm1",    np.expm1,                   lambda x: x.expm1(),          (lambda n, x, y: y + 1,),                          (_LINE,)),
    Row("log",      np.log,                     lambda x: x.log(),            (lambda n, x, y: 1 / x,),                          (_POSITIVE,)),
    Row("log1p",    np.log1p,                   lambda x: x.log1p(),          (lambda n, x, y: 1 / (1 + x),),                    (_UNIT,)),
    Row("sin",      np.sin,                     lambda x: x.sin(),            (lambda n, x, y: n.cos(x),),                       (_LINE,)),
    Row("cos",      np.cos,                     lambda x: x.cos(),            (lambda n, x, y: -n.sin(x),),                      (_LINE,)),
    Row("tan",      np.tan,                     lambda x: x.tan(),            (lambda n, x, y: 1 + y * y,),                      (_UNIT,)),
    Row("asin",     np.arcsin,                  lambda x: x.asin(),           (lambda n, x, y: 1 / n.sqrt(1 - x * x),),          (_UNIT,)),
    Row("acos",     np.arccos,                  lambda x: x.acos(),           (lambda n, x, y: -1 / n.sqrt(1 - x * x),),         (_UNIT,)),
    Row("atan",     np.arctan,                  lambda x: x.atan(),           (lambda n, x, y: 1 / (1 + x * x),),                (_LINE,)),
    Row("sinh",     np.sinh,                    lambda x: x.sinh(),           (lambda n, x, y: n.cosh(x),),                      (_LINE,)),
    Row("cosh",     np.cosh,                    lambda x: x.cosh(),           (lambda n, x, y: n.sinh(x),),                      (_LINE,)),
    Row("tanh",     np.tanh,                    lambda x: x.tanh(),           (lambda n, x, y: 1 - y * y,),                      (_LINE,)),
    Row("asinh",    np.arcsinh,                 lambda x: x.asinh(),          (lambda n, x, y: 1 / n.sqrt(1 + x * x),),          (_LINE,)),
    Row("acosh",    np.arccosh,                 lambda x: x.acosh(),          (lambda n, x, y: 1 / n.sqrt(x * x - 1),),          ((1.1, 6.0),)),
    Row("atanh",    np.arctanh,                 lambda x: x.atanh(),          (lambda n, x, y: 1 / (1 - x * x),),                (_UNIT,)),
    Row("logistic", lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + (-x).exp()), (lambda n, x, y: y * (1 - y),),             (_LINE,)),
    Row("erf",      _special("erf"),            lambda x: x.erf(),            (lambda n, x, y: 2 / n.sqrt(n.pi(x)) * n.exp(-x * x),),  (_LINE,)),
    Row("erfc",     _special("erfc"),           lambda x: x.erfc(),           (lambda n, x, y: -2 / n.sqrt(n.pi(x)) * n.exp(-x * x),), (_LINE,)),
    Row("erf_inv",  _special("erfinv"),         lambda x: x.erfinv(),         (lambda n, x, y: n.sqrt(n.pi(x)) / 2 * n.exp(y * y),),   (_UNIT,)),
    Row("lgamma",   _special("gammaln"),        _log_abs_gamma,               (lambda n, x, y: n.digamma(x),),                   (_POSITIVE,)),
    Row("digamma",  _special("digamma"),        lambda x: x.digamma(),        (lambda n, x, y: n.polygamma(n.one(x), x),),       (_POSITIVE,)),
    Row("bessel_i0e", _special("i0e"),          _bessel_scaled(0),            (lambda n, x, y: n.bessel_i1e(x) - n.sign(x) * y,), (_POSITIVE,)),
    Row("bessel_i1e", _special("i1e"),          _bessel_scaled(1),            (lambda n, x, y: n.bessel_i0e(x) - (n.sign(x) + 1 / x) * y,), (_POSITIVE,)),
    Row("integer_pow", lambda x, *, y: np.power(x, float(y)) if y < 0 else x**y, _integer_power, (lambda n, x, v, *, y: y * n.integer_pow(x, y=y - 1),), (_POSITIVE,), (("y", -3),)),

    Row("add",      np.add,                     lambda a, b: a + b,           (lambda n, a, b, y: n.one(a), lambda n, a, b, y: n.one(b)),             (_LINE, _LINE)),
    Row("sub",      np.subtract,                lambda a, b: a - b,           (lambda n, a, b, y: n.one(a), lambda n, a, b, y: n.one(b) * -1),        (_LINE, _LINE)),
    Row("mul",      np.multiply,                lambda a, b: a * b,           (lambda n, a, b, y: b, lambda n, a, b, y: a),                           (_LINE, _LINE)),
    Row("div",      np.true_divide,             lambda a, b: a / b,           (lambda n, a, b, y: 1 / b, lambda n, a, b, y: -y / b),                  (_LINE, _POSITIVE)),
    Row("pow",      np.power,                   _power,                       (lambda n, a, b, y: b * n.pow(a, b - 1), lambda n, a, b, y: n.log(a) * y), (_POSITIVE, _LINE)),
    Row("atan2",    np.arctan2,                 lambda a, b: type(a).atan2(a, b), (lambda n, a, b, y: b / (a * a + b * b), lambda n, a, b, y: -a / (a * a + b * b)), (_LINE, _POSITIVE)),
    Row("polygamma", _special("polygamma"),     _polygamma,                   (None, lambda n, a, b, y: n.polygamma(a + 1, b)),  ((1.0, 1.0), _POSITIVE)),
)
# fmt: on
