"""One formula in, one verdict out: reads it, settles what its names mean, judges every admissible reading."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.formulas.around import NEAREST, Neighbour, explicit, widened
from gradcheck.formulas.design import with_design_matrix
from gradcheck.formulas.effort import WIDER, Effort
from gradcheck.formulas.judging import Judge, unread
from gradcheck.formulas.layers import with_layers
from gradcheck.formulas.notation import Notation, derivative_of, notation_of
from gradcheck.formulas.question import Question
from gradcheck.formulas.single import single
from gradcheck.latex.bare import values_of_functions
from gradcheck.latex.conventions import conventional
from gradcheck.latex.definitions import Text, functions_in, read_text, words_in
from gradcheck.latex.ellipses import written_out
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.macros import expand, read_macros
from gradcheck.latex.names import parts
from gradcheck.latex.reader import read
from gradcheck.latex.sums import completed
from gradcheck.latex.tokens import MAX_LENGTH
from gradcheck.latex.tree import Statement
from gradcheck.verdict import Verdict

__all__ = ["Notation", "check_latex"]

_LEFTLESS = re.compile(r"\s*(?:&\s*)?=")
_WIDENINGS = 6
_SUPPOSING = 3
"""How often a formula is judged again with more of what stands around it, and for how many of these something is supposed."""

MOST_PARTS = 8_000  # names, numbers, operations and groups: pages of formulas have fewer
MOST_MEMBERS = 60


def check_latex(
    claim: str,
    definitions: str | Sequence[str] = "",
    notation: Notation | Mapping[str, Any] | None = None,
    *,
    around: Sequence[tuple[str, str]] = (),
    seed: int = 0,
) -> Verdict:
    r"""Judge a derivative formula as it is printed.

    ``claim`` is LaTeX; ``definitions`` are the formulas that it rests on, as a person would write them, with words between;
    ``notation`` declares what they leave open: ``{"ranks": {"x": 1, "A": 2}, "symmetric": ["A"], "macros": r"\\newcommand…"}``;
    its other fields are ``shapes`` (``{"W": ("m", "n")}``), ``ranges`` (``{"x": (0, 1)}``), ``diagonal``, ``sums_to_one``,
    ``layout`` and ``derivative`` (what the formula is the derivative of, and by what: ``("f", "x")``).
    ``around`` are formulas that stand nearby, nearest first, each with its own definitions: names that are defined nowhere
    else take their meaning from there. *fails* never rests on that, unless `definitions` refer to it ("same C").
    The claim of the verdict shows the formula as it was read. What cannot be read is *unreadable*, by name and position;
    what is read and cannot be settled is *undecided*.

    Raises:
        TypeError: `notation` has a field that does not exist.
        ValueError: its layout is neither ``"numerator"`` nor ``"denominator"``.
    """
    if not isinstance(definitions, str):
        definitions = " ; ".join(definitions)
    known = notation_of(notation)
    try:
        asked = _asked(claim, definitions, known, (), seed)
    except UnreadableError as error:
        return Verdict(unread(claim[:MAX_LENGTH]), "unreadable", reason=str(error), seed=seed)
    except RecursionError:
        return Verdict(unread(claim), "unreadable", reason="nested too deeply", seed=seed)
    tried = [asked]
    effort = Effort(WIDER)
    alone = asked.verdict()
    open_ = alone.status == "undecided" or (alone.status == "ambiguous" and explicit(definitions))
    for count in range(1, min(len(around), NEAREST) + 1 if open_ else 0):
        if len(tried) > _WIDENINGS:
            break
        try:
            wider = _asked(claim, definitions, known, around[:count], seed)
        except (UnreadableError, RecursionError):
            continue
        if wider == asked:
            continue
        asked = wider
        tried.append(asked)
        verdict = asked.verdict(effort)
        if verdict.status not in ("undecided", "unreadable"):
            return verdict
    if alone.status == "undecided":
        for asked in tried[:_SUPPOSING]:
            if (conditional := asked.supposed(effort)) is not None:
                return conditional
    return alone


@dataclass(frozen=True)
class _Asked:
    """A question, and what it took over from the formulas nearby."""

    question: Question
    taken: tuple[str, ...]
    referred: bool

    def verdict(self, effort: Effort | None = None) -> Verdict:
        """*fails* is not said where it rests on what the text does not refer to."""
        try:
            verdict = Judge(self.question, effort).verdict()
        except (UnresolvedError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            return Verdict(unread(self.question.formula), "undecided", reason=reason, seed=self.question.seed)
        if not self.taken:
            return verdict
        taken = ", ".join(self.taken)
        if verdict.status == "fails" and not self.referred:
            reason = f"it fails if {taken} means what it means in the formulas nearby, which nothing says"
            return replace(verdict, status="undecided", certified=False, reason=reason)
        return replace(verdict, notes=(*verdict.notes, f"{taken}: as defined in the formulas nearby"))

    def supposed(self, effort: Effort) -> Verdict | None:
        """*conditional* on a definition that nobody states, where there is one under which the claim holds."""
        from gradcheck.formulas.suppositions import suppositions

        for supposition in suppositions(self.question):
            try:
                verdict = Judge(supposition.question, effort).verdict()
            except (UnresolvedError, RecursionError):
                continue
            if verdict.status == "holds":
                told = f"{supposition.text}, which is said nowhere"
                return replace(verdict, status="conditional", assumption=told)
        return None


def question_of(
    claim: str,
    definitions: str | Sequence[str] = "",
    notation: Notation | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Question:
    """What `check_latex` would judge, as read.

    Raises:
        UnreadableError: what is not understood, and where.
        TypeError, ValueError: as `check_latex`, of `notation`.
    """
    if not isinstance(definitions, str):
        definitions = " ; ".join(definitions)
    return _asked(claim, definitions, notation_of(notation), (), seed).question


def _asked(claim: str, definitions: str, known: Notation, around: Sequence[tuple[str, str]], seed: int) -> _Asked:
    for what, text in (("formula has", claim), ("definitions have", definitions), ("macros have", known.macros)):
        if len(text) > MAX_LENGTH:
            raise UnreadableError(f"the {what} {len(text)} characters; at most {MAX_LENGTH} are read")
    macros, _ = read_macros(known.macros + claim)
    body = conventional(expand(read_macros(claim)[1], macros), macros)
    text = conventional(expand(definitions, macros), macros)
    near = [
        (conventional(expand(one, macros), macros), conventional(expand(two, macros), macros)) for one, two in around
    ]
    known = known.rewritten(lambda name: conventional(expand(name, macros), macros))
    told = known.derivative.of if known.derivative is not None else ""
    left = [formula for formula, _ in near[:1] if _LEFTLESS.match(body)]
    functions = functions_in(body, text, told, *left, *(said for _, said in near))
    words = words_in(body, text).union(*(words_in(formula, said) for formula, said in near))
    said = values_of_functions(written_out(read_text(text, functions, words)))
    statements = values_of_functions(written_out(read(body, functions, words)))
    _bounded(statements, said)
    statements, said = single(statements, said)
    said = with_layers(statements, said)
    statements = completed(statements, (said.target,))
    said.statements = completed(said.statements)
    wanted = derivative_of(known.derivative, functions, words)
    wide = widened(statements, said, [_neighbour(one, two, functions, words) for one, two in near])
    question = Question(claim, tuple(statements), wide.said, known, functions, seed, words, wanted)
    question = with_design_matrix(question)
    return _Asked(question, wide.taken, explicit(definitions) and wide.near)


def _bounded(statements: Sequence[Statement], said: Text) -> None:
    """Raises UnreadableError for what would take minutes to judge."""
    size = sum(1 for _ in parts((*statements, *said.statements, *said.lone)))
    if size > MOST_PARTS:
        raise UnreadableError(f"the formula and its definitions have {size} parts; at most {MOST_PARTS} are judged")
    longest = max((len(statement.members) for statement in statements), default=0)
    if longest > MOST_MEMBERS:
        raise UnreadableError(f"the formula is a chain of {longest} members; at most {MOST_MEMBERS} are judged")


@functools.lru_cache(maxsize=256)
def _neighbour(formula: str, said: str, functions: frozenset[str], words: frozenset[str]) -> Neighbour:
    """A formula nearby, as far as it can be read."""
    try:
        statements = tuple(read(formula, functions, words))
    except (UnreadableError, RecursionError):
        statements = ()
    try:
        return Neighbour(statements, read_text(said, functions, words))
    except (UnreadableError, RecursionError):
        return Neighbour(statements, Text())
