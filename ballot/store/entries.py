"""The roll inside one transaction: small steps, no decisions."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, delete, or_, select

from ballot.crypto.errors import Invalid
from ballot.store.engine import insert_new
from ballot.store.presence import Channel, CheckIn, Deputy, Presence
from ballot.store.roll_tables import (
    AnswerRow,
    CheckInRow,
    CheckInSlotRow,
    DeputyRow,
    PassRow,
    PresenceRow,
    RequestRow,
)


class Entries:
    """What one transaction of a :class:`~ballot.store.roll.RollStore` can read and write."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # The roll and its passes.

    def is_deputy(self, number: str) -> bool:
        """Whether the roll has that number."""
        return self._session.get(DeputyRow, number) is not None

    def deputies(self, text: str = "", limit: int | None = None) -> list[Deputy]:
        """Deputies whose number or name holds ``text``, by number."""
        wanted = select(DeputyRow).order_by(col(DeputyRow.number)).limit(limit)
        if text:
            number, name = col(DeputyRow.number), col(DeputyRow.name)
            has = (number.contains(text, autoescape=True), name.contains(text, autoescape=True))
            wanted = wanted.where(or_(*has))
        return [Deputy(row.number, row.name) for row in self._session.exec(wanted)]

    def put_pass(self, digest: bytes, deputy: str) -> None:
        """The deputy's only pass from now on."""
        self._session.exec(delete(PassRow).where(col(PassRow.deputy) == deputy))
        insert_new(self._session, PassRow, [{"digest": digest, "deputy": deputy}])

    def pass_holder(self, digest: bytes) -> str | None:
        """The number of the deputy whose pass this is."""
        return self._session.exec(select(PassRow.deputy).where(PassRow.digest == digest)).first()

    # Check-ins and who is here.

    def open_check_in(self, number: int, slots: Iterable[str]) -> None:
        """A check-in begins; again: nothing changes, a halted one stays halted."""
        if insert_new(self._session, CheckInRow, [{"number": number, "halted": False}]):
            rows = [
                {"slot": slot, "check_in": number, "place": place}
                for place, slot in enumerate(slots)
            ]
            insert_new(self._session, CheckInSlotRow, rows)

    def halt_check_in(self, number: int) -> None:
        """Nothing new is issued in this check-in."""
        row = self._session.get(CheckInRow, number)
        if row is not None:
            row.halted = True
            self._session.add(row)

    def check_in(self, slot: str | None = None) -> CheckIn | None:
        """The check-in of a slot; without one the last that was opened."""
        wanted = select(CheckInRow).order_by(col(CheckInRow.number).desc())
        if slot is not None:
            its = select(CheckInSlotRow.check_in).where(CheckInSlotRow.slot == slot)
            wanted = wanted.where(col(CheckInRow.number).in_(its))
        row = self._session.exec(wanted).first()
        if row is None:
            return None
        mine = select(CheckInSlotRow.slot).where(CheckInSlotRow.check_in == row.number)
        slots = self._session.exec(mine.order_by(col(CheckInSlotRow.place))).all()
        return CheckIn(row.number, tuple(slots), not row.halted)

    def presence(self, check_in: int, deputy: str) -> Presence | None:
        """How the deputy is here, if at all."""
        row = self._session.get(PresenceRow, (check_in, deputy))
        return None if row is None else _presence(row)

    def presence_of(self, device: bytes) -> Presence | None:
        """Whose tablet this is, by the digest of its secret."""
        wanted = select(PresenceRow).where(PresenceRow.device == device)
        row = self._session.exec(wanted).first()
        return None if row is None else _presence(row)

    def put_presence(self, presence: Presence) -> None:
        """Keep how the deputy is here now."""
        self._session.merge(
            PresenceRow(
                check_in=presence.check_in,
                deputy=presence.deputy,
                channel=presence.channel,
                device=presence.device,
                ended=presence.ended,
            )
        )
        self._session.flush()

    def presences(self, check_in: int) -> list[Presence]:
        """Everyone who is here."""
        wanted = select(PresenceRow).where(PresenceRow.check_in == check_in)
        return [_presence(row) for row in self._session.exec(wanted)]

    # Requests and answers.

    def requests(self, deputy: str) -> dict[str, bytes]:
        """What was asked for the deputy, by slot."""
        wanted = select(RequestRow.slot, RequestRow.blinded).where(RequestRow.deputy == deputy)
        return dict(self._session.exec(wanted).all())

    def add_requests(self, deputy: str, requests: Mapping[str, bytes]) -> None:
        """Keep requests; ``token.already_issued`` for a slot that has one."""
        rows = [{"deputy": deputy, "slot": s, "blinded": data} for s, data in requests.items()]
        if insert_new(self._session, RequestRow, rows) != len(rows):
            raise Invalid("token.already_issued", "another request was stored before")

    def pending(self, slots: Sequence[str]) -> list[tuple[str, dict[str, bytes]]]:
        """(deputy, requests by slot) of everyone who has no answer yet."""
        found: dict[str, dict[str, bytes]] = {}
        mine = (AnswerRow.deputy == RequestRow.deputy, AnswerRow.slot == RequestRow.slot)
        wanted = select(RequestRow).where(
            col(RequestRow.slot).in_(slots), ~select(AnswerRow.slot).where(*mine).exists()
        )
        for row in self._session.exec(wanted):
            found.setdefault(row.deputy, {})[row.slot] = row.blinded
        return list(found.items())

    def answers(self, deputy: str) -> dict[str, bytes]:
        """What was answered for the deputy, by slot."""
        wanted = select(AnswerRow.slot, AnswerRow.signatures).where(AnswerRow.deputy == deputy)
        return dict(self._session.exec(wanted).all())

    def add_answers(self, deputy: str, answers: Mapping[str, bytes]) -> None:
        """Keep answers; one that is there stays."""
        rows = [{"deputy": deputy, "slot": s, "signatures": data} for s, data in answers.items()]
        insert_new(self._session, AnswerRow, rows)

    def answered(self, slots: Sequence[str]) -> dict[str, int]:
        """Tokens issued, by slot."""
        wanted = (
            select(AnswerRow.slot, func.count())
            .where(col(AnswerRow.slot).in_(slots))
            .group_by(col(AnswerRow.slot))
        )
        return dict.fromkeys(slots, 0) | dict(self._session.exec(wanted).all())


def _presence(row: PresenceRow) -> Presence:
    channel: Channel | None = "paper" if row.channel == "paper" else None
    if row.channel == "tablet":
        channel = "tablet"
    return Presence(row.check_in, row.deputy, channel, row.device, row.ended)
