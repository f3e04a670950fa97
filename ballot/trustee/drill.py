"""The drill: prove that the exported copy opens and holds the share (attacks B32, E30).

Its element follows from session and number; no function here takes a ciphertext.
"""

from ballot.crypto import proofs, threshold
from ballot.crypto.encoding import sha256
from ballot.crypto.errors import Invalid
from ballot.crypto.proofs import random_scalar
from ballot.trustee import documents
from ballot.trustee.documents import Place
from ballot.trustee.seed import expand


def make_drill(place: Place, seed: bytes, share: int, trustees: bytes, minute: str) -> bytes:
    """The document of step 4; ``share`` is what was read back from the exported copy.

    Raises ``drill.share`` where ``trustees`` has another key for this trustee.
    """
    require_share(place, share, trustees)
    definition, index = place.definition, place.index
    group, session = definition.group, definition.session
    w = random_scalar(group, expand(seed, "drill", f"{session}/{index}/{share}".encode()))
    factor, proof = proofs.prove_drill(group, session, index, share, w)
    contents = {
        "base": sha256(trustees).hex(),
        "factor": group.ser(factor),
        "minute": minute,
        **proof.encode(),
    }
    return documents.write(place, "drill", contents)


def require_share(place: Place, share: int, trustees: bytes) -> None:
    """Refuse (``drill.share``) a share that is not this trustee's in ``trustees``."""
    group = place.definition.group
    keys = threshold.verify_trustees(group, trustees)
    if not 0 <= share < group.q or group.power_g(share) != keys.key_of(place.index):
        raise Invalid("drill.share", "the key does not belong to this session's joint key")
