"""The page as people use it: sorting, filters, search, links, themes, paper, keyboard, and without its script."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Visit

ELU = "fully-connected--elu-jacobian"
SOFTMAX = "fully-connected--softmax-jacobian"


def column(page: Page, number: int) -> list[str]:
    """The text of a column of the large table, as far as its rows are shown."""
    cells = page.locator(f"#all tbody tr:not([hidden]) > :nth-child({number})")
    return [" ".join(text.split()) for text in cells.all_text_contents()]


def header(page: Page, name: str) -> str:
    """How the header of a column of the large table says that it is sorted."""
    return page.locator("#all thead th").filter(has_text=re.compile(f"^{name}$")).get_attribute("aria-sort") or ""


def press(page: Page, name: str) -> None:
    """Sorts by a column."""
    page.locator("#all thead").get_by_role("button", name=name, exact=True).click()


def test_columns_of_numbers_are_sorted_as_numbers_and_what_is_missing_comes_last(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    press(page, "line")
    assert header(page, "line") == "ascending"
    lines = [int(line) for line in column(page, 2)]
    assert lines == sorted(lines) and [str(line) for line in lines] != sorted(map(str, lines))
    press(page, "line")
    assert header(page, "line") == "descending"
    assert [int(line) for line in column(page, 2)] == sorted(lines, reverse=True)
    press(page, "digits")
    assert header(page, "line") == "" and header(page, "digits") == "ascending"
    assert column(page, 9) == ["48", "55", *[""] * 9]
    press(page, "digits")
    assert column(page, 9) == ["55", "48", *[""] * 9]


def test_every_column_can_be_sorted_and_verdicts_are_by_severity(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    before = sorted(column(page, 3))
    for name in page.locator("#all thead th").all_inner_texts():
        press(page, name)
        assert header(page, name) == "ascending"
        assert sorted(column(page, 3)) == before
    press(page, "verdict")
    order = ["fails", "conditional", "ambiguous", "undecided", "unreadable", "holds"]
    assert list(dict.fromkeys(column(page, 7))) == order
    press(page, "claim")
    assert column(page, 3) == sorted(before, key=str.casefold)


def test_sorting_works_with_the_keyboard_alone(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.locator("#all thead").get_by_role("button", name="line", exact=True).focus()
    page.keyboard.press("Enter")
    assert header(page, "line") == "ascending"
    page.keyboard.press("Space")
    assert header(page, "line") == "descending"


def test_filters_act_on_rows_cards_and_overviews_alike_and_are_in_the_address(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.get_by_label("Outcome").select_option("fails")
    expect(page.locator("output")).to_have_text("3 of 11 claims")
    assert set(column(page, 7)) == {"fails"}
    assert page.locator("article.card:visible").count() == page.locator("#glance li:visible").count() == 3
    assert page.locator("#holding").is_hidden() and page.locator("#quality").is_hidden()
    page.get_by_label("Kind").select_option("jacobian")
    assert column(page, 3) == ["elu-jacobian"]
    press(page, "line")
    press(page, "line")
    expect(page).to_have_url(re.compile(r"\?outcome=fails&kind=jacobian&sort=-line$"))
    page.reload()
    assert column(page, 3) == ["elu-jacobian"] and header(page, "line") == "descending"
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("output")).to_have_text("")
    expect(page).to_have_url(re.compile(r"\?sort=-line$"))
    assert len(column(page, 3)) == 11


def test_a_document_can_be_chosen(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, "?document=network-basics")
    assert set(column(page, 1)) == {"network-basics"}
    assert page.get_by_label("Document").input_value() == "network-basics"
    assert visit(page_file, "?document=gone&outcome=odd").locator("#all tbody tr:visible").count() == 11


def test_search_finds_words_and_latex_and_says_when_it_finds_nothing(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    search = page.get_by_label("Search")
    search.fill("SIGN reversed")
    expect(page.locator("output")).to_have_text("1 of 11 claims")
    assert column(page, 3) == ["cross-entropy-softmax"]
    expect(page).to_have_url(re.compile(r"\?search=SIGN\+reversed$"))
    search.fill(r"\hat Y")
    expect(page.locator("output")).to_have_text("1 of 11 claims")
    search.fill("no such thing")
    expect(page.locator(".nothing")).to_be_visible()
    assert column(page, 3) == [] and page.locator("article.card:visible").count() == 0


def test_a_link_to_a_claim_opens_it_and_shows_it_whatever_the_filter_says(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, f"?outcome=fails#{SOFTMAX}")
    expect(page.locator(f"[id='{SOFTMAX}']")).to_be_in_viewport()
    expect(page.locator("output")).to_have_text("3 of 11 claims")
    assert page.locator(f"details[data-claim='{SOFTMAX}']").get_attribute("open") == ""
    page.locator("#all").get_by_role("link", name="elu-jacobian", exact=True).click()
    expect(page.locator(f"[id='{ELU}']")).to_be_in_viewport()
    assert page.url.endswith(f"?outcome=fails#{ELU}")
    assert page.locator(f"details[data-claim='{SOFTMAX}']").is_hidden()


def test_a_fragment_that_names_nothing_is_no_error(visit: Visit, page_file: Path) -> None:
    assert visit(page_file, "#100%25-gone").locator("article.card:visible").count() > 3
    assert visit(page_file, "#%E0%A4%A").locator("article.card:visible").count() > 3


def paper(page: Page) -> str:
    """The colour behind the page."""
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def test_the_theme_is_that_of_the_system_until_another_is_chosen(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    light = paper(page)
    page.emulate_media(color_scheme="dark")
    dark = paper(page)
    assert light != dark
    toggle = page.get_by_role("button", name="Theme:")
    toggle.click()
    assert paper(page) == light and toggle.inner_text() == "Theme: light"
    page.reload()
    assert paper(page) == light and toggle.inner_text() == "Theme: light"
    toggle.click()
    page.emulate_media(color_scheme="light")
    assert paper(page) == dark
    toggle.click()
    assert paper(page) == light and toggle.inner_text() == "Theme: system"


def test_on_paper_everything_is_open_and_nothing_is_to_be_pressed(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, color_scheme="dark")
    closed = page.locator(f"details[data-claim='{SOFTMAX}'] .reproduce")
    assert closed.is_hidden()
    page.emulate_media(media="print", color_scheme="dark")
    assert paper(page) == "rgb(255, 255, 255)"
    assert closed.is_visible()
    for control in (".filter", ".theme", ".copy", ".skip"):
        assert page.locator(control).first.is_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_latex_and_commands_can_be_copied(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, permissions=["clipboard-read", "clipboard-write"])
    card = page.locator(f"article[data-claim='{ELU}']")
    card.locator(".source > summary").first.click()
    copy = card.get_by_role("button", name="Copy LaTeX").first
    copy.click()
    expect(copy.or_(card.get_by_role("button", name="Copied")).first).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith(r"J_{i,j} &= \left\{")
    card.locator(".reproduce .copy").click()
    expect(card.locator(".reproduce .copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "gradcheck show fully-connected::elu-jacobian"
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')) }")
    expect(card.locator(".reproduce .copy")).to_have_text("Copy")
    card.locator(".reproduce .copy").click()
    expect(card.locator(".reproduce .copy")).to_contain_text("Selected")
    assert page.evaluate("String(getSelection())") == "gradcheck show fully-connected::elu-jacobian"


def test_a_card_shows_what_is_printed_what_is_read_pictures_and_ranges(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    card = page.locator(f"article[data-claim='{ELU}']")
    assert card.locator(".forms math").count() == 2
    assert card.locator("figure svg[role=img]").count() == 4
    assert "at X = [-1, 0.5]" in card.locator("figcaption").all_text_contents()[1]
    assert card.locator(".first-wrong").count() == 0
    page.goto(page_file.as_uri() + f"#{SOFTMAX}")
    ranges = page.locator(f"details[data-claim='{SOFTMAX}'] .ranges")
    assert "[-700, 1000]" in ranges.inner_text() and "nowhere" in ranges.inner_text()
    assert "unstable below x = -700 in float64" in (page.locator("#quality").text_content() or "")
    assert "unstable below" in (page.locator(f"tr[data-claim='{SOFTMAX}']").text_content() or "")


def test_the_skip_link_is_the_first_stop_and_the_focus_is_seen(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_headings_are_in_order(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_nothing_is_wider_than_a_phone(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, width=PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_its_script_the_page_is_read_in_full(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, f"#{SOFTMAX}", java_script_enabled=False)
    for control in (".filter", ".theme", ".copy", "thead button"):
        assert page.locator(control).locator("visible=true").count() == 0
    assert page.locator("article.card:visible").count() == 9
    assert page.locator("#all tbody tr:visible").count() == 11
    expect(page.locator(f"[id='{SOFTMAX}']")).to_be_visible()  # the browser itself opens what a link leads to
    page.locator(".more > summary").first.click()
    assert page.locator(".more").first.get_by_text("Inputs", exact=True).is_visible()


def test_only_the_pages_own_script_runs(browser: Browser, page_file: Path) -> None:
    file = page_file.with_name("injected.html")
    source = page_file.read_text(encoding="utf-8").replace("</main>", "<script>window.injected = 1</script></main>")
    file.write_text(source, encoding="utf-8")
    told: list[str] = []
    with browser.new_page() as page:
        page.on("console", lambda said: told.append(said.text))
        page.goto(file.as_uri())
        assert page.evaluate("window.injected") is None
    assert len(told) == 1 and "Content Security Policy" in told[0]
