"""A second verifier of ``record.zip``, written from the documents and sharing no code.

Only the standard library; plain integers; straightforward, not fast. What it and
``ballot.verify`` disagree about is a mistake in one of them or in the documents.
Sources: docs/record.md, protocol §4–§11, belenios-format.md, counting-rules.md §5.
"""

import calendar
import io
import re
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.naive import counting
from tests.naive.chronicle import Chronicle, Round
from tests.naive.documents import (
    Archive,
    canonical,
    cap_of,
    code_of,
    compact,
    digest,
    read_canonical,
    read_compact,
    sha,
)
from tests.naive.groups import (
    Group,
    decryption_holds,
    group_named,
    interval_holds,
    merkle_root,
    pss_holds,
    schnorr_holds,
)
from tests.naive.keys import check_keys

CHECKS = [f"V{n}" for n in range(1, 15)]
BROKEN = (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration)
ROUND_FILES = ["election.bel", "admissions.jsonl", "outcome.json", "certificate.json", "paper.json"]

Problems = dict[str, list[str]]


def verify(source: str | Path | bytes, code: str | None) -> Problems:
    """Per check the problems found; an empty list is a pass (V2 also wants a ``code``)."""
    return _Verifier(source, code).run()


def verdict(problems: Problems, code: str | None) -> str:
    """``fail`` if anything is wrong; without a code ``not checkable``; else ``pass``."""
    if any(problems.values()):
        return "fail"
    return "pass" if code else "not checkable"


class _Verifier:
    def __init__(self, source: str | Path | bytes, code: str | None) -> None:
        self.data = source if isinstance(source, bytes) else Path(source).read_bytes()
        self.code = code
        self.problems: Problems = {check: [] for check in CHECKS}
        self.members: dict[str, bytes] = {}

    def fail(self, check: str, text: str) -> None:
        self.problems[check].append(text)

    def require(self, check: str, holds: bool, text: str) -> None:
        if not holds:
            self.fail(check, text)

    def require_keys(self, holds: bool, text: str) -> None:
        self.require("V4", holds, text)

    @contextmanager
    def part(self, check: str, what: str) -> Iterator[None]:
        """Whatever cannot be read inside is a problem of ``check``."""
        try:
            yield
        except BROKEN as error:
            self.fail(check, f"{what}: {type(error).__name__} {error}")

    def run(self) -> Problems:
        try:
            self.read_container()
            self.definition = read_canonical(self.members["definition.json"])
            lines = self.members["events.jsonl"].split(b"\n")
            self.require("V1", lines.pop() == b"", "events.jsonl: the last line is not ended")
            events = [read_canonical(line) for line in lines]
        except (*BROKEN, zipfile.BadZipFile) as error:
            for check in CHECKS:
                self.fail(check, f"unreadable: {error}")
            return self.problems
        self.session = sha(self.members["definition.json"])
        with self.part("V2", "definition"):
            self.check_definition()
        self.log = Chronicle(self.definition, self.session, events, lines, self.fail)
        with self.part("V3", "events"):
            self.log.check()
        self.check_names()
        self.group: Group = group_named(self.definition["group"])
        with self.part("V4", "keys"):
            body = self.log.first("keys_ready")["body"]
            self.trustees_bytes = body["trustees"].encode()
            self.y, self.keys = check_keys(
                self.group, self.definition["trustees"], self.session, body, self.require_keys
            )
            for one in self.log.rounds.values():
                if one.certified:
                    self.check_round(one)
        return self.problems

    # V1, V2.

    def read_container(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            self.require("V1", names == sorted(set(names)), "names not sorted, or twice")
            self.require("V1", not archive.comment, "the container has a comment")
            size = 0
            for info in infos:
                size += info.file_size
                fine = info.date_time == (1980, 1, 1, 0, 0, 0) and not info.comment
                fine = fine and not info.extra and info.compress_type in (0, 8)
                fine = fine and not info.flag_bits & 1 and not info.filename.endswith("/")
                self.require("V1", fine, f"{info.filename}: its directory entry")
                if size > 2**31:
                    raise ValueError("larger than any record")
                self.members[info.filename] = archive.read(info)
            # Nothing before, between or behind the members.
            at = 0
            for info in infos:
                self.require("V1", info.header_offset == at, f"bytes before {info.filename}")
                local = self.data[at : at + 30]
                at += 30 + int.from_bytes(local[26:28], "little")
                at += int.from_bytes(local[28:30], "little") + info.compress_size
                if info.flag_bits & 8:
                    at += 16
            self.require("V1", archive.start_dir == at, "bytes before the directory")
            directory = sum(46 + len(info.filename.encode()) for info in infos)
            self.require("V1", len(self.data) == at + directory + 22, "bytes behind the directory")

    def check_names(self) -> None:
        expected = {"README.txt", "definition.json", "events.jsonl"}
        for one in self.log.rounds.values():
            if one.certified:
                files = ["outcome.json", "certificate.json"]
                files += ["election.bel", "admissions.jsonl"] if one.tablets else []
                files += ["paper.json"] if one.paper else []
                expected |= {f"rounds/{one.slot}/{name}" for name in files}
        for name in sorted(expected ^ set(self.members)):
            self.fail("V1", f"{name}: " + ("missing" if name in expected else "unexpected"))
        for name, data in self.members.items():
            with self.part("V1", name):
                if name.endswith(".json"):
                    read_canonical(data)
                elif name.endswith("admissions.jsonl"):
                    *lines, end = data.split(b"\n")
                    self.require("V1", end == b"", f"{name}: the last line is not ended")
                    for line in lines:
                        read_canonical(line)
                elif name == "README.txt":
                    data.decode("utf-8")

    def check_definition(self) -> None:
        d = self.definition
        if self.code is not None:
            given = self.code.strip()
            mine = self.session if len(given) == 64 else code_of(self.session)
            same = given.upper().replace("-", "") == mine.upper().replace("-", "")
            self.require("V2", same, f"the session digest is {self.session}, not {given}")
        names = (
            "kind version congress assembly government title year date practice note group "
            "deputies roll_digest officers presidium_quorum signers trustees box_key min_ballots "
            "min_paper token_kind votes"
        )
        self.require("V2", set(d) == set(names.split()), "members of the definition")
        self.require("V2", (d["kind"], d["version"]) == ("definition", 1), "kind, version")
        self.require("V2", d["token_kind"] in ("blind", "drawn"), "token kind")
        ids = [o["id"] for o in d["officers"]]
        self.require("V2", len(ids) == len(set(ids)), "an officer twice")
        keys = [o["public_key"] for o in d["officers"]]
        self.require("V2", len(keys) == len(set(keys)), "two officers with one key")
        roles = [r for o in d["officers"] for r in o["roles"]]
        for role, low in [("clerk", 1), ("presiding_officer", 1), ("chief_scrutineer", 1)]:
            self.require("V2", roles.count(role) >= low, f"no {role}")
        for role in ("scrutineer", "teller"):
            self.require("V2", roles.count(role) >= 2, f"fewer than two {role}s")
        quorum = d["presidium_quorum"]
        self.require("V2", 2 * quorum > roles.count("presidium") >= quorum > 0, "presidium quorum")
        members, t = d["trustees"]["members"], d["trustees"]["threshold"]
        self.require("V2", len(members) == len(set(members)), "a trustee twice")
        self.require("V2", 1 <= t <= len(members), "trustee threshold")
        self.require("V2", set(members) <= set(ids), "a trustee who is no officer")
        slots = [slot for vote in d["votes"] for slot in vote["slots"]]
        for what in ("id", "uuid"):
            values = [slot[what] for slot in slots]
            self.require("V2", len(values) == len(set(values)), f"a slot {what} twice")
        moduli = [key for slot in slots for key in slot["keys"]]
        self.require("V2", len(moduli) == len(set(moduli)), "a slot key twice")
        for key in moduli:
            fine = re.fullmatch("[0-9a-f]{768}", key) and int(key, 16).bit_length() == 3072
            self.require("V2", bool(fine and int(key, 16) % 2), "a slot key is no RSA-3072 key")
        for vote in d["votes"]:
            item_ids = [item["id"] for item in vote["items"]]
            self.require("V2", len(item_ids) == len(set(item_ids)), "an item twice")
            if vote["kind"] == "selection":
                lawful = counting.margin_lawful(
                    vote["rules"], vote["seats"], len(item_ids), vote["waiver"] is not None
                )
                self.require("V2", lawful, f"{vote['id']}: margin")
                self.require("V2", vote["rules"]["style"] == vote["style"], "style and R06")
            for slot in vote["slots"]:
                wanted = len(d["signers"]) if d["token_kind"] == "blind" else 0
                self.require("V2", len(slot["keys"]) == wanted, f"{slot['id']}: slot keys")

    # One certified round.

    def check_round(self, one: Round) -> None:
        path = f"rounds/{one.slot}/"
        tablet: list[list[int]] | None = None
        archive = None
        self.trackers: list[bytes] = []
        if one.tablets:
            with self.part("V5", f"{path}election.bel"):
                archive = self.check_archive(one, self.members[path + "election.bel"])
        if archive is not None:
            choices = self.check_ballots(one, archive)
            with self.part("V7", f"{one.slot}: tokens"):
                self.check_tokens(one, archive)
            with self.part("V8", f"{one.slot}: seal"):
                self.check_seal(one)
            with self.part("V9", f"{one.slot}: encrypted tally"):
                sums = self.check_tally(one, archive, choices)
                with self.part("V10", f"{one.slot}: partial decryptions"):
                    factors = self.check_partials(one, archive, sums)
                    with self.part("V11", f"{one.slot}: result"):
                        tablet = self.check_result(one, archive, sums, factors)
        with self.part("V7", f"{one.slot}: heads"):
            self.check_heads(one)
        with self.part("V11", f"{one.slot}: totals"):
            totals = self.check_totals(one, tablet)
            with self.part("V12", f"{one.slot}: outcome"):
                self.check_outcome(one, totals)
        with self.part("V13", f"{one.slot}: certificate"):
            self.check_certificate(one)

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
                unused = self.log.check_in(one.slot)["unused_slips"]
                drawn = credential in one.slot_data["drawn"] and entry["token"] == []
                self.require("V7", drawn and credential not in unused, f"{where}: drawn code")
                continue
            value = {"credential": credential, "session": self.session, "slot": one.slot}
            message = b"ballot/v1/token\0" + canonical(value)
            self.require("V7", len(entry["token"]) == len(moduli), f"{where}: signatures")
            for n, text in zip(moduli, entry["token"], strict=False):
                signature = urlsafe_b64decode(text + "=" * (-len(text) % 4))
                spelled = urlsafe_b64encode(signature).decode().rstrip("=") == text
                holds = spelled and pss_holds(n, 65537, message, signature)
                self.require("V7", holds, f"{where}: token")

    def check_heads(self, one: Round) -> None:
        p, n = self.log.present(one), self.definition["deputies"]
        channels = self.log.channels(one)
        issued = sum(c["issued"] for c in channels)
        self.require("V7", issued <= p <= n, f"{one.slot}: issued <= present <= deputies")
        for channel in channels:
            few = channel["returned"] <= channel["issued"]
            self.require("V7", few, f"{one.slot}: more returned than issued ({channel['name']})")

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

    def check_totals(self, one: Round, tablet: list[list[int]] | None) -> list[list[int]]:
        """Tablet + paper = Counted = outcome.json = certificate; returns the sum."""
        body = one.counted["body"]
        if one.tablets:
            if tablet is None:
                raise ValueError("the tablet totals could not be recomputed")
        else:
            tablet = None
        self.require("V11", body["tablet"] == tablet, f"{one.slot}: tablet totals of Counted")
        piles = [] if tablet is None else [tablet]
        if one.paper:
            sheet = one.paper["body"]
            piles.append(sheet["rows"])
            void = sum(sheet["void"].values())
            fine = sheet["returned"] == sheet["valid"] + void
            fine = fine and len(sheet["rows"]) == len(one.items)
            for row in sheet["rows"]:
                whole = sum(row) == sheet["valid"]
                fine = fine and (sum(row) <= sheet["valid"] if len(row) == 1 else whole)
            self.require("V11", fine, f"{one.slot}: the paper sheet contradicts itself")
            written = self.members[f"rounds/{one.slot}/paper.json"]
            self.require("V11", written == canonical(sheet), f"{one.slot}: paper.json")
        totals = [
            [sum(column) for column in zip(*rows, strict=True)] for rows in zip(*piles, strict=True)
        ]
        outcome = read_canonical(self.members[f"rounds/{one.slot}/outcome.json"])
        certificate = read_canonical(self.members[f"rounds/{one.slot}/certificate.json"])
        for name, stated in [
            ("Counted", body["totals"]),
            ("outcome.json", outcome["totals"]),
            ("the certificate", certificate["certificate"]["totals"]),
        ]:
            self.require("V11", stated == totals, f"{one.slot}: totals of {name}")
        return totals

    def check_outcome(self, one: Round, totals: list[list[int]]) -> None:
        n, p, channels = self.definition["deputies"], self.log.present(one), self.log.channels(one)
        word = counting.stopped(one.vote["rules"], n, p, channels)
        self.require("V12", not word, f"{one.slot}: {word}")
        heads = {"n": n, "p": p}
        heads["r"] = sum(c["returned"] for c in channels)
        heads["v"] = sum(c["valid"] for c in channels)
        mine = counting.outcome(one.vote, one.kind, one.seats, heads, totals)
        outcome = read_canonical(self.members[f"rounds/{one.slot}/outcome.json"])
        certificate = read_canonical(self.members[f"rounds/{one.slot}/certificate.json"])
        self.require("V12", outcome["items"] == one.items, f"{one.slot}: items of outcome.json")
        self.require("V12", set(outcome) == {"items", "totals", "outcome"}, "outcome.json")
        first = canonical(one.counted["body"]["outcome"])
        for name, stated in [
            ("Counted", one.counted["body"]["outcome"]),
            ("outcome.json", outcome["outcome"]),
            ("the certificate", certificate["certificate"]["outcome"]),
        ]:
            self.require("V12", canonical(stated) == first, f"{one.slot}: {name} differs")
            self.require("V12", stated["session"] == "valid", f"{one.slot}: {name}: session")
            for key, value in mine.items():
                told = stated[key]
                if key == "items":
                    told = [{"f5": item["f5"]} for item in told]
                self.require("V12", told == value, f"{one.slot}: {key} of {name}")

    def check_certificate(self, one: Round) -> None:
        document = read_canonical(self.members[f"rounds/{one.slot}/certificate.json"])
        stated = document["certificate"]
        event = one.certified[-1]
        self.require("V13", set(document) == {"certificate", "signatures"}, "certificate.json")
        same = event["body"]["certificate"] == digest(stated)
        self.require("V13", same, f"{one.slot}: not the certificate of Certified")
        signed = document["signatures"] == event["signatures"]
        self.require("V13", signed, f"{one.slot}: not the signatures of Certified")
        channels = self.log.channels(one)
        paper = one.paper and one.paper["body"]
        tablets = one.closed["body"]["tablet"]
        void = dict.fromkeys(("over_vote", "unreadable", "void_by_deputy"), 0)
        archive = self.members.get(f"rounds/{one.slot}/election.bel")
        outcome = one.counted["body"]["outcome"]
        before = self.log.elected_before(one, self.members)
        expected = {
            "kind": "certificate",
            "version": 1,
            "session": self.session,
            "slot": one.slot,
            "round_kind": one.kind,
            "replaces": one.certified[-2]["body"]["certificate"] if one.certified[1:] else None,
            "calling": one.calling,
            "fingerprint": one.opened["body"]["fingerprint"],
            "rule_digest": digest(one.vote["rules"]),
            "attendance": self.log.check_in(one.slot)["attendance"],
            "deputies": self.definition["deputies"],
            "present": self.log.present(one),
            "channels": channels,
            "void_reasons": paper["void"] if paper else void,
            "unused_slips": len(self.log.check_in(one.slot)["unused_slips"]),
            "sealed": tablets and {"size": tablets["returned"], "root": tablets["root"]},
            "archive": sha(archive) if archive is not None else None,
            "log": stated.get("log"),  # any earlier event: tested below
            "overrides": self.log.overrides(one),
            "items": one.items,
            "seats": one.seats,
            "totals": one.counted["body"]["totals"],
            "outcome": outcome,
            "paper": paper,
            "elected": before + [one.items[k] for k in outcome.get("elected", [])],
            "minute": event["minute"],
        }
        earlier = self.log.digests[: event["number"] - 1]
        self.require("V13", stated.get("log") in earlier, f"{one.slot}: log")
        self.require("V13", set(stated) == set(expected), f"{one.slot}: members")
        for name, value in expected.items():
            self.require("V13", stated.get(name) == value, f"{one.slot}: {name}")
