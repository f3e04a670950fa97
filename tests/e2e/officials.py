"""Officials at their own devices, with accounts, in a session whose trustees' keys are ready."""

import json
from pathlib import Path
from secrets import token_bytes
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, TimeoutError

from ballot.crypto.encoding import unb64url
from ballot.crypto.signing import SigningKey
from ballot.demo.officials import Official
from ballot.demo.rounds import Casting
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import pad
from tests.e2e.host import Host
from tests.e2e.tablet import axe
from tests.e2e.trustees import ENVELOPE, PASSPHRASE, TrusteePage, TrusteesHost
from tests.patience import SECONDS, until

NEWCOMER = Official("teller-9", "样例新人", ["teller"], SigningKey(token_bytes(32)))
"""Somebody whom the definition does not name."""


class OfficialsHost(TrusteesHost):
    """Rules adopted, keys ready; everybody named has an account, and a newcomer."""

    def __init__(self, home: Path) -> None:
        Host.__init__(self, home)

    @property
    def trustees(self) -> list[Official]:
        """Who has an account."""
        return [*self.stage.officials, NEWCOMER]

    def vote(self, wallet: str, slot: str, marks: str) -> None:
        """Cast a ballot with a token of that wallet."""
        gate, mine = self.gate(slot), json.loads(wallet)[slot]
        unsigned = encrypt(gate, marks, mine["credential"], token_bytes(32))
        token = [unb64url(one, 384) for one in mine["token"]]
        envelope = seal_envelope(gate, unsigned, int(mine["secret"]), token, token_bytes)
        answer = httpx.post(
            f"{self.box}/cast", content=pad(gate, envelope), headers=ENVELOPE, timeout=SECONDS
        )
        assert answer.status_code == 200, answer.text

    def count(self, slot: str) -> None:
        """The trustees seal and decrypt; the service counts by itself."""
        self.follow()
        casting = Casting(self.stage, slot)
        casting.sealed = dict(self.boxed._box.sealed(slot))
        casting.seal()
        casting.decrypt()
        until(lambda: json.loads(self.events()[-1])["kind"] == "counted", self.events)

    def make_stale(self, official: str) -> None:
        """As if that official's password had been typed a day ago."""
        hallway: Any = self.plans[1].hallway
        for session in hallway.counter._office.guard.sessions._open.values():
            if session.who.id == official:
                session.confirmed -= 86_400

    def official(self, role: str) -> Official:
        """The first who has that role."""
        return self.stage.holders(role)[0]


class OfficialPage(TrusteePage):
    """One official's own browser."""

    def __init__(self, browser: Browser, host: OfficialsHost, one: Official, shots: Path) -> None:
        super().__init__(browser, host, one, shots)

    def go(self, path: str) -> None:
        """Open a page of the registrar."""
        self.page.goto(f"{self.host.address}{path}")

    def inspect(self, name: str) -> None:
        """A picture, nothing sideways, nothing that axe finds."""
        self.page.mouse.move(0, 0)
        self.page.screenshot(path=self.shots / f"{name}-1280x800.png")
        self.page.screenshot(path=self.shots / f"{name}-whole.png", full_page=True)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) == 0
        assert not (found := axe(self.page)), found

    def restore(self, path: Path) -> None:
        """The key from its exported file, on the key page, unless this device has it."""
        path.write_text(self.host.key_file(self.one), encoding="utf-8")
        self.go("/office/key")
        key = self.page.locator('[data-part="key"][data-state]')
        key.wait_for()
        if key.get_attribute("data-state") == "registered":
            return
        self.page.set_input_files("#import-file", path)
        self.page.fill("#import-pass", PASSPHRASE)
        self.press("恢复密钥")
        self.has_key("registered")

    def has_key(self, state: str) -> None:
        """The key page says how far the key is."""
        self.page.wait_for_selector(f'[data-part="key"][data-state="{state}"]')

    def checked(self) -> list[str]:
        """What the signing page checked: the outcomes."""
        try:
            self.page.wait_for_selector('[data-part="sign"][data-ready]')
        except TimeoutError:
            pytest.fail(f"{self.page.url}: {self.text()}", False)
        lines = self.page.locator('[data-part="checks"] li').all()
        return [line.get_attribute("data-status") or "" for line in lines]

    def sign(self) -> None:
        """Passphrase and the one button."""
        self.page.fill("#passphrase", PASSPHRASE)
        self.page.get_by_role("button", name="签名", exact=True).click()
        self.page.wait_for_selector('[data-part="done"]:not([hidden])')

    def halt(self, text: str) -> None:
        """Passphrase and the button that ends something; on to the draft of its answer."""
        self.page.fill("#passphrase", PASSPHRASE)
        self.press(text)
        try:
            self.page.wait_for_url("**/office/sign/*")
        except TimeoutError:
            pytest.fail(self.text(), False)

    def trouble(self) -> str:
        """What the page refuses, in words."""
        found = self.page.locator('[data-part="trouble"]:visible')
        found.wait_for()
        return found.inner_text()
