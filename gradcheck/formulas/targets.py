"""Which derivative a formula claims, where its own left side or the text beside it says so, and where it must be guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gradcheck.formulas.question import Question
from gradcheck.latex import tree
from gradcheck.latex.claims import Target, as_derivative, targets
from gradcheck.latex.definitions import definition_of
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import Problem, is_name, name_of
from gradcheck.latex.names import free_indices, parts, substituted, used
from gradcheck.latex.tree import Expr, Statement
from gradcheck.latex.vocabulary import KNOWN

LOSS = r"\operatorname{loss}"
"""The loss that nobody defines, of which δ is the derivative."""

_GUESSES = 12


@dataclass
class Aim:
    """What is to be judged: names that stand for derivatives, and the arguments that a gradient takes together."""

    question: Question
    aliases: list[tuple[Expr, Expr]] = field(default_factory=list)
    vector: tuple[str, tuple[str, ...]] | None = None

    def targets(self) -> list[Target]:
        """The derivative claims; where the left side is missing, it is taken from the definitions."""
        found = targets(self.question.statements)
        if self.question.wanted is not None:
            return self._declared(self.question.wanted, found)
        done = []
        for target in found:
            point = target.point or self._point(target.derivative)
            derivative = self._completed(self._together(self._applied(target.derivative)))
            done.append(replace(target, derivative=derivative, point=point))
            if target.alias is not None:
                self.aliases.append((target.alias, derivative))
        done += [target for statement in self.question.statements for target in self._valued(statement)]
        if done:
            return done
        paired = self._paired()
        if paired:
            return paired
        for statement in self.question.statements:
            implied = self._implied(statement)
            if implied is not None:
                done.append(implied)
        return done

    def guesses(self) -> list[list[Target]]:
        """Where nothing says what is differentiated by what: every name that the function is made of."""
        function = self.question.last_defined()
        if function is None:
            return []
        if (renamed := self._renamed(function)) is not None:
            return [[renamed]]
        scratch = Problem(indices=self.question.indices())
        names: dict[str, Expr] = {}
        for made in map(definition_of, self.question.said.statements):
            if made is not None:
                for part in parts(made[2]):
                    if isinstance(part, (tree.Name, tree.Script)) and is_name(part):
                        names.setdefault(name_of(part, scratch)[0], part)
                        if len(names) > _GUESSES:
                            return []
        if any(name not in self.question.functions for name in self.question.said.kinds):
            names.setdefault("z", tree.Name("z"))
        defined = name_of(function[0], scratch)[0]
        known = {"e", r"\pi", defined, *self.question.functions}
        guesses = []
        for key, name in names.items():
            if key in known or key in scratch.indices or key in KNOWN:
                continue
            for body, written in self._written(function[0], name):
                derivative = tree.Derivative("d", body, (written,))
                found = [
                    Target(derivative, s.members)
                    for s in self.question.statements
                    if s.continued or len(s.members) == 1
                ]
                if found:
                    guesses.append(found)
        return guesses

    def _declared(self, wanted: tree.Derivative, found: list[Target]) -> list[Target]:
        """The claims where it is declared what they are the derivative of: a left side that is printed only names it."""
        body = wanted.body
        if body is None:
            function = self.question.last_defined()
            body = found[0].derivative.body if found else function[0] if function is not None else None
        if body is None:
            raise UnresolvedError("nothing says what is differentiated")
        derivative = replace(wanted, body=body)
        if found:
            return [replace(target, derivative=derivative) for target in found]
        done = []
        for statement in self.question.statements:
            left, values = statement.members[0], statement.members[1:]
            if statement.continued or not values or not (is_name(left) or isinstance(left, (tree.Call, tree.Prime))):
                values = statement.members
            elif left == body or (isinstance(left, tree.Call) and left.function == body):
                continue
            elif is_name(left):
                self.aliases.append((left, derivative))
            if all(mark in ("=", "≈") for mark in statement.marks):
                done.append(Target(derivative, tuple(values)))
        return done

    def _point(self, derivative: tree.Derivative) -> tuple[tuple[Expr, Expr], ...]:
        """What the text says of where it is evaluated: "at (0, 1)" gives the function's arguments in order."""
        values, body = self.question.said.point, derivative.body
        if not values or not isinstance(body, tree.Call) or len(body.arguments) != len(values):
            return ()
        return tuple(zip(body.arguments, values, strict=True))

    def _valued(self, statement: Statement) -> list[Target]:
        """``f'(2) = 12``: the derivative of a function of one argument, at a value of it."""
        left = statement.members[0]
        if statement.continued or len(statement.members) < 2 or not isinstance(left, tree.Call):
            return []
        prime = left.function
        if not isinstance(prime, tree.Prime) or len(left.arguments) != 1 or is_name(left.arguments[0]):
            return []
        for made in map(definition_of, self.question.said.statements):
            if made is not None and made[0] == prime.base and len(made[1]) == 1:
                variable = tree.Name(made[1][0])
                derivative = tree.Derivative(
                    "d", tree.Call(prime.base, (variable,)), (variable,) * prime.order, prime.order
                )
                return [Target(derivative, statement.members[1:], point=((variable, left.arguments[0]),))]
        return []

    def _paired(self) -> list[Target]:
        """As many bare lines as the function has arguments: the derivatives by each, in order."""
        function = self.question.last_defined()
        lines = self.question.statements
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
                if isinstance(part, tree.Name) and part.text not in self.question.functions | KNOWN
            }
            names = [tree.Name(text) for text in inside]
        if len(names) != 1:
            raise UnresolvedError("nothing says with respect to what is differentiated")
        return replace(derivative, wrt=tuple(names) * derivative.order)

    def _applied(self, derivative: tree.Derivative) -> tree.Derivative:
        """``∇f`` beside the definition of f(x, y, z) is that of f(x, y, z)."""
        if derivative.wrt or not isinstance(derivative.body, tree.Name):
            return derivative
        for made in map(definition_of, self.question.said.statements):
            if made is not None and made[0] == derivative.body and made[1]:
                arguments = tuple(tree.Name(name) for name in made[1])
                return replace(derivative, body=tree.Call(derivative.body, arguments))
        return derivative

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
            if (meant := self._by_its_name(left)) is not None:
                return Target(meant, tuple(values))
            for stated in self.question.said.statements:
                if len(stated.members) > 1 and stated.members[0] == left:
                    made = as_derivative(stated.members[1])
                    if made is not None:
                        return Target(self._completed(made), tuple(values))
                if len(stated.members) > 1 and isinstance(left, tree.Script) and left.base == stated.members[0]:
                    made = as_derivative(stated.members[1])
                    if made is not None and len(made.wrt) == 1 and isinstance(made.wrt[0], tree.Name):
                        named = replace(left, base=made.wrt[0])
                        return Target(replace(made, wrt=(named,)), tuple(values))
            return None
        values = members
        for other in self.question.said.lone:
            made = as_derivative(other)
            if made is not None:
                return Target(self._completed(made), tuple(values))
        function = self.question.last_defined()
        lone = [expr for expr in self.question.said.lone if isinstance(expr, (tree.Name, tree.Script, tree.Call))]
        if len(lone) == 1 and self.question.said.target is not None and not as_derivative(self.question.said.target):
            return Target(tree.Derivative("d", lone[0], (self.question.said.target,)), tuple(values))
        if function is None:
            return None
        name, parameters = function
        if self.question.said.target is not None:
            target = self.question.said.target
            made = as_derivative(target)
            if made is not None and self.question.said.hessian and made.order == 1:
                made = replace(made, mark="nabla", order=2, wrt=made.wrt * 2)
            if made is None and isinstance(name, (tree.Name, tree.Script)) and self._has_delta(name, values):
                return Target(tree.Derivative("d", tree.Name(LOSS), (target,)), tuple(values))
            return Target(made if made is not None else tree.Derivative("d", name, (target,)), tuple(values))
        if len(parameters) == 1:
            return Target(tree.Derivative("d", name, (tree.Name(parameters[0]),)), tuple(values))
        return None

    def _by_its_name(self, left: Expr) -> tree.Derivative | None:
        r"""``\\dot{x}`` beside x(t), and H beside a function of one argument and the word Hessian."""
        if not isinstance(left, tree.Name):
            return None
        dotted = re.fullmatch(r"\\(d{1,2})ot\{(.*)\}", left.text)
        hessian = left.text == "H" and self.question.said.hessian
        for made in map(definition_of, self.question.said.statements):
            if made is None or len(made[1]) != 1:
                continue
            variable = tree.Name(made[1][0])
            body = tree.Call(made[0], (variable,))
            if dotted is not None and made[0] == tree.Name(dotted[2]):
                order = len(dotted[1])
                return tree.Derivative("d", body, (variable,) * order, order)
            if hessian and made[0] != left:
                return tree.Derivative("nabla", body, (variable,) * 2, 2)
        return None

    def _renamed(self, function: tuple[Expr, tuple[str, ...]]) -> Target | None:
        """``c(u) = …`` beside the definition of f(x): read as f'(u)."""
        if len(self.question.statements) != 1 or len(function[1]) != 1:
            return None
        (statement,) = self.question.statements
        left = statement.members[0]
        if not isinstance(left, tree.Call) or len(left.arguments) != 1 or left.function == function[0]:
            return None
        if not isinstance(left.function, tree.Name) or not isinstance(left.arguments[0], tree.Name):
            return None
        variable = tree.Name(function[1][0])
        values = tuple(substituted(member, left.arguments[0], variable) for member in statement.members[1:])
        return Target(tree.Derivative("d", tree.Call(function[0], (variable,)), (variable,)), values)

    def _written(self, body: Expr, name: Expr) -> list[tuple[Expr, Expr]]:
        """Function and name as the formula may mean them: as they stand, and with the indices free in the formula."""
        scratch = Problem(indices=self.question.indices())
        free = list(dict.fromkeys(i for s in self.question.statements for i in free_indices(s.members, scratch)))  # type: ignore[arg-type]
        found = [(body, name)]
        if isinstance(name, tree.Name) and len(free) == 1:
            found.append((body, tree.Script(name, (tree.Name(free[0]),))))
        if isinstance(name, tree.Name) and isinstance(body, tree.Name) and len(free) == 2:
            one, two = (tree.Name(index) for index in free)
            found += [(tree.Script(body, (a,)), tree.Script(name, (b,))) for a, b in ((one, two), (two, one))]
        return found

    def _named(self, variable: str, values: Sequence[Expr]) -> tuple[Expr, tuple[str, ...]] | None:
        """A function that is only named: ``ds = dd …`` beside "elu" says d = elu(s)."""
        scratch = Problem(indices=self.question.indices())
        outputs = {key[1] for key in used(tuple(values), scratch) if re.fullmatch("d[A-Za-z]", key)}  # type: ignore[arg-type]
        if len(outputs) != 1 or outputs == {variable}:
            return None
        output = tree.Name(outputs.pop())
        call = tree.Call(tree.Name(self.question.said.named), (tree.Name(variable),))
        self.question.said.statements.append(Statement((output, call), ("=",)))
        return output, ()

    def _has_delta(self, name: Expr, values: Sequence[Expr]) -> bool:
        """Whether what is claimed is made of the derivative of the loss by this name."""
        scratch = Problem(indices=self.question.indices())
        return rf"\delta_{{{name_of(name, scratch)[0]}}}" in used(tuple(values), scratch)  # type: ignore[arg-type]

    def _differential(self, variable: str, values: tuple[Expr, ...]) -> Target | None:
        """``ds = dd · …``: the derivative by s of what d is, times the cotangent dd."""
        function = self.question.last_defined()
        if function is None and self.question.said.named:
            function = self._named(variable, values)
        if function is None or not isinstance(function[0], tree.Name):
            return None
        output = function[0]
        cotangent = tree.Name(f"d{output.text}")
        return Target(tree.Derivative("d", output, (tree.Name(variable),)), values, cotangent)
