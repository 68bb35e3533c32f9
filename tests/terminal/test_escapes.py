"""What a hostile folder makes the command print in a real terminal: colours, and nothing else that a terminal obeys.

The commands run in a pseudo-terminal, as a person runs them, on a folder in which every name and every text is hostile.
"""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.commands.output import FORMATS

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\u2066\x08\r::error::x"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PROGRESS = re.compile(
    r"\x1b\[(?:\?25[lh]|[0-9]*[AGK])"
)  # of a progress bar: the cursor hidden, up, to a column; a line cleared
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def obeyed(shown: str) -> list[str]:
    """What a terminal obeys in an output, apart from line ends, colours and what a progress bar needs."""
    kept = _PROGRESS.sub("", _COLOUR.sub("", shown)).replace("\r\n", "\n")
    return [shown[max(found.start() - 20, 0) : found.end() + 20] for found in _OBEYED.finditer(kept.replace("\r", ""))]


def in_a_terminal(folder: Path, *arguments: str) -> tuple[str, int]:
    """What `gradcheck` shows in a terminal, and its exit code."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, "-m", "gradcheck", *arguments]
    running = subprocess.Popen(command, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b"".join(_read(master))
    os.close(master)
    return shown.decode("utf-8", "surrogateescape"), running.wait()


def _read(master: int) -> Iterator[bytes]:
    """All that comes, until the last process has closed the terminal."""
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says at the end
                raise
            return
        if not piece:
            return
        yield piece


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents of every format, sheets, and names of files, all hostile."""
    made = tmp_path_factory.mktemp("hostile")
    formula = rf"\frac{{d}}{{dx}} x^2 = 3x \text{{{EVIL}}}"
    wrong = r"\frac{d}{dx} x^2 = 3x"
    texts = {
        "notes.md": f"# {EVIL}\n\n${wrong}$ {EVIL} ${formula}$ <!-- gradcheck: {EVIL} = 1 -->\n\n$${EVIL}$$\n\n\\[ {EVIL}",
        "paper.tex": rf"${wrong}$ \input{{{EVIL}}} \[ {formula} \] \newcommand{{\{EVIL}}}{{x}}",
        "page.html": f"<p>${wrong}$ ${formula}$</p><math>{EVIL}</math><!-- gradcheck: {EVIL} -->",
        "text.rst": f":math:`{wrong}` :math:`{formula}`\n\n.. gradcheck: {EVIL}\n",
        "book.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": [f"${wrong}$ {EVIL} ${EVIL}$"]}]}),
        "broken.ipynb": f'{{"{EVIL}',
        "notes.md.gradcheck.toml": '[[formula]]\nline = 99\nquote = "\\u001b[2J\\u202e"\n"a\\u001b[2Jb" = "c"\n',
        "far.gradcheck.toml": 'document = "/elsewhere/\\u001b]0;owned\\u0007"\n',
        f"{EVIL}.md": f"${wrong}$\n",
        f"{EVIL}.tex": rf"\input{{{EVIL}}} ${wrong}$",
    }
    for name, text in texts.items():
        (made / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return made


def test_what_a_terminal_obeys_is_found() -> None:
    assert obeyed("\x1b[1;31mred\x1b[0m and \x1b[?25l\x1b[2Kprogress\r\n\ttab") == []
    for evil in ("\x1b]0;x\x07", "\x1b[2J", "\x9b31m", "\u202e", "\x08", "\x1bc", "\x1b[6n", "\x1b[5;5H", "\ufeff"):
        assert obeyed(f"a{evil}b") != [], evil


@pytest.mark.parametrize("form", sorted({*FORMATS} - {"parquet"}))
def test_no_format_of_an_audit_hands_on_an_escape(folder: Path, form: str) -> None:
    shown, code = in_a_terminal(folder, "audit", ".", "--format", form)
    assert code in (1, 2)
    assert "fails" in shown
    assert obeyed(shown) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("formula", rf"\frac{{d}}{{dx}} x^2 = 3x {EVIL}"), "is not understood"),
        (("formula", r"\frac{d}{dx} x^2 = 3x", "--where", f"x {EVIL} in R"), ""),
        (("derive", "notes.md"), ""),
        (("derive", "."), ""),
        (("sheet", "notes.md"), "hash"),
        (("sheet", f"{EVIL}.md"), "hash"),
        (("audit", "far.gradcheck.toml"), "outside of the sheet's folder"),
        (("audit", f"none{EVIL}.md"), "there is no such file"),
        (("show", f"none{EVIL}", "--path", "."), ""),
        (("diff", f"none{EVIL}.json", f"other{EVIL}.json"), ""),
        (("report", f"none{EVIL}.json"), ""),
    ],
    ids=lambda given: given[0] + str(len(given)) if isinstance(given, tuple) else "",
)
def test_no_command_hands_on_an_escape(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    shown, _ = in_a_terminal(folder, *(argument.replace("\x00", "") for argument in arguments))
    assert "Traceback" not in shown
    assert told in " ".join(shown.split())
    assert obeyed(shown) == []
