"""The catalogue as people use it: searched and filtered without a server, linked, copied from, on paper; and accessible."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gradcheck.library.catalogue import Fault
from gradcheck.library.entries import read
from gradcheck.library.page import catalogue_html
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.browser.test_accessibility import violations
from tests.library.conftest import make
from tests.library.sheets import RIGHT, WRONG

MORE = """
OTHERS = Library("others", "notes.py", "Others")
OTHERS.formula(
    "double", "Twice", formula="f(x) = x^2", forward=square, inputs={"x": Reals()}, derivative=square_derivative,
    printed="f'(x) = 2 x", source="nobody", notes="Found by the word porcupine.",
)
"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two families on a disk, with a claim that does not hold."""
    made = make(tmp_path_factory.mktemp("catalogue"), RIGHT + WRONG.replace("lambda x: x * x", "square") + MORE)
    return made.folder / "catalogue.html"


def shown(visited: object) -> list[str]:
    """The entries that are to be seen, by their fragment."""
    cards = visited.locator("article[data-family]:visible")  # type: ignore[attr-defined]
    return [card.get_attribute("data-claim") for card in cards.all()]


def test_search_finds_names_other_names_and_latex(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    assert len(shown(page)) == 7
    search = page.get_by_label("Search")
    search.fill("SQUARE numpy")
    expect(page.locator("output")).to_have_text("1 of 7 formulas")
    assert shown(page) == ["notes--square"]
    expect(page).to_have_url(re.compile(r"\?search=SQUARE\+numpy$"))
    search.fill("porcupine")
    expect(page.locator("article[data-claim='others--double']")).to_be_visible()
    assert shown(page) == ["others--double"]
    assert page.get_by_role("heading", name="Notes <of mine>").all() == []  # a family of which nothing is left
    search.fill("e^x - 1")
    expect(page.locator("output")).to_have_text("2 of 7 formulas")
    search.fill("no such thing")
    expect(page.locator(".nothing")).to_be_visible()
    assert shown(page) == []


def test_families_and_verdicts_are_chosen_and_the_contents_follow(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.get_by_label("Family").select_option("Others")
    assert shown(page) == ["others--double"]
    assert page.locator("#contents li:visible").all_text_contents() == ["Twice"]
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Verdict").select_option("not held")
    expect(page.locator("output")).to_have_text("2 of 7 formulas")
    assert shown(page) == ["notes--wrong", "notes--misprinted"]
    page.reload()
    assert shown(page) == ["notes--wrong", "notes--misprinted"]


def test_a_link_leads_to_an_entry_whatever_the_filter_says(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, "?family=others#notes--excess")
    expect(page.locator("[id='notes--excess']")).to_be_in_viewport()
    page.get_by_role("button", name="Clear").click()
    page.locator("#contents").get_by_role("link", name="Square").click()
    expect(page.locator("[id='notes--square']")).to_be_in_viewport()


def test_code_is_folded_and_can_be_copied(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, permissions=["clipboard-read", "clipboard-write"])
    card = page.locator("article[data-claim='notes--excess']")
    code = card.locator("pre")
    assert code.is_hidden()
    card.locator("summary").filter(has_text="Code").click()
    expect(code).to_contain_text("def stable_excess(x):")
    card.get_by_role("button", name="Copy code").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("import numpy as np\n")


def test_without_its_script_and_on_paper_everything_is_there(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, java_script_enabled=False)
    assert page.locator("article[data-family]:visible").count() == 7 and page.locator(".filter").is_hidden()
    printed = visit(page_file)
    printed.emulate_media(media="print")
    assert printed.locator("article[data-claim='notes--excess'] pre").is_visible()
    assert printed.locator(".filter").is_hidden()


def test_formulas_are_typeset_and_faults_stand_at_the_top(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    assert page.locator("article[data-claim='notes--square'] math").count() == 2
    expect(page.locator("#problems")).to_contain_text("keeps fewer digits than the textbook")
    expect(page.locator("header.page .alarm")).to_contain_text("1 claim does not hold; 2 faults.")


def test_two_hundred_and_thirty_entries_stay_light_and_quick(visit: Visit, page_file: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    made = read((page_file.parent / "catalogue.json").read_text(encoding="utf-8"))
    one = made.entries[1]
    many = [replace(one, key=f"notes::excess-{n}", name=f"excess-{n}") for n in range(230)]
    text = catalogue_html(replace(made, entries=tuple(many)))
    assert len(text.encode()) < 2_000_000
    file = tmp_path / "many.html"
    file.write_text(text, encoding="utf-8")
    page = visit(file)
    page.get_by_label("Search").fill("excess-117")
    expect(page.locator("output")).to_have_text("1 of 230 formulas", timeout=30_000)
    assert shown(page) == ["notes--excess-117"]


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_catalogue_is_accessible(visit: Visit, page_file: Path, scheme: str, width: dict[str, int]) -> None:
    assert violations(visit(page_file, color_scheme=scheme, width=width)) == []


def test_a_page_with_hostile_words_runs_none_of_them(visit: Visit, page_file: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    made = read((page_file.parent / "catalogue.json").read_text(encoding="utf-8"))
    bad = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    odd = replace(
        made.entries[0], title=bad, notes=bad, source=bad, also=(bad,), formula=bad, code=bad, kinks=bad, why=bad
    )
    file = tmp_path / "odd.html"
    file.write_text(catalogue_html(replace(made, entries=(odd,)), (Fault(bad, bad),)), encoding="utf-8")
    assert visit(file).locator("article img, article script").count() == 0
