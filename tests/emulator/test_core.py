"""Every request that the project's client can build does on the local Monday what it does on the real one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from emulator.config import SUBITEM_BOARD_ID, Config
from sync.monday.board import parse_board
from sync.monday.documents import (
    board_query,
    build_request,
    find_items_query,
    items_query,
    page_query,
)
from tests.emulator.support import (
    BOARD,
    CUSTOMER,
    KEY,
    ME,
    PRICE,
    QTY,
    SIZE,
    Talk,
    archive_item,
    codes,
    create_column,
    create_group,
    create_item,
    create_subitem,
    delete_item,
    items,
    move_item,
    names,
    talking,
    update_item,
)


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking(Config().without_limits()) as found:
        yield found


def cells(item: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {cell["id"]: cell["text"] for cell in item["column_values"]}


def test_me_and_the_board_are_described(talk: Talk) -> None:
    assert talk.ask(ME)["data"]["me"]["id"]
    answer = talk.ask(board_query(BOARD))
    board = parse_board(answer["data"], BOARD)
    assert (board.items_count, board.items_limit, board.subitem_board_id) == (0, 10_000, SUBITEM_BOARD_ID)
    kinds = {column.title: column.type for column in board.columns}
    assert kinds["CUSTOMER"] == "dropdown"
    assert kinds["ORDER KEY"] == "text"
    unit = next(column for column in board.columns if column.title == "UNIT OF MEASURE")
    assert [label.text for label in unit.labels] == ["PCE", "SET", "PAIR"]
    assert answer["extensions"]["request_id"]


def test_an_unknown_board_is_left_out(talk: Talk) -> None:
    assert talk.ask(board_query(1))["data"]["boards"] == []


def test_an_item_with_its_subitem_reads_back(talk: Talk) -> None:
    group = talk.done(create_group(BOARD, "ACME 2025 FALL"))["a0"]
    values: dict[str, object] = {
        KEY: "A-1",
        CUSTOMER: {"labels": ["ACME"]},
        PRICE: "42.50",
        "date_mkr5zp5": {"date": "2025-02-28"},
        "long_text_mkr5hass": {"text": "two\nlines"},
        "color_mkr5yf27": {"label": "SET"},
    }
    made = talk.done(create_item(BOARD, group["id"], "first", values, True))["a0"]
    item = int(made["id"])
    size = talk.done(create_subitem(item, "S", {SIZE: {"labels": ["S"]}, QTY: "12"}, True))["a0"]
    assert size["board"]["id"] == str(SUBITEM_BOARD_ID)
    question = items_query([item], list(values), subitem_column_ids=[SIZE, QTY]).replace("id text", "id text value")
    [found] = talk.ask(question)["data"]["items"]
    assert found["name"] == "first"
    assert found["group"] == {"id": group["id"], "title": "ACME 2025 FALL"}
    assert cells(found) == {
        KEY: "A-1",
        CUSTOMER: "ACME",
        PRICE: "42.5",
        "date_mkr5zp5": "2025-02-28",
        "long_text_mkr5hass": "two\nlines",
        "color_mkr5yf27": "SET",
    }
    raw = {cell["id"]: cell["value"] for cell in found["column_values"]}
    assert json.loads(raw["color_mkr5yf27"])["index"] == 1
    [below] = found["subitems"]
    assert (below["id"], below["name"], cells(below)) == (size["id"], "S", {SIZE: "S", QTY: "12"})


def test_an_update_changes_only_what_it_names_and_null_clears(talk: Talk) -> None:
    item = talk.item(**{KEY: "A-1", PRICE: "5"})
    talk.done(update_item(BOARD, item, {"name": "renamed", PRICE: None}))
    [found] = talk.ask(items_query([item], [KEY, PRICE]))["data"]["items"]
    assert (found["name"], cells(found)) == ("renamed", {KEY: "A-1", PRICE: ""})


def test_a_blank_number_becomes_zero(talk: Talk) -> None:
    item = talk.item(**{PRICE: ""})
    [found] = talk.ask(items_query([item], [PRICE]))["data"]["items"]
    assert cells(found) == {PRICE: "0"}


def test_items_move_are_archived_and_deleted_with_their_subitems(talk: Talk) -> None:
    item, other = talk.item("one"), talk.item("two")
    below = int(talk.done(create_subitem(item, "S", {}))["a0"]["id"])
    group = talk.done(create_group(BOARD, "G", "after_at", "topics"))["a0"]["id"]
    talk.done(move_item(item, group), archive_item(item), delete_item(other))
    found = talk.ask(items_query([item, other, below], []))["data"]["items"]
    assert [(each["id"], each["state"]) for each in found] == [
        (str(item), "archived"),
        (str(other), "deleted"),
        (str(below), "archived"),
    ]
    assert found[0]["group"]["id"] == group
    assert names(talk) == []
    answer = talk.ask(build_request([update_item(BOARD, item, {KEY: "x"}), create_subitem(item, "S", {})]))
    assert set(codes(answer)) == {"a0", "a1"}


def test_groups_stand_where_they_were_put(talk: Talk) -> None:
    talk.done(create_group(BOARD, "top"), create_group(BOARD, "last", "after_at", "topics"))
    talk.done(create_group(BOARD, "before", "before_at", "topics"))
    groups = talk.ask(board_query(BOARD))["data"]["boards"][0]["groups"]
    assert [group["title"] for group in groups] == ["top", "before", "New orders", "last"]


def test_a_new_column_takes_the_wanted_id_once(talk: Talk) -> None:
    made = talk.done(create_column(BOARD, "MINE", "text", "my_key"))["a0"]
    assert made == {"id": "my_key", "title": "MINE", "type": "text"}
    again = talk.ask(build_request([create_column(BOARD, "MINE", "text", "my_key")]))
    assert codes(again) == {"a0": "InvalidColumnIdException"}


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({CUSTOMER: {"labels": ["NOBODY"]}}, "ColumnValueException", "The dropdown label 'NOBODY' does not exist"),
        ({"color_mkr5yf27": {"label": "TON"}}, "ColumnValueException", "This status label doesn't exist"),
        ({PRICE: "12,5"}, "ColumnValueException", "invalid value"),
        ({"date_mkr5zp5": {"date": "2025-02-30"}}, "ColumnValueException", "invalid value"),
        ({"long_text_mkr5hass": {"text": "x" * 2001}}, "ColumnValueException", "2000"),
        ({"formula_mkrb53jx": "1"}, "ColumnValueException", "formula"),
        ({"no_such_column": "1"}, "InvalidColumnIdException", "column ID"),
    ],
)
def test_a_refused_row_leaves_its_neighbours_done(talk: Talk, values: dict[str, object], code: str, words: str) -> None:
    good, bad = {KEY: "good"}, values
    rows = [create_item(BOARD, "topics", f"row {n}", bad if n == 1 else good) for n in range(3)]
    answer = talk.ask(build_request(rows))
    assert codes(answer) == {"a1": code}
    assert words in answer["errors"][0]["message"]
    assert answer["data"]["a1"] is None
    assert names(talk) == ["row 0", "row 2"]


def test_names_and_groups_are_checked(talk: Talk) -> None:
    rows = [
        create_item(BOARD, "topics", "x" * 256, {}),
        create_item(BOARD, "no_group", "name", {}),
        create_item(17, "topics", "name", {}),
        create_subitem(5, "name", {}),
    ]
    assert codes(talk.ask(build_request(rows))) == {
        "a0": "ItemNameTooLongException",
        "a1": "ResourceNotFoundException",
        "a2": "InvalidBoardIdException",
        "a3": "InvalidItemIdException",
    }


def test_a_full_board_takes_no_more() -> None:
    with talking(Config(items_limit=2)) as talk:
        answer = talk.ask(build_request(items(4)))
        assert codes(answer) == {"a2": "ItemsLimitationException", "a3": "ItemsLimitationException"}


def test_labels_of_a_refused_row_are_not_kept(talk: Talk) -> None:
    bad: dict[str, object] = {CUSTOMER: {"labels": ["GHOST"]}, PRICE: "much"}
    assert codes(talk.ask(build_request([create_item(BOARD, "topics", "x", bad, True)])))
    settings = talk.emulator.state.boards[BOARD].columns[CUSTOMER].labels
    assert settings is not None
    assert settings.texts == {}


def test_a_document_with_an_error_runs_nothing(talk: Talk) -> None:
    for query in ("mutation { a: create_item(board_id: 1) { id } }", "mutation {", "mutation { a: nothing }"):
        assert talk.ask(json.dumps({"query": query}))["errors"]
    wrong = (
        'mutation ($n: ID!) { a: delete_item(item_id: 1) { id } b: create_item(board_id: $n, item_name: "x") { id } }'
    )
    assert talk.ask(json.dumps({"query": wrong, "variables": {}}))["errors"]
    assert talk.emulator.history == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("no json", "JsonParseException"),
        ("[]", "INVALID_GRAPHQL_REQUEST"),
        ('{"query": ""}', "INVALID_GRAPHQL_REQUEST"),
        ('{"query": "{ me { id } }", "variables": "{}"}', "INVALID_GRAPHQL_REQUEST"),
    ],
)
def test_a_body_that_makes_no_sense_gets_400(talk: Talk, body: str, code: str) -> None:
    answer = talk.post(body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == code


def test_only_the_token_opens(talk: Talk) -> None:
    for token in ("other", "Bearer demo-token"):
        answer = talk.post(ME, token=token)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"]["code"] == "unauthorized"


def test_items_by_id_are_cut_at_25_unless_a_limit_is_given(talk: Talk) -> None:
    made = talk.done(*items(30))
    ids = [each["id"] for alias, each in made.items() if alias != "complexity"]
    query = "query ($ids: [ID!]) { items(ids: $ids) { id } }"
    assert len(talk.ask(json.dumps({"query": query, "variables": {"ids": ids}}))["data"]["items"]) == 25
    assert len(talk.ask(items_query([int(each) for each in ids], []))["data"]["items"]) == 30
    assert talk.ask(json.dumps({"query": query, "variables": {"ids": list(range(101))}}))["errors"]


def test_pages_follow_each_other_to_the_end(talk: Talk) -> None:
    talk.done(*items(12, **{KEY: "K"}))
    page = talk.ask(page_query(BOARD, None, [KEY], limit=5))["data"]["boards"][0]["items_page"]
    seen = [item["name"] for item in page["items"]]
    while page["cursor"]:
        page = talk.ask(page_query(BOARD, page["cursor"], [KEY], limit=5))["data"]["next_items_page"]
        seen += [item["name"] for item in page["items"]]
    assert seen == [f"item {n}" for n in range(12)]


def test_search_matches_in_any_case(talk: Talk) -> None:
    talk.item("one", **{KEY: "Abc-1"})
    talk.item("two", **{KEY: "abc-2"})
    page = talk.ask(find_items_query(BOARD, KEY, ["ABC-1", "none"], [KEY]))["data"]["items_page_by_column_values"]
    assert [item["name"] for item in page["items"]] == ["one"]


def test_history_says_what_was_done(talk: Talk) -> None:
    item = talk.item("one")
    talk.done(update_item(BOARD, item, {KEY: "x"}))
    told = [(each.call, each.operation, each.alias, each.ids) for each in talk.emulator.history]
    assert told == [(1, "create_item", "a0", [str(item)]), (2, "change_multiple_column_values", "a0", [str(item)])]


def test_odd_texts_come_back_unharmed(talk: Talk) -> None:
    text = '"} ) { a: delete } \u202e \\ ::{"outputs":{}}:: \u0001 😀 漢字 </script>'
    item = talk.item(text, **{KEY: text})
    [found] = talk.ask(items_query([item], [KEY]))["data"]["items"]
    assert (found["name"], cells(found)[KEY]) == (text, text)
