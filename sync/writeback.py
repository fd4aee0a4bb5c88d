"""What Monday's answers say of the rows of requests, as the statements of the write-back take it. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from sync.results import Failure, Outcome
from sync.work import Request, to_json

CELL = "CELL"
"""Class of the error rows of cells that were left blank: they hold no row back."""


def row_results(closings: Sequence[tuple[Request, Outcome]]) -> list[dict[str, Any]]:
    """Return the outcome of each row, with the ids that Monday gave."""
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def note(request: Request, alias: str, outcome: str, **more: Any) -> None:
        found[request.id, alias] = {"REQUEST_ID": request.id, "ALIAS": alias, "OUTCOME": outcome} | more

    for request, outcome in closings:
        for success in outcome.successes:
            note(
                request, success.row.aliases[0], "ADOPTED" if success.adopted else "OK",
                MONDAY_ID=str(success.monday_id) if success.monday_id else None, BOARD_ID=success.board_id,
                DIFFERS=int(success.unknown_quantity),
            )  # fmt: skip
        for failure in outcome.failures:
            note(request, failure.row.aliases[0], failure.error_class[:20])
        for row in (*outcome.gone_items, *outcome.gone_sizes):
            note(request, row.aliases[0], "GONE")
        for row in outcome.released:
            note(request, row.aliases[0], "RELEASED")
    return list(found.values())


def error_rows(closings: Sequence[tuple[Request, Outcome]], level: str) -> list[dict[str, Any]]:
    """Return the failed attempts of a level, and the cells that were left blank in rows that got through."""
    return [
        _error_row(request, failure)
        for request, outcome in closings
        for failure in (*outcome.failures, *_blank_cells(outcome))
        if failure.row.level == level
    ]


def _blank_cells(outcome: Outcome) -> Iterator[Failure]:
    for row in (success.row for success in outcome.successes):
        for cell in row.left_out:
            status = outcome.http_status
            yield Failure(
                row, CELL, cell.code, cell.text, retryable=False, http_status=status, stage=cell.stage, cell=cell
            )


def _error_row(request: Request, failure: Failure) -> dict[str, Any]:
    row, cell = failure.row, failure.cell
    sent = [{"operation": op.field} | {f.name: getattr(op, f.name) for f in fields(op)} for op in row.operations]
    return {
        "REQUEST_ID": request.id, "ALIAS": row.aliases[0], "ERR_ID": str(uuid.uuid4()), "STAGE": failure.stage,
        "ERROR_CLASS": failure.error_class, "ERROR_CODE": failure.code[:100], "ERROR_MESSAGE": failure.message,
        "COLUMN_NAME": cell.column if cell else None, "COLUMN_ID": cell.column_id if cell else None,
        "COLUMN_VALUE": cell.value if cell else None, "HTTP_STATUS": failure.http_status, "API_PAYLOAD": to_json(sent),
        "ATTEMPT": failure.attempt, "RETRYABLE": int(failure.retryable),
        "MAX_RETRIES_REACHED": int(failure.dead_lettered),
    }  # fmt: skip
