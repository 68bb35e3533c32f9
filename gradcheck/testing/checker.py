"""The object behind the fixture ``gradcheck``: checks that know their test, seed and points, and are kept for the report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from gradcheck.api import DerivativeMismatch, check
from gradcheck.audit import Problem
from gradcheck.expressions import EvaluationError
from gradcheck.functions.leaves import ArgumentsError
from gradcheck.functions.options import UsageError
from gradcheck.testing.findings import TestFindings
from gradcheck.verdict import Verdict

DRAWN_POINTS = 3  # visited beside arguments that Hypothesis draws: these are many, but a kink alone decides nothing
_TELL_ALL = (
    UsageError,
    ArgumentsError,
    EvaluationError,
)  # their messages name what is wrong; where they arise does not


class Checker:
    """`gradcheck.check` and `gradcheck.assert_holds`, with the seed and the points of the run; every verdict is kept.

    ``seed`` and ``points`` given to a call win over those of the command line, and these over those of the mark. In a test
    whose arguments Hypothesis draws, only a few points are visited beside them unless one of these says how many.
    """

    def __init__(self, findings: Callable[[], TestFindings], defaults: Callable[[], dict[str, Any]]) -> None:
        """``findings`` tells where checks of the test that runs now are kept; ``defaults`` its seed and points."""
        self._findings = findings
        self._defaults = defaults

    def __repr__(self) -> str:
        return "gradcheck"

    @property
    def test(self) -> str:
        """The id of the test that runs now."""
        return self._findings().test

    @property
    def seed(self) -> int:
        """The seed of the points, unless a call gives its own."""
        return int(self._defaults().get("seed", 0))

    @property
    def points(self) -> int | None:
        """How many points are visited beside the arguments, unless a call says; None for as many as suit the claim."""
        points: int | None = self._defaults().get("points")
        return points

    def check(self, f: Callable[..., Any], args: tuple[Any, ...], **options: Any) -> Verdict:
        """`gradcheck.check` with the same arguments. The verdict is returned and kept; it raises for no verdict.

        A test that is marked ``gradcheck`` fails at its end for a verdict that is not what its mark expects (*holds*). In
        any other test, assert what you expect of the verdict.
        """
        __tracebackhide__ = True
        found = self._findings()
        try:
            few = {"points": DRAWN_POINTS} if _drawn() else {}
            verdict = check(f, args, **{**few, **self._defaults(), **options})
        except Exception as error:  # noqa: BLE001 - raised again
            found.problems.append(_raised(found.test, error))
            raise (error.with_traceback(None) if isinstance(error, _TELL_ALL) else error)  # noqa: B904 - it has its cause
        found.add(verdict, drawn=_drawn())
        return verdict

    def assert_holds(self, f: Callable[..., Any], args: tuple[Any, ...], **options: Any) -> Verdict:
        """`check`, and raise `gradcheck.DerivativeMismatch` with the whole finding unless the claim holds."""
        __tracebackhide__ = True
        verdict = self.check(f, args, **options)
        if verdict.status != "holds":
            raise DerivativeMismatch(verdict)
        return verdict

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: which of the two is meant is not clear."""
        raise TypeError(
            "the fixture gradcheck is not a function: call gradcheck.assert_holds(f, args, ...), which raises unless the claim "
            "holds, or gradcheck.check(f, args, ...), which returns the verdict"
        )


def _raised(test: str, error: Exception) -> Problem:
    told = " ".join(str(error).split())
    what = f"its check raised {type(error).__name__}" + (f": {told}" if told else "")
    return Problem(test, what, "mend the call or the functions; nothing was checked by it")


def _drawn() -> bool:
    """Whether Hypothesis calls the test, so that many checks are one."""
    hypothesis = sys.modules.get("hypothesis")
    return hypothesis is not None and bool(hypothesis.currently_in_test_context())
