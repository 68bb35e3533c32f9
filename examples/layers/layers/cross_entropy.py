"""Softmax cross-entropy of integer labels, averaged over the batch; the gradient of the logits in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np


def log_softmax(logits: Any) -> Any:
    """Logarithms of the softmax along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of −log softmax(logits)[i, labels[i]], for logits of shape (n, classes)."""
    return -log_softmax(logits)[np.arange(len(labels)), labels].mean()


def cross_entropy_gradient(logits: Any, labels: Any) -> Any:
    """(softmax(logits) − onehot(labels)) / n."""
    gradient = np.exp(log_softmax(logits))
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)
