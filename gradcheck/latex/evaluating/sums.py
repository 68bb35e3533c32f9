"""Sums and products over indices, over entries, over samples."""

from __future__ import annotations

import itertools
import math

from gradcheck.latex import tree
from gradcheck.latex.errors import TooLargeError, UnresolvedError
from gradcheck.latex.evaluating.conditions import Conditions
from gradcheck.latex.evaluating.sizes import above, whole
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
            if isinstance(upper, tree.Name) and len(free) == 1:
                known = self.problem.size_names.setdefault(upper.text, Size(name=upper.text))
                known.same(size)
                size = known
            elif upper is not None and (n := whole(upper)) is not None:
                size = Size(n)
            sizes.append(size)
        self.problem.sums[id(expr)] = tuple(sizes)
        if (isinstance(expr.lower, tree.Number) and expr.lower.text not in ("0", "1")) or isinstance(
            expr.lower, (tree.Sum, tree.Product)
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
            value = self.run(expr.body)
            if total is None:
                total = value
            else:
                data = total.data + value.data if expr.kind == "sum" else total.data * value.data
                total = Val(total.sizes, data, total.row)
        if total is None:
            return Val((), self.np.asarray(0.0 if expr.kind == "sum" else 1.0))
        return total

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
