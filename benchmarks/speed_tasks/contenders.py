"""The checkers that are timed, each as its own documentation recommends, behind one interface.

A contender is built in its own process: ``contender(name)`` imports the library, and its ``task(kind)`` prepares a task's
functions and arguments, so that ``ask`` has only the check left to do. ``ask`` returns what the checker objects to,
``""`` for a derivative that it passes.

- *torch slow* and *torch fast*: ``torch.autograd.gradcheck`` of an ``autograd.Function`` with the derivative as its backward.
- *jax*: ``jax.test_util.check_grads(order=1, modes=["rev"])`` of a ``jax.custom_vjp`` (which has no forward mode).
- *autograd*: ``autograd.test_util.check_grads(modes=["rev"], order=1)`` of a primitive with a ``defvjp``.
- *numdifftools*: ``Derivative``, ``Gradient`` or ``Jacobian``, whichever fits the form, compared by ``numpy.allclose``.
- *jacobi*: ``jacobi`` (``diagonal=True`` for elementwise functions), compared by ``numpy.allclose``.
- *scipy*: ``check_grad`` of scalar functions, passed up to 1e-4 of the gradient's norm; ``approx_fprime`` of others, compared
  by ``numpy.allclose`` with the tolerance that forward differences need. ``scipy along one direction`` is ``check_grad`` with
  ``direction="random"``, and ``scipy told the sparsity`` the difference quotient behind ``least_squares`` (not public).
- *gradcheck*: ``gradcheck.check`` at the point, with each verdict *holds*, and certified where the row says so.

All at their defaults, in double precision, in one thread.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from speed_tasks.formulas import Formula, formulas, vjp_of
from speed_tasks.large import Task

Array = np.ndarray[Any, np.dtype[Any]]
Made = Formula | Task
Ask = Callable[[], str]
FORWARD = 1e-6  # relative and absolute, by which a forward difference with SciPy's step may be off


class Contender:
    """A checker in the library that it is for: ``np`` is what its tasks compute with."""

    library = "numpy"
    package = "numpy"
    looks_at_all = True  # every entry of the Jacobian, and not a projection of it

    def __init__(self) -> None:
        self.np = importlib.import_module(self.library)
        importlib.import_module(self.package)

    def given(self, value: Array) -> Any:
        """A NumPy array as what this library computes with."""
        return value

    def prepared(self, made: Made) -> Ask:
        """The check of one derivative, with everything built but the check itself."""
        raise NotImplementedError

    def floor(self, task: Task) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """One evaluation of a task's function, and one of its derivative, in this library at its best."""
        point = self.given(task.point)
        return (lambda: task.primal(point)), (lambda: task.claim(point))


class Gradcheck(Contender):
    """Ours. ``options`` go to `gradcheck.check`; ``warm`` keeps traces from check to check.

    A claim that holds without being certified is an objection; one that need not be must state what it would have seen.
    """

    package = "gradcheck"

    def __init__(
        self, library: str = "jax.numpy", *, certified: bool = True, warm: bool = False, **options: Any
    ) -> None:
        self.library = library
        self.certified = certified
        self.options = options
        super().__init__()
        package = importlib.import_module("gradcheck")
        self.check = package.check
        self.kept = contextlib.ExitStack()
        if warm:
            self.kept.enter_context(package.traces_kept())

    def prepared(self, made: Made) -> Ask:
        """gradcheck.check at the point alone."""
        claims: dict[str, Any] = {made.form: made.claim}

        def ask() -> str:
            verdict = self.check(made.primal, (made.point,), points=0, **claims, **self.options)
            if verdict.status != "holds":
                return f"{verdict.status}: {verdict.diagnosis or verdict.reason or verdict}"
            if self.certified:
                return "" if verdict.certified else "holds, but is not certified"
            return "" if verdict.detection_limit else "holds, but states no detection limit"

        return ask

    def floor(self, task: Task) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """Compiled by JAX where the task is JAX's."""
        return _compiled(task) if self.library == "jax.numpy" else super().floor(task)


class Torch(Contender):
    """torch.autograd.gradcheck."""

    library = package = "torch"

    def __init__(self, *, fast: bool = False) -> None:
        super().__init__()
        self.fast = fast
        self.looks_at_all = not fast
        self.np.set_num_threads(1)

    def given(self, value: Array) -> Any:
        """A tensor that shares the array's memory."""
        return self.np.asarray(value)

    def prepared(self, made: Made) -> Ask:
        """gradcheck of an autograd.Function."""
        primal, pullback = made.primal, _vjp(made)

        class Function(self.np.autograd.Function):  # type: ignore[misc, name-defined] # torch is optional
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return primal(x)

            @staticmethod
            def backward(ctx: Any, cotangent: Any) -> Any:
                return pullback(cotangent, *ctx.saved_tensors)

        point = self.given(made.point).requires_grad_()
        check = self.np.autograd.gradcheck

        def ask() -> str:
            check(Function.apply, (point,), fast_mode=self.fast)
            return ""

        return ask


class Jax(Contender):
    """jax.test_util.check_grads."""

    library, package = "jax.numpy", "jax"
    looks_at_all = False

    def __init__(self) -> None:
        super().__init__()
        self.jax = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)
        self.check = importlib.import_module("jax.test_util").check_grads

    def given(self, value: Array) -> Any:
        """A JAX array."""
        return self.np.asarray(value)

    def prepared(self, made: Made) -> Ask:
        """check_grads of a custom_vjp."""
        primal, pullback = made.primal, _vjp(made)
        function = self.jax.custom_vjp(primal)
        function.defvjp(lambda x: (primal(x), x), lambda x, cotangent: (pullback(cotangent, x),))
        point = self.given(made.point)

        def ask() -> str:
            self.check(function, (point,), order=1, modes=["rev"])
            return ""

        return ask

    def floor(self, task: Task) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """Compiled."""
        return _compiled(task)


class Autograd(Contender):
    """autograd.test_util.check_grads."""

    library, package = "autograd.numpy", "autograd"
    looks_at_all = False

    def prepared(self, made: Made) -> Ask:
        """check_grads of a primitive."""
        extend = importlib.import_module("autograd.extend")
        check = importlib.import_module("autograd.test_util").check_grads
        pullback = _vjp(made)
        function = extend.primitive(made.primal)
        extend.defvjp(function, lambda _, x: lambda cotangent: pullback(cotangent, x))
        checked = check(function, modes=["rev"], order=1)

        def ask() -> str:
            checked(made.point)
            return ""

        return ask


class Numdifftools(Contender):
    """numdifftools.Derivative, Gradient and Jacobian."""

    package = "numdifftools"

    def prepared(self, made: Made) -> Ask:
        """The numeric derivative in the claim's form, compared."""
        package = importlib.import_module("numdifftools")
        shape = made.point.shape
        kinds = {"derivative": package.Derivative, "gradient": package.Gradient, "jacobian": package.Jacobian}
        numeric = kinds[made.form](
            lambda x: made.primal(x.reshape(shape)) if x.size == made.point.size else made.primal(x)
        )
        flat = made.point.ravel()

        def ask() -> str:
            return _compared(numeric(flat), made.claim(made.point))

        return ask


class Jacobi(Contender):
    """jacobi.jacobi."""

    package = "jacobi"

    def prepared(self, made: Made) -> Ask:
        """The numeric Jacobian, or its diagonal, compared."""
        package = importlib.import_module("jacobi")
        shape, flat, diagonal = made.point.shape, made.point.ravel(), made.form == "derivative"

        def ask() -> str:
            numeric, _ = package.jacobi(lambda x: made.primal(x.reshape(shape)), flat, diagonal=diagonal)
            return _compared(numeric, made.claim(made.point))

        return ask


class Scipy(Contender):
    """scipy.optimize.check_grad, and approx_fprime for functions that are not scalar."""

    package = "scipy"

    def __init__(self, direction: str = "all") -> None:
        super().__init__()
        self.direction = direction
        self.looks_at_all = direction == "all"

    def prepared(self, made: Made) -> Ask:
        """The norm of the error, or the Jacobian by forward differences, compared."""
        optimize = importlib.import_module("scipy.optimize")
        shape, flat = made.point.shape, made.point.ravel()

        def primal(x: Array) -> Any:
            return np.ravel(made.primal(x.reshape(shape))) if made.form != "gradient" else made.primal(x.reshape(shape))

        def gradient(x: Array) -> Array:
            return np.asarray(np.ravel(made.claim(x.reshape(shape))))

        options = {"direction": "random", "rng": 0} if self.direction == "random" else {}

        def ask() -> str:
            if made.form == "gradient":
                error = optimize.check_grad(primal, gradient, flat, **options)
                size = np.linalg.norm(gradient(flat))
                return "" if error < 1e-4 * max(1.0, float(size)) else f"error {error:.1e}, gradient {size:.1e}"
            numeric = optimize.approx_fprime(flat, primal)
            claimed = made.claim(made.point)
            whole = np.diag(claimed.ravel()) if made.form == "derivative" else claimed
            return _compared(numeric, whole, rtol=FORWARD, atol=FORWARD)

        return ask


class ScipySparse(Scipy):
    """The difference quotient of scipy.optimize.least_squares, told that the Jacobian is diagonal."""

    def prepared(self, made: Made) -> Ask:
        """One group of columns, compared on the diagonal."""
        difference = importlib.import_module("scipy.optimize._numdiff")
        sparse = importlib.import_module("scipy.sparse")
        pattern = sparse.eye_array(made.point.size, format="csr")
        groups = difference.group_columns(pattern)

        def ask() -> str:
            numeric = difference.approx_derivative(
                made.primal, made.point, method="2-point", sparsity=(pattern, groups)
            )
            return _compared(numeric.diagonal(), made.claim(made.point), rtol=FORWARD, atol=FORWARD)

        return ask


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "gradcheck": Gradcheck,
    "torch slow": Torch,
    "torch fast": lambda: Torch(fast=True),
    "jax": Jax,
    "autograd": Autograd,
    "numdifftools": Numdifftools,
    "jacobi": Jacobi,
    "scipy": Scipy,
    "scipy along one direction": lambda: Scipy("random"),
    "scipy told the sparsity": ScipySparse,
}


# What each comes in, as it is installed.
PACKAGES = {name: name.split(maxsplit=1)[0] for name in CONTENDERS}


def asked(ask: Ask) -> str:
    """What a checker objects to; whatever it raises is its objection."""
    try:
        return ask()
    except Exception as objection:  # noqa: BLE001 every checker has its own class
        return f"{type(objection).__name__}: {' '.join(str(objection).split())[:200]}"


def the_forty(contender: Contender) -> list[Ask]:
    """The checks of the forty formulas."""
    return [contender.prepared(formula) for formula in formulas(contender.np)]


def _vjp(made: Made) -> Callable[[Any, Any], Any]:
    return made.vjp if isinstance(made, Task) else vjp_of(made)


def _compared(numeric: Any, claimed: Any, *, rtol: float = 1e-5, atol: float = 1e-8) -> str:
    """NumPy's closeness, of arrays that may be shaped differently."""
    numeric, claimed = np.ravel(numeric), np.ravel(claimed)
    if numeric.size != claimed.size:
        return f"{numeric.size} numbers for {claimed.size}"
    return "" if np.allclose(numeric, claimed, rtol, atol) else f"off by {np.max(np.abs(numeric - claimed)):.1e}"


def _compiled(task: Task) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """A JAX task's function and derivative, compiled in double precision."""
    jax = importlib.import_module("jax")
    primal, claim = jax.jit(task.primal), jax.jit(task.claim)
    with jax.enable_x64(True):
        point = jax.numpy.asarray(task.point)

    def run(function: Callable[..., Any]) -> Any:
        with jax.enable_x64(True):
            return jax.block_until_ready(function(point))

    return (lambda: run(primal)), (lambda: run(claim))
