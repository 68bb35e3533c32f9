"""Where other checkers pass a wrong derivative or refuse a right one: what this one says, and what they say.

The others are asserted where they are installed: JAX and SciPy always, torch and autograd where someone has them.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from jax.test_util import check_grads, check_jvp, check_vjp

import gradcheck as gc

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

POSITIVE = np.array([0.3, 0.5, 1.2, 2.0])


@pytest.fixture(autouse=True)
def _quiet_and_double() -> Iterator[None]:
    """JAX in float64; the others warn about the inputs that these tests are about."""
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def jax_passes(f: Function, vjp: Function, *args: Any) -> bool:
    """The answer of jax.test_util.check_vjp, with its defaults."""
    rule = vjp if len(args) > 1 else lambda g, x: (vjp(g, x),)
    try:
        check_vjp(f, lambda *x: (f(*x), lambda g: rule(g, *x)), args)
    except AssertionError:
        return False
    return True


def jax_passes_forward(f: Function, derivative: Function, x: Array) -> bool:
    """The answer of jax.test_util.check_jvp for an elementwise function, with its defaults."""
    try:
        check_jvp(f, lambda primals, tangents: (f(*primals), derivative(*primals) * tangents[0]), (x,))
    except AssertionError:
        return False
    return True


def torch_passes(f: Function, vjp: Function, *args: Array, **options: Any) -> bool:
    """The answer of torch.autograd.gradcheck, with its defaults, for a NumPy pair."""
    torch = pytest.importorskip("torch", reason="torch is not installed: its own outcome is not asserted")

    class Pair(torch.autograd.Function):  # type: ignore[misc, name-defined] # torch is optional
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.save_for_backward(*inputs)
            return torch.from_numpy(np.array(f(*(x.detach().numpy() for x in inputs))))

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            answers = vjp(cotangent.numpy(), *(x.detach().numpy() for x in ctx.saved_tensors))
            return tuple(torch.from_numpy(np.array(answer)) for answer in (answers if len(args) > 1 else (answers,)))

    inputs = [torch.from_numpy(arg.copy()).requires_grad_() for arg in args]
    return bool(torch.autograd.gradcheck(Pair.apply, inputs, raise_exception=False, **options))


def autograd_passes(f: Function, vjp: Function, *args: Array) -> bool:
    """The answer of autograd.test_util.check_grads of a primitive, with its defaults."""
    extend = pytest.importorskip("autograd.extend", reason="autograd is not installed: its own outcome is not asserted")
    check = importlib.import_module("autograd.test_util").check_grads

    np.random.seed(0)  # noqa: NPY002 it draws from the global generator
    function = extend.primitive(f)
    rules = [lambda ans, *x, k=k: lambda g: vjp(g, *x)[k] if len(args) > 1 else vjp(g, *x) for k in range(len(args))]
    extend.defvjp(function, *rules)
    try:
        check(function, tuple(range(len(args))), modes=["rev"], order=1)(*args)
    except AssertionError:
        return False
    return True


def caught(verdict: gc.Verdict) -> bool:
    """Whether the verdict stops a build and says what is wrong."""
    return verdict.status in ("fails", "conditional") and bool(verdict.counterexample)


# An exponential linear unit whose derivative is expm1 below 0, from positive inputs.


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(x))


def elu_vjp(g: Array, x: Array) -> Array:
    return g * np.where(x > 0, 1.0, np.expm1(x))


def test_a_branch_that_the_arguments_do_not_take() -> None:
    verdict = gc.check(elu, (POSITIVE,), vjp=elu_vjp)
    assert caught(verdict)
    assert "x ≤ 0" in verdict.diagnosis


def test_a_branch_that_the_arguments_do_not_take_passes_in_jax_and_scipy() -> None:
    assert jax_passes(elu, elu_vjp, POSITIVE)
    assert scipy.optimize.check_grad(lambda x: elu(x).sum(), lambda x: elu_vjp(np.ones(4), x), POSITIVE) < 1e-6


def test_a_branch_that_the_arguments_do_not_take_passes_in_torch() -> None:
    assert torch_passes(elu, elu_vjp, POSITIVE)


def test_a_branch_that_the_arguments_do_not_take_passes_in_autograd() -> None:
    assert autograd_passes(elu, elu_vjp, POSITIVE)


# An error at right angles to the one direction that is looked at.


def tilted(direction: Array) -> tuple[Function, Function]:
    """x₀² + x₁² and a gradient that is off by far, though not along a direction."""
    aside = np.array([-direction[1], direction[0]]) / np.hypot(*direction)
    return lambda x: np.sum(x**2), lambda g, x: g * (2 * x + 9.0 * aside)


def test_an_error_at_right_angles_to_one_direction() -> None:
    f, vjp = tilted(np.random.RandomState(0).randn(2))  # the generator that JAX uses
    for point in (np.array([0.5, -1.0]), np.array([2.0, 3.0])):
        assert caught(gc.check(f, (point,), vjp=vjp))


def test_an_error_at_right_angles_to_its_direction_passes_in_jax_at_every_point() -> None:
    f, vjp = tilted(np.random.RandomState(0).randn(2))  # the generator that JAX uses
    assert all(jax_passes(f, vjp, point) for point in np.random.default_rng(0).normal(size=(20, 2)))


# A tolerance that grows with the number of entries.


@pytest.mark.parametrize(("n", "dtype", "factor"), [(1500, np.float32, -2.0), (1500, np.float32, 4.0)])
def test_a_wrong_factor_in_many_entries(n: int, dtype: Any, factor: float) -> None:
    x = np.random.default_rng(0).normal(size=n).astype(dtype)
    verdict = gc.check(lambda x: x**2, (x,), derivative=lambda x: x.dtype.type(factor) * x)
    assert caught(verdict)
    assert ("sign" if factor < 0 else "2 times") in verdict.diagnosis


@pytest.mark.parametrize(("n", "dtype", "factor"), [(1500, np.float32, -2.0), (1500, np.float32, 4.0)])
def test_a_wrong_factor_in_many_entries_passes_in_jax(n: int, dtype: Any, factor: float) -> None:
    x = np.random.default_rng(0).normal(size=n).astype(dtype)
    assert jax_passes_forward(lambda x: x**2, lambda x: x.dtype.type(factor) * x, x)


# NaN against NaN.


def undefined(x: Array) -> Array:
    return np.sqrt(-1 - x**2)


def test_nan_against_nan_is_no_agreement() -> None:
    verdict = gc.check(undefined, (POSITIVE,), derivative=lambda x: np.full_like(x, np.nan))
    assert verdict.status == "undecided"
    assert "finite" in verdict.reason


def test_nan_against_nan_passes_in_jax() -> None:
    assert jax_passes(undefined, lambda g, x: np.full_like(x, np.nan), POSITIVE)


def test_nan_is_caught_by_no_comparison_with_what_scipy_returns() -> None:
    error = scipy.optimize.check_grad(lambda x: float(undefined(x).sum()), lambda x: np.zeros_like(x), POSITIVE)
    assert np.isnan(error)  # neither > 1e-6 nor < 1e-6


def test_a_nan_gradient_of_a_finite_function() -> None:
    verdict = gc.check(np.exp, (POSITIVE,), derivative=lambda x: np.where(x > 1, np.nan, np.exp(x)))
    assert caught(verdict)
    assert "no finite value is claimed" in verdict.diagnosis


# One entry of many.


def identity(x: Array) -> Array:
    return x + 0.0


def forgetful(g: Array, x: Array) -> Array:
    return g * (np.arange(g.size) != 7)


def test_one_entry_of_a_thousand() -> None:
    verdict = gc.check(identity, (np.random.default_rng(0).normal(size=1000),), vjp=forgetful)
    assert caught(verdict)
    assert verdict.counterexample is not None
    assert [entry.index for entry in verdict.counterexample.entries if entry.wrong] == [(7,)]


def test_one_entry_of_a_thousand_passes_in_torchs_fast_mode() -> None:
    x = np.random.default_rng(0).normal(size=1000)
    assert torch_passes(identity, forgetful, x, fast_mode=True)
    assert not torch_passes(identity, forgetful, x)


def one_of_many(x: Array) -> Array:
    return np.where(np.arange(x.size) == 76_543, 3 * x, 2 * x)


@pytest.mark.parametrize("size", [10**5, 10**6])
def test_one_entry_of_very_many(size: int) -> None:
    x = np.linspace(0.5, 1.5, size)
    assert gc.check(lambda x: np.sum(x**2), (x,), gradient=lambda x: 2 * x, points=0).status == "holds"
    verdict = gc.check(lambda x: np.sum(x**2), (x,), gradient=one_of_many, points=0)
    assert caught(verdict)
    assert verdict.counterexample is not None
    assert verdict.counterexample.worst.index == (76_543,)


def test_one_entry_of_a_hundred_thousand_passes_in_torchs_fast_mode() -> None:
    x = np.linspace(0.5, 1.5, 10**5)
    assert torch_passes(lambda x: np.sum(x**2), lambda g, x: g * one_of_many(x), x, fast_mode=True)


# A result that is detached from the graph.


def two_results(x: Array) -> tuple[Array, Array]:
    return 2 * x, x**3


def test_a_detached_result() -> None:
    verdict = gc.check(two_results, (POSITIVE,), vjp=lambda g, x: 2 * g[0])
    assert caught(verdict)


def test_a_detached_result_of_a_torch_function_is_named() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: its functions cannot be checked")
    verdict = gc.check(lambda x: (2 * x, (x**3).detach()), (torch.tensor(POSITIVE, requires_grad=True),))
    assert caught(verdict)
    assert any("output 1 is detached from the graph" in note for note in verdict.notes)


def test_a_detached_result_passes_in_torch() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: its own outcome is not asserted")
    x = torch.tensor(POSITIVE, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: (2 * x, (x**3).detach()), (x,))


# A leaf of size 1e8 beside one of 1.


def swamped(a: Array, b: Array) -> Array:
    return 1e8 * np.sum(a) + np.sum(b**2)


def swamped_vjp(g: Array, a: Array, b: Array) -> tuple[Array, Array]:
    return g * np.full_like(a, 1e8), g * -7 * b


LEAVES = (np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.5, -0.25]))


def test_a_small_leaf_beside_a_large_one() -> None:
    verdict = gc.check(swamped, LEAVES, vjp=swamped_vjp)
    assert {leaf.claim.wrt: leaf.status for leaf in verdict.leaves} == {"a": "holds", "b": "fails"}


def test_a_small_leaf_beside_a_large_one_passes_in_jax() -> None:
    assert jax_passes(swamped, swamped_vjp, *LEAVES)


def test_a_small_leaf_beside_a_large_one_passes_in_autograd() -> None:
    assert autograd_passes(swamped, swamped_vjp, *LEAVES)


# Functions that are small as a whole, and absolute tolerances.


def small(x: Array) -> Array:
    return 1e-8 * np.sum(x**2)


def half(g: Array, x: Array) -> Array:
    return g * 1e-8 * x


def nothing(g: Array, x: Array) -> Array:
    return np.zeros_like(x)


@pytest.mark.parametrize("vjp", [half, nothing])
def test_a_small_function(vjp: Function) -> None:
    assert caught(gc.check(small, (POSITIVE,), vjp=vjp))


@pytest.mark.parametrize("vjp", [half, nothing])
def test_a_small_function_passes_in_jax_and_scipy(vjp: Function) -> None:
    assert jax_passes(small, vjp, POSITIVE)
    assert scipy.optimize.check_grad(small, lambda x: vjp(1.0, x), POSITIVE) < 1e-6


@pytest.mark.parametrize("vjp", [half, nothing])
def test_a_small_function_passes_in_torch(vjp: Function) -> None:
    assert torch_passes(small, vjp, POSITIVE)


@pytest.mark.parametrize("vjp", [half, nothing])
def test_a_small_function_passes_in_autograd(vjp: Function) -> None:
    assert autograd_passes(small, vjp, POSITIVE)


# Inputs that hide a slip: a symmetric matrix, a batch of 1, a cotangent of ones.

SYMMETRIC = np.array([[2.0, 0.5], [0.5, -1.0]])


def dense(x: Array, w: Array) -> Array:
    return x @ w


def not_transposed(g: Array, x: Array, w: Array) -> tuple[Array, Array]:
    return g @ w, x.T @ g


def test_a_forgotten_transpose_of_a_symmetric_matrix() -> None:
    verdict = gc.check(dense, (np.array([[1.0, 2.0], [0.5, -1.0]]), SYMMETRIC), vjp=not_transposed)
    assert verdict.status == "conditional"
    assert verdict.assumption == "w is symmetric"


def test_a_forgotten_transpose_of_a_symmetric_matrix_passes_in_jax() -> None:
    assert jax_passes(dense, not_transposed, np.array([[1.0, 2.0], [0.5, -1.0]]), SYMMETRIC)


def test_a_forgotten_transpose_of_a_symmetric_matrix_passes_in_torch() -> None:
    assert torch_passes(dense, not_transposed, np.array([[1.0, 2.0], [0.5, -1.0]]), SYMMETRIC)


def mean_square(x: Array) -> Array:
    return np.mean(x**2)


def not_divided(g: Array, x: Array) -> Array:
    return 2 * g * x


def test_a_forgotten_mean_in_a_batch_of_one() -> None:
    verdict = gc.check(mean_square, (np.array([0.7]),), vjp=not_divided)
    assert verdict.status != "holds" or any("length 1" in told for told in (*verdict.survivors, *verdict.notes))


def test_a_forgotten_mean_in_a_batch_of_two() -> None:
    verdict = gc.check(mean_square, (np.array([0.7, 0.2]),), vjp=not_divided)
    assert caught(verdict)
    assert "2 times" in verdict.diagnosis


def test_a_forgotten_mean_in_a_batch_of_one_passes_in_jax() -> None:
    assert jax_passes(mean_square, not_divided, np.array([0.7]))


def test_a_forgotten_mean_in_a_batch_of_one_passes_in_torch() -> None:
    assert torch_passes(mean_square, not_divided, np.array([0.7]))


def test_a_cotangent_that_is_taken_for_ones() -> None:
    verdict = gc.check(lambda x: x**2, (POSITIVE,), vjp=lambda g, x: 2 * x)
    assert caught(verdict)


def test_a_cotangent_that_is_taken_for_ones_passes_where_the_results_are_summed() -> None:
    assert scipy.optimize.check_grad(lambda x: np.sum(x**2), lambda x: 2 * x, POSITIVE) < 1e-6


# Second order alone; a sparse Jacobian that lacks an entry.


def test_a_wrong_first_derivative_whose_own_derivative_is_right() -> None:
    verdict = gc.check(lambda x: np.sum(x**2), (POSITIVE,), gradient=lambda x: 3 * x, order=2)
    assert caught(verdict)
    assert "3/2 times" in verdict.diagnosis


def test_a_wrong_first_derivative_passes_in_torchs_gradgradcheck() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: its own outcome is not asserted")

    class Square(torch.autograd.Function):  # type: ignore[misc, name-defined] # torch is optional
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 3 * g * ctx.saved_tensors[0]

    assert torch.autograd.gradgradcheck(Square.apply, torch.tensor(POSITIVE, requires_grad=True))


def apart(x: Array) -> Array:
    return np.stack([x[0] ** 2, x[1] ** 2, x[2]])


def lacking(x: Array) -> Any:
    return scipy.sparse.csr_matrix(np.diag([2 * float(x[0]), 0.0, 1.0]))


def test_an_entry_that_a_sparse_jacobian_lacks() -> None:
    verdict = gc.check(apart, (POSITIVE[:3],), jacobian=lacking)
    assert caught(verdict)
    assert verdict.counterexample is not None
    assert verdict.counterexample.worst.index == (1, 1)


def test_an_entry_that_a_sparse_jacobian_lacks_passes_in_scipy() -> None:
    from scipy.optimize._numdiff import check_derivative

    assert check_derivative(apart, lacking, POSITIVE[:3]) < 1e-6
    assert check_derivative(apart, lambda x: lacking(x).toarray(), POSITIVE[:3]) > 0.4


# What others say of several wrong arguments, and of one wrong entry among many.


def test_every_wrong_argument_is_named() -> None:
    verdict = gc.check(lambda a, b: a * b, LEAVES, vjp=lambda g, a, b: (2 * g * b, 3 * g * a))
    assert [leaf.status for leaf in verdict.leaves] == ["fails", "fails"]


def test_torch_names_the_first_wrong_argument_only() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: its own outcome is not asserted")

    class Product(torch.autograd.Function):  # type: ignore[misc, name-defined] # torch is optional
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            a, b = ctx.saved_tensors
            return 2 * g * b, 3 * g * a

    refused = importlib.import_module("torch.autograd.gradcheck").GradcheckError

    with pytest.raises(refused) as told:
        torch.autograd.gradcheck(Product.apply, [torch.tensor(leaf, requires_grad=True) for leaf in LEAVES])
    assert "input 0" in str(told.value)
    assert "input 1" not in str(told.value)


def hundred(x: Array) -> Array:
    return np.eye(100) + 0.01 * (np.arange(10_000) == 707).reshape(100, 100) + 0 * x[:, None]


def test_one_wrong_entry_of_a_large_jacobian_is_named() -> None:
    verdict = gc.check(identity, (np.linspace(-1, 1, 100),), jacobian=hundred)
    assert verdict.counterexample is not None
    assert verdict.counterexample.worst.index == (7, 7)
    assert "[7, 7]" in str(verdict)


# False alarms: kinks with a permitted subgradient.


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu_vjp(g: Array, x: Array) -> Array:
    return g * (x > 0)


AT_THE_KINK = np.array([-1.0, 0.0, 2.0])


def test_relu_at_its_kink_holds() -> None:
    assert gc.check(relu, (AT_THE_KINK,), vjp=relu_vjp).status == "holds"


def test_relu_at_its_kink_is_refused_by_jax() -> None:
    assert not jax_passes(relu, relu_vjp, AT_THE_KINK)


def test_relu_at_its_kink_is_refused_by_torch() -> None:
    assert not torch_passes(relu, relu_vjp, AT_THE_KINK)


# Dtypes, sizes, frequencies and borders.


def test_a_right_derivative_in_float32_holds() -> None:
    verdict = gc.check(np.sin, (POSITIVE.astype(np.float32),), derivative=np.cos)
    assert verdict.status == "holds"


def test_a_right_derivative_in_float32_is_refused_by_torch() -> None:
    assert not torch_passes(np.sin, lambda g, x: g * np.cos(x), POSITIVE.astype(np.float32))


@pytest.mark.parametrize(
    ("f", "derivative", "x"),
    [
        (lambda x: 2 * x, lambda x: np.full_like(x, 2.0), np.array([1e11])),
        (np.sqrt, lambda x: 0.5 / np.sqrt(x), np.array([1e-8])),
    ],
    ids=["large inputs", "next to a border"],
)
def test_a_step_that_does_not_fit(f: Function, derivative: Function, x: Array) -> None:
    assert gc.check(f, (x,), derivative=derivative).status == "holds"
    assert not jax_passes(f, lambda g, x: g * derivative(x), x)


@pytest.mark.parametrize(
    ("f", "derivative", "x"),
    [
        (lambda x: 2 * x, lambda x: np.full_like(x, 2.0), np.array([1e11])),
        (np.sqrt, lambda x: 0.5 / np.sqrt(x), np.array([1e-8])),
    ],
    ids=["large inputs", "next to a border"],
)
def test_a_step_that_does_not_fit_is_an_alarm_in_torch(f: Function, derivative: Function, x: Array) -> None:
    assert not torch_passes(f, lambda g, x: g * derivative(x), x)


def wave(x: Array) -> Array:
    return 1e6 * np.sin(1e3 * x)


def test_a_fast_wave_holds() -> None:
    assert gc.check(wave, (POSITIVE,), derivative=lambda x: 1e9 * np.cos(1e3 * x)).status == "holds"


def test_a_fast_wave_is_refused_by_jax() -> None:
    assert not jax_passes(wave, lambda g, x: g * 1e9 * np.cos(1e3 * x), POSITIVE)


# Programs that others cannot take.


def test_a_custom_vjp_is_checked_in_reverse_mode_only() -> None:
    @jax.custom_vjp
    def square(x: Any) -> Any:
        return x**2

    square.defvjp(lambda x: (x**2, x), lambda x, g: (2 * g * x,))
    assert gc.check(square, (POSITIVE,)).status == "holds"
    with pytest.raises(TypeError):
        check_grads(square, (POSITIVE,), order=1)


def test_an_integer_leaf_is_no_obstacle() -> None:
    def power(x: Any, n: Any) -> Any:
        return x ** jnp.asarray(n, float)

    assert gc.check(power, (POSITIVE, np.array([1, 2, 3, 2]))).status == "holds"
    with pytest.raises(TypeError):
        check_grads(power, (POSITIVE, np.array([1, 2, 3, 2])), order=1, modes=["rev"])


# Randomness is not a wrong gradient.


def dropout(x: Array) -> Array:
    return x * (np.random.default_rng().uniform(size=x.shape) > 0.5)


def test_randomness_is_named_as_such() -> None:
    verdict = gc.check(dropout, (np.linspace(1, 2, 50),), vjp=lambda g, x: g + 0.0)
    assert verdict.status == "undecided"
    assert "f is random" in verdict.reason


def test_randomness_is_a_mismatch_in_torch() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed: its own outcome is not asserted")
    x = torch.linspace(1, 2, 50, dtype=torch.float64, requires_grad=True)
    refused = importlib.import_module("torch.autograd.gradcheck").GradcheckError

    torch.manual_seed(0)
    with pytest.raises(refused, match="Jacobian mismatch"):
        torch.autograd.gradcheck(torch.nn.functional.dropout, (x,))


# A tie that autograd shares, and autograd's refusal of the other permitted answer.


def test_both_permitted_answers_at_a_tie_hold() -> None:
    tie = (np.array([1.0, 0.5]), np.array([1.0, 2.0]))
    first = gc.check(np.maximum, tie, vjp=lambda g, a, b: (g * (a >= b), g * (a < b)))
    halves = gc.check(
        np.maximum, tie, vjp=lambda g, a, b: (g * np.where(a == b, 0.5, a > b), g * np.where(a == b, 0.5, b > a))
    )
    assert first.status == halves.status == "holds"


def test_the_answer_of_one_side_at_a_tie_is_refused_by_autograd() -> None:
    tie = (np.array([1.0, 0.5]), np.array([1.0, 2.0]))
    assert not autograd_passes(np.maximum, lambda g, a, b: (g * (a >= b), g * (a < b)), *tie)
