"""Pages in a headless Chromium that reaches nothing.

Whatever a page asks for beside its own files, and every error that it logs, makes the test fail. One browser serves a file
of tests: Playwright's event loop runs in its thread, and must not be there for other tests.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, Route, sync_playwright

from gradcheck.audit import Audit
from gradcheck.picture import Agreement, Curve, Heat, Picture, Quality, Range, Sweep
from gradcheck.report import site
from gradcheck.report.html import audit_html
from gradcheck.verdict import Verdict
from tests.report.conftest import _make

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
_NAMES = ("chromium", "chromium-browser", "google-chrome")

Visit = Callable[..., Page]


def launched(playwright: Playwright) -> Browser:
    """Chromium: the one that is installed, else Playwright's own. Raises Playwright's Error where none starts."""
    installed = next(filter(None, map(shutil.which, _NAMES)), None)
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # root has no sandbox
    return playwright.chromium.launch(executable_path=installed, args=alone)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it, the tests are skipped."""
    with sync_playwright() as playwright:
        try:
            started = launched(playwright)
        except Error as error:
            pytest.skip(f"no Chromium starts: {error.message.splitlines()[0]}; try: playwright install chromium")
        yield started
        started.close()


def svg(picture: Picture, title: str) -> str:
    """Stands for the pictures, which have tests of their own."""
    line = '<path d="M0 60L100 0" stroke="currentColor"/>'
    return f'<svg role="img" aria-label="{type(picture).__name__}: {title}" viewBox="0 0 100 60">{line}</svg>'


@pytest.fixture
def plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures without matplotlib."""
    monkeypatch.setattr("gradcheck.report.plots.svg", svg)


def illustrated() -> Audit:
    """The audit of the other renderings' tests, in which the wrong ELU has one picture of each kind, and an unstable claim."""
    audit = _make()
    quality = Quality(
        "x",
        (
            Range("float64", -700.0, 1000.0, (-1000.0, 1000.0), "overflows below"),
            Range("float32", None, None, (-1000.0, 1000.0), "cancels"),
        ),
        "right, but unstable below x = -700 in float64",
    )
    pictures = (
        Curve("X[0]", (-1.0, 0.0, 1.0), (0.0, 0.0, 1.0), (0.37, 1.0, 1.0), kinks=(0.0,), marked=(-1.0,)),
        Heat(((0.37, 0.0), (0.0, 0.0)), ((0, 0),), "output", "X", "X = [-1, 0.5]"),
        Sweep((1e-8, 1e-4), (1e-9, 1e-7), 0.37, 1e-4),
        Agreement("X[0]", (-1.0, 1.0), {"float64": (15.0, 16.0)}),
    )

    def more(verdict: Verdict) -> Verdict:
        if verdict.claim.name == "elu-jacobian":
            return dataclasses.replace(verdict, pictures=pictures, read=(r"J_{i,j} = 1",))
        return dataclasses.replace(verdict, quality=quality) if verdict.claim.name == "softmax-jacobian" else verdict

    return dataclasses.replace(audit, verdicts=tuple(map(more, audit.verdicts)))


@pytest.fixture
def page_file(plots: None, tmp_path: Path) -> Path:
    """The page on a disk."""
    file = tmp_path / "audit.html"
    file.write_text(audit_html(illustrated()), encoding="utf-8")
    return file


@pytest.fixture
def site_folder(plots: None, tmp_path: Path) -> Path:
    """The folder of pages on a disk."""
    site.write(illustrated(), tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a file; at the end of the test nothing may have left the machine or gone wrong in the page."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def only_files(route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            troubles.append(f"asked for {route.request.url}")
            route.abort()

    def open_page(file: Path, after: str = "", *, width: dict[str, int] = DESKTOP, **options: Any) -> Page:
        context = browser.new_context(viewport=width, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.route("**/*", only_files)
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(file.as_uri() + after)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
