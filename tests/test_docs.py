"""The documentation runs: Python examples are executed, and what an example prints is what the command prints.

Blocks are ``python`` (executed), ``pycon`` (a session with ``>>>``), ``console`` (a session with ``$``) and ``sh`` (for
people, not run). A ``python`` block whose first line is ``# name.py`` is also written to a file of that name, for the
``console`` blocks after it, which run in the same folder, beside a copy of ``reference/``. In printed output, ``...``
stands for anything.
"""

from __future__ import annotations

import difflib
import doctest
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Example
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100

# Every fenced block, by language: one that is added, lost or misspelt is noticed.
BLOCKS: dict[str, dict[str, int]] = {
    "CONTRIBUTING.md": {"sh": 1},
    "README.md": {"python": 1, "console": 3, "pycon": 1, "sh": 1},
    "docs/claims.md": {"python": 7, "pycon": 7},
    "docs/verdicts.md": {},
}


class Examples:
    """Runs the examples of one document, in order, in a folder; an evaluator returns what is wrong, if anything is."""

    def __init__(self, folder: Path, *, rewrite: bool = False) -> None:
        self.folder = folder
        self.rewrite = rewrite
        self.status = 0
        self.replacements: list[tuple[int, int, str]] = []

    def in_document(self, path: Path) -> Document:
        """A document with its examples."""
        return Document.parse(
            str(path),
            CodeBlockParser("python", self.python),
            CodeBlockParser("pycon", self.session),
            CodeBlockParser("console", self.console),
        )

    def python(self, example: Example) -> None:
        """Execute a block, and write it to the file that it names."""
        named = re.match(r"# (\w+\.py)\n", example.parsed)
        if named:
            (self.folder / named[1]).write_text(example.parsed, encoding="utf-8")
        PythonEvaluator()(example)

    def session(self, example: Example) -> str:
        """Compare what a Python session prints."""
        test = doctest.DocTestParser().get_doctest(example.parsed, {}, example.path, example.path, example.line)
        test.globs = example.namespace
        told: list[str] = []
        doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=told.append, clear_globs=False)
        return "".join(told)

    def console(self, example: Example) -> str | None:
        """Run the lines that start with ``$``; what is wrong with the output printed below them, or None."""
        expected = str(example.parsed)
        found = "".join(f"$ {command}\n{self.run(command)}" for command in commands(expected))
        if matches(expected, found):
            return None
        if self.rewrite and "..." not in expected:
            start = example.region.start + example.parsed.offset
            self.replacements.append((start, start + len(expected), found))
            return None
        return difference(expected, found)

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
        }
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
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


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
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(str(file.relative_to(ROOT)) for file in files if file.name != "CHANGELOG.md")


def test_every_block_of_every_document_is_known() -> None:
    assert {name: dict(languages(ROOT / name)) for name in documents()} == BLOCKS


@pytest.mark.parametrize("name", documents())
def test_examples(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    shutil.copytree(ROOT / "reference", tmp_path / "reference", ignore=shutil.ignore_patterns("__pycache__"))
    examples = Examples(tmp_path, rewrite=pytestconfig.getoption("--rewrite-docs"))
    document = examples.in_document(ROOT / name)
    ran = 0
    for example in document.examples():
        example.evaluate()
        ran += 1
    assert ran == sum(count for language, count in BLOCKS[name].items() if language != "sh")
    if examples.replacements:
        (ROOT / name).write_text(examples.rewritten(document.text), encoding="utf-8")


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


def test_a_session_is_compared_and_a_block_executed_in_the_same_names(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\n# one.py\na = 1\n```\n\n```pycon\n>>> a + 1\n3\n```\n", encoding="utf-8")
    first, second = Examples(tmp_path).in_document(page).examples()
    first.evaluate()
    assert (tmp_path / "one.py").read_text(encoding="utf-8") == "# one.py\na = 1\n"
    with pytest.raises(AssertionError, match=r"Expected:\n\s+3\nGot:\n\s+2"):
        second.evaluate()


def test_rewriting_puts_the_real_output_in_place_of_the_printed_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before.\n\n```console\n$ echo one\nold\n```\n", encoding="utf-8")
    examples = Examples(tmp_path, rewrite=True)
    document = examples.in_document(page)
    for example in document.examples():
        example.evaluate()
    assert examples.rewritten(document.text) == "Before.\n\n```console\n$ echo one\none\n```\n"
