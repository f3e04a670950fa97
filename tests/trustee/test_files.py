"""The device's files, and whole sessions from the command line with files alone."""

import re
from pathlib import Path
from typing import Any

import pytest

from ballot import trustee
from ballot.cli import trustee as command
from ballot.conduct import certificate_of, count_round
from ballot.crypto import keyfile
from ballot.crypto.encoding import code_of_hex, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.demo import acts
from ballot.locale import message, messages
from ballot.tally.certificate import certificate_digest
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import draft
from ballot.tally.signatories import needed
from ballot.trustee import drafts
from ballot.trustee.device import Device, read_copy
from ballot.trustee.documents import Place
from ballot.trustee.journal import Journal
from ballot.trustee.sealing import inspect, record_of
from tests.elections import Stream
from tests.trustee.folders import PASSPHRASE, SLOT, Hall, derive, done, refused, run
from tests.trustee.parties import key_of, session

# Whole sessions


@pytest.fixture(scope="module")
def seated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hall after its ceremony."""
    folder = tmp_path_factory.mktemp("seated")
    (folder / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "_derive", derive)
        Hall(folder, folder / "passphrase").hold_ceremony()
    return folder


def test_five_trustees_with_files_only_one_missing_at_the_decryption(
    tmp_path: Path, secret: Path, seated: Path
) -> None:
    hall = Hall(tmp_path, secret, seated)
    assert message("zh", "trustee.keys_are_ready") in hall.step(hall.trustees[0])
    session_home = hall.home(hall.trustees[0]) / hall.code
    assert not (session_home / "seed.json").exists()
    hall.vote()
    said = ""
    for one in hall.trustees[:4]:
        said = done("seal", "--slot", SLOT, *hall.options(one), "--yes")
    assert code_of_hex(hall.stage.board.state.round(SLOT).root or "") in said
    assert "seal.too_few" in refused(
        "decrypt", "--slot", SLOT, *hall.options(hall.trustees[0]), "--yes"
    )
    for n in (1, 2, 3, 4):
        hall.publish(f"sealed-{SLOT}-{n}.json")
    for n in (1, 3, 5):  # the fifth has not sealed; the second and fourth stay away
        done("decrypt", "--slot", SLOT, *hall.options(hall.trustees[n - 1]), "--yes")
        hall.publish(f"decrypted-{SLOT}-{n}.json")
    certify(hall)
    assert hall.stage.board.state.round(SLOT).current


def certify(hall: Hall) -> None:
    """Counted; then every official signs the certificate on the own device."""
    stage, board = hall.stage, hall.stage.board
    record = record_of(board.state, board.events)
    ballots = (hall.board / f"box-{SLOT}.jsonl").read_bytes().splitlines()
    counting = count_round(board.state, SLOT, inspect(record, SLOT, ballots))
    stage.publish("counted", counting.body, {}, SLOT)
    hall.tell()
    minute = stage.clock()
    certificate = certificate_of(board.state, SLOT, counting, board.log, minute)
    body = {"certificate": certificate_digest(certificate)}
    event = draft("certified", stage.definition.session, SLOT, minute, body)
    file = hall.board / "certified.json"
    file.write_bytes(drafts.encode(event))
    wrong = hall.board / "wrong.json"
    body = {"certificate": "0" * 64}
    made = draft("certified", stage.definition.session, SLOT, minute, body)
    wrong.write_bytes(drafts.encode(made))
    chief = stage.holders("chief_scrutineer")[0].id
    assert "certificate.content" in refused("sign", wrong, *hall.options(chief), "--yes")
    box = ["--box", hall.board / "nowhere"]
    assert "sign.box" in refused("sign", file, *hall.options(chief), *box, "--yes")
    assert message("en", "trustee.left") in refused(
        "sign", file, *hall.options(chief), answers="n\n"
    )
    signers = {
        one.id
        for role, number in needed(stage.definition, "certified").items()
        for one in stage.holders(role)[:number]
    }
    for one in sorted(signers):
        said = done("sign", file, *hall.options(one), "--yes")
        assert code_of_hex(certificate_digest(certificate)) in said
    assert "sign.signed" in refused("sign", file, *hall.options(chief), "--yes")
    hall.publish("certified.json")


def test_every_refusal_of_a_session_is_one_line(tmp_path: Path, secret: Path) -> None:
    hall = Hall(tmp_path, secret)
    one, two = hall.trustees[:2]
    acts.adopt(hall.stage)
    hall.tell()
    options = hall.options(one)
    wrong = ["--session", "7K3F-9QXM-2T8B"]
    assert "trustee.other_session" in refused("ceremony", "step", *options, *wrong)
    clerk = hall.stage.holders("clerk")[0].id
    assert "trustee.not_named" in refused(
        "ceremony", "step", *hall.options(clerk), "--session", hall.code
    )
    said = run("ceremony", "step", *options, answers=f"{hall.code}\n")
    assert hall.stage.definition.officer(two).name in said.stdout
    copy = tmp_path / "copy"
    assert "key.none" in refused(
        "key", "export", "--out", copy, "--board", hall.board, "--home", hall.home(one)
    )
    official = hall.home(one) / "official.json"
    assert "drill.not_a_copy" in refused("drill", "--copy", official, *options)
    copy.write_bytes(official.read_bytes())
    assert "drill.incomplete" in refused("drill", "--copy", copy, *options)
    assert "event.malformed" in refused("sign", copy, *options)
    assert "seal.journal" in refused("seal", "--slot", SLOT, "--box", copy, *options)
    secret.write_text("another\n", encoding="utf-8")
    assert "key.passphrase" in refused("ceremony", "step", *options)
    secret.write_bytes(b"\xff\xfe")
    assert str(secret) in refused("ceremony", "step", *options)
    (hall.board / "events.jsonl").unlink()
    assert "events.jsonl" in refused("ceremony", "step", *options)


def test_a_restored_device_asks_and_never_seals_what_was_under_way(
    tmp_path: Path, secret: Path, seated: Path
) -> None:
    hall = Hall(tmp_path, secret, seated)
    hall.vote()
    one = hall.trustees[4]
    copy, home = tmp_path / f"copy-{one}", tmp_path / "new"
    restored = [
        "--copy", copy, "--board", hall.board, "--home", home, "--passphrase-file", secret,
        "--session", hall.code,
    ]  # fmt: skip
    assert message("en", "trustee.left") in refused("key", "import", *restored, answers="n\n")
    said = done("key", "import", *restored, "--opened", "projects-1", answers="y\n")
    assert SLOT in said
    options = ["--board", hall.board, "--home", home, "--passphrase-file", secret]
    assert "seal.restored" in refused("seal", "--slot", SLOT, *options, "--yes")
    assert "key.exists" in refused("key", "import", *restored, "--yes")
    for officer in hall.trustees[:4]:
        done("seal", "--slot", SLOT, *hall.options(officer), "--yes")
        hall.publish(f"sealed-{SLOT}-{hall.trustees.index(officer) + 1}.json")
    done("decrypt", "--slot", SLOT, *options, "--yes")
    assert hall.publish(f"decrypted-{SLOT}-5.json").body["owner"] == 5
    (hall.home(one) / hall.code / "seals.json").unlink()
    assert "seal.journal" in refused("decrypt", "--slot", SLOT, *hall.options(one), "--yes")


# Keys


def test_a_new_key_is_printed_for_the_definition_and_never_written_over(
    tmp_path: Path, secret: Path
) -> None:
    home = tmp_path / "keys"
    options = ["--home", home, "--passphrase-file", secret]
    public = done("key", "new", "--owner", "scrutineer-1", *options).splitlines()[-1]
    owner, key = Device(home, Stream("x")).official(PASSPHRASE)
    assert (owner, key.public) == ("scrutineer-1", public)
    assert (home / "official.json").stat().st_mode & 0o077 == 0
    assert "key.exists" in refused("key", "new", "--owner", "scrutineer-1", *options)
    assert "document.shape" in refused("key", "new", "--owner", "No Id", *options)
    secret.write_text("short\n", encoding="utf-8")
    assert "8" in refused("key", "new", "--owner", "a", "--home", tmp_path, *options[2:])


def test_a_copy_is_the_key_files_and_its_sheet_says_the_same(tmp_path: Path, secret: Path) -> None:
    home, copy, sheet = tmp_path / "keys", tmp_path / "copy", tmp_path / "copy.html"
    done("key", "new", "--owner", "clerk", "--home", home, "--passphrase-file", secret)
    done("key", "export", "--out", copy, "--sheet", sheet, "--home", home)
    official = (home / "official.json").read_bytes()
    assert read_copy(copy.read_bytes()) == {"official": official}
    assert sheet.read_text("utf-8").count("<svg") == 1
    again = tmp_path / "again"
    done("key", "import", "--copy", copy, "--home", again, "--passphrase-file", secret)
    assert (again / "official.json").read_bytes() == official
    assert "key.exists" in refused("key", "export", "--out", copy, "--home", home)


@pytest.mark.parametrize(
    "spelling",
    [
        lambda a, b: b"\xef\xbb\xbf" + a + b"\r\n" + b + b"\r\n",
        lambda a, b: b"\n " + b + b" \n\n" + a,
    ],
    ids=["saved as text", "scanned"],
)
def test_blanks_around_the_lines_of_a_copy_do_not_matter(spelling: Any) -> None:
    header = KeyHeader("official", "clerk", "a", None)
    official = lock(header, b"1", PASSPHRASE, Stream("a"))
    trustee = lock(KeyHeader("trustee", "s", "b", "0" * 64), b"2", PASSPHRASE, Stream("b"))
    found = {"official": official, "trustee": trustee}
    assert read_copy(spelling(official, trustee)) == found
    for wrong in (b"", official + b"\n" + official, official[:-1], b"\n\n"):
        with pytest.raises(Invalid, match=r"key\.damaged"):
            read_copy(wrong)


def place() -> Place:
    return Place(session(2, 3), 1, key_of("scrutineer-1"))


def test_files_survive_and_are_never_written_over(tmp_path: Path) -> None:
    files = Device(tmp_path, Stream("x")).session(place().definition)
    kept = files.enter(1)
    seed = kept.seed(place(), PASSPHRASE)
    assert kept.seed(place(), PASSPHRASE) == seed
    kept.save_seen({"a": "0" * 64})
    assert kept.seen() == {"a": "0" * 64}
    files.keep_share(place(), 5, PASSPHRASE)
    files.keep_share(place(), 5, PASSPHRASE)
    assert files.share(place(), PASSPHRASE) == 5
    assert files.journal(place()) == Journal(place().definition.session, "scrutineer-1")
    with pytest.raises(Invalid, match=r"ceremony\.share_kept"):
        files.keep_share(place(), 6, PASSPHRASE)
    kept.save_drill("4-drill-1.json", b"one")
    with pytest.raises(Invalid, match=r"key\.exists"):
        kept.save_drill("4-drill-1.json", b"two")
    files.forget_ceremony()
    files.forget_ceremony()
    assert [path.name for path in tmp_path.rglob(".*")] == []


def test_a_key_of_another_trustee_or_session_is_refused(tmp_path: Path) -> None:
    of = session(2, 3)
    files = Device(tmp_path, Stream("x")).session(of)
    files.keep_share(place(), 5, PASSPHRASE)
    other = Place(of, 2, key_of("scrutineer-2"))
    with pytest.raises(Invalid, match=r"key\.owner"):
        files.share(other, PASSPHRASE)
    elsewhere = session(2, 3, note="another")
    moved = Device(tmp_path, Stream("x")).session(elsewhere)
    moved.folder.mkdir()
    (moved.folder / "trustee.json").write_bytes(files.share_file.read_bytes())
    with pytest.raises(Invalid, match=r"key\.session"):
        moved.share(Place(elsewhere, 1, place().key), PASSPHRASE)
    files.folder.joinpath("seen.json").write_bytes(b"[1]")
    with pytest.raises(Invalid, match=r"ceremony\.seen"):
        files.enter(1).seen()


def test_the_journal_is_on_the_disk_before_a_seal_is_handed_out(
    tmp_path: Path, secret: Path, seated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(tmp_path, secret, seated)
    hall.vote()
    one = hall.trustees[0]

    def crash(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(command, "_hand_out", crash)
        run("seal", "--slot", SLOT, *hall.options(one), "--yes")
    assert not list(hall.board.glob("sealed-*"))
    journal = loads((hall.home(one) / hall.code / "seals.json").read_bytes())
    assert [entry["slot"] for entry in journal["rounds"]] == [SLOT]
    done("seal", "--slot", SLOT, *hall.options(one), "--yes")
    event = drafts.decode((hall.board / f"sealed-{SLOT}-1.json").read_bytes())
    assert event.minute == journal["rounds"][0]["minute"]


def test_every_refusal_has_its_sentence() -> None:
    modules = [
        *Path(trustee.__path__[0]).glob("*.py"),
        *Path(command.__file__).parent.glob("trus*"),
    ]
    text = "".join(file.read_text("utf-8") for file in modules)
    codes = set(re.findall(r'Invalid\(\s*"([a-z_.]+)"', text))
    assert len(codes) > 30
    for code in codes:
        names = (f"trustee.refusal.{code}", f"verify.code.{code}", f"problem.{code}")
        assert any(name in messages("zh") for name in names), code
    for kind in KINDS:
        assert f"trustee.kind.{kind}" in messages("zh")
