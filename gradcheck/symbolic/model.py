"""What is written: a derivative as a formula, a derivation as lines, each with a function that evaluates the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.claim import Assumption, Claim, Source, Step
from gradcheck.domains import Space
from gradcheck.latex.tree import Expr


class NotSymbolic(ValueError):  # noqa: N818 - an answer, not a fault: the caller shows why
    """Something that cannot be written in symbols; the message names it and says why."""


@dataclass(frozen=True)
class Written:
    """A derivative as a person would write it.

    ``latex`` is the right side, and ``left`` the notation for what it is the derivative of. ``claimed`` evaluates the same
    expression; it is called like the ``claimed`` of the claim that was asked about. ``tree`` is the expression. ``notes``
    are sentences: what a letter stands for, which convention is used at a kink.
    """

    latex: str
    claimed: Callable[..., Any] = field(compare=False, repr=False)
    tree: Expr | None = field(default=None, compare=False, repr=False)
    left: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WrittenStep:
    r"""One line of a derivation: ``latex`` is the right side, equal to the right side of the line before.

    ``rule`` names what was used ("chain rule"), ``why`` is a sentence with LaTeX between ``\\(`` and ``\\)``. ``value``
    computes the line from arrays of the inputs, in the order of `Derived.inputs`; ``tree`` is the line as an expression.
    """

    latex: str
    rule: str
    why: str
    value: Callable[..., Any] = field(compare=False, repr=False)
    tree: Expr | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Corner:
    """A point at which the definition changes its formula: the derivative on its left and right, and what follows.

    ``at`` is where, ``left`` and ``right`` are LaTeX; an empty one is not known. ``differentiable`` is None where
    it depends on a parameter, or is not known. ``why`` is a sentence.
    """

    at: str
    left: str
    right: str
    differentiable: bool | None
    why: str


@dataclass(frozen=True)
class Derived:
    """A derivation from a definition to the derivative.

    ``function`` is the left side of the definition and ``definition`` the right one, ``left`` the notation for the
    derivative, all in LaTeX. The first of ``steps`` is not yet worked out. ``primal`` evaluates the definition;
    ``inputs`` are its names (in LaTeX) and where they are drawn from; ``wrt`` is one of them.
    """

    function: str
    definition: str
    left: str
    wrt: str
    inputs: Mapping[str, Space]
    primal: Callable[..., Any] = field(compare=False, repr=False)
    steps: tuple[WrittenStep, ...]
    corners: tuple[Corner, ...] = ()
    assumptions: tuple[Assumption, ...] = ()

    @property
    def result(self) -> WrittenStep:
        """The last line."""
        return self.steps[-1]

    @property
    def latex(self) -> str:
        """All lines as one display."""
        lines = [rf"{self.left} &= {self.steps[0].latex}", *(f"&= {step.latex}" for step in self.steps[1:])]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def claim(self, document: str = "derivation", line: int = 1, name: str = "") -> Claim:
        """The derivation as a claim: every line equals the one before, and the first the derivative of the primal."""
        first = Step(self.left, None)
        return Claim(
            name=name or f"{self.left} by rules",
            kind="derivation",
            source=Source(document, line, f"{self.function} = {self.definition}", "reconstructed"),
            primal=self.primal,
            inputs=dict(self.inputs),
            wrt=self.wrt,
            assumptions=self.assumptions,
            steps=(first, *(Step(step.latex, step.value) for step in self.steps)),
        )
