"""A whole session in browsers: its small plan, its host, and officials who count their clicks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from playwright.sync_api import Browser, Route, expect

from ballot.demo import acts
from ballot.demo.officials import Official
from ballot.demo.sample import Person
from tests.e2e.host import Host, plan_of
from tests.e2e.officials import OfficialPage, OfficialsHost
from tests.patience import SECONDS, until

# Six people and seven roles; the last one is a scrutineer who leaves after the key ceremony.
PEOPLE = (
    ("工作人员（样例）", "", ("clerk",)),
    ("执行主席（样例）", "QH-001", ("presiding_officer", "presidium")),
    ("总监票人（样例）", "QH-002", ("chief_scrutineer", "scrutineer", "presidium")),
    ("监票人甲（样例）", "QH-003", ("scrutineer", "teller")),
    ("监票人乙（样例）", "QH-004", ("scrutineer", "teller")),
    ("监票人丙（样例）", "QH-005", ("scrutineer", "presidium")),
)
KEY_FILE = Path(__file__).parents[2] / "ballot/web/static/client/keyfile.mjs"
_COST, _CHEAP = "N: 2 ** 17", "N: 2 ** 4"
# Only the button, link, box or option that was meant: a label's click is told twice.
_COUNT = """addEventListener("click", (event) => {
  if (event.isTrusted && event.target.closest("button, a, summary, input, select")) counted();
}, true);"""


def whole_plan(*given: Any, **rules: Any) -> Any:
    """Two of four scrutineers open the box, three seal it; most votes decide, so that a tie comes
    with twenty ballots; six papers are enough not to tell who voted how.
    """
    plan = plan_of(*given, **rules)
    people = tuple(Person(name, deputy, role) for name, deputy, roles in PEOPLE for role in roles)
    officers = {**plan.source["officers"], "key_threshold": 2, "presidium_quorum": 2}
    return replace(plan, people=people, source={**plan.source, "officers": officers}, min_paper=5)


class WholeHost(OfficialsHost):
    """Everybody named has an account and a key; nothing has happened yet."""

    def __init__(self, home: Path) -> None:
        with (
            patch("tests.e2e.host.plan_of", whole_plan),
            patch.object(acts, "adopt", lambda _: None),
            patch.object(acts, "hold_key_ceremony", lambda _: None),
            patch.object(acts, "adopt_rules", lambda *_: None),
        ):
            Host.__init__(self, home, rounds=2, paper=True, threshold="plurality")

    @property
    def trustees(self) -> list[Official]:
        """Who has an account."""
        return self.stage.officials

    def kinds(self) -> list[str]:
        """The kinds of the events so far."""
        self.follow()
        return [event.kind for event in self.stage.board.events]

    def until(self, kind: str, count: int = 1) -> None:
        """Wait for an event that the service publishes by itself."""
        until(lambda: self.kinds().count(kind) >= count, lambda: f"{kind}: {self.kinds()}")

    def until_drafted(self, kind: str) -> None:
        """Wait for a draft that the service makes by itself."""
        hallway: Any = self.plans[1].hallway
        room = hallway.counter._office.room
        wanted = (kind, "open")
        until(lambda: wanted in [(one.event.kind, one.state) for one in room.proposals()])

    def health(self) -> Any:
        """What the registrar says of itself."""
        return httpx.get(f"{self.address}/health", timeout=SECONDS).json()


@contextmanager
def cheap_keys() -> Iterator[None]:
    """Key files made here that open at once; see :meth:`WholePage.cheapen`."""

    def cheap(salt: bytes, length: int, n: int, r: int, p: int) -> Scrypt:
        return Scrypt(salt=salt, length=length, n=2**4, r=r, p=p)

    with patch("ballot.crypto.keyfile.Scrypt", cheap):
        yield


class WholePage(OfficialPage):
    """One official's own browser, which counts what its owner clicks."""

    def __init__(self, browser: Browser, host: WholeHost, one: Official, shots: Path) -> None:
        self.clicks = 0
        super().__init__(browser, host, one, shots)

    def _sign_in(self) -> None:
        self.context.expose_function("counted", self._clicked)
        self.context.add_init_script(_COUNT)
        self.context.route("**/static/client/keyfile.mjs", self.cheapen)
        super()._sign_in()

    def _clicked(self) -> None:
        self.clicks += 1

    @staticmethod
    def cheapen(route: Route) -> None:
        """A real key file takes seconds to open, on purpose; a test opens a hundred."""
        text = KEY_FILE.read_text("utf-8")
        assert text.count(_COST) == 1
        route.fulfill(body=text.replace(_COST, _CHEAP), content_type="text/javascript")

    def take(self, kind: str) -> None:
        """Open the first task, which is to propose or to sign that."""
        self.go("/office")
        task = self.page.locator('[data-key="task-1"]')
        expect(task).to_have_attribute("href", _names(kind))
        task.click()

    def fill(self, **fields: Any) -> None:
        """The fields of a form, by name."""
        for name, value in fields.items():
            self.page.locator(f'[name="{name}"]').fill(str(value))

    def propose(self, kind: str, **fields: Any) -> None:
        """Fill the form of a step and sign it in every own role."""
        self.take(kind)
        self.fill(**fields)
        self.press("提出草案")
        self.sign_checked()

    def sign_checked(self) -> None:
        """Sign what this device found nothing wrong with."""
        found = self.checked()
        assert found, self.text()
        assert "fail" not in found, self.text()
        self.sign()

    def sign_task(self) -> None:
        """Sign the first draft that waits."""
        self.go("/office")
        self.page.locator('[data-key="task-1"]').click()
        self.sign_checked()

    def enter_papers(self, slot: str, numbers: dict[str, int]) -> None:
        """The own count of the paper sheets."""
        self.go(f"/office/papers/{slot}")
        self.fill(**numbers)
        self.page.locator("form.entry .btn--next").click()

    def seal(self) -> None:
        """Check the box on this device and sign the seal."""
        self.on("核对封箱")
        confirm = self.page.get_by_role("button", name="确认封箱")
        expect(confirm).to_be_enabled()
        confirm.click()
        expect(self.page.locator("h1")).not_to_have_text("核对封箱")

    def decrypt(self) -> None:
        """Decrypt the sum with the own share."""
        go = self.page.get_by_role("button", name="用我的钥匙解密合计")
        expect(go).to_be_enabled()
        go.click()


def _names(kind: str) -> Any:
    return re.compile(f"/act/{kind}\\b|/sign/")
