"""The API side against a local Monday, over real HTTP: what is sent is understood, what comes back is read right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID, Limits
from emulator.faults import Fault
from emulator.switches import Switches
from sync.monday.answers import Answer, RowOutcome, Verdict, read_answer
from sync.monday.board import ResolvedColumn
from sync.monday.check import check_board, create_columns
from sync.monday.documents import (
    ArchiveItem,
    CreateGroup,
    CreateItem,
    CreateSubitem,
    MoveItem,
    Operation,
    UpdateItem,
    alias_at,
    build_request,
    find_items_query,
)
from sync.monday.http import MondayClient
from sync.monday.mapping import Mapping, load_mapping
from sync.monday.meter import Meter
from sync.monday.reading import MondayStopped, Reader, parse_items
from sync.monday.values import LabelBook, canonical, column_values, read_value
from tests.monday.fakes import FakeClock, never

ROOT = Path(__file__).resolve().parents[2]
R = RowOutcome
Start = Callable[..., Any]


class Line:
    """A client of one emulator, with what a push would have at hand."""

    def __init__(self, server: Any, token: str | None = None) -> None:
        self.server = server
        self.client = MondayClient(server.url, token or server.token, "2026-10")
        self.reader = Reader(self.client.send, clock=FakeClock(), random=never())

    def send(self, *operations: Operation, key: str | None = None) -> Answer:
        raw = self.client.send(build_request(operations), idempotency_key=key, timeout=10)
        return read_answer(raw, [operation.alias for operation in operations])

    def group(self, title: str = "GREYSON CLOTHIERS 2025 FALL") -> str:
        found = self.send(CreateGroup("a0", BOARD_ID, title)).rows["a0"].text_id
        assert found is not None
        return found

    def item(self, group_id: str, name: str = "N", values: dict[str, object] | None = None) -> int:
        found = self.send(CreateItem("a0", BOARD_ID, group_id, name, values or {})).rows["a0"].monday_id
        assert found is not None
        return found


@pytest.fixture
def line(monday: Start) -> Line:
    return Line(monday(with_order_key=True))


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return load_mapping(ROOT / "models" / "monday")


def example(column: ResolvedColumn, number: int) -> object:
    """A value of the staged type, different for every row."""
    if column.name == "ORDER TYPE":
        return "received"
    made: dict[str, object] = {
        "numbers": Decimal("1234.5600") + number,
        "date": date(2025, 9, 1 + number),
        "status": "pce",
        "name": f"Item {number}",
    }
    return made.get(column.mapped_type, f"{column.name[:15]} {number}")


def test_columns_are_made_and_then_the_board_fits(monday: Start, mapping: Mapping) -> None:
    line = Line(monday())
    found = check_board(line.reader, mapping, BOARD_ID)
    errors = [finding.text for finding in found.findings if finding.level == "error"]
    assert len(errors) == 1
    assert "ORDER KEY" in errors[0]
    chance: dict[str, Any] = {"clock": FakeClock(), "random": never()}
    made = create_columns(line.reader, line.client.send, mapping, BOARD_ID, **chance)
    assert [(column.title, column.column_id) for column in made] == [("ORDER KEY", "order_key")]
    assert create_columns(line.reader, line.client.send, mapping, BOARD_ID, **chance) == []
    found = check_board(line.reader, mapping, BOARD_ID)
    assert found.fit
    assert found.board.subitem_board_id == SUBITEM_BOARD_ID
    assert all(column.type == column.mapped_type for column in found.items.columns)


def test_every_mapped_column_comes_back_as_it_was_sent(line: Line, mapping: Mapping) -> None:
    found = check_board(line.reader, mapping, BOARD_ID)
    columns = found.items.columns
    labels = LabelBook.of(found.board)
    group_id = line.group()
    rows = [{column.name: example(column, number) for column in columns} for number in range(3)]
    operations: list[Operation] = []
    for number, row in enumerate(rows):
        built = column_values(row, columns, labels, only=None, creating=True)
        assert built.problems == ()
        labels.hold(built.new_labels)
        operations.append(
            CreateItem(alias_at(number), BOARD_ID, group_id, str(row["ITEM_NAME"]), built.values, built.create_labels)
        )
    answer = line.send(*operations)
    ids = [answer.rows[alias_at(number)].monday_id for number in range(3)]
    places = [column for column in columns if column.type not in ("name", "group")]
    items = {item.id: item for item in line.reader.items([i for i in ids if i], [c.column_id for c in places])}
    for row, made in zip(rows, ids, strict=True):
        item = items[made or 0]
        assert (item.name, item.group_id) == (row["ITEM_NAME"], group_id)
        for column in places:
            assert read_value(column, item.values[column.column_id]) == canonical(column, row[column.name]), column.name
    # Everything cleared again.
    empty = dict.fromkeys(rows[0], None) | {"ITEM_NAME": "New name"}
    built = column_values(empty, columns, labels, only=None, creating=False)
    assert line.send(UpdateItem("a0", BOARD_ID, ids[0] or 0, built.values)).rows["a0"].outcome is R.DONE
    (item,) = line.reader.items([ids[0] or 0], [column.column_id for column in places])
    assert item.name == "New name"
    filled = {column.name for column in places if item.values[column.column_id] is not None}
    assert filled == {"ORDER_KEY"}, "written at creation only"


def test_sizes_go_under_their_item(line: Line, mapping: Mapping) -> None:
    parent = line.item(line.group())
    found = check_board(line.reader, mapping, BOARD_ID)
    assert found.subitems is not None
    assert found.subitem_board is not None
    labels = LabelBook.of(found.subitem_board)
    row: dict[str, object] = {"SUBITEM_NAME": "Size 2XL", "SIZE_LABEL": "2XL", "ORDER_QTY": 12}
    built = column_values(row, found.subitems.columns, labels, only=None, creating=True)
    answer = line.send(CreateSubitem("a0", parent, "Size 2XL", built.values, built.create_labels))
    done = answer.rows["a0"]
    assert done.outcome is R.DONE
    assert (done.payload or {})["board"]["id"] == str(SUBITEM_BOARD_ID)
    size, quantity = (found.subitems.by_name[name].column_id for name in ("SIZE_LABEL", "ORDER_QTY"))
    assert (
        line.send(UpdateItem("a0", SUBITEM_BOARD_ID, done.monday_id or 0, {quantity: "0"})).rows["a0"].outcome is R.DONE
    )
    (item,) = line.reader.items([parent], [], subitem_column_ids=[size, quantity])
    (below,) = item.subitems
    assert (below.id, below.name, below.board_id) == (done.monday_id, "Size 2XL", SUBITEM_BOARD_ID)
    assert below.values == {size: "2XL", quantity: "0"}


def test_items_are_found_by_key_and_by_walking(line: Line) -> None:
    group_id = line.group()
    operations = [
        CreateItem(alias_at(n), BOARD_ID, group_id, f"n{n}", {"order_key": f"KEY-{n}"}) for n in range(120)
    ]  # fmt: skip
    for start in (0, 60):
        assert line.send(*operations[start : start + 60]).verdict is Verdict.ANSWERED
    keys = [f"KEY-{n}" for n in range(120)]
    pages = list(line.reader.walk(BOARD_ID, ["order_key"], limit=50))
    assert [len(page) for page in pages] == [50, 50, 20]
    walked = {item.values["order_key"]: item.id for page in pages for item in page}
    assert set(walked) == set(keys)
    question = find_items_query(BOARD_ID, "order_key", [key.lower() for key in keys[:100]], ["order_key"])
    found = parse_items(line.reader.ask(question)).items
    assert {item.id for item in found} == {walked[key] for key in keys[:100]}


@pytest.mark.parametrize("code", ["InvalidItemIdException", "ItemNotFoundInBoard", "ResourceNotFoundException"])
def test_items_that_are_gone(monday: Start, code: str) -> None:
    line = Line(monday(switches=Switches(missing_item_code=code, inactive_item_code=code)))
    group_id = line.group()
    kept, archived, deleted = (line.item(group_id) for _ in range(3))
    line.send(ArchiveItem("a0", archived))
    line.client.send(f'{{"query": "mutation {{ delete_item(item_id: {deleted}) {{ id }} }}"}}')
    answer = line.send(
        *(
            UpdateItem(alias_at(n), BOARD_ID, number, {"name": "x"})
            for n, number in enumerate([archived, kept, deleted, 5])
        ),
        MoveItem("a4", archived, group_id),
        CreateSubitem("a5", deleted, "Size M", {}),
    )
    outcomes = [answer.rows[alias_at(n)].outcome for n in range(6)]
    assert outcomes == [R.MISSING_ITEM, R.DONE, *[R.MISSING_ITEM] * 4]
    states = {item.id: item.state for item in line.reader.items([kept, archived, deleted], [])}
    assert states == {kept: "active", archived: "archived", deleted: "deleted"}


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "InvalidInputException", "InvalidArgumentException", "GroupNotFound"]
)
def test_groups_that_are_gone(monday: Start, code: str) -> None:
    line = Line(monday(switches=Switches(missing_group_code=code)))
    number = line.item(line.group())
    answer = line.send(CreateItem("a0", BOARD_ID, "no_such_group", "n", {}), MoveItem("a1", number, "no_such_group"))
    assert [row.outcome for row in answer.rows.values()] == [R.MISSING_GROUP, R.MISSING_GROUP]


def test_one_bad_value_takes_nobody_along(line: Line) -> None:
    group_id = line.group()
    bad: list[dict[str, object]] = [
        {"dropdown_mkr518fc": {"labels": ["NEVER HEARD OF"]}},
        {"color_mkr5yf27": {"label": "NEVER HEARD OF"}},
        {"numeric_mkr5cact": "no number"},
        {"lookup_mkrbrdr1": "x"},
        {"no_such_column": "x"},
        {"date_mkr5zp5": {"date": "soon"}},
    ]
    operations = [CreateItem(alias_at(n), BOARD_ID, group_id, "n", values) for n, values in enumerate([*bad, {}])]
    answer = line.send(*operations)
    assert answer.verdict is Verdict.ANSWERED
    outcomes = [answer.rows[alias_at(n)].outcome for n in range(len(operations))]
    assert outcomes == [*[R.REJECTED] * len(bad), R.DONE]
    column = answer.rows["a0"].error
    assert column is not None
    assert column.column_id == "dropdown_mkr518fc"


def test_a_full_board(monday: Start) -> None:
    line = Line(monday(items_limit=1))
    group_id = line.group()
    answer = line.send(*(CreateItem(alias_at(n), BOARD_ID, group_id, "n", {}) for n in range(2)))
    assert [row.outcome for row in answer.rows.values()] == [R.DONE, R.BOARD_FULL]
    assert line.reader.board(BOARD_ID).room == 0


def test_the_budget_is_respected_and_its_refusal_understood(monday: Start) -> None:
    line = Line(monday(limited=True, limits=Limits(minute_points=100_000)))
    meter = Meter(FakeClock())
    meter.observe(read_answer(line.client.send('{"query":"{me{id}}"}'), ()))
    assert meter.affordable(100).rows == 3
    group_id = line.group()
    answer = line.send(CreateItem("a0", BOARD_ID, group_id, "n", {}), CreateItem("a1", BOARD_ID, group_id, "n", {}))
    assert answer.complexity is not None
    assert 60_000 <= answer.complexity.query <= 60_100
    refused = line.send(CreateItem("a0", BOARD_ID, group_id, "n", {}))
    assert (refused.verdict, refused.rows["a0"].outcome) == (Verdict.WAIT, R.NOT_RUN)
    assert refused.wait_seconds is not None
    assert 55 <= refused.wait_seconds <= 61


@pytest.mark.parametrize(
    ("fault", "verdict", "outcome"),
    [
        (Fault("drop_after"), Verdict.UNKNOWN, R.UNKNOWN),
        (Fault("drop_before"), Verdict.UNKNOWN, R.UNKNOWN),
        (Fault("status_after", status=502), Verdict.UNKNOWN, R.UNKNOWN),
        (Fault("garbage"), Verdict.UNKNOWN, R.UNKNOWN),
        (Fault("truncate"), Verdict.UNKNOWN, R.UNKNOWN),
        (Fault("refuse", status=423, code=""), Verdict.WAIT, R.NOT_RUN),
        (Fault("refuse", status=429, code="maxConcurrencyExceeded"), Verdict.WAIT, R.NOT_RUN),
        (Fault("refuse", status=409, code="IDEMPOTENCY_CONFLICT"), Verdict.WAIT, R.UNKNOWN),
        (Fault("quota"), Verdict.QUOTA, R.NOT_RUN),
        (Fault("revoke_token"), Verdict.STOP, R.NOT_RUN),
    ],
    ids=lambda value: value.effect if isinstance(value, Fault) else "",
)
def test_faults(line: Line, fault: Fault, verdict: Verdict, outcome: RowOutcome) -> None:
    group_id = line.group()
    line.server.service.faults.add([fault])
    answer = line.send(*(CreateItem(alias_at(n), BOARD_ID, group_id, "n", {}) for n in range(2)))
    assert answer.verdict is verdict
    assert [row.outcome for row in answer.rows.values()] == [outcome, outcome]


def test_a_key_gives_the_first_answer_again(line: Line) -> None:
    create = CreateItem("a0", BOARD_ID, line.group(), "n", {})
    first, second = line.send(create, key="k"), line.send(create, key="k")
    assert (first.replayed, second.replayed) == (False, True)
    assert first.rows["a0"].monday_id == second.rows["a0"].monday_id


@pytest.mark.parametrize("shape", ["object", "text"])
def test_a_wrong_token_is_told_in_one_sentence(monday: Start, shape: str) -> None:
    line = Line(monday(switches=Switches(unauthorized_shape=shape)), token="wrong-token")
    with pytest.raises(MondayStopped, match="MONDAY_API_TOKEN") as caught:
        line.reader.ask('{"query":"{me{id}}"}')
    assert "wrong-token" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 400])
def test_a_document_that_monday_refuses_stops_the_run(monday: Start, status: int) -> None:
    line = Line(monday(switches=Switches(validation_status=status)))
    for query in ("mutation { a0: no_such_field { id } }", "mutation { a0: ", "{ boards { nothing } }"):
        answer = read_answer(line.client.send(f'{{"query": "{query}"}}'), ["a0", "a1"])
        assert (answer.verdict, answer.rows["a1"].outcome) == (Verdict.STOP, R.NOT_RUN)
        assert "request itself" in answer.reason
