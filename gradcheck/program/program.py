"""The data: a Program (a jaxpr or tape, the trees of arguments and results) and a BlackBox (a function and a reason)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.program import trees
from gradcheck.program.tape import Tape

Array = np.ndarray[Any, np.dtype[Any]]


def is_inexact(dtype: np.dtype[Any]) -> bool:
    """Whether the entries are floating point numbers (complex ones and bfloat16 among them), not integers or booleans."""
    if dtype.kind == "V":  # bfloat16 and its kin, and JAX's narrow integers
        return not dtype.name.startswith(("int", "uint"))
    return dtype.kind not in "biu"


@functools.cache
def epsilon(dtype: np.dtype[Any]) -> float:
    """The distance from 1 to the next number of a floating point dtype, or of the parts of a complex one."""
    kind = np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype
    one: Any = np.ones((), dtype=kind)
    return float(np.nextafter(one, one + one) - one)


@dataclass(frozen=True)
class Leaf:
    """Shape and dtype of one array in a tree of arguments or results."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """How many numbers the array holds."""
        return math.prod(self.shape)

    @property
    def inexact(self) -> bool:
        """Whether the entries are floating point numbers, so that derivatives make sense."""
        return is_inexact(self.dtype)


@dataclass(frozen=True, eq=False)
class Program:
    """A traced function over flat lists of arrays.

    ``traced`` is a ``jax.core.ClosedJaxpr``, or the `Tape` of a NumPy function; ``in_tree`` and ``out_tree`` are the
    structures of the positional arguments (a tuple) and of the result; ``inputs`` and ``outputs`` describe the leaves in
    flattening order.
    """

    name: str
    function: Callable[..., Any]
    traced: Any
    in_tree: Any
    out_tree: Any
    inputs: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]

    @cached_property
    def jaxpr(self) -> Any:
        """The program as a ``ClosedJaxpr``."""
        return self.traced.jaxpr() if isinstance(self.traced, Tape) else self.traced

    def flatten(self, args: tuple[Any, ...]) -> list[Array]:
        """The argument leaves as arrays of the traced dtypes.

        Raises:
            ValueError: the arguments have another tree or other shapes than those that the program was traced with.
        """
        leaves, tree = trees.flatten(args)
        if tree != self.in_tree:
            raise ValueError(f"{self.name} was traced with arguments {self.in_tree}, and is called with {tree}")
        arrays = []
        for position, (leaf, expected) in enumerate(zip(leaves, self.inputs, strict=True)):
            array = np.asarray(leaf, dtype=expected.dtype)
            if array.shape != expected.shape:
                raise ValueError(
                    f"{self.name}: argument leaf {position} has shape {array.shape}, traced with {expected.shape}"
                )
            arrays.append(array)
        return arrays

    def unflatten(self, results: Sequence[Any]) -> Any:
        """The result tree from its flat leaves."""
        return trees.unflatten(self.out_tree, list(results))


@dataclass(frozen=True, eq=False)
class BlackBox:
    """A function that could not be traced, with the reason: it can still be evaluated in floats."""

    name: str
    function: Callable[..., Any]
    reason: str
