"""What the parts of a definition must be to each other (protocol §4; attacks A17, A24, B29, E28).

Refusals have the codes ``definition.…``, of a person's key ``signature.…``.
"""

import unicodedata

from ballot.crypto import shapes
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import check_public_key
from ballot.tally.margin import check_margin
from ballot.tally.session import CHANNELS, Definition, Vote

_LATIN_TWINS = ("CYRILLIC", "GREEK")


def check_definition(definition: Definition) -> None:
    """People, tokens and votes fit together; answers the first thing that does not."""
    _check_people(definition)
    _check_tokens(definition)
    for vote in definition.votes:
        _check_vote(vote)


def _check_people(definition: Definition) -> None:
    officers = definition.officers
    shapes.distinct([officer.id for officer in officers], "officers: id")
    shapes.distinct([officer.public_key for officer in officers], "officers: public_key")
    for officer in officers:
        check_public_key(officer.public_key)
    check_public_key(definition.box_key)
    for role, low, high in (
        ("clerk", 1, 1),
        ("presiding_officer", 1, 1),
        ("chief_scrutineer", 1, 1),
        ("scrutineer", 2, 30),
        ("teller", 2, 30),
        ("presidium", definition.presidium_quorum, 500),
    ):
        count = len(definition.holders(role))
        if not low <= count <= high:
            what = f"{count} with the role {role}, needed {low}"
            raise Invalid("definition.officers", what if count < low else f"{what} to {high}")
    # 浙江省乡镇人民代表大会工作条例 Art. 24: a presidium acts with more than half of its members.
    if 2 * definition.presidium_quorum <= len(definition.holders("presidium")):
        raise Invalid("definition.quorum", "the presidium quorum is not more than half")
    m, t = len(definition.trustees), definition.threshold
    shapes.distinct(definition.trustees, "trustees.members")
    if t > m:
        raise Invalid("definition.threshold", f"{t} trustees needed, only {m} named")
    if t < 2 and m > 1:  # attack A24
        raise Invalid("definition.threshold", "one trustee alone could decrypt")
    for trustee in definition.trustees:
        if "scrutineer" not in definition.officer(trustee).roles:
            raise Invalid("definition.officers", f"trustee {trustee} is not a scrutineer")


def _check_tokens(definition: Definition) -> None:
    slots = [slot for vote in definition.votes for slot in vote.slots]
    shapes.distinct([vote.id for vote in definition.votes], "votes: id")
    shapes.distinct([slot.id for slot in slots], "slots: id")
    shapes.distinct([slot.uuid for slot in slots], "slots: uuid")
    shapes.distinct(definition.signers, "signers")
    blind = definition.token_kind == "blind"
    if blind != bool(definition.signers):
        raise Invalid("definition.token_kind", "blind tokens have one or two signers, slips none")
    for slot in slots:
        # One session, one token kind, for everyone (attack E28).
        if len(slot.keys) != len(definition.signers) or bool(slot.drawn) == blind:
            raise Invalid("definition.token_kind", f"slot {slot.id} is of another token kind")
        if not blind and len(slot.drawn) != definition.deputies:
            raise Invalid("definition.drawn", f"slot {slot.id}: not one slip per deputy")
    # Each slot and signer has its own modulus (attack A17).
    if len({key.n for slot in slots for key in slot.keys}) != sum(len(s.keys) for s in slots):
        raise Invalid("definition.slot_keys", "one modulus stands under two slots or signers")


def _check_vote(vote: Vote) -> None:
    where = f"vote {vote.id}"
    shapes.distinct([item.id for item in vote.items], f"{where}: item id")
    shapes.distinct(vote.channels, f"{where}: channels")
    _check_names([item.title for item in vote.items])
    allowed = {"tablet_paper": CHANNELS, "paper": ("paper",), "tablet": ("tablet",)}
    if not set(vote.channels) <= set(allowed[vote.rules.method]):
        raise Invalid("definition.channels", f"{where}: not the method of its rules")
    if vote.kind == "motion" and len(vote.items) != 1:
        raise Invalid("definition.items", f"{where}: a motion is one item")
    if vote.kind != "selection":
        if vote.seats or vote.waiver:
            raise Invalid("definition.seats", f"{where}: only a selection has places")
        return
    if vote.style != vote.rules.style:
        raise Invalid("definition.style", f"{where}: style differs from its rules")
    if not 1 <= vote.seats < len(vote.items):
        raise Invalid("definition.seats", f"{vote.seats} places for {len(vote.items)} candidates")
    margin = check_margin(vote.seats, len(vote.items), vote.rules.margin)
    if margin.verdict == "refused":
        numbers = str(margin.allowed)
        raise Invalid(
            "definition.margin",
            f"{len(vote.items)} candidates for {vote.seats} places; lawful: {numbers}",
        )
    if margin.verdict == "ok_with_waiver" and vote.waiver is None:
        raise Invalid("definition.waiver", "this margin needs the presidium's recorded waiver")
    if margin.verdict == "ok" and vote.waiver is not None:
        raise Invalid("definition.waiver", "a waiver for a margin that needs none")


def skeleton(title: str) -> str:
    """What a reader may take a name for: compatibility forms, case, spaces and points folded.

    Two items of one list must differ in it (attack B29; after UTS #39).
    """
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


def _check_names(titles: list[str]) -> None:
    seen: dict[str, str] = {}
    for title in titles:
        scripts = {unicodedata.name(c, "").split(" ")[0] for c in title if c.isalpha()}
        if "LATIN" in scripts and scripts & set(_LATIN_TWINS):
            raise Invalid("definition.confusable", f"{title}: letters of look-alike scripts")
        key = skeleton(title)
        if not key:
            raise Invalid("definition.confusable", "a name without letters or digits")
        if key in seen:
            raise Invalid("definition.confusable", f"{title} can be taken for {seen[key]}")
        seen[key] = title
