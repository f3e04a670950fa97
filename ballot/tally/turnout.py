"""May the ballots of a round be counted at all? Steps 1-4 of the counting rules, §5.

The letters are those of the rules: N deputies, P present, I issued, R returned, V valid,
X void. A number that was no integer >= 0 where it was written is carried as a negative one
and refused here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ballot.tally.outcome import NotCounted
from ballot.tally.rules import Rules


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way of casting (``tablet``, ``paper``) with its own numbers."""

    name: str
    issued: int
    returned: int
    valid: int
    yes: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Turnout:
    """N, P, I, R and V of one round; X and the channels where they are known."""

    deputies_all: int
    present: int
    issued: int
    returned: int
    valid: int
    invalid: int | None = None
    channels: tuple[Channel, ...] = ()

    def numbers(self) -> Iterable[int]:
        """Every number of the round, for the test that none is negative."""
        yield from (self.deputies_all, self.present, self.issued, self.returned, self.valid)
        yield from () if self.invalid is None else (self.invalid,)
        for channel in self.channels:
            yield from (channel.issued, channel.returned, channel.valid, *channel.yes)


def quorum_min(rules: Rules, deputies_all: int) -> int:
    """The fewest deputies present that meet R01."""
    if rules.quorum == "two_thirds_all":
        # 地方组织法 Art. 14: 三分之二以上, equality included: 3P >= 2N.
        return (2 * deputies_all + 2) // 3
    # Same, Art. 51, standing committees: 全体组成人员的过半数, 2P > N.
    return deputies_all // 2 + 1


def before_counting(rules: Rules, turnout: Turnout, numbers: Iterable[int]) -> NotCounted | None:
    """Steps 1-4 of §5 in their order; None when the ballots may be opened.

    ``numbers`` are all the numbers given (:meth:`Turnout.numbers` and those of the items).
    """
    heads = turnout
    # 1. Input error: refused, nothing is computed.
    if any(number < 0 for number in numbers):
        return NotCounted("input_error", "not_a_count")
    if heads.deputies_all < 1:
        return NotCounted("input_error", "no_deputies")
    if heads.present > heads.deputies_all:
        return NotCounted("input_error", "present_over_deputies")
    if heads.issued > heads.present:
        return NotCounted("input_error", "issued_over_present")
    if heads.channels and (
        sum(channel.issued for channel in heads.channels) != heads.issued
        or sum(channel.returned for channel in heads.channels) != heads.returned
    ):
        return NotCounted("input_error", "channel_sums")
    # 2. Quorum: voting must not open.
    if heads.present < quorum_min(rules, heads.deputies_all):
        return NotCounted("no_quorum")
    # 3. More ballots than were issued, in total or in any channel: one paper too many is not
    # excused by a tablet that was not used. 选举法 Art. 44; sealed uncounted.
    if heads.returned > heads.issued:
        return NotCounted("void_revote")
    for channel in heads.channels:
        if channel.returned > channel.issued:
            return NotCounted("void_revote", channel=channel.name)
    # 4. 广东省人民代表大会议事规则 Art. 60, where adopted: 2R > N.
    if rules.participation_quorum == "majority_all_voting" and (
        2 * heads.returned <= heads.deputies_all
    ):
        return NotCounted("participation_quorum_failed")
    return None


def contradiction(turnout: Turnout) -> NotCounted | None:
    """The part of step 5 that concerns V and X: R = V + X in total and in each channel."""
    if turnout.valid > turnout.returned:
        return NotCounted("input_error", "valid_over_returned")
    if turnout.invalid is not None and turnout.valid + turnout.invalid != turnout.returned:
        return NotCounted("input_error", "invalid_sum")
    for channel in turnout.channels:
        if channel.valid > channel.returned:
            return NotCounted("input_error", "valid_over_returned", channel=channel.name)
    if turnout.channels and sum(channel.valid for channel in turnout.channels) != turnout.valid:
        return NotCounted("input_error", "channel_sums")
    return None


def below_statutory(rules: Rules) -> bool:
    """Whether R13 asks for less than more than half of ALL deputies (地方组织法 Art. 25)."""
    return rules.threshold != "majority_all"


def unanimous(valid: int, marks: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The items on which all valid ballots agree, so that the total shows everyone's choice
    (§9). ``marks`` holds, per item, the counts of every answer.
    """
    return tuple(i for i, counts in enumerate(marks) if valid > 0 and valid in counts)
