"""Which names are numbers, vectors, matrices: every interpretation, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gradcheck.formulas.naming import Naming
from gradcheck.latex import tree
from gradcheck.latex.evaluate import Problem
from gradcheck.latex.names import is_array_notation, parts, used
from gradcheck.latex.vocabulary import KNOWN, SIGMAS

_TRIES = 160


def interpretations(naming: Naming) -> Iterator[tuple[int, dict[str, int]]]:
    """Ranks of the names, from likely to unlikely, with a penalty."""
    everything = naming.question.everything()
    scratch = Problem(indices=naming.question.indices())
    naming.entries(scratch)
    counts = {key: count for key, count in used(everything, scratch).items() if not key.startswith("\x00")}
    arrays = is_array_notation(everything)
    bold = {part.text for part in parts(everything) if isinstance(part, tree.Name) and part.bold}
    rows = {
        part.base.text
        for part in parts(everything)
        if isinstance(part, tree.Script) and isinstance(part.base, tree.Name) and part.base.bold
    }
    settled = naming.question.defined() | KNOWN | {"e", r"\pi", r"\mathbf{1}", r"\mathbf{0}", *SIGMAS}
    declared = naming.question.declared.ranks
    arrays = arrays or any(declared.values())
    if _is_euler(everything):
        counts.pop("e", None)
    options: list[list[tuple[int, str, int]]] = []
    fixed: dict[str, int] = {}
    for key, count in counts.items():
        base = key.split("_{")[0].split("^{")[0]
        letter = re.sub(r"\\(?:hat|tilde|bar|dot|mathcal)\{(.*)\}", r"\1", base)
        if key in declared or base in declared:
            fixed[key] = declared.get(key, declared.get(base, 0))
        elif not arrays or key in settled or base in naming.question.functions or key in naming.question.functions:
            fixed[key] = count
        else:
            options.append(
                [
                    (penalty, key, rank)
                    for penalty, rank in _ranks(letter, base in bold and (not count or base in rows), count)
                ]
            )
    options.sort(key=len)
    yielded = 0
    for total in range(8):
        for combination in _combinations(options, total):
            yield total, {**fixed, **{key: rank for _, key, rank in combination}}
            yielded += 1
            if yielded > _TRIES:
                return


def _is_euler(everything: Any) -> bool:
    """Whether e is a base somewhere, or inside of a logarithm alone: then it is Euler's number."""
    return any(
        (isinstance(part, tree.Power) and part.base == tree.Name("e"))
        or (isinstance(part, tree.Call) and _is_log(part.function) and part.arguments == (tree.Name("e"),))
        for part in parts(everything)
    )


def _is_log(function: Any) -> bool:
    return (function.base if isinstance(function, tree.Script) else function) == tree.Name("log")


def _ranks(letter: str, bold: bool, count: int) -> list[tuple[int, int]]:
    """(penalty, rank) of a name in array notation, the likeliest first."""
    if re.fullmatch("d[A-Za-z]", letter):
        letter = letter[1:]
    upper = (
        letter[:1].isupper()
        or re.fullmatch(r"\\(?:Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega)", letter) is not None
    )
    if count:
        return (
            [(0, count + 1), (1, count)]
            if bold and not (upper and count >= 1)
            else [(0, count), (2, count + 1)]
            if not (upper and count < 2)
            else [(0, max(count, 2)), (1, count)]
        )
    if bold:
        return [(0, 2), (2, 1)] if upper else [(0, 1), (3, 2)]
    if letter.startswith("\\mathcal") or letter in ("N", "n", "m", "e", r"\pi", r"\xi"):
        return [(0, 0), (2, 1), (2, 2)]
    if letter in ("C", "E", "J", "L"):
        return [(0, 0), (0, 2), (2, 1)]
    if upper:
        return [(0, 2), (1, 1), (2, 0)]
    if letter.startswith("\\"):
        return [(0, 0), (1, 1), (3, 2)]
    if letter in ("c", "k", "a"):
        return [(0, 1), (1, 0), (3, 2)]
    return [(0, 1), (1, 0), (2, 2)]


def _combinations(options: list[list[tuple[int, str, int]]], total: int) -> Iterator[list[tuple[int, str, int]]]:
    """Every choice of one entry a list whose penalties add up to `total`."""
    if not options:
        if total == 0:
            yield []
        return
    for entry in options[0]:
        if entry[0] <= total:
            for rest in _combinations(options[1:], total - entry[0]):
                yield [entry, *rest]
