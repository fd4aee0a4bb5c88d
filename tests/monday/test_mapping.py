from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sync.errors import ConfigurationError
from sync.monday.board import ITEMS_FILE, SUBITEMS_FILE, load_mapping

ROOT = Path(__file__).resolve().parents[2]
ITEMS: list[dict[str, Any]] = [
    {"name": "ORDER_KEY", "config": {"meta": {"monday": {
        "title": "ORDER KEY", "column_id": "order_key", "type": "text", "write": "create_only"}}}},
    {"name": "BATCH_ID", "description": "not pushed"},
    {"name": "ITEM_NAME", "config": {"meta": {"monday": {"type": "name", "write": "always"}}}},
    {"name": "GROUP_NAME", "config": {"meta": {"monday": {"type": "group", "write": "always"}}}},
    {"name": "COLOR", "quote": True, "config": {"meta": {"monday": {
        "source": "CUSTOMER COLOUR DESCRIPTION", "column_id": "dropdown_1", "type": "dropdown", "write": "always",
        "create_labels": True}}}},
    {"name": "TOTAL QTY", "config": {"meta": {}}},
]  # fmt: skip
SUBITEMS: list[dict[str, Any]] = [
    {"name": "ORDER_QTY", "config": {"meta": {"monday": {
        "title": "Order Qty", "column_id": "n", "type": "numbers", "write": "always"}}}},
]  # fmt: skip


def write(folder: Path, items: object = None, subitems: object = None) -> Path:
    for name, columns in ((ITEMS_FILE, items or ITEMS), (SUBITEMS_FILE, subitems or SUBITEMS)):
        text = columns if isinstance(columns, str) else yaml.safe_dump({"models": [{"name": "m", "columns": columns}]})
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def entry(name: str, **meta: object) -> dict[str, Any]:
    return {"name": name, "config": {"meta": {"monday": {"type": "text", "write": "always", **meta}}}}


def test_pushed_columns_in_order_with_titles(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path))
    assert [column.name for column in mapping.items] == ["ORDER_KEY", "ITEM_NAME", "GROUP_NAME", "COLOR"]
    key, name, group, color = mapping.items
    assert (key.title, key.column_id, key.write, key.create_labels) == ("ORDER KEY", "order_key", "create_only", False)
    assert (name.column_id, name.is_column, group.column_id, group.is_column) == ("name", False, None, False)
    assert (color.title, color.create_labels) == ("COLOR", True)
    assert color in mapping.items
    assert [column.title for column in mapping.subitems if column.name == "ORDER_QTY"] == ["Order Qty"]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([entry("A", type="checkbox")], "'A': type must be"),
        ([entry("A", write="sometimes")], "'A': write must be"),
        ([entry("A", create_labels=True)], "'A': create_labels"),
        ([entry("A", type="dropdown", create_labels="yes")], "'A': create_labels"),
        ([entry("A", colour="red")], "has no 'colour'"),
        ([entry("A", type="name", column_id="x")], "id name"),
        ([entry("A"), entry("A", title="B")], "of name 'A'"),
        ([entry("A", title="T"), entry("B", title="T")], "of title 'T'"),
        ([entry("A", column_id="c"), entry("B", column_id="c")], "of column_id 'c'"),
        ([{"name": "A"}], "maps no column"),
        ("models: [", "not valid YAML"),
        ("just text", "maps no column"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, items: object, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping(write(tmp_path, items))
    assert said in str(caught.value)
    assert ITEMS_FILE in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="root of the repository"):
        load_mapping(tmp_path)


def test_the_mapping_of_this_project() -> None:
    mapping = load_mapping(ROOT / "models" / "monday")
    names = [column.name for column in mapping.items]
    assert len(names) == 47  # 37 direct + 7 transformed columns, the item's name and group, the order key
    assert "TOTAL QTY" not in names
    assert [column.title for column in mapping.subitems if column.is_column] == ["Size", "Order Qty"]
    assert [column.write for column in mapping.items if column.name == "ORDER_KEY"] == ["create_only"]
    cannot = [c.name for c in mapping.items if c.type in ("dropdown", "status") and not c.create_labels]
    assert cannot == ["ORDER TYPE"]
