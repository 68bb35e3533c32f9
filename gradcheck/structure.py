"""Claims about the form of a Jacobian: its shape, a diagonal, symmetry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.cases import Case
from gradcheck.claim import Claim
from gradcheck.compare import as_balls
from gradcheck.diagnose import shapes
from gradcheck.expressions import Derivative, EvaluationError, Projected, wrapped
from gradcheck.judge import judge
from gradcheck.judging.outcome import Comparable, Outcome
from gradcheck.program.program import Program
from gradcheck.verdict import Evidence, Stance

Array = np.ndarray[Any, np.dtype[Any]]


def check_structure(claim: Claim, case: Case, seed: int, generic: int) -> Outcome:
    """Judge a structure claim in one case.

    Raises:
        EvaluationError: the Jacobian is not square where the structure needs it, or the claimed shape is no tuple of numbers.
    """
    truth = case.truth()
    assert isinstance(truth, Derivative), "structure claims are about a Jacobian"
    if claim.structure == "shape":
        return _check_shape(claim, case, truth)
    output, wrt = truth.shapes
    if int(np.prod(output)) != int(np.prod(wrt)):
        return Outcome(
            "fails", True, diagnosis=f"the Jacobian is {shapes(output, wrt).replace(' for ', ' by ')}: not square"
        )
    if int(np.prod(wrt)) == 1:
        return Outcome("undecided", reason=f"a Jacobian of one entry is {claim.structure} whatever the function")
    outcome = judge(structure_sides(claim, case), seed, generic, 0)
    if outcome.status == "fails":
        return replace(outcome, diagnosis=_in_words(claim, outcome))
    return outcome


def structure_sides(claim: Claim, case: Case) -> Comparable:
    """The Jacobian beside what it would be if it had the structure."""
    truth = case.truth()
    assert isinstance(truth, Derivative), "structure claims are about a Jacobian"
    project = _diagonal if claim.structure == "diagonal" else _transposed
    return Comparable(case, Projected(f"the {claim.structure} part", truth, project), truth)


def _in_words(claim: Claim, outcome: Outcome) -> str:
    given = ", ".join(
        f"{name} = {said}" for name, said in (outcome.counterexample.given if outcome.counterexample else {}).items()
    )
    where = f" for {given}" if given else ""
    if claim.structure == "diagonal":
        return f"entries off the diagonal are not zero{where}"
    return f"the Jacobian is not symmetric{where}"


def _check_shape(claim: Claim, case: Case, truth: Derivative) -> Outcome:
    """The claimed shape against that of the Jacobian in numerator layout, outputs × inputs."""
    point = case.example()
    (reading,) = claim.readings
    try:
        said = reading.claimed(*(point[name] for name in claim.inputs), **case.generics)
    except Exception as error:
        raise wrapped("the claimed shape", error) from error
    if not isinstance(said, tuple) or any(not isinstance(n, int | np.integer) for n in said):
        raise EvaluationError(f"the claimed shape is {said!r}; a tuple of whole numbers is expected")
    meant = truth.shape(point)
    found = truth.autodiff(point)
    traced = isinstance(truth.program, Program)
    stance: Stance = "agrees" if tuple(said) == meant else "disagrees"
    shape = " × ".join(map(str, meant))
    evidence = (
        Evidence("finite differences", "not applicable", reason="a shape needs no steps"),
        Evidence("autodiff", "abstains", reason=found)
        if isinstance(found, str)
        else Evidence("autodiff", stance, " × ".join(map(str, found[0].shape))),
        Evidence("certified", stance, shape, reason="a fact of the traced program")
        if traced
        else Evidence("certified", "abstains", reason="the primal could not be traced"),
    )
    if tuple(said) == meant:
        return Outcome("holds", traced, None, evidence=evidence, points=1)
    return Outcome("fails", traced, evidence=evidence, points=1, diagnosis=shapes(tuple(int(n) for n in said), meant))


def _diagonal(jacobian: Array) -> Array:
    n = int(np.sqrt(jacobian.size))
    flat = as_balls(np.zeros((n, n)))
    places = np.arange(n)
    flat[places, places] = jacobian.reshape(n, n)[places, places]
    return flat.reshape(jacobian.shape)


def _transposed(jacobian: Array) -> Array:
    n = int(np.sqrt(jacobian.size))
    return jacobian.reshape(n, n).T.reshape(jacobian.shape)
