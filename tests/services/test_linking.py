"""Five hundred deputies over HTTP, then an attacker who has everything that was stored, logged or
counted on the wire: who cast which ballot is guessed no better than by chance (protocol §12).
"""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import pytest

from ballot.crypto.encoding import loads, unb64url
from ballot.tally.casting import encrypt, seal_envelope
from ballot.tally.envelope import decode_envelope, pad
from tests.records import vote_plan
from tests.services.session import Live, live_session, name_of

MANY, SLOT = 500, "motion-1"
SHUFFLES, CHANCE = 10_000, 0.0002
SHARED = 8  # bytes that two random texts of this length have in common once in 10^12 tries
CANARIES = {
    "cookie": "desk=canary-cookie-7f3a91",
    "user-agent": "canary-agent-55d2c0",
    "x-forwarded-for": "203.0.113.77",
    "referer": "https://canary-referer-9e1b.example/",
}
Lengths = tuple[tuple[str, int, int], ...]


@dataclass
class Seen:
    """What is left of the session. Deputies cast in the order in which they were issued tokens, the
    worst there is: ``deputies[i]`` cast ``trackers[i]`` in ``envelopes[i]``.
    """

    deputies: list[str] = field(default_factory=list)
    trackers: list[bytes] = field(default_factory=list)
    envelopes: list[bytes] = field(default_factory=list)
    secrets: set[bytes] = field(default_factory=set)
    issuing: list[Lengths] = field(default_factory=list)
    casting: list[Lengths] = field(default_factory=list)
    stored: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asked: dict[str, bytes] = field(default_factory=dict)
    logs: str = ""


class Wire:
    """Lengths of what goes by, as somebody on the network counts them."""

    def __init__(self, *clients: httpx.Client) -> None:
        self.lengths: list[tuple[str, int, int]] = []
        self.secrets: set[bytes] = set()
        for client in clients:
            client.event_hooks = {"response": [self._count]}

    def _count(self, answer: httpx.Response) -> None:
        asked = answer.request
        head = sum(len(k) + len(v) + 4 for k, v in answer.headers.raw)
        sent = sum(len(k) + len(v) + 4 for k, v in asked.headers.raw)
        size = len(answer.read()) + head
        self.lengths.append((asked.url.path, len(asked.content) + sent, size))
        if login := asked.headers.get("authorization"):
            self.secrets.add(login.removeprefix("Bearer ").encode())

    def take(self) -> Lengths:
        """What went by since."""
        taken, self.lengths = tuple(self.lengths), []
        return taken


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The session, held and halted; what was stored is read while the services still run."""
    found, heard = Seen(), Hearing()
    logging.getLogger().addHandler(heard)
    home = tmp_path_factory.mktemp("linking")
    with live_session(home, vote_plan("motion"), deputies=MANY) as live:
        found.deputies = list(live.stage.plan.deputies)
        _hold(live, found)
        files = {"box": "hall/box.db", "registrar": "hall/registrar.db"}
        files["signer"] = "scrutineers/signer.db"
        for name, file in files.items():  # as they lie on the disk of a running service
            found.stored[name] = {
                path.name: path.read_bytes() for path in sorted(home.glob(f"{file}*"))
            }
        found.asked = _rows(live)
        live.stop()
    logging.getLogger().removeHandler(heard)
    found.logs = "\n".join(heard.lines)
    return found


class Hearing(logging.Handler):
    """Every line that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("httpx", "httpcore")):  # the tablets' own
            self.lines.append(f"{record.getMessage()} {record.args} {record.exc_text}")


def _hold(live: Live, found: Seen) -> None:
    live.open_check_in()
    wire, desk = Wire(live.registrar, live.box), live.stage.desk
    wallets = []
    for deputy in found.deputies:
        wallets.append(desk.admit(deputy, "tablet")[SLOT])
        found.issuing.append(tuple(one for one in wire.take() if one[0] != "/api/events"))
    body = desk.close()
    both = {**live.stage.one("clerk"), **live.stage.one("chief_scrutineer")}
    live.stage.publish("check_in_closed", body | {"attendance": "00" * 32}, both)
    casting = live.open_round(SLOT)
    wire.take()
    for number, wallet in enumerate(wallets):
        unsigned = encrypt(casting.gate, "YNA"[number % 3], wallet.credential, live.random(32))
        envelope = seal_envelope(casting.gate, unsigned, wallet.s, wallet.token, live.random)
        assert live.cast(pad(casting.gate, envelope), **CANARIES).status_code == 200
        found.envelopes.append(envelope)
        found.trackers.append(decode_envelope(casting.gate, envelope).tracker)
        found.casting.append(wire.take())
    casting.close()
    live.followed()
    found.secrets = wire.secrets


def _rows(live: Live) -> dict[str, bytes]:
    """Deputy → all that registrar and second signer keep of the request and its answer."""
    kept: dict[str, bytes] = {}
    for name in ("registrar", "signer"):
        for table, column in (("request", "blinded"), ("answer", "signatures")):
            for deputy, data in live.rows(name, f"SELECT deputy, {column} FROM {table}"):
                kept[deputy] = kept.get(deputy, b"") + data
    return kept


# The attacker.


def order_in(files: Mapping[str, bytes], marks: Sequence[bytes]) -> list[int]:
    """The marks' numbers in the order in which they first lie in the files."""
    data = b"".join(files.values())
    places = [(data.find(mark), number) for number, mark in enumerate(marks)]
    return [number for place, number in sorted(places) if place >= 0]


def rank_correlation(one: Sequence[int], other: Sequence[int]) -> float:
    """Spearman's, of two orders of the same numbers."""
    place = {number: i for i, number in enumerate(other)}
    n = len(one)
    squares = sum((i - place[number]) ** 2 for i, number in enumerate(one))
    return abs(1 - 6 * squares / (n * (n * n - 1)))


def hits(one: Sequence[int], other: Sequence[int]) -> float:
    """How many are linked rightly by laying the two orders side by side, or one of them turned."""
    plain = sum(a == b for a, b in zip(one, other, strict=True))
    turned = sum(a == b for a, b in zip(one, reversed(other), strict=True))
    return max(plain, turned)


def p_value(
    score: Callable[[Sequence[int], Sequence[int]], float],
    one: Sequence[int],
    other: Sequence[int],
) -> float:
    """How often a random order scores as well (permutation test)."""
    dice, shuffled, found = random.Random(1), list(other), score(one, other)
    as_good = 0
    for _ in range(SHUFFLES):
        dice.shuffle(shuffled)
        as_good += score(one, shuffled) >= found
    return (as_good + 1) / (SHUFFLES + 1)


SCORES = {"order": rank_correlation, "links": hits}


@pytest.mark.parametrize("by", sorted(SCORES))
def test_the_order_of_what_is_stored_links_no_deputy_to_a_ballot(seen: Seen, by: str) -> None:
    box = order_in(seen.stored["box"], seen.trackers)
    assert len(box) == MANY
    for service in ("registrar", "signer"):
        deputies = order_in(seen.stored[service], [d.encode() for d in seen.deputies])
        assert len(deputies) == MANY
        assert p_value(SCORES[by], deputies, box) > CHANCE
    # The order of issuing itself, which the attacker may know from elsewhere.
    assert p_value(SCORES[by], range(MANY), box) > CHANCE


@pytest.mark.parametrize("by", sorted(SCORES))
def test_the_attack_would_see_a_box_that_kept_the_order(seen: Seen, by: str) -> None:
    """The control: the same attack on a box that appends, some of it swapped."""
    leaky, dice = list(range(MANY)), random.Random(2)
    for _ in range(MANY // 3):
        a, b = dice.randrange(MANY), dice.randrange(MANY)
        leaky[a], leaky[b] = leaky[b], leaky[a]
    stored = {"box.db": b"".join(seen.trackers[n] for n in leaky)}
    assert p_value(SCORES[by], range(MANY), order_in(stored, seen.trackers)) < CHANCE


def test_registrar_and_box_have_no_bytes_of_one_deputy_in_common(seen: Seen) -> None:
    """Blinded requests and answers against credentials, tokens and the whole envelopes."""
    asked: dict[bytes, set[str]] = {}
    for deputy, data in seen.asked.items():
        for at in range(len(data) - SHARED + 1):
            asked.setdefault(data[at : at + SHARED], set()).add(deputy)
    assert len(seen.asked) == MANY
    for envelope in seen.envelopes:
        value = loads(envelope)
        tokens = [unb64url(text, 384) for text in value["token"]]
        for data in (envelope, *tokens):
            for at in range(len(data) - SHARED + 1):
                assert data[at : at + SHARED] not in asked


def test_the_wire_shows_one_length_for_all(seen: Seen) -> None:
    """Attack B24: with one length there is nothing to match."""
    assert len(seen.casting) == len(seen.issuing) == MANY
    assert len(set(seen.casting)) == 1
    assert len(set(seen.issuing)) == 1
    assert [path for path, _, _ in seen.casting[0]] == ["/cast"]


def test_nothing_that_names_anybody_is_in_what_the_box_wrote(seen: Seen) -> None:
    wrote = b"".join(seen.stored["box"].values())
    named = [name_of(deputy).encode() for deputy in seen.deputies]
    numbers = [deputy.encode() for deputy in seen.deputies]
    sent = [text.partition("=")[2].encode() or text.encode() for text in CANARIES.values()]
    assert len(seen.secrets) >= MANY
    for canary in (*named, *numbers, *sent, *seen.secrets, b"127.0.0.1"):
        assert canary not in wrote, canary
        if canary != b"127.0.0.1":  # the tests' own address, in what a service says at its start
            assert canary.decode() not in seen.logs, canary
    for tracker, envelope in zip(seen.trackers, seen.envelopes, strict=True):
        assert tracker in wrote  # what was searched is the box
        assert tracker.hex() not in seen.logs
        assert envelope[:60].decode() not in seen.logs
    for service in ("registrar", "signer"):
        other = b"".join(seen.stored[service].values())
        assert numbers[0] in other
        assert not any(tracker in other for tracker in seen.trackers)


def test_the_write_ahead_log_was_among_what_was_searched(seen: Seen) -> None:
    for service, files in seen.stored.items():
        assert {f"{service}.db", f"{service}.db-wal"} <= set(files)
    # The box's was cut at the close: only what the box followed since then is in it.
    assert len(seen.stored["registrar"]["registrar.db-wal"]) > 0
    log = seen.stored["box"]["box.db-wal"]
    assert not [number for number, tracker in enumerate(seen.trackers) if tracker in log]
