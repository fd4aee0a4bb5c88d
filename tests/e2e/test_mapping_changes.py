"""A change of the mapping, made as docs/mapping.md says: what differs is written, and nothing else."""

from __future__ import annotations

import json
import shutil
from typing import Any

from tests.e2e.day_two import order
from tests.support import BUILD, ROOT, Project

ITEMS = "models/monday/stg_mon_custmasterschedule.yml"
FIELD = """\
      - name: {name}
        description: "A field more."
        data_type: *text
        quote: true
        config:
          meta:
            monday:
              source: {name}
              column_id: {column_id}
              type: text
              write: always
"""
LAST = "      - name: TOTAL QTY\n"


def edit(project: Project, *changes: tuple[str, str]) -> None:
    """Changes the text of the mapping."""
    path = project.root / ITEMS
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def column(project: Project, title: str) -> str:
    """The id of a column that `board create-columns` made."""
    (board,) = (board for board in project.monday.state.boards.values() if board.id == 9200517329)
    (found,) = (column.id for column in board.columns.values() if column.title == title)
    return str(found)


def add(project: Project, name: str) -> None:
    """Steps 1 to 3 of docs/mapping.md: the field in the YAML, in the tables, and on the board."""
    edit(project, (LAST, FIELD.format(name=name, column_id=name.lower().replace(" ", "_")) + LAST))


def written(project: Project, since: int) -> list[tuple[str, dict[str, Any]]]:
    """Operation and values of each mutation since the history had that many."""
    return [
        (done.operation, json.loads(done.args.get("column_values") or "{}")) for done in project.monday.history[since:]
    ]


def test_only_values_that_differ_are_written_when_the_mapping_changes(checkout: Project) -> None:
    checkout.sql("update ORDERS_UNIFIED set \"PLANNER\" = 'ANN' where \"AAG ORDER NUMBER\" in ('GRE-1', 'GRE-2')")
    add(checkout, "CUSTOMER CODE")
    add(checkout, "PLANNER")
    edit(
        checkout,
        ("column_id: long_text_mkr5hass\n              type: long_text\n              write: always",
         "column_id: long_text_mkr5hass\n              type: long_text\n              write: create_only"),
        ("column_id: text_mkr5ps35\n              type: text",
         "column_id: text_mkr5ps35\n              type: long_text"),
    )  # fmt: skip
    checkout.sync("migrate")
    checkout.sync("board", "create-columns")
    before = len(checkout.monday.history)
    checkout.dbt(*BUILD)
    staged = checkout.sql("select ORDER_KEY, CHANGE_TYPE, CHANGED_COLUMNS from STG_MON_CustMasterSchedule order by 1")
    assert [tuple(row.values()) for row in staged] == [
        ("GRE-1", "UPDATE", '["PLANNER"]'), ("GRE-2", "UPDATE", '["PLANNER"]'),
    ]  # fmt: skip
    assert len(checkout.sql("select * from STG_MON_NewHashes")) == 8
    assert checkout.sync("push", "--batch", "--dry-run")["writes"] == 2
    assert checkout.sync("push", "--batch")["items_updated"] == 2
    assert written(checkout, before) == [("change_multiple_column_values", {column(checkout, "PLANNER"): "ANN"})] * 2

    # Fields leave the mapping again: nothing but the new hashes is written, and the next build finds all equal.
    path = checkout.root / ITEMS
    path.write_text((ROOT / ITEMS).read_text(encoding="utf-8"), encoding="utf-8")
    before = len(checkout.monday.history)
    checkout.dbt(*BUILD)
    assert checkout.staged() == 0
    assert len(checkout.sql("select * from STG_MON_NewHashes")) == 10
    assert "Nothing to do" in checkout.sync("push", "--batch")["message"]
    assert written(checkout, before) == []
    checkout.dbt(*BUILD)
    assert (checkout.staged(), checkout.sql("select * from STG_MON_NewHashes")) == (0, [])


def test_a_push_refuses_what_was_built_with_another_mapping(checkout: Project) -> None:
    checkout.sql("update ORDERS_UNIFIED set \"PLANNER\" = 'ANN'")
    mapping = checkout.root / ITEMS
    shutil.copy(mapping, checkout.folder / "older.yml")
    add(checkout, "PLANNER")
    shutil.copy(mapping, checkout.folder / "newer.yml")
    checkout.sync("migrate")
    checkout.sync("board", "create-columns")
    checkout.dbt(*BUILD)
    before = len(checkout.monday.history)

    shutil.copy(checkout.folder / "older.yml", mapping)
    for words in (("push", "--batch"), ("push", "--batch", "--dry-run"), ("board", "adopt", "--yes")):
        refused = checkout.sync(*words, exit_code=1)["message"]
        assert refused.endswith("run `dbt build`."), refused
    assert checkout.sync("status", exit_code=1)["message"].endswith("run `dbt build`.")

    # The same columns, but another type: the shape is the same, and the hash of the mapping isn't.
    shutil.copy(checkout.folder / "newer.yml", mapping)
    edit(checkout, ("column_id: planner\n              type: text", "column_id: planner\n              type: dropdown"))
    assert "another mapping" in checkout.sync("push", "--batch", exit_code=1)["message"]
    assert "another mapping" in checkout.sync("status")["refusal"]

    assert len(checkout.monday.history) == before
    shutil.copy(checkout.folder / "newer.yml", mapping)
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["items_updated"] == 10
    cells = {values[column(checkout, "PLANNER")] for _, values in written(checkout, before)}
    assert cells == {"ANN"}


def test_a_renamed_field_keeps_its_values(checkout: Project) -> None:
    """As docs/mapping.md says: another name and title, the same column on the board."""
    identity = "              column_id: long_text_mkr5p0cf\n"
    edit(
        checkout,
        ("      - name: STYLE DESCRIPTION\n", "      - name: ABOUT THE STYLE\n"),
        (identity, "              title: STYLE DESCRIPTION\n" + identity),
    )
    checkout.sql("update ORDERS_UNIFIED set \"STYLE DESCRIPTION\" = 'POLO' where \"AAG ORDER NUMBER\" = 'GRE-1'")
    checkout.sync("migrate")
    before = len(checkout.monday.history)
    checkout.dbt("build", "--selector", "everything")
    staged = checkout.sql("select ORDER_KEY, CHANGED_COLUMNS from STG_MON_CustMasterSchedule")
    assert [tuple(row.values()) for row in staged] == [("GRE-1", '["ABOUT THE STYLE"]')]
    assert checkout.sync("push", "--batch")["items_updated"] == 1
    sent = [values for _, values in written(checkout, before)]
    assert sent == [{"long_text_mkr5p0cf": {"text": "POLO"}}]
    checkout.dbt(*BUILD)
    assert (checkout.staged(), checkout.sql("select * from STG_MON_NewHashes")) == (0, [])
    assert checkout.sync("audit")["agree"] is True


def test_a_field_that_is_renamed_back_shows_what_the_source_says(checkout: Project) -> None:
    """The column of the old name has what the board showed before the field was renamed."""
    mapping = checkout.root / ITEMS
    original = mapping.read_text(encoding="utf-8")
    id_ = "              column_id: text_mkr5cz8m\n"
    edit(
        checkout,
        ("      - name: PATTERN ID\n", "      - name: PATTERN\n"),
        (id_, "              title: PATTERN ID\n" + id_),
    )
    renamed = mapping.read_text(encoding="utf-8")

    def copied() -> list[str]:
        return [change for change in checkout.sync("migrate")["changes"] if "copied" in change]

    there, back = ["copied PATTERN ID into PATTERN"], ["copied PATTERN into PATTERN ID"]
    for text, said, name, value in ((renamed, there, "PATTERN", "P-2"), (original, back, "PATTERN ID", "P-1")):
        mapping.write_text(text, encoding="utf-8")
        checkout.sql('update ORDERS_UNIFIED set "PATTERN ID" = ? where "AAG ORDER NUMBER" = \'GRE-1\'', [value])
        assert copied() == said
        assert checkout.sync("migrate")["changes"] == []
        before = len(checkout.monday.history)
        checkout.dbt(*BUILD)
        staged = checkout.sql("select ORDER_KEY, CHANGED_COLUMNS from STG_MON_CustMasterSchedule")
        assert [tuple(row.values()) for row in staged] == [("GRE-1", f'["{name}"]')]
        checkout.sync("push", "--batch")
        assert [values for _, values in written(checkout, before)] == [{"text_mkr5cz8m": value}]
    assert copied() == []
    assert checkout.sync("audit")["agree"] is True
    # Renamed and renamed back without a push.
    for text, said in ((renamed, there), (original, back), (original, [])):
        mapping.write_text(text, encoding="utf-8")
        assert copied() == said


def test_a_field_in_the_place_of_another_is_written_though_its_values_are_equal(checkout: Project) -> None:
    """One field leaves and another of equal values comes in its place; then two change their places."""
    checkout.sql("update ORDERS_UNIFIED set \"PLANNER\" = 'ANN', \"CUSTOMER CODE\" = 'ANN'")
    add(checkout, "CUSTOMER CODE")
    checkout.sync("migrate")
    checkout.sync("board", "create-columns")
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["items_updated"] == 10
    mapping = checkout.root / ITEMS
    code = FIELD.format(name="CUSTOMER CODE", column_id="customer_code")
    planner = FIELD.format(name="PLANNER", column_id="planner")
    edit(checkout, (code, planner))
    checkout.sync("migrate")
    checkout.sync("board", "create-columns")
    before = len(checkout.monday.history)
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["items_updated"] == 10
    assert written(checkout, before) == [
        ("change_multiple_column_values", {column(checkout, "PLANNER"): "ANN"})
    ] * 10  # fmt: skip
    # Where two fields only change their places, the board shows all of it already.
    mapping.write_text(mapping.read_text(encoding="utf-8").replace(planner, code + planner), encoding="utf-8")
    before = len(checkout.monday.history)
    checkout.dbt(*BUILD)
    checkout.sync("push", "--batch")
    edit(checkout, (code + planner, planner + code))
    checkout.dbt(*BUILD)
    assert checkout.staged() == 0
    checkout.sync("push", "--batch")
    assert written(checkout, before) == []
    checkout.dbt(*BUILD)
    assert (checkout.staged(), checkout.sql("select * from STG_MON_NewHashes")) == (0, [])


def test_two_fields_that_change_their_columns_show_their_own_values(checkout: Project) -> None:
    """Each column of the board shows then what the other field had: blank cells are cleared, equal ones not sent."""
    alt, pattern = "text_mkrh94rx", "text_mkr5cz8m"
    checkout.sql('update ORDERS_UNIFIED set "CUSTOMER ALT PO" = null where "AAG ORDER NUMBER" = \'GRE-1\'')
    checkout.sql('update ORDERS_UNIFIED set "PATTERN ID" = "CUSTOMER ALT PO" where "AAG ORDER NUMBER" <> \'GRE-1\'')
    checkout.dbt(*BUILD)
    checkout.sync("push", "--batch")
    line, title = "              column_id: {}\n".format, "              title: {}\n".format
    edit(
        checkout,
        (line(alt), line("SWAPPED")),
        (line(pattern), title("CUSTOMER ALT PO") + line(alt)),
        (line("SWAPPED"), title("PATTERN ID") + line(pattern)),
    )
    before = len(checkout.monday.history)
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["notices"]
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["items_updated"] == 1
    assert [values for _, values in written(checkout, before)] == [{pattern: None, alt: "P-1"}]
    assert checkout.sync("audit")["agree"] is True


def test_orders_of_one_number_keep_their_items_when_the_mapping_changes(checkout: Project) -> None:
    """No hash is what it was, and the source comes in another order: prices and notes tell the orders apart."""
    rows = [order("TWIN", sizes={"S": 1}, CUSTOMER_PRICE=f"{at}.5", NOTES=f"N {at % 2}") for at in range(1, 9)]
    checkout.append(rows)
    checkout.dbt(*BUILD)
    assert checkout.sync("push", "--batch")["items_created"] == 8
    add(checkout, "CUSTOMER CODE")
    checkout.sync("migrate")
    checkout.sync("board", "create-columns")
    checkout.sql("delete from ORDERS_UNIFIED where \"AAG ORDER NUMBER\" = 'TWIN'")
    checkout.append(reversed(rows))
    checkout.dbt(*BUILD)
    assert checkout.sql("select ORDER_KEY, CHANGED_COLUMNS from STG_MON_CustMasterSchedule") == []
    assert checkout.staged() == 0
