r"""What a step needs: assumptions that it fails without, and the rule or definition that the two formulas show.

Assumptions are found by leaving them out. A rule is named where the trees of the two lines show it: a derivative that is gone
was worked out, by the rules that the form of what was differentiated asks for; a defined name that is in one line alone
was replaced by what it stands for. What is not recognised is told as that. Formulas in words stand between ``\(`` and ``\)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gradcheck.claim import Claim
from gradcheck.derivations.model import NOT_KNOWN, LineReport, Read, Rule
from gradcheck.latex import tree
from gradcheck.latex.names import parts
from gradcheck.latex.problem import plain
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.derivations.judging import Asked

_GOOD = ("holds", "conditional")
_DEPTH = 8
WORKED_OUT = "differentiation"
_INDICATORS = (r"\mathbb{1}", r"\mathbf{1}", "I", r"\mathbb{I}")


def rules_of(asked: Asked, line: LineReport) -> tuple[Rule, ...]:
    """What the step to a line needs; nothing for the line where the derivation starts."""
    stated = asked.derivation.rules.get(line.number - 1, "")
    reason = asked.derivation.reasons.get(line.number - 1, "stated by the author")
    found = [Rule(stated, reason)] if stated else []
    if line.step is None:
        return tuple(found)
    if line.step.assumption:
        found.append(Rule(line.step.assumption, "nothing says so, and without it the step fails"))
    if line.step.status not in _GOOD:
        return tuple(found)
    found += _assumed(asked, line)
    if line.number - 1 in asked.derivation.reasons:
        return tuple(found)
    read = asked.derivation.read
    first = line.number == 2 and asked.claim.steps[0].value is None
    before = read.starts if first and read.starts is not None else _tree(read, line.number - 2)
    after = _tree(read, line.number - 1)
    shown = recognised(before, after, read) if before is not None and after is not None else []
    found += [rule for rule in shown if rule.text not in {known.text for known in found}]
    return tuple(found) or (Rule(NOT_KNOWN, "the step holds, and no rule was recognised in it"),)


def _tree(read: Read, number: int) -> Expr | None:
    return read.lines[number] if 0 <= number < len(read.lines) else None


def _assumed(asked: Asked, line: LineReport) -> Iterator[Rule]:
    """The assumptions that the source states and the step fails without."""
    for assumption in asked.claim.assumptions:
        restricts = assumption.spaces or assumption.trait or assumption.where
        if not assumption.stated or not restricts or assumption.text in ("the formulas are defined", "assume="):
            continue
        without = tuple(other for other in asked.claim.assumptions if other != assumption)
        if _verdict(asked, line, replace(asked.claim, assumptions=without)).status == "fails":
            yield Rule(assumption.text, "stated, and without it the step fails")


def _verdict(asked: Asked, line: LineReport, claim: Claim) -> Verdict:
    """The verdict on a step of a derivation with other assumptions."""
    changed = replace(asked, derivation=replace(asked.derivation, claim=claim))
    return changed.step(line.number - 1)


def recognised(before: Expr, after: Expr, read: Read) -> list[Rule]:
    """The rules that two formulas show."""
    known = Known(read.definitions)
    old, new = _derivatives(before), _derivatives(after)
    gone = [one for one in old if one not in new]
    found: dict[str, Rule] = {}

    def add(rule: Rule) -> None:
        found.setdefault(rule.text, rule)

    linked: set[str] = set()
    named = {_key(body): name for name, body in read.definitions.items() if isinstance(body, tree.Derivative)}
    for derivative in gone:
        if named.get(_key(derivative)) in known.names(after):
            continue
        links = _links(derivative, new)
        if links:
            linked |= _inside_of(new)
            through = " and ".join(rf"\({typeset(name)}\)" for name in links)
            add(Rule("chain rule", f"the derivatives in the product meet at {through}"))
            continue
        if isinstance(derivative.body, (tree.Name, tree.Script)) and not known.stands_for(derivative.body):
            continue
        for rule in known.differentiated(
            derivative, frozenset(typeset(one.body) for one in new if one.body is not None)
        ):
            add(rule)
    if gone and not found and any(named.get(_key(one)) not in known.names(after) for one in gone):
        add(Rule(WORKED_OUT, "a derivative stands on the line before and not on this one"))
    for name in known.only_in_one(before, after, linked | (_inside_of(gone) & known.names(before))):
        where = "this line" if name in known.names(after) else "the line before"
        add(Rule(rf"definition of \({name}\)", f"it stands in {where} alone"))
    if any(_has_indicator(big.body) for big in _sums(before)) and not _has_indicator(after):
        add(Rule("the indicator keeps one term of its sum", "the sum over it is gone"))
    if gone or found:
        return list(found.values())
    if _diagonal(before) != _diagonal(after) and _entrywise(before) != _entrywise(after):
        return [Rule("a diagonal matrix times an array multiplies entry by entry", "diag in one line, ⊙ in the other")]
    one, other = _functions(before), _functions(after)
    if one != other:
        told = ", ".join(rf"\({name}\)" for name in sorted(one ^ other))
        return [Rule("an identity of functions", f"{told} in one of the two lines alone")]
    if old == new:
        return [Rule("algebra", "both lines are made of the same names and functions, and nothing is differentiated")]
    return []


@dataclass(frozen=True)
class Known:
    """What names stand for, by name as typeset without its indices."""

    definitions: Mapping[str, Expr]

    def names(self, expr: Expr) -> set[str]:
        """The names that are defined and occur in an expression."""
        return {name for part in parts(expr) if (name := head(part)) in self.definitions}

    def only_in_one(self, before: Expr, after: Expr, differentiated: set[str]) -> list[str]:
        """The defined names that one of two formulas has alone, those left away that were differentiated."""
        one, other = self.names(before), self.names(after)
        return sorted((one ^ other) - differentiated)

    def stands_for(self, expr: Expr | None) -> Expr | None:
        """What a name, or a call of a function, is defined as."""
        called = expr.function if isinstance(expr, tree.Call) else expr
        return self.definitions.get(head(called)) if called is not None else None

    def depends(self, expr: Expr, by: str, depth: int = 0) -> bool:
        """Whether an expression mentions a name, or what is made of it."""
        for part in parts(expr):
            name = head(part)
            if name == by:
                return True
            if depth < _DEPTH and name in self.definitions and self.depends(self.definitions[name], by, depth + 1):
                return True
        return False

    def differentiated(self, derivative: tree.Derivative, left: frozenset[str] = frozenset()) -> list[Rule]:
        """The rules that the form of what is differentiated asks for; not for the parts that are `left` to differentiate."""
        if derivative.body is None or not derivative.wrt:
            return []
        by = head(derivative.wrt[0])
        found: dict[str, Rule] = {}
        self._walk(derivative.body, by, lambda text, how: found.setdefault(text, Rule(text, how)), left, 0)
        return list(found.values())

    def _walk(self, expr: Expr, by: str, add: Callable[[str, str], object], left: frozenset[str], depth: int) -> None:
        """One node of what is differentiated."""
        if depth > _DEPTH or head(expr) == by or not self.depends(expr, by):
            return
        if (typeset(expr.body) if isinstance(expr, tree.Fence) else typeset(expr)) in left:
            return
        again = [expr]
        if isinstance(expr, tree.Sum):
            again = [term for _, term in expr.terms]
            if sum(self.depends(term, by) for term in again) > 1:
                add("sum rule", "a sum is differentiated")
        elif isinstance(expr, tree.Product):
            again = [expr.left, expr.right]
            if all(self.depends(factor, by) for factor in again):
                add("product rule", rf"the product \({typeset(expr)}\) is differentiated")
        elif isinstance(expr, tree.Quotient):
            again = [expr.over, expr.under]
            if self.depends(expr.under, by):
                add("quotient rule", rf"the quotient \({typeset(expr)}\) is differentiated")
        elif isinstance(expr, tree.Power):
            again = [expr.base, expr.exponent]
            if self.depends(expr.exponent, by):
                add("derivative of the exponential function", rf"\({typeset(expr)}\) is differentiated")
            else:
                add("power rule", rf"\({typeset(expr)}\) is differentiated")
            self._composed(expr, expr.exponent if self.depends(expr.exponent, by) else expr.base, by, add)
        elif isinstance(expr, tree.Call) and (body := self.stands_for(expr)) is not None:
            name = typeset(expr.function)
            add(rf"definition of \({name}\)", rf"\({name}\) is differentiated")
            inner = next(iter(expr.arguments), None)
            if inner is not None and not self.depends(body, by):
                self._composed(expr, inner, by, add)
            again = [body, *expr.arguments] if self.depends(body, by) else list(expr.arguments)
        elif isinstance(expr, tree.Call):
            again = list(expr.arguments)
            add(rf"derivative of \({typeset(expr.function)}\)", rf"\({typeset(expr)}\) is differentiated")
            for argument in expr.arguments[:1]:
                self._composed(expr, argument, by, add)
        elif isinstance(expr, (tree.Name, tree.Script)) and (body := self.stands_for(expr)) is not None:
            add(rf"definition of \({head(expr)}\)", "what is differentiated is made of it")
            again = [body]
        elif isinstance(expr, tree.Big):
            again = [expr.body]
            add("sum rule" if expr.kind == "sum" else "product rule", f"a {expr.kind} over an index is differentiated")
        elif isinstance(expr, tree.Cases):
            again = [value for value, _ in expr.rows]
            add("case by case", "what is differentiated is defined by cases")
        elif isinstance(expr, (tree.Fence, tree.At)):
            again = [expr.body]
        elif isinstance(expr, tree.Transpose):
            again = [expr.base]
        else:
            return
        for part in again:
            self._walk(part, by, add, left, depth + 1)

    def _composed(self, whole: Expr, inner: Expr, by: str, add: Callable[[str, str], object]) -> None:
        """A function of something else than the name itself asks for the chain rule."""
        inner = inner.body if isinstance(inner, tree.Fence) else inner
        if head(inner) != by and self.depends(inner, by):
            add("chain rule", rf"\({typeset(whole)}\) is a function of \({typeset(inner)}\)")


def head(expr: object) -> str:
    """A name without its indices, with its label: ``a`` of ``a_k``, ``a^{L}`` of ``a_k^L``; empty for what is no name."""
    if isinstance(expr, tree.Name):
        return expr.text
    if isinstance(expr, tree.Script):
        base = head(expr.base)
        labels = ",".join(typeset(sub) for sub in expr.subs if _is_label(sub))
        base = f"{base}_{{{labels}}}" if base and labels else base
        return f"{base}^{{{plain(expr.sup)}}}" if base and expr.sup is not None else base
    return ""


def _is_label(sub: Expr) -> bool:
    """Whether a subscript is a word that belongs to the name, and no index."""
    return isinstance(sub, tree.Product) or (isinstance(sub, tree.Name) and len(sub.text) > 1 and sub.text.isalpha())


def _diagonal(expr: Expr) -> bool:
    return any(
        isinstance(part, tree.Call) and head(part.function) in ("diag", r"\operatorname{diag}") for part in parts(expr)
    )


def _entrywise(expr: Expr) -> bool:
    return any(isinstance(part, tree.Product) and part.mark == r"\odot" for part in parts(expr))


def _key(derivative: tree.Derivative) -> tuple[str, ...]:
    """What is differentiated by what, its arguments left away."""
    return (head(_inner(derivative.body)), *(typeset(name) for name in derivative.wrt))


def _derivatives(expr: Expr) -> list[tree.Derivative]:
    return [part for part in parts(expr) if isinstance(part, tree.Derivative)]


def _sums(expr: Expr) -> list[tree.Big]:
    return [part for part in parts(expr) if isinstance(part, tree.Big)]


def _has_indicator(expr: Expr) -> bool:
    """Whether an indicator or a Kronecker delta of two indices stands in an expression."""
    for part in parts(expr):
        if isinstance(part, tree.Script) and head(part.base) in _INDICATORS:
            return True
        if isinstance(part, tree.Script) and head(part.base) == r"\delta" and len(part.subs) == 2:
            return True
        if isinstance(part, tree.Relation):
            return True
    return False


def _links(whole: tree.Derivative, made: Sequence[tree.Derivative]) -> list[Expr]:
    """The names at which derivatives meet that lead from what is differentiated to what it is differentiated by."""
    if whole.body is None or len(whole.wrt) != 1:
        return []
    by, here = head(whole.wrt[0]), head(_inner(whole.body))
    found: list[Expr] = []
    rest = [one for one in made if one.body is not None and len(one.wrt) == 1]
    while rest:
        following = next((one for one in rest if head(_inner(one.body)) == here), None)
        if following is None:
            return []
        rest.remove(following)
        here = head(following.wrt[0])
        if here == by:
            return found
        found.append(following.wrt[0])
    return []


def _inner(expr: Expr | None) -> Expr | None:
    return expr.function if isinstance(expr, tree.Call) else expr


def _inside_of(derivatives: Sequence[tree.Derivative]) -> set[str]:
    """The names that stand in derivatives that were worked out: they are gone with them."""
    return {name for one in derivatives for part in parts(one) if (name := head(part))}


def _functions(expr: Expr) -> set[str]:
    """The functions that are called, and e as the base of a power."""
    called = {typeset(part.function) for part in parts(expr) if isinstance(part, tree.Call)}
    powers = [part.base for part in parts(expr) if isinstance(part, tree.Power)]
    return called | {"exp" for base in powers if isinstance(base, tree.Name) and base.text == "e"}
