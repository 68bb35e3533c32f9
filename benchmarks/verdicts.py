"""Derivatives written by hand, right and wrong: which checker misses the wrong ones, which cries at the right ones.

    python benchmarks/verdicts.py [--family piecewise] [--tool gradcheck --tool torch] [--list]

Needs only gradcheck; tools that are not installed are left out. Every tool gets the same function, derivative and
arguments, and its defaults. A tool *misses* a wrong derivative when it passes, and gives a *false alarm* when it does
not pass a right one, whatever it raises instead. For gradcheck an undecided verdict counts as a miss and as a false
alarm. A dash means that the tool cannot take such a case.

How the others are asked: torch's gradcheck gets an autograd.Function around the NumPy pair (in fast mode too; alone
there beyond 2000 inputs or a million entries of the Jacobian); JAX's check_vjp and autograd's check_grads get the pair
as a primitive; SciPy's check_grad gets the function projected to a scalar along one random direction, and passes
up to 1e-4 of the gradient's norm, or 1e-4 if the norm is less than 1. Jacobians, derivatives and JVPs are handed over as
the VJP that they imply. The others look at the given arguments only: wrong elsewhere is wrong without their noticing.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from verdict_cases import every_case
from verdict_cases.case import Case
from verdict_cases.tools import TOOLS, NotApplicable, NoVerdict

SLOW = 2.0  # processor seconds from which our own checks are listed


@dataclass(frozen=True)
class Outcome:
    """Whether a tool passed the derivative (None: it cannot take the case), what it said, and its processor seconds."""

    passed: bool | None
    said: str
    seconds: float


def ask(tool: Callable[[Case], str], case: Case) -> Outcome:
    """One tool on one case. What a tool says when it passes is nothing."""
    np.random.seed(0)  # noqa: NPY002 autograd's checker draws from the global generator
    start = time.process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            said = tool(case)
            passed: bool | None = not said
        except NotApplicable as reason:
            passed, said = None, str(reason)
        except NoVerdict as reason:  # no pass for a right one, no catch of a wrong one
            passed, said = not case.right, str(reason)
        except Exception as trouble:  # noqa: BLE001 whatever a checker raises is its alarm
            passed, said = False, f"{type(trouble).__name__}: {trouble}"
    return Outcome(passed, said, time.process_time() - start)


def mistaken(case: Case, outcome: Outcome) -> bool:
    """Whether this is a miss or a false alarm."""
    return outcome.passed is not None and outcome.passed != case.right


def share(cases: Iterable[Case], outcomes: dict[int, Outcome], *, right: bool) -> str:
    """Mistakes of those that were judged."""
    judged = [
        (case, outcomes[id(case)]) for case in cases if case.right is right and outcomes[id(case)].passed is not None
    ]
    return f"{sum(mistaken(*pair) for pair in judged)} of {len(judged)}" if judged else "–"


def tables(cases: list[Case], found: dict[str, dict[int, Outcome]]) -> None:
    """The totals, and mistakes family by family."""
    wrong = sum(not case.right for case in cases)
    print(f"{len(cases)} cases: {wrong} wrong derivatives, {len(cases) - wrong} right ones\n")
    print(f"{'':16} {'wrong ones missed':>20} {'right ones alarmed':>20} {'not applicable':>16} {'seconds':>9}")
    for name, outcomes in found.items():
        lacking = sum(outcome.passed is None for outcome in outcomes.values())
        seconds = sum(outcome.seconds for outcome in outcomes.values())
        print(
            f"{name:16} {share(cases, outcomes, right=False):>20} {share(cases, outcomes, right=True):>20} "
            f"{lacking:16d} {seconds:9.1f}"
        )
    print("\nmissed, and falsely alarmed, by family")
    print(f"{'':24}" + "".join(f"{name:>24}" for name in found))
    for family in dict.fromkeys(case.family for case in cases):
        here = [case for case in cases if case.family == family]
        cells = [
            f"{share(here, outcomes, right=False)}, {share(here, outcomes, right=True)}" for outcomes in found.values()
        ]
        print(f"{family:24}" + "".join(f"{cell:>24}" for cell in cells))


def main() -> None:
    """Ask every tool about every case; exit with 1 if gradcheck is mistaken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", action="append", help="only this family (may be repeated)")
    parser.add_argument("--tool", action="append", choices=list(TOOLS), help="only this tool (may be repeated)")
    parser.add_argument("--list", action="store_true", help="print each outcome as well")
    options = parser.parse_args()
    cases = [case for case in every_case() if not options.family or case.family in options.family]
    found: dict[str, dict[int, Outcome]] = {}
    for name in options.tool or TOOLS:
        try:
            tool = TOOLS[name]()
        except ImportError as lacking:
            print(f"{name} is left out: {lacking}", file=sys.stderr)
            continue
        found[name] = {}
        for case in cases:
            found[name][id(case)] = outcome = ask(tool, case)
            if options.list:
                state = {None: "–", True: "passes", False: "alarm"}[outcome.passed]
                remark = "MISTAKEN" if mistaken(case, outcome) else ""
                said = " ".join(outcome.said.split())[:100]
                print(
                    f"{name:11} {remark:9} {'right' if case.right else 'wrong'} {state:7} {outcome.seconds:6.2f} s  "
                    f"{case.family}: {case.name}  {said}",
                    flush=True,
                )
    tables(cases, found)
    ours = found.get("gradcheck", {})
    slow = [case for case in cases if ours and ours[id(case)].seconds > SLOW]
    bad = [case for case in cases if ours and mistaken(case, ours[id(case)])]
    for title, listed in ((f"more than {SLOW:g} s in gradcheck", slow), ("gradcheck is mistaken", bad)):
        for case in listed:
            outcome = ours[id(case)]
            print(f"{title}: {case.family}: {case.name} ({outcome.seconds:.1f} s) {outcome.said[:100]}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
