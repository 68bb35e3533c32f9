"""Baselines: what is accepted stays accepted wherever it moves, what is new fails, what is gone is told."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.audit import Audit, Problem
from gradcheck.baseline import BaselineError, Entry, apply, fingerprints, read, toml, updated
from gradcheck.claim import Claim, Record, Sheet, Source, Status
from gradcheck.documents.judging import Judged
from gradcheck.domains import Reals
from gradcheck.verdict import Verdict

WHY = "the author was told"


def found(line: int, formula: str, status: Status = "fails", path: str = "notes/a.md") -> Verdict:
    """A verdict on a formula of a document."""
    return Verdict(Claim(f"{line}:1", "derivative", Source(path, line, formula, "printed", path, 1)), status)


def audit_of(*verdicts: Verdict) -> Audit:
    """An audit of documents that gave these verdicts."""
    documents = {verdict.claim.source.path: Judged(verdict.claim.source.path, verdicts, {}) for verdict in verdicts}
    return Audit(tuple(one.claim for one in verdicts), verdicts, documents=tuple(documents.values()), paths=("notes",))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the documents that the audits are of."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").touch()
    return tmp_path


def accepting(audit: Audit, reason: str = WHY) -> tuple[Entry, ...]:
    """A baseline of all that the audit found."""
    return updated(audit, (), "base.toml", ["notes"], reason)


def test_an_accepted_finding_does_not_fail_and_a_new_one_does(folder: Path) -> None:
    old = found(3, "x' = 2")
    entries = accepting(audit_of(old))
    assert audit_of(old).exit_code == 1
    known = apply(audit_of(old), entries, "base.toml", ["notes"])
    assert (known.audit.exit_code, known.gone) == (0, ())
    assert known.audit.accepted == {"notes/a.md::3:1": WHY}
    both = apply(audit_of(old, found(9, "y' = 2")), entries, "base.toml", ["notes"]).audit
    assert both.exit_code == 1
    assert [verdict.claim.name for verdict in both.failing] == ["9:1"]


def test_moved_and_rewrapped_formulas_are_the_same(folder: Path) -> None:
    entries = accepting(audit_of(found(3, "x' = 2")))
    moved = apply(audit_of(found(88, "x'\n  = 2")), entries, "base.toml", ["notes"])
    assert (moved.audit.exit_code, moved.gone) == (0, ())


@pytest.mark.parametrize(
    "other",
    [found(3, "x' = 3"), found(3, "x' = 2", path="notes/b.md")],
    ids=["another formula", "another document"],
)
def test_another_finding_is_new_and_the_old_one_is_told_as_gone(folder: Path, other: Verdict) -> None:
    entries = accepting(audit_of(found(3, "x' = 2")))
    applied = apply(audit_of(other), entries, "base.toml", ["notes"])
    assert applied.audit.exit_code == 1
    assert [str(entry) for entry in applied.gone] == [f"notes/a.md: fails: x' = 2 ({WHY})"]


def test_a_worse_verdict_on_the_same_formula_is_new(folder: Path) -> None:
    recorded = found(3, "x' = 2", "undecided")
    recorded = replace(recorded, claim=replace(recorded.claim, recorded=Record("holds", "")))
    entries = accepting(audit_of(recorded))
    assert [entry.verdict for entry in entries] == ["undecided"]
    assert apply(audit_of(found(3, "x' = 2")), entries, "base.toml", ["notes"]).audit.exit_code == 1


def test_one_of_two_formulas_that_read_the_same_is_not_the_other(folder: Path) -> None:
    once = accepting(audit_of(found(3, "x' = 2")))
    twice = apply(audit_of(found(3, "x' = 2"), found(5, "x' = 2")), once, "base.toml", ["notes"]).audit
    assert [verdict.claim.name for verdict in twice.failing] == ["5:1"]


def test_only_documents_that_were_audited_can_miss_an_entry(folder: Path) -> None:
    entries = accepting(audit_of(found(3, "x' = 2"), found(4, "y' = 2", path="notes/b.md")))
    assert {entry.document for entry in entries} == {"notes/a.md", "notes/b.md"}
    part = audit_of(found(3, "x' = 2"))
    assert apply(part, entries, "base.toml", ["notes/a.md"]).gone == ()
    assert [entry.document for entry in apply(part, entries, "base.toml", ["notes"]).gone] == ["notes/b.md"]
    kept = updated(part, entries, "base.toml", ["notes/a.md"], "")
    assert set(kept) == set(entries)
    assert [entry.document for entry in updated(part, entries, "base.toml", ["notes"], "")] == ["notes/a.md"]


def test_nothing_is_gone_for_an_audit_that_met_problems(folder: Path) -> None:
    entries = accepting(audit_of(found(3, "x' = 2")))
    broken = replace(audit_of(found(9, "y' = 1", "holds")), problems=(Problem("notes/a.md", "is locked", "unlock it"),))
    assert apply(broken, entries, "base.toml", ["notes"]).gone == ()
    assert updated(broken, entries, "base.toml", ["notes"], "") == entries
    assert apply(replace(broken, problems=()), entries, "base.toml", ["notes"]).gone == entries


def test_documents_are_named_from_the_folder_of_the_baseline(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = accepting(audit_of(found(3, "x' = 2")))
    assert entry.document == "notes/a.md"
    monkeypatch.chdir(folder / "notes")
    inside = audit_of(found(3, "x' = 2", path="a.md"))
    applied = apply(inside, [entry], folder / "base.toml", ["."])
    assert (applied.audit.exit_code, applied.gone) == (0, ())


def test_renewing_keeps_reasons_and_needs_one_for_what_is_new(folder: Path) -> None:
    entries = accepting(audit_of(found(3, "x' = 2")))
    more = audit_of(found(3, "x' = 2"), found(9, "y' = 2"))
    with pytest.raises(BaselineError, match=r"base\.toml: 1 finding is new and would be accepted without a reason"):
        updated(more, entries, "base.toml", ["notes"], " ")
    renewed = updated(more, entries, "base.toml", ["notes"], "seen in June")
    assert [entry.reason for entry in renewed] == [WHY, "seen in June"]


def test_a_claim_of_a_sheet_is_known_by_its_name_and_formula() -> None:
    sheet = Sheet("doc", "doc.txt", "Doc")
    for name in ("one", "two"):
        sheet.claim(name, "derivative", 3, "e^x", primal=abs, claimed=abs, inputs={"x": Reals()}, wrt="x")
    one, two = sheet.claims
    audit = Audit(tuple(sheet.claims), (Verdict(one, "undecided"), Verdict(two, "holds")))
    (entry,) = accepting(audit)
    assert (entry.document, entry.verdict) == ("doc", "undecided")
    assert len(set(fingerprints(sheet.claims).values())) == 2
    assert apply(audit, [entry], "base.toml", ["reference"]).audit.exit_code == 0


@pytest.mark.parametrize(
    "formula",
    [
        r"\sigma'(x) = 1",
        r"\frac{d}{dx}\text{don't} \"q\" \\ '''",
        "tab\tand\nline",
        "x'",
        "x''",
        "\x1b[31m\x00\x7f ', π 𝒙",
        "\ud800",
    ],
)
def test_what_is_written_reads_back(tmp_path: Path, formula: str) -> None:
    entries = (
        Entry("notes/a b'.md", "0123456789abcdef:1", "fails", formula.strip(), formula),
        Entry("notes/z.md", "0123456789abcdef:2", "ambiguous", WHY),
    )
    file = tmp_path / "base.toml"
    file.write_text(toml(entries), encoding="utf-8")
    expected = formula.encode("utf-8", "backslashreplace").decode("utf-8")
    assert read(file) == (replace(entries[0], formula=expected, reason=expected.strip()), entries[1])


def test_formulas_stand_in_the_file_as_they_are() -> None:
    text = toml(
        [Entry("a.md", "0123:1", "fails", WHY, r"\frac{1}{2}"), Entry("A.md", "0123:1", "fails", WHY, r"\phi'(x)")]
    )
    assert r"formula = '\frac{1}{2}'" in text and r"formula = '''\phi'(x)'''" in text
    assert text.index("'A.md'") < text.index("'a.md'")
    assert tomllib.loads(text)["version"] == 1


HEAD = "version = 1\n[[accepted]]\n"
GOOD = 'document = "a.md"\nfingerprint = "0123:1"\nverdict = "fails"\nreason = "known"\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("version = x", r"base\.toml: is not TOML \(.*line 1.*\); mend that line"),
        ("", "version = None where version = 1 is expected; write the baseline anew"),
        ("version = 2", "version = 2 where version = 1 is expected"),
        ("version = 1\nacepted = []", "'acepted' is not known; only version and"),
        ("version = 1\naccepted = 3", "accepted is not a list of entries"),
        (HEAD + GOOD + 'resaon = "x"', "entry 1: 'resaon' is not known; did you mean reason"),
        (HEAD + GOOD + "zzz = 1", "entry 1: 'zzz' is not known; the words are document, fingerprint"),
        (HEAD + GOOD.replace('"known"', '" "'), "entry 1: reason is ' '; say in a few words why"),
        (HEAD + GOOD.replace('document = "a.md"\n', ""), "entry 1: document is missing; the path of the document"),
        (HEAD + GOOD.replace('"fails"', '"failed"'), "entry 1: verdict is 'failed'; one of holds, fails"),
        (HEAD + GOOD + "[[accepted]]\n" + GOOD, "entry 2 says the same as entry 1; remove one"),
    ],
)
def test_a_file_that_is_no_baseline_is_told_with_what_is_expected(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "base.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BaselineError, match=message):
        read(file)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"there is no such file; --write-baseline .* makes it"):
        read(tmp_path / "nowhere.toml")
    with pytest.raises(BaselineError, match="cannot be read"):
        read(tmp_path)
    (tmp_path / "odd.toml").write_bytes(b"\xff")
    with pytest.raises(BaselineError, match="is not UTF-8; save it as such"):
        read(tmp_path / "odd.toml")
