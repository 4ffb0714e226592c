"""TLS in the gateway, with a self-signed certificate."""

from __future__ import annotations

import datetime
import ssl
from ipaddress import ip_address

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The paths of a self-signed certificate for 127.0.0.1 and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "souk")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "certificate.pem").write_bytes(made.public_bytes(encoding))
    (folder / "key.pem").write_bytes(plain)
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def gateway(start, certificate):
    return start(TLS_CERTIFICATE=str(certificate[0]), TLS_KEY=str(certificate[1]), RATE_LIMIT="off")


def client(gateway, trusted, **versions):
    context = ssl.create_default_context(cafile=str(trusted))
    for name, version in versions.items():
        setattr(context, name, version)
    return httpx.Client(base_url=f"https://127.0.0.1:{gateway.port}", verify=context, trust_env=False, timeout=10)


def test_requests_arrive_and_the_services_know_the_scheme(gateway, backend, certificate):
    with client(gateway, certificate[0]) as https:
        answer = https.get("/api/v1/products/")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    [arrived] = backend.requests
    assert arrived.headers["x-forwarded-proto"] == "https"


def test_a_client_that_does_not_know_the_certificate_refuses(gateway):
    with httpx.Client(trust_env=False) as strict, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        strict.get(f"https://127.0.0.1:{gateway.port}/health")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_of_tls_are_refused(gateway, certificate):
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
    with client(gateway, certificate[0], **old) as https, pytest.raises(httpx.ConnectError):
        https.get("/health")


def test_plain_http_gets_no_answer_of_a_service(gateway, backend):
    answer = gateway.http.get("/api/v1/products/")
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert not backend.requests
