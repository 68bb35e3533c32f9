"""No serious or critical violation that axe-core knows of, in light and dark, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Visit, illustrated

# What is out of sight is laid out only as it comes into sight, and axe looks at all of it.
EVERYTHING = "* { content-visibility: visible !important }"
FORMULAS = {
    "exclude": [["math"]]
}  # their hundreds of parts are of one colour; that of the text around them is looked at
OPTIONS = {
    "resultTypes": ["violations"],
    "preload": False,
}  # it would ask for the style sheet, which the page's policy forbids


def violations(page: Page) -> list[str]:
    """The serious and critical ones, with what they are about."""
    page.add_style_tag(content=EVERYTHING)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    # The page measures what comes into sight or is opened: as if all of it were opened now.
    page.evaluate(
        "document.querySelectorAll('.card, #summary').forEach(part => part.dispatchEvent(new Event('toggle')))"
    )
    found = Axe().run(page, FORMULAS, OPTIONS).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:300]}"
        for one in found
        for node in one["nodes"]
        if one["impact"] in ("serious", "critical")
    ]


def test_what_axe_finds_is_not_overlooked(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    bad = (
        '<!DOCTYPE html><html lang="en"><title>bad</title><main><p style="color: #ccc">pale</p><button></button></main>'
    )
    file.write_text(bad, encoding="utf-8")
    assert {one.partition(" ")[0] for one in violations(visit(file))} == {"color-contrast", "button-name"}


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(visit: Visit, page_file: Path, scheme: str, width: dict[str, int]) -> None:
    assert violations(visit(page_file, color_scheme=scheme, width=width)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_folder_is_accessible(visit: Visit, site_folder: Path, scheme: str) -> None:
    assert violations(visit(site_folder / "index.html", color_scheme=scheme)) == []
    assert violations(visit(site_folder / "documents" / "fully-connected.html", color_scheme=scheme)) == []


@pytest.mark.parametrize("colours", ["color: #1c1c1c; background: #fff", "color: #ddd; background: #111"])
def test_outputs_of_notebooks_are_accessible(visit: Visit, plots: None, tmp_path: Path, colours: str) -> None:
    audit = illustrated()
    outputs = audit._repr_html_() + "".join(verdict._repr_html_() for verdict in audit.verdicts)
    file = tmp_path / "notebook.html"
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>notebook</title>'
    file.write_text(f'{head}<body style="{colours}"><main>{outputs}</main>', encoding="utf-8")
    assert violations(visit(file)) == []
