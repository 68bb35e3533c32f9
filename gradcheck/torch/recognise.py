"""Whether a function or its arguments are PyTorch's, found out without importing torch."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from gradcheck.program import trees


def is_torch(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether `function` is a module, a function of torch or the ``apply`` of an autograd.Function, or `args` hold tensors.

    Where torch has not been imported by anybody, nothing can be one of its objects.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None or hasattr(function, "__gradcheck_trace__"):
        return False
    while isinstance(function, functools.partial):
        function = function.func
    owner = getattr(function, "__self__", None)
    if isinstance(function, torch.nn.Module) or isinstance(owner, torch.nn.Module):
        return True
    if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
        return True
    where = getattr(function, "__module__", None) or getattr(owner, "__module__", None)
    if str(where).partition(".")[0] == "torch":
        return True
    return any(isinstance(leaf, torch.Tensor) for leaf in leaves(args))


def leaves(tree: Any) -> list[Any]:
    """What the tuples, lists and dicts of `tree` hold, by JAX's rules; None is no leaf."""
    return trees.leaves(tree)
