"""The board as a push sees it: live columns, labels, groups. Read once before the first write, kept while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.errors import SyncError
from sync.monday.board import Group
from sync.monday.documents import Side, create_group
from sync.monday.reading import Reader
from sync.push.outcomes import Whereabouts
from sync.push.plan import CREATE, GROUP, SENT, Request, WorkRow, rebuilt
from sync.push.preflight import Preflight


def placed(new: Sequence[str], existing: Sequence[Group]) -> list[tuple[str, str | None, Side | None]]:
    """Each new title with its neighbour and the side of it, in the order to make them: alphabetical among all groups.

    Those after the same neighbour are made last first, so that each lands directly behind it.
    """
    present = sorted(existing, key=lambda group: group.title.upper())
    behind: dict[str, list[str]] = {}
    first: list[str] = []
    for title in sorted(new):
        before = [group for group in present if group.title.upper() <= title.upper()]
        if before:
            behind.setdefault(before[-1].id, []).append(title)
        else:
            first.append(title)
    plan: list[tuple[str, str | None, Side | None]] = []
    anchor = present[0].id if present else None
    plan += [(title, anchor, "before_at" if anchor else None) for title in first]
    for neighbour, titles in behind.items():
        plan += [(title, neighbour, "after_at") for title in reversed(titles)]
    return plan


def title_of(row: WorkRow) -> str:
    """Return the title of a group to make; an earlier version recorded it as the row's key."""
    return str(row.values.get("GROUP_NAME", row.row_key))


class BoardContext:
    """Columns, labels and groups of the board in use; which groups are wanted that it lacks."""

    def __init__(self, preflight: Preflight, reader: Reader) -> None:
        self.board_id = preflight.board.id
        self.subitem_board_id = preflight.board.subitem_board_id or 0
        self.columns, self.size_columns, self.labels = preflight.columns, preflight.size_columns, preflight.labels
        self._reader = reader
        self.wanted: dict[str, str] = {}
        """Titles of groups that staged orders need, each with the batch that it is made for."""
        self.refused: dict[str, str] = {}
        """Titles that Monday doesn't take, each with a sentence why: their orders are rejected, the others go on."""
        self.groups: list[Group] = []
        self.see_groups(preflight.board.groups)

    def column_id(self, name: str) -> str:
        """Return the live id of a staged column of orders or sizes."""
        return next(column.column_id for column in (*self.columns, *self.size_columns) if column.name == name)

    def see_groups(self, groups: Iterable[Group]) -> None:
        """Take these for the groups of the board."""
        self.groups = list(groups)
        # of two groups with one title the upper one serves
        self._by_title = {group.title.strip().upper(): group.id for group in reversed(self.groups)}

    def refresh_groups(self) -> None:
        """Read the board's groups again."""
        self.see_groups(self._reader.board(self.board_id).groups)

    def group_id(self, title: str) -> str | None:
        """Return the live id of the group with this title (any case), None where the board has none."""
        return self._by_title.get(title.strip().upper())

    def group_key(self, title: str) -> str:
        """Return the key under which the making of a group is claimed and recorded."""
        return f"{self.board_id}|{title.strip().upper()}"

    def forget_groups(self, titles: Iterable[str]) -> None:
        """Drop groups that are gone from the board."""
        gone = {title.strip().upper() for title in titles}
        self.see_groups([group for group in self.groups if group.title.strip().upper() not in gone])

    @property
    def lacking(self) -> list[str]:
        """Return the wanted titles that the board lacks and takes, as far as known."""
        return [title for title in self.wanted if self.group_id(title) is None and title not in self.refused]

    def group_request(self, titles: Sequence[str], request_id: str, rest: float) -> Request:
        """Make the request that creates these groups, each at its place among those of the board."""
        rows = [
            WorkRow(
                GROUP,
                self.group_key(title),
                "",
                None,
                self.wanted[title],
                CREATE,
                "",
                {"GROUP_NAME": title},
                operations=[create_group(self.board_id, title, neighbour, side)],
            )
            for title, neighbour, side in placed(titles, self.groups)
        ]
        request = rebuilt("CREATE_GROUP", rows)
        # it leaves with the transaction that records it: whoever finds it open must not take it for unsent
        request.id, request.rest, request.state = request_id, rest, SENT
        return request

    def whereabouts(self, ids: Sequence[int]) -> Whereabouts:
        """Ask where these items are."""
        if not ids:
            return Whereabouts(self.board_id)
        try:
            found = self._reader.items(ids, [])
        except SyncError as problem:
            return Whereabouts(self.board_id, problem=problem)
        return Whereabouts(self.board_id, {item.id: item.board_id for item in found if item.is_active})
