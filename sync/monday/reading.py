"""Reading the board: questions asked until they are answered, and answers as typed items.

Repeating a question harms nobody, so this retries by itself, as told by Monday or with exponential waiting. It raises

MondayProblem
├── MondayStopped      refused: token, rights, the question itself; asking again won't help
├── QuotaUsedUp        the day's calls are gone
├── TooHeavy           the question costs more than one call may
├── CursorExpired      the walk has to start again
├── MondayUnavailable  no answer after every attempt
└── Stalled            told to wait again and again, for longer than anybody should
"""

from __future__ import annotations

import random as _random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sync.errors import SyncError
from sync.monday import documents
from sync.monday.answers import Answer, RawAnswer, Verdict, is_cursor, read_answer
from sync.monday.board import Board, BoardMissing, older_settings, parse_board, without_settings
from sync.monday.retry import Backoff, Clock, StallTimer, SystemClock, pause, stalled
from sync.settings import MAX_IDS, MAX_KEYS, MAX_PAGE, MAX_WALKS, SMALLEST_PAGE

Send = Callable[[str], RawAnswer]

Thing = TypeVar("Thing")


class MondayProblem(SyncError):
    """Monday could not be read; ``str()`` is one sentence."""


class MondayStopped(MondayProblem):
    """Refused, and asking again won't help."""


class QuotaUsedUp(MondayProblem):
    """The day's calls are used up."""

    exit_code = 3


class TooHeavy(MondayProblem):
    """One question costs more than one call may."""


class CursorExpired(MondayProblem):
    """The cursor of the next page is no longer good."""


class MondayUnavailable(MondayProblem):
    """No answer after every attempt."""


class Stalled(MondayProblem):
    """Told to wait again and again: nothing got through for too long."""

    exit_code = 3


@dataclass(frozen=True)
class BoardItem:
    """An item or subitem as it stands on the board: ``values`` are cell texts by column id, None where empty."""

    id: int
    name: str
    state: str
    board_id: int | None
    group_id: str | None
    group_title: str | None
    values: Mapping[str, str | None]
    subitems: tuple[BoardItem, ...] = ()
    address: str | None = None
    created_at: str | None = None
    updated_at: str | None = None

    @property
    def is_active(self) -> bool:
        """Neither archived nor deleted."""
        return self.state == "active"


@dataclass(frozen=True)
class ItemsPage:
    """Items, and the cursor of the next page where there is one."""

    items: tuple[BoardItem, ...]
    cursor: str | None


class Reader:
    """Asks until answered. ``send`` is one attempt; ``on_answer`` sees every answer (for budget and counters)."""

    def __init__(
        self,
        send: Send,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] | None = None,
        backoff: Backoff | None = None,
        on_answer: Callable[[Answer], None] | None = None,
        stall: StallTimer | None = None,
    ) -> None:
        self._send = send
        self._clock = clock or SystemClock()
        self._random = random or _random.random
        self._backoff = backoff or Backoff()
        self._on_answer = on_answer
        self._stall = stall or StallTimer()

    def ask(self, body: str) -> Mapping[str, Any]:
        """The data of the answer to ``body``. Raises :class:`MondayProblem`."""
        failures = waits = 0
        while True:
            answer = read_answer(self._send(body), ())
            if self._on_answer is not None:
                self._on_answer(answer)
            self._stall.heard(answer, self._clock.monotonic())
            if answer.verdict is Verdict.ANSWERED and answer.data is not None:
                return answer.data
            _raise_if_final(answer)
            if answer.verdict is Verdict.WAIT and answer.wait_seconds is not None:
                waits += 1
                delay = pause(answer.wait_seconds, waits, self._random)
                if not self._stall.lasts(self._clock.monotonic(), delay):
                    raise Stalled(stalled(answer, "try again later."))
                self._clock.sleep(delay)
                continue
            failures += 1
            rest = self._backoff.delay(failures, self._random)
            if rest is None:
                raise MondayUnavailable(_unavailable(answer, failures))
            self._clock.sleep(max(rest, answer.wait_seconds or 0.0))

    def board(self, board_id: int) -> Board:
        """The board's columns, labels, groups and room. Raises ``BoardMissing`` too."""
        data = self.ask(documents.board_query(board_id))
        blank = without_settings(data)
        return parse_board(data, board_id, self._older_settings(board_id, blank) if blank else None)

    def _older_settings(self, board_id: int, column_ids: Sequence[str]) -> dict[str, Any]:
        """The older field may be gone from the API: then nobody knows, which ``parse_board`` can do with."""
        try:
            return older_settings(self.ask(documents.older_settings_query(board_id, column_ids)))
        except (MondayStopped, TooHeavy):
            return {}

    def items(
        self,
        ids: Sequence[int],
        column_ids: Sequence[str],
        *,
        subitem_column_ids: Sequence[str] | None = None,
        whole: bool = False,
    ) -> list[BoardItem]:
        """The items of these ids, in no order, archived and deleted ones too where Monday still knows them."""

        def question(part: Sequence[int]) -> str:
            return documents.items_query(part, column_ids, subitem_column_ids=subitem_column_ids, whole=whole)

        found: list[BoardItem] = []
        for part in _parts(list(dict.fromkeys(ids)), MAX_IDS):
            found.extend(self._in_parts(part, question))
        return found

    def find(
        self,
        board_id: int,
        column_id: str,
        keys: Sequence[str],
        column_ids: Sequence[str],
        *,
        subitem_column_ids: Sequence[str] | None = None,
    ) -> list[BoardItem]:
        """The active items whose ``column_id`` holds one of ``keys``, in any case, with address and times."""

        def question(part: Sequence[str]) -> str:
            return documents.find_items_query(
                board_id, column_id, part, column_ids, subitem_column_ids=subitem_column_ids, whole=True
            )

        found: list[BoardItem] = []
        for part in _parts(list(keys), MAX_KEYS):
            found.extend(item for item in self._in_parts(part, question) if item.is_active)
        return found

    def _in_parts(self, things: Sequence[Thing], question: Callable[[Sequence[Thing]], str]) -> list[BoardItem]:
        """The answer to a question about many things, asked again in halves where it is too heavy."""
        try:
            return list(parse_items(self.ask(question(things))).items)
        except TooHeavy:
            if len(things) == 1:
                raise
        half = len(things) // 2
        return self._in_parts(things[:half], question) + self._in_parts(things[half:], question)

    def walk(
        self,
        board_id: int,
        column_ids: Sequence[str],
        *,
        subitem_column_ids: Sequence[str] | None = None,
        limit: int = MAX_PAGE,
    ) -> Iterator[list[BoardItem]]:
        """Yield the board's active items page by page, each item once, with address and times.

        ``limit`` is the size of a page; it is halved where a page costs too much, or is answered by silence.
        """
        wanted: dict[str, Any] = {"subitem_column_ids": subitem_column_ids}
        cursor: str | None = None
        started, walks = False, 1
        seen: set[int] = set()
        while cursor or not started:
            try:
                if cursor:
                    body = documents.next_page_query(cursor, column_ids, limit=limit, **wanted)
                else:
                    body = documents.board_items_query(board_id, column_ids, limit=limit, **wanted)
                data = self.ask(body)
            except (TooHeavy, MondayUnavailable) as problem:
                if limit <= (1 if isinstance(problem, TooHeavy) else SMALLEST_PAGE):
                    raise
                limit = max(1, limit // 2)
                continue
            except CursorExpired:
                if cursor is None or walks >= MAX_WALKS:
                    raise
                cursor, started, walks = None, False, walks + 1
                continue
            if not started and not data.get("boards"):
                raise BoardMissing(f"Board {board_id} does not exist, or the token has no access to it.")
            page = parse_items(data)
            started, cursor = True, page.cursor
            # a walk that starts again, or a person who moves an item meanwhile, shows items twice
            fresh = {item.id: item for item in page.items if item.is_active and item.id not in seen}
            seen.update(fresh)
            yield list(fresh.values())


def _raise_if_final(answer: Answer) -> None:
    if any(is_cursor(error) for error in answer.errors):
        raise CursorExpired("Monday's cursor of the next page expired again and again: try again when it is quicker.")
    if answer.verdict is Verdict.STOP:
        raise MondayStopped(answer.reason)
    if answer.verdict is Verdict.QUOTA:
        raise QuotaUsedUp(answer.reason)
    if answer.verdict is Verdict.SPLIT:
        raise TooHeavy(answer.reason)


def _unavailable(answer: Answer, attempts: int) -> str:
    said = answer.reason or (answer.error.message if answer.error else "") or f"HTTP status {answer.http_status}"
    return f"Monday gave no usable answer in {attempts} attempts ({said.rstrip('.')}): check the network, or try later."


def _parts(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def parse_items(data: Mapping[str, Any]) -> ItemsPage:
    """The items in the data of any of our item queries."""
    listed = data.get("items")
    if isinstance(listed, list):
        return ItemsPage(_items(listed), None)
    boards = [board for board in data.get("boards") or () if isinstance(board, dict)]
    page = (
        data.get("items_page_by_column_values")
        or data.get("next_items_page")
        or (boards[0].get("items_page") if boards else None)
    )
    if not isinstance(page, dict):
        return ItemsPage((), None)
    cursor = page.get("cursor")
    return ItemsPage(_items(page.get("items") or []), cursor if isinstance(cursor, str) and cursor else None)


def _items(listed: Sequence[Any]) -> tuple[BoardItem, ...]:
    return tuple(_item(entry) for entry in listed if isinstance(entry, dict) and entry.get("id"))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _item(entry: Mapping[str, Any]) -> BoardItem:
    group, board = _object(entry.get("group")), _object(entry.get("board"))
    cells = [cell for cell in entry.get("column_values") or () if isinstance(cell, dict)]
    return BoardItem(
        id=int(entry["id"]),
        name=str(entry.get("name") or ""),
        state=str(entry.get("state") or "active"),
        board_id=int(board["id"]) if board.get("id") else None,
        group_id=group.get("id"),
        group_title=group.get("title"),
        values={str(cell.get("id")): cell.get("text") or None for cell in cells},
        subitems=_items(entry.get("subitems") or []),
        address=entry.get("url"),
        created_at=entry.get("created_at"),
        updated_at=entry.get("updated_at"),
    )
