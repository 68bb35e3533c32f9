"""A tape: the operations on traced NumPy arrays, in order, as data; and as a jaxpr where somebody asks for one.

An operation is a primitive of JAX by name, with those of its parameters that matter, or a whole jaxpr, where a function of
jax.numpy was called. No tracer of JAX is involved: recording an operation costs microseconds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Node:
    """A value that is only known when the program runs: its shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)


Raw = Any  # a Node, or a NumPy array that is known already


@dataclass(frozen=True)
class Place:
    """A line of the user's code, in the form in which JAX keeps such; ``within`` is a line of linear algebra called there."""

    file_name: str
    line_num: int
    within: Place | None = None

    @property
    def frames(self) -> tuple[Place, ...]:
        """The line itself, after the one of a library function within which the operation was made."""
        return (self,) if self.within is None else (self.within, self)


@dataclass(frozen=True)
class Step:
    """One operation. ``closed`` is the jaxpr of a function that was called, in place of a primitive."""

    name: str
    params: Mapping[str, Any]
    operands: tuple[Raw, ...]
    results: tuple[Node, ...]
    place: Place | None = None
    closed: Any = None


@dataclass
class Tape:
    """Everything that one call of a function has done to its arguments, and what was refused on the way."""

    inputs: list[Node]
    steps: list[Step] = field(default_factory=list)
    outputs: list[Raw] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    broadcasts: dict[Any, Node] = field(default_factory=dict)

    def jaxpr(self) -> Any:
        """The tape as a ``ClosedJaxpr``, by doing the operations again with JAX's tracers."""
        import jax

        from gradcheck.program.program import Leaf
        from gradcheck.program.replay import replay
        from gradcheck.program.staging import staged

        with jax.enable_x64(True):
            return staged(lambda *arrays: replay(self, arrays), [Leaf(node.shape, node.dtype) for node in self.inputs])


@contextmanager
def in_64_bit() -> Iterator[None]:
    """Arrays that JAX makes have 64 bits, for as long as the context lasts; where JAX has not been imported, it makes none."""
    jax: Any = sys.modules.get("jax")
    if jax is None:
        yield
        return
    with jax.enable_x64(True):
        yield


_current: ContextVar[Tape | None] = ContextVar("tape", default=None)


@contextmanager
def recording(inputs: list[Node]) -> Iterator[Tape]:
    """A new tape, for as long as the context lasts."""
    tape = Tape(inputs)
    token = _current.set(tape)
    try:
        yield tape
    finally:
        _current.reset(token)


def is_recording() -> bool:
    """Whether a function is being traced."""
    return _current.get() is not None


def _tape() -> Tape:
    tape = _current.get()
    if tape is None:
        raise TracingError("a traced array is used after its trace has ended. Keep no array of one call for the next")
    return tape


class TracingError(TypeError):
    """The function does something with a traced array that a trace cannot record; the message says what, and what to do.

    It is remembered: a function that catches it has taken another path than it takes with plain arrays.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        current = _current.get()
        if current is not None:
            current.refusals.append(message)


def emit(
    name: str, params: Mapping[str, Any], operands: Sequence[Raw], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Node:
    """Record a primitive with one result."""
    result = Node(shape, dtype)
    _tape().steps.append(Step(name, params, tuple(operands), (result,), _place()))
    return result


def emit_all(
    name: str,
    params: Mapping[str, Any],
    operands: Sequence[Raw],
    kinds: Sequence[tuple[tuple[int, ...], np.dtype[Any]]],
) -> tuple[Node, ...]:
    """Record a primitive with several results, of these shapes and dtypes."""
    results = tuple(Node(shape, dtype) for shape, dtype in kinds)
    _tape().steps.append(Step(name, params, tuple(operands), results, _place()))
    return results


def _place() -> Place | None:
    """The line of the user's code that is being run."""
    frame: FrameType | None = sys._getframe(3)
    within: Place | None = None
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if not name.startswith(("gradcheck.program.", "numpy.")):
            return Place(frame.f_code.co_filename, frame.f_lineno, within)
        if within is None and name == "gradcheck.program.linear_algebra":
            within = Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Record a call of a JAX function: raw values anywhere in its arguments, and in what it returns."""
    import jax

    leaves, tree = jax.tree_util.tree_flatten((args, kwargs))
    nodes = [leaf for leaf in leaves if isinstance(leaf, Node)]
    trees = []

    def flat(*arrays: Any) -> list[Any]:
        given = iter(arrays)
        filled = [next(given) if isinstance(leaf, Node) else leaf for leaf in leaves]
        arguments, options = jax.tree_util.tree_unflatten(tree, filled)
        results, out_tree = jax.tree_util.tree_flatten(function(*arguments, **options))
        trees.append(out_tree)
        return results

    avals = [jax.ShapeDtypeStruct(node.shape, node.dtype) for node in nodes]  # type: ignore[no-untyped-call] # jax's
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(flat)(*avals)
    results = tuple(Node(tuple(aval.shape), np.dtype(aval.dtype)) for aval in closed.out_avals)
    _tape().steps.append(Step("call", {}, tuple(nodes), results, None, closed))
    return jax.tree_util.tree_unflatten(trees[-1], results)
