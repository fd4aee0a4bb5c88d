"""What a run did, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.results import Failure, Success
from sync.work import ARCHIVE, CREATE, ITEM, SUBITEM


@dataclass
class Totals:
    """What a run did; rows are counted once, however often they were sent."""

    items_created: int = 0
    items_updated: int = 0
    items_archived: int = 0
    subitems_created: int = 0
    subitems_updated: int = 0
    items_failed: int = 0
    subitems_failed: int = 0
    cells_left_out: Counter[str] = field(default_factory=Counter)
    """Cells that stayed blank in rows that got through, by board title."""
    adopted: int = 0
    surplus_removed: int = 0
    groups_created: int = 0
    api_calls: int = 0
    api_retries: int = 0
    lookups: int = 0
    complexity_used: int = 0
    held_by_others: int = 0
    board_full: bool = False
    interrupted: bool = False
    quota_used_up: bool = False
    stopped_because: str | None = None
    put_off: str | None = None
    """Why the run ended before its rows were through, where Monday only ever told it to wait."""

    @property
    def items_done(self) -> int:
        """Orders confirmed."""
        return self.items_created + self.items_updated + self.items_archived

    @property
    def subitems_done(self) -> int:
        """Sizes confirmed."""
        return self.subitems_created + self.subitems_updated

    @property
    def stopped(self) -> bool:
        """Whether the run ended before it had come to all rows: asked to, or made to by Monday."""
        return bool(self.interrupted or self.quota_used_up or self.put_off or self.stopped_because)

    def count_success(self, success: Success) -> None:
        """One confirmed row."""
        row = success.row
        self.cells_left_out.update(cell.title for cell in row.left_out)
        if row.level == SUBITEM:
            self.subitems_created += row.kind == CREATE
            self.subitems_updated += row.kind != CREATE
        else:
            self.items_created += row.kind == CREATE
            self.items_archived += row.kind == ARCHIVE
            self.items_updated += row.kind not in (CREATE, ARCHIVE)

    def count_failures(self, failures: Iterable[Failure]) -> None:
        """Rows that failed for this run."""
        for failure in failures:
            if failure.row.level == ITEM:
                self.items_failed += 1
            else:
                self.subitems_failed += 1
