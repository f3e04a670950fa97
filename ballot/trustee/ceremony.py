"""Key ceremony by messages on a board, in any order and as often as wanted (protocol §8, §13).

1. *certificate*: Belenios' certificate, and the hash of the coefficient message (A12)
2. *coefficients*: that message, once all hashes are there; the signature over all certificates;
   the shares, each for one trustee's eyes
3. *key*: the verification key; from here on ``trustees`` is determined
4. *drill*: from the exported copy (:mod:`~ballot.trustee.drill`, E30)
5. *ready*: the KeysReady draft, built here and never taken from anyone, signed by all (E21)

:func:`proceed` looks at the board and says what its trustee adds, or for whom it waits. A broken
ceremony leaves no event: it is begun anew, on an empty board, with fresh seeds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ballot.crypto import encoding, proofs, threshold
from ballot.crypto.encoding import compact, loads_compact, sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.group import Element, Group
from ballot.crypto.proofs import Proof
from ballot.crypto.signing import verify
from ballot.tally.events import Event, Signature, draft, sign_event, signed_document
from ballot.trustee import documents, drafts, messages
from ballot.trustee.board import Board, Waiting
from ballot.trustee.documents import Place
from ballot.trustee.seed import expand, secret_of


@dataclass(frozen=True)
class Progress:
    """Where the ceremony stands for one trustee.

    ``documents``: the own ones, to be put on the board. ``seen``: file name → digest of all that
    was accepted. ``waiting``: the step that is not complete, ``missing``: whose documents it lacks
    (officer ids). ``share`` and ``trustees`` once they are determined; ``event``: KeysReady with
    all signatures, at the end.
    """

    documents: Mapping[str, bytes]
    seen: Mapping[str, str]
    waiting: str | None = None
    missing: tuple[str, ...] = ()
    share: int | None = None
    trustees: bytes | None = None
    event: Event | None = None


def proceed(
    place: Place,
    seed: bytes,
    files: Mapping[str, bytes],
    seen: Mapping[str, str],
    drill: bytes | None = None,
) -> Progress:
    """Everything that can be done now. ``files``: what the board holds, by name, other files are
    ignored; ``drill``: the own document of step 4, once the drill was made.

    Raises ``ceremony.…``, whose detail names the trustee and the document.
    """
    board = Board(place, files, seen)
    run = _Run(place, seed, board)
    waiting: str | None = None
    missing: tuple[str, ...] = ()
    event: Event | None = None
    try:
        run.certificates()
        run.coefficients()
        run.keys()
        run.drills(drill)
        event = run.ready()
    except Waiting as pause:
        waiting, missing = pause.step, pause.missing
    return Progress(board.own, board.seen, waiting, missing, run.share, run.trustees, event)


class _Run:
    """One pass over the board, from the first step on."""

    share: int | None = None
    trustees: bytes | None = None

    def __init__(self, place: Place, seed: bytes, board: Board) -> None:
        definition = place.definition
        self.place, self.seed, self.board, self.definition = place, seed, board, definition
        self.group, self.degree = definition.group, definition.threshold
        self.secret = secret_of(
            self.group, seed, definition.session, place.index, definition.threshold
        )

    def certificates(self) -> None:
        """Step 1."""
        group, secret, size = self.group, self.secret, len(self.definition.trustees)
        about = f"{self.definition.session}/{size}/{self.degree}".encode()
        certificate = threshold.certificate(
            group, secret, size, expand(self.seed, "certificate", about)
        )
        self.message = threshold.coefficient_message(
            group, secret, expand(self.seed, "coefficients", about)
        )
        own = self.write(
            "certificate",
            certificate=messages.text_of(certificate),
            commitment=threshold.commitment(self.message),
        )
        self.base, found = self.board.gather("certificate", own)
        self.commitments = [document["commitment"] for document in found]
        self.certs, self.signing, self.mailboxes = [], list[Element](), list[Element]()
        for i, document in enumerate(found, 1):
            context = {"group": group.name, "size": size, "threshold": self.degree, "index": i}
            with self.board.naming("certificate", i):
                cert, verification, encryption = messages.read_certificate(
                    group, document["certificate"], context
                )
                if verification in self.signing:
                    raise Invalid("ceremony.document", "the signing key of another trustee")
            self.certs.append(cert)
            self.signing.append(verification)
            self.mailboxes.append(encryption)

    def coefficients(self) -> None:
        """Step 2: nothing of it leaves before all commitments are known and saved."""
        group, secret = self.group, self.secret
        about = compact({"certs": self.certs, "message": self.message})
        signature = threshold.sign_certificates(
            group, secret, self.certs, self.message, expand(self.seed, "certs", about)
        )
        own = self.write(
            "coefficients",
            base=self.base,
            certificates_signature=messages.text_of(signature),
            coefficients=messages.text_of(self.message),
            shares=[
                messages.encrypt_share(group, self.seed, secret, key, j)
                for j, key in enumerate(self.mailboxes, 1)
            ],
        )
        self.base, found = self.board.gather("coefficients", own, self.base)
        self.coefexps, self.signatures, self.elements = [], [], list[list[str]]()
        shares = []
        for i, document in enumerate(found, 1):
            key = self.signing[i - 1]
            with self.board.naming("coefficients", i):
                signed, elements = messages.read_coefficients(
                    group, document["coefficients"], key, self.degree
                )
                if threshold.commitment(signed) != self.commitments[i - 1]:
                    raise Invalid("ceremony.commitment", "not the message committed to before")
                text = document["certificates_signature"]
                signature = messages.check_certificates_signature(
                    group, text, key, self.certs, elements
                )
                text = document["shares"][self.place.index - 1]
                share = messages.decrypt_share(group, secret, text)
                # g^{f_i(j)} = Π_k A_ik^{j^k}
                if group.power_g(share) != public_share(group, [elements], self.place.index):
                    raise Invalid("ceremony.share", "a share that does not fit the coefficients")
            self.coefexps.append(signed)
            self.signatures.append(signature)
            self.elements.append(elements)
            shares.append(share)
        self.share = threshold.combine_shares(group, self.place.index, shares, self.coefexps)

    def keys(self) -> None:
        """Step 3, and the check that nobody plays this trustee to the others."""
        group, share = self.group, self.share or 0
        names = [self.definition.officer(one).name for one in self.definition.trustees]
        name = names[self.place.index - 1]
        random = expand(self.seed, "key", str(share).encode(), name.encode())
        key = threshold.verification_key(group, self.secret, share, random, name)
        own = self.write("key", base=self.base, key=messages.text_of(key))
        self.base, found = self.board.gather("key", own, self.base)
        keys = []
        for i, document in enumerate(found, 1):
            with self.board.naming("key", i):
                value, element = messages.read_key(
                    group, document["key"], self.signing[i - 1], names[i - 1]
                )
                if element != public_share(group, self.elements, i):
                    raise Invalid("ceremony.key", "does not follow from the coefficients")
            keys.append(value)
        trustees = threshold.encode_trustees(
            self.degree, self.certs, self.coefexps, self.signatures, keys
        )
        require_own(self.place, self.seed, share, trustees)
        self.verified = threshold.verify_trustees(group, trustees)
        self.trustees, self.base = trustees, sha256(trustees).hex()

    def drills(self, own: bytes | None) -> None:
        """Step 4."""
        group, session = self.group, self.definition.session
        _, self.found = self.board.gather("drill", own, self.base)
        for i, document in enumerate(self.found, 1):
            with self.board.naming("drill", i):
                numbers = (group.parse_scalar(document[n]) for n in ("challenge", "response"))
                factor, key = group.parse(document["factor"]), self.verified.key_of(i)
                proofs.verify_drill(group, session, i, key, factor, Proof(*numbers))

    def ready(self) -> Event:
        """Step 5."""
        names = ("challenge", "factor", "response")
        body = {
            "commitments": self.commitments,
            "drills": [{name: document[name] for name in names} for document in self.found],
            "trustees": (self.trustees or b"").decode(),
        }
        # No one proposes the minute: it is the latest that a drill states.
        minute = max(document["minute"] for document in self.found)
        unsigned = draft("keys_ready", self.definition.session, None, minute, body)
        signature = sign_event(self.place.key, unsigned, self.place.id, "trustee")
        own = drafts.encode(replace(unsigned, signatures=(signature,)))
        signed, missing = [], []
        for i, trustee in enumerate(self.definition.trustees, 1):
            one = self.board.one("ready", i, own)
            if one is None:
                missing.append(trustee)
                continue
            with self.board.naming("ready", i):
                signed.append(self._signed(one, trustee, unsigned))
                self.board.pin("ready", i, one)
        if missing:
            raise Waiting("ready", tuple(missing))
        return drafts.merge(signed)

    def _signed(self, data: bytes, trustee: str, unsigned: Event) -> Event:
        """The draft with that trustee's signature, where ``data`` says exactly what this device
        says; anything else in it is not even read.
        """
        value = encoding.loads(data)
        found = value.get("signatures") if isinstance(value, dict) else None
        first: Any = found[0] if isinstance(found, list) and found else None
        same = (
            isinstance(first, dict)
            and sorted(first) == ["role", "signature", "signer"]
            and all(isinstance(text, str) for text in first.values())
        )
        mine = encoding.loads(drafts.encode(unsigned))
        if not same or encoding.dumps({**mine, "signatures": [first]}) != data:
            raise Invalid("ceremony.ready", "signed other keys, hashes or drills")
        signature = Signature(**first)
        if (signature.signer, signature.role) != (trustee, "trustee"):
            raise Invalid("ceremony.signature", "not the signature of this trustee")
        try:
            public = self.definition.officer(trustee).public_key
            says = signed_document(unsigned, trustee, "trustee")
            verify(public, unsigned.kind, says, signature.signature)
        except Invalid as error:
            raise Invalid("ceremony.signature", error.detail) from None
        return replace(unsigned, signatures=(signature,))

    def write(self, step: str, **contents: Any) -> bytes:
        return documents.write(self.place, step, contents)


def public_share(group: Group, coefficients: list[list[str]], index: int) -> Element:
    """Π_i Π_k A_ik^(j^k) for j = ``index``: with all i, the public key of trustee j (§5.2)."""
    result = group.identity
    for column in reversed(list(zip(*coefficients, strict=True))):
        raised = group.power_public(result, index)
        result = group.mul(raised, group.product([group.parse(text) for text in column]))
    return result


def require_own(place: Place, seed: bytes, share: int, trustees: bytes) -> None:
    """Refuse (``ceremony.not_mine``) ``trustees`` bytes without exactly the own certificate keys,
    coefficients and verification key: somebody plays this trustee to the others (attack E21).
    """
    definition = place.definition
    group, i = definition.group, place.index - 1
    secret = secret_of(group, seed, definition.session, place.index, definition.threshold)
    try:
        [(_, found)] = loads_compact(trustees)
        cert = loads_compact(found["certs"][i]["message"].encode())
        coefexps = loads_compact(found["coefexps"][i]["message"].encode())["coefexps"]
        public = found["verification_keys"][i]["public_key"]
        keys = [cert["verification"], cert["encryption"], *coefexps, public]
    except (Invalid, ValueError, TypeError, LookupError, AttributeError):
        raise Invalid("ceremony.not_mine", "not a trustees document of this form") from None
    exponents = [secret.signing, secret.decryption, *secret.coefficients, share]
    if keys != [group.ser(group.power_g(x)) for x in exponents]:
        raise Invalid("ceremony.not_mine", f"{place.id} stands there with other keys")
