"""A small record for the pages, made by hand from the sample data: real numbers, digests and
codes; keys and signatures are placeholders, which a page neither reads nor checks.
"""

import asyncio
import hashlib
import zipfile
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from ballot.crypto import encoding
from ballot.tally.count import Counts, count
from ballot.tally.grades import GradeCounts, rate
from ballot.tally.rules import DEFAULTS, Rules
from ballot.tally.turnout import Turnout

Document = dict[str, Any]


class Client:
    """Requests to an application without a network; an error inside it is a response."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET, with these headers."""
        return self.request("GET", path, **headers)

    def request(self, method: str, path: str, **headers: str) -> httpx.Response:
        """One request to this computer."""
        return asyncio.run(self._request(method, path, headers))

    def post(self, path: str, **form: str) -> httpx.Response:
        """A form sent from one of our own pages."""
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin",
        }
        return asyncio.run(self._request("POST", path, headers, urlencode(form).encode()))

    async def _request(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None = None
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        base = "http://127.0.0.1:8000"
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, base + path, headers=headers, content=content)


SLOT = "v1-1"


def sample() -> Document:
    """The sample session 青禾镇 (invented)."""
    data = resources.files("ballot.data").joinpath("qinghe_town.json").read_bytes()
    value: Document = encoding.parse_json(data)
    return value


def fake(name: str) -> bytes:
    """32 bytes for a place that holds a digest or a key."""
    return hashlib.sha256(name.encode()).digest()


def officers(data: Document) -> list[Document]:
    """The named officials; the presiding officer is a member of the presidium."""
    people = data["officers"]
    found = [("clerk", people["clerk"]), ("chief", people["chief_scrutineer"])]
    found += [(f"s{i}", p) for i, p in enumerate(people["scrutineers"], 1)]
    found += [(f"t{i}", p) for i, p in enumerate(people["tellers"], 1)]
    found += [(f"p{i}", p) for i, p in enumerate(people["presidium"], 1)]
    words = {"c": "clerk", "s": "scrutineer", "t": "teller", "p": "presidium"}
    return [
        {
            "id": id_,
            "name": person["name"],
            "roles": ["chief_scrutineer"]
            if id_ == "chief"
            else ["presiding_officer", "presidium"]
            if id_ == "p1"
            else [words[id_[0]]],
            "public_key": fake(id_).hex(),
        }
        for id_, person in found
    ]


def definition(data: Document) -> Document:
    """The definition of one selection vote with two slots."""
    return {
        "kind": "definition",
        "version": 1,
        "congress": "青禾镇人民代表大会",
        "assembly": data["assembly"]["name"],
        "government": "镇人民政府",
        "title": "2025年度民生实事项目票决",
        "year": data["year"],
        "date": data["session_date"],
        "practice": False,
        "note": data["_note"],
        "group": "Ed25519",
        "deputies": data["deputies_all"],
        "roll_digest": fake("roll").hex(),
        "officers": officers(data),
        "presidium_quorum": data["officers"]["presidium_quorum"],
        "signers": ["clerk", "chief"],
        "trustees": {"members": [f"s{i}" for i in range(1, 6)], "threshold": 3},
        "box_key": fake("box").hex(),
        "min_ballots": 10,
        "min_paper": 5,
        "token_kind": "blind",
        "votes": [
            {
                "id": "v1",
                "title": "2025年度民生实事项目票决",
                "kind": "selection",
                "style": "three_way",
                "seats": data["seats"],
                "items": [item(c["id"].lower(), c["name"]) for c in data["candidates"]],
                "rules": data["rules"],
                "approvals": data["approvals"],
                "waiver": None,
                "channels": ["tablet", "paper"],
                "slots": [slot(SLOT), slot("v1-2")],
            }
        ],
    }


def item(id_: str, title: str) -> Document:
    """An item of which only the name matters here."""
    texts = dict.fromkeys("content unit location funding completion category".split(), "")
    return {"id": id_, "title": title, "investment": None, **texts}


def slot(id_: str) -> Document:
    """A slot without keys."""
    return {"id": id_, "uuid": "1" * 22, "length": 10_000, "keys": [], "drawn": []}


def certificate(
    meeting: Document,
    channels: list[Document],
    totals: list[list[int]],
    *,
    vote: int = 0,
    slot_id: str = SLOT,
    round_kind: str = "first",
    items: list[str] | None = None,
    seats: int | None = None,
    elected_before: tuple[str, ...] = (),
    present: int = 79,
    void_reasons: Document | None = None,
) -> Document:
    """The certificate of a round with these counts; the outcome is what ballot.tally counts."""
    asked = meeting["votes"][vote]
    rules = Rules.decode(asked["rules"], grades=asked["style"] == "grades")
    items = items or [entry["id"] for entry in asked["items"]]
    seats = asked["seats"] if seats is None else seats
    total = {k: sum(c[k] for c in channels) for k in ("issued", "returned", "valid")}
    heads = {"deputies_all": meeting["deputies"], "present": present, **total}
    outcome: Any
    if asked["style"] == "grades":
        rows = [GradeCounts(**dict(zip(_GRADES, row, strict=True))) for row in totals]
        outcome = rate(rules, Turnout(**heads), rows)
    else:
        full = len(totals[0]) == 3
        outcome = count(
            rules,
            "motion"
            if asked["kind"] == "motion"
            else "runoff"
            if round_kind == "run_off"
            else "choose",
            Counts(
                **heads,
                seats=seats or 1,
                candidates=len(items),
                yes=tuple(row[0] for row in totals),
                no=tuple(row[1] for row in totals) if full else None,
                abstain=tuple(row[2] for row in totals) if full else None,
            ),
        )
    elected = [items[i] for i in getattr(outcome, "elected", ())]
    tablet = any(channel["name"] == "tablet" for channel in channels)
    return {
        "kind": "certificate",
        "version": 1,
        "session": encoding.digest(meeting),
        "slot": slot_id,
        "round_kind": round_kind,
        "replaces": None,
        "calling": None,
        "fingerprint": encoding.b64(fake("fingerprint")) if tablet else None,
        "rule_digest": encoding.digest(asked["rules"]),
        "attendance": fake("attendance").hex(),
        "deputies": meeting["deputies"],
        "present": present,
        "channels": channels,
        "void_reasons": void_reasons or {"over_vote": 0, "unreadable": 0, "void_by_deputy": 0},
        "unused_slips": 0,
        "sealed": {"size": channels[0]["returned"], "root": fake("root").hex()} if tablet else None,
        "archive": fake("archive").hex() if tablet else None,
        "log": fake("log").hex(),
        "overrides": [],
        "items": items,
        "seats": seats,
        "totals": totals,
        "outcome": outcome.encode(),
        "paper": None,
        "elected": [*elected_before, *elected],
        "minute": "2025-01-16T02:42Z",
    }


_GRADES = ("satisfied", "basic", "unsatisfied", "unknown", "abstain")


def signed(document: Document) -> Document:
    """certificate.json, signed by as many as must sign."""
    people = [("chief", "chief_scrutineer")]
    people += [(f"p{i}", "presidium") for i in range(1, 6)]
    people += [("s1", "scrutineer"), ("s2", "scrutineer"), ("t1", "teller"), ("t2", "teller")]
    return {
        "certificate": document,
        "signatures": [
            {"role": role, "signer": signer, "signature": "00" * 64}
            for signer, role in sorted(people, key=lambda pair: (pair[1], pair[0]))
        ],
    }


class Chain:
    """Events one after the other, each with the digest of the one before."""

    def __init__(self, meeting: Document) -> None:
        self.session, self.lines = encoding.digest(meeting), list[bytes]()

    def add(self, kind: str, body: Document, slot_id: str | None = None) -> None:
        """Append one event."""
        previous = encoding.sha256(self.lines[-1]).hex() if self.lines else None
        event: Document = {
            "number": len(self.lines) + 1,
            "previous": previous,
            "kind": kind,
            "session": self.session,
            "slot": slot_id,
            "minute": "2025-01-16T02:50Z",
            "body": body,
            "signatures": [],
        }
        self.lines.append(encoding.dumps(event))


def qinghe(data: Document | None = None) -> tuple[Document, Document]:
    """(definition, certificate) of the sample session with its expected counts."""
    data = data or sample()
    meeting, expected = definition(data), data["expected"]
    channels = [
        {
            "name": c["name"],
            "issued": c["issued"],
            "returned": c["returned"],
            "valid": c["valid"],
            "void": c["invalid"],
        }
        for c in expected["channels"]
    ]
    totals = [
        list(row) for row in zip(expected["yes"], expected["no"], expected["abstain"], strict=True)
    ]
    reasons = expected["invalid_by_reason"]
    return meeting, certificate(meeting, channels, totals, void_reasons=reasons)


def tablet(issued: int, returned: int | None = None, void: int = 0) -> Document:
    """A channel of tablets."""
    back = issued if returned is None else returned
    return {
        "name": "tablet",
        "issued": issued,
        "returned": back,
        "valid": back - void,
        "void": void,
    }


def rating_meeting() -> tuple[Document, Document]:
    """(definition, certificate) of a satisfaction rating of three projects."""
    meeting = definition(sample())
    rules = {**DEFAULTS, **meeting["votes"][0]["rules"]}
    vote = deepcopy(meeting["votes"][0]) | {
        "id": "v2",
        "title": "2024年度民生实事项目满意度测评",
        "kind": "rating",
        "style": "grades",
        "seats": 0,
        "rules": rules,
        "items": [
            item("s01", "通村道路硬化工程"),
            item("s05", "集镇农贸市场改造"),
            item("s06", "村级文化礼堂修缮"),
        ],
        "slots": [slot("v2-1")],
    }
    meeting["votes"] = [vote]
    totals = [[71, 6, 1, 0, 1], [38, 24, 15, 0, 2], [20, 18, 30, 8, 3]]
    return meeting, certificate(meeting, [tablet(79)], totals, slot_id="v2-1")


def motion_meeting() -> tuple[Document, Document]:
    """(definition, certificate) of a motion that fails by one vote."""
    meeting = definition(sample())
    meeting["votes"] = [
        meeting["votes"][0]
        | {
            "id": "v3",
            "title": "关于修改票决办法的议案",
            "kind": "motion",
            "style": "motion",
            "seats": 0,
            "items": [item("m01", "关于修改票决办法的议案")],
            "slots": [slot("v3-1")],
        }
    ]
    return meeting, certificate(meeting, [tablet(79)], [[43, 30, 6]], slot_id="v3-1")


def events_of(meeting: Document, certificates: list[Document]) -> Chain:
    """The events a page reads: the certificates, then the publication."""
    chain = Chain(meeting)
    chain.add("defined", {})
    for document in certificates:
        chain.add("certified", {"certificate": encoding.digest(document)}, document["slot"])
    return chain


def write(path: Path, meeting: Document, certificates: list[Document], chain: Chain) -> Path:
    """``record.zip`` with the documents that a page reads."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("definition.json", encoding.dumps(meeting))
        archive.writestr("events.jsonl", b"".join(line + b"\n" for line in chain.lines))
        for document in certificates:
            name = f"rounds/{document['slot']}/certificate.json"
            archive.writestr(name, encoding.dumps(signed(document)))
    return path


def write_published(path: Path, meeting: Document, *certificates: Document) -> Path:
    """A record that the presidium has published."""
    chain = events_of(meeting, list(certificates))
    chain.add("published", {"log": fake("log").hex()})
    return write(path, meeting, list(certificates), chain)
