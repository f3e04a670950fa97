"""V2: the definition is the one whose code was given, and is consistent (protocol §4–§6)."""

import re
import unicodedata
from math import isqrt
from typing import Any

from tests.naive import counting
from tests.naive.documents import code_of
from tests.naive.findings import Findings
from tests.naive.groups import CURVE, group_named

MEMBERS = (
    "kind version congress assembly government title year date practice note group deputies "
    "roll_digest officers presidium_quorum signers trustees box_key min_ballots min_paper "
    "token_kind votes"
)
STYLES = {"selection": ("three_way", "approve"), "rating": ("grades",), "motion": ("motion",)}
METHODS = {"tablet_paper": {"tablet", "paper"}, "tablet": {"tablet"}, "paper": {"paper"}}
SMALL_PRIMES = [n for n in range(2, 2**16) if all(n % k for k in range(2, isqrt(n) + 1))]


class DefinitionRules(Findings):
    """The definition by itself; that it was adopted is told by its event."""

    def v2(self, holds: bool, text: str) -> None:
        self.require("V2", holds, text)

    def distinct(self, values: list[Any], what: str) -> None:
        self.v2(len(values) == len(set(values)), f"{what} twice")

    def check_definition(self) -> None:
        d = self.definition
        if self.code is not None:
            given = self.code.strip()
            mine = self.session if len(given) == 64 else code_of(self.session)
            same = given.upper().replace("-", "") == mine.upper().replace("-", "")
            self.v2(same, f"the session digest is {self.session}, not {given}")
        self.v2(set(d) == set(MEMBERS.split()), "members of the definition")
        self.v2((d["kind"], d["version"]) == ("definition", 1), "kind, version")
        self.v2(d["token_kind"] in ("blind", "drawn"), "token kind")
        self.v2(d["group"] in ("Ed25519", "BELENIOS-2048"), "group")
        self.distinct(d["signers"], "a signer")
        self.check_people(d)
        slots = [slot for vote in d["votes"] for slot in vote["slots"]]
        for what in ("id", "uuid"):
            self.distinct([slot[what] for slot in slots], f"a slot {what}")
        moduli = [key for slot in slots for key in slot["keys"]]
        self.distinct(moduli, "a slot key")
        for key in moduli:
            self.v2(self.rsa_key(key), "a slot key is no RSA-3072 key")
        self.distinct([vote["id"] for vote in d["votes"]], "a vote")
        for vote in d["votes"]:
            self.check_vote(vote)
            for slot in vote["slots"]:
                self.check_slot(slot)

    def rsa_key(self, key: str) -> bool:
        """Attack A20, as far as n shows it."""
        if not re.fullmatch("[0-9a-f]{768}", key):
            return False
        n = int(key, 16)
        small = any(n % p == 0 for p in SMALL_PRIMES)
        return n.bit_length() == 3072 and not small and isqrt(n) ** 2 != n

    def check_people(self, d: dict[str, Any]) -> None:
        ids = [o["id"] for o in d["officers"]]
        self.distinct(ids, "an officer")
        keys = [o["public_key"] for o in d["officers"]]
        self.distinct(keys, "a key of an officer")
        for key in [*keys, d["box_key"]]:
            with self.part("V2", f"key {key[:12]}"):
                point = CURVE.parse(bytes.fromhex(key)[::-1].hex())
                self.v2(not CURVE.eq(point, CURVE.one), "a key of small order")
        roles = [r for o in d["officers"] for r in o["roles"]]
        for role in ("clerk", "presiding_officer", "chief_scrutineer"):
            self.v2(roles.count(role) == 1, f"not one {role}")
        for role in ("scrutineer", "teller"):
            self.v2(roles.count(role) >= 2, f"fewer than two {role}s")
        quorum = d["presidium_quorum"]
        self.v2(2 * quorum > roles.count("presidium") >= quorum > 0, "presidium quorum")
        members, t = d["trustees"]["members"], d["trustees"]["threshold"]
        self.distinct(members, "a trustee")
        self.v2(1 <= t <= len(members) and (t > 1 or len(members) == 1), "trustee threshold")
        scrutineers = {o["id"] for o in d["officers"] if "scrutineer" in o["roles"]}
        self.v2(set(members) <= scrutineers, "a trustee who is no scrutineer")

    def check_vote(self, vote: dict[str, Any]) -> None:
        items, rules = vote["items"], vote["rules"]
        self.distinct([item["id"] for item in items], "an item")
        self.check_names([item["title"] for item in items])
        self.v2(vote["style"] in STYLES[vote["kind"]], f"{vote['id']}: style")
        self.distinct(vote["channels"], "a channel")
        method = set(vote["channels"]) <= METHODS[rules["method"]]
        self.v2(bool(vote["channels"]) and method, f"{vote['id']}: channels")
        if vote["kind"] != "selection":
            fine = vote["seats"] == 0 and vote["waiver"] is None
            self.v2(fine and (vote["kind"] != "motion" or len(items) == 1), f"{vote['id']}: items")
            return
        waiver = vote["waiver"] is not None
        for text, holds in (
            ("margin", counting.margin_lawful(rules, vote["seats"], len(items), waiver)),
            ("needless waiver", not waiver or not self.lawful_unwaived(vote)),
            ("places", 1 <= vote["seats"] < len(items)),
            ("style and R06", rules["style"] == vote["style"]),
        ):
            self.v2(holds, f"{vote['id']}: {text}")

    def lawful_unwaived(self, vote: dict[str, Any]) -> bool:
        return counting.margin_lawful(vote["rules"], vote["seats"], len(vote["items"]), False)

    def check_names(self, titles: list[str]) -> None:
        """Attack B29: nobody can take one item for another."""
        looks = []
        for title in titles:
            folded = unicodedata.normalize("NFKC", title).casefold()
            looks.append("".join(c for c in folded if unicodedata.category(c)[0] in "LN"))
            scripts = {unicodedata.name(c, "").split(" ")[0] for c in title if c.isalpha()}
            mixed = "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK"}
            self.v2(not mixed, f"{title}: letters of two scripts that look alike")
        self.distinct(looks, "the look of an item")
        self.v2(all(looks), "an item without a name")

    def check_slot(self, slot: dict[str, Any]) -> None:
        d = self.definition
        digits = re.fullmatch("[1-9A-HJ-NP-Za-km-z]{22}", slot["uuid"])
        self.v2(bool(digits), f"{slot['id']}: uuid")
        blind, signers = d["token_kind"] == "blind", len(d["signers"])
        fine = len(slot["keys"]) == signers and signers in ((1, 2) if blind else (0,))
        self.v2(fine, f"{slot['id']}: slot keys")
        drawn, group = slot["drawn"], group_named(d["group"])
        for text in drawn:
            self.v2(not group.eq(group.parse(text), group.one), f"{slot['id']}: 1 in the list")
        fine = drawn == sorted(set(drawn)) and len(drawn) == (0 if blind else d["deputies"])
        self.v2(fine, f"{slot['id']}: drawn list")
