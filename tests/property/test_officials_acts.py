"""Random acts of officials, against the service and against the pure ``advance``: they never
disagree, and no order of acts opens, counts or certifies early (protocol §8).
"""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ballot.crypto.encoding import dumps, loads
from ballot.crypto.errors import Invalid
from ballot.installing import Roll, install_definition, install_roll
from ballot.store.engine import Database, sqlite_url
from ballot.store.presence import Deputy
from ballot.store.schema import SERVICES, upgrade
from ballot.tally import lifecycle
from ballot.tally.agenda import steps
from ballot.tally.event_kinds import KINDS
from ballot.tally.events import Event, chain, decode_event, encode
from ballot.tally.session import Definition, list_digest
from ballot.web.registrar_service import RegistrarService
from tests.sessions import CLEAR, PEOPLE, SLOTS, STAGES, TRUSTEES, Session, at
from tests.unit.test_web_office import SALT, drawn_definition

ROLL = tuple(Deputy(f"{n:03d}", f"代表{n}") for n in range(1, 31))
MOST_WEIGHT = {"next": 0, "choice": 1, "other": 2}


@cache
def installed() -> tuple[Definition, Path]:
    """The definition, and a registrar's database before the first event."""
    definition = drawn_definition(list_digest(SALT, [one.number for one in ROLL]))
    path = Path(tempfile.mkdtemp(prefix="acts")) / "registrar.db"
    database = Database(sqlite_url(path))
    upgrade(database, SERVICES["registrar"])
    install_definition(database, "registrar", definition.raw)
    install_roll(database, definition, Roll(ROLL, SALT))
    database.close()
    return definition, path


class Acts(RuleBasedStateMachine):
    """Officials who do anything at any time, with too few and with false signatures as well."""

    def __init__(self) -> None:
        super().__init__()
        definition, template = installed()
        self.pure = Session(definition)
        self.home = Path(tempfile.mkdtemp(prefix="acts"))
        shutil.copy(template, self.home / "registrar.db")
        self.begin()

    def begin(self) -> None:
        self.database = Database(sqlite_url(self.home / "registrar.db"))
        self.service = RegistrarService(self.database, "none")
        # Whether it is a decryption of the sealed sum is another check, with its own tests.
        self.service.sealed.check = lambda _: None  # type: ignore[method-assign]

    @initialize(stage=st.sampled_from(STAGES))
    def come_to(self, stage: str) -> None:
        """The session has come so far."""
        for event in at(stage, drawn=True).events:
            made = self.pure.draft(event.kind, event.slot)
            made = replace(made, body=event.body | _own_log(self.pure, event))
            single = event.kind in ("sealed", "decrypted")
            signer = event.signatures[0].signer if single else None
            self.bring(made, self.pure.signatures(made, signer), must=True)

    def bring(self, draft: Event, signatures: Any, must: bool = False) -> None:
        """To the service, and to the pure core: both take it, or both refuse it as the same."""
        last = self.pure.events[-1] if self.pure.events else None
        event = chain(last, draft, signatures)
        # What stands there already, under these signatures, is answered and not written twice.
        again = any(_says_the_same(event, one) for one in self.pure.events)
        refused = next((one.code for one in _obstacles(self.pure, event)), None)
        wanted = None if again else refused
        value = loads(encode(event))
        names = ("body", "kind", "minute", "session", "signatures", "slot")
        found = None
        try:
            self.service.publish(dumps({name: value[name] for name in names}))
        except Invalid as error:
            found = error.code
        assert found == wanted, (draft.kind, draft.slot)
        assert not must or wanted is None, wanted
        if wanted is None and not again:
            self.pure.append(event)
        assert self.service.state == self.pure.state

    @rule(
        kind=st.sampled_from(sorted(KINDS)),
        slot=st.sampled_from([None, *SLOTS]),
        trustee=st.sampled_from(TRUSTEES),
        drop=st.integers(0, 2),
        forged=st.booleans(),
    )
    def somebody_acts(
        self, kind: str, slot: str | None, trustee: str, drop: int, forged: bool
    ) -> None:
        """Any kind at any time, under fewer signatures or one of another key."""
        draft = self.drafted(kind, slot)
        if draft is None:
            return
        single = kind in ("sealed", "decrypted")
        signatures = self.pure.signatures(draft, trustee if single else None)
        kept = signatures[: len(signatures) - drop] if drop else signatures
        if forged and kept:
            other = next(name for name in PEOPLE if name != kept[0].signer)
            kept = [replace(kept[0], signer=other), *kept[1:]]
        self.bring(draft, kept)

    @rule(which=st.integers(0, 3))
    def the_next_step(self, which: int) -> None:
        """A step of the agenda, duly signed: it can always be taken."""
        found = sorted(steps(self.pure.state), key=lambda one: MOST_WEIGHT[one.weight])
        step = found[min(which, len(found) - 1)]
        changes: dict[str, Any] = {}
        if step.kind == "counted" and step.slot:
            items = len(self.pure.state.rounds[step.slot].items)
            changes = self.pure.outcome(step.slot, CLEAR[:items])
        if step.kind == "check_in_opened":
            changes = {"slots": [one for one in SLOTS if one not in self.pure.state.issues]}
        draft = self.drafted(step.kind, step.slot, **changes)
        if draft is not None:
            self.bring(draft, self.pure.signatures(draft, self._trustee(step.kind, step.slot)))

    def drafted(self, kind: str, slot: str | None, **changes: Any) -> Event | None:
        """What an official's device would write; None where it has nothing to write it from."""
        with suppress(KeyError, IndexError, AttributeError, TypeError, Invalid):
            found = self.pure.draft(kind, slot, **changes)
            decode_event(encode(chain(None, found, ())))
            return found
        return None

    def _trustee(self, kind: str, slot: str | None) -> str | None:
        """Somebody who has not done it yet."""
        one = self.pure.state.rounds.get(slot or "")
        if one is None or kind not in ("sealed", "decrypted"):
            return None
        done = one.seals if kind == "sealed" else {TRUSTEES[n - 1] for n in one.partials}
        return next((name for name in TRUSTEES if name not in done), TRUSTEES[0])

    @precondition(lambda self: self.pure.events)
    @rule()
    def the_service_starts_again(self) -> None:
        """State is told, not kept."""
        self.database.close()
        self.begin()
        assert self.service.state == self.pure.state

    @invariant()
    def nothing_comes_early(self) -> None:
        """Told from the events alone, without the code that decides."""
        seen: list[tuple[str, str | None]] = []
        for event in self.pure.events:
            _in_time(event, seen, self.pure.definition)
            seen.append((event.kind, event.slot))

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.home)


def _says_the_same(event: Event, known: Event) -> bool:
    told = replace(event, number=known.number, previous=known.previous)
    same = replace(told, signatures=known.signatures) == known
    return same and bool(event.signatures) and set(event.signatures) <= set(known.signatures)


def _obstacles(session: Session, event: Event) -> Any:
    return lifecycle.obstacles(session.state, event)


def _own_log(session: Session, event: Event) -> dict[str, Any]:
    """A copied body names this session's last event, and this session's certificates."""
    fresh = session.draft(event.kind, event.slot).body
    return {name: fresh[name] for name in ("log", "parent") if name in event.body}


def _in_time(event: Event, seen: list[tuple[str, str | None]], of: Definition) -> None:
    kinds, slot = [kind for kind, _ in seen], event.slot
    count = seen.count
    if event.kind == "round_opened":
        assert {"keys_ready", "rules_adopted", "check_in_closed"} <= set(kinds)
        assert ("box_empty", slot) in seen
    if event.kind == "decrypted":
        assert ("round_closed", slot) in seen
        assert count(("sealed", slot)) >= of.seal_quorum
    if event.kind == "counted":
        assert ("round_closed", slot) in seen
        assert count(("decrypted", slot)) >= of.threshold
    if event.kind == "certified":
        assert ("counted", slot) in seen
        assert len({one.signer for one in event.signatures}) >= of.presidium_quorum
    if event.kind == "published":
        opened = {where for kind, where in seen if kind == "round_opened"}
        assert all(("certified", one) in seen or ("voided", one) in seen for one in opened)


def test_service_and_core_never_disagree_about_what_officials_do() -> None:
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=20,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
