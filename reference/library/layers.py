"""Layers with weights: forward, and a backward that pulls the cotangent of the result back to every input.

A batch is a matrix with one sample a row. dy, printed ȳ, is ∂L/∂y for whatever scalar loss L comes after, and has the
result's shape. A backward takes every input of its forward, those that it does not use as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.domains import Reals
from gradcheck.library.formulas import Library

Array = np.ndarray[Any, np.dtype[Any]]

LIBRARY = Library("layers", "layers.py", "Layers", notation={r"\bar y": "dy"})


def dense(x: Array, w: Array, b: Array) -> Array:
    """x w + b, (n, p), (p, q), (q,) → (n, q)."""
    return x @ w + b


def dense_backward(dy: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """∂L/∂x, ∂L/∂w and ∂L/∂b: (n, p), (p, q), (q,)."""
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)


LIBRARY.formula(
    "dense",
    "Dense layer (fully connected, linear, affine)",
    formula=r"y = x w + b",
    forward=dense,
    inputs={"x": Reals(4, 3), "w": Reals(3, 2), "b": Reals(2)},
    backward=dense_backward,
    printed={
        "x": r"\frac{\partial L}{\partial x} = \bar y w^T",
        "w": r"\frac{\partial L}{\partial w} = x^T \bar y",
        "b": r"\frac{\partial L}{\partial b_j} = \sum_i \bar{y}_{ij}",
    },
    source="D. Rumelhart, G. Hinton and R. Williams, Learning representations by back-propagating errors, Nature 323, 1986",
    also=("torch.nn.Linear", "flax.linen.Dense", "fully connected"),
)
