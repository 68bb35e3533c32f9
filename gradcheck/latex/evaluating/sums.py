"""Sums and products over indices, over entries, over samples."""

from __future__ import annotations

import itertools
import math

from gradcheck.latex import tree
from gradcheck.latex.errors import TooLargeError, UnresolvedError
from gradcheck.latex.evaluating.conditions import Conditions
from gradcheck.latex.evaluating.sizes import above, whole
from gradcheck.latex.tree import Expr
from gradcheck.latex.values import Size, Val

_TERMS = 600  # of sums and products, with those inside of them


class Sums(Conditions):
    """What is added up or multiplied over a range."""

    def _big(self, expr: tree.Big) -> Val:
        if not expr.indices:
            return self._open_sum(expr)
        free = list(expr.indices)
        if (
            len(free) == 1
            and free[0] not in self.problem.indices
            and expr.kind == "sum"
            and free[0] in self.problem.ranks
        ):
            return self._over_samples(expr, self.entrywise)
        if all(name not in self.problem.indices for name in free):
            raise UnresolvedError(f"a sum over {', '.join(free)}, which is no index")
        known_sizes = self.problem.sums.get(id(expr))
        sizes = list(known_sizes or ())
        for name in free if known_sizes is None else ():
            size = Size(name=name)
            upper = above(expr.upper) if whole(expr.lower) == 0 else expr.upper
            if self._index_around(expr.upper) is not None:
                pass  # its range is that of the arrays that it runs along, and the index around cuts it off
            elif (n := self._count(upper)) is not None:
                size = Size(n)
            elif isinstance(upper, tree.Name) and len(free) == 1:
                known = self.problem.size_names.setdefault(upper.text, Size(name=upper.text))
                known.same(size)
                size = known
            sizes.append(size)
        self.problem.sums[id(expr)] = tuple(sizes)
        if self._index_around(expr.lower) is None and (
            (isinstance(expr.lower, tree.Number) and expr.lower.text not in ("0", "1"))
            or isinstance(expr.lower, (tree.Sum, tree.Product, tree.Name))
        ):
            raise UnresolvedError("a sum that begins elsewhere than at 1")
        outer, scope, from_zero = self.bound, self.scope, self.from_zero
        if scope is not None:
            self.scope = scope | frozenset(free)
        self.from_zero = from_zero | frozenset(free) if whole(expr.lower) == 0 else from_zero - frozenset(free)
        try:
            return self._summed_over(expr, free, sizes)
        finally:
            self.bound, self.scope, self.from_zero = outer, scope, from_zero

    def _summed_over(self, expr: tree.Big, free: list[str], sizes: list[Size]) -> Val:
        outer = self.bound
        if self.abstract:
            self.bound = {**outer, **{name: (size, None) for name, size in zip(free, sizes, strict=True)}}
            around = self.terms
            self.terms *= math.prod(size.number or 1 for size in sizes)
            if self.terms > _TERMS:
                raise TooLargeError(f"sums and products of {self.terms:.4g} terms; at most {_TERMS} are evaluated")
            inner = self.run(expr.body)
            self.terms = around
            return inner
        total: Val | None = None
        for place in itertools.product(*(range(size.number or 1) for size in sizes)):
            self.bound = {**outer, **{name: (size, i) for name, size, i in zip(free, sizes, place, strict=True)}}
            if isinstance(expr.lower, tree.Relation) and expr.lower.mark != "∈" and not self._static(expr.lower):
                continue
            if not self._within_limits(expr, place[0]):
                continue
            value = self.run(expr.body)
            if total is None:
                total = value
            else:
                data = total.data + value.data if expr.kind == "sum" else total.data * value.data
                total = Val(total.sizes, data, total.row)
        if total is None:
            return Val((), self.np.asarray(0.0 if expr.kind == "sum" else 1.0))
        return total

    def _count(self, upper: Expr | None) -> int | None:
        """The number that an upper limit is, or is defined to be."""
        if isinstance(upper, tree.Name) and upper.text in self.problem.definitions:
            known = self.problem.definitions[upper.text]
            return None if known.indices or known.parameters else whole(known.body)
        return whole(upper)

    def _index_around(self, limit: Expr | None) -> tuple[str, int] | None:
        """The index of a sum around this one that a limit is (k in Σ_{j=1}^{k}), and what is added to it (−1 in k − 1)."""
        if isinstance(limit, tree.Name):
            return (limit.text, 0) if limit.text in self.bound and limit.text in self.problem.indices else None
        if isinstance(limit, tree.Sum) and len(limit.terms) == 2:
            (sign, name), (side, added) = limit.terms
            around, number = self._index_around(name), whole(added)
            if sign > 0 and around is not None and number is not None and isinstance(name, tree.Name):
                return around[0], side * number
        return None

    def _within_limits(self, expr: tree.Big, place: int) -> bool:
        """Whether a term lies between the limits that are indices of sums around it."""
        value = place + (expr.indices[0] not in self.from_zero)
        for limit, sign in ((expr.lower, 1), (expr.upper, -1)):
            around = self._index_around(limit)
            if around is None:
                continue
            name, added = around
            _, number = self.bound[name]
            if sign * value < sign * ((number or 0) + (name not in self.from_zero) + added):
                return False
        return True

    def _open_sum(self, expr: tree.Big) -> Val:
        """A sum that does not say over what: over the indices that are free in it; else entries; else samples."""
        from gradcheck.latex.names import free_indices

        taken = self.bound if self.scope is None else self.scope
        free = [name for name in free_indices(expr.body, self.problem) if name not in taken]
        if free:
            opened = self.problem.opened.setdefault(id(expr), tree.Big(expr.kind, tuple(free), None, None, expr.body))
            return self._big(opened)
        if expr.kind != "sum":
            raise UnresolvedError("a product that does not say over what")
        if self.sample is not None:
            raise UnresolvedError("a sum over samples inside of one")
        entrywise = self.entrywise
        self.entrywise = True
        try:
            probe = self.run(expr.body) if not self.problem.sampled else None
        finally:
            self.entrywise = entrywise
        if probe is not None and probe.rank:
            return self.made((), lambda: self.np.sum(probe.data))
        return self._over_samples(expr, entrywise)

    def _over_samples(self, expr: tree.Big, entrywise: bool) -> Val:
        """Every input but the one that is differentiated by has a value for each sample."""
        if self.sample is not None:
            raise UnresolvedError("a sum over samples inside of one")
        self.sample = 0
        try:
            if self.abstract:
                self.entrywise = True
                found = self.run(expr.body)
                if found.rank:
                    self.problem.sampled.clear()
                    return Val()
                return found
            total = None
            for number in range(self.problem.samples.number or 1):
                self.sample = number
                value = self.run(expr.body).data
                total = value if total is None else total + value
            return Val((), total)
        finally:
            self.sample = None
            self.entrywise = entrywise
