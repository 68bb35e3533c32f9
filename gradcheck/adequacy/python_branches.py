"""Conditions in Python code that could not be traced: which of their sides have run, and points for those that have not.

``if x > 40:`` makes a black box of a function, but its bytecode still tells where it can go: every conditional jump of the
user's code is followed while the function runs, as a debugger would follow it.
"""

from __future__ import annotations

import dis
import itertools
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from gradcheck.adequacy.candidates import pool
from gradcheck.adequacy.coverage import Found, admitted, telling
from gradcheck.cases import Case
from gradcheck.expressions import EvaluationError, Point, Value
from gradcheck.program.program import BlackBox

STEPS = 300_000  # bytecode instructions followed in one search, at most: some tenths of a second
_CANDIDATES = 96
_MOST_VISITS = 6
_MOST_CONSTANTS = 12
_PACKAGE = Path(__file__).parents[1]
_EXAMPLES = str(_PACKAGE / "selftest_cases.py")  # the one file of the package that stands for a user's
_FOREIGN = (str(_PACKAGE), sysconfig.get_path("stdlib"))

Jump = tuple[CodeType, int]


@cache
def _jumps(code: CodeType) -> dict[int, int]:
    """The offset of every conditional jump, with where it goes if it jumps."""
    return {i.offset: i.argval for i in dis.get_instructions(code) if "JUMP" in i.opname and "_IF_" in i.opname}


def _own(code: CodeType) -> bool:
    file = code.co_filename
    return file == _EXAMPLES or not (file.startswith(("<frozen", *_FOREIGN)) or "site-packages" in file)


@dataclass
class Followed:
    """The conditional jumps met so far, each with the sides that have run, and how many instructions were followed."""

    sides: dict[Jump, set[bool]] = field(default_factory=dict)
    steps: int = 0

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a function and follow the user's code in it. Another tracer (a debugger's) waits meanwhile."""
        before = sys.gettrace()
        sys.settrace(self._entered)
        try:
            return function()
        finally:
            sys.settrace(before)

    def _entered(self, frame: FrameType, event: str, _: Any) -> Any:
        jumps = _jumps(frame.f_code) if _own(frame.f_code) else None
        if not jumps or self.steps > STEPS:
            return None
        frame.f_trace_opcodes = True
        code, last = frame.f_code, -1

        def followed(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "opcode":
                self.steps += 1
                if last in jumps:
                    self.sides.setdefault((code, last), set()).add(frame.f_lasti == jumps[last])
                last = frame.f_lasti
            return followed

        return followed

    @property
    def open(self) -> list[Jump]:
        """Conditions of which one side has run, and the other has not."""
        return [jump for jump, sides in self.sides.items() if len(sides) == 1]


def seek_branches(case: Case, values: Sequence[Value], visited: Sequence[Point], seed: int, grow: bool = True) -> Found:
    """Points at which black boxes among `values` (the primal first) run code that did not run at the `visited` ones."""
    boxes = [value for value in values if isinstance(value.program, BlackBox)]
    if not boxes or not visited:
        return Found()
    followed = Followed()
    visited = [point for point in visited if telling(point)] or visited
    for point in visited:
        _follow(followed, boxes, point)
    found: list[Point] = []
    if grow and followed.open and followed.steps <= STEPS:
        rng = np.random.default_rng([seed, 2, *case.claim.name.encode()])
        constants = list(dict.fromkeys(itertools.chain(*(_constants(code) for code, _ in followed.sides))))
        for point in itertools.islice(pool(case, visited, constants[:_MOST_CONSTANTS], rng), _CANDIDATES):
            if not followed.open or followed.steps > STEPS or len(found) == _MOST_VISITS:
                break
            if not admitted(case, point):
                continue
            trial = Followed()
            if not _follow(trial, boxes, point) or not np.all(np.isfinite(values[0].floats(point))):
                continue
            followed.steps += trial.steps
            if any(sides - followed.sides.get(jump, set()) for jump, sides in trial.sides.items()):
                found.append(point)
                for jump, sides in trial.sides.items():
                    followed.sides.setdefault(jump, set()).update(sides)
    places = dict.fromkeys(map(_place, followed.open))
    never = (f"one side never taken: the condition at {place}" for place in places)
    return Found(tuple(found), tuple(never))


def _follow(followed: Followed, boxes: Sequence[Value], point: Point) -> bool:
    """Run the black boxes at a point; whether all of them answer."""
    try:
        for value in boxes:
            followed.call(lambda value=value: value.floats(point))  # type: ignore[misc] # the loop's own value
    except EvaluationError:
        return False
    return True


def _constants(code: CodeType) -> Iterator[float]:
    """The numbers that stand in the code."""
    for constant in code.co_consts:
        if isinstance(constant, int | float) and not isinstance(constant, bool) and np.isfinite(constant):
            yield float(constant)
        elif isinstance(constant, CodeType):
            yield from _constants(constant)


def _place(jump: Jump) -> str:
    """The line of a condition."""
    code, offset = jump
    lines = (line for start, end, line in code.co_lines() if start <= offset < end)
    name = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{name}:{next(lines, code.co_firstlineno)}"
