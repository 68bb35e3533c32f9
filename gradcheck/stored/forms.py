"""How a value of each type is written as JSON, read again, and described: one small class a kind of type.

`form(annotation)` finds the form of a type as it is annotated. That of a dataclass follows from its fields, so that a new
field is stored without a word here, and one of a type that has no form is refused at once.

What is not JSON is written so: a number that is not finite as the text ``"nan"``, ``"inf"`` or ``"-inf"``, a tuple as an
array, a set as a sorted array, a function as ``{"function": name}``, one of several classes with its name as ``"type"``.
"""

from __future__ import annotations

import json
import math
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any, Literal, NoReturn, Protocol, Union, get_args, get_origin, get_type_hints

from gradcheck.audited import shown
from gradcheck.claim import Claim
from gradcheck.decimals import numbers
from gradcheck.domains import Integers, OneHot, Reals, Simplex, Space
from gradcheck.picture import Picture, Quality
from gradcheck.stored.absent import StoredFunction, StoredSpace, name_of
from gradcheck.verdict import Verdict

NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_SHOWN = 60


class MisfitError(ValueError):
    """A value of a document that does not fit its place: ``what`` is wrong, and the ``path`` to it from inside out."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.path: list[str | int] = []

    def within(self, place: str | int) -> MisfitError:
        """The same, one step further out."""
        self.path.append(place)
        return self

    def __str__(self) -> str:
        """``verdicts[3].points is "many" where a whole number is expected``."""
        return f"{dotted(reversed(self.path))} {self.what}"


@dataclass(frozen=True)
class NotJson:
    """``NaN`` or ``Infinity`` as it stands in a file, which no JSON has."""

    word: str


@dataclass
class Context:
    """The claims and verdicts that are referred to by their number, and whether numbers keep all their digits."""

    claims: Sequence[Claim] = ()
    verdicts: Sequence[Verdict] = ()
    exact: bool = False
    _places: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for known in (self.claims, self.verdicts):
            self._places |= {id(one): place for place, one in enumerate(known)}

    def number(self, value: Any) -> int | None:
        """The place of a claim or verdict, if it is one of those known."""
        return self._places.get(id(value))


class Form(Protocol):
    """How values of one type are written, read and described."""

    def write(self, value: Any, context: Context) -> Any:
        """The value as JSON."""

    def read(self, data: Any, context: Context) -> Any:
        """The value again. Raises MisfitError."""

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """A JSON Schema of what `write` returns; what it refers to is added to the definitions."""


def form(annotation: Any) -> Form:
    """The form of a type as it is annotated. Raises TypeError for a type that has none."""
    found = _PLAIN.get(annotation) if isinstance(annotation, type) or annotation is Any else None
    if found is not None:
        return found
    if isinstance(annotation, type) and is_dataclass(annotation):
        return record(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Word(arguments)
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin is tuple and arguments[-1:] != (...,):
        return Fixed(tuple(form(one) for one in arguments))
    if origin in (tuple, list, Sequence):
        return Listing(form(arguments[0]))
    if origin is frozenset:
        return Listing(form(arguments[0]), frozenset)
    if origin in (dict, Mapping) and arguments[0] in (str, int):
        return Table(form(arguments[1]), arguments[0])
    if origin is Callable:
        return Function()
    raise TypeError(f"{annotation} has no form in which it could be stored; give it one in gradcheck/stored/forms.py")


def _union(arguments: Sequence[Any]) -> Form:
    """The form of ``A | B | None``."""
    left = [one for one in arguments if one is not type(None)]
    if len(left) > 1 and all(is_dataclass(one) for one in left):
        one: Form = OneOf(tuple(left))
    elif len(left) > 1:
        one = Either(tuple(form(each) for each in left))
    else:
        one = form(left[0])
    return Maybe(one) if len(left) < len(arguments) else one


_RECORDS: dict[type, Record] = {}


def record(kind: type) -> Record:
    """The form of a dataclass, always the same one, since classes refer to one another."""
    return _RECORDS.setdefault(kind, Record(kind))


@dataclass(frozen=True)
class Text:
    """A string."""

    def write(self, value: Any, context: Context) -> str:
        return str(value)

    def read(self, data: Any, context: Context) -> str:
        return data if isinstance(data, str) else _refuse(data, "text")

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True)
class File:
    """The path of a file, as it is shown in outputs: never an absolute one."""

    def write(self, value: Any, context: Context) -> str:
        return shown(value) if value else ""

    def read(self, data: Any, context: Context) -> str:
        return data if isinstance(data, str) else _refuse(data, "a path")

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"type": "string"}


@dataclass(frozen=True)
class Truth:
    """True or false."""

    def write(self, value: Any, context: Context) -> bool:
        return bool(value)

    def read(self, data: Any, context: Context) -> bool:
        return data if isinstance(data, bool) else _refuse(data, "true or false")

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    def write(self, value: Any, context: Context) -> int:
        return operator.index(value)

    def read(self, data: Any, context: Context) -> int:
        return data if type(data) is int else _refuse(data, "a whole number")

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"type": "integer"}


@dataclass(frozen=True)
class Number:
    """A number, finite or not; of ``digits`` significant digits where those beyond depend on the processor."""

    digits: int = 0

    def write(self, value: Any, context: Context) -> int | float | str:
        number: int | float = value.item() if hasattr(value, "item") else value
        if not math.isfinite(number):
            return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
        rounded = self.digits and isinstance(number, float) and not context.exact
        return float(f"{number:.{self.digits}g}") if rounded else number

    def read(self, data: Any, context: Context) -> int | float:
        if isinstance(data, int | float) and not isinstance(data, bool):
            return data
        if isinstance(data, str) and data in NOT_FINITE:
            return NOT_FINITE[data]
        return _refuse(data, 'a number, "nan", "inf" or "-inf"')

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        definitions.setdefault("Number", {"anyOf": [{"type": "number"}, {"enum": list(NOT_FINITE)}]})
        return {"$ref": "#/$defs/Number"}


@dataclass(frozen=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    def write(self, value: Any, context: Context) -> Any:
        return value

    def read(self, data: Any, context: Context) -> Any:
        return (
            data if isinstance(data, str) and data in self.words else _refuse(data, f"one of {', '.join(self.words)}")
        )

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Maybe:
    """Something or nothing."""

    one: Form

    def write(self, value: Any, context: Context) -> Any:
        return None if value is None else self.one.write(value, context)

    def read(self, data: Any, context: Context) -> Any:
        return None if data is None else self.one.read(data, context)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [self.one.schema(definitions), {"type": "null"}]}


@dataclass(frozen=True)
class Listing:
    """Any number of values of one type."""

    one: Form
    make: Callable[[list[Any]], Any] = tuple

    def write(self, value: Any, context: Context) -> list[Any]:
        one = self.one.write
        return [one(item, context) for item in (sorted(value) if self.make is frozenset else value)]

    def read(self, data: Any, context: Context) -> Any:
        if not isinstance(data, list):
            _refuse(data, "an array")
        made: list[Any] = []
        try:
            one = self.one.read
            for item in data:
                made.append(one(item, context))  # noqa: PERF401 - its length tells where a misfit is
        except MisfitError as misfit:
            raise misfit.within(len(made)) from None
        return self.make(made)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"type": "array", "items": self.one.schema(definitions)}


@dataclass(frozen=True)
class Fixed:
    """A tuple of a fixed length, each place of its own type."""

    places: tuple[Form, ...]

    def write(self, value: Any, context: Context) -> list[Any]:
        return [one.write(item, context) for one, item in zip(self.places, value, strict=True)]

    def read(self, data: Any, context: Context) -> tuple[Any, ...]:
        if not isinstance(data, list) or len(data) != len(self.places):
            _refuse(data, f"an array of {len(self.places)}")
        made: list[Any] = []
        try:
            for one, item in zip(self.places, data, strict=True):
                made.append(one.read(item, context))
        except MisfitError as misfit:
            raise misfit.within(len(made)) from None
        return tuple(made)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        items = [one.schema(definitions) for one in self.places]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


@dataclass(frozen=True)
class Table:
    """A mapping from names, or whole numbers, to values of one type, in its own order."""

    one: Form
    key: type[str] | type[int] = str

    def write(self, value: Any, context: Context) -> dict[str, Any]:
        return {str(name): self.one.write(item, context) for name, item in value.items()}

    def read(self, data: Any, context: Context) -> dict[str, Any]:
        if not isinstance(data, dict):
            _refuse(data, "an object")
        made: dict[Any, Any] = {}
        for name, item in data.items():
            try:
                made[self._name(name)] = self.one.read(item, context)
            except MisfitError as misfit:
                raise misfit.within(name) from None
        return made

    def _name(self, name: str) -> str | int:
        """The name, or the number that it stands for. Raises MisfitError."""
        if self.key is str:
            return name
        return int(name) if name.isascii() and name.isdigit() else _refuse(name, "a whole number as a name")

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        named = {"propertyNames": {"pattern": "^[0-9]+$"}} if self.key is int else {}
        return {"type": "object", **named, "additionalProperties": self.one.schema(definitions)}


@dataclass(frozen=True)
class Function:
    """A function, of which its name is kept."""

    def write(self, value: Any, context: Context) -> dict[str, str]:
        return {"function": name_of(value)}

    def read(self, data: Any, context: Context) -> StoredFunction:
        if isinstance(data, dict) and set(data) == {"function"} and isinstance(data["function"], str):
            return StoredFunction(data["function"])
        return _refuse(data, 'a function, {"function": NAME}')

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        definitions.setdefault(
            "Function",
            {
                "description": "A function, of which only its name is kept.",
                "type": "object",
                "properties": {"function": {"type": "string"}},
                "required": ["function"],
                "additionalProperties": False,
            },
        )
        return {"$ref": "#/$defs/Function"}


@dataclass(frozen=True)
class Anything:
    """A number, text, or nested lists of them; what is neither becomes the text by which reports show it."""

    def write(self, value: Any, context: Context) -> Any:
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, float):
            return value if math.isfinite(value) else {"number": Number().write(value, context)}
        if isinstance(value, list | tuple):
            return [self.write(item, context) for item in value]
        return value if value is None or isinstance(value, bool | int | str) else numbers(value)

    def read(self, data: Any, context: Context) -> Any:
        if isinstance(data, list):
            return Listing(self, list).read(data, context)
        if isinstance(data, dict):
            if set(data) == {"number"} and isinstance(data["number"], str) and data["number"] in NOT_FINITE:
                return NOT_FINITE[data["number"]]
            _refuse(data, 'a number, text, an array, or {"number": "nan"}')
        return _refuse(data, "a number, text or an array") if isinstance(data, NotJson) else data

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        definitions.setdefault(
            "Value",
            {
                "description": "A number, or nested arrays of numbers.",
                "anyOf": [
                    {"type": ["number", "string", "boolean", "null"]},
                    {"type": "array", "items": {"$ref": "#/$defs/Value"}},
                    {
                        "type": "object",
                        "properties": {"number": {"enum": list(NOT_FINITE)}},
                        "required": ["number"],
                        "additionalProperties": False,
                    },
                ],
            },
        )
        return {"$ref": "#/$defs/Value"}


@dataclass(frozen=True)
class Either:
    """A value of one of several types that JSON tells apart."""

    kinds: tuple[Form, ...]

    def write(self, value: Any, context: Context) -> Any:
        listed = isinstance(value, tuple | list)
        one = next(one for one in self.kinds if isinstance(one, Listing | Fixed) == listed)
        return one.write(value, context)

    def read(self, data: Any, context: Context) -> Any:
        listed = isinstance(data, list)
        one = next(one for one in self.kinds if isinstance(one, Listing | Fixed) == listed)
        return one.read(data, context)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [one.schema(definitions) for one in self.kinds]}


@dataclass(frozen=True)
class OneOf:
    """A value of one of several dataclasses, with the name of its class as ``"type"``."""

    kinds: tuple[type, ...]

    def write(self, value: Any, context: Context) -> dict[str, Any]:
        return {"type": type(value).__name__, **record(type(value)).write(value, context)}

    def read(self, data: Any, context: Context) -> Any:
        names = {kind.__name__: kind for kind in self.kinds}
        if not isinstance(data, dict):
            _refuse(data, "an object")
        try:
            named = Word(tuple(names)).read(data.get("type"), context)
        except MisfitError as misfit:
            raise misfit.within("type") from None
        return record(names[named]).read({name: value for name, value in data.items() if name != "type"}, context)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        found = []
        for kind in self.kinds:
            own = record(kind).properties(definitions)
            properties = {"type": {"const": kind.__name__}, **own["properties"]}
            definitions[kind.__name__] = {**own, "properties": properties, "required": list(properties)}
            found.append({"$ref": f"#/$defs/{kind.__name__}"})
        return {"anyOf": found}


@dataclass(frozen=True)
class Record:
    """A dataclass as an object: its fields in order, and what is computed of them for who reads the document."""

    kind: type

    @cached_property
    def forms(self) -> dict[str, Form]:
        """The form of each field that is stored."""
        hints = get_type_hints(self.kind, localns={"Picture": Picture, "Quality": Quality})  # imported for types alone
        special, left_out = SPECIAL.get(self.kind_name, {}), LEFT_OUT.get(self.kind_name, {})
        return {
            one.name: special[one.name] if one.name in special else form(hints[one.name])
            for one in fields(self.kind)
            if one.name not in left_out
        }

    @property
    def kind_name(self) -> str:
        """The name of the class."""
        return self.kind.__name__

    @cached_property
    def required(self) -> frozenset[str]:
        """The fields without a default."""
        bare = (one for one in fields(self.kind) if one.default is MISSING and one.default_factory is MISSING)
        return frozenset(one.name for one in bare) & set(self.forms)

    def write(self, value: Any, context: Context) -> dict[str, Any]:
        made = {name: one.write(getattr(value, name), context) for name, one in self.forms.items()}
        computed = COMPUTED.get(self.kind_name)
        return {**{name: get(value) for name, get in computed.items()}, **made} if computed else made

    def read(self, data: Any, context: Context) -> Any:
        if not isinstance(data, dict):
            _refuse(data, "an object")
        forms, computed = self.forms, COMPUTED.get(self.kind_name, {})
        made: dict[str, Any] = {}
        for name, item in data.items():
            one = forms.get(name)
            if one is None:
                if name in computed:
                    continue
                raise MisfitError(f"is not known; the fields of {self.kind_name} are {', '.join(forms)}").within(name)
            try:
                made[name] = one.read(item, context)
            except MisfitError as misfit:
                raise misfit.within(name) from None
        for name in self.required:
            if name not in made:
                raise MisfitError("is missing").within(name)
        try:
            value = _MAKERS.get(self.kind, self.kind)(**made)
        except (TypeError, ValueError) as error:
            raise MisfitError(f"cannot be: {error}") from None
        for name, get in computed.items():
            if name in data and data[name] != get(value):
                other = f"is {brief(data[name])} where the other fields make it {brief(get(value))}"
                raise MisfitError(other).within(name)
        return value

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        if self.kind_name not in definitions:
            definitions[self.kind_name] = {}  # classes may refer to themselves
            definitions[self.kind_name] = self.properties(definitions)
        return {"$ref": f"#/$defs/{self.kind_name}"}

    def properties(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """The schema of the object itself. All fields are there in what this version writes."""
        own: dict[str, Any] = {name: {"type": "string"} for name in COMPUTED.get(self.kind_name, {})}
        own |= {name: one.schema(definitions) for name, one in self.forms.items()}
        return {
            "description": (self.kind.__doc__ or "").partition("\n")[0],
            "type": "object",
            "properties": own,
            "required": list(own),
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class SpaceOf:
    """A space: one of the public ones with its fields, any other by its name and shape."""

    kinds: tuple[type, ...] = (Reals, Integers, Simplex, OneHot)

    def write(self, value: Any, context: Context) -> dict[str, Any]:
        if type(value) not in self.kinds and not isinstance(value, StoredSpace):
            shape = tuple(operator.index(size) for size in value.shape)
            value = StoredSpace(type(value).__name__, shape, bool(value.differentiable))
        return OneOf((*self.kinds, StoredSpace)).write(value, context)

    def read(self, data: Any, context: Context) -> Any:
        return OneOf((*self.kinds, StoredSpace)).read(data, context)

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        definitions.setdefault("Space", OneOf((*self.kinds, StoredSpace)).schema(definitions))
        return {"$ref": "#/$defs/Space"}


@dataclass(frozen=True)
class Referred:
    """A claim or a verdict: its number where it stands in the document's own list, from 0, else in full."""

    kind: type
    among: Literal["claims", "verdicts"]

    def write(self, value: Any, context: Context) -> Any:
        number = context.number(value)
        return record(self.kind).write(value, context) if number is None else number

    def read(self, data: Any, context: Context) -> Any:
        if type(data) is not int:
            return record(self.kind).read(data, context)
        known = getattr(context, self.among)
        if not 0 <= data < len(known):
            _refuse(data, f"the number of one of {len(known)} {self.among}, from 0,")
        return known[data]

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer", "minimum": 0}, record(self.kind).schema(definitions)]}


_PLAIN: dict[Any, Form] = {
    str: Text(),
    bool: Truth(),
    int: Whole(),
    float: Number(),
    Any: Anything(),
    Space: SpaceOf(),
}

SPECIAL: dict[str, dict[str, Form]] = {
    "Claim": {"made_in": File()},
    # Of both, nine digits are far more than are shown, and fewer than processors agree on.
    "Entry": {"error": Number(9)},
    "Verdict": {"claim": Referred(Claim, "claims"), "detection_limit": Table(Number(9))},
    "Judged": {"verdicts": Listing(Referred(Verdict, "verdicts"))},
}
"""The fields whose form does not follow from their type, by the name of their class."""

COMPUTED: dict[str, dict[str, Callable[[Any], str]]] = {
    "Claim": {"key": lambda claim: claim.key},
    "Verdict": {"key": lambda verdict: verdict.claim.key},
}
"""What is written besides the fields, and must agree with them when it is read, by the name of the class."""

LEFT_OUT: dict[str, dict[str, str]] = {
    "Judged": {
        "errors": "they are among the problems of the audit",
        "crashes": "they are among the problems of the audit",
    },
    "Derivation": {
        "read": "it is there to judge it, which has been done",
        "made": "it is there to judge it, which has been done",
    },
}
"""The fields that are not stored, by the name of their class, with the reason."""

_MAKERS: dict[type, Callable[..., Any]] = {
    Reals: lambda shape, **rest: Reals(*shape, **rest),
    Integers: lambda shape, **rest: Integers(*shape, **rest),
}


def dotted(path: Any) -> str:
    """A path as it is written in messages: ``verdicts[3].counterexample.inputs["x 1"]``."""
    told = ""
    for place in path:
        if isinstance(place, int):
            told += f"[{place}]"
        elif place.isidentifier():
            told += f".{place}" if told else place
        else:
            told += f"[{json.dumps(place)}]"
    return told or "the document"


def brief(data: Any) -> str:
    """A value of a document for a message, cut where it is long."""
    if isinstance(data, NotJson):
        return f"{data.word} (which is no JSON)"
    if isinstance(data, dict | list):
        return "an object" if isinstance(data, dict) else f"an array of {len(data)}"
    told = json.dumps(data)
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"


def _refuse(data: Any, expected: str) -> NoReturn:
    raise MisfitError(f"is {brief(data)} where {expected} is expected")
