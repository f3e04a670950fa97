"""A helper's part in ceremony, drill, seal and decryption: the device of ``ballot trustee``."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from ballot.crypto.encoding import loads
from ballot.demo.remote import JSON, RemoteBoard, answer_of
from ballot.demo.walking.furnishing import PASSWORD
from ballot.demo.walking.helper import Helper
from ballot.tally.events import Event
from ballot.tally.orders import encode_order, sign_order
from ballot.tally.session import Definition
from ballot.trustee.boards import renewing
from ballot.trustee.ceremony import Progress, proceed
from ballot.trustee.ceremony_files import CeremonyFiles
from ballot.trustee.device import open_share, read_copy, write_copy
from ballot.trustee.documents import file_name, place_of
from ballot.trustee.drill import make_drill
from ballot.trustee.journal import Journal
from ballot.trustee.sealing import Record, decrypt, record_of, seal

Made = tuple[Journal, Event]


class TrusteeHelper:
    """One trustee of one session; ``box``: a client of the box."""

    def __init__(self, helper: Helper, definition: Definition, box: httpx.Client) -> None:
        self._helper, self._box = helper, box
        self._place = place_of(definition, helper.id, helper.key)
        self._files = helper.device.session(definition)
        self._known = ""
        self._seed = b""
        self._number = 0

    def proceed(self) -> bool:
        """Do what the ceremony lets this trustee do now; whether anything was added. A board that
        somebody gives up is given up here too.
        """
        answer = self._helper.client.get("/api/ceremony", params={"known": self._known})
        if answer.status_code == 204:
            return False
        shown = loads(answer_of(answer))
        board = {one["name"]: one["text"].encode() for one in shown["documents"]}
        added = self._added(shown["number"], board)
        for name, document in added.items():
            path = f"/api/ceremony/{shown['number']}/{name}"
            me = {**JSON, "x-csrf-token": self._helper.get("/api/me")["token"]}
            answer_of(self._helper.client.post(path, content=document, headers=me))
        self._known = "" if added else str(shown["state"])
        return bool(added)

    def _added(self, number: int, board: dict[str, bytes]) -> dict[str, bytes]:
        kept, place = self._files.enter(number), self._place
        if number != self._number:
            self._number, self._seed = number, b""
        if renewing(place.definition, number, board):
            own = file_name("renewal", place.index)
            return {} if own in board else {own: kept.give_up(place)}
        return {k: v for k, v in self._step(kept, board).documents.items() if k not in board}

    def _step(self, kept: CeremonyFiles, board: dict[str, bytes]) -> Progress:
        place, files = self._place, self._files
        # Opening a key file takes half a second, on purpose: once is enough.
        seed = self._seed = self._seed or kept.seed(place, PASSWORD)
        name = file_name("drill", place.index)
        progress = proceed(place, seed, board, kept.seen(), kept.drill(name))
        kept.save_seen(dict(progress.seen))
        if progress.trustees is None or progress.share is None:
            return progress
        if not files.share_file.exists():
            files.keep_share(place, progress.share, PASSWORD)
        if kept.drill(name) is None:
            copy = read_copy(write_copy(self._helper.device, files))
            share = open_share(copy["trustee"], place, PASSWORD)
            kept.save_drill(name, make_drill(place, seed, share, progress.trustees, minute()))
            return self._step(kept, board)
        return progress

    def seal(self, board: RemoteBoard, slot: str) -> None:
        """Verify the box and sign its seal; ``board`` has everything that was published."""

        def work(record: Record, journal: Journal) -> Made:
            return seal(record, journal, self._place, slot, self._envelopes(slot), minute())

        self._make(board, work)

    def decrypt(self, board: RemoteBoard, slot: str) -> None:
        """Decrypt this trustee's part of the sealed sum."""
        place, random = self._place, secrets.token_bytes

        def work(record: Record, journal: Journal) -> Made:
            share, box = self._files.share(place, PASSWORD), self._envelopes(slot)
            return decrypt(record, journal, place, share, slot, box, minute(), random)

        self._make(board, work)

    def _make(self, board: RemoteBoard, work: Callable[[Record, Journal], Made]) -> None:
        """The journal is saved before the event goes out."""
        files = self._files
        with files.journal_lock():
            record = record_of(board.state, board.events)
            journal, event = work(record, files.journal(self._place))
            files.save_journal(journal)
        board.publish(replace(event, signatures=()), event.signatures)

    def _envelopes(self, slot: str) -> Sequence[bytes]:
        """The closed box."""
        place = self._place
        order = sign_order(place.key, "fetch_box", place.definition.session, slot, place.id)
        answer = self._box.post("/orders", content=encode_order(order), headers=JSON)
        return answer_of(answer).splitlines()


def minute() -> str:
    """Now, as events write it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}"  # noqa: TID251 -- a device has a clock
