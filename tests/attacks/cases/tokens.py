"""Tokens, credentials and the numbers of check-in: A17, A18, B8, B10, E6, E23, E28, E34, E35."""

from copy import copy, deepcopy
from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ballot.crypto import blind, proofs
from ballot.crypto.encoding import b64url
from ballot.demo.desk import Wallet
from tests.attacks.cases.changes import event_case, setting
from tests.attacks.cases.table import add, case
from tests.attacks.played import FIRST, SECOND
from tests.attacks.workshop import Forgery


def token_of(
    f: Forgery, credential: str, slot: str = FIRST, keys: str = FIRST, session: str = ""
) -> list[str]:
    """Both signers' tokens, as if they worked together."""
    message = blind.token_message(credential, session or f.definition.session, slot)
    found = []
    for signer in f.definition.signers:
        key = f.made.slot_keys[signer][keys]
        public = next(k for k in f.definition.slot(keys)[1].keys if k.n == key.n)
        blinded = blind.blind(public, message, f.random)
        answer = blind.blind_sign(key, blinded.request, f.random)
        found.append(b64url(blind.finalize(public, message, answer, blinded.inverse)))
    return found


for _id, _more in {
    "A17-token-of-another-slot": {"slot": SECOND},
    "A17-key-of-another-slot": {"keys": SECOND},
    "E23-token-of-another-session": {"session": "ab" * 32},
}.items():

    def _foreign(f: Forgery, more: dict[str, str]) -> None:
        credential = f.ballot(0)["credential"]
        f.admissions[FIRST][0]["token"] = token_of(f, credential, **more)
        f.recount()

    add(_id, "V7", "a good token, but not for this", partial(_foreign, more=_more))


@case("E6-one-signature", "V7", "one of two signatures")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"].pop()
    f.recount()


@case("E6-one-signer-twice", "V7", "one signer's signature in both places")
def _(f: Forgery) -> None:
    token = f.admissions[FIRST][0]["token"]
    token[1] = token[0]
    f.recount()


@case("E28-no-token", "V7", "an empty token in a session of blind tokens")
def _(f: Forgery) -> None:
    f.admissions[FIRST][0]["token"] = []
    f.recount()


@case("E6-other-credential", "V7", "two deputies' tokens exchanged")
def _(f: Forgery) -> None:
    entries = f.admissions[FIRST]
    entries[0]["token"], entries[1]["token"] = entries[1]["token"], entries[0]["token"]
    f.recount()


@case("E6-ballot-without-admission", "V7", "the last admission is missing")
def _(f: Forgery) -> None:
    f.admissions[FIRST].pop()


@case("E6-admission-without-ballot", "V7", "one admission more than ballots")
def _(f: Forgery) -> None:
    f.admissions[FIRST].append(f.admissions[FIRST][-1])


def _stuff(f: Forgery, token: bool) -> None:
    """A ballot for one who is absent, with every count fresh."""
    wallet = stranger(f)
    at = f.ballots()[-1]
    f.stages[FIRST].insert(at, f.stages[FIRST][at])
    f.admissions[FIRST].insert(-1, deepcopy(f.admissions[FIRST][-1]))
    value = f.ballot(-1) | {"credential": wallet.credential}
    f.put(-1, value)
    f.recast(-1, [[1, 0], [0, 1], [0, 0]])
    if token:
        f.admissions[FIRST][-1]["token"] = token_of(f, wallet.credential)
    f.recount()


def stranger(f: Forgery) -> Wallet:
    """A credential that nobody issued, from now on among the wallets."""
    s = proofs.random_scalar(f.group, f.random)
    wallet = Wallet(f.group.ser(f.group.power_g(s)), s, ())
    f.made = with_wallet(f, wallet)
    return wallet


def with_wallet(f: Forgery, wallet: Any) -> Any:
    """The played session with one wallet more, leaving the shared one as it is."""
    made = copy(f.made)
    made.wallets = {**made.wallets, FIRST: [*made.wallets[FIRST], wallet]}
    return made


add(
    "E34-stuffed-without-token",
    "V7",
    "stuffed, signatures of all officials fresh",
    partial(_stuff, token=False),
)
add(
    "A18-more-ballots-than-issued",
    "V7",
    "stuffed by all signers together",
    partial(_stuff, token=True),
)


@case("B10-one-credential-twice", "V7", "two ballots of one deputy; Belenios counts the last")
def _(f: Forgery) -> None:
    at = f.ballots()[0]
    f.stages[FIRST].insert(at, f.stages[FIRST][at])
    f.admissions[FIRST].insert(0, deepcopy(f.admissions[FIRST][0]))
    f.recast(0, [[1, 0], [0, 1], [0, 0]])
    f.recount()


event_case(
    "B8-issued-above-present",
    "V7",
    "more issued than present",
    "check_in_closed",
    setting("present", to=17),
)
event_case(
    "B8-present-above-all",
    "V7",
    "more present than deputies",
    "check_in_closed",
    setting("present", to=21),
)
event_case(
    "E35-signers-differ",
    "V7",
    "two signers with two counts",
    "check_in_closed",
    setting("issued", 0, "signers", 1, to=13),
)


@case("B8-attendance-changed", "V3", "the attendance changed after it was signed")
def _(f: Forgery) -> None:
    f.body("check_in_closed")["attendance"] = "ab" * 32
    f.draft("check_in_closed").keep = True


@case("B8-fewer-issued", "V7", "fewer issued than ballots in the box")
def _(f: Forgery) -> None:
    f.body("check_in_closed")["issued"][0].update(tablet=11, signers=[11, 11])


@case("E15-token-of-round-two", "V7", "a token of the run-off in the first round", play="tied")
def _(f: Forgery) -> None:
    f.signed = False
    credential = f.ballot(0)["credential"]
    at = [w.credential for w in f.made.wallets[FIRST]].index(credential)
    f.admissions[FIRST][0]["token"] = [b64url(t) for t in f.made.wallets[SECOND][at].token]


def _signed_otherwise(f: Forgery, hash: hashes.HashAlgorithm, salt: int) -> None:
    """The first admission's token by a signer who takes other parameters."""
    credential = f.ballot(0)["credential"]
    message = blind.token_message(credential, f.definition.session, FIRST)
    pss = padding.PSS(padding.MGF1(hash), salt)
    found = []
    for signer in f.definition.signers:
        key = f.made.slot_keys[signer][FIRST]
        public = rsa.RSAPublicNumbers(key.e, key.n)
        p, q, d = int(key.p), int(key.q), pow(key.e, -1, int((key.p - 1) * (key.q - 1)))
        exponents = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
        private = rsa.RSAPrivateNumbers(p, q, d, *exponents, public).private_key()
        found.append(b64url(private.sign(message, pss, hash)))
    f.admissions[FIRST][0]["token"] = found
    f.recount()


for _salt in (0, 32, 64):
    add(
        f"D8-salt-{_salt}",
        "V7",
        "a signature with salt of another length",
        partial(_signed_otherwise, hash=hashes.SHA384(), salt=_salt),
    )
add("D8-sha-256", "V7", "another hash", partial(_signed_otherwise, hash=hashes.SHA256(), salt=48))
