"""Where the services keep things and how they are reached; options, else ``BALLOT_…`` variables.

No default is unsafe outside a rehearsal: without certificates a service listens on this machine
only, and a secret is a file that its owner alone can read (attack C24).
"""

import stat
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ballot.crypto.errors import Invalid

Port = Annotated[int, Field(ge=0, le=65535)]
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Settings(BaseSettings):
    """Everything ``ballot serve`` can be told. Databases are SQLAlchemy URLs."""

    model_config = SettingsConfigDict(env_prefix="BALLOT_", extra="forbid", frozen=True)

    data_dir: Path = Path("ballot-data")
    registrar_db: str = ""
    box_db: str = ""
    signer_db: str = ""
    host: str = "127.0.0.1"
    name: str = ""
    port: Port = 8000
    box_port: Port = 8001
    signer_port: Port = 8002
    box_at: str = ""
    signer_at: str = ""
    tick: Annotated[float, Field(ge=0.2, le=60)] = 10.0

    def database(self, service: str) -> str:
        """The database URL of ``registrar``, ``box`` or ``signer``."""
        url: str = getattr(self, f"{service}_db")
        return url or f"sqlite:///{self.data_dir / f'{service}.db'}"

    def port_of(self, service: str) -> int:
        """The port that a service is asked to listen on; 0 for any that is free."""
        return {"registrar": self.port, "box": self.box_port, "signer": self.signer_port}[service]

    @property
    def public_name(self) -> str:
        """The name or address by which tablets reach this machine."""
        return self.name or self.host

    def certificate(self, service: str) -> tuple[Path, Path] | None:
        """(certificate chain, key) of a service, if it has them below the data directory."""
        chain = self.data_dir / "tls" / f"{service}.pem"
        key = chain.with_suffix(".key")
        return (chain, key) if chain.is_file() and key.is_file() else None

    def origin(self, service: str, port: int) -> str:
        """``https://hall.local:8000``: what stands before the path in the address of a page."""
        scheme = "https" if self.certificate(service) else "http"
        host = f"[{self.public_name}]" if ":" in self.public_name else self.public_name
        return f"{scheme}://{host}:{port}"

    def check_transport(self, service: str) -> None:
        """Refuse plain HTTP beyond this machine (``serve.plain_http``): a browser gives pages
        without TLS no cryptography, and the hall's network is nobody's friend (attack D9).
        """
        if self.host not in LOOPBACK and self.certificate(service) is None:
            raise Invalid("serve.plain_http", f"{self.host}: no certificate for {service}")


def read_secret(path: Path) -> str:
    """A secret kept in a file of its own; refuses one that others can read.

    Raises ``secret.missing``, ``secret.readable`` or ``secret.short``.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid("secret.missing", str(path)) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Invalid("secret.readable", str(path))
    if len(text) < 20:
        raise Invalid("secret.short", str(path))
    return text
