"""A small session on three real services in this process, each stopped and started at will.

Everything goes through sockets as it will on the day. All names are sample names.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from ballot.crypto import blind
from ballot.crypto.encoding import b64url, dumps, loads
from ballot.crypto.proofs import random_scalar
from ballot.demo import acts
from ballot.demo.desk import Wallet
from ballot.demo.hosting import Hosted, hosted, install
from ballot.demo.plan import VotePlan
from ballot.demo.remote import ENVELOPE, JSON, RemoteBoard, RemoteDesk, RemoteTablets
from ballot.demo.rounds import Casting
from ballot.demo.stage import Stage
from ballot.settings import Settings, read_secret
from ballot.store.engine import Database
from ballot.store.office import OfficeStore
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import pad
from ballot.tally.events import Event, Signature, encode
from ballot.tally.gate import Gate
from ballot.tally.orders import encode_order, sign_order
from ballot.web.door import open_accounts
from ballot.web.registrar_service import RegistrarService
from ballot.web.running import Plan
from tests.elections import Stream
from tests.patience import SECONDS, until
from tests.records import empty_stage

ANSWER = 1024
NAMES = ("registrar", "box", "signer")
SAME_ORIGIN = {**JSON, "sec-fetch-site": "same-origin"}
MARKS = ["YYN", "YNA", "NNN", "AAA", "NYY"]
REAL_COST = 1 << 17


def scrypt_cost(n: int) -> AbstractContextManager[Any]:
    """Key files of that cost: a real one takes a second and 128 MB on purpose."""
    return patch("ballot.crypto.keyfile._N", n)


def name_of(number: str) -> str:
    """The sample name of a deputy."""
    return f"代表{number[-3:]}（样例）"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Live:
    """The session of a stage below ``home``; ``start`` before use, ``end`` after.

    ``hall`` and ``own`` are the settings of the hall's machine and the scrutineers'; ``urls`` of
    databases by service, SQLite files without.
    """

    def __init__(
        self, home: Path, stage: Stage, scheme: str = "http", urls: Mapping[str, str] | None = None
    ) -> None:
        self.stage, self.definition, self.random = stage, stage.definition, Stream("tablets")
        port, box, signer = free_ports(3)
        self.gate: Gate
        """Of the round that a fixture opened."""
        self._scheme = scheme
        found = urls or {}
        self.two = len(stage.definition.signers) > 1
        self.hall = Settings(
            data_dir=home / "hall",
            port=port,
            box_port=box,
            box_at=f"{scheme}://127.0.0.1:{box}",
            signer_at=f"http://127.0.0.1:{signer}" if self.two else "",
            tick=0.2,
            registrar_db=found.get("registrar", ""),
            box_db=found.get("box", ""),
        )
        self.own = Settings(
            data_dir=home / "scrutineers",
            signer_port=signer,
            signer_db=found.get("signer", ""),
        )
        self._running: dict[str, tuple[Hosted, AbstractContextManager[Hosted]]] = {}
        names = {number: name_of(number) for number in stage.plan.deputies}
        self.passes = install(stage, names, self.hall, self.own)

    # The services.

    def start(self, *names: str) -> None:
        """Start these services, without names all; raises what one refuses to start with."""
        for name in names or NAMES:
            if name != "signer" or self.two:
                running = hosted(self.settings_of(name), (name,))
                self._running[name] = (running.__enter__(), running)

    def stop(self, *names: str) -> None:
        """Stop these services, without names all that run."""
        for name in names or tuple(self._running):
            self._running.pop(name)[1].__exit__(None, None, None)

    def database(self, service: str) -> Database:
        """A second connection to a service's database."""
        return Database(self.settings_of(service).database(service))

    def settings_of(self, service: str) -> Settings:
        """What a service was told."""
        return self.own if service == "signer" else self.hall

    def rows(self, service: str, sql: str) -> list[tuple[Any, ...]]:
        """What a query of a service's database finds."""
        with closing(self.database(service)) as database, database.read() as session:
            return [tuple(row) for row in session.connection().exec_driver_sql(sql)]

    def execute(self, service: str, sql: str) -> None:
        """Change a service's database behind its back."""
        with closing(self.database(service)) as database, database.write() as session:
            session.connection().exec_driver_sql(sql)

    @cached_property
    def registrar(self) -> httpx.Client:
        """A client of the registrar."""
        return self._client(f"{self._scheme}://127.0.0.1:{self.hall.port}")

    @cached_property
    def box(self) -> httpx.Client:
        """A client of the box."""
        return self._client(f"{self._scheme}://127.0.0.1:{self.hall.box_port}")

    @cached_property
    def signer(self) -> httpx.Client:
        """A client of the second signer."""
        return self._client(self.hall.signer_at)

    def _client(self, address: str) -> httpx.Client:
        authority = self.hall.data_dir / "tls/authority.pem"
        verify = (
            ssl.create_default_context(cafile=str(authority)) if self._scheme == "https" else True
        )
        return httpx.Client(base_url=address, timeout=SECONDS, verify=verify)

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        for name in NAMES:
            if name in self.__dict__:
                self.__dict__[name].close()

    def plan(self, service: str) -> Plan:
        """What a running service was built as."""
        return self._running[service][0].plan

    @property
    def hallway(self) -> Any:
        """What the registrar's pages share."""
        return self._running["registrar"][0].hallway

    @property
    def service(self) -> RegistrarService:
        """The registrar without HTTP: what the clerk's desk calls."""
        service: RegistrarService = self.hallway.service
        return service

    # Officials.

    def people(self) -> None:
        """Let the stage's people use the services."""
        stage = self.stage
        board = RemoteBoard(self.definition, self.registrar)
        stage.board = stage.played.board = board
        clerk, chair = stage.holders("clerk")[0], stage.holders("presiding_officer")[0]
        trustee = next(o for o in stage.officials if o.id in self.definition.trustees)
        if self.definition.signers:  # slips are drawn from an urn, not from a service
            stage.desk = RemoteDesk(
                self.definition, self.registrar, self.passes, self, clerk, self.random
            )
        stage.tablets = RemoteTablets(board, self.box, chair, trustee, self.random)

    def take_paper(self, deputy: str) -> None:
        """The clerk hands out a sheet."""
        self.service.registrar.take_paper(deputy)

    def begin(self) -> None:
        """Until the rules are adopted."""
        self.people()
        # The exported copies need no passphrase here: it costs a second each.
        with (
            patch("ballot.demo.officials.lock", lambda _, secret, *__: secret),
            patch("ballot.demo.officials.unlock", lambda copy, *_, **__: (None, copy)),
        ):
            acts.adopt(self.stage)
            acts.hold_key_ceremony(self.stage)
            acts.adopt_rules(self.stage, len(self.stage.plan.deputies))

    def open_check_in(self, slots: Sequence[str] = ()) -> None:
        """Tablets may ask for tokens of these slots, without any of all."""
        named = list(slots or self.stage.plan.slots)
        self.stage.publish("check_in_opened", {"slots": named}, self.stage.one("clerk"))
        self.stage.desk.open(named)
        self.followed()

    def check_in(self, count: int, slots: Sequence[str] = ()) -> None:
        """So many deputies get tokens; the check-in is closed."""
        present = self.stage.plan.deputies[:count]
        acts.check_in(self.stage, present, slots or self.stage.plan.slots)

    def open_round(self, slot: str) -> Casting:
        """The round of a slot is open in the box."""
        casting = Casting(self.stage, slot)
        casting.open()
        return casting

    def followed(self) -> None:
        """Wait until box and signer have every event."""
        count = self.stage.board.state.number
        for client in (self.box, *((self.signer,) if self.two else ())):
            until(lambda client=client: client.get("/head").json()["number"] == count)  # type: ignore[misc]

    def reread(self) -> RemoteBoard:
        """The board of a device that was told everything."""
        board = RemoteBoard(self.definition, self.registrar)
        for line in self.registrar.get("/api/events").content.splitlines():
            board.follow(line)
        self.stage.played.board = board
        return board

    def draft(
        self, kind: str, body: dict[str, Any], signers: Any, slot: str | None = None
    ) -> bytes:
        """What an official's device sends, in a minute of its own."""
        from ballot.tally.events import draft

        event = draft(kind, self.definition.session, slot, self.stage.clock(), body)
        signed = [o.sign(event, role) for role, people in signers.items() for o in people]
        return encode_draft(event, signed)

    def order(self, kind: str, slot: str, role: str, number: int = 0) -> bytes:
        """The order of a role's ``number``-th holder."""
        official = self.stage.holders(role)[number]
        order = sign_order(official.key, kind, self.definition.session, slot, official.id)
        return encode_order(order)

    def post(self, client: httpx.Client, path: str, body: bytes, **more: str) -> httpx.Response:
        """A document as a device sends it."""
        return client.post(path, content=body, headers=JSON | more)

    def link(self) -> dict[str, str]:
        """The headers by which the registrar is known to the second signer."""
        secret = (self.hall.data_dir / "link.secret").read_text()
        return {"authorization": f"Bearer {secret}"}

    def ask_signer(self, path: str, body: Any) -> httpx.Response:
        """A request of the registrar to the second signer."""
        return self.signer.post(path, content=dumps(body), headers=JSON | self.link())

    # Tablets.

    def stranger(self) -> tuple[str, int]:
        """A fresh credential and its secret."""
        group = self.definition.group
        s = random_scalar(group, self.random)
        return group.ser(group.power_g(s)), s

    def wallet(self, slot: str) -> Wallet:
        """A token as the signers give them, made with their keys and nobody's check-in."""
        credential, s = self.stranger()
        message = blind.token_message(credential, self.definition.session, slot)
        token = []
        for signer in self.definition.signers:
            key = self.stage.slot_keys[signer][slot]
            blinded = blind.blind(key.public, message, self.random)
            answer = blind.blind_sign(key, blinded.request, self.random)
            token.append(blind.finalize(key.public, message, answer, blinded.inverse))
        return Wallet(credential, s, tuple(token))

    def envelope(
        self, gate: Gate, marks: str, wallet: Wallet | None = None, seed: bytes = b""
    ) -> bytes:
        """An envelope without its padding, by a fresh wallet unless one is given."""
        wallet = wallet or self.wallet(gate.slot)
        unsigned = encrypt(gate, marks, wallet.credential, seed or self.random(32))
        return seal_envelope(gate, unsigned, wallet.s, wallet.token, self.random)

    def body(self, gate: Gate, marks: str = "YYN", wallet: Wallet | None = None) -> bytes:
        """A padded request body."""
        return pad(gate, self.envelope(gate, marks, wallet))

    def cast(self, body: bytes, **headers: str) -> httpx.Response:
        """Post it to the box as a tablet does."""
        return self.box.post("/cast", content=body, headers={**ENVELOPE, **headers})

    def in_box(self, slot: str) -> set[str]:
        """Trackers (hex) in the box, read beside the service."""
        sql = f"SELECT tracker FROM envelope WHERE slot = '{slot}'"
        return {tracker.hex() for (tracker,) in self.rows("box", sql)}


class Tablet:
    """A tablet at check-in: its device secret and its one request."""

    def __init__(self, live: Live, deputy: str | None, slots: Sequence[str] = ()) -> None:
        self._live, self.device = live, b64url(live.random(32))
        self.code = live.passes[deputy] if deputy else ""
        self.slots = list(slots or live.stage.plan.slots)
        self.request = self.draw()

    @property
    def login(self) -> dict[str, str]:
        """The headers of its requests."""
        return {**SAME_ORIGIN, "authorization": f"Bearer {self.device}"}

    def draw(self) -> bytes:
        """A request for tokens of fresh credentials."""
        live, entries = self._live, []
        for slot in self.slots:
            message = blind.token_message(live.random(32).hex(), live.definition.session, slot)
            keys = live.definition.slot(slot)[1].keys
            blinded = [blind.blind(key, message, live.random).request for key in keys]
            entries.append({"blinded": [b64url(one) for one in blinded], "slot": slot})
        return dumps({"requests": entries})

    def check_in(self) -> httpx.Response:
        """Show the pass."""
        body = dumps({"device": self.device, "pass": self.code})
        return self._live.registrar.post("/api/check-in", content=body, headers=self.login)

    def issue(self, request: bytes | None = None) -> httpx.Response:
        """Ask for the tokens."""
        return self._live.registrar.post(
            "/api/issue",
            content=self.request if request is None else request,
            headers=self.login,
        )

    def end(self) -> httpx.Response:
        """End the check-in."""
        return self._live.registrar.post("/api/check-in/end", content=b"{}", headers=self.login)


def encode_draft(event: Event, signatures: Iterable[Signature]) -> bytes:
    """The body of ``POST /api/events``."""
    value = loads(encode(replace(event, signatures=tuple(signatures))))
    return dumps({name: value[name] for name in value if name not in ("number", "previous")})


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, with everything that a problem detail must have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    value = loads(answer.content.rstrip(b" "))
    assert value["type"] == f"urn:ballot:problem:{value['code']}"
    assert value["status"] == answer.status_code
    assert value["title"]
    assert value["title_en"]
    assert value["title"] != value["title_en"]
    assert any("一" <= letter <= "鿿" for letter in value["title"])
    return answer.status_code, value["code"]


def begin_accounts(live: Live) -> None:
    """Officials' accounts are in use: the first clerk was invited."""
    database = live.database("registrar")
    secret = read_secret(live.hall.data_dir / "registrar.secret")
    clerk = live.stage.holders("clerk")[0]
    open_accounts(OfficeStore(database), secret, "").begin(clerk.id, clerk.name)
    database.close()


@contextmanager
def live_session(
    home: Path, *votes: VotePlan, scheme: str = "http", accounts: bool = False, **setting: Any
) -> Iterator[Live]:
    """A session whose rules are adopted, on running services; with officials' ``accounts``."""
    with scrypt_cost(2), patch("ballot.web.following.PULSE", 0.3):
        live = Live(home, empty_stage(*votes, **setting), scheme)
        try:
            if accounts:
                begin_accounts(live)
            live.start()
            live.begin()
            yield live
        finally:
            with suppress(KeyError):
                live.close()


def together(jobs: Sequence[Callable[[], Any]], workers: int = 16) -> list[Any]:
    """What these jobs return, run at once."""
    results: list[Any] = [None] * len(jobs)
    line, barrier = iter(enumerate(jobs)), threading.Barrier(min(workers, len(jobs)))
    lock = threading.Lock()

    def work() -> None:
        barrier.wait()
        while True:
            with lock:
                place, job = next(line, (-1, None))
            if job is None:
                return
            results[place] = job()

    threads = [threading.Thread(target=work) for _ in range(barrier.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
