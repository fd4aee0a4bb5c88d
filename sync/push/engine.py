"""The push: one coordinating thread decides and writes to the database, worker threads only carry HTTP.

One loop sends every kind of request (orders, sizes, groups, keys, surplus items), settles its answer, and asks the
board about those whose end is unknown. What is open is a list of requests, each with a state and a time at which it is
due; both are columns of the ledger, so what a dead run left is due like all others.
"""

import math
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from sync.errors import BoardError, StopAsked, SyncError
from sync.log import PROGRESS
from sync.monday.answers import Answer, RawAnswer, Verdict, read_answer
from sync.monday.meter import StallTimer, Ticket, backoff, pause, stalled
from sync.monday.reading import FINAL, MondayStopped, MondayUnavailable, PutOff
from sync.output import counted, safe, told
from sync.push.board import BoardContext, closing_found, looked_up, question, title_of
from sync.push.ledger import Run
from sync.push.plan import (
    ASK,
    GROUP,
    KEY,
    ON_OTHER_BOARD,
    SEND,
    SENT,
    Closing,
    Failure,
    Request,
    Result,
    To,
    WorkRow,
    decide,
    make_request,
    not_found,
    to_json,
    unanswered,
)
from sync.push.rows import StagedRows
from sync.settings import (
    FEW,
    GROUPS_HELD_SECONDS,
    GROUPS_PER_REQUEST,
    MAX_ATTEMPTS,
    MAX_QUESTIONS,
    MOST_ROWS,
    SLOW_SHARE,
)

NEXT_RUN = math.inf  # when a request is due that this run leaves to the next one


class Push:
    """Carries staged rows, and what else is recorded, to the board until nothing is left or something stops the run."""

    def __init__(
        self,
        run: Run,
        board: BoardContext,
        rows: StagedRows,
        *,
        workers: int,
        recreate: bool = True,
        planned: int | None = None,
    ) -> None:
        self._board, self._rows, self._workers, self._planned = board, rows, workers, planned
        self._settings, self._ledger, self._meter = run.settings, run.ledger, run.meter
        self._client, self._batches, self._stop = run.client, run.batches, run.stop
        self._clock, self._random = run.runtime.clock, run.runtime.random
        self._totals, self._recreate = run.totals, recreate
        self._stall = StallTimer()
        self._waits_for = ""  # what the next wait is for, as the log says it
        # what workers carry: a request with its reservation, or a question about some requests
        self._flights: dict[Future[RawAnswer], tuple[list[Request], Ticket | None]] = {}
        self._open: list[Request] = []  # recorded and not in flight
        self._closings: list[Closing] = []
        self._groups_at = self._pause_until = 0.0
        self._questions_failed = self.left = 0  # left: rows of requests that were open at the end
        # operations by which a row got through: the token has the right, so a refusal is its row's own
        self._allowed: set[str] = set()
        self._renewed = self._clock.monotonic()
        self._rows_limit = self._settings.rows_per_request
        self.failures: list[tuple[WorkRow, Failure]] = []  # of rows that no staged row stands for

    # -- the loop ---------------------------------------------------------------------------------------------------

    def open(self, requests: Sequence[Request]) -> None:
        """Record requests of rows that no staged row stands for; ``run`` sends them."""
        self._ledger.record(requests)
        self._open += requests

    def recover(self) -> int:
        """Take over what dead runs left open; give the number of rows that live ones hold."""
        ledger, held, now = self._ledger, 0, self._ledger.now()
        # claims of dead runs that belong to no request
        ledger.execute("push/release_orphans", [ledger.worker, ledger.late])
        for found in ledger.query("push/open_requests"):
            request = ledger.recover(found)
            if request is None:
                held += int(found["ROWS_HELD"])
                continue
            rest = request.rest(self._settings)
            left = (found["DUE_AT"] - now).total_seconds() if found["DUE_AT"] else rest
            # a clock that differs may have noted a time too far ahead: it rests no longer than one that was just sent
            request.due = self._clock.monotonic() + min(max(left, 0.0), rest)
            self._batches.revived.update(row.batch_id for row in request.rows if row.batch_id and row.level != GROUP)
            ids = [self._board.group_id(title_of(row)) for row in request.rows if row.level == GROUP]
            if ids and all(ids):
                made = [Result(row, To.ADOPTED, id_) for row, id_ in zip(request.rows, ids, strict=True)]
                self._closings.append(Closing(request, made, "RECOVERED"))
            else:
                self._open.append(request)
        self._settle()
        return held

    def run(self) -> None:
        """Work until nothing is left to do, or something ends the run: ``totals`` says what.

        At the end, requests that surely did nothing give their rows up; those nobody knows of stay open.
        """
        with ThreadPoolExecutor(self._workers, thread_name_prefix="monday") as self._pool:
            while True:
                try:
                    wake = self._fill()
                    if not self._flights and (wake is None or self._halted):
                        break
                    self._await(wake)
                except (BoardError, StopAsked) as problem:  # of a question that a decision needs
                    self._end(problem)
                now = self._clock.monotonic()
                if now - self._renewed > self._settings.lease_seconds / 3:
                    self._ledger.renew()
                    self._batches.count("going")
                    self._renewed = now
        given_up = [request for request in self._open if request.state != SENT and not request.stays]
        self._ledger.close(
            [Closing(each, [Result(row, To.RELEASED) for row in each.rows], "RELEASED") for each in given_up]
        )
        if len(given_up) < len(self._open):
            self._ledger.renew(0.0)
        self.left = sum(len(request.rows) for request in self._open)
        if said := [why for title, why in self._board.put_off.items() if self._board.group_id(title) is None]:
            self._totals.reasons.append(
                f"{counted(len(said), 'group')} could not be made: {safe(said[-1].rstrip('.'))}."
                " What belongs there stays staged; push again later."
            )
        self._ledger.remember_groups(self._board.board_id, self._board.groups)

    def _end(self, problem: SyncError) -> None:
        """End the run early, after what is in flight; the first reason stays."""
        self._totals.stopped = self._totals.stopped or problem

    @property
    def _halted(self) -> bool:
        if self._stop.is_set():
            self._end(
                StopAsked("The run was asked to stop and did, after the requests in flight; run it again to go on.")
            )
        return self._totals.stopped is not None

    def _fill(self) -> float | None:
        """Send what may be sent; give the moment at which more may come (None: nothing waits)."""
        wake: bool | float | None = None
        while len(self._flights) < (1 if self._stall.refused else self._workers) and not self._halted:
            now, wake = self._clock.monotonic(), None
            if now < self._pause_until:
                self._waits_for = "Monday, which asked for it"
                return self._pause_until
            if self._send_due(now):
                continue
            if self._stall.refused and sum(not request.to_ask for request in self._open) > self._workers:
                break  # refused all round: no more rows are claimed
            at_work = [*self._open, *(request for requests, _ in self._flights.values() for request in requests)]
            if not any(request.level == GROUP for request in at_work):
                wake = self._make_groups(now) if self._board.lacking else self._send_new()
            if wake is not True:
                break
        else:
            return None
        tried, asked = "the next try of what failed", "the board to show what became of lost answers"
        moments = [(each.due, asked if each.to_ask else tried) for each in self._open if each.due < NEXT_RUN]
        moments += [(wake, "Monday's budget of points and calls")] if wake is not None else []
        moment, self._waits_for = min(moments, default=(None, ""))
        return moment

    def _await(self, wake: float | None) -> None:
        ahead = 0.5 if wake is None else max(wake - self._clock.monotonic(), 0.0)
        PROGRESS.waits(self._waits_for, ahead)
        rest = max(min(ahead, 0.5), 0.001)
        if not self._flights:
            self._clock.sleep(rest)
            return
        done, _ = wait(self._flights, timeout=rest, return_when=FIRST_COMPLETED)
        for future in [future for future in self._flights if future in done]:
            requests, ticket = self._flights.pop(future)
            if ticket is None:
                self._told(requests, future.result())
            else:
                self._answered(requests[0], ticket, future.result())
        self._settle()
        if done:
            totals = self._totals
            note = told(
                (True, counted(totals.api_calls, "call", form=",")),
                (True, counted(totals.complexity_used, "point", form=",")),
                (totals.failed, f"{totals.failed:,} failed"),
            )
            PROGRESS.count(totals.done, self._planned, ", ".join(note))

    # -- sending ----------------------------------------------------------------------------------------------------

    def _send_due(self, now: float) -> bool:
        """Send what is due: a question about requests whose end is unknown, or one request again."""
        due = [request for request in self._open if request.due <= now]
        if asked := [request for request in due if request.to_ask]:
            chosen: list[Request] = []
            for request in [each for each in asked if each.operation == asked[0].operation]:
                if not chosen or sum(len(each.rows) for each in [*chosen, request]) <= MOST_ROWS:
                    chosen.append(request)
            self._open = [request for request in self._open if request not in chosen]
            self._totals.lookups += chosen[0].level != GROUP
            send, timeout = self._client.send, self._settings.request_timeout
            self._flights[self._pool.submit(send, question(chosen, self._board), timeout=timeout)] = chosen, None
            return True
        for request in due:
            if request.state == SENT and request.failures >= MAX_ATTEMPTS:
                # a change that got no answer in all its attempts
                request.due = NEXT_RUN
                if not request.stays:  # its rows failed for this run
                    self._open.remove(request)
                    failed, answer = [unanswered(row, request.last_answer) for row in request.rows], request.last_answer
                    self._closings.append(Closing(request, failed, http_status=answer.raw.status if answer else None))
                    self._settle()
                return True
            needed = len(request.aliases)
            granted, wait_seconds = self._meter.affordable(needed)
            if granted >= min(needed, self._meter.most_rows()):
                self._open.remove(request)
                if self._ledger.send_again(request):
                    self._totals.api_retries += request.attempts > 0
                    self._submit(request)
                else:
                    self._totals.held_by_others += len(request.rows)
                return True
            request.due = now + max(wait_seconds, 0.05)
        return False

    def _submit(self, request: Request) -> None:
        request.attempts, request.state = request.attempts + 1, SENT
        ticket = self._meter.reserve(len(request.aliases))
        future = self._pool.submit(
            self._client.send,
            request.body,
            idempotency_key=request.id,
            timeout=self._settings.request_timeout,
            batch=request.rows[0].batch_id,
        )
        self._flights[future] = [request], ticket

    def _send_new(self) -> bool | float | None:
        """Claim and send the next rows, a request for every idle worker that the budget feeds.

        True: sent (or worth asking again); a moment: the budget; None: no rows.
        """
        self._batches.times.setdefault("GROUPS", self._ledger.now())
        level, chunks, wait_seconds = self._rows.choose(self._workers - len(self._flights), self._rows_limit)
        if not chunks:
            return self._clock.monotonic() + max(wait_seconds, 0.01) if wait_seconds else None
        for request in self._rows.claim(level, chunks):
            if request.state == ASK:
                self._open.append(request)
            else:
                self._submit(request)
        return True

    def _make_groups(self, now: float) -> bool | float:
        """Claim, record and send groups that the board lacks, unless another run makes them.

        The board is read again once they are claimed: another run may have made them meanwhile.
        """
        if now < self._groups_at:
            return self._groups_at
        board, ledger = self._board, self._ledger
        keys = {board.group_key(title): title for title in sorted(board.lacking)[:GROUPS_PER_REQUEST]}
        request_id, mine = ledger.claim_groups(list(keys))
        if not ledger.alone or board.doubted:
            board.see_groups(board.reader.board(board.board_id).groups)
        titles = [title for key, title in keys.items() if key in mine and board.group_id(title) is None]
        if titles:
            request = board.group_request(titles, request_id)
            ledger.record([request])
            self._submit(request)
        else:
            ledger.execute("push/release", [to_json([{"REQUEST_ID": request_id}])], rest=False)
            self._groups_at = now + GROUPS_HELD_SECONDS
            self.recover()  # the run that makes them may have died
        return True

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answered(self, request: Request, ticket: Ticket, raw: RawAnswer) -> None:
        board, answer, others_refused = self._board, read_answer(raw, request.aliases), self._stall.refused
        self._meter.settle(ticket, answer)
        self._heard(answer, request)
        if answer.raw.elapsed > SLOW_SHARE * self._settings.request_timeout:
            self._rows_limit = max(1, min(self._rows_limit, len(request.rows) // 2))
        where: dict[int, int | None] | None = None
        try:
            found = board.reader.items(not_found(request, answer), [])
            where = {item.id: item.board_id for item in found if item.is_active}
        except SyncError as problem:  # nobody knows where they are
            if isinstance(problem, PutOff):
                self._end(problem)
        results = [
            decide(
                row,
                answer,
                recreate=self._recreate,
                columns=board.by_level.get(row.level, ()),
                board_id=board.board_id,
                where=where,
            )
            for row in request.rows
        ]
        failed = [(result.row, result.failure) for result in results if result.failure]
        board.moved |= {row.item_id or 0: why.message for row, why in failed if why.code == ON_OTHER_BOARD}
        if any(result.to is To.OK for result in results):
            self._allowed.add(request.operation)
        denied = sum(why.denied for _, why in failed)
        # Items are made on the board as a whole: the right to it may be lost in the midst of a run.
        stands = request.operation != "CREATE_ITEM" and request.operation in self._allowed
        if FEW < denied == len(results) and request.rows[0].staged and not stands:
            said = answer.error.message.rstrip(".") if answer.error else "no reason"
            self._end(
                MondayStopped(
                    f"Monday lets the token write none of a request's rows ({said}): give its user the right on the"
                    " board; the rows stay staged."
                )
            )
            results = [Result(row, To.RELEASED) for row in request.rows]
        became = {result.to for result in results}
        if became == {To.UNKNOWN} and not answer.new_key_needed:
            self._unknown(request, answer)
        elif became == {To.AGAIN} and answer.verdict in (Verdict.WAIT, Verdict.NOT_SENT):
            self._repeat_later(request, results, answer, alone=answer.locked and not others_refused)
        else:
            self._finish(request, results, answer)

    def _heard(self, answer: Answer, request: Request | None = None) -> None:
        """Count a call, and end the run where Monday says so."""
        self._totals.api_calls += 1
        self._totals.complexity_used += answer.cost or 0
        if request is not None:
            request.cost += answer.cost or 0
        if request is not None or answer.verdict is Verdict.WAIT:  # an answered question is no write that got through
            self._stall.heard(answer, self._clock.monotonic())
        if answer.verdict in (Verdict.STOP, Verdict.QUOTA):
            self._end(FINAL[answer.verdict](answer.reason))

    def _lasts(self, answer: Answer, delay: float) -> None:
        if not self._stall.lasts(self._clock.monotonic(), delay):
            self._end(PutOff(stalled(answer, delay, "the rows left stay staged, push again later.")))

    def _postpone(self, request: Request, state: str, delay: float) -> None:
        request.state, request.due = state, self._clock.monotonic() + delay
        self._open.append(request)
        self._ledger.postpone(request, delay)

    def _repeat_later(self, request: Request, results: list[Result], answer: Answer, *, alone: bool) -> None:
        """Nothing was done: the same request again, after the time that was asked for.

        A refusal isn't the rows' fault and uses up none of their attempts; the stall timer of the run bounds it. It has
        been seen after the work, too: so the board is asked before a creation is sent again. ``alone``: others may get
        through meanwhile.
        """
        waits = answer.verdict is Verdict.WAIT
        if waits:
            request.refusals += 1
            delay = pause(answer.wait_seconds, request.refusals, self._random)
            self._lasts(answer, delay)
        else:
            request.failures += 1
            delay = backoff(request.failures, self._random)
            if request.failures >= MAX_ATTEMPTS:
                self._end(
                    MondayUnavailable(
                        "Monday's API can't be reached; check MONDAY_API_URL and the network. The rows stay staged."
                    )
                )
        if answer.new_key_needed and request.creates:  # told by the key's memory: the work may be as old
            self._finish(request, [Result(row, To.UNKNOWN) for row in request.rows], answer)
        elif self._halted or answer.new_key_needed:
            self._finish(request, results, answer)
        else:
            self._postpone(request, SENT if waits and request.creates else SEND, delay)
            if waits and not answer.same_key and not alone:
                self._pause_until = max(self._pause_until, self._clock.monotonic() + delay)

    def _unknown(self, request: Request, answer: Answer) -> None:
        """Nobody knows what became of it: creations rest until the board can be asked, changes are repeated.

        A change rests, too, while Monday may be at work on it: what is sent of its rows later must not be overtaken.
        """
        request.failures, request.last_answer = request.failures + 1, answer
        rest = request.rest(self._settings)
        if not request.creates:
            delay = backoff(request.failures, self._random) if request.failures < MAX_ATTEMPTS else 0.0
            # with a word of Monday's own the work is over
            rest = delay if answer.errors and not answer.same_key else max(delay, rest - answer.raw.elapsed)
        self._postpone(request, SENT, rest)

    def _finish(self, request: Request, results: Sequence[Result], answer: Answer) -> None:
        """Close an answered request: what isn't settled goes on in new ones, as long as its rows have attempts left.

        A change of which nobody knows is sent again, for it does no harm.
        """
        failures = request.failures + (answer.verdict in (Verdict.ANSWERED, Verdict.UNKNOWN))
        split, size, delay = answer.verdict is Verdict.SPLIT, len(results), answer.wait_seconds
        if delay is None:
            delay = 0.0 if split or failures >= MAX_ATTEMPTS else backoff(max(failures, 1), self._random)
        self._lasts(answer, delay)
        if split:
            size = self._rows_limit = max(1, min(self._rows_limit, size) // 2)
        again = (To.AGAIN,) if request.creates else (To.AGAIN, To.UNKNOWN)
        spent = failures >= MAX_ATTEMPTS and failures > request.failures and not request.stays
        became = [
            result
            if result.to not in again
            else unanswered(result.row, answer)
            if spent
            else Result(result.row, To.AGAIN)
            for result in results
        ]
        undone, lost = ([each.row for each in became if each.to is to] for to in (To.AGAIN, To.UNKNOWN))
        parts = [*((SEND, undone[at : at + size]) for at in range(0, len(undone), size)), (SENT, lost)]
        carried = [
            make_request(request.operation, rows, state=state, failures=failures, last_answer=answer)
            for state, rows in parts
            if rows
        ]
        self._closings.append(
            Closing(request, became, "DONE", answer.raw.status, answer.request_id, carried=carried, delay=delay)
        )

    def _settle(self) -> None:
        """Write what became of requests, in one transaction; then act upon those that were still ours."""
        pending, self._closings = self._closings, []
        for closing in self._ledger.close(pending) if pending else ():
            for carried in closing.carried:
                rest = carried.rest(self._settings) if carried.to_ask else closing.delay
                spent = carried.stays and carried.failures >= MAX_ATTEMPTS
                carried.due = NEXT_RUN if spent else self._clock.monotonic() + rest
            self._open += closing.carried
            if closing.request.level != GROUP:
                self._rows.follow(closing.results)
                failed = [(result.row, result.failure) for result in closing.results if result.failure]
                self.failures += failed if closing.request.level == KEY else []
            elif problem := self._board.groups_answered(closing.results):
                self._end(problem)

    def _told(self, requests: list[Request], raw: RawAnswer) -> None:
        """Adopt what the board has of lost creations; what it hasn't is sent again."""
        answer = read_answer(raw, ())
        self._meter.observe(answer)
        self._heard(answer)
        if answer.verdict is not Verdict.ANSWERED or answer.data is None:
            self._questions_failed += 1
            delay = pause(answer.wait_seconds, self._questions_failed, self._random)
            if answer.verdict is Verdict.WAIT:
                self._lasts(answer, delay)
            elif self._questions_failed > MAX_QUESTIONS:
                self._end(
                    MondayUnavailable(
                        "The board could not be asked for creations whose answer was lost; they stay open, the next run"
                        " asks."
                    )
                )
            for request in requests:
                self._postpone(request, request.state, delay)
            return
        self._questions_failed = 0
        found = looked_up(requests, answer.data, self._board, self._ledger)
        for request in requests:
            if closing := closing_found(request, found):
                self._closings.append(closing)
            else:
                self._postpone(request, SEND, 0.0)  # untouched, so under its old idempotency key
