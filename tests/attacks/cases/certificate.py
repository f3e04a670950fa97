"""Outcome and certificate: B19, B27, B28, E11, E12."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

from ballot.crypto.encoding import dumps, loads
from ballot.tally.certificate import round_outcome
from ballot.tally.events import Signature
from tests.archives import Raw
from tests.attacks.cases.changes import BEL, CERTIFICATE, rehearsal, setting
from tests.attacks.cases.table import Made, add, case
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery


def outcome_case(id: str, comment: str, change: Callable[[Any], Any], play: str = "clear") -> None:
    """Another outcome of the true totals, counted, certified and published."""

    def made(f: Forgery) -> None:
        body = f.body("counted")
        change(body["outcome"])
        f.state(body["totals"], body["outcome"], body["tablet"])

    add(id, "V12", comment, made, play=play)


outcome_case("B28-elected", "an elected item left out", lambda o: o["elected"].pop())
outcome_case(
    "B28-threshold",
    "another number of votes needed",
    setting("threshold_votes", to=lambda n: n - 1),
)
outcome_case("B28-order", "the elected in another order", lambda o: o["elected"].reverse())
outcome_case("B28-reasons", "a reason changed", lambda o: o["reasons"].reverse())


@case("B28-outcome-file", "V12", "outcome.json alone says otherwise")
def _(f: Forgery) -> None:
    f.document("outcome.json", lambda v: v["outcome"]["elected"].reverse())


@case(
    "B28-tie-broken", "V12", "a tie silently broken: two of three tied items declared", play="tied"
)
def _(f: Forgery) -> None:
    body = f.body("counted", slot=FIRST)
    body["outcome"].update(elected=[0, 1], runoff=[])
    f.state(body["totals"], body["outcome"], body["tablet"])


@case("B28-base-changed", "V12", "the majority of the present instead of all deputies")
def _(f: Forgery) -> None:
    facts = f.facts[FIRST]
    vote = f.definition.votes[0]
    rules = replace(vote.rules, threshold="majority_present")
    changed = replace(f.definition, votes=(replace(vote, rules=rules),))
    body = f.body("counted")
    f.state(body["totals"], round_outcome(changed, facts), body["tablet"])


# Certificate: B2, B27, C20, E11, E12.


def certificate_case(id: str, comment: str, change: Callable[[Any], Any]) -> None:
    """A certificate with other content, signed by everyone who must."""

    def made(f: Forgery) -> None:
        change(f.certificates[FIRST])

    add(id, "V13", comment, made)


for _member, _to in {
    "present": 17,
    "deputies": 21,
    "seats": 1,
    "attendance": "ab" * 32,
    "unused_slips": 1,
    "rule_digest": "ab" * 32,
    "session": "ab" * 32,
    "slot": SECOND,
    "round_kind": "revote",
    "replaces": "ab" * 32,
    "calling": "ab" * 32,
    "overrides": ["无"],
    "version": 2,
    "log": "ab" * 32,
    "fingerprint": "A" * 43,
    "elected": [],
    "minute": "2025-01-16T09:00Z",
    "items": [],
    "paper": None,
    "sealed": None,
}.items():
    certificate_case(
        f"E12-certificate-{_member}", "one member says otherwise", setting(_member, to=_to)
    )
certificate_case(
    "B19-ballots-in-certificate",
    "a member more: single ballots",
    lambda c: c.update(ballots=["YYN"]),
)
for _n, _channel in enumerate(("tablet", "paper")):
    for _member in ("issued", "returned", "valid", "void"):
        certificate_case(
            f"E12-certificate-{_channel}-{_member}",
            "a number of a channel plus one",
            setting("channels", _n, _member, to=lambda n: n + 1),
        )


@case("E12-certificate-archive", "V13", "the certificate names another archive")
def _(f: Forgery) -> Made:
    found = f.all_members()
    f.stages[FIRST][-1], kept = Raw("Result", (b"{}",)), f.stages[FIRST][-1]
    false = f.all_members()
    f.stages[FIRST][-1] = kept
    return false | {BEL: found[BEL]}


@case("B27-certificate-of-rehearsal", "V13", "the certificate of another session")
def _(f: Forgery) -> Made:
    return f.all_members() | {CERTIFICATE: rehearsal().all_members()[CERTIFICATE]}


def signers_case(id: str, comment: str, change: Callable[[list[Signature]], Any]) -> None:
    """Other signatures under the certificate, in the event and in the document."""

    def made(f: Forgery) -> None:
        found = list(f.draft("certified").event.signatures)
        change(found)
        found.sort(key=lambda s: (s.role, s.signer))
        f.edit("certified", signatures=tuple(found))

    add(id, "V13", comment, made)


def _role(found: list[Signature], role: str) -> list[int]:
    return [i for i, s in enumerate(found) if s.role == role]


def _less(found: list[Signature], role: str) -> None:
    found.pop(_role(found, role)[0])


for _role_name in ("chief_scrutineer", "scrutineer", "teller", "presidium"):
    signers_case(
        f"E11-too-few-{_role_name}",
        "one signature less",
        partial(_less, role=_role_name),
    )
signers_case(
    "E11-one-twice",
    "one scrutineer twice",
    lambda s: s.__setitem__(_role(s, "scrutineer")[1], s[_role(s, "scrutineer")[0]]),
)
signers_case(
    "E11-wrong-role",
    "a teller signs as scrutineer",
    lambda s: s.__setitem__(
        _role(s, "scrutineer")[0], replace(s[_role(s, "teller")[0]], role="scrutineer")
    ),
)
signers_case(
    "E11-role-not-asked",
    "a clerk signs as well",
    lambda s: s.append(Signature("clerk", "clerk", "00" * 64)),
)
signers_case(
    "E11-stranger",
    "someone of no definition",
    lambda s: s.append(Signature("stranger", "teller", "00" * 64)),
)


@case("E11-seal-as-certificate", "V13", "the signature of a seal under the certificate")
def _(f: Forgery) -> None:
    found = list(f.draft("certified").event.signatures)
    seal = f.draft("sealed").event.signatures[0]
    at = _role(found, "scrutineer")[0]
    found[at] = replace(found[at], signature=seal.signature)
    f.edit("certified", signatures=tuple(found))
    f.draft("certified").keep = True


@case("E11-second-certificate", "V13", "a second certificate with the same predecessor")
def _(f: Forgery) -> None:
    at = f.at("certified")
    f.events.insert(at + 1, deepcopy(f.events[at]))


@case("E11-document-signatures", "V13", "certificate.json with a signature less")
def _(f: Forgery) -> Made:
    found = f.all_members()
    value = loads(found[CERTIFICATE])
    value["signatures"].pop()
    return found | {CERTIFICATE: dumps(value)}


@case("B28-exactly-half", "V12", "ten of twenty deputies taken for a majority")
def _(f: Forgery) -> None:
    sheet = f.body("paper_counted")
    sheet["rows"][1] = [0, sheet["valid"], 0]
    f.announce(f.body("counted")["tablet"])
    body = f.body("counted")
    if body["totals"][1][0] * 2 != f.definition.deputies or 1 in body["outcome"]["elected"]:
        raise LookupError("not the half")
    body["outcome"]["elected"].append(1)
    body["outcome"]["not_passed"].remove(1)
    f.state(body["totals"], body["outcome"], body["tablet"])
