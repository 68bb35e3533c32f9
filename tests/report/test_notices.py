"""What is said of each place: the place, the weight, and the words, whatever stands in the formula."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.audit import Audit
from gradcheck.claim import Claim, Sheet, Source
from gradcheck.domains import Reals
from gradcheck.report.notices import notices, what
from gradcheck.verdict import Counterexample, Entry, Printed, Verdict


def test_every_verdict_has_its_weight_and_what_was_not_read_is_open(located_audit: Audit) -> None:
    told = [(notice.line, notice.column, notice.status, notice.weight) for notice in notices(located_audit)]
    assert told == [
        (3, 5, "fails", "failure"),
        (7, 5, "holds", "pass"),
        (9, 5, "conditional", "finding"),
        (11, 5, "undecided", "open"),
        (13, 5, "fails", "accepted"),
        (15, 5, "holds", "failure"),
        (20, 4, "unreadable", "open"),
    ]


def test_the_message_says_what_is_wrong_and_shows_a_point(located_audit: Audit) -> None:
    first, _, conditional, undecided, known, surprise, unread = notices(located_audit)
    assert first.message == "a sign; x = 1: claimed 2, true 1"
    assert conditional.message == "holds only if r > 0"
    assert undecided.message == "nothing says what g is"
    assert (known.message, known.reason) == ("twice too large", "left as an exercise")
    assert surprise.message == "fails is on record"
    assert unread.message == "the brace is never closed"


def test_what_a_baseline_accepts_is_no_failure(located_audit: Audit) -> None:
    first = notices(replace(located_audit, accepted={"notes/sigmoid.md::3:5": "known since May"}))[0]
    assert (first.weight, first.reason) == ("accepted", "known since May")
    assert str(first).endswith("true 1 (accepted: known since May)")


def test_a_claim_of_a_sheet_is_shown_where_the_code_declares_it() -> None:
    sheet = Sheet("doc", "doc.txt", "Doc")
    claim = sheet.claim("d", "derivative", 90, "e^x", primal=abs, claimed=abs, inputs={"x": Reals()}, wrt="x")
    placed = replace(claim, made_in=__file__, made_at=7)
    for shown, place in ((placed, "tests/report/test_notices.py:7:1"), (replace(claim, made_in=""), "doc:90:1")):
        (notice,) = notices(Audit((shown,), (Verdict(shown, "fails"),)))
        assert notice.place == place
        assert notice.what == "doc::d"


def test_a_correction_of_a_claim_is_told(full_audit: Audit) -> None:
    (elu,) = [notice for notice in notices(full_audit) if notice.what == "fully-connected::elu-jacobian"]
    assert "correct is J_{i,j} = \\begin{cases} 1, & i=j, X_i > 0" in elu.message
    assert elu.weight == "accepted"


def test_a_claim_of_a_document_is_told_by_its_formula_or_by_the_name_given_to_it(located_audit: Audit) -> None:
    claim = located_audit.claims[0]
    assert what(claim) == r"\sigma' = \sigma(1+\sigma)"
    assert what(replace(claim, name="sigmoid")) == "sigmoid"
    long = replace(claim, source=replace(claim.source, formula="x" * 200))
    assert what(long) == "x" * 79 + "…"


def test_a_function_that_is_not_what_is_printed_fails_though_its_verdict_holds(located_audit: Audit) -> None:
    holds = located_audit.verdicts[1]
    assert notices(replace(located_audit, verdicts=(holds,)))[0].weight == "pass"
    differs = replace(holds, printed=Printed("differs", "3 is printed, 4 computed"))
    notice = notices(replace(located_audit, verdicts=(differs,)))[0]
    assert notice.weight == "failure"
    assert notice.message == "its function is not what is printed: 3 is printed, 4 computed"


def test_the_entry_of_an_elementwise_derivative_is_one_of_its_argument() -> None:
    def told(shape: tuple[int, ...], index: tuple[int, ...]) -> str:
        claim = Claim("c", "derivative", Source("doc", 1, "f'"), abs, abs, {"x": Reals(*shape)}, "x")
        wrong = Counterexample({"x": 1.0}, (Entry(index, "2", "1", 1.0, True),))
        verdict = Verdict(claim, "fails", counterexample=wrong)
        return notices(Audit((claim,), (verdict,)))[0].message

    assert told((), (0, 0)) == "x = 1: claimed 2, true 1"
    assert told((3,), (1, 1)) == "x = 1, entry [1]: claimed 2, true 1"
    assert told((3,), (1, 2)) == "x = 1, entry [1] by [2]: claimed 2, true 1"


def test_of_a_notebook_the_cell_is_told(located_audit: Audit) -> None:
    first = located_audit.verdicts[0]
    claim = replace(first.claim, source=replace(first.claim.source, cell=4))
    (notice,) = notices(Audit((claim,), (replace(first, claim=claim),)))
    assert notice.message == "in cell 4; a sign; x = 1: claimed 2, true 1"
