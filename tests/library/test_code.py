"""A snippet holds all that a function needs, runs by itself, and computes the same; what cannot be copied is refused."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gradcheck.library.code import CodeError, requirements, snippet
from gradcheck.library.formulas import Formula, libraries
from reference import library as package

FORMULAS = [
    formula
    for file in sorted(Path(str(package.__file__)).parent.glob("[!_]*.py"))
    for one in libraries([importlib.import_module(f"reference.library.{file.stem}")])
    for formula in one.formulas
]

HELPERS = """
from math import pi as PI

import numpy as np

# One half of the logarithm of 2 π.
HALF = np.log(2 * PI) / 2


def centred(x: "Array", axis: int = 0) -> "Array":
    return x - x.mean(axis=axis, keepdims=True)  # noqa: E501
"""
MODULE = """
from __future__ import annotations

import functools
from typing import Any

import numpy as np

from notes.helpers import HALF, centred as middled

Array = np.ndarray[Any, np.dtype[Any]]
SCALE, SHIFT = 2.0, HALF
LIMIT: float = SCALE * 3


def forward(x: Array, *, factor: float = SCALE) -> Array:
    \"\"\"Something.\"\"\"
    parts: list[Array] = [middled(x)]  # type: ignore[name-defined]

    def inner(one: Array) -> Any:
        return np.minimum(one * factor, LIMIT) + SHIFT

    return functools.reduce(np.add, [inner(one) for one in parts])


def backward(dy: Array, x: Array) -> tuple[Array, ...]:
    return (forward(x) * dy,) if len(x) < 9 else (backward(dy[:9], x[:9]),)


def unused(x: Array) -> Array:
    return x


def of_gradcheck(x: Array) -> Array:
    from gradcheck.decimals import short
    return short(x)


double = lambda x: 2 * x
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Makes the modules of a package ``notes`` and imports one of them."""

    def make(name: str = "sheet", **sources: str) -> ModuleType:
        folder = tmp_path / "notes"
        folder.mkdir()
        for stem, text in {"__init__": "", "helpers": HELPERS, "sheet": MODULE, **sources}.items():
            (folder / f"{stem}.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return importlib.import_module(f"notes.{name}")

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "notes"]:
        del sys.modules[name]


def ran(code: str) -> dict[str, Any]:
    """The names that a snippet makes, on its own."""
    names: dict[str, Any] = {"__name__": "copied"}
    exec(compile(code, "<copied>", "exec"), names)  # noqa: S102 - that is what it is for
    return names


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.key)
def test_the_code_of_each_formula_runs_by_itself_and_computes_the_same(formula: Formula) -> None:
    stable = formula.stable
    others = [stable.forward, stable.derivative] if stable is not None else []
    code = snippet([formula.forward, formula.derivative, *others])
    names = ran(code)
    assert set(requirements(code)) <= {"numpy", "scipy"}
    rng = np.random.default_rng(1)
    inputs = [space.sample(rng) for space in formula.inputs.values()]
    cotangents = [space.sample(rng) for space in formula.cotangents.values()]
    asked = [(formula.forward, inputs), (formula.derivative, [*cotangents, *inputs])]
    asked += [(one, values) for one, (_, values) in zip(others, asked, strict=False) if one is not None]
    for function, values in asked:
        expected, found = function(*values), names[function.__name__](*values)
        pairs = zip(expected, found, strict=True) if isinstance(expected, tuple) else [(expected, found)]
        assert all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def test_helpers_constants_and_imports_come_along_each_once_and_types_do_not(notes: Any) -> None:
    module = notes()
    code = snippet([module.forward, module.backward])
    assert code.startswith("import functools\nimport numpy as np\nfrom math import pi as PI\n\n")
    assert code.count("def ") == 4 and "unused" not in code and "Array" not in code and "noqa" not in code
    assert "# One half of the logarithm of 2 π.\nHALF = np.log(2 * PI) / 2\n" in code
    assert "LIMIT = SCALE * 3\n" in code and "def forward(x, *, factor=SCALE):\n" in code
    assert "    parts = [middled(x)]\n" in code and "middled = centred\n" in code
    names = ran(code)
    x, dy = np.arange(4.0), np.ones(4)
    assert np.array_equal(names["forward"](x), module.forward(x))
    assert np.array_equal(names["backward"](dy, x)[0], module.backward(dy, x)[0])


def test_what_needs_a_module_as_a_whole_gradcheck_or_a_name_from_nowhere_is_refused(notes: Any) -> None:
    module = notes(
        other=(
            "import numpy as np\nimport notes.helpers as whole\nfrom notes import helpers\n"
            "from gradcheck.decimals import short\nfor name in 'ab':\n    looped = name\n"
            "def by_whole(x):\n    return whole.centred(x)\n"
            "def by_module(x):\n    return helpers.centred(x)\n"
            "def of_gradcheck(x):\n    return short(x)\n"
            "def of_loop(x):\n    return looped\n"
            "def of_nothing(x):\n    return missing\n"
            "def make():\n    def inner(x):\n        return x\n    return inner\n"
            "made = make()\n"
        ),
        name="other",
    )
    told = {
        module.by_whole: "notes.other imports notes.helpers as a whole, which a snippet cannot bring along",
        module.by_module: "notes.other imports notes.helpers, a module, which a snippet cannot bring along",
        module.of_gradcheck: r"short is gradcheck's own \(gradcheck.decimals\), and code to copy must run without it",
        module.of_loop: "of_loop uses looped, which no plain statement of notes.other defines",
        module.of_nothing: "of_nothing uses missing, which no plain statement of notes.other defines",
        module.made: "inner is made inside of another function, or has no name; write it at the top of its module",
        np.sin: "sin is no function of a Python module; write one with def that calls it",
    }
    for function, why in told.items():
        with pytest.raises(CodeError, match=why):
            snippet([function])


def test_a_function_without_a_name_is_refused(notes: Any) -> None:
    with pytest.raises(CodeError, match="has no name"):
        snippet([notes().double])


def test_two_things_of_one_name_are_refused(notes: Any) -> None:
    module = notes(
        name="other",
        other="from notes.sheet import forward as first\nSCALE = 3.0\ndef both(x):\n    return first(x) * SCALE\n",
    )
    with pytest.raises(CodeError, match=r"two things are called SCALE, in notes\.\w+ and in notes\.\w+"):
        snippet([module.both])


def test_what_a_snippet_imports_is_told() -> None:
    assert requirements("import numpy as np\nfrom scipy.special import erf\nimport math\n") == ("numpy", "scipy")
