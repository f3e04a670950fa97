"""Two worker processes over one PostgreSQL: a token spends once, a deputy is issued once, whoever
of four hundred threads comes first (attacks A18, B11).
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from ballot.crypto.errors import Invalid
from ballot.store.box import SqlBox
from ballot.store.engine import Database
from ballot.tally.envelope import pad
from tests.databases import Server
from tests.desks import SLOTS, Tablet, make_hall
from tests.gates import SLOT, make_envelope, make_wallet
from tests.patience import SECONDS
from tests.races.test_cast_races import GATE, at_once

pytestmark = pytest.mark.needs("postgresql")
MANY = 200
_together: Any = None


def _begin(barrier: Any) -> None:
    global _together
    _together = barrier


def _cast(url: str, bodies: Sequence[bytes]) -> list[Any]:
    """What one process is answered."""
    with closing(Database(url)) as database:
        box = SqlBox(database)
        _together.wait(SECONDS)
        return at_once(box, bodies)


def _ask(url: str, device: bytes, requests: Sequence[dict[str, list[bytes]]]) -> list[Any]:
    """The same for requests of one device; ``url`` names both databases."""
    first, second = url.split()
    with closing(Database(first)) as own, closing(Database(second)) as other:
        hall = make_hall(own, other)

        def one(request: dict[str, list[bytes]]) -> Any:
            try:
                return sorted(hall.registrar.issue(device, request).items())
            except Invalid as error:
                return error.code

        _together.wait(SECONDS)
        with ThreadPoolExecutor(20) as pool:
            return list(pool.map(one, requests))


def in_two(work: Callable[..., list[Any]], *given: Any) -> list[Any]:
    """The last argument is split between two processes that begin together."""
    *same, parts = given
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    with ProcessPoolExecutor(2, context, _begin, (barrier,)) as pool:
        asked = [pool.submit(work, *same, parts[i::2]) for i in range(2)]
        return [answer for one in asked for answer in one.result()]


def test_the_same_bytes_make_one_row_and_equal_receipts(postgresql: Server) -> None:
    url = postgresql.create_upgraded()
    with closing(Database(url)) as database:
        box = SqlBox(database)
        box.open(SLOT)
        body = pad(GATE, make_envelope(GATE, "Y", make_wallet(GATE, 1)))
        found = in_two(_cast, url, [body] * MANY)
        assert len(found) == MANY
        assert len(set(found)) == 1
        assert not isinstance(found[0], str)
        assert box.turnout() == {SLOT: 1}


def test_of_different_bytes_under_one_token_one_is_taken(postgresql: Server) -> None:
    url = postgresql.create_upgraded()
    wallet = make_wallet(GATE, 1)
    sent = [pad(GATE, make_envelope(GATE, "YNA"[n % 3], wallet, b"%032d" % n)) for n in range(MANY)]
    with closing(Database(url)) as database:
        box = SqlBox(database)
        box.open(SLOT)
        found = in_two(_cast, url, sent)
        assert Counter(one for one in found if isinstance(one, str)) == {"token.spent": MANY - 1}
        assert box.turnout() == {SLOT: 1}


def test_of_different_requests_of_one_deputy_one_is_signed(postgresql: Server) -> None:
    first, second = postgresql.create_upgraded(), postgresql.create_upgraded()
    tablet = Tablet(SLOTS)
    with closing(Database(first)) as own, closing(Database(second)) as other:
        hall = make_hall(own, other)
        hall.registrar.check_in(hall.registrar.grant("001"), tablet.device)
        others = [Tablet(SLOTS[:1]).requests[SLOTS[0]] for _ in range(MANY - 1)]
        many = [tablet.requests] + [{**tablet.requests, SLOTS[0]: parts} for parts in others]
        found = in_two(_ask, f"{first} {second}", tablet.device, many)
        refused = Counter(one for one in found if isinstance(one, str))
        assert refused == {"token.already_issued": MANY - 1}
        assert hall.registrar.counts().tablet == dict.fromkeys(SLOTS, 1)
        assert hall.second.counts().tablet == dict.fromkeys(SLOTS, 1)
