"""Which cell a refusal is about, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from sync.monday.answers import MondayError
from sync.monday.board import ResolvedColumn
from sync.monday.documents import CreateItem, UpdateItem
from sync.monday.values import named_cell
from sync.push.outcomes import refused_value
from sync.push.plan import WorkRow


def column(name: str, column_id: str, kind: str = "text") -> ResolvedColumn:
    return ResolvedColumn(name, name.title(), column_id, kind, kind, "always", True)


COLUMNS = (
    column("ORDER_KEY", "order_key"), column("ITEM_NAME", "name", "name"), column("FREIGHT", "numeric_7", "numbers"),
    column("ORDER TYPE", "status_1", "status"), column("STYLE", "dropdown_2", "dropdown"),
    column("COLOR", "dropdown_22", "dropdown"), column("STATUS", "status", "status"), column("NOTES", "text"),
)  # fmt: skip
SENT: dict[str, object] = {
    "order_key": "A", "numeric_7": "TBC", "status_1": {"label": "NEW"}, "dropdown_2": {"labels": ["S1"]},
    "dropdown_22": {"labels": ["RED"]}, "text": "x",
}  # fmt: skip


@pytest.mark.parametrize(
    ("message", "data", "name"),
    [
        ("not so", "numeric_7", "FREIGHT"),
        ("not so", "Freight", "FREIGHT"),
        ("not so", "ORDER TYPE", "ORDER TYPE"),
        ("not so", "dropdown_2", "STYLE"),
        ("not so", "unheard_of", None),
        ("not so", "status", None),  # it wasn't sent
        ("Value of column numeric_7 is invalid", None, "FREIGHT"),
        ("invalid value for dropdown_22", None, "COLOR"),
        ("invalid value for dropdown_2: x", None, "STYLE"),
        ("Column 'Freight' takes numbers only", None, "FREIGHT"),
        ('the "Order Type" column is locked', None, "ORDER TYPE"),
        ("column with id `text` is read-only", None, "NOTES"),
        ("You have no permission to edit column Notes", None, "NOTES"),
        ("columns Notes and Freight are read-only", None, "NOTES"),
        ("this text is not so", None, None),
        ("the style of the request is wrong", None, None),
        ("This status label doesn't exist, possible statuses are: {1: RECEIVED}", None, "ORDER TYPE"),
        ("The dropdown label 'RED' does not exist, possible labels are: {1: S1}", None, "COLOR"),
        ("The dropdown label 'BLUE' does not exist, possible labels are: {}", None, None),
        ("Internal error", None, None),
        ("", None, None),
    ],
)
def test_what_a_refusal_names(message: str, data: str | None, name: str | None) -> None:
    found = named_cell(MondayError("X", message, column_id=data), COLUMNS, SENT)
    assert (found.name if found else None) == name


def row(kind: str, values: dict[str, object]) -> WorkRow:
    made = WorkRow("ITEM", "A", "A", None, "b", kind, "h", {"FREIGHT": "TBC"})
    make: dict[str, Any] = {"CREATE": CreateItem("a0", 1, "g", "n", values), "UPDATE": UpdateItem("a0", 1, 2, values)}
    made.operations = [make[kind]]
    return made


@pytest.mark.parametrize(
    ("code", "clears", "advice"),
    [
        ("ColumnValueException", True, "mend the order"),
        ("InvalidColumnIdException", False, "mend the order"),
        ("UserUnauthorizedException", False, "the right"),
    ],
)
def test_what_becomes_of_a_refused_cell(code: str, clears: bool, advice: str) -> None:
    refused = row("UPDATE", {"numeric_7": "TBC", "text": "x"})
    cell = refused_value(refused, MondayError(code, "no.", column_id="numeric_7"), COLUMNS)
    assert cell is not None
    assert (cell.column, cell.value, cell.clears, cell.code, cell.stage) == ("FREIGHT", "TBC", clears, code, "PUSH")
    assert cell.text.startswith("Column Freight (numeric_7): 'TBC' was refused by Monday (no)")
    assert advice in cell.text
    assert "python -m sync retry" in cell.text
    # Clearing it is refused, too: it stays as it is.
    refused.left_out, refused.values["FREIGHT"] = (cell,), None
    again = refused_value(refused, MondayError(code, "no.", column_id="numeric_7"), COLUMNS)
    assert again is not None
    assert (again.value, again.clears) == ("TBC", False)
    # Once it isn't sent, it can't be what is refused.
    refused = row("UPDATE", {"text": "x"})
    assert refused_value(refused, MondayError(code, "no.", column_id="numeric_7"), COLUMNS) is None


def test_an_order_cannot_do_without_its_key() -> None:
    refused = row("CREATE", {"order_key": "A", "text": "x"})
    assert refused_value(refused, MondayError("ColumnValueException", "no", column_id="order_key"), COLUMNS) is None
