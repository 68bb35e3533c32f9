"""What a catalogue tells of a formula besides verdicts: its code, its digits, and whether the code is what is printed."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.audited import Problem, told_error
from gradcheck.claim import Claim, Source
from gradcheck.collecting import Module, imported
from gradcheck.library import digits
from gradcheck.library.code import CodeError, snippet
from gradcheck.library.entries import Digits, digits_read
from gradcheck.library.formulas import Formula, Library
from gradcheck.running.sources import Sources, sources_of_modules
from gradcheck.running.worker import begun
from gradcheck.verdict import Printed

_BETWEEN = re.compile(r"[,;]?\s*\\q?quad\s*(?:\\(?:text|textrm|mathrm)\{[^{}]*\})?\s*")
_SUBSCRIPT = re.compile(r"_(?:\{[^{}]*\}|\w)")


@dataclass(frozen=True)
class Study:
    """What was found out about one formula.

    ``printed`` is how the LaTeX of the forward function compares with the code, ``digits`` what float64 keeps, ``code`` what
    there is to copy. ``faults`` are what is wrong with the entry, in words, ``remarks`` what its author may want to know.
    """

    printed: Printed
    digits: tuple[Digits, ...]
    code: str
    faults: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def study(formula: Formula, seed: int = 0) -> Study:
    """Compare, measure and copy. Nothing is raised: what cannot be done is a fault, or told as not done."""
    wrong = []
    printed = forward_compared(formula, seed)
    if printed.outcome == "differs":
        wrong.append(f"the forward function is not what is printed: {printed.detail}")
    # It is measured where it overflows, too, which NumPy's linear algebra would warn of.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = digits.compared(formula)
    both = [one for one in found if isinstance(one, digits.Compared)]
    unstable = digits.faults(both)
    wrong += unstable
    try:
        code = snippet([formula.forward, formula.derivative, *_stable(formula)])
    except CodeError as error:
        code = ""
        wrong.append(f"its code cannot be copied: {error}")
    return Study(
        printed, tuple(map(digits.told, found)), code, tuple(wrong), () if unstable else tuple(digits.remarks(both))
    )


def forward_compared(formula: Formula, seed: int = 0) -> Printed:
    """How the LaTeX of the forward function compares with its code.

    Of several statements one says what the function is, and the others what names in it stand for: it is the last or, where
    the last is about a name in the first, as in *y = x / n, n = …*, the first. It agrees where one of the two does.
    """
    from gradcheck.transcription.comparing import compare

    claim = forward_claim(formula)
    pieces = _BETWEEN.split(formula.formula)
    orders = [formula.formula]
    if len(pieces) > 1:
        turned = ", ".join([*pieces[1:], pieces[0]])
        orders = [turned, formula.formula] if _defines(pieces[-1], pieces[0]) else [formula.formula, turned]
    found = [compare(replace(claim, source=replace(claim.source, formula=one)), seed=seed) for one in orders]
    known = [one or Printed("not compared", "no formula is given") for one in found]
    return next((one for one in known if one.outcome == "agrees"), known[0])


def _defines(statement: str, other: str) -> bool:
    """Whether a statement says what a name in the other one stands for."""
    name = _SUBSCRIPT.sub("", statement.partition("=")[0]).strip()
    return bool(name) and name in other.partition("=")[2]


def forward_claim(formula: Formula) -> Claim:
    """The claim that the code of the forward function is what its LaTeX says: to be compared, and true by itself otherwise."""
    first = formula.claims[0] if formula.claims else None
    notation = first.notation if first is not None else {}
    return Claim(
        f"{formula.name}-forward",
        "equality",
        Source(formula.family, 0, formula.formula, "cited"),
        primal=formula.forward,
        claimed=formula.forward,
        inputs=formula.inputs,
        assumptions=first.assumptions if first is not None else (),
        notation={printed: meant for printed, meant in notation.items() if meant not in formula.cotangents},
    )


def studies(
    formulas: Sequence[Formula], seed: int, executor: Executor | None = None
) -> Iterator[tuple[Formula, Study | Problem]]:
    """The study of each formula in order, here or in the workers of an executor; a problem where a worker gave none."""
    if executor is None:
        for formula in formulas:
            yield formula, study(formula, seed)
        return
    from gradcheck.running.units import perform

    files = {file for one in formulas if (file := _file_of(one))}
    tree = sources_of_modules(map(Path, sorted(files)), carried=False)
    waiting: list[tuple[Formula, Future[str] | None]] = []
    for formula in formulas:
        file = _file_of(formula)
        unit = StudyUnit(tree, file, formula.key, seed)
        waiting.append((formula, executor.submit(perform, unit) if file else None))
    for formula, future in waiting:
        yield formula, study(formula, seed) if future is None else _answer(formula, future)


def _file_of(formula: Formula) -> str:
    """The file that makes a formula; empty where it is made in none."""
    made_in = formula.claims[0].made_in if formula.claims else ""
    return str(Path(made_in).resolve()) if Path(made_in).is_file() else ""


def _answer(formula: Formula, future: Future[str]) -> Study | Problem:
    try:
        return _read(json.loads(future.result()))
    except Exception as error:  # noqa: BLE001 - a worker that ends must not hide the other formulas
        what = f"it was not measured, nor its code copied: {told_error(error)}"
        return Problem(formula.key, what, "run it again, with a larger --time-limit or without workers")


@dataclass(frozen=True)
class StudyUnit:
    """A formula of a module that is to be studied, by its key."""

    sources: Sources
    file: str
    key: str
    seed: int

    @property
    def group(self) -> str:
        """The module, which is imported once."""
        return self.file

    def __str__(self) -> str:
        return self.key

    def run(self) -> dict[str, Any]:
        """The study as JSON data."""
        known = _MODULES.get((self.sources.digest, self.file))
        with self.sources.place().entered():
            if known is None:
                known = imported(self.sources.place().of(self.file))
                _MODULES[self.sources.digest, self.file] = known
            begun()
            libraries = [sheet for sheet in known.sheets if isinstance(sheet, Library)]
            formula = next(one for library in libraries for one in library.formulas if one.key == self.key)
            return _plain(asdict(study(formula, self.seed)))


_MODULES: dict[tuple[str, str], Module] = {}


def _stable(formula: Formula) -> list[Any]:
    return [formula.stable.forward, formula.stable.derivative] if formula.stable is not None else []


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(data))  # type: ignore[no-any-return]


def _read(data: dict[str, Any]) -> Study:
    kept = tuple(map(digits_read, data["digits"]))
    return Study(Printed(**data["printed"]), kept, data["code"], tuple(data["faults"]), tuple(data["remarks"]))
