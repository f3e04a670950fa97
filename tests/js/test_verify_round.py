"""A counted round before its certificate is signed: what an official's browser finds."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from ballot.crypto import encoding
from ballot.tally.archive import EncryptedTally
from ballot.tally.archive_reader import read_archive
from tests.js.client import Bridge
from tests.js.counted import SLOT, Counted, counted
from tests.js.verifier import statuses
from tests.records import played


@pytest.fixture(scope="module")
def browser(bundle: None) -> Iterator[Bridge]:
    with Bridge("verify_bridge.mjs") as process:
        yield process


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("three_way", SLOT),
        ("grades", SLOT),
        ("drawn", SLOT),
        ("second_tie_by_lots", "projects-2"),
        ("corrected_sheet", SLOT),
        ("paper_only", None),
    ],
)
def test_what_may_be_signed_is_valid(browser: Bridge, name: str, slot: str | None) -> None:
    slots = [e.slot for e in played(name).board.events if e.kind == "certified"]
    chosen = slot or str(slots[-1])
    one = counted(name, chosen, slots.count(chosen) - 1)
    answer = browser("round", **one.asked())
    assert answer["verdict"] == "valid", answer["checks"]
    assert answer["elected"] == one.certificate["elected"]
    found = statuses(answer)
    assert found["V13"] == found["V12"] == found["V3"] == "pass"
    assert found["V6"] == ("pass" if one.envelopes else "not_applicable")


def changed(certificate: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**certificate, **changes}


def recount(one: Counted, change: Callable[[dict[str, Any]], None]) -> Counted:
    """Another counting event; the certificate points to it."""
    events = list(one.events)
    at = max(i for i, event in enumerate(events) if event.kind == "counted")
    body = encoding.loads(encoding.dumps(events[at].body))
    change(body)
    events[at] = replace(events[at], body=body)
    for i in range(at + 1, len(events)):
        events[i] = replace(events[i], previous=events[i - 1].digest)
    certificate = changed(one.certificate, log=events[-1].digest)
    return replace(one, events=tuple(events), certificate=certificate)


def swap_elected(body: dict[str, Any]) -> None:
    outcome = body["outcome"]
    outcome["elected"], outcome["not_chosen"] = (
        outcome["not_chosen"][:1] + outcome["elected"][1:],
        outcome["elected"][:1] + outcome["not_chosen"][1:],
    )


def one_more(body: dict[str, Any]) -> None:
    for name in ("totals", "tablet"):
        if body[name]:
            body[name][0][0] += 1
            body[name][0][-1] -= 1


def partial_of_another(one: Counted) -> Counted:
    """A trustee's share was wrong: the factors of one stand for another's."""
    events = list(one.events)
    places = [i for i, event in enumerate(events) if event.kind == "decrypted"]
    first, second = places[:2]
    body = {**events[first].body, "partial": events[second].body["partial"]}
    events[first] = replace(events[first], body=body)
    for i in range(first + 1, len(events)):
        events[i] = replace(events[i], previous=events[i - 1].digest)
    return replace(
        one, events=tuple(events), certificate=changed(one.certificate, log=events[-1].digest)
    )


FORGERIES: dict[str, tuple[str, Callable[[Counted], Counted]]] = {
    "a certificate with another item elected": (
        "V13",
        lambda one: replace(one, certificate=changed(one.certificate, elected=["T01", "T03"])),
    ),
    "a certificate with other totals": (
        "V13",
        lambda one: replace(
            one, certificate=changed(one.certificate, totals=one.certificate["totals"][::-1])
        ),
    ),
    "a certificate of another archive": (
        "V13",
        lambda one: replace(one, certificate=changed(one.certificate, archive="ab" * 32)),
    ),
    "a certificate from before the count": (
        "V13",
        lambda one: replace(one, certificate=changed(one.certificate, log=one.events[0].digest)),
    ),
    "a removed ballot": ("V8", lambda one: replace(one, envelopes=one.envelopes[1:])),
    "a ballot twice": (
        "V8",
        lambda one: replace(one, envelopes=(one.envelopes[0], *one.envelopes[:-1])),
    ),
    "ballots in another order": ("V8", lambda one: replace(one, envelopes=one.envelopes[::-1])),
    "an archive cut short": (
        "V5",
        lambda one: replace(one, archive=(one.archive or b"")[:-1024]),
    ),
    "an outcome against the rules": ("V12", lambda one: recount(one, swap_elected)),
    "one vote more": ("V11", lambda one: recount(one, one_more)),
    "a wrong partial decryption": ("V10", partial_of_another),
    "a round that nobody counted": ("V3", lambda one: replace(one, events=one.events[:-1])),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_may_not_be_signed_is_refused(browser: Bridge, name: str) -> None:
    check, forge = FORGERIES[name]
    answer = browser("round", **forge(counted()).asked())
    assert answer["verdict"] == "invalid", answer["checks"]
    assert statuses(answer)[check] == "fail", answer["checks"]


def test_without_its_archive_a_round_is_not_checkable(browser: Bridge) -> None:
    answer = browser("round", **replace(counted(), archive=None).asked())
    assert answer["verdict"] == "not_checkable"
    assert statuses(answer)["V6"] == "not_checkable"


def test_a_box_verified_before_is_not_verified_again_and_no_other_passes_for_it(
    browser: Bridge,
) -> None:
    one = counted()
    root = one.certificate["sealed"]["root"]
    (tally,) = [
        stage
        for stage in read_archive(io.BytesIO(one.archive or b""))
        if isinstance(stage, EncryptedTally)
    ]
    sums = [[[c["alpha"], c["beta"]] for c in row] for row in encoding.loads_compact(tally.body)]
    first = browser("round", **one.asked())["box"]
    verified = {"fingerprint": one.certificate["fingerprint"], "root": root, "sums": sums}
    assert first == {**verified, "before": False}
    asked = {**one.asked(), "verified": verified}
    answer = browser("round", **asked)
    assert (answer["verdict"], answer["box"]) == ("valid", {**verified, "before": True})
    # The device remembers sums of other ballots under this root: they are not the archive's.
    wrong = {**verified, "sums": [[[b, a] for a, b in row] for row in sums]}
    answer = browser("round", **{**asked, "verified": wrong})
    assert statuses(answer)["V9"] == "fail"
    assert answer["box"] is None
    # And for another root or another election document nothing is believed.
    for changes in ({"root": "0" * 64}, {"fingerprint": "A" * 43}):
        other = browser("round", **{**asked, "verified": {**wrong, **changes}})
        assert (other["verdict"], other["box"]) == ("valid", first)


def test_a_box_with_a_false_token_is_not_remembered_and_no_remembered_box_hides_it(
    browser: Bridge,
) -> None:
    one = counted()
    box = browser("round", **one.asked())["box"]
    envelope = encoding.loads(one.envelopes[0])
    envelope["token"][0] = envelope["token"][0][::-1]
    forged = replace(one, envelopes=(encoding.dumps(envelope), *one.envelopes[1:]))
    for known in (None, box):
        answer = browser("round", **forged.asked(), verified=known)
        assert (answer["verdict"], answer["box"]) == ("invalid", None)
        assert statuses(answer)["V7"] == statuses(answer)["V8"] == "fail"
