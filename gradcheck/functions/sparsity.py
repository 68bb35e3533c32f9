"""Declared patterns of Jacobians: what is claimed inside counts, and nothing outside is left unlooked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.functions.forms import dense
from gradcheck.functions.options import UsageError
from gradcheck.functions.reproduction import called
from gradcheck.functions.subject import Adapted, Subject
from gradcheck.verdict import Verdict

Array = np.ndarray[Any, np.dtype[Any]]


def within(jacobian: Callable[..., Any], pattern: Any, subject: Subject) -> Callable[..., Any]:
    """The claimed Jacobian with zeros outside the declared pattern, so that a true non-zero there is wrong.

    The pattern is a boolean array or SciPy sparse matrix, (outputs × inputs) flattened or in the Jacobian's own shape.

    Raises:
        UsageError: several leaves are checked, or the pattern has another size than the Jacobian.
    """
    if len(subject.checked) != 1 or len(subject.inexact_results) != 1:
        raise UsageError("sparsity=: a pattern is that of one result by one leaf; name the leaf with wrt=")
    (leaf,) = subject.checked
    shape = (*subject.output_shape, *leaf.value.shape)
    declared = np.asarray(pattern.toarray() if hasattr(pattern, "toarray") else pattern) != 0
    if declared.size != math.prod(shape):
        raise UsageError(f"sparsity=: the pattern has shape {declared.shape}; the Jacobian has {shape}")
    mask = declared.reshape(shape)

    def kept(*args: Any) -> Any:
        return dense(jacobian(*args), subject, leaf) * mask

    return Adapted(jacobian, kept, name=called(jacobian, "jacobian="))


def outside(verdict: Verdict, pattern: Any) -> Verdict:
    """The verdict with those wrong entries named that lie outside the declared pattern."""
    shown = verdict.counterexample
    if shown is None:
        return verdict
    declared = np.asarray(pattern.toarray() if hasattr(pattern, "toarray") else pattern) != 0
    missed = [
        entry.index
        for entry in shown.entries
        if entry.wrong and len(entry.index) == declared.ndim and not declared[entry.index]
    ]
    if not missed:
        return verdict
    places = ", ".join(str(list(index)) for index in missed[:6])
    return replace(verdict, diagnosis=f"the Jacobian is not zero outside the declared pattern: at {places}")
