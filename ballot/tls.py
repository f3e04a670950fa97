"""A certificate authority for one hall, and the services' certificates (X.509, RFC 5280).

Tablets install the authority once; its key never leaves the directory it was made in. The
authority may only sign names and addresses of private networks: it is worth nothing elsewhere.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Browsers refuse longer ones from authorities that a person installed.
LEAF_DAYS = 397
AUTHORITY_DAYS = 3 * 365
_PRIVATE = (
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fd00::/8",
)


@dataclass(frozen=True)
class Authority:
    """The authority's certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def fingerprint(self) -> str:
        """Hex SHA-256 of the certificate, as browsers and systems show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def make_authority(name: str, now: datetime) -> Authority:
    """A new authority for private addresses and ``.local``, ``.lan``, ``.internal`` names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    permitted: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_network(network))
        for network in (*_PRIVATE, "fd00::/8", "::1/128")
    ]
    permitted += [x509.DNSName(name) for name in ("local", "lan", "internal", "localhost")]
    builder = _builder(subject, subject, key, now, AUTHORITY_DAYS)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def issue(authority: Authority, names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """(certificate chain, key), both PEM, for a service with these names or addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    # No name of the list: OpenSSL would read an address there as a DNS name that is not permitted.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ballot service")])
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
    builder = _builder(subject, authority.certificate.subject, key, now, LEAF_DAYS)
    certificate = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(alternative, critical=False)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )
    chain = certificate.public_bytes(serialization.Encoding.PEM)
    return chain + authority.certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def save_authority(authority: Authority, directory: Path) -> None:
    """Write ``authority.pem`` and ``authority.key`` (readable by its owner alone)."""
    pem = authority.certificate.public_bytes(serialization.Encoding.PEM)
    write_private(directory / "authority.key", _pem(authority.key))
    (directory / "authority.pem").write_bytes(pem)


def load_authority(directory: Path) -> Authority:
    """The authority saved there; raises OSError, or ValueError for files that are not one."""
    certificate = x509.load_pem_x509_certificate((directory / "authority.pem").read_bytes())
    key = serialization.load_pem_private_key((directory / "authority.key").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("authority.key is not a key on an elliptic curve")
    return Authority(certificate, key)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, also while it is being written."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A laptop's and a tablet's clock may differ by hours in a hall without internet.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign,
        crl_sign=sign,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
