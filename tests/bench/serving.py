"""How fast the services answer: ``python -m tests.bench.serving``.

Box as a process of its own; ballots of three items with two tokens, made before. Casts a second
and times of one cast, for one client and for eight; and the time of a check-in of 79 deputies,
of which the simulated tablets' own arithmetic is a part.
"""

import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx

from tests.records import empty_stage
from tests.services.processes import Apart

DEPUTIES, CASTS, SLOT = 79, 60, "projects-1"


def cast_all(address: str, bodies: list[bytes], clients: int) -> tuple[float, list[float]]:
    """(casts a second, seconds of each)."""
    times: list[float] = []
    line, lock = iter(bodies), threading.Lock()

    def work() -> None:
        headers = {"content-type": "application/vnd.ballot.envelope"}
        with httpx.Client(base_url=address, timeout=60, headers=headers) as client:
            while True:
                with lock:
                    body = next(line, None)
                if body is None:
                    return
                started = time.perf_counter()
                client.post("/cast", content=body).raise_for_status()
                times.append(time.perf_counter() - started)

    started = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bodies) / (time.perf_counter() - started), times


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        live = Apart(Path(home), empty_stage(deputies=DEPUTIES))
        try:
            live.start()
            live.begin()
            started = time.perf_counter()
            live.check_in(DEPUTIES)
            print(f"check-in of {DEPUTIES}: {time.perf_counter() - started:.1f} s")
            gate = live.open_round(SLOT).gate
            for clients in (1, 8):
                bodies = [live.body(gate) for _ in range(CASTS)]
                rate, times = cast_all(live.hall.box_at, bodies, clients)
                cuts = statistics.quantiles(times, n=100)
                print(
                    f"{clients} clients: {rate:.1f} casts/s, "
                    f"p50 {1000 * cuts[49]:.0f} ms, p99 {1000 * cuts[98]:.0f} ms"
                )
        finally:
            for process in live.processes.values():
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
