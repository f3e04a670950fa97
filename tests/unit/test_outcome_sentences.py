"""The sentences of counting rules §5, word for word, and their English."""

from typing import Any

import pytest

from ballot.locale.outcomes import (
    named_sentence,
    ordinal,
    outcome_label,
    reason_sentence,
    stop_sentence,
    vacancy_sentence,
    validity_sentence,
    warning_sentences,
)
from ballot.tally.count import Kind, count
from ballot.tally.outcome import Decision, NotCounted, Selection
from tests.counting import counts, rules

NAMES = ["供水", "校园", "道路", "泵站", "广场"]


def select(yes: list[int], seats: int, kind: Kind = "choose", **changes: Any) -> Selection:
    outcome = count(rules(cap="none", **changes), kind, counts(yes, seats))
    assert isinstance(outcome, Selection)
    return outcome


def read(outcome: Selection | Decision, lang: str = "zh") -> list[str]:
    return [named_sentence(lang, reason, NAMES) for reason in outcome.reasons]


def labels(outcome: Selection | Decision) -> list[str]:
    return [outcome_label("zh", reason) for reason in outcome.reasons]


def test_first_votes_are_read_as_the_table_says() -> None:
    assert read(select([76, 50, 50, 44, 43], 2)) == [
        "供水：赞成76票，过全体代表半数（44票），列第1位，入选。",
        "校园：赞成50票，与道路同票，尚余1个名额，须再次投票。",
        "道路：赞成50票，与校园同票，尚余1个名额，须再次投票。",
        "泵站：赞成44票，已过半数，列第4位，超出应选的2项，未入选。",
        "广场：赞成43票，未过全体代表半数（44票），未获通过。",
    ]
    assert labels(select([76, 50, 50, 44, 43], 2)) == [
        "入选",
        "同票待再次投票",
        "同票待再次投票",
        "过半数未入选",
        "未过半数",
    ]


@pytest.mark.parametrize(
    ("threshold", "base"),
    [
        ("majority_all", "过全体代表半数（44票），"),
        ("majority_present", "过到会代表半数（40票），"),
        ("majority_returned", "过收回表决票半数（40票），"),
        ("majority_valid", "过有效表决票半数（40票），"),
        ("plurality", ""),
    ],
)
def test_the_base_is_named_unless_most_votes_decide(threshold: str, base: str) -> None:
    sentence = read(select([60, 0], 1, threshold=threshold))[0]
    assert sentence == f"供水：赞成60票，{base}列第1位，入选。"


def test_most_votes_leave_the_clause_on_the_majority_out() -> None:
    outcome = select([60, 20, 0], 1, threshold="plurality")
    assert read(outcome)[1:] == [
        "校园：赞成20票，列第2位，超出应选的1项，未入选。",
        "道路：赞成0票，未获通过。",
    ]
    assert labels(outcome) == ["入选", "未入选", "无赞成票"]


def test_a_second_tie_is_for_the_presidium() -> None:
    assert read(select([40, 20, 20], 2, "runoff"))[1:] == [
        "校园：再次投票赞成20票，与道路再次同票，由主席团决定。",
        "道路：再次投票赞成20票，与校园再次同票，由主席团决定。",
    ]


def test_a_project_that_passed_before_the_run_off_is_never_called_not_passed() -> None:
    outcome = select([40, 20, 0], 1, "runoff")
    assert read(outcome)[2] == "道路：再次投票赞成0票，未入选。"
    for sentence in [*read(outcome), *labels(outcome), *read(outcome, "en")]:
        for word in ("未通过", "未获通过", "未过半数", "not passed"):
            assert word not in sentence


def test_a_vacancy_is_said_of_the_round() -> None:
    assert vacancy_sentence("zh", select([70, 43], 2), 2) == "应选2项，入选1项，缺额1项。"
    assert vacancy_sentence("zh", select([70, 70, 70], 2), 2) is None
    assert vacancy_sentence("zh", select([70, 60], 2), 2) is None


def test_motions_pass_or_fail() -> None:
    for yes, sentence in (
        (44, "供水：赞成44票，过全体代表半数（44票），通过。"),
        (43, "供水：赞成43票，未过全体代表半数（44票），未通过。"),
    ):
        outcome = count(rules(), "motion", counts([yes], 1))
        assert isinstance(outcome, Decision)
        assert read(outcome) == [sentence]


def test_warnings_name_their_projects() -> None:
    weak = select([43, 79, 79], 3, threshold="majority_present")
    assert warning_sentences("zh", weak.warnings, NAMES) == [
        "低于法定的全体代表过半数：供水的赞成票未过全体代表的半数。",
        "校园、道路：全部有效票填选相同，公布票数即公开了每张票的选择。合法，公布前请主席团知悉。",
    ]
    none = select([60, 5], 1, threshold="majority_present").warnings
    assert warning_sentences("zh", none, NAMES) == ["低于法定的全体代表过半数"]
    assert warning_sentences("zh", select([60, 5], 1).warnings, NAMES) == []


def test_a_round_not_counted_says_why() -> None:
    def stopped(yes: list[int], **figures: Any) -> str:
        round_ = counts(yes, 1, **figures)
        outcome = count(rules(participation_quorum="majority_all_voting"), "choose", round_)
        assert isinstance(outcome, NotCounted)
        return stop_sentence("zh", outcome, rules(), round_, NAMES)

    assert stopped([], present=57) == (
        "实到57人，不足法定的58人，到会代表不足法定人数，不能进行票决。"
    )
    assert stopped([], returned=80) == "收回的表决票多于发出的表决票，本次票决无效，重新投票。"
    assert stopped([], returned=43) == (
        "全体代表86人，收回表决票43张，参加表决的代表未过全体代表的半数，本次表决无效。"
    )
    assert stopped([1, 80]) == "数字有误，不能计票：校园：赞成票多于有效票。"
    assert stopped([], present=87) == "数字有误，不能计票：实到人数多于应到人数。"


def test_the_validity_of_the_vote_is_said_before_counting() -> None:
    assert validity_sentence("zh", counts([])) == "收回的表决票等于发出的表决票，本次票决有效。"
    fewer = counts([], returned=75)
    assert validity_sentence("zh", fewer) == "收回的表决票少于发出的表决票，本次票决有效。"


def test_english_says_the_same() -> None:
    assert read(select([76, 50, 50, 44, 43], 2), "en")[3:] == [
        "泵站: 44 for, a majority; 4th by approvals, places: 2: not selected.",
        "广场: 43 for, not more than half of all deputies (44 needed): not passed.",
    ]
    sentence = reason_sentence("en", select([76, 5], 1).reasons[0], NAMES)
    assert (
        sentence
        == "76 for, more than half of all deputies (44 needed); 1st by approvals: selected."
    )


def test_english_ranks_are_ordinals() -> None:
    found = [ordinal("en", number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111)]
    assert found == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 103rd 111th".split()
