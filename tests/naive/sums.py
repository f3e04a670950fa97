"""V8 to V11: seal, sum, factors and result of a box (protocol §8, belenios-format.md §5, §8)."""

from typing import Any

from tests.naive.box import BoxRules
from tests.naive.documents import Archive, compact, read_compact, sha
from tests.naive.event_log import Round
from tests.naive.proofs import decryption_holds, merkle_root


class SumRules(BoxRules):
    """What is sealed is summed, what is summed is decrypted, what is decrypted is stated."""

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
