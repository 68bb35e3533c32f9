"""Gradient verification: is a claimed derivative right, how sure is that, and if it is wrong, where and by how much?

Every public name is imported when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost more than all the rest of this module
if TYPE_CHECKING:
    from typing import Any

    from gradcheck.api import DerivativeMismatch, assert_holds, check
    from gradcheck.checking import check as check_claim
    from gradcheck.claim import Assumption, Claim, ClaimError, Generic, Reading, Record, Sheet, Source, Step
    from gradcheck.derivations.api import derivation
    from gradcheck.derivations.model import DerivationError, DerivationReport
    from gradcheck.derivative import Derivative, differentiate
    from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space, SpaceError
    from gradcheck.expressions import EvaluationError, traces_kept
    from gradcheck.formulas.checking import check_latex
    from gradcheck.functions.leaves import ArgumentsError
    from gradcheck.functions.options import UsageError
    from gradcheck.given import given_args
    from gradcheck.verdict import Counterexample, Entry, Evidence, Verdict

__version__ = "0.1.0"

_PLACES = {
    "api": ("DerivativeMismatch", "assert_holds", "check"),
    "claim": ("Assumption", "Claim", "ClaimError", "Generic", "Reading", "Record", "Sheet", "Source", "Step"),
    "derivations.api": ("derivation",),
    "derivations.model": ("DerivationError", "DerivationReport"),
    "derivative": ("Derivative", "differentiate"),
    "domains": ("Integers", "OneHot", "Reals", "Simplex", "Space", "SpaceError"),
    "expressions": ("EvaluationError", "traces_kept"),
    "given": ("given_args",),
    "functions.leaves": ("ArgumentsError",),
    "functions.options": ("UsageError",),
    "formulas.checking": ("check_latex",),
    "verdict": ("Counterexample", "Entry", "Evidence", "Verdict"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names} | {"check_claim": "checking"}

__all__ = [
    "ArgumentsError",
    "Assumption",
    "Claim",
    "ClaimError",
    "Counterexample",
    "DerivationError",
    "DerivationReport",
    "Derivative",
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
    "check_latex",
    "derivation",
    "differentiate",
    "given_args",
    "traces_kept",
]


def __getattr__(name: str) -> Any:
    """A public name, imported now and kept."""
    if name not in _MODULES:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"gradcheck.{_MODULES[name]}")
    found = getattr(module, "check" if name == "check_claim" else name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """All public names, imported or not."""
    return sorted(__all__)
