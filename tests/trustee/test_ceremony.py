"""The ceremony on a board: any order, any number of times, and every way to be cheated."""

from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ballot.crypto import threshold
from ballot.crypto.encoding import dumps, loads, loads_compact, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import Proof, drill_element, verify_decryption
from ballot.crypto.signing import sign
from ballot.crypto.threshold import draw_secret, lagrange, verify_trustees
from ballot.tally.events import Event, chain
from ballot.tally.lifecycle import advance
from ballot.tally.session import Definition
from ballot.trustee import drafts, messages
from ballot.trustee.ceremony import Progress, proceed, require_own
from ballot.trustee.documents import Place, digest_of, file_name, place_of, write
from ballot.trustee.drill import make_drill
from ballot.trustee.seed import expand, secret_of
from ballot.verify.keys import key_faults
from tests.elections import Stream
from tests.sessions import Session
from tests.trustee.parties import (
    MINUTE,
    Party,
    held,
    hold,
    key_of,
    look,
    parties,
    session,
    until,
)

FEW = session(2, 3)


def refusal(one: Party, board: dict[str, bytes]) -> str:
    """What that device says to that board: code, trustee and file."""
    with pytest.raises(Invalid) as caught:
        proceed(one.place, one.seed, board, one.seen, one.drill)
    return str(caught.value)


def changed(of: Definition, step: str, index: int, data: bytes, **changes: Any) -> bytes:
    """Another version of a document, signed by its trustee."""
    value = {**loads(data), **changes}
    value.pop("signature")
    name = of.trustees[index - 1]
    return dumps({**value, "signature": sign(key_of(name), value["kind"], value)})


# It comes to an end


@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(
    st.sampled_from([(1, 1), (2, 2), (2, 3), (4, 4)]),
    st.lists(st.integers(0, 3), max_size=12),
    st.permutations([0, 1, 2, 3]),
)
def test_any_order_of_looks_ends_with_the_same_keys(
    size: tuple[int, int], looks: list[int], order: list[int]
) -> None:
    of, board = session(*size), dict[str, bytes]()
    people = parties(of)
    for i in [i for i in [*looks, *order * 5] if i < len(people)]:
        look(people[i], board)
    assert sorted(board) == sorted(held(of))
    assert [name for name, data in board.items() if held(of)[name] != data] == []


@pytest.mark.parametrize(
    ("group", "t", "m"),
    [("Ed25519", 1, 1), ("Ed25519", 3, 5), ("BELENIOS-2048", 2, 3)],
)
def test_any_t_of_m_hold_the_joint_key(group: str, t: int, m: int) -> None:
    of = session(t, m, group)
    people, board = hold(of)
    done = [one.step(board) for one in people]
    assert len({one.trustees for one in done}) == 1
    keys = verify_trustees(of.group, done[0].trustees or b"")
    assert (keys.groups[0].threshold, keys.size, keys.groups[0].superset) == (t, m, True)
    shares = {i: one.share or 0 for i, one in enumerate(done, 1)}
    for some in ([*shares][:t], [*shares][m - t :]):
        x = sum(lagrange(of.group, some, i) * shares[i] for i in some)
        assert of.group.power_g(x) == keys.y
    assert list(key_faults(of, _chained(done[0]), keys)) == []


def _chained(progress: Progress) -> Event:
    assert progress.event
    return chain(None, progress.event, progress.event.signatures)


def test_the_lifecycle_accepts_what_the_ceremony_signs() -> None:
    people, board = hold(of := session(3, 5))
    told = Session(of).publish("defined").publish("adopted")
    event = people[0].step(board).event
    assert event
    assert event.minute == MINUTE
    state = advance(told.state, chain(told.events[-1], event, event.signatures))
    assert state.trustees == (people[4].step(board).trustees or b"").decode()


def test_the_minute_is_the_latest_that_a_drill_states() -> None:
    people, board = parties(FEW), dict[str, bytes]()
    for _ in range(4):
        for i, one in enumerate(people):
            progress = one.step(board)
            if progress.trustees and not one.drill:
                one.practise(progress, f"2025-01-16T01:0{(i * 2) % 5}Z")
    done = [one.step(board) for one in people][-1]
    assert done.event
    assert done.event.minute == "2025-01-16T01:04Z"


def test_a_step_repeated_writes_the_same_bytes() -> None:
    _, board = hold(FEW)
    for one in parties(FEW):
        for step in ("certificate", "coefficients", "key"):
            again = replace(one, seen={}).step(until(step, board))
            assert all(board[name] == data for name, data in again.documents.items())


def test_no_message_is_shown_before_every_commitment_is_there() -> None:
    board = until("certificate", held(FEW))
    for missing in range(1, 4):
        some = {n: d for n, d in board.items() if n != file_name("certificate", missing)}
        for one in parties(FEW):
            progress = one.step(dict(some))
            own = one.place.index == missing
            assert (progress.waiting, progress.missing) == (
                ("coefficients", tuple(t for t in FEW.trustees if t != one.place.id))
                if own
                else ("certificate", (FEW.trustees[missing - 1],))
            )
            assert (one.name("coefficients") in progress.documents) == own


@pytest.mark.parametrize("step", ["coefficients", "key", "drill", "ready"])
def test_whoever_is_missing_is_named(step: str) -> None:
    people, board = hold(FEW)
    board = until(step, board)
    del board[file_name(step, 2)]
    progress = people[0].step(board)
    assert (progress.waiting, progress.missing) == (step, (FEW.trustees[1],))


def test_nonces_differ_wherever_what_they_sign_differs() -> None:
    seed = bytes(32)
    blocks = {
        expand(seed, what, *about)(64)
        for what, about in [("a", ()), ("a", (b"",)), ("a", (b"x",)), ("b", (b"x",))]
    } | {expand(bytes(31) + b"\1", "a", b"x")(64)}
    assert len(blocks) == 5
    one, two = expand(seed, "a"), expand(seed, "a")
    assert [one(64), one(64)] == [two(64), two(64)]
    assert one(64) != two(64)[::-1]
    with pytest.raises(ValueError, match="64"):
        one(32)
    with pytest.raises(ValueError, match="32"):
        expand(b"short", "a")


# Attacks


def test_a_commitment_changed_after_a_reveal_ends_the_ceremony() -> None:  # A12
    people, board = parties(FEW), until("certificate", held(FEW))
    people[0].step(board)  # has shown its coefficients
    name = file_name("certificate", 2)
    board[name] = changed(FEW, "certificate", 2, board[name], commitment="0" * 64)
    said = refusal(people[0], board)
    assert said == (
        "ceremony.changed: scrutineer-2: 1-certificate-2.json: another document than before"
    )


def test_another_message_than_the_one_committed_to_is_refused() -> None:  # A12
    board = until("coefficients", held(FEW))
    name = file_name("coefficients", 3)
    of, group = FEW, FEW.group
    other = replace(
        secret_of(group, sha256(b"seed", b"scrutineer-3", of.session.encode()), of.session, 3, 2),
        coefficients=(7, 8),
    )
    message = threshold.coefficient_message(group, other, Stream("other"))
    certs = [
        loads_compact(loads(board[file_name("certificate", i)])["certificate"].encode())
        for i in (1, 2, 3)
    ]
    signed = threshold.sign_certificates(group, other, certs, message, Stream("other"))
    board[name] = changed(
        of, "coefficients", 3, board[name],
        coefficients=messages.text_of(message),
        certificates_signature=messages.text_of(signed),
    )  # fmt: skip
    assert refusal(parties(FEW)[0], board) == (
        "ceremony.commitment: scrutineer-3: 2-coefficients-3.json: "
        "not the message committed to before"
    )


def test_certificates_signed_with_others_are_refused() -> None:  # A12: `signatures`
    board = until("coefficients", held(FEW))
    name, group = file_name("coefficients", 3), FEW.group
    seed = sha256(b"seed", b"scrutineer-3", FEW.session.encode())
    secret = secret_of(group, seed, FEW.session, 3, 2)
    message = loads_compact(loads(board[name])["coefficients"].encode())
    signed = threshold.sign_certificates(group, secret, [{}], message, Stream("other"))
    text = messages.text_of(signed)
    board[name] = changed(FEW, "coefficients", 3, board[name], certificates_signature=text)
    assert refusal(parties(FEW)[0], board).startswith(
        "ceremony.document: scrutineer-3: 2-coefficients-3.json: proof.invalid"
    )


def test_a_key_copied_from_another_trustee_is_refused() -> None:  # A11
    board = until("certificate", held(FEW))
    mine, theirs = file_name("certificate", 2), file_name("certificate", 3)
    copied = loads(board[mine])["certificate"]
    board[theirs] = changed(FEW, "certificate", 3, board[theirs], certificate=copied)
    assert "another ceremony or place" in refusal(parties(FEW)[0], board)
    # With the right context, who copies a key cannot sign with it.
    signed = loads_compact(copied.encode())
    signed["message"] = signed["message"].replace('"index":2', '"index":3')
    text = messages.text_of(signed)
    board[theirs] = changed(FEW, "certificate", 3, board[theirs], certificate=text)
    assert "scrutineer-3: 1-certificate-3.json: proof.invalid" in refusal(parties(FEW)[0], board)


def test_one_key_under_two_indexes_is_refused() -> None:  # A11
    group, board = FEW.group, until("certificate", held(FEW))
    secret = secret_of(
        group, sha256(b"seed", b"scrutineer-2", FEW.session.encode()), FEW.session, 2, 2
    )
    own = threshold.certificate(group, replace(secret, index=3), 3, Stream("twice"))
    name = file_name("certificate", 3)
    text = messages.text_of(own)
    board[name] = changed(FEW, "certificate", 3, board[name], certificate=text)
    assert "the signing key of another trustee" in refusal(parties(FEW)[0], board)


def test_a_key_that_cancels_the_others_is_refused() -> None:  # A11: rogue key
    board, group = until("key", held(FEW)), FEW.group
    keys = [loads_compact(loads(board[file_name("key", i)])["key"].encode()) for i in (1, 2, 3)]
    rogue = group.ser(group.div(group.g, group.parse(keys[0]["public_key"])))
    name = file_name("key", 3)
    text = messages.text_of({**keys[2], "public_key": rogue})
    board[name] = changed(FEW, "key", 3, board[name], key=text)
    assert "scrutineer-3: 3-key-3.json: proof.invalid" in refusal(parties(FEW)[0], board)


def test_a_key_that_does_not_follow_is_refused() -> None:
    board, group = until("key", held(FEW)), FEW.group
    seed = sha256(b"seed", b"scrutineer-3", FEW.session.encode())
    secret = secret_of(group, seed, FEW.session, 3, 2)
    name = FEW.officer("scrutineer-3").name
    other = threshold.verification_key(group, secret, 12345, Stream("other"), name)
    file = file_name("key", 3)
    board[file] = changed(FEW, "key", 3, board[file], key=messages.text_of(other))
    assert refusal(parties(FEW)[0], board).startswith("ceremony.key: scrutineer-3: 3-key-3.json")


@pytest.mark.parametrize("what", ["other number", "for another", "not encrypted to me"])
def test_a_wrong_share_names_its_sender(what: str) -> None:
    board, group = until("coefficients", held(FEW)), FEW.group
    name = file_name("coefficients", 2)
    shares = list(loads(board[name])["shares"])
    one = parties(FEW)[0]
    secret = secret_of(group, one.seed, FEW.session, 1, 2)
    box = group.power_g(secret.decryption)
    text = messages.text_of({"secret": "5"})
    shares[0] = {
        "other number": messages.text_of(
            threshold.encrypt_message(group, box, text, Stream("wrong"))
        ),
        "for another": shares[2],
        "not encrypted to me": messages.text_of(
            threshold.encrypt_message(group, group.g, text, Stream("wrong"))
        ),
    }[what]
    board[name] = changed(FEW, "coefficients", 2, board[name], shares=shares)
    code = "ceremony.share" if what == "other number" else "ceremony.message"
    assert refusal(one, board).startswith(f"{code}: scrutineer-2: 2-coefficients-2.json")
    assert parties(FEW)[2].step(board).share  # whom it is not for cannot tell


def test_who_was_shown_other_documents_is_found_out() -> None:  # E21
    board = until("coefficients", held(FEW))
    name = file_name("coefficients", 2)
    board[name] = changed(FEW, "coefficients", 2, board[name], base="0" * 64)
    assert refusal(parties(FEW)[0], board).startswith("ceremony.base: scrutineer-2:")


def test_a_document_in_ones_own_name_is_refused() -> None:  # E21
    people, board = parties(FEW), until("certificate", held(FEW))
    stranger = Party(people[0].place, sha256(b"another device"))
    assert refusal(stranger, board) == (
        "ceremony.own: scrutineer-1: 1-certificate-1.json: not written by this device"
    )


def test_a_device_signs_no_keys_in_which_it_stands_with_others() -> None:  # E21
    people, board = hold(FEW)
    progress = people[0].step(board)
    share, trustees = progress.share or 0, progress.trustees or b""
    require_own(people[0].place, people[0].seed, share, trustees)
    secrets = [draw_secret(FEW.group, i, 2, Stream(f"server {i}")) for i in (1, 2, 3)]
    played = _trustees(secrets)
    for theirs, of, kept in [
        (played, people[0], share),
        (trustees, people[1], share),
        (trustees, people[0], share + 1),
        (trustees, replace(people[0], seed=bytes(32)), share),
        (b"[]", people[0], share),
        (b'[["Single",{}]]', people[0], share),
    ]:
        with pytest.raises(Invalid, match=r"ceremony\.not_mine"):
            require_own(of.place, of.seed, kept, theirs)


def _trustees(secrets: list[Any]) -> bytes:
    """A good transcript by one who plays everybody."""
    group, random = FEW.group, Stream("server")
    certs = [threshold.certificate(group, s, 3, random) for s in secrets]
    texts = [threshold.coefficient_message(group, s, random) for s in secrets]
    signed = [
        threshold.sign_certificates(group, s, certs, texts[i], random)
        for i, s in enumerate(secrets)
    ]
    shares = [sum(threshold.share_for(group, s, j) for s in secrets) for j in (1, 2, 3)]
    keys = [
        threshold.verification_key(group, s, shares[i] % group.q, random)
        for i, s in enumerate(secrets)
    ]
    made = threshold.encode_trustees(2, certs, texts, signed, keys)
    verify_trustees(group, made)
    return made


def test_a_drill_of_another_trustee_or_session_is_refused() -> None:  # E30
    people, board = hold(FEW)
    board = until("drill", board)
    name = file_name("drill", 2)
    theirs = loads(board[file_name("drill", 3)])
    fields = {n: theirs[n] for n in ("factor", "challenge", "response")}
    good = board[name]
    board[name] = changed(FEW, "drill", 2, good, **fields)
    fresh = Party(people[0].place, people[0].seed, {}, people[0].drill)
    assert refusal(fresh, board).startswith(
        "ceremony.document: scrutineer-2: 4-drill-2.json: proof.invalid"
    )
    other = session(2, 3, note="another")
    board[name] = held(other)[name]
    assert refusal(fresh, board).startswith("ceremony.session: scrutineer-2: 4-drill-2.json")


def test_one_who_signed_other_keys_is_named() -> None:
    people, board = hold(FEW)
    name = file_name("ready", 2)
    draft = drafts.decode(board[name])
    fresh = Party(people[0].place, people[0].seed, {}, people[0].drill)
    board[name] = drafts.encode(replace(draft, minute="2025-01-16T09:00Z"))
    assert refusal(fresh, board).startswith("ceremony.ready: scrutineer-2: 5-ready-2.json")
    board[name] = board[file_name("ready", 3)]
    assert refusal(fresh, board).startswith("ceremony.signature: scrutineer-2:")
    mine = replace(draft.signatures[0], signature=draft.signatures[0].signature[::-1])
    board[name] = drafts.encode(replace(draft, signatures=(mine,)))
    assert refusal(fresh, board).startswith("ceremony.signature: scrutineer-2:")


BAD: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda data: data[:-1],
    "spaces": lambda data: data + b"\n",
    "not JSON": lambda _: b"\x89PNG",
    "huge": lambda _: b'"' + b"a" * (1 << 20) + b'"',
    "list": lambda _: b"[]",
    "no digest": lambda data: dumps({**loads(data), "base": "0"}),
    "missing": lambda data: dumps({k: v for k, v in loads(data).items() if k != "base"}),
    "unknown": lambda data: dumps({**loads(data), "more": 1}),
    "number": lambda data: dumps({**loads(data), "base": 1}),
    "other index": lambda data: dumps({**loads(data), "index": 3}),
    "other signer": lambda data: dumps({**loads(data), "signer": "scrutineer-3"}),
    "other role": lambda data: dumps({**loads(data), "role": "scrutineer"}),
    "slot": lambda data: dumps({**loads(data), "slot": "projects-1"}),
    "few shares": lambda data: dumps({**loads(data), "shares": []}),
}


@pytest.mark.parametrize("what", BAD)
def test_a_document_of_the_wrong_form_is_named(what: str) -> None:
    board = until("coefficients", held(FEW))
    name = file_name("coefficients", 2)
    board[name] = BAD[what](board[name])
    said = refusal(parties(FEW)[0], board)
    assert said.startswith("ceremony.document: scrutineer-2: 2-coefficients-2.json")


def test_a_document_with_a_foreign_signature_is_refused() -> None:
    board = until("certificate", held(FEW))
    name = file_name("certificate", 2)
    board[name] = dumps({**loads(board[name]), "signature": "0" * 128})
    one = parties(FEW)[0]
    assert refusal(one, board).startswith("ceremony.signature: scrutineer-2:")
    board[name] = held(FEW)[name]
    one.step(board)  # what was refused is not remembered against its owner


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(st.sampled_from(["certificate", "coefficients", "key", "drill"]), st.data())
def test_any_other_text_in_a_signed_document_is_refused(step: str, data: Any) -> None:
    board, one = until(step, held(FEW)), parties(FEW)[0]
    name = file_name(step, 2)
    value = loads(board[name])
    field = data.draw(
        st.sampled_from(
            sorted(set(value) - {"index", "kind", "role", "session", "signature", "signer", "slot"})
        )
    )
    if field in ("minute", "commitment"):  # nothing to compare them with yet
        return
    texts = value[field] if field == "shares" else [value[field]]
    text = texts[0]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([c for c in '019abf"{' if c != text[at]]))
    texts = [text[:at] + other + text[at + 1 :], *texts[1:]]
    board[name] = changed(
        FEW, step, 2, board[name], **{field: texts if field == "shares" else texts[0]}
    )
    drill = board.get(file_name("drill", 1))
    with pytest.raises(Invalid) as caught:
        proceed(one.place, one.seed, board, {}, drill)
    assert caught.value.detail.startswith(("scrutineer-2: ", "scrutineer-"))


def test_a_place_belongs_to_a_trustee_with_the_key_that_the_definition_names() -> None:
    assert place_of(FEW, "scrutineer-2", key_of("scrutineer-2")).index == 2
    for name, key, code in [
        ("clerk", "clerk", "trustee.not_named"),
        ("scrutineer-2", "scrutineer-3", "trustee.other_key"),
    ]:
        with pytest.raises(Invalid) as caught:
            place_of(FEW, name, key_of(key))
        assert caught.value.code == code


def test_the_digest_of_a_step_depends_on_every_document_and_their_order() -> None:
    assert len({digest_of([]), digest_of([b"a", b"b"]), digest_of([b"b", b"a"])}) == 3
    place = Place(FEW, 1, key_of("scrutineer-1"))
    assert write(place, "key", {"base": "", "key": ""}) == write(
        place, "key", {"key": "", "base": ""}
    )


def test_no_drill_takes_a_ciphertext() -> None:  # E30
    taken = set(signature(make_drill).parameters)
    assert taken == {"place", "seed", "share", "trustees", "minute"}
    drill = loads(held(FEW)[file_name("drill", 1)])
    group = FEW.group
    key = verify_trustees(group, parties(FEW)[0].step(dict(held(FEW))).trustees or b"").key_of(1)
    alpha = drill_element(group, FEW.session, 1)
    proof = Proof(int(drill["challenge"]), int(drill["response"]))
    factor = group.parse(drill["factor"])
    # Nor is its proof one of a partial decryption.
    with pytest.raises(Invalid, match=r"proof\.invalid"):
        verify_decryption(group, FEW.session, key, alpha, factor, proof)


def test_a_signature_has_one_spelling() -> None:  # D4
    board = until("certificate", held(FEW))
    name = file_name("certificate", 2)
    value = loads(board[name])
    good = bytes.fromhex(value["signature"])
    s = int.from_bytes(good[32:], "little") + FEW.group.q
    for other in (good[:32] + s.to_bytes(32, "little"), bytes(32) + good[32:], b"\1" + bytes(63)):
        board[name] = dumps({**value, "signature": other.hex()})
        assert refusal(parties(FEW)[0], board).startswith("ceremony.signature: scrutineer-2:")
