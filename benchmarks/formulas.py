"""Judges every row of a file of derivative formulas through `gradcheck.check_latex`, and counts.

    python benchmarks/formulas.py PATH [--show]

A row is a JSON object with the fields ``latex``, ``derivative_of`` and ``truth`` (right, wrong or ambiguous). The first two
are all that is judged from, those of the row itself and of the rows around it, since rows say "same C" of what stands above;
``truth`` is looked at when all rows are judged. A row is decided when the verdict is *holds*, *fails* or *conditional*. A wrong
verdict is *fails* on what is right, or *holds* or *conditional* on what is wrong.

Given a folder, or a document, it audits the documents themselves without annotation: their formulas by role, the verdicts on
their claims, the findings, and why the others were left open.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import sys
import time
from pathlib import Path

CONSTRUCTS = {
    "fraction of partials": r"\\partial",
    "prime": r"'|\\prime",
    "nabla": r"\\nabla",
    "sum": r"\\sum|\\avgsum",
    "transpose": r"\^\{?\\?(?:T|top|mathrm)",
    "cases or matrix": r"\\begin",
    "superscript in brackets": r"\^\{[(\[]",
    "words": r"\\text|\\mathrm|\\operatorname",
    "chain": r"=.*=",
}


def main() -> int:
    """Exit code 1 where there is a wrong verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--show", action="store_true", help="one line for every row")
    chosen = parser.parse_args()
    if chosen.path.is_dir() or chosen.path.suffix not in (".jsonl", ".json"):
        return documents(chosen.path, chosen.show)
    from gradcheck.formulas.checking import check_latex

    rows = [json.loads(line) for line in chosen.path.read_text(encoding="utf-8").splitlines() if line.strip()]
    began = time.perf_counter()
    verdicts = []
    for number, row in enumerate(rows):
        start = time.perf_counter()
        try:
            verdict = check_latex(row["latex"], row["derivative_of"], around=nearby(rows, number))
            verdicts.append((verdict.status, verdict.reason or verdict.diagnosis, time.perf_counter() - start))
        except Exception as error:  # noqa: BLE001 - one row must not hide the others
            verdicts.append(("crashed", f"{type(error).__name__}: {error}", time.perf_counter() - start))
    return report(rows, verdicts, time.perf_counter() - began, chosen.show)


def documents(path: Path, show: bool) -> int:
    """The second mode. Exit code 1 where a document cannot be read; what is right in it nobody tells."""
    from gradcheck.audit import documents_in
    from gradcheck.documents.judging import judge_document
    from gradcheck.documents.opening import DocumentError, read_document

    began = time.perf_counter()
    roles: collections.Counter[str] = collections.Counter()
    statuses: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    files = documents_in([path])
    broken = 0
    for file in files:
        start = time.perf_counter()
        try:
            done = judge_document(read_document(file))
        except DocumentError as error:
            print(f"{file}: {error}")
            broken += 1
            continue
        print(f"{done.summary} ({time.perf_counter() - start:.1f} s)")
        roles.update(done.roles)
        for verdict in done.verdicts:
            statuses[verdict.status] += 1
            if verdict.status == "undecided":
                reasons[re.sub(r"\\?[A-Za-z]*[_^{][^\s,]*", "…", verdict.reason)[:90]] += 1
            if show or verdict.status in ("fails", "conditional", "ambiguous"):
                told = verdict.assumption or verdict.diagnosis or verdict.reason
                print(f"  {verdict.claim.name:8} {verdict.status:11} {told[:110]}")
    print(f"{len(files)} documents, {sum(roles.values())} formulas: {dict(roles)}")
    print(f"{sum(statuses.values())} claims: {dict(statuses)}; {time.perf_counter() - began:.0f} s")
    for reason, count in reasons.most_common(20):
        print(f"  {count:3} undecided: {reason}")
    return int(broken > 0)


def nearby(rows: list[dict[str, str]], number: int) -> list[tuple[str, str]]:
    """The rows around a row, the earlier ones first, the nearest of them first: a row that says "same C" rests on them."""
    earlier = rows[max(number - 12, 0) : number][::-1]
    return [(row["latex"], row["derivative_of"]) for row in (*earlier, *rows[number + 1 : number + 2])]


def report(rows: list[dict[str, str]], verdicts: list[tuple[str, str, float]], seconds: float, show: bool) -> int:
    """Prints the counts; here, and only here, is `truth` looked at."""
    decided = wrong = right = 0
    by_shape: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    by_construct: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    lines = []
    for row, (status, reason, took) in zip(rows, verdicts, strict=True):
        mark = outcome(status, row["truth"])
        decided += mark != "open"
        wrong += mark == "WRONG"
        right += mark == "right"
        by_shape[row.get("shape") or "other"][mark] += 1
        for name, pattern in CONSTRUCTS.items():
            if re.search(pattern, row["latex"]):
                by_construct[name][mark] += 1
        if show or mark in ("open", "WRONG"):
            lines.append(f"{mark:6} {row.get('id', ''):22} {row['truth']:9} {status:11} {took:5.2f}s  {reason[:110]}")
    print("\n".join(lines))
    for title, table in (("shape", by_shape), ("construct", by_construct)):
        for name, counts in table.items():
            print(f"{title:10} {name:34.34} {dict(counts)}")
    total = len(rows)
    unread = sum(status == "unreadable" for status, _, _ in verdicts)
    share = 100 * decided / max(total, 1)
    print(f"{total} rows: {total - unread} read, {decided} decided ({share:.0f} %); {seconds:.0f} s")
    print(f"{right} right verdicts, {wrong} wrong verdicts")
    return int(wrong > 0)


def outcome(status: str, truth: str) -> str:
    """right, WRONG, decided (on what is ambiguous), or open."""
    if status not in ("holds", "fails", "conditional"):
        return "open" if status != "ambiguous" or truth != "ambiguous" else "right"
    if truth == "ambiguous":
        return "decided"
    return "right" if (status == "fails") == (truth == "wrong") else "WRONG"


if __name__ == "__main__":
    sys.exit(main())
