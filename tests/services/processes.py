"""The session of :mod:`tests.services.session` on three machines: three directories, each with a
process of its own that knows nothing but what lies there.
"""

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx

from ballot.demo.stage import Stage
from ballot.settings import Settings
from tests.patience import until
from tests.services.session import NAMES, REAL_COST, Live, scrypt_cost


class Apart(Live):
    """Services as processes; everything they print is kept in ``home``."""

    def __init__(self, home: Path, stage: Stage) -> None:
        with scrypt_cost(REAL_COST):
            super().__init__(home, stage)
        self.home = home
        self.places = {"registrar": self.hall, "box": self._box_apart(), "signer": self.own}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.workers: list[threading.Thread] = []

    def _box_apart(self) -> Settings:
        place = self.home / "box"
        place.mkdir()
        for file in self.hall.data_dir.glob("box.*"):
            shutil.move(file, place / file.name)
        shutil.copy2(self.hall.data_dir / "link.secret", place / "link.secret")
        # The own address is told, because it is not the registrar's.
        return self.hall.model_copy(update={"data_dir": place, "box_at": ""})

    def settings_of(self, service: str) -> Settings:
        """See :class:`Live`."""
        return self.places[service]

    def start(self, *names: str) -> None:
        """Start these processes and wait until they answer."""
        for name in names or NAMES:
            self.processes[name] = self._spawn(name)
        for name in names or NAMES:
            client, process = getattr(self, name), self.processes[name]
            until(lambda client=client, process=process: _answers(client, process))  # type: ignore[misc]

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        settings = self.places[name]
        command = [sys.executable, "-m", "ballot", "serve", "--data-dir", str(settings.data_dir)]
        command += ["--port", str(self.hall.port), "--box-port", str(self.hall.box_port)]
        command += ["--signer-port", str(self.own.signer_port), "--tick", "0.5", "--rehearsal"]
        if name == "registrar":
            command += ["--box-at", self.hall.box_at, "--signer-at", self.hall.signer_at]
        with (self.home / f"{name}.out").open("ab") as out:
            return subprocess.Popen(
                [*command, name], stdout=out, stderr=subprocess.STDOUT, cwd=self.home
            )

    def kill(self, name: str) -> None:
        """Pull its plug."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, *names: str) -> None:
        """Ask these processes to end, and wait; raises for one that does not end well."""
        codes = {}
        for name in names or tuple(self.processes):
            self.processes[name].send_signal(signal.SIGTERM)
        for name in names or tuple(self.processes):
            codes[name] = self.processes.pop(name).wait(240)
        if set(codes.values()) - {0}:
            raise RuntimeError(str(codes))

    def printed(self, name: str) -> str:
        """What the process said so far."""
        return (self.home / f"{name}.out").read_text("utf-8")


def _answers(client: httpx.Client, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"ended with {process.returncode}")
    try:
        return client.get("/health").status_code in (200, 503)
    except httpx.HTTPError:
        return False
