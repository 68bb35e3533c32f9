"""A derivation written from the function alone, and checked line by line before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.derivations.judging import judge
from gradcheck.derivations.model import Derivation, DerivationError, DerivationReport
from gradcheck.latex.errors import UnreadableError


def write(latex: str, wrt: str, definitions: Sequence[str] = (), *, name: str = "", seed: int = 0) -> DerivationReport:
    """The derivation of the derivative of what `latex` defines, by `wrt`, each line confirmed by the oracles.

    Raises:
        DerivationError: the definition cannot be read or differentiated by rules, or a line was not confirmed.
    """
    from gradcheck import symbolic

    try:
        derived = symbolic.written(latex, wrt, " ; ".join(definitions))
    except (UnreadableError, symbolic.NotSymbolic) as error:
        raise DerivationError(f"no derivation can be written: {error}") from error
    claim = derived.claim(document="", line=0, name=name)
    defined = rf"\({derived.function} = {derived.definition}\)"
    made = Derivation(
        name or rf"\({derived.left}\)",
        claim,
        about=(defined, *(rf"\({one}\)" for one in definitions)),
        rules={number: step.rule for number, step in enumerate(derived.steps, 1)},
        reasons={number: step.why for number, step in enumerate(derived.steps, 1)},
        notes=tuple(corner.why for corner in derived.corners),
    )
    report = judge(made, seed=seed)
    if report.status not in ("holds", "conditional"):
        line = next(line for line in report.lines if line.state not in ("start", "holds", "conditional"))
        raise DerivationError(
            f"no derivation is shown: line {line.number} of what was written, {line.formula}, was not confirmed by the oracles "
            f"({line.diagnosis or line.told})"
        )
    return replace(report, verdict=replace(report.verdict, notes=made.notes))
