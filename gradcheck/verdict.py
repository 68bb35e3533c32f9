"""The second noun: a verdict, that is what was found out about a claim, as plain data.

Numbers that come out of ball arithmetic are kept as decimal text (``"0.36787944117144232 ± 1e-38"`` and the like), so
that a verdict needs no particular library to be stored, compared or printed.
"""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gradcheck.claim import Claim, Status
from gradcheck.message import message

if TYPE_CHECKING:
    import pandas as pd

    from gradcheck.picture import Picture, Quality

Stance = Literal["agrees", "disagrees", "abstains", "not applicable"]
ORACLES = ("finite differences", "autodiff", "certified")


@dataclass(frozen=True)
class Entry:
    """One entry of the claimed object at one point: its index, what is claimed, what is true.

    ``true`` and ``claimed`` are decimal text; ``error`` is |claimed − true| as a float. ``wrong`` tells whether the
    enclosures are disjoint (or, without the certified oracle, whether the difference exceeds the allowance).
    """

    index: tuple[int, ...]
    claimed: str
    true: str
    error: float
    wrong: bool


@dataclass(frozen=True)
class Evidence:
    """What one oracle found: its stance on the claim, its number where it matters most, its error bar, its reason.

    ``oracle`` is one of ``"finite differences"``, ``"autodiff"``, ``"certified"``. ``value`` and ``error`` are those at
    the entry that the verdict is about (the counterexample, or the worst entry of the sample point).
    """

    oracle: str
    stance: Stance
    value: str = ""
    error: str = ""
    reason: str = ""


@functools.cache
def not_asked(oracle: str) -> Evidence:
    """The evidence of an oracle that was left out."""
    return Evidence(oracle, "not applicable", reason="not asked")


@dataclass(frozen=True)
class Counterexample:
    """A point where the claim is wrong, in numbers as short as could be found.

    ``inputs`` maps argument names to nested lists of numbers; ``given`` names the generic functions of a schematic
    claim; ``entries`` lists the entries of the claimed object there, the worst first.
    """

    inputs: Mapping[str, Any]
    entries: tuple[Entry, ...]
    given: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def later(
        cls, inputs: Mapping[str, Any], entries: Callable[[], tuple[Entry, ...]], given: Mapping[str, str]
    ) -> Counterexample:
        """One whose entries are made when somebody asks for them: of most claims that hold, nobody does."""
        made = cls(inputs, (), given)
        del made.__dict__["entries"]
        made.__dict__["_later"] = entries
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The entries, where they are still to be made."""
            later = self.__dict__.get("_later") if name == "entries" else None
            if later is not None:
                self.__dict__["entries"] = later()
                self.__dict__.pop("_later", None)
            if name not in self.__dict__:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return self.__dict__[name]

    def __getstate__(self) -> dict[str, Any]:
        """Its fields, for another process."""
        return {"inputs": self.inputs, "entries": self.entries, "given": self.given}

    @property
    def worst(self) -> Entry:
        """The entry that is off by most."""
        return self.entries[0]


@dataclass(frozen=True)
class Branch:
    """A comparison in a program and how often each side was taken at the points visited."""

    where: str
    true: int
    false: int
    tied: int


@dataclass(frozen=True)
class StepResult:
    """One step of a derivation: the formula, whether it equals the member before it, and under which assumption."""

    formula: str
    status: Status
    assumption: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ReadingResult:
    """The verdict on one admissible reading."""

    name: str
    status: Status
    certified: bool
    diagnosis: str = ""


@dataclass(frozen=True)
class Printed:
    """Whether the function beside a printed formula computes what is printed, and how it differs or why that is open."""

    outcome: Literal["agrees", "differs", "not compared", "unreadable"]
    detail: str = ""

    def __str__(self) -> str:
        """The outcome, and after a colon what there is to say about it."""
        return f"{self.outcome}: {self.detail}" if self.detail else self.outcome


@dataclass(frozen=True, repr=False)
class Verdict:
    """What was found out about a claim. Only ``holds`` is a pass.

    ``digits`` is the number of decimal digits to which claim and truth were shown to agree at the worst entry of all
    points (None where nothing agreed or nothing was compared); 99 stands for 99 or more, as where both are the same
    exact number. For a bound it tells how far at most the proven range exceeds the bounds. ``certified`` is an adverb:
    ball arithmetic proved the verdict at the points visited. ``assumption`` is the unstated one that a conditional
    verdict needs. ``sample`` is the point at which the entries of a verdict that holds are shown. ``seed`` makes the
    points reproducible.

    ``wrong`` of ``entries`` entries are wrong at the counterexample. ``detection_limit`` tells for each checked leaf the
    smallest relative error in an entry that would have been seen. Of ``mutants`` deliberate changes of the claim the
    ``survivors`` were not noticed. The verdict on a function of several checked leaves has one verdict a leaf in ``leaves``
    and is otherwise that of the worst. ``read`` is the printed formula as it was read, in LaTeX, one statement an item.
    ``pictures`` and ``quality`` are there once a report has asked for them.
    """

    claim: Claim
    status: Status
    certified: bool = False
    digits: int | None = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    counterexample: Counterexample | None = None
    diagnosis: str = ""
    assumption: str = ""
    readings: tuple[ReadingResult, ...] = ()
    steps: tuple[StepResult, ...] = ()
    branches: tuple[Branch, ...] = ()
    sample: Counterexample | None = None
    points: int = 0
    kinks: int = 0
    notes: tuple[str, ...] = ()
    seed: int = 0
    wrong: int = 0
    entries: int = 0
    detection_limit: Mapping[str, float] = field(default_factory=dict)
    mutants: int = 0
    survivors: tuple[str, ...] = ()
    leaves: tuple[Verdict, ...] = ()
    reproduction: str = ""
    printed: Printed | None = None
    read: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    quality: Quality | None = None

    @property
    def as_recorded(self) -> bool:
        """Whether the verdict is the one on record, or *holds* where none is."""
        expected = self.claim.recorded.verdict if self.claim.recorded else "holds"
        return self.status == expected

    def oracle(self, name: str) -> Evidence:
        """The evidence of one oracle; *not applicable* where it was not asked."""
        for evidence in self.evidence:
            if evidence.oracle == name:
                return evidence
        return Evidence(name, "not applicable")

    @property
    def oracles(self) -> dict[str, Evidence]:
        """The evidence by the name of the oracle."""
        return {evidence.oracle: evidence for evidence in self.evidence}

    def table(self) -> pd.DataFrame:
        """The entries that were kept, worst first, as a data frame: leaf, index, claimed, true, error, wrong."""
        import pandas as pd

        shown = [(leaf, leaf.counterexample or leaf.sample) for leaf in self.leaves or (self,)]
        rows = [
            (leaf.claim.wrt, entry.index, entry.claimed, entry.true, entry.error, entry.wrong)
            for leaf, point in shown
            if point is not None
            for entry in point.entries
        ]
        frame = pd.DataFrame(rows, columns=["leaf", "index", "claimed", "true", "error", "wrong"])
        return frame.sort_values(["wrong", "error"], ascending=False, kind="stable", ignore_index=True)

    def reproduce(self) -> str:
        """Lines to paste that show the verdict again: the call for a function, the command for a claim of a sheet."""
        return self.reproduction or shlex.join(["gradcheck", "show", self.claim.key])

    def __repr__(self) -> str:
        """The verdict in one sentence."""
        return f"<Verdict {self.claim.key}: {self.sentence()}>"

    def __str__(self) -> str:
        """The whole finding on one screen."""
        return message(self)

    def _repr_html_(self) -> str:
        """The verdict in a notebook, with its formula typeset."""
        from gradcheck.report.notebook import verdict_output  # a report is above a verdict, and heavy

        return verdict_output(self)

    def sentence(self) -> str:
        """The verdict in one sentence."""
        adverb = ", certified" if self.certified else ""
        digits = f", to {self.digits} digits" if self.digits is not None and self.status == "holds" else ""
        condition = f" only if {self.assumption}" if self.assumption else ""
        why = self.reason or self._shown()
        verb = "holds" if self.status == "conditional" else self.status
        return f"{verb}{condition}{adverb}{digits}{': ' + why if why else ''}"

    def _shown(self) -> str:
        """What the counterexample shows, in a clause."""
        if self.counterexample is None or self.status not in ("fails", "conditional"):
            return "" if self.status == "holds" else self.diagnosis
        worst = self.counterexample.worst
        place = f" at entry [{', '.join(map(str, worst.index))}]" if worst.index else ""
        true = worst.true.partition(" ±")[0]
        prefix = "without it, " if self.status == "conditional" else ""
        return f"{prefix}{_brief(worst.claimed)} is claimed{place}, and {_brief(true)} is true"


def _brief(number: str) -> str:
    """A decimal cut to ten characters' worth of digits, for a sentence; the full text stands in the entries."""
    number = number.partition(" ±")[0].strip()
    try:
        return f"{float(number):.8g}"
    except ValueError:
        return number or "0"
