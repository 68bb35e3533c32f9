"""Comparing audits, in pairs: a change that is worse is told and counted, and the same change the other way round is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from gradcheck.audit import Audit, Problem
from gradcheck.claim import Claim, Record, Source, Status
from gradcheck.comparing import KINDS, Change, compare, margins, paired
from gradcheck.picture import Quality
from gradcheck.verdict import Evidence, Printed, Verdict


def claim(line: int, formula: str, name: str = "", path: str = "notes.md", **fields: Any) -> Claim:
    """A claim found in a document, named after its place unless a name is given; without a path, one of a sheet."""
    source = Source(path or "sheet", line, formula, "printed", path, 5 if path else 0)
    return Claim(name or f"{line}:5", "derivative", source, **fields)


def verdict(line: int, formula: str, status: Status = "holds", **fields: Any) -> Verdict:
    """A verdict on such a claim; fields of claims go to the claim."""
    own = {name: fields.pop(name) for name in ("name", "path", "recorded", "made_at", "made_in") if name in fields}
    return Verdict(claim(line, formula, **own), status, **fields)


def audited(verdicts: Iterable[Verdict], **fields: Any) -> Audit:
    """An audit that comes to these verdicts."""
    done = tuple(verdicts)
    return Audit(tuple(one.claim for one in done), done, **fields)


def changes(old: Iterable[Verdict], new: Iterable[Verdict], **fields: Any) -> list[tuple[str, str, str, bool]]:
    """The changes in short: kind, old, new, whether worse."""
    found = compare(audited(old), audited(new, **fields)).changes
    return [(change.kind, change.old, change.new, change.worse) for change in found]


CHAIN = [r"\sigma' = \sigma (1 - \sigma)", r"\tanh' = 1 - \tanh^2", r"\sin' = \cos", r"\exp' = \exp"]


def lines(*places: int, formulas: list[str] = CHAIN, status: Status = "holds") -> list[Verdict]:
    """The formulas on these lines, in order."""
    return [verdict(line, formula, status) for line, formula in zip(places, formulas, strict=True)]


def test_an_audit_is_the_same_as_itself_and_as_one_whose_lines_moved() -> None:
    first = lines(3, 5, 7, 9)
    assert changes(first, lines(3, 5, 7, 9)) == []
    found = compare(audited(first), audited(lines(13, 15, 17, 40)))
    assert (found.changes, found.compared, found.same, found.moved) == ((), 4, 4, 4)


def test_formulas_that_changed_places_are_still_the_same() -> None:
    turned = [CHAIN[2], CHAIN[0], CHAIN[3], CHAIN[1]]
    assert changes(lines(3, 5, 7, 9), lines(3, 5, 7, 9, formulas=turned)) == []


def test_formulas_that_read_the_same_are_told_apart_by_their_order() -> None:
    old = [verdict(3, "f' = g"), verdict(9, "f' = g", "fails")]
    moved = [verdict(4, "f' = g"), verdict(11, "f' = g", "fails")]
    assert changes(old, moved) == []
    turned = [verdict(4, "f' = g", "fails"), verdict(11, "f' = g")]
    assert changes(old, turned) == [("verdict", "holds", "fails", True), ("verdict", "fails", "holds", False)]


def test_a_formula_with_a_mistake_in_it_is_the_old_one_changed_and_its_verdict_is_worse() -> None:
    wrong = [CHAIN[0].replace("-", "+"), *CHAIN[1:]]
    new = lines(4, 6, 8, 10, formulas=wrong)
    new[0] = replace(new[0], status="fails")
    assert changes(lines(3, 5, 7, 9), new) == [
        ("verdict", "holds", "fails", True),
        ("source", CHAIN[0], wrong[0], False),
    ]
    # Corrected, it is better.
    assert changes(new, lines(3, 5, 7, 9)) == [
        ("verdict", "fails", "holds", False),
        ("source", wrong[0], CHAIN[0], False),
    ]


def test_spaces_are_no_change_of_a_formula() -> None:
    assert changes([verdict(3, "f' =  2 x")], [verdict(3, "f' = 2\n x")]) == []


def test_a_formula_that_went_and_one_that_came_are_two_changes() -> None:
    new = [*lines(3, 5, 7, 9)[:3], verdict(30, r"\nabla_W L = \delta x^T")]
    old = lines(3, 5, 7, 9)
    old[3] = replace(
        old[3], claim=replace(old[3].claim, kind="jvp", source=Source("notes.md", 9, "e^x", "printed", "notes.md"))
    )
    assert changes(old, new) == [("appeared", "", "holds", False), ("vanished", "holds", "", False)]


def test_a_new_claim_that_fails_is_worse_unless_it_is_on_record_or_accepted() -> None:
    old = lines(3, 5, 7, 9)
    wrong = verdict(11, "g' = 2 g", "fails")
    assert changes(old, [*old, wrong]) == [("appeared", "", "fails", True)]
    known = replace(wrong, claim=replace(wrong.claim, recorded=Record("fails", "an exercise")))
    assert changes(old, [*old, known]) == [("appeared", "", "fails", False)]
    assert changes(old, [*old, wrong], accepted={wrong.claim.key: "told the author"}) == [
        ("appeared", "", "fails", False)
    ]
    accepted = compare(audited(old), audited([*old, known])).changes
    assert [change.accepted for change in accepted] == ["an exercise"]
    assert changes([*old, wrong], old) == [("vanished", "fails", "", False)]


@pytest.mark.parametrize(
    ("old", "new", "worse"),
    [
        ("holds", "fails", True),
        ("fails", "holds", False),
        ("holds", "conditional", True),
        ("conditional", "holds", False),
        ("conditional", "ambiguous", True),
        ("ambiguous", "conditional", False),
        ("holds", "undecided", True),
        ("undecided", "holds", False),
        ("fails", "undecided", True),
        ("undecided", "fails", True),
        ("unreadable", "fails", True),
        ("fails", "unreadable", True),
        ("undecided", "unreadable", False),
        ("unreadable", "undecided", False),
        ("fails", "conditional", False),
    ],
)
def test_which_verdicts_are_worse_than_which(old: Status, new: Status, worse: bool) -> None:
    assert changes([verdict(3, "f'", old)], [verdict(3, "f'", new)]) == [("verdict", old, new, worse)]


def test_a_worse_verdict_that_is_accepted_is_told_with_the_reason_and_not_worse() -> None:
    old, new = verdict(3, "f'"), verdict(3, "f'", "fails")
    (change,) = compare(audited([old]), audited([new], accepted={new.claim.key: "a known slip"})).changes
    assert (change.worse, change.accepted) == (False, "a known slip")
    assert str(change) == "notes.md::3:5: holds → fails (accepted: a known slip)"


def test_a_verdict_that_is_not_the_one_on_record_any_more_is_worse_even_where_it_holds() -> None:
    def recorded(status: Status) -> Verdict:
        return verdict(3, "f'", status, path="", name="slope", recorded=Record("fails", "a slip"))

    assert changes([recorded("fails")], [recorded("holds")]) == [
        ("record", "fails, as on record", "holds, fails is on record", True),
        ("verdict", "fails", "holds", False),
    ]
    assert changes([recorded("holds")], [recorded("fails")]) == [
        ("verdict", "holds", "fails", False),
        ("record", "holds, fails is on record", "fails, as on record", False),
    ]


def test_a_claim_that_is_not_checked_any_more_is_worse_and_so_is_the_problem() -> None:
    one = verdict(3, "f'", path="", name="slope")
    problem = Problem("sheet::slope", "its check raised ValueError", "see why")
    broken = Audit((one.claim,), (), (problem,))
    found = compare(audited([one]), broken)
    assert [(change.kind, change.old, change.new) for change in found.worse] == [
        ("verdict", "holds", "not checked"),
        ("problem", "", "its check raised ValueError; see why"),
    ]
    assert compare(broken, audited([one])).worse == ()
    assert compare(broken, broken).changes == ()
    assert compare(broken, audited([one])).notes[-1].startswith("the older audit had 1 problem: ")


def test_a_function_that_is_not_what_is_printed_any_more_is_worse() -> None:
    right, wrong = (replace(verdict(3, "f'"), printed=Printed(told)) for told in ("agrees", "differs"))
    assert changes([right], [wrong]) == [("transcription", "agrees", "differs", True)]
    assert changes([wrong], [right]) == [("transcription", "differs", "agrees", False)]


BASE = verdict(
    3,
    "f'",
    certified=True,
    digits=50,
    evidence=(Evidence("autodiff", "agrees", "1"), Evidence("certified", "agrees", "1")),
    detection_limit={"x": 1e-12, "w": 1e-9},
    mutants=10,
    quality=Quality("x"),
)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"certified": False}, ("certified", "not certified")),
        ({"digits": 45}, ("50 digits", "45 digits")),
        ({"digits": None}, ("50 digits", "no digits")),
        ({"detection_limit": {"x": 1e-11, "w": 1e-9}}, ("an error of 1e-12 in x would be seen", "one of 1e-11")),
        ({"detection_limit": {"x": 1e-12, "w": float("inf")}}, ("an error of 1e-09 in w would be seen", "one of inf")),
        ({"detection_limit": {"x": 1e-12, "w": float("nan")}}, ("an error of 1e-09 in w would be seen", "one of nan")),
        ({"detection_limit": {"x": 1e-12}}, ("an error of 1e-09 in w would be seen", "w is not looked at")),
        (
            {"evidence": (Evidence("autodiff", "agrees", "1"), Evidence("certified", "abstains", reason="no rule"))},
            ("certified agrees", "abstains: no rule"),
        ),
        ({"evidence": (Evidence("certified", "agrees", "1"),)}, ("autodiff agrees", "not applicable")),
        ({"survivors": ("a sign",)}, ("0 of 10 deliberate changes not noticed", "1 of 10")),
        ({"quality": Quality("x", sentence="right, but unstable")}, ("numerically stable", "right, but unstable")),
    ],
)
def test_a_smaller_margin_is_worse_and_a_larger_one_is_nothing(fields: dict[str, Any], told: tuple[str, str]) -> None:
    less = replace(BASE, **fields)
    assert changes([BASE], [less]) == [("margin", *told, True)]
    assert changes([less], [BASE]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"digits": 49},
        {"digits": 46},
        {"digits": 99},
        {"detection_limit": {"x": 5e-12, "w": 1e-9, "b": 1.0}},
        {"evidence": (Evidence("autodiff", "disagrees", "1"), *BASE.evidence[1:])},
        {"quality": None},
        {"points": 1},
        {"reason": "said otherwise"},
    ],
)
def test_what_is_within_the_criteria_is_no_smaller_margin(fields: dict[str, Any]) -> None:
    assert changes([BASE], [replace(BASE, **fields)]) == []


def test_of_few_digits_one_is_no_matter_and_two_are() -> None:
    def digits(number: int) -> Verdict:
        return replace(BASE, digits=number)

    assert list(margins(digits(8), digits(7))) == []
    assert list(margins(digits(8), digits(6))) == [("8 digits", "6 digits")]


def test_a_claim_of_a_sheet_is_the_same_by_name_and_with_another_name_by_formula() -> None:
    old = verdict(3, "f' = 2x", path="", name="slope")
    moved = verdict(30, "f' = 2x", path="", name="slope")
    other = verdict(30, "g' = completely different", path="", name="slope")
    renamed = verdict(3, "f' = 2x", path="", name="gradient")
    assert changes([old], [moved]) == [] and changes([old], [renamed]) == []
    assert changes([old], [other]) == [("source", "f' = 2x", "g' = completely different", False)]


def test_a_claim_that_an_annotation_names_is_the_same_wherever_it_stands() -> None:
    old, new = verdict(3, "f' = 2x", name="slope"), verdict(90, "w' = e^w", "fails", name="slope")
    assert [one[0] for one in changes([old], [new])] == ["verdict", "source"]


def test_another_document_is_no_place_for_the_same_claim() -> None:
    old, new = verdict(3, "f' = 2x"), verdict(3, "f' = 2x", path="other.md")
    assert sorted(one[0] for one in changes([old], [new])) == ["appeared", "vanished"]


def test_every_claim_is_in_one_pair_alone() -> None:
    old, new = lines(3, 5, 7, 9), [*lines(5, 7, 9, 30), verdict(3, "f'"), verdict(4, "f'")]
    pairs = list(paired([one.claim for one in old], [one.claim for one in new]))
    for side, verdicts in enumerate((old, new)):
        seen = [id(pair[side]) for pair in pairs if pair[side] is not None]
        assert sorted(seen) == sorted(id(one.claim) for one in verdicts)


def test_a_claim_of_a_sheet_is_shown_where_the_code_declares_it() -> None:
    old = verdict(3, "f'", path="", name="slope", made_in=__file__, made_at=7)
    (change,) = compare(audited([old]), audited([replace(old, status="fails")])).changes
    assert (change.path, change.line) == ("tests/test_comparing.py", 7)


def test_other_versions_seeds_and_paths_are_said() -> None:
    one = audited(lines(3, 5, 7, 9), seed=0, paths=("book",))
    assert compare(one, one, ("0.1.0", "0.1.0")).notes == ()
    other = replace(one, seed=3, paths=("notes", "book"))
    assert compare(one, other, ("0.1.0", "0.2.0")).notes == (
        "written by gradcheck 0.1.0 and 0.2.0: a change may be one of gradcheck's own",
        "checked with the seeds 0 and 3: the points are not the same",
        "made of book and of notes, book: a claim of one may be out of the other's reach",
    )


def test_changes_come_worst_first_and_every_kind_is_counted() -> None:
    old = [verdict(3, "f'"), verdict(5, "g'"), verdict(7, "h'", "fails")]
    new = [
        verdict(3, "f'", "fails"),
        verdict(7, "h'"),
        verdict(9, r"\nabla u = \text{something else entirely}", "fails"),
    ]
    found = compare(audited(old), audited(new))
    assert [(change.worse, change.kind) for change in found.changes] == [
        (True, "verdict"),
        (True, "appeared"),
        (False, "verdict"),
        (False, "vanished"),
    ]
    assert list(found.counts) == list(KINDS) and found.counts["verdict"] == 2 and found.counts["margin"] == 0


def test_a_rewritten_document_is_compared_without_a_search_through_everything() -> None:
    old = [verdict(line, f"f_{line}' = {line} x") for line in range(1, 401)]
    new = [verdict(line + 1000, f"\\partial g / \\partial y_{line} = y^{line}") for line in range(1, 401)]
    found = compare(audited(old), audited(new))
    assert sum(found.counts.values()) == 800 and all(isinstance(change, Change) for change in found.changes)
