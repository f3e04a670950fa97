"""The bundle and the bridge, once per run."""

from collections.abc import Iterator

import pytest

from tests.js.client import Bridge, build


@pytest.fixture(scope="session", autouse=True)
def bundle() -> None:
    build()


@pytest.fixture(scope="session")
def bridge(bundle: None) -> Iterator[Bridge]:
    with Bridge() as process:
        yield process
