"""The orders that every tool is to push: what dbt staged, as names, groups and column values ready for Monday."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from benchmarks.measure import ROOT
from emulator.model import Column

MAPPING = ROOT / "models" / "monday" / "stg_mon_custmasterschedule.yml"


class Order(NamedTuple):
    """One order: its key, what its item is called, the title of its group, and its cells by column id."""

    key: str
    name: str
    group: str
    values: dict[str, Any]


def staged_orders(database: Path, board: Mapping[str, Column]) -> list[Order]:
    """Every order that dbt staged in this database, by key; board: the columns of the board by id."""
    columns = _columns(board)
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute("select * from STG_MON_CustMasterSchedule order by ORDER_KEY")
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [_order(row, columns) for row in rows]


def _order(row: Mapping[str, Any], columns: Mapping[str, tuple[str, str]]) -> Order:
    values = {ident: _cell(row[name], kind) for name, (ident, kind) in columns.items() if row[name] is not None}
    return Order(row["ORDER_KEY"], row["ITEM_NAME"], row["GROUP_NAME"], values)


def _columns(board: Mapping[str, Column]) -> dict[str, tuple[str, str]]:
    """Staged column -> id and type of its board column; one whose id is gone is found by its title."""
    by_title = {column.title.casefold(): column for column in board.values()}
    model = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))["models"][0]
    found = {}
    for column in model["columns"]:
        monday = column.get("config", {}).get("meta", {}).get("monday", {})
        if monday.get("type") not in (None, "name", "group"):
            there = board.get(monday["column_id"]) or by_title[column["name"].casefold()]
            found[column["name"]] = (there.id, there.type)
    return found


def _cell(value: Any, kind: str) -> Any:
    if kind == "dropdown":
        return {"labels": [value]}
    if kind == "status":
        return {"label": value}
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    return str(value)


def write_orders(orders: list[Order], groups: Mapping[str, str], folder: Path) -> None:
    """The orders as ``orders.jsonl`` and as the table ``orders`` of ``warehouse.duckdb``; groups: title -> id."""
    lines = folder / "orders.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for at, order in enumerate(orders, 1):
            row = {
                "position": at,
                "order_key": order.key,
                "item_name": order.name,
                "group_id": groups[order.group],
                # JSON in a text, as the API takes it.
                "column_values": json.dumps(order.values, ensure_ascii=False),
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "create table orders as from read_json(?, format = 'newline_delimited', columns = {position: 'bigint',"
            " order_key: 'varchar', item_name: 'varchar', group_id: 'varchar', column_values: 'varchar'})",
            [str(lines)],
        )
