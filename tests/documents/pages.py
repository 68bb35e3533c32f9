"""Documents for tests, made of lines without a container's reader."""

from __future__ import annotations

from gradcheck.documents.model import Directive, Document, Formula, Place


def document(*lines: str) -> Document:
    """Formulas between dollars and directives in HTML comments or behind per cent signs, one line each."""
    formulas: list[Formula] = []
    directives: list[Directive] = []
    for number, line in enumerate(lines, 1):
        marks = [place for place, char in enumerate(line) if char == "$"]
        for begin, end in zip(marks[::2], marks[1::2], strict=True):
            formulas.append(
                Formula(line[begin + 1 : end], ((0, Place(number, begin + 2)),), Place(number, end + 1), False)
            )
        if "gradcheck:" in line:
            at = line.index("gradcheck:") + len("gradcheck:")
            text = line[at:].partition("-->")[0]
            directives.append(Directive(text, Place(number, at + 1)))
    return Document("notes.md", "markdown", lines, tuple(formulas), tuple(directives))
