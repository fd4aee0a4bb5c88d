"""Resolvers that write. Each runs through `_mutation`, which counts it, lets faults strike, and logs what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLSchema

from emulator.context import Context, Done, Info
from emulator.queries import complexity
from emulator.store import State

Work = Callable[[State, dict[str, Any]], Any]


def _create_item(state: State, args: dict[str, Any]) -> Any:
    return state.create_item(
        args["board_id"],
        args["item_name"],
        args.get("group_id"),
        args.get("column_values"),
        args.get("create_labels_if_missing") or False,
    )


def _create_subitem(state: State, args: dict[str, Any]) -> Any:
    labels = args.get("create_labels_if_missing") or False
    return state.create_subitem(args["parent_item_id"], args["item_name"], args.get("column_values"), labels)


def _change(state: State, args: dict[str, Any]) -> Any:
    labels = args.get("create_labels_if_missing") or False
    return state.change_values(args["board_id"], args.get("item_id"), args["column_values"], labels)


def _create_group(state: State, args: dict[str, Any]) -> Any:
    return state.create_group(
        args["board_id"],
        args["group_name"],
        args.get("group_color"),
        args.get("relative_to"),
        args.get("position_relative_method"),
    )


def _create_column(state: State, args: dict[str, Any]) -> Any:
    return state.create_column(
        args["board_id"],
        args["title"],
        args["column_type"],
        args.get("id"),
        args.get("after_column_id"),
        args.get("defaults"),
        args.get("description"),
    )


MUTATIONS: dict[str, Work] = {
    "archive_group": lambda state, args: state.retire_group(args["board_id"], args["group_id"], "archived"),
    "archive_item": lambda state, args: state.retire_item(args.get("item_id"), "archived"),
    "change_column_title": lambda state, args: state.retitle_column(args["board_id"], args["column_id"], args["title"]),
    "change_multiple_column_values": _change,
    "create_column": _create_column,
    "create_group": _create_group,
    "create_item": _create_item,
    "create_subitem": _create_subitem,
    "delete_column": lambda state, args: state.delete_column(args["board_id"], args["column_id"]),
    "delete_group": lambda state, args: state.retire_group(args["board_id"], args["group_id"], "deleted"),
    "delete_item": lambda state, args: state.retire_item(args.get("item_id"), "deleted"),
    "move_item_to_group": lambda state, args: state.move_item(args.get("item_id"), args["group_id"]),
    "update_group": lambda state, args: state.update_group(
        args["board_id"], args["group_id"], args["group_attribute"], args["new_value"]
    ),
}


def _run(name: str, work: Work, context: Context, alias: str, args: dict[str, Any]) -> Any:
    # One row at a time: other requests may come in between two rows of this one, as they do at Monday's.
    with context.lock:
        if context.faults is not None:
            context.faults.before(context.position, alias, name, args)
        result = work(context.state, args)
        history = context.history
        if history is not None:
            now = context.state.config.clock.now()
            done = Done(len(history) + 1, context.call, context.request_id, now, alias, name, args, [str(result.id)])
            history.append(done)
        return result


def _mutation(name: str, work: Work) -> Callable[..., Any]:
    def resolve(root: Any, info: Info, **args: Any) -> Any:
        context: Context = info.context
        context.position += 1
        if context.pace is not None:
            context.pace(context.position)
        return _run(name, work, context, str(info.path.key), args)

    return resolve


def bind(schema: GraphQLSchema) -> None:
    """Puts the writing resolvers into the schema."""
    mutation = schema.mutation_type
    assert mutation is not None
    for name, work in MUTATIONS.items():
        mutation.fields[name].resolve = _mutation(name, work)
    mutation.fields["complexity"].resolve = complexity
