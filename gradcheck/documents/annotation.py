"""What an author or an auditor says about a formula beyond what is printed, and how it enters the judgement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from gradcheck.claim import Record
from gradcheck.documents.conditions import Condition, Shape
from gradcheck.documents.model import Place
from gradcheck.formulas.notation import Notation, Wanted


class AnnotationError(ValueError):
    """An annotation that cannot be obeyed; the message is ``path:line:column:`` and prose that ends in the remedy."""

    def __init__(self, path: str, place: Place, what: str) -> None:
        self.path = path
        self.place = place
        self.what = what
        super().__init__(f"{path}:{place}: {what}")


@dataclass(frozen=True)
class Applied:
    """The arguments of `gradcheck.check_latex` that an annotation leads to, and the verdict on record."""

    claim: str
    definitions: tuple[str, ...]
    notation: Notation
    recorded: Record | None


@dataclass(frozen=True)
class Annotation:
    """What is said about one formula, or with ``everywhere`` about every formula of a document.

    ``path`` and ``place`` tell where it is said. The formula is found by ``line`` (0: anywhere), ``quote`` (verbatim, the
    whole formula or a part of it) and ``hash`` (`gradcheck.documents.quotes.fingerprint` of the whole); a ``directive``
    that gives none of them speaks of the formula beside it, in its own file where that is an ``included`` one. Of the rest,
    what is empty is left to be inferred.
    ``general`` are names that something is only said about because it is said of every formula. Once it is bound, ``span``
    tells from where to where in the formula's LaTeX the part reaches that it speaks of (None: the whole).
    """

    path: str
    place: Place
    everywhere: bool = False
    directive: bool = False
    included: bool = False
    line: int = 0
    quote: str = ""
    hash: str = ""
    name: str = ""
    derivative: Wanted | None = None
    where: tuple[str, ...] = ()
    shape: tuple[Shape, ...] = ()
    stated: tuple[Condition, ...] = ()
    unstated: tuple[Condition, ...] = ()
    layout: str = ""
    macros: str = ""
    verdict: Record | None = None
    ignore: str = ""
    note: str = ""
    general: frozenset[str] = frozenset()
    span: tuple[int, int] | None = None

    def apply(self, latex: str, definitions: Sequence[str] = (), macros: str = "") -> Applied:
        """The formula ``latex`` with what is said about it: own definitions stand before those that were inferred."""
        notation = Notation(
            macros=macros + self.macros,
            shapes={shape.name: shape.sizes for shape in self.shape},
            ranges=ranges_of(self.stated),
            symmetric=_with(self.stated, "symmetric"),
            diagonal=_with(self.stated, "diagonal"),
            sums_to_one=_with(self.stated, "sums to 1"),
            layout=self.layout,
            derivative=self.derivative,
            expected=self._names - self.general,
            unstated=tuple(
                Notation(
                    ranges=ranges_of([condition]),
                    symmetric=_with([condition], "symmetric"),
                    diagonal=_with([condition], "diagonal"),
                    sums_to_one=_with([condition], "sums to 1"),
                    text=condition.text,
                )
                for condition in self.unstated
            ),
        )
        return Applied(latex, (*self.where, *definitions), notation, self.verdict)

    @property
    def _names(self) -> frozenset[str]:
        """Every name that something is said about."""
        shaped = {shape.name for shape in self.shape}
        return frozenset(shaped | {condition.name for condition in (*self.stated, *self.unstated)})

    @property
    def judges(self) -> bool:
        """Whether something is said that matters to the judgement of a claim."""
        return bool(
            self.name
            or self.derivative
            or self.where
            or self.shape
            or self.stated
            or self.unstated
            or self.layout
            or self.verdict
        )

    def beside(self, other: Annotation) -> Annotation:
        """Both together, for the same formula.

        Raises:
            AnnotationError: they say different things where only one can be true.
        """
        merged: dict[str, object] = {}
        for name in _ONE:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine and theirs and mine != theirs:
                raise AnnotationError(
                    other.path,
                    other.place,
                    f"'{name}' was already given for this formula at {self.path}:{self.place}, and otherwise; keep one",
                )
            merged[name] = mine or theirs
        shapes = {shape.name: shape for shape in self.shape}
        for shape in other.shape:
            if shapes.setdefault(shape.name, shape) != shape:
                raise AnnotationError(
                    other.path,
                    other.place,
                    f"the shape of {shape.name} was already given at {self.path}:{self.place}, and otherwise; keep one",
                )
        merged["shape"] = tuple(shapes.values())
        for name in ("where", "stated", "unstated"):
            merged[name] = tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name))))
        merged["macros"] = self.macros + other.macros
        return replace(self, **merged)  # type: ignore[arg-type]

    def over(self, general: Annotation) -> Annotation:
        """The same, with what is said of every formula where it says nothing itself."""
        merged: dict[str, object] = {name: getattr(self, name) or getattr(general, name) for name in ("layout", "note")}
        own = {shape.name for shape in self.shape}
        merged["shape"] = (*self.shape, *(shape for shape in general.shape if shape.name not in own))
        merged["where"] = tuple(dict.fromkeys((*self.where, *general.where)))
        for name in ("stated", "unstated"):
            mine: tuple[Condition, ...] = getattr(self, name)
            said = {(condition.name, condition.trait) for condition in mine}
            others = (other for other in getattr(general, name) if (other.name, other.trait) not in said)
            merged[name] = (*mine, *others)
        merged["macros"] = general.macros + self.macros
        merged["general"] = general._names - self._names
        return replace(self, **merged)  # type: ignore[arg-type]


_MANY = {
    "path",
    "place",
    "everywhere",
    "directive",
    "included",
    "line",
    "quote",
    "hash",
    "where",
    "shape",
    "stated",
    "unstated",
    "macros",
    "general",
    "span",
}
_ONE = tuple(field.name for field in fields(Annotation) if field.name not in _MANY)


def ranges_of(conditions: Sequence[Condition]) -> dict[str, tuple[float, float]]:
    """The ranges among conditions, those on the same name intersected."""
    found: dict[str, tuple[float, float]] = {}
    for condition in conditions:
        if condition.trait == "range":
            low, high = found.get(condition.name, (-math.inf, math.inf))
            found[condition.name] = (max(low, condition.low), min(high, condition.high))
    return found


def _with(conditions: Sequence[Condition], trait: str) -> frozenset[str]:
    return frozenset(condition.name for condition in conditions if condition.trait == trait)
