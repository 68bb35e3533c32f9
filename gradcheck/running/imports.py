"""Modules that workers import, as seen from a process that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradcheck.audited import Problem, shown
from gradcheck.claim import Claim, Sheet
from gradcheck.collecting import Module
from gradcheck.running.isolated import Isolated
from gradcheck.running.limits import EndedError, LimitError
from gradcheck.running.sources import Sources, sources_of_modules
from gradcheck.running.units import ModuleUnit, perform
from gradcheck.stored.forms import Context, record


class Imports:
    """Imports files by workers. A sheet that two modules see is one sheet, as it would be in one process.

    ``content``, a function of a module, tells there what a claim's functions do, and ``heard`` is called with that here.
    """

    def __init__(
        self,
        executor: Isolated,
        content: Callable[[Claim], str] | None = None,
        heard: Callable[[Claim, str], None] | None = None,
    ) -> None:
        self._executor = executor
        self._content, self._heard = content, heard
        self._sheets: dict[str, Sheet] = {}

    def __call__(self, file: Path) -> Module | Problem:
        """The sheets of a file, or why it does not import."""
        tree: Sources = sources_of_modules([file], carried=False)
        remedy = "run it with Python to see what it does"
        unit = ModuleUnit(tree, str(file.resolve()), self._content)
        try:
            told = json.loads(self._executor.submit(perform, unit).result())
        except LimitError as error:
            return Problem(shown(file), f"does not import: {error}", remedy)
        except EndedError as error:
            return Problem(shown(file), f"does not import: {error}", remedy)
        if "problem" in told:
            return Problem(**told["problem"])
        return Module(tuple(self._sheet(sheet) for sheet in told["sheets"]))

    def _sheet(self, told: dict[str, Any]) -> Sheet:
        """A sheet as it was told, the one that is known if it is the same."""
        same = json.dumps(told["same"])
        known = self._sheets.get(same)
        if known is None:
            known = self._sheets[same] = Sheet(told["document"], "", told["title"])
            for data, made_in, content in zip(told["claims"], told["files"], told["contents"], strict=True):
                read: Claim = record(Claim).read(data, Context())
                claim = replace(read, made_in=made_in)
                known.claims.append(claim)
                if self._heard is not None:
                    self._heard(claim, content)
        return known
