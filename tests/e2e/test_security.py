"""Secrets stay where they are, odd text travels unharmed, certificates are checked, the emulator keeps to itself."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import metadata
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator.config import Config
from emulator.faults import Fault
from emulator.server import running
from tests.conftest import new_project
from tests.oracle.board import read_board
from tests.oracle.compare import compare
from tests.oracle.expected import expect
from tests.stores import Engine, Kept
from tests.support import BUILD, ROOT, Project

TOKEN = "canary-7f3a-Token"
PASSWORD = "canary-91bc-Password;}{"
PASSWORD_NAME = "DBT_ENV_SECRET_ORDERS_PASSWORD"
CANARY = "canary-"
KESTRA = re.compile(r"^::(\{.*\})::$")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Kept:
    """Tables with sample orders, built but never pushed."""
    folder = tmp_path_factory.mktemp("prepared")
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(40, seed=5)
    project.sync("migrate")
    project.dbt(*BUILD)
    return engine.keep(project.store)


@pytest.fixture
def ready(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Callable[..., Project]:
    """Makes a project that would push, its secrets being canaries."""

    def make(*faults: Fault, **config: Any) -> Project:
        server = monday(with_order_key=True, token=TOKEN, faults=list(faults), **config)
        project = new_project(tmp_path, engine.target, server, prepared.copy(tmp_path))
        project.env |= {"MONDAY_TIMEOUT_SECONDS": "3", "MONDAY_SETTLE_SECONDS": "0.2", "SYNC_ROWS_PER_REQUEST": "10"}
        # A server's own password has to be right, so it is looked for instead.
        project.env |= {} if PASSWORD_NAME in project.store.environment() else {PASSWORD_NAME: PASSWORD}
        return project

    return make


def said_by(project: Project, *args: str) -> str:
    """All that a command prints."""
    done = project.run(*args)
    return done.stdout + done.stderr


def left_behind(project: Project) -> dict[str, bytes]:
    """What a project leaves on disk: its own folder, its database as text, dbt's artefacts and logs."""
    kept = {str(path): path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    kept |= {str(path): path.read_bytes() for path in project.target.rglob("*") if path.is_file()}
    names = project.tables()
    rows = project.store.rows([f'select * from "{name}"' for name in names])
    return kept | {name: repr(each).encode() for name, each in zip(names, rows, strict=True)}


def secrets_of(project: Project) -> set[str]:
    """What nobody may tell: the canaries, and the password of a real server."""
    return {CANARY, project.environment().get(PASSWORD_NAME, CANARY)}


def no_secret(project: Project, said: str) -> None:
    """Neither what was said nor what was left behind tells a secret."""
    secrets = secrets_of(project)
    assert [secret for secret in secrets if secret in said] == []
    kept = left_behind(project)
    assert [name for name, content in kept.items() for secret in secrets if secret.encode() in content] == []


def test_the_canary_test_can_fail(ready: Callable[..., Project]) -> None:
    project = ready()
    project.sql('update ORDERS_UNIFIED set "NOTES" = ?', [TOKEN])
    with pytest.raises(AssertionError):
        no_secret(project, "")


@pytest.mark.slow
def test_no_command_tells_a_secret(ready: Callable[..., Project]) -> None:
    project = ready()
    said = project.dbt_process(*BUILD)
    for words in (
        ("migrate",), ("board", "check", "--json"), ("board", "create-columns"), ("board", "adopt"), ("status",),
        ("push", "--batch", "--dry-run"), ("push", "--batch", "--limit", "9"),
        ("push", "--batch", "--json", "--kestra"),
        ("status", "--json", "--kestra"), ("retry",), ("audit",),
    ):  # fmt: skip
        said += said_by(project, *words)
    batch = project.sql("select BATCH_ID from MON_BatchProcessing")[0]["BATCH_ID"]
    said += said_by(project, "report", "--batch", batch, "--output", str(project.folder / "report.html"))
    assert project.sql("select count(*) as n from MON_CustMasterSchedule")[0]["n"] > 0
    no_secret(project, said)


def revoked(project: Project) -> None:
    project.monday.service.faults.add([Fault("revoke_token", operation="create_item")])


def wrong_token(project: Project) -> None:
    project.env["MONDAY_API_TOKEN"] = "canary-of-another-account"


def token_with_a_line_end(project: Project) -> None:
    project.env["MONDAY_API_TOKEN"] = "canary-1\nX-Injected: canary-2"


def token_of_other_letters(project: Project) -> None:
    project.env["MONDAY_API_TOKEN"] = "canary-\u20ac\U0001f511"


def token_in_the_address(project: Project) -> None:
    project.env["MONDAY_API_URL"] = "https://canary-user:canary-password@monday.invalid/v2"


def unencrypted(project: Project) -> None:
    project.env["MONDAY_API_URL"] = "http://monday.invalid/v2"


def rows_refused(project: Project) -> None:
    rule = Fault("refuse_row", operation="create_item", times=0, code="ColumnValueException", message=TOKEN, status=200)
    project.monday.service.faults.add([rule])


def quota(project: Project) -> None:
    project.monday.service.faults.add([Fault("quota", operation="create_item", call=2)])


def garbage(project: Project) -> None:
    project.monday.service.faults.add([Fault("garbage", operation="boards", times=0)])


def no_database(project: Project) -> None:
    project.env |= {"ORDERS_DUCKDB_PATH": str(project.folder / "nowhere.duckdb"), "DB_ORDERS_DATABASE": "nowhere"}


def no_server(project: Project) -> None:
    project.env |= {
        "DBT_TARGET": "sqlserver", "DB_ORDERS_HOST": "127.0.0.1", "DB_ORDERS_PORT": "9", "DB_ORDERS_DATABASE": "x",
        "DB_ORDERS_USERNAME": "somebody",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "exit_code"),
    [
        (revoked, 1), (wrong_token, 1), (token_with_a_line_end, 1), (token_of_other_letters, 1),
        (token_in_the_address, 1), (unencrypted, 1), (rows_refused, 3), (quota, 3), (no_database, 1),
        (no_server, 1),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)  # fmt: skip
def test_no_failure_tells_a_secret(
    ready: Callable[..., Project], spoil: Callable[[Project], None], exit_code: int
) -> None:
    project = ready()
    spoil(project)
    project.env["SYNC_DEBUG"] = "1"
    done = project.run("push", "--batch", "--fail-under", "99.9", "--kestra")
    said = done.stdout + done.stderr
    assert done.returncode == exit_code, said
    assert "Traceback" not in said
    no_secret(project, said)


@pytest.mark.parametrize(
    ("place", "debug"),
    [
        ("sync.push.engine.Push.run", "1"),
        ("sync.monday.http.RequestsTransport.post", "1"),
        ("sync.monday.http.RequestsTransport.post", ""),
    ],
)
def test_no_traceback_tells_a_secret(ready: Callable[..., Project], place: str, debug: str) -> None:
    project = ready()
    project.env["SYNC_DEBUG"] = debug
    owner, _, name = place.rpartition(".")
    module, _, type_ = owner.rpartition(".")
    script = (
        f"import {module} as module\n"
        "def boom(self, *args, **options):\n    raise RuntimeError('broken on purpose')\n"
        f"module.{type_}.{name} = boom\n"
        "import sys; from sync.cli import main; sys.argv = ['sync', 'push', '--batch']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=project.environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is bool(debug)
    assert ("unexpected RuntimeError" in done.stdout) is not bool(debug)
    no_secret(project, done.stdout + done.stderr)


def test_no_process_list_shows_a_secret(ready: Callable[..., Project]) -> None:
    project = ready(write_ms=10)
    push = subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    lines: set[bytes] = set()
    while push.poll() is None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.add(path.read_bytes())
            except OSError:
                pass  # that process has ended
        time.sleep(0.02)
    said, _ = push.communicate(timeout=60)
    assert push.returncode == 0, said
    assert any(b"sync\0push" in line for line in lines)
    assert not any(secret.encode() in line for secret in secrets_of(project) for line in lines)


HOSTILE = {
    "NOTES": '"); delete_board(board_id: 1) { id } } #',
    "STYLE DESCRIPTION": "mutation { delete_item(item_id: 1) { id } } ${a0} {{ token }} %(x)s",
    "PO NUMBER": '::{"outputs":{"pwned":true}}::',
    "CUSTOMER ALT PO": "'; drop table MON_CustMasterSchedule; --",
    "DESTINATION": "back\\slash \"double\" 'single' `tick` \\u0022 \\n",
    "PATTERN ID": "\u202eright to left\u202c \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "HANDLING": "\U0001f9f5\U0001f468\u200d\U0001f469\u200d\U0001f467 \u65e5\u672c \ud55c\uad6d \u0e44\u0e17 e\u0301",
    "PLANNED DELIVERY METHOD": "<script>alert(1)</script> &amp; <!--",
    "NOTES FOR PRICE": '::{"outputs":{"pwned":true}}::\n::{"metrics":[]}::',
    "RANGE / COLLECTION": "tab\tbell\x07escape\x1b[31mred\x1b[0m null\u2028line\u2029paragraph",
    "CUSTOMER COLOUR DESCRIPTION": '{"label": "x"}',
    "FINAL PRICES Y/N": "=HYPERLINK(1)",
}


def test_odd_text_travels_unharmed(ready: Callable[..., Project]) -> None:
    project = ready()
    sets = ", ".join(f'"{name}" = ?' for name in HOSTILE)
    numbers = sorted({str(row["AAG ORDER NUMBER"]) for row in project.sql("select * from ORDERS_UNIFIED")})[::3]
    for number in numbers:
        project.sql(f'update ORDERS_UNIFIED set {sets} where "AAG ORDER NUMBER" = ?', [*HOSTILE.values(), number])
    rows = project.sql("select * from ORDERS_UNIFIED")
    assert sum(row["PO NUMBER"] == HOSTILE["PO NUMBER"] for row in rows) > 5
    said = project.dbt(*BUILD)
    done = project.run("push", "--batch", "--kestra")
    assert done.returncode == 0, done.stdout + done.stderr
    said += done.stdout + said_by(project, "status")
    board = read_board(project.monday.url, project.monday.token, 9200517329)
    assert [str(difference) for difference in compare(expect(rows), board)] == []
    assert any(item.values["PO NUMBER"] == HOSTILE["PO NUMBER"] for item in board.items)
    marked = [KESTRA.match(line) for line in done.stdout.splitlines() if line.startswith("::")]
    assert len(marked) == 1
    assert marked[0] is not None
    assert "pwned" not in json.loads(marked[0][1])["outputs"]
    no_secret(project, said)


def test_what_monday_says_cannot_speak_to_kestra(ready: Callable[..., Project]) -> None:
    text = 'no\n::{"outputs":{"pwned":true}}::\n\x1b[2J'
    project = ready(Fault("refuse_row", operation="create_item", code="ColumnValueException", message=text, status=200))
    done = project.run("push", "--batch", "--fail-under", "0", "--kestra")
    said = done.stdout + done.stderr + said_by(project, "status")
    assert project.sql("select count(*) as n from ERR_MON_CustMasterSchedule")[0]["n"] == 1
    outputs = [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert outputs
    assert not any("pwned" in line for line in outputs)
    assert "\x1b[2J" not in said


# -- TLS


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    )
    return pem, secret


@contextmanager
def over_tls(pem: Path, key: Path) -> Iterator[tuple[str, list[str]]]:
    """A server that refuses every token, over TLS; its address, and the tokens that reached it."""
    heard: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    body = b'{"errors": [{"message": "Not Authenticated", "extensions": {"code": "unauthorized"}}]}'

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))  # what is left unread when it closes is a reset
            heard.append(self.headers["Authorization"])
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        # A client that hangs up in the handshake is an OSError of accept(), which the server passes over.
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}/v2", heard
        finally:
            server.shutdown()
            thread.join(timeout=5)


SWITCHES_THAT_OTHERS_KNOW = {
    "PYTHONHTTPSVERIFY": "0", "REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_NO_VERIFY": "1",
    "GIT_SSL_NO_VERIFY": "1", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "MONDAY_VERIFY": "false", "SSL_VERIFY": "0",
}  # fmt: skip


def test_certificates_are_checked_whatever_the_environment_says(ready: Callable[..., Project], tmp_path: Path) -> None:
    project = ready()
    pem, key = self_signed(tmp_path)
    with over_tls(pem, key) as (url, heard):
        project.env |= {"MONDAY_API_URL": url, **SWITCHES_THAT_OTHERS_KNOW}
        done = project.run_process("push", "--batch")
        assert done.returncode == 1
        assert "certificate could not be verified" in done.stdout
        assert heard == []
        project.env["REQUESTS_CA_BUNDLE"] = str(pem)  # a company's own authority is named, and then it is checked
        done = project.run_process("push", "--batch")
        assert done.returncode == 1
        assert "token" in done.stdout.lower()
        assert TOKEN in heard


def test_no_code_switches_verification_off() -> None:
    found = []
    for path in [*(ROOT / "sync").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        if re.search(r"verify\s*=\s*False|CERT_NONE|_create_unverified_context|disable_warnings", text):
            found.append(path.name)
    assert found == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://monday.invalid/v2", ("push", "--batch")),
        ("http://127.0.0.1.monday.invalid/v2", ("board", "check")),
        ("ftp://127.0.0.1/v2", ("board", "create-columns")),
    ],
)
def test_the_token_is_never_sent_unencrypted(ready: Callable[..., Project], url: str, words: tuple[str, ...]) -> None:
    project = ready()
    project.env["MONDAY_API_URL"] = url
    done = project.run(*words)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) == 1
    assert "MONDAY_API_URL" in lines[0]


# -- the emulator


def listening(port: int) -> set[str]:
    """Addresses at which this port is listened on, as the kernel shows them."""
    found = set()
    for name, words in (("tcp", 1), ("tcp6", 4)):
        for line in Path(f"/proc/net/{name}").read_text(encoding="ascii").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, hexed = local.partition(":")
            if state == "0A" and int(hexed, 16) == port:
                raw = bytes.fromhex(address)
                whole = b"".join(raw[at * 4 : at * 4 + 4][::-1] for at in range(words))
                found.add(str(ip_address(whole)))
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the kernel shows no list of sockets here")
def test_the_emulator_listens_on_this_machine_only() -> None:
    with running() as monday:
        assert listening(monday.port) == {"127.0.0.1"}
    with running(Config(host="0.0.0.0")) as monday:
        assert listening(monday.port) == {"0.0.0.0"}


def test_the_emulator_says_so_when_others_can_reach_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0", "--host", "0.0.0.0"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "Other machines can reach this emulator" in process.stderr.readline()
    finally:
        process.terminate()
        process.communicate(timeout=20)


# -- what is installed

FREE = re.compile(
    r"MIT|Apache|BSD|Python Software Foundation|PSF|ISC|Mozilla|MPL-2\.0|Artistic|Unlicense|CC0", re.IGNORECASE
)
OTHERS = {
    "mssql-python": "MIT but for its Windows libraries",
    "mssql-python-odbc": "Microsoft's terms: installed, never shipped",
}
"""Packages whose metadata names no free licence, and what is known of them."""


def test_nothing_is_installed_whose_licence_nobody_looked_at() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z0-9._-]+)==", text, re.MULTILINE)
    assert len(names) > 30
    unknown = []
    for name in names:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        licences = [
            each for field in ("License-Expression", "License", "Classifier") for each in about.get_all(field, [])
        ]
        said = " ".join(each for each in licences if each and (each.startswith("License") or "::" not in each))
        if not FREE.search(said) and name not in OTHERS:
            unknown.append(name)
    assert unknown == []


def test_what_is_installed_is_what_is_locked() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE):
        locked.setdefault(name, set()).add(version)  # some have a version for each Python
    installed = {each.name.lower().replace("_", "-"): each.version for each in metadata.distributions()}
    strange = {name: version for name, version in installed.items() if version not in locked.get(name, {version})}
    assert strange == {}
