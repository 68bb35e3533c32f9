"""Lines of a Jacobian in floats, by autodiff in blocks: rows by reverse mode, columns by forward mode.

A block is as large as the processor's cache. Unit vectors are made a block at a time, and by the compiled function itself
where it pays to compile one (`numbers.xla.pays`). How far rounding may have moved the entries of a line is found as
`oracles.autodiff` finds it, for the lines that are asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from gradcheck.numbers import xla
from gradcheck.numbers.batching import NoBatchingRuleError
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run, run_batched
from gradcheck.numbers.plan import plan_of, widest, work
from gradcheck.oracles.autodiff import FLOOR, RUNS, SAFETY, Shaken, jvp_program, vjp_program
from gradcheck.program.program import Program, is_inexact

Array = np.ndarray[Any, np.dtype[Any]]

BLOCK = 2**17  # numbers in the largest array of a block: about a megabyte
FEWEST = 8  # lines in a block, however large they are
AT_ONCE = 2**20  # numbers that one call of a compiled function compares


def in_double(program: Program) -> bool:
    """Whether the program computes in 64 bit; in lower dtypes it is interpreted, which is done in 64."""
    memo = program.__dict__
    if "_in_double" not in memo:
        made = [dtype for instruction in plan_of(program).instructions for dtype in instruction.dtypes]
        made += [leaf.dtype for leaf in (*program.inputs, *program.outputs)]
        memo["_in_double"] = all(dtype.itemsize >= 8 or not is_inexact(dtype) for dtype in made)
    found: bool = memo["_in_double"]
    return found


@dataclass(frozen=True, eq=False)
class Lines:
    """The rows, or the columns, of the Jacobian of a program with one output in its leaf `wrt`, at flat `inputs`."""

    program: Program
    inputs: Sequence[Array]
    wrt: int
    by: Literal["rows", "columns"]

    @cached_property
    def derived(self) -> Program:
        """What maps a direction to a combination of lines.

        Raises:
            Exception: what JAX raises where a primitive or a custom rule has none in that mode.
        """
        make = vjp_program if self.by == "rows" else jvp_program
        return make(self.program, self.wrt)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.derived.inputs[0].size

    @property
    def length(self) -> int:
        """How many entries a line has."""
        return self.derived.outputs[0].size

    @property
    def together(self) -> int:
        """How many lines make a block."""
        return max(1, min(self.count, max(FEWEST, BLOCK // widest(self.derived))))

    def blocks(self) -> Iterator[tuple[int, Array]]:
        """All lines: the number of the first one of a block, and the block (lines × entries)."""
        together, compiled = self.together, self._pays
        for start in range(0, self.count, together):
            stop = min(start + together, self.count)
            if compiled:
                first = max(0, stop - together)
                found = xla.unit_lines(self.derived, self._own, self.count, first, together)[start - first :]
                yield start, np.asarray(found, dtype=np.float64)
            else:
                yield start, self.along(self.units(range(start, stop)))

    def unlike(self, said: Array, resolved: float) -> Iterator[tuple[int, Array]]:
        """Where the lines of `said` differ from the true ones by more than floats resolve, as `unlike` says.

        The number of the first line of a block, and booleans (lines × entries).
        """
        if not self._pays:
            for start, block in self.blocks():
                yield start, unlike(said[start : start + len(block)], block, np.abs(block), resolved)
            return
        group = min(FEWEST, self.count)
        size = group * max(1, min(self.count, AT_ONCE // self.length) // group)
        for start in range(0, self.count, size):
            first = min(start, self.count - size)
            part = said[first : first + size]
            found = xla.unlike_lines(self.derived, self._own, self.count, first, part, resolved, group)
            yield start, found[start - first :]

    @cached_property
    def _pays(self) -> bool:
        """Whether all lines had better be computed by a compiled function."""
        return in_double(self.derived) and xla.pays(self.derived, float(work(self.derived)) * self.count)

    @cached_property
    def _own(self) -> list[Array]:
        """The inputs in the program's dtypes."""
        return [
            np.asarray(value, dtype=leaf.dtype) for value, leaf in zip(self.inputs, self.program.inputs, strict=True)
        ]

    def units(self, places: Sequence[int] | Array) -> Array:
        """Unit directions, flat."""
        units = np.zeros((len(places), self.count))
        units[np.arange(len(places)), places] = 1
        return units

    def along(self, directions: Array, system: Floats | None = None) -> Array:
        """The combinations of lines along flat directions, (directions × entries)."""
        shaped = directions.reshape(len(directions), *self.derived.inputs[0].shape)
        system = system or Floats(np.float64)
        try:
            which = [True, *[False] * len(self.inputs)]
            (found,) = run_batched(self.derived, [shaped, *self.inputs], which, len(shaped), system)
        except NoBatchingRuleError:
            found = np.stack([run(self.derived, [one, *self.inputs], system)[0] for one in shaped])
        return np.asarray(found, dtype=np.float64).reshape(len(directions), -1)

    def once(self, direction: Array) -> Array:
        """The combination along one flat direction, (1 × entries); compiled where that pays."""
        if not (in_double(self.derived) and xla.pays(self.derived, float(work(self.derived)))):
            return self.along(direction.reshape(1, -1))
        shaped = direction.reshape(self.derived.inputs[0].shape).astype(self.derived.inputs[0].dtype)
        (found,) = xla.call(self.derived, [shaped, *self._own])
        return np.asarray(found, dtype=np.float64).reshape(1, -1)

    def shaken(self, directions: Array, runs: int = RUNS) -> tuple[Array, Array]:
        """The same with what rounding may have done to each entry; of many entries, some need many runs to be moved at all."""
        value, system = self.along(directions), Shaken()
        with np.errstate(all="ignore"):
            moved = np.zeros_like(value)
            for _ in range(runs):
                gap = np.subtract(self.along(directions, system), value)
                np.maximum(moved, np.abs(gap, out=gap), out=moved)
            floor = np.abs(value)
            floor *= FLOOR
            moved *= SAFETY
            moved += floor
            return value, moved


def unlike(said: Array, true: Array, size: Array, resolved: float) -> Array:
    """Where the difference is more than `resolved` of the true entries; `size`, that of these, is overwritten."""
    gap = np.subtract(said, true)
    np.abs(gap, out=gap)
    size *= resolved
    right = np.less_equal(gap, size)
    return np.asarray(np.logical_not(right, out=right))
