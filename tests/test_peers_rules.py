"""benchmarks/peers_rules.py: what is found in registries, that a planted wrong rule shows and a right one passes, the page.

What needs a peer is skipped where it is not installed; the machinery is tested without any.
"""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
A = np.array([[0.5, -1.25, 2.0], [0.75, 0.3, -0.4]])


class Parts:
    """The modules of benchmarks/rule_audits."""

    def __getattr__(self, name: str) -> Any:
        return importlib.import_module(f"rule_audits.{name}")


@pytest.fixture(scope="module")
def parts() -> Iterator[Parts]:
    """The modules, with the folder of the benchmarks on the path as when one is run."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield Parts()
    finally:
        sys.path.remove(str(BENCHMARKS))


def planted(parts: Parts, primal: Any, rule: Any, **changes: Any) -> Any:
    """An elementwise function of one array as a subject, with the slope that somebody wrote by hand."""
    subject = parts.subject.Subject(
        "planted",
        primal.__name__,
        primal,
        (A,),
        vjp=lambda cotangent, x: cotangent * rule(x),
        wrt=(0,),
        slope=lambda k, x: rule(x),
        rows=primal,
    )
    return dataclasses.replace(subject, **changes)


def audited(parts: Parts, *outcomes: Any) -> Any:
    return parts.auditing.Audited(
        "planted", "1.0", tuple(outcomes), (parts.subject.Left("planted", "draw", "it is random"),)
    )


def tanh(x: Any) -> Any:
    return np.tanh(x)


def relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def cubed(x: Any) -> Any:
    return x**3


def cosh(x: Any) -> Any:
    return np.cosh(x)


def test_a_right_rule_holds_and_is_no_candidate(parts: Parts) -> None:
    outcome = parts.judging.judge(planted(parts, cubed, lambda x: 3 * x**2))
    assert (outcome.status, outcome.certified, outcome.candidates) == ("holds", True, ())
    assert outcome.compared == len(parts.extremes.ONE)
    assert parts.page.standing([outcome]) == "holds, certified"


def test_a_wrong_rule_is_a_candidate_with_its_numbers(parts: Parts) -> None:
    outcome = parts.judging.judge(planted(parts, cubed, lambda x: 2 * x**2))
    assert outcome.status == "fails"
    (candidate,) = [found for found in outcome.candidates if found.sort == parts.judging.WRONG]
    assert "exactly 2/3 times the true value" in candidate.remark
    assert candidate.true


def test_digits_that_are_lost_are_told_and_the_verdict_holds(parts: Parts) -> None:
    outcome = parts.judging.judge(planted(parts, tanh, lambda x: 1 - np.tanh(x) ** 2))
    assert outcome.status == "holds"
    (candidate,) = outcome.candidates
    assert candidate.sort == parts.extremes.LOST
    assert "0 digits are right" in candidate.remark
    assert not parts.judging.judge(planted(parts, tanh, lambda x: np.cosh(np.clip(x, -350, 350)) ** -2.0)).candidates


def test_nan_where_the_truth_is_finite(parts: Parts) -> None:
    outcome = parts.judging.judge(planted(parts, cosh, lambda x: np.where(x == 0, x / np.abs(x), np.sinh(x))))
    found = {candidate.sort: candidate for candidate in outcome.candidates}
    assert parts.extremes.NON_FINITE in found
    assert not parts.judging.judge(planted(parts, cosh, np.sinh)).candidates


def test_a_convention_at_a_kink_is_told_and_another_number_is_a_candidate(parts: Parts) -> None:
    outcome = parts.judging.judge(planted(parts, relu, lambda x: np.where(x > 0, 1.0, 0.0)))
    assert not outcome.candidates
    assert outcome.kinks == ("at 0: 0, the smaller of 0 and 1",)
    assert parts.page.standing([outcome]) == "holds, with a convention at kinks"
    wrong = parts.judging.judge(planted(parts, relu, lambda x: np.where(x > 0, 1.0, np.where(x < 0, 0.0, 2.0))))
    assert parts.extremes.OUTSIDE in {candidate.sort for candidate in wrong.candidates}


def refusing(error: Exception) -> Any:
    def slope(x: Any) -> Any:
        raise error

    return slope


def test_a_refusal_is_no_pass_and_an_accident_is_a_candidate(parts: Parts) -> None:
    refused = parts.judging.judge(planted(parts, cubed, refusing(NotImplementedError("no such rule")), slope=None))
    assert (refused.status, refused.candidates) == ("refused", ())
    assert refused.why == "NotImplementedError: no such rule"
    assert parts.page.standing([refused]) == "refused by the peer"
    raised = parts.judging.judge(planted(parts, cubed, refusing(NameError("name 'np' is not defined")), slope=None))
    assert [candidate.sort for candidate in raised.candidates] == [parts.judging.RAISES]


def test_what_nobody_has_reviewed_is_told_as_such_and_what_somebody_has_as_what_it_is(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = parts.judging.judge(planted(parts, cubed, lambda x: 2 * x**2))
    before = parts.page.page([audited(parts, outcome)])
    assert parts.page.standing([outcome]) == "not yet reviewed"
    assert "## Not yet reviewed\n\nCandidates that nobody has worked out by hand." in before
    assert "not yet reviewed" in parts.page.summary([audited(parts, outcome)])
    finding = parts.reviewed.Finding(
        "planted",
        ("cubed",),
        (parts.judging.WRONG, parts.extremes.LOST),
        parts.reviewed.RULE,
        "the exponent is not brought down",
        "Two in place of three.",
        "print(2 * 1.5**2)",
        "= mp.diff(lambda x: x**3, mp.mpf('1.5'))",
    )
    for module in (parts.reviewed, parts.page):
        monkeypatch.setattr(module, "FINDINGS", (finding,))
    page = parts.page.page([audited(parts, outcome)])
    assert parts.page.standing([outcome]) == parts.reviewed.RULE
    assert "### Wrong rule\n\n**1. planted: the exponent is not brought down** (`cubed`)" in page
    assert "says `4.5`; true is `6.75`" in page
    assert "Nothing: every candidate of these versions is a finding above." in page


def test_the_page_is_the_same_each_time_and_has_all_parts(parts: Parts) -> None:
    def made() -> str:
        outcomes = [
            parts.judging.judge(planted(parts, f, slope))
            for f, slope in ((cosh, np.sinh), (relu, lambda x: (x > 0) * 1.0))
        ]
        missing = parts.auditing.Audited("absent", missing="No module named 'absent'")
        text = parts.page.page([audited(parts, *outcomes), missing])
        assert isinstance(text, str)
        return text

    page = made()
    assert page == made()
    assert "Made with planted 1.0. Not installed, and so not audited: absent." in page
    assert "| functions found | 3 |" in page
    assert "| not exercised | 1 |" in page
    assert "- planted: it is random: `draw`" in page
    assert "| `relu` | at 0: 0, the smaller of 0 and 1 |" in page


def test_every_reviewed_row_can_be_told(parts: Parts) -> None:
    names = [(finding.package, finding.title) for finding in parts.reviewed.FINDINGS]
    assert len(set(names)) == len(names)
    for finding in parts.reviewed.FINDINGS:
        assert finding.package in parts.auditing.PACKAGES
        assert finding.kind in parts.reviewed.KINDS
        assert set(finding.sorts) <= set(parts.judging.SORTS)
        assert bool(finding.lines) == bool(finding.true), finding.title
        assert finding.lines.count("\n") <= 2, finding.title
        compile(finding.lines, finding.title, "exec")
        assert parts.reviewing.true_of(finding) == finding.true or "that is" in parts.reviewing.true_of(finding)


def test_second_opinions_are_derivatives(parts: Parts) -> None:
    slope = parts.truths.slope
    assert slope("numpy.tanh", 0, (0.5,)) == pytest.approx(1 - np.tanh(0.5) ** 2, rel=1e-14)
    assert slope("numpy.hypot", 1, (3.0, 4.0)) == pytest.approx(0.8, rel=1e-14)
    assert slope("numpy.sinc", 0, (0.0,)) == 0
    assert slope("numpy.hypot", 0, (0.0, 0.0)) is None
    assert slope("numpy.unheard_of", 0, (1.0,)) is None


def test_every_function_of_autograd_s_registries_is_exercised_or_left_with_a_reason(parts: Parts) -> None:
    core = pytest.importorskip("autograd.core", reason="autograd is not installed: its registries are not read")
    hips = parts.of_autograd
    hips.load()
    names = hips.registered()
    assert set(names.values()) == {*core.primitive_vjps, *core.primitive_jvps}
    assert {"numpy.tile", "numpy.linalg.det", "numpy.fft.rfft", "scipy.special.gamma", "scipy.stats.norm.pdf"} <= set(
        names
    )
    stale = {name for name in (*parts.autograd_calls.CALLS, *parts.autograd_calls.NOT_MEANT) if name not in names}
    assert not stale
    wanted = {"numpy.exp", "numpy.tile", "autograd.core.add"}
    found = list(hips.subjects(lambda name: name in wanted))
    assert {one.name for one in found} == wanted
    assert [one.why for one in found if isinstance(one, parts.subject.Left)] == [hips.NOT_MEANT["autograd.core.add"]]


def test_a_rule_of_autograd_is_certified_and_a_wrong_one_of_its_is_caught(parts: Parts) -> None:
    pytest.importorskip("autograd", reason="autograd is not installed: its rules are not judged")
    outcomes = [
        parts.judging.judge(subject)
        for subject in parts.of_autograd.subjects(lambda name: name in ("numpy.arctan", "numpy.tile"))
    ]
    right, *tiles = outcomes
    assert (right.name, right.status, right.certified) == ("numpy.arctan", "holds", True)
    assert [outcome.call for outcome in tiles if outcome.status == "fails"] == ["2"]
    (candidate,) = [candidate for outcome in tiles for candidate in outcome.candidates]
    finding = parts.reviewed.finding_of(candidate)
    assert finding.kind == parts.reviewed.RULE
    assert parts.reviewing.see([finding])[finding].says == "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]"


def test_custom_rules_of_jax_are_found_by_inspection(parts: Parts) -> None:
    names = parts.of_jax.custom_rules()
    assert {"jax._src.nn.functions.relu", "jax._src.scipy.special.logit"} <= set(names)


def test_a_rule_of_jax_holds_with_its_convention(parts: Parts) -> None:
    (relu,) = parts.of_jax.subjects(lambda name: name == "jax.nn.relu")
    with importlib.import_module("jax").enable_x64(True):
        outcome = parts.judging.judge(relu)
    assert (outcome.status, outcome.certified, outcome.candidates) == ("holds", True, ())
    assert outcome.kinks == ("at 0: 0, the smaller of 0 and 1",)


def test_elementwise_functions_of_torch_are_found_by_calling_them(parts: Parts) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: its functions are not called")
    assert parts.of_torch.probed(torch.tanh)
    assert parts.of_torch.probed(torch.cumsum) == ""
    assert "no derivative" in parts.of_torch.probed(torch.special.bessel_j0)


def test_a_peer_that_is_missing_is_said_and_is_no_failure() -> None:
    blocked = "import sys\nfor name in ('autograd', 'optax', 'torch'):\n    sys.modules[name] = None\n"
    code = f"{blocked}sys.argv = ['peers_rules.py', '--function', 'no_such_function']\n"
    code += f"import runpy\nsys.path.insert(0, {str(BENCHMARKS)!r})\n"
    code += f"runpy.run_path({str(BENCHMARKS / 'peers_rules.py')!r}, run_name='__main__')"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "torch: not installed, not audited" in answer.stdout
    assert "torch is left out" in answer.stderr
