"""A session on real services for browsers: registrar, box and second signer on loopback.

The officials' keys lie here, so that a test opens check-in and rounds as officials do: by signed
events over HTTP. All names are sample names.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from importlib import resources
from pathlib import Path
from secrets import token_bytes
from typing import Any
from unittest.mock import patch

import httpx
import uvicorn

from ballot.crypto import blind
from ballot.crypto.credentials import draw_code
from ballot.crypto.encoding import b64url, code_of_hex, dumps, loads, unb64url
from ballot.crypto.proofs import random_scalar
from ballot.demo import acts
from ballot.demo.desk import SlipsDesk
from ballot.demo.plan import SIGNERS, Plan, VotePlan, rules_for, standard_plan
from ballot.demo.rounds import Casting
from ballot.demo.sample import load_sample
from ballot.demo.stage import Signers, Stage
from ballot.installing import Roll, install_definition, install_roll, make_secret
from ballot.settings import Settings
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.store.presence import Deputy
from ballot.store.roll import RollStore
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.events import Event, encode
from ballot.tally.gate import build_gate
from ballot.web.running import build
from tests.patience import SECONDS, until
from tests.records import slot_keys

DEPUTIES = 24


def plan_of(
    styles: Sequence[str],
    rounds: int,
    practice: bool,
    drawn: bool,
    paper: bool = False,
    sample: str = "qinghe_town.json",
    **rules: Any,
) -> Plan:
    """One vote of each style on the sample's projects, with ids v1, v2, …; ``rules`` differ
    from the sample's.
    """
    data = resources.files("ballot.data").joinpath(sample).read_bytes()
    votes = []
    for i, style in enumerate(styles, 1):
        town = load_sample(data, "three_way" if style == "motion" else style, 1, token_bytes)
        plan = standard_plan(town, "Ed25519", tuple(f"v{i}-{n + 1}" for n in range(rounds)))
        first = plan.votes[0]
        channels = ("tablet", "paper") if paper else ("tablet",)
        vote = replace(first, id=f"v{i}", rules={**first.rules, **rules}, channels=channels)
        votes.append(_motion(vote) if style == "motion" else vote)
    return replace(
        plan,
        votes=tuple(votes),
        deputies=tuple(f"QH-{n:03d}" for n in range(1, DEPUTIES + 1)),
        signers=() if drawn else SIGNERS,
        practice=practice,
        min_ballots=1,
    )


def _motion(vote: VotePlan) -> VotePlan:
    title = "关于批准《青禾镇民生实事项目票决办法》的议案"
    item = dict.fromkeys(vote.items[0], "") | {"id": "m01", "title": title, "investment": None}
    rules = rules_for("motion", vote.rules)
    return replace(
        vote, title="票决办法", kind="motion", style="motion", seats=0, items=(item,), rules=rules
    )


class Served(Stage):
    """A stage whose events go to the registrar as well."""

    def __init__(self, plan: Plan, registrar: Callable[[], str]) -> None:
        keys = slot_keys(plan.signers, plan.slots) if plan.signers else {}
        self._registrar = registrar
        super().__init__(plan, keys, token_bytes, lambda *_: None)

    def publish(
        self,
        kind: str,
        body: dict[str, Any],
        signers: Signers,
        slot: str | None = None,
        minute: str | None = None,
    ) -> Event:
        """Publish here and there; both chain the same event."""
        event = super().publish(kind, body, signers, slot, minute)
        draft = loads(encode(event))
        names = ("body", "kind", "minute", "session", "signatures", "slot")
        content = dumps({name: draft[name] for name in names})
        answer = httpx.post(
            f"{self._registrar()}/api/events",
            content=content,
            headers={"content-type": "application/json"},
            timeout=SECONDS,
        )
        assert answer.status_code == 201, answer.text
        return event


class Host:
    """The running session. ``address`` is the registrar's origin, ``box`` the box's."""

    def __init__(
        self,
        home: Path,
        styles: Sequence[str] = ("three_way",),
        rounds: int = 1,
        practice: bool = False,
        drawn: bool = False,
        paper: bool = False,
        **rules: Any,
    ) -> None:
        self.address = self.box = ""
        plan = plan_of(styles, rounds, practice, drawn, paper, **rules)
        self.stage = Served(plan, lambda: self.address)
        self.slots = plan.slots
        self._named = list(plan.slots)
        self._install(home)
        self._start(home)
        # The exported copies need no passphrase here: it costs a second each.
        with (
            patch("ballot.demo.officials.lock", lambda _, secret, *__: secret),
            patch("ballot.demo.officials.unlock", lambda copy, *_, **__: (None, copy)),
        ):
            acts.adopt(self.stage)
            acts.hold_key_ceremony(self.stage)
            acts.adopt_rules(self.stage, DEPUTIES)

    @property
    def definition(self) -> Any:
        """The adopted definition."""
        return self.stage.definition

    @property
    def session_code(self) -> str:
        """The 会议码."""
        return code_of_hex(self.definition.session)

    @property
    def slips(self) -> list[str]:
        """The drawn codes, as printed on the slips."""
        desk = self.stage.desk
        return desk._urn if isinstance(desk, SlipsDesk) else []

    @property
    def foreign_slip(self) -> str:
        """A well-formed slip of another session."""
        return draw_code(token_bytes)

    # What officials do.

    def open_check_in(self, vote: int = 1) -> None:
        """The clerk opens check-in for the slots of that vote, from 1."""
        self._named = [slot for slot in self.slots if slot.startswith(f"v{vote}-")]
        body = {"slots": self._named}
        self.stage.publish("check_in_opened", body, self.stage.one("clerk"))

    @property
    def desk_code(self) -> str:
        """What the registrar printed for the clerk's desk."""
        hallway: Any = self.plans[1].hallway
        code: str = hallway.desk_code
        return code

    def grant(self, number: int) -> str:
        """A pass for the deputy of that number, from 1."""
        code: str = self.registrar.registrar.grant(self.stage.plan.deputies[number - 1])
        return code

    def close_check_in(self) -> None:
        """Clerk and chief scrutineer state P and I."""
        counts = self.registrar.registrar.counts()
        slips = 0 if self.stage.plan.signers else DEPUTIES
        issued = [
            {
                "slot": slot,
                "tablet": slips or counts.tablet.get(slot, 0),
                "paper": 0,
                "signers": [counts.tablet.get(slot, 0)] * len(self.stage.plan.signers),
            }
            for slot in self._named
        ]
        body = {
            "present": max(counts.present, slips, DEPUTIES),
            "attendance": "00" * 32,
            "issued": issued,
            "unused_slips": [],
        }
        both = {**self.stage.one("clerk"), **self.stage.one("chief_scrutineer")}
        self.stage.publish("check_in_closed", body, both)

    def open_round(self, slot: str | None = None, papers: int | None = None) -> None:
        """Empty box, then the presiding officer opens the round; ``papers``: for these alone."""
        slot = slot or self._named[0]
        empty = {"envelopes": 0, "paper_boxes": int(papers is not None)}
        self.stage.publish("box_empty", empty, self.stage.one("chief_scrutineer"), slot)
        fingerprint = self.gate(slot).election.fingerprint if papers is None else None
        body = {
            "log": self.stage.board.log,
            "present": DEPUTIES,
            "channels": ["tablet" if papers is None else "paper"],
            "fingerprint": fingerprint,
            "issued_paper": papers,
        }
        self.stage.publish("round_opened", body, self.stage.one("presiding_officer"), slot)
        self._until_box_follows()

    def close_round(self, slot: str | None = None) -> None:
        """The presiding officer closes it; the numbers are what the box holds."""
        slot = slot or self._named[0]
        size, root = self.boxed._box.halt(slot)
        body = {
            "log": self.stage.board.log,
            "tablet": {"returned": size, "root": root.hex()},
            "paper": None,
        }
        self.stage.publish("round_closed", body, self.stage.one("presiding_officer"), slot)

    def void_round(self, slot: str) -> str:
        """The presidium voids it and calls it again; the new slot."""
        self.boxed._box.halt(slot)
        body = {"log": self.stage.board.log, "reason": "stated", "text": "投票中断（样例）"}
        self.stage.publish("voided", body, self.stage.presidium, slot)
        return acts.call_revote(self.stage, slot)

    def certify(self, slot: str) -> None:
        """Seal, decrypt, count and certify a closed round."""
        casting = Casting(self.stage, slot)
        casting.sealed = dict(self.boxed._box.sealed(slot))
        casting.seal()
        casting.decrypt()
        casting.certify()

    def gate(self, slot: str) -> Any:
        """The round as everyone builds it."""
        one = self.stage.board.state.round(slot)
        return build_gate(self.definition, self.stage.y, slot, one.items, one.seats, one.calling)

    def cast(self, slot: str | None = None) -> int:
        """How many envelopes the box holds."""
        turnout: dict[str, int] = self.boxed._box.turnout()
        return turnout.get(slot or self._named[0], 0)

    def holds(self, tracker: str) -> bool:
        """Whether the box holds the envelope of that tracker (hex)."""
        return bool(self.boxed._box.holds(bytes.fromhex(tracker)))

    # A check-in without a browser.

    def wallet(self, number: int) -> str:
        """What the tablet of that deputy would keep after its check-in: JSON for its storage."""
        own = {"sec-fetch-site": "same-origin"}
        with httpx.Client(base_url=self.address, headers=own, timeout=SECONDS) as ask:
            return self._draw(ask, number)

    def _draw(self, ask: httpx.Client, number: int) -> str:
        device = b64url(token_bytes(32))
        shown = {"device": device, "pass": self.grant(number)}
        slots = self._post(ask, "/api/check-in", shown)["slots"]
        kept: dict[str, Any] = {}
        requests, inverses = [], {}
        for slot in slots:
            s = random_scalar(self.stage.group, token_bytes)
            credential = self.stage.group.ser(self.stage.group.power_g(s))
            message = blind.token_message(credential, self.definition.session, slot)
            keys = self.definition.slot(slot)[1].keys
            blinded = [blind.blind(key, message, token_bytes) for key in keys]
            requests.append({"blinded": [b64url(b.request) for b in blinded], "slot": slot})
            inverses[slot] = [
                (key, message, b.inverse) for key, b in zip(keys, blinded, strict=True)
            ]
            kept[slot] = {"slot": slot, "credential": credential, "secret": str(s)}
        bearer = {"authorization": f"Bearer {device}"}
        answers = self._post(ask, "/api/issue", {"requests": requests}, bearer)["answers"]
        for answer in answers:
            parts = zip(inverses[answer["slot"]], answer["signatures"], strict=True)
            kept[answer["slot"]]["token"] = [
                b64url(blind.finalize(key, message, unb64url(text, 384), inverse))
                for (key, message, inverse), text in parts
            ]
        self._post(ask, "/api/check-in/end", {}, bearer)
        return json.dumps(kept)

    def _post(self, ask: httpx.Client, path: str, value: Any, more: Any = None) -> Any:
        headers = {"content-type": "application/json", **(more or {})}
        for _ in range(600):
            answer = ask.post(path, content=dumps(value), headers=headers)
            if answer.status_code != 503:
                break
            threading.Event().wait(0.1)  # as a tablet does: the signer follows the events by itself
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    # Starting and stopping.

    def _install(self, home: Path) -> None:
        stage, passphrases = self.stage, {}
        for service in ("registrar", "signer", "box"):
            passphrases[service] = make_secret(home / f"{service}.secret")
            upgrade(self._database(home, service), SERVICES[service])
        make_secret(home / "link.secret")
        deputies = tuple(
            Deputy(number, f"代表{number[-3:]}（样例）") for number in stage.plan.deputies
        )
        roll = Roll(deputies, stage.salt)
        for service, owner in zip(("registrar", "signer"), SIGNERS, strict=True):
            database = self._database(home, service)
            if stage.slot_keys:
                RollStore(database).put_keys(
                    owner, stage.slot_keys[owner], passphrases[service], token_bytes
                )
            install_definition(database, service, stage.definition.raw)
            install_roll(database, stage.definition, roll)
        database = self._database(home, "box")
        SqlBox(database).put_key(stage.box_key, passphrases["box"], token_bytes)
        install_definition(database, "box", stage.definition.raw)

    def _database(self, home: Path, service: str) -> Database:
        return Database(Settings(data_dir=home).database(service))

    def _start(self, home: Path) -> None:
        port = _free_port()
        common: Any = {"data_dir": home, "port": port, "box_port": 0, "signer_port": 0, "tick": 1.0}
        services = ("box", "signer") if self.stage.plan.signers else ("box",)
        # Apart, as in a session that counts: the second signer never runs beside the registrar.
        first = build(Settings(**common), services)
        at = {one.name: one.address for one in first.services}
        second = build(
            Settings(**common, box_at=at["box"], signer_at=at.get("signer", "")), ("registrar",)
        )
        self.plans, self.box = (first, second), at["box"]
        self.address = second.services[0].address
        assert second.hallway is not None
        self.registrar = second.hallway.service
        self.boxed = _closed_over(first.services[0].listener.app)
        self._servers: list[uvicorn.Server] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        until(self._answers)

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            httpx.get(f"{self.address}/api/service", timeout=SECONDS)
            return True
        return False

    def _run(self) -> None:
        async def serve() -> None:
            listeners = [one.listener for plan in self.plans for one in plan.services]
            self._servers = [
                uvicorn.Server(
                    uvicorn.Config(
                        one.app, access_log=False, log_level="warning", timeout_keep_alive=15
                    )
                )
                for one in listeners
            ]
            await asyncio.gather(
                *(
                    server.serve(sockets=[one.socket])
                    for server, one in zip(self._servers, listeners, strict=True)
                )
            )
            hallway: Any = self.plans[1].hallway
            for follower in hallway.around.followers:
                await follower.client.aclose()

        with patch.object(uvicorn.Server, "capture_signals", lambda _: nullcontext()):
            asyncio.run(serve())

    def stop(self) -> None:
        """End the services."""
        for plan in self.plans:
            plan.stop()
        for server in self._servers:
            server.should_exit = True
        self._thread.join(SECONDS)
        peers: Any = self.registrar.registrar._peers
        for peer in peers:
            peer._client.close()

    def _until_box_follows(self) -> None:
        wanted = len(self.stage.board.events)
        until(lambda: len(self.boxed.board.events) >= wanted, lambda: "the box does not follow")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number: int = one.getsockname()[1]
        return number


def _closed_over(app: Any) -> Any:
    """The box service of its application."""
    for route in getattr(app, "app", app).routes:  # behind a switch
        closure = getattr(getattr(route, "endpoint", None), "__closure__", None) or ()
        for cell in closure:
            if type(cell.cell_contents).__name__ == "BoxService":
                return cell.cell_contents
    raise LookupError("no box service")
