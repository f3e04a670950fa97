"""A service that prepares a session, in one directory and without ports; people who use it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from ballot.accounts import key_document
from ballot.crypto.encoding import dumps
from ballot.crypto.signing import sign
from ballot.crypto.slotkey import PublicKey
from ballot.settings import Settings
from ballot.tally.events import draft, sign_event
from ballot.tally.session import Definition
from ballot.web.prepare_context import HERE
from ballot.web.prepare_home import Home
from ballot.web.running import Modes
from ballot.web.sessions import Who
from tests.offices import PASSWORD, cheap, otp, secret_of
from tests.patience import until
from tests.sessions import PEOPLE, key, moduli
from tests.slotkeys import CLERK, SCRUTINEERS
from tests.unit.test_web_office import Browser as Plain

MINUTE = "2025-01-10T02:42Z"
ABOUT = {
    "congress": "青禾镇人民代表大会",
    "assembly": "青禾镇第二十届人民代表大会第四次会议",
    "government": "镇人民政府",
    "title": "2025年度民生实事项目票决",
    "year": "2025",
    "date": "2025-01-16",
    "note": "虚构样例数据",
    "min_ballots": "10",
    "min_paper": "5",
    "group": "Ed25519",
    "second_signer": "yes",
}
STEP = {
    "step0-step": "镇人大主席团审议通过",
    "step0-body": "青禾镇人大主席团",
    "step0-date": "2024-12-20",
    "step0-document_no": "青人主〔2024〕9号",
}
WAIVER = {name.replace("step0", "waiver"): text for name, text in STEP.items()}
VOTE = {"title": "项目票决", "seats": "2", "slots": "1", "channel-tablet": "yes"}


@contextmanager
def quick() -> Iterator[None]:
    """Hashes and keys that cost nothing."""
    keys = cycle((CLERK, SCRUTINEERS))
    with cheap(), patch("ballot.preparing.freezing.generate_slot_key", lambda: next(keys)):
        yield


class House:
    """The service over ``data``; again over the same directory it is the service restarted."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.settings = Settings(data_dir=data, **settings)  # type: ignore[arg-type]
        self.home = Home(self.settings)
        names = ("box", "signer", "registrar")
        at = {name: f"https://127.0.0.1:{8443 + i}" for i, name in enumerate(names)}
        self.modes = Modes(self.settings, names, at, self.home)

    @property
    def accounts(self) -> Any:
        assert self.modes.door is not None
        return self.modes.door.accounts

    def browser(self, *roles: str, who: str = "clerk") -> "Browser":
        """A browser signed in with these roles; without any, nobody's."""
        browser = Browser(self)
        if roles:
            guard = self.modes.door.guard  # type: ignore[union-attr]
            cookie = guard.sessions.open(Who(who, frozenset(roles), who), "zh")
            browser.jar.set("__Host-desk", cookie)
            session = guard.sessions.find(cookie)
            assert session is not None
            browser.token = session.csrf
        return browser

    def let_in(self) -> None:
        """The first clerk, then everybody of the test session with a registered key."""
        if self.modes.setup_code:
            self._accept(self.modes.setup_code, "clerk")
        for who, roles in PEOPLE.items():
            if who != "clerk":
                self._accept(self.accounts.invite(who, f"样例{who}", roles), who)
        for who in PEOPLE:
            self.register(who)

    def register(self, who: str) -> None:
        public = key(who).public
        signature = sign(key(who), "official_key", key_document(who, public))
        self.accounts.register_key(who, public, signature, None)

    def _accept(self, code: str, who: str) -> None:
        secret = secret_of(self.accounts, code)
        self.accounts.accept(code, PASSWORD, self.otp(secret), f"样例{who}")

    def otp(self, secret: bytes) -> str:
        class Now:
            now = self.accounts._clock()

        return otp(secret, Now())  # type: ignore[arg-type]

    def prepare(self) -> "Browser":
        """All that a session needs, typed by the clerk."""
        clerk = self.browser("clerk")
        clerk.fill("/about", ABOUT, "about")
        rows = [f"{n:03},代表{n},第一代表团" for n in range(1, 31)]
        table = "\n".join(["代表证号,姓名,代表团", *rows]).encode()
        token = clerk.upload("/roll/import", "roll.csv", table, "roll")
        clerk.fill("/roll/take", {"upload": upload_in(token)}, "roll")
        clerk.fill("/votes", {"title": "项目票决", "style": "selection-three_way"}, "votes")
        clerk.fill("/votes/projects", VOTE | STEP | WAIVER, "votes")
        for n in range(1, 4):
            fields = {"id": f"P0{n}", "title": f"样例项目{'甲乙丙'[n - 1]}"}
            clerk.fill("/votes/projects/items", fields, "votes")
        trustees = {f"trustee-scrutineer-{n}": "yes" for n in range(1, 6)}
        clerk.fill("/people", {"quorum": "2", "threshold": "3", **trustees}, "committee")
        return clerk

    def freeze(self, clerk: "Browser", practice: bool = True) -> Definition:
        """Freeze what was prepared, and wait for it."""
        from ballot.tally.definition import decode_definition

        answer = clerk.form(f"{HERE}/freeze", practice="yes" if practice else "no")
        assert answer.status_code == 303, answer.text
        until(lambda: not self.home.desk.job.running)
        assert self.home.desk.job.trouble == ""
        standing = self.home.store.standing()
        assert standing is not None
        return decode_definition(standing.definition)

    def freeze_with(self, clerk: "Browser", slots: int) -> Definition:
        """Freeze a version of so many slots, whose keys are not tokens' keys."""
        made = iter([_SlotKey(text) for text in moduli()[: 2 * slots]])
        with patch("ballot.preparing.freezing.generate_slot_key", lambda: next(made)):
            return self.freeze(clerk)

    def sign(self, definition: Definition, kind: str, *people: str) -> httpx.Response:
        """Bring a signed event of the adoption, as devices do."""
        role = "clerk" if kind == "defined" else "presidium"
        event = draft(kind, definition.session, None, MINUTE, {})
        signatures = sorted(
            (sign_event(key(who), event, who, role) for who in people),
            key=lambda one: one.signer,
        )
        value = {
            "body": {},
            "kind": kind,
            "minute": MINUTE,
            "session": definition.session,
            "signatures": [asdict(one) for one in signatures],
            "slot": None,
        }
        headers = {"content_type": "application/json"}
        return self.browser().ask("POST", "/api/events", dumps(value), **headers)

    def adopt(self, definition: Definition) -> None:
        """The clerk and the presidium sign; the service goes over to the session."""
        assert self.sign(definition, "defined", "clerk").status_code == 201
        assert self.sign(definition, "adopted", "member-1", "member-2").status_code == 201
        until(lambda: self.modes.hallway is not None, lambda: self.home.desk.trouble)


class _SlotKey:
    """A public key of its own, and the same secret as all others: nobody signs with it."""

    def __init__(self, text: str) -> None:
        self.public = PublicKey.decode(text)

    def encode(self) -> bytes:
        return CLERK.encode()


def upload_in(preview: httpx.Response) -> str:
    """The token with which a preview is taken over."""
    found = re.search(r'name="upload" value="([^"]+)"', preview.text)
    assert found is not None, preview.text
    return found[1]


class Browser(Plain):
    """One browser, in front of whatever the registrar's port shows now."""

    def __init__(self, house: House) -> None:
        super().__init__(house.modes.switches["registrar"])  # type: ignore[arg-type]
        self.house = house

    def seen(self, part: str) -> str:
        """The digest of a part as a page shows it now."""
        from ballot.preparing.parts import seen

        return seen(self.house.home.store.parts(), part)

    def fill(self, path: str, fields: dict[str, str], part: str) -> httpx.Response:
        """Fill a form of the preparation, and have it kept."""
        answer = self.form(HERE + path, seen=self.seen(part), **fields)
        assert answer.status_code == 303, re.findall(r'role="alert">(.*?)</p>', answer.text)
        return answer

    def upload(
        self, path: str, name: str, content: bytes, part: str = "", **more: str
    ) -> httpx.Response:
        """Choose a file in a form."""
        seen = {"seen": self.seen(part)} if part else {}
        fields = {"csrf": self.token, **seen, **more}
        pieces = [
            f'--cut\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--cut\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = b"".join(pieces) + head.encode() + content + b"\r\n--cut--\r\n"
        kind = "multipart/form-data; boundary=cut"
        return self.ask("POST", HERE + path, body, content_type=kind)
