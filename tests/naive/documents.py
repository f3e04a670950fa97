"""Bytes: canonical JSON, Belenios' compact JSON, the archive container, the election document."""

import hashlib
import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

# Unicode's Default_Ignorable_Code_Point, line separators and interlinear annotation.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
ROUND_KINDS = {
    "run_off_called": "run_off",
    "revote_called": "revote",
    "second_vote_called": "second",
}
YES_NO = ["赞成", "反对"]
GRADES = ["满意", "基本满意", "不满意", "不了解"]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def b64(data: bytes) -> str:
    """B64 of belenios-format.md §1, of the SHA-256 of ``data``."""
    return b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def canonical(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def digest(value: Any) -> str:
    return sha(canonical(value))


def code_of(hexadecimal: str) -> str:
    """The 12-character code: the first 60 bits in Crockford's base 32."""
    bits = int(hexadecimal, 16) >> (4 * len(hexadecimal) - 60)
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    text = "".join(digits[bits >> 5 * k & 31] for k in range(11, -1, -1))
    return "-".join(text[k : k + 4] for k in (0, 4, 8))


def read_canonical(data: bytes) -> Any:
    """The value of canonical bytes; ValueError for any others."""
    value = json.loads(data.decode("utf-8"))
    _check(value, 1)
    if canonical(value) != data:
        raise ValueError("not canonical")
    return value


def read_compact(data: bytes) -> Any:
    value = json.loads(data.decode("utf-8"))
    if compact(value) != data:
        raise ValueError("not compact, or not in its order")
    return value


def _check(value: Any, depth: int) -> None:
    if depth > 17:
        raise ValueError("too deep")
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise ValueError("a number that no document holds")
    if isinstance(value, str):
        value.encode("utf-8")
        if unicodedata.normalize("NFC", value) != value or INVISIBLE.search(value):
            raise ValueError("text not in NFC or with invisible characters")
    if isinstance(value, list):
        for entry in value:
            _check(entry, depth + 1)
    if isinstance(value, dict):
        for name, entry in value.items():
            if not re.fullmatch("[a-z][a-z0-9_]*", name):
                raise ValueError(f"name {name!r}")
            _check(entry, depth + 1)


def tar(members: Iterable[tuple[str, bytes]], timestamp: int) -> bytes:
    """The container of belenios-format.md §3."""
    out = []
    for name, body in members:
        head = name.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2
        head += f"{len(body):011o}\0{timestamp:011o}\0".encode()
        total = sum(head) + 8 * 32 + ord("0")
        out += [(head + f"{total:06o}\0 ".encode() + b"0").ljust(512, b"\0")]
        out += [body, bytes(-len(body) % 512)]
    return b"".join(out)


def untar(data: bytes) -> list[tuple[str, bytes]]:
    """Names and bodies; that header bytes are right shows when :func:`tar` gives them back."""
    members, at = [], 0
    while at < len(data):
        name = data[at : at + 100].rstrip(b"\0").decode()
        size = int(data[at + 124 : at + 135], 8)
        members.append((name, data[at + 512 : at + 512 + size]))
        at += 512 + -(-size // 512) * 512
    return members


class Archive:
    """What one round's archive holds, each as its bytes. ``build`` writes them."""

    def __init__(self, timestamp: int) -> None:
        self.timestamp = timestamp
        self.election = self.trustees = self.credentials = b""
        self.ballots: list[bytes] = []
        self.encrypted_tally = self.sized = self.result = b""
        self.partials: list[tuple[int, bytes]] = []

    @classmethod
    def read(cls, data: bytes, timestamp: int) -> "Archive":
        """Sort the members by the events; whoever rebuilds it compares the bytes."""
        self = cls(timestamp)
        members = untar(data)
        bodies = {name[:64]: body for name, body in members if name.endswith(".data.json")}
        for name, body in members:
            if not name.endswith(".event.json"):
                continue
            event = read_compact(body)
            payload = bodies[event["payload"]] if "payload" in event else b""
            if event["type"] == "Setup":
                setup = read_compact(payload)
                self.election = bodies[setup["election"]]
                self.trustees = bodies[setup["trustees"]]
                self.credentials = bodies[setup["credentials"]]
            elif event["type"] == "Ballot":
                self.ballots.append(payload)
            elif event["type"] == "EncryptedTally":
                self.sized = payload
                self.encrypted_tally = bodies[read_compact(payload)["encrypted_tally"]]
            elif event["type"] == "PartialDecryption":
                owned = read_compact(payload)
                self.partials.append((owned["owner"], bodies[owned["payload"]]))
            elif event["type"] == "Result":
                self.result = payload
        return self

    def build(self) -> bytes:
        members: list[tuple[str, bytes]] = [
            ("BELENIOS", compact({"version": 1, "timestamp": str(self.timestamp)}))
        ]
        parent, height = "", 0

        def add(*bodies: bytes) -> None:
            members.extend((f"{sha(body)}.data.json", body) for body in bodies)

        def event(kind: str, payload: bytes | None) -> None:
            nonlocal parent, height
            value: dict[str, Any] = {"parent": parent} if parent else {}
            value |= {"height": height, "type": kind}
            value |= {} if payload is None else {"payload": sha(payload)}
            body = compact(value)
            members.append((f"{sha(body)}.event.json", body))
            parent, height = sha(body), height + 1

        setup = {"election": sha(self.election), "trustees": sha(self.trustees)}
        setup_data = compact(setup | {"credentials": sha(self.credentials)})
        add(self.election, self.trustees, self.credentials, setup_data)
        event("Setup", setup_data)
        for ballot in self.ballots:
            add(ballot)
            event("Ballot", ballot)
        event("EndBallots", None)
        add(self.encrypted_tally, self.sized)
        event("EncryptedTally", self.sized)
        for owner, partial in self.partials:
            owned = compact({"owner": owner, "payload": sha(partial)})
            add(partial, owned)
            event("PartialDecryption", owned)
        add(self.result)
        event("Result", self.result)
        return tar(members, self.timestamp)


def cap_of(vote: dict[str, Any], seats: int, items: int) -> int:
    return min(seats, items) if vote["rules"]["cap"] == "seats" else items


def election_document(
    definition: dict[str, Any],
    session: str,
    vote: dict[str, Any],
    slot: dict[str, Any],
    items: list[str],
    seats: int,
    calling: str | None,
    public_key: str,
) -> bytes:
    titles = {item["id"]: item["title"] for item in vote["items"]}
    style, chosen = vote["style"], [titles[i] for i in items]
    if style == "approve":
        cap = cap_of(vote, seats, len(items))
        questions = [{"answers": chosen, "min": 0, "max": cap, "question": vote["title"]}]
    else:
        answers = GRADES if style == "grades" else YES_NO
        questions = [{"answers": answers, "min": 0, "max": 1, "question": t} for t in chosen]
    rules = digest(vote["rules"])
    return compact(
        {
            "version": 1,
            "description": f"ballot/v1|{session}|{slot['id']}|{rules}|{calling or '-'}",
            "name": f"{vote['title']}（第{'一二三四五六七八九十'[vote['slots'].index(slot)]}轮）",
            "group": definition["group"],
            "public_key": public_key,
            "questions": questions,
            "uuid": slot["uuid"],
        }
    )
