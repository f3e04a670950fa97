"""A preparation as values: what is missing, what is kept, what freezes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballot.crypto.encoding import code_of_hex
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import SigningKey
from ballot.locale import LANGUAGES, messages
from ballot.preparing.defining import Public, _moduli, check, definition_bytes
from ballot.preparing.freezing import Freezer, Service, is_untouched
from ballot.preparing.missing import Place, margin_of, missing
from ballot.preparing.parts import (
    NAMES,
    SIGNERS,
    About,
    Committee,
    Listed,
    Person,
    Preparation,
    Voting,
    decode_parts,
    encode_part,
    seen,
    tidy,
)
from ballot.preparing.presets import PRESETS, offered, preset
from ballot.store.board import BoardStore
from ballot.store.engine import Database, sqlite_url
from ballot.store.preparing import FrozenEvents
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.definition import decode_definition
from ballot.tally.rules import Rules
from ballot.tally.session import CHANNELS, KINDS, Approval, Item
from tests.offices import SECRET
from tests.preparing import quick
from tests.sessions import PEOPLE, TRUSTEES, key

HERE = Place()
ELSEWHERE = Place(box_here=False, signer_here=False, signer_known=True)
WAIVER = Approval("多一项，便于比较", "青禾镇人大主席团", "2024-12-20", "青人主〔2024〕9号")


def item(name: str, title: str) -> Item:
    return Item(name, title, "", "", "", None, "", "", "", "")


def vote(seats: int = 2, items: int = 3, **changes: Any) -> Voting:
    listed = tuple(item(f"P{n:02}", f"样例项目第{n}号") for n in range(1, items + 1))
    rules = preset("national", "selection", "three_way", 2025)
    found = Voting(
        "projects",
        "2025年度民生实事项目票决",
        "selection",
        "three_way",
        seats,
        1,
        CHANNELS,
        rules,
        listed,
        (WAIVER,),
        WAIVER if seats < 5 else None,
    )
    return replace(found, **changes)


def whole(**changes: Any) -> Preparation:
    """A preparation with nothing missing, but for the changes."""
    about = About(
        congress="青禾镇人民代表大会",
        assembly="青禾镇第二十届人民代表大会第四次会议",
        government="镇人民政府",
        title="2025年度民生实事项目票决",
        year=2025,
        date="2025-01-16",
    )
    people = tuple(
        Person(name, f"样例{name}", tuple(roles), key(name).public)
        for name, roles in PEOPLE.items()
    )
    prepared = Preparation(
        about=about,
        roll=tuple(Listed(f"{n:03}", f"代表{n}", "第一代表团") for n in range(1, 31)),
        committee=Committee(2, tuple(TRUSTEES), 3),
        votes=(vote(),),
        people=people,
    )
    return replace(prepared, **changes)


def codes(prepared: Preparation, practice: bool = True, place: Place = HERE) -> list[str]:
    return [one.code for one in missing(prepared, practice, place)]


def frozen(prepared: Preparation, practice: bool) -> bytes:
    """Its definition with stand-ins for the keys."""
    keys, slots = _moduli(2 * len(prepared.slots)), prepared.slots
    names = SIGNERS if prepared.about.second_signer else SIGNERS[:1]
    signers = {
        name: dict(zip(slots, keys[i * len(slots) :], strict=False)) for i, name in enumerate(names)
    }
    uuids = {slot: f"TestSession{'A' * 9}{n:02}".replace("0", "z") for n, slot in enumerate(slots)}
    public = Public(SigningKey(b"b" * 32).public, signers, uuids, bytes(32))
    return definition_bytes(prepared, practice, public)


def test_nothing_is_missing_in_a_whole_preparation_and_it_freezes() -> None:
    prepared = whole()
    assert codes(prepared) == []
    raw = frozen(prepared, True)
    definition = decode_definition(raw)
    assert definition.practice
    assert definition.deputies == 30
    assert definition.votes[0].waiver == WAIVER
    assert definition.presidium_quorum == 2
    assert not decode_definition(frozen(prepared, False)).practice


def test_everything_is_missing_at_first() -> None:
    found = codes(Preparation(), False, ELSEWHERE)
    for code in ("about.assembly", "roll", "votes", "people.few", "committee.trustees"):
        assert code in found
    assert "keys.box" in found


LACKS: dict[str, Preparation] = {
    "about.congress": whole(about=replace(whole().about, congress="")),
    "about.year": whole(about=replace(whole().about, year=25)),
    "about.date": whole(about=replace(whole().about, date="2025-13-01")),
    "roll": whole(roll=()),
    "roll.twice": whole(roll=(Listed("1", "甲"), Listed("1", "乙"))),
    "people.few": whole(people=tuple(p for p in whole().people if p.id != "chief")),
    "people.many": whole(
        people=(*whole().people, Person("clerk-2", "样例", ("clerk",), key("x").public))
    ),
    "people.key": whole(
        people=tuple(replace(p, public_key=None) if p.id == "chief" else p for p in whole().people)
    ),
    "committee.quorum": whole(committee=Committee(1, tuple(TRUSTEES), 3)),
    "committee.trustees": whole(committee=Committee(2, ("chief",), 1)),
    "committee.threshold": whole(committee=Committee(2, tuple(TRUSTEES), 1)),
    "votes": whole(votes=()),
    "vote.title": whole(votes=(vote(title=""),)),
    "vote.channels": whole(votes=(vote(channels=()),)),
    "vote.items": whole(votes=(vote(items=0),)),
    "vote.seats": whole(votes=(vote(seats=0),)),
    "vote.approvals": whole(votes=(vote(approvals=()),)),
    "vote.margin": whole(votes=(vote(seats=8, items=11),)),
    "vote.margin_waiver": whole(votes=(vote(seats=2, items=4),)),
    "vote.margin_none": whole(
        votes=(vote(rules=vote().rules | {"margin_small_n": "refuse"}),)  # type: ignore[operator]
    ),
    "vote.waiver": whole(votes=(vote(waiver=None),)),
    "vote.waiver_unneeded": whole(votes=(vote(seats=8, items=9, waiver=WAIVER),)),
    "refused": whole(
        votes=(replace(vote(), items=(*vote().items[:2], item("P9", "样例项目第 1 号"))),)
    ),
}


@pytest.mark.parametrize("code", LACKS)
def test_what_is_missing_is_named(code: str) -> None:
    assert codes(LACKS[code]) == [code]


def test_every_line_has_its_sentence_in_both_languages() -> None:
    for lang in LANGUAGES:
        known = messages(lang)
        for prepared in LACKS.values():
            for one in missing(prepared, False, ELSEWHERE):
                values = {**one.fields, "role": "r", "lawful": "9"}
                assert known[f"prepare.missing.{one.code}"].format(**values)


def test_a_real_session_wants_the_second_signers_own_keys() -> None:
    prepared = whole()
    assert codes(prepared, practice=False) == ["keys.signer", "keys.signer_at"]
    known = whole(signer=dict.fromkeys(prepared.slots, "00"))
    assert codes(known, False, Place(signer_here=False, signer_known=True)) == []
    alone = whole(about=replace(prepared.about, second_signer=False))
    assert codes(alone, practice=False) == []
    assert len(decode_definition(frozen(alone, False)).signers) == 1


@given(
    seats=st.integers(1, 12),
    items=st.integers(0, 14),
    waiver=st.booleans(),
    quorum=st.integers(0, 4),
    threshold=st.integers(0, 6),
    trustees=st.sets(st.sampled_from([*TRUSTEES, "chief"])),
    preset_name=st.sampled_from(sorted(PRESETS)),
    titles=st.lists(st.sampled_from(["样例甲", "样例 甲", "a", "а", "样例乙"]), max_size=2),
)
def test_what_misses_nothing_freezes_and_what_freezes_misses_nothing(
    seats: int,
    items: int,
    waiver: bool,
    quorum: int,
    threshold: int,
    trustees: set[str],
    preset_name: str,
    titles: list[str],
) -> None:
    rules = preset(preset_name, "selection", "three_way", 2025)
    listed = vote(seats, items).items[: max(0, items - len(titles))]
    listed += tuple(item(f"T{n}", title) for n, title in enumerate(titles))
    one = replace(vote(seats), rules=rules, items=listed, waiver=WAIVER if waiver else None)
    prepared = whole(votes=(one,), committee=Committee(quorum, tuple(sorted(trustees)), threshold))
    found = missing(prepared, True, HERE)
    try:
        raw = frozen(prepared, True)
    except Invalid:
        assert found
        return
    assert decode_definition(raw).raw == raw
    assert [one.code for one in found] == []


def test_the_margin_of_a_list_is_told_before_it_is_whole() -> None:
    margin = margin_of(vote(seats=8, items=9))
    assert margin is not None
    assert margin.verdict == "ok"
    assert margin_of(vote(seats=0)) is None


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_preset_is_a_rule_set_that_can_be_adopted(name: str, kind: str) -> None:
    for style in KINDS[kind]:
        rules = preset(name, kind, style, 2025)
        assert Rules.decode(rules, grades=style == "grades").encode() == rules


def test_every_rule_says_what_it_means_and_what_stands_behind_it() -> None:
    for lang in LANGUAGES:
        known = messages(lang)
        for style in ("three_way", "grades"):
            for rule, values in offered(style).items():
                for end in ("", ".means", ".law", *(f".{str(v).lower()}" for v in values)):
                    assert known[f"prepare.rule.{rule}{end}"]


def test_parts_come_back_as_they_were_kept() -> None:
    prepared = whole(signer={"projects-1": "ab"}, box="cd")
    documents = {name: encode_part(prepared, name) for name in NAMES}
    assert decode_parts(documents, prepared.people) == prepared
    assert decode_parts({}) == Preparation()
    assert seen(documents, "about") != seen(documents, "votes")
    assert seen({}, "about") == seen({}, "votes")


def test_what_is_typed_is_tidied_and_invisible_characters_are_refused() -> None:
    assert tidy(" 青禾镇　人大\u00a0主席团\n") == "青禾镇 人大 主席团"
    hidden = whole(about=replace(whole().about, title="票决\u200b"))
    with pytest.raises(Invalid, match=r"document\.text"):
        encode_part(hidden, "about")


def test_a_vote_is_found_by_its_id_and_changed_in_its_place() -> None:
    first, second = vote(), replace(vote(), id="rating")
    prepared = Preparation(votes=(first,)).with_vote(second)
    assert [one.id for one in prepared.votes] == ["projects", "rating"]
    renamed = prepared.with_vote(replace(first, title="新"))
    assert [one.title for one in renamed.votes] == ["新", first.title]
    with pytest.raises(Invalid, match=r"prepare\.unknown"):
        prepared.vote("motion")


# Versions and their installation.


@pytest.fixture
def services(tmp_path: Path) -> dict[str, Service]:
    found = {}
    for name in ("registrar", "box", "signer"):
        database = Database(sqlite_url(tmp_path / f"{name}.db"))
        upgrade(database, SERVICES[name])
        found[name] = Service(database, SECRET)
    return found


def test_a_version_is_frozen_once_and_installed_as_often_as_asked(
    services: dict[str, Service],
) -> None:
    with quick():
        freezer = Freezer(services["registrar"])
        steps: list[tuple[int, int]] = []
        version = freezer.freeze(whole(), True, HERE, lambda *at: steps.append(at))
        assert steps == [(1, 2), (2, 2)]
        assert version.number == 1
        with pytest.raises(Invalid, match=r"prepare\.frozen"):
            freezer.freeze(whole(), True, HERE, lambda *_: None)
        events = FrozenEvents(services["registrar"].database, 1)
        assert events.append(1, b"a line")
        for _ in range(2):  # a second time, as after a power cut
            freezer.install(version, [b"a line"], services)
        for name, service in services.items():
            assert BoardStore(service.database).definition() == version.definition
            assert not is_untouched("box" if name == "box" else "signer", service.database)
        assert BoardStore(services["registrar"].database).lines() == [b"a line"]
        assert code_of_hex(version.session) == code_of_hex(
            decode_definition(version.definition).session
        )


def test_another_versions_keys_never_take_the_place_of_those_installed(
    services: dict[str, Service],
) -> None:
    with quick():
        freezer = Freezer(services["registrar"])
        first = freezer.freeze(whole(), True, HERE, lambda *_: None)
        freezer.install(first, [], services)
        freezer.store.end(1, "ended", "clerk")
        second = freezer.freeze(whole(), True, HERE, lambda *_: None)
        with pytest.raises(Invalid, match=r"store\.key_exists"):
            freezer.install(second, [], services)


def test_with_something_missing_nothing_is_frozen(services: dict[str, Service]) -> None:
    with quick():
        freezer = Freezer(services["registrar"])
        with pytest.raises(Invalid, match=r"prepare\.missing"):
            freezer.freeze(whole(roll=()), True, HERE, lambda *_: None)
    assert freezer.store.standing() is None


def test_what_a_definition_refuses_is_asked_without_making_keys() -> None:
    assert check(whole(), True, True) is None
    error = check(LACKS["refused"], True, True)
    assert error is not None
    assert error.code == "definition.confusable"
