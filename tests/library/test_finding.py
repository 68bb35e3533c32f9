"""Formulas are found by what they are called anywhere, with typing mistakes; for what is not there, what is near is told."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.library.entries import Catalogue, Entry, Proven, Variable, read
from gradcheck.library.finding import find, nearest

ROOT = Path(__file__).resolve().parents[2]


def entry(name: str, title: str, family: str = "layers", **fields: Any) -> Entry:
    given: dict[str, Any] = {
        "key": f"{family}::{name}",
        "name": name,
        "title": title,
        "family": family,
        "formula": "y = f(x)",
        "form": "derivative",
        "inputs": (Variable("x", "real, scalar", "y' = f'(x)"),),
        "cotangents": (),
        "printed": "",
        "source": "somebody",
        "kinks": "",
        "also": (),
        "notes": "",
        "code": f"def {name.replace('-', '_')}(x):\n    return x\n",
        "functions": ("f", "g"),
        "stable": ("", ""),
        "why": "",
        "digits": (),
        "claims": (Proven(name, "derivative by x", "holds", True, 40, "holds, certified, to 40 digits"),),
        "compared": "agrees",
    }
    return Entry(**{**given, **fields})


CATALOGUE = Catalogue(
    {"layers": "Layers", "norms": "Norms", "activations": "Activations"},
    (
        entry("layer-norm", "Layer normalisation", also=("torch.nn.LayerNorm", "flax.linen.LayerNorm")),
        entry("batch-norm", "Batch normalisation", "norms", also=("torch.nn.BatchNorm1d",)),
        entry(
            "dense",
            "Dense layer (fully connected, linear)",
            also=("torch.nn.Linear",),
            notes="A layer norm may follow.",
        ),
        entry("softplus", "Softplus", "activations", also=("jax.nn.softplus",)),
        entry("gelu", "GELU, Gaussian error linear unit", "activations", also=("jax.nn.gelu",)),
    ),
)


def found(asked: str) -> list[str]:
    return [hit.entry.name for hit in find(CATALOGUE, asked)]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("layer norm", "layer-norm"),
        ("LayerNorm", "layer-norm"),
        ("torch.nn.LayerNorm", "layer-norm"),
        ("LAYER NORMALISATION", "layer-norm"),
        ("layer normalization", "layer-norm"),
        ("layers::layer-norm", "layer-norm"),
        ("sofplus", "softplus"),
        ("fully connected", "dense"),
        ("gaussian", "gelu"),
        ("batchnorm", "batch-norm"),
        ("norm batch", "batch-norm"),
    ],
)
def test_what_is_meant_comes_first(asked: str, first: str) -> None:
    assert found(asked)[0] == first


def test_every_word_must_be_found_and_a_name_beats_a_note() -> None:
    assert found("layer norm") == ["layer-norm", "dense"]
    assert set(found("norm")) == {"layer-norm", "batch-norm", "dense"} and found("norm")[-1] == "dense"
    assert found("layer gelu") == found("convolution") == found("") == found("?!") == []
    assert [hit.exact for hit in find(CATALOGUE, "Linear")] == [True, False]


def test_what_is_near_is_named() -> None:
    assert nearest(CATALOGUE, "lyr nrm")[:1] == ["layer-norm"]
    assert nearest(CATALOGUE, "sftpls")[0] == "softplus"
    assert nearest(CATALOGUE, "qqqq") == []


@pytest.fixture
def asking(tmp_path: Path) -> Any:
    """Runs the command on the catalogue above."""
    from gradcheck.library.entries import written

    file = tmp_path / "catalogue.json"
    file.write_text(written(CATALOGUE), encoding="utf-8")

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["find", *arguments, "--catalogue", str(file)])

    return ask


def test_one_formula_is_told_in_full_and_others_are_mentioned(asking: Any) -> None:
    done = asking("layer", "norm")
    assert done.exit_code == 0
    for part in ("Layer normalisation  (layers::layer-norm)", "  holds, certified, to 40 digits", "    y' = f'(x)"):
        assert part in done.stdout
    assert "    def layer_norm(x):\n        return x\n" in done.stdout
    assert asking("softplus").stdout.count("Softplus") == 1 and "also found" not in asking("softplus").stdout


def test_several_are_listed_in_a_line_each(asking: Any) -> None:
    done = asking("norm")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["layers::layer-norm", "norms::batch-norm", "layers::dense"]
    assert lines[-1] == "3 found; name one to see it, or see all with --all"
    every = asking("norm", "--all").stdout
    assert every.count("    y = f(x)") == 3


def test_only_the_code_is_printed_where_it_is_clear_whose(asking: Any) -> None:
    assert asking("gelu", "--code").stdout == "def gelu(x):\n    return x\n"
    several = asking("norm", "--code")
    assert (several.exit_code, several.stdout) == (1, "")
    assert several.stderr.startswith("'norm' finds 3 formulas: layers::layer-norm, ")
    assert asking("norm", "--code", "--all").stdout.count("def ") == 3


def test_what_was_found_is_a_catalogue_as_json(asking: Any) -> None:
    only = read(asking("gelu", "--json").stdout)
    assert [one.key for one in only.entries] == ["activations::gelu"] and dict(only.families) == {
        "activations": "Activations"
    }
    assert len(json.loads(asking("norm", "--json").stdout)["entries"]) == 3


def test_an_unknown_word_is_told_with_names_that_are_near(asking: Any) -> None:
    done = asking("lyr", "nrm")
    assert (done.exit_code, done.stdout) == (1, "")
    assert (
        done.stderr == "nothing among 5 formulas is found by 'lyr nrm'; did you mean layer-norm, dense, batch-norm?\n"
    )
    assert "there are these families: layers, norms, activations" in asking("qqqq").stderr


def test_a_catalogue_that_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["find", "relu", "--catalogue", str(tmp_path / "none.json")])
    assert done.exit_code == 2 and "cannot read none.json" in done.stderr


def test_what_a_terminal_would_obey_is_written_out(tmp_path: Path) -> None:
    from gradcheck.library.entries import written

    file = tmp_path / "odd.json"
    odd = Catalogue({"layers": "L"}, (entry("odd", "An \x1b[31modd\x07 one", notes="\u202egnorts"),))
    file.write_text(written(odd), encoding="utf-8")
    done = CliRunner().invoke(main, ["find", "odd", "--catalogue", str(file)])
    assert "\x1b" not in done.stdout and "\u202e" not in done.stdout and r"\x1b[31modd" in done.stdout


def test_looking_up_loads_nothing_heavy() -> None:
    probe = (
        "import sys\nfrom gradcheck.cli import main\nmain(['find', 'softplus'], standalone_mode=False)\n"
        "heavy = {'jax', 'pandas', 'numpy', 'flint', 'jinja2', 'rich', 'scipy', 'sympy', 'matplotlib', 'hypothesis'}\n"
        "print('loaded:', *sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.rpartition("loaded:")[2].strip() == ""
    assert "def softplus(x):" in done.stdout


def test_it_works_from_a_wheel_without_the_repository(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    assert (tmp_path / "installed" / "gradcheck" / "library" / "catalogue.json").is_file()
    folder = str(tmp_path / "installed")
    run = f"import sys; sys.path.insert(0, {folder!r}); import gradcheck.cli as c; print(c.__file__); c.main()"
    done = subprocess.run(
        [sys.executable, "-c", run, "find", "softplus", "--code"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(folder) and "def softplus(x):" in done.stdout
