"""The mark ``gradcheck``: what it may say, and what a test that bears it must have done when it ends."""

from __future__ import annotations

from difflib import get_close_matches

import pytest

from gradcheck.claim import STATUSES
from gradcheck.testing.findings import TestFindings

_WORDS = ("expect", "seed", "points")


def refuse_misspelt(test: str, mark: pytest.Mark) -> None:
    """Refuse what the mark cannot mean.

    Raises:
        UsageError: an argument without a keyword, a misspelt keyword, or a value that it cannot have.
    """

    def refuse(what: str) -> None:
        raise pytest.UsageError(f"{test}: @pytest.mark.gradcheck: {what}")

    if mark.args:
        refuse(f"{mark.args[0]!r} has no keyword; write expect=, seed= or points= before it")
    for word, value in mark.kwargs.items():
        if word not in _WORDS:
            close = get_close_matches(word, _WORDS, 1)
            refuse(
                f"there is no {word}=; {f'did you mean {close[0]}=?' if close else 'known are expect=, seed=, points='}"
            )
        if word == "expect" and value not in STATUSES:
            refuse(f"expect={value!r}: one of {', '.join(STATUSES)} is expected")
        if word != "expect" and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            refuse(f"{word}={value!r}: a whole number, 0 or more, is expected")


def judge(found: TestFindings, expected: str) -> None:
    """Fail a test that passed without a check, or whose checks ended otherwise than its mark expects.

    Raises:
        pytest.fail.Exception: with the reason, or with the whole findings.
    """
    __tracebackhide__ = True
    found.expected = expected
    if not found.checks:
        found.idle = "marked gradcheck, but checked nothing"
        pytest.fail(
            f"{found.test} is marked gradcheck, but checked nothing.\n"
            f"Call assert_holds or check of the fixture gradcheck in it, as in gradcheck.assert_holds(f, (x,), vjp=backward);\n"
            f"functions of the module gradcheck do not count, since they know nothing of the test.\n"
            f"If there is nothing to check, remove the mark.",
            pytrace=False,
        )
    others = [verdict for verdict in found.verdicts() if verdict.status != expected]
    if others:
        because = "" if expected == "holds" else f"{expected} was expected\n"
        pytest.fail(because + "\n\n".join(str(verdict) for verdict in others), pytrace=False)
