"""Derivative rules that others wrote by hand, audited as installed: HIPS autograd, JAX, optax and PyTorch.

    python benchmarks/peers_rules.py [--package torch] [--function log_ndtr] [--list] [--write reports/peers_rules.md]

Needs gradcheck and mpmath; packages that are not installed are left out and named. Exits with 0 whatever is found: the
packages are not ours. What is found is a candidate until it is in the table of `rule_audits.reviewed`, where somebody has
worked it out by hand; the page prints the others as not yet reviewed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from rule_audits.auditing import PACKAGES, Audited, audit
from rule_audits.page import page, summary


def main() -> None:
    """Audit, print the counts, and write the page if asked to."""
    os.environ["GRADCHECK_NO_STORE"] = "1"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--package", action="append", choices=list(PACKAGES), help="only this package (may be repeated)"
    )
    parser.add_argument("--function", action="append", help="only functions whose name contains this (may be repeated)")
    parser.add_argument("--list", action="store_true", help="print each function as it is audited")
    parser.add_argument("--write", type=Path, help="write the page to this file")
    options = parser.parse_args()
    parts = options.function

    def wanted(name: str) -> bool:
        return not parts or any(part in name for part in parts)

    found: list[Audited] = []
    for package in options.package or PACKAGES:
        audited = audit(package, wanted, print_each=options.list)
        if audited.missing:
            print(f"{package} is left out: {audited.missing}", file=sys.stderr)
        found.append(audited)
    print(summary(found))
    if options.write is not None:
        options.write.write_text(page(found), encoding="utf-8")
        print(f"wrote {options.write}")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
