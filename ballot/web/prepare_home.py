"""Where sessions are prepared, and where those that were adopted live.

The *home* is the registrar's own database: accounts and preparation. A real session lives there
and in the box's own database; a practice session lives in databases of its own in
``DATA/practice-N``, so that ending it leaves nothing behind.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ballot.crypto.errors import Invalid
from ballot.installing import make_secret
from ballot.preparing.freezing import Freezer, Service, is_untouched
from ballot.preparing.missing import Place
from ballot.settings import Settings, read_secret
from ballot.store.board import BoardStore
from ballot.store.engine import Database, sqlite_url
from ballot.store.office import OfficeStore
from ballot.store.preparing import ADOPTED, Frozen, FrozenEvents, PreparingStore
from ballot.store.schema import SERVICES, check_server, check_version, upgrade
from ballot.tally.definition import decode_definition
from ballot.tally.session import Definition
from ballot.web.door import Door, open_door
from ballot.web.prepare_desk import Desk

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """A session to run: where its databases are, and whether it came from the pages here."""

    settings: Settings
    record: Path
    practice: Frozen | None = None


class Home:
    """The registrar's own database while no session is installed in it by hand."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = _make(settings, "registrar")
        if not settings.box_at:
            _make(settings, "box").close()
        for name in ("registrar", "link", "box", "signer"):
            make_secret(settings.data_dir / f"{name}.secret")
        self.passphrase = read_secret(settings.data_dir / "registrar.secret")
        self.store = PreparingStore(self.database)
        self.desk = Desk()
        self._lock = threading.Lock()

    @cached_property
    def freezer(self) -> Freezer:
        """Makes versions; its vault takes a second to open."""
        return Freezer(Service(self.database, self.passphrase))

    @property
    def place(self) -> Place:
        """What runs here."""
        known = bool(self.settings.signer_at)
        return Place(not self.settings.box_at, not known, known)

    def check_untouched(self) -> None:
        """Refuse (``prepare.by_hand``) to freeze a real session where keys lie already."""
        services = ["registrar"] if self.settings.box_at else ["registrar", "box"]
        for name in services:
            database = Database(self.settings.database(name))
            untouched = is_untouched(name, database)
            database.close()
            if not untouched:
                raise Invalid("prepare.by_hand", f"{name}: keys were made by hand")

    def events(self, frozen: Frozen) -> FrozenEvents:
        """The events of a version until it is installed."""
        return FrozenEvents(self.database, frozen.number)

    def running(self) -> Standing | None:
        """The session to run: an adopted version that stands, installed now if it is not."""
        with self._lock:
            if (raw := BoardStore(self.database).definition()) is not None:
                settings = _without_idle_signer(self.settings, decode_definition(raw))
                return Standing(settings, self.settings.data_dir / "record.zip")
            frozen = self.store.standing()
            if frozen is None:
                return None
            lines = self.events(frozen).lines()
            if len(lines) < ADOPTED:
                return None
            return self._installed(frozen, lines)

    def _installed(self, frozen: Frozen, lines: Sequence[bytes]) -> Standing:
        definition = decode_definition(frozen.definition)
        settings, record = self.settings, self.settings.data_dir / "record.zip"
        names = ["registrar"] if settings.box_at else ["registrar", "box"]
        if definition.practice:
            place = settings.data_dir / f"practice-{frozen.number}"
            place.mkdir(mode=0o700, exist_ok=True)
            record = place / "record.zip"
            if len(definition.signers) > 1 and not settings.signer_at:
                names.append("signer")
            urls = {f"{name}_db": sqlite_url(place / f"{name}.db") for name in names}
            settings = settings.model_copy(update=urls)
        services = {}
        for name in names:
            secret = read_secret(settings.data_dir / f"{name}.secret")
            services[name] = Service(_make(settings, name), secret)
        self.freezer.install(frozen, lines, services)
        for service in services.values():
            service.database.close()
        settings = _without_idle_signer(settings, definition)
        return Standing(settings, record, frozen if definition.practice else None)

    def door(self) -> Door:
        """Who may come in; the first clerk's account is begun by whoever opens it."""
        return open_door(OfficeStore(self.database), self.passphrase, "ballot")


def is_prepared_here(settings: Settings) -> bool:
    """Whether the registrar's database holds no session: then one is prepared in its pages, or
    runs as a practice. Raises ``store.version`` for tables of another version.
    """
    url = settings.database("registrar")
    if _is_missing(url):
        return True
    database = Database(url)
    try:
        check_version(database, SERVICES["registrar"])
        return BoardStore(database).definition() is None
    finally:
        database.close()


def _without_idle_signer(settings: Settings, definition: Definition) -> Settings:
    """A second signer that this session does not name is not asked, wherever it is."""
    idle = len(definition.signers) < 2 and settings.signer_at
    return settings.model_copy(update={"signer_at": ""}) if idle else settings


def _is_missing(url: str) -> bool:
    """Whether it is a SQLite file that is not there, or one without anything in it."""
    path = Path(url.removeprefix("sqlite:///"))
    return url.startswith("sqlite:///") and (not path.exists() or path.stat().st_size == 0)


def _make(settings: Settings, service: str) -> Database:
    """A service's database, made where there is none; never brought to another version."""
    url, directory = settings.database(service), settings.data_dir
    new = _is_missing(url)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(url)
    try:
        if new:
            upgrade(database, SERVICES[service])
        check_version(database, SERVICES[service])
        if service == "box":
            check_server(database)
    except BaseException:
        database.close()
        raise
    return database
