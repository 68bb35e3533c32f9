"""Foreign strings act in no page; what acts is noticed. `make reliability` tries all of the strings, this a part of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.hostile import STRINGS, acts, executions


@pytest.mark.parametrize(
    ("evil", "deed"),
    [
        (STRINGS[0], "a script"),
        (STRINGS[2], "a dialog"),
        (STRINGS[6], "an element"),
        ("<img src=http://127.0.0.1:9/leak>", "a request for http://127.0.0.1:9/leak"),
    ],
)
def test_what_acts_in_a_page_is_noticed(browser: Browser, tmp_path: Path, evil: str, deed: str) -> None:
    page = tmp_path / "planted.html"
    page.write_text(f"<!DOCTYPE html><p>{evil}</p>", encoding="utf-8")
    assert deed in acts(browser, page)


def test_strings_of_documents_act_in_no_page(browser: Browser, tmp_path: Path) -> None:
    assert executions(browser, tmp_path, STRINGS[::14]) == {}
