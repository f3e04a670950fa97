"""The second signer as the registrar reaches it: the scrutineers' machine (protocol §6)."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ballot.crypto.encoding import b64url, dumps, unb64url
from ballot.crypto.errors import Invalid
from ballot.crypto.slotkey import MODULUS_SIZE
from ballot.issuing import Counts
from ballot.web.bodies import from_slots
from ballot.web.following import answer_of

TIMEOUT = 10.0


class HttpPeer:
    """See :class:`ballot.issuing.Peer`. Used from worker threads; keeps its connection."""

    def __init__(self, client: httpx.Client, secret: str) -> None:
        self._client, self._secret = client, secret

    def sign(self, deputy: str, requests: Mapping[str, bytes]) -> dict[str, bytes]:
        """The signer's blind signatures: slot → 384 bytes."""
        encoded = [{"request": b64url(data), "slot": slot} for slot, data in requests.items()]
        answer = self._ask("POST", "/sign", {"deputy": deputy, "requests": encoded})
        try:
            found = {a["slot"]: unb64url(a["signature"], MODULUS_SIZE) for a in answer["answers"]}
        except (KeyError, TypeError, AttributeError):
            raise Invalid("token.signer_fault", "not an answer of a signer") from None
        if found.keys() != requests.keys():
            raise Invalid("token.signer_fault", "answers for other slots")
        return found

    def paper(self, deputy: str, slots: Sequence[str]) -> None:
        """Tell that a deputy holds sheets for these slots; none: handed back."""
        self._ask("POST", "/paper", {"deputy": deputy, "slots": list(slots)})

    def halt(self, order: bytes) -> dict[str, int]:
        """Stop issuing on the signer's side; tablets issued per slot."""
        return self._numbers(self._ask("POST", "/orders", order), "issued")

    def counts(self) -> Counts:
        """The signer's running count, to show beside the desk's."""
        answer = self._ask("GET", "/counts", None)
        tablet = self._numbers(answer, "tablet")
        return Counts(int(answer["present"]), tablet, int(answer["paper"]))

    def _numbers(self, answer: Any, name: str) -> dict[str, int]:
        try:
            return from_slots(answer[name])
        except (KeyError, TypeError, ValueError):
            raise Invalid("token.signer_fault", f"no numbers of {name}") from None

    def _ask(self, method: str, path: str, body: Any) -> Any:
        content = body if isinstance(body, bytes) else None if body is None else dumps(body)
        headers = {"authorization": f"Bearer {self._secret}"}
        if content is not None:
            headers["content-type"] = "application/json"
        try:
            answer = self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError:
            raise Invalid("issue.signer_away", "the second signer does not answer") from None
        if answer.status_code >= 500:
            raise Invalid("issue.signer_away", f"the second signer answered {answer.status_code}")
        return answer_of(answer)
