"""What the trustee's commands share: the session's folder, passphrases, refusals in words."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ballot.cli.output import fail, file_sentence, language, read_file, read_start
from ballot.crypto.encoding import MAX_DOCUMENT, code_of_hex, parse_code
from ballot.crypto.errors import Invalid
from ballot.locale import message, messages
from ballot.tally.definition import decode_definition
from ballot.tally.events import Event, decode_event
from ballot.tally.lifecycle import replay
from ballot.tally.session import Definition
from ballot.trustee.boards import complete, folder_name, renewing
from ballot.trustee.device import Device, SessionFiles
from ballot.trustee.documents import MAX_DOCUMENT as MAX_MESSAGE
from ballot.trustee.documents import Place, place_of
from ballot.trustee.sealing import Record, record_of

MAX_ENVELOPE = 1024 * 1024
MIN_PASSPHRASE = 8

Home = Annotated[Path, typer.Option(help="The folder with your keys.")]
Folder = Annotated[
    Path, typer.Option(help="The session's folder: definition.json, events.jsonl, documents.")
]
PassphraseFile = Annotated[Path | None, typer.Option(help="Its first line is the passphrase.")]
Code = Annotated[str, typer.Option(help="The printed 会议码; asked for at the first use.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer yes to the last question.")]
Lang = Annotated[str, typer.Option(help="zh or en.")]
HOME = Path("ballot-keys")


@dataclass(frozen=True)
class Session:
    """A session as its folder tells it. ``log``: the digests of its events."""

    folder: Path
    definition: Definition
    record: Record
    log: tuple[str, ...]

    @property
    def code(self) -> str:
        """会议码."""
        return code_of_hex(self.definition.session)

    def box(self, slot: str) -> Path:
        """Where the envelopes of a round lie, unless another file is named."""
        return self.folder / f"box-{slot}.jsonl"

    def board(self) -> "LaidBoard":
        """The board in use: the first that not every trustee has given up before its KeysReady
        was complete. Raises ``ceremony.…`` for a renewal that does not hold.
        """
        number = 1
        while True:
            folder = self.folder / folder_name(number)
            files = sorted(folder.glob("[0-5]-*.json"))
            found = {file.name: read_start(file, MAX_MESSAGE + 1) for file in files}
            gave_up = renewing(self.definition, number, found)
            ready = complete(self.definition, found)
            if ready is not None or len(gave_up) < len(self.definition.trustees):
                return LaidBoard(folder, number, found, gave_up, ready)
            number += 1


@dataclass(frozen=True)
class LaidBoard:
    """A board in a folder. ``documents``: name → bytes, each cut off one byte after what one may
    have; ``gave_up``: who signed a renewal (officer ids); ``ready``: KeysReady, signed by all.
    """

    folder: Path
    number: int
    documents: Mapping[str, bytes]
    gave_up: tuple[str, ...]
    ready: Event | None

    def put(self, name: str, data: bytes) -> Path | None:
        """A document of one's own, in one piece; None where it is there already."""
        path = self.folder / name
        if path.exists():
            return None
        self.folder.mkdir(exist_ok=True)
        half = path.with_name(f".{name}")
        half.write_bytes(data)
        half.replace(path)
        return path


def read_session(folder: Path, lang: str) -> Session:
    """Definition and events of the folder, every event checked; else one line and exit 2."""
    raw = read_file(folder / "definition.json", MAX_DOCUMENT, lang)
    lines = read_file(folder / "events.jsonl", 4 * MAX_DOCUMENT, lang)
    with refusing(lang):
        definition = decode_definition(raw)
        events: list[Event] = [decode_event(line) for line in lines.splitlines()]
        record = record_of(replay(definition, events), events)
        if not record.state.adopted:
            raise Invalid("trustee.not_adopted")
    return Session(folder, definition, record, tuple(event.digest for event in events))


def confirm_session(session: Session, files: SessionFiles, code: str, lang: str) -> None:
    """Once per session and device, a person compares the 会议码 with the printed one."""
    with refusing(lang):
        if not code and not files.folder.exists():
            code = typer.prompt(message(lang, "trustee.ask_code"), err=True)
        if code and parse_code(code) != session.code:
            raise Invalid("trustee.other_session", session.code)


@dataclass(frozen=True)
class Visit:
    """A trustee at the own device: the session as the folder tells it, the own place in it, and
    what the device keeps of it.
    """

    told: Session
    passphrase: str
    place: Place
    files: SessionFiles
    lang: str


def visit(folder: Path, home: Path, passphrase_file: Path | None, code: str, lang: str) -> Visit:
    """What every command of a trustee begins with; one line and exit 2 where it cannot."""
    lang = language(lang)
    told = read_session(folder, lang)
    passphrase = ask_passphrase(passphrase_file, lang)
    device = make_device(home)
    files = device.session(told.definition)
    confirm_session(told, files, code, lang)
    with refusing(lang):
        owner, key = device.official(passphrase)
        place = place_of(told.definition, owner, key)
    return Visit(told, passphrase, place, files, lang)


def make_device(home: Path) -> Device:
    """The device in that folder, drawing from the system's generator."""
    return Device(home, secrets.token_bytes)


def now() -> str:
    """The minute it is, UTC."""
    moment = datetime.now(UTC)  # noqa: TID251 -- the shell is where time comes from
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def ask_passphrase(file: Path | None, lang: str, *, new: bool = False) -> str:
    """From the file, or typed; a new one twice, and with at least eight characters."""
    if file is not None:
        data = read_file(file, 4096, lang)
        try:
            text = data.decode("utf-8-sig").splitlines()[0] if data else ""
        except UnicodeDecodeError:
            fail(message(lang, "trustee.passphrase_file", path=file))
    else:
        question = message(lang, "trustee.passphrase")
        text = typer.prompt(question, hide_input=True, err=True, confirmation_prompt=new)
    if new and len(text) < MIN_PASSPHRASE:
        fail(message(lang, "trustee.passphrase_short", number=MIN_PASSPHRASE))
    return text


def ask(lang: str, key: str, yes: bool, **fields: object) -> None:
    """Go on only if the person says yes; exit status 2 otherwise."""
    if not yes and not typer.confirm(message(lang, key, **fields), err=True):
        fail(message(lang, "trustee.left"))


def envelopes(file: Path, lang: str) -> Iterator[bytes]:
    """The lines of a box, one envelope each."""
    with file.open("rb") as stream:
        while line := stream.readline(MAX_ENVELOPE):
            yield line.removesuffix(b"\n")


def count_lines(file: Path, lang: str) -> int:
    """The number of envelopes in a box's file; one line and exit 2 where it cannot be read."""
    try:
        read_start(file, 1)
    except Invalid as error:
        fail(file_sentence(lang, file, error))
    return sum(1 for _ in envelopes(file, lang))


@contextmanager
def refusing(lang: str) -> Iterator[None]:
    """Whatever is refused inside is one clear line and exit status 2."""
    try:
        yield
    except Invalid as error:
        fail(sentence(lang, error))
    except OSError as error:
        fail(message(lang, "trustee.file", reason=error.strerror or str(error)))


def sentence(lang: str, error: Invalid) -> str:
    """A refusal in words, with its code and place for whoever helps."""
    known = messages(lang)
    keys = (f"trustee.refusal.{error.code}", f"verify.code.{error.code}", f"problem.{error.code}")
    found = next((key for key in keys if key in known), "trustee.refusal.other")
    return message(lang, "trustee.refused", sentence=message(lang, found), reason=error)


def show(lang: str, key: str, **fields: object) -> None:
    """One line on standard output."""
    typer.echo(message(lang, key, **fields))
