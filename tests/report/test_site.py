"""The folder of pages: every claim once, every link relative and leading home, the same bytes each time."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

import gradcheck.commands.audit
from gradcheck.audit import Audit
from gradcheck.claim import Claim, Source
from gradcheck.cli import main
from gradcheck.report import site
from gradcheck.report.files import ReportError
from gradcheck.verdict import Verdict


class Addresses(HTMLParser):
    """The identifiers of a page, and where it leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.identifiers: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.identifiers.append(value)
            elif name in ("href", "src") and value and not value.startswith("data:"):
                self.links.append(value)


def named(*documents: str) -> Audit:
    """An audit with a claim in each document."""
    claims = tuple(Claim("f", "equality", Source(document, 1, "f = g")) for document in documents)
    return Audit(claims, tuple(Verdict(claim, "unreadable") for claim in claims))


def test_a_page_a_document_and_what_they_share(full_audit: Audit, same_audit: Audit) -> None:
    made = site.pages(full_audit)
    documents = {verdict.claim.source.document for verdict in full_audit.verdicts}
    assert set(made) == {"index.html", "report.css", "report.js", *(f"documents/{name}.html" for name in documents)}
    assert made == site.pages(same_audit)


def test_every_link_is_relative_and_leads_to_something_that_is_there(full_audit: Audit) -> None:
    made = site.pages(full_audit)
    found = {name: Addresses(page) for name, page in made.items() if name.endswith(".html")}
    for name, page in found.items():
        assert len(page.identifiers) == len(set(page.identifiers))
        for link in page.links:
            assert not re.match(r"[a-z]+:|/", link), link
            path, _, fragment = link.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert there in made, link
            assert not fragment or fragment in found[there].identifiers, link


def test_each_claim_is_in_full_on_the_page_of_its_document_and_in_the_table_of_the_first(full_audit: Audit) -> None:
    made = site.pages(full_audit)
    for verdict in full_audit.verdicts:
        document, name = verdict.claim.source.document, verdict.claim.name
        anchor = f"{document}--{name}"
        assert f'<h3 id="{anchor}">' in made[f"documents/{document}.html"]
        assert f'<th scope="row"><a href="documents/{document}.html#{anchor}">{name}</a></th>' in made["index.html"]
        assert f'id="{anchor}"' not in made["index.html"]


def test_the_counts_of_a_page_are_those_of_its_document(full_audit: Audit) -> None:
    made = site.pages(full_audit)
    assert '<span class="count">3</span><span class="name">fails</span>' in made["index.html"]
    assert '<span class="count">1</span><span class="name">ambiguous</span>' in made["documents/network-basics.html"]
    assert '<span class="count">0</span><span class="name">fails</span>' in made["documents/network-basics.html"]
    assert "broadcast together" in made["index.html"]
    assert "broadcast together" not in made["documents/network-basics.html"]


def test_documents_that_differ_in_their_case_or_their_signs_have_pages_of_their_own() -> None:
    made = site.pages(named("a/b.md", "A/B.md", "a b.md", "../..", "x" * 300))
    pages = [name for name in made if name.startswith("documents/")]
    assert len({name.lower() for name in pages}) == 5
    assert pages == [f"documents/{n}.html" for n in ("a-b.md", "a-b.md-2", "a-b.md-3", "document", "x" * 80)]


def test_pages_of_documents_that_are_gone_are_removed_and_other_files_stay(tmp_path: Path) -> None:
    site.write(named("one", "two"), tmp_path)
    (tmp_path / "documents" / "mine.html").write_text("<title>mine</title>", encoding="utf-8")
    written = site.write(named("two"), tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in written] == [
        "index.html",
        "documents/two.html",
        "report.css",
        "report.js",
    ]
    assert sorted(file.name for file in (tmp_path / "documents").iterdir()) == ["mine.html", "two.html"]


def test_a_page_that_is_no_report_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>my home page</title>", encoding="utf-8")
    with pytest.raises(ReportError, match=r"index\.html is no page of a report; name an empty folder"):
        site.write(named("one"), tmp_path)
    assert "my home page" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_command_writes_a_folder_where_it_is_asked_to_or_the_audit_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    audit = named("one", "two")
    monkeypatch.setattr(gradcheck.commands.audit, "_audit", lambda *args, **options: audit)
    done = CliRunner().invoke(main, ["audit", "--no-files", "--site", "pages"])
    assert "wrote pages/index.html and 4 files beside it" in done.stdout
    CliRunner().invoke(main, ["audit", "--output", "small"])
    assert not (tmp_path / "small" / "audit").exists()
    monkeypatch.setattr(site, "LARGE", 1)
    CliRunner().invoke(main, ["audit", "--output", "large"])
    assert (tmp_path / "large" / "audit" / "documents" / "two.html").is_file()
    (tmp_path / "taken").write_text("", encoding="utf-8")
    refused = CliRunner().invoke(main, ["audit", "--no-files", "--site", "taken"])
    assert refused.exit_code == 2 and "cannot write taken" in refused.stderr
