"""Gradient verification: is a claimed derivative right, how sure is that, and if it is wrong, where and by how much?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradcheck.claim import Assumption, Claim, ClaimError, Generic, Reading, Record, Sheet, Source, Step
from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space, SpaceError
from gradcheck.verdict import Counterexample, Entry, Evidence, Verdict

if TYPE_CHECKING:
    from gradcheck.check import check as check_claim

__version__ = "0.1.0"

__all__ = [
    "Assumption",
    "Claim",
    "ClaimError",
    "Counterexample",
    "Entry",
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
    "Verdict",
    "check_claim",
]


def __getattr__(name: str) -> Any:
    """`check_claim` needs the oracles, and so JAX: it is imported when it is first used."""
    if name == "check_claim":
        from gradcheck.check import check

        return check
    raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
