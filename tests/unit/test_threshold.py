"""The key ceremony: t of m open, fewer do not, and whoever cheats is named (A11-A13)."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from ballot.crypto import proofs, threshold
from ballot.crypto.elgamal import encrypt
from ballot.crypto.encoding import compact, loads_compact
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Group
from ballot.crypto.threshold import TrusteeSecret, lagrange, verify_trustees
from tests.elections import ED, FF, Stream

T, M = 2, 3
both_groups = pytest.mark.parametrize("group", [ED, FF], ids=lambda group: group.name)


@dataclass(frozen=True)
class Ceremony:
    """A ceremony with everything secret; ``document`` is the parsed ``trustees``."""

    secrets: list[TrusteeSecret]
    messages: list[dict[str, Any]]
    shares: list[int]
    document: Any

    def changed(self, change: Callable[[Any], None]) -> bytes:
        document = deepcopy(self.document)
        change(document[0][1])
        return compact(document)


@cache
def ceremony(group: Group, t: int = T, m: int = M) -> Ceremony:
    random = Stream(f"ceremony/{group.name}")
    secrets = [threshold.draw_secret(group, i, t, random) for i in range(1, m + 1)]
    certs = [threshold.certificate(group, secret, m, random) for secret in secrets]
    messages = [threshold.coefficient_message(group, secret, random) for secret in secrets]
    signatures = [
        threshold.sign_certificates(group, secret, certs, message, random)
        for secret, message in zip(secrets, messages, strict=True)
    ]
    shares = [
        threshold.combine_shares(
            group, j, [threshold.share_for(group, other, j) for other in secrets], messages
        )
        for j in range(1, m + 1)
    ]
    keys = [
        threshold.verification_key(group, secret, share, random)
        for secret, share in zip(secrets, shares, strict=True)
    ]
    data = threshold.encode_trustees(t, certs, messages, signatures, keys)
    return Ceremony(secrets, messages, shares, loads_compact(data))


def signed(group: Group, key: int, text: str) -> dict[str, Any]:
    """A signed message as an insider can always make it."""
    return {"message": text, "signature": proofs.sign_message(group, key, text, 4711).encode()}


def refusal(group: Group, data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        verify_trustees(group, data)
    return str(caught.value)


@both_groups
@pytest.mark.parametrize(("t", "m"), [(1, 1), (2, 3), (3, 3), (3, 5)])
def test_a_ceremony_verifies_and_any_t_trustees_decrypt(group: Group, t: int, m: int) -> None:
    made = ceremony(group, t, m)
    trustees = verify_trustees(group, compact(made.document))
    assert trustees.size == m
    assert (trustees.groups[0].threshold, trustees.groups[0].superset) == (t, True)
    assert trustees.y == group.power_g(sum(s.coefficients[0] for s in made.secrets))
    assert [trustees.key_of(j) for j in range(m + 2)] == [
        None, *(group.power_g(share) for share in made.shares), None,
    ]  # fmt: skip
    c = encrypt(group, trustees.y, 1, 99)

    def opened(owners: tuple[int, ...]) -> Any:
        factors = [
            group.power_public(group.power(c.alpha, made.shares[j - 1]), lagrange(group, owners, j))
            for j in owners
        ]
        return group.div(c.beta, group.product(factors))

    for owners in combinations(range(1, m + 1), t):
        assert opened(owners) == group.g
    for owners in combinations(range(1, m + 1), t - 1):
        assert opened(owners) != group.g


@both_groups
def test_a_wrong_share_is_refused_and_its_sender_named(group: Group) -> None:
    made = ceremony(group)
    for sender in range(M):
        shares = [threshold.share_for(group, secret, 2) for secret in made.secrets]
        shares[sender] = (shares[sender] + 1) % group.q
        with pytest.raises(Invalid, match=rf"^ceremony\.share: trustee {sender + 1} "):
            threshold.combine_shares(group, 2, shares, made.messages)
    meant_for_another = [threshold.share_for(group, secret, 1) for secret in made.secrets]
    with pytest.raises(Invalid, match=r"^ceremony\.share: trustee 1 "):
        threshold.combine_shares(group, 2, meant_for_another, made.messages)


@both_groups
def test_a_changed_certificate_is_refused(group: Group) -> None:
    def change(body: Any) -> None:
        text = body["certs"][1]["message"]
        body["certs"][1]["message"] = text.replace('"index":2', '"index":1')

    assert refusal(group, ceremony(group).changed(change)).startswith("proof.invalid")


@both_groups
@pytest.mark.parametrize(
    ("old", "new"),
    [('"index":2', '"index":3'), ('"size":3', '"size":4'), ('"threshold":2', '"threshold":1')],
)
def test_a_certificate_for_another_ceremony_is_refused_even_when_signed(
    group: Group, old: str, new: str
) -> None:
    made = ceremony(group)

    def change(body: Any) -> None:
        text = body["certs"][1]["message"].replace(old, new)
        assert text != body["certs"][1]["message"]
        body["certs"][1] = signed(group, made.secrets[1].signing, text)

    said = refusal(group, made.changed(change))
    assert said == "trustees.invalid: certificate 2 was made for another ceremony"


@both_groups
def test_swapped_indexes_are_refused(group: Group) -> None:
    made = ceremony(group)

    def everything(body: Any) -> None:
        for name in ("certs", "coefexps", "signatures", "verification_keys"):
            body[name][0], body[name][1] = body[name][1], body[name][0]

    def keys(body: Any) -> None:
        entries = body["verification_keys"]
        for name in ("pok", "public_key"):
            entries[0][name], entries[1][name] = entries[1][name], entries[0][name]
        for i in range(2):
            key = made.secrets[i].signing
            entries[i]["signature"] = signed(group, key, entries[i]["public_key"])["signature"]

    assert "another ceremony" in refusal(group, made.changed(everything))
    assert refusal(group, made.changed(keys)).endswith("verification key 1 does not follow")


@both_groups
def test_one_signing_key_under_two_indexes_is_refused(group: Group) -> None:
    made = ceremony(group)

    def change(body: Any) -> None:
        text = body["certs"][0]["message"].replace('"index":1', '"index":2')
        body["certs"][1] = signed(group, made.secrets[0].signing, text)

    said = refusal(group, made.changed(change))
    assert said == "trustees.invalid: one signing key under two indexes"


@both_groups
def test_a_copied_proof_of_knowledge_is_refused(group: Group) -> None:
    def change(body: Any) -> None:
        keys = body["verification_keys"]
        keys[1]["pok"] = keys[0]["pok"]

    assert "knowledge" in refusal(group, ceremony(group).changed(change))


@both_groups
def test_a_rogue_key_with_a_copied_proof_is_refused(group: Group) -> None:
    # K' = K · (Π K_i)^-1 would make the joint key K; nobody knows its exponent (A11).
    victim, attacker = group.power_g(5), group.power_g(6)
    honest = proofs.prove_knowledge(group, 5, 7).encode()
    rogue = group.ser(group.div(attacker, victim))
    entries = [
        ["Single", {"pok": honest, "public_key": group.ser(victim)}],
        ["Single", {"pok": honest, "public_key": rogue}],
    ]
    assert "knowledge" in refusal(group, compact(entries))
    assert verify_trustees(group, compact(entries[:1])).y == victim


@both_groups
def test_a_replaced_verification_key_is_refused_even_with_its_own_proof(group: Group) -> None:
    made = ceremony(group)

    def change(body: Any) -> None:
        random = Stream("replaced")
        body["verification_keys"][2] = threshold.verification_key(
            group, made.secrets[2], made.shares[2] + 1, random
        )

    assert refusal(group, made.changed(change)).endswith("verification key 3 does not follow")


@both_groups
def test_signatures_over_other_certificates_are_refused(group: Group) -> None:
    # Another certificate of the same trustee, well signed, put in after all had signed (A12).
    made = ceremony(group)

    def change(body: Any) -> None:
        secret = made.secrets[1]
        other = TrusteeSecret(2, secret.signing, secret.decryption + 1, secret.coefficients)
        body["certs"][1] = threshold.certificate(group, other, M, Stream("other"))

    assert refusal(group, made.changed(change)).startswith("proof.invalid")


@both_groups
def test_coefficients_changed_after_the_signatures_are_refused(group: Group) -> None:
    made = ceremony(group)

    def change(body: Any) -> None:
        secret = made.secrets[1]
        other = TrusteeSecret(2, secret.signing, secret.decryption, (1, 2))
        body["coefexps"][1] = threshold.coefficient_message(group, other, Stream("other"))

    assert refusal(group, made.changed(change)).startswith("proof.invalid")
    assert threshold.commitment(made.messages[1]) != threshold.commitment(made.messages[0])


@both_groups
def test_a_missing_signature_list_is_not_the_superset_form(group: Group) -> None:
    data = ceremony(group).changed(lambda body: body.pop("signatures"))
    assert not verify_trustees(group, data).groups[0].superset
    shorter = ceremony(group).changed(lambda body: body["signatures"].pop())
    assert refusal(group, shorter).startswith("proof.malformed")


@both_groups
def test_misshapen_documents_are_refused(group: Group) -> None:
    made = ceremony(group)
    changes: list[Callable[[Any], None]] = [
        lambda body: body.pop("certs"),
        lambda body: body.pop("verification_keys"),
        lambda body: body.update(extra=1),
        lambda body: body.update(threshold=0),
        lambda body: body.update(threshold=M + 1),
        lambda body: body.update(threshold=True),
        lambda body: body["coefexps"].pop(),
        lambda body: body["verification_keys"][0].update(extra=1),
        lambda body: body["verification_keys"][0].update(name=5),
        lambda body: body["certs"][0].update(message=5),
    ]
    for change in changes:
        assert refusal(group, made.changed(change)).startswith("trustees.malformed")
    values: list[Any] = [[], {}, [["Other", {}]], [["Single"]], [["Single", []]], None]
    for value in values:
        assert refusal(group, compact(value)).startswith("trustees.malformed")


@both_groups
def test_a_polynomial_of_another_degree_is_refused(group: Group) -> None:
    made = ceremony(group)

    def change(body: Any) -> None:
        secret = made.secrets[0]
        longer = TrusteeSecret(1, secret.signing, secret.decryption, (*secret.coefficients, 0))
        body["coefexps"][0] = threshold.coefficient_message(group, longer, Stream("longer"))

    said = refusal(group, made.changed(change))
    assert said == "trustees.malformed: a polynomial has another degree"


@both_groups
def test_a_message_opens_for_its_owner_only(group: Group) -> None:
    key, text = group.power_g(15), "第三名保管人的份额：12345"
    sealed = threshold.encrypt_message(group, key, text, Stream("message"))
    assert threshold.decrypt_message(group, 15, sealed) == text
    with pytest.raises(Invalid, match=r"^ceremony\.message"):
        threshold.decrypt_message(group, 16, sealed)
    flipped = f"{int(sealed['data'][:2], 16) ^ 1:02x}{sealed['data'][2:]}"
    for data in (flipped, sealed["data"][:-2], "", "zz"):
        with pytest.raises(Invalid, match=r"^ceremony\.message"):
            threshold.decrypt_message(group, 15, {**sealed, "data": data})
    again = threshold.encrypt_message(group, key, text, Stream("again"))
    assert again["data"] != sealed["data"]
