"""The sealed box of one round: V5 to V10, and the tablets' part of V11.

One pass over ``election.bel`` and ``admissions.jsonl`` side by side. Memory holds a batch of
ballots per process, and of each ballot its digests: tracker, credential and α.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

from ballot.crypto import merkle
from ballot.crypto.encoding import code, sha256
from ballot.crypto.errors import Invalid
from ballot.tally import archive, record, styles
from ballot.tally.admission import check_alphas, check_cap, check_token
from ballot.tally.aggregate import Factors, Partial, Sums, add, combine, empty_sums
from ballot.tally.archive import BallotsEnded, CastBallot, EncryptedTally, PartialDecryption, Setup
from ballot.tally.archive_reader import read_archive
from ballot.tally.election import Election, OpenBallot
from ballot.tally.envelope import decode_envelope, encode_envelope, parse_admission, tracker
from ballot.tally.gate import Gate
from ballot.tally.state import Round
from ballot.tally.styles import Totals
from ballot.verify import totals
from ballot.verify.ballots import Inspection, Task, credential_of, inspect_ballots
from ballot.verify.chronicle import Chronicle
from ballot.verify.container import Container, read_lines
from ballot.verify.report import Checklist
from ballot.verify.survey import Hashing
from ballot.verify.workers import Workers

MAX_ADMISSION = 2**20
_ALPHA = 16  # bytes of a digest kept per α: 64 bits could be ground by a deputy

Progress = Callable[[int], None]


@dataclass(slots=True)
class Box:
    """What a box came to. ``reached`` are the checks that ran to their end on it."""

    reached: set[str] = field(default_factory=set)
    archive: str | None = None
    count: int = 0
    totals: Totals | None = None


@dataclass(slots=True)
class BoxCheck:
    """Everything the checks of one box need. ``one`` is its round as the events tell it."""

    chronicle: Chronicle
    container: Container
    checks: Checklist
    one: Round
    gate: Gate
    workers: Workers
    progress: Progress
    box: Box = field(default_factory=Box)
    leaves: list[bytes] = field(default_factory=list)
    credentials: set[str] = field(default_factory=set)
    alphas: "Distinct" = field(default_factory=lambda: Distinct())
    unread: bool = False
    sums: Sums | None = None
    partials: dict[int, Partial] = field(default_factory=dict)
    owners: list[int] = field(default_factory=list)

    # The archive and its stages.

    def run(self) -> Box:
        """All checks of the box; nothing is raised for what the bytes are."""
        path = partial(record.round_path, self.one.slot)
        names = [path("election.bel"), path("admissions.jsonl")]
        if any(name not in self.container.members for name in names):
            return self.box  # V1 names what is missing
        self._timestamp(names[0])
        with self.container.open(names[0]) as file, self.container.open(names[1]) as lines:
            stream = Hashing(file)
            stages = read_archive(stream, partial(self._failed, "V5"))
            setup = next(stages, None)
            if not isinstance(setup, Setup):
                self._failed("V5", Invalid("archive.event_missing", "no set-up"))
                return self.box
            rest: list[archive.Stage] = []
            report = partial(self._failed, "V1")
            self._ballots(self._tasks(stages, rest, read_lines(lines, MAX_ADMISSION, report)))
            if self.checks.hopeless() or self.box.count > self._most():
                return self.box
            self._setup(setup)
            self._end(chain(rest, stages))
            self.box.archive = stream.digest()
        return self.box

    def _failed(self, name: str, error: Invalid) -> None:
        self.checks.failed(name, Invalid(error.code, f"{self.one.slot}: {error.detail}"))

    def _check(self, name: str, function: Callable[[], Any]) -> Any:
        """The value of ``function``, or None after its refusal was told."""
        try:
            return function()
        except Invalid as error:
            self._failed(name, error)
            return None

    def _most(self) -> int:
        """Ballots after which reading on would only cost time (attack E18)."""
        return 2 * self.chronicle.definition.deputies + 100

    def _timestamp(self, name: str) -> None:
        stamp = record.timestamp_of(self.chronicle.definition.date)
        head = archive.member("BELENIOS", b'{"version":1,"timestamp":"%d"}' % stamp, stamp)
        with self.container.open(name) as stream:
            found = b""
            while len(found) < len(head) and (data := stream.read(len(head) - len(found))):
                found += data
        if found != head:
            what = "does not begin with 00:00 UTC of the session's date"
            self._failed("V5", Invalid("archive.timestamp", what))

    def _setup(self, setup: Setup) -> None:
        gate, keys = self.gate, self.chronicle.keys
        if setup.election != gate.election.raw:
            what = "not the document that follows from the signed documents"
            self._failed("V5", Invalid("record.election", what))
        if self.one.fingerprint != gate.election.fingerprint:
            self._failed("V5", Invalid("record.fingerprint", "not that of the opening"))
        if keys is None or setup.trustees != keys.body["trustees"].encode():
            self._failed("V5", Invalid("record.trustees", "not the trustees of the key ceremony"))
        if setup.credentials != record.credentials_of(gate, self.credentials):
            what = "not the credentials that the ballots or the definition give"
            self._failed("V5", Invalid("record.credentials", what))

    # Ballots: V6, V7, V8.

    def _tasks(
        self, stages: Iterator[archive.Stage], rest: list[archive.Stage], lines: Iterator[bytes]
    ) -> Iterator[Task]:
        for stage in stages:
            if not isinstance(stage, CastBallot):
                rest.append(stage)
                break
            self.box.count += 1
            if self.box.count > self._most():
                self._failed("V7", Invalid("token.surplus", f"more than {self._most()} ballots"))
                return
            yield Task(stage, 1, self._admission(stage, next(lines, None)))
        if next(lines, None) is not None:
            self._failed("V7", Invalid("admissions.surplus", "an admission without a ballot"))

    def _admission(self, ballot: CastBallot, line: bytes | None) -> bytes | None:
        """The envelope rebuilt from ballot and admission; its tracker becomes a leaf."""
        where, gate = f"ballot {ballot.number}", self.gate
        credential = credential_of(ballot.body)
        if credential in self.credentials:
            self._failed("V7", Invalid("token.spent", f"{where}: its credential stands earlier"))
        if credential is not None:
            self.credentials.add(credential)
        if line is None:
            self.unread = True
            self._failed("V7", Invalid("admissions.missing", where))
            return None
        try:
            stated, cap_proof, token = parse_admission(line)
            text = ballot.body.decode()
            envelope = encode_envelope(gate.slot, text, cap_proof, token)
        except (Invalid, UnicodeDecodeError) as error:
            self.unread = True
            detail = error.detail if isinstance(error, Invalid) else "not UTF-8"
            self._failed("V7", Invalid("admissions.malformed", f"{where}: {detail}"))
            return None
        if len(envelope) > gate.length:
            self._failed("V6", Invalid("envelope.malformed", f"{where}: longer than its slot"))
        if not gate.keys and (credential not in gate.drawn or token):
            self._failed("V7", Invalid("token.invalid", f"{where}: not of the drawn list"))
        if credential in self.chronicle.unused:
            self._failed("V7", Invalid("token.unused_slip", f"{where}: from a slip left over"))
        leaf = _tracker(ballot.body, envelope)
        if leaf.hex() != stated:
            what = f"{where}: tracker {stated[:16]}… is not that of its envelope"
            self._failed("V8", Invalid("seal.tracker", what))
        self.leaves.append(leaf)
        return envelope

    def _ballots(self, tasks: Iterable[Task]) -> None:
        election, failed = self.gate.election, self._failed
        sums = empty_sums(election.group, [question.width for question in election.questions])
        complete, done = True, 0
        # The drawn list is looked at here: it would travel with every batch.
        inspection = Inspection(
            election.raw, also=partial(admit, replace(self.gate, drawn=frozenset()))
        )
        for batch in inspect_ballots(inspection, tasks, self.workers):
            for error in batch.refused:
                failed("V6", error)
            for number, note in enumerate(batch.notes, done + 1):
                faults, alphas = note or ((), ())
                for error in faults:
                    name = "V7" if error.code.startswith("token.") else "V6"
                    failed(name, Invalid(error.code, f"ballot {number}: {error.detail}"))
                self.alphas.add(alphas)
            sums = add(election.group, sums, batch.sums)
            complete, done = complete and batch.complete, done + batch.size
            self.progress(batch.size)
            if self.checks.hopeless():
                return
        if self.alphas.repeated():
            failed("V6", Invalid("ballot.bad_proof", "one α stands twice in the box"))
        self.sums = sums if complete else None
        self._numbers()
        self._seal()
        self.box.reached |= {"V6", "V7"}

    def _numbers(self) -> None:
        one, count = self.one, self.box.count
        issued = one.issued.get("tablet", 0)
        if count > issued:
            self._failed("V7", Invalid("numbers.surplus", f"{count} ballots, {issued} issued"))

    def _seal(self) -> None:
        one, definition = self.one, self.chronicle.definition
        root = self._check("V8", lambda: merkle.sorted_root(self.leaves))
        if root is not None and (root.hex() != one.root or self.unread):
            self._failed("V8", Invalid("seal.root", "not the root of exactly these envelopes"))
        if one.returned.get("tablet") != self.box.count:
            stated = one.returned.get("tablet")
            self._failed("V8", Invalid("seal.size", f"{self.box.count} ballots, {stated} sealed"))
        if any(seal != one.seal for seal in one.seals.values()):
            self._failed("V8", Invalid("seal.equivocation", "two seals of one box"))
        if len(one.sealers) < definition.seal_quorum:
            what = f"{len(one.sealers)} trustees, needed {definition.seal_quorum}"
            self._failed("V8", Invalid("seal.too_few", what))
        self.box.reached.add("V8")

    # After the ballots: V5, V9, V10, V11.

    def _end(self, stages: Iterable[archive.Stage]) -> None:
        last: archive.Stage | None = None
        for last in stages:
            match last:
                case EncryptedTally():
                    self._tally(last)
                case PartialDecryption():
                    self._partial(last)
                case archive.Result():
                    self._result(last)
                case Setup() | CastBallot() | BallotsEnded():
                    pass
        if not isinstance(last, archive.Result):
            self._failed("V5", Invalid("archive.event_missing", "no result"))
        self.box.reached.add("V5")

    def _tally(self, stored: EncryptedTally) -> None:
        own, count = self.sums, self.box.count
        self.sums = self._check("V9", lambda: totals.decode_tally(self.gate.election, stored.body))
        self._check("V9", lambda: totals.check_counts(stored, count, count))
        if own is None:
            what = f"{self.one.slot}: a ballot cannot be read"
            self.checks.unknown("V9", "tally.unknown_sum", what)
        elif self.sums is not None:
            sums = self.sums
            self._check("V9", lambda: totals.check_sum(own, sums))
            self.box.reached.add("V9")

    def _partial(self, stored: PartialDecryption) -> None:
        trustees, sums = self.chronicle.trustees, self.sums
        self.owners.append(stored.owner)
        stated = self.one.partials.get(stored.owner)
        if stated is None or stated.encode() != stored.body:
            what = f"trustee {stored.owner}: not the one that was handed in"
            self._failed("V10", Invalid("partial.not_stated", what))
        if trustees is None or sums is None:
            return
        found = self._check(
            "V10", lambda: totals.check_partial(self.gate.election, trustees, sums, stored)
        )
        if found is not None:
            self.partials[stored.owner] = found

    def _result(self, stored: archive.Result) -> None:
        trustees, sums = self.chronicle.trustees, self.sums
        if self.owners != sorted(self.one.partials):
            what = "not each one that was handed in, once, by the number of its trustee"
            self._failed("V10", Invalid("partial.not_stated", what))
        if trustees is None or sums is None:
            return
        self._check("V10", lambda: totals.check_enough(trustees, self.partials))
        self.box.reached.add("V10")
        group, count, gate = self.gate.group, self.box.count, self.gate
        try:
            factors: Factors = combine(group, trustees, self.partials)
        except Invalid:
            return  # V10 said so
        counts = self._check(
            "V11", lambda: totals.check_result(gate.election, sums, factors, stored.body, count)
        )
        if counts is not None:
            self.box.totals = styles.totals_of(gate.style, counts, count)

    def facts(self) -> dict[str, Any]:
        """What a reader compares with the hall screen: 票面码 and 封箱码."""
        root = self.one.root
        return {
            "ballots": self.box.count,
            "fingerprint": self.gate.election.fingerprint,
            "fingerprint_code": code(self.gate.election.digest),
            "root": root,
            "root_code": code(bytes.fromhex(root)) if root else None,
            "archive": self.box.archive,
        }


def admit(
    gate: Gate, _: Election, opened: OpenBallot, task: Task
) -> tuple[tuple[Invalid, ...], tuple[bytes, ...]]:
    """What the box asked beside Belenios' proofs, of one ballot: (all faults, digests of its α).

    ``task.beside`` are the bytes of the envelope, or None where they are not known.
    """
    texts = [alpha for answer in opened.ballot.answers for alpha, _ in answer.choices]
    alphas = tuple(sha256(text.encode())[:_ALPHA] for text in texts)
    if task.beside is None:
        return (), alphas
    try:
        envelope = decode_envelope(gate, task.beside)
    except Invalid as error:
        return (error,), alphas
    faults = []
    credential = envelope.ballot.credential
    asked: list[Callable[[], None]] = [
        partial(check_alphas, opened),
        partial(check_cap, gate, opened, envelope.cap_proof),
    ]
    if gate.keys:
        asked.append(partial(check_token, gate, credential, envelope.token))
    for check in asked:
        try:
            check()
        except Invalid as error:
            faults.append(error)
    return tuple(faults), alphas


def _tracker(body: bytes, envelope: bytes) -> bytes:
    """The tracker from the bytes alone, so that a ballot with a wrong proof has one, too."""
    unsigned = body[: body.rfind(b',"signature":')] + b"}"
    return tracker(sha256(unsigned), sha256(envelope))


class Distinct:
    """Many digests, kept in 16 bytes each: millions of α in flat memory."""

    def __init__(self) -> None:
        self._parts = [bytearray() for _ in range(256)]

    def add(self, digests: Iterable[bytes]) -> None:
        """Remember digests of 16 bytes."""
        for digest in digests:
            self._parts[digest[0]] += digest

    def repeated(self) -> bool:
        """Whether any digest was added twice."""
        for part in self._parts:
            found = {bytes(part[i : i + _ALPHA]) for i in range(0, len(part), _ALPHA)}
            if len(found) * _ALPHA != len(part):
                return True
        return False
