"""The boards of a session, one after the other: which is in use, and whether it is finished.

A ceremony that broke is begun anew on the board of the next number, once every trustee has signed
a renewal of the one in use. In a folder the first board is the folder itself, the next is
``board-2``, and so on; what was given up stays there.
"""

from collections.abc import Mapping

from ballot.crypto.errors import Invalid
from ballot.tally.events import Event
from ballot.tally.session import Definition
from ballot.tally.signatories import refused_signatures
from ballot.trustee import documents, drafts
from ballot.trustee.documents import file_name


def folder_name(number: int) -> str:
    """Where the board of that number lies in a session's folder."""
    return "" if number == 1 else f"board-{number}"


def renewing(definition: Definition, number: int, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The trustees (officer ids) who have given up the board of that number, which holds ``files``.

    Raises ``ceremony.…``, naming trustee and document, for a renewal that is none of this board.
    """
    found = []
    for index, trustee in enumerate(definition.trustees, 1):
        name = file_name("renewal", index)
        if name not in files:
            continue
        try:
            value = documents.read(definition, "renewal", index, files[name])
            if value["number"] != number:
                raise Invalid("ceremony.board", "gives up another board")
        except Invalid as error:
            raise Invalid(error.code, f"{trustee}: {name}: {error.detail}") from None
        found.append(trustee)
    return tuple(found)


def complete(definition: Definition, files: Mapping[str, bytes]) -> Event | None:
    """KeysReady with the signatures of all, if the board holds it; None where somebody's draft is
    missing, differs, or is not signed: then each device says whose is wrong.
    """
    names = [file_name("ready", i) for i in range(1, len(definition.trustees) + 1)]
    if not set(names) <= files.keys():
        return None
    try:
        event = drafts.merge(drafts.decode(files[name]) for name in names)
    except Invalid:
        return None
    if (event.kind, event.session) != ("keys_ready", definition.session):
        return None
    return None if any(refused_signatures(definition, event)) else event
