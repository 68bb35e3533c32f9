"""An audit with one claim of every outcome, made by hand: what the renderings are tested on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck.audit import Audit, Problem
from gradcheck.claim import Assumption, Claim, Generic, Reading, Record, Sheet, Source, Status, Step
from gradcheck.documents.judging import Judged, Left
from gradcheck.documents.model import Place
from gradcheck.domains import Reals, Simplex
from gradcheck.verdict import (
    Branch,
    Counterexample,
    Entry,
    Evidence,
    ReadingResult,
    StepResult,
    Verdict,
)

LONG = "0.36787944117144232159552377016146086744581113103177"


def _entry(i: int, j: int, claimed: str, true: str, error: float) -> Entry:
    return Entry((i, j), claimed, true, error, wrong=error > 0)


def _elu() -> Verdict:
    sheet = Sheet("fully-connected", "000.txt", "Fully connected layers")
    claim = sheet.claim(
        "elu-jacobian",
        "jacobian",
        58,
        r"J_{i,j} &= \left\{ \begin{aligned} &1 ,& i=j,X_i > 0 \\ &0 ,& \text{otherwise.} \\ \end{aligned} \right.",
        primal=np.abs,
        claimed=np.sign,
        inputs={"X": Reals(2)},
        wrt="X",
        recorded=Record("fails", "the negative branch has derivative e^x, the text prints 0"),
    )
    entries = (
        _entry(0, 0, "0", f"{LONG} ± 3e-51", 0.367),
        _entry(0, 1, "0", "0", 0.0),
        _entry(1, 0, "0", "0", 0.0),
        _entry(1, 1, "1", "1", 0.0),
    )
    return Verdict(
        claim,
        "fails",
        certified=True,
        reason="entry [0, 0] is 0 where the derivative is 0.36787944",
        evidence=(
            Evidence("finite differences", "disagrees", "0.36787944117", "4.1e-11"),
            Evidence("autodiff", "disagrees", "0.36787944117144233", "1.1e-16"),
            Evidence("certified", "disagrees", LONG, "3e-51"),
        ),
        counterexample=Counterexample({"X": [-1.0, 0.5]}, entries),
        diagnosis="wrong only where X < 0: the diagonal entry is 0 there instead of exp(X)",
        branches=(Branch("X > 0", 31, 29, 4),),
        points=32,
        kinks=4,
        notes=("At X = 0 both one-sided derivatives are 1: no kink for this parameter.",),
    )


def _elu_corrected() -> Verdict:
    claim = Sheet("fully-connected", "000.txt", "").claim(
        "elu-jacobian-corrected",
        "jacobian",
        58,
        r"J_{i,j} = \begin{cases} 1, & i=j, X_i > 0 \\ e^{X_i}, & i=j, X_i \le 0 \\ 0, & i \ne j \end{cases}",
        origin="correction",
        primal=np.abs,
        claimed=np.sign,
        inputs={"X": Reals(2)},
        wrt="X",
        corrects="elu-jacobian",
    )
    return Verdict(claim, "holds", certified=True, digits=48, points=32)


def _softmax() -> Verdict:
    claim = Sheet("fully-connected", "000.txt", "").claim(
        "softmax-jacobian",
        "jacobian",
        45,
        r"J_{i,j} = \left\{ \begin{aligned} &\frac{e^{X_i}\sum - (e^{X_i})^2}{(\sum)^2} &, i=j \\ "
        r"&\frac{-e^{X_i}e^{X_j}}{(\sum)^2} &, i \ne j \end{aligned} \right.",
        primal=np.exp,
        claimed=np.exp,
        inputs={"X": Reals(3)},
        wrt="X",
    )
    return Verdict(
        claim,
        "holds",
        certified=True,
        digits=55,
        evidence=(
            Evidence("finite differences", "agrees", "0.2350037122", "2e-10"),
            Evidence("autodiff", "agrees", "0.23500371220159449", "5.6e-17"),
            Evidence("certified", "agrees", "0.235003712201594489069302695021", "1e-55"),
        ),
        sample=Counterexample({"X": [0.5, 1.0, -2.0]}, (_entry(0, 0, "0.2350037122", "0.2350037122", 0.0),)),
        points=24,
    )


def _cross_entropy() -> Verdict:
    claim = Sheet("fully-connected", "000.txt", "").claim(
        "cross-entropy-softmax",
        "gradient",
        72,
        r"\frac{\partial L}{\partial \hat Y} J_{\operatorname{Softmax}}=(Y - \hat Y)^T",
        primal=np.sum,
        claimed=np.negative,
        inputs={"X": Reals(3), "Y": Simplex(3)},
        wrt="X",
        assumptions=(Assumption(r"the targets sum to 1", stated=True),),
        recorded=Record("fails", "the sign is reversed"),
    )
    return Verdict(
        claim,
        "fails",
        certified=True,
        evidence=(
            Evidence("finite differences", "disagrees", "-0.16666666", "3e-10"),
            Evidence("autodiff", "disagrees", "-0.16666666666666669", "5e-17"),
            Evidence("certified", "disagrees", "-0.16666666666666666666666666667", "4e-30"),
        ),
        counterexample=Counterexample(
            {"X": [0.0, 0.0, 0.0], "Y": [0.5, 0.25, 0.25]},
            (
                Entry((0,), "0.16666666666666666", "-0.16666666666666666666666666667 ± 4e-30", 0.33, True),
                Entry((1,), "-0.08333333333333333", "0.08333333333333333333333333333 ± 2e-30", 0.17, True),
                Entry((2,), "-0.08333333333333333", "0.08333333333333333333333333333 ± 2e-30", 0.17, True),
            ),
        ),
        diagnosis="exactly −1 times the true gradient",
        points=24,
    )


def _leaky() -> Verdict:
    claim = Sheet("network-basics", "002.txt", "").claim(
        "leaky-relu-max",
        "equality",
        141,
        r"f(x)=\max (\alpha x, x)",
        primal=np.abs,
        claimed=np.abs,
        inputs={"x": Reals(), "alpha": Reals()},
        assumptions=(Assumption("0 ≤ α ≤ 1", stated=False),),
        recorded=Record("conditional", "α is not restricted by the text"),
    )
    return Verdict(
        claim,
        "conditional",
        certified=True,
        assumption="0 ≤ α ≤ 1",
        evidence=(
            Evidence("finite differences", "not applicable"),
            Evidence("autodiff", "not applicable"),
            Evidence("certified", "agrees", "-0.5", "0"),
        ),
        counterexample=Counterexample({"x": -1.0, "alpha": 2.0}, (Entry((), "-1", "-2", 1.0, True),)),
        points=40,
    )


def _hadamard() -> Verdict:
    claim = Sheet("network-basics", "002.txt", "").claim(
        "dL-dW3",
        "gradient",
        37,
        r"\dfrac{\partial L}{\partial W^{3}} = \dfrac{\partial L}{\partial y_{out}}\odot (Z^{2})^{T}",
        primal=np.sum,
        claimed=(Reading("⊙ broadcasts", np.abs), Reading("⊙ needs equal shapes", np.abs)),
        inputs={"W3": Reals(1, 2), "Z2": Reals(2, 1)},
        wrt="W3",
        recorded=Record("ambiguous", "⊙ between a scalar and a row is not defined by the text"),
    )
    return Verdict(
        claim,
        "ambiguous",
        readings=(
            ReadingResult("⊙ broadcasts", "holds", True),
            ReadingResult("⊙ needs equal shapes", "fails", False, "shape () against (1, 2)"),
        ),
        points=16,
    )


def _derivation() -> Verdict:
    formulas = (
        r"\frac{\partial E}{\partial z_{k}^L}",
        r"- \sum_{d}^K t_d (\mathbb{1}_{d=k} - \frac{1}{\sum_c e^{z_c^L}} e^{z_k^L})",
        r"\sum_d^K t_d a_k^L - \sum_d^K t_d \mathbb{1}_{d=k}",
        r"a_k^L \sum_d^K t_d - t_k",
        r"a_k^L - t_k",
    )
    claim = Sheet("three-layer-network", "001.txt", "").claim(
        "delta-derivation",
        "derivation",
        33,
        r"\begin{align*} \frac{\partial E}{\partial z_{k}^L} &= - \sum_{d}^K t_d (\mathbb{1}_{d=k} - a_k^L) \nonumber "
        r"\\ &= a_k^L \sum_d^K t_d - t_k \nonumber \\ &= a_k^L - t_k \end{align*} \tag{3}",
        primal=np.sum,
        inputs={"z": Reals(4), "t": Reals(4)},
        wrt="z",
        steps=tuple(Step(formula, None if place == 0 else np.abs) for place, formula in enumerate(formulas)),
        assumptions=(Assumption("the targets t sum to 1", stated=False),),
    )
    statuses: tuple[Status, ...] = ("holds", "holds", "holds", "holds", "conditional")
    return Verdict(
        claim,
        "conditional",
        certified=True,
        assumption="the targets t sum to 1",
        steps=tuple(
            StepResult(formula, status, "the targets t sum to 1" if status == "conditional" else "")
            for formula, status in zip(formulas, statuses, strict=True)
        ),
        counterexample=Counterexample(
            {"z": [0.0, 0.0, 0.0, 0.0], "t": [1.0, 1.0, 0.0, 0.0]},
            (Entry((0,), "-0.75", "-0.5", 0.25, True), Entry((2,), "0.25", "0.5", 0.25, True)),
        ),
        points=20,
    )


def _schematic() -> Verdict:
    claim = Sheet("fully-connected", "000.txt", "").claim(
        "jacobian-diagonal",
        "structure",
        25,
        r"the Jacobian \(J_f\) is diagonal, \(J_f(i;i) = \frac{\partial f}{\partial X^{(i)}}\)",
        origin="sentence",
        primal=np.abs,
        structure="diagonal",
        inputs={"X": Reals(3)},
        wrt="X",
        generics={"f": (Generic("tanh", np.tanh, np.tanh), Generic("softmax", np.exp, np.exp))},
    )
    return Verdict(
        claim,
        "fails",
        certified=True,
        counterexample=Counterexample(
            {"X": [0.0, 0.0, 0.0]}, (_entry(0, 1, "0", "-0.1111111111111111 ± 1e-40", 0.11),), {"f": "softmax"}
        ),
        diagnosis="off-diagonal entries are not zero for a coupled f",
        points=12,
    )


def _undecided() -> Verdict:
    claim = Sheet("feedforward-backprop", "003.txt", "").claim(
        "gelu-derivative",
        "derivative",
        40,
        r"f'(x) = \Phi(x) + x\phi(x)",
        primal=np.abs,
        claimed=np.abs,
        inputs={"x": Reals(2, low=0.0)},
        wrt="x",
    )
    return Verdict(
        claim,
        "undecided",
        reason="finite differences and autodiff disagree",
        evidence=(
            Evidence("finite differences", "agrees", "0.84", "0.3"),
            Evidence("autodiff", "disagrees", "0.91", "1e-16"),
            Evidence("certified", "abstains", reason="no ball rule for the primitive igamma"),
        ),
        points=8,
    )


def _unreadable() -> Verdict:
    claim = Sheet("three-layer-network", "001.txt", "").claim(
        "unbalanced-relu",
        "equality",
        14,
        r"max(0, z_i^{L-2}",
        recorded=Record("unreadable", "the parenthesis is never closed"),
    )
    return Verdict(claim, "unreadable", reason="nothing to run: the formula is unbalanced")


def _lost() -> Verdict:
    claim = Sheet("dnn-notation", "004.txt", "").claim("lost-picture", "equality", 12, "")
    return Verdict(claim, "unreadable", reason="the formula was a picture and is lost")


@pytest.fixture
def full_audit() -> Audit:
    """Every outcome, certified and not; a correction; a record that is met, one that is not, a problem."""
    return _make()


@pytest.fixture
def same_audit() -> Audit:
    """The same audit as ``full_audit``, made a second time."""
    return _make()


def _make() -> Audit:
    verdicts = (
        _schematic(),
        _softmax(),
        _elu(),
        _elu_corrected(),
        _cross_entropy(),
        _unreadable(),
        _derivation(),
        _hadamard(),
        _leaky(),
        _undecided(),
        _lost(),
    )
    problem = Problem(
        "network-basics::mse",
        "its check raised ValueError: operands could not be broadcast together at reference/network_basics.py:88",
        "call the function with a point of its inputs to see why",
    )
    return Audit(tuple(verdict.claim for verdict in verdicts), verdicts, (problem,), 0, ("reference",))


HOSTILE = "\x1b[31mred\x1b[0m\n::error file=x::y%0A##[error]<b>&\x00\ud800 ]]>"


def found(
    line: int, formula: str, status: Status, path: str = "notes/sigmoid.md", record: Record | None = None, **fields: Any
) -> Verdict:
    """A verdict on a formula that was found in a document, at column 5, ten characters long."""
    source = Source(path, line, formula, "printed", path, 5, (line, 15))
    return Verdict(Claim(f"{line}:5", "derivative", source, recorded=record), status, **fields)


@pytest.fixture
def located_audit() -> Audit:
    """Verdicts of every weight on formulas of a document, one formula that was not read, and a document without any."""
    wrong = Counterexample({"x": 1.0}, (Entry((), "2", "1", 1.0, True),))
    verdicts = (
        found(3, r"\sigma' = \sigma(1+\sigma)", "fails", certified=True, diagnosis="a sign", counterexample=wrong),
        found(7, r"\sin' = \cos", "holds", certified=True, digits=40),
        found(9, r"r' = 1", "conditional", assumption="r > 0"),
        found(11, r"g' = h", "undecided", reason="nothing says what g is"),
        found(13, r"u' = 2", "fails", record=Record("fails", "left as an exercise"), diagnosis="twice too large"),
        found(15, r"v' = v", "holds", record=Record("fails", "the author said so")),
    )
    read = Judged(
        "notes/sigmoid.md",
        verdicts,
        {"definition": 2, "claim": 6, "unreadable": 1},
        (Left(Place(20, 4), "unreadable", "the brace is never closed"), Left(Place(21, 1), "other", "no equation")),
        ("notes/sigmoid.md:30:1: a display is never closed",),
    )
    empty = Judged("notes/plain.txt", (), {})
    claims = tuple(verdict.claim for verdict in verdicts)
    return Audit(claims, verdicts, (), 0, ("notes",), (read, empty))
