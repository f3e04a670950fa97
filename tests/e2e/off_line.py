"""Trustees whose devices work with files, beside one trustee's browser that hands the files in."""

from pathlib import Path

import httpx
from playwright.sync_api import expect

from ballot.crypto.encoding import sha256
from ballot.trustee.documents import Place
from tests.e2e.trustees import TrusteePage, TrusteesHost
from tests.patience import SECONDS
from tests.trustee.parties import Party, look


class OffLine:
    """The other trustees, whose files the first one's page hands in."""

    def __init__(self, host: TrusteesHost, page: TrusteePage, folder: Path, board: int) -> None:
        self.host, self.page, self.folder = host, page, folder
        self.people = [
            Party(
                Place(host.definition, i, one.key), sha256(b"seed", one.id.encode(), bytes([board]))
            )
            for i, one in enumerate(host.trustees, 1)
        ][1:]

    def shown(self) -> dict[str, bytes]:
        """What stands on the board."""
        found = httpx.get(f"{self.host.address}/api/ceremony", timeout=SECONDS).json()["documents"]
        return {one["name"]: one["text"].encode() for one in found}

    def step(self) -> None:
        """Each does what can be done; the files go in through the page."""
        board = self.shown()
        before = set(board)
        for one in self.people:
            look(one, board)
        if new := {name: board[name] for name in set(board) - before}:
            self.hand_in(new)

    def hand_in(self, files: dict[str, bytes]) -> None:
        """The files that came back on a stick."""
        paths = [self.folder / name for name in sorted(files)]
        for path in paths:
            path.write_bytes(files[path.name])
        inside = self.page.page.locator("details", has_text="不联网的监票人")
        if inside.get_attribute("open") is None:
            inside.locator("summary").click()
        self.page.page.set_input_files("#hand-in", paths)
        self.page.press("上传文件")
        expect(inside).to_contain_text(f"已上传 {len(paths)} 个文件")
