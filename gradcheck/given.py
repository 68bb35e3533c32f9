"""A test that is run at arguments which Hypothesis draws and, when it fails, shrinks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from gradcheck.functions.options import UsageError
from gradcheck.strategies import pytrees

EXAMPLES = 20


def given_args(*strategies: Any, max_examples: int = EXAMPLES) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a test at tuples ``args``, one entry a strategy (or a tree of strategies, as for `gradcheck.strategies.pytrees`).

    The test has a parameter ``args`` beside those that pytest fills; when it fails, it fails at the plainest arguments that
    were found. There is no deadline, since a first check imports what it needs, and no phase of explanations, which takes
    long where a test computes much; everything else is as Hypothesis is set up.

        @gc.given_args(strategies.generic(3), strategies.well_conditioned(3))
        def test_solve(gradcheck, args):
            gradcheck.assert_holds(solve, args, vjp=solve_backward)

    Raises:
        UsageError: there are no strategies, none of them draws anything, or the test has no parameter ``args``.
    """
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    if len(strategies) == 1 and inspect.isfunction(strategies[0]):
        raise UsageError(f"given_args: it is called with strategies first, as in @gc.given_args(generic(3)){_FOR_ONE}")
    if not strategies or not any(_draws(tree) for tree in strategies):
        raise UsageError(f"given_args: a strategy for each argument is expected{_FOR_ONE}")
    if isinstance(max_examples, bool) or not isinstance(max_examples, int) or max_examples < 1:
        raise UsageError(f"given_args: max_examples={max_examples!r}: a whole number, 1 or more, is expected")

    def decorated(test: Callable[..., Any]) -> Callable[..., Any]:
        if "args" not in inspect.signature(test).parameters:
            name = getattr(test, "__name__", "the test")
            raise UsageError(f"given_args: {name} has no parameter args, which is what it is called with")
        drawn = given(args=st.tuples(*map(pytrees, strategies)))(test)
        chosen = settings(
            max_examples=max_examples,
            phases=[
                phase for phase in settings().phases if phase is not Phase.explain
            ],  # it traces every line of a check
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        )
        return chosen(drawn)

    return decorated


_FOR_ONE = "; there are some in gradcheck.strategies"


def _draws(tree: Any) -> bool:
    """Whether a tree holds a strategy."""
    from hypothesis import strategies as st

    if isinstance(tree, dict):
        return any(map(_draws, tree.values()))
    if isinstance(tree, list | tuple):
        return any(map(_draws, tree))
    return isinstance(tree, st.SearchStrategy)
