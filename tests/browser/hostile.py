"""Strings that try to act in a page, and how often they did: in Chromium, in every page that we write.

Each of them, run, would set ``window.owned``, open a dialog, or ask for something over the network.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route

from gradcheck.derivations import api
from gradcheck.derivations.html import page as derivation_page
from gradcheck.derivations.model import DerivationReport
from gradcheck.report import site
from gradcheck.report.html import audit_html

_MARK = "foreign text"
DEED = "(top.owned=1,alert(1))"
STRINGS = (
    f"<script>{DEED}</script>",
    f"</script><script>{DEED}</script>",
    f"<img src=x onerror={DEED}>",
    f'"><img src=x onerror={DEED}>',
    f"'><svg onload={DEED}>",
    f'" onmouseover={DEED} autofocus onfocus={DEED} tabindex=1 x="',
    f"<a href=javascript:{DEED}>x</a>",
    f"[x](javascript:{DEED})",
    f"javascript:{DEED}",
    f"<iframe srcdoc='<script>{DEED}</script>'></iframe>",
    f"<iframe src=javascript:{DEED}>",
    f"<object data=data:text/html,<script>{DEED}</script>>",
    f"<math><mtext><style><img src=x onerror={DEED}></style></mtext></math>",
    f"<math href=javascript:{DEED}>x</math>",
    f"<svg><animate onbegin={DEED} attributeName=x dur=1s>",
    f"<svg><script>{DEED}</script></svg>",
    f"</style><script>{DEED}</script>",
    f"</title><script>{DEED}</script>",
    f"</textarea><script>{DEED}</script>",
    f"--><script>{DEED}</script><!--",
    f"]]><script>{DEED}</script>",
    f"&lt;script&gt;{DEED}&lt;/script&gt;",
    f"&#60;script&#62;{DEED}&#60;/script&#62;",
    f"\\u003cscript\\u003e{DEED}\\u003c/script\\u003e",
    f"{{{{ ''.__class__ }}}}{{% set x = {DEED} %}}",
    f"${{{DEED}}}`{DEED}`",
    f"\\href{{javascript:{DEED}}}{{x}}",
    f"\\url{{javascript:{DEED}}}\\html{{<script>{DEED}</script>}}",
    f"\\class{{x}}{{x}}\\style{{background:url(javascript:{DEED})}}{{x}}\\htmlData{{onload={DEED}}}{{x}}",
    f"\\text{{<img src=x onerror={DEED}>}}",
    f"\\begin{{x onerror={DEED}}}x\\end{{x}}",
    f"x_{{<img src=x onerror={DEED}>}}",
    "<style>@import url(http://127.0.0.1:9/x)</style><link rel=stylesheet href=http://127.0.0.1:9/y>",
    "<img src=http://127.0.0.1:9/leak>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/away'>",
    "<base href=http://127.0.0.1:9/>",
    f"<form action=javascript:{DEED}><button autofocus>x</button></form>",
    f"\u202e<script>{DEED}</script>\u2066",
    f"\x00<scr\x00ipt>{DEED}</script>",
    f"<\u200bscript>{DEED}</script>",
    f"+ADw-script+AD4-{DEED}+ADw-/script+AD4-",
    f"\ufeff<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>{DEED}</x:script>",
)


def pages(evil: str, folder: Path) -> Iterator[Path]:
    """Every kind of page that we write, with the string wherever foreign text can stand."""
    from tests.report.test_html import hostile_audit

    audit = hostile_audit(evil)
    yield _written(folder / "audit.html", audit_html(audit))
    yield from (file for file in site.write(audit, folder / "site") if file.suffix == ".html")
    outputs = audit._repr_html_() + "".join(verdict._repr_html_() for verdict in audit.verdicts)
    yield _written(folder / "notebook.html", f'<!DOCTYPE html><meta charset="utf-8"><body>{outputs}')
    yield _written(folder / "derivation.html", derivation_page([_with(_derivation(), evil)]))


@functools.cache
def _derivation() -> DerivationReport:
    """A report with a mark wherever foreign text can stand."""
    line = (f"2x {_MARK}", lambda x: 3 * x)
    return api.derivation(lambda x: x * x, (3.0,), steps=[line], rules=[_MARK], about=_MARK, name=f"line {_MARK}")


def _with(node: Any, evil: str) -> Any:
    """A report, or a part of one, with the string in the place of the mark."""
    if isinstance(node, str):
        return node.replace(_MARK, evil)
    if isinstance(node, tuple):
        return tuple(_with(part, evil) for part in node)
    if isinstance(node, dict):
        return {_with(key, evil): _with(part, evil) for key, part in node.items()}
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        made = {one.name: _with(getattr(node, one.name), evil) for one in dataclasses.fields(node) if one.init}
        return dataclasses.replace(node, **made)
    return node


def executions(browser: Browser, folder: Path, strings: tuple[str, ...] = STRINGS) -> dict[str, list[str]]:
    """For each string that acted in a page: in which, and what it did."""
    found: dict[str, list[str]] = {}
    for number, evil in enumerate(strings):
        for page in pages(evil, folder / str(number)):
            if acted := acts(browser, page):
                found.setdefault(evil, []).append(f"{page.name}: {', '.join(acted)}")
    return found


def acts(browser: Browser, file: Path) -> list[str]:
    """What a page does that only a foreign string would ask for, once everything in it is opened and pressed."""
    told: list[str] = []
    context = browser.new_context()
    try:
        context.route("**/*", lambda route: _only_files(route, told))
        page = context.new_page()
        page.on("dialog", lambda dialog: (told.append("a dialog"), dialog.dismiss()))
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        page.evaluate("document.querySelectorAll('[onmouseover], [onfocus]').forEach(one => one.focus())")
        page.wait_for_timeout(20)
        if page.evaluate("window.owned"):
            told.append("a script")
        foreign = "iframe, object, embed, base, form[action], [href^='javascript' i], [onerror], [onload], [onfocus], [onbegin]"
        if page.locator(foreign).count():
            told.append("an element")
    finally:
        context.close()
    return told


def _only_files(route: Route, told: list[str]) -> None:
    """Nothing leaves the machine."""
    url = route.request.url
    if url.startswith(("file:", "data:")):
        route.continue_()
    else:
        told.append(f"a request for {url}")
        route.abort()


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode("utf-8", "backslashreplace"))
    return file
