"""What one trustee's device makes of the documents on the board, and what it puts there.

Every refusal names the trustee and the document. What was accepted once must never change: its
digests (``seen``) are saved by the device before anything more leaves it (attack A12).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.trustee import documents
from ballot.trustee.documents import Place, file_name


class Waiting(Exception):
    """A step is not complete: these officers' documents are missing."""

    def __init__(self, step: str, missing: tuple[str, ...]) -> None:
        super().__init__(step)
        self.step, self.missing = step, missing


class Board:
    """The folder (``files``: name → bytes) in one pass of one trustee, who adds ``own``."""

    def __init__(self, place: Place, files: Mapping[str, bytes], seen: Mapping[str, str]) -> None:
        self._place, self._files = place, files
        self.seen, self.own = dict(seen), dict[str, bytes]()

    def gather(
        self, step: str, own: bytes | None, base: str | None = None
    ) -> tuple[str, list[dict[str, Any]]]:
        """Digest and contents of the documents of a step, in the trustees' order.

        ``base`` is what each must state of the step before. Raises :class:`Waiting`.
        """
        found, data, missing = [], [], []
        for i, trustee in enumerate(self._place.definition.trustees, 1):
            one = self.one(step, i, own)
            if one is None:
                missing.append(trustee)
                continue
            with self.naming(step, i):
                document = documents.read(self._place.definition, step, i, one)
                self.pin(step, i, one)
                if base is not None and document["base"] != base:
                    raise Invalid("ceremony.base", "was shown other documents than this device")
            found.append(document)
            data.append(one)
        if missing:
            raise Waiting(step, tuple(missing))
        return documents.digest_of(data), found

    def one(self, step: str, index: int, own: bytes | None) -> bytes | None:
        """The document of trustee ``index``; for one's own place, ``own``, which is put there.

        What the board holds under that name can only be the same: else ``ceremony.own``.
        """
        name = file_name(step, index)
        if index != self._place.index:
            return self._files.get(name)
        if own is not None:
            with self.naming(step, index):
                if self._files.get(name, own) != own:
                    raise Invalid("ceremony.own", "not written by this device")
            self.own[name] = own
        return own

    def pin(self, step: str, index: int, data: bytes) -> None:
        """Accept a document; another version of it ends the ceremony (A12)."""
        digest = sha256(data).hex()
        if self.seen.setdefault(file_name(step, index), digest) != digest:
            raise Invalid("ceremony.changed", "another document than before")

    @contextmanager
    def naming(self, step: str, index: int) -> Iterator[None]:
        """Refusals inside say whose document they are about."""
        try:
            yield
        except Invalid as error:
            trustee = self._place.definition.trustees[index - 1]
            code, detail = "ceremony.document", str(error)
            if error.code.startswith("ceremony."):
                code, detail = error.code, error.detail
            raise Invalid(code, f"{trustee}: {file_name(step, index)}: {detail}") from None
