"""A derivation, and the report on it, as plain data.

A derivation is a claim of kind ``"derivation"`` with what people want to see beside it: what it is about, the rules that its
author states, the formulas as they were read. In the report each line has two verdicts: the *step*, that is whether the line
equals the line before it, and the line *itself*, that is whether it equals the derivative. So a line that continues a wrong
line rightly is told from one that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gradcheck.cases import Case, cases
from gradcheck.claim import Assumption, Claim, Kind
from gradcheck.latex.tree import Expr
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

State = Literal["start", "holds", "conditional", "undecided", "wrong", "follows", "right again"]

TOLD: Mapping[str, str] = {
    "start": "where it starts",
    "holds": "holds",
    "conditional": "holds only under a condition",
    "undecided": "undecided",
    "wrong": "wrong",
    "follows": "follows, but from a wrong line",
    "right again": "right in itself, but does not follow from the line before",
}
NOT_KNOWN = "algebra or definitions"

Evaluate = Callable[[Expr], Callable[..., Any]]
MakeCases = Callable[[Claim, Any], list[Case]]


def _none(_: int) -> Evaluate | None:
    """No line can be changed and evaluated again."""
    return None


class DerivationError(ValueError):
    """What was given is no derivation that can be judged; the message says what is missing, and what to do."""


@dataclass(frozen=True)
class Rule:
    """What a step needs: a rule, a definition or an assumption; and how that is known."""

    text: str
    how: str


@dataclass(frozen=True)
class Continuation:
    """How a derivation should have gone on: a formula, where it comes from, and the oracles' verdict on it.

    ``formula`` is None where only the numbers are known. ``change`` is what it changes in the wrong line, where that is how
    it was found.
    """

    formula: str | None
    origin: str
    verdict: Verdict | None = None
    change: str = ""


@dataclass(frozen=True)
class Correction:
    """A claim on the sheet that says what a formula should have been, and the formula that it corrects."""

    formula: str
    claim: Claim


@dataclass(frozen=True)
class Read:
    """What reading LaTeX has left for later: the formulas as trees, and functions for other trees under the same reading.

    ``lines`` has one tree a line, None for one that was not read; ``starts`` is the derivative with what is differentiated
    written out; ``definitions`` maps names, as typeset, to what they stand for. ``function`` gives, for a line by number
    from 0, the reading under which other formulas can be evaluated in its place: a map from a tree to a function of the
    inputs, which raises UnresolvedError for what has no value there. It is None for a line that has no such reading.
    """

    lines: tuple[Expr | None, ...] = ()
    starts: Expr | None = None
    definitions: Mapping[str, Expr] = field(default_factory=dict)
    function: Callable[[int], Evaluate | None] = _none
    unread: Mapping[int, str] = field(default_factory=dict)
    """Why a line, by number from 0, has no value under the reading."""
    repeated: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    """By line from 0 the axes of its value along which it is repeated, with the index that other lines have there."""


@dataclass(frozen=True)
class Derivation:
    """Lines that are said to be equal, one after the other, and are about one derivative.

    ``claim`` has the lines as its steps, the function, the inputs, the assumptions. ``form`` is the form in which the lines
    give the derivative (None: there is no derivative, only equal expressions; ``"derivation"``: it follows from the shapes).
    ``about`` says what is differentiated. ``rules`` are those that the author states, by line number from 0, ``reasons`` what
    is said for each, where something is. ``corrections`` are claims that say what it should have been. ``made`` makes the
    cases, ``budget`` is how many points of either kind there are.
    """

    title: str
    claim: Claim
    form: Kind | None = "derivation"
    about: tuple[str, ...] = ()
    rules: Mapping[int, str] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)
    read: Read = Read()
    corrections: tuple[Correction, ...] = ()
    made: MakeCases = cases
    budget: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def stated(self) -> tuple[Assumption, ...]:
        """The assumptions that the source states."""
        return tuple(one for one in self.claim.assumptions if one.stated)


@dataclass(frozen=True)
class LineReport:
    """One line: its formula, its state, the verdict on the step and on the line itself, its rules, its value at the sample.

    ``number`` counts from 1. ``step`` is None for the line where the derivation starts, ``itself`` where nothing says of
    what it is the derivative. ``under`` are the unstated assumptions that this line, or one before it, needs. ``value`` and
    ``before`` are nested lists of numbers, of few digits; None where there is none.
    """

    number: int
    formula: str
    state: State
    step: Verdict | None = None
    itself: Verdict | None = None
    rules: tuple[Rule, ...] = ()
    under: tuple[str, ...] = ()
    value: Any = None
    before: Any = None
    diagnosis: str = ""

    @property
    def told(self) -> str:
        """The state in words."""
        return TOLD[self.state]

    @property
    def certified(self) -> bool:
        """Whether ball arithmetic proved what is said of the step."""
        return self.step is not None and self.step.certified

    @property
    def digits(self) -> int | None:
        """The decimal digits to which the members of the step agree; None where they do not, or none were counted."""
        if self.step is None or self.step.status not in ("holds", "conditional"):
            return None
        return self.step.digits


@dataclass(frozen=True, repr=False)
class DerivationReport:
    """What was found out about a derivation.

    ``verdict`` is that on the whole, as the audit would give it; ``sample`` maps the inputs to the numbers at which all lines
    are evaluated, ``given`` the functions of a schematic claim to those that stand in for them there. ``continuation`` says
    how the line that is wrong first should read.
    """

    derivation: Derivation
    lines: tuple[LineReport, ...]
    verdict: Verdict
    sample: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    continuation: Continuation | None = None

    @property
    def first_wrong(self) -> LineReport | None:
        """The first line that is wrong; None where there is none."""
        return next((line for line in self.lines if line.state == "wrong"), None)

    @property
    def status(self) -> str:
        """The status of the verdict on the whole."""
        return self.verdict.status

    def line(self, number: int) -> LineReport:
        """The line of this number, from 1."""
        return self.lines[number - 1]

    def sentence(self) -> str:
        """The report in one sentence."""
        from gradcheck.derivations.words import sentence

        return sentence(self)

    def table(self) -> pd.DataFrame:
        """One row a line: line, formula, state, step, itself, certified, digits, rule, value."""
        import pandas as pd

        rows = [
            (
                line.number,
                line.formula,
                line.state,
                line.step.status if line.step is not None else "",
                line.itself.status if line.itself is not None else "",
                line.certified,
                line.digits,
                "; ".join(rule.text for rule in line.rules),
                line.value,
            )
            for line in self.lines
        ]
        names = ["line", "formula", "state", "step", "itself", "certified", "digits", "rule", "value"]
        return pd.DataFrame(rows, columns=names).astype({"digits": "Int64"})

    def __repr__(self) -> str:
        """The report in one sentence."""
        return f"<DerivationReport {self.derivation.title}: {self.sentence()}>"

    def __str__(self) -> str:
        """The report on one screen."""
        from gradcheck.derivations.text import text

        return text(self)

    def _repr_html_(self) -> str:
        """The same in a notebook, its formulas typeset."""
        from gradcheck.derivations.html import fragment

        return fragment(self)

    def markdown(self) -> str:
        """The report as Markdown that GitHub renders."""
        from gradcheck.derivations.markdown import markdown

        return markdown([self])

    def html(self) -> str:
        """The report as one self-contained HTML page."""
        from gradcheck.derivations.html import page

        return page([self])

    def latex(self) -> str:
        """The report as a LaTeX document that compiles on its own."""
        from gradcheck.derivations.tex import document

        return document([self])
