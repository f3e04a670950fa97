"""Sessions with drawn codes, prepared in the pages: order, public lists, freezing, adoption."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from ballot.cli import app
from ballot.crypto.encoding import dumps, loads
from ballot.crypto.group import GROUPS
from ballot.locale import LANGUAGES, message, messages
from ballot.preparing.slips import FILE, MAX_LISTS, code_of_lists, lists_of
from ballot.store.roll import RollStore
from ballot.tally.gate import build_gate
from ballot.web.prepare_context import HERE
from ballot.web.problems import status_of
from tests.preparing import ABOUT, VOTE, Browser, House, upload_in
from tests.sessions import definition
from tests.unit.test_web_prepare import alert

RUN, ED = CliRunner(), GROUPS["Ed25519"]
AT = f"{HERE}/slips"


pytestmark = pytest.mark.usefixtures("quickly")


@pytest.fixture
def clerk(house: House) -> Browser:
    """Everything is prepared, drawn codes are chosen, the order is made."""
    found = house.prepare()
    found.fill("/about", ABOUT | {"token_kind": "drawn"}, "about")
    found.fill("/slips/order", {}, "slips")
    return found


def make_slips(clerk: Browser, folder: Path) -> Path:
    """What the scrutineers' machine writes for the order as it is now."""
    order = folder / "order.json"
    order.write_bytes(clerk.get(f"{AT}/order.json").content)
    out = folder / f"slips-{len(list(folder.glob('slips-*')))}"
    done = RUN.invoke(app, ["codes", "--session-draft", str(order), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


def upload(clerk: Browser, data: bytes) -> httpx.Response:
    return clerk.upload("/slips", FILE, data, "slips")


def lacks(house: House, kind: str = "practice") -> str:
    """What the overview says is missing."""
    page = house.browser("clerk").get(f"{HERE}?lang=en").text
    panels = page.split('<div class="panel">')[1:]
    return panels[0 if kind == "practice" else 1]


def test_a_session_of_slips_is_prepared_and_rehearsed_without_a_code_coming_near(
    house: House, clerk: Browser, tmp_path: Path
) -> None:
    waits = message("en", "prepare.missing.slips.lists", deputies=30)
    assert waits in lacks(house)
    assert message("en", "prepare.todo.same") in lacks(house, "real")
    assert (
        alert(clerk.form(f"{HERE}/freeze", practice="yes"))
        == messages("zh")["problem.prepare.missing"]
    )
    out = make_slips(clerk, tmp_path)
    data = (out / FILE).read_bytes()
    assert upload(clerk, data).status_code == 303
    assert waits not in lacks(house)
    for lang in LANGUAGES:
        for path in ("", "/slips", "/about", "/keys"):
            assert clerk.get(f"{HERE}{path}?lang={lang}").status_code == 200
    found = house.freeze(clerk)
    assert (found.token_kind, found.signers, found.practice) == ("drawn", (), True)
    (slot,) = found.votes[0].slots
    (listed,) = loads(data)["lists"]
    assert (list(slot.drawn), slot.uuid, slot.keys) == (listed["credentials"], listed["uuid"], ())
    code = code_of_lists("Ed25519", lists_of(found))
    assert code in clerk.get(f"{HERE}/frozen").text
    # No code is in anything that the service keeps.
    codes = re.findall(r'class="code">([\w-]{19})<', (out / "slips.html").read_text("utf-8"))
    assert len(codes) == 30
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("data/**/*.db*"))
    assert all(c.encode() not in kept and c.replace("-", "").encode() not in kept for c in codes)
    house.adopt(found)
    assert clerk.get("/api/definition").content == found.raw
    assert build_gate(found, ED.g, slot.id, ["P01", "P02", "P03"], 2).drawn == set(slot.drawn)
    # The slips were handed out: the next session needs others.
    clerk.form("/office/practice/end")
    assert message("en", "prepare.missing.slips.order") in lacks(house)
    assert clerk.get(f"{AT}/order.json").status_code == 404
    clerk.fill("/slips/order", {}, "slips")
    assert alert(upload(clerk, data)) == messages("en")["problem.slips.other_session"]


def test_slips_of_a_version_that_was_taken_back_serve_the_next_one(
    house: House, clerk: Browser, tmp_path: Path
) -> None:
    upload(clerk, (make_slips(clerk, tmp_path) / FILE).read_bytes())
    first = house.freeze(clerk)
    assert upload(clerk, b"?").status_code == 422
    assert (
        alert(clerk.form(f"{AT}/order", seen=clerk.seen("slips")))
        == messages("zh")["problem.prepare.frozen"]
    )
    clerk.form(f"{HERE}/frozen/back", version="1")
    second = house.freeze(clerk)
    assert first.session != second.session
    assert lists_of(first) == lists_of(second)


def test_a_real_session_of_slips_asks_no_second_signer(tmp_path: Path) -> None:
    house = House(tmp_path / "data", signer_at="https://127.0.0.1:9")
    house.let_in()
    clerk = house.prepare()
    clerk.fill("/about", ABOUT | {"token_kind": "drawn"}, "about")
    clerk.fill("/slips/order", {}, "slips")
    upload(clerk, (make_slips(clerk, tmp_path) / FILE).read_bytes())
    found = house.freeze(clerk, practice=False)
    house.adopt(found)
    assert clerk.get("/api/definition").content == found.raw
    assert not RollStore(house.home.database).has_keys()
    again = House(tmp_path / "data", signer_at="https://127.0.0.1:9")
    assert again.modes.hallway is not None


def test_what_is_changed_after_the_order_is_told_and_needs_new_slips(
    house: House, clerk: Browser, tmp_path: Path
) -> None:
    upload(clerk, (make_slips(clerk, tmp_path) / FILE).read_bytes())
    rows = "\n".join(["代表证号,姓名", *(f"{n:03},代表{n}" for n in range(1, 30))])
    preview = clerk.upload("/roll/import", "roll.csv", rows.encode(), "roll")
    clerk.fill("/roll/take", {"upload": upload_in(preview)}, "roll")
    assert message("en", "prepare.missing.slips.count", count=30, deputies=29) in lacks(house)
    clerk.fill("/votes/projects", VOTE | {"slots": "2"}, "votes")
    assert message("en", "prepare.missing.slips.stale") in lacks(house)
    page = clerk.get(AT).text
    assert "order.json" not in page
    assert clerk.form(f"{AT}/order", seen="stale").status_code == 409
    # Where tokens are given out at check-in, nothing of this is asked.
    clerk.fill("/about", ABOUT, "about")
    assert "slips" not in lacks(house)
    assert messages("zh")["prepare.slips.not_chosen"] in clerk.get(AT).text


def _identity(value: dict[str, Any]) -> None:
    value["lists"][0]["credentials"][0] = ED.ser(ED.identity)
    value["lists"][0]["credentials"].sort()


def _not_a_point(value: dict[str, Any]) -> None:
    value["lists"][0]["credentials"][-1] = "ff" * 32


def _twice(value: dict[str, Any]) -> None:
    credentials = value["lists"][0]["credentials"]
    credentials[1] = credentials[0]


def _more(value: dict[str, Any]) -> None:
    credentials = value["lists"][0]["credentials"]
    credentials.append(ED.ser(ED.power_g(7)))
    credentials.sort()


BAD: dict[str, tuple[str, Any]] = {
    "no JSON": ("malformed", lambda data: b"PK\x03\x04"),
    "empty": ("malformed", lambda data: b""),
    "cut": ("malformed", lambda data: data[:-9]),
    "huge": ("too_big", lambda data: data + b" " * MAX_LISTS),
    "slips themselves": ("malformed", lambda data: b"<!doctype html>"),
    "another member": ("malformed", lambda value: value.update(more=1)),
    "another version": ("malformed", lambda value: value.update(version=2)),
    "not sorted": ("malformed", lambda value: value["lists"][0]["credentials"].reverse()),
    "a slot twice": ("malformed", lambda value: value["lists"].append(value["lists"][0])),
    "another group": ("group", lambda value: value.update(group="BELENIOS-2048")),
    "another session": ("other_session", lambda value: value["lists"][0].update(uuid="1" * 22)),
    "one slot more": (
        "slots", lambda value: value["lists"].append({**value["lists"][0], "slot": "more-1"})
    ),
    "one code less": ("few", lambda value: value["lists"][0]["credentials"].pop()),
    "one code more": ("many", _more),
    "a credential twice": ("twice", _twice),
    "not a point": ("point", _not_a_point),
    "the neutral element": ("point", _identity),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_of_lists_is_refused_by_its_own_code_and_changes_nothing(
    house: House, clerk: Browser, tmp_path: Path, what: str
) -> None:
    data = (make_slips(clerk, tmp_path) / FILE).read_bytes()
    code, change = BAD[what]
    if what in ("no JSON", "empty", "cut", "huge", "slips themselves"):
        bad = change(data)
    else:
        value = loads(data)
        change(value)
        bad = dumps(value)
    before = house.home.store.parts()
    for lang in LANGUAGES:
        clerk.get(f"{HERE}?lang={lang}")  # from here on the pages speak it
        answer = upload(clerk, bad)
        assert answer.status_code == status_of(f"slips.{code}") == 422
        assert alert(answer) == messages(lang)[f"problem.slips.{code}"]
    assert house.home.store.parts() == before


def test_two_slots_of_an_order_cannot_change_places(
    house: House, clerk: Browser, tmp_path: Path
) -> None:
    clerk.fill("/votes/projects", VOTE | {"slots": "3"}, "votes")
    clerk.fill("/slips/order", {}, "slips")
    value = loads((make_slips(clerk, tmp_path) / FILE).read_bytes())
    one, two, three = value["lists"]
    one["slot"], two["slot"] = two["slot"], one["slot"]
    assert alert(upload(clerk, dumps(value))) == messages("zh")["problem.slips.slots"]
    one["slot"], two["slot"] = two["slot"], one["slot"]
    for lists in ([one, two], [one, two, {**three, "credentials": two["credentials"]}]):
        found = alert(upload(clerk, dumps(value | {"lists": lists})))
        assert found == messages("zh")[f"problem.slips.{'slots' if len(lists) == 2 else 'twice'}"]
    assert upload(clerk, dumps(value)).status_code == 303


def test_a_file_is_wanted_and_an_order_before_it(house: House) -> None:
    clerk = house.prepare()
    clerk.fill("/about", ABOUT | {"token_kind": "drawn"}, "about")
    assert alert(upload(clerk, b"{}")) == messages("zh")["problem.slips.no_order"]
    assert clerk.upload("/slips", "", b"", "slips").status_code == 409
    wrong = clerk.form(f"{HERE}/about", seen=clerk.seen("about"), **ABOUT, token_kind="both")
    assert messages("zh")["prepare.field.token_kind"] in alert(wrong)


# What was left over


class Table:
    """The scrutineers' machine after check-in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "definition.json"
        value = loads(definition(drawn=True).raw)
        order = folder / "order.json"
        order.write_bytes(dumps(value))
        done = RUN.invoke(
            app, ["codes", "--session-draft", str(order), "--out", str(folder / "slips")]
        )
        assert done.exit_code == 0, done.output
        for vote in value["votes"]:
            for slot in vote["slots"]:
                slot["drawn"] = loads((folder / "slips" / f"{slot['id']}.json").read_bytes())
        self.file.write_bytes(dumps(value))
        text = (folder / "slips/slips.html").read_text("utf-8")
        self.codes = re.findall(r'class="code">([\w-]{19})<', text)
        self.slots = [slot["id"] for slot in value["votes"][0]["slots"]]
        self.value = value

    def unused(self, codes: list[str], *more: str, typed: bool = False, lang: str = "en") -> Any:
        listed = self.folder / "codes.txt"
        listed.write_text("\n".join(codes) + "\n", "utf-8")
        words = ["codes-unused", "--definition", str(self.file), "--lang", lang]
        words += [] if typed else ["--codes", str(listed)]
        words += more or ("--slot", self.slots[0], "--slot", self.slots[1])
        words += ["--out", str(self.folder / "unused.json")]
        return RUN.invoke(app, words, input="\n".join([*codes, "", ""]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Table:
    return Table(tmp_path_factory.mktemp("table"))


@pytest.fixture
def table(made: Table) -> Table:
    (made.folder / "unused.json").unlink(missing_ok=True)
    return made


@pytest.mark.parametrize("typed", [False, True])
def test_slips_left_over_become_credentials_of_this_check_in_alone(
    table: Table, typed: bool
) -> None:
    left = table.codes[3:8]
    spelled = [left[0].replace("-", ""), *left[1:]]
    result = table.unused(spelled, typed=typed)
    assert result.exit_code == 0, result.output
    assert f"{definition().deputies - 5} must have been taken" in result.output
    data = (table.folder / "unused.json").read_bytes()
    value = loads(data)
    first, second = (slot["drawn"] for slot in table.value["votes"][0]["slots"][:2])
    assert len(value["credentials"]) == 10
    assert len(set(value["credentials"]) & set(first)) == 5
    assert len(set(value["credentials"]) & set(second)) == 5
    assert value["slots"] == table.slots[:2]
    assert not any(code.encode() in data for code in left)
    # It is never written over.
    assert table.unused(left).exit_code == 2
    assert (table.folder / "unused.json").read_bytes() == data


def test_nothing_left_over_is_a_file_too(table: Table) -> None:
    assert table.unused([]).exit_code == 0
    assert loads((table.folder / "unused.json").read_bytes())["credentials"] == []


@pytest.mark.parametrize(
    ("codes", "key"),
    [
        (lambda own: [own[0], own[0]], "problem.slips.same"),
        (lambda own: ["nonsense"], "problem.slips.mistyped"),
        (lambda own: [own[0][:-1] + ("2" if own[0][-1] != "2" else "3")], "problem.slips.mistyped"),
        (lambda own: ["111-111-111-111-11v"], "problem.slips.unknown"),
    ],
    ids=["twice", "no code", "mistyped", "of another session"],
)
def test_a_slip_that_is_none_of_these_is_named(table: Table, codes: Any, key: str) -> None:
    own = codes(table.codes)
    for lang in LANGUAGES:
        result = table.unused(own, lang=lang)
        assert result.exit_code == 2
        assert messages(lang)[key] in result.output, result.output
        assert not any(code in result.stderr for code in own)  # no code on a screen or in a log
    assert not (table.folder / "unused.json").exists()
    # Typed, it is only said, and the others count.
    result = table.unused([*own, table.codes[5]], typed=True)
    assert result.exit_code == 0
    assert messages("en")[key] in result.output


def test_another_session_or_slot_has_no_unused_slips(table: Table) -> None:
    result = table.unused(table.codes[:1], "--slot", "nowhere-1")
    assert (result.exit_code, "definition.slot" in result.output) == (2, True)
    raw = table.file.read_bytes()
    try:
        table.file.write_bytes(definition(drawn=False).raw)
        result = table.unused(table.codes[:1])
        assert (result.exit_code, "slips.no_slips" in result.output) == (2, True)
        table.file.write_bytes(raw[:-3])
        assert table.unused(table.codes[:1]).exit_code == 2
    finally:
        table.file.write_bytes(raw)
    assert json.loads(raw)["token_kind"] == "drawn"
