"""Tensors and NumPy arrays, one as the other: the same numbers in the same dtype, never the same memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, np.dtype[Any]]


class DtypeError(TypeError):
    """A tensor's dtype has no counterpart in NumPy; the message names it."""


def numpy_dtype(dtype: torch.dtype) -> np.dtype[Any]:
    """NumPy's dtype of the same name; that of JAX for bfloat16.

    Raises:
        DtypeError: there is none, as for quantised and 8 bit floating point numbers.
    """
    if dtype == torch.bfloat16:
        import jax.numpy as jnp

        low: np.dtype[Any] = np.dtype(jnp.bfloat16)
        return low
    try:
        found: np.dtype[Any] = np.dtype(str(dtype).removeprefix("torch."))
    except TypeError as error:
        raise DtypeError(
            f"a tensor of dtype {dtype} has no counterpart in NumPy; use float64, float32, float16, bfloat16, "
            f"complex128, complex64, integers or booleans"
        ) from error
    return found


def torch_dtype(dtype: Any) -> torch.dtype:
    """torch's dtype of the same name."""
    name = np.dtype(dtype).name
    found: torch.dtype = getattr(torch, name)
    return found


def to_numpy(tensor: torch.Tensor) -> Array:
    """A copy of a tensor as an array."""
    plain = tensor.detach().resolve_conj().resolve_neg().cpu()
    if plain.layout != torch.strided:
        plain = plain.to_dense()
    dtype = numpy_dtype(plain.dtype)
    if plain.dtype == torch.bfloat16:
        return np.array(plain.contiguous().view(torch.int16).numpy()).view(dtype)
    return np.array(plain.numpy(force=True))  # forced: a ZeroTensor has no memory of its own


def to_tensor(array: Any, device: torch.device | None = None) -> torch.Tensor:
    """A copy of an array, or a number, as a contiguous tensor."""
    plain = np.array(array, order="C")
    if plain.dtype.name == "bfloat16":
        tensor = torch.from_numpy(plain.view(np.int16)).view(torch.bfloat16)
    else:
        tensor = torch.from_numpy(plain)
    return tensor if device is None else tensor.to(device)
