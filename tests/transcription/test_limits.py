"""The ends of a printed range are those of the bound, or the difference is told."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals
from gradcheck.transcription.comparing import compare
from gradcheck.verdict import Printed


def bound(formula: str, lower: float | None, upper: float | None) -> Printed | None:
    """The comparison of a bound on tanh."""
    return compare(
        Claim("c", "bound", Source("d", 1, formula), np.tanh, None, {"x": Reals()}, lower=lower, upper=upper)
    )


@pytest.mark.parametrize(
    ("formula", "lower", "upper"),
    [
        (r"-1 < \tanh x < 1", -1, 1),
        (r"\tanh x \in [-1, 1]", -1, 1),
        (r"\tanh' (x) = 1 - \tanh(x)^2 \in [0, 1]", 0, 1),
        (r"\tanh x \leq \frac{1}{2}", None, 0.5),
        (r"\tanh x \geq 0", 0, None),
    ],
)
def test_the_ends_are_those_in_print(formula: str, lower: float | None, upper: float | None) -> None:
    assert bound(formula, lower, upper) == Printed("agrees", "its ends")


def test_another_end_differs() -> None:
    assert bound(r"\tanh x \in [-1, 1]", -1, 2) == Printed(
        "differs", "1 is printed as the upper end, and 2 is transcribed"
    )
    assert bound(r"\tanh x \leq 1", -1, 1) == Printed(
        "differs", "nothing is printed as the lower end, and -1 is transcribed"
    )


def test_a_range_without_numbers_is_not_compared() -> None:
    assert bound(r"\tanh x < a", None, 1) == Printed("not compared", "no range of numbers is printed")
