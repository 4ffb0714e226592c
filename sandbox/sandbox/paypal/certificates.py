"""The key with which webhooks are signed, its certificate, and the authority that has issued it."""

from __future__ import annotations

import base64
import os
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: The name that PayPal's own certificates for webhooks have.
SIGNER = "messageverificationcerts.paypal.com"
AUTHORITY_FILE = "paypal-authority.pem"


class Signer:
    """Signs for one name; `name` and `authority` differ from PayPal's in tests of what must be refused."""

    def __init__(self, name: str = SIGNER) -> None:
        self._authority_key, self._key = _new_key(), _new_key()
        self.authority = _authority(self._authority_key)
        self.certificate = _certificate(name, self._key, self.authority, self._authority_key)

    def chain(self) -> bytes:
        """Return the certificate, as PayPal serves it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def authority_file(self, folder: Path) -> Path:
        """Write the authority's certificate, for whoever is to trust it, and return the file."""
        path = folder / AUTHORITY_FILE
        path.write_bytes(self.authority.public_bytes(serialization.Encoding.PEM))
        return path

    def signature(self, body: bytes, *, transmission_id: str, at: str, webhook_id: str) -> str:
        text = f"{transmission_id}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()
        return base64.b64encode(self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


@cache
def signer() -> Signer:
    """Return the signer of this process; the authority's file is renewed with it."""
    made = Signer()
    home = Path(os.environ.get("SANDBOX_HOME") or "var/sandbox")
    home.mkdir(parents=True, exist_ok=True)
    made.authority_file(home)
    return made


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _authority(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = _name("Souk sandbox authority")
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    name: str, key: rsa.RSAPrivateKey, authority: x509.Certificate, authority_key: rsa.RSAPrivateKey
) -> x509.Certificate:
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(_name(name), authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
