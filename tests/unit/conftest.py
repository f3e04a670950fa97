"""What several tests of the preparation have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.preparing import House, quick


@pytest.fixture
def quickly() -> Iterator[None]:
    """Hashes and keys that cost nothing; see :func:`tests.preparing.quick`."""
    with quick():
        yield


@pytest.fixture
def house(tmp_path: Path, quickly: None) -> House:
    """A service that prepares, whose people have accounts."""
    found = House(tmp_path / "data")
    found.let_in()
    return found
