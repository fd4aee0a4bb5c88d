"""Land the board in the database, page by page, so that memory doesn't grow with it.

A pull's rows count once it has ended; then they take the place of those that earlier pulls landed. A pull that dies
leaves nothing that counts.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.errors import BoardError, DatabaseError
from sync.monday.answers import Answer
from sync.monday.board import Board, ResolvedColumn, resolve
from sync.monday.mapping import Mapping as BoardMapping
from sync.monday.reading import BoardItem, Reader
from sync.monday.values import LabelBook
from sync.push.plan import to_json
from sync.push.staged import Selection
from sync.session import Session, utc_now
from sync.settings import HISTORY_KEPT, KEY_LENGTH, LABEL_LENGTH, MAX_IDS
from sync.words import counted

Progress = Callable[..., None]
"""Called with the items read so far, how many the board says it has, and a note."""

NO_CELLS = frozenset({"name", "group", "subtasks", "button", "mirror", "board_relation", "formula"})
"""Column types that aren't landed: fields of the item, and what Monday computes or shows from other boards."""
ITEMS, SUBITEMS = "MON_BoardItems", "MON_BoardSubitems"


@dataclass(frozen=True)
class Cells:
    """The readable columns of a board: ``mapped`` staged names by column id, ``others`` titles by column id."""

    mapped: Mapping[str, str]
    others: Mapping[str, str]

    @classmethod
    def of(cls, board: Board, columns: Sequence[ResolvedColumn]) -> Cells:
        """Give every column its name; of several with one title the later ones carry their id behind it."""
        mapped = {column.column_id: column.name for column in columns if column.type not in NO_CELLS}
        others: dict[str, str] = {}
        for column in board.columns:
            if column.id not in mapped and column.type not in NO_CELLS:
                title = column.title.strip() or column.id
                others[column.id] = f"{title} ({column.id})" if title in others.values() else title
        return cls(mapped, others)

    @property
    def ids(self) -> list[str]:
        """Return the ids of the columns to read."""
        return [*self.mapped, *self.others]

    def row(self, item: BoardItem) -> dict[str, Any]:
        """Return an item's cells: the mapped ones by staged name, the others as one JSON object by title."""
        texts = {self.mapped[id_]: clean(item.values.get(id_)) for id_ in self.mapped}
        others = {title: text for id_, title in self.others.items() if (text := clean(item.values.get(id_)))}
        return texts | {
            "BOARD_ID": item.board_id,
            "STATE": item.state,
            "ADDRESS": item.address,
            "CREATED_AT": _time(item.created_at),
            "UPDATED_AT": _time(item.updated_at),
            "OTHER_CELLS": json.dumps(others, ensure_ascii=False),
        }


@dataclass(frozen=True)
class LiveBoard:
    """The board with the mapped columns at their places of today; ``sizes`` is None before it had a subitem."""

    board: Board
    columns: tuple[ResolvedColumn, ...]
    size_columns: tuple[ResolvedColumn, ...]
    labels: LabelBook
    items: Cells
    sizes: Cells | None

    @property
    def size_ids(self) -> list[str] | None:
        """Return the ids of the subitem columns to read."""
        return None if self.sizes is None else self.sizes.ids


def live_board(reader: Reader, mapping: BoardMapping, board_id: int) -> LiveBoard:
    """Read the board as it can be compared. Raises BoardError with all reasons why it can't."""
    board = reader.board(board_id)
    items = resolve(mapping.items, board, reading=True)
    problems = list(items.problems)
    boards, sizes = [board], None
    size_columns: tuple[ResolvedColumn, ...] = ()
    if board.subitem_board_id is not None:
        below = reader.board(board.subitem_board_id)
        resolved = resolve(mapping.subitems, below, reading=True)
        problems += resolved.problems
        boards.append(below)
        size_columns, sizes = resolved.columns, Cells.of(below, resolved.columns)
    if problems:
        raise BoardError("The board can't be compared with the database: " + " ".join(problems))
    cells = Cells.of(board, items.columns)
    return LiveBoard(board, items.columns, size_columns, LabelBook.of(*boards), cells, sizes)


@dataclass
class Cost:
    """What reading has cost so far."""

    calls: int = 0
    points: int = 0

    def count(self, answer: Answer) -> None:
        """Count an answer."""
        self.calls += 1
        self.points += answer.complexity.query if answer.complexity else 0


@dataclass
class Pull:
    """One reading of the board; a selection reads its orders alone."""

    session: Session
    reader: Reader
    live: LiveBoard
    cost: Cost = field(default_factory=Cost)
    selection: Selection = field(default_factory=Selection)
    staged: bool = False
    """Whether staging tables are there: a selection takes their orders, too."""
    now: Callable[[], dt.datetime] = utc_now
    items: int = 0
    subitems: int = 0

    def __post_init__(self) -> None:
        self.id = str(uuid.uuid4())
        self.started_at = self.now()
        self._which: dict[str, Any] = {"selection": self.selection.names, "staged": self.staged}

    def _run(self, name: str, params: Sequence[Any], /, **options: Any) -> int:
        return self.session.database.execute(self.session.statements.get(f"pull/{name}", **options), params)

    def carry_out(self, progress: Progress = lambda read, of, note="": None) -> None:
        """Read the board and let what was read count. Raises what Reader raises."""
        board, filters = self.live.board, self.selection.filters
        types = {column.name: column.type for column in (*self.live.columns, *self.live.size_columns)}
        self._run(
            "start",
            [self.id, board.id, board.subitem_board_id, to_json(filters) if filters else None, to_json(types),
             self.started_at],
        )  # fmt: skip
        expected = None if filters else board.items_count
        for page in self._chosen() if filters else self._pages():
            self._load(page)
            progress(self.items, expected, f"{counted(self.cost.calls, 'call')}, {self.cost.points:,} points")
        self._ask_again()
        self._finish()

    def _pages(self) -> Iterable[Sequence[BoardItem]]:
        return self.reader.walk(self.live.board.id, self.live.items.ids, subitem_column_ids=self.live.size_ids)

    def _chosen(self) -> Iterable[Sequence[BoardItem]]:
        """The items that carry the keys of the selection's orders."""
        rows = self.session.query("pull/chosen", self.selection.params, **self._which)
        keys = [row["ORDER_KEY"] for row in rows]
        column = next(column.column_id for column in self.live.columns if column.name == "ORDER_KEY")
        seen: set[int] = set()
        for start in range(0, len(keys), MAX_IDS):
            part = keys[start : start + MAX_IDS]
            found = self.reader.find(
                self.live.board.id, column, part, self.live.items.ids, subitem_column_ids=self.live.size_ids
            )
            wanted = set(part)
            fresh = {item.id: item for item in found if (item.values.get(column) or "").strip() in wanted}
            yield [item for item in fresh.values() if item.id not in seen]
            seen |= fresh.keys()

    def _load(self, items: Sequence[BoardItem]) -> None:
        if not items:
            return
        self._run("load_items", [self.id, to_json([self._item(item) for item in items])])
        below = [self._size(item, size) for item in items for size in item.subitems if size.is_active]
        if below:
            self._run("load_subitems", [self.id, to_json(below), self.id])
        self.items += sum(map(self._is_here, items))
        self.subitems += len(below)

    def _item(self, item: BoardItem) -> dict[str, Any]:
        row = self.live.items.row(item)
        return row | {
            "ITEM_ID": item.id,
            "BOARD_ID": item.board_id or self.live.board.id,
            "ITEM_NAME": clean(item.name),
            "GROUP_ID": item.group_id,
            "GROUP_NAME": clean(item.group_title),
            "ORDER_KEY": _cut(row.get("ORDER_KEY"), KEY_LENGTH),
        }

    def _size(self, item: BoardItem, size: BoardItem) -> dict[str, Any]:
        row = self.live.sizes.row(size) if self.live.sizes else {}
        return row | {
            "SUBITEM_ID": size.id,
            "ITEM_ID": item.id,
            "BOARD_ID": size.board_id or self.live.board.subitem_board_id,
            "SUBITEM_NAME": clean(size.name),
            "SIZE_LABEL": _cut(row.get("SIZE_LABEL"), LABEL_LENGTH),
        }

    def _ask_again(self) -> None:
        """Ask by id for what no page showed: pages can lag behind, and an item that was moved may be on none."""
        after = 0
        while True:
            params = [self.id, self.id, after, *self.selection.params]
            ids = [row["ITEM_ID"] for row in self.session.query("pull/absent", params, rows=MAX_IDS, **self._which)]
            if not ids:
                return
            after = int(ids[-1])
            found = self.reader.items(ids, self.live.items.ids, subitem_column_ids=self.live.size_ids, whole=True)
            read = {
                item.id: item if self._is_here(item) else BoardItem(**{**item.__dict__, "subitems": ()})
                for item in found
            }
            for name in (ITEMS, SUBITEMS):
                gone = self._run("forget", [self.id, to_json([{"ITEM_ID": id_} for id_ in read])], name=name)
                if name == ITEMS:
                    self.items -= max(gone, 0)
                else:
                    self.subitems -= max(gone, 0)
            self._load(list(read.values()))

    def _is_here(self, item: BoardItem) -> bool:
        return item.is_active and item.board_id in (None, self.live.board.id)

    def _finish(self) -> None:
        database = self.session.database
        with database.transaction():
            overtaken = self.session.query("pull/overtaken", [self.started_at])[0]["PULLS"]
            for name, id_ in ((SUBITEMS, "SUBITEM_ID"), (ITEMS, "ITEM_ID")):
                if overtaken:
                    self._run("drop", [self.id], name=name)
                elif self.selection.targeted:
                    params = [self.id, self.started_at, self.id, *self.selection.params, *self.selection.params]
                    self._run("replace_chosen", params, name=name, id=id_, **self._which)
                else:
                    self._run("replace", [self.id, self.started_at], name=name)
            if not overtaken:
                self._run("finish", [self.now(), self.items, self.subitems, self.cost.calls, self.cost.points, self.id])
                if not self.selection.targeted:
                    self._run("purge", [self.started_at, self.started_at - HISTORY_KEPT])
        if overtaken and self.selection.targeted:
            raise DatabaseError("A pull of the whole board that began later ended first; pull again.")


def clean(text: str | None) -> str | None:
    """Return cell text as it is compared: trimmed, with one kind of line end; None where nothing is left."""
    if text is None:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip() or None


def _cut(text: str | None, length: int) -> str | None:
    """Cut a text that is too long to be a key of ours to one that no order can have."""
    return text if text is None or len(text) <= length else text[: length - 1] + "…"


def _time(text: str | None) -> str | None:
    """Return a time of Monday's as the database reads it, in UTC; None where it can't be read."""
    try:
        moment = dt.datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ") if moment.tzinfo else moment.isoformat(" ")
