"""How many checks the corpus needs: deletes each refusal of the verifier in turn (rule 5).

All cases are made once. Then one refusal after the other falls silent, and the cases in which
it had spoken are verified again. A deletion makes a case *green* (the record is accepted),
*silent* (refused, but no longer by the check that the case names) or *broken* (the verifier
falls over); where all stay as they were it *survives*, and must stand in the list of
``tests/attacks/reviewed.py`` with its reason.
"""

import argparse
import io
import multiprocessing
import re
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from tests.attacks import refusals
from tests.attacks.refusals import BOARD, Refusal
from tests.attacks.reviewed import OUTSIDE, SURVIVORS

ROOT = Path(__file__).parents[2]
PACKAGES = ("crypto", "tally", "verify")
LONGEST = 60
"""Seconds after which a verification without its bounds counts as broken."""
AFTER = 2
"""Cases tried for a green one after the first that is no longer red."""

TABLES = ("_generator_table", "_table", "power_of")
"""What is remembered and no check, but slow to make."""
OPERATIONS = (
    "crypto_core_ed25519_add",
    "crypto_core_ed25519_is_valid_point",
    "crypto_core_ed25519_sub",
    "crypto_scalarmult_ed25519_base_noclamp",
    "crypto_scalarmult_ed25519_noclamp",
    "crypto_sign_open",
)
"""Half of a verification; the records differ so little that each is done once for all."""

Outcome = str  # red, silent, green or broken
RANK = ("survives", "broken", "silent", "green")


def modules() -> dict[str, Path]:
    """The modules that a verification may use."""
    found = (path for name in PACKAGES for path in sorted((ROOT / "ballot" / name).glob("*.py")))
    return {f"{path.parent.name}.{path.stem}": path for path in found if path.stem != "__init__"}


@dataclass(frozen=True)
class Probe:
    """A false record and the judgement whether it is refused as it must be."""

    id: str
    judge: Callable[[], Outcome]

    def outcome(self, deleted: int = -1) -> tuple[Outcome, frozenset[int]]:
        """What becomes of the case while one refusal is silent; and all that spoke."""
        BOARD.deleted, BOARD.spoken = deleted, set()
        signal.alarm(LONGEST)
        try:
            found = self.judge()
        except Exception:
            found = "broken"
        finally:
            signal.alarm(0)
            BOARD.deleted = -1
        return found, frozenset(BOARD.spoken)


def probes(only: re.Pattern[str]) -> Iterator[Probe]:
    """The cases of the corpus, then the leniencies of the reference tool."""
    from tests.attacks import leniencies, runs
    from tests.attacks.cases import CASES

    for case in CASES.values():
        if only.search(case.id):
            yield Probe(case.id, partial(_judge_record, runs.make(case)))
    for group, name in leniencies.GROUPS.items():
        bench = leniencies.bench(name)
        for title, (change, expected) in leniencies.CASES.items():
            if only.search(title):
                data = leniencies.made(bench, change)
                yield Probe(f"{title} ({group})", partial(_judge_archive, data, expected))


def _judge_record(run: Any) -> Outcome:
    from tests.attacks import runs

    report = runs.report_on(run)
    if report.exit_code(practice=True) == 0:
        return "green"
    return "silent" if runs.wrong(run.case, report) else "red"


def _judge_archive(data: bytes, expected: dict[str, str]) -> Outcome:
    from ballot.verify.belenios import verify_archive
    from tests.archives import failures

    report = verify_archive(lambda: io.BytesIO(data))
    if report.exit_code() != 1:
        return "green"
    return "red" if failures(report) == expected else "silent"


PROBES: list[Probe] = []
"""All cases, made before the processes that verify them are forked."""


def listen(at: int) -> tuple[Outcome, frozenset[int]]:
    """A case with nothing deleted."""
    return PROBES[at].outcome()


def delete(task: tuple[int, Sequence[int]]) -> tuple[Outcome, str]:
    """What the deletion of a refusal does to the cases in which it spoke, and to which."""
    number, cases = task
    best, where, tried = 0, f"in {len(cases)} cases" if cases else "in no case", 0
    for at in cases:
        outcome, _ = PROBES[at].outcome(number)
        rank = 0 if outcome == "red" else RANK.index(outcome)
        if rank > best:
            best, where = rank, PROBES[at].id
        tried += best > 0
        if RANK[best] == "green" or tried > AFTER:
            break
    _forget()
    return RANK[best], where


def measure(only: re.Pattern[str], jobs: int, tries: int) -> Iterator[tuple[Refusal, Outcome, str]]:
    """Every refusal whose id is asked for, and what its deletion does."""
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        heard = pool.map(listen, range(len(PROBES)), chunksize=1)
        for probe, (outcome, _) in zip(PROBES, heard, strict=True):
            if outcome != "red":
                raise SystemExit(f"{probe.id} is {outcome} before anything is deleted")
        # Where few refusals speak, one is missed the most.
        order = sorted(range(len(PROBES)), key=lambda at: len(heard[at][1]))
        tasks = [
            (number, [at for at in order if number in heard[at][1]][:tries])
            for number, one in enumerate(BOARD.refusals)
            if only.search(one.id) and not _reason(one, OUTSIDE)
        ]
        found = pool.imap(delete, tasks)
        for (number, _), (outcome, where) in zip(tasks, found, strict=True):
            yield BOARD.refusals[number], outcome, where


def _remember() -> None:
    from nacl import bindings

    from ballot.crypto import group

    places = [(bindings, name) for name in OPERATIONS] + [(group, "power_of")]
    for module, name in places:
        setattr(module, name, cache(getattr(module, name)))


def _forget() -> None:
    """What a deleted check let pass may have been remembered."""
    wrapper = type(cache(len))
    for name in modules():
        for one in vars(sys.modules.get(f"ballot.{name}", sys)).values():
            if isinstance(one, wrapper) and one.__name__ not in TABLES:
                one.cache_clear()


def _reason(one: Refusal, table: dict[str, str]) -> str:
    return next((why for pattern, why in table.items() if re.fullmatch(pattern, one.id)), "")


def main(arguments: list[str]) -> int:
    """Print the table and the score; 1 if a survivor is on no list."""
    parser = argparse.ArgumentParser(description="deletes each check of the verifier in turn")
    parser.add_argument("--only", type=re.compile, default=re.compile(""), help="refusals")
    parser.add_argument("--cases", type=re.compile, default=re.compile(""), help="cases")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tries", type=int, default=60, help="cases verified per refusal")
    parser.add_argument("--all", action="store_true", help="show also what is noticed")
    chosen = parser.parse_args(arguments)
    refusals.install(list(modules()))
    warnings.simplefilter("ignore")
    _remember()
    signal.signal(signal.SIGALRM, _too_long)
    PROBES.extend(probes(chosen.cases))
    count: Counter[str] = Counter()
    for one, outcome, where in measure(chosen.only, chosen.jobs, chosen.tries):
        why = _reason(one, SURVIVORS) if outcome == "survives" else ""
        count.update([outcome, "deletions"] + ["unknown"] * (outcome == "survives" and not why))
        if outcome == "survives" or chosen.all:
            _say(f"{outcome:9} {one.id}  [{why or where}]")
    _say(
        f"{count['green']} of {count['deletions']} deletions turn a case green, "
        f"{count['silent'] + count['broken']} more turn one from its check, "
        f"{count['survives']} survive ({count['unknown']} without a reason)"
    )
    return 1 if count["unknown"] else 0


def _too_long(*_: object) -> None:
    raise TimeoutError


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
