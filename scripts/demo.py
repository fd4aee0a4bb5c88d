"""The demo: sample orders, a local Monday, and the same commands that a real run uses. Everything stays in `.demo/`.

`python -m scripts.demo start` may be run as often as one likes: it goes on where an earlier run ended, and finds
nothing to do where that one finished. `edit` changes some orders and carries the changes to the board; `sql` asks the
tables; `stop [--fresh]` ends the local Monday.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import requests
from rich.console import Console
from rich.table import Table

from emulator.config import DEMO_TOKEN as TOKEN
from sync.output import counted

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".demo"
ORDERS, SEED = 1500, 7
PORT = 8090
"""Tried first; another free one is taken where something else listens."""
REAL_WRITES_A_MINUTE = 333
"""10,000,000 points a minute at 30,000 a write: what Monday admits with a personal token."""
FOREIGN = ("MONDAY_", "SYNC_", "DB_ORDERS_", "DBT_", "ORDERS_DUCKDB_", "KESTRA_")
"""Variables of the user's own set-up, which the demo must not read."""

EDITS = {
    "8 orders leave the factory a week later": (
        'update ORDERS_UNIFIED set "EX FACTORY DATE" = "EX FACTORY DATE" + 7 from PICKED where {picked} between 1 and 8'
    ),
    "3 orders move to another season, and so to another group": (
        """update ORDERS_UNIFIED set "CUSTOMER SEASON" = concat(2026 + RUN, ' SPRING') from PICKED
           where {picked} between 9 and 11"""
    ),
    "2 orders want 12 more of size M": (
        'update ORDERS_UNIFIED set "M" = coalesce("M", 0) + 12 from PICKED where {picked} between 12 and 13'
    ),
    "2 orders are new": (
        """insert into ORDERS_UNIFIED select ORDERS_UNIFIED.* replace (concat(NUMBER, '-', RUN) as "AAG ORDER NUMBER")
           from ORDERS_UNIFIED, PICKED where {picked} between 14 and 15"""
    ),
}
"""What `make demo-edit` does to the orders of PICKED: orders on the board that share no number, others each time."""
PICK = """
create temp table PICKED as
select o."AAG ORDER NUMBER" as NUMBER, any_value(r.RUN) as RUN, any_value(m.ITEM_NAME) as ITEM_NAME,
    row_number() over (order by md5(concat(o."AAG ORDER NUMBER", any_value(r.RUN)))) as PLACE
from ORDERS_UNIFIED as o
inner join MON_CustMasterSchedule as m on o."AAG ORDER NUMBER" = m."AAG ORDER NUMBER" and m.ARCHIVED_AT is null
    and o."EX FACTORY DATE" is not null
cross join (select count(distinct RUN_ID) as RUN from MON_BatchProcessing) as r
group by o."AAG ORDER NUMBER" having count(*) = 1 order by PLACE limit 15
"""

console = Console(highlight=False)


class DemoError(Exception):
    """A step failed; the text is one sentence that says which, and where to look."""


class Place:
    """The demo's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "orders.duckdb"
        self.board = folder / "board.sqlite"
        self.emulator = folder / "emulator.json"
        self.log = folder / "emulator.log"
        self.process: subprocess.Popen[bytes] | None = None
        """The local Monday, where this very process started it."""

    def environment(self, port: int) -> dict[str, str]:
        """The environment of every step: the user's, without their own database and board."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return kept | {
            "DBT_TARGET": "duckdb",
            "DBT_PROFILES_DIR": str(ROOT),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "ORDERS_DUCKDB_PATH": str(self.database),
            "MONDAY_API_URL": f"http://127.0.0.1:{port}/v2",
            "MONDAY_API_TOKEN": TOKEN,
            # A run that was killed half-way is taken over within seconds: this Monday has no search lag to wait for.
            "MONDAY_SETTLE_SECONDS": "3",
            "SYNC_LEASE_SECONDS": "10",
        }

    def write_environment(self, port: int) -> Path:
        """Writes what a shell reads to use the demo's database and board: `. .demo/env`."""
        names = self.environment(port)
        own = {name: value for name, value in names.items() if name.startswith(FOREIGN)}
        path = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
        lines = [path, *(f"export {name}={shlex.quote(value)}" for name, value in sorted(own.items()))]
        file = self.folder / "env"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file


def step(number: int, text: str, steps: int = 6) -> None:
    """Announces a step."""
    console.print(f"[bold]{number}/{steps}[/bold] {text}")


def run(place: Place, port: int, *command: str, log: str | None = None) -> str:
    """Runs a step's command; gives its standard output, or raises DemoError with the command's own words.

    Progress goes to the terminal as it comes, unless ``log`` names a file of the demo's folder for all output.
    """
    errors = None if log is None else subprocess.STDOUT
    done = subprocess.run(
        command, cwd=ROOT, env=place.environment(port), stdout=subprocess.PIPE, stderr=errors, text=True, check=False
    )
    output = done.stdout
    if log is not None:
        (place.folder / log).write_text(output, encoding="utf-8")
    if done.returncode not in (0, 3):
        tail = "\n".join([*output.splitlines()[-20:], *([f"All of its output: {place.folder / log}"] if log else [])])
        raise DemoError(f"`{' '.join(command[1:])}` ended with exit code {done.returncode}.\n{tail}".rstrip())
    return output


def sync(place: Place, port: int, *arguments: str) -> dict[str, Any]:
    """A command of `sync`, and its answer."""
    output = run(place, port, sys.executable, "-m", "sync", *arguments, "--json")
    answer: dict[str, Any] = json.loads(output)
    return answer


def count(place: Place, table: str) -> int | None:
    """Rows of a table of the demo's database; None where it doesn't exist."""
    if not place.database.exists():
        return None
    with duckdb.connect(str(place.database), read_only=True) as database:
        try:
            found = database.execute(f"select count(*) from {table}").fetchone()
        except duckdb.CatalogException:
            return None
    return int(found[0]) if found else None


# -- the local Monday -------------------------------------------------------------------------------------------------


def running(place: Place) -> dict[str, int] | None:
    """Process and port of the demo's Monday, where it runs and answers."""
    try:
        noted: dict[str, int] = json.loads(place.emulator.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return noted if is_emulator(noted["pid"]) and answers(noted["port"]) else None


def is_emulator(pid: int) -> bool:
    """True where the process is an emulator: an old note may name a number that another program got since."""
    told = Path(f"/proc/{pid}/cmdline")
    if told.parent.parent.joinpath("self").exists():
        try:
            return b"emulator" in told.read_bytes().split(b"\0")
        except OSError:
            return False
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "-m emulator" in shown.stdout


def answers(port: int) -> bool:
    """True where a Monday that takes the demo's token listens on the port."""
    try:
        reply = requests.post(
            f"http://127.0.0.1:{port}/v2",
            json={"query": "query { me { id } }", "variables": {}},
            headers={"Authorization": TOKEN, "API-Version": "2026-10"},
            timeout=5,
        )
        return "data" in reply.json()
    except (requests.RequestException, ValueError):
        return False


def free_port(wanted: int) -> int:
    """The wanted port, or any other that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("No port is free on this machine; close some programs and try again.")


def emulator_command(place: Place, port: int) -> list[str]:
    """The local Monday without the real one's limits, keeping the board in a file."""
    return [
        sys.executable, "-m", "emulator", "--port", str(port), "--state", str(place.board), "--token", TOKEN,
        "--no-limits",
    ]  # fmt: skip


def start_emulator(place: Place) -> int:
    """Starts the local Monday in the background, unless it runs; gives its port."""
    noted = running(place)
    if noted:
        return noted["port"]
    if place.process is not None:
        place.process.wait(timeout=10)
    port = free_port(PORT)
    with place.log.open("w", encoding="utf-8") as log:
        place.process = subprocess.Popen(
            emulator_command(place, port),
            cwd=ROOT, env=place.environment(port), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    place.emulator.write_text(json.dumps({"pid": place.process.pid, "port": port}), encoding="utf-8")
    for _ in range(150):
        if answers(port):
            return port
        if place.process.poll() is not None:
            break
        time.sleep(0.2)
    tail = "\n".join(place.log.read_text(encoding="utf-8").splitlines()[-10:])
    raise DemoError(f"The local Monday did not start on port {port}.\n{tail}".rstrip())


def stop(place: Place, *, fresh: bool) -> None:
    """Ends the local Monday, and throws the demo's files away where asked."""
    noted = running(place)
    if noted:
        os.kill(noted["pid"], signal.SIGTERM)
        for _ in range(100):
            if place.process is not None:
                place.process.poll()
            if not is_emulator(noted["pid"]):
                break
            time.sleep(0.1)
        else:
            raise DemoError(f"The local Monday (process {noted['pid']}) does not stop; end it by hand.")
        if place.process is not None:
            place.process.wait(timeout=10)
        console.print("The local Monday is stopped.")
    else:
        console.print("The local Monday was not running.")
    place.emulator.unlink(missing_ok=True)
    if fresh:
        shutil.rmtree(place.folder, ignore_errors=True)
        console.print("The demo's files are gone.")
    else:
        console.print("Its board and database stay in .demo/ for the next `make demo`.")


# -- the run ----------------------------------------------------------------------------------------------------------


def tidy(place: Place) -> None:
    """An earlier run's database and board belong together: where one of them is gone, both begin anew."""
    if place.database.exists() and not place.board.exists() and not running(place) and count(place, "MON_Migrations"):
        console.print("The board of an earlier run is gone, so its database goes, too.")
        place.database.unlink()
    elif place.board.exists() and not place.database.exists():
        console.print("The database of an earlier run is gone, so its board goes, too.")
        stop(place, fresh=True)
    place.folder.mkdir(exist_ok=True)


def start(place: Place, orders: int = ORDERS) -> None:
    """From sample orders to a filled board."""
    began = time.monotonic()
    tidy(place)
    step(1, f"sample orders ({orders:,} rows)")
    if count(place, "ORDERS_UNIFIED") is None:
        samples = ("--rows", str(orders), "--seed", str(SEED), "--database", str(place.database))
        run(place, PORT, sys.executable, "-m", "samples", *samples, log="samples.log")
    step(2, "a local Monday")
    port = start_emulator(place)
    step(3, "python -m sync migrate")
    sync(place, port, "migrate")
    step(4, "python -m sync board create-columns")
    sync(place, port, "board", "create-columns")
    step(5, "dbt build")
    build(place, port)
    step(6, "python -m sync push --batch")
    pushed = sync(place, port, "push", "--batch")
    place.write_environment(port)
    summary(place, pushed, port, time.monotonic() - began)


def build(place: Place, port: int) -> None:
    """`dbt build`, its words in a file."""
    run(place, port, str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "build", log="dbt.log")


def edit(place: Place) -> None:
    """Changes some orders, and carries what changed to the board."""
    began = time.monotonic()
    if not count(place, "MON_CustMasterSchedule"):
        raise DemoError("There is no demo to change; `make demo` first.")
    port = start_emulator(place)
    step(1, "some orders change", 3)
    with duckdb.connect(str(place.database)) as database:
        database.execute(PICK)
        for text, statement in EDITS.items():
            database.execute(statement.format(picked='"AAG ORDER NUMBER" = NUMBER and PLACE'))
            console.print(f"      {text}")
        names = [str(name) for (name,) in database.execute("select ITEM_NAME from PICKED order by PLACE").fetchall()]
    step(2, "dbt build", 3)
    build(place, port)
    step(3, "python -m sync push --batch", 3)
    pushed = sync(place, port, "push", "--batch")
    summary(place, pushed, port, time.monotonic() - began)
    console.print(
        f"Among them: {names[0]} (a date), {names[8]} (a group), {names[11]} (a size).\n", markup=False, soft_wrap=True
    )


def statements(lines: Iterator[str]) -> Iterator[str]:
    """Statements as people type them: over one line or several, up to a semicolon."""
    text = ""
    for line in lines:
        text += line
        if line.rstrip().endswith(";"):
            yield text
            text = ""
    if text.strip():
        yield text


def ask(place: Place) -> None:
    """Answers SQL over the demo's tables, read-only, typed or piped."""
    if count(place, "MON_CustMasterSchedule") is None:
        raise DemoError("There are no tables to ask; `make demo` first.")
    if sys.stdin.isatty():
        import readline  # noqa: F401 -- arrow keys, only where somebody types

        console.print("SQL over the demo's tables, each statement up to a semicolon; Ctrl-D ends.")
    for statement in statements(typed()):
        # Opened for each statement: a connection that waits for the next one would keep a push out.
        with duckdb.connect(str(place.database), read_only=True) as database:
            try:
                for part in database.extract_statements(statement):
                    if (answer := database.sql(part.query)) is not None:
                        answer.show(max_rows=50)
            except duckdb.Error as error:
                console.print(str(error), style="red", markup=False)


def typed() -> Iterator[str]:
    """The lines of standard input, with a prompt where somebody types."""
    while True:
        try:
            yield input("sql> " if sys.stdin.isatty() else "") + "\n"
        except EOFError:
            return


def summary(place: Place, pushed: Mapping[str, Any], port: int, seconds: float) -> None:
    """What stands on the board now, what this run did, and where to look."""
    writes = sum(
        int(pushed[name]) for name in ("items_created", "items_updated", "subitems_created", "subitems_updated")
    )
    moved = "MON_ApiRequestRows as r inner join MON_ApiRequests as q on r.REQUEST_ID = q.REQUEST_ID where"
    moved += f" q.RUN_ID = '{pushed['run_id']}' and r.OUTCOME = 'OK' and r.CHANGE_TYPE in ('MOVE', 'UPDATE_AND_MOVE')"
    told = {name: value for name, value in pushed.items() if isinstance(value, int)}
    told["items_moved"] = count(place, moved) or 0
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_row(f"{count(place, 'ORDERS_UNIFIED') or 0:,}", "orders in the table")
    table.add_row(
        f"{count(place, 'STG_MON_RejectedOrders') or 0:,}", "of them can't qualify: STG_MON_RejectedOrders says why"
    )
    for name, text in (
        ("groups_created", "groups created"),
        ("items_created", "items created"),
        ("items_updated", "items updated"),
        ("items_moved", "of them in another group now"),
        ("items_archived", "items archived"),
        ("subitems_created", "subitems created, one for each size"),
        ("subitems_updated", "subitems updated"),
        ("items_failed", "orders failed: ERR_MON_CustMasterSchedule says why"),
        ("subitems_failed", "sizes failed: ERR_MON_CustMasterSchedule_Subitems says why"),
        ("api_calls", "calls of the API"),
        ("complexity_used", "complexity points"),
    ):
        if told[name]:
            table.add_row(f"{told[name]:,}", text)
    table.add_row(f"{seconds:.0f}", "seconds for all of it")
    console.print()
    if writes:
        console.print(table)
        minutes = counted(max(round(writes / REAL_WRITES_A_MINUTE), 1), "minute")
        console.print(f"  The real Monday admits about {REAL_WRITES_A_MINUTE} writes a minute: {minutes} there.")
    else:
        console.print("Nothing changed since the last run: nothing was staged, and nothing was sent.")
    console.print(f"\nLook at the board:   http://127.0.0.1:{port}/")
    console.print("                     a group to begin with: GREYSON CLOTHIERS 2025 FALL")
    console.print("Change some orders:  make demo-edit")
    console.print("Ask the tables:      make demo-sql")
    console.print("Type the commands:   . .demo/env && python -m sync status")
    console.print("Stop:                make demo-stop\n")


def main() -> int:
    """Command line: start, edit, sql or stop."""
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description=__doc__)
    parser.add_argument("action", choices=["start", "edit", "sql", "stop"])
    parser.add_argument("--fresh", action="store_true", help="throw the demo's files away (with stop)")
    arguments = parser.parse_args()
    try:
        if arguments.action == "stop":
            stop(Place(FOLDER), fresh=arguments.fresh)
        elif arguments.action == "edit":
            edit(Place(FOLDER))
        elif arguments.action == "sql":
            ask(Place(FOLDER))
        else:
            start(Place(FOLDER))
    except DemoError as error:
        console.print(f"\nmake demo: {error}", style="red", markup=False)
        if arguments.action == "start":
            console.print("Run it again to go on from here; `make demo-stop FRESH=1` first, to begin anew.")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped. `make demo` goes on from here; `make demo-stop` ends the local Monday.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
