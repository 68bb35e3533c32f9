"""x · sigmoid(x) as a PyTorch function that keeps only its input, and a module that uses it."""

from __future__ import annotations

from typing import Any

import torch


class Swish(torch.autograd.Function):
    """x · sigmoid(x), elementwise."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """The value; the input is kept for backward."""
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> torch.Tensor:
        """With s = sigmoid(x): s (1 + x (1 − s)) times the cotangent."""
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return cotangent * s * (1 + x * (1 - s))


class SwishLayer(torch.nn.Module):
    """A linear layer with Swish."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(inputs, outputs, dtype=torch.float64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Swish(x Wᵀ + b)."""
        return Swish.apply(self.linear(x))
