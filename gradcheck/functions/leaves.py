"""Arguments as named leaves: trees of arrays taken apart into real arrays with names, and put together again.

A complex leaf becomes two real ones, "z (real)" and "z (imaginary)", so that everything below works over the reals. Python
integers, booleans, and what is no number at all stay as they were given: they are settings, not inputs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from gradcheck.program import trees
from gradcheck.program.program import is_inexact

Array = np.ndarray[Any, np.dtype[Any]]

RESERVED = ("cotangent", "tangent")  # the names of the directions that a claim is asked along
REAL, IMAGINARY = " (real)", " (imaginary)"


class ArgumentsError(TypeError):
    """The arguments cannot be taken apart into arrays; the message names the argument, what it is, and what is expected."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """One array of the arguments: its name, its value, the positional argument that it belongs to, its place in the trees."""

    name: str
    value: Array
    position: int
    place: int
    scalar: bool

    @property
    def inexact(self) -> bool:
        """Whether the entries are floating point numbers, real or complex."""
        return is_inexact(self.value.dtype)

    @property
    def complex(self) -> bool:
        """Whether the entries are complex."""
        return self.value.dtype.kind == "c"

    @property
    def parts(self) -> tuple[tuple[str, Array], ...]:
        """The real inputs that stand for the leaf, with their names."""
        if not self.complex:
            return ((self.name, self.value),)
        return (
            (self.name + REAL, np.ascontiguousarray(self.value.real)),
            (self.name + IMAGINARY, np.ascontiguousarray(self.value.imag)),
        )


@dataclass(frozen=True, eq=False)
class Arguments:
    """The positional arguments of a function, taken apart.

    ``leaves`` are the numeric ones in flattening order; ``settings`` holds the others by their place among all leaves.
    """

    leaves: tuple[Leaf, ...]
    settings: tuple[tuple[int, Any], ...]
    tree: Any

    @cached_property
    def inputs(self) -> Mapping[str, Array]:
        """Every real input by name, in order: what a point of this function maps to values."""
        return MappingProxyType({name: value for leaf in self.leaves for name, value in leaf.parts})

    @cached_property
    def structure(self) -> Any:
        """What a function of the inputs depends on beside their values: the trees, and what stands in them as it is."""
        leaves = tuple((leaf.position, leaf.place, leaf.scalar, leaf.complex) for leaf in self.leaves)
        settings = tuple((place, type(value), value) for place, value in self.settings)
        return self.tree, leaves, settings

    def cast(self, dtype: np.dtype[Any]) -> Arguments:
        """The same with every real floating point leaf in another dtype."""
        leaves = tuple(
            replace(leaf, value=leaf.value.astype(dtype)) if leaf.inexact and not leaf.complex else leaf
            for leaf in self.leaves
        )
        return replace(self, leaves=leaves)

    def rebuild(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments in their trees, from one value an input (arrays, stand-ins for arrays, or JAX tracers)."""
        found: dict[int, Any] = dict(self.settings)
        rest = iter(values)
        for leaf in self.leaves:
            value = next(rest)
            if leaf.complex:
                value = joined_complex(value, next(rest), leaf.value.dtype)
            found[leaf.place] = value[()] if leaf.scalar else value
        args: tuple[Any, ...] = trees.unflatten(self.tree, [found[i] for i in range(len(found))])
        return args

    def rebuilt(self, point: dict[str, Array]) -> tuple[Any, ...]:
        """The arguments at a point, as plain NumPy trees."""
        return self.rebuild([point[name] for name in self.inputs])


def take_apart(args: tuple[Any, ...], names: Sequence[str]) -> Arguments:
    """Flatten `args`, a tuple of trees; `names` are those of the positional parameters.

    Raises:
        ArgumentsError: a leaf is neither a number, an array of numbers, nor a setting.
    """
    named, tree = trees.flatten_with_names(tuple(args))
    positions = [position for position, child in enumerate(tree.children) for _ in range(child.count)]
    leaves, settings = [], []
    for place, (position, (path, value)) in enumerate(zip(positions, named, strict=True)):
        name = names[position] + path.removeprefix(f"[{position}]")
        if isinstance(value, bool | int | str | bytes | None) or callable(value):
            settings.append((place, value))
            continue
        array = _numeric(name, value)
        if array is None:
            settings.append((place, value))
        else:
            leaves.append(Leaf(name, array, position, place, not hasattr(value, "shape")))
    return Arguments(tuple(leaves), tuple(settings), tree)


def _numeric(name: str, value: Any) -> Array | None:
    """A leaf as an array; None for a key of JAX's random numbers.

    Raises:
        ArgumentsError: it is an object that holds no numbers.
    """
    dtype = getattr(value, "dtype", None)
    if dtype is not None and not isinstance(dtype, np.dtype) and str(dtype).startswith("key<"):
        return None
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise _refused(name, value) from error
    if array.dtype.kind in "OSUMm" or (array.dtype.kind == "V" and array.dtype.names):
        raise _refused(name, value)
    return array


def _refused(name: str, value: Any) -> ArgumentsError:
    held = f" with dtype {value.dtype}" if hasattr(value, "dtype") else ""
    return ArgumentsError(
        f"{name} is of type {type(value).__name__}{held}: a number, an array of numbers, or a tuple, list or dict of them is "
        f"expected. Bind anything else to the function, with functools.partial"
    )


def parameter_names(function: Callable[..., Any], count: int, skip: int = 0) -> list[str]:
    """The names of the first `count` positional parameters after `skip`; ``args[i]`` where they have none."""
    found: list[str] = []
    try:
        parameters = inspect.signature(function).parameters.values()
        found = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    except (TypeError, ValueError):  # built-in functions have no signature
        pass
    found = found[skip : skip + count]
    found += ["" for _ in range(len(found), count)]
    return [name if name and name not in RESERVED else f"args[{i}]" for i, name in enumerate(found)]


def joined_complex(real: Any, imaginary: Any, dtype: np.dtype[Any] | None = None) -> Any:
    """A complex array of its parts, whether they are NumPy's, stand-ins, or JAX's."""
    if _is_jax(real):
        import jax

        return jax.lax.complex(real, imaginary)
    together = real + 1j * imaginary
    return together.astype(dtype) if isinstance(together, np.ndarray) and dtype is not None else together


def split_complex(value: Any) -> tuple[Any, Any]:
    """The real and the imaginary part of an array of any kind."""
    if _is_jax(value):
        import jax.numpy as jnp

        return jnp.real(value), jnp.imag(value)
    return np.real(value), np.imag(value)


def one_array(values: Sequence[Any]) -> Any:
    """Several arrays, one after the other, as one flat array; a single one as it is."""
    if len(values) == 1:
        return values[0]
    xp: Any = np
    if any(_is_jax(value) for value in values):
        import jax.numpy as jnp

        xp = jnp
    return xp.concatenate([xp.reshape(value, (-1,)) for value in values])


def _is_jax(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in ("jax", "jaxlib")
