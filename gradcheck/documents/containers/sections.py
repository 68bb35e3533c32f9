"""Sections: the numbers of the headings that a place stands under, outermost first."""

from __future__ import annotations


class Sections:
    """Counts headings as they come. A heading closes those of its own level and below."""

    def __init__(self) -> None:
        self._open: list[tuple[int, int]] = []
        self._last: dict[tuple[int, ...], int] = {}

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the headings above, outermost first."""
        return tuple(number for _, number in self._open)

    def enter(self, level: int) -> None:
        """A heading of a level: 1 is the outermost."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        above = self.numbers
        self._last[above] = self._last.get(above, 0) + 1
        self._open.append((level, self._last[above]))
