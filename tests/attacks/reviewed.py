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

SURVIVORS: dict[str, str] = {
    r"tally/archive_reader: .*": "every byte of the container: tests/unit/test_archive.py",
    r"tally/election: (decode_election|_decode_question|_require|_object): .*": (
        "compared byte for byte (V5); bare archives: tests/unit/test_verify_belenios.py"
    ),
    r"tally/election: _verify_answer: proofs.verify_(blank|overall_with_blank).*": (
        "no ballot of ours can be blank: tests/unit/test_proofs.py"
    ),
    r"crypto/proofs: verify_(blank|overall_with_blank): .*": (
        "no ballot of ours can be blank: tests/unit/test_proofs.py"
    ),
    r"verify/ballots: (decode_credentials|_refused_credentials): .*": (
        "a foreign archive's list: tests/unit/test_verify_belenios.py"
    ),
    r"verify/report: Report.__post_init__: .*": "tests/unit/test_report.py",
    r"tally/envelope: decode_envelope: document.shape if .*(value|names).*": (
        "the verifier writes the envelope itself, of an admission that it has read"
    ),
    r"crypto/signing: (verify: signature.invalid|check_public_key: signature.bad_key)": (
        "read as so many digits before, by definition and events: tests/unit/test_signing.py"
    ),
    r"verify/box: BoxCheck._seal: seal.(size|equivocation|too_few)": (
        "said twice: of the events by the lifecycle, of the box here"
    ),
    r"tally/round_order: (sealed: seal.(differs|twice)|decrypted: seal.too_few)": (
        "said twice: of the events here, of the box by the verifier"
    ),
    r"verify/(chronicle: read_events: event.too_many .*|box: BoxCheck._tasks: token.surplus)": (
        "bounds on work (E18); what is beyond them is refused for other reasons"
    ),
}
"""What a verification runs and no false record needs."""
