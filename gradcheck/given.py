"""Arguments drawn by Hypothesis for a test that checks a gradient; what fails is shrunk to short decimals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Test = Callable[..., Any]


def given_args(*strategies: Any, max_examples: int = 25, **named: Any) -> Callable[[Test], Test]:
    """Draw the last positional arguments of a test from `strategies`, or those named.

    The draws are the same in every run, so that CI does not depend on luck; ``@hypothesis.seed`` and a profile change that.
    Fixtures come before the drawn arguments, and are shared by all draws:

        @gc.given_args(gs.arrays(3), gs.positive_definite(3))
        def test_solve(gradcheck, b, a):
            gradcheck.assert_holds(solve, (a, b), vjp=solve_backward, points=0)

    Raises:
        hypothesis.errors.InvalidArgument: there are no strategies, or more than the test has arguments.
    """
    from hypothesis import HealthCheck, given, settings

    quiet = settings(
        max_examples=max_examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )

    def decorated(test: Test) -> Test:
        drawn: Test = quiet(given(*strategies, **named)(test))  # type: ignore[no-untyped-call] # Hypothesis's own
        return drawn

    return decorated
