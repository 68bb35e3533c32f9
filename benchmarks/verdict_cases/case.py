"""What a case is: a function, typical arguments, a derivative written by hand, and whether that derivative is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One derivative and whether it is right.

    ``form`` is a keyword of `gradcheck.check`, or ``"own"`` for a JAX function that brings its own rule as ``claim``.
    ``options`` are further keywords of `gradcheck.check`; ``wrt`` among them names the arguments (by position) whose
    gradients the claim gives. ``refused`` is part of the reason with which an undecided verdict is the right one.
    """

    name: str
    family: str
    right: bool
    function: Function
    args: tuple[Any, ...]
    form: str
    claim: Function
    options: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""


def problem(
    family: str,
    name: str,
    function: Function,
    args: tuple[Any, ...],
    form: str = "vjp",
    *,
    right: Function | Mapping[str, Function] | None = None,
    wrong: Mapping[str, Function] | None = None,
    **options: Any,
) -> list[Case]:
    """The cases of one function: derivatives that are right, and others with one slip each, named by the slip."""
    good = right if isinstance(right, Mapping) else {"": right} if right is not None else {}
    made = [(suffix, claim, True) for suffix, claim in good.items()]
    made += [(suffix, claim, False) for suffix, claim in (wrong or {}).items()]
    return [
        Case(f"{name}: {suffix}" if suffix else name, family, verdict, function, args, form, claim, options)
        for suffix, claim, verdict in made
    ]


def numbers(seed: int, *shape: int, low: float = -2.0, high: float = 2.0) -> Array:
    """Numbers with two decimals, the same in every run."""
    return np.round(np.random.default_rng(seed).uniform(low, high, shape), 2)
