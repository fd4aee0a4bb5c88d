"""The mapping: the 46 fields of an order and the 5 of a size, their columns, types and sources, and the seeds."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.models.offline import ROOT

FACTS = ROOT.parent / "shared" / "domain"
MODELS = ROOT / "models" / "monday"
EXPECTED = Path(__file__).with_name("expected_mapping.csv")
ORDERS, SIZES = "stg_mon_custmasterschedule", "stg_mon_custmasterschedule_subitems"
WRITABLE = {"text", "long_text", "numbers", "date", "dropdown", "status", "name", "group"}
# What planners, the factory and Monday itself own: never written, whatever the column is called here.
OWNED_BY_OTHERS = {
    *("ORDER STATUS", "Cut Qty", "Sew Qty", "Finishing Qty", "Packed Qty", "Shipped Qty", "Received not Shipped Qty"),
    *("ORDER LINE STATUS", "Item ID", "last_updated", "subtasks"),
}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts(name: str) -> list[dict[str, str]]:
    path = FACTS / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside the repository: compared with the packaged expectation alone")
    return read_csv(path)


def columns(model: str) -> dict[str, dict[str, Any]]:
    """Every column of a staged model in order, and what it says of the board (nothing where it isn't pushed)."""
    content = yaml.safe_load((MODELS / f"{model}.yml").read_text(encoding="utf-8"))
    (node,) = content["models"]
    return {column["name"]: column.get("config", {}).get("meta", {}).get("monday", {}) for column in node["columns"]}


def said(column: dict[str, Any]) -> dict[str, str]:
    labels = {True: "yes", False: "no", None: ""}[column.get("create_labels")]
    return {key: column.get(key, "") for key in ("column_id", "type", "write")} | {
        "source_column": column.get("source", ""),
        "create_labels": labels,
    }


def test_every_field_of_an_order_is_mapped_as_expected() -> None:
    expected = {row.pop("staged_column"): row for row in read_csv(EXPECTED)}
    total = expected.pop("TOTAL QTY")
    assert total["column_id"] == ""
    staged = columns(ORDERS)
    assert staged["TOTAL QTY"] == {}
    assert {name: said(column) for name, column in staged.items() if name in expected} == expected
    assert len(expected) + 1 == 46
    others = {name for name, column in staged.items() if column and name not in expected}
    assert others == {"ORDER_KEY", "GROUP_NAME"}


def test_the_columns_of_our_own() -> None:
    staged = columns(ORDERS)
    assert staged["ORDER_KEY"] == {
        "title": "ORDER KEY",
        "column_id": "order_key",
        "type": "text",
        "write": "create_only",
    }
    assert staged["GROUP_NAME"] == {"type": "group", "write": "always"}


def test_every_field_of_a_size_is_mapped_as_expected() -> None:
    staged = columns(SIZES)
    assert {name: column for name, column in staged.items() if column} == {
        "SUBITEM_NAME": {"column_id": "name", "type": "name", "write": "create_only"},
        "SIZE_LABEL": {
            "title": "Size",
            "column_id": "dropdown_mkrak7qp",
            "type": "dropdown",
            "write": "create_only",
            "create_labels": True,
        },
        "ORDER_QTY": {"title": "Order Qty", "column_id": "numeric_mkra7j8e", "type": "numbers", "write": "always"},
    }
    # The two that are kept, not written: the parent's id and the subitem's own.
    assert {"MONDAY_PARENT_ITEM_ID", "MONDAY_SUBITEM_ID"} <= set(staged)


def test_titles_and_ids_are_there_once() -> None:
    for model in (ORDERS, SIZES):
        mapped = {name: column for name, column in columns(model).items() if column.get("type") not in (None, "group")}
        for key in ("column_id", "title"):
            values = [column.get(key, name) for name, column in mapped.items()]
            assert len(values) == len(set(values)), key
        assert {column["type"] for column in mapped.values()} <= WRITABLE


def test_nothing_of_others_is_written() -> None:
    for model in (ORDERS, SIZES):
        titles = {column.get("title", name) for name, column in columns(model).items() if column}
        assert titles & OWNED_BY_OTHERS == set()


def test_the_expectation_is_what_the_records_say() -> None:
    records = facts("field_mapping.csv")[:46]
    expected = {row["staged_column"]: row for row in read_csv(EXPECTED)}
    assert len(expected) == len(records)
    for record in records:
        if record["kind"] == "computed":
            continue
        row = expected[record["monday_column_title"]]
        assert row["source_column"] == record["source_column"]
        # FREIGHT is the one column of June that is gone from the board.
        later = record["monday_column_title"] == "FREIGHT"
        assert row["column_id"] == record["later_column_id_2025_07_08" if later else "monday_column_id_june"]
        assert row["type"] == record["later_type" if later else "monday_type_june"]


def test_no_column_is_mapped_that_the_records_exclude() -> None:
    excluded = facts("excluded_fields.csv")
    forbidden = {
        value for record in excluded for value in record.values() if re.fullmatch(r"[a-z_]+_?mk\w{5,}", value or "")
    }
    assert forbidden
    for model in (ORDERS, SIZES):
        assert {column.get("column_id") for column in columns(model).values()} & forbidden == set()


def source_columns() -> list[dict[str, Any]]:
    content = yaml.safe_load((ROOT / "models/staging/_erp__sources.yml").read_text(encoding="utf-8"))
    (table,) = content["sources"][0]["tables"]
    found: list[dict[str, Any]] = table["columns"]
    return found


def test_the_declared_source_is_the_table_that_samples_make() -> None:
    declared = [(column["name"], column["data_type"].lower()) for column in source_columns()]
    made = [(row["column_name"], row["sql_type"].lower()) for row in read_csv(ROOT / "samples/data/orders_unified.csv")]
    assert declared == made
    assert len(declared) == 268


def test_the_declared_source_is_what_the_records_say() -> None:
    records = facts("orders_unified_columns.csv")
    assert [column["name"] for column in source_columns()] == [record["column_name"] for record in records]


def test_the_declared_sizes_are_what_the_records_say() -> None:
    names = [column["name"] for column in source_columns()]
    first, last = names.index("UNIT OF MEASURE"), names.index("TOTAL QTY")
    sizes = [column["name"] for column in source_columns()[first + 1 : last] if column["data_type"] == "int"]
    assert sizes == [record["size_column"] for record in facts("size_columns.csv")]
    assert len(sizes) == 161


def seed(name: str) -> list[dict[str, str]]:
    return read_csv(ROOT / "seeds" / f"{name}.csv")


def test_aliases_lead_to_one_customer_each() -> None:
    rows = seed("customer_aliases")
    names = [row["ALIAS"].strip().upper() for row in rows]
    assert len(names) == len(set(names))
    aliases = {row["ALIAS"]: row["CANONICAL_CUSTOMER"] for row in rows}
    assert aliases["GREYSON CLOTHIERS"] == "GREYSON"
    assert aliases["FARADAY LABS, INC (LAMBS)"] == "GET LAMBS"
    assert aliases["DAVID JONES(UNE PIECE)"] == "DAVID JONES(UNE PIECE)"
    # A canonical name is an alias of itself, so none may lead elsewhere.
    for canonical in set(aliases.values()):
        assert aliases.get(canonical, canonical) == canonical


def test_aliases_are_what_the_records_say() -> None:
    aliases = {row["ALIAS"]: row["CANONICAL_CUSTOMER"] for row in seed("customer_aliases")}
    for record in facts("customers_source_to_canonical.csv"):
        source, canonical = record["source_customer_name"], record["canonical_customer"]
        if source != "FARADAY LABS, INC (LAMBS)":
            assert aliases.get(source, source) == canonical, source


def test_values_and_sizes_as_shipped() -> None:
    values = {(row["COLUMN_NAME"], row["SOURCE_VALUE"]): row["BOARD_VALUE"] for row in seed("value_maps")}
    assert values == {
        ("ORDER TYPE", "ACTIVE"): "RECEIVED",
        ("ORDER TYPE", "CANCELED"): "CANCELLED",
        ("ORDER TYPE", "CANCEL"): "CANCELLED",
        ("ORDER TYPE", "CANCELLED"): "CANCELLED",
        ("US TARIFF RATE", "TRUE"): "0",
    }
    assert seed("size_labels") == []
