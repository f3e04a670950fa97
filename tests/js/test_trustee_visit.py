"""One visit of a trustee's page: a passphrase typed once, a box read by two workers, the copy."""

from typing import Any

import pytest

from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.tally.events import encode as encode_event
from ballot.tally.lifecycle import advance
from ballot.tally.orders import check_order, decode_order
from ballot.trustee import documents, drafts
from ballot.trustee.journal import Journal, encode
from tests.elections import Stream
from tests.js.client import Bridge
from tests.js.test_box_agreement import asked
from tests.records import played
from tests.trustee.test_sealing import MINUTE, SLOT, box, following, in_order, told, trustee

PASSPHRASE = "口令一二三四"
OWN = 5


def parted(bridge: Bridge, ballots: list[bytes], cut: int, slips: tuple[str, ...] = ()) -> Any:
    """The box as two workers read it."""
    state = told("sealed")
    return bridge(
        "box_parts",
        definition=state.definition.raw.decode(),
        trustees=state.trustees,
        slot=SLOT,
        envelopes=[data.decode() for data in ballots],
        slips=list(slips),
        cut=cut,
    )


@pytest.mark.parametrize("cut", [0, 1, 3, 6])
def test_two_workers_find_what_one_does(bridge: Bridge, cut: int) -> None:
    whole, found = asked(bridge, box()), parted(bridge, box(), cut)
    assert (found["seal"], found["sums"]) == (whole["seal"], whole["sums"])


def test_what_stands_twice_is_found_across_the_parts(bridge: Bridge) -> None:
    ballots = in_order(box())

    def refused(*given: Any) -> str:
        with pytest.raises(Invalid) as caught:
            parted(bridge, *given)
        return caught.value.code

    assert refused([*ballots[3:], *ballots[:3]], 3) == "seal.order"
    assert refused([ballots[0], ballots[0]], 1) == "seal.order"
    credential = parted(bridge, ballots, 3)["parts"][1]["ballots"][0]["credential"]
    assert refused(ballots, 3, (credential,)) == "token.unused_slip"


def key_files() -> list[str]:
    """The signing key and the share of the fifth trustee."""
    of, official = told("sealed").definition, trustee(OWN).official
    share = trustee(OWN).share
    public = of.group.ser(of.group.power_g(share))
    keys = [
        (KeyHeader("official", official.id, official.key.public, None), official.key.seed),
        (KeyHeader("trustee", official.id, public, of.session), share.to_bytes(32, "big")),
    ]
    return [lock(*one, PASSPHRASE, Stream("keys")).decode() for one in keys]


def test_a_passphrase_typed_once_opens_the_visit_until_it_is_forgotten(bridge: Bridge) -> None:
    state = told("sealed")
    of, official = state.definition, trustee(OWN).official
    files = key_files()
    events = played("trustee_missing").board.events
    lines = [encode_event(event).decode() for event in events]
    closed = lines[: told("round_closed").number]
    parts = parted(bridge, box(), 2)["parts"]
    journal = loads(encode(Journal(of.session, official.id)))
    about = {"slot": SLOT, "journal": journal, "minute": MINUTE}
    copy = "\n".join(files)
    answers = bridge(
        "trustee_visit",
        name="visit",
        definition=of.raw.decode(),
        official=files[0],
        jobs=[
            ["order", {"kind": "fetch_box", "slot": SLOT}],
            ["open", {"passphrase": "wrong"}],
            ["isOpen", {}],
            ["open", {"passphrase": PASSPHRASE}],
            ["order", {"kind": "fetch_box", "slot": SLOT}],
            ["seal", {**about, "lines": closed}],
            ["verify", {"lines": closed, "slot": SLOT, "parts": parts}],
            ["seal", {**about, "lines": closed}],
            ["decrypt", {**about, "lines": lines[: state.number], "share": files[1]}],
            ["renewal", {"number": 2}],
            ["restore", {"copy": copy, "passphrase": PASSPHRASE, "trustees": state.trustees}],
            ["restore", {"copy": copy, "passphrase": "wrong", "trustees": state.trustees}],
            ["verify", {"lines": closed, "slot": SLOT, "parts": parts[:1]}],
            ["seal", {**about, "lines": closed}],
            ["forget", {}],
            ["seal", {**about, "lines": closed}],
        ],
    )
    refusals = [one.get("refusal") if isinstance(one, dict) else None for one in answers]
    assert refusals == [
        "key.locked", "key.passphrase", None, None, None, "seal.unread", None, None, None, None,
        None, "key.passphrase", None, "seal.differs", None, "key.locked",
    ]  # fmt: skip
    assert (answers[2], answers[3]) == (False, {"id": official.id, "index": OWN})
    check_order(of, decode_order(answers[4].encode()), "fetch_box")
    sealed = drafts.decode(answers[7]["draft"].encode())
    advance(told("round_closed"), following(told("round_closed"), sealed))
    assert answers[7]["journal"]["rounds"][0]["root"] == told("sealed").round(SLOT).root
    opened = drafts.decode(answers[8]["draft"].encode())
    advance(state, following(state, opened))
    given_up = documents.read(of, "renewal", OWN, answers[9].encode())
    assert given_up["number"] == 2
    assert answers[10] == {"id": official.id, "official": files[0], "share": files[1]}
    assert answers[12]["own"]["size"] == 2
    assert answers[6]["sums"] == asked(bridge, box())["sums"]
