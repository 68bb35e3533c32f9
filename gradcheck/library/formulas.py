"""A formula that is known: its LaTeX, its code forward and backward, its kinks, and the claims that it makes.

A `Library` is a sheet of claims. Each `Formula` on it makes one claim for every input that it is differentiated by, so that an
audit judges a library as it judges a document: the code against the derivative, and the code against the LaTeX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from gradcheck.claim import Assumption, Claim, ClaimError, Kind, Sheet, place_of_module
from gradcheck.domains import Reals, Space

Function = Callable[..., Any]
Form = Literal["derivative", "gradient", "backward", "jacobian", "hessian", "equality"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True)
class Stable:
    """Another way to compute the same, which keeps its digits where the textbook's way loses them.

    ``forward`` and ``derivative`` are called like those of the formula; either may be None, where the textbook's does.
    ``why`` says where the textbook's form breaks and how this one avoids it. ``along`` is the input that grows and shrinks
    when the digits of both are measured; the first that is differentiated unless given.
    """

    why: str
    forward: Function | None = None
    derivative: Function | None = None
    along: str = ""


@dataclass(frozen=True)
class Formula:
    """One entry of a library.

    ``formula`` is the LaTeX of the forward function, ``printed`` that of the derivative by each input named. What
    ``derivative`` is called with and returns is said by ``form``; see `Library.formula`. ``kinks`` says where the function is
    not differentiable, or jumps, and what the code returns there; ``also`` what it is called elsewhere.
    """

    name: str
    title: str
    family: str
    formula: str
    forward: Function
    inputs: Mapping[str, Space]
    cotangents: Mapping[str, Space]
    form: Form
    derivative: Function
    printed: Mapping[str, str]
    source: str
    kinks: str
    stable: Stable | None
    also: tuple[str, ...]
    notes: str
    claims: tuple[Claim, ...]

    @property
    def key(self) -> str:
        """``family::name``."""
        return f"{self.family}::{self.name}"


class Library(Sheet):
    """A family of formulas, in the order in which they are made."""

    def __init__(self, family: str, file: str, title: str, notation: Mapping[str, str] | None = None) -> None:
        """``family`` is the slug in keys, ``file`` the module's, ``title`` what readers see; see `Sheet` for ``notation``."""
        super().__init__(family, file, title, notation)
        self.formulas: list[Formula] = []

    def formula(
        self,
        name: str,
        title: str,
        *,
        formula: str,
        forward: Function,
        inputs: Mapping[str, Space],
        printed: str | Mapping[str, str],
        source: str,
        derivative: Function | None = None,
        gradient: Function | None = None,
        backward: Function | None = None,
        jacobian: Function | None = None,
        hessian: Function | None = None,
        equality: Function | None = None,
        cotangents: Mapping[str, Space] | None = None,
        kinks: str = "",
        stable: Stable | None = None,
        also: Sequence[str] = (),
        notes: str = "",
        assumptions: Sequence[Assumption] = (),
        notation: Mapping[str, str] | None = None,
    ) -> Formula:
        """Add a formula, and its claims to the sheet. Exactly one of the six derivatives is given.

        Args:
            name: its slug, such as ``"layer-norm"``.
            title: what readers see, such as "Layer normalisation".
            formula: LaTeX of the forward function.
            forward: ``forward(*inputs)``, in plain NumPy; a tuple of arrays where there are several results.
            inputs: the space of each argument, in order.
            printed: LaTeX of the derivative by each input that it is taken by, in the order in which they are returned. One
                text where there is one floating point input, or for an ``equality``.
            source: the original paper or book, and the equation.
            derivative: ``derivative(*inputs)`` of an elementwise function: shaped like the result. By several inputs: a tuple.
            gradient: ``gradient(*inputs)`` of a scalar function: shaped like the input, or a tuple.
            backward: ``backward(*cotangents, *inputs)``: the VJP, shaped like the input, or a tuple. Its claims are about the
                gradient of L = Σ ⟨cotangent, result⟩; a printed formula names the cotangents like ``cotangents`` does.
            jacobian: ``jacobian(*inputs)``: result shape + input shape, or a tuple.
            hessian: ``hessian(*inputs)`` of a scalar function: input shape + input shape, or a tuple.
            equality: ``equality(*inputs)`` computes the same as ``forward`` in another way; no derivative is taken.
            cotangents: the names and spaces of the cotangents of the results; ``dy`` unless given.
            kinks: where it is not differentiable and what the code returns there; empty where it is smooth.
            stable: the form that keeps its digits, where the textbook's does not.
            also: its names elsewhere, such as ``"jax.nn.softplus"``, and other words to find it by.
            notes: whatever else a user must know.
            assumptions: those of its claims.
            notation: what names in ``printed`` stand for, besides those of the sheet; see `Claim`.

        Raises:
            ClaimError: there is not exactly one derivative, or ``printed`` names what is not a differentiable input.
        """
        label = f"formula {self.document}::{name}"
        functions = (derivative, gradient, backward, jacobian, hessian, equality)
        given = [(form, function) for form, function in zip(FORMS, functions, strict=True) if function is not None]
        if len(given) != 1:
            found = ", ".join(form for form, _ in given) or "none"
            raise ClaimError(f"{label}: exactly one of {', '.join(FORMS)} is given, and there is {found}")
        form, function = given[0]
        named = {name: space for name, space in inputs.items() if space.differentiable}
        if isinstance(printed, str):
            if form != "equality" and len(named) != 1:
                raise ClaimError(
                    f"{label}: printed= is one text, and may mean any of {', '.join(named)}: name the inputs"
                )
            printed = {"" if form == "equality" else next(iter(named)): printed}
        for wrt in printed if form != "equality" else ():
            if wrt not in named:
                raise ClaimError(f"{label}: printed= names {wrt!r}, which is none of the inputs {', '.join(named)}")
        cotangents = dict(cotangents or {}) if form == "backward" else {}
        if form == "backward" and not cotangents:
            cotangents = {"dy": Reals(*np.shape(forward(*_typical(inputs))))}
        made = Formula(
            name=name,
            title=title,
            family=self.document,
            formula=formula,
            forward=forward,
            inputs=dict(inputs),
            cotangents=cotangents,
            form=form,
            derivative=function,
            printed=dict(printed),
            source=source,
            kinks=kinks,
            stable=stable,
            also=tuple(also),
            notes=notes,
            claims=(),
        )
        fields: dict[str, Any] = {"assumptions": tuple(assumptions), "notation": dict(notation or {})}
        claims = list(self._claims(made, name, function, fields))
        if stable is not None:
            claims += self._claims_of_stable(made, stable, fields)
        made = replace(made, claims=tuple(claims))
        self.formulas.append(made)
        return made

    def _claims(self, formula: Formula, name: str, function: Function, fields: Mapping[str, Any]) -> list[Claim]:
        """One claim for each input that the formula is differentiated by."""
        _, line = place_of_module()
        kind: Kind = "gradient" if formula.form == "backward" else formula.form
        primal = _paired(formula) if formula.form == "backward" else formula.forward
        several = len(formula.printed) > 1
        return [
            self.claim(
                f"{name}-{wrt.replace('_', '-')}" if several else name,
                kind,
                line,
                text,
                origin="cited",
                primal=primal,
                claimed=_component(function, place) if several else function,
                inputs={**formula.cotangents, **formula.inputs},
                **({"wrt": wrt} if wrt else {}),
                notes=" ".join(filter(None, (f"Source: {formula.source}.", formula.kinks))),
                **fields,
            )
            for place, (wrt, text) in enumerate(formula.printed.items())
        ]

    def _claims_of_stable(self, formula: Formula, stable: Stable, fields: Mapping[str, Any]) -> list[Claim]:
        """That the stable form is the same function, and has the same derivative."""
        _, line = place_of_module()
        claims = []
        if stable.forward is not None:
            claims.append(
                self.claim(
                    f"{formula.name}-stable",
                    "equality",
                    line,
                    f"{_called(stable.forward)} = {_called(formula.forward)}",
                    origin="code",
                    primal=formula.forward,
                    claimed=stable.forward,
                    inputs=formula.inputs,
                    notes=stable.why,
                    **fields,
                )
            )
        if stable.derivative is not None:
            claims += self._claims(formula, f"{formula.name}-stably", stable.derivative, fields)
        return claims


def libraries(modules: Sequence[Any]) -> list[Library]:
    """The libraries that modules define, each once, in the order of the modules and of their names."""
    found: dict[int, Library] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Library):
                found.setdefault(id(value), value)
    return list(found.values())


def _typical(inputs: Mapping[str, Space]) -> list[Any]:
    """One point of the inputs, the same each time."""
    rng = np.random.default_rng(0)
    return [space.sample(rng) for space in inputs.values()]


def _paired(formula: Formula) -> Function:
    """L = Σ ⟨cotangent, result⟩ as a function of the cotangents and the inputs: its gradient is the VJP."""
    count = len(formula.cotangents)

    def paired(*values: Any) -> Any:
        results = formula.forward(*values[count:])
        results = results if isinstance(results, tuple) else (results,)
        return sum(np.sum(dy * y) for dy, y in zip(values[:count], results, strict=True))

    paired.__wrapped__ = formula.forward  # type: ignore[attr-defined] # so that arrays that it makes are traced as well
    return paired


def _component(function: Function, place: int) -> Function:
    """What a function returns at one place of its tuple."""

    def component(*values: Any) -> Any:
        return function(*values)[place]

    component.__wrapped__ = function  # type: ignore[attr-defined] # as above
    return component


def _called(function: Function) -> str:
    return str(getattr(function, "__name__", "stable"))
