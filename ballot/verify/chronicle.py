"""The definition and the events of a record, replayed: V2, V3, V4 and what V7, V8, V13 and V14
have to say of events.

The lifecycle (:mod:`ballot.tally.lifecycle`) judges each event, the chronicle goes on after a
refused one, so that everything wrong is named.
"""

from dataclasses import dataclass, field

from ballot.crypto.encoding import code_of_hex, parse_code
from ballot.crypto.errors import Invalid
from ballot.crypto.threshold import Trustees
from ballot.tally import lifecycle
from ballot.tally.definition import decode_definition
from ballot.tally.events import MAX_EVENTS, Event, decode_event
from ballot.tally.gate import check_lengths
from ballot.tally.session import Definition
from ballot.tally.signatories import refused_signatures
from ballot.tally.state import Round, State
from ballot.verify.container import Container, read_lines
from ballot.verify.keys import joint_key, key_faults
from ballot.verify.report import Checklist

MAX_LINE = 4 * 2**20
_SPEAKERS = {
    "definition": "V2",
    "keys": "V4",
    "numbers": "V7",
    "seal": "V8",
    "certificate": "V13",
    "rounds": "V14",
}


@dataclass(slots=True)
class Chronicle:
    """A session as its events tell it; ``trustees`` is None where the joint key is unknown.

    ``certified`` holds the certifying events of each slot, ``unused`` the credentials of
    slips that were opened after check-in.
    """

    definition: Definition
    state: State
    trustees: Trustees | None = None
    keys: Event | None = None
    order: dict[str, int] = field(default_factory=dict)
    counted: dict[str, Event] = field(default_factory=dict)
    certified: dict[str, list[Event]] = field(default_factory=dict)
    unused: set[str] = field(default_factory=set)

    def rounds(self) -> list[Round]:
        """The rounds with a certificate, in order of their last one."""
        state = self.state.rounds
        found = [state[slot] for slot in self.certified if slot in state]
        return [one for one in found if one.opened and not one.voided]

    def undecided(self) -> list[str]:
        """Slots of rounds that were opened and are neither certified nor voided."""
        return [one.slot for one in self.state.rounds.values() if one.opened and not one.is_over]

    @property
    def published(self) -> bool:
        """Whether everything must be there."""
        return self.state.published


def read_definition(container: Container, code: str | None, checks: Checklist) -> Definition | None:
    """The definition; V2 as far as it goes without events."""
    data = container.read("definition.json")
    if data is None:
        checks.failed("V1", Invalid("record.missing", "definition.json"))
        checks.unknown("V2", "record.missing", "definition.json")
        return None
    try:
        definition = decode_definition(data)
    except Invalid as error:
        unread = error.code in ("document.malformed", "document.not_canonical")
        checks.failed("V1" if unread else "V2", error)
        return None
    with checks.check("V2"):
        check_lengths(definition)
    if code is None:
        what = "the session code, printed in the notice, was not given"
        checks.unknown("V2", "record.no_code", what)
        return definition
    try:
        given, own = parse_code(code), code_of_hex(definition.session)
        if given != own:
            refusal = Invalid("record.other_session", f"code given {given}, of the record {own}")
            checks.failed("V2", refusal)
    except Invalid as error:
        checks.unknown("V2", error.code, error.detail)
    return definition


def read_events(container: Container, definition: Definition, checks: Checklist) -> Chronicle:
    """Replay ``events.jsonl``; tells V2, V3 and V4 to their ends."""
    chronicle = Chronicle(definition, lifecycle.initial(definition))
    if "events.jsonl" not in container.members:
        checks.failed("V1", Invalid("record.missing", "events.jsonl"))
        return chronicle
    with container.open("events.jsonl") as stream:
        lines = read_lines(stream, MAX_LINE, lambda error: checks.failed("V1", error))
        for number, line in enumerate(lines, 1):
            if number > MAX_EVENTS or checks.hopeless():
                checks.failed("V3", Invalid("event.too_many", f"reading stopped at {number}"))
                break
            try:
                _follow(chronicle, decode_event(line), checks)
            except Invalid as error:
                checks.failed("V1", Invalid(error.code, f"line {number}: {error.detail}"))
    _conclude(chronicle, checks)
    return chronicle


def _follow(chronicle: Chronicle, event: Event, checks: Checklist) -> None:
    for error in lifecycle.obstacles(chronicle.state, event):
        name = _SPEAKERS.get(error.code.partition(".")[0], "V3")
        checks.failed(name, Invalid(error.code, f"event {event.number}: {error.detail}"))
    chronicle.state = lifecycle.apply(chronicle.state, event)
    chronicle.order[event.digest] = event.number
    slot = event.slot or ""
    match event.kind:
        case "adopted":
            if event.session != chronicle.definition.session:
                what = "the adoption is of another definition"
                checks.failed("V2", Invalid("record.not_adopted", what))
            for error in refused_signatures(chronicle.definition, event):
                checks.failed("V2", Invalid("record.not_adopted", error.detail))
        case "keys_ready" if chronicle.keys is None:
            chronicle.keys = event
            with checks.check("V4"):
                chronicle.trustees = joint_key(chronicle.definition, event)
            if chronicle.trustees is not None:
                for error in key_faults(chronicle.definition, event, chronicle.trustees):
                    checks.failed("V4", error)
        case "check_in_closed":
            chronicle.unused |= set(event.body["unused_slips"])
        case "counted":
            chronicle.counted[slot] = event
        case "certified":
            chronicle.certified.setdefault(slot, []).append(event)
        case _:
            pass


def _conclude(chronicle: Chronicle, checks: Checklist) -> None:
    state, definition = chronicle.state, chronicle.definition
    unfinished = Invalid("record.unfinished", "the record was written before it was published")
    checks.passed("V2", officers=len(definition.officers), votes=len(definition.votes))
    checks.passed("V3", events=len(chronicle.order))
    if not state.adopted:
        _missing(checks, chronicle, "V2", Invalid("record.not_adopted", "no adoption"))
    if not state.published:
        checks.unknown("V3", unfinished.code, unfinished.detail)
    if chronicle.keys is None:
        _missing(checks, chronicle, "V4", Invalid("record.no_keys", "the keys are not ready"))
    else:
        form = f"{definition.threshold}/{len(definition.trustees)}"
        checks.passed("V4", trustees=list(definition.trustees), threshold=form)


def _missing(checks: Checklist, chronicle: Chronicle, name: str, error: Invalid) -> None:
    """What is missing fails in a published record; before, it is not checkable."""
    if chronicle.published:
        checks.failed(name, error)
    else:
        checks.unknown(name, error.code, error.detail)
