"""A library on a disk, for the tests of catalogues: right formulas, and one wrong in each way."""

from __future__ import annotations

RIGHT = '''
"""Notes."""

from typing import Any

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library, Stable

LIBRARY = Library("notes", "notes.py", "Notes <of mine>")


def square(x: Any) -> Any:
    """The square of a number."""
    return x * x


def square_derivative(x: Any) -> Any:
    """Twice the number."""
    return 2 * x


LIBRARY.formula(
    "square", "Square", formula="f(x) = x^2", forward=square, inputs={"x": Reals()}, derivative=square_derivative,
    printed="f'(x) = 2 x", source="Euclid, <Elements>, book 2", also=("numpy.square", "to the power of 2"),
)


def excess(x: Any) -> Any:
    """What the exponential is above 1."""
    return np.exp(x) - 1


def excess_derivative(x: Any) -> Any:
    """The exponential."""
    return np.exp(x)


def stable_excess(x: Any) -> Any:
    """The same, without a difference."""
    return np.expm1(x)


LIBRARY.formula(
    "excess", "Exponential minus one", formula="f(x) = e^x - 1", forward=excess, inputs={"x": Reals()},
    derivative=excess_derivative, printed="f'(x) = e^x", source="W. Kahan, Mathematics written in sand, 1983",
    stable=Stable("The difference cancels near 0.", forward=stable_excess), kinks="None; it is smooth.",
)
'''

WRONG = """

LIBRARY.formula(
    "wrong", "A wrong derivative", formula="f(x) = x^2", forward=square, inputs={"x": Reals()}, derivative=square,
    printed="f'(x) = x^2", source="nobody",
)
LIBRARY.formula(
    "misprinted", "A wrong print", formula="f(x) = x^3", forward=square, inputs={"x": Reals()},
    derivative=square_derivative, printed="f'(x) = 2 x", source="nobody",
)
LIBRARY.formula(
    "unstable", "A stable form that is not", formula="f(x) = e^x - 1", forward=stable_excess, inputs={"x": Reals()},
    derivative=excess_derivative, printed="f'(x) = e^x", source="nobody", stable=Stable("why", forward=excess),
)
LIBRARY.formula(
    "nameless", "Code that cannot be copied", formula="f(x) = x^2", forward=lambda x: x * x, inputs={"x": Reals()},
    derivative=square_derivative, printed="f'(x) = 2 x", source="nobody",
)
"""
