"""Claims, recorded requests and write-back: everything a push does in the database.

Each public method is one transaction, run again by itself where the engine says that this may help (deadlock victim,
lost connection, write conflict). Requests are recorded before they are sent; their outcomes and the confirmed rows are
written together; the fence in ``close_request`` lets only the worker that holds a request close it. Several requests
share a transaction where they come together: a statement costs much more than the rows it carries.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sync.database import Row
from sync.monday.documents import alias_at
from sync.results import Outcome
from sync.selection import Selection
from sync.transactions import RunTables
from sync.work import ARCHIVE, CREATE, ITEM, SUBITEM, UNSENT, Key, Request, from_ledger, to_json
from sync.writeback import error_rows, row_results

Builder = Callable[[list[Row]], tuple[Request | None, Outcome]]
"""Makes a request (rows and body, no id) of claimed staged rows; the outcome is of those that aren't sent: they need it
not, since the board shows all that it can show, or can't be."""


class Ledger(RunTables):
    """The push's side of the database, for one worker."""

    # -- reading the work -------------------------------------------------------------------------------------------

    def window_items(
        self, selection: Selection, after: tuple[str, str], rows: int, cut_off: tuple[dt.date, str] | None
    ) -> list[Row]:
        """The next orders that need work after (batch, key)."""
        sql = self._sql.get("push/window_items", selection=selection.names, rows=rows, limited=cut_off is not None)
        room = [cut_off[0], cut_off[0], cut_off[1]] if cut_off else []
        return self._db.query(sql, [*selection.params, *room, after[0], after[0], after[1]])

    def window_sizes(self, selection: Selection, after: tuple[str, str, str], rows: int) -> list[Row]:
        """The next sizes that need work, and whose order is on the board, after (batch, order, label)."""
        sql = self._sql.get("push/window_sizes", selection=selection.names, rows=rows)
        batch, order, label = after
        return self._db.query(sql, [*selection.params, batch, batch, order, batch, order, label])

    def sizes_of(self, order_keys: Sequence[str]) -> list[Row]:
        """The sizes that wait for orders just confirmed."""
        found: list[Row] = []
        for made_again in (False, True):
            keys = [{"ORDER_KEY": key} for key in order_keys if (key in self.made_again) is made_again]
            if keys:
                found += self._db.query(self._sql.get("push/sizes_of_orders", made_again=made_again), [to_json(keys)])
        return found

    def count_work(self, selection: Selection, level: str) -> list[Row]:
        """What is to be done, by batch, group and kind of change."""
        sql = self._sql.get("push/count_work", selection=selection.names, level=level)
        return self._db.query(sql, selection.params)

    def cut_off(self, selection: Selection, room: int) -> tuple[dt.date, str]:
        """Date and key of the last creation that finds room on the board, oldest orders first."""
        row = self._db.query(
            self._sql.get("push/room_cut_off", selection=selection.names, room=room), selection.params
        )[0]
        date = row["CUT_DATE"]
        return (date.date() if isinstance(date, dt.datetime) else date), str(row["CUT_KEY"])

    # -- claiming and recording -------------------------------------------------------------------------------------

    def take(
        self, level: str, chunks: Sequence[Sequence[Key]], build: Builder, restart: Callable[[], None]
    ) -> tuple[list[Request], Outcome]:
        """Claims rows and records the requests made of them, one a chunk, in one transaction.

        Gives the requests, and the outcome of rows that are not sent: it is written, under a request without a body.

        ``build`` gets the claimed staged rows of a chunk; what it neither sends nor reports is given up. What was
        confirmed, blocked or claimed meanwhile doesn't reach it. ``restart`` is called before the first chunk, and
        again where the transaction is run again. A row that stands in the chunks twice (put back by one answer, named
        by another that came with it) counts where it stands first.
        """
        first = {key.row_key: at for at, keys in reversed(list(enumerate(chunks))) for key in keys}
        chunks = [
            list({key.row_key: key for key in keys if first[key.row_key] == at}.values())
            for at, keys in enumerate(chunks)
        ]

        def work() -> tuple[list[Request], Outcome]:
            restart()
            ids = [str(uuid.uuid4()) for _ in chunks]
            now = self._now()
            wanted = to_json(
                [
                    {"REQUEST_ID": id_, "ROW_KEY": k.row_key, "ORDER_KEY": k.order_key, "SIZE_LABEL": k.size_label}
                    for id_, keys in zip(ids, chunks, strict=True)
                    for k in keys
                ]
            )
            self._db.execute(self._sql.get("push/claim", level=level), [self.worker, now + self._lease, wanted])
            claimed: dict[str, list[Row]] = {id_: [] for id_ in ids}
            for row in self._db.query(self._claimed(level, chunks), [wanted]):
                claimed[row.pop("CLAIM_ID")].append(row)
            requests: list[Request] = []
            unused: list[dict[str, str]] = []
            unsent = Outcome()
            for id_, keys in zip(ids, chunks, strict=True):
                request, settled = build(claimed[id_])
                unsent.successes += settled.successes
                unsent.failures += settled.failures
                kept = {row.row_key for row in request.rows} if request else set()
                unused += [{"REQUEST_ID": id_, "ROW_KEY": key.row_key} for key in keys if key.row_key not in kept]
                if request:
                    request.id = id_
                    requests.append(request)
            if unused:
                self._db.execute(self._sql.get("push/release_rows"), [to_json(unused)])
            self._record(requests)
            settled_rows = [s.row for s in unsent.successes] + [f.row for f in unsent.failures]
            if settled_rows:
                for number, work_row in enumerate(settled_rows):
                    work_row.aliases = [alias_at(number)]
                nothing = Request(str(uuid.uuid4()), UNSENT, settled_rows, "")
                self._record([nothing])
                self._settle([(nothing, unsent)])
            return requests, unsent

        return self._again(work)

    def _claimed(self, level: str, chunks: Sequence[Sequence[Key]]) -> str:
        made_again = any(key.order_key in self.made_again for keys in chunks for key in keys)
        return self._sql.get("push/claimed_items" if level == ITEM else "push/claimed_sizes", made_again=made_again)

    def _record(self, requests: Sequence[Request]) -> None:
        now = self._now()
        for request in requests:
            batch_id = request.rows[0].batch_id or None if request.rows else None
            self._db.execute(
                self._sql.get("push/record_request"),
                [request.id, self.run_id, batch_id, request.operation, request.body, len(request.rows), self.worker,
                 now + self._lease, request.attempts, now, now if request.operation != UNSENT else None],
            )  # fmt: skip
        rows = [row.ledger(request.id) for request in requests for row in request.rows]
        if rows:
            self._db.execute(self._sql.get("push/record_rows"), [to_json(rows)])

    def record(self, request: Request) -> None:
        """Records a request that claims nothing (groups to make, keys to write, surplus items to archive)."""
        self._again(lambda: self._record([request]))

    def send_again(self, request: Request) -> bool:
        """Notes that a request leaves once more; False: another run has taken it over, and it must not be sent.

        Whoever finds it open after a crash counts its rest from this sending, not from the first one.
        """
        now = self._now()
        params = [now, request.attempts + 1, now + self._lease, request.id, self.worker]
        return self.execute("push/send_again", params) == 1

    # -- closing ----------------------------------------------------------------------------------------------------

    def close(self, request: Request, outcome: Outcome) -> bool:
        """``close_all`` for one request."""
        return self.close_all([(request, outcome)])[0]

    def close_all(self, closings: Sequence[tuple[Request, Outcome]]) -> list[bool]:
        """Writes what became of requests, in one transaction: confirmed rows, errors, remainders, claims.

        False for a request, with nothing of it written, where another run took it over.
        """

        return self._again(lambda: self._settle(closings))

    def _settle(self, closings: Sequence[tuple[Request, Outcome]]) -> list[bool]:
        now = self._now()
        held = [self._close_request(request, outcome, now) for request, outcome in closings]
        ours = [closing for closing, mine in zip(closings, held, strict=True) if mine]
        self._write_back(ours, now)
        self._release(ours)
        return held

    def _write_back(self, closings: Sequence[tuple[Request, Outcome]], now: dt.datetime) -> None:
        """Write what became of rows: outcomes, then confirmed rows from what the ledger recorded, then errors."""
        rows = to_json(row_results(closings))

        def run(name: str, *params: Any, **options: Any) -> None:
            self._db.execute(self._sql.get(f"push/{name}", **options), [*params, rows])

        run("close_rows")
        outcomes = [outcome for _, outcome in closings]
        for level in (ITEM, SUBITEM):
            done = [s.row for outcome in outcomes for s in outcome.successes if s.row.level == level]
            made = [row for row in done if row.kind == CREATE]
            if any(row.known for row in made):
                former = self._former_columns() if level == ITEM else ()
                run("confirm", now, now, level=level, state="again", former=former)
            if made:
                run("confirm", now, now, level=level, state="new", former=())
            if any(row.kind not in (CREATE, ARCHIVE) for row in done):
                run("confirm", now, level=level, state="changed", former=())
            if done:
                run("resolve_errors", now, f"push {self.run_id}", level=level)
        archived = any(s.row.level == ITEM and s.row.kind == ARCHIVE for o in outcomes for s in o.successes)
        if archived or any(outcome.gone_items for outcome in outcomes):
            run("archive_items", now, now)
        if any(outcome.gone_sizes for outcome in outcomes):
            run("forget_sizes")
        for level in (ITEM, SUBITEM):
            if errors := error_rows(closings, level):
                self._db.execute(self._sql.get("push/record_errors", level=level), [now, now, to_json(errors)])

    def _former_columns(self) -> tuple[str, ...]:
        rows = self._db.query(self._sql.get("push/former_columns"), [self._db.schema])
        return tuple(str(row["NAME"]) for row in rows)

    def _close_request(self, request: Request, outcome: Outcome, now: dt.datetime) -> bool:
        params = [outcome.name, now, outcome.http_status, outcome.monday_request_id, request.cost, request.attempts]
        return self._db.execute(self._sql.get("push/close_request"), [*params, request.id, self.worker]) == 1

    def _release(self, closings: Sequence[tuple[Request, Outcome]]) -> None:
        """Claims end with their request; those of a remainder go over to the request that carries it on."""
        for request, outcome in closings:
            carried = outcome.carried
            if carried is not None and carried.id != request.id:
                self._record([carried])
                keep = to_json([{"ROW_KEY": row.row_key} for row in carried.rows])
                self._db.execute(self._sql.get("push/move_claims"), [carried.id, self.worker, request.id, keep])
        ended = [{"REQUEST_ID": request.id} for request, _ in closings if request.rows]
        if ended:
            self._db.execute(self._sql.get("push/release"), [to_json(ended)])

    # -- recovery ---------------------------------------------------------------------------------------------------

    def open_requests(self) -> list[Row]:
        """Requests without an outcome, oldest first."""
        return self._db.query(self._sql.get("push/open_requests"))

    def take_over(self, found: Row) -> Request | None:
        """Takes a dead run's request over, with its rows; None where its lease runs or another run was quicker."""

        def work() -> bool:
            now = self._now()
            params = [self.worker, self.run_id, now + self._lease, found["REQUEST_ID"], found["WORKER"]]
            sole = self._db.sole_writer
            sql = self._sql.get("push/take_over", sole_writer=sole)
            if self._db.execute(sql, params if sole else [*params, now]) != 1:
                return False
            self._db.execute(
                self._sql.get("push/take_over_claims"), [self.worker, now + self._lease, found["REQUEST_ID"]]
            )
            return True

        if not self._again(work):
            return None
        rows = self._db.query(self._sql.get("push/request_rows"), [found["REQUEST_ID"]])
        return Request(
            id=found["REQUEST_ID"], operation=found["OPERATION"], body=found["BODY"], attempts=found["ATTEMPTS"],
            rows=[from_ledger(row) for row in rows],
        )  # fmt: skip
