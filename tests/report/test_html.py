"""The page: well formed, self-contained, nothing foreign acts in it, every outcome apart, every link leads home."""

from __future__ import annotations

import base64
import dataclasses
import re
from hashlib import sha256
from html.parser import HTMLParser

from gradcheck.audit import Audit, Problem
from gradcheck.claim import STATUSES, Assumption, Reading, Record, Sheet
from gradcheck.domains import Reals
from gradcheck.report.html import MEANINGS, audit_html
from gradcheck.report.table import COLUMNS
from gradcheck.verdict import Branch, Counterexample, Entry, Evidence, ReadingResult, StepResult, Verdict

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)> \u202e{{ 7 * 7 }}"


class Page(HTMLParser):
    """The elements of a page, its identifiers, its links, and the text inside each kind of element."""

    VOID = frozenset({"meta", "link", "input", "br", "img", "mspace", "col"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
            self.text.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text[tag][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str | None]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def hostile_audit(evil: str = HOSTILE) -> Audit:
    """An audit in which every piece of foreign text tries to be markup."""
    claim = Sheet(evil, evil, evil).claim(
        evil,
        "equality",
        1,
        evil,
        primal=abs,
        claimed=(Reading(evil, abs),),
        inputs={evil: Reals()},
        assumptions=(Assumption(evil, stated=False),),
        recorded=Record("ambiguous", evil),
        notes=evil,
    )
    sentence = Sheet("d", "", "").claim(
        evil, "equality", 2, evil, origin="sentence", primal=abs, claimed=abs, inputs={"x": Reals()}
    )
    correction = Sheet(evil, evil, evil).claim(
        "right", "equality", 3, evil, primal=abs, claimed=abs, inputs={"x": Reals()}, corrects=evil
    )
    verdict = Verdict(
        claim,
        "fails",
        reason=evil,
        evidence=(Evidence("autodiff", "abstains", evil, evil, evil),),
        counterexample=Counterexample({evil: 1.0}, (Entry((0,), evil, evil, 1.0, True),), {evil: evil}),
        diagnosis=evil,
        assumption=evil,
        readings=(ReadingResult(evil, "fails", False, evil),),
        steps=(StepResult(evil, "fails", evil, evil),),
        branches=(Branch(evil, 1, 2, 3),),
        notes=(evil,),
    )
    verdicts = (verdict, Verdict(sentence, "undecided", reason=evil), Verdict(correction, "holds"))
    problem = Problem(evil, evil, evil)
    return Audit((claim, sentence, correction), verdicts, (problem,), 0, (evil,))


def test_the_page_is_well_formed_and_identifiers_are_unique(full_audit: Audit) -> None:
    page = Page(audit_html(full_audit))
    assert page.open == []
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))


def test_nothing_foreign_becomes_markup() -> None:
    source = audit_html(hostile_audit())
    page = Page(source)
    assert page.open == []
    assert len(page.named("script")) == 1 and page.named("img") == []
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "alert(1)" not in page.text["script"][0]
    assert "alert(1)" in "".join(page.text["article"])
    assert "49" not in "".join(page.text["article"])
    assert "\u202e" not in source


def test_no_request_leaves_the_page(full_audit: Audit) -> None:
    source = audit_html(full_audit)
    page = Page(source)
    links = [link for link in page.values("href") if link is not None]
    assert page.values("src") == []
    assert all(link.startswith(("#", "data:")) for link in links)
    assert re.findall(r"url\((?!\"data:)", source) == [] and "@import" not in source
    policy = next(meta["content"] for meta in page.named("meta") if "http-equiv" in meta) or ""
    digest = base64.b64encode(sha256(page.text["script"][0].encode()).digest()).decode()
    assert policy.startswith("default-src 'none';") and policy.endswith(f"script-src 'sha256-{digest}'")


def test_every_link_leads_to_a_claim_and_every_claim_has_one(full_audit: Audit) -> None:
    page = Page(audit_html(full_audit))
    links = {link[1:] for link in page.values("href") if link and link.startswith("#")}
    identifiers = set(page.values("id"))
    assert links <= identifiers
    assert {f"{claim.source.document}--{claim.name}" for claim in full_audit.claims} <= links


def test_two_claims_never_share_a_link() -> None:
    sheet = Sheet("d", "d.txt", "D")
    claims = tuple(sheet.claim(name, "equality", 1, "") for name in ("a b", "a/b"))
    page = Page(audit_html(Audit(claims, tuple(Verdict(claim, "unreadable") for claim in claims))))
    assert {"d--a-b", "d--a-b-2"} <= set(page.values("id"))


def test_every_outcome_is_counted_apart(full_audit: Audit) -> None:
    source = audit_html(full_audit)
    tiles = re.findall(r'<span class="count">(\d+)</span><span class="name">(\w+)</span>', source)
    assert [(name, int(count)) for count, name in tiles] == list(full_audit.counts.items())
    assert list(MEANINGS) == [*STATUSES, "problems"]


def test_findings_come_before_the_table_and_claims_that_hold_after_it(full_audit: Audit) -> None:
    source = audit_html(full_audit)
    findings, everything, holding = (source.index(f'<section id="{name}"') for name in ("findings", "all", "holding"))
    assert findings < everything < holding
    assert findings < source.index('id="fully-connected--elu-jacobian"') < everything
    assert holding < source.index('id="fully-connected--softmax-jacobian"')


def test_the_table_has_every_column_and_marks_mismatches(full_audit: Audit) -> None:
    source = audit_html(full_audit)
    body = source[source.index('<section id="all"') : source.index('<section id="holding"')]
    assert body.count('<th scope="col"') == body.count("<col class=") == len(COLUMNS)
    assert body.count('<tr class="mismatch"') == 5 and body.count('<tr class="mismatch differs"') == 4
    assert body.count("<tr data-claim") == 2


def test_a_card_shows_claimed_beside_true_the_correction_and_how_to_reproduce(full_audit: Audit) -> None:
    source = audit_html(full_audit)
    card = source[source.index('id="fully-connected--elu-jacobian"') : source.index('id="fully-connected--cross')]
    for told in (
        "fully-connected, line 58 · jacobian",
        "Fails, certified: entry [0, 0] is 0 where the derivative is 0.36787944.",
        "<td>0</td><td>0.36787944</td>",
        "Wrong only where X &lt; 0",
        '<a href="#fully-connected--elu-jacobian-corrected">elu-jacobian-corrected</a>: holds, certified, to 48 digits',
        "0.36787944117144232159552377016146086744581113103177 ± 3e-51",
        "gradcheck show fully-connected::elu-jacobian",
        "<td><code>X &gt; 0</code></td><td>31</td><td>29</td><td>4</td>",
    ):
        assert told in card


def test_a_verdict_that_differs_from_the_record_is_marked(full_audit: Audit) -> None:
    verdict = next(verdict for verdict in full_audit.verdicts if verdict.claim.name == "elu-jacobian")
    surprising = dataclasses.replace(verdict, status="holds")
    source = audit_html(Audit((verdict.claim,), (surprising,)))
    assert "1 verdict is not as recorded." in source
    assert '<span class="record differs">recorded: fails</span>' in source
    assert '<strong class="alarm">≠ fails</strong>' in source
    assert "Every verdict is as recorded." in audit_html(Audit((verdict.claim,), (verdict,)))


def test_the_first_wrong_step_is_marked_once(full_audit: Audit) -> None:
    source = audit_html(full_audit)
    assert source.count('class="first-wrong"') == 1
    marked = source.split('class="first-wrong"')[1].split("</li>")[0]
    assert "first step that does not hold as it stands" in marked and "the targets t sum to 1" in marked


def test_an_empty_audit_is_a_page_too() -> None:
    source = audit_html(Audit((), (), (Problem("reference", "no claims found", "declare some"),)))
    assert Page(source).open == []
    assert "no claims found." in source and "0 claims in 0 documents" in source


def test_the_same_audit_gives_the_same_bytes(full_audit: Audit, same_audit: Audit) -> None:
    assert audit_html(full_audit) == audit_html(same_audit)


def test_of_documents_the_formulas_are_counted_and_what_is_accepted_is_no_alarm(located_audit: Audit) -> None:
    assert "2 verdicts are not as recorded." in audit_html(located_audit)
    accepted = {"notes/sigmoid.md::3:5": "known", "notes/sigmoid.md::15:5": "known"}
    told = audit_html(dataclasses.replace(located_audit, accepted=accepted))
    assert "not as recorded.</strong>" not in told and "2 accepted by the baseline." in told
    assert "notes/plain.txt: 0 formulas found" in told
