"""A session whose trustees' keys are made in browsers, and the browsers of its trustees."""

import json
import time
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from playwright.sync_api import Browser, TimeoutError

from ballot.accounts import Accounts
from ballot.conduct import read_box
from ballot.crypto.encoding import unb64url
from ballot.crypto.keyfile import KeyHeader, lock
from ballot.crypto.threshold import verify_trustees
from ballot.demo import acts
from ballot.demo.officials import Official
from ballot.settings import read_secret
from ballot.store.office import OfficeStore
from ballot.tally import aggregate
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import pad
from ballot.tally.events import draft, sign_event
from ballot.trustee import drafts
from tests.e2e.host import Host, plan_of
from tests.e2e.tablet import AXE
from tests.offices import PASSWORD, Clock, invited, otp
from tests.patience import MILLISECONDS, SECONDS

# A passphrase costs a second and 128 MiB each time, on a machine that may have other work.
PASSPHRASE = "样例口令 一二三四"
ENVELOPE = {"content-type": "application/vnd.ballot.envelope"}


def small_plan(*given: Any) -> Any:
    """Two of three scrutineers open the box."""
    plan = plan_of(*given)
    others = [one for one in plan.people if one.role != "scrutineer"]
    three = [one for one in plan.people if one.role == "scrutineer"][:3]
    officers = {**plan.source["officers"], "key_threshold": 2}
    return replace(plan, people=(*others, *three), source={**plan.source, "officers": officers})


class TrusteesHost(Host):
    """Adopted, with accounts for the trustees, and no key yet."""

    def __init__(self, home: Path) -> None:
        with (
            patch("tests.e2e.host.plan_of", small_plan),
            patch.object(acts, "hold_key_ceremony", lambda _: None),
            patch.object(acts, "adopt_rules", lambda *_: None),
        ):
            super().__init__(home, styles=["approve"])

    def _install(self, home: Path) -> None:
        super()._install(home)
        database = self._database(home, "registrar")
        secret = read_secret(home / "registrar.secret")
        # A one-time code works once: those of the invitations were shown a while ago.
        clock = Clock(time.time() - 120)
        self.seconds: dict[str, bytes] = {}
        with patch("ballot.proving._MEMORY", 64):
            accounts = Accounts(OfficeStore(database), secret, token_bytes, clock, "样例大会")
            for one in self.trustees:
                self.seconds[one.id] = invited(accounts, clock, one.id, *one.roles)

    @property
    def trustees(self) -> list[Official]:
        """The officials who hold the key."""
        return self.stage.holders("scrutineer")

    def key_file(self, one: Official) -> str:
        """The official's signing key, as the key page would keep it."""
        header = KeyHeader("official", one.id, one.key.public, None)
        return lock(header, one.key.seed, PASSPHRASE, token_bytes).decode()

    def events(self) -> list[bytes]:
        """The events published so far."""
        return httpx.get(f"{self.address}/api/events", timeout=SECONDS).content.splitlines()

    def follow(self) -> None:
        """The stage learns what the browsers published."""
        for line in self.events()[len(self.stage.board.events) :]:
            self.stage.board.follow(line)
        trustees = self.stage.board.state.trustees
        if trustees is not None:
            self.stage.trustees_bytes = trustees.encode()
            self.stage.y = verify_trustees(self.stage.group, trustees.encode()).y

    def play(self, marks: list[str]) -> str:
        """From the rules to the closed box, by so many deputies; the round's slot."""
        self.follow()
        show = {"yes": 24, "no": 0, "abstain": 0}
        self.stage.publish("rules_adopted", show, self.stage.one("presiding_officer"))
        self.open_check_in()
        wallets = [json.loads(self.wallet(number)) for number in range(1, len(marks) + 1)]
        self.close_check_in()
        self.open_round()
        (slot,) = self.slots
        gate = self.gate(slot)
        for wallet, text in zip(wallets, marks, strict=True):
            mine = wallet[slot]
            unsigned = encrypt(gate, text, mine["credential"], token_bytes(32))
            token = [unb64url(one, 384) for one in mine["token"]]
            envelope = seal_envelope(gate, unsigned, int(mine["secret"]), token, token_bytes)
            answer = httpx.post(
                f"{self.box}/cast", content=pad(gate, envelope), headers=ENVELOPE, timeout=SECONDS
            )
            assert answer.status_code == 200, answer.text
        self.close_round()
        return slot


class TrusteePage:
    """One trustee's own browser at ``/office/trustee``."""

    def __init__(self, browser: Browser, host: TrusteesHost, one: Official, shots: Path) -> None:
        self.host, self.one, self.shots = host, one, shots
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page = self.context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._hear)
        self._sign_in()

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)

    def _sign_in(self) -> None:
        page, clock = self.page, Clock(time.time())
        page.goto(f"{self.host.address}/office/login")
        page.fill("[name=account]", self.one.id)
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=otp]", otp(self.host.seconds[self.one.id], clock))
        page.click("form .btn--next")
        page.wait_for_url("**/office")

    def bring_key(self) -> None:
        """The signing key, as the key page keeps it."""
        self.page.evaluate(
            """async (text) => {
              const keys = await import("/static/office/keys.mjs");
              await keys.putKey("official", text);
            }""",
            self.host.key_file(self.one),
        )

    def open(self, lang: str = "zh") -> None:
        """Load the page."""
        self.page.goto(f"{self.host.address}/office/trustee?lang={lang}")

    def on(self, heading: str) -> None:
        """Wait for the screen with that heading."""
        found = self.page.locator("h1", has_text=heading)
        try:
            found.wait_for()
        except TimeoutError:
            pytest.fail(f"waited for {heading}: {self.page.locator('main').inner_text()}", False)

    def unlock(self) -> None:
        """Type the passphrase."""
        self.on("请输入口令")
        self.page.fill("#passphrase", PASSPHRASE)
        self.press("打开钥匙")

    def press(self, text: str) -> None:
        """A button by what it says."""
        self.page.get_by_role("button", name=text).first.click()

    def save_copy(self, path: Path) -> Path:
        """The exported file."""
        with self.page.expect_download() as found:
            self.page.get_by_text("保存备份文件").click()
        found.value.save_as(path)
        return path

    def drill(self, copy: Path, passphrase: str) -> None:
        """The drill from that file."""
        self.page.set_input_files("#copy-file", copy)
        self.page.fill("#drill-passphrase", passphrase)
        self.press("用备份演练")

    def shot(self, name: str, axe: bool = True) -> None:
        """A picture, and what axe finds in it: nothing."""
        self.page.screenshot(path=self.shots / f"trustee-{name}.png", full_page=True)
        if not axe:
            return
        if not self.page.evaluate("'axe' in globalThis"):
            session = self.context.new_cdp_session(self.page)
            session.send("Runtime.evaluate", {"expression": AXE.read_text()})
        found = self.page.evaluate("axe.run().then((result) => result.violations)")
        assert not found, [(one["id"], [n["html"] for n in one["nodes"]]) for one in found]

    def text(self) -> str:
        """Everything that is written on the page."""
        return self.page.locator("main").inner_text()

    def close(self) -> None:
        """Nothing may have gone wrong on the page."""
        self.context.close()
        assert not self.troubles, self.troubles


def wrong_partial(host: TrusteesHost, slot: str, owner: int) -> bytes:
    """A partial decryption with the shape of a true one, by a key of nobody."""
    host.follow()
    gate = host.gate(slot)
    box = read_box(gate, [data for _, data in host.boxed._box.sealed(slot)])
    fingerprint = gate.election.fingerprint
    data = aggregate.decrypt_partially(gate.group, fingerprint, 12345, box.sums, token_bytes)
    body = {"owner": owner, "partial": data.decode()}
    event = draft("decrypted", host.definition.session, slot, "2025-01-16T09:00Z", body)
    one = host.stage.holders("scrutineer")[owner - 1]
    signature = sign_event(one.key, event, one.id, "trustee")
    return drafts.encode(replace(event, signatures=(signature,)))
