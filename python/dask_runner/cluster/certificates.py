"""A certificate of a cluster's own, so that nobody else on this machine can use its ports."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DAYS = 397
_OPENSSL_CONFIG = """\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = dask-cluster
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyAgreement, keyCertSign
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


class TlsUnavailableError(Exception):
    """Neither way of making a certificate is there."""


@dataclass(frozen=True)
class TlsFiles:
    """Paths of the PEM files, each of mode 0600."""

    ca: str
    cert: str
    key: str


class CertificateMaker:
    """Makes one self-signed certificate, which is its own authority.

    Every process of the cluster shares it, and each side of a connection asks the other for it:
    who can read the key is a member, and nobody else is. ``openssl`` comes first because it works
    while Dask is being imported; ``cryptography`` is as good.

    Parameters
    ----------
    folder
        Made with mode 0700 where it is missing.
    made
        A folder where another one has made one for nobody else; it is moved.
    """

    def __init__(self, folder: Path, made: Path | None = None) -> None:
        self._folder = folder
        self._files = TlsFiles(*(str(folder / f"{name}.pem") for name in ("ca", "cert", "key")))
        self._process: subprocess.Popen[bytes] | None = None
        self._moved = made is not None and _move(made, folder)
        if not self._moved:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._process = self._start_openssl()

    def is_made(self) -> bool | None:
        """Tell whether ``openssl`` has made it; None while it still does."""
        if self._process is None:
            return False
        code = self._process.poll()
        return None if code is None else code == 0

    def _start_openssl(self) -> subprocess.Popen[bytes] | None:
        command = shutil.which("openssl")
        if command is None:
            return None
        config = self._folder / "openssl.cnf"
        config.write_text(_OPENSSL_CONFIG)
        self._touch()
        options = ["-x509", "-nodes", "-sha256", "-newkey", "ec"]
        options += ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
        paths = ["-config", str(config), "-keyout", self._files.key, "-out", self._files.cert]
        try:
            return subprocess.Popen(
                [command, "req", *options, "-days", str(DAYS), *paths],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return None

    def _touch(self) -> None:
        """Make the files before anything is in them: they are never readable by others."""
        for path in (self._files.ca, self._files.cert, self._files.key):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))

    def finish(self) -> TlsFiles:
        """Wait for the certificate, and return where it is.

        Raises
        ------
        TlsUnavailableError
            When there is neither ``openssl`` nor ``cryptography``.
        """
        if not self._moved and not self._openssl_succeeded():
            self._touch()
            self._use_cryptography()
        shutil.copyfile(self._files.cert, self._files.ca)
        for path in (self._files.ca, self._files.cert, self._files.key):
            Path(path).chmod(0o600)
        with contextlib.suppress(OSError):
            (self._folder / "openssl.cnf").unlink()
        return self._files

    def _openssl_succeeded(self) -> bool:
        if self._process is None:
            return False
        try:
            done = self._process.wait(timeout=20) == 0
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return done and Path(self._files.cert).stat().st_size > 0

    def _use_cryptography(self) -> None:
        try:
            import ipaddress
            from datetime import datetime, timedelta, timezone

            from cryptography import x509
            from cryptography.hazmat.primitives import hashes, serialization
            from cryptography.hazmat.primitives.asymmetric import ec
            from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
        except ImportError as error:
            raise TlsUnavailableError(
                "The cluster cannot be encrypted: this machine has no openssl command, and this "
                "Python has no cryptography package. Install one of them (pip install "
                'cryptography), or set "security": "none" in the profile.'
            ) from error

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dask-cluster")])
        start = datetime.now(timezone.utc) - timedelta(minutes=5)
        usage = x509.KeyUsage(True, False, False, False, True, True, False, False, False)
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        hosts = [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(identifier, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .sign(key, hashes.SHA256())
        )
        Path(self._files.cert).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        Path(self._files.key).write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def _move(made: Path, folder: Path) -> bool:
    try:
        made.rename(folder)
    except OSError:
        return False
    return True


def security(files: TlsFiles | None) -> Any:
    """Return Dask's security for these files; without them, for open connections."""
    from distributed.security import Security

    if files is None:
        return Security(require_encryption=False)
    return Security(
        require_encryption=True,
        tls_ca_file=files.ca,
        tls_scheduler_cert=files.cert,
        tls_scheduler_key=files.key,
        tls_worker_cert=files.cert,
        tls_worker_key=files.key,
        tls_client_cert=files.cert,
        tls_client_key=files.key,
    )
