r"""The front door for derivations: functions, a LaTeX display or a claim sheet in; a report out.

import gradcheck as gc

gc.derivation(f, (x,), steps=[(r"2x \sin x + x^2 \cos x", line)])
gc.derivation(r"f'(x) = 2x \sin x + x^2 \cos x", definitions=r"f(x) = x^2 \sin x")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from gradcheck.claim import Claim, Sheet
from gradcheck.derivations.model import DerivationError, DerivationReport
from gradcheck.expressions import traces_kept
from gradcheck.functions.options import UsageError

_CODE = ("steps", "wrt", "domain", "assume", "points", "about")
_DISPLAY = ("definitions",)
_SHEET = ("claim",)
_ALL = (*_CODE, *_DISPLAY, *_SHEET, "rules", "notation", "seed", "name")


@traces_kept()
def derivation(
    f: Callable[..., Any] | str | Claim | Sheet,
    args: tuple[Any, ...] | None = None,
    *,
    steps: Sequence[Any] = (),
    wrt: Any = None,
    rules: Mapping[int, str] | Sequence[str] | None = None,
    domain: Any = None,
    assume: Callable[..., Any] | None = None,
    points: int | None = None,
    about: str | Sequence[str] = "",
    definitions: str | Sequence[str] = "",
    notation: Mapping[str, Any] | None = None,
    claim: str | None = None,
    seed: int = 0,
    name: str | None = None,
    **misspelt: Any,
) -> DerivationReport:
    r"""Judge a derivation line by line: each against the line before it, and against the derivative itself.

    Args:
        f: what is differentiated, a NumPy or JAX function; or a LaTeX display that begins with a derivative, as
            ``\frac{d}{dx} f(x) = … = …``; or a claim of kind "derivation"; or a sheet that has one.
        args: typical arguments of `f`, a tuple. They are always checked themselves.
        steps: the lines after the derivative itself: ``(formula, function)`` or ``(formula, function, rule)``. A function
            takes the arguments of `f` and returns the gradient (shape of the argument) where `f` is scalar, the Jacobian
            (shape ``result.shape + argument.shape``) or, where `f` is elementwise, the derivative (shape of the result). A
            first pair ``(formula, None)`` says how the derivative itself is printed.
        wrt: by which argument is differentiated; needed where several could be.
        rules: the rules as the author states them, one a line after the first, or a mapping from line numbers.
        domain: which inputs the lines are about, as for `check`.
        assume: a predicate ``assume(*args)``; points where it is false are left out.
        points: how many points to visit beside `args`.
        about: what is differentiated, in LaTeX, for the report.
        definitions: what a display rests on, in LaTeX with words between.
        notation: for a display what `check_latex` takes; for functions what printed names stand for: an argument, or LaTeX.
        claim: the name of one derivation of a sheet that has several.
        seed: of the points.
        name: what the report calls it.
        **misspelt: anything else is refused by name.

    Raises:
        UsageError: a keyword is misspelt, missing, or would not be looked at.
        DerivationError: a display cannot be read or settled, or a sheet has no such derivation.
        EvaluationError: `f` or a line raises; the message names the line of code.
    """
    from gradcheck.derivations.judging import judge

    for word in misspelt:
        close = get_close_matches(word, _ALL, 1)
        hint = f"did you mean {close[0]}=?" if close else f"known are {', '.join(_ALL)}"
        raise UsageError(f"derivation() has no keyword {word}=; {hint}")
    given = {
        "steps": bool(steps),
        "wrt": wrt is not None,
        "domain": domain is not None,
        "assume": assume is not None,
        "points": points is not None,
        "about": bool(about),
        "definitions": bool(definitions),
        "claim": claim is not None,
    }
    if isinstance(f, str):
        _refuse(given, (*_CODE, *_SHEET), "a LaTeX display")
        if args is not None:
            raise UsageError("args: a LaTeX display has no arguments; its names and their ranges go into notation=")
        from gradcheck.derivations.displays import read_display

        return read_display(f, definitions, notation, title=name or "", rules=_by_line(rules), seed=seed)
    if isinstance(f, (Claim, Sheet)):
        _refuse(given, (*_CODE, *_DISPLAY), "a claim or a sheet")
        if args is not None or rules is not None or notation is not None:
            raise UsageError(
                "args=, rules= and notation= would not be looked at: a claim has its own inputs and notation"
            )
        from gradcheck.derivations.sheets import from_claim, from_sheet

        found = from_claim(f) if isinstance(f, Claim) else from_sheet(f, claim)
        names = list(dict.fromkeys(one.claim.name for one in found))
        if len(names) > 1:
            raise DerivationError(f"the sheet has {len(names)} derivations: name one of {', '.join(names)} with claim=")
        if len(found) > 1:
            raise DerivationError(
                f"{found[0].claim.key} is read in {len(found)} ways, and a report is about one: "
                f"gradcheck.check_claim judges all of them; give a claim whose steps have one reading each"
            )
        return judge(found[0], seed=seed)
    _refuse(given, (*_DISPLAY, *_SHEET), "a function")
    if args is None:
        raise UsageError("args is missing: a tuple of typical arguments of f")
    from gradcheck.derivations.functions import from_functions

    made = from_functions(
        f,
        args,
        steps,
        wrt=wrt,
        rules=rules,
        domain=domain,
        assume=assume,
        points=points,
        seed=seed,
        about=about,
        notation=notation,
        name=name,
    )
    return judge(made, seed=seed)


def _refuse(given: Mapping[str, bool], words: Sequence[str], what: str) -> None:
    """Raise UsageError for keywords that would not be looked at."""
    for word in words:
        if given[word]:
            raise UsageError(f"{word}= would not be looked at: {what} was given")


def _by_line(rules: Mapping[int, str] | Sequence[str] | None) -> dict[int, str]:
    if rules is None:
        return {}
    return dict(rules) if isinstance(rules, Mapping) else dict(enumerate(rules, 1))
