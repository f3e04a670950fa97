"""The board of the key ceremony, kept by the registrar for the trustees' devices.

It takes what the named trustee signed, under its own name and once; every device judges for itself
what stands there (:mod:`ballot.trustee.board`). Nothing on it is secret: shares are encrypted to
their owners. A registrar that exchanged a document, or showed one device another than the rest,
would be found out by ``seen``, ``base`` and the signature of all over KeysReady (A12, E21).
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from ballot.crypto import encoding
from ballot.crypto.errors import Invalid
from ballot.publishing import Board
from ballot.store.ceremony import CeremonyStore
from ballot.tally.session import Definition
from ballot.tally.signatories import refused_signatures
from ballot.trustee import documents, drafts
from ballot.trustee.boards import complete, folder_name
from ballot.trustee.documents import MAX_DOCUMENT


@dataclass(frozen=True)
class Shown:
    """A board as everyone sees it: its number from 1, name → document, and the names under which
    a second version was handed in since the service began.
    """

    number: int
    documents: Mapping[str, bytes]
    conflicts: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Another one as soon as anything of it changes."""
        found = [[name, encoding.sha256(data).hex()] for name, data in self.documents.items()]
        return encoding.digest([self.number, found, list(self.conflicts)])


class CeremonyBoard:
    """The ceremony of one session over its store. ``publish`` takes an event's draft; it is called
    with KeysReady once every trustee has signed it.
    """

    def __init__(
        self, board: Board, store: CeremonyStore, publish: Callable[[bytes], object]
    ) -> None:
        self._board, self._store, self._publish = board, store, publish
        self._conflicts: set[tuple[int, str]] = set()
        self._lock = threading.Lock()

    @property
    def definition(self) -> Definition:
        """The session's definition."""
        return self._board.definition

    def shown(self) -> Shown:
        """The board that is in use: the first that not every trustee has given up."""
        number, found = 1, self._store.documents(1)
        while all(name in found for name in self._names("renewal")):
            number, found = number + 1, self._store.documents(number + 1)
        with self._lock:
            conflicts = sorted(name for at, name in self._conflicts if at == number)
        return Shown(number, found, tuple(conflicts))

    def folder(self) -> dict[str, bytes]:
        """The board in use, and the renewals of those before it, as files of a folder."""
        shown = self.shown()
        files = {
            PurePosixPath(folder_name(number), name): self._store.documents(number)[name]
            for number in range(1, shown.number)
            for name in self._names("renewal")
        }
        for name, data in shown.documents.items():
            files[PurePosixPath(folder_name(shown.number), name)] = data
        return {str(path): data for path, data in files.items()}

    def add(self, number: int, name: str, data: bytes) -> Shown:
        """Put a document on the board; the same again changes nothing.

        Raises ``ceremony.not_adopted``, ``ceremony.over`` (the keys are ready), ``ceremony.board``
        (not the board in use), ``ceremony.name``, ``ceremony.document``, ``ceremony.session``,
        ``ceremony.signature``, and ``ceremony.conflict`` for a second version of a document.
        """
        step, index = documents.named(self.definition, name)
        check_document(self.definition, step, index, data)
        self._board.refresh()
        state = self._board.state
        if not state.adopted:
            raise Invalid("ceremony.not_adopted", "the definition is not adopted")
        now = self.shown()
        if state.trustees is None and number == now.number:
            _check_number(step, number, data)
            known = self._store.add(number, name, data)
        else:  # what stands there may be repeated: its answer was lost
            known = self._store.documents(number).get(name, b"")
            if known != data:
                over = state.trustees is not None
                raise Invalid(
                    "ceremony.over" if over else "ceremony.board", f"in use: {now.number}"
                )
        if known != data:
            with self._lock:
                self._conflicts.add((number, name))
            raise Invalid("ceremony.conflict", f"{name}: another version stands there")
        found = self.shown()
        self._conclude(found)
        return found

    def _conclude(self, shown: Shown) -> None:
        """KeysReady with all signatures, once they are there. Drafts that differ stay where they
        are: each device says whose is wrong.
        """
        event = complete(self.definition, shown.documents)
        if event is not None and self._board.state.trustees is None:
            self._publish(drafts.encode(event))

    def _names(self, step: str) -> list[str]:
        size = len(self.definition.trustees)
        return [documents.file_name(step, index) for index in range(1, size + 1)]


def check_document(definition: Definition, step: str, index: int, data: bytes) -> None:
    """Refuse what is not that trustee's signed document for the step; codes as
    :func:`ballot.trustee.documents.read`.
    """
    if step != "ready":
        documents.read(definition, step, index, data)
        return
    if len(data) > MAX_DOCUMENT:
        raise Invalid("ceremony.document", f"larger than {MAX_DOCUMENT} bytes")
    try:
        event = drafts.decode(data)
    except Invalid as error:
        raise Invalid("ceremony.document", error.detail) from None
    if event.kind != "keys_ready":
        raise Invalid("ceremony.document", "not a draft of KeysReady")
    if event.session != definition.session:
        raise Invalid("ceremony.session", "made for another session")
    trustee = definition.trustees[index - 1]
    if [(s.signer, s.role) for s in event.signatures] != [(trustee, "trustee")]:
        raise Invalid("ceremony.signature", "not the signature of this trustee alone")
    for fault in refused_signatures(definition, event):
        if fault.code != "keys.too_few_signatures":
            raise Invalid("ceremony.signature", fault.detail)


def _check_number(step: str, number: int, data: bytes) -> None:
    """A renewal gives up the board that it stands on, and no later one."""
    if step == "renewal" and encoding.loads(data)["number"] != number:
        raise Invalid("ceremony.board", "gives up another board")
