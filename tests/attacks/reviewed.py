"""Refusals whose deletion no case shows, each with the reason; patterns match whole ids."""

OUTSIDE: dict[str, str] = {
    r"crypto/(keyfile|credentials|selftest): .*": "key files, slips and the start of a service",
    r"crypto/blind: (check_request|blind_sign|_blind|_finalize|_representative|_unit): .*": (
        "the tablet's and the signer's side of issuing"
    ),
    r"crypto/elgamal: Counter.*": "a verifier compares exponents and takes no logarithm",
    r"crypto/merkle: (inclusion_proof|verify_inclusion): .*": "the public page's proofs",
    r"crypto/proofs: Nonces.*": "the tablet's side",
    r"crypto/signing: (SigningKey.*|signed_bytes: .*)": "the signer's side",
    r"crypto/slotkey: (SlotKey.decode|generate_slot_key): .*": "private keys",
    r"crypto/threshold: combine_shares: .*": "the ceremony among the trustees' devices",
    r"tally/admission: (check_envelope|check_content|check_round): .*": "the door of the box",
    r"tally/archive: (ArchiveWriter|_misuse).*": "the writer of archives",
    r"tally/(casting|marks|orders|polls|record|vectors): .*": "tablets, papers, services, vectors",
    r"tally/envelope: (pad|unpad|slot_of): .*": "the door of the box",
    r"tally/lifecycle: advance: .*": "the door of whoever publishes",
    r"crypto/errors: .*": "the refusal itself",
    r"tally/styles: votes_of: .*": "the tablet's side",
}
"""What no verification runs."""

SURVIVORS: dict[str, str] = {}
"""What a verification runs and no false record needs."""
