"""What a printed formula needs again and again is worked out once, and means the same wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals
from gradcheck.latex import tree
from gradcheck.latex.evaluating.names import Walk
from gradcheck.latex.evaluating.sums import Sums
from gradcheck.transcription.comparing import compare

INPUTS = {"x": Reals(3, 2), "w": Reals(2, 4)}
SCORES = {
    "s_{ik}": r"\sum_j x_{ij} w_{jk}",
    "t_i": r"\sum_k s_{ik}",
    "p_{ik}": r"\frac{s_{ik}}{1 + t_i^2}",
}


def printed(formula: str, code: Callable[..., Any], notation: Mapping[str, str], **inputs: Reals) -> str:
    claim = Claim(
        "formula",
        "equality",
        Source("notes", 1, formula, "correction"),
        primal=code,
        claimed=code,
        inputs=inputs or INPUTS,
        notation=notation,
    )
    return str(compare(claim)).partition(":")[0]


def shares(x: Any, w: Any) -> Any:
    s = x @ w
    return s / (1 + s.sum(axis=1, keepdims=True) ** 2)


def test_definitions_that_rest_on_definitions_are_what_they_say() -> None:
    assert (
        printed(r"y_{ik} = p_{ik} - \sum_l p_{il} s_{il}", lambda x, w: _less(shares(x, w), x @ w), SCORES) == "agrees"
    )
    assert (
        printed(r"y_{ik} = p_{ik} - \sum_l p_{il} s_{ik}", lambda x, w: _less(shares(x, w), x @ w), SCORES) == "differs"
    )


def _less(p: Any, s: Any) -> Any:
    return p - (p * s).sum(axis=1, keepdims=True)


def test_an_index_that_a_definition_does_not_list_is_taken_from_around_it() -> None:
    notation = {"s": r"\sum_k x_{ik}"}  # of the row that it stands in
    assert printed("y_{ij} = x_{ij} s", lambda x: x * x.sum(axis=1, keepdims=True), notation, x=Reals(3, 2)) == "agrees"
    assert printed("y_{ij} = x_{ij} s", lambda x: x * x[0].sum(), notation, x=Reals(3, 2)) == "differs"


def test_each_entry_of_a_definition_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    plain = Sums._summed_over

    def counted(self: Any, expr: Any, *rest: Any) -> Any:
        asked.append(0 if self.abstract else 1)
        return plain(self, expr, *rest)

    monkeypatch.setattr(Sums, "_summed_over", counted)
    assert printed(r"y_{ik} = p_{ik}", shares, SCORES) == "agrees"
    # a trace, and perhaps a plain call to confirm it: 12 sums for s, 3 for t; not 12 · 5 for every entry of p
    assert sum(asked) <= 2 * (12 + 3)


def test_what_is_multiplied_by_an_unmet_condition_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    entries: list[int] = []
    plain = Walk.run

    def counted(self: Any, expr: Any) -> Any:
        entries.append(isinstance(expr, tree.Script) and not self.abstract)
        return plain(self, expr)

    def code(x: Any, w: Any) -> Any:
        return x[:-1] * w[0] + x[1:] * w[1]

    monkeypatch.setattr(Walk, "run", counted)
    line = {"x": Reals(9), "w": Reals(2)}
    assert printed(r"y_j = \sum_{i,k} x_i w_k [i = j + k - 1]", code, {}, **line) == "agrees"
    skipped, entries[:] = sum(entries), []
    assert printed(r"y_j = \sum_{i,k} [i = j + k - 1] x_i w_k", code, {}, **line) == "agrees"
    assert skipped < sum(entries) / 5  # of the 9 · 2 terms of an entry 2 are not 0


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("[i = s (j - 1) + k]", "agrees"),
        (r"[i = s \cdot (j - 1) + k]", "agrees"),
        ("[s (j - 1) + k - i = 0]", "agrees"),
        ("[i = s j + k]", "differs"),
        ("[i = s (j - 1) - k]", "differs"),
    ],
)
def test_conditions_on_sums_and_products_of_indices(condition: str, outcome: str) -> None:
    def code(x: Any, w: Any) -> Any:
        return x[0::2] * w[0] + x[1::2] * w[1]

    formula = rf"y_j = \sum_{{i,k}} x_i w_k {condition}"
    assert printed(formula, code, {"s": "2"}, x=Reals(6), w=Reals(2)) == outcome
    assert np.shape(code(np.ones(6), np.ones(2))) == (3,)
