"""The public record: ``record.zip`` and the Belenios archive of each round (protocol §10).

Built deterministically: sorted names, fixed dates, ballots in sealed order. Pure: streams
come from the caller, ballots pass one at a time.
"""

import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import IO, BinaryIO

from ballot.crypto.encoding import compact
from ballot.tally.aggregate import Sums, encode_result, encode_sums
from ballot.tally.archive import ArchiveWriter
from ballot.tally.envelope import Envelope
from ballot.tally.gate import Gate

FIXED_DATE = (1980, 1, 1, 0, 0, 0)

README = """\
公开档案 · Public record
=======================

这是一次会议表决的全部公开材料。您不必相信任何人，可以用自己的电脑核对：

1. 另取一份核验程序（ballot），可以来自任何人；断开网络。
2. 运行： ballot verify record.zip --session 会议码
   会议码印在主席团公告上；没有它，就不能确认这是哪一次会议的档案。
3. 结论有三种：通过 / 不通过 / 无法核验，并逐项说明理由。
4. 把公告和结果页上的会议码、证书码和每一个数字与核验结果对照。

rounds/<票位>/election.bel 是 Belenios 档案，可用任何 Belenios 程序核对：
   belenios-tool election verify
注意：单凭 .bel 不能证明投票人的资格（其中的凭证名单取自票箱里的选票）；
资格由 admissions.jsonl 中的令牌签名证明，即核验项 V7。

This is everything the public needs of one session. Trust nobody; recheck it yourself:

1. Get the verifier (ballot) from anyone you like; disconnect from the network.
2. Run:  ballot verify record.zip --session CODE
   CODE is the 会议码 printed in the official notice. Without it nobody can say
   which session this record belongs to.
3. There are three results: valid / invalid / not checkable, with a reason per check.
4. Compare the codes and every number of the notice and the result page with it.

rounds/<slot>/election.bel is a Belenios archive; any Belenios program can check it:
   belenios-tool election verify
Note: the .bel alone proves no eligibility (its credential list is made from the
ballots in the box). Eligibility rests on the token signatures in admissions.jsonl,
which is check V7.
""".encode()

Content = bytes | Callable[[IO[bytes]], None]
"""The bytes of a member, or a function that writes them to a stream."""


def write_record(stream: BinaryIO, members: Mapping[str, Content]) -> None:
    """Write ``record.zip`` with exactly these members, in the order of their names."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            content = members[name]
            with archive.open(info, "w") as member:
                if isinstance(content, bytes):
                    member.write(content)
                else:
                    content(member)


def round_path(slot: str, name: str) -> str:
    """``rounds/<slot>/<name>``."""
    return f"rounds/{slot}/{name}"


def timestamp_of(date: str) -> int:
    """Seconds from 1970 to 00:00 UTC of a date ``2025-01-16`` (proleptic Gregorian)."""
    year, month, day = (int(part) for part in date.split("-"))
    # Days before the year 0000-03-01 based calendar: leap days fall at the end of a year.
    y = year - (month <= 2)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (days - 719468) * 86400


def credentials_of(gate: Gate, credentials: Iterable[str]) -> bytes:
    """``public_credentials``: the slot's drawn list, or those of the sealed ballots, sorted."""
    return compact(sorted(gate.drawn) if gate.drawn else sorted(credentials))


def write_archive(
    stream: BinaryIO,
    gate: Gate,
    date: str,
    trustees: bytes,
    credentials: bytes,
    envelopes: Iterable[Envelope],
    sums: Sums,
    count: int,
    partials: Mapping[int, bytes],
    result: list[list[int]],
) -> None:
    """The ``.bel`` of a decided round: envelopes in sealed order, partials by owner."""
    writer = ArchiveWriter(stream, timestamp_of(date))
    writer.setup(gate.election.raw, trustees, credentials)
    for envelope in envelopes:
        writer.ballot(envelope.ballot_bytes)
    writer.end_ballots()
    writer.encrypted_tally(encode_sums(gate.group, sums), count, count)
    for owner in sorted(partials):
        writer.partial_decryption(owner, partials[owner])
    writer.result(encode_result(result))
