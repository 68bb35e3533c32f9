r"""A LaTeX display read as a derivation: ``\frac{d}{dx} f = … = …``, line by line, with the definitions that it rests on.

All lines are read in one way: the same ranks, sizes and layout. Where several ways are admissible, the one is taken in which
the derivation gets furthest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.claim import Assumption, Claim, Source, Step
from gradcheck.derivations.judging import judge
from gradcheck.derivations.model import Derivation, DerivationError, DerivationReport, Read
from gradcheck.derivations.rules import head
from gradcheck.domains import Reals, Simplex
from gradcheck.formulas.checking import question_of
from gradcheck.formulas.judging import Judge, choices, doubt
from gradcheck.formulas.lowering import Lowered
from gradcheck.formulas.ranks import interpretations
from gradcheck.latex import tree
from gradcheck.latex.claims import Target
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.names import free_indices, parts
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset

READINGS = 4
_EQUAL = ("=", "≈")
_BESIDE = re.compile(r"(?:&|\\quad|\\qquad|\s)*\(?\\(?:text|mbox|textit|textrm)\{([^{}]*)\}\)?\s*\Z")
_ENVIRONMENT = re.compile(
    r"\\(?:begin|end)\{(?:align|aligned|gather|gathered|equation|eqnarray|split|alignat|multline)\*?\}"
)
_LEFT_OUT = re.compile(r"\\(?:nonumber|notag)\b|\\(?:tag\*?|label)\{[^{}]*\}")
_DISPLAY = re.compile(r"\A\s*(?:\$\$(.*)\$\$|\\\[(.*)\\\]|\$(.*)\$|\\\((.*)\\\))\s*\Z", re.DOTALL)


def bare(display: str) -> str:
    r"""What stands between the delimiters of a display; the environment stays."""
    found = _DISPLAY.match(display)
    return next(group for group in found.groups() if group is not None) if found else display


def read_display(
    display: str,
    definitions: str | Sequence[str] = "",
    notation: Mapping[str, Any] | None = None,
    *,
    title: str = "",
    rules: Mapping[int, str] | None = None,
    seed: int = 0,
) -> DerivationReport:
    """The report on the derivation that a display is.

    Raises:
        DerivationError: it cannot be read, is no derivation or more than one, or its names cannot be settled.
    """
    latex = bare(display)
    if not latex.strip():
        raise DerivationError(
            "the display is empty: a derivative and at least one line that it is equal to are expected"
        )
    try:
        question = question_of(latex, definitions, notation, seed)
        question = replace(question, statements=joined(question.statements))
        judge_of = Judge(question)
        found = judge_of.aim.targets()
    except UnreadableError as error:
        raise DerivationError(f"the display cannot be read: {error}") from error
    except UnresolvedError as error:
        raise DerivationError(f"the display is read, and cannot be settled: {error}") from error
    except RecursionError as error:
        raise DerivationError("the display cannot be read: it is nested too deeply") from error
    if not found:
        raise DerivationError(
            "no derivative is claimed: the first member must be a derivative, as in "
            r"\frac{d}{dx} f(x) = …, or definitions= must say which derivative its name stands for"
        )
    if len(found) > 1:
        named = "; ".join(typeset(target.derivative) for target in found)
        raise DerivationError(f"the display holds {len(found)} derivations ({named}): give them one by one")
    told = [definitions] if isinstance(definitions, str) else list(definitions)
    about = tuple(rf"\({one}\)" for one in told if one.strip())
    formulas, beside = _printed(latex, found[0])
    report = best(judge_of, found[0], formulas, title, about, {**beside, **(rules or {})}, seed)
    unused = [typeset_statement(one) for one in question.statements if set(one.marks) - set(_EQUAL)]
    if unused and report.status == "fails":
        raise DerivationError(
            f"it fails as read, and the display says besides, which was not used: {'; '.join(unused)}"
        )
    notes = (*report.verdict.notes, *(rf"the display says besides, which was not used: \({one}\)" for one in unused))
    return replace(report, verdict=replace(report.verdict, notes=notes))


def joined(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements in which those that begin with an equality sign go on with the one before, whatever words stand between."""
    found: list[Statement] = []
    for one in statements:
        if one.continued and found and not set(one.marks) - set(_EQUAL) and not set(found[-1].marks) - set(_EQUAL):
            before = found[-1]
            found[-1] = replace(before, members=before.members + one.members, marks=before.marks + one.marks)
        else:
            found.append(one)
    return tuple(found)


def typeset_statement(statement: Statement) -> str:
    """A statement in LaTeX."""
    pieces = [typeset(statement.members[0])]
    for mark, member in zip(statement.marks, statement.members[1:], strict=False):
        pieces += [mark, typeset(member)]
    return " ".join(pieces)


def best(
    judge_of: Judge,
    target: Target,
    formulas: Sequence[str],
    title: str,
    about: tuple[str, ...],
    rules: Mapping[int, str],
    seed: int,
) -> DerivationReport:
    """The report under the reading in which the derivation gets furthest.

    Raises:
        DerivationError: no reading fits.
    """
    reports: list[tuple[str, DerivationReport]] = []
    reason = ""
    try:
        for reading in readings(judge_of, target):
            derivation = reading.derivation(formulas, title, about, rules)
            report = judge(derivation, seed=seed)
            if report.status == "fails" and (why := _doubts(reading)):
                reason = why
                continue
            reports.append((reading.name, report))
            if reports[-1][1].status in ("holds", "conditional") or len(reports) == READINGS:
                break
    except UnresolvedError as error:
        reason = str(error)
    if not reports:
        raise DerivationError(
            f"the display is read, and cannot be settled: {reason or 'no shapes of the names fit it'}"
        )
    name, report = max(reports, key=lambda pair: _reached(pair[1]))
    if len(reports) > 1 and name != "as printed":
        note = f"read in {name}"
        report = replace(report, verdict=replace(report.verdict, notes=(*report.verdict.notes, note)))
    return report


def _doubts(reading: Reading) -> str:
    """Why nothing is called wrong under a reading; empty where there is no reason."""
    said = reading.judge.question.said
    unknown = [word for word in (*said.unread, *said.words) if word not in ("Einstein", "summation")]
    if unknown:
        return f"it fails as read, but not all of the definitions was understood: {', '.join(map(repr, unknown))}"
    return doubt(reading.joint)


def _reached(report: DerivationReport) -> tuple[int, int]:
    """How many lines hold from the first on, and how many altogether."""
    good = [line.state in ("start", "holds", "conditional") for line in report.lines]
    return next((n for n, one in enumerate(good) if not one), len(good)), sum(good)


@dataclass(frozen=True)
class Reading:
    """One reading of a target: all its members lowered together, those left out that do not fit, with the reason."""

    judge: Judge
    target: Target
    joint: Lowered
    left: Mapping[int, str]

    @property
    def name(self) -> str:
        """For people."""
        return self.joint.choice.name

    def derivation(
        self, formulas: Sequence[str], title: str, about: tuple[str, ...], rules: Mapping[int, str]
    ) -> Derivation:
        """The derivation as read."""
        made = self.joint.claim(typeset(self.target.derivative))
        values = [
            None if number in self.left else self.joint.function(m) for number, m in enumerate(self.target.members)
        ]
        steps = [Step(formulas[0], None)]
        steps += [
            Step(formula, value if value is not None else _no_value)
            for formula, value in zip(formulas[1:], values, strict=True)
        ]
        claim = Claim(
            name=title or "display",
            kind="derivation",
            source=Source("display", 0, " = ".join(formulas), "reconstructed"),
            primal=made.primal,
            inputs=made.inputs,
            wrt=made.wrt,
            layout=made.layout,
            steps=tuple(steps),
            assumptions=(*made.assumptions, *self._unstated(made)),
        )
        read = Read(
            lines=(self.target.derivative, *self.target.members),
            starts=self._starts(),
            definitions=self._definitions(),
            function=lambda _: self.joint.function,
            unread={number + 1: reason for number, reason in self.left.items()},
            repeated=self._repeated(),
        )
        if self.target.alias is not None:
            read = replace(
                read, definitions={k: v for k, v in read.definitions.items() if k != head(self.target.alias)}
            )
        shown = title or rf"\({typeset(self.target.derivative)}\)"
        return Derivation(shown, claim, made.kind, about, rules, read=read)

    def _repeated(self) -> dict[int, dict[int, str]]:
        """By line the axes along which it is repeated, because another line has an index that it has not."""
        joint = self.joint
        own = [name for name in joint.free if name in joint.own or name in joint.of_body]
        lines = [own, *([*own, *free_indices(member, joint.problem)] for member in self.target.members)]
        return {
            number: {axis: name for axis, name in enumerate(joint.rest) if name not in free}
            for number, free in enumerate(lines)
        }

    def _starts(self) -> Expr:
        """The derivative, with what is differentiated written out where it is a call of a defined function of its own name."""
        derivative = self.target.derivative
        body = derivative.body
        called = body.function if isinstance(body, tree.Call) else body
        known = self.joint.problem.definitions.get(head(called)) if called is not None else None
        if known is None or not isinstance(body, tree.Call):
            return derivative
        arguments = [typeset(argument) for argument in body.arguments]
        return replace(derivative, body=known.body) if list(known.parameters) == arguments else derivative

    def _definitions(self) -> dict[str, Expr]:
        """What names stand for, without those that the evaluator makes up."""
        return {
            key: known.body
            for key, known in self.joint.problem.definitions.items()
            if not isinstance(known.body, tree.Name)
        }

    def _unstated(self, made: Claim) -> list[Assumption]:
        """What texts leave unsaid: targets that sum to 1, parameters that are not negative."""
        found = []
        for name in self.judge.targets_of_sums(self.joint):
            shape = made.inputs[name].shape if name in made.inputs else ()
            if name != made.wrt and len(shape) == 1 and shape[0] > 1:
                text = f"the entries of {name} sum to 1"
                found.append(Assumption(text, stated=False, spaces={name: Simplex(*shape)}))
        branches = [node for expr in self._all() for node in parts(expr) if isinstance(node, tree.Cases)]
        inside = {node.text for node in parts(tuple(branches)) if isinstance(node, tree.Name)}
        for name, space in made.inputs.items():
            if name in inside and name.startswith("\\") and name != made.wrt and space.shape == ():
                found.append(Assumption(f"{name} ≥ 0", stated=False, spaces={name: Reals(low=0)}))
        return found

    def _all(self) -> list[Expr]:
        bodies = [known.body for known in self.joint.problem.definitions.values()]
        return [self.joint.body, *self.target.members, *bodies]


def readings(judge_of: Judge, target: Target) -> Iterator[Reading]:
    """The readings of least penalty under which all members fit together, or all but a few.

    Raises:
        UnresolvedError: none fits.
    """
    reason = ""
    best_penalty: int | None = None
    partial: Reading | None = None
    question = judge_of.question
    seen: set[Any] = set()
    for penalty, ranks in interpretations(judge_of.naming):
        if best_penalty is not None and penalty > best_penalty:
            return
        if judge_of.effort.spent():
            break
        for choice in choices(target, question.notation.layout, question.said.stacking):

            def lowered(member: Expr, ranks: Any = ranks, choice: Any = choice) -> Lowered:
                return judge_of.lowered(target, member, ranks, choice)

            try:
                joint = lowered(_together(target.members))
                best_penalty = penalty
                if (known := _signature(joint)) not in seen:
                    seen.add(known)
                    yield Reading(judge_of, target, joint, {})
                continue
            except UnresolvedError as error:
                reason = reason or str(error)
            found = _but_a_few(judge_of, target, lowered)
            if found is not None and (partial is None or len(found.left) < len(partial.left)):
                partial = found
    if best_penalty is None and partial is not None:
        yield partial
    elif best_penalty is None:
        raise UnresolvedError(reason or "no shapes of the names fit the formula")


def _signature(joint: Lowered) -> tuple[Any, ...]:
    """What two readings that are one have in common."""
    shapes = tuple((name, joint.shape(name)) for name in joint.names)
    return joint.choice.inner_dot, shapes, joint.kind, joint.mode, joint.flip


def _but_a_few(judge_of: Judge, target: Target, lowered: Callable[[Expr], Lowered]) -> Reading | None:
    """The members that fit together from the first on, and why each other does not."""
    kept: list[Expr] = []
    left: dict[int, str] = {}
    joint: Lowered | None = None
    for number, member in enumerate(target.members):
        try:
            joint = lowered(_together([*kept, member]))
            kept.append(member)
        except UnresolvedError as error:
            left[number] = str(error)
    return Reading(judge_of, target, joint, left) if joint is not None else None


def _together(members: Sequence[Expr]) -> Expr:
    """Members that are equal have one shape, as the terms of a sum have."""
    return members[0] if len(members) == 1 else tree.Sum(tuple((1, member) for member in members))


def _no_value(*_: Any) -> Any:
    raise UnresolvedError("a line that was not read has no value")


def _printed(latex: str, target: Target) -> tuple[list[str], dict[int, str]]:
    """The lines as printed, where there are as many as members, else as read; and the words beside each, by line from 0."""
    pieces, beside = split(latex), words_beside(latex)
    count = len(target.members) + 1
    if len(pieces) == count + 1 and target.alias is not None:
        pieces = [rf"{pieces[0]} = {pieces[1]}", *pieces[2:]]
        beside = {number - 1: words for number, words in beside.items() if number > 1}
    if len(pieces) == count:
        return pieces, beside
    left = typeset(target.derivative)
    if target.alias is not None:
        left = f"{typeset(target.alias)} = {left}"
    return [left, *map(typeset, target.members)], {}


def split(latex: str) -> list[str]:
    """A display cut at its equality signs that stand in no group, without marks of alignment, tags, line ends and words."""
    return [_without_words(_trimmed(piece)) for piece in _pieces(latex)]


def words_beside(latex: str) -> dict[int, str]:
    """The words that stand at the end of a line, by its number from 0: the author's own account of the step."""
    found = {number: _BESIDE.search(_trimmed(piece)) for number, piece in enumerate(_pieces(latex))}
    told = {number: match[1].strip().strip("()").strip() for number, match in found.items() if match}
    return {number: words for number, words in told.items() if words}


def _without_words(piece: str) -> str:
    return _trimmed(_BESIDE.sub("", piece))


def _pieces(latex: str) -> list[str]:
    """A display cut at its equality signs that stand in no group."""
    text = _LEFT_OUT.sub("", _ENVIRONMENT.sub("", latex))
    found, depth, begun, place = [], 0, 0, 0
    while place < len(text):
        if text.startswith(r"\left", place) and not text[place + 5 : place + 6].isalpha():
            depth += 1
        elif text.startswith(r"\right", place) and not text[place + 6 : place + 7].isalpha():
            depth -= 1
        elif text.startswith(r"\begin{", place):
            depth += 1
        elif text.startswith(r"\end{", place):
            depth -= 1
        elif text[place] == "\\":
            sign = next((one for one in (r"\triangleq", r"\coloneqq", r"\equiv") if text.startswith(one, place)), "")
            if sign and not depth:
                found.append(text[begun:place])
                begun = place + len(sign)
            place += len(sign) or 2
            continue
        elif text[place] in "{}":
            depth += 1 if text[place] == "{" else -1
        elif text[place] == "=" and not depth:
            found.append(text[begun:place])
            begun = place + 1
        place += 1
    found.append(text[begun:])
    return found


def _trimmed(piece: str) -> str:
    """A piece of a display without what ends its line, and without a full stop or comma."""
    piece = re.sub(r"\s+", " ", piece).strip()
    known = ""
    while piece != known:
        known = piece
        piece = re.sub(r"(?:\\\\(?:\[[^\]]*\])?|&|\\quad|\\,|(?<!\\)[.,;])\Z", "", piece).strip()
        piece = re.sub(r"\A(?:&|\\\\(?:\[[^\]]*\])?)", "", piece).strip()
    return piece
