"""The facts of a round that a certificate states, as the events tell them (protocol §9)."""

from ballot.crypto.errors import Invalid
from ballot.tally import styles
from ballot.tally.certificate import ChannelCount, RoundFacts
from ballot.tally.paper_sheet import ANSWERS
from ballot.tally.rounds import union_of_rounds
from ballot.tally.session import CHANNELS
from ballot.tally.state import Round, State
from ballot.tally.styles import Totals


def channels_of(state: State, one: Round, tablet: Totals | None) -> tuple[ChannelCount, ...]:
    """I, R, V and totals per channel in use; ``tablet`` are the decrypted totals.

    Raises ``round.not_counted`` where they, or the paper sheet, are missing.
    """
    found = []
    for name in (name for name in CHANNELS if name in one.channels):
        issued, returned = one.issued.get(name, 0), one.returned.get(name, 0)
        if name == "tablet":
            if tablet is None:
                raise Invalid("round.not_counted", f"{one.slot}: the tablets are not decrypted")
            found.append(ChannelCount(name, issued, returned, returned, tablet))
        elif one.paper is not None:
            rows = tuple(tuple(row) for row in one.paper["rows"])
            sheet = one.paper
            found.append(ChannelCount(name, issued, sheet["returned"], sheet["valid"], rows))
        elif issued:
            raise Invalid("round.not_counted", f"{one.slot}: the paper sheet is not signed")
        else:
            found.append(ChannelCount(name, issued, returned, 0, nothing(state, one)))
    return tuple(found)


def nothing(state: State, one: Round) -> Totals:
    """Totals of no ballots."""
    return ((0,) * ANSWERS[state.vote(one.slot).style],) * len(one.items)


def facts_of(
    state: State,
    slot: str,
    tablet: Totals | None,
    archive: str | None,
    log: str,
    minute: str,
) -> RoundFacts:
    """Everything the certificate of a round says, before it is certified or after.

    ``archive``: hex SHA-256 of the round's ``.bel``, None for paper only; ``log``: digest of the
    last event the signers saw; ``minute``: of the certifying event.
    """
    one, issue = state.round(slot), state.issues.get(slot)
    if issue is None:
        raise Invalid("round.not_counted", f"{slot} was never issued")
    channels = channels_of(state, one, tablet)
    totals = nothing(state, one)
    for channel in channels:
        totals = styles.add_totals(totals, channel.totals)
    vote = state.vote(slot)
    earlier = [x for x in state.rounds_of(vote) if x.number < one.number]
    before = union_of_rounds(vote.seats, [r for x in earlier for r in x.results()])
    return RoundFacts(
        slot=slot,
        round_kind=one.kind,
        run_off=one.run_off,
        replaces=one.certificates[-1].certificate if one.certificates else None,
        calling=one.calling,
        fingerprint=one.fingerprint,
        attendance=issue.attendance,
        present=issue.present,
        channels=channels,
        void_reasons=dict(one.paper["void"]) if one.paper else {},
        unused_slips=issue.unused_slips,
        sealed=(one.returned["tablet"], one.root) if one.tablets and one.root else None,
        archive=archive,
        log=log,
        overrides=tuple(override.text for override in state.overrides.get(slot, ())),
        items=one.items,
        seats=one.seats,
        totals=totals,
        paper=dict(one.paper) if one.paper else None,
        before=before.elected,
        minute=minute,
    )
