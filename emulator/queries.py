"""Resolvers that read: boards, items, pages, search, complexity, me."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLSchema

from emulator.clock import iso
from emulator.context import Context, Info
from emulator.errors import FieldError
from emulator.model import Board, Group, Item
from emulator.search import stored_text
from emulator.store import State

PAGE_MAX = 500
IDS_MAX = 100
DEFAULT_LIMIT = 25
USER_ID = 1001
ACCOUNT = {"id": 2002, "name": "Local emulator", "slug": "local-emulator", "tier": "enterprise"}
USER = {
    "id": USER_ID,
    "name": "Order Sync",
    "email": "order-sync@example.com",
    "account_id": ACCOUNT["id"],
    "account": ACCOUNT,
}


def _now(context: Context) -> float:
    return context.state.config.clock.now()


def _slice(found: list[Any], limit: int | None, page: int | None) -> list[Any]:
    size = DEFAULT_LIMIT if limit is None else limit
    start = (max(page or 1, 1) - 1) * size
    return found[start : start + size]


def boards(
    root: Any,
    info: Info,
    ids: list[str] | None = None,
    limit: int | None = None,
    page: int | None = None,
    state: str | None = None,
) -> list[Board]:
    """The asked boards that exist; an unknown id is left out, as Monday does."""
    known = info.context.state.boards
    if state not in (None, "active", "all"):
        return []
    if ids is None:
        return _slice(list(known.values()), limit, page)
    wanted = [int(each) for each in dict.fromkeys(ids) if each.isdigit()]
    return _slice([known[each] for each in wanted if each in known], limit, page)


def items(
    root: Any,
    info: Info,
    ids: list[str] | None = None,
    limit: int | None = None,
    page: int | None = None,
    newest_first: bool | None = None,
    exclude_nonactive: bool | None = None,
) -> list[Item]:
    """The asked items that exist, at most `limit` (25 when none is given: the rest is cut without a word)."""
    state: State = info.context.state
    switches = state.switches
    if ids is None:
        raise FieldError("InvalidInputException", "Please query items by their ids", 200)
    if len(ids) > IDS_MAX:
        raise FieldError(
            "InvalidInputException", f"Cannot query more than {IDS_MAX} ids at once", 200, {"ids": len(ids)}
        )
    if limit is not None and not 1 <= limit <= IDS_MAX:
        raise FieldError("InvalidInputException", f"limit must be between 1 and {IDS_MAX}", 200, {"limit": limit})
    wanted = [int(each) for each in dict.fromkeys(ids) if each.isascii() and each.isdigit()]
    found = [state.items[each] for each in wanted if each in state.items]
    if exclude_nonactive:
        found = [each for each in found if each.state == "active"]
    elif not switches.items_return_deleted:
        found = [each for each in found if each.state != "deleted"]
    if newest_first or switches.items_order == "newest":
        found.sort(key=lambda each: -each.id)
    elif switches.items_order == "id":
        found.sort(key=lambda each: each.id)
    return _slice(found, limit, page)


def _page(context: Context, ids: list[int], limit: int) -> dict[str, Any]:
    known = context.state.items
    if not 1 <= limit <= PAGE_MAX:
        raise FieldError("InvalidInputException", f"limit must be between 1 and {PAGE_MAX}", 200, {"limit": limit})
    shown = [known[each] for each in ids[:limit] if known[each].state == "active"]
    rest = ids[limit:]
    return {"cursor": context.cursors.keep(rest, _now(context)) if rest else None, "items": shown}


def _resume(context: Context, cursor: str, limit: int) -> dict[str, Any]:
    ids = context.cursors.take(cursor, _now(context))
    if ids is None:
        message = "The cursor provided for pagination has expired. Please refresh your query and obtain a new cursor"
        raise FieldError("CursorExpiredError", message, 200)
    return _page(context, ids, limit)


def next_items_page(root: Any, info: Info, cursor: str, limit: int) -> dict[str, Any]:
    """The page behind a cursor."""
    return _resume(info.context, cursor, limit)


def _matcher(state: State, board: Board, rule: dict[str, Any]) -> Callable[[Item], bool]:
    ident, operator, compare = rule["column_id"], rule.get("operator") or "any_of", rule["compare_value"]
    values = compare if isinstance(compare, list) else [compare]
    wanted = [str(each).casefold() for each in values if each is not None]
    if ident == "group":
        texts: Callable[[Item], str] = lambda item: item.group_id  # noqa: E731
    elif ident in board.columns:
        column = board.columns[ident]
        texts = lambda item: str(stored_text(column, item, state.switches)).casefold()  # noqa: E731
        if column.labels is not None:
            # Labels are compared by id in these rules.
            def ids(item: Item) -> list[str]:
                stored = item.values.get(ident)
                return [str(each) for each in (stored if isinstance(stored, list) else [stored]) if each is not None]

            if operator == "any_of":
                return lambda item: any(each in wanted for each in ids(item))
            if operator == "not_any_of":
                return lambda item: not any(each in wanted for each in ids(item))
    else:
        return lambda item: False
    if operator == "any_of":
        return lambda item: texts(item) in wanted
    if operator == "not_any_of":
        return lambda item: texts(item) not in wanted
    if operator == "is_empty":
        return lambda item: not texts(item)
    if operator == "is_not_empty":
        return lambda item: bool(texts(item))
    return lambda item: any(each in texts(item) for each in wanted)


def _items_page(
    context: Context, board: Board, groups: list[Group], limit: int, cursor: str | None, query: dict[str, Any] | None
) -> dict[str, Any]:
    if cursor is not None:
        return _resume(context, cursor, limit)
    state = context.state
    ids = [each for group in groups for each in group.item_ids]
    if state.switches.items_page_lag == "search":
        shown_since = _now(context) - state.config.search_lag_seconds
        ids = [each for each in ids if state.items[each].created <= shown_since]
    if query:
        if query.get("ids"):
            asked = {int(each) for each in query["ids"] if each.isdigit()}
            ids = [each for each in ids if each in asked]
        rules = [_matcher(state, board, rule) for rule in query.get("rules") or ()]
        if rules:
            combine = any if query.get("operator") == "or" else all
            ids = [each for each in ids if combine(rule(state.items[each]) for rule in rules)]
    return _page(context, ids, limit)


def board_page(
    board: Board, info: Info, limit: int, cursor: str | None = None, query_params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """items_page of a board."""
    groups = [group for group in board.groups.values() if group.active]
    return _items_page(info.context, board, groups, limit, cursor, query_params)


def group_page(
    group: Group, info: Info, limit: int, cursor: str | None = None, query_params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """items_page of a group."""
    board = info.context.state.boards[group.board_id]
    return _items_page(info.context, board, [group], limit, cursor, query_params)


def items_page_by_column_values(
    root: Any,
    info: Info,
    board_id: str,
    limit: int,
    columns: list[dict[str, Any]] | None = None,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Items whose cells match: any of the values, in every column named. Case is ignored; the index may lag."""
    context: Context = info.context
    state = context.state
    board = state.board(board_id)
    if (cursor is None) == (columns is None):
        raise FieldError("InvalidInputException", "Give either columns or cursor", 200)
    if cursor is not None:
        return _resume(context, cursor, limit)
    hits: set[int] | None = None
    for each in columns or ():
        ident = each["column_id"]
        if ident not in board.columns and state.switches.search_unknown_column == "empty":
            return {"cursor": None, "items": []}
        column = state.column(board, ident)
        found = state.search.find(board, column, each["column_values"], _now(context))
        hits = found if hits is None else hits & found
    ids = sorted(each for each in hits or () if state.search.shows(state.items[each]))
    return _page(context, ids, limit)


def complexity(root: Any, info: Info) -> dict[str, int]:
    """What this document cost and what is left."""
    context: Context = info.context
    return {
        "before": context.points_before,
        "query": context.query_points,
        "after": context.points_after,
        "reset_in_x_seconds": context.reset_seconds,
    }


def _groups(board: Board, info: Info, ids: list[str] | None = None) -> list[Group]:
    return [each for each in board.groups.values() if each.active and (ids is None or each.id in ids)]


def _columns(board: Board, info: Info, ids: list[str] | None = None, types: list[str] | None = None) -> list[Any]:
    wanted = board.columns.values() if ids is None else [board.columns[each] for each in ids if each in board.columns]
    return [each for each in wanted if types is None or each.type in types]


def bind(schema: GraphQLSchema) -> None:
    """Puts the reading resolvers into the schema."""
    types: dict[str, Any] = dict(schema.type_map)
    query = types["Query"].fields
    for resolve in (boards, items, items_page_by_column_values, next_items_page, complexity):
        query[resolve.__name__].resolve = resolve
    query["me"].resolve = lambda root, info: USER
    board: dict[str, Callable[..., Any]] = {
        "board_kind": lambda each, info: "public",
        "columns": _columns,
        "groups": _groups,
        "items_count": lambda each, info: each.active_items,
        "items_page": board_page,
        "state": lambda each, info: "active",
        "top_group": lambda each, info: each.top_group(),
        "url": lambda each, info: f"https://local-emulator.monday.com/boards/{each.id}",
    }
    group: dict[str, Callable[..., Any]] = {
        "items_page": group_page,
        "position": lambda each, info: f"{65_536 * (1 + list(_board(info, each).groups).index(each.id))}.0",
    }
    item: dict[str, Callable[..., Any]] = {
        "board": lambda each, info: _board(info, each),
        "created_at": lambda each, info: iso(each.created),
        "creator_id": lambda each, info: str(USER_ID),
        "group": lambda each, info: _board(info, each).groups.get(each.group_id),
        "parent_item": lambda each, info: info.context.state.items.get(each.parent_id),
        "subitems": lambda each, info: [
            found for ident in each.subitem_ids if (found := info.context.state.items[ident]).state == "active"
        ],
        "updated_at": lambda each, info: iso(each.updated),
        "url": lambda each, info: f"https://local-emulator.monday.com/boards/{each.board_id}/pulses/{each.id}",
    }
    for name, resolvers in (("Board", board), ("Group", group), ("Item", item)):
        for field, resolve in resolvers.items():
            types[name].fields[field].resolve = resolve


def _board(info: Info, owned: Item | Group) -> Board:
    board: Board = info.context.state.boards[owned.board_id]
    return board
