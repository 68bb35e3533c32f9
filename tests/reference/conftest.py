"""What the tests of all reference sheets share: the documents, the check of quotations, central differences."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Sheet

Array = np.ndarray[Any, np.dtype[Any]]

DOCUMENTS_VARIABLE = "GRADCHECK_DOCUMENTS"


@pytest.fixture(scope="session")
def documents() -> Path:
    """The folder of the source documents, which are not part of the repository; without it, the test is skipped."""
    beside_the_repository = Path(__file__).resolve().parents[2].parent / "shared" / "documents"
    folder = Path(os.environ.get(DOCUMENTS_VARIABLE, beside_the_repository))
    if not folder.is_dir():
        pytest.skip(f"the source documents are not here; name their folder in {DOCUMENTS_VARIABLE}")
    return folder


@pytest.fixture(scope="session")
def misquotations(documents: Path) -> Callable[[Sheet], list[str]]:
    """A function that lists a sheet's printed formulas that do not stand, character for character, on their line."""

    def find(sheet: Sheet) -> list[str]:
        lines = (documents / sheet.file).read_text(encoding="utf-8").split("\n")
        return [
            f"{claim.key}: not on line {claim.source.line} of {sheet.file}: {claim.source.formula}"
            for claim in sheet.claims
            if claim.source.origin == "printed" and claim.source.formula not in lines[claim.source.line - 1]
        ]

    return find


@pytest.fixture(scope="session")
def uncorrected() -> Callable[[Sheet], list[str]]:
    """A function that lists the claims of a sheet that do not simply hold and have no correction beside them."""

    def find(sheet: Sheet) -> list[str]:
        corrected = {claim.corrects for claim in sheet.claims if claim.source.origin == "correction"}
        return [claim.name for claim in sheet.claims if claim.recorded is not None and claim.name not in corrected]

    return find


@pytest.fixture(scope="session")
def central_jacobian() -> Callable[[Callable[[Array], Any], Array], Array]:
    """A function that estimates a Jacobian, outputs × inputs, by central differences, to about 1e-9."""

    def estimate(function: Callable[[Array], Any], x: Array) -> Array:
        half = 1e-5
        columns = []
        for place in np.ndindex(x.shape):
            step = np.zeros(x.shape)
            step[place] = half
            columns.append((np.asarray(function(x + step)) - np.asarray(function(x - step))) / (2 * half))
        return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)

    return estimate
