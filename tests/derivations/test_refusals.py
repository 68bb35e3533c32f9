"""Everything that `gradcheck.derivation` refuses, made to fire, with what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck as gc
from gradcheck import DerivationError, EvaluationError, Reading, Reals, Sheet, Step, UsageError
from tests.derivations.planted import PRODUCT


def f(x: Any) -> Any:
    return x**2


def line(x: Any) -> Any:
    return 2 * x


STEPS = [("2x", line)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"step": STEPS}, "derivation() has no keyword step=; did you mean steps=?"),
        ({"tolerance": 1e-6}, "derivation() has no keyword tolerance=; known are steps, wrt"),
        ({}, "steps: the lines after the derivative itself are expected"),
        ({"steps": "2x"}, "steps: the lines after the derivative itself are expected"),
        ({"steps": ["2x"]}, "steps: line 1 is '2x'; (formula, function) or (formula, function, rule) is expected"),
        ({"steps": [(line, "2x")]}, "steps: line 1: a formula in LaTeX is expected first; got function"),
        ({"steps": [*STEPS, ("2x", 2.0)]}, "steps: line 2: a function of the arguments is expected second; got float"),
        ({"steps": [("f'", None)]}, "steps: only the derivative itself is given"),
        ({"steps": STEPS, "rules": "power rule"}, "rules: a list with one rule a line"),
        (
            {"steps": STEPS, "rules": {3: "power rule"}},
            "rules: there is no line 3; the lines after the derivative are 1 to 1",
        ),
        ({"steps": STEPS, "wrt": "y"}, "wrt='y' fits no argument"),
        ({"steps": STEPS, "domain": {"x": (2.0, 3.0)}}, "domain: x:"),
        ({"steps": STEPS, "definitions": "f(x) = x^2"}, "definitions= would not be looked at: a function was given"),
        ({"steps": STEPS, "claim": "gradient"}, "claim= would not be looked at: a function was given"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: dict[str, Any], message: str) -> None:
    assert gc.derivation(f, (1.5,), steps=STEPS).status == "holds"
    with pytest.raises(UsageError) as caught:
        gc.derivation(f, (1.5,), **words)
    assert message in str(caught.value)


def test_arguments_are_a_tuple_and_one_of_them_is_differentiated_by() -> None:
    with pytest.raises(UsageError, match=r"args is missing: a tuple of typical arguments of f"):
        gc.derivation(f, steps=STEPS)
    with pytest.raises(UsageError, match=r"args: a tuple of arguments is expected; got float"):
        gc.derivation(f, 1.5, steps=STEPS)  # type: ignore[arg-type] # the point of the test
    with pytest.raises(UsageError, match=r"f: a function, a LaTeX display or a claim is expected; got int"):
        gc.derivation(3, (1.5,), steps=STEPS)  # type: ignore[arg-type] # the point of the test
    with pytest.raises(UsageError, match=r"wrt= is missing: .* which is one of x, y"):
        gc.derivation(lambda x, y: x * y, (1.5, 2.0), steps=[("y", lambda x, y: y)])
    with pytest.raises(UsageError, match=r"is complex: a derivation is about a derivative by real numbers"):
        gc.derivation(f, (1.5 + 1j,), steps=STEPS)


def test_functions_of_torch_are_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(UsageError, match=r"a derivation is judged on NumPy or JAX functions"):
        gc.derivation(f, (torch.tensor(1.5),), steps=STEPS)


def test_a_line_that_raises_is_named() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("weights")

    with pytest.raises(EvaluationError, match=r"raised KeyError at test_refusals.py:\d+: 'weights'"):
        gc.derivation(f, (1.5,), steps=[("2x", broken)])


@pytest.mark.parametrize(
    ("display", "message"),
    [
        ("", "the display is empty: a derivative and at least one line that it is equal to are expected"),
        (r"\[ \]", "the display is empty"),
        (r"f'(x) = \frac{2x", "the display cannot be read: "),
        (r"2 x = x + x", "no derivative is claimed"),
        (r"f'(x) = 2x, \quad g'(x) = 3", "the display holds 2 derivations"),
        (r"f'(x) = 2 x", "cannot be settled: nothing says"),
    ],
)
def test_displays_that_are_no_derivation(display: str, message: str) -> None:
    definitions = "" if display == r"f'(x) = 2 x" else "f(x) = x^2 ; g(x) = 3 x"
    with pytest.raises(DerivationError) as caught:
        gc.derivation(display, definitions=definitions if display != "2 x = x + x" else "")
    assert message in str(caught.value)


def test_displays_have_no_arguments() -> None:
    display = r"\[ f'(x) = 2x \]"
    assert gc.derivation(display, definitions="f(x) = x^2").status == "holds"
    with pytest.raises(UsageError, match=r"args: a LaTeX display has no arguments"):
        gc.derivation(display, (1.0,), definitions="f(x) = x^2")
    with pytest.raises(UsageError, match=r"wrt= would not be looked at: a LaTeX display was given"):
        gc.derivation(display, definitions="f(x) = x^2", wrt="x")


def test_sheets_without_a_derivation_or_with_several() -> None:
    sheet = PRODUCT.sheet(PRODUCT.lines)
    assert gc.derivation(sheet, claim="gradient").status == "holds"
    with pytest.raises(DerivationError, match=r"there is no claim 'hessian'; the derivations are: gradient"):
        gc.derivation(sheet, claim="hessian")
    with pytest.raises(UsageError, match=r"args=, rules= and notation= would not be looked at"):
        gc.derivation(sheet, (1.0,))
    steps = (Step("f'", None), Step("2x", line))
    sheet.claim("other", "derivation", 4, "f' = 2x", primal=f, inputs={"x": Reals()}, wrt="x", steps=steps)
    with pytest.raises(DerivationError, match=r"the sheet has 2 derivations: name one of gradient, other with claim="):
        gc.derivation(sheet)
    ways = (Step("f'", None), Step("2x", (Reading("twice", line), Reading("again", line))))
    read = Sheet("read", "read.txt", "Read in two ways")
    read.claim("slope", "derivation", 1, "f' = 2x", primal=f, inputs={"x": Reals()}, wrt="x", steps=ways)
    with pytest.raises(DerivationError, match=r"read::slope is read in 2 ways, and a report is about one"):
        gc.derivation(read)
    with pytest.raises(DerivationError, match=r"none of the 0 claims is a derivation"):
        gc.derivation(Sheet("empty", "empty.txt", "Empty"))
    plain = Sheet("plain", "plain.txt", "Plain")
    claim = plain.claim("slope", "derivative", 1, "2x", primal=f, claimed=line, inputs={"x": Reals()}, wrt="x")
    with pytest.raises(DerivationError, match=r"claim plain::slope is of kind 'derivative': a derivation has steps"):
        gc.derivation(claim)
    bare = plain.claim("bare", "derivation", 2, "f' = 2x")
    with pytest.raises(DerivationError, match=r"has no steps: nothing was transcribed"):
        gc.derivation(bare)


def test_the_domain_is_kept() -> None:
    def root(x: Any) -> Any:
        return np.sqrt(x * x)

    steps = [("1", lambda x: 0 * x + 1)]
    assert gc.derivation(root, (2.0,), steps=steps, domain={"x": (0, 9)}).status == "holds"
    assert gc.derivation(root, (2.0,), steps=steps, assume=lambda x: x > 0).status == "holds"
    report = gc.derivation(root, (2.0,), steps=steps)
    assert report.status == "conditional"
    assert "x > 0" in report.sentence()
