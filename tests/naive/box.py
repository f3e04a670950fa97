"""V5 to V7: archive, ballots and tokens of a box (protocol §5–§7, §10)."""

import calendar
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from tests.naive.documents import (
    Archive,
    canonical,
    cap_of,
    compact,
    read_canonical,
    read_compact,
    sha,
)
from tests.naive.event_log import Round
from tests.naive.findings import BROKEN, Findings
from tests.naive.proofs import interval_holds, pss_holds, schnorr_holds


class BoxRules(Findings):
    """The box of one round after the other; ``trackers`` and ``admissions`` of the present one."""

    trackers: list[bytes]
    admissions: list[dict[str, Any]]

    def check_archive(self, one: Round, data: bytes) -> Archive:
        year, month, day = (int(x) for x in self.definition["date"].split("-"))
        archive = Archive.read(data, calendar.timegm((year, month, day, 0, 0, 0)))
        self.require("V5", archive.build() == data, f"{one.slot}: the archive is not well formed")
        document = self.log.election_document(one, self.group.ser(self.y))
        self.require("V5", archive.election == document, f"{one.slot}: election document")
        self.require("V5", archive.trustees == self.trustees_bytes, f"{one.slot}: trustees")
        if self.definition["token_kind"] == "blind":
            used = sorted(filter(None, map(self.credential_of, archive.ballots)))
            good = archive.credentials == compact(used)
        else:
            good = read_compact(archive.credentials) == one.slot_data["drawn"]
        self.require("V5", good, f"{one.slot}: public credentials")
        return archive

    def credential_of(self, ballot: bytes) -> str:
        """Empty for a ballot that V6 refuses to read."""
        try:
            return str(read_compact(ballot)["credential"])
        except BROKEN:
            return ""

    def check_ballots(self, one: Round, archive: Archive) -> list[list[list[tuple[Any, Any]]]]:
        """V6; returns the ciphertexts of every ballot. Collects the trackers for V8."""
        path = f"rounds/{one.slot}/admissions.jsonl"
        admissions = []
        with self.part("V7", path):
            lines = self.members[path].split(b"\n")[:-1]
            admissions = [read_canonical(line) for line in lines]
        if len(admissions) != len(archive.ballots):
            for check in ("V7", "V8"):
                self.fail(check, f"{one.slot}: admissions and ballots differ in number")
        self.admissions = admissions
        everything, alphas = [], set()
        for k, body in enumerate(archive.ballots):
            where = f"{one.slot}: ballot {k}"
            with self.part("V6", where):
                ballot = read_compact(body)
                admission = admissions[k] if k < len(admissions) else None
                choices = self.open_ballot(ballot)
                everything.append(choices)
                for alpha, _ in [pair for answer in choices for pair in answer]:
                    text = self.group.ser(alpha)
                    self.require("V6", text not in alphas, f"{where}: an alpha twice")
                    self.require("V6", not self.group.eq(alpha, self.group.one), f"{where}: 1")
                    alphas.add(text)
                cap_proof = admission and admission["cap_proof"]
                if not self.proofs_hold(one, archive, ballot, choices, cap_proof):
                    self.fail("V6", f"{where}: a proof does not hold")
                if admission:
                    # 384 bytes in base64url without padding: an envelope has one spelling.
                    token = admission["token"]
                    spelled = all(re.fullmatch("[A-Za-z0-9_-]{512}", t) for t in token)
                    self.require("V6", spelled and len(token) <= 2, f"{where}: form of the token")
                    unsigned = {n: v for n, v in ballot.items() if n != "signature"}
                    envelope = {
                        "ballot": body.decode(),
                        "cap_proof": cap_proof,
                        "slot": one.slot,
                        "token": admission["token"],
                        "version": 1,
                    }
                    parts = sha(compact(unsigned)) + sha(canonical(envelope))
                    tracker = sha(b"ballot/v1/tracker\0" + bytes.fromhex(parts))
                    same = tracker == admission["tracker"]
                    self.require("V8", same, f"{where}: tracker")
                    self.trackers.append(bytes.fromhex(tracker))
        return everything

    def open_ballot(self, ballot: Any) -> list[list[tuple[Any, Any]]]:
        fields = ["election_uuid", "election_hash", "credential", "answers", "signature"]
        if list(ballot) != fields:
            raise ValueError("members of the ballot")
        for answer in ballot["answers"]:
            if list(answer) != ["choices", "individual_proofs", "overall_proof"]:
                raise ValueError("members of an answer")
            if any(list(choice) != ["alpha", "beta"] for choice in answer["choices"]):
                raise ValueError("members of a choice")
        if list(ballot["signature"]) != ["hash", "proof"]:
            raise ValueError("members of the signature")
        return [
            [(self.group.parse(c["alpha"]), self.group.parse(c["beta"])) for c in a["choices"]]
            for a in ballot["answers"]
        ]

    def proofs_hold(
        self,
        one: Round,
        archive: Archive,
        ballot: Any,
        choices: list[list[tuple[Any, Any]]],
        cap_proof: Any,
    ) -> bool:
        group, y, election = self.group, self.y, read_compact(archive.election)
        phi = one.fingerprint_of(archive.election)
        if ballot["election_uuid"] != election["uuid"] or ballot["election_hash"] != phi:
            return False
        credential = group.parse(ballot["credential"])
        unsigned = {n: v for n, v in ballot.items() if n != "signature"}
        signature = ballot["signature"]
        hashed = one.fingerprint_of(compact(unsigned))
        if group.eq(credential, group.one) or signature["hash"] != hashed:
            return False
        if not schnorr_holds(group, f"sig|{hashed}|", credential, signature["proof"]):
            return False
        s_0 = f"{phi}|{ballot['credential']}"
        if len(choices) != len(election["questions"]):
            return False
        for question, answer, pairs in zip(
            election["questions"], ballot["answers"], choices, strict=True
        ):
            proofs, overall = answer["individual_proofs"], answer["overall_proof"]
            if not len(pairs) == len(proofs) == len(question["answers"]):
                return False
            for pair, proof in zip(pairs, proofs, strict=True):
                prefix = f"prove|{s_0}|{self.text(pair)}|"
                if not interval_holds(group, y, prefix, *pair, range(2), proof):
                    return False
            total, texts = self.product(pairs), ",".join(self.text(pair) for pair in pairs)
            prefix = f"prove|{s_0}|{texts}|{self.text(total)}|"
            values = range(question["min"], question["max"] + 1)
            if not interval_holds(group, y, prefix, *total, values, overall):
                return False
        if one.vote["style"] != "three_way" or one.vote["rules"]["cap"] != "seats":
            return cap_proof is None
        yes = [pairs[0] for pairs in choices]
        total, texts = self.product(yes), ",".join(self.text(pair) for pair in yes)
        values = range(cap_of(one.vote, one.seats, len(one.items)) + 1)
        prefix = f"ballot-cap|{s_0}|{texts}|{self.text(total)}|"
        return interval_holds(group, y, prefix, *total, values, cap_proof)

    def text(self, pair: tuple[Any, Any]) -> str:
        return f"{self.group.ser(pair[0])},{self.group.ser(pair[1])}"

    def product(self, pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
        a = b = self.group.one
        for alpha, beta in pairs:
            a, b = self.group.mul(a, alpha), self.group.mul(b, beta)
        return a, b

    def check_tokens(self, one: Round, archive: Archive) -> None:
        credentials = [self.credential_of(ballot) for ballot in archive.ballots]
        self.require("V7", len(credentials) == len(set(credentials)), "a credential twice")
        moduli = [int(key, 16) for key in one.slot_data["keys"]]
        for k, (credential, entry) in enumerate(zip(credentials, self.admissions, strict=False)):
            where = f"{one.slot}: ballot {k}"
            members = set(entry) == {"tracker", "cap_proof", "token"}
            members = members and isinstance(entry["tracker"], str)
            self.require("V7", members, f"{where}: members of the admission")
            if self.definition["token_kind"] == "drawn":
                drawn = credential in one.slot_data["drawn"] and entry["token"] == []
                self.require(
                    "V7", drawn and credential not in self.log.unused, f"{where}: drawn code"
                )
                continue
            value = {"credential": credential, "session": self.session, "slot": one.slot}
            message = b"ballot/v1/token\0" + canonical(value)
            self.require("V7", len(entry["token"]) == len(moduli), f"{where}: signatures")
            for n, text in zip(moduli, entry["token"], strict=False):
                signature = urlsafe_b64decode(text + "=" * (-len(text) % 4))
                spelled = urlsafe_b64encode(signature).decode().rstrip("=") == text
                holds = spelled and pss_holds(n, 65537, message, signature)
                self.require("V7", holds, f"{where}: token")
