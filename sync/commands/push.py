"""``push``: everything staged, one batch, or a selection."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sync import __version__
from sync.database import Row
from sync.errors import BoardError, SyncError, UsageError
from sync.log import say
from sync.monday.retry import StopAsked
from sync.output import Result, counted
from sync.push.board import BoardContext, check, look_up_new, remember_columns
from sync.push.engine import Push
from sync.push.plan import ARCHIVE, CREATE, ITEM, SUBITEM
from sync.push.rows import StagedRows
from sync.push.run import Run
from sync.push.staged import Options as Options
from sync.push.staged import check_build, check_filters, dated, set_aside
from sync.push.summary import FULL, build_result, dry_run, logged
from sync.session import Runtime, Session, open_session, refuse_other_board
from sync.settings import ERRORS_KEPT, HISTORY_KEPT, Settings, read_settings


def push(env: Mapping[str, str], options: Options, *, stop: threading.Event, runtime: Runtime | None = None) -> Result:
    """Carry the selection to the board; the result says what was done and what is left."""
    settings = read_settings(env, token_required=not options.dry_run)
    runtime = runtime or Runtime()
    with open_session(
        env, read_only=options.dry_run, wait=options.wait, sleep=stop.wait, stopped=stop.is_set, connect=runtime.connect
    ) as session:
        session.require(staged=True)
        batch = options.selection.batch
        if batch is not None and not session.query("push/known_batch", [batch] * 3):
            raise UsageError(
                "No batch of that id is staged or was ever pushed;"
                " `python -m sync status --all` lists the staged batches."
            )
        build = check_build(session.query("push/build"), session.mapping.hash)
        customers = check_filters(session, options.selection.filters)
        if options.dry_run and not settings.token:
            result = dry_run(session, settings, options, build, customers)
            return dated(result, build, runtime.now())
        command = _Push(session, settings, options, build, customers, stop, runtime)
        try:
            result = command.try_out() if options.dry_run else logged(command.carry_out())
        finally:
            command.run.client.close()
        return dated(result, build, runtime.now())


class _Push:
    def __init__(
        self,
        session: Session,
        settings: Settings,
        options: Options,
        build: Mapping[str, Any],
        customers: Sequence[str],
        stop: threading.Event,
        runtime: Runtime,
    ) -> None:
        config = {
            "version": __version__,
            "board_id": settings.board_id,
            "api_version": settings.api_version,
            "workers": options.workers or settings.workers,
            "rows_per_request": settings.rows_per_request,
            "limit": options.limit,
            "skip_subitems": options.skip_subitems,
            "build_id": str(build.get("BUILD_ID")),
        }
        self._session, self._settings, self._options, self._build = session, settings, options, build
        self._customers, self._clock = customers, runtime.clock
        self.run = Run(session, settings, runtime, stop, options.selection, config)
        self._ledger, self._batches, self._totals = self.run.ledger, self.run.batches, self.run.totals
        self._started = self._clock.monotonic()
        self._counts: dict[str, list[Row]] = {}
        self._work = False
        """Whether anything is to be sent or settled."""
        self._board: BoardContext | None = None

    # -- before the first write -------------------------------------------------------------------------------------

    def _preflight(self) -> BoardContext:
        """Count the work, and check that the board takes it.

        Where there is none the board is still asked, so that a bad token or a missing board shows at once.
        """
        selection = self._options.selection
        self._counts[ITEM] = self._count_work(ITEM)
        self._counts[SUBITEM] = [] if self._options.skip_subitems else self._count_work(SUBITEM)
        below = bool(self._counts[SUBITEM] or self._ledger.query("push/open_requests"))
        self._work = below or bool(self._counts[ITEM])
        look = check if self._work else BoardContext
        self._board = board = look(self._session, self.run.reader, self._settings.board_id, sizes=below)
        if self._work:
            look_up_new(self._session, board, selection, sizes=bool(self._counts[SUBITEM]))
        else:
            board.notices.clear()
        return board

    def _count_work(self, level: str) -> list[Row]:
        selection = self._options.selection
        return self._session.query("push/count_work", selection.params, selection=selection.names, level=level)

    def try_out(self) -> Result:
        """Say what a push would do: it is the push until the first write."""
        refusal = None
        try:
            refuse_other_board(self._session, self._settings.board_id)
            self._preflight()
        except StopAsked:
            raise
        except SyncError as problem:
            self._board, refusal = None, problem
        return dry_run(self._session, self._settings, self._options, self._build, self._customers, self._board, refusal)

    # -- the run ----------------------------------------------------------------------------------------------------

    def carry_out(self) -> Result:
        """Preflight, groups, rows, finish. A run that Monday or a person ends early says what it has done."""
        refuse_other_board(self._session, self._settings.board_id)
        try:
            return self._phases()
        except (BoardError, StopAsked) as problem:
            batches = self._batches.finish(summary=str(problem), stopped=True)
            if problem.exit_code != 3:
                raise
            self._totals.stopped = problem
            return self._result(batches)

    def _phases(self) -> Result:
        options, totals, batches = self._options, self._totals, self._batches
        batches.times["START"] = self._ledger.now()
        self._ledger.shorten_leases()
        batches.end_dead()
        board = self._preflight()
        self._ledger.execute("push/new_hashes")
        self._ledger.execute("push/settle_cells", [self._ledger.now()])
        if not board.problems:
            board.notices += remember_columns(self._ledger, board)
        batches.times["PREFLIGHT"] = self._ledger.now()
        batches.start([*self._counts[ITEM], *self._counts[SUBITEM]])
        creations = sum(int(row["ROWS_STAGED"]) for row in self._counts[ITEM] if row["KIND"] == CREATE)
        room = board.board.room
        totals.board_full = room is not None and creations > room
        if self._work:
            self._send(board, room if totals.board_full else None)
        summary = str(totals.stopped) if totals.stopped else FULL if totals.board_full else None
        if summary is None and options.limit is not None:
            summary = f"The push took at most {counted(options.limit, 'order')} (--limit); the rows left stay staged."
        elif summary is None and options.skip_subitems:
            summary = "The push left sizes out (--skip-subitems); they stay staged."
        ended = batches.finish(summary=summary, stopped=totals.stopped is not None)
        self._purge()
        return self._result(ended)

    def _send(self, board: BoardContext, room: int | None) -> None:
        options, counts = self._options, self._counts
        rows = StagedRows(
            self.run, board, options.selection, limit=options.limit, skip_subitems=options.skip_subitems, room=room
        )
        orders, sizes = (sum(int(row["ROWS_STAGED"]) for row in counts[level]) for level in (ITEM, SUBITEM))
        # about, where a limit leaves out orders with their sizes
        planned = round((orders + sizes) * min((options.limit or orders) / orders, 1.0)) if orders else sizes
        workers = options.workers or self._settings.workers
        staged = len({row["BATCH_ID"] for rows in counts.values() for row in rows})
        say(
            "push.begin",
            f"push: begins with {counted(planned, 'row', form=',')} in {counted(staged, 'batch', 'batches')}, run"
            f" {self._ledger.run_id}.",
            rows=planned,
            workers=workers,
        )
        recreate = str(self._build.get("ON_BOARD_DELETION") or "recreate").lower() != "park"
        engine = Push(self.run, board, rows, workers=workers, recreate=recreate, planned=planned)
        self._totals.held_by_others += engine.recover()
        self._batches.end_dead()
        if room is None:
            board.wanted = {
                str(row["GROUP_NAME"]): self._batches.of(row)
                for row in counts[ITEM]
                if row["KIND"] != ARCHIVE and row["GROUP_NAME"]
            }
        engine.run()

    def _purge(self) -> None:
        for name, column, kept in (
            ("ERR_MON_CustMasterSchedule", "RESOLVED_AT", ERRORS_KEPT),
            ("ERR_MON_CustMasterSchedule_Subitems", "RESOLVED_AT", ERRORS_KEPT),
            ("MON_ApiRequests", "FINISHED_AT", HISTORY_KEPT),
            ("MON_BatchProcessing", "FINISHED_AT", HISTORY_KEPT),
        ):
            self._ledger.execute("push/purge", [self._ledger.now() - kept], name=name, column=column)
        self._ledger.execute("push/purge_rows")

    def _result(self, batches: Sequence[Row]) -> Result:
        staged = tuple(sum(int(row["ROWS_STAGED"]) for row in self._counts.get(level, ())) for level in (ITEM, SUBITEM))
        skipped = self._count_work(SUBITEM) if self._options.skip_subitems else []
        cells = self._ledger.query("batches/cells", [self._ledger.run_id] * 2)
        board = self._board
        titles = {each.name: each.title for each in (*board.columns, *board.size_columns)} if board else {}
        return build_result(
            self._totals,
            batches,
            board.notices if board else [],
            self._options,
            seconds=self._clock.monotonic() - self._started,
            run_id=self._ledger.run_id,
            staged=staged if not batches else (0, 0),
            aside=set_aside(self._session, self._build, self._customers),
            skipped=sum(int(row["ROWS_STAGED"]) for row in skipped),
            cells={titles.get(name := str(row["COLUMN_NAME"]), name): int(row["CELLS"]) for row in cells},
        )
