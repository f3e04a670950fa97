"""The table of measures: ``scripts/bench``; ratios compare with a peer in the same run.

``--ballots 100 1000`` makes records of so many ballots (10,000 take half an hour) and verifies
them with one and two processes; ``--keep FOLDER`` keeps them with their codes, and ``--record
FILE`` measures one that was kept. Verifications are whole commands in processes of their own,
so that time and memory are those of the verifier alone. Nothing here passes or fails.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ballot.crypto import blind
from ballot.crypto.group import GROUPS
from ballot.crypto.slotkey import generate_slot_key
from tests.bench.browsing import browse
from tests.bench.conducting import conduct
from tests.bench.making import RANDOM, make_archive, make_record, timed
from tests.bench.watch import Run, verify, watch

JOBS = (1, 2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--archive", type=int, default=100, help="ballots of the archives; 0: none")
    parser.add_argument("--no-conduct", dest="conduct", action="store_false", help="leave it out")
    parser.add_argument("--keep", type=Path, help="folder for the records made")
    parser.add_argument("--record", type=Path, nargs="*", default=[], help="records kept before")
    options = parser.parse_args()
    table = Table("measure", "ms", "of processors", "compared", "MB: largest process, all")
    with tempfile.TemporaryDirectory() as folder:
        if options.archive:
            _crypto(table, options.archive, Path(folder))
        if options.conduct:
            conduct(lambda what, *ms: table.add_row(what, *(f"{one:.0f}" for one in ms)))
            browse(lambda what, found: table.add_row(what, f"{found:.0f}"))
        kept = options.keep or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        for ballots in options.ballots:
            path = kept / f"record-{ballots}.zip"
            path.with_suffix(".code").write_text(make_record(path, ballots) + "\n", "utf-8")
            _record(table, path)
        for path in options.record:
            _record(table, path)
    Console(file=sys.stdout, width=160).print(table)


def _crypto(table: Table, ballots: int, folder: Path) -> None:
    verify_one = {}
    for name, group in GROUPS.items():
        data, times, verify_one[name] = make_archive(group, ballots)
        for what, ms in times.items():
            table.add_row(f"{name}: {what}", "", f"{ms:.1f}")
        (folder / name).mkdir()
        path = folder / name / "bench.bel"
        path.write_bytes(data)
        tool = shutil.which("belenios-tool") if name == "BELENIOS-2048" else None
        peer = None
        if tool:
            command = [tool, "election", "verify", "--dir", str(path.parent)]
            peer = _best(partial(watch, command))
            _row(table, f"{name}: archive of {ballots}, belenios-tool", peer)
        for jobs in JOBS:
            run = _best(partial(verify, path, jobs))
            ratio = _ratio(run, peer) if peer else ""
            _row(table, f"{name}: archive of {ballots}, --jobs {jobs}", run, ratio)
    # By turns, so that both meet the same machine.
    turns = [{name: timed(one, 5) for name, one in verify_one.items()} for _ in range(5)]
    verified = {name: min(turn[name] for turn in turns) for name in verify_one}
    for name, ms in verified.items():
        compared = f"{verified['BELENIOS-2048'] / ms:.1f} × as fast as BELENIOS-2048"
        table.add_row(f"{name}: verify a ballot", "", f"{ms:.1f}", compared)
    keys = generate_slot_key()
    request = blind.blind(keys.public, b"message", RANDOM).request
    signing = timed(lambda: blind.blind_sign(keys, request, RANDOM), 20)
    table.add_row("blind signature", "", f"{signing:.1f}")


def _best(once: Callable[[], Run]) -> Run:
    return min((once() for _ in range(3)), key=lambda run: run.seconds)


def _ratio(run: Run, peer: Run) -> str:
    elapsed, spent = run.seconds / peer.seconds, run.processor / peer.processor
    return f"{elapsed:.2f} × belenios-tool ({spent:.2f} × its processor time)"


def _record(table: Table, path: Path) -> None:
    code = path.with_suffix(".code").read_text("utf-8").strip()
    for jobs in JOBS:
        _row(table, f"{path.name}, --jobs {jobs}", verify(path, jobs, code))


def _row(table: Table, what: str, run: Run, ratio: str = "") -> None:
    memory = f"{run.peaks[0]}, {sum(run.peaks)}" if run.peaks else ""
    spent = f"{run.processor * 1000:.0f}"
    table.add_row(what, f"{run.seconds * 1000:.0f}", spent, ratio, memory)


if __name__ == "__main__":
    main()
