"""Does a batch give what its elements give one by one? Asked of the function and of what is claimed about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.checking import check as check_claim
from gradcheck.claim import Assumption, Claim, Source
from gradcheck.functions.leaves import one_array, split_complex
from gradcheck.functions.reproduction import called, place
from gradcheck.functions.subject import Adapted, AnswerError, Subject, dtype_of
from gradcheck.functions.trial import Refusals, grown_space, trials
from gradcheck.program import trees
from gradcheck.program.program import is_inexact
from gradcheck.program.tape import in_64_bit
from gradcheck.verdict import Verdict

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[..., Any]

ELEMENTS = 3


def batch_verdict(subject: Subject, rules: Sequence[Any], label: str, seed: int) -> list[Verdict]:
    """The verdicts on ``f(batch) == [f(element) …]``, and on the same of each claimed derivative."""
    verdicts = [_judged(subject, subject.function, (), f"batched {label}", seed)]
    for rule in rules:
        extra = {"vjp": subject.output_shape}.get(rule.form)
        if rule.form == "jvp":
            continue  # its tangents are a tree like the arguments, and linear in them: the reverse mode says the same
        shapes = () if extra is None else (extra,)
        verdicts.append(_judged(subject, rule.function, shapes, f"batched {rule.form} {called(rule.function)}", seed))
    return verdicts


def _judged(subject: Subject, function: Function, extra: Sequence[tuple[int, ...]], label: str, seed: int) -> Verdict:
    """One equality: the function of a batch, against the function of each element."""
    rng = np.random.default_rng(seed)
    inputs = {f"cotangents{i or ''}": rng.uniform(-2, 2, (ELEMENTS, *shape)).round(2) for i, shape in enumerate(extra)}
    for name, value in subject.arguments.inputs.items():
        space = grown_space(value, checked=True)
        inputs[name] = np.stack([value, *(space.sample(rng) for _ in range(ELEMENTS - 1))])

    def single(*values: Any) -> Any:
        head, rest = values[: len(extra)], values[len(extra) :]
        answer = function(*(subject.cotangent(value) for value in head), *subject.arguments.rebuild(rest))
        return _row(answer, 0)

    def one_by_one(*batches: Any) -> Any:
        rows = [single(*(batch[i] for batch in batches)) for i in range(ELEMENTS)]
        return one_array(rows).reshape(ELEMENTS, -1)

    def together(*batches: Any) -> Any:
        if subject.framework == "jax":
            import jax

            return jax.vmap(single)(*batches)
        head, rest = batches[: len(extra)], batches[len(extra) :]
        return _row(function(*head, *subject.arguments.rebuild(rest)), 1)

    file, line = place(function)
    claim = Claim(
        name=label,
        kind="equality",
        source=Source(file, line, f"{label} gives for a batch what it gives one by one", origin="code"),
        primal=Adapted(function, one_by_one),
        claimed=Adapted(function, together),
        inputs={name: grown_space(value, checked=True) for name, value in inputs.items()},
    )

    def made(about: Claim, assumptions: Sequence[Assumption]) -> list[Any]:
        return trials(about, assumptions, inputs, None, False, np.zeros(0), Refusals())

    try:
        with np.errstate(all="ignore"), in_64_bit():
            together(*inputs.values())
    except AnswerError as error:
        return Verdict(claim, "fails", reason=str(error), seed=seed)
    return check_claim(claim, seed=seed, generic=1, special=2, cases=made)


def _row(answer: Any, axes: int) -> Any:
    """All floating point numbers of an answer after its first `axes` axes, in one row (or one row an element)."""
    parts: list[Any] = []
    for leaf in trees.leaves(answer):
        if is_inexact(dtype_of(leaf)) and str(dtype_of(leaf)) != "[('float0', 'V')]":
            parts.extend(split_complex(leaf) if dtype_of(leaf).kind == "c" else (leaf,))
    if axes:
        without = [tuple(part.shape) for part in parts if not part.shape or part.shape[0] != ELEMENTS]
        if without:
            raise AnswerError(
                f"a batch of {ELEMENTS} gives an array of shape {without[0]}; a leading axis of {ELEMENTS} is expected"
            )
        rows = [part.reshape(ELEMENTS, -1) for part in parts]
        if len(rows) == 1:
            return rows[0]
        return one_array([one_array([row[i] for row in rows]) for i in range(ELEMENTS)]).reshape(ELEMENTS, -1)
    return one_array([part.reshape(-1) for part in parts])
