"""Sums, products, quotients, powers, transpositions, matrices."""

from __future__ import annotations

from typing import Any

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluating.names import Walk
from gradcheck.latex.evaluating.sizes import kind, times, whole
from gradcheck.latex.problem import is_name, name_of
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size, Val, unify


class Arithmetic(Walk):
    """What is calculated from values."""

    def _listing(self, expr: tree.Listing) -> Val:
        if expr.kind == "⟨⟩" and len(expr.items) == 2:
            one, two = self.run(expr.items[0]), self.run(expr.items[1])
            unify(one.sizes, two.sizes)
            return self.made((), lambda: self.np.sum(one.data * two.data))
        if expr.kind == "{}":
            raise UnresolvedError("a set is not a number")
        return self._stack([self.run(item) for item in expr.items])

    def _stack(self, parts: list[Val]) -> Val:
        if any(part.rank for part in parts):
            raise UnresolvedError("blocks of matrices are not understood")
        return self.made((Size(len(parts)),), lambda: self.np.stack([part.data for part in parts]))

    def _matrix(self, expr: tree.Matrix) -> Val:
        if any(isinstance(entry, tree.Dots) for row in expr.rows for entry in row):
            raise UnresolvedError("a matrix with an ellipsis")
        rows = [[self.run(entry) for entry in row] for row in expr.rows]
        if any(part.rank for row in rows for part in row):
            raise UnresolvedError("blocks of matrices are not understood")
        if len(rows[0]) == 1:
            return self._stack([row[0] for row in rows])
        if len(rows) == 1:
            found = self._stack(rows[0])
            return Val(found.sizes, found.data, row=True)
        sizes = (Size(len(rows)), Size(len(rows[0])))
        return self.made(sizes, lambda: self.np.stack([self.np.stack([part.data for part in row]) for row in rows]))

    def _sum(self, expr: tree.Sum) -> Val:
        if any(isinstance(term, tree.Dots) for _, term in expr.terms):
            raise UnresolvedError("a sum with an ellipsis that does not say what is left out")
        found: Val | None = None
        for sign, term in expr.terms:
            value = self.run(term)
            if sign < 0:
                value = Val(value.sizes, None if self.abstract else -value.data, value.row)
            if found is not None and not (isinstance(term, tree.Number) or isinstance(expr.terms[0][1], tree.Number)):
                self._stretched(found, value)
            found = value if found is None else self._plus(found, value)
        assert found is not None
        return found

    def _stretched(self, one: Val, two: Val) -> None:
        """What is added has as many axes, as a rule; a vector added to a matrix is more unusual than a number to an array."""
        if one.rank != two.rank:
            self.problem.stretched = max(self.problem.stretched, 2 if one.rank and two.rank else 1)

    def _plus(self, one: Val, two: Val) -> Val:
        if one.rank == two.rank:
            unify(one.sizes, two.sizes)
            if one.rank == 1 and one.row != two.row:
                raise UnresolvedError("a row and a column are added")
            return self.made(one.sizes, lambda: one.data + two.data, one.row)
        small, large = (one, two) if one.rank < two.rank else (two, one)
        if small.rank == 1:
            small.sizes[0].same(large.sizes[-1])
        return self.made(large.sizes, lambda: one.data + two.data, large.row)

    def _product(self, expr: tree.Product) -> Val:
        if expr.mark == r"\land":
            raise UnresolvedError("a condition is not a number")
        if isinstance(expr.left, tree.Dots) or isinstance(expr.right, tree.Dots):
            raise UnresolvedError("a product with an ellipsis that does not say what is left out")
        return self.times(expr.mark, self.run(expr.left), self.run(expr.right))

    def times(self, mark: str, one: Val, two: Val) -> Val:
        """A product by what stands between the factors."""
        if one.rank == 0 or two.rank == 0:
            bigger = two if one.rank == 0 else one
            return self.made(bigger.sizes, lambda: one.data * two.data, bigger.row)
        if self.entrywise and mark == "" and one.rank == two.rank and one.row == two.row:
            mark = r"\odot"
        if (
            mark == r"\odot"
            or (mark == "*" and one.rank == two.rank)
            or (
                mark in (r"\cdot", r"\times")
                and one.rank == two.rank == 1
                and one.row == two.row
                and not self.problem.inner_dot
            )
        ):
            unify(one.sizes, two.sizes)
            return self.made(one.sizes, lambda: one.data * two.data, one.row)
        if mark == r"\otimes":
            if one.rank == two.rank == 1:
                return self.made(one.sizes + two.sizes, lambda: one.data[:, None] * two.data[None, :])
            if one.rank == two.rank == 2:
                sizes = (times(one.sizes[0], two.sizes[0]), times(one.sizes[1], two.sizes[1]))
                return self.made(sizes, lambda: self.np.kron(one.data, two.data))
        if one.rank == two.rank == 2:
            one.sizes[1].same(two.sizes[0])
            return self.made((one.sizes[0], two.sizes[1]), lambda: one.data @ two.data)
        if one.rank == 2 and two.rank == 1 and not two.row:
            one.sizes[1].same(two.sizes[0])
            return self.made((one.sizes[0],), lambda: one.data @ two.data)
        if one.rank == 1 and two.rank == 2 and one.row:
            one.sizes[0].same(two.sizes[0])
            return self.made((two.sizes[1],), lambda: one.data @ two.data, True)
        if one.rank == two.rank == 1 and one.row and not two.row:
            one.sizes[0].same(two.sizes[0])
            return self.made((), lambda: self.np.sum(one.data * two.data))
        if one.rank == two.rank == 1 and not one.row and two.row:
            return self.made(one.sizes + two.sizes, lambda: one.data[:, None] * two.data[None, :])
        if one.rank == two.rank == 1 and mark == r"\cdot" and one.row == two.row:
            unify(one.sizes, two.sizes)
            return self.made((), lambda: self.np.sum(one.data * two.data))
        raise UnresolvedError(f"a product of {kind(one)} and {kind(two)}")

    def _quotient(self, expr: tree.Quotient) -> Val:
        one, two = self.run(expr.over), self.run(expr.under)
        if two.rank and one.rank:
            unify(one.sizes, two.sizes)
        elif two.rank == 2:
            raise UnresolvedError("something is divided by a matrix")
        sizes = one.sizes or two.sizes
        return self.made(sizes, lambda: one.data / two.data, one.row or two.row)

    def _power(self, expr: tree.Power) -> Val:
        exponent = expr.exponent
        number = whole(exponent)
        if expr.base == tree.Name("e") and "e" not in self.problem.definitions and "e" not in self.values:
            inner = self.run(exponent)
            return self.made(inner.sizes, lambda: self.np.exp(inner.data), inner.row)
        if is_name(expr.base) and number is not None:
            key, indices = name_of(expr.base, self.problem)
            labelled = f"{key}^{{{number}}}"
            if labelled in self.problem.definitions or labelled in self.values:
                return self.lookup(labelled, indices, expr.base)
        base = self.run(expr.base)
        if number == -1 and base.rank == 2:
            base.sizes[0].same(base.sizes[1])
            self.problem.inverted = True
            return self.made(base.sizes, lambda: self.np.linalg.inv(base.data))
        if base.rank == 2 and not (isinstance(expr.base, tree.Call)):
            raise UnresolvedError("a power of a matrix")
        if number is not None:
            return self.made(base.sizes, lambda: base.data**number, base.row)
        power = self.run(exponent)
        if power.rank:
            raise UnresolvedError("an exponent that is an array")
        return self.made(base.sizes, lambda: self._real_power(base.data, power.data, exponent), base.row)

    def _real_power(self, base: Any, power: Any, exponent: Expr) -> Any:
        if (
            isinstance(exponent, tree.Quotient)
            and exponent.over == tree.Number("1")
            and exponent.under == tree.Number("2")
        ):
            return self.np.sqrt(base)
        return self.np.exp(power * self.np.log(base))

    def _transpose(self, expr: tree.Transpose) -> Val:
        base = self.run(expr.base)
        if base.rank == 0:
            if isinstance(expr.base, (tree.Name, tree.Script)):
                raise UnresolvedError("a single number is transposed")
            return base
        if base.rank == 1:
            return Val(base.sizes, base.data, not base.row)
        return self.made(base.sizes[::-1], lambda: base.data.T)

    def _relation(self, expr: tree.Relation) -> Val:
        raise UnresolvedError("a relation is not a number")

    def _dots(self, expr: tree.Dots) -> Val:
        raise UnresolvedError("an ellipsis stands for what was left out")
