"""A formula of a library makes claims that its right code passes and its wrong code fails, and bad declarations are refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradcheck.checking import check
from gradcheck.claim import ClaimError
from gradcheck.domains import Integers, Reals
from gradcheck.library.formulas import FORMS, Formula, Library, Stable, libraries


def library() -> Library:
    return Library("notes", "notes.py", "Notes")


def dense(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def dense_backward(dy: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)


def layer(on: Library, backward: Any = dense_backward, **options: Any) -> Formula:
    fields: dict[str, Any] = {
        "formula": "y = x w + b",
        "forward": dense,
        "inputs": {"x": Reals(4, 3), "w": Reals(3, 2), "b": Reals(2)},
        "printed": {"x": r"\delta w^T", "w": r"x^T \delta", "b": r"\sum_i \delta_{ij}"},
        "source": "somebody",
        "backward": backward,
    }
    return on.formula("dense", "Dense layer", **{**fields, **options})


def scalar(on: Library, **options: Any) -> Formula:
    fields: dict[str, Any] = {
        "formula": "f(x) = x^2",
        "forward": lambda x: x * x,
        "inputs": {"x": Reals()},
        "printed": "f'(x) = 2 x",
        "source": "somebody",
    }
    return on.formula("square", "Square", **{**fields, **options})


def test_a_layer_makes_a_claim_for_each_input_and_all_hold() -> None:
    made = layer(library())
    assert [claim.key for claim in made.claims] == ["notes::dense-x", "notes::dense-w", "notes::dense-b"]
    assert dict(made.cotangents)["dy"].shape == (4, 2)
    verdicts = [check(claim) for claim in made.claims]
    assert [verdict.sentence() for verdict in verdicts] == ["holds, certified, to 99 digits"] * 3


def test_only_the_wrong_one_of_its_gradients_fails() -> None:
    made = layer(library(), lambda dy, x, w, b: (dy @ w.T, 2 * x.T @ dy, dy.sum(axis=0)))
    verdicts = [check(claim) for claim in made.claims]
    assert [verdict.status for verdict in verdicts] == ["holds", "fails", "holds"]
    assert verdicts[1].diagnosis == "exactly 2 times the true value"


def test_several_results_have_a_cotangent_each() -> None:
    made = library().formula(
        "turn",
        "A turn",
        formula="(x + y, x y)",
        forward=lambda x, y: (x + y, x * y),
        inputs={"x": Reals(2), "y": Reals(2)},
        printed={"x": r"s + p y", "y": r"s + p x"},
        backward=lambda s, p, x, y: (s + p * y, s + p * x),
        cotangents={"s": Reals(2), "p": Reals(2)},
        source="somebody",
    )
    assert [check(claim).status for claim in made.claims] == ["holds", "holds"]
    wrong = library().formula(
        "turn",
        "A turn",
        formula="(x + y, x y)",
        forward=lambda x, y: (x + y, x * y),
        inputs={"x": Reals(2), "y": Reals(2)},
        printed={"x": r"s + p x", "y": r"s + p y"},
        backward=lambda s, p, x, y: (s + p * x, s + p * y),
        cotangents={"s": Reals(2), "p": Reals(2)},
        source="somebody",
    )
    assert [check(claim).status for claim in wrong.claims] == ["fails", "fails"]


def steps(x: Any, w: Any) -> Any:
    y = np.zeros(3)
    y[:2] += x * w
    y[1:] += x
    return y


def steps_backward(dy: Any, x: Any, w: Any) -> tuple[Any, ...]:
    dx = np.zeros(2)
    dx += dy[:2] * w
    dx += dy[1:]
    return dx, (dy[:2] * x).sum()


def test_code_that_fills_arrays_is_certified() -> None:
    fields: dict[str, Any] = {
        "formula": "y",
        "inputs": {"x": Reals(2), "w": Reals()},
        "printed": {"x": "dx", "w": "dw"},
        "source": "somebody",
    }
    made = library().formula("steps", "Steps", forward=steps, backward=steps_backward, **fields)
    assert [check(claim).sentence() for claim in made.claims] == ["holds, certified, to 99 digits"] * 2
    wrong = library().formula(
        "steps", "Steps", forward=steps, backward=lambda dy, x, w: steps_backward(-dy, x, w), **fields
    )
    assert [check(claim).diagnosis for claim in wrong.claims] == [
        "the sign is wrong: exactly −1 times the true value"
    ] * 2


def test_integer_inputs_are_not_differentiated() -> None:
    made = library().formula(
        "pick",
        "Picking",
        formula="x_k",
        forward=lambda x, k: np.stack([x[k[0]], x[k[1]]]),
        inputs={"x": Reals(3), "k": Integers(2, low=0, high=2)},
        printed=r"\delta",
        backward=lambda dy, x, k: sum(dy[i] * np.eye(3)[k[i]] for i in range(2)),
        source="somebody",
    )
    (claim,) = made.claims
    assert (claim.name, claim.wrt, check(claim).status) == ("pick", "x", "holds")


def test_the_stable_form_is_claimed_to_be_the_same() -> None:
    right = scalar(library(), derivative=lambda x: 2 * x, stable=Stable("squares", lambda x: x**2, lambda x: x + x))
    assert [claim.name for claim in right.claims] == ["square", "square-stable", "square-stably"]
    assert [check(claim).status for claim in right.claims] == ["holds"] * 3
    wrong = scalar(library(), derivative=lambda x: 2 * x, stable=Stable("squares", lambda x: x**3, lambda x: 3 * x))
    assert [check(claim).status for claim in wrong.claims] == ["holds", "fails", "fails"]


def test_a_formula_is_found_on_the_line_that_declares_it_and_cites_its_source() -> None:
    from reference.library import activations

    relu = activations.LIBRARY.formulas[0]
    (claim,) = relu.claims
    lines = Path(str(activations.__file__)).read_text(encoding="utf-8").splitlines()
    assert claim.source.origin == "cited"
    assert lines[claim.source.line - 1].startswith("LIBRARY.formula(")
    assert claim.notes.startswith("Source: V. Nair and G. Hinton") and "At 0 the slopes are 0 and 1" in claim.notes


def test_the_libraries_of_modules_are_found_once_each() -> None:
    first, second = library(), library()
    modules = [SimpleNamespace(one=first, again=first), SimpleNamespace(one=first, other=second)]
    assert libraries(modules) == [first, second]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, f"formula notes::square: exactly one of {', '.join(FORMS)} is given, and there is none"),
        (
            {"derivative": np.sin, "gradient": np.sin},
            f"formula notes::square: exactly one of {', '.join(FORMS)} is given, and there is derivative, gradient",
        ),
        (
            {"derivative": np.sin, "printed": {"y": "2 y"}},
            "formula notes::square: printed= names 'y', which is none of the inputs x",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError) as caught:
        scalar(library(), **options)
    assert str(caught.value) == message


def test_one_text_for_several_inputs_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"printed= is one text, and may mean any of x, w, b: name the inputs"):
        layer(library(), printed=r"\delta w^T")
