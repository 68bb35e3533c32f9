"""The cases of `benchmarks/verdicts.py`, a module a family. They are written as engineers write gradients, slips included."""

from __future__ import annotations

from verdict_cases import (
    attention,
    black_boxes,
    complex_numbers,
    contracts,
    convolution,
    corners,
    elementwise,
    indexing,
    jax_rules,
    large,
    linear_algebra,
    losses,
    low_dtypes,
    matrices_of_derivatives,
    normalisations,
    piecewise,
    recurrent,
    reductions,
    scales,
)
from verdict_cases.case import Case

FAMILIES = (
    elementwise,
    reductions,
    losses,
    normalisations,
    attention,
    convolution,
    recurrent,
    linear_algebra,
    indexing,
    matrices_of_derivatives,
    complex_numbers,
    low_dtypes,
    piecewise,
    scales,
    large,
    contracts,
    corners,
    black_boxes,
    jax_rules,
)


def every_case() -> list[Case]:
    """All cases, family by family."""
    return [case for family in FAMILIES for case in family.cases()]
