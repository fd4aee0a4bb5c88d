"""dbt inside this process. A build that an earlier one answers for is repeated without dbt, statement by statement.

What dbt sends to a database follows from the project, the words, the environment and what the database answers. So a
build is written down as it goes, node by node. Where a later one has the same project, words and environment, its
statements are executed again. What a node sends follows from its own answers and from the tables that dbt found at the
beginning, as long as no node failed; so each node may be repeated from another build. Where an answer comes that no
build has seen, the file is put back as it was and dbt does the build itself.
"""

from __future__ import annotations

import ast
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
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import count, groupby
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ("dbt_project.yml", "profiles.yml", "selectors.yml")
FOLDERS = ("dbt_project", "macros", "models", "seeds", "tests/dbt")
DATABASE = "~/orders.duckdb"
"""The path that dbt is told while it parses, `HOME` leading to the file: under another it would parse all anew."""
PLACE = ("DBT_TARGET", "DB_ORDERS_DATABASE", "DB_ORDERS_SCHEMA", "ORDERS_SOURCE", "DB_ORDERS_SOURCE_SCHEMA")
"""Variables that dbt reads while it parses: a parse holds the macros of one engine, and its schema."""
_NODE = re.compile(r'"node_id": "\w+\.\w+\.(\w+)')
_LISTING = "from system.information_schema.tables"
_COUNT = re.compile(r"\(\['failures', 'should_warn', 'should_error'\], \[\((\d+), (\w+), (\w+)\)\]\)")
_VIEW = re.compile(r'create view "\w+"\."\w+"\."(\w+)__dbt_tmp"')
_MOMENT = re.compile(r"'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})'")


@dataclass(frozen=True)
class Node:
    """How one node of a build ended; of dbt's own result what tests look at."""

    name: str
    kind: str
    status: str
    message: str | None
    severity: str = ""
    warn_if: str = ""

    def counting(self, failures: int, warns: bool, errs: bool) -> Node | None:
        """The end of a data test that counts so many failures, by dbt's rule; None where it would fail."""
        if errs and self.severity.upper() == "ERROR":
            return None
        results = f"{failures} result{'' if failures == 1 else 's'}"
        said = f"Got {results}, configured to warn if {self.warn_if}" if warns else None
        return replace(self, status="warn" if warns else "pass", message=said)


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


@dataclass(frozen=True, eq=False)
class Part:
    """The statements of one node, or of dbt itself between nodes, which have a cursor to themselves; the node's end."""

    steps: tuple[Step, ...]
    node: Node | None

    @cached_property
    def view(self) -> tuple[str, str] | None:
        """Name and statement of the view that it makes, where it does."""
        made = ((found[1], found.string) for step in self.steps if (found := _VIEW.search(step.sql or "")))
        return next(made, None)


@dataclass(eq=False)
class Trace:
    """All statements of a build, and how it ended."""

    parts: list[Part]
    built: Built

    @classmethod
    def of(cls, steps: list[Step], built: Built) -> Trace:
        """The trace of a build whose steps were written down in their order."""
        nodes = {node.name: node for node in built.nodes}
        parts = []
        for _, each in groupby(steps, lambda step: step.cursor):
            own = tuple(each)
            named = next((found[1] for step in own if (found := _NODE.search(step.sql or ""))), "")
            parts.append(Part(own, nodes.get(named)))
        return cls(parts, built)

    @cached_property
    def sound(self) -> int:
        """How many parts went well; what comes after a failure is as it is because of that failure."""
        failed = (at for at, part in enumerate(self.parts) if part.node and part.node.status in ("error", "fail"))
        return next(failed, len(self.parts))

    @cached_property
    def found(self) -> frozenset[str]:
        """The tables that dbt found at the beginning."""
        listings = (step.answer for part in self.parts for step in part.steps if _LISTING in (step.sql or ""))
        return next((_tables(listing) for listing in listings if listing), frozenset())


def _node(result: Any) -> Node:
    config = result.node.config
    severity, warn_if = getattr(config, "severity", ""), getattr(config, "warn_if", "")
    return Node(
        result.node.name, str(result.node.resource_type), str(result.status), result.message, severity, warn_if
    )  # fmt: skip


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


@contextmanager
def _unheard() -> Iterator[None]:
    """Make no events but those that may fail a build: nobody reads them here, and they are a sixth of dbt's work."""
    from dbt_common.events.event_manager import EventManager

    whole = EventManager.fire_event

    def fire(
        self: EventManager, e: Any, level: Any = None, node: Any = None, force_warn_or_error_handling: bool = False
    ) -> None:
        if force_warn_or_error_handling or self.require_warn_or_error_handling:
            whole(self, e, level, node, force_warn_or_error_handling)

    with mock.patch.object(EventManager, "fire_event", fire):
        yield


@dataclass
class Dbt:
    """dbt inside this process: each project is parsed once, and what was done once is repeated quickly.

    ``folder`` may be shared by processes: they use each other's builds.
    """

    folder: Path
    _manifests: dict[str, Any] = field(default_factory=dict)
    _traces: dict[str, dict[str, Trace]] = field(default_factory=dict)

    def build(self, env: Mapping[str, str], variables: Mapping[str, Any] | str, *, tests: bool) -> Built:
        """`dbt build` with these variables (or the text of `--vars`), and with tests as told."""
        given = variables if isinstance(variables, str) else json.dumps(dict(variables), ensure_ascii=False)
        selected = "without_unit_tests" if tests else "without_tests"
        # Without variables the words are those of a build that was never told of any, which may have been done already.
        return self.run(["build", "--selector", selected, *(["--vars", given] if given != "{}" else [])], env)

    def run(self, words: Sequence[str], env: Mapping[str, str], root: Path = ROOT) -> Built:
        """`dbt` with these words, in a checkout."""
        project = parsed_as(_fingerprint(root) if root != ROOT else _of_this_project(), env)
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
                    same = mock.patch.dict(os.environ, {"ORDERS_DUCKDB_PATH": DATABASE})
                    with self._parsing(target), same:
                        parsed = dbtRunner().invoke(["parse", "--quiet", *paths])
                    assert parsed.success, parsed.exception
                    self._manifests[project] = parsed.result
                runner = dbtRunner(manifest=self._manifests[project])
                with _unheard():
                    done = runner.invoke([*words, "--quiet", "--no-write-json", *paths])
            finally:
                self._close()
        results: Any = done.result or ()
        nodes = tuple(_node(each) for each in results)
        return Built(done.success, nodes, str(done.exception or ""))

    @contextmanager
    def _parsing(self, target: Path) -> Iterator[None]:
        """One process parses at a time, starting from what was parsed already of this project or another checkout."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "parsing").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.begin(target)
            yield

    def begin(self, target: Path) -> None:
        """Let dbt parse in this target folder what is new alone, where this project was parsed before."""
        parsed, known = (folder / "partial_parse.msgpack" for folder in (target, self.target()))
        if known.exists() and not parsed.exists():
            target.mkdir(exist_ok=True)
            shutil.copy(known, parsed)

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
        # What was refused on the way, statement or build, tells nothing of what follows where it isn't.
        if not built.stopped and not any(node.status == "error" for node in built.nodes):
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
            unfinished.write_bytes(pickle.dumps(Trace.of(alike, built)))
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


def _tables(listing: str) -> frozenset[str]:
    """The names in dbt's list of tables."""
    return frozenset(row[1] for row in ast.literal_eval(listing)[1])


def _same_tables(listing: str, other: str) -> bool:
    """Whether dbt found the same tables; those that keep a data test's rows matter to that test alone."""
    return all(name.startswith("CHECK_") for name in _tables(listing) ^ _tables(other))


def _counted(part: Part, answer: str) -> Node | None:
    """The end of a data test that got this count and not the one written down; None for a failure or another node."""
    found = _COUNT.fullmatch(answer)
    if part.node is None or found is None:
        return None
    return part.node.counting(int(found[1]), found[2] == "True", found[3] == "True")


_views: dict[tuple[str, str], Any] = {}
"""Statements that make a view, with the view as the database knows it afterwards."""
_parsed: dict[str, Any] = {}
"""Statements that DuckDB has read: reading the longest takes as long as executing them on a few orders."""


def _read(connection: Any, sql: str) -> Any:
    """A statement as DuckDB executes it without reading it again."""
    if sql not in _parsed:
        each = connection.extract_statements(sql)
        _parsed[sql] = each[0] if len(each) == 1 else sql
    return _parsed[sql]


@dataclass
class _Repetition:
    """A build that is made of what earlier builds sent."""

    connection: Any
    place: str
    marks: Marks = field(default_factory=lambda: Marks(str(uuid.uuid4()), dt.datetime.now(dt.UTC)))
    found: frozenset[str] = frozenset()
    _made: list[tuple[str, str]] = field(default_factory=list)

    def fits(self, trace: Trace, part: Part) -> bool:
        """Whether the table that this node keeps its failures in was there as it is now."""
        kept = f"CHECK_{part.node.name}" if part.node else ""
        return (kept in trace.found) is (kept in self.found)

    def part(self, free: list[Part], bound: list[Part]) -> tuple[list[Part], Node | None]:
        """Execute a part of these; those that got the same answers (``free``: such as mean the same), and the end."""
        parts, told = [*free, *bound], None
        if not parts or self._stands(parts):
            return parts, parts[0].node if parts else None
        cursor = self.connection.cursor()
        for at in count():
            asked = {tuple((step.sql, repr(step.values)) for step in part.steps[at : at + 1]) for part in parts}
            if len(asked) > 1:
                return [], None
            if at == len(parts[0].steps):
                break
            step = parts[0].steps[at]
            if step.sql is None:
                cursor.close()
                continue
            sql = self.marks.put_in(step.sql).replace("\0root\0", self.place)
            cursor.execute(_read(cursor, sql) if sql == step.sql else sql, step.values)
            if step.answer is None:
                continue
            answer = _answer(cursor, cursor.fetchall()).replace(self.place, "\0root\0")
            got = [part for part in parts if part.steps[at].answer == answer]
            if _LISTING in step.sql:
                self.found = _tables(answer)
                others = [part for part in parts if part in free and part not in got]
                got += [part for part in others if _same_tables(part.steps[at].answer or "", answer)]
            elif not got and (told := next((end for part in parts if (end := _counted(part, answer))), None)):
                got = [part for part in parts if part in free]
            parts = got
            if not parts:
                return [], None
        if parts[0].view is not None:
            self._made.append(parts[0].view)
        return parts, told or parts[0].node

    def _known(self) -> dict[str, Any]:
        """The views as the database knows them now."""
        query = """
            select v.view_name, v.sql, list([c.column_name, c.data_type] order by c.column_index)
            from duckdb_views() as v
            inner join duckdb_columns() as c on c.table_name = v.view_name
            where not v.internal
            group by all
        """
        return {name: (sql, columns) for name, sql, columns in self.connection.execute(query).fetchall()}

    @cached_property
    def _standing(self) -> dict[str, Any]:
        return self._known()

    def _stands(self, parts: list[Part]) -> bool:
        """Whether these make a view that stands there already, word for word and column for column."""
        view, *others = {part.view for part in parts}
        return view is not None and not others and view in _views and _views[view] == self._standing.get(view[0])

    def note(self) -> None:
        """Note the views that were made."""
        known = self._known() if self._made else {}
        _views.update((view, known.get(view[0])) for view in self._made)


def _executed(connection: Any, traces: list[Trace], root: Path) -> Built | None:
    """Execute the statements of these builds, node by node, as long as answers come that one of them got."""
    run = _Repetition(connection, str(root))
    free = list(traces)
    bound = [trace for trace in traces if trace.sound < len(trace.parts)]
    ended: dict[str, Node] = {}
    for at in range(max(len(trace.parts) for trace in traces)):
        usable = [trace for trace in free if at < trace.sound and run.fits(trace, trace.parts[at])]
        parts, node = run.part([trace.parts[at] for trace in usable], [trace.parts[at] for trace in bound])
        if not parts:
            return None
        if node is not None:
            ended[node.name] = node
        usable = [trace for trace in usable if trace.parts[at] in parts]
        bound = [trace for trace in bound if trace.parts[at] in parts]
        if node is None or not usable:
            free = usable  # what dbt itself was told decides about all that follows, and so does a failure
        if over := next((trace for trace in [*usable, *bound] if at + 1 == len(trace.parts)), None):
            run.note()
            nodes = tuple(ended.get(each.name, each) for each in over.built.nodes)
            return over.built if over in bound else replace(over.built, nodes=nodes)
    return None


def parsed_as(project: str, env: Mapping[str, str]) -> str:
    """One text for what dbt makes of a checkout while it parses, under this environment."""
    place = [(name, env[name]) for name in PLACE if env.get(name) and (name, env[name]) != ("DBT_TARGET", "duckdb")]
    return hashlib.sha256(repr([project, *place]).encode()).hexdigest() if place else project


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
