"""What can be wrong with a DuckDB file: told apart from a locked one, in one sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from sync.database.duckdb import DuckDBDatabase
from sync.errors import DatabaseError, DatabaseLocked
from sync.session import open_session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound file with some rows; "lock" stands in its path, as in "block"."""
    folder = tmp_path / "blocks"
    folder.mkdir()
    path = folder / "locked.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table T as select i, hash(i) as H from range(400000) as r (i)")
    return path


def refusal(path: Path, *, read_only: bool = False, create: bool = False) -> str:
    """The sentence about a file that can't be opened, which must not take it for locked."""
    started = time.monotonic()
    env = {"ORDERS_DUCKDB_PATH": str(path)}
    with pytest.raises(DatabaseError) as raised, open_session(env, wait=60, read_only=read_only, create=create):
        pytest.fail("it was opened")
    assert not isinstance(raised.value, DatabaseLocked)
    assert time.monotonic() - started < 20
    sentence = str(raised.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


def damaged(path: Path, begin: int, end: int | None = None) -> None:
    """Turns bytes over."""
    content = bytearray(path.read_bytes())
    for at in range(begin, len(content) if end is None else end):
        content[at] ^= 0x5A
    path.write_bytes(content)


def of_version(path: Path, version: int) -> None:
    """Writes another storage version into the header, with the checksum that belongs to it."""
    content = bytearray(path.read_bytes())
    content[12:20] = struct.pack("<Q", version)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", content[8:4096]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    content[:8] = struct.pack("<Q", checksum)
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("create table T (I)")
    connection.close()


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def with_log(path: Path) -> Path:
    """Leaves a log beside the file, as a killed process does."""
    code = "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('create table U (A int)'); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    log = path.with_name(path.name + ".wal")
    assert log.is_file()
    return log


def older_file(path: Path) -> None:
    """A file put back from a backup, beside the log of its newer self."""
    content = path.read_bytes()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table V as select 1 as A")
    with_log(path)
    path.write_bytes(content)


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "header damaged": (lambda path: damaged(path, 4096, 12288), "is damaged; restore"),
    "blocks damaged": (lambda path: damaged(path, 12288), "is damaged; restore"),
    "cut off": (cut, "is damaged; restore"),
    "log damaged": (lambda path: damaged(with_log(path), 60, 68), "is damaged; restore"),
    "older than its log": (older_file, "has a .wal beside it that belongs to another file"),
    "not DuckDB's": (lambda path: path.write_bytes(b"orders;" * 9000), "is no DuckDB file"),
    "of another program": (other_program, "is no DuckDB file"),
    "too short": (lambda path: path.write_bytes(b"x"), "is no DuckDB file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty; delete it"),
    "newer": (lambda path: of_version(path, 5000), "was written by a version of DuckDB"),
    "older": (lambda path: of_version(path, 1), "was written by a version of DuckDB"),
    "folder": (folder_instead, "is a folder"),
    "gone": (Path.unlink, "does not exist; check ORDERS_DUCKDB_PATH, or make the file with `python -m sync migrate`"),
}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_cannot_be_opened(kind: str, read_only: bool, path: Path) -> None:
    break_it, words = KINDS[kind]
    break_it(path)
    there = path.exists()
    assert words in refusal(path, read_only=read_only)
    assert path.exists() is there


def test_damage_that_shows_later(path: Path) -> None:
    damaged(path, 12288 + 262144 * 2, 12288 + 262144 * 2 + 4000)
    with (
        pytest.raises(DatabaseError, match="is damaged; restore") as raised,
        open_session({"ORDERS_DUCKDB_PATH": str(path)}) as session,
    ):
        session.database.query("select sum(H), sum(I) from T")
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(("what", "words"), [("file", "may not be read and written"), ("folder", "stands in a folder")])
def test_rights_that_are_missing(what: str, words: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = path if what == "file" else path.parent
    monkeypatch.setattr(os, "access", lambda asked, mode: not (asked == closed and mode & os.W_OK))
    assert words in refusal(path)
    with open_session({"ORDERS_DUCKDB_PATH": str(path)}, read_only=True) as session:
        assert session.database.query("select count(*) as N from T") == [{"N": 400000}]


@pytest.fixture
def holder(path: Path) -> Iterator[int]:
    """A process that holds the file and has written to it; its id."""
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute('insert into T values (-1, 1)');"
        " c.execute('begin'); c.execute('insert into T values (-2, 2)'); print(1, flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process.pid
    process.communicate("\n", timeout=20)


def test_a_locked_file_is_read_from_a_copy_where_that_is_asked_for(path: Path, holder: int, tmp_path: Path) -> None:
    sound = shutil.copy(path, tmp_path / "free.duckdb")
    free = DuckDBDatabase({"path": str(sound)}, create=False, read_only=True, copy=True)
    assert free.copied is None
    free.close()
    database = DuckDBDatabase({"path": str(path)}, create=False, read_only=True, copy=True)
    assert f"held by process {holder}" in str(database.copied)
    assert database.query("select count(*) as N from T") == [{"N": 400001}]  # what is committed, and nothing else
    assert database._folder is not None
    assert Path(database._folder.name).is_dir()
    database.close()
    assert not Path(database._folder.name).exists()


@pytest.mark.parametrize("trouble", ["no room", "written meanwhile", "torn"])
def test_a_copy_that_cannot_be_read_leaves_the_file_locked(
    path: Path, holder: int, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []
    whole = shutil.copyfile

    def copyfile(source: str, target: str) -> None:
        copied.append(Path(target).parent)
        if trouble == "no room":
            raise OSError(28, "No space left on device")
        whole(source, target)
        if trouble == "torn":
            Path(target).write_bytes(b"x" * 12288)
        else:
            os.utime(path)

    monkeypatch.setattr(shutil, "copyfile", copyfile)
    with pytest.raises(DatabaseLocked, match=f"held by process {holder}"):
        DuckDBDatabase({"path": str(path)}, create=False, read_only=True, copy=True)
    assert len(set(copied)) == 3
    assert not any(folder.exists() for folder in copied)


def test_a_file_system_that_cannot_lock_is_no_other_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*args: object, **options: object) -> None:
        raise duckdb.IOException(f'IO Error: Could not set lock on file "{path}": No locks available. See also …')

    monkeypatch.setattr(duckdb, "connect", connect)
    assert "No locks available" in refusal(path)


def test_a_folder_that_does_not_exist_is_said_by_migrate(tmp_path: Path) -> None:
    assert "its folder does not exist" in refusal(tmp_path / "typo" / "orders.duckdb", create=True)
