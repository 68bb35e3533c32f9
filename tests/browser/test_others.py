"""What else a browser is shown: the folder of pages, hostile documents, outputs of notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gradcheck.report import site
from gradcheck.report.html import audit_html
from tests.browser.conftest import Visit, illustrated
from tests.report.test_html import hostile_audit


def test_from_the_first_page_of_a_folder_every_claim_is_found_and_reached(visit: Visit, site_folder: Path) -> None:
    page = visit(site_folder / "index.html")
    assert page.locator("tr[data-claim]").count() == 11 and page.locator(".card").count() == 0
    page.get_by_label("Search").fill("gelu")
    expect(page.locator("output")).to_have_text("1 of 11 claims")
    page.locator("#all").get_by_role("link", name="gelu-derivative").click()
    expect(page).to_have_url(
        re.compile(re.escape("/documents/feedforward-backprop.html#feedforward-backprop--gelu-derivative") + "$")
    )
    expect(page.locator("h1")).to_have_text("feedforward-backprop")
    expect(page.locator("[id='feedforward-backprop--gelu-derivative']")).to_be_in_viewport()
    page.get_by_role("link", name="All documents").click()
    expect(page).to_have_url(re.compile(re.escape("/index.html") + "$"))
    page.get_by_role("link", name="fully-connected", exact=True).click()
    expect(page.locator("figure svg")).to_have_count(4)
    assert page.get_by_label("Document").count() == 0  # there is one alone


def test_a_folder_is_read_without_its_script(visit: Visit, site_folder: Path) -> None:
    page = visit(site_folder / "index.html", java_script_enabled=False)
    assert page.locator("tr[data-claim]:visible").count() == 11 and page.locator(".filter").is_hidden()
    page.locator("#glance a").first.click()
    expect(page.locator("article.card h3").first).to_be_visible()


@pytest.mark.parametrize("kind", ["page", "folder"])
def test_nothing_foreign_runs(visit: Visit, tmp_path: Path, kind: str) -> None:
    audit = hostile_audit()
    (tmp_path / "audit.html").write_text(audit_html(audit), encoding="utf-8")
    files = {"page": [tmp_path / "audit.html"], "folder": site.write(audit, tmp_path / "site")}[kind]
    for file in (file for file in files if file.suffix == ".html"):
        page = visit(file, "?search=%3Cimg%20src=x%20onerror=alert(1)%3E#%22onload=alert(1)")
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        for button in page.locator("thead button").all():
            button.dispatch_event("click")
        page.get_by_label("Search").fill("<img src=x onerror=alert(1)>")
        expect(page.locator("output")).to_contain_text(" of ")
        assert page.locator("img, iframe, object, embed, [href^='javascript' i], [onerror], [onload]").count() == 0
        assert page.locator("script").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_outputs_of_notebooks_have_no_script_and_are_read_on_any_paper(
    visit: Visit, plots: None, tmp_path: Path, scheme: str
) -> None:
    audit = illustrated()
    outputs = audit._repr_html_() + "".join(verdict._repr_html_() for verdict in audit.verdicts)
    colours = {"light": "color: #000; background: #fff", "dark": "color: #ddd; background: #111"}[scheme]
    file = tmp_path / "notebook.html"
    file.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="{colours}">{outputs}', encoding="utf-8")
    page = visit(file)
    assert page.locator("script, img, style").count() == 0
    assert page.locator("math").count() > 15
    assert page.locator("merror, code.latex").count() == 0
    page.locator("summary").first.click()
    expect(page.locator("details pre").first).to_be_visible()
