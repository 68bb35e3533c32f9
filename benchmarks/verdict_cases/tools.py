"""The checkers behind one interface: a case in, nothing out when it passes, and otherwise what the checker says."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verdict_cases.case import Array, Case

Tool = Callable[[Case], str]
FEW_INPUTS, FEW_ENTRIES = 2000, 1_000_000  # up to which torch's slow mode is asked


class NotApplicable(Exception):  # noqa: N818 not an error
    """The tool cannot take such a case; the message says why."""


class NoVerdict(Exception):  # noqa: N818 not an error
    """The tool could not tell; the message says why."""


@dataclass(frozen=True)
class Pair:
    """A case as functions of its checked leaves: ``primal(*leaves)`` gives arrays, ``vjp(cotangents, *leaves)`` gradients."""

    leaves: list[Array]
    primal: Callable[..., list[Array]]
    vjp: Callable[..., list[Array]]


def gradcheck() -> Tool:
    """The checker of this project."""
    import gradcheck as gc

    def run(case: Case) -> str:
        claims = {} if case.form == "own" else {case.form: case.claim}
        try:
            verdict = gc.check(case.function, case.args, **claims, **case.options)
        except Exception as trouble:
            raise NoVerdict(f"{type(trouble).__name__}: {trouble}") from trouble
        said = f"{verdict.status}: {verdict.reason or verdict.diagnosis or verdict}"
        if verdict.status == "undecided" and not (case.refused and case.refused in verdict.reason):
            raise NoVerdict(said)
        return "" if verdict.status == "holds" else said

    return run


def torch(*, fast: bool = False) -> Tool:
    """torch.autograd.gradcheck of an autograd.Function around the pair."""
    library = importlib.import_module("torch")

    def run(case: Case) -> str:
        pair = as_pair(case, convention="torch")
        if any(leaf.dtype.kind not in "fc" for leaf in pair.leaves):
            raise NotApplicable("torch takes no NumPy arrays of this dtype")
        many = sum(leaf.size for leaf in pair.leaves)
        entries = many * sum(result.size for result in pair.primal(*pair.leaves))
        if not fast and (many > FEW_INPUTS or entries > FEW_ENTRIES):
            raise NotApplicable("too large for its slow mode")

        class Function(library.autograd.Function):  # type: ignore[misc, name-defined] # torch is optional
            @staticmethod
            def forward(ctx: Any, *inputs: Any) -> Any:
                ctx.save_for_backward(*inputs)
                results = pair.primal(*(x.detach().numpy() for x in inputs))
                return tuple(library.from_numpy(np.array(result)) for result in results)

            @staticmethod
            def backward(ctx: Any, *cotangents: Any) -> Any:
                arrays = [g.detach().numpy() for g in cotangents]
                gradients = pair.vjp(arrays, *(x.detach().numpy() for x in ctx.saved_tensors))
                return tuple(library.from_numpy(np.array(gradient)) for gradient in gradients)

        inputs = [library.from_numpy(leaf.copy()).requires_grad_() for leaf in pair.leaves]
        library.autograd.gradcheck(Function.apply, inputs, fast_mode=fast)
        return ""

    return run


def jax() -> Tool:
    """jax.test_util.check_vjp."""
    library = importlib.import_module("jax")
    checker = importlib.import_module("jax.test_util")

    def run(case: Case) -> str:
        pair = as_pair(case, convention="jax")

        def with_vjp(*leaves: Array) -> tuple[list[Array], Callable[..., Any]]:
            return pair.primal(*leaves), lambda cotangents: tuple(pair.vjp(cotangents, *leaves))

        with library.enable_x64(True):
            checker.check_vjp(pair.primal, with_vjp, tuple(pair.leaves))
        return ""

    return run


def scipy() -> Tool:
    """scipy.optimize.check_grad along one random direction of the result."""
    library = importlib.import_module("scipy.optimize")

    def run(case: Case) -> str:
        pair = as_pair(case, convention="torch")
        results = pair.primal(*pair.leaves)
        if any(array.dtype.kind == "c" for array in (*pair.leaves, *results)):
            raise NotApplicable("real functions only")
        if sum(leaf.size for leaf in pair.leaves) > 20_000:
            raise NotApplicable("one evaluation an input")
        rng = np.random.default_rng(0)
        direction = [rng.normal(size=result.shape).astype(result.dtype) for result in results]

        def apart(x: Array) -> list[Array]:
            parts = np.split(x, np.cumsum([leaf.size for leaf in pair.leaves])[:-1])
            return [part.reshape(leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, pair.leaves, strict=True)]

        def scalar(x: Array) -> float:
            return float(sum(np.sum(v * y) for v, y in zip(direction, pair.primal(*apart(x)), strict=True)))

        def gradient(x: Array) -> Array:
            parts = pair.vjp([v.copy() for v in direction], *apart(x))
            return np.concatenate([np.ravel(part) for part in parts]).astype(float)

        start = np.concatenate([np.ravel(leaf) for leaf in pair.leaves]).astype(float)
        error = library.check_grad(scalar, gradient, start)
        norm = np.linalg.norm(gradient(start))
        # A NaN is no number to compare with: people's tests write `assert error < …`.
        return "" if error < 1e-4 * max(1.0, norm) else f"error {error:.1e}, gradient {norm:.1e}"

    return run


def autograd() -> Tool:
    """autograd.test_util.check_grads of a primitive with a defvjp."""
    extend = importlib.import_module("autograd.extend")
    checker = importlib.import_module("autograd.test_util")

    def run(case: Case) -> str:
        pair = as_pair(case, convention="jax")
        shapes = [(result.shape, result.dtype) for result in pair.primal(*pair.leaves)]
        if len(shapes) != 1:
            raise NotApplicable("a primitive gives one array")
        function = extend.primitive(lambda *leaves: pair.primal(*leaves)[0])
        places = range(len(pair.leaves))
        extend.defvjp(
            function, *(lambda ans, *leaves, k=k: lambda g: pair.vjp([np.asarray(g)], *leaves)[k] for k in places)
        )
        checker.check_grads(function, tuple(places), modes=["rev"], order=1)(*pair.leaves)
        return ""

    return run


TOOLS: dict[str, Callable[[], Tool]] = {
    "gradcheck": gradcheck,
    "torch": torch,
    "torch fast": lambda: torch(fast=True),
    "jax": jax,
    "scipy": scipy,
    "autograd": autograd,
}


def as_pair(case: Case, convention: str) -> Pair:
    """The case in the form that the others take: leaves in, a VJP out.

    Raises:
        NotApplicable: a Hessian, or a claim about a complex function that is no gradient.
    """
    tree = importlib.import_module("jax").tree_util
    chosen = _positions(case)
    values, structure = tree.tree_flatten(tuple(case.args[k] for k in chosen))
    leaves = [np.asarray(value) for value in values]

    def arguments(given: tuple[Array, ...]) -> tuple[Any, ...]:
        args = list(case.args)
        for k, value in zip(chosen, tree.tree_unflatten(structure, list(given)), strict=True):
            args[k] = value
        return tuple(args)

    _, results = tree.tree_flatten(_called(case.function, *case.args))

    def primal(*given: Array) -> list[Array]:
        return [np.asarray(leaf) for leaf in tree.tree_leaves(_called(case.function, *arguments(given)))]

    def vjp(cotangents: list[Array], *given: Array) -> list[Array]:
        flip = case.options.get("convention", convention) != convention
        cotangent = tree.tree_unflatten(results, [np.conj(g) if flip else g for g in map(np.asarray, cotangents)])
        found = _gradients(case, cotangent, arguments(given), chosen)
        flat = [np.asarray(leaf) for leaf in tree.tree_leaves(found)]
        return [np.conj(leaf) if flip else leaf for leaf in flat]

    return Pair(leaves, primal, vjp)


def _positions(case: Case) -> list[int]:
    """The arguments that the claim is about: those named, or all that hold floating point numbers."""
    if "wrt" in case.options:
        return [case.options["wrt"]]
    tree = importlib.import_module("jax").tree_util
    kinds = [{np.asarray(leaf).dtype.kind for leaf in tree.tree_leaves(arg)} for arg in case.args]
    return [k for k, kind in enumerate(kinds) if kind & set("fcV")]


def _called(function: Callable[..., Any], *args: Any) -> Any:
    """A call, in double precision where it is a JAX function."""
    with importlib.import_module("jax").enable_x64(True):
        return function(*args)


def _gradients(case: Case, cotangent: Any, args: tuple[Any, ...], chosen: list[int]) -> Any:
    """The gradients that the claim implies for a cotangent, in the tree of the checked arguments."""
    if case.form == "own":
        library = importlib.import_module("jax")
        with library.enable_x64(True):
            return library.vjp(case.function, *args)[1](library.numpy.asarray(cotangent))
    if case.form == "vjp":
        return _called(case.claim, cotangent, *args)
    if case.form == "jvp":
        return [_by_basis(case, cotangent, args, k) for k in chosen]
    claimed = _called(case.claim, *args)
    if case.form == "gradient":
        tree = importlib.import_module("jax").tree_util
        return tree.tree_map(lambda leaf: cotangent * np.asarray(leaf), claimed)
    if case.form == "derivative":
        return cotangent * np.asarray(claimed)
    if case.form == "jacobian":
        return np.tensordot(cotangent, claimed, axes=np.ndim(cotangent))
    raise NotApplicable("no function here whose Jacobian the Hessian would be")


def _by_basis(case: Case, cotangent: Any, args: tuple[Any, ...], k: int) -> Array:
    """The gradient of one argument from the claimed JVP along each of its entries."""
    found = np.zeros(args[k].shape)
    for index in np.ndindex(found.shape):
        tangents = [np.zeros_like(arg) for arg in args]
        tangents[k][index] = 1.0
        tangent = tangents[0] if len(args) == 1 else tuple(tangents)
        found[index] = np.sum(cotangent * case.claim(tangent, *args))
    return found
