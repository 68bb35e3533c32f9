"""The last lines of a derivation: what is left of the rules, in its shortest form, and in terms of the function itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from gradcheck.claim import Assumption
from gradcheck.domains import Reals
from gradcheck.latex import tree
from gradcheck.latex.evaluate import Definition
from gradcheck.latex.names import substituted
from gradcheck.latex.tree import Expr
from gradcheck.symbolic.entries import real, sign_of
from gradcheck.symbolic.evaluating import evaluated
from gradcheck.symbolic.functions import Logistic, Softplus
from gradcheck.symbolic.model import Corner
from gradcheck.symbolic.pieces import has_choices, switches
from gradcheck.symbolic.reading import symbolic
from gradcheck.symbolic.rules import Setting
from gradcheck.symbolic.simplest import by_name, price_of
from gradcheck.symbolic.slopes import Slope, corners, slope
from gradcheck.symbolic.tidy import as_before, cost, unfinished
from gradcheck.symbolic.writing import as_tree


def symbol(name: str, space: Reals) -> Any:
    """The symbol of a real number, with the sign that its range has."""
    return real(name, sign_of(space))


class Finish:
    """How the derivation of one definition ends."""

    def __init__(
        self, at: Setting, name: str, parameters: Sequence[str], body: Expr, inputs: Mapping[str, Reals]
    ) -> None:
        self.at = at
        self.body = body
        self.inputs = inputs
        self.x = symbol(at.x, inputs[at.x])
        symbols = {key: symbol(key, space) for key, space in inputs.items()}
        self.whole = symbolic(body, symbols, at.definitions)
        named: Expr = tree.Name(name)
        if parameters:
            named = tree.Call(named, tuple(tree.Name(parameter) for parameter in parameters))
        self.named = named
        self.definitions = {**at.definitions, name: Definition(body, tuple(parameters))}
        self.slope: Slope = slope(self.whole, self.x, bool(self.whole.has(Logistic, Softplus)), body)

    def lines(self, line: Expr) -> Iterator[tuple[Expr, str, str]]:
        """After the last `line`: the derivative in its shortest form, and in terms of the function where that is shorter."""
        if cost(self.slope.tree) < cost(line) or unfinished(line):
            yield as_before(self.slope.tree, self.body), "simplification", "Multiplied out, reduced and collected."
        own = self._by_name()
        if own is not None:
            yield own, "in its own terms", rf"Written with \({self.at.typeset(self.named)}\) itself."

    def _by_name(self) -> Expr | None:
        if self.slope.value is None or not isinstance(self.named, tree.Call):
            return None
        stands = sp.Dummy("f")
        best: Expr | None = None
        for form in by_name(self.slope.value, self.whole, stands):
            written = substituted(as_tree(form), tree.Name(stands.name), self.named)
            if best is None or price_of(written) < price_of(best):
                best = written
        if best is None or cost(best) > cost(self.slope.tree) + 2 or self.slope.tree == best:
            return None
        return best

    def borders(self) -> tuple[Assumption, ...]:
        """That no point lies where the definition changes its formula, unless it has a derivative there."""
        smooth = [corner for corner in self.corners() if corner.differentiable]
        if not has_choices(self.whole) or (smooth and len(smooth) == len(self.corners())):
            return ()
        names = list(self.inputs)
        moving = [as_tree(switch) for switch in switches(self.whole) if self.x in switch.free_symbols]
        values = [evaluated(switch, names) for switch in moving]
        told = " and ".join(f"{self.at.typeset(switch)} ≠ 0" for switch in moving)
        if not moving:
            return ()

        def inside(**point: Any) -> bool:
            arrays = [np.asarray(point[name], dtype=np.float64) for name in names]
            with np.errstate(all="ignore"):
                return all(bool(np.all(np.asarray(value(*arrays)) != 0)) for value in values)

        return (Assumption(f"{told}: away from where the definition changes its formula", True, where=inside),)

    def corners(self) -> tuple[Corner, ...]:
        """Where the definition changes its formula."""
        return corners(self.slope, self.x, self.at.typeset)  # type: ignore[arg-type] # a Style is what typesets
