"""The right derivative of a claim, in the claim's own notation, with what evaluates it; checked before it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.cases import cases
from gradcheck.claim import Claim, Source
from gradcheck.expressions import EvaluationError
from gradcheck.latex import tree
from gradcheck.latex.definitions import functions_in, words_in
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.reader import read
from gradcheck.latex.tree import Expr
from gradcheck.latex.vocabulary import GREEK_COMMANDS
from gradcheck.program.program import Program
from gradcheck.symbolic.entries import array_of_symbols, entries, real, sign_of
from gradcheck.symbolic.evaluating import evaluated
from gradcheck.symbolic.functions import Logistic, Softplus
from gradcheck.symbolic.model import NotSymbolic, Written
from gradcheck.symbolic.plain import plain
from gradcheck.symbolic.slopes import Slope, corners, slope
from gradcheck.symbolic.style import Style
from gradcheck.symbolic.tidy import ONE, as_before, times
from gradcheck.symbolic.writing import as_tree
from gradcheck.verdict import Verdict

_KINDS = ("derivative", "gradient", "jacobian", "vjp", "jvp")
_ENTRY = re.compile(r"\\partial\s*([^{}\\]*\\?[A-Za-z]+\s*_(?:\{[^{}]*\}|\w))\s*\}")
"""What a formula for single entries is differentiated by: a claim on such a family calls it ``entry``."""
_SPELLINGS = {"lam": r"\lambda", "lamb": r"\lambda", "lambda_": r"\lambda", "lmbda": r"\lambda", "eps": r"\epsilon"}
_DIGITS = re.compile(r"([A-Za-z]+?)_?(\d+)")
_LOGISTIC = re.compile(r"sigmoid|logistic|e\s*\^\s*\{\s*-|\\exp\s*(?:\\left)?\(\s*-", re.IGNORECASE)
_SIGMA = re.compile(r"\\sigma\s*(?:\\left)?[(']|\\sigma\s*\^|sigmoid|logistic|softplus", re.IGNORECASE)
MOST_ENTRIES = 24
"""How many entries an array may have that is worked out entry by entry."""


@dataclass(frozen=True)
class Question:
    """A claim, the LaTeX of its inputs, and the entries of its primal."""

    claim: Claim
    wrt: str
    names: Mapping[str, str]
    output: Any
    style: Style

    def sign(self, name: str) -> int:
        """The sign that an input is known to have, or 0."""
        return sign_of(self.claim.inputs[name])

    def symbols(self, name: str) -> Any:
        """The symbols of an input's entries."""
        return array_of_symbols(self.names[name], self.claim.inputs[name].shape, self.sign(name))

    @property
    def sigma(self) -> bool:
        """Whether σ may be written: the claim prints it, or the function is made with it."""
        if r"\sigma" in self.names.values():
            return False
        said = self.claim.notation.get(r"\sigma", "")
        if said and not _LOGISTIC.search(said):
            return False
        printed = _SIGMA.search(self.claim.source.formula) is not None
        return printed or any(entry.has(Logistic, Softplus) for entry in self.output.flat)


def in_symbols(claim: Claim, wrt: str | None = None) -> Written:
    """The derivative of the claim's primal; see `gradcheck.symbolic.in_symbols`."""
    asked = _asked(claim, wrt)
    if claim.kind == "gradient" and claim.inputs[asked.wrt].shape:
        from gradcheck.symbolic.losses import gradient

        return gradient(asked)
    return _elementwise(asked)


def checked(claim: Claim, seed: int = 0) -> tuple[Written, Verdict] | None:
    """What is written and the verdict on it, where that is *holds*."""
    from gradcheck.checking import check

    try:
        found = in_symbols(claim)
        verdict = check(corrected(claim, found), seed=seed)
    except (NotSymbolic, EvaluationError):
        return None
    return (found, verdict) if verdict.status == "holds" else None


def corrected(claim: Claim, found: Written) -> Claim:
    """The claim with what is written in the place of what was claimed."""
    formula = f"{found.left} = {found.latex}" if found.left else found.latex
    source = replace(claim.source, formula=formula, origin="correction")
    assert isinstance(source, Source)
    return replace(claim, source=source, claimed=found.claimed, recorded=None, corrects=claim.name)


def _asked(claim: Claim, wrt: str | None) -> Question:
    if claim.kind not in _KINDS:
        raise NotSymbolic(f"a claim of kind {claim.kind} is not about one derivative; {', '.join(_KINDS)} are written")
    if claim.generics:
        raise NotSymbolic(f"{', '.join(claim.generics)} stands for any function, which has no formula")
    if claim.primal is None or claim.wrt is None:
        raise NotSymbolic("nothing was transcribed, so nothing can be differentiated")
    by = wrt or claim.wrt
    if by not in claim.inputs:
        raise NotSymbolic(f"{by} is not one of the inputs {', '.join(claim.inputs)}")
    total = sum(int(np.prod(space.shape)) for space in claim.inputs.values())
    if total > MOST_ENTRIES:
        raise NotSymbolic(f"the inputs have {total} entries; at most {MOST_ENTRIES} are worked out one by one")
    chosen = cases(claim, [assumption for assumption in claim.assumptions if assumption.stated])
    if not chosen:
        raise NotSymbolic("no case of the claim satisfies its assumptions")
    program = chosen[0].primal().program
    if not isinstance(program, Program):
        raise NotSymbolic(f"the function could not be traced ({program.reason})")
    names = names_of(claim)
    inputs = [array_of_symbols(names[name], space.shape, sign_of(space)) for name, space in claim.inputs.items()]
    output = entries(program, inputs)
    return Question(claim, by, names, output, Style(claim.source.formula))


def names_of(claim: Claim) -> dict[str, str]:
    """The LaTeX of each input: as the claim's notation has it, a Greek letter by its command, w1 as w_{1}."""
    printed: dict[str, str] = {}
    for name, value in claim.notation.items():
        if value in claim.inputs and (value not in printed or _occurs(name, claim) > _occurs(printed[value], claim)):
            printed[value] = name
    printed = {value: name for value, name in printed.items() if _occurs(name, claim) or not _occurs(value, claim)}
    found: dict[str, str] = {}
    for name in claim.inputs:
        numbered = _DIGITS.fullmatch(name)
        entry = _ENTRY.search(claim.source.formula) if name == claim.wrt == "entry" else None
        if entry is not None:
            told = entry[1].strip()
        elif name in printed:
            told = printed[name]
        elif rf"\{name}" in GREEK_COMMANDS or name in _SPELLINGS:
            told = _SPELLINGS.get(name, rf"\{name}")
        elif numbered is not None:
            base = rf"\{numbered[1]}" if rf"\{numbered[1]}" in GREEK_COMMANDS else numbered[1]
            told = f"{base}_{{{numbered[2]}}}"
        else:
            told = name
        if told in found.values() or told in ("e", r"\pi"):
            raise NotSymbolic(f"the input {name} has no name of its own in LaTeX: {told} is taken")
        found[name] = told
    return found


def _occurs(name: str, claim: Claim) -> bool:
    """Whether a name stands in the formula as printed."""
    return re.search(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z])", claim.source.formula) is not None


def representative(asked: Question) -> Any:
    """The formula of one entry, in the names of the arrays: the same for all entries, each made of entries at its own place.

    Raises:
        NotSymbolic: the function is not elementwise.
    """
    output = asked.output
    whole: Any = None
    for place in np.ndindex(output.shape):
        swaps: dict[Any, Any] = {}
        for name, space in asked.claim.inputs.items():
            plain = real(asked.names[name], asked.sign(name))
            symbols = asked.symbols(name)
            if space.shape and space.shape != output.shape:
                if any(output[place].has(symbol) for symbol in symbols.flat):
                    raise NotSymbolic(
                        f"{name} has another shape than the result, so that no formula of one entry says all"
                    )
                continue
            swaps[symbols[place] if space.shape else symbols[()]] = plain
        entry = output[place].xreplace(swaps)
        if entry.free_symbols - set(swaps.values()):
            raise NotSymbolic(
                "an entry of the result depends on other entries than its own, so that it is not elementwise"
            )
        if whole is not None and entry != whole:
            raise NotSymbolic("the entries of the result have different formulas")
        whole = entry
    if whole is None:
        raise NotSymbolic("the result has no entries")
    return whole


def _elementwise(asked: Question) -> Written:
    claim = asked.claim
    shape = tuple(asked.output.shape)
    if claim.inputs[asked.wrt].shape not in ((), shape):
        raise NotSymbolic(f"{asked.wrt} has another shape than the result")
    if shape and claim.inputs[asked.wrt].shape == () and claim.kind != "jvp":
        raise NotSymbolic(f"every entry of the result depends on the one number {asked.wrt}")
    whole = representative(asked)
    x = real(asked.names[asked.wrt], asked.sign(asked.wrt))
    found = slope(whole, x, asked.sigma, _as_made(whole))
    names = [asked.names[name] for name in claim.inputs]
    shown = as_before(found.tree, printed_trees(claim))
    entry = evaluated(shown, names, shape=shape)
    written, claimed, notes = _of_kind(claim, shown, entry, shape, asked.style)
    return Written(written, claimed, shown, left_side(claim), (*notes, *_conventions(found, x, asked.style)))


def printed_trees(claim: Claim) -> tuple[Expr, ...]:
    """The members of the claim's formula, as far as they are formulas of numbers: the order of their terms is kept."""
    formula = claim.source.formula
    try:
        statements = read(formula, functions_in(formula), words_in(formula, ""))
    except (UnreadableError, RecursionError):
        return ()
    found = []
    for member in (member for statement in statements for member in statement.members):
        try:
            found.append(plain(member))
        except (NotSymbolic, UnresolvedError):
            continue
    return tuple(found)


def _as_made(whole: Any) -> Expr | None:
    try:
        return as_tree(whole)
    except NotSymbolic:
        return None


def _of_kind(
    claim: Claim, expr: Expr, entry: Callable[..., Any], shape: tuple[int, ...], style: Style
) -> tuple[str, Callable[..., Any], tuple[str, ...]]:
    """The derivative of one entry as what the kind of the claim asks for."""
    if claim.kind in ("vjp", "jvp"):
        letter = "v" if "v" not in claim.inputs else r"\bar{v}"
        word = "cotangent" if claim.kind == "vjp" else "tangent"

        def pulled(direction: Any, *arrays: Any) -> Any:
            return direction * entry(*arrays)

        shown = rf"{letter} \odot {_factor(expr, style)}" if shape else style(times(tree.Name(letter), expr))
        return shown, pulled, (rf"\({letter}\) is the {word}.",)
    if claim.kind == "jacobian" and shape:
        if len(shape) != 1:
            raise NotSymbolic("the Jacobian of an array of several axes by another is not written")

        def jacobian(*arrays: Any) -> Any:
            return np.diag(entry(*arrays))

        if expr == ONE:
            return "I", jacobian, ()
        return rf"\operatorname{{diag}}\left({style(expr)}\right)", jacobian, ()
    return style(expr), entry, ()


def _factor(expr: Expr, style: Style) -> str:
    text = style(expr)
    return rf"\left({text}\right)" if isinstance(expr, (tree.Sum, tree.Cases)) else text


def _conventions(found: Slope, x: Any, style: Style) -> tuple[str, ...]:
    return tuple(corner.why for corner in corners(found, x, style) if corner.differentiable is not True)


def left_side(claim: Claim) -> str:
    """What stands on the left of the claim's formula as printed, where that is a derivative of something."""
    left, mark, _ = claim.source.formula.partition("=")
    left = left.replace("&", "").strip()
    derived = re.search(r"\\partial|\\nabla|'|\\prime|\\frac\{\s*(?:\\mathrm\{d\}|d)|\\tfrac|\\dfrac", left)
    balanced = left.count("{") == left.count("}") and r"\begin" not in left
    return left if mark and derived and balanced else ""
