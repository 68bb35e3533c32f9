"""Layer normalisation in the style of lecture notes: forward returns a cache, backward takes it."""

from __future__ import annotations

from typing import Any

import numpy as np

EPSILON = 1e-5


def forward(x: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
    """Normalise over the last axis, scale and shift; the result and what backward needs."""
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    normal = centred / sigma
    return gamma * normal + beta, (normal, sigma, gamma)


def backward(cotangent: Any, cache: Any) -> tuple[Any, Any, Any]:
    """The gradients of x, gamma and beta."""
    normal, sigma, gamma = cache
    scaled = cotangent * gamma
    mean, along = scaled.mean(axis=-1, keepdims=True), (scaled * normal).mean(axis=-1, keepdims=True)
    return (scaled - mean - normal * along) / sigma, (cotangent * normal).sum(axis=0), cotangent.sum(axis=0)
