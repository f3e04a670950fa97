"""One command's time and memory, as the kernel counts them (Linux)."""

import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from ballot.crypto.encoding import parse_json

_PAUSE = 0.05  # seconds; VmHWM only grows, so little is missed between the last look and the end


@dataclass(frozen=True)
class Run:
    """``seconds`` of the whole command, and of all its processors: on a busy machine only these
    compare. ``peaks``: the most that each process held in memory, in MB, the largest first;
    their sum is at least what they held at one time.
    """

    seconds: float
    processor: float
    peaks: tuple[int, ...]
    output: bytes


def watch(command: list[str]) -> Run:
    """Run a command that must succeed and watch it and its children until it ends."""
    started, used = time.perf_counter(), _used()
    peaks: dict[int, int] = {}
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE) as process:
        while process.poll() is None:
            for pid in _family(process.pid):
                # VmHWM and not ru_maxrss: that starts at what the parent used.
                peaks[pid] = max(peaks.get(pid, 0), _peak(pid))
            time.sleep(_PAUSE)
        output, errors = process.communicate()
    seconds, processor = time.perf_counter() - started, _used() - used
    if process.returncode:
        raise SystemExit(f"{command}: {errors.decode(errors='replace')}")
    megabytes = sorted((round(size / 1024) for size in peaks.values()), reverse=True)
    return Run(seconds, processor, tuple(megabytes), output)


def verify(file: Path, jobs: int, code: str | None = None) -> Run:
    """``ballot verify`` in a process of its own; what is measured must be a valid verdict."""
    command = [sys.executable, "-m", "ballot", "verify", str(file), "--json", "--practice"]
    run = watch([*command, f"--jobs={jobs}", *(["--session", code] if code else [])])
    if parse_json(run.output)["verdict"] != "valid":
        raise SystemExit(f"not valid: {file}")
    return run


def _used() -> float:
    """Processor seconds of all commands that have ended, their workers included."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(found for child in children for found in _family(int(child)))]


def _peak(pid: int) -> int:
    try:
        found = re.search(r"VmHWM:\s+([0-9]+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:  # it has just ended
        return 0
    return int(found[1]) if found else 0
