"""The self-test: it scores what it should, and it can fail."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gradcheck import selftest
from gradcheck.cli import main
from gradcheck.selftest import Result, Trial, changed, score, trials
from gradcheck.selftest_cases import NASTY, PLAIN, Case

RIGHT = Case("squares", "sums", lambda x: np.sum(x**2), (np.array([0.5, -2.0]),), "gradient", lambda x: 2 * x)


@pytest.mark.parametrize("trial", list(trials()), ids=lambda trial: trial.name)
def test_every_planted_fault_is_caught_and_every_right_claim_passes(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "trials", lambda: iter([trial]))
    (result,) = selftest.run()
    assert result.good, result.status


def test_there_are_right_and_wrong_claims_in_every_family() -> None:
    made = Counter((trial.case.family, trial.right) for trial in trials())
    assert {family for family, right in made if right} == {family for family, right in made if not right}
    assert len({case.name for case in (*PLAIN, *NASTY)}) == len((*PLAIN, *NASTY))


def test_a_right_claim_is_changed_in_the_usual_ways() -> None:
    x = RIGHT.args[0]
    found = {fault: claim(x) for fault, claim in changed(RIGHT)}
    expected = {
        "the sign turned": [-1.0, 4.0],
        "multiplied by 2": [2.0, -8.0],
        "divided by 2": [0.5, -2.0],
        "an entry set to zero": [0.0, -4.0],
        "an entry off by 1e-9": [1.0 + 1e-9, -4.0],
        "entries shifted by one": [-4.0, 1.0],
    }
    assert found.keys() == expected.keys()
    for fault, values in expected.items():
        np.testing.assert_array_equal(found[fault], values)


def test_of_several_answers_the_first_is_changed() -> None:
    several = Case("product", "sums", np.multiply, (np.ones(2), np.ones(2)), "vjp", lambda g, a, b: (g * b, g * a))
    changes = dict(changed(several))
    first, second = changes["the sign turned"](np.ones(2), 2 * np.ones(2), 3 * np.ones(2))
    np.testing.assert_array_equal(first, [-3.0, -3.0])
    np.testing.assert_array_equal(second, [2.0, 2.0])


def results(wrong: str, right: str) -> list[Result]:
    return [
        Result(Trial(RIGHT, RIGHT.right, right=True), right),
        Result(Trial(RIGHT, lambda x: 3 * x, right=False, fault="3 for 2"), wrong),
    ]


def test_the_score_counts_and_names_what_went_wrong() -> None:
    fine = score(results("fails", "holds")).splitlines()
    assert fine == [
        "family  wrong: caught  missed  right: passed  false alarms",
        "sums                1       0              1             0",
        "------  -------------  ------  -------------  ------------",
        "all                 1       0              1             0",
    ]
    bad = score(results("undecided", "fails")).splitlines()
    assert bad[3:] == [
        "all                 0       1              0             1",
        "",
        "false alarm: squares (fails)",
        "missed: squares: 3 for 2 (undecided)",
    ]


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [("fails", "holds", 0), ("conditional", "holds", 0), ("holds", "holds", 1), ("fails", "undecided", 1)],
)
def test_the_command_prints_the_score_and_exits_with_1_on_any_miss(
    wrong: str, right: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[Any] = []

    def run(seed: int) -> list[Result]:
        seeds.append(seed)
        return results(wrong, right)

    monkeypatch.setattr(selftest, "run", run)
    done = CliRunner().invoke(main, ["selftest", "--seed", "7"])
    assert done.exit_code == code
    assert done.output.startswith("family  wrong: caught")
    assert seeds == [7]


def test_a_claim_that_cannot_be_evaluated_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(x: Any) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(selftest, "trials", lambda: iter([Trial(RIGHT, broken, right=False)]))
    (result,) = selftest.run()
    assert (result.status, result.good) == ("refused", True)
    assert not Result(Trial(RIGHT, broken, right=True), "refused").good
