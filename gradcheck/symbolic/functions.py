r"""The functions of one number that have a name: what each is in SymPy, and its derivative.

Reading a row from the left: the name in a tree; the function in SymPy; its derivative at u, in LaTeX; how the rule is called.
The derivatives are those of the NIST Digital Library of Mathematical Functions (4.7, 4.20, 4.24, 4.34, 4.38, 7.10) and, for
activations, follow from them: σ = 1/(1 + e^{-u}), softplus = log(1 + e^u), silu = uσ(u), gelu = u(1 + erf(u/√2))/2.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from gradcheck.latex.reader import read_expression
from gradcheck.latex.tree import Expr
from gradcheck.symbolic.plain import plain


class Logistic(sp.Function):  # type: ignore[misc] # SymPy has no types
    """σ(u) = 1/(1 + e^{-u}), kept by its name."""

    nargs = 1
    is_real = True
    is_positive = True

    def fdiff(self, argindex: int = 1) -> Any:
        """σ(u)(1 − σ(u))."""
        return self * (1 - self)


class Softplus(sp.Function):  # type: ignore[misc] # SymPy has no types
    """log(1 + e^u), kept by its name."""

    nargs = 1
    is_real = True
    is_positive = True

    def fdiff(self, argindex: int = 1) -> Any:
        """σ(u)."""
        return Logistic(self.args[0])


def opened(expr: Any) -> Any:
    """The same by exponentials: σ and softplus written out."""
    return expr.replace(Logistic, lambda u: 1 / (1 + sp.exp(-u))).replace(Softplus, lambda u: sp.log(1 + sp.exp(u)))


def _silu(u: Any) -> Any:
    return u * Logistic(u)


def _gelu(u: Any) -> Any:
    return u * (1 + sp.erf(u / sp.sqrt(2))) / 2


def _relu(u: Any) -> Any:
    return sp.Max(0, u)


@dataclass(frozen=True)
class Row:
    """One function."""

    name: str
    symbolic: Callable[..., Any]
    derivative: str
    rule: str

    @functools.cached_property
    def slope(self) -> Expr:
        """The derivative as a tree in ``u``."""
        return plain(read_expression(self.derivative, frozenset((r"\sigma",))))


# fmt: off
ROWS: tuple[Row, ...] = (
    Row("exp",      sp.exp,    r"\exp(u)",                        "exponential rule"),
    Row("log",      sp.log,    r"\frac{1}{u}",                    "logarithm rule"),
    Row("lg",       lambda u: sp.log(u) / sp.log(10), r"\frac{1}{u \log(10)}", "logarithm rule"),
    Row("sqrt",     sp.sqrt,   r"\frac{1}{2 \sqrt{u}}",           "power rule"),
    Row("sin",      sp.sin,    r"\cos(u)",                        "derivative of the sine"),
    Row("cos",      sp.cos,    r"-\sin(u)",                       "derivative of the cosine"),
    Row("tan",      sp.tan,    r"\frac{1}{\cos^2(u)}",            "derivative of the tangent"),
    Row("cot",      sp.cot,    r"-\frac{1}{\sin^2(u)}",           "derivative of the cotangent"),
    Row("sec",      sp.sec,    r"\sec(u) \tan(u)",                "derivative of the secant"),
    Row("csc",      sp.csc,    r"-\csc(u) \cot(u)",               "derivative of the cosecant"),
    Row("sinh",     sp.sinh,   r"\cosh(u)",                       "derivative of the hyperbolic sine"),
    Row("cosh",     sp.cosh,   r"\sinh(u)",                       "derivative of the hyperbolic cosine"),
    Row("tanh",     sp.tanh,   r"1 - \tanh^2(u)",                 "derivative of the hyperbolic tangent"),
    Row("coth",     sp.coth,   r"1 - \coth^2(u)",                 "derivative of the hyperbolic cotangent"),
    Row("arcsin",   sp.asin,   r"\frac{1}{\sqrt{1 - u^2}}",       "derivative of the arcsine"),
    Row("arccos",   sp.acos,   r"-\frac{1}{\sqrt{1 - u^2}}",      "derivative of the arccosine"),
    Row("arctan",   sp.atan,   r"\frac{1}{1 + u^2}",              "derivative of the arctangent"),
    Row("arcsinh",  sp.asinh,  r"\frac{1}{\sqrt{1 + u^2}}",       "derivative of the inverse hyperbolic sine"),
    Row("arctanh",  sp.atanh,  r"\frac{1}{1 - u^2}",              "derivative of the inverse hyperbolic tangent"),
    Row("erf",      sp.erf,    r"\frac{2}{\sqrt{\pi}} e^{-u^2}",  "derivative of the error function"),
    Row(r"\sigma",  Logistic,  r"\sigma(u) (1 - \sigma(u))",      "derivative of the logistic function"),
    Row("sigmoid",  Logistic,  r"\operatorname{sigmoid}(u) (1 - \operatorname{sigmoid}(u))",
        "derivative of the logistic function"),
    Row("softplus", Softplus,  r"\sigma(u)",                      "derivative of softplus"),
    Row("silu",     _silu,     r"\sigma(u) (1 + u (1 - \sigma(u)))", "derivative of SiLU"),
    Row("gelu",     _gelu,     r"\frac{1 + \operatorname{erf}(u / \sqrt{2})}{2} + \frac{u}{\sqrt{2 \pi}} e^{-\frac{u^2}{2}}",
        "derivative of GELU"),
    Row("relu",     _relu,     r"\begin{cases} 1 & u > 0 \\ 0 & u \leq 0 \end{cases}", "derivative of ReLU"),
    Row("sign",     sp.sign,   "0",                               "derivative of a step"),
)
# fmt: on
BY_NAME = {row.name: row for row in ROWS} | {r"\varsigma": next(row for row in ROWS if row.name == r"\sigma")}
