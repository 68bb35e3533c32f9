"""What the tests of every family share: its claims, each judged once in a session, and what is expected of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import Claim
from gradcheck.library.formulas import Formula, Library
from gradcheck.transcription.comparing import compare
from gradcheck.verdict import Printed, Verdict

ENOUGH = 30  # digits to which a certified claim agrees with the truth
NO_PATTERN = "wrong by no simple pattern"
_VERDICTS: dict[str, Verdict] = {}
_PRINTED: dict[str, Printed | None] = {}


def claims_of(library: Library) -> list[Claim]:
    """Every claim of a family, in the order of its formulas."""
    return [claim for formula in library.formulas for claim in formula.claims]


def verdict_of(claim: Claim) -> Verdict:
    """The verdict on a claim of a library, judged at its first use."""
    if claim.key not in _VERDICTS:
        _VERDICTS[claim.key] = check(claim)
    return _VERDICTS[claim.key]


def printed_of(claim: Claim) -> Printed | None:
    """How a claim's LaTeX compares with its code; None where the claim prints none, as that of a stable form."""
    if claim.key not in _PRINTED:
        _PRINTED[claim.key] = compare(claim)
    return _PRINTED[claim.key]


def assert_holds_as_recorded(claim: Claim, exceptions: Mapping[str, str], not_compared: Mapping[str, str]) -> None:
    """A claim holds, certified, and its LaTeX is its code.

    ``exceptions`` gives the reason of each claim, by name, that is held by the other oracles alone, ``not_compared`` of
    each whose LaTeX the reader cannot compare. A claim that is listed and need not be is refused as well.
    """
    verdict = verdict_of(claim)
    assert verdict.status == "holds", str(verdict)
    certified = verdict.certified and (verdict.digits or 0) >= ENOUGH
    assert certified == (claim.name not in exceptions), f"{claim.key}: {verdict.sentence()}"
    printed = printed_of(claim)
    if printed is None:
        assert claim.name not in not_compared, f"{claim.key} prints no formula"
        return
    expected = "not compared" if claim.name in not_compared else "agrees"
    assert printed.outcome == expected, f"{claim.key}: {printed}"


def assert_kinks_are_told(formula: Formula) -> None:
    """A formula speaks of kinks where, and only where, one of its claims about a derivative was judged on one.

    At a jump there are no slopes that a claim could lie between: what is said to jump must have been asked there, no more. Nor
    are there any where it is said to have no derivative, as a norm has none at 0.
    """
    verdicts = [verdict_of(claim) for claim in formula.claims if claim.kind != "equality"]
    visited = sum(verdict.kinks for verdict in verdicts)
    tied = any(branch.tied for verdict in verdicts for branch in verdict.branches if "in the primal" in branch.where)
    told = f"{formula.key}: {visited} points lie on a kink; kinks={formula.kinks!r}"
    if "jumps" in formula.kinks:
        assert tied, told
    else:
        assert bool(visited) == bool(formula.kinks and "no derivative" not in formula.kinks), told


def assert_stable_form_survives(formula: Formula, *sizes: float) -> None:
    """The stable form overflows nowhere, and is finite, where the input that it is ``along`` has entries of these sizes."""
    stable = formula.stable
    assert stable is not None
    rng = np.random.default_rng(2)
    along = stable.along or next(iter(formula.printed)) or next(iter(formula.inputs))
    for size in sizes:
        inputs = {name: space.sample(rng) for name, space in formula.inputs.items()}
        inputs[along] = np.where(np.arange(inputs[along].size).reshape(inputs[along].shape) % 2 == 0, size, 0.9 * size)
        if not formula.inputs[along].contains(inputs[along]):
            continue
        cotangents = [space.sample(rng) for space in formula.cotangents.values()]
        with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
            found = [stable.forward(*inputs.values())] if stable.forward else []
            found += _tuple(stable.derivative(*cotangents, *inputs.values())) if stable.derivative else ()
        assert all(np.all(np.isfinite(value)) for value in found), f"{formula.key} at {along} = {size}: {found}"


def points_of(formula: Formula, count: int = 4) -> list[list[Any]]:
    """Seeded points of a formula: its cotangents, if any, then its inputs."""
    rng = np.random.default_rng(1)
    spaces = [*formula.cotangents.values(), *formula.inputs.values()]
    return [[space.sample(rng) for space in spaces] for _ in range(count)]


def assert_same_as_jax(formula: Formula, function: Callable[..., Any], *points: Sequence[Any]) -> None:
    """The forward and the derivative of a formula are those of a function of JAX, at its `points_of` and at those given.

    ``function`` takes the inputs of the formula. A point is what `points_of` returns one of.
    """
    import jax

    count = len(formula.cotangents)
    names = list(formula.inputs)
    wrt = tuple(names.index(name) for name in formula.printed)

    def paired(cotangents: Sequence[Any], *inputs: Any) -> Any:
        results = function(*inputs)
        results = results if isinstance(results, tuple) else (results,)
        return sum((dy * y).sum() for dy, y in zip(cotangents or [1.0], results, strict=True))

    derivative = {"jacobian": jax.jacobian, "hessian": jax.hessian}.get(formula.form)
    with jax.enable_x64(True):
        for point in [*points_of(formula), *points]:
            arrays = [jax.numpy.asarray(value) for value in point]
            cotangents, inputs = arrays[:count], arrays[count:]
            for mine, theirs in zip(_tuple(formula.forward(*point[count:])), _tuple(function(*inputs)), strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-13)
            if derivative is None:
                slopes = jax.grad(lambda *values, first=cotangents: paired(first, *values), wrt)(*inputs)
            else:
                slopes = derivative(function, wrt)(*inputs)
            for mine, slope in zip(_tuple(formula.derivative(*point)), slopes, strict=True):
                np.testing.assert_allclose(mine, slope, rtol=1e-11, atol=1e-12)


def assert_same_as_torch(formula: Formula, function: Callable[..., Any], *points: Sequence[Any]) -> None:
    """As `assert_same_as_jax`, with a function of torch's tensors; what it takes as a constant is not differentiated by."""
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    count = len(formula.cotangents)
    wrt = [list(formula.inputs).index(name) for name in formula.printed]
    for point in [*points_of(formula), *points]:
        cotangents, inputs = (
            [torch.tensor(np.asarray(value)) for value in values] for values in (point[:count], point[count:])
        )
        for place in wrt:
            inputs[place].requires_grad_()
        results = _tuple(function(*inputs))
        for mine, theirs in zip(_tuple(formula.forward(*point[count:])), results, strict=True):
            np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-12, atol=1e-13)
        total = sum((dy * y).sum() for dy, y in zip(cotangents or [1.0], results, strict=True))
        slopes = torch.autograd.grad(total, [inputs[place] for place in wrt], allow_unused=True)
        for mine, slope in zip(_tuple(formula.derivative(*point)), slopes, strict=True):
            if slope is not None:
                np.testing.assert_allclose(mine, slope.numpy(), rtol=1e-11, atol=1e-12)


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def faults_in(formula: Formula, wrong: Callable[..., Any]) -> dict[str, str]:
    """What is said about the claims of a formula that fail once its derivative is ``wrong``, by input.

    It is the diagnosis, or the counterexample where the fault has no pattern.
    """
    planted = Library(formula.family, "planted.py", "Planted").formula(
        formula.name,
        formula.title,
        formula=formula.formula,
        forward=formula.forward,
        inputs=formula.inputs,
        cotangents=formula.cotangents,
        printed=formula.printed,
        source=formula.source,
        **{formula.form: wrong},
    )
    verdicts = [check(claim) for claim in planted.claims]
    return {
        verdict.claim.wrt or "": verdict.sentence() if verdict.diagnosis == NO_PATTERN else verdict.diagnosis
        for verdict in verdicts
        if verdict.status == "fails"
    }
