"""Trustees' devices with their folders, and `ballot trustee` in this process."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ballot.cli import trustee as command
from ballot.crypto.encoding import code_of_hex
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.crypto.threshold import verify_trustees
from ballot.demo import acts
from ballot.demo.rounds import Casting
from ballot.demo.stage import Stage
from ballot.locale import message
from ballot.tally.events import Event, encode
from ballot.trustee import drafts
from ballot.trustee.device import Device
from tests.elections import Stream
from tests.records import empty_stage, vote_plan

PASSPHRASE = "correct horse battery staple"
SLOT = "projects-1"
RUN = CliRunner()


def derive(passphrase: str, salt: bytes) -> bytes:
    """In place of scrypt, which takes half a second by design."""
    return hashlib.sha256(salt + passphrase.encode()).digest()


def run(*arguments: object, answers: str = "", lang: str = "zh") -> Any:
    """``ballot trustee …`` in this process."""
    words = [*map(str, arguments), "--lang", lang]
    return RUN.invoke(command.app, words, input=answers)


def done(*arguments: object, answers: str = "") -> str:
    """What it says when all goes well."""
    found = run(*arguments, answers=answers)
    assert found.exit_code == 0, found.output
    return str(found.stdout)


def refused(*arguments: object, answers: str = "") -> str:
    """The one line it says, the same code in both languages."""
    lines = []
    for lang in ("zh", "en"):
        found = run(*arguments, answers=answers, lang=lang)
        assert found.exit_code == 2, found.output
        lines.append(found.stderr.strip().splitlines()[-1])
    chinese, english = lines
    assert chinese != english
    return str(english)


class Hall:
    """The session's folder and every official's keys, each in a folder of its own."""

    def __init__(self, root: Path, secret: Path, seated: Path | None = None) -> None:
        """With ``seated``, the folder of a hall after its ceremony, the same hall again."""
        self.root, self.secret, self.board = root, secret, root / "board"
        self.stage: Stage = empty_stage(vote_plan())
        self.code = code_of_hex(self.stage.definition.session)
        if seated:
            shutil.copytree(seated, root, dirs_exist_ok=True)
            acts.adopt(self.stage)
            self.take_keys()
            return
        self.board.mkdir()
        (self.board / "definition.json").write_bytes(self.stage.definition.raw)
        for one in self.stage.officials:
            header = KeyHeader("official", one.id, one.key.public, None)
            data = lock(header, one.key.seed, PASSPHRASE, Stream(one.id))
            Device(self.home(one.id), Stream(one.id)).keep_official(data)

    def home(self, officer: str) -> Path:
        return self.root / officer

    @property
    def trustees(self) -> tuple[str, ...]:
        return self.stage.definition.trustees

    def tell(self) -> None:
        """The events so far, as everyone has them."""
        lines = [encode(event) + b"\n" for event in self.stage.board.events]
        (self.board / "events.jsonl").write_bytes(b"".join(lines))

    def options(self, officer: str) -> list[object]:
        return [
            "--board", self.board, "--home", self.home(officer),
            "--passphrase-file", self.secret,
        ]  # fmt: skip

    def publish(self, name: str) -> Event:
        """What the clerk does with a signed draft."""
        made = drafts.decode((self.board / name).read_bytes())
        event = self.stage.board.publish(made, made.signatures)
        self.tell()
        return event

    def step(self, officer: str) -> str:
        return done("ceremony", "step", *self.options(officer), "--session", self.code)

    def hold_ceremony(self) -> None:
        """Adoption, five trustees, their copies and drills, KeysReady."""
        acts.adopt(self.stage)
        self.tell()
        for _ in range(4):
            for one in self.trustees:
                said = self.step(one)
        assert message("zh", "trustee.do_drill") in said
        for one in self.trustees:
            copy = self.root / f"copy-{one}"
            done(
                "key", "export", "--out", copy, "--board", self.board,
                "--home", self.home(one), "--sheet", f"{copy}.html",
            )  # fmt: skip
            done("drill", "--copy", copy, *self.options(one))
        for one in self.trustees:
            self.step(one)
        self.take_keys()

    def take_keys(self) -> None:
        """KeysReady."""
        event = self.publish("keys-ready.json")
        self.stage.trustees_bytes = event.body["trustees"].encode()
        self.stage.y = verify_trustees(self.stage.group, self.stage.trustees_bytes).y

    def vote(self) -> None:
        """Rules, check-in, seven ballots, the closed box in the folder."""
        stage = self.stage
        acts.adopt_rules(stage, 7)
        acts.check_in(stage, stage.plan.deputies, stage.plan.slots)
        casting = Casting(stage, SLOT)
        casting.open()
        casting.cast(["YYN", "YNA", "NYY", "YNA", "YYN", "NNN", "YAA"])
        casting.close()
        lines = [data + b"\n" for data in casting.sealed.values()]
        (self.board / f"box-{SLOT}.jsonl").write_bytes(b"".join(lines))
        self.tell()
