"""Sessions that several tests share; each test brings its own deputies and ballots."""

from collections.abc import Iterator

import pytest

from tests.records import vote_plan
from tests.services.session import Live, live_session


@pytest.fixture(scope="module")  # it makes key files cheap as long as it lives
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """``projects-1`` is open in the box, ``projects-2`` is not. Twelve tablets checked in."""
    home = tmp_path_factory.mktemp("open")
    with live_session(home, vote_plan(rounds=2), deputies=14) as session:
        session.check_in(12)
        session.gate = session.open_round("projects-1").gate
        yield session
