"""Reading the board: questions asked until they are answered, and answers as typed items.

Repeating a question harms nobody, so this retries by itself, as told by Monday or with exponential waiting. It raises

BoardError
├── MondayStopped      refused: token, rights, the question itself; asking again won't help
├── PutOff             the day's calls are gone, or told to wait again and again, for longer than anybody should
├── TooHeavy           the question costs more than one call may
├── CursorExpired      the walk has to start again
└── MondayUnavailable  no answer after every attempt
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sync.errors import BoardError, StopAsked
from sync.log import PROGRESS
from sync.monday import documents
from sync.monday.answers import Answer, RawAnswer, Verdict, is_cursor, read_answer
from sync.monday.board import Board, ResolvedColumn, columns_in, has_settings, no_board, parse_board
from sync.monday.meter import Clock, StallTimer, backoff, pause, stalled
from sync.monday.values import parse_number
from sync.settings import MAX_ATTEMPTS, MAX_IDS, MAX_KEYS, MAX_PAGE, MAX_WALKS, SMALLEST_PAGE, STOP_CHECK_SECONDS

_SIZE_NAME = re.compile(r"size\s+(\S.*)", re.IGNORECASE | re.DOTALL)


class MondayStopped(BoardError):
    """Refused, and asking again won't help."""


class PutOff(BoardError):
    """The day's calls are used up, or nothing got through for too long."""

    exit_code = 3


class TooHeavy(BoardError):
    """One question costs more than one call may."""


class CursorExpired(BoardError):
    """The cursor of the next page is no longer good."""


class MondayUnavailable(BoardError):
    """No answer after every attempt."""


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


def sizes_of(
    item: BoardItem, size_columns: Sequence[ResolvedColumn]
) -> list[tuple[BoardItem, str | None, Decimal | None]]:
    """The item's active subitems, oldest first, each with the size and the quantity that it shows.

    Where the size's cell is empty, its name tells it (``Size M``: M); None for one that stands for no size at all, and
    for a quantity that is no number.
    """
    columns, found = {column.name: column.column_id for column in size_columns}, []
    for subitem in sorted((each for each in item.subitems if each.is_active), key=lambda each: each.id):
        named = _SIZE_NAME.fullmatch(subitem.name.strip())
        shown = (subitem.values.get(columns.get("SIZE_LABEL", "")) or "").strip()
        quantity = parse_number(subitem.values.get(columns.get("ORDER_QTY", "")) or "")
        found.append((subitem, shown or (named[1].strip() if named else None), quantity))
    return found


@dataclass
class Reader:
    """Asks until answered. ``send`` is one attempt; ``on_answer`` sees every answer (for budget and counters).

    A wait ends with StopAsked once ``stopped`` says so.
    """

    send: Callable[[str], RawAnswer]
    clock: Clock = field(default_factory=Clock)
    random: Callable[[], float] = random.random
    on_answer: Callable[[Answer], None] = lambda _: None
    stopped: Callable[[], bool] = bool

    def wait(self, seconds: float) -> None:
        """Wait before Monday is asked again."""
        PROGRESS.waits("Monday, before it is asked again", seconds)
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            if self.stopped():
                raise StopAsked("The run was asked to stop while it waited.")
            self.clock.sleep(min(left, STOP_CHECK_SECONDS))

    def ask(self, body: str) -> Mapping[str, Any]:
        """The data of the answer to ``body``. Raises :class:`BoardError`."""
        return next(
            answer.data
            for answer in self.attempts(lambda: self.send(body))
            if answer.verdict is Verdict.ANSWERED and answer.data is not None
        )

    def attempts(self, attempt: Callable[[], RawAnswer], aliases: Sequence[str] = ()) -> Iterator[Answer]:
        """Yield the answer to each attempt, with the waits between them, until the caller has what it wants.

        Raises :class:`BoardError` where another attempt won't help.
        """
        stall, waits, failures = StallTimer(), 0, 0
        while True:
            answer = read_answer(attempt(), aliases)
            self.on_answer(answer)
            stall.heard(answer, self.clock.monotonic())
            yield answer
            if any(is_cursor(error) for error in answer.errors):
                raise CursorExpired(
                    "Monday's cursor of the next page expired again and again: try again when it is quicker."
                )
            if answer.verdict in FINAL:
                raise FINAL[answer.verdict](answer.reason)
            if answer.verdict is Verdict.WAIT:
                waits += 1
                delay = pause(answer.wait_seconds, waits, self.random)
                if not stall.lasts(self.clock.monotonic(), delay):
                    raise PutOff(stalled(answer, delay, "try again later."))
            else:
                failures += 1
                if failures >= MAX_ATTEMPTS:
                    reason = answer.reason or (answer.error.message if answer.error else "")
                    said = reason.rstrip(".") or f"HTTP status {answer.raw.status}"
                    raise MondayUnavailable(
                        f"Monday gave no usable answer in {failures} attempts ({said}): check MONDAY_API_URL and"
                        " the network, or try later."
                    )
                delay = max(backoff(failures, self.random), answer.wait_seconds or 0.0)
            self.wait(delay)

    def board(self, board_id: int) -> Board:
        """The board's columns, labels, groups and room. Raises BoardError where there is none to be used.

        Settings that are not there are asked for in the older field. That may be gone from the API: then nobody knows.
        """
        data = self.ask(documents.board_query(board_id))
        blank = {id_: column for id_, column in columns_in(data).items() if not has_settings(column)}
        if blank:
            with suppress(MondayStopped, TooHeavy):
                older = columns_in(self.ask(documents.older_settings_query(board_id, list(blank))))
                for id_ in blank.keys() & older.keys():
                    blank[id_]["settings"] = older[id_].get("settings_str")
        return parse_board(data, board_id)

    def items(
        self,
        ids: Sequence[int],
        column_ids: Sequence[str],
        *,
        subitem_column_ids: Sequence[str] | None = None,
        whole: bool = False,
    ) -> list[BoardItem]:
        """The items of these ids, in no order, archived and deleted ones too where Monday still knows them."""
        return self._in_parts(
            list(dict.fromkeys(ids)),
            MAX_IDS,
            lambda part: documents.items_query(part, column_ids, subitem_column_ids=subitem_column_ids, whole=whole),
        )

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
        found = self._in_parts(
            keys,
            MAX_KEYS,
            lambda part: documents.find_items_query(
                board_id, column_id, part, column_ids, subitem_column_ids=subitem_column_ids, whole=True
            ),
        )
        return [item for item in found if item.is_active]

    def _in_parts(self, things: Sequence[Any], size: int, question: Callable[[Sequence[Any]], str]) -> list[BoardItem]:
        """The answers to a question about many things, ``size`` at a time; what is too heavy is asked in halves."""
        found: list[BoardItem] = []
        for start in range(0, len(things), size):
            part = things[start : start + size]
            try:
                found += parse_items(self.ask(question(part)))
            except TooHeavy:
                if len(part) == 1:
                    raise
                found += self._in_parts(part, (len(part) + 1) // 2, question)
        return found

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
        cursor: str | None = None
        walks, seen, cursors = 1, set[int](), set[str]()
        while True:
            try:
                data = self.ask(
                    documents.page_query(
                        board_id, cursor, column_ids, subitem_column_ids=subitem_column_ids, limit=limit
                    )
                )
            except (TooHeavy, MondayUnavailable) as problem:
                if limit <= (1 if isinstance(problem, TooHeavy) else SMALLEST_PAGE):
                    raise
                limit = max(1, limit // 2)
            except CursorExpired:
                if cursor is None or walks >= MAX_WALKS:
                    raise
                cursor, walks = None, walks + 1
                cursors.clear()
            else:
                if cursor is None and not data.get("boards"):
                    raise BoardError(no_board(board_id))
                # a walk that starts again, or a person who moves an item meanwhile, shows items twice
                fresh = {item.id: item for item in parse_items(data) if item.id not in seen}
                seen.update(fresh)
                yield [item for item in fresh.values() if item.is_active]
                cursor = _page(data).get("cursor")
                if not cursor:
                    return
                if cursor in cursors and not fresh:
                    raise MondayStopped(
                        "Monday's list of the board's items led back to a page that it had shown, so nothing was"
                        " changed: try again later."
                    )
                cursors.add(cursor)


FINAL = {Verdict.STOP: MondayStopped, Verdict.QUOTA: PutOff, Verdict.SPLIT: TooHeavy}


def _page(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of an answer that has the items: all of it, or a page under one of three fields."""
    board = (data.get("boards") or [{}])[0]
    return data.get("items_page_by_column_values") or data.get("next_items_page") or board.get("items_page") or data


def parse_items(data: Mapping[str, Any]) -> list[BoardItem]:
    """The items in the data of any of our item queries."""
    return [_item(entry) for entry in _page(data).get("items") or () if entry]


def _item(entry: Mapping[str, Any]) -> BoardItem:
    group, board = entry.get("group") or {}, entry.get("board") or {}
    return BoardItem(
        id=int(entry["id"]),
        name=str(entry.get("name") or ""),
        state=str(entry.get("state") or "active"),
        board_id=int(board["id"]) if board else None,
        group_id=group.get("id"),
        group_title=group.get("title"),
        values={str(cell.get("id")): cell.get("text") or None for cell in entry.get("column_values") or ()},
        subitems=tuple(_item(subitem) for subitem in entry.get("subitems") or () if subitem),
        address=entry.get("url"),
        created_at=entry.get("created_at"),
        updated_at=entry.get("updated_at"),
    )
