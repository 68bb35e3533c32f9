"""The content of a claim: the same for the same, another one for whatever its verdict may depend on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import jax
import numpy as np
import pytest

from gradcheck.audit import collect
from gradcheck.claim import Claim
from gradcheck.store.content import Content, UnrepeatableError, content_of
from gradcheck.store.verdicts import content_told

CLAIMS = """
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from gradcheck.claim import Assumption, Generic, Sheet
from gradcheck.domains import Reals
from helped import helpers
from helped.helpers import slope

RATE = 2.0
TABLE = np.array([1.0, 2.0])


class Layer:
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, x):
        return self.rate * helpers.twice(x)


def made(power):
    return lambda x: x**power


def rated(x):
    return RATE * x + TABLE[0] * x


def outer(x):
    return rated(x) + inner(x)


def inner(x):
    return -x


@jax.custom_vjp
def ruled(x):
    return jnp.sin(x)


ruled.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x),))
jitted = jax.jit(lambda x: jnp.exp(x) * 1)
LAYER = Layer(3.0)
doc = Sheet("doc", "doc.txt", "Doc")


def claim(name, primal, claimed=np.cos, **more):
    doc.claim(name, "derivative", 1, "f'", primal=primal, claimed=claimed, inputs={"x": Reals()}, wrt="x", **more)


claim("constant", lambda x: 2 * x)
claim("global", rated)
claim("calls", outer)
claim("closure", made(3))
claim("default", lambda x, a=1.5: a * x)
claim("partial", partial(np.multiply, 2.0))
claim("method", LAYER)
claim("imported", lambda x: slope(x))
claim("of module", lambda x: helpers.twice(x))
claim("rule", lambda x: ruled(x))
claim("jitted", jitted)
claim("ufunc", np.sin)
claim("looked up", lambda x: getattr(helpers, "twi" + "ce")(x))
claim("assumed", np.sin, assumptions=(Assumption("x > 0", False, where=lambda x: x > 0),))
claim("noted", np.sin, notation={"a": "x"})
"""
HELPERS = """
def twice(x):
    return x * 2


def slope(x):
    return steep(x) + 1


def steep(x):
    return 10 * x
"""


def forget(folder: Path) -> None:
    """As if no module under the folder had been imported."""
    for name, module in list(sys.modules.items()):
        if name.startswith("helped") or str(getattr(module, "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture
def contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Content]]:
    """The contents of the claims, by name, after the files were changed so."""
    count = iter(range(100))

    def made(claims: tuple[str, str] = ("", ""), helpers: tuple[str, str] = ("", "")) -> dict[str, Content]:
        for text, (old, _) in ((CLAIMS, claims), (HELPERS, helpers)):
            assert old in text
        folder = tmp_path / str(next(count))
        (folder / "helped").mkdir(parents=True)
        forget(tmp_path)
        (folder / "helped" / "__init__.py").touch()
        (folder / "helped" / "helpers.py").write_text(HELPERS.replace(*helpers, 1), encoding="utf-8")
        (folder / "claims.py").write_text(CLAIMS.replace(*claims, 1), encoding="utf-8")
        monkeypatch.syspath_prepend(folder)
        monkeypatch.setattr("gradcheck.store.content.BEGUN", float("inf"))
        found, problems = collect([folder / "claims.py"])
        assert problems == []
        return {claim.name: content_of(claim) for claim in found}

    return made


def changed(one: dict[str, Content], two: dict[str, Content]) -> list[str]:
    return [name for name in one if one[name].key != two[name].key]


def test_the_same_files_have_the_same_contents(contents: Callable[..., dict[str, Content]]) -> None:
    first = contents()
    assert first == contents()
    assert len({content.key for content in first.values()}) == len(first)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("2 * x)\n", "3 * x)\n"), ["constant", "looked up"]),
        (("RATE = 2.0", "RATE = 2.5"), ["global", "calls", "looked up"]),
        (("TABLE = np.array([1.0", "TABLE = np.array([1.5"), ["global", "calls", "looked up"]),
        (("    return -x", "    return +x"), ["calls", "looked up"]),
        (("made(3)", "made(4)"), ["closure", "looked up"]),
        (("a=1.5", "a=2.5"), ["default", "looked up"]),
        (("np.multiply, 2.0", "np.multiply, 3.0"), ["partial", "looked up"]),
        (("Layer(3.0)", "Layer(4.0)"), ["method", "looked up"]),
        (("self.rate * helpers", "self.rate + helpers"), ["method", "looked up"]),
        (("(g * jnp.cos(x),)", "(g * jnp.sin(x),)"), ["rule", "looked up"]),
        (("jnp.exp(x) * 1", "jnp.exp(x) * 2"), ["jitted", "looked up"]),
        (("lambda x: x > 0", "lambda x: x > 1"), ["assumed", "looked up"]),
        (('{"a": "x"}', '{"b": "x"}'), ["noted", "looked up"]),
        (("import jax\n", "import jax  # a remark\n"), ["looked up"]),
    ],
    ids=lambda value: value[1].strip() if isinstance(value, tuple) else "",
)
def test_what_changed_is_told_from_its_neighbours(
    contents: Callable[..., dict[str, Content]], change: tuple[str, str], names: list[str]
) -> None:
    """What is looked up by a name that only running tells depends on every file, and so does nothing else."""
    opaque = {"jitted"}  # what jax.jit keeps is not all to be seen
    assert set(names) - opaque == set(changed(contents(), contents(claims=change))) - opaque
    assert "jitted" not in names or "jitted" in changed(contents(), contents(claims=change))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (("return x * 2", "return x * 3"), {"method", "of module", "looked up"}),
        (("return 10 * x", "return 11 * x"), {"imported", "looked up"}),
        (("steep(x) + 1", "steep(x) + 2"), {"imported", "looked up"}),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_changed_helper_in_another_module_changes_those_that_call_it(
    contents: Callable[..., dict[str, Content]], change: tuple[str, str], names: set[str]
) -> None:
    assert set(changed(contents(), contents(helpers=change))) - {"jitted"} == names


def test_lines_that_move_change_the_places_alone(contents: Callable[..., dict[str, Content]]) -> None:
    one, two = contents(), contents(claims=("RATE = 2.0\n", "\n\nRATE = 2.0\n"))
    assert set(changed(one, two)) <= {"looked up", "jitted"}
    assert [name for name in one if one[name].places == two[name].places] == ["partial", "ufunc", "noted"]


def test_another_process_tells_the_same(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    code = (
        "from gradcheck.audit import collect\n"
        "from gradcheck.store.content import content_of\n"
        "print(*(content_of(claim).key.hex() for claim in collect(['reference'])[0]), sep='\\n')\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONPATH": str(root), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1 and len(told.pop().split()) > 200


def one(tmp_path: Path, body: str) -> Claim:
    """A claim about ``f`` of a module."""
    forget(tmp_path)
    file = tmp_path / "one.py"
    file.write_text(
        "from gradcheck.claim import Sheet\nfrom gradcheck.domains import Reals\n"
        + dedent(body)
        + "\ndoc = Sheet('doc', '', '')\n"
        "doc.claim('c', 'derivative', 1, '', primal=f, claimed=f, inputs={'x': Reals()}, wrt='x')\n",
        encoding="utf-8",
    )
    ((claim,), problems) = collect([file])
    assert problems == []
    return claim


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("def f(x):\n    return x * len(open('data.txt').read())", "its code names open"),
        ("import numpy as np\ndef f(x):\n    return x * np.load('a.npy')", "its code names load"),
        ("import os\ndef f(x):\n    return x * len(os.environ)", "its code names environ"),
        ("import time\ndef f(x):\n    return x * time.time()", "its code names time"),
        (
            "import numpy as np\nrng = np.random.default_rng(0)\ndef f(x):\n    return x * rng.normal()",
            "random numbers",
        ),
        ("def g(x):\n    return x + len(open('a').read())\ndef f(x):\n    return g(x)", "its code names open"),
        ("def f(x):\n    from nowhere_at_all import g\n    return g(x)", "it imports nowhere_at_all while it runs"),
        ("import importlib\ndef f(x):\n    return importlib.import_module('g').g(x)", "its code names import_module"),
    ],
    ids=["open", "load", "environ", "clock", "generator", "helper", "import", "import by a computed name"],
)
def test_what_reads_while_it_runs_has_no_content(tmp_path: Path, body: str, why: str) -> None:
    with pytest.raises(UnrepeatableError, match=why):
        content_of(one(tmp_path, body))


def test_what_raises_when_it_is_asked_has_no_content(tmp_path: Path) -> None:
    body = (
        "class C:\n    __slots__ = ('a',)\n    @property\n    def __dict__(self):\n        raise OSError('gone')\n"
        "c = C()\ndef f(x):\n    return x * c.a"
    )
    assert content_told(one(tmp_path, body)) == ""
    assert content_told(one(tmp_path, "def f(x):\n    return x")).startswith("code ")


@pytest.mark.parametrize(
    "body",
    [
        "def f(x):\n    return g(x) if x > 1 else x\ndef g(x):\n    return f(x / 2)",
        "def f(x):\n    import numpy as np\n    return np.sin(x)",
        "from typing import NamedTuple\nclass P(NamedTuple):\n    a: float\np = P(1.0)\ndef f(x):\n    return x * p.a",
        "import enum\nclass E(enum.Enum):\n    A = 1\ndef f(x):\n    return x * E.A.value",
        (
            "class C:\n    __slots__ = ('a',)\n    @property\n    def b(self):\n        return 1\nc = C()\nc.a = c\ndef f(x):\n"
            "    return x * c.b"
        ),
        "from functools import cache\n@cache\ndef g(n):\n    return n\ndef f(x):\n    return x * g(3)",
    ],
    ids=["mutual", "import of a library", "named tuple", "enum", "slots and itself", "cache"],
)
def test_what_refers_to_itself_or_is_remembered_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file of the same second and size is the same to Python
    monkeypatch.setattr("gradcheck.store.content.BEGUN", float("inf"))
    first = content_of(one(tmp_path, body))
    assert first == content_of(one(tmp_path, body))
    assert first != content_of(
        one(tmp_path, body.replace("x *", "2 * x *").replace("x / 2", "x / 3").replace("np.sin", "np.cos"))
    )


def test_a_file_written_while_it_was_imported_tells_nothing_of_what_is_opaque(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = one(tmp_path, "def f(x):\n    return getattr(x, 'T')")
    monkeypatch.setattr("gradcheck.store.content.BEGUN", 0.0)
    with pytest.raises(UnrepeatableError, match="was written while it was imported"):
        content_of(claim)


def test_settings_of_the_whole_process_are_content(contents: Callable[..., dict[str, Content]]) -> None:
    first = contents()
    with np.errstate(over="raise"):
        assert len(changed(first, contents())) == len(first)
    jax.config.update("jax_enable_x64", True)
    try:
        assert len(changed(first, contents())) == len(first)
    finally:
        jax.config.update("jax_enable_x64", False)
    assert changed(first, contents()) == []
