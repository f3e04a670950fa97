"""What every test of the trustees' devices has."""

from pathlib import Path

import pytest

from ballot.crypto import keyfile
from tests.trustee.folders import PASSPHRASE, derive


@pytest.fixture(autouse=True)
def _passphrases_are_stretched_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfile, "_derive", derive)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return file
