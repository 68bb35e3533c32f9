"""How much is tried for one formula, counted in readings and not in seconds, so that every run ends alike."""

from __future__ import annotations

ALONE = 640
WIDER = 240
"""Readings that are laid out for a formula by itself, and for all that is taken over or supposed afterwards."""


class Effort:
    """What is left of the readings that may be laid out."""

    def __init__(self, readings: int = ALONE) -> None:
        self.left = readings

    def spent(self) -> bool:
        """Take one; whether there was none left."""
        self.left -= 1
        return self.left < 0
