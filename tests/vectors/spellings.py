"""Vectors of bytes: JSON, codes, base64, signatures, slot keys, slips."""

import hashlib
from collections.abc import Callable
from typing import Any

import gmpy2
from nacl import bindings as sodium

from ballot.crypto import credentials, encoding, signing
from ballot.crypto.errors import Invalid
from ballot.crypto.group import GROUPS, Ed25519
from ballot.crypto.signing import SigningKey, signed_bytes
from ballot.crypto.slotkey import PublicKey
from tests.gates import stream
from tests.slotkeys import CLERK
from tests.unit.test_encoding import MALFORMED, NOT_CANONICAL, TEXTS

GOOD = {
    "an empty object": b"{}",
    "every kind of value": '{"a":[null,true,false,0,-1,"民生"],"b":{"c":""}}'.encode(),
    "escapes": b'"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/\x7f"',
    "beyond the basic plane": '"𠮷😀"'.encode(),
    "the largest integer": b"9007199254740991",
    "the smallest integer": b"-9007199254740991",
    "sixteen levels": b"[" * 16 + b"]" * 16,
    "brackets in a string": b'["]]}{[[\\"[["]',
    "any order in Belenios documents": b'{"b":1,"a":2}',
    "names like numbers": b'{"b":1,"1":2,"0":3}',
    "a name of the engine": b'{"__proto__":1}',
    "an escaped pair of surrogates": b'"\\ud83d\\ude00"',
    "a high surrogate before a letter": b'"\\ud83d\\u0041"',
    "a high surrogate before raw text": '"\\ud83d中"'.encode(),
    "a lone surrogate as a name": b'{"\\udc00":1}',
    "half an escape": b'"\\u00"',
    "an unknown escape": b'"\\x41"',
    "a bare word": b"undefined",
    "a number in words": b"Infinity",
    "a plus": b"+1",
    "a leading zero": b"01",
    "a dot": b"1.",
    "one and nothing": b"1e",
    "an open list": b"[1",
    "no comma": b"[1 2]",
    "two commas": b"[1,,2]",
    "a name without quotes": b"{a:1}",
    "no colon": b'{"a"1}',
    "a name of 64": b'{"' + b"a" * 64 + b'":1}',
    "a name of 65": b'{"' + b"a" * 65 + b'":1}',
    "wide space": '["　"]'.encode(),
    "no break space outside": "\u00a01".encode(),
    "form feed outside": b"\x0c1",
    "the same name, escaped": b'{"a":1,"\\u0061":2}',
    "below the surrogates": '"\ud7ff"'.encode(),
    "private use": '"\ue000"'.encode(),
    "not a character": '"\uffff"'.encode(),
}


def verdict(read: Callable[..., Any], *arguments: Any) -> str:
    """``ok`` or the code of the refusal."""
    try:
        read(*arguments)
    except Invalid as error:
        return error.code
    return "ok"


def encoding_vectors() -> dict[str, Any]:
    """Documents with the verdict of both readers; texts, codes and base64."""
    cases = GOOD | MALFORMED | NOT_CANONICAL
    cases |= {f"text: {name}": _escaped(text) for name, text in TEXTS.items()}
    documents = [
        {
            "comment": name,
            "bytes": data.hex(),
            "canonical": verdict(encoding.loads, data),
            "compact": verdict(encoding.loads_compact, data),
        }
        for name, data in cases.items()
        if len(data) < 1000
    ]
    typed = [
        "7K3F-9QXM-2T8B", "7k3f9qxm2t8b", "７Ｋ３Ｆ－９ＱＸＭ－２Ｔ８Ｂ", " 7K3F – 9QXM — 2T8B ",
        "oOiIlL000000", "7K3F.9QXM_2T8B", "7K3F\u30009QXM\u20282T8B", "\x1c7K3F9QXM2T8B\x85",
        "\ufeff7K3F9QXM2T8B", "", "7K3F-9QXM", "7K3F-9QXM-2T8B5", "7K3F-9QXM-2T8U",
        "ſK3F-9QXM-2T8B", "ıK3F-9QXM-2T8B", "ßK3F-9QXM-2T8", "7K3F-9QXM-2T8甲", "𝟕K3F9QXM2T8B",
    ]  # fmt: skip
    base64 = [
        [text, size]
        for text in ("", "AA", "AB", "//8", "__8", "//9", "/+8=", "AAAA", "AAAAA", " AA", "é")
        for size in (0, 1, 2, 3)
    ]
    return {
        "documents": documents,
        "typed": [{"text": t, **_answer(encoding.parse_code, t)} for t in typed],
        "codes": [
            {"digest": data.hex(), "code": encoding.code(data)}
            for data in (bytes(32), b"\xff" * 32, bytes(range(32)), encoding.sha256(b"x"))
        ],
        "base64": [
            {
                "text": text,
                "size": size,
                "standard": verdict(encoding.unb64, text, size),
                "url": verdict(encoding.unb64url, text, size),
            }
            for text, size in base64
        ],
    }


def _answer(read: Callable[[str], str], text: str) -> dict[str, str]:
    code = verdict(read, text)
    return {"verdict": code} | ({"printed": read(text)} if code == "ok" else {})


def _escaped(text: str) -> bytes:
    data = text.encode("utf-16-be", "surrogatepass")
    units = (int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    return ('"' + "".join(f"\\u{unit:04x}" for unit in units) + '"').encode()


# The eight points of small order in their canonical encodings, and encodings with y ≥ p.
_ORDER_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
_ORDER_8_TOO = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
SMALL = [
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "00" * 32,
    "00" * 31 + "80",
    _ORDER_8,
    _ORDER_8[:-1] + "5",
    _ORDER_8[:-2] + "85",
    _ORDER_8_TOO,
    _ORDER_8_TOO[:-2] + "fa",
]
NON_CANONICAL = [
    "01" + "00" * 30 + "80",
    "ec" + "ff" * 31,
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "ed" + "ff" * 31,
    "ff" * 32,
]


def signature_vectors() -> dict[str, Any]:
    """Good signatures, and what implementations disagree about (attack D4)."""
    key = SigningKey(bytes(range(32)))
    document = {"kind": "receipt", "session": "5e" * 32, "slot": "projects-1", "tracker": "00" * 32}
    good = signing.sign(key, "receipt", document)
    r, s = good[:64], int.from_bytes(bytes.fromhex(good[64:]), "little")
    mixed = [
        sodium.crypto_core_ed25519_add(bytes.fromhex(key.public), bytes.fromhex(point)).hex()
        for point in SMALL[1:6]
        if sodium_takes(point)
    ]
    cases = [
        ("a good signature", key.public, "receipt", good),
        ("another kind", key.public, "certificate", good),
        ("a capital digit", key.public, "receipt", good.upper()),
        ("a byte less", key.public, "receipt", good[:-2]),
        ("a capital digit in the key", key.public.upper(), "receipt", good),
        ("S + L", key.public, "receipt", r + (s + Ed25519.q).to_bytes(32, "little").hex()),
        ("S = L", key.public, "receipt", r + Ed25519.q.to_bytes(32, "little").hex()),
        ("another S", key.public, "receipt", r + (s ^ 1).to_bytes(32, "little").hex()),
    ]
    cases += [(f"key {p}", p, "receipt", good) for p in SMALL + NON_CANONICAL + mixed]
    # R = the point, S = 0, under the identity: valid for who checks no key.
    cases += [(f"identity key, R {p}", SMALL[0], "receipt", p + "00" * 32) for p in SMALL]
    cases += [(f"R {p}", key.public, "receipt", p + good[64:]) for p in SMALL + NON_CANONICAL]
    cases += [("torsion in R, made for it", key.public, "receipt", _with_torsion(key, document))]
    return {
        "seed": key.seed.hex(),
        "public": key.public,
        "document": document,
        "cases": [
            {
                "comment": comment,
                "public": public,
                "kind": kind,
                "signature": signature,
                "verdict": verdict(signing.verify, public, kind, document, signature),
            }
            for comment, public, kind, signature in cases
        ],
    }


def sodium_takes(point: str) -> bool:
    """Whether libsodium can add this point at all."""
    try:
        sodium.crypto_core_ed25519_add(Ed25519.g, bytes.fromhex(point))
    except RuntimeError:
        return False
    return True


def _with_torsion(key: SigningKey, document: dict[str, Any]) -> str:
    """A signature whose R has a part of order 2: the cofactored equation accepts it."""
    group = GROUPS["Ed25519"]
    h = hashlib.sha512(key.seed).digest()
    a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    r = 12345678901234567890
    point = sodium.crypto_core_ed25519_add(group.power_g(r), bytes.fromhex(SMALL[1]))
    message = signed_bytes("receipt", document)
    digest = hashlib.sha512(point + bytes.fromhex(key.public) + message).digest()
    s = (r + int.from_bytes(digest, "little") * a) % group.q
    return point.hex() + s.to_bytes(32, "little").hex()


def slot_key_vectors() -> list[dict[str, Any]]:
    """Slot keys and the verdict on them (attack A20)."""
    n, p = CLERK.n, CLERK.p
    wide = gmpy2.next_prime(1 << 1535 | 1 << 1534)
    cube = gmpy2.next_prime(gmpy2.iroot(1 << 3071, 3)[0])
    keys = {
        "a good key": (n, 65537),
        "e = 1": (n, 1),
        "e = 3": (n, 3),
        "even e": (n, 65536),
        "even modulus": (n + 1, 65537),
        "3071 bits": (n >> 1 | 1, 65537),
        "3073 bits": (n << 1 | 1, 65537),
        "divisible by 3": (n - n % 3, 65537),
        "divisible by 65521": ((n // 65521 | 1) * 65521, 65537),
        "divisible by 65537": (n - n % 65537, 65537),
        "a square": (int(wide * wide), 65537),
        "a cube": (int(cube**3), 65537),
        "a prime factor alone": (p, 65537),
    }
    found = []
    for comment, (modulus, e) in keys.items():
        fields = {"comment": comment, "n": f"{modulus:x}", "e": e}
        found.append(fields | {"verdict": verdict(PublicKey, modulus, e)})
    return found


def slip_vectors() -> list[dict[str, Any]]:
    """Slips as typed, and the secrets they give."""
    uuid = "TestSlipAAAAAAAAAAAAAA"
    found: list[dict[str, Any]] = []
    for i in range(6):
        slip = credentials.draw_code(stream(b"slip%d" % i))
        for typed in (slip, slip.replace("-", " "), f"\u3000{slip.replace('-', '')}\n"):
            secrets = {
                name: str(credentials.derive_secret(group, uuid, slip))
                for name, group in GROUPS.items()
            }
            found.append({"typed": typed, "verdict": "ok", "slip": slip, "secrets": secrets})
        wrong = ("1" if slip[0] != "1" else "2") + slip[1:]
        for typed in (wrong, slip[:-1], slip + "1", slip.replace("-", "0", 1), "", "甲" * 15):
            code = verdict(credentials.parse_slip, typed)
            found.append({"typed": typed, "verdict": code, "slip": None, "secrets": {}})
    return found
