"""The ceremony's board over HTTP: names, signers, second versions, a new board, KeysReady once."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import sign
from ballot.installing import Roll, install_definition, install_roll
from ballot.locale import messages
from ballot.signing_room import SigningRoom
from ballot.store.ceremony import CeremonyStore
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.presence import Deputy
from ballot.store.schema import SERVICES, upgrade
from ballot.tally.definition import decode_definition
from ballot.tally.events import draft, sign_event
from ballot.tally.session import list_digest
from ballot.trustee import documents, journal
from ballot.trustee.board import Board
from ballot.trustee.documents import MAX_DOCUMENT, STEPS, file_name
from ballot.trustee.journal import Journal
from ballot.web.ceremony_board import CeremonyBoard
from ballot.web.guard import Guard
from ballot.web.hallway import Around
from ballot.web.office_context import Office
from ballot.web.registrar_app import registrar_app
from ballot.web.registrar_service import RegistrarService
from ballot.web.sessions import AccountLogin, Who
from ballot.web.trustees import trustees_router
from tests.offices import SECRET, cheap, office
from tests.sessions import MINUTE, key
from tests.trustee.parties import held, key_of, parties, session, until
from tests.unit.test_web_office import Browser

SALT = b"s" * 32
DEPUTIES = tuple(Deputy(f"{n:03d}", f"代表{n}") for n in range(1, 31))
ROLL = {"roll_digest": list_digest(SALT, [one.number for one in DEPUTIES])}
OF = decode_definition(dumps(loads(session(2, 3).raw) | ROLL))
READY = [file_name("ready", i) for i in (1, 2, 3)]
BOX = "https://127.0.0.1:8001"


class Room:
    """The registrar of a session of three trustees."""

    def __init__(self, home: Path, adopted: bool = True) -> None:
        self.database = Database(sqlite_url(home / "registrar.db"))
        upgrade(self.database, SERVICES["registrar"])
        install_definition(self.database, "registrar", OF.raw)
        install_roll(self.database, OF, Roll(DEPUTIES, SALT))
        self.service = RegistrarService(self.database, SECRET)
        if adopted:
            self.publish("defined", ["clerk"], "clerk")
            self.publish("adopted", ["chair", "member-1"], "presidium")
        with cheap():
            accounts, _ = office(self.database)
        self.changes = 0
        self.guard = Guard(AccountLogin(accounts), lambda size: bytes(range(size)), lambda: 0.0)
        room = SigningRoom(self.service.board, OfficeStore(self.database))
        shared = Office(
            room,
            accounts,
            self.guard,
            self.service,
            self.database,
            lambda: MINUTE,
            self._changed,
            BOX,
        )
        around = Around(hosts={"127.0.0.1"}, box_at=BOX, followers=[], record=home / "r.zip")
        self.app = registrar_app(self.service, around, [trustees_router(shared)])

    def _changed(self) -> None:
        self.changes += 1

    def publish(self, kind: str, who: list[str], role: str) -> None:
        event = draft(kind, OF.session, None, MINUTE, {})
        self.service.board.publish(event, [sign_event(key(one), event, one, role) for one in who])

    @property
    def board(self) -> CeremonyBoard:
        """Another one over the same store, as after a restart."""
        return CeremonyBoard(
            self.service.board, CeremonyStore(self.database, OF.session), self.service.publish
        )

    def browser(self, who: str = "") -> Browser:
        browser = Browser(self.app)
        if who:
            self.guard.sessions._random = lambda size: who.encode().ljust(size, b".")[:size]
            cookie = self.guard.sessions.open(Who(who, frozenset({"scrutineer"}), who), "zh")
            browser.jar.set("__Host-desk", cookie)
            found = self.guard.sessions.find(cookie)
            assert found is not None
            browser.token = found.csrf
        return browser

    def kinds(self) -> list[str]:
        return [event.kind for event in self.service.board.events]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = Room(tmp_path)
    yield found
    found.database.close()


def post(browser: Browser, name: str, data: bytes, number: int = 1, **more: Any) -> httpx.Response:
    headers = {"content_type": "application/json", "x_csrf_token": browser.token} | more
    return browser.ask("POST", f"/api/ceremony/{number}/{name}", data, **headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def shown(room: Room) -> dict[str, Any]:
    found: dict[str, Any] = room.browser().get("/api/ceremony").json()
    return found


def renewal(index: int, number: int = 1) -> tuple[str, bytes]:
    place = parties(OF)[index - 1].place
    return file_name("renewal", index), documents.write(place, "renewal", {"number": number})


def signed(step: str, index: int, value: dict[str, Any], by: str) -> bytes:
    """The document with other contents, signed anew by that officer."""
    unsigned = {name: one for name, one in value.items() if name != "signature"}
    return dumps({**unsigned, "signature": sign(key_of(by), f"ceremony_{step}", unsigned)})


def test_a_whole_ceremony_is_published_once_by_the_last_signature(room: Room) -> None:
    browser = room.browser("scrutineer-1")
    for name, data in sorted(held(OF).items()):
        assert room.kinds() == ["defined", "adopted"]
        answer = post(browser, name, data)
        assert answer.status_code == 200, answer.text
    assert room.kinds() == ["defined", "adopted", "keys_ready"]
    assert room.changes == 1
    event = room.service.board.events[-1]
    assert [one.signer for one in event.signatures] == list(OF.trustees)
    # A lost answer: the same again, also after a restart, changes nothing.
    for name in READY:
        assert post(browser, name, held(OF)[name]).status_code == 200
    room.board.add(1, READY[0], held(OF)[READY[0]])
    assert room.kinds().count("keys_ready") == 1


def test_everyone_sees_the_board_and_only_what_changed(room: Room) -> None:
    name = file_name("certificate", 2)
    post(room.browser("scrutineer-1"), name, held(OF)[name])
    found = shown(room)
    assert found["documents"] == [{"name": name, "text": held(OF)[name].decode()}]
    assert (found["number"], found["conflicts"]) == (1, [])
    again = room.browser().get(f"/api/ceremony?known={found['state']}")
    assert (again.status_code, again.content) == (204, b"")
    archive = zipfile.ZipFile(io.BytesIO(room.browser().get("/api/ceremony/board.zip").content))
    assert archive.namelist() == [name, "definition.json", "events.jsonl"]
    assert archive.read(name) == held(OF)[name]
    assert archive.read("definition.json") == OF.raw
    assert len(archive.read("events.jsonl").splitlines()) == 2


def test_a_second_version_is_refused_kept_nowhere_and_told_to_all(room: Room) -> None:
    browser, name = room.browser("scrutineer-1"), file_name("certificate", 1)
    assert post(browser, name, held(OF)[name]).status_code == 200
    other = signed(
        "certificate", 1, loads(held(OF)[name]) | {"commitment": "0" * 64}, "scrutineer-1"
    )
    before = shown(room)
    assert code(post(browser, name, other)) == (409, "ceremony.conflict")
    after = shown(room)
    assert after["documents"] == before["documents"]
    assert after["conflicts"] == [name]
    assert after["state"] != before["state"]
    with room.database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT count(*) FROM ceremony_document")
        assert rows.scalar_one() == 1


def test_a_device_that_saw_the_first_version_raises_the_alarm(room: Room) -> None:
    one, name = parties(OF)[0], file_name("certificate", 2)
    board = until("certificate", held(OF))
    one.step(board)
    value = loads(board[name]) | {"commitment": "0" * 64}
    board[name] = signed("certificate", 2, value, "scrutineer-2")
    with pytest.raises(Invalid, match=r"ceremony\.changed: scrutineer-2: 1-certificate-2"):
        one.step(board)


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_document_must_be_the_named_trustees_own(room: Room, step: str) -> None:
    browser, data = room.browser("scrutineer-1"), held(OF)[file_name(step, 1)]
    value = loads(data)
    # Under another's name, of another step, by another's key, altered, not canonical, no JSON.
    wrong = [(file_name(step, 2), data), (file_name("key" if step != "key" else "drill", 1), data)]
    text = data.replace(b'"scrutineer-1"', b'"scrutineer-2"')
    wrong += [(file_name(step, 1), bad) for bad in (text, data + b" ", b"{}", b"[", b"", b"\xff")]
    if step != "ready":
        wrong += [(file_name(step, 1), signed(step, 1, value, "scrutineer-2"))]
    for name, bad in wrong:
        status, found = code(post(browser, name, bad))
        assert (status, found) in {
            (400, "ceremony.document"), (403, "ceremony.signature"),
        }, (name, bad[:60])  # fmt: skip
    assert shown(room)["documents"] == []


def test_ready_is_a_draft_of_keys_ready_with_one_signature_for_this_session(room: Room) -> None:
    browser, name = room.browser("scrutineer-1"), READY[0]
    value = loads(held(OF)[name])
    both = [*value["signatures"], *loads(held(OF)[READY[1]])["signatures"]]
    for change, wanted in (
        ({"signatures": both}, "ceremony.signature"),
        ({"signatures": []}, "ceremony.signature"),
        ({"minute": "2025-01-16T01:01Z"}, "ceremony.signature"),
        ({"session": "0" * 64}, "ceremony.session"),
        ({"kind": "published", "body": {"log": "0" * 64}}, "ceremony.document"),
    ):
        assert code(post(browser, name, dumps(value | change)))[1] == wanted, change
    other = held(session(2, 3, note="another"))[name]
    assert code(post(browser, name, other)) == (409, "ceremony.session")


def test_drafts_that_differ_are_published_by_nobody(room: Room) -> None:
    browser = room.browser("scrutineer-1")
    value = loads(held(OF)[READY[2]])
    later = draft("keys_ready", OF.session, None, "2025-01-16T01:01Z", value["body"])
    signature = sign_event(key_of("scrutineer-3"), later, "scrutineer-3", "trustee")
    signatures = [{"role": "trustee", "signature": signature.signature, "signer": "scrutineer-3"}]
    other = dumps(value | {"minute": later.minute, "signatures": signatures})
    for name, data in sorted(held(OF).items()):
        answer = post(browser, name, other if name == READY[2] else data)
        assert answer.status_code == 200
    assert room.kinds() == ["defined", "adopted"]
    one = parties(OF)[0]
    one.drill = held(OF)[one.name("drill")]
    board = {entry["name"]: entry["text"].encode() for entry in shown(room)["documents"]}
    with pytest.raises(Invalid, match=r"ceremony\.ready: scrutineer-3"):
        one.step(board)


@pytest.mark.parametrize(
    "name",
    ["1-certificate-4.json", "1-certificate-0.json", "2-certificate-1.json", "definition.json",
     "1-certificate-01.json", "..%2Fx.json", "board.zip", "6-over-1.json"],
)  # fmt: skip
def test_only_names_of_this_sessions_ceremony_are_taken(room: Room, name: str) -> None:
    data = held(OF)[file_name("certificate", 1)]
    answer = post(room.browser("scrutineer-1"), name, data)
    assert answer.status_code == 404
    assert shown(room)["documents"] == []


def test_a_document_too_large_or_of_another_type_is_refused(room: Room) -> None:
    browser, name = room.browser("scrutineer-1"), file_name("certificate", 1)
    assert code(post(browser, name, b" " * (MAX_DOCUMENT + 1))) == (413, "body.too_large")
    answer = post(browser, name, held(OF)[name], content_type="text/plain")
    assert code(answer) == (415, "body.media_type")


def test_only_a_signed_in_trustee_of_this_session_writes(room: Room) -> None:
    name = file_name("certificate", 1)
    data = held(OF)[name]
    assert code(post(room.browser(), name, data)) == (403, "office.signed_out")
    assert code(post(room.browser("chief"), name, data)) == (403, "office.role")
    browser = room.browser("scrutineer-3")
    assert code(post(browser, name, data, x_csrf_token="")) == (403, "office.token")
    foreign: Any = {"origin": "https://evil.example", "sec_fetch_site": "cross-site"}
    assert post(browser, name, data, **foreign).status_code == 403
    assert shown(room)["documents"] == []
    # For one who is off line: whose it is, its signature says.
    assert post(browser, name, data).status_code == 200


def test_nothing_is_taken_before_the_adoption(tmp_path: Path) -> None:
    room, name = Room(tmp_path, adopted=False), file_name("certificate", 1)
    answer = post(room.browser("scrutineer-1"), name, held(OF)[name])
    assert code(answer) == (409, "ceremony.not_adopted")


def test_a_new_board_begins_when_every_trustee_has_agreed(room: Room) -> None:
    browser, name = room.browser("scrutineer-1"), file_name("certificate", 1)
    data = held(OF)[name]
    assert post(browser, name, data).status_code == 200
    for index in (1, 2, 3):
        assert shown(room)["number"] == 1
        assert post(browser, *renewal(index)).status_code == 200
    found = shown(room)
    assert (found["number"], found["documents"]) == (2, [])
    # The old board takes nothing new; what stands there may be repeated.
    second = file_name("certificate", 2)
    assert code(post(browser, second, held(OF)[second])) == (409, "ceremony.board")
    assert post(browser, name, data).status_code == 200
    assert post(browser, second, held(OF)[second], 2).status_code == 200
    # A renewal gives up the board that it names, and no other.
    assert code(post(browser, *renewal(1, 1), 2)) == (409, "ceremony.board")
    assert code(post(browser, *renewal(1, 3), 3)) == (409, "ceremony.board")
    assert room.board.shown().number == 2


def test_after_keys_ready_nothing_is_added_and_nothing_begun_anew(room: Room) -> None:
    browser = room.browser("scrutineer-1")
    for name, data in sorted(held(OF).items()):
        post(browser, name, data)
    assert code(post(browser, *renewal(1))) == (409, "ceremony.over")
    assert shown(room)["number"] == 1


def test_a_renewal_is_no_file_of_a_ceremony_step() -> None:
    one = parties(OF)[0]
    name, data = renewal(2)
    board = Board(one.place, {name: data}, {})
    assert documents.named(OF, name) == ("renewal", 2)
    assert documents.read(OF, "renewal", 2, data)["number"] == 1
    assert one.step({name: data}).waiting == "certificate"
    assert board.seen == {}
    for wrong in (0, -1, "1", True, None):
        place = parties(OF)[1].place
        bad = documents.write(place, "renewal", {"number": wrong})
        with pytest.raises(Invalid, match=r"ceremony\.document"):
            documents.read(OF, "renewal", 2, bad)


def test_the_page_is_for_trustees_and_says_where_the_box_is(room: Room) -> None:
    page = room.browser("scrutineer-2").get("/office/trustee")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert f"connect-src 'self' {BOX}" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert "监票人" in page.text
    english = room.browser("scrutineer-2").get("/office/trustee?lang=en")
    assert "Scrutineer: key, seal, decryption" in english.text
    assert room.browser("chief").get("/office/trustee").status_code == 403
    assert room.browser().get("/office/trustee").headers["location"].endswith("/login")


def test_the_journal_of_a_browser_is_that_of_the_command_line() -> None:
    made: Any = {
        "kind": "seal_journal", "owner": "scrutineer-1", "restored": None, "rounds": [],
        "session": OF.session, "version": 1,
    }  # fmt: skip
    assert journal.decode(dumps(made), OF.session, "scrutineer-1") == Journal(
        OF.session, "scrutineer-1"
    )


PAGE = Path(__file__).parents[2] / "ballot/web/static/office"
FAMILIES = ("tab.", "step.", "phase.")


def test_the_page_says_nothing_that_is_not_in_both_languages() -> None:
    known = {
        key.removeprefix("trustee.page.")
        for key in messages("zh")
        if key.startswith("trustee.page.")
    }
    source = "".join(file.read_text("utf-8") for file in sorted(PAGE.glob("trustee*.mjs")))
    used = set(re.findall(r'\bt\(\s*"([a-z_.]+)"', source))
    used |= set(re.findall(r'"((?:person|codes|renewal|seal|copy)\.[a-z_]+)"', source))
    used -= set(re.findall(r'Invalid\("([a-z_.]+)"', source))  # codes, not texts
    plain = set(re.findall(r'screens\.plain\("([a-z_]+)"', source))
    used |= {f"{name}.{end}" for name in plain for end in ("title", "lead")}
    assert used <= known, used - known
    markup = Path(PAGE.parents[1], "templates/trustee.html").read_text("utf-8")
    used |= set(re.findall(r"trustee\.page\.([a-z_]+)", markup)) | {
        "nav",
        "no_key.go",
        "other_key.go",
    }
    assert {one for one in known - used if not one.startswith(FAMILIES)} == set()
