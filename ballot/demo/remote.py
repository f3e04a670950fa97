"""A rehearsal over the network: simulated devices of officials and deputies, real services.

Everything goes through HTTP as it will on the day: events and orders with the officials'
signatures, check-in with passes, blind tokens, envelopes to the box on its own port.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import httpx

from ballot.crypto import blind
from ballot.crypto.encoding import b64url, dumps, loads, unb64url
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Random, random_scalar
from ballot.crypto.signing import verify
from ballot.crypto.slotkey import MODULUS_SIZE
from ballot.demo.desk import Wallet
from ballot.demo.officials import Official
from ballot.polling import receipt_document
from ballot.publishing import Board
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import decode_envelope, pad
from ballot.tally.events import Event, Signature
from ballot.tally.gate import Gate
from ballot.tally.orders import encode_order, sign_order
from ballot.tally.session import Definition

Answer = TypeVar("Answer")
JSON = {"content-type": "application/json"}
_PATIENCE = 10  # seconds: as tablets do, which ask until they are answered
ENVELOPE = {"content-type": "application/vnd.ballot.envelope"}


def answer_of(response: httpx.Response) -> bytes:
    """The body of a good answer; the service's refusal otherwise."""
    if response.is_success:
        return response.content
    try:
        problem = loads(response.content.rstrip(b" "))
        code, detail = str(problem["code"]), str(problem.get("detail", ""))
    except (Invalid, KeyError, TypeError, AttributeError):
        code, detail = "service.failed", f"status {response.status_code}"
    raise Invalid(code, detail)


class RemoteBoard(Board):
    """The board of a device: what the registrar published, checked by its own replay."""

    def __init__(self, definition: Definition, registrar: httpx.Client) -> None:
        super().__init__(definition)
        self._registrar = registrar

    def publish(self, draft: Event, signatures: Iterable[Signature]) -> Event:
        """Send the draft with its signatures; the chained answer is checked like any event."""
        body = {
            "body": draft.body,
            "kind": draft.kind,
            "minute": draft.minute,
            "session": draft.session,
            "signatures": [
                {"role": s.role, "signature": s.signature, "signer": s.signer}
                for s in sorted(signatures, key=lambda s: (s.role, s.signer))
            ],
            "slot": draft.slot,
        }
        response = self._registrar.post("/api/events", content=dumps(body), headers=JSON)
        return self.follow(answer_of(response))


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask again while the second signer is away: it may not have followed the last event yet."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return ask()
        except Invalid as error:
            if error.code != "issue.signer_away" or time.monotonic() > end:
                raise
        time.sleep(0.2)


def check_in(
    definition: Definition,
    registrar: httpx.Client,
    code: str,
    slots: Sequence[str],
    random: Random,
) -> dict[str, Wallet]:
    """A tablet's check-in with a pass, from the first request to the end of its session."""
    device = b64url(random(32))
    shown = {"device": device, "pass": code}
    login = {**JSON, "authorization": f"Bearer {device}", "sec-fetch-site": "same-origin"}
    answer_of(registrar.post("/api/check-in", content=dumps(shown), headers=login))
    wallets = _draw(definition, registrar, login, slots, random)
    answer_of(registrar.post("/api/check-in/end", content=b"{}", headers=login))
    return wallets


def _draw(
    definition: Definition,
    registrar: httpx.Client,
    login: dict[str, str],
    slots: Sequence[str],
    random: Random,
) -> dict[str, Wallet]:
    """The tablet's side of issuing: draw, blind, unblind, verify."""
    group, session = definition.group, definition.session
    drawn: dict[str, tuple[int, str, list[blind.Blinded]]] = {}
    for slot in slots:
        s = random_scalar(group, random)
        credential = group.ser(group.power_g(s))
        message = blind.token_message(credential, session, slot)
        keys = definition.slot(slot)[1].keys
        drawn[slot] = s, credential, [blind.blind(k, message, random) for k in keys]
    requests = [
        {"blinded": [b64url(one.request) for one in blinded], "slot": slot}
        for slot, (_, _, blinded) in drawn.items()
    ]
    body = dumps({"requests": requests})
    sent = patiently(lambda: answer_of(registrar.post("/api/issue", content=body, headers=login)))
    wallets = {}
    for entry in loads(sent)["answers"]:
        slot = entry["slot"]
        s, credential, blinded = drawn[slot]
        message = blind.token_message(credential, session, slot)
        keys = definition.slot(slot)[1].keys
        token = tuple(
            blind.finalize(key, message, unb64url(text, MODULUS_SIZE), one.inverse)
            for key, text, one in zip(keys, entry["signatures"], blinded, strict=True)
        )
        wallets[slot] = Wallet(credential, s, token)
    return wallets


def cast(
    definition: Definition,
    box: httpx.Client,
    gate: Gate,
    marks: str,
    wallet: Wallet,
    random: Random,
) -> None:
    """A tablet's ballot; raises what the box refuses, and ``receipt.wrong`` for a receipt of
    anything else.
    """
    unsigned = encrypt(gate, marks, wallet.credential, random(32))
    envelope = seal_envelope(gate, unsigned, wallet.s, wallet.token, random)
    answer = answer_of(box.post("/cast", content=pad(gate, envelope), headers=ENVELOPE))
    receipt = loads(answer.rstrip(b" "))
    tracker = decode_envelope(gate, envelope).tracker.hex()
    document = receipt_document(gate.session, gate.slot, tracker)
    if receipt != {**document, "signature": receipt.get("signature")}:
        raise Invalid("receipt.wrong", "a receipt for another ballot")
    verify(definition.box_key, "receipt", document, receipt["signature"])


class PaperDesk(Protocol):
    """The clerk's own screen, where sheets are handed out."""

    def take_paper(self, deputy: str) -> None:
        """A deputy gets a sheet."""


class RemoteDesk:
    """Deputies with passes check in on tablets of their own; sheets come from the clerk."""

    def __init__(
        self,
        definition: Definition,
        registrar: httpx.Client,
        passes: dict[str, str],
        papers: PaperDesk,
        clerk: Official,
        random: Random,
    ) -> None:
        self._definition, self._registrar, self._random = definition, registrar, random
        self._passes, self._papers, self._clerk = passes, papers, clerk
        self._slots: Sequence[str] = ()
        self.admitted: set[str] = set()
        self.before_close: Callable[[], None] = lambda: None

    def open(self, slots: Sequence[str]) -> None:
        """See :class:`ballot.demo.desk.Desk`."""
        self._slots = tuple(slots)

    def admit(self, deputy: str, channel: str) -> dict[str, Wallet]:
        """See :class:`ballot.demo.desk.Desk`."""
        self.admitted.add(deputy)
        if channel == "paper":
            patiently(lambda: self._papers.take_paper(deputy))
            return {}
        code = self._passes[deputy]
        return check_in(self._definition, self._registrar, code, self._slots, self._random)

    def close(self) -> dict[str, Any]:
        """See :class:`ballot.demo.desk.Desk`: the clerk's order ends it on every signer."""
        self.before_close()
        order = sign_order(
            self._clerk.key,
            "halt_check_in",
            self._definition.session,
            self._slots[0],
            self._clerk.id,
        )
        response = self._registrar.post("/api/orders", content=encode_order(order), headers=JSON)
        body: dict[str, Any] = loads(answer_of(response))
        return body


class RemoteTablets:
    """Ballots cast into the box on its own port; receipts are checked before 已投出."""

    def __init__(
        self,
        board: Board,
        box: httpx.Client,
        chair: Official,
        trustee: Official,
        random: Random,
    ) -> None:
        self._board, self._box, self._random = board, box, random
        self._chair, self._trustee = chair, trustee
        self.accepted: Counter[str] = Counter()
        self.before_close: Callable[[str], None] = lambda slot: None

    def open(self, gate: Gate) -> None:
        """See :class:`ballot.demo.tablets.Tablets`; the box opens when the event reaches it."""
        while self._box.get("/head").json()["number"] < self._board.state.number:
            time.sleep(0.05)

    def cast(self, gate: Gate, marks: str, wallet: Wallet) -> None:
        """See :class:`ballot.demo.tablets.Tablets`; raises as :func:`cast`."""
        cast(self._board.definition, self._box, gate, marks, wallet, self._random)
        self.accepted[gate.slot] += 1

    def close(self, gate: Gate) -> dict[bytes, bytes]:
        """See :class:`ballot.demo.tablets.Tablets`: the presiding officer's order stops the box,
        a trustee's fetches it.
        """
        self.before_close(gate.slot)
        self._order(self._chair, "halt_round", gate.slot)
        lines = self._order(self._trustee, "fetch_box", gate.slot).splitlines()
        return {decode_envelope(gate, line).tracker: line for line in lines}

    def _order(self, official: Official, kind: str, slot: str) -> bytes:
        order = sign_order(official.key, kind, self._board.definition.session, slot, official.id)
        return answer_of(self._box.post("/orders", content=encode_order(order), headers=JSON))
