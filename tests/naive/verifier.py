"""A second verifier of ``record.zip``, written from the documents and sharing no code.

Only the standard library; plain integers; straightforward, not fast. What it and
``ballot.verify`` disagree about is a mistake in one of them or in the documents.
Sources: docs/record.md, protocol §4–§11, belenios-format.md, counting-rules.md §5.
"""

import zipfile
from pathlib import Path

from tests.naive.adopted import DefinitionRules
from tests.naive.chronicle import Chronicle
from tests.naive.container import ContainerRules
from tests.naive.documents import read_canonical, sha
from tests.naive.event_log import Round
from tests.naive.findings import BROKEN, CHECKS, Problems
from tests.naive.groups import group_named
from tests.naive.keys import check_keys
from tests.naive.results import ResultRules
from tests.naive.sums import SumRules

__all__ = ["CHECKS", "Problems", "verdict", "verify"]


def verify(source: str | Path | bytes, code: str | None) -> Problems:
    """Per check the problems found; an empty list is a pass (V2 also wants a ``code``)."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    return _Verifier(data, code).run()


def verdict(problems: Problems, code: str | None) -> str:
    """``fail`` if anything is wrong; without a code ``not checkable``; else ``pass``."""
    if any(problems.values()):
        return "fail"
    return "pass" if code else "not checkable"


class _Verifier(ContainerRules, DefinitionRules, SumRules, ResultRules):
    def run(self) -> Problems:
        try:
            self.read_container()
            self.definition = read_canonical(self.members["definition.json"])
            lines = self.members["events.jsonl"].split(b"\n")
            self.require("V1", lines.pop() == b"", "events.jsonl: the last line is not ended")
            events = [read_canonical(line) for line in lines]
        except (*BROKEN, zipfile.BadZipFile) as error:
            for check in CHECKS:
                self.fail(check, f"unreadable: {error}")
            return self.problems
        self.session = sha(self.members["definition.json"])
        with self.part("V2", "definition"):
            self.check_definition()
        self.log = Chronicle(self.definition, self.session, events, lines, self.fail)
        with self.part("V3", "events"):
            self.log.check()
        with self.part("V1", "members"):
            self.check_members()
        with self.part("V4", "keys"):
            self.group = group_named(self.definition["group"])
            body = self.log.first("keys_ready")["body"]
            self.trustees_bytes = body["trustees"].encode()
            self.y, self.keys = check_keys(
                self.group, self.definition["trustees"], self.session, body, self.require_keys
            )
            for one in self.log.rounds.values():
                if one.certified:
                    self.check_round(one)
        return self.problems

    def check_round(self, one: Round) -> None:
        path = f"rounds/{one.slot}/"
        tablet: list[list[int]] | None = None
        archive = None
        self.trackers: list[bytes] = []
        if one.tablets:
            with self.part("V5", f"{path}election.bel"):
                archive = self.check_archive(one, self.members[path + "election.bel"])
        if archive is not None:
            choices = self.check_ballots(one, archive)
            with self.part("V7", f"{one.slot}: tokens"):
                self.check_tokens(one, archive)
            with self.part("V8", f"{one.slot}: seal"):
                self.check_seal(one)
            with self.part("V9", f"{one.slot}: encrypted tally"):
                sums = self.check_tally(one, archive, choices)
                with self.part("V10", f"{one.slot}: partial decryptions"):
                    factors = self.check_partials(one, archive, sums)
                    with self.part("V11", f"{one.slot}: result"):
                        tablet = self.check_result(one, archive, sums, factors)
        with self.part("V7", f"{one.slot}: heads"):
            self.check_heads(one)
        with self.part("V11", f"{one.slot}: totals"):
            totals = self.check_totals(one, tablet)
            with self.part("V12", f"{one.slot}: outcome"):
                self.check_outcome(one, totals)
        with self.part("V13", f"{one.slot}: certificate"):
            self.check_certificate(one)
