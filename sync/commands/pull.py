"""``pull``: land the board in the database, where everybody can ask their own questions.

The board is landed page by page, so that memory doesn't grow with it. A pull's rows count once it has ended; then they
take the place of those that earlier pulls landed. A pull that dies leaves nothing that counts.
"""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from sync.database import Row
from sync.errors import DatabaseError
from sync.log import PROGRESS
from sync.monday.answers import Answer
from sync.monday.board import Board, ResolvedColumn
from sync.monday.http import MondayClient
from sync.monday.reading import BoardItem, Reader
from sync.output import Result, counted
from sync.push.board import BoardContext, check
from sync.push.ledger import Totals
from sync.push.plan import to_json
from sync.push.staged import Selection, check_filters
from sync.session import Runtime, Session, open_session, refuse_other_board, utc_now
from sync.settings import HISTORY_KEPT, KEY_LENGTH, LABEL_LENGTH, MAX_IDS, Settings, read_settings

NO_CELLS = frozenset({"name", "group", "subtasks", "button", "mirror", "board_relation", "formula"})
"""Column types that aren't landed: fields of the item, and what Monday computes or shows from other boards."""
TABLES = {"MON_BoardItems": "ITEM_ID", "MON_BoardSubitems": "SUBITEM_ID"}
LENGTHS = {"ORDER_KEY": KEY_LENGTH, "SIZE_LABEL": LABEL_LENGTH}


@contextmanager
def open_reader(settings: Settings, runtime: Runtime) -> Iterator[tuple[Reader, MondayClient, Totals]]:
    """Open a reader of the board, with what it costs."""
    cost, clock = Totals(), runtime.clock

    def count(answer: Answer) -> None:
        cost.api_calls += 1
        cost.complexity_used += answer.cost or 0

    with closing(
        MondayClient(settings.api_url, settings.token, settings.api_version, clock=clock, transport=runtime.transport)
    ) as client:
        send = partial(client.send, timeout=settings.request_timeout)
        yield Reader(send, clock=clock, random=runtime.random, on_answer=count), client, cost


def pull(env: Mapping[str, str], *, customer: str | None = None, po: str | None = None, wait: float = 0.0) -> Result:
    """Land the board, or the items of the selection's orders."""
    settings, selection, started = read_settings(env), Selection(customer=customer, po=po), time.monotonic()
    with open_session(env, wait=wait) as session:
        session.require(staged=False)
        check_filters(session, selection.filters)
        done = land(session, settings, selection)
    spent, said = done.spent(time.monotonic() - started)
    of = " of the selection's orders" if selection.targeted else ""
    return Result(
        "pull",
        f"{counted(done.items, 'item')} and {counted(done.subitems, 'subitem')}{of} pulled in {said}",
        0,
        {"pull_id": done.id, "items": done.items, "subitems": done.subitems} | spent,
    )


def names_of(board: Board | None, columns: Sequence[ResolvedColumn]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Name the readable columns of a board, by their ids: staged names of the mapped ones, titles of the others.

    Of several with one title the later ones carry their id behind it.
    """
    mapped = {column.column_id: column.name for column in columns if column.type not in NO_CELLS} if board else {}
    others: dict[str, str] = {}
    for column in board.columns if board else ():
        if column.id not in mapped and column.type not in NO_CELLS:
            title = column.title.strip() or column.id
            others[column.id] = f"{title} ({column.id})" if title in others.values() else title
    return mapped, others


def landed(item: BoardItem, mapped: Mapping[str, str], others: Mapping[str, str], **own: object) -> Row:
    """Return an item or subitem as a row: the mapped cells by staged name, the others as one JSON object by title."""
    texts = {id_: clean(text) for id_, text in item.values.items()}
    return {
        **{name: cut(texts.get(id_), LENGTHS.get(name)) for id_, name in mapped.items()},
        **own,
        "STATE": item.state,
        "ADDRESS": item.address,
        "CREATED_AT": _time(item.created_at),
        "UPDATED_AT": _time(item.updated_at),
        "OTHER_CELLS": to_json({title: texts[id_] for id_, title in others.items() if texts.get(id_)}),
    }


class Pull:
    """One reading of the board; a selection reads its orders alone."""

    def __init__(
        self,
        session: Session,
        reader: Reader,
        live: BoardContext,
        cost: Totals | None = None,
        selection: Selection | None = None,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.session, self.reader, self.live, self.now = session, reader, live, now
        self.cost, self.selection = cost or Totals(), selection or Selection()
        self.id, self.items, self.subitems = str(uuid.uuid4()), 0, 0
        self._names = names_of(live.board, live.columns), names_of(live.subitem_board, live.size_columns)
        ids, size_ids = ([*mapped, *others] for mapped, others in self._names)
        self._columns: dict[str, Any] = {
            "column_ids": ids,
            "subitem_column_ids": size_ids if live.subitem_board else None,
        }
        # before the first build only confirmed orders can be chosen
        self._which: dict[str, Any] = {
            "selection": self.selection.names,
            "staged": "STG_MON_CUSTMASTERSCHEDULE" in session.tables(),
        }

    def spent(self, seconds: float) -> tuple[dict[str, float], str]:
        """Return what it cost, for programs and for people."""
        calls, points = self.cost.api_calls, self.cost.complexity_used
        return (
            {"api_calls": calls, "complexity_used": points, "seconds": round(seconds, 3)},
            f"{counted(calls, 'call')}, {counted(points, 'point', form=',')}, {seconds:.1f} s.",
        )

    def carry_out(self, progress: Callable[..., None]) -> None:
        """Read the board and let what was read count. Raises what Reader raises.

        ``progress`` is called with the items read so far, how many the board says it has, and a note.
        """
        execute, board, filters, read = self.session.execute, self.live.board, self.selection.filters, 0
        types = to_json({column.name: column.type for column in (*self.live.columns, *self.live.size_columns)})
        wanted, started_at = to_json(filters) if filters else None, self.now()
        execute("pull/start", [self.id, board.id, board.subitem_board_id, wanted, types, started_at])
        for page in self._chosen() if filters else self.reader.walk(board.id, **self._columns):
            for start in range(0, len(page), MAX_IDS):  # a whole page as one text would take 80 MB of DuckDB's memory
                self._load(page[start : start + MAX_IDS])
            read += len(page)
            progress(
                read,
                None if filters else board.items_count,
                f"{counted(self.cost.api_calls, 'call')}, {self.cost.complexity_used:,} points",
            )
        self._ask_again()

        def end() -> None:
            self.items, self.subitems, counts = self.session.query(
                "pull/landed", [self.id, board.id, self.id, self.id]
            )[0].values()
            if counts:  # this one takes the place of earlier ones
                chosen = [self.id, *self.selection.params * 2] if filters else []
                for table, id_ in reversed(TABLES.items()):
                    execute("pull/replace", [self.id, *chosen], name=table, id=id_, **self._which)
                execute(
                    "pull/finish",
                    [self.now(), self.items, self.subitems, self.cost.api_calls, self.cost.complexity_used, self.id],
                )
                if not filters:
                    execute("pull/purge", [started_at - HISTORY_KEPT, self.id])
            elif filters:  # nothing of this one counts
                raise DatabaseError("A pull of the whole board that began later ended first; pull again.")

        self.session.transaction(end)

    def _chosen(self) -> Iterable[Sequence[BoardItem]]:
        keys = [row["ORDER_KEY"] for row in self.session.query("pull/chosen", self.selection.params, **self._which)]
        column = self.live.column_id("ORDER_KEY")
        for start in range(0, len(keys), MAX_IDS):
            part = keys[start : start + MAX_IDS]
            found = self.reader.find(self.live.board.id, column, part, **self._columns)
            yield list({item.id: item for item in found if (item.values.get(column) or "").strip() in part}.values())

    def _load(self, items: Sequence[BoardItem]) -> None:
        board, names, size_names = self.live.board, *self._names
        rows = [
            landed(
                item,
                *names,
                ITEM_ID=item.id,
                BOARD_ID=item.board_id or board.id,
                ITEM_NAME=clean(item.name),
                GROUP_ID=item.group_id,
                GROUP_NAME=clean(item.group_title),
            )
            for item in items
        ]
        below = [
            landed(
                size,
                *size_names,
                SUBITEM_ID=size.id,
                ITEM_ID=item.id,
                SUBITEM_NAME=clean(size.name),
                BOARD_ID=size.board_id or board.subitem_board_id,
            )
            for item in items
            for size in item.subitems
            if size.is_active
        ]
        for (table, id_), found in zip(TABLES.items(), (rows, below), strict=True):
            if found:
                self.session.execute("pull/load", [self.id, to_json(found), self.id], name=table, id=id_)

    def _ask_again(self) -> None:
        """Ask by id for what no page showed: pages can lag behind, and an item that was moved may be on none."""
        after, here, params = 0, (None, self.live.board.id), self.selection.params
        while rows := self.session.query(
            "pull/absent", [self.id, self.id, after, *params], rows=MAX_IDS, **self._which
        ):
            after = int(rows[-1]["ITEM_ID"])
            found = self.reader.items([row["ITEM_ID"] for row in rows], whole=True, **self._columns)
            again = [self.id, to_json([{"ITEM_ID": item.id} for item in found])]
            for table in TABLES:
                self.session.execute("pull/forget", again, name=table)
            self._load(
                [item if item.is_active and item.board_id in here else replace(item, subitems=()) for item in found]
            )


def land(session: Session, settings: Settings, selection: Selection | None = None) -> Pull:
    """Carry out a pull that says how far it is."""
    refuse_other_board(session, settings.board_id)
    with open_reader(settings, runtime := Runtime()) as (reader, _, cost):
        live = check(session, reader, settings.board_id, sizes=True, reading=True)
        done = Pull(session, reader, live, cost, selection, runtime.now)
        done.carry_out(PROGRESS.count)
    return done


def clean(text: str | None) -> str | None:
    """Return cell text as it is compared: trimmed, with one kind of line end; None where nothing is left."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip() or None


def cut(text: str | None, length: int | None) -> str | None:
    """Cut a text that is too long to be a key of ours to one that no order can have."""
    return f"{text[: length - 1]}…" if text and length and len(text) > length else text


def _time(text: str | None) -> str | None:
    """Return a time of Monday's as the database reads it, in UTC; None where it can't be read."""
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment).isoformat(" ")
