"""What happens between the rounds: from the definition to the check-in, and what the
presidium decides. Each act publishes its events (protocol §8).
"""

from collections.abc import Sequence

from ballot.crypto.threshold import draw_secret, verify_trustees
from ballot.demo.officials import Trustee, hold_ceremony
from ballot.demo.stage import Stage
from ballot.tally import record
from ballot.tally.events import Event, encode
from ballot.tally.session import list_digest

PASSPHRASE = "correct horse battery staple"  # of the simulated trustees only


def adopt(stage: Stage) -> None:
    """Defined and Adopted: from here on nothing in the definition changes."""
    stage.publish("defined", {}, stage.one("clerk"))
    stage.publish("adopted", {}, stage.presidium)


def hold_key_ceremony(stage: Stage) -> None:
    """Keys, exported copies, drills from the copies, KeysReady by all trustees."""
    definition, group = stage.definition, stage.group
    scrutineers = [o for o in stage.officials if o.id in definition.trustees]
    stage.trustees = [
        Trustee(
            official,
            group,
            stage.random,
            draw_secret(group, i, definition.threshold, stage.random),
        )
        for i, official in enumerate(scrutineers, 1)
    ]
    ceremony = hold_ceremony(definition, stage.trustees)
    drills = []
    for i, trustee in enumerate(stage.trustees, 1):
        trustee.export(definition.session, PASSPHRASE)
        drills.append(trustee.drill(definition.session, PASSPHRASE))
        stage.progress("ceremony", i, len(stage.trustees))
    body = {
        "trustees": ceremony.trustees.decode(),
        "commitments": ceremony.commitments,
        "drills": drills,
    }
    stage.publish("keys_ready", body, {"trustee": scrutineers})
    stage.trustees_bytes = ceremony.trustees
    stage.y = verify_trustees(group, ceremony.trustees).y


def adopt_rules(stage: Stage, yes: int) -> None:
    """RulesAdopted by a show of hands."""
    show = {"yes": yes, "no": 0, "abstain": 0}
    stage.publish("rules_adopted", show, stage.one("presiding_officer"))


def check_in(
    stage: Stage,
    present: Sequence[str],
    slots: Sequence[str],
    papers: int = 0,
    few: str | None = None,
) -> None:
    """Everyone ``present`` gets a paper (the first ``papers`` of them) or tokens for ``slots``.

    ``few`` is the presidium's reason to let a channel have fewer than the definition wants.
    """
    stage.publish("check_in_opened", {"slots": list(slots)}, stage.one("clerk"))
    stage.desk.open(slots)
    for i, deputy in enumerate(present):
        wallets = stage.desk.admit(deputy, "paper" if i < papers else "tablet")
        for slot, wallet in wallets.items():
            stage.wallets.setdefault(slot, []).append(wallet)
        stage.progress("check_in", i + 1, len(present))
    body = stage.desk.close()
    if few is not None:
        override(stage, "few_issued", few)
    attendance = list_digest(stage.salt, list(present))
    both = {**stage.one("clerk"), **stage.one("chief_scrutineer")}
    stage.publish("check_in_closed", {"attendance": attendance, **body}, both)


def override(stage: Stage, permits: str, text: str, slot: str | None = None) -> None:
    """The presidium lets ``few_issued``, ``few_ballots`` or ``few_papers`` pass, and says why."""
    stage.publish("override", {"permits": permits, "text": text}, stage.presidium, slot)


def call_run_off(stage: Stage, parent: str) -> str:
    """The tied items of the round ``parent`` for its open places; returns the new slot."""
    selection = stage.board.state.round(parent).selection
    if selection is None:
        raise ValueError(f"{parent} is not counted")
    return _call(
        stage,
        "run_off_called",
        parent,
        _certificate(stage, parent),
        selection.tied,
        selection.tied_places,
    )


def call_revote(stage: Stage, parent: str) -> str:
    """The voided round ``parent`` once more, the same list and places."""
    one = stage.board.state.round(parent)
    return _call(stage, "revote_called", parent, str(one.voided), one.items, one.seats)


def call_second_vote(stage: Stage, parent: str, items: Sequence[str]) -> str:
    """Some of the items not elected, for all places still open."""
    state = stage.board.state
    seats = state.union(state.vote(parent)).open_places
    return _call(stage, "second_vote_called", parent, _certificate(stage, parent), items, seats)


def _call(
    stage: Stage, kind: str, parent: str, digest: str, items: Sequence[str], seats: int
) -> str:
    vote, _, number = stage.definition.slot(parent)
    following = vote.slots[number].id
    body = {"log": stage.board.log, "parent": digest, "items": list(items), "seats": seats}
    stage.publish(kind, body, stage.presidium, following)
    return following


def _certificate(stage: Stage, slot: str) -> str:
    return stage.board.state.round(slot).certificates[-1].certificate


def settle_tie(
    stage: Stage, slot: str, drawn: Sequence[str] = (), witnesses: Sequence[str] = ()
) -> None:
    """A second tie settled by lots before witnesses, or deferred where nothing is drawn."""
    body = {
        "parent": _certificate(stage, slot),
        "method": "lots" if drawn else "deferred",
        "items": list(drawn),
        "witnesses": list(witnesses),
    }
    stage.publish("tie_settled", body, stage.presidium, slot)


def leave_vacancy(stage: Stage, slot: str) -> None:
    """The places that the vote's rounds, of which ``slot`` is the last, left open."""
    state = stage.board.state
    places = state.union(state.vote(slot)).open_places
    body = {"parent": _certificate(stage, slot), "places": places}
    stage.publish("vacancy_left", body, stage.presidium, slot)


def object_to(stage: Stage, text: str, slot: str | None = None) -> Event:
    """The clerk records an objection."""
    return stage.publish("objection", {"text": text}, stage.one("clerk"), slot)


def adjourn(stage: Stage, text: str) -> Event:
    """The presiding officer adjourns."""
    return stage.publish("adjourned", {"text": text}, stage.one("presiding_officer"))


def publish_record(stage: Stage) -> None:
    """Published, and the members of the record that belong to no round."""
    stage.publish("published", {"log": stage.board.log}, stage.presidium)
    stage.played.members |= {"README.txt": record.README, "definition.json": stage.definition.raw}
    write_log(stage)


def write_log(stage: Stage) -> None:
    """The events so far into the record; again after an objection to a published one."""
    lines = b"".join(encode(event) + b"\n" for event in stage.board.events)
    stage.played.members["events.jsonl"] = lines
