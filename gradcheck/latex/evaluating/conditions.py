"""Conditions on indices, decided exactly, and on values; cases, indicators, Kronecker deltas."""

from __future__ import annotations

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluating.arithmetic import Arithmetic
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Val, unify


class Conditions(Arithmetic):
    """What is chosen by a condition."""

    def _static(self, condition: Expr) -> bool:
        """Whether a condition on indices is met."""
        if isinstance(condition, tree.Product) and condition.mark == r"\land":
            return self._static(condition.left) and self._static(condition.right)
        if not isinstance(condition, tree.Relation):
            raise UnresolvedError("a condition is expected")
        one, two = self._position(condition.left), self._position(condition.right)
        return {"=": one == two, "≠": one != two, "<": one < two, ">": one > two, "≤": one <= two, "≥": one >= two}[
            condition.mark
        ]

    def _position(self, expr: Expr) -> int:
        _, number = self._index(expr)
        if number is None:
            raise UnresolvedError("an index without a value")
        return number

    def _on_indices(self, condition: Expr) -> bool:
        if isinstance(condition, tree.Product) and condition.mark == r"\land":
            return self._on_indices(condition.left) and self._on_indices(condition.right)
        return (
            isinstance(condition, tree.Relation)
            and isinstance(condition.left, tree.Name)
            and condition.left.text in self.bound
            and (
                isinstance(condition.right, tree.Number)
                or (isinstance(condition.right, tree.Name) and condition.right.text in self.bound)
            )
        )

    def condition(self, expr: Expr) -> Val:
        """A condition on values, as booleans."""
        if isinstance(expr, tree.Fence):
            return self.condition(expr.body)
        if isinstance(expr, tree.Product) and expr.mark == r"\land":
            one, two = self.condition(expr.left), self.condition(expr.right)
            return self.made(one.sizes, lambda: one.data & two.data)
        if not isinstance(expr, tree.Relation) or expr.mark not in "=<>≤≥≠":
            raise UnresolvedError("a condition is expected")
        left, right = self.run(expr.left), self.run(expr.right)
        if left.rank and right.rank:
            unify(left.sizes, right.sizes)
        marks = {
            "=": lambda: left.data == right.data,
            "≠": lambda: left.data != right.data,
            "<": lambda: left.data < right.data,
            ">": lambda: left.data > right.data,
            "≤": lambda: left.data <= right.data,
            "≥": lambda: left.data >= right.data,
        }
        return self.made(left.sizes or right.sizes, marks[expr.mark])

    def _indicator(self, expr: Expr) -> Val:
        if self._on_indices(expr) and not self.abstract:
            return Val((), self.np.asarray(1.0 if self._static(expr) else 0.0))
        if self._on_indices(expr):
            assert isinstance(expr, tree.Relation)
            self._index(expr.left)[0].same(self._index(expr.right)[0])
            return Val()
        found = self.condition(expr)
        return self.made(found.sizes, lambda: self.np.where(found.data, 1.0, 0.0))

    def _kronecker(self, subs: tuple[Expr, ...]) -> Val:
        (one, first), (two, second) = self._index(subs[0]), self._index(subs[1])
        one.same(two)
        return self.made((), lambda: self.np.asarray(1.0 if first == second else 0.0))

    def _cases(self, expr: tree.Cases) -> Val:
        rows = [(value, condition) for value, condition in expr.rows if not _undefined(value)]
        if rows and all(condition is None or self._on_indices(condition) for _, condition in rows):
            found = Val()
            for value, condition in rows:
                if self.abstract:
                    if isinstance(condition, tree.Relation):
                        self._index(condition.left)[0].same(self._index(condition.right)[0])
                    found = self.run(value)
                elif condition is None or self._static(condition):
                    return self.run(value)
            if not self.abstract:
                raise UnresolvedError("no case covers these indices")
            return found
        values = [
            (self.run(value), None if condition is None else self.condition(condition)) for value, condition in rows
        ]
        if not values:
            raise UnresolvedError("no case has a value")
        sizes = max((entry.sizes for pair in values for entry in pair if entry is not None), key=len)
        for entry in (entry for pair in values for entry in pair if entry is not None):
            if entry.rank:
                unify(entry.sizes, sizes)
        if self.abstract:
            return Val(sizes)
        conditions = [condition.data for _, condition in values if condition is not None]
        if len(conditions) == len(values):
            some = conditions[0]
            for other in conditions[1:]:
                some = some | other
            self.covered.append(some)
        data = values[-1][0].data
        for branch, met in reversed(values[:-1]):
            data = self.np.where(met.data if met is not None else True, branch.data, data)
        return Val(sizes, data)


def _undefined(value: Expr) -> bool:
    text = []

    def walk(expr: Expr) -> None:
        if isinstance(expr, tree.Product) and expr.mark == "":
            walk(expr.left)
            walk(expr.right)
        elif isinstance(expr, tree.Name):
            text.append(expr.text)

    walk(value)
    return "".join(text) in ("undefined", "undef", "DNE")
