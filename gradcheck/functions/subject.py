"""A function of trees, and what is claimed of it, as functions of named real arrays: one `Claim` for each checked leaf.

The primal of each claim takes every real input by position and returns one array: the floating point leaves of the result,
laid end to end if there are several, a complex one as its real and its imaginary part. What a claimed function returns is
brought into the same order, with one claim for each leaf that it is about.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.functions.leaves import Arguments, Leaf, joined_complex, one_array, split_complex
from gradcheck.program import trees
from gradcheck.program.program import is_inexact

Array = np.ndarray[Any, np.dtype[Any]]

Form = str  # "vjp", "jvp", "jacobian", "gradient", "derivative" or "hessian"
CONVENTIONS = ("jax", "torch")


class AnswerError(ValueError):
    """The claimed function answers in another form than was asked for; the message says which is expected, and why."""


@dataclass(frozen=True, eq=False)
class Result:
    """One array of a function's result: its name, shape and dtype."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def inexact(self) -> bool:
        """Whether derivatives of it make sense."""
        return is_inexact(self.dtype)

    @property
    def real_dtype(self) -> np.dtype[Any]:
        """The dtype of its real and imaginary parts."""
        return np.zeros(0, self.dtype).real.dtype if self.dtype.kind == "c" else self.dtype

    @property
    def numbers(self) -> int:
        """How many real numbers it holds."""
        return math.prod(self.shape) * (2 if self.dtype.kind == "c" else 1)


@dataclass(frozen=True, eq=False)
class Subject:
    """A function with its arguments and results taken apart.

    ``checked`` are the leaves that the claim is about, ``framework`` is what the function is written in ("numpy", "jax" or
    "torch"), ``convention`` the one in which complex cotangents and gradients are told ("jax" or "torch").
    """

    function: Callable[..., Any]
    arguments: Arguments
    checked: tuple[Leaf, ...]
    results: tuple[Result, ...]
    results_tree: Any
    framework: str = "numpy"
    convention: str = "jax"

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """The positional arguments that have checked leaves, in order."""
        return tuple(sorted({leaf.position for leaf in self.checked}))

    @cached_property
    def inexact_results(self) -> tuple[Result, ...]:
        """The results that have derivatives."""
        return tuple(result for result in self.results if result.inexact)

    @cached_property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of the one array that the primal returns."""
        found = self.inexact_results
        if len(found) == 1 and found[0].dtype.kind != "c":
            return found[0].shape
        if len(found) == 1:
            return (2, *found[0].shape)
        return (sum(result.numbers for result in found),)

    def primal(self) -> Adapted:
        """The function of the real inputs that returns one array."""
        return Adapted(self.function, lambda *inputs: self._joined(self.function(*self.arguments.rebuild(inputs))))

    def _joined(self, result: Any) -> Any:
        """The floating point leaves of a result, as one array."""
        leaves = [leaf for leaf in trees.leaves(result) if is_inexact(dtype_of(leaf))]
        if len(leaves) == 1:
            (leaf,) = leaves
            return stacked(*split_complex(leaf)) if dtype_of(leaf).kind == "c" else leaf
        parts: list[Any] = []
        for leaf in leaves:
            parts.extend(split_complex(leaf) if dtype_of(leaf).kind == "c" else (leaf,))
        return one_array(parts) if len(parts) > 1 else np.zeros(0)

    def cotangent(self, flat: Any) -> Any:
        """A cotangent in the tree of the results, from one of the array that the primal returns; zeros for whole numbers."""
        leaves, start = [], 0
        found = self.inexact_results
        for result in self.results:
            if not result.inexact:
                leaves.append(np.zeros(result.shape, no_dtype() if self.framework == "jax" else result.dtype))
                continue
            if len(found) == 1:
                parts = [flat] if result.dtype.kind != "c" else [flat[0], flat[1]]
            else:
                size = math.prod(result.shape)
                parts = []
                for _ in range(2 if result.dtype.kind == "c" else 1):
                    parts.append(flat[start : start + size].reshape(result.shape))
                    start += size
            if len(parts) == 2:
                # The real pairing Re(c)·Re(y) + Im(c)·Im(y) is what torch means by c; JAX pairs without conjugation.
                sign = 1 if self.convention == "torch" else -1
                leaves.append(joined_complex(parts[0], sign * parts[1], result.dtype))
            else:
                leaves.append(parts[0] if parts[0].dtype == result.dtype else parts[0].astype(result.dtype))
        return trees.unflatten(self.results_tree, leaves)

    def tangents(self, leaf: Leaf, tangent: Sequence[Any], inputs: Sequence[Any]) -> Any:
        """Tangents of the checked arguments: `tangent` in one leaf (its parts), zero in all others."""
        parts: list[Any] = []
        for other in self.arguments.leaves:
            if other is leaf:
                parts.extend(tangent)
            else:
                parts.extend(np.zeros_like(part) for _, part in other.parts)
        arguments = self.arguments.rebuild(parts)
        kept = tuple(trees.mapped(self._tangent, arguments[position]) for position in self.positions)
        return kept if len(kept) > 1 else kept[0]

    def _tangent(self, value: Any) -> Any:
        if is_inexact(dtype_of(value)) or self.framework != "jax":
            return value
        return np.zeros(np.shape(value), dtype=no_dtype())

    def pick(self, answer: Any, leaf: Leaf, what: str) -> Any:
        """The array that belongs to `leaf`, of an answer with one tree a checked argument; a missing one counts as zeros.

        Raises:
            AnswerError: the answer has another number of parts, or another tree.
        """
        tree = self._by_argument(answer, what)[leaf.position]
        places = trees.leaves(self._template[leaf.position])
        others = [other.place for other in self.arguments.leaves if other.position == leaf.position and other.inexact]
        found = trees.leaves(tree, is_leaf=lambda value: value is None)
        for expected in (places, others):
            if len(found) == len(expected):
                array = found[expected.index(leaf.place)]
                return np.zeros(leaf.value.shape, leaf.value.dtype) if array is None else array
        raise AnswerError(
            f"{what} returns {len(found)} arrays for an argument of {len(places)}; "
            f"the same tree as the argument is expected, with None where there is no derivative"
        )

    @cached_property
    def _template(self) -> tuple[Any, ...]:
        """The arguments' trees with the number of its place for each leaf."""
        count = len(self.arguments.leaves) + len(self.arguments.settings)
        template: tuple[Any, ...] = trees.unflatten(self.arguments.tree, list(range(count)))
        return template

    def _by_argument(self, answer: Any, what: str) -> Mapping[int, Any]:
        """The parts of an answer by position: one for the only checked argument, one for each, or one for every argument."""
        positions = self.positions
        everything = len(self._template)
        if len(positions) == 1:
            (position,) = positions
            if (
                isinstance(answer, tuple)
                and len(answer) == everything
                and (everything > 1 or not isinstance(self._template[0], tuple))
            ):
                return {position: answer[position]}
            return {position: answer}
        if isinstance(answer, tuple | list) and len(answer) == len(positions):
            return dict(zip(positions, answer, strict=True))
        if isinstance(answer, tuple | list) and len(answer) == everything:
            return dict(enumerate(answer))
        got = f"{len(answer)} values" if isinstance(answer, tuple | list) else f"one {type(answer).__name__}"
        raise AnswerError(
            f"{what} returns {got}; a tuple of {len(positions)} is expected, one for each checked argument. "
            f"Name the ones that it is about with wrt="
        )


class Adapted:
    """A function of plain arrays made of a function of trees, which it still names for messages and for tracing."""

    def __init__(self, original: Callable[..., Any], adapted: Callable[..., Any], name: str = "") -> None:
        self.__wrapped__ = original
        self.__name__ = name or getattr(original, "__name__", type(original).__name__)
        self._adapted = adapted

    def __call__(self, *inputs: Any) -> Any:
        """The adapted function's value."""
        return self._adapted(*inputs)


def dtype_of(leaf: Any) -> np.dtype[Any]:
    """The dtype of an array of any kind, or of a number."""
    return np.dtype(getattr(leaf, "dtype", None) or np.asarray(leaf).dtype)


def no_dtype() -> Any:
    """The dtype of JAX's cotangents and tangents of whole numbers."""
    import jax

    return jax.dtypes.float0


def stacked(real: Any, imaginary: Any) -> Any:
    """The two parts of a complex array, with a leading axis of length 2."""
    if type(real).__module__.partition(".")[0] in ("jax", "jaxlib"):
        import jax.numpy as jnp

        return jnp.stack([real, imaginary])
    return np.stack([real, imaginary])
