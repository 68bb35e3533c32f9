"""How XLA's ``dot_general`` becomes one batched matrix product, in any number system that multiplies matrices."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple


class MatmulForm(NamedTuple):
    """Permutations of both operands, the sizes (batch, rows, contracted, columns), and the shape of the result."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    sizes: tuple[int, int, int, int]
    shape: tuple[int, ...]


@functools.lru_cache(maxsize=4096)
def matmul_form(dims: Any, left: tuple[int, ...], right: tuple[int, ...]) -> MatmulForm:
    """The form of a product of operands of the shapes `left` and `right`; `dims` is the primitive's dimension_numbers.

    Permuted and reshaped to (batch, rows, contracted) and (batch, contracted, columns), the operands are multiplied as
    matrices; the product, reshaped to ``shape``, is the result.
    """
    (contract_l, contract_r), (batch_l, batch_r) = dims
    free_l = [axis for axis in range(len(left)) if axis not in contract_l and axis not in batch_l]
    free_r = [axis for axis in range(len(right)) if axis not in contract_r and axis not in batch_r]

    def size(shape: Sequence[int], axes: Sequence[int]) -> int:
        return math.prod(shape[axis] for axis in axes)

    return MatmulForm(
        (*batch_l, *free_l, *contract_l),
        (*batch_r, *contract_r, *free_r),
        (size(left, batch_l), size(left, free_l), size(left, contract_l), size(right, free_r)),
        (*(left[axis] for axis in (*batch_l, *free_l)), *(right[axis] for axis in free_r)),
    )
