"""One formula in, one verdict out: reads it, settles what its names mean, judges every admissible reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.claim import Claim, Source
from gradcheck.formulas.lowering import Choice, Lowered
from gradcheck.latex import tree
from gradcheck.latex.claims import Target, as_derivative, targets
from gradcheck.latex.conventions import conventional
from gradcheck.latex.definitions import Text, definition_of, functions_in, read_text, words_in
from gradcheck.latex.errors import UnreadableError, UnresolvedError
from gradcheck.latex.evaluate import INDEX_LETTERS, Definition, Problem, is_name, name_of
from gradcheck.latex.macros import expand, read_macros
from gradcheck.latex.names import free_indices, is_array_notation, parts, used
from gradcheck.latex.reader import read
from gradcheck.latex.tokens import MAX_LENGTH
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.typeset import typeset
from gradcheck.latex.values import Size
from gradcheck.latex.vocabulary import KNOWN
from gradcheck.verdict import ReadingResult, StepResult, Verdict

_TRIES = 160
_GUESSES = 12


@dataclass(frozen=True)
class Notation:
    """What is declared about names: ranks (0 a number, 1 a vector, 2 a matrix), symmetric matrices, macros."""

    ranks: Mapping[str, int] | None = None
    symmetric: frozenset[str] = frozenset()
    macros: str = ""


def check_latex(
    claim: str,
    definitions: str | Sequence[str] = "",
    notation: Notation | Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
) -> Verdict:
    r"""Judge a derivative formula as it is printed.

    ``claim`` is LaTeX; ``definitions`` are the formulas that it rests on, as a person would write them, with words between;
    ``notation`` declares what they leave open: ``{"ranks": {"x": 1, "A": 2}, "symmetric": ["A"], "macros": r"\\newcommand…"}``.
    The claim of the verdict shows the formula as it was read. What cannot be read is *unreadable*, by name and position;
    what is read and cannot be settled is *undecided*.

    Raises:
        TypeError: `notation` has a field that does not exist.
    """
    if not isinstance(definitions, str):
        definitions = " ; ".join(definitions)
    known = _notation(notation)
    try:
        for what, text in (("formula has", claim), ("definitions have", definitions), ("macros have", known.macros)):
            if len(text) > MAX_LENGTH:
                raise UnreadableError(f"the {what} {len(text)} characters; at most {MAX_LENGTH} are read")
        own, _ = read_macros(known.macros + claim)
        macros, body = own, read_macros(claim)[1]
        body = conventional(expand(body, macros), macros)
        text = conventional(expand(definitions, macros), macros)
        functions = functions_in(body, text)
        words = words_in(body, text)
        said = read_text(text, functions, words)
        statements = read(body, functions, words)
    except UnreadableError as error:
        return Verdict(_unread(claim[:MAX_LENGTH]), "unreadable", reason=str(error), seed=seed)
    except RecursionError:
        return Verdict(_unread(claim), "unreadable", reason="nested too deeply", seed=seed)
    try:
        return _Judge(claim, statements, said, known, functions, seed).verdict()
    except UnresolvedError as error:
        return Verdict(_unread(claim), "undecided", reason=str(error), seed=seed)


def _notation(notation: Notation | Mapping[str, Any] | None) -> Notation:
    if notation is None:
        return Notation()
    if isinstance(notation, Notation):
        return notation
    unknown = set(notation) - {"ranks", "symmetric", "macros"}
    if unknown:
        raise TypeError(
            f"notation has the unknown field {', '.join(sorted(unknown))}; the fields are ranks, symmetric, macros"
        )
    return Notation(notation.get("ranks"), frozenset(notation.get("symmetric", ())), notation.get("macros", ""))


def _unread(formula: str) -> Claim:
    return Claim(name="formula", kind="equality", source=Source("formula", 1, formula, "printed"))


class _Judge:
    """The questions of one formula, asked in order."""

    def __init__(
        self,
        formula: str,
        statements: list[Statement],
        said: Text,
        notation: Notation,
        functions: frozenset[str],
        seed: int,
    ) -> None:
        self.formula = formula
        self.statements = statements
        self.said = said
        self.notation = notation
        self.functions = functions
        self.seed = seed
        self.aliases: list[tuple[Expr, Expr]] = []
        self.vector: tuple[str, tuple[str, ...]] | None = None
        self.sums: dict[Any, tree.Big] = {}

    def verdict(self) -> Verdict:
        """All targets, all members, all readings, merged."""
        found = self.targets()
        if found:
            return self._all(found)
        for guess in self._guesses():
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

    def targets(self) -> list[Target]:
        """The derivative claims; where the left side is missing, it is taken from the definitions."""
        found = targets(self.statements)
        done = []
        for target in found:
            derivative = self._completed(self._together(target.derivative))
            done.append(replace(target, derivative=derivative))
            if target.alias is not None:
                self.aliases.append((target.alias, derivative))
        if done:
            return done
        paired = self._paired()
        if paired:
            return paired
        for statement in self.statements:
            implied = self._implied(statement)
            if implied is not None:
                done.append(implied)
        return done

    def _paired(self) -> list[Target]:
        """As many bare lines as the function has arguments: the derivatives by each, in order."""
        function = self._last_defined()
        lines = self.statements
        if function is None or not 2 <= len(function[1]) == len(lines) or any(len(line.members) > 1 for line in lines):
            return []
        return [
            Target(tree.Derivative("d", function[0], (tree.Name(name),)), line.members)
            for name, line in zip(function[1], lines, strict=True)
        ]

    def _completed(self, derivative: tree.Derivative) -> tree.Derivative:
        if derivative.wrt:
            return derivative
        body = derivative.body
        names: list[Expr] = []
        if isinstance(body, tree.Call):
            names = [a for a in body.arguments if isinstance(a, (tree.Name, tree.Script))]
        if len(names) != 1 and body is not None:
            inside = {
                part.text
                for part in parts(body)
                if isinstance(part, tree.Name) and part.text not in self.functions | KNOWN
            }
            names = [tree.Name(text) for text in inside]
        if len(names) != 1:
            raise UnresolvedError("nothing says with respect to what is differentiated")
        return replace(derivative, wrt=tuple(names) * derivative.order)

    def _together(self, derivative: tree.Derivative) -> tree.Derivative:
        """The gradient by all arguments of a function: they become the entries of one vector."""
        body = derivative.body
        if derivative.wrt or not isinstance(body, tree.Call) or len(body.arguments) < 2:
            return derivative
        if not all(isinstance(a, tree.Name) for a in body.arguments):
            return derivative
        names = [a.text for a in body.arguments if isinstance(a, tree.Name)]
        self.vector = (f"({', '.join(names)})", tuple(names))
        return replace(derivative, wrt=(tree.Name(self.vector[0]),) * derivative.order)

    def _implied(self, statement: Statement) -> Target | None:
        """A formula without a derivative on its left: ``ds = …``, a named derivative, or only the right-hand side."""
        members = statement.members
        if not statement.continued and len(members) > 1:
            left = members[0]
            values = members[1:]
            if isinstance(left, tree.Name) and re.fullmatch("d[A-Za-z]", left.text):
                return self._differential(left.text[1], values)
            for stated in self.said.statements:
                if len(stated.members) > 1 and stated.members[0] == left:
                    made = as_derivative(stated.members[1])
                    if made is not None:
                        return Target(self._completed(made), tuple(values))
            return None
        values = members
        for other in self.said.lone:
            made = as_derivative(other)
            if made is not None:
                return Target(self._completed(made), tuple(values))
        function = self._last_defined()
        if function is None:
            return None
        name, parameters = function
        if self.said.target is not None:
            target = self.said.target
            made = as_derivative(target)
            return Target(made if made is not None else tree.Derivative("d", name, (target,)), tuple(values))
        if len(parameters) == 1:
            return Target(tree.Derivative("d", name, (tree.Name(parameters[0]),)), tuple(values))
        return None

    def _guesses(self) -> list[list[Target]]:
        """Where nothing says what is differentiated by what: every name that the function is made of."""
        function = self._last_defined()
        if function is None:
            return []
        scratch = Problem(indices=self.indices())
        names: dict[str, Expr] = {}
        for made in map(definition_of, self.said.statements):
            if made is not None:
                for part in parts(made[2]):
                    if isinstance(part, (tree.Name, tree.Script)) and is_name(part):
                        names.setdefault(name_of(part, scratch)[0], part)
                        if len(names) > _GUESSES:
                            return []
        if any(name not in self.functions for name in self.said.kinds):
            names.setdefault("z", tree.Name("z"))
        defined = name_of(function[0], scratch)[0]
        known = {"e", r"\pi", defined, *self.functions}
        guesses = []
        for key, name in names.items():
            if key in known or key in scratch.indices or key in KNOWN:
                continue
            for written in self._written(name):
                derivative = tree.Derivative("d", function[0], (written,))
                found = [Target(derivative, s.members) for s in self.statements if s.continued or len(s.members) == 1]
                if found:
                    guesses.append(found)
        return guesses

    def _written(self, name: Expr) -> list[Expr]:
        """A name as the formula may mean it: as it stands, and with the index that is free in the formula."""
        scratch = Problem(indices=self.indices())
        free = list(dict.fromkeys(i for s in self.statements for i in free_indices(s.members, scratch)))  # type: ignore[arg-type]
        found = [name]
        if isinstance(name, tree.Name) and len(free) == 1:
            found.append(tree.Script(name, (tree.Name(free[0]),)))
        return found

    def _differential(self, variable: str, values: tuple[Expr, ...]) -> Target | None:
        """``ds = dd · …``: the derivative by s of what d is, times the cotangent dd."""
        function = self._last_defined()
        if function is None or not isinstance(function[0], tree.Name):
            return None
        output = function[0]
        cotangent = tree.Name(f"d{output.text}")
        return Target(tree.Derivative("d", output, (tree.Name(variable),)), values, cotangent)

    def _last_defined(self) -> tuple[Expr, tuple[str, ...]] | None:
        """The function that nothing else is made of: the loss, where one is defined."""
        made = [
            found
            for found in map(definition_of, self.said.statements)
            if found is not None and as_derivative(found[2]) is None
        ]
        for derivative in (found[2] for found in map(definition_of, self.said.statements) if found is not None):
            if not isinstance(derivative, tree.Derivative) or not isinstance(derivative.body, tree.Name):
                continue
            if not any(name == derivative.body for name, _, _ in made):
                return derivative.body, ()
        scratch = Problem(indices=self.indices())
        for name, parameters, _ in made:
            key = name_of(name, scratch)[0]
            if not any(key in used(body, scratch) for _, _, body in made):
                return name, parameters
        return (made[0][0], made[0][1]) if made else None

    def problem(self, ranks: Mapping[str, int], generic: Mapping[str, int]) -> Problem:
        """A fresh table of names: definitions, indices, ranks."""
        said = self.said
        problem = Problem(indices=self.indices(), ranks=dict(ranks), generic=dict(generic))
        self._entries(problem)
        problem.symmetric = frozenset(self._like(said.symmetric | self.notation.symmetric, ranks))
        problem.diagonal = frozenset(self._like(said.diagonal, ranks))
        for statement in (*said.statements, *self._defined_here()):
            made = definition_of(statement)
            if made is None:
                continue
            name, parameters, body = made
            key, indices = name_of(name, problem)
            if body == tree.Name(key) or key in problem.definitions:
                continue
            if (
                isinstance(body, tree.Name)
                and len(statement.members) == 2
                and body.text in ("softmax", "sigmoid", "tanh", "relu")
            ):
                body = tree.Call(body, tuple(tree.Name(p) for p in parameters)) if parameters else body
            if (
                isinstance(body, tree.Call)
                and not parameters
                and len(statement.members) > 2
                and len(body.arguments) == 1
            ):
                body = statement.members[2] if body.function == tree.Name(key) else body
            names = tuple(index.text for index in indices if isinstance(index, tree.Name))
            if len(names) != len(indices):
                continue
            body = self._summed(body, names, problem)
            problem.definitions[key] = Definition(body, parameters, names, tuple(Size(name=n) for n in names))
        if self.vector is not None:
            name_of_all, components = self.vector
            problem.ranks[name_of_all] = 1
            for number, component in enumerate(components, 1):
                entry = tree.Script(tree.Name(name_of_all), (tree.Number(str(number)),))
                problem.definitions[component] = Definition(entry)
        for name_text, kind in said.kinds.items():
            applied = name_text in self.functions
            call = tree.Call(tree.Name(kind), (tree.Name("z"),))
            problem.definitions.setdefault(name_text, Definition(call, ("z",) if applied else ()))
            if kind == "softmax" and not applied:
                problem.ranks["z"] = max(problem.ranks.get("z", 1), 1)
        self._losses(problem)
        self._differentials(problem)
        self._labelled(problem)
        for alias, derivative in self.aliases:
            key, indices = name_of(alias, problem)
            names = tuple(index.text for index in indices if isinstance(index, tree.Name))
            problem.definitions.setdefault(key, Definition(derivative, (), names, tuple(Size() for _ in names)))
        return problem

    def _summed(self, body: Expr, names: tuple[str, ...], problem: Problem) -> Expr:
        """Einstein's convention, where it is announced, or where an index that occurs twice is not on the left."""
        free = [name for name in free_indices(body, problem) if name not in names]
        announced = "Einstein" in self.said.words
        repeated = [
            name
            for name in free
            if announced
            or (
                names
                and isinstance(body, tree.Product)
                and sum(
                    isinstance(part, tree.Script) and name in free_indices(part, problem)
                    for part in parts((body.left, body.right))
                )
                >= 2
            )
        ]
        if not repeated:
            return body
        key = (id(body), tuple(repeated))
        return self.sums.setdefault(key, tree.Big("sum", tuple(repeated), None, None, body))

    def _losses(self, problem: Problem) -> None:
        """Where δ is said to be ∂L/∂h and L is not defined, L is some function of h."""
        for known in list(problem.definitions.values()):
            body = known.body
            if isinstance(body, tree.Derivative) and isinstance(body.body, tree.Name) and len(body.wrt) == 1:
                loss, name = body.body.text, tree.Name(name_of(body.wrt[0], problem)[0])
                if loss not in problem.definitions:
                    problem.definitions[loss] = Definition(tree.Call(tree.Name("generic " + loss), (name,)))

    def _labelled(self, problem: Problem) -> None:
        """A definition without a layer's label serves every layer: a = f(z) says that a^{(l)} = f(z^{(l)})."""
        everything = self._everything()
        labels = {
            part.sup for part in parts(everything) if isinstance(part, tree.Script) and isinstance(part.sup, tree.Fence)
        }
        for label in labels:
            suffix = "^{" + typeset(label) + "}" if label is not None else ""
            for key, known in list(problem.definitions.items()):
                written = tree.Name(key)
                if "^" in key or known.parameters or key + suffix in problem.definitions or label is None:
                    continue
                if not any(
                    isinstance(p, tree.Script) and p.sup == label and p.base == written for p in parts(everything)
                ):
                    continue
                problem.definitions[key + suffix] = Definition(
                    self._with_label(known.body, label), (), known.indices, known.sizes
                )

    def _with_label(self, body: Expr, label: Expr) -> Expr:
        if isinstance(body, tree.Name):
            return (
                body
                if body.text in self.functions | KNOWN or body.text in ("e", r"\pi")
                else tree.Script(body, (), label)
            )
        if isinstance(body, tree.Script) and body.sup is None and isinstance(body.base, tree.Name):
            return tree.Script(body.base, body.subs, label)
        if isinstance(body, tree.Call):
            return replace(body, arguments=tuple(self._with_label(a, label) for a in body.arguments))
        if isinstance(body, tree.Sum):
            return replace(body, terms=tuple((sign, self._with_label(t, label)) for sign, t in body.terms))
        if isinstance(body, tree.Product):
            return replace(body, left=self._with_label(body.left, label), right=self._with_label(body.right, label))
        if isinstance(body, tree.Fence):
            return replace(body, body=self._with_label(body.body, label))
        return body

    def _entries(self, problem: Problem) -> None:
        """``x_{ij}`` for the entries of a matrix that is otherwise written as a capital."""
        names = [part for part in parts(self._everything()) if isinstance(part, tree.Name)]
        whole = {part.text for part in names}
        bases = [
            part
            for part in parts(self._everything())
            if isinstance(part, tree.Script) and isinstance(part.base, tree.Name)
        ]
        for text in {part.base.text for part in bases if isinstance(part.base, tree.Name)}:
            if len(text) != 1 or not text.islower() or text.upper() not in whole:
                continue
            scripted = [part for part in bases if part.base == tree.Name(text)]
            if all(len(part.subs) == 2 for part in scripted) and sum(name.text == text for name in names) == len(
                scripted
            ):
                problem.entries[text] = text.upper()

    def _differentials(self, problem: Problem) -> None:
        """A name such as dz that stands beside z is the derivative of the loss by z."""
        root = self._last_defined()
        if root is None:
            return
        names = used(self._everything(), problem)
        for key in list(names):
            word = re.match(r"d([A-Za-z])(?=$|_|\^)", key)
            if word is None or key in problem.definitions:
                continue
            variable = key[1:]
            if variable in names and variable != name_of(root[0], problem)[0]:
                derivative = tree.Derivative("partial", root[0], (tree.Name(variable),))
                problem.definitions[key] = Definition(derivative)

    def _defined_here(self) -> list[Statement]:
        """Definitions that stand in the formula itself, beside the claim."""
        return [
            s
            for s in self.statements
            if not s.continued
            and len(s.members) > 1
            and as_derivative(s.members[0]) is None
            and len(self.statements) > 1
        ]

    def _like(self, named: frozenset[str], ranks: Mapping[str, int]) -> Iterator[str]:
        for key in ranks:
            base = key.split("_")[0].split("^")[0]
            if (
                key in named
                or base in named
                or any(n.replace("{", "").replace("}", "") == key.replace("{", "").replace("}", "") for n in named)
            ):
                yield key

    def indices(self) -> frozenset[str]:
        """The letters that are indices: the usual ones, those that a sum binds, those beside one of them."""
        everything = self._everything()
        letters = set(INDEX_LETTERS)
        bound = [part for part in parts(everything) if isinstance(part, tree.Big)]
        for big in bound:
            for name in big.indices:
                if (
                    any(isinstance(p, tree.Script) and tree.Name(name) in p.subs for p in parts(big.body))
                    or name in letters
                    or any(
                        isinstance(p, tree.Relation) and tree.Name(name) in (p.left, p.right) for p in parts(big.body)
                    )
                    or any(
                        isinstance(p, tree.Script) and isinstance(p.sup, tree.Fence) and p.sup.body == tree.Name(name)
                        for p in parts(big.body)
                    )
                ):
                    letters.add(name)
        for _ in range(2):
            for part in parts(everything):
                if (
                    isinstance(part, tree.Script)
                    and len(part.subs) >= 2
                    and all(isinstance(s, tree.Name) and len(s.text) == 1 for s in part.subs)
                ) and any(s.text in letters for s in part.subs if isinstance(s, tree.Name)):
                    letters.update(s.text for s in part.subs if isinstance(s, tree.Name))
        return frozenset(letters)

    def _everything(self) -> Any:
        said = self.said
        return (
            tuple(self.statements)
            + tuple(said.statements)
            + tuple(said.lone)
            + ((said.target,) if said.target is not None else ())
        )

    def interpretations(self) -> Iterator[tuple[int, dict[str, int]]]:
        """Ranks of the names, from likely to unlikely, with a penalty."""
        everything = self._everything()
        scratch = Problem(indices=self.indices())
        self._entries(scratch)
        counts = {key: count for key, count in used(everything, scratch).items() if not key.startswith("\x00")}
        arrays = is_array_notation(everything)
        bold = {part.text for part in parts(everything) if isinstance(part, tree.Name) and part.bold}
        rows = {
            part.base.text
            for part in parts(everything)
            if isinstance(part, tree.Script) and isinstance(part.base, tree.Name) and part.base.bold
        }
        declared = self.notation.ranks or {}
        options: list[list[tuple[int, str, int]]] = []
        fixed: dict[str, int] = {}
        for key, count in counts.items():
            base = key.split("_{")[0].split("^{")[0]
            letter = re.sub(r"\\(?:hat|tilde|bar|dot|mathcal)\{(.*)\}", r"\1", base)
            if key in declared or base in declared:
                fixed[key] = declared.get(key, declared.get(base, 0))
            elif not arrays or base in self.functions or key in self.functions:
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

    def _member(self, target: Target, member: Expr) -> Verdict:
        """The verdict on one member: all readings at the least penalty that fits."""
        reason = ""
        best: int | None = None
        lowered: list[tuple[str, Lowered]] = []
        for penalty, ranks in self.interpretations():
            if best is not None and penalty > best:
                break
            for choice in _choices(target):
                try:
                    made = self._lowered(target, member, ranks, choice)
                except UnresolvedError as error:
                    reason = reason or str(error)
                    continue
                if (
                    made.kind == "gradient"
                    and made.flip
                    and any(not other.flip and other.kind == "gradient" for _, other in lowered)
                ):
                    continue
                if best is None:
                    best = penalty
                lowered.append((choice.name, made))
            if len(lowered) >= 4:
                break
        if not lowered:
            raise UnresolvedError(reason or "no shapes of the names fit the formula")
        return self._judged(lowered, member)

    def _lowered(self, target: Target, member: Expr, ranks: Mapping[str, int], choice: Choice) -> Lowered:
        def make() -> Problem:
            problem = self.problem(ranks, {})
            self._function(problem, target, member)
            return problem

        return Lowered(make, target, member, choice)

    def _function(self, problem: Problem, target: Target, member: Expr) -> None:
        """What is differentiated, where it has no definition of its own."""
        body = target.derivative.body
        named = body.function if isinstance(body, tree.Call) else body
        if not isinstance(named, (tree.Name, tree.Script)):
            return
        key, indices = name_of(named, problem)
        if key in problem.definitions:
            return
        if key in self.said.kinds:
            return
        bare = key.split("_{")[0].split("^{")[0]
        if bare != key and bare in problem.definitions and not problem.definitions[bare].parameters:
            problem.definitions[key] = Definition(tree.Name(bare))
            return
        if (
            isinstance(body, tree.Call)
            and isinstance(named, tree.Name)
            and (key in self.said.kinds or key not in self.functions or key in (r"\sigma", r"\varsigma"))
        ):
            return
        candidates = [
            expr
            for expr in self.said.lone
            if as_derivative(expr) is None and not is_name(expr) and not isinstance(expr, tree.Number)
        ]
        if len(candidates) == 1 and not self.said.statements:
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
        raise UnresolvedError(f"nothing says what {typeset(named)} is")

    def _judged(self, lowered: list[tuple[str, Lowered]], member: Expr) -> Verdict:
        from gradcheck.checking import check
        from gradcheck.expressions import EvaluationError

        verdicts: list[tuple[str, Verdict]] = []
        seen: set[Any] = set()
        for name, reading in lowered:
            signature = (name, tuple((n, reading.shape(n)) for n in reading.names), reading.kind, reading.flip)
            if signature in seen:
                continue
            seen.add(signature)
            shown = self._shown(reading, member)
            try:
                made = reading.claim(shown)
                verdict = check(made, seed=self.seed)
                if verdict.status == "holds" and reading.vacuous(made):
                    reason = "both sides are 0 at every point that was drawn, which says nothing"
                    verdict = replace(verdict, status="undecided", certified=False, reason=reason)
                if verdict.status == "fails":
                    verdict = self._normalized(reading, shown, verdict)
                if verdict.status == "fails":
                    verdict = self._doubted(reading, verdict)
            except UnresolvedError as error:
                verdict = Verdict(_unread(self.formula), "undecided", reason=str(error), seed=self.seed)
            except EvaluationError as error:
                verdict = Verdict(_unread(self.formula), "undecided", reason=str(error), seed=self.seed)
            shapes = ", ".join(f"{n}: {_shape(reading.shape(n))}" for n in reading.names)
            verdicts.append((f"{name}; {shapes}", verdict))
        return _readings(verdicts)

    def _normalized(self, reading: Lowered, shown: str, failing: Verdict) -> Verdict:
        """Where it fails: whether it holds for targets that sum to 1, which texts on cross-entropy leave unsaid."""
        from gradcheck.checking import check

        names = [
            n for n in self._targets_of_sums(reading) if n in reading.names and n != reading.wrt and reading.shape(n)
        ]
        if not names:
            return failing
        again = Lowered(
            reading.make, reading.target, reading.member, replace(reading.choice, normalized=frozenset(names))
        )
        verdict = check(again.claim(shown), seed=self.seed)
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

    def _doubted(self, reading: Lowered, verdict: Verdict) -> Verdict:
        """*fails* is said only where it is proven, and where both sides are made of the same things."""
        reason = ""
        if not verdict.certified:
            reason = "it seems to fail, and that is not proven"
        elif reading.loose:
            reason = f"nothing says what {', '.join(reading.loose)} is"
        elif sums := [name for name in reading.names if name.startswith(r"\Sigma") and not reading.shape(name)]:
            reason = f"nothing says what the sum {', '.join(sums)} is"
        elif reading.assumed:
            reason = f"nothing says which function {', '.join(reading.assumed)} is"
        elif "the shape is wrong" in verdict.reason + verdict.diagnosis:
            reason = f"the shapes do not fit as read ({verdict.diagnosis or verdict.reason})"
        return replace(verdict, status="undecided", certified=False, reason=reason) if reason else verdict

    def _targets_of_sums(self, reading: Lowered) -> list[str]:
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
        return f"{times}{typeset(derivative)} = {typeset(member)}"

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
        unknown = [word for word in (*self.said.unread, *self.said.words) if word not in ("Einstein", "summation")]
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


def _choices(target: Target) -> list[Choice]:
    dotted = any(
        isinstance(part, tree.Product) and part.mark in (r"\cdot", r"\times") for part in parts(target.members)
    )
    found = [Choice(), Choice(layout="numerator"), Choice(layout="denominator")]
    if dotted:
        found.append(Choice(inner_dot=False))
    return found


def _ranks(letter: str, bold: bool, count: int) -> list[tuple[int, int]]:
    """(penalty, rank) of a name in array notation, the likeliest first."""
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
    if letter.startswith("\\mathcal") or letter in ("N", "n", "m", "e", r"\pi", "C", "E", "J", "L", r"\xi"):
        return [(0, 0), (2, 1), (2, 2)]
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
