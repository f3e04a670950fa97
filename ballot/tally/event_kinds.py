"""The kinds of events: about a slot or not, who must sign, and the members of the body.

The table of docs/record.md and protocol §8 as data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from ballot.crypto import encoding, shapes
from ballot.tally.session import CHANNELS

# A partial decryption or the trustees' document in BELENIOS-2048, with room to spare.
_MAX_BELENIOS = 8 * 1024 * 1024

Count = int | Literal["one", "quorum", "all"]
Reader = Callable[[Any, str], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event. ``slot``: whether it concerns one. ``signers``: for each role at least
    so many distinct persons; ``one`` is exactly one, ``quorum`` that of the presidium, ``all``
    every holder. ``body`` reads the body.
    """

    slot: Literal["none", "one", "any"]
    signers: tuple[tuple[str, Count], ...]
    body: Reader


def _object(**readers: Reader) -> Reader:
    names = " ".join(readers)

    def read(value: Any, where: str) -> None:
        shapes.fields(value, names, where)
        for name, reader in readers.items():
            reader(value[name], f"{where}.{name}")

    return read


def _list(reader: Reader, low: int = 0, high: int = 480) -> Reader:
    return lambda value, where: shapes.array(value, reader, where, low, high)


def _set(reader: Reader, low: int = 0, high: int = 480) -> Reader:
    def read(value: Any, where: str) -> None:
        shapes.distinct(shapes.array(value, reader, where, low, high), where)

    return read


def _null(reader: Reader) -> Reader:
    return lambda value, where: shapes.optional(value, reader, where)


def _text(low: int, high: int) -> Reader:
    return lambda value, where: shapes.text(value, where, low, high)


def _one_of(*words: str) -> Reader:
    return lambda value, where: shapes.choice(value, words, where)


def _zero(value: Any, where: str) -> None:
    shapes.integer(value, where, 0, 0)


def _fingerprint(value: Any, where: str) -> None:
    encoding.unb64(shapes.text(value, where, 1, 100), 32)


def _value(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise shapes.refuse(where, "not an object")


_count, _digest = shapes.integer, shapes.hexadecimal
_id, _item = shapes.identifier, shapes.item_id
_note, _belenios = _text(1, 2000), _text(1, _MAX_BELENIOS)
_totals = _list(_list(_count, 1, 5), 1)
_presidium: tuple[tuple[str, Count], ...] = (("presidium", "quorum"),)
_chair: tuple[tuple[str, Count], ...] = (("presiding_officer", "one"),)
_clerk: tuple[tuple[str, Count], ...] = (("clerk", "one"),)
_trustee: tuple[tuple[str, Count], ...] = (("trustee", "one"),)
_chief: tuple[tuple[str, Count], ...] = (("chief_scrutineer", "one"),)
_counters: tuple[tuple[str, Count], ...] = (("scrutineer", 2), ("teller", 2))
_calling = Kind(
    "one",
    _presidium,
    _object(log=_digest, parent=_digest, items=_set(shapes.item_id, 1), seats=_count),
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "defined": Kind("none", _clerk, _object()),
        "adopted": Kind("none", _presidium, _object()),
        "keys_ready": Kind(
            "none",
            (("trustee", "all"),),
            _object(
                trustees=_belenios,
                commitments=_list(_digest, 1, 30),
                drills=_list(
                    _object(factor=_text(1, 700), challenge=_text(1, 700), response=_text(1, 700)),
                    1,
                    30,
                ),
            ),
        ),
        "rules_adopted": Kind("none", _chair, _object(yes=_count, no=_count, abstain=_count)),
        "check_in_opened": Kind("none", _clerk, _object(slots=_set(_id, 1, 500))),
        "check_in_closed": Kind(
            "none",
            (*_clerk, *_chief),
            _object(
                present=_count,
                attendance=_digest,
                issued=_list(
                    _object(slot=_id, tablet=_count, paper=_count, signers=_list(_count, 0, 2)),
                    1,
                    500,
                ),
                unused_slips=_list(_text(1, 700), 0, 100_000),
            ),
        ),
        "box_empty": Kind("one", _chief, _object(envelopes=_zero, paper_boxes=_count)),
        "round_opened": Kind(
            "one",
            _chair,
            _object(
                log=_digest,
                present=_count,
                channels=_set(_one_of(*CHANNELS), 1, 2),
                fingerprint=_null(_fingerprint),
                issued_paper=_null(_count),
            ),
        ),
        "round_closed": Kind(
            "one",
            _chair,
            _object(
                log=_digest,
                tablet=_null(_object(returned=_count, root=_digest)),
                paper=_null(_object(returned=_count)),
            ),
        ),
        "sealed": Kind(
            "one", _trustee, _object(fingerprint=_fingerprint, size=_count, root=_digest)
        ),
        "paper_counted": Kind(
            "one",
            _counters,
            _object(
                issued=_count,
                returned=_count,
                valid=_count,
                void=_object(over_vote=_count, unreadable=_count, void_by_deputy=_count),
                rows=_totals,
                replaces=_null(_digest),
            ),
        ),
        "decrypted": Kind("one", _trustee, _object(owner=_count, partial=_belenios)),
        "counted": Kind("one", (), _object(tablet=_null(_totals), totals=_totals, outcome=_value)),
        "certified": Kind("one", (*_chief, *_counters, *_presidium), _object(certificate=_digest)),
        "voided": Kind(
            "one",
            _presidium,
            _object(
                log=_digest,
                reason=_one_of("surplus", "participation", "stated"),
                text=_text(0, 2000),
            ),
        ),
        "run_off_called": _calling,
        "revote_called": _calling,
        "second_vote_called": _calling,
        "tie_settled": Kind(
            "one",
            _presidium,
            _object(
                parent=_digest,
                method=_one_of("lots", "deferred"),
                items=_set(shapes.item_id),
                witnesses=_list(_text(1, 60), 0, 20),
            ),
        ),
        "vacancy_left": Kind("one", _presidium, _object(parent=_digest, places=_count)),
        "override": Kind(
            "any",
            _presidium,
            _object(permits=_one_of("few_issued", "few_ballots", "few_papers"), text=_note),
        ),
        "objection": Kind("any", _clerk, _object(text=_note)),
        "adjourned": Kind("none", _chair, _object(text=_note)),
        "published": Kind("none", _presidium, _object(log=_digest)),
    }
)
"""Every kind of event (protocol §8)."""
