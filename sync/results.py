"""What became of rows and requests, as it is written to the database. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.monday.values import ValueProblem
from sync.settings import MAX_RUNS
from sync.work import Request, WorkRow


@dataclass(frozen=True)
class Failure:
    """A failed attempt at a row, as the error table keeps it."""

    row: WorkRow
    error_class: str
    code: str
    message: str
    retryable: bool
    http_status: int | None = None
    stage: str = "PUSH"
    cell: ValueProblem | None = None
    """The cell that it is about, where it is about one only."""

    @property
    def attempt(self) -> int:
        """Number of the run in which it failed, of those at the same data and mapping."""
        return int(self.row.values.get("ATTEMPTS") or 0) + 1

    @property
    def dead_lettered(self) -> bool:
        """True where the runs are used up."""
        return self.retryable and self.attempt >= MAX_RUNS

    @property
    def comes_back(self) -> bool:
        """True where the next run tries again by itself."""
        return self.retryable and not self.dead_lettered


@dataclass(frozen=True)
class Success:
    """A row that Monday confirmed, with the ids it gave."""

    row: WorkRow
    monday_id: int | str | None
    board_id: int | None = None
    adopted: bool = False
    unknown_quantity: bool = False


@dataclass
class Outcome:
    """What became of a request's rows; all of it is written in one transaction."""

    successes: list[Success] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    gone_items: list[WorkRow] = field(default_factory=list)
    gone_sizes: list[WorkRow] = field(default_factory=list)
    released: list[WorkRow] = field(default_factory=list)
    carried: Request | None = None
    """The remainder that goes on as a new request; its rows keep their claims."""
    name: str = "DONE"
    http_status: int | None = None
    monday_request_id: str | None = None
