"""``board check``, ``board create-columns``: compare the board with the mapping, and make it fit."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from sync.commands.pull import open_reader
from sync.errors import BoardError
from sync.monday.answers import RawAnswer, RowOutcome, Verdict
from sync.monday.board import Board, MappedColumn, ResolvedColumn, load_mapping, resolve
from sync.monday.board import Mapping as ColumnMapping
from sync.monday.documents import alias_at, build_request, mutation
from sync.monday.reading import Reader
from sync.monday.values import ROOM, LabelBook, unlisted
from sync.output import Result, counted, told
from sync.session import Runtime
from sync.settings import COLUMN_SETTLE_SECONDS, PROJECT_ROOT, read_settings

MODELS = PROJECT_ROOT / "models" / "monday"
KEY_COLUMN = "ORDER_KEY"
_SCARCE = 0.05


def judge(board: Board, subitem_board: Board | None, mapping: ColumnMapping) -> list[tuple[str, str]]:
    """What is to be said about these boards: an error stops every push, a warning doesn't. Pure."""
    room, most = board.room, board.items_limit or 0
    errors = told(
        (
            subitem_board is None,
            f"Board {board.id} has no board of subitems yet: add one subitem to any item by hand, then run `python -m"
            " sync board create-columns`, or push with --skip-subitems.",
        ),
        (
            not any(column.name == KEY_COLUMN for column in mapping.items),
            f"The mapping has no column {KEY_COLUMN}, so items can't be found again: put it back into models/monday.",
        ),
    )
    warnings = told(
        (
            room is not None and room <= most * _SCARCE,
            f"Board {board.id} has room for only {counted(room or 0, 'more item')} (of {most}): further new orders stay"
            " staged; archive old items, or set the dbt variable received_from.",
        )
    )
    for each, columns in ((board, mapping.items), (subitem_board, mapping.subitems)):
        if each is not None:
            found = resolve(columns, each)
            errors += found.problems
            warnings += [*found.notices, *_of_labels(found.columns, each)]
    return [("error", text) for text in errors] + [("warning", text) for text in warnings] or [
        ("ok", f"Board {board.id} ({board.name!r}) fits the mapping.")
    ]


def _of_labels(columns: Sequence[ResolvedColumn], board: Board) -> Iterator[str]:
    labels = LabelBook(board.columns)
    yield from unlisted(columns, labels)
    for column in columns:
        most = ROOM.get(column.type, 0) if column.create_labels else 0
        if most and (room := labels.room(column.column_id)) <= most * _SCARCE:
            left = f"room for only {counted(room, 'more label')}" if room else "no room for another label"
            yield (
                f"Column {column.title!r} ({column.column_id}) has {left} (of {most}); cells that need a new one stay"
                f" blank: {'make it a text column' if column.type == 'dropdown' else 'remove unused labels'} on the"
                " board."
            )


def _create(
    reader: Reader, send: Callable[..., RawAnswer], board_id: int, columns: Sequence[MappedColumn], column: MappedColumn
) -> str:
    """Make one column, in as many attempts as it takes; give the id that it got."""
    # Only the key column has an id of our choosing; the others get one from Monday and are found by their titles.
    wanted = column.column_id if column.name == KEY_COLUMN else None
    key, alias = str(uuid.uuid4()), alias_at(0)

    def attempt() -> RawAnswer:
        making = mutation("create_column", board_id, column.title, column.type, wanted)
        return send(build_request([making]), idempotency_key=key)

    for answer in reader.attempts(attempt, [alias]):
        row = answer.rows[alias]
        if row.outcome is RowOutcome.DONE:
            return str(row.monday_id)
        if row.outcome is RowOutcome.UNKNOWN and answer.verdict is not Verdict.WAIT:
            reader.wait(COLUMN_SETTLE_SECONDS)
            if live := [c for c in resolve(columns, reader.board(board_id)).columns if c.name == column.name]:
                return live[0].column_id
        rejected = row.outcome is RowOutcome.REJECTED and answer.verdict is Verdict.ANSWERED
        if rejected and wanted is None:
            said = (answer.error.message if answer.error else answer.reason).rstrip(".") or "no reason given"
            raise BoardError(
                f"Column {column.title!r} could not be made on board {board_id} ({said}): "
                "make it by hand with this title, or give the token's user the right to change the board."
            )
        if rejected or answer.new_key_needed:
            # An id can't be used twice on a board, not even after its column was deleted: let Monday choose one.
            wanted, key = None if rejected else wanted, str(uuid.uuid4())
    raise AssertionError("attempts end with an answer or an error")  # pragma: no cover


def check(env: Mapping[str, str], runtime: Runtime | None = None) -> Result:
    """Say whether the board fits; exit 1 where it doesn't."""
    settings, mapping = read_settings(env), load_mapping(MODELS)
    with open_reader(settings, runtime or Runtime()) as (reader, _, _):
        board = reader.board(settings.board_id)
        below = reader.board(board.subitem_board_id) if board.subitem_board_id else None
        found = judge(board, below, mapping)
    errors = sum(level == "error" for level, _ in found)
    return Result(
        "board check",
        f"The board doesn't fit the mapping: {counted(errors, 'problem')}."
        if errors
        else "The board fits the mapping.",
        min(errors, 1),
        {"fit": not errors, "findings": [{"level": level, "text": text} for level, text in found]},
        lines=[f"{level}: {text}" for level, text in found],
    )


def create_columns(env: Mapping[str, str], runtime: Runtime | None = None) -> Result:
    """Create the mapped columns that the board, and the subitems' board where there is one, lack; the order key first.

    Repeatable: it reads before it creates, and where an answer was lost it reads again before it creates again. Raises
    ``BoardError`` where Monday refuses.
    """
    settings, mapping = read_settings(env), load_mapping(MODELS)
    with open_reader(settings, runtime or Runtime()) as (reader, client, _):
        send = partial(client.send, timeout=settings.request_timeout)
        below = reader.board(settings.board_id).subitem_board_id
        created = [
            {"title": column.title, "column_id": _create(reader, send, each, columns, column), "board_id": each}
            for each, columns in [(settings.board_id, mapping.items), *([(below, mapping.subitems)] if below else [])]
            for column in sorted(
                resolve(columns, reader.board(each)).missing, key=lambda column: column.name != KEY_COLUMN
            )
        ]
    return Result(
        "board create-columns",
        f"{counted(len(created), 'column')} created." if created else "No column was missing.",
        0,
        {"created": created},
        lines=[f"created {column['title']}" for column in created],
    )
