"""Names with subscripts and superscripts, and brackets that mean something."""

from __future__ import annotations

from gradcheck.latex import tree
from gradcheck.latex.errors import UnresolvedError
from gradcheck.latex.evaluating.elementary import det
from gradcheck.latex.evaluating.sums import Sums
from gradcheck.latex.problem import name_of
from gradcheck.latex.values import Val


class Scripts(Sums):
    """What is marked by a script or a bracket."""

    def _script(self, expr: tree.Script) -> Val:
        base = expr.base
        if (
            isinstance(base, tree.Name)
            and base.text == r"\delta"
            and len(expr.subs) == 2
            and r"\delta" not in self.problem.definitions
        ):
            return self._kronecker(expr.subs)
        if isinstance(base, tree.Name) and base.text in (r"\mathbb{I}", r"\mathbb{1}", "1") and len(expr.subs) == 1:
            return self._indicator(expr.subs[0])
        if isinstance(base, (tree.Name, tree.Script)):
            key, indices = name_of(expr, self.problem)
            if expr.sup is not None and not isinstance(expr.sup, tree.Fence) and self._is_power(expr, key):
                inner = tree.Script(base, expr.subs) if expr.subs else base
                return self._power(tree.Power(inner, expr.sup))
            return self.lookup(key, indices, expr)
        if isinstance(base, tree.Fence) and base.kind == "‖‖":
            return self._fence(base)
        if expr.sup is not None:
            raise UnresolvedError("a superscript on brackets that is not a power")
        return self._indexed(self.run(base), expr.subs)

    def _is_power(self, expr: tree.Script, key: str) -> bool:
        r"""``s^\\beta`` is a power where the exponent is a name of its own right; a defined or declared name is a label."""
        sup = expr.sup
        assert sup is not None
        if key in self.problem.definitions or key in self.values or not isinstance(sup, tree.Name):
            return False
        if isinstance(expr.base, tree.Name) and not expr.subs and sup.text in self.bound:
            return expr.base.text in self.values or expr.base.text in self.locals
        return sup.text not in self.problem.indices and sup.text not in ("L", "l", "t", "T", "*", r"\ast", r"\star")

    def _fence(self, expr: tree.Fence) -> Val:
        if expr.kind in ("()", "[]", "{}"):
            if isinstance(expr.body, tree.Relation):
                return self._indicator(expr.body)
            return self.run(expr.body)
        body = self.run(expr.body)
        if expr.kind == "||" and body.rank == 0:
            return self.made((), lambda: self.np.abs(body.data))
        if expr.kind == "||" and body.rank == 2:
            body.sizes[0].same(body.sizes[1])
            return self.made((), lambda: det(self.np, body.data))
        if expr.kind in ("‖‖", "||") and body.rank >= 1:
            return self.made((), lambda: self.np.sqrt(self.np.sum(body.data * body.data)))
        if expr.kind == "‖‖" and body.rank == 0:
            raise UnresolvedError("the norm of a single number")
        raise UnresolvedError(f"the brackets {expr.kind} are not understood here")
