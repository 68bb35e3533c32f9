"""The project around the code checks itself: its layout, its dependencies, what it imports, and when."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import gradcheck

ROOT = Path(__file__).resolve().parents[1]

TOP_LEVEL = {
    *("pyproject.toml", "constraints.txt", "Makefile", "LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
    "SECURITY.md",
    *("gradcheck", "reference", "tests", "reports", "benchmarks", "docs", "examples", "action.yml"),
    *(".ci", ".editorconfig", ".gitattributes", ".gitignore", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml"),
}

# Loaded only by what needs them, so that importing the package and asking for help stay fast.
HEAVY = ("flint", "hypothesis", "jax", "jaxlib", "jinja2", "matplotlib", "pandas", "rich", "scipy", "sympy", "torch")

# The parts of the package, from the ground up, and what each may import besides itself.
NOUNS = {"domains", "claim", "decimals", "message", "picture", "verdict"}
ENGINE = (
    "compare",
    "expressions",
    "cases",
    "diagnose",
    "judging",
    "adequacy",
    "judge",
    "shrink",
    "structure",
    "bounds",
    "checking",
    "functions",
    "derivative",
    "api",
)
MAY_IMPORT: dict[str, set[str]] = {
    "program": set(),
    "numbers": {"program"},
    "oracles": {"numbers", "program"},
    "latex": {"program"},
    "torch": {"program"},
    "domains": set(),
    "claim": {"domains"},
    "decimals": set(),
    "message": {"decimals", "verdict"},
    "picture": set(),
    "verdict": {"claim", "message", "picture"},
    **{
        part: {"program", "numbers", "oracles", "latex", "torch"} | NOUNS | set(ENGINE[:i])
        for i, part in enumerate(ENGINE)
    },
    "selftest_cases": set(),
    "selftest": {"api", "expressions", "selftest_cases"},
    "documents": {"latex", "formulas"} | NOUNS,
    "transcription": {"cases", "checking", "expressions", "latex", "program"} | NOUNS,
    "audited": {"documents"} | NOUNS,
    "settings": set(),
    "collecting": {"audited", "documents", "settings"} | NOUNS,
    "planning": {"audited", "checking", "documents", "expressions", "settings", "transcription"} | NOUNS,
    "running": {"audited", "collecting", "documents", "planning", "stored"} | NOUNS,
    "audit": {"audited", "collecting", "documents", "planning", "running"} | NOUNS,
    "baseline": {"audit"} | NOUNS,
    "stored": {"audited", "documents"} | NOUNS,
    "store": {"audited", "collecting", "documents", "report", "stored"} | NOUNS,
    "comparing": {"audit", "baseline"} | NOUNS,
    "report": {"audit", "baseline", "comparing", "stored"} | NOUNS,
    "pictures": {
        "audit",
        "cases",
        "compare",
        "expressions",
        "judge",
        "judging",
        "numbers",
        "program",
        "report",
        "structure",
    }
    | NOUNS,
    "formulas": {"latex", "domains", "checking", "expressions"} | NOUNS,
    "library": {"audited", "collecting", "expressions", "numbers", "program", "report", "running", "transcription"}
    | NOUNS,
    "health": {"checking", "numbers", "oracles", "program", "report"} | NOUNS,
    "symbolic": {"cases", "checking", "expressions", "latex", "numbers", "program"} | NOUNS,
    "derivations": {
        "audited",
        "documents",
        "formulas",
        "latex",
        "numbers",
        "report",
        "running",
        "stored",
        "symbolic",
        "torch",
        "transcription",
    }
    | NOUNS
    | set(ENGINE),
    "strategies": {"domains"},
    "given": {"functions", "strategies"},
    "testing": {"api", "audit", "checking", "expressions", "functions", "report", "stored", "transcription"} | NOUNS,
    "pytest_plugin": {"report", "testing"},
    "commands": {
        "audit",
        "audited",
        "baseline",
        "collecting",
        "comparing",
        "pictures",
        "running",
        "checking",
        "derivations",
        "documents",
        "health",
        "expressions",
        "library",
        "report",
        "store",
        "stored",
    }
    | NOUNS,
    "cli": {"audit", "baseline", "commands", "documents", "formulas", "pictures", "report", "selftest"} | NOUNS,
    "__init__": {"derivations", "formulas", "given"} | set(ENGINE) | NOUNS,
    "__main__": {"cli", "store"},
}


# A notebook asks the objects themselves for their rendering, which is drawn above them.
NOTEBOOK = {("audited", "gradcheck.report.notebook"), ("verdict", "gradcheck.report.notebook")}


def tracked() -> list[Path]:
    """The files of the repository, relative to its root."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: which files belong to the project is told by git")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@cache
def project() -> dict[str, Any]:
    """The [project] table of pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


def declared(*, dev: bool = True) -> list[Requirement]:
    """The dependencies of the package with those that add to what it does, or of its development."""
    extras = ("dev",) if dev else ("dask", "reports", "train")
    names = [name for extra in extras for name in project()["optional-dependencies"][extra]]
    return [Requirement(name) for name in [*project()["dependencies"], *names]]


@cache
def constraints() -> dict[str, str]:
    """Versions by canonical name."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """The modules of a package as dotted names, with their files."""
    for file in sorted((ROOT / package).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts), file


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Every module that a source imports, at its top or within a function, with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{name}.{alias.name}" if name == "gradcheck" else name) for alias in node.names)


def upward(importer: str, imported: Iterable[tuple[int, str]]) -> list[str]:
    """The imports of a module of gradcheck that its part may not have."""
    part = importer.split(".")[1]
    faults = []
    for line, name in imported:
        if name == "gradcheck.__version__":
            continue
        if name.startswith("gradcheck."):
            target = name.split(".")[1]
            if target != part and target not in MAY_IMPORT[part] and (part, name) not in NOTEBOOK:
                faults.append(f"{importer}, line {line}, imports {name}, which stands above it")
        elif name.startswith((".", "reference")):
            faults.append(f"{importer}, line {line}, imports {name}: only gradcheck's absolute names are expected")
    return faults


def loaded_by(code: str) -> list[str]:
    """The heavy packages that are loaded after running a piece of Python in a fresh process."""
    probe = f"import sys\n{code}\nprint('loaded:', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True, encoding="utf-8", cwd=ROOT)
    names = done.stdout.rpartition("loaded: ")[2].split()
    return [name for name in HEAVY if name in names]


def test_the_top_level_holds_only_what_belongs_there() -> None:
    found = {path.parts[0] for path in tracked()}
    assert found == TOP_LEVEL


def test_no_file_names_a_machine() -> None:
    """Paths of one machine, and hosts of package registries."""
    machine = re.compile(
        r"(?<![\w.+/])/(?:wor[k]|tm[p]|roo[t])/|https?://\S*/simpl[e]\b|index-ur[l]|\bpypi\.or[g]|pythonhoste[d]"
    )
    found = []
    for path in tracked():
        if path.suffix not in {".woff2", ".png"}:
            for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
                found += [f"{path}:{number}: {match[0]}" for match in machine.finditer(line)]
    assert found == []


def test_the_constraints_are_plain_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.]*", line)] == []
    assert lines == sorted(lines, key=lambda line: line.partition("==")[0].lower())
    assert len(constraints()) == len(lines)


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_the_constraints_satisfy_the_bounds(requirement: Requirement) -> None:
    (bound,) = requirement.specifier
    assert bound.operator == ">="
    assert Version(constraints()[canonicalize_name(requirement.name)]) in requirement.specifier


def test_the_constraints_hold_all_that_is_installed_and_nothing_else() -> None:
    installed: dict[str, str] = {}
    needed: set[str] = set()
    queue = declared()
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        needed.add(name)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and name not in installed:
            installed[name] = importlib.metadata.version(name)
            queue += [Requirement(text) for text in importlib.metadata.requires(name) or ()]
    if any(constraints().get(name, version) != version for name, version in installed.items()):
        pytest.skip("this environment was made without constraints.txt")
    assert set(installed) <= set(constraints()), "`make constraints` adds what is missing"
    # Another platform or Python version may need more than is installed here.
    assert set(constraints()) <= needed, "`make constraints` removes what nothing asks for"


def test_the_version_is_told_once() -> None:
    assert importlib.metadata.version("gradcheck") == gradcheck.__version__, "`pip install -e .` was not run since"
    assert project()["dynamic"] == ["version"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import gradcheck") == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["audit", "--help"], ["show", "--help"], ["--version"]], ids=" ".join
)
def test_asking_for_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(f"from gradcheck.cli import main\nmain({arguments!r}, standalone_mode=False)") == []


def test_what_is_heavy_would_be_noticed() -> None:
    assert loaded_by("import gradcheck\ngradcheck.check_claim\nimport pandas") == ["flint", "pandas"]


def test_every_module_belongs_to_a_part() -> None:
    parts = {name.split(".")[1] for name, _ in modules("gradcheck")}
    assert parts == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("name", "file"), list(modules("gradcheck")), ids=lambda value: value if isinstance(value, str) else ""
)
def test_imports_run_downwards(name: str, file: Path) -> None:
    assert upward(name, imports(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("importer", "source", "message"),
    [
        ("gradcheck.report.table", "from gradcheck.audit import Audit", None),
        ("gradcheck.report.table", "from gradcheck.report import text", None),
        ("gradcheck.checking", "from gradcheck.judge import judge", None),
        (
            "gradcheck.judge",
            "from gradcheck.checking import check",
            "gradcheck.judge, line 1, imports gradcheck.checking",
        ),
        (
            "gradcheck.claim",
            "def f():\n    from gradcheck import checking",
            "gradcheck.claim, line 2, imports gradcheck.checking",
        ),
        ("gradcheck.oracles.autodiff", "import gradcheck.judge", "imports gradcheck.judge, which stands above it"),
        ("gradcheck.audit", "import reference", "only gradcheck's absolute names are expected"),
        ("gradcheck.audit", "from . import check", "only gradcheck's absolute names are expected"),
    ],
)
def test_an_import_upwards_would_be_noticed(importer: str, source: str, message: str | None) -> None:
    faults = upward(importer, imports(source))
    assert faults == [] if message is None else message in faults[0]


@pytest.mark.parametrize(
    ("folder", "dev"), [("gradcheck", False), ("reference", False), ("tests", True), ("benchmarks", True)]
)
def test_every_package_that_is_imported_is_declared(folder: str, dev: bool) -> None:
    owners = importlib.metadata.packages_distributions()
    known = {canonicalize_name(requirement.name) for requirement in declared(dev=dev)}
    known |= {
        "pytest",
        "atheris",
    }  # a plugin is imported by pytest alone; atheris is in [fuzz], and asked for before it is used
    undeclared = []
    for name, file in modules(folder):
        for line, imported in imports(file.read_text(encoding="utf-8")):
            top = imported.partition(".")[0]
            local = (ROOT / folder / top).is_dir() or (ROOT / folder / f"{top}.py").is_file()  # beside a script
            ours = local or top in sys.stdlib_module_names or top in ("gradcheck", "reference", "tests")
            if not ours and not {canonicalize_name(owner) for owner in owners.get(top, ())} & known:
                undeclared.append(f"{name}, line {line}: {imported}")
    assert undeclared == []


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("gradcheck/")}
    assert packed == {str(path) for path in tracked() if path.parts[0] == "gradcheck"}
    assert {"gradcheck/py.typed", "gradcheck/report/templates/page.html"} <= packed
