"""One formula in, one verdict out: reads it, settles what its names mean, judges every admissible reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.formulas.judging import Judge, unread
from gradcheck.formulas.question import Notation, Question
from gradcheck.latex.conventions import conventional
from gradcheck.latex.definitions import functions_in, read_text, words_in
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.macros import expand, read_macros
from gradcheck.latex.reader import read
from gradcheck.latex.tokens import MAX_LENGTH
from gradcheck.verdict import Verdict

__all__ = ["Notation", "check_latex"]


def check_latex(
    claim: str,
    definitions: str | Sequence[str] = "",
    notation: Notation | Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
) -> Verdict:
    r"""Judge a derivative formula as it is printed.

    ``claim`` is LaTeX; ``definitions`` are the formulas that it rests on, as a person would write them, with words between;
    ``notation`` declares what they leave open: ``{"ranks": {"x": 1, "A": 2}, "symmetric": ["A"], "macros": r"\\newcommand…"}``.
    The claim of the verdict shows the formula as it was read. What cannot be read is *unreadable*, by name and position;
    what is read and cannot be settled is *undecided*.

    Raises:
        TypeError: `notation` has a field that does not exist.
    """
    if not isinstance(definitions, str):
        definitions = " ; ".join(definitions)
    known = _notation(notation)
    try:
        for what, text in (("formula has", claim), ("definitions have", definitions), ("macros have", known.macros)):
            if len(text) > MAX_LENGTH:
                raise UnreadableError(f"the {what} {len(text)} characters; at most {MAX_LENGTH} are read")
        own, _ = read_macros(known.macros + claim)
        macros, body = own, read_macros(claim)[1]
        body = conventional(expand(body, macros), macros)
        text = conventional(expand(definitions, macros), macros)
        functions = functions_in(body, text)
        words = words_in(body, text)
        said = read_text(text, functions, words)
        statements = read(body, functions, words)
    except UnreadableError as error:
        return Verdict(unread(claim[:MAX_LENGTH]), "unreadable", reason=str(error), seed=seed)
    except RecursionError:
        return Verdict(unread(claim), "unreadable", reason="nested too deeply", seed=seed)
    try:
        return Judge(Question(claim, statements, said, known, functions, seed)).verdict()
    except UnresolvedError as error:
        return Verdict(unread(claim), "undecided", reason=str(error), seed=seed)


def _notation(notation: Notation | Mapping[str, Any] | None) -> Notation:
    if notation is None:
        return Notation()
    if isinstance(notation, Notation):
        return notation
    unknown = set(notation) - {"ranks", "symmetric", "macros"}
    if unknown:
        raise TypeError(
            f"notation has the unknown field {', '.join(sorted(unknown))}; the fields are ranks, symmetric, macros"
        )
    return Notation(notation.get("ranks"), frozenset(notation.get("symmetric", ())), notation.get("macros", ""))
