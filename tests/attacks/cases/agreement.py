"""Definitions whose members disagree: A17, A24, B14, B24, B28, B29, D4, E8, E11, E28, E35."""

from collections.abc import Callable
from typing import Any

from tests.attacks.cases.changes import repeat, setting
from tests.attacks.cases.definition import definition_case

VOTE = ("votes", 0)
SLOT = (*VOTE, "slots", 0)
WAIVER = {"step": "差额豁免", "body": "主席团", "date": "2025-01-02", "document_no": "样例1号"}


def _officers(value: Any, role: str) -> list[Any]:
    return [officer for officer in value["officers"] if role in officer["roles"]]


def _without(role: str, left: int) -> Callable[[Any], None]:
    """All but ``left`` of the officers with a role lose it to another."""

    def change(value: Any) -> None:
        for officer in _officers(value, role)[left:]:
            officer["roles"] = ["clerk"] if role == "presidium" else ["presidium"]

    return change


def _also(role: str) -> Callable[[Any], None]:
    """One more with a role that one person has."""
    return lambda value: _officers(value, "teller")[0]["roles"].insert(0, role)


def _officer_twice(name: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        value["officers"][1][name] = value["officers"][0][name]

    return change


def _more_presidium(value: Any) -> None:
    value["presidium_quorum"] = len(_officers(value, "presidium")) + 1


# People: E11, A24, B14.

for _role, _left in (("scrutineer", 1), ("teller", 1), ("chief_scrutineer", 0), ("presidium", 1)):
    definition_case(f"E11-fewer-{_role}", "too few with a role", _without(_role, _left))
for _role in ("chief_scrutineer", "clerk", "presiding_officer"):
    definition_case(f"E11-two-{_role}", "two with a role of one", _also(_role))
definition_case("E11-officer-id-twice", "two officers of one id", _officer_twice("id"))
definition_case("E11-officer-key-twice", "two officers of one key", _officer_twice("public_key"))
definition_case("E11-quorum-above-all", "more needed than there are", _more_presidium)
definition_case("D4-box-key", "a box key of small order", setting("box_key", to="01" + "00" * 31))
definition_case(
    "A24-trustee-twice", "one trustee in two places", lambda v: repeat(v["trustees"], "members")
)
definition_case(
    "A24-trustee-no-scrutineer",
    "a teller as trustee",
    setting("trustees", "members", 0, to="teller-1"),
)
definition_case(
    "A24-trustee-unknown", "a trustee of no name", setting("trustees", "members", 0, to="nobody")
)
definition_case("A24-threshold-above-all", "six of five", setting("trustees", "threshold", to=6))

# Tokens: A17, E23, E28, E35.

definition_case(
    "A17-slot-id-twice", "two slots of one id", setting(*VOTE, "slots", 1, "id", to="projects-1")
)
definition_case("A17-vote-twice", "one vote twice", lambda v: v["votes"].append(v["votes"][0]))
definition_case("E35-signer-twice", "one signer twice", setting("signers", to=["clerk", "clerk"]))
definition_case("E28-no-signer", "blind tokens that nobody signs", setting("signers", to=[]))
definition_case(
    "E28-key-missing",
    "a slot without the second key",
    lambda v: v["votes"][0]["slots"][0]["keys"].pop(),
)
definition_case(
    "E28-signers-of-slips",
    "drawn codes, and signers",
    setting("signers", to=["clerk"]),
    play="drawn",
)
definition_case(
    "E8-slip-missing",
    "fewer slips than deputies",
    lambda v: v["votes"][0]["slots"][0]["drawn"].pop(),
    play="drawn",
)
definition_case(
    "B24-length", "a request too short for the ballots", setting(*SLOT, "length", to=1024)
)
definition_case(
    "A24-uuid-alphabet",
    "a uuid with a sign of no Base58",
    setting(*SLOT, "uuid", to=lambda u: "0" + u[1:]),
)

# Votes: B14, B28, B29.

definition_case("B14-item-twice", "two items of one id", setting(*VOTE, "items", 1, "id", to="Q01"))
definition_case(
    "B14-channel-twice", "one channel twice", setting(*VOTE, "channels", to=["tablet", "tablet"])
)
definition_case(
    "B14-channel",
    "a channel that the rules do not know",
    setting(*VOTE, "rules", "method", to="tablet"),
)
definition_case("B14-style", "a style other than the rules'", setting(*VOTE, "style", to="approve"))
definition_case("B28-no-seats", "no place to fill", setting(*VOTE, "seats", to=0))
definition_case("B28-all-seats", "as many places as candidates", setting(*VOTE, "seats", to=3))
definition_case("B28-margin", "three candidates for one place", setting(*VOTE, "seats", to=1))
definition_case(
    "B28-waiver", "a waiver that nothing needs", setting(*VOTE, "waiver", to=lambda _: WAIVER)
)
definition_case(
    "B28-no-waiver", "a waiver is needed", setting(*VOTE, "waiver", to=None), play="run_off"
)
definition_case(
    "B28-motion-of-two",
    "a motion on two items",
    lambda v: v["votes"][0]["items"].append(
        v["votes"][0]["items"][0] | {"id": "Q9", "title": "另一项"}
    ),
    play="motion",
)
definition_case(
    "B28-motion-with-seats", "a motion with places", setting(*VOTE, "seats", to=1), play="motion"
)
definition_case(
    "B28-motion-with-waiver",
    "a motion with a waiver",
    setting(*VOTE, "waiver", to=lambda _: WAIVER),
    play="motion",
)
definition_case("B29-no-letters", "a name of points", setting(*VOTE, "items", 0, "title", to="……"))
definition_case(
    "B29-two-scripts",
    "Latin and Cyrillic in one name",
    setting(*VOTE, "items", 0, "title", to="Aа"),
)
for _name, _to in {
    "threshold": "most",
    "margin_range": None,
    "returned_gt_issued": "ignore",
    "write_in": True,
    "second_tie": 1,
    "title": "",
}.items():
    definition_case(
        f"B14-rule-{_name}", "a rule that no code applies", setting(*VOTE, "rules", _name, to=_to)
    )
definition_case("B14-rule-unknown", "one rule more", lambda v: v["votes"][0]["rules"].update(x=1))
definition_case("B14-rule-missing", "one rule less", lambda v: v["votes"][0]["rules"].pop("tie"))
