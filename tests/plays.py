"""Plays of whole sessions, each with one thing worth recording. All names are sample names.

Three projects for two places; six tablets, and papers where a play needs them.
"""

from ballot.demo import acts
from ballot.demo.papers import Papers
from ballot.demo.rounds import Casting
from ballot.demo.stage import Stage
from tests.records import SCRIPTS as SCRIPTS
from tests.records import begin, script, vote_plan
from tests.records import make_record as make_record
from tests.records import played as played

FIRST, SECOND, THIRD, MOTION = "projects-1", "projects-2", "projects-3", "motion-1"
# Six ballots, the fewest of these sessions that may be counted without more ado; so are
# three papers.
CLEAR, TIED = ["YYN"] * 4 + ["YNA"] * 2, ["YYN", "YNY", "NYY"] * 2
DECIDED, SHORT = ["YYN"] * 4 + ["NYY"] * 2, ["YYN", "YNY"] * 3
THREE: Papers = [("YYN", "unreadable")] * 3
WITNESSES = ["样例见证人甲", "样例见证人乙"]


def check_in(
    stage: Stage, tablets: int = 6, papers: int = 0, slots: tuple[str, ...] = (), few: str = ""
) -> None:
    """So many deputies come; for all slots unless some are named."""
    present = stage.plan.deputies[: tablets + papers]
    acts.check_in(stage, present, slots or stage.plan.slots, papers, few or None)


def end(stage: Stage) -> Stage:
    """Publish."""
    acts.publish_record(stage)
    return stage


# Styles and suites.


def plain(style: str, marks: list[str], group: str = "Ed25519") -> Stage:
    """One round of that style, six tablets."""
    stage = begin(vote_plan(style), group=group)
    check_in(stage)
    slot = stage.plan.slots[0]
    Casting(stage, slot).play(marks)
    return end(stage)


APPROVE, GRADES = ["YYA", "YAA", "AYY"] * 2, ["SB", "UK", "SA"] * 2
MOTIONS = ["Y"] * 4 + ["N", "A"]


@script
def three_way() -> Stage:
    """Tablets and papers; one paper approves too many, one is voided by its deputy."""
    stage = begin(deputies=12)
    check_in(stage, papers=5)
    void: Papers = [("YYY", "over_vote"), (None, "void_by_deputy")]
    Casting(stage, FIRST).play(CLEAR, [*THREE, *void])
    return end(stage)


@script
def approve() -> Stage:
    return plain("approve", APPROVE)


@script
def grades() -> Stage:
    """Ratings on tablets and on paper."""
    stage = begin(vote_plan("grades"), deputies=10)
    check_in(stage, papers=4)
    papers: Papers = [("SB", "unreadable")] * 3 + [(None, "unreadable")]
    Casting(stage, FIRST).play(GRADES, papers)
    return end(stage)


@script
def motion() -> Stage:
    return plain("motion", MOTIONS)


@script
def three_way_2048() -> Stage:
    return plain("three_way", CLEAR, "BELENIOS-2048")


@script
def approve_2048() -> Stage:
    return plain("approve", APPROVE, "BELENIOS-2048")


@script
def grades_2048() -> Stage:
    return plain("grades", GRADES, "BELENIOS-2048")


@script
def motion_2048() -> Stage:
    return plain("motion", MOTIONS, "BELENIOS-2048")


@script
def no_cap() -> Stage:
    """R05 ``none``: more approvals than places are lawful, and there is no cap proof."""
    stage = begin(vote_plan(cap="none"))
    check_in(stage)
    Casting(stage, FIRST).play(["YYY"] * 4 + ["YYN"] * 2)
    return end(stage)


@script
def nobody_cast() -> Stage:
    """An empty box: the sum is the identity, nothing is elected, two places stay open."""
    stage = begin()
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.close()
    casting.seal()
    acts.override(stage, "few_ballots", "无人投票，主席团同意计票", FIRST)
    casting.decrypt()
    casting.certify()
    acts.leave_vacancy(stage, FIRST)
    return end(stage)


# Later rounds.


def tied(rounds: int = 2) -> Stage:
    """Three items tied for two places, the run-off called."""
    stage = begin(vote_plan(rounds=rounds))
    check_in(stage)
    Casting(stage, FIRST).play(TIED)
    acts.call_run_off(stage, FIRST)
    return stage


@script
def run_off() -> Stage:
    stage = tied()
    Casting(stage, SECOND).play(DECIDED)
    return end(stage)


@script
def second_tie_by_lots() -> Stage:
    stage = tied()
    Casting(stage, SECOND).play(TIED)
    acts.settle_tie(stage, SECOND, stage.board.state.round(SECOND).items[1:], WITNESSES)
    return end(stage)


@script
def second_tie_deferred() -> Stage:
    stage = tied()
    Casting(stage, SECOND).play(TIED)
    acts.settle_tie(stage, SECOND)
    return end(stage)


@script
def second_tie_voted_again() -> Stage:
    """再投一次, on paper alone."""
    stage = tied(rounds=3)
    Casting(stage, SECOND).play(TIED)
    acts.call_run_off(stage, SECOND)
    paper_round(stage, THIRD, [(marks, "unreadable") for marks in DECIDED])
    return end(stage)


def short() -> Stage:
    """One item elected, one place left open."""
    stage = begin(vote_plan(rounds=2))
    check_in(stage)
    Casting(stage, FIRST).play(SHORT)
    return stage


@script
def vacancy() -> Stage:
    stage = short()
    acts.leave_vacancy(stage, FIRST)
    return end(stage)


@script
def second_vote() -> Stage:
    """另行票决 on one of the two that did not pass, who now does."""
    stage = short()
    last = stage.definition.votes[0].items[2].id
    acts.call_second_vote(stage, FIRST, [last])
    Casting(stage, SECOND).play(["Y"] * 6)
    return end(stage)


# Trustees and tokens.


@script
def trustee_missing() -> Stage:
    """The fifth trustee left after the ceremony; four seal, three of them decrypt."""
    stage = begin()
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR)
    casting.close()
    casting.seal(stage.trustees[:4])
    casting.decrypt([stage.trustees[3], stage.trustees[0], stage.trustees[1]])
    casting.certify()
    return end(stage)


@script
def every_trustee() -> Stage:
    """All five seal and decrypt."""
    stage = begin(vote_plan("approve"))
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(APPROVE)
    casting.close()
    casting.seal(stage.trustees)
    casting.decrypt(stage.trustees)
    casting.certify()
    return end(stage)


@script
def one_signer() -> Stage:
    stage = begin(signers=("clerk",))
    check_in(stage)
    Casting(stage, FIRST).play(CLEAR)
    return end(stage)


@script
def drawn() -> Stage:
    """Slips good for two rounds, some on paper, five slips never drawn."""
    stage = begin(vote_plan(rounds=2), deputies=11, signers=())
    check_in(stage, papers=3)
    Casting(stage, FIRST).play(TIED, [(marks, "unreadable") for marks in TIED[:3]])
    acts.call_run_off(stage, FIRST)
    Casting(stage, SECOND).play(DECIDED, [("YNA", "unreadable")] * 3)
    return end(stage)


@script
def drawn_2048() -> Stage:
    """What ``belenios-tool`` can be the voter of."""
    stage = begin(vote_plan("approve"), group="BELENIOS-2048", signers=())
    check_in(stage)
    Casting(stage, FIRST).play(APPROVE)
    return end(stage)


# Voided rounds, papers, overrides, corrections.


def paper_round(stage: Stage, slot: str, papers: Papers) -> None:
    """A round for paper only: sheets are handed out anew."""
    casting = Casting(stage, slot)
    casting.open(papers_anew=len(papers))
    casting.close(len(papers))
    casting.count_papers(papers)
    casting.certify()


@script
def voided_and_repeated() -> Stage:
    """Tablets fail while the round is open; the next slot has its own tokens."""
    stage = begin(vote_plan(rounds=2))
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR[:3])
    casting.void("stated", "平板网络中断")
    acts.adjourn(stage, "休会十分钟")
    acts.call_revote(stage, FIRST)
    Casting(stage, SECOND).play(CLEAR)
    return end(stage)


@script
def voided_and_repeated_on_paper() -> Stage:
    """Too few trustees are left to seal, so the votes in the box stay closed."""
    stage = begin(vote_plan(rounds=2))
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR)
    casting.close()
    casting.seal(stage.trustees[:2])
    casting.void("stated", "密钥保管人不足，无法封箱")
    acts.call_revote(stage, FIRST)
    paper_round(stage, SECOND, [(marks, "unreadable") for marks in CLEAR])
    return end(stage)


@script
def surplus() -> Stage:
    """One paper too many: sealed, which proves R, and never decrypted."""
    stage = begin(vote_plan(rounds=2), deputies=10)
    check_in(stage, papers=3)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR)
    casting.close(papers=4)
    casting.seal()
    casting.void("surplus")
    acts.call_revote(stage, FIRST)
    Casting(stage, SECOND).play(CLEAR, THREE)
    return end(stage)


@script
def participation() -> Stage:
    """R12: not more than half of all deputies take part in the first round."""
    rules = {"participation_quorum": "majority_all_voting"}
    stage = begin(vote_plan(rounds=2, **rules))
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR[:3])
    casting.close()
    casting.seal()
    casting.void("participation")
    acts.call_revote(stage, FIRST)
    Casting(stage, SECOND).play(CLEAR)
    return end(stage)


@script
def run_off_repeated() -> Stage:
    """A run-off that was void is repeated, and most votes decide there as well."""
    stage = tied(rounds=3)
    casting = Casting(stage, SECOND)
    casting.open()
    casting.void("stated", "平板故障")
    acts.call_revote(stage, SECOND)
    Casting(stage, THIRD).play(DECIDED)
    return end(stage)


@script
def paper_only() -> Stage:
    """The first round on paper; its tokens are dead."""
    stage = begin()
    check_in(stage)
    void: Papers = [("YYY", "over_vote"), (None, "unreadable")]
    paper_round(stage, FIRST, [(marks, "unreadable") for marks in CLEAR[:4]] + list(void))
    return end(stage)


@script
def few_issued() -> Stage:
    """Five tablets and two papers."""
    stage = begin(deputies=8)
    check_in(stage, tablets=5, papers=2, few="代表坚持用纸质票，主席团同意")
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR[:5])
    casting.close(papers=2)
    acts.override(stage, "few_ballots", "五张平板票，主席团同意计票", FIRST)
    acts.override(stage, "few_papers", "两张纸质票，主席团同意计票", FIRST)
    casting.seal()
    casting.count_papers(THREE[:2])
    casting.decrypt()
    casting.certify()
    return end(stage)


@script
def few_ballots() -> Stage:
    """Six tokens issued, five ballots in the box."""
    stage = begin()
    check_in(stage)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR[:5])
    casting.close()
    casting.seal()
    acts.override(stage, "few_ballots", "一人未投，主席团同意计票", FIRST)
    casting.decrypt()
    casting.certify()
    return end(stage)


@script
def few_papers() -> Stage:
    """Three papers, of which one turns out to be void when they are counted."""
    stage = begin(deputies=10)
    check_in(stage, papers=3)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR)
    casting.close(papers=3)
    casting.seal()
    casting.count_papers([*THREE[:2], (None, "unreadable")])
    acts.override(stage, "few_papers", "有效纸质票两张，主席团同意计票", FIRST)
    casting.decrypt()
    casting.certify()
    return end(stage)


@script
def corrected_sheet() -> Stage:
    """The tellers find a mistake before anything is decrypted."""
    stage = begin(deputies=10)
    check_in(stage, papers=3)
    casting = Casting(stage, FIRST)
    casting.open()
    casting.cast(CLEAR)
    casting.close(papers=3)
    casting.seal()
    casting.count_papers([*THREE[:2], ("YNN", "unreadable")])
    casting.count_papers(THREE)
    casting.decrypt()
    casting.certify()
    return end(stage)


@script
def corrected_certificate() -> Stage:
    """A recount of the papers after the certificate; the second replaces the first."""
    stage = begin(deputies=10)
    check_in(stage, papers=3)
    casting = Casting(stage, FIRST)
    casting.play(CLEAR, THREE)
    acts.object_to(stage, "监票人请求重新计票", FIRST)
    casting.count_papers([*THREE[:2], ("YNY", "unreadable")])
    casting.certify()
    return end(stage)


# Around the rounds.


@script
def objections() -> Stage:
    """Objections in session and, within three working days, after the publication."""
    stage = begin()
    acts.object_to(stage, "对票决办法有异议，主席团已说明")
    check_in(stage)
    acts.adjourn(stage, "午间休会")
    Casting(stage, FIRST).play(CLEAR)
    acts.object_to(stage, "请求核对封箱码，已核对", FIRST)
    acts.adjourn(stage, "休会，等待公告")
    end(stage)
    acts.object_to(stage, "书面异议：请求说明计票结果，已答复")
    acts.write_log(stage)
    return stage


@script
def practice() -> Stage:
    stage = begin(practice=True)
    check_in(stage)
    Casting(stage, FIRST).play(CLEAR)
    return end(stage)


@script
def later_check_in() -> Stage:
    """Projects in the morning; the motion in the afternoon with a check-in of its own, to
    which fewer papers come than the definition wants.
    """
    stage = begin(vote_plan(rounds=2), vote_plan("motion"), deputies=10)
    check_in(stage, papers=3, slots=(FIRST, SECOND))
    Casting(stage, FIRST).play(CLEAR, THREE)
    acts.adjourn(stage, "下午继续")
    check_in(stage, tablets=7, papers=2, slots=(MOTION,), few="两位代表用纸质票")
    casting = Casting(stage, MOTION)
    casting.open()
    casting.cast(["Y"] * 5 + ["N", "A"])
    casting.close(papers=2)
    acts.override(stage, "few_papers", "两张纸质票，主席团同意计票", MOTION)
    casting.seal()
    casting.count_papers([("Y", "unreadable")] * 2)
    casting.decrypt()
    casting.certify()
    return end(stage)


@script
def two_votes() -> Stage:
    """Projects and a motion in one check-in, with drawn codes."""
    stage = begin(vote_plan("approve"), vote_plan("motion"), deputies=9, signers=())
    check_in(stage)
    Casting(stage, MOTION).play(MOTIONS)
    Casting(stage, FIRST).play(APPROVE)
    return end(stage)


@script
def never_opened() -> Stage:
    """A vote that the session did not come to: its slots were issued and never used."""
    stage = begin(vote_plan(), vote_plan("motion"))
    check_in(stage)
    Casting(stage, FIRST).play(CLEAR)
    return end(stage)
