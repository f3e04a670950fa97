"""V5 to V10: archive, ballots, tokens, seal, sum, factors (protocol §7–§11)."""

import calendar
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
from tests.naive.findings import Findings
from tests.naive.groups import (
    decryption_holds,
    interval_holds,
    merkle_root,
    pss_holds,
    schnorr_holds,
)


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
            used = sorted(read_compact(ballot)["credential"] for ballot in archive.ballots)
            good = archive.credentials == compact(used)
        else:
            good = read_compact(archive.credentials) == one.slot_data["drawn"]
        self.require("V5", good, f"{one.slot}: public credentials")
        return archive

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
        credentials = [read_compact(ballot)["credential"] for ballot in archive.ballots]
        self.require("V7", len(credentials) == len(set(credentials)), "a credential twice")
        moduli = [int(key, 16) for key in one.slot_data["keys"]]
        for k, (credential, entry) in enumerate(zip(credentials, self.admissions, strict=False)):
            where = f"{one.slot}: ballot {k}"
            members = set(entry) == {"tracker", "cap_proof", "token"}
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

    def check_seal(self, one: Round) -> None:
        increasing = all(a < b for a, b in zip(self.trackers, self.trackers[1:], strict=False))
        self.require("V8", increasing, f"{one.slot}: trackers not strictly increasing")
        root = merkle_root(self.trackers).hex()
        size = len(self.trackers)
        closed = one.closed["body"]["tablet"]
        same = closed == {"returned": size, "root": root}
        self.require("V8", same, f"{one.slot}: the root of RoundClosed is not that of the ballots")
        members = self.definition["trustees"]["members"]
        q = -(-(len(members) + self.definition["trustees"]["threshold"]) // 2)
        signed = set()
        for event in one.sealed:
            body = event["body"]
            good = (body["size"], body["root"]) == (size, root)
            good = good and body["fingerprint"] == one.opened["body"]["fingerprint"]
            self.require("V8", good, f"{one.slot}: a seal over another box")
            if good:
                signed |= self.log.signers(event, "trustee")
        self.require("V8", len(signed) >= q, f"{one.slot}: {len(signed)} seals, needed {q}")

    def check_tally(
        self, one: Round, archive: Archive, choices: list[list[list[tuple[Any, Any]]]]
    ) -> list[list[tuple[Any, Any]]]:
        widths = [len(q["answers"]) for q in read_compact(archive.election)["questions"]]
        sums = [
            [self.product([ballot[i][j] for ballot in choices]) for j in range(width)]
            for i, width in enumerate(widths)
        ]
        value = [
            [{"alpha": self.group.ser(a), "beta": self.group.ser(b)} for a, b in row]
            for row in sums
        ]
        same = archive.encrypted_tally == compact(value)
        self.require("V9", same, f"{one.slot}: not the product of the ballots")
        count = len(archive.ballots)
        sized = {"num_tallied": count, "total_weight": count}
        sized_bytes = compact(sized | {"encrypted_tally": sha(archive.encrypted_tally)})
        self.require("V9", archive.sized == sized_bytes, f"{one.slot}: stated counts")
        returned = one.closed["body"]["tablet"]["returned"]
        self.require("V9", returned == count, f"{one.slot}: {returned} returned, {count} ballots")
        return sums

    def check_partials(
        self, one: Round, archive: Archive, sums: list[list[tuple[Any, Any]]]
    ) -> list[list[Any]]:
        group, t = self.group, self.definition["trustees"]["threshold"]
        events = sorted((e["body"]["owner"], e["body"]["partial"].encode()) for e in one.decrypted)
        self.require("V10", archive.partials == events, f"{one.slot}: not those of the events")
        members = self.definition["trustees"]["members"]
        for event in one.decrypted:
            owner = members[event["body"]["owner"] - 1]
            signed = self.log.signers(event, "trustee") == {owner}
            self.require("V10", signed, f"{one.slot}: not signed by its owner")
        phi = one.fingerprint_of(archive.election)
        owners: dict[int, list[list[Any]]] = {}
        for owner, data in archive.partials:
            value, key = read_compact(data), self.keys[owner - 1]
            if list(value) != ["decryption_factors", "decryption_proofs"] or owner < 1:
                raise ValueError("members of a partial decryption")
            factors = [[group.parse(f) for f in row] for row in value["decryption_factors"]]
            proofs = value["decryption_proofs"]
            for shape in (factors, proofs):
                if [len(row) for row in shape] != [len(row) for row in sums]:
                    raise ValueError("shape of a partial decryption")
            for i, row in enumerate(sums):
                for j, (alpha, _) in enumerate(row):
                    prefix = f"decrypt|{phi}|{group.ser(key)}|"
                    proof = proofs[i][j]
                    holds = decryption_holds(group, prefix, key, alpha, factors[i][j], proof)
                    self.require("V10", holds, f"{one.slot}: owner {owner}, factor {i},{j}")
            self.require("V10", owner not in owners, f"{one.slot}: owner {owner} twice")
            owners[owner] = factors
        self.require("V10", len(owners) >= t, f"{one.slot}: {len(owners)} trustees, needed {t}")
        some = sorted(owners)[:t]
        result: list[list[Any]] = [[group.one] * len(row) for row in sums]
        for d in some:
            weight = 1
            for k in some:
                if k != d:
                    weight = weight * k * pow(k - d, -1, group.q) % group.q
            for i, row in enumerate(owners[d]):
                for j, factor in enumerate(row):
                    result[i][j] = group.mul(result[i][j], group.power(factor, weight))
        return result

    def check_result(
        self,
        one: Round,
        archive: Archive,
        sums: list[list[tuple[Any, Any]]],
        factors: list[list[Any]],
    ) -> list[list[int]]:
        group, count = self.group, len(archive.ballots)
        stated = read_compact(archive.result)
        found: list[list[int]] = []
        for row, shares in zip(sums, factors, strict=True):
            found.append([])
            for (_, beta), factor in zip(row, shares, strict=True):
                power = group.one
                for n in range(count + 1):
                    if group.eq(group.mul(power, factor), beta):
                        found[-1].append(n)
                        break
                    power = group.mul(power, group.g)
                else:
                    raise ValueError("no count within the number of ballots decrypts")
        self.require("V11", stated == {"result": found}, f"{one.slot}: the result does not follow")
        if one.vote["style"] == "approve":
            return [[n] for n in found[0]]
        return [[*row, count - sum(row)] for row in found]
