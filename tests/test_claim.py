"""Every refusal of a claim, made to fire beside a claim that is accepted; and what a claim answers about itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Assumption, Claim, ClaimError, Generic, Integers, Reading, Reals, Record, Sheet, Simplex, Step
from gradcheck.claim import KINDS, STATUSES, Source, without_record

INPUTS = {"x": Reals(3), "label": Integers(low=0, high=2)}


def square(x: Any, label: Any = 0) -> Any:
    return np.sum(x * x)


def slope(x: Any, label: Any = 0) -> Any:
    return 2 * x


GOOD: dict[str, Any] = {"primal": square, "claimed": slope, "inputs": INPUTS, "wrt": "x"}
BOUND: dict[str, Any] = {"primal": np.tanh, "inputs": {"x": Reals()}, "upper": 1.0}
STEPS = (Step("f'", None), Step("2x", slope))


def claim(kind: Any = "gradient", name: str = "slope", formula: str = "2x", **fields: Any) -> Claim:
    return Sheet("tests", "none.txt", "Tests").claim(name, kind, 1, formula, **fields)


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


ACCEPTED: dict[str, Callable[[], Claim]] = {
    "gradient": lambda: claim(**GOOD),
    "bound": lambda: claim("bound", **BOUND),
    "bound of order 0 with several inputs": lambda: claim("bound", primal=square, inputs=INPUTS, order=0, lower=0),
    "derivation": lambda: claim("derivation", primal=square, inputs=INPUTS, wrt="x", steps=STEPS),
    "derivation between expressions": lambda: claim(
        "derivation", inputs=INPUTS, steps=(Step("2x", slope), Step("x + x", slope))
    ),
    "structure": lambda: claim("structure", primal=np.tanh, inputs=INPUTS, wrt="x", structure="diagonal"),
    "equality without wrt": lambda: claim("equality", **without(GOOD, "wrt")),
    "nothing but a formula": lambda: claim("equality"),
    "recorded": lambda: claim(**GOOD, recorded=Record("fails", "a factor 2")),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_can_be_judged_is_accepted(name: str) -> None:
    assert ACCEPTED[name]().key == "tests::slope"


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "kind": (lambda: claim("gradeint", **GOOD), f"kind='gradeint' is not one of {', '.join(KINDS)}"),
    "origin": (lambda: claim(**GOOD, origin="heard"), "origin='heard' is not one of printed, sentence, correction"),
    "layout": (lambda: claim(**GOOD, layout="column"), "layout='column' is not one of numerator, denominator"),
    "recorded verdict": (
        lambda: claim(**GOOD, recorded=Record("wrong", "")),  # type: ignore[arg-type] # the fault
        f"recorded verdict 'wrong' is not one of {', '.join(STATUSES)}",
    ),
    "no primal": (lambda: claim(**without(GOOD, "primal")), "primal= is missing: the function that the claim is about"),
    "no claimed": (
        lambda: claim(**without(GOOD, "claimed")),
        "claimed= is missing: the function that computes what is claimed",
    ),
    "no readings": (lambda: claim(**{**GOOD, "claimed": ()}), "claimed= is missing"),
    "no inputs": (
        lambda: claim(**without(GOOD, "inputs")),
        "inputs= is missing: a mapping from argument names to spaces",
    ),
    "no wrt": (lambda: claim(**without(GOOD, "wrt")), "wrt= is missing: one of x, label"),
    "no wrt for a structure": (
        lambda: claim("structure", primal=np.tanh, inputs=INPUTS, structure="diagonal"),
        "wrt= is missing: one of x, label",
    ),
    "wrt not an input": (lambda: claim(**{**GOOD, "wrt": "y"}), "wrt='y' is not one of the inputs x, label"),
    "integer wrt": (
        lambda: claim(**{**GOOD, "wrt": "label"}),
        "wrt='label' is integer valued: there is no derivative with respect to it",
    ),
    "unknown field": (
        lambda: claim(**GOOD, tolerance=1e-3),
        "unknown field tolerance; the fields are name, kind, source",
    ),
    "bound without bounds": (lambda: claim("bound", **without(BOUND, "upper")), "a bound needs lower=, upper= or both"),
    "bound by NaN": (lambda: claim("bound", **{**BOUND, "upper": float("nan")}), "lower= or upper= is NaN"),
    "bound of negative order": (
        lambda: claim("bound", **BOUND, order=-1),
        "order=-1 is negative; 0 bounds the function itself, 1 its derivative",
    ),
    "bound on a derivative with respect to what": (
        lambda: claim("bound", primal=square, inputs=INPUTS, lower=0),
        "wrt= is missing: one of x, label",
    ),
    "derivation without steps": (
        lambda: claim("derivation", primal=square, inputs=INPUTS, wrt="x"),
        "a derivation needs at least two steps",
    ),
    "derivation of one step": (
        lambda: claim("derivation", primal=square, inputs=INPUTS, wrt="x", steps=STEPS[:1]),
        "a derivation needs at least two steps",
    ),
    "derivation with an empty tuple of readings": (
        lambda: claim("derivation", primal=square, inputs=INPUTS, wrt="x", steps=(STEPS[0], Step("2x", ()))),
        "a step has an empty tuple of readings: give at least one, or one function",
    ),
    "derivative in the middle": (
        lambda: claim("derivation", primal=square, inputs=INPUTS, wrt="x", steps=(STEPS[1], STEPS[0])),
        "only the first step of a derivation may be the derivative itself",
    ),
    "derivation from a derivative of nothing": (
        lambda: claim("derivation", inputs=INPUTS, wrt="x", steps=STEPS),
        "its first step is the derivative itself, so primal= and wrt= are needed",
    ),
    "derivation from a derivative with respect to what": (
        lambda: claim("derivation", primal=square, inputs=INPUTS, steps=STEPS),
        "its first step is the derivative itself, so primal= and wrt= are needed",
    ),
    "structure": (
        lambda: claim("structure", primal=np.tanh, inputs=INPUTS, wrt="x", structure="sparse"),
        "structure='sparse' is not one of diagonal, symmetric, shape",
    ),
    "shape of what": (
        lambda: claim("structure", primal=np.tanh, inputs=INPUTS, wrt="x", structure="shape"),
        "structure='shape' needs claimed=, a function that returns the claimed shape",
    ),
    "readings of a structure": (
        lambda: claim(
            "structure", primal=np.tanh, inputs=INPUTS, wrt="x", structure="shape", claimed=(Reading("a", slope),)
        ),
        "a structure has no readings",
    ),
    "assumption about nothing": (
        lambda: claim(**GOOD, assumptions=(Assumption("y > 0", stated=True, spaces={"y": Reals(low=0)}),)),
        "assumption 'y > 0' names the input 'y', which does not exist",
    ),
    "assumption of another shape": (
        lambda: claim(**GOOD, assumptions=(Assumption("Σx = 1", stated=False, spaces={"x": Simplex(4)}),)),
        "assumption 'Σx = 1' gives 'x' the shape (4,), the claim says (3,)",
    ),
    "steps of a gradient": (
        lambda: claim(**GOOD, steps=STEPS),
        "steps= belongs to kind='derivation' and would not be looked at",
    ),
    "a bound on a gradient": (
        lambda: claim(**GOOD, upper=1.0),
        "upper= belongs to kind='bound' and would not be looked at",
    ),
    "a lower bound of zero": (
        lambda: claim(**GOOD, lower=0.0),
        "lower= belongs to kind='bound' and would not be looked at",
    ),
    "a structure of a gradient": (
        lambda: claim(**GOOD, structure="diagonal"),
        "structure= belongs to kind='structure' and would not be looked at",
    ),
    "a bound on what is claimed": (
        lambda: claim("bound", **BOUND, claimed=slope),
        "claimed= would not be looked at: a bound claim is about the primal or its steps",
    ),
    "a diagonal that is claimed": (
        lambda: claim("structure", primal=np.tanh, inputs=INPUTS, wrt="x", structure="diagonal", claimed=slope),
        "claimed= would not be looked at: a diagonal claim is about the primal or its steps",
    ),
    "a trait that nobody has": (
        lambda: claim(
            **GOOD,
            generics={"f": (Generic("sine", np.sin, np.cos, frozenset({"elementwise"})),)},
            assumptions=(Assumption("f is elementwise", stated=False, trait="elementwize"),),
        ),
        "assumption 'f is elementwise' asks for the trait 'elementwize', which no generic function has",
    ),
    "an input called cotangent": (
        lambda: claim("vjp", primal=np.tanh, claimed=slope, inputs={"cotangent": Reals(3)}, wrt="cotangent"),
        "the input 'cotangent' has the name of what a vjp is given besides its inputs; rename it",
    ),
    "no generic functions": (
        lambda: claim(**GOOD, generics={"f": ()}),
        "generics={'f': ...} is empty: give at least one function",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_judged_is_refused_with_the_field_and_the_remedy(fault: str) -> None:
    make, message = REFUSED[fault]
    with pytest.raises(ClaimError) as caught:
        make()
    assert str(caught.value).startswith("claim tests::slope: ")
    assert message in str(caught.value)


def test_a_name_is_taken_once_on_a_sheet() -> None:
    sheet = Sheet("tests", "none.txt", "Tests")
    first = sheet.claim("slope", "gradient", 1, "2x", **GOOD)
    with pytest.raises(ClaimError, match="claim tests::slope: a claim of this name is already on the sheet"):
        sheet.claim("slope", "gradient", 2, "2x", **GOOD)
    assert sheet.claims == [first]


def test_a_claim_that_is_refused_is_not_on_the_sheet() -> None:
    sheet = Sheet("tests", "none.txt", "Tests")
    sheet.claim("slope", "gradient", 1, "2x")
    with pytest.raises(ClaimError, match="claimed= is missing"):
        sheet.claim("other", "gradient", 1, "2x", primal=square)
    assert [known.name for known in sheet.claims] == ["slope"]


def test_a_claim_knows_where_it_comes_from() -> None:
    made = claim(**GOOD)
    assert made.source == Source("tests", 1, "2x", "printed")
    assert made.readings == (Reading("as printed", slope),)
    two = (Reading("twice", slope), Reading("once", np.asarray))
    assert claim(**{**GOOD, "claimed": two}).readings == two


def test_a_claim_of_a_sheet_knows_the_file_and_line_of_the_code_that_makes_it() -> None:
    code = "def make(sheet):\n    return sheet.claim('c', 'equality', 9, '')\n\n\n\nmade = make(Sheet('s', 's.txt', 'S'))\n"
    namespace: dict[str, Any] = {"Sheet": Sheet}
    exec(compile(code, "sheets/s.py", "exec"), namespace)  # noqa: S102 - our own text
    assert (namespace["made"].made_in, namespace["made"].made_at) == ("sheets/s.py", 6)
    assert claim(**GOOD).source.path == "" and claim(**GOOD).source.end is None


def test_a_claim_is_not_changed_after_it_is_made() -> None:
    inputs = {"x": Reals(3)}
    made = claim(**{**GOOD, "inputs": inputs})
    inputs["y"] = Reals(2)
    assert list(made.inputs) == ["x"]
    with pytest.raises(TypeError):
        made.inputs["y"] = Reals(2)  # type: ignore[index] # the fault
    with pytest.raises(AttributeError):
        made.wrt = "y"  # type: ignore[misc] # the fault


def test_without_its_record_a_claim_is_the_same_otherwise() -> None:
    made = claim(**GOOD, recorded=Record("fails", "known"))
    plain = without_record(made)
    assert plain.recorded is None
    assert plain == claim(**GOOD)


def test_a_generic_function_is_called_like_one() -> None:
    sine = Generic("sine", np.sin, np.cos, frozenset({"elementwise"}))
    assert float(sine(0.5)) == float(np.sin(0.5))
