"""An embedding as an object with state: forward remembers its rows, backward adds to the gradient that it keeps."""

from __future__ import annotations

from typing import Any

import numpy as np


class Embedding:
    """Rows of a table, looked up by number."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.gradient = np.zeros_like(table)
        self.rows: Any = None

    def forward(self, rows: Any) -> Any:
        """The rows, of shape rows.shape + (width,)."""
        self.rows = rows
        return self.table[rows]

    def backward(self, cotangent: Any) -> None:
        """Add to the gradient of the table; a row that was looked up twice gets both contributions."""
        np.add.at(self.gradient, self.rows, cotangent)
