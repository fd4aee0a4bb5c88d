"""What Monday confirmed or refused, written to the tables. Runs inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sync.database import Database
from sync.results import Failure, Success
from sync.statements import Statements
from sync.work import ARCHIVE, CREATE, ITEM, SUBITEM, WorkRow, to_json

CELL = "CELL"
"""Class of the error rows of cells that were left blank: they hold no row back."""


class WriteBack:
    """Writes rows of ``MON_*`` and ``ERR_*``, many at a time."""

    def __init__(self, database: Database, statements: Statements, board_id: int) -> None:
        self._db, self._sql, self._board_id = database, statements, board_id

    def items(self, successes: Sequence[Success], now: dt.datetime) -> None:
        """Orders that Monday confirmed, with the values that it confirmed."""
        self.archived([s.row for s in successes if s.row.kind == ARCHIVE], now)
        rows = [
            s.row.values
            | {
                "ROW_HASH": s.row.row_hash,
                "BATCH_ID": s.row.batch_id,
                "MONDAY_ITEM_ID": s.monday_id,
                "MONDAY_GROUP_ID": s.row.group_id,
                "CREATED": int(s.row.kind == CREATE),
            }
            for s in successes
            if s.row.kind != ARCHIVE
        ]
        if not rows:
            return
        data = to_json(rows)
        if any(row["CREATED"] for row in rows):
            if any(s.row.known for s in successes if s.row.kind == CREATE):
                names = self._db.query(self._sql.get("push/former_columns"), [self._db.schema])
                former = tuple(str(row["NAME"]) for row in names)
                self._db.execute(
                    self._sql.get("push/confirm_items", created=True, former=former), [now, self._board_id, now, data]
                )
            self._db.execute(self._sql.get("push/confirm_new_items"), [self._board_id, now, now, data])
        if not all(row["CREATED"] for row in rows):
            self._db.execute(self._sql.get("push/confirm_items", created=False), [self._board_id, now, data])

    def sizes(self, successes: Sequence[Success], now: dt.datetime) -> None:
        """Sizes that Monday confirmed."""
        rows = [
            {
                "ORDER_KEY": s.row.order_key,
                "SIZE_LABEL": s.row.size_label,
                # an adopted subitem that shows another quantity stays unconfirmed, so that the next build stages it
                "ORDER_QTY": None if s.unknown_quantity else s.row.values["ORDER_QTY"],
                "MONDAY_SUBITEM_ID": s.monday_id,
                "MONDAY_PARENT_ITEM_ID": s.row.parent_id,
                "MONDAY_SUBITEM_BOARD_ID": s.board_id or s.row.board_id,
                "BATCH_ID": s.row.batch_id,
                "CREATED": int(s.row.kind == CREATE),
            }
            for s in successes
        ]
        if not rows:
            return
        data = to_json(rows)
        if any(row["CREATED"] for row in rows):
            if any(s.row.known for s in successes if s.row.kind == CREATE):
                self._db.execute(self._sql.get("push/confirm_sizes", created=True), [now, now, data])
            self._db.execute(self._sql.get("push/confirm_new_sizes"), [now, now, data])
        if not all(row["CREATED"] for row in rows):
            self._db.execute(self._sql.get("push/confirm_sizes", created=False), [now, data])

    def archived(self, rows: Sequence[WorkRow], now: dt.datetime) -> None:
        """Orders whose item is off the board: archived by us, or gone by a person's hand."""
        if rows:
            gone = [
                {
                    "ORDER_KEY": row.order_key,
                    "BATCH_ID": row.batch_id,
                    "MONDAY_ITEM_ID": row.monday_id if row.level == ITEM else row.parent_id,
                }
                for row in rows
            ]
            self._db.execute(self._sql.get("push/archive_items"), [now, now, to_json(gone)])

    def forgotten(self, rows: Sequence[WorkRow]) -> None:
        """Sizes whose subitem a person deleted: the next push makes them again."""
        if rows:
            gone = [
                {"ORDER_KEY": row.order_key, "SIZE_LABEL": row.size_label, "MONDAY_SUBITEM_ID": row.monday_id}
                for row in rows
            ]
            self._db.execute(self._sql.get("push/forget_sizes"), [to_json(gone)])

    def cells(self, rows: Sequence[tuple[WorkRow, str, int | None]], now: dt.datetime) -> None:
        """Cells that were left blank in rows that got through, with request and HTTP status."""
        found = [
            (Failure(row, CELL, cell.code, cell.text, retryable=False, http_status=status, stage=cell.stage, cell=cell),
             request_id)
            for row, request_id, status in rows
            for cell in row.left_out
        ]  # fmt: skip
        self.failures(found, now)

    def failures(self, failures: Sequence[tuple[Failure, str]], now: dt.datetime) -> None:
        """Failed attempts, each with the id of its request."""
        for level in (ITEM, SUBITEM):
            rows = [_error_row(failure, request_id) for failure, request_id in failures if failure.row.level == level]
            if rows:
                self._db.execute(self._sql.get("push/record_errors", level=level), [now, now, to_json(rows)])


def _error_row(failure: Failure, request_id: str) -> dict[str, Any]:
    row, values, cell = failure.row, failure.row.values, failure.cell
    sent = [{"operation": op.field} | {f.name: getattr(op, f.name) for f in fields(op)} for op in row.operations]
    return {
        "ERR_ID": str(uuid.uuid4()), "ORDER_KEY": row.order_key, "BATCH_ID": row.batch_id,
        "BATCH_CUSTOMER": values.get("BATCH_CUSTOMER"), "REQUEST_ID": request_id,
        "ITEM_NAME": values.get("ITEM_NAME"), "GROUP_NAME": values.get("GROUP_NAME"), "CHANGE_TYPE": row.kind,
        "STAGE": failure.stage, "ERROR_CLASS": failure.error_class, "ERROR_CODE": failure.code[:100],
        "ERROR_MESSAGE": failure.message, "COLUMN_NAME": cell.column if cell else None,
        "COLUMN_ID": cell.column_id if cell else None, "COLUMN_VALUE": cell.value if cell else None,
        "HTTP_STATUS": failure.http_status, "API_PAYLOAD": to_json(sent),
        "ROW_HASH": row.row_hash, "MAPPING_HASH": values.get("MAPPING_HASH"), "ATTEMPT": failure.attempt,
        "RETRYABLE": int(failure.retryable),
        "MAX_RETRIES_REACHED": int(failure.dead_lettered),
        "SIZE_LABEL": row.size_label, "ORDER_QTY": values.get("ORDER_QTY"),
        "MONDAY_PARENT_ITEM_ID": row.parent_id,
    }  # fmt: skip
