"""A printed formula as it was read: back in LaTeX, for people to compare with what is printed."""

from __future__ import annotations

from gradcheck.claim import Claim

READ = ("printed", "correction", "reconstructed", "cited")
"""The origins of claims whose formula is LaTeX of one piece."""


def as_read(claim: Claim) -> tuple[str, ...]:
    """The statements of a claim's formula in LaTeX, as the reader understands them; none where it cannot read it."""
    from gradcheck.latex.conventions import conventional
    from gradcheck.latex.errors import UnreadableError
    from gradcheck.latex.reader import read
    from gradcheck.latex.typeset import typeset_statement
    from gradcheck.transcription.names import reading_words

    formula = claim.source.formula
    if claim.source.origin not in READ or not formula.strip():
        return ()
    try:
        functions, words = reading_words(claim)
        return tuple(map(typeset_statement, read(conventional(formula, {}), functions, words)))
    except (UnreadableError, RecursionError):
        return ()
