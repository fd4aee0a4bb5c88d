"""Keys written to items of the board. Writing one twice does no harm; what stays unwritten the next run writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.errors import SyncError
from sync.monday.documents import Operation, update_item
from sync.push.board import BoardContext
from sync.push.engine import Push
from sync.push.plan import WRITE_KEYS, key_request
from sync.push.queue import WorkQueue
from sync.push.shared import Shared


@dataclass(frozen=True)
class KeyWrite:
    """A key to write: on which board, to which item or subitem, as which column value."""

    row_key: str
    board_id: int
    item_id: int
    values: Mapping[str, object]
    create_labels: bool = False

    @property
    def operation(self) -> Operation:
        """Return the write as Monday takes it."""
        return update_item(self.board_id, self.item_id, self.values, self.create_labels)


@dataclass(frozen=True)
class Written:
    """What became of the writes; ``stopped`` says why some were not tried."""

    done: int
    failed: list[tuple[KeyWrite, str]]
    left: int
    stopped: SyncError | None


def write_keys(shared: Shared, board: BoardContext, writes: Sequence[KeyWrite]) -> Written:
    """Record the writes, and send them as a push sends its rows, as far as Monday lets it."""
    push = Push(shared, board, WorkQueue.empty(shared.ledger), workers=shared.settings.workers)
    per = shared.settings.rows_per_request
    operations = [write.operation for write in writes]
    push.open([key_request(WRITE_KEYS, operations[at : at + per]) for at in range(0, len(operations), per)])
    push.run()
    by_id = {write.item_id: write for write in writes}
    failed = [(by_id[row.monday_id or 0], failure.message) for row, failure in push.failures]
    return Written(shared.totals.done, failed, push.left, shared.totals.stopped)
