"""PyTorch functions, judged as programs: recorded as calls of aten, each a row of a table, or as black boxes.

How `gradcheck.check` uses it, for a function `f` and arguments `args` for which `is_torch(f, args)` is true:

    adapted = adapt(f, args, not given, dtype)    # `given` are the claims, by form
    adapted.function, adapted.args                # in place of f and args: NumPy trees in and out
    adapt_claims(adapted, given)                  # in place of given: written in torch, called with tensors
    adapted.domain(d), adapted.predicate(assume)  # in place of domain and assume: of tensors, without parameters
    adapted.vjp, adapted.jvp(positions)           # f's own rules; no jvp (None) where no autograd.Function brings one
    adapted.checked                               # positions and paths of the leaves with requires_grad, None for all
    adapted.remarks                               # notes: detached results, arguments that the graph does not reach
    adapted.function.adapted                      # adapted itself, for whoever is given the function only
    adapted.backward                              # adapted once more: the gradient as a function to be differentiated

The convention of complex gradients is ``"torch"``. Importing this package does not import torch: `is_torch` looks whether it
has been imported by somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gradcheck.torch.recognise import is_torch

if TYPE_CHECKING:
    from gradcheck.torch.adapter import Adapted

__all__ = ["adapt", "adapt_claims", "is_torch"]


def adapt(function: Callable[..., Any], args: tuple[Any, ...], own: bool = True, dtype: Any = None) -> Adapted:
    """A torch function with its arguments, as the rest of gradcheck wants them: see `gradcheck.torch.adapter.adapt`."""
    from gradcheck.torch.adapter import adapt as made

    return made(function, args, own, dtype)


def adapt_claims(adapted: Adapted, given: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The claims written in torch, by form, as functions of NumPy trees."""
    from gradcheck.torch.adapter import adapt_claims as made

    return made(adapted, given)
