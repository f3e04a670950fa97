"""A ceremony that broke, given up and begun anew, with files and beside browsers."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ballot.cli import trustee_ceremony as command
from ballot.crypto.encoding import code_of_hex, sha256
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.demo import acts
from ballot.locale import message
from ballot.tally.definition import decode_definition
from ballot.trustee import documents
from ballot.trustee.ceremony_files import CeremonyFiles
from ballot.trustee.device import Device
from ballot.trustee.documents import Place, file_name
from tests.elections import Stream
from tests.trustee.folders import PASSPHRASE, Hall, done, refused, run
from tests.trustee.parties import Party, look, parties
from tests.unit.test_web_trustees import OF, Room, post, shown

RENEW = ("ceremony", "renew")


@pytest.fixture
def hall(tmp_path: Path, secret: Path) -> Hall:
    """Adopted; nobody has begun the ceremony."""
    found = Hall(tmp_path, secret)
    acts.adopt(found.stage)
    found.tell()
    return found


def renew(hall: Hall, officer: str) -> str:
    return done(*RENEW, *hall.options(officer), "--session", hall.code, "--yes")


def files_of(hall: Hall, officer: str) -> set[str]:
    """What the device keeps of the session, by path."""
    home = hall.home(officer) / hall.code
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def drill_all(hall: Hall) -> None:
    """Everyone's steps up to the own copy and the drill with it."""
    for _ in range(4):
        for one in hall.trustees:
            hall.step(one)
    for one in hall.trustees:
        copy = hall.root / f"copy-{one}"
        words = ["--out", copy, "--board", hall.board, "--home", hall.home(one)]
        done("key", "export", *words)
        done("drill", "--copy", copy, *hall.options(one))


def test_a_damaged_board_is_given_up_by_all_and_completed_with_fresh_keys(hall: Hall) -> None:
    for _ in range(4):
        for one in hall.trustees:
            hall.step(one)
    first = hall.trustees[0]
    home = hall.home(first) / hall.code
    old_seed, old_share = (home / "seed.json").read_bytes(), (home / "trustee.json").read_bytes()
    damaged = hall.board / file_name("coefficients", 2)
    damaged.write_bytes(damaged.read_bytes()[:-40])
    assert "ceremony.document: scrutineer-2" in refused("ceremony", "step", *hall.options(first))
    for number, one in enumerate(hall.trustees, 1):
        said = renew(hall, one)
        # Until everyone has, nothing is erased and the board stays in use.
        assert (home / "seed.json").read_bytes() == old_seed
        rest = [hall.stage.definition.officer(name).name for name in hall.trustees[number:]]
        assert all(name in said for name in rest)
        assert (message("zh", "trustee.renewed", number=2) in said) == (not rest)
        name = file_name("renewal", number)
        value = documents.read(
            hall.stage.definition, "renewal", number, (hall.board / name).read_bytes()
        )
        assert value["number"] == 1
        assert (hall.home(one) / hall.code / name).read_bytes() == (hall.board / name).read_bytes()
    said = hall.step(first)
    assert message("zh", "trustee.board", number=2) in said
    # The old seed and all that came of it is gone; the consent stays.
    assert files_of(hall, first) == {
        "0-renewal-1.json", "seals.lock", "board-2/seed.json", "board-2/seen.json"
    }  # fmt: skip
    assert (home / "board-2/seed.json").read_bytes() != old_seed
    assert message("zh", "trustee.board", number=2) not in hall.step(first)
    drill_all(hall)
    for one in hall.trustees:
        said = hall.step(one)
    assert str(hall.board / "keys-ready.json") in said
    assert (hall.board / "board-2" / file_name("ready", 5)).exists()
    assert not (hall.board / file_name("ready", 5)).exists()
    hall.take_keys()
    assert message("zh", "trustee.keys_are_ready") in hall.step(first)
    assert "board-2/seed.json" not in files_of(hall, first)
    assert (home / "trustee.json").read_bytes() != old_share


def test_what_is_complete_or_published_is_not_given_up(hall: Hall) -> None:
    drill_all(hall)
    one, last = hall.trustees[0], hall.trustees[-1]
    renew(hall, last)  # the others have not signed yet
    for officer in hall.trustees:
        hall.step(officer)
    said = refused(*RENEW, *hall.options(one), "--yes")
    assert "ceremony.over" in said
    # All renewals beside a complete KeysReady: it is in force as soon as somebody publishes it.
    for index, officer in enumerate(hall.trustees, 1):
        owner, key = Device(hall.home(officer), Stream("x")).official(PASSPHRASE)
        assert owner == officer
        place = Place(hall.stage.definition, index, key)
        data = documents.write(place, "renewal", {"number": 1})
        (hall.board / file_name("renewal", index)).write_bytes(data)
    assert message("zh", "trustee.ceremony_done", path=hall.board / "keys-ready.json") in (
        hall.step(one)
    )
    hall.take_keys()
    assert "ceremony.over" in refused(*RENEW, *hall.options(one), "--yes")
    assert message("zh", "trustee.keys_are_ready") in hall.step(one)


def test_it_asks_and_leaves_everything_as_it_was_without_a_yes(hall: Hall) -> None:
    one = hall.trustees[0]
    hall.step(one)
    before = files_of(hall, one)
    said = refused(*RENEW, *hall.options(one), answers="n\n")
    assert message("en", "trustee.left") in said
    assert files_of(hall, one) == before
    assert not list(hall.board.glob("0-*"))
    found = run(*RENEW, *hall.options(one), answers="y\n")
    assert message("zh", "trustee.ask_renew", number=1) in found.stderr
    # Said once, it is not asked again.
    assert run(*RENEW, *hall.options(one)).exit_code == 0
    # The ceremony goes on as long as somebody has not agreed.
    for _ in range(2):
        for officer in hall.trustees:
            hall.step(officer)
    assert (hall.board / file_name("coefficients", 1)).exists()


@pytest.mark.parametrize("moment", ["kept", "handed out", "share", "erased", "begun"])
def test_a_crash_between_two_writes_is_made_good_by_the_same_command(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    one, *others = hall.trustees
    for _ in range(4):
        for officer in hall.trustees:
            hall.step(officer)
    for officer in others:
        renew(hall, officer)

    def crash(*_: object) -> None:
        raise OSError("no space left")

    where, what, task = {
        "kept": (CeremonyFiles, "give_up", "renew"),
        "handed out": (command._Seat, "hand_out", "renew"),
        "share": (CeremonyFiles, "erase", "step"),
        "erased": (CeremonyFiles, "forget_seed", "step"),
        "begun": (CeremonyFiles, "save_seen", "step"),
    }[moment]
    if task == "step":
        renew(hall, one)
    with monkeypatch.context() as patch:
        patch.setattr(where, what, crash)
        words = ["ceremony", task, *hall.options(one)] + ["--yes"] * (task == "renew")
        assert run(*words).exit_code == 2
    renewal = hall.board / file_name("renewal", 1)
    if task == "renew":
        assert not renewal.exists()
        renew(hall, one)
    assert renewal.exists()
    hall.step(one)
    assert files_of(hall, one) == {
        "0-renewal-1.json", "seals.lock", "board-2/seed.json", "board-2/seen.json"
    }  # fmt: skip
    seed = (hall.home(one) / hall.code / "board-2/seed.json").read_bytes()
    hall.step(one)
    assert (hall.home(one) / hall.code / "board-2/seed.json").read_bytes() == seed


def test_nothing_is_begun_anew_without_the_own_consent_nor_on_an_old_folder(
    hall: Hall, tmp_path: Path
) -> None:
    one, two = hall.trustees[:2]
    for officer in hall.trustees:
        hall.step(officer)
    old = {path.name: path.read_bytes() for path in hall.board.iterdir()}
    for officer in hall.trustees:
        renew(hall, officer)
    # Somebody with this trustee's key gave the board up elsewhere.
    (hall.home(two) / hall.code / file_name("renewal", 2)).unlink()
    assert "ceremony.renewed" in refused("ceremony", "step", *hall.options(two))
    assert "ceremony.renewed" in refused(*RENEW, *hall.options(two), "--yes")
    assert "seed.json" in files_of(hall, two)
    hall.step(one)
    folder = tmp_path / "old"
    folder.mkdir()
    for name, data in old.items():
        (folder / name).write_bytes(data)
    options = ["--board", folder, *hall.options(one)[2:]]
    for words in (("ceremony", "step"), (*RENEW, "--yes")):
        assert "ceremony.old_folder" in refused(*words, *options)
    # A renewal that is damaged, or of another board, names its trustee.
    for data in (b"{}", (hall.board / file_name("renewal", 1)).read_bytes()):
        (hall.board / file_name("renewal", 2)).write_bytes(data)
        said = refused("ceremony", "step", *hall.options(one))
        assert f"ceremony.document: {two}: 0-renewal-2.json" in said


def test_a_second_board_is_given_up_like_the_first(hall: Hall) -> None:
    for number in (1, 2):
        for officer in hall.trustees:
            hall.step(officer)
        for officer in hall.trustees:
            said = renew(hall, officer)
        assert message("zh", "trustee.renewed", number=number + 1) in said
    one = hall.trustees[0]
    said = hall.step(one)
    assert str(hall.board / "board-3" / file_name("certificate", 1)) in said
    assert {name for name in files_of(hall, one) if "seed" in name} == {"board-3/seed.json"}
    # A renewal of the first board is none of the second.
    wrong = hall.board / "board-3" / file_name("renewal", 1)
    wrong.write_bytes((hall.board / "board-2" / file_name("renewal", 1)).read_bytes())
    said = refused("ceremony", "step", *hall.options(one))
    assert "ceremony.board: scrutineer-1: 0-renewal-1.json" in said


# One off line, the others in browsers


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = Room(tmp_path)
    yield found
    found.database.close()


def places() -> list[Place]:
    return [one.place for one in parties(OF)]


class OffLine:
    """The first trustee: a folder from ``board.zip``, and the command line."""

    def __init__(self, room: Room, root: Path, secret: Path) -> None:
        self.room, self.root, self.secret = room, root, secret
        self.browser, self.times = room.browser("scrutineer-2"), 0
        key = places()[0].key
        header = KeyHeader("official", "scrutineer-1", key.public, None)
        data = lock(header, key.seed, PASSPHRASE, Stream("x"))
        Device(root / "keys", Stream("x")).keep_official(data)

    def fetch(self) -> Path:
        """The folder as it is now, in a new place."""
        self.times += 1
        folder = self.root / f"folder-{self.times}"
        answer = self.browser.get("/api/ceremony/board.zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            archive.extractall(folder)
        return folder

    def run(self, *words: str) -> str:
        """A command on a new folder; what it wrote is handed in by somebody else."""
        folder = self.fetch()
        before = {path.relative_to(folder) for path in folder.rglob("*")}
        said = done(
            *words, "--board", folder, "--home", self.root / "keys",
            "--passphrase-file", self.secret, "--session", code_of_hex(OF.session),
        )  # fmt: skip
        for path in sorted(folder.rglob("[0-5]-*.json")):
            if path.relative_to(folder) not in before:
                number = json.loads(self.browser.get("/api/ceremony").content)["number"]
                answer = post(self.browser, path.name, path.read_bytes(), number)
                assert answer.status_code == 200, answer.text
        return said


def online(room: Room, people: list[Party]) -> None:
    """The others' browsers do what can be done."""
    browser = room.browser("scrutineer-2")
    found = shown(room)
    board = {one["name"]: one["text"].encode() for one in found["documents"]}
    for one in people:
        before = set(board)
        look(one, board)
        for name in set(board) - before:
            assert post(browser, name, board[name], found["number"]).status_code == 200


def test_a_trustee_off_line_gives_up_and_goes_on_beside_browsers(
    room: Room, tmp_path: Path, secret: Path
) -> None:
    offline, browser = OffLine(room, tmp_path, secret), room.browser("scrutineer-2")
    first = [Party(place, sha256(b"1", place.id.encode())) for place in places()[1:]]
    offline.run("ceremony", "step")
    online(room, first)
    offline.run("ceremony", "step")
    said = offline.run("ceremony", "renew", "--yes")
    assert all(OF.officer(one.place.id).name in said for one in first)
    for one in first:
        data = documents.write(one.place, "renewal", {"number": 1})
        assert post(browser, one.name("renewal"), data).status_code == 200
    assert shown(room)["number"] == 2
    # The folder holds the consent of all to end the first board, and the second one, empty.
    names = {path.relative_to(folder).as_posix() for folder in [offline.fetch()]
             for path in folder.rglob("*.json")}  # fmt: skip
    assert names == {"definition.json", *(file_name("renewal", i) for i in (1, 2, 3))}
    second = [Party(place, sha256(b"2", place.id.encode())) for place in places()[1:]]
    for _ in range(3):
        offline.run("ceremony", "step")
        online(room, second)
    copy = tmp_path / "copy"
    folder = offline.fetch()
    assert (folder / "board-2" / file_name("key", 2)).exists()
    done("key", "export", "--out", copy, "--board", folder, "--home", tmp_path / "keys")
    offline.run("drill", "--copy", str(copy))
    online(room, second)
    offline.run("ceremony", "step")
    assert room.kinds() == ["defined", "adopted", "keys_ready"]
    assert decode_definition(OF.raw).session == room.service.board.events[-1].session
    said = offline.run("ceremony", "step")
    assert message("zh", "trustee.keys_are_ready") in said


def test_the_service_takes_the_command_lines_renewal_byte_for_byte(
    room: Room, tmp_path: Path, secret: Path
) -> None:
    offline = OffLine(room, tmp_path, secret)
    offline.run("ceremony", "renew", "--yes")
    (found,) = shown(room)["documents"]
    written: Any = documents.write(places()[0], "renewal", {"number": 1})
    assert (found["name"], found["text"].encode()) == (file_name("renewal", 1), written)
