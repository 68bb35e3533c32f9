"""The verdict on what a formula claims: every admissible reading judged, the members and readings merged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals
from gradcheck.formulas.at_point import LoweredAtPoint
from gradcheck.formulas.effort import Effort
from gradcheck.formulas.lowering import STACKED, Choice, Lowered
from gradcheck.formulas.naming import Naming
from gradcheck.formulas.notation import Declared, declared
from gradcheck.formulas.question import Question
from gradcheck.formulas.ranks import interpretations
from gradcheck.formulas.targets import Aim
from gradcheck.latex import tree
from gradcheck.latex.claims import Target, as_derivative
from gradcheck.latex.errors import UndefinedError, UnresolvedError
from gradcheck.latex.evaluate import Definition, Problem, is_name, name_of
from gradcheck.latex.names import is_array_notation, parts
from gradcheck.latex.tree import Expr
from gradcheck.latex.typeset import typeset
from gradcheck.verdict import ReadingResult, StepResult, Verdict


class Judge:
    """Judges one question."""

    def __init__(self, question: Question, effort: Effort | None = None) -> None:
        self.question = question
        self.effort = effort or Effort()
        self.aim = Aim(question)
        self.naming = Naming(question, self.aim)

    def verdict(self) -> Verdict:
        """All targets, all members, all readings, merged."""
        verdict = self._verdict()
        if verdict.status == "fails":
            verdict = self._told_if_symmetric(verdict)
        unmet = self.question.unmet
        if not unmet:
            return verdict
        note = f"nothing in the formula or its definitions is called {', '.join(unmet)}, which the notation speaks of"
        return replace(verdict, notes=(*verdict.notes, note))

    def _told_if_symmetric(self, verdict: Verdict) -> Verdict:
        """With the diagnosis that it holds where its square matrices are symmetric, if that is so."""
        notation = self.question.notation
        square = [
            name
            for name, space in verdict.claim.inputs.items()
            if isinstance(space, Reals) and len(space.shape) == 2 and space.shape[0] == space.shape[1] > 1
        ]
        matrices = [name for name in square if name != verdict.claim.wrt and name not in notation.symmetric]
        if not matrices:
            return verdict
        declared_so = replace(notation, symmetric=notation.symmetric | set(matrices))
        try:
            restricted = Judge(replace(self.question, notation=declared_so), self.effort)._verdict()
        except UnresolvedError:
            return verdict
        if restricted.status != "holds":
            return verdict
        told = f"{matrices[0]} is" if len(matrices) == 1 else f"{', '.join(matrices)} are"
        return replace(verdict, diagnosis=f"it holds where {told} symmetric, which nothing says")

    def _verdict(self) -> Verdict:
        found = self.aim.targets()
        if found:
            return self._all(found)
        for guess in self.aim.guesses():
            try:
                verdict = self._all(guess)
            except UnresolvedError:
                continue
            if verdict.status in ("holds", "conditional"):
                note = "the left side is not printed: read as the derivative that it is equal to"
                return replace(verdict, notes=(*verdict.notes, note))
        raise UnresolvedError("no derivative is claimed: neither the formula nor the definitions say of what, by what")

    def _all(self, found: Sequence[Target]) -> Verdict:
        results = []
        for target in found:
            for number, member in enumerate(target.members):
                verdict = self._member(target, member)
                if verdict.status == "fails" and target.certain and number >= target.certain:
                    reason = "it fails as read, but the quotation has a gap before it, and may have gone on to something else"
                    verdict = replace(verdict, status="undecided", certified=False, reason=reason)
                results.append((typeset(member), verdict))
        return self._merged(results)

    def _member(self, target: Target, member: Expr) -> Verdict:
        """The verdict on one member: all readings at the least penalty that fits."""
        reason = ""
        best: int | None = None
        found: list[tuple[int, str, Lowered]] = []
        transposed: list[tuple[str, Lowered]] = []
        for penalty, ranks in interpretations(self.naming):
            if best is not None and penalty > best:
                break
            if self.effort.spent():
                reason = reason or "none of the readings that were tried fits"
                break
            for choice in choices(target, self.question.notation.layout, self.question.said.stacking):
                try:
                    made = self.lowered(target, member, ranks, choice)
                except UndefinedError:
                    raise
                except UnresolvedError as error:
                    reason = reason or str(error)
                    continue
                if (
                    made.kind == "gradient"
                    and made.flip
                    and any(not other.flip and other.kind == "gradient" for _, _, other in found)
                ):
                    transposed.append((choice.name, made))
                    continue
                surprise = penalty + made.surprise
                best = surprise if best is None else min(best, surprise)
                found.append((surprise, choice.name, made))
            if sum(surprise == best for surprise, _, _ in found) >= 4:
                break
        lowered = [(name, made) for surprise, name, made in found if surprise == best]
        if not lowered:
            raise UnresolvedError(reason or "no shapes of the names fit the formula")
        scalar = [pair for pair in lowered if pair[1].p.rank == 0]
        verdict = self._judged(scalar or lowered, member)
        if verdict.status == "fails" and target.derivative.mark != "nabla" and target.alias is None:
            return self._transposed(transposed, member, verdict)
        return verdict

    def _transposed(self, transposed: list[tuple[str, Lowered]], member: Expr, failing: Verdict) -> Verdict:
        """Where it fails in the shape of its matrix: *ambiguous* if it holds in numerator layout, which has the transpose."""
        for pair in transposed:
            if self._judged([pair], member).status == "holds":
                shape = f"the shape of {pair[1].wrt}"
                reason = (
                    f"it fails where the gradient has {shape}, and holds in numerator layout, where it is transposed"
                )
                return replace(failing, status="ambiguous", certified=False, reason=reason)
        return failing

    def lowered(self, target: Target, member: Expr, ranks: Mapping[str, int], choice: Choice) -> Lowered:
        """A member under one choice of ranks and layout.

        Raises:
            UnresolvedError: it does not fit them.
        """

        def make() -> Problem:
            problem = self.naming.problem(ranks, {})
            self._function(problem, target, member)
            return problem

        return (LoweredAtPoint if target.point else Lowered)(make, target, member, choice)

    def _function(self, problem: Problem, target: Target, member: Expr) -> None:
        """What is differentiated, where it has no definition of its own."""
        body = target.derivative.body
        named = body.function if isinstance(body, tree.Call) else body
        if named is None or not is_name(named) or _is_power(named, target.derivative.wrt):
            return
        key, indices = name_of(named, problem)
        if key in problem.definitions or key == name_of(target.derivative.wrt[0], problem)[0]:
            return
        if key in self.question.said.kinds:
            return
        bare = key.split("_{")[0].split("^{")[0]
        if bare != key and bare in problem.definitions and not problem.definitions[bare].parameters:
            problem.definitions[key] = Definition(tree.Name(bare))
            return
        if (
            isinstance(body, tree.Call)
            and isinstance(named, tree.Name)
            and (
                key in self.question.said.kinds
                or key not in self.question.functions
                or key in (r"\sigma", r"\varsigma")
            )
        ):
            return
        candidates = [
            expr
            for expr in self.question.said.lone
            if as_derivative(expr) is None and not is_name(expr) and not isinstance(expr, tree.Number)
        ]
        if len(candidates) == 1 and not self.question.said.statements:
            problem.definitions[key] = Definition(candidates[0])
            return
        downstream: list[Expr] = []
        for part in parts(member):
            if (
                isinstance(part, tree.Derivative)
                and part.body == body
                and len(part.wrt) == 1
                and part.wrt[0] not in downstream
            ):
                downstream.append(part.wrt[0])
        if downstream and not indices:
            arguments = tuple(tree.Name(name_of(name, problem)[0]) for name in downstream)
            problem.definitions[key] = Definition(tree.Call(tree.Name("generic " + key), arguments))
            return
        if isinstance(body, tree.Call):
            return
        raise UndefinedError(f"nothing says what {typeset(named)} is")

    def _judged(self, lowered: list[tuple[str, Lowered]], member: Expr) -> Verdict:
        from gradcheck.checking import check
        from gradcheck.expressions import EvaluationError

        verdicts: list[tuple[str, Verdict]] = []
        seen: set[Any] = set()
        for name, reading in lowered:
            shapes_read = tuple((n, reading.shape(n)) for n in reading.names)
            signature = (reading.choice.inner_dot, shapes_read, reading.kind, reading.mode, reading.flip)
            if signature in seen:
                continue
            seen.add(signature)
            shown = self._shown(reading, member)
            try:
                made = reading.claim(shown)
                verdict = check(made, seed=self.question.seed)
                if verdict.status == "holds" and reading.vacuous(made):
                    reason = "both sides are 0 at every point that was drawn, which says nothing"
                    verdict = replace(verdict, status="undecided", certified=False, reason=reason)
                if verdict.status == "holds" and (capitals := self._lowered_capitals(reading)):
                    reason = f"it holds only where {', '.join(capitals)} is a number, which nothing says"
                    verdict = replace(verdict, status="undecided", certified=False, reason=reason)
                if verdict.status == "fails":
                    verdict = self._assumed(reading, shown, verdict)
                if verdict.status == "fails":
                    verdict = self._normalized(reading, shown, verdict)
                if verdict.status == "fails":
                    verdict = self._positive(reading, shown, verdict)
                if verdict.status == "fails":
                    verdict = self._doubted(reading, verdict)
                if verdict.status == "fails" and reading.by_symmetric:
                    verdict = self._symmetric(reading, made, verdict)
            except UnresolvedError as error:
                verdict = Verdict(
                    unread(self.question.formula), "undecided", reason=str(error), seed=self.question.seed
                )
            except EvaluationError as error:
                verdict = Verdict(
                    unread(self.question.formula), "undecided", reason=str(error), seed=self.question.seed
                )
            shapes = ", ".join(f"{n}: {_shape(reading.shape(n))}" for n in reading.names)
            verdicts.append((f"{name}; {shapes}", verdict))
        return _readings(verdicts)

    def _symmetric(self, reading: Lowered, made: Claim, failing: Verdict) -> Verdict:
        """Where it fails by a symmetric matrix: whether it holds where each pair of entries counts as one."""
        from gradcheck.checking import check

        once = reading.counted_once(made)
        if once is None:
            reason = f"{reading.wrt} is symmetric, and its entries may be varied one by one or in pairs"
            return replace(failing, status="undecided", certified=False, reason=reason)
        if check(once, seed=self.question.seed).status != "holds":
            return failing
        reason = f"it fails where the entries of {reading.wrt} are varied one by one, and holds where they are in pairs"
        return replace(failing, status="ambiguous", certified=False, reason=reason)

    def _lowered_capitals(self, reading: Lowered) -> list[str]:
        """Capitals that are numbers among vectors and matrices: with them a formula whose shapes do not fit may hold."""
        declared_ranks = self.question.declared.ranks
        everything = self.question.everything()
        small = any(name[:1].islower() and reading.shape(name) for name in reading.names)
        return [
            name
            for name in reading.names
            if small
            and is_array_notation(everything)
            and re.fullmatch("[AQUVWXYZ]", name)
            and not reading.shape(name)
            and name not in declared_ranks
        ]

    def _normalized(self, reading: Lowered, shown: str, failing: Verdict) -> Verdict:
        """Where it fails: whether it holds for targets that sum to 1, which texts on cross-entropy leave unsaid."""
        from gradcheck.checking import check

        names = [
            n for n in self.targets_of_sums(reading) if n in reading.names and n != reading.wrt and reading.shape(n)
        ]
        if not names:
            return failing
        again = Lowered(
            reading.make, reading.target, reading.member, replace(reading.choice, normalized=frozenset(names))
        )
        verdict = check(again.claim(shown), seed=self.question.seed)
        if verdict.status != "holds":
            return failing
        text = " and ".join(f"the entries of {name} sum to 1" for name in names)
        return replace(
            verdict,
            status="conditional",
            assumption=text,
            counterexample=failing.counterexample,
            diagnosis=failing.diagnosis,
        )

    def _assumed(self, reading: Lowered, shown: str, failing: Verdict) -> Verdict:
        """Where it fails: whether it holds under an assumption that is declared as unstated, or under all of them."""
        from gradcheck.checking import check

        question = self.question
        given = question.notation.unstated
        for chosen in (*((one,) for one in given), *([given] if len(given) > 1 else [])):
            assumed = [declared(one, question.indices(), question.functions, question.words) for one in chosen]

            def make(assumed: list[Declared] = assumed) -> Problem:
                problem = reading.make()
                for one in assumed:
                    one.apply(problem)
                return problem

            try:
                again = Lowered(make, reading.target, reading.member, reading.choice)
            except UnresolvedError:
                continue
            verdict = check(again.claim(shown), seed=question.seed)
            if verdict.status == "holds" and not again.vacuous(verdict.claim):
                return replace(
                    verdict,
                    status="conditional",
                    assumption=" and ".join(one.text for one in chosen),
                    counterexample=failing.counterexample,
                    diagnosis=failing.diagnosis,
                )
        return failing

    def _positive(self, reading: Lowered, shown: str, failing: Verdict) -> Verdict:
        """Where it fails: whether it holds for parameters that are not negative, which nobody says of an α in a condition."""
        from gradcheck.checking import check

        branches = [node for expr in reading._all() for node in parts(expr) if isinstance(node, tree.Cases)]
        inside = {node.text for node in parts(tuple(branches)) if isinstance(node, tree.Name)}
        names = [
            n for n in reading.names if n in inside and n.startswith("\\") and n != reading.wrt and not reading.shape(n)
        ]
        if not names:
            return failing
        choice = replace(reading.choice, positive=frozenset(names))
        again = Lowered(reading.make, reading.target, reading.member, choice)
        verdict = check(again.claim(shown), seed=self.question.seed)
        if verdict.status != "holds":
            return failing
        return replace(
            verdict,
            status="conditional",
            assumption=" and ".join(f"{name} ≥ 0" for name in names),
            counterexample=failing.counterexample,
            diagnosis=failing.diagnosis,
        )

    def _doubted(self, reading: Lowered, verdict: Verdict) -> Verdict:
        """*fails* is said only where it is proven, and where both sides are made of the same things."""
        reason = "it seems to fail, and that is not proven" if not verdict.certified else doubt(reading)
        if not reason and "the shape is wrong" in verdict.reason + verdict.diagnosis:
            reason = f"the shapes do not fit as read ({verdict.diagnosis or verdict.reason})"
        return replace(verdict, status="undecided", certified=False, reason=reason) if reason else verdict

    def targets_of_sums(self, reading: Lowered) -> list[str]:
        """Vectors that multiply a logarithm in a definition are often targets that sum to 1, which nobody says."""
        found = []
        for expr in reading._all():
            for part in parts(expr):
                if (
                    isinstance(part, tree.Product)
                    and isinstance(part.right, tree.Call)
                    and part.right.function == tree.Name("log")
                ):
                    try:
                        found.append(name_of(part.left, reading.problem)[0])
                    except UnresolvedError:
                        continue
        return list(dict.fromkeys(found))

    def _shown(self, reading: Lowered, member: Expr) -> str:
        derivative = reading.target.derivative
        times = typeset(reading.target.times) + r" \, " if reading.target.times is not None else ""
        point = reading.target.point
        left = typeset(tree.At(derivative, point) if point else derivative)
        return f"{times}{left} = {typeset(member)}"

    def _merged(self, results: list[tuple[str, Verdict]]) -> Verdict:
        """The worst member speaks; what was judged of each is told."""
        order = ("fails", "ambiguous", "undecided", "conditional", "holds")
        named = [
            pair for pair in results if pair[1].status == "undecided" and pair[1].reason.startswith("nothing says what")
        ]
        judged = [pair for pair in results if pair not in named]
        notes: tuple[str, ...] = ()
        if judged and named and all(len(pair[1].claim.inputs) > 0 for pair in named):
            notes = tuple(f"{text} names what is defined nowhere else, and was not judged" for text, _ in named)
        else:
            judged = results
        worst = min(judged, key=lambda pair: order.index(pair[1].status))[1]
        worst = replace(worst, notes=(*worst.notes, *notes))
        verdict = worst
        unknown = [
            word
            for word in (*self.question.said.unread, *self.question.said.words)
            if word not in ("Einstein", "summation")
        ]
        if (worst.status == "fails" and unknown) or (
            worst.status in ("holds", "conditional") and "constant" in unknown
        ):
            told = ", ".join(repr(word) for word in unknown)
            verdict = replace(
                worst,
                status="undecided",
                certified=False,
                reason=f"it {worst.status} as read, but not all of the definitions was understood: {told}",
            )
        if len(results) > 1:
            steps = tuple(StepResult(text, v.status, v.assumption, v.diagnosis or v.reason) for text, v in results)
            verdict = replace(verdict, steps=steps, points=max(v.points for _, v in results))
        return verdict


def doubt(reading: Lowered) -> str:
    """Why *fails* is not to be said under a reading: one side has names that nothing defines; empty where there is none."""
    if reading.loose:
        return f"nothing says what {', '.join(reading.loose)} is"
    if sums := [name for name in reading.names if name.startswith(r"\Sigma") and not reading.shape(name)]:
        return f"nothing says what the sum {', '.join(sums)} is"
    if reading.assumed:
        return f"nothing says which function {', '.join(reading.assumed)} is"
    return ""


def unread(formula: str) -> Claim:
    """A claim that was never made: the formula alone."""
    return Claim(name="formula", kind="equality", source=Source("formula", 1, formula, "printed"))


def _is_power(named: Expr, wrt: Sequence[Expr]) -> bool:
    """``a^x`` and ``x^a``, differentiated by x, are powers and no names."""
    return isinstance(named, tree.Script) and any(part in wrt for part in (named.base, named.sup))


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "number"


def _readings(verdicts: list[tuple[str, Verdict]]) -> Verdict:
    statuses = {verdict.status for _, verdict in verdicts}
    decided = [pair for pair in verdicts if pair[1].status != "undecided"]
    if len(verdicts) == 1:
        return verdicts[0][1]
    results = tuple(ReadingResult(name, v.status, v.certified, v.diagnosis or v.reason) for name, v in verdicts)
    if len(statuses) == 1:
        return replace(verdicts[0][1], readings=results, certified=all(v.certified for _, v in verdicts))
    first = next((v for _, v in decided if v.status == "fails"), decided[0][1])
    told = "; ".join(f"read as {result.name}: {result.status}" for result in results)
    return replace(first, status="ambiguous", readings=results, reason=told, certified=False, digits=None)


def choices(target: Target, layout: str = "", stacking: str = "") -> list[Choice]:
    """The layouts, and the ways to read a dot, that make a difference to a target."""
    dotted = any(
        isinstance(part, tree.Product) and part.mark in (r"\cdot", r"\times") for part in parts(target.members)
    )
    if any(isinstance(part, tree.Product) and part.mark == r"\otimes" for part in parts(target.members)):
        stacked = [
            one for one, words in zip(STACKED, ("column", "row"), strict=True) if words in stacking or not stacking
        ]
        return [Choice(), *(Choice(layout=one) for one in stacked)]
    layouts = (layout,) if layout else ("numerator", "denominator")
    found = [Choice(), *(Choice(layout=one) for one in layouts)]
    if dotted:
        found.append(Choice(inner_dot=False))
    return found
