"""dbt inside this process. A build that an earlier one answers for is repeated without dbt, statement by statement.

What dbt sends to a database follows from the project, the words, the environment and what the database answers. So a
build is written down as it goes. Where a later one has the same project, words and environment, its statements are
executed again; as soon as one answer differs, the file is put back as it was and dbt does the build itself.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import pickle
import re
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ("dbt_project.yml", "profiles.yml", "selectors.yml")
FOLDERS = ("dbt_project", "macros", "models", "seeds", "tests/dbt")
_MOMENT = re.compile(r"'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})'")


@dataclass(frozen=True)
class Node:
    """How one node of a build ended; of dbt's own result what tests look at."""

    name: str
    kind: str
    status: str
    message: str | None


@dataclass(frozen=True)
class Built:
    """How dbt ended."""

    success: bool
    nodes: tuple[Node, ...]
    stopped: str
    """What ended it before its first node, where something did."""

    @property
    def failures(self) -> list[str]:
        """The nodes that failed, with their messages."""
        return [f"{node.name}: {node.message}" for node in self.nodes if node.status in ("error", "fail")]

    @property
    def said(self) -> str:
        """All that was said of failures."""
        return "\n".join([self.stopped, *self.failures])


@dataclass(frozen=True)
class Step:
    """A statement on one of the build's cursors, and what was fetched of it; no statement closes the cursor."""

    cursor: int
    sql: str | None
    values: Any = None
    answer: str | None = None


@dataclass(frozen=True)
class Marks:
    """What differs between two builds that are otherwise alike."""

    build_id: str
    began: dt.datetime

    def _texts(self) -> tuple[str, str, str]:
        began = self.began.astimezone(dt.UTC)
        return f"{began:%Y%m%dT%H%M%S}-{self.build_id[:6]}", self.build_id, f"{began:%Y-%m-%d %H:%M:%S.%f}"

    def taken_out(self, sql: str) -> str:
        """A statement of this build with marks in the place of its id and its times."""
        batch, build, began = self._texts()
        sql = sql.replace(batch, "\0batch\0").replace(build, "\0build\0").replace(began, "\0began\0")
        return _MOMENT.sub(lambda found: "'\0now\0'" if found[1] > began else found[0], sql)

    def put_in(self, sql: str) -> str:
        """A statement of an earlier build as this build has it."""
        batch, build, began = self._texts()
        sql = sql.replace("\0batch\0", batch).replace("\0build\0", build).replace("\0began\0", began)
        return sql.replace("\0now\0", f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S.%f}")


@dataclass
class Trace:
    """All statements of a build, and how it ended."""

    steps: list[Step]
    built: Built


def _answer(cursor: Any, rows: list[Any]) -> str:
    return repr(([column[0] for column in cursor.description], rows))


@contextmanager
def _recording(steps: list[Step]) -> Iterator[None]:
    """Write down what dbt does with DuckDB; dbt works one node at a time, so the order is the order of execution."""
    from dbt.adapters.duckdb.environments import local

    opened = 0

    class Cursor(local.DuckDBCursorWrapper):
        def __init__(self, cursor: Any) -> None:
            nonlocal opened
            super().__init__(cursor)  # type: ignore[no-untyped-call]
            self._number, opened = opened, opened + 1

        def execute(self, sql: str, bindings: Any = None) -> Any:
            steps.append(Step(self._number, sql, bindings))
            return super().execute(sql, bindings)  # type: ignore[no-untyped-call]

        def fetchall(self) -> Any:
            rows = self._cursor.fetchall()
            last = steps.pop()
            assert last.cursor == self._number, "two cursors at once"
            steps.append(Step(last.cursor, last.sql, last.values, _answer(self._cursor, rows)))
            return rows

        def rollback(self) -> None:
            steps.append(Step(self._number, "rollback"))
            self._cursor.rollback()

        def close(self) -> None:
            steps.append(Step(self._number, None))
            self._cursor.close()

    def unknown(*_: Any) -> Any:
        raise NotImplementedError("dbt fetches rows in a way that isn't written down")

    for name in ("fetchone", "fetchmany", "executemany"):
        setattr(Cursor, name, unknown)
    with mock.patch.object(local, "DuckDBCursorWrapper", Cursor):
        yield


@dataclass
class Dbt:
    """dbt inside this process: each project is parsed once, and what was done once is repeated quickly.

    ``folder`` may be shared by processes: they use each other's builds.
    """

    folder: Path
    _manifests: dict[str, Any] = field(default_factory=dict)
    _traces: dict[str, dict[str, Trace]] = field(default_factory=dict)

    def build(
        self, env: Mapping[str, str], variables: Mapping[str, Any] | str, *, tests: bool, unit_tests: bool = False
    ) -> Built:
        """`dbt build` with these variables (or the text of `--vars`), and with tests as told."""
        given = variables if isinstance(variables, str) else json.dumps(dict(variables), ensure_ascii=False)
        selected = "everything" if unit_tests else "without_unit_tests" if tests else "without_tests"
        return self.run(["build", "--selector", selected, "--vars", given], env)

    def run(self, words: Sequence[str], env: Mapping[str, str], root: Path = ROOT) -> Built:
        """`dbt` with these words, in a checkout."""
        project = _fingerprint(root) if root != ROOT else _of_this_project()
        file = Path(env.get("ORDERS_DUCKDB_PATH", ""))
        if not file.is_file():
            return self._invoke(words, env, root, project)
        told = {name: value for name, value in env.items() if name.startswith(("DBT_", "DB_", "ORDERS_"))}
        told["ORDERS_DUCKDB_PATH"] = file.stem
        key = hashlib.sha256(repr([project, list(words), sorted(told.items())]).encode()).hexdigest()
        return self._repeat(key, file, root) or self._record(key, words, env, root, project)

    def target(self) -> Path:
        """dbt's target folder for this project."""
        return self.folder / _of_this_project()

    def _invoke(self, words: Sequence[str], env: Mapping[str, str], root: Path, project: str) -> Built:
        from dbt.cli.main import dbtRunner

        target = self.folder / project
        paths = ["--target-path", str(target), "--log-path", str(self.folder / "logs")]
        paths += ["--project-dir", str(root), "--profiles-dir", str(root), "--log-level-file", "none"]
        with warnings.catch_warnings(), mock.patch.dict(os.environ, env, clear=True):
            warnings.simplefilter("ignore")
            try:
                if project not in self._manifests:
                    with self._parsing(target):
                        parsed = dbtRunner().invoke(["parse", "--quiet", *paths])
                    assert parsed.success, parsed.exception
                    self._manifests[project] = parsed.result
                runner = dbtRunner(manifest=self._manifests[project])
                done = runner.invoke([*words, "--quiet", "--no-write-json", *paths])
            finally:
                self._close()
        results: Any = done.result or ()
        nodes = tuple(
            Node(each.node.name, str(each.node.resource_type), str(each.status), each.message) for each in results
        )
        return Built(done.success, nodes, str(done.exception or ""))

    @contextmanager
    def _parsing(self, target: Path) -> Iterator[None]:
        """One process parses at a time, starting from what was parsed already of this project or another checkout."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "parsing").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            parsed, known = (folder / "partial_parse.msgpack" for folder in (target, self.target()))
            if known.exists() and not parsed.exists():
                target.mkdir(exist_ok=True)
                shutil.copy(known, parsed)
            yield

    def _close(self) -> None:
        """Closes what a build on a DuckDB file left open: it would stay locked as long as this process lives."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        opened: Any = DuckDBConnectionManager._ENV
        if opened is not None:
            opened.close()
        DuckDBConnectionManager._ENV = None

    def _record(self, key: str, words: Sequence[str], env: Mapping[str, str], root: Path, project: str) -> Built:
        from dbt import tracking
        from dbt_common.invocation import get_invocation_id

        steps: list[Step] = []
        with _recording(steps):
            built = self._invoke(words, env, root, project)
        if not any(node.status == "error" for node in built.nodes):
            user: Any = tracking.active_user
            marks = Marks(get_invocation_id(), user.run_started_at)
            place = str(root)
            alike = [
                Step(step.cursor, step.sql and marks.taken_out(step.sql.replace(place, "\0root\0")), step.values,
                     step.answer and step.answer.replace(place, "\0root\0"))
                for step in steps
            ]  # fmt: skip
            folder = self.folder / "builds" / key
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / f"{uuid.uuid4()}.writing"
            unfinished.write_bytes(pickle.dumps(Trace(alike, built)))
            unfinished.rename(unfinished.with_suffix(".trace"))
        return built

    def _known(self, key: str) -> list[Trace]:
        traces = self._traces.setdefault(key, {})
        for path in sorted((self.folder / "builds" / key).glob("*.trace")):
            if path.name not in traces:
                traces[path.name] = pickle.loads(path.read_bytes())
        return list(traces.values())

    def _repeat(self, key: str, file: Path, root: Path) -> Built | None:
        """The build as an earlier one went, or None where none went as this one does; the file is as it was then."""
        traces = self._known(key)
        if not traces:
            return None
        log = file.with_name(f"{file.name}.wal")
        kept = {path: path.read_bytes() for path in (file, log) if path.exists()}
        built = None
        try:
            with duckdb.connect(str(file), config={"threads": 1}) as connection:
                built = _executed(connection, traces, root)
        except duckdb.Error:
            pass  # it may be the build's own failure: dbt tells
        if built is None:
            log.unlink(missing_ok=True)
            for path, content in kept.items():
                path.write_bytes(content)
        return built


def _executed(connection: Any, traces: list[Trace], root: Path) -> Built | None:
    """Execute the statements of these builds as long as one of them got the answers that come."""
    marks = Marks(str(uuid.uuid4()), dt.datetime.now(dt.UTC))
    place = str(root)
    cursors: dict[int, Any] = {}
    at = 0
    while at < len(traces[0].steps):
        step = traces[0].steps[at]
        if step.cursor not in cursors:
            cursors[step.cursor] = connection.cursor()
        cursor = cursors[step.cursor]
        if step.sql is None:
            cursor.close()
        else:
            cursor.execute(marks.put_in(step.sql).replace("\0root\0", place), step.values)
            if step.answer is not None:
                answer = _answer(cursor, cursor.fetchall()).replace(place, "\0root\0")
                traces = [trace for trace in traces if trace.steps[at].answer == answer]
                if not traces:
                    return None
        at += 1
    return traces[0].built


def _fingerprint(root: Path) -> str:
    """One text for all that dbt reads of a checkout."""
    files = [root / name for name in PROJECT]
    files += [path for name in FOLDERS for path in sorted((root / name).rglob("*")) if path.is_file()]
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


_shared: list[Path] = []


def share(folder: Path) -> None:
    """Say where the builds of this session stand, for all of its processes."""
    _shared[:] = [folder]


@cache
def here() -> Dbt:
    """dbt in this process."""
    return Dbt(_shared[0] if _shared else Path(tempfile.mkdtemp(prefix="dbt-")))


@cache
def _of_this_project() -> str:
    return _fingerprint(ROOT)
