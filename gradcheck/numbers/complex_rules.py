"""Complex functions of z = a + ib (and w = c + id) by real ones: a table to be checked by eye.

``PARTS`` gives the real and the imaginary part of a function; ``REAL``, functions whose values are real; ``COMPOSED``,
functions that are formulas of others. All are principal values, with the cuts of the NIST Digital Library of Mathematical
Functions, whose sections are cited; NumPy and JAX have the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gradcheck.numbers.formula import PI, Formula, constant, function, symbol

a, b, c, d = (symbol(name) for name in "abcd")
z, w = symbol("z"), symbol("w")
i = Formula("i", lambda s, e: s.imaginary_unit())
ABSOLUTE = function("abs")
exp, log, sqrt, hypot, atan2 = (function(name) for name in ("exp", "log", "sqrt", "hypot", "atan2"))
sin, cos, sinh, cosh = (function(name) for name in ("sin", "cos", "sinh", "cosh"))
asinh, atanh, asin = (function(name) for name in ("asinh", "atanh", "asin"))


class Parts(NamedTuple):
    """The real part, the imaginary part, and where they are printed."""

    real: Formula
    imaginary: Formula
    source: str


# fmt: off
PARTS: Mapping[str, Parts] = {
    # primitive         real part                              imaginary part                         source
    "neg":   Parts(-a,                                    -b,                                    "1.9(i)"),
    "conj":  Parts(1 * a,                                 -b,                                    "1.9(i)"),
    "add":   Parts(a + c,                                 b + d,                                 "1.9(i)"),
    "sub":   Parts(a - c,                                 b - d,                                 "1.9(i)"),
    "mul":   Parts(a * c - b * d,                         a * d + b * c,                         "1.9(i)"),
    "div":   Parts((a * c + b * d) / (c * c + d * d),     (b * c - a * d) / (c * c + d * d),     "1.9(i)"),
    "exp":   Parts(exp(a) * cos(b),                       exp(a) * sin(b),                       "4.2(iii)"),
    "log":   Parts(log(a * a + b * b) / 2,                atan2(b, a),                           "4.2(i)"),
    # the polar form: √|z| (cos θ/2 + i sin θ/2), where θ is the angle of z
    "sqrt":  Parts(sqrt(hypot(a, b)) * cos(atan2(b, a) / 2), sqrt(hypot(a, b)) * sin(atan2(b, a) / 2), "4.2(iv)"),
    "sin":   Parts(sin(a) * cosh(b),                      cos(a) * sinh(b),                      "4.21(iv)"),
    "cos":   Parts(cos(a) * cosh(b),                      -(sin(a) * sinh(b)),                   "4.21(iv)"),
    "tan":   Parts(sin(2 * a) / (cos(2 * a) + cosh(2 * b)), sinh(2 * b) / (cos(2 * a) + cosh(2 * b)), "4.21(iv)"),
    "sinh":  Parts(sinh(a) * cos(b),                      cosh(a) * sin(b),                      "4.35(iv)"),
    "cosh":  Parts(cosh(a) * cos(b),                      sinh(a) * sin(b),                      "4.35(iv)"),
    "tanh":  Parts(sinh(2 * a) / (cosh(2 * a) + cos(2 * b)), sin(2 * b) / (cosh(2 * a) + cos(2 * b)), "4.35(iv)"),
}

REAL: Mapping[str, tuple[Formula, str]] = {
    "abs":   (hypot(a, b),                                "1.9(i)"),
    "real":  (a,                                          "1.9(i)"),
    "imag":  (b,                                          "1.9(i)"),
}

COMPOSED: Mapping[str, tuple[Formula, str]] = {
    "square":   (z * z,                                   "1.9(i)"),
    "rsqrt":    (1 / sqrt(z),                             "4.2(iv)"),
    "exp2":     (exp(z * log(constant(2, z))),            "4.2(iv)"),
    "expm1":    (exp(z) - 1,                              "4.2(iii)"),
    "log1p":    (log(1 + z),                              "4.2(i)"),
    "logistic": (1 / (1 + exp(-z)),                       "4.2(iii)"),
    "pow":      (exp(w * log(z)),                         "4.2(iv)"),
    "sign":     (z / ABSOLUTE(z),                         "1.9(i)"),
    "asinh":    (log(z + sqrt(z * z + 1)),                "4.37(iv)"),
    "acosh":    (log(z + sqrt(z + 1) * sqrt(z - 1)),      "4.37(iv)"),
    "atanh":    ((log(1 + z) - log(1 - z)) / 2,           "4.37(iv)"),
    "asin":     (-(i * asinh(i * z)),                     "4.28"),
    "acos":     (-(asin(z) - PI / 2),                       "4.23(iv)"),
    "atan":     (-(i * atanh(i * z)),                     "4.28"),
}
# fmt: on
