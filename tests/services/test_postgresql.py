"""The three services on PostgreSQL, each under a role that cannot change what it stored."""

import gc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ballot.crypto import merkle
from ballot.crypto.encoding import loads
from ballot.crypto.errors import Invalid
from ballot.store.engine import Database
from ballot.store.schema import SERVICES, grant
from ballot.tally.envelope import decode_envelope
from tests.databases import Server, name_in
from tests.records import empty_stage
from tests.services.session import NAMES, Live, problem_of, scrypt_cost, together

SLOT = "projects-1"
# Connections to a server that was killed end with the objects that held them, with a warning.
pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _ended_here() -> Iterator[None]:
    """What such a connection warns of is told here, and to no test that comes after."""
    yield
    gc.collect()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that the box may live on."""
    made = Server(safe=True)
    yield made
    made.close()


def owned(server: Server) -> dict[str, str]:
    """A database per service, as its owner reaches it."""
    return {name: server.create() for name in NAMES}


def narrowed(live: Live, server: Server, urls: dict[str, str]) -> None:
    """From now on each service uses a role of its own."""
    found: dict[str, Any] = {}
    for name, url in urls.items():
        server.execute("postgres", f"CREATE ROLE {name} LOGIN")
        with closing(Database(url)) as database:
            grant(database, SERVICES[name], name)
        found[f"{name}_db"] = server.url(name_in(url), name)
    signer = {"signer_db": found.pop("signer_db")}
    live.hall = live.hall.model_copy(update=found)
    live.own = live.own.model_copy(update=signer)


def test_a_vote_on_postgresql_survives_the_death_of_its_server(
    server: Server, tmp_path: Path
) -> None:
    urls = owned(server)
    with scrypt_cost(2), patch("ballot.web.following.PULSE", 0.3):
        live = Live(tmp_path, empty_stage(deputies=7), urls=urls)
        try:
            narrowed(live, server, urls)
            live.start()
            live.begin()
            _vote(live, server)
        finally:
            live.close()


def _vote(live: Live, server: Server) -> None:
    live.check_in(6)
    live.gate = live.open_round(SLOT).gate
    bodies = [live.body(live.gate) for _ in range(6)]
    answers = together([lambda body=body: live.cast(body) for body in bodies], 6)  # type: ignore[misc]
    assert [answer.status_code for answer in answers] == [200] * 6
    server.kill()
    late = live.body(live.gate)
    assert problem_of(live.cast(late))[0] == 503
    assert live.box.get("/health").status_code == 503
    server.start()
    again = [live.cast(body) for body in bodies]  # what was acknowledged is there
    assert [one.content for one in again] == [one.content for one in answers]
    assert live.cast(late).status_code == 200
    live.stop("box")
    live.start("box")
    halted = loads(live.post(live.box, "/orders", _halt(live)).content)
    trackers = {decode_envelope(live.gate, body.rstrip(b" ")).tracker for body in (*bodies, late)}
    assert halted == {"returned": 7, "root": merkle.sorted_root(sorted(trackers)).hex()}
    with pytest.raises(Invalid, match=r"store\.unavailable"):
        live.execute("box", "DELETE FROM envelope")
    with pytest.raises(Invalid, match=r"store\.unavailable"):
        live.execute("registrar", "UPDATE event SET line = line")


def _halt(live: Live) -> bytes:
    return live.order("halt_round", SLOT, "presiding_officer")


def test_the_box_refuses_a_server_that_could_lose_a_ballot(
    postgresql: Server, tmp_path: Path
) -> None:
    """Attack B26: fsync is off on the server that other tests share."""
    urls = {name: postgresql.create() for name in NAMES}
    with scrypt_cost(2):
        live = Live(tmp_path, empty_stage(deputies=3), urls=urls)
        with pytest.raises(Invalid, match=r"store\.unsafe"):
            live.start("box")
        live.close()
