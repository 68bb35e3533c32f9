"""The right derivative of a claim, in its own notation: written, and held against the oracles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, reject, settings
from sympy.core.cache import clear_cache

from gradcheck.checking import check
from gradcheck.claim import Claim, Generic, Source
from gradcheck.domains import Reals, Space
from gradcheck.latex import tree
from gradcheck.symbolic import NotSymbolic, checked, derivative, in_symbols
from gradcheck.symbolic.claims import corrected
from gradcheck.symbolic.evaluating import evaluated
from tests.symbolic.formulas import FORMULAS

VECTOR = {"x": Reals(3)}
POSITIVE = {"x": Reals(low=0)}


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def wrong(*arrays: Any) -> Any:
    return 7 + 0 * arrays[0]


def claim(
    primal: Callable[..., Any],
    formula: str = "",
    inputs: dict[str, Space] | None = None,
    kind: Any = "derivative",
    wrt: str = "x",
    **fields: Any,
) -> Claim:
    return Claim(
        "planted", kind, Source("test", 1, formula, "reconstructed"), primal, wrong, inputs or VECTOR, wrt, **fields
    )


def elu(x: Any, alpha: Any) -> Any:
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))


WRITTEN = {
    "sigmoid": (claim(sigmoid, r"\sigma'(x) = \sigma(x)"), r"\sigma(x) \left(1 - \sigma(x)\right)"),
    "sigmoid by exponentials": (claim(sigmoid, "f'(x) = e^{-x}"), r"\frac{e^{-x}}{\left(1 + e^{-x}\right)^{2}}"),
    "tanh": (claim(np.tanh), r"1 - \tanh^{2}(x)"),
    "softplus": (claim(jax.nn.softplus), r"\sigma(x)"),
    "softplus by hand": (claim(lambda x: np.log(1 + np.exp(x))), r"\frac{1}{1 + e^{-x}}"),
    "ELU": (
        claim(elu, inputs={"x": Reals(3), "alpha": Reals()}),
        r"\begin{cases} 1 & x > 0 \\ \alpha e^{x} & x \leq 0 \end{cases}",
    ),
    "ELU of JAX": (claim(jax.nn.elu), r"\begin{cases} 1 & x > 0 \\ e^{x} & x \leq 0 \end{cases}"),
    "ReLU": (claim(lambda x: np.maximum(x, 0)), r"\begin{cases} 1 & x > 0 \\ 0 & x \leq 0 \end{cases}"),
    "leaky ReLU": (claim(jax.nn.leaky_relu), r"\begin{cases} 1 & x \geq 0 \\ 0.01 & x < 0 \end{cases}"),
    "leaky ReLU by a maximum": (
        claim(lambda x, alpha: np.maximum(x, alpha * x), inputs={"x": Reals(3), "alpha": Reals()}),
        r"\begin{cases} 1 & x > \alpha x \\ \alpha & x \leq \alpha x \end{cases}",
    ),
    "slope of PReLU": (
        claim(
            lambda x, alpha: np.maximum(x, 0) + alpha * np.minimum(x, 0),
            inputs={"x": Reals(), "alpha": Reals()},
            wrt="alpha",
        ),
        r"\min(0, x)",
    ),
    "SiLU": (claim(jax.nn.silu), r"\sigma(x) \left(1 + x - x \sigma(x)\right)"),
    "GELU": (
        claim(lambda x: jax.nn.gelu(x, approximate=False)),
        (
            r"\frac{1}{2} \left(1 + \sqrt{\frac{2}{\pi}} x e^{-\frac{x^{2}}{2}} "
            r"+ \operatorname{erf}\left(\frac{x}{\sqrt{2}}\right)\right)"
        ),
    ),
    "hard tanh": (
        claim(jax.nn.hard_tanh),
        r"\begin{cases} 1 & -1 \leq x \leq 1 \\ 0 & \text{otherwise} \end{cases}",
    ),
    "softsign": (claim(lambda x: x / (1 + np.abs(x))), r"\frac{1}{\left(1 + \left|x\right|\right)^{2}}"),
    "modulus": (claim(np.abs), r"\operatorname{sign}(x)"),
    "x^x": (claim(lambda x: x**x, inputs=POSITIVE), r"x^{x} \left(1 + \log(x)\right)"),
    "logit": (
        claim(lambda p: np.log(p / (1 - p)), inputs={"p": Reals(low=0, high=1)}, wrt="p"),
        r"\frac{1}{p \left(1 - p\right)}",
    ),
    "cross-entropy of a logit": (
        claim(
            lambda z, y: -(y * np.log(sigmoid(z)) + (1 - y) * np.log(1 - sigmoid(z))),
            r"\frac{\partial L}{\partial z} = \sigma(z) + y",
            {"z": Reals(), "y": Reals()},
            wrt="z",
        ),
        r"\sigma(z) - y",
    ),
    "Jacobian": (claim(np.tanh, kind="jacobian"), r"\operatorname{diag}\left(1 - \tanh^{2}(x)\right)"),
    "Jacobian of a number by a number": (claim(np.tanh, inputs={"x": Reals()}, kind="jacobian"), r"1 - \tanh^{2}(x)"),
    "pullback": (
        claim(lambda x: np.maximum(x, 0), kind="vjp"),
        r"v \odot \left(\begin{cases} 1 & x > 0 \\ 0 & x \leq 0 \end{cases}\right)",
    ),
    "numbered names": (
        claim(lambda w1, x: np.tanh(w1 * x), inputs={"w1": Reals(), "x": Reals()}, wrt="w1"),
        r"x \left(1 - \tanh^{2}\left(w_{1} x\right)\right)",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_written(name: str) -> None:
    asked, expected = WRITTEN[name]
    assert in_symbols(asked).latex == expected
    found = checked(asked)
    assert found is not None
    written, verdict = found
    assert written.latex == expected
    assert (verdict.status, verdict.certified) == ("holds", True)


def test_a_wrong_formula_is_not_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradcheck.symbolic.functions import Logistic

    asked = claim(jax.nn.silu)
    assert checked(asked) is not None
    clear_cache()
    monkeypatch.setattr(Logistic, "fdiff", lambda self, argindex=1: self * (1 + self))
    planted = in_symbols(asked)
    verdict = check(corrected(asked, planted))
    assert verdict.status == "fails"
    assert verdict.counterexample is not None
    assert checked(asked) is None
    clear_cache()


def test_left_side_and_source_of_the_correction() -> None:
    asked = claim(sigmoid, r"\sigma'(x) = \sigma(x)")
    found = checked(asked)
    assert found is not None
    source = found[1].claim.source
    assert source.formula == r"\sigma'(x) = \sigma(x) \left(1 - \sigma(x)\right)"
    assert source.origin == "correction"
    assert found[1].claim.corrects == "planted"


def test_a_kink_is_told() -> None:
    written = in_symbols(claim(lambda x: np.maximum(x, 0)))
    assert written.notes == (
        (
            r"At \(x = 0\) the one-sided derivatives are from the left \(0\), from the right \(1\): it is not differentiable "
            "there, and any number between is a convention."
        ),
    )
    assert in_symbols(claim(np.tanh)).notes == ()


REFUSED = {
    "coupled": (claim(np.cumsum), "depends on other entries than its own"),
    "constant of floats": (
        claim(lambda x: x / 0.7345678912345678),
        "was computed in floats: its exact value is not known",
    ),
    "no symbol": (claim(jax.scipy.special.gammaln, inputs=POSITIVE), "the operation lgamma has no symbol"),
    "black box": (claim(lambda x: np.array([float(str(v)) for v in x])), "could not be traced"),
    "loop": (claim(lambda x: jax.lax.fori_loop(0, 3, lambda i, y: y * x, x)), "the control flow scan has no symbol"),
    "too many entries": (claim(np.tanh, inputs={"x": Reals(30)}), "at most 24 are worked out"),
    "any function": (
        claim(lambda x, f: f(x), generics={"f": (Generic("sin", np.sin, np.cos),)}),
        "f stands for any function",
    ),
    "equality": (
        Claim("planted", "equality", Source("test", 1, "x", "reconstructed"), np.tanh, np.tanh, VECTOR),
        "a claim of kind equality is not about one derivative",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    asked, told = REFUSED[name]
    with pytest.raises(NotSymbolic, match=told):
        in_symbols(asked)
    assert derivative(asked) is None
    assert checked(asked) is None


def test_by_another_input() -> None:
    asked = claim(lambda x, t: (x - t) ** 2, inputs={"x": Reals(), "t": Reals()})
    assert in_symbols(asked).latex == r"2 \left(x - t\right)"
    assert in_symbols(asked, "t").latex == r"2 \left(t - x\right)"
    with pytest.raises(NotSymbolic, match="y is not one of the inputs x, t"):
        in_symbols(asked, "y")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(FORMULAS)
def test_any_program(expr: tree.Expr) -> None:
    """A formula run as a program and read back from it: its derivative, written, is that of the program."""
    function = evaluated(expr, ["x", "a"])
    asked = claim(lambda x, a: function(x, a) + 0 * x, inputs={"x": Reals(2), "a": Reals()})
    try:
        written = in_symbols(asked)
    except NotSymbolic:
        reject()
    verdict = check(corrected(asked, written), generic=2, special=3)
    assert verdict.status in ("holds", "undecided"), f"{written.latex}\n{verdict.sentence()}"
