"""Gradients of a number by a vector: the formula of the i-th entry."""

from __future__ import annotations

from typing import Any

from gradcheck.symbolic.model import NotSymbolic, Written


def gradient(asked: Any) -> Written:
    """The gradient of a scalar function of a vector."""
    raise NotSymbolic(f"the gradient by the array {asked.wrt} has no formula of one entry")
