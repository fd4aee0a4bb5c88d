"""The push: one coordinating thread decides and writes to the database, worker threads only carry HTTP.

One loop sends every kind of request (orders, sizes, groups, keys, surplus items), settles its answer, and asks the
board about those whose end is unknown. What is open is a list of requests, each with a state and a time at which it is
due; both are columns of the ledger, so what a dead run left is due like all others.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import socket
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sync.database import Row
from sync.errors import BoardError, SyncError
from sync.log import PROGRESS, of_run
from sync.monday.answers import Answer, RawAnswer, Verdict, read_answer
from sync.monday.board import Group
from sync.monday.documents import archive_item, build_request
from sync.monday.http import MondayClient
from sync.monday.meter import Meter, Ticket
from sync.monday.reading import MondayProblem, MondayStopped, MondayUnavailable, QuotaUsedUp, Reader, Stalled
from sync.monday.retry import Backoff, StallTimer, StopAsked, StoppableClock, pause, stalled
from sync.monday.values import ValueProblem
from sync.push.groups import BoardContext, title_of
from sync.push.ledger import Batches, Ledger
from sync.push.lookup import looked_up, question
from sync.push.outcomes import (
    ON_OTHER_BOARD,
    Decisions,
    Failure,
    Outcome,
    Success,
    decide_plain,
    decide_rows,
    elsewhere,
    item_of,
    not_found,
    unanswered,
)
from sync.push.plan import (
    ARCHIVE,
    CREATE,
    GROUP,
    ITEM,
    KEY,
    SEND,
    SENT,
    SUBITEM,
    UPDATE,
    Key,
    Request,
    WorkRow,
    jsonable,
    key_request,
    number_aliases,
    plan_item,
    plan_size,
    rebuilt,
)
from sync.push.queue import WorkQueue
from sync.push.staged import Selection
from sync.session import Runtime, Session
from sync.settings import (
    GROUP_ROUNDS,
    GROUPS_HELD_SECONDS,
    GROUPS_PER_REQUEST,
    MAX_ATTEMPTS,
    MAX_QUESTIONS,
    MOST_ROWS,
    SLOW_SHARE,
    Settings,
)
from sync.words import counted

WRITE_KEYS = "WRITE_KEYS"
NEXT_TRY = "the next try of what failed"
LEFT = "the rows left stay staged, push again later."


@dataclass
class Totals:
    """Calls of a run, its rows so far for the eye, and what ended it early. Its figures come from the ledger."""

    done: int = 0
    """Rows confirmed so far."""
    failed: int = 0
    api_calls: int = 0
    api_retries: int = 0
    lookups: int = 0
    complexity_used: int = 0
    held_by_others: int = 0
    board_full: bool = False
    stopped: SyncError | None = None
    """Why the run ended before it had come to all rows; its exit code is the run's."""

    def answered(self, answer: Answer) -> None:
        """Count a call."""
        self.api_calls += 1
        self.complexity_used += answer.complexity.query if answer.complexity else 0


@dataclass
class Shared:
    """What the parts of a run have in common."""

    settings: Settings
    runtime: Runtime
    ledger: Ledger
    client: MondayClient
    meter: Meter
    batches: Batches
    reader: Reader
    stop: threading.Event
    stall: StallTimer = field(default_factory=StallTimer)
    totals: Totals = field(default_factory=Totals)


def share(
    session: Session,
    settings: Settings,
    runtime: Runtime,
    stop: threading.Event,
    selection: Selection | None = None,
    config: Mapping[str, Any] = MappingProxyType({}),
) -> Shared:
    """Make what the parts of a run have in common; ``config`` is kept with its batches."""
    run_id, clock, totals, meter = str(uuid.uuid4()), runtime.clock, Totals(), Meter(runtime.clock)
    ledger = Ledger(
        session.database,
        session.statements,
        now=runtime.now,
        sleep=clock.sleep,
        run_id=run_id,
        worker=f"{socket.gethostname()[:60]}:{os.getpid()}:{run_id[:8]}",
        lease=dt.timedelta(seconds=settings.lease_seconds),
    )
    of_run(run_id)
    started_by = f"{_user()}@{socket.gethostname()}"
    batches = Batches(ledger, selection or Selection(), now=runtime.now, started_by=started_by, config=config)
    client = MondayClient(
        settings.api_url, settings.token, settings.api_version, clock=clock, transport=runtime.transport
    )

    def read(body: str) -> RawAnswer:
        totals.api_calls += 1
        return client.send(body, timeout=settings.request_timeout)

    patient = StoppableClock(clock, stop.is_set)
    reader = Reader(read, clock=patient, random=runtime.random, on_answer=meter.observe)
    return Shared(settings, runtime, ledger, client, meter, batches, reader, stop, totals=totals)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@dataclass
class _Flight:
    """What a worker carries: a request with its reservation, or a question about some requests."""

    future: Future[RawAnswer]
    requests: list[Request]
    ticket: Ticket | None = None


@dataclass
class _Plan:
    """What claimed rows need: requests, rows settled without one, groups that the board lacks, rows for later."""

    ids: dict[str, list[Row]]
    requests: list[Request] = field(default_factory=list)
    unsent: Outcome = field(default_factory=Outcome)
    put_back: list[Key] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


class Push:
    """Carries staged rows, and what else is recorded, to the board until nothing is left or something stops the run."""

    def __init__(
        self,
        shared: Shared,
        board: BoardContext,
        queue: WorkQueue,
        *,
        workers: int,
        recreate: bool = True,
        moved: Mapping[int, str] = MappingProxyType({}),
        planned: int | None = None,
    ) -> None:
        self._board, self._queue, self._workers, self._planned = board, queue, workers, planned
        self._settings, self._ledger, self._meter = shared.settings, shared.ledger, shared.meter
        self._client, self._batches, self._stop = shared.client, shared.batches, shared.stop
        self._clock, self._random = shared.runtime.clock, shared.runtime.random
        self._stall, self.totals = shared.stall, shared.totals
        self._recreate = recreate
        self._waits_for = ""
        """What the next wait is for, as the log says it."""
        self._backoff = Backoff()
        self._flights: list[_Flight] = []
        self._open: list[Request] = []
        """Recorded requests that are not in flight, each with the time at which it is due."""
        self._settling: list[tuple[Request, Decisions]] = []
        self._later: list[tuple[float, Key]] = []
        self._failures: dict[str, int] = {}
        self._refused: dict[str, dict[str, ValueProblem]] = {}
        """By row key: cells that Monday refused, by staged name."""
        self._moved = dict(moved)
        """Items that live on another board, each with a sentence: nothing is archived or made there."""
        self._groups_tried: set[str] = set()
        self._group_rounds = 0
        self._groups_ready = self._dropped = False
        self._groups_at = self._pause_until = 0.0
        self._questions_failed = 0
        self._renewed = self._clock.monotonic()
        self._rows_limit = self._settings.rows_per_request
        self.failures: list[Failure] = []
        """Rows that failed and that no staged row stands for."""
        self.left = 0
        """Rows of requests that were open at the end."""

    # -- the loop ---------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Take over what dead runs left open; rows of a live run are counted and left alone."""
        self.totals.held_by_others += self._take_over()

    def _take_over(self) -> int:
        """Take over what dead runs left open; give the number of rows that live ones hold."""
        now, held = self._batches.now(), 0
        self._ledger.release_orphans()
        for found in self._ledger.open_requests():
            request = self._ledger.recover(found) if found["WORKER"] != self._ledger.worker else None
            if request is None:
                held += int(found["ROWS_HELD"])
                continue
            request.rest = self._rest(request.operation)
            left = request.rest - (now - (found["SENT_AT"] or found["RECORDED_AT"])).total_seconds()
            if found["DUE_AT"] is not None:
                left = (found["DUE_AT"] - now).total_seconds()
            # a clock that differs may have noted a time too far ahead: it rests no longer than one that was just sent
            request.due = self._clock.monotonic() + min(max(left, 0.0), request.rest)
            self._batches.revive(request.rows if request.level != GROUP else ())
            ids = [self._board.group_id(title_of(row)) for row in request.rows if row.level == GROUP]
            if ids and all(ids):
                made = [Success(row, id_, adopted=True) for row, id_ in zip(request.rows, ids, strict=True)]
                self._settling.append((request, Decisions(Outcome(made, name="RECOVERED"))))
            else:
                self._open.append(request)
        self._settle()
        return held

    def open(self, requests: Sequence[Request]) -> None:
        """Record requests of rows that no staged row stands for; ``run`` sends them."""
        self._ledger.record(requests)
        self._open += requests

    def run(self) -> None:
        """Work until nothing is left to do, or something ends the run: ``totals`` says what."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="monday") as pool:
            while True:
                try:
                    wake = self._fill(pool)
                    if not self._flights and (wake is None or self._halted):
                        break
                    self._await(wake)
                except (MondayProblem, BoardError, StopAsked) as problem:  # of a question that a decision needs
                    self._end(problem)
                self._renew()
        self._give_up_waiting()
        self._remember_groups()

    def _end(self, problem: SyncError) -> None:
        """End the run early, after what is in flight; the first reason stays."""
        self.totals.stopped = self.totals.stopped or problem

    @property
    def _halted(self) -> bool:
        if self._stop.is_set():
            self._end(
                StopAsked("The run was asked to stop and did, after the requests in flight; run it again to go on.")
            )
        return self.totals.stopped is not None

    def _fill(self, pool: ThreadPoolExecutor) -> float | None:
        """Send what may be sent; give the moment at which more may come (None: nothing waits)."""
        while len(self._flights) < (1 if self._stall.refused else self._workers) and not self._halted:
            now = self._clock.monotonic()
            if now < self._pause_until:
                self._waits_for = "Monday, which asked for it"
                return self._pause_until
            if self._send_due(pool, now):
                continue
            if self._stall.refused and sum(not request.to_ask for request in self._open) > self._workers:
                return self._next_moment(None)  # refused all round: no more rows are claimed
            self._put_back_due(now)
            wake = self._make_groups(pool, now) if self._making_groups else self._send_new(pool)
            if wake is not True:
                return self._next_moment(wake)
        return None if self._flights else self._next_moment(None)

    def _next_moment(self, wake: float | None) -> float | None:
        moments = [
            (request.due, "the board to show what became of lost answers" if request.to_ask else NEXT_TRY)
            for request in self._open
        ]
        moments += [(entry[0], NEXT_TRY) for entry in self._later]
        moments += [(wake, "Monday's budget of points and calls")] if wake is not None else []
        moment, self._waits_for = min(moments, default=(None, ""))
        return moment

    def _await(self, wake: float | None) -> None:
        ahead = 0.5 if wake is None else max(wake - self._clock.monotonic(), 0.0)
        PROGRESS.waits(self._waits_for, ahead)
        pause = min(ahead, 0.5)
        if not self._flights:
            self._clock.sleep(max(pause, 0.001))
            return
        done, _ = wait([flight.future for flight in self._flights], timeout=pause or 0.001, return_when=FIRST_COMPLETED)
        for flight in [flight for flight in self._flights if flight.future in done]:
            self._flights.remove(flight)
            if flight.ticket is None:
                self._told(flight.requests, read_answer(flight.future.result(), ()))
            else:
                self._answered(flight.requests[0], flight.ticket, flight.future.result())
        self._settle()
        if done:
            failed = f", {self.totals.failed:,} failed" if self.totals.failed else ""
            spent = counted(self.totals.complexity_used, "point", form=",")
            note = f"{counted(self.totals.api_calls, 'call', form=',')}, {spent}{failed}"
            PROGRESS.count(self.totals.done, self._planned, note)

    def _renew(self) -> None:
        now = self._clock.monotonic()
        if now - self._renewed > self._settings.lease_seconds / 3:
            self._ledger.renew()
            self._batches.save()
            self._renewed = now

    # -- sending ----------------------------------------------------------------------------------------------------

    def _rest(self, operation: str) -> float:
        """Seconds after a sending within which Monday may still be at work on it, and a search may not show it.

        Sizes and groups are found by reading, which has no search lag; a key may be written twice.
        """
        if operation == "CREATE_ITEM":
            return self._settings.settle_seconds
        return self._settings.parent_settle_seconds if operation.startswith(("CREATE", "CHANGE")) else 0.0

    def _send_due(self, pool: ThreadPoolExecutor, now: float) -> bool:
        """Send what is due: a question about requests whose end is unknown, or one request again."""
        due = [request for request in self._open if request.due <= now]
        asked = [request for request in due if request.to_ask]
        if asked:
            self._ask(pool, [request for request in asked if request.operation == asked[0].operation])
            return True
        for request in due:
            if request.state == SENT and request.failures >= MAX_ATTEMPTS:
                self._open.remove(request)
                self._give_up(request)
                return True
            needed = max(len(request.aliases), 1)
            grant = self._meter.affordable(needed)
            if grant.rows >= min(needed, self._meter.most_rows()):
                self._open.remove(request)
                if self._ledger.send_again(request):
                    self.totals.api_retries += request.attempts > 0
                    self._submit(pool, request)
                else:
                    self.totals.held_by_others += len(request.rows)
                return True
            request.due = now + max(grant.wait_seconds, 0.05)
        return False

    def _ask(self, pool: ThreadPoolExecutor, asked: Sequence[Request]) -> None:
        """Ask the board about requests of one operation, up to 100 rows together."""
        chosen: list[Request] = []
        for request in asked:
            if not chosen or sum(len(each.rows) for each in [*chosen, request]) <= MOST_ROWS:
                chosen.append(request)
        self._open = [request for request in self._open if request not in chosen]
        self.totals.lookups += chosen[0].level != GROUP
        body = question(chosen, self._board)
        future = pool.submit(self._client.send, body, timeout=self._settings.request_timeout)
        self._flights.append(_Flight(future, chosen))

    def _submit(self, pool: ThreadPoolExecutor, request: Request) -> None:
        ticket = self._meter.reserve(max(len(request.aliases), 1))
        request.attempts += 1
        request.sent, request.state = self._clock.monotonic(), SENT
        future = pool.submit(
            self._client.send,
            request.body,
            idempotency_key=request.id,
            timeout=self._settings.request_timeout,
            batch=request.rows[0].batch_id if request.rows else None,
        )
        self._flights.append(_Flight(future, [request], ticket))

    def _send_new(self, pool: ThreadPoolExecutor) -> bool | float | None:
        """Claim and send the next rows, a request for every idle worker that the budget feeds.

        True: sent (or worth asking again); a moment: the budget; None: no rows.
        """
        if not self._groups_ready:
            self._groups_ready = True
            self._remember_groups()
            self._batches.mark("GROUPS")
        level, chunks, wait_seconds = self._choose()
        if not chunks:
            return None if wait_seconds is None else self._clock.monotonic() + max(wait_seconds, 0.01)

        def claim() -> _Plan:
            ids, claims = self._ledger.claim(level, chunks)
            plan = _Plan(ids)
            for id_, rows in ids.items():
                self._plan(level, id_, rows, plan)
            self._ledger.record_planned(ids, claims, plan.requests, plan.unsent)
            return plan

        plan = self._ledger.transaction(claim)
        self._count(plan.unsent)
        self._board.wanted |= plan.missing
        self._queue.put_back(plan.put_back)
        for request in plan.requests:
            self._submit(pool, request)
        return True

    def _choose(self) -> tuple[str, list[list[Key]], float | None]:
        """Level and keys of the next requests; without any, the seconds to wait for the budget (None: no rows)."""
        chunks: list[list[Key]] = []
        level, wait_seconds = ITEM, None
        tickets: list[Ticket] = []
        while len(self._flights) + len(chunks) < self._workers:
            grant = self._meter.affordable(self._rows_limit)
            if grant.rows <= 0:
                wait_seconds = grant.wait_seconds
                break
            rows = min(grant.rows, self._rows_limit)
            found = self._queue.next(rows, level=level if chunks else None)
            if found is None and not chunks:
                found = self._queue.next_leftover_sizes(rows)
            if found is None:
                break
            level = found[0]
            chunks.append(found[1])
            tickets.append(self._meter.reserve(len(found[1])))
        for ticket in tickets:
            self._meter.cancel(ticket)  # what the requests really need is set aside when they leave
        return level, chunks, wait_seconds

    def _plan(self, level: str, request_id: str, claimed: Sequence[Row], plan: _Plan) -> None:
        """Plan a request of claimed rows."""
        rows: list[WorkRow] = []
        for staged in claimed:
            batch_id = self._batches.of(staged)
            group = str(staged["GROUP_NAME"]) if level == ITEM and staged["CHANGE_TYPE"] != ARCHIVE else ""
            no_group = bool(group) and self._board.group_id(group) is None
            if no_group and group not in self._board.refused:
                if group not in self._groups_tried:
                    plan.missing[group] = batch_id
                    plan.put_back.append(Key(staged["ORDER_KEY"], None, staged["CHANGE_TYPE"]))
                continue
            row, reason = self._row(level, staged, batch_id)
            sentence = self._moved.get(item_of(row) or 0) if level == SUBITEM or row.kind == ARCHIVE else None
            if no_group:
                reason = self._board.refused[group]
            if sentence:
                plan.unsent.failures.append(elsewhere(row, sentence, None))
            elif reason is not None:
                plan.unsent.failures.append(Failure(row, "REJECTED", "VALUE", reason, retryable=False, stage="PREPARE"))
            elif not row.operations:
                plan.unsent.successes.append(Success(row, row.monday_id))
            elif rows and (row.kind == CREATE) != (rows[0].kind == CREATE):
                plan.put_back.append(row.key)
            else:
                self._board.labels.hold(row.new_labels)
                rows.append(row)
        if rows:
            operation = f"{'CREATE' if rows[0].kind == CREATE else 'CHANGE'}_{level}"
            body = build_request(number_aliases(rows))
            request = Request(request_id, operation, rows, body, self._rest(operation))
            request.failures = max(self._failures.get(row.row_key, 0) for row in rows)
            plan.requests.append(request)

    def _row(self, level: str, staged: Row, batch_id: str) -> tuple[WorkRow, str | None]:
        """What a claimed row needs on the board, and the reason why it can't be sent."""
        board, key = self._board, Key(staged["ORDER_KEY"], staged["SIZE_LABEL"] if level == SUBITEM else None)
        refused = self._refused.get(key.row_key)
        if level == SUBITEM:
            return plan_size(
                staged,
                board.size_columns,
                board.labels,
                board_id=board.subitem_board_id,
                batch_id=batch_id,
                refused=refused,
            )
        row, reason = plan_item(
            staged,
            board.columns,
            board.labels,
            board_id=board.board_id,
            group_id=board.group_id(staged["GROUP_NAME"]),
            batch_id=batch_id,
            refused=refused,
        )
        # a cell that can't even be cleared shows what it showed
        stays = [cell.column for cell in row.left_out if not cell.clears and row.kind == UPDATE]
        for known in self._ledger.query("push/confirmed_values", [row.order_key]) if stays else ():
            row.values |= {name: jsonable(known[name]) for name in stays}
        return row, reason

    def _remember_groups(self) -> None:
        self._ledger.remember_groups(self._board.board_id, [(group.id, group.title) for group in self._board.groups])

    # -- groups -----------------------------------------------------------------------------------------------------

    @property
    def _making_groups(self) -> bool:
        """Whether groups are to be made, or being made: rows wait for them."""
        at_work = any(request.level == GROUP for request in [*self._open, *(f.requests[0] for f in self._flights)])
        return at_work or bool(self._board.lacking)

    def _make_groups(self, pool: ThreadPoolExecutor, now: float) -> bool | float | None:
        """Claim, record and send groups that the board lacks, unless some are at work or another run makes them.

        The board is read again once they are claimed: another run may have made them meanwhile.
        """
        if any(request.level == GROUP for request in [*self._open, *(f.requests[0] for f in self._flights)]):
            return None
        if now < self._groups_at:
            return self._groups_at
        keys = {self._board.group_key(title): title for title in sorted(self._board.lacking)[:GROUPS_PER_REQUEST]}
        request_id, mine = self._ledger.claim_groups(list(keys))
        if not self._ledger.alone or self._group_rounds:
            self._board.refresh_groups()
        titles = [title for key, title in keys.items() if key in mine and self._board.group_id(title) is None]
        if not titles:
            self._ledger.release(request_id)
            self._groups_at = now + GROUPS_HELD_SECONDS
            self._take_over()  # the run that makes them may have died
            return True
        request = self._board.group_request(titles, request_id, self._rest("CREATE_GROUP"))
        self._ledger.record([request])
        self._submit(pool, request)
        return True

    def _groups_answered(self, request: Request, decisions: Decisions) -> None:
        """Take note of groups that were made, found made, or refused."""
        out = decisions.outcome
        made = [Group(str(success.monday_id), title_of(success.row)) for success in out.successes]
        self._board.see_groups(
            [*self._board.groups, *(group for group in made if not self._board.group_id(group.title))]
        )
        for failure in out.failures:
            title, said = title_of(failure.row), failure.message
            if failure.denied:
                self._end(
                    BoardError(f"Groups can't be made ({said}): give the token's user the right, then push again.")
                )
            elif self._group_rounds:
                self._board.refused[title] = f"The group can't be made on the board ({said}): mend its name."
        if len(made) < len(request.rows) and not decisions.refused:
            self._group_rounds += 1
            self._groups_at = self._clock.monotonic() + (decisions.wait_seconds or 0.0)
        if self._group_rounds >= GROUP_ROUNDS and self._board.lacking:
            number = counted(len(self._board.lacking), "group")
            self._end(BoardError(f"{number} could not be made after {GROUP_ROUNDS} tries; push again later."))

    def _groups_gone(self, rows: list[WorkRow]) -> None:
        """A person deleted the group: it is made again, once; the rows follow, into the group that stands now."""
        titles = {
            str(row.values["GROUP_NAME"]): row.batch_id
            for row in rows
            if self._board.group_id(str(row.values["GROUP_NAME"])) == row.group_id
        }
        self._board.wanted |= {title: batch for title, batch in titles.items() if title not in self._groups_tried}
        gone_again = self._groups_tried & titles.keys()
        self._groups_tried |= titles.keys()
        self._board.forget_groups(titles)
        self._queue.put_back([row.key for row in rows if row.values["GROUP_NAME"] not in gone_again])

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answered(self, request: Request, ticket: Ticket, raw: RawAnswer) -> None:
        answer = read_answer(raw, request.aliases)
        self._meter.settle(ticket, answer)
        others_refused = self._stall.refused
        self._stall.heard(answer, self._clock.monotonic())
        self.totals.answered(answer)
        request.cost += answer.complexity.query if answer.complexity else 0
        self._end_on(answer)
        if answer.elapsed > SLOW_SHARE * self._settings.request_timeout:
            self._rows_limit = max(1, min(self._rows_limit, len(request.rows) // 2))
        decisions = self._decide(request, answer)
        whole = len(request.rows)
        if len(decisions.unknown) == whole and request.body:
            self._unknown(request, answer)
        elif answer.verdict in (Verdict.WAIT, Verdict.NOT_SENT) and len(decisions.again) == whole:
            self._repeat_later(request, answer, decisions, alone=answer.locked and not others_refused)
        else:
            if answer.verdict is Verdict.SPLIT:
                self._rows_limit = max(1, min(self._rows_limit, whole) // 2)
            self._finish(request, decisions, answer)

    def _end_on(self, answer: Answer) -> None:
        if answer.verdict is Verdict.STOP:
            self._end(MondayStopped(answer.reason))
        elif answer.verdict is Verdict.QUOTA:
            self._end(QuotaUsedUp(answer.reason))

    def _decide(self, request: Request, answer: Answer) -> Decisions:
        if request.level not in (ITEM, SUBITEM):
            return decide_plain(request, answer)
        columns = {ITEM: self._board.columns, SUBITEM: self._board.size_columns}
        where = self._board.whereabouts(not_found(request, answer))
        if isinstance(where.problem, QuotaUsedUp | Stalled):
            self._end(where.problem)
        decisions = decide_rows(request, answer, recreate=self._recreate, columns=columns, where=where)
        elsewhere_ = [failure for failure in decisions.outcome.failures if failure.code == ON_OTHER_BOARD]
        self._moved |= {item_of(failure.row) or 0: failure.message for failure in elsewhere_}
        return decisions

    def _lasts(self, answer: Answer, delay: float) -> None:
        """End the run where Monday has refused everything for too long."""
        if not self._stall.lasts(self._clock.monotonic(), delay):
            self._end(Stalled(stalled(answer, LEFT)))

    def _postpone(self, request: Request, state: str, delay: float) -> None:
        """Leave a request open until it is due."""
        request.state, request.due = state, self._clock.monotonic() + delay
        self._open.append(request)
        self._ledger.postpone(request, delay)

    def _repeat_later(self, request: Request, answer: Answer, decisions: Decisions, *, alone: bool) -> None:
        """Nothing was done: the same request again, after the time that was asked for.

        A refusal isn't the rows' fault and uses up none of their attempts; the stall timer of the run bounds it. It has
        been seen after the work, too: so the board is asked before a creation is sent again. ``alone``: others may get
        through meanwhile.
        """
        waits = answer.verdict is Verdict.WAIT
        delay: float | None
        if waits:
            request.refusals += 1
            delay = pause(answer.wait_seconds, request.refusals, self._random)
            self._lasts(answer, delay)
        else:
            request.failures += 1
            delay = self._backoff.delay(request.failures, self._random)
            if delay is None:
                said = "Monday's API can't be reached; check MONDAY_API_URL and the network. The rows stay staged."
                self._end(MondayUnavailable(said))
        if delay is None or self._halted or answer.new_key_needed:
            if answer.new_key_needed and request.creates:  # told by the key's memory: the work may be as old
                decisions.unknown, decisions.again = decisions.again, []
            self._finish(request, decisions, answer)
            return
        self._postpone(request, SENT if waits and request.creates else SEND, delay)
        if waits and not answer.same_key and not alone:
            self._pause_until = max(self._pause_until, self._clock.monotonic() + delay)

    def _unknown(self, request: Request, answer: Answer) -> None:
        """Nobody knows what became of it: creations rest until the board can be asked, changes are repeated.

        A change rests, too, while Monday may be at work on it: what is sent of its rows later must not be overtaken.
        """
        request.failures += 1
        request.last_answer = answer
        if request.creates:
            self._postpone(request, SENT, request.rest)
            return
        delay = self._backoff.delay(request.failures, self._random) or 0.0
        if not answer.errors or answer.same_key:  # no word of Monday's own that the work is over
            delay = max(delay, request.sent + request.rest - self._clock.monotonic())
        self._postpone(request, SENT, delay)

    def _give_up(self, request: Request) -> None:
        """Give a change up that got no answer in all its attempts: its rows failed for this run."""
        if request.level == KEY and any(not row.operations for row in request.rows):
            self._dropped = True  # what another run recorded stays open for the next one
            return
        status = request.last_answer.http_status if request.last_answer else None
        failures = [unanswered(row, request.last_answer) for row in request.rows]
        self._settling.append((request, Decisions(Outcome(failures=failures, http_status=status))))
        self._settle()

    def _finish(self, request: Request, decisions: Decisions, answer: Answer) -> None:
        """Settle what is known; what isn't goes back into the queue, or on as a request of its own."""
        out = decisions.outcome
        if not request.creates:
            decisions.again, decisions.unknown = [*decisions.again, *decisions.unknown], []
        told = [wait for wait in (decisions.wait_seconds, answer.wait_seconds) if wait is not None]
        failures = max(request.failures, 1) if request.level == KEY else 1
        backoff = 0.0 if answer.verdict is Verdict.SPLIT else self._backoff.delay(failures, self._random) or 0.0
        decisions.wait_seconds = told[0] if told else backoff
        decisions.refused = answer.verdict is Verdict.WAIT
        self._lasts(answer, decisions.wait_seconds)
        undone = decisions.again if request.rows else answer.verdict is not Verdict.ANSWERED
        if request.level == KEY and undone and self._carry_on(request, decisions, answer):
            return
        out.released += decisions.again
        if decisions.unknown:
            rest = Request(str(uuid.uuid4()), request.operation, decisions.unknown, "", request.rest)
            rest.attempts, rest.failures, rest.last_answer = request.attempts, request.failures + 1, answer
            out.carried.append(rest)
        self._settling.append((request, decisions))

    def _carry_on(self, request: Request, decisions: Decisions, answer: Answer) -> bool:
        """Keys that aren't surely written go on in a request of their own. True: this one stays open as it is.

        Of one that another run recorded it isn't known what each row does: it is sent again as a whole, and left to
        the next run where that doesn't help.
        """
        tried = answer.verdict not in (Verdict.WAIT, Verdict.SPLIT)
        if not request.rows or any(not row.operations for row in request.rows):
            request.failures += tried
            if request.failures < MAX_ATTEMPTS:
                self._postpone(request, SEND, decisions.wait_seconds or 0.0)
            else:
                self._dropped = True
            return True
        out, again = decisions.outcome, decisions.again
        decisions.again = []
        if request.failures + tried >= MAX_ATTEMPTS:
            out.failures += [unanswered(row, answer) for row in again]
            return False
        size = max(1, len(again) // 2) if answer.verdict is Verdict.SPLIT else len(again)
        out.released += again
        for at in range(0, len(again), size):
            rest = rebuilt(request.operation, again[at : at + size])
            rest.failures = request.failures + tried
            out.carried.append(rest)
        return False

    def _settle(self) -> None:
        """Write what became of requests, in one transaction; then act upon those that were still ours."""
        pending, self._settling = self._settling, []
        held = (
            self._ledger.close_all([(request, decisions.outcome) for request, decisions in pending]) if pending else []
        )
        ours = [each for each, mine in zip(pending, held, strict=True) if mine]
        for _, decisions in ours:
            self._count(decisions.outcome)
        for request, decisions in ours:
            self._after(request, decisions)

    def _count(self, outcome: Outcome) -> None:
        """Count what was written for the progress; the sizes of confirmed orders follow at once."""
        self.totals.done += sum(success.row.level != GROUP for success in outcome.successes)
        self.totals.failed += len(outcome.failures)
        self._queue.confirmed([s.row.order_key for s in outcome.successes if s.row.level == ITEM])

    def _after(self, request: Request, decisions: Decisions) -> None:
        """Act upon what was written."""
        now, delay = self._clock.monotonic(), decisions.wait_seconds or 0.0
        for carried in decisions.outcome.carried:
            carried.due = now + (carried.rest if carried.to_ask else delay)
            self._open.append(carried)
        if request.level == GROUP:
            self._groups_answered(request, decisions)
        elif request.level == KEY:
            self.failures += decisions.outcome.failures
        else:
            for row in decisions.again:
                self._failures[row.row_key] = request.failures + 1
                self._later.append((now + delay, row.key))
        self._queue.again(decisions.requeue_items + decisions.requeue_sizes)
        for row, cell in decisions.left_out:
            self._refused.setdefault(row.row_key, {})[cell.column] = cell
            self._queue.put_back([row.key])
        if decisions.board_full:
            self.totals.board_full = True
            self._queue.skip_creations()
        if decisions.missing_groups:
            self._groups_gone(decisions.missing_groups)

    # -- what a question told ---------------------------------------------------------------------------------------

    def _told(self, requests: list[Request], answer: Answer) -> None:
        """Adopt what the board has of lost creations; what it hasn't is sent again."""
        self._meter.observe(answer)
        self.totals.answered(answer)
        if answer.verdict is Verdict.WAIT:
            self._stall.heard(answer, self._clock.monotonic())  # an answered question is no write that got through
        if answer.verdict is not Verdict.ANSWERED or answer.data is None:
            self._ask_again(requests, answer)
            return
        self._questions_failed = 0
        for request, hits in looked_up(requests, answer.data, self._board):
            rest = [row for row in request.rows if row.row_key not in hits]
            if rest and not hits and request.body and request.tries < MAX_ATTEMPTS:
                self._postpone(request, SEND, 0.0)  # untouched, so under its old idempotency key
                continue
            decisions = Decisions(Outcome(name="LOOKED_UP"))
            out = decisions.outcome
            surplus: list[int] = []
            for row in request.rows:
                if hit := hits.get(row.row_key):
                    out.successes.append(Success(row, hit.id, hit.board_id, adopted=True, unknown_quantity=hit.differs))
                    surplus += hit.surplus
            if request.tries >= MAX_ATTEMPTS and request.level != GROUP:
                out.failures, rest = [unanswered(row, request.last_answer) for row in rest], []
            out.released, decisions.again = rest, rest
            if surplus:  # what the API made twice of one creation: the later ones carry our key
                archive = [archive_item(item_id) for item_id in surplus]
                out.carried.append(key_request("ARCHIVE_SURPLUS", archive, request.rows[0].batch_id))
            self._settling.append((request, decisions))

    def _ask_again(self, requests: list[Request], answer: Answer) -> None:
        self._end_on(answer)
        refused = answer.verdict is Verdict.WAIT
        self._questions_failed += 1
        delay = pause(answer.wait_seconds, self._questions_failed, self._random)
        if refused:
            self._lasts(answer, delay)
        elif self._questions_failed > MAX_QUESTIONS:
            said = (
                "The board could not be asked for creations whose answer was lost; they stay open, the next run asks."
            )
            self._end(MondayUnavailable(said))
        for request in requests:
            self._postpone(request, SENT, delay)

    # -- leaving ----------------------------------------------------------------------------------------------------

    def _put_back_due(self, now: float) -> None:
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        self._queue.put_back([key for _, key in due])

    def _give_up_waiting(self) -> None:
        """At the end, requests that surely did nothing give their rows up; those nobody knows of stay open."""
        released = [
            (request, Outcome(released=list(request.rows), name="RELEASED"))
            for request in self._open
            if request.state == SEND and (request.level != KEY or request.operation == WRITE_KEYS)
        ]
        if released:
            self._ledger.close_all(released)
        if self._dropped or len(released) < len(self._open):
            self._ledger.let_go()
        self.left = sum(len(request.rows) for request in self._open)
