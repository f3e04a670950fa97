"""From the decrypted totals to the certificate and the round's files in the record."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ballot.crypto.encoding import dumps, sha256
from ballot.demo.stage import Stage
from ballot.tally import record, styles
from ballot.tally.aggregate import Sums
from ballot.tally.certificate import (
    ChannelCount,
    RoundFacts,
    build_certificate,
    certificate_digest,
    round_outcome,
)
from ballot.tally.envelope import Envelope, admission_line
from ballot.tally.gate import Gate
from ballot.tally.rounds import union_of_rounds
from ballot.tally.state import Round
from ballot.tally.styles import Totals


def tablet_files(
    stage: Stage,
    gate: Gate,
    envelopes: list[Envelope],
    sums: Sums,
    partials: Mapping[int, bytes],
    result: list[list[int]],
) -> str:
    """The round's ``.bel`` and its admissions; returns the SHA-256 of the ``.bel``."""
    stream = io.BytesIO()
    record.write_archive(
        stream,
        gate,
        stage.definition.date,
        stage.trustees_bytes,
        record.credentials_of(gate, (e.ballot.credential for e in envelopes)),
        envelopes,
        sums,
        len(envelopes),
        partials,
        result,
    )
    data = stream.getvalue()
    lines = b"".join(admission_line(e) + b"\n" for e in envelopes)
    for name, content in (("election.bel", data), ("admissions.jsonl", lines)):
        stage.played.members[record.round_path(gate.slot, name)] = content
    return sha256(data).hex()


def certify(stage: Stage, one: Round, tablet: Totals | None, archive: str | None) -> dict[str, Any]:
    """Counted, certificate, Certified; the documents that every round has."""
    facts = _facts(stage, one, tablet, archive)
    outcome = round_outcome(stage.definition, facts)
    totals = [list(row) for row in facts.totals]
    listed = tablet and [list(row) for row in tablet]
    counted = {"tablet": listed, "totals": totals, "outcome": outcome}
    stage.publish("counted", counted, {}, one.slot)
    facts = replace(facts, log=stage.board.log, minute=stage.clock())
    certificate = build_certificate(stage.definition, facts)
    signers = {**stage.one("chief_scrutineer"), **stage.counters, **stage.presidium}
    body = {"certificate": certificate_digest(certificate)}
    event = stage.publish("certified", body, signers, one.slot, facts.minute)
    signatures = [
        {"signer": s.signer, "role": s.role, "signature": s.signature} for s in event.signatures
    ]
    documents: dict[str, Any] = {
        "outcome.json": {"items": list(facts.items), "totals": totals, "outcome": outcome},
        "certificate.json": {"certificate": certificate, "signatures": signatures},
    }
    if facts.paper is not None:
        documents["paper.json"] = facts.paper
    for name, value in documents.items():
        stage.played.members[record.round_path(one.slot, name)] = dumps(value)
    stage.played.certificates.append(certificate)
    stage.played.facts.append(facts)
    return certificate


def _facts(stage: Stage, one: Round, tablet: Totals | None, archive: str | None) -> RoundFacts:
    """Everything the certificate states, as the events tell it; log and minute come later."""
    state = stage.board.state
    vote, issue = state.vote(one.slot), state.issues[one.slot]
    channels = []
    if tablet is not None:
        size = one.returned["tablet"]
        channels.append(ChannelCount("tablet", one.issued["tablet"], size, size, tablet))
    if one.paper is not None:
        sheet, rows = one.paper, tuple(tuple(row) for row in one.paper["rows"])
        numbers = (sheet["issued"], sheet["returned"], sheet["valid"])
        channels.append(ChannelCount("paper", *numbers, rows))
    totals = channels[0].totals
    for channel in channels[1:]:
        totals = styles.add_totals(totals, channel.totals)
    earlier = [each for each in state.rounds_of(vote) if each.number < one.number]
    results = [result for each in earlier for result in each.results()]
    return RoundFacts(
        slot=one.slot,
        round_kind=one.kind,
        run_off=one.run_off,
        replaces=one.certificates[-1].certificate if one.certificates else None,
        calling=one.calling,
        fingerprint=one.fingerprint,
        attendance=issue.attendance,
        present=issue.present,
        channels=tuple(channels),
        void_reasons=dict(one.paper["void"]) if one.paper else {},
        unused_slips=issue.unused_slips,
        sealed=(one.seal.size, one.seal.root) if one.seal else None,
        archive=archive,
        log="",
        overrides=tuple(entry.text for entry in state.overrides.get(one.slot, ())),
        items=one.items,
        seats=one.seats,
        totals=totals,
        paper=dict(one.paper) if one.paper else None,
        before=union_of_rounds(vote.seats, results).elected if vote.seats else (),
        minute="",
    )
