"""What an audit comes to: verdicts, and problems, which are what went wrong and not what was found wrong.

A *problem* is a failure of the audit's own: a path that does not exist, a module that does not import, a claim whose
check raised. It never hides among the verdicts, and it never stops the claims beside it from being checked.
"""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gradcheck.claim import STATUSES, Claim
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.documents.judging import Judged

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
_FOLDERS = re.compile(r"(?<![\w./\\])/(?:[^\s\\/'\"()<>:;,]+/)+|\b[A-Za-z]:\\(?:[^\s\\/'\"()<>:;,]+\\)+")
_NOT_THE_USERS = (
    Path(__file__).resolve().parent,
    *(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


@dataclass(frozen=True)
class Problem:
    """Something that the audit could not do: where, what happened, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """The three in one line."""
        return f"{self.where}: {self.what}; {self.remedy}"


@dataclass(frozen=True)
class Audit:
    """The verdicts on many claims, in the order in which the claims stand, and the problems met on the way.

    ``paths`` are the paths that were audited, as they are shown; ``seed`` makes every point reproducible. A claim whose
    check raised is among ``claims`` and ``problems`` and has no verdict. ``documents`` tell of each document read how many
    formulas of which role it has, and what was not judged; the verdicts on its claims stand after those on claims in code.
    ``accepted`` are the keys of claims whose unexpected verdict is accepted all the same, with the reason.
    """

    claims: tuple[Claim, ...]
    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...] = ()
    seed: int = 0
    paths: tuple[str, ...] = ()
    documents: tuple[Judged, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many claims had each outcome, every outcome named even where it is 0, and the number of problems."""
        counts = dict.fromkeys(STATUSES, 0)
        for verdict in self.verdicts:
            counts[verdict.status] += 1
        return {**counts, "problems": len(self.problems)}

    @property
    def unexpected(self) -> tuple[Verdict, ...]:
        """The verdicts that are not the ones on record (not *holds*, where none is).

        A claim found in a document that nobody annotated promises nothing: it is unexpected only when it *fails*.
        """
        return tuple(
            verdict
            for verdict in self.verdicts
            if not verdict.as_recorded
            and (verdict.status == "fails" or verdict.claim.recorded or verdict.claim.key not in self._found)
        )

    @property
    def mistranscribed(self) -> tuple[Verdict, ...]:
        """The verdicts on claims whose function is not what the source prints: they tell nothing about the source."""
        return tuple(verdict for verdict in self.verdicts if verdict.printed and verdict.printed.outcome == "differs")

    @property
    def transcriptions(self) -> dict[str, int]:
        """How many transcriptions were compared with what is printed, by outcome, every outcome named even where it is 0."""
        counts = dict.fromkeys(("agrees", "differs", "not compared", "unreadable"), 0)
        for verdict in self.verdicts:
            if verdict.printed is not None:
                counts[verdict.printed.outcome] += 1
        return counts

    @property
    def failing(self) -> tuple[Verdict, ...]:
        """The unexpected verdicts that nobody accepted."""
        return tuple(verdict for verdict in self.unexpected if verdict.claim.key not in self.accepted)

    @property
    def exit_code(self) -> int:
        """0 when all verdicts are as expected or accepted, 1 when one is not, 2 for a problem or when nothing was looked at.

        A transcription that differs from what is printed makes it 1 as well.
        """
        if self.problems or not (self.verdicts or self.documents):
            return 2
        return 1 if self.failing or self.mistranscribed else 0

    def corrections(self, claim: Claim) -> tuple[Claim, ...]:
        """The claims that name this one as what they correct, in order."""
        return self._corrections.get(claim.key, ())

    def verdict_on(self, claim: Claim) -> Verdict | None:
        """The verdict on a claim, by its key; None when its check raised."""
        return self._verdicts.get(claim.key)

    def _repr_html_(self) -> str:
        """The counts and the claims in a notebook, findings first, formulas typeset."""
        from gradcheck.report.notebook import audit_output  # a report is above an audit

        return audit_output(self)

    @cached_property
    def _corrections(self) -> dict[str, tuple[Claim, ...]]:
        """The corrections by the key of what they correct."""
        found: dict[str, tuple[Claim, ...]] = {}
        for claim in self.claims:
            if claim.corrects:
                key = corrected_key(claim)
                found[key] = (*found.get(key, ()), claim)
        return found

    @cached_property
    def _found(self) -> frozenset[str]:
        """The keys of the claims that were found in documents."""
        return frozenset(verdict.claim.key for document in self.documents for verdict in document.verdicts)

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        """The verdicts by the key of their claim."""
        return {verdict.claim.key: verdict for verdict in self.verdicts}


class Store(Protocol):
    """What an audit remembers of earlier ones: a verdict is asked for before a claim is judged, and kept as soon as it is.

    ``content`` is a digest of all that a formula of a document is judged by besides what computes it: the document as it was
    read, with what it includes and what is said about it. The claim is then what is known of it before, its name, source
    and record. It is empty for a claim in code, whose content is its functions; where its file was imported by a worker
    instead of this process, these are known by name alone (`gradcheck.stored.StoredFunction`), and ``made_in`` tells the
    file. Seed, options and the version of gradcheck do not change within an audit: the store was made for them.

    `known` returns a verdict only for what would be judged the same; both are called from one thread, and neither raises.
    """

    def known(self, claim: Claim, content: str = "") -> Verdict | None:
        """The verdict that was kept for a claim, or None."""

    def keep(self, claim: Claim, verdict: Verdict, content: str = "") -> None:
        """Keep a verdict, before the next claim is waited for."""


def shown(path: str | Path) -> str:
    """How a path is written in outputs: relative to the working folder where it lies inside it, else its name alone."""
    resolved = Path(path).resolve()
    try:
        return resolved.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return resolved.name


def check_problem(claim: Claim, error: BaseException) -> Problem:
    """A claim whose check raised, with the line of the user's file where it did."""
    place = place_of_error(error)
    told = told_error(error)
    known = place.rpartition("/")[2] in told
    raised = f"its check raised {told}" + (f" at {place}" if place and not known else "")
    remedy = (
        "call the function with a point of its inputs to see why"
        if place
        else "this was raised inside gradcheck: please report it, with the claim"
    )
    return Problem(claim.key, raised, remedy)


def corrected_key(claim: Claim) -> str:
    """The key of the claim that this one corrects; a bare name means the same document."""
    corrects = claim.corrects or ""
    return corrects if "::" in corrects else f"{claim.source.document}::{corrects}"


def told_error(error: BaseException) -> str:
    """The type and message of an exception in one line, without what differs from run to run or machine to machine."""
    if isinstance(error, SyntaxError):
        message = error.msg or ""
    elif isinstance(error, SystemExit):
        message = "" if error.code is None else str(error.code)
    else:
        message = str(error)
    message = without_folders(_ADDRESS.sub("", " ".join(message.split())))
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def place_of_error(error: BaseException | None) -> str:
    """``file:line`` of the innermost frame in the user's own code, or nothing when there is none."""
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename and _is_users(error.filename):
            return f"{shown(error.filename)}:{error.lineno}"
        for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
            if _is_users(frame.f_code.co_filename):
                return f"{shown(frame.f_code.co_filename)}:{line}"
        error = error.__cause__ or error.__context__
    return ""


def _is_users(filename: str) -> bool:
    """Whether a file exists and is neither gradcheck's nor a library's."""
    file = Path(filename).resolve()
    return file.is_file() and not any(file.is_relative_to(folder) for folder in _NOT_THE_USERS)


def without_folders(text: str) -> str:
    """The text with each path in it cut to its last part, so that it is the same on every machine."""
    return _FOLDERS.sub("", text)
