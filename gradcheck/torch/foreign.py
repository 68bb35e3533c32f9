"""A torch function as a function of NumPy trees: called with arrays it runs torch, with JAX's tracers its recording.

What is no array among the arguments (numbers, None, options) stands at its place as None and is filled in again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import torch
from jax.core import eval_jaxpr

from gradcheck.torch.arrays import numpy_dtype, to_numpy, to_tensor, torch_dtype
from gradcheck.torch.recording import Recording, record
from gradcheck.torch.replay import replay

Array = np.ndarray[Any, np.dtype[Any]]
Tensors = list[Any]


def flattened(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree, None among them, and its structure."""
    return jax.tree_util.tree_flatten(tree, is_leaf=lambda value: value is None)


class Arguments:
    """Positional arguments of a torch function: which leaves are tensors, and what stands at the other places."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        found, self.tree = flattened(args)
        anywhere = any(isinstance(leaf, torch.Tensor | np.ndarray) for leaf in found)
        self.settings: list[Any] = []
        self.tensors: list[torch.Tensor] = []
        for leaf in found:
            is_array = isinstance(leaf, torch.Tensor | np.ndarray | np.generic) or (
                not anywhere and isinstance(leaf, float | complex)
            )
            self.settings.append(None if is_array else leaf)
            if is_array:
                tensor = leaf if isinstance(leaf, torch.Tensor) else to_tensor(leaf)
                if tensor.layout != torch.strided:
                    raise TypeError(
                        f"an argument is a tensor of layout {tensor.layout}; pass it dense, by x.to_dense()"
                    )
                self.tensors.append(tensor.detach().requires_grad_(tensor.requires_grad))
        self.is_tensor = [
            setting is None and leaf is not None for setting, leaf in zip(self.settings, found, strict=True)
        ]

    def arrays(self) -> tuple[Any, ...]:
        """The arguments as NumPy arrays, with None for what is none."""
        rest = iter(self.tensors)
        filled = [to_numpy(next(rest)) if is_tensor else None for is_tensor in self.is_tensor]
        args: tuple[Any, ...] = jax.tree_util.tree_unflatten(self.tree, filled)
        return args

    def pick(self, args: tuple[Any, ...]) -> list[Any]:
        """The arrays that stand for tensors, of arguments in the form of `arrays`."""
        found, _ = flattened(args)
        return [leaf for leaf, is_tensor in zip(found, self.is_tensor, strict=True) if is_tensor]

    def rebuild(self, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments as torch is to be given them."""
        return self._filled(tensors, self.settings)

    def spread(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """One value a tensor, in the tree of the arguments, with None for what is no tensor."""
        return self._filled(values, [None] * len(self.settings))

    def _filled(self, values: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
        rest = iter(values)
        filled = [next(rest) if t else other for t, other in zip(self.is_tensor, others, strict=True)]
        args: tuple[Any, ...] = jax.tree_util.tree_unflatten(self.tree, filled)
        return args


class Foreign:
    """``foreign(*leading, *args)`` for NumPy trees, and for JAX's tracers, which are led through what was recorded.

    ``run`` takes the trees of the leading arguments (a cotangent, tangents) and the tensors of the arguments, and returns a
    tree of tensors. ``like`` are tensors of the dtypes that the leading arguments must have, if that is known.
    """

    __gradcheck_trace__ = True

    def __init__(
        self,
        name: str,
        run: Callable[[list[Any], Tensors], Any],
        arguments: Arguments,
        like: Sequence[torch.Tensor] | None = None,
        signature: inspect.Signature | None = None,
        code: Any = None,
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self.arguments = arguments
        self.adapted: Any = None
        self._run = run
        self._like = like
        self._recordings: dict[Any, tuple[Recording, Any]] = {}
        self._programs: dict[Any, Any] = {}
        if signature is not None:
            self.__signature__ = signature
        if code is not None:
            self.forward = code  # where messages look for the line of a callable object

    def __call__(self, *args: Any) -> Any:
        """The result: a tree of arrays, of NumPy or of JAX as the arguments are."""
        lead = len(args) - len(jax.tree_util.treedef_children(self.arguments.tree))
        leading, tree = jax.tree_util.tree_flatten(list(args[:lead]))
        dtypes = [numpy_dtype(like.dtype) for like in self._like or ()] or [np.dtype(a.dtype) for a in leading]
        given = self.arguments.pick(args[lead:])
        if any(isinstance(array, jax.core.Tracer) for array in (*leading, *given)):
            arrays = [jax.numpy.asarray(a, dtype=dtype) for a, dtype in zip(leading, dtypes, strict=True)]
            return self._replayed(arrays, [jax.numpy.asarray(a) for a in given], tree)
        before = [to_tensor(a, self._device).to(torch_dtype(dtype)) for a, dtype in zip(leading, dtypes, strict=True)]
        values = [to_tensor(a, like.device) for a, like in zip(given, self.arguments.tensors, strict=True)]
        return jax.tree_util.tree_map(_as_numpy, self._run(jax.tree_util.tree_unflatten(tree, before), values))

    @property
    def _device(self) -> torch.device:
        tensors = self.arguments.tensors
        return tensors[0].device if tensors else torch.device("cpu")

    def _replayed(self, leading: list[Any], given: list[Any], tree: Any) -> Any:
        arrays = [*leading, *given]
        key = (tree, *((tuple(array.shape), str(array.dtype)) for array in arrays))
        if key not in self._recordings:
            recording, answer = self._recorded(arrays, tree)
            self._programs[key] = jax.make_jaxpr(lambda *values: replay(recording, values))(*map(_shaped, arrays))
            self._recordings[key] = recording, answer
        program = self._programs[key]
        results = eval_jaxpr(program.jaxpr, program.consts, *arrays)
        return jax.tree_util.tree_unflatten(self._recordings[key][1], results)

    def _recorded(self, arrays: list[Any], tree: Any) -> tuple[Recording, Any]:
        trees: list[Any] = []
        lead = tree.num_leaves

        def flat(*tensors: torch.Tensor) -> list[torch.Tensor]:
            before = jax.tree_util.tree_unflatten(tree, tensors[:lead])
            results, answer = jax.tree_util.tree_flatten(self._run(before, list(tensors[lead:])))
            trees.append(answer)
            return [torch.as_tensor(result) for result in results]

        shapes = [torch.empty(a.shape, dtype=torch_dtype(a.dtype), device=self._device) for a in arrays]
        return record(flat, shapes), trees[-1]


def _shaped(array: Any) -> Any:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)  # type: ignore[no-untyped-call] # jax's own class


def _as_numpy(result: Any) -> Any:
    return to_numpy(result) if isinstance(result, torch.Tensor) else np.asarray(result)
