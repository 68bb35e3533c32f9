"""What computes a verdict, as one hash: gradcheck's own source, Python, what is installed, and the settings that numbers heed.

Nothing is imported for it. Any package that is installed, removed or upgraded makes another version: whichever of them a
claim's functions call, what they computed before is computed again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from gradcheck.store.database import SCHEMA, Database

TYPE_CHECKING = False  # a run is told again without typing and pathlib, which would cost a quarter of that
if TYPE_CHECKING:
    from os import PathLike

BEGUN = time.time()
"""When this process began to ask: a file that was written later may not be what was imported."""

PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

# Settings by which JAX, XLA and linear algebra choose how to compute.
_HEEDED = (
    "JAX_",
    "XLA_",
    "NPY_",
    "NUMPY_",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "BLIS_",
    "VECLIB_",
    "CUDA_",
    "TF_XLA_",
    "TORCH_",
)
_SETTLED = (
    2.0  # seconds after which a file that is written again has another time, however coarse the clock of its disk
)
_PASSED_OVER = ("__pycache__",)

Stamp = list[str | int]
"""A file's name, size, times and number: when none has changed, nor has its content."""


def version(database: Database | None = None) -> bytes:
    """The hash of all that computes. With a database, files that have not been touched since are not read again."""
    told = [
        f"schema {SCHEMA}",
        own_source(database),
        sys.version,
        sys.platform,
        _machine(),
        f"optimize {sys.flags.optimize}",
        *installed(),
        *settings(os.environ),
    ]
    return digest(told)


def digest(told: Iterable[str]) -> bytes:
    """One hash of several texts, kept apart."""
    made = sha256()
    for text in told:
        data = text.encode("utf-8", "surrogatepass")
        made.update(b"%d:" % len(data))
        made.update(data)
    return made.digest()


def own_source(database: Database | None = None, package: str | PathLike[str] = PACKAGE) -> str:
    """The hash over the names and contents of all files of the package."""
    root = os.fspath(package)
    stamps = [_stamp(path, path[len(root) + 1 :]) for path in _files(root)]
    place = digest(["own source", root])
    known = _known(database, place)
    if known is not None and known.get("stamps") == stamps:
        return str(known["hash"])
    names = [str(name) for name, *_ in stamps]
    told = (text for name in names for text in (name.replace(os.sep, "/"), content(os.path.join(root, name))))
    found = digest(told).hex()
    if database is not None and settled(stamps):
        database.put("source", place, json.dumps({"stamps": stamps, "hash": found}).encode())
    return found


def installed(path: Iterable[str] | None = None) -> Iterator[str]:
    """The distributions that can be imported from, as ``name-version``, in the order in which they are found."""
    for folder in sys.path if path is None else path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        yield from sorted(name for name in names if name.endswith((".dist-info", ".egg-info")))


def settings(environment: Mapping[str, str]) -> Iterator[str]:
    """The environment's variables that change how numbers are computed."""
    yield from sorted(f"{name}={value}" for name, value in environment.items() if name.startswith(_HEEDED))


def content(file: str | PathLike[str]) -> str:
    """The hash of a file's content; *absent* where there is no file that can be read."""
    try:
        with open(file, "rb") as stream:
            return sha256(stream.read()).hexdigest()
    except OSError:
        return "absent"


def stamp(file: str | PathLike[str]) -> Stamp:
    """What the file system says of a file, without reading it."""
    return _stamp(os.fspath(file), os.fspath(file))


def settled(stamps: Iterable[Stamp]) -> bool:
    """Whether a later change of any of the files would change its stamp: none was written a moment ago."""
    before = time.time() - _SETTLED
    return all(time_ns / 1e9 < before for one in stamps for time_ns in one[2:4] if isinstance(time_ns, int))


def _stamp(path: str, name: str) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return [name]
    return [name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _files(folder: str) -> list[str]:
    """All files under a folder, in order, without what Python has compiled."""
    found, waiting = [], [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name not in _PASSED_OVER:
                        waiting.append(entry.path)
                elif not entry.name.endswith(".pyc"):
                    found.append(entry.path)
    return sorted(found)


def _known(database: Database | None, place: bytes) -> dict[str, object] | None:
    written = database.get("source", place) if database is not None else None
    if written is None:
        return None
    found = json.loads(written)
    return found if isinstance(found, dict) else None


def _machine() -> str:
    """The processor's kind, where the system tells it."""
    return os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")
