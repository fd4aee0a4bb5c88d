"""The board as a push sees it: live columns, labels, groups. Read once before the first write, kept while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sync.errors import BoardError
from sync.monday.answers import Answer, RowOutcome, Verdict, is_denied, read_answer
from sync.monday.board import Board, Group, ResolvedColumn
from sync.monday.documents import CreateGroup, alias_at, build_request
from sync.monday.http import MondayClient
from sync.monday.reading import MondayProblem, PutOff, QuotaUsedUp, Reader
from sync.monday.retry import Clock, Patience, StopAsked, pause, put_off
from sync.monday.values import LabelBook
from sync.push.ledger import Ledger
from sync.push.outcomes import Outcome, Whereabouts, settled
from sync.push.plan import CREATE, GROUP, Request, WorkRow
from sync.settings import GROUP_ROUNDS, GROUPS_HELD_SECONDS, GROUPS_PER_REQUEST, Settings
from sync.words import counted


def placed(new: Sequence[str], existing: Sequence[Group]) -> list[tuple[str, str | None, str | None]]:
    """Each new title with its neighbour and the side of it, in the order to make them: alphabetical among all groups.

    Those after the same neighbour are made last first, so that each lands directly behind it.
    """
    present = sorted(existing, key=lambda group: group.title.upper())
    behind: dict[str, list[str]] = {}
    first: list[str] = []
    for title in sorted(new):
        before = [group for group in present if group.title.upper() <= title.upper()]
        if before:
            behind.setdefault(before[-1].id, []).append(title)
        else:
            first.append(title)
    plan: list[tuple[str, str | None, str | None]] = []
    anchor = present[0].id if present else None
    plan += [(title, anchor, "before_at" if anchor else None) for title in first]
    for neighbour, titles in behind.items():
        plan += [(title, neighbour, "after_at") for title in reversed(titles)]
    return plan


class BoardContext:
    """Columns, labels and groups of the board in use."""

    def __init__(
        self,
        *,
        board: Board,
        columns: Sequence[ResolvedColumn],
        size_columns: Sequence[ResolvedColumn],
        labels: LabelBook,
        subitem_board_id: int | None,
        settings: Settings,
        reader: Reader,
        client: MondayClient,
        ledger: Ledger,
        clock: Clock,
        random: Callable[[], float],
        count_call: Callable[[Answer], None] = lambda answer: None,
        patience: Patience | None = None,
    ) -> None:
        self.board_id = board.id
        self.subitem_board_id = subitem_board_id or 0
        self.columns, self.size_columns, self.labels = columns, size_columns, labels
        self._settings, self._reader, self._client = settings, reader, client
        self._ledger, self._clock, self._random, self._count_call = ledger, clock, random, count_call
        self._patience = patience or Patience()
        self.refused_groups: dict[str, str] = {}
        """Titles that Monday doesn't take, each with a sentence why: their orders are rejected, the others go on."""
        self._groups: list[Group] = []
        self._by_title: dict[str, str] = {}
        self._unsettled: list[tuple[Request, float]] = []
        self._set_groups(board.groups)

    @property
    def key_column_id(self) -> str:
        """Live id of the ORDER KEY column."""
        return next(column.column_id for column in self.columns if column.name == "ORDER_KEY")

    @property
    def size_column_ids(self) -> tuple[str, str]:
        """Live ids of Size and Order Qty on the subitems' board."""
        by_name = {column.name: column.column_id for column in self.size_columns}
        return by_name["SIZE_LABEL"], by_name["ORDER_QTY"]

    def _set_groups(self, groups: Iterable[Group]) -> None:
        self._groups = list(groups)
        self._by_title = {}
        for group in reversed(self._groups):  # of two groups with one title the upper one serves
            self._by_title[group.title.strip().upper()] = group.id

    def group_id(self, title: str) -> str | None:
        """Live id of the group with this title (any case), None where the board has none."""
        return self._by_title.get(title.strip().upper())

    def forget_groups(self, titles: Iterable[str]) -> None:
        """These groups are gone from the board."""
        gone = {title.strip().upper() for title in titles}
        self._set_groups([group for group in self._groups if group.title.strip().upper() not in gone])

    def whereabouts(self, ids: Sequence[int]) -> Whereabouts:
        """Asks where these items are."""
        if not ids:
            return Whereabouts(self.board_id)
        try:
            found = self._reader.items(ids, [])
        except (MondayProblem, StopAsked) as problem:
            return Whereabouts(self.board_id, problem=problem)
        return Whereabouts(self.board_id, {item.id: item.board_id for item in found if item.is_active})

    def rest_groups(self, request: Request, seconds: float) -> None:
        """A dead run was making groups, and Monday may still be at it for so long: until then, nobody knows."""
        self._unsettled.append((request, self._clock.monotonic() + seconds))

    def _settle_groups(self, *, missing: bool) -> None:
        """Waits for what a dead run began, but only where groups are missing; then the board's groups are read again.

        Its request stays open until then, so that a run which dies while it waits leaves the same question behind.
        """
        if not self._unsettled:
            return
        if missing:
            until = max(moment for _, moment in self._unsettled)
            self._clock.sleep(max(until - self._clock.monotonic(), 0.0))
            self._set_groups(self._reader.board(self.board_id).groups)
        for request, _ in self._unsettled:
            self._ledger.close(request, Outcome(name="RECOVERED"))
        self._unsettled = []

    def ensure_groups(self, titles: Mapping[str, str]) -> None:
        """Makes the groups that the board lacks, once each; each title comes with the batch that it is made for.

        A lost answer is settled by reading the board's groups again once the server's time-out has passed; what is
        there is taken, what isn't is made again.
        """
        self._settle_groups(missing=bool(self._lacking(titles)))
        wanted = {title: titles[title] for title in self._lacking(titles)}
        if wanted:
            with self._only_one_makes_groups():
                self._make_groups(wanted)

    @contextmanager
    def _only_one_makes_groups(self) -> Iterator[None]:
        """Two runs that made the same title at once would leave two groups: the others wait, and look again."""
        if self._ledger.alone:
            yield
            return
        while not self._ledger.hold_groups(self.board_id):
            self._clock.sleep(GROUPS_HELD_SECONDS)
        try:
            self._set_groups(self._reader.board(self.board_id).groups)
            yield
        finally:
            self._ledger.let_groups_go(self.board_id)

    def _make_groups(self, wanted: Mapping[str, str]) -> None:
        tries = round_ = 0
        while round_ < GROUP_ROUNDS:
            missing = sorted(self._lacking(wanted))
            if not missing:
                return
            plan = placed(missing[:GROUPS_PER_REQUEST], self._groups)
            answer = self._create(plan, wanted)
            results = [answer.rows[alias_at(n)] for n in range(len(plan))]
            for (title, _, _), result in zip(plan, results, strict=True):
                if result.outcome is RowOutcome.DONE and result.text_id:
                    self._groups.append(Group(result.text_id, title))
                elif result.error and result.outcome is RowOutcome.REJECTED and is_denied(result.error):
                    raise BoardError(
                        f"Groups can't be made ({result.error.message}): give the token's user the right, then push"
                        " again."
                    )
                elif result.outcome is RowOutcome.REJECTED and round_ > 0:
                    said = result.error.message if result.error else "no reason given"
                    self.refused_groups[title] = f"The group can't be made on the board ({said}): mend its name."
            self._set_groups(self._groups)
            if answer.verdict is Verdict.QUOTA:
                raise QuotaUsedUp(answer.reason)
            if answer.verdict is Verdict.STOP:
                raise BoardError(f"Groups can't be made: {answer.reason}")
            if all(result.outcome is RowOutcome.DONE for result in results):
                continue
            unknown = any(result.outcome is RowOutcome.UNKNOWN for result in results)
            tries += 1
            if unknown or answer.verdict is not Verdict.WAIT:
                round_ += 1  # a refusal isn't the groups' fault: the patience of the run bounds it
            self._clock.sleep(self._settings.parent_settle_seconds if unknown else self._delay(answer, tries))
            self._set_groups(self._reader.board(self.board_id).groups)  # others may have made them meanwhile
        missing = self._lacking(wanted)
        if missing:
            raise BoardError(
                f"{counted(len(missing), 'group')} could not be made after {GROUP_ROUNDS} tries; push again later."
            )

    def _lacking(self, wanted: Iterable[str]) -> list[str]:
        """Titles that the board lacks and takes, as far as known."""
        return [title for title in wanted if self.group_id(title) is None and title not in self.refused_groups]

    def _delay(self, answer: Answer, tries: int) -> float:
        """Seconds before groups that surely weren't made are asked for again."""
        delay = pause(answer.wait_seconds, tries, self._random)
        if answer.verdict is Verdict.WAIT and not self._patience.lasts(self._clock.monotonic(), delay):
            raise PutOff(put_off(answer, "the rows left stay staged, push again later."))
        return delay

    def _create(self, plan: Sequence[tuple[str, str | None, str | None]], batches: Mapping[str, str]) -> Answer:
        operations = [
            CreateGroup(alias_at(n), self.board_id, title, relative_to=neighbour, method=method)  # type: ignore[arg-type]
            for n, (title, neighbour, method) in enumerate(plan)
        ]
        rows = [
            WorkRow(GROUP, title, "", None, batches[title], CREATE, "", {}, aliases=[operation.alias])
            for (title, _, _), operation in zip(plan, operations, strict=True)
        ]
        request = Request(str(uuid.uuid4()), "CREATE_GROUP", rows, build_request(operations), attempts=1)
        self._ledger.record(request)
        raw = self._client.send(request.body, idempotency_key=request.id, timeout=self._settings.request_timeout)
        answer = read_answer(raw, request.aliases)
        self._count_call(answer)
        self._patience.heard(answer, self._clock.monotonic())
        request.cost = answer.complexity.query if answer.complexity else 0
        self._ledger.close(request, settled(request, answer))
        return answer

    def remember_groups(self) -> None:
        """Writes the groups as seen now to MON_BoardGroups."""
        self._ledger.remember_groups(self.board_id, [(group.id, group.title) for group in self._groups])
