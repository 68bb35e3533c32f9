"""What a derivative in code must do besides being right: the same answer twice, arguments untouched, the same value with it.

These are looked at once, by plain calls at the arguments themselves, before any number is judged: randomness is named as
such and never taken for a wrong gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.claim import Status
from gradcheck.expressions import EvaluationError, Point, Value, wrapped
from gradcheck.functions.subject import AnswerError, Subject, dtype_of
from gradcheck.program import trees

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]


@dataclass
class Findings:
    """What the plain calls have shown: what ends the check (a status and the reason), and what is worth a note."""

    fatal: tuple[Status, str] | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)

    def stop(self, status: Status, reason: str) -> None:
        """Keep the first reason to end the check."""
        if self.fatal is None:
            self.fatal = (status, reason)


def examine(subject: Subject, rules: Sequence[tuple[str, Function]]) -> Findings:
    """Call the function and every claimed function twice at the arguments, and look at what they do.

    JAX functions are pure by contract and would be compiled for a plain call: they are left alone.

    Raises:
        EvaluationError: a function raises; the message names the line.
    """
    findings = Findings()
    if subject.framework == "jax":
        return findings
    first, second = (_arrays(_called(subject.function, (), subject, findings, "f")) for _ in range(2))
    _same(first, second, "f", findings)
    cotangent = np.random.default_rng(0).uniform(0.5, 1.5, subject.output_shape)
    for form, function in rules:
        extra: tuple[Any, ...] = ()
        if form in ("vjp", "jvp"):
            extra = (subject.cotangent(cotangent) if form == "vjp" else _tangents(subject),)
        answer = _called(function, extra, subject, findings, form)
        first = _arrays(answer)
        _same(first, _arrays(_called(function, extra, subject, findings, form)), form, findings)
        try:
            _shapes(subject, form, answer, findings)
        except AnswerError as error:
            findings.stop("fails", str(error))
    return findings


def _tangents(subject: Subject) -> Any:
    """Ones in the first checked leaf."""
    leaf = subject.checked[0]
    parts = [np.ones_like(value) for _, value in leaf.parts]
    return subject.tangents(leaf, parts, ())


def _called(function: Function, extra: tuple[Any, ...], subject: Subject, findings: Findings, what: str) -> Any:
    """The answer of a call with copies of the arguments; a change of these copies ends the check."""
    values = [value.copy() for value in subject.arguments.inputs.values()]
    args = subject.arguments.rebuild(values)
    before = [np.copy(leaf) for leaf in trees.leaves(args) if isinstance(leaf, np.ndarray)]
    name = "f" if what == "f" else f"the {what}"
    try:
        with np.errstate(all="ignore"):
            answer = function(*extra, *args)
    except Exception as error:
        raise wrapped(name, error) from error
    after = [leaf for leaf in trees.leaves(args) if isinstance(leaf, np.ndarray)]
    changed = [
        i
        for i, (a, b) in enumerate(zip(before, after, strict=True))
        if not (_same_bytes(a, b) or np.array_equal(a, b, equal_nan=True))
    ]
    if changed:
        named = [leaf.name for leaf in subject.arguments.leaves if not leaf.scalar]
        which = named[changed[0]] if changed[0] < len(named) else "an argument"
        findings.stop("fails", f"{name} changes its argument {which} in place; work on a copy")
    return answer


def _same(first: list[Array], second: list[Array], what: str, findings: Findings) -> None:
    """Whether two calls with the same arguments gave the same answer."""
    name = "f" if what == "f" else f"the {what}"
    pairs = list(zip(first, second, strict=False))
    for a, b in pairs:
        if a.shape != b.shape:
            findings.stop("undecided", f"{name} is not deterministic: two calls gave shapes {a.shape} and {b.shape}")
            return
    differing = [
        (a, b) for a, b in pairs if not (_same_bytes(a, b) or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    ]
    if not differing:
        return
    if all(np.allclose(2 * a, b, rtol=1e-12) for a, b in pairs):
        findings.stop(
            "fails", f"{name} adds to what it returned before: a second call gave twice the first; return a new array"
        )
        return
    a, b = differing[0]
    with np.errstate(all="ignore"):
        differ = np.flatnonzero(~((a == b) | ((a != a) & (b != b))).ravel())
    place = f" at entry {list(map(int, np.unravel_index(differ[0], a.shape)))}" if a.shape else ""
    told = f"{a.ravel()[differ[0]]:.6g} and {b.ravel()[differ[0]]:.6g}{place}"
    findings.stop(
        "undecided",
        f"{name} is random: two calls with the same arguments gave {told}. "
        f"Fix the seed inside, or pass what is random as an argument",
    )


def _same_bytes(a: Array, b: Array) -> bool:
    """Whether two arrays hold the same numbers, as is quickest to see; if not, they may still be equal, as 0.0 and -0.0."""
    return a.shape == b.shape and a.dtype == b.dtype and a.dtype.kind in "biufc" and a.tobytes() == b.tobytes()


def _arrays(answer: Any) -> list[Array]:
    """The numeric arrays of an answer, copied."""
    leaves = trees.leaves(answer)
    found = [np.array(leaf.toarray() if hasattr(leaf, "toarray") else leaf) for leaf in leaves]
    return [array for array in found if array.dtype.kind in "fciub"]


def linearity(claimed: Value, point: Point, direction: str) -> str:
    """What is wrong with how a claim depends on its cotangent or tangent; empty where it is linear in it as far as seen."""
    scaled = {**point, direction: -2 * point[direction]}
    try:
        once, twice = (np.asarray(claimed.floats(at), dtype=np.float64) for at in (point, scaled))
    except EvaluationError:
        return ""
    if not np.all(np.isfinite(once)) or not np.any(once):
        return ""
    if np.allclose(twice, once, rtol=1e-9):
        return f"the {direction} is not used: another one gives the same answer"
    if not np.allclose(twice, -2 * once, rtol=1e-6):
        return (
            f"the answer is not linear in the {direction}: −2 times the {direction} does not give −2 times the answer"
        )
    return ""


def _shapes(subject: Subject, form: str, answer: Any, findings: Findings) -> None:
    """Notes on the dtypes of gradients; refuses answers in another form.

    Raises:
        AnswerError: the answer has another number of parts, or another tree.
    """
    if form not in ("vjp", "gradient"):
        return
    for leaf in subject.checked:
        given = subject.pick(answer, leaf, f"the {form}")
        dtype = dtype_of(given)
        if dtype.kind == "c" and not leaf.complex:
            findings.stop("fails", f"the {form} is complex for the real argument {leaf.name}; return its real part")
        elif dtype.kind in "fc" and dtype.itemsize < leaf.value.dtype.itemsize:
            note = f"the {form} for {leaf.name} is {dtype}, though {leaf.name} is {leaf.value.dtype}: digits are lost"
            findings.notes = (*findings.notes, note)
