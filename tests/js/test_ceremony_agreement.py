"""Browsers and command lines in one ceremony, byte for byte; the same key files in both."""

import hashlib
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ballot.crypto.encoding import dumps, loads, parse_json
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock, unlock
from ballot.crypto.signing import sign
from ballot.trustee.ceremony import proceed
from ballot.trustee.documents import file_name
from ballot.trustee.drill import make_drill
from tests.elections import Stream
from tests.js.client import ROOT, Bridge
from tests.trustee.parties import MINUTE, Party, held, key_of, look, parties, session, until

VECTORS = parse_json((ROOT / "tests/vectors/keyfile.json").read_bytes())["files"]
FEW = session(2, 3)


def looked(bridge: Bridge, one: Party, board: dict[str, bytes]) -> Any:
    """The browser's :func:`look`."""

    def step() -> Any:
        files = {name: data.decode("utf-8", "surrogatepass") for name, data in board.items()}
        progress = bridge(
            "ceremony",
            definition=one.place.definition.raw.decode(),
            id=one.place.id,
            key=one.place.key.seed.hex(),
            seed=one.seed.hex(),
            files=files,
            seen=dict(one.seen),
            drill=one.drill and one.drill.decode(),
        )
        one.seen = progress["seen"]
        board.update({name: text.encode() for name, text in progress["documents"].items()})
        return progress

    progress = step()
    if progress["trustees"] is not None and one.drill is None:
        made = bridge(
            "drill",
            definition=one.place.definition.raw.decode(),
            id=one.place.id,
            key=one.place.key.seed.hex(),
            seed=one.seed.hex(),
            share=progress["share"],
            trustees=progress["trustees"],
            minute=MINUTE,
        )
        one.drill = made.encode()
        progress = step()
    return progress


@pytest.mark.parametrize(("size", "group"), [(2, "Ed25519"), (1, "BELENIOS-2048")])
def test_a_ceremony_of_browsers_alone_gives_pythons_bytes(
    bridge: Bridge, size: int, group: str
) -> None:
    of, board = session(size, size, group), dict[str, bytes]()
    people = parties(of)
    for _ in range(4):
        done = [looked(bridge, one, board) for one in people]
    assert board == held(of)
    assert all(progress["event"] for progress in done)


@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(st.lists(st.booleans(), min_size=15, max_size=15), st.permutations([0, 1, 2]))
def test_any_mix_of_browsers_and_command_lines_agrees(
    bridge: Bridge, browsers: list[bool], order: list[int]
) -> None:
    people, board = parties(FEW), dict[str, bytes]()
    for i, browser in zip(order * 5, browsers, strict=True):
        if browser:
            looked(bridge, people[i], board)
        else:
            look(people[i], board)
    assert board == held(FEW)


@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(st.sampled_from(["certificate", "coefficients", "key", "drill", "ready"]), st.data())
def test_what_python_refuses_the_browser_refuses_alike(
    bridge: Bridge, step: str, data: st.DataObject
) -> None:
    board = until(step, held(FEW))
    name = file_name(step, 2)
    text = board[name].decode()
    if data.draw(st.booleans()) and step != "ready":
        value = loads(board[name])
        field = data.draw(st.sampled_from(sorted(set(value) - {"signature", "kind"})))
        other: Any = data.draw(st.sampled_from([None, 1, "", "0" * 64, [], "scrutineer-3"]))
        value[field] = other
        del value["signature"]
        kind = f"ceremony_{step}"
        signed = sign(key_of("scrutineer-2"), kind, value)
        board[name] = dumps({**value, "signature": signed})
    else:
        at = data.draw(st.integers(0, len(text) - 1))
        board[name] = (text[:at] + data.draw(st.sampled_from(["", "0", "a", '"', "}"]))).encode()
        board[name] += text[at + 1 :].encode()
    one = parties(FEW)[0]
    drill = board.get(file_name("drill", 1))
    one.drill = drill

    def said(run: Any) -> str:
        try:
            run()
        except Invalid as error:
            return f"{error.code} {error.detail.split(': ')[0]}"
        return "accepted"

    python = said(lambda: proceed(one.place, one.seed, board, {}, drill))
    assert said(lambda: looked(bridge, one, board)) == python


def test_a_browser_makes_no_drill_with_another_share(bridge: Bridge) -> None:
    one = parties(FEW)[0]
    progress = one.step(until("key", held(FEW)))
    trustees, share = progress.trustees or b"", progress.share or 0
    assert make_drill(one.place, one.seed, share, trustees, MINUTE) == held(FEW)[one.name("drill")]
    for other in (share + 1, 0, FEW.group.q + share):
        with pytest.raises(Invalid, match=r"drill\.share"):
            bridge(
                "drill",
                definition=FEW.raw.decode(),
                id=one.place.id,
                key=one.place.key.seed.hex(),
                seed=one.seed.hex(),
                share=str(other),
                trustees=trustees.decode(),
                minute=MINUTE,
            )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["purpose"]))
def test_the_browser_opens_the_key_files_of_the_vectors(
    bridge: Bridge, vector: dict[str, Any]
) -> None:
    given = {name: vector[name] for name in ("file", "passphrase", "purpose", "session")}
    assert bridge("unlock", **given) == vector["secret"]
    for change, code in [
        ({"passphrase": "wrong"}, "key.passphrase"),
        ({"purpose": "box"}, "key.purpose"),
        ({"session": "0" * 64}, "key.session"),
        ({"file": vector["file"][:-1]}, "key.damaged"),
        ({"file": vector["file"].replace('"p":1', '"p":2')}, "key.damaged"),
    ]:
        with pytest.raises(Invalid) as caught:
            bridge("unlock", **{**given, **change})
        assert caught.value.code == code


def test_python_opens_what_the_browser_locks(bridge: Bridge) -> None:
    header = {"purpose": "trustee", "owner": "scrutineer-1", "public": "p", "session": "0" * 64}
    secret = hashlib.sha256(b"secret").digest()
    text = bridge("lock", header=header, secret=secret.hex(), passphrase="口令一二三四", name="x")
    found = unlock(text.encode(), "口令一二三四", purpose="trustee", session="0" * 64)
    assert found == (KeyHeader(**header), secret)
    with pytest.raises(Invalid, match=r"key\.passphrase"):
        bridge("lock", header=header, secret="00", passphrase="", name="x")


def test_a_browsers_jobs_lead_from_the_key_to_the_drill(bridge: Bridge) -> None:
    # One trustee of one, whose signing key Python made.
    of, one = session(1, 1), parties(session(1, 1))[0]
    header = KeyHeader("official", one.place.id, one.place.key.public, None)
    official = lock(header, one.place.key.seed, "口令一二三四", Stream("official")).decode()
    given = {
        "definition": of.raw.decode(), "official": official, "passphrase": "口令一二三四",
    }  # fmt: skip

    def job(name: str, **more: Any) -> Any:
        return bridge("trustee_job", job=name, name=name, **given, **more)

    seed = job("seed")
    _, drawn = unlock(seed.encode(), "口令一二三四", purpose="trustee", session=of.session)
    empty: Any = {"files": {}, "seen": {}, "drill": None, "share": None}
    first = job("step", seed=seed, **empty)
    assert (first["waiting"], first["missing"]) == ("drill", ["scrutineer-1"])
    copy, more = f"{official}\r\n{first['share']}\n", {"trustees": first["trustees"]}
    drill = job("drill", seed=seed, copy=copy, minute=MINUTE, **more)
    python = Party(one.place, drawn, {}, drill.encode())
    board = {name: text.encode() for name, text in first["documents"].items()}
    done = python.step(board)
    assert done.event
    assert done.trustees == first["trustees"].encode()
    # A camera may see the sheet's second code first.
    turned = f"{first['share']}\n{official}"
    assert job("drill", seed=seed, copy=turned, minute=MINUTE, **more) == drill
    for wrong, code in [
        (official, "drill.incomplete"),
        (f"{official}\n{official}", "key.purpose"),
        (f"{first['share']}\n{seed}", "key.purpose"),
        (f"{seed}\n{official}", "drill.share"),
    ]:
        with pytest.raises(Invalid) as caught:
            job("drill", seed=seed, copy=wrong, minute=MINUTE, **more)
        assert caught.value.code == code
