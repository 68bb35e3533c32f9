"""The command ``gradcheck``, also as ``python -m gradcheck``: an audit that was kept is told again without any of its parts."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the process was started with."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["audit"]:
        from gradcheck.store import runs

        code = runs.replay(arguments)
        if code is not None:
            sys.exit(code)
        runs.asked = arguments
    from gradcheck.cli import main as command

    command(prog_name="gradcheck")


if __name__ == "__main__":
    main()
