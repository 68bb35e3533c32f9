"""The pre-commit hook and the GitHub Action: their files say what the tools expect, and what they run does what it should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gradcheck.cli import main
from gradcheck.commands.output import FORMATS

ROOT = Path(__file__).resolve().parents[1]

RIGHT = "# Notes\n\nThe sigmoid $s(x) = \\frac{1}{1 + e^{-x}}$ has $s'(x) = s(x) (1 - s(x))$.\n"
WRONG = RIGHT.replace("1 - s(x)", "1 + s(x)")


def loaded(name: str) -> Any:
    """A YAML file of the project."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def environment(**more: str) -> dict[str, str]:
    """The environment, with the command and the Python of these tests first on the path."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]), **more}


def hook() -> dict[str, Any]:
    """The one hook."""
    (only,) = loaded(".pre-commit-hooks.yaml")
    assert isinstance(only, dict)
    return only


def test_the_hook_has_what_pre_commit_asks_for() -> None:
    assert {"id", "name", "entry", "language"} <= set(hook())
    assert hook()["language"] == "python"
    assert hook()["types_or"] == ["markdown", "tex", "rst", "jupyter", "html"]


@pytest.mark.parametrize(("text", "status"), [(RIGHT, 0), (WRONG, 1)], ids=["right", "wrong"])
def test_the_hook_passes_notes_that_are_right_and_names_the_place_in_those_that_are_wrong(
    tmp_path: Path, text: str, status: int
) -> None:
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text(text if name == "two.md" else RIGHT, encoding="utf-8")
    command = [*hook()["entry"].split(), "one.md", "two.md"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert "one.md: 2 formulas found" in done.stderr
    if status:
        assert re.fullmatch(r"two\.md:3:48: fails: s'\(x\) = s\(x\) \(1 \+ s\(x\)\): .*\n", done.stdout)
    else:
        assert done.stdout == ""
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.md", "two.md"]


def test_notes_without_a_formula_pass_the_hook_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "plain.md").write_text("# Nothing\n\nIt costs $5 and $6.\n", encoding="utf-8")
    command = [*hook()["entry"].split(), "plain.md"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "plain.md: 0 formulas found" in done.stderr


def action() -> dict[str, Any]:
    """The action."""
    made: dict[str, Any] = loaded("action.yml")
    return made


def test_the_action_has_what_github_asks_for() -> None:
    assert {"name", "description", "inputs", "runs"} <= set(action())
    assert action()["runs"]["using"] == "composite"
    for step in action()["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "uses" in step or step["shell"] == "bash"
    for given in action()["inputs"].values():
        assert given["description"]
        assert isinstance(given["default"], str)
    assert action()["inputs"]["format"]["default"] in FORMATS


def test_every_input_is_used_and_none_of_them_is_text_of_a_script() -> None:
    steps = action()["runs"]["steps"]
    used = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", yaml.safe_dump(steps))
    assert sorted(used) == sorted(action()["inputs"])
    assert [step["name"] for step in steps if "${{" in step.get("run", "")] == []


def audited(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """What the action's last step does in a folder, with these inputs and the others as they are by default."""
    step = action()["runs"]["steps"][-1]
    given = {name: value["default"] for name, value in action()["inputs"].items()} | inputs
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], value)
        for name, value in step["env"].items()
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_annotates_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "sub folder").mkdir()
    (tmp_path / "sub folder" / "notes.md").write_text(WRONG, encoding="utf-8")
    (tmp_path / "setup.py").write_text("raise SystemExit('not to be run')", encoding="utf-8")
    done = audited(tmp_path)
    assert done.returncode == 1, done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("::error file=sub folder/notes.md,line=3,col=48,endLine=3,endColumn=")
    assert last.startswith("::notice title=gradcheck::sub folder/notes.md: 2 formulas found")


def test_the_action_takes_paths_line_by_line_a_baseline_and_a_file(tmp_path: Path) -> None:
    for name, text in (("a b.md", WRONG), ("-c.md", RIGHT), ("$(touch d).md", WRONG)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    made = [
        sys.executable,
        "-m",
        "gradcheck",
        "audit",
        "--no-files",
        "--write-baseline",
        "base.toml",
        "--reason",
        "old",
    ]
    subprocess.run([*made, "a b.md"], cwd=tmp_path, capture_output=True, check=True)
    done = audited(tmp_path, paths="a b.md\n-c.md\n", baseline="base.toml", format="lines", to="out.txt")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").endswith("(accepted: old)\n")
    done = audited(tmp_path, paths="$(touch d).md", format="lines")
    assert done.returncode == 1
    assert done.stdout.startswith("$(touch d).md:3:48: fails:")
    assert not (tmp_path / "d").exists()


def test_the_documentation_of_both_is_what_they_take() -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    (hooks,) = [block for block in blocks if "repos" in block]
    assert hooks["repos"][0]["hooks"][0]["id"] == hook()["id"]
    steps = [step for block in blocks if "jobs" in block for step in block["jobs"]["notes"]["steps"]]
    given = [set(step.get("with", {})) for step in steps if "gradcheck" in step["uses"]]
    assert given
    assert all(inputs <= set(action()["inputs"]) for inputs in given)
    for name in action()["inputs"]:
        assert f"| `{name}` |" in text
    options = {name for option in main.commands["audit"].params for name in option.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) <= options
