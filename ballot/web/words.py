"""Numbers, dates and sentences as a language writes them; all texts stand in ballot.locale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ballot.locale import message
from ballot.locale.outcomes import join

# All of China keeps one time, UTC+8 without summer time; documents carry UTC minutes.
CHINA = timezone(timedelta(hours=8))
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Words:
    """The texts of one language: ``words("h1", year=2025)`` is the message ``web.h1``."""

    lang: str

    def __call__(self, key: str, /, **fields: Any) -> str:
        """The text ``web.<key>`` with its fields; KeyError for an unknown key or field."""
        return message(self.lang, f"web.{key}", **fields)

    def plain(self, key: str, /, **fields: Any) -> str:
        """A text that the pages share with the command line (``grade.rate``)."""
        return message(self.lang, key, **fields)

    @property
    def tag(self) -> str:
        """The language tag (BCP 47) of the page."""
        return {"zh": "zh-CN"}.get(self.lang, self.lang)

    def href(self, path: str) -> str:
        """The address of a page in this language: Chinese at the root, others under theirs."""
        prefix = "" if self.lang == "zh" else f"/{self.lang}"
        return (prefix + path).removesuffix("/") or "/"

    def join(self, parts: Sequence[str]) -> str:
        """Names in a row: 、 or a comma."""
        return join(self.lang, parts)

    def list(self, parts: Sequence[str]) -> str:
        """Statements in a row: ， or a comma."""
        return self("comma").join(parts)

    def nth(self, number: int) -> str:
        """The number of a round: 第二轮, round 2."""
        return chinese_number(number) if self.lang == "zh" else str(number)

    def date(self, iso: str) -> str:
        """``2025-01-16`` as 2025年1月16日, 16 January 2025."""
        day = datetime.strptime(iso, "%Y-%m-%d").replace(tzinfo=CHINA)
        return self("date", year=day.year, month=self(f"month.{day.month}"), day=day.day)

    def minute(self, utc: str) -> str:
        """``2025-01-16T02:42Z`` in Chinese time: 2025年1月16日10时42分."""
        at = datetime.strptime(utc, "%Y-%m-%dT%H:%M%z").astimezone(CHINA)
        return self("minute", date=self.date(f"{at:%Y-%m-%d}"), hour=at.hour, minute=f"{at:%M}")

    def day_of(self, utc: str) -> str:
        """The Chinese date of a UTC minute."""
        at = datetime.strptime(utc, "%Y-%m-%dT%H:%M%z").astimezone(CHINA)
        return self.date(f"{at:%Y-%m-%d}")


def chinese_number(number: int) -> str:
    """1 to 99 as Chinese writes them in lists (一、十二、); larger ones in digits."""
    tens, ones = divmod(number, 10)
    if not 0 < number < 100:
        return str(number)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def byte_size(size: int) -> str:
    """A file size with one decimal, rounded half up: ``1.9 MB``, ``640 kB``, ``12 B``."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= factor:
            tenths = (20 * size + factor) // (2 * factor)
            return f"{tenths // 10}.{tenths % 10} {unit}"
    return f"{size} B"
