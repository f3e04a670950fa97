"""Who may vote and who is here: the values that the roll and issuing share."""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["tablet", "paper"]


@dataclass(frozen=True, slots=True)
class Deputy:
    """A deputy by number and name."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in and its slots, in the order of the event that opened it."""

    number: int
    slots: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """A deputy who is here: channel once chosen, digest of the tablet's secret and
    whether the tablet has ended its check-in."""

    check_in: int
    deputy: str
    channel: Channel | None = None
    device: bytes | None = None
    ended: bool = False
