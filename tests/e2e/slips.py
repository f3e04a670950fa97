"""A service on loopback in which a session with drawn codes is prepared from nothing."""

import asyncio
import json
import re
import threading
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect
from typer.testing import CliRunner

from ballot.cli import app
from ballot.crypto.encoding import dumps
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.publishing import Board
from ballot.settings import Settings
from ballot.store.schema import SERVICES
from ballot.tally.definition import decode_definition
from ballot.tally.events import draft, sign_event
from ballot.web.running import build
from ballot.web.sessions import Who
from tests.e2e.host import _free_port
from tests.e2e.trustees import PASSPHRASE
from tests.elections import Stream
from tests.patience import MILLISECONDS, SECONDS
from tests.preparing import MINUTE, House
from tests.sessions import PEOPLE, key
from tests.trustee.parties import hold

JSON = {"content-type": "application/json"}


class SlipsHouse(House):
    """Registrar, box and signer on ports; everybody has an account and a key."""

    def __init__(self, data: Path) -> None:
        common: Any = {"port": _free_port(), "box_port": 0, "signer_port": 0, "tick": 1.0}
        self.settings = Settings(data_dir=data, **common)
        self.plan = build(self.settings, tuple(SERVICES))
        self.modes = self.plan.modes
        assert self.modes._home is not None
        self.home = self.modes._home
        self.address, self.box = (
            next(one.address for one in self.plan.services if one.name == name)
            for name in ("registrar", "box")
        )
        self._servers: list[uvicorn.Server] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        async def serve() -> None:
            listeners = [one.listener for one in self.plan.services]
            self._servers = [
                uvicorn.Server(uvicorn.Config(one.app, access_log=False, log_level="warning"))
                for one in listeners
            ]
            pairs = zip(self._servers, listeners, strict=True)
            await asyncio.gather(*(server.serve(sockets=[one.socket]) for server, one in pairs))

        with patch.object(uvicorn.Server, "capture_signals", lambda _: nullcontext()):
            asyncio.run(serve())

    def stop(self) -> None:
        """End the services."""
        self.plan.stop()
        for server in self._servers:
            server.should_exit = True
        self._thread.join(SECONDS)

    def sit(self, browser: Browser, who: str) -> BrowserContext:
        """That official's own browser, signed in."""
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(MILLISECONDS)
        sessions = self.modes.door.guard.sessions  # type: ignore[union-attr]
        cookie = sessions.open(Who(who, frozenset(PEOPLE[who]), who), "zh")
        context.add_cookies([{"name": "desk", "value": cookie, "url": self.address}])
        return context

    # What officials do elsewhere.

    def board(self) -> Board:
        """Definition and events as the service shows them."""
        raw = httpx.get(f"{self.address}/api/definition", timeout=SECONDS).content
        return Board(decode_definition(raw), _Lines(self.address))

    def act(
        self, kind: str, body: dict[str, Any], role: str, *people: str, slot: str | None = None
    ) -> None:
        """An event that these people signed on their own devices."""
        event = draft(kind, self.board().definition.session, slot, MINUTE, body)
        signatures = [sign_event(key(who), event, who, role) for who in sorted(people)]
        self.bring(kind, body, slot, [asdict(one) for one in signatures])

    def bring(
        self, kind: str, body: dict[str, Any], slot: str | None, signatures: list[Any]
    ) -> None:
        """A draft with its signatures, to ``POST /api/events``."""
        value = {
            "body": body, "kind": kind, "minute": MINUTE, "slot": slot, "signatures": signatures,
            "session": self.board().definition.session,
        }  # fmt: skip
        answer = httpx.post(
            f"{self.address}/api/events", content=dumps(value), headers=JSON, timeout=SECONDS
        )
        assert answer.status_code == 201, answer.text

    def make_keys(self) -> None:
        """The whole ceremony, off line; KeysReady."""
        found = hold(self.board().definition)
        event = found[0][0].step(found[1]).event
        assert event is not None
        content = found[1]["5-ready-1.json"]
        value = json.loads(content) | {"signatures": [asdict(one) for one in event.signatures]}
        answer = httpx.post(
            f"{self.address}/api/events", content=dumps(value), headers=JSON, timeout=SECONDS
        )
        assert answer.status_code == 201, answer.text

    @property
    def registrar(self) -> Any:
        """The registrar of the session that runs."""
        assert self.modes.hallway is not None
        return self.modes.hallway.service.registrar

    def cast(self, slot: str) -> int:
        """How many ballots the box says it holds."""
        shown = httpx.get(f"{self.box}/turnout", timeout=SECONDS).json()["slots"]
        return next((one["number"] for one in shown if one["slot"] == slot), 0)


class _Lines:
    """The events of the service, for a board that only reads."""

    def __init__(self, address: str) -> None:
        self._address = address

    def lines(self, after: int = 0) -> list[bytes]:
        found = httpx.get(f"{self._address}/api/events", params={"after": after}, timeout=SECONDS)
        return found.content.splitlines()

    def append(self, number: int, line: bytes) -> bool:
        raise AssertionError


class Table:
    """The scrutineers' machine, off line: files go there and come back on a stick."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.codes: list[str] = []

    def make(self, order: Path) -> Path:
        """Slips and lists; the file for the clerk."""
        self._run("codes", "--session-draft", order, "--out", self.folder / "slips")
        text = (self.folder / "slips/slips.html").read_text("utf-8")
        self.codes = re.findall(r'class="code">([\w-]{19})<', text)
        return self.folder / "slips/drawn_lists.json"

    def left_over(self, definition: bytes, slots: list[str], codes: list[str]) -> Path:
        """The file of the slips that nobody took."""
        self.folder.joinpath("definition.json").write_bytes(definition)
        self.folder.joinpath("codes.txt").write_text("\n".join(codes), "utf-8")
        out = self.folder / f"unused-{len(codes)}.json"
        named = [word for slot in slots for word in ("--slot", slot)]
        self._run(
            "codes-unused", "--definition", self.folder / "definition.json", *named,
            "--codes", self.folder / "codes.txt", "--out", out,
        )  # fmt: skip
        return out

    def _run(self, *words: object) -> None:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output


def bring_key(page: Page, who: str) -> None:
    """The signing key, as the key page keeps it on that device."""
    header = KeyHeader("official", who, key(who).public, None)
    with patch("ballot.crypto.keyfile._N", 1 << 17):  # a browser opens none but real ones
        text = lock(header, key(who).seed, PASSPHRASE, Stream(who)).decode()
    page.evaluate(
        """async (text) => {
          const keys = await import("/static/office/keys.mjs");
          await keys.putKey("official", text);
        }""",
        text,
    )


def sign(page: Page) -> None:
    """What the device found nothing wrong with, signed."""
    page.wait_for_selector('[data-part="sign"][data-ready]')
    lines = page.locator('[data-part="checks"] li').all()
    assert "fail" not in [line.get_attribute("data-status") for line in lines]
    page.fill("#passphrase", PASSPHRASE)
    page.get_by_role("button", name="签名", exact=True).click()
    expect(page.locator('[data-part="done"]')).to_be_visible()
