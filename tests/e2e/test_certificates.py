"""Certificates: a Monday that speaks TLS with an authority of its own, as behind a proxy that signs anew."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator.config import Config
from emulator.server import Emulator
from tests.conftest import new_project
from tests.stores import Engine
from tests.support import Project

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture
def encrypted(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """An empty project whose Monday speaks TLS; ``cert.pem`` in its folder is the authority."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    server = Emulator(Config(with_order_key=True).without_limits())
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    server.start()
    try:
        project = new_project(tmp_path, engine.target, server, engine.empty(tmp_path))
        project.env["MONDAY_API_URL"] = server.url.replace("http://", "https://")
        yield project
    finally:
        server.stop()


def checked(project: Project, exit_code: int) -> str:
    """What `board check` says of the board, or of the way to it."""
    done = project.run_process("board", "check", timeout=120)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_authority_of_the_environment_is_heeded(variable: str, encrypted: Project) -> None:
    encrypted.env[variable] = str(encrypted.folder / "cert.pem")
    assert "The board fits the mapping." in checked(encrypted, 0)


def test_a_certificate_that_nobody_knows_is_said_at_once_with_what_to_set(encrypted: Project) -> None:
    calls = encrypted.monday.service.calls
    said = checked(encrypted, 1)
    assert "certificate could not be verified" in said
    assert "(self-signed certificate)" in said
    assert "REQUESTS_CA_BUNDLE" in said
    assert "SSL_CERT_FILE" in said
    assert encrypted.monday.service.calls == calls


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_bundle_without_the_authority_is_named(variable: str, encrypted: Project) -> None:
    (encrypted.folder / "other").mkdir()
    other, _ = certificate(encrypted.folder / "other")
    encrypted.env[variable] = str(other)
    assert f"could not be verified against {other} ({variable})" in checked(encrypted, 1)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_wrong_path_is_said_before_the_first_call(variable: str, encrypted: Project) -> None:
    missing, empty = encrypted.folder / "typo.pem", encrypted.folder / "empty.pem"
    empty.write_text("no certificate", encoding="ascii")
    calls = encrypted.monday.service.calls
    for path, words in ((missing, "which does not exist"), (empty, "which holds no certificate")):
        encrypted.env[variable] = str(path)
        assert f"{variable} names {path}, {words}" in checked(encrypted, 1)
    assert encrypted.monday.service.calls == calls


def test_a_push_stops_at_a_certificate_that_nobody_knows(encrypted: Project) -> None:
    encrypted.orders(20)
    encrypted.sync("migrate")
    encrypted.dbt("build", "--selector", "without_tests")
    said = encrypted.sync("push", "--batch", exit_code=1)["message"]
    assert "certificate could not be verified" in said
    assert not encrypted.monday.history
    encrypted.env["SSL_CERT_FILE"] = str(encrypted.folder / "cert.pem")
    assert encrypted.sync("push", "--batch")["items_created"] > 0
