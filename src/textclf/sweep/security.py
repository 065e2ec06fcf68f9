"""Who may join a sweep: those who hold its key; and which code they must run."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.disk.atomic import writing
from textclf.errors import RunError

if TYPE_CHECKING:
    from distributed import Security

VALID = timedelta(days=3650)
MAX_BYTES = 2**16
PEM_PARTS = ("-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----")


def new_key() -> str:
    """A private key and its own certificate, PEM: whoever holds both is let in."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "textclf sweep")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # other machines' clocks differ
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (private + certificate.public_bytes(serialization.Encoding.PEM)).decode("ascii")


def write_key(path: Path, key: str) -> None:
    """Write a key for its owner's eyes only.

    Raises:
        ResourceError: the folder cannot be written.
    """
    with writing(path) as temporary:
        temporary.chmod(0o600)
        temporary.write_text(key, encoding="ascii")


def read_key(path: Path) -> str:
    """The key in a file, as `write_key` or openssl wrote it: key and certificate, PEM.

    Raises:
        RunError: it is missing, or holds something else.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES).decode("ascii")
    except FileNotFoundError as error:
        raise RunError(
            f"{path}: missing; copy it from the sweep's folder on the machine of textclf sweep"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: cannot be read as a key: {error}") from error
    if not all(part in content for part in PEM_PARTS):
        raise RunError(f"{path}: not a sweep's key, which has a certificate and a private key")
    return content


def security_of(key: str) -> "Security":
    """Encrypted connections among those who hold the key, and no others."""
    from distributed import Security

    roles = ("client", "scheduler", "worker")
    files = {f"tls_{role}_{part}": key for role in roles for part in ("key", "cert")}
    return Security(require_encryption=True, tls_ca_file=key, **files)


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """In what a worker's code and versions differ from the coordinator's; '' if in nothing."""
    differences = [
        f"{name} {theirs.get(name, 'missing')} instead of {ours.get(name, 'missing')}"
        for name in sorted({*ours, *theirs} - {"code"})
        if ours.get(name) != theirs.get(name)
    ]
    if not differences and ours.get("code") != theirs.get("code"):
        differences = ["other source files of textclf"]
    return ", ".join(differences)
