"""Several applications in one process, each on its own port with its own certificate.

A stop signal lets what is in flight finish: a cast that was accepted is answered.
"""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

GRACE = 30  # seconds for what is in flight when the service is told to stop
_BACKLOG = 2048


@dataclass(frozen=True)
class Listener:
    """An application, its bound socket and, for HTTPS, its certificate chain and key (PEM)."""

    app: ASGIApp
    socket: socket.socket
    certificate: Path | None = None
    key: Path | None = None

    @property
    def port(self) -> int:
        """The port it is bound to."""
        number: int = self.socket.getsockname()[1]
        return number


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError where the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


class _Server(uvicorn.Server):
    """One of several: the process has one signal handler, not one per server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(listener: Listener) -> _Server:
    config = uvicorn.Config(
        listener.app,
        # Nothing that could tell who asked, and equal headers for all (attack D14).
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        ssl_certfile=listener.certificate,
        ssl_keyfile=listener.key,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=15,
        ws="none",
    )
    return _Server(config)


def _nothing() -> None:
    pass


async def serve(
    listeners: Sequence[Listener],
    started: Callable[[], None] = _nothing,
    stopping: Callable[[], None] = _nothing,
    handle: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. ``started`` is called when every application answers,
    ``stopping`` at the signal, so that open streams end and only real work is waited for.
    With ``handle`` no signal is listened for: it is given the function that stops the services.
    """
    servers = [_server(listener) for listener in listeners]

    def stop() -> None:
        stopping()
        for server in servers:
            # A second signal does not wait for what is in flight.
            server.force_exit = server.should_exit
            server.should_exit = True

    if handle is not None:
        handle(stop)
    else:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # on Windows: Ctrl-C raises instead
                loop.add_signal_handler(number, stop)
    running = [
        asyncio.create_task(server.serve(sockets=[listener.socket]))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    while not all(server.started for server in servers):
        if any(task.done() for task in running):  # one did not start: stop the others
            stop()
            break
        await asyncio.sleep(0.02)
    else:
        started()
    await asyncio.gather(*running)
