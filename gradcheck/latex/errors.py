"""Why a formula could not be read: by name and position, never by silence."""

from __future__ import annotations

_LONG = 500  # characters of a reason: a part may be named that is as long as the formula


class UnreadableError(ValueError):
    """A formula, or a part of it, that is not understood.

    ``what`` names the part and says why; ``position`` counts characters of the LaTeX from 1 (0 where no single place is
    to blame).
    """

    def __init__(self, what: str, position: int = 0) -> None:
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in what[: _LONG + 1])
        self.what = shown if len(what) <= _LONG else f"{shown[:_LONG]}…"
        self.position = position
        super().__init__(f"{self.what}, at character {position}" if position else self.what)


class UnresolvedError(ValueError):
    """A formula that was read, but whose meaning is left open: a name without a definition, a shape that fits nothing."""


class TooLargeError(UnresolvedError):
    """A formula whose evaluation takes more steps than are allowed, at any point."""


class UndefinedError(UnresolvedError):
    """Nothing says what a name is; no choice of shapes will help."""
