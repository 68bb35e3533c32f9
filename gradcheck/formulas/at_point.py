"""A derivative at one point: ``f'(2) = 12``, or an evaluation bar. Both sides are numbers (or arrays), so it is an equality."""

from __future__ import annotations

from typing import Any

from gradcheck.claim import Claim, Source
from gradcheck.domains import Reals
from gradcheck.formulas.lowering import Lowered
from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluate import name_of
from gradcheck.latex.spaces import bounds
from gradcheck.latex.typeset import typeset
from gradcheck.latex.values import Val, unify

_NOTHING = "\x00 nothing"
"""An input for a formula in which no name is left."""


class LoweredAtPoint(Lowered):
    """The derivative with its names given, evaluated, beside what is claimed to be its value."""

    def _shapes(self) -> None:
        problem = self.problem
        if self.free or self.choice.layout:
            raise UnresolvedError("the derivative at a point of something with free indices")
        self.left: tree.Expr = tree.At(self.target.derivative, self._point())
        walk = self._walk({}, None)
        whole = walk.run(self.left)
        reached = set(walk.touched)
        walk.touched.clear()
        value = walk.run(self.member)
        unify(whole.sizes, value.sizes)
        self.loose = sorted(walk.touched - reached)
        self.assumed = sorted(name for name in walk.generics if not name.startswith("generic "))
        self.whole, self.taken, self.p, self.m = Val(), Val(), whole, value
        self.kind, self.mode, self.flip, self.rest, self.own = "equality", "plain", False, [], []
        if not problem.inputs:
            problem.inputs[_NOTHING] = ()
        self._settle()
        self.names = list(problem.inputs)

    def _point(self) -> tuple[tuple[tree.Expr, tree.Expr], ...]:
        """The values; those of names that a gradient takes together, as one vector."""
        given = {name_of(name, self.problem)[0]: value for name, value in self.target.point}
        if self.wrt in given or not self.wrt.startswith("("):
            return tuple((tree.Name(name), value) for name, value in given.items())
        names = self.wrt.strip("()").split(", ")
        if set(names) != set(given):
            raise UnresolvedError(f"the point gives {', '.join(given)}, and the gradient is by {', '.join(names)}")
        return ((tree.Name(self.wrt), tree.Listing("[]", tuple(given[name] for name in names))),)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an input."""
        return tuple(size.number or 1 for size in self.problem.inputs[name])

    def _values(self, arrays: Any, np_: Any) -> dict[str, Val]:
        return {name: Val(self.problem.inputs[name], array) for name, array in zip(self.names, arrays, strict=True)}

    def claim(self, formula: str) -> Claim:
        """The claim, ready to be judged."""
        import jax.numpy as jnp

        inputs = {}
        limits = bounds(self._all(), self.problem)
        for name in self.names:
            low, high = self._limits(name, limits)
            inputs[name] = Reals(*self.shape(name), low=low, high=high)
        return Claim(
            name=f"{typeset(self.left)[:40]}",
            kind="equality",
            source=Source("formula", 1, formula, "reconstructed"),
            primal=self.side(self.left, (), jnp),
            claimed=self.side(self.member, (), jnp),
            inputs=inputs,
        )

    def vacuous(self, claim: Claim) -> bool:
        """A derivative at a point may well be 0."""
        return False
