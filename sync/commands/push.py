"""``push``: everything staged, one batch, or a selection."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sync import __version__
from sync.database import Row
from sync.errors import BoardError, StopAsked, SyncError, UsageError
from sync.log import say
from sync.output import Result, counted, told
from sync.push.board import BoardContext, check, look_up_new, remember_columns, take_back
from sync.push.engine import Push
from sync.push.ledger import LEASED, Run
from sync.push.plan import ARCHIVE, CREATE, ITEM, SETTLE, SUBITEM
from sync.push.rows import StagedRows
from sync.push.staged import FULL, check_build, check_filters, dated, set_aside
from sync.push.summary import Options, build_result, by_kind, count, dry_run, logged, outside
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
        else:
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
        self._workers = options.workers or settings.workers
        config = {
            "version": __version__,
            "board_id": settings.board_id,
            "api_version": settings.api_version,
            "workers": self._workers,
            "rows_per_request": settings.rows_per_request,
            "limit": options.limit,
            "skip_subitems": options.skip_subitems,
            "build_id": str(build.get("BUILD_ID")),
        }
        self._session, self._settings, self._options, self._build = session, settings, options, build
        self._customers, self._clock, self._started = customers, runtime.clock, runtime.clock.monotonic()
        self.run = Run(session, settings, runtime, stop, options.selection, config)
        self._ledger, self._batches, self._totals = self.run.ledger, self.run.batches, self.run.totals
        self._counts: dict[str, list[Row]] = {ITEM: [], SUBITEM: []}
        self._work = False  # whether anything is to be sent or settled
        self._board: BoardContext | None = None

    def _preflight(self) -> BoardContext:
        """Count the work, and check that the board takes it.

        Where there is none the board is still asked, so that a bad token or a missing board shows at once.
        """
        session, options = self._session, self._options
        orders = self._counts[ITEM] = count(session, options, ITEM)
        sizes = self._counts[SUBITEM] = [] if options.skip_subitems else count(session, options, SUBITEM)
        below = bool(sizes or self._ledger.query("push/open_requests"))
        self._work = below or bool(orders)
        look = check if self._work else BoardContext
        self._board = board = look(
            session,
            self.run.reader,
            self._settings.board_id,
            sizes=below or (None if options.skip_subitems else False),
        )
        if self._work:
            look_up_new(session, board, options.selection, sizes=bool(sizes))
        else:
            board.notices.clear()
        return board

    def try_out(self) -> Result:
        """Say what a push would do: it is the push until the first write."""
        refusal = None
        try:
            refuse_other_board(self._session, self._settings.board_id)
            self._preflight()
        except StopAsked:
            raise
        except SyncError as problem:
            refusal = problem
        return dry_run(self._session, self._settings, self._options, self._build, self._customers, self._board, refusal)

    def carry_out(self) -> Result:
        """Preflight, groups, rows, finish. A run that Monday or a person ends early says what it has done."""
        session, options, ledger, totals = self._session, self._options, self._ledger, self._totals
        refuse_other_board(session, self._settings.board_id)
        try:
            summary = self._phases()
        except (BoardError, StopAsked) as problem:
            batches = self._batches.finish(summary=str(problem), stopped=True)
            if problem.exit_code != 3:
                raise
            totals.stopped = problem
        else:
            batches = self._batches.finish(summary=summary, stopped=totals.stopped is not None)
            for name, column, kept in (
                ("ERR_MON_CustMasterSchedule", "RESOLVED_AT", ERRORS_KEPT),
                ("ERR_MON_CustMasterSchedule_Subitems", "RESOLVED_AT", ERRORS_KEPT),
                ("MON_ApiRequests", "FINISHED_AT", HISTORY_KEPT),
                ("MON_BatchProcessing", "FINISHED_AT", HISTORY_KEPT),
            ):
                ledger.execute("push/purge", [ledger.now() - kept], name=name, column=column)
            ledger.execute("push/purge_rows")
        board, skipped = self._board, count(session, options, SUBITEM) if options.skip_subitems else []
        cells = ledger.query("batches/cells", [ledger.run_id])
        titles = {each.name: each.title for each in (*board.columns, *board.size_columns)} if board else {}
        return build_result(
            totals,
            batches,
            board.notices if board else [],
            options,
            seconds=self._clock.monotonic() - self._started,
            run_id=ledger.run_id,
            staged=(0, 0) if batches else tuple(by_kind(counts).total() for counts in self._counts.values()),
            aside=set_aside(session, self._build, self._customers),
            skipped=by_kind(skipped).total(),
            elsewhere="" if self._work else outside(session, options),
            cells={titles.get(name := str(row["COLUMN_NAME"]), name): int(row["CELLS"]) for row in cells},
        )

    def _phases(self) -> str | None:
        """Do the work; return why some of it is left, as far as that is known before the batches are counted."""
        options, totals, batches, ledger = self._options, self._totals, self._batches, self._ledger
        batches.times["START"] = ledger.now()
        for name in () if ledger.alone else LEASED:  # clocks differ, and are set back
            ledger.execute("push/shorten_leases", [ledger.lease()] * 2, name=name)
        batches.end_dead()
        board = self._preflight()
        take_back(ledger, board, options.selection)
        ledger.execute("push/new_hashes")
        ledger.execute("push/settle_cells", [ledger.now()])
        if not board.problems:
            board.notices += remember_columns(ledger, board)
        batches.times["PREFLIGHT"] = ledger.now()
        batches.start([*self._counts[ITEM], *self._counts[SUBITEM]])
        room = board.board.room
        totals.reasons = [FULL] if room is not None and by_kind(self._counts[ITEM])[CREATE] > room else []
        if self._work:
            self._send(board, room if totals.reasons else None)
        most = counted(options.limit or 0, "order")
        reasons = told(
            (totals.stopped or totals.reasons, str(totals.stopped or " ".join(totals.reasons))),
            (options.limit, f"The push took at most {most} (--limit); the rows left stay staged."),
            (options.skip_subitems, "The push left sizes out (--skip-subitems); they stay staged."),
        )
        return reasons[0] if reasons else None

    def _send(self, board: BoardContext, room: int | None) -> None:
        options, batches = self._options, self._batches
        rows = StagedRows(
            self.run, board, options.selection, limit=options.limit, skip_subitems=options.skip_subitems, room=room
        )
        taken = [*self._counts[ITEM], *self._counts[SUBITEM]]
        if options.limit or room is not None:
            taken = [
                row
                for level in ((ITEM,) if options.skip_subitems else (ITEM, SUBITEM))
                for row in count(self._session, options, level, taken=True, room=room, limit=options.limit)
            ]
        planned, staged = by_kind(taken).total(), len({row["BATCH_ID"] for row in taken})
        say(
            "push.begin",
            f"push: begins with {counted(planned, 'row', form=',')} in {counted(staged, 'batch', 'batches')}, run"
            f" {self._ledger.run_id}.",
            rows=planned,
            workers=self._workers,
        )
        engine = Push(
            self.run,
            board,
            rows,
            workers=self._workers,
            recreate=str(self._build.get("ON_BOARD_DELETION")).lower() != "park",
            planned=planned,
        )
        self._totals.held_by_others += engine.recover()
        batches.end_dead()
        board.wanted = {
            str(row["GROUP_NAME"]): batches.of(row)
            for row in taken
            if row["KIND"] not in (ARCHIVE, SETTLE) and row["GROUP_NAME"]
        }
        engine.run()
