"""The tools: what is run, how it is told where to send, and how many rows it counts as done afterwards."""

from __future__ import annotations

import json
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import duckdb

from benchmarks.compare.environments import HERE, installed, version

PEERS = HERE / "peers"
Before = Literal["nothing", "killed", "failed"]
"""What happened before a run: nothing yet, the run before was killed, or it ended with an error."""


class Tool(ABC):
    """One tool at one setting. ``folder`` is that of one try; ``orders.jsonl`` and ``warehouse.duckdb`` lie in it."""

    label: str
    settings: str
    rest_after_kill: float = 0.0
    """Seconds before a killed run may be taken up again."""

    @abstractmethod
    def prepare(self, folder: Path, database: Path) -> dict[str, str]:
        """Lays out what the tool needs; returns its own variables of the environment."""

    @abstractmethod
    def command(self, folder: Path, before: Before) -> list[str]:
        """The command of the next run."""

    def after(self, folder: Path, printed: str) -> None:  # noqa: B027 -- most tools keep their state themselves
        """Takes in what a run printed."""

    @abstractmethod
    def done(self, folder: Path, printed: list[str]) -> int:
        """Rows that the tool counts as done, by its own word."""

    def wrongly_done(self, folder: Path, printed: list[str], items: Mapping[int, str]) -> int:
        """Rows counted as done that are not on the board; items: id -> order key of what is there."""
        return max(0, self.done(folder, printed) - len(set(items.values())))


class Drt(Tool):
    """drt-core: its REST destination, from a DuckDB table."""

    def __init__(self, mode: Literal["record", "batch"]) -> None:
        size = "1 row a call, Idempotency-Key = order key" if mode == "record" else "25 rows a call, key per request"
        self.label = f"{version('drt')}, {'1 row' if mode == 'record' else '25 rows'} a call"
        self.settings = (
            f"`rest_api`, {size}; `mode: incremental` on a running number, `retry.max_attempts: 4`, `on_error: skip`,"
            " `dlq` on, `drt retry` after errors, no pacing"
        )
        self.mode = mode

    def prepare(self, folder: Path, database: Path) -> dict[str, str]:
        """A drt project beside the orders."""
        (folder / "syncs").mkdir()
        (folder / ".drt").mkdir()
        shutil.copy(PEERS / f"drt_{self.mode}.yml", folder / "syncs" / "push_orders.yml")
        (folder / "drt_project.yml").write_text("name: compare\nprofile: default\n", encoding="utf-8")
        profile = f"default:\n  type: duckdb\n  database: {folder / 'warehouse.duckdb'}\n"
        (folder / ".drt" / "profiles.yml").write_text(profile, encoding="utf-8")
        return {"HOME": str(folder), "DO_NOT_TRACK": "1"}

    def command(self, folder: Path, before: Before) -> list[str]:
        """A run; after errors, the dead letters alone."""
        words = ["retry", "push_orders"] if before == "failed" else ["run", "--output", "json"]
        return [str(installed("drt") / "drt"), *words]

    def done(self, folder: Path, printed: list[str]) -> int:
        """What the runs report as synced; a run that was killed, or repeated dead letters, reports nothing."""
        total = 0
        for text in printed:
            start = text.find("{")
            if start >= 0:
                total += sum(each["rows_synced"] for each in json.loads(text[start:])["syncs"])
        return total


class Dlt(Tool):
    """dlt: a custom destination."""

    def __init__(self, *, raises: bool) -> None:
        self.label = f"{version('dlt')}, {'errors raised' if raises else 'HTTP status only'}"
        self.settings = (
            "`@dlt.destination(batch_size=25)`, 4 jobs at once, dlt's own retrying HTTP client, Idempotency-Key per"
            " batch; a pending package is resumed; "
            + ("`errors` in an answer raise" if raises else "only the HTTP status raises")
        )
        self.raises = raises

    def prepare(self, folder: Path, database: Path) -> dict[str, str]:
        """The script reads its folder from the environment."""
        return {
            "HOME": str(folder),
            "COMPARE_FOLDER": str(folder),
            "COMPARE_RAISE": "1" if self.raises else "0",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "500",
        }

    def command(self, folder: Path, before: Before) -> list[str]:
        """The same script every time: it resumes what is pending."""
        return [str(installed("dlt") / "python"), str(PEERS / "dlt_push.py")]

    def done(self, folder: Path, printed: list[str]) -> int:
        """All rows once a load package is complete."""
        complete = any(
            json.loads(line)["packages"] for text in printed for line in text.splitlines() if '"packages"' in line
        )
        return _rows(folder) if complete else 0


class Singer(Tool):
    """singer-sdk: a target of its own; the orders come as Singer messages, from the last state on."""

    def __init__(self, *, raises: bool) -> None:
        self.label = f"{version('singer')}, {'errors raised' if raises else 'HTTP status only'}"
        self.settings = (
            "`BatchSink`, `max_size` 25, urllib3 `Retry`, Idempotency-Key per batch; STATE after every 25 records, kept"
            " from the target's output; " + ("`errors` in an answer raise" if raises else "only the HTTP status raises")
        )
        self.raises = raises

    def prepare(self, folder: Path, database: Path) -> dict[str, str]:
        """The configuration, and a state that begins at nothing."""
        (folder / "config.json").write_text("{}", encoding="utf-8")
        (folder / "state.json").write_text('{"position": 0}', encoding="utf-8")
        return {"HOME": str(folder), "COMPARE_RAISE": "1" if self.raises else "0"}

    def command(self, folder: Path, before: Before) -> list[str]:
        """The target, fed with every order after the state."""
        after = self._position(folder)
        properties = {name: {"type": "string"} for name in ("order_key", "item_name", "group_id", "column_values")} | {
            "position": {"type": "integer"}
        }
        messages = [
            {
                "type": "SCHEMA",
                "stream": "orders",
                "key_properties": ["order_key"],
                "schema": {"properties": properties},
            }
        ]
        for line in (folder / "orders.jsonl").read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record["position"] > after:
                messages.append({"type": "RECORD", "stream": "orders", "record": record})
                if record["position"] % 25 == 0:
                    messages.append({"type": "STATE", "value": {"position": record["position"]}})
        messages.append({"type": "STATE", "value": {"position": _rows(folder)}})
        (folder / "messages.jsonl").write_text("".join(json.dumps(each) + "\n" for each in messages), encoding="utf-8")
        target = [str(installed("singer") / "python"), str(PEERS / "singer_target.py"), "--config", "config.json"]
        return [*target, "--input", "messages.jsonl"]

    def after(self, folder: Path, printed: str) -> None:
        """Keeps the last state that the target put out, as an orchestrator does."""
        states = [line for line in printed.splitlines() if line.startswith("{")]
        if states:
            (folder / "state.json").write_text(states[-1], encoding="utf-8")

    def done(self, folder: Path, printed: list[str]) -> int:
        """The rows up to the state."""
        return self._position(folder)

    def _position(self, folder: Path) -> int:
        return int(json.loads((folder / "state.json").read_text(encoding="utf-8"))["position"])


class Ours(Tool):
    """This project: `sync push`."""

    label = "this project"
    settings = (
        "`push --batch --skip-subitems`, defaults; `MONDAY_SETTLE_SECONDS=2` and `SYNC_LEASE_SECONDS=5` so that nobody"
        " waits (as shipped: 105 and 120)"
    )
    rest_after_kill = 6.0

    def prepare(self, folder: Path, database: Path) -> dict[str, str]:
        """A copy of the built database."""
        shutil.copy(database, folder / "orders.duckdb")
        return {
            "ORDERS_DUCKDB_PATH": str(folder / "orders.duckdb"),
            "MONDAY_SETTLE_SECONDS": "2",
            "SYNC_LEASE_SECONDS": "5",
        }

    def command(self, folder: Path, before: Before) -> list[str]:
        """The same push every time."""
        return [sys.executable, "-m", "sync", "push", "--batch", "--skip-subitems", "--json"]

    def done(self, folder: Path, printed: list[str]) -> int:
        """Orders with an id in the database."""
        return len(self._confirmed(folder))

    def wrongly_done(self, folder: Path, printed: list[str], items: Mapping[int, str]) -> int:
        """Orders whose id is not that of an item with their key: exact, for every id is known."""
        return sum(items.get(ident) != key for ident, key in self._confirmed(folder).items())

    def _confirmed(self, folder: Path) -> dict[int, str]:
        with duckdb.connect(str(folder / "orders.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                "select MONDAY_ITEM_ID, ORDER_KEY from MON_CustMasterSchedule where MONDAY_ITEM_ID is not null"
            ).fetchall()
        return dict(rows)


def _rows(folder: Path) -> int:
    with (folder / "orders.jsonl").open(encoding="utf-8") as lines:
        return sum(1 for _ in lines)


TOOLS: Mapping[str, Callable[[], Tool]] = {
    "drt": lambda: Drt("record"),
    "drt-batch": lambda: Drt("batch"),
    "dlt": lambda: Dlt(raises=False),
    "dlt-raise": lambda: Dlt(raises=True),
    "singer": lambda: Singer(raises=False),
    "singer-raise": lambda: Singer(raises=True),
    "ours": Ours,
}
