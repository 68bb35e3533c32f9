r"""Derivations with their right lines, and for each a wrong line in one place: sign, index, factor, function, sum.

Every line is there three times over: as printed, as a NumPy function, and in the claim of a sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.claim import Claim, Sheet, Step
from gradcheck.domains import Reals

Line = tuple[str, Callable[..., Any]]


@dataclass(frozen=True)
class Text:
    """A derivation: what is differentiated, in LaTeX and in code, the arguments, and the lines after the derivative."""

    left: str
    definitions: str
    primal: Callable[..., Any]
    args: dict[str, Any]
    wrt: str
    lines: tuple[Line, ...]
    notation: dict[str, str]

    def with_fault(self, fault: Fault) -> tuple[Line, ...]:
        """The lines, one of them wrong; those after it are right in themselves, so they do not follow from it."""
        return tuple(fault.line if number == fault.number else line for number, line in enumerate(self.lines, 2))

    def display(self, lines: tuple[Line, ...]) -> str:
        """The lines as an aligned display."""
        body = " \\\\\n".join(f"&= {formula}" for formula, _ in lines)
        return f"\\begin{{aligned}}\n{self.left} {body}\n\\end{{aligned}}"

    def sheet(self, lines: tuple[Line, ...]) -> Sheet:
        """A sheet with the derivation as its one claim."""
        sheet = Sheet("notes", "notes.txt", "Notes")
        sheet.claim(
            "gradient",
            "derivation",
            3,
            self.display(lines),
            primal=self.primal,
            inputs={name: Reals(*np.shape(value)) for name, value in self.args.items()},
            wrt=self.wrt,
            steps=(Step(self.left, None), *(Step(*line) for line in lines)),
            notation=self.notation,
        )
        return sheet


@dataclass(frozen=True)
class Fault:
    """A wrong line: what kind of fault, in which text, at which line, what is printed, and what a right line looks like."""

    kind: str
    text: Text
    number: int
    line: Line
    should_be: str


def softmax(z: Any) -> Any:
    return np.exp(z) / np.sum(np.exp(z))


def cross_entropy(z: Any, t: Any) -> Any:
    return -np.sum(t * np.log(softmax(z)))


def before_the_indicator(z: Any, t: Any) -> Any:
    return -np.sum(t[:, None] * (np.eye(len(z)) - softmax(z)[None, :]), axis=0)


PRODUCT = Text(
    r"\frac{d}{d x} f(x)",
    r"f(x) = x^2 \sin x",
    lambda x: x**2 * np.sin(x),
    {"x": 1.3},
    "x",
    (
        (
            r"\left(\frac{d}{dx} x^2\right) \sin x + x^2 \frac{d}{dx} \sin x",
            lambda x: 2 * x * np.sin(x) + x**2 * np.cos(x),
        ),
        (r"2 x \sin x + x^2 \cos x", lambda x: 2 * x * np.sin(x) + x**2 * np.cos(x)),
        (r"x (2 \sin x + x \cos x)", lambda x: x * (2 * np.sin(x) + x * np.cos(x))),
    ),
    {},
)

LOSS = Text(
    r"\frac{\partial E}{\partial z_k}",
    r"E = -\sum_k t_k \log a_k, a_k = \frac{e^{z_k}}{\sum_c e^{z_c}}",
    cross_entropy,
    {"z": np.array([0.5, -1.0, 0.25]), "t": np.array([0.5, -0.75, 2.0])},
    "z",
    (
        (r"-\sum_d t_d (\mathbb{1}_{d=k} - a_k)", before_the_indicator),
        (
            r"\sum_d t_d a_k - \sum_d t_d \mathbb{1}_{d=k}",
            lambda z, t: np.sum(t[:, None] * softmax(z)[None, :], axis=0) - np.sum(t[:, None] * np.eye(len(z)), axis=0),
        ),
        (r"a_k \sum_d t_d - t_k", lambda z, t: softmax(z) * np.sum(t) - t),
    ),
    {"a_k": r"\operatorname{softmax}(z)_k"},
)

FAULTS = (
    Fault(
        "sign",
        PRODUCT,
        3,
        (r"2 x \sin x - x^2 \cos x", lambda x: 2 * x * np.sin(x) - x**2 * np.cos(x)),
        r"2 x \sin(x) + x^{2} \cos(x)",
    ),
    Fault(
        "index",
        LOSS,
        2,
        (
            r"-\sum_d t_d (\mathbb{1}_{d=k} - a_d)",
            lambda z, t: -np.sum(t[:, None] * (np.eye(len(z)) - softmax(z)[:, None]), axis=0),
        ),
        r"-\sum_{d} t_{d} (\mathbb{1}_{d = k} - a_{k})",
    ),
    Fault(
        "dropped factor",
        LOSS,
        4,
        (r"\sum_d t_d - t_k", lambda z, t: np.sum(t) - t),
        r"a_{k} \sum_{d} t_{d} - t_{k}",
    ),
    Fault(
        "wrong function",
        PRODUCT,
        3,
        (r"2 x \sin x + x^2 \sin x", lambda x: 2 * x * np.sin(x) + x**2 * np.sin(x)),
        r"2 x \sin(x) + x^{2} \cos(x)",
    ),
    Fault(
        "missing sum",
        LOSS,
        4,
        (r"a_k t_k - t_k", lambda z, t: softmax(z) * t - t),
        r"a_{k} \sum_{d} t_{d} - t_{k}",
    ),
)


def declared(sheet: Sheet) -> Claim:
    """The one claim of a sheet."""
    (claim,) = sheet.claims
    return claim
