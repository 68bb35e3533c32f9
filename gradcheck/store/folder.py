"""Where verdicts are kept unless a file is named: a folder of their own in the working folder, out of the sight of git."""

from __future__ import annotations

from contextlib import suppress

TYPE_CHECKING = False  # a run is told again without typing and pathlib
if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ".gradcheck_cache"
FILE = "verdicts.sqlite"

_SAID = {
    ".gitignore": "# Made by gradcheck.\n*\n",
    "CACHEDIR.TAG": (
        "Signature: 8a477f597d28d172789f06886806bc55\n# Made by gradcheck; see https://bford.info/cachedir/\n"
    ),
    "README.md": (
        "# What gradcheck computed before\n\n"
        "`verdicts.sqlite` holds the verdicts of earlier audits, so that `gradcheck audit` checks again only what changed.\n"
        "Removing this folder loses nothing but time.\n"
    ),
}


def default(folder: Path | None = None) -> Path:
    """The file in the working folder, with what tells others what the folder is. Nothing is raised where it cannot be made."""
    from pathlib import Path

    place = (folder or Path()) / FOLDER
    with suppress(OSError):
        place.mkdir(exist_ok=True)
        for name, text in _SAID.items():
            if not (place / name).exists():
                (place / name).write_text(text, encoding="utf-8", newline="\n")
    return place / FILE
