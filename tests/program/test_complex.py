"""NumPy code of complex numbers: traced to what it computes, and differentiated by all oracles alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.expressions import Derivative, Value
from gradcheck.numbers.balls import midpoints, precision
from gradcheck.numbers.floats import Floats
from gradcheck.numbers.interpreter import run
from gradcheck.oracles import autodiff, certified
from gradcheck.program.program import BlackBox, Program
from gradcheck.program.trace import trace

_rng = np.random.default_rng(1)
X, Y = _rng.normal(size=4), _rng.normal(size=4)
W = _rng.normal(size=(3, 4)) + 1j * _rng.normal(size=(3, 4))


def autocorrelation(z: Any) -> Any:
    out = np.zeros_like(z)
    for k in range(len(z)):
        out[k] = z[k] * z[k - 1].conj()
    return out


def parts_written(z: Any) -> Any:
    out = np.zeros_like(z)
    out.real = z.imag
    out.imag[1:] = z.real[1:]
    out.real[0] += 1
    return out


def copy_of_a_part_written(z: Any) -> Any:
    m = z.reshape(2, 2) * 1
    m.real.ravel()[0] = 7.0  # a copy, since every other number in memory is the imaginary part
    return m


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "modulus": np.abs,
    "square of the modulus": lambda z: np.abs(z) ** 2,
    "conjugate": np.conj,
    "matrix": lambda z: W @ z + W.conj() @ z,
    "adjoint": lambda z: (W.T.conj() * z[:, None]).T,
    "vdot": lambda z: np.vdot(z, W[0]),
    "norm": np.linalg.norm,
    "powers": lambda z: z**2 + z**-1 + z**0.5,
    "wave": lambda z: np.exp(1j * z),
    "parts": lambda z: z.real * z.imag,
    "angle": np.angle,
    "loop": autocorrelation,
    "parts written": parts_written,
    "copy of a part written": copy_of_a_part_written,
    "fft": np.fft.fft,
    "rfft": lambda z: np.fft.rfft(z.real),
    "ifft": np.fft.ifft,
    "sums": lambda z: z.sum() + z.mean() + np.prod(z),
    "methods": lambda z: z.conj().T.dot(z),
    "where": lambda z: np.where(z.real > 0, z, 2j * z),
    "einsum": lambda z: np.einsum("i,j->ij", z, z.conj()),
    "solve": lambda z: np.linalg.solve(np.outer(z, z.conj()) + np.eye(4) * 2j, z),
    "elementary": lambda z: np.sqrt(z) + np.log(z) + np.tanh(z) + 1 / (1 + z),
    "inverse functions": lambda z: np.arcsin(z) + np.arctan(z),
    "scalars": lambda z: z[0].real * z[1].imag * abs(z[2]) * np.ones(3),
    "cumsum": np.cumsum,
    "equality": lambda z: np.where(z == 0, 1, z),
}


def of_parts(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """A complex function as one of the real and the imaginary part."""

    def parts(x: Any, y: Any) -> Any:
        value = function(x + 1j * y)
        return np.stack([value.real, value.imag]) if np.iscomplexobj(value) else value

    return parts


@pytest.mark.parametrize("name", FUNCTIONS)
def test_complex_code_is_traced_and_all_oracles_agree_on_its_derivative(name: str) -> None:
    function = of_parts(FUNCTIONS[name])
    program = trace(function, (X, Y))
    assert isinstance(program, Program), program.reason
    (found,) = run(program, [X, Y], Floats())
    np.testing.assert_allclose(found, function(X.copy(), Y.copy()), rtol=1e-12, atol=1e-14)
    with precision(128):
        truth = midpoints(certified.jacobian(program, [X, Y], 1))
    said = autodiff.jacobians(program, [X, Y], 1)
    for mode in (said.forward, said.reverse):
        assert mode is not None, said.reason
        assert np.all(np.abs(mode - truth) <= said.allowance + 1e-30)
    assert np.max(said.allowance) < 1e-10
    primal = Value("f", function, ("x", "y"), {"x": X, "y": Y})
    estimate = Derivative(primal, "y", "jacobian").differences({"x": X, "y": Y})
    assert np.all(np.abs(estimate.value[0].T - truth) <= estimate.error[0].T)
    assert np.max(estimate.error) < 1e-5


def test_a_derivative_without_the_conjugate_is_seen_by_all_oracles() -> None:
    right = trace(lambda x, y: np.real(np.conj(x + 1j * y) * (x + 1j * y)), (X, Y))
    wrong = trace(lambda x, y: np.real((x + 1j * y) * (x + 1j * y)), (X, Y))
    assert isinstance(right, Program)
    assert isinstance(wrong, Program)
    with precision(128):
        a, b = (midpoints(certified.jacobian(program, [X, Y], 1)) for program in (right, wrong))
    np.testing.assert_allclose(a, np.diag(2 * Y), rtol=1e-15)
    np.testing.assert_allclose(b, np.diag(-2 * Y), rtol=1e-15)


def test_the_imaginary_part_of_real_numbers_cannot_be_written() -> None:
    def function(x: Any) -> Any:
        x.imag[0] = 1.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        function(X.copy())
    found = trace(function, (X,))
    assert isinstance(found, BlackBox)
    assert "read-only" in found.reason
