"""The first noun: a claim, that is what somebody printed or coded about a derivative, as plain data.

Nothing here computes. A claim holds the functions (ordinary NumPy or JAX code), the inputs that it quantifies over,
where it comes from, under which assumptions it is made, and the verdict already on record for it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

from gradcheck.domains import Space

Kind = Literal[
    "derivative", "gradient", "jacobian", "vjp", "jvp", "hessian", "equality", "bound", "structure", "derivation"
]
Origin = Literal["printed", "sentence", "correction", "reconstructed", "cited", "code"]
Layout = Literal["numerator", "denominator"]
Status = Literal["holds", "fails", "conditional", "ambiguous", "undecided", "unreadable"]

KINDS: tuple[str, ...] = get_args(Kind)
ORIGINS: tuple[str, ...] = get_args(Origin)
LAYOUTS: tuple[str, ...] = get_args(Layout)
STATUSES: tuple[str, ...] = get_args(Status)
_BELONGS = {"steps": "derivation", "structure": "structure", "lower": "bound", "upper": "bound", "strict": "bound"}
_NEEDS_WRT = ("derivative", "gradient", "jacobian", "vjp", "jvp", "hessian")


class ClaimError(ValueError):
    """A claim was declared that cannot be judged as it stands; the message names the claim, the field, and the remedy."""


@dataclass(frozen=True)
class Source:
    """Where a claim comes from.

    ``formula`` is the LaTeX exactly as printed when ``origin`` is ``"printed"``; our own words for a ``"sentence"``; our
    own LaTeX for a ``"correction"`` and for what is ``"reconstructed"``; the names of the functions for ``"code"``. An empty
    formula means that nothing readable is left at that line. ``line`` counts from 1 in the document's text file.

    What was found in a file has a ``path``, as it is shown, the ``column`` of its first character, from 1, and its
    ``end``: line and column just after its last character; in a notebook also the number of the ``cell``, from 1. A claim
    declared on a sheet has none of them.
    """

    document: str
    line: int
    formula: str
    origin: Origin = "printed"
    path: str = ""
    column: int = 0
    end: tuple[int, int] | None = None
    cell: int = 0


@dataclass(frozen=True)
class Assumption:
    """A condition on the inputs, and whether the source states it.

    A *stated* assumption always applies. An unstated one is tried only when the claim fails without it; if the claim
    then holds, the verdict is *conditional* and names it. ``spaces`` replaces the spaces of some inputs, ``where`` is a
    predicate of all inputs (called by keyword) that keeps a point, ``trait`` keeps only the generic functions that
    have this trait. An assumption may use any of the three.
    """

    text: str
    stated: bool
    spaces: Mapping[str, Space] = field(default_factory=dict)
    where: Callable[..., bool] | None = None
    trait: str | None = None


@dataclass(frozen=True)
class Reading:
    """One admissible interpretation of an ambiguous formula: a name, and what it claims when read so."""

    name: str
    claimed: Callable[..., Any]


@dataclass(frozen=True)
class Step:
    """One member of a chain of equalities. ``value`` computes it; None (first step only) means the derivative itself.

    A member with more than one admissible interpretation has a tuple of `Reading`.
    """

    formula: str
    value: Callable[..., Any] | tuple[Reading, ...] | None


@dataclass(frozen=True)
class Generic:
    """A concrete function that stands in for a printed f or L in a schematic claim.

    ``value`` is the function. ``derivative`` is its Jacobian (for f: ℝᵐ → ℝᵐ, an m × m array) or its gradient (for a
    loss) in plain NumPy, so that a printed rule that mentions J_f or ∂L/∂Y can be transcribed as it stands. ``traits``
    are words such as "elementwise" that an `Assumption` can ask for.
    """

    name: str
    value: Callable[..., Any]
    derivative: Callable[..., Any]
    traits: frozenset[str] = frozenset()

    def __call__(self, *args: Any) -> Any:
        """The function's value."""
        return self.value(*args)


@dataclass(frozen=True)
class Record:
    """The verdict already known for a claim, like a strict xfail: the audit is content only when it is computed again."""

    verdict: Status
    why: str


@dataclass(frozen=True)
class Claim:
    """A statement about the derivative of ``primal``, an equality, a bound, or a structure.

    What ``claimed`` is called with and what it must return, by ``kind`` (inputs are passed by position in the order of
    ``inputs``; the generic functions of a schematic claim by keyword, to ``primal`` as well):

    - ``derivative``: ``claimed(*inputs)``, shape of the output: elementwise derivative. Off-diagonal dependence is a fault.
    - ``gradient``: ``claimed(*inputs)``, shape of the ``wrt`` input; the primal is scalar.
    - ``jacobian``: ``claimed(*inputs)``, shape ``output.shape + input.shape`` (the reverse in ``"denominator"`` layout).
    - ``vjp``: ``claimed(cotangent, *inputs)``, shape of the ``wrt`` input.
    - ``jvp``: ``claimed(tangent, *inputs)``, shape of the output.
    - ``hessian``: ``claimed(*inputs)``, shape ``input.shape + input.shape``; the primal is scalar.
    - ``equality``: ``claimed(*inputs) == primal(*inputs)``, any shape.
    - ``bound``: the ``order``-th derivative of the scalar ``primal`` lies in ``[lower, upper]`` (open if ``strict``).
    - ``structure``: the Jacobian has the ``structure`` named: ``"diagonal"``, ``"symmetric"``, or ``"shape"``, in which
      case ``claimed(*inputs)`` returns the claimed shape as a tuple.
    - ``derivation``: the members of ``steps`` are equal, one after the other; no ``claimed``.

    ``claimed`` may be a tuple of `Reading`. ``corrects`` names the claim that this one is the correction of. ``notation``
    says what names in the printed formula stand for: an input, a generic function, or LaTeX that defines them. ``made_at`` is
    the line of code, from 1, that put the claim on its sheet (0: on none), ``made_in`` the file that it is in.
    """

    name: str
    kind: Kind
    source: Source
    primal: Callable[..., Any] | None = None
    claimed: Callable[..., Any] | tuple[Reading, ...] | None = None
    inputs: Mapping[str, Space] = field(default_factory=dict)
    wrt: str | None = None
    generics: Mapping[str, Sequence[Generic]] = field(default_factory=dict)
    layout: Layout = "numerator"
    assumptions: tuple[Assumption, ...] = ()
    steps: tuple[Step, ...] = ()
    structure: Literal["diagonal", "symmetric", "shape"] | None = None
    order: int = 1
    lower: float | None = None
    upper: float | None = None
    strict: bool = False
    recorded: Record | None = None
    corrects: str | None = None
    notes: str = ""
    notation: Mapping[str, str] = field(default_factory=dict)
    made_at: int = field(default=0, compare=False, repr=False)
    made_in: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be judged, with the field and the remedy."""
        _validate(self)
        for name in ("inputs", "generics", "notation"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def key(self) -> str:
        """``document::name``: how a claim is named on the command line and in reports."""
        return f"{self.source.document}::{self.name}"

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The admissible readings; a claim that is not ambiguous has one, named ``"as printed"``."""
        if isinstance(self.claimed, tuple):
            return self.claimed
        return (Reading("as printed", self.claimed),) if self.claimed is not None else ()

    @property
    def chains(self) -> tuple[tuple[str, Claim], ...]:
        """A derivation under each of its readings: the name, and the claim whose steps are read so, without a record.

        A step that has no reading of that name is the same under all of them, or read in its first way.
        """
        read = [step.value for step in self.steps if isinstance(step.value, tuple)]
        names = dict.fromkeys(reading.name for readings in read for reading in readings)
        if not names:
            return (("as printed", self),)
        chains = {name: tuple(_read_as(step, name) for step in self.steps) for name in names}
        return tuple((name, replace(self, steps=steps, recorded=None)) for name, steps in chains.items())


def _read_as(step: Step, name: str) -> Step:
    if not isinstance(step.value, tuple):
        return step
    chosen = next((reading for reading in step.value if reading.name == name), step.value[0])
    return replace(step, value=chosen.claimed)


def _validate(claim: Claim) -> None:
    """Raise ClaimError for a combination of fields that no judgement could be made of."""

    def refuse(what: str) -> None:
        raise ClaimError(f"claim {claim.source.document}::{claim.name}: {what}")

    if claim.kind not in KINDS:
        refuse(f"kind={claim.kind!r} is not one of {', '.join(KINDS)}")
    if claim.source.origin not in ORIGINS:
        refuse(f"origin={claim.source.origin!r} is not one of {', '.join(ORIGINS)}")
    if claim.layout not in LAYOUTS:
        refuse(f"layout={claim.layout!r} is not one of {', '.join(LAYOUTS)}")
    if claim.recorded is not None and claim.recorded.verdict not in STATUSES:
        refuse(f"recorded verdict {claim.recorded.verdict!r} is not one of {', '.join(STATUSES)}")
    for name, kind in _BELONGS.items():
        value = getattr(claim, name)
        if claim.kind != kind and not (value is None or value is False or value == ()):
            refuse(f"{name}= belongs to kind={kind!r} and would not be looked at")
    if claim.claimed is not None and (
        claim.kind in ("bound", "derivation") or claim.structure in ("diagonal", "symmetric")
    ):
        refuse(
            f"claimed= would not be looked at: a {claim.structure or claim.kind} claim is about the primal or its steps"
        )
    if claim.primal is None and claim.claimed is None and not claim.steps:
        return  # nothing to run: only a formula that cannot be read may be like this, and the check says so
    if claim.kind == "derivation":
        if len(claim.steps) < 2:
            refuse("a derivation needs at least two steps")
        if any(step.value == () for step in claim.steps):
            refuse("a step has an empty tuple of readings: give at least one, or one function")
        if any(step.value is None for step in claim.steps[1:]):
            refuse("only the first step of a derivation may be the derivative itself (value=None)")
        if claim.steps[0].value is None and (claim.primal is None or claim.wrt is None):
            refuse("its first step is the derivative itself, so primal= and wrt= are needed")
    elif claim.primal is None:
        refuse("primal= is missing: the function that the claim is about")
    elif claim.kind == "bound":
        if claim.lower is None and claim.upper is None:
            refuse("a bound needs lower=, upper= or both")
        if any(end is not None and math.isnan(end) for end in (claim.lower, claim.upper)):
            refuse("a bound is a number, and lower= or upper= is NaN")
        if claim.order < 0:
            refuse(f"order={claim.order} is negative; 0 bounds the function itself, 1 its derivative")
        if claim.order and claim.wrt is None and len(claim.inputs) > 1:
            refuse(f"wrt= is missing: one of {', '.join(claim.inputs)}")
    elif claim.kind == "structure":
        if claim.structure not in ("diagonal", "symmetric", "shape"):
            refuse(f"structure={claim.structure!r} is not one of diagonal, symmetric, shape")
        if isinstance(claim.claimed, tuple):
            refuse("a structure has no readings: give one function as claimed=, or none")
        if claim.structure == "shape" and claim.claimed is None:
            refuse("structure='shape' needs claimed=, a function that returns the claimed shape")
    elif not claim.readings:
        refuse("claimed= is missing: the function that computes what is claimed")
    if not claim.inputs:
        refuse("inputs= is missing: a mapping from argument names to spaces, in the order of the arguments")
    direction = {"vjp": "cotangent", "jvp": "tangent"}.get(claim.kind)
    if direction in claim.inputs:
        refuse(f"the input {direction!r} has the name of what a {claim.kind} is given besides its inputs; rename it")
    for name, functions in claim.generics.items():
        if not functions:
            refuse(f"generics={{{name!r}: ...}} is empty: give at least one function")
    if claim.wrt is None and claim.kind in (*_NEEDS_WRT, "structure"):
        refuse(f"wrt= is missing: one of {', '.join(claim.inputs)}")
    if claim.wrt is not None:
        if claim.wrt not in claim.inputs:
            refuse(f"wrt={claim.wrt!r} is not one of the inputs {', '.join(claim.inputs)}")
        if not claim.inputs[claim.wrt].differentiable:
            refuse(f"wrt={claim.wrt!r} is integer valued: there is no derivative with respect to it")
    for assumption in claim.assumptions:
        traits = {trait for functions in claim.generics.values() for function in functions for trait in function.traits}
        if assumption.trait is not None and assumption.trait not in traits:
            refuse(
                f"assumption {assumption.text!r} asks for the trait {assumption.trait!r}, which no generic function has"
            )
        for argument, space in assumption.spaces.items():
            if argument not in claim.inputs:
                refuse(f"assumption {assumption.text!r} names the input {argument!r}, which does not exist")
            if space.shape != claim.inputs[argument].shape:
                refuse(
                    f"assumption {assumption.text!r} gives {argument!r} the shape {space.shape}, "
                    f"the claim says {claim.inputs[argument].shape}"
                )


class Sheet:
    """The claims of one document, in the order in which they are made. An audit collects the sheets of a module."""

    def __init__(self, document: str, file: str, title: str, notation: Mapping[str, str] | None = None) -> None:
        """``document`` is the slug used in tables, ``file`` the document's text file, ``title`` what readers see.

        ``notation`` is that of every claim on the sheet; a claim's own goes first. What names an input that a claim has
        not is left out there.
        """
        self.notation = dict(notation or {})
        self.document = document
        self.file = file
        self.title = title
        self.claims: list[Claim] = []

    def claim(
        self, name: str, kind: Kind, line: int, formula: str, *, origin: Origin = "printed", **fields: Any
    ) -> Claim:
        """Add a claim; ``fields`` are those of `Claim`. Raises ClaimError for a name already taken or an unknown field."""
        if any(known.name == name for known in self.claims):
            raise ClaimError(f"claim {self.document}::{name}: a claim of this name is already on the sheet")
        unknown = sorted(set(fields) - set(Claim.__dataclass_fields__))
        if unknown:
            raise ClaimError(
                f"claim {self.document}::{name}: unknown field {', '.join(unknown)}; "
                f"the fields are {', '.join(Claim.__dataclass_fields__)}"
            )
        source = Source(self.document, line, formula, origin)
        file, line_of_code = place_of_module()
        notation = {**self.notation, **fields.pop("notation", {})}
        made = {"name": name, "kind": kind, "source": source, "made_at": line_of_code, "made_in": file, **fields}
        claim = Claim(**made, notation=notation)
        self.claims.append(claim)
        return claim


def place_of_module() -> tuple[str, int]:
    """The file and line of the module on whose behalf this was called, whatever lies between; none outside of one."""
    frame = sys._getframe(1)
    while frame.f_code.co_name != "<module>":
        if frame.f_back is None:
            return "", 0
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def without_record(claim: Claim) -> Claim:
    """The same claim with no verdict on record."""
    return replace(claim, recorded=None)
