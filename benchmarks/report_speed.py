"""How fast a report of many claims is made, is first seen, and answers: medians, and their ratios to what is wanted.

The claims are those of ``reference/``, taken again and again with other names, formulas and numbers, so that no cache makes it
easy; their pictures go along. What is wanted of 2,000 claims: rendered in 10 s, first paint after 1 s, filtered in 100 ms.
Chromium opens the page, and the folder of pages, from a disk. All seconds are the processor's, but those until the first paint.

    python benchmarks/report_speed.py [claims]
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gradcheck import audit as audits
from gradcheck.audit import Audit
from gradcheck.claim import Claim
from gradcheck.picture import Agreement, Curve, Heat, Picture, Sweep
from gradcheck.pictures import illustrate
from gradcheck.report import site
from gradcheck.report.html import audit_html
from gradcheck.verdict import Counterexample, Verdict

CLAIMS = 2_000
RENDERED, PAINTED, FILTERED = 10.0, 1.0, 0.1  # seconds that are wanted
ROUNDS = 5

FILTER = """([name, value]) => {
    const form = document.querySelector("form.filter");
    form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
}"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def many(audit: Audit, count: int) -> Audit:
    """An audit of ``count`` claims, no two of them alike."""
    claims: dict[str, Claim] = {}
    verdicts: list[Verdict] = []
    for number in range(count):
        verdict = audit.verdicts[number % len(audit.verdicts)]
        again = number // len(audit.verdicts)
        claim = _other(verdict.claim, again, number)
        claims[claim.key] = claim
        verdicts.append(_varied(verdict, claim, number))
    return Audit(tuple(claims.values()), tuple(verdicts), audit.problems, audit.seed, audit.paths)


def _other(claim: Claim, again: int, number: int) -> Claim:
    """A claim of another document, under another name, with another formula."""
    source = claim.source
    latex = source.origin not in ("sentence", "code")
    formula = (
        source.formula + (rf" \quad (k_{{{number}}} = {number})" if latex else f" ({number})") if source.formula else ""
    )
    return dataclasses.replace(
        claim,
        name=f"{claim.name}-{number}",
        corrects=None,
        source=dataclasses.replace(
            source, document=f"{source.document}-{again}", line=source.line + number, formula=formula
        ),
    )


def _varied(verdict: Verdict, claim: Claim, number: int) -> Verdict:
    """The verdict with other numbers and pictures."""

    def point(shown: Counterexample | None) -> Counterexample | None:
        if shown is None:
            return None
        entries = tuple(dataclasses.replace(entry, error=entry.error * (1 + number)) for entry in shown.entries)
        return dataclasses.replace(shown, entries=entries, inputs={**shown.inputs, "k": number})

    return dataclasses.replace(
        verdict,
        claim=claim,
        counterexample=point(verdict.counterexample),
        sample=point(verdict.sample),
        read=tuple(f"{statement} \\quad k = {number}" for statement in verdict.read),
        pictures=tuple(_scaled(picture, 1 + number / 10_000) for picture in verdict.pictures),
    )


def _scaled(picture: Picture, factor: float) -> Picture:
    """The same picture of other numbers."""

    def scaled(values: Iterable[float | None]) -> tuple[float | None, ...]:
        return tuple(None if value is None else value * factor for value in values)

    if isinstance(picture, Curve):
        return dataclasses.replace(picture, claimed=scaled(picture.claimed), true=scaled(picture.true))
    if isinstance(picture, Heat):
        return dataclasses.replace(picture, errors=tuple(map(scaled, picture.errors)))
    if isinstance(picture, Sweep):
        return dataclasses.replace(picture, errors=scaled(picture.errors))
    assert isinstance(picture, Agreement)
    return dataclasses.replace(picture, digits={name: scaled(values) for name, values in picture.digits.items()})


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """How many seconds of processor it takes, and what comes of it."""
    start = time.process_time()
    made = what()
    return time.process_time() - start, made


def told(what: str, seconds: list[float], wanted: float) -> None:
    """A line: the median, and its ratio to what is wanted."""
    median = statistics.median(seconds)
    print(f"{what:<44} {median:7.3f} s, {median / wanted:5.2f} of the {wanted:g} s wanted (median of {len(seconds)})")


def _spent(page: Any, engine: Any, field: str, value: str) -> float:
    """The seconds of processor that a filter takes, with style and layout; other programs do not count."""

    def busy() -> float:
        metrics = {metric["name"]: metric["value"] for metric in engine.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"])

    before = busy()
    page.evaluate(FILTER, [field, value])
    return busy() - before


def opened(browser: Any, file: Path, name: str) -> None:
    """Times of a page in a browser."""
    paints, filters, searches = [], [], []
    for _ in range(ROUNDS):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(file.as_uri(), wait_until="load")
        paints.append(page.evaluate(PAINT))
        page.wait_for_timeout(1_000)
        page.evaluate(FILTER, ["search", "gathered"])
        page.evaluate(FILTER, ["search", ""])
        engine = page.context.new_cdp_session(page)
        engine.send("Performance.enable", {"timeDomain": "threadTicks"})
        filters += [_spent(page, engine, "outcome", value) for value in ("fails", "holds", "")]
        searches += [_spent(page, engine, "search", value) for value in ("softmax", "sigmoid 12", "")]
        page.close()
    told(f"{name}: first paint", paints, PAINTED)
    told(f"{name}: filtered by outcome, laid out", filters, FILTERED)
    told(f"{name}: searched, laid out", searches, FILTERED)


def main() -> None:
    """Print the figures."""
    from playwright.sync_api import sync_playwright

    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    claims, problems = audits.collect(["reference"])
    reference = illustrate(audits.audit(claims, problems, paths=["reference"]))
    audit = many(reference, count)
    pictures = sum(len(verdict.pictures) for verdict in audit.verdicts)
    print(
        f"{count} claims, {pictures} pictures, {len({verdict.claim.source.document for verdict in audit.verdicts})} documents"
    )
    pages, page = timed(lambda: audit_html(audit))
    sites, folder = timed(lambda: site.pages(audit))
    told("one page: rendered, pictures drawn", [pages], RENDERED)
    told("folder: rendered, pictures drawn", [sites], RENDERED)
    print(f"one page has {len(page) / 1e6:.1f} MB, the folder's first {len(folder['index.html']) / 1e6:.1f} MB")
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as where, sync_playwright() as playwright:
        alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=executable, args=alone)
        (Path(where) / "audit.html").write_text(page, encoding="utf-8")
        opened(browser, Path(where) / "audit.html", "one page")
        opened(browser, site.write(audit, Path(where) / "site")[0], "first page of the folder")
        browser.close()


if __name__ == "__main__":
    main()
