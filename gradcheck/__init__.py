"""Gradient verification: is a claimed derivative right, how sure is that, and if it is wrong, where and by how much?"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gradcheck.claim import Assumption, Claim, ClaimError, Generic, Reading, Record, Sheet, Source, Step
from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space, SpaceError
from gradcheck.verdict import Counterexample, Entry, Evidence, Verdict

if TYPE_CHECKING:
    from gradcheck.api import DerivativeMismatch, assert_holds, check
    from gradcheck.checking import check as check_claim
    from gradcheck.expressions import EvaluationError
    from gradcheck.leaves import ArgumentsError
    from gradcheck.options import UsageError

__version__ = "0.1.0"

__all__ = [
    "ArgumentsError",
    "Assumption",
    "Claim",
    "ClaimError",
    "Counterexample",
    "DerivativeMismatch",
    "Entry",
    "EvaluationError",
    "Evidence",
    "Generic",
    "Integers",
    "OneHot",
    "Reading",
    "Reals",
    "Record",
    "Sheet",
    "Simplex",
    "Source",
    "Space",
    "SpaceError",
    "Step",
    "UsageError",
    "Verdict",
    "assert_holds",
    "check",
    "check_claim",
]

# What needs the oracles, and so JAX, is imported when it is first used.
_LAZY = {
    "ArgumentsError": ("gradcheck.leaves", "ArgumentsError"),
    "DerivativeMismatch": ("gradcheck.api", "DerivativeMismatch"),
    "EvaluationError": ("gradcheck.expressions", "EvaluationError"),
    "UsageError": ("gradcheck.options", "UsageError"),
    "assert_holds": ("gradcheck.api", "assert_holds"),
    "check": ("gradcheck.api", "check"),
    "check_claim": ("gradcheck.checking", "check"),
}


def __getattr__(name: str) -> Any:
    """The names that are imported late."""
    if name not in _LAZY:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    """All public names, the late ones among them."""
    return sorted(__all__)
