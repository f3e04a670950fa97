"""Python and the client agree on whatever hypothesis thinks of (attacks A8, A9, E24)."""

import json
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto.encoding import b64url, dumps, loads, loads_compact, parse_code, unb64url
from ballot.crypto.group import GROUPS, Group
from ballot.crypto.signing import SigningKey
from ballot.polling import MemoryBox, cast
from ballot.registrar import Signer
from ballot.tally.admission import check_envelope
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.definition import decode_definition
from ballot.tally.envelope import pad
from ballot.tally.gate import build_gate, request_length
from ballot.tally.margin import check_margin
from ballot.tally.marks import LETTERS
from ballot.tally.session import Definition
from tests.elections import Stream, Trustees
from tests.gates import stream
from tests.js.client import Bridge
from tests.sessions import definition
from tests.slotkeys import SIGNERS
from tests.vectors.spellings import verdict

# Texts that JSON readers disagree about. No unassigned characters: the normal form of one that
# a later Unicode defines depends on the version of each program.
TOKENS = [
    *'{}[]:,"\\/ \t\n-+.eE0123456789abz_AZ', "\\u", "\\u00", "d83d", "de00", "\\ud83d\\ude00",
    "null", "true", "false", "NaN", "Infinity", '"a"', '"a":', '"b":1', '"__proto__":', "-0",
    "9007199254740991", "9007199254740992", "1e3", "1.0", "\ufeff", "\u200b", "\u202e", "e\u0301",
    "\u00e9", "\uf900", "中", "𠮷", "\x00", "\x1f", "\x7f", "\u2028", "//", "/**/", "'", "[[[[[[",
    "]]]]]]", '{"a":{"a":',
]  # fmt: skip
soup = st.lists(st.sampled_from(TOKENS), max_size=12).map(lambda parts: "".join(parts).encode())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(["", *TOKENS]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "a_1", "c", "zz"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def nearly(draw: st.DrawFn) -> bytes:
    """Canonical bytes with a few places cut, doubled or filled."""
    value = draw(values)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 2))
        text = text[:at] + draw(st.sampled_from(["", *TOKENS])) + text[at + cut :]
    return text.encode("utf-8", "surrogatepass")


documents = soup | nearly() | st.binary(max_size=12).map(lambda data: b'"' + data + b'"')


@given(st.lists(documents, min_size=20, max_size=20))
def test_both_readers_give_one_verdict(bridge: Bridge, batch: list[bytes]) -> None:
    # 20 documents an example: 20,000 in the thorough profile (attack A8).
    expected = [[verdict(loads, data), verdict(loads_compact, data)] for data in batch]
    assert bridge("documents", documents=[data.hex() for data in batch]) == expected


@given(
    st.lists(st.text(st.sampled_from("0Oo1IlLiU7K３Ｆ －-–.\u3000 甲\x1c\x85\ufeff"), max_size=16))
)
def test_codes_are_typed_alike(bridge: Bridge, texts: list[str]) -> None:
    assert bridge("codes", texts=texts) == [verdict(parse_code, text) for text in texts]


@cache
def trustees_of(group: Group) -> tuple[str, Any]:
    made = Trustees(group, Stream("agreement")).pedersen(3, 5)
    return made.encode().decode(), made.y


@cache
def credentials_of(group: Group) -> dict[str, int]:
    return {group.ser(group.power_g(s)): s for s in (3, 5, 7)}


@st.composite
def votes(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """A vote without its slots, and the group."""
    kind, style = draw(
        st.sampled_from(
            [
                ("selection", "three_way"),
                ("selection", "approve"),
                ("rating", "grades"),
                ("motion", "motion"),
            ]
        )
    )
    size = 1 if kind == "motion" else draw(st.integers(2, 5))
    raw = loads(definition(drawn=True).raw)["votes"][0]
    template, rules = raw["items"][0], raw["rules"] | {"style": style}
    rules["cap"] = draw(st.sampled_from(["seats", "none"]))
    if kind != "selection":
        rules["style"] = "three_way"
    if style == "grades":
        rules |= {
            "rate_denominator": "returned",
            "grade_denominator": "all",
            "half": "more_than_half",
            "weights": [100, 80, 0],
        }
    titles = draw(
        st.lists(
            st.text(st.sampled_from('民生实事𠮷é"\\/ab12'), min_size=1, max_size=6),
            min_size=size,
            max_size=size,
        )
    )
    seats = draw(st.integers(1, size - 1)) if kind == "selection" else 0
    vote = raw | {
        "kind": kind,
        "style": style,
        "title": draw(st.sampled_from(["票决", 'A "quoted" \\ title', "𠮷事项"])),
        "seats": seats,
        "rules": rules,
        "items": [
            template | {"id": f"i{i}", "title": f"{i}{title}"} for i, title in enumerate(titles)
        ],
    }
    return vote, draw(st.sampled_from(sorted(GROUPS)))


def define(vote: dict[str, Any], name: str) -> Definition:
    """A definition of three deputies with drawn codes around one vote."""
    value = loads(definition(drawn=True).raw)
    group = GROUPS[name]
    slips = sorted(credentials_of(group))
    slots = [slot | {"drawn": slips} for slot in value["votes"][0]["slots"][:2]]
    vote = vote | {"slots": slots}
    if vote["kind"] == "selection":
        rule = definition().votes[0].rules.margin
        # The smallest list around the places that the rules allow, with a waiver where needed.
        items, seats = vote["items"], vote["seats"]
        while check_margin(seats, len(items), rule).verdict == "refused":
            seats += 1
        waived = check_margin(seats, len(items), rule).verdict == "ok_with_waiver"
        vote |= {"seats": seats, "waiver": vote["waiver"] if waived else None}
    else:
        vote |= {"waiver": None}
    value |= {"votes": [vote], "group": name, "deputies": 3}
    for slot in vote["slots"]:
        slot["length"] = 1 << 20
    roomy = decode_definition(dumps(value))
    for slot in vote["slots"]:
        slot["length"] = request_length(roomy.group, roomy.votes[0], slot["id"], 0)
    return decode_definition(dumps(value))


@given(votes(), st.data())
def test_what_the_client_encrypts_python_accepts(
    bridge: Bridge, drawn: tuple[dict[str, Any], str], data: st.DataObject
) -> None:
    of = define(*drawn)
    trustees, y = trustees_of(of.group)
    vote = of.votes[0]
    called: dict[str, Any] | None = None
    slot = vote.slots[data.draw(st.integers(0, 1))].id
    ids = [item.id for item in vote.items]
    if slot == vote.slots[1].id:
        some = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
        seats = data.draw(st.integers(1, 3))
        called = {"items": some, "seats": seats, "calling": "ab" * 32}
    gate = build_gate(of, y, slot, **called) if called else build_gate(of, y, slot)
    letters = st.sampled_from(LETTERS[gate.style])
    marks = data.draw(st.lists(letters, min_size=gate.items, max_size=gate.items))
    limit = gate.cap if gate.cap is not None else gate.election.questions[0].high
    if gate.cap is not None or gate.style == "approve":
        for i in [i for i, mark in enumerate(marks) if mark == "Y"][limit:]:
            marks[i] = "A"
    credential, s = data.draw(st.sampled_from(sorted(credentials_of(of.group).items())))
    seed, nonce = (
        data.draw(st.binary(min_size=32, max_size=32)),
        data.draw(st.binary(min_size=64, max_size=64)),
    )
    made = bridge(
        "ballot",
        definition=of.raw.decode(),
        trustees=trustees,
        slot=slot,
        called=called,
        marks="".join(marks),
        token={"credential": credential, "secret": str(s), "token": []},
        seed=seed.hex(),
        nonce=nonce.hex(),
    )
    assert made["election"].encode() == gate.election.raw
    unsigned = encrypt(gate, "".join(marks), credential, seed)
    envelope = seal_envelope(gate, unsigned, s, (), lambda _: nonce)
    assert made["body"].encode() == pad(gate, envelope)
    assert check_envelope(gate, envelope).envelope.tracker.hex() == made["tracker"]


def blind_definition() -> Definition:
    """The test session with one slot whose secret keys are published."""
    value = loads(definition().raw)
    value["votes"][1]["slots"][0]["keys"] = [key.public.encode() for key in SIGNERS.values()]
    return decode_definition(dumps(value))


def test_a_token_drawn_by_the_client_is_signed_unblinded_and_cast(bridge: Bridge) -> None:
    of, slot = blind_definition(), "motion-1"
    trustees, y = trustees_of(of.group)
    text = of.raw.decode()
    signers = {name: Signer({slot: key}, stream(name.encode())) for name, key in SIGNERS.items()}
    for number in range(3):
        drawn = bridge("draw", definition=text, slots=[slot], name=f"tablet {number}")
        [request] = drawn["request"]["requests"]
        signatures = []
        for signer, blinded in zip(signers.values(), request["blinded"], strict=True):
            signer.open_check_in([slot])
            signer.check_in(f"{number}", "tablet")
            answer = signer.sign(f"{number}", slot, unb64url(blinded, 384))
            signatures.append(b64url(answer))
        answers = {"answers": [{"signatures": signatures, "slot": slot}]}
        [token] = bridge("finish", definition=text, pending=drawn["pending"], answers=answers)
        made = bridge(
            "ballot",
            definition=text,
            trustees=trustees,
            slot=slot,
            called=None,
            marks="Y",
            token=token,
            seed=bytes([number] * 32).hex(),
            nonce=None,
        )
        gate = build_gate(of, y, slot)
        box = MemoryBox()
        box.set_open(slot, True)
        receipt = cast(box, {slot: gate}, SigningKey(bytes(32)), made["body"].encode())
        assert receipt.tracker == made["tracker"]
