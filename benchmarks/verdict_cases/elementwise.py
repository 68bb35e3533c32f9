"""Functions of one number, or of two, applied entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np

from verdict_cases.case import Array, Case, numbers, problem

Args = tuple[Any, ...]

POSITIVE = (np.array([0.3, 0.5, 1.2, 2.0]),)
MIXED = (np.array([-1.2, -0.3, 0.5, 2.0]),)


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(x))


def sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def swish(x: Array) -> Array:
    return x / (1 + np.exp(-x))


def swish_derivative(x: Array) -> Array:
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)


C = np.sqrt(2 / np.pi)


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(C * (x + 0.044715 * x**3)))


def gelu_derivative(x: Array, *, inner: float = 3 * 0.044715, c: float = C) -> Array:
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + inner * x**2)


def mish(x: Array) -> Array:
    return x * np.tanh(np.log1p(np.exp(x)))


def mish_derivative(x: Array) -> Array:
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * (1 - t**2) / (1 + np.exp(-x))


def selu(x: Array) -> Array:
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))


def softsign(x: Array) -> Array:
    return x / (1 + np.abs(x))


def sinc(x: Array) -> Array:
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.sin(safe) / safe)


def sinc_derivative(x: Array, *, at_zero: float = 0.0) -> Array:
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, at_zero, np.cos(safe) / safe - np.sin(safe) / safe**2)


def angle(y: Array, x: Array) -> Array:
    return np.arctan2(y, x)


def angle_vjp(g: Array, y: Array, x: Array) -> Args:
    r2 = x**2 + y**2
    return g * x / r2, -g * y / r2


def angle_sign_lost(g: Array, y: Array, x: Array) -> Args:
    r2 = x**2 + y**2
    return g * x / r2, g * y / r2


def quotient(a: Array, b: Array) -> Array:
    return a / b


def power(x: Array, p: Array) -> Array:
    return x**p


def product_jvp(t: Args, x: Array, y: Array) -> Array:
    return t[0] * y + x * t[1]


def sine_jvp(t: Array, x: Array) -> Array:
    return np.cos(x) * t


def off_by(relative: float) -> Any:
    """exp with a derivative that is off by a relative error."""
    return lambda x: np.exp(x) * (1 + relative)


def sine_off_by(relative: float) -> Any:
    """The VJP of sin(x) y with one constant mistyped."""
    return lambda g, x, y: (g * np.cos(x) * y * (1 + relative), g * np.sin(x))


def cases() -> list[Case]:
    """All of this family."""
    family = "elementwise"
    found = [
        *problem(
            family,
            "ELU from positive inputs",
            elu,
            POSITIVE,
            "derivative",
            right=lambda x: np.where(x > 0, 1.0, np.exp(x)),
            wrong={"expm1 below 0": lambda x: np.where(x > 0, 1.0, np.expm1(x))},
        ),
        *problem(
            family,
            "sigmoid",
            sigmoid,
            MIXED,
            "derivative",
            right=lambda x: sigmoid(x) * (1 - sigmoid(x)),
            wrong={
                "1 + s for 1 - s": lambda x: sigmoid(x) * (1 + sigmoid(x)),
                "derivative of the output": lambda x: x * (1 - x),
            },
        ),
        *problem(
            family,
            "softplus",
            softplus,
            MIXED,
            "derivative",
            right=sigmoid,
            wrong={
                "1 beyond 8": lambda x: np.where(x > 8, 1.0, 1 / (1 + np.exp(-x))),
                "1 beyond 20": lambda x: np.where(x > 20, 1.0, 1 / (1 + np.exp(-x))),
                "0 below -15": lambda x: np.where(x < -15, 0.0, 1 / (1 + np.exp(-x))),
            },
        ),
        *problem(
            family,
            "swish",
            swish,
            MIXED,
            "derivative",
            right=swish_derivative,
            wrong={"second term lost": lambda x: 1 / (1 + np.exp(-x))},
        ),
        *problem(
            family,
            "GELU by tanh",
            gelu,
            MIXED,
            "derivative",
            right=gelu_derivative,
            wrong={
                "factor 3 of the cube lost": lambda x: gelu_derivative(x, inner=0.044715),
                "constant rounded to 0.7979": lambda x: gelu_derivative(x, c=0.7979),
                "constant rounded to 0.797884561": lambda x: gelu_derivative(x, c=0.797884561),
            },
        ),
        *problem(
            family,
            "mish",
            mish,
            MIXED,
            "derivative",
            right=mish_derivative,
            wrong={"sech² written as sech": lambda x: np.tanh(softplus(x)) + x / np.cosh(softplus(x)) * sigmoid(x)},
        ),
        *problem(
            family,
            "SELU",
            selu,
            MIXED,
            "derivative",
            right=lambda x: 1.0507009873554805 * np.where(x > 0, 1.0, 1.6732632423543772 * np.exp(x)),
            wrong={
                "outer scale lost below 0": lambda x: np.where(
                    x > 0, 1.0507009873554805, 1.6732632423543772 * np.exp(x)
                )
            },
        ),
        *problem(
            family,
            "softsign",
            softsign,
            MIXED,
            "derivative",
            right=lambda x: 1 / (1 + np.abs(x)) ** 2,
            wrong={"abs forgotten": lambda x: 1 / (1 + x) ** 2},
        ),
        *problem(
            family,
            "sinc",
            sinc,
            (np.array([-1.5, 0.0, 0.7]),),
            "derivative",
            right=sinc_derivative,
            wrong={"1 at 0": lambda x: sinc_derivative(x, at_zero=1.0)},
        ),
        *problem(
            family,
            "sinc away from 0",
            sinc,
            (np.array([-1.5, 0.4, 0.7]),),
            "derivative",
            wrong={"value instead of derivative at 0": lambda x: sinc_derivative(x, at_zero=1.0)},
        ),
        *problem(
            family,
            "tanh saturated",
            np.tanh,
            (np.array([-30.0, -1.0, 0.0, 18.0, 30.0]),),
            "derivative",
            right={"1 - tanh²": lambda x: 1 - np.tanh(x) ** 2, "1 / cosh²": lambda x: 1 / np.cosh(x) ** 2},
            wrong={"one factor only": lambda x: 1 - np.tanh(x)},
        ),
        *problem(
            family,
            "fast wave",
            lambda x: np.sin(1000 * x),
            (np.array([0.1, 1.0, 2.5]),),
            "derivative",
            right=lambda x: 1000 * np.cos(1000 * x),
            wrong={"sin for cos": lambda x: 1000 * np.sin(1000 * x), "inner factor lost": lambda x: np.cos(1000 * x)},
        ),
        *problem(
            family,
            "steep exponential",
            lambda x: np.exp(20 * x),
            (np.array([-1.0, 0.5, 1.5]),),
            "derivative",
            right=lambda x: 20 * np.exp(20 * x),
            wrong={"inner factor lost": lambda x: np.exp(20 * x)},
        ),
        *problem(
            family,
            "x log x next to 0",
            lambda x: x * np.log(x),
            (np.array([1e-9, 1e-3, 0.5]),),
            "derivative",
            right=lambda x: np.log(x) + 1,
            wrong={"1 lost": lambda x: np.log(x)},
        ),
        *problem(
            family,
            "sqrt next to 0",
            np.sqrt,
            (np.array([1e-8, 1e-4, 2.0]),),
            "derivative",
            right=lambda x: 0.5 / np.sqrt(x),
            wrong={"guarded by 1e-6": lambda x: 0.5 / (np.sqrt(x) + 1e-6)},
        ),
        *problem(
            family,
            "arcsin next to 1",
            np.arcsin,
            (np.array([-0.99999, 0.2, 0.9999999]),),
            "derivative",
            right=lambda x: 1 / np.sqrt(1 - x**2),
            wrong={"1 + x²": lambda x: 1 / np.sqrt(1 + x**2)},
        ),
        *problem(
            family,
            "fourth power",
            lambda x: x**4,
            POSITIVE,
            "derivative",
            right=lambda x: 4 * x**3,
            wrong={"by logarithms, wrong for negative bases": lambda x: 4 * np.abs(x) ** 3},
        ),
        *problem(
            family,
            "cube at 1e8",
            lambda x: x**3,
            (np.array([1e8, -3e8]),),
            "derivative",
            right=lambda x: 3 * x**2,
            wrong={"2 for 3": lambda x: 2 * x**2},
        ),
        *problem(
            family,
            "exponent as an argument",
            power,
            (np.array([0.5, 1.5, 2.0]), np.array([2.0, -1.0, 0.5])),
            right=lambda g, x, p: (g * p * x ** (p - 1), g * x**p * np.log(x)),
            wrong={
                "logarithm lost": lambda g, x, p: (g * p * x ** (p - 1), g * x**p),
                "exponent not lowered": lambda g, x, p: (g * p * x**p, g * x**p * np.log(x)),
            },
            domain={"x": (1e-6, np.inf)},
        ),
        *problem(
            family,
            "arctan2",
            angle,
            (numbers(1, 4), numbers(2, 4)),
            right=angle_vjp,
            wrong={"sign of the second lost": angle_sign_lost},
        ),
        *problem(
            family,
            "quotient",
            quotient,
            (numbers(3, 3), np.array([0.5, 1.5, -2.0])),
            right=lambda g, a, b: (g / b, -g * a / b**2),
            wrong={
                "square lost": lambda g, a, b: (g / b, -g * a / b),
                "square lost, hidden where b is 1": lambda g, a, b: (g / b, -g * a / np.abs(b)),
            },
        ),
        *problem(
            family,
            "hypotenuse",
            np.hypot,
            (numbers(4, 3), numbers(5, 3)),
            right=lambda g, a, b: (g * a / np.hypot(a, b), g * b / np.hypot(a, b)),
            wrong={"of the square": lambda g, a, b: (2 * g * a, 2 * g * b)},
        ),
        *problem(
            family,
            "log1p for tiny numbers",
            np.log1p,
            (np.array([1e-17, -1e-12, 0.5]),),
            "derivative",
            right=lambda x: 1 / (1 + x),
            wrong={"of log": lambda x: 1 / x},
        ),
        *problem(
            family,
            "product, forward",
            lambda x, y: x * y,
            (numbers(6, 3), numbers(7, 3)),
            "jvp",
            right=product_jvp,
            wrong={"one term lost": lambda t, x, y: t[0] * y, "swapped": lambda t, x, y: t[0] * x + y * t[1]},
        ),
        *problem(
            family,
            "sine, forward",
            np.sin,
            (numbers(8, 4),),
            "jvp",
            right=sine_jvp,
            wrong={"tangent ignored": lambda t, x: np.cos(x)},
        ),
        *problem(
            family,
            "complementary gate",
            lambda z, a, b: z * a + (1 - z) * b,
            (numbers(9, 3, low=0, high=1), numbers(10, 3), numbers(11, 3)),
            right=lambda g, z, a, b: (g * (a - b), g * z, g * (1 - z)),
            wrong={"b's share lost": lambda g, z, a, b: (g * a, g * z, g * (1 - z))},
        ),
        *problem(
            family,
            "Gaussian bump",
            lambda x: np.exp(-(x**2) / 2),
            (np.array([0.0, 0.5, 6.0]),),
            "derivative",
            right=lambda x: -x * np.exp(-(x**2) / 2),
            wrong={"cut off beyond 5": lambda x: np.where(np.abs(x) > 5, 0.0, -x * np.exp(-(x**2) / 2))},
        ),
    ]
    for relative in (1e-3, 1e-5, 1e-7, 1e-9):
        found += problem(
            family, "exp", np.exp, MIXED, "derivative", wrong={f"off by a relative {relative:g}": off_by(relative)}
        )
        found += problem(
            family,
            "sin(x) y",
            lambda x, y: np.sin(x) * y,
            (numbers(12, 3), numbers(13, 3)),
            wrong={f"off by a relative {relative:g}": sine_off_by(relative)},
        )
    return found
