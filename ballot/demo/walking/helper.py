"""A simulated official at a device of their own: signed in, with a key, over HTTP only."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from ballot.accounts import key_document
from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey, sign
from ballot.demo.remote import JSON, answer_of
from ballot.demo.walking.furnishing import PASSWORD, Person
from ballot.tally.events import draft, sign_event
from ballot.tally.orders import encode_order, sign_order
from ballot.trustee.device import Device

OWN = {"sec-fetch-site": "same-origin"}


class Helper:
    """One official. ``cookie``: of a session that the links' door has opened."""

    def __init__(self, person: Person, at: str, cookie: str, folder: Path) -> None:
        self.person = person
        self.device = Device(folder, secrets.token_bytes)
        self.client = httpx.Client(
            base_url=at, timeout=120, headers={**OWN, "cookie": f"desk={cookie}"}
        )
        self._key: SigningKey | None = None

    @property
    def id(self) -> str:
        """The account, and the officer of the definition."""
        return self.person.id

    @property
    def signs(self) -> bool:
        """Whether the official has a role in which events are signed."""
        return self.person.roles != ("observer",)

    @property
    def has_key(self) -> bool:
        """Whether the device has made its signing key."""
        return self.device.official_file.exists()

    @property
    def key(self) -> SigningKey:
        """The signing key of the device; made, and registered, when it is first asked for."""
        if self._key is None:
            if not self.has_key:
                self.device.make_official(self.id, PASSWORD)
            key = self.device.official(PASSWORD)[1]
            signature = sign(key, "official_key", key_document(self.id, key.public))
            self.post("/api/me/key", {"public": key.public, "signature": signature})
            self._key = key
        return self._key

    def get(self, path: str) -> Any:
        """The document there; raises the service's refusal."""
        return loads(answer_of(self.client.get(path)))

    def post(self, path: str, value: Any) -> Any:
        """Send a document; the password is typed again where that is asked for."""
        try:
            return self._send(path, value)
        except Invalid as error:
            if error.code != "office.confirm":
                raise
        self._send("/api/me/confirm", {"password": PASSWORD})
        return self._send(path, value)

    def _send(self, path: str, value: Any) -> Any:
        token = {**JSON, "x-csrf-token": self.get("/api/me")["token"]}
        answer = answer_of(self.client.post(path, content=dumps(value), headers=token))
        return loads(answer) if answer else None

    def fill(self, path: str, fields: dict[str, str]) -> None:
        """Send a page's form, with the password; ``office.form`` where it is not taken."""
        me = self.get("/api/me")
        if not me["confirmed"]:
            self._send("/api/me/confirm", {"password": PASSWORD})
        answer = self.client.post(path, data={"csrf": me["token"], **fields})
        if not answer.is_redirect:
            raise Invalid("office.form", f"{path}: {answer.status_code}")

    def agenda(self) -> list[dict[str, Any]]:
        """The steps that can come now."""
        return list(self.get("/api/agenda")["steps"])

    def drafts(self) -> list[dict[str, Any]]:
        """The drafts that can still be signed."""
        return [one for one in self.get("/api/drafts")["drafts"] if one["state"] == "open"]

    def propose(self, kind: str, slot: str | None, given: Mapping[str, Any]) -> None:
        """Put a draft on the table."""
        self.post("/api/drafts", {"given": dict(given), "kind": kind, "slot": slot})

    def sign(self, digest: str, roles: list[str]) -> None:
        """Sign a draft in these roles."""
        shown = self.get(f"/api/drafts/{digest}")
        event = draft(
            shown["kind"], shown["session"], shown["slot"], shown["minute"], shown["body"]
        )
        for role in roles:
            one = sign_event(self.key, event, self.id, role)
            value = {"role": role, "signature": one.signature, "signer": self.id}
            self.post(f"/api/drafts/{digest}/signatures", value)

    def order(self, kind: str, session: str, slot: str) -> Any:
        """Sign an order to the registrar; its answer."""
        order = sign_order(self.key, kind, session, slot, self.id)
        body = encode_order(order)
        return loads(answer_of(self.client.post("/api/orders", content=body, headers=JSON)))
