"""Verification of a public record (``ballot verify record.zip``): V1 to V14 of protocol §11.

The order is that of the reading: container, definition, events with the keys, then each
certified round: box, totals, outcome, certificate. Nothing is raised for what the bytes are,
and no failure hides another. Memory does not grow with the number of ballots' bytes.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ballot.crypto.encoding import code_of_hex, loads
from ballot.crypto.errors import Invalid
from ballot.crypto.signing import verify
from ballot.tally import record
from ballot.tally.gate import build_gate
from ballot.tally.state import Round
from ballot.verify.box import Box, BoxCheck
from ballot.verify.certificates import RoundCheck
from ballot.verify.chronicle import Chronicle, read_definition, read_events
from ballot.verify.container import Container, Streams, read_container
from ballot.verify.report import Checklist, Report
from ballot.verify.workers import Workers

Progress = Callable[[int, int], None]

_BOX = "V5 V6 V7 V8 V9 V10".split()
_ROUND = "V11 V12 V13".split()


def verify_record(
    stream_factory: Streams,
    session_code: str | None,
    jobs: int = 1,
    progress: Progress | None = None,
    receipt: bytes | None = None,
) -> Report:
    """Verify the record that ``stream_factory`` opens, any number of times, for reading.

    ``session_code`` is the 会议码 of the notice (V2 is not checkable without it), ``jobs``
    the number of processes for the ballots; ``progress`` is told how many ballots of how
    many are done. ``receipt`` is a receipt of the box, whose ballot must be in it (V8).
    """
    checks = Checklist("record")
    facts: dict[str, Any] = {}

    def report(error: Invalid) -> None:
        if error.code == "container.not_a_record":  # another kind of file is not a false one
            checks.unknown("V1", error.code, error.detail)
        else:
            checks.failed("V1", error)

    container = read_container(stream_factory, report)
    definition = read_definition(container, session_code, checks) if container else None
    if container is None or definition is None:
        return checks.report(facts)
    facts.update(
        practice=definition.practice,
        session=definition.session,
        session_code=code_of_hex(definition.session),
        assembly=definition.assembly,
        title=definition.title,
        date=definition.date,
    )
    chronicle = read_events(container, definition, checks)
    _check_members(container, chronicle, checks)
    with Workers(jobs) as workers:
        rounds = _Rounds(chronicle, container, checks, workers, progress)
        try:
            facts["rounds"] = rounds.run()
        except Invalid as error:  # a process was killed
            checks.unknown("V6", error.code, error.detail)
    rounds.conclude()
    if receipt is not None:
        _check_receipt(container, chronicle, checks, receipt)
    return checks.report(facts, definition.practice)


def _check_members(container: Container, chronicle: Chronicle, checks: Checklist) -> None:
    """V1: every file that the events ask for, and no other."""
    due = {"README.txt", "definition.json", "events.jsonl"}
    for one in chronicle.rounds():
        due |= {record.round_path(one.slot, name) for name in _members(one)}
    for name in sorted(due - set(container.members)):
        checks.failed("V1", Invalid("record.missing", name))
    for name in sorted(set(container.members) - due):
        checks.failed("V1", Invalid("record.unexpected", name))
    readme = container.read("README.txt")
    if readme is not None and readme != record.README:
        checks.failed("V1", Invalid("record.readme", "not the text every record has"))
    checks.passed("V1", members=len(container.members))


def _members(one: Round) -> Iterator[str]:
    yield from ("certificate.json", "outcome.json")
    if one.tablets:
        yield from ("election.bel", "admissions.jsonl")
    if one.paper is not None:
        yield "paper.json"


class _Rounds:
    """The certified rounds, one after the other; remembers which checks reached which."""

    def __init__(
        self,
        chronicle: Chronicle,
        container: Container,
        checks: Checklist,
        workers: Workers,
        progress: Progress | None,
    ) -> None:
        self._chronicle, self._container, self._checks = chronicle, container, checks
        self._workers, self._progress = workers, progress
        self._rounds = chronicle.rounds()
        self._total = sum(one.returned.get("tablet", 0) for one in self._rounds)
        self._done = self._ballots = 0
        self._missed: dict[str, list[str]] = {}

    def run(self) -> list[dict[str, Any]]:
        """What a reader compares, per round."""
        return [self._round(one) for one in self._rounds if not self._checks.hopeless()]

    def _round(self, one: Round) -> dict[str, Any]:
        vote = self._chronicle.state.vote(one.slot)
        facts: dict[str, Any] = {
            "slot": one.slot,
            "kind": one.kind,
            "vote": vote.title,
            "items": {item.id: item.title for item in vote.items if item.id in one.items},
        }
        box: Box | None = None
        if one.tablets:
            check = self._box(one)
            if check is not None:
                box = check.run()
                self._ballots += box.count
                facts |= check.facts()
            self._note(one, _BOX, box.reached if box else set())
        rest = RoundCheck(self._chronicle, self._container, self._checks, one, box)
        facts |= rest.run()
        self._note(one, _ROUND, rest.reached)
        return facts

    def _box(self, one: Round) -> BoxCheck | None:
        trustees = self._chronicle.trustees
        if trustees is None:
            return None
        try:
            calling = one.calling
            gate = build_gate(
                self._chronicle.definition, trustees.y, one.slot, one.items, one.seats, calling
            )
        except Invalid as error:
            self._checks.failed("V5", Invalid(error.code, f"{one.slot}: {error.detail}"))
            return None
        return BoxCheck(
            self._chronicle, self._container, self._checks, one, gate, self._workers, self._tell
        )

    def _tell(self, ballots: int) -> None:
        self._done += ballots
        if self._progress:
            self._progress(self._done, max(self._total, self._done))

    def _note(self, one: Round, names: list[str], reached: set[str]) -> None:
        for name in names:
            if name not in reached:
                self._missed.setdefault(name, []).append(one.slot)

    def conclude(self) -> None:
        """Passed, unless a round was not reached; checks that apply to nothing say so."""
        checks, state = self._checks, self._chronicle.state
        open_rounds = self._chronicle.undecided()
        tablets = any(one.tablets for one in state.rounds.values() if one.opened)
        for name in (*_BOX, *_ROUND):
            missed = self._missed.get(name, [])
            if missed:
                what = f"what this needs of {', '.join(missed)} was not reached"
                checks.unknown(name, "verify.not_reached", what)
            if open_rounds or not state.published:
                what = f"no certificate of {', '.join(open_rounds)}" if open_rounds else "not yet"
                checks.unknown(name, "record.unfinished", what)
            if name in _BOX and state.published and not tablets:
                checks.not_applicable(name, "record.no_box", "no round with tablets")
            else:
                self._passed(name)
        later = [one.slot for one in state.rounds.values() if one.calling]
        if not later:
            checks.not_applicable("V14", "record.no_later_round", "every vote has one round")
        else:
            checks.passed("V14", rounds=later)

    def _passed(self, name: str) -> None:
        rounds, certified = self._rounds, self._chronicle.certified
        if name in _BOX:
            rounds = [one for one in rounds if one.tablets]
        evidence: dict[str, Any] = {"rounds": [one.slot for one in rounds]}
        match name:
            case "V6" | "V7" | "V9":
                evidence["ballots"] = self._ballots
            case "V8":
                evidence["sealers"] = [len(one.sealers) for one in rounds]
            case "V10":
                evidence["partials"] = [len(one.partials) for one in rounds]
            case "V12":
                evidence["items"] = [len(one.items) for one in rounds]
            case "V13":
                evidence["signatures"] = [len(certified[one.slot][-1].signatures) for one in rounds]
            case _:
                pass
        if self._rounds or self._chronicle.published:
            self._checks.passed(name, **evidence)


def _check_receipt(
    container: Container, chronicle: Chronicle, checks: Checklist, data: bytes
) -> None:
    """V8: a receipt is the box's promise; a leaf that is missing is misconduct (attack B4)."""
    try:
        value = loads(data.strip())
        names = ["session", "signature", "slot", "tracker"]
        if not isinstance(value, dict) or sorted(set(value) - {"kind"}) != names:
            raise Invalid("receipt.malformed", "not {session, slot, tracker, signature}")
        session, slot, tracker = (str(value[name]) for name in ("session", "slot", "tracker"))
        document = {"kind": "receipt", "session": session, "slot": slot, "tracker": tracker}
        verify(chronicle.definition.box_key, "receipt", document, str(value["signature"]))
        if session != chronicle.definition.session:
            raise Invalid("receipt.other_session", "a receipt of another session")
    except Invalid as error:
        known = error.code.startswith("receipt.")
        checks.unknown("V8", error.code if known else "receipt.malformed", error.detail)
        return
    path = record.round_path(slot, "admissions.jsonl")
    if path not in container.members:
        checks.unknown("V8", "receipt.no_box", f"the record has no box of slot {slot}")
        return
    with container.open(path) as stream:
        found, end = False, b'"tracker":"%b"}' % tracker.encode()
        rest = b""
        while chunk := stream.read(2**16):
            rest = rest[-len(end) :] + chunk
            found = found or end in rest
    if not found:
        what = f"{slot}: the box promised ballot {tracker} and it is not in the sealed box"
        checks.failed("V8", Invalid("receipt.no_leaf", what))
