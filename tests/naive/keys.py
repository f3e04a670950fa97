"""V4: the joint key is the trustees' (belenios-format.md §5.2, protocol §8)."""

import hashlib
from collections.abc import Callable
from typing import Any

from tests.naive.documents import compact, read_compact, sha
from tests.naive.groups import Group
from tests.naive.proofs import decryption_holds, schnorr_holds


def check_keys(
    group: Group,
    trustees: dict[str, Any],
    session: str,
    body: dict[str, Any],
    check: Callable[[bool, str], None],
) -> tuple[Any, list[Any]]:
    """Everything KeysReady states; returns y and the verification keys."""
    ((kind, entry),) = read_compact(body["trustees"].encode())
    m, t = len(trustees["members"]), trustees["threshold"]
    names = ["threshold", "certs", "coefexps", "signatures", "verification_keys"]
    check(kind == "Pedersen" and list(entry) == names, "not one Pedersen group, superset form")
    check(entry["threshold"] == t, "threshold")
    for name in names[1:]:
        check(len(entry[name]) == m, f"not {m} {name}")
    check(len(body["commitments"]) == m and len(body["drills"]) == m, "commitments, drills")
    signing, coefficients = [], []
    for i in range(m):
        cert, message = entry["certs"][i], entry["coefexps"][i]
        value = read_compact(cert["message"].encode())
        context = {"group": group.name, "size": m, "threshold": t, "index": i + 1}
        check(value["context"] == context, f"trustee {i + 1}: context")
        key = group.parse(value["verification"])
        group.parse(value["encryption"])
        signing.append(key)
        for what, signed in (("certificate", cert), ("coefficients", message)):
            prefix = f"sigmsg|{signed['message']}|"
            check(schnorr_holds(group, prefix, key, signed["signature"]), f"{i + 1}: {what}")
        texts = read_compact(message["message"].encode())["coefexps"]
        check(len(texts) == t, f"trustee {i + 1}: number of coefficients")
        coefficients.append([group.parse(text) for text in texts])
        both = {"certs": entry["certs"], "coefexps": texts}
        prefix = f"sigmsg|certs_sig|{compact(both).decode()}|"
        check(schnorr_holds(group, prefix, key, entry["signatures"][i]), f"{i + 1}: signatures")
        check(body["commitments"][i] == sha(compact(message)), f"{i + 1}: commitment")
    texts = [group.ser(key) for key in signing]
    check(len(set(texts)) == m, "a signing key twice")
    keys = []
    for j, item in enumerate(entry["verification_keys"], 1):
        members = ["pok", "public_key", "signature", "name"]
        named = len(item) == 3 or isinstance(item["name"], str)
        check(named and list(item) == members[: len(item)], f"trustee {j}: members of the key")
        text = item["public_key"]
        key = group.parse(text)
        keys.append(key)
        product = group.one
        for row in coefficients:
            for k, element in enumerate(row):
                product = group.mul(product, group.power(element, pow(j, k, group.q)))
        check(group.eq(product, key), f"trustee {j}: not the key of the coefficients")
        pok = f"pok|{group.name}|{text}|"
        check(schnorr_holds(group, pok, key, item["pok"]), f"trustee {j}: proof of knowledge")
        signed = schnorr_holds(group, f"sigmsg|{text}|", signing[j - 1], item["signature"])
        check(signed, f"trustee {j}: signature of the key")
        drill = body["drills"][j - 1]
        block = b"ballot/v1/drill\0" + bytes.fromhex(session) + j.to_bytes(4, "big")
        d = int.from_bytes(hashlib.sha512(block).digest(), "big") % group.q
        proof = {"challenge": drill["challenge"], "response": drill["response"]}
        alpha, factor = group.power(group.g, d), group.parse(drill["factor"])
        # As sessions are played: "drill" stands in the place of "decrypt", not before φ.
        prefix = f"drill|{session}|{text}|"
        holds = decryption_holds(group, prefix, key, alpha, factor, proof)
        check(holds, f"trustee {j}: drill")
    y = group.one
    for row in coefficients:
        y = group.mul(y, row[0])
    return y, keys
