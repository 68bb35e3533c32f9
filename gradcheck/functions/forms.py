"""The forms in which a derivative can be claimed in code: a claimed function of trees, as one of real arrays for one leaf.

Complex numbers. With z = x + iy and f = u + iv, everything is real in (x, y) and (u, v). A cotangent c of f and a gradient g
of z are told in one of two conventions:

    torch:  c = c_u + i c_v,   g = ∂L/∂x + i ∂L/∂y       (the direction of steepest ascent)
    jax:    c = c_u − i c_v,   g = ∂L/∂x − i ∂L/∂y       (its conjugate, so that g dz = dL for a holomorphic f)

A derivative D of a holomorphic function stands for ∂u/∂x = Re D = ∂v/∂y and ∂v/∂x = Im D = −∂u/∂y (Cauchy and Riemann).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.claim import Kind
from gradcheck.functions.leaves import Leaf, joined_complex, one_array, split_complex
from gradcheck.functions.subject import Adapted, AnswerError, Subject, dtype_of, no_dtype, stacked
from gradcheck.program import trees

Array = np.ndarray[Any, np.dtype[Any]]

FORMS = ("vjp", "jvp", "jacobian", "gradient", "derivative", "hessian")


def claimed_kind(form: str, leaf: Leaf) -> Kind:
    """The kind of the claim that a form amounts to: a complex derivative is judged by what it does to a tangent."""
    return "jvp" if form in ("derivative", "jacobian") and leaf.complex else form  # type: ignore[return-value] # FORMS are kinds


def claimed(subject: Subject, form: str, function: Callable[..., Any], leaf: Leaf, part: int) -> Adapted:
    """What `function` claims about one leaf (its real part 0, or its imaginary part 1), as a function of real arrays."""
    what = f"the {form}"

    def vjp(cotangent: Any, *inputs: Any) -> Any:
        args = subject.arguments.rebuild(inputs)
        return _half(subject, subject.pick(function(subject.cotangent(cotangent), *args), leaf, what), leaf, part)

    def gradient(*inputs: Any) -> Any:
        return _half(subject, subject.pick(function(*subject.arguments.rebuild(inputs)), leaf, what), leaf, part)

    def jvp(tangent: Any, *inputs: Any) -> Any:
        args = subject.arguments.rebuild(inputs)
        parts = _tangent_parts(tangent, leaf, part)
        return subject._joined(function(subject.tangents(leaf, parts, inputs), *args))

    def along(tangent: Any, *inputs: Any) -> Any:
        """D·t for a complex D, and i·D·t for a tangent in the imaginary part."""
        matrix = dense(function(*subject.arguments.rebuild(inputs)), subject, leaf)
        moved = joined_complex(*_tangent_parts(tangent, leaf, part))
        if form == "jacobian":
            rank = len(leaf.value.shape)
            moved = (matrix * moved).sum(axis=tuple(range(-rank, 0))) if rank else matrix * moved
        else:
            moved = matrix * moved
        return stacked(*split_complex(moved))

    def jacobian(*inputs: Any) -> Any:
        return _block(subject, function(*subject.arguments.rebuild(inputs)), leaf)

    def plain(*inputs: Any) -> Any:
        return dense(function(*subject.arguments.rebuild(inputs)), subject, leaf)

    if leaf.complex and form in ("derivative", "jacobian"):
        return Adapted(function, along)
    forms = {"vjp": vjp, "jvp": jvp, "gradient": gradient, "jacobian": jacobian, "derivative": plain, "hessian": plain}
    return Adapted(function, forms[form])


def own_rule(function: Callable[..., Any], form: str, positions: tuple[int, ...]) -> Callable[..., Any]:
    """JAX's reverse ("vjp") or forward ("jvp") derivative of a function, with the function's own rules in it."""

    def split(args: tuple[Any, ...], moving: Sequence[int]) -> Callable[..., Any]:
        def of_moving(*values: Any) -> Any:
            together = list(args)
            for position, value in zip(moving, values, strict=True):
                together[position] = value
            return function(*together)

        return of_moving

    def vjp(cotangent: Any, *args: Any) -> Any:
        import jax

        _, pull = jax.vjp(split(args, positions), *(args[position] for position in positions))
        found = pull(cotangent)
        return found if len(positions) > 1 else found[0]

    def jvp(tangents: Any, *args: Any) -> Any:
        import jax

        moved = dict(zip(positions, tangents if len(positions) > 1 else (tangents,), strict=True))
        # An argument that does not move is left out: a tangent of zeros would turn its own singularities into NaN.
        moving = [position for position, tangent in moved.items() if not _plain_zeros(tangent)] or list(positions)
        return jax.jvp(
            split(args, moving),
            tuple(args[position] for position in moving),
            tuple(moved[position] for position in moving),
        )[1]

    name = f"{'reverse' if form == 'vjp' else 'forward'} mode of {getattr(function, '__name__', 'the function')}"
    return Adapted(function, vjp if form == "vjp" else jvp, name=name)


def _plain_zeros(tangent: Any) -> bool:
    """Whether a tree holds nothing but zeros, and no number that is being traced."""
    found = trees.leaves(tangent)
    return all(type(leaf) is np.ndarray and (leaf.dtype == no_dtype() or not np.any(leaf)) for leaf in found)


def dense(answer: Any, subject: Subject, leaf: Leaf) -> Any:
    """An answer of one array, with a sparse matrix written out.

    Raises:
        AnswerError: it is a tree of several arrays.
    """
    if hasattr(answer, "toarray"):
        found = np.asarray(answer.toarray())
        return found.reshape(*subject.output_shape, *leaf.value.shape)
    leaves = trees.leaves(answer)
    if len(leaves) != 1:
        raise AnswerError(
            f"the claimed function returns {len(leaves)} arrays; one is expected. Name one leaf with wrt="
        )
    return leaves[0]


def _half(subject: Subject, gradient: Any, leaf: Leaf, part: int) -> Any:
    """A gradient of a real leaf as it is; of a complex one the part that belongs to the real or the imaginary input."""
    if not leaf.complex:
        return gradient
    real, imaginary = split_complex(gradient)
    if part == 0:
        return real
    return imaginary if subject.convention == "torch" else -imaginary


def _tangent_parts(tangent: Any, leaf: Leaf, part: int) -> list[Any]:
    if not leaf.complex:
        return [tangent]
    zero = tangent * 0
    return [tangent, zero] if part == 0 else [zero, tangent]


def _block(subject: Subject, answer: Any, leaf: Leaf) -> Any:
    """The Jacobian in one leaf, of a tree (results) of trees (checked arguments) as `jax.jacobian` returns it.

    Raises:
        AnswerError: there are neither as many arrays as results times checked leaves, nor one sparse matrix.
    """
    results = subject.inexact_results
    columns = [other for other in subject.arguments.leaves if other.inexact and other.position in subject.positions]
    if hasattr(answer, "toarray"):
        return dense(answer, subject, leaf)
    found = trees.leaves(answer, is_leaf=lambda value: hasattr(value, "toarray"))
    if len(found) != len(results) * len(columns):
        raise AnswerError(
            f"the jacobian returns {len(found)} arrays; {len(results)} × {len(columns)} are expected: a tree like the result, "
            f"of trees like the checked arguments. Name the ones that it is about with wrt="
        )
    own = [found[row * len(columns) + columns.index(leaf)] for row in range(len(results))]
    if len(own) == 1:
        return own[0] if results[0].dtype.kind != "c" else stacked(*split_complex(own[0]))
    flat = [
        array.reshape(math.prod(result.shape), *leaf.value.shape) for array, result in zip(own, results, strict=True)
    ]
    if dtype_of(flat[0]).kind == "c":
        raise AnswerError("the jacobian of several complex results is not supported; check them one by one")
    return flat[0] if len(flat) == 1 else _rows(flat)


def _rows(blocks: list[Any]) -> Any:
    shape = blocks[0].shape[1:]
    return one_array(blocks).reshape(-1, *shape)
