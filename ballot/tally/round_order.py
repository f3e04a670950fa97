"""What may follow what within one round (protocol §8): from the empty box to the certificate.

Each check yields every reason why its event may not follow; one that makes the others
meaningless is raised. Codes: ``event.…`` (V3), ``numbers.…`` (V7), ``seal.…`` (V8),
``certificate.…`` (V13).
"""

from collections.abc import Iterator

from ballot.crypto.errors import Invalid
from ballot.tally.events import Event
from ballot.tally.paper_sheet import refused_sheet, shaped
from ballot.tally.session import CHANNELS, Vote
from ballot.tally.state import Round, Seal, State
from ballot.tally.stated import read_selection


def _find(state: State, event: Event) -> Round:
    return state.round(event.slot or "")


def _order(what: str) -> Invalid:
    return Invalid("event.order", what)


def box_empty(state: State, event: Event) -> Iterator[Invalid]:
    """空箱证明, once, before the round opens."""
    one = _find(state, event)
    if state.trustees is None:
        yield _order("the keys are not ready")
    if one.box_empty or one.opened:
        yield _order(f"the box of {one.slot} was shown before")


def round_opened(state: State, event: Event) -> Iterator[Invalid]:
    """Rules, check-in, empty box, two head counts, channels; no other round is open."""
    one, body = _find(state, event), event.body
    vote, issue = state.vote(one.slot), state.issues.get(one.slot)
    if one.opened:
        raise _order(f"the round in slot {one.slot} was opened before")
    if not state.rules_adopted:
        yield _order("the rules are not adopted")
    if not one.box_empty:
        yield _order("the box was not shown empty")
    for other in state.rounds.values():
        if other.is_open:
            yield _order(f"the round in slot {other.slot} is open")
    if body["present"] > state.definition.deputies:
        yield Invalid("numbers.present", "more present than deputies")
    if not state.quorum_met(one.slot, body["present"]):
        yield Invalid("event.quorum", f"{body['present']} in the hall")
    if issue is None:
        raise _order(f"no check-in for slot {one.slot} is closed")
    if not state.quorum_met(one.slot, issue.present):
        yield Invalid("event.quorum", f"{issue.present} checked in")
    yield from _channels(state, vote, event)


def _channels(state: State, vote: Vote, event: Event) -> Iterator[Invalid]:
    body, issue = event.body, state.issues[event.slot or ""]
    channels = body["channels"]
    if channels != [name for name in CHANNELS if name in channels and name in vote.channels]:
        yield Invalid("event.channels", "not channels of the vote in their order")
    paper_only = channels == ["paper"]
    if (body["fingerprint"] is None) != paper_only:
        yield Invalid("event.channels", "a fingerprint stands exactly where tablets vote")
    if (body["issued_paper"] is None) == paper_only:
        yield Invalid("event.channels", "papers are handed out anew only when paper only")
    if not paper_only and issue.paper and "paper" not in channels:
        yield Invalid("event.channels", "papers were issued for this slot")
    papers = body["issued_paper"]
    if papers is None or not paper_only:
        return
    if papers > issue.present:
        yield Invalid("numbers.issued", f"{papers} papers for {issue.present} present")
    few = 0 < papers < state.definition.min_paper
    if few and not state.permits(event.slot or "", "few_issued"):
        yield Invalid("event.few_issued", f"{papers} papers without an override")


def round_closed(state: State, event: Event) -> Iterator[Invalid]:
    """An open round; R of each of its channels, and of no other."""
    one = _find(state, event)
    if not one.is_open:
        raise _order(f"no round is open in slot {one.slot}")
    for name in CHANNELS:
        if (event.body[name] is not None) != (name in one.channels):
            yield Invalid("event.channels", f"{name}: not the channels that were opened")


def sealed(state: State, event: Event) -> Iterator[Invalid]:
    """One root per round, ever: what opening and closing stated, once per trustee (E22)."""
    one = _find(state, event)
    _require_closed(one)
    if not one.tablets:
        raise _order(f"the round in slot {one.slot} has no box")
    if one.ever_counted:
        yield _order("the ballots are counted")
    body = event.body
    if Seal(body["fingerprint"], body["size"], body["root"]) != one.seal:
        yield Invalid("seal.differs", "not the fingerprint, size and root stated before")
    if any(signature.signer in one.seals for signature in event.signatures):
        yield Invalid("seal.twice", "this trustee has sealed the round")


def paper_counted(state: State, event: Event) -> Iterator[Invalid]:
    """Before anything is decrypted; a corrected sheet names the one it replaces."""
    one, body = _find(state, event), event.body
    _require_closed(one)
    if not one.issued.get("paper"):
        raise _order(f"no paper was issued in slot {one.slot}")
    yield from _uncounted(state, one)
    if body["replaces"] != one.paper_event:
        yield Invalid("event.replaces", "not the sheet in force")
    if one.paper is None:
        if one.partials:
            yield _order("the tablets are decrypted")
        # Before anyone sees a total (attacks E27, E29).
        yield from _few_ballots(state, one)
        yield from _few_papers(state, one, one.returned.get("paper", 0))
    if any(later.parent == one.slot for later in state.rounds.values()):
        yield _order("a later round follows from the certificate of this one")
    yield from refused_sheet(state.vote(one.slot), one, body)


def decrypted(state: State, event: Event) -> Iterator[Invalid]:
    """Sealed by q, paper counted, no surplus, enough ballots or an override (E22, E27, E29)."""
    one, definition = _find(state, event), state.definition
    _require_closed(one)
    if not one.tablets:
        raise _order(f"the round in slot {one.slot} has no box")
    if one.ever_counted:
        yield _order("the ballots are counted")
    if len(one.sealers) < definition.seal_quorum:
        what = f"{len(one.sealers)} trustees, needed {definition.seal_quorum}"
        yield Invalid("seal.too_few", what)
    yield from _uncounted(state, one)
    if one.paper_due:
        yield _order("the papers are not counted")
    yield from _few_ballots(state, one)
    if one.paper is not None:
        yield from _few_papers(state, one, one.paper["valid"])
    owner = event.body["owner"]
    numbers = {trustee: i for i, trustee in enumerate(definition.trustees, 1)}
    if any(numbers.get(signature.signer) != owner for signature in event.signatures):
        yield Invalid("event.owner", f"{owner} is not the number of the trustee who signed")
    if owner in one.partials:
        yield _order(f"trustee {owner} has decrypted before")


def counted(state: State, event: Event) -> Iterator[Invalid]:
    """After t partial decryptions and the paper sheet. That the numbers are true is not
    looked at here, only that they have the shape of this ballot.
    """
    one, body, vote = _find(state, event), event.body, state.vote(event.slot or "")
    _require_closed(one)
    if one.counted:
        yield _order(f"the round in slot {one.slot} is counted")
    yield from _uncounted(state, one)
    if one.paper_due:
        yield _order("the papers are not counted")
    if one.tablets and len(one.partials) < state.definition.threshold:
        what = f"{len(one.partials)}, needed {state.definition.threshold}"
        yield Invalid("event.too_few_partials", what)
    if (body["tablet"] is not None) != one.tablets:
        yield Invalid("event.totals", "totals of tablets stand exactly where tablets voted")
    for totals in (body["totals"], body["tablet"]):
        if totals is not None and not shaped(totals, vote, one):
            yield Invalid("event.totals", "not one row per item of the ballot")
    outcome = body["outcome"]
    if outcome.get("session") != "valid":
        yield Invalid("event.outcome", "not the outcome of a valid round")
    elif vote.kind == "selection" and read_selection(outcome, len(one.items)) is None:
        yield Invalid("event.outcome", "not each item in one list")


def certified(state: State, event: Event) -> Iterator[Invalid]:
    """What is counted, once: one certificate per round and predecessor, ever (E11)."""
    one = _find(state, event)
    if one.voided or not one.counted:
        raise _order(f"the round in slot {one.slot} is not counted")
    if one.current:
        yield Invalid("certificate.predecessor", "a certificate of these totals exists")


def voided(state: State, event: Event) -> Iterator[Invalid]:
    """An open or closed round before its totals can be known; E29."""
    one, body = _find(state, event), event.body
    if not one.opened or one.voided:
        raise _order(f"no round to void in slot {one.slot}")
    if one.partials or one.counted or one.certificates:
        yield _order(f"the round in slot {one.slot} is decrypted or counted")
    if one.paper is not None and not one.tablets:
        yield _order("the papers, all there is, are counted")
    due = "stated"
    if one.surplus:
        due = "surplus"
    elif state.participation_failed(one):
        due = "participation"
    if body["reason"] != due:
        yield Invalid("event.reason", f"{body['reason']} instead of {due}")
    if body["reason"] == "stated" and not body["text"].strip():
        yield Invalid("event.reason", "no reason is stated")


def _require_closed(one: Round) -> None:
    if one.voided:
        raise _order(f"the round in slot {one.slot} is void")
    if not one.closed:
        raise _order(f"the round in slot {one.slot} is not closed")


def _uncounted(state: State, one: Round) -> Iterator[Invalid]:
    """Ballots that must stay sealed (counting rules §5.3, §5.4)."""
    if one.surplus:
        yield Invalid("event.surplus", "more ballots returned than issued: the round is void")
    if state.participation_failed(one):
        yield Invalid("event.participation", "too few took part: the round is void")


def _few_ballots(state: State, one: Round) -> Iterator[Invalid]:
    size = one.returned.get("tablet", 0)
    few = one.issued.get("tablet", 0) > 0 and size < state.definition.min_ballots
    if few and not state.permits(one.slot, "few_ballots"):
        yield Invalid("event.few_ballots", f"{size} ballots in the box without an override")


def _few_papers(state: State, one: Round, papers: int) -> Iterator[Invalid]:
    few = papers < state.definition.min_paper
    if few and not state.permits(one.slot, "few_papers"):
        yield Invalid("event.few_papers", f"{papers} papers without an override")
