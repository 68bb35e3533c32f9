"""Complex numbers as pairs: every row against FLINT's complex balls, every function against XLA and JAX's derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import acb, arb

from gradcheck.numbers import complex_pairs
from gradcheck.numbers.balls import Balls, from_floats, midpoints, precision
from gradcheck.numbers.complex_pairs import Pair, Pairs
from gradcheck.numbers.complex_rules import COMPOSED, PARTS, REAL, Parts, a, b, c, cos, d, exp, sin
from gradcheck.numbers.interpreter import run
from gradcheck.numbers.system import NoRuleError
from gradcheck.oracles import certified
from tests.numbers.comparator import check, traced

Array = np.ndarray[Any, np.dtype[Any]]

_rng = np.random.default_rng(5)
X, Y = _rng.normal(size=4), _rng.normal(size=4)
EXACT: dict[str, Callable[..., Any]] = {
    "neg": lambda z: -z,
    "conj": lambda z: z.conjugate(),
    "add": lambda z, w: z + w,
    "sub": lambda z, w: z - w,
    "mul": lambda z, w: z * w,
    "div": lambda z, w: z / w,
    "square": lambda z: z * z,
    "pow": lambda z, w: z**w,
    "exp2": lambda z: acb(2) ** z,
    "log1p": lambda z: (1 + z).log(),
    "logistic": lambda z: 1 / (1 + (-z).exp()),
    "abs": lambda z: acb(abs(z)),
    "real": lambda z: acb(z.real),
    "imag": lambda z: acb(z.imag),
    "sign": lambda z: z / abs(z),
    **{name: lambda z, name=name: getattr(z, name)() for name in ("exp", "expm1", "log", "sqrt", "rsqrt")},
    **{name: lambda z, name=name: getattr(z, name)() for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: lambda z, name=name: getattr(z, name)() for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
}
QUADRANTS = [complex(0.7, 1.2), complex(-0.8, 0.6), complex(-1.3, -0.4), complex(0.3, -2.1), complex(2.5, 0.1)]


def row_fault(name: str) -> str:
    """What is wrong with a function of the tables in any quadrant, by FLINT's complex balls; empty if nothing is."""
    for number in QUADRANTS:
        with precision(160):
            system = Pairs(Balls())
            pairs = [system.constant(np.asarray(z)) for z in (number, complex(number.imag, -number.real))]
            operands = pairs[: 2 if name in ("add", "sub", "mul", "div", "pow") else 1]
            found = system.apply(name, {}, operands)
            truth = EXACT[name](*(acb(pair.real[()], pair.imag[()]) for pair in operands))
            parts = (found.real, found.imag) if isinstance(found, Pair) else (found, from_floats(np.zeros(())))
            for part, ball, exact in zip(("real", "imaginary"), parts, (truth.real, truth.imag), strict=True):
                if not ball[()].overlaps(exact) or float(ball[()].rad()) > 1e-30:
                    return f"the {part} part of {name}({number}) is {ball[()]} by the row, and {exact} by FLINT"
    return ""


def test_every_function_of_the_tables_has_an_exact_counterpart() -> None:
    assert set(EXACT) == {*PARTS, *REAL, *COMPOSED}


@pytest.mark.parametrize("name", EXACT)
def test_rows_agree_with_flint_in_every_quadrant(name: str) -> None:
    assert row_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "wrong", "part"),
    [
        ("mul", Parts(a * c + b * d, a * d + b * c, ""), "real"),
        ("mul", Parts(a * c - b * d, a * d - b * c, ""), "imaginary"),
        ("conj", Parts(1 * a, 1 * b, ""), "imaginary"),
        ("exp", Parts(exp(a) * sin(b), exp(a) * cos(b), ""), "real"),
    ],
)
def test_a_planted_row_is_caught(name: str, wrong: Parts, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(complex_pairs._RULES, name, complex_pairs.by_parts(wrong))  # type: ignore[arg-type] # a dict
    assert row_fault(name).startswith(f"the {part} part of {name}((")
    right = Parts(exp(a) * cos(b), exp(a) * sin(b), "")
    monkeypatch.setitem(complex_pairs._RULES, "exp", complex_pairs.by_parts(right))  # type: ignore[arg-type] # as above
    assert row_fault("exp") == ""


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    **{
        name: getattr(jnp, name)
        for name in (
            *("negative", "conj", "exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "angle"),
            *("square", "reciprocal", "expm1", "log1p", "arcsin", "arccos", "arctan", "arcsinh", "arctanh", "exp2"),
            *("cumsum", "cumprod", "sum", "prod", "mean", "var", "isfinite", "real", "imag"),
        )
    },
    "difference with a constant": lambda z: (1 + 2j) - (2 - 1j) * z[::-1],
    "quotient": lambda z: (1 + 2j * z) / z[::-1],
    "powers": lambda z: z**3 + z**-2,
    "power of a constant": lambda z: z ** (0.3 + 0.5j),
    "power": lambda z: jnp.power(z, z[::-1]),
    "logistic": jax.nn.sigmoid,
    "equal": lambda z: jnp.where(z == z[::-1], z, 2 * z),
    "unequal": lambda z: jnp.where(z != 0, z * z, 1j),
    "choice": lambda z: jnp.where(z.real > 0, z * z, z.conj()),
    "vdot": lambda z: jnp.vdot(z, z * z * 1j),
    "norm": jnp.linalg.norm,
    "outer": lambda z: jnp.outer(z, z.conj()),
    "det": lambda z: jnp.linalg.det(jnp.outer(z, z.conj()) + np.eye(4) * (2 + 1j)),
    "solve": lambda z: jnp.linalg.solve(jnp.outer(z, z) + np.eye(4) * (2 + 1j), z),
    "cholesky": lambda z: jnp.linalg.cholesky(jnp.outer(z, z.conj()) + np.eye(4) * 2),
    "inv": lambda z: jnp.linalg.inv(jnp.outer(z, z) + np.eye(4) * 3j),
    "fft": jnp.fft.fft,
    "ifft": jnp.fft.ifft,
    "rfft": lambda z: jnp.fft.rfft(z.real * z.imag),
    "irfft": jnp.fft.irfft,
    "irfft of odd length": lambda z: jnp.fft.irfft(z, 7),
    "fft2": lambda z: jnp.fft.fft2(jnp.outer(z, z[:3])),
    "rfft2": lambda z: jnp.fft.rfft2(jnp.outer(z, z[:3]).real),
    "irfft2": lambda z: jnp.fft.irfft2(jnp.outer(z, z[:3])),
    "scan": lambda z: jax.lax.scan(lambda carry, x: (carry * x + 1j, carry - x), z[0], z)[1],
    "cond": lambda z: jax.lax.cond(z[0].real > 100, jnp.sin, jnp.cos, z),
    "at add": lambda z: z.at[np.array([0, 0, 2])].add(z[:3]),
    "take filling": lambda z: z.at[7].get(mode="fill", fill_value=2j) * z,
    "convolve": lambda z: jnp.convolve(z, z[:2]),
    "einsum": lambda z: jnp.einsum("i,j,i->j", z, z, z),
}


def of_parts(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """A complex function as one of the real and the imaginary part."""

    def parts(x: Any, y: Any) -> Any:
        value = function(jax.lax.complex(x, y))
        return (value.real, value.imag) if jnp.iscomplexobj(value) else value

    return parts


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("leaf", [0, 1])
def test_complex_functions_agree_with_xla_in_value_and_derivative(name: str, leaf: int) -> None:
    check(name, of_parts(FUNCTIONS[name]), (X, Y), leaf, relative=1e-11)


def slope_of(function: Callable[[Any], Any], x: float, y: float, leaf: int = 0) -> Array:
    """The certified derivative of the parts of a function at x + iy, in x or in y."""
    program = traced(of_parts(function), np.array(x), np.array(y))
    with precision(128):
        return certified.jacobian(program, [np.array(x), np.array(y)], leaf)[:, 0]


def test_the_derivative_of_arccosh_left_of_the_origin_is_not_what_jax_says() -> None:
    found = midpoints(slope_of(jnp.arccosh, -1.3, 0.4))
    step = 1e-6
    slope = (np.arccosh(-1.3 + step + 0.4j) - np.arccosh(-1.3 - step + 0.4j)) / (2 * step)
    np.testing.assert_allclose(found, [slope.real, slope.imag], rtol=1e-8)
    with jax.enable_x64(True):
        said = jax.grad(jnp.arccosh, holomorphic=True)(jnp.asarray(-1.3 + 0.4j))
    np.testing.assert_allclose(complex(said), -complex(*found), rtol=1e-12)


def test_the_modulus_at_zero_has_any_slope_between_minus_one_and_one() -> None:
    for leaf in (0, 1):
        (slope,) = slope_of(jnp.abs, 0.0, 0.0, leaf)
        assert slope.contains(arb(-1))
        assert slope.contains(arb(1))
        assert float(slope.abs_upper()) < 1.001
    (away,) = slope_of(jnp.abs, 3.0, 4.0)
    assert away.overlaps(arb(3) / 5)
    assert float(away.rad()) < 1e-30


def test_across_a_branch_cut_the_derivative_is_unknown_and_along_it_is_known() -> None:
    along, across = slope_of(jnp.log, -2.0, 0.0, 0), slope_of(jnp.log, -2.0, 0.0, 1)
    assert along[0].overlaps(arb(-0.5))
    assert along[1].contains(0)
    assert across[1].is_nan()
    beside = slope_of(jnp.log, -2.0, 1e-9, 1)
    assert not beside[1].is_nan()


def test_a_complex_result_or_a_function_without_a_rule_is_named() -> None:
    with precision(64):
        program = traced(lambda x: jax.lax.complex(x, x), X)
        with pytest.raises(NoRuleError, match="a complex result \\(return its real and imaginary parts\\)"):
            run(program, [X], Balls())
        program = traced(lambda x: jnp.sort(jax.lax.complex(x, x)).real, X)
        with pytest.raises(NoRuleError, match="complex numbers"):
            run(program, [X], Balls())
