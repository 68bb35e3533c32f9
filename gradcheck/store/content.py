"""A claim's own content as one hash: its fields, and the code of its functions with all that they call in the user's files.

A function is its bytecode, constants, defaults, closure and the globals that its code names, each followed in the same way; a
function of a library is its name, since the version of what is installed is hashed elsewhere. What cannot be looked into, or
is looked up by a name that only running tells, stands for every file of the user's at once. What a function reads while it
runs (a file, the clock, the environment) is no content, and such a claim has none: it is checked each time.

Where a function stands in its file is hashed apart, since only a verdict that tells a line depends on it.
"""

from __future__ import annotations

import builtins
import dis
import functools
import importlib.util
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any, Generic, NamedTuple

import numpy as np

from gradcheck.claim import Claim
from gradcheck.collecting import own_settings
from gradcheck.store.versions import BEGUN, PACKAGE, content, stamp

_LIBRARIES = (
    str(PACKAGE),
    *dict.fromkeys(
        str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
    ),
)
_INSTALLED = ("site-packages", "dist-packages")
_IMPORT = dis.opmap["IMPORT_NAME"]

# Names with which code looks up what its text does not name.
_LOOKED_UP = frozenset(("getattr", "globals", "vars", "locals", "eval", "exec", "compile", "__dict__")) | frozenset(
    ("attrgetter", "methodcaller", "modules", "__subclasses__", "setattr")
)
# Names with which code reads what may be another thing the next time.
_READS = (
    frozenset(("open", "read_text", "read_bytes", "loadtxt", "genfromtxt", "fromfile", "memmap", "load", "input"))
    | frozenset(("environ", "getenv", "urandom", "uuid1", "uuid4", "perf_counter", "monotonic", "time", "time_ns"))
    | frozenset(("process_time", "now", "today", "urlopen", "urlretrieve", "popen", "Popen", "check_output", "rand"))
    | frozenset(("__import__", "import_module"))  # a module of the user's that may not be there yet to look into
    | frozenset(("randn", "token_hex", "token_bytes", "getrandbits", "_getframe", "read_csv", "read_parquet"))
)
_MADE_BY_PYTHON = frozenset(("__dict__", "__weakref__", "__module__", "__doc__", "_abc_impl", "__annotations__"))
_PLAIN: tuple[Any, ...] = (tuple, list, dict, str, int, float, complex, bytes, frozenset, set)
_FIELD = type(vars(NamedTuple("_Pair", [("a", int)]))["a"])  # how a named tuple keeps a field
_ATOMS = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), type(NotImplemented), range, slice)
_NOT_THE_CLAIMS = (
    "made_at",
    "made_in",
)  # where a claim stands is not what it says; the report takes it from the claim itself


@dataclass(frozen=True)
class Content:
    """What a claim says and does: ``key`` is the hash of it, ``places`` that of the lines of its functions.

    ``lines`` are those of a document that its verdict may tell, in an order that does not depend on where they are.
    """

    key: bytes
    places: bytes
    lines: tuple[int, ...] = ()


class UnrepeatableError(ValueError):
    """A claim reads something while it runs, so that its content does not tell its verdict; the message says what."""


def content_of(claim: Claim) -> Content:
    """The content of a claim. Raises UnrepeatableError where its functions read what may change."""
    seen = _Seen()
    seen.text("claim")
    for one in fields(claim):
        if one.name not in _NOT_THE_CLAIMS:
            seen.text(one.name)
            seen.add(getattr(claim, one.name))
    seen.text("settings")
    for name, value in sorted(_settings().items()):
        seen.text(name, repr(value))
    for group, name, value in own_settings(claim).values:
        seen.text("own", group.what, name, repr(value))
    if seen.opaque:
        seen.text("all files", *users_files())
    return Content(seen.hash.digest(), seen.places.digest())


class _Seen:
    """The hash of what was added so far. What may refer to itself is told once, and then by its number."""

    def __init__(self) -> None:
        self.hash = sha256()
        self.places = sha256()
        self.opaque = False
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no number is given twice

    def text(self, *words: str) -> None:
        """Words, kept apart."""
        for word in words:
            data = word.encode("utf-8", "surrogatepass")
            self.hash.update(b"%d:" % len(data))
            self.hash.update(data)

    def add(self, value: Any) -> None:
        """A value of whatever type."""
        if isinstance(value, _ATOMS) and type(value) in _ATOMS:
            self.text(type(value).__name__, repr(value))
        elif isinstance(value, np.ndarray | np.generic):
            self._array(np.asarray(value), type(value).__name__)
        elif type(value) is tuple:
            self._items("tuple", value)
        elif isinstance(value, types.CodeType):
            self._code(value)
        elif type(value) in (frozenset, set):
            self._set(value)
        elif isinstance(value, Decimal | Fraction | PurePath | np.dtype):
            self.text(type(value).__name__, str(value))
        elif id(value) in self._numbers:
            self.text("again", str(self._numbers[id(value)]))
        else:
            self._numbers[id(value)] = len(self._kept)
            self._kept.append(value)
            self._compound(value)

    def _compound(self, value: Any) -> None:
        if type(value) is list:
            self._items("list", value)
        elif type(value) in (dict, types.MappingProxyType):
            self.text("mapping", str(len(value)))
            for name, item in value.items():
                self.add(name)
                self.add(item)
        elif isinstance(value, types.ModuleType):
            self._module(value)
        elif name := _name_in_library(value):
            self.text("library", name)
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, types.MethodType):
            self._items("method", (value.__self__, value.__func__))
        elif isinstance(value, partial):
            self._items("partial", (type(value), value.func, value.args, value.keywords, vars(value)))
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, staticmethod | classmethod):
            self._items(type(value).__name__, (value.__func__,))
        elif isinstance(value, property):
            self._items("property", (value.fget, value.fset, value.fdel))
        elif isinstance(value, functools.cached_property):
            self._items("cached property", (value.func,))
        elif isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType | types.WrapperDescriptorType):
            self.text("descriptor", value.__name__)
        elif isinstance(value, _FIELD):
            self.text("field", repr(value.__reduce__()))
        elif isinstance(value, types.BuiltinFunctionType | types.MethodDescriptorType):
            self.text("builtin", value.__name__)
            self.add(getattr(value, "__self__", None))
        elif isinstance(value, np.random.Generator | np.random.RandomState):
            raise UnrepeatableError("it draws from a generator of random numbers that others draw from as well")
        elif type(value).__module__.partition(".")[0] in ("jax", "jaxlib") and hasattr(value, "__array__"):
            self._jax_array(value)
        else:
            self._instance(value)

    def _items(self, kind: str, items: Iterable[Any]) -> None:
        listed = list(items)
        self.text(kind, str(len(listed)))
        for item in listed:
            self.add(item)

    def _set(self, value: Iterable[Any]) -> None:
        """The members, in an order of their own."""
        made = []
        for item in value:
            inner = _Seen()
            inner.add(item)
            self.opaque |= inner.opaque
            made.append(inner.hash.hexdigest())
        self.text("set", *sorted(made), "end")

    def _array(self, array: np.ndarray[Any, Any], kind: str) -> None:
        self.text(kind, str(array.dtype), str(array.shape))
        if array.dtype.hasobject:
            self._items("objects", array.ravel().tolist())
        else:
            self.hash.update(np.ascontiguousarray(array).tobytes())

    def _jax_array(self, value: Any) -> None:
        try:
            array = np.asarray(value)
        except Exception:  # noqa: BLE001 - a random key, or an array that was given away
            self._not_seen(value)
            return
        self.text("jax", str(value.dtype), str(getattr(value, "weak_type", "")))
        self._array(array, "array")

    def _module(self, module: types.ModuleType, names: Iterable[str] = ()) -> None:
        """A library's by its name; of the user's, what the code that uses it names."""
        if _of_library(getattr(module, "__file__", None) or "", module.__name__):
            self.text("library", module.__name__)
        else:
            self.text("module")
            known = vars(module)
            for name in names:
                if name in known:
                    self.text(name)
                    self._global(known[name], names)

    def _global(self, value: Any, names: Iterable[str]) -> None:
        """What a name of a module stands for, in code that has these names."""
        if isinstance(value, types.ModuleType):
            self._module(value, names)
        else:
            self.add(value)

    def _function(self, function: types.FunctionType) -> None:
        self.text("function", function.__qualname__)
        code = function.__code__
        if not _of_library(code.co_filename):
            self._code(code)
            self._place(code)
            names = sorted(set(_names(code)))
            for name in names:
                if name in function.__globals__:
                    self.text("global", name)
                    self._global(function.__globals__[name], names)
                elif not hasattr(builtins, name):
                    self.text("attribute", name)
        self.add(function.__defaults__)
        self.add(function.__kwdefaults__)
        self.add(function.__dict__)
        for cell in function.__closure__ or ():
            try:
                inner = cell.cell_contents
            except ValueError:  # not bound yet
                self.text("empty")
            else:
                self.add(inner)

    def _place(self, code: types.CodeType) -> None:
        self.places.update(f"{PurePath(code.co_filename).name}:{code.co_firstlineno} ".encode())

    def _code(self, code: types.CodeType) -> None:
        """What code does, and its lines counted from its own first one."""
        names = frozenset(code.co_names)
        if read := sorted(names & _READS):
            raise UnrepeatableError(f"its code names {', '.join(read)}, which may give something else the next time")
        self.opaque |= bool(names & _LOOKED_UP)
        if _IMPORT in code.co_code[::2]:
            self._imports(code)
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        self.text("code", code.co_name, repr(counts), *code.co_names, *code.co_varnames)
        self.text("bound", *code.co_freevars, *code.co_cellvars)
        for data in (code.co_code, code.co_linetable, code.co_exceptiontable):
            self.text(str(len(data)))
            self.hash.update(data)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self.text("inner", str(constant.co_firstlineno - code.co_firstlineno))
            self.add(constant)

    def _imports(self, code: types.CodeType) -> None:
        """What is imported while the code runs: of libraries alone, since a user's module may not be there yet to look into."""
        for instruction in dis.get_instructions(code):
            if instruction.opname == "IMPORT_NAME" and not _is_library(str(instruction.argval)):
                raise UnrepeatableError(f"it imports {instruction.argval or 'a module'} while it runs")

    def _class(self, kind: type) -> None:
        self.text("class", kind.__qualname__)
        self._items("bases", kind.__bases__)
        for name, value in vars(kind).items():
            if name not in _MADE_BY_PYTHON:
                self.text(name)
                self.add(value)

    def _instance(self, value: Any) -> None:
        """An object of a class: the class, and what the object holds."""
        kind = type(value)
        self.add(kind)
        held = _held(value)
        if held is None:
            self._not_seen(value)
        else:
            for base in _PLAIN:
                if isinstance(value, base):
                    self.add(base(value))
            self.text("holds", str(len(held)))
            for name, item in held.items():
                self.text(name)
                self.add(item)

    def _not_seen(self, value: Any) -> None:
        """An object that shows nothing of itself; a function behind it is followed all the same."""
        self.text("opaque", type(value).__module__, type(value).__qualname__)
        self.opaque = True
        inner = getattr(value, "__wrapped__", None)
        if inner is not None:
            self.add(inner)


def users_files() -> list[str]:
    """Name and hash of the content of every module that was imported and is nobody's library, sorted.

    Raises UnrepeatableError where a file was written since, so that it may not be what was imported.
    """
    found = set()
    for file in map(Path, modules_of_users()):
        if any(isinstance(at, int) and at / 1e9 >= BEGUN for at in stamp(file)[2:4]):
            raise UnrepeatableError(f"{file.name} was written while it was imported")
        found.add(f"{file.name} {content(file)}")
    return sorted(found)


def modules_of_users() -> Iterator[str]:
    """The files of the modules that were imported and are nobody's library."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and not _of_library(file, name):
            yield str(Path(file).absolute())


def is_library_file(file: str) -> bool:
    """Whether a file belongs to Python, to something that is installed, or to gradcheck."""
    return _of_library(file)


@cache
def _of_library(file: str, name: str = "") -> bool:
    if not file:  # built in, or a folder without a file of its own
        return name.partition(".")[0] in sys.stdlib_module_names or name in sys.builtin_module_names
    if file.startswith("<"):
        return file.startswith("<frozen")
    if any(part in _INSTALLED for part in PurePath(file).parts):
        return True
    path = Path(file).resolve()
    return any(path.is_relative_to(folder) for folder in _LIBRARIES)


@cache
def _is_library(name: str) -> bool:
    """Whether a module of this name, which may not be imported yet, is Python's or installed."""
    top = name.partition(".")[0]
    if not top:
        return False
    if top in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    return bool(places) and all(_of_library(str(place)) for place in places)


def _name_in_library(value: Any) -> str:
    """The dotted name under which a library has this very object; empty where none has."""
    if isinstance(value, np.ufunc):
        name = str(getattr(value, "__name__", ""))
        return f"numpy.{name}" if getattr(np, name, None) is value else ""
    try:
        home, name = value.__module__, value.__qualname__
    except AttributeError:
        return ""
    if not isinstance(home, str) or not isinstance(name, str):
        return ""
    module = sys.modules.get(home)
    if module is None or not _of_library(getattr(module, "__file__", None) or "", home):
        return ""
    found: Any = module
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    return f"{home}.{name}" if found is value else ""


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that code and what is defined in it mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _held(value: Any) -> Mapping[str, Any] | None:
    """What an object holds, by name; None where it may hold something that it does not show."""
    kind = type(value)
    if is_dataclass(kind):
        computed = {one.name: getattr(value, one.name) for one in fields(kind) if hasattr(value, one.name)}
        others = {name: item for name, item in _own(value).items() if name not in computed}
        return {**computed, **others}
    slots = [
        name
        for one in kind.__mro__
        for name in _listed(vars(one).get("__slots__", ()))
        if name not in ("__dict__", "__weakref__")
    ]
    held = {name: getattr(value, name) for name in slots if hasattr(value, name)} | _own(value)
    in_python = all(_in_python(one) for one in kind.__mro__ if one not in (object, Generic, *_PLAIN))
    shown = slots or hasattr(value, "__dict__") or isinstance(value, _PLAIN)
    return held if in_python and shown else None


def _in_python(kind: type) -> bool:
    """Whether a class is written in Python, so that it keeps nothing where it cannot be seen."""
    module = sys.modules.get(kind.__module__)
    return module is None or kind.__module__ == "__main__" or str(getattr(module, "__file__", "")).endswith(".py")


def _own(value: Any) -> dict[str, Any]:
    """An object's own dictionary without what is only remembered there."""
    known: dict[str, Any] = getattr(value, "__dict__", {})
    return {
        name: item
        for name, item in known.items()
        if name not in _MADE_BY_PYTHON and not isinstance(getattr(type(value), name, None), functools.cached_property)
    }


def _listed(names: str | Iterable[str]) -> Iterable[str]:
    return (names,) if isinstance(names, str) else names


_USUAL: Mapping[str, Any] = {
    "jax_enable_x64": False,
    "jax_disable_jit": False,
    "jax_debug_nans": False,
    "jax_debug_infs": False,
    "jax_default_matmul_precision": None,
    "jax_default_prng_impl": "threefry2x32",
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
    "jax_default_dtype_bits": "64",
    "jax_threefry_partitionable": True,
    "jax_numpy_default_dtype_bits": "64",
}
_USUAL_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


def _settings() -> dict[str, Any]:
    """What user code has changed in NumPy and JAX for the whole process, by name."""
    found: dict[str, Any] = {}
    errors = {str(name): str(how) for name, how in np.geterr().items()}
    if errors != _USUAL_ERRORS:
        found["errors"] = sorted(errors.items())
    jax = sys.modules.get("jax")
    if jax is not None:
        known = getattr(getattr(jax, "config", None), "values", {})
        found |= {name: known[name] for name, usual in _USUAL.items() if name in known and known[name] != usual}
    return found
