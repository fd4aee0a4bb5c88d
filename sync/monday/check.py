"""Whether a board is fit for the mapping, and the columns it lacks made (``board check``, ``board create-columns``)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sync.errors import BoardError
from sync.monday.answers import Answer, RawAnswer, RowOutcome, Verdict, read_answer
from sync.monday.board import Board, Resolution, ResolvedColumn, resolve
from sync.monday.documents import alias_at, build_request, create_column
from sync.monday.mapping import MappedColumn, Mapping
from sync.monday.reading import Reader
from sync.monday.retry import Backoff, Clock
from sync.monday.values import ROOM, LabelBook, unlisted
from sync.settings import COLUMN_SETTLE_SECONDS
from sync.words import counted

KEY_COLUMN = "ORDER_KEY"
_SCARCE = 0.05


class SendWithKey(Protocol):
    """One attempt at a mutation, under an idempotency key: ``MondayClient.send``."""

    def __call__(self, body: str, *, idempotency_key: str | None = None) -> RawAnswer: ...


@dataclass(frozen=True)
class Finding:
    """One sentence about the board: an ``error`` stops every push, a ``warning`` doesn't."""

    level: Literal["error", "warning", "ok"]
    text: str


@dataclass(frozen=True)
class BoardCheck:
    """The board and the subitems' board as read, the mapping resolved on them, and what was found."""

    board: Board
    subitem_board: Board | None
    items: Resolution
    subitems: Resolution | None
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether a push may write."""
        return all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True)
class CreatedColumn:
    """A column that was made (or, its answer lost, found made)."""

    board_id: int
    title: str
    type: str
    column_id: str


def check_board(reader: Reader, mapping: Mapping, board_id: int) -> BoardCheck:
    """Read the board and compare it with the mapping. Raises what ``Reader`` raises; all else becomes findings."""
    board = reader.board(board_id)
    subitem_board = reader.board(board.subitem_board_id) if board.subitem_board_id else None
    return judge(board, subitem_board, mapping)


def judge(board: Board, subitem_board: Board | None, mapping: Mapping) -> BoardCheck:
    """What is to be said about these boards. Pure."""
    items = resolve(mapping.items, board)
    below = resolve(mapping.subitems, subitem_board) if subitem_board else None
    findings = _of_resolution(items)
    if subitem_board is None:
        findings.append(
            Finding(
                "error",
                f"Board {board.id} has no board of subitems yet: add one subitem to any item by hand, then run "
                "`python -m sync board create-columns`, or push with --skip-subitems.",
            )
        )
    if below is not None and subitem_board is not None:
        findings += _of_resolution(below)
        findings += _of_labels(below.columns, subitem_board)
    findings += _of_labels(items.columns, board)
    findings += _of_room(board)
    if KEY_COLUMN not in {column.name for column in mapping.items}:
        findings.append(Finding("error", f"The mapping has no column {KEY_COLUMN}: items can't be found again."))
    if not findings:
        findings.append(Finding("ok", f"Board {board.id} ({board.name!r}) fits the mapping."))
    return BoardCheck(board, subitem_board, items, below, tuple(findings))


def _of_resolution(resolution: Resolution) -> list[Finding]:
    return [
        *(Finding("error", problem) for problem in resolution.problems),
        *(Finding("warning", notice) for notice in resolution.notices),
    ]


def _of_labels(columns: Sequence[ResolvedColumn], board: Board) -> list[Finding]:
    labels = LabelBook.of(board)
    findings = [Finding("warning", text) for text in unlisted(columns, labels)]
    for column in columns:
        if column.type not in ROOM or not column.create_labels:
            continue
        room, most = labels.room(column.column_id), ROOM[column.type]
        if room > most * _SCARCE:
            continue
        left = "no room for another label" if room == 0 else f"room for only {counted(room, 'more label')}"
        advice = "make it a text column" if column.type == "dropdown" else "remove unused labels"
        findings.append(
            Finding(
                "warning",
                f"Column {column.title!r} ({column.column_id}) has {left} (of {most}); orders that need a new one "
                f"will be rejected: {advice} on the board.",
            )
        )
    return findings


def _of_room(board: Board) -> list[Finding]:
    room, limit = board.room, board.items_limit
    if room is None or limit is None or room > limit * _SCARCE:
        return []
    return [
        Finding(
            "warning",
            f"Board {board.id} has room for only {counted(room, 'more item')} (of {limit}): further new orders stay "
            "staged; archive old items, or set the dbt variable received_from.",
        )
    ]


def create_columns(
    reader: Reader, send: SendWithKey, mapping: Mapping, board_id: int, *, clock: Clock, random: Callable[[], float]
) -> list[CreatedColumn]:
    """Make the mapped columns that the board, and the subitems' board where there is one, lack; the order key first.

    Repeatable: it reads before it creates, and where an answer was lost it reads again before it creates again. Raises
    ``BoardError`` where Monday refuses.
    """
    maker = _Maker(reader, send, clock, random)
    board = reader.board(board_id)
    maker.make(board_id, mapping.items)
    if board.subitem_board_id is not None:
        maker.make(board.subitem_board_id, mapping.subitems)
    return maker.made


class _Maker:
    """Makes the missing columns of one board after the other."""

    def __init__(self, reader: Reader, send: SendWithKey, clock: Clock, random: Callable[[], float]) -> None:
        self._reader, self._send, self._clock, self._random = reader, send, clock, random
        self.made: list[CreatedColumn] = []

    def make(self, board_id: int, columns: Sequence[MappedColumn]) -> None:
        missing = resolve(columns, self._reader.board(board_id)).missing
        for column in sorted(missing, key=lambda column: column.name != KEY_COLUMN):
            self.made.append(self._make(board_id, columns, column))

    def _make(self, board_id: int, columns: Sequence[MappedColumn], column: MappedColumn) -> CreatedColumn:
        # Only the key column has an id of our choosing; the others get one from Monday and are found by their titles.
        column_id = column.column_id if column.name == KEY_COLUMN else None
        key = str(uuid.uuid4())
        failures, alias = 0, alias_at(0)
        while True:
            operation = create_column(board_id, column.title, column.type, column_id)
            answer = read_answer(self._send(build_request([operation]), idempotency_key=key), [alias])
            row = answer.rows[alias]
            if row.outcome is RowOutcome.DONE and row.text_id:
                return CreatedColumn(board_id, column.title, column.type, row.text_id)
            if row.outcome is RowOutcome.UNKNOWN and answer.verdict is not Verdict.WAIT:
                self._clock.sleep(COLUMN_SETTLE_SECONDS)
                found = self._found(board_id, columns, column)
                if found is not None:
                    return found
            elif row.outcome is RowOutcome.REJECTED and column_id is not None:
                # An id can't be used twice on a board, not even after its column was deleted: let Monday choose one.
                column_id, key = None, str(uuid.uuid4())
                continue
            elif answer.verdict in (Verdict.STOP, Verdict.QUOTA) or row.outcome is RowOutcome.REJECTED:
                raise BoardError(_refusal(column, board_id, answer))
            if answer.new_key_needed:
                key = str(uuid.uuid4())
            failures += 1
            delay = Backoff().delay(failures, self._random)
            if delay is None:
                raise BoardError(_refusal(column, board_id, answer))
            self._clock.sleep(answer.wait_seconds if answer.wait_seconds is not None else delay)

    def _found(self, board_id: int, columns: Sequence[MappedColumn], column: MappedColumn) -> CreatedColumn | None:
        live = resolve(columns, self._reader.board(board_id)).by_name.get(column.name)
        return CreatedColumn(board_id, column.title, live.type, live.column_id) if live else None


def _refusal(column: MappedColumn, board_id: int, answer: Answer) -> str:
    if answer.verdict in (Verdict.STOP, Verdict.QUOTA):
        return answer.reason
    said = answer.error.message.rstrip(".") if answer.error else answer.reason.rstrip(".") or "no reason given"
    return (
        f"Column {column.title!r} could not be made on board {board_id} ({said}): "
        "make it by hand with this title, or give the token's user the right to change the board."
    )
