"""The documentation runs: Python examples are executed, and what an example prints is what the command prints.

Blocks are ``python`` (executed), ``pycon`` (a session with ``>>>``), ``console`` (a session with ``$``), ``sh``,
``ini`` and ``yaml`` (for people, not run). A ``python`` block whose first line is ``# name.py`` is written to a file of
that name instead, and so is every ``latex``, ``markdown`` and ``toml`` block, for the ``console`` blocks after it, which
run in the same folder, beside copies of ``reference/`` and ``examples/``. In printed output, ``...`` stands for anything;
how long something took is always printed as ``in ...s``. `make docs` writes printed output anew where no other ``...`` is
in it, and ``docs/api.md`` from the docstrings.
"""

from __future__ import annotations

import difflib
import doctest
import importlib.metadata
import inspect
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sybil import Document, Example
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

import gradcheck
from gradcheck import strategies
from gradcheck.documents.sheets import SUFFIX
from gradcheck.documents.words import WORDS
from tests import api_page

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100
DURATION = re.compile(r"\bin \d+\.\d+s\b")
MASKED = "in ...s"
# By these pytest and Hypothesis know that they run in CI, where they print more.
TELLS_CI = ("CI", "BUILD_NUMBER", "TF_BUILD", "BUILDKITE", "CIRCLECI", "CIRRUS_CI", "GITHUB_ACTIONS", "GITLAB_CI")

RULED = re.compile(r"^=+( .* in \.\.\.s )=+$")


def without_duration(line: str) -> str:
    """A line with its duration masked; pytest rules its last line out to a width that depends on it."""
    return RULED.sub(r"=====\1=====", DURATION.sub(MASKED, line))


# Every fenced block, by language: one that is added, lost or misspelt is noticed.
FILES = ("latex", "markdown", "toml")  # written to the file that the first line names
BLOCKS: dict[str, dict[str, int]] = {
    "CONTRIBUTING.md": {"sh": 1},
    "README.md": {"python": 3, "console": 5, "markdown": 1, "sh": 1},
    "SECURITY.md": {},
    "docs/auditing.md": {"markdown": 4, "latex": 1, "toml": 2, "console": 8},
    "docs/ci.md": {"markdown": 1, "console": 2, "yaml": 2},
    "docs/claims.md": {"python": 8, "pycon": 8},
    "docs/derivations.md": {"console": 3, "python": 1},
    "docs/derivatives.md": {"python": 2, "pycon": 4},
    "docs/formulas.md": {"console": 5},
    "docs/getting_started.md": {"python": 8, "pycon": 4, "console": 5},
    "docs/library.md": {"console": 3, "python": 1},
    "docs/health.md": {"python": 1, "console": 1},
    "docs/migrating.md": {"python": 2, "pycon": 3},
    "docs/pictures.md": {"python": 1, "pycon": 1},
    "docs/pytest.md": {"python": 2, "console": 3, "ini": 1},
    "docs/results.md": {"markdown": 2, "console": 3, "yaml": 1},
    "docs/scale.md": {},
    "docs/scaling.md": {},
    "docs/security.md": {"sh": 1},
    "docs/speed.md": {},
    "docs/store.md": {},
    "docs/training.md": {"sh": 1, "console": 1, "python": 1, "pycon": 1},
    "docs/verdicts.md": {"python": 1},
    "docs/workers.md": {"python": 2, "console": 2, "sh": 1},
    "examples/layers/README.md": {"python": 1, "console": 2},
}


class Examples:
    """Runs the examples of one document, in order, in a folder; an evaluator returns what is wrong, if anything is."""

    def __init__(self, folder: Path, *, rewrite: bool = False) -> None:
        self.folder = folder
        self.rewrite = rewrite
        self.status = 0
        self.replacements: list[tuple[int, int, str]] = []
        self.written: list[str] = []
        self.commands: list[str] = []

    def in_document(self, path: Path) -> Document:
        """A document with its examples."""
        return Document.parse(
            str(path),
            CodeBlockParser("python", self.python),
            CodeBlockParser("pycon", self.session),
            CodeBlockParser("console", self.console),
            *(CodeBlockParser(language, self.file) for language in FILES),
        )

    def python(self, example: Example) -> None:
        """Execute a block, or write it to the file that it names."""
        named = re.match(r"# (\w+\.py)\n", example.parsed)
        if named:
            (self.folder / named[1]).write_text(example.parsed, encoding="utf-8")
            self.written.append(named[1])
        else:
            PythonEvaluator()(example)

    def file(self, example: Example) -> None:
        """Write a block to the file that its first line, a comment, names."""
        named = re.match(r"(?:#|%|<!--) ([\w.]+)(?: -->)?\n", example.parsed)
        assert named is not None, "the first line is a comment that names the file"
        (self.folder / named[1]).write_text(example.parsed, encoding="utf-8")
        self.written.append(named[1])

    def session(self, example: Example) -> str:
        """Compare what a Python session prints."""
        test = doctest.DocTestParser().get_doctest(example.parsed, {}, example.path, example.path, example.line)
        test.globs = example.namespace
        told: list[str] = []
        runner = Session(optionflags=doctest.ELLIPSIS)
        runner.run(test, out=told.append, clear_globs=False)
        if self.rewrite and not runner.raised and all(rewritable(want) for want, _ in runner.differing.values()):
            lines = str(example.parsed).splitlines(keepends=True)
            for lineno, (want, got) in sorted(runner.differing.items(), reverse=True):
                lines[lineno : lineno + want.count("\n")] = [got]
            self.replace(example, "".join(lines))
            return ""
        return "".join(told)

    def replace(self, example: Example, text: str) -> None:
        """Keep new text for a block."""
        start = example.region.start + example.parsed.offset
        self.replacements.append((start, start + len(example.parsed), text))

    def console(self, example: Example) -> str | None:
        """Run the lines that start with ``$``; what is wrong with the output printed below them, or None."""
        expected = str(example.parsed)
        found = "".join(f"$ {command}\n{self.run(command)}" for command in commands(expected))
        if matches(expected, found):
            return None
        if self.rewrite and rewritable(expected):
            self.replace(example, found)
            return None
        return difference(expected, found)

    def unused(self) -> list[str]:
        """Files that were written, and that neither a command nor another file of the document names."""
        sources = [(self.folder / name).read_text(encoding="utf-8") for name in self.written]
        imported = {module for source in sources for module in re.findall(r"^from (\w+) import", source, re.MULTILINE)}
        ran = " ".join(self.commands)
        names = {name: name.removesuffix(SUFFIX) for name in self.written}  # a claim sheet is read with its document
        return [name for name, used in names.items() if used not in ran and Path(name).stem not in imported]

    def rewritten(self, text: str) -> str:
        """The document's text with the real output in place of the printed one."""
        for start, end, found in reversed(self.replacements):
            text = text[:start] + found + text[end:]
        return text

    def run(self, command: str) -> str:
        """What a command prints on both streams, without trailing blanks; ``$?`` is the status of the one before."""
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "COLUMNS": str(WIDTH),
            "NO_COLOR": "1",
            "PYTEST_ADDOPTS": "-p no:cacheprovider --hypothesis-seed=0",
        }
        for name in TELLS_CI:
            environment.pop(name, None)
        done = subprocess.run(
            ["sh", "-c", f"(exit {self.status}); {command}"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        self.status = done.returncode
        self.commands.append(command)
        return "".join(f"{without_duration(line.rstrip())}\n" for line in done.stdout.splitlines())


class Session(doctest.DocTestRunner):
    """A doctest that remembers, by the line where the printed output begins, what was printed instead."""

    def __init__(self, optionflags: int) -> None:
        super().__init__(verbose=False, optionflags=optionflags)
        self.differing: dict[int, tuple[str, str]] = {}
        self.raised = False

    def report_failure(self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str) -> None:
        """As usual, and remembered."""
        self.differing[example.lineno + example.source.count("\n")] = (example.want, got)
        super().report_failure(out, test, example, got)

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        """As usual, and remembered: there is nothing to write."""
        self.raised = True
        super().report_unexpected_exception(out, test, example, exc_info)


def rewritable(printed: str) -> bool:
    """Whether printed output stands for itself, not for anything that fits; pytest cuts its own lines with dots."""
    return not any("..." in line for line in printed.replace(MASKED, "").splitlines() if not line.startswith("FAILED "))


def commands(block: str) -> Iterator[str]:
    """The commands of a shell example."""
    for line in block.splitlines():
        if line.startswith("$ "):
            yield line[2:]


def matches(expected: str, found: str) -> bool:
    return doctest.OutputChecker().check_output(expected, found, doctest.ELLIPSIS)


def difference(expected: str, found: str) -> str:
    return "\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(), "printed", "real", lineterm=""))


def languages(path: Path) -> Counter[str]:
    """How many fenced blocks of each language a document has; a block without a language counts as ''."""
    document = Document.parse(str(path))
    fences = len(re.findall(r"^ *```", document.text, re.MULTILINE)) // 2
    found = Counter(region.lexemes["language"] for region in FencedCodeBlockLexer(r".+")(document))
    return found + Counter({"": fences - found.total()})


def documents() -> list[str]:
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    return sorted(str(file.relative_to(ROOT)) for file in files if file.name not in ("CHANGELOG.md", "api.md"))


def test_every_block_of_every_document_is_known() -> None:
    assert {name: dict(languages(ROOT / name)) for name in documents()} == BLOCKS


def other_versions() -> list[str]:
    """The packages on whose version printed output depends, where it is not that of constraints.txt."""
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    return [name for name in ("hypothesis", "pytest") if importlib.metadata.version(name) != pinned[name]]


@pytest.mark.skipif(bool(other_versions()), reason="printed output is that of the versions in constraints.txt")
@pytest.mark.parametrize("name", documents())
def test_examples(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    for folder in ("reference", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    examples = Examples(tmp_path, rewrite=pytestconfig.getoption("--rewrite-docs"))
    document = examples.in_document(ROOT / name)
    ran = 0
    for example in document.examples():
        example.evaluate()
        ran += 1
    assert ran == sum(count for language, count in BLOCKS[name].items() if language not in ("sh", "ini", "yaml"))
    assert examples.unused() == []
    if examples.replacements:
        (ROOT / name).write_text(examples.rewritten(document.text), encoding="utf-8")


def test_the_words_of_annotations_are_those_that_exist() -> None:
    text = (ROOT / "docs" / "auditing.md").read_text(encoding="utf-8")
    rows = "".join(f"| `{name}` | `{word.example}` | {word.means} |\n" for name, word in WORDS.items())
    assert f"| word | for instance | says |\n|---|---|---|\n{rows}\n" in text


def test_commands_for_make_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        word
        for name in documents()
        for word in re.findall(r"\bmake (\w+)\b", (ROOT / name).read_text(encoding="utf-8"))
    }
    assert named
    assert named <= targets


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("$ echo one; exit 3\none\n$ echo $?\n3\n", None),
        ("$ echo one\n...\n", None),
        ("$ echo one\ntwo\n", "-two\n+one"),
        ("$ printf 'one\\ntwo'\none\n", "+two"),
        ("$ sh -c 'echo told >&2; exit 1'\n$ echo $?\n1\n", "+told"),
    ],
)
def test_a_shell_example_is_compared_with_what_the_command_prints(
    printed: str, message: str | None, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"A page.\n\n```console\n{printed}```\n", encoding="utf-8")
    examples = Examples(tmp_path)
    (example,) = examples.in_document(page).examples()
    found = examples.console(example)
    assert found is None if message is None else found is not None and message in found


def test_a_block_that_names_a_file_is_written_and_must_be_used(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\n# one.py\nprint(1)\n```\n\n```console\n$ python one.py\n1\n```\n", encoding="utf-8")
    examples = Examples(tmp_path)
    first, second = examples.in_document(page).examples()
    first.evaluate()
    assert (tmp_path / "one.py").read_text(encoding="utf-8") == "# one.py\nprint(1)\n"
    assert examples.unused() == ["one.py"]
    second.evaluate()
    assert examples.unused() == []


def test_a_session_is_compared_and_a_block_executed_in_the_same_names(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\na = 1\n```\n\n```pycon\n>>> a + 1\n3\n```\n", encoding="utf-8")
    first, second = Examples(tmp_path).in_document(page).examples()
    first.evaluate()
    with pytest.raises(AssertionError, match=r"Expected:\n\s+3\nGot:\n\s+2"):
        second.evaluate()


def test_a_duration_is_printed_as_anything(tmp_path: Path) -> None:
    assert Examples(tmp_path).run("echo 3 passed in 0.25s, found in 7s") == "3 passed in ...s, found in 7s\n"
    assert Examples(tmp_path).run("echo === 3 passed in 12.25s =====") == "===== 3 passed in ...s =====\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("```console\n$ echo one\nold\n```\n", "```console\n$ echo one\none\n```\n"),
        ("```pycon\n>>> 1 + 1\n3\n>>> 2\n2\n>>> 5\n```\n", "```pycon\n>>> 1 + 1\n2\n>>> 2\n2\n>>> 5\n5\n```\n"),
        ("```console\n$ echo in 0.25s\nold in ...s\n```\n", "```console\n$ echo in 0.25s\nin ...s\n```\n"),
    ],
)
def test_rewriting_puts_the_real_output_in_place_of_the_printed_one(old: str, new: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{old}", encoding="utf-8")
    examples = Examples(tmp_path, rewrite=True)
    document = examples.in_document(page)
    for example in document.examples():
        example.evaluate()
    assert examples.rewritten(document.text) == f"Before.\n\n{new}"


def test_what_stands_for_anything_is_not_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```pycon\n>>> 1 + 1\n3...\n```\n", encoding="utf-8")
    examples = Examples(tmp_path, rewrite=True)
    (example,) = examples.in_document(page).examples()
    with pytest.raises(AssertionError, match=r"Got:\n\s+2"):
        example.evaluate()


def test_the_pages_of_the_public_names_are_those_of_the_docstrings(pytestconfig: pytest.Config) -> None:
    file = ROOT / "docs" / "api.md"
    if pytestconfig.getoption("--rewrite-docs"):
        file.write_text(api_page.page(), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == api_page.page(), "run 'make docs'"


def test_every_public_name_has_a_place_on_that_page() -> None:
    placed = [name for names in api_page.CHAPTERS.values() for name in names]
    drawing = [f"strategies.{name}" for name, found in vars(strategies).items() if is_defined_in(found, strategies)]
    assert sorted(placed) == sorted([*gradcheck.__all__, *drawing])


def is_defined_in(found: Any, module: ModuleType) -> bool:
    return inspect.isfunction(found) and found.__module__ == module.__name__ and not found.__name__.startswith("_")


def a_function(x: float, *others: int, mode: str = "sum") -> float:
    """Do something.

    A paragraph with ``code``.

    Args:
        x: a number, and what
            it means.
        *others: more of them.
        mode: another.

    Raises:
        ValueError: always.
    """
    raise ValueError


def test_a_docstring_becomes_markdown() -> None:
    assert "\n".join(api_page.entry("a_function", a_function)).split("\n") == [
        "### `a_function`",
        "",
        "```text",
        "a_function(x: float, *others: int, mode: str = 'sum') -> float",
        "```",
        "",
        "Do something.",
        "",
        "A paragraph with `code`.",
        "",
        "**Args**",
        "",
        "- `x`: a number, and what",
        "  it means.",
        "- `*others`: more of them.",
        "- `mode`: another.",
        "",
        "**Raises**",
        "",
        "- `ValueError`: always.",
        "",
    ]
